/*
 * Names, one-line fields and clean text.
 *
 * A name is filtered one character at a time, each judged by what was kept before it and what comes next, and the result
 * is composed (NFC) and filtered again until nothing changes: taking a character out may bring two others together that
 * compose, or leave a joiner with nothing to join. Every round after the first only shortens the text, so this ends.
 *
 * Not a security boundary: two names that differ may still look alike. The skeleton catches the cheap tricks; that is why
 * staff are marked as such wherever a name is shown, whatever the name says.
 *
 * Rejected: the full table of Unicode's confusables (6,000 rows, most of them between letters no classroom mixes).
 */
#include "proto/names.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

enum {
	ZWNJ = 0x200C,
	ZWJ = 0x200D,
	VS16 = 0xFE0F,
	KEYCAP = 0x20E3,
	VIRAMA_CLASS = 9, /* canonical combining class of all viramas */
};

/* Options of utf8proc. STABLE makes it respect the composition exclusions, without which the result is not NFC. */
enum {
	COMPOSED = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
	COMPOSED_FOLDED = COMPOSED | UTF8PROC_CASEFOLD,
	DECOMPOSED_COMPAT = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
};

struct range {
	int32_t first, last;
};

/* Scripts that spell with joiners: Arabic to Mandaic and Arabic extended, the Indic ones, Myanmar, Khmer and Mongolian. */
static const struct range joiner_scripts[] = {
	{0x0620, 0x07BF}, {0x0840, 0x08FF}, {0x0900, 0x0DFF}, {0x1000, 0x109F}, {0x1780, 0x17FF}, {0x1800, 0x18AF},
	{0xA8E0, 0xA8FF}, {0x11000, 0x1137F},
};

static const struct range ideographs[] = {
	{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x3FFFD},
};

/* Accents, points and strokes over letters, as opposed to vowel signs that are letters in all but name. */
static const struct range accents[] = {
	{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05C7}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670},
	{0x06D6, 0x06ED}, {0x0711, 0x0711}, {0x0730, 0x074A}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF},
	{0xFE20, 0xFE2F},
};

/*
 * What looks like a Latin letter or digit. Rows of lower case serve both cases; a capital has its own row only where it
 * looks like another letter than its small form.
 */
static const struct look_alike {
	int32_t from;
	char to;
} look_alikes[] = {
	/* ASCII and Latin */
	{'0', 'o'}, {'1', 'l'}, {'I', 'l'}, {'i', 'l'}, {'|', 'l'}, {0x00F8, 'o'}, {0x0111, 'd'}, {0x0127, 'h'},
	{0x0131, 'l'}, {0x0142, 'l'}, {0x0167, 't'}, {0x0192, 'f'}, {0x0251, 'a'}, {0x0261, 'g'}, {0x0269, 'l'},
	/* Latin small capitals */
	{0x0262, 'g'}, {0x026A, 'l'}, {0x0274, 'n'}, {0x0280, 'r'}, {0x028F, 'y'}, {0x0299, 'b'}, {0x029C, 'h'},
	{0x029F, 'l'}, {0x1D00, 'a'}, {0x1D04, 'c'}, {0x1D05, 'd'}, {0x1D07, 'e'}, {0x1D0A, 'j'}, {0x1D0B, 'k'},
	{0x1D0D, 'm'}, {0x1D0F, 'o'}, {0x1D18, 'p'}, {0x1D1B, 't'}, {0x1D1C, 'u'}, {0x1D20, 'v'}, {0x1D21, 'w'},
	{0x1D22, 'z'}, {0xA731, 's'},
	/* Greek capitals that look unlike their small letters */
	{0x0396, 'z'}, {0x0397, 'h'}, {0x039C, 'm'}, {0x039D, 'n'}, {0x03A5, 'y'},
	/* Greek */
	{0x03B1, 'a'}, {0x03B2, 'b'}, {0x03B3, 'y'}, {0x03B5, 'e'}, {0x03B7, 'n'}, {0x03B9, 'l'}, {0x03BA, 'k'},
	{0x03BC, 'u'}, {0x03BD, 'v'}, {0x03BF, 'o'}, {0x03C1, 'p'}, {0x03C3, 'o'}, {0x03C4, 't'}, {0x03C5, 'u'},
	{0x03C7, 'x'}, {0x03C9, 'w'}, {0x03F3, 'j'},
	/* Cyrillic */
	{0x0430, 'a'}, {0x0431, '6'}, {0x0432, 'b'}, {0x0433, 'r'}, {0x0435, 'e'}, {0x0437, '3'}, {0x043A, 'k'},
	{0x043C, 'm'}, {0x043D, 'h'}, {0x043E, 'o'}, {0x043F, 'n'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'},
	{0x0443, 'y'}, {0x0445, 'x'}, {0x0447, '4'}, {0x0448, 'w'}, {0x044C, 'b'}, {0x0454, 'e'}, {0x0455, 's'},
	{0x0456, 'l'}, {0x0458, 'j'}, {0x0461, 'w'}, {0x0473, 'o'}, {0x0475, 'v'}, {0x0491, 'r'}, {0x049B, 'k'},
	{0x04A3, 'h'}, {0x04AB, 'c'}, {0x04AF, 'y'}, {0x04B1, 'y'}, {0x04B3, 'x'}, {0x04BB, 'h'}, {0x04CF, 'l'},
	{0x04E9, 'o'}, {0x0501, 'd'}, {0x051B, 'q'}, {0x051D, 'w'},
	/* Armenian */
	{0x0566, 'q'}, {0x0570, 'h'}, {0x0578, 'n'}, {0x057D, 'u'}, {0x0581, 'g'}, {0x0585, 'o'},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_in(int32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/*
 * Reads the character at `*at` and steps over it; false at the end. The text is valid UTF-8: it has been through
 * add_mapped or text_is_clean.
 */
static bool next_char(const char *s, size_t n, size_t *at, int32_t *c)
{
	if (*at >= n)
		return false;
	utf8proc_ssize_t used = utf8proc_iterate((const uint8_t *)s + *at, (utf8proc_ssize_t)(n - *at), c);
	assert(used > 0);
	*at += (size_t)used;
	return true;
}

/* Appends what utf8proc makes of the text; false, nothing appended, if that is not valid UTF-8. */
static bool add_mapped(struct buf *out, const char *s, size_t n, int options)
{
	uint8_t *mapped = NULL;
	utf8proc_ssize_t size = utf8proc_map((const uint8_t *)s, (utf8proc_ssize_t)n, &mapped, (utf8proc_option_t)options);

	if (size == UTF8PROC_ERROR_NOMEM)
		abort();
	if (size >= 0)
		buf_add(out, mapped, (size_t)size);
	free(mapped);
	return size >= 0;
}

static bool is_noncharacter(int32_t c)
{
	return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

static bool is_space(int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return (c >= '\t' && c <= '\r') || c == 0x85 || category == UTF8PROC_CATEGORY_ZS ||
	       category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* Letters and symbols that are drawn as nothing: Hangul fillers and the empty Braille pattern. */
static bool is_blank(int32_t c)
{
	return c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0 || c == 0x2800;
}

static bool is_control(int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF;
}

static bool is_invisible(int32_t c)
{
	return utf8proc_get_property(c)->ignorable || is_control(c) || is_noncharacter(c);
}

/* Marks that are stacked on a base. Spacing marks are not: they take room of their own. */
static bool is_stacked_mark(int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

static bool is_pictograph(int32_t c)
{
	return utf8proc_get_property(c)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

static bool is_skin_tone(int32_t c)
{
	return c >= 0x1F3FB && c <= 0x1F3FF;
}

static bool is_keycap_base(int32_t c)
{
	return (c >= '0' && c <= '9') || c == '#' || c == '*';
}

/* Letters, digits and marks of the scripts that use joiners. */
static bool is_joining_letter(int32_t c)
{
	return is_in(c, joiner_scripts, COUNT(joiner_scripts)) && !is_invisible(c) &&
	       utf8proc_category(c) <= UTF8PROC_CATEGORY_NO;
}

/* A name on its way through the filter: what has been kept so far, as far as it matters for what comes. */
struct filter {
	struct buf *out;
	int32_t last;       /* character kept last, 0 if none or a space */
	bool after_emoji;   /* the last ones make an emoji, which a joiner may continue */
	bool space_waits;   /* a space goes in front of the next character, if there is one */
	int marks;          /* stacked on the present base */
};

/* Whether a joiner at this place has something to join. */
static bool is_joiner_used(const struct filter *f, int32_t c, int32_t next)
{
	if (c == ZWJ && f->after_emoji && is_pictograph(next))
		return true;
	if (!is_joining_letter(f->last))
		return false;
	/* Older Malayalam and Sinhala texts end words in virama and joiner. */
	if (c == ZWJ && utf8proc_get_property(f->last)->combining_class == VIRAMA_CLASS)
		return true;
	return is_joining_letter(next);
}

/* Whether an invisible character does its work here and so belongs to the name. */
static bool is_needed_here(const struct filter *f, int32_t c, int32_t next)
{
	if (c == ZWJ || c == ZWNJ)
		return is_joiner_used(f, c, next);
	if (c == VS16)
		return is_pictograph(f->last) || (is_keycap_base(f->last) && next == KEYCAP);
	return c >= 0xE0100 && c <= 0xE01EF && is_in(f->last, ideographs, COUNT(ideographs));
}

/* Whether a visible character may stay: only marks may not, without a base or on top of too many others. */
static bool is_within_stack(struct filter *f, int32_t c)
{
	if (!is_stacked_mark(c)) {
		f->marks = 0;
		return true;
	}
	return f->last && ++f->marks <= NAME_MARKS_MAX;
}

static void filter_keep(struct filter *f, int32_t c)
{
	if (f->space_waits && f->out->n)
		buf_char(f->out, ' ');
	f->space_waits = false;
	f->after_emoji = is_pictograph(c) || (f->after_emoji && (c == VS16 || is_skin_tone(c)));
	f->last = c;
	buf_codepoint(f->out, c);
}

static void filter_space(struct filter *f)
{
	f->space_waits = true;
	f->after_emoji = false;
	f->last = 0;
	f->marks = 0;
}

/* Filters a text once; `out` has nothing but the result afterwards. */
static void filter_name(const struct buf *in, struct buf *out)
{
	struct filter f = {.out = out};
	size_t at = 0;
	int32_t c, next = 0;
	bool more = next_char(in->s, in->n, &at, &next);

	buf_reset(out);
	while (more) {
		c = next;
		next = 0;
		more = next_char(in->s, in->n, &at, &next);
		if (is_space(c) || is_blank(c))
			filter_space(&f);
		else if (is_invisible(c) ? is_needed_here(&f, c, next) : is_within_stack(&f, c))
			filter_keep(&f, c);
	}
}

static bool is_same(const struct buf *x, const struct buf *y)
{
	return x->n == y->n && (!x->n || memcmp(x->s, y->s, x->n) == 0);
}

enum name_verdict name_normalise(const char *in, size_t n, struct buf *out)
{
	struct buf name = {0}, composed = {0};
	enum name_verdict verdict = NAME_OK;

	if (n > NAME_INPUT_MAX)
		return NAME_TOO_LONG;
	if (!add_mapped(&composed, in, n, COMPOSED)) {
		verdict = NAME_BAD_UTF8;
		goto out;
	}
	for (filter_name(&composed, &name); !is_same(&composed, &name); filter_name(&composed, &name)) {
		buf_reset(&composed);
		add_mapped(&composed, name.s, name.n, COMPOSED);
	}
	if (!name.n)
		verdict = NAME_EMPTY;
	else if (name.n > NAME_BYTES_MAX || text_graphemes(name.s, name.n) > NAME_GRAPHEMES_MAX)
		verdict = NAME_TOO_LONG;
	else
		buf_add(out, name.s, name.n);
out:
	buf_release(&name);
	buf_release(&composed);
	return verdict;
}

static int32_t without_look_alike(int32_t c)
{
	for (size_t i = 0; i < COUNT(look_alikes); i++) {
		if (look_alikes[i].from == c)
			return look_alikes[i].to;
	}
	return c;
}

static bool is_punctuation(int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

/* How much of a name counts: the less, as long as anything is left of it. */
enum keeping { KEEP_LETTERS, KEEP_PUNCTUATION, KEEP_ACCENTS };

/* Appends what counts of a decomposed name. */
static void add_skeleton(struct buf *out, const struct buf *in, enum keeping keeping)
{
	int32_t c;

	for (size_t at = 0; next_char(in->s, in->n, &at, &c);) {
		if (is_space(c) || is_blank(c) || is_invisible(c) || (keeping < KEEP_ACCENTS && is_in(c, accents, COUNT(accents))))
			continue;
		if (keeping >= KEEP_PUNCTUATION || !is_punctuation(c))
			buf_codepoint(out, without_look_alike(c));
	}
}

bool name_skeleton(const char *in, size_t n, struct buf *out)
{
	struct buf plain = {0}, kept = {0}, folded = {0};
	bool is_valid = n <= NAME_INPUT_MAX && add_mapped(&plain, in, n, DECOMPOSED_COMPAT);

	if (is_valid) {
		/* An accent without a letter is a space and a mark by now. */
		enum keeping keeping = KEEP_LETTERS;
		for (add_skeleton(&kept, &plain, keeping); !kept.n && keeping < KEEP_ACCENTS; add_skeleton(&kept, &plain, keeping))
			keeping++;
		add_mapped(&folded, kept.s, kept.n, COMPOSED_FOLDED);
		/* Once more for the capitals that have just become small letters with a look-alike. */
		add_skeleton(out, &folded, keeping > KEEP_PUNCTUATION ? keeping : KEEP_PUNCTUATION);
	}
	buf_release(&plain);
	buf_release(&kept);
	buf_release(&folded);
	return is_valid;
}

/* Whether the text is valid UTF-8 without control characters other than those in `allowed`. */
static bool is_clean(const char *s, size_t n, const char *allowed)
{
	for (size_t at = 0; at < n;) {
		int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate((const uint8_t *)s + at, (utf8proc_ssize_t)(n - at), &c);
		if (used <= 0)
			return false;
		at += (size_t)used;
		if (c >= 0x20 && (c < 0x7F || c > 0x9F))
			continue;
		const char *a = allowed;
		while (*a && *a != c)
			a++;
		if (!*a)
			return false;
	}
	return true;
}

bool text_is_clean(const char *s, size_t n, bool allow_newline)
{
	return is_clean(s, n, allow_newline ? "\n\t" : "");
}

bool text_is_piled_up(const char *s, size_t n)
{
	int marks = 0;
	int32_t c;

	for (size_t at = 0; at < n;) {
		utf8proc_ssize_t used = utf8proc_iterate((const uint8_t *)s + at, (utf8proc_ssize_t)(n - at), &c);
		if (used <= 0)
			return false;
		at += (size_t)used;
		marks = utf8proc_get_property(c)->combining_class || is_stacked_mark(c) ? marks + 1 : 0;
		if (marks > TEXT_MARKS_MAX)
			return true;
	}
	return false;
}

bool line_normalise(const char *in, size_t n, struct buf *out)
{
	struct buf composed = {0};
	bool space_waits = false;
	size_t start = out->n;
	int32_t c;

	if (!is_clean(in, n, "\n\t\r") || text_is_piled_up(in, n))
		return false;
	add_mapped(&composed, in, n, COMPOSED);
	for (size_t at = 0; next_char(composed.s, composed.n, &at, &c);) {
		if (is_space(c)) {
			space_waits = true;
			continue;
		}
		if (space_waits && out->n > start)
			buf_char(out, ' ');
		space_waits = false;
		buf_codepoint(out, c);
	}
	buf_release(&composed);
	return true;
}

size_t text_graphemes(const char *s, size_t n)
{
	utf8proc_int32_t state = 0;
	int32_t last = 0, c;
	size_t count = 0;

	for (size_t at = 0; next_char(s, n, &at, &c); last = c) {
		if (!count || utf8proc_grapheme_break_stateful(last, c, &state))
			count++;
	}
	return count;
}
