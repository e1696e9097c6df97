/* A stream: what one view of one document has been told, as bytes ready to send. Every reader of the view gets the same bytes from the same memory; a reader is no more than a position in them.
 *
 * Ops enter in two steps. stream_gather takes what was decided and is not durable yet. stream_seal closes what has been gathered so far into the batch that now goes to the store; stream_publish, when that batch is
 * durable, turns it into `ops` frames at the end of the window. When the store fails the whole class is dropped and loaded again, streams included.
 *
 * The window keeps the newest bytes contiguous, so that a flush is one write per reader whatever it has missed (the technique is measured in the project's performance notes: one send costs the same up to several KiB). Positions are
 * absolute offsets that only grow. */
#ifndef FORWHOM_SERVER_CAST_STREAM_H
#define FORWHOM_SERVER_CAST_STREAM_H
#include "proto/buf.h"
#include "proto/digest.h"
#include "server/cast/frame.h"
#include <stdbool.h>

enum { STREAM_WINDOW_BYTES = 256 * 1024 };

struct chunk; /* ops that become one frame */
struct reader;
struct snapshot;

/* Where a frame begins, and the counter before it. */
struct stream_mark {
	int64_t at_before;
	uint64_t offset;
};

struct stream {
	const char *doc; /* as named on the wire; borrowed from the owner */

	/* What readers have been told. */
	int64_t at, epoch;
	uint8_t *memory; /* FRAME_PAD, then the window */
	size_t memory_cap;
	uint64_t tail, head; /* absolute offsets of the window */
	uint64_t resume_from; /* no resume from before this offset: something left the view there */
	struct stream_mark *marks;
	size_t mark_count, mark_cap;
	int64_t sum_sent_ms;

	/* What has been decided. */
	int64_t next_at, next_epoch;
	struct digest sum;
	struct chunk *gathering, *sealed; /* lists, oldest first */
	struct chunk *gathering_last;
	bool new_chunk;

	struct snapshot *snapshot; /* newest built, shared; see snapshot.h */

	struct reader **readers;
	size_t reader_count, reader_cap;

	/* The flush under way, in slices. */
	bool dirty;
	bool again;             /* a reader moved into a slot already passed */
	size_t flush_slot;
	uint64_t flush_to;
	uint64_t flush_began_ns, flush_cost_ns, flush_ended_ns;
	struct stream *next_dirty;
};

void stream_init(struct stream *stream, const char *doc, int64_t at, int64_t epoch);
void stream_release(struct stream *stream);

/* One more op of this view: its wire form, and the digest of the view after it. `leaves`: something is withdrawn, so the epoch grows. */
void stream_gather(struct stream *stream, const char *op, size_t n, struct digest sum, bool leaves);
/* The next op starts a frame of its own: a snapshot of this moment has been taken. */
void stream_break(struct stream *stream);
void stream_seal(struct stream *stream);
void stream_publish(struct stream *stream, int64_t mono_ms);

/* The position from which a reader that has everything up to counter `at` of `epoch` continues; false when it must have a snapshot. */
bool stream_resume(const struct stream *stream, int64_t epoch, int64_t at, uint64_t *position);
/* The same without regard to epochs, for a snapshot taken at `at`. */
bool stream_position(const struct stream *stream, int64_t at, uint64_t *position);
/* The bytes from `position` to at most `most` bytes further, cut where a frame ends, at least one frame; NULL when the window no longer has them. */
const uint8_t *stream_bytes(const struct stream *stream, uint64_t position, size_t most, size_t *n);

void stream_add_reader(struct stream *stream, struct reader *reader);
void stream_remove_reader(struct stream *stream, struct reader *reader);
#endif
