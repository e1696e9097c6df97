#include "server/session/hub.h"
#include "server/session/internal.h"
#include "proto/pos.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FLUSH_READERS = 256,             /* of one stream in one turn of the loop */
	FAST_BYTES = 128 * 1024,         /* one write on the fast path; more goes piecewise */
	CLASS_IDLE_MS = 60 * 1000,
	TYPING_MS = 120 * 1000,          /* after a refused hello, for a person to mend it */
};

void hub_log(struct hub *hub, const char *format, ...)
{
	char line[512];
	va_list args;
	if (!hub->config.log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	hub->config.log(line, hub->config.ctx);
}

void hub_random_id(struct hub *hub, char id[ID_CHARS + 1])
{
	uint8_t bytes[ID_BYTES];
	hub->config.random(bytes, sizeof bytes, hub->config.ctx);
	id_encode(bytes, id);
}

struct hub *hub_new(const struct hub_config *config)
{
	struct hub *hub = calloc(1, sizeof *hub);
	if (!hub)
		abort();
	hub->config = *config;
	hub->limits = config->limits;
	hub->transport = config->transport;
	hub->gathering = &hub->batches[0];
	hub->gathering->number = ++hub->last_batch;
	hub->fault = config->store->ops->fault(config->store);
	return hub;
}

void hub_free(struct hub *hub)
{
	if (!hub)
		return;
	while (hub->conns) {
		struct conn *conn = hub->conns;
		conn->state = CONN_CLOSING; /* the transport is gone already */
		hub_disconnect(hub, conn, hub->mono_ms);
	}
	while (hub->pasts)
		past_free(hub->pasts);
	hub->committing = NULL;
	for (int b = 0; b < 2; b++)
		batch_release(&hub->batches[b]);
	struct class *class, *next;
	HASH_ITER(hh, hub->classes, class, next)
	{
		class->pins = 0; /* a load that will never be answered */
		class_drop(class);
	}
	hub->stopping = true;
	hello_tick(hub);
	free(hub);
}

/* ---- connections ---- */

struct conn *hub_connect(struct hub *hub, void *peer, const char *address, int64_t mono_ms)
{
	hub->mono_ms = mono_ms;
	if (hub->stopping || hub->unknown_count >= (size_t)hub->limits->sockets_before_hello)
		return NULL;
	struct conn *conn = calloc(1, sizeof *conn);
	if (!conn)
		abort();
	conn->id = ++hub->last_conn_id;
	conn->hub = hub;
	conn->peer = peer;
	conn->opened_ms = conn->heard_ms = conn->active_ms = mono_ms;
	snprintf(conn->address, sizeof conn->address, "%s", address);
	conn->next = hub->conns;
	if (hub->conns)
		hub->conns->prev = conn;
	hub->conns = conn;
	HASH_ADD(hh, hub->conns_by_id, id, sizeof conn->id, conn);
	hub->conn_count++;
	hub->unknown_count++;
	return conn;
}

static void undirty(struct hub *hub, const struct conn *conn)
{
	for (struct conn **link = &hub->dirty_conns; *link; link = &(*link)->next_dirty)
		if (*link == conn) {
			*link = conn->next_dirty;
			return;
		}
}

void hub_disconnect(struct hub *hub, struct conn *conn, int64_t mono_ms)
{
	hub->mono_ms = mono_ms;
	if (conn->state == CONN_NEW)
		hub->unknown_count--;
	conn->state = CONN_CLOSING;
	conn_leave_class(conn);
	if (conn->dirty)
		undirty(hub, conn);
	conn_drop_queue(conn);
	HASH_DEL(hub->conns_by_id, conn);
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		hub->conns = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	hub->conn_count--;
	free(conn);
}

struct conn *hub_conn(struct hub *hub, uint64_t id)
{
	struct conn *conn;
	HASH_FIND(hh, hub->conns_by_id, &id, sizeof id, conn);
	return conn;
}

void hub_message(struct hub *hub, struct conn *conn, const char *text, size_t size_bytes, int64_t mono_ms, int64_t now_ms)
{
	hub->mono_ms = conn->heard_ms = mono_ms;
	hub->now_ms = now_ms;
	if (conn->state != CONN_CLOSING)
		message_handle(conn, text, size_bytes);
}

void hub_alive(struct hub *hub, struct conn *conn, int64_t mono_ms)
{
	(void)hub;
	conn->heard_ms = mono_ms;
}

void hub_writable(struct hub *hub, struct conn *conn, int64_t mono_ms)
{
	hub->mono_ms = mono_ms;
	conn->stuck_since_ms = 0;
	conn_flush(conn);
}

/* ---- the end of a turn ---- */

void hub_dirty_conn(struct hub *hub, struct conn *conn)
{
	if (conn->dirty)
		return;
	conn->dirty = true;
	conn->next_dirty = hub->dirty_conns;
	hub->dirty_conns = conn;
}

void hub_dirty_stream(struct hub *hub, struct stream *stream)
{
	if (stream->dirty)
		return;
	stream->dirty = true;
	stream->next_dirty = hub->dirty_streams;
	hub->dirty_streams = stream;
}

static void flush_conns(struct hub *hub)
{
	while (hub->dirty_conns) {
		struct conn *conn = hub->dirty_conns;
		hub->dirty_conns = conn->next_dirty;
		conn->dirty = false;
		conn_flush(conn);
	}
}

/* One reader, straight from the window when nothing else waits for it. */
static void flush_reader(struct hub *hub, struct reader *reader, uint64_t to)
{
	struct conn *conn = reader->conn;
	const struct transport *transport = hub->transport;
	if (reader->position >= to && !reader->snapshot)
		return;
	bool plain = !conn->queue_count && !reader->snapshot && reader->position >= reader->stream->tail && to - reader->position <= FAST_BYTES;
	if (!plain || transport->busy(conn->peer)) {
		conn_flush(conn);
		return;
	}
	const struct stream *stream = reader->stream;
	const uint8_t *bytes = stream->memory + FRAME_PAD + (reader->position - stream->tail);
	size_t n = (size_t)(to - reader->position);
	reader->position = to;
	if (!transport->write(conn->peer, bytes, n))
		conn_close(conn, 1011, "");
}

/* A pass over the readers of one stream, in slices. A stream whose pass took T waits T before the next begins, so that a busy room sends fewer and larger writes (the hold belongs to the room: others
 * are not held up by it). Returns true when the pass is complete. */
static bool flush_slice(struct hub *hub, struct stream *stream)
{
	if (stream->flush_slot == 0) {
		stream->flush_to = stream->head;
		stream->flush_began_ns = hub->transport->now_ns();
		stream->again = false;
	}
	/* Closing a reader moves the last one into its slot; so does any disconnect between slices. */
	for (int k = 0; k < FLUSH_READERS && stream->flush_slot < stream->reader_count; k++) {
		struct reader *reader = stream->readers[stream->flush_slot];
		flush_reader(hub, reader, stream->flush_to);
		if (stream->flush_slot < stream->reader_count && stream->readers[stream->flush_slot] == reader)
			stream->flush_slot++;
	}
	if (stream->flush_slot < stream->reader_count)
		return false;
	stream->flush_slot = 0;
	stream->flush_ended_ns = hub->transport->now_ns();
	stream->flush_cost_ns = stream->flush_ended_ns - stream->flush_began_ns;
	return true;
}

static int64_t hold_ns(struct hub *hub, const struct stream *stream)
{
	if (stream->flush_slot)
		return 0; /* half way: go on */
	uint64_t since = hub->transport->now_ns() - stream->flush_ended_ns;
	return since >= stream->flush_cost_ns ? 0 : (int64_t)(stream->flush_cost_ns - since);
}

/* Returns the milliseconds until the next stream is due, -1 when none waits. */
static int flush_streams(struct hub *hub)
{
	struct stream *stream = hub->dirty_streams, *next;
	int64_t delay_ms = -1;
	hub->dirty_streams = NULL;
	for (; stream; stream = next) {
		next = stream->next_dirty;
		stream->dirty = false;
		int64_t wait_ns = hold_ns(hub, stream);
		if (!wait_ns && flush_slice(hub, stream) && stream->flush_to == stream->head && !stream->again)
			continue;
		hub_dirty_stream(hub, stream);
		wait_ns = hold_ns(hub, stream);
		int64_t ms = (wait_ns + 999999) / 1000000;
		if (delay_ms < 0 || ms < delay_ms)
			delay_ms = ms;
	}
	return (int)delay_ms;
}

int hub_turn(struct hub *hub, int64_t mono_ms)
{
	hub->mono_ms = mono_ms;
	batch_submit(hub);
	flush_conns(hub);
	int presence_ms = presence_flush(hub), delay = flush_streams(hub);
	flush_conns(hub); /* a flush may have closed or restarted somebody, and presence goes out behind it */
	return delay < 0 || (presence_ms >= 0 && presence_ms < delay) ? presence_ms : delay;
}

bool hub_idle(const struct hub *hub)
{
	const struct log_batch *log = &hub->gathering->log;
	return !hub->committing && !log->entry_count && !log->done_count && !log->row_count;
}

/* ---- once a second ---- */

const char *fault_sentence(enum store_fault fault)
{
	switch (fault) {
	case STORE_FULL:
		return "readonly.full";
	case STORE_FAULT:
		return "readonly.fault";
	case STORE_DAMAGED:
		return "readonly.damaged";
	case STORE_FINE: /* it was not, when the batch failed */
	case STORE_BLOCKED:
		break;
	}
	return "readonly";
}

static void tick_conn(struct hub *hub, struct conn *conn)
{
	/* With a payload: libwebsockets 4.1.6 swallows empty pongs. */
	static const uint8_t ping[FRAME_PAD + 3] = { [FRAME_PAD] = 0x89, [FRAME_PAD + 1] = 1, [FRAME_PAD + 2] = '?' };
	const struct limits *limits = hub->limits;
	int64_t now = hub->mono_ms, silent = now - conn->heard_ms;
	if (conn->state == CONN_CLOSING)
		return;
	if (conn->answer_at_ms && now >= conn->answer_at_ms)
		hello_answer_delayed(conn);
	else if (conn->state == CONN_NEW && !conn->answer_at_ms && now - conn->opened_ms >= (conn->refused_hellos ? TYPING_MS : limits->hello_deadline_ms))
		conn_close(conn, 4408, "");
	else if (conn->stuck_since_ms && now - conn->stuck_since_ms >= limits->behind_ms)
		conn_close(conn, 4413, "");
	else if (silent >= limits->hangup_after_ms)
		conn_close(conn, 4408, "");
	else if (silent >= limits->ping_after_ms && now - conn->pinged_ms >= limits->ping_after_ms && !hub->transport->busy(conn->peer)) {
		conn->pinged_ms = now;
		hub->transport->write(conn->peer, ping + FRAME_PAD, 3);
	}
}

void hub_tell_fault(struct hub *hub)
{
	enum store_fault fault = hub->config.store->ops->fault(hub->config.store);
	if (fault == hub->fault)
		return;
	hub->fault = fault;
	hub_log(hub, "event=storage fault=%d", fault);
	struct buf text = { 0 };
	buf_str(&text, "{\"t\":\"notice\",\"readonly\":");
	buf_str(&text, fault == STORE_FINE ? "false" : "true");
	buf_str(&text, ",\"say\":\"");
	buf_str(&text, fault == STORE_FINE ? "" : fault_sentence(fault));
	buf_str(&text, "\",\"args\":{}}");
	for (struct conn *conn = hub->conns; conn; conn = conn->next)
		if (conn->state == CONN_READY)
			conn_send(conn, text.s, text.n);
	buf_release(&text);
}

static void tick_classes(struct hub *hub)
{
	struct class *class, *next;
	HASH_ITER(hh, hub->classes, class, next)
	{
		class_forget_done(class, hub->now_ms - hub->limits->done_keep_ms);
		if (!class->conns && !class->pins && hub->mono_ms - class->idle_since_ms >= CLASS_IDLE_MS)
			class_drop(class);
	}
}

void hub_tick(struct hub *hub, int64_t mono_ms, int64_t now_ms)
{
	hub->mono_ms = mono_ms;
	hub->now_ms = now_ms;
	hub_tell_fault(hub);
	for (struct conn *conn = hub->conns, *next; conn; conn = next) {
		next = conn->next;
		tick_conn(hub, conn);
	}
	tick_classes(hub);
	hello_tick(hub);
}

void hub_stop(struct hub *hub)
{
	hub->stopping = true;
	for (struct conn *conn = hub->conns; conn; conn = conn->next) {
		uint8_t random[2];
		char reason[32];
		hub->config.random(random, sizeof random, hub->config.ctx);
		snprintf(reason, sizeof reason, "{\"retry_ms\":%d}", (random[0] << 8 | random[1]) % 2000);
		conn_close(conn, 1012, reason);
	}
}

void hub_sign_out(struct hub *hub, const char *account_id)
{
	for (struct conn *conn = hub->conns; conn; conn = conn->next)
		if (*conn->account && !strcmp(conn->account, account_id))
			conn_close(conn, 4401, "");
}

struct hub_stats hub_stats(const struct hub *hub)
{
	return (struct hub_stats){ hub->conn_count, HASH_COUNT(hub->classes), hub->commands, hub->commits, hub->frames, hub->fault };
}

/* ---- a new class ---- */

static bool random_code(struct hub *hub, char code[CODE_CHARS + 1])
{
	uint8_t bytes[32];
	for (int tries = 0; tries < 100; tries++) {
		hub->config.random(bytes, sizeof bytes, hub->config.ctx);
		if (code_from_random(bytes, sizeof bytes, code) && !directory_class(hub->config.directory, code))
			return true;
	}
	return false;
}

static void put_sections(struct class *class, struct document *wall, const struct class_request *request, const struct step_source *source)
{
	char pos[2][POS_CAP] = { "", "" };
	for (size_t s = 0; s < request->section_count; s++) {
		char id[ID_CHARS + 1];
		struct op op;
		hub_random_id(class->hub, id);
		if (!pos_between(s ? pos[(s + 1) & 1] : NULL, NULL, pos[s & 1], POS_CAP))
			return;
		op_init(&op, OP_PUT, KIND_SECTION, id);
		op_str(&op, SECTION_TITLE, request->sections[s]);
		op_str(&op, SECTION_POS, pos[s & 1]);
		class_change(class, wall, &op, source);
	}
}

static void put_class(struct class *class, const struct class_request *request, const char *owner, int64_t now_ms)
{
	struct document *main = class_add_document(class, class->id, DOC_CLASS), *wall = class_add_document(class, class->start, DOC_WALL);
	const struct step_source source = { .actor = owner, .at_ms = now_ms, .first = true };
	struct op op;
	op_init(&op, OP_PUT, KIND_CLASS, "class");
	op_str(&op, CLASS_TITLE, request->title);
	op_str(&op, CLASS_CODE, class->code);
	op_str(&op, CLASS_DOOR, "open");
	op_int(&op, CLASS_AT, now_ms);
	class_change(class, main, &op, &source);
	decide_join(owner, request->name, ROLE_OWNER, now_ms, &op);
	class_change(class, main, &op, &source);
	op_init(&op, OP_PUT, KIND_DOCUMENT, class->start);
	op_str(&op, DOCUMENT_TYPE, "wall");
	op_str(&op, DOCUMENT_TITLE, request->title);
	op_str(&op, DOCUMENT_POS, "a0");
	class_change(class, main, &op, &source);
	op_init(&op, OP_PUT, KIND_WALL, "wall");
	op_str(&op, WALL_PROMPT, request->prompt);
	op_int(&op, WALL_HOLD, request->hold);
	op_str(&op, WALL_NAMES, request->names);
	class_change(class, wall, &op, &source);
	put_sections(class, wall, request, &source);
}

/* A class on its way to the store. */
struct new_class {
	struct class_entry entry;
	hub_on_class *on_class;
	void *ctx;
};

static void on_class_settled(struct hub *hub, enum store_result result, void *what)
{
	const struct new_class *new = what;
	if (result == STORE_DURABLE)
		directory_add_class(hub->config.directory, &new->entry);
	new->on_class(result, result == STORE_DURABLE ? new->entry.code : NULL, new->ctx);
}

void hub_new_class(struct hub *hub, const struct class_request *request, int64_t now_ms, hub_on_class *on_class, void *ctx)
{
	struct new_class *new = calloc(1, sizeof *new);
	if (!new)
		abort();
	struct class_entry *entry = &new->entry;
	new->on_class = on_class;
	new->ctx = ctx;
	hub->now_ms = now_ms;
	if (hub->fault != STORE_FINE || !random_code(hub, entry->code)) {
		free(new);
		on_class(STORE_UNAVAILABLE, NULL, ctx);
		return;
	}
	hub_random_id(hub, entry->id);
	hub_random_id(hub, entry->wall);
	hub_random_id(hub, entry->owner);
	snprintf(entry->account, sizeof entry->account, "%s", request->account_id);
	snprintf(entry->title, sizeof entry->title, "%s", request->title);
	entry->at_ms = now_ms;
	struct class *class = class_new(hub, entry->id, entry->code, entry->wall);
	class->loaded = true;
	put_class(class, request, entry->owner, now_ms);
	char *row = directory_class_row(entry);
	batch_add_row(class, "class", entry->code, row);
	free(row);
	hub_log(hub, "event=class.new class=%.3s…", entry->code);
	hold_call(class, on_class_settled, new);
}
