/*
 * Operational transformation of plain text; the contract is in text.h.
 *
 * The algorithm is that of ot-text-unicode 4.0.0 (Joseph Gentle; the type ShareDB calls text-unicode), written anew.
 * Both of its halves are here by name. A *cursor* takes pieces from the front of one edit, of at most a wanted
 * length, as if an endless skip followed; *append* puts pieces behind another edit and merges neighbours. transform
 * and compose walk over one edit and take from the other what lies at the same place.
 *
 * Nothing is ever sorted: "insert, delete" and "delete, insert" at one place stay as they came about, or the results
 * would differ from the package's. A cursor leaves whole what the other edit cannot reach into: insertions when
 * transforming, deletions when composing. That only saves copying in bits; append would join them again.
 *
 * An edit keeps all its bytes in one string, in the order of the components. Since append touches only the last
 * component, merging means growing that string, and forgetting a deletion's text means cutting it off.
 *
 * It is not a rope: applying copies the text. A note is a few kilobytes, and a copy of it costs less than its frame.
 */
#include "proto/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PARTS = 8 };

/* A limit for take() that is no limit. */
#define TAKE_ALL INT64_MAX

/* A component, or a part of one, with its bytes borrowed from an edit or from the caller. */
struct piece {
	enum text_kind kind;
	int64_t count;
	const char *s; /* NULL if it has no bytes */
	size_t bytes;
};

/* What is still to be taken from an edit. */
struct cursor {
	const struct text_edit *edit;
	size_t next;       /* the component behind `rest` */
	struct piece rest; /* of the component being taken; TEXT_NONE at the end of the edit */
};

/* UTF-8 */

/* Bytes of the sequence that starts with `lead`, which is the first byte of valid UTF-8. */
static size_t sequence_bytes(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* Bytes of the first `count` code points of `n` bytes of valid UTF-8. Asserts that there are so many. */
static size_t prefix_bytes(const char *s, size_t n, int64_t count)
{
	size_t at = 0;

	for (; count > 0; count--) {
		assert(at < n);
		at += sequence_bytes((unsigned char)s[at]);
	}
	assert(at <= n);
	return at;
}

/* Bytes of the sequence at `s`, 0 if it is ill-formed (Unicode 15, table 3-7) or a control that text may not have. */
static size_t clean_sequence(const unsigned char *s, size_t n)
{
	unsigned char lead = s[0];
	/* Only the second byte has ranges of its own: no overlong forms, no surrogates, nothing above U+10FFFF. */
	unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

	if (lead < 0x80)
		return lead >= 0x20 || lead == '\n' || lead == '\t';
	if (lead < 0xC2 || lead > 0xF4)
		return 0;
	size_t bytes = sequence_bytes(lead);
	if (bytes > n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < bytes; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return bytes;
}

int64_t text_measure(const char *s, size_t n)
{
	int64_t count = 0;

	for (size_t at = 0; at < n; count++) {
		size_t bytes = clean_sequence((const unsigned char *)s + at, n - at);
		if (!bytes)
			return -1;
		at += bytes;
	}
	return count;
}

/* Edits and their pieces */

void text_edit_release(struct text_edit *edit)
{
	if (!edit)
		return;
	free(edit->parts);
	buf_release(&edit->text);
	*edit = (struct text_edit){0};
}

void text_edit_reset(struct text_edit *edit)
{
	if (!edit)
		return;
	edit->n = 0;
	buf_reset(&edit->text);
}

static struct text_component *push_component(struct text_edit *edit)
{
	if (edit->n == edit->cap) {
		edit->cap = edit->cap ? edit->cap * 2 : FIRST_PARTS;
		edit->parts = reallocarray(edit->parts, edit->cap, sizeof(*edit->parts));
		if (!edit->parts)
			abort();
	}
	return &edit->parts[edit->n++];
}

/* Cuts off the bytes of the last component, which are the last ones of the edit. */
static void forget_text(struct text_edit *edit, struct text_component *last)
{
	assert(last->at + last->bytes == edit->text.n);
	edit->text.n = last->at;
	edit->text.s[last->at] = '\0';
	last->bytes = 0;
}

static void append(struct text_edit *edit, struct piece piece)
{
	struct text_component *last = edit->n ? &edit->parts[edit->n - 1] : NULL;

	if (!piece.count)
		return;
	if (!last || last->kind != piece.kind) {
		last = push_component(edit);
		*last = (struct text_component){ .kind = piece.kind, .at = edit->text.n };
	} else if (piece.kind == TEXT_DELETE && last->bytes && !piece.bytes) {
		forget_text(edit, last);
	} else if (piece.kind == TEXT_DELETE && !last->bytes) {
		piece.bytes = 0;
	}
	if (piece.bytes)
		buf_add(&edit->text, piece.s, piece.bytes);
	last->count += piece.count;
	last->bytes += piece.bytes;
}

static struct piece plain_piece(enum text_kind kind, int64_t count)
{
	return (struct piece){ .kind = kind, .count = count };
}

static struct piece whole_piece(const struct text_edit *edit, const struct text_component *part)
{
	return (struct piece){
		.kind = part->kind,
		.count = part->count,
		.s = part->bytes ? edit->text.s + part->at : NULL,
		.bytes = part->bytes,
	};
}

/* Takes the first `count` code points off a piece that is longer. */
static struct piece cut(struct piece *rest, int64_t count)
{
	struct piece front = *rest;

	assert(count < rest->count);
	front.count = count;
	if (rest->bytes) {
		front.bytes = prefix_bytes(rest->s, rest->bytes, count);
		rest->s += front.bytes;
		rest->bytes -= front.bytes;
	}
	rest->count -= count;
	return front;
}

static void cursor_advance(struct cursor *cursor)
{
	if (cursor->next < cursor->edit->n)
		cursor->rest = whole_piece(cursor->edit, &cursor->edit->parts[cursor->next++]);
	else
		cursor->rest = (struct piece){0};
}

static struct cursor cursor_at_start(const struct text_edit *edit)
{
	struct cursor cursor = { .edit = edit };

	cursor_advance(&cursor);
	return cursor;
}

/*
 * The next piece, of at most `limit` code points unless it is of the kind `whole`, which is never cut. Behind the end
 * come skips of any length wanted, or, if TAKE_ALL was, the piece TEXT_NONE.
 */
static struct piece take(struct cursor *cursor, int64_t limit, enum text_kind whole)
{
	struct piece piece = cursor->rest;

	if (piece.kind == TEXT_NONE)
		return limit == TAKE_ALL ? piece : plain_piece(TEXT_SKIP, limit);
	if (piece.kind != whole && piece.count > limit)
		return cut(&cursor->rest, limit);
	cursor_advance(cursor);
	return piece;
}

static void append_rest(struct text_edit *out, struct cursor *cursor)
{
	while (cursor->rest.kind != TEXT_NONE)
		append(out, take(cursor, TAKE_ALL, TEXT_NONE));
}

void text_edit_skip(struct text_edit *edit, int64_t count)
{
	assert(count >= 0);
	append(edit, plain_piece(TEXT_SKIP, count));
}

void text_edit_delete(struct text_edit *edit, int64_t count)
{
	assert(count >= 0);
	append(edit, plain_piece(TEXT_DELETE, count));
}

/* Appends a piece with text of its own; false, and nothing done, if text_measure refuses it. */
static bool append_text(struct text_edit *edit, enum text_kind kind, const char *s, size_t n)
{
	int64_t count = text_measure(s, n);

	if (count < 0)
		return false;
	append(edit, (struct piece){ .kind = kind, .count = count, .s = s, .bytes = n });
	return true;
}

void text_edit_insert(struct text_edit *edit, const char *s, size_t n)
{
	bool clean = append_text(edit, TEXT_INSERT, s, n);

	assert(clean);
}

void text_edit_delete_text(struct text_edit *edit, const char *s, size_t n)
{
	bool clean = append_text(edit, TEXT_DELETE, s, n);

	assert(clean);
}

void text_edit_trim(struct text_edit *edit)
{
	if (edit->n && edit->parts[edit->n - 1].kind == TEXT_SKIP)
		edit->n--;
}

/* Wire form */

static enum text_verdict read_count(const cJSON *json, enum text_kind kind, struct text_edit *out)
{
	double count = json->valuedouble;

	/* Written so that NaN fails; only in this range may the number be converted at all. */
	if (!(count >= 1 && count <= (double)TEXT_COUNT_MAX) || count != (double)(int64_t)count)
		return TEXT_BAD_COUNT;
	append(out, plain_piece(kind, (int64_t)count));
	return TEXT_OK;
}

static enum text_verdict read_text(const cJSON *json, enum text_kind kind, struct text_edit *out)
{
	size_t n = strlen(json->valuestring);

	return n && append_text(out, kind, json->valuestring, n) ? TEXT_OK : TEXT_BAD_TEXT;
}

static enum text_verdict read_component(const cJSON *json, struct text_edit *out)
{
	const cJSON *d = json->child;

	if (cJSON_IsNumber(json))
		return read_count(json, TEXT_SKIP, out);
	if (cJSON_IsString(json))
		return read_text(json, TEXT_INSERT, out);
	if (!cJSON_IsObject(json) || !d || d->next || strcmp(d->string, "d"))
		return TEXT_BAD_SHAPE;
	if (cJSON_IsNumber(d))
		return read_count(d, TEXT_DELETE, out);
	if (cJSON_IsString(d))
		return read_text(d, TEXT_DELETE, out);
	return TEXT_BAD_SHAPE;
}

static enum text_verdict read_components(const cJSON *json, struct text_edit *out)
{
	const cJSON *item;
	size_t n = 0;

	if (!cJSON_IsArray(json))
		return TEXT_BAD_SHAPE;
	cJSON_ArrayForEach(item, json) {
		enum text_verdict verdict = read_component(item, out);
		if (verdict != TEXT_OK)
			return verdict;
		/* append merges neighbours; that it found something to merge is the offence. */
		if (out->n != ++n)
			return TEXT_UNMERGED;
	}
	if (n && out->parts[n - 1].kind == TEXT_SKIP)
		return TEXT_TRAILING_SKIP;
	return TEXT_OK;
}

enum text_verdict text_edit_read(const cJSON *json, struct text_edit *out)
{
	text_edit_reset(out);
	enum text_verdict verdict = read_components(json, out);
	if (verdict != TEXT_OK)
		text_edit_reset(out);
	return verdict;
}

static void write_component(struct buf *b, struct piece piece)
{
	if (piece.kind == TEXT_DELETE)
		buf_str(b, "{\"d\":");
	if (piece.bytes)
		buf_json_string(b, piece.s, piece.bytes);
	else
		buf_int(b, piece.count);
	if (piece.kind == TEXT_DELETE)
		buf_char(b, '}');
}

void text_edit_write(struct buf *b, const struct text_edit *edit)
{
	buf_char(b, '[');
	for (size_t i = 0; i < edit->n; i++) {
		if (i)
			buf_char(b, ',');
		write_component(b, whole_piece(edit, &edit->parts[i]));
	}
	buf_char(b, ']');
}

const char *text_verdict_name(enum text_verdict verdict)
{
	switch (verdict) {
	case TEXT_OK: return "ok";
	case TEXT_BAD_SHAPE: return "bad_shape";
	case TEXT_BAD_COUNT: return "bad_count";
	case TEXT_BAD_TEXT: return "bad_text";
	case TEXT_UNMERGED: return "unmerged";
	case TEXT_TRAILING_SKIP: return "trailing_skip";
	case TEXT_TOO_LONG: return "too_long";
	}
	abort();
}

/* Questions */

int64_t text_edit_span(const struct text_edit *edit)
{
	int64_t span = 0;

	for (size_t i = 0; i < edit->n; i++)
		if (edit->parts[i].kind != TEXT_INSERT)
			span += edit->parts[i].count;
	return span;
}

int64_t text_edit_growth(const struct text_edit *edit)
{
	int64_t growth = 0;

	for (size_t i = 0; i < edit->n; i++) {
		if (edit->parts[i].kind == TEXT_INSERT)
			growth += edit->parts[i].count;
		else if (edit->parts[i].kind == TEXT_DELETE)
			growth -= edit->parts[i].count;
	}
	return growth;
}

bool text_edit_is_invertible(const struct text_edit *edit)
{
	for (size_t i = 0; i < edit->n; i++)
		if (edit->parts[i].kind == TEXT_DELETE && !edit->parts[i].bytes)
			return false;
	return true;
}

enum text_verdict text_edit_check(const struct text_edit *edit, int64_t length)
{
	return text_edit_span(edit) <= length ? TEXT_OK : TEXT_TOO_LONG;
}

/* The operations */

void text_apply(const char *text, size_t n, const struct text_edit *edit, struct buf *out)
{
	size_t at = 0;

	buf_reserve(out, n + edit->text.n);
	for (size_t i = 0; i < edit->n; i++) {
		struct piece piece = whole_piece(edit, &edit->parts[i]);
		if (piece.kind == TEXT_INSERT) {
			buf_add(out, piece.s, piece.bytes);
			continue;
		}
		size_t bytes = prefix_bytes(text + at, n - at, piece.count);
		if (piece.kind == TEXT_SKIP)
			buf_add(out, text + at, bytes);
		at += bytes;
	}
	if (at < n)
		buf_add(out, text + at, n - at);
}

/* `length` code points that the other edit left in place: what lies there of ours stays. */
static void transform_over_skip(struct cursor *mine, int64_t length, struct text_edit *out)
{
	while (length > 0) {
		struct piece piece = take(mine, length, TEXT_INSERT);
		append(out, piece);
		if (piece.kind != TEXT_INSERT)
			length -= piece.count;
	}
}

/* `length` code points that the other edit deleted: only our insertions survive there. */
static void transform_over_delete(struct cursor *mine, int64_t length, struct text_edit *out)
{
	while (length > 0) {
		struct piece piece = take(mine, length, TEXT_INSERT);
		if (piece.kind == TEXT_INSERT)
			append(out, piece);
		else
			length -= piece.count;
	}
}

static void transform_over_insert(struct cursor *mine, int64_t length, enum text_side side, struct text_edit *out)
{
	if (side == TEXT_LEFT && mine->rest.kind == TEXT_INSERT)
		append(out, take(mine, TAKE_ALL, TEXT_NONE));
	append(out, plain_piece(TEXT_SKIP, length));
}

void text_transform(const struct text_edit *edit, const struct text_edit *other, enum text_side side,
		    struct text_edit *out)
{
	struct cursor mine = cursor_at_start(edit);

	assert(side == TEXT_LEFT || side == TEXT_RIGHT);
	assert(out != edit && out != other);
	text_edit_reset(out);
	for (size_t i = 0; i < other->n; i++) {
		const struct text_component *part = &other->parts[i];
		switch (part->kind) {
		case TEXT_SKIP: transform_over_skip(&mine, part->count, out); break;
		case TEXT_INSERT: transform_over_insert(&mine, part->count, side, out); break;
		case TEXT_DELETE: transform_over_delete(&mine, part->count, out); break;
		case TEXT_NONE: abort();
		}
	}
	append_rest(out, &mine);
	text_edit_trim(out);
}

/* `length` code points that the second edit leaves in place: the first one's work on them stays. */
static void compose_skip(struct cursor *first, int64_t length, struct text_edit *out)
{
	while (length > 0) {
		struct piece piece = take(first, length, TEXT_DELETE);
		append(out, piece);
		if (piece.kind != TEXT_DELETE)
			length -= piece.count;
	}
}

/* The second edit deletes: what the first one skipped is deleted, what it inserted was never there. */
static void compose_delete(struct cursor *first, struct piece deleted, struct text_edit *out)
{
	while (deleted.count > 0) {
		struct piece piece = take(first, deleted.count, TEXT_DELETE);
		if (piece.kind == TEXT_DELETE) {
			append(out, piece);
			continue;
		}
		struct piece front = deleted;
		if (piece.count < deleted.count)
			front = cut(&deleted, piece.count);
		else
			deleted.count = 0;
		if (piece.kind == TEXT_SKIP)
			append(out, front);
	}
}

void text_compose(const struct text_edit *first, const struct text_edit *second, struct text_edit *out)
{
	struct cursor before = cursor_at_start(first);

	assert(out != first && out != second);
	text_edit_reset(out);
	for (size_t i = 0; i < second->n; i++) {
		struct piece piece = whole_piece(second, &second->parts[i]);
		switch (piece.kind) {
		case TEXT_SKIP: compose_skip(&before, piece.count, out); break;
		case TEXT_INSERT: append(out, piece); break;
		case TEXT_DELETE: compose_delete(&before, piece, out); break;
		case TEXT_NONE: abort();
		}
	}
	append_rest(out, &before);
	text_edit_trim(out);
}

bool text_invert(const struct text_edit *edit, struct text_edit *out)
{
	assert(out != edit);
	text_edit_reset(out);
	if (!text_edit_is_invertible(edit))
		return false;
	for (size_t i = 0; i < edit->n; i++) {
		struct piece piece = whole_piece(edit, &edit->parts[i]);
		if (piece.kind != TEXT_SKIP)
			piece.kind = piece.kind == TEXT_INSERT ? TEXT_DELETE : TEXT_INSERT;
		append(out, piece);
	}
	return true;
}

void text_make_invertible(const struct text_edit *edit, const char *text, size_t n, struct text_edit *out)
{
	size_t at = 0;

	assert(out != edit);
	text_edit_reset(out);
	for (size_t i = 0; i < edit->n; i++) {
		struct piece piece = whole_piece(edit, &edit->parts[i]);
		if (piece.kind != TEXT_INSERT) {
			size_t bytes = prefix_bytes(text + at, n - at, piece.count);
			if (piece.kind == TEXT_DELETE && !piece.bytes) {
				piece.s = text + at;
				piece.bytes = bytes;
			}
			at += bytes;
		}
		append(out, piece);
	}
}

int64_t text_transform_position(int64_t position, const struct text_edit *edit)
{
	int64_t at = 0;

	assert(position >= 0);
	for (size_t i = 0; i < edit->n && position > at; i++) {
		int64_t count = edit->parts[i].count;
		switch (edit->parts[i].kind) {
		case TEXT_SKIP:
			at += count;
			break;
		case TEXT_INSERT:
			at += count;
			position += count;
			break;
		case TEXT_DELETE:
			position -= count < position - at ? count : position - at;
			break;
		case TEXT_NONE:
			abort();
		}
	}
	return position;
}
