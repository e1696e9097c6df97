#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/json.h"
#include "tests/unit/vectors.h"

/* The bytes of a case: its text, its hex, or its parts put together as often as they say. */
static void add_case_text(struct buf *b, const cJSON *row)
{
	const cJSON *part;

	if (vector_str(row, "text"))
		buf_str(b, vector_str(row, "text"));
	if (vector_str(row, "hex"))
		vector_add_hex(b, vector_str(row, "hex"));
	cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(row, "repeat")) {
		for (int i = 0; i < cJSON_GetArrayItem(part, 1)->valueint; i++)
			buf_str(b, cJSON_GetArrayItem(part, 0)->valuestring);
	}
}

/* Also that reading and writing again gives what another library makes of it. */
static void check_tree(const char *name, const cJSON *tree, const char *canon)
{
	if (!tree)
		fail_msg("%s: accepted, but no tree", name);
	if (!canon)
		return;
	struct buf written = {0};
	json_write(&written, tree);
	if (strcmp(written.s, canon) != 0)
		fail_msg("%s: read as %s, expected %s", name, written.s, canon);
	buf_release(&written);
}

static void check_case(const cJSON *row)
{
	const char *name = vector_str(row, "name"), *expected = vector_str(row, "verdict");
	struct buf text = {0};
	enum json_verdict verdict;

	add_case_text(&text, row);
	char *exact = exact_copy(text.s, text.n);
	cJSON *tree = json_parse(exact, text.n, NULL, &verdict);
	if (strcmp(json_verdict_code(verdict), expected) != 0)
		fail_msg("%s: %s, expected %s", name, json_verdict_code(verdict), expected);
	if (verdict == JSON_OK)
		check_tree(name, tree, vector_str(row, "canon"));
	else
		assert_null(tree);
	cJSON_Delete(tree);
	free(exact);
	buf_release(&text);
}

static void test_vectors(void **state)
{
	cJSON *file = vectors_read("json");
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "cases", 300))
		check_case(row);
	cJSON_Delete(file);
}

static void test_no_bytes(void **state)
{
	(void)state;
	assert_int_equal(json_check(NULL, 0, NULL), JSON_BAD_JSON);
}

/* An object of `keys` different keys and, if `double_last`, one of them again. */
static void add_object(struct buf *b, int keys, bool double_last)
{
	buf_char(b, '{');
	for (int i = 0; i < keys; i++) {
		buf_str(b, i ? ",\"k" : "\"k");
		buf_int(b, i);
		buf_str(b, "\":1");
	}
	if (double_last) {
		buf_str(b, ",\"k");
		buf_int(b, keys / 2);
		buf_str(b, "\":1");
	}
	buf_char(b, '}');
}

static void assert_object(int keys, bool double_last, const struct json_limits *limits, enum json_verdict expected)
{
	struct buf b = {0};

	add_object(&b, keys, double_last);
	assert_int_equal(json_check(b.s, b.n, limits), expected);
	buf_release(&b);
}

static void test_many_keys(void **state)
{
	const struct json_limits wide = {.bytes_max = 1 << 20, .depth_max = 1, .tokens_max = 8192, .key_bytes_max = 64};

	(void)state;
	for (int keys = 0; keys < 200; keys++) {
		assert_object(keys, false, NULL, JSON_OK);
		if (keys)
			assert_object(keys, true, NULL, JSON_DUP_KEY);
	}
	/* The object itself is a token, so 2,047 keys with their values fit into 4,096 and 2,048 do not. */
	assert_object(2047, false, NULL, JSON_OK);
	assert_object(2048, false, NULL, JSON_TOO_BIG);
	assert_object(2046, true, NULL, JSON_DUP_KEY);
	assert_object(4095, false, &wide, JSON_OK);
	assert_object(4094, true, &wide, JSON_DUP_KEY);
	assert_object(4096, false, &wide, JSON_TOO_BIG);
	assert_object(10000, false, &wide, JSON_TOO_BIG);
	assert_object(5000, false, NULL, JSON_TOO_BIG);
}

static void test_limits(void **state)
{
	const struct json_limits tight = {.bytes_max = 12, .depth_max = 1, .tokens_max = 3, .key_bytes_max = 2};

	(void)state;
	assert_int_equal(json_check("{\"ab\":\"cde\"}", 12, &tight), JSON_OK);
	assert_int_equal(json_check("{\"ab\":\"cdef\"}", 13, &tight), JSON_TOO_BIG);
	assert_int_equal(json_check("{\"abc\":1}", 9, &tight), JSON_TOO_BIG);
	assert_int_equal(json_check("[1,2]", 5, &tight), JSON_OK);
	assert_int_equal(json_check("[1,2,3]", 7, &tight), JSON_TOO_BIG);
	assert_int_equal(json_check("[[]]", 4, &tight), JSON_TOO_DEEP);
	assert_int_equal(json_check("1", 1, &tight), JSON_OK);
}

/* What the validator lets through once broken at random, cJSON reads, and it stays the same when written again. */
static void check_broken(const struct buf *text, uint64_t *random)
{
	static const char likely[] = "{}[],:\"\\u0019dDeE.-+ \n\x80\xC3\xED\xF4";
	char *broken = exact_copy(text->s, text->n);
	size_t n = text->n;
	enum json_verdict verdict;

	for (size_t times = 1 + random_below(random, 3); times > 0 && n > 0; times--) {
		size_t at = random_below(random, n);
		if (random_below(random, 4) == 0)
			n = at;
		else
			broken[at] = likely[random_below(random, sizeof(likely))];
	}
	char *exact = exact_copy(broken, n);
	cJSON *tree = json_parse(exact, n, NULL, &verdict);
	if (verdict == JSON_OK) {
		struct buf written = {0};
		json_write(&written, tree);
		cJSON *again = json_parse(written.s, written.n, NULL, &verdict);
		assert_int_equal(verdict, JSON_OK);
		assert_true(cJSON_Compare(tree, again, true));
		cJSON_Delete(again);
		buf_release(&written);
	}
	cJSON_Delete(tree);
	free(exact);
	free(broken);
}

static void test_broken_at_random(void **state)
{
	cJSON *file = vectors_read("json");
	uint64_t random = 3;
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "cases", 300)) {
		struct buf text = {0};
		add_case_text(&text, row);
		for (int i = 0; i < 40 && text.n < 2000; i++)
			check_broken(&text, &random);
		buf_release(&text);
	}
	cJSON_Delete(file);
}

static cJSON *parse(const char *text)
{
	enum json_verdict verdict;
	cJSON *tree = json_parse(text, strlen(text), NULL, &verdict);

	assert_int_equal(verdict, JSON_OK);
	return tree;
}

static void test_str(void **state)
{
	cJSON *obj = parse("{\"a\":\"h\\u00e9\",\"e\":\"\",\"i\":5,\"n\":null,\"A\":\"other\"}");
	const char *s = "untouched";
	size_t n = 99;

	(void)state;
	assert_false(json_str(obj, "missing", &s, &n));
	assert_false(json_str(obj, "i", &s, &n));
	assert_false(json_str(obj, "n", &s, &n));
	assert_false(json_str(json_get(obj, "a"), "a", &s, &n));
	assert_false(json_str(NULL, "a", &s, &n));
	assert_string_equal(s, "untouched");
	assert_int_equal(n, 99);
	assert_true(json_str(obj, "a", &s, &n));
	assert_string_equal(s, "h\xC3\xA9");
	assert_int_equal(n, 3);
	assert_true(json_str(obj, "A", &s, &n));
	assert_string_equal(s, "other");
	assert_true(json_str(obj, "e", &s, &n));
	assert_int_equal(n, 0);
	cJSON_Delete(obj);
}

static void test_int(void **state)
{
	cJSON *obj = parse("{\"i\":5,\"big\":9007199254740991,\"small\":-9007199254740991,\"s\":\"5\",\"t\":true,\"n\":null}");
	int64_t i = 77;

	(void)state;
	assert_false(json_int(obj, "i", 6, 9, &i));
	assert_false(json_int(obj, "i", 0, 4, &i));
	assert_false(json_int(obj, "s", 0, 9, &i));
	assert_false(json_int(obj, "t", 0, 9, &i));
	assert_false(json_int(obj, "n", 0, 9, &i));
	assert_false(json_int(obj, "I", 0, 9, &i));
	assert_int_equal(i, 77);
	assert_true(json_int(obj, "i", 5, 5, &i));
	assert_int_equal(i, 5);
	assert_true(json_int(obj, "big", 0, INT64_MAX, &i));
	assert_true(i == JSON_INT_MAX);
	assert_true(json_int(obj, "small", INT64_MIN, 0, &i));
	assert_true(i == -JSON_INT_MAX);
	cJSON_Delete(obj);
}

static void test_bool_and_containers(void **state)
{
	cJSON *obj = parse("{\"t\":true,\"f\":false,\"i\":1,\"o\":{\"x\":0},\"l\":[1,2],\"n\":null}");
	bool b = true;

	(void)state;
	assert_false(json_bool(obj, "i", &b));
	assert_false(json_bool(obj, "n", &b));
	assert_true(b);
	assert_true(json_bool(obj, "f", &b));
	assert_false(b);
	assert_true(json_bool(obj, "t", &b));
	assert_true(b);
	assert_non_null(json_object(obj, "o"));
	assert_null(json_object(obj, "l"));
	assert_null(json_object(obj, "n"));
	assert_non_null(json_array(obj, "l"));
	assert_null(json_array(obj, "o"));
	assert_true(json_has(obj, "n"));
	assert_false(json_has(obj, "N"));
	/* An array has no keys, even if its items have. */
	assert_false(json_has(json_get(obj, "l"), "x"));
	cJSON_Delete(obj);
}

static void test_codes(void **state)
{
	(void)state;
	assert_string_equal(json_verdict_code(JSON_OK), "ok");
	assert_string_equal(json_verdict_code(JSON_BAD_JSON), "bad_json");
	assert_string_equal(json_verdict_code(JSON_BAD_UTF8), "bad_utf8");
	assert_string_equal(json_verdict_code(JSON_TOO_DEEP), "too_deep");
	assert_string_equal(json_verdict_code(JSON_TOO_BIG), "too_big");
	assert_string_equal(json_verdict_code(JSON_DUP_KEY), "dup_key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_no_bytes),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_broken_at_random),
		cmocka_unit_test(test_str),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_bool_and_containers),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
