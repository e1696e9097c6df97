/* The front door: listening sockets, HTTP/1.1 connections with their deadlines and caps, and the hand-over of WebSocket upgrades. One request of a connection is handled at a time. Nothing here
 * decides anything about the application: whole requests go to `handle`. */
#ifndef FORWHOM_SERVER_NET_FRONT_H
#define FORWHOM_SERVER_NET_FRONT_H
#include <uv.h>

#include "server/http/exchange.h"
#include "server/net/gate.h"
#include "server/session/limits.h"

enum { FRONT_LISTEN_MAX = 8 };

struct front;
struct ws;

struct front_config {
	uv_loop_t *loop;
	struct ws *ws;
	const struct gate *gate;
	const struct limits *limits;
	size_t sockets_max; /* HTTP and WebSocket together */
	/* The head of a request whose body is larger than BODY_BYTES_MAX: whether it is to be read. False when it has been answered (exchange_finish); the connection then ends. */
	bool (*admit)(struct http_exchange *exchange, void *ctx);
	/* A whole request for anything but /ws. It must end in exchange_finish. */
	void (*handle)(struct http_exchange *exchange, void *ctx);
	void *ctx;
};

/* Returns owned; borrows everything in `config` for its life. */
struct front *front_new(const struct front_config *config);

/* Listens at `address`; port 0 takes a free one. Returns the port, or a negative libuv error. */
int front_listen(struct front *front, const struct sockaddr *address);

/* Stops listening and ends connections that are between requests; the others end after their answer. */
void front_stop(struct front *front);
/* Ends every connection. Then run the loop until it is dry, then front_free. */
void front_end(struct front *front);
/* HTTP connections now. */
size_t front_count(const struct front *front);
void front_free(struct front *front);
#endif
