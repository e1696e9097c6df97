/* Who is where (proto/README.md §12). Never stored; told a little later than it happens, many changes in one message; and the first thing left out for who reads slowly. */
#include "server/session/internal.h"
#include "proto/json.h"
#include "server/room/decide.h"
#include <stdlib.h>
#include <string.h>

enum {
	PEOPLE_TOLD_MAX = 200, /* of a class: of more only the number is told, or everybody coming in would cost as much as everybody */
	EVERY_MS = 50,         /* of a document, at most; and more with many readers: */
	EVERY_READERS = 4,     /* a millisecond for so many */
	CLASS_EVERY_MS = 500,
};

/* What a document's readers have yet to be told. */
struct presence {
	struct presence *next; /* in the hub's list, while something is */
	struct class *class;
	struct document *document;
	bool dirty;
	int64_t told_ms;
	char (*members)[ID_CHARS + 1]; /* who has moved, come or gone; each once */
	size_t count, cap;
};

static struct presence *presence_of(struct class *class, struct document *document)
{
	if (document->presence)
		return document->presence;
	document->presence = calloc(1, sizeof *document->presence);
	if (!document->presence)
		abort();
	document->presence->class = class;
	document->presence->document = document;
	document->presence->told_ms = INT64_MIN / 2;
	return document->presence;
}

void presence_unlink(struct hub *hub, struct presence *presence)
{
	if (!presence)
		return;
	for (struct presence **link = &hub->dirty_presence; *link; link = &(*link)->next)
		if (*link == presence) {
			*link = presence->next;
			break;
		}
	free(presence->members);
	free(presence);
}

/* There is something to tell of it. */
static void mark(struct presence *presence)
{
	struct hub *hub = presence->class->hub;
	if (presence->dirty)
		return;
	presence->dirty = true;
	presence->next = hub->dirty_presence;
	hub->dirty_presence = presence;
}

static void note_moved(struct class *class, struct document *document, const char *member)
{
	struct presence *presence = presence_of(class, document);
	for (size_t m = 0; m < presence->count; m++)
		if (!strcmp(presence->members[m], member))
			return;
	if (presence->count == presence->cap) {
		presence->cap = presence->cap ? presence->cap * 2 : 8;
		presence->members = realloc(presence->members, presence->cap * sizeof *presence->members);
		if (!presence->members)
			abort();
	}
	strcpy(presence->members[presence->count++], member);
	mark(presence);
}

/* ---- where a member is ---- */

/* The socket on which they last moved in this document (in any, for the class document), NULL when they are not there. */
static const struct conn *place_of(const struct member *member, const struct document *document)
{
	const struct conn *newest = NULL;
	for (int c = 0; c < member->conn_count; c++) {
		const struct conn *conn = member->conns[c];
		if (conn->state == CONN_CLOSING || (document->kind != DOC_CLASS && conn->here.document != document))
			continue;
		if (!newest || conn->here.moved > newest->here.moved)
			newest = conn;
	}
	return newest;
}

static void write_string(struct buf *out, const char *key, const char *value)
{
	if (!*value)
		return;
	buf_str(out, ",\"");
	buf_str(out, key);
	buf_str(out, "\":\"");
	buf_str(out, value);
	buf_char(out, '"');
}

static void write_place(struct buf *out, const struct document *document, const struct conn *conn)
{
	const struct here *here = &conn->here;
	buf_str(out, "{\"who\":\"");
	buf_str(out, conn->member->id);
	buf_char(out, '"');
	if (document->kind == DOC_CLASS) {
		write_string(out, "in", here->document ? here->document->wire : "");
	} else {
		write_string(out, "box", here->box);
		write_string(out, "note", here->note);
		if (here->has_caret) {
			buf_str(out, ",\"caret\":[");
			buf_int(out, here->caret[0]);
			buf_char(out, ',');
			buf_int(out, here->caret[1]);
			buf_str(out, "],\"rev\":");
			buf_int(out, here->rev);
		}
	}
	buf_char(out, '}');
}

static void begin(struct buf *text, const struct document *document)
{
	buf_reset(text);
	buf_str(text, "{\"t\":\"presence\",\"doc\":\"");
	buf_str(text, document->wire);
	buf_char(text, '"');
}

/* A class too large to name everybody. */
static bool is_crowd(const struct class *class, const struct document *document)
{
	return document->kind == DOC_CLASS && class->conn_count > PEOPLE_TOLD_MAX;
}

static void write_count(struct buf *text, const struct class *class)
{
	buf_str(text, ",\"count\":");
	buf_int(text, class->conn_count);
	buf_char(text, '}');
}

/* What has changed. */
static void write_moves(struct buf *text, const struct presence *presence)
{
	const struct document *document = presence->document;
	bool any = false;
	begin(text, document);
	if (is_crowd(presence->class, document)) {
		write_count(text, presence->class);
		return;
	}
	buf_str(text, ",\"whole\":false,\"here\":[");
	for (int gone = 0; gone < 2; gone++) {
		for (size_t m = 0; m < presence->count; m++) {
			const struct conn *conn = place_of(class_member(presence->class, presence->members[m]), document);
			if ((conn == NULL) != gone)
				continue;
			if (any)
				buf_char(text, ',');
			any = true;
			if (gone)
				buf_json_string(text, presence->members[m], strlen(presence->members[m]));
			else
				write_place(text, document, conn);
		}
		buf_str(text, gone ? "]}" : "],\"gone\":[");
		any = false;
	}
}

/* Everybody who is there. */
static void write_whole(struct buf *text, const struct class *class, const struct document *document)
{
	bool any = false;
	begin(text, document);
	if (is_crowd(class, document)) {
		write_count(text, class);
		return;
	}
	buf_str(text, ",\"whole\":true,\"here\":[");
	for (const struct conn *conn = class->conns; conn; conn = conn->class_next) {
		if (!conn->member || place_of(conn->member, document) != conn)
			continue;
		if (any)
			buf_char(text, ',');
		any = true;
		write_place(text, document, conn);
	}
	buf_str(text, "],\"gone\":[]}");
}

/* ---- telling ---- */

static bool is_slow(const struct conn *conn)
{
	return conn->queue_count || conn->answers || conn->stuck_since_ms || conn->hub->transport->busy(conn->peer);
}

/* Whoever is slow now is told the whole of it another time, also when nothing happens until then: two documents' presence in one turn are enough to be slow. */
static void tell(struct presence *presence)
{
	static struct buf text; /* scratch of the loop's only thread */
	struct frame *moves = NULL, *whole = NULL;
	bool missed = false;
	if (presence->count) {
		write_moves(&text, presence);
		moves = frame_new(text.s, text.n);
	}
	for (int v = 0; v < VIEW_COUNT; v++) {
		struct stream *stream = &presence->document->streams[v];
		for (size_t r = 0; r < stream->reader_count; r++) {
			struct reader *reader = stream->readers[r];
			if (!moves && !reader->presence_missed)
				continue;
			if (is_slow(reader->conn)) {
				reader->presence_missed = missed = true;
				continue;
			}
			if (reader->presence_missed && !whole) {
				write_whole(&text, presence->class, presence->document);
				whole = frame_new(text.s, text.n);
			}
			hold_frame(reader->conn, reader->presence_missed ? whole : moves); /* who has just joined may not be a member yet for all that is durable */
			reader->presence_missed = false;
		}
	}
	frame_unref(moves);
	frame_unref(whole);
	presence->count = 0;
	presence->told_ms = presence->class->hub->mono_ms;
	if (missed)
		mark(presence);
}

static int64_t due_in(const struct presence *presence)
{
	const struct document *document = presence->document;
	size_t readers = document->streams[VIEW_CLASS].reader_count + document->streams[VIEW_STAFF].reader_count;
	int64_t every = document->kind == DOC_CLASS ? CLASS_EVERY_MS : EVERY_MS;
	every += (int64_t)readers / EVERY_READERS;
	return presence->told_ms + every - presence->class->hub->mono_ms;
}

int presence_flush(struct hub *hub)
{
	int64_t delay = -1;
	for (struct presence **link = &hub->dirty_presence; *link;) {
		struct presence *presence = *link;
		int64_t due = due_in(presence);
		if (due <= 0) {
			*link = presence->next;
			presence->dirty = false;
			tell(presence);
			due = due_in(presence);
			if (presence->dirty && (delay < 0 || due < delay))
				delay = due;
			continue;
		}
		if (delay < 0 || due < delay)
			delay = due;
		link = &presence->next;
	}
	return (int)delay;
}

/* ---- what happens ---- */

void presence_opened(struct conn *conn, struct document *document)
{
	struct buf text = { 0 };
	write_whole(&text, conn->class, document);
	hold_text(conn, &text);
	buf_release(&text);
}

void presence_closed(struct conn *conn, struct document *document)
{
	if (conn->here.document != document)
		return;
	conn->here = (struct here){ .moved = ++conn->hub->last_move };
	note_moved(conn->class, document, conn->member->id);
	note_moved(conn->class, conn->class->documents[0], conn->member->id);
}

void presence_came(struct conn *conn)
{
	note_moved(conn->class, conn->class->documents[0], conn->member->id);
}

void presence_left(struct conn *conn)
{
	struct class *class = conn->class;
	if (!conn->member || !class->document_count || class->dropped)
		return;
	if (conn->here.document && conn->here.document->kind != DOC_CLASS)
		note_moved(class, conn->here.document, conn->member->id);
	conn->here = (struct here){ 0 };
	note_moved(class, class->documents[0], conn->member->id);
}

/* Reads what a `here` says beside the document; what is not said is nowhere. */
static enum refusal read_here(const cJSON *message, struct here *here)
{
	const cJSON *caret = json_get(message, "caret");
	const char *box = "", *note = "";
	size_t n;
	if ((json_has(message, "box") && !json_str(message, "box", &box, &n)) || (json_has(message, "note") && !json_str(message, "note", &note, &n)))
		return REFUSE_BAD_TYPE;
	if (!request_is_key(box, strlen(box), true) || (*note && !id_is_valid(note, strlen(note))))
		return REFUSE_BAD_VALUE;
	strcpy(here->box, box);
	strcpy(here->note, note);
	if (!caret)
		return json_has(message, "rev") ? REFUSE_BAD_SHAPE : REFUSAL_NONE;
	if (!*note || !json_has(message, "rev"))
		return REFUSE_BAD_SHAPE;
	if (!cJSON_IsArray(caret) || cJSON_GetArraySize(caret) != 2)
		return REFUSE_BAD_TYPE;
	for (int c = 0; c < 2; c++) {
		const cJSON *at = cJSON_GetArrayItem(caret, c);
		if (!cJSON_IsNumber(at))
			return REFUSE_BAD_TYPE;
		here->caret[c] = (int64_t)at->valuedouble;
		if (here->caret[c] < 0)
			return REFUSE_BAD_VALUE;
	}
	here->has_caret = true;
	return json_int(message, "rev", 0, JSON_INT_MAX, &here->rev) ? REFUSAL_NONE : REFUSE_BAD_VALUE;
}

void presence_handle(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "doc", "box", "note", "caret", "rev", NULL };
	struct document *document, *before = conn->here.document;
	struct here here = { 0 };
	if (!message_read_doc(conn, message, keys, &document))
		return;
	enum refusal fault = read_here(message, &here);
	if (fault) {
		message_malformed(conn, fault);
		return;
	}
	if (!conn_reader(conn, document))
		return; /* it has just been closed, or lost: nothing to answer */
	bool is_newest = place_of(conn->member, conn->class->documents[0]) == conn;
	here.document = document;
	here.moved = ++conn->hub->last_move;
	conn->here = here;
	if (before != document && before && before->kind != DOC_CLASS)
		note_moved(conn->class, before, conn->member->id);
	if (before != document || !is_newest)
		note_moved(conn->class, conn->class->documents[0], conn->member->id);
	if (document->kind != DOC_CLASS)
		note_moved(conn->class, document, conn->member->id);
}
