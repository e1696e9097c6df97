#include "proto/buf.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64, INT64_DIGITS = 20 };

void buf_release(struct buf *b)
{
	if (!b)
		return;
	free(b->s);
	*b = (struct buf){0};
}

void buf_reset(struct buf *b)
{
	if (!b || !b->s)
		return;
	b->n = 0;
	b->s[0] = '\0';
}

void buf_reserve(struct buf *b, size_t more)
{
	if (b->s && more <= b->cap - b->n)
		return;
	/* Half the address space is far beyond any limit of ours; stopping there keeps the doubling from wrapping. */
	if (more > SIZE_MAX / 4 || b->n > SIZE_MAX / 4)
		abort();
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	while (cap < b->n + more)
		cap *= 2;
	char *s = realloc(b->s, cap + 1);
	if (!s)
		abort();
	b->s = s;
	b->cap = cap;
	b->s[b->n] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->s + b->n, bytes, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_int(struct buf *b, int64_t value)
{
	char digits[INT64_DIGITS + 1];
	size_t at = sizeof(digits);
	/* Negated as unsigned: INT64_MIN has no positive counterpart. */
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		digits[--at] = '-';
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_codepoint(struct buf *b, int32_t codepoint)
{
	uint32_t c = (uint32_t)codepoint;
	char out[4];
	size_t n = 0;

	assert(c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF));
	if (c < 0x80) {
		out[n++] = (char)c;
	} else if (c < 0x800) {
		out[n++] = (char)(0xC0 | c >> 6);
		out[n++] = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		out[n++] = (char)(0xE0 | c >> 12);
		out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
		out[n++] = (char)(0x80 | (c & 0x3F));
	} else {
		out[n++] = (char)(0xF0 | c >> 18);
		out[n++] = (char)(0x80 | (c >> 12 & 0x3F));
		out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
		out[n++] = (char)(0x80 | (c & 0x3F));
	}
	buf_add(b, out, n);
}

/* The letter of the short escape for `c`, 0 if JSON has none. */
static char short_escape(unsigned char c)
{
	switch (c) {
	case '"': return '"';
	case '\\': return '\\';
	case '\b': return 'b';
	case '\f': return 'f';
	case '\n': return 'n';
	case '\r': return 'r';
	case '\t': return 't';
	}
	return 0;
}

/* Whether U+2028 or U+2029 (E2 80 A8, E2 80 A9) starts here. */
static bool is_line_separator(const unsigned char *s, size_t n)
{
	return n >= 3 && s[0] == 0xE2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9);
}

/* Appends the escape for what starts at `s` and returns how many bytes it stands for; 0 if none is needed. */
static size_t add_escape(struct buf *b, const unsigned char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	char letter = short_escape(*s);

	if (letter) {
		buf_char(b, '\\');
		buf_char(b, letter);
		return 1;
	}
	if (*s < 0x20 || *s == 0x7F) {
		buf_str(b, "\\u00");
		buf_char(b, hex[*s >> 4]);
		buf_char(b, hex[*s & 15]);
		return 1;
	}
	if (is_line_separator(s, n)) {
		buf_str(b, s[2] == 0xA8 ? "\\u2028" : "\\u2029");
		return 3;
	}
	return 0;
}

/* Whether a byte can be the start of something that needs an escape; all others are copied in runs. */
static bool may_need_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7F || c == 0xE2;
}

void buf_json_string(struct buf *b, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t from = 0, at = 0;

	buf_reserve(b, n + 2);
	buf_char(b, '"');
	while (at < n) {
		if (!may_need_escape(s[at])) {
			at++;
			continue;
		}
		buf_add(b, s + from, at - from);
		from = at;
		size_t used = add_escape(b, s + at, n - at);
		from += used;
		at += used ? used : 1;
	}
	if (n > from)
		buf_add(b, s + from, n - from);
	buf_char(b, '"');
}

const char *buf_cstr(const struct buf *b)
{
	return b->s ? b->s : "";
}
