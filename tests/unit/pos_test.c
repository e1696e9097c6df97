#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/pos.h"
#include "tests/unit/vectors.h"

enum { KEY_SIZE = POS_LENGTH_MAX + 1 };

static cJSON *file;

static int read_file(void **state)
{
	(void)state;
	file = vectors_read("pos");
	return 0;
}

static int free_file(void **state)
{
	(void)state;
	cJSON_Delete(file);
	return 0;
}

static void test_valid_and_invalid(void **state)
{
	const cJSON *row;

	(void)state;
	assert_false(pos_is_valid(NULL));
	cJSON_ArrayForEach(row, vectors_list(file, "valid", 15)) {
		if (!pos_is_valid(row->valuestring))
			fail_msg("\"%s\" is not taken for a key", row->valuestring);
	}
	cJSON_ArrayForEach(row, vectors_list(file, "invalid", 25)) {
		if (pos_is_valid(row->valuestring))
			fail_msg("\"%s\" is taken for a key", row->valuestring);
	}
}

/* Makes a key between two others into `out` and checks that it is one, and between them. */
static void make_between(const char *a, const char *b, char out[KEY_SIZE])
{
	if (!pos_between(a, b, out, KEY_SIZE))
		fail_msg("no key between %s and %s", a ? a : "start", b ? b : "end");
	if (!pos_is_valid(out) || (a && strcmp(a, out) >= 0) || (b && strcmp(out, b) >= 0))
		fail_msg("%s between %s and %s", out, a ? a : "start", b ? b : "end");
}

static void test_between(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "between", 60)) {
		const char *a = vector_str(row, "a"), *b = vector_str(row, "b"), *expected = vector_str(row, "between");
		char out[KEY_SIZE] = "before";
		if (expected) {
			make_between(a, b, out);
			assert_string_equal(out, expected);
		} else {
			if (pos_between(a, b, out, sizeof(out)))
				fail_msg("%s between %s and %s", out, a ? a : "start", b ? b : "end");
			assert_string_equal(out, "before");
		}
	}
}

static void test_room_for_the_result(void **state)
{
	char out[KEY_SIZE] = "before";

	(void)state;
	assert_false(pos_between(NULL, NULL, out, 2));
	assert_false(pos_between(NULL, NULL, out, 0));
	assert_string_equal(out, "before");
	assert_true(pos_between(NULL, NULL, out, 3));
	assert_string_equal(out, "a0");
}

static void test_too_long(void **state)
{
	char low[KEY_SIZE], out[KEY_SIZE] = "before";

	(void)state;
	/* Nothing of 300 characters fits between these. */
	memset(low, 'z', POS_LENGTH_MAX);
	memcpy(low, "a0", 2);
	low[POS_LENGTH_MAX] = '\0';
	assert_true(pos_is_valid(low));
	assert_false(pos_between(low, "a1", out, sizeof(out)));
	assert_string_equal(out, "before");
	low[POS_LENGTH_MAX - 1] = '\0';
	make_between(low, "a1", out);
	assert_int_equal(strlen(out), POS_LENGTH_MAX);
}

/* 100,000 at either end: a letter and three digits. */
static void test_ends_grow_slowly(void **state)
{
	char last[KEY_SIZE] = "a0", first[KEY_SIZE] = "a0", next[KEY_SIZE];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		make_between(last, NULL, next);
		strcpy(last, next);
		make_between(NULL, first, next);
		strcpy(first, next);
	}
	assert_int_equal(strlen(last), 4);
	assert_int_equal(strlen(first), 4);
}

/* 1,000 into one gap: always in front of the same neighbour, always behind the same, and on alternate sides. */
static void test_one_gap(void **state)
{
	(void)state;
	for (int way = 0; way < 3; way++) {
		char low[KEY_SIZE] = "a0", high[KEY_SIZE] = "a1", made[KEY_SIZE];
		for (int i = 0; i < 1000; i++) {
			make_between(low, high, made);
			strcpy(way == 0 || (way == 2 && i % 2) ? low : high, made);
			assert_in_range(strlen(made), 2, 255);
		}
	}
}

/* Past the largest and the smallest integer keys go on, in fractions. */
static void test_beyond_the_integers(void **state)
{
	char last[KEY_SIZE] = "zzzzzzzzzzzzzzzzzzzzzzzzzzy", first[KEY_SIZE] = "A00000000000000000000000002", next[KEY_SIZE];

	(void)state;
	for (int i = 0; i < 100; i++) {
		make_between(last, NULL, next);
		strcpy(last, next);
		make_between(NULL, first, next);
		strcpy(first, next);
	}
}

/* A list that knows its order by itself, against the order of the keys. */
static void test_random_inserts(void **state)
{
	enum { ROUNDS = 20, INSERTS = 500 };
	static char list[INSERTS][KEY_SIZE];

	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t random = round;
		size_t n = 0;
		while (n < INSERTS) {
			/* Half of the inserts stay close to one place, as people's do. */
			size_t at = random_below(&random, 2) ? n / 2 : random_below(&random, n + 1);
			char made[KEY_SIZE];
			make_between(at > 0 ? list[at - 1] : NULL, at < n ? list[at] : NULL, made);
			memmove(list[at] + KEY_SIZE, list[at], (n - at) * sizeof(list[0]));
			strcpy(list[at], made);
			n++;
		}
		for (size_t i = 1; i < n; i++)
			assert_true(strcmp(list[i - 1], list[i]) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_and_invalid),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_room_for_the_result),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_ends_grow_slowly),
		cmocka_unit_test(test_one_gap),
		cmocka_unit_test(test_beyond_the_integers),
		cmocka_unit_test(test_random_inserts),
	};

	return cmocka_run_group_tests_name("pos", tests, read_file, free_file);
}
