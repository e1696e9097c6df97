/* The head of answers: every field of the table on every answer, and nothing that gives the server away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/http/reply.h"

static struct http_exchange *exchange_of(const char *origin, bool secure, int status)
{
	struct http_exchange *exchange = exchange_new();

	strcpy(exchange->origin, origin);
	exchange->secure = secure;
	exchange->answer.status = status;
	return exchange;
}

static void all_answers_carry_the_table(void **state)
{
	static const char *const fields[] = {
		"\r\nX-Content-Type-Options: nosniff\r\n", "\r\nReferrer-Policy: no-referrer\r\n", "\r\nCross-Origin-Opener-Policy: same-origin\r\n",
		"\r\nCross-Origin-Resource-Policy: same-origin\r\n", "\r\nCross-Origin-Embedder-Policy: require-corp\r\n", "\r\nX-Frame-Options: DENY\r\n",
		"\r\nPermissions-Policy: camera=()", "\r\nContent-Security-Policy: default-src 'none'; script-src 'self';", "frame-ancestors 'none'", "\r\nDate: ",
		"\r\nCache-Control: no-store\r\n",
	};

	(void)state;
	for (int status = 200; status <= 505; status++) {
		struct http_exchange *exchange = exchange_of("http://localhost:8080", false, status);
		struct buf out = { 0 };

		reply_write_head(exchange, true, &out);
		for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
			assert_non_null(strstr(out.s, fields[i]));
		assert_null(strstr(out.s, "Server:"));
		assert_null(strstr(out.s, "Access-Control"));
		assert_null(strstr(out.s, "Strict-Transport-Security"));
		assert_string_equal(out.s + out.n - 4, "\r\n\r\n");
		assert_null(memmem(out.s, out.n - 4, "\r\n\r\n", 4));
		buf_release(&out);
		exchange_free(exchange);
	}
}

static void sockets_may_go_to_our_own_origin_only(void **state)
{
	static const struct {
		const char *origin, *policy;
		bool secure;
	} cases[] = {
		{ "http://localhost:8080", "connect-src 'self' ws://localhost:8080;", false },
		{ "https://class.example", "connect-src 'self' wss://class.example;", true },
		{ "", "connect-src 'self' ;", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_exchange *exchange = exchange_of(cases[i].origin, cases[i].secure, 200);
		struct buf out = { 0 };

		reply_write_head(exchange, false, &out);
		assert_non_null(strstr(out.s, cases[i].policy));
		assert_int_equal(strstr(out.s, "Strict-Transport-Security") != NULL, cases[i].secure);
		buf_release(&out);
		exchange_free(exchange);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_answers_carry_the_table), cmocka_unit_test(sockets_may_go_to_our_own_origin_only) };

	return cmocka_run_group_tests_name("http_reply", tests, NULL, NULL);
}
