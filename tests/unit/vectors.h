#ifndef FORWHOM_TESTS_VECTORS_H
#define FORWHOM_TESTS_VECTORS_H

/*
 * For unit tests: reading proto/vectors, and a small random number generator whose runs can be repeated. Tests run with
 * the repository's top folder as the current one. Include cmocka first.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "proto/buf.h"

/* Reads proto/vectors/NAME.json; returns owned (cJSON_Delete). Fails the test if it cannot. */
static inline cJSON *vectors_read(const char *name)
{
	char path[128];
	struct buf text = {0};
	char chunk[4096];
	size_t n;

	assert_in_range(snprintf(path, sizeof(path), "proto/vectors/%s.json", name), 1, sizeof(path) - 1);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("%s cannot be read; tests run in the repository's top folder", path);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(&text, chunk, n);
	fclose(file);
	cJSON *tree = cJSON_ParseWithLength(text.s, text.n);
	buf_release(&text);
	assert_non_null(tree);
	return tree;
}

/* A list of at least `least` rows, so that a test over an emptied file fails. */
static inline const cJSON *vectors_list(const cJSON *file, const char *key, int least)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(file, key);

	assert_true(cJSON_IsArray(list));
	assert_in_range(cJSON_GetArraySize(list), least, 100000);
	return list;
}

/* The string at `key`; NULL if it is null or missing. */
static inline const char *vector_str(const cJSON *row, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, key);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* Appends the bytes that a string of hexadecimal digits stands for. */
static inline void vector_add_hex(struct buf *b, const char *hex)
{
	assert_int_equal(strlen(hex) % 2, 0);
	for (; *hex; hex += 2) {
		char pair[3] = {hex[0], hex[1], '\0'};
		buf_char(b, (char)strtoul(pair, NULL, 16));
	}
}

/* A copy of exactly `n` bytes with nothing behind it, so that the sanitizer sees a read past the end. */
static inline char *exact_copy(const char *s, size_t n)
{
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	if (n)
		memcpy(copy, s, n);
	return copy;
}

/* The next of a sequence that depends on its start only (splitmix64, Sebastiano Vigna, public domain). */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline size_t random_below(uint64_t *state, size_t bound)
{
	return (size_t)(next_random(state) % bound);
}

#endif
