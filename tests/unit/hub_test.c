#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/session/internal.h"
#include "tests/unit/hub_fixture.h"

static void add_post(struct fake_socket *socket, const char *words)
{
	char args[9000];

	snprintf(args, sizeof args, "\"id\":\"%s\",\"for\":\"%s\"", new_id(), words);
	do_only(socket, "post.add", args);
}

static void hello(struct fake_socket *socket, const char *code, int person, const char *name)
{
	say(socket, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"secret\":\"%s\",\"name\":\"%s\"}", code, secret(person), name);
}

/* ---- hello ---- */

static void test_joining_is_idempotent(void **state)
{
	struct fake_socket *a = connect_one(), *b = connect_one(), *c = connect_one();

	(void)state;
	hello(a, fix.code, 1, "Ama");
	hello(b, fix.code, 1, "Somebody else"); /* the name counts only once */
	say(c, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"secret\":\"%s\"}", fix.code, secret(1));
	cJSON *first = take(a), *second = take(b), *third = take(c);
	assert_string_equal(str_of(first, "t"), "welcome");
	assert_string_equal(str_of(first, "role"), "member");
	assert_string_equal(str_of(first, "build"), "test");
	assert_string_equal(str_of(first, "start"), fix.wall);
	assert_int_equal(int_of(first, "now"), fix.now_ms);
	assert_string_equal(str_of(first, "me"), str_of(second, "me"));
	assert_string_equal(str_of(first, "me"), str_of(third, "me"));
	cJSON_Delete(first);
	cJSON_Delete(second);
	cJSON_Delete(third);
}

static void test_welcome_waits_for_the_disk(void **state)
{
	struct fake_socket *a = connect_one();

	(void)state;
	say_only(a, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"secret\":\"%s\",\"name\":\"Ama\"}", fix.code, secret(1));
	hub_turn(fix.hub, fix.mono_ms);
	hub_turn(fix.hub, fix.mono_ms);
	assert_int_equal(told_count(a), 0);
	settle();
	expect_told(a, "welcome", NULL);
}

static void test_deadline_of_hello(void **state)
{
	struct fake_socket *a = connect_one(), *b = connect_one();

	(void)state;
	wait_ms(4999);
	assert_int_equal(a->closed, 0);
	hello(b, "2222222", 1, "Ama"); /* a wrong code gives a person time to mend it */
	expect_told(b, "no", "not_found");
	wait_ms(1);
	assert_int_equal(a->closed, 4408);
	wait_ms(6000);
	assert_int_equal(b->closed, 0);
	wait_ms(180 * 1000);
	assert_int_not_equal(b->closed, 0); /* but not for ever */
}

static void test_third_wrong_code_closes(void **state)
{
	struct fake_socket *a = connect_one();

	(void)state;
	for (int k = 0; k < 3; k++) {
		assert_int_equal(a->closed, 0);
		hello(a, "2222222", 1, "Ama");
		expect_told(a, "no", "not_found");
	}
	assert_int_equal(a->closed, 4429);
}

/* Ten a minute of one address are answered at once, the eleventh late, never later than five seconds; a right code never. */
static void test_wrong_codes_are_delayed(void **state)
{
	struct fake_socket *sockets[12];

	(void)state;
	for (int k = 0; k < 11; k++) {
		sockets[k] = connect_one();
		hello(sockets[k], "2222222", 1, "Ama");
		assert_int_equal(told_count(sockets[k]), k < 10);
	}
	struct fake_socket *other = connect_from("198.51.100.7");
	hello(other, "2222222", 1, "Ama");
	expect_told(other, "no", "not_found");
	struct fake_socket *right = connect_one();
	hello(right, fix.code, 1, "Ama");
	expect_told(right, "welcome", NULL);
	wait_ms(3000);
	say(sockets[10], "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"secret\":\"%s\",\"name\":\"x\"}", fix.code, secret(2)); /* impatient */
	assert_int_equal(sockets[10]->closed, 4400);
	struct fake_socket *late = connect_one();
	hello(late, "3333333", 1, "Ama");
	assert_int_equal(told_count(late), 0);
	wait_ms(5000);
	expect_told(late, "no", "not_found");
	assert_int_equal(late->closed, 0);
}

static void test_guesses_from_everywhere(void **state)
{
	int late = 0;

	(void)state;
	for (int k = 0; k < 21; k++) {
		char address[32];
		snprintf(address, sizeof address, "198.51.100.%d", k);
		struct fake_socket *socket = connect_from(address);
		hello(socket, "2222222", 1, "Ama");
		late += !told_count(socket);
	}
	assert_int_equal(late, 1); /* twenty in a second, whoever it was */
}

static void test_sockets_before_hello(void **state)
{
	(void)state;
	limits_set(&fix.limits, "sockets_before_hello", 3);
	struct fake_socket *a = connect_one(), *b = connect_one(), *c = connect_one();
	assert_true(a && b && c);
	assert_null(connect_one());
	hello(a, fix.code, 1, "Ama"); /* who is known no longer counts */
	struct fake_socket *d = connect_one();
	assert_non_null(d);
	assert_null(connect_one());
	hang_up(b);
	assert_non_null(connect_one());
	hello(c, fix.code, 2, ""); /* refused: back among the unknown */
	expect_told(c, "no", "bad_value");
	assert_null(connect_one());
}

static void test_fifth_socket(void **state)
{
	struct fake_socket *sockets[5];

	(void)state;
	for (int k = 0; k < 4; k++) {
		sockets[k] = enter(1, "Ama");
		wait_ms(10);
	}
	for (int k = 0; k < 4; k++)
		assert_int_equal(sockets[k]->closed, 0);
	do_command(sockets[0], "member.rename", "\"name\":\"Ama O.\""); /* active: now the second is the oldest */
	wait_ms(10);
	sockets[4] = enter(1, "Ama");
	assert_int_equal(sockets[1]->closed, 1013);
	for (int k = 0; k < 5; k++)
		assert_int_equal(sockets[k]->closed, k == 1 ? 1013 : 0);
	enter(2, "Ben");
	assert_int_equal(sockets[2]->closed, 0);
}

static void test_class_size(void **state)
{
	(void)state;
	limits_set(&fix.limits, "members_per_class", 2);
	enter(1, "Ama");
	enter(2, "Ben");
	struct fake_socket *c = connect_one();
	hello(c, fix.code, 3, "Cleo");
	expect_told(c, "no", "quota");
	enter(1, "Ama"); /* who is in stays in */
}

static void test_door(void **state)
{
	struct fake_socket *olu = enter_instructor();

	(void)state;
	enter(1, "Ama");
	do_command(olu, "class.set", "\"door\":\"closed\"");
	struct fake_socket *b = connect_one();
	hello(b, fix.code, 2, "Ben");
	expect_told(b, "no", "door");
	assert_int_equal(b->closed, 0);
	enter(1, "Ama");
	do_command(olu, "class.set", "\"door\":\"open\"");
	hello(b, fix.code, 2, "Ben"); /* the same socket may ask again */
	expect_told(b, "welcome", NULL);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "", "   ", "\\u200b", "\\u202e", "\\u0007", "Prof. Okoro", "prof okoro", "Pr\xd0\xbe" "f. Okoro", "PROF.OKORO", "12345678901234567890123456789012345678901" };
	struct fake_socket *reader = enter(1, "Ama");

	(void)state;
	for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
		struct fake_socket *socket = connect_one();
		hello(socket, fix.code, 100 + (int)n, bad[n]);
		cJSON *message = take(socket);
		if (!message || strcmp(str_of(message, "code"), "bad_value") != 0)
			fail_msg("\"%s\" is taken for a name: %s", bad[n], str_of(message, "t"));
		cJSON_Delete(message);
	}
	enter(2, "AMA");
	enter(3, "\xc3\x81ma");
	enter(4, "1234567890123456789012345678901234567890");
	enter(5, "1234567890123456789012345678901234567890");
	say(reader, "{\"t\":\"open\",\"doc\":\"class\"}");
	assert_true(was_told(reader, "\"name\":\"Ama\""));
	assert_true(was_told(reader, "\"name\":\"AMA \xc2\xb7" "2\""));
	assert_true(was_told(reader, "\"name\":\"\xc3\x81ma \xc2\xb7" "3\""));
	assert_true(was_told(reader, "\"name\":\"1234567890123456789012345678901234567890\""));
	assert_true(was_told(reader, "\"name\":\"1234567890123456789012345678901234 \xc2\xb7" "2\"")); /* never over 40 */
}

/* Asking for the same name again must not move from one suffix to the next. */
static void test_renaming_is_stable(void **state)
{
	(void)state;
	enter(1, "Ama");
	struct fake_socket *b = enter(2, "Ama");
	do_command(b, "member.rename", "\"name\":\"Ama\"");
	do_command(b, "member.rename", "\"name\":\"Ama\"");
	forget(b);
	say(b, "{\"t\":\"open\",\"doc\":\"class\"}");
	assert_true(was_told(b, "\"name\":\"Ama \xc2\xb7" "2\""));
	forget(b);
	do_command(b, "member.rename", "\"name\":\"ama\""); /* its own letters it may change */
	expect_told(b, "ok", NULL);
	do_command(b, "member.rename", "\"name\":\"Prof. Okoro\"");
	assert_true(was_told(b, "name.staff"));
}

static void test_tickets(void **state)
{
	char ticket[44];
	struct fake_socket *a = connect_one(), *b = connect_one(), *c = connect_one();

	(void)state;
	assert_true(directory_ticket(fix.directory, fix.account, fix.code, ticket, fix.now_ms));
	say(a, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"ticket\":\"%s\"}", fix.code, ticket);
	cJSON *welcome = take(a);
	assert_string_equal(str_of(welcome, "role"), "owner");
	cJSON_Delete(welcome);
	say(b, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"ticket\":\"%s\"}", fix.code, ticket); /* again */
	expect_told(b, "no", "auth");
	assert_int_equal(b->closed, 4401);
	assert_true(directory_ticket(fix.directory, fix.account, fix.code, ticket, fix.now_ms));
	fix.now_ms += fix.limits.ticket_ms + 1;
	say(c, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"ticket\":\"%s\"}", fix.code, ticket); /* stale */
	expect_told(c, "no", "auth");
	assert_int_equal(c->closed, 4401);
	hub_sign_out(fix.hub, fix.account);
	assert_int_equal(a->closed, 4401);
}

/* ---- rates, strikes, silence ---- */

static void test_command_rate(void **state)
{
	struct fake_socket *a = enter(1, "Ama");

	(void)state;
	for (int k = 0; k < 120; k++)
		say_only(a, "{\"t\":\"ping\"}");
	settle();
	assert_int_equal(told_count(a), 120);
	assert_false(was_told(a, "rate"));
	forget(a);
	say(a, "{\"t\":\"ping\"}");
	int64_t retry_ms = expect_told(a, "no", "rate");
	assert_in_range(retry_ms, 1, 34); /* thirty a second */
	fix.mono_ms += retry_ms;
	say(a, "{\"t\":\"ping\"}");
	expect_told(a, "pong", NULL);
}

/* Who takes no notice of retry_ms is hung up on, after the third time. */
static void test_ignoring_the_rate(void **state)
{
	struct fake_socket *a = enter(1, "Ama");
	int64_t begin_ms = fix.mono_ms;

	(void)state;
	while (!a->closed && fix.mono_ms < begin_ms + 20 * 1000) {
		for (int k = 0; k < 10 && !a->closed; k++)
			say_only(a, "{\"t\":\"ping\"}");
		fix.mono_ms += 50; /* two hundred a second */
		settle();
		forget(a);
	}
	assert_int_equal(a->closed, 4429);
	assert_in_range(fix.mono_ms - begin_ms, 6000, 8000);
}

/* Five hundred at once, as of somebody who was offline for long: each is told its own moment, and none is refused twice. */
static void test_honouring_the_rate(void **state)
{
	enum { COMMANDS = 500 };
	struct fake_socket *a = enter(1, "Ama");
	int64_t due_ms[COMMANDS];
	int open = COMMANDS, refused = 0;

	(void)state;
	for (int k = 0; k < COMMANDS; k++)
		due_ms[k] = fix.mono_ms;
	for (int64_t end_ms = fix.mono_ms + 30 * 1000; open && fix.mono_ms < end_ms; fix.mono_ms++)
		for (int k = 0; k < COMMANDS; k++) {
			if (due_ms[k] != fix.mono_ms)
				continue;
			say(a, "{\"t\":\"ping\"}");
			cJSON *message = take(a);
			assert_non_null(message);
			if (!strcmp(str_of(message, "t"), "pong")) {
				due_ms[k] = 0;
				open--;
			} else {
				due_ms[k] = fix.mono_ms + int_of(message, "retry_ms");
				refused++;
			}
			cJSON_Delete(message);
		}
	assert_int_equal(open, 0);
	assert_int_equal(refused, COMMANDS - 120);
	assert_int_equal(a->closed, 0);
}

/* A little too fast for ever is refused for ever, no more. */
static void test_a_little_too_fast(void **state)
{
	struct fake_socket *a = enter(1, "Ama");
	int refused = 0;

	(void)state;
	for (int k = 0; k < 5000; k++) {
		say(a, "{\"t\":\"ping\"}");
		refused += was_told(a, "rate");
		forget(a);
		fix.mono_ms += k % 2 ? 32 : 31; /* nearly 32 a second */
	}
	assert_int_equal(a->closed, 0);
	assert_in_range(refused, 1, 400);
}

static void test_posting_rate(void **state)
{
	struct fake_socket *a = enter(1, "Ama"), *olu = enter_instructor();

	(void)state;
	for (int k = 0; k < 10; k++) {
		add_post(a, "words");
		settle();
		expect_told(a, "ok", NULL);
	}
	add_post(a, "words");
	settle();
	assert_int_equal(expect_told(a, "no", "rate"), 10 * 1000);
	struct fake_socket *again = enter(1, "Ama"); /* the member's, not the socket's */
	add_post(again, "words");
	settle();
	expect_told(again, "no", "rate");
	fix.mono_ms += 10 * 1000;
	add_post(again, "words");
	settle();
	expect_told(again, "ok", NULL);
	for (int k = 0; k < 20; k++) {
		add_post(olu, "words");
		settle();
		expect_told(olu, "ok", NULL);
	}
}

static void test_posts_of_a_member(void **state)
{
	struct fake_socket *a = enter(1, "Ama");

	(void)state;
	limits_set(&fix.limits, "posts_per_member", 3);
	for (int k = 0; k < 3; k++) {
		add_post(a, "words");
		settle();
		expect_told(a, "ok", NULL);
	}
	add_post(a, "words");
	settle();
	expect_told(a, "no", "quota");
}

static void test_five_malformed_messages(void **state)
{
	struct fake_socket *a = enter(1, "Ama");

	(void)state;
	for (int k = 0; k < 4; k++) {
		say(a, "nonsense");
		expect_told(a, "no", "bad_json");
		assert_int_equal(a->closed, 0);
	}
	wait_ms(13 * 1000); /* one is forgiven */
	say(a, "nonsense");
	assert_int_equal(a->closed, 0);
	say(a, "nonsense");
	assert_int_equal(a->closed, 4400);
}

static void test_bytes_in(void **state)
{
	struct fake_socket *a = enter(1, "Ama");
	static char text[60 * 1024];

	(void)state;
	memset(text, ' ', sizeof text - 1);
	memcpy(text, "{\"t\":\"ping\"}", 12);
	for (int k = 0; k < 8; k++)
		say(a, "%s", text);
	assert_int_equal(a->closed, 0);
	say(a, "%s", text); /* over half a megabyte at once */
	assert_int_equal(a->closed, 4429);
}

static void test_silence(void **state)
{
	struct fake_socket *a = enter(1, "Ama"), *b = enter(2, "Ben");

	(void)state;
	wait_ms(19 * 1000);
	assert_int_equal(a->pings, 0);
	wait_ms(1000);
	assert_int_equal(a->pings, 1);
	hub_alive(fix.hub, b->conn, fix.mono_ms);
	wait_ms(24 * 1000);
	assert_int_equal(a->closed, 0);
	wait_ms(1000);
	assert_int_equal(a->closed, 4408);
	assert_int_equal(b->closed, 0);
}

static void test_second_hello(void **state)
{
	struct fake_socket *a = enter(1, "Ama");

	(void)state;
	hello(a, fix.code, 2, "Ben");
	assert_int_equal(a->closed, 4400);
}

/* ---- exactly once ---- */

static void test_resend(void **state)
{
	struct fake_socket *a = enter(1, "Ama");
	const char *text = "{\"t\":\"do\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ\",\"doc\":\"%s\",\"cmd\":\"post.add\",\"args\":{%s}}";
	const char *args = "\"id\":\"BBBBBBBBBBBBBBBBBBBBBA\",\"for\":\"x\"", *escaped = "\"for\":\"\\u0078\",\"id\":\"BBBBBBBBBBBBBBBBBBBBBA\"", *other = "\"id\":\"BBBBBBBBBBBBBBBBBBBBBA\",\"for\":\"y\"";

	(void)state;
	say(a, text, fix.wall, args);
	cJSON *first = take(a);
	assert_string_equal(str_of(first, "t"), "ok");
	for (int k = 0; k < 3; k++) {
		if (k == 2) { /* another socket, and a server that has forgotten everything but the disk */
			hang_up(a);
			wait_ms(70 * 1000);
			assert_int_equal(hub_stats(fix.hub).classes, 0);
			a = enter(1, "Ama");
		}
		say(a, text, fix.wall, k == 1 ? escaped : args);
		cJSON *again = take(a);
		assert_true(cJSON_Compare(first, again, true));
		cJSON_Delete(again);
	}
	say(a, text, fix.wall, other);
	cJSON *conflict = take(a);
	assert_string_equal(str_of(conflict, "say"), "conflict.id");
	cJSON_Delete(conflict);
	cJSON_Delete(first);
}

/* Twice in one breath: the second is answered with the first, and neither before the disk has it. */
static void test_twice_at_once(void **state)
{
	struct fake_socket *a = enter(1, "Ama");

	(void)state;
	for (int k = 0; k < 2; k++)
		say_only(a, "{\"t\":\"do\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ\",\"doc\":\"%s\",\"cmd\":\"post.add\",\"args\":{\"id\":\"BBBBBBBBBBBBBBBBBBBBBA\",\"for\":\"x\"}}", fix.wall);
	hub_turn(fix.hub, fix.mono_ms);
	assert_int_equal(told_count(a), 0);
	settle();
	cJSON *first = take(a), *second = take(a);
	assert_string_equal(str_of(first, "t"), "ok");
	assert_true(cJSON_Compare(first, second, true));
	cJSON_Delete(first);
	cJSON_Delete(second);
	assert_int_equal(told_count(a), 0);
}

/* ---- who is told what, in what order ---- */

static void test_ok_comes_before_the_room_is_told(void **state)
{
	struct fake_socket *a = enter(1, "Ama"), *b = enter(2, "Ben");

	(void)state;
	open_wall(a);
	open_wall(b);
	add_post(a, "words");
	settle();
	int64_t at = expect_told(a, "ok", NULL);
	assert_int_equal(expect_told(a, "ops", NULL), at);
	assert_int_equal(expect_told(b, "ops", NULL), at);
	assert_int_equal(told_count(b), 0);
}

static void test_overlays(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama"), *b = enter(2, "Ben");

	(void)state;
	do_command(olu, "wall.set", "\"hold\":true");
	open_wall(a);
	open_wall(b);
	open_wall(olu);
	add_post(a, "heldwords");
	settle();
	assert_true(was_told(a, "heldwords"));
	assert_true(was_told(olu, "heldwords"));
	assert_int_equal(told_count(b), 0);
	struct fake_socket *again = enter(1, "Ama");
	say(again, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	assert_true(was_told(again, "heldwords"));
	say(b, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	assert_false(was_told(b, "heldwords"));
}

/* Two hundred long posts that only their author sees: they come in messages of a fair size, numbered without gaps, to a socket that reads; another socket of the same member misses none of its own. */
static void test_a_large_overlay(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama");
	static char words[5000];

	(void)state;
	limits_set(&fix.limits, "posts_burst", 1000);
	do_command(olu, "wall.set", "\"hold\":true");
	for (int k = 0; k < 300; k++)
		strcat(words, "\xf0\x9f\x99\x82"); /* 1,200 bytes */
	for (int p = 0; p < 200; p++) {
		char args[16000];
		snprintf(args, sizeof args, "\"id\":\"%s\",\"for\":\"%s\",\"who\":\"%s\",\"offer\":\"%s\"", new_id(), words, words, words);
		fix.mono_ms += 100;
		do_command(a, "post.add", args);
		forget(a);
	}
	say(a, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	forget(a);
	struct fake_socket *b = enter(1, "Ama");
	say(b, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	assert_int_equal(b->closed, 0);
	int objects = 0;
	int64_t n = -1;
	for (cJSON *message; (message = take(b)); cJSON_Delete(message)) {
		if (strcmp(str_of(message, "t"), "mine") != 0)
			continue;
		assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(message, "whole")), n < 0);
		if (n >= 0)
			assert_int_equal(int_of(message, "n"), n + 1);
		n = int_of(message, "n");
		objects += cJSON_GetArraySize(cJSON_GetObjectItem(message, "objects"));
	}
	assert_int_equal(objects, 200);
	do_command(olu, "post.approve", "\"id\":\"BwAAAAAAAAAAAAAAAAAAAA\""); /* something of hers may change on both */
	for (cJSON *message; (message = take(a)); cJSON_Delete(message))
		if (!strcmp(str_of(message, "t"), "mine"))
			assert_true(int_of(message, "n") > 0);
	/* Who does not read gets no more than a queue's worth. */
	struct fake_socket *c = enter(1, "Ama");
	c->is_clogged = true;
	size_t before = c->bytes;
	say(c, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	assert_int_equal(c->closed, 4413);
	assert_int_equal(c->bytes, before);
}

static void test_another_class_is_not_there(void **state)
{
	struct fake_socket *a = enter(1, "Ama");
	char wall[23];

	(void)state;
	strcpy(wall, fix.wall);
	open_class();
	assert_string_not_equal(wall, fix.wall);
	say(a, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	expect_told(a, "no", "not_found");
	say(a, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"post.add\",\"args\":{\"id\":\"%s\",\"for\":\"x\"}}", new_id(), fix.wall, new_id());
	expect_told(a, "no", "not_found");
	say(a, "{\"t\":\"open\",\"doc\":\"%s\"}", wall);
	assert_true(was_told(a, "\"snapshot\""));
}

/* ---- when the disk fails ---- */

static void test_full_disk(void **state)
{
	struct fake_socket *a = enter(1, "Ama"), *b = enter(2, "Ben");

	(void)state;
	open_wall(a);
	memory_store_set_fault(fix.store, STORE_FULL);
	wait_ms(1000);
	cJSON *notice = take(b);
	assert_string_equal(str_of(notice, "t"), "notice");
	assert_string_equal(str_of(notice, "say"), "readonly.full");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(notice, "readonly")));
	cJSON_Delete(notice);
	forget(a);
	add_post(a, "words");
	settle();
	assert_true(expect_told(a, "no", "readonly") > 0);
	struct fake_socket *c = connect_one();
	hello(c, fix.code, 3, "Cleo"); /* newcomers cannot be written down */
	expect_told(c, "no", "readonly");
	struct fake_socket *again = enter(1, "Ama"); /* but who is known may read, and is told */
	expect_told(again, "notice", NULL);
	say(again, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
	assert_true(was_told(again, "\"snapshot\""));
	memory_store_set_fault(fix.store, STORE_FINE);
	wait_ms(1000);
	notice = take(b);
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(notice, "readonly")));
	cJSON_Delete(notice);
	add_post(a, "words");
	settle();
	assert_true(was_told(a, "\"ok\""));
}

/* The commit itself meets the full disk: who asked is refused, everybody hears why, in the other class too, and nobody but the class that lost something has to come back. */
static void test_failing_commit(void **state)
{
	struct fake_socket *a = enter(1, "Ama");

	(void)state;
	open_class();
	struct fake_socket *other = enter(2, "Ben");
	say_only(a, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"class\",\"cmd\":\"member.rename\",\"args\":{\"name\":\"Never\"}}", new_id());
	hub_turn(fix.hub, fix.mono_ms);
	say_only(other, "{\"t\":\"open\",\"doc\":\"class\"}"); /* while that is under way */
	memory_store_set_fault(fix.store, STORE_FULL);
	memory_store_step(fix.store, STORE_UNAVAILABLE, false);
	hub_turn(fix.hub, fix.mono_ms);
	assert_true(was_told(a, "\"readonly\""));
	assert_int_equal(a->closed, 1012);
	assert_int_equal(other->closed, 0);
	assert_true(was_told(other, "\"snapshot\""));
	assert_true(was_told(other, "readonly.full"));
	forget(other);
	memory_store_set_fault(fix.store, STORE_FINE);
	wait_ms(1000);
	assert_true(was_told(other, "\"readonly\":false"));
}

/* Nobody knows whether it was written: nobody is answered, and the resend settles it. */
static void test_unknown_outcome(void **state)
{
	(void)state;
	for (int applied = 0; applied < 2; applied++) {
		struct fake_socket *a = enter(1, "Ama");
		char text[300], post[23], id[23];
		strcpy(post, new_id());
		strcpy(id, new_id());
		snprintf(text, sizeof text, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"post.add\",\"args\":{\"id\":\"%s\",\"for\":\"x\"}}", id, fix.wall, post);
		say_only(a, "%s", text);
		hub_turn(fix.hub, fix.mono_ms);
		memory_store_step(fix.store, STORE_UNKNOWN, applied);
		hub_turn(fix.hub, fix.mono_ms);
		assert_int_equal(told_count(a), 0);
		assert_int_equal(a->closed, 1012);
		a = enter(1, "Ama");
		say(a, "%s", text);
		expect_told(a, "ok", NULL);
		say(a, "{\"t\":\"open\",\"doc\":\"%s\"}", fix.wall);
		assert_true(was_told(a, post));
	}
}

/* A resend of what was done long ago must not be told `no` because another commit fails just then. */
static void test_resend_during_a_failing_commit(void **state)
{
	struct fake_socket *a = enter(1, "Ama"), *b = enter(2, "Ben");
	char text[300], id[23];

	(void)state;
	strcpy(id, new_id());
	snprintf(text, sizeof text, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"post.add\",\"args\":{\"id\":\"%s\",\"for\":\"x\"}}", id, fix.wall, new_id());
	say(a, "%s", text);
	expect_told(a, "ok", NULL);
	add_post(b, "lost");
	say_only(a, "%s", text);
	hub_turn(fix.hub, fix.mono_ms);
	memory_store_step(fix.store, STORE_UNAVAILABLE, false);
	hub_turn(fix.hub, fix.mono_ms);
	assert_false(was_told(a, "\"no\""));
	a = enter(1, "Ama");
	say(a, "%s", text);
	expect_told(a, "ok", NULL);
}

static void test_class_that_cannot_be_loaded(void **state)
{
	struct fake_socket *a;

	(void)state;
	wait_ms(70 * 1000); /* nobody there: dropped */
	a = connect_one();
	say_only(a, "{\"t\":\"hello\",\"v\":1,\"class\":\"%s\",\"secret\":\"%s\",\"name\":\"Ama\"}", fix.code, secret(1));
	memory_store_step(fix.store, STORE_UNAVAILABLE, false);
	hub_turn(fix.hub, fix.mono_ms);
	assert_true(expect_told(a, "no", "busy") > 0);
	assert_int_equal(a->closed, 1013);
	enter(1, "Ama");
}

/* ---- who reads too slowly ---- */

static void test_slow_reader(void **state)
{
	struct fake_socket *olu = enter_instructor(), *slow = enter(1, "Ama"), *quick = enter(2, "Ben");

	(void)state;
	open_wall(slow);
	open_wall(quick);
	slow->is_clogged = true;
	size_t before = slow->bytes;
	add_post(olu, "words");
	settle();
	expect_told(quick, "ops", NULL);
	wait_ms(9 * 1000);
	assert_int_equal(slow->closed, 0);
	assert_true(slow->wants_writable);
	wait_ms(1000);
	assert_int_equal(slow->closed, 4413);
	assert_int_equal(slow->bytes, before);
	assert_int_equal(quick->closed, 0);
}

static void test_slow_reader_catches_up(void **state)
{
	struct fake_socket *olu = enter_instructor(), *slow = enter(1, "Ama");

	(void)state;
	open_wall(slow);
	slow->is_clogged = true;
	for (int k = 0; k < 5; k++) {
		add_post(olu, "words");
		settle();
		wait_ms(1000);
	}
	slow->is_clogged = false;
	hub_writable(fix.hub, slow->conn, fix.mono_ms);
	assert_int_equal(told_count(slow), 5);
	wait_ms(15 * 1000);
	assert_int_equal(slow->closed, 0);
}

/* It fell out of the window: what it missed is gone from memory, so it gets everything anew, and no gap. */
static void test_reader_behind_the_window(void **state)
{
	struct fake_socket *olu = enter_instructor(), *slow = enter(1, "Ama");
	static char words[4600];

	(void)state;
	for (int k = 0; k < 300; k++)
		strcat(words, "\xf0\x9f\x99\x82");
	open_wall(slow);
	slow->is_clogged = true;
	for (int k = 0; k < 600; k++) {
		char args[6000];
		snprintf(args, sizeof args, "\"id\":\"%s\",\"for\":\"%s\"", new_id(), words);
		fix.mono_ms += 12;
		do_only(olu, "post.add", args);
		hub_turn(fix.hub, fix.mono_ms);
		settle();
		forget(olu);
		if (k % 100 == 0)
			wait_ms(2000);
		if (k % 100 == 50 && k < 300) { /* a little is read now and then */
			slow->is_clogged = false;
			hub_writable(fix.hub, slow->conn, fix.mono_ms);
			slow->is_clogged = true;
			forget(slow);
		}
	}
	forget(slow);
	slow->is_clogged = false;
	hub_writable(fix.hub, slow->conn, fix.mono_ms);
	settle();
	assert_int_equal(slow->closed, 0);
	assert_true(was_told(slow, "\"snapshot\""));
	cJSON *message = take(slow);
	int64_t at = int_of(message, "at");
	assert_true(!strcmp(str_of(message, "t"), "ops") || !strcmp(str_of(message, "t"), "snapshot"));
	for (cJSON *next; (next = take(slow)); message = next) {
		if (!strcmp(str_of(next, "t"), "ops"))
			assert_int_equal(int_of(next, "at") - cJSON_GetArraySize(cJSON_GetObjectItem(next, "ops")), at);
		at = int_of(next, "at");
		cJSON_Delete(message);
	}
	assert_int_equal(at, 601 + 0);
	cJSON_Delete(message);
}

static void test_queue_is_bounded(void **state)
{
	struct fake_socket *a = enter(1, "Ama");
	int answers = 0;

	(void)state;
	a->is_clogged = true;
	while (!a->closed && answers < 100000) {
		for (int k = 0; k < 30 && !a->closed; k++, answers++)
			say_only(a, "{\"t\":\"ping\"}");
		settle();
		fix.mono_ms += 1000; /* no ticks: only the queue's length can end it */
	}
	assert_int_equal(a->closed, 4413);
	assert_in_range(answers * 36, 200 * 1024, 300 * 1024);
}

/* ---- canvases ---- */

/* A command for a document; `args` without braces. */
static void do_in_only(struct fake_socket *socket, const char *doc, const char *cmd, const char *args)
{
	say_only(socket, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"%s\",\"args\":{%s}}", new_id(), doc, cmd, args);
}

static void do_in(struct fake_socket *socket, const char *doc, const char *cmd, const char *args)
{
	do_in_only(socket, doc, cmd, args);
	settle();
}

__attribute__((format(printf, 4, 5))) static void must(struct fake_socket *socket, const char *doc, const char *cmd, const char *format, ...)
{
	static char args[70000];
	va_list list;

	va_start(list, format);
	vsnprintf(args, sizeof args, format, list);
	va_end(list);
	forget(socket);
	do_in(socket, doc, cmd, args);
	if (!was_told(socket, "\"ok\""))
		fail_msg("%s: %s", cmd, str_of(cJSON_GetArrayItem(socket->told, 0), "say"));
	forget(socket);
}

/* Of the whole class, with everybody's rights but that to change what others made. */
static void add_canvas(struct fake_socket *olu, char id[23])
{
	strcpy(id, new_id());
	must(olu, "class", "canvas.add", "\"id\":\"%s\",\"template\":\"bmc\",\"see\":\"class\"", id);
}

static void add_note(struct fake_socket *socket, const char *canvas, char id[23], const char *text)
{
	strcpy(id, new_id());
	must(socket, canvas, "note.add", "\"id\":\"%s\",\"box\":\"segments\",\"text\":\"%s\"", id, text);
}

static void open_document(struct fake_socket *socket, const char *doc)
{
	say(socket, "{\"t\":\"open\",\"doc\":\"%s\"}", doc);
	assert_true(was_told(socket, "\"snapshot\""));
	forget(socket);
}

static int count_told(const struct fake_socket *socket, const char *type)
{
	const cJSON *message;
	int count = 0;

	cJSON_ArrayForEach(message, socket->told)
		count += !strcmp(str_of(message, "t"), type);
	return count;
}

/* The newest message of that type and document; borrowed, NULL without. */
static const cJSON *newest(const struct fake_socket *socket, const char *type, const char *doc)
{
	const cJSON *message, *found = NULL;

	cJSON_ArrayForEach(message, socket->told)
		if (!strcmp(str_of(message, "t"), type) && !strcmp(str_of(message, "doc"), doc))
			found = message;
	return found;
}

static void a_moment(void)
{
	fix.mono_ms += 1000;
	settle();
}

/* ---- presence ---- */

static void test_presence_is_told_together(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama"), *b = enter(2, "Ben");
	char canvas[23], note[23];

	(void)state;
	add_canvas(olu, canvas);
	add_note(a, canvas, note, "words");
	open_document(a, canvas);
	open_document(b, canvas);
	say(b, "{\"t\":\"here\",\"doc\":\"%s\",\"box\":\"costs\"}", canvas);
	a_moment();
	forget(a);
	for (int at = 0; at < 100; at++)
		say(b, "{\"t\":\"here\",\"doc\":\"%s\",\"box\":\"segments\",\"note\":\"%s\",\"caret\":[%d,5],\"rev\":0}", canvas, note, at);
	a_moment();
	assert_int_equal(count_told(a, "presence"), 2); /* at once where b is going, and then where they have come to */
	const cJSON *here = cJSON_GetArrayItem(cJSON_GetObjectItem(newest(a, "presence", canvas), "here"), 0);
	assert_int_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(here, "caret"), 0)->valueint, 99);
	assert_string_equal(str_of(here, "who"), b->conn->member->id);
	assert_string_equal(str_of(here, "note"), note);
	forget(a);
	hang_up(b);
	a_moment();
	const cJSON *gone = cJSON_GetObjectItem(newest(a, "presence", canvas), "gone");
	assert_int_equal(cJSON_GetArraySize(gone), 1);
}

/* The first thing left out for who does not read; and told whole as soon as they do, though nothing has happened since. */
static void test_presence_of_a_slow_reader(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama"), *b = enter(2, "Ben"), *c = enter(3, "Cleo");
	char canvas[23];

	(void)state;
	add_canvas(olu, canvas);
	open_document(a, canvas);
	open_document(b, canvas);
	open_document(c, canvas);
	say(c, "{\"t\":\"here\",\"doc\":\"%s\",\"box\":\"costs\"}", canvas);
	a_moment();
	forget(a);
	a->is_clogged = true;
	for (int k = 0; k < 50; k++) {
		say(b, "{\"t\":\"here\",\"doc\":\"%s\",\"box\":\"%s\"}", canvas, k % 2 ? "segments" : "costs");
		fix.mono_ms += 100;
		settle();
	}
	assert_int_equal(told_count(a), 0);
	assert_int_equal(a->conn->queue_count, 0);
	a->is_clogged = false;
	if (a->wants_writable)
		hub_writable(fix.hub, a->conn, fix.mono_ms);
	a_moment();
	assert_int_equal(count_told(a, "presence"), 1);
	const cJSON *told = newest(a, "presence", canvas);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(told, "whole")));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(told, "here")), 2);
	assert_true(was_told(a, "\"segments\""));
	forget(a);
	a_moment();
	assert_int_equal(told_count(a), 0); /* and once */
	/* Also when something happens just then. */
	a->is_clogged = true;
	say(c, "{\"t\":\"here\",\"doc\":\"%s\",\"box\":\"channels\"}", canvas);
	a_moment();
	a->is_clogged = false;
	say(b, "{\"t\":\"here\",\"doc\":\"%s\",\"box\":\"costs\"}", canvas);
	a_moment();
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(newest(a, "presence", canvas), "whole")));
	assert_true(was_told(a, "\"channels\""));
}

/* Of a crowd only the number is told. */
static void test_presence_of_a_crowd(void **state)
{
	struct fake_socket *a = enter(1000, "Ama");

	(void)state;
	open_document(a, "class");
	a_moment();
	forget(a);
	for (int s = 2; s <= 200; s++)
		enter(s, "Somebody");
	a_moment();
	assert_null(cJSON_GetObjectItem(newest(a, "presence", "class"), "count"));
	forget(a);
	struct fake_socket *last = enter(201, "Somebody");
	a_moment();
	assert_int_equal(int_of(newest(a, "presence", "class"), "count"), 201);
	assert_null(cJSON_GetObjectItem(newest(a, "presence", "class"), "here"));
	say(last, "{\"t\":\"open\",\"doc\":\"class\"}");
	assert_int_equal(int_of(newest(last, "presence", "class"), "count"), 201);
}

/* ---- coming back with unsent words ---- */

static void test_texts_in_parts(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama");
	static char words[4001];
	char canvas[23], note[23], own[23] = "";
	int64_t rev = 0;

	(void)state;
	add_canvas(olu, canvas);
	add_note(a, canvas, note, "");
	memset(words, 'x', sizeof words - 1);
	for (int k = 0; k < 30; k++) {
		strcpy(own, new_id());
		if (k % 2)
			say(a, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"note.text\",\"args\":{\"id\":\"%s\",\"rev\":%d,\"edit\":[{\"d\":4000}]}}", own, canvas, note, k);
		else
			say(a, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"note.text\",\"args\":{\"id\":\"%s\",\"rev\":%d,\"edit\":[\"%s\"]}}", own, canvas, note, k, words);
		expect_told(a, "ok", NULL);
	}
	struct fake_socket *b = enter(1, "Ama");
	say(b, "{\"t\":\"open\",\"doc\":\"%s\",\"texts\":[{\"id\":\"%s\",\"rev\":3,\"cmd\":\"%s\"}]}", canvas, note, own);
	assert_true(count_told(b, "texts") > 1);
	rev = 3;
	for (const cJSON *message = b->told->child; rev < 30; message = message->next) { /* before anything else of the document */
		assert_string_equal(str_of(message, "t"), "texts");
		assert_int_equal(int_of(message, "rev"), rev);
		assert_int_equal(int_of(message, "own"), 30);
		rev += cJSON_GetArraySize(cJSON_GetObjectItem(message, "edits"));
	}
	assert_int_equal(rev, 30);
	assert_true(was_told(b, "\"snapshot\""));
}

/* ---- rights that are lost ---- */

static void set_see(struct fake_socket *olu, const char *canvas, const char *see)
{
	must(olu, "class", "document.set", "\"id\":\"%s\",\"see\":\"%s\"", canvas, see);
}

static void test_losing_a_document(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama");
	char canvas[23], note[23];

	(void)state;
	add_canvas(olu, canvas);
	add_note(a, canvas, note, "earlier");
	open_document(a, canvas);
	open_document(olu, canvas);
	say(a, "{\"t\":\"here\",\"doc\":\"%s\",\"box\":\"costs\"}", canvas);
	a_moment();
	forget(a);
	set_see(olu, canvas, "staff");
	assert_string_equal(str_of(newest(a, "reload", canvas), "t"), "reload");
	must(olu, canvas, "note.add", "\"id\":\"%s\",\"box\":\"costs\",\"text\":\"secretwords\"", new_id());
	assert_false(was_told(a, "secretwords"));
	say(a, "{\"t\":\"open\",\"doc\":\"%s\"}", canvas);
	assert_true(was_told(a, "not_found"));
	/* Nobody is shown to be where they cannot be. */
	struct fake_socket *again = enter_instructor();
	say(again, "{\"t\":\"open\",\"doc\":\"%s\"}", canvas);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(newest(again, "presence", canvas), "here")), 0);
	set_see(olu, canvas, "class");
	forget(a);
	say(a, "{\"t\":\"open\",\"doc\":\"%s\"}", canvas);
	assert_true(was_told(a, "secretwords"));
}

/* Asked for, and lost before the answer has come: while the disk is at work, while the log is read, and while the socket takes nothing. */
static void test_losing_what_is_on_its_way(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama");
	char canvas[23], note[23];

	(void)state;
	add_canvas(olu, canvas);
	add_note(olu, canvas, note, "secretwords");
	/* An open and a loss in one batch. */
	say_only(a, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"class\",\"cmd\":\"member.rename\",\"args\":{\"name\":\"Amara\"}}", new_id());
	say_only(a, "{\"t\":\"open\",\"doc\":\"%s\"}", canvas);
	say_only(olu, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"class\",\"cmd\":\"document.set\",\"args\":{\"id\":\"%s\",\"see\":\"staff\"}}", new_id(), canvas);
	settle();
	assert_true(was_told(a, "\"reload\""));
	assert_false(was_told(a, "secretwords"));
	/* A question that is being read. */
	set_see(olu, canvas, "class");
	forget(a);
	say_only(a, "{\"t\":\"moment\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ\",\"doc\":\"%s\",\"at\":11}", canvas);
	say_only(a, "{\"t\":\"export\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAg\",\"doc\":\"%s\",\"format\":\"json\"}", canvas);
	set_see(olu, canvas, "staff");
	assert_int_equal(count_told(a, "no"), 2);
	assert_true(was_told(a, "AAAAAAAAAAAAAAAAAAAAAQ") && was_told(a, "AAAAAAAAAAAAAAAAAAAAAg"));
	assert_false(was_told(a, "secretwords"));
	/* An answer that waits for a socket. */
	set_see(olu, canvas, "class");
	forget(a);
	a->is_clogged = true;
	say(a, "{\"t\":\"export\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ\",\"doc\":\"%s\",\"format\":\"json\"}", canvas);
	set_see(olu, canvas, "staff");
	a->is_clogged = false;
	hub_writable(fix.hub, a->conn, fix.mono_ms);
	settle();
	assert_int_equal(count_told(a, "no"), 1);
	assert_true(was_told(a, "AAAAAAAAAAAAAAAAAAAAAQ"));
	assert_false(was_told(a, "secretwords"));
}

/* ---- questions about the past ---- */

static void ask_only(struct fake_socket *socket, const char *canvas)
{
	say_only(socket, "{\"t\":\"history\",\"id\":\"%s\",\"doc\":\"%s\"}", new_id(), canvas);
}

static void test_questions_two_at_a_time(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a[3];
	char canvas[23], note[23];

	(void)state;
	add_canvas(olu, canvas);
	add_note(olu, canvas, note, "words");
	for (int k = 0; k < 3; k++)
		a[k] = enter(1, "Ama");
	for (int k = 0; k < 3; k++)
		ask_only(a[0], canvas);
	settle();
	assert_int_equal(count_told(a[0], "history"), 2);
	assert_int_equal(count_told(a[0], "no"), 1);
	assert_true(was_told(a[0], "\"busy\"") && was_told(a[0], "\"retry_ms\""));
	forget(a[0]);
	ask_only(a[0], canvas);
	settle();
	expect_told(a[0], "history", NULL);
	/* What it has not taken counts. */
	a[0]->is_clogged = true;
	for (int k = 0; k < 2; k++) {
		ask_only(a[0], canvas);
		settle();
	}
	ask_only(a[0], canvas);
	a[0]->is_clogged = false;
	hub_writable(fix.hub, a[0]->conn, fix.mono_ms);
	settle();
	assert_int_equal(count_told(a[0], "history"), 2);
	assert_int_equal(count_told(a[0], "no"), 1);
	/* Four of one member, whose sockets may come and go. */
	for (int k = 0; k < 2; k++) {
		forget(a[k]);
		ask_only(a[k], canvas);
		ask_only(a[k], canvas);
	}
	hang_up(a[1]);
	ask_only(a[2], canvas);
	settle();
	expect_told(a[2], "no", "busy");
	assert_int_equal(count_told(a[0], "history"), 2);
	ask_only(a[2], canvas);
	settle();
	expect_told(a[2], "history", NULL);
}

/* ---- how much ---- */

static void test_documents(void **state)
{
	struct fake_socket *olu = enter_instructor();
	char canvas[2][23];

	(void)state;
	limits_set(&fix.limits, "documents_per_class", 3);
	limits_set(&fix.limits, "open_documents", 2);
	add_canvas(olu, canvas[0]);
	add_canvas(olu, canvas[1]);
	do_in(olu, "class", "canvas.add", "\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ\",\"template\":\"bmc\"");
	assert_true(was_told(olu, "quota.documents"));
	forget(olu);
	open_document(olu, canvas[0]);
	open_document(olu, canvas[1]);
	open_document(olu, canvas[1]); /* again is no third */
	say(olu, "{\"t\":\"open\",\"doc\":\"class\"}");
	assert_true(was_told(olu, "quota.open"));
	say(olu, "{\"t\":\"close\",\"doc\":\"%s\"}", canvas[0]);
	open_document(olu, "class");
}

/* One line that changes thousands of things is paid for by whoever wrote it, on any socket; what changes a few things is not. */
static void test_bulk_is_owed(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama"), *b = enter(2, "Ben");
	char canvas[23], note[23];
	static char ids[100 * 30];
	int64_t retry_ms = 0;

	(void)state;
	limits_set(&fix.limits, "bulk_ops_burst", 300);
	limits_set(&fix.limits, "bulk_ops_per_s", 10);
	add_canvas(olu, canvas);
	for (int k = 0; k < 100; k++) {
		add_note(a, canvas, note, "words");
		snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s\"%s\"", k ? "," : "", note);
		fix.mono_ms += 100;
	}
	must(a, canvas, "note.delete", "\"ids\":[%s]", ids);
	for (int k = 0; k < 4 && !retry_ms; k++) {
		do_in(a, canvas, k % 2 ? "redo" : "undo", "");
		retry_ms = was_told(a, "\"rate\"") ? expect_told(a, "no", "rate") : 0;
		forget(a);
	}
	assert_in_range(retry_ms, 1, 10 * 1000);
	struct fake_socket *again = enter(1, "Ama");
	do_in(again, canvas, "type.set", "\"number\":1,\"name\":\"x\"");
	expect_told(again, "no", "rate");
	add_note(b, canvas, note, "others go on");
	fix.mono_ms += retry_ms;
	must(again, canvas, "type.set", "\"number\":1,\"name\":\"x\"");
}

/* ---- the first after a restart ---- */

static void test_after_a_restart(void **state)
{
	struct fake_socket *olu = enter_instructor(), *a = enter(1, "Ama");
	char canvas[23], note[23], own[23];

	(void)state;
	add_canvas(olu, canvas);
	add_note(a, canvas, note, "words");
	strcpy(own, new_id());
	say(a, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"note.text\",\"args\":{\"id\":\"%s\",\"rev\":0,\"edit\":[5,\" of hers\"]}}", own, canvas, note);
	expect_told(a, "ok", NULL);
	hub_free(fix.hub);
	directory_free(fix.directory);
	start_hub();
	for (int s = 0; s < fix.socket_count; s++)
		fix.sockets[s].conn = NULL;
	a = enter(1, "Ama");
	say(a, "{\"t\":\"open\",\"doc\":\"%s\",\"texts\":[{\"id\":\"%s\",\"rev\":0,\"cmd\":\"%s\"}]}", canvas, note, own);
	assert_true(was_told(a, "\"own\":1"));
	assert_true(was_told(a, "words of hers"));
	forget(a);
	do_in(a, canvas, "undo", "");
	assert_true(was_told(a, "\"did\":\"note.text\""));
	assert_true(was_told(a, "[5,{\"d\":8}]") || was_told(a, "{\"d\":8}"));
}

/* A document has an end: told as such, before and after a restart, snapshots in between; others go on. */
static void test_a_full_document(void **state)
{
	struct fake_socket *olu = enter_instructor();
	static char words[4096], args[5000];
	char canvas[23];
	bool full = false;

	(void)state;
	limits_set(&fix.limits, "document_bytes", 1024 * 1024);
	limits_set(&fix.limits, "commands_burst", 100000);
	limits_set(&fix.limits, "bytes_in_burst", 64 * 1024 * 1024);
	olu = enter_instructor();
	add_canvas(olu, canvas);
	memset(words, 'x', 1500);
	for (int n = 0; n < 1000 && !full; n++) {
		snprintf(args, sizeof args, "\"id\":\"%s\",\"box\":\"segments\",\"text\":\"%s\"", new_id(), words);
		do_in(olu, canvas, "note.add", args);
		full = was_told(olu, "quota.bytes");
		assert_true(full || was_told(olu, "\"t\":\"ok\""));
		assert_true(full == (n >= 600) || (n > 550 && n < 720));
		forget(olu);
	}
	assert_true(full);
	do_command(olu, "wall.set", "\"hold\":true");
	assert_true(was_told(olu, "\"t\":\"ok\""));
	hub_free(fix.hub);
	directory_free(fix.directory);
	start_hub();
	for (int s = 0; s < fix.socket_count; s++)
		fix.sockets[s].conn = NULL;
	olu = enter_instructor();
	do_in(olu, canvas, "type.set", "\"number\":1,\"name\":\"x\"");
	assert_true(was_told(olu, "quota.bytes"));
}

/* ---- the end ---- */

static void test_stop(void **state)
{
	struct fake_socket *a = enter(1, "Ama"), *b = connect_one();

	(void)state;
	add_post(a, "words");
	hub_stop(fix.hub);
	assert_int_equal(a->closed, 1012);
	assert_int_equal(b->closed, 1012);
	int retry_ms;
	assert_int_equal(sscanf(a->reason, "{\"retry_ms\":%d}", &retry_ms), 1);
	assert_in_range(retry_ms, 0, 1999);
	assert_null(connect_one());
	assert_false(hub_idle(fix.hub));
	settle();
	assert_true(hub_idle(fix.hub)); /* what had been decided is on the disk */
}

static void test_idle_class_is_dropped(void **state)
{
	struct fake_socket *a = enter(1, "Ama");

	(void)state;
	assert_int_equal(hub_stats(fix.hub).classes, 1);
	hang_up(a);
	wait_ms(59 * 1000);
	assert_int_equal(hub_stats(fix.hub).classes, 1);
	wait_ms(2000);
	assert_int_equal(hub_stats(fix.hub).classes, 0);
	enter(1, "Ama");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_hub, tear_down_hub)
	const struct CMUnitTest tests[] = {
		TEST(test_joining_is_idempotent),
		TEST(test_welcome_waits_for_the_disk),
		TEST(test_deadline_of_hello),
		TEST(test_third_wrong_code_closes),
		TEST(test_wrong_codes_are_delayed),
		TEST(test_guesses_from_everywhere),
		TEST(test_sockets_before_hello),
		TEST(test_fifth_socket),
		TEST(test_class_size),
		TEST(test_door),
		TEST(test_names),
		TEST(test_renaming_is_stable),
		TEST(test_tickets),
		TEST(test_command_rate),
		TEST(test_ignoring_the_rate),
		TEST(test_honouring_the_rate),
		TEST(test_a_little_too_fast),
		TEST(test_posting_rate),
		TEST(test_posts_of_a_member),
		TEST(test_five_malformed_messages),
		TEST(test_bytes_in),
		TEST(test_silence),
		TEST(test_second_hello),
		TEST(test_resend),
		TEST(test_twice_at_once),
		TEST(test_ok_comes_before_the_room_is_told),
		TEST(test_overlays),
		TEST(test_a_large_overlay),
		TEST(test_another_class_is_not_there),
		TEST(test_full_disk),
		TEST(test_failing_commit),
		TEST(test_unknown_outcome),
		TEST(test_resend_during_a_failing_commit),
		TEST(test_class_that_cannot_be_loaded),
		TEST(test_slow_reader),
		TEST(test_slow_reader_catches_up),
		TEST(test_reader_behind_the_window),
		TEST(test_queue_is_bounded),
		TEST(test_presence_is_told_together),
		TEST(test_presence_of_a_slow_reader),
		TEST(test_presence_of_a_crowd),
		TEST(test_texts_in_parts),
		TEST(test_losing_a_document),
		TEST(test_losing_what_is_on_its_way),
		TEST(test_questions_two_at_a_time),
		TEST(test_documents),
		TEST(test_bulk_is_owed),
		TEST(test_after_a_restart),
		TEST(test_a_full_document),
		TEST(test_stop),
		TEST(test_idle_class_is_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
