/* A frame: one complete server-to-client WebSocket message (RFC 6455 §5.2, text, unmasked, unfragmented) in memory of its own, immutable and counted, for messages that go to one reader or are kept for several. What a whole
 * room gets lives in a stream (stream.h) instead. */
#ifndef FORWHOM_SERVER_CAST_FRAME_H
#define FORWHOM_SERVER_CAST_FRAME_H
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_PAD = 32,       /* room in front of bytes that a transport may want (libwebsockets' LWS_PRE) */
	FRAME_HEADER_MAX = 10,
};

struct frame {
	int refs;
	size_t n;
	uint8_t pad[FRAME_PAD];
	uint8_t bytes[];
};

/* Returns owned (one reference). */
struct frame *frame_new(const char *payload, size_t n);
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame); /* takes NULL */
/* Writes the header of a text message of `n` bytes; returns its length. */
size_t frame_header(uint8_t out[FRAME_HEADER_MAX], size_t n);
#endif
