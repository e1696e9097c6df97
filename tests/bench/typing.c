#include "tests/bench/typing.h"
#include "tests/bench/load.h"

#include <stdlib.h>

const char typing_line[LINE_CHARS + 1] = "- \n";

char typing_key(uint32_t *random, int64_t own)
{
	/* Marsaglia's xorshift32. */
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	if (own > 0 && *random % 10 == 0)
		return 0;
	return *random / 10 % 6 ? (char)('a' + *random / 60 % 26) : ' ';
}

uint32_t typing_seed(const char *room, uint32_t index)
{
	uint32_t seed = 2166136261u + index; /* FNV-1a */

	for (; *room; room++)
		seed = (seed ^ (uint8_t)*room) * 16777619u;
	return seed | 1;
}

/* ---- keys ---- */

void keys_add(struct keys *keys, uint64_t ns)
{
	if (keys->n == keys->cap) {
		keys->cap = keys->cap ? keys->cap * 2 : 4;
		keys->ns = must_realloc(keys->ns, keys->cap * sizeof *keys->ns);
	}
	keys->ns[keys->n++] = ns;
}

void keys_release(struct keys *keys)
{
	free(keys->ns);
	*keys = (struct keys){ 0 };
}

static void swap_keys(struct keys *a, struct keys *b)
{
	struct keys c = *a;

	*a = *b;
	*b = c;
}

/* ---- typist ---- */

static void swap_edits(struct text_edit *a, struct text_edit *b)
{
	struct text_edit c = *a;

	*a = *b;
	*b = c;
}

void typist_begin(struct typist *typist, const char *text, size_t n, int64_t rev, int64_t caret)
{
	buf_reset(&typist->text);
	buf_add(&typist->text, text, n);
	text_edit_reset(&typist->flying);
	text_edit_reset(&typist->waiting);
	typist->flying_keys.n = typist->waiting_keys.n = 0;
	typist->is_flying = false;
	typist->rev = rev;
	typist->caret = caret;
	typist->own = 0;
}

static void show(struct typist *typist, const struct text_edit *edit)
{
	buf_reset(&typist->spare);
	text_apply(typist->text.s, typist->text.n, edit, &typist->spare);
	struct buf old = typist->text;
	typist->text = typist->spare;
	typist->spare = old;
}

void typist_press(struct typist *typist, uint64_t now_ns)
{
	char letter = typing_key(&typist->random, typist->own);
	struct text_edit *key = &typist->key;

	text_edit_reset(key);
	text_edit_skip(key, typist->caret - !letter);
	if (letter)
		text_edit_insert(key, &letter, 1);
	else
		text_edit_delete(key, 1);
	typist->caret += letter ? 1 : -1;
	typist->own += letter ? 1 : -1;
	show(typist, key);
	text_compose(&typist->waiting, key, &typist->a);
	swap_edits(&typist->waiting, &typist->a);
	keys_add(&typist->waiting_keys, now_ns);
}

const struct text_edit *typist_send(struct typist *typist)
{
	if (typist->is_flying || !typist->waiting_keys.n)
		return NULL;
	swap_edits(&typist->flying, &typist->waiting);
	text_edit_reset(&typist->waiting);
	swap_keys(&typist->flying_keys, &typist->waiting_keys);
	typist->waiting_keys.n = 0;
	typist->is_flying = true;
	return &typist->flying;
}

void typist_own(struct typist *typist)
{
	typist->is_flying = false;
	typist->rev++;
	text_edit_reset(&typist->flying);
}

/* `*mine`, not logged yet, and `*theirs`, logged, were made on the same text: each is carried over the other. */
static void pass(struct typist *typist, struct text_edit *mine, struct text_edit *theirs)
{
	text_transform(theirs, mine, TEXT_RIGHT, &typist->b);
	text_transform(mine, theirs, TEXT_LEFT, &typist->key);
	swap_edits(theirs, &typist->b);
	swap_edits(mine, &typist->key);
}

bool typist_theirs(struct typist *typist, const struct text_edit *edit)
{
	static const struct text_edit nothing;
	struct text_edit *theirs = &typist->a;

	text_compose(edit, &nothing, theirs);
	if (typist->is_flying)
		pass(typist, &typist->flying, theirs);
	if (typist->waiting_keys.n)
		pass(typist, &typist->waiting, theirs);
	if (text_edit_check(theirs, (int64_t)typist->text.n) != TEXT_OK)
		return false;
	show(typist, theirs);
	typist->caret = text_transform_position(typist->caret, theirs);
	typist->rev++;
	return true;
}

/* ---- revisions ---- */

static struct revision *revision_at(struct revisions *revisions, int64_t rev)
{
	struct revision *revision = &revisions->ring[(size_t)rev % (sizeof revisions->ring / sizeof *revisions->ring)];

	if (revision->rev != rev) {
		revision->rev = rev;
		revision->is_known = false;
		revision->heard = 0;
		revision->keys.n = 0;
	}
	return revision;
}

void revisions_reset(struct revisions *revisions)
{
	for (size_t r = 0; r < sizeof revisions->ring / sizeof *revisions->ring; r++)
		revisions->ring[r].rev = -1;
}

static void deliver(const struct revision *revision, uint64_t now_ns)
{
	for (size_t k = 0; k < revision->keys.n; k++)
		load_delivered(revision->keys.ns[k], now_ns);
}

void revisions_known(struct revisions *revisions, int64_t rev, struct keys *keys, uint64_t now_ns)
{
	struct revision *revision = revision_at(revisions, rev);

	swap_keys(&revision->keys, keys);
	keys->n = 0;
	revision->is_known = true;
	for (size_t k = 0; k < revision->keys.n; k++)
		load_acknowledged(revision->keys.ns[k], now_ns);
	for (int h = 0; h < revision->heard; h++)
		deliver(revision, revision->heard_ns[h]);
}

void revisions_heard(struct revisions *revisions, int64_t rev, uint64_t now_ns)
{
	struct revision *revision = revision_at(revisions, rev);

	if (revision->is_known)
		deliver(revision, now_ns);
	else if (revision->heard < TEAM_MAX)
		revision->heard_ns[revision->heard++] = now_ns;
}
