#ifndef FORWHOM_CLI_LINES_H
#define FORWHOM_CLI_LINES_H
#include "client-cli/term_safe.h"
#include <stdint.h>

/*
 * A text of several lines as it stands in a column of cells: where its lines begin and end, where a caret stands in it, and where a caret goes. Pure. Text is UTF-8, positions are bytes
 * unless they are said to be code points; a caret never stands inside of what a person takes for one character.
 */

struct line {
	size_t from, to; /* without the newline; of a wrapped line, with the spaces at its end */
};

/* Zero-initialised it is empty; owned by whoever made it. */
struct lines {
	struct line *list;
	size_t n, cap;
};

/* Sets the text into `width` cells, anew: at newlines, else at spaces, inside of words only where one is wider than the column. There is always at least one line. */
void lines_make(struct lines *lines, const char *text, size_t n, int width);
void lines_release(struct lines *lines);

/* The cluster at `at`, which is before `n`; a tab is a space. */
void lines_cluster(const char *text, size_t n, size_t at, struct cluster *out);

/* The line and the column of cells at which the position stands. */
void lines_place(const struct lines *lines, const char *text, size_t at, size_t *line, int *column);
/* The position in a line that is nearest to a column from its left. */
size_t lines_position(const struct lines *lines, const char *text, size_t line, int column);

/* The boundaries between characters, and between words, around a position. */
size_t text_right_of(const char *text, size_t n, size_t at);
size_t text_left_of(const char *text, size_t n, size_t at);
size_t text_word_right_of(const char *text, size_t n, size_t at);
size_t text_word_left_of(const char *text, size_t n, size_t at);

/* From bytes to code points and back; both clamp to the text. */
int64_t text_points(const char *text, size_t n, size_t at);
size_t text_bytes(const char *text, size_t n, int64_t points);

#endif
