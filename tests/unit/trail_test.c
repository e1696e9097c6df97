/*
 * The trail of edits: late edits carried over the logged ones, what is forgotten and when, and the stored form.
 * TRAIL_TEST_SEED=n repeats a random round; one that fails prints its seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/room/trail.h"

#define NOTE "AAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "BBBBBBBBBBBBBBBBBBBBBg"

static void add(struct trail *trail, const char *id, int64_t rev, const char *edit, int64_t at_ms)
{
	cJSON *json = cJSON_Parse(edit);

	assert_non_null(json);
	trail_add(trail, id, rev, json, at_ms);
	cJSON_Delete(json);
}

static struct text_edit edit_of(const char *wire)
{
	struct text_edit edit = { 0 };
	cJSON *json = cJSON_Parse(wire);

	assert_int_equal(text_edit_read(json, &edit), TEXT_OK);
	cJSON_Delete(json);
	return edit;
}

static void assert_rebased(const struct trail *trail, int64_t now, int64_t from, const char *wire, const char *want)
{
	struct text_edit edit = edit_of(wire);
	struct buf b = { 0 };

	assert_int_equal(trail_rebase(trail, NOTE, now, from, &edit), TRAIL_OK);
	text_edit_write(&b, &edit);
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
	text_edit_release(&edit);
}

static void assert_refused(const struct trail *trail, int64_t now, int64_t from, enum trail_verdict why)
{
	struct text_edit edit = edit_of("[3,\"x\"]");
	struct buf b = { 0 };

	assert_int_equal(trail_rebase(trail, NOTE, now, from, &edit), why);
	text_edit_write(&b, &edit);
	assert_string_equal(buf_cstr(&b), "[3,\"x\"]");
	buf_release(&b);
	text_edit_release(&edit);
}

static void test_late_edits(void **state)
{
	struct trail *trail = trail_new();

	(void)state;
	add(trail, NOTE, 1, "[\"abc\"]", 10);
	add(trail, NOTE, 2, "[1,\"X\"]", 20);
	add(trail, NOTE, 3, "[{\"d\":1}]", 30);
	assert_rebased(trail, 3, 3, "[1,\"n\"]", "[1,\"n\"]");
	assert_rebased(trail, 3, 2, "[1,\"n\"]", "[\"n\"]");
	/* The newcomer's words come before the logged ones of the same place. */
	assert_rebased(trail, 3, 1, "[1,\"n\"]", "[\"n\"]");
	assert_rebased(trail, 3, 1, "[2,\"n\"]", "[2,\"n\"]");
	assert_rebased(trail, 3, 0, "[\"n\"]", "[\"n\"]");
	assert_refused(trail, 3, 4, TRAIL_FUTURE);
	assert_refused(trail, 3, -1, TRAIL_STALE);
	/* A revision that the trail has not heard of cannot be caught up with. */
	assert_refused(trail, 4, 3, TRAIL_STALE);
	assert_int_equal(trail_count(trail, NOTE), 3);
	assert_int_equal(trail_count(trail, OTHER), 0);
	trail_drop(trail, NOTE);
	assert_refused(trail, 3, 2, TRAIL_STALE);
	assert_rebased(trail, 3, 3, "[1,\"n\"]", "[1,\"n\"]");
	trail_free(trail);
	trail_free(NULL);
}

static void test_gap(void **state)
{
	struct trail *trail = trail_new();

	(void)state;
	add(trail, NOTE, 1, "[\"a\"]", 10);
	add(trail, NOTE, 2, "[\"b\"]", 10);
	add(trail, NOTE, 9, "[\"c\"]", 10);
	assert_int_equal(trail_count(trail, NOTE), 1);
	assert_rebased(trail, 9, 8, "[\"n\"]", "[\"n\"]");
	assert_refused(trail, 9, 7, TRAIL_STALE);
	trail_free(trail);
}

static void test_walk(void **state)
{
	struct trail *trail = trail_new();
	struct trail_walk walk;
	const char *s;
	size_t n;

	(void)state;
	add(trail, NOTE, 5, "[\"a\"]", 10);
	add(trail, OTHER, 1, "[\"z\"]", 11);
	add(trail, NOTE, 6, "[1,\"é\\n\"]", 12);
	add(trail, NOTE, 7, "[{\"d\":2}]", 13);
	assert_int_equal(trail_since(trail, NOTE, 7, 5, &walk), TRAIL_OK);
	assert_true(trail_next(&walk, &s, &n));
	assert_int_equal(walk.rev, 6);
	assert_int_equal(n, strlen("[1,\"é\\n\"]"));
	assert_memory_equal(s, "[1,\"é\\n\"]", n);
	assert_true(trail_next(&walk, &s, &n));
	assert_int_equal(walk.rev, 7);
	assert_memory_equal(s, "[{\"d\":2}]", n);
	assert_false(trail_next(&walk, &s, &n));
	assert_int_equal(trail_since(trail, NOTE, 7, 7, &walk), TRAIL_OK);
	assert_false(trail_next(&walk, &s, &n));
	assert_int_equal(trail_since(trail, NOTE, 7, 3, &walk), TRAIL_STALE);
	assert_false(trail_next(&walk, &s, &n));
	assert_int_equal(trail_since(trail, NOTE, 7, 8, &walk), TRAIL_FUTURE);
	assert_false(trail_next(&walk, &s, &n));
	trail_free(trail);
}

static void test_forgetting(void **state)
{
	struct trail *trail = trail_new();

	(void)state;
	for (int rev = 1; rev <= 9000; rev++)
		add(trail, NOTE, rev, "[\"a\"]", rev);
	for (int rev = 1; rev <= 1500; rev++)
		add(trail, OTHER, rev, "[\"a\"]", rev);
	assert_int_equal(trail_count(trail, NOTE), TRAIL_EDITS_MAX);
	assert_refused(trail, 9000, 9000 - TRAIL_EDITS_MAX - 1, TRAIL_STALE);
	assert_rebased(trail, 9000, 9000 - TRAIL_EDITS_MAX, "[\"n\"]", "[\"n\"]");
	trail_forget(trail, 3001); /* older than that: all up to revision 3000 */
	assert_int_equal(trail_count(trail, NOTE), 6000);
	assert_refused(trail, 9000, 2999, TRAIL_STALE);
	assert_rebased(trail, 9000, 3000, "[\"n\"]", "[\"n\"]");
	trail_forget(trail, 1000000);
	assert_int_equal(trail_count(trail, NOTE), TRAIL_EDITS_KEPT);
	assert_int_equal(trail_count(trail, OTHER), 1500);
	add(trail, NOTE, 9001, "[{\"d\":1}]", 9001);
	assert_rebased(trail, 9001, 9000, "[{\"d\":1},\"n\"]", "[\"n\"]");
	trail_free(trail);
}

/* Who replaces a long text over and over makes the trail no longer than it may be: neither that of a text nor all of them. */
static void test_bounds_in_bytes(void **state)
{
	struct trail *trail = trail_new();
	struct trail_walk walk;
	static char edit[20000];
	const char *s;
	size_t n, bytes = 0;
	int64_t rev = 0;

	(void)state;
	memset(edit, 'x', sizeof edit - 1);
	memcpy(edit, "[\"", 2);
	memcpy(edit + sizeof edit - 3, "\"]", 2);
	for (; rev < 100; rev++)
		add(trail, NOTE, rev + 1, edit, rev);
	int64_t kept = (int64_t)trail_count(trail, NOTE);
	assert_in_range(kept, TRAIL_TEXT_BYTES_MAX / 20000 - 1, TRAIL_TEXT_BYTES_MAX / 19000);
	assert_refused(trail, rev, rev - kept - 1, TRAIL_STALE);
	assert_int_equal(trail_since(trail, NOTE, rev, rev - kept, &walk), TRAIL_OK);
	size_t left = trail_bytes_left(&walk);
	while (trail_next(&walk, &s, &n))
		bytes += n;
	assert_int_equal(bytes, left);
	assert_int_equal(trail_bytes_left(&walk), 0);
	assert_true(left <= TRAIL_TEXT_BYTES_MAX);
	/* A hundred such texts: all of them are shortened, and none is forgotten. */
	for (int k = 0; k < 100; k++) {
		char id[23];
		snprintf(id, sizeof id, "%022d", k);
		for (int r = 0; r < 27; r++)
			add(trail, id, r + 1, edit, r);
	}
	bytes = 0;
	for (int k = 0; k < 100; k++) {
		char id[23];
		snprintf(id, sizeof id, "%022d", k);
		assert_true(trail_count(trail, id) > 0);
		bytes += trail_count(trail, id) * 19998;
	}
	assert_in_range(bytes, TRAIL_BYTES_MAX / 3, TRAIL_BYTES_MAX);
	/* What is dropped counts no more. */
	for (int round = 0; round < 100; round++) {
		add(trail, OTHER, 1, edit, 1);
		trail_drop(trail, OTHER);
	}
	assert_true(trail_count(trail, NOTE) > 0);
	trail_free(trail);
}

static struct trail *again(const struct trail *trail, struct buf *wire)
{
	buf_reset(wire);
	trail_write(wire, trail);
	cJSON *json = cJSON_ParseWithLength(wire->s, wire->n);
	assert_non_null(json);
	struct trail *read = trail_read(json);
	cJSON_Delete(json);
	assert_non_null(read);
	return read;
}

static void test_stored(void **state)
{
	struct trail *trail = trail_new(), *read;
	struct buf wire = { 0 }, second = { 0 };

	(void)state;
	read = again(trail, &wire);
	assert_string_equal(wire.s, "[]");
	trail_free(read);
	add(trail, NOTE, 4, "[\"\\u2028\\\"\",{\"d\":1}]", 1790000000000);
	add(trail, NOTE, 5, "[7,\"b\"]", 1790000000020);
	add(trail, OTHER, 1, "[\"q\"]", 5);
	add(trail, NOTE, 6, "[]", 1790000000010);
	read = again(trail, &wire);
	assert_string_equal(wire.s, "[{\"id\":\"" NOTE "\",\"rev\":6,\"ms\":[1790000000000,20,-10],\"edits\":[[\"\\u2028\\\"\",{\"d\":1}],[7,\"b\"],[]]},"
				    "{\"id\":\"" OTHER "\",\"rev\":1,\"ms\":[5],\"edits\":[[\"q\"]]}]");
	trail_write(&second, read);
	assert_string_equal(second.s, wire.s);
	add(read, NOTE, 7, "[\"z\"]", 1790000000020);
	assert_rebased(read, 7, 4, "[7,\"n\"]", "[8,\"n\"]");
	assert_refused(read, 7, 2, TRAIL_STALE);
	trail_free(read);
	trail_free(trail);
	buf_release(&wire);
	buf_release(&second);
}

static void test_nonsense(void **state)
{
	static const char *const bad[] = {
		"{}", "3", "[3]", "[{}]",
		"[{\"id\":\"\",\"rev\":1,\"ms\":[1],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"rev\":1,\"ms\":[1],\"edits\":[[\"a\"]]}]",
		"[{\"id\":5,\"rev\":1,\"ms\":[1],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"ms\":[1],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"rev\":0,\"ms\":[1],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"rev\":1.5,\"ms\":[1],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"rev\":1e300,\"ms\":[1],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"rev\":1,\"ms\":[],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"rev\":1,\"ms\":[1,2],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"rev\":1,\"ms\":[\"1\"],\"edits\":[[\"a\"]]}]",
		"[{\"id\":\"a\",\"rev\":2,\"ms\":[9007199254740991,1],\"edits\":[[\"a\"],[\"b\"]]}]",
		"[{\"id\":\"a\",\"rev\":1,\"ms\":[1],\"edits\":[[\"a\",3]]}]",
		"[{\"id\":\"a\",\"rev\":1,\"ms\":[1],\"edits\":[\"a\"]}]",
		"[{\"id\":\"a\",\"rev\":1,\"ms\":[1],\"edits\":{}}]",
		"[{\"id\":\"a\",\"rev\":1,\"ms\":[1],\"edits\":[[\"a\"]]},{\"id\":\"a\",\"rev\":1,\"ms\":[1],\"edits\":[[\"a\"]]}]",
	};

	(void)state;
	assert_null(trail_read(NULL));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		cJSON *json = cJSON_Parse(bad[i]);
		assert_non_null(json);
		struct trail *trail = trail_read(json);
		if (trail)
			print_error("taken: %s\n", bad[i]);
		assert_null(trail);
		cJSON_Delete(json);
	}
}

/* Random texts */

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

static struct text_edit random_edit(int64_t length)
{
	static const char *const words[] = { "a", "bc", "é", "😀x", "\n" };
	struct text_edit edit = { 0 };

	for (unsigned parts = 1 + random_below(4); parts; parts--) {
		int64_t skip = length ? random_below((unsigned)length + 1) : 0;
		text_edit_skip(&edit, skip);
		length -= skip;
		if (random_below(2)) {
			const char *word = words[random_below(5)];
			text_edit_insert(&edit, word, strlen(word));
		}
		int64_t gone = length && random_below(2) ? random_below((unsigned)length + 1) : 0;
		text_edit_delete(&edit, gone);
		length -= gone;
	}
	text_edit_trim(&edit);
	return edit;
}

/* Carries an edit over `logged`, from the oldest on, the plain way. */
static void carry(struct text_edit *edit, struct text_edit *logged, int n)
{
	for (int i = 0; i < n; i++) {
		struct text_edit next = { 0 };
		text_transform(edit, &logged[i], TEXT_LEFT, &next);
		text_edit_release(edit);
		*edit = next;
	}
}

enum { EDITS = 40 };

static void random_round(void)
{
	struct trail *trail = trail_new();
	struct text_edit logged[EDITS];
	int64_t lengths[EDITS + 1];
	struct buf wire = { 0 };
	int first = (int)random_below(5); /* the revision it begins with */

	lengths[0] = random_below(8);
	for (int i = 0; i < EDITS; i++) {
		struct buf b = { 0 };
		logged[i] = random_edit(lengths[i]);
		lengths[i + 1] = lengths[i] + text_edit_growth(&logged[i]);
		text_edit_write(&b, &logged[i]);
		add(trail, NOTE, first + i + 1, b.s, i);
		buf_release(&b);
		if (random_below(10) == 0) {
			struct trail *read = again(trail, &wire);
			trail_free(trail);
			trail = read;
		}
		int from = (int)random_below((unsigned)i + 2);
		struct text_edit late = random_edit(lengths[from]), plain = { 0 };
		struct buf one = { 0 }, two = { 0 };
		text_compose(&(struct text_edit){ 0 }, &late, &plain);
		carry(&plain, logged + from, i + 1 - from);
		assert_int_equal(trail_rebase(trail, NOTE, first + i + 1, first + from, &late), TRAIL_OK);
		assert_int_equal(text_edit_check(&late, lengths[i + 1]), TEXT_OK);
		text_edit_write(&one, &late);
		text_edit_write(&two, &plain);
		assert_string_equal(one.s, two.s);
		buf_release(&one);
		buf_release(&two);
		text_edit_release(&late);
		text_edit_release(&plain);
	}
	for (int i = 0; i < EDITS; i++)
		text_edit_release(&logged[i]);
	trail_free(trail);
	buf_release(&wire);
}

static uint64_t seed_under_way;

static void test_random(void **state)
{
	const char *seed = getenv("TRAIL_TEST_SEED");
	uint64_t start = seed ? strtoull(seed, NULL, 10) : 1;

	(void)state;
	for (uint64_t round = start; round < start + (seed ? 1 : 500); round++) {
		random_state = round * 0x9e3779b97f4a7c15u + 1;
		seed_under_way = round;
		random_round();
		seed_under_way = 0;
	}
}

/* Tells how to repeat the round that failed. */
static int tell_seed(void **state)
{
	(void)state;
	if (seed_under_way)
		print_error("repeat with TRAIL_TEST_SEED=%llu\n", (unsigned long long)seed_under_way);
	return 0;
}

/* A late edit that reached beyond its text still does. */
static void test_too_long_stays_too_long(void **state)
{
	struct trail *trail = trail_new();
	struct text_edit edit = edit_of("[4,\"x\"]");

	(void)state;
	add(trail, NOTE, 1, "[\"abc\"]", 0);     /* length 3 */
	add(trail, NOTE, 2, "[{\"d\":3}]", 0);   /* length 0 */
	add(trail, NOTE, 3, "[\"12345\"]", 0);   /* length 5 */
	assert_int_equal(trail_rebase(trail, NOTE, 3, 1, &edit), TRAIL_OK);
	assert_int_equal(text_edit_check(&edit, 5), TEXT_TOO_LONG);
	text_edit_release(&edit);
	trail_free(trail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_edits),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_forgetting),
		cmocka_unit_test(test_bounds_in_bytes),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_too_long_stays_too_long),
		cmocka_unit_test_teardown(test_random, tell_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
