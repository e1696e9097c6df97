/* A reader: one connection's place in one stream. It is either working through a snapshot's parts, or live at a position of the window. */
#ifndef FORWHOM_SERVER_CAST_READER_H
#define FORWHOM_SERVER_CAST_READER_H
#include "server/cast/stream.h"

struct conn;

struct reader {
	struct conn *conn;
	struct stream *stream; /* NULL: not open */
	size_t slot;           /* in stream->readers, while `reading` */
	bool reading;          /* false while the answer to `open` still waits for a commit */
	struct snapshot *snapshot; /* a reference; NULL once live */
	size_t part;           /* next part of it to send */
	uint64_t position;     /* when live */
};
#endif
