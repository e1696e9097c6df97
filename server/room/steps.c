/* A step is a list of *changes*, one for each op, and each knows how to be taken back.
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
#include "server/room/steps.h"
#include "proto/json.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum change_type {
	CHANGE_NONE,  /* nothing to be taken back any more: its text was purged */
	CHANGE_TEXT,
	CHANGE_SET,
	CHANGE_MADE,  /* an object that was not there: taken back by marking it deleted */
	CHANGE_WHOLE, /* an object put or dropped as a whole */
};
static const char *const change_names[] = { [CHANGE_TEXT] = "text", [CHANGE_SET] = "set", [CHANGE_MADE] = "made", [CHANGE_WHOLE] = "whole" };
enum { CHANGE_TYPES = sizeof change_names / sizeof *change_names };

/* The values of some fields, in one allocation. */
struct shade {
	field_mask mask;
	size_t bytes;
	struct value values[]; /* one for each bit of the mask, in order */
};

struct change {
	enum change_type type;
	enum kind kind;
	char id[OBJECT_ID_CAP];
	int64_t number; /* of the op, counted in this document */
	size_t bytes;   /* as counted in its stack */
	struct stack *stack;
	/* TEXT */
	int field;
	struct text_edit inverse, pending;
	struct text_edit recent;      /* the newest of what is pending, not composed onto it yet */
	struct change *above, *below; /* in its chain */
	/* SET: both. WHOLE: NULL where there was or is no object */
	struct shade *was, *became;
};

struct step {
	enum command command;
	int64_t at_ms; /* of its last op */
	bool open;     /* typing may still join it */
	struct change **changes;
	size_t n, cap;
};

struct stack {
	struct step **steps; /* newest last */
	size_t n, cap;
	size_t bytes;
};

struct member {
	char id[OBJECT_ID_CAP];
	UT_hash_handle hh;
	struct stack undo, redo;
};

struct text_key {
	char id[OBJECT_ID_CAP];
	int field;
};

/* The chains of one text, one for each stack that has changes of it. */
struct text {
	struct text_key key;
	UT_hash_handle hh;
	struct chain {
		const struct stack *stack;
		struct change *top;
	} *chains;
	size_t n, cap;
};

/* Who has written in an object's text, and the number of their last op there. */
struct writers {
	char id[OBJECT_ID_CAP];
	UT_hash_handle hh;
	struct writer {
		char member[OBJECT_ID_CAP];
		int64_t number;
	} *by;
	size_t n, cap;
};

/* What the op of a text is if all popped changes of it are undone by it, and what is pending below then. */
struct expected {
	struct text_key key;
	struct change *below;
	struct text_edit total, pending;
};

struct steps {
	struct member *members;
	struct text *texts;
	struct writers *writers;
	int64_t number; /* ops noted */
	/* The command under way */
	struct {
		enum command command; /* what its step is called */
		bool typing;
		int64_t at_ms;
		struct stack *from, *to; /* steps were popped from; its step goes to. Either may be NULL */
		struct step *step;       /* once it has a change */
		struct expected *expected;
		size_t n, cap;
	} now;
	struct text_edit scratch;
};

/* Components of a recent edit before it is composed onto the pending one. */
enum { RECENT_MAX = 32 };

/* ---- memory ---- */

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Room for one more of `size` bytes. */
static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 4;
	return must(reallocarray(items, *cap, size));
}

static void copy_id(char to[OBJECT_ID_CAP], const char *id)
{
	assert(strlen(id) < OBJECT_ID_CAP);
	memset(to, 0, OBJECT_ID_CAP); /* keys of hashes are compared to their last byte */
	strcpy(to, id);
}

static struct text_key text_key(const char *id, int field)
{
	struct text_key key = { .field = field };
	copy_id(key.id, id);
	return key;
}

/* ---- edits ---- */

/* Moves `from` to `*to`, with no more memory than it needs: most edits lie in their stack for good. */
static void edit_keep(struct text_edit *to, struct text_edit *from)
{
	text_edit_release(to);
	if (!from->n) {
		text_edit_release(from);
		return;
	}
	*to = *from;
	*from = (struct text_edit){ 0 };
	to->parts = must(reallocarray(to->parts, to->n, sizeof *to->parts));
	to->cap = to->n;
	if (to->text.n) {
		to->text.s = must(realloc(to->text.s, to->text.n + 1));
		to->text.cap = to->text.n;
	} else {
		buf_release(&to->text);
	}
}

/* `*onto` becomes itself and then `edit`. */
static void edit_compose(struct text_edit *onto, const struct text_edit *edit)
{
	struct text_edit both = { 0 };
	if (!edit->n)
		return;
	text_compose(onto, edit, &both);
	edit_keep(onto, &both);
}

/* The same edit, with deletions by count, as they are logged. */
static void edit_strip(const struct text_edit *edit, struct text_edit *out)
{
	text_edit_reset(out);
	for (size_t i = 0; i < edit->n; i++) {
		const struct text_component *part = &edit->parts[i];
		if (part->kind == TEXT_INSERT)
			text_edit_insert(out, edit->text.s + part->at, part->bytes);
		else if (part->kind == TEXT_DELETE)
			text_edit_delete(out, part->count);
		else
			text_edit_skip(out, part->count);
	}
	text_edit_trim(out);
}

/* What of an edit counts for carrying others over it. */
static void edit_shape(const struct text_edit *edit, struct text_edit *out)
{
	struct buf dots = { 0 };
	text_edit_reset(out);
	for (size_t i = 0; i < edit->n; i++) {
		const struct text_component *part = &edit->parts[i];
		if (part->kind == TEXT_INSERT) {
			while (dots.n < (size_t)part->count)
				buf_char(&dots, '.');
			text_edit_insert(out, dots.s, (size_t)part->count);
		} else if (part->kind == TEXT_DELETE) {
			text_edit_delete(out, part->count);
		} else {
			text_edit_skip(out, part->count);
		}
	}
	text_edit_trim(out);
	buf_release(&dots);
}

/* Code points of a text that is in a document, and so is known to be valid: far cheaper than measuring it. */
static int64_t text_length(const struct value *text)
{
	int64_t count = 0;
	for (size_t i = 0; i < text->n; i++)
		count += ((unsigned char)text->s[i] & 0xC0) != 0x80;
	return count;
}

static bool edit_equal(const struct text_edit *a, const struct text_edit *b)
{
	if (a->n != b->n || a->text.n != b->text.n || (a->text.n && memcmp(a->text.s, b->text.s, a->text.n) != 0))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->parts[i].kind != b->parts[i].kind || a->parts[i].count != b->parts[i].count || a->parts[i].bytes != b->parts[i].bytes)
			return false;
	return true;
}

/* ---- values ---- */

static int bit_count(field_mask mask)
{
	return __builtin_popcount(mask);
}

/* The value of a field that the shade has. */
static const struct value *shade_value(const struct shade *shade, int field)
{
	assert(shade->mask & (1u << field));
	return &shade->values[bit_count(shade->mask & ((1u << field) - 1))];
}

/* `values` by field number; those of `mask` are copied. */
static struct shade *shade_new(field_mask mask, const struct value *values)
{
	size_t bytes = sizeof(struct shade) + sizeof(struct value) * (size_t)bit_count(mask), n = 0;
	for (int f = 0; f < FIELDS_MAX; f++)
		if (mask & (1u << f))
			bytes += values[f].n + 1;
	struct shade *shade = must(malloc(bytes));
	shade->mask = mask;
	shade->bytes = bytes;
	char *end = (char *)&shade->values[bit_count(mask)];
	for (int f = 0; f < FIELDS_MAX; f++) {
		if (!(mask & (1u << f)))
			continue;
		if (values[f].n)
			memcpy(end, values[f].s, values[f].n);
		end[values[f].n] = '\0';
		shade->values[n++] = (struct value){ .s = end, .n = values[f].n, .i = values[f].i };
		end += values[f].n + 1;
	}
	return shade;
}

static bool value_equal(const struct value *a, const struct value *b)
{
	return a->i == b->i && a->n == b->n && (!a->n || !memcmp(a->s, b->s, a->n));
}

static field_mask all_fields(enum kind kind)
{
	return (field_mask)((UINT64_C(1) << kind_specs[kind].field_count) - 1);
}

static struct shade *shade_of_object(const struct object *object)
{
	return shade_new(all_fields(object->kind), object->values);
}

/* Whether the object has all these values. */
static bool shade_holds(const struct shade *shade, const struct object *object, field_mask but)
{
	for (int f = 0; f < kind_specs[object->kind].field_count; f++)
		if ((shade->mask & ~but & (1u << f)) && !value_equal(shade_value(shade, f), &object->values[f]))
			return false;
	return true;
}

static void shade_to_op(const struct shade *shade, struct op *op)
{
	for (int f = 0; f < FIELDS_MAX; f++)
		if (shade->mask & (1u << f))
			op->values[f] = *shade_value(shade, f);
	op->mask = shade->mask;
}

/* ---- what kinds are like ---- */

static int deleted_of(enum kind kind)
{
	return kind_field(kind, "deleted");
}

static bool is_live(const struct object *object)
{
	int field = deleted_of(object->kind);
	return field < 0 || !object->values[field].n;
}

/* Counts that only ever grow, so that a client's "on version 2" means one text for ever: taking a change back counts on. They are no part of what is compared. */
static field_mask counters_of(enum kind kind)
{
	int field = kind == KIND_POST || kind == KIND_REVISION ? kind_field(kind, "version") : -1;
	return field < 0 ? 0 : 1u << field;
}

/* A waiting edit is made, replaced and dropped as a whole; all other things are marked deleted and stay. */
static bool is_whole(enum kind kind)
{
	return kind == KIND_REVISION;
}

/* How `actor` marks the object deleted. */
static const char *deleted_word(const struct object *object, const char *actor)
{
	int owner = kind_specs[object->kind].owner;
	bool own = owner >= 0 && !strcmp(object_str(object, owner), actor);
	if (object->kind == KIND_LINK)
		return "own";
	if (own)
		return "author";
	return object->kind == KIND_NOTE ? "other" : "staff";
}

/* ---- chains ---- */

static struct text *text_find(const struct steps *steps, const struct text_key *key)
{
	struct text *text;
	HASH_FIND(hh, steps->texts, key, sizeof *key, text);
	return text;
}

static struct chain *chain_find(struct text *text, const struct stack *stack)
{
	for (size_t i = 0; text && i < text->n; i++)
		if (text->chains[i].stack == stack)
			return &text->chains[i];
	return NULL;
}

static void text_free(struct steps *steps, struct text *text)
{
	HASH_DEL(steps->texts, text);
	free(text->chains);
	free(text);
}

/* Puts a change on top of its chain. */
static void chain_push(struct steps *steps, struct change *change)
{
	struct text_key key = text_key(change->id, change->field);
	struct text *text = text_find(steps, &key);
	if (!text) {
		text = must(calloc(1, sizeof *text));
		text->key = key;
		HASH_ADD(hh, steps->texts, key, sizeof text->key, text);
	}
	struct chain *chain = chain_find(text, change->stack);
	if (!chain) {
		text->chains = grow(text->chains, text->n, &text->cap, sizeof *text->chains);
		chain = &text->chains[text->n++];
		*chain = (struct chain){ .stack = change->stack };
	}
	change->below = chain->top;
	if (chain->top)
		chain->top->above = change;
	chain->top = change;
}

/* Takes a change out of its chain; it is at one end of it. */
static void chain_remove(struct steps *steps, struct change *change)
{
	struct text_key key = text_key(change->id, change->field);
	struct text *text = text_find(steps, &key);
	struct chain *chain = chain_find(text, change->stack);
	assert(chain && (!change->above || !change->below));
	if (change->below)
		change->below->above = NULL;
	if (change->above)
		change->above->below = NULL;
	if (chain->top == change)
		chain->top = change->below;
	if (!chain->top)
		*chain = text->chains[--text->n];
	if (!text->n)
		text_free(steps, text);
}

/* ---- changes, steps, stacks ---- */

/* Counts the change's memory anew. By what is in it, not by what was allocated: the same log must give the same stacks. */
static void change_weigh(struct change *change)
{
	size_t bytes = 0;
	if (change->type != CHANGE_NONE) {
		bytes = sizeof *change + (change->inverse.n + change->pending.n + change->recent.n) * sizeof(struct text_component);
		bytes += change->inverse.text.n + change->pending.text.n + change->recent.text.n;
		bytes += (change->was ? change->was->bytes : 0) + (change->became ? change->became->bytes : 0);
	}
	change->stack->bytes += bytes - change->bytes;
	change->bytes = bytes;
}

/* Forgets what the change was. */
static void change_void(struct change *change)
{
	text_edit_release(&change->inverse);
	text_edit_release(&change->pending);
	text_edit_release(&change->recent);
	free(change->was);
	free(change->became);
	change->was = change->became = NULL;
	change->above = change->below = NULL;
	change->type = CHANGE_NONE;
	change_weigh(change);
}

static void expect_nothing_of(struct steps *steps, const struct change *below)
{
	for (size_t i = 0; i < steps->now.n; i++)
		if (steps->now.expected[i].below == below)
			steps->now.expected[i].below = NULL;
}

static void change_free(struct steps *steps, struct change *change)
{
	if (change->type == CHANGE_TEXT) {
		expect_nothing_of(steps, change);
		chain_remove(steps, change);
	}
	change_void(change);
	free(change);
}

static void step_free(struct steps *steps, struct step *step)
{
	for (size_t i = step->n; i-- > 0;)
		change_free(steps, step->changes[i]);
	free(step->changes);
	free(step);
}

static struct step *stack_top(const struct stack *stack)
{
	return stack->n ? stack->steps[stack->n - 1] : NULL;
}

static struct step *stack_push(struct stack *stack, enum command command, int64_t at_ms)
{
	struct step *step = must(calloc(1, sizeof *step));
	step->command = command;
	step->at_ms = at_ms;
	stack->steps = grow(stack->steps, stack->n, &stack->cap, sizeof *stack->steps);
	stack->steps[stack->n++] = step;
	return step;
}

static void stack_clear(struct steps *steps, struct stack *stack)
{
	while (stack->n)
		step_free(steps, stack->steps[--stack->n]);
}

/* From its other end a chain is taken apart from below. */
static void stack_drop_oldest(struct steps *steps, struct stack *stack)
{
	struct step *step = stack->steps[0];
	for (size_t i = 0; i < step->n; i++)
		change_free(steps, step->changes[i]);
	step->n = 0;
	step_free(steps, step);
	memmove(stack->steps, stack->steps + 1, --stack->n * sizeof *stack->steps);
}

/* The newest step is never dropped. */
static bool is_over(const struct stack *stack)
{
	return stack->n > STEPS_MAX || (stack->bytes > STEPS_BYTES_MAX && stack->n > 1);
}

static void stack_bound(struct steps *steps, struct stack *stack)
{
	while (is_over(stack))
		stack_drop_oldest(steps, stack);
}

/* Borrows; the step owns it. A text change has yet to be pushed on its chain. */
static struct change *change_add(struct stack *stack, struct step *step, enum change_type type, enum kind kind, const char *id)
{
	struct change *change = must(calloc(1, sizeof *change));
	change->type = type;
	change->kind = kind;
	change->stack = stack;
	copy_id(change->id, id);
	step->changes = grow(step->changes, step->n, &step->cap, sizeof *step->changes);
	step->changes[step->n++] = change;
	return change;
}

/* ---- members, writers, the whole ---- */

struct steps *steps_new(void)
{
	return must(calloc(1, sizeof(struct steps)));
}

static void expected_clear(struct steps *steps)
{
	for (size_t i = 0; i < steps->now.n; i++) {
		text_edit_release(&steps->now.expected[i].total);
		text_edit_release(&steps->now.expected[i].pending);
	}
	steps->now.n = 0;
}

static void writers_free(struct steps *steps, struct writers *writers)
{
	HASH_DEL(steps->writers, writers);
	free(writers->by);
	free(writers);
}

void steps_free(struct steps *steps)
{
	struct member *member, *tmp;
	if (!steps)
		return;
	expected_clear(steps);
	free(steps->now.expected);
	text_edit_release(&steps->scratch);
	HASH_ITER(hh, steps->members, member, tmp)
	{
		stack_clear(steps, &member->undo);
		stack_clear(steps, &member->redo);
		free(member->undo.steps);
		free(member->redo.steps);
		HASH_DEL(steps->members, member);
		free(member);
	}
	while (steps->writers)
		writers_free(steps, steps->writers);
	assert(!steps->texts);
	free(steps);
}

static struct member *member_find(const struct steps *steps, const char *id)
{
	struct member *member;
	HASH_FIND_STR(steps->members, id, member);
	return member;
}

static struct member *member_need(struct steps *steps, const char *id)
{
	struct member *member = member_find(steps, id);
	if (member)
		return member;
	member = must(calloc(1, sizeof *member));
	copy_id(member->id, id);
	HASH_ADD_STR(steps->members, id, member);
	return member;
}

static struct stack *stack_of(struct member *member, bool redo)
{
	return redo ? &member->redo : &member->undo;
}

size_t steps_depth(const struct steps *steps, const char *member, bool redo)
{
	struct member *found = member_find(steps, member);
	return found ? stack_of(found, redo)->n : 0;
}

static struct writers *writers_find(const struct steps *steps, const char *id)
{
	struct writers *writers;
	HASH_FIND_STR(steps->writers, id, writers);
	return writers;
}

static void wrote(struct steps *steps, const char *id, const char *member, int64_t number)
{
	struct writers *writers = writers_find(steps, id);
	if (!writers) {
		writers = must(calloc(1, sizeof *writers));
		copy_id(writers->id, id);
		HASH_ADD_STR(steps->writers, id, writers);
	}
	for (size_t i = 0; i < writers->n; i++)
		if (!strcmp(writers->by[i].member, member)) {
			writers->by[i].number = number;
			return;
		}
	writers->by = grow(writers->by, writers->n, &writers->cap, sizeof *writers->by);
	copy_id(writers->by[writers->n].member, member);
	writers->by[writers->n++].number = number;
}

/* Whether anybody but `member` has written in the object's text since the op of that number. */
static bool is_written_by_others(const struct steps *steps, const char *id, const char *member, int64_t number)
{
	const struct writers *writers = writers_find(steps, id);
	for (size_t i = 0; writers && i < writers->n; i++)
		if (writers->by[i].number > number && strcmp(writers->by[i].member, member) != 0)
			return true;
	return false;
}

/* ---- what is pending ---- */

/* All of it. */
static void pending_of(const struct change *change, struct text_edit *out)
{
	text_compose(&change->pending, &change->recent, out);
}

static void pending_set(struct change *change, struct text_edit *pending)
{
	edit_keep(&change->pending, pending);
	text_edit_release(&change->recent);
	change_weigh(change);
}

/* Nothing is recent any more. */
static void pending_fold(struct change *change)
{
	edit_compose(&change->pending, &change->recent);
	text_edit_release(&change->recent);
	change_weigh(change);
}

static void pending_add(struct steps *steps, struct change *change, const struct text_edit *edit)
{
	if (!edit->n)
		return;
	text_compose(&change->recent, edit, &steps->scratch);
	struct text_edit swap = change->recent;
	change->recent = steps->scratch;
	steps->scratch = swap;
	if (change->recent.n >= RECENT_MAX) {
		edit_compose(&change->pending, &change->recent);
		text_edit_reset(&change->recent);
	}
	change_weigh(change);
}

/* ---- taking changes of a text back, from the top of their chain ---- */

struct unwinding {
	struct text_key key;
	UT_hash_handle hh;
	enum kind kind;
	struct change *next;      /* the topmost change that is left */
	struct text_edit total;   /* what undoing all of them does to the text as it is */
	struct text_edit undone;  /* what is then pending of `next` */
	struct text_edit kept;    /* what is pending of `next` if none is undone */
};

/* Takes the change, which is topmost, back. */
static void unwind(struct unwinding **all, struct change *change)
{
	struct text_key key = text_key(change->id, change->field);
	struct text_edit inverse = { 0 }, pending = { 0 }, again = { 0 }, shape = { 0 }, below = { 0 };
	struct unwinding *text;

	HASH_FIND(hh, *all, &key, sizeof key, text);
	if (!text) {
		assert(!change->above);
		text = must(calloc(1, sizeof *text));
		text->key = key;
		text->kind = change->kind;
		text->next = change;
		pending_of(change, &text->undone);
		pending_of(change, &text->kept);
		HASH_ADD(hh, *all, key, sizeof text->key, text);
	}
	assert(text->next == change);
	text_transform(&change->inverse, &text->undone, TEXT_LEFT, &inverse);
	text_transform(&text->undone, &change->inverse, TEXT_RIGHT, &pending);
	edit_compose(&text->total, &inverse);

	bool invertible = text_invert(&change->inverse, &again);
	assert(invertible);
	text_edit_trim(&again);
	edit_shape(&again, &shape);
	edit_compose(&shape, &text->kept);

	text->next = change->below;
	text_edit_reset(&text->undone);
	text_edit_reset(&text->kept);
	if (text->next) {
		pending_of(text->next, &below);
		text_compose(&below, &pending, &text->undone);
		text_compose(&below, &shape, &text->kept);
	}
	text_edit_release(&inverse);
	text_edit_release(&pending);
	text_edit_release(&again);
	text_edit_release(&shape);
	text_edit_release(&below);
}

static void unwindings_free(struct unwinding **all)
{
	struct unwinding *text, *tmp;
	HASH_ITER(hh, *all, text, tmp)
	{
		HASH_DEL(*all, text);
		text_edit_release(&text->total);
		text_edit_release(&text->undone);
		text_edit_release(&text->kept);
		free(text);
	}
}

/* ---- noting: a command begins ---- */

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

/* ---- noting: ops ---- */

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

/* ---- undoing: the document as it will be ---- */

/* An op that is decided on but not told yet; small, because a revert may have a hundred thousand. */
struct planned {
	enum op_type type;
	enum kind kind;
	char id[OBJECT_ID_CAP];
	const struct shade *values; /* PUT, SET; NULL: `deleted` becomes `word` */
	const char *word;
	int64_t version;            /* of counters */
};

/* One end of a link. */
struct end {
	const char *note;
	const struct object *link;
	size_t order; /* as the links stand in the document */
};

struct work {
	const struct steps_ask *ask;
	const char *whose;
	struct doc *scratch; /* the objects that the plan changes, as they are after it */
	struct gone {
		char id[OBJECT_ID_CAP];
	} *gone;             /* those it drops */
	size_t gone_n, gone_cap;
	struct unwinding *texts;
	struct planned *plan;
	size_t n, cap;
	struct end *ends;            /* of all links, by note; NULL until somebody asks */
	size_t ends_n;
};

static bool is_gone(const struct work *work, const char *id)
{
	for (size_t i = 0; i < work->gone_n; i++)
		if (!strcmp(work->gone[i].id, id))
			return true;
	return false;
}

/* The object as the plan leaves it. */
static const struct object *object_now(const struct work *work, const char *id)
{
	const struct object *object = doc_find(work->scratch, id);
	if (object || is_gone(work, id))
		return object;
	return doc_find(work->ask->doc, id);
}

static const struct object *live_now(const struct work *work, const char *id)
{
	const struct object *object = object_now(work, id);
	return object && is_live(object) ? object : NULL;
}

static void planned_op(const struct planned *planned, struct op *op)
{
	op_init(op, planned->type, planned->kind, planned->id);
	if (planned->type == OP_DEL)
		return;
	if (!planned->values) {
		op_str(op, deleted_of(planned->kind), planned->word);
		return;
	}
	shade_to_op(planned->values, op);
	field_mask counters = planned->type == OP_SET ? op->mask & counters_of(planned->kind) : 0;
	if (counters)
		op_int(op, __builtin_ctz(counters), planned->version);
}

static void scratch_apply(struct work *work, const struct op *op)
{
	const struct object *object = object_now(work, op->id);
	if (object && !doc_find(work->scratch, op->id)) {
		struct op copy;
		op_of_object(&copy, object);
		doc_apply(work->scratch, &copy);
	}
	doc_apply(work->scratch, op);
	for (size_t i = 0; i < work->gone_n; i++)
		if (!strcmp(work->gone[i].id, op->id))
			work->gone[i] = work->gone[--work->gone_n];
	if (op->type == OP_DEL) {
		work->gone = grow(work->gone, work->gone_n, &work->gone_cap, sizeof *work->gone);
		copy_id(work->gone[work->gone_n++].id, op->id);
	}
}

/* Adds the op to the plan if the actor may do it. */
static bool plan_add(struct work *work, const struct planned *planned)
{
	struct op op;
	planned_op(planned, &op);
	if (!work->ask->may(object_now(work, op.id), &op, work->ask->ctx))
		return false;
	work->plan = grow(work->plan, work->n, &work->cap, sizeof *work->plan);
	work->plan[work->n++] = *planned;
	scratch_apply(work, &op);
	return true;
}

static int by_note(const void *a, const void *b)
{
	const struct end *x = a, *y = b;
	int order = strcmp(x->note, y->note);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Listed once: a step may take away thousands of notes. */
static void list_ends(struct work *work)
{
	const struct doc *doc = work->ask->doc;
	work->ends = must(malloc((2 * doc_count(doc) + 1) * sizeof *work->ends));
	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		if (object->kind != KIND_LINK)
			continue;
		work->ends[work->ends_n] = (struct end){ object_str(object, LINK_FROM), object, work->ends_n };
		work->ends[work->ends_n + 1] = (struct end){ object_str(object, LINK_TO), object, work->ends_n };
		work->ends_n += 2;
	}
	qsort(work->ends, work->ends_n, sizeof *work->ends, by_note);
}

static size_t first_end(const struct work *work, const char *note_id)
{
	size_t low = 0, high = work->ends_n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(work->ends[middle].note, note_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void plan_end(struct work *work, const struct object *link)
{
	struct planned planned = { .type = OP_SET, .kind = KIND_LINK, .word = "end" };
	struct op op;
	copy_id(planned.id, link->id);
	planned_op(&planned, &op);
	work->plan = grow(work->plan, work->n, &work->cap, sizeof *work->plan);
	work->plan[work->n++] = planned;
	scratch_apply(work, &op);
}

/* A note does not go without its links, whoever made them. That is no right of its own: who may take the note away may do this. */
static void plan_links_end(struct work *work, const char *note_id)
{
	if (!work->ends)
		list_ends(work);
	for (size_t e = first_end(work, note_id); e < work->ends_n && !strcmp(work->ends[e].note, note_id); e++)
		if (live_now(work, work->ends[e].link->id))
			plan_end(work, work->ends[e].link);
}

/* ---- undoing: changes ---- */

/* In which order the parts of a step are taken back, besides newest first: things come back before their texts change and before their links come back. */
enum pass { PASS_RAISE, PASS_REST, PASS_LINKS, PASS_COUNT };

/* Whether taking it back marks the object deleted, or takes that mark away. */
static bool sets_deleted(const struct change *change, bool to)
{
	int field = deleted_of(change->kind);
	return change->type == CHANGE_SET && field >= 0 && (change->was->mask & (1u << field)) && (shade_value(change->was, field)->n > 0) == to;
}

static enum pass pass_of(const struct change *change)
{
	if (!sets_deleted(change, false))
		return PASS_REST;
	return change->kind == KIND_LINK ? PASS_LINKS : PASS_RAISE;
}

/* Whether an object may be marked deleted: not if somebody else wrote in it since. */
static bool may_vanish(const struct work *work, const struct change *change, const struct object *object)
{
	return is_live(object) && !is_written_by_others(work->ask->steps, object->id, work->whose, change->number);
}

static bool has_ends(const struct work *work, const struct object *link)
{
	return live_now(work, object_str(link, LINK_FROM)) && live_now(work, object_str(link, LINK_TO));
}

static void take_back_set(struct work *work, const struct change *change)
{
	const struct object *object = object_now(work, change->id);
	field_mask counters = counters_of(change->kind) & change->was->mask;
	struct planned planned = { .type = OP_SET, .kind = change->kind, .values = change->was };
	bool vanishes = sets_deleted(change, true), returns = sets_deleted(change, false);

	if (!object || object->kind != change->kind || !shade_holds(change->became, object, counters))
		return;
	if (vanishes ? !may_vanish(work, change, object) : !returns && !is_live(object))
		return;
	if (returns && change->kind == KIND_LINK && !has_ends(work, object))
		return;
	if (counters)
		planned.version = object_int(object, __builtin_ctz(counters)) + 1;
	copy_id(planned.id, change->id);
	if (plan_add(work, &planned) && vanishes && change->kind == KIND_NOTE)
		plan_links_end(work, change->id);
}

static void take_back_made(struct work *work, const struct change *change)
{
	const struct object *object = object_now(work, change->id);
	struct planned planned = { .type = OP_SET, .kind = change->kind };

	if (!object || object->kind != change->kind || !may_vanish(work, change, object))
		return;
	planned.word = deleted_word(object, work->ask->actor);
	copy_id(planned.id, change->id);
	if (plan_add(work, &planned) && change->kind == KIND_NOTE)
		plan_links_end(work, change->id);
}

static void take_back_whole(struct work *work, const struct change *change)
{
	const struct object *object = object_now(work, change->id);
	struct planned planned = { .type = change->was ? OP_PUT : OP_DEL, .kind = change->kind, .values = change->was };

	if (!object != !change->became || (object && (object->kind != change->kind || !shade_holds(change->became, object, 0))))
		return;
	copy_id(planned.id, change->id);
	if (object || change->was)
		plan_add(work, &planned);
}

static void take_back(struct work *work, const struct change *change)
{
	switch (change->type) {
	case CHANGE_SET: take_back_set(work, change); break;
	case CHANGE_MADE: take_back_made(work, change); break;
	case CHANGE_WHOLE: take_back_whole(work, change); break;
	case CHANGE_TEXT: /* told at the end, one op for each text */
	case CHANGE_NONE: break;
	}
}

static void take_back_step(struct work *work, const struct step *step)
{
	for (size_t i = step->n; i-- > 0;)
		if (step->changes[i]->type == CHANGE_TEXT)
			unwind(&work->texts, step->changes[i]);
	for (int pass = 0; pass < PASS_COUNT; pass++)
		for (size_t i = step->n; i-- > 0;)
			if (pass_of(step->changes[i]) == (enum pass)pass)
				take_back(work, step->changes[i]);
}

/* ---- undoing: texts ---- */

/* An edit that undo makes must fit the text, and leave it within its limit unless it only shortens it. */
static bool text_fits(const struct object *object, int field, const struct text_edit *edit)
{
	int64_t length = text_length(&object->values[field]), growth = text_edit_growth(edit);
	int max = kind_specs[object->kind].fields[field].max;
	return text_edit_check(edit, length) == TEXT_OK && (!max || growth <= 0 || length + growth <= max);
}

/* The op for a text of `object` to `edit` and `op`, whose tree is owned by the caller. NULL if there is nothing left to do, or the actor may not. */
static cJSON *text_op(const struct work *work, const struct unwinding *text, const struct object *object, struct text_edit *edit, struct op *op)
{
	struct buf wire = { 0 };
	if (!object || !is_live(object) || object->kind != text->kind)
		return NULL;
	edit_strip(&text->total, edit);
	if (!edit->n || !text_fits(object, text->key.field, edit))
		return NULL;
	text_edit_write(&wire, edit);
	cJSON *tree = must(cJSON_ParseWithLength(wire.s, wire.n));
	buf_release(&wire);
	op_init(op, OP_TEXT, object->kind, object->id);
	op->mask = 1u << text->key.field;
	op->rev = object_int(object, kind_specs[object->kind].fields[text->key.field].rev) + 1;
	op->edit = tree;
	if (work->ask->may(object, op, work->ask->ctx))
		return tree;
	cJSON_Delete(tree);
	return NULL;
}

/* Texts of what is there at the start change before anything else, so that a text may be taken back although its note goes too; those of what comes back change at the end. */
static bool is_live_at_start(const struct work *work, const struct unwinding *text)
{
	const struct object *object = doc_find(work->ask->doc, text->key.id);
	return object && is_live(object);
}

/* Does the text's op, or only asks whether there is one. */
static bool tell_text(const struct work *work, const struct unwinding *text, bool emit)
{
	const struct object *object = is_live_at_start(work, text) ? doc_find(work->ask->doc, text->key.id) : object_now(work, text->key.id);
	struct text_edit edit = { 0 };
	struct op op;
	cJSON *tree = text_op(work, text, object, &edit, &op);
	if (tree && emit)
		work->ask->emit(&op, &edit, work->ask->ctx);
	cJSON_Delete(tree);
	text_edit_release(&edit);
	return tree != NULL;
}

static bool has_text_left(const struct work *work, const struct step *step)
{
	for (size_t i = 0; i < step->n; i++) {
		struct unwinding *text;
		if (step->changes[i]->type != CHANGE_TEXT)
			continue;
		struct text_key key = text_key(step->changes[i]->id, step->changes[i]->field);
		HASH_FIND(hh, work->texts, &key, sizeof key, text);
		if (tell_text(work, text, false))
			return true;
	}
	return false;
}

static void tell_texts(const struct work *work, bool live_at_start)
{
	for (const struct unwinding *text = work->texts; text; text = text->hh.next)
		if (is_live_at_start(work, text) == live_at_start)
			tell_text(work, text, true);
}

static void tell(const struct work *work)
{
	tell_texts(work, true);
	for (size_t i = 0; i < work->n; i++) {
		struct op op;
		planned_op(&work->plan[i], &op);
		work->ask->emit(&op, NULL, work->ask->ctx);
	}
	tell_texts(work, false);
}

static void work_release(struct work *work)
{
	doc_free(work->scratch);
	free(work->gone);
	free(work->plan);
	free(work->ends);
	unwindings_free(&work->texts);
}

int steps_undo(const struct steps_ask *ask, bool redo, enum command *did)
{
	struct member *actor = member_find(ask->steps, ask->actor);
	const struct stack *stack = actor ? stack_of(actor, redo) : NULL;
	struct work work = { .ask = ask, .whose = ask->actor, .scratch = doc_new() };
	int pops = 0;

	*did = CMD_NONE;
	for (size_t i = stack ? stack->n : 0; i-- > 0 && !pops;) {
		const struct step *step = stack->steps[i];
		take_back_step(&work, step);
		if (!work.n && !has_text_left(&work, step))
			continue;
		pops = (int)(stack->n - i);
		*did = step->command;
	}
	if (pops)
		tell(&work);
	work_release(&work);
	return pops;
}

static bool has_any_text_left(const struct work *work)
{
	for (const struct unwinding *text = work->texts; text; text = text->hh.next)
		if (tell_text(work, text, false))
			return true;
	return false;
}

int steps_revert(const struct steps_ask *ask, const char *whose, int64_t since_ms)
{
	struct member *member = member_find(ask->steps, whose);
	struct work work = { .ask = ask, .whose = whose, .scratch = doc_new() };
	int pops = 0;

	if (member)
		for (size_t i = member->undo.n; i-- > 0 && member->undo.steps[i]->at_ms >= since_ms; pops++)
			take_back_step(&work, member->undo.steps[i]);
	if (work.n || has_any_text_left(&work))
		tell(&work);
	else
		pops = 0;
	work_release(&work);
	return pops;
}

/* ---- stored form ---- */

/* {"number":…,"members":[{"id":…,"undo":[<step>…],"redo":[…]}…],"writers":[{"id":…,"by":[["<member>",<number>]…]}…]}
 * step: {"cmd":…,"at":…,"open":true,"changes":[{"is":"text","id":…,"kind":…,"n":…,"field":…,"inverse":[…],"pending":[…],"recent":[…]},{"is":"set",…,"was":{…},"became":{…}}…]} */

static void write_string(struct buf *out, const char *s)
{
	buf_json_string(out, s, strlen(s));
}

/* ,"key":{…}; nothing for NULL. */
static void write_shade(struct buf *out, const char *key, enum kind kind, const struct shade *shade)
{
	const char *comma = "";
	if (!shade)
		return;
	buf_char(out, ',');
	write_string(out, key);
	buf_str(out, ":{");
	for (int f = 0; f < kind_specs[kind].field_count; f++) {
		if (!(shade->mask & (1u << f)))
			continue;
		const struct value *value = shade_value(shade, f);
		buf_str(out, comma);
		write_string(out, kind_specs[kind].fields[f].name);
		buf_char(out, ':');
		if (field_type_is_string(kind_specs[kind].fields[f].type))
			buf_json_string(out, value->s, value->n);
		else
			buf_int(out, value->i);
		comma = ",";
	}
	buf_char(out, '}');
}

static void write_change(struct buf *out, const struct change *change)
{
	buf_str(out, "{\"is\":");
	write_string(out, change_names[change->type]);
	buf_str(out, ",\"id\":");
	write_string(out, change->id);
	buf_str(out, ",\"kind\":");
	write_string(out, kind_specs[change->kind].name);
	buf_str(out, ",\"n\":");
	buf_int(out, change->number);
	write_shade(out, "was", change->kind, change->was);
	write_shade(out, "became", change->kind, change->became);
	if (change->type == CHANGE_TEXT) {
		buf_str(out, ",\"field\":");
		write_string(out, kind_specs[change->kind].fields[change->field].name);
		buf_str(out, ",\"inverse\":");
		text_edit_write(out, &change->inverse);
		buf_str(out, ",\"pending\":");
		text_edit_write(out, &change->pending);
		buf_str(out, ",\"recent\":");
		text_edit_write(out, &change->recent);
	}
	buf_char(out, '}');
}

static void write_step(struct buf *out, const struct step *step)
{
	const char *comma = "";
	buf_str(out, "{\"cmd\":");
	write_string(out, command_specs[step->command].name);
	buf_str(out, ",\"at\":");
	buf_int(out, step->at_ms);
	buf_str(out, step->open ? ",\"open\":true,\"changes\":[" : ",\"open\":false,\"changes\":[");
	for (size_t i = 0; i < step->n; i++) {
		if (step->changes[i]->type == CHANGE_NONE)
			continue;
		buf_str(out, comma);
		write_change(out, step->changes[i]);
		comma = ",";
	}
	buf_str(out, "]}");
}

static void write_stack(struct buf *out, const struct stack *stack)
{
	buf_char(out, '[');
	for (size_t i = 0; i < stack->n; i++) {
		if (i)
			buf_char(out, ',');
		write_step(out, stack->steps[i]);
	}
	buf_char(out, ']');
}

static void write_writers(struct buf *out, const struct writers *writers)
{
	buf_str(out, "{\"id\":");
	write_string(out, writers->id);
	buf_str(out, ",\"by\":[");
	for (size_t i = 0; i < writers->n; i++) {
		buf_str(out, i ? ",[" : "[");
		write_string(out, writers->by[i].member);
		buf_char(out, ',');
		buf_int(out, writers->by[i].number);
		buf_char(out, ']');
	}
	buf_str(out, "]}");
}

void steps_write(struct buf *out, const struct steps *steps)
{
	buf_str(out, "{\"number\":");
	buf_int(out, steps->number);
	buf_str(out, ",\"members\":[");
	for (const struct member *member = steps->members; member; member = member->hh.next) {
		buf_str(out, member == steps->members ? "{\"id\":" : ",{\"id\":");
		write_string(out, member->id);
		buf_str(out, ",\"undo\":");
		write_stack(out, &member->undo);
		buf_str(out, ",\"redo\":");
		write_stack(out, &member->redo);
		buf_char(out, '}');
	}
	buf_str(out, "],\"writers\":[");
	for (const struct writers *writers = steps->writers; writers; writers = writers->hh.next) {
		if (writers != steps->writers)
			buf_char(out, ',');
		write_writers(out, writers);
	}
	buf_str(out, "]}");
}

/* ---- reading it back: it comes from a disk, so nothing is taken for granted ---- */

static const cJSON *at(const cJSON *json, const char *key)
{
	return cJSON_IsObject(json) ? cJSON_GetObjectItemCaseSensitive(json, key) : NULL;
}

static bool read_int(const cJSON *json, int64_t *out)
{
	if (!cJSON_IsNumber(json) || !(json->valuedouble >= -(double)JSON_INT_MAX && json->valuedouble <= (double)JSON_INT_MAX))
		return false;
	*out = (int64_t)json->valuedouble;
	return (double)*out == json->valuedouble;
}

/* An id of an object or a member, borrowed; NULL if it is none. */
static const char *read_id(const cJSON *json)
{
	const char *id = cJSON_GetStringValue(json);
	size_t n = id ? strlen(id) : 0;
	return n && n < OBJECT_ID_CAP && text_measure(id, n) >= 0 ? id : NULL;
}

static bool read_value(const cJSON *json, enum field_type type, struct value *value)
{
	*value = (struct value){ .s = "" };
	if (!field_type_is_string(type))
		return read_int(json, &value->i) && (type != FIELD_BOOL || value->i == 0 || value->i == 1);
	if (!cJSON_IsString(json))
		return false;
	*value = (struct value){ .s = json->valuestring, .n = strlen(json->valuestring) };
	return text_measure(value->s, value->n) >= 0;
}

static struct shade *read_shade(const cJSON *json, enum kind kind)
{
	struct value values[FIELDS_MAX];
	field_mask mask = 0;
	const cJSON *item;
	if (!cJSON_IsObject(json))
		return NULL;
	for (int f = 0; f < FIELDS_MAX; f++)
		values[f] = (struct value){ .s = "" };
	cJSON_ArrayForEach(item, json)
	{
		int f = kind_field(kind, item->string);
		if (f < 0 || (mask & (1u << f)) || !read_value(item, kind_specs[kind].fields[f].type, &values[f]))
			return NULL;
		mask |= 1u << f;
	}
	return shade_new(mask, values);
}

static bool read_shape(const cJSON *json, struct text_edit *out)
{
	struct text_edit edit = { 0 }, shape = { 0 };
	bool good = text_edit_read(json, &edit) == TEXT_OK;
	edit_shape(&edit, &shape);
	edit_keep(out, &shape);
	text_edit_release(&edit);
	return good;
}

static bool read_text_change(const cJSON *json, struct steps *steps, struct change *change)
{
	const char *name = cJSON_GetStringValue(at(json, "field"));
	struct text_edit edit = { 0 };
	change->field = name ? kind_field(change->kind, name) : -1;
	bool good = change->field >= 0 && kind_specs[change->kind].fields[change->field].rev >= 0;
	good = good && text_edit_read(at(json, "inverse"), &edit) == TEXT_OK && text_edit_is_invertible(&edit);
	edit_keep(&change->inverse, &edit);
	good = good && read_shape(at(json, "pending"), &change->pending) && read_shape(at(json, "recent"), &change->recent);
	if (good)
		chain_push(steps, change);
	return good;
}

static bool read_shades(const cJSON *json, struct change *change)
{
	change->was = read_shade(at(json, "was"), change->kind);
	change->became = read_shade(at(json, "became"), change->kind);
	if ((at(json, "was") && !change->was) || (at(json, "became") && !change->became))
		return false;
	if (change->type == CHANGE_MADE)
		return !change->was && !change->became && deleted_of(change->kind) >= 0;
	if (change->type == CHANGE_SET)
		return change->was && change->became && change->was->mask && change->was->mask == change->became->mask;
	field_mask all = all_fields(change->kind);
	return is_whole(change->kind) && (change->was || change->became) && (!change->was || change->was->mask == all) && (!change->became || change->became->mask == all);
}

static enum change_type change_by_name(const char *name)
{
	for (int type = CHANGE_TEXT; name && type < CHANGE_TYPES; type++)
		if (!strcmp(change_names[type], name))
			return (enum change_type)type;
	return CHANGE_NONE;
}

static bool read_change(const cJSON *json, struct steps *steps, struct stack *stack, struct step *step)
{
	enum change_type type = change_by_name(cJSON_GetStringValue(at(json, "is")));
	const char *id = read_id(at(json, "id")), *kind_name = cJSON_GetStringValue(at(json, "kind"));
	enum kind kind = kind_name ? kind_by_name(kind_name) : KIND_NONE;
	int64_t number;

	if (type == CHANGE_NONE || !id || kind == KIND_NONE || !read_int(at(json, "n"), &number) || number < 0 || number > steps->number)
		return false;
	struct change *change = change_add(stack, step, CHANGE_NONE, kind, id); /* of no type, so that it can be freed, until it is whole */
	change->number = number;
	change->type = type;
	if (!(type == CHANGE_TEXT ? read_text_change(json, steps, change) : read_shades(json, change))) {
		change->type = CHANGE_NONE;
		return false;
	}
	change_weigh(change);
	return true;
}

static bool read_step(const cJSON *json, struct steps *steps, struct stack *stack)
{
	const char *name = cJSON_GetStringValue(at(json, "cmd"));
	enum command command = name ? command_by_name(name) : CMD_NONE;
	const cJSON *open = at(json, "open"), *changes = at(json, "changes"), *item;
	int64_t at_ms;

	if (command == CMD_NONE || !read_int(at(json, "at"), &at_ms) || !cJSON_IsBool(open) || !cJSON_IsArray(changes))
		return false;
	struct step *step = stack_push(stack, command, at_ms);
	step->open = cJSON_IsTrue(open);
	cJSON_ArrayForEach(item, changes)
	{
		if (!read_change(item, steps, stack, step))
			return false;
	}
	return true;
}

static bool read_stack(const cJSON *json, struct steps *steps, struct stack *stack)
{
	const cJSON *item;
	if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) > STEPS_MAX)
		return false;
	cJSON_ArrayForEach(item, json)
	{
		if (!read_step(item, steps, stack))
			return false;
	}
	return true;
}

static bool read_member(const cJSON *json, struct steps *steps)
{
	const char *id = read_id(at(json, "id"));
	if (!id || member_find(steps, id))
		return false;
	struct member *member = member_need(steps, id);
	return read_stack(at(json, "undo"), steps, &member->undo) && read_stack(at(json, "redo"), steps, &member->redo);
}

static bool read_writers(const cJSON *json, struct steps *steps)
{
	const char *id = read_id(at(json, "id"));
	const cJSON *by = at(json, "by"), *pair;
	if (!id || writers_find(steps, id) || !cJSON_IsArray(by) || !by->child)
		return false;
	cJSON_ArrayForEach(pair, by)
	{
		const char *member = cJSON_IsArray(pair) ? read_id(pair->child) : NULL;
		int64_t number;
		if (!member || cJSON_GetArraySize(pair) != 2 || !read_int(pair->child->next, &number) || number < 0 || number > steps->number)
			return false;
		wrote(steps, id, member, number);
	}
	return true;
}

static bool read_all(const cJSON *list, struct steps *steps, bool (*read)(const cJSON *, struct steps *))
{
	const cJSON *item;
	if (!cJSON_IsArray(list))
		return false;
	cJSON_ArrayForEach(item, list)
	{
		if (!read(item, steps))
			return false;
	}
	return true;
}

struct steps *steps_read(const cJSON *json)
{
	struct steps *steps = steps_new();
	if (read_int(at(json, "number"), &steps->number) && steps->number >= 0 && read_all(at(json, "members"), steps, read_member) && read_all(at(json, "writers"), steps, read_writers))
		return steps;
	steps_free(steps);
	return NULL;
}
