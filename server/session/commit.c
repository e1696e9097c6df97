/* The batch: what has been decided since the last one went to the store, and everything that is to be said once it is durable. While the store works on one batch the next one gathers; so a busy server commits many
 * commands with one sync, and an idle one commits at once (natural group commit, no timer).
 *
 * When the store fails, what was decided on top of its durable state is gone from the log but not from memory: every class in either batch is dropped whole and loaded again when its people come back. Commands of a batch
 * that is known not to be written are refused; those of an unknown fate get no answer, and the clients' resend settles it. */
#include "server/session/internal.h"
#include "server/room/trail.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	array = realloc(array, *cap * size);
	if (!array)
		abort();
	return array;
}

#define PUSH(array, count, cap) (array = grow(array, count, &(cap), sizeof *(array)), &(array)[(count)++])

/* ---- gathering ---- */

static void pin_class(struct batch *batch, struct class *class)
{
	if (class->batch == batch->number)
		return;
	class->batch = batch->number;
	*PUSH(batch->classes, batch->class_count, batch->class_cap) = class;
	class->pins++;
}

void batch_touch(struct class *class, struct document *document)
{
	struct batch *batch = class->hub->gathering;
	if (document->touched)
		return;
	document->touched = true;
	*PUSH(batch->documents, batch->document_count, batch->document_cap) = document;
	pin_class(batch, class);
}

void batch_add_entry(struct class *class, struct document *document, const struct op *op, const char *owner, const struct step_source *source)
{
	struct batch *batch = class->hub->gathering;
	struct record_text *texts = arena_alloc(&batch->arena, sizeof *texts * record_texts_max(op));
	static struct buf body; /* scratch of the loop's only thread */
	buf_reset(&body);
	size_t text_count = record_write(&body, op, source, texts);
	struct log_text *copies = arena_alloc(&batch->arena, sizeof *copies * (text_count + 1));
	const char *owner_copy = arena_copy(&batch->arena, owner, strlen(owner));
	for (size_t t = 0; t < text_count; t++)
		copies[t] = (struct log_text){ owner_copy, arena_copy(&batch->arena, texts[t].s, texts[t].n), texts[t].n };

	struct log_entry *entry = PUSH(batch->log.entries, batch->log.entry_count, batch->entry_cap);
	*entry = (struct log_entry){
		.class_id = class->id,
		.doc_id = document->id,
		.doc_kind = doc_kind_names[document->kind],
		.seq = ++document->head,
		.at_ms = source->at_ms,
		.actor = arena_copy(&batch->arena, source->actor, strlen(source->actor)),
		.body = arena_copy(&batch->arena, body.s, body.n),
		.body_bytes = body.n,
		.texts = copies,
		.text_count = text_count,
	};
	document->unsnapped++;
	document->unsnapped_bytes += body.n;
	document->bytes += (int64_t)body.n;
	for (size_t t = 0; t < text_count; t++)
		document->bytes += (int64_t)texts[t].n;
}

void batch_add_done(struct class *class, const struct done *done)
{
	struct batch *batch = class->hub->gathering;
	struct log_done *row = PUSH(batch->log.done, batch->log.done_count, batch->done_cap);
	*row = (struct log_done){ .class_id = class->id, .outcome = arena_copy(&batch->arena, done->outcome, strlen(done->outcome)), .at_ms = done->at_ms };
	memcpy(row->id, done->id, sizeof row->id);
	memcpy(row->hash, done->hash, sizeof row->hash);
	pin_class(batch, class);
}

void batch_add_row(struct class *class, const char *kind, const char *key, const char *value)
{
	struct batch *batch = class->hub->gathering;
	struct log_row *row = PUSH(batch->log.rows, batch->log.row_count, batch->row_cap);
	row->kind = kind;
	row->key = arena_copy(&batch->arena, key, strlen(key));
	row->value = arena_copy(&batch->arena, value, strlen(value));
	pin_class(batch, class);
}

static bool has_work(const struct batch *batch)
{
	return batch->log.entry_count || batch->log.done_count || batch->log.row_count;
}

/* ---- holding what is to be said ---- */

static void say(struct hub *hub, struct held *held);

/* The newest batch that changes the class, NULL when all of it is durable. */
static struct batch *batch_of(const struct hub *hub, const struct class *class)
{
	if (class && class->batch == hub->gathering->number)
		return hub->gathering;
	return class && hub->committing && class->batch == hub->committing->number ? hub->committing : NULL;
}

static void hold(struct hub *hub, const struct class *class, const struct held *held)
{
	struct batch *batch = batch_of(hub, class);
	struct held copy = *held;
	if (batch)
		*PUSH(batch->held, batch->held_count, batch->held_cap) = copy;
	else
		say(hub, &copy);
}

void hold_text(struct conn *conn, const struct buf *text)
{
	hold(conn->hub, conn->class, &(struct held){ .type = HELD_FRAME, .conn = conn->id, .frame = frame_new(text->s, text->n) });
}

void hold_frame(struct conn *conn, struct frame *frame)
{
	hold(conn->hub, conn->class, &(struct held){ .type = HELD_FRAME, .conn = conn->id, .frame = frame_ref(frame) });
}

void hold_ok(struct conn *conn, const char *command, const struct buf *text)
{
	struct held held = { .type = HELD_OK, .conn = conn->id, .frame = frame_new(text->s, text->n) };
	memcpy(held.command, command, sizeof held.command);
	hold(conn->hub, conn->class, &held);
}

void hold_read(struct conn *conn, struct document *document, struct snapshot *snapshot, int64_t epoch, int64_t at)
{
	hold(conn->hub, conn->class, &(struct held){ .type = HELD_READ, .conn = conn->id, .document = document->index, .snapshot = snapshot, .epoch = epoch, .at = at });
}

void hold_call(struct class *class, batch_on_settled *on_settled, void *what)
{
	hold(class->hub, class, &(struct held){ .type = HELD_CALL, .on_settled = on_settled, .what = what });
}

/* ---- saying it ---- */

static void start_reading(struct conn *conn, struct held *held)
{
	struct document *document = conn->class->documents[held->document];
	struct reader *reader = conn_reader(conn, document);
	uint64_t position = 0;
	if (!reader) /* closed meanwhile */
		return;
	if (held->snapshot || stream_resume(reader->stream, held->epoch, held->at, &position)) {
		conn_start_reading(reader, held->snapshot, position);
		held->snapshot = NULL;
		return;
	}
	/* Something left the view while the answer waited. */
	struct buf text = { 0 };
	write_reload(&text, document);
	conn_send(conn, text.s, text.n);
	buf_release(&text);
	conn_close_reader(conn, reader);
}

static void held_release(struct held *held)
{
	frame_unref(held->frame);
	snapshot_unref(held->snapshot);
	free(held->what);
	*held = (struct held){ 0 };
}

static void say(struct hub *hub, struct held *held)
{
	struct conn *conn = hub_conn(hub, held->conn);
	switch (held->type) {
	case HELD_FRAME:
	case HELD_OK:
		if (conn)
			conn_send_frame(conn, held->frame);
		break;
	case HELD_READ:
		if (conn && conn->state == CONN_READY)
			start_reading(conn, held);
		break;
	case HELD_CALL:
		held->on_settled(hub, STORE_DURABLE, held->what);
		break;
	}
	held_release(held);
}

static void say_failed(struct hub *hub, struct held *held, enum store_result result)
{
	struct conn *conn = hub_conn(hub, held->conn);
	if (held->type == HELD_CALL)
		held->on_settled(hub, result, held->what);
	if (held->type == HELD_OK && conn && result != STORE_UNKNOWN) {
		struct buf text = { 0 };
		struct refused refused = { .code = REFUSE_READONLY, .say = fault_sentence(hub->fault), .retry_ms = 5000 };
		write_no(&text, held->command, &refused);
		conn_send(conn, text.s, text.n);
		buf_release(&text);
	}
	held_release(held);
}

/* ---- the store's turn ---- */

static void batch_clear(struct batch *batch)
{
	for (size_t s = 0; s < batch->snapshot_count; s++)
		buf_release(&batch->snapshots[s].body);
	batch->log.entry_count = batch->log.done_count = batch->log.row_count = 0;
	batch->held_count = batch->document_count = batch->snapshot_count = 0;
	/* Unpinning may free a class, which must not find itself in the list. */
	size_t count = batch->class_count;
	batch->class_count = 0;
	for (size_t i = 0; i < count; i++)
		class_unpin(batch->classes[i]);
	arena_reset(&batch->arena);
}

static void publish(struct hub *hub, struct batch *batch)
{
	for (size_t d = 0; d < batch->document_count; d++)
		for (int v = 0; v < VIEW_COUNT; v++) {
			struct stream *stream = &batch->documents[d]->streams[v];
			if (!stream->sealed)
				continue;
			stream_publish(stream, hub->mono_ms);
			hub_dirty_stream(hub, stream);
			hub->frames++;
		}
	for (size_t s = 0; s < batch->snapshot_count; s++) {
		struct stored_snapshot *snapshot = &batch->snapshots[s];
		hub->config.store->ops->put_snapshot(hub->config.store, snapshot->doc, snapshot->seq, snapshot->body.s, snapshot->body.n);
	}
}

static void fail(struct hub *hub, struct batch *batch, enum store_result result)
{
	for (size_t h = 0; h < batch->held_count; h++)
		say_failed(hub, &batch->held[h], result);
	for (size_t c = 0; c < batch->class_count; c++)
		class_drop(batch->classes[c]);
	batch_clear(batch);
}

static void on_append(struct log_batch *log, enum store_result result, void *ctx)
{
	struct hub *hub = ctx;
	struct batch *batch = hub->committing;
	(void)log;
	hub->committing = NULL;
	hub_tell_fault(hub);
	if (result == STORE_DURABLE) {
		hub->commits++;
		/* First what is said to one, so that `ok` precedes the frame it speaks of; conn_flush keeps that order on the socket. */
		publish(hub, batch);
		for (size_t h = 0; h < batch->held_count; h++)
			say(hub, &batch->held[h]);
		batch_clear(batch);
		return;
	}
	hub_log(hub, "event=commit.failed result=%d fault=%d", result, hub->fault);
	/* What gathered meanwhile rests on what has just been lost: known not to be written, whatever happened to the batch itself. */
	fail(hub, batch, result);
	fail(hub, hub->gathering, STORE_UNAVAILABLE);
}

/* A snapshot of a document long enough not stored: taken now, when its state is exactly this batch's, and stored when that is durable. */
static void take_snapshot(struct batch *batch, struct document *document, int64_t now_ms)
{
	enum { EVERY_OPS = 512, EDITS_KEEP_MS = 24 * 60 * 60 * 1000 };
	/* By size as well: what is remembered of the past may be far more than the document, and reading a snapshot costs as its bytes do. */
	if (document->unsnapped < EVERY_OPS || document->unsnapped < 2 * (int64_t)doc_count(document->doc) || document->unsnapped_bytes < document->snapshot_bytes)
		return;
	trail_forget(document->trail, now_ms - EDITS_KEEP_MS);
	struct stored_snapshot *snapshot = PUSH(batch->snapshots, batch->snapshot_count, batch->snapshot_cap);
	struct view_mark marks[VIEW_COUNT];
	for (int v = 0; v < VIEW_COUNT; v++)
		marks[v] = (struct view_mark){ document->streams[v].next_at, document->streams[v].next_epoch };
	*snapshot = (struct stored_snapshot){ .seq = document->head };
	memcpy(snapshot->doc, document->id, sizeof snapshot->doc);
	record_write_snapshot(&snapshot->body, document->doc, marks, VIEW_COUNT, document->trail, document->steps, document->bytes);
	document->unsnapped = 0;
	document->unsnapped_bytes = 0;
	document->snapshot_bytes = snapshot->body.n;
}

void batch_submit(struct hub *hub)
{
	struct batch *batch = hub->gathering;
	if (hub->committing || !has_work(batch))
		return;
	for (size_t d = 0; d < batch->document_count; d++) {
		struct document *document = batch->documents[d];
		document->touched = false;
		take_snapshot(batch, document, hub->now_ms);
		for (int v = 0; v < VIEW_COUNT; v++)
			stream_seal(&document->streams[v]);
	}
	hub->committing = batch;
	hub->gathering = batch == &hub->batches[0] ? &hub->batches[1] : &hub->batches[0];
	hub->gathering->number = ++hub->last_batch;
	assert(!has_work(hub->gathering));
	hub->config.store->ops->append(hub->config.store, &batch->log, on_append, hub);
}

void batch_release(struct batch *batch)
{
	for (size_t h = 0; h < batch->held_count; h++)
		held_release(&batch->held[h]);
	batch_clear(batch);
	arena_release(&batch->arena);
	free(batch->log.entries);
	free(batch->log.done);
	free(batch->log.rows);
	free(batch->held);
	free(batch->documents);
	free(batch->classes);
	free(batch->snapshots);
}
