/* The hub: every loaded class, every connection, and the turn a message makes: who is it, what do they want, may they and what follows (room/), numbered and durable
 * (store/), told to all who may see it (cast/). It does no I/O of its own: sockets are behind cast/transport.h, disks behind store/store.h, time comes in as arguments. So the
 * simulator runs this very code.
 *
 * Nobody is told anything that rests on what is not yet durable: whatever a turn wants to say is attached to the commit that covers the state it was computed from. */
#ifndef FORWHOM_SERVER_SESSION_HUB_H
#define FORWHOM_SERVER_SESSION_HUB_H
#include "server/cast/transport.h"
#include "server/session/limits.h"
#include "server/store/store.h"

struct hub;
struct conn;
struct directory;
struct refused;
struct template;

struct hub_config {
	const struct transport *transport;
	struct store *store;
	struct directory *directory; /* classes and tickets are looked up here */
	const struct limits *limits; /* borrowed for the hub's life */
	const char *build;           /* of the page, for `welcome` */
	const struct template *const *templates; /* that canvases are made from, NULL-terminated; borrowed for the hub's life. May be NULL */
	/* Randomness, so that the simulator can seed it: fills `n` bytes. */
	void (*random)(uint8_t *bytes, size_t n, void *ctx);
	/* One line of the log: `event` and key=value pairs already formatted; never content or secrets. May be NULL. */
	void (*log)(const char *line, void *ctx);
	void *ctx;
};

/* Returns owned. */
struct hub *hub_new(const struct hub_config *config);
void hub_free(struct hub *hub);

/* A WebSocket has been established by `peer` (transport's handle); `address` is the client's, for budgets only. `mono_ms` is a monotonic clock, `now_ms` the wall clock.
 * Returns the connection, borrowed until hub_disconnect, or NULL when there are too many. */
struct conn *hub_connect(struct hub *hub, void *peer, const char *address, int64_t mono_ms);
/* The socket is gone. */
void hub_disconnect(struct hub *hub, struct conn *conn, int64_t mono_ms);
/* One whole text message (transport has joined fragments and refused what is over 64 KiB or no UTF-8). */
void hub_message(struct hub *hub, struct conn *conn, const char *text, size_t size_bytes, int64_t mono_ms, int64_t now_ms);
/* Any other sign of life (a pong). */
void hub_alive(struct hub *hub, struct conn *conn, int64_t mono_ms);
/* The transport can take more. */
void hub_writable(struct hub *hub, struct conn *conn, int64_t mono_ms);
/* End of a turn of the loop: hands the gathered batch to the store, flushes what may be told. Returns the milliseconds after which it wants to be called again even if nothing
 * happens (0: at once, a flush was cut into slices; -1: no need). */
int hub_turn(struct hub *hub, int64_t mono_ms);
/* Once a second: deadlines, pings, slow readers, expiry. */
void hub_tick(struct hub *hub, int64_t mono_ms, int64_t now_ms);
/* SIGTERM: closes every socket with 1012 and {"retry_ms":n}, n spread over the first two seconds; takes no more. */
void hub_stop(struct hub *hub);
/* True when no batch is gathering or under way. */
bool hub_idle(const struct hub *hub);

/* Closes the sockets of an account whose session ended. */
void hub_sign_out(struct hub *hub, const char *account_id);

/* Opens a class: makes its documents, owned by `account_id` called `name`. The callback says the outcome once it is durable. Strings are borrowed for the call. */
struct class_request {
	const char *account_id, *name, *title, *prompt;
	const char *const *sections; /* titles */
	size_t section_count;
	bool hold;
	const char *names; /* "named" or "hidden" */
};
typedef void hub_on_class(enum store_result result, const char *code, void *ctx);
void hub_new_class(struct hub *hub, const struct class_request *request, int64_t now_ms, hub_on_class *, void *ctx);

/* Makes a canvas of a canvas file, owned by the account's member in the class. Strings are borrowed for the call. */
struct import_request {
	const char *code, *account_id;
	struct template *canvas; /* what it holds is taken */
	const char *title;       /* a normalised line, "" for the file's */
	const char *team;        /* "" for the whole class */
	const char *see;         /* "staff", "team", "class"; "" for what is usual */
};
/* `refused`, unless it is NULL, says why it was not done; else `result` is what became of it, and `document` the canvas once it is durable, NULL otherwise. Both are borrowed for the call. */
typedef void hub_on_import(const struct refused *refused, enum store_result result, const char *document, void *ctx);
/* The class is loaded first if it has to be. The callback may come before this returns. */
void hub_import(struct hub *hub, const struct import_request *request, int64_t now_ms, hub_on_import *, void *ctx);

/* Figures for /healthz and the log. */
struct hub_stats {
	size_t connections, classes;
	uint64_t commands, commits, frames;
	enum store_fault fault;
};
struct hub_stats hub_stats(const struct hub *hub);
#endif
