#include "server/net/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An address as 16 bytes, IPv4 mapped into IPv6, so that one comparison does for both. */
struct number {
	uint8_t bytes[16];
	bool is_v4;
};

static bool number_parse(const char *text, struct number *out)
{
	struct in_addr v4;

	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, &v4) == 1) {
		out->bytes[10] = out->bytes[11] = 0xff;
		memcpy(out->bytes + 12, &v4, 4);
		out->is_v4 = true;
		return true;
	}
	if (inet_pton(AF_INET6, text, out->bytes) != 1)
		return false;
	out->is_v4 = memcmp(out->bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
	return true;
}

static bool port_parse(const char *text, uint16_t *port)
{
	size_t digits = strspn(text, "0123456789");
	long value = digits && digits <= 5 && !text[digits] ? strtol(text, NULL, 10) : -1;

	if (value < 0 || value > 65535)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool address_parse(const char *text, struct sockaddr_storage *out)
{
	struct authority authority;
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	if (!strrchr(text, ':') || text[strlen(text) - 1] == ']' || !authority_parse(text, 0, &authority))
		return false;
	memset(out, 0, sizeof *out);
	const char *host = strcmp(authority.host, "localhost") == 0 ? "127.0.0.1" : authority.host;
	if (authority.is_v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(authority.port);
		return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(authority.port);
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

void address_host(const struct sockaddr *address, char out[ADDRESS_BYTES])
{
	out[0] = '\0';
	if (address->sa_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out, ADDRESS_BYTES);
	} else if (address->sa_family == AF_INET6) {
		const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;

		if (IN6_IS_ADDR_V4MAPPED(v6))
			inet_ntop(AF_INET, v6->s6_addr + 12, out, ADDRESS_BYTES);
		else
			inet_ntop(AF_INET6, v6, out, ADDRESS_BYTES);
	}
}

uint16_t address_port(const struct sockaddr *address)
{
	return ntohs(address->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port : ((const struct sockaddr_in *)address)->sin_port);
}

bool address_is_loopback(const struct sockaddr *address)
{
	char host[ADDRESS_BYTES];

	address_host(address, host);
	return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

bool address_is_any(const struct sockaddr *address)
{
	char host[ADDRESS_BYTES];

	address_host(address, host);
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

void address_prefix(const char *host, char out[ADDRESS_BYTES])
{
	struct number number;

	if (!number_parse(host, &number)) {
		snprintf(out, ADDRESS_BYTES, "unknown");
	} else if (number.is_v4) {
		snprintf(out, ADDRESS_BYTES, "%u.%u.%u.x", number.bytes[12], number.bytes[13], number.bytes[14]);
	} else {
		snprintf(out, ADDRESS_BYTES, "%x:%x:%x::x", number.bytes[0] << 8 | number.bytes[1], number.bytes[2] << 8 | number.bytes[3],
			 number.bytes[4] << 8 | number.bytes[5]);
	}
}

/* Reads "address" or "address/bits"; `bits` counts within the 16 bytes. */
static bool network_parse(const char *text, struct number *number, unsigned *bits)
{
	char host[ADDRESS_BYTES];
	size_t n = strcspn(text, "/");
	uint16_t given;

	if (n >= sizeof host)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (!number_parse(host, number))
		return false;
	*bits = 128;
	if (!text[n])
		return true;
	if (!port_parse(text + n + 1, &given) || given > (number->is_v4 ? 32 : 128))
		return false;
	*bits = given + (number->is_v4 ? 96u : 0u);
	return true;
}

bool address_is_valid(const char *text, bool allow_network)
{
	struct number number;
	unsigned bits;

	return network_parse(text, &number, &bits) && (allow_network || !strchr(text, '/'));
}

bool address_is_listed(const char *host, const char *const *list, size_t count)
{
	struct number number, network;
	unsigned bits;

	if (!number_parse(host, &number))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!network_parse(list[i], &network, &bits))
			continue;
		unsigned whole = bits / 8, rest = bits % 8;
		uint8_t mask = (uint8_t)(0xff00 >> rest);

		if (memcmp(number.bytes, network.bytes, whole) == 0 && (!rest || (number.bytes[whole] & mask) == (network.bytes[whole] & mask)))
			return true;
	}
	return false;
}

/* Connecting a datagram socket sends nothing; it only asks the routing table which of our addresses would be used. 192.0.2.1 is reserved for documentation, so it is always "outside". */
static bool address_of_route(char out[ADDRESS_BYTES])
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(9) }, here;
	socklen_t size = sizeof here;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = false;

	if (fd < 0)
		return false;
	inet_pton(AF_INET, "192.0.2.1", &there.sin_addr);
	if (connect(fd, (struct sockaddr *)&there, sizeof there) == 0 && getsockname(fd, (struct sockaddr *)&here, &size) == 0) {
		found = !address_is_loopback((struct sockaddr *)&here) && !address_is_any((struct sockaddr *)&here);
		address_host((struct sockaddr *)&here, out);
	}
	close(fd);
	return found;
}

bool address_reachable(char out[ADDRESS_BYTES])
{
	struct ifaddrs *all, *at;
	bool found = false;

	if (address_of_route(out))
		return true;
	if (getifaddrs(&all) != 0)
		return false;
	for (at = all; at && !found; at = at->ifa_next) {
		if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET || !(at->ifa_flags & IFF_UP) || (at->ifa_flags & IFF_LOOPBACK))
			continue;
		address_host(at->ifa_addr, out);
		found = true;
	}
	freeifaddrs(all);
	return found;
}

static bool host_is_name(const char *host)
{
	if (!*host)
		return false;
	for (const char *at = host; *at; at++)
		if (!(islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '-' || *at == '.' || *at == '_'))
			return false;
	return true;
}

bool authority_parse(const char *text, uint16_t default_port, struct authority *out)
{
	const char *end, *rest;
	struct in6_addr v6;

	memset(out, 0, sizeof *out);
	out->port = default_port;
	out->is_v6 = *text == '[';
	if (out->is_v6) {
		text++;
		end = strchr(text, ']');
		rest = end ? end + 1 : NULL;
	} else {
		end = text + strcspn(text, ":");
		rest = end;
	}
	if (!rest || (size_t)(end - text) >= sizeof out->host || (*rest && *rest != ':'))
		return false;
	for (size_t i = 0; text + i < end; i++)
		out->host[i] = (char)tolower((unsigned char)text[i]);
	if (*rest == ':' && !port_parse(rest + 1, &out->port))
		return false;
	if (!out->is_v6)
		return host_is_name(out->host);
	/* One spelling for every address, so that comparing text is enough. */
	return inet_pton(AF_INET6, out->host, &v6) == 1 && inet_ntop(AF_INET6, &v6, out->host, sizeof out->host);
}

bool authority_equal(const struct authority *a, const struct authority *b)
{
	return a->port == b->port && a->is_v6 == b->is_v6 && strcmp(a->host, b->host) == 0;
}

bool authority_is_loopback(const struct authority *authority)
{
	struct number number;

	if (strcmp(authority->host, "localhost") == 0)
		return true;
	if (!number_parse(authority->host, &number))
		return false;
	return number.is_v4 ? number.bytes[12] == 127 : strcmp(authority->host, "::1") == 0;
}

bool origin_parse(const char *text, bool *secure, struct authority *out)
{
	if (strncmp(text, "http://", 7) == 0)
		*secure = false;
	else if (strncmp(text, "https://", 8) == 0)
		*secure = true;
	else
		return false;
	return authority_parse(text + (*secure ? 8 : 7), *secure ? 443 : 80, out) && out->port != 0;
}

void origin_format(bool secure, const struct authority *authority, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s://%s%s%s", secure ? "https" : "http", authority->is_v6 ? "[" : "", authority->host, authority->is_v6 ? "]" : "");

	if (authority->port != (secure ? 443 : 80) && n > 0 && (size_t)n < cap)
		snprintf(out + n, cap - (size_t)n, ":%u", authority->port);
}
