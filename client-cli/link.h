#ifndef FORWHOM_CLI_LINK_H
#define FORWHOM_CLI_LINK_H
#include "client-cli/net.h"
#include <cjson/cJSON.h>
#include <stdint.h>

/*
 * The connection to one class: reach, say hello, keep alive, come back. It knows nothing of documents or commands; what those need after every `welcome`
 * their owner sends then.
 */

enum link_state {
	LINK_OFF,
	LINK_REACHING, /* being dialled, or waiting for welcome */
	LINK_UP,
	LINK_WAITING,  /* broken; will be tried again */
	LINK_ENDED,    /* refused for good: does not come back by itself */
};

struct link_config {
	const struct place *place; /* with the code */
	const char *name;          /* for a member who may be new, or NULL */
	const char *secret;        /* a member's; or NULL with `session` */
	const char *session;       /* staff: hello goes by ticket, a new one for every connection */
	/* Called from the loop. The link may be sent to from any of them; freed from none. */
	void (*on_welcome)(const cJSON *welcome, void *ctx);
	void (*on_message)(const char *type, const cJSON *message, void *ctx);
	void (*on_state)(enum link_state state, void *ctx);
	/* It was refused for good; `no` is as in the protocol (code, say, args). Comes before on_state(LINK_ENDED). */
	void (*on_refused)(const cJSON *no, void *ctx);
	void *ctx;
};

struct link;

/* Starts reaching. Strings are copied. Returns owned. */
struct link *link_new(struct net *net, const struct link_config *config);
/* Says goodbye if it can and forgets everything; no callback comes any more. Takes NULL. */
void link_free(struct link *link);

enum link_state link_state(const struct link *link);
/* Sends one message; only while LINK_UP, else it is dropped. Borrows `text`. */
void link_send(struct link *link, const char *text, size_t n);
/* Drops the connection and comes back with backoff, as after a network fault. */
void link_drop(struct link *link);
/* Tries again now if it is waiting. */
void link_hurry(struct link *link);

/* The bound below which the delay before attempt `attempt` (0 is the first after a loss) is drawn uniformly. Milliseconds. */
uint64_t backoff_bound_ms(unsigned attempt);

#endif
