/* The head of an HTTP/1.1 request, read strictly (RFC 9112). Whatever two programs could read in two ways is refused, since that is what request smuggling lives on: a bare CR or LF, folded
 * lines, white space before the colon, control characters, both or odd or double Content-Length and Transfer-Encoding. Pure: no I/O. */
#ifndef FORWHOM_SERVER_HTTP_HEAD_H
#define FORWHOM_SERVER_HTTP_HEAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HEAD_BYTES_MAX = 16384,
	HEAD_FIELDS_MAX = 64,
	HEAD_TARGET_MAX = 2048,
};

enum http_method { METHOD_NONE, METHOD_GET, METHOD_HEAD, METHOD_POST };

struct head_field {
	const char *name;  /* as sent, NUL-terminated */
	const char *value; /* without white space around it, NUL-terminated */
};

struct http_head {
	enum http_method method;
	const char *path;  /* before the '?'; begins with '/' */
	const char *query; /* behind it, or NULL */
	bool keep_alive;   /* the connection may serve another request */
	bool expects;      /* the client waits for 100 Continue before it sends the body */
	bool has_length;   /* a Content-Length was sent */
	uint64_t length;   /* bytes of body that follow; 0 without has_length */
	size_t field_count;
	struct head_field fields[HEAD_FIELDS_MAX];
};

/* Bytes of the head at the start of the `n` bytes at `text`, up to and with its empty line, or 0 when it is not complete. */
size_t head_find_end(const char *text, size_t n);

/* Reads the `n` bytes of a complete head, and writes NULs into `text`, which `out` borrows from then on. Returns 0, or the status to refuse it with: 400, 405, 411, 414, 417, 431 or 505. After any
 * of these the connection must be closed, because where the next request begins is not known. */
int head_parse(char *text, size_t n, struct http_head *out);

/* The value of a field, NULL when there is none; head_parse has seen to it that those which may come only once do. `name` in any case. */
const char *head_get(const struct http_head *head, const char *name);

/* Whether a comma-separated list such as Connection holds `token`, in any case. NULL lists hold nothing. */
bool head_list_has(const char *list, const char *token);
#endif
