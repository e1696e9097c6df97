/* Typing, with the terminal client's own engine (client-cli/typing.h): each device has a session for every note it types in, sends what is due, and keeps its words over lost connections and restarts. What is checked is what a person sees: never a gap, never
 * another text than the server's with one's own words over it. */
#include "client-cli/typing.h"
#include "tests/sim/letters.h"
#include "tests/sim/world.h"
#include <stdlib.h>
#include <string.h>

enum { SESSIONS_MAX = 6, NOTE_LETTERS = 120 };

struct session {
	struct session *next;
	struct typing *typing;
	int d;
	bool asked; /* `texts` has not come yet */
	bool stale; /* begun on a copy that was being brought up to date: the document has to be opened anew with it */
};

static struct session *find(const struct device *device, int d, const char *note)
{
	struct session *session = device->sessions;
	while (session && (session->d != d || strcmp(typing_note(session->typing), note) != 0))
		session = session->next;
	return session;
}

static struct session *session_of(const struct device *device, const struct sim_command *command)
{
	struct session *session = device->sessions;
	while (session && strcmp(typing_cmd(session->typing), command->id) != 0)
		session = session->next;
	return session;
}

static void drop(struct device *device, struct session *session)
{
	struct session **link = &device->sessions;
	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	typing_free(session->typing);
	free(session);
}

/* Whatever this device has typed there and does not know to be saved will not be. */
static void give_up(const struct device *device, const struct session *session)
{
	for (int l = 0; l < letter_count(); l++) {
		struct letter *letter = letter_at(l);
		if (letter->device == device->index && letter->canvas == session->d && !strcmp(letter->note, typing_note(session->typing)))
			letter->is_lost = true;
	}
}

/* Commands of sessions that wait for none, or for another one. */
static void drop_commands(struct device *device)
{
	for (struct sim_command *command = device->commands; command; command = command->next)
		if (command->types && command->state == COMMAND_OPEN && !session_of(device, command))
			command->state = COMMAND_DROPPED;
}

/* After the engine may have said that words are lost. */
static void forget_lost(struct device *device, struct session *session)
{
	if (typing_state(session->typing) == TYPING_LOST) {
		give_up(device, session);
		typing_forget_lost(session->typing);
	}
	drop_commands(device);
}

static void lose(struct device *device, struct session *session)
{
	typing_lose(session->typing);
	forget_lost(device, session);
	drop(device, session);
	drop_commands(device);
}

bool typist_is_pending(const struct device *device)
{
	for (const struct session *session = device->sessions; session; session = session->next)
		if (typing_is_pending(session->typing)) {
			sim_event("device %d types in %s of document %d, %s, %s", device->index, typing_note(session->typing), session->d, device->open[session->d] ? "open" : "closed", session->asked ? "asked" : *typing_cmd(session->typing) ? typing_cmd(session->typing) : "not sent");
			return true;
		}
	return false;
}

bool typist_holds(const struct device *device, int d)
{
	for (const struct session *session = device->sessions; session; session = session->next)
		if (session->d == d && typing_is_pending(session->typing))
			return true;
	return false;
}

/* ---- what the person does ---- */

/* Where everybody is: most often the first canvas that is open here, and its first note. */
static const struct thing *some_note(const struct device *device, int *d)
{
	int last = class_of(device)->doc_count - 1;
	*d = DOC_WALL_INDEX + 1 + sim_pick(CANVASES_MAX);
	for (int k = DOC_WALL_INDEX + 1; *d > last || (k <= last && sim_chance(500)); k++)
		if (k > last || device->open[k]) {
			*d = k > last ? last : k;
			break;
		}
	if (!device->docs[*d].have || !device->open[*d] || device->docs[*d].waiting)
		return NULL;
	if (sim_chance(600))
		for (const struct thing *thing = device->docs[*d].shared.things; thing; thing = thing->hh.next)
			if (!strcmp(thing->kind, "note") && sim_chance(700))
				return thing;
	return some_in(device, *d, "note");
}

static struct session *begin(struct device *device)
{
	int d, count = 0;
	const struct thing *note = some_note(device, &d);
	if (!note)
		return NULL;
	struct session *session = find(device, d, note->id);
	for (const struct session *other = device->sessions; other; other = other->next)
		count++;
	if (session || count == SESSIONS_MAX)
		return session;
	session = sim_alloc(sizeof *session);
	session->d = d;
	session->stale = device->docs[d].at < device->docs[d].opened_at;
	session->typing = typing_new(note->id, thing_str(note, "text"), strlen(thing_str(note, "text")), thing_int(note, "rev"));
	session->next = device->sessions;
	device->sessions = session;
	return session;
}

static size_t bytes_of(const char *text, int64_t count)
{
	size_t n = 0;
	for (; count > 0; count--)
		do
			n++;
		while (((unsigned char)text[n] & 0xc0) == 0x80);
	return n;
}

/* Only letters are deleted: words keep the shape by which they are found. Returns how many there are at `at`. */
static int64_t mark_deleted(const struct device *device, const char *text, int64_t at, int64_t most)
{
	size_t from = bytes_of(text, at), n = strlen(text);
	int64_t count = 0;
	while (count < most && from < n) {
		size_t end = from;
		int l = letter_next(text, from + LETTER_BYTES < n ? from + LETTER_BYTES : n, &end);
		if (l < 0)
			break;
		letter_at(l)->takers |= UINT64_C(1) << (device->person - world.people);
		from = end;
		count++;
	}
	return count;
}

void typist_type(struct device *device)
{
	if (class_of(device)->doc_count <= DOC_WALL_INDEX + 1)
		return;
	struct session *session = device->sessions && sim_chance(850) ? device->sessions : begin(device);
	struct buf words = { 0 };
	if (!session)
		return;
	int64_t length = typing_length(session->typing), at = sim_chance(400) ? typing_caret(session->typing).focus : sim_pick((int)length + 1), remove = 0;
	if (length > NOTE_LETTERS || sim_chance(250))
		remove = mark_deleted(device, typing_text(session->typing, NULL), at, 1 + sim_pick(length > NOTE_LETTERS ? 60 : 4));
	for (int k = remove && sim_chance(600) ? 0 : 1 + sim_pick(5); k > 0 && length <= NOTE_LETTERS; k--)
		if (letter_type(&words, (int)(device->person - world.people), device->index, session->d, typing_note(session->typing)) >= 0)
			world.count.letters++;
	if (sim_chance(50))
		buf_str(&words, sim_chance(500) ? "\n" : " \xc3\xa9\xf0\x9f\x99\x82");
	typing_splice(session->typing, at, remove, words.s, words.n);
	buf_release(&words);
}

/* ---- what is sent ---- */

static struct sim_command *command_of(const struct device *device, const char *id)
{
	struct sim_command *command = device->commands;
	while (command && strcmp(command->id, id) != 0)
		command = command->next;
	return command;
}

static void take(struct device *device, struct session *session)
{
	cJSON *json = typing_take(session->typing, (uint64_t)world.mono_ms);
	char *text = cJSON_PrintUnformatted(json);
	struct buf args = { 0 };
	text[strlen(text) - 1] = 0;
	buf_char(&args, ',');
	buf_str(&args, text + 1);
	struct sim_command *command = device_command(device, session->d, "note.text", &args);
	command->types = true;
	strcpy(command->object, typing_note(session->typing));
	typing_sent(session->typing, command->id);
	device_send(device, command);
	if (sim_chance(30))
		device_send(device, command);
	world.count.edits++;
	buf_release(&args);
	cJSON_free(text);
	cJSON_Delete(json);
}

void typist_pump(struct device *device)
{
	for (struct session *session = device->sessions; session && device->welcomed; session = session->next) {
		if (typing_state(session->typing) == TYPING_FROZEN && (world.is_calm || sim_chance(20)))
			typing_offer(session->typing);
		uint64_t now = (uint64_t)world.mono_ms, due = device->open[session->d] ? typing_due_ms(session->typing, now) : 0;
		if (!due || due > now)
			continue;
		if (!typing_is_resend(session->typing)) {
			take(device, session);
			continue;
		}
		struct sim_command *command = command_of(device, typing_cmd(session->typing));
		if (command->again_ms > world.mono_ms)
			continue;
		typing_resent(session->typing, now);
		device_send(device, command);
	}
}

void typist_write_open(struct device *device, int d, struct buf *out)
{
	bool any = false;
	for (struct session *session = device->sessions; session; session = session->next) {
		if (session->d != d)
			continue;
		typing_cut(session->typing);
		session->asked = true;
		session->stale = false;
		buf_str(out, any ? "," : ",\"texts\":[");
		any = true;
		typing_write_open(session->typing, out);
	}
	if (any)
		buf_char(out, ']');
}

void typist_cut(struct device *device)
{
	for (struct session *session = device->sessions; session; session = session->next) {
		typing_cut(session->typing);
		session->asked = false;
	}
}

void typist_restart(struct device *device)
{
	for (struct session *session = device->sessions, *next; session; session = next) {
		next = session->next;
		cJSON *saved = typing_save(session->typing);
		if (!saved) {
			drop(device, session);
			continue;
		}
		struct typing *typing = typing_load(saved);
		cJSON_Delete(saved);
		if (!typing)
			sim_fail("what device %d has written down of %s makes no sense", device->index, typing_note(session->typing));
		typing_free(session->typing);
		session->typing = typing;
		session->asked = false;
	}
	drop_commands(device);
}

void typist_release(struct device *device)
{
	while (device->sessions)
		drop(device, device->sessions);
}

/* ---- what the server says ---- */

void typist_ok(struct device *device, const struct sim_command *command, int64_t rev)
{
	struct session *session = session_of(device, command);
	if (session)
		typing_ok(session->typing, rev);
	drop_commands(device);
}

void typist_no(struct device *device, const struct sim_command *command, const char *code)
{
	struct session *session = session_of(device, command);
	if (!session)
		return;
	typing_no(session->typing, code);
	forget_lost(device, session);
}

void typist_texts(struct device *device, int d, const cJSON *message)
{
	const char *note = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "id"));
	struct session *session = d < 0 || !note ? NULL : find(device, d, note);
	if (!session)
		return;
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "lost")) && mirror_find(&doc_ledger(class_of(device), d)->full, note))
		sim_fail("device %d is told that words of %s are lost, which is there", device->index, note);
	session->asked = false;
	if (typing_texts(session->typing, message) == TYPING_GAP)
		sim_fail("device %d cannot catch up with %s", device->index, note);
	forget_lost(device, session);
}

/* Edits in between are missing: not to happen, but to who began to type while they were on their way. */
static bool is_gap(struct device *device, const struct session *session, enum typing_verdict verdict)
{
	if (verdict != TYPING_GAP || session->asked)
		return false;
	if (!session->stale)
		sim_fail("device %d misses an edit of %s after %lld", device->index, typing_note(session->typing), (long long)typing_rev(session->typing));
	return true;
}

void typist_op(struct device *device, int d, const cJSON *op)
{
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(op, "id"));
	struct session *session = find(device, d, id);
	int64_t rev = (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(op, "rev"));
	if (session && !is_gap(device, session, typing_op(session->typing, rev, cJSON_GetObjectItemCaseSensitive(op, "edit"))))
		drop_commands(device);
}

static void settle(struct device *device, struct session *session, const struct thing *note)
{
	const char *text = thing_str(note, "text");
	int64_t rev = thing_int(note, "rev");
	if (is_gap(device, session, typing_see(session->typing, text, strlen(text), rev))) {
		device_open(device, session->d);
		return;
	}
	if (!typing_is_pending(session->typing) && typing_rev(session->typing) == rev && strcmp(typing_text(session->typing, NULL), text) != 0)
		sim_fail("device %d shows another text of %s than it has", device->index, note->id);
	forget_lost(device, session);
	if (!typing_is_pending(session->typing) && !session->asked && sim_chance(30))
		drop(device, session);
}

void typist_settle(struct device *device, int d)
{
	for (struct session *session = device->sessions, *next; session; session = next) {
		next = session->next;
		if (session->d != d || !device->docs[d].have || device->docs[d].waiting)
			continue;
		const struct thing *note = mirror_find(&device->docs[d].shared, typing_note(session->typing));
		if (note)
			settle(device, session, note);
		else
			lose(device, session);
	}
}

void typist_shut(struct device *device, int d)
{
	for (struct session *session = device->sessions, *next; session; session = next) {
		next = session->next;
		if (session->d == d)
			lose(device, session);
	}
}

/* ---- when all is calm ---- */

void typist_check(const struct device *device)
{
	for (const struct session *session = device->sessions; session; session = session->next) {
		if (!may_read(device, session->d))
			continue; /* left over, with nothing to be saved */
		const struct ledger_doc *doc = doc_ledger(class_of(device), session->d);
		const struct thing *note = mirror_find(&doc->full, typing_note(session->typing));
		if (!note || typing_rev(session->typing) != thing_int(note, "rev") || strcmp(typing_text(session->typing, NULL), thing_str(note, "text")) != 0)
			sim_fail("device %d shows another text of %s than the log has: %s, not %s", device->index, typing_note(session->typing), typing_text(session->typing, NULL), note ? thing_str(note, "text") : "nothing");
	}
}

void typist_check_letters(void)
{
	for (int l = 0; l < letter_count(); l++) {
		const struct letter *letter = letter_at(l);
		if (!*letter->note || letter->device < 0)
			continue;
		if (!letter->is_logged) {
			/* Or its writer has taken it back before it went out. */
			if (!letter->is_lost && !(letter->takers >> letter->person & 1))
				sim_fail("letter %d, typed on device %d into %s, is nowhere", l, letter->device, letter->note);
			continue;
		}
		const struct ledger_doc *doc = doc_ledger(&world.classes[world.people[letter->person].class_index], letter->canvas);
		const struct thing *note = mirror_find(&doc->full, letter->note);
		struct buf text = { 0 };
		letter_write(&text, l);
		if (!note || (!letter->is_gone && !strstr(thing_str(note, "text"), buf_cstr(&text))))
			sim_fail("letter %d, typed on device %d into %s, is there no more", l, letter->device, letter->note);
		buf_release(&text);
	}
}
