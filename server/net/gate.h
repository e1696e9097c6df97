/* Who is being talked to, and by whom: the checks of Host, Origin and forwarding fields that stand before every request and every WebSocket. They keep foreign pages from speaking for a signed-in
 * browser (CSRF, cross-site WebSocket hijacking) and names that an attacker points at us from passing for ours (DNS rebinding). Pure. */
#ifndef FORWHOM_SERVER_NET_GATE_H
#define FORWHOM_SERVER_NET_GATE_H
#include "server/http/exchange.h"
#include "server/net/address.h"

struct gate {
	bool has_origin;           /* the operator named the address people use */
	bool origin_secure;
	struct authority origin;
	const char *const *proxies; /* addresses and networks whose forwarding fields are believed; borrowed */
	size_t proxy_count;
};

/* Reads `origin` ("" for none). False when it is not an origin. Borrows `proxies`. */
bool gate_init(struct gate *gate, const char *origin, const char *const *proxies, size_t proxy_count);

/* Fills in the exchange's address, secure, origin and from. `peer` and `local` are the two ends of the connection. Returns 0, or the status to refuse with: 400, or 421 for a Host that is not ours. */
int gate_check(const struct gate *gate, const struct sockaddr *peer, const struct sockaddr *local, struct http_exchange *exchange);

/* Whether the head asks for our WebSocket in the one way that is allowed (RFC 6455 section 4.2.1). Returns 0 or the status: 400, 403, 405, 426. */
int gate_check_upgrade(const struct http_exchange *exchange);
#endif
