#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/ids.h"
#include "proto/json.h"
#include "server/cast/snapshot.h"
#include "tests/unit/vectors.h"

static struct stream stream;
static struct doc *doc;
static uint64_t random_state;

static int set_up(void **state)
{
	(void)state;
	stream_init(&stream, "AAAAAAAAAAAAAAAAAAAAAA", 7, 2);
	doc = doc_new();
	random_state = 5;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stream_release(&stream);
	doc_free(doc);
	return 0;
}

static struct op *new_post(const char *words)
{
	static struct op op;
	static char id[ID_CHARS + 1];
	uint8_t bytes[ID_BYTES];

	for (int b = 0; b < ID_BYTES; b++)
		bytes[b] = (uint8_t)next_random(&random_state);
	id_encode(bytes, id);
	op_init(&op, OP_PUT, KIND_POST, id);
	for (int f = POST_FOR; f <= POST_VENTURE; f++)
		op_str(&op, f, words);
	op_str(&op, POST_POS, "a0");
	op_str(&op, POST_STATE, "shown");
	op_str(&op, POST_NAMES, "hidden");
	op_str(&op, POST_AUTHOR, "MAAAAAAAAAAAAAAAAAAAAA");
	op_int(&op, POST_VERSION, 1);
	op_int(&op, POST_AT, INT64_C(1790000000000));
	return &op;
}

static void add(const char *words)
{
	const struct op *op = new_post(words);

	doc_apply(doc, op);
	digest_add(&stream.sum, object_digest(doc_find(doc, op->id), view_mask(VIEW_CLASS, doc_find(doc, op->id))));
}

/* Reads every part as a client would and counts what it holds. */
static size_t read_parts(const struct snapshot *snapshot)
{
	size_t objects = 0;
	struct doc *read = doc_new();
	struct digest sum = { 0, 0 };
	char hex[DIGEST_HEX_CHARS + 1];

	for (size_t p = 0; p < snapshot->part_count; p++) {
		const struct frame *frame = snapshot->parts[p];
		size_t header = frame->bytes[1] < 126 ? 2 : frame->bytes[1] == 126 ? 4 : 10;
		enum json_verdict verdict;
		const cJSON *item;
		int64_t n;
		cJSON *json = json_parse((const char *)frame->bytes + header, frame->n - header, &json_limits_server, &verdict);
		if (!json)
			fail_msg("part %zu of %zu bytes: %s", p, frame->n, json_verdict_code(verdict));
		assert_in_range(frame->n, 1, 64 * 1024);
		assert_true(json_int(json, "part", (int64_t)p, (int64_t)p, &n));
		assert_true(json_int(json, "at", snapshot->at, snapshot->at, &n));
		assert_true(json_int(json, "epoch", snapshot->epoch, snapshot->epoch, &n));
		assert_int_equal(json_has(json, "last"), p + 1 == snapshot->part_count);
		assert_int_equal(json_has(json, "sum"), p + 1 == snapshot->part_count);
		cJSON_ArrayForEach(item, json_array(json, "objects"))
		{
			struct op op;
			assert_true(op_read_object(item, &op));
			doc_apply(read, &op);
			objects++;
		}
		if (json_has(json, "sum")) {
			for (const struct object *object = doc_first(read); object; object = object_next(object))
				digest_add(&sum, object_digest(object, ~(field_mask)0));
			digest_hex(sum, hex);
			assert_string_equal(json_get(json, "sum")->valuestring, hex);
		}
		cJSON_Delete(json);
	}
	assert_int_equal(doc_count(read), objects);
	doc_free(read);
	return objects;
}

static void check(size_t objects, size_t least_parts)
{
	struct snapshot *snapshot = snapshot_of(&stream, doc, VIEW_CLASS);

	assert_int_equal(read_parts(snapshot), objects);
	assert_in_range(snapshot->part_count, least_parts, 10000);
	snapshot_unref(snapshot);
}

static void test_empty(void **state)
{
	(void)state;
	check(0, 1);
}

/* The densest there can be: a client's limit on tokens must hold, too. */
static void test_many_small_objects(void **state)
{
	(void)state;
	for (int k = 0; k < 3000; k++)
		add("a");
	check(3000, 2);
}

/* The largest post that request_read lets through. */
static void test_large_objects(void **state)
{
	static char words[8800];

	(void)state;
	memset(words, '"', sizeof words - 1); /* each escaped to two */
	for (int k = 0; k < 5; k++)
		add("small");
	for (int k = 0; k < 20; k++) {
		words[2200] = 0;
		add(words);
		add("small");
	}
	check(45, 10);
}

static void test_hidden_things_are_not_in_it(void **state)
{
	struct op op;

	(void)state;
	add("seen");
	op = *new_post("unseen");
	op_str(&op, POST_STATE, "held");
	doc_apply(doc, &op);
	check(1, 1);
	struct snapshot *snapshot = snapshot_of(&stream, doc, VIEW_CLASS);
	assert_null(memmem(snapshot->parts[0]->bytes, snapshot->parts[0]->n, "unseen", 6));
	assert_null(memmem(snapshot->parts[0]->bytes, snapshot->parts[0]->n, "MAAAAAAAAAAAAAAAAAAAAA", 22));
	snapshot_unref(snapshot);
}

static void gather(bool leaves)
{
	stream_gather(&stream, "{\"op\":\"del\",\"id\":\"x\"}", 21, stream.sum, leaves);
}

static void publish(void)
{
	stream_seal(&stream);
	stream_publish(&stream, 0);
}

static void expect_reuse(struct snapshot *first, bool reused)
{
	struct snapshot *again = snapshot_of(&stream, doc, VIEW_CLASS);
	assert_int_equal(again == first, reused);
	snapshot_unref(again);
}

static void test_reuse(void **state)
{
	struct snapshot *first = snapshot_of(&stream, doc, VIEW_CLASS);
	uint64_t position;

	(void)state;
	expect_reuse(first, true);
	for (int k = 0; k < 64; k++)
		gather(false);
	expect_reuse(first, true); /* the way from there is not lost, published or not */
	gather(false);             /* the 65th that is not told yet */
	expect_reuse(first, false);
	snapshot_unref(first);
	publish();

	first = snapshot_of(&stream, doc, VIEW_CLASS);
	while (stream_position(&stream, first->at, &position) && stream.head - position <= 1800) {
		expect_reuse(first, true);
		gather(false);
		publish();
	}
	while (stream.head - position <= 2048) {
		gather(false);
		publish();
	}
	expect_reuse(first, false); /* more history than is worth sending */
	snapshot_unref(first);
}

static void test_a_large_one_is_kept_for_longer(void **state)
{
	char id[] = "PAAAAAAAAAAAAAAAAAAAAA";
	uint64_t position;

	(void)state;
	for (int k = 0; k < 100; k++) {
		id[1] = (char)('A' + k / 10);
		id[2] = (char)('A' + k % 10);
		add(id);
	}
	struct snapshot *first = snapshot_of(&stream, doc, VIEW_CLASS);
	assert_true(first->bytes > 4 * 3000);
	assert_true(stream_position(&stream, first->at, &position));
	while (stream.head - position <= 2600) {
		gather(false);
		publish();
	}
	expect_reuse(first, true);
	while (stream.head - position <= first->bytes / 4) {
		gather(false);
		publish();
	}
	expect_reuse(first, false);
	snapshot_unref(first);
}

static void test_never_across_epochs(void **state)
{
	struct snapshot *first = snapshot_of(&stream, doc, VIEW_CLASS);

	(void)state;
	gather(true);
	struct snapshot *again = snapshot_of(&stream, doc, VIEW_CLASS);
	assert_ptr_not_equal(first, again);
	assert_int_equal(again->epoch, 3);
	assert_int_equal(again->at, 8);
	gather(false); /* what follows has a frame of its own, so that one can read on from the snapshot */
	stream_seal(&stream);
	stream_publish(&stream, 0);
	uint64_t position;
	assert_true(stream_position(&stream, 8, &position));
	assert_true(position > 0 && position < stream.head);
	snapshot_unref(again);
	snapshot_unref(first);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_many_small_objects),
		TEST(test_large_objects),
		TEST(test_hidden_things_are_not_in_it),
		TEST(test_reuse),
		TEST(test_a_large_one_is_kept_for_longer),
		TEST(test_never_across_epochs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
