#include "server/export/typeset.h"
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>
#include <utf8proc.h>

enum { EM = 1000, ELLIPSIS = 1000, EMOJI = 1350 };

struct cluster {
	const char *s;
	uint32_t n;
	int32_t c; /* its first code point */
	int width;
	int style;
	bool is_space;
	bool is_newline;
};

/* ---------------------------------------------------------------------------------------------------- widths */

/* ASCII 0x20 to 0x7E: the widths of Arial and Helvetica and a tenth, which holds Roboto, Segoe, SF, Noto and Atkinson Hyperlegible too; where DejaVu Sans, the widest, is wider, nearly its own. */
static const int16_t ascii[] = {
	312, 393, 451, 821, 623, 978, 764, 270, 382, 382, 490, 821, 312, 366, 312, 330, /* space to / */
	623, 623, 623, 623, 623, 623, 623, 623, 623, 623, 330, 330, 821, 821, 821, 612, /* 0 to ? */
	1116, 734, 734, 794, 794, 734, 672, 856, 794, 306, 550, 734, 612, 916, 794, 856, /* @ to O */
	734, 856, 794, 734, 672, 794, 734, 1038, 734, 734, 672, 382, 330, 382, 821, 612, /* P to _ */
	490, 612, 622, 550, 622, 612, 345, 622, 621, 272, 272, 567, 272, 955, 621, 612, /* ` to o */
	622, 622, 403, 550, 384, 621, 580, 802, 580, 580, 550, 623, 330, 623, 821, /* p to ~ */
};

static bool is_emoji(int32_t c)
{
	return c >= 0x231A && utf8proc_get_property(c)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

static int letter_width(int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CC:
		return 0;
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LT:
		return 800;
	case UTF8PROC_CATEGORY_LL:
		return 660;
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_PI:
	case UTF8PROC_CATEGORY_PF:
	case UTF8PROC_CATEGORY_PS:
	case UTF8PROC_CATEGORY_PE:
		return 400;
	case UTF8PROC_CATEGORY_MC:
		return 500;
	case UTF8PROC_CATEGORY_LO:
		/* Arabic and its neighbours are narrow, the scripts of South and South East Asia broad. */
		return c >= 0x0600 && c < 0x0900 ? 520 : c >= 0x0590 && c < 0x0600 ? 640 : 760;
	default:
		return 760;
	}
}

static int code_point_width(int32_t c)
{
	if (c >= 0x20 && c < 0x7F)
		return ascii[c - 0x20];
	if (is_emoji(c))
		return EMOJI;
	return utf8proc_charwidth(c) == 2 ? EM : letter_width(c);
}

bool is_drawn(int32_t c)
{
	if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0xD800 && c < 0xE000) || (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c < 0xFDF0))
		return false;
	return !((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xFEFF);
}

/* ---------------------------------------------------------------------------------------------------- clusters */

static void *grown(void *list, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return list;
	*cap = *cap ? *cap * 2 : 64;
	list = realloc(list, *cap * size);
	if (!list)
		abort();
	return list;
}

static void add_cluster(struct typeset *t, const char *s, int32_t c, int style)
{
	t->clusters = grown(t->clusters, &t->cluster_cap, t->cluster_count, sizeof *t->clusters);
	t->clusters[t->cluster_count++] = (struct cluster){ .s = s, .c = c, .style = style, .is_newline = c == '\n' || c == 0x2028 || c == 0x2029,
		.is_space = c == ' ' || c == '\t' || (c != 0xA0 && c != 0x202F && utf8proc_category(c) == UTF8PROC_CATEGORY_ZS) };
}

/* An emoji of several code points is as wide as one. In other clusters (letters with vowel signs) the parts that take space add up. */
static void widen(struct cluster *cluster, int32_t c)
{
	int width = c == '\t' ? 600 : is_drawn(c) ? code_point_width(c) : 0;
	if (c == 0xFE0F && cluster->n)
		cluster->width = EMOJI;
	else if (is_emoji(cluster->c) || (cluster->c >= 0x1F1E6 && cluster->c <= 0x1F1FF))
		cluster->width = EMOJI;
	else
		cluster->width += width;
}

/* How much text can matter. A line holds at most its width (or one cluster, however wide), and a newline ends one: once there is more than all lines together hold, the rest is only known to be there. So a try at a size costs what fits, not what there is. */
struct reading {
	int width;
	int64_t room;
	size_t lines;  /* left, as far as newlines tell */
	int32_t last;  /* code point, -1 before the first: a combining mark may begin a run */
	int32_t state; /* of the cluster rules */
};

/* Takes the cluster that has just been completed into account; false when no more need be read. */
static bool take_account(struct reading *r, const struct typeset *t)
{
	const struct cluster *c = t->cluster_count ? &t->clusters[t->cluster_count - 1] : NULL;
	if (!c)
		return true;
	if (c->is_newline)
		r->lines--;
	else if (!c->is_space)
		r->room -= c->width < r->width ? c->width : r->width;
	return r->room >= 0 && r->lines > 0;
}

static bool read_run(struct typeset *t, const struct run *run, struct reading *r)
{
	for (size_t at = 0; at < run->n;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate((const uint8_t *)run->s + at, (utf8proc_ssize_t)(run->n - at), &c);
		if (used <= 0) {
			used = 1;
			c = 0xFFFD;
		}
		bool starts = at == 0 || r->last < 0 || utf8proc_grapheme_break_stateful(r->last, c, &r->state);
		if (starts) {
			if (!take_account(r, t))
				return false;
			add_cluster(t, run->s + at, c, run->style);
		}
		struct cluster *cluster = &t->clusters[t->cluster_count - 1];
		widen(cluster, c);
		cluster->n += (uint32_t)used;
		r->last = c;
		at += (size_t)used;
	}
	return true;
}

static size_t without_blank_end(const struct run *run)
{
	size_t n = run->n;
	while (n && (run->s[n - 1] == '\n' || run->s[n - 1] == ' ' || run->s[n - 1] == '\t'))
		n--;
	return n;
}

/* The runs as clusters, as far as they matter for so many lines; without white space at the end. */
static void read_clusters(struct typeset *t, const struct run *runs, size_t run_count, int width, size_t lines_max)
{
	struct reading r = { .width = width, .room = (int64_t)width * (int64_t)lines_max, .lines = lines_max, .last = -1 };
	size_t last_n = 0;
	t->line_count = t->piece_count = t->cluster_count = 0;
	while (run_count && !(last_n = without_blank_end(&runs[run_count - 1])))
		run_count--;
	for (size_t i = 0; i < run_count; i++) {
		struct run run = runs[i];
		run.n = i + 1 == run_count ? last_n : run.n;
		if (!read_run(t, &run, &r))
			return;
	}
	while (t->cluster_count && (t->clusters[t->cluster_count - 1].is_newline || t->clusters[t->cluster_count - 1].is_space))
		t->cluster_count--;
}

/* ---------------------------------------------------------------------------------------------------- lines */

static bool contains(const char32_t *list, int32_t c)
{
	while (*list && (int32_t)*list != c)
		list++;
	return *list;
}

/* What no line begins with, what none ends with, and behind what a word may be broken. */
static const char32_t closing[] = U"、。，．：；！？」』）】〉》〕］｝・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.;:!?)]}%”’…";
static const char32_t opening[] = U"「『（【〈《〔［｛([{“‘";
static const char32_t hyphens[] = U"-/–—";

static bool is_ascii_letter(int32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_ideograph(const struct cluster *c)
{
	return c->c >= 0x1100 && utf8proc_charwidth(c->c) == 2;
}

/* Whether a line may end before cluster `b`, which follows `a`. */
static bool can_break(const struct cluster *a, const struct cluster *b)
{
	if (b->is_space)
		return false;
	if (a->is_space)
		return true;
	/* The usual case first. */
	if (is_ascii_letter(a->c) && is_ascii_letter(b->c))
		return false;
	if (contains(closing, b->c) || contains(opening, a->c))
		return false;
	if (is_ideograph(a) || is_ideograph(b))
		return true;
	bool letter = utf8proc_category(b->c) <= UTF8PROC_CATEGORY_LO && utf8proc_category(b->c) >= UTF8PROC_CATEGORY_LU;
	return letter && contains(hyphens, a->c);
}

static void add_piece(struct typeset *t, struct line *line, const struct cluster *c)
{
	struct piece_of_line *last = line->count ? &t->pieces[t->piece_count - 1] : NULL;
	if (last && last->style == c->style && last->s + last->n == c->s) {
		last->n += c->n;
		return;
	}
	t->pieces = grown(t->pieces, &t->piece_cap, t->piece_count, sizeof *t->pieces);
	t->pieces[t->piece_count++] = (struct piece_of_line){ c->s, c->n, c->style };
	line->count++;
}

static bool cluster_is_rtl(const struct cluster *c, bool *decided)
{
	enum { L = UTF8PROC_BIDI_CLASS_L, R = UTF8PROC_BIDI_CLASS_R, AL = UTF8PROC_BIDI_CLASS_AL };
	int class = utf8proc_get_property(c->c)->bidi_class;
	*decided = class == L || class == R || class == AL;
	return class == R || class == AL;
}

/* By the first strong letter between the newlines around `at`. */
static bool paragraph_is_rtl(const struct typeset *t, size_t at)
{
	while (at > 0 && !t->clusters[at - 1].is_newline)
		at--;
	for (bool decided; at < t->cluster_count && !t->clusters[at].is_newline; at++) {
		bool rtl = cluster_is_rtl(&t->clusters[at], &decided);
		if (decided)
			return rtl;
	}
	return false;
}

/* The clusters from `a` to `b` become a line, without the spaces at its end; `rtl` is its paragraph's. */
static void add_line(struct typeset *t, size_t a, size_t b, bool rtl)
{
	struct line line = { .first = t->piece_count, .is_rtl = rtl };
	while (b > a && t->clusters[b - 1].is_space)
		b--;
	for (size_t i = a; i < b; i++) {
		line.width += t->clusters[i].width;
		add_piece(t, &line, &t->clusters[i]);
	}
	t->lines = grown(t->lines, &t->line_cap, t->line_count, sizeof *t->lines);
	t->lines[t->line_count++] = line;
}

/* How far a line from `start` reaches: to a newline, the end, or where the width is used up. */
static size_t line_end(const struct typeset *t, size_t start, int width)
{
	size_t may = start;
	int used = 0;
	for (size_t i = start; i < t->cluster_count && !t->clusters[i].is_newline; i++) {
		if (i > start && can_break(&t->clusters[i - 1], &t->clusters[i]))
			may = i;
		used += t->clusters[i].width;
		if (used > width && !t->clusters[i].is_space)
			return may > start ? may : i > start ? i : i + 1;
	}
	while (start < t->cluster_count && !t->clusters[start].is_newline)
		start++;
	return start;
}

/* The last line, from `start`, with room for an ellipsis: text goes on behind it. */
static void add_cut_line(struct typeset *t, size_t start, int width, bool rtl)
{
	size_t end = start;
	for (int used = ELLIPSIS; end < t->cluster_count && !t->clusters[end].is_newline && (used += t->clusters[end].width) <= width;)
		end++;
	add_line(t, start, end, rtl);
	t->lines[t->line_count - 1].is_cut = true;
	t->lines[t->line_count - 1].width += ELLIPSIS;
}

void typeset_break(struct typeset *t, const struct run *runs, size_t run_count, int width, size_t lines_max)
{
	assert(lines_max > 0 && lines_max <= INT_MAX);
	read_clusters(t, runs, run_count, width, lines_max);
	bool rtl = false;
	for (size_t at = 0; at < t->cluster_count;) {
		if (!at || t->clusters[at - 1].is_newline)
			rtl = paragraph_is_rtl(t, at);
		size_t end = line_end(t, at, width);
		bool newline = end < t->cluster_count && t->clusters[end].is_newline;
		if (t->line_count + 1 == lines_max && end < t->cluster_count) {
			add_cut_line(t, at, width, rtl);
			return;
		}
		add_line(t, at, end, rtl);
		at = end + newline;
	}
}

void typeset_text(struct typeset *t, const char *s, int width, size_t lines_max)
{
	struct run run = { s, strlen(s), 0 };
	typeset_break(t, &run, 1, width, lines_max);
}

bool typeset_is_cut(const struct typeset *t)
{
	return t->line_count && t->lines[t->line_count - 1].is_cut;
}

int text_width(const char *s, size_t n)
{
	struct typeset t = { 0 };
	struct run run = { s, n, 0 };
	int width = 0;
	read_clusters(&t, &run, 1, INT_MAX, INT_MAX);
	for (size_t i = 0; i < t.cluster_count; i++)
		width += t.clusters[i].width;
	typeset_release(&t);
	return width;
}

bool text_is_rtl(const char *s, size_t n)
{
	struct typeset t = { 0 };
	struct run run = { s, n, 0 };
	read_clusters(&t, &run, 1, INT_MAX, INT_MAX);
	bool rtl = paragraph_is_rtl(&t, 0);
	typeset_release(&t);
	return rtl;
}

void typeset_release(struct typeset *t)
{
	free(t->lines);
	free(t->pieces);
	free(t->clusters);
	*t = (struct typeset){ 0 };
}
