/* Where one is on a canvas: the focused box and note, what is marked, and how keys move about. All by id, since others add, move and take away all the time: board_settle finds its place anew before anything is done. */
#include "client-cli/ui_internal.h"
#include <stdlib.h>
#include <string.h>

enum { PAGE = 5 };

/* --- life --- */

void board_release(struct board *board)
{
	free(board->marks);
	typing_free(board->fresh);
	*board = (struct board){ .wish = -1 };
}

void board_enter(struct board *board, const char *doc)
{
	bool outline = board->outline;
	if (!strcmp(board->doc, doc))
		return;
	board_release(board);
	board->outline = outline;
	copy_id(board->doc, doc);
}

void board_write(struct board *board, const char *box, const char *text)
{
	typing_free(board->fresh);
	board->fresh = typing_new("", "", 0, 0);
	typing_splice(board->fresh, 0, 0, text, strlen(text));
	copy_id(board->fresh_box, box);
}

bool board_is_marked(const struct board *board, const char *note)
{
	for (size_t i = 0; i < board->mark_count; i++)
		if (!strcmp(board->marks[i], note))
			return true;
	return false;
}

void board_toggle_mark(struct board *board, const char *note)
{
	for (size_t i = 0; i < board->mark_count; i++)
		if (!strcmp(board->marks[i], note)) {
			memmove(&board->marks[i], &board->marks[i + 1], (--board->mark_count - i) * sizeof *board->marks);
			return;
		}
	board->marks = array_grow(board->marks, board->mark_count, sizeof *board->marks);
	copy_id(board->marks[board->mark_count++], note);
}

bool board_edits(const struct ui *ui)
{
	return ui->mode == UI_CANVAS && (ui->board.state == BOARD_EDIT || ui->board.state == BOARD_ADD);
}

const struct canvas_note *board_edited(const struct ui *ui, const struct canvas *canvas)
{
	return board_edits(ui) && ui->board.state == BOARD_EDIT ? canvas_note(canvas, ui->board.note) : NULL;
}

const struct canvas_box *canvas_next_box(const struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->box_count; i++)
		if (canvas->boxes[i].order && !canvas->boxes[i].count)
			return &canvas->boxes[i];
	return NULL;
}

/* --- the focus --- */

const struct canvas_note *board_focused_note(const struct ui *ui, const struct canvas *canvas)
{
	return *ui->board.note ? canvas_note(canvas, ui->board.note) : NULL;
}

const struct canvas_box *board_focused_box(const struct board *board, const struct canvas *canvas)
{
	return canvas_box(canvas, board->box);
}

void board_focus(struct board *board, const struct canvas_box *box, const struct canvas_note *note)
{
	copy_id(board->box, box->id);
	copy_id(board->note, note ? note->id : "");
	if (*board->open)
		copy_id(board->open, box->id);
}

void board_focus_note(struct board *board, const struct canvas *canvas, const struct canvas_note *note)
{
	board_focus(board, &canvas->boxes[note->box_index], note);
}

/* The note that was focused is gone: the one in its place, or the box. */
static void focus_near(struct board *board, const struct canvas *canvas, const struct canvas_box *box)
{
	size_t at = board->note_at;
	if (at >= box->count)
		at = box->count - 1;
	board_focus(board, box, box->count ? &canvas->notes[box->first + at] : NULL);
}

void board_settle(struct ui *ui, const struct canvas *canvas)
{
	struct board *board = &ui->board;
	const struct canvas_note *note = *board->note ? canvas_note(canvas, board->note) : NULL;
	const struct canvas_box *box = board_focused_box(board, canvas);
	if (!canvas->box_count)
		return;
	if (note) {
		board_focus_note(board, canvas, note);
		board->note_at = (size_t)(note - canvas->notes) - canvas->boxes[note->box_index].first;
	} else if (!box) {
		board_focus(board, &canvas->boxes[0], NULL);
	} else if (*board->note) {
		focus_near(board, canvas, box);
	}
	if (!note && board->state == BOARD_EDIT) {
		board->state = BOARD_LOOK;
		ui_say(ui, "say.note_gone");
	}
	if ((board->state == BOARD_LINK && !canvas_note(canvas, board->from)) || (board->state == BOARD_UNSAVED && !canvas->unsaved_count) || (board->state == BOARD_LINKS && !(note && note->link_count)))
		board->state = BOARD_LOOK;
	for (size_t i = board->mark_count; i-- > 0;)
		if (!canvas_note(canvas, board->marks[i]))
			board_toggle_mark(board, board->marks[i]);
	if (*board->open && !canvas_box(canvas, board->open))
		board->open[0] = 0;
	if (*board->fresh_box && !canvas_box(canvas, board->fresh_box))
		copy_id(board->fresh_box, board->box);
}

/* One further in the outline: a box, its notes, the next box. Inside of a box that is open, or on a grid, it ends there. Returns whether there was one. */
static bool step(struct board *board, const struct canvas *canvas, int by, bool inside)
{
	const struct canvas_box *box = board_focused_box(board, canvas);
	const struct canvas_note *note = *board->note ? canvas_note(canvas, board->note) : NULL;
	if (!box)
		return false;
	long place = note ? note - canvas->notes - (long)box->first + 1 : 0, to = place + by;
	if (to >= 0 && to <= (long)box->count) {
		board_focus(board, box, to ? &canvas->notes[box->first + (size_t)to - 1] : NULL);
		return true;
	}
	size_t i = (size_t)(box - canvas->boxes);
	if (inside || (by < 0 && i == 0) || (by > 0 && i + 1 == canvas->box_count))
		return false;
	box = &canvas->boxes[by < 0 ? i - 1 : i + 1];
	board_focus(board, box, by < 0 && box->count ? &canvas->notes[box->first + box->count - 1] : NULL);
	return true;
}

static void step_box(struct board *board, const struct canvas *canvas, int by)
{
	const struct canvas_box *box = board_focused_box(board, canvas);
	if (box)
		board_focus(board, &canvas->boxes[list_step((size_t)(box - canvas->boxes), by, canvas->box_count)], NULL);
}

/* How far the ranges [a, a + n) and [b, b + m) are apart; 0 where they overlap. */
static int apart(int a, int n, int b, int m)
{
	return b >= a + n ? b - (a + n) + 1 : a >= b + m ? a - (b + m) + 1 : 0;
}

/* The neighbour on the grid in a direction: of those that lie wholly beyond the one that stands beside it, is nearest, and begins at most the same height. NULL if there is none. */
static const struct canvas_box *neighbour(const struct canvas *canvas, const struct canvas_box *from, int across, int down)
{
	const struct canvas_box *best = NULL;
	int least = 0;
	for (size_t i = 0; i < canvas->box_count; i++) {
		const struct canvas_box *box = &canvas->boxes[i];
		bool beyond = across > 0 ? box->col >= from->col + from->w : across < 0 ? box->col + box->w <= from->col : down > 0 ? box->row >= from->row + from->h : box->row + box->h <= from->row;
		if (!beyond)
			continue;
		int along = across ? apart(from->col, from->w, box->col, box->w) : apart(from->row, from->h, box->row, box->h);
		int beside = across ? apart(from->row, from->h, box->row, box->h) : apart(from->col, from->w, box->col, box->w);
		int level = across ? abs(box->row - from->row) : abs(box->col - from->col);
		int cost = beside * 10000 + along * 100 + level;
		if (best && cost >= least)
			continue;
		best = box;
		least = cost;
	}
	return best;
}

static void go_across(struct board *board, const struct canvas *canvas, int by)
{
	const struct canvas_box *box = board_focused_box(board, canvas), *to = NULL;
	if (!board->grid || *board->open) {
		step_box(board, canvas, by);
		return;
	}
	if (box && (to = neighbour(canvas, box, by, 0)))
		board_focus(board, to, NULL);
}

void board_go_along(struct board *board, const struct canvas *canvas, int by)
{
	const struct canvas_box *box = board_focused_box(board, canvas), *to = NULL;
	bool inside = board->grid || *board->open;
	if (!step(board, canvas, by, inside) && board->grid && !*board->open && box && (to = neighbour(canvas, box, 0, by)))
		board_focus(board, to, NULL);
}

static void go_end(struct board *board, const struct canvas *canvas, bool last)
{
	const struct canvas_box *box = *board->open ? board_focused_box(board, canvas) : canvas->box_count ? &canvas->boxes[last ? canvas->box_count - 1 : 0] : NULL;
	if (box)
		board_focus(board, box, last && box->count ? &canvas->notes[box->first + box->count - 1] : NULL);
}

bool board_move_focus(struct board *board, const struct canvas *canvas, const struct key *key)
{
	char letter = ui_letter(key);
	if (key->type == KEY_GO_DOWN || letter == 'j')
		board_go_along(board, canvas, 1);
	else if (key->type == KEY_GO_UP || letter == 'k')
		board_go_along(board, canvas, -1);
	else if (key->type == KEY_GO_RIGHT || letter == 'l')
		go_across(board, canvas, 1);
	else if (key->type == KEY_GO_LEFT || letter == 'h')
		go_across(board, canvas, -1);
	else if (key->type == KEY_TABULATOR)
		step_box(board, canvas, 1);
	else if (key->type == KEY_BACK_TABULATOR)
		step_box(board, canvas, -1);
	else if (key->type == KEY_PAGE_DOWN || key->type == KEY_PAGE_UP)
		for (int i = 0; i < PAGE; i++)
			board_go_along(board, canvas, key->type == KEY_PAGE_DOWN ? 1 : -1);
	else if (key->type == KEY_FIRST || letter == 'g')
		go_end(board, canvas, false);
	else if (key->type == KEY_LAST || letter == 'G')
		go_end(board, canvas, true);
	else
		return false;
	return true;
}

/* --- what is shown --- */

void board_switch_view(struct board *board)
{
	board->outline = !board->outline;
}

void board_open_box(struct board *board)
{
	copy_id(board->open, *board->open ? "" : board->box);
}
