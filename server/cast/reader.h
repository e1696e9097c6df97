/* A reader: one connection's place in one stream. It is either working through a snapshot's parts, or live at a position of the window. */
#ifndef FORWHOM_SERVER_CAST_READER_H
#define FORWHOM_SERVER_CAST_READER_H
#include "server/cast/stream.h"

struct conn;
struct document;

struct reader {
	struct reader *next; /* of its connection, in the order of opening */
	struct conn *conn;
	struct document *document;
	struct stream *stream;
	size_t slot;           /* in stream->readers, while `reading` */
	bool reading;          /* false while the answer to `open` still waits for a commit */
	struct snapshot *snapshot; /* a reference; NULL once live */
	size_t part;           /* next part of it to send */
	uint64_t position;     /* when live */
	int64_t overlay_n;     /* `mine` messages sent */
	bool presence_missed;  /* some was left out while it was slow: it is told the whole of it */
};
#endif
