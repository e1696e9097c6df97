#ifndef FORWHOM_CLI_TYPING_H
#define FORWHOM_CLI_TYPING_H
#include "proto/doc.h"
#include "proto/ids.h"
#include "proto/text.h"
#include <cjson/cJSON.h>

/*
 * One person's side of a text that several people type in (proto/README.md §11). Pure: keys and messages in, edits to be sent out.
 *
 *   base   the text as the server has it at `rev`
 *   sent   the edit on its way, over base; at most one
 *   typed  what was typed since, composed into one edit, over base and sent
 *   text   what the person sees: all three together; always up to date, never waits for the network
 *
 * Every edit of somebody else's is carried over `sent` and `typed` (it is the logged one: the right side), and these over it, and so are the carets. The web page's twin
 * is web/src/typing.ts; proto/vectors/typing.json holds both to one behaviour.
 *
 * All positions and lengths are code points.
 */

enum { NOTE_CHARS_MAX = 5000, TYPING_GAP_MS = 100 /* least time between two edits sent */ };

enum typing_state {
	TYPING_OPEN,   /* words go out as they are typed */
	TYPING_FROZEN, /* refused while pens are down: words are kept here and carried along, until typing_offer */
	TYPING_LOST,   /* what was pending cannot be saved (typing_lost_words); text is the server's again, and typing goes on from there */
};

enum typing_verdict {
	TYPING_OK,
	TYPING_SAME,     /* nothing to be done: it was known already, or is not this text's */
	TYPING_TOO_LONG, /* would be longer than NOTE_CHARS_MAX; nothing was changed */
	TYPING_GAP,      /* edits in between are missing: the document is to be opened anew with `texts`; nothing was changed */
};

/* The selection: `anchor` where it began, `focus` where the caret is; equal without a selection. */
struct caret {
	int64_t anchor, focus;
};

struct typing;

/* Begins with the note's text at `rev`, the caret in front. Copies. Returns owned; typing_free takes NULL. */
struct typing *typing_new(const char *note, const char *text, size_t n, int64_t rev);
void typing_free(struct typing *typing);

/* The note's id. */
const char *typing_note(const struct typing *typing);
enum typing_state typing_state(const struct typing *typing);
/* What the person sees. Borrowed until the next change; never NULL. `n` (bytes) may be NULL. */
const char *typing_text(const struct typing *typing, size_t *n);
int64_t typing_length(const struct typing *typing);
/* The revision that this text has reached. */
int64_t typing_rev(const struct typing *typing);
/* There are words that the server has not confirmed. */
bool typing_is_pending(const struct typing *typing);

/* This person's own selection, in what they see. Setting it clamps. */
struct caret typing_caret(const struct typing *typing);
void typing_set_caret(struct typing *typing, struct caret caret);

/* --- what the person does --- */

/* Replaces `remove` code points at `at` by the `n` bytes of UTF-8 at `s` (borrowed; NULL if n is 0), and puts the caret behind them. Carriage returns become newlines, other control characters but tab
 * are left out. As an edit the deletion stands first. `at` and `remove` must lie within the text. TYPING_OK, TYPING_SAME (nothing changed) or TYPING_TOO_LONG. */
enum typing_verdict typing_splice(struct typing *typing, int64_t at, int64_t remove, const char *s, size_t n);
/* Makes the text be `s` by the smallest single replacement: what stays in front and behind stays untouched, and so do the letters others put there. Same verdicts. */
enum typing_verdict typing_replace(struct typing *typing, const char *s, size_t n);

/* Appends text as a note takes it: see typing_splice. */
void typing_clean(struct buf *out, const char *s, size_t n);

/* --- what is sent --- */

/* 0: nothing to send, or its answer is awaited, or `texts` is. Else the moment of the caller's clock from which something may be sent: with typing_is_resend the command that was on its way when the
 * connection went, just as it was, and then typing_resent; else what typing_take gives. */
uint64_t typing_due_ms(const struct typing *typing, uint64_t now_ms);
bool typing_is_resend(const struct typing *typing);
void typing_resent(struct typing *typing, uint64_t now_ms);
/* Puts what was typed on its way: returns the owned arguments of note.text. Only if typing_due_ms says a moment that has come. Then call typing_sent. */
cJSON *typing_take(struct typing *typing, uint64_t now_ms);
/* Notes the id of the command that carries what was taken. */
void typing_sent(struct typing *typing, const char *cmd);
/* The id of the command on its way, or "". */
const char *typing_cmd(const struct typing *typing);
/* The connection is gone: nothing goes out before `texts` has said what was missed. */
void typing_cut(struct typing *typing);
/* Appends this text's item of `texts` in an `open`. */
void typing_write_open(const struct typing *typing, struct buf *out);

/* --- what the server says --- */

/* `ok` to the command on its way, with its revision: the op of that revision will be our own come back. */
void typing_ok(struct typing *typing, int64_t rev);
/* `no` to it: `rate`, `busy`, `readonly`: to be sent again as it is; `frozen` keeps the words; anything else loses them. */
void typing_no(struct typing *typing, const char *code);
/* A `text` op of this note. TYPING_OK if the text has changed, TYPING_SAME for our own and for those up to the revision reached, TYPING_GAP. */
enum typing_verdict typing_op(struct typing *typing, int64_t rev, const cJSON *edit);
/* A `texts` message about this note, `lost` included: TYPING_OK, TYPING_SAME (it said nothing new) or TYPING_GAP (then what was pending is lost). */
enum typing_verdict typing_texts(struct typing *typing, const cJSON *message);
/* What the document says, after everything that came with it. With nothing pending, a newer text is taken over, carets kept where they belong: TYPING_OK. TYPING_SAME if it is older or the same; TYPING_GAP if
 * it is newer than what pending words stand on. */
enum typing_verdict typing_see(struct typing *typing, const char *text, size_t n, int64_t rev);
/* Pending words cannot be saved: the note is gone, or may not be written in. TYPING_LOST if there were any. */
void typing_lose(struct typing *typing);
/* Pens are up again, and the person wants the kept words to go: TYPING_FROZEN → TYPING_OPEN. */
void typing_offer(struct typing *typing);

/* TYPING_LOST: the text as its writer saw it last, with the words that were not saved; "" otherwise. Borrowed. */
const char *typing_lost_words(const struct typing *typing);
/* They were taken care of: TYPING_LOST → TYPING_OPEN. */
void typing_forget_lost(struct typing *typing);

/* --- carets on the wire --- */

/* This person's selection as `here` says it: in the server's text at typing_rev. */
struct caret typing_caret_there(const struct typing *typing);
/* Where somebody else's selection, stated at `rev`, stands in what this person sees. `rev` may be somewhat older or newer than typing_rev; clamped to the text. */
struct caret typing_caret_here(const struct typing *typing, struct caret caret, int64_t rev);

/* --- over a restart --- */

/* What is pending as one JSON object, owned; NULL if nothing is. */
cJSON *typing_save(const struct typing *typing);
/* A session of such an object, as after typing_cut. NULL if it is not one, or does not fit together. Returns owned. */
struct typing *typing_load(const cJSON *saved);

#endif
