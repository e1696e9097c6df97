/* What the store holds, damaged: entries and snapshots of any content never harm, and what is read from one is written and read back as the same. The input is `texts`, one a line, an empty line, then the body. */
#include "tests/fuzz/fuzz.h"

#include "proto/json.h"
#include "server/room/record.h"
#include "server/room/view.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

enum { MARKS = VIEW_COUNT, TEXTS_MAX = 4 };

static struct digest sum_of(const struct doc *doc)
{
	struct digest sum = { 0, 0 };

	for (const struct object *object = doc_first(doc); object; object = object_next(object))
		digest_add(&sum, object_digest(object, ~(field_mask)0));
	return sum;
}

static struct doc *some_doc(void)
{
	struct doc *doc = doc_new();
	struct op op;

	op_init(&op, OP_PUT, KIND_POST, ID);
	op_str(&op, POST_FOR, "nurses \xf0\x9f\x99\x82");
	op_str(&op, POST_STATE, "shown");
	op_int(&op, POST_VERSION, 3);
	doc_apply(doc, &op);
	op_init(&op, OP_PUT, KIND_NOTE, "N");
	op_str(&op, NOTE_TEXT, "a \xf0\x9f\x99\x82 note");
	op_int(&op, NOTE_REV, 4);
	doc_apply(doc, &op);
	op_init(&op, OP_PUT, KIND_WALL, "wall");
	op_int(&op, WALL_HOLD, 1);
	doc_apply(doc, &op);
	return doc;
}

/* What views make of any object that the store may hold. */
static void look(const struct doc *doc)
{
	struct buf text = { 0 };

	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		for (int v = 0; v < VIEW_COUNT; v++)
			object_write(&text, object, view_mask((enum view)v, object));
		object_write(&text, object, view_author_mask(object));
		assert(view_author(object));
	}
	buf_release(&text);
}

static void check_entry(const char *body, size_t n, const struct record_text *texts, size_t text_count)
{
	struct doc *here = some_doc(), *there = some_doc();
	struct step_source source, told;
	struct op op, copy;
	cJSON *json = record_read(body, n, texts, text_count, here, &op, &source);

	if (json) {
		struct record_text *written = malloc(record_texts_max(&op) * sizeof *written);
		struct buf again = { 0 };
		size_t count = record_write(&again, &op, &source, written);
		assert(count <= record_texts_max(&op));
		cJSON *tree = record_read(again.s, again.n, written, count, there, &copy, &told);
		assert(tree);
		free(written);
		assert(told.first == source.first && told.command == (source.first ? source.command : CMD_NONE));
		doc_apply(there, &copy);
		doc_apply(here, &op);
		assert(digest_equal(sum_of(here), sum_of(there)));
		look(here);
		cJSON_Delete(tree);
		buf_release(&again);
	}
	cJSON_Delete(json);
	doc_free(here);
	doc_free(there);
}

static void check_snapshot(const char *body, size_t n)
{
	struct doc *here = doc_new(), *there = doc_new();
	struct view_mark marks[MARKS], copies[MARKS];
	struct trail *trail = NULL, *trail_copy = NULL;
	struct steps *steps = NULL, *steps_copy = NULL;

	if (record_read_snapshot(body, n, here, marks, MARKS, &trail, &steps, NULL)) {
		struct buf again = { 0 };
		trail = trail ? trail : trail_new();
		steps = steps ? steps : steps_new();
		record_write_snapshot(&again, here, marks, MARKS, trail, steps, 0);
		assert(record_read_snapshot(again.s, again.n, there, copies, MARKS, &trail_copy, &steps_copy, NULL));
		assert(!memcmp(marks, copies, sizeof marks));
		assert(doc_count(here) == doc_count(there) && digest_equal(sum_of(here), sum_of(there)));
		look(here);
		buf_release(&again);
	}
	trail_free(trail);
	trail_free(trail_copy);
	steps_free(steps);
	steps_free(steps_copy);
	doc_free(here);
	doc_free(there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_input in = { data, n };
	struct record_text texts[TEXTS_MAX];
	size_t count = 0;

	for (struct fuzz_input line; count < TEXTS_MAX && (line = fuzz_until(&in, '\n')).n; count++) {
		char *text = fuzz_string(&line, line.n);
		texts[count] = (struct record_text){ text, strlen(text) };
	}
	char *body = fuzz_exact(in.at, in.n);
	check_entry(body, in.n, texts, count);
	check_snapshot(body, in.n);
	free(body);
	while (count--)
		free((char *)texts[count].s);
	return 0;
}
