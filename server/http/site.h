/* Everything served over HTTP but the WebSocket: the page, the interface of proto/README.md section 9, and /healthz. One table of routes (site.c), one handler each (api.c). */
#ifndef FORWHOM_SERVER_HTTP_SITE_H
#define FORWHOM_SERVER_HTTP_SITE_H
#include <uv.h>

#include "server/http/exchange.h"
#include "server/session/limits.h"

struct hub;
struct directory;
struct site;
struct template;

struct site_config {
	uv_loop_t *loop;
	struct hub *hub;
	struct directory *directory;
	const struct limits *limits;
	const struct template *const *templates; /* NULL-terminated */
	const char *origin; /* where people reach this server, as far as the operator said or --lan found out; "" else */
};

/* Returns owned; borrows what is in `config`. */
struct site *site_new(const struct site_config *config);
/* From now on /healthz says that the server is stopping, and nothing new is begun. */
void site_stop(struct site *site);
/* The store is about to be closed: nothing more is written. */
void site_close(struct site *site);
/* Answers that are still being worked on. */
size_t site_pending(const struct site *site);
/* Nothing may be pending. Takes NULL. */
void site_free(struct site *site);

/* Whether a body larger than BODY_BYTES_MAX is to be read; a front_config.admit. Only signed-in people are let in with one, and only where something takes it. */
bool site_admit(struct http_exchange *exchange, void *ctx);

/* Handles one request; a front_config.handle. `ctx` is the site. */
void site_handle(struct http_exchange *exchange, void *ctx);
#endif
