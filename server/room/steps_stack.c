/* What is remembered for undo: each member's two stacks of steps, with their bounds; across them the chains, which find the changes of one text; who has written in which text; and what has come to a text since its topmost changes,
 * without which they could not be taken back. */
#include "server/room/steps_internal.h"

/* Components of a recent edit before it is composed onto the pending one. */
enum { RECENT_MAX = 32 };

/* ---- chains ---- */

struct text *text_find(const struct steps *steps, const struct text_key *key)
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

void text_free(struct steps *steps, struct text *text)
{
	HASH_DEL(steps->texts, text);
	free(text->chains);
	free(text);
}

void chain_push(struct steps *steps, struct change *change)
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

void change_weigh(struct change *change)
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

void change_void(struct change *change)
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

void expect_nothing_of(struct steps *steps, const struct change *below)
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

void step_free(struct steps *steps, struct step *step)
{
	for (size_t i = step->n; i-- > 0;)
		change_free(steps, step->changes[i]);
	free(step->changes);
	free(step);
}

struct step *stack_top(const struct stack *stack)
{
	return stack->n ? stack->steps[stack->n - 1] : NULL;
}

struct step *stack_push(struct stack *stack, enum command command, int64_t at_ms)
{
	struct step *step = must(calloc(1, sizeof *step));
	step->command = command;
	step->at_ms = at_ms;
	stack->steps = grow(stack->steps, stack->n, &stack->cap, sizeof *stack->steps);
	stack->steps[stack->n++] = step;
	return step;
}

void stack_clear(struct steps *steps, struct stack *stack)
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

bool is_over(const struct stack *stack)
{
	return stack->n > STEPS_MAX || (stack->bytes > STEPS_BYTES_MAX && stack->n > 1);
}

void stack_bound(struct steps *steps, struct stack *stack)
{
	while (is_over(stack))
		stack_drop_oldest(steps, stack);
}

struct change *change_add(struct stack *stack, struct step *step, enum change_type type, enum kind kind, const char *id)
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

void expected_clear(struct steps *steps)
{
	for (size_t i = 0; i < steps->now.n; i++) {
		text_edit_release(&steps->now.expected[i].total);
		text_edit_release(&steps->now.expected[i].pending);
	}
	steps->now.n = 0;
}

void writers_free(struct steps *steps, struct writers *writers)
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

struct member *member_find(const struct steps *steps, const char *id)
{
	struct member *member;
	HASH_FIND_STR(steps->members, id, member);
	return member;
}

struct member *member_need(struct steps *steps, const char *id)
{
	struct member *member = member_find(steps, id);
	if (member)
		return member;
	member = must(calloc(1, sizeof *member));
	copy_id(member->id, id);
	HASH_ADD_STR(steps->members, id, member);
	return member;
}

struct stack *stack_of(struct member *member, bool redo)
{
	return redo ? &member->redo : &member->undo;
}

size_t steps_depth(const struct steps *steps, const char *member, bool redo)
{
	struct member *found = member_find(steps, member);
	return found ? stack_of(found, redo)->n : 0;
}

struct writers *writers_find(const struct steps *steps, const char *id)
{
	struct writers *writers;
	HASH_FIND_STR(steps->writers, id, writers);
	return writers;
}

void wrote(struct steps *steps, const char *id, const char *member, int64_t number)
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

bool is_written_by_others(const struct steps *steps, const char *id, const char *member, int64_t number)
{
	const struct writers *writers = writers_find(steps, id);
	for (size_t i = 0; writers && i < writers->n; i++)
		if (writers->by[i].number > number && strcmp(writers->by[i].member, member) != 0)
			return true;
	return false;
}

/* ---- what is pending ---- */

void pending_of(const struct change *change, struct text_edit *out)
{
	text_compose(&change->pending, &change->recent, out);
}

void pending_set(struct change *change, struct text_edit *pending)
{
	edit_keep(&change->pending, pending);
	text_edit_release(&change->recent);
	change_weigh(change);
}

void pending_fold(struct change *change)
{
	edit_compose(&change->pending, &change->recent);
	text_edit_release(&change->recent);
	change_weigh(change);
}

void pending_add(struct steps *steps, struct change *change, const struct text_edit *edit)
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

void unwind(struct unwinding **all, struct change *change)
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

void unwindings_free(struct unwinding **all)
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
