#include "server/cast/stream.h"
#include "server/cast/reader.h"
#include "server/cast/snapshot.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	SUM_EVERY_MS = 1000,
	CHUNK_BYTES = 32 * 1024, /* of ops in one message, unless a single one is longer: a client parses it in one go */
};

struct chunk {
	struct chunk *next;
	struct buf ops;
	int count;
	int64_t at, epoch; /* after it */
	struct digest sum;
	bool leaves;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

void stream_init(struct stream *stream, const char *doc, int64_t at, int64_t epoch)
{
	*stream = (struct stream){ .doc = doc, .at = at, .epoch = epoch, .next_at = at, .next_epoch = epoch };
	stream->sum_sent_ms = INT64_MIN / 2;
}

static void chunks_free(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *next = chunk->next;
		buf_release(&chunk->ops);
		free(chunk);
		chunk = next;
	}
}

void stream_release(struct stream *stream)
{
	assert(stream->reader_count == 0);
	chunks_free(stream->gathering);
	chunks_free(stream->sealed);
	snapshot_unref(stream->snapshot);
	free(stream->memory);
	free(stream->marks);
	free(stream->readers);
}

/* ---- what is decided ---- */

void stream_break(struct stream *stream)
{
	stream->new_chunk = true;
}

static struct chunk *open_chunk(struct stream *stream, size_t n)
{
	struct chunk *last = stream->gathering_last;
	if (last && !stream->new_chunk && last->ops.n + n <= CHUNK_BYTES)
		return last;
	struct chunk *chunk = must(calloc(1, sizeof *chunk));
	if (last)
		last->next = chunk;
	else
		stream->gathering = chunk;
	stream->new_chunk = false;
	return stream->gathering_last = chunk;
}

void stream_gather(struct stream *stream, const char *op, size_t n, struct digest sum, bool leaves)
{
	struct chunk *chunk = open_chunk(stream, n);
	if (chunk->count++)
		buf_char(&chunk->ops, ',');
	buf_add(&chunk->ops, op, n);
	chunk->at = ++stream->next_at;
	chunk->epoch = stream->next_epoch += leaves;
	chunk->leaves = chunk->leaves || leaves;
	chunk->sum = stream->sum = sum;
}

void stream_seal(struct stream *stream)
{
	assert(!stream->sealed);
	stream->sealed = stream->gathering;
	stream->gathering = stream->gathering_last = NULL;
	stream->new_chunk = false;
}

/* ---- what is told ---- */

/* Makes room for `n` bytes at the head; drops the oldest beyond the window when it has to move them anyway. */
static uint8_t *window_room(struct stream *stream, size_t n)
{
	size_t used = (size_t)(stream->head - stream->tail);
	if (FRAME_PAD + used + n > stream->memory_cap) {
		if (used > STREAM_WINDOW_BYTES) {
			uint64_t keep = stream->head - STREAM_WINDOW_BYTES;
			size_t m = 0;
			while (stream->marks[m].offset < keep)
				m++;
			size_t drop = (size_t)(stream->marks[m].offset - stream->tail);
			memmove(stream->memory + FRAME_PAD, stream->memory + FRAME_PAD + drop, used - drop);
			stream->tail += drop;
			used -= drop;
			stream->mark_count -= m;
			memmove(stream->marks, stream->marks + m, stream->mark_count * sizeof *stream->marks);
		}
		size_t want = FRAME_PAD + used + n;
		if (want > stream->memory_cap) {
			/* Twice the window, so that the memory moves only once a window's worth of bytes; small streams stay small. */
			size_t cap = stream->memory_cap ? stream->memory_cap * 2 : 1024;
			while (cap < want)
				cap *= 2;
			stream->memory = must(realloc(stream->memory, cap));
			stream->memory_cap = cap;
		}
	}
	return stream->memory + FRAME_PAD + used;
}

static void add_mark(struct stream *stream)
{
	if (stream->mark_count == stream->mark_cap) {
		stream->mark_cap = stream->mark_cap ? stream->mark_cap * 2 : 16;
		stream->marks = must(realloc(stream->marks, stream->mark_cap * sizeof *stream->marks));
	}
	stream->marks[stream->mark_count++] = (struct stream_mark){ stream->at, stream->head };
}

static void publish_chunk(struct stream *stream, const struct chunk *chunk, bool with_sum)
{
	static struct buf text; /* scratch of the loop's only thread */
	buf_reset(&text);
	buf_str(&text, "{\"t\":\"ops\",\"doc\":\"");
	buf_str(&text, stream->doc);
	buf_str(&text, "\",\"epoch\":");
	buf_int(&text, chunk->epoch);
	buf_str(&text, ",\"at\":");
	buf_int(&text, chunk->at);
	buf_str(&text, ",\"ops\":[");
	buf_add(&text, chunk->ops.s, chunk->ops.n);
	buf_char(&text, ']');
	if (with_sum) {
		char hex[DIGEST_HEX_CHARS + 1];
		digest_hex(chunk->sum, hex);
		buf_str(&text, ",\"sum\":\"");
		buf_str(&text, hex);
		buf_char(&text, '"');
	}
	buf_char(&text, '}');

	uint8_t header[FRAME_HEADER_MAX];
	size_t n = frame_header(header, text.n);
	uint8_t *room = window_room(stream, n + text.n);
	memcpy(room, header, n);
	memcpy(room + n, text.s, text.n);
	add_mark(stream);
	stream->head += n + text.n;
	stream->at = chunk->at;
	stream->epoch = chunk->epoch;
	if (chunk->leaves)
		stream->resume_from = stream->head;
}

void stream_publish(struct stream *stream, int64_t mono_ms)
{
	struct chunk *chunk = stream->sealed;
	bool sum_is_due = mono_ms - stream->sum_sent_ms >= SUM_EVERY_MS;
	for (; chunk; chunk = chunk->next)
		publish_chunk(stream, chunk, sum_is_due && !chunk->next);
	if (stream->sealed && sum_is_due)
		stream->sum_sent_ms = mono_ms;
	chunks_free(stream->sealed);
	stream->sealed = NULL;
}

bool stream_position(const struct stream *stream, int64_t at, uint64_t *position)
{
	if (at == stream->at) {
		*position = stream->head;
		return true;
	}
	size_t low = 0, high = stream->mark_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (stream->marks[middle].at_before < at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == stream->mark_count || stream->marks[low].at_before != at)
		return false;
	*position = stream->marks[low].offset;
	return true;
}

bool stream_resume(const struct stream *stream, int64_t epoch, int64_t at, uint64_t *position)
{
	return epoch == stream->epoch && stream_position(stream, at, position) && *position >= stream->resume_from;
}

const uint8_t *stream_bytes(const struct stream *stream, uint64_t position, size_t most, size_t *n)
{
	if (position < stream->tail)
		return NULL;
	uint64_t end = stream->head;
	if (end - position > most) {
		size_t low = 0, high = stream->mark_count; /* the last frame that begins at or before position + most */
		while (low < high) {
			size_t middle = (low + high) / 2;
			if (stream->marks[middle].offset <= position + most)
				low = middle + 1;
			else
				high = middle;
		}
		uint64_t cut = stream->marks[low - 1].offset;
		if (cut > position)
			end = cut;
		else if (low < stream->mark_count)
			end = stream->marks[low].offset;
	}
	*n = (size_t)(end - position);
	return stream->memory + FRAME_PAD + (position - stream->tail);
}

/* ---- readers ---- */

void stream_add_reader(struct stream *stream, struct reader *reader)
{
	if (stream->reader_count == stream->reader_cap) {
		stream->reader_cap = stream->reader_cap ? stream->reader_cap * 2 : 8;
		stream->readers = must(realloc(stream->readers, stream->reader_cap * sizeof *stream->readers));
	}
	reader->slot = stream->reader_count;
	stream->readers[stream->reader_count++] = reader;
	stream->again = true;
}

void stream_remove_reader(struct stream *stream, struct reader *reader)
{
	struct reader *last = stream->readers[--stream->reader_count];
	stream->readers[reader->slot] = last;
	last->slot = reader->slot;
	stream->again = true; /* the last one may have moved behind a flush that is half way */
}
