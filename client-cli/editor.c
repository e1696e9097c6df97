#include "client-cli/editor.h"
#include <string.h>
#include <utf8proc.h>

enum { EDITOR_BYTES_MAX = 16384 };

void editor_release(struct editor *editor)
{
	buf_release(&editor->text);
	editor->cursor = 0;
}

const char *editor_text(const struct editor *editor)
{
	return buf_cstr(&editor->text);
}

void editor_set(struct editor *editor, const char *text)
{
	buf_reset(&editor->text);
	editor->cursor = 0;
	editor_insert(editor, text, strlen(text));
}

static size_t decode(const char *s, size_t n, int32_t *c)
{
	utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, c);
	if (used > 0)
		return (size_t)used;
	*c = -1;
	return 1;
}

static void add_clean(struct buf *out, const char *text, size_t n)
{
	int32_t c;
	for (size_t i = 0, used; i < n; i += used) {
		used = decode(text + i, n - i, &c);
		if (c == '\r' && i + 1 < n && text[i + 1] == '\n')
			continue;
		if (c == '\n' || c == '\r' || c == '\t' || c == 0x2028 || c == 0x2029)
			buf_char(out, ' ');
		else if (c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0))
			buf_add(out, text + i, used);
	}
}

void editor_insert(struct editor *editor, const char *text, size_t n)
{
	struct buf clean = { 0 }, whole = { 0 };
	add_clean(&clean, text, n);
	if (editor->text.n + clean.n <= EDITOR_BYTES_MAX) {
		buf_add(&whole, editor->text.s, editor->cursor);
		buf_add(&whole, clean.s, clean.n);
		buf_add(&whole, buf_cstr(&editor->text) + editor->cursor, editor->text.n - editor->cursor);
		editor->cursor += clean.n;
		buf_release(&editor->text);
		editor->text = whole;
	}
	buf_release(&clean);
}

/* The boundary behind the cluster that starts at `from`. */
static size_t next_boundary(const struct editor *editor, size_t from)
{
	int32_t before, c, state = 0;
	if (from >= editor->text.n)
		return editor->text.n;
	size_t at = from + decode(editor->text.s + from, editor->text.n - from, &before);
	while (at < editor->text.n) {
		size_t used = decode(editor->text.s + at, editor->text.n - at, &c);
		if (utf8proc_grapheme_break_stateful(before, c, &state))
			break;
		before = c;
		at += used;
	}
	return at;
}

/* Boundaries can only be found from the start: flags and families depend on all that goes before. */
static size_t previous_boundary(const struct editor *editor, size_t from)
{
	size_t at = 0, before = 0;
	while (at < from) {
		before = at;
		at = next_boundary(editor, at);
	}
	return before;
}

static bool is_space(const struct editor *editor, size_t at)
{
	return at < editor->text.n && editor->text.s[at] == ' ';
}

static size_t word_left(const struct editor *editor)
{
	size_t at = editor->cursor;
	while (at > 0 && is_space(editor, previous_boundary(editor, at)))
		at = previous_boundary(editor, at);
	while (at > 0 && !is_space(editor, previous_boundary(editor, at)))
		at = previous_boundary(editor, at);
	return at;
}

static size_t word_right(const struct editor *editor)
{
	size_t at = editor->cursor;
	while (is_space(editor, at))
		at++;
	while (at < editor->text.n && !is_space(editor, at))
		at = next_boundary(editor, at);
	return at;
}

static size_t target(const struct editor *editor, enum editor_move move)
{
	switch (move) {
	case EDITOR_LEFT: return previous_boundary(editor, editor->cursor);
	case EDITOR_RIGHT: return next_boundary(editor, editor->cursor);
	case EDITOR_WORD_LEFT: return word_left(editor);
	case EDITOR_WORD_RIGHT: return word_right(editor);
	case EDITOR_HOME: return 0;
	case EDITOR_END: return editor->text.n;
	}
	return editor->cursor;
}

void editor_move(struct editor *editor, enum editor_move move)
{
	editor->cursor = target(editor, move);
}

void editor_delete(struct editor *editor, enum editor_move move)
{
	size_t to = target(editor, move), from = editor->cursor;
	if (to == from)
		return;
	if (to < from) {
		size_t swap = to;
		to = from;
		from = swap;
	}
	memmove(editor->text.s + from, editor->text.s + to, editor->text.n - to);
	editor->text.n -= to - from;
	editor->text.s[editor->text.n] = 0;
	editor->cursor = from;
}
