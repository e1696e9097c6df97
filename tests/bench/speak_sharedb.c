/* ShareDB's own protocol (version 1.1, JSON), of people who type together: a document of the type text-unicode for each room,
 * made anew by `prepare`. Its clients work like ours: one edit on its way, one buffer behind it. */
#include "tests/bench/load.h"
#include "tests/bench/typing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct desk {
	struct typist typist;
	int64_t seq;       /* of the last op of this connection */
	char source[80];   /* what the server calls this connection */
	int generation;    /* of the room's document */
	bool is_subscribed;
	uint64_t prepared_ns;
	struct revisions *revisions; /* of the room, held by its first client */
};

static struct desk *desk_of(const struct client *client)
{
	return client->typing;
}

static struct revisions *revisions_of(const struct client *client)
{
	return desk_of(client - client->index)->revisions;
}

static void ask(const struct client *client, struct buf *head)
{
	(void)client;
	buf_str(head, "GET / HTTP/1.1\r\n");
}

static void on_upgraded(struct client *client)
{
	static const char hello[] = "{\"a\":\"hs\",\"id\":null,\"protocol\":1,\"protocolMinor\":1}";
	struct desk *desk = must_realloc(NULL, sizeof *desk);

	*desk = (struct desk){ .typist.random = typing_seed(client->room, client->index) };
	if (!client->index) {
		desk->revisions = calloc(1, sizeof *desk->revisions);
		if (!desk->revisions)
			die("out of memory");
	}
	client->typing = desk;
	client_send(client, hello, sizeof hello - 1);
}

/* `,"c":…,"d":…` */
static void write_document(const struct client *client, struct buf *text)
{
	buf_str(text, ",\"c\":\"notes\",\"d\":\"");
	buf_str(text, client->room);
	buf_char(text, '-');
	buf_int(text, desk_of(client)->generation);
	buf_char(text, '"');
}

static void subscribe(struct client *client)
{
	struct buf text = { 0 };

	buf_str(&text, "{\"a\":\"s\"");
	write_document(client, &text);
	buf_str(&text, ",\"v\":null}");
	client_send(client, text.s, text.n);
	buf_release(&text);
}

static void send_edit(struct client *client)
{
	static struct buf text;
	struct desk *desk = desk_of(client);
	const struct text_edit *edit = typist_send(&desk->typist);

	if (!edit)
		return;
	buf_reset(&text);
	buf_str(&text, "{\"a\":\"op\"");
	write_document(client, &text);
	buf_str(&text, ",\"v\":");
	buf_int(&text, desk->typist.rev);
	buf_str(&text, ",\"seq\":");
	buf_int(&text, ++desk->seq);
	buf_str(&text, ",\"x\":{},\"op\":");
	text_edit_write(&text, edit);
	buf_char(&text, '}');
	client_send(client, text.s, text.n);
}

/* ---- what comes ---- */

static void on_handshake(struct client *client, const cJSON *message)
{
	struct desk *desk = desk_of(client);
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "id"));

	if (!id || strlen(id) >= sizeof desk->source)
		die("a handshake without an id");
	memcpy(desk->source, id, strlen(id) + 1);
	load_joined(client);
}

static void on_subscribed(struct client *client, const cJSON *message, uint64_t now_ns)
{
	struct desk *desk = desk_of(client);
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(message, "data");
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(data, "data"));

	if (!words)
		die("a document without a text");
	typist_begin(&desk->typist, words, strlen(words), (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(data, "v")),
		     LINE_CHARS * client->index + LINE_CARET);
	desk->is_subscribed = true;
	load_acknowledged(desk_of(client - client->index)->prepared_ns, now_ns);
}

/* The document is there: all of the room subscribe. */
static void on_created(struct client *client)
{
	for (size_t c = 0; c < load_room_size(); c++) {
		desk_of(client + c)->generation = desk_of(client)->generation;
		subscribe(client + c);
	}
}

/* Not of one that has been left behind after a run that was too much. */
static bool is_current(const struct client *client, const cJSON *message)
{
	const char *document = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "d"));
	size_t n = strlen(client->room);

	return document && strncmp(document, client->room, n) == 0 && document[n] == '-' && atoi(document + n + 1) == desk_of(client)->generation;
}

static void on_op(struct client *client, const cJSON *message, uint64_t now_ns)
{
	static struct text_edit edit;
	struct desk *desk = desk_of(client);
	int64_t version = (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(message, "v"));
	const char *source = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "src"));
	bool is_own = source && strcmp(source, desk->source) == 0;

	if (!is_current(client, message))
		return;
	if (is_own && !desk->is_subscribed) {
		on_created(client);
		return;
	}
	if (version < desk->typist.rev)
		return; /* it may come twice: with one's own op, and by the subscription */
	if (version > desk->typist.rev)
		die("version %lld at %lld", (long long)version, (long long)desk->typist.rev);
	if (is_own) {
		revisions_known(revisions_of(client), version, &desk->typist.flying_keys, now_ns);
		typist_own(&desk->typist);
		send_edit(client);
		return;
	}
	if (text_edit_read(cJSON_GetObjectItemCaseSensitive(message, "op"), &edit) != TEXT_OK || !typist_theirs(&desk->typist, &edit))
		die("an edit that does not fit");
	revisions_heard(revisions_of(client), version, now_ns);
}

static void on_message(struct client *client, const char *text, size_t n, uint64_t now_ns)
{
	cJSON *message = cJSON_ParseWithLength(text, n);
	const char *action = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "a"));

	if (!action || cJSON_GetObjectItemCaseSensitive(message, "error"))
		load_refused(text, n);
	else if (strcmp(action, "op") == 0)
		on_op(client, message, now_ns);
	else if (strcmp(action, "s") == 0)
		on_subscribed(client, message, now_ns);
	else if (strcmp(action, "hs") == 0)
		on_handshake(client, message);
	else if (strcmp(action, "init") != 0 && strcmp(action, "u") != 0)
		load_refused(text, n);
	cJSON_Delete(message);
}

/* ---- what goes ---- */

static void unsubscribe(struct client *client)
{
	struct desk *desk = desk_of(client);
	struct buf text = { 0 };

	if (desk->is_subscribed) {
		buf_str(&text, "{\"a\":\"u\"");
		write_document(client, &text);
		buf_char(&text, '}');
		client_send(client, text.s, text.n);
	}
	desk->is_subscribed = false;
	buf_release(&text);
}

/* The first of the room makes a document for all. */
static int prepare(struct client *client, uint64_t now_ns)
{
	struct desk *desk = desk_of(client);
	struct buf text = { 0 }, words = { 0 };

	unsubscribe(client);
	if (client->index)
		return 1;
	desk->prepared_ns = now_ns;
	desk->generation++;
	revisions_reset(desk->revisions);
	for (size_t c = 0; c < load_room_size(); c++)
		buf_str(&words, typing_line);
	buf_str(&text, "{\"a\":\"op\"");
	write_document(client, &text);
	buf_str(&text, ",\"v\":0,\"seq\":");
	buf_int(&text, ++desk->seq);
	buf_str(&text, ",\"x\":{},\"create\":{\"type\":\"http://sharejs.org/types/text-unicode\",\"data\":");
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
	send_edit(client);
}

static int64_t letters(const struct client *client, const struct buf **text)
{
	*text = &desk_of(client)->typist.text;
	return (int64_t)(*text)->n - (int64_t)load_room_size() * LINE_CHARS;
}

const struct speaker sharedb_speaker = { ask, on_upgraded, on_message, prepare, op, letters };
