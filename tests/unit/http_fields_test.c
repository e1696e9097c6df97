/* Header fields that clients write as they like: cookies, codings, tags, types, tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/http/fields.h"

static void cookies_are_found_by_their_whole_name(void **state)
{
	static const struct {
		const char *field, *value; /* NULL: none */
	} cases[] = {
		{ "fw=abc", "abc" }, { "fw=abc; a=b", "abc" }, { "a=b; fw=abc", "abc" }, { "a=b;fw=abc", "abc" }, { "a=b;  fw=abc ", "abc" }, { "fw=\"abc\"", "abc" },
		{ "fw=abc; fw=abc", "abc" }, { "fw=a=b", "a=b" }, { "fw=x", "x" }, { "xfw=abc", NULL }, { "fwx=abc", NULL }, { "FW=abc", NULL }, { "fw", NULL },
		{ "a=fw=abc", NULL }, { "", NULL }, { ";;;", NULL }, { "fw=abc; fw=def", NULL }, { "fw=0123456789", NULL }, { NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[10] = "untouched";
		bool found = cookie_get(cases[i].field, "fw", out, sizeof out);

		assert_int_equal(found, cases[i].value != NULL);
		if (found)
			assert_string_equal(out, cases[i].value);
	}
}

static void the_best_coding_wins(void **state)
{
	static const struct {
		const char *field;
		bool has_gzip, has_br;
		enum coding coding;
	} cases[] = {
		{ NULL, true, true, CODING_IDENTITY }, { "", true, true, CODING_IDENTITY }, { "gzip", true, true, CODING_GZIP }, { "gzip, deflate, br, zstd", true, true, CODING_BR },
		{ "gzip, deflate, br", true, false, CODING_GZIP }, { "br", true, false, CODING_IDENTITY }, { "br;q=0", true, true, CODING_IDENTITY }, { "br;q=0, *", true, true, CODING_GZIP },
		{ "br;q=0.5, gzip;q=0.8", true, true, CODING_GZIP }, { "br;q=0.5,gzip;q=0.5", true, true, CODING_BR }, { "*", true, true, CODING_BR }, { "*;q=0", true, true, CODING_IDENTITY },
		{ "identity;q=1, br;q=0.1", true, true, CODING_IDENTITY }, { "GZip", true, true, CODING_GZIP }, { "x-gzip", true, true, CODING_GZIP }, { "gzippy, xbr", true, true, CODING_IDENTITY },
		{ "gzip;q=2", true, true, CODING_IDENTITY }, { "gzip;q=", true, true, CODING_IDENTITY }, { "gzip;q=0.0001", true, true, CODING_IDENTITY }, { "gzip ; q=0.001", true, true, CODING_GZIP },
		{ "gzip;q=0.000", true, true, CODING_IDENTITY }, { ",,, gzip ,,", true, true, CODING_GZIP }, { "identity;q=0, gzip;q=0, br;q=0", true, true, CODING_IDENTITY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(accept_coding(cases[i].field, cases[i].has_gzip, cases[i].has_br), cases[i].coding);
}

static void tags_are_compared_weakly(void **state)
{
	(void)state;
	assert_true(etag_matches("W/\"a\"", "W/\"a\""));
	assert_true(etag_matches("\"a\"", "W/\"a\""));
	assert_true(etag_matches("\"b\", W/\"a\"", "\"a\""));
	assert_true(etag_matches("*", "\"a\""));
	assert_false(etag_matches("\"ab\"", "\"a\""));
	assert_false(etag_matches("a", "\"a\""));
	assert_false(etag_matches("\"a", "\"a\""));
	assert_false(etag_matches("\"b\" * ", "\"a\""));
	assert_false(etag_matches("", "\"a\""));
	assert_false(etag_matches(NULL, "\"a\""));
}

static void only_json_is_json(void **state)
{
	(void)state;
	assert_true(is_json_type("application/json"));
	assert_true(is_json_type("Application/JSON; charset=UTF-8"));
	assert_true(is_json_type("application/json;charset=\"utf-8\""));
	assert_false(is_json_type("application/jsonp"));
	assert_false(is_json_type("application/json; charset=utf-16"));
	assert_false(is_json_type("text/plain; application/json"));
	assert_false(is_json_type(""));
	assert_false(is_json_type(NULL));
}

static void bearer_tokens_are_one_word(void **state)
{
	(void)state;
	assert_string_equal(bearer_token("Bearer abc"), "abc");
	assert_string_equal(bearer_token("bearer abc"), "abc");
	assert_null(bearer_token("Bearer "));
	assert_null(bearer_token("Bearer abc def"));
	assert_null(bearer_token("Basic abc"));
	assert_null(bearer_token("Bearerabc"));
	assert_null(bearer_token(NULL));
}

static void queries_are_read_as_forms_write_them(void **state)
{
	/* Every pair as NAME=VALUE and a semicolon; "!" where it is unreadable. */
	static const struct {
		const char *query, *pairs;
	} cases[] = {
		{ "", "" }, { "&&", "" }, { "a=b", "a=b;" }, { "a=b&c=d", "a=b;c=d;" }, { "&a=b&&c=d&", "a=b;c=d;" }, { "a", "a=;" }, { "a=", "a=;" }, { "=b", "=b;" },
		{ "a=b=c", "a=b=c;" }, { "a+b=c+d", "a b=c d;" }, { "a=%2B%26%3d%25", "a=+&=%;" }, { "%61=b", "a=b;" }, { "a=%c3%A9", "a=\303\251;" }, { "a=%ff", "a=\377;" },
		{ "a=%", "!" }, { "a=%4", "!" }, { "a=%g1", "!" }, { "a=%1g", "!" }, { "a=b&c=%", "a=b;!" }, { "a=%4&1=", "!" }, { "%=b", "!" }, { "a=%00", "!" }, { "a=%2", "!" }, { "a=% 1", "!" },
		{ "a=%+1", "!" }, { "a=%25%32%35", "a=%25;" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *query = strdup(cases[i].query); /* of exactly that size, so that the sanitizer sees a read past its end */
		const char *at = query;
		struct buf name = { 0 }, value = { 0 }, pairs = { 0 };
		enum query_step step;

		while ((step = query_next(&at, &name, &value)) == QUERY_PAIR) {
			buf_str(&pairs, buf_cstr(&name));
			buf_char(&pairs, '=');
			buf_str(&pairs, buf_cstr(&value));
			buf_char(&pairs, ';');
		}
		if (step == QUERY_BAD)
			buf_char(&pairs, '!');
		assert_string_equal(buf_cstr(&pairs), cases[i].pairs);
		buf_release(&name);
		buf_release(&value);
		buf_release(&pairs);
		free(query);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies_are_found_by_their_whole_name), cmocka_unit_test(the_best_coding_wins), cmocka_unit_test(tags_are_compared_weakly),
		cmocka_unit_test(only_json_is_json), cmocka_unit_test(bearer_tokens_are_one_word),
		cmocka_unit_test(queries_are_read_as_forms_write_them),
	};

	return cmocka_run_group_tests_name("http_fields", tests, NULL, NULL);
}
