#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/room/record.h"
#include "tests/unit/vectors.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

static const char *const ids[] = { ID, "BAAAAAAAAAAAAAAAAAAAAA", "wall", ID ".r" };
static const char *const words[] = { "", "a", "\"\\\x7f", "{\"$\":0}", "\xf0\x9f\x99\x82 and more" };

/* Something that may happen to the document next. */
static struct op random_op(const struct doc *doc, uint64_t *random)
{
	const char *id = ids[random_below(random, 4)];
	const struct object *object = doc_find(doc, id);
	enum op_type type = !object ? OP_PUT : random_below(random, 6) == 0 ? OP_DEL : random_below(random, 3) ? OP_SET : OP_PUT;
	enum kind kind = object && type != OP_PUT ? object->kind : (enum kind)(1 + random_below(random, KIND_COUNT - 1));
	struct op op;

	op_init(&op, type, kind, id);
	for (int f = 0; f < kind_specs[kind].field_count && type != OP_DEL; f++) {
		if (random_below(random, 2))
			continue;
		if (field_type_is_string(kind_specs[kind].fields[f].type))
			op_str(&op, f, words[random_below(random, 5)]);
		else
			op_int(&op, f, kind_specs[kind].fields[f].type == FIELD_BOOL ? (int64_t)random_below(random, 2) : (int64_t)(next_random(random) >> 11));
	}
	return op;
}

static struct digest sum_of(const struct doc *doc)
{
	struct digest sum = { 0, 0 };

	for (const struct object *object = doc_first(doc); object; object = object_next(object))
		digest_add(&sum, object_digest(object, ~(field_mask)0));
	return sum;
}

static void test_random_ops(void **state)
{
	struct doc *here = doc_new(), *there = doc_new();
	uint64_t random = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct op op = random_op(here, &random), read;
		struct record_text texts[FIELDS_MAX], copies[FIELDS_MAX];
		struct buf body = { 0 };
		int count = record_write(&body, &op, texts);
		for (int t = 0; t < count; t++)
			copies[t] = (struct record_text){ strndup(texts[t].s, texts[t].n), texts[t].n };
		cJSON *json = record_read(body.s, body.n, copies, (size_t)count, there, &read);
		assert_non_null(json);
		doc_apply(there, &read);
		doc_apply(here, &op);
		assert_true(digest_equal(sum_of(here), sum_of(there)));
		cJSON_Delete(json);
		for (int t = 0; t < count; t++)
			free((char *)copies[t].s);
		buf_release(&body);
	}
	doc_free(here);
	doc_free(there);
}

/* What somebody typed stands in rows of its own and nowhere in the body. */
static void test_typed_words_are_apart(void **state)
{
	struct record_text texts[FIELDS_MAX];
	struct buf body = { 0 };
	struct op op;

	(void)state;
	op_init(&op, OP_PUT, KIND_POST, ID);
	op_str(&op, POST_FOR, "secret-for");
	op_str(&op, POST_WHO, "");
	op_str(&op, POST_REASON, "secret-reason");
	op_str(&op, POST_STATE, "held");
	assert_int_equal(record_write(&body, &op, texts), 2);
	assert_null(strstr(body.s, "secret"));
	assert_string_equal(body.s, "{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":{\"$\":0},\"who\":\"\",\"state\":\"held\",\"reason\":{\"$\":1}}}");
	assert_string_equal(texts[0].s, "secret-for");
	assert_string_equal(texts[1].s, "secret-reason");
	buf_release(&body);
}

static void test_what_makes_no_sense_is_refused(void **state)
{
	static const char *const bodies[] = {
		"", "nonsense", "[]", "{}", "{\"op\":\"put\"}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":{\"$\":1}}}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":{\"$\":-1}}}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":{\"$\":\"0\"}}}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":{}}}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"version\":{\"$\":0}}}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"state\":\"sho\xffn\"}}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"version\":3e89}}",
		"{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":[{\"$\":0}]}",
		"{\"op\":\"put\",\"id\":\"\\\\\",\"kind\":\"post\",\"fields\":{}}",
		"{\"op\":\"set\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{}}",
		"{\"op\":\"del\",\"id\":\"" ID "\",\"kind\":\"post\"}",
	};
	const struct record_text text = { "words", 5 };
	struct doc *doc = doc_new();
	struct op op;

	(void)state;
	for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++)
		if (record_read(bodies[b], strlen(bodies[b]), &text, 1, doc, &op))
			fail_msg("taken: %s", bodies[b]);
	static const char good[] = "{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":{\"$\":0}}}";
	cJSON *json = record_read(good, strlen(good), &text, 1, doc, &op);
	assert_non_null(json);
	assert_string_equal(op.values[POST_FOR].s, "words");
	cJSON_Delete(json);
	doc_free(doc);
}

static void test_snapshots(void **state)
{
	struct doc *here = doc_new(), *there = doc_new();
	const struct view_mark marks[2] = { { 17, 3 }, { (INT64_C(1) << 53) - 1, 0 } };
	struct view_mark read[2];
	struct buf body = { 0 };
	uint64_t random = 9;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct op op = random_op(here, &random);
		doc_apply(here, &op);
	}
	record_write_snapshot(&body, here, marks, 2);
	assert_true(record_read_snapshot(body.s, body.n, there, read, 2));
	assert_true(digest_equal(sum_of(here), sum_of(there)));
	assert_memory_equal(read, marks, sizeof marks);
	/* In the same order, on which snapshots for readers and their parts depend. */
	const struct object *a = doc_first(here), *b = doc_first(there);
	for (; a && b; a = object_next(a), b = object_next(b))
		assert_string_equal(a->id, b->id);
	assert_true(!a && !b);
	doc_free(there);

	there = doc_new();
	assert_false(record_read_snapshot(body.s, body.n, there, read, 1)); /* another number of views */
	assert_false(record_read_snapshot(body.s, body.n - 1, there, read, 2));
	assert_false(record_read_snapshot("{\"views\":[[1,1],[1]],\"objects\":[]}", 34, there, read, 2));
	assert_false(record_read_snapshot("{\"views\":[[1,1],[1,1]],\"objects\":[{}]}", 38, there, read, 2));
	doc_free(here);
	doc_free(there);
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_ops),
		cmocka_unit_test(test_typed_words_are_apart),
		cmocka_unit_test(test_what_makes_no_sense_is_refused),
		cmocka_unit_test(test_snapshots),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
