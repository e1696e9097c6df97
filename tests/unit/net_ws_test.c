/* The transport on libwebsockets, against a plain socket. The hub here is a stub that does what each test asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/net/ws.h"
#include "server/session/hub.h"

enum { PADDING = 32, BIG = 4 << 20 };

struct world {
	uv_loop_t loop;
	struct limits limits;
	struct ws *ws;
	int client;
	char got[8192];
	size_t got_bytes;
	/* What the hub saw and does. */
	void *peer;
	int connects, disconnects, messages, alives, writables;
	char text[64];
	bool refuse;
};

static struct world *world;

struct conn *hub_connect(struct hub *hub, void *peer, const char *address, int64_t mono_ms)
{
	(void)hub, (void)mono_ms;
	assert_string_equal(address, "192.0.2.1");
	world->peer = peer;
	world->connects++;
	return world->refuse ? NULL : (struct conn *)world;
}

void hub_disconnect(struct hub *hub, struct conn *conn, int64_t mono_ms)
{
	(void)hub, (void)mono_ms;
	assert_ptr_equal(conn, world);
	world->disconnects++;
}

void hub_message(struct hub *hub, struct conn *conn, const char *text, size_t size_bytes, int64_t mono_ms, int64_t now_ms)
{
	(void)hub, (void)conn, (void)mono_ms, (void)now_ms;
	assert_true(size_bytes < sizeof world->text);
	memcpy(world->text, text, size_bytes);
	world->text[size_bytes] = '\0';
	world->messages++;
}

void hub_alive(struct hub *hub, struct conn *conn, int64_t mono_ms)
{
	(void)hub, (void)conn, (void)mono_ms;
	world->alives++;
}

void hub_writable(struct hub *hub, struct conn *conn, int64_t mono_ms)
{
	(void)hub, (void)conn, (void)mono_ms;
	world->writables++;
}

static void on_guard(uv_timer_t *timer)
{
	(void)timer;
}

/* Turns the loop for up to a second, until `done` says so; reads what the client gets, unless it is not to read. */
static bool turn_until(bool (*done)(void), bool reads)
{
	uv_timer_t guard;
	bool good = false;

	uv_timer_init(&world->loop, &guard);
	uv_timer_start(&guard, on_guard, 1, 5);
	for (int i = 0; i < 600 && !(good = done()); i++) {
		uv_run(&world->loop, UV_RUN_ONCE);
		ssize_t n = reads ? recv(world->client, world->got + world->got_bytes, sizeof world->got - world->got_bytes, MSG_DONTWAIT) : 0;
		if (n > 0)
			world->got_bytes += (size_t)n;
	}
	uv_close((uv_handle_t *)&guard, NULL);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	return good;
}

static bool is_connected(void)
{
	return world->connects && memmem(world->got, world->got_bytes, "\r\n\r\n", 4);
}

static bool has_message(void)
{
	return world->messages;
}

static bool is_gone(void)
{
	return world->disconnects;
}

static bool has_frame(void)
{
	return world->got_bytes >= 7;
}

static bool has_writable(void)
{
	return world->writables;
}

/* Two ends of a TCP connection. */
static void connect_pair(int ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)&address, size), 0);
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
}

static int set_up(void **state)
{
	int ends[2];

	(void)state;
	world = calloc(1, sizeof *world);
	assert_int_equal(uv_loop_init(&world->loop), 0);
	limits_init(&world->limits);
	world->ws = ws_new(&world->loop, &world->limits);
	assert_non_null(world->ws);
	ws_set_hub(world->ws, (struct hub *)world);
	connect_pair(ends);
	world->client = ends[0];
	ws_adopt(world->ws, ends[1], "dGhlIHNhbXBsZSBub25jZQ==", "192.0.2.1", NULL, 0);
	assert_true(turn_until(is_connected, true));
	assert_non_null(memmem(world->got, world->got_bytes, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)); /* RFC 6455 section 1.3 */
	world->got_bytes = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ws_stop(world->ws);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->connects, world->disconnects);
	ws_free(world->ws);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	close(world->client);
	free(world);
	return 0;
}

static void frames_are_sent_from_memory_that_cannot_be_written(void **state)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	memcpy(page + PADDING, "\x81\x05hello", 7);
	assert_int_equal(mprotect(page, 4096, PROT_READ), 0);
	assert_true(ws_transport(world->ws)->write(world->peer, page + PADDING, 7));
	assert_false(ws_transport(world->ws)->busy(world->peer));
	assert_true(turn_until(has_frame, true));
	assert_memory_equal(world->got, "\x81\x05hello", 7);
	munmap(page, 4096);
}

static void a_message_arrives_and_a_pong_is_a_sign_of_life(void **state)
{
	(void)state;
	assert_int_equal(send(world->client, "\x8a\x81\0\0\0\0?\x81\x82\0\0\0\0hi", 15, 0), 15);
	assert_true(turn_until(has_message, true));
	assert_string_equal(world->text, "hi");
	assert_int_equal(world->alives, 1);
}

static void an_empty_pong_is_a_sign_of_life_too(void **state)
{
	(void)state;
	ws_tick(world->ws);
	assert_int_equal(world->alives, 0);
	assert_int_equal(send(world->client, "\x8a\x80\0\0\0\0", 6, 0), 6);
	for (int i = 0; i < 100 && !world->alives; i++) {
		ws_tick(world->ws);
		uv_run(&world->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(world->alives, 1);
	for (int i = 0; i < WS_TICKS_PER_S; i++)
		ws_tick(world->ws);
	assert_int_equal(world->alives, 1);
}

static void a_close_frame_is_sent_and_the_end_follows(void **state)
{
	static const uint8_t frame[PADDING + 2] = { [PADDING] = 0x81 };

	(void)state;
	ws_transport(world->ws)->close(world->peer, 4413, "slow");
	assert_false(ws_transport(world->ws)->write(world->peer, frame + PADDING, 2));
	assert_true(turn_until(has_frame, true));
	assert_memory_equal(world->got, "\x88\x06\x11\x3dslow", 8);
	/* The client says nothing, so it takes the second of grace. */
	for (int i = 0; i < 3 && !world->disconnects; i++)
		turn_until(is_gone, true);
	assert_int_equal(world->disconnects, 1);
	assert_int_equal(ws_count(world->ws), 0);
}

static void a_client_that_does_not_read_makes_it_busy_and_then_writable(void **state)
{
	uint8_t *bytes = calloc(1, PADDING + BIG);
	struct pollfd wait = { .fd = world->client, .events = POLLIN };
	char sink[65536];

	(void)state;
	assert_true(ws_transport(world->ws)->write(world->peer, bytes + PADDING, BIG));
	assert_true(ws_transport(world->ws)->busy(world->peer));
	ws_transport(world->ws)->want_writable(world->peer);
	turn_until(has_writable, false);
	assert_int_equal(world->writables, 0);
	for (int i = 0; i < 2000 && !world->writables; i++) {
		uv_run(&world->loop, UV_RUN_NOWAIT);
		if (poll(&wait, 1, 1) == 1)
			assert_true(recv(world->client, sink, sizeof sink, MSG_DONTWAIT) > 0);
	}
	assert_int_equal(world->writables, 1);
	assert_false(ws_transport(world->ws)->busy(world->peer));
	free(bytes);
}

static void a_client_that_is_gone_is_noticed(void **state)
{
	(void)state;
	shutdown(world->client, SHUT_RDWR);
	assert_true(turn_until(is_gone, true));
	assert_int_equal(ws_count(world->ws), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(frames_are_sent_from_memory_that_cannot_be_written), CASE(a_message_arrives_and_a_pong_is_a_sign_of_life), CASE(an_empty_pong_is_a_sign_of_life_too), CASE(a_close_frame_is_sent_and_the_end_follows),
		CASE(a_client_that_does_not_read_makes_it_busy_and_then_writable), CASE(a_client_that_is_gone_is_noticed),
	};

	return cmocka_run_group_tests_name("net_ws", tests, NULL, NULL);
}
