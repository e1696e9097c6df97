/* Questions about the past, and files to take away: read from the log on a thread of the store's, answered when they are ready (proto/README.md §13, §14). What they answer with is durable, since it comes out of the log. */
#include "server/session/internal.h"
#include "proto/json.h"
#include "server/export/export.h"
#include "server/room/history.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	ASKED_MAX = 2,         /* of one socket */
	ASKED_MEMBER_MAX = 4,  /* of one member, gone sockets' too */
	ASKED_ALL_MAX = 64,    /* by everybody: each holds what it needs to know of a document until its turn comes */
	FILE_PART_BYTES = 40 * 1024,
};

enum past_type { PAST_ANSWER, PAST_EXPORT, PAST_RESTORE };

/* One question under way. Owns everything it points at but the hub. */
struct past {
	struct past *prev, *next; /* of the hub's */
	enum past_type type;
	struct hub *hub;
	uint64_t conn; /* looked up again by then */
	_Atomic bool unwanted; /* whoever asked has gone: set by the loop, read by the reader's thread */
	char member[ID_CHARS + 1];
	char id[ID_CHARS + 1], doc[ID_CHARS + 1];
	struct history *history;
	cJSON *message; /* PAST_RESTORE: the command, to be handled then */
	/* PAST_EXPORT */
	enum export_format format;
	enum view view;
	enum doc_kind kind;
	struct doc *class_doc; /* a copy of what names need */
	char *title;
	struct buf file;
	bool made;
};

void past_free(struct past *past)
{
	if (past->prev)
		past->prev->next = past->next;
	else
		past->hub->pasts = past->next;
	if (past->next)
		past->next->prev = past->prev;
	history_free(past->history);
	cJSON_Delete(past->message);
	doc_free(past->class_doc);
	buf_release(&past->file);
	free(past->title);
	free(past);
}

/* ---- answering ---- */

static struct answer *answer_new(const struct past *past, size_t count)
{
	struct answer *answer = calloc(1, sizeof *answer + count * sizeof *answer->parts);
	if (!answer)
		abort();
	answer->count = count;
	strcpy(answer->id, past->id);
	strcpy(answer->doc, past->doc);
	return answer;
}

static void answer_history(struct conn *conn, const struct past *past)
{
	size_t count;
	const struct buf *parts = history_parts(past->history, &count);
	struct answer *answer = answer_new(past, count);
	for (size_t p = 0; p < count; p++)
		answer->parts[p] = frame_new(parts[p].s, parts[p].n);
	conn_answer(conn, answer);
}

/* How many bytes of `n` go into a part: whole characters. */
static size_t cut(const char *s, size_t n)
{
	if (n <= FILE_PART_BYTES)
		return n;
	for (n = FILE_PART_BYTES; ((unsigned char)s[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

static struct frame *file_part(const struct past *past, size_t part, const char *s, size_t n, bool last)
{
	static struct buf text; /* scratch of the loop's only thread */
	buf_reset(&text);
	buf_str(&text, "{\"t\":\"file\",\"id\":\"");
	buf_str(&text, past->id);
	buf_str(&text, "\",\"doc\":\"");
	buf_str(&text, past->doc);
	buf_str(&text, "\",\"format\":\"");
	buf_str(&text, export_format_name(past->format));
	buf_str(&text, "\",\"part\":");
	buf_int(&text, (int64_t)part);
	if (last)
		buf_str(&text, ",\"last\":true");
	buf_str(&text, ",\"text\":");
	buf_json_string(&text, s, n);
	buf_char(&text, '}');
	return frame_new(text.s, text.n);
}

static void answer_file(struct conn *conn, const struct past *past)
{
	size_t at = 0, count = 0;
	struct answer *answer = answer_new(past, past->file.n / (FILE_PART_BYTES - 4) + 1);
	do {
		size_t n = cut(past->file.s + at, past->file.n - at);
		answer->parts[count] = file_part(past, count, past->file.s + at, n, at + n == past->file.n);
		count++;
		at += n;
	} while (at < past->file.n);
	answer->count = count;
	conn_answer(conn, answer);
}

static void refuse_at(struct conn *conn, const struct past *past)
{
	message_refuse(conn, past->id, &(struct refused){ .code = REFUSE_BAD_VALUE, .say = "moment.unknown", .field = "at" });
}

static void answer(struct conn *conn, struct past *past, enum store_result result)
{
	struct doc *then;
	switch (past->type) {
	case PAST_ANSWER:
		if (history_is_found(past->history))
			answer_history(conn, past);
		else if (result == STORE_DURABLE)
			refuse_at(conn, past);
		else
			message_refuse(conn, past->id, &(struct refused){ .code = REFUSE_BUSY, .retry_ms = 2000 });
		return;
	case PAST_EXPORT:
		if (past->made)
			answer_file(conn, past);
		else
			message_refuse(conn, past->id, &(struct refused){ .code = REFUSE_BUSY, .retry_ms = 2000 });
		return;
	case PAST_RESTORE:
		then = history_take_doc(past->history);
		if (then)
			message_do(conn, past->message, then);
		else if (result == STORE_DURABLE)
			refuse_at(conn, past);
		else
			message_refuse(conn, past->id, &(struct refused){ .code = REFUSE_BUSY, .retry_ms = 2000 });
		doc_free(then);
		return;
	}
}

static void on_log(enum store_result result, void *ctx)
{
	struct past *past = ctx;
	struct conn *conn = hub_conn(past->hub, past->conn);
	if (conn && conn->state == CONN_READY) {
		conn->asked--;
		/* Rights are those of now: they may have been lost meanwhile. */
		if (conn_document(conn, past->doc))
			answer(conn, past, result);
		else
			message_refuse(conn, past->id, &(struct refused){ .code = REFUSE_NOT_FOUND });
	}
	past_free(past);
}

/* ---- asking ---- */

/* What is being read counts, and what it has not taken yet: or who asks and does not read would have us keep file upon file. */
static bool has_enough(const struct conn *conn)
{
	int count = conn->asked;
	for (const struct answer *answer = conn->answers; answer; answer = answer->next)
		count++;
	if (count >= ASKED_MAX)
		return true;
	int of_member = 0, all = 0;
	for (const struct past *past = conn->hub->pasts; past; past = past->next, all++)
		of_member += !strcmp(past->member, conn->member->id);
	return of_member >= ASKED_MEMBER_MAX || all >= ASKED_ALL_MAX;
}

void past_forget(const struct conn *conn)
{
	for (struct past *past = conn->hub->pasts; past; past = past->next)
		if (past->conn == conn->id)
			past->unwanted = true;
}

static struct past *past_new(struct conn *conn, const struct document *document, enum past_type type, const char *id)
{
	struct past *past = calloc(1, sizeof *past);
	if (!past)
		abort();
	past->type = type;
	past->hub = conn->hub;
	past->conn = conn->id;
	past->view = view_of_role(conn->member->role);
	past->kind = document->kind;
	strcpy(past->member, conn->member->id);
	strcpy(past->id, id);
	strcpy(past->doc, document->wire);
	past->next = conn->hub->pasts;
	if (past->next)
		past->next->prev = past;
	return conn->hub->pasts = past;
}

static bool past_snapshot(void *ctx, int64_t seq, const char *body, size_t n)
{
	struct past *past = ctx;
	const struct log_visitor visitor = history_visitor(past->history);
	return past->unwanted || visitor.snapshot(visitor.ctx, seq, body, n);
}

static bool past_entry(void *ctx, const struct log_entry *entry)
{
	struct past *past = ctx;
	const struct log_visitor visitor = history_visitor(past->history);
	return !past->unwanted && visitor.entry(visitor.ctx, entry);
}

static field_mask see(void *ctx, const struct object *object)
{
	return view_mask(((const struct past *)ctx)->view, object);
}

/* On the reader's thread: nothing but what the question owns is touched. */
static void past_end(void *ctx)
{
	struct past *past = ctx;
	const struct log_visitor visitor = history_visitor(past->history);
	if (past->unwanted)
		return;
	if (visitor.end)
		visitor.end(visitor.ctx);
	if (past->type != PAST_EXPORT)
		return;
	struct doc *doc = history_take_doc(past->history);
	const struct export_source source = { .doc = doc, .kind = past->kind, .class_doc = past->class_doc, .title = past->title, .see = see, .ctx = past };
	past->made = doc && export_document(&past->file, past->format, &source) && past->file.n;
	doc_free(doc);
}

/* A question whose log has yet to be read. */
struct waiting {
	struct past *past;
	char doc[ID_CHARS + 1];
	int64_t head;
};

static void read_log(struct hub *hub, const struct waiting *waiting)
{
	const struct log_visitor inner = history_visitor(waiting->past->history), visitor = { inner.snapshot ? past_snapshot : NULL, past_entry, past_end, waiting->past };
	hub->config.store->ops->read_log(hub->config.store, waiting->doc, waiting->head, &visitor, on_log);
}

static void on_settled(struct hub *hub, enum store_result result, void *what)
{
	const struct waiting *waiting = what;
	if (result == STORE_DURABLE)
		read_log(hub, waiting);
	else
		on_log(result, waiting->past);
}

/* An export says what people and documents are called as well, which is not out of the log: it waits until that is durable. */
static void start(struct conn *conn, struct past *past, const struct document *document)
{
	struct waiting waiting = { .past = past, .head = document->head };
	strcpy(waiting.doc, document->id);
	conn->asked++;
	if (past->type != PAST_EXPORT) {
		read_log(conn->hub, &waiting);
		return;
	}
	struct waiting *later = malloc(sizeof *later);
	if (!later)
		abort();
	*later = waiting;
	hold_call(conn->class, on_settled, later);
}

/* The parts that the three questions have in common; `keys` are all they may have. NULL after a refusal. */
static struct document *read_question(struct conn *conn, const cJSON *message, const char *const *keys, const char **id)
{
	struct document *document;
	size_t n;
	if (!json_has(message, "id"))
		message_malformed(conn, REFUSE_BAD_SHAPE);
	else if (!json_str(message, "id", id, &n))
		message_malformed(conn, REFUSE_BAD_TYPE);
	else if (!id_is_valid(*id, n))
		message_malformed(conn, REFUSE_BAD_VALUE);
	else if (message_read_doc(conn, message, keys, &document)) {
		if (!has_enough(conn))
			return document;
		message_refuse(conn, *id, &(struct refused){ .code = REFUSE_BUSY, .retry_ms = 1000 });
	}
	return NULL;
}

void past_handle_history(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "id", "doc", NULL };
	const char *id;
	struct document *document = read_question(conn, message, keys, &id);
	if (!document)
		return;
	struct past *past = past_new(conn, document, PAST_ANSWER, id);
	past->history = history_list(past->view, history_now(document->doc, past->view), id, document->wire);
	start(conn, past, document);
}

void past_handle_moment(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "id", "doc", "at", NULL };
	const char *id;
	int64_t at;
	struct document *document = read_question(conn, message, keys, &id);
	if (!document)
		return;
	if (!json_int(message, "at", 0, JSON_INT_MAX, &at)) {
		message_malformed(conn, json_has(message, "at") ? REFUSE_BAD_VALUE : REFUSE_BAD_SHAPE);
		return;
	}
	struct past *past = past_new(conn, document, PAST_ANSWER, id);
	past->history = history_moment(past->view, at, history_now(document->doc, past->view), id, document->wire);
	start(conn, past, document);
}

/* What exports read of the class: people's names. */
static struct doc *copy_people(const struct doc *class_doc)
{
	struct doc *copy = doc_new();
	struct op op;
	for (const struct object *o = doc_first(class_doc); o; o = object_next(o)) {
		if (o->kind != KIND_MEMBER)
			continue;
		op_of_object(&op, o);
		doc_apply(copy, &op);
	}
	return copy;
}

/* What an export is called. Pictures and pages say whose canvas it is as well; a canvas file keeps to its title, which is the canvas's again when it is imported. Owned. */
static char *title_of(const struct doc *class_doc, const struct object *listed, enum export_format format)
{
	const struct object *team = listed ? doc_find(class_doc, object_str(listed, DOCUMENT_TEAM)) : NULL;
	struct buf title = { 0 };
	if (team && team->kind == KIND_TEAM && format != EXPORT_JSON) {
		buf_str(&title, object_str(team, TEAM_NAME));
		buf_str(&title, " \xc2\xb7 ");
	}
	buf_str(&title, listed ? object_str(listed, DOCUMENT_TITLE) : "");
	char *copy = strdup(buf_cstr(&title));
	buf_release(&title);
	return copy;
}

void past_handle_export(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "id", "doc", "format", NULL };
	const char *id, *format;
	size_t n;
	struct document *document = read_question(conn, message, keys, &id);
	if (!document)
		return;
	if (!json_str(message, "format", &format, &n)) {
		message_malformed(conn, json_has(message, "format") ? REFUSE_BAD_TYPE : REFUSE_BAD_SHAPE);
		return;
	}
	enum export_format wanted = export_format_by_name(format);
	if (wanted == EXPORT_NONE || document->kind == DOC_CLASS) {
		message_refuse(conn, id, &(struct refused){ .code = REFUSE_BAD_VALUE, .field = wanted == EXPORT_NONE ? "format" : "doc" });
		return;
	}
	const struct doc *class_doc = conn->class->documents[0]->doc;
	const struct object *listed = doc_find(class_doc, document->wire);
	struct past *past = past_new(conn, document, PAST_EXPORT, id);
	past->format = wanted;
	past->class_doc = copy_people(class_doc);
	past->title = title_of(class_doc, listed, wanted);
	if (!past->title)
		abort();
	/* What its reader has been told, or will be as soon as it is durable. */
	past->history = history_moment(past->view, document->streams[past->view].at, NULL, NULL, NULL);
	start(conn, past, document);
}

void past_restore(struct conn *conn, struct document *document, const struct request *request)
{
	if (has_enough(conn)) {
		message_refuse(conn, request->id, &(struct refused){ .code = REFUSE_BUSY, .retry_ms = 1000 });
		return;
	}
	struct past *past = past_new(conn, document, PAST_RESTORE, request->id);
	past->message = cJSON_Duplicate(request->message, true);
	if (!past->message)
		abort();
	past->history = history_moment(past->view, request->args[ARG_RESTORE_AT].i, NULL, NULL, NULL);
	start(conn, past, document);
}
