#ifndef FORWHOM_CLI_TERM_H
#define FORWHOM_CLI_TERM_H
#include "client-cli/cells.h"
#include "client-cli/key.h"
#include <uv.h>

/*
 * The terminal: keys in, grids out. ncursesw knows the terminal and its keys; the picture is written by ourselves, cell by cell against what is there, because curses
 * measures characters by the C library, which is years behind in emoji and cannot hold a family of four in a cell.
 *
 * There is one terminal. Whatever way the program ends (return, exit, signal, crash), the screen is given back as it was.
 */

struct term_events {
	void (*on_key)(const struct key *key, void *ctx);
	void (*on_resize)(void *ctx); /* also after coming back from the background: draw all */
	void (*on_lost)(void *ctx);   /* the terminal has gone */
	void *ctx;
};

/* Takes the terminal on standard input and output. False, with the screen untouched, if there is none that can be used. */
bool term_open(uv_loop_t *loop, const struct term_events *events);
/* Gives it back. May be called when not open. */
void term_close(void);

/* While a text is being edited Ctrl-Z undoes; at all other times it sends the program to the background. */
void term_hold(bool hold);

void term_size(int *rows, int *columns);
/* Shows the grid, writing only what differs from what was shown last. */
void term_draw(const struct grid *grid);
/* Forgets what was shown last: the next term_draw writes everything. */
void term_forget(void);

#endif
