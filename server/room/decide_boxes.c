/* The rules of what a canvas is made of: the boxes on its grid, and the names of its customer types. What people put into the boxes is in decide_canvas.c.
 *
 * No two boxes share a cell. One that was removed gives its cells up and may find them taken when it is to come back: so whatever puts a box in a place looks at it first, and settle.c does for what comes back in numbers. */
#include "server/room/turn.h"
#include "proto/names.h"
#include <string.h>

enum { GRID_MAX = 24, BOXES_MAX = 48 };

struct object *find_box(struct turn *turn, int arg)
{
	struct object *box = find(turn, request_str(turn->request, arg), KIND_BOX);
	if (box && *object_str(box, BOX_DELETED)) {
		refuse(turn, REFUSE_NOT_FOUND, NULL);
		return NULL;
	}
	return box;
}

/* ---- places ---- */

struct box_place place_of(const struct object *box)
{
	return (struct box_place){ object_int(box, BOX_COL), object_int(box, BOX_ROW), object_int(box, BOX_W), object_int(box, BOX_H) };
}

bool overlap(const struct box_place *a, const struct box_place *b)
{
	return a->col < b->col + b->w && b->col < a->col + a->w && a->row < b->row + b->h && b->row < a->row + a->h;
}

/* Whether a box may stand there: on the grid, which grows with it, and on no other. */
static bool is_good_place(struct turn *turn, const struct object *self, const struct box_place *place)
{
	if (place->col < 1 || place->row < 1 || place->w < 1 || place->h < 1 || place->col > GRID_MAX || place->row > GRID_MAX || place->col + place->w - 1 > GRID_MAX || place->row + place->h - 1 > GRID_MAX) {
		refuse_value(turn, "box.grid", "col");
		return false;
	}
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o)) {
		if (o->kind != KIND_BOX || o == self || *object_str(o, BOX_DELETED))
			continue;
		struct box_place other = place_of(o);
		if (overlap(place, &other)) {
			refuse_value(turn, "box.overlap", "col");
			return false;
		}
	}
	return true;
}

/* The grid takes in a box that reaches beyond it. */
static void widen_grid(struct turn *turn, const struct box_place *place)
{
	const struct object *canvas = doc_find(turn->room->doc, "canvas");
	int64_t columns = place->col + place->w - 1, rows = place->row + place->h - 1;
	if (!canvas || (columns <= object_int(canvas, CANVAS_COLUMNS) && rows <= object_int(canvas, CANVAS_ROWS)))
		return;
	struct op *op = set_op(turn, canvas);
	if (columns > object_int(canvas, CANVAS_COLUMNS))
		op_int(op, CANVAS_COLUMNS, columns);
	if (rows > object_int(canvas, CANVAS_ROWS))
		op_int(op, CANVAS_ROWS, rows);
}

/* ---- what a box holds ---- */

/* What a box holds one a line (its questions, its tags) becomes the lines of canvas files (proto/template.h): normalised, none empty; of tags none twice either. In the decision's arena; NULL after a refusal. */
static const char *read_lines(struct turn *turn, int arg, bool once)
{
	const char *list = request_str(turn->request, arg), *item;
	struct buf lines = { 0 }, line = { 0 };
	enum refusal bad = REFUSAL_NONE;
	size_t n;
	while (!bad && next_item(&list, '\n', &item, &n)) {
		buf_reset(&line);
		if (!line_normalise(item, n, &line))
			bad = text_is_piled_up(item, n) ? REFUSE_BAD_VALUE : REFUSE_BAD_UTF8;
		else if (line.n && !(once && has_item(buf_cstr(&lines), '\n', line.s, line.n))) {
			if (lines.n)
				buf_char(&lines, '\n');
			buf_add(&lines, line.s, line.n);
		}
	}
	buf_release(&line);
	const char *kept = keep_text(&turn->decision->arena, &lines);
	if (!bad)
		return kept;
	refuse(turn, bad, NULL);
	turn->decision->why.field = command_specs[turn->request->command].args[arg].name;
	return NULL;
}

static bool is_order(struct turn *turn, int arg)
{
	if (turn->request->args[arg].i <= BOXES_MAX)
		return true;
	refuse_value(turn, NULL, "order");
	return false;
}

/* The lists of a box as they are to be, among the arguments of a copy of the request, so that what was typed otherwise but is the same changes nothing. */
static bool read_lists(struct turn *turn, struct request *copy, int questions_arg, int tags_arg)
{
	const int args[] = { questions_arg, tags_arg };
	*copy = *turn->request;
	for (int l = 0; l < 2; l++) {
		const char *lines = read_lines(turn, args[l], l == 1);
		if (!lines)
			return false;
		copy->args[args[l]] = (struct value){ .s = lines, .n = strlen(lines) };
	}
	turn->request = copy;
	return true;
}

/* ---- boxes ---- */

static size_t count_boxes(const struct doc *doc)
{
	size_t count = 0;
	for (const struct object *o = doc_first(doc); o; o = object_next(o))
		count += o->kind == KIND_BOX;
	return count;
}

static void box_add(struct turn *turn)
{
	static const struct setting texts[] = { { ARG_BOX_ADD_TITLE, BOX_TITLE }, { ARG_BOX_ADD_QUESTIONS, BOX_QUESTIONS }, { ARG_BOX_ADD_TIP, BOX_TIP }, { ARG_BOX_ADD_TAGS, BOX_TAGS } };
	const struct value *args = turn->request->args;
	const char *id = request_str(turn->request, ARG_BOX_ADD_ID);
	struct box_place place = { args[ARG_BOX_ADD_COL].i, args[ARG_BOX_ADD_ROW].i, args[ARG_BOX_ADD_W].i, args[ARG_BOX_ADD_H].i };
	struct request clean;
	if (!is_free(turn, id) || !is_order(turn, ARG_BOX_ADD_ORDER) || !is_good_place(turn, NULL, &place) || !read_lists(turn, &clean, ARG_BOX_ADD_QUESTIONS, ARG_BOX_ADD_TAGS))
		return;
	if (count_boxes(turn->room->doc) >= BOXES_MAX) {
		refuse_max(turn, REFUSE_QUOTA, "quota.boxes", BOXES_MAX);
		return;
	}
	struct op *op = add_op(turn, OP_PUT, KIND_BOX, id);
	for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
		op_str(op, texts[t].field, request_str(turn->request, texts[t].arg));
	op_int(op, BOX_COL, place.col);
	op_int(op, BOX_ROW, place.row);
	op_int(op, BOX_W, place.w);
	op_int(op, BOX_H, place.h);
	op_int(op, BOX_ORDER, args[ARG_BOX_ADD_ORDER].i);
	widen_grid(turn, &place);
}

static void box_set(struct turn *turn)
{
	static const struct setting settings[] = {
		{ ARG_BOX_SET_TITLE, BOX_TITLE }, { ARG_BOX_SET_COL, BOX_COL }, { ARG_BOX_SET_ROW, BOX_ROW }, { ARG_BOX_SET_W, BOX_W }, { ARG_BOX_SET_H, BOX_H },
		{ ARG_BOX_SET_ORDER, BOX_ORDER }, { ARG_BOX_SET_QUESTIONS, BOX_QUESTIONS }, { ARG_BOX_SET_TIP, BOX_TIP }, { ARG_BOX_SET_TAGS, BOX_TAGS },
	};
	static const struct setting places[] = { { ARG_BOX_SET_COL, BOX_COL }, { ARG_BOX_SET_ROW, BOX_ROW }, { ARG_BOX_SET_W, BOX_W }, { ARG_BOX_SET_H, BOX_H } };
	const struct request *request = turn->request;
	struct object *box = find_box(turn, ARG_BOX_SET_ID);
	int64_t at[4];
	if (!box)
		return;
	for (int p = 0; p < 4; p++)
		at[p] = request_has(request, places[p].arg) ? request->args[places[p].arg].i : object_int(box, places[p].field);
	struct box_place place = { at[0], at[1], at[2], at[3] };
	struct request clean;
	if (!has_title(turn, ARG_BOX_SET_TITLE) || !is_order(turn, ARG_BOX_SET_ORDER) || !is_good_place(turn, box, &place) || !read_lists(turn, &clean, ARG_BOX_SET_QUESTIONS, ARG_BOX_SET_TAGS))
		return;
	SET_ALL(turn, box, settings);
	widen_grid(turn, &place);
}

static void box_remove(struct turn *turn)
{
	struct object *box = find(turn, request_str(turn->request, ARG_BOX_REMOVE_ID), KIND_BOX);
	if (box)
		set_str(turn, box, BOX_DELETED, "staff");
}

static void box_restore(struct turn *turn)
{
	struct object *box = find(turn, request_str(turn->request, ARG_BOX_RESTORE_ID), KIND_BOX);
	struct box_place place;
	if (!box || !*object_str(box, BOX_DELETED))
		return;
	place = place_of(box);
	if (!is_good_place(turn, box, &place))
		return;
	set_str(turn, box, BOX_DELETED, "");
	widen_grid(turn, &place);
}

/* ---- customer types ---- */

static void type_set(struct turn *turn)
{
	const struct value *args = turn->request->args;
	int64_t number = args[ARG_TYPE_SET_NUMBER].i;
	char id[OBJECT_ID_CAP] = "type.0";
	if (!may_add(turn))
		return;
	if (number < 1 || number > TYPES_MAX) {
		refuse_value(turn, NULL, "number");
		return;
	}
	id[strlen(id) - 1] = (char)('0' + number);
	const struct object *type = doc_find(turn->room->doc, id);
	if (type && request_has(turn->request, ARG_TYPE_SET_NAME))
		set_str(turn, type, TYPE_NAME, request_str(turn->request, ARG_TYPE_SET_NAME));
	if (type)
		return;
	if (!*request_str(turn->request, ARG_TYPE_SET_NAME) || !has_room(turn, 1))
		return;
	struct op *op = add_op(turn, OP_PUT, KIND_TYPE, id);
	op_int(op, TYPE_NUMBER, number);
	op_str(op, TYPE_NAME, request_str(turn->request, ARG_TYPE_SET_NAME));
}

static command_rule *const rules[CMD_COUNT] = {
	[CMD_BOX_ADD] = box_add,
	[CMD_BOX_SET] = box_set,
	[CMD_BOX_REMOVE] = box_remove,
	[CMD_BOX_RESTORE] = box_restore,
	[CMD_TYPE_SET] = type_set,
};
command_rule *const *const box_rules = rules;
