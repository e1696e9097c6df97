/* Joins the pieces and fragments of one WebSocket message. Memory grows only with bytes that have arrived, never with a declared length, and is given back after every message. Pure. */
#ifndef FORWHOM_SERVER_NET_MESSAGE_H
#define FORWHOM_SERVER_NET_MESSAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/buf.h"

enum message_progress {
	MESSAGE_MORE,    /* not yet whole */
	MESSAGE_WHOLE,   /* `text` and `size_bytes` are set */
	MESSAGE_TOO_BIG, /* over `bytes_max` */
	MESSAGE_TOO_MANY, /* over `fragments_max` */
};

struct message {
	struct buf parts;
	int64_t fragments;
	bool in_frame;   /* the next piece continues a frame */
	bool is_open;    /* something of a message has come, and not its end */
	const char *text; /* of a whole message, valid until the next call */
	size_t size_bytes;
};

struct message_piece {
	const char *bytes;
	size_t size_bytes;
	bool ends_frame;   /* nothing of this frame is to come */
	bool ends_message; /* the frame has FIN set */
};

/* Adds a piece; borrows it. After MESSAGE_WHOLE call message_reset when the text has been used; after a refusal too. */
enum message_progress message_add(struct message *message, const struct message_piece *piece, int64_t bytes_max, int64_t fragments_max);

/* Gives the memory back and waits for the next message. */
void message_reset(struct message *message);
#endif
