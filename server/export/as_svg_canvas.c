/* A canvas on one A4 page lying down. The grid is the template's; where notes need more room than a row of equal height gives, rows that have some to spare give it.
 *
 * Every box then looks for the largest letters, and the fewest columns of cards, in which all its notes fit. Where they do not fit even at the smallest size the longest notes are cut, with an ellipsis, to as many lines as let every note in; and where not even the first line of each fits, "+3 more" tells
 * how many are missing. So nothing goes missing in silence. A try costs no more than what fits in the box, however much there is. */
#include "server/export/content.h"
#include "server/export/svg.h"
#include <limits.h>
#include <string.h>

enum {
	PAGE_W = 16000,
	PAGE_H = 11310,
	MARGIN = 320,
	PAD = 120,        /* within a box */
	SIZE_MOST = 180,
	SIZE_LEAST = 80,  /* 4.2 points on paper: small, but there */
	SIZE_STEP = 5,
	QUESTION_MOST = 160,
	CARD_LEAST = 11,  /* ems: how narrow a card may be where there are several columns */
	GRID_MOST = 48,   /* columns or rows drawn; a canvas has no more than half of them */
	LINES_MOST = 400, /* more than a page holds */
	LINKS_MANY = 40,
	ENDLESS = 30000,  /* taller than any page, to measure against */
};

/* How the cards of a box are set. */
struct fit {
	int size;
	int columns;
	size_t lines_max; /* of one note's text */
	bool has_rest;    /* not all find room: the last line says how many */
};

struct box_layout {
	struct svg_rect frame, area; /* the whole box; where its cards stand */
	struct fit fit;
	size_t placed;
	struct svg_rect rest; /* where "+3 more" stands */
};

struct pill {
	const char *s; /* NULL: "+n" */
	size_t n;
	struct svg_rect rect; /* relative to the card's text */
};

enum { PILLS_MAX = 64 };

struct page {
	struct buf *out;
	const struct canvas_content *canvas;
	struct arena arena;
	struct typeset t;
	struct box_layout *boxes;
	struct svg_rect *cards; /* by note */
	size_t lines_most; /* of a text: one line more than the box at hand has room for */
	bool is_typed; /* the box at hand has a note with a customer type: all its texts begin behind an edge that has room for numbers */
	/* The card just set: */
	struct pill pills[PILLS_MAX];
	size_t pill_count, pills_hidden;
	int text_x, text_w, height;
};

static int at_least(int a, int b)
{
	return a > b ? a : b;
}

static int at_most(int a, int b)
{
	return a < b ? a : b;
}

/* ---------------------------------------------------------------------------------------------------- one card */

static int leading(int size)
{
	return size * 132 / 100;
}

static int edge_width(int size, bool is_typed)
{
	return is_typed ? size * 95 / 100 : at_least(size * 24 / 100, 30);
}

struct pill_row {
	int x, y; /* where the next one goes */
	int rows; /* begun since the text ended */
};

/* Room for one pill of that width: on this row or the next, false if there may be no further. */
static bool pill_place(const struct page *page, struct pill_row *row, int width, int size, int rows_max)
{
	if (row->x + width > page->text_w && row->x > 0) {
		if (row->rows == rows_max)
			return false;
		row->x = 0;
		row->y += leading(size);
		row->rows++;
	}
	return true;
}

static void pill_add(struct page *page, struct pill_row *row, const char *s, size_t n, int width, int size)
{
	int height = size * 118 / 100, top = row->y + (leading(size) - height) / 2;
	page->pills[page->pill_count++] = (struct pill){ s, n, { row->x, top, at_most(width, page->text_w), height } };
	row->x += width + size * 30 / 100;
}

/* Tags behind the words, on the last line while there is room. On a card that is cut they get one row of their own, and "+2" stands for those it does not hold. */
static void set_pills(struct page *page, const struct note_content *note, const struct fit *fit)
{
	const struct line *last = page->t.line_count ? &page->t.lines[page->t.line_count - 1] : NULL;
	int small = fit->size * 84 / 100, rows_max = fit->lines_max < SIZE_MAX ? 1 : 1000;
	int lines = (int)page->t.line_count, end = last && !last->is_rtl ? svg_tenths(last->width, fit->size) + fit->size * 45 / 100 : page->text_w;
	struct pill_row row = { .x = last ? end : 0, .y = (lines ? lines - 1 : 0) * leading(fit->size) };
	const char *list = note->tags, *tag;
	size_t n;
	page->pill_count = page->pills_hidden = 0;
	while (content_next_line(&list, &tag, &n)) {
		int width = svg_pill_width(tag, n, small);
		if (page->pills_hidden || page->pill_count + 2 >= PILLS_MAX || !pill_place(page, &row, width, fit->size, rows_max))
			page->pills_hidden++;
		else
			pill_add(page, &row, tag, n, width, fit->size);
	}
	if (page->pills_hidden) {
		int width = svg_pill_width("+99", 3, small);
		if (!pill_place(page, &row, width, fit->size, rows_max) && page->pill_count) {
			struct pill *gone = &page->pills[--page->pill_count];
			page->pills_hidden++;
			row.x = at_most(gone->rect.x, at_least(page->text_w - width, 0));
		}
		pill_add(page, &row, NULL, 0, width, fit->size);
	}
	page->height = row.y + leading(fit->size);
}

/* Breaks a note's text and places its tags for a card of that width; tells the card's height. */
static int set_card(struct page *page, const struct note_content *note, const struct fit *fit, int width)
{
	int pad = fit->size * 52 / 100;
	page->text_x = edge_width(fit->size, page->is_typed) + pad;
	page->text_w = at_least(width - page->text_x - pad, fit->size);
	typeset_text(&page->t, note->text, svg_ems(page->text_w, fit->size), fit->lines_max < page->lines_most ? fit->lines_max : page->lines_most);
	set_pills(page, note, fit);
	return page->height + fit->size * 76 / 100;
}

static void draw_pill(struct page *page, const struct pill *pill, int x, int y, int size)
{
	struct svg_rect rect = { x + pill->rect.x, y + pill->rect.y, pill->rect.w, pill->rect.h };
	struct buf more = { 0 };
	if (!pill->s) {
		buf_char(&more, '+');
		buf_int(&more, (int64_t)page->pills_hidden);
	}
	svg_pill(page->out, pill->s ? pill->s : more.s, pill->s ? pill->n : more.n, size * 84 / 100, &rect);
	buf_release(&more);
}

/* Of right-to-left text the tags stand at the right too. */
static void draw_card(struct page *page, const struct note_content *note, const struct fit *fit, const struct svg_rect *card)
{
	const struct svg_hue *hue = &svg_hues[note->type];
	int size = fit->size, x = card->x + page->text_x, y = card->y + size * 38 / 100, edge = edge_width(size, note->type), radius = size * 36 / 100;
	svg_rect(page->out, card, radius, hue->tint, NULL);
	svg_edge(page->out, card, edge, radius, hue->edge);
	if (note->type) {
		char digit = (char)('0' + note->type);
		svg_word(page->out, &digit, 1, &(struct svg_type){ size * 72 / 100, " font-weight=\"700\" fill=\"" SVG_SHEET "\"", NULL }, "middle", card->x + edge / 2, y + size * 92 / 100);
	}
	bool rtl = page->t.line_count && page->t.lines[page->t.line_count - 1].is_rtl;
	for (size_t i = 0; i < page->t.line_count; i++)
		svg_line(page->out, &page->t, &page->t.lines[i], &(struct svg_type){ size, "", NULL }, x, x + page->text_w, y + (int)i * leading(size) + size);
	for (size_t i = 0; i < page->pill_count; i++) {
		struct pill pill = page->pills[i];
		if (rtl)
			pill.rect.x = page->text_w - pill.rect.x - pill.rect.w;
		draw_pill(page, &pill, x, y, size);
	}
}

/* ---------------------------------------------------------------------------------------------------- one box */

static int column_width(const struct svg_rect *area, const struct fit *fit)
{
	return (area->w - (fit->columns - 1) * fit->size * 60 / 100) / fit->columns;
}

static int columns_most(const struct svg_rect *area, int size)
{
	return at_least(1, area->w / (size * CARD_LEAST));
}

static bool has_types(const struct page *page, const struct box_content *box)
{
	for (size_t i = 0; i < box->count; i++)
		if (page->canvas->notes[box->first + i].type)
			return true;
	return false;
}

/* Stacks the cards of a box, column after column, drawing them if asked to. Returns how many found room. */
static size_t stack(struct page *page, const struct box_content *box, const struct box_layout *layout, bool is_drawing)
{
	const struct fit *fit = &layout->fit;
	const struct svg_rect *area = &layout->area;
	int width = column_width(area, fit), gap = fit->size * 42 / 100, column = 0, y = area->y;
	page->is_typed = has_types(page, box);
	page->lines_most = (size_t)(at_least(area->h, 0) / leading(fit->size)) + 1;
	for (size_t i = 0; i < box->count; i++) {
		const struct note_content *note = &page->canvas->notes[box->first + i];
		int height = set_card(page, note, fit, width);
		int bottom = area->y + area->h - (fit->has_rest && column + 1 == fit->columns ? leading(fit->size) : 0);
		if (y + height > bottom && y > area->y && column + 1 < fit->columns) {
			column++;
			y = area->y;
			bottom = area->y + area->h - (fit->has_rest && column + 1 == fit->columns ? leading(fit->size) : 0);
		}
		if (y + height > bottom)
			return i;
		struct svg_rect *card = &page->cards[box->first + i];
		*card = (struct svg_rect){ area->x + column * (width + fit->size * 60 / 100), y, width, height };
		if (is_drawing)
			draw_card(page, note, fit, card);
		y += height + gap;
	}
	return box->count;
}

static bool fits(struct page *page, const struct box_content *box, struct box_layout *layout, struct fit fit)
{
	layout->fit = fit;
	layout->placed = stack(page, box, layout, false);
	return layout->placed == box->count;
}

/* The smallest size: as many lines for each note as let all of them in, or what has room and how many have not. */
static void squeeze(struct page *page, const struct box_content *box, struct box_layout *layout)
{
	struct fit fit = { SIZE_LEAST, columns_most(&layout->area, SIZE_LEAST), 1, false };
	size_t few = 0, many = LINES_MOST;
	while (few + 1 < many) {
		fit.lines_max = (few + many) / 2;
		if (fits(page, box, layout, fit))
			few = fit.lines_max;
		else
			many = fit.lines_max;
	}
	fit.lines_max = few ? few : 1;
	fit.has_rest = !few;
	fits(page, box, layout, fit);
	int width = column_width(&layout->area, &fit), left = layout->area.x + (fit.columns - 1) * (width + fit.size * 60 / 100);
	layout->rest = (struct svg_rect){ left, layout->frame.y + layout->frame.h - PAD - leading(fit.size), width, leading(fit.size) };
	for (size_t i = layout->placed; i < box->count; i++)
		page->cards[box->first + i] = layout->rest;
}

static void fit_box(struct page *page, const struct box_content *box, struct box_layout *layout)
{
	for (int size = SIZE_MOST; size >= SIZE_LEAST; size -= SIZE_STEP)
		for (int columns = 1; columns <= columns_most(&layout->area, size); columns++)
			if (fits(page, box, layout, (struct fit){ size, columns, SIZE_MAX, false }))
				return;
	squeeze(page, box, layout);
}

/* The height that the cards would like, in letters of the middling size. */
static int natural_height(struct page *page, const struct box_content *box, const struct svg_rect *area)
{
	struct fit fit = { (SIZE_MOST + SIZE_LEAST) / 2, 1, SIZE_MAX, false };
	fit.columns = columns_most(area, fit.size * 3 / 2);
	int width = column_width(area, &fit), sum = 0;
	page->is_typed = has_types(page, box);
	page->lines_most = LINES_MOST;
	for (size_t i = 0; i < box->count && sum < ENDLESS; i++)
		sum += set_card(page, &page->canvas->notes[box->first + i], &fit, width) + fit.size * 42 / 100;
	return sum / fit.columns;
}

/* ---------------------------------------------------------------------------------------------------- the grid */

struct grid {
	struct svg_rect where;
	int columns, rows;
	int *row_y; /* rows + 1 of them */
};

static int title_size(const struct svg_rect *frame)
{
	return frame->w < 1100 ? 120 : 155;
}

static int title_height(struct page *page, const struct box_content *box, const struct svg_rect *frame)
{
	int size = title_size(frame), lines = at_most(3, (frame->h - PAD) / (size * 125 / 100));
	typeset_text(&page->t, box->title, svg_ems(at_least(frame->w - 2 * PAD - size * 14 / 10, size), size), (size_t)at_least(lines, 1));
	return (int)page->t.line_count * size * 125 / 100;
}

/* A box outside the grid would be a fault of the document; it is drawn within all the same. */
static void place_box(struct page *page, const struct grid *grid, size_t at)
{
	const struct box_content *box = &page->canvas->boxes[at];
	int left = at_most(at_least(box->col, 1), grid->columns) - 1, top = at_most(at_least(box->row, 1), grid->rows) - 1;
	int right = at_most(left + at_least(box->w, 1), grid->columns), bottom = at_most(top + at_least(box->h, 1), grid->rows);
	struct box_layout *layout = &page->boxes[at];
	int x = grid->where.x + grid->where.w * left / grid->columns;
	layout->frame = (struct svg_rect){ x, grid->row_y[top], grid->where.x + grid->where.w * right / grid->columns - x, grid->row_y[bottom] - grid->row_y[top] };
	int head = PAD + title_height(page, box, &layout->frame) + 60;
	layout->area = (struct svg_rect){ x + PAD, layout->frame.y + head, at_least(layout->frame.w - 2 * PAD, PAD), layout->frame.h - head - PAD };
}

static void place_boxes(struct page *page, const struct grid *grid)
{
	for (size_t i = 0; i < page->canvas->box_count; i++)
		place_box(page, grid, i);
}

/* What each row would need more than it has (or could spare: less than 0), by the neediest box that stands in it. */
static void row_wants(struct page *page, const struct grid *grid, int *wants)
{
	int share = grid->where.h / grid->rows;
	for (int r = 0; r < grid->rows; r++)
		wants[r] = -share * 45 / 100;
	for (size_t i = 0; i < page->canvas->box_count; i++) {
		const struct box_content *box = &page->canvas->boxes[i];
		const struct box_layout *layout = &page->boxes[i];
		int spans = at_least(1, (layout->frame.h + share / 2) / share), top = (layout->frame.y - grid->where.y + share / 2) / share;
		int want = (natural_height(page, box, &layout->area) - layout->area.h) / spans;
		for (int r = top; r < at_most(top + spans, grid->rows); r++)
			wants[r] = at_least(wants[r], want);
	}
}

/* Rows with room to spare give it to rows in need, in proportion. */
static void share_rows(struct page *page, struct grid *grid)
{
	int *wants = arena_alloc(&page->arena, (size_t)grid->rows * sizeof *wants);
	int64_t need = 0, spare = 0, moved;
	row_wants(page, grid, wants);
	for (int r = 0; r < grid->rows; r++) {
		need += wants[r] > 0 ? wants[r] : 0;
		spare += wants[r] < 0 ? -wants[r] : 0;
	}
	moved = need < spare ? need : spare;
	int64_t y = grid->where.y;
	for (int r = 0; r < grid->rows; r++) {
		grid->row_y[r] = (int)y;
		y += grid->where.h / grid->rows;
		if (moved)
			y += wants[r] > 0 ? wants[r] * moved / need : wants[r] * moved / spare;
	}
	grid->row_y[grid->rows] = grid->where.y + grid->where.h;
}

static void lay_out(struct page *page, const struct svg_rect *where)
{
	const struct canvas_content *canvas = page->canvas;
	struct grid grid = { .where = *where, .columns = at_most(GRID_MOST, at_least(1, canvas->columns)), .rows = at_most(GRID_MOST, at_least(1, canvas->rows)) };
	grid.row_y = arena_alloc(&page->arena, ((size_t)grid.rows + 1) * sizeof *grid.row_y);
	for (int r = 0; r <= grid.rows; r++)
		grid.row_y[r] = where->y + (int)((int64_t)where->h * r / grid.rows);
	page->boxes = arena_alloc(&page->arena, (canvas->box_count + 1) * sizeof *page->boxes);
	page->cards = arena_alloc(&page->arena, (canvas->note_count + 1) * sizeof *page->cards);
	place_boxes(page, &grid);
	share_rows(page, &grid);
	place_boxes(page, &grid);
	for (size_t i = 0; i < canvas->box_count; i++)
		fit_box(page, &canvas->boxes[i], &page->boxes[i]);
}

/* ---------------------------------------------------------------------------------------------------- drawing */

/* The questions of a box, each its own paragraph, from `area->y` down; drawn unless only to be measured. Returns the height, or INT_MAX where a question would be cut. */
static int set_questions(struct page *page, const char *questions, const struct svg_rect *area, int size, bool is_drawing)
{
	struct svg_type type = { size, " font-family=\"" SVG_SERIF "\" font-style=\"italic\" fill=\"" SVG_INK_2 "\"", NULL };
	int y = 0, row = leading(size);
	struct run run = { 0 };
	while (content_next_line(&questions, &run.s, &run.n)) {
		int room = (area->h - y) / row;
		if (room < 1)
			return INT_MAX;
		typeset_break(&page->t, &run, 1, svg_ems(area->w, size), (size_t)room);
		for (size_t i = 0; is_drawing && i < page->t.line_count; i++)
			svg_line(page->out, &page->t, &page->t.lines[i], &type, area->x, area->x + area->w, area->y + y + (int)i * row + size);
		if (typeset_is_cut(&page->t))
			return INT_MAX;
		y += (int)page->t.line_count * row + size * 40 / 100;
	}
	return y;
}

/* Of a box without notes, so that an empty canvas printed out is a sheet to work on. They are not part of the work: what does not fit at the smallest size ends in an ellipsis. */
static void draw_questions(struct page *page, const struct box_content *box, const struct svg_rect *area)
{
	int size = QUESTION_MOST;
	while (size > SIZE_LEAST && set_questions(page, box->questions, area, size, false) == INT_MAX)
		size -= 5;
	set_questions(page, box->questions, area, size, true);
}

static void draw_head(struct page *page, const struct box_content *box, const struct svg_rect *frame)
{
	int size = title_size(frame), x = frame->x + PAD, y = frame->y + PAD, right = frame->x + frame->w - PAD;
	title_height(page, box, frame);
	for (size_t i = 0; i < page->t.line_count; i++)
		svg_line(page->out, &page->t, &page->t.lines[i], &(struct svg_type){ size, " font-weight=\"700\"", NULL }, x, right - size * 14 / 10, y + (int)i * size * 125 / 100 + size);
	if (!box->order)
		return;
	struct buf order = { 0 };
	buf_int(&order, box->order);
	svg_word(page->out, order.s, order.n, &(struct svg_type){ size, " fill=\"" SVG_INK_2 "\"", NULL }, "end", right, y + size);
	buf_release(&order);
}

static void draw_rest(struct page *page, const struct box_layout *layout, size_t missing)
{
	struct buf text = { 0 };
	buf_char(&text, '+');
	buf_int(&text, (int64_t)missing);
	buf_str(&text, " more");
	svg_word(page->out, text.s, text.n, &(struct svg_type){ SIZE_LEAST + 10, " font-weight=\"700\" fill=\"" SVG_INK_2 "\"", NULL }, "start", layout->rest.x, layout->rest.y + SIZE_LEAST);
	buf_release(&text);
}

static void draw_cards(struct page *page, const struct box_content *box, struct box_layout *layout)
{
	if (!box->count) {
		draw_questions(page, box, &layout->area);
		return;
	}
	size_t placed = stack(page, box, layout, true);
	if (placed < box->count)
		draw_rest(page, layout, box->count - placed);
}

/* From the side of one card that looks at the other; between cards that stand above each other, round their right sides. */
static void draw_link(struct page *page, const struct svg_rect *a, const struct svg_rect *b)
{
	bool right = b->x >= a->x + a->w, left = b->x + b->w <= a->x;
	int x1 = left ? a->x : a->x + a->w, x2 = right ? b->x : b->x + b->w, y1 = a->y + a->h / 2, y2 = b->y + b->h / 2;
	int bend = right || left ? at_least(90, (x1 > x2 ? x1 - x2 : x2 - x1) * 45 / 100) : 90;
	if (a->x == b->x && a->y == b->y)
		return;
	int head = right ? -70 : 70, end = x2 + head * 6 / 7;
	int numbers[] = { x1, y1, left ? x1 - bend : x1 + bend, y1, right ? end - bend : end + bend, y2, end, y2 };
	buf_str(page->out, "<path d=\"M");
	for (int i = 0; i < 8; i++) {
		if (i)
			buf_char(page->out, i == 2 ? 'C' : ' ');
		svg_num(page->out, numbers[i]);
	}
	buf_str(page->out, "\"/><path fill=\"" SVG_ACCENT "\" stroke=\"none\" d=\"M");
	svg_num(page->out, x2);
	buf_char(page->out, ' ');
	svg_num(page->out, y2);
	buf_str(page->out, right ? "l-7-3.5v7z\"/>\n" : "l7-3.5v7z\"/>\n");
}

static void draw_links(struct page *page)
{
	const struct canvas_content *canvas = page->canvas;
	if (!canvas->link_count)
		return;
	buf_str(page->out, "<g fill=\"none\" stroke=\"" SVG_ACCENT "\" stroke-width=\"1.2\"");
	svg_attr(page->out, "stroke-opacity", canvas->link_count > LINKS_MANY ? ".28" : ".5");
	buf_str(page->out, ">\n");
	for (size_t i = 0; i < canvas->link_count; i++)
		draw_link(page, &page->cards[canvas->links[i].from - canvas->notes], &page->cards[canvas->links[i].to - canvas->notes]);
	buf_str(page->out, "</g>\n");
}

/* Lines between boxes, then the links, which run beneath the cards, then the cards. */
static void draw_grid(struct page *page, const struct svg_rect *where)
{
	const struct canvas_content *canvas = page->canvas;
	svg_rect(page->out, where, 100, SVG_SHEET, NULL);
	for (size_t i = 0; i < canvas->box_count; i++)
		svg_rect(page->out, &page->boxes[i].frame, 0, "none", SVG_LINE);
	buf_str(page->out, "<g stroke-width=\"1.6\">");
	svg_rect(page->out, where, 100, "none", SVG_INK);
	buf_str(page->out, "</g>\n");
	for (size_t i = 0; i < canvas->box_count; i++)
		draw_head(page, &canvas->boxes[i], &page->boxes[i].frame);
	draw_links(page);
	for (size_t i = 0; i < canvas->box_count; i++)
		draw_cards(page, &canvas->boxes[i], &page->boxes[i]);
}

/* Customer types with their colours and numbers, in as many rows as they need; returns the height. */
static int draw_legend(struct page *page, int y)
{
	enum { SIDE = 190, ROW = 270, SIZE = 150 };
	int x = MARGIN, rows = 0;
	for (int i = 1; i <= TYPE_NUMBER_MAX; i++) {
		const char *name = page->canvas->types[i];
		if (!*name)
			continue;
		int width = at_most(svg_tenths(text_width(name, strlen(name)), SIZE), 7000);
		if (!rows || x + SIDE + 70 + width > PAGE_W - MARGIN) {
			x = MARGIN;
			y += rows++ ? ROW : 0;
		}
		svg_badge(page->out, i, x, y, SIDE);
		typeset_text(&page->t, name, svg_ems(width + 10, SIZE), 1);
		if (page->t.line_count)
			svg_line(page->out, &page->t, &page->t.lines[0], &(struct svg_type){ SIZE, "", NULL }, x + SIDE + 70, x + SIDE + 70 + width, y + SIZE * 96 / 100);
		x += SIDE + 70 + width + 260;
	}
	return rows * ROW;
}

static int draw_top(struct page *page)
{
	const char *title = *page->canvas->title ? page->canvas->title : "Canvas";
	struct svg_fit fit = { { 290, " font-weight=\"700\"", NULL }, 160, 1 };
	int y = 260;
	/* Bold letters are wider than the estimate. */
	y += svg_fitted(page->out, &page->t, title, &fit, &(struct svg_rect){ MARGIN, y, (PAGE_W - 2 * MARGIN) * 93 / 100, 0 }) + 90;
	int legend = draw_legend(page, y);
	return y + (legend ? legend + 40 : 20);
}

static void draw_bottom(struct page *page)
{
	struct svg_fit fit = { { 120, " fill=\"" SVG_INK_2 "\"", NULL }, 80, 2 };
	svg_mark(page->out, PAGE_W - MARGIN, PAGE_H - 165, 200);
	if (*page->canvas->credits)
		svg_fitted(page->out, &page->t, page->canvas->credits, &fit, &(struct svg_rect){ MARGIN, PAGE_H - 285, PAGE_W - 2 * MARGIN - 1400, 0 });
}

void canvas_write_svg(struct buf *out, const struct canvas_content *canvas)
{
	struct page page = { .out = out, .canvas = canvas };
	svg_open(out, PAGE_W, PAGE_H, canvas->title);
	int top = draw_top(&page);
	struct svg_rect where = { MARGIN, top, PAGE_W - 2 * MARGIN, PAGE_H - top - 420 };
	lay_out(&page, &where);
	draw_grid(&page, &where);
	draw_bottom(&page);
	svg_close(out);
	typeset_release(&page.t);
	arena_release(&page.arena);
}
