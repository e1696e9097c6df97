#ifndef FORWHOM_POS_H
#define FORWHOM_POS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Keys that order things: strings compared byte by byte, with room for another one between any two. The server gives
 * them out; things with equal keys are ordered by their ids.
 *
 * The scheme is the one known as fractional indexing (David Greenspan, "Implementing Fractional Indexing", 2020). A key
 * is an integer and, if needed, a fraction behind it, in base 62 with the digits in ASCII order (0-9 A-Z a-z). The
 * integer begins with a letter that tells its sign and how many digits follow: 'a' to 'z' for one to 26 digits, counting
 * up from "a0", and 'Z' down to 'A' for one to 26 digits below it. Longer positive integers thus sort later and longer
 * negative ones sooner. A fraction never ends with '0', so every key has one form only, and the smallest integer is no
 * key by itself, since nothing would fit in front of it.
 *
 * Adding at an end counts the integer up or down: n of them need about log62(n) + 2 bytes. Adding again and again in
 * one gap costs one byte for about six keys.
 */

enum { POS_LENGTH_MAX = 300 };

/* Whether a C string is a key of at most POS_LENGTH_MAX characters in its one form. NULL is none. */
bool pos_is_valid(const char *s);

/*
 * Writes a key between two others and a NUL: a < out < b. NULL for `a` means in front of everything, for `b` behind
 * everything, for both the first key of all. The same arguments always give the same key.
 *
 * Returns false and leaves `out` alone if `a` or `b` is not valid, if `a` is not smaller than `b` (equal keys have no
 * room between them), or if the key would need more than POS_LENGTH_MAX characters or `cap - 1`: then the caller gives
 * the neighbours new keys first. Borrows `a` and `b`; `out` may be neither.
 */
bool pos_between(const char *a, const char *b, char *out, size_t cap);

#endif
