#ifndef FORWHOM_IDS_H
#define FORWHOM_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The names that things have on the wire: ids, secrets and join codes.
 *
 * Ids and secrets are random bits in base64url without padding (RFC 4648 section 5), always in the canonical form: the
 * unused bits of the last character are zero, so that two different strings never mean the same bits. Randomness is
 * always an argument; nothing here draws any.
 */

enum {
	ID_BYTES = 16,     /* 128 bits: objects, commands, members */
	ID_CHARS = 22,
	SECRET_BYTES = 32, /* 256 bits: what proves who a member is */
	SECRET_CHARS = 43,
	CODE_CHARS = 7,    /* symbols of a join code */
	CODE_DISPLAY_CHARS = 8,
	CODE_INPUT_MAX = 64,
};

/* The 27 symbols of join codes: no vowels and nothing that looks like something else on a whiteboard. */
#define CODE_ALPHABET "23456789BCDFGHJKMNPQRSTVWXZ"

/* Whether the `n` bytes at `s` are an id in its canonical form. Borrows `s`. */
bool id_is_valid(const char *s, size_t n);

/* Writes the id of 16 random bytes, with a NUL. */
void id_encode(const uint8_t bytes[ID_BYTES], char out[ID_CHARS + 1]);

/* Reads an id back into its 16 bytes; false, `out` untouched, if it is not one. */
bool id_decode(const char *s, size_t n, uint8_t out[ID_BYTES]);

/* Whether the `n` bytes at `s` are a secret in its canonical form. Borrows `s`. */
bool secret_is_valid(const char *s, size_t n);

/* Writes the secret of 32 random bytes, with a NUL. */
void secret_encode(const uint8_t bytes[SECRET_BYTES], char out[SECRET_CHARS + 1]);

/* Reads a secret back into its 32 bytes; false, `out` untouched, if it is not one. */
bool secret_decode(const char *s, size_t n, uint8_t out[SECRET_BYTES]);

/* How many characters `n` bytes take in base64url, without NUL. */
size_t base64url_length(size_t n);

/* Writes `n` bytes as base64url and a NUL; `out` has room for base64url_length(n) + 1. */
void base64url_encode(const uint8_t *bytes, size_t n, char *out);

/*
 * Reads `n` characters of base64url, strictly: no padding, no white space, canonical last character. Returns false if
 * they are not that or need more than `cap` bytes; else true, and `*written` says how many bytes `out` got. What is in
 * `out` after a refusal is undefined.
 */
bool base64url_decode(const char *s, size_t n, uint8_t *out, size_t cap, size_t *written);

/*
 * Reads a join code as people type it: any letter case, full-width digits and letters, spaces of every width and dashes
 * of every kind anywhere. Writes the seven symbols in capitals, with a NUL. False, `out` untouched, if what is left is
 * not exactly seven symbols of CODE_ALPHABET, if the input is not UTF-8, or longer than CODE_INPUT_MAX bytes.
 */
bool code_normalise(const char *in, size_t n, char out[CODE_CHARS + 1]);

/*
 * Makes a code from `n` random bytes, every code equally likely: bytes that would favour some symbols are passed over.
 * False, `out` untouched, if the bytes run out first: with 32 bytes that happens less than once in 10^27.
 */
bool code_from_random(const uint8_t *random, size_t n, char out[CODE_CHARS + 1]);

/* Writes a normalised code as it is shown, "XXX-XXXX", with a NUL. Asserts that `code` has seven characters. */
void code_display(const char *code, char out[CODE_DISPLAY_CHARS + 1]);

#endif
