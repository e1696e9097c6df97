#ifndef FORWHOM_CLI_PLACE_H
#define FORWHOM_CLI_PLACE_H
#include "proto/buf.h"
#include "proto/ids.h"
#include <stdbool.h>

/*
 * Where a class is: a server and a join code, as people write it. Pure.
 *
 * Accepted: CODE · CODE@HOST[:PORT] · ORIGIN · ORIGIN/#/CODE · ORIGIN/#/CODE/as/SECRET · ORIGIN/#/invite/SECRET, where
 * ORIGIN is http://HOST[:PORT][/base] or https://… and HOST may be a name, an IPv4 address or an IPv6 address in brackets.
 *
 * A bare HOST means an encrypted connection, except on loopback (localhost, 127.*, ::1), where it means a plain one with
 * port 8080. Plain connections to anywhere else are refused unless `insecure` says that this was asked for.
 */

enum { HOST_CAP = 256, BASE_CAP = 128 };

struct place {
	bool tls;
	int port;                      /* 0: no server given */
	char host[HOST_CAP];           /* without brackets; "" if no server was given */
	char base[BASE_CAP];           /* "" or "/path" without a slash at its end */
	char code[CODE_CHARS + 1];     /* "" if none was given */
	char member[SECRET_CHARS + 1]; /* from …/as/SECRET, else "" */
	char invite[SECRET_CHARS + 1]; /* from …/invite/SECRET, else "" */
};

enum place_verdict {
	PLACE_OK,
	PLACE_BAD_CODE, /* what stands where a code belongs is none */
	PLACE_BAD_HOST, /* what stands where an address belongs is none */
	PLACE_INSECURE, /* plain HTTP beyond loopback, and that was not asked for */
};

/* Reads `text`. `out` is zeroed first and complete only on PLACE_OK. Borrows `text`. */
enum place_verdict place_parse(const char *text, bool insecure, struct place *out);

/* Reads what can only be a server: HOST[:PORT] or a URL. */
enum place_verdict place_parse_server(const char *text, bool insecure, struct place *out);

bool place_has_server(const struct place *place);

/* Appends HOST:PORT, with brackets around IPv6 and without the port where the scheme implies it. */
void place_host(const struct place *place, struct buf *out);

/* Appends the origin with the base path, as "http://localhost:8080". */
void place_origin(const struct place *place, struct buf *out);

/* Whether both name the same server. */
bool place_same_server(const struct place *a, const struct place *b);

#endif
