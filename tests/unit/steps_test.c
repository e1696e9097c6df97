/*
 * Undo and redo: single cases, and laws on random classes of several members who type, move, delete, undo, redo and revert.
 * STEPS_TEST_SEED=n repeats one random round; one that fails prints its seed; STEPS_TEST_ROUNDS=n does more of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/arena.h"
#include "server/room/steps.h"

enum { MEMBERS = 4, NOTES = 5, TEXT_MAX = 600 };
/* The last one is an instructor. */
static const char *const members[MEMBERS] = { "AAAAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBg", "CCCCCCCCCCCCCCCCCCCCCw", "IIIIIIIIIIIIIIIIIIIIIA" };
#define ANN members[0]
#define BEN members[1]
#define INA members[3]
static const char *const alphabets[MEMBERS] = { "abcdé", "mnopß", "стуф😀", "XYZ中文" };

/* ---- a document with its steps ---- */

/* Who may claim each code point of a text: the member who inserted it last, and whose it was if a revert brought it back. */
struct shadow {
	char id[OBJECT_ID_CAP];
	size_t n;
	unsigned who[TEXT_MAX * 4];
};

struct world {
	struct doc *doc;
	struct steps *steps;
	struct steps *twin; /* read back from what was written at some moment; must do the same ever after. May be NULL */
	int64_t now_ms;
	struct shadow shadows[64];
	size_t shadow_count;
	unsigned refuse; /* members (bits) who may not change texts and things any more */
	bool (*may)(const struct object *, const struct op *, void *);
	/* Ops of the command being made, owned by arena and `trees` */
	struct arena arena;
	cJSON *trees;
	struct op ops[4096];
	size_t n;
	const char *asking;
	bool first;
};

static struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	world->doc = doc_new();
	world->steps = steps_new();
	world->now_ms = 1000000;
	world->trees = cJSON_CreateArray();
	return world;
}

static void world_free(struct world *world)
{
	doc_free(world->doc);
	steps_free(world->steps);
	steps_free(world->twin);
	arena_release(&world->arena);
	cJSON_Delete(world->trees);
	free(world);
}

static int index_of(const char *member)
{
	for (int m = 0; m < MEMBERS; m++)
		if (!strcmp(members[m], member))
			return m;
	fail_msg("no such member: %s", member);
	return -1;
}

static struct shadow *shadow_of(struct world *world, const char *id)
{
	for (size_t i = 0; i < world->shadow_count; i++)
		if (!strcmp(world->shadows[i].id, id))
			return &world->shadows[i];
	assert_true(world->shadow_count < 64);
	struct shadow *shadow = &world->shadows[world->shadow_count++];
	memset(shadow, 0, sizeof *shadow);
	strcpy(shadow->id, id);
	return shadow;
}

static struct op *op_add(struct world *world, enum op_type type, enum kind kind, const char *id)
{
	struct op *op = &world->ops[world->n++];

	assert_true(world->n < 4096);
	op_init(op, type, kind, id);
	return op;
}

static void op_text(struct world *world, const struct object *object, const struct text_edit *edit, int64_t rev)
{
	struct op *op = op_add(world, OP_TEXT, object->kind, object->id);
	struct buf b = { 0 };

	text_edit_write(&b, edit);
	cJSON *tree = cJSON_Parse(b.s);
	assert_non_null(tree);
	cJSON_AddItemToArray(world->trees, tree);
	buf_release(&b);
	op->mask = 1u << NOTE_TEXT;
	op->edit = tree;
	op->rev = rev;
}

static void check_shadow(struct world *world, const struct step_source *source, const struct op *op, const struct text_edit *edit)
{
	struct shadow *shadow = shadow_of(world, op->id);
	bool undoes = source->command == CMD_UNDO || source->command == CMD_REDO || source->command == CMD_REVERT;
	const char *claimant = source->command == CMD_REVERT ? source->whose : source->actor;
	unsigned may = 1u << index_of(claimant), tag = may | 1u << index_of(source->actor);
	unsigned next[TEXT_MAX * 4];
	size_t n = 0, at = 0;

	for (size_t i = 0; i < edit->n; i++)
		for (int64_t c = 0; c < edit->parts[i].count; c++) {
			assert_true(n < TEXT_MAX * 4 - 1);
			if (edit->parts[i].kind == TEXT_INSERT)
				next[n++] = tag;
			else if (edit->parts[i].kind == TEXT_SKIP)
				next[n++] = shadow->who[at++];
			else if (undoes)
				assert_true(shadow->who[at++] & may); /* undo never deletes another's characters */
			else
				at++;
		}
	while (at < shadow->n)
		next[n++] = shadow->who[at++];
	memcpy(shadow->who, next, sizeof *next * n);
	shadow->n = n;
}

static void check_text(struct world *world, const struct step_source *source, const struct op *op, const struct object *before)
{
	struct text_edit edit = { 0 };

	assert_non_null(before);
	assert_int_equal(text_edit_read(op->edit, &edit), TEXT_OK);
	assert_true(edit.n > 0);
	assert_int_equal(text_edit_check(&edit, text_measure(before->values[NOTE_TEXT].s, before->values[NOTE_TEXT].n)), TEXT_OK);
	assert_int_equal(op->rev, object_int(before, NOTE_REV) + 1);
	for (size_t i = 0; i < edit.n; i++)
		assert_true(edit.parts[i].kind != TEXT_DELETE || !edit.parts[i].bytes);
	check_shadow(world, source, op, &edit);
	text_edit_release(&edit);
}

/* Logs and applies the ops of one command. */
static void commit(struct world *world, const char *actor, enum command command, const char *whose, int pops)
{
	for (size_t i = 0; i < world->n; i++) {
		struct op *op = &world->ops[i];
		struct step_source source = { actor, command, world->now_ms, i == 0, whose, pops };
		struct object *before = doc_find(world->doc, op->id);
		if (op->type == OP_TEXT)
			check_text(world, &source, op, before);
		else if (op->type == OP_SET || op->type == OP_DEL)
			assert_non_null(before);
		if (op->type == OP_PUT && op->kind == KIND_NOTE) {
			struct shadow *shadow = shadow_of(world, op->id);
			shadow->n = (size_t)text_measure(op->values[NOTE_TEXT].s, op->values[NOTE_TEXT].n);
			for (size_t c = 0; c < shadow->n; c++)
				shadow->who[c] = 1u << index_of(actor);
		}
		steps_note(world->steps, &source, op, before);
		if (world->twin)
			steps_note(world->twin, &source, op, before);
		doc_apply(world->doc, op);
		if (before && op->type == OP_TEXT)
			assert_int_equal(object_int(before, NOTE_REV), op->rev);
	}
	world->n = 0;
	arena_reset(&world->arena);
	cJSON_Delete(world->trees);
	world->trees = cJSON_CreateArray();
}

/* ---- asking ---- */

static void on_emit(const struct op *op, const struct text_edit *edit, void *ctx)
{
	struct world *world = ctx;
	struct op *copy = op_add(world, op->type, op->kind, op->id);

	assert_int_equal(op->type == OP_TEXT, edit != NULL);
	*copy = *op;
	for (int f = 0; f < FIELDS_MAX; f++)
		if ((op->mask & (1u << f)) && op->values[f].n)
			copy->values[f].s = arena_copy(&world->arena, op->values[f].s, op->values[f].n);
	if (edit) {
		struct buf a = { 0 };
		struct text_edit same = { 0 };
		assert_int_equal(text_edit_read(op->edit, &same), TEXT_OK);
		text_edit_write(&a, &same);
		struct buf b = { 0 };
		text_edit_write(&b, edit);
		assert_string_equal(a.s, b.s);
		buf_release(&a);
		buf_release(&b);
		text_edit_release(&same);
		cJSON *tree = cJSON_Duplicate(op->edit, true);
		cJSON_AddItemToArray(world->trees, tree);
		copy->edit = tree;
	}
}

/* Whoever has lost their rights may do nothing in notes of even number, and nothing but texts in the others. */
static bool default_may(const struct object *object, const struct op *op, void *ctx)
{
	struct world *world = ctx;

	assert_true(op->type == OP_PUT || object);
	if (object)
		assert_string_equal(object->id, op->id);
	return !(world->refuse & (1u << index_of(world->asking))) || (op->type == OP_TEXT && object->id[1] % 2);
}

static struct steps_ask ask_of(struct world *world, const struct steps *steps, const char *actor)
{
	world->asking = actor;
	return (struct steps_ask){ steps, world->doc, actor, world->may ? world->may : default_may, on_emit, world };
}

static char *ops_string(const struct world *world)
{
	struct buf b = { 0 };

	buf_char(&b, '[');
	for (size_t i = 0; i < world->n; i++)
		op_write(&b, &world->ops[i], world->ops[i].kind, ~(field_mask)0);
	buf_char(&b, ']');
	return b.s;
}

/* What both answers, from the steps and from their twin, must agree on. */
static int ask_undo(struct world *world, const char *actor, bool redo, const char *whose, int64_t since_ms, enum command *did)
{
	int pops[2] = { 0, 0 };
	enum command name[2] = { CMD_NONE, CMD_NONE };
	char *ops[2] = { NULL, NULL };

	for (int i = world->twin ? 1 : 0; i >= 0; i--) {
		struct steps_ask ask = ask_of(world, i ? world->twin : world->steps, actor);
		world->n = 0;
		pops[i] = whose ? steps_revert(&ask, whose, since_ms) : steps_undo(&ask, redo, &name[i]);
		assert_int_equal(pops[i] > 0, world->n > 0);
		ops[i] = ops_string(world);
	}
	if (world->twin) {
		assert_int_equal(pops[0], pops[1]);
		assert_int_equal(name[0], name[1]);
		assert_string_equal(ops[0], ops[1]);
	}
	free(ops[0]);
	free(ops[1]);
	*did = name[0];
	return pops[0];
}

static enum command undo_or_redo(struct world *world, const char *actor, bool redo)
{
	enum command did;
	int pops = ask_undo(world, actor, redo, NULL, 0, &did);

	assert_int_equal(pops > 0, did != CMD_NONE);
	if (pops)
		commit(world, actor, redo ? CMD_REDO : CMD_UNDO, NULL, pops);
	return did;
}

static enum command undo(struct world *world, const char *actor)
{
	world->now_ms += 5000;
	return undo_or_redo(world, actor, false);
}

static enum command redo(struct world *world, const char *actor)
{
	world->now_ms += 5000;
	return undo_or_redo(world, actor, true);
}

static int revert(struct world *world, const char *actor, const char *whose, int64_t since_ms)
{
	enum command did;

	world->now_ms += 5000;
	int pops = ask_undo(world, actor, false, whose, since_ms, &did);
	if (pops)
		commit(world, actor, CMD_REVERT, whose, pops);
	return pops;
}

/* ---- making things ---- */

static void put_note(struct world *world, const char *id, const char *author, const char *text)
{
	struct op *op = op_add(world, OP_PUT, KIND_NOTE, id);

	op_str(op, NOTE_TEXT, arena_copy(&world->arena, text, strlen(text)));
	op_str(op, NOTE_BOX, "one");
	op_str(op, NOTE_POS, "a");
	op_str(op, NOTE_AUTHOR, author);
}

static void put_link(struct world *world, const char *id, const char *from, const char *to)
{
	struct op *op = op_add(world, OP_PUT, KIND_LINK, id);

	op_str(op, LINK_FROM, from);
	op_str(op, LINK_TO, to);
	op_str(op, LINK_AS, "note");
}

static void set_note(struct world *world, const char *id, int field, const char *value)
{
	op_str(op_add(world, OP_SET, KIND_NOTE, id), field, value);
}

static void type_as(struct world *world, const char *actor, enum command command, const char *id, const char *wire)
{
	struct text_edit edit = { 0 };
	cJSON *json = cJSON_Parse(wire);
	const struct object *note = doc_find(world->doc, id);

	assert_int_equal(text_edit_read(json, &edit), TEXT_OK);
	cJSON_Delete(json);
	op_text(world, note, &edit, object_int(note, NOTE_REV) + 1);
	text_edit_release(&edit);
	commit(world, actor, command, NULL, 0);
}

static void type(struct world *world, const char *actor, int64_t after_ms, const char *id, const char *wire)
{
	world->now_ms += after_ms;
	type_as(world, actor, CMD_NOTE_TEXT, id, wire);
}

static void add_note(struct world *world, const char *actor, const char *id, const char *text)
{
	world->now_ms += 5000;
	put_note(world, id, actor, text);
	commit(world, actor, CMD_NOTE_ADD, NULL, 0);
}

static const char *text_of(struct world *world, const char *id)
{
	return object_str(doc_find(world->doc, id), NOTE_TEXT);
}

static const char *deleted(struct world *world, const char *id)
{
	const struct object *object = doc_find(world->doc, id);

	return object_str(object, kind_field(object->kind, "deleted"));
}

/* ---- single cases ---- */

static void test_typing_joins(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "base");
	type(world, ANN, 5000, "n1", "[4,\"a\"]");
	type(world, ANN, 999, "n1", "[5,\"b\"]");
	type(world, ANN, 999, "n1", "[6,\"c\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 1);
	type(world, ANN, 1000, "n1", "[7,\"d\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 2);
	assert_int_equal(undo(world, ANN), CMD_NOTE_TEXT);
	assert_string_equal(text_of(world, "n1"), "baseabc");
	assert_int_equal(undo(world, ANN), CMD_NOTE_TEXT);
	assert_string_equal(text_of(world, "n1"), "base");
	assert_int_equal(undo(world, ANN), CMD_NONE);
	assert_int_equal(redo(world, ANN), CMD_NOTE_TEXT);
	assert_string_equal(text_of(world, "n1"), "baseabc");
	assert_int_equal(redo(world, ANN), CMD_NOTE_TEXT);
	assert_string_equal(text_of(world, "n1"), "baseabcd");
	assert_int_equal(redo(world, ANN), CMD_NONE);
	/* Typing goes on in a new step after undo and redo, however soon. */
	type(world, ANN, 0, "n1", "[8,\"e\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 3);
	undo(world, ANN);
	world->now_ms -= 5000;
	type(world, ANN, 0, "n1", "[8,\"f\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 3);
	assert_int_equal(steps_depth(world->steps, ANN, true), 0);
	set_note(world, "n1", NOTE_BOX, "two");
	commit(world, ANN, CMD_NOTE_MOVE, NULL, 0);
	undo(world, ANN);
	world->now_ms -= 5000;
	type(world, ANN, 0, "n1", "[9,\"g\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 4);
	world_free(world);
}

/* Another note, another command, another's typing. */
static void test_what_ends_a_step_of_typing(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "");
	add_note(world, BEN, "n2", "");
	type(world, ANN, 5000, "n1", "[\"a\"]");
	type(world, ANN, 10, "n2", "[\"b\"]");
	type(world, ANN, 10, "n1", "[\"c\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 3);
	type(world, BEN, 10, "n1", "[\"n\"]"); /* does not end it */
	type(world, ANN, 10, "n1", "[2,\"d\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 3);
	set_note(world, "n1", NOTE_BOX, "two");
	commit(world, ANN, CMD_NOTE_MOVE, NULL, 0);
	type(world, ANN, 10, "n1", "[\"e\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), 5);
	assert_string_equal(text_of(world, "n1"), "encda");
	undo(world, ANN);
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "ncda");
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "na");
	world_free(world);
}

static void test_others_inside(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "12345");
	type(world, ANN, 5000, "n1", "[2,\"abcd\"]");
	type(world, BEN, 10, "n1", "[4,\"NN\"]");
	assert_string_equal(text_of(world, "n1"), "12abNNcd345");
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "12NN345");
	redo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "12abNNcd345");

	/* A deletion comes back at its place, in two parts if somebody wrote where it was. */
	type(world, ANN, 5000, "n1", "[1,{\"d\":9}]");
	type(world, BEN, 10, "n1", "[1,\"M\"]");
	assert_string_equal(text_of(world, "n1"), "1M5");
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "12abNNcd34M5");
	/* And what others deleted meanwhile is not deleted twice. */
	type(world, BEN, 10, "n1", "[3,{\"d\":4}]");
	assert_string_equal(text_of(world, "n1"), "12ad34M5");
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "1234M5");
	world_free(world);
}

/* An undone deletion is the same characters again: older steps still hold them. */
static void test_older_steps_stay_exact(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "..");
	type(world, ANN, 5000, "n1", "[1,\"abc\"]");
	type(world, ANN, 5000, "n1", "[2,{\"d\":1}]");
	type(world, BEN, 5000, "n1", "[\"N\"]");
	assert_string_equal(text_of(world, "n1"), "N.ac.");
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "N.abc.");
	type(world, BEN, 5000, "n1", "[3,\"M\"]");
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "N.M.");
	redo(world, ANN);
	redo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "N.aMc.");
	world_free(world);
}

static void test_values(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "x");
	struct op *op = op_add(world, OP_SET, KIND_NOTE, "n1");
	op_str(op, NOTE_BOX, "two");
	op_str(op, NOTE_POS, "b");
	commit(world, ANN, CMD_NOTE_MOVE, NULL, 0);
	set_note(world, "n1", NOTE_TAGS, "late");
	commit(world, ANN, CMD_NOTE_SET, NULL, 0);
	/* Somebody moved it again: box and position are one unit, and stay. */
	set_note(world, "n1", NOTE_POS, "c");
	commit(world, BEN, CMD_NOTE_MOVE, NULL, 0);
	assert_int_equal(undo(world, ANN), CMD_NOTE_SET);
	assert_string_equal(object_str(doc_find(world->doc, "n1"), NOTE_TAGS), "");
	assert_int_equal(undo(world, ANN), CMD_NONE);
	assert_string_equal(object_str(doc_find(world->doc, "n1"), NOTE_BOX), "two");
	/* What one sets to what it is already is no step. */
	size_t depth = steps_depth(world->steps, BEN, false);
	set_note(world, "n1", NOTE_POS, "c");
	commit(world, BEN, CMD_NOTE_MOVE, NULL, 0);
	assert_int_equal(steps_depth(world->steps, BEN, false), depth);
	/* Back to where Ann put it: her step has something left again. */
	assert_int_equal(undo(world, BEN), CMD_NOTE_MOVE);
	assert_int_equal(undo(world, ANN), CMD_NOTE_MOVE);
	assert_string_equal(object_str(doc_find(world->doc, "n1"), NOTE_BOX), "one");
	assert_string_equal(object_str(doc_find(world->doc, "n1"), NOTE_POS), "a");
	world_free(world);
}

static void test_what_was_made(void **state)
{
	static const struct {
		enum kind kind;
		int owner;
		const char *own, *others;
	} kinds[] = {
		{ KIND_NOTE, NOTE_AUTHOR, "author", "other" },
		{ KIND_POST, POST_AUTHOR, "author", "staff" },
		{ KIND_LINK, -1, "own", "own" },
		{ KIND_SECTION, -1, "staff", "staff" },
		{ KIND_TEAM, -1, "staff", "staff" },
		{ KIND_BOX, -1, "staff", "staff" },
		{ KIND_DOCUMENT, -1, "staff", "staff" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (int by_other = 0; by_other < 2; by_other++) {
			struct world *world = world_new();
			const char *word = by_other ? kinds[i].others : kinds[i].own;
			add_note(world, BEN, "n1", "");
			struct op *op = op_add(world, OP_PUT, kinds[i].kind, "x");
			if (kinds[i].owner >= 0)
				op_str(op, kinds[i].owner, by_other ? BEN : ANN);
			if (kinds[i].kind == KIND_LINK) {
				op_str(op, LINK_FROM, "n1");
				op_str(op, LINK_TO, "n1");
			}
			commit(world, ANN, CMD_NOTE_DUPLICATE, NULL, 0);
			assert_int_equal(undo(world, ANN), CMD_NOTE_DUPLICATE);
			assert_string_equal(deleted(world, "x"), word);
			/* The words are those that the tables allow. */
			const char *const *values = kind_specs[kinds[i].kind].fields[kind_field(kinds[i].kind, "deleted")].values;
			while (*values && strcmp(*values, word) != 0)
				values++;
			assert_non_null(*values);
			assert_int_equal(undo(world, ANN), CMD_NONE);
			assert_int_equal(redo(world, ANN), CMD_NOTE_DUPLICATE);
			assert_string_equal(deleted(world, "x"), "");
			assert_int_equal(undo(world, ANN), CMD_NOTE_DUPLICATE);
			assert_string_equal(deleted(world, "x"), word);
			world_free(world);
		}
}

static void test_notes_that_others_wrote_in_stay(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, ANN, "n1", "hers");
	add_note(world, ANN, "n2", "hers");
	undo(world, ANN);
	redo(world, ANN);
	type(world, BEN, 5000, "n2", "[\"N\"]");
	/* Made again by redo, written in since: it stays, and the step below is the next. */
	assert_int_equal(undo(world, ANN), CMD_NOTE_ADD);
	assert_string_equal(deleted(world, "n2"), "");
	assert_string_equal(deleted(world, "n1"), "author");
	redo(world, ANN);
	/* Deleting another's note can be taken back and done again, as long as nobody goes on writing in it. */
	set_note(world, "n2", NOTE_DELETED, "author");
	commit(world, ANN, CMD_NOTE_DELETE, NULL, 0);
	undo(world, ANN);
	assert_string_equal(deleted(world, "n2"), "");
	redo(world, ANN);
	assert_string_equal(deleted(world, "n2"), "author");
	undo(world, ANN);
	type(world, BEN, 5000, "n2", "[\"M\"]");
	assert_int_equal(redo(world, ANN), CMD_NONE);
	assert_string_equal(deleted(world, "n2"), "");
	/* Undoing what one wrote there does not unwrite it: rather too much stays than too little. */
	undo(world, BEN);
	assert_int_equal(redo(world, ANN), CMD_NONE);
	world_free(world);
}

static void test_links_go_with_their_notes(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "");
	add_note(world, ANN, "n2", "");
	put_link(world, "l1", "n1", "n2");
	commit(world, BEN, CMD_LINK_ADD, NULL, 0);
	/* Ben's link goes along when Ann's note does. */
	undo(world, ANN);
	assert_string_equal(deleted(world, "n2"), "author");
	assert_string_equal(deleted(world, "l1"), "end");
	redo(world, ANN);
	assert_string_equal(deleted(world, "n2"), "");
	assert_string_equal(deleted(world, "l1"), "");

	/* Deleted by a command, links after their note or before. */
	for (int order = 0; order < 2; order++) {
		if (order)
			op_str(op_add(world, OP_SET, KIND_LINK, "l1"), LINK_DELETED, "end");
		set_note(world, "n1", NOTE_DELETED, "author");
		if (!order)
			op_str(op_add(world, OP_SET, KIND_LINK, "l1"), LINK_DELETED, "end");
		commit(world, BEN, CMD_NOTE_DELETE, NULL, 0);
		undo(world, BEN);
		assert_string_equal(deleted(world, "n1"), "");
		assert_string_equal(deleted(world, "l1"), "");
	}
	redo(world, BEN);
	assert_string_equal(deleted(world, "l1"), "end");
	/* The other end is gone too: the note comes back without the link. */
	set_note(world, "n2", NOTE_DELETED, "author");
	commit(world, ANN, CMD_NOTE_DELETE, NULL, 0);
	undo(world, BEN);
	assert_string_equal(deleted(world, "n1"), "");
	assert_string_equal(deleted(world, "l1"), "end");
	assert_string_equal(deleted(world, "n2"), "author");
	/* Undoing that a note was restored takes along what was linked to it since. */
	set_note(world, "n2", NOTE_DELETED, "");
	commit(world, ANN, CMD_NOTE_RESTORE, NULL, 0);
	put_link(world, "l2", "n2", "n1");
	commit(world, BEN, CMD_LINK_ADD, NULL, 0);
	assert_int_equal(undo(world, ANN), CMD_NOTE_RESTORE);
	assert_string_equal(deleted(world, "n2"), "author");
	assert_string_equal(deleted(world, "l2"), "end");
	redo(world, ANN);
	assert_string_equal(deleted(world, "l2"), "");
	world_free(world);
}

/* Nothing is undone in what somebody else deleted, until it is back. */
static void test_deleted_things_are_left_alone(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "");
	set_note(world, "n1", NOTE_BOX, "two");
	commit(world, ANN, CMD_NOTE_MOVE, NULL, 0);
	type(world, ANN, 5000, "n1", "[\"a\"]");
	set_note(world, "n1", NOTE_DELETED, "author");
	commit(world, BEN, CMD_NOTE_DELETE, NULL, 0);
	assert_int_equal(undo(world, ANN), CMD_NONE);
	undo(world, BEN);
	assert_int_equal(undo(world, ANN), CMD_NOTE_TEXT);
	assert_int_equal(undo(world, ANN), CMD_NOTE_MOVE);
	assert_string_equal(object_str(doc_find(world->doc, "n1"), NOTE_BOX), "one");
	world_free(world);
}

static void test_post_edits(void **state)
{
	struct world *world = world_new();
	struct op *op = op_add(world, OP_PUT, KIND_POST, "p1");

	(void)state;
	op_str(op, POST_FOR, "one");
	op_str(op, POST_AUTHOR, ANN);
	op_int(op, POST_VERSION, 1);
	commit(world, ANN, CMD_POST_ADD, NULL, 0);
	for (int version = 2; version <= 3; version++) {
		op = op_add(world, OP_SET, KIND_POST, "p1");
		op_str(op, POST_FOR, version == 2 ? "two" : "three");
		op_int(op, POST_VERSION, version);
		commit(world, ANN, CMD_POST_EDIT, NULL, 0);
	}
	undo(world, ANN);
	undo(world, ANN);
	/* Versions count on, so that "version 2" never means two texts. */
	assert_string_equal(object_str(doc_find(world->doc, "p1"), POST_FOR), "one");
	assert_int_equal(object_int(doc_find(world->doc, "p1"), POST_VERSION), 5);
	redo(world, ANN);
	redo(world, ANN);
	assert_string_equal(object_str(doc_find(world->doc, "p1"), POST_FOR), "three");
	assert_int_equal(object_int(doc_find(world->doc, "p1"), POST_VERSION), 7);

	/* A waiting edit is dropped and put back as a whole. */
	op = op_add(world, OP_PUT, KIND_REVISION, "p1.r");
	op_str(op, REVISION_FOR, "four");
	op_int(op, REVISION_VERSION, 8);
	commit(world, ANN, CMD_POST_EDIT, NULL, 0);
	op = op_add(world, OP_PUT, KIND_REVISION, "p1.r");
	op_str(op, REVISION_FOR, "five");
	op_int(op, REVISION_VERSION, 9);
	commit(world, ANN, CMD_POST_EDIT, NULL, 0);
	op_add(world, OP_DEL, KIND_REVISION, "p1.r");
	op = op_add(world, OP_SET, KIND_POST, "p1");
	op_str(op, POST_FOR, "six");
	commit(world, ANN, CMD_POST_EDIT, NULL, 0);
	assert_null(doc_find(world->doc, "p1.r"));
	undo(world, ANN);
	assert_string_equal(object_str(doc_find(world->doc, "p1"), POST_FOR), "three");
	assert_string_equal(object_str(doc_find(world->doc, "p1.r"), REVISION_FOR), "five");
	undo(world, ANN);
	assert_string_equal(object_str(doc_find(world->doc, "p1.r"), REVISION_FOR), "four");
	undo(world, ANN);
	assert_null(doc_find(world->doc, "p1.r"));
	redo(world, ANN);
	redo(world, ANN);
	redo(world, ANN);
	assert_null(doc_find(world->doc, "p1.r"));
	assert_string_equal(object_str(doc_find(world->doc, "p1"), POST_FOR), "six");
	undo(world, ANN);
	/* An instructor approved it meanwhile: that is left alone. */
	op = op_add(world, OP_SET, KIND_POST, "p1");
	op_str(op, POST_FOR, "five");
	op_add(world, OP_DEL, KIND_REVISION, "p1.r");
	size_t depth = steps_depth(world->steps, INA, false);
	commit(world, INA, CMD_POST_APPROVE, NULL, 0);
	assert_int_equal(steps_depth(world->steps, INA, false), depth);
	assert_int_equal(undo(world, ANN), CMD_POST_ADD);
	world_free(world);
}

static void test_types_lose_their_name(void **state)
{
	struct world *world = world_new();
	struct op *op = op_add(world, OP_PUT, KIND_TYPE, "type.1");

	(void)state;
	op_int(op, TYPE_NUMBER, 1);
	op_str(op, TYPE_NAME, "Pharmacies");
	commit(world, ANN, CMD_TYPE_SET, NULL, 0);
	undo(world, ANN);
	assert_string_equal(object_str(doc_find(world->doc, "type.1"), TYPE_NAME), "");
	redo(world, ANN);
	assert_string_equal(object_str(doc_find(world->doc, "type.1"), TYPE_NAME), "Pharmacies");
	op_str(op_add(world, OP_SET, KIND_TYPE, "type.1"), TYPE_NAME, "Doctors");
	commit(world, BEN, CMD_TYPE_SET, NULL, 0);
	assert_int_equal(undo(world, ANN), CMD_NONE);
	world_free(world);
}

static void test_what_makes_no_step(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, ANN, "n1", "ab");
	type(world, ANN, 5000, "n1", "[2,\"cd\"]");
	undo(world, ANN);
	/* Whatever command an op in a text follows from, all carry their inverses over it. */
	type_as(world, INA, CMD_POST_APPROVE, "n1", "[\"XX\"]");
	assert_int_equal(steps_depth(world->steps, INA, false), 0);
	redo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "XXabcd");
	/* Even one's own. */
	type_as(world, ANN, CMD_POST_APPROVE, "n1", "[5,\"é\"]");
	undo(world, ANN);
	assert_string_equal(text_of(world, "n1"), "XXabé");
	/* An ordinary step forgets what was undone. */
	set_note(world, "n1", NOTE_BOX, "two");
	assert_int_equal(steps_depth(world->steps, ANN, true), 1);
	commit(world, ANN, CMD_NOTE_MOVE, NULL, 0);
	assert_int_equal(steps_depth(world->steps, ANN, true), 0);
	assert_int_equal(redo(world, ANN), CMD_NONE);
	assert_int_equal(redo(world, "stranger"), CMD_NONE);
	world_free(world);
}

static void test_purged_and_full(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "abc");
	type(world, ANN, 5000, "n1", "[3,\"d\"]");
	op_add(world, OP_DEL, KIND_NOTE, "n1");
	commit(world, INA, CMD_POST_APPROVE, NULL, 0);
	assert_int_equal(undo(world, ANN), CMD_NONE);
	add_note(world, BEN, "n1", "xyzzy"); /* the same id anew is another text */
	assert_int_equal(undo(world, ANN), CMD_NONE);
	assert_string_equal(text_of(world, "n1"), "xyzzy");

	/* Ann's deleted words no longer fit: they stay away, and nothing is cut. */
	type(world, ANN, 5000, "n1", "[{\"d\":5}]");
	char *long_text = malloc(5008);
	memset(long_text, 'q', 5008);
	memcpy(long_text, "[\"", 2);
	memcpy(long_text + 5000, "\"]", 3);
	struct text_edit edit = { 0 };
	cJSON *json = cJSON_Parse(long_text);
	assert_int_equal(text_edit_read(json, &edit), TEXT_OK);
	const struct object *note = doc_find(world->doc, "n1");
	struct op *op = op_add(world, OP_TEXT, KIND_NOTE, "n1");
	op->mask = 1u << NOTE_TEXT;
	op->edit = json;
	op->rev = object_int(note, NOTE_REV) + 1;
	struct step_source source = { BEN, CMD_NOTE_TEXT, world->now_ms, true, NULL, 0 };
	steps_note(world->steps, &source, op, note);
	doc_apply(world->doc, op);
	world->n = 0;
	assert_int_equal(undo(world, ANN), CMD_NONE);
	cJSON_Delete(json);
	text_edit_release(&edit);
	free(long_text);
	world_free(world);
}

static bool never(const struct object *object, const struct op *op, void *ctx)
{
	(void)object, (void)op, (void)ctx;
	return false;
}

static void test_rights_are_those_of_now(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "abc");
	type(world, ANN, 5000, "n1", "[3,\"d\"]");
	type(world, ANN, 5000, "n1", "[\"e\"]");
	world->may = never;
	assert_int_equal(undo(world, ANN), CMD_NONE);
	assert_int_equal(steps_depth(world->steps, ANN, false), 2);
	world->may = NULL;
	assert_int_equal(undo(world, ANN), CMD_NOTE_TEXT);
	assert_string_equal(text_of(world, "n1"), "abcd");
	world_free(world);
}

static void test_revert(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "base");
	type(world, ANN, 5000, "n1", "[4,\"abc\"]");
	int64_t since = world->now_ms + 1;
	type(world, ANN, 5000, "n1", "[5,{\"d\":1}]");
	type(world, BEN, 10, "n1", "[4,\"NN\"]");
	type(world, ANN, 5000, "n1", "[\"d\"]");
	add_note(world, ANN, "n2", "two");
	type(world, ANN, 5000, "n2", "[3,\"e\"]");
	set_note(world, "n1", NOTE_BOX, "two");
	commit(world, ANN, CMD_NOTE_MOVE, NULL, 0);
	set_note(world, "n1", NOTE_BOX, "three");
	commit(world, ANN, CMD_NOTE_MOVE, NULL, 0);
	undo(world, ANN);
	assert_int_equal(steps_depth(world->steps, ANN, true), 1);
	assert_int_equal(revert(world, INA, ANN, since), 5);
	assert_string_equal(text_of(world, "n1"), "baseNNabc");
	assert_string_equal(text_of(world, "n2"), "two");
	assert_string_equal(deleted(world, "n2"), "other");
	assert_string_equal(object_str(doc_find(world->doc, "n1"), NOTE_BOX), "one");
	assert_int_equal(steps_depth(world->steps, ANN, false), 1);
	assert_int_equal(steps_depth(world->steps, ANN, true), 0);
	assert_int_equal(steps_depth(world->steps, INA, false), 1);
	assert_int_equal(revert(world, INA, ANN, since), 0);
	/* It is a step of the instructor's. */
	assert_int_equal(undo(world, INA), CMD_REVERT);
	assert_string_equal(text_of(world, "n1"), "dbaseNNac");
	assert_string_equal(text_of(world, "n2"), "twoe");
	assert_string_equal(deleted(world, "n2"), "");
	assert_string_equal(object_str(doc_find(world->doc, "n1"), NOTE_BOX), "two");
	assert_int_equal(redo(world, INA), CMD_REVERT);
	assert_string_equal(text_of(world, "n1"), "baseNNabc");
	/* The instructor deleted the "b" and put it there again: Ann's undo leaves it alone by now. */
	assert_int_equal(undo(world, ANN), CMD_NOTE_TEXT);
	assert_string_equal(text_of(world, "n1"), "baseNNb");
	world_free(world);
}

/* What a revert leaves on its member's stack is as exact as if they had undone the rest themselves. */
static void test_revert_is_exact(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "base");
	type(world, ANN, 5000, "n1", "[4,\"abc\"]");
	type(world, ANN, 5000, "n1", "[5,{\"d\":1}]");
	type(world, BEN, 10, "n1", "[4,\"NN\"]");
	type(world, ANN, 5000, "n1", "[\"d\"]");
	assert_int_equal(revert(world, INA, ANN, world->now_ms - 5010), 2);
	assert_string_equal(text_of(world, "n1"), "baseNNabc");
	assert_int_equal(undo(world, ANN), CMD_NOTE_TEXT);
	assert_string_equal(text_of(world, "n1"), "baseNN");
	/* Whoever reverts their own steps can take that back as well. */
	type(world, INA, 5000, "n1", "[\"XYZ\"]");
	type(world, INA, 5000, "n1", "[1,{\"d\":1}]");
	assert_int_equal(revert(world, INA, INA, world->now_ms - 5000), 2);
	assert_string_equal(text_of(world, "n1"), "baseNN");
	assert_int_equal(steps_depth(world->steps, INA, false), 2); /* the revert of before, and this one */
	assert_int_equal(undo(world, INA), CMD_REVERT);
	assert_string_equal(text_of(world, "n1"), "XZbaseNN");
	assert_int_equal(redo(world, INA), CMD_REVERT);
	assert_string_equal(text_of(world, "n1"), "baseNN");

	/* And what lies below it fits. */
	type(world, INA, 5000, "n1", "[\"XYZ\"]");
	type(world, INA, 5000, "n1", "[1,{\"d\":1}]");
	assert_int_equal(revert(world, INA, INA, world->now_ms), 1);
	assert_string_equal(text_of(world, "n1"), "XYZbaseNN");
	undo(world, INA);
	assert_string_equal(text_of(world, "n1"), "XZbaseNN");
	undo(world, INA);
	assert_string_equal(text_of(world, "n1"), "baseNN");
	world_free(world);
}

/* Taking back what somebody wrote is not writing. */
static void test_reverting_is_not_writing(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, ANN, "n1", "a");
	type(world, ANN, 5000, "n1", "[1,\"b\"]");
	assert_int_equal(revert(world, INA, ANN, world->now_ms), 1);
	assert_string_equal(text_of(world, "n1"), "a");
	assert_int_equal(undo(world, ANN), CMD_NOTE_ADD);
	assert_string_equal(deleted(world, "n1"), "author");
	world_free(world);
}

static void test_bounds(void **state)
{
	struct world *world = world_new();

	(void)state;
	add_note(world, BEN, "n1", "");
	for (int i = 0; i < 1200; i++)
		type(world, ANN, 2000, "n1", i % 2 ? "[{\"d\":1}]" : "[\"a\"]");
	assert_int_equal(steps_depth(world->steps, ANN, false), STEPS_MAX);
	int undone = 0;
	while (undo(world, ANN) != CMD_NONE)
		undone++;
	assert_int_equal(undone, STEPS_MAX);
	assert_string_equal(text_of(world, "n1"), "");
	world_free(world);

	/* Large values: the oldest go, and the newest stays however large it is. */
	world = world_new();
	char *tip = malloc(40001);
	memset(tip, 'x', 40000);
	tip[40000] = 0;
	op_add(world, OP_PUT, KIND_BOX, "one");
	commit(world, INA, CMD_WALL_SET, NULL, 0);
	for (int i = 0; i < 100; i++) {
		tip[0] = (char)('a' + i % 26);
		op_str(op_add(world, OP_SET, KIND_BOX, "one"), BOX_TIP, tip);
		commit(world, INA, CMD_BOX_SET, NULL, 0);
	}
	size_t depth = steps_depth(world->steps, INA, false);
	assert_in_range(depth, 10, 13); /* of 80,000 bytes each */
	free(tip);
	tip = malloc(2000001);
	memset(tip, 'y', 2000000);
	tip[2000000] = 0;
	op_str(op_add(world, OP_SET, KIND_BOX, "one"), BOX_TIP, tip);
	commit(world, INA, CMD_BOX_SET, NULL, 0);
	assert_int_equal(steps_depth(world->steps, INA, false), 1);
	assert_int_equal(undo(world, INA), CMD_BOX_SET);
	free(tip);
	world_free(world);
}

static struct steps *copy_of(const struct steps *steps)
{
	struct buf first = { 0 }, second = { 0 };

	steps_write(&first, steps);
	cJSON *json = cJSON_ParseWithLength(first.s, first.n);
	assert_non_null(json);
	struct steps *copy = steps_read(json);
	assert_non_null(copy);
	cJSON_Delete(json);
	steps_write(&second, copy);
	assert_string_equal(first.s, second.s);
	buf_release(&first);
	buf_release(&second);
	return copy;
}

static void test_nonsense(void **state)
{
#define STEP(changes) "{\"number\":9,\"writers\":[],\"members\":[{\"id\":\"a\",\"undo\":[{\"cmd\":\"note.text\",\"at\":1,\"open\":true,\"changes\":[" changes "]}],\"redo\":[]}]}"
#define TEXT(more) STEP("{\"is\":\"text\",\"id\":\"n\",\"kind\":\"note\",\"n\":1," more "}")
	static const char *const good[] = {
		"{\"number\":0,\"members\":[],\"writers\":[]}",
		TEXT("\"field\":\"text\",\"inverse\":[{\"d\":\"a\"}],\"pending\":[3,\"b\"],\"recent\":[]"),
		STEP("{\"is\":\"set\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{\"box\":\"\"},\"became\":{\"box\":\"x\"}}"),
		STEP("{\"is\":\"made\",\"id\":\"n\",\"kind\":\"note\",\"n\":9}"),
	};
	static const char *const bad[] = {
		"[]", "{}", "{\"number\":-1,\"members\":[],\"writers\":[]}", "{\"number\":1,\"members\":{},\"writers\":[]}", "{\"number\":1,\"members\":[]}",
		"{\"number\":9,\"members\":[{\"id\":\"a\",\"undo\":[],\"redo\":[]},{\"id\":\"a\",\"undo\":[],\"redo\":[]}],\"writers\":[]}",
		"{\"number\":9,\"members\":[{\"id\":\"a\",\"undo\":[]}],\"writers\":[]}",
		"{\"number\":9,\"members\":[{\"id\":\"\",\"undo\":[],\"redo\":[]}],\"writers\":[]}",
		"{\"number\":9,\"members\":[{\"id\":\"a\",\"undo\":[{\"cmd\":\"no\",\"at\":1,\"open\":true,\"changes\":[]}],\"redo\":[]}],\"writers\":[]}",
		"{\"number\":9,\"members\":[{\"id\":\"a\",\"undo\":[{\"cmd\":\"undo\",\"at\":\"1\",\"open\":true,\"changes\":[]}],\"redo\":[]}],\"writers\":[]}",
		"{\"number\":9,\"members\":[{\"id\":\"a\",\"undo\":[{\"cmd\":\"undo\",\"at\":1,\"open\":1,\"changes\":[]}],\"redo\":[]}],\"writers\":[]}",
		"{\"number\":9,\"members\":[],\"writers\":[{\"id\":\"n\",\"by\":[]}]}",
		"{\"number\":9,\"members\":[],\"writers\":[{\"id\":\"n\",\"by\":[[\"a\"]]}]}",
		"{\"number\":9,\"members\":[],\"writers\":[{\"id\":\"n\",\"by\":[[\"a\",10]]}]}",
		STEP("3"), STEP("{\"is\":\"none\",\"id\":\"n\",\"kind\":\"note\",\"n\":1}"),
		STEP("{\"is\":\"made\",\"id\":\"n\",\"kind\":\"note\",\"n\":10}"),
		STEP("{\"is\":\"made\",\"id\":\"n\",\"kind\":\"type\",\"n\":1}"),
		STEP("{\"is\":\"made\",\"id\":\"n\",\"kind\":\"nothing\",\"n\":1}"),
		STEP("{\"is\":\"made\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"kind\":\"note\",\"n\":1}"),
		TEXT("\"field\":\"box\",\"inverse\":[{\"d\":\"a\"}],\"pending\":[],\"recent\":[]"),
		TEXT("\"field\":\"text\",\"inverse\":[{\"d\":1}],\"pending\":[],\"recent\":[]"),
		TEXT("\"field\":\"text\",\"inverse\":[3],\"pending\":[],\"recent\":[]"),
		TEXT("\"field\":\"text\",\"inverse\":[{\"d\":\"a\"}],\"pending\":[1.5],\"recent\":[]"),
		TEXT("\"field\":\"text\",\"inverse\":[{\"d\":\"a\"}],\"pending\":[],\"recent\":[3]"),
		TEXT("\"field\":\"text\",\"inverse\":[{\"d\":\"a\"}],\"pending\":[]"),
		TEXT("\"field\":\"text\",\"inverse\":[{\"d\":\"a\"}]"),
		STEP("{\"is\":\"set\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{\"box\":\"\"},\"became\":{\"pos\":\"x\"}}"),
		STEP("{\"is\":\"set\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{\"box\":\"\"}}"),
		STEP("{\"is\":\"set\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{},\"became\":{}}"),
		STEP("{\"is\":\"set\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{\"box\":1},\"became\":{\"box\":\"x\"}}"),
		STEP("{\"is\":\"set\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{\"type\":1.5},\"became\":{\"type\":2}}"),
		STEP("{\"is\":\"set\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{\"colour\":1},\"became\":{\"colour\":2}}"),
		STEP("{\"is\":\"whole\",\"id\":\"n\",\"kind\":\"revision\",\"n\":9}"),
		STEP("{\"is\":\"whole\",\"id\":\"n\",\"kind\":\"revision\",\"n\":9,\"was\":{\"for\":\"x\"}}"),
		STEP("{\"is\":\"whole\",\"id\":\"n\",\"kind\":\"note\",\"n\":9,\"was\":{\"for\":\"x\"}}"),
	};

	(void)state;
	assert_null(steps_read(NULL));
	for (size_t i = 0; i < sizeof good / sizeof *good + sizeof bad / sizeof *bad; i++) {
		bool is_good = i < sizeof good / sizeof *good;
		const char *text = is_good ? good[i] : bad[i - sizeof good / sizeof *good];
		cJSON *json = cJSON_Parse(text);
		assert_non_null(json);
		struct steps *steps = steps_read(json);
		cJSON_Delete(json);
		if (is_good != (steps != NULL))
			print_error("%s: %s\n", is_good ? "refused" : "taken", text);
		assert_int_equal(is_good, steps != NULL);
		steps_free(steps);
	}
}

/* ---- laws, on random classes ---- */

static uint64_t random_state;

static unsigned below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

static void insert_word(struct text_edit *edit, int member)
{
	char word[64] = "";
	const char *letters = alphabets[member];
	int count = (int)text_measure(letters, strlen(letters));

	for (unsigned n = 1 + below(4); n; n--) {
		const char *s = letters;
		for (unsigned skip = below((unsigned)count); skip; skip--)
			for (s++; (*s & 0xC0) == 0x80;)
				s++;
		size_t bytes = 1;
		while ((s[bytes] & 0xC0) == 0x80)
			bytes++;
		strncat(word, s, bytes);
	}
	text_edit_insert(edit, word, strlen(word));
}

static struct text_edit random_edit(int member, int64_t length, bool only_insert)
{
	struct text_edit edit = { 0 };

	while (!edit.n) {
		for (unsigned parts = 1 + below(3); parts; parts--) {
			int64_t skip = length ? below((unsigned)length + 1) : 0, gone;
			text_edit_skip(&edit, skip);
			length -= skip;
			if (length > TEXT_MAX / 4 ? below(4) == 0 : below(3) > 0)
				insert_word(&edit, member);
			gone = length && !only_insert && below(2) ? below((unsigned)length + 1) : 0;
			text_edit_delete(&edit, gone > 6 && below(4) ? 6 : gone);
			length -= gone;
			if (!only_insert && below(4) == 0)
				insert_word(&edit, member);
		}
		text_edit_trim(&edit);
	}
	return edit;
}

static bool is_there(const struct object *object)
{
	return !object->values[kind_field(object->kind, "deleted")].n;
}

static const struct object *random_object(struct world *world, enum kind kind, bool live)
{
	const struct object *found = NULL;
	unsigned seen = 0;

	for (const struct object *object = doc_first(world->doc); object; object = object_next(object))
		if (object->kind == kind && is_there(object) == live && below(++seen) == 0)
			found = object;
	return found;
}

static void do_type(struct world *world, int m, bool only_insert)
{
	const struct object *note = random_object(world, KIND_NOTE, true);

	if (!note)
		return;
	struct text_edit edit = random_edit(m, text_measure(note->values[NOTE_TEXT].s, note->values[NOTE_TEXT].n), only_insert);
	op_text(world, note, &edit, object_int(note, NOTE_REV) + 1);
	commit(world, members[m], CMD_NOTE_TEXT, NULL, 0);
	text_edit_release(&edit);
}

static void do_move(struct world *world, int m)
{
	static const char *const boxes[] = { "one", "two", "three" };
	const struct object *first = random_object(world, KIND_NOTE, true), *second = random_object(world, KIND_NOTE, true);

	if (!first)
		return;
	struct op *op = op_add(world, OP_SET, KIND_NOTE, first->id);
	op_str(op, NOTE_BOX, boxes[below(3)]);
	op_str(op, NOTE_POS, boxes[below(3)]);
	if (second != first)
		op_str(op_add(world, OP_SET, KIND_NOTE, second->id), NOTE_BOX, boxes[below(3)]);
	commit(world, members[m], CMD_NOTE_MOVE, NULL, 0);
}

static void do_set(struct world *world, int m)
{
	const struct object *note = random_object(world, KIND_NOTE, true);

	if (!note)
		return;
	op_int(op_add(world, OP_SET, KIND_NOTE, note->id), NOTE_TYPE, below(3));
	commit(world, members[m], CMD_NOTE_SET, NULL, 0);
}

static const char *new_id(struct world *world, char prefix)
{
	char id[8] = { prefix, (char)('a' + doc_count(world->doc) % 26), (char)('a' + doc_count(world->doc) / 26), 0 };

	assert_null(doc_find(world->doc, id));
	return arena_copy(&world->arena, id, 3);
}

static void do_add(struct world *world, int m)
{
	const struct object *other = random_object(world, KIND_NOTE, true);

	if (world->shadow_count > 40)
		return;
	struct text_edit edit = { 0 };
	insert_word(&edit, m);
	const char *id = new_id(world, 'n');
	put_note(world, id, members[m], edit.text.s);
	if (other && below(2))
		put_link(world, arena_copy(&world->arena, id[1] % 2 ? "l" : "k", 1), other->id, id);
	if (world->n == 2) {
		world->ops[1].id[1] = id[1];
		world->ops[1].id[2] = id[2];
	}
	commit(world, members[m], CMD_NOTE_ADD, NULL, 0);
	text_edit_release(&edit);
}

static void do_link(struct world *world, int m)
{
	const struct object *from = random_object(world, KIND_NOTE, true), *to = random_object(world, KIND_NOTE, true);

	if (!from || from == to || doc_count(world->doc) > 100)
		return;
	put_link(world, new_id(world, 'm'), from->id, to->id);
	commit(world, members[m], CMD_LINK_ADD, NULL, 0);
}

static void do_unlink(struct world *world, int m)
{
	const struct object *link = random_object(world, KIND_LINK, true);

	if (!link)
		return;
	op_str(op_add(world, OP_SET, KIND_LINK, link->id), LINK_DELETED, "own");
	commit(world, members[m], CMD_LINK_REMOVE, NULL, 0);
}

/* Links whose ends are `id` and a live note, of one state, into the other; before or after their note. */
static void move_links(struct world *world, const char *id, const char *from_state, const char *to_state)
{
	for (const struct object *link = doc_first(world->doc); link; link = object_next(link)) {
		if (link->kind != KIND_LINK || strcmp(object_str(link, LINK_DELETED), from_state) != 0)
			continue;
		bool from = !strcmp(object_str(link, LINK_FROM), id), to = !strcmp(object_str(link, LINK_TO), id);
		const struct object *other = from || to ? doc_find(world->doc, object_str(link, from ? LINK_TO : LINK_FROM)) : NULL;
		if (other && is_there(other))
			op_str(op_add(world, OP_SET, KIND_LINK, link->id), LINK_DELETED, to_state);
	}
}

static void do_delete(struct world *world, int m)
{
	const struct object *note = random_object(world, KIND_NOTE, true);

	if (!note)
		return;
	set_note(world, note->id, NOTE_DELETED, strcmp(object_str(note, NOTE_AUTHOR), members[m]) ? "other" : "author");
	move_links(world, note->id, "", "end");
	commit(world, members[m], CMD_NOTE_DELETE, NULL, 0);
}

static void do_restore_note(struct world *world, int m)
{
	const struct object *note = random_object(world, KIND_NOTE, false);

	if (!note)
		return;
	set_note(world, note->id, NOTE_DELETED, "");
	move_links(world, note->id, "end", "");
	commit(world, members[m], CMD_NOTE_RESTORE, NULL, 0);
}

/* As restoring a document does: things come back, texts change, several times in one step even. */
static void do_restore(struct world *world, int m)
{
	const struct object *gone = random_object(world, KIND_NOTE, false), *note = gone ? gone : random_object(world, KIND_NOTE, true);

	if (!note)
		return;
	if (gone) {
		set_note(world, gone->id, NOTE_DELETED, "");
		move_links(world, gone->id, "end", "");
	}
	int64_t length = text_measure(note->values[NOTE_TEXT].s, note->values[NOTE_TEXT].n);
	for (int i = 0; i < 2; i++) {
		struct text_edit edit = random_edit(m, length, false);
		op_text(world, note, &edit, object_int(note, NOTE_REV) + 1 + i);
		length += text_edit_growth(&edit);
		text_edit_release(&edit);
	}
	commit(world, members[m], CMD_RESTORE, NULL, 0);
}

/* Of a command that makes no step. */
static void do_moderate(struct world *world, int m)
{
	const struct object *note = random_object(world, KIND_NOTE, true);

	if (!note)
		return;
	struct text_edit edit = random_edit(m, text_measure(note->values[NOTE_TEXT].s, note->values[NOTE_TEXT].n), false);
	op_text(world, note, &edit, object_int(note, NOTE_REV) + 1);
	commit(world, members[m], CMD_POST_APPROVE, NULL, 0);
	text_edit_release(&edit);
}

static void do_something(struct world *world, int m)
{
	world->now_ms += below(2) ? below(900) : below(4000);
	switch (below(16)) {
	case 0: do_move(world, m); break;
	case 1: do_set(world, m); break;
	case 2: do_add(world, m); break;
	case 3: do_link(world, m); break;
	case 4: do_unlink(world, m); break;
	case 5: do_delete(world, m); break;
	case 6: do_restore_note(world, m); break;
	case 7: do_restore(world, m); break;
	default: do_type(world, m, false); break;
	}
}

/* Everything there is, as text, without what only counts. `alive`: only what is not deleted. */
static char *picture(struct world *world, bool alive)
{
	struct buf b = { 0 };

	for (const struct object *object = doc_first(world->doc); object; object = object_next(object)) {
		if (alive && !is_there(object))
			continue;
		object_write(&b, object, object->kind == KIND_NOTE ? ~(1u << NOTE_REV) : ~(field_mask)0);
		buf_char(&b, '\n');
	}
	buf_str(&b, "");
	return b.s ? b.s : strdup("");
}

static void start(struct world *world)
{
	for (int i = 0; i < NOTES; i++) {
		char id[4] = { 'n', (char)('0' + i), 0 };
		put_note(world, id, members[i % MEMBERS], i ? "0123456789" : "");
	}
	put_link(world, "l0", "n0", "n1");
	put_link(world, "l1", "n2", "n1");
	commit(world, INA, CMD_CANVAS_ADD, NULL, 0); /* no step */
	assert_int_equal(steps_depth(world->steps, INA, false), 0);
}

static void assert_undo_redo_identity(struct world *world, const char *member)
{
	char *before = picture(world, false);

	if (undo(world, member) != CMD_NONE) {
		assert_true(redo(world, member) != CMD_NONE);
		char *after = picture(world, false);
		assert_string_equal(before, after);
		free(after);
	}
	free(before);
}

static void change_twin(struct world *world)
{
	struct steps *copy = copy_of(world->steps);

	if (world->twin) {
		struct buf a = { 0 }, b = { 0 };
		steps_write(&a, world->steps);
		steps_write(&b, world->twin);
		assert_string_equal(a.s, b.s);
		buf_release(&a);
		buf_release(&b);
	}
	steps_free(world->twin);
	world->twin = copy;
}

/* Several members at once: nobody's characters go, everything fits, what was written and read goes on the same, and undo then redo is nothing. */
static void round_of_several(void)
{
	struct world *world = world_new();

	start(world);
	for (int action = 0; action < 80; action++) {
		int m = (int)below(MEMBERS);
		switch (below(12)) {
		case 0:
		case 1: undo(world, members[m]); break;
		case 2: redo(world, members[m]); break;
		case 3: assert_undo_redo_identity(world, members[m]); break;
		case 4:
			if (below(4) == 0)
				revert(world, INA, members[below(MEMBERS)], world->now_ms - below(30000));
			break;
		case 5:
			if (below(4) == 0)
				world->refuse ^= 1u << m;
			break;
		case 6:
			if (below(4) == 0)
				change_twin(world);
			break;
		case 7: do_moderate(world, m); break;
		default: do_something(world, m); break;
		}
	}
	change_twin(world);
	world_free(world);
}

/* Alone: everything can be undone, back to the beginning, and done again. */
static void round_alone(void)
{
	struct world *world = world_new();

	start(world);
	char *first = picture(world, true);
	for (int action = 0; action < 40; action++) {
		if (below(6) == 0)
			undo(world, ANN);
		else if (below(6) == 0)
			redo(world, ANN);
		else
			do_something(world, 0);
	}
	while (redo(world, ANN) != CMD_NONE)
		;
	char *last = picture(world, false);
	size_t count = 0;
	while (undo(world, ANN) != CMD_NONE)
		count++;
	char *back = picture(world, true);
	assert_string_equal(back, first);
	if (below(2))
		change_twin(world);
	while (redo(world, ANN) != CMD_NONE)
		count--;
	assert_int_equal(count, 0);
	char *again = picture(world, false);
	assert_string_equal(again, last);
	/* An instructor takes all of it back at once, and thinks better of it. */
	if (steps_depth(world->steps, ANN, false)) {
		revert(world, INA, ANN, 0);
		free(back);
		back = picture(world, true);
		assert_string_equal(back, first);
		undo(world, INA);
		free(again);
		again = picture(world, true);
		free(last);
		redo(world, INA);
		undo(world, INA);
		last = picture(world, true);
		assert_string_equal(again, last);
	}
	free(first);
	free(last);
	free(back);
	free(again);
	world_free(world);
}

/* What is left of a text without the characters of one alphabet. */
static char *without(const char *text, const char *letters)
{
	struct buf b = { 0 };

	for (const char *s = text; *s;) {
		size_t bytes = 1;
		char one[5] = "";
		while ((s[bytes] & 0xC0) == 0x80)
			bytes++;
		memcpy(one, s, bytes);
		if (!strstr(letters, one))
			buf_add(&b, s, bytes);
		s += bytes;
	}
	return b.s ? b.s : strdup("");
}

/* While Ben only adds, Ann may delete whatever she likes, and undo and redo: when all of hers is undone, the text is what it was, with all that Ben wrote in it. */
static void round_beside(void)
{
	struct world *world = world_new();
	int64_t bens = 0;

	put_note(world, "n0", BEN, "0123456789");
	commit(world, INA, CMD_CANVAS_ADD, NULL, 0);
	for (int action = 0; action < 40; action++) {
		world->now_ms += below(1500);
		unsigned what = below(10);
		int64_t before = text_measure(text_of(world, "n0"), strlen(text_of(world, "n0")));
		if (what == 0)
			undo(world, ANN);
		else if (what == 1)
			redo(world, ANN);
		else if (what < 7)
			do_type(world, 0, false);
		else
			do_type(world, 1, true);
		if (what >= 7)
			bens += text_measure(text_of(world, "n0"), strlen(text_of(world, "n0"))) - before;
		if (below(20) == 0)
			change_twin(world);
	}
	while (undo(world, ANN) != CMD_NONE)
		;
	char *rest = without(text_of(world, "n0"), alphabets[1]);
	assert_string_equal(rest, "0123456789");
	assert_int_equal(text_measure(text_of(world, "n0"), strlen(text_of(world, "n0"))), 10 + bens);
	free(rest);
	while (undo(world, BEN) != CMD_NONE)
		;
	rest = without(text_of(world, "n0"), alphabets[1]);
	assert_string_equal(rest, "0123456789");
	free(rest);
	world_free(world);
}

static uint64_t seed_under_way;

static void rounds(void (*play)(void))
{
	const char *seed = getenv("STEPS_TEST_SEED"), *count = getenv("STEPS_TEST_ROUNDS");
	uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
	uint64_t n = seed ? 1 : count ? strtoull(count, NULL, 10) : 1500;

	for (uint64_t round = first; round < first + n; round++) {
		random_state = round * 0x9e3779b97f4a7c15u + 1;
		for (int i = 0; i < 8; i++)
			below(2);
		seed_under_way = round;
		play();
		seed_under_way = 0;
	}
}

/* Tells how to repeat the round that failed. */
static int tell_seed(void **state)
{
	(void)state;
	if (seed_under_way)
		print_error("repeat with STEPS_TEST_SEED=%llu\n", (unsigned long long)seed_under_way);
	seed_under_way = 0;
	return 0;
}

static void test_several(void **state)
{
	(void)state;
	rounds(round_of_several);
}

static void test_alone(void **state)
{
	(void)state;
	rounds(round_alone);
}

static void test_beside(void **state)
{
	(void)state;
	rounds(round_beside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing_joins),
		cmocka_unit_test(test_what_ends_a_step_of_typing),
		cmocka_unit_test(test_others_inside),
		cmocka_unit_test(test_older_steps_stay_exact),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_what_was_made),
		cmocka_unit_test(test_notes_that_others_wrote_in_stay),
		cmocka_unit_test(test_links_go_with_their_notes),
		cmocka_unit_test(test_deleted_things_are_left_alone),
		cmocka_unit_test(test_post_edits),
		cmocka_unit_test(test_types_lose_their_name),
		cmocka_unit_test(test_what_makes_no_step),
		cmocka_unit_test(test_purged_and_full),
		cmocka_unit_test(test_rights_are_those_of_now),
		cmocka_unit_test(test_revert),
		cmocka_unit_test(test_revert_is_exact),
		cmocka_unit_test(test_reverting_is_not_writing),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test_teardown(test_several, tell_seed),
		cmocka_unit_test_teardown(test_alone, tell_seed),
		cmocka_unit_test_teardown(test_beside, tell_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
