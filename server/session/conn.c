/* One connection: its private queue, its places in streams, and the one function that sends. */
#include "server/session/internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	WRITE_BYTES = 64 * 1024,  /* composed into one write */
	TURN_BYTES = 256 * 1024,  /* to one connection in one turn, so that others are served in between */
};

/* ---- the private queue ---- */

void answer_free(struct answer *answer)
{
	for (size_t p = answer->sent; p < answer->count; p++)
		frame_unref(answer->parts[p]);
	free(answer);
}

static void queue_clear(struct conn *conn)
{
	for (size_t q = 0; q < conn->queue_count; q++)
		frame_unref(conn->queue[q]);
	free(conn->queue);
	conn->queue = NULL; /* an idle connection holds no memory for it */
	conn->queue_count = conn->queue_cap = conn->queue_bytes = 0;
}

void conn_drop_queue(struct conn *conn)
{
	queue_clear(conn);
	while (conn->answers) {
		struct answer *answer = conn->answers;
		conn->answers = answer->next;
		answer_free(answer);
	}
}

static struct buf scratch; /* FRAME_PAD bytes, then what is composed; of the loop's only thread */

static size_t composed(void)
{
	return scratch.n - FRAME_PAD;
}

static void compose_queue(struct conn *conn)
{
	size_t sent = 0;
	while (sent < conn->queue_count && (composed() == 0 || composed() + conn->queue[sent]->n <= WRITE_BYTES)) {
		struct frame *frame = conn->queue[sent++];
		buf_add(&scratch, frame->bytes, frame->n);
		conn->queue_bytes -= frame->n;
		frame_unref(frame);
	}
	conn->queue_count -= sent;
	if (conn->queue_count)
		memmove(conn->queue, conn->queue + sent, conn->queue_count * sizeof *conn->queue);
	else
		queue_clear(conn);
}

/* Writes what waits now instead of at the end of the turn: only who does not read may have a long queue. Nothing of the streams, which come behind what is still to be said in this turn. */
static void drain_queue(struct conn *conn)
{
	static const uint8_t pad[FRAME_PAD];
	const struct transport *transport = conn->hub->transport;
	while (conn->queue_count && !transport->busy(conn->peer)) {
		buf_reset(&scratch);
		buf_add(&scratch, pad, FRAME_PAD);
		compose_queue(conn);
		if (!transport->write(conn->peer, (const uint8_t *)scratch.s + FRAME_PAD, composed()))
			return; /* beyond use: its transport will say so */
	}
}

void conn_send_frame(struct conn *conn, struct frame *frame)
{
	if (conn->state == CONN_CLOSING)
		return;
	if (conn->queue_bytes + frame->n > (size_t)conn->hub->limits->queue_bytes)
		drain_queue(conn);
	if (conn->queue_bytes + frame->n > (size_t)conn->hub->limits->queue_bytes) {
		conn_close(conn, 4413, "");
		return;
	}
	if (conn->queue_count == conn->queue_cap) {
		conn->queue_cap = conn->queue_cap ? conn->queue_cap * 2 : 4;
		conn->queue = realloc(conn->queue, conn->queue_cap * sizeof *conn->queue);
		if (!conn->queue)
			abort();
	}
	conn->queue[conn->queue_count++] = frame_ref(frame);
	conn->queue_bytes += frame->n;
	hub_dirty_conn(conn->hub, conn);
}

void conn_answer(struct conn *conn, struct answer *answer)
{
	struct answer **link = &conn->answers;
	while (*link)
		link = &(*link)->next;
	*link = answer;
	answer->next = NULL;
	hub_dirty_conn(conn->hub, conn);
}

void conn_refuse_answers(struct conn *conn, const struct document *document)
{
	for (struct answer **link = &conn->answers; conn->state == CONN_READY && *link;) { /* one may be closed for not reading */
		struct answer *answer = *link;
		if (strcmp(answer->doc, document->wire) != 0) {
			link = &answer->next;
			continue;
		}
		*link = answer->next;
		message_refuse(conn, answer->id, &(struct refused){ .code = REFUSE_NOT_FOUND, .doc = document->wire });
		answer_free(answer);
	}
}

/* The next parts of the oldest answer. */
static void compose_answer(struct conn *conn)
{
	struct answer *answer = conn->answers;
	while (answer->sent < answer->count && (composed() == 0 || composed() + answer->parts[answer->sent]->n <= WRITE_BYTES)) {
		struct frame *frame = answer->parts[answer->sent++];
		buf_add(&scratch, frame->bytes, frame->n);
		frame_unref(frame);
	}
	if (answer->sent < answer->count)
		return;
	conn->answers = answer->next;
	free(answer);
}

void conn_send(struct conn *conn, const char *text, size_t n)
{
	struct frame *frame = frame_new(text, n);
	conn_send_frame(conn, frame);
	frame_unref(frame);
}

/* ---- reading documents ---- */

struct reader *conn_reader(const struct conn *conn, const struct document *document)
{
	struct reader *reader = conn->readers;
	while (reader && reader->document != document)
		reader = reader->next;
	return reader;
}

static void stop_reading(struct reader *reader)
{
	if (reader->reading)
		stream_remove_reader(reader->stream, reader);
	reader->reading = false;
	snapshot_unref(reader->snapshot);
	reader->snapshot = NULL;
}

struct reader *conn_open_reader(struct conn *conn, struct document *document)
{
	struct reader **link = &conn->readers;
	while (*link && (*link)->document != document)
		link = &(*link)->next;
	if (*link) {
		stop_reading(*link);
		return *link;
	}
	struct reader *reader = calloc(1, sizeof *reader);
	if (!reader)
		abort();
	reader->conn = conn;
	reader->document = document;
	reader->stream = &document->streams[view_of_role(conn->member->role)];
	conn->reader_count++;
	return *link = reader;
}

void conn_close_reader(struct conn *conn, struct reader *reader)
{
	struct reader **link = &conn->readers;
	while (*link != reader)
		link = &(*link)->next;
	*link = reader->next;
	conn->reader_count--;
	stop_reading(reader);
	free(reader);
}

void conn_start_reading(struct reader *reader, struct snapshot *snapshot, uint64_t position)
{
	stop_reading(reader);
	reader->snapshot = snapshot;
	reader->part = 0;
	reader->position = position;
	reader->reading = true;
	stream_add_reader(reader->stream, reader);
	hub_dirty_conn(reader->conn->hub, reader->conn);
}

/* It fell out of the window: from the beginning again, as soon as what that rests on is durable. */
static void restart_reading(struct reader *reader)
{
	struct conn *conn = reader->conn;
	stop_reading(reader);
	hold_read(conn, reader->document, snapshot_of(reader->stream, reader->document->doc, view_of_role(conn->member->role)), 0, 0);
}

/* ---- class membership ---- */

void conn_join_class(struct conn *conn, struct class *class)
{
	conn->class = class;
	conn->class_prev = NULL;
	conn->class_next = class->conns;
	if (class->conns)
		class->conns->class_prev = conn;
	class->conns = conn;
	class->conn_count++;
}

static void leave_member(struct conn *conn)
{
	struct member *member = conn->member;
	if (!member)
		return;
	for (int c = 0; c < member->conn_count; c++)
		if (member->conns[c] == conn) {
			member->conns[c] = member->conns[--member->conn_count];
			break;
		}
	conn->member = NULL;
}

void conn_leave_class(struct conn *conn)
{
	struct class *class = conn->class;
	if (!class)
		return;
	presence_left(conn);
	past_forget(conn);
	while (conn->readers)
		conn_close_reader(conn, conn->readers);
	leave_member(conn);
	if (conn->class_prev)
		conn->class_prev->class_next = conn->class_next;
	else
		class->conns = conn->class_next;
	if (conn->class_next)
		conn->class_next->class_prev = conn->class_prev;
	class->conn_count--;
	class->idle_since_ms = conn->hub->mono_ms;
	conn->class = NULL;
	hello_free(conn->hello);
	conn->hello = NULL;
}

/* ---- sending ---- */

static void compose_snapshot(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	while (reader->part < snapshot->part_count && (composed() == 0 || composed() + snapshot->parts[reader->part]->n <= WRITE_BYTES)) {
		struct frame *frame = snapshot->parts[reader->part++];
		buf_add(&scratch, frame->bytes, frame->n);
	}
	if (reader->part < snapshot->part_count)
		return;
	reader->snapshot = NULL;
	if (!stream_position(reader->stream, snapshot->at, &reader->position))
		reader->position = 0; /* the stream has moved on too far: before its window, so read_on starts over */
	snapshot_unref(snapshot);
}

static void compose_stream(struct reader *reader)
{
	size_t n;
	if (reader->position == reader->stream->head || composed() >= WRITE_BYTES)
		return;
	const uint8_t *bytes = stream_bytes(reader->stream, reader->position, WRITE_BYTES - composed(), &n);
	if (!bytes) {
		restart_reading(reader);
		return;
	}
	buf_add(&scratch, bytes, n);
	reader->position += n;
}

/* Gathers what this connection is owed, private messages first, up to one write's worth. */
static void compose(struct conn *conn)
{
	static const uint8_t pad[FRAME_PAD];
	buf_reset(&scratch);
	buf_add(&scratch, pad, FRAME_PAD);
	compose_queue(conn);
	for (struct reader *reader = conn->readers; reader && !conn->queue_count && composed() < WRITE_BYTES; reader = reader->next) {
		if (reader->reading && reader->snapshot)
			compose_snapshot(reader);
		if (reader->reading && !reader->snapshot)
			compose_stream(reader);
	}
	while (conn->answers && !conn->queue_count && composed() < WRITE_BYTES) {
		size_t before = composed();
		compose_answer(conn);
		if (composed() == before)
			break; /* the next part needs a write of its own */
	}
}

void conn_flush(struct conn *conn)
{
	const struct transport *transport = conn->hub->transport;
	size_t sent = 0;
	while (conn->state != CONN_CLOSING) {
		if (transport->busy(conn->peer) || sent >= TURN_BYTES) {
			if (!conn->stuck_since_ms)
				conn->stuck_since_ms = conn->hub->mono_ms ? conn->hub->mono_ms : 1;
			transport->want_writable(conn->peer);
			return;
		}
		compose(conn);
		if (!composed())
			break;
		sent += composed();
		if (!transport->write(conn->peer, (const uint8_t *)scratch.s + FRAME_PAD, composed())) {
			conn_close(conn, 1011, "");
			return;
		}
	}
	conn->stuck_since_ms = 0;
}

void conn_close(struct conn *conn, uint16_t code, const char *reason)
{
	if (conn->state == CONN_CLOSING)
		return;
	/* What was said before the end still goes out, if the socket takes it. */
	if (!conn->hub->transport->busy(conn->peer) && conn->queue_count) {
		compose(conn);
		if (composed())
			conn->hub->transport->write(conn->peer, (const uint8_t *)scratch.s + FRAME_PAD, composed());
	}
	if (conn->state == CONN_NEW)
		conn->hub->unknown_count--;
	conn->state = CONN_CLOSING;
	conn_drop_queue(conn);
	conn_leave_class(conn);
	conn->hub->transport->close(conn->peer, code, reason);
}
