/* How undo works; and its first half, taking note of what everybody does. (The other files are listed in steps_internal.h.)
 *
 * A step is a list of *changes*, one for each op, and each knows how to be taken back.
 *
 * Values (SET, objects made, objects replaced whole) remember what was and what became. They are taken back as a unit, and only if all is still as the step made it.
 *
 * Texts cannot be asked whether they are still the same: somebody is always typing. So a change of a text remembers its inverse, and what has happened since as one edit, its *pending* one. Changes of one text in one stack
 * form a *chain*, and the invariant is about it: the inverse of a change fits the text as it would be if all changes above it in its stack were undone, and
 *
 *     pending of the topmost change leads from there to the text as it is;
 *     pending of any other leads from there to the text as it was just before the change above it was made, or would be if that one were undone.
 *
 * So an op in a text costs one compose for each stack with a chain there, whatever its depth: only topmost changes take it up. Undoing the topmost carries its inverse over its pending edit, which gives the op; and carries the pending edit over the inverse,
 * which gives what the change below must take up as well. Undoing in that order is exact: each inverse meets the very text it was made on, plus what others did. (The rejected alternative, composing one's own undo onto what lies below like
 * anybody's edit, deletes and inserts again what never really went away, and older inverses lose hold of it.) Of inserts at one place the inverse's come first: it is the newcomer, TEXT_LEFT, and what is pending is logged, TEXT_RIGHT.
 *
 * An inverse deletes only what its own step inserted; carrying it over others' edits splits it around what they inserted. Hence no undo deletes another's characters.
 *
 * A pending edit may be as long as its text, and composing copies it. So what comes in gathers in a short `recent` edit first, which now and then is composed onto `pending`; together they are the pending edit of the above.
 *
 * Pending edits are never applied, so only their shape is kept: whatever is inserted there is dots. Nobody's words lie about in other people's stacks, except those that they deleted themselves.
 *
 * When a command that takes steps back begins, its steps are popped as if nothing came of them (the right was lost since, the text is full); when then a text's op is the one that undoing them all gives, the exact pending edit takes
 * its place. One op a text, for all steps that one command takes back, is what makes that decidable. */
#include "server/room/steps_internal.h"

/* ---- a command begins ---- */

/* What lies below popped changes of a text takes up what was pending of them. `exactly`: if the op comes that undoes them. */
static void settle(struct steps *steps, struct unwinding *text, bool exactly)
{
	if (!text->next)
		return;
	if (!text->total.n) {
		pending_set(text->next, &text->undone); /* nothing to undo is undone */
		return;
	}
	pending_set(text->next, &text->kept);
	if (!exactly)
		return;
	steps->now.expected = grow(steps->now.expected, steps->now.n, &steps->now.cap, sizeof *steps->now.expected);
	struct expected *expected = &steps->now.expected[steps->now.n++];
	*expected = (struct expected){ .key = text->key, .below = text->next };
	edit_strip(&text->total, &expected->total);
	edit_keep(&expected->pending, &text->undone);
}

/* Returns the command of the last step that was popped. */
static enum command pop(struct steps *steps, struct stack *stack, int pops, bool exactly)
{
	struct unwinding *texts = NULL, *text;
	enum command command = CMD_NONE;
	size_t end = stack->n;

	for (; pops > 0 && stack->n; pops--) {
		struct step *step = stack->steps[--stack->n];
		command = step->command;
		for (size_t i = step->n; i-- > 0;)
			if (step->changes[i]->type == CHANGE_TEXT)
				unwind(&texts, step->changes[i]);
	}
	for (size_t i = end; i-- > stack->n;)
		step_free(steps, stack->steps[i]);
	for (text = texts; text; text = text->hh.next)
		settle(steps, text, exactly);
	unwindings_free(&texts);
	if (stack->n)
		stack_top(stack)->open = false;
	stack_bound(steps, stack);
	return command;
}

static void begin_undo(struct steps *steps, const struct step_source *source, bool redo)
{
	struct member *actor = member_need(steps, source->actor);
	steps->now.from = stack_of(actor, redo);
	steps->now.to = stack_of(actor, !redo);
	steps->now.command = pop(steps, steps->now.from, source->pops, true);
}

/* An ordinary step: what was undone before can no longer be done again. */
static void begin_step(struct steps *steps, const struct step_source *source)
{
	struct member *actor = member_need(steps, source->actor);
	stack_clear(steps, &actor->redo);
	steps->now.to = &actor->undo;
	steps->now.typing = source->command == CMD_NOTE_TEXT;
}

static void begin_revert(struct steps *steps, const struct step_source *source)
{
	struct member *whose = source->whose ? member_find(steps, source->whose) : NULL;
	begin_step(steps, source);
	if (!whose)
		return;
	stack_clear(steps, &whose->redo);
	/* Whoever reverts their own steps has the revert itself on top of what is left: there they are not undone. */
	bool own = &whose->undo == steps->now.to;
	pop(steps, &whose->undo, source->pops, !own);
	if (!own)
		steps->now.from = &whose->undo;
}

static void begin(struct steps *steps, const struct step_source *source)
{
	expected_clear(steps);
	steps->now.command = source->command;
	steps->now.typing = false;
	steps->now.at_ms = source->at_ms;
	steps->now.from = steps->now.to = NULL;
	steps->now.step = NULL;
	if (source->command == CMD_UNDO || source->command == CMD_REDO)
		begin_undo(steps, source, source->command == CMD_REDO);
	else if (source->command == CMD_REVERT)
		begin_revert(steps, source);
	else if (command_specs[source->command].undoes)
		begin_step(steps, source);
}

/* ---- its ops: values ---- */

/* A new change of the command's step. Call change_done once it is filled. */
static struct change *record(struct steps *steps, enum change_type type, enum kind kind, const char *id)
{
	if (!steps->now.step)
		steps->now.step = stack_push(steps->now.to, steps->now.command, steps->now.at_ms);
	struct change *change = change_add(steps->now.to, steps->now.step, type, kind, id);
	change->number = steps->number;
	return change;
}

static void record_done(struct steps *steps, struct change *change)
{
	change_weigh(change);
	stack_bound(steps, steps->now.to);
}

/* The fields of `mask` that became something else. */
static void record_set(struct steps *steps, enum kind kind, const char *id, field_mask mask, const struct value *was, const struct value *became)
{
	for (int f = 0; f < kind_specs[kind].field_count; f++)
		if ((mask & (1u << f)) && value_equal(&was[f], &became[f]))
			mask &= ~(1u << f);
	if (!(mask & ~counters_of(kind)) || !steps->now.to)
		return;
	struct change *change = record(steps, CHANGE_SET, kind, id);
	change->was = shade_new(mask, was);
	change->became = shade_new(mask, became);
	record_done(steps, change);
}

/* Forgets all changes of a text: it is gone, or another one now. */
static void forget_text(struct steps *steps, const char *id, int field)
{
	struct text_key key = text_key(id, field);
	struct text *text = text_find(steps, &key);
	if (!text)
		return;
	for (size_t i = 0; i < text->n; i++)
		for (struct change *change = text->chains[i].top, *below; change; change = below) {
			below = change->below;
			expect_nothing_of(steps, change);
			change_void(change);
		}
	text_free(steps, text);
}

static void forget_texts(struct steps *steps, const struct object *object, field_mask mask)
{
	for (int f = 0; f < kind_specs[object->kind].field_count; f++)
		if ((mask & (1u << f)) && kind_specs[object->kind].fields[f].rev >= 0)
			forget_text(steps, object->id, f);
}

static void note_put(struct steps *steps, const struct op *op, const struct object *before)
{
	if (before)
		forget_texts(steps, before, all_fields(before->kind));
	if (!steps->now.to || (before && before->kind != op->kind))
		return;
	if (is_whole(op->kind)) {
		struct change *change = record(steps, CHANGE_WHOLE, op->kind, op->id);
		change->was = before ? shade_of_object(before) : NULL;
		change->became = shade_new(all_fields(op->kind), op->values);
		record_done(steps, change);
	} else if (!before && deleted_of(op->kind) >= 0) {
		record_done(steps, record(steps, CHANGE_MADE, op->kind, op->id));
	} else if (!before && op->kind == KIND_TYPE) {
		/* A customer type is not deleted but loses its name. */
		static const struct value zero[FIELDS_MAX] = { [TYPE_NAME] = { .s = "" } };
		record_set(steps, op->kind, op->id, 1u << TYPE_NAME, zero, op->values);
	}
}

static void note_set(struct steps *steps, const struct op *op, const struct object *before)
{
	field_mask mask = op->mask & all_fields(before->kind);
	forget_texts(steps, before, mask);
	for (int f = 0; f < kind_specs[before->kind].field_count; f++)
		if (kind_specs[before->kind].fields[f].rev >= 0)
			mask &= ~(1u << f | 1u << kind_specs[before->kind].fields[f].rev);
	record_set(steps, before->kind, before->id, mask, before->values, op->values);
}

static void note_del(struct steps *steps, const struct object *before)
{
	struct writers *writers = writers_find(steps, before->id);
	forget_texts(steps, before, all_fields(before->kind));
	if (writers)
		writers_free(steps, writers);
	if (!is_whole(before->kind) || !steps->now.to)
		return;
	struct change *change = record(steps, CHANGE_WHOLE, before->kind, before->id);
	change->was = shade_of_object(before);
	record_done(steps, change);
}

/* ---- its ops: texts ---- */

static bool edit_equal(const struct text_edit *a, const struct text_edit *b)
{
	if (a->n != b->n || a->text.n != b->text.n || (a->text.n && memcmp(a->text.s, b->text.s, a->text.n) != 0))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->parts[i].kind != b->parts[i].kind || a->parts[i].count != b->parts[i].count || a->parts[i].bytes != b->parts[i].bytes)
			return false;
	return true;
}

/* Whether this is the op that undoes what was popped of its text; what is below it then has its exact pending edit. */
static bool meets_expectation(struct steps *steps, const struct text_key *key, const struct text_edit *edit)
{
	for (size_t i = 0; i < steps->now.n; i++) {
		struct expected *expected = &steps->now.expected[i];
		if (!expected->below || memcmp(&expected->key, key, sizeof *key) != 0 || !edit_equal(&expected->total, edit))
			continue;
		pending_set(expected->below, &expected->pending);
		expected->below = NULL;
		return true;
	}
	return false;
}

/* Bounds the stacks that have a chain of this text, which may take chains or all of it away. */
static void bound_all(struct steps *steps, const struct text_key *key)
{
	struct text *text = text_find(steps, key);
	for (size_t i = 0; text && i < text->n; i++) {
		struct stack *stack = text->chains[i].top->stack;
		if (!is_over(stack))
			continue;
		stack_bound(steps, stack);
		bound_all(steps, key);
		return;
	}
}

/* All stacks take up the edit, except the one whose own step it becomes. `edit` is stripped. */
static void carry(struct steps *steps, const struct text_key *key, const struct text_edit *edit)
{
	struct text *text = text_find(steps, key);
	struct text_edit shape = { 0 };
	bool met = steps->now.n && meets_expectation(steps, key, edit);

	edit_shape(edit, &shape);
	for (size_t i = 0; text && i < text->n; i++) {
		struct chain *chain = &text->chains[i];
		if (chain->stack == steps->now.to || (met && chain->stack == steps->now.from))
			continue;
		pending_add(steps, chain->top, &shape);
	}
	text_edit_release(&shape);
	bound_all(steps, key);
}

/* The change that this typing goes on with, or NULL. */
static struct change *joined(const struct steps *steps, const struct text_key *key)
{
	struct step *step = steps->now.typing && !steps->now.step ? stack_top(steps->now.to) : NULL;
	if (!step || !step->open || step->n != 1 || steps->now.at_ms - step->at_ms >= STEPS_PAUSE_MS)
		return NULL;
	struct change *change = step->changes[0];
	return change->type == CHANGE_TEXT && change->field == key->field && !strcmp(change->id, key->id) ? change : NULL;
}

/* The step grows by an edit with that inverse: undone, it takes the edit back and then, carried over what others did meanwhile, what it did before. What they did goes to the change below. */
static void join(struct steps *steps, struct change *change, const struct text_edit *inverse)
{
	struct text_edit old = { 0 }, both = { 0 }, pending = { 0 };

	pending_fold(change);
	text_transform(&change->inverse, &change->pending, TEXT_LEFT, &old);
	text_transform(&change->pending, &change->inverse, TEXT_RIGHT, &pending);
	text_compose(inverse, &old, &both);
	edit_keep(&change->inverse, &both);
	text_edit_release(&change->pending);
	change->number = steps->number;
	change_weigh(change);
	if (change->below)
		pending_add(steps, change->below, &pending);
	steps->now.step = stack_top(steps->now.to);
	steps->now.step->at_ms = steps->now.at_ms;
	stack_bound(steps, steps->now.to);
	text_edit_release(&old);
	text_edit_release(&both);
	text_edit_release(&pending);
}

static void record_text(struct steps *steps, const struct object *before, int field, const struct text_edit *edit)
{
	struct text_key key = text_key(before->id, field);
	struct text_edit full = { 0 }, inverse = { 0 };
	struct change *change = joined(steps, &key);

	/* Most edits only insert: those need not be compared with the text. */
	if (!text_invert(edit, &inverse)) {
		text_make_invertible(edit, before->values[field].s, before->values[field].n, &full);
		text_invert(&full, &inverse);
	}
	text_edit_trim(&inverse);
	if (change) {
		join(steps, change, &inverse);
	} else {
		change = record(steps, CHANGE_TEXT, before->kind, before->id);
		change->field = field;
		edit_keep(&change->inverse, &inverse);
		chain_push(steps, change);
		/* What lies deeper is not touched again for long. */
		for (struct change *deep = change->below; deep && deep->recent.n; deep = deep->below)
			pending_fold(deep);
		steps->now.step->open = steps->now.typing;
		record_done(steps, change);
	}
	text_edit_release(&full);
	text_edit_release(&inverse);
}

static void note_text(struct steps *steps, const struct step_source *source, const struct op *op, const struct object *before)
{
	int field = op->mask ? __builtin_ctz(op->mask) : FIELDS_MAX;
	struct text_edit logged = { 0 }, edit = { 0 };

	if (field >= kind_specs[before->kind].field_count || kind_specs[before->kind].fields[field].rev < 0)
		return;
	if (text_edit_read(op->edit, &logged) == TEXT_OK && logged.n && text_edit_check(&logged, text_length(&before->values[field])) == TEXT_OK) {
		struct text_key key = text_key(before->id, field);
		edit_strip(&logged, &edit);
		/* What undo and its kin bring back or take away was written by whoever wrote it. */
		if (source->command != CMD_UNDO && source->command != CMD_REDO && source->command != CMD_REVERT)
			wrote(steps, before->id, source->actor, steps->number);
		carry(steps, &key, &edit);
		if (steps->now.to)
			record_text(steps, before, field, &edit);
	}
	text_edit_release(&logged);
	text_edit_release(&edit);
}

/* ---- all of them ---- */

void steps_note(struct steps *steps, const struct step_source *source, const struct op *op, const struct object *before)
{
	if (source->first)
		begin(steps, source);
	steps->number++;
	if (op->type == OP_PUT)
		note_put(steps, op, before);
	else if (!before)
		return;
	else if (op->type == OP_SET)
		note_set(steps, op, before);
	else if (op->type == OP_TEXT)
		note_text(steps, source, op, before);
	else if (op->type == OP_DEL)
		note_del(steps, before);
}
