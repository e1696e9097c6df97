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
	const char *storage;   /* why nothing can be kept here, or NULL */
	const char *distrust;  /* the sentence that says why there can be no connection, or NULL */
	const char *ended;     /* the sentence with which it ended for good, or NULL */
};

/* Draws all of the screen. */
void view_draw(struct grid *grid, struct ui *ui, const struct picture *picture, const struct standing *standing);

/* Appends the one status line's sentence, and says how it is coloured. It never claims what is not so. */
enum colour view_status(const struct picture *picture, const struct standing *standing, struct buf *out);

/* The statement as a paragraph, its parts told apart by their styles. Adds to `out`. */
void view_statement(struct paragraph *out, const struct statement *words, style base);

/* The parts of the screen; each draws into rows [top, bottom). */
void view_wall(struct grid *grid, struct ui *ui, const struct picture *picture, const struct standing *standing, int top, int bottom);
void view_compose(struct grid *grid, struct ui *ui, const struct picture *picture, int top, int bottom);
void view_sections(struct grid *grid, struct ui *ui, const struct picture *picture, int top, int bottom);
void view_help(struct grid *grid, const struct picture *picture, int top, int bottom);
void view_door(struct grid *grid, struct ui *ui, int top, int bottom);

/* One line of an editor in `width` cells with the cursor in sight; places the grid's cursor if `focused`. A hint shows while it is empty. */
void view_editor(struct grid *grid, int row, int column, int width, const struct editor *editor, const char *hint, bool focused);

#endif
