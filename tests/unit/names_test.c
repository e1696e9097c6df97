#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/names.h"
#include "tests/unit/vectors.h"

static cJSON *file;

static int read_file(void **state)
{
	(void)state;
	file = vectors_read("names");
	return 0;
}

static int free_file(void **state)
{
	(void)state;
	cJSON_Delete(file);
	return 0;
}

static const char *verdict_word(enum name_verdict verdict)
{
	switch (verdict) {
	case NAME_OK: return "ok";
	case NAME_BAD_UTF8: return "bad_utf8";
	case NAME_EMPTY: return "empty";
	case NAME_TOO_LONG: return "too_long";
	}
	return "unknown";
}

/* Normalises into `out`, which must be empty, from bytes with nothing behind them. */
static enum name_verdict normalise(const char *s, size_t n, struct buf *out)
{
	char *exact = exact_copy(s, n);
	enum name_verdict verdict = name_normalise(exact, n, out);

	free(exact);
	return verdict;
}

static void check_name(const cJSON *row)
{
	const char *why = vector_str(row, "why"), *expected = vector_str(row, "name");
	struct buf typed = {0}, name = {0}, again = {0};

	if (vector_str(row, "hex"))
		vector_add_hex(&typed, vector_str(row, "hex"));
	else
		buf_str(&typed, vector_str(row, "typed"));
	enum name_verdict verdict = normalise(typed.s, typed.n, &name);
	if (strcmp(verdict_word(verdict), vector_str(row, "verdict")) != 0)
		fail_msg("%s: %s, expected %s", why, verdict_word(verdict), vector_str(row, "verdict"));
	if (strcmp(buf_cstr(&name), expected ? expected : "") != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", why, buf_cstr(&name), expected ? expected : "");
	if (verdict == NAME_OK) {
		assert_int_equal(normalise(name.s, name.n, &again), NAME_OK);
		assert_string_equal(again.s, name.s);
	}
	buf_release(&typed);
	buf_release(&name);
	buf_release(&again);
}

static void test_names(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "names", 120))
		check_name(row);
}

static void test_appends(void **state)
{
	struct buf out = {0};

	(void)state;
	buf_str(&out, "by ");
	assert_int_equal(name_normalise(" Ama ", 5, &out), NAME_OK);
	assert_true(line_normalise(" x ", 3, &out));
	assert_true(name_skeleton("Prof", 4, &out));
	assert_string_equal(out.s, "by Amaxprof");
	assert_int_equal(name_normalise("  ", 2, &out), NAME_EMPTY);
	assert_int_equal(name_normalise("\xFF", 1, &out), NAME_BAD_UTF8);
	assert_false(line_normalise("\x1b", 1, &out));
	assert_false(name_skeleton("\xFF", 1, &out));
	assert_string_equal(out.s, "by Amaxprof");
	buf_release(&out);
}

/* What names are made of, and what people try to get into them. */
static int32_t random_part(uint64_t *random)
{
	static const int32_t parts[] = {
		'a', 'Z', '7', ' ', '\t', 'e', 0x0301, 0x0327, 0x0323, 0x034F, 0x200D, 0x200D, 0x200C, 0xFE0F, 0x1F469, 0x1F4BB,
		0x1F3FD, 0x1F1E9, 0x1F1EA, 0x20E3, 0x0915, 0x094D, 0x0937, 0x0645, 0x06CC, 0x09C7, 0x09BE, 0x1112, 0x1161, 0x11AB,
		0xAC00, 0x1160, 0x202E, 0x00AD, 0x9B, 0x1B, 0x3099, 0x304B, 0xE0100, 0x845B, 0x0958, 0x212B, 0x1D15E, 0x0F73,
		0x2126, 0x1FB3, 0x0D4D, 0x0D32, 0xFFFF, 0x3164, 0x2764, 0x0600, 0x0130, 0x00DF, 0x03C3, 0x0430,
	};
	int32_t c = (int32_t)random_below(random, 0x110000);

	if (random_below(random, 8) || (c >= 0xD800 && c <= 0xDFFF))
		return parts[random_below(random, sizeof(parts) / sizeof(parts[0]))];
	return c;
}

static void assert_fit_for_a_name(const struct buf *name)
{
	assert_in_range(name->n, 1, NAME_BYTES_MAX);
	assert_in_range(text_graphemes(name->s, name->n), 1, NAME_GRAPHEMES_MAX);
	assert_true(text_is_clean(name->s, name->n, false));
	assert_true(name->s[0] != ' ' && name->s[name->n - 1] != ' ');
	assert_null(strstr(name->s, "  "));
	assert_null(strstr(name->s, "\u202E"));
	assert_null(strstr(name->s, "\u200D\u200D"));
}

/* Whatever comes in: a name is fit to be one and stays as it is; so does a skeleton. */
static void test_random_names(void **state)
{
	uint64_t random = 4;
	int names = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct buf typed = {0}, name = {0}, again = {0};
		for (size_t n = random_below(&random, 24); n > 0; n--)
			buf_codepoint(&typed, random_part(&random));
		if (normalise(typed.s, typed.n, &name) == NAME_OK) {
			names++;
			assert_fit_for_a_name(&name);
			assert_int_equal(normalise(name.s, name.n, &again), NAME_OK);
			assert_string_equal(again.s, name.s);
		}
		buf_reset(&name);
		buf_reset(&again);
		assert_true(name_skeleton(typed.s, typed.n, &name));
		assert_true(name_skeleton(name.s, name.n, &again));
		assert_string_equal(buf_cstr(&again), buf_cstr(&name));
		buf_release(&typed);
		buf_release(&name);
		buf_release(&again);
	}
	assert_in_range(names, 10000, 20000);
}

/* Any bytes at all: nothing is read past the end, and what is not UTF-8 is refused by all alike. */
static void test_random_bytes(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		char bytes[24];
		size_t n = random_below(&random, sizeof(bytes));
		struct buf out = {0};
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)(random_below(&random, 2) ? next_random(&random) : 0xE0 + random_below(&random, 0x15));
		char *exact = exact_copy(bytes, n);
		bool is_text = name_normalise(exact, n, &out) != NAME_BAD_UTF8;
		assert_int_equal(name_skeleton(exact, n, &out), is_text);
		if (!is_text) {
			assert_false(text_is_clean(exact, n, true));
			assert_false(line_normalise(exact, n, &out));
		}
		free(exact);
		buf_release(&out);
	}
}

static void skeleton_of(const char *name, struct buf *out)
{
	assert_true(name_skeleton(name, strlen(name), out));
}

static void test_same_skeleton(void **state)
{
	const cJSON *group, *name;

	(void)state;
	cJSON_ArrayForEach(group, vectors_list(file, "same_skeleton", 15)) {
		struct buf first = {0};
		skeleton_of(group->child->valuestring, &first);
		cJSON_ArrayForEach(name, group) {
			struct buf other = {0};
			skeleton_of(name->valuestring, &other);
			if (strcmp(buf_cstr(&first), buf_cstr(&other)) != 0)
				fail_msg("%s is \"%s\", %s is \"%s\"", group->child->valuestring, buf_cstr(&first), name->valuestring,
					 buf_cstr(&other));
			buf_release(&other);
		}
		buf_release(&first);
	}
}

static void test_different_skeletons(void **state)
{
	const cJSON *list = vectors_list(file, "different_skeletons", 15), *one, *other;

	(void)state;
	cJSON_ArrayForEach(one, list) {
		struct buf key = {0};
		skeleton_of(one->valuestring, &key);
		cJSON_ArrayForEach(other, list) {
			struct buf another = {0};
			skeleton_of(other->valuestring, &another);
			if ((one == other) != (strcmp(buf_cstr(&key), buf_cstr(&another)) == 0))
				fail_msg("%s and %s have the same skeleton \"%s\"", one->valuestring, other->valuestring, key.s);
			buf_release(&another);
		}
		buf_release(&key);
	}
}

static void test_skeletons(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "skeletons", 10)) {
		struct buf key = {0};
		skeleton_of(vector_str(row, "name"), &key);
		assert_string_equal(buf_cstr(&key), vector_str(row, "key"));
		buf_release(&key);
	}
}

static void test_clean(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "clean", 25)) {
		const char *text = vector_str(row, "text");
		char *exact = exact_copy(text, strlen(text));
		for (int lines = 0; lines < 2; lines++) {
			const cJSON *expected = cJSON_GetObjectItemCaseSensitive(row, lines ? "lines" : "line");
			if (text_is_clean(exact, strlen(text), lines) != cJSON_IsTrue(expected))
				fail_msg("%s, %s", vector_str(row, "why"), lines ? "lines" : "one line");
		}
		free(exact);
	}
	assert_false(text_is_clean("a\0b", 3, true));
	assert_false(text_is_clean("\xC3", 1, true));
	assert_false(text_is_clean("\xED\xA0\x80", 3, true));
}

static void test_lines(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "lines", 15)) {
		const char *typed = vector_str(row, "typed"), *expected = vector_str(row, "line");
		struct buf out = {0};
		assert_int_equal(line_normalise(typed, strlen(typed), &out), expected != NULL);
		assert_string_equal(buf_cstr(&out), expected ? expected : "");
		buf_release(&out);
	}
}

static void test_graphemes(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "graphemes", 15)) {
		const char *text = vector_str(row, "text");
		size_t count = text_graphemes(text, strlen(text));
		if ((int)count != cJSON_GetObjectItemCaseSensitive(row, "count")->valueint)
			fail_msg("\"%s\" has %zu", text, count);
	}
}

/* Tens of thousands of marks on one letter: refused before anybody sorts them. */
static void test_piles_of_marks(void **state)
{
	struct buf typed = {0}, line = {0};

	(void)state;
	buf_char(&typed, 'a');
	for (int marks = 1; marks <= 32000; marks++) {
		buf_str(&typed, marks % 2 ? "\xcc\x81" : "\xcc\xa3");
		if (marks > TEXT_MARKS_MAX + 1 && marks < 32000)
			continue;
		bool is_pile = marks > TEXT_MARKS_MAX;
		assert_int_equal(text_is_piled_up(typed.s, typed.n), is_pile);
		assert_int_equal(line_normalise(typed.s, typed.n, &line), !is_pile);
	}
	buf_reset(&line);
	assert_int_equal(name_normalise(typed.s, typed.n, &line), NAME_TOO_LONG);
	assert_false(name_skeleton(typed.s, typed.n, &line));
	assert_int_equal(line.n, 0);
	/* Any mark counts, of whatever class; letters between them begin anew; and what is no text is refused for that. */
	buf_reset(&typed);
	for (int k = 0; k < 31; k++)
		buf_str(&typed, "\xe2\x83\x9d"); /* an enclosing circle */
	assert_true(text_is_piled_up(typed.s, typed.n));
	buf_reset(&typed);
	for (int k = 0; k < 310; k++)
		buf_str(&typed, k % 31 ? "\xcc\x81" : "e");
	assert_false(text_is_piled_up(typed.s, typed.n));
	assert_false(text_is_piled_up("\xff\xcc\x81", 3));
	assert_false(text_is_piled_up("", 0));
	buf_release(&typed);
	buf_release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_random_names),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_same_skeleton),
		cmocka_unit_test(test_different_skeletons),
		cmocka_unit_test(test_skeletons),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_graphemes),
		cmocka_unit_test(test_piles_of_marks),
	};

	return cmocka_run_group_tests_name("names", tests, read_file, free_file);
}
