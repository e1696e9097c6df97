#include "client-cli/lines.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void add(struct lines *lines, size_t from, size_t to)
{
	if (lines->n == lines->cap) {
		lines->cap = lines->cap ? lines->cap * 2 : 16;
		lines->list = realloc(lines->list, lines->cap * sizeof *lines->list);
		if (!lines->list)
			abort();
	}
	lines->list[lines->n++] = (struct line){ from, to };
}

void lines_release(struct lines *lines)
{
	free(lines->list);
	*lines = (struct lines){ 0 };
}

void lines_cluster(const char *text, size_t n, size_t at, struct cluster *out)
{
	static const struct cluster tab = { .used = 1, .n = 1, .width = 1, .plain = true, .space = true, .bytes = " " };
	if (text[at] == '\t')
		*out = tab;
	else
		term_cluster(text + at, n - at, out);
}

/* The end of the line that starts at `from` within one paragraph, which ends at `end`. Spaces hang over the edge, so that what is typed behind a word never jumps. */
static size_t wrap(const char *text, size_t from, size_t end, int width)
{
	size_t at = from, last = from;
	bool space_before = false, ideograph_before = false;
	struct cluster cluster;
	for (int used = 0; at < end; at += cluster.used) {
		lines_cluster(text, end, at, &cluster);
		if (at > from && !cluster.space && (space_before || (ideograph_before && cluster.ideograph)))
			last = at;
		used += cluster.width;
		if (used > width && at > from && !cluster.space)
			return last > from ? last : at;
		space_before = cluster.space;
		ideograph_before = cluster.ideograph;
	}
	return end;
}

void lines_make(struct lines *lines, const char *text, size_t n, int width)
{
	lines->n = 0;
	for (size_t from = 0;; from++) {
		const char *newline = from < n ? memchr(text + from, '\n', n - from) : NULL;
		size_t end = newline ? (size_t)(newline - text) : n, to;
		do {
			to = wrap(text, from, end, width > 0 ? width : 1);
			add(lines, from, to);
			from = to;
		} while (to < end);
		if (!newline)
			return;
	}
}

void lines_place(const struct lines *lines, const char *text, size_t at, size_t *line, int *column)
{
	struct cluster cluster;
	*line = lines->n - 1;
	while (*line > 0 && lines->list[*line].from > at)
		--*line;
	*column = 0;
	for (size_t i = lines->list[*line].from; i < at && i < lines->list[*line].to; i += cluster.used) {
		lines_cluster(text, lines->list[*line].to, i, &cluster);
		*column += cluster.width;
	}
}

size_t lines_position(const struct lines *lines, const char *text, size_t line, int column)
{
	size_t at = lines->list[line].from, to = lines->list[line].to;
	bool wraps = line + 1 < lines->n && lines->list[line + 1].from == to;
	struct cluster cluster;
	for (int used = 0; at < to; at += cluster.used) {
		lines_cluster(text, to, at, &cluster);
		used += cluster.width;
		/* The end of a wrapped line is the beginning of the next one, and the caret would be seen there. */
		if (used > column || (wraps && at + cluster.used == to))
			break;
	}
	return at;
}

/* --- boundaries --- */

static size_t decode(const char *s, size_t n, int32_t *c)
{
	utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, c);
	if (used > 0)
		return (size_t)used;
	*c = -1;
	return 1;
}

size_t text_right_of(const char *text, size_t n, size_t at)
{
	int32_t before, c, state = 0;
	if (at >= n)
		return n;
	at += decode(text + at, n - at, &before);
	while (at < n) {
		size_t used = decode(text + at, n - at, &c);
		if (utf8proc_grapheme_break_stateful(before, c, &state))
			break;
		before = c;
		at += used;
	}
	return at;
}

/* Boundaries are found from a place that surely is one: the start of the line. */
size_t text_left_of(const char *text, size_t n, size_t at)
{
	if (at && text[at - 1] == '\n')
		return at - 1;
	size_t i = at, before;
	while (i > 0 && text[i - 1] != '\n')
		i--;
	for (before = i; i < at; i = text_right_of(text, n, i))
		before = i;
	return before;
}

static bool is_space(const char *text, size_t n, size_t at)
{
	return at < n && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t');
}

size_t text_word_right_of(const char *text, size_t n, size_t at)
{
	while (is_space(text, n, at))
		at++;
	while (at < n && !is_space(text, n, at))
		at = text_right_of(text, n, at);
	return at;
}

size_t text_word_left_of(const char *text, size_t n, size_t at)
{
	while (at > 0 && is_space(text, n, at - 1))
		at--;
	while (at > 0 && !is_space(text, n, at - 1))
		at--;
	return at;
}

/* --- code points --- */

static bool starts_code_point(char c)
{
	return ((unsigned char)c & 0xC0) != 0x80;
}

int64_t text_points(const char *text, size_t n, size_t at)
{
	int64_t points = 0;
	for (size_t i = 0; i < at && i < n; i++)
		points += starts_code_point(text[i]);
	return points;
}

size_t text_bytes(const char *text, size_t n, int64_t points)
{
	size_t at = 0;
	for (; at < n; at++)
		if (starts_code_point(text[at]) && points-- <= 0)
			break;
	return at;
}
