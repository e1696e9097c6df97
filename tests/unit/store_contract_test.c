/* What store.h promises, held against both stores. */
#include "tests/unit/store_help.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static int open_sqlite(void **state)
{
	*state = calloc(1, sizeof(struct bench));
	bench_open_sqlite(*state);
	return 0;
}

static int open_memory(void **state)
{
	*state = calloc(1, sizeof(struct bench));
	bench_open_memory(*state);
	return 0;
}

static int close_bench(void **state)
{
	bench_close(*state);
	free(*state);
	return 0;
}

static void what_was_appended_is_loaded(void **state)
{
	struct bench *bench = *state;
	const struct log_text texts[] = { { "ama", "for \"whom\"\n😀", 15 }, { "", "", 0 } };
	struct log_entry entries[] = {
		entry_of("c", "c", 1, "{\"op\":1}"),
		entry_of("c", "w", 1, "{\"t\":{\"$\":0},\"u\":{\"$\":1}}"),
		entry_of("c", "w", 2, "{}"),
	};
	struct log_done done = done_of("c", 7, "{\"at\":1}", wall_ms());
	struct log_row rows[] = { { "secret", "c:ab", "ama" }, { "secret", "cc:ab", "kofi" }, { "secret", "c", "nobody" } };
	struct log_batch batch = {
		.entries = entries, .entry_count = 3, .done = &done, .done_count = 1, .rows = rows, .row_count = 3,
	};
	const char *expected = "c(class) head=1 [1 1001 ama {\"op\":1}]\n"
		"w(wall) head=2 [1 1001 ama {\"t\":{\"$\":0},\"u\":{\"$\":1}} ama:for \"whom\"\n😀 :] [2 1002 ama {}]\n"
		"secret c:ab=ama\ndone c 7 9,7 {\"at\":1}\n";

	entries[1].texts = texts;
	entries[1].text_count = 2;
	assert_int_equal(append_now(bench, &batch), STORE_DURABLE);
	assert_class(bench, "c", expected);
	bench_restart(bench);
	assert_class(bench, "c", expected);
	assert_class(bench, "cc", "secret cc:ab=kofi\n");
	assert_class(bench, "nobody's", "");
}

static void only_the_next_number_is_taken(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(append_entry(bench, "c", "c", 0, "x"), STORE_STALE);
	assert_int_equal(append_entry(bench, "c", "c", 2, "x"), STORE_STALE);
	assert_int_equal(append_entry(bench, "c", "c", 1, "a"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "c", "c", 1, "x"), STORE_STALE);
	assert_int_equal(append_entry(bench, "c", "c", 3, "x"), STORE_STALE);
	assert_int_equal(append_entry(bench, "c", "c", -1, "x"), STORE_STALE);
	bench_restart(bench);
	assert_int_equal(append_entry(bench, "c", "c", 1, "x"), STORE_STALE);
	assert_int_equal(append_entry(bench, "c", "c", 2, "b"), STORE_DURABLE);
	assert_class(bench, "c", "c(class) head=2 [1 1001 ama a] [2 1002 ama b]\n");
}

static void a_batch_is_written_whole_or_not_at_all(void **state)
{
	struct bench *bench = *state;
	struct log_entry entries[] = { entry_of("c", "c", 1, "x"), entry_of("c", "w", 1, "x"), entry_of("c", "c", 3, "x") };
	struct log_done done = done_of("c", 1, "{}", wall_ms());
	struct log_row row = { "account", "a", "{}" };
	struct log_batch batch = {
		.entries = entries, .entry_count = 3, .done = &done, .done_count = 1, .rows = &row, .row_count = 1,
	};

	assert_int_equal(append_now(bench, &batch), STORE_STALE);
	assert_class(bench, "c", "");
	assert_directory(bench, "account", true, ".");
	entries[2].seq = 2;
	assert_int_equal(append_now(bench, &batch), STORE_DURABLE);
	assert_class(bench, "c", "c(class) head=2 [1 1001 ama x] [2 1003 ama x]\nw(wall) head=1 [1 1001 ama x]\ndone c 1 9,1 {}\n");
	assert_directory(bench, "account", true, "account a={}\n.");
}

static void batches_gather_in_order(void **state)
{
	struct bench *bench = *state;
	enum { COUNT = 6 };
	/* The third and fifth come from somebody who does not know of the one before. */
	static const int64_t seqs[COUNT] = { 1, 2, 2, 3, 9, 4 };
	static const char *const bodies[COUNT] = { "a", "b", "x", "c", "y", "d" };
	struct log_entry entries[COUNT];
	struct log_batch batches[COUNT];
	struct answer answers[COUNT] = { 0 };

	for (int i = 0; i < COUNT; i++) {
		entries[i] = entry_of("c", "c", seqs[i], bodies[i]);
		batches[i] = (struct log_batch){ .entries = &entries[i], .entry_count = 1 };
		bench->store->ops->append(bench->store, &batches[i], on_answer, &answers[i]);
		assert_false(answers[0].done);
	}
	bench_run_until(bench, &answers[COUNT - 1].done);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(answers[i].result, i == 2 || i == 4 ? STORE_STALE : STORE_DURABLE);
		assert_int_equal(answers[i].order, answers[0].order + i);
	}
	assert_class(bench, "c", "c(class) head=4 [1 1001 ama a] [2 1002 ama b] [3 1003 ama c] [4 1004 ama d]\n");
}

static void a_document_stays_in_its_class(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(append_entry(bench, "c", "w", 1, "a"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "other", "w", 2, "x"), STORE_STALE);
	bench_restart(bench);
	assert_int_equal(append_entry(bench, "other", "w", 2, "x"), STORE_STALE);
	assert_int_equal(append_entry(bench, "other", "w", 1, "x"), STORE_STALE);
	assert_int_equal(append_entry(bench, "c", "w", 2, "b"), STORE_DURABLE);
	assert_class(bench, "c", "w(wall) head=2 [1 1001 ama a] [2 1002 ama b]\n");
	assert_class(bench, "other", "");
}

static void put_snapshot(struct bench *bench, int64_t seq, const char *body)
{
	bench->store->ops->put_snapshot(bench->store, "w", seq, body, strlen(body));
}

static void a_snapshot_shortens_the_replay(void **state)
{
	struct bench *bench = *state;

	for (int64_t seq = 1; seq <= 4; seq++)
		assert_int_equal(append_entry(bench, "c", "w", seq, "e"), STORE_DURABLE);
	put_snapshot(bench, 2, "two");
	assert_int_equal(append_entry(bench, "c", "w", 5, "e"), STORE_DURABLE);
	assert_class(bench, "c", "w(wall) head=5 snapshot@2=two [3 1003 ama e] [4 1004 ama e] [5 1005 ama e]\n");
	put_snapshot(bench, 3, "three");
	put_snapshot(bench, 5, "five");
	put_snapshot(bench, 4, "too late");
	put_snapshot(bench, 9, "of what will be");
	bench->store->ops->put_snapshot(bench->store, "nothing", 1, "x", 1);
	assert_int_equal(append_row(bench, "account", "a", "{}"), STORE_DURABLE);
	assert_class(bench, "c", "w(wall) head=5 snapshot@5=five\n");
	put_snapshot(bench, 5, "five again");
	assert_int_equal(append_entry(bench, "c", "w", 6, "e"), STORE_DURABLE);
	bench_restart(bench);
	assert_class(bench, "c", "w(wall) head=6 snapshot@5=five again [6 1006 ama e]\n");
}

static void a_log_is_read_from_end_to_end(void **state)
{
	struct bench *bench = *state;
	const struct log_text texts[] = { { "ama", "words", 5 }, { "", "", 0 } };
	struct log_entry entry = entry_of("c", "w", 3, "{3}");

	entry.texts = texts;
	entry.text_count = 2;
	assert_log(bench, "w", INT64_MAX, 0, 0, STORE_DURABLE, ".");
	assert_int_equal(append_entry(bench, "c", "c", 1, "{c}"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "c", "w", 1, "{1}"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "c", "w", 2, "{2}"), STORE_DURABLE);
	assert_int_equal(append_now(bench, &(struct log_batch){ .entries = &entry, .entry_count = 1 }), STORE_DURABLE);
	put_snapshot(bench, 1, "one");
	put_snapshot(bench, 3, "three");
	assert_int_equal(append_entry(bench, "c", "w", 4, "{4}"), STORE_DURABLE);
	for (int i = 0; i < 2; i++) {
		assert_log(bench, "w", INT64_MAX, 0, 0, STORE_DURABLE, "@3=three @1=one 1:{1} 2:{2} 3:{3},words, 4:{4} .");
		assert_log(bench, "w", 4, 3, 0, STORE_DURABLE, "@3=three 4:{4} .");
		assert_log(bench, "w", 4, 2, 0, STORE_DURABLE, "@3=three @1=one 2:{2} 3:{3},words, 4:{4} .");
		/* Snapshots from behind the end are not offered. */
		assert_log(bench, "w", 2, 9, 0, STORE_DURABLE, "@1=one 2:{2} .");
		assert_log(bench, "w", 3, 9, 0, STORE_DURABLE, "@3=three .");
		assert_log(bench, "w", 4, 0, 2, STORE_DURABLE, "@3=three @1=one 1:{1} 2:{2} .");
		assert_log(bench, "w", 0, 9, 0, STORE_DURABLE, ".");
		assert_log(bench, "c", 9, 9, 0, STORE_DURABLE, "1:{c} .");
		bench_restart(bench);
	}
}

/* Notes which snapshots there are. The two newest are whole, the others their first line. */
struct offered {
	int64_t seqs[64];
	size_t count;
	int64_t begun;
	bool done;
};

static bool note_snapshot(void *ctx, int64_t seq, const char *body, size_t size_bytes)
{
	struct offered *offered = ctx;

	assert_int_equal(strtoll(body, NULL, 10), seq);
	assert_int_equal(strlen(body), size_bytes);
	if (offered->count < 2)
		assert_non_null(strstr(body, "\nand more"));
	else
		assert_int_equal(strspn(body, "0123456789"), size_bytes);
	assert_in_range(offered->count, 0, 63);
	offered->seqs[offered->count++] = seq;
	return false;
}

static bool note_begin(void *ctx, const struct log_entry *entry)
{
	((struct offered *)ctx)->begun = entry->seq;
	return false;
}

static void on_offered(enum store_result result, void *ctx)
{
	assert_int_equal(result, STORE_DURABLE);
	((struct offered *)ctx)->done = true;
}

static void snapshots_stay_near_every_moment(void **state)
{
	struct bench *bench = *state;
	enum { EVERY = 700, COUNT = 60 };
	struct log_entry *entries = calloc(EVERY, sizeof *entries);
	struct offered offered = { 0 };
	struct log_visitor visitor = { .snapshot = note_snapshot, .entry = note_begin, .ctx = &offered };
	char body[32];

	assert_non_null(entries);
	for (int64_t n = 0; n < COUNT; n++) {
		for (int64_t i = 0; i < EVERY; i++)
			entries[i] = entry_of("c", "w", n * EVERY + i + 1, "e");
		assert_int_equal(append_now(bench, &(struct log_batch){ .entries = entries, .entry_count = EVERY }), STORE_DURABLE);
		snprintf(body, sizeof body, "%lld\nand more", (long long)((n + 1) * EVERY));
		put_snapshot(bench, (n + 1) * EVERY, body);
	}
	free(entries);
	assert_int_equal(append_row(bench, "account", "a", "{}"), STORE_DURABLE);
	bench_restart(bench);
	bench->store->ops->read_log(bench->store, "w", INT64_MAX, &visitor, on_offered);
	bench_run_until(bench, &offered.done);
	assert_int_equal(offered.begun, 1);
	/* The newest two, and of the 42,000 entries' others no more than every two gaps need. */
	assert_int_equal(offered.seqs[0], COUNT * EVERY);
	assert_int_equal(offered.seqs[1], (COUNT - 1) * EVERY);
	assert_in_range(offered.count, COUNT * EVERY / STORE_SNAPSHOT_GAP, 2 * COUNT * EVERY / STORE_SNAPSHOT_GAP + 2);
	for (size_t i = 0; i < offered.count; i++)
		assert_in_range(offered.seqs[i] - (i + 1 < offered.count ? offered.seqs[i + 1] : 0), 1, STORE_SNAPSHOT_GAP);
}

static void closing_ends_reads_of_logs(void **state)
{
	struct bench *bench = *state;
	enum { COUNT = 20 };
	struct looking looking[COUNT] = { 0 };

	assert_int_equal(append_entry(bench, "c", "w", 1, "{1}"), STORE_DURABLE);
	for (int i = 0; i < COUNT; i++)
		look(bench, "w", 1, &looking[i]);
	if (bench->dir[0]) {
		bench->store->ops->close(bench->store);
	} else {
		bench->store->ops->close(bench->store);
		bench_open_memory(bench);
	}
	for (int i = 0; i < COUNT; i++) {
		assert_true(looking[i].done);
		assert_true(looking[i].result == STORE_UNAVAILABLE || (bench->dir[0] && looking[i].ended));
		/* And nobody writes there any more. */
		buf_release(&looking[i].text);
		memset(&looking[i], 0x55, sizeof looking[i]);
	}
	if (bench->dir[0]) {
		uv_run(&bench->loop, UV_RUN_DEFAULT);
		assert_int_equal(uv_loop_close(&bench->loop), 0);
		bench_start(bench);
		assert_log(bench, "w", 1, 0, 0, STORE_DURABLE, "1:{1} .");
	}
	for (int i = 0; i < COUNT; i++)
		for (size_t b = 0; b < sizeof looking[i]; b++)
			assert_int_equal(((unsigned char *)&looking[i])[b], 0x55);
}

static void rows_are_put_replaced_and_removed(void **state)
{
	struct bench *bench = *state;
	struct log_row rows[] = { { "account", "a", "1" }, { "account", "b", "2" }, { "session", "a", "3" }, { "account", "a", "4" } };

	assert_int_equal(append_now(bench, &(struct log_batch){ .rows = rows, .row_count = 3 }), STORE_DURABLE);
	assert_directory(bench, "account", true, "account a=1\naccount b=2\n.");
	assert_int_equal(append_now(bench, &(struct log_batch){ .rows = &rows[3], .row_count = 1 }), STORE_DURABLE);
	assert_int_equal(append_row(bench, "account", "b", NULL), STORE_DURABLE);
	assert_int_equal(append_row(bench, "account", "never was", NULL), STORE_DURABLE);
	bench_restart(bench);
	assert_directory(bench, "account", true, "account a=4\n.");
	assert_directory(bench, "session", true, "session a=3\n.");
	assert_directory(bench, "invite", true, ".");
}

static void outcomes_are_kept_for_a_day(void **state)
{
	struct bench *bench = *state;
	int64_t now_ms = wall_ms();
	struct log_done done[] = {
		done_of("c", 1, "old", now_ms - DAY_MS - 60000),
		done_of("c", 2, "young", now_ms - DAY_MS + 60000),
		done_of("d", 3, "another's", now_ms),
		done_of("c", 4, "new", now_ms),
	};

	assert_int_equal(append_now(bench, &(struct log_batch){ .done = done, .done_count = 4 }), STORE_DURABLE);
	assert_class(bench, "c", "done c 2 9,2 young\ndone c 4 9,4 new\n");
	bench_restart(bench);
	assert_class(bench, "c", "done c 2 9,2 young\ndone c 4 9,4 new\n");
	assert_class(bench, "d", "done d 3 9,3 another's\n");
}

static void large_things_come_back_whole(void **state)
{
	struct bench *bench = *state;
	enum { COUNT = 700, SIZE = 100000 };
	struct log_entry *entries = calloc(COUNT, sizeof *entries);
	struct log_text *texts = calloc(COUNT, sizeof *texts);
	char *large = malloc(SIZE + 1);
	struct buf expected = { 0 };
	char line[64];

	assert_true(entries && texts && large);
	memset(large, 'l', SIZE);
	large[SIZE] = '\0';
	snprintf(line, sizeof line, "w(wall) head=%d", COUNT);
	buf_str(&expected, line);
	for (int i = 0; i < COUNT; i++) {
		entries[i] = entry_of("c", "w", i + 1, i == 300 ? large : "e");
		texts[i] = (struct log_text){ "kofi", i == 600 ? large : "t", i == 600 ? SIZE : 1 };
		entries[i].texts = &texts[i];
		entries[i].text_count = 1;
		snprintf(line, sizeof line, " [%d %d ama ", i + 1, 1001 + i);
		buf_str(&expected, line);
		buf_str(&expected, entries[i].body);
		buf_str(&expected, " kofi:");
		buf_str(&expected, texts[i].text);
		buf_char(&expected, ']');
	}
	buf_char(&expected, '\n');
	assert_int_equal(append_now(bench, &(struct log_batch){ .entries = entries, .entry_count = COUNT }), STORE_DURABLE);
	assert_class(bench, "c", expected.s);
	bench_restart(bench);
	assert_class(bench, "c", expected.s);
	buf_release(&expected);
	free(entries);
	free(texts);
	free(large);
}

static void closing_finishes_what_was_appended(void **state)
{
	struct bench *bench = *state;
	enum { COUNT = 50 };
	struct log_entry entries[COUNT];
	struct log_batch batches[COUNT];
	struct answer answers[COUNT] = { 0 };

	for (int i = 0; i < COUNT; i++) {
		entries[i] = entry_of("c", "w", i + 1, "e");
		batches[i] = (struct log_batch){ .entries = &entries[i], .entry_count = 1 };
		bench->store->ops->append(bench->store, &batches[i], on_answer, &answers[i]);
	}
	if (bench->dir[0]) {
		bench_stop(bench);
		bench_start(bench);
	} else {
		bench->store->ops->close(bench->store);
		bench_open_memory(bench);
	}
	for (int i = 0; i < COUNT; i++) {
		assert_true(answers[i].done);
		assert_int_equal(answers[i].result, STORE_DURABLE);
	}
	if (bench->dir[0])
		assert_int_equal(append_entry(bench, "c", "w", COUNT + 1, "e"), STORE_DURABLE);
}

static struct pending {
	struct bench *bench;
	struct log_entry entry;
	struct log_batch batch;
	struct answer answer;
} follower;

/* One that answers with another, as a server does that has gathered in the meantime. */
static void append_follower(struct log_batch *batch, enum store_result result, void *ctx)
{
	on_answer(batch, result, ctx);
	follower.entry = entry_of("c", "w", 2, "e");
	follower.batch = (struct log_batch){ .entries = &follower.entry, .entry_count = 1 };
	follower.answer = (struct answer){ 0 };
	follower.bench->store->ops->append(follower.bench->store, &follower.batch, on_answer, &follower.answer);
}

static void a_callback_may_append(void **state)
{
	struct bench *bench = *state;
	struct log_entry entry = entry_of("c", "w", 1, "e");
	struct log_batch batch = { .entries = &entry, .entry_count = 1 };
	struct answer answer = { 0 };

	follower.bench = bench;
	bench->store->ops->append(bench->store, &batch, append_follower, &answer);
	bench_run_until(bench, &answer.done);
	bench_run_until(bench, &follower.answer.done);
	assert_int_equal(follower.answer.result, STORE_DURABLE);
	/* Also while the store is closing; then it may be too late, but it is told so. */
	entry.seq = 3;
	answer = (struct answer){ 0 };
	bench->store->ops->append(bench->store, &batch, append_follower, &answer);
	if (bench->dir[0]) {
		bench_stop(bench);
		bench_start(bench);
	} else {
		bench->store->ops->close(bench->store);
		bench_open_memory(bench);
	}
	assert_int_equal(answer.result, STORE_DURABLE);
	assert_true(follower.answer.done);
	assert_int_not_equal(follower.answer.result, STORE_DURABLE);
}

static void nothing_is_wrong_at_first(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench->store->ops->fault(bench->store), STORE_FINE);
}

#define BOTH(test) \
	{ #test " (sqlite)", test, open_sqlite, close_bench, NULL }, { #test " (memory)", test, open_memory, close_bench, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(what_was_appended_is_loaded),
		BOTH(only_the_next_number_is_taken),
		BOTH(a_batch_is_written_whole_or_not_at_all),
		BOTH(batches_gather_in_order),
		BOTH(a_document_stays_in_its_class),
		BOTH(a_snapshot_shortens_the_replay),
		BOTH(a_log_is_read_from_end_to_end),
		BOTH(snapshots_stay_near_every_moment),
		BOTH(closing_ends_reads_of_logs),
		BOTH(rows_are_put_replaced_and_removed),
		BOTH(outcomes_are_kept_for_a_day),
		BOTH(large_things_come_back_whole),
		BOTH(closing_finishes_what_was_appended),
		BOTH(a_callback_may_append),
		BOTH(nothing_is_wrong_at_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
