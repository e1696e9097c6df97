#include "proto/statement.h"
#include <string.h>
#include <utf8proc.h>

const char *const part_names[PARTS] = { "for", "who", "offer", "helps" };

struct pieces {
	struct piece *list;
	size_t n;
	statement_phrase *phrase;
};

static bool is_one_of(const char *list, const char *s, size_t n)
{
	for (size_t m; *list; list += m) {
		m = (size_t)utf8proc_utf8class[(unsigned char)*list];
		if (m == n && !memcmp(list, s, n))
			return true;
	}
	return false;
}

/* Bytes of the last code point. */
static size_t last_bytes(const char *s, size_t n)
{
	size_t m = n ? 1 : 0;
	while (m < n && ((unsigned char)s[n - m] & 0xC0) == 0x80)
		m++;
	return m;
}

/* The length without what is in `list` at its end. */
static size_t trimmed(const char *s, size_t n, const char *list)
{
	for (size_t m; (m = last_bytes(s, n)) && is_one_of(list, s + n - m, m);)
		n -= m;
	return n;
}

/* Whether the text ends a sentence by itself, in or before quotes. */
static bool ends_hard(const char *s, size_t n)
{
	n = trimmed(s, n, "\"'”’»)");
	size_t m = last_bytes(s, n);
	return m && is_one_of(".!?…。！？؟।", s + n - m, m);
}

static bool has(const char *text)
{
	return trimmed(text, strlen(text), " \t") > 0;
}

static void add(struct pieces *out, struct piece piece)
{
	out->list[out->n++] = piece;
}

static void add_join(struct pieces *out, const char *key)
{
	const char *text = out->phrase(key);
	add(out, (struct piece){ .kind = PIECE_JOIN, .text = text, .n = strlen(text) });
}

static void add_mark(struct pieces *out, const char *key)
{
	const char *text = out->phrase(key);
	add(out, (struct piece){ .kind = PIECE_MARK, .text = text, .n = strlen(text), .tight = true });
}

/* A part in the middle of the sentence loses the stop that its author may have put behind it. */
static void add_part(struct pieces *out, const struct statement *words, int part, bool is_last)
{
	const char *text = words->part[part];
	size_t whole = trimmed(text, strlen(text), " \t"), n = is_last ? whole : trimmed(text, whole, " \t.,;:،؛。");
	add(out, (struct piece){ .kind = PIECE_PART, .part = part, .text = text, .n = n ? n : whole });
}

static void add_whom(struct pieces *out, const struct statement *words, bool goes_on)
{
	bool who = has(words->part[PART_WHO]);
	if (has(words->part[PART_FOR])) {
		add_join(out, "statement.for");
		add_part(out, words, PART_FOR, !who && !goes_on);
	}
	if (who) {
		add_join(out, out->n ? "statement.who" : "statement.those_who");
		add_part(out, words, PART_WHO, !goes_on);
	}
}

static void add_what(struct pieces *out, const struct statement *words, bool offers, bool helps)
{
	bool venture = has(words->venture);
	if (out->n)
		add_mark(out, "statement.comma");
	if (venture)
		add(out, (struct piece){ .kind = PIECE_VENTURE, .text = words->venture, .n = trimmed(words->venture, strlen(words->venture), " \t") });
	if (offers)
		add_join(out, venture ? "statement.venture_offers" : "statement.we_offer");
	else
		add_join(out, venture ? "statement.venture_helps" : "statement.we_help");
	if (offers)
		add_part(out, words, PART_OFFER, !helps);
	if (offers && helps)
		add_join(out, "statement.that_helps");
	if (helps)
		add_part(out, words, PART_HELPS, true);
}

size_t statement_pieces(const struct statement *words, statement_phrase *phrase, struct piece list[PIECES_MAX])
{
	struct pieces out = { .list = list, .phrase = phrase };
	bool offers = has(words->part[PART_OFFER]), helps = has(words->part[PART_HELPS]);
	add_whom(&out, words, offers || helps);
	if (offers || helps)
		add_what(&out, words, offers, helps);
	if (!out.n)
		return 0;
	if (!ends_hard(list[out.n - 1].text, list[out.n - 1].n))
		add_mark(&out, "statement.stop");
	list[0].capital = list[0].kind == PIECE_JOIN;
	return out.n;
}

void piece_add(struct buf *out, const struct piece *piece)
{
	int32_t c;
	utf8proc_ssize_t first = piece->capital ? utf8proc_iterate((const utf8proc_uint8_t *)piece->text, (utf8proc_ssize_t)piece->n, &c) : 0;
	if (first > 0)
		buf_codepoint(out, utf8proc_toupper(c));
	else
		first = 0;
	buf_add(out, piece->text + first, piece->n - (size_t)first);
}

void statement_add(struct buf *out, const struct statement *words, statement_phrase *phrase)
{
	struct piece pieces[PIECES_MAX];
	size_t n = statement_pieces(words, phrase, pieces);
	for (size_t i = 0; i < n; i++) {
		if (i && !pieces[i].tight)
			buf_char(out, ' ');
		piece_add(out, &pieces[i]);
	}
}
