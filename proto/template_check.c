/*
 * What only the whole of a canvas file tells: whether its boxes fit together, and whether every reference leads somewhere.
 *
 * Ids and tags are looked up in sorted arrays, not hashed: a file's writer could choose them to collide.
 */
#include "proto/template_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct check {
	struct template *t; /* its arena is also where working memory comes from */
	struct template_fault *fault;
};

/* ------------------------------------------------------------------------------------------------ boxes as a whole */

static int box_index(const struct template *t, const char *key)
{
	for (int b = 0; b < t->box_count; b++)
		if (!strcmp(t->boxes[b].key, key))
			return b;
	return -1;
}

const struct template_box *template_box_by_key(const struct template *t, const char *key)
{
	int b = box_index(t, key);

	return b < 0 ? NULL : &t->boxes[b];
}

/* Puts a box on the grid, whose cells say which box they belong to, counted from 1. */
static bool place_box(struct check *c, int b, unsigned char cells[TEMPLATE_GRID_MAX][TEMPLATE_GRID_MAX])
{
	const struct template_box *box = &c->t->boxes[b];

	if (box->col + box->w - 1 > c->t->columns || box->row + box->h - 1 > c->t->rows)
		return refuse(c, box->line, TEMPLATE_OUTSIDE, "box \"", box->key, "\" leaves the grid", NULL);
	for (int row = box->row - 1; row < box->row - 1 + box->h; row++) {
		for (int col = box->col - 1; col < box->col - 1 + box->w; col++) {
			if (cells[row][col])
				return refuse(c, box->line, TEMPLATE_OVERLAP, "box \"", box->key, "\" overlaps \"", c->t->boxes[cells[row][col] - 1].key, "\"", NULL);
			cells[row][col] = (unsigned char)(b + 1);
		}
	}
	return true;
}

static bool check_box_links(struct check *c, const struct template_box *box)
{
	for (int l = 0; l < box->link_count; l++) {
		const struct template_meaning *link = &box->links[l];
		if (box_index(c->t, link->to) < 0)
			return refuse(c, link->line, TEMPLATE_NO_SUCH, "box \"", box->key, "\" links to \"", link->to, "\", which is not there", NULL);
		for (int m = 0; m < l; m++)
			if (!strcmp(box->links[m].to, link->to) && !strcmp(box->links[m].as, link->as))
				return refuse(c, link->line, TEMPLATE_TWICE, "box \"", box->key, "\" lists the same link twice", NULL);
	}
	return true;
}

static bool check_boxes(struct check *c)
{
	const struct template *t = c->t;
	unsigned char cells[TEMPLATE_GRID_MAX][TEMPLATE_GRID_MAX] = { 0 };
	bool is_taken[TEMPLATE_BOXES_MAX + 1] = { false };
	char number[12];

	for (int b = 0; b < t->box_count; b++) {
		const struct template_box *box = &t->boxes[b];
		if (box_index(t, box->key) != b)
			return refuse(c, box->line, TEMPLATE_TWICE, "a box \"", box->key, "\" is there already", NULL);
		if (!strcmp(box->key, "canvas"))
			return refuse(c, box->line, TEMPLATE_TWICE, "\"canvas\" is the key of the canvas itself", NULL);
		if (!place_box(c, b, cells))
			return false;
		if (box->order > t->box_count || is_taken[box->order])
			return refuse(c, box->line, TEMPLATE_BAD_ORDER, "box \"", box->key, "\": orders go from 1 to ", template_decimal(t->box_count, number), ", each once", NULL);
		is_taken[box->order] = true;
	}
	for (int b = 0; b < t->box_count; b++)
		if (!check_box_links(c, &t->boxes[b]))
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------------ tags, types, notes */

static int compare_lines(const void *x, const void *y)
{
	return strcmp(((const struct template_line *)x)->s, ((const struct template_line *)y)->s);
}

static int compare_lines_and_places(const void *x, const void *y)
{
	int order = compare_lines(x, y);

	return order ? order : ((const struct template_line *)x)->line - ((const struct template_line *)y)->line;
}

/* The lines sorted; NULL, refused, if one of them is there twice. */
static struct template_line *sort_unique(struct check *c, const struct template_line *lines, int count, const char *where)
{
	struct template_line *sorted = arena_alloc(&c->t->arena, (size_t)count * sizeof *sorted);

	if (!count)
		return sorted;
	memcpy(sorted, lines, (size_t)count * sizeof *sorted);
	qsort(sorted, (size_t)count, sizeof *sorted, compare_lines_and_places);
	for (int i = 1; i < count; i++) {
		if (!compare_lines(&sorted[i - 1], &sorted[i])) {
			refuse(c, sorted[i].line, TEMPLATE_TWICE, "the tag \"", sorted[i].s, "\" is there twice in ", where, NULL);
			return NULL;
		}
	}
	return sorted;
}

static bool check_note_tags(struct check *c, const struct template_note *note, const struct template_line *known)
{
	const struct template_box *box = &c->t->boxes[note->box_at];

	if (note->tag_count > 1 && !sort_unique(c, note->tags, note->tag_count, "a note"))
		return false;
	for (int i = 0; i < note->tag_count; i++)
		if (!box->tag_count || !bsearch(&note->tags[i], known, (size_t)box->tag_count, sizeof *known, compare_lines))
			return refuse(c, note->tags[i].line, TEMPLATE_NO_SUCH, "box \"", box->key, "\" has no tag \"", note->tags[i].s, "\"", NULL);
	return true;
}

static bool check_types(struct check *c)
{
	unsigned seen = 0;

	for (int i = 0; i < c->t->type_count; i++) {
		const struct template_type *type = &c->t->types[i];
		char number[12];
		if (seen & 1u << type->number)
			return refuse(c, type->line, TEMPLATE_TWICE, "customer type ", template_decimal(type->number, number), " is there twice", NULL);
		seen |= 1u << type->number;
	}
	return true;
}

static bool check_notes(struct check *c)
{
	struct template *t = c->t;
	struct template_line *tags[TEMPLATE_BOXES_MAX];

	for (int b = 0; b < t->box_count; b++)
		if (!(tags[b] = sort_unique(c, t->boxes[b].tags, t->boxes[b].tag_count, "a box")))
			return false;
	for (int i = 0; i < t->note_count; i++) {
		struct template_note *note = &t->notes[i];
		note->box_at = box_index(t, note->box);
		if (note->box_at < 0)
			return refuse(c, note->line, TEMPLATE_NO_SUCH, "a note is in box \"", note->box, "\", which is not there", NULL);
		if (box_index(t, note->id) >= 0)
			return refuse(c, note->line, TEMPLATE_TWICE, "a note has the key of a box for its id: ", note->id, NULL);
		if (!check_note_tags(c, note, tags[note->box_at]))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------------------------------ links between notes */

static int compare_ids(const void *x, const void *y)
{
	return strcmp((*(const struct template_note *const *)x)->id, (*(const struct template_note *const *)y)->id);
}

static int compare_ids_and_places(const void *x, const void *y)
{
	const struct template_note *a = *(const struct template_note *const *)x, *b = *(const struct template_note *const *)y;
	int order = compare_ids(x, y);

	return order ? order : (a > b) - (a < b);
}

/* Pointers to the notes in the order of their ids; NULL, refused, if an id is there twice. */
static const struct template_note **sort_notes(struct check *c)
{
	int count = c->t->note_count;
	const struct template_note **sorted = arena_alloc(&c->t->arena, (size_t)count * sizeof *sorted);

	for (int i = 0; i < count; i++)
		sorted[i] = &c->t->notes[i];
	qsort(sorted, (size_t)count, sizeof *sorted, compare_ids_and_places);
	for (int i = 1; i < count; i++) {
		if (!compare_ids(&sorted[i - 1], &sorted[i])) {
			refuse(c, sorted[i]->line, TEMPLATE_TWICE, "two notes have the id ", sorted[i]->id, NULL);
			return NULL;
		}
	}
	return sorted;
}

static int note_index(const struct template *t, const struct template_note **sorted, const char *id)
{
	const struct template_note wanted = { .id = id }, *key = &wanted;
	const struct template_note **found = t->note_count ? bsearch(&key, sorted, (size_t)t->note_count, sizeof *sorted, compare_ids) : NULL;

	return found ? (int)(*found - t->notes) : -1;
}

/* The two ends of a link without its direction, to find pairs that are there twice. */
struct pair {
	int low, high, link;
};

static int compare_pairs(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->low != b->low)
		return a->low - b->low;
	return a->high != b->high ? a->high - b->high : a->link - b->link;
}

static bool check_pairs(struct check *c)
{
	const struct template *t = c->t;
	struct pair *pairs = arena_alloc(&c->t->arena, (size_t)t->link_count * sizeof *pairs);

	for (int i = 0; i < t->link_count; i++) {
		int from = t->links[i].from_at, to = t->links[i].to_at;
		pairs[i] = (struct pair){ .low = from < to ? from : to, .high = from < to ? to : from, .link = i };
	}
	qsort(pairs, (size_t)t->link_count, sizeof *pairs, compare_pairs);
	for (int i = 1; i < t->link_count; i++)
		if (pairs[i].low == pairs[i - 1].low && pairs[i].high == pairs[i - 1].high)
			return refuse(c, t->links[pairs[i].link].line, TEMPLATE_TWICE, "two notes are linked twice: ", t->links[pairs[i].link].from, " and ", t->links[pairs[i].link].to, NULL);
	return true;
}

/* Whether a link nests one note in another: both in one box, with a meaning that the box lists for itself. */
static bool is_nesting(const struct template *t, const struct template_link *link)
{
	const struct template_box *box = &t->boxes[t->notes[link->from_at].box_at];

	if (box != &t->boxes[t->notes[link->to_at].box_at])
		return false;
	for (int l = 0; l < box->link_count; l++)
		if (!strcmp(box->links[l].to, box->key) && !strcmp(box->links[l].as, link->as))
			return true;
	return false;
}

/* The links that nest, as a graph: `next[first[n]] … next[first[n + 1] - 1]` are the links that begin at note n. */
struct nesting {
	int *first, *next;
	int *waits; /* how many links lead to a note from notes that are not done */
	int *queue;
};

static struct nesting nesting_of(struct check *c)
{
	const struct template *t = c->t;
	struct nesting g = {
		.first = arena_alloc(&c->t->arena, ((size_t)t->note_count + 2) * sizeof(int)),
		.next = arena_alloc(&c->t->arena, (size_t)t->link_count * sizeof(int)),
		.waits = arena_alloc(&c->t->arena, (size_t)t->note_count * sizeof(int)),
		.queue = arena_alloc(&c->t->arena, (size_t)t->note_count * sizeof(int)),
	};

	for (int i = 0; i < t->link_count; i++) {
		if (is_nesting(t, &t->links[i])) {
			g.first[t->links[i].from_at + 2]++;
			g.waits[t->links[i].to_at]++;
		}
	}
	for (int n = 0; n < t->note_count; n++)
		g.first[n + 2] += g.first[n + 1];
	/* Filling moves each begin to the next one's, which is why they stand one place too far until now. */
	for (int i = 0; i < t->link_count; i++)
		if (is_nesting(t, &t->links[i]))
			g.next[g.first[t->links[i].from_at + 1]++] = i;
	return g;
}

/*
 * Takes away, again and again, the notes that nothing leads to (Kahn 1962). What is left lies on a circle or behind one:
 * going backwards from there ends up on one, and the last of its links in the file is the one that closed it.
 */
static bool check_circles(struct check *c)
{
	const struct template *t = c->t;
	struct nesting g = nesting_of(c);
	int done = 0, n = 0, line = 0, left = -1;

	for (int i = 0; i < t->note_count; i++)
		if (!g.waits[i])
			g.queue[done++] = i;
	for (int i = 0; i < done; i++) {
		for (int l = g.first[g.queue[i]]; l < g.first[g.queue[i] + 1]; l++)
			if (!--g.waits[t->links[g.next[l]].to_at])
				g.queue[done++] = t->links[g.next[l]].to_at;
	}
	if (done == t->note_count)
		return true;
	int *into = arena_alloc(&c->t->arena, (size_t)t->note_count * sizeof *into);
	for (int i = 0; i < t->link_count; i++) {
		if (is_nesting(t, &t->links[i]) && g.waits[t->links[i].from_at]) {
			into[t->links[i].to_at] = i;
			left = t->links[i].to_at;
		}
	}
	assert(left >= 0);
	for (int i = 0; i < t->note_count; i++)
		left = t->links[into[left]].from_at;
	for (n = left; !line || n != left; n = t->links[into[n]].from_at)
		line = t->links[into[n]].line > line ? t->links[into[n]].line : line;
	return refuse(c, line, TEMPLATE_CIRCLE, "this link closes a circle of notes that hold each other", NULL);
}

static bool check_links(struct check *c)
{
	struct template *t = c->t;
	const struct template_note **sorted = sort_notes(c);

	if (!sorted)
		return false;
	for (int i = 0; i < t->link_count; i++) {
		struct template_link *link = &t->links[i];
		link->from_at = note_index(t, sorted, link->from);
		link->to_at = note_index(t, sorted, link->to);
		if (link->from_at < 0 || link->to_at < 0)
			return refuse(c, link->line, TEMPLATE_NO_SUCH, "a link leads to a note that is not there: ", link->from_at < 0 ? link->from : link->to, NULL);
		if (link->from_at == link->to_at)
			return refuse(c, link->line, TEMPLATE_SELF_LINK, "a link leads from a note to itself", NULL);
	}
	return check_pairs(c) && check_circles(c);
}

bool template_check(struct template *t, struct template_fault *fault)
{
	struct check c = { t, fault };

	return check_boxes(&c) && check_types(&c) && check_notes(&c) && check_links(&c);
}
