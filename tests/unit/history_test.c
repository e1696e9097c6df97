/* Looking back: every moment against what was on the screen then, and what must not be seen of it. */
#include "proto/json.h"
#include "server/room/history.h"
#include "server/room/record.h"
#include "server/room/told.h"
#include "tests/unit/store_help.h"
#include "tests/unit/vectors.h"

#define AMA "MAAAAAAAAAAAAAAAAAAAAA"
#define KOFI "KAAAAAAAAAAAAAAAAAAAAA"
#define POST "PAAAAAAAAAAAAAAAAAAAAA"
#define NOTE "NAAAAAAAAAAAAAAAAAAAAA"
#define LINK "LAAAAAAAAAAAAAAAAAAAAA"
#define SECTION "SAAAAAAAAAAAAAAAAAAAAA"
#define QUERY "QAAAAAAAAAAAAAAAAAAAAA"
#define DOC "DAAAAAAAAAAAAAAAAAAAAA"

/* A document as a class keeps it, each op logged as it happens. */
struct past {
	struct bench bench;
	struct doc *doc;
	int64_t seq, ms, at[VIEW_COUNT];
	char makers[20000]; /* the first letter of who made the op that brought the class's counter there */
};

static int begin_past(void **state)
{
	struct past *past = calloc(1, sizeof *past);

	bench_open_memory(&past->bench);
	past->doc = doc_new();
	past->ms = 1000 * 1000;
	*state = past;
	return 0;
}

static int end_past(void **state)
{
	struct past *past = *state;

	bench_close(&past->bench);
	doc_free(past->doc);
	free(past);
	return 0;
}

static void log_body(struct past *past, const char *actor, const struct buf *body, const struct log_text *texts, size_t count)
{
	struct log_entry entry = {
		.class_id = "c", .doc_id = DOC, .doc_kind = "canvas", .seq = ++past->seq, .at_ms = past->ms, .actor = actor,
		.body = body->s, .body_bytes = body->n, .texts = texts, .text_count = count,
	};

	assert_int_equal(append_now(&past->bench, &(struct log_batch){ .entries = &entry, .entry_count = 1 }), STORE_DURABLE);
}

/* `command` CMD_NONE: goes on with the command before. */
static void happen(struct past *past, const char *actor, enum command command, const struct op *op)
{
	struct step_source source = { .actor = actor, .command = command, .at_ms = past->ms, .first = command != CMD_NONE };
	struct record_text *texts = calloc(record_texts_max(op), sizeof *texts);
	struct log_text *copies = calloc(record_texts_max(op), sizeof *copies);
	const struct object *object = doc_find(past->doc, op->id);
	field_mask was[VIEW_COUNT];
	struct buf body = { 0 };
	size_t count = record_write(&body, op, &source, texts);

	for (size_t t = 0; t < count; t++)
		copies[t] = (struct log_text){ actor, texts[t].s, texts[t].n };
	log_body(past, actor, &body, copies, count);
	for (int v = 0; v < VIEW_COUNT; v++)
		was[v] = object ? view_mask((enum view)v, object) : 0;
	doc_apply(past->doc, op);
	object = doc_find(past->doc, op->id);
	for (int v = 0; v < VIEW_COUNT; v++)
		past->at[v] += told_of(op, was[v], object ? view_mask((enum view)v, object) : 0).type != OP_NONE;
	past->makers[past->at[VIEW_CLASS]] = actor[0];
	buf_release(&body);
	free(texts);
	free(copies);
}

static void set_word(struct past *past, const char *actor, enum command command, const char *id, int field, const char *value)
{
	struct op op;

	op_init(&op, OP_SET, doc_find(past->doc, id)->kind, id);
	op_str(&op, field, value);
	happen(past, actor, command, &op);
}

static void type_text(struct past *past, const char *actor, const char *id, const char *edit)
{
	struct op op;
	cJSON *json = cJSON_Parse(edit);

	op_init(&op, OP_TEXT, KIND_NOTE, id);
	op.mask = 1u << NOTE_TEXT;
	op.rev = object_int(doc_find(past->doc, id), NOTE_REV) + 1;
	op.edit = json;
	happen(past, actor, CMD_NOTE_TEXT, &op);
	cJSON_Delete(json);
}

static void add_note(struct past *past, const char *actor, const char *id, const char *names, const char *text)
{
	struct op op;

	op_init(&op, OP_PUT, KIND_NOTE, id);
	op_str(&op, NOTE_TEXT, text);
	op_str(&op, NOTE_BOX, "segments");
	op_str(&op, NOTE_AUTHOR, actor);
	op_str(&op, NOTE_NAMES, names);
	happen(past, actor, CMD_NOTE_ADD, &op);
}

static void add_post(struct past *past, const char *actor, const char *id, const char *names, const char *state)
{
	struct op op;

	op_init(&op, OP_PUT, KIND_POST, id);
	op_str(&op, POST_FOR, "farmers");
	op_str(&op, POST_AUTHOR, actor);
	op_str(&op, POST_NAMES, names);
	op_str(&op, POST_STATE, state);
	happen(past, actor, CMD_POST_ADD, &op);
}

static void put_snapshot(struct past *past)
{
	struct trail *trail = trail_new();
	struct steps *steps = steps_new();
	struct view_mark marks[VIEW_COUNT];
	struct buf body = { 0 };

	for (int v = 0; v < VIEW_COUNT; v++)
		marks[v] = (struct view_mark){ past->at[v], 0 };
	record_write_snapshot(&body, past->doc, marks, VIEW_COUNT, trail, steps, 0);
	past->bench.store->ops->put_snapshot(past->bench.store, DOC, past->seq, body.s, body.n);
	buf_release(&body);
	trail_free(trail);
	steps_free(steps);
}

/* ---- asking ---- */

static bool answered;

static void on_answered(enum store_result result, void *ctx)
{
	assert_non_null(ctx);
	assert_int_equal(result, STORE_DURABLE);
	answered = true;
}

static void read_through(struct past *past, struct history *history)
{
	struct log_visitor visitor = history_visitor(history);

	answered = false;
	past->bench.store->ops->read_log(past->bench.store, DOC, past->seq, &visitor, on_answered);
	bench_run_until(&past->bench, &answered);
}

/* The items of all parts, each without its braces' envelope, one a line: what a client puts together. NULL if there is no answer. Owned. */
static char *answer_of(struct past *past, struct history *history, const char *type, const char *items)
{
	struct buf text = { 0 };
	size_t count;
	const struct buf *parts;

	read_through(past, history);
	parts = history_parts(history, &count);
	for (size_t p = 0; p < count; p++) {
		enum json_verdict verdict;
		cJSON *json = json_parse(parts[p].s, parts[p].n, &json_limits_server, &verdict);
		const cJSON *item;

		assert_int_equal(verdict, JSON_OK);
		assert_in_range(parts[p].n, 1, HISTORY_PART_BYTES);
		assert_string_equal(vector_str(json, "t"), type);
		assert_string_equal(vector_str(json, "id"), QUERY);
		assert_string_equal(vector_str(json, "doc"), DOC);
		assert_int_equal(cJSON_GetObjectItemCaseSensitive(json, "part")->valueint, p);
		assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "last")), p == count - 1);
		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, items))
		{
			json_write(&text, item);
			buf_char(&text, '\n');
		}
		cJSON_Delete(json);
	}
	assert_int_equal(history_is_found(history), count > 0);
	history_free(history);
	if (!count)
		return NULL;
	buf_reserve(&text, 1);
	return text.s;
}

static char *moment_of(struct past *past, enum view view, int64_t at)
{
	return answer_of(past, history_moment(view, at, history_now(past->doc, view), QUERY, DOC), "moment", "objects");
}

static char *list_of(struct past *past, enum view view)
{
	return answer_of(past, history_list(view, history_now(past->doc, view), QUERY, DOC), "history", "moments");
}

static void assert_list(struct past *past, enum view view, const char *expected)
{
	char *list = list_of(past, view);

	assert_string_equal(list, expected);
	free(list);
}

/* Whether a view finds `what` in the moment. */
static bool shows(struct past *past, enum view view, int64_t at, const char *what)
{
	char *moment = moment_of(past, view, at);
	bool found;

	assert_non_null(moment);
	found = strstr(moment, what) != NULL;
	free(moment);
	return found;
}

/* ---- moments ---- */

static const char *const note_ids[] = { NOTE, "NBAAAAAAAAAAAAAAAAAAAA", "NCAAAAAAAAAAAAAAAAAAAA", "NDAAAAAAAAAAAAAAAAAAAA" };
static const char *const post_ids[] = { POST, "PBAAAAAAAAAAAAAAAAAAAA", "PCAAAAAAAAAAAAAAAAAAAA" };

static void something_happens(struct past *past, uint64_t *random)
{
	static const char *const states[] = { "held", "shown", "shown", "hidden" };
	static const char *const post_deleted[] = { "", "", "author", "staff" };
	static const char *const edits[] = { "[\"abc\"]", "[{\"d\":1}]", "[1,\"x\"]", "[\"\xf0\x9f\x99\x82\",{\"d\":2}]" };
	const char *note = note_ids[random_below(random, 4)], *post = post_ids[random_below(random, 3)];
	const char *names = random_below(random, 2) ? "named" : "hidden", *actor = random_below(random, 2) ? AMA : KOFI;
	struct op op;

	past->ms += (int64_t)random_below(random, 9000);
	if (!doc_find(past->doc, note) && random_below(random, 2))
		add_note(past, actor, note, names, "words");
	else if (!doc_find(past->doc, post))
		add_post(past, actor, post, names, states[random_below(random, 4)]);
	else if (!doc_find(past->doc, note))
		add_note(past, actor, note, names, "");
	else
		switch (random_below(random, 8)) {
		case 0:
			set_word(past, actor, CMD_POST_HIDE, post, POST_STATE, states[random_below(random, 4)]);
			break;
		case 1:
			set_word(past, actor, CMD_POST_DELETE, post, POST_DELETED, post_deleted[random_below(random, 4)]);
			break;
		case 2:
			set_word(past, actor, CMD_NOTE_DELETE, note, NOTE_DELETED, random_below(random, 2) ? "author" : "");
			break;
		case 3:
			set_word(past, actor, CMD_NOTE_MOVE, note, NOTE_BOX, random_below(random, 2) ? "offers" : "segments");
			break;
		case 4:
			if (random_below(random, 4) == 0) {
				op_init(&op, OP_DEL, KIND_NOTE, note);
				happen(past, actor, CMD_NOTE_DELETE, &op);
			}
			break;
		default:
			type_text(past, actor, note, edits[random_below(random, 4)]);
		}
}

/* What a view saw, and the masks of what it saw: to be cut down to what may be seen later. */
struct shot {
	struct doc *doc;
	int64_t at;
};

static void expect_objects(struct past *past, const struct shot *shot, enum view view, struct buf *out)
{
	for (const struct object *then = doc_first(shot->doc); then; then = object_next(then)) {
		const struct object *now = doc_find(past->doc, then->id);
		field_mask mask = view_mask(view, then) & (now ? history_may(view, now) : 0);

		if (!mask)
			continue;
		object_write(out, then, mask);
		buf_char(out, '\n');
	}
	buf_reserve(out, 1);
}

static struct doc *copy_doc(const struct doc *doc)
{
	struct doc *copy = doc_new();

	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		struct op op;

		op_of_object(&op, object);
		doc_apply(copy, &op);
	}
	return copy;
}

static struct digest sum_of(const struct doc *doc)
{
	struct digest sum = { 0, 0 };

	for (const struct object *object = doc_first(doc); object; object = object_next(object))
		digest_add(&sum, object_digest(object, ~(field_mask)0));
	return sum;
}

static void every_moment_is_what_it_was(void **state)
{
	struct past *past = *state;
	enum { COUNT = 400 };
	/* By view and counter: the document just after the op that brought the counter there. */
	struct shot (*shots)[COUNT + 1] = calloc(VIEW_COUNT, sizeof *shots);
	uint64_t random = 3;
	int64_t count = 0;

	for (int v = 0; v < VIEW_COUNT; v++)
		shots[v][0].doc = doc_new();
	while (past->seq < COUNT) {
		int64_t before[VIEW_COUNT] = { past->at[0], past->at[1] };

		something_happens(past, &random);
		for (int v = 0; v < VIEW_COUNT; v++)
			if (past->at[v] > before[v])
				shots[v][past->at[v]] = (struct shot){ copy_doc(past->doc), past->at[v] };
		if (random_below(&random, 90) == 0)
			put_snapshot(past);
	}
	for (int v = 0; v < VIEW_COUNT; v++) {
		assert_in_range(past->at[v], COUNT / 4, COUNT);
		for (int64_t at = 0; at <= past->at[v]; at++) {
			struct history *whole = history_moment((enum view)v, at, NULL, NULL, NULL);
			char *moment = moment_of(past, (enum view)v, at);
			struct buf expected = { 0 };
			struct doc *doc;

			expect_objects(past, &shots[v][at], (enum view)v, &expected);
			assert_string_equal(moment, expected.s);
			count += expected.n > 0;
			read_through(past, whole);
			doc = history_take_doc(whole);
			assert_non_null(doc);
			/* Found from a snapshot it may be a few steps further, none of which this view was told of. */
			buf_reset(&expected);
			expect_objects(past, &(struct shot){ doc, at }, (enum view)v, &expected);
			assert_string_equal(moment, buf_cstr(&expected));
			free(moment);
			doc_free(doc);
			history_free(whole);
			buf_release(&expected);
		}
		assert_null(moment_of(past, (enum view)v, past->at[v] + 1));
		assert_null(moment_of(past, (enum view)v, -1));
	}
	assert_in_range(count, COUNT / 2, 2 * COUNT);
	for (int v = 0; v < VIEW_COUNT; v++)
		for (int64_t at = 0; at <= past->at[v]; at++)
			doc_free(shots[v][at].doc);
	free(shots);
}

static void the_whole_document_comes_back(void **state)
{
	struct past *past = *state;
	uint64_t random = 5;
	struct history *history;
	struct digest sum;
	struct doc *doc;
	int64_t at;

	while (past->seq < 100)
		something_happens(past, &random);
	add_post(past, AMA, "PZAAAAAAAAAAAAAAAAAAAA", "hidden", "held");
	at = past->at[VIEW_STAFF];
	sum = sum_of(past->doc);
	while (past->seq < 150)
		something_happens(past, &random);
	put_snapshot(past);
	history = history_moment(VIEW_STAFF, at, NULL, NULL, NULL);
	read_through(past, history);
	doc = history_take_doc(history);
	assert_true(digest_equal(sum_of(doc), sum));
	doc_free(doc);
	history_free(history);
	history = history_moment(VIEW_STAFF, past->at[VIEW_STAFF] + 1, NULL, NULL, NULL);
	read_through(past, history);
	assert_null(history_take_doc(history));
	history_free(history);
}

/* ---- what is not shown ---- */

static void what_was_taken_away_stays_away(void **state)
{
	static const struct {
		int field;
		const char *value;
		bool to_class, to_staff;
	} ends[] = {
		{ POST_STATE, "shown", true, true }, { POST_STATE, "hidden", false, true }, { POST_STATE, "held", false, true },
		{ POST_STATE, "rejected", false, true }, { POST_DELETED, "staff", false, true }, { POST_DELETED, "author", false, false },
	};
	struct past *past = *state;
	int64_t at[VIEW_COUNT];
	struct op op;

	add_post(past, AMA, POST, "named", "shown");
	memcpy(at, past->at, sizeof at);
	for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
		set_word(past, KOFI, CMD_POST_HIDE, POST, ends[e].field, ends[e].value);
		assert_int_equal(shows(past, VIEW_CLASS, at[VIEW_CLASS], "farmers"), ends[e].to_class);
		assert_int_equal(shows(past, VIEW_STAFF, at[VIEW_STAFF], "farmers"), ends[e].to_staff);
		if (!ends[e].to_class)
			assert_list(past, VIEW_CLASS, "");
	}
	op_init(&op, OP_DEL, KIND_POST, POST);
	happen(past, KOFI, CMD_POST_DELETE, &op);
	assert_false(shows(past, VIEW_STAFF, at[VIEW_STAFF], "farmers"));
	assert_list(past, VIEW_STAFF, "");
}

static void what_was_held_shows_from_when_it_was_shown(void **state)
{
	struct past *past = *state;

	add_note(past, AMA, NOTE, "named", "other");
	add_post(past, AMA, POST, "named", "held");
	set_word(past, KOFI, CMD_POST_APPROVE, POST, POST_STATE, "shown");
	assert_false(shows(past, VIEW_CLASS, 1, "farmers"));
	assert_true(shows(past, VIEW_CLASS, 2, "farmers"));
	assert_true(shows(past, VIEW_STAFF, 2, "farmers"));
	assert_list(past, VIEW_CLASS, "{\"at\":1,\"ms\":1000000,\"n\":1,\"who\":\"" AMA "\",\"cmd\":\"note.add\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":2,\"ms\":1000000,\"n\":1,\"who\":\"" KOFI "\",\"cmd\":\"post.approve\",\"id\":\"" POST "\"}\n");
}

static void what_was_deleted_in_passing_shows_when_it_lived(void **state)
{
	static const struct {
		enum kind kind;
		int deleted;
		const char *value;
	} rows[] = {
		{ KIND_NOTE, NOTE_DELETED, "author" }, { KIND_NOTE, NOTE_DELETED, "other" }, { KIND_LINK, LINK_DELETED, "end" }, { KIND_LINK, LINK_DELETED, "own" },
		{ KIND_BOX, BOX_DELETED, "staff" }, { KIND_SECTION, SECTION_DELETED, "staff" },
	};
	struct past *past = *state;

	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		int64_t lived[VIEW_COUNT];
		struct op op;

		op_init(&op, OP_PUT, rows[r].kind, note_ids[0]);
		happen(past, AMA, CMD_NOTE_ADD, &op);
		memcpy(lived, past->at, sizeof lived);
		set_word(past, AMA, CMD_NOTE_DELETE, NOTE, rows[r].deleted, rows[r].value);
		for (int v = 0; v < VIEW_COUNT; v++) {
			assert_true(shows(past, (enum view)v, lived[v], NOTE));
			assert_false(shows(past, (enum view)v, lived[v] - 1, NOTE));
		}
		assert_int_equal(shows(past, VIEW_CLASS, past->at[VIEW_CLASS], NOTE), view_mask(VIEW_CLASS, doc_find(past->doc, NOTE)) != 0);
		/* And gone for good. */
		op_init(&op, OP_DEL, rows[r].kind, NOTE);
		happen(past, AMA, CMD_NOTE_DELETE, &op);
		for (int v = 0; v < VIEW_COUNT; v++)
			assert_false(shows(past, (enum view)v, lived[v], NOTE));
	}
}

static void names_keep_their_promise_in_the_past(void **state)
{
	struct past *past = *state;

	add_note(past, AMA, NOTE, "hidden", "secretly");
	add_post(past, AMA, POST, "hidden", "shown");
	past->ms += 20000;
	/* Named then and hidden now, named now and hidden then. */
	add_post(past, AMA, post_ids[1], "named", "shown");
	set_word(past, KOFI, CMD_POST_EDIT, post_ids[1], POST_NAMES, "hidden");
	past->ms += 20000;
	add_post(past, AMA, post_ids[2], "hidden", "shown");
	set_word(past, KOFI, CMD_POST_EDIT, post_ids[2], POST_NAMES, "named");
	for (int64_t at = 1; at <= 5; at++)
		assert_false(shows(past, VIEW_CLASS, at, AMA));
	assert_true(shows(past, VIEW_CLASS, past->at[VIEW_CLASS], AMA));
	for (int64_t at = 1; at <= past->at[VIEW_STAFF]; at++)
		assert_true(shows(past, VIEW_STAFF, at, AMA));
	assert_list(past, VIEW_CLASS, "{\"at\":1,\"ms\":1000000,\"n\":1,\"cmd\":\"note.add\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":2,\"ms\":1000000,\"n\":1,\"cmd\":\"post.add\",\"id\":\"" POST "\"}\n"
		"{\"at\":3,\"ms\":1020000,\"n\":1,\"cmd\":\"post.add\",\"id\":\"PBAAAAAAAAAAAAAAAAAAAA\"}\n"
		"{\"at\":4,\"ms\":1020000,\"n\":1,\"cmd\":\"post.edit\",\"id\":\"PBAAAAAAAAAAAAAAAAAAAA\"}\n"
		"{\"at\":5,\"ms\":1040000,\"n\":1,\"cmd\":\"post.add\",\"id\":\"PCAAAAAAAAAAAAAAAAAAAA\"}\n"
		"{\"at\":6,\"ms\":1040000,\"n\":1,\"cmd\":\"post.edit\",\"id\":\"PCAAAAAAAAAAAAAAAAAAAA\"}\n");
}

static void a_command_does_not_tell_what_its_note_keeps(void **state)
{
	struct past *past = *state;
	struct op op;

	add_note(past, AMA, NOTE, "hidden", "secretly");
	past->ms += 20000;
	op_init(&op, OP_PUT, KIND_LINK, LINK);
	op_str(&op, LINK_FROM, NOTE);
	happen(past, KOFI, CMD_LINK_ADD, &op);
	past->ms += 20000;
	/* Its author deletes the note, and the link, which is nobody's, goes with it. */
	set_word(past, AMA, CMD_NOTE_DELETE, LINK, LINK_DELETED, "end");
	set_word(past, AMA, CMD_NONE, NOTE, NOTE_DELETED, "author");
	assert_list(past, VIEW_CLASS, "{\"at\":1,\"ms\":1000000,\"n\":1,\"cmd\":\"note.add\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":2,\"ms\":1020000,\"n\":1,\"who\":\"" KOFI "\",\"cmd\":\"link.add\",\"id\":\"" LINK "\"}\n"
		"{\"at\":4,\"ms\":1040000,\"n\":2,\"cmd\":\"note.delete\"}\n");
	assert_list(past, VIEW_STAFF, "{\"at\":1,\"ms\":1000000,\"n\":1,\"who\":\"" AMA "\",\"cmd\":\"note.add\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":2,\"ms\":1020000,\"n\":1,\"who\":\"" KOFI "\",\"cmd\":\"link.add\",\"id\":\"" LINK "\"}\n"
		"{\"at\":4,\"ms\":1040000,\"n\":2,\"who\":\"" AMA "\",\"cmd\":\"note.delete\"}\n");
}

/* ---- lists ---- */

static void neighbours_are_put_together(void **state)
{
	struct past *past = *state;

	add_note(past, AMA, NOTE, "named", "a");
	past->ms = 2000000;
	type_text(past, AMA, NOTE, "[\"b\"]");
	past->ms = 2006000;
	type_text(past, AMA, NOTE, "[\"c\"]");
	past->ms = 2010000;
	type_text(past, AMA, NOTE, "[\"d\"]");
	past->ms = 2010001; /* more than ten seconds after the first */
	type_text(past, AMA, NOTE, "[\"e\"]");
	type_text(past, KOFI, NOTE, "[\"f\"]");
	add_note(past, KOFI, note_ids[1], "named", "");
	type_text(past, KOFI, NOTE, "[\"g\"]");
	type_text(past, KOFI, note_ids[1], "[\"h\"]");
	assert_list(past, VIEW_CLASS, "{\"at\":1,\"ms\":1000000,\"n\":1,\"who\":\"" AMA "\",\"cmd\":\"note.add\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":4,\"ms\":2010000,\"n\":3,\"who\":\"" AMA "\",\"cmd\":\"note.text\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":5,\"ms\":2010001,\"n\":1,\"who\":\"" AMA "\",\"cmd\":\"note.text\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":6,\"ms\":2010001,\"n\":1,\"who\":\"" KOFI "\",\"cmd\":\"note.text\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":7,\"ms\":2010001,\"n\":1,\"who\":\"" KOFI "\",\"cmd\":\"note.add\",\"id\":\"NBAAAAAAAAAAAAAAAAAAAA\"}\n"
		"{\"at\":9,\"ms\":2010001,\"n\":2,\"who\":\"" KOFI "\",\"cmd\":\"note.text\"}\n");
}

static void logs_from_before_commands_were_named(void **state)
{
	struct past *past = *state;
	struct op op;

	op_init(&op, OP_PUT, KIND_SECTION, SECTION);
	happen(past, AMA, CMD_NONE, &op);
	set_word(past, AMA, CMD_NONE, SECTION, SECTION_TITLE, "one");
	set_word(past, KOFI, CMD_NONE, SECTION, SECTION_TITLE, "two");
	past->ms += 20000;
	set_word(past, KOFI, CMD_NONE, SECTION, SECTION_TITLE, "three");
	set_word(past, "", CMD_NONE, SECTION, SECTION_TITLE, "four");
	assert_list(past, VIEW_CLASS, "{\"at\":2,\"ms\":1000000,\"n\":2,\"who\":\"" AMA "\",\"id\":\"" SECTION "\"}\n"
		"{\"at\":3,\"ms\":1000000,\"n\":1,\"who\":\"" KOFI "\",\"id\":\"" SECTION "\"}\n"
		"{\"at\":4,\"ms\":1020000,\"n\":1,\"who\":\"" KOFI "\",\"id\":\"" SECTION "\"}\n"
		"{\"at\":5,\"ms\":1020000,\"n\":1,\"id\":\"" SECTION "\"}\n");
}

/* Checks what holds of every list: in order, all ops in it, few enough. */
static void check_list(struct past *past, int64_t ops, int least)
{
	char *list = list_of(past, VIEW_CLASS), *line = list;
	int64_t at = 0, n = 0;
	int count = 0;

	for (char *end; (end = strchr(line, '\n')); line = end + 1, count++) {
		cJSON *json = cJSON_ParseWithLength(line, (size_t)(end - line));
		const char *who = vector_str(json, "who");
		int64_t before = at;

		at = (int64_t)cJSON_GetObjectItem(json, "at")->valuedouble;
		n += (int64_t)cJSON_GetObjectItem(json, "n")->valuedouble;
		assert_true(at > before && n == at);
		/* Nobody is said to have done what others did. */
		for (int64_t op = before + 1; who && op <= at; op++)
			assert_int_equal(past->makers[op], who[0]);
		cJSON_Delete(json);
	}
	free(list);
	assert_int_equal(at, past->at[VIEW_CLASS]);
	assert_int_equal(n, ops);
	assert_in_range(count, least, HISTORY_MOMENTS_MAX);
}

static void a_long_past_is_a_list_that_can_be_read(void **state)
{
	struct past *past = *state;
	uint64_t random = 9;

	for (int n = 0; n < 4; n++)
		add_note(past, AMA, note_ids[n], "named", "a");
	/* A lesson in which two people write in turn, another a day later, and everything at once. */
	for (int o = 0; o < 12000; o++) {
		past->ms += o == 6000 ? 86400000 : o < 10000 ? (int64_t)random_below(&random, 4000) : 0;
		type_text(past, random_below(&random, 2) ? AMA : KOFI, note_ids[random_below(&random, 4)], o % 2 ? "[\"x\"]" : "[{\"d\":1}]");
	}
	check_list(past, 12004, 500);
}

static void few_moments_are_all_told(void **state)
{
	struct past *past = *state;

	add_note(past, AMA, NOTE, "named", "a");
	for (int o = 1; o < HISTORY_MOMENTS_MAX; o++) {
		past->ms += 10001;
		set_word(past, o % 2 ? AMA : KOFI, CMD_NOTE_MOVE, NOTE, NOTE_BOX, o % 2 ? "offers" : "segments");
	}
	check_list(past, HISTORY_MOMENTS_MAX, HISTORY_MOMENTS_MAX);
	past->ms += 10001;
	set_word(past, KOFI, CMD_NOTE_MOVE, NOTE, NOTE_BOX, "jobs");
	check_list(past, HISTORY_MOMENTS_MAX + 1, 2);
}

static void a_clock_that_was_put_back_ends_nothing(void **state)
{
	struct past *past = *state;

	add_note(past, AMA, NOTE, "named", "a");
	for (int o = 0; o < 6000; o++) {
		past->ms += o % 3 ? 60000 : -90000;
		set_word(past, o % 2 ? AMA : KOFI, CMD_NOTE_MOVE, NOTE, NOTE_BOX, o % 2 ? "offers" : "segments");
	}
	check_list(past, 6001, 1);
}

static void much_comes_in_parts(void **state)
{
	struct past *past = *state;
	char id[OBJECT_ID_CAP], *moment, *line;
	char *words = malloc(5001);
	int count = 0;

	memset(words, '"', 5000);
	words[5000] = '\0';
	for (int n = 0; n < 1500; n++) {
		snprintf(id, sizeof id, "N%021d", n);
		add_note(past, AMA, id, "named", n % 100 ? "short" : words);
	}
	free(words);
	moment = moment_of(past, VIEW_CLASS, past->at[VIEW_CLASS]);
	for (line = moment; (line = strchr(line, '\n')); line++)
		count++;
	assert_int_equal(count, 1500);
	free(moment);
}

/* ---- what makes no sense ---- */

static void what_makes_no_sense_ends_the_past(void **state)
{
	struct past *past = *state;
	struct buf nonsense = { 0 };

	add_note(past, AMA, NOTE, "named", "first");
	set_word(past, AMA, CMD_NOTE_MOVE, NOTE, NOTE_BOX, "offers");
	buf_str(&nonsense, "{\"op\":\"set\",\"id\":\"nobody\",\"fields\":{}}");
	log_body(past, AMA, &nonsense, NULL, 0);
	set_word(past, AMA, CMD_NOTE_MOVE, NOTE, NOTE_BOX, "jobs");
	assert_true(shows(past, VIEW_CLASS, 2, "offers"));
	assert_null(moment_of(past, VIEW_CLASS, 3));
	assert_list(past, VIEW_CLASS, "{\"at\":1,\"ms\":1000000,\"n\":1,\"who\":\"" AMA "\",\"cmd\":\"note.add\",\"id\":\"" NOTE "\"}\n"
		"{\"at\":2,\"ms\":1000000,\"n\":1,\"who\":\"" AMA "\",\"cmd\":\"note.move\",\"id\":\"" NOTE "\"}\n");
	buf_release(&nonsense);
}

static void nothing_read_is_no_answer(void **state)
{
	struct past *past = *state;
	struct history *questions[] = {
		history_list(VIEW_CLASS, history_now(past->doc, VIEW_CLASS), QUERY, DOC),
		history_moment(VIEW_CLASS, 0, history_now(past->doc, VIEW_CLASS), QUERY, DOC),
	};
	struct history *empty = history_list(VIEW_CLASS, history_now(past->doc, VIEW_CLASS), QUERY, DOC);
	size_t count;

	/* The store failed before it came to them. */
	for (int q = 0; q < 2; q++) {
		assert_false(history_is_found(questions[q]));
		assert_null(history_take_doc(questions[q]));
		history_parts(questions[q], &count);
		assert_int_equal(count, 0);
		history_free(questions[q]);
	}
	read_through(past, empty);
	assert_false(history_is_found(empty));
	history_free(empty);
}

static void a_snapshot_that_makes_no_sense_is_passed_over(void **state)
{
	/* One of them has begun to make sense. */
	static const char *const bodies[] = { "", "{}", "{\"views\":[[1,0],[1,0]],\"objects\":[{\"id\":\"ghost\",\"kind\":\"note\",\"fields\":{}},{}]}", "{\"views\":[[1,0]],\"objects\":[]}",
		"{\"views\":[[1,0],[1,0]],\"objects\":[", "\xff" };
	struct past *past = *state;
	struct history *history;
	struct doc *doc;

	add_note(past, AMA, NOTE, "named", "first");
	put_snapshot(past);
	for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++) {
		set_word(past, AMA, CMD_NOTE_MOVE, NOTE, NOTE_BOX, b % 2 ? "offers" : "jobs");
		past->bench.store->ops->put_snapshot(past->bench.store, DOC, past->seq, bodies[b], strlen(bodies[b]));
		for (int64_t at = 1; at <= past->at[VIEW_CLASS]; at++)
			assert_true(shows(past, VIEW_CLASS, at, at == 1 ? "segments" : at % 2 ? "offers" : "jobs"));
		history = history_moment(VIEW_STAFF, past->at[VIEW_STAFF], NULL, NULL, NULL);
		read_through(past, history);
		doc = history_take_doc(history);
		assert_true(digest_equal(sum_of(doc), sum_of(past->doc)));
		doc_free(doc);
		history_free(history);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin_past, end_past)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_moment_is_what_it_was),
		TEST(the_whole_document_comes_back),
		TEST(what_was_taken_away_stays_away),
		TEST(what_was_held_shows_from_when_it_was_shown),
		TEST(what_was_deleted_in_passing_shows_when_it_lived),
		TEST(names_keep_their_promise_in_the_past),
		TEST(a_command_does_not_tell_what_its_note_keeps),
		TEST(neighbours_are_put_together),
		TEST(logs_from_before_commands_were_named),
		TEST(a_long_past_is_a_list_that_can_be_read),
		TEST(few_moments_are_all_told),
		TEST(a_clock_that_was_put_back_ends_nothing),
		TEST(much_comes_in_parts),
		TEST(what_makes_no_sense_ends_the_past),
		TEST(nothing_read_is_no_answer),
		TEST(a_snapshot_that_makes_no_sense_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
