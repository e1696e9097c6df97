#ifndef FORWHOM_CLI_UI_INTERNAL_H
#define FORWHOM_CLI_UI_INTERNAL_H
#include "client-cli/ui.h"

/* What ui.c, ui_places.c and ui_canvas.c share. */

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
/* The letter of a key, 0 if it is none. */
char ui_letter(const struct key *key);
/* `by` further in a list of `count`, going round; 0 for an empty one. */
size_t list_step(size_t at, long by, size_t count);

/* The notes that a command is for, as a JSON array of ids: those that are marked, else the focused one. NULL with a sentence said, if there is none or one of them may not be changed. */
cJSON *board_targets(struct ui *ui, const struct canvas *canvas);
/* As many as that, the first of them in `note`. */
size_t board_target_count(const struct ui *ui, const struct canvas *canvas, const struct canvas_note **note);

#endif
