/* The head of every answer: one table of header fields, the same for the page, the interface, and refusals. */
#ifndef FORWHOM_SERVER_HTTP_REPLY_H
#define FORWHOM_SERVER_HTTP_REPLY_H
#include "server/http/exchange.h"

/* Writes the status line and all fields of the exchange's answer, with the empty line. `close` says that the connection ends with it. */
void reply_write_head(const struct http_exchange *exchange, bool close, struct buf *out);

/* The reason phrase of a status; "Status" for one that is not used here. */
const char *reply_phrase(int status);
#endif
