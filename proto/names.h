#ifndef FORWHOM_NAMES_H
#define FORWHOM_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/buf.h"

/*
 * Text that people type, as far as it needs looking at: display names, one-line fields, and the characters that no text
 * may contain. Nothing here knows about HTML or terminals: text is text, and who shows it escapes it.
 *
 * Everything works by the Unicode version of utf8proc; a client may count a very new emoji differently, and the server's
 * answer stands.
 */

enum {
	NAME_INPUT_MAX = 1024,  /* bytes looked at: more cannot become a name */
	NAME_BYTES_MAX = 160,
	NAME_GRAPHEMES_MAX = 40,
	NAME_MARKS_MAX = 4,     /* marks stacked on one base */
	TEXT_MARKS_MAX = 30,    /* combining marks in a row: more is no writing, and slow to normalise (Unicode annex 15, stream-safe text) */
};

enum name_verdict {
	NAME_OK,
	NAME_BAD_UTF8,
	NAME_EMPTY,    /* nothing that can be seen is left */
	NAME_TOO_LONG,
};

/*
 * Makes a display name out of what somebody typed:
 *   - NFC; white space of every kind (line breaks, tabs, blank fillers) becomes single spaces, none at the ends
 *   - without control characters, format characters (bidi overrides, zero width, soft hyphens, tags, BOM),
 *     noncharacters, and variation selectors that select nothing
 *   - keeps ZWJ and VS16 in emoji, ZWJ and ZWNJ inside words of the scripts that spell with them (Arabic to Khmer),
 *     and ideographic variation selectors behind an ideograph, which some Japanese names need
 *   - at most NAME_MARKS_MAX marks on a base, none without a base
 * Appends the name to `out` and returns NAME_OK; else appends nothing and says why. A name stays as it is when
 * normalised again. Borrows `in`, which may be anything.
 */
enum name_verdict name_normalise(const char *in, size_t n, struct buf *out);

/*
 * Appends the key by which names are compared, to notice that somebody calls themselves like somebody else: NFKC, case
 * folded, without accents, spaces, punctuation and invisible characters, and with look-alikes of Latin letters (Cyrillic,
 * Greek, digits, and i and l, whose capital is a small l on a phone) replaced by one of them. Vowel signs of Indic
 * scripts and Japanese voicing marks stay, since they make other names. Names that have no letters keep their punctuation, and those that are nothing but accents keep these.
 * The key is for comparing only and is never shown. Returns false and appends nothing if `in` is not valid UTF-8, or longer than NAME_INPUT_MAX.
 */
bool name_skeleton(const char *in, size_t n, struct buf *out);

/*
 * Makes a one-line field (a title, a section, a team) out of what somebody typed: NFC, white space including line breaks
 * to single spaces, none at the ends. Everything else stays. Returns false and appends nothing if the input is not
 * clean (text_is_clean, with line breaks allowed and also carriage returns), or text_is_piled_up. The result may be empty
 * and of any length.
 */
bool line_normalise(const char *in, size_t n, struct buf *out);

/*
 * Whether marks are piled up beyond TEXT_MARKS_MAX: putting those in order takes time that grows with their square. False
 * for what is not valid UTF-8, which is refused for that.
 */
bool text_is_piled_up(const char *s, size_t n);

/*
 * Whether text may be stored as it is: valid UTF-8 without C0 (U+0000–001F), DEL and C1 (U+0080–009F), except line feed
 * and tab where `allow_newline`. Bidirectional controls and U+2028/2029 are allowed; showing them safely is up to the reader.
 */
bool text_is_clean(const char *s, size_t n, bool allow_newline);

/* How many extended grapheme clusters (what people take for characters) the text has. Asserts that it is valid UTF-8. */
size_t text_graphemes(const char *s, size_t n);

#endif
