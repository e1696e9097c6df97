#include "server/net/gate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool gate_init(struct gate *gate, const char *origin, const char *const *proxies, size_t proxy_count)
{
	memset(gate, 0, sizeof *gate);
	gate->proxies = proxies;
	gate->proxy_count = proxy_count;
	gate->has_origin = *origin != '\0';
	return !gate->has_origin || origin_parse(origin, &gate->origin_secure, &gate->origin);
}

/* The last entry of X-Forwarded-For that is no proxy of ours: what stands left of it anyone could have written. */
static void forwarded_address(const struct gate *gate, const char *field, char out[CLIENT_ADDRESS_BYTES])
{
	size_t end = strlen(field);

	while (end) {
		size_t start = end;
		char entry[CLIENT_ADDRESS_BYTES];

		while (start && field[start - 1] != ',')
			start--;
		const char *at = field + start + strspn(field + start, " \t");
		int n = (int)(field + end - at);
		while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t'))
			n--;
		if (n < 0 || (size_t)n >= sizeof entry)
			return;
		snprintf(entry, sizeof entry, "%.*s", n, at);
		if (!address_is_valid(entry, false))
			return;
		snprintf(out, CLIENT_ADDRESS_BYTES, "%s", entry);
		if (!address_is_listed(entry, gate->proxies, gate->proxy_count))
			return;
		end = start ? start - 1 : 0;
	}
}

static void check_proxy(const struct gate *gate, bool trusted, struct http_exchange *exchange)
{
	const char *proto = head_get(&exchange->head, "x-forwarded-proto"), *chain = head_get(&exchange->head, "x-forwarded-for");

	exchange->secure = false;
	if (!trusted)
		return;
	exchange->secure = proto ? strcasecmp(proto, "https") == 0 : gate->has_origin && gate->origin_secure;
	if (chain)
		forwarded_address(gate, chain, exchange->address);
}

/* Names anybody may give to this very server: loopback's (no foreign name server can make a browser send them), the operator's, and the address the connection came in at. */
static bool is_own_host(const struct gate *gate, const struct authority *host, const struct sockaddr *local)
{
	char own[ADDRESS_BYTES];

	if (authority_is_loopback(host))
		return true;
	if (gate->has_origin && authority_equal(host, &gate->origin))
		return true;
	address_host(local, own);
	return strcmp(host->host, own) == 0 && host->port == address_port(local);
}

static enum http_from check_from(const struct gate *gate, const struct http_exchange *exchange)
{
	const char *origin = head_get(&exchange->head, "origin"), *site = head_get(&exchange->head, "sec-fetch-site");
	struct authority authority;
	char text[ORIGIN_BYTES];
	bool secure;

	if (!origin) {
		if (!site || strcmp(site, "none") == 0)
			return FROM_NONE;
		return strcmp(site, "same-origin") == 0 ? FROM_OWN : FROM_FOREIGN;
	}
	if (!origin_parse(origin, &secure, &authority))
		return FROM_FOREIGN;
	if (gate->has_origin && secure == gate->origin_secure && authority_equal(&authority, &gate->origin))
		return FROM_OWN;
	origin_format(secure, &authority, text, sizeof text);
	return strcmp(text, exchange->origin) == 0 ? FROM_OWN : FROM_FOREIGN;
}

int gate_check(const struct gate *gate, const struct sockaddr *peer, const struct sockaddr *local, struct http_exchange *exchange)
{
	const char *host_field = head_get(&exchange->head, "host");
	struct authority host;

	address_host(peer, exchange->address);
	bool trusted = address_is_listed(exchange->address, gate->proxies, gate->proxy_count);
	check_proxy(gate, trusted, exchange);

	if (!host_field || !authority_parse(host_field, exchange->secure ? 443 : 80, &host))
		return 400;
	if (!is_own_host(gate, &host, local))
		return 421;
	/* A proxy may put its own name for us into Host; what the browser sees is what the operator said. */
	if (trusted && gate->has_origin)
		origin_format(gate->origin_secure, &gate->origin, exchange->origin, sizeof exchange->origin);
	else
		origin_format(exchange->secure, &host, exchange->origin, sizeof exchange->origin);
	exchange->from = check_from(gate, exchange);
	return 0;
}

/* 16 bytes in base64: 22 characters of which the last has four bits, and "==". */
static bool is_key(const char *key)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return key && strlen(key) == 24 && strspn(key, digits) == 22 && strcmp(key + 22, "==") == 0;
}

int gate_check_upgrade(const struct http_exchange *exchange)
{
	const struct http_head *head = &exchange->head;
	const char *upgrade = head_get(head, "upgrade"), *version = head_get(head, "sec-websocket-version");

	if (head->method != METHOD_GET)
		return 405;
	if (!upgrade)
		return 426;
	if (strcasecmp(upgrade, "websocket") != 0 || !head_list_has(head_get(head, "connection"), "upgrade"))
		return 400;
	if (!version || strcmp(version, "13") != 0)
		return 426;
	if (!is_key(head_get(head, "sec-websocket-key")) || !head_list_has(head_get(head, "sec-websocket-protocol"), "forwhom.1"))
		return 400;
	return exchange->from == FROM_FOREIGN ? 403 : 0;
}
