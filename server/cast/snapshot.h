/* A snapshot: the whole of a document as one view sees it, as `snapshot` messages of at most 64 KiB, shared by all who need it. */
#ifndef FORWHOM_SERVER_CAST_SNAPSHOT_H
#define FORWHOM_SERVER_CAST_SNAPSHOT_H
#include "server/cast/stream.h"
#include "server/room/view.h"

enum { SNAPSHOT_PART_BYTES = 48 * 1024 };

struct snapshot {
	int refs;
	int64_t at, epoch;
	size_t bytes; /* of all parts */
	size_t part_count, part_cap;
	struct frame **parts;
};

/* The stream's view of `doc` as it has been decided so far. Reuses the last one built while what has happened since is a small part of it and the window still holds the way from there (joins in a storm share one); else builds anew, and
 * sees to it that a frame of the stream ends here. Returns a new reference. */
struct snapshot *snapshot_of(struct stream *stream, const struct doc *doc, enum view view);
void snapshot_unref(struct snapshot *snapshot); /* takes NULL */
#endif
