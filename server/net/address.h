/* Addresses of hosts as text: what --listen, --behind-proxy, Host, Origin and X-Forwarded-For say. Pure, except address_reachable. */
#ifndef FORWHOM_SERVER_NET_ADDRESS_H
#define FORWHOM_SERVER_NET_ADDRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDRESS_BYTES = 64, AUTHORITY_BYTES = 270 };

/* Reads "127.0.0.1:8080", "[::1]:8080" or "localhost:8080" (which is 127.0.0.1). False for anything else, names included: a listening address is a number. */
bool address_parse(const char *text, struct sockaddr_storage *out);

/* The host part as text, without brackets or port; IPv4 inside IPv6 as IPv4. */
void address_host(const struct sockaddr *address, char out[ADDRESS_BYTES]);
uint16_t address_port(const struct sockaddr *address);

/* 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct sockaddr *address);
/* 0.0.0.0 or ::. */
bool address_is_any(const struct sockaddr *address);

/* For logs: the address with its last part left out, "192.0.2.x" or "2001:db8:1::x", so that it names a network and no person. */
void address_prefix(const char *host, char out[ADDRESS_BYTES]);

/* Whether `host` (an address as text) is one of `count` trusted ones: equal as numbers, however written. Entries may be networks, "10.0.0.0/8". */
bool address_is_listed(const char *host, const char *const *list, size_t count);

/* Whether `text` is an address, or a network if `allow_network`. */
bool address_is_valid(const char *text, bool allow_network);

/* An address of this machine that others in the network can reach: the one packets to the outside leave from, else the first that is up and not loopback. IPv4 first. False when there is none. */
bool address_reachable(char out[ADDRESS_BYTES]);

/* A host with an optional port, as in Host: lower case, the port always there. */
struct authority {
	char host[256]; /* without brackets */
	bool is_v6;
	uint16_t port;
};

/* Reads a Host field; `default_port` when it names none. False when it is not one. */
bool authority_parse(const char *text, uint16_t default_port, struct authority *out);
bool authority_equal(const struct authority *a, const struct authority *b);
/* "localhost", 127.0.0.0/8 and ::1. */
bool authority_is_loopback(const struct authority *authority);

/* Reads an origin, "http://host[:port]" or https, nothing behind it. False for "null" and everything else. */
bool origin_parse(const char *text, bool *secure, struct authority *out);
/* Writes it the way browsers do: the default port left out. `out` has room for ORIGIN_BYTES (exchange.h). */
void origin_format(bool secure, const struct authority *authority, char *out, size_t cap);
#endif
