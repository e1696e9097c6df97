/* What a client says, by the table of message types. Validation comes first: the strict JSON check, then exact keys and types, before anything is looked up. */
#include "server/session/internal.h"
#include "proto/json.h"
#include "server/room/trail.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void write_no(struct buf *out, const char *id, const struct refused *refused)
{
	buf_str(out, "{\"t\":\"no\",");
	if (*id) {
		buf_str(out, "\"id\":\"");
		buf_str(out, id);
		buf_str(out, "\",");
	}
	refused_write(out, refused);
	buf_char(out, '}');
}

void write_reload(struct buf *out, const struct document *document)
{
	buf_str(out, "{\"t\":\"reload\",\"doc\":\"");
	buf_str(out, document->wire);
	buf_str(out, "\"}");
}

/* ---- refusing ---- */

void message_refuse(struct conn *conn, const char *id, const struct refused *refused)
{
	struct buf text = { 0 };
	write_no(&text, id, refused);
	hold_text(conn, &text);
	buf_release(&text);
}

/* A message that no honest client sends: refused, and counted. */
void message_malformed(struct conn *conn, enum refusal code)
{
	const struct limits *limits = conn->hub->limits;
	struct refused refused = { .code = code };
	struct buf text = { 0 };
	write_no(&text, "", &refused);
	hold_text(conn, &text); /* in its turn: not before the `welcome` that waits for a commit */
	buf_release(&text);
	if (bucket_take(&conn->strikes, limits->malformed_per_min, limits->malformed_per_min - 1, 1, conn->hub->mono_ms))
		conn_close(conn, 4400, "");
}

/* When to come back: each refused command has a moment of its own, so that a client with hundreds of them waiting can send them all then, and is not refused again. */
static int64_t reserve(struct conn *conn, int64_t wait, int cost)
{
	int64_t now = conn->hub->mono_ms, at = now + wait;
	if (at < conn->rate_until_ms)
		at = conn->rate_until_ms;
	conn->rate_until_ms = at + (cost * 1000 + conn->hub->limits->commands_per_s - 1) / conn->hub->limits->commands_per_s;
	return at - now;
}

/* Who is told to wait and takes no notice: more refusals than commands allowed, in three windows on end. */
static bool is_ignoring(struct conn *conn)
{
	enum { WINDOW_MS = 2000, IGNORED_MAX = 3 };
	int64_t now = conn->hub->mono_ms, passed = now - conn->rated_ms;
	if (!conn->rated_ms || passed >= WINDOW_MS) {
		bool ignored = conn->rated_ms && passed < 2 * WINDOW_MS && conn->rated_count > conn->hub->limits->commands_per_s * (WINDOW_MS / 1000);
		conn->rate_ignored = ignored ? conn->rate_ignored + 1 : 0;
		conn->rated_ms = now;
		conn->rated_count = 0;
	}
	conn->rated_count++;
	return conn->rate_ignored >= IGNORED_MAX;
}

/* The socket's bucket: false and a refusal when it is empty. */
static bool within_rate(struct conn *conn, const char *id, int cost)
{
	struct hub *hub = conn->hub;
	const struct limits *limits = hub->limits;
	int64_t wait = bucket_take(&conn->commands, limits->commands_per_s * 60, limits->commands_burst, cost, hub->mono_ms);
	if (!wait && conn->class)
		wait = bucket_take(&conn->class->commands, limits->class_commands_per_s * 60, limits->class_commands_per_s * 2, cost, hub->mono_ms);
	if (!wait)
		return true;
	if (is_ignoring(conn)) {
		conn_close(conn, 4429, "");
		return false;
	}
	message_refuse(conn, id, &(struct refused){ .code = REFUSE_RATE, .retry_ms = reserve(conn, wait, cost) });
	return false;
}

/* Some commands are one line and change thousands of things: taking back a restore, say. What that costs is owed by their member, on whichever socket: true when it has been paid off. */
static bool has_paid(struct conn *conn, const char *id)
{
	const struct limits *limits = conn->hub->limits;
	int64_t wait = bucket_take(&conn->member->bulk, limits->bulk_ops_per_s * 60, limits->bulk_ops_burst, 0, conn->hub->mono_ms);
	if (wait)
		message_refuse(conn, id, &(struct refused){ .code = REFUSE_RATE, .retry_ms = wait });
	return !wait;
}

static void owe(struct conn *conn, size_t ops)
{
	enum { FEW = 20 };
	if (ops > FEW)
		bucket_owe(&conn->member->bulk, (int64_t)(ops - FEW));
}

/* What it costs to carry an edit over those since, or to send them, in tokens of the socket's bucket. */
static int trail_cost(size_t bytes)
{
	enum { BYTES_PER_TOKEN = 16 * 1024, COST_MAX = 100 };
	return bytes / BYTES_PER_TOKEN < COST_MAX ? (int)(bytes / BYTES_PER_TOKEN) : COST_MAX;
}

/* ---- naming a document ---- */

/* The id that a question goes by, "" if it has none. */
static const char *id_of(const cJSON *message)
{
	const char *id;
	size_t n;
	return json_str(message, "id", &id, &n) && id_is_valid(id, n) ? id : "";
}

bool message_read_doc(struct conn *conn, const cJSON *message, const char *const *keys, struct document **document)
{
	const char *s;
	size_t n;
	if (!json_only(message, keys) || !json_has(message, "doc"))
		message_malformed(conn, REFUSE_BAD_SHAPE);
	else if (!json_str(message, "doc", &s, &n))
		message_malformed(conn, REFUSE_BAD_TYPE);
	else if ((*document = conn_document(conn, strcmp(s, "start") ? s : conn->class->start)))
		return true;
	else
		message_refuse(conn, id_of(message), &(struct refused){ .code = REFUSE_NOT_FOUND, .doc = s });
	return false;
}

/* What is wrong with the position that an `open` names. */
static enum refusal position_fault(const cJSON *message)
{
	if (!json_has(message, "epoch") || !json_has(message, "at"))
		return REFUSE_BAD_SHAPE;
	return cJSON_IsNumber(json_get(message, "epoch")) && cJSON_IsNumber(json_get(message, "at")) ? REFUSE_BAD_VALUE : REFUSE_BAD_TYPE;
}

/* ---- coming back with unsent words ---- */

enum { TEXTS_MAX = 100, CATCH_UP_BYTES = 32 * 1024 };

/* One of `texts`: {id, rev, cmd?}. */
struct unsent {
	const char *id, *cmd;
	int64_t rev;
	uint8_t cmd_bytes[ID_BYTES];
};

static enum refusal read_unsent(const cJSON *item, struct unsent *unsent)
{
	static const char *const keys[] = { "id", "rev", "cmd", NULL };
	size_t n;
	if (!cJSON_IsObject(item))
		return REFUSE_BAD_TYPE;
	if (!json_only(item, keys) || !json_has(item, "id") || !json_has(item, "rev"))
		return REFUSE_BAD_SHAPE;
	unsent->cmd = NULL;
	if (!json_str(item, "id", &unsent->id, &n) || (json_has(item, "cmd") && !json_str(item, "cmd", &unsent->cmd, &n)))
		return REFUSE_BAD_TYPE;
	if (!id_is_valid(unsent->id, strlen(unsent->id)) || !json_int(item, "rev", 0, JSON_INT_MAX, &unsent->rev))
		return REFUSE_BAD_VALUE;
	if (unsent->cmd && !id_decode(unsent->cmd, strlen(unsent->cmd), unsent->cmd_bytes))
		return REFUSE_BAD_VALUE;
	return REFUSAL_NONE;
}

static enum refusal texts_fault(const cJSON *texts)
{
	const cJSON *item;
	struct unsent unsent;
	if (!texts)
		return REFUSAL_NONE;
	if (!cJSON_IsArray(texts))
		return REFUSE_BAD_TYPE;
	if (cJSON_GetArraySize(texts) > TEXTS_MAX)
		return REFUSE_BAD_VALUE;
	cJSON_ArrayForEach(item, texts)
	{
		enum refusal fault = read_unsent(item, &unsent);
		if (fault)
			return fault;
		for (const cJSON *other = texts->child; other != item; other = other->next)
			if (!strcmp(json_get(other, "id")->valuestring, unsent.id))
				return REFUSE_BAD_VALUE; /* one edit on its way for each text */
	}
	return REFUSAL_NONE;
}

/* How many bytes of edits a document's texts have since a revision. */
static size_t bytes_since(const struct document *document, const char *id, int64_t rev)
{
	const struct object *object = doc_find(document->doc, id);
	struct trail_walk walk;
	if (!object || object->kind != KIND_NOTE || trail_since(document->trail, id, object_int(object, NOTE_REV), rev, &walk) != TRAIL_OK)
		return 0;
	return trail_bytes_left(&walk);
}

static int catch_up_cost(const struct document *document, const cJSON *texts)
{
	const cJSON *item;
	struct unsent unsent;
	size_t bytes = 0;
	cJSON_ArrayForEach(item, texts)
	{
		read_unsent(item, &unsent);
		bytes += bytes_since(document, unsent.id, unsent.rev);
	}
	return trail_cost(bytes);
}

/* The revision that a command's outcome names, -1 if there is none. */
static int64_t outcome_rev(const struct conn *conn, const struct unsent *unsent)
{
	const struct done *done = unsent->cmd ? class_done(conn->class, unsent->cmd_bytes) : NULL;
	const char *rev = done ? strstr(done->outcome, "\"result\":{\"rev\":") : NULL;
	return rev ? strtoll(rev + strlen("\"result\":{\"rev\":"), NULL, 10) : -1;
}

static void begin_texts(struct buf *text, const struct document *document, const char *id)
{
	buf_reset(text);
	buf_str(text, "{\"t\":\"texts\",\"doc\":\"");
	buf_str(text, document->wire);
	buf_str(text, "\",\"id\":\"");
	buf_str(text, id);
	buf_char(text, '"');
}

static void begin_edits(struct buf *text, const struct document *document, const char *id, int64_t rev, int64_t own)
{
	begin_texts(text, document, id);
	buf_str(text, ",\"rev\":");
	buf_int(text, rev);
	if (own >= 0) {
		buf_str(text, ",\"own\":");
		buf_int(text, own);
	}
	buf_str(text, ",\"edits\":[");
}

static void catch_up(struct conn *conn, const struct document *document, const struct unsent *unsent)
{
	static struct buf text; /* scratch of the loop's only thread */
	const struct object *object = doc_find(document->doc, unsent->id);
	struct trail_walk walk;
	const char *edit;
	size_t n;
	bool any = false;
	int64_t own = outcome_rev(conn, unsent);
	/* Deleted or not: its text goes on, should somebody restore it. */
	if (!object || object->kind != KIND_NOTE || trail_since(document->trail, unsent->id, object_int(object, NOTE_REV), unsent->rev, &walk) != TRAIL_OK) {
		begin_texts(&text, document, unsent->id);
		buf_str(&text, ",\"lost\":true}");
		hold_text(conn, &text);
		return;
	}
	begin_edits(&text, document, unsent->id, unsent->rev, own);
	while (trail_next(&walk, &edit, &n)) {
		if (any && text.n + n > CATCH_UP_BYTES) {
			buf_str(&text, "]}");
			hold_text(conn, &text);
			begin_edits(&text, document, unsent->id, walk.rev - 1, own);
			any = false;
		}
		if (any)
			buf_char(&text, ',');
		any = true;
		buf_add(&text, edit, n);
	}
	buf_str(&text, "]}");
	hold_text(conn, &text);
}

/* ---- open, close, ping ---- */

static void handle_open(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "doc", "epoch", "at", "texts", NULL };
	struct document *document;
	int64_t epoch = -1, at = -1;
	bool resumes = json_has(message, "epoch") || json_has(message, "at");
	if (!message_read_doc(conn, message, keys, &document))
		return;
	if (resumes && (!json_int(message, "epoch", 0, JSON_INT_MAX, &epoch) || !json_int(message, "at", 0, JSON_INT_MAX, &at))) {
		message_malformed(conn, position_fault(message));
		return;
	}

	enum refusal fault = texts_fault(json_get(message, "texts"));
	if (fault) {
		message_malformed(conn, fault);
		return;
	}
	if (!conn_reader(conn, document) && conn->reader_count >= conn->hub->limits->open_documents) {
		message_refuse(conn, "", &(struct refused){ .code = REFUSE_QUOTA, .say = "quota.open", .max = conn->hub->limits->open_documents });
		return;
	}
	int cost = catch_up_cost(document, json_get(message, "texts"));
	if (cost && !within_rate(conn, "", cost))
		return;
	struct reader *reader = conn_open_reader(conn, document);
	struct unsent unsent;
	const cJSON *item;
	uint64_t position;
	cJSON_ArrayForEach(item, json_get(message, "texts"))
	{
		if (conn->state != CONN_READY)
			return; /* it did not read what it asked for */
		read_unsent(item, &unsent);
		catch_up(conn, document, &unsent);
	}
	if (conn->state != CONN_READY)
		return;
	if (resumes && stream_resume(reader->stream, epoch, at, &position))
		hold_read(conn, document, NULL, epoch, at);
	else
		hold_read(conn, document, snapshot_of(reader->stream, document->doc, view_of_role(conn->member->role)), 0, 0);
	class_send_overlay(document, conn);
	if (conn->state == CONN_READY) /* it may have been too slow for its own overlay */
		presence_opened(conn, document);
}

void message_open_all(struct conn *conn, const cJSON *list)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, list)
	{
		if (conn->state != CONN_READY)
			return;
		if (!cJSON_IsObject(item))
			message_malformed(conn, REFUSE_BAD_TYPE);
		else if (within_rate(conn, "", 1))
			handle_open(conn, item);
	}
}

static void handle_close(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "doc", NULL };
	struct document *document;
	if (!message_read_doc(conn, message, keys, &document))
		return;
	struct reader *reader = conn_reader(conn, document);
	presence_closed(conn, document);
	if (reader)
		conn_close_reader(conn, reader);
}

static void handle_ping(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", NULL };
	struct buf text = { 0 };
	if (!json_only(message, keys)) {
		message_malformed(conn, REFUSE_BAD_SHAPE);
		return;
	}
	buf_str(&text, "{\"t\":\"pong\",\"now\":");
	buf_int(&text, conn->hub->now_ms);
	buf_char(&text, '}');
	conn_send(conn, text.s, text.n);
	buf_release(&text);
}

/* ---- do ---- */

/* What the command asks for, independent of spelling: a resend may order or escape its JSON otherwise. */
static void hash_request(const struct request *request, uint8_t hash[16])
{
	static struct buf text; /* scratch of the loop's only thread */
	buf_reset(&text);
	buf_str(&text, command_specs[request->command].name);
	buf_char(&text, '\n');
	buf_str(&text, request->doc);
	for (int a = 0; a < command_specs[request->command].arg_count; a++) {
		if (!request_has(request, a) || command_specs[request->command].args[a].type == FIELD_EDIT)
			continue;
		buf_char(&text, '\n');
		buf_int(&text, a);
		buf_char(&text, '=');
		if (field_type_is_string(command_specs[request->command].args[a].type)) {
			buf_int(&text, (int64_t)request->args[a].n);
			buf_char(&text, ':');
			buf_add(&text, request->args[a].s, request->args[a].n);
		} else {
			buf_int(&text, request->args[a].i);
		}
	}
	if (request->edit)
		json_write(&text, request->edit);
	crypto_generichash(hash, 16, (const uint8_t *)text.s, text.n, NULL, 0);
}

static void write_ok(struct buf *out, const struct request *request, const char *outcome)
{
	buf_str(out, "{\"t\":\"ok\",\"id\":\"");
	buf_str(out, request->id);
	buf_str(out, "\",");
	buf_str(out, outcome);
	buf_char(out, '}');
}

/* A resend gets the first answer; another command under the same id is refused. True when it was one of these. */
static bool answered_before(struct conn *conn, const struct request *request, const uint8_t hash[16])
{
	const struct done *done = class_done(conn->class, request->id_bytes);
	if (!done)
		return false;
	if (memcmp(done->hash, hash, sizeof done->hash) == 0) {
		/* Held as text, not as an answer: should a commit fail now, `no` would be a lie about what was done long ago. */
		struct buf text = { 0 };
		write_ok(&text, request, done->outcome);
		hold_text(conn, &text);
		buf_release(&text);
	} else {
		message_refuse(conn, request->id, &(struct refused){ .code = REFUSE_CONFLICT, .say = "conflict.id" });
	}
	return true;
}

/* Where an op of the decision belongs; a document that it makes is made on the way. */
static struct document *target(struct class *class, struct document *named, const struct decision *decision, size_t into)
{
	if (!into)
		return named;
	const struct new_document *new = &decision->documents[into - 1];
	struct document *document = class_document(class, new->id);
	return document ? document : class_add_document(class, new->id, new->kind);
}

/* Whether an op on the class document may change who reads what. */
static bool is_about_rights(const struct op *op)
{
	return op->kind == KIND_DOCUMENT || (op->kind == KIND_MEMBER && op->type == OP_SET && op->mask & (1u << MEMBER_TEAM));
}

/* Whether an op before this one is for the same document. */
static bool named_before(const struct decision *decision, size_t op)
{
	for (size_t o = op; o-- > 0;)
		if (decision->ops[o].into == decision->ops[op].into)
			return true;
	return false;
}

void class_carry_out(struct class *class, struct document *named, const struct decision *decision, enum command command, const char *actor)
{
	struct step_source source = { .actor = actor, .command = command, .at_ms = class->hub->now_ms, .whose = decision->whose, .pops = decision->pops };
	bool rights = false;
	for (size_t o = 0; o < decision->op_count; o++) {
		struct document *document = target(class, named, decision, decision->ops[o].into);
		source.first = !named_before(decision, o);
		class_change(class, document, &decision->ops[o].op, &source);
		rights = rights || (document == named && is_about_rights(&decision->ops[o].op));
	}
	if (rights)
		class_check_readers(class);
}

/* Everything after decide: the ops become so, and the answer waits for them to be durable. */
static void carry_out(struct conn *conn, struct document *document, const struct request *request, const uint8_t hash[16], const struct decision *decision)
{
	struct hub *hub = conn->hub;
	struct class *class = conn->class;
	static struct buf outcome; /* scratch of the loop's only thread */
	class_carry_out(class, document, decision, request->command, conn->member->id);
	buf_reset(&outcome);
	buf_str(&outcome, "\"doc\":\"");
	buf_str(&outcome, document->wire);
	buf_str(&outcome, "\",\"at\":");
	buf_int(&outcome, document->streams[view_of_role(conn->member->role)].next_at);
	buf_str(&outcome, ",\"result\":{");
	buf_add(&outcome, decision->result.s, decision->result.n);
	buf_char(&outcome, '}');
	/* What changed nothing need not be remembered: done again it changes nothing again. */
	if (decision->op_count)
		batch_add_done(class, class_remember(class, request->id_bytes, hash, outcome.s, hub->now_ms));
	struct buf text = { 0 };
	write_ok(&text, request, outcome.s);
	hold_ok(conn, request->id, &text);
	buf_release(&text);
	hub->commands++;
	owe(conn, decision->op_count);
}

/* A new name must be free and not look like an instructor's; decide sees the one that is. */
static bool settle_name(struct conn *conn, struct request *request, struct buf *name, struct refused *refused)
{
	struct value *value = &request->args[ARG_MEMBER_RENAME_NAME];
	if (!class_free_name(conn->class, value->s, value->n, conn->member, name, refused))
		return false;
	*value = (struct value){ .s = name->s, .n = name->n };
	return true;
}

static const struct doc *other_document(void *ctx, const char *id, enum doc_kind *kind)
{
	struct class *class = ctx;
	const struct document *document = class_document(class, id);
	*kind = document ? document->kind : DOC_NONE;
	return document ? document->doc : NULL;
}

void class_room(struct class *class, const struct document *document, struct room *room)
{
	const struct hub *hub = class->hub;
	*room = (struct room){
		.class_doc = class->documents[0]->doc,
		.doc = document->doc,
		.document = document->wire,
		.doc_kind = document->kind,
		.last_post_pos = document->last_post_pos,
		.objects_max = hub->limits->objects_per_document,
		.documents_max = hub->limits->documents_per_class,
		.trail = document->trail,
		.steps = document->steps,
		.templates = hub->config.templates,
		.other = other_document,
		.ctx = class,
	};
}

/* Decides and carries out. `past` is for `restore`, once it has been read. */
static void run(struct conn *conn, struct document *document, struct request *request, const struct doc *past)
{
	static struct decision decision; /* scratch of the loop's only thread */
	struct hub *hub = conn->hub;
	struct member *member = conn->member;
	struct refused refused;
	struct buf name = { 0 };
	uint8_t hash[16];
	struct room room;
	bool staff = role_is_staff(member->role);
	struct person person = { member->id, member->role, member->posts, staff ? 0 : hub->limits->posts_per_member };

	hash_request(request, hash);
	if (answered_before(conn, request, hash))
		return;
	if (hub->fault != STORE_FINE || document->damaged) {
		message_refuse(conn, request->id, &(struct refused){ .code = REFUSE_READONLY, .say = fault_sentence(document->damaged ? STORE_DAMAGED : hub->fault), .retry_ms = 5000 });
		return;
	}
	if (document->bytes >= hub->limits->document_bytes) {
		message_refuse(conn, request->id, &(struct refused){ .code = REFUSE_QUOTA, .say = "quota.bytes" });
		return;
	}
	if (request->command == CMD_MEMBER_RENAME && !settle_name(conn, request, &name, &refused)) {
		message_refuse(conn, request->id, &refused);
		buf_release(&name);
		return;
	}
	class_room(conn->class, document, &room);
	room.past = past;
	decide(&room, &person, request, hub->now_ms, &decision);
	if (!decision.refused && command_specs[request->command].posts && !staff) {
		int64_t wait = bucket_take(&member->posting, hub->limits->posts_per_min, hub->limits->posts_burst, 1, hub->mono_ms);
		if (wait) {
			decision.refused = true;
			decision.why = (struct refused){ .code = REFUSE_RATE, .retry_ms = wait };
		}
	}
	if (decision.refused)
		message_refuse(conn, request->id, &decision.why);
	else if (request->command == CMD_RESTORE && !past)
		past_restore(conn, document, request);
	else
		carry_out(conn, document, request, hash, &decision);
	buf_release(&name);
}

/* Reads a `do` message; false after a refusal. `scratch` must live as long as the request. */
static bool read_request(struct conn *conn, const cJSON *message, struct buf *scratch, struct request *request)
{
	struct refused refused;
	buf_reset(scratch);
	if (request_read(message, scratch, request, &refused))
		return true;
	if (*request->id)
		message_refuse(conn, request->id, &refused);
	else
		message_malformed(conn, refused.code);
	return false;
}

/* A command's own cost, and that of an edit that comes late. */
static int cost_of(const struct request *request, const struct document *document)
{
	int cost = command_specs[request->command].cost;
	if (request->command == CMD_NOTE_TEXT && document)
		cost += trail_cost(bytes_since(document, request->args[ARG_NOTE_TEXT_ID].s, request->args[ARG_NOTE_TEXT_REV].i));
	return cost;
}

void message_do(struct conn *conn, const cJSON *message, const struct doc *past)
{
	static struct buf scratch; /* of the loop's only thread */
	struct request request;
	if (!read_request(conn, message, &scratch, &request))
		return;
	struct document *document = conn_document(conn, request.doc);
	if (!past && (!within_rate(conn, request.id, cost_of(&request, document)) || !has_paid(conn, request.id)))
		return;
	conn->active_ms = conn->hub->mono_ms;
	if (document) {
		run(conn, document, &request, past);
		return;
	}
	uint8_t hash[16];
	hash_request(&request, hash);
	if (!answered_before(conn, &request, hash)) /* what was done while it could be read stays so */
		message_refuse(conn, request.id, &(struct refused){ .code = REFUSE_NOT_FOUND });
}

static void handle_do(struct conn *conn, const cJSON *message)
{
	message_do(conn, message, NULL);
}

/* ---- the table ---- */

static void handle_hello(struct conn *conn, const cJSON *message)
{
	(void)message;
	conn_close(conn, 4400, ""); /* who one is is settled once per socket */
}

static const struct {
	const char *type;
	void (*handle)(struct conn *conn, const cJSON *message);
	int cost; /* of the socket's bucket; a command has its own */
} types[] = {
	{ "hello", handle_hello, 0 },
	{ "open", handle_open, 1 },
	{ "close", handle_close, 1 },
	{ "do", handle_do, 0 },
	{ "ping", handle_ping, 1 },
	{ "here", presence_handle, 0 }, /* as often as it likes: it only replaces what was said before */
	{ "history", past_handle_history, 5 },
	{ "moment", past_handle_moment, 2 },
	{ "export", past_handle_export, 10 },
};

static void dispatch(struct conn *conn, const char *type, const cJSON *message)
{
	for (size_t t = 0; t < sizeof types / sizeof *types; t++)
		if (!strcmp(type, types[t].type)) {
			if (!types[t].cost || within_rate(conn, id_of(message), types[t].cost))
				types[t].handle(conn, message);
			return;
		}
	message_malformed(conn, REFUSE_UNKNOWN_TYPE);
}

static enum refusal refusal_of(enum json_verdict verdict)
{
	switch (verdict) {
	case JSON_OK:
		break;
	case JSON_BAD_JSON:
		return REFUSE_BAD_JSON;
	case JSON_BAD_UTF8:
		return REFUSE_BAD_UTF8;
	case JSON_TOO_DEEP:
		return REFUSE_TOO_DEEP;
	case JSON_TOO_BIG:
		return REFUSE_TOO_BIG;
	case JSON_DUP_KEY:
		return REFUSE_DUP_KEY;
	}
	return REFUSAL_NONE;
}

static void first_message(struct conn *conn, const char *type, const cJSON *message, size_t n)
{
	if (strcmp(type, "hello") != 0) {
		message_malformed(conn, REFUSE_NEED_HELLO);
		conn_close(conn, 4401, "");
	} else if (n > (size_t)conn->hub->limits->hello_bytes) {
		message_malformed(conn, REFUSE_TOO_BIG);
	} else {
		hello_handle(conn, message);
	}
}

void message_handle(struct conn *conn, const char *text, size_t n)
{
	const struct limits *limits = conn->hub->limits;
	const char *type;
	size_t type_n;
	enum json_verdict verdict;
	if (bucket_take(&conn->bytes, limits->bytes_in_per_s * 60, limits->bytes_in_burst, (int64_t)n, conn->hub->mono_ms)) {
		conn_close(conn, 4429, "");
		return;
	}
	cJSON *message = json_parse(text, n, NULL, &verdict);
	if (!message)
		message_malformed(conn, refusal_of(verdict));
	else if (!cJSON_IsObject(message) || !json_has(message, "t"))
		message_malformed(conn, REFUSE_BAD_SHAPE);
	else if (!json_str(message, "t", &type, &type_n))
		message_malformed(conn, REFUSE_BAD_TYPE);
	else if (conn->state == CONN_READY)
		dispatch(conn, type, message);
	else
		first_message(conn, type, message, n);
	cJSON_Delete(message);
}
