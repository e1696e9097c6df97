/* One pass over a log. The document is replayed as it is when a class is loaded, and the view's counter with it (told.h), so that a moment means to a reader on another thread what it meant to those who were there.
 *
 * A list needs every op's place and maker but no words: edits of texts, which make up most of a canvas' log, are counted and not applied (no mask depends on what a text says). It holds a bounded number of moments; when there
 * are too many the window in which neighbours are put together grows by a quarter for all of them. The window never shrinks, and spans everything after some hundred and thirty times, so the work is linear in the log.
 *
 * Who did something is told by command, not by op: where one op of a command is on a thing whose owner the reader may not know (then or now), another op of the same command, on a thing without an owner, would tell. And people
 * whom the reader may not know are all one person to the putting together, or it would tell them apart. */
#include "server/room/history.h"
#include "server/room/record.h"
#include "server/room/told.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOMENTS_HELD = 4096,
	WINDOW_MS = 10 * 1000, /* one person, one command */
	OTHERS_SHARE = 16,     /* once it had to grow: whatever happens within this part of it */
	PART_ITEMS = 500,      /* so that no message has more than the 8,192 tokens that clients read */
};

struct moment {
	int64_t at, from_ms, ms, n;
	char who[OBJECT_ID_CAP]; /* "": not to be told, or several */
	enum command cmd;        /* CMD_NONE: several, or none that is known */
	char id[OBJECT_ID_CAP];  /* "": several */
	bool mixed;              /* of several persons or commands */
};

/* The command whose ops are being read. */
struct doing {
	struct moment moment; /* n: of its ops so far those to be told */
	int64_t at_ms;
	char actor[OBJECT_ID_CAP];
	bool begun, anonymous;
};

struct seen_now {
	UT_hash_handle hh;
	field_mask mask;
	char id[OBJECT_ID_CAP];
};

struct history_now {
	struct seen_now *by_id;
	struct seen_now objects[];
};

struct history {
	enum view view;
	bool lists;
	int64_t until; /* of a moment: the counter wanted */
	struct history_now *now;
	char id[OBJECT_ID_CAP], wire[OBJECT_ID_CAP];

	struct doc *doc;
	int64_t at;
	bool begun, ended; /* an entry has been read; there are no more */
	struct record_text *texts;
	size_t texts_cap;

	struct doing command;
	struct moment *moments;
	size_t moment_count;
	int64_t window_ms;

	struct buf *parts;
	size_t part_count, part_items;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- now ---- */

field_mask history_may(enum view view, const struct object *object)
{
	/* Where being deleted is an ordinary step of the work. A post's is a withdrawal, a team's and a document's take them from sight. No kind has it as its field 0. */
	static const int deleted[KIND_COUNT] = { [KIND_SECTION] = SECTION_DELETED, [KIND_BOX] = BOX_DELETED, [KIND_NOTE] = NOTE_DELETED, [KIND_LINK] = LINK_DELETED };
	int field = deleted[object->kind];
	if (!field || !*object_str(object, field))
		return view_mask(view, object);
	size_t size = sizeof *object + sizeof(struct value) * (size_t)kind_specs[object->kind].field_count;
	struct object *alive = must(malloc(size));
	memcpy(alive, object, size);
	alive->values[field] = (struct value){ .s = "" };
	field_mask mask = view_mask(view, alive);
	free(alive);
	return mask;
}

struct history_now *history_now(const struct doc *doc, enum view view)
{
	struct history_now *now = must(calloc(1, sizeof *now + doc_count(doc) * sizeof *now->objects));
	struct seen_now *next = now->objects;
	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		field_mask mask = history_may(view, object);
		if (!mask)
			continue;
		next->mask = mask;
		strcpy(next->id, object->id);
		HASH_ADD_STR(now->by_id, id, next);
		next++;
	}
	return now;
}

void history_now_free(struct history_now *now)
{
	if (!now)
		return;
	HASH_CLEAR(hh, now->by_id);
	free(now);
}

static field_mask mask_now(const struct history *history, const char *id)
{
	struct seen_now *seen;
	HASH_FIND_STR(history->now->by_id, id, seen);
	return seen ? seen->mask : 0;
}

/* ---- moments ---- */

static bool joins(const struct history *history, const struct moment *to, const struct moment *moment)
{
	bool same = !to->mixed && !moment->mixed && !strcmp(to->who, moment->who) && to->cmd == moment->cmd;
	int64_t span_ms = moment->ms - to->from_ms;
	return same ? span_ms <= history->window_ms : history->window_ms > WINDOW_MS && span_ms <= history->window_ms / OTHERS_SHARE;
}

static void keep_if_same(char *to, const char *other)
{
	if (strcmp(to, other) != 0)
		*to = 0;
}

static void join(struct moment *to, const struct moment *moment)
{
	to->at = moment->at;
	to->ms = moment->ms;
	to->n += moment->n;
	to->mixed = to->mixed || moment->mixed || strcmp(to->who, moment->who) != 0 || to->cmd != moment->cmd;
	keep_if_same(to->who, moment->who);
	to->cmd = to->cmd == moment->cmd ? to->cmd : CMD_NONE;
	keep_if_same(to->id, moment->id);
}

static void thin(struct history *history, size_t most)
{
	while (history->moment_count > most) {
		size_t kept = 0;
		history->window_ms += history->window_ms / 4;
		for (size_t m = 1; m < history->moment_count; m++)
			if (joins(history, &history->moments[kept], &history->moments[m]))
				join(&history->moments[kept], &history->moments[m]);
			else
				history->moments[++kept] = history->moments[m];
		history->moment_count = kept + 1;
	}
}

static void add_moment(struct history *history, const struct moment *moment)
{
	struct moment *last = history->moment_count ? &history->moments[history->moment_count - 1] : NULL;
	if (last && joins(history, last, moment)) {
		join(last, moment);
		return;
	}
	if (history->moment_count == MOMENTS_HELD)
		thin(history, MOMENTS_HELD / 2);
	history->moments[history->moment_count++] = *moment;
}

static void end_command(struct history *history)
{
	struct doing *command = &history->command;
	if (!command->begun || !command->moment.n)
		return;
	if (!command->anonymous)
		strcpy(command->moment.who, command->actor);
	add_moment(history, &command->moment);
}

/* A command's first op names it. Logs older than that know it by its maker and time. */
static void begin_command(struct history *history, const struct log_entry *entry, const struct step_source *source)
{
	struct doing *command = &history->command;
	if (!source->first && command->begun && command->at_ms == entry->at_ms && !strcmp(command->actor, entry->actor))
		return;
	end_command(history);
	*command = (struct doing){ .begun = true, .at_ms = entry->at_ms };
	command->moment.from_ms = command->moment.ms = entry->at_ms;
	command->moment.cmd = source->command;
	if (strlen(entry->actor) < sizeof command->actor)
		strcpy(command->actor, entry->actor);
}

static bool knows_owner(field_mask mask, int owner)
{
	return mask & (1u << owner);
}

static void list_op(struct history *history, const struct op *op, field_mask was, field_mask is)
{
	struct doing *command = &history->command;
	struct moment *moment = &command->moment;
	field_mask now = mask_now(history, op->id);
	int owner = kind_specs[op->kind].owner;
	if (owner >= 0 && (!knows_owner(now, owner) || (was && !knows_owner(was, owner)) || (is && !knows_owner(is, owner))))
		command->anonymous = true;
	if (!now)
		return;
	moment->at = history->at;
	if (moment->n++)
		keep_if_same(moment->id, op->id);
	else
		strcpy(moment->id, op->id);
}

/* ---- the log ---- */

/* Reads of a stored snapshot only what stands before `mark` in its first line, closed with `close`: there may be much behind it. JSON escapes the quotes in strings, so a key with its own is found nowhere else. */
static bool read_until(struct history *history, const char *mark, const char *close, const char *body, size_t n, struct doc *doc)
{
	const char *line_end = n ? memchr(body, '\n', n) : NULL;
	size_t line = line_end ? (size_t)(line_end - body) : n;
	const char *end = memmem(body, line, mark, strlen(mark));
	struct view_mark marks[VIEW_COUNT];
	struct buf part = { 0 };
	buf_add(&part, body, end ? (size_t)(end - body) : line);
	if (end)
		buf_str(&part, close);
	bool good = record_read_snapshot(buf_cstr(&part), part.n, doc, marks, VIEW_COUNT, NULL, NULL, NULL);
	buf_release(&part);
	if (good)
		history->at = marks[history->view].at;
	return good;
}

static bool take_snapshot(void *ctx, int64_t seq, const char *body, size_t n)
{
	struct history *history = ctx;
	(void)seq;
	/* First whether it is early enough, then the objects; what it remembers for undoing is not looked at. */
	bool good = read_until(history, "\"objects\":[", "\"objects\":[]}", body, n, history->doc) && history->at <= history->until;
	good = good && read_until(history, ",\"trail\":", "}", body, n, history->doc);
	if (!good) {
		doc_clear(history->doc);
		history->at = 0;
	}
	return good;
}

static const struct record_text *texts_of(struct history *history, const struct log_entry *entry)
{
	if (entry->text_count > history->texts_cap) {
		history->texts_cap = entry->text_count;
		history->texts = must(realloc(history->texts, history->texts_cap * sizeof *history->texts));
	}
	for (size_t t = 0; t < entry->text_count; t++)
		history->texts[t] = (struct record_text){ entry->texts[t].text, entry->texts[t].size_bytes };
	return history->texts;
}

static field_mask see(const struct history *history, const char *id)
{
	const struct object *object = doc_find(history->doc, id);
	return object ? view_mask(history->view, object) : 0;
}

static void replay_op(struct history *history, const struct op *op)
{
	field_mask was = see(history, op->id), is = was;
	if (!history->lists || op->type != OP_TEXT) {
		doc_apply(history->doc, op);
		is = see(history, op->id);
	}
	if (told_of(op, was, is).type == OP_NONE)
		return;
	history->at++;
	if (history->lists)
		list_op(history, op, was, is);
}

static bool read_entry(void *ctx, const struct log_entry *entry)
{
	struct history *history = ctx;
	struct step_source source;
	struct op op;
	if (!history->lists && history->at >= history->until)
		return false;
	cJSON *json = record_read(entry->body, entry->body_bytes, texts_of(history, entry), entry->text_count, history->doc, &op, &source);
	if (!json)
		return false;
	history->begun = true;
	if (history->lists)
		begin_command(history, entry, &source);
	replay_op(history, &op);
	cJSON_Delete(json);
	return history->lists || history->at < history->until;
}

/* ---- messages ---- */

static void begin_part(struct history *history)
{
	history->parts = must(realloc(history->parts, (history->part_count + 1) * sizeof *history->parts));
	struct buf *part = &history->parts[history->part_count];
	*part = (struct buf){ 0 };
	buf_str(part, history->lists ? "{\"t\":\"history\",\"id\":\"" : "{\"t\":\"moment\",\"id\":\"");
	buf_str(part, history->id);
	buf_str(part, "\",\"doc\":\"");
	buf_str(part, history->wire);
	buf_char(part, '"');
	if (!history->lists) {
		buf_str(part, ",\"at\":");
		buf_int(part, history->until);
	}
	buf_str(part, ",\"part\":");
	buf_int(part, (int64_t)history->part_count++);
	buf_str(part, history->lists ? ",\"moments\":[" : ",\"objects\":[");
	history->part_items = 0;
}

static void end_part(struct history *history, bool last)
{
	buf_str(&history->parts[history->part_count - 1], last ? "],\"last\":true}" : "]}");
}

static void add_item(struct history *history, const struct buf *item)
{
	enum { END_BYTES = 16 }; /* a comma, and what end_part writes */
	struct buf *part = &history->parts[history->part_count - 1];
	if (history->part_items == PART_ITEMS || (history->part_items && part->n + item->n + END_BYTES > HISTORY_PART_BYTES)) {
		end_part(history, false);
		begin_part(history);
		part = &history->parts[history->part_count - 1];
	}
	if (history->part_items++)
		buf_char(part, ',');
	buf_add(part, item->s, item->n);
}

static void write_text(struct buf *out, const char *key, const char *value)
{
	if (!*value)
		return;
	buf_str(out, ",\"");
	buf_str(out, key);
	buf_str(out, "\":");
	buf_json_string(out, value, strlen(value));
}

static void write_moment(struct buf *out, const struct moment *moment)
{
	buf_str(out, "{\"at\":");
	buf_int(out, moment->at);
	buf_str(out, ",\"ms\":");
	buf_int(out, moment->ms);
	buf_str(out, ",\"n\":");
	buf_int(out, moment->n);
	write_text(out, "who", moment->who);
	write_text(out, "cmd", moment->cmd ? command_specs[moment->cmd].name : "");
	write_text(out, "id", moment->id);
	buf_char(out, '}');
}

static void write_moments(struct history *history)
{
	struct buf item = { 0 };
	for (size_t m = 0; m < history->moment_count; m++) {
		buf_reset(&item);
		write_moment(&item, &history->moments[m]);
		add_item(history, &item);
	}
	buf_release(&item);
}

static void write_objects(struct history *history)
{
	struct buf item = { 0 };
	for (const struct object *object = doc_first(history->doc); object; object = object_next(object)) {
		field_mask mask = view_mask(history->view, object) & mask_now(history, object->id);
		if (!mask)
			continue;
		buf_reset(&item);
		object_write(&item, object, mask);
		add_item(history, &item);
	}
	buf_release(&item);
}

static void end_log(void *ctx)
{
	struct history *history = ctx;
	history->ended = true;
	if (history->lists) {
		end_command(history);
		thin(history, HISTORY_MOMENTS_MAX);
	}
	if (!history->now || !history_is_found(history))
		return;
	begin_part(history);
	if (history->lists)
		write_moments(history);
	else
		write_objects(history);
	end_part(history, true);
}

/* ---- life ---- */

static struct history *ask(enum view view, struct history_now *now, const char *id, const char *doc)
{
	struct history *history = must(calloc(1, sizeof *history));
	history->view = view;
	history->now = now;
	assert(!now || (strlen(id) < sizeof history->id && strlen(doc) < sizeof history->wire));
	if (now) {
		strcpy(history->id, id);
		strcpy(history->wire, doc);
	}
	history->doc = doc_new();
	return history;
}

struct history *history_list(enum view view, struct history_now *now, const char *id, const char *doc)
{
	assert(now);
	struct history *history = ask(view, now, id, doc);
	history->lists = true;
	history->window_ms = WINDOW_MS;
	history->moments = must(malloc(MOMENTS_HELD * sizeof *history->moments));
	return history;
}

struct history *history_moment(enum view view, int64_t at, struct history_now *now, const char *id, const char *doc)
{
	struct history *history = ask(view, now, id, doc);
	history->until = at;
	return history;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	for (size_t p = 0; p < history->part_count; p++)
		buf_release(&history->parts[p]);
	free(history->parts);
	free(history->moments);
	free(history->texts);
	doc_free(history->doc);
	history_now_free(history->now);
	free(history);
}

struct log_visitor history_visitor(struct history *history)
{
	return (struct log_visitor){ .snapshot = history->lists ? NULL : take_snapshot, .entry = read_entry, .end = end_log, .ctx = history };
}

bool history_is_found(const struct history *history)
{
	return history->ended && (history->lists ? history->begun : history->at == history->until);
}

const struct buf *history_parts(const struct history *history, size_t *count)
{
	*count = history->part_count;
	return history->parts;
}

struct doc *history_take_doc(struct history *history)
{
	if (!history_is_found(history) || history->lists)
		return NULL;
	struct doc *doc = history->doc;
	history->doc = NULL;
	return doc;
}
