#ifndef FORWHOM_CLI_NET_H
#define FORWHOM_CLI_NET_H
#include "client-cli/place.h"
#include <libwebsockets.h>
#include <stdbool.h>
#include <uv.h>

/*
 * One libuv loop with libwebsockets as a guest on it, and dialling: from a place to an open connection.
 * Only net, http and link know libwebsockets.
 */

struct net {
	uv_loop_t loop;
	struct lws_context *context; /* NULL until something is dialled */
};

/* Sets up the loop. False if the machine has no descriptors left for it. */
bool net_init(struct net *net);
/* Ends what still runs, turns the loop until the library has let go of it, and releases all. Own handles must be closing by now. */
void net_close(struct net *net);

/* The two protocols that connections can be bound to: defined in http.c and link.c. */
extern const struct lws_protocols http_protocol, link_protocol;

/*
 * One attempt to reach a place. libwebsockets would resolve names on the loop and stop it for seconds, so the name is resolved on
 * libuv's threads and each address is tried in turn. The protocol's callback learns of success (…ESTABLISHED…), and must hand every
 * LWS_CALLBACK_CLIENT_CONNECTION_ERROR to dial_next; `on_failed` is called once no address is left, from the loop, never from inside dial_*.
 */
struct dial;
struct dial_to {
	const struct place *place;            /* copied */
	const struct lws_protocols *protocol; /* link_protocol or http_protocol */
	const char *method;                   /* NULL: WebSocket */
	const char *path;                     /* behind the place's base path; copied */
	void *owner;                          /* the connection's opaque user data */
	void (*on_failed)(void *owner);
};
/* Returns owned. */
struct dial *dial_new(struct net *net, const struct dial_to *to);
void dial_next(struct dial *dial);
/* Forgets the attempt; a connection that came of it lives on. Takes NULL. */
void dial_free(struct dial *dial);

#endif
