/* What the fuzz targets share. A target is one file here: it defines LLVMFuzzerTestOneInput, checks what it promises with assert, and is run by tests/fuzz/run. What it is given can be read in two ways: as bytes that stand for
 * themselves, or as choices (fuzz_pick) that build something well-formed, which gets deeper than bytes alone. */
#ifndef FORWHOM_TESTS_FUZZ_H
#define FORWHOM_TESTS_FUZZ_H
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is left of an input. */
struct fuzz_input {
	const uint8_t *at;
	size_t n;
};

/* The next byte; 0 behind the end. */
static inline uint8_t fuzz_byte(struct fuzz_input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->at++;
}

/* A choice of 0 … count - 1. */
static inline size_t fuzz_pick(struct fuzz_input *in, size_t count)
{
	return fuzz_byte(in) % count;
}

/* A copy of exactly `n` bytes, so that the sanitizer sees a read past the end. Owned. */
static inline char *fuzz_exact(const void *bytes, size_t n)
{
	char *copy = malloc(n ? n : 1);

	assert(copy);
	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

/* The next `n` bytes, or what there is, as a C string without NULs; exact likewise. Owned. */
static inline char *fuzz_string(struct fuzz_input *in, size_t n)
{
	if (n > in->n)
		n = in->n;
	char *s = malloc(n + 1);
	size_t length = 0;

	assert(s);
	for (size_t i = 0; i < n; i++)
		if (in->at[i])
			s[length++] = (char)in->at[i];
	s[length] = '\0';
	in->at += n;
	in->n -= n;
	return realloc(s, length + 1);
}

/* Up to the next `end`, which is passed over, or to the end of the input. Borrowed. */
static inline struct fuzz_input fuzz_until(struct fuzz_input *in, char end)
{
	const uint8_t *found = in->n ? memchr(in->at, end, in->n) : NULL;
	struct fuzz_input part = { in->at, found ? (size_t)(found - in->at) : in->n };
	size_t used = part.n + (found != NULL);

	in->at = used ? in->at + used : in->at;
	in->n -= used;
	return part;
}

/* Appends a character that is likely to matter, as UTF-8. */
static inline void fuzz_add_character(struct fuzz_input *in, struct buf *out)
{
	static const int32_t characters[] = {
		'a', 'B', '1', ' ', '\n', '"', '\\', '<', 0x7F, 0xA0, 0xAD, 0xDF, 0xE9, 0x130, 0x301, 0x3A9, 0x430, 0x5E9, 0x61C, 0x915, 0x94D, 0x1100, 0x1161, 0x1E9E, 0x200B, 0x200C, 0x200D, 0x200F, 0x2028, 0x202E, 0x2066,
		0x3000, 0x3099, 0x30AB, 0x65E5, 0xAC01, 0xD7FF, 0xE000, 0xFB03, 0xFE0F, 0xFEFF, 0xFF21, 0xFFFD, 0xFFFF, 0x10000, 0x1D400, 0x1F1E9, 0x1F1EA, 0x1F3FD, 0x1F468, 0x1F600, 0xE0041, 0xE0101, 0x10FFFF,
	};

	buf_codepoint(out, characters[fuzz_pick(in, sizeof characters / sizeof *characters)]);
}

/* Whether the `n` bytes are well-formed UTF-8 without C0, DEL and C1. Written by the letter of the standard (Unicode 3.9, table 3-7), and none of the code under test. */
static inline bool fuzz_is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t more = c < 0x80 ? 0 : c < 0xc2 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 9;
		uint32_t point = more == 0 ? c : c & (0x3fu >> more);
		if (more > 3 || i + more >= n)
			return false;
		for (size_t k = 1; k <= more; k++) {
			if (((unsigned char)s[i + k] & 0xc0) != 0x80)
				return false;
			point = point << 6 | ((unsigned char)s[i + k] & 0x3f);
		}
		if ((more == 2 && point < 0x800) || (more == 3 && point < 0x10000) || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) || point < 0x20 || (point >= 0x7f && point < 0xa0))
			return false;
		i += more + 1;
	}
	return true;
}
/* Checks the bytes as they are, and the well-formed text that they make as a choice of characters. */
static inline void fuzz_raw_and_as_text(const uint8_t *data, size_t n, void (*check)(const char *s, size_t n))
{
	struct fuzz_input in = { data, n };
	struct buf text = { 0 };
	char *exact = fuzz_exact(data, n);

	check(exact, n);
	free(exact);
	while (in.n)
		fuzz_add_character(&in, &text);
	exact = fuzz_exact(text.s, text.n);
	check(exact, text.n);
	free(exact);
	buf_release(&text);
}

#endif
