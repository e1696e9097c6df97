#include "client-cli/term_safe.h"
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

enum {
	REPLACEMENT = 0xFFFD,
	NO_PICTURE = 0x2426,    /* ␦ */
	CONTROL_PICTURES = 0x2400,
	PICTURE_OF_DELETE = 0x2421,
	DOTTED_CIRCLE = 0x25CC,
	ZWNJ = 0x200C,
	ZWJ = 0x200D,
	VS16 = 0xFE0F,
};

/* How many bytes of a ZWJ sequence are kept in one piece where the terminal does not join it: tmux up to 3.3 drops what is beyond. */
enum { APART_BYTES = 21 };

static bool emoji_joined;

void term_set_emoji_joined(bool joined)
{
	emoji_joined = joined;
}

static bool is_between(int32_t c, int32_t low, int32_t high)
{
	return c >= low && c <= high;
}

static bool is_noncharacter(int32_t c)
{
	return is_between(c, 0xFDD0, 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

/* Formatting that has a shape of its own: signs that Arabic, Syriac and Kaithi put around numbers, and Egyptian joiners. */
static bool is_visible_format(int32_t c)
{
	return is_between(c, 0x600, 0x605) || c == 0x6DD || c == 0x70F || is_between(c, 0x890, 0x891) || c == 0x8E2 || c == 0x110BD || c == 0x110CD ||
	       is_between(c, 0x13430, 0x1343F);
}

/* Means nothing by itself and cannot do harm. Not the overrides and isolates: those must be seen. */
static bool is_silent(int32_t c)
{
	return c == 0x200E || c == 0x200F || c == 0x61C || c == ZWJ || c == ZWNJ || is_between(c, 0xFE00, VS16) || is_between(c, 0xE0100, 0xE01EF);
}

static bool is_tag(int32_t c)
{
	return is_between(c, 0xE0000, 0xE007F);
}

/* What is shown in place of `c`: `c` itself, a glyph, or 0 for nothing. */
static int32_t glyph_of(int32_t c)
{
	if (c < 0x20)
		return CONTROL_PICTURES + c;
	if (c == 0x7F)
		return PICTURE_OF_DELETE;
	if (is_silent(c))
		return 0;
	if (is_noncharacter(c))
		return REPLACEMENT;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return NO_PICTURE;
	case UTF8PROC_CATEGORY_CF:
		return is_visible_format(c) ? c : NO_PICTURE;
	case UTF8PROC_CATEGORY_CS:
		return REPLACEMENT;
	default:
		return is_tag(c) ? NO_PICTURE : c;
	}
}

/* Would join what stands before it. Not every mark does: some vowel signs of Burmese stand by themselves. */
static bool is_joining(int32_t c)
{
	return !utf8proc_grapheme_break(DOTTED_CIRCLE, c);
}

static int width_of_base(int32_t c)
{
	if (utf8proc_category(c) == UTF8PROC_CATEGORY_CN)
		return is_between(c, 0x1F000, 0x1FBFF) || is_between(c, 0x20000, 0x3FFFD) ? 2 : 1; /* newer than the library: emoji and ideographs by their blocks */
	int width = utf8proc_charwidth(c);
	return width < 1 ? 1 : width > 2 ? 2 : width;
}

static size_t decode(const char *s, size_t n, int32_t *c)
{
	utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, c);
	if (used > 0)
		return (size_t)used;
	*c = REPLACEMENT;
	return 1;
}

static void append(struct cluster *out, int32_t c)
{
	assert(out->n + 5 <= CLUSTER_CAP);
	out->n += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out->bytes + out->n);
	out->bytes[out->n] = 0;
}

/* Whether a code point that extends a cluster may be shown as part of it. Tags may not: they spell hidden text, and a flag without them is still a flag. */
static bool may_extend(int32_t c)
{
	return !is_tag(c) && (c == ZWJ || c == ZWNJ || is_silent(c) || glyph_of(c) == c);
}

static bool is_regional_indicator(int32_t c)
{
	return is_between(c, 0x1F1E6, 0x1F1FF);
}

static bool is_emoji_modifier(int32_t c)
{
	return is_between(c, 0x1F3FB, 0x1F3FF);
}

/* Medial vowels and final consonants of Hangul go into the square of the first one. */
static bool is_inner_jamo(int32_t c)
{
	return is_between(c, 0x1160, 0x11FF) || is_between(c, 0xD7B0, 0xD7FF);
}

/* Columns that a code point adds to the cluster it extends, where columns are counted code point by code point. */
static int width_of_extension(int32_t before, int32_t c)
{
	if (c == VS16)
		return !is_regional_indicator(before) && width_of_base(before) == 1;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
		return 0;
	default:
		return is_inner_jamo(c) ? 0 : width_of_base(c);
	}
}

static void widen(struct cluster *out, int32_t before, int32_t c)
{
	if (is_regional_indicator(before) && is_regional_indicator(c))
		out->width = 2;
	else if (emoji_joined && (before == ZWJ || is_emoji_modifier(c) || c == VS16))
		out->width = out->width < 2 ? 2 : out->width;
	else
		out->width += width_of_extension(before, c);
}

/* Whether a part of a ZWJ sequence has to stand by itself to be seen at all. */
static bool stands_apart(const struct cluster *out, int32_t before, int32_t c)
{
	return !emoji_joined && before == ZWJ && out->n + (size_t)(c < 0x10000 ? 3 : 4) > APART_BYTES;
}

/* Takes what belongs to the base. What is too much is taken and not shown. */
static void take_marks(const char *s, size_t n, int32_t base, struct cluster *out)
{
	int32_t before = base, shown = base, c, state = 0;
	int marks = 0;
	while (out->used < n) {
		size_t used = decode(s + out->used, n - out->used, &c);
		if (utf8proc_grapheme_break_stateful(before, c, &state))
			return;
		/* The library joins nothing unsafe, but this gate must not rest on that. */
		if (glyph_of(c) != c && !is_silent(c) && !is_tag(c))
			return;
		if (stands_apart(out, shown, c))
			return;
		out->used += used;
		before = c;
		if (marks == CLUSTER_MARKS || !may_extend(c))
			continue;
		marks++;
		append(out, c);
		widen(out, shown, c);
		shown = c;
	}
}

void term_cluster(const char *s, size_t n, struct cluster *out)
{
	assert(n > 0);
	*out = (struct cluster){ 0 };
	int32_t c;
	out->used = decode(s, n, &c);
	int32_t glyph = glyph_of(c);
	if (!glyph)
		return;
	if (glyph != c) {
		append(out, glyph);
		out->width = 1;
		return;
	}
	if (is_joining(c)) {
		append(out, DOTTED_CIRCLE);
		out->width = 1;
		append(out, c);
		widen(out, DOTTED_CIRCLE, c);
	} else {
		append(out, c);
		out->width = width_of_base(c);
		out->ideograph = out->width == 2;
	}
	if (c != REPLACEMENT)
		take_marks(s, n, c, out);
	out->space = utf8proc_category(c) == UTF8PROC_CATEGORY_ZS && c != 0xA0 && c != 0x202F && out->used <= 3;
	out->plain = out->n == 1 && out->width == 1;
}

void term_safe(struct buf *out, const char *s, size_t n)
{
	struct cluster cluster;
	for (size_t i = 0; i < n; i += cluster.used) {
		term_cluster(s + i, n - i, &cluster);
		buf_add(out, cluster.bytes, cluster.n);
	}
}

bool term_code_point_is_safe(int32_t c)
{
	return may_extend(c) && c != 0x200E && c != 0x200F && c != 0x61C;
}

int term_width(const char *s, size_t n)
{
	int width = 0;
	struct cluster cluster;
	for (size_t i = 0; i < n; i += cluster.used) {
		term_cluster(s + i, n - i, &cluster);
		width += cluster.width;
	}
	return width;
}
