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
	const char *cafile;          /* PEM certificates trusted besides the system's; NULL: none. Borrowed; set before anything is dialled */
	char distrust[160];          /* why the last certificate was not accepted, or "" */
};

/* Whether the file holds at least one certificate. */
bool net_cafile_is_good(const char *path);

/* Sets up the loop. False if the machine has no descriptors left for it. */
bool net_init(struct net *net);
/* Ends what still runs, turns the loop until the library has let go of it, and releases all. Own handles must be closing by now. */
void net_close(struct net *net);

/* Whoever owns a connection begins with this. The library calls the protocol's callback, and in some ends of a connection that of another protocol: so the owner is
 * found by the connection alone. `on_event` is a protocol callback with the owner in place of the user data. It must forget `wsi` on NET_GONE, which comes
 * when a connection has ended, whichever way, unless let go of before (net_let_go). A NET_GONE of another connection than its present one is none of its business. */
struct net_owner {
	int (*on_event)(struct net_owner *owner, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t len);
};
#define NET_GONE LWS_CALLBACK_WSI_DESTROY

/* Lets a connection die without its owner: no event of it comes any more. Takes NULL. */
void net_let_go(struct lws *wsi);

/*
 * One attempt to reach a place. libwebsockets would resolve names on the loop and stop it for seconds, so the name is resolved on
 * libuv's threads and each address is tried in turn. The owner learns of success (…ESTABLISHED…), and must answer the
 * end of a connection that was never established with dial_next; `on_failed` is called once no address is left, from the loop, never from inside dial_*.
 */
struct dial;
struct dial_to {
	const struct place *place; /* copied */
	const char *method;        /* NULL: WebSocket */
	const char *path;          /* behind the place's base path; copied */
	struct net_owner *owner;
	struct lws **wsi;          /* the owner's field for its connection: set as soon as there is one, so that it can be let go of at any moment */
	void (*on_failed)(struct net_owner *owner);
};
/* Returns owned. */
struct dial *dial_new(struct net *net, const struct dial_to *to);
void dial_next(struct dial *dial);
/* Forgets the attempt; a connection that came of it lives on. Takes NULL. */
void dial_free(struct dial *dial);

#endif
