/* Breaking text into lines without the fonts that will draw it. Widths are estimates per character, on the wide side of the usual sans-serif fonts, in thousandths of an em: whole numbers, so a picture comes out the same on every machine.
 * Lines break at spaces, behind hyphens and slashes, and between ideographs (not before closing marks nor behind opening ones); a word longer than a line breaks between two grapheme clusters. Pure. */
#ifndef FORWHOM_SERVER_EXPORT_TYPESET_H
#define FORWHOM_SERVER_EXPORT_TYPESET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of text in one style; the number means what the caller likes. Valid UTF-8, borrowed. */
struct run {
	const char *s;
	size_t n;
	int style;
};

/* What one line has of one run. May hold characters that have no picture (controls): whoever writes it out drops them. */
struct piece_of_line {
	const char *s;
	size_t n;
	int style;
};

struct line {
	size_t first, count; /* pieces[first] and on */
	int width;           /* thousandths of an em */
	bool is_rtl;         /* its paragraph begins with a letter of a script written from right to left */
	bool is_cut;         /* text follows that found no room: an ellipsis belongs behind it, and has its room */
};

struct cluster;

/* `struct typeset t = {0};` is valid and empty; it may be used again and again, and owns its arrays until typeset_release. */
struct typeset {
	struct line *lines;
	size_t line_count, line_cap;
	struct piece_of_line *pieces;
	size_t piece_count, piece_cap;
	struct cluster *clusters;
	size_t cluster_count, cluster_cap;
};

void typeset_release(struct typeset *t);
/* Breaks the runs, one behind the other, into at most `lines_max` lines (at least 1) of `width` thousandths of an em; replaces what `t` held. Newlines begin a new line; those at the end count for nothing. */
void typeset_break(struct typeset *t, const struct run *runs, size_t run_count, int width, size_t lines_max);
/* The same for one text. */
void typeset_text(struct typeset *t, const char *s, int width, size_t lines_max);

/* Whether text found no room. */
bool typeset_is_cut(const struct typeset *t);

/* Estimated width of a text on one line, in thousandths of an em. */
int text_width(const char *s, size_t n);
/* Whether its first letter belongs to a script written from right to left. */
bool text_is_rtl(const char *s, size_t n);
/* Whether a code point has a place in a picture: no control characters, nothing that XML refuses, no commands to the bidirectional algorithm (a line that is cut would keep only half of a pair). */
bool is_drawn(int32_t c);
#endif
