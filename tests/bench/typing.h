/* One person who types in a text that others type in too: a copy of the text, a caret, at most one edit on its way and
 * one buffer behind it, as proto/README.md section 11 asks of clients. Knows no protocol; what an edit is for Forwhom it is for ShareDB
 * as well, whose type it is. And the times of keys: an edit carries none, so what is known of a key is the revision that it became. */
#ifndef FORWHOM_TESTS_BENCH_TYPING_H
#define FORWHOM_TESTS_BENCH_TYPING_H
#include "proto/buf.h"
#include "proto/text.h"

/* People in one text, at most; and what a text begins with for each of them: a line of their own. */
enum { TEAM_MAX = 8, LINE_CHARS = 3, LINE_CARET = 2 };
extern const char typing_line[LINE_CHARS + 1];

/* What somebody does next who has `own` letters before the caret: a letter or a space, or 0 to take back the last one (one key in ten). `*random` is the person's, not 0. */
char typing_key(uint32_t *random, int64_t own);
/* A first `*random`, the same for the same person whenever it is asked for. */
uint32_t typing_seed(const char *room, uint32_t index);

/* When keys were pressed, on mono_ns's clock. All zero is none; release with keys_release. */
struct keys {
	uint64_t *ns;
	size_t n, cap;
};

void keys_add(struct keys *keys, uint64_t ns);
void keys_release(struct keys *keys);

struct typist {
	struct buf text, spare;
	int64_t rev;   /* up to which the copy has taken everything in */
	int64_t caret; /* code points, as everything here; keys make one byte each */
	int64_t own;   /* letters of theirs right before the caret */
	uint32_t random;
	bool is_flying;
	struct text_edit flying, waiting, key, a, b;
	struct keys flying_keys, waiting_keys;
};

/* Begins anew with `n` bytes of text at `rev`. What was on its way is forgotten. */
void typist_begin(struct typist *typist, const char *text, size_t n, int64_t rev, int64_t caret);
/* The next key, pressed at `now_ns`. */
void typist_press(struct typist *typist, uint64_t now_ns);
/* The edit to send now, made at typist->rev; NULL while one is on its way, or when there is none. Borrowed until the next call. */
const struct text_edit *typist_send(struct typist *typist);
/* The edit on its way has become the next revision. */
void typist_own(struct typist *typist);
/* Somebody else's edit is the next revision. False, and nothing changed, if it does not fit. */
bool typist_theirs(struct typist *typist, const struct text_edit *edit);

/* ---- how long keys take to reach the others ---- */

struct revision {
	int64_t rev;
	bool is_known;      /* `keys` are */
	struct keys keys;
	int heard;
	uint64_t heard_ns[TEAM_MAX]; /* before the keys were known */
};

/* Of one text; its author's answer and the others' copies come in any order. All zero is empty. */
struct revisions {
	struct revision ring[512];
};

void revisions_reset(struct revisions *revisions);
/* `keys` have become `rev`; they are emptied. Counts them as acknowledged, and as delivered to whoever had them before. */
void revisions_known(struct revisions *revisions, int64_t rev, struct keys *keys, uint64_t now_ns);
/* Somebody who did not write it has `rev`. */
void revisions_heard(struct revisions *revisions, int64_t rev, uint64_t now_ns);
#endif
