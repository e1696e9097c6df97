#include "tests/bench/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_BYTES = 512 * 1024, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static void watch(struct client *client, int epoll, int what, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = client };

	if (epoll_ctl(epoll, what, client->fd, &event) != 0)
		die("epoll_ctl");
}

/* ---- out ---- */

/* A client asks for little at a time; what the kernel does not take is tried again when the client is served next. */
static void send_bytes(struct client *client, const char *bytes, size_t n)
{
	ssize_t sent = client->unsent.n ? 0 : send(client->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < (ssize_t)n)
		buf_add(&client->unsent, bytes + (sent > 0 ? sent : 0), n - (size_t)(sent > 0 ? sent : 0));
}

/* The mask (RFC 6455 section 5.3) is zero: the server does the same work for it, the generator none. */
static void send_frame(struct client *client, int opcode, const char *payload, size_t n)
{
	static struct buf frame;
	char head[8] = { (char)(0x80 | opcode) };
	size_t head_bytes = 6;

	if (n < 126) {
		head[1] = (char)(0x80 | n);
	} else {
		head[1] = (char)(0x80 | 126);
		head[2] = (char)(n >> 8);
		head[3] = (char)n;
		head_bytes = 8;
	}
	buf_reset(&frame);
	buf_add(&frame, head, head_bytes);
	buf_add(&frame, payload, n);
	send_bytes(client, frame.s, frame.n);
}

void client_send(struct client *client, const char *text, size_t n)
{
	send_frame(client, TEXT, text, n);
}

void client_send_binary(struct client *client, const char *bytes, size_t n)
{
	send_frame(client, BINARY, bytes, n);
}

static void send_unsent(struct client *client)
{
	ssize_t sent = send(client->fd, client->unsent.s, client->unsent.n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent <= 0)
		return;
	client->unsent.n -= (size_t)sent;
	memmove(client->unsent.s, client->unsent.s + sent, client->unsent.n);
	if (!client->unsent.n)
		buf_release(&client->unsent);
}

/* ---- life ---- */

void client_connect(struct client *client, uint16_t port, int epoll, const struct speaker *speaker)
{
	struct buf head = { 0 };

	client->began_ns = mono_ns();
	client->state = CLIENT_UPGRADING;
	client->fd = connect_to_loopback(port);
	watch(client, epoll, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
	speaker->ask(client, &head);
	buf_str(&head, "Host: 127.0.0.1:");
	buf_int(&head, port);
	buf_str(&head, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		       "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
	client->unsent = head; /* until the connection stands */
}

void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->rest);
	buf_release(&client->unsent);
	client->rest = NULL;
	client->rest_bytes = 0;
	client->fd = -1;
	client->state = CLIENT_CLOSED;
}

static void lose(struct client *client, const char *why)
{
	load_lost(client, why);
	client_close(client);
}

/* ---- in ---- */

/* Returns the bytes of the answer's head; 0 when it is not complete, or a refusal. */
static size_t take_upgrade(struct client *client, const struct speaker *speaker, const char *bytes, size_t n)
{
	const char *end = memmem(bytes, n, "\r\n\r\n", 4);

	if (!end)
		return 0;
	if (memcmp(bytes, "HTTP/1.1 101", 12) != 0) {
		char why[64];
		snprintf(why, sizeof why, "%.*s", (int)strcspn(bytes, "\r"), bytes);
		lose(client, why);
		return 0;
	}
	client->state = CLIENT_JOINING;
	speaker->on_upgraded(client);
	return (size_t)(end - bytes) + 4;
}

static void take_close(struct client *client, const char *payload, size_t n)
{
	char why[160];
	int code = n >= 2 ? (uint8_t)payload[0] << 8 | (uint8_t)payload[1] : 1005;

	snprintf(why, sizeof why, "closed %d %.*s", code, n > 2 ? (int)n - 2 : 0, payload + 2);
	lose(client, why);
}

/* Returns the bytes of the first frame; 0 when it is not complete, or the connection is gone. */
static size_t take_frame(struct client *client, const struct speaker *speaker, const char *bytes, size_t n, uint64_t now_ns)
{
	size_t head = 2, size;

	if (n < head)
		return 0;
	size = (uint8_t)bytes[1];
	if (size >= 126) {
		size_t width = size == 126 ? 2 : 8;
		head += width;
		if (n < head)
			return 0;
		size = 0;
		for (size_t b = 2; b < head; b++)
			size = size << 8 | (uint8_t)bytes[b];
	}
	if (size > INPUT_BYTES - head)
		die("a message of %zu bytes", size);
	if (n < head + size)
		return 0;
	switch (bytes[0] & 15) {
	case TEXT:
	case BINARY:
		load_received(size);
		speaker->on_message(client, bytes + head, size, now_ns);
		break;
	case PING:
		load_pinged();
		send_frame(client, PONG, bytes + head, size);
		break;
	case CLOSE:
		take_close(client, bytes + head, size);
		return 0;
	default:
		die("a frame of type %d", bytes[0] & 15);
	}
	return client->state == CLIENT_CLOSED ? 0 : head + size;
}

static void take_input(struct client *client, const struct speaker *speaker, const char *bytes, size_t n, uint64_t now_ns)
{
	size_t used = 0, took;

	do {
		took = client->state == CLIENT_UPGRADING ? take_upgrade(client, speaker, bytes + used, n - used)
							 : take_frame(client, speaker, bytes + used, n - used, now_ns);
		used += took;
	} while (took);
	if (client->state == CLIENT_CLOSED)
		return;
	/* An idle client keeps no memory for it; which is for the sake of measuring thousands beside the server. */
	if (used == n) {
		free(client->rest);
		client->rest = NULL;
	} else {
		client->rest = must_realloc(client->rest, n - used);
		memcpy(client->rest, bytes + used, n - used);
	}
	client->rest_bytes = n - used;
}

static void receive(struct client *client, const struct speaker *speaker)
{
	static char input[INPUT_BYTES + 1]; /* a NUL ends it */
	size_t kept = client->rest_bytes;
	ssize_t got = recv(client->fd, input + kept, INPUT_BYTES - kept, MSG_DONTWAIT);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		lose(client, got ? strerror(errno) : "hung up");
		return;
	}
	if (kept)
		memcpy(input, client->rest, kept);
	input[kept + (size_t)got] = 0;
	take_input(client, speaker, input, kept + (size_t)got, mono_ns());
}

void client_serve(struct client *client, int epoll, const struct speaker *speaker, bool is_writable)
{
	if (is_writable && client->unsent.n)
		send_unsent(client);
	if (client->state == CLIENT_UPGRADING && is_writable && !client->unsent.n)
		watch(client, epoll, EPOLL_CTL_MOD, EPOLLIN);
	receive(client, speaker);
	if (client->state != CLIENT_CLOSED && client->unsent.n)
		send_unsent(client);
}
