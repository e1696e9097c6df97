/* forwhom.1 (proto/README.md), as much of it as a load needs: come in as a member, open the class and its wall, write a
 * post, and edit it over and over. An edit is an op whose size does not grow with what was done before, and no limit on
 * the number of objects is ever met. */
#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TIME_CHARS = 16,  /* nanoseconds in hexadecimal, behind TIME_MARK */
	WORDS_CHARS = 102, /* what makes the op of an edit OP_BYTES long, about: its version has one to six digits */
};

/* Stands nowhere else in an `ops` message: ids are base64url, and names have none. */
#define TIME_MARK '@'

static const char ok_begins[] = "{\"t\":\"ok\",\"id\":\"", ops_begins[] = "{\"t\":\"ops\",",
		  snapshot_begins[] = "{\"t\":\"snapshot\",";

/* ---- coming in ---- */

static void ask(const struct client *client, struct buf *head)
{
	(void)client;
	buf_str(head, "GET /ws HTTP/1.1\r\nSec-WebSocket-Protocol: forwhom.1\r\n");
}

/* The same secret whenever the same client of the same class comes: it is the same member then. */
static void write_secret(const struct client *client, struct buf *out)
{
	uint8_t bytes[SECRET_BYTES];
	char secret[SECRET_CHARS + 1];
	uint64_t state = client->index;

	for (const char *c = client->room; *c; c++)
		state = (state ^ (uint8_t)*c) * 0x100000001b3;
	for (size_t b = 0; b < sizeof bytes; b++) {
		state = state * 6364136223846793005 + 1442695040888963407;
		bytes[b] = (uint8_t)(state >> 56);
	}
	secret_encode(bytes, secret);
	buf_str(out, secret);
}

void forwhom_hello(struct client *client, const char *class, size_t n)
{
	struct buf text = { 0 };

	buf_str(&text, "{\"t\":\"hello\",\"v\":1,\"class\":\"");
	buf_add(&text, class, n);
	buf_str(&text, "\",\"secret\":\"");
	write_secret(client, &text);
	buf_str(&text, "\",\"name\":\"Student ");
	buf_int(&text, client->index + 1);
	buf_str(&text, "\"}");
	client_send(client, text.s, text.n);
	buf_release(&text);
}

static void on_upgraded(struct client *client)
{
	forwhom_hello(client, client->room, strlen(client->room));
}

void forwhom_open(struct client *client, const char *doc)
{
	char text[80];

	client_send(client, text, (size_t)snprintf(text, sizeof text, "{\"t\":\"open\",\"doc\":\"%s\"}", doc));
}

static void on_welcome(struct client *client, const char *text, size_t n)
{
	static const char key[] = "\"start\":\"";
	const char *start = memmem(text, n, key, sizeof key - 1);

	if (!start || (size_t)(text + n - start) < sizeof key - 1 + ID_CHARS)
		die("a welcome without a document: %.*s", (int)n, text);
	memcpy(client->wall, start + sizeof key - 1, ID_CHARS);
	client->wall[ID_CHARS] = 0;
	forwhom_open(client, "class");
	forwhom_open(client, client->wall);
}

static void on_snapshot(struct client *client, const char *text, size_t n)
{
	static const char last[] = "\"last\":true"; /* people's quotes would be escaped, so this is the key */

	if (client->state == CLIENT_JOINING && memmem(text, n, last, sizeof last - 1) && ++client->snapshots == 2)
		load_joined(client);
}

/* ---- what comes ---- */

static void on_ops(const char *text, size_t n, uint64_t now_ns)
{
	const char *end = text + n, *mark = text;

	while ((mark = memchr(mark, TIME_MARK, (size_t)(end - mark))) && end - mark > TIME_CHARS)
		load_delivered(strtoull(mark++ + 1, NULL, 16), now_ns);
}

/* A command's id begins with the time at which it was sent. */
static void on_ok(const char *text, size_t n, uint64_t now_ns)
{
	uint8_t id[ID_BYTES];
	uint64_t sent_ns;

	if (n < sizeof ok_begins - 1 + ID_CHARS || !id_decode(text + sizeof ok_begins - 1, ID_CHARS, id))
		die("an answer to no command: %.*s", (int)n, text);
	memcpy(&sent_ns, id, sizeof sent_ns);
	load_acknowledged(sent_ns, now_ns);
}

/* Nothing this client does should be refused. Before it is in, there is nothing left to wait for. */
static void on_refusal(struct client *client, const char *text, size_t n)
{
	load_refused(text, n);
	if (client->state != CLIENT_JOINED) {
		load_lost(client, "not let in");
		client_close(client);
	}
}

static bool begins(const char *text, size_t n, const char *with, size_t with_bytes)
{
	return n >= with_bytes && memcmp(text, with, with_bytes) == 0;
}

#define BEGINS(text, n, with) begins(text, n, with, sizeof(with) - 1)

static void on_message(struct client *client, const char *text, size_t n, uint64_t now_ns)
{
	if (BEGINS(text, n, ops_begins))
		on_ops(text, n, now_ns);
	else if (BEGINS(text, n, ok_begins))
		on_ok(text, n, now_ns);
	else if (BEGINS(text, n, snapshot_begins))
		on_snapshot(client, text, n);
	else if (BEGINS(text, n, "{\"t\":\"welcome\","))
		on_welcome(client, text, n);
	else if (!BEGINS(text, n, "{\"t\":\"mine\",") && !BEGINS(text, n, "{\"t\":\"presence\","))
		on_refusal(client, text, n);
}

/* ---- what goes ---- */

void forwhom_write_id(const struct client *client, uint64_t now_ns, char out[ID_CHARS + 1])
{
	static uint32_t counter;
	uint8_t bytes[ID_BYTES];

	counter++;
	memcpy(bytes, &now_ns, sizeof now_ns);
	memcpy(bytes + 8, &client->index, sizeof client->index);
	memcpy(bytes + 12, &counter, sizeof counter);
	id_encode(bytes, out);
}

static void write_words(char out[WORDS_CHARS + 1], uint64_t now_ns)
{
	memset(out, 'w', WORDS_CHARS);
	out[snprintf(out, WORDS_CHARS, "%c%016llx", TIME_MARK, (unsigned long long)now_ns)] = ' ';
	out[WORDS_CHARS] = 0;
}

static int prepare(struct client *client, uint64_t now_ns)
{
	char id[ID_CHARS + 1], words[WORDS_CHARS + 1], text[400];

	if (*client->post)
		return 0;
	forwhom_write_id(client, now_ns, id);
	forwhom_write_id(client, now_ns, client->post);
	write_words(words, now_ns);
	client->version = 1;
	client_send(client, text, (size_t)snprintf(text, sizeof text,
		"{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"post.add\",\"args\":"
		"{\"id\":\"%s\",\"for\":\"commuters\",\"offer\":\"%s\"}}",
		id, client->wall, client->post, words));
	return 1;
}

/* Commands of one socket are done in order, so the version is known without waiting. */
static void op(struct client *client, uint64_t now_ns)
{
	char id[ID_CHARS + 1], words[WORDS_CHARS + 1], text[400];

	forwhom_write_id(client, now_ns, id);
	write_words(words, now_ns);
	client_send(client, text, (size_t)snprintf(text, sizeof text,
		"{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"post.edit\",\"args\":"
		"{\"id\":\"%s\",\"version\":%lld,\"offer\":\"%s\"}}",
		id, client->wall, client->post, (long long)client->version++, words));
}

const struct speaker forwhom_speaker = { ask, on_upgraded, on_message, prepare, op, NULL };
