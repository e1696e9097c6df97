/* forwhom.1 of people who type together: each comes in as a member, joins a team, opens its canvas, and types in its newest
 * note (proto/README.md sections 10 and 11). A room is CLASS/TEAM/CANVAS; teams are to be joined freely. Carets are not told. */
#include "tests/bench/load.h"
#include "tests/bench/typing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_CHARS = 7, TEAM_AT = CLASS_CHARS + 1, CANVAS_AT = TEAM_AT + ID_CHARS + 1 };

struct desk {
	struct typist typist;
	char command[ID_CHARS + 1]; /* on its way: to join the team, then the last edit */
	char note[ID_CHARS + 1];
	int64_t own_rev;            /* what the edit on its way has become, 0 while unknown */
	uint64_t prepared_ns;
	bool has_joined_team;
	struct revisions *revisions; /* of the room, held by its first client */
};

static struct desk *desk_of(const struct client *client)
{
	return client->typing;
}

/* Of the room's first client, whose neighbours the others are. */
static struct revisions *revisions_of(const struct client *client)
{
	return desk_of(client - client->index)->revisions;
}

static void ask(const struct client *client, struct buf *head)
{
	forwhom_speaker.ask(client, head);
}

static void on_upgraded(struct client *client)
{
	struct desk *desk = must_realloc(NULL, sizeof *desk);

	if (strlen(client->room) != CANVAS_AT + ID_CHARS)
		die("no room CLASS/TEAM/CANVAS: %s", client->room);
	*desk = (struct desk){ .typist.random = typing_seed(client->room, client->index) };
	if (!client->index) {
		desk->revisions = calloc(1, sizeof *desk->revisions);
		if (!desk->revisions)
			die("out of memory");
	}
	client->typing = desk;
	forwhom_hello(client, client->room, CLASS_CHARS);
}

static void on_welcome(struct client *client)
{
	struct desk *desk = desk_of(client);
	char text[300];

	forwhom_open(client, "class");
	forwhom_write_id(client, mono_ns(), desk->command);
	client_send(client, text, (size_t)snprintf(text, sizeof text,
		"{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"class\",\"cmd\":\"team.join\",\"args\":{\"team\":\"%.*s\"}}",
		desk->command, ID_CHARS, client->room + TEAM_AT));
}

static void on_snapshot(struct client *client, const char *text, size_t n)
{
	static const char last[] = "\"last\":true"; /* people's quotes would be escaped, so this is the key */

	if (client->state == CLIENT_JOINING && memmem(text, n, last, sizeof last - 1) && ++client->snapshots == 2)
		load_joined(client);
}

/* ---- typing ---- */

static void send_edit(struct client *client, uint64_t now_ns)
{
	static struct buf text;
	struct desk *desk = desk_of(client);
	const struct text_edit *edit = typist_send(&desk->typist);

	if (!edit)
		return;
	forwhom_write_id(client, now_ns, desk->command);
	desk->own_rev = 0;
	buf_reset(&text);
	buf_str(&text, "{\"t\":\"do\",\"id\":\"");
	buf_str(&text, desk->command);
	buf_str(&text, "\",\"doc\":\"");
	buf_str(&text, client->room + CANVAS_AT);
	buf_str(&text, "\",\"cmd\":\"note.text\",\"args\":{\"id\":\"");
	buf_str(&text, desk->note);
	buf_str(&text, "\",\"rev\":");
	buf_int(&text, desk->typist.rev);
	buf_str(&text, ",\"edit\":");
	text_edit_write(&text, edit);
	buf_str(&text, "}}");
	client_send(client, text.s, text.n);
}

static void take_note(struct client *client, const cJSON *op, uint64_t now_ns)
{
	struct desk *desk = desk_of(client);
	const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(op, "kind"));
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(op, "id"));
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(op, "fields"), "text"));

	if (!kind || strcmp(kind, "note") != 0 || !id || !words)
		return;
	if (strlen(id) != ID_CHARS)
		die("a note without an id");
	memcpy(desk->note, id, ID_CHARS + 1);
	desk->command[0] = 0; /* no answer is awaited any more */
	typist_begin(&desk->typist, words, strlen(words), 0, LINE_CHARS * client->index + LINE_CARET);
	if (!client->index)
		revisions_reset(desk->revisions);
	load_acknowledged(desk_of(client - client->index)->prepared_ns, now_ns);
}

static void take_edit(struct client *client, const cJSON *op, uint64_t now_ns)
{
	static struct text_edit edit;
	struct desk *desk = desk_of(client);
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(op, "id"));
	int64_t rev = (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(op, "rev"));

	if (!id || strcmp(id, desk->note) != 0)
		return;
	if (rev != desk->typist.rev + 1)
		die("revision %lld after %lld", (long long)rev, (long long)desk->typist.rev);
	if (rev == desk->own_rev) {
		typist_own(&desk->typist);
		send_edit(client, now_ns);
		return;
	}
	if (text_edit_read(cJSON_GetObjectItemCaseSensitive(op, "edit"), &edit) != TEXT_OK || !typist_theirs(&desk->typist, &edit))
		die("an edit that does not fit");
	revisions_heard(revisions_of(client), rev, now_ns);
}

static void on_ops(struct client *client, const char *text, size_t n, uint64_t now_ns)
{
	static const char begins[] = "{\"t\":\"ops\",\"doc\":\"";
	const cJSON *op;

	if (n < sizeof begins - 1 + ID_CHARS || memcmp(text + sizeof begins - 1, client->room + CANVAS_AT, ID_CHARS) != 0)
		return; /* of the class: others come in */
	cJSON *message = cJSON_ParseWithLength(text, n);
	cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(message, "ops")) {
		const char *what = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(op, "op"));
		if (what && strcmp(what, "put") == 0)
			take_note(client, op, now_ns);
		else if (what && strcmp(what, "text") == 0)
			take_edit(client, op, now_ns);
	}
	cJSON_Delete(message);
}

static void on_ok(struct client *client, const char *text, size_t n, uint64_t now_ns)
{
	static const char before_id[] = "{\"t\":\"ok\",\"id\":\"", before_rev[] = "\"result\":{\"rev\":";
	struct desk *desk = desk_of(client);
	const char *rev = memmem(text, n, before_rev, sizeof before_rev - 1);

	if (n < sizeof before_id - 1 + ID_CHARS || memcmp(text + sizeof before_id - 1, desk->command, ID_CHARS) != 0)
		return; /* a new note's */
	if (!desk->has_joined_team) {
		desk->has_joined_team = true;
		forwhom_open(client, client->room + CANVAS_AT);
	} else if (rev) {
		desk->own_rev = strtoll(rev + sizeof before_rev - 1, NULL, 10);
		revisions_known(revisions_of(client), desk->own_rev, &desk->typist.flying_keys, now_ns);
	}
}

static bool begins(const char *text, size_t n, const char *with)
{
	size_t with_bytes = strlen(with);

	return n >= with_bytes && memcmp(text, with, with_bytes) == 0;
}

static void on_message(struct client *client, const char *text, size_t n, uint64_t now_ns)
{
	if (begins(text, n, "{\"t\":\"ops\","))
		on_ops(client, text, n, now_ns);
	else if (begins(text, n, "{\"t\":\"ok\","))
		on_ok(client, text, n, now_ns);
	else if (begins(text, n, "{\"t\":\"snapshot\","))
		on_snapshot(client, text, n);
	else if (begins(text, n, "{\"t\":\"welcome\","))
		on_welcome(client);
	else if (!begins(text, n, "{\"t\":\"mine\",") && !begins(text, n, "{\"t\":\"presence\","))
		load_refused(text, n);
}

/* The first of the room makes a note for all. */
static int prepare(struct client *client, uint64_t now_ns)
{
	char id[ID_CHARS + 1], note[ID_CHARS + 1];
	struct buf text = { 0 }, words = { 0 };

	if (client->index)
		return 1;
	desk_of(client)->prepared_ns = now_ns;
	forwhom_write_id(client, now_ns, id);
	forwhom_write_id(client, now_ns, note);
	for (size_t c = 0; c < load_room_size(); c++)
		buf_str(&words, typing_line);
	buf_str(&text, "{\"t\":\"do\",\"id\":\"");
	buf_str(&text, id);
	buf_str(&text, "\",\"doc\":\"");
	buf_str(&text, client->room + CANVAS_AT);
	buf_str(&text, "\",\"cmd\":\"note.add\",\"args\":{\"id\":\"");
	buf_str(&text, note);
	buf_str(&text, "\",\"box\":\"propositions\",\"text\":");
	buf_json_string(&text, words.s, words.n);
	buf_str(&text, "}}");
	client_send(client, text.s, text.n);
	buf_release(&words);
	buf_release(&text);
	return 1;
}

static void op(struct client *client, uint64_t now_ns)
{
	typist_press(&desk_of(client)->typist, now_ns);
	send_edit(client, now_ns);
}

static int64_t letters(const struct client *client, const struct buf **text)
{
	*text = &desk_of(client)->typist.text;
	return (int64_t)(*text)->n - (int64_t)load_room_size() * LINE_CHARS;
}

const struct speaker canvas_speaker = { ask, on_upgraded, on_message, prepare, op, letters };
