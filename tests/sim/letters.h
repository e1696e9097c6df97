/* Letters of their own. Everything that somebody types into a canvas is made of code points from Unicode's planes for private use, each of them typed only once in a run: so every letter can be found again in any text and any frame, and it is known who
 * typed it where, who has taken it away, and whether its words were given up. */
#ifndef FORWHOM_TESTS_SIM_LETTERS_H
#define FORWHOM_TESTS_SIM_LETTERS_H
#include "proto/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LETTER_BYTES = 4 };

struct letter {
	int person, device, canvas; /* who typed it into which of their class' documents */
	char note[23];        /* "" for what is not typed into a note's text */
	bool is_logged;       /* the log has it */
	bool is_lost;         /* its writer was told that it cannot be saved */
	size_t entry;         /* the log entry that brought it, counted over all documents; 0: none yet */
	bool is_gone;         /* an op has taken it away, whether or not it came back */
	uint64_t takers, givers; /* people by number: who meant to delete it, who has brought it back */
	uint32_t canvases;    /* documents, by number, whose log has it: copies are made of canvases */
	uint64_t scan;
};

/* Appends one. */
void letter_write(struct buf *out, int number);
/* A new one's number, -1 when there are no more; appended to `out`. */
int letter_type(struct buf *out, int person, int device, int canvas, const char *note);
struct letter *letter_at(int number);
int letter_count(void);
void letters_release(void);
/* The number of the next letter at or after *at, which moves behind it; -1 when there is none. */
int letter_next(const char *text, size_t n, size_t *at);
/* Whether a text has any letter twice. */
bool letters_repeat(const char *text);
#endif
