#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/json.h"
#include "server/cast/reader.h"
#include "server/cast/stream.h"
#include "tests/unit/vectors.h"

static struct stream stream;

static int set_up(void **state)
{
	(void)state;
	stream_init(&stream, "class", 100, 5);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stream_release(&stream);
	return 0;
}

/* An op of about `n` bytes. */
static void gather(size_t n, bool leaves)
{
	struct buf op = { 0 };

	buf_str(&op, "{\"op\":\"del\",\"id\":\"");
	while (op.n + 2 < n)
		buf_char(&op, 'x');
	buf_str(&op, "\"}");
	stream_gather(&stream, op.s, op.n, (struct digest){ (uint32_t)stream.next_at + 1, 0 }, leaves);
	buf_release(&op);
}

static void publish(int64_t mono_ms)
{
	stream_seal(&stream);
	stream_publish(&stream, mono_ms);
}

/* The message of the frame at *position, which moves behind it. Returns owned. */
static cJSON *read_frame(uint64_t *position)
{
	size_t n;
	const uint8_t *bytes = stream_bytes(&stream, *position, 1, &n);

	assert_non_null(bytes);
	assert_int_equal(bytes[0], 0x81);
	size_t header = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10;
	*position += n;
	enum json_verdict verdict;
	cJSON *json = json_parse((const char *)bytes + header, n - header, &json_limits_server, &verdict);
	assert_non_null(json);
	return json;
}

static int64_t number(const cJSON *json, const char *key)
{
	int64_t n;

	assert_true(json_int(json, key, 0, JSON_INT_MAX, &n));
	return n;
}

static void test_nothing_is_told_before_it_is_published(void **state)
{
	(void)state;
	gather(50, false);
	gather(50, true);
	assert_int_equal(stream.next_at, 102);
	assert_int_equal(stream.next_epoch, 6);
	assert_int_equal(stream.at, 100);
	assert_int_equal(stream.epoch, 5);
	assert_int_equal(stream.head, 0);
	stream_seal(&stream);
	assert_int_equal(stream.head, 0);
	gather(50, false); /* of the batch after */
	stream_publish(&stream, 0);
	assert_int_equal(stream.at, 102);
	assert_int_equal(stream.epoch, 6);
	uint64_t position = 0;
	cJSON *message = read_frame(&position);
	assert_int_equal(number(message, "at"), 102);
	assert_int_equal(number(message, "epoch"), 6);
	assert_int_equal(cJSON_GetArraySize(json_array(message, "ops")), 2);
	assert_string_equal(json_get(message, "sum")->valuestring, "0000006600000000");
	assert_int_equal(position, stream.head);
	cJSON_Delete(message);
	assert_non_null(stream.gathering);
	publish(1);
	assert_int_equal(stream.at, 103);
}

static void test_sums_come_once_a_second(void **state)
{
	const int64_t at_ms[] = { 0, 1, 999, 1000, 1001, 2000 };
	const bool expected[] = { true, false, false, true, false, true };
	uint64_t position = 0;

	(void)state;
	for (int k = 0; k < 6; k++) {
		gather(50, false);
		publish(at_ms[k]);
		cJSON *message = read_frame(&position);
		assert_int_equal(json_has(message, "sum"), expected[k]);
		cJSON_Delete(message);
	}
}

static void test_resume(void **state)
{
	uint64_t position;

	(void)state;
	assert_true(stream_resume(&stream, 5, 100, &position));
	assert_int_equal(position, 0);
	assert_false(stream_resume(&stream, 5, 99, &position));
	assert_false(stream_resume(&stream, 5, 101, &position));
	assert_false(stream_resume(&stream, 4, 100, &position));
	for (int k = 0; k < 3; k++) { /* 101; 102 and 103; 104 */
		gather(50, false);
		if (k == 1)
			gather(50, false);
		publish(0);
	}
	assert_true(stream_resume(&stream, 5, 100, &position) && position == 0);
	assert_true(stream_resume(&stream, 5, 101, &position) && position > 0);
	assert_false(stream_resume(&stream, 5, 102, &position)); /* within a frame */
	assert_true(stream_resume(&stream, 5, 103, &position));
	cJSON *message = read_frame(&position);
	assert_int_equal(number(message, "at"), 104);
	cJSON_Delete(message);
	assert_true(stream_resume(&stream, 5, 104, &position) && position == stream.head);
	assert_false(stream_resume(&stream, 5, 105, &position));
}

/* Who missed something leaving gets no replay of it, nor of anything before. */
static void test_leaving_ends_resume(void **state)
{
	uint64_t position;

	(void)state;
	gather(50, false);
	publish(0);
	gather(50, true);
	gather(50, false);
	publish(0);
	assert_false(stream_resume(&stream, 5, 100, &position));
	assert_false(stream_resume(&stream, 5, 101, &position));
	assert_false(stream_resume(&stream, 6, 101, &position)); /* nobody was ever told so */
	assert_false(stream_resume(&stream, 5, 103, &position));
	assert_true(stream_resume(&stream, 6, 103, &position) && position == stream.head);
	assert_true(stream_position(&stream, 101, &position)); /* for snapshots, which know what they hold */
}

static void test_a_break_ends_a_frame(void **state)
{
	uint64_t position = 0;

	(void)state;
	gather(50, false);
	stream_break(&stream);
	gather(50, false);
	gather(50, false);
	publish(0);
	cJSON *first = read_frame(&position), *second = read_frame(&position);
	assert_int_equal(number(first, "at"), 101);
	assert_int_equal(number(second, "at"), 103);
	assert_true(json_has(second, "sum") && !json_has(first, "sum"));
	assert_true(stream_position(&stream, 101, &position));
	cJSON_Delete(first);
	cJSON_Delete(second);
}

/* However much happens at once, no message is larger than 64 KiB, and none is split that fits. */
static void test_frames_are_bounded(void **state)
{
	uint64_t position;
	int64_t at;

	(void)state;
	for (int k = 0; k < 5; k++)
		gather(k % 3 ? 43000 : 31 * 1024, false);
	for (int k = 0; k < 3000; k++)
		gather(45, false);
	publish(0);
	position = stream.tail; /* it is more than the window holds */
	at = stream.marks[0].at_before;
	while (position < stream.head) {
		uint64_t before = position;
		cJSON *message = read_frame(&position);
		assert_in_range(position - before, 1, 64 * 1024);
		assert_int_equal(number(message, "at") - cJSON_GetArraySize(json_array(message, "ops")), at);
		at = number(message, "at");
		cJSON_Delete(message);
	}
	assert_int_equal(at, 100 + 3005);
}

/* The window forgets the oldest frames, whole ones, keeps at least its size, and stays contiguous. */
static void test_window(void **state)
{
	uint64_t position;
	size_t n;

	(void)state;
	for (int k = 0; k < 3000; k++) {
		gather(1000 + (size_t)(k % 7), false);
		publish(0);
		assert_in_range(stream.memory_cap, 0, 4 * STREAM_WINDOW_BYTES);
		if (stream.tail)
			assert_in_range(stream.head - stream.tail, STREAM_WINDOW_BYTES, 4 * STREAM_WINDOW_BYTES);
	}
	assert_true(stream.tail > 0);
	assert_null(stream_bytes(&stream, 0, 1000, &n));
	assert_null(stream_bytes(&stream, stream.tail - 1, 1000, &n));
	assert_false(stream_resume(&stream, 5, 100, &position));
	int64_t at = stream.marks[0].at_before;
	assert_true(stream_resume(&stream, 5, at, &position));
	assert_int_equal(position, stream.tail);
	while (position < stream.head) {
		cJSON *message = read_frame(&position);
		assert_int_equal(number(message, "at"), ++at);
		cJSON_Delete(message);
	}
	assert_int_equal(at, 3100);
}

/* Cut where a frame ends: as many whole frames as fit, but one at least. */
static void test_bytes_end_with_a_frame(void **state)
{
	uint64_t ends[10];
	size_t n;

	(void)state;
	for (int k = 0; k < 10; k++) {
		gather(100 + 10 * (size_t)k, false);
		publish(0);
		ends[k] = stream.head;
	}
	assert_non_null(stream_bytes(&stream, 0, 1, &n));
	assert_int_equal(n, ends[0]);
	stream_bytes(&stream, 0, (size_t)ends[3], &n);
	assert_int_equal(n, ends[3]);
	stream_bytes(&stream, 0, (size_t)ends[3] - 1, &n);
	assert_int_equal(n, ends[2]);
	stream_bytes(&stream, ends[4], (size_t)(ends[6] - ends[4]), &n);
	assert_int_equal(n, ends[6] - ends[4]);
	stream_bytes(&stream, ends[8], 1, &n);
	assert_int_equal(n, ends[9] - ends[8]);
	stream_bytes(&stream, ends[4], 100000, &n);
	assert_int_equal(n, ends[9] - ends[4]);
	stream_bytes(&stream, ends[9], 100000, &n);
	assert_int_equal(n, 0);
}

static void test_readers_keep_their_slots(void **state)
{
	struct reader readers[9] = { 0 };

	(void)state;
	for (int r = 0; r < 9; r++)
		stream_add_reader(&stream, &readers[r]);
	stream_remove_reader(&stream, &readers[2]);
	stream_remove_reader(&stream, &readers[7]);
	stream_remove_reader(&stream, &readers[0]);
	assert_int_equal(stream.reader_count, 6);
	for (size_t s = 0; s < stream.reader_count; s++)
		assert_int_equal(stream.readers[s]->slot, s);
	while (stream.reader_count)
		stream_remove_reader(&stream, stream.readers[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_told_before_it_is_published),
		TEST(test_sums_come_once_a_second),
		TEST(test_resume),
		TEST(test_leaving_ends_resume),
		TEST(test_a_break_ends_a_frame),
		TEST(test_frames_are_bounded),
		TEST(test_window),
		TEST(test_bytes_end_with_a_frame),
		TEST(test_readers_keep_their_slots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
