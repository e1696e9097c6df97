/* The request head: what is read, what is refused, and that every bound is where it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/buf.h"
#include "server/http/head.h"

static int parse(const char *text, size_t n, struct http_head *head, char copy[HEAD_BYTES_MAX * 2])
{
	memcpy(copy, text, n);
	return head_parse(copy, n, head);
}

static int parse_text(const char *text)
{
	static char copy[HEAD_BYTES_MAX * 2];
	struct http_head head;

	return parse(text, strlen(text), &head, copy);
}

static void a_good_head_is_read(void **state)
{
	static const char text[] = "POST /api/login?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length:  12 \r\nCONNECTION: foo , Keep-Alive\r\nX-Empty:\r\n\r\n";
	static char copy[HEAD_BYTES_MAX * 2];
	struct http_head head;

	(void)state;
	assert_int_equal(parse(text, sizeof text - 1, &head, copy), 0);
	assert_int_equal(head.method, METHOD_POST);
	assert_string_equal(head.path, "/api/login");
	assert_string_equal(head.query, "x=1");
	assert_true(head.has_length && head.length == 12 && head.keep_alive);
	assert_string_equal(head_get(&head, "host"), "a");
	assert_string_equal(head_get(&head, "x-empty"), "");
	assert_null(head_get(&head, "cookie"));
	assert_true(head_list_has(head_get(&head, "connection"), "keep-alive"));
	assert_false(head_list_has(head_get(&head, "connection"), "keep"));
	assert_false(head_list_has(NULL, "close"));
}

static void what_two_programs_could_read_differently_is_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\nHost: a\n\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nCookie: a\r\ncookie: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: \t\xc3\xa9\r\n\r\n", 0 },
		{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400 },
		{ " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
		{ "GET / http/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400 },
		{ "get / HTTP/1.1\r\nHost: a\r\n\r\n", 405 },
		{ "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x10\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\n", 0 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 0 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417 },
	};
	static char copy[HEAD_BYTES_MAX * 2];
	static const char with_nul[] = "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
	struct http_head head;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(parse_text(cases[i].text), cases[i].status);
	assert_int_equal(parse(with_nul, sizeof with_nul - 1, &head, copy), 400);
}

static void bounds_hold_at_n_and_n_plus_1(void **state)
{
	(void)state;
	for (int over = 0; over <= 1; over++) {
		struct buf b = { 0 };

		buf_str(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
		for (int i = 1; i < HEAD_FIELDS_MAX + over; i++)
			buf_str(&b, "X: 1\r\n");
		buf_str(&b, "\r\n");
		assert_int_equal(parse_text(b.s), over ? 431 : 0);
		buf_reset(&b);
		buf_str(&b, "GET /");
		for (int i = 1; i < HEAD_TARGET_MAX + over; i++)
			buf_char(&b, 'a');
		buf_str(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_int_equal(parse_text(b.s), over ? 414 : 0);
		buf_release(&b);
	}
}

static void the_end_is_found_wherever_the_bytes_are_cut(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest\r\n\r\n";
	size_t end = strlen(text) - strlen("rest\r\n\r\n");

	(void)state;
	for (size_t n = 0; n < sizeof text; n++)
		assert_int_equal(head_find_end(text, n), n < end ? 0 : end);
	assert_int_equal(head_find_end("a\n\nb", 4), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_head_is_read), cmocka_unit_test(what_two_programs_could_read_differently_is_refused), cmocka_unit_test(bounds_hold_at_n_and_n_plus_1),
		cmocka_unit_test(the_end_is_found_wherever_the_bytes_are_cut),
	};

	return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
