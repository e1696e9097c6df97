#include "server/cast/snapshot.h"
#include <stdlib.h>

/* How much may have happened since a snapshot that is sent once more: a quarter of its own bytes, or little in any case. So joins in a storm share one, at a cost that stays linear, and nobody
 * is sent more history than state. */
enum { REUSE_BYTES = 2048, REUSE_OPS = 64 };

void snapshot_unref(struct snapshot *snapshot)
{
	if (!snapshot || --snapshot->refs)
		return;
	for (size_t p = 0; p < snapshot->part_count; p++)
		frame_unref(snapshot->parts[p]);
	free(snapshot->parts);
	free(snapshot);
}

static void begin_part(struct buf *text, const struct stream *stream, size_t part)
{
	buf_reset(text);
	buf_str(text, "{\"t\":\"snapshot\",\"doc\":\"");
	buf_str(text, stream->doc);
	buf_str(text, "\",\"epoch\":");
	buf_int(text, stream->next_epoch);
	buf_str(text, ",\"at\":");
	buf_int(text, stream->next_at);
	buf_str(text, ",\"part\":");
	buf_int(text, (int64_t)part);
	buf_str(text, ",\"objects\":[");
}

static void end_part(struct buf *text, struct snapshot *snapshot, const struct stream *stream, bool last)
{
	buf_char(text, ']');
	if (last) {
		char hex[DIGEST_HEX_CHARS + 1];
		digest_hex(stream->sum, hex);
		buf_str(text, ",\"last\":true,\"sum\":\"");
		buf_str(text, hex);
		buf_char(text, '"');
	}
	buf_char(text, '}');
	if (snapshot->part_count == snapshot->part_cap) {
		snapshot->part_cap = snapshot->part_cap ? snapshot->part_cap * 2 : 4;
		snapshot->parts = realloc(snapshot->parts, snapshot->part_cap * sizeof *snapshot->parts);
		if (!snapshot->parts)
			abort();
	}
	snapshot->parts[snapshot->part_count++] = frame_new(text->s, text->n);
	snapshot->bytes += text->n;
}

static struct snapshot *build(struct stream *stream, const struct doc *doc, enum view view)
{
	static struct buf text, object_text; /* scratch of the loop's only thread */
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	if (!snapshot)
		abort();
	snapshot->refs = 1;
	snapshot->at = stream->next_at;
	snapshot->epoch = stream->next_epoch;
	bool any = false;
	begin_part(&text, stream, 0);
	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		field_mask mask = view_mask(view, object);
		if (!mask)
			continue;
		buf_reset(&object_text);
		object_write(&object_text, object, mask);
		if (any && text.n + object_text.n > SNAPSHOT_PART_BYTES) {
			end_part(&text, snapshot, stream, false);
			begin_part(&text, stream, snapshot->part_count);
			any = false;
		}
		if (any)
			buf_char(&text, ',');
		buf_add(&text, object_text.s, object_text.n);
		any = true;
	}
	end_part(&text, snapshot, stream, true);
	return snapshot;
}

static bool is_near(const struct stream *stream, const struct snapshot *snapshot)
{
	uint64_t position;
	if (!snapshot || snapshot->epoch != stream->next_epoch)
		return false;
	if (snapshot->at >= stream->at) /* what has happened since is not even told */
		return stream->next_at - snapshot->at <= REUSE_OPS;
	size_t most = snapshot->bytes / 4 > REUSE_BYTES ? snapshot->bytes / 4 : REUSE_BYTES;
	return stream_position(stream, snapshot->at, &position) && stream->head - position <= most;
}

struct snapshot *snapshot_of(struct stream *stream, const struct doc *doc, enum view view)
{
	if (!is_near(stream, stream->snapshot)) {
		snapshot_unref(stream->snapshot);
		stream->snapshot = build(stream, doc, view);
		stream_break(stream);
	}
	stream->snapshot->refs++;
	return stream->snapshot;
}
