#ifndef FORWHOM_DIGEST_H
#define FORWHOM_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The digest of a document as one view sees it: 64 bits that server and clients keep up to date with every op and compare
 * now and then, to notice a client that has drifted. It finds mistakes; it is no protection against anybody.
 *
 * It is a sum over all fields of all objects, so order does not matter and a changed field is the old part subtracted and
 * the new one added. Two independent 32-bit lanes instead of one 64-bit number, because JavaScript multiplies 32 bits
 * exactly and quickly and 64 only through BigInt.
 *
 * The part of a field, in each lane, is MurmurHash3_x86_32 (Austin Appleby, public domain) with the lane's seed over
 *
 *     id  0x1F  key  0x1F  tag  value
 *
 * with nothing between tag and value. The tag is one byte: 's' for a string (its UTF-8), 'i' for an integer (decimal, '-'
 * in front if negative), 'b' for a boolean ("1" or "0"). That an object is there counts as one more field with the key ""
 * and the kind's name as a string. What is not added counts as nothing; that fields with their zero value are left out,
 * so that "" and missing are the same, is up to the caller.
 */

#define DIGEST_SEED_A UINT32_C(0x9747b28c)
#define DIGEST_SEED_B UINT32_C(0x3c6ef372)

enum { DIGEST_HEX_CHARS = 16 };

/* Zero-initialised it is the digest of an empty document. */
struct digest {
	uint32_t a, b;
};

enum digest_type {
	DIGEST_STRING = 's',
	DIGEST_INT = 'i',
	DIGEST_BOOL = 'b',
};

/* Adds or subtracts, lane by lane, modulo 2^32. */
void digest_add(struct digest *sum, struct digest part);
void digest_sub(struct digest *sum, struct digest part);

/*
 * The part of one field whose value is given as the `n` bytes it is hashed as (see above; for a string its UTF-8).
 * Borrows everything; `value` may be NULL if n is 0. Neither `id` nor `key` may contain 0x1F, which ids and the table of
 * kinds guarantee.
 */
struct digest digest_field(const char *id, const char *key, enum digest_type type, const char *value, size_t n);

/* The same for values as the program has them. `value` of digest_string is a C string. */
struct digest digest_string(const char *id, const char *key, const char *value);
struct digest digest_int(const char *id, const char *key, int64_t value);
struct digest digest_bool(const char *id, const char *key, bool value);

/* The part that says the object is there. */
struct digest digest_object(const char *id, const char *kind);

/* MurmurHash3_x86_32 of the C string `id` with the first lane's seed: what gives everybody the same colour on every screen (README.md §12). */
uint32_t digest_hash(const char *id);

/* Whether two digests are the same. */
bool digest_equal(struct digest x, struct digest y);

/* Writes 16 lower-case hexadecimal digits, lane a first, and a NUL. */
void digest_hex(struct digest d, char out[DIGEST_HEX_CHARS + 1]);

#endif
