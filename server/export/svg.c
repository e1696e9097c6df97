#include "server/export/svg.h"
#include <string.h>
#include <utf8proc.h>

const struct svg_hue svg_hues[SVG_HUES] = {
	{ "#5b5b66", "#ececf0" }, { "#c4501b", "#fdeadf" }, { "#1d62b4", "#e3eefb" }, { "#1c7a58", "#dff3ea" }, { "#7c4399", "#f2e6f8" },
	{ "#8c6a00", "#f9efcf" }, { "#00707f", "#dcf1f3" }, { "#a3335c", "#fbe4ec" }, { "#5b5b66", "#ececf0" },
};

void svg_num(struct buf *out, int tenths)
{
	if (tenths < 0) {
		buf_char(out, '-');
		tenths = -tenths;
	}
	buf_int(out, tenths / 10);
	if (tenths % 10) {
		buf_char(out, '.');
		buf_char(out, (char)('0' + tenths % 10));
	}
}

void svg_attr(struct buf *out, const char *name, const char *value)
{
	buf_char(out, ' ');
	buf_str(out, name);
	buf_str(out, "=\"");
	buf_str(out, value);
	buf_char(out, '"');
}

void svg_attr_num(struct buf *out, const char *name, int tenths)
{
	buf_char(out, ' ');
	buf_str(out, name);
	buf_str(out, "=\"");
	svg_num(out, tenths);
	buf_char(out, '"');
}

void svg_chars(struct buf *out, const char *s, size_t n)
{
	for (size_t at = 0; at < n;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate((const uint8_t *)s + at, (utf8proc_ssize_t)(n - at), &c);
		if (used <= 0) {
			used = 1;
			c = 0xFFFD;
		}
		at += (size_t)used;
		if (c == '&')
			buf_str(out, "&amp;");
		else if (c == '<')
			buf_str(out, "&lt;");
		else if (c == '>')
			buf_str(out, "&gt;");
		else if (c == '"')
			buf_str(out, "&quot;");
		else if (c == '\t')
			buf_str(out, "  ");
		else if (is_drawn(c))
			buf_codepoint(out, c);
	}
}

void svg_open(struct buf *out, int width, int height, const char *title)
{
	buf_str(out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
	svg_attr_num(out, "width", width);
	svg_attr_num(out, "height", height);
	buf_str(out, " viewBox=\"0 0 ");
	svg_num(out, width);
	buf_char(out, ' ');
	svg_num(out, height);
	buf_str(out, "\" font-family=\"" SVG_SANS "\" fill=\"" SVG_INK "\">\n<title>");
	svg_chars(out, title, strlen(title));
	buf_str(out, "</title>\n");
	svg_rect(out, &(struct svg_rect){ 0, 0, width, height }, 0, SVG_PAPER, NULL);
}

void svg_close(struct buf *out)
{
	buf_str(out, "</svg>\n");
}

void svg_rect(struct buf *out, const struct svg_rect *rect, int radius, const char *fill, const char *stroke)
{
	buf_str(out, "<rect");
	svg_attr_num(out, "x", rect->x);
	svg_attr_num(out, "y", rect->y);
	svg_attr_num(out, "width", rect->w);
	svg_attr_num(out, "height", rect->h);
	if (radius)
		svg_attr_num(out, "rx", radius);
	svg_attr(out, "fill", fill);
	if (stroke)
		svg_attr(out, "stroke", stroke);
	buf_str(out, "/>\n");
}

static void point(struct buf *out, const char *command, int x, int y)
{
	buf_str(out, command);
	svg_num(out, x);
	buf_char(out, ' ');
	svg_num(out, y);
}

void svg_edge(struct buf *out, const struct svg_rect *card, int w, int radius, const char *fill)
{
	int left = card->x, right = card->x + w, top = card->y, bottom = card->y + card->h, r = radius < w ? radius : w;
	buf_str(out, "<path d=\"");
	point(out, "M", right, top);
	point(out, "L", left + r, top);
	point(out, "Q", left, top);
	point(out, " ", left, top + r);
	point(out, "L", left, bottom - r);
	point(out, "Q", left, bottom);
	point(out, " ", left + r, bottom);
	point(out, "L", right, bottom);
	buf_str(out, "Z\"");
	svg_attr(out, "fill", fill);
	buf_str(out, "/>\n");
}

static void open_text(struct buf *out, const struct svg_type *type, int x, int baseline)
{
	buf_str(out, "<text");
	svg_attr_num(out, "x", x);
	svg_attr_num(out, "y", baseline);
	svg_attr_num(out, "font-size", type->size);
	buf_str(out, type->attributes);
}

static void add_piece(struct buf *out, const struct piece_of_line *piece, const struct svg_type *type)
{
	const struct svg_style *style = type->styles && type->styles[piece->style].open ? &type->styles[piece->style] : NULL;
	if (style)
		buf_str(out, style->open);
	svg_chars(out, piece->s, piece->n);
	if (style)
		buf_str(out, style->close);
}

void svg_line(struct buf *out, const struct typeset *t, const struct line *line, const struct svg_type *type, int left, int right, int baseline)
{
	if (!line->count && !line->is_cut)
		return;
	open_text(out, type, line->is_rtl ? right : left, baseline);
	if (line->is_rtl)
		svg_attr(out, "direction", "rtl");
	buf_char(out, '>');
	for (size_t i = 0; i < line->count; i++)
		add_piece(out, &t->pieces[line->first + i], type);
	buf_str(out, line->is_cut ? "…</text>\n" : "</text>\n");
}

void svg_word(struct buf *out, const char *s, size_t n, const struct svg_type *type, const char *anchor, int x, int baseline)
{
	bool rtl = text_is_rtl(s, n);
	open_text(out, type, x, baseline);
	/* In a text that runs to the left the start is its right end. */
	if (rtl)
		svg_attr(out, "direction", "rtl");
	if (rtl != !strcmp(anchor, "end") && strcmp(anchor, "middle") != 0)
		svg_attr(out, "text-anchor", "end");
	else if (!strcmp(anchor, "middle"))
		svg_attr(out, "text-anchor", "middle");
	buf_char(out, '>');
	svg_chars(out, s, n);
	buf_str(out, "</text>\n");
}

int svg_ems(int tenths, int size)
{
	return tenths <= 0 ? 0 : (int)((int64_t)tenths * 1000 / size);
}

int svg_tenths(int ems, int size)
{
	return (int)(((int64_t)ems * size + 999) / 1000);
}

void svg_badge(struct buf *out, int number, int x, int y, int side)
{
	char digit = (char)('0' + number);
	svg_rect(out, &(struct svg_rect){ x, y, side, side }, side * 28 / 100, svg_hues[number].edge, NULL);
	svg_word(out, &digit, 1, &(struct svg_type){ side * 68 / 100, " font-weight=\"700\" fill=\"" SVG_SHEET "\"", NULL }, "middle", x + side / 2, y + side * 74 / 100);
}

int svg_pill_width(const char *s, size_t n, int size)
{
	return svg_tenths(text_width(s, n), size) + size * 11 / 10;
}

void svg_pill(struct buf *out, const char *s, size_t n, int size, const struct svg_rect *rect)
{
	struct typeset t = { 0 };
	struct run run = { s, n, 0 };
	int pad = size * 55 / 100;
	svg_rect(out, rect, rect->h / 2, SVG_LINE, NULL);
	typeset_break(&t, &run, 1, svg_ems(rect->w - 2 * pad + 2, size), 1);
	if (t.line_count)
		svg_line(out, &t, &t.lines[0], &(struct svg_type){ size, "", NULL }, rect->x + pad, rect->x + rect->w - pad, rect->y + rect->h / 2 + size * 35 / 100);
	typeset_release(&t);
}

void svg_mark(struct buf *out, int x, int baseline, int size)
{
	open_text(out, &(struct svg_type){ size, " text-anchor=\"end\" font-style=\"italic\" font-weight=\"500\" font-family=\"" SVG_SERIF "\"", NULL }, x, baseline);
	buf_str(out, ">for <tspan fill=\"" SVG_ACCENT "\" font-weight=\"600\">whom</tspan>?</text>\n");
}

int svg_fitted(struct buf *out, struct typeset *t, const char *s, const struct svg_fit *fit, const struct svg_rect *where)
{
	struct svg_type type = fit->type;
	for (;; type.size -= 5) {
		typeset_text(t, s, svg_ems(where->w, type.size), fit->lines_max);
		if (type.size <= fit->least || !typeset_is_cut(t))
			break;
	}
	int leading = type.size * 125 / 100;
	for (size_t i = 0; i < t->line_count; i++)
		svg_line(out, t, &t->lines[i], &type, where->x, where->x + where->w, where->y + (int)i * leading + type.size * 96 / 100);
	return (int)t->line_count * leading;
}
