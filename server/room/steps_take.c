/* Which ops take steps back. Nothing changes here: what undoing would do is tried on a copy of the objects it touches, from the newest step down, and the ops are told when all of it is known. Noting them as they come back from the log is what
 * pops the steps (steps.c).
 *
 * Values come back only if all is still as the step made it, and only as far as the actor may do that by hand; texts always, over whatever others have typed since. */
#include "server/room/steps_internal.h"

/* ---- the document as it will be ---- */

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

static bool is_live(const struct object *object)
{
	int field = deleted_of(object->kind);
	return field < 0 || !object->values[field].n;
}

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

/* ---- the links of a note that goes ---- */

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

/* ---- changes ---- */

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

/* ---- texts ---- */

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

static bool has_any_text_left(const struct work *work)
{
	for (const struct unwinding *text = work->texts; text; text = text->hh.next)
		if (tell_text(work, text, false))
			return true;
	return false;
}

/* ---- steps ---- */

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
