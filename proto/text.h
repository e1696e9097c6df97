#ifndef FORWHOM_TEXT_H
#define FORWHOM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "proto/buf.h"

/*
 * Several people typing in one text: operational transformation in the format of the npm package ot-text-unicode,
 * which the page uses, and with its exact results.
 *
 * An *edit* walks over a text once, from its beginning, in components. On the wire it is a JSON array:
 *
 *     5            skip 5 code points
 *     "abc"        insert
 *     {"d":2}      delete 2 code points
 *     {"d":"xy"}   delete 2 code points and remember what they were, so that the edit can be inverted
 *
 * What lies behind the last component stays as it is; `[]` changes nothing. The text that a deletion remembers is
 * never compared with the document. Lengths and positions are Unicode code points everywhere, sizes are bytes.
 *
 * An edit is *tidy* if no component is empty, no two neighbours are of one kind, and the last one is not a skip.
 * All functions here take tidy edits and make tidy edits; text_edit_read admits nothing else. An insertion and a
 * deletion at one place may stand in either order, and the order is never changed: copies in C and JavaScript must stay
 * equal byte for byte, and the package does not reorder either.
 *
 * Sides: of two edits made on the same text, the one that the server has not logged yet is TEXT_LEFT, the logged one
 * is TEXT_RIGHT. Where both insert at one place, the left one's words come first.
 *
 * Text passed in is valid UTF-8 (text_measure tells). Running out of memory aborts.
 */

enum text_kind { TEXT_NONE, TEXT_SKIP, TEXT_INSERT, TEXT_DELETE };

struct text_component {
	enum text_kind kind;
	int64_t count; /* code points, at least 1 */
	size_t at;     /* insertions, and deletions that remember: where their bytes start in the edit's `text` */
	size_t bytes;  /* how many; 0 for skips and for deletions by count */
};

/* `struct text_edit e = {0};` is valid and changes nothing. Owns both arrays until text_edit_release. */
struct text_edit {
	struct text_component *parts;
	size_t n;
	size_t cap;
	struct buf text; /* bytes of all components, in their order */
};

enum text_side { TEXT_SIDE_NONE, TEXT_LEFT, TEXT_RIGHT };

enum text_verdict {
	TEXT_OK,
	TEXT_BAD_SHAPE,     /* not an array; a component that is none of the four; another key than `d`, or more than one */
	TEXT_BAD_COUNT,     /* not an integer from 1 to TEXT_COUNT_MAX */
	TEXT_BAD_TEXT,      /* empty, or text_measure refuses it */
	TEXT_UNMERGED,      /* two neighbours of one kind */
	TEXT_TRAILING_SKIP,
	TEXT_TOO_LONG,      /* reaches beyond the end of the document */
};

/* The largest count that one component may carry on the wire; far beyond any document, and sums cannot overflow. */
#define TEXT_COUNT_MAX INT64_C(0x7fffffff)

/* Name of a verdict for logs and tests: "ok", "bad_shape"… Never freed. */
const char *text_verdict_name(enum text_verdict verdict);

/*
 * Length of `n` bytes in code points, or -1 unless they are text that may stand in a document: well-formed UTF-8 (no
 * surrogates, no overlong forms) without NUL, carriage return or any other C0 control except newline and tab.
 * Borrows `s`; may be NULL if n is 0.
 */
int64_t text_measure(const char *s, size_t n);

/* Releases what the edit owns and leaves a valid empty one. Takes NULL. */
void text_edit_release(struct text_edit *edit);

/* Empties the edit and keeps its memory for the next use. Takes NULL. */
void text_edit_reset(struct text_edit *edit);

/*
 * Reads the wire form. Anything but TEXT_OK leaves `out` empty. Borrows `json` (may be NULL: bad shape), which must
 * come from json_parse, so that a string's length is its strlen; `out` is replaced. The number of components is
 * limited by the limits of json_parse, the inserted bytes are in `out->text.n`.
 */
enum text_verdict text_edit_read(const cJSON *json, struct text_edit *out);

/* Appends the wire form: what JSON.stringify would write, with the escapes of buf_json_string. */
void text_edit_write(struct buf *b, const struct text_edit *edit);

/*
 * Building an edit by hand, from left to right. Neighbours of one kind merge, and empty components vanish. Merging a
 * deletion that remembers with one that does not forgets the text of both. `s` is borrowed, must pass text_measure
 * and must not belong to `edit`. Call text_edit_trim at the end to drop a trailing skip.
 */
void text_edit_skip(struct text_edit *edit, int64_t count);
void text_edit_insert(struct text_edit *edit, const char *s, size_t n);
void text_edit_delete(struct text_edit *edit, int64_t count);
void text_edit_delete_text(struct text_edit *edit, const char *s, size_t n);
void text_edit_trim(struct text_edit *edit);

/* Code points that a document must have for the edit to fit: all skips and deletions together. */
int64_t text_edit_span(const struct text_edit *edit);

/* By how many code points the edit makes a document longer, negative if shorter. */
int64_t text_edit_growth(const struct text_edit *edit);

/* Whether every deletion remembers its text. */
bool text_edit_is_invertible(const struct text_edit *edit);

/* TEXT_TOO_LONG if the edit skips or deletes beyond a document of `length` code points, else TEXT_OK. */
enum text_verdict text_edit_check(const struct text_edit *edit, int64_t length);

/*
 * Appends to `out` the `n` bytes at `text` as they are after `edit`. Borrows both; `text` must not point into `out`
 * and may be NULL if n is 0. Asserts that the edit fits: call text_edit_check before.
 */
void text_apply(const char *text, size_t n, const struct text_edit *edit, struct buf *out);

/*
 * In the following, `out` is replaced and must be none of the edits passed in.
 */

/*
 * What `edit` becomes when `other`, made on the same text, goes first. For any two edits a (left) and b (right) that
 * fit one text: a, then T(b, a, right) gives the same text as b, then T(a, b, left).
 */
void text_transform(const struct text_edit *edit, const struct text_edit *other, enum text_side side,
		    struct text_edit *out);

/*
 * One edit that does what `first` and then `second` do. Not to be used on history that others still transform
 * against: where a composed insertion ends up among concurrent ones may differ from where its parts would have.
 */
void text_compose(const struct text_edit *first, const struct text_edit *second, struct text_edit *out);

/* The edit that takes `edit` back. False, with an empty `out`, unless text_edit_is_invertible. */
bool text_invert(const struct text_edit *edit, struct text_edit *out);

/*
 * The same edit with every deletion by count remembering what it deletes from the `n` bytes at `text`. Deletions that
 * remember already are left alone. Asserts that the edit fits.
 */
void text_make_invertible(const struct text_edit *edit, const char *text, size_t n, struct text_edit *out);

/*
 * Where a cursor at `position` (code points, at least 0) stands after `edit`. An insertion exactly at the cursor does
 * not push it; a cursor inside deleted text falls to where the deletion began.
 */
int64_t text_transform_position(int64_t position, const struct text_edit *edit);

#endif
