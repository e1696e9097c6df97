/* Writing notes: the one that is new, whose words stay on this computer until it is done, and those that are there, where every key is an edit that others see; and words that could not be saved, written anew. */
#include "client-cli/lines.h"
#include "client-cli/ui_internal.h"
#include <string.h>
#include <utf8proc.h>

/* --- beginning --- */

struct intent ui_add_note(struct ui *ui, const struct scene *scene)
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
		board_focus(board, canvas_box(scene->canvas, board->fresh_box), NULL);
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
	if (ui->board.fresh && typing_length(ui->board.fresh)) {
		ui_say(ui, "say.note_begun");
		return nothing;
	}
	board_write(&ui->board, box, words);
	ui->board.fresh_touched = true;
	ui->board.state = BOARD_ADD;
	return intent_on(INTENT_FORGET, change->id);
}

struct intent ui_edit_note(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas);
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

/* Where byte `at` stands in the text as it is broken on the screen. `lines` is the caller's to release. */
static void find_line(const struct board *board, const char *text, size_t n, size_t at, struct lines *lines, size_t *line, int *column)
{
	lines_make(lines, text, n, board->edit_width > 0 ? board->edit_width : 40);
	lines_place(lines, text, at, line, column);
}

/* One line up or down, in the column where the caret once was. */
static size_t line_away(struct board *board, const char *text, size_t n, size_t at, long by)
{
	struct lines lines = { 0 };
	size_t line;
	int column;
	find_line(board, text, n, at, &lines, &line, &column);
	if (board->wish < 0)
		board->wish = column;
	long to = (long)line + by;
	at = to < 0 ? 0 : to >= (long)lines.n ? n : lines_position(&lines, text, (size_t)to, board->wish);
	lines_release(&lines);
	return at;
}

static size_t line_end(const struct board *board, const char *text, size_t n, size_t at, bool last)
{
	struct lines lines = { 0 };
	size_t line;
	int column;
	find_line(board, text, n, at, &lines, &line, &column);
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

struct intent ui_key_edit(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct canvas_note *note = board_edited(ui, scene->canvas);
	if (key->type == KEY_ESCAPE || key->type == KEY_RETURN || key->type == KEY_SUBMIT || !note) {
		ui->board.state = BOARD_LOOK;
		return nothing;
	}
	if (key->type == KEY_TAKE_BACK)
		return ui_undo(ui, scene);
	if (key->type == KEY_DO_AGAIN)
		return ui_redo(ui, scene);
	if (!note->typing)
		return nothing;
	return type_key(ui, key, note->text, note->text_n, text_bytes(note->text, note->text_n, typing_caret(note->typing).focus));
}

static struct intent note_of(const struct board *board, const char *box, const char *text)
{
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "box", box);
	cJSON_AddStringToObject(args, "text", text);
	struct intent out = ui_do(board->doc, CMD_NOTE_ADD, args);
	out.needs_id = true;
	return out;
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
	struct intent out = note_of(board, board->fresh_box, text);
	typing_free(board->fresh);
	board->fresh = typing_new("", "", 0, 0);
	board->fresh_touched = true;
	return out;
}

struct intent ui_key_add(struct ui *ui, const struct key *key, const struct scene *scene)
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

/* --- what was not saved --- */

struct intent ui_save_anew(struct ui *ui, const struct canvas *canvas, const struct canvas_unsaved *unsaved)
{
	if (!canvas->may_add || canvas->frozen) {
		ui_say(ui, canvas->frozen ? "say.frozen" : "say.may_not_add");
		return nothing;
	}
	struct intent out = note_of(&ui->board, ui->board.box, unsaved->words);
	snprintf(out.post, sizeof out.post, "%s", unsaved->change->id);
	return out;
}
