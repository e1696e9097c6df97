/* Edits are kept as they are on the wire, one behind the other in one string per text, because nearly all of them are never looked at again: 28 bytes for a typed letter instead of several hundred
 * for a parsed edit. They are read when somebody is late. What is forgotten leaves a gap in front, closed when it is the greater half. */
#include "server/room/trail.h"
#include "proto/json.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct trail_edit {
	int64_t at_ms;
	size_t end; /* in `wire` */
};

struct trail_text {
	char id[OBJECT_ID_CAP];
	UT_hash_handle hh;
	int64_t rev;    /* of the newest edit */
	struct buf wire;
	struct trail_edit *edits;
	size_t first;   /* the oldest that is still known */
	size_t n, cap;  /* of `edits`, with the forgotten ones in front */
};

struct trail {
	struct trail_text *texts;
	size_t bytes; /* of all known edits */
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

struct trail *trail_new(void)
{
	return must(calloc(1, sizeof(struct trail)));
}

static size_t known(const struct trail_text *text)
{
	return text->n - text->first;
}

static size_t start_of(const struct trail_text *text, size_t n)
{
	return n ? text->edits[n - 1].end : 0;
}

static size_t known_bytes(const struct trail_text *text)
{
	return text->wire.n - start_of(text, text->first);
}

static void text_free(struct trail *trail, struct trail_text *text)
{
	trail->bytes -= known_bytes(text);
	HASH_DEL(trail->texts, text);
	buf_release(&text->wire);
	free(text->edits);
	free(text);
}

void trail_free(struct trail *trail)
{
	if (!trail)
		return;
	while (trail->texts)
		text_free(trail, trail->texts);
	free(trail);
}

static struct trail_text *text_find(const struct trail *trail, const char *object_id)
{
	struct trail_text *text;
	HASH_FIND_STR(trail->texts, object_id, text);
	return text;
}

static struct trail_text *text_new(struct trail *trail, const char *object_id)
{
	struct trail_text *text = must(calloc(1, sizeof *text));
	assert(strlen(object_id) < OBJECT_ID_CAP);
	strcpy(text->id, object_id);
	HASH_ADD_STR(trail->texts, id, text);
	return text;
}

void trail_drop(struct trail *trail, const char *object_id)
{
	struct trail_text *text = text_find(trail, object_id);
	if (text)
		text_free(trail, text);
}

/* Closes the gap in front. */
static void text_compact(struct trail_text *text)
{
	size_t gap = start_of(text, text->first), count = known(text);
	memmove(text->edits, text->edits + text->first, count * sizeof *text->edits);
	for (size_t i = 0; i < count; i++)
		text->edits[i].end -= gap;
	struct buf wire = { 0 };
	buf_add(&wire, text->wire.s + gap, text->wire.n - gap);
	buf_release(&text->wire);
	text->wire = wire;
	text->first = 0;
	text->n = count;
}

static void forget_first(struct trail *trail, struct trail_text *text, size_t count)
{
	size_t before = known_bytes(text);
	text->first += count;
	trail->bytes -= before - known_bytes(text);
	if (text->first > known(text) && text->first >= 64)
		text_compact(text);
}

/* The older half of every text: what is late by less is still carried over. */
static void forget_half(struct trail *trail)
{
	for (struct trail_text *text = trail->texts; text; text = text->hh.next)
		forget_first(trail, text, known(text) / 2);
}

static void push(struct trail *trail, struct trail_text *text, int64_t at_ms)
{
	size_t over = 0;
	trail->bytes += text->wire.n - start_of(text, text->n);

	if (text->n == text->cap) {
		text->cap = text->cap ? text->cap * 2 : 8;
		text->edits = must(reallocarray(text->edits, text->cap, sizeof *text->edits));
	}
	text->edits[text->n++] = (struct trail_edit){ .at_ms = at_ms, .end = text->wire.n };
	if (known(text) > TRAIL_EDITS_MAX)
		over = known(text) - TRAIL_EDITS_MAX;
	while (over + 1 < known(text) && text->wire.n - start_of(text, text->first + over) > TRAIL_TEXT_BYTES_MAX)
		over++;
	if (over)
		forget_first(trail, text, over);
	if (trail->bytes > TRAIL_BYTES_MAX)
		forget_half(trail);
}

void trail_add(struct trail *trail, const char *object_id, int64_t rev, const cJSON *edit, int64_t at_ms)
{
	struct trail_text *text = text_find(trail, object_id);
	if (text && rev != text->rev + 1) {
		text_free(trail, text);
		text = NULL;
	}
	if (!text)
		text = text_new(trail, object_id);
	text->rev = rev;
	json_write(&text->wire, edit);
	push(trail, text, at_ms);
}

void trail_forget(struct trail *trail, int64_t before_ms)
{
	for (struct trail_text *text = trail->texts; text; text = text->hh.next) {
		size_t spare = known(text) > TRAIL_EDITS_KEPT ? known(text) - TRAIL_EDITS_KEPT : 0, old = 0;
		while (old < spare && text->edits[text->first + old].at_ms < before_ms)
			old++;
		if (old)
			forget_first(trail, text, old);
	}
}

size_t trail_count(const struct trail *trail, const char *object_id)
{
	const struct trail_text *text = text_find(trail, object_id);
	return text ? known(text) : 0;
}

enum trail_verdict trail_since(const struct trail *trail, const char *object_id, int64_t rev_now, int64_t from_rev, struct trail_walk *walk)
{
	const struct trail_text *text = text_find(trail, object_id);
	*walk = (struct trail_walk){ .rev = from_rev };
	if (from_rev > rev_now)
		return TRAIL_FUTURE;
	if (from_rev == rev_now)
		return TRAIL_OK;
	if (from_rev < 0 || !text || text->rev != rev_now || rev_now - from_rev > (int64_t)known(text))
		return TRAIL_STALE;
	walk->text = text;
	walk->next = text->n - (size_t)(rev_now - from_rev);
	return TRAIL_OK;
}

size_t trail_bytes_left(const struct trail_walk *walk)
{
	return walk->text ? walk->text->wire.n - start_of(walk->text, walk->next) : 0;
}

bool trail_next(struct trail_walk *walk, const char **edit, size_t *n)
{
	const struct trail_text *text = walk->text;
	if (!text || walk->next == text->n)
		return false;
	size_t start = start_of(text, walk->next);
	*edit = text->wire.s + start;
	*n = text->edits[walk->next++].end - start;
	walk->rev++;
	return true;
}

enum trail_verdict trail_rebase(const struct trail *trail, const char *object_id, int64_t rev_now, int64_t from_rev, struct text_edit *edit)
{
	struct trail_walk walk;
	enum trail_verdict verdict = trail_since(trail, object_id, rev_now, from_rev, &walk);
	struct text_edit logged = { 0 }, carried = { 0 };
	const char *s;
	size_t n;

	while (verdict == TRAIL_OK && trail_next(&walk, &s, &n)) {
		cJSON *json = must(cJSON_ParseWithLength(s, n)); /* written by json_write: it is JSON unless memory ran out */
		enum text_verdict read = text_edit_read(json, &logged);
		assert(read == TEXT_OK);
		cJSON_Delete(json);
		text_transform(edit, &logged, TEXT_LEFT, &carried);
		struct text_edit swap = *edit;
		*edit = carried;
		carried = swap;
	}
	text_edit_release(&logged);
	text_edit_release(&carried);
	return verdict;
}

/* Stored form: [{"id":…,"rev":<of the newest>,"ms":[<of the oldest>,<how much later the next is>…],"edits":[[…],…]},…] */

static void text_write(struct buf *out, const struct trail_text *text)
{
	buf_str(out, "{\"id\":");
	buf_json_string(out, text->id, strlen(text->id));
	buf_str(out, ",\"rev\":");
	buf_int(out, text->rev);
	buf_str(out, ",\"ms\":[");
	for (size_t i = text->first; i < text->n; i++) {
		if (i > text->first)
			buf_char(out, ',');
		buf_int(out, text->edits[i].at_ms - (i > text->first ? text->edits[i - 1].at_ms : 0));
	}
	buf_str(out, "],\"edits\":[");
	for (size_t i = text->first; i < text->n; i++) {
		if (i > text->first)
			buf_char(out, ',');
		buf_add(out, text->wire.s + start_of(text, i), text->edits[i].end - start_of(text, i));
	}
	buf_str(out, "]}");
}

void trail_write(struct buf *out, const struct trail *trail)
{
	buf_char(out, '[');
	for (const struct trail_text *text = trail->texts; text; text = text->hh.next) {
		if (text != trail->texts)
			buf_char(out, ',');
		text_write(out, text);
	}
	buf_char(out, ']');
}

static bool edits_read(const cJSON *ms, const cJSON *edits, struct trail *trail, struct trail_text *text)
{
	const cJSON *time = ms->child, *item;
	struct text_edit edit = { 0 };
	int64_t at_ms = 0, step;
	bool good = true;

	cJSON_ArrayForEach(item, edits)
	{
		good = json_whole(time, &step) && text_edit_read(item, &edit) == TEXT_OK;
		if (!good)
			break;
		/* Checked at each step: the sum of all could overflow. */
		at_ms += step;
		good = at_ms >= -JSON_INT_MAX && at_ms <= JSON_INT_MAX;
		if (!good)
			break;
		text_edit_write(&text->wire, &edit);
		push(trail, text, at_ms);
		time = time->next;
	}
	text_edit_release(&edit);
	return good && !time;
}

static bool text_read(const cJSON *json, struct trail *trail)
{
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "id"));
	const cJSON *ms = cJSON_GetObjectItemCaseSensitive(json, "ms"), *edits = cJSON_GetObjectItemCaseSensitive(json, "edits");
	size_t n = id ? strlen(id) : 0;
	int64_t rev;

	if (!n || n >= OBJECT_ID_CAP || text_measure(id, n) < 0 || text_find(trail, id) || !cJSON_IsArray(ms) || !cJSON_IsArray(edits))
		return false;
	int count = cJSON_GetArraySize(edits);
	if (!json_whole(cJSON_GetObjectItemCaseSensitive(json, "rev"), &rev) || count > TRAIL_EDITS_MAX || rev < count)
		return false;
	struct trail_text *text = text_new(trail, id);
	text->rev = rev;
	return edits_read(ms, edits, trail, text);
}

struct trail *trail_read(const cJSON *json)
{
	struct trail *trail = trail_new();
	const cJSON *item;
	bool good = cJSON_IsArray(json);

	cJSON_ArrayForEach(item, json)
	{
		if (!good || !(good = text_read(item, trail)))
			break;
	}
	if (good)
		return trail;
	trail_free(trail);
	return NULL;
}
