#ifndef FORWHOM_CLI_UI_INTERNAL_H
#define FORWHOM_CLI_UI_INTERNAL_H
#include "client-cli/ui.h"
#include <stdio.h>

/* What the ui*.c share. */

static const struct intent nothing = { 0 };

static inline struct intent intent(enum intent_type type)
{
	return (struct intent){ .type = type };
}

/* About a post, a place or a change. */
static inline struct intent intent_on(enum intent_type type, const char *id)
{
	struct intent out = { .type = type };
	snprintf(out.post, sizeof out.post, "%s", id);
	return out;
}

static inline void copy_id(char out[OBJECT_ID_CAP], const char *id)
{
	snprintf(out, OBJECT_ID_CAP, "%s", id);
}

/* Keys on the places that are not in ui.c. */
struct intent ui_key_places(struct ui *ui, const struct key *key, const struct scene *scene);
struct intent ui_key_teams(struct ui *ui, const struct key *key, const struct scene *scene);
struct intent ui_key_choice(struct ui *ui, const struct key *key, const struct scene *scene);
struct intent ui_key_canvas(struct ui *ui, const struct key *key, const struct scene *scene);
struct intent ui_key_past(struct ui *ui, const struct key *key, const struct scene *scene);

/* Says a sentence of the catalogue until the next key. */
void ui_say(struct ui *ui, const char *key);
/* Keys that edit one line of text; false for others. */
bool ui_edit_line(struct editor *editor, const struct key *key);
/* Asks for a line; ui_line_done gets it. */
struct intent ui_ask_line(struct ui *ui, enum ui_line what, const char *text);
struct intent ui_line_done(struct ui *ui, const struct scene *scene);
/* Offers a list to choose from; `id` is what it is about. */
struct intent ui_choose(struct ui *ui, enum ui_choice what, const char *id);
/* Opens the history of the place one is at. */
struct intent ui_look_back(struct ui *ui);
/* A command; takes `args`. */
struct intent ui_do(const char *doc, enum command command, cJSON *args);
/* Opens the canvas, of which `see` says who sees it now, to the class, or to its team alone again. */
struct intent ui_set_see(struct ui *ui, const char *id, const char *see, bool may);
/* The letter of a key, 0 if it is none. */
char ui_letter(const struct key *key);
/* `by` further in a list of `count`, going round; 0 for an empty one. */
size_t list_step(size_t at, long by, size_t count);

/* The notes that a command is for, as a JSON array of ids: those that are marked, else the focused one. NULL with a sentence said, if there is none or one of them may not be changed. */
cJSON *board_targets(struct ui *ui, const struct canvas *canvas);
/* As many as that, the first of them in `note`. */
size_t board_target_count(const struct ui *ui, const struct canvas *canvas, const struct canvas_note **note);

/* --- where one is on a canvas (ui_board.c) --- */

const struct canvas_box *board_focused_box(const struct board *board, const struct canvas *canvas);
/* NULL when it is the box itself. */
const struct canvas_note *board_focused_note(const struct ui *ui, const struct canvas *canvas);
/* `note` NULL: the box itself. A box that fills the screen gives it to the new one. */
void board_focus(struct board *board, const struct canvas_box *box, const struct canvas_note *note);
void board_focus_note(struct board *board, const struct canvas *canvas, const struct canvas_note *note);
/* One up or down. */
void board_go_along(struct board *board, const struct canvas *canvas, int by);
/* The keys that move the focus, the same in the present and in the past; false for others. */
bool board_move_focus(struct board *board, const struct canvas *canvas, const struct key *key);
void board_toggle_mark(struct board *board, const char *note);
/* From the grid to the outline, and back. */
void board_switch_view(struct board *board);
/* The focused box fills the screen, or no box does any more. */
void board_open_box(struct board *board);

/* --- writing (ui_note.c) --- */

struct intent ui_add_note(struct ui *ui, const struct scene *scene);
/* The focused one; one that was refused is written anew. */
struct intent ui_edit_note(struct ui *ui, const struct scene *scene);
/* Keys while a note is edited, and while a new one is written. */
struct intent ui_key_edit(struct ui *ui, const struct key *key, const struct scene *scene);
struct intent ui_key_add(struct ui *ui, const struct key *key, const struct scene *scene);
/* Words that were not saved become a new note in the focused box. */
struct intent ui_save_anew(struct ui *ui, const struct canvas *canvas, const struct canvas_unsaved *unsaved);

/* One step of one's own on the canvas, back or forth again. */
struct intent ui_undo(struct ui *ui, const struct scene *scene);
struct intent ui_redo(struct ui *ui, const struct scene *scene);

#endif
