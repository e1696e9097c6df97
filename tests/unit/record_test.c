#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/room/record.h"
#include "tests/unit/vectors.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

static const char *const ids[] = { ID, "BAAAAAAAAAAAAAAAAAAAAA", "wall", ID ".r" };
static const char *const words[] = { "", "a", "\"\\\x7f", "{\"$\":0}", "\xf0\x9f\x99\x82 and more" };

/* An edit that fits the note's text. */
static cJSON *random_edit(const struct object *note, uint64_t *random)
{
	int64_t length = text_measure(object_str(note, NOTE_TEXT), strlen(object_str(note, NOTE_TEXT)));
	size_t skip = random_below(random, (size_t)length + 1), more = random_below(random, (size_t)length + 1 - skip);
	struct text_edit edit = { 0 };
	struct buf text = { 0 };

	text_edit_skip(&edit, (int64_t)skip);
	const char *word = words[1 + random_below(random, 4)];
	text_edit_insert(&edit, word, strlen(word));
	if (random_below(random, 2))
		text_edit_insert(&edit, words[4], strlen(words[4]));
	text_edit_delete(&edit, (int64_t)more);
	text_edit_trim(&edit);
	text_edit_write(&text, &edit);
	cJSON *tree = cJSON_Parse(text.s);
	buf_release(&text);
	text_edit_release(&edit);
	assert_non_null(tree);
	return tree;
}

/* Something that may happen to the document next; `edit` owns what a text op borrows. */
static struct op random_op(const struct doc *doc, uint64_t *random, cJSON **edit)
{
	const char *id = ids[random_below(random, 4)];
	const struct object *object = doc_find(doc, id);
	*edit = NULL;
	if (object && object->kind == KIND_NOTE && random_below(random, 2)) {
		struct op text;
		op_init(&text, OP_TEXT, KIND_NOTE, id);
		text.mask = 1u << NOTE_TEXT;
		text.rev = object_int(object, NOTE_REV) + 1;
		text.edit = *edit = random_edit(object, random);
		return text;
	}
	enum op_type type = !object ? OP_PUT : random_below(random, 6) == 0 ? OP_DEL : random_below(random, 3) ? OP_SET : OP_PUT;
	enum kind kind = object && type != OP_PUT ? object->kind : random_below(random, 3) ? (enum kind)(1 + random_below(random, KIND_COUNT - 1)) : KIND_NOTE;
	struct op op;

	op_init(&op, type, kind, id);
	for (int f = 0; f < kind_specs[kind].field_count && type != OP_DEL; f++) {
		if (random_below(random, 2))
			continue;
		if (kind == KIND_NOTE && (f == NOTE_TEXT || f == NOTE_REV) && type == OP_SET)
			continue;
		if (kind == KIND_NOTE && (f == NOTE_TEXT || f == NOTE_REV))
			f == NOTE_TEXT ? op_str(&op, f, words[4]) : op_int(&op, f, 3);
		else if (field_type_is_string(kind_specs[kind].fields[f].type))
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
	int edits = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		cJSON *edit;
		struct op op = random_op(here, &random, &edit), read;
		struct record_text *texts = calloc(record_texts_max(&op), sizeof *texts), *copies = calloc(record_texts_max(&op), sizeof *copies);
		const struct step_source source = { .actor = "somebody", .command = (enum command)random_below(&random, CMD_COUNT), .first = random_below(&random, 2), .whose = random_below(&random, 2) ? "BAAAAAAAAAAAAAAAAAAAAA" : NULL, .pops = (int)random_below(&random, 1001) };
		struct step_source told;
		struct buf body = { 0 };
		size_t count = record_write(&body, &op, &source, texts);
		assert_true(count <= record_texts_max(&op));
		for (size_t t = 0; t < count; t++)
			copies[t] = (struct record_text){ strndup(texts[t].s, texts[t].n), texts[t].n };
		cJSON *json = record_read(body.s, body.n, copies, count, there, &read, &told);
		assert_non_null(json);
		assert_int_equal(told.first, source.first);
		assert_int_equal(told.command, source.first ? source.command : CMD_NONE);
		if (source.first && source.whose) {
			assert_string_equal(told.whose, source.whose);
			assert_int_equal(told.pops, source.pops);
		} else {
			assert_null(told.whose);
			assert_int_equal(told.pops, 0);
		}
		doc_apply(there, &read);
		doc_apply(here, &op);
		assert_true(digest_equal(sum_of(here), sum_of(there)));
		edits += op.type == OP_TEXT;
		cJSON_Delete(json);
		cJSON_Delete(edit);
		for (size_t t = 0; t < count; t++)
			free((char *)copies[t].s);
		free(texts);
		free(copies);
		buf_release(&body);
	}
	assert_true(edits > 300);
	doc_free(here);
	doc_free(there);
}

/* What somebody typed stands in rows of its own and nowhere in the body. */
static void test_typed_words_are_apart(void **state)
{
	struct record_text texts[FIELDS_MAX + 8];
	struct buf body = { 0 };
	struct op op;

	(void)state;
	op_init(&op, OP_PUT, KIND_POST, ID);
	op_str(&op, POST_FOR, "secret-for");
	op_str(&op, POST_WHO, "");
	op_str(&op, POST_REASON, "secret-reason");
	op_str(&op, POST_STATE, "held");
	const struct step_source first = { .actor = "ama", .command = CMD_POST_ADD, .first = true }, later = { .actor = "ama", .command = CMD_NOTE_TEXT };
	assert_int_equal(record_write(&body, &op, &first, texts), 2);
	assert_null(strstr(body.s, "secret"));
	assert_string_equal(body.s, "{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"cmd\":\"post.add\",\"fields\":{\"for\":{\"$\":0},\"who\":\"\",\"state\":\"held\",\"reason\":{\"$\":1}}}");
	assert_string_equal(texts[0].s, "secret-for");
	assert_string_equal(texts[1].s, "secret-reason");

	/* What is typed into a text, and what is deleted from it. */
	cJSON *edit = cJSON_Parse("[3,\"secret-words\",1,{\"d\":2},4,{\"d\":\"secret \xf0\x9f\x99\x82\"}]");
	buf_reset(&body);
	op_init(&op, OP_TEXT, KIND_NOTE, ID);
	op.mask = 1u << NOTE_TEXT;
	op.rev = 9;
	op.edit = edit;
	assert_int_equal(record_write(&body, &op, &later, texts), 1);
	assert_string_equal(body.s, "{\"op\":\"text\",\"id\":\"" ID "\",\"kind\":\"note\",\"field\":\"text\",\"rev\":9,\"edit\":[3,{\"$\":0},1,{\"d\":2},4,{\"d\":8}]}");
	assert_string_equal(texts[0].s, "secret-words");
	cJSON_Delete(edit);
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
	static const char *const of_a_note[] = {
		"{\"op\":\"text\",\"id\":\"N\",\"kind\":\"note\",\"field\":\"text\",\"rev\":1,\"edit\":[{\"$\":1}]}", "{\"op\":\"text\",\"id\":\"N\",\"kind\":\"note\",\"field\":\"text\",\"rev\":1,\"edit\":[{\"$\":-1}]}",
		"{\"op\":\"text\",\"id\":\"N\",\"kind\":\"note\",\"field\":\"box\",\"rev\":1,\"edit\":[]}", "{\"op\":\"text\",\"id\":\"N\",\"kind\":\"note\",\"field\":\"text\",\"rev\":\"1\",\"edit\":[]}",
		"{\"op\":\"text\",\"id\":\"N\",\"kind\":\"note\",\"field\":\"text\",\"rev\":1,\"edit\":{\"a\":{\"$\":0}}}", "{\"op\":\"text\",\"id\":\"N\",\"kind\":\"note\",\"field\":\"text\",\"rev\":1}",
	};
	const struct record_text text = { "words", 5 };
	struct doc *doc = doc_new();
	struct step_source source;
	struct op op;

	(void)state;
	for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++)
		if (record_read(bodies[b], strlen(bodies[b]), &text, 1, doc, &op, &source))
			fail_msg("taken: %s", bodies[b]);
	static const char good[] = "{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":{\"$\":0}}}";
	cJSON *json = record_read(good, strlen(good), &text, 1, doc, &op, &source);
	assert_non_null(json);
	assert_string_equal(op.values[POST_FOR].s, "words");
	assert_false(source.first);
	cJSON_Delete(json);

	op_init(&op, OP_PUT, KIND_NOTE, "N");
	doc_apply(doc, &op);
	for (size_t b = 0; b < sizeof of_a_note / sizeof *of_a_note; b++)
		if (record_read(of_a_note[b], strlen(of_a_note[b]), &text, 1, doc, &op, &source))
			fail_msg("taken: %s", of_a_note[b]);
	static const char typed[] = "{\"op\":\"text\",\"id\":\"N\",\"kind\":\"note\",\"cmd\":\"undo\",\"whose\":\"M\",\"pops\":7,\"field\":\"text\",\"rev\":1,\"edit\":[{\"$\":0}]}";
	json = record_read(typed, strlen(typed), &text, 1, doc, &op, &source);
	assert_non_null(json);
	doc_apply(doc, &op);
	assert_string_equal(object_str(doc_find(doc, "N"), NOTE_TEXT), "words");
	assert_true(source.first && source.command == CMD_UNDO && source.pops == 7 && !strcmp(source.whose, "M"));
	cJSON_Delete(json);
	/* A command of a newer server is none that this one knows; a count that is none is none. */
	static const char newer[] = "{\"op\":\"del\",\"id\":\"N\",\"kind\":\"note\",\"cmd\":\"note.sing\",\"pops\":-3}";
	json = record_read(newer, strlen(newer), NULL, 0, doc, &op, &source);
	assert_true(json && source.first && source.command == CMD_NONE && source.pops == 0);
	cJSON_Delete(json);
	doc_free(doc);
}

static void test_snapshots(void **state)
{
	struct doc *here = doc_new(), *there = doc_new();
	const struct view_mark marks[2] = { { 17, 3 }, { (INT64_C(1) << 53) - 1, 0 } };
	struct view_mark read[2];
	int64_t log_bytes;
	struct trail *trail = trail_new(), *trail_read_back = NULL;
	struct steps *steps = steps_new(), *steps_read_back = NULL;
	struct buf body = { 0 }, again = { 0 };
	uint64_t random = 9;

	(void)state;
	for (int round = 0; round < 400; round++) {
		cJSON *edit;
		struct op op = random_op(here, &random, &edit);
		const struct step_source source = { .actor = "M", .command = op.type == OP_TEXT ? CMD_NOTE_TEXT : CMD_NOTE_SET, .at_ms = round * 700, .first = true };
		steps_note(steps, &source, &op, doc_find(here, op.id));
		if (op.type == OP_TEXT)
			trail_add(trail, op.id, op.rev, op.edit, source.at_ms);
		else if (op.type != OP_SET)
			trail_drop(trail, op.id);
		doc_apply(here, &op);
		cJSON_Delete(edit);
	}
	record_write_snapshot(&body, here, marks, 2, trail, steps, 123456789);
	assert_true(steps_depth(steps, "M", false) > 10);
	assert_true(record_read_snapshot(body.s, body.n, there, read, 2, &trail_read_back, &steps_read_back, &log_bytes));
	assert_int_equal(log_bytes, 123456789);
	assert_int_equal(steps_depth(steps_read_back, "M", false), steps_depth(steps, "M", false));
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		assert_int_equal(trail_count(trail_read_back, ids[i]), trail_count(trail, ids[i]));
	record_write_snapshot(&again, there, read, 2, trail_read_back, steps_read_back, log_bytes);
	assert_string_equal(again.s, body.s);
	trail_free(trail_read_back);
	steps_free(steps_read_back);
	assert_true(digest_equal(sum_of(here), sum_of(there)));
	assert_memory_equal(read, marks, sizeof marks);
	/* In the same order, on which snapshots for readers and their parts depend. */
	const struct object *a = doc_first(here), *b = doc_first(there);
	for (; a && b; a = object_next(a), b = object_next(b))
		assert_string_equal(a->id, b->id);
	assert_true(!a && !b);
	doc_free(there);

	there = doc_new();
	assert_false(record_read_snapshot(body.s, body.n, there, read, 1, NULL, NULL, NULL)); /* another number of views */
	size_t line = strcspn(body.s, "\n"); /* the document; behind it what is remembered, which may have been dropped */
	assert_false(record_read_snapshot(body.s, line / 2, there, read, 2, NULL, NULL, NULL));
	trail_read_back = NULL;
	steps_read_back = NULL;
	assert_false(record_read_snapshot(body.s, line + (body.n - line) / 2, there, read, 2, &trail_read_back, &steps_read_back, NULL));
	trail_free(trail_read_back);
	steps_free(steps_read_back);
	trail_read_back = NULL;
	steps_read_back = NULL;
	for (size_t cut = line; cut <= line + 1; cut++)
		assert_true(record_read_snapshot(body.s, cut, there, read, 2, &trail_read_back, &steps_read_back, NULL));
	assert_true(!trail_read_back && !steps_read_back);
	assert_false(record_read_snapshot("{\"views\":[[1,1],[1]],\"objects\":[]}", 34, there, read, 2, NULL, NULL, NULL));
	assert_false(record_read_snapshot("{\"views\":[[1,1],[1,1]],\"objects\":[{}]}", 38, there, read, 2, NULL, NULL, NULL));
	/* Whoever wants nothing but the document gets that; what is remembered must make sense. */
	static const char *const bad[] = { "{\"views\":[],\"objects\":[]}\n{\"trail\":7}", "{\"views\":[],\"objects\":[]}\n{\"steps\":[7]}", "{\"views\":[],\"objects\":[]}\n[]", "{\"views\":[],\"objects\":[]}\n{" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_true(record_read_snapshot(bad[i], strlen(bad[i]), there, read, 0, NULL, NULL, NULL));
		if (record_read_snapshot(bad[i], strlen(bad[i]), there, read, 0, &trail_read_back, &steps_read_back, NULL))
			fail_msg("taken: %s", bad[i]);
	}
	doc_free(here);
	doc_free(there);
	trail_free(trail);
	steps_free(steps);
	buf_release(&body);
	buf_release(&again);
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
