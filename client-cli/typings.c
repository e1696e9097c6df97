#include "client-cli/typings.h"
#include "client-cli/profile.h"
#include "proto/json.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* What is typed is written this long after the first letter that is not yet: nobody loses more, and the disk is not asked for every key. */
enum { SAVE_AFTER_MS = 250, TEXTS_MAX = 100 };

static struct typing_session *add(struct typings *typings, const char *doc, struct typing *typing)
{
	struct typing_session *session = calloc(1, sizeof *session);
	if (!session)
		abort();
	strcpy(session->doc, doc);
	session->typing = typing;
	DL_APPEND(typings->list, session);
	return session;
}

static void drop(struct typings *typings, struct typing_session *session)
{
	DL_DELETE(typings->list, session);
	typing_free(session->typing);
	free(session);
}

/* Ends it, if the person has left it and it has nothing left to do. */
static void drop_if_over(struct typings *typings, struct typing_session *session)
{
	if (!session->users && !session->save_ms && !typing_is_pending(session->typing))
		drop(typings, session);
}

void typings_load(struct typings *typings, struct journal *journal)
{
	const struct kept_typing *kept;
	DL_FOREACH(journal->typings, kept) {
		struct typing *typing = typing_load(kept->state);
		if (!typing)
			continue;
		/* Noted before its command was, and then the crash: it was never sent. (With `own` noted, the command has been answered.) */
		const char *cmd = typing_cmd(typing);
		if (*cmd && !json_has(kept->state, "own") && !journal_find(journal, cmd)) {
			enum typing_state state = typing_state(typing);
			typing_no(typing, "frozen");
			if (state != TYPING_FROZEN)
				typing_offer(typing);
		}
		add(typings, kept->doc, typing);
	}
}

void typings_release(struct typings *typings)
{
	struct typing_session *session, *tmp;
	DL_FOREACH_SAFE(typings->list, session, tmp)
		drop(typings, session);
}

struct typing_session *typings_find(const struct typings *typings, const char *doc, const char *note)
{
	struct typing_session *session;
	DL_FOREACH(typings->list, session)
		if (!strcmp(session->doc, doc) && !strcmp(typing_note(session->typing), note))
			return session;
	return NULL;
}

struct typing_session *typings_of_cmd(const struct typings *typings, const char *cmd)
{
	struct typing_session *session;
	DL_FOREACH(typings->list, session)
		if (*cmd && !strcmp(typing_cmd(session->typing), cmd))
			return session;
	return NULL;
}

struct typing_session *typings_of(const struct typings *typings, const struct typing *typing)
{
	struct typing_session *session;
	DL_FOREACH(typings->list, session)
		if (session->typing == typing)
			return session;
	return NULL;
}

struct typing_session *typings_begin(struct typings *typings, const char *doc, const struct object *note)
{
	struct typing_session *session = typings_find(typings, doc, note->id);
	assert(note->kind == KIND_NOTE);
	if (!session)
		session = add(typings, doc, typing_new(note->id, object_str(note, NOTE_TEXT), note->values[NOTE_TEXT].n, object_int(note, NOTE_REV)));
	session->users++;
	return session;
}

void typings_end(struct typings *typings, struct typing_session *session)
{
	assert(session->users);
	session->users--;
	drop_if_over(typings, session);
}

void typings_touch(struct typing_session *session, uint64_t now_ms)
{
	if (!session->save_ms)
		session->save_ms = now_ms + SAVE_AFTER_MS;
}

void typings_write_open(struct typings *typings, const char *doc, struct buf *out)
{
	struct typing_session *session;
	size_t n = 0;
	DL_FOREACH(typings->list, session) {
		if (strcmp(session->doc, doc) != 0 || n == TEXTS_MAX)
			continue;
		buf_char(out, n++ ? ',' : '[');
		typing_write_open(session->typing, out);
		session->asked = true;
	}
	if (n)
		buf_char(out, ']');
}

/* --- on disk --- */

static void save(struct typing_session *session, struct journal *journal)
{
	journal_keep_typing(journal, session->doc, typing_note(session->typing), typing_save(session->typing));
	session->save_ms = 0;
}

/* Words that cannot be saved any more leave the session. */
static void keep_lost(struct typing_session *session, struct journal *journal, const cJSON *no)
{
	if (typing_state(session->typing) == TYPING_LOST) {
		journal_keep_words(journal, session->doc, typing_note(session->typing), typing_lost_words(session->typing), no);
		typing_forget_lost(session->typing);
	}
}

/* One edit on its way. What is pending is told first: see journal.h. */
static void send(struct typing_session *session, struct journal *journal, uint64_t now_ms)
{
	char cmd[ID_CHARS + 1];
	cJSON *args = typing_take(session->typing, now_ms);
	random_id(cmd);
	typing_sent(session->typing, cmd);
	save(session, journal);
	journal_add_as(journal, cmd, session->doc, command_specs[CMD_NOTE_TEXT].name, args);
}

static void sooner(uint64_t *next, uint64_t at)
{
	if (at && (!*next || at < *next))
		*next = at;
}

uint64_t typings_pump(struct typings *typings, struct journal *journal, uint64_t now_ms, bool up)
{
	struct typing_session *session, *tmp;
	uint64_t next = 0;
	DL_FOREACH_SAFE(typings->list, session, tmp) {
		uint64_t due = up ? typing_due_ms(session->typing, now_ms) : 0;
		if (due && due <= now_ms && !typing_is_resend(session->typing))
			send(session, journal, now_ms);
		else
			sooner(&next, due);
		if (session->save_ms && session->save_ms <= now_ms)
			save(session, journal);
		sooner(&next, session->save_ms);
		drop_if_over(typings, session);
	}
	return next;
}

/* --- what the server says --- */

void typings_ok(struct typing_session *session, struct journal *journal, int64_t rev)
{
	typing_ok(session->typing, rev);
	save(session, journal);
}

/* The change ends before its session's new state is told: if a crash comes between, it counts as never sent, and is given anew. */
static void end_change(struct journal *journal, const char *cmd)
{
	struct change *change = *cmd ? journal_find(journal, cmd) : NULL;
	if (change)
		journal_drop(journal, change);
}

void typings_no(struct typing_session *session, struct journal *journal, const cJSON *no)
{
	const char *code = "";
	size_t n;
	json_str(no, "code", &code, &n);
	end_change(journal, typing_cmd(session->typing));
	typing_no(session->typing, code);
	keep_lost(session, journal, no);
	save(session, journal);
}

bool typings_op(struct typings *typings, const char *doc, const struct op *op)
{
	struct typing_session *session = typings_find(typings, doc, op->id);
	if (!session)
		return false;
	bool was = typing_is_pending(session->typing);
	enum typing_verdict verdict = typing_op(session->typing, op->rev, op->edit);
	if (verdict == TYPING_GAP)
		return !session->asked;
	/* Where it has been carried to need not be written: it can be carried there again. That nothing is left must be. */
	if (was && !typing_is_pending(session->typing))
		session->save_ms = 1;
	return false;
}

/* Nothing of it can be saved any more. */
static void lose(struct typing_session *session, struct journal *journal, const cJSON *no)
{
	if (!typing_is_pending(session->typing))
		return;
	end_change(journal, typing_cmd(session->typing));
	typing_lose(session->typing);
	keep_lost(session, journal, no);
	save(session, journal);
}

static cJSON *refusal(const char *code)
{
	cJSON *no = cJSON_CreateObject();
	cJSON_AddStringToObject(no, "code", code);
	cJSON_AddStringToObject(no, "say", code);
	return no;
}

static void lose_as(struct typing_session *session, struct journal *journal, const char *code)
{
	cJSON *no = refusal(code);
	lose(session, journal, no);
	cJSON_Delete(no);
}

void typings_cut(struct typings *typings)
{
	struct typing_session *session;
	DL_FOREACH(typings->list, session) {
		typing_cut(session->typing);
		session->asked = false;
	}
}

void typings_texts(struct typings *typings, struct journal *journal, const cJSON *message)
{
	const char *doc = "", *note = "";
	size_t n;
	bool lost = false;
	json_str(message, "doc", &doc, &n);
	json_str(message, "id", &note, &n);
	struct typing_session *session = typings_find(typings, doc, note);
	if (!session)
		return;
	session->asked = false;
	if (json_bool(message, "lost", &lost) && lost) {
		lose_as(session, journal, "stale");
		return;
	}
	char cmd[ID_CHARS + 1];
	strcpy(cmd, typing_cmd(session->typing));
	bool was = typing_is_pending(session->typing);
	if (typing_texts(session->typing, message) == TYPING_GAP)
		keep_lost(session, journal, NULL);
	if (was)
		save(session, journal);
	/* It had been logged before the connection was lost. */
	if (*cmd && !*typing_cmd(session->typing))
		end_change(journal, cmd);
}

static bool settle(struct typing_session *session, struct journal *journal, const struct object *note, bool complete)
{
	if (!note || note->kind != KIND_NOTE) {
		if (complete)
			lose_as(session, journal, "not_found");
		return false;
	}
	struct typing *typing = session->typing;
	const char *text = object_str(note, NOTE_TEXT);
	size_t n = note->values[NOTE_TEXT].n;
	int64_t rev = object_int(note, NOTE_REV);
	return typing_see(typing, text, n, rev) == TYPING_GAP && !session->asked;
}

bool typings_settle(struct typings *typings, struct journal *journal, const char *doc, const struct doc *shared, bool complete)
{
	struct typing_session *session;
	bool anew = false;
	DL_FOREACH(typings->list, session)
		if (!strcmp(session->doc, doc))
			anew |= settle(session, journal, doc_find(shared, typing_note(session->typing)), complete);
	return anew;
}

void typings_shut(struct typings *typings, struct journal *journal, const char *doc)
{
	struct typing_session *session;
	DL_FOREACH(typings->list, session)
		if (!strcmp(session->doc, doc))
			lose_as(session, journal, "not_found");
}

bool typings_is_pending(const struct typings *typings)
{
	const struct typing_session *session;
	DL_FOREACH(typings->list, session)
		if (typing_is_pending(session->typing) && typing_state(session->typing) != TYPING_FROZEN)
			return true;
	return false;
}
