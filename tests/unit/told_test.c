#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/json.h"
#include "server/room/told.h"
#include "tests/unit/vectors.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define BIT(field) (1u << (field))

enum {
	TEXT = BIT(NOTE_TEXT),
	REV = BIT(NOTE_REV),
	BOX = BIT(NOTE_BOX),
	AUTHOR = BIT(NOTE_AUTHOR),
};

static const struct {
	enum op_type op;
	field_mask written, was, is;
	struct told told;
} cases[] = {
	/* Nothing of it is or was seen. */
	{ OP_PUT, TEXT | BOX, 0, 0, { OP_NONE, 0, 0, false } },
	{ OP_SET, BOX, 0, 0, { OP_NONE, 0, 0, false } },
	{ OP_TEXT, TEXT, 0, 0, { OP_NONE, 0, 0, false } },
	{ OP_DEL, 0, 0, 0, { OP_NONE, 0, 0, false } },
	/* It comes, or is put anew. */
	{ OP_PUT, TEXT | BOX, 0, TEXT | BOX, { OP_PUT, TEXT | BOX, 0, false } },
	{ OP_SET, BIT(NOTE_DELETED), 0, TEXT | BOX, { OP_PUT, TEXT | BOX, 0, false } },
	{ OP_TEXT, TEXT, 0, TEXT | REV, { OP_PUT, TEXT | REV, 0, false } },
	{ OP_PUT, TEXT | BOX, TEXT | BOX, TEXT | BOX, { OP_PUT, TEXT | BOX, 0, false } },
	{ OP_PUT, TEXT | BOX, TEXT | BOX | AUTHOR, TEXT | BOX, { OP_PUT, TEXT | BOX, 0, true } },
	/* It goes. */
	{ OP_SET, BIT(NOTE_DELETED), TEXT | BOX, 0, { OP_DEL, 0, 0, true } },
	{ OP_PUT, TEXT, TEXT, 0, { OP_DEL, 0, 0, true } },
	{ OP_DEL, 0, TEXT, 0, { OP_DEL, 0, 0, true } },
	/* It changes, where that can be seen. */
	{ OP_SET, BOX, TEXT | BOX, TEXT | BOX, { OP_SET, BOX, 0, false } },
	{ OP_SET, BOX | BIT(NOTE_DELETED), TEXT | BOX, TEXT | BOX, { OP_SET, BOX, 0, false } },
	{ OP_SET, BIT(NOTE_DELETED), TEXT | BOX, TEXT | BOX, { OP_NONE, 0, 0, false } },
	{ OP_SET, 0, TEXT | BOX, TEXT | BOX, { OP_NONE, 0, 0, false } },
	{ OP_SET, BIT(NOTE_NAMES), TEXT | AUTHOR, TEXT, { OP_SET, AUTHOR, AUTHOR, true } },
	{ OP_SET, BIT(NOTE_NAMES) | BOX, TEXT | BOX, TEXT | BOX | AUTHOR, { OP_SET, BOX | AUTHOR, 0, false } },
	/* Somebody types. */
	{ OP_TEXT, TEXT, TEXT | REV | BOX, TEXT | REV | BOX, { OP_TEXT, TEXT, 0, false } },
	{ OP_TEXT, TEXT, TEXT, TEXT, { OP_TEXT, TEXT, 0, false } },
	{ OP_TEXT, TEXT, BOX, BOX, { OP_NONE, 0, 0, false } },
	{ OP_TEXT, TEXT, BOX | REV, BOX | REV, { OP_SET, REV, 0, false } },
	{ OP_TEXT, TEXT, BOX, BOX | TEXT | REV, { OP_PUT, BOX | TEXT | REV, 0, false } },
	{ OP_TEXT, TEXT, BOX | TEXT | REV, BOX, { OP_SET, TEXT | REV, TEXT | REV, true } },
	{ OP_TEXT, TEXT, TEXT | REV | AUTHOR, TEXT | REV, { OP_SET, TEXT | REV | AUTHOR, AUTHOR, true } },
};

static void what_a_view_is_told(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct op op;
		op_init(&op, cases[c].op, KIND_NOTE, ID);
		op.mask = cases[c].written;
		struct told told = told_of(&op, cases[c].was, cases[c].is);
		if (told.type != cases[c].told.type || told.mask != cases[c].told.mask || told.gone != cases[c].told.gone || told.leaves != cases[c].told.leaves)
			fail_msg("case %zu: type %d mask %x gone %x leaves %d", c, told.type, told.mask, told.gone, told.leaves);
	}
}

/* ---- a replica that is told of everything is what its view sees ---- */

/* Audiences made up for the test, so that everything can come and go: notes of type 0 are hidden, some lack their author, some their words. */
static field_mask sees(int audience, const struct object *object)
{
	field_mask mask = BIT(NOTE_FIELDS) - 1;
	if (!object || object_int(object, NOTE_TYPE) == 0)
		return 0;
	if (object_int(object, NOTE_TYPE) == 1)
		mask &= ~AUTHOR;
	if (object_int(object, NOTE_TYPE) == 2)
		mask &= ~(field_mask)TEXT;
	if (object_int(object, NOTE_TYPE) == 3)
		mask &= ~(field_mask)(TEXT | REV);
	return audience ? mask & ~BIT(NOTE_TYPE) : mask;
}

static const char *const ids[] = { ID, "BAAAAAAAAAAAAAAAAAAAAA", "CAAAAAAAAAAAAAAAAAAAAA" };
static const char *const words[] = { "", "a", "\"\\\n", "\xf0\x9f\x99\x82 and more" };
static const char *const edits[] = { "[\"abc\"]", "[{\"d\":1}]", "[1,\"x\"]", "[]", "[\"\xf0\x9f\x99\x82\",{\"d\":2}]" };

static cJSON *random_op(const struct doc *doc, uint64_t *random, struct op *op)
{
	const char *id = ids[random_below(random, 3)];
	const struct object *object = doc_find(doc, id);
	unsigned what = random_below(random, 8);
	enum op_type type = !object || what == 0 ? OP_PUT : what == 1 ? OP_DEL : what < 5 ? OP_SET : OP_TEXT;
	op_init(op, type, KIND_NOTE, id);
	if (type == OP_TEXT) {
		cJSON *edit = cJSON_Parse(edits[random_below(random, 5)]);
		op->mask = TEXT;
		op->rev = object_int(object, NOTE_REV) + 1;
		op->edit = edit;
		return edit;
	}
	static const int fields[] = { NOTE_TEXT, NOTE_BOX, NOTE_AUTHOR };
	for (int f = 0; f < 3 && type != OP_DEL; f++)
		if (random_below(random, 2))
			op_str(op, fields[f], words[random_below(random, 4)]);
	if (type != OP_DEL && random_below(random, 2))
		op_int(op, NOTE_TYPE, (int64_t)random_below(random, 6));
	if (type == OP_SET)
		op->mask &= ~(field_mask)TEXT; /* by edits only */
	return NULL;
}

static struct digest sum_of(const struct doc *doc, int audience)
{
	struct digest sum = { 0, 0 };
	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		field_mask mask = audience < 0 ? ~(field_mask)0 : sees(audience, object);
		if (mask)
			digest_add(&sum, object_digest(object, mask));
	}
	return sum;
}

/* Over the wire, as a client is told. */
static void tell(struct doc *replica, const struct op *op)
{
	struct buf text = { 0 };
	struct op read;
	op_write(&text, op, op->kind, op->mask);
	cJSON *json = cJSON_Parse(text.s);
	assert_non_null(json);
	assert_true(op_read(json, replica, &read));
	doc_apply(replica, &read);
	cJSON_Delete(json);
	buf_release(&text);
}

static void replicas_follow(void **state)
{
	struct doc *doc = doc_new(), *replicas[2] = { doc_new(), doc_new() };
	int told_of_types[OP_DEL + 1] = { 0 };
	uint64_t random = 11;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct op op, out;
		field_mask was[2], is[2];
		cJSON *edit = random_op(doc, &random, &op);
		for (int a = 0; a < 2; a++)
			was[a] = sees(a, doc_find(doc, op.id));
		doc_apply(doc, &op);
		const struct object *after = doc_find(doc, op.id);
		for (int a = 0; a < 2; a++) {
			is[a] = sees(a, after);
			struct told told = told_of(&op, was[a], is[a]);
			told_of_types[told.type]++;
			assert_int_equal(told.leaves, (was[a] & ~is[a]) != 0);
			if (told.type != OP_NONE) {
				told_op(&told, &op, after, &out);
				/* Nothing is told that the audience may not see, unless it is told that it is gone. */
				for (int f = 0; f < NOTE_FIELDS && told.type != OP_DEL; f++)
					assert_true(!(out.mask & BIT(f) & ~is[a]) || value_is_zero(kind_specs[KIND_NOTE].fields[f].type, &out.values[f]));
				tell(replicas[a], &out);
			}
			assert_true(digest_equal(sum_of(doc, a), sum_of(replicas[a], -1)));
		}
		cJSON_Delete(edit);
	}
	for (int t = 0; t <= OP_DEL; t++)
		assert_in_range(told_of_types[t], 500, 40000);
	doc_free(doc);
	doc_free(replicas[0]);
	doc_free(replicas[1]);
}

static void what_an_op_writes(void **state)
{
	struct op op;
	(void)state;
	op_init(&op, OP_SET, KIND_NOTE, ID);
	op.mask = BOX | AUTHOR;
	assert_int_equal(told_written(&op), BOX | AUTHOR);
	op.type = OP_TEXT;
	op.mask = TEXT;
	assert_int_equal(told_written(&op), TEXT | REV);
	op.type = OP_PUT;
	assert_int_equal(told_written(&op), ~(field_mask)0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_view_is_told),
		cmocka_unit_test(replicas_follow),
		cmocka_unit_test(what_an_op_writes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
