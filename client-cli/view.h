#ifndef FORWHOM_CLI_VIEW_H
#define FORWHOM_CLI_VIEW_H
#include "client-cli/cells.h"
#include "client-cli/link.h"
#include "client-cli/ui.h"

/*
 * Views: from the state of the screen and the picture of the class to cells. Pure; what they keep in `ui` is scrolling only.
 */

/* What the status line must know beside the picture. */
struct standing {
	enum link_state link;
	bool was_up;           /* there has been a connection: from now on its absence is a loss */
	bool loading;          /* the picture is not complete yet */
	bool typing;           /* letters are on their way from the keyboard to the journal */
	size_t unsaved;        /* words of this person's that could not be saved on the canvas they look at */
	const char *storage;   /* why nothing can be kept here, or NULL */
	const char *distrust;  /* the sentence that says why there can be no connection, or NULL */
	const char *ended;     /* the sentence with which it ended for good, or NULL */
};

/* Draws all of the screen. */
void view_draw(struct grid *grid, struct ui *ui, const struct scene *scene, const struct standing *standing);

/* Appends the one status line's sentence, and says how it is coloured. It never claims what is not so. */
enum colour view_status(const struct picture *picture, const struct standing *standing, struct buf *out);

/* The statement as a paragraph, its parts told apart by their styles. Adds to `out`. */
void view_statement(struct paragraph *out, const struct statement *words, style base);

/* The parts of the screen; each draws into rows [top, bottom). */
void view_wall(struct grid *grid, struct ui *ui, const struct picture *picture, const struct standing *standing, int top, int bottom);
void view_compose(struct grid *grid, struct ui *ui, const struct picture *picture, int top, int bottom);
void view_sections(struct grid *grid, struct ui *ui, const struct picture *picture, int top, int bottom);
void view_help(struct grid *grid, const struct ui *ui, const struct picture *picture, int top, int bottom);
void view_door(struct grid *grid, struct ui *ui, int top, int bottom);
void view_canvas(struct grid *grid, struct ui *ui, const struct scene *scene, const struct standing *standing, int top, int bottom);
void view_places(struct grid *grid, struct ui *ui, const struct scene *scene, int top, int bottom);
void view_teams(struct grid *grid, struct ui *ui, const struct scene *scene, int top, int bottom);
void view_choice(struct grid *grid, struct ui *ui, const struct scene *scene, int top, int bottom);
/* A canvas' title, whose it is and who is here; returns the row below. */
int view_canvas_header(struct grid *grid, const struct ui *ui, const struct scene *scene);
/* The slider through the past, at the bottom; returns the row above which there is room. */
int view_past(struct grid *grid, const struct ui *ui, const struct scene *scene, int top, int bottom);

/* One of the eight colours of people and customer types. */
style view_hue(int colour);
/* Appends a person's initials: the first character of the first and of the last name. */
void view_initials(const char *name, struct buf *out);
/* The initials, in their colours, of those who are in the note that is being edited; returns how many. */
int view_same_note(const struct ui *ui, const struct scene *scene, struct paragraph *out);

/* One line of an editor in `width` cells with the cursor in sight; places the grid's cursor if `focused`. A hint shows while it is empty. */
void view_editor(struct grid *grid, int row, int column, int width, const struct editor *editor, const char *hint, bool focused);

#endif
