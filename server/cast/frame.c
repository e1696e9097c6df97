#include "server/cast/frame.h"
#include <stdlib.h>
#include <string.h>

size_t frame_header(uint8_t out[FRAME_HEADER_MAX], size_t n)
{
	out[0] = 0x81;
	if (n < 126) {
		out[1] = (uint8_t)n;
		return 2;
	}
	if (n < 65536) {
		out[1] = 126;
		out[2] = (uint8_t)(n >> 8);
		out[3] = (uint8_t)n;
		return 4;
	}
	out[1] = 127;
	for (int i = 0; i < 8; i++)
		out[2 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
	return 10;
}

struct frame *frame_new(const char *payload, size_t n)
{
	struct frame *frame = malloc(sizeof *frame + FRAME_HEADER_MAX + n);
	if (!frame)
		abort();
	frame->refs = 1;
	size_t header = frame_header(frame->bytes, n);
	memcpy(frame->bytes + header, payload, n);
	frame->n = header + n;
	return frame;
}

struct frame *frame_ref(struct frame *frame)
{
	frame->refs++;
	return frame;
}

void frame_unref(struct frame *frame)
{
	if (frame && --frame->refs == 0)
		free(frame);
}
