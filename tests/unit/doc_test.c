#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/doc.h"
#include "proto/json.h"
#include "tests/unit/vectors.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

static struct op post(const char *id)
{
	struct op op;

	op_init(&op, OP_PUT, KIND_POST, id);
	op_str(&op, POST_FOR, "for");
	op_str(&op, POST_STATE, "shown");
	op_int(&op, POST_VERSION, 1);
	return op;
}

static void apply(struct doc *doc, struct op op)
{
	doc_apply(doc, &op);
}

static void test_put_set_del(void **state)
{
	struct doc *doc = doc_new();
	struct op op;

	(void)state;
	apply(doc, post(ID));
	assert_int_equal(doc_count(doc), 1);
	struct object *object = doc_find(doc, ID);
	assert_string_equal(object_str(object, POST_FOR), "for");
	assert_string_equal(object_str(object, POST_WHO), "");
	assert_int_equal(object_mask(object), 1u << POST_FOR | 1u << POST_STATE | 1u << POST_VERSION);

	op_init(&op, OP_SET, KIND_POST, ID);
	op_str(&op, POST_FOR, "");
	op_int(&op, POST_VERSION, 7);
	doc_apply(doc, &op);
	object = doc_find(doc, ID);
	assert_string_equal(object_str(object, POST_FOR), "");
	assert_string_equal(object_str(object, POST_STATE), "shown");
	assert_int_equal(object_int(object, POST_VERSION), 7);

	op_init(&op, OP_DEL, KIND_POST, ID);
	doc_apply(doc, &op);
	assert_null(doc_find(doc, ID));
	doc_apply(doc, &op); /* once more changes nothing */
	op_init(&op, OP_SET, KIND_POST, ID);
	op_str(&op, POST_FOR, "x");
	doc_apply(doc, &op);
	assert_int_equal(doc_count(doc), 0);
	doc_free(doc);
}

/* A put over an existing object leaves nothing of the old one, keeps its place, and may borrow from what it replaces. */
static void test_put_over(void **state)
{
	struct doc *doc = doc_new();

	(void)state;
	apply(doc, post(ID));
	apply(doc, post("BAAAAAAAAAAAAAAAAAAAAA"));
	struct op op;
	op_init(&op, OP_PUT, KIND_POST, ID);
	op_str(&op, POST_WHO, object_str(doc_find(doc, ID), POST_FOR)); /* its own words, in another field */
	doc_apply(doc, &op);
	struct object *object = doc_find(doc, ID);
	assert_ptr_equal(doc_first(doc), object);
	assert_string_equal(object_str(object, POST_WHO), "for");
	assert_int_equal(object_mask(object), 1u << POST_WHO);

	op_init(&op, OP_PUT, KIND_SECTION, ID); /* another kind: another object */
	op_str(&op, SECTION_TITLE, "title");
	doc_apply(doc, &op);
	assert_int_equal(doc_find(doc, ID)->kind, KIND_SECTION);
	assert_int_equal(doc_count(doc), 2);
	doc_free(doc);
}

static void test_set_may_borrow_from_itself(void **state)
{
	struct doc *doc = doc_new();
	struct op op;

	(void)state;
	apply(doc, post(ID));
	op_init(&op, OP_SET, KIND_POST, ID);
	op_str(&op, POST_FOR, object_str(doc_find(doc, ID), POST_FOR));
	doc_apply(doc, &op);
	assert_string_equal(object_str(doc_find(doc, ID), POST_FOR), "for");
	doc_free(doc);
}

static cJSON *parse(const struct buf *text)
{
	enum json_verdict verdict;
	cJSON *json = json_parse(text->s, text->n, &json_limits_server, &verdict);

	if (!json)
		fail_msg("%s: %s", json_verdict_code(verdict), text->s);
	return json;
}

static void test_wire_form(void **state)
{
	struct buf text = { 0 };
	struct op op = post(ID);

	(void)state;
	op_write(&text, &op, KIND_POST, ~(field_mask)0);
	assert_string_equal(text.s, "{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"for\":\"for\",\"state\":\"shown\",\"version\":1}}");
	buf_reset(&text);
	op_write(&text, &op, KIND_POST, 1u << POST_STATE);
	assert_string_equal(text.s, "{\"op\":\"put\",\"id\":\"" ID "\",\"kind\":\"post\",\"fields\":{\"state\":\"shown\"}}");
	buf_reset(&text);
	op_init(&op, OP_SET, KIND_WALL, "wall");
	op_int(&op, WALL_HOLD, 0);
	op_str(&op, WALL_PROMPT, "");
	op_str(&op, WALL_NAMES, "named");
	op_write(&text, &op, KIND_WALL, ~(field_mask)0);
	assert_string_equal(text.s, "{\"op\":\"set\",\"id\":\"wall\",\"fields\":{\"prompt\":null,\"hold\":null,\"names\":\"named\"}}");
	buf_reset(&text);
	op_init(&op, OP_DEL, KIND_POST, ID);
	op_write(&text, &op, KIND_POST, 0);
	assert_string_equal(text.s, "{\"op\":\"del\",\"id\":\"" ID "\"}");
	buf_release(&text);
}

/* What is written and read back makes the same document, whatever happens. */
static void test_random_round_trips(void **state)
{
	static const char *const ids[] = { ID, "BAAAAAAAAAAAAAAAAAAAAA", "wall", ID ".r" };
	static const char *const words[] = { "", "a", "\"\\\n\x7f", "\xe2\x80\xa8", "\xf0\x9f\x99\x82 and more" };
	struct doc *here = doc_new(), *there = doc_new();
	uint64_t random = 42;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct op op, read;
		struct buf text = { 0 };
		const char *id = ids[random_below(&random, 4)];
		const struct object *object = doc_find(here, id);
		enum op_type type = object ? (enum op_type)(1 + random_below(&random, 2)) : OP_PUT;
		if (object && random_below(&random, 5) == 0)
			type = OP_DEL;
		enum kind kind = object && type != OP_PUT ? object->kind : (enum kind)(1 + random_below(&random, KIND_COUNT - 1));
		op_init(&op, type, kind, id);
		for (int f = 0; f < kind_specs[kind].field_count && type != OP_DEL; f++) {
			if (random_below(&random, 2))
				continue;
			if (field_type_is_string(kind_specs[kind].fields[f].type))
				op_str(&op, f, words[random_below(&random, 5)]);
			else
				op_int(&op, f, (int64_t)random_below(&random, kind_specs[kind].fields[f].type == FIELD_BOOL ? 2 : 1u << 30));
		}
		op_write(&text, &op, kind, ~(field_mask)0);
		cJSON *json = parse(&text);
		assert_true(op_read(json, there, &read));
		doc_apply(there, &read);
		doc_apply(here, &op);
		cJSON_Delete(json);
		buf_release(&text);

		struct digest sums[2] = { { 0, 0 }, { 0, 0 } };
		for (const struct object *o = doc_first(here); o; o = object_next(o))
			digest_add(&sums[0], object_digest(o, ~(field_mask)0));
		for (const struct object *o = doc_first(there); o; o = object_next(o))
			digest_add(&sums[1], object_digest(o, ~(field_mask)0));
		assert_true(digest_equal(sums[0], sums[1]));
	}
	doc_free(here);
	doc_free(there);
}

static bool reads(const char *text, const struct doc *doc)
{
	cJSON *json = cJSON_Parse(text);
	struct op op;

	assert_non_null(json);
	bool good = op_read(json, doc, &op);
	cJSON_Delete(json);
	return good;
}

static void test_strange_ops_are_passed_over(void **state)
{
	struct doc *doc = doc_new();

	(void)state;
	apply(doc, post(ID));
	assert_true(reads("{\"op\":\"set\",\"id\":\"" ID "\",\"fields\":{\"for\":\"x\",\"unheard\":[1]}}", doc));
	assert_true(reads("{\"op\":\"put\",\"id\":\"x\",\"kind\":\"post\",\"fields\":{}}", doc));
	assert_false(reads("{\"op\":\"set\",\"id\":\"nobody\",\"fields\":{}}", doc));
	assert_false(reads("{\"op\":\"del\",\"id\":\"nobody\"}", doc));
	assert_false(reads("{\"op\":\"put\",\"id\":\"x\",\"kind\":\"unheard\",\"fields\":{}}", doc));
	assert_false(reads("{\"op\":\"put\",\"id\":\"\",\"kind\":\"post\",\"fields\":{}}", doc));
	assert_false(reads("{\"op\":\"put\",\"id\":\"1234567890123456789012345678\",\"kind\":\"post\",\"fields\":{}}", doc));
	assert_false(reads("{\"op\":\"put\",\"id\":\"a\\\\b\",\"kind\":\"post\",\"fields\":{}}", doc)); /* ids are written as they are */
	assert_false(reads("{\"op\":\"put\",\"id\":\"a\\u001fb\",\"kind\":\"post\",\"fields\":{}}", doc));
	assert_false(reads("{\"op\":\"set\",\"id\":\"" ID "\",\"fields\":{\"version\":3e89}}", doc)); /* a damaged store */
	assert_false(reads("{\"op\":\"set\",\"id\":\"" ID "\",\"fields\":{\"version\":1.5}}", doc));
	assert_false(reads("{\"op\":\"text\",\"id\":\"" ID "\",\"field\":\"for\",\"rev\":3e89,\"edit\":[]}", doc));
	assert_false(reads("{\"op\":\"turn\",\"id\":\"" ID "\"}", doc));
	assert_false(reads("{\"op\":\"set\",\"id\":\"" ID "\"}", doc));
	assert_false(reads("{\"op\":\"set\",\"id\":\"" ID "\",\"fields\":{\"for\":1}}", doc));
	assert_false(reads("{\"op\":\"set\",\"id\":\"" ID "\",\"fields\":{\"version\":\"1\"}}", doc));
	assert_false(reads("{\"op\":\"set\",\"id\":7,\"fields\":{}}", doc));
	doc_free(doc);
}

/* The digest of proto/README.md §4: fields and existence, nothing of what is zero or masked. */
static void test_digest(void **state)
{
	struct doc *doc = doc_new();

	(void)state;
	apply(doc, post(ID));
	struct digest sum = digest_object(ID, "post");
	digest_add(&sum, digest_string(ID, "for", "for"));
	digest_add(&sum, digest_string(ID, "state", "shown"));
	assert_false(digest_equal(sum, object_digest(doc_find(doc, ID), ~(field_mask)0)));
	assert_true(digest_equal(sum, object_digest(doc_find(doc, ID), ~(1u << POST_VERSION))));
	digest_add(&sum, digest_int(ID, "version", 1));
	assert_true(digest_equal(sum, object_digest(doc_find(doc, ID), ~(field_mask)0)));
	doc_free(doc);
}

static void test_names_of_kinds_and_fields(void **state)
{
	(void)state;
	for (int k = 1; k < KIND_COUNT; k++) {
		assert_int_equal(kind_by_name(kind_specs[k].name), k);
		for (int f = 0; f < kind_specs[k].field_count; f++)
			assert_int_equal(kind_field((enum kind)k, kind_specs[k].fields[f].name), f);
		assert_int_equal(kind_field((enum kind)k, "unheard"), -1);
	}
	assert_int_equal(kind_by_name(""), KIND_NONE);
	assert_int_equal(kind_by_name("posts"), KIND_NONE);
}

static struct doc *doc_with_note(const char *text, int64_t rev)
{
	struct doc *doc = doc_new();
	struct op op;

	op_init(&op, OP_PUT, KIND_NOTE, ID);
	op_str(&op, NOTE_TEXT, text);
	op_int(&op, NOTE_REV, rev);
	doc_apply(doc, &op);
	return doc;
}

/* A text changes by edits that fit, and its revision with it; what does not fit changes neither. */
static void test_texts(void **state)
{
	static const struct {
		const char *edit, *text;
		bool fits;
	} rows[] = {
		{ "[]", "a\xf0\x9f\x99\x82" "c", true },
		{ "[1,{\"d\":1},\"x\"]", "axc", true },
		{ "[3,\"\xe2\x9c\x93\"]", "a\xf0\x9f\x99\x82" "c\xe2\x9c\x93", true },
		{ "[{\"d\":3}]", "", true },
		{ "[4,\"x\"]", "", false },
		{ "[2,{\"d\":2}]", "", false },
		{ "[1]", "", false },
		{ "[\"a\",\"b\"]", "", false },
		{ "{}", "", false },
		{ "[null]", "", false },
	};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct doc *doc = doc_with_note("a\xf0\x9f\x99\x82" "c", 4);
		cJSON *edit = cJSON_Parse(rows[r].edit);
		struct op op;
		op_init(&op, OP_TEXT, KIND_NOTE, ID);
		op.mask = 1u << NOTE_TEXT;
		op.rev = 5;
		op.edit = edit;
		doc_apply(doc, &op);
		const struct object *note = doc_find(doc, ID);
		assert_string_equal(object_str(note, NOTE_TEXT), rows[r].fits ? rows[r].text : "a\xf0\x9f\x99\x82" "c");
		assert_int_equal(note->values[NOTE_TEXT].n, strlen(object_str(note, NOTE_TEXT)));
		assert_int_equal(object_int(note, NOTE_REV), rows[r].fits ? 5 : 4);
		cJSON_Delete(edit);
		doc_free(doc);
	}
}

static void test_text_over_the_wire(void **state)
{
	static const char text[] = "{\"op\":\"text\",\"id\":\"" ID "\",\"field\":\"text\",\"rev\":7,\"edit\":[1,\"\xc3\xa9\",{\"d\":1}]}";
	struct doc *doc = doc_with_note("ab", 6);
	struct buf again = { 0 };
	struct op op;

	(void)state;
	cJSON *json = cJSON_Parse(text);
	assert_true(op_read(json, doc, &op));
	assert_int_equal(op.mask, 1u << NOTE_TEXT);
	op_write(&again, &op, KIND_NOTE, ~(field_mask)0);
	assert_string_equal(again.s, text);
	doc_apply(doc, &op);
	assert_string_equal(object_str(doc_find(doc, ID), NOTE_TEXT), "a\xc3\xa9");
	assert_int_equal(object_int(doc_find(doc, ID), NOTE_REV), 7);
	/* Of fields that have no revision there are no edits, nor of what is not there. */
	assert_false(reads("{\"op\":\"text\",\"id\":\"" ID "\",\"field\":\"tags\",\"rev\":7,\"edit\":[]}", doc));
	assert_false(reads("{\"op\":\"text\",\"id\":\"" ID "\",\"field\":\"rev\",\"rev\":7,\"edit\":[]}", doc));
	assert_false(reads("{\"op\":\"text\",\"id\":\"" ID "\",\"field\":\"text\",\"edit\":[]}", doc));
	assert_false(reads("{\"op\":\"text\",\"id\":\"" ID "\",\"field\":\"text\",\"rev\":7}", doc));
	assert_false(reads("{\"op\":\"text\",\"id\":\"" ID "\",\"field\":\"text\",\"rev\":7,\"edit\":{}}", doc));
	assert_false(reads("{\"op\":\"text\",\"id\":\"nobody\",\"field\":\"text\",\"rev\":7,\"edit\":[]}", doc));
	cJSON_Delete(json);
	buf_release(&again);
	doc_free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_set_del),
		cmocka_unit_test(test_put_over),
		cmocka_unit_test(test_set_may_borrow_from_itself),
		cmocka_unit_test(test_wire_form),
		cmocka_unit_test(test_random_round_trips),
		cmocka_unit_test(test_strange_ops_are_passed_over),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_text_over_the_wire),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_names_of_kinds_and_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
