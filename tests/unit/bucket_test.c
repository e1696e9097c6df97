#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/session/bucket.h"

static void test_burst_then_nothing(void **state)
{
	struct bucket bucket = { 0 };

	(void)state;
	for (int k = 0; k < 10; k++)
		assert_int_equal(bucket_take(&bucket, 6, 10, 1, 5), 0);
	assert_int_equal(bucket_take(&bucket, 6, 10, 1, 5), 10 * 1000);
}

static void test_says_when_to_come_back_and_keeps_its_word(void **state)
{
	struct bucket bucket = { 0 };

	(void)state;
	assert_int_equal(bucket_take(&bucket, 7, 1, 1, 1), 0);
	int64_t wait_ms = bucket_take(&bucket, 7, 1, 1, 1);
	assert_int_equal(wait_ms, 8572); /* a seventh of a minute, rounded up */
	assert_int_not_equal(bucket_take(&bucket, 7, 1, 1, 1 + wait_ms - 1), 0);
	assert_int_equal(bucket_take(&bucket, 7, 1, 1, 1 + wait_ms), 0);
}

/* Asked every few milliseconds it must not lose the fractions of a token it gains in between. */
static void test_impatience_costs_nothing(void **state)
{
	struct bucket bucket = { 0 };
	int taken = 0;

	(void)state;
	for (int64_t ms = 1; ms <= 60 * 1000 + 1; ms += 3)
		taken += bucket_take(&bucket, 6, 2, 1, ms) == 0;
	assert_int_equal(taken, 8); /* the burst, and six in the minute */
}

static void test_fills_no_higher_than_its_burst(void **state)
{
	struct bucket bucket = { 0 };

	(void)state;
	assert_int_equal(bucket_take(&bucket, 60, 3, 3, 1), 0);
	for (int k = 0; k < 3; k++)
		assert_int_equal(bucket_take(&bucket, 60, 3, 1, INT64_C(1) << 50), 0);
	assert_int_not_equal(bucket_take(&bucket, 60, 3, 1, INT64_C(1) << 50), 0);
}

static void test_a_refusal_takes_nothing(void **state)
{
	struct bucket bucket = { 0 };

	(void)state;
	assert_int_equal(bucket_take(&bucket, 60, 5, 3, 1), 0);
	assert_int_not_equal(bucket_take(&bucket, 60, 5, 3, 1), 0);
	assert_int_equal(bucket_take(&bucket, 60, 5, 2, 1), 0);
}

static void test_bytes_do_not_overflow(void **state)
{
	struct bucket bucket = { 0 };
	const int64_t per_minute = INT64_C(1024) * 1024 * 1024 * 60, burst = INT64_C(1024) * 1024 * 1024;

	(void)state;
	assert_int_equal(bucket_take(&bucket, per_minute, burst, burst, 1), 0);
	assert_int_equal(bucket_take(&bucket, per_minute, burst, burst, 1), 1000);
	assert_int_equal(bucket_take(&bucket, per_minute, burst, burst, INT64_C(1) << 60), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_nothing),
		cmocka_unit_test(test_says_when_to_come_back_and_keeps_its_word),
		cmocka_unit_test(test_impatience_costs_nothing),
		cmocka_unit_test(test_fills_no_higher_than_its_burst),
		cmocka_unit_test(test_a_refusal_takes_nothing),
		cmocka_unit_test(test_bytes_do_not_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
