/* QR codes (libqrencode), for screens and for terminals. */
#ifndef FORWHOM_SERVER_HTTP_QR_H
#define FORWHOM_SERVER_HTTP_QR_H
#include <stdbool.h>
#include <stddef.h>

#include "proto/buf.h"

enum { QR_BYTES_MAX = 512 };

/* Appends an SVG document: one path, black on white with the quiet zone that readers need; colours are attributes, since the page's policy forbids inline styles. False when `text` cannot be coded. */
bool qr_svg(const char *text, size_t n, struct buf *out);

/* Appends lines of half blocks, two modules high each, light on dark as terminals mostly are. */
bool qr_text(const char *text, size_t n, struct buf *out);
#endif
