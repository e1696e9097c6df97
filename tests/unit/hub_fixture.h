#ifndef FORWHOM_TESTS_HUB_FIXTURE_H
#define FORWHOM_TESTS_HUB_FIXTURE_H

/*
 * For unit tests of the hub: a class on a store in memory, sockets that are lists of messages, and clocks that stand
 * still unless told otherwise. Include cmocka first. One fixture at a time.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "proto/buf.h"
#include "proto/ids.h"
#include "proto/gen/templates.h"
#include "proto/json.h"
#include "proto/template.h"
#include "server/session/directory.h"
#include "server/session/hub.h"

enum { SOCKETS = 256 };

struct fake_socket {
	struct conn *conn;
	cJSON *told; /* array of messages not yet taken */
	size_t bytes; /* written in all */
	int pings;
	bool is_clogged, wants_writable;
	uint16_t closed; /* close code, 0: open */
	char reason[64];
};

static struct {
	struct store *store;
	struct limits limits;
	struct directory *directory;
	struct hub *hub;
	int64_t mono_ms, now_ms;
	uint8_t next_random;
	char account[23], code[8], wall[23], class_id[23];
	struct template templates[TEMPLATE_FILES]; /* the server's own */
	const struct template *template_list[TEMPLATE_FILES + 1];
	struct fake_socket sockets[SOCKETS];
	int socket_count, next_id;
} fix;

/* ---- the transport ---- */

static bool fake_write(void *peer, const uint8_t *bytes, size_t n)
{
	struct fake_socket *socket = peer;

	assert_int_equal(socket->closed, 0);
	socket->bytes += n;
	while (n) {
		size_t header = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10, size = bytes[1];
		if (size == 126)
			size = (size_t)bytes[2] << 8 | bytes[3];
		else if (size == 127)
			size = (size_t)bytes[7] << 16 | (size_t)bytes[8] << 8 | bytes[9];
		assert_in_range(header + size, 1, n);
		if (bytes[0] == 0x89) {
			socket->pings++;
		} else {
			enum json_verdict verdict;
			cJSON *message = json_parse((const char *)bytes + header, size, &json_limits_server, &verdict);
			if (!message)
				fail_msg("%s: %.*s", json_verdict_code(verdict), (int)size, (const char *)bytes + header);
			cJSON_AddItemToArray(socket->told, message);
		}
		bytes += header + size;
		n -= header + size;
	}
	return true;
}

static bool fake_busy(void *peer)
{
	return ((struct fake_socket *)peer)->is_clogged;
}

static void fake_want_writable(void *peer)
{
	((struct fake_socket *)peer)->wants_writable = true;
}

static void fake_close(void *peer, uint16_t code, const char *reason)
{
	struct fake_socket *socket = peer;

	assert_int_equal(socket->closed, 0);
	socket->closed = code;
	snprintf(socket->reason, sizeof socket->reason, "%s", reason);
}

static uint64_t fake_now_ns(void)
{
	return (uint64_t)fix.mono_ms * 1000000;
}

static const struct transport fake_transport = { fake_write, fake_busy, fake_want_writable, fake_close, fake_now_ns };

static void fake_random(uint8_t *bytes, size_t n, void *ctx)
{
	static uint64_t state = 1;

	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's */
		bytes[i] = (uint8_t)(state >> 56);
	}
}

/* ---- turns and time ---- */

/* Turns until the store has nothing left to do. */
static inline void settle(void)
{
	for (hub_turn(fix.hub, fix.mono_ms); memory_store_pending(fix.store); hub_turn(fix.hub, fix.mono_ms))
		memory_store_step(fix.store, STORE_DURABLE, true);
}

/* Lets time pass, a tick a second as in the server. */
static inline void wait_ms(int64_t ms)
{
	for (; ms > 0; ms -= 1000) {
		int64_t step = ms < 1000 ? ms : 1000;
		fix.mono_ms += step;
		fix.now_ms += step;
		hub_tick(fix.hub, fix.mono_ms, fix.now_ms);
		settle();
	}
}

/* ---- sockets ---- */

static inline struct fake_socket *connect_from(const char *address)
{
	assert_true(fix.socket_count < SOCKETS);
	struct fake_socket *socket = &fix.sockets[fix.socket_count];

	*socket = (struct fake_socket){ .conn = hub_connect(fix.hub, socket, address, fix.mono_ms) };
	if (!socket->conn)
		return NULL;
	socket->told = cJSON_CreateArray();
	fix.socket_count++;
	return socket;
}

static inline struct fake_socket *connect_one(void)
{
	return connect_from("192.0.2.1");
}

static inline void hang_up(struct fake_socket *socket)
{
	hub_disconnect(fix.hub, socket->conn, fix.mono_ms);
	socket->conn = NULL;
}

/* Gives the hub one message and does not wait for anything. */
static inline void say_text(struct fake_socket *socket, const char *text, size_t n)
{
	char *copy = malloc(n ? n : 1); /* so that the sanitizer sees a read past the end */

	memcpy(copy, text, n);
	hub_message(fix.hub, socket->conn, copy, n, fix.mono_ms, fix.now_ms);
	free(copy);
}

__attribute__((format(printf, 2, 3))) static inline void say_only(struct fake_socket *socket, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	say_text(socket, text, (size_t)n);
	free(text);
}

#define say(socket, ...) (say_only(socket, __VA_ARGS__), settle())

/* The oldest message not yet taken; NULL: none. Owned. */
static inline cJSON *take(struct fake_socket *socket)
{
	return cJSON_DetachItemFromArray(socket->told, 0);
}

static inline void forget(struct fake_socket *socket)
{
	cJSON_Delete(socket->told);
	socket->told = cJSON_CreateArray();
}

static inline int told_count(const struct fake_socket *socket)
{
	return cJSON_GetArraySize(socket->told);
}

static inline const char *str_of(const cJSON *message, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, key));
	return s ? s : "";
}

static inline int64_t int_of(const cJSON *message, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(message, key);
	return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

/* The oldest message must be of this type; `code` is of a refusal, else NULL. It is taken and freed; returns its retry_ms or at, -1 without. */
static inline int64_t expect_told(struct fake_socket *socket, const char *type, const char *code)
{
	cJSON *message = take(socket);

	if (!message)
		fail_msg("nothing was told instead of %s", type);
	if (strcmp(str_of(message, "t"), type) != 0 || (code && strcmp(str_of(message, "code"), code) != 0))
		fail_msg("%s %s was told instead of %s %s", str_of(message, "t"), str_of(message, "code"), type, code ? code : "");
	int64_t n = cJSON_HasObjectItem(message, "retry_ms") ? int_of(message, "retry_ms") : int_of(message, "at");
	cJSON_Delete(message);
	return n;
}

/* Whether any message not yet taken, written out, holds `part`. */
static inline bool was_told(const struct fake_socket *socket, const char *part)
{
	char *text = cJSON_PrintUnformatted(socket->told);
	bool found = strstr(text, part) != NULL;

	free(text);
	return found;
}

/* ---- people ---- */

/* A member's secret by number. */
static inline const char *secret(int person)
{
	static char text[44];
	uint8_t bytes[SECRET_BYTES] = { (uint8_t)person, (uint8_t)(person >> 8), 1 };

	secret_encode(bytes, text);
	return text;
}

/* A socket of a member called `name`, welcomed, with nothing open. */
static inline struct fake_socket *enter(int person, const char *name)
{
	struct fake_socket *socket = connect_one();

	assert_non_null(socket);
	say(socket, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"secret\":\"%s\",\"name\":\"%s\"}", fix.code, secret(person), name);
	expect_told(socket, "welcome", NULL);
	return socket;
}

static inline struct fake_socket *enter_instructor(void)
{
	struct fake_socket *socket = connect_one();
	char ticket[44];

	assert_non_null(socket);
	assert_true(directory_ticket(fix.directory, fix.account, fix.code, ticket, fix.now_ms));
	say(socket, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"ticket\":\"%s\"}", fix.code, ticket);
	expect_told(socket, "welcome", NULL);
	return socket;
}

/* Opens the wall from nothing and takes the snapshot and the overlay. */
static inline void open_wall(struct fake_socket *socket)
{
	say(socket, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	forget(socket);
}

/* A new id of a command or an object. Valid until the fourth call after. */
static inline const char *new_id(void)
{
	static char ids[4][ID_CHARS + 1];
	uint8_t bytes[ID_BYTES] = { 0 };
	int n = ++fix.next_id;

	memcpy(bytes, &n, sizeof n);
	id_encode(bytes, ids[n % 4]);
	return ids[n % 4];
}

/* Sends a wall command; `args` without braces. */
static inline void do_only(struct fake_socket *socket, const char *cmd, const char *args)
{
	say_only(socket, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"%s\",\"args\":{%s}}", new_id(), strncmp(cmd, "class.", 6) && strncmp(cmd, "member.", 7) ? fix.wall : "class", cmd, args);
}

static inline void do_command(struct fake_socket *socket, const char *cmd, const char *args)
{
	do_only(socket, cmd, args);
	settle();
}

/* ---- life ---- */

static void fix_on_done(enum store_result result, void *ctx)
{
	(void)ctx;
	assert_int_equal(result, STORE_DURABLE);
}

static void fix_on_class(enum store_result result, const char *code, void *ctx)
{
	(void)ctx;
	assert_int_equal(result, STORE_DURABLE);
	const struct class_entry *entry = directory_class(fix.directory, code);
	strcpy(fix.code, code);
	strcpy(fix.wall, entry->wall);
	strcpy(fix.class_id, entry->id);
}

static inline void read_templates(void)
{
	struct template_fault fault;

	for (int t = 0; t < TEMPLATE_FILES; t++) {
		assert_true(template_read(template_files[t].text, template_files[t].n, &fix.templates[t], &fault));
		fix.template_list[t] = &fix.templates[t];
	}
}

static inline void start_hub(void)
{
	fix.directory = directory_open(fix.store, &fix.limits);
	assert_non_null(fix.directory);
	fix.hub = hub_new(&(struct hub_config){ .transport = &fake_transport, .store = fix.store, .directory = fix.directory, .limits = &fix.limits, .build = "test", .random = fake_random, .templates = fix.template_list });
}

/* A new class beside the first; fix.code and so on speak of it from now on. */
static inline void open_class(void)
{
	const struct class_request request = { .account_id = fix.account, .name = "Prof. Okoro", .title = "Class", .prompt = "", .names = "named" };

	hub_new_class(fix.hub, &request, fix.now_ms, fix_on_class, NULL);
	settle();
	assert_int_equal(strlen(fix.code), CODE_CHARS);
}

/* A class of one instructor, Prof. Okoro. */
static int set_up_hub(void **state)
{
	char invite[44];

	(void)state;
	memset(&fix, 0, sizeof fix);
	fix.mono_ms = 1000;
	fix.now_ms = INT64_C(1790000000000);
	fix.store = memory_store_new();
	limits_init(&fix.limits);
	read_templates();
	start_hub();
	directory_invite(fix.directory, invite, fix.now_ms, fix_on_done, NULL);
	settle();
	assert_true(directory_redeem(fix.directory, invite, "Prof. Okoro", "", fix.account, fix.now_ms, fix_on_done, NULL));
	settle();
	open_class();
	return 0;
}

static int tear_down_hub(void **state)
{
	(void)state;
	memory_store_crash(fix.store, 0); /* what a failed test has left waiting */
	hub_free(fix.hub);
	fix.store->ops->close(fix.store);
	directory_free(fix.directory);
	for (int s = 0; s < fix.socket_count; s++)
		cJSON_Delete(fix.sockets[s].told);
	for (int t = 0; t < TEMPLATE_FILES; t++)
		template_release(&fix.templates[t]);
	return 0;
}

#endif
