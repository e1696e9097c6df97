/* The kernel baseline: the least that a WebSocket broadcast server can do. One epoll loop; a message that comes in
 * becomes one frame, made once, and goes to everybody in its room, its sender included (which is the echo that
 * acknowledgements are compared with). No parsing of what is in it, no checks, no storage: what a program spends beyond
 * this is its own doing.
 *
 *   now    each message is sent to each client at once: one send() per client and message
 *   loop   what one turn of the loop gathered for a room goes out in one send() per client
 *
 * Rooms are named by the path, /r/NUMBER. Prints "port N" and serves until it is killed. It trusts its clients: for the
 * bench's own generator only, on loopback. */
#include "tests/bench/bench.h"
#include "server/cast/frame.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOMS = 4096, EVENTS = 512, INPUT_BYTES = 256 * 1024 };

struct room;

struct peer {
	int fd;
	struct room *room; /* NULL before the handshake */
	size_t slot;       /* in room->peers */
	uint8_t *rest;     /* the beginning of a message that is not complete */
	size_t rest_bytes;
	uint8_t *unsent;   /* what the kernel did not take */
	size_t unsent_bytes;
};

struct room {
	struct peer **peers;
	size_t count, cap;
	uint8_t *gathered; /* frames of this turn */
	size_t gathered_bytes, gathered_cap;
	bool is_dirty;
};

static struct room rooms[ROOMS], *dirty[ROOMS];
static size_t dirty_count;
static int epoll;
static bool gathers;

/* ---- out ---- */

static void watch(struct peer *peer, int what, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = peer };

	if (epoll_ctl(epoll, what, peer->fd, &event) != 0)
		die("epoll_ctl");
}

static void keep_unsent(struct peer *peer, const uint8_t *bytes, size_t n)
{
	if (!peer->unsent_bytes)
		watch(peer, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	peer->unsent = must_realloc(peer->unsent, peer->unsent_bytes + n);
	memcpy(peer->unsent + peer->unsent_bytes, bytes, n);
	peer->unsent_bytes += n;
}

/* What fails is noticed when it is read from next. */
static void send_to(struct peer *peer, const uint8_t *bytes, size_t n)
{
	ssize_t sent = peer->unsent_bytes ? 0 : send(peer->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN)
		return;
	if (sent < (ssize_t)n)
		keep_unsent(peer, bytes + (sent > 0 ? sent : 0), n - (size_t)(sent > 0 ? sent : 0));
}

static void send_unsent(struct peer *peer)
{
	ssize_t sent = send(peer->fd, peer->unsent, peer->unsent_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent <= 0)
		return;
	peer->unsent_bytes -= (size_t)sent;
	memmove(peer->unsent, peer->unsent + sent, peer->unsent_bytes);
	if (!peer->unsent_bytes)
		watch(peer, EPOLL_CTL_MOD, EPOLLIN);
}

static void send_to_room(struct room *room, const uint8_t *bytes, size_t n)
{
	for (size_t p = 0; p < room->count; p++)
		send_to(room->peers[p], bytes, n);
}

static void flush_rooms(void)
{
	for (size_t d = 0; d < dirty_count; d++) {
		send_to_room(dirty[d], dirty[d]->gathered, dirty[d]->gathered_bytes);
		dirty[d]->gathered_bytes = 0;
		dirty[d]->is_dirty = false;
	}
	dirty_count = 0;
}

/* ---- in ---- */

static void publish(struct room *room, const uint8_t *payload, size_t n)
{
	size_t need = room->gathered_bytes + FRAME_HEADER_MAX + n;

	if (need > room->gathered_cap) {
		room->gathered_cap = need * 2;
		room->gathered = must_realloc(room->gathered, room->gathered_cap);
	}
	room->gathered_bytes += frame_header(room->gathered + room->gathered_bytes, n);
	memcpy(room->gathered + room->gathered_bytes, payload, n);
	room->gathered_bytes += n;
	if (!room->is_dirty) {
		room->is_dirty = true;
		dirty[dirty_count++] = room;
	}
	if (!gathers)
		flush_rooms();
}

static void drop(struct peer *peer)
{
	if (peer->room) {
		struct peer *last = peer->room->peers[--peer->room->count];
		peer->room->peers[peer->slot] = last;
		last->slot = peer->slot;
	}
	close(peer->fd);
	free(peer->rest);
	free(peer->unsent);
	free(peer);
}

/* Returns the bytes of the request's head, 0 when it is not complete. */
static size_t take_handshake(struct peer *peer, const uint8_t *bytes, size_t n)
{
	/* The generator does not look at the key's digest (RFC 6455 section 4.2.2), so it is a constant. */
	static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
				     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	const uint8_t *end = memmem(bytes, n, "\r\n\r\n", 4), *path = memmem(bytes, n, "/r/", 3);

	if (!end)
		return 0;
	struct room *room = &rooms[path ? strtoul((const char *)path + 3, NULL, 10) % ROOMS : 0];
	if (room->count == room->cap) {
		room->cap = room->cap ? room->cap * 2 : 16;
		room->peers = must_realloc(room->peers, room->cap * sizeof *room->peers);
	}
	peer->room = room;
	peer->slot = room->count;
	room->peers[room->count++] = peer;
	send_to(peer, (const uint8_t *)answer, sizeof answer - 1);
	return (size_t)(end - bytes) + 4;
}

/* Returns the bytes of the first frame, 0 when it is not complete. Unmasks in place. */
static size_t take_frame(struct peer *peer, uint8_t *bytes, size_t n)
{
	size_t head = 6, size;

	if (n < head)
		return 0;
	size = bytes[1] & 127;
	if (size == 126) {
		if (n < 8)
			return 0;
		size = (size_t)bytes[2] << 8 | bytes[3];
		head = 8;
	}
	if (n < head + size)
		return 0;
	for (size_t b = 0; b < size; b++)
		bytes[head + b] ^= bytes[head - 4 + (b & 3)];
	if ((bytes[0] & 15) == 1)
		publish(peer->room, bytes + head, size);
	return head + size;
}

static void receive(struct peer *peer)
{
	static uint8_t input[INPUT_BYTES + 1]; /* a NUL ends it, for strtoul */
	size_t n = peer->rest_bytes, used = 0, took;

	if (n)
		memcpy(input, peer->rest, n);
	ssize_t got = recv(peer->fd, input + n, INPUT_BYTES - n, MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		drop(peer);
		return;
	}
	n += (size_t)got;
	input[n] = 0;
	while ((took = peer->room ? take_frame(peer, input + used, n - used) : take_handshake(peer, input + used, n - used)))
		used += took;
	peer->rest_bytes = n - used;
	if (peer->rest_bytes) {
		peer->rest = must_realloc(peer->rest, peer->rest_bytes);
		memcpy(peer->rest, input + used, peer->rest_bytes);
	}
}

static void accept_all(int listener)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *peer = must_realloc(NULL, sizeof *peer);
		*peer = (struct peer){ .fd = fd };
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		watch(peer, EPOLL_CTL_ADD, EPOLLIN);
	}
}

int baseline_main(int argc, char **argv)
{
	struct epoll_event events[EVENTS], event = { .events = EPOLLIN, .data.ptr = NULL };
	uint16_t port;

	if (argc != 2 || (strcmp(argv[1], "now") != 0 && strcmp(argv[1], "loop") != 0))
		return 2;
	gathers = strcmp(argv[1], "loop") == 0;
	raise_descriptor_limit();
	int listener = listen_on_loopback(&port);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
		die("epoll");
	printf("port %d\n", port);
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);
		for (int e = 0; e < count; e++) {
			struct peer *peer = events[e].data.ptr;
			if (!peer) {
				accept_all(listener);
				continue;
			}
			if (events[e].events & EPOLLOUT)
				send_unsent(peer);
			if (events[e].events & ~(uint32_t)EPOLLOUT)
				receive(peer);
		}
		flush_rooms();
	}
}
