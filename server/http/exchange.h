/* One request and its answer. The connection (net/front.c) reads the request and hands it to the site (site.h); whoever answers calls exchange_finish exactly once, now or much later: an answer
 * that waits for the disk survives its client's going away, and is then simply thrown away. */
#ifndef FORWHOM_SERVER_HTTP_EXCHANGE_H
#define FORWHOM_SERVER_HTTP_EXCHANGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/buf.h"
#include "server/http/head.h"

enum { BODY_BYTES_MAX = 65536 /* unless the site admits more */, CLIENT_ADDRESS_BYTES = 64, ORIGIN_BYTES = 300 };

struct http_answer {
	int status;
	const char *type;           /* Content-Type, static; NULL for no body */
	struct buf fields;          /* further header lines, each with its CR LF */
	struct buf body;            /* owned, unless `fixed` is set */
	const uint8_t *fixed;       /* a body that outlives every exchange, or NULL */
	size_t fixed_bytes;
	const char *cache;          /* Cache-Control, static; NULL means no-store */
	bool drop;                  /* say nothing and hang up: the outcome is not known */
};

/* Whose page, if any, sent the request. */
enum http_from {
	FROM_NONE,    /* no browser page: a program, or an address somebody typed */
	FROM_OWN,     /* this server's own page */
	FROM_FOREIGN, /* any other */
};

struct http_exchange {
	struct http_head head;      /* points into `input` */
	struct buf body;            /* of the request */
	enum http_from from;
	char address[CLIENT_ADDRESS_BYTES]; /* the client's, behind trusted proxies the one they name */
	char origin[ORIGIN_BYTES];  /* this server's origin as the client sees it: "https://host:port" */
	bool secure;                /* the client came over TLS */
	struct http_answer answer;

	struct buf input;           /* the bytes of the head */
	void (*on_finish)(struct http_exchange *exchange, void *connection);
	void *connection;           /* NULL once the client is gone */
};

/* Returns owned; ends in exchange_finish or exchange_free. */
struct http_exchange *exchange_new(void);
void exchange_free(struct http_exchange *exchange);

/* The answer is complete: sends it, or frees the exchange when its client is gone. */
void exchange_finish(struct http_exchange *exchange);

/* Adds a header line. `value` must hold no control character. */
void exchange_add_field(struct http_exchange *exchange, const char *name, const char *value);

/* Answers with one line of text. */
void exchange_text(struct http_exchange *exchange, int status, const char *text);

/* Answers with the JSON in `json`, which is taken. */
void exchange_json(struct http_exchange *exchange, int status, struct buf *json);

/* Answers `{"code":…,"say":…,"args":{…}}`. `args` is the JSON of the object, NULL for {}. `say` NULL means the same as `code`. */
void exchange_refuse(struct http_exchange *exchange, int status, const char *code, const char *say, const char *args);

/* Hangs up without a word. */
void exchange_drop(struct http_exchange *exchange);
#endif
