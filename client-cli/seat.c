#include "client-cli/seat.h"
#include "proto/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* How many may be under way at once: each ok adds one up to these, a refusal for its rate takes it back to one, because what is on its way behind a refused change may
 * still be taken, and then stands before it. Staff have no posting limit and a deeper bucket. */
enum { WINDOW_MEMBER = 3, WINDOW_STAFF = 24, RETRY_MIN_MS = 50 };

/* Sent a little slower than the server allows (30 a second, 120 at once), so that refusals stay rare. */
enum { PACE_PER_S = 25, PACE_BURST = 100 };

struct seat {
	struct net *net;
	const struct profile *profile;
	struct class_entry entry;
	struct seat_events events;
	struct model model;
	struct journal journal;
	struct link *link;
	uv_timer_t pump; /* sends what may be sent, now or when a retry_ms has passed */
	size_t window;   /* how many may be under way at the moment */
	uint64_t paced_mono_ms; /* the pace: the moment at which its bucket will be full again */
	bool keep_refused, ready, quiet, remembered;
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
	struct buf text = { 0 };
	model_open(replica, &text);
	send_buf(seat, &text);
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

/* In order: what must wait holds back what comes behind it. */
static void pump(struct seat *seat)
{
	size_t sent = 0;
	uint64_t later;
	struct change *change;
	seat->storage_error = journal_sync(&seat->journal);
	DL_FOREACH(seat->journal.changes, change)
		sent += change->state == CHANGE_SENT;
	if (seat->storage_error || link_state(seat->link) != LINK_UP) {
		tell_change(seat);
		return;
	}
	DL_FOREACH(seat->journal.changes, change) {
		if (change->state != CHANGE_KEPT)
			continue;
		if (change->retry_mono_ms > uv_now(&seat->net->loop)) {
			pump_at(seat, change->retry_mono_ms);
			break;
		}
		if (sent++ >= seat->window)
			break;
		if ((later = pace(seat))) {
			pump_at(seat, later);
			break;
		}
		link_send(seat->link, change->message, strlen(change->message));
		change->state = CHANGE_SENT;
	}
	tell_change(seat);
}

static enum command command_of(const char *name)
{
	for (int c = 1; c < CMD_COUNT; c++)
		if (!strcmp(command_specs[c].name, name))
			return (enum command)c;
	return CMD_NONE;
}

struct change *seat_do(struct seat *seat, enum command command, cJSON *args, void *tag)
{
	const struct command_spec *spec = &command_specs[command];
	const char *doc = spec->in == DOC_CLASS ? "class" : seat->model.wall.id;
	struct change *change = journal_add(&seat->journal, doc, spec->name, args);
	change->tag = tag;
	pump_at(seat, 0);
	return change;
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
	int64_t at = 0;
	json_int(answer, "at", 0, JSON_INT_MAX, &at);
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
	return command == CMD_POST_ADD || command == CMD_POST_EDIT;
}

static void on_no(struct seat *seat, struct change *change, const cJSON *answer)
{
	const char *code = "";
	size_t n;
	int64_t retry_ms = 0;
	json_str(answer, "code", &code, &n);
	if (is_for_later(code) && json_int(answer, "retry_ms", 0, 3600000, &retry_ms)) {
		seat->window = 1;
		change->state = CHANGE_KEPT;
		change->retry_mono_ms = uv_now(&seat->net->loop) + (uint64_t)retry_ms + RETRY_MIN_MS;
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
	open_replica(seat, &seat->model.class_doc);
	open_replica(seat, &seat->model.wall);
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
	if (!strcmp(type, "ok") || !strcmp(type, "no")) {
		take_answer(seat, type, message);
		return;
	}
	struct replica *where;
	enum model_verdict verdict = model_take(&seat->model, type, message, &where);
	if ((verdict == MODEL_REOPEN || verdict == MODEL_ANEW) && where)
		open_replica(seat, where);
	if (verdict == MODEL_SAME)
		return;
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
	}
	tell_change(seat);
}

static void on_refused(const cJSON *no, void *ctx)
{
	struct seat *seat = ctx;
	seat->events.on_refused(seat, no, seat->events.ctx);
}

/* --- life --- */

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
bool seat_is_idle(const struct seat *seat) { return journal_unanswered(&seat->journal) == 0; }
