/* What comes back may not fit any more: while a note was away others were linked, while a box was away another took its place. Undo, restoring a moment and restoring notes each bring back what they should one by one; whether all of it goes
 * together is looked at here, on a copy of the canvas as the decision leaves it (of its notes only what matters).
 *
 * Links are dropped from what comes back rather than found a better place, and never more costs than sorting them: a person may have made thousands to be put back at once. */
#include "server/room/turn.h"
#include <stdlib.h>
#include <string.h>

static const field_mask place_fields = 1u << BOX_COL | 1u << BOX_ROW | 1u << BOX_W | 1u << BOX_H | 1u << BOX_DELETED;

/* ---- the canvas as it will be ---- */

static bool returns_link(const struct op *op)
{
	return op->type == OP_SET && op->kind == KIND_LINK && op->mask & (1u << LINK_DELETED) && !op->values[LINK_DELETED].n;
}

static bool has_links_returning(const struct decision *decision)
{
	for (size_t o = 0; o < decision->op_count; o++)
		if (returns_link(&decision->ops[o].op))
			return true;
	return false;
}

static bool has_boxes_moving(const struct decision *decision)
{
	for (size_t o = 0; o < decision->op_count; o++)
		if (decision->ops[o].op.kind == KIND_CANVAS || (decision->ops[o].op.kind == KIND_BOX && decision->ops[o].op.mask & place_fields))
			return true;
	return false;
}

static struct doc *doc_after(const struct turn *turn)
{
	struct doc *doc = doc_new();
	struct op op;
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o)) {
		if (o->kind != KIND_NOTE && o->kind != KIND_LINK && o->kind != KIND_BOX && o->kind != KIND_CANVAS)
			continue;
		op_of_object(&op, o);
		if (o->kind == KIND_NOTE)
			op.mask = 1u << NOTE_BOX | 1u << NOTE_DELETED;
		doc_apply(doc, &op);
	}
	for (size_t o = 0; o < turn->decision->op_count; o++)
		if (turn->decision->ops[o].op.type != OP_TEXT)
			doc_apply(doc, &turn->decision->ops[o].op);
	return doc;
}

/* ---- boxes ---- */

static bool are_overlapping(const struct object *a, const struct object *b)
{
	struct box_place one = place_of(a), other = place_of(b);
	return overlap(&one, &other);
}

static bool are_boxes_apart(const struct doc *doc)
{
	for (const struct object *a = doc_first(doc); a; a = object_next(a))
		for (const struct object *b = object_next(a); b && a->kind == KIND_BOX && is_live(a); b = object_next(b))
			if (b->kind == KIND_BOX && is_live(b) && are_overlapping(a, b))
				return false;
	return true;
}

/* The op that sets the canvas, if the decision has one. */
static struct op *canvas_op(struct decision *decision)
{
	for (size_t o = 0; o < decision->op_count; o++)
		if (decision->ops[o].op.kind == KIND_CANVAS && decision->ops[o].op.type == OP_SET)
			return &decision->ops[o].op;
	return NULL;
}

/* The grid as it must be for all boxes that are there: one that it once grew for may be gone, but others have come. */
static void keep_grid(struct turn *turn, const struct doc *after)
{
	const struct object *now = doc_find(turn->room->doc, "canvas"), *then = doc_find(after, "canvas");
	int64_t columns = 0, rows = 0;
	for (const struct object *o = doc_first(after); o; o = object_next(o)) {
		if (o->kind != KIND_BOX || !is_live(o))
			continue;
		int64_t right = object_int(o, BOX_COL) + object_int(o, BOX_W) - 1, bottom = object_int(o, BOX_ROW) + object_int(o, BOX_H) - 1;
		columns = right > columns ? right : columns;
		rows = bottom > rows ? bottom : rows;
	}
	if (!now || !then || (columns <= object_int(then, CANVAS_COLUMNS) && rows <= object_int(then, CANVAS_ROWS)))
		return;
	struct op *op = canvas_op(turn->decision);
	op = op ? op : set_op(turn, now);
	if (columns > object_int(then, CANVAS_COLUMNS))
		op_int(op, CANVAS_COLUMNS, columns);
	if (rows > object_int(then, CANVAS_ROWS))
		op_int(op, CANVAS_ROWS, rows);
}

/* ---- links ---- */

bool is_nesting(const struct object *box, const char *as)
{
	const char *list = object_str(box, BOX_LINKS), *item;
	size_t n, key = strlen(box->id);
	while (next_item(&list, ' ', &item, &n))
		if (n == key + 1 + strlen(as) && !memcmp(item, box->id, key) && item[key] == ':' && !memcmp(item + key + 1, as, strlen(as)))
			return true;
	return false;
}

/* A link that is there afterwards. */
struct tie {
	const struct object *link, *from, *to; /* ends: NULL if not there */
	bool returns, gone, nests;
};

struct ties {
	const struct doc *doc; /* afterwards */
	struct tie *list;
	size_t count;
};

static const struct object *live_note(const struct doc *doc, const char *id)
{
	const struct object *note = doc_find(doc, id);
	return note && note->kind == KIND_NOTE && is_live(note) ? note : NULL;
}

static bool nests(const struct doc *doc, const struct tie *tie)
{
	const struct object *box = tie->from && tie->to ? doc_find(doc, object_str(tie->from, NOTE_BOX)) : NULL;
	return box && box->kind == KIND_BOX && !strcmp(box->id, object_str(tie->to, NOTE_BOX)) && is_nesting(box, object_str(tie->link, LINK_AS));
}

static struct ties list_ties(const struct turn *turn, const struct doc *after)
{
	struct ties ties = { after, arena_alloc(&turn->decision->arena, sizeof(struct tie) * (doc_count(after) + 1)), 0 };
	for (const struct object *o = doc_first(after); o; o = object_next(o)) {
		if (o->kind != KIND_LINK || !is_live(o))
			continue;
		const struct object *now = doc_find(turn->room->doc, o->id);
		struct tie tie = { .link = o, .from = live_note(after, object_str(o, LINK_FROM)), .to = live_note(after, object_str(o, LINK_TO)), .returns = now && !is_live(now) };
		tie.nests = nests(after, &tie);
		tie.gone = tie.returns && (!tie.from || !tie.to);
		ties.list[ties.count++] = tie;
	}
	return ties;
}

/* By the pair without its direction; of one pair, those that were there all along come first. */
static int by_pair(const void *a, const void *b)
{
	const struct tie *x = a, *y = b;
	const char *xf = object_str(x->link, LINK_FROM), *xt = object_str(x->link, LINK_TO), *yf = object_str(y->link, LINK_FROM), *yt = object_str(y->link, LINK_TO);
	bool x_up = strcmp(xf, xt) < 0, y_up = strcmp(yf, yt) < 0;
	int order = strcmp(x_up ? xf : xt, y_up ? yf : yt);
	order = order ? order : strcmp(x_up ? xt : xf, y_up ? yt : yf);
	order = order ? order : x->returns - y->returns;
	return order ? order : strcmp(x->link->id, y->link->id);
}

static bool is_same_pair(const struct tie *x, const struct tie *y)
{
	return (x->from == y->from && x->to == y->to) || (x->from == y->to && x->to == y->from);
}

static void drop_doubled(struct ties *ties)
{
	const struct tie *last = NULL;
	qsort(ties->list, ties->count, sizeof *ties->list, by_pair);
	for (size_t i = 0; i < ties->count; i++) {
		struct tie *tie = &ties->list[i];
		if (tie->gone || !tie->from || !tie->to)
			continue;
		if (tie->returns && last && is_same_pair(last, tie))
			tie->gone = true;
		else
			last = tie;
	}
}

/* The notes of nesting links, sorted, to count by number. */
struct graph {
	const struct object **notes;
	size_t count, *waits, *first, *next, *queue;
};

static int by_address(const void *a, const void *b)
{
	const struct object *x = *(const struct object *const *)a, *y = *(const struct object *const *)b;
	return (x > y) - (x < y);
}

static size_t note_number(const struct graph *graph, const struct object *note)
{
	const struct object *const *found = bsearch(&note, graph->notes, graph->count, sizeof *graph->notes, by_address);
	return (size_t)(found - graph->notes);
}

static struct graph graph_of(struct arena *arena, const struct ties *ties)
{
	struct graph g = { .notes = arena_alloc(arena, sizeof *g.notes * (2 * ties->count + 1)) };
	size_t n = 0;
	for (size_t i = 0; i < ties->count; i++) {
		if (!ties->list[i].nests || ties->list[i].gone)
			continue;
		g.notes[n++] = ties->list[i].from;
		g.notes[n++] = ties->list[i].to;
	}
	qsort(g.notes, n, sizeof *g.notes, by_address);
	for (size_t i = 0; i < n; i++)
		if (!g.count || g.notes[g.count - 1] != g.notes[i])
			g.notes[g.count++] = g.notes[i];
	g.waits = arena_alloc(arena, sizeof *g.waits * (g.count + 1));
	g.queue = arena_alloc(arena, sizeof *g.queue * (g.count + 1));
	g.first = arena_alloc(arena, sizeof *g.first * (g.count + 2));
	g.next = arena_alloc(arena, sizeof *g.next * (ties->count + 1));
	return g;
}

/* Fills in which links begin at each note: the ties `next[first[n]]` to `next[first[n + 1] - 1]`. */
static void graph_link(struct arena *arena, struct graph *g, const struct ties *ties)
{
	size_t *at = arena_alloc(arena, sizeof *at * (g->count + 1));
	for (size_t i = 0; i < ties->count; i++)
		if (ties->list[i].nests && !ties->list[i].gone) {
			g->first[note_number(g, ties->list[i].from) + 1]++;
			g->waits[note_number(g, ties->list[i].to)]++;
		}
	for (size_t n = 0; n < g->count; n++)
		at[n + 1] = g->first[n + 1] += g->first[n];
	for (size_t i = 0; i < ties->count; i++)
		if (ties->list[i].nests && !ties->list[i].gone)
			g->next[at[note_number(g, ties->list[i].from)]++] = i;
}

/* Takes away, again and again, the notes that nothing leads to (Kahn 1962). Of the links among those that are left, on a circle or behind one, none comes back: without them there was no circle. */
static void drop_circles(struct arena *arena, struct ties *ties)
{
	struct graph g = graph_of(arena, ties);
	size_t done = 0;
	graph_link(arena, &g, ties);
	for (size_t n = 0; n < g.count; n++)
		if (!g.waits[n])
			g.queue[done++] = n;
	for (size_t i = 0; i < done; i++)
		for (size_t l = g.first[g.queue[i]]; l < g.first[g.queue[i] + 1]; l++) {
			size_t to = note_number(&g, ties->list[g.next[l]].to);
			if (!--g.waits[to])
				g.queue[done++] = to;
		}
	for (size_t i = 0; i < ties->count && done < g.count; i++) {
		struct tie *tie = &ties->list[i];
		if (tie->nests && !tie->gone && tie->returns && g.waits[note_number(&g, tie->from)])
			tie->gone = true;
	}
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct tie *)a)->link->id, ((const struct tie *)b)->link->id);
}

/* Takes back what the decision says of links that do not come back after all. */
static void drop_ops(struct decision *decision, struct ties *ties)
{
	size_t kept = 0;
	qsort(ties->list, ties->count, sizeof *ties->list, by_id);
	for (size_t o = 0; o < decision->op_count; o++) {
		struct op *op = &decision->ops[o].op;
		const struct object *link = returns_link(op) ? doc_find(ties->doc, op->id) : NULL;
		const struct tie wanted = { .link = link }, *tie = link ? bsearch(&wanted, ties->list, ties->count, sizeof *ties->list, by_id) : NULL;
		if (tie && tie->gone)
			op->mask &= ~(1u << LINK_DELETED);
		if (!tie || op->mask)
			decision->ops[kept++] = decision->ops[o];
	}
	decision->op_count = kept;
}

static void keep_ties(struct turn *turn, const struct doc *after)
{
	struct ties ties = list_ties(turn, after);
	drop_doubled(&ties);
	drop_circles(&turn->decision->arena, &ties);
	drop_ops(turn->decision, &ties);
}

void settle(struct turn *turn)
{
	struct decision *decision = turn->decision;
	bool links = has_links_returning(decision), boxes = has_boxes_moving(decision);
	if (decision->refused || turn->room->doc_kind != DOC_CANVAS || (!links && !boxes))
		return;
	struct doc *after = doc_after(turn);
	if (boxes && !are_boxes_apart(after)) {
		refuse(turn, REFUSE_CONFLICT, "box.overlap");
	} else {
		if (boxes)
			keep_grid(turn, after);
		if (links)
			keep_ties(turn, after);
	}
	doc_free(after);
}
