#ifndef FORWHOM_CLI_CELLS_H
#define FORWHOM_CLI_CELLS_H
#include "client-cli/term_safe.h"
#include <stdint.h>

/*
 * A picture of a screen: a grid of cells, and a pen that sets paragraphs into it. Pure; views draw on it, the terminal shows it, tests read it.
 * Every text passes term_safe's clusters on its way into a cell, so that no cell can hold anything a terminal would obey.
 */

/* Above COLOUR_HUE: the eight colours of customer types and of people, always with a number or initials beside them. */
enum colour { COLOUR_PLAIN, COLOUR_ACCENT, COLOUR_GOOD, COLOUR_WARN, COLOUR_BAD, COLOUR_QUIET, COLOUR_HUE, COLOUR_COUNT = COLOUR_HUE + 8 };
enum { STYLE_BOLD = 1, STYLE_UNDERLINE = 2, STYLE_ITALIC = 4, STYLE_REVERSE = 8, STYLE_DIM = 16, STYLE_BITS = 5 };

/* Attributes with a colour above them. */
typedef uint16_t style;
#define STYLE_COLOUR(colour) ((style)((colour) << STYLE_BITS))
static inline enum colour style_colour(style s) { return (enum colour)(s >> STYLE_BITS); }

struct cell {
	char text[CLUSTER_CAP];
	uint8_t n;      /* bytes; 0: a further part of the wide cell before it */
	uint8_t width;
	bool plain;     /* one ASCII character: needs no care in output */
	style style;
};

struct grid {
	int rows, columns;
	struct cell *cells; /* rows × columns, owned */
	int cursor_row, cursor_column; /* where the terminal's cursor stands; -1: nowhere */
};

void grid_init(struct grid *grid, int rows, int columns);
void grid_release(struct grid *grid);
/* Blanks everything and hides the cursor. */
void grid_clear(struct grid *grid);
struct cell *grid_cell(const struct grid *grid, int row, int column);
bool cell_equal(const struct cell *a, const struct cell *b);

/* Writes one line of text from a column on, at most `width` cells, cut with … if it does not fit. Returns the cells taken. Outside of the grid nothing is written. */
int grid_text(struct grid *grid, int row, int column, int width, style s, const char *text);
/* Writes a line so that it ends at `right` (exclusive). */
int grid_text_right(struct grid *grid, int row, int right, int width, style s, const char *text);
/* Gives cells a further style. */
void grid_restyle(struct grid *grid, int row, int column, int width, style add);

/* The grid as text, a line a row without trailing blanks, and below it the styles that are not plain. For golden files. */
void grid_dump(const struct grid *grid, struct buf *out);

/* --- paragraphs --- */

struct glyph {
	struct cluster cluster;
	style style;
};

/* A paragraph being gathered: text in runs of different styles. Zero-initialised it is empty. */
struct paragraph {
	struct glyph *glyphs; /* owned */
	size_t n, cap;
};
void paragraph_add(struct paragraph *paragraph, const char *text, style s);
void paragraph_reset(struct paragraph *paragraph);
void paragraph_release(struct paragraph *paragraph);

/* Where paragraphs go: a column of the screen, scrolled. Lines outside of [top, bottom) are counted and not drawn. */
struct pen {
	struct grid *grid; /* NULL: only measure */
	int column, width;
	int top, bottom;
	int row;           /* where the next line goes; may be outside */
};
/* Wraps at spaces (inside words only where a word is wider than the column) and moves the pen below. `hang` cells of indent from the second line on. */
void pen_paragraph(struct pen *pen, const struct paragraph *paragraph, int hang);
/* The same for a text of one style. */
void pen_text(struct pen *pen, const char *text, style s);

#endif
