/* WebSockets on libwebsockets, as the hub's transport (cast/transport.h). The only file that knows libwebsockets.
 *
 * Libwebsockets never sees a byte of HTTP from outside: front.c reads requests strictly, and an accepted upgrade is handed over here as a head that we have written ourselves, together with the
 * socket. So the weaknesses of its HTTP and HTTP/2 parsers (CVE-2025-11677, CVE-2026-19773, and no check of method, version or key) are out of reach; the upgrade guard in the callback stands
 * all the same, as the second lock.
 *
 * Sending is direct: one write of ready frames per flush (LWS_WRITE_RAW: no extensions are ever negotiated, so that is what goes over the wire), and the writeable callback only for
 * connections that are behind. That is a third of the cost of its idiom, and the same buffer serves a whole room since nothing in or before it is altered. */
#ifndef FORWHOM_SERVER_NET_WS_H
#define FORWHOM_SERVER_NET_WS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "server/cast/transport.h"
#include "server/session/limits.h"

struct hub;
struct ws;

/* Returns owned, or NULL with a log line. Borrows both. */
struct ws *ws_new(uv_loop_t *loop, const struct limits *limits);
/* Who gets the messages; before the first ws_adopt. Borrows. */
void ws_set_hub(struct ws *ws, struct hub *hub);
const struct transport *ws_transport(const struct ws *ws);

/* Takes `fd`, an accepted connection whose request has passed all checks, and completes the handshake for `key` (24 characters). `address` is the client's. `early` are bytes that came behind the
 * request. */
void ws_adopt(struct ws *ws, int fd, const char *key, const char *address, const char *early, size_t early_bytes);

/* Connections now, those being closed included. */
size_t ws_count(const struct ws *ws);

/* So often a second: watches for bytes that libwebsockets does not tell of (half frames, floods of pings). Each call looks at its share of the connections, every connection once a second, since asking
 * the kernel about thousands in one turn would hold up everybody else. */
enum { WS_TICKS_PER_S = 10 };
void ws_tick(struct ws *ws);

/* Ends all connections. Then run the loop until it is dry, then ws_free. Takes NULL. */
void ws_stop(struct ws *ws);
void ws_free(struct ws *ws);
#endif
