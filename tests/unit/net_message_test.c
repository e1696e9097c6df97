/* Joining pieces: bounds at n and n + 1, nothing allocated for what comes whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/net/message.h"

enum { BYTES = 100, FRAGMENTS = 8 };

static enum message_progress add(struct message *message, const char *text, bool ends_frame, bool ends_message)
{
	return message_add(message, &(struct message_piece){ text, strlen(text), ends_frame, ends_message }, BYTES, FRAGMENTS);
}

static void a_whole_message_is_used_where_it_lies(void **state)
{
	struct message message = { 0 };
	const char *text = "hello";

	(void)state;
	assert_int_equal(add(&message, text, true, true), MESSAGE_WHOLE);
	assert_ptr_equal(message.text, text);
	assert_int_equal(message.size_bytes, 5);
	assert_null(message.parts.s);
	message_reset(&message);
}

static void pieces_and_fragments_are_joined(void **state)
{
	struct message message = { 0 };

	(void)state;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(add(&message, "he", false, false), MESSAGE_MORE);
		assert_int_equal(add(&message, "l", true, false), MESSAGE_MORE);
		assert_int_equal(add(&message, "", true, false), MESSAGE_MORE);
		assert_int_equal(add(&message, "l", false, true), MESSAGE_MORE);
		assert_int_equal(add(&message, "o", true, true), MESSAGE_WHOLE);
		assert_int_equal(message.size_bytes, 5);
		assert_memory_equal(message.text, "hello", 5);
		assert_int_equal(message.fragments, 3);
		message_reset(&message);
		assert_null(message.parts.s);
	}
}

static void bytes_are_bounded(void **state)
{
	char text[BYTES + 2];

	(void)state;
	for (int over = 0; over <= 1; over++) {
		struct message whole = { 0 }, cut = { 0 };

		memset(text, 'x', sizeof text);
		text[BYTES + over] = '\0';
		assert_int_equal(add(&whole, text, true, true), over ? MESSAGE_TOO_BIG : MESSAGE_WHOLE);
		message_reset(&whole);
		text[BYTES - 1 + over] = '\0';
		assert_int_equal(add(&cut, text, true, false), MESSAGE_MORE);
		assert_int_equal(add(&cut, "x", true, true), over ? MESSAGE_TOO_BIG : MESSAGE_WHOLE);
		message_reset(&cut);
	}
}

static void fragments_are_bounded_even_when_empty(void **state)
{
	(void)state;
	for (int over = 0; over <= 1; over++) {
		struct message message = { 0 };

		for (int i = 1; i < FRAGMENTS + over; i++)
			assert_int_equal(add(&message, "", true, false), MESSAGE_MORE);
		assert_int_equal(add(&message, "", true, true), over ? MESSAGE_TOO_MANY : MESSAGE_WHOLE);
		message_reset(&message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_message_is_used_where_it_lies), cmocka_unit_test(pieces_and_fragments_are_joined), cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(fragments_are_bounded_even_when_empty),
	};

	return cmocka_run_group_tests_name("net_message", tests, NULL, NULL);
}
