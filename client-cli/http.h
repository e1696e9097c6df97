#ifndef FORWHOM_CLI_HTTP_H
#define FORWHOM_CLI_HTTP_H
#include "client-cli/net.h"
#include <cjson/cJSON.h>

/*
 * One JSON request over HTTP and its answer (proto/README.md §9).
 */

struct http_answer {
	int status;        /* of HTTP; 0: no answer came (not connected, timed out, or not ours: no JSON) */
	const cJSON *body; /* the answer, strictly checked; NULL when status is 0. Borrowed during the callback */
};

struct http_request {
	const struct place *place;
	const char *method; /* "GET" or "POST" */
	const char *path;   /* "/api/…", perhaps with a query; borrowed during http_send */
	const char *bearer; /* session, or NULL */
	const cJSON *body;  /* borrowed during http_send; NULL for GET */
	const struct buf *text; /* instead of `body`: JSON as it is written already; or NULL */
	void (*on_answer)(const struct http_answer *answer, void *ctx);
	void *ctx;
};

struct http_call;

/* Appends "key=value" to a query, percent-encoded; `first`: nothing stands before it. */
void http_query_add(struct buf *path, bool first, const char *key, const char *value);

/* Sends it. `on_answer` is called exactly once from the loop, within 15 s, unless the call is cancelled first. Returns a handle valid until then. */
struct http_call *http_send(struct net *net, const struct http_request *request);
/* Forgets the call: no callback will come. Takes NULL. */
void http_cancel(struct http_call *call);

#endif
