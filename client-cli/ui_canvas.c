/* Keys on a canvas: moving about, acting on notes, typing in them, links; and looking back at what a wall or a canvas was. */
#include "client-cli/lines.h"
#include "client-cli/sentence.h"
#include "client-cli/ui_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { PAGE = 5, MOMENTS_PAGE = 10, PATH_MAX_NOTES = 64 };

static const struct intent nothing = { 0 };

static struct intent intent(enum intent_type type)
{
	return (struct intent){ .type = type };
}

static void copy_id(char out[OBJECT_ID_CAP], const char *id)
{
	snprintf(out, OBJECT_ID_CAP, "%s", id);
}

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

static void toggle_mark(struct board *board, const char *note)
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

static const struct canvas_box *focus_box(const struct board *board, const struct canvas *canvas)
{
	return canvas_box(canvas, board->box);
}

static void focus(struct board *board, const struct canvas_box *box, const struct canvas_note *note)
{
	copy_id(board->box, box->id);
	copy_id(board->note, note ? note->id : "");
	if (*board->open)
		copy_id(board->open, box->id);
}

static void focus_note(struct board *board, const struct canvas *canvas, const struct canvas_note *note)
{
	focus(board, &canvas->boxes[note->box_index], note);
}

/* The note that was focused is gone: the one in its place, or the box. */
static void focus_near(struct board *board, const struct canvas *canvas, const struct canvas_box *box)
{
	size_t at = board->note_at;
	if (at >= box->count)
		at = box->count - 1;
	focus(board, box, box->count ? &canvas->notes[box->first + at] : NULL);
}

void board_settle(struct ui *ui, const struct canvas *canvas)
{
	struct board *board = &ui->board;
	const struct canvas_note *note = *board->note ? canvas_note(canvas, board->note) : NULL;
	const struct canvas_box *box = focus_box(board, canvas);
	if (!canvas->box_count)
		return;
	if (note) {
		focus_note(board, canvas, note);
		board->note_at = (size_t)(note - canvas->notes) - canvas->boxes[note->box_index].first;
	} else if (!box) {
		focus(board, &canvas->boxes[0], NULL);
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
			toggle_mark(board, board->marks[i]);
	if (*board->open && !canvas_box(canvas, board->open))
		board->open[0] = 0;
	if (*board->fresh_box && !canvas_box(canvas, board->fresh_box))
		copy_id(board->fresh_box, board->box);
}

/* One further in the outline: a box, its notes, the next box. Inside of a box that is open, or on a grid, it ends there. Returns whether there was one. */
static bool step(struct board *board, const struct canvas *canvas, int by, bool inside)
{
	const struct canvas_box *box = focus_box(board, canvas);
	const struct canvas_note *note = *board->note ? canvas_note(canvas, board->note) : NULL;
	if (!box)
		return false;
	long place = note ? note - canvas->notes - (long)box->first + 1 : 0, to = place + by;
	if (to >= 0 && to <= (long)box->count) {
		focus(board, box, to ? &canvas->notes[box->first + (size_t)to - 1] : NULL);
		return true;
	}
	size_t i = (size_t)(box - canvas->boxes);
	if (inside || (by < 0 && i == 0) || (by > 0 && i + 1 == canvas->box_count))
		return false;
	box = &canvas->boxes[by < 0 ? i - 1 : i + 1];
	focus(board, box, by < 0 && box->count ? &canvas->notes[box->first + box->count - 1] : NULL);
	return true;
}

static void step_box(struct board *board, const struct canvas *canvas, int by)
{
	const struct canvas_box *box = focus_box(board, canvas);
	if (box)
		focus(board, &canvas->boxes[list_step((size_t)(box - canvas->boxes), by, canvas->box_count)], NULL);
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
	const struct canvas_box *box = focus_box(board, canvas), *to = NULL;
	if (!board->grid || *board->open) {
		step_box(board, canvas, by);
		return;
	}
	if (box && (to = neighbour(canvas, box, by, 0)))
		focus(board, to, NULL);
}

static void go_along(struct board *board, const struct canvas *canvas, int by)
{
	const struct canvas_box *box = focus_box(board, canvas), *to = NULL;
	bool inside = board->grid || *board->open;
	if (!step(board, canvas, by, inside) && board->grid && !*board->open && box && (to = neighbour(canvas, box, 0, by)))
		focus(board, to, NULL);
}

static void go_end(struct board *board, const struct canvas *canvas, bool last)
{
	const struct canvas_box *box = *board->open ? focus_box(board, canvas) : canvas->box_count ? &canvas->boxes[last ? canvas->box_count - 1 : 0] : NULL;
	if (box)
		focus(board, box, last && box->count ? &canvas->notes[box->first + box->count - 1] : NULL);
}

/* The keys that move the focus, the same in the present and in the past. */
static bool move_focus(struct board *board, const struct canvas *canvas, const struct key *key)
{
	char letter = ui_letter(key);
	if (key->type == KEY_GO_DOWN || letter == 'j')
		go_along(board, canvas, 1);
	else if (key->type == KEY_GO_UP || letter == 'k')
		go_along(board, canvas, -1);
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
			go_along(board, canvas, key->type == KEY_PAGE_DOWN ? 1 : -1);
	else if (key->type == KEY_FIRST || letter == 'g')
		go_end(board, canvas, false);
	else if (key->type == KEY_LAST || letter == 'G')
		go_end(board, canvas, true);
	else
		return false;
	return true;
}

/* --- what commands are for --- */

static bool is_target(const struct board *board, const struct canvas_note *note)
{
	return board->mark_count ? board_is_marked(board, note->id) : !strcmp(board->note, note->id);
}

size_t board_target_count(const struct ui *ui, const struct canvas *canvas, const struct canvas_note **note)
{
	size_t count = 0;
	for (size_t i = 0; i < canvas->note_count; i++)
		if (is_target(&ui->board, &canvas->notes[i]) && !count++)
			*note = &canvas->notes[i];
	return count;
}

cJSON *board_targets(struct ui *ui, const struct canvas *canvas)
{
	cJSON *ids = cJSON_CreateArray();
	const char *why = "say.choose_note";
	bool bad = canvas->frozen;
	if (bad)
		why = "say.frozen";
	for (size_t i = 0; i < canvas->note_count && !bad; i++) {
		const struct canvas_note *note = &canvas->notes[i];
		if (!is_target(&ui->board, note))
			continue;
		bad = !note->may_change;
		why = bad ? "say.not_yours.note" : why;
		cJSON_AddItemToArray(ids, cJSON_CreateString(note->id));
	}
	if (!bad && cJSON_GetArraySize(ids))
		return ids;
	cJSON_Delete(ids);
	ui_say(ui, why);
	return NULL;
}

static struct intent do_to_targets(struct ui *ui, const struct canvas *canvas, enum command command, const char *say)
{
	cJSON *ids = board_targets(ui, canvas);
	if (!ids)
		return nothing;
	cJSON *args = cJSON_CreateObject();
	cJSON_AddItemToObject(args, "ids", ids);
	if (say)
		ui_say(ui, say);
	ui->board.mark_count = 0;
	return ui_do(ui->board.doc, command, args);
}

/* --- acts --- */

static const struct canvas_note *focused(const struct ui *ui, const struct canvas *canvas)
{
	return *ui->board.note ? canvas_note(canvas, ui->board.note) : NULL;
}

static struct intent add_note(struct ui *ui, const struct scene *scene)
{
	struct board *board = &ui->board;
	if (!scene->canvas->may_add || !canvas_box(scene->canvas, board->box)) {
		ui_say(ui, "say.may_not_add");
		return nothing;
	}
	if (!board->fresh)
		board->fresh = typing_new("", "", 0, 0);
	/* One new note at a time: with one begun elsewhere, its words are gone back to. */
	if (typing_length(board->fresh) && canvas_box(scene->canvas, board->fresh_box) && strcmp(board->fresh_box, board->box) != 0) {
		focus(board, canvas_box(scene->canvas, board->fresh_box), NULL);
		ui_say(ui, "say.note_begun");
	}
	copy_id(board->fresh_box, board->box);
	board->state = BOARD_ADD;
	board->wish = -1;
	return nothing;
}

/* What was refused is written anew, with its words. */
static struct intent mend(struct ui *ui, const char *box, const char *words, const struct change *change)
{
	struct intent out = intent(INTENT_FORGET);
	if (ui->board.fresh && typing_length(ui->board.fresh)) {
		ui_say(ui, "say.note_begun");
		return nothing;
	}
	board_write(&ui->board, box, words);
	ui->board.fresh_touched = true;
	ui->board.state = BOARD_ADD;
	snprintf(out.post, sizeof out.post, "%s", change->id);
	return out;
}

static struct intent edit_note(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas);
	if (!note) {
		ui_say(ui, "say.choose_note");
	} else if (note->pending == PENDING_REFUSED && note->change) {
		return mend(ui, note->box, note->text, note->change);
	} else if (!note->may_change) {
		ui_say(ui, "say.not_yours.note");
	} else {
		ui->board.state = BOARD_EDIT;
		ui->board.wish = -1;
	}
	return nothing;
}

static struct intent open_box(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	copy_id(ui->board.open, *ui->board.open ? "" : ui->board.box);
	return nothing;
}

static struct intent enter(struct ui *ui, const struct scene *scene)
{
	if (*ui->board.note)
		return edit_note(ui, scene);
	copy_id(ui->board.open, ui->board.box);
	return scene->canvas->may_add ? add_note(ui, scene) : nothing;
}

static struct intent delete_notes(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas);
	if (note && note->pending == PENDING_REFUSED && note->change) {
		struct intent out = intent(INTENT_FORGET);
		snprintf(out.post, sizeof out.post, "%s", note->change->id);
		ui_say(ui, "say.dropped");
		return out;
	}
	return do_to_targets(ui, scene->canvas, CMD_NOTE_DELETE, "say.deleted");
}

static struct intent duplicate(struct ui *ui, const struct scene *scene)
{
	return do_to_targets(ui, scene->canvas, CMD_NOTE_DUPLICATE, "say.duplicated");
}

static struct intent undo(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	ui_say(ui, "say.undone");
	return ui_do(ui->board.doc, CMD_UNDO, cJSON_CreateObject());
}

static struct intent redo(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	ui_say(ui, "say.redone");
	return ui_do(ui->board.doc, CMD_REDO, cJSON_CreateObject());
}

static struct intent move_notes(struct ui *ui, const struct scene *scene)
{
	cJSON *ids = board_targets(ui, scene->canvas);
	if (!ids)
		return nothing;
	cJSON_Delete(ids);
	const struct canvas_box *box = focus_box(&ui->board, scene->canvas);
	ui_choose(ui, CHOICE_BOX, "");
	ui->choice = box ? (int)(box - scene->canvas->boxes) : 0;
	return nothing;
}

/* One up or down among the notes of its box. */
static struct intent reorder(struct ui *ui, const struct scene *scene, int by)
{
	const struct canvas *canvas = scene->canvas;
	const struct canvas_note *note = focused(ui, canvas);
	if (!note || !note->may_change || canvas->frozen) {
		ui_say(ui, !note ? "say.choose_note" : canvas->frozen ? "say.frozen" : "say.not_yours.note");
		return nothing;
	}
	const struct canvas_box *box = &canvas->boxes[note->box_index];
	size_t at = (size_t)(note - canvas->notes) - box->first, before = by < 0 ? at - 1 : at + 2;
	if ((by < 0 && at == 0) || (by > 0 && at + 1 >= box->count))
		return nothing;
	cJSON *args = cJSON_CreateObject(), *ids = cJSON_AddArrayToObject(args, "ids");
	cJSON_AddItemToArray(ids, cJSON_CreateString(note->id));
	cJSON_AddStringToObject(args, "box", box->id);
	if (before < box->count)
		cJSON_AddStringToObject(args, "before", canvas->notes[box->first + before].id);
	return ui_do(ui->board.doc, CMD_NOTE_MOVE, args);
}

static struct intent reorder_down(struct ui *ui, const struct scene *scene) { return reorder(ui, scene, 1); }
static struct intent reorder_up(struct ui *ui, const struct scene *scene) { return reorder(ui, scene, -1); }

static struct intent mark(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas);
	if (!note) {
		ui_say(ui, "say.choose_note");
		return nothing;
	}
	toggle_mark(&ui->board, note->id);
	go_along(&ui->board, scene->canvas, 1);
	return nothing;
}

static struct intent set_type(struct ui *ui, const struct canvas *canvas, int type)
{
	cJSON *ids = board_targets(ui, canvas);
	if (!ids)
		return nothing;
	cJSON *args = cJSON_CreateObject();
	cJSON_AddItemToObject(args, "ids", ids);
	cJSON_AddNumberToObject(args, "type", type);
	ui->board.mark_count = 0;
	return ui_do(ui->board.doc, CMD_NOTE_SET, args);
}

static struct intent set_tags(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = NULL;
	cJSON *ids = board_targets(ui, scene->canvas);
	if (!ids)
		return nothing;
	cJSON_Delete(ids);
	board_target_count(ui, scene->canvas, &note);
	if (!*scene->canvas->boxes[note->box_index].tags) {
		ui_say(ui, "say.no_tags");
		return nothing;
	}
	buf_reset(&ui->choice_text);
	buf_str(&ui->choice_text, note->tags);
	return ui_choose(ui, CHOICE_TAGS, "");
}

static struct intent begin_link(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas);
	if (!note || !scene->canvas->may_add || scene->canvas->frozen) {
		ui_say(ui, !note ? "say.choose_note" : scene->canvas->frozen ? "say.frozen" : "say.may_not_add");
		return nothing;
	}
	copy_id(ui->board.from, note->id);
	ui->board.state = BOARD_LINK;
	return nothing;
}

static struct intent end_link(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas);
	if (!note || !strcmp(note->id, ui->board.from)) {
		ui_say(ui, "say.link.other");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "from", ui->board.from);
	cJSON_AddStringToObject(args, "to", note->id);
	ui->board.state = BOARD_LOOK;
	struct intent out = ui_do(ui->board.doc, CMD_LINK_ADD, args);
	out.needs_id = true;
	ui_say(ui, "say.linked");
	return out;
}

static struct intent list_links(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas);
	if (!note || !note->link_count)
		ui_say(ui, note ? "say.no_links" : "say.choose_note");
	else
		ui->board.state = BOARD_LINKS;
	ui->board.at = 0;
	return nothing;
}

static struct intent list_unsaved(struct ui *ui, const struct scene *scene)
{
	if (scene->canvas->unsaved_count)
		ui->board.state = BOARD_UNSAVED;
	else
		ui_say(ui, "say.no_unsaved");
	ui->board.at = 0;
	return nothing;
}

static struct intent switch_view(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	ui->board.outline = !ui->board.outline;
	return nothing;
}

static struct intent set_see(struct ui *ui, const struct scene *scene)
{
	const struct canvas *canvas = scene->canvas;
	bool open = !strcmp(canvas->see, "class");
	if (!canvas->may_open) {
		ui_say(ui, "say.not_your_team");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "id", canvas->id);
	cJSON_AddStringToObject(args, "see", open ? "team" : "class");
	ui_say(ui, open ? "say.see.team" : "say.see.class");
	return ui_do("class", CMD_DOCUMENT_SET, args);
}

static struct intent name_type(struct ui *ui, const struct scene *scene)
{
	if (!scene->canvas->may_add) {
		ui_say(ui, "say.may_not_add");
		return nothing;
	}
	return ui_ask_line(ui, LINE_TYPE, "");
}

struct intent ui_look_back(struct ui *ui)
{
	struct intent out = intent(INTENT_PAST);
	snprintf(out.doc, sizeof out.doc, "%s", ui->home == UI_CANVAS ? ui->board.doc : "wall");
	ui->mode = UI_PAST;
	ui->board.state = BOARD_LOOK;
	ui->moment = SIZE_MAX;
	ui->playing = ui->only_waiting = false; /* nothing waited in the past */
	return out;
}

static struct intent look_back(struct ui *ui, const struct scene *scene) { (void)scene; return ui_look_back(ui); }
static struct intent places(struct ui *ui, const struct scene *scene) { (void)scene; ui->mode = ui->home = UI_PLACES; copy_id(ui->place, ui->board.doc); return nothing; }
static struct intent help(struct ui *ui, const struct scene *scene) { (void)scene; ui->mode = UI_HELP; return nothing; }
static struct intent hurry(struct ui *ui, const struct scene *scene) { (void)ui, (void)scene; return intent(INTENT_HURRY); }
static struct intent quit(struct ui *ui, const struct scene *scene) { (void)ui, (void)scene; return intent(INTENT_QUIT); }

static struct intent freeze(struct ui *ui, const struct scene *scene)
{
	if (!role_is_staff(scene->picture->role)) {
		ui_say(ui, "say.staff");
		return nothing;
	}
	ui_say(ui, scene->picture->frozen ? "say.pens_up" : "say.pens_down");
	return intent(INTENT_FREEZE);
}

/* --- from a canvas to the wall --- */

/* Which part of a statement a note says: the one it was promoted from, else the first that its box is for. */
static int part_of(const struct canvas *canvas, const struct canvas_note *note)
{
	const char *parts = canvas->boxes[note->box_index].parts;
	int best = PARTS;
	const char *found = NULL;
	for (int p = 0; p < PARTS; p++) {
		if (!strcmp(note->part, part_names[p]))
			return p;
		const char *at = strstr(parts, part_names[p]);
		if (at && (!found || at < found)) {
			found = at;
			best = p;
		}
	}
	return best;
}

/* The proposition around a note: what it says itself, and for the other parts the nearest notes that links lead to. */
static struct statement statement_around(const struct canvas *canvas, const struct canvas_note *note)
{
	const struct canvas_note *path[PATH_MAX_NOTES] = { note }, *other;
	struct statement words = { .part = { "", "", "", "" }, .venture = "" };
	size_t count = 1;
	for (size_t i = 0; i < count; i++) {
		int part = part_of(canvas, path[i]);
		if (part < PARTS && !*words.part[part])
			words.part[part] = path[i]->text;
		for (size_t l = 0; canvas_link_at(canvas, path[i]->id, l, &other) && count < PATH_MAX_NOTES; l++) {
			bool known = false;
			for (size_t k = 0; k < count; k++)
				known |= path[k] == other;
			if (!known)
				path[count++] = other;
		}
	}
	return words;
}

static struct intent post_to_wall(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas);
	if (!note || ui->has_draft) {
		ui_say(ui, note ? "say.draft_first" : "say.choose_note");
		return nothing;
	}
	struct statement words = statement_around(scene->canvas, note);
	compose_start(&ui->compose, "", &words);
	if (compose_is_empty(&ui->compose)) {
		ui_say(ui, "say.no_parts");
		return nothing;
	}
	ui->compose.touched = true;
	ui->mode = UI_COMPOSE;
	return nothing;
}

/* --- typing --- */

/* What may stand in a note: broken UTF-8 is left out, and what controls terminals; typing_clean does the rest. */
static void add_clean(struct buf *out, const char *text, size_t n)
{
	int32_t c;
	for (size_t i = 0, used; i < n; i += used) {
		utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(n - i), &c);
		used = size > 0 ? (size_t)size : 1;
		if (size > 0 && c && c != 0x7F && !(c >= 0x80 && c < 0xA0))
			buf_add(out, text + i, used);
	}
}

static struct intent splice(struct ui *ui, const char *text, size_t n, size_t from, size_t to, const struct buf *words)
{
	struct intent out = intent(INTENT_TYPE);
	out.at = text_points(text, n, from);
	out.remove = text_points(text, n, to) - out.at;
	out.text = buf_cstr(words);
	out.text_n = words->n;
	ui->board.wish = -1;
	return out.remove || out.text_n ? out : nothing;
}

static struct intent caret_to(const char *text, size_t n, size_t at)
{
	struct intent out = intent(INTENT_CARET);
	out.caret.anchor = out.caret.focus = text_points(text, n, at);
	return out;
}

/* One line up or down, in the column where the caret once was. */
static size_t line_away(struct board *board, const char *text, size_t n, size_t at, long by)
{
	struct lines lines = { 0 };
	size_t line;
	int column;
	lines_make(&lines, text, n, board->edit_width > 0 ? board->edit_width : 40);
	lines_place(&lines, text, at, &line, &column);
	if (board->wish < 0)
		board->wish = column;
	long to = (long)line + by;
	at = to < 0 ? 0 : to >= (long)lines.n ? n : lines_position(&lines, text, (size_t)to, board->wish);
	lines_release(&lines);
	return at;
}

static size_t line_end(struct board *board, const char *text, size_t n, size_t at, bool last)
{
	struct lines lines = { 0 };
	size_t line;
	int column;
	lines_make(&lines, text, n, board->edit_width > 0 ? board->edit_width : 40);
	lines_place(&lines, text, at, &line, &column);
	at = last ? lines_position(&lines, text, line, 1 << 20) : lines.list[line].from;
	lines_release(&lines);
	return at;
}

/* What a key does to a text in which the caret stands at byte `at`: INTENT_TYPE, INTENT_CARET or nothing. */
static struct intent type_key(struct ui *ui, const struct key *key, const char *text, size_t n, size_t at)
{
	struct board *board = &ui->board;
	struct buf *words = &ui->typed;
	buf_reset(words);
	switch (key->type) {
	case KEY_TEXT:
	case KEY_PASTE: add_clean(words, key->text, key->n); return splice(ui, text, n, at, at, words);
	case KEY_NEWLINE: buf_char(words, '\n'); return splice(ui, text, n, at, at, words);
	case KEY_ERASE: return splice(ui, text, n, text_left_of(text, n, at), at, words);
	case KEY_ERASE_ON: return splice(ui, text, n, at, text_right_of(text, n, at), words);
	case KEY_ERASE_WORD: return splice(ui, text, n, text_word_left_of(text, n, at), at, words);
	case KEY_ERASE_LINE: return splice(ui, text, n, line_end(board, text, n, at, false), at, words);
	case KEY_GO_UP: return caret_to(text, n, line_away(board, text, n, at, -1));
	case KEY_GO_DOWN: return caret_to(text, n, line_away(board, text, n, at, 1));
	default: break;
	}
	board->wish = -1;
	switch (key->type) {
	case KEY_GO_LEFT: return caret_to(text, n, text_left_of(text, n, at));
	case KEY_GO_RIGHT: return caret_to(text, n, text_right_of(text, n, at));
	case KEY_WORD_BACK: return caret_to(text, n, text_word_left_of(text, n, at));
	case KEY_WORD_ON: return caret_to(text, n, text_word_right_of(text, n, at));
	case KEY_FIRST: return caret_to(text, n, line_end(board, text, n, at, false));
	case KEY_LAST: return caret_to(text, n, line_end(board, text, n, at, true));
	case KEY_PAGE_UP: return caret_to(text, n, 0);
	case KEY_PAGE_DOWN: return caret_to(text, n, n);
	default: return nothing;
	}
}

static struct intent key_edit(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct canvas_note *note = board_edited(ui, scene->canvas);
	if (key->type == KEY_ESCAPE || key->type == KEY_RETURN || key->type == KEY_SUBMIT || !note) {
		ui->board.state = BOARD_LOOK;
		return nothing;
	}
	if (key->type == KEY_TAKE_BACK)
		return undo(ui, scene);
	if (key->type == KEY_DO_AGAIN)
		return redo(ui, scene);
	if (!note->typing)
		return nothing;
	return type_key(ui, key, note->text, note->text_n, text_bytes(note->text, note->text_n, typing_caret(note->typing).focus));
}

/* The new note is done: it goes to the server, and the next one may follow. */
static struct intent finish_note(struct ui *ui, const struct scene *scene)
{
	struct board *board = &ui->board;
	size_t n;
	const char *text = typing_text(board->fresh, &n);
	if (!text[strspn(text, " \n\t")]) {
		board->state = BOARD_LOOK;
		return nothing;
	}
	if (scene->canvas->frozen) {
		ui_say(ui, "say.frozen.kept");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "box", board->fresh_box);
	cJSON_AddStringToObject(args, "text", text);
	struct intent out = ui_do(board->doc, CMD_NOTE_ADD, args);
	out.needs_id = true;
	typing_free(board->fresh);
	board->fresh = typing_new("", "", 0, 0);
	board->fresh_touched = true;
	return out;
}

static struct intent key_add(struct ui *ui, const struct key *key, const struct scene *scene)
{
	struct board *board = &ui->board;
	size_t n;
	if (key->type == KEY_ESCAPE) {
		board->state = BOARD_LOOK;
		if (typing_length(board->fresh))
			ui_say(ui, "say.note_kept");
		return intent(INTENT_KEEP);
	}
	if (key->type == KEY_RETURN || key->type == KEY_SUBMIT)
		return finish_note(ui, scene);
	const char *text = typing_text(board->fresh, &n);
	struct intent act = type_key(ui, key, text, n, text_bytes(text, n, typing_caret(board->fresh).focus));
	if (act.type == INTENT_CARET)
		typing_set_caret(board->fresh, act.caret);
	else if (act.type == INTENT_TYPE && typing_splice(board->fresh, act.at, act.remove, act.text, act.text_n) == TYPING_TOO_LONG)
		ui_say(ui, "say.note_long");
	board->fresh_touched |= act.type == INTENT_TYPE;
	return nothing;
}

/* --- lists over a canvas --- */

static bool step_list(struct ui *ui, const struct key *key, size_t count)
{
	char letter = ui_letter(key);
	if (key->type == KEY_ESCAPE || letter == 'q')
		ui->board.state = BOARD_LOOK;
	else if (key->type == KEY_GO_DOWN || letter == 'j')
		ui->board.at = list_step(ui->board.at, 1, count);
	else if (key->type == KEY_GO_UP || letter == 'k')
		ui->board.at = list_step(ui->board.at, -1, count);
	else
		return false;
	return true;
}

static struct intent key_links(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct canvas_note *note = focused(ui, scene->canvas), *other = NULL;
	const struct canvas_link *link = note ? canvas_link_at(scene->canvas, note->id, ui->board.at, &other) : NULL;
	char letter = ui_letter(key);
	if (!link || step_list(ui, key, note->link_count))
		return nothing;
	if (key->type == KEY_RETURN || letter == 'l') {
		focus_note(&ui->board, scene->canvas, other);
		ui->board.state = BOARD_LOOK;
	} else if (letter == 'x' || letter == 'd') {
		cJSON *args = cJSON_CreateObject();
		cJSON_AddStringToObject(args, "id", link->id);
		ui->board.at = list_step(ui->board.at, 0, note->link_count);
		ui_say(ui, "say.unlinked");
		return ui_do(ui->board.doc, CMD_LINK_REMOVE, args);
	}
	return nothing;
}

/* Words that were not saved become a new note in the focused box. */
static struct intent save_anew(struct ui *ui, const struct canvas *canvas, const struct canvas_unsaved *unsaved)
{
	if (!canvas->may_add || canvas->frozen) {
		ui_say(ui, canvas->frozen ? "say.frozen" : "say.may_not_add");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "box", ui->board.box);
	cJSON_AddStringToObject(args, "text", unsaved->words);
	struct intent out = ui_do(ui->board.doc, CMD_NOTE_ADD, args);
	out.needs_id = true;
	snprintf(out.post, sizeof out.post, "%s", unsaved->change->id);
	return out;
}

static struct intent key_unsaved(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct canvas *canvas = scene->canvas;
	if (ui->board.at >= canvas->unsaved_count)
		ui->board.at = 0;
	if (!canvas->unsaved_count || step_list(ui, key, canvas->unsaved_count))
		return nothing;
	const struct canvas_unsaved *unsaved = &canvas->unsaved[ui->board.at];
	if (key->type == KEY_RETURN)
		return save_anew(ui, canvas, unsaved);
	if (ui_letter(key) == 'x' || ui_letter(key) == 'd') {
		struct intent out = intent(INTENT_FORGET);
		snprintf(out.post, sizeof out.post, "%s", unsaved->change->id);
		ui_say(ui, "say.dropped");
		return out;
	}
	return nothing;
}

/* --- looking --- */

static const struct {
	char letter;
	struct intent (*act)(struct ui *ui, const struct scene *scene);
} letters[] = {
	{ 'a', add_note },    { 'e', edit_note },   { 'z', open_box },     { 'd', delete_notes }, { 'D', duplicate },    { 'u', undo },       { 'm', move_notes },
	{ 'J', reorder_down }, { 'K', reorder_up }, { ' ', mark },         { 't', set_tags },     { 'L', begin_link },   { 'f', list_links }, { 'w', list_unsaved },
	{ 'v', switch_view }, { 'o', set_see },     { 'N', name_type },    { 'T', look_back },    { 'p', post_to_wall }, { 'c', places },     { '?', help },
	{ 'F', freeze },      { 'R', hurry },       { 'q', quit },
};

static struct intent step_back(struct ui *ui, const struct scene *scene)
{
	struct board *board = &ui->board;
	if (board->mark_count)
		board->mark_count = 0;
	else if (*board->open)
		board->open[0] = 0;
	else
		return places(ui, scene);
	return nothing;
}

static struct intent key_look(struct ui *ui, const struct key *key, const struct scene *scene)
{
	char letter = ui_letter(key);
	if (move_focus(&ui->board, scene->canvas, key))
		return nothing;
	if (key->type == KEY_ESCAPE)
		return step_back(ui, scene);
	if (key->type == KEY_TAKE_BACK)
		return undo(ui, scene);
	if (key->type == KEY_DO_AGAIN)
		return redo(ui, scene);
	if (key->type == KEY_RETURN)
		return enter(ui, scene);
	if (letter >= '0' && letter <= '0' + TYPES_MAX)
		return set_type(ui, scene->canvas, letter - '0');
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == letter)
			return letters[i].act(ui, scene);
	return nothing;
}

static struct intent key_link(struct ui *ui, const struct key *key, const struct scene *scene)
{
	if (move_focus(&ui->board, scene->canvas, key))
		return nothing;
	if (key->type == KEY_RETURN || ui_letter(key) == 'L')
		return end_link(ui, scene);
	if (key->type == KEY_ESCAPE)
		ui->board.state = BOARD_LOOK;
	return nothing;
}

struct intent ui_key_canvas(struct ui *ui, const struct key *key, const struct scene *scene)
{
	board_settle(ui, scene->canvas);
	switch (ui->board.state) {
	case BOARD_LOOK: return key_look(ui, key, scene);
	case BOARD_EDIT: return key_edit(ui, key, scene);
	case BOARD_ADD: return key_add(ui, key, scene);
	case BOARD_LINK: return key_link(ui, key, scene);
	case BOARD_LINKS: return key_links(ui, key, scene);
	case BOARD_UNSAVED: return key_unsaved(ui, key, scene);
	}
	return nothing;
}

/* --- looking back --- */

static const char *past_doc(const struct ui *ui)
{
	return ui->home == UI_CANVAS ? ui->board.doc : "wall";
}

static struct intent go_to_moment(struct ui *ui, const struct past *past, long by)
{
	long to = (long)ui->moment + by;
	if (!past->count)
		return nothing;
	ui->moment = (size_t)(to < 0 ? 0 : to >= (long)past->count ? (long)past->count - 1 : to);
	return intent(INTENT_MOMENT);
}

static struct intent restore(struct ui *ui, const struct past *past, const char *box, const char *note)
{
	if (!past->there) {
		ui_say(ui, "past.loading");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddNumberToObject(args, "at", (double)past->at);
	if (box)
		cJSON_AddStringToObject(args, "box", box);
	if (note)
		cJSON_AddStringToObject(args, "note", note);
	ui->mode = ui->home;
	ui_say(ui, "say.past.restored");
	return ui_do(past_doc(ui), CMD_RESTORE, args);
}

/* Everything that the person of this moment did from it on. */
static struct intent revert(struct ui *ui, const struct scene *scene)
{
	const struct past *past = scene->past;
	if (!role_is_staff(scene->picture->role) || !past->count || !*past->moments[ui->moment].who) {
		ui_say(ui, "say.staff");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "member", past->moments[ui->moment].who);
	cJSON_AddNumberToObject(args, "since", (double)past->moments[ui->moment].ms);
	ui->mode = ui->home;
	ui_say(ui, "say.past.reverted");
	return ui_do(past_doc(ui), CMD_REVERT, args);
}

static struct intent play(struct ui *ui, const struct past *past)
{
	ui->playing = !ui->playing;
	return ui->playing && ui->moment + 1 >= past->count ? go_to_moment(ui, past, -(long)past->count) : nothing;
}

struct intent ui_key_past(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct past *past = scene->past;
	char letter = ui_letter(key);
	bool canvas = ui->home == UI_CANVAS;
	if (past->count && ui->moment >= past->count)
		ui->moment = past->count - 1;
	if (key->type == KEY_ESCAPE || letter == 'q') {
		ui->mode = ui->home;
		return nothing;
	}
	if (key->type == KEY_GO_LEFT || letter == 'h')
		return go_to_moment(ui, past, -1);
	if (key->type == KEY_GO_RIGHT || letter == 'l')
		return go_to_moment(ui, past, 1);
	if (key->type == KEY_PAGE_UP || key->type == KEY_PAGE_DOWN)
		return go_to_moment(ui, past, key->type == KEY_PAGE_UP ? -MOMENTS_PAGE : MOMENTS_PAGE);
	if (key->type == KEY_FIRST || letter == 'g')
		return go_to_moment(ui, past, -(long)past->count);
	if (key->type == KEY_LAST || letter == 'G')
		return go_to_moment(ui, past, (long)past->count);
	if (letter == ' ')
		return play(ui, past);
	if (letter == 'r')
		return restore(ui, past, NULL, NULL);
	if (letter == 'b' && canvas)
		return restore(ui, past, ui->board.box, NULL);
	if (letter == 'n' && canvas && *ui->board.note)
		return restore(ui, past, NULL, ui->board.note);
	if (letter == 'U')
		return revert(ui, scene);
	if (letter == 'v')
		return switch_view(ui, scene);
	if (letter == 'z' && canvas)
		return open_box(ui, scene);
	if (canvas && past->there) {
		board_settle(ui, scene->canvas);
		move_focus(&ui->board, scene->canvas, key);
	}
	return nothing;
}
