/* Reading of single header fields, none of them trusted. Pure. */
#ifndef FORWHOM_SERVER_HTTP_FIELDS_H
#define FORWHOM_SERVER_HTTP_FIELDS_H
#include <stdbool.h>
#include <stddef.h>

#include "proto/buf.h"

/* Copies the value of cookie `name` from a Cookie field (RFC 6265 section 4.2; may be NULL) to `out`. The name must match as a whole, case matters. False when there is none, when it is there twice
 * with different values (somebody else's cookie in the way), or when it does not fit `cap`. */
bool cookie_get(const char *field, const char *name, char *out, size_t cap);

/* Content codings that this server keeps pages in, worst first. */
enum coding { CODING_NONE, CODING_IDENTITY, CODING_GZIP, CODING_BR };

/* The best coding an Accept-Encoding field allows (RFC 9110 section 12.5.3; NULL: identity) among identity and those offered: the highest weight wins, and br before gzip before identity among
 * equals. Identity when the field is unreadable or forbids everything: an answer is better than none. */
enum coding accept_coding(const char *field, bool has_gzip, bool has_br);

/* Whether an If-None-Match field (may be NULL) names `etag`, compared weakly, or is "*". */
bool etag_matches(const char *field, const char *etag);

/* Whether a Content-Type field (may be NULL) says application/json, with no charset or UTF-8. */
bool is_json_type(const char *field);

/* Takes the next `name=value` from the query that `*at` points into, as forms write it (URL Standard, application/x-www-form-urlencoded: a plus is a space, %XX a byte): appends both to the emptied `name` and
 * `value` and steps on. Unreadable is a percent sign without two hexadecimal digits, and a NUL. What the bytes mean, and whether they are UTF-8, the caller sees. */
enum query_step { QUERY_END, QUERY_PAIR, QUERY_BAD };
enum query_step query_next(const char **at, struct buf *name, struct buf *value);

/* The token of an `Authorization: Bearer` field (may be NULL), borrowed from it; NULL when it is none. */
const char *bearer_token(const char *field);
#endif
