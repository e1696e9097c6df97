/* Who is talking, to whom, and through whom: hosts, origins, proxies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "server/net/gate.h"

static struct http_exchange *exchange_of(const char *fields)
{
	struct http_exchange *exchange = exchange_new();

	buf_str(&exchange->input, "GET /ws HTTP/1.1\r\n");
	buf_str(&exchange->input, fields);
	buf_str(&exchange->input, "\r\n");
	assert_int_equal(head_parse(exchange->input.s, exchange->input.n, &exchange->head), 0);
	return exchange;
}

static int check(const struct gate *gate, const char *peer, const char *local, struct http_exchange *exchange)
{
	struct sockaddr_storage ends[2];

	assert_true(address_parse(peer, &ends[0]) && address_parse(local, &ends[1]));
	return gate_check(gate, (struct sockaddr *)&ends[0], (struct sockaddr *)&ends[1], exchange);
}

static void only_our_own_names_pass(void **state)
{
	static const struct {
		const char *host;
		int status;
	} cases[] = {
		{ "localhost:8080", 0 }, { "LOCALHOST:1", 0 }, { "127.0.0.1:8080", 0 }, { "127.9.9.9", 0 }, { "[::1]:8080", 0 }, { "192.0.2.5:8080", 0 }, { "class.example", 0 },
		{ "class.example:443", 421 }, { "class.example:80", 0 }, { "192.0.2.5", 421 }, { "192.0.2.6:8080", 421 }, { "localhost.evil.tld", 421 }, { "evil.tld", 421 },
		{ "127.0.0.1.evil.tld", 421 }, { "", 400 }, { "a b", 400 }, { "localhost:99999", 400 }, { "localhost:", 400 }, { "[::1", 400 }, { "[::g]", 400 }, { "u@localhost", 400 },
		{ "localhost,evil", 400 },
	};
	struct gate gate;

	(void)state;
	assert_true(gate_init(&gate, "http://class.example", NULL, 0));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char fields[100];

		snprintf(fields, sizeof fields, "Host: %s\r\n", cases[i].host);
		struct http_exchange *exchange = exchange_of(fields);
		int status = check(&gate, "192.0.2.9:5000", "192.0.2.5:8080", exchange);
		if (status != cases[i].status)
			fail_msg("%s: %d", cases[i].host, status);
		exchange_free(exchange);
	}
}

static void origins_are_compared_whole(void **state)
{
	static const struct {
		const char *origin;
		enum http_from from;
	} cases[] = {
		{ "Origin: http://localhost:8080\r\n", FROM_OWN }, { "Origin: http://LOCALHOST:8080\r\n", FROM_OWN }, { "Origin: https://localhost:8080\r\n", FROM_FOREIGN },
		{ "Origin: http://localhost\r\n", FROM_FOREIGN }, { "Origin: http://localhost:8081\r\n", FROM_FOREIGN }, { "Origin: http://127.0.0.1:8080\r\n", FROM_FOREIGN },
		{ "Origin: null\r\n", FROM_FOREIGN }, { "Origin: \r\n", FROM_FOREIGN }, { "Origin: http://localhost:8080/\r\n", FROM_FOREIGN },
		{ "Origin: http://localhost:8080 http://evil.tld\r\n", FROM_FOREIGN }, { "Origin: http://localhost:8080.evil.tld\r\n", FROM_FOREIGN }, { "", FROM_NONE },
		{ "Sec-Fetch-Site: none\r\n", FROM_NONE }, { "Sec-Fetch-Site: same-origin\r\n", FROM_OWN }, { "Sec-Fetch-Site: same-site\r\n", FROM_FOREIGN },
		{ "Sec-Fetch-Site: cross-site\r\n", FROM_FOREIGN }, { "Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.tld\r\n", FROM_FOREIGN },
	};
	struct gate gate;

	(void)state;
	assert_true(gate_init(&gate, "", NULL, 0));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char fields[200];

		snprintf(fields, sizeof fields, "Host: localhost:8080\r\n%s", cases[i].origin);
		struct http_exchange *exchange = exchange_of(fields);
		assert_int_equal(check(&gate, "127.0.0.1:5000", "127.0.0.1:8080", exchange), 0);
		assert_string_equal(exchange->origin, "http://localhost:8080");
		if (exchange->from != cases[i].from)
			fail_msg("%s: %d", cases[i].origin, exchange->from);
		exchange_free(exchange);
	}
}

static void only_named_proxies_are_believed(void **state)
{
	static const char *const proxies[] = { "10.0.0.0/8", "2001:db8::7" };
	static const struct {
		const char *peer, *chain, *address;
		bool secure;
	} cases[] = {
		{ "10.1.2.3:1", "203.0.113.7", "203.0.113.7", true },
		{ "10.1.2.3:1", "6.6.6.6, 203.0.113.7", "203.0.113.7", true },
		{ "10.1.2.3:1", "203.0.113.7, 10.9.9.9", "203.0.113.7", true },
		{ "10.1.2.3:1", "203.0.113.7, nonsense", "10.1.2.3", true },
		{ "10.1.2.3:1", "10.9.9.9", "10.9.9.9", true },
		{ "[2001:db8::7]:1", "2001:db8::9", "2001:db8::9", true },
		{ "[2001:db8::8]:1", "203.0.113.7", "2001:db8::8", false },
		{ "11.1.2.3:1", "203.0.113.7", "11.1.2.3", false },
	};
	struct gate gate;

	(void)state;
	assert_true(gate_init(&gate, "https://class.example", proxies, 2));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char fields[200];

		snprintf(fields, sizeof fields, "Host: localhost:8080\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: %s\r\n", cases[i].chain);
		struct http_exchange *exchange = exchange_of(fields);
		assert_int_equal(check(&gate, cases[i].peer, "127.0.0.1:8080", exchange), 0);
		assert_string_equal(exchange->address, cases[i].address);
		assert_int_equal(exchange->secure, cases[i].secure);
		assert_string_equal(exchange->origin, cases[i].secure ? "https://class.example" : "http://localhost:8080");
		exchange_free(exchange);
	}
}

static void addresses_are_cut_for_logs(void **state)
{
	char out[ADDRESS_BYTES];

	(void)state;
	address_prefix("192.0.2.77", out);
	assert_string_equal(out, "192.0.2.x");
	address_prefix("2001:db8:1:2::77", out);
	assert_string_equal(out, "2001:db8:1::x");
	address_prefix("::ffff:192.0.2.77", out);
	assert_string_equal(out, "192.0.2.x");
	address_prefix("evil\n", out);
	assert_string_equal(out, "unknown");
}

static void listening_addresses_are_numbers(void **state)
{
	static const char *const good[] = { "127.0.0.1:8080", "[::1]:0", "0.0.0.0:65535", "localhost:80" };
	static const char *const bad[] = { "8080", "127.0.0.1", "::1:8080", "[::1]", "example.org:80", "127.0.0.1:65536", "127.0.0.1:", "", "127.0.0.1:8080x" };
	struct sockaddr_storage address;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(address_parse(good[i], &address));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(*bad[i] && address_parse(bad[i], &address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_our_own_names_pass), cmocka_unit_test(origins_are_compared_whole), cmocka_unit_test(only_named_proxies_are_believed),
		cmocka_unit_test(addresses_are_cut_for_logs), cmocka_unit_test(listening_addresses_are_numbers),
	};

	return cmocka_run_group_tests_name("net_gate", tests, NULL, NULL);
}
