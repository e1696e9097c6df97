/* A canvas: as its template's grid where the window has room, else as an outline of boxes and notes; one box alone with its questions; and, over them, what is being done. Everything that
 * scrolls is set twice, as on the wall: once without a grid, to know where the focus lies, then into the grid. */
#include "client-cli/lines.h"
#include "client-cli/sentence.h"
#include "client-cli/view.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRID_COLUMNS_MIN = 120, GRID_ROWS_MIN = 35, BOX_WIDTH_MIN = 14, BOX_HEIGHT_MIN = 2, TEXT_INDENT = 3, LIST_ROWS_MAX = 10 };

/* Where notes are set: one column, scrolled, with what was learned while setting it. */
struct sheet {
	struct pen pen;
	const struct ui *ui;
	const struct canvas *canvas;
	const struct standing *standing;
	int indent;               /* of notes, under a heading */
	bool authors;
	int focus_from, focus_to; /* rows of what is to be kept in sight; -1: nothing is */
	int cursor_row, cursor_column;
	int edit_width;
	size_t above, below;      /* notes that begin above what is shown, or end below it */
};

/* --- people --- */

void view_initials(const char *name, struct buf *out)
{
	size_t n = strlen(name), last = n;
	struct cluster cluster;
	while (last > 0 && name[last - 1] == ' ')
		last--;
	while (last > 0 && name[last - 1] != ' ')
		last--;
	for (size_t at = 0; n; at = last) {
		lines_cluster(name, n, at, &cluster);
		buf_add(out, cluster.bytes, cluster.n);
		if (at == last)
			return;
	}
}

style view_hue(int colour)
{
	return STYLE_COLOUR(COLOUR_HUE + colour % COLOURS);
}

static void add_person(struct paragraph *out, const char *name, int colour, style more)
{
	struct buf text = { 0 };
	view_initials(name, &text);
	paragraph_add(out, buf_cstr(&text), view_hue(colour) | STYLE_BOLD | more);
	buf_release(&text);
}

/* The initials of the others who are in a note, or, without one, in a box but in none of its notes. */
static void add_people(struct paragraph *out, const struct canvas *canvas, const char *box, const char *note)
{
	for (size_t i = 0; i < canvas->person_count; i++) {
		const struct canvas_person *person = &canvas->people[i];
		if (person->me || strcmp(note ? person->note : person->box, note ? note : box) != 0)
			continue;
		if (!note && *person->note && canvas_note(canvas, person->note))
			continue;
		if (out->n)
			paragraph_add(out, " ", 0);
		add_person(out, person->name, person->colour, 0);
	}
}

/* --- texts --- */

static bool is_shown(const struct pen *pen, int row)
{
	return pen->grid && row >= pen->top && row < pen->bottom;
}

static bool begins_link(const char *text, size_t n, size_t at)
{
	return (n - at > 8 && !memcmp(text + at, "https://", 8)) || (n - at > 7 && !memcmp(text + at, "http://", 7));
}

/* The clusters of one line; addresses are underlined. */
static void draw_line(const struct pen *pen, int row, int column, const char *text, const struct line *line, style s)
{
	struct cluster cluster;
	bool link = false;
	for (size_t at = line->from; at < line->to; at += cluster.used) {
		lines_cluster(text, line->to, at, &cluster);
		link = !cluster.space && (link || begins_link(text, line->to, at));
		if (column + cluster.width > pen->column + pen->width)
			break;
		if (cluster.width)
			grid_text(pen->grid, row, column, cluster.width, link ? s | STYLE_UNDERLINE : s, cluster.bytes);
		column += cluster.width;
	}
}

/* Gives one cell another style; cells of one wide character go together. */
static void set_style(struct grid *grid, int row, int column, style s)
{
	if (row < 0 || row >= grid->rows || column < 0 || column >= grid->columns)
		return;
	struct cell *cell = grid_cell(grid, row, column);
	cell->style = s;
	for (int c = 1; c < cell->width && column + c < grid->columns; c++)
		grid_cell(grid, row, column + c)->style = s;
}

struct caret_place {
	int row, column;
};

static struct caret_place place_caret(const struct sheet *sheet, const struct lines *lines, const char *text, size_t n, int64_t points, int row, int column)
{
	size_t line;
	int across, room = sheet->pen.column + sheet->pen.width - 1;
	lines_place(lines, text, text_bytes(text, n, points), &line, &across);
	column += across;
	return (struct caret_place){ row + (int)line, column > room ? room : column };
}

/* Other people's carets: a cell in their colour, on the letter before which they stand. */
static void draw_carets(const struct sheet *sheet, const struct lines *lines, const struct canvas_note *note, int row, int column)
{
	for (size_t i = 0; i < sheet->canvas->person_count; i++) {
		const struct canvas_person *person = &sheet->canvas->people[i];
		if (person->me || !person->has_caret || strcmp(person->note, note->id) != 0)
			continue;
		struct caret caret = note->typing ? typing_caret_here(note->typing, person->caret, person->rev) : person->caret;
		struct caret_place place = place_caret(sheet, lines, note->text, note->text_n, caret.focus, row, column);
		if (is_shown(&sheet->pen, place.row))
			set_style(sheet->pen.grid, place.row, place.column, view_hue(person->colour) | STYLE_REVERSE | STYLE_BOLD);
	}
}

/* The text of a note, or of a new one, from column `indent` of the sheet on. */
static void draw_text(struct sheet *sheet, const char *text, size_t n, const struct canvas_note *note, const struct typing *typing, style s)
{
	struct pen *pen = &sheet->pen;
	struct lines lines = { 0 };
	int indent = sheet->indent + TEXT_INDENT, column = pen->column + indent, start = pen->row;
	/* One cell is kept free for a caret behind a full line. */
	int width = pen->width - indent - 1;
	lines_make(&lines, text, n, width);
	for (size_t i = 0; i < lines.n; i++, pen->row++)
		if (is_shown(pen, pen->row))
			draw_line(pen, pen->row, column, text, &lines.list[i], s);
	if (note)
		draw_carets(sheet, &lines, note, start, column);
	if (typing) {
		struct caret_place place = place_caret(sheet, &lines, text, n, typing_caret(typing).focus, start, column);
		sheet->focus_from = place.row;
		sheet->focus_to = place.row + 1;
		sheet->edit_width = width;
		if (is_shown(pen, place.row)) {
			sheet->cursor_row = place.row;
			sheet->cursor_column = place.column;
		}
	}
	lines_release(&lines);
}

/* --- notes --- */

static void add_part(struct paragraph *out, const char *text, style s)
{
	if (!*text)
		return;
	if (out->n)
		paragraph_add(out, " · ", STYLE_DIM);
	paragraph_add(out, text, s);
}

static void add_with(struct paragraph *out, const char *key, const char *x, int64_t n, style s)
{
	struct sentence_arg list[] = { { "x", x, n }, { "n", NULL, n }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, key, list);
	add_part(out, buf_cstr(&text), s);
	buf_release(&text);
}

static void add_tags(struct paragraph *out, const char *tags)
{
	const char *tag;
	char text[256];
	size_t n;
	for (size_t i = 0; (tag = line_at(tags, i, &n)); i++) {
		snprintf(text, sizeof text, "#%.*s", (int)n, tag);
		add_part(out, text, STYLE_DIM);
	}
}

/* Where the words of this person's own stand: kept here, on their way, saved, refused. */
static void add_state(struct paragraph *out, const struct sheet *sheet, const struct canvas_note *note, bool editing)
{
	struct buf text = { 0 };
	bool up = sheet->standing->link == LINK_UP;
	style warn = STYLE_COLOUR(COLOUR_WARN);
	if (note->typing && typing_state(note->typing) == TYPING_FROZEN)
		add_part(out, sentence("note.frozen"), STYLE_BOLD | warn);
	else if (note->typing && typing_is_pending(note->typing))
		add_part(out, sentence(up ? "post.sent" : "post.kept"), warn);
	else if (editing)
		add_part(out, sentence("note.saved"), STYLE_COLOUR(COLOUR_GOOD));
	else if (note->pending == PENDING_KEPT)
		add_part(out, sentence("post.kept"), warn);
	else if (note->pending == PENDING_SENT)
		add_part(out, sentence("post.sent"), warn);
	else if (note->pending == PENDING_REFUSED) {
		if (note->change && note->change->no)
			sentence_add_refusal(&text, note->change->no);
		add_with(out, "post.refused", buf_cstr(&text), 0, STYLE_COLOUR(COLOUR_BAD));
		add_part(out, sentence("post.refused.keys"), STYLE_DIM);
	}
	buf_release(&text);
}

static void draw_footer(struct sheet *sheet, const struct canvas_note *note, bool editing)
{
	struct paragraph paragraph = { 0 }, people = { 0 };
	struct pen pen = sheet->pen;
	add_people(&people, sheet->canvas, note->box, note->id);
	for (size_t i = 0; i < people.n; i++)
		paragraph_add(&paragraph, people.glyphs[i].cluster.bytes, people.glyphs[i].style);
	add_tags(&paragraph, note->tags);
	if (note->link_count)
		add_with(&paragraph, "note.links", "", (int64_t)note->link_count, STYLE_DIM);
	if (sheet->authors)
		add_part(&paragraph, note->author_name, STYLE_DIM);
	if (sheet->authors && !strcmp(note->names, "hidden"))
		add_part(&paragraph, sentence("post.name.hidden"), STYLE_DIM);
	add_state(&paragraph, sheet, note, editing);
	pen.column += sheet->indent + TEXT_INDENT;
	pen.width -= sheet->indent + TEXT_INDENT;
	pen_paragraph(&pen, &paragraph, 0);
	sheet->pen.row = pen.row;
	paragraph_release(&paragraph);
	paragraph_release(&people);
}

/* What stands before a note's words: its customer type, in number and colour. */
static void draw_number(const struct sheet *sheet, int row, const struct canvas_note *note)
{
	char number[2] = { (char)('0' + note->type), 0 };
	if (is_shown(&sheet->pen, row))
		grid_text(sheet->pen.grid, row, sheet->pen.column + sheet->indent + 1, 1, note->type ? view_hue(note->type - 1) | STYLE_BOLD : STYLE_DIM, note->type ? number : "•");
}

static void draw_bar(const struct sheet *sheet, int from, int to, const char *mark, style s)
{
	for (int row = from; row < to; row++)
		if (is_shown(&sheet->pen, row))
			grid_text(sheet->pen.grid, row, sheet->pen.column, 1, s, mark);
}

static bool is_focused(const struct sheet *sheet, const char *note)
{
	return sheet->ui->mode != UI_HELP && !strcmp(sheet->ui->board.note, note);
}

static void draw_note(struct sheet *sheet, const struct canvas_note *note)
{
	const struct board *board = &sheet->ui->board;
	bool here = is_focused(sheet, note->id), editing = here && board_edited(sheet->ui, sheet->canvas) == note;
	bool begins = board->state == BOARD_LINK && !strcmp(board->from, note->id);
	int row = sheet->pen.row;
	draw_number(sheet, row, note);
	draw_text(sheet, note->text, note->text_n, note, editing ? note->typing : NULL, note->pending ? STYLE_COLOUR(COLOUR_QUIET) : 0);
	draw_footer(sheet, note, editing);
	if (here && !editing) {
		sheet->focus_from = row;
		sheet->focus_to = sheet->pen.row;
	}
	if (board_is_marked(board, note->id) || begins)
		draw_bar(sheet, row, sheet->pen.row, begins ? "»" : "*", STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN));
	if (here)
		draw_bar(sheet, row, board_is_marked(board, note->id) ? row + 1 : sheet->pen.row, "▌", STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT));
}

/* The note that is being written, behind those that are there. */
static void draw_fresh(struct sheet *sheet, const struct canvas_box *box)
{
	const struct board *board = &sheet->ui->board;
	bool writing = board->state == BOARD_ADD && sheet->ui->mode == UI_CANVAS;
	size_t n;
	if (!board->fresh || strcmp(board->fresh_box, box->id) != 0 || (!writing && !typing_length(board->fresh)))
		return;
	const char *text = typing_text(board->fresh, &n);
	if (is_shown(&sheet->pen, sheet->pen.row))
		grid_text(sheet->pen.grid, sheet->pen.row, sheet->pen.column + sheet->indent + 1, 1, STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT), "+");
	draw_text(sheet, text, n, NULL, writing ? board->fresh : NULL, writing ? 0 : STYLE_COLOUR(COLOUR_QUIET));
}

static void draw_indented(struct sheet *sheet, const char *text, int indent, style s)
{
	struct pen pen = sheet->pen;
	pen.column += indent;
	pen.width -= indent;
	pen_text(&pen, text, s);
	sheet->pen.row = pen.row;
}

/* The notes of a box; where there are none, its first question. */
static void draw_notes(struct sheet *sheet, const struct canvas_box *box)
{
	int row = sheet->pen.row;
	size_t n;
	for (size_t i = 0; i < box->count; i++) {
		int start = sheet->pen.row;
		/* What lies below the edge is counted, not set. */
		if (sheet->pen.grid && start >= sheet->pen.bottom) {
			sheet->below += box->count - i;
			return;
		}
		draw_note(sheet, &sheet->canvas->notes[box->first + i]);
		sheet->above += start < sheet->pen.top;
		sheet->below += sheet->pen.row > sheet->pen.bottom;
	}
	draw_fresh(sheet, box);
	const char *question = line_at(box->questions, 0, &n);
	if (sheet->pen.row == row && question && !*sheet->ui->board.open) {
		char *text = strndup(question, n);
		draw_indented(sheet, text, sheet->indent + TEXT_INDENT, STYLE_DIM);
		free(text);
	}
}

/* --- the outline --- */

/* "▸ 3 Channels  2 notes  LM": ▸ marks the box that comes next in the recommended order. */
static void draw_heading(struct sheet *sheet, const struct canvas_box *box)
{
	const struct ui *ui = sheet->ui;
	bool here = !strcmp(ui->board.box, box->id) && !*ui->board.note;
	struct paragraph paragraph = { 0 }, people = { 0 };
	struct pen pen = sheet->pen;
	char order[16];
	int row = pen.row;
	if (canvas_next_box(sheet->canvas) == box && is_shown(&pen, row))
		grid_text(pen.grid, row, pen.column + 1, 1, STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT), "▸");
	pen.column += 2;
	pen.width -= 2;
	snprintf(order, sizeof order, box->order ? "%d " : "", box->order);
	paragraph_add(&paragraph, order, STYLE_DIM);
	paragraph_add(&paragraph, box->title, here ? STYLE_REVERSE | STYLE_BOLD : STYLE_BOLD);
	paragraph_add(&paragraph, "  ", 0);
	struct sentence_arg list[] = { { "n", NULL, (int64_t)box->count }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, "canvas.notes", list);
	paragraph_add(&paragraph, buf_cstr(&text), STYLE_DIM);
	buf_release(&text);
	add_people(&people, sheet->canvas, box->id, NULL);
	paragraph_add(&paragraph, people.n ? "  " : "", 0);
	for (size_t i = 0; i < people.n; i++)
		paragraph_add(&paragraph, people.glyphs[i].cluster.bytes, people.glyphs[i].style);
	pen_paragraph(&pen, &paragraph, 2);
	sheet->pen.row = pen.row;
	if (here) {
		draw_bar(sheet, row, pen.row, "▌", STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT));
		sheet->focus_from = row;
		sheet->focus_to = pen.row;
	}
	paragraph_release(&paragraph);
	paragraph_release(&people);
}

/* What an open box says of itself: its questions, its tip, its tags. */
static void draw_teaching(struct sheet *sheet, const struct canvas_box *box)
{
	const char *line;
	size_t n;
	struct buf text = { 0 };
	for (size_t i = 0; (line = line_at(box->questions, i, &n)); i++) {
		buf_reset(&text);
		buf_str(&text, "– ");
		buf_add(&text, line, n);
		draw_indented(sheet, text.s, 2, STYLE_COLOUR(COLOUR_ACCENT));
	}
	if (*box->tip)
		draw_indented(sheet, box->tip, 2, STYLE_ITALIC);
	buf_reset(&text);
	for (size_t i = 0; (line = line_at(box->tags, i, &n)); i++) {
		buf_str(&text, i ? " · #" : "#");
		buf_add(&text, line, n);
	}
	if (text.n)
		draw_indented(sheet, text.s, 2, STYLE_DIM);
	sheet->pen.row++;
	buf_release(&text);
}

static void set_outline(struct sheet *sheet)
{
	const struct board *board = &sheet->ui->board;
	for (size_t i = 0; i < sheet->canvas->box_count; i++) {
		const struct canvas_box *box = &sheet->canvas->boxes[i];
		if (*board->open && strcmp(board->open, box->id) != 0)
			continue;
		draw_heading(sheet, box);
		if (*board->open)
			draw_teaching(sheet, box);
		draw_notes(sheet, box);
		sheet->pen.row++;
	}
}

static void keep_in_sight(int *scroll, int from, int to, int height, int total)
{
	if (from < 0)
		from = to = *scroll;
	if (to - *scroll > height)
		*scroll = to - height;
	if (from < *scroll)
		*scroll = from;
	if (*scroll > total - height)
		*scroll = total - height;
	if (*scroll < 0)
		*scroll = 0;
}

static void take_cursor(struct grid *grid, struct ui *ui, const struct sheet *sheet)
{
	if (sheet->cursor_row >= 0) {
		grid->cursor_row = sheet->cursor_row;
		grid->cursor_column = sheet->cursor_column;
	}
	if (sheet->edit_width > 0)
		ui->board.edit_width = sheet->edit_width;
}

static void draw_outline(struct grid *grid, struct ui *ui, const struct sheet *plain, int top, int bottom)
{
	struct sheet sheet = *plain;
	sheet.pen = (struct pen){ .width = grid->columns };
	sheet.indent = 1;
	sheet.authors = true;
	set_outline(&sheet);
	int total = sheet.pen.row - 1, height = bottom - top;
	keep_in_sight(&ui->board.scroll, sheet.focus_from, sheet.focus_to, height, total);
	sheet.pen = (struct pen){ .grid = grid, .width = grid->columns, .top = top, .bottom = bottom, .row = top - ui->board.scroll };
	set_outline(&sheet);
	take_cursor(grid, ui, &sheet);
	if (ui->board.scroll > 0)
		grid_text(grid, top, grid->columns - 1, 1, STYLE_DIM, "↑");
	if (total - ui->board.scroll > height)
		grid_text(grid, bottom - 1, grid->columns - 1, 1, STYLE_DIM, "↓");
}

/* --- the grid --- */

enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };

static const char *const lines_of[16] = { " ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼" };

struct frame {
	int left, top, right, bottom; /* of its lines */
};

/* Where the lines of a box go when the template's grid is scaled to the window; neighbours share theirs. */
static struct frame frame_of(const struct canvas *canvas, const struct canvas_box *box, int columns, int top, int bottom)
{
	int across = columns - 1, down = bottom - 1 - top;
	return (struct frame){
		.left = (box->col - 1) * across / canvas->columns,
		.right = (box->col - 1 + box->w) * across / canvas->columns,
		.top = top + (box->row - 1) * down / canvas->rows,
		.bottom = top + (box->row - 1 + box->h) * down / canvas->rows,
	};
}

static bool fits_grid(const struct canvas *canvas, const struct grid *grid, int top, int bottom)
{
	if (grid->columns < GRID_COLUMNS_MIN || grid->rows < GRID_ROWS_MIN || canvas->columns < 1 || canvas->rows < 1)
		return false;
	for (size_t i = 0; i < canvas->box_count; i++) {
		const struct canvas_box *box = &canvas->boxes[i];
		struct frame frame = frame_of(canvas, box, grid->columns, top, bottom);
		bool inside = box->col >= 1 && box->row >= 1 && box->w >= 1 && box->h >= 1 && box->col - 1 + box->w <= canvas->columns && box->row - 1 + box->h <= canvas->rows;
		if (!inside || frame.right - frame.left - 1 < BOX_WIDTH_MIN || frame.bottom - frame.top - 1 < BOX_HEIGHT_MIN)
			return false;
	}
	return true;
}

static void add_frame(uint8_t *sides, int columns, const struct frame *f)
{
	for (int c = f->left; c <= f->right; c++) {
		uint8_t along = (uint8_t)((c > f->left ? LEFT : 0) | (c < f->right ? RIGHT : 0));
		sides[f->top * columns + c] |= along;
		sides[f->bottom * columns + c] |= along;
	}
	for (int r = f->top; r <= f->bottom; r++) {
		uint8_t along = (uint8_t)((r > f->top ? UP : 0) | (r < f->bottom ? DOWN : 0));
		sides[r * columns + f->left] |= along;
		sides[r * columns + f->right] |= along;
	}
}

static void draw_frames(struct grid *grid, const struct canvas *canvas, int top, int bottom)
{
	uint8_t *sides = calloc((size_t)grid->rows * (size_t)grid->columns, 1);
	if (!sides)
		abort();
	for (size_t i = 0; i < canvas->box_count; i++) {
		struct frame frame = frame_of(canvas, &canvas->boxes[i], grid->columns, top, bottom);
		add_frame(sides, grid->columns, &frame);
	}
	for (int r = top; r < bottom; r++)
		for (int c = 0; c < grid->columns; c++)
			if (sides[r * grid->columns + c])
				grid_text(grid, r, c, 1, STYLE_DIM, lines_of[sides[r * grid->columns + c]]);
	free(sides);
}

/* The box with the focus is told by its frame. */
static void lift_frame(struct grid *grid, const struct frame *f)
{
	style s = STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT);
	for (int c = f->left; c <= f->right; c++) {
		set_style(grid, f->top, c, s);
		set_style(grid, f->bottom, c, s);
	}
	for (int r = f->top; r <= f->bottom; r++) {
		set_style(grid, r, f->left, s);
		set_style(grid, r, f->right, s);
	}
}

/* On the upper line: "▸3 Channels" and who is in it. */
static void draw_title(struct grid *grid, const struct sheet *sheet, const struct canvas_box *box, const struct frame *f)
{
	const struct board *board = &sheet->ui->board;
	bool in = !strcmp(board->box, box->id), here = in && !*board->note;
	struct paragraph people = { 0 };
	int right = f->right - 1, left = f->left + 1, room;
	char text[160];
	add_people(&people, sheet->canvas, box->id, NULL);
	for (size_t i = people.n; i-- > 0 && right - people.glyphs[i].cluster.width > left + (f->right - f->left) / 2;) {
		right -= people.glyphs[i].cluster.width;
		grid_text(grid, f->top, right, people.glyphs[i].cluster.width, people.glyphs[i].style, people.glyphs[i].cluster.bytes);
	}
	room = right - left - 1;
	if (canvas_next_box(sheet->canvas) == box)
		grid_text(grid, f->top, left, 1, STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT), "▸");
	snprintf(text, sizeof text, box->order ? "%d %s" : "%.0d%s", box->order, box->title);
	grid_text(grid, f->top, left + 1, room, here ? STYLE_BOLD | STYLE_REVERSE : STYLE_BOLD | (in ? STYLE_COLOUR(COLOUR_ACCENT) : 0), text);
	paragraph_release(&people);
}

static void draw_box(struct grid *grid, struct ui *ui, const struct sheet *plain, const struct canvas_box *box, const struct frame *f)
{
	struct sheet sheet = *plain;
	bool in = !strcmp(ui->board.box, box->id);
	int height = f->bottom - f->top - 1, none = 0, *scroll = in ? &ui->board.box_scroll : &none;
	char text[24];
	if (in && strcmp(ui->board.scrolled, box->id) != 0) {
		*scroll = 0;
		snprintf(ui->board.scrolled, sizeof ui->board.scrolled, "%s", box->id);
	}
	if (in) {
		sheet.pen = (struct pen){ .column = f->left + 1, .width = f->right - f->left - 1 };
		draw_notes(&sheet, box);
		/* With the focus on the box itself it is seen from its beginning. */
		if (!*ui->board.note && sheet.focus_from < 0)
			sheet.focus_from = sheet.focus_to = 0;
		keep_in_sight(scroll, sheet.focus_from, sheet.focus_to, height, sheet.pen.row);
	}
	sheet.above = sheet.below = 0;
	sheet.pen = (struct pen){ .grid = grid, .column = f->left + 1, .width = f->right - f->left - 1, .top = f->top + 1, .bottom = f->bottom, .row = f->top + 1 - *scroll };
	draw_notes(&sheet, box);
	if (in) {
		take_cursor(grid, ui, &sheet);
		lift_frame(grid, f);
	}
	draw_title(grid, plain, box, f);
	snprintf(text, sizeof text, "+%zu", sheet.below);
	if (sheet.below)
		grid_text_right(grid, f->bottom, f->right - 1, 6, STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN), text);
	snprintf(text, sizeof text, "↑%zu", sheet.above);
	if (sheet.above)
		grid_text_right(grid, f->top, f->right - 1, 6, STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN), text);
}

static void draw_grid(struct grid *grid, struct ui *ui, const struct sheet *plain, int top, int bottom)
{
	const struct canvas *canvas = plain->canvas;
	draw_frames(grid, canvas, top, bottom);
	/* The focused one last: its frame lies over those of its neighbours. */
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < canvas->box_count; i++) {
			struct frame frame = frame_of(canvas, &canvas->boxes[i], grid->columns, top, bottom);
			if ((strcmp(ui->board.box, canvas->boxes[i].id) == 0) == last)
				draw_box(grid, ui, plain, &canvas->boxes[i], &frame);
		}
}

/* --- lists over it --- */

/* One line that says much in little: newlines are spaces. */
static void add_flat(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(out, text[i] == '\n' || text[i] == '\t' ? ' ' : text[i]);
}

static void draw_links(struct grid *grid, const struct ui *ui, const struct canvas *canvas, int top, int bottom)
{
	const struct canvas_note *other;
	const struct canvas_link *link;
	size_t room = (size_t)(bottom - top), from = ui->board.at >= room ? ui->board.at - room + 1 : 0;
	struct buf text = { 0 };
	for (size_t i = from; i < from + room && (link = canvas_link_at(canvas, ui->board.note, i, &other)); i++) {
		buf_reset(&text);
		buf_str(&text, !strcmp(link->from, ui->board.note) ? "→ " : "← ");
		buf_str(&text, canvas->boxes[other->box_index].title);
		buf_str(&text, ": ");
		add_flat(&text, other->text, other->text_n);
		int row = top + (int)(i - from), as = strcmp(link->as, "note") ? 24 : 0;
		grid_text(grid, row, 2, grid->columns - 3 - as, i == ui->board.at ? STYLE_REVERSE : 0, text.s);
		if (as)
			grid_text_right(grid, row, grid->columns, as, STYLE_DIM, link->as);
	}
	buf_release(&text);
}

static void draw_unsaved(struct grid *grid, const struct ui *ui, const struct canvas *canvas, int top, int bottom)
{
	size_t room = (size_t)(bottom - top), from = ui->board.at >= room ? ui->board.at - room + 1 : 0;
	struct buf text = { 0 };
	for (size_t i = from; i < from + room && i < canvas->unsaved_count; i++) {
		const struct canvas_unsaved *unsaved = &canvas->unsaved[i];
		buf_reset(&text);
		add_flat(&text, unsaved->words, strlen(unsaved->words));
		buf_str(&text, "  (");
		if (unsaved->change->no)
			sentence_add_refusal(&text, unsaved->change->no);
		buf_char(&text, ')');
		grid_text(grid, top + (int)(i - from), 2, grid->columns - 2, i == ui->board.at ? STYLE_REVERSE : 0, text.s);
	}
	buf_release(&text);
}

/* Draws the list that lies over the canvas' lower part; returns the row above which the canvas ends. */
static int draw_list(struct grid *grid, const struct ui *ui, const struct canvas *canvas, int top, int bottom)
{
	const struct canvas_note *note = canvas_note(canvas, ui->board.note);
	bool links = ui->board.state == BOARD_LINKS;
	size_t count = links ? note ? note->link_count : 0 : canvas->unsaved_count;
	int rows = count > LIST_ROWS_MAX ? LIST_ROWS_MAX : (int)count, least = (bottom - top) / 2;
	if (ui->mode != UI_CANVAS || (!links && ui->board.state != BOARD_UNSAVED))
		return bottom;
	if (rows > least)
		rows = least;
	int from = bottom - rows - 2;
	if (from <= top)
		return bottom;
	grid_text(grid, from, 0, grid->columns, STYLE_BOLD, sentence(links ? "links.title" : "unsaved.title"));
	if (links)
		draw_links(grid, ui, canvas, from + 1, bottom - 1);
	else
		draw_unsaved(grid, ui, canvas, from + 1, bottom - 1);
	grid_text(grid, bottom - 1, 0, grid->columns, STYLE_DIM, sentence(links ? "links.keys" : "unsaved.keys"));
	return from;
}

/* --- what is being done --- */

/* The line above the status: what the keys do now, if it is something of its own. Returns whether there is one. */
static bool draw_doing(struct grid *grid, const struct ui *ui, const struct canvas *canvas, int row)
{
	const struct canvas_note *from;
	struct buf text = { 0 }, words = { 0 };
	struct sentence_arg list[] = { { "n", NULL, (int64_t)ui->board.mark_count }, { "x", "", 0 }, { 0 } };
	if (ui->mode != UI_CANVAS)
		return false;
	switch (ui->board.state) {
	case BOARD_LOOK:
		if (ui->board.mark_count)
			sentence_add(&text, "doing.marked", list);
		break;
	case BOARD_EDIT: buf_str(&text, sentence("doing.edit")); break;
	case BOARD_ADD: buf_str(&text, sentence("doing.add")); break;
	case BOARD_LINK:
		from = canvas_note(canvas, ui->board.from);
		if (from)
			add_flat(&words, from->text, from->text_n);
		list[1].s = buf_cstr(&words);
		sentence_add(&text, "doing.link", list);
		break;
	case BOARD_LINKS:
	case BOARD_UNSAVED: break;
	}
	if (text.n)
		grid_text(grid, row, 0, grid->columns, STYLE_DIM, text.s);
	bool any = text.n;
	buf_release(&text);
	buf_release(&words);
	return any;
}

static void draw_waiting(struct grid *grid, const struct scene *scene, const struct ui *ui, int top)
{
	const char *key = "canvas.loading";
	const struct canvas_entry *entry = class_list_canvas(scene->list, ui->board.doc);
	if (ui->mode == UI_PAST)
		key = "past.loading";
	else if (entry && !entry->may_see)
		key = "say.may_not_see";
	else if (!entry)
		key = "canvas.gone";
	grid_text(grid, top + 1, 2, grid->columns - 2, STYLE_DIM, sentence(key));
}

/* Whose it is, who may read and write in it, and who is here. */
static void add_about(struct paragraph *out, const struct canvas *canvas, bool past)
{
	add_part(out, *canvas->team ? canvas->team_name : sentence("canvas.class"), STYLE_COLOUR(COLOUR_ACCENT));
	if (*canvas->team || !strcmp(canvas->see, "staff"))
		add_part(out, sentence(!strcmp(canvas->see, "class") ? "canvas.see.class" : !strcmp(canvas->see, "staff") ? "canvas.see.staff" : "canvas.see.team"), STYLE_DIM);
	if (!canvas->may_add && !past)
		add_part(out, sentence("canvas.readonly"), STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN));
	if (canvas->frozen && !past)
		add_part(out, sentence("status.frozen"), STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN));
	bool first = true;
	for (size_t i = 0; i < canvas->person_count && !past; i++) {
		if (canvas->people[i].me)
			continue;
		if (first)
			add_part(out, sentence("canvas.here"), STYLE_DIM);
		paragraph_add(out, first ? " " : ", ", STYLE_DIM);
		add_person(out, canvas->people[i].name, canvas->people[i].colour, 0);
		paragraph_add(out, " ", 0);
		paragraph_add(out, canvas->people[i].name, view_hue(canvas->people[i].colour));
		first = false;
	}
}

int view_canvas_header(struct grid *grid, const struct ui *ui, const struct scene *scene)
{
	const struct canvas *canvas = scene->canvas;
	char display[CODE_DISPLAY_CHARS + 1] = "";
	struct paragraph paragraph = { 0 };
	if (strlen(scene->picture->code) == CODE_CHARS)
		code_display(scene->picture->code, display);
	grid_text(grid, 0, 0, grid->columns - CODE_DISPLAY_CHARS - 2, STYLE_BOLD, canvas->title);
	grid_text_right(grid, 0, grid->columns, CODE_DISPLAY_CHARS, STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT), display);
	if (grid->rows <= 12)
		return 1;
	add_about(&paragraph, canvas, ui->mode == UI_PAST);
	struct pen pen = { .grid = grid, .width = grid->columns, .top = 1, .bottom = 2, .row = 1 };
	pen_paragraph(&pen, &paragraph, 0);
	paragraph_release(&paragraph);
	return 2;
}

/* The names of the types in use, in their colours, on the left of one row. */
static void draw_types(struct grid *grid, const struct canvas *canvas, int row)
{
	int column = 0;
	char text[300];
	for (int t = 1; t <= TYPES_MAX && column < grid->columns; t++) {
		if (!*canvas->types[t])
			continue;
		snprintf(text, sizeof text, "%d %s", t, canvas->types[t]);
		column += grid_text(grid, row, column, grid->columns - column, view_hue(t - 1), text) + 2;
	}
}

static bool has_types(const struct canvas *canvas)
{
	for (int t = 1; t <= TYPES_MAX; t++)
		if (*canvas->types[t])
			return true;
	return false;
}

void view_canvas(struct grid *grid, struct ui *ui, const struct scene *scene, const struct standing *standing, int top, int bottom)
{
	const struct canvas *canvas = scene->canvas;
	struct sheet sheet = { .ui = ui, .canvas = canvas, .standing = standing, .focus_from = -1, .cursor_row = -1 };
	ui->board.grid = false;
	if (!canvas->known || !canvas->box_count) {
		draw_waiting(grid, scene, ui, top);
		return;
	}
	board_settle(ui, canvas);
	if (has_types(canvas) && bottom - top > 6)
		draw_types(grid, canvas, top++);
	if (bottom - top > 3 && draw_doing(grid, ui, canvas, bottom - 1))
		bottom--;
	bottom = draw_list(grid, ui, canvas, top, bottom);
	if (bottom <= top)
		return;
	ui->board.grid = !ui->board.outline && !*ui->board.open && fits_grid(canvas, grid, top, bottom);
	if (ui->board.grid)
		draw_grid(grid, ui, &sheet, top, bottom);
	else
		draw_outline(grid, ui, &sheet, top, bottom);
}

int view_same_note(const struct ui *ui, const struct scene *scene, struct paragraph *out)
{
	const struct canvas_note *note = board_edited(ui, scene->canvas);
	int count = 0;
	for (size_t i = 0; note && i < scene->canvas->person_count; i++) {
		const struct canvas_person *person = &scene->canvas->people[i];
		if (person->me || strcmp(person->note, note->id) != 0)
			continue;
		paragraph_add(out, count++ ? " " : "", 0);
		add_person(out, person->name, person->colour, STYLE_REVERSE);
	}
	return count;
}
