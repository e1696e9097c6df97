/* Writing pictures: shapes and lines of text as SVG, in the colours of the page's light scheme. Every length is in tenths of a pixel, a whole number, so that pictures are the same on every machine. Text is escaped and what XML or a picture cannot hold is dropped. */
#ifndef FORWHOM_SERVER_EXPORT_SVG_H
#define FORWHOM_SERVER_EXPORT_SVG_H
#include "proto/buf.h"
#include "server/export/typeset.h"

#define SVG_PAPER "#faf6ee"
#define SVG_SHEET "#fffdf8"
#define SVG_INK "#221d17"
#define SVG_INK_2 "#6a6157"
#define SVG_LINE "#e5dccd"
#define SVG_ACCENT "#2743c4"
#define SVG_SANS "'Atkinson Hyperlegible Next', system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', 'Liberation Sans', sans-serif"
#define SVG_SERIF "Newsreader, Georgia, 'Noto Serif', 'Times New Roman', 'Liberation Serif', serif"

/* By customer type; [0] is for what has none. */
struct svg_hue {
	const char *edge, *tint;
};
enum { SVG_HUES = 9 };
extern const struct svg_hue svg_hues[SVG_HUES];

struct svg_rect {
	int x, y, w, h;
};

/* What stands before and behind a piece of a line that looks different from the rest; NULL: nothing. */
struct svg_style {
	const char *open, *close;
};

struct svg_type {
	int size;
	const char *attributes; /* of <text>, each with a space in front; "" for none */
	const struct svg_style *styles; /* by a piece's style; NULL: all look alike */
};

void svg_open(struct buf *out, int width, int height, const char *title);
void svg_close(struct buf *out);
/* A number of tenths, with its decimal if it has one. */
void svg_num(struct buf *out, int tenths);
/* ` name="value"` with a value of ours, and with a length. */
void svg_attr(struct buf *out, const char *name, const char *value);
void svg_attr_num(struct buf *out, const char *name, int tenths);
/* `stroke` NULL: none. */
void svg_rect(struct buf *out, const struct svg_rect *rect, int radius, const char *fill, const char *stroke);
/* The edge of a card: rounded on its left side only, as wide as `w`. */
void svg_edge(struct buf *out, const struct svg_rect *card, int w, int radius, const char *fill);
void svg_chars(struct buf *out, const char *s, size_t n);
/* One line of `t` on a baseline between `left` and `right`; it begins at the right one if its paragraph does. */
void svg_line(struct buf *out, const struct typeset *t, const struct line *line, const struct svg_type *type, int left, int right, int baseline);
/* The same for text of our own or a text known to fit. `anchor`: "start", "middle", "end", at x. */
void svg_word(struct buf *out, const char *s, size_t n, const struct svg_type *type, const char *anchor, int x, int baseline);
/* `tenths` of width in thousandths of an em at that size; and back, rounded up. */
int svg_ems(int tenths, int size);
int svg_tenths(int ems, int size);

/* The numbered square of a customer type, `side` long. */
void svg_badge(struct buf *out, int number, int x, int y, int side);
/* A word on a rounded ground, its left end at x; returns its width. */
int svg_pill_width(const char *s, size_t n, int size);
void svg_pill(struct buf *out, const char *s, size_t n, int size, const struct svg_rect *rect);
/* The project's name, ending at x. */
void svg_mark(struct buf *out, int x, int baseline, int size);
/* Text in at most `lines_max` lines, the largest of the sizes from `size` down to `least` at which it fits, and with an ellipsis where it fits at none. Returns the height used. */
struct svg_fit {
	struct svg_type type; /* size: the largest */
	int least;
	size_t lines_max;
};
int svg_fitted(struct buf *out, struct typeset *t, const char *s, const struct svg_fit *fit, const struct svg_rect *where);
#endif
