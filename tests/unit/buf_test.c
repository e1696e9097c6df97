#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/buf.h"
#include "proto/json.h"
#include "tests/unit/vectors.h"

static void test_zeroed_is_empty(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	buf_reset(&b);
	buf_add(&b, NULL, 0);
	assert_int_equal(b.n, 0);
	assert_string_equal(b.s, "");
	buf_release(&b);
	assert_null(b.s);
	buf_release(&b);
	buf_release(NULL);
	buf_reset(NULL);
}

static void test_grows_and_ends_in_nul(void **state)
{
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		buf_char(&b, (char)('a' + i % 26));
		assert_int_equal(b.n, i + 1);
		assert_true(b.n <= b.cap);
		assert_int_equal(b.s[b.n], 0);
	}
	for (size_t i = 0; i < b.n; i++)
		assert_int_equal(b.s[i], 'a' + i % 26);
	buf_release(&b);
}

static void test_reset_keeps_memory(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_str(&b, "something longer than nothing");
	char *s = b.s;
	size_t cap = b.cap;
	buf_reset(&b);
	assert_int_equal(b.n, 0);
	assert_string_equal(buf_cstr(&b), "");
	buf_str(&b, "short");
	assert_ptr_equal(b.s, s);
	assert_int_equal(b.cap, cap);
	assert_string_equal(b.s, "short");
	buf_release(&b);
}

static void test_reserve_keeps_pointers(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_str(&b, "x");
	buf_reserve(&b, 5000);
	char *s = b.s;
	for (int i = 0; i < 5000; i++)
		buf_char(&b, 'y');
	assert_ptr_equal(b.s, s);
	buf_release(&b);
}

static void test_bytes_with_nul(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add(&b, "a\0b", 3);
	buf_char(&b, '\0');
	assert_int_equal(b.n, 4);
	assert_memory_equal(b.s, "a\0b\0", 5);
	buf_release(&b);
}

static void assert_int_written(int64_t value)
{
	char expected[32];
	struct buf b = {0};

	snprintf(expected, sizeof(expected), "%lld", (long long)value);
	buf_int(&b, value);
	assert_string_equal(b.s, expected);
	buf_release(&b);
}

static void test_int(void **state)
{
	uint64_t random = 1;

	(void)state;
	assert_int_written(0);
	assert_int_written(INT64_MIN);
	assert_int_written(INT64_MAX);
	assert_int_written(-1);
	for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10) {
		assert_int_written(power);
		assert_int_written(power - 1);
		assert_int_written(-power);
	}
	for (int i = 0; i < 1000; i++)
		assert_int_written((int64_t)next_random(&random) >> random_below(&random, 63));
}

static void test_codepoint(void **state)
{
	static const struct {
		int32_t c;
		const char *utf8;
	} cases[] = {
		{'A', "A"}, {0x7F, "\x7F"}, {0x80, "\xC2\x80"}, {0x7FF, "\xDF\xBF"}, {0x800, "\xE0\xA0\x80"},
		{0xD7FF, "\xED\x9F\xBF"}, {0xE000, "\xEE\x80\x80"}, {0xFFFF, "\xEF\xBF\xBF"},
		{0x10000, "\xF0\x90\x80\x80"}, {0x10FFFF, "\xF4\x8F\xBF\xBF"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b = {0};
		buf_codepoint(&b, cases[i].c);
		assert_string_equal(b.s, cases[i].utf8);
		buf_release(&b);
	}
}

static void assert_json(const char *text, size_t n, const char *expected)
{
	struct buf b = {0};
	char *exact = exact_copy(text, n);

	buf_str(&b, "=");
	buf_json_string(&b, exact, n);
	assert_string_equal(b.s + 1, expected);
	assert_int_equal(b.s[0], '=');
	free(exact);
	buf_release(&b);
}

#define assert_json_of(literal, expected) assert_json("" literal, sizeof(literal) - 1, expected)

static void test_json_string(void **state)
{
	(void)state;
	assert_json(NULL, 0, "\"\"");
	assert_json_of("wall", "\"wall\"");
	assert_json_of("\"", "\"\\\"\"");
	assert_json_of("\\n", "\"\\\\n\"");
	assert_json_of("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
	assert_json_of("\0", "\"\\u0000\"");
	assert_json_of("\x01\x1b\x1f\x7f", "\"\\u0001\\u001b\\u001f\\u007f\"");
	assert_json_of("/<>&'", "\"/<>&'\"");
	assert_json_of("a\u2028b\u2029c", "\"a\\u2028b\\u2029c\"");
	/* The same lead bytes, other characters: U+2027, U+202A, U+2068. */
	assert_json_of("\u2027\u202A\u2068", "\"\u2027\u202A\u2068\"");
	assert_json_of("\u00e9\u20ac\U0001D11E", "\"\u00e9\u20ac\U0001D11E\"");
	assert_json_of("\"\"", "\"\\\"\\\"\"");
}

/* Whatever is written is read back as it was, by another library. */
static void test_json_string_reads_back(void **state)
{
	uint64_t random = 2;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct buf text = {0}, json = {0};
		for (size_t n = random_below(&random, 40); n > 0; n--) {
			static const int32_t bounds[] = {0x7F, 0x7F, 0x30, 0x7FF, 0x2100, 0xD7FF, 0x10FFFF};
			int32_t c = 1 + (int32_t)random_below(&random, (size_t)bounds[random_below(&random, 7)]);
			buf_codepoint(&text, c >= 0xD800 && c <= 0xDFFF ? 0x2028 : c);
		}
		buf_json_string(&json, text.s, text.n);
		assert_int_equal(json_check(json.s, json.n, NULL), JSON_OK);
		cJSON *tree = cJSON_ParseWithLength(json.s, json.n);
		assert_true(cJSON_IsString(tree));
		assert_string_equal(tree->valuestring, buf_cstr(&text));
		cJSON_Delete(tree);
		buf_release(&text);
		buf_release(&json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_is_empty),
		cmocka_unit_test(test_grows_and_ends_in_nul),
		cmocka_unit_test(test_reset_keeps_memory),
		cmocka_unit_test(test_reserve_keeps_pointers),
		cmocka_unit_test(test_bytes_with_nul),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_codepoint),
		cmocka_unit_test(test_json_string),
		cmocka_unit_test(test_json_string_reads_back),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
