#ifndef FORWHOM_BUF_H
#define FORWHOM_BUF_H

#include <stddef.h>
#include <stdint.h>

/*
 * A byte string that grows: frames, answers and normalised text are written into it.
 *
 * Life cycle: `struct buf b = {0};` is valid and empty and owns nothing. Whatever was added is owned by the
 * buffer until buf_release, or until the caller takes `s` and zeroes the struct.
 *
 * Invariants: `n <= cap`; once anything was added, or buf_reserve was called, `s[n]` is NUL, so `s` is also a
 * C string where the content has no NUL of its own. Before that `s` is NULL: use buf_cstr where that matters.
 *
 * Running out of memory aborts. What a peer can make us add is limited by the caller beforehand.
 */
struct buf {
	char *s;    /* content, NUL behind it; NULL only while nothing was ever added */
	size_t n;   /* bytes of content, without the NUL */
	size_t cap; /* bytes of content that fit without growing */
};

/* Frees the content and leaves a valid empty buffer. Takes NULL. */
void buf_release(struct buf *b);

/* Empties the buffer and keeps its memory for the next use. Takes NULL. */
void buf_reset(struct buf *b);

/* Makes room for `more` further bytes, so that pointers into `s` stay valid while they are added. */
void buf_reserve(struct buf *b, size_t more);

/* Appends `n` bytes, which may include NUL. Borrows `bytes`, which must not point into `b`; may be NULL if n is 0. */
void buf_add(struct buf *b, const void *bytes, size_t n);

/* Appends a C string without its NUL. Borrows `s`, which must not point into `b`. */
void buf_str(struct buf *b, const char *s);

/* Appends one byte. */
void buf_char(struct buf *b, char c);

/* Appends an integer in decimal, with '-' in front if negative. Every int64_t is valid. */
void buf_int(struct buf *b, int64_t value);

/* Appends one Unicode scalar value as UTF-8. Asserts that it is one (no surrogate, at most U+10FFFF). */
void buf_codepoint(struct buf *b, int32_t codepoint);

/*
 * Appends `n` bytes of text as a quoted JSON string (RFC 8259 section 7). Escapes the quote, the backslash, all of
 * C0 (short forms where JSON has them, else \u00xx in lower case), and also DEL, U+2028 and U+2029, so that a
 * frame may be pasted into a script or a terminal log without harm. Everything else is copied as it is, so the
 * text must be valid UTF-8 (the validator of json.h has seen to it). Borrows `s`; may be NULL if n is 0.
 */
void buf_json_string(struct buf *b, const char *s, size_t n);

/* The content as a C string, "" if nothing was ever added. Borrowed, valid until the next change of `b`. */
const char *buf_cstr(const struct buf *b);

#endif
