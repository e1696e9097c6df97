/* The table of limits: complete, sane, and settable only within its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/session/limits.h"

static int64_t value_of(const struct limits *limits, const struct limit_spec *spec)
{
	int64_t value;

	memcpy(&value, (const char *)limits + spec->offset, sizeof value);
	return value;
}

static void every_field_has_one_row(void **state)
{
	bool seen[sizeof(struct limits) / sizeof(int64_t)] = { false };
	size_t count = 0;

	(void)state;
	for (const struct limit_spec *spec = limit_specs; spec->name; spec++, count++) {
		assert_int_equal(spec->offset % sizeof(int64_t), 0);
		assert_true(spec->offset < sizeof(struct limits));
		assert_false(seen[spec->offset / sizeof(int64_t)]);
		seen[spec->offset / sizeof(int64_t)] = true;
		assert_true(spec->unit[0] && spec->meaning[0]);
		for (const struct limit_spec *other = limit_specs; other != spec; other++)
			assert_string_not_equal(other->name, spec->name);
	}
	assert_int_equal(count, sizeof seen);
}

static void defaults_are_what_the_protocol_says(void **state)
{
	struct limits l;

	(void)state;
	memset(&l, 0xff, sizeof l);
	limits_init(&l);
	assert_int_equal(l.commands_per_s, 30);
	assert_int_equal(l.commands_burst, 120);
	assert_int_equal(l.class_commands_per_s, 2000);
	assert_int_equal(l.posts_per_min, 6);
	assert_int_equal(l.posts_burst, 10);
	assert_int_equal(l.posts_per_member, 200);
	assert_int_equal(l.objects_per_document, 10000);
	assert_int_equal(l.document_bytes, 67108864);
	assert_int_equal(l.members_per_class, 1000);
	assert_int_equal(l.sockets_per_member, 4);
	assert_int_equal(l.sockets_before_hello, 2000);
	assert_int_equal(l.hello_bytes, 2048);
	assert_int_equal(l.message_bytes, 65536);
	assert_int_equal(l.fragments_per_message, 128);
	assert_int_equal(l.hello_deadline_ms, 5000);
	assert_int_equal(l.message_deadline_ms, 10000);
	assert_int_equal(l.ping_after_ms, 20000);
	assert_int_equal(l.hangup_after_ms, 45000);
	assert_int_equal(l.queue_bytes, 262144);
	assert_int_equal(l.behind_ms, 10000);
	assert_int_equal(l.wrong_codes_per_socket, 3);
	assert_int_equal(l.wrong_codes_per_min, 10);
	assert_int_equal(l.malformed_per_min, 5);
	assert_int_equal(l.bytes_in_per_s, 131072);
	assert_int_equal(l.bytes_in_burst, 524288);
	assert_int_equal(l.done_keep_ms, 86400000);
	assert_int_equal(l.invite_ms, 604800000);
	assert_int_equal(l.ticket_ms, 30000);
	assert_int_equal(l.session_idle_ms, 43200000);
	assert_int_equal(l.session_max_ms, 604800000);
	assert_int_equal(l.login_per_15min, 5);
}

static void bounds_hold_at_n_and_beyond(void **state)
{
	(void)state;
	for (const struct limit_spec *spec = limit_specs; spec->name; spec++) {
		struct limits limits;

		limits_init(&limits);
		assert_true(spec->min <= spec->value && spec->value <= spec->max);
		assert_true(limits_set(&limits, spec->name, spec->min));
		assert_int_equal(value_of(&limits, spec), spec->min);
		assert_true(limits_set(&limits, spec->name, spec->max));
		assert_int_equal(value_of(&limits, spec), spec->max);
		assert_false(limits_set(&limits, spec->name, spec->min - 1));
		assert_false(limits_set(&limits, spec->name, spec->max + 1));
		assert_int_equal(value_of(&limits, spec), spec->max);
	}
}

static void unknown_names_change_nothing(void **state)
{
	struct limits limits, before;

	(void)state;
	limits_init(&limits);
	before = limits;
	assert_false(limits_set(&limits, "commands", 10));
	assert_false(limits_set(&limits, "", 10));
	assert_false(limits_set(&limits, "COMMANDS_PER_S", 10));
	assert_memory_equal(&limits, &before, sizeof limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_one_row),
		cmocka_unit_test(defaults_are_what_the_protocol_says),
		cmocka_unit_test(bounds_hold_at_n_and_beyond),
		cmocka_unit_test(unknown_names_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
