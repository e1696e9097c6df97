/* What a client says, by the table of message types. Validation comes first: the strict JSON check, then exact keys and types, before anything is looked up. */
#include "server/session/internal.h"
#include "proto/json.h"
#include <sodium.h>
#include <string.h>

void write_no(struct buf *out, const char *id, const struct refused *refused)
{
	const char *code = refusal_codes[refused->code], *say = refused->say ? refused->say : code;
	bool any = false;
	buf_str(out, "{\"t\":\"no\"");
	if (*id) {
		buf_str(out, ",\"id\":\"");
		buf_str(out, id);
		buf_char(out, '"');
	}
	buf_str(out, ",\"code\":\"");
	buf_str(out, code);
	buf_str(out, "\",\"say\":\"");
	buf_str(out, say);
	buf_str(out, "\",\"args\":{");
	if (refused->field) {
		buf_str(out, "\"field\":");
		buf_json_string(out, refused->field, strlen(refused->field));
		any = true;
	}
	if (refused->max) {
		buf_str(out, any ? ",\"max\":" : "\"max\":");
		buf_int(out, refused->max);
	}
	buf_char(out, '}');
	if (refused->retry_ms) {
		buf_str(out, ",\"retry_ms\":");
		buf_int(out, refused->retry_ms);
	}
	buf_char(out, '}');
}

/* ---- refusing ---- */

static void refuse(struct conn *conn, const char *id, const struct refused *refused)
{
	struct buf text = { 0 };
	write_no(&text, id, refused);
	hold_text(conn, &text);
	buf_release(&text);
}

/* A message that no honest client sends: refused, and counted. */
static void malformed(struct conn *conn, enum refusal code)
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
	refuse(conn, id, &(struct refused){ .code = REFUSE_RATE, .retry_ms = reserve(conn, wait, cost) });
	return false;
}

/* ---- open, close, ping ---- */

static bool read_doc(struct conn *conn, const cJSON *message, const char *const *keys, struct document **document)
{
	const char *s;
	size_t n;
	if (!json_only(message, keys) || !json_has(message, "doc"))
		malformed(conn, REFUSE_BAD_SHAPE);
	else if (!json_str(message, "doc", &s, &n))
		malformed(conn, REFUSE_BAD_TYPE);
	else if ((*document = class_document(conn->class, strcmp(s, "start") ? s : conn->class->start)))
		return true;
	else
		refuse(conn, "", &(struct refused){ .code = REFUSE_NOT_FOUND });
	return false;
}

/* What is wrong with the position that an `open` names. */
static enum refusal position_fault(const cJSON *message)
{
	if (!json_has(message, "epoch") || !json_has(message, "at"))
		return REFUSE_BAD_SHAPE;
	return cJSON_IsNumber(json_get(message, "epoch")) && cJSON_IsNumber(json_get(message, "at")) ? REFUSE_BAD_VALUE : REFUSE_BAD_TYPE;
}

static void handle_open(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "doc", "epoch", "at", NULL };
	struct document *document;
	int64_t epoch = -1, at = -1;
	bool resumes = json_has(message, "epoch") || json_has(message, "at");
	if (!read_doc(conn, message, keys, &document))
		return;
	if (resumes && (!json_int(message, "epoch", 0, JSON_INT_MAX, &epoch) || !json_int(message, "at", 0, JSON_INT_MAX, &at))) {
		malformed(conn, position_fault(message));
		return;
	}

	enum view view = view_of_role(conn->member->role);
	struct stream *stream = &document->streams[view];
	struct reader *reader = &conn->readers[document->index];
	uint64_t position;
	conn_stop_reading(conn, document->index);
	reader->conn = conn;
	reader->stream = stream;
	if (resumes && stream_resume(stream, epoch, at, &position))
		hold_read(conn, document, NULL, epoch, at);
	else
		hold_read(conn, document, snapshot_of(stream, document->doc, view), 0, 0);
	class_send_overlay(document, conn);
}

void message_open_all(struct conn *conn, const cJSON *list)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, list)
	{
		if (conn->state != CONN_READY)
			return;
		if (!cJSON_IsObject(item))
			malformed(conn, REFUSE_BAD_TYPE);
		else if (within_rate(conn, "", 1))
			handle_open(conn, item);
	}
}

static void handle_close(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", "doc", NULL };
	struct document *document;
	if (read_doc(conn, message, keys, &document))
		conn_stop_reading(conn, document->index);
}

static void handle_ping(struct conn *conn, const cJSON *message)
{
	static const char *const keys[] = { "t", NULL };
	struct buf text = { 0 };
	if (!json_only(message, keys)) {
		malformed(conn, REFUSE_BAD_SHAPE);
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
		if (!request_has(request, a))
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
		refuse(conn, request->id, &(struct refused){ .code = REFUSE_CONFLICT, .say = "conflict.id" });
	}
	return true;
}

/* Everything after decide: the ops become so, and the answer waits for them to be durable. */
static void carry_out(struct conn *conn, struct document *document, const struct request *request, const uint8_t hash[16], const struct decision *decision)
{
	struct hub *hub = conn->hub;
	struct class *class = conn->class;
	static struct buf outcome; /* scratch of the loop's only thread */
	for (int o = 0; o < decision->op_count; o++)
		class_change(class, document, &decision->ops[o], conn->member->id, hub->now_ms);
	buf_reset(&outcome);
	buf_str(&outcome, "\"doc\":\"");
	buf_str(&outcome, document->wire);
	buf_str(&outcome, "\",\"at\":");
	buf_int(&outcome, document->streams[view_of_role(conn->member->role)].next_at);
	buf_str(&outcome, ",\"result\":{");
	if (decision->state) {
		buf_str(&outcome, "\"state\":\"");
		buf_str(&outcome, decision->state);
		buf_char(&outcome, '"');
	}
	buf_char(&outcome, '}');
	/* What changed nothing need not be remembered: done again it changes nothing again. */
	if (decision->op_count)
		batch_add_done(class, class_remember(class, request->id_bytes, hash, outcome.s, hub->now_ms));
	struct buf text = { 0 };
	write_ok(&text, request, outcome.s);
	hold_ok(conn, request->id, &text);
	buf_release(&text);
	hub->commands++;
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

static void run(struct conn *conn, struct document *document, struct request *request)
{
	struct hub *hub = conn->hub;
	struct member *member = conn->member;
	struct refused refused;
	struct buf name = { 0 };
	uint8_t hash[16];
	struct decision decision;
	struct room room = {
		.class_doc = conn->class->documents[0].doc,
		.doc = document->doc,
		.doc_kind = document->kind,
		.last_post_pos = document->last_post_pos,
		.objects_max = hub->limits->objects_per_document,
	};
	bool staff = role_is_staff(member->role);
	struct person person = { member->id, member->role, member->posts, staff ? 0 : hub->limits->posts_per_member };

	hash_request(request, hash);
	if (answered_before(conn, request, hash))
		return;
	if (hub->fault != STORE_FINE || document->damaged) {
		refuse(conn, request->id, &(struct refused){ .code = REFUSE_READONLY, .say = fault_sentence(document->damaged ? STORE_DAMAGED : hub->fault), .retry_ms = 5000 });
		return;
	}
	if (request->command == CMD_MEMBER_RENAME && !settle_name(conn, request, &name, &refused)) {
		refuse(conn, request->id, &refused);
		buf_release(&name);
		return;
	}
	decide(&room, &person, request, hub->now_ms, &decision);
	if (!decision.refused && command_specs[request->command].posts && !staff) {
		int64_t wait = bucket_take(&member->posting, hub->limits->posts_per_min, hub->limits->posts_burst, 1, hub->mono_ms);
		if (wait) {
			decision.refused = true;
			decision.why = (struct refused){ .code = REFUSE_RATE, .retry_ms = wait };
		}
	}
	if (decision.refused)
		refuse(conn, request->id, &decision.why);
	else
		carry_out(conn, document, request, hash, &decision);
	buf_release(&name);
}

static void handle_do(struct conn *conn, const cJSON *message)
{
	static struct buf line_scratch; /* of the loop's only thread */
	struct request request;
	struct refused refused;
	buf_reset(&line_scratch);
	if (!request_read(message, &line_scratch, &request, &refused)) {
		if (*request.id)
			refuse(conn, request.id, &refused);
		else
			malformed(conn, refused.code);
		return;
	}
	if (!within_rate(conn, request.id, command_specs[request.command].cost))
		return;
	conn->active_ms = conn->hub->mono_ms;
	struct document *document = class_document(conn->class, request.doc);
	if (document)
		run(conn, document, &request);
	else
		refuse(conn, request.id, &(struct refused){ .code = REFUSE_NOT_FOUND });
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
};

static void dispatch(struct conn *conn, const char *type, const cJSON *message)
{
	for (size_t t = 0; t < sizeof types / sizeof *types; t++)
		if (!strcmp(type, types[t].type)) {
			if (!types[t].cost || within_rate(conn, "", types[t].cost))
				types[t].handle(conn, message);
			return;
		}
	malformed(conn, REFUSE_UNKNOWN_TYPE);
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
		malformed(conn, REFUSE_NEED_HELLO);
		conn_close(conn, 4401, "");
	} else if (n > (size_t)conn->hub->limits->hello_bytes) {
		malformed(conn, REFUSE_TOO_BIG);
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
		malformed(conn, refusal_of(verdict));
	else if (!cJSON_IsObject(message) || !json_has(message, "t"))
		malformed(conn, REFUSE_BAD_SHAPE);
	else if (!json_str(message, "t", &type, &type_n))
		malformed(conn, REFUSE_BAD_TYPE);
	else if (conn->state == CONN_READY)
		dispatch(conn, type, message);
	else
		first_message(conn, type, message, n);
	cJSON_Delete(message);
}
