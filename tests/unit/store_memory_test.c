/* What only the memory store has: a test decides when and how everything ends. The rest is in store_contract_test. */
#include "tests/unit/store_help.h"

static int open_bench(void **state)
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

struct pending {
	struct log_entry entry;
	struct log_batch batch;
	struct answer answer;
};

static void push(struct bench *bench, struct pending *pending, int64_t seq)
{
	pending->entry = entry_of("c", "w", seq, "e");
	pending->batch = (struct log_batch){ .entries = &pending->entry, .entry_count = 1 };
	pending->answer = (struct answer){ 0 };
	bench->store->ops->append(bench->store, &pending->batch, on_answer, &pending->answer);
}

static void nothing_happens_without_a_step(void **state)
{
	struct bench *bench = *state;
	struct pending first, second;
	struct loading loading = { 0 };

	push(bench, &first, 1);
	bench->store->ops->load_class(bench->store, "c", on_loaded, &loading);
	bench->store->ops->put_snapshot(bench->store, "w", 1, "s", 1);
	push(bench, &second, 2);
	assert_int_equal(memory_store_pending(bench->store), 4);
	assert_false(first.answer.done);
	memory_store_step(bench->store, STORE_DURABLE, true);
	assert_true(first.answer.done);
	assert_false(loading.done);
	memory_store_step(bench->store, STORE_DURABLE, true);
	assert_true(loading.done);
	assert_string_equal(loading.text.s, "w(wall) head=1 [1 1001 ama e]\n");
	buf_release(&loading.text);
	memory_store_step(bench->store, STORE_DURABLE, true);
	assert_false(second.answer.done);
	assert_int_equal(memory_store_pending(bench->store), 1);
	memory_store_step(bench->store, STORE_DURABLE, true);
	assert_class(bench, "c", "w(wall) head=2 snapshot@1=s [2 1002 ama e]\n");
}

static void failures_are_on_demand(void **state)
{
	static const struct {
		enum store_result result;
		bool applied, written;
	} cases[] = {
		{ STORE_UNAVAILABLE, false, false }, { STORE_UNAVAILABLE, true, false }, { STORE_STALE, true, false },
		{ STORE_UNKNOWN, false, false }, { STORE_UNKNOWN, true, true }, { STORE_DURABLE, false, true },
	};
	struct bench *bench = *state;
	int64_t seq = 1;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pending pending;

		push(bench, &pending, seq);
		memory_store_step(bench->store, cases[i].result, cases[i].applied);
		assert_true(pending.answer.done);
		assert_int_equal(pending.answer.result, cases[i].result);
		seq += cases[i].written;
		push(bench, &pending, seq);
		memory_store_step(bench->store, STORE_DURABLE, true);
		assert_int_equal(pending.answer.result, STORE_DURABLE);
		seq++;
	}
}

static void what_did_not_fit_is_stale_however_it_ends(void **state)
{
	struct bench *bench = *state;
	struct pending pending;

	push(bench, &pending, 5);
	memory_store_step(bench->store, STORE_DURABLE, true);
	assert_int_equal(pending.answer.result, STORE_STALE);
	push(bench, &pending, 5);
	memory_store_step(bench->store, STORE_UNKNOWN, true);
	assert_int_equal(pending.answer.result, STORE_UNKNOWN);
	assert_class(bench, "c", "");
}

static void a_crash_forgets_what_waits(void **state)
{
	struct bench *bench = *state;
	struct pending pending[4];
	struct loading loading = { 0 };

	push(bench, &pending[0], 1);
	memory_store_step(bench->store, STORE_DURABLE, true);
	bench->store->ops->load_class(bench->store, "c", on_loaded, &loading);
	for (int i = 1; i < 4; i++)
		push(bench, &pending[i], i + 1);
	memory_store_crash(bench->store, 2);
	assert_int_equal(memory_store_pending(bench->store), 0);
	assert_false(loading.done);
	for (int i = 1; i < 4; i++)
		assert_false(pending[i].answer.done);
	assert_class(bench, "c", "w(wall) head=3 [1 1001 ama e] [2 1002 ama e] [3 1003 ama e]\n");
}

static void a_load_can_fail(void **state)
{
	struct bench *bench = *state;
	struct loading loading = { 0 };

	bench->store->ops->load_class(bench->store, "c", on_loaded, &loading);
	memory_store_step(bench->store, STORE_UNAVAILABLE, false);
	assert_true(loading.done);
	assert_int_equal(loading.result, STORE_UNAVAILABLE);
}

static void a_log_is_read_in_its_turn(void **state)
{
	struct bench *bench = *state;
	struct pending first, second;
	struct looking looking = { 0 }, failing = { 0 }, forgotten = { 0 };

	push(bench, &first, 1);
	look(bench, "w", 9, &looking);
	push(bench, &second, 2);
	look(bench, "w", 9, &failing);
	assert_int_equal(looking.text.n, 0);
	memory_store_step(bench->store, STORE_DURABLE, true);
	memory_store_step(bench->store, STORE_DURABLE, true);
	assert_true(looking.done);
	assert_int_equal(looking.result, STORE_DURABLE);
	assert_string_equal(looking.text.s, "1:e .");
	buf_release(&looking.text);
	memory_store_step(bench->store, STORE_DURABLE, true);
	memory_store_step(bench->store, STORE_UNAVAILABLE, false);
	assert_true(failing.done);
	assert_int_equal(failing.result, STORE_UNAVAILABLE);
	assert_int_equal(failing.text.n, 0);
	look(bench, "w", 9, &forgotten);
	memory_store_crash(bench->store, 0);
	assert_int_equal(memory_store_pending(bench->store), 0);
	assert_false(forgotten.done || forgotten.ended);
}

static void faults_are_on_demand(void **state)
{
	struct bench *bench = *state;

	memory_store_set_fault(bench->store, STORE_FULL);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_FULL);
	memory_store_set_fault(bench->store, STORE_FINE);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_FINE);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_happens_without_a_step),
		TEST(failures_are_on_demand),
		TEST(what_did_not_fit_is_stale_however_it_ends),
		TEST(a_crash_forgets_what_waits),
		TEST(a_load_can_fail),
		TEST(a_log_is_read_in_its_turn),
		TEST(faults_are_on_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
