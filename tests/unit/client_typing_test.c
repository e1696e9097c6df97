/* One person's side of a text that several people type in: the vectors that the page passes too, and several sessions against a small server, until all see the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/typing.h"
#include "proto/json.h"
#include "tests/unit/vectors.h"

/* --- vectors --- */

struct play {
	struct typing *typing;
	uint64_t now_ms;
	int commands;
	char resend_cmd[ID_CHARS + 1]; /* what was sent, for the resend */
	cJSON *sent_args;
	bool lost;
};

static int64_t number(const cJSON *step, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(step, key);
	return item ? (int64_t)item->valuedouble : 0;
}

static void note_lost(struct play *play)
{
	if (typing_state(play->typing) != TYPING_LOST)
		return;
	play->lost = true;
	typing_forget_lost(play->typing);
}

static bool is_cmd(const struct play *play, const cJSON *step)
{
	return !strcmp(typing_cmd(play->typing), vector_str(step, "cmd"));
}

static void do_type(struct play *play, const cJSON *step, cJSON *got)
{
	struct buf put = { 0 };
	int64_t times = cJSON_HasObjectItem(step, "times") ? number(step, "times") : 1;
	for (int64_t i = 0; i < times; i++)
		buf_str(&put, vector_str(step, "put"));
	if (typing_splice(play->typing, number(step, "at"), number(step, "remove"), put.s, put.n) == TYPING_TOO_LONG)
		cJSON_AddTrueToObject(got, "refused");
	buf_release(&put);
}

static void do_caret(struct play *play, const cJSON *step, cJSON *got)
{
	(void)got;
	const cJSON *caret = cJSON_GetObjectItem(step, "caret");
	typing_set_caret(play->typing, (struct caret){ cJSON_GetArrayItem(caret, 0)->valueint, cJSON_GetArrayItem(caret, 1)->valueint });
}

static void do_wait(struct play *play, const cJSON *step, cJSON *got)
{
	(void)got;
	play->now_ms += (uint64_t)number(step, "ms");
}

static void do_op(struct play *play, const cJSON *step, cJSON *got)
{
	if (typing_op(play->typing, number(step, "rev"), cJSON_GetObjectItem(step, "edit")) == TYPING_GAP)
		cJSON_AddTrueToObject(got, "gap");
}

static void do_ok(struct play *play, const cJSON *step, cJSON *got)
{
	(void)got;
	if (is_cmd(play, step))
		typing_ok(play->typing, number(step, "rev"));
}

static void do_no(struct play *play, const cJSON *step, cJSON *got)
{
	(void)got;
	if (is_cmd(play, step))
		typing_no(play->typing, vector_str(step, "code"));
}

static void do_resume(struct play *play, const cJSON *step, cJSON *got)
{
	(void)step, (void)got;
	typing_offer(play->typing);
}

static void add_asks(struct play *play, cJSON *got)
{
	struct buf text = { 0 };
	typing_write_open(play->typing, &text);
	cJSON_AddItemToObject(got, "asks", cJSON_Parse(text.s));
	buf_release(&text);
}

static void do_cut(struct play *play, const cJSON *step, cJSON *got)
{
	(void)step;
	typing_cut(play->typing);
	add_asks(play, got);
}

static void do_texts(struct play *play, const cJSON *step, cJSON *got)
{
	(void)got;
	typing_texts(play->typing, step);
}

static void do_reload(struct play *play, const cJSON *step, cJSON *got)
{
	(void)step;
	cJSON *saved = typing_save(play->typing);
	assert_non_null(saved);
	typing_free(play->typing);
	play->typing = typing_load(saved);
	assert_non_null(play->typing);
	cJSON_Delete(saved);
	play->now_ms += TYPING_GAP_MS;
	add_asks(play, got);
}

static void do_doc(struct play *play, const cJSON *step, cJSON *got)
{
	const char *text = vector_str(step, "text");
	if (typing_see(play->typing, text, strlen(text), number(step, "rev")) == TYPING_GAP)
		cJSON_AddTrueToObject(got, "gap");
}

static const struct {
	const char *name;
	void (*run)(struct play *play, const cJSON *step, cJSON *got);
} steps[] = {
	{ "type", do_type }, { "caret", do_caret }, { "wait", do_wait }, { "op", do_op },         { "ok", do_ok },   { "no", do_no }, { "resume", do_resume },
	{ "cut", do_cut },   { "texts", do_texts }, { "doc", do_doc },   { "reload", do_reload },
};

static void add_sent(cJSON *got, const char *key, const char *cmd, const cJSON *args)
{
	cJSON *list = cJSON_AddArrayToObject(got, key), *one = cJSON_CreateObject();
	cJSON_AddStringToObject(one, "cmd", cmd);
	cJSON_AddItemToObject(one, "rev", cJSON_Duplicate(cJSON_GetObjectItem(args, "rev"), true));
	cJSON_AddItemToObject(one, "edit", cJSON_Duplicate(cJSON_GetObjectItem(args, "edit"), true));
	cJSON_AddItemToArray(list, one);
}

static void send_what_is_due(struct play *play, cJSON *got)
{
	uint64_t due = typing_due_ms(play->typing, play->now_ms);
	if (!due || due > play->now_ms)
		return;
	if (typing_is_resend(play->typing)) {
		assert_string_equal(play->resend_cmd, typing_cmd(play->typing));
		add_sent(got, "resends", play->resend_cmd, play->sent_args);
		typing_resent(play->typing, play->now_ms);
		return;
	}
	cJSON_Delete(play->sent_args);
	play->sent_args = typing_take(play->typing, play->now_ms);
	snprintf(play->resend_cmd, sizeof play->resend_cmd, "c%d", ++play->commands);
	typing_sent(play->typing, play->resend_cmd);
	add_sent(got, "sends", play->resend_cmd, play->sent_args);
}

static void add_state(struct play *play, cJSON *got, bool reload)
{
	size_t n;
	const char *text = typing_text(play->typing, &n);
	struct caret caret = typing_caret(play->typing);
	if (!reload && typing_length(play->typing) > 200)
		cJSON_AddNumberToObject(got, "length", (double)typing_length(play->typing));
	else if (!reload)
		cJSON_AddStringToObject(got, "text", text);
	cJSON_AddNumberToObject(got, "rev", (double)typing_rev(play->typing));
	if (!reload) {
		cJSON *pair = cJSON_AddArrayToObject(got, "caret");
		cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)caret.anchor));
		cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)caret.focus));
	}
	if (typing_is_pending(play->typing))
		cJSON_AddTrueToObject(got, "pending");
	if (typing_state(play->typing) == TYPING_FROZEN)
		cJSON_AddTrueToObject(got, "held");
	if (play->lost)
		cJSON_AddTrueToObject(got, "lost");
}

static void play_step(struct play *play, const char *name, int number_of_step, const cJSON *step)
{
	cJSON *got = cJSON_CreateObject();
	const char *what = vector_str(step, "do");
	bool known = false;
	play->lost = false;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (!strcmp(steps[i].name, what)) {
			steps[i].run(play, step, got);
			known = true;
		}
	note_lost(play);
	send_what_is_due(play, got);
	add_state(play, got, !strcmp(what, "reload"));
	const cJSON *is = cJSON_GetObjectItem(step, "is");
	if (!known || !is || !cJSON_Compare(got, is, true)) {
		char *a = cJSON_PrintUnformatted(got), *b = cJSON_PrintUnformatted(is);
		fail_msg("%s, step %d (%s):\n  got      %s\n  expected %s", name, number_of_step, what, a, b ? b : "?");
	}
	cJSON_Delete(got);
}

static void vectors(void **state)
{
	(void)state;
	cJSON *file = vectors_read("typing");
	const cJSON *row, *step;
	cJSON_ArrayForEach(row, vectors_list(file, "cases", 25))
	{
		const cJSON *start = cJSON_GetObjectItem(row, "start");
		const char *text = vector_str(start, "text");
		struct play play = { .now_ms = 1000000, .typing = typing_new("note", text, strlen(text), number(start, "rev")) };
		int n = 0;
		cJSON_ArrayForEach(step, cJSON_GetObjectItem(row, "steps"))
			play_step(&play, vector_str(row, "name"), n++, step);
		assert_true(n > 0);
		typing_free(play.typing);
		cJSON_Delete(play.sent_args);
	}
	cJSON_Delete(file);
}

/* Where the caret cannot decide: from what ends equal, the smallest. Those of the file whose caret is at the end of what was typed. */
static void smallest_replacement(void **state)
{
	(void)state;
	cJSON *file = vectors_read("typing");
	const cJSON *row;
	int compared = 0;
	cJSON_ArrayForEach(row, vectors_list(file, "splices", 10))
	{
		const char *old = vector_str(row, "old"), *now = vector_str(row, "now");
		struct typing *typing = typing_new("note", old, strlen(old), 0);
		enum typing_verdict verdict = typing_replace(typing, now, strlen(now));
		assert_string_equal(typing_text(typing, NULL), now);
		assert_int_equal(verdict, strcmp(old, now) ? TYPING_OK : TYPING_SAME);
		if (verdict == TYPING_OK) {
			cJSON *args = typing_take(typing, 1);
			const cJSON *expected = cJSON_GetObjectItem(row, "edit");
			/* Of two equal letters the last is ours: there is no caret to ask. */
			bool ambiguous = !cJSON_Compare(cJSON_GetObjectItem(args, "edit"), expected, true);
			struct text_edit mine = { 0 }, theirs = { 0 };
			assert_int_equal(text_edit_read(cJSON_GetObjectItem(args, "edit"), &mine), TEXT_OK);
			assert_int_equal(text_edit_read(expected, &theirs), TEXT_OK);
			assert_int_equal(text_edit_growth(&mine), text_edit_growth(&theirs));
			assert_int_equal(mine.text.n, theirs.text.n);
			compared += !ambiguous;
			text_edit_release(&mine);
			text_edit_release(&theirs);
			cJSON_Delete(args);
		}
		typing_free(typing);
	}
	assert_true(compared >= 10);
	cJSON_Delete(file);
}

/* --- several of them and a server --- */

enum { PEOPLE = 10, LOG_MAX = 8192, WIRE_MAX = 4096 };

struct logged {
	struct text_edit edit;
	char cmd[ID_CHARS + 1];
};

/* The server: a log of edits and the text that they come to. */
struct server {
	struct buf text;
	struct logged log[LOG_MAX];
	int64_t rev;
};

/* What is on its way to one person: `ok` of a command, or the op of a revision; in order. */
struct parcel {
	bool ok;
	int64_t rev;
	char cmd[ID_CHARS + 1];
};

struct person {
	struct typing *typing;
	struct parcel wire[WIRE_MAX];
	int wire_from, wire_to;
	cJSON *out; /* the command on its way to the server, or NULL */
	char cmd[ID_CHARS + 1];
	cJSON *args; /* of the command on its way, for the resend */
	cJSON *late; /* sent on a connection that is lost, and still on its way to the server */
	char late_cmd[ID_CHARS + 1];
	bool up;
	int n;
};

static cJSON *wire_edit(const struct text_edit *edit)
{
	struct buf text = { 0 };
	text_edit_write(&text, edit);
	cJSON *json = cJSON_Parse(text.s);
	buf_release(&text);
	return json;
}

static void push(struct person *person, struct parcel parcel)
{
	assert_true(person->wire_to < WIRE_MAX);
	person->wire[person->wire_to++] = parcel;
}

static void serve(struct server *server, struct person *people, struct person *from, const cJSON *args);

/* What was sent long ago arrives; there is nobody to answer. */
static void arrive_late(struct server *server, struct person *people, struct person *person)
{
	if (!person->late)
		return;
	int answers = person->wire_to;
	char now[ID_CHARS + 1];
	strcpy(now, person->cmd);
	strcpy(person->cmd, person->late_cmd);
	serve(server, people, person, person->late);
	strcpy(person->cmd, now);
	/* The answer would go to the connection that is lost. */
	for (int i = answers; i < person->wire_to; i++)
		if (person->wire[i].ok) {
			memmove(&person->wire[i], &person->wire[i + 1], (size_t)(person->wire_to - i - 1) * sizeof person->wire[i]);
			person->wire_to--;
			break;
		}
	cJSON_Delete(person->late);
	person->late = NULL;
}

/* Carries a command over what was logged since, logs it and tells everybody; one that came before is answered as the first time. */
static void serve(struct server *server, struct person *people, struct person *from, const cJSON *args)
{
	for (int64_t r = 1; r <= server->rev; r++)
		if (!strcmp(server->log[r].cmd, from->cmd)) {
			struct parcel again = { .ok = true, .rev = r };
			strcpy(again.cmd, from->cmd);
			push(from, again);
			return;
		}
	struct text_edit edit = { 0 }, next = { 0 };
	assert_int_equal(text_edit_read(cJSON_GetObjectItem(args, "edit"), &edit), TEXT_OK);
	for (int64_t r = (int64_t)cJSON_GetObjectItem(args, "rev")->valuedouble + 1; r <= server->rev; r++) {
		text_transform(&edit, &server->log[r].edit, TEXT_LEFT, &next);
		struct text_edit t = edit;
		edit = next;
		next = t;
	}
	text_edit_release(&next);
	assert_int_equal(text_edit_check(&edit, text_measure(server->text.s, server->text.n)), TEXT_OK);
	struct buf after = { 0 };
	text_apply(server->text.s, server->text.n, &edit, &after);
	buf_release(&server->text);
	server->text = after;
	assert_true(server->rev + 1 < LOG_MAX);
	server->log[++server->rev].edit = edit;
	strcpy(server->log[server->rev].cmd, from->cmd);
	struct parcel ok = { .ok = true, .rev = server->rev };
	strcpy(ok.cmd, from->cmd);
	push(from, ok);
	for (int i = 0; i < PEOPLE; i++)
		if (people[i].up)
			push(&people[i], (struct parcel){ .rev = server->rev });
}

static void deliver(struct server *server, struct person *person)
{
	struct parcel parcel = person->wire[person->wire_from++];
	if (parcel.ok) {
		if (!strcmp(typing_cmd(person->typing), parcel.cmd))
			typing_ok(person->typing, parcel.rev);
		return;
	}
	cJSON *edit = wire_edit(&server->log[parcel.rev].edit);
	assert_int_not_equal(typing_op(person->typing, parcel.rev, edit), TYPING_GAP);
	cJSON_Delete(edit);
}

static void type_something(struct person *person, uint64_t *seed)
{
	static const char *const words[] = { "a", "bc", "\xC3\xA9", "\xF0\x9F\x99\x82", "\n", "\xE4\xBD\xA0\xE5\xA5\xBD", "x y" };
	int64_t length = typing_length(person->typing);
	int64_t at = (int64_t)random_below(seed, (size_t)length + 1), remove = 0;
	if (random_below(seed, 3) == 0 && at < length)
		remove = 1 + (int64_t)random_below(seed, (size_t)(length - at < 4 ? length - at : 4));
	const char *put = words[random_below(seed, sizeof words / sizeof *words)];
	bool only_delete = remove && random_below(seed, 2);
	typing_splice(person->typing, at, remove, only_delete ? NULL : put, only_delete ? 0 : strlen(put));
}

static void send_next(struct server *server, struct person *people, struct person *person, uint64_t now_ms)
{
	uint64_t due = typing_due_ms(person->typing, now_ms);
	if (!person->up || !due || due > now_ms || person->out)
		return;
	if (typing_is_resend(person->typing)) {
		assert_string_equal(person->cmd, typing_cmd(person->typing));
		typing_resent(person->typing, now_ms);
	} else {
		static int commands;
		cJSON_Delete(person->args);
		person->args = typing_take(person->typing, now_ms);
		snprintf(person->cmd, sizeof person->cmd, "p%dc%d", person->n, ++commands);
		typing_sent(person->typing, person->cmd);
	}
	person->out = cJSON_Duplicate(person->args, true);
	(void)server, (void)people;
}

/* The connection breaks: what is on its way to the person is gone; their own command arrives or does not. Some come back as a new program with what was saved. */
static void cut(struct server *server, struct person *people, struct person *person, uint64_t *seed)
{
	size_t fate = random_below(seed, 3);
	if (person->out && fate == 0)
		serve(server, people, person, person->out);
	if (person->out && fate == 1 && !person->late) {
		person->late = person->out;
		strcpy(person->late_cmd, person->cmd);
		person->out = NULL;
	}
	cJSON_Delete(person->out);
	person->out = NULL;
	person->wire_from = person->wire_to = 0;
	person->up = false;
	typing_cut(person->typing);
	if (random_below(seed, 3) || !typing_is_pending(person->typing))
		return;
	cJSON *saved = typing_save(person->typing);
	struct typing *again = typing_load(saved);
	assert_non_null(again);
	assert_string_equal(typing_text(again, NULL), typing_text(person->typing, NULL));
	typing_free(person->typing);
	person->typing = again;
	cJSON_Delete(saved);
}

static void come_back(struct server *server, struct person *person)
{
	struct buf asks = { 0 };
	const char *cmd = "", *id;
	size_t n;
	int64_t from;
	typing_write_open(person->typing, &asks);
	cJSON *item = cJSON_Parse(asks.s), *texts = cJSON_CreateObject(), *edits = cJSON_AddArrayToObject(texts, "edits");
	buf_release(&asks);
	assert_true(json_int(item, "rev", 0, JSON_INT_MAX, &from) && json_str(item, "id", &id, &n));
	json_str(item, "cmd", &cmd, &n);
	cJSON_AddNumberToObject(texts, "rev", (double)from);
	for (int64_t r = from + 1; r <= server->rev; r++) {
		cJSON_AddItemToArray(edits, wire_edit(&server->log[r].edit));
		if (*cmd && !strcmp(server->log[r].cmd, cmd))
			cJSON_AddNumberToObject(texts, "own", (double)r);
	}
	person->up = true;
	assert_int_not_equal(typing_texts(person->typing, texts), TYPING_GAP);
	cJSON_Delete(item);
	cJSON_Delete(texts);
}

static void step_person(struct server *server, struct person *people, struct person *person, uint64_t *seed, uint64_t now_ms)
{
	size_t what = random_below(seed, 100);
	if (what < 30) {
		type_something(person, seed);
	} else if (what < 60 && person->wire_from < person->wire_to) {
		deliver(server, person);
	} else if (what < 80 && person->out) {
		serve(server, people, person, person->out);
		cJSON_Delete(person->out);
		person->out = NULL;
	} else if (what < 84 && person->late) {
		arrive_late(server, people, person);
	} else if (what < 87) {
		if (person->up)
			cut(server, people, person, seed);
		else
			come_back(server, person);
	}
	send_next(server, people, person, now_ms);
}

/* Until nothing is under way any more. */
static void settle(struct server *server, struct person *people, uint64_t *now_ms)
{
	for (bool busy = true; busy;) {
		busy = false;
		*now_ms += TYPING_GAP_MS;
		for (int i = 0; i < PEOPLE; i++) {
			struct person *person = &people[i];
			arrive_late(server, people, person);
			if (!person->up)
				come_back(server, person);
			while (person->wire_from < person->wire_to)
				deliver(server, person);
			send_next(server, people, person, *now_ms);
			if (person->out) {
				serve(server, people, person, person->out);
				cJSON_Delete(person->out);
				person->out = NULL;
			}
			busy |= typing_is_pending(person->typing) || person->wire_from < person->wire_to;
		}
	}
}

static void run_round(uint64_t seed)
{
	static struct server server;
	static struct person people[PEOPLE];
	uint64_t now_ms = 1000, start = seed;
	memset(&server, 0, sizeof server);
	memset(people, 0, sizeof people);
	buf_str(&server.text, "For pharmacies");
	for (int i = 0; i < PEOPLE; i++) {
		people[i].typing = typing_new("note", server.text.s, server.text.n, 0);
		people[i].up = true;
		people[i].n = i;
	}
	for (int i = 0; i < 900; i++) {
		now_ms += random_below(&seed, 40);
		step_person(&server, people, &people[random_below(&seed, PEOPLE)], &seed, now_ms);
	}
	settle(&server, people, &now_ms);
	for (int i = 0; i < PEOPLE; i++) {
		if (strcmp(typing_text(people[i].typing, NULL), buf_cstr(&server.text)) || typing_rev(people[i].typing) != server.rev)
			fail_msg("seed %llu, person %d: “%s” at %lld, the server “%s” at %lld", (unsigned long long)start, i, typing_text(people[i].typing, NULL),
				 (long long)typing_rev(people[i].typing), buf_cstr(&server.text), (long long)server.rev);
		assert_int_equal(typing_state(people[i].typing), TYPING_OPEN);
		typing_free(people[i].typing);
		cJSON_Delete(people[i].args);
	}
	assert_true(server.rev > 20);
	for (int64_t r = 1; r <= server.rev; r++)
		text_edit_release(&server.log[r].edit);
	buf_release(&server.text);
}

static void everybody_sees_the_same_in_the_end(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		run_round(seed);
}

/* --- the rest --- */

static void what_is_pasted_is_cleaned(void **state)
{
	(void)state;
	struct typing *typing = typing_new("note", "", 0, 0);
	static const char pasted[] = "one\r\ntwo\rthree\x1b[31m\tfour\x07";
	assert_int_equal(typing_splice(typing, 0, 0, pasted, sizeof pasted - 1), TYPING_OK);
	assert_string_equal(typing_text(typing, NULL), "one\ntwo\nthree[31m\tfour");
	assert_int_equal(typing_splice(typing, 0, 0, "\x01", 1), TYPING_SAME);
	typing_free(typing);
}

static void carets_travel(void **state)
{
	(void)state;
	struct typing *typing = typing_new("note", "abcdef", 6, 3);
	typing_splice(typing, 2, 1, "XYZ", 3); /* abXYZdef */
	typing_set_caret(typing, (struct caret){ 4, 6 });
	struct caret there = typing_caret_there(typing);
	assert_int_equal(there.anchor, 3); /* within what is not sent: where it goes in, behind what it replaces */
	assert_int_equal(there.focus, 4);
	struct caret here = typing_caret_here(typing, (struct caret){ 1, 5 }, 3);
	assert_int_equal(here.anchor, 1);
	assert_int_equal(here.focus, 7);
	cJSON *edit = cJSON_Parse("[1,\"__\"]");
	assert_int_equal(typing_op(typing, 4, edit), TYPING_OK);
	cJSON_Delete(edit);
	/* Stated before that edit, at the very place: the letters were most likely theirs. */
	here = typing_caret_here(typing, (struct caret){ 1, 1 }, 3);
	assert_int_equal(here.anchor, 3);
	here = typing_caret_here(typing, (struct caret){ 1, 1 }, 4);
	assert_int_equal(here.anchor, 1);
	here = typing_caret_here(typing, (struct caret){ 999, 999 }, 4);
	assert_int_equal(here.focus, typing_length(typing));
	typing_free(typing);
}

static void nonsense_from_the_server_changes_nothing(void **state)
{
	(void)state;
	struct typing *typing = typing_new("note", "abc", 3, 3);
	static const char *const edits[] = { "[9,\"x\"]", "[0]", "[1,\"a\",\"b\"]", "{}", "[\"\\r\"]", "[1]" };
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		cJSON *edit = cJSON_Parse(edits[i]);
		assert_int_equal(typing_op(typing, 4, edit), TYPING_GAP);
		cJSON_Delete(edit);
	}
	assert_int_equal(typing_op(typing, 4, NULL), TYPING_GAP);
	assert_string_equal(typing_text(typing, NULL), "abc");
	assert_int_equal(typing_rev(typing), 3);
	static const char *const saved[] = {
		"{}", "{\"note\":\"n\",\"rev\":1,\"base\":\"ab\",\"typed\":[5,\"x\"]}", "{\"note\":\"n\",\"rev\":1,\"base\":\"ab\",\"typed\":[\"x\"],\"sent\":[9,\"y\"]}",
		"{\"note\":\"a name that is much longer than ids are\",\"rev\":1,\"base\":\"\",\"typed\":[]}",
	};
	for (size_t i = 0; i < sizeof saved / sizeof *saved; i++) {
		cJSON *json = cJSON_Parse(saved[i]);
		assert_null(typing_load(json));
		cJSON_Delete(json);
	}
	typing_free(typing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(smallest_replacement),
		cmocka_unit_test(everybody_sees_the_same_in_the_end),
		cmocka_unit_test(what_is_pasted_is_cleaned),
		cmocka_unit_test(carets_travel),
		cmocka_unit_test(nonsense_from_the_server_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
