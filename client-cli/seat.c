/* What must be kept in mind here:
 *
 *   changes go out in order, and what must wait holds back what comes behind it in the same document, and behind the class's everything: what a canvas is told may need what the class was told
 *   an edit of a text goes out under the id and with the body that it had first; after a lost connection not before `texts` has told whether it arrived
 *   whatever has a moment of its own (a retry, a text's next edit, the words that are to be written, presence) is looked at by pump(), which then sleeps until the next of them */
#include "client-cli/seat.h"
#include "client-cli/canvas.h"
#include "client-cli/typings.h"
#include "proto/json.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* How many may be under way at once: each ok adds one up to these, a refusal for its rate takes it back to one, because what is on its way behind a refused change may
 * still be taken, and then stands before it. Staff have no posting limit and a deeper bucket. */
enum { WINDOW_MEMBER = 3, WINDOW_STAFF = 24, RETRY_MIN_MS = 50 };

/* Sent a little slower than the server allows (30 a second, 120 at once), so that refusals stay rare. */
enum { PACE_PER_S = 25, PACE_BURST = 100 };

/* Presence, at most so often. */
enum { HERE_GAP_MS = 100 };

/* Documents in which something waits for its moment. */
enum { HELD_BACK_MAX = 16 };

struct ask {
	struct ask *prev, *next; /* utlist */
	char id[ID_CHARS + 1];
	char *message;
	bool sent;
	ask_part on_part;
	void *ctx;
};

struct seat {
	struct net *net;
	const struct profile *profile;
	struct class_entry entry;
	struct seat_events events;
	struct model model;
	struct journal journal;
	struct typings typings;
	struct link *link;
	struct ask *asks;
	struct {
		char doc[OBJECT_ID_CAP], box[OBJECT_ID_CAP], note[OBJECT_ID_CAP];
		bool touched;     /* it may be another than was said */
		char *said;       /* on this connection, or NULL */
		uint64_t next_ms; /* not before this moment */
	} here;
	uv_timer_t pump; /* sends what may be sent, now or when a retry_ms has passed */
	size_t window;   /* how many may be under way at the moment */
	uint64_t paced_mono_ms; /* the pace: the moment at which its bucket will be full again */
	bool keep_refused, ready, quiet, remembered;
	bool reopen;     /* a text has missed edits */
	int storage_error;
};

static void tell_change(struct seat *seat)
{
	if (!seat->quiet)
		seat->events.on_change(seat, seat->events.ctx);
}

static void send_buf(struct seat *seat, struct buf *text)
{
	link_send(seat->link, text->s, text->n);
	buf_release(text);
}

static void open_replica(struct seat *seat, struct replica *replica)
{
	struct buf text = { 0 }, texts = { 0 };
	/* Without a connection nothing is asked: it is opened after the next welcome. */
	if (link_state(seat->link) != LINK_UP)
		return;
	typings_write_open(&seat->typings, replica->id, &texts);
	model_open(replica, texts.s, &text);
	send_buf(seat, &text);
	buf_release(&texts);
}

/* --- sending --- */

static void pump(struct seat *seat);

static void on_pump(uv_timer_t *timer)
{
	pump(timer->data);
}

static void pump_at(struct seat *seat, uint64_t mono_ms)
{
	uint64_t now = uv_now(&seat->net->loop);
	uv_timer_start(&seat->pump, on_pump, mono_ms > now ? mono_ms - now : 0, 0);
}

static size_t window_max(const struct seat *seat)
{
	return role_is_staff(seat->model.role) ? WINDOW_STAFF : WINDOW_MEMBER;
}

/* Takes one from the pace's bucket; else returns the moment at which there is one. A bucket is kept as the time at which it is full. */
static uint64_t pace(struct seat *seat)
{
	enum { STEP_MS = 1000 / PACE_PER_S };
	uint64_t now = uv_now(&seat->net->loop);
	if (seat->paced_mono_ms < now)
		seat->paced_mono_ms = now;
	if (seat->paced_mono_ms + STEP_MS > now + (uint64_t)PACE_BURST * STEP_MS)
		return seat->paced_mono_ms + STEP_MS - (uint64_t)PACE_BURST * STEP_MS;
	seat->paced_mono_ms += STEP_MS;
	return 0;
}

/* The documents whose changes have to wait, for one round. */
struct held_back {
	const char *docs[HELD_BACK_MAX];
	size_t n;
	bool all;
};

static void hold_back(struct held_back *held, const char *doc)
{
	if (held->n == HELD_BACK_MAX || !strcmp(doc, "class"))
		held->all = true;
	else
		held->docs[held->n++] = doc;
}

static bool is_held_back(const struct held_back *held, const char *doc)
{
	for (size_t i = 0; i < held->n; i++)
		if (!strcmp(held->docs[i], doc))
			return true;
	return held->all;
}

static void sooner(uint64_t *next, uint64_t at)
{
	if (at && (!*next || at < *next))
		*next = at;
}

/* The moment until which a change must wait; 0: it may go. An edit after a lost connection waits for `texts`, which wakes us: UINT64_MAX. */
static uint64_t waits_until(const struct seat *seat, const struct change *change)
{
	uint64_t now = uv_now(&seat->net->loop);
	if (change->retry_mono_ms > now)
		return change->retry_mono_ms;
	struct typing_session *session = typings_of_cmd(&seat->typings, change->id);
	if (!session || !typing_is_resend(session->typing))
		return 0;
	uint64_t due = typing_due_ms(session->typing, now);
	return !due ? UINT64_MAX : due > now ? due : 0;
}

static void send_change(struct seat *seat, struct change *change)
{
	struct typing_session *session = typings_of_cmd(&seat->typings, change->id);
	link_send(seat->link, change->message, strlen(change->message));
	change->state = CHANGE_SENT;
	if (session && typing_is_resend(session->typing))
		typing_resent(session->typing, uv_now(&seat->net->loop));
}

/* Sends what may be sent, in order. Returns the next moment for it, 0 for none. */
static uint64_t send_changes(struct seat *seat)
{
	size_t sent = 0;
	uint64_t next = 0, later;
	struct change *change;
	struct held_back held = { 0 };
	DL_FOREACH(seat->journal.changes, change)
		sent += change->state == CHANGE_SENT;
	DL_FOREACH(seat->journal.changes, change) {
		if (change->state != CHANGE_KEPT || is_held_back(&held, change->doc))
			continue;
		if ((later = waits_until(seat, change))) {
			sooner(&next, later == UINT64_MAX ? 0 : later);
			hold_back(&held, change->doc);
			continue;
		}
		if (sent++ >= seat->window)
			break;
		if ((later = pace(seat))) {
			sooner(&next, later);
			break;
		}
		send_change(seat, change);
	}
	return next;
}

static uint64_t say_here(struct seat *seat);

static void pump(struct seat *seat)
{
	uint64_t now = uv_now(&seat->net->loop), next;
	bool up = link_state(seat->link) == LINK_UP;
	next = typings_pump(&seat->typings, &seat->journal, now, up && !seat->storage_error);
	seat->storage_error = journal_sync(&seat->journal);
	if (up && !seat->storage_error)
		sooner(&next, send_changes(seat));
	if (up)
		sooner(&next, say_here(seat));
	if (next)
		pump_at(seat, next);
	tell_change(seat);
}

static enum command command_of(const char *name)
{
	for (int c = 1; c < CMD_COUNT; c++)
		if (!strcmp(command_specs[c].name, name))
			return (enum command)c;
	return CMD_NONE;
}

struct change *seat_do_in(struct seat *seat, const char *doc, enum command command, cJSON *args, void *tag)
{
	struct change *change = journal_add(&seat->journal, doc, command_specs[command].name, args);
	change->tag = tag;
	pump_at(seat, 0);
	return change;
}

struct change *seat_do(struct seat *seat, enum command command, cJSON *args, void *tag)
{
	int in = command_specs[command].in;
	assert(in == DOC_CLASS || in == DOC_WALL);
	return seat_do_in(seat, in == DOC_CLASS ? "class" : seat->model.wall.id, command, args, tag);
}

void seat_forget(struct seat *seat, struct change *change)
{
	journal_drop(&seat->journal, change);
	tell_change(seat);
}

/* --- answers --- */

/* An answered change stays laid over the picture until its effect has arrived, so that nothing flickers. */
static bool has_arrived(struct seat *seat, const struct change *change)
{
	const struct replica *replica = model_replica(&seat->model, change->doc);
	if (!replica || replica->at < change->at)
		return !replica;
	const char *id;
	size_t n;
	/* What is pending shows for as long as the document has not been read: it may have been opened anew. */
	if (!replica->known)
		return false;
	if (command_of(change->name) != CMD_POST_ADD || !json_str(change->args, "id", &id, &n))
		return true;
	/* A held post comes in the overlay, which has no part in the counter. */
	return doc_find(replica->mine, id) || doc_find(replica->shared, id);
}

static void drop_arrived(struct seat *seat)
{
	struct change *change, *tmp;
	DL_FOREACH_SAFE(seat->journal.changes, change, tmp)
		if (change->state == CHANGE_DONE && has_arrived(seat, change))
			journal_drop(&seat->journal, change);
}

static void on_ok(struct seat *seat, struct change *change, const cJSON *answer)
{
	int64_t at = 0, rev = 0;
	struct typing_session *session = typings_of_cmd(&seat->typings, change->id);
	json_int(answer, "at", 0, JSON_INT_MAX, &at);
	json_int(json_object(answer, "result"), "rev", 0, JSON_INT_MAX, &rev);
	if (session)
		typings_ok(session, &seat->journal, rev);
	journal_done(&seat->journal, change, at);
	seat->window += seat->window < window_max(seat);
	seat->events.on_ok(seat, change, answer, seat->events.ctx);
	drop_arrived(seat);
}

static bool is_for_later(const char *code)
{
	return !strcmp(code, "rate") || !strcmp(code, "busy") || !strcmp(code, "readonly");
}

static bool holds_words(const struct change *change)
{
	enum command command = command_of(change->name);
	return command == CMD_POST_ADD || command == CMD_POST_EDIT || command == CMD_NOTE_ADD || command == CMD_NOTE_TEXT;
}

static void on_no(struct seat *seat, struct change *change, const cJSON *answer)
{
	const char *code = "";
	size_t n;
	int64_t retry_ms = 0;
	struct typing_session *session = typings_of_cmd(&seat->typings, change->id);
	json_str(answer, "code", &code, &n);
	if (is_for_later(code) && json_int(answer, "retry_ms", 0, 3600000, &retry_ms)) {
		seat->window = 1;
		change->state = CHANGE_KEPT;
		change->retry_mono_ms = uv_now(&seat->net->loop) + (uint64_t)retry_ms + RETRY_MIN_MS;
		if (session)
			typing_no(session->typing, code);
		return;
	}
	if (session) {
		/* The session keeps or loses the words, and sees to it that they are on disk. */
		seat->events.on_no(seat, change, answer, true, seat->events.ctx);
		typings_no(session, &seat->journal, answer);
		return;
	}
	/* The server remembers answers for 24 h. Later than that, "it exists already" says that this very change made it. */
	const char *say = "";
	json_str(answer, "say", &say, &n);
	if (change->inherited && !strcmp(say, "conflict.id")) {
		journal_drop(&seat->journal, change);
		return;
	}
	bool keep = holds_words(change) && (seat->keep_refused || change->inherited);
	if (keep)
		journal_refuse(&seat->journal, change, answer);
	seat->events.on_no(seat, change, answer, keep, seat->events.ctx);
	if (!keep)
		journal_drop(&seat->journal, change);
}

static void take_answer(struct seat *seat, const char *type, const cJSON *message)
{
	const char *id;
	size_t n;
	struct change *change = json_str(message, "id", &id, &n) ? journal_find(&seat->journal, id) : NULL;
	if (!change || change->state == CHANGE_DONE || change->state == CHANGE_REFUSED)
		return;
	if (!strcmp(type, "ok"))
		on_ok(seat, change, message);
	else
		on_no(seat, change, message);
	pump_at(seat, 0);
}

/* --- asking --- */

static void ask_free(struct seat *seat, struct ask *ask)
{
	DL_DELETE(seat->asks, ask);
	free(ask->message);
	free(ask);
}

static void send_asks(struct seat *seat)
{
	struct ask *ask;
	DL_FOREACH(seat->asks, ask) {
		if (ask->sent || link_state(seat->link) != LINK_UP)
			continue;
		link_send(seat->link, ask->message, strlen(ask->message));
		ask->sent = true;
	}
}

struct ask *seat_ask(struct seat *seat, cJSON *question, ask_part on_part, void *ctx)
{
	struct ask *ask = calloc(1, sizeof *ask);
	if (!ask)
		abort();
	random_id(ask->id);
	cJSON_AddStringToObject(question, "id", ask->id);
	if (!(ask->message = cJSON_PrintUnformatted(question)))
		abort();
	cJSON_Delete(question);
	ask->on_part = on_part;
	ask->ctx = ctx;
	DL_APPEND(seat->asks, ask);
	send_asks(seat);
	return ask;
}

void seat_unask(struct seat *seat, struct ask *ask)
{
	if (ask)
		ask_free(seat, ask);
}

static struct ask *ask_of(const struct seat *seat, const cJSON *message)
{
	const char *id;
	size_t n;
	struct ask *ask;
	if (json_str(message, "id", &id, &n))
		DL_FOREACH(seat->asks, ask)
			if (!strcmp(ask->id, id))
				return ask;
	return NULL;
}

/* The answer's receiver may ask again, but not free the seat; the question is over before it hears the last of it. */
static void on_ask_part(struct seat *seat, struct ask *ask, const cJSON *part)
{
	bool last = false;
	ask_part on_part = ask->on_part;
	void *ctx = ask->ctx;
	json_bool(part, "last", &last);
	if (last)
		ask_free(seat, ask);
	on_part(part, last, NULL, ctx);
}

static void on_ask_no(struct seat *seat, struct ask *ask, const cJSON *no)
{
	ask_part on_part = ask->on_part;
	void *ctx = ask->ctx;
	ask_free(seat, ask);
	on_part(NULL, true, no, ctx);
}

/* --- other documents --- */

void seat_open(struct seat *seat, const char *doc)
{
	bool fresh;
	struct replica *replica = model_enter(&seat->model, doc, &fresh);
	if (fresh)
		open_replica(seat, replica);
}

void seat_close(struct seat *seat, const char *doc)
{
	char id[OBJECT_ID_CAP];
	struct buf text = { 0 };
	snprintf(id, sizeof id, "%s", doc);
	if (!model_leave(&seat->model, id))
		return;
	buf_str(&text, "{\"t\":\"close\",\"doc\":");
	buf_json_string(&text, id, strlen(id));
	buf_char(&text, '}');
	send_buf(seat, &text);
}

/* What could not be read may be readable now: the class tells of rights. */
static void open_what_may_be_seen(struct seat *seat)
{
	struct class_list list = { 0 };
	struct replica *replica;
	bool any = false;
	LL_FOREACH(seat->model.canvases, replica)
		any |= replica->refused;
	if (!any)
		return;
	class_list_make(&list, &seat->model);
	LL_FOREACH(seat->model.canvases, replica) {
		const struct canvas_entry *entry = replica->refused ? class_list_canvas(&list, replica->id) : NULL;
		if (entry && entry->may_see)
			open_replica(seat, replica);
	}
	class_list_release(&list);
}

static void on_open_refused(struct seat *seat, const cJSON *no)
{
	const char *code = "", *doc = "";
	size_t n;
	json_str(no, "code", &code, &n);
	json_str(no, "doc", &doc, &n);
	if (strcmp(code, "not_found") != 0)
		return;
	struct replica *replica = model_refuse(&seat->model, doc);
	if (replica)
		typings_shut(&seat->typings, &seat->journal, replica->id);
	pump_at(seat, 0);
}

/* --- typing --- */

const struct typings *seat_typings(const struct seat *seat)
{
	return &seat->typings;
}

struct typing *seat_type_begin(struct seat *seat, const char *doc, const char *note)
{
	const struct replica *replica = model_replica(&seat->model, doc);
	const struct object *object = replica && replica->known ? doc_find(replica->shared, note) : NULL;
	if (!object || object->kind != KIND_NOTE)
		return NULL;
	return typings_begin(&seat->typings, doc, object)->typing;
}

void seat_type_end(struct seat *seat, struct typing *typing)
{
	typings_end(&seat->typings, typings_of(&seat->typings, typing));
	pump_at(seat, 0);
}

static enum typing_verdict typed(struct seat *seat, struct typing *typing, enum typing_verdict verdict)
{
	if (verdict == TYPING_OK) {
		typings_touch(typings_of(&seat->typings, typing), uv_now(&seat->net->loop));
		seat->here.touched = true;
		pump_at(seat, 0);
	}
	return verdict;
}

enum typing_verdict seat_type(struct seat *seat, struct typing *typing, int64_t at, int64_t remove, const char *s, size_t n)
{
	return typed(seat, typing, typing_splice(typing, at, remove, s, n));
}

enum typing_verdict seat_type_replace(struct seat *seat, struct typing *typing, const char *s, size_t n)
{
	return typed(seat, typing, typing_replace(typing, s, n));
}

void seat_type_offer(struct seat *seat, struct typing *typing)
{
	typing_offer(typing);
	typed(seat, typing, TYPING_OK);
}

static void on_text(struct replica *replica, const struct op *op, void *ctx)
{
	struct seat *seat = ctx;
	const struct typing_session *session = typings_find(&seat->typings, replica->id, op->id);
	bool was = session && typing_is_pending(session->typing);
	if (typings_op(&seat->typings, replica->id, op))
		seat->reopen = true;
	/* Our words may be there now: then our caret stands behind them for the others too. */
	if (was)
		seat->here.touched = true;
}

static void take_texts(struct seat *seat, const cJSON *message)
{
	typings_texts(&seat->typings, &seat->journal, message);
	pump_at(seat, 0);
	tell_change(seat);
}

static void settle_texts(struct seat *seat, struct replica *replica)
{
	bool complete = replica->known && !replica->opening && replica->at >= replica->opened_at;
	if (replica->known)
		seat->reopen |= typings_settle(&seat->typings, &seat->journal, replica->id, replica->shared, complete);
	if (seat->reopen)
		open_replica(seat, replica);
	seat->reopen = false;
	pump_at(seat, 0);
}

/* --- presence --- */

static void add_caret(struct seat *seat, struct buf *out)
{
	const struct typing_session *session = typings_find(&seat->typings, seat->here.doc, seat->here.note);
	if (!session)
		return;
	struct caret caret = typing_caret_there(session->typing);
	buf_str(out, ",\"caret\":[");
	buf_int(out, caret.anchor);
	buf_char(out, ',');
	buf_int(out, caret.focus);
	buf_str(out, "],\"rev\":");
	buf_int(out, typing_rev(session->typing));
}

static void here_write(struct seat *seat, struct buf *out)
{
	buf_str(out, "{\"t\":\"here\",\"doc\":");
	buf_json_string(out, seat->here.doc, strlen(seat->here.doc));
	if (*seat->here.box) {
		buf_str(out, ",\"box\":");
		buf_json_string(out, seat->here.box, strlen(seat->here.box));
	}
	if (*seat->here.note) {
		buf_str(out, ",\"note\":");
		buf_json_string(out, seat->here.note, strlen(seat->here.note));
		add_caret(seat, out);
	}
	buf_char(out, '}');
}

/* Returns the moment at which there will be something to say, 0 for none. */
static uint64_t say_here(struct seat *seat)
{
	struct buf text = { 0 };
	uint64_t now = uv_now(&seat->net->loop);
	const struct replica *replica = *seat->here.doc ? model_replica(&seat->model, seat->here.doc) : NULL;
	if (!seat->here.touched || !replica || replica->refused)
		return 0;
	if (seat->here.next_ms > now)
		return seat->here.next_ms;
	seat->here.touched = false;
	here_write(seat, &text);
	if (!seat->here.said || strcmp(seat->here.said, text.s) != 0) {
		link_send(seat->link, text.s, text.n);
		free(seat->here.said);
		seat->here.said = strdup(text.s);
		seat->here.next_ms = now + HERE_GAP_MS;
	}
	buf_release(&text);
	return 0;
}

void seat_here(struct seat *seat, const char *doc, const char *box, const char *note)
{
	snprintf(seat->here.doc, sizeof seat->here.doc, "%s", doc);
	snprintf(seat->here.box, sizeof seat->here.box, "%s", box ? box : "");
	snprintf(seat->here.note, sizeof seat->here.note, "%s", note ? note : "");
	seat->here.touched = true;
	pump_at(seat, 0);
}

/* --- the link's events --- */

/* What makes the next start quicker: that one is in this class, and which wall words belong to. Failing to note it harms nothing. */
static void remember(struct seat *seat)
{
	if (!strcmp(seat->entry.wall, seat->model.wall.id) && seat->remembered)
		return;
	snprintf(seat->entry.wall, sizeof seat->entry.wall, "%s", seat->model.wall.id);
	seat->entry.used_ms = now_ms();
	seat->remembered = !profile_save_class(seat->profile, &seat->entry);
}

static void on_welcome(const cJSON *welcome, void *ctx)
{
	struct seat *seat = ctx;
	struct change *change;
	if (!model_welcome(&seat->model, welcome))
		return;
	seat->window = window_max(seat);
	remember(seat);
	DL_FOREACH(seat->journal.changes, change)
		if (change->state == CHANGE_SENT) {
			change->state = CHANGE_KEPT;
			change->retry_mono_ms = 0;
		}
	typings_cut(&seat->typings);
	free(seat->here.said);
	seat->here.said = NULL;
	seat->here.touched = true;
	seat->here.next_ms = 0;
	open_replica(seat, &seat->model.class_doc);
	open_replica(seat, &seat->model.wall);
	struct replica *replica;
	LL_FOREACH(seat->model.canvases, replica)
		open_replica(seat, replica);
	send_asks(seat);
	pump_at(seat, 0);
}

static void become_ready(struct seat *seat)
{
	if (seat->ready || !model_is_ready(&seat->model))
		return;
	seat->ready = true;
	seat->events.on_ready(seat, seat->events.ctx);
	tell_change(seat);
}

static void on_message(const char *type, const cJSON *message, void *ctx)
{
	struct seat *seat = ctx;
	struct ask *ask = ask_of(seat, message);
	if (ask) {
		if (!strcmp(type, "no"))
			on_ask_no(seat, ask, message);
		else
			on_ask_part(seat, ask, message);
		return;
	}
	if (!strcmp(type, "no") && !json_has(message, "id"))
		on_open_refused(seat, message);
	if (!strcmp(type, "ok") || !strcmp(type, "no")) {
		take_answer(seat, type, message);
		return;
	}
	if (!strcmp(type, "texts")) {
		take_texts(seat, message);
		return;
	}
	struct replica *where;
	enum model_verdict verdict = model_take(&seat->model, type, message, &where);
	if ((verdict == MODEL_REOPEN || verdict == MODEL_ANEW) && where)
		open_replica(seat, where);
	if (verdict == MODEL_SAME)
		return;
	if (verdict == MODEL_CHANGED && where)
		settle_texts(seat, where);
	if (where == &seat->model.class_doc)
		open_what_may_be_seen(seat);
	drop_arrived(seat);
	become_ready(seat);
	tell_change(seat);
}

static void on_state(enum link_state state, void *ctx)
{
	struct seat *seat = ctx;
	struct change *change;
	if (state != LINK_UP) {
		DL_FOREACH(seat->journal.changes, change)
			if (change->state == CHANGE_SENT)
				change->state = CHANGE_KEPT;
		struct ask *ask;
		DL_FOREACH(seat->asks, ask)
			ask->sent = false;
		typings_cut(&seat->typings);
	}
	tell_change(seat);
}

static void on_refused(const cJSON *no, void *ctx)
{
	struct seat *seat = ctx;
	seat->events.on_refused(seat, no, seat->events.ctx);
}

/* --- life --- */

/* Words typed at an earlier start: their documents are opened, so that they can be carried over to what the texts are now, and sent. */
static void take_up_typings(struct seat *seat)
{
	const struct typing_session *session;
	bool fresh;
	typings_load(&seat->typings, &seat->journal);
	DL_FOREACH(seat->typings.list, session)
		model_enter(&seat->model, session->doc, &fresh);
}

struct seat *seat_new(const struct seat_config *config, const struct seat_events *events, int *err)
{
	struct seat *seat = calloc(1, sizeof *seat);
	struct buf path = { 0 };
	if (!seat)
		abort();
	profile_class_path(config->profile, &config->entry->place, ".journal", &path);
	*err = journal_open(&seat->journal, path.s);
	buf_release(&path);
	if (*err) {
		free(seat);
		return NULL;
	}
	seat->net = config->net;
	seat->profile = config->profile;
	seat->entry = *config->entry;
	seat->events = *events;
	seat->keep_refused = config->keep_refused;
	model_init(&seat->model);
	strcpy(seat->model.code, seat->entry.place.code);
	strcpy(seat->model.wall.id, seat->entry.wall);
	seat->model.on_text = on_text;
	seat->model.ctx = seat;
	take_up_typings(seat);
	uv_timer_init(&seat->net->loop, &seat->pump);
	seat->pump.data = seat;
	struct link_config link = {
		.place = &seat->entry.place,
		.name = seat->entry.name,
		.secret = seat->entry.staff ? NULL : seat->entry.secret,
		.session = seat->entry.staff ? config->session : NULL,
		.on_welcome = on_welcome,
		.on_message = on_message,
		.on_state = on_state,
		.on_refused = on_refused,
		.ctx = seat,
	};
	seat->link = link_new(seat->net, &link);
	return seat;
}

static void on_pump_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void seat_free(struct seat *seat)
{
	if (!seat)
		return;
	seat->quiet = true;
	link_free(seat->link);
	while (seat->asks)
		ask_free(seat, seat->asks);
	/* What was typed within the last moments is written now. */
	typings_pump(&seat->typings, &seat->journal, UINT64_MAX, false);
	typings_release(&seat->typings);
	free(seat->here.said);
	journal_close(&seat->journal);
	model_release(&seat->model);
	uv_close((uv_handle_t *)&seat->pump, on_pump_closed);
}

struct model *seat_model(struct seat *seat) { return &seat->model; }
struct journal *seat_journal(struct seat *seat) { return &seat->journal; }
enum link_state seat_link(const struct seat *seat) { return link_state(seat->link); }
const struct class_entry *seat_entry(const struct seat *seat) { return &seat->entry; }
bool seat_is_ready(const struct seat *seat) { return seat->ready; }
int seat_storage_error(const struct seat *seat) { return seat->storage_error; }
void seat_hurry(struct seat *seat) { link_hurry(seat->link); }
bool seat_is_idle(const struct seat *seat) { return journal_unanswered(&seat->journal) == 0 && !typings_is_pending(&seat->typings); }
