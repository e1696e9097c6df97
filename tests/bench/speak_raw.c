/* The baseline's language: none. A message is its own time, who sent it, and padding. */
#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ask(const struct client *client, struct buf *head)
{
	buf_str(head, "GET /r/");
	buf_str(head, client->room);
	buf_str(head, " HTTP/1.1\r\n");
}

static void on_upgraded(struct client *client)
{
	load_joined(client);
}

/* One's own message coming back is the acknowledgement. */
static void on_message(struct client *client, const char *text, size_t n, uint64_t now_ns)
{
	uint64_t sent_ns, sender;

	if (n != OP_BYTES) {
		load_refused(text, n);
		return;
	}
	memcpy(&sent_ns, text, sizeof sent_ns);
	memcpy(&sender, text + 8, sizeof sender);
	load_delivered(sent_ns, now_ns);
	if (sender == client->index)
		load_acknowledged(sent_ns, now_ns);
}

static int prepare(struct client *client, uint64_t now_ns)
{
	(void)client;
	(void)now_ns;
	return 0;
}

static void op(struct client *client, uint64_t now_ns)
{
	char text[OP_BYTES] = { 0 };
	uint64_t sender = client->index;

	memcpy(text, &now_ns, sizeof now_ns);
	memcpy(text + 8, &sender, sizeof sender);
	client_send(client, text, sizeof text);
}

const struct speaker raw_speaker = { ask, on_upgraded, on_message, prepare, op, NULL };
