#include "tests/sim/ledger.h"
#include "proto/ids.h"
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

/* ---- who sees what: proto/README.md §5, §6 and kinds.json, told once more ---- */

static bool is_visible(const struct thing *full, int audience)
{
	bool is_post = !strcmp(full->kind, "post"), is_revision = !strcmp(full->kind, "revision"), is_section = !strcmp(full->kind, "section");
	const char *deleted = thing_str(full, "deleted");
	if (audience == SEES_AUTHOR)
		return is_post || is_revision;
	if (audience == SEES_STAFF)
		return !(is_post || is_revision) || strcmp(deleted, "author") != 0;
	if (is_post)
		return !strcmp(thing_str(full, "state"), "shown") && !*deleted;
	return !is_revision && !(is_section && *deleted);
}

static bool is_field_visible(const struct thing *full, const char *field, int audience)
{
	if (audience != SEES_CLASS)
		return true;
	if (!strcmp(full->kind, "member"))
		return strcmp(field, "at") != 0;
	if (!strcmp(full->kind, "post") && !strcmp(field, "author"))
		return !strcmp(thing_str(full, "names"), "named");
	return strcmp(field, "reason") != 0 && strcmp(field, "deleted") != 0;
}

cJSON *ledger_project(const struct thing *full, int audience)
{
	const cJSON *field;
	if (!full || !is_visible(full, audience))
		return NULL;
	cJSON *fields = cJSON_CreateObject();
	cJSON_ArrayForEach(field, full->fields)
	{
		if (is_field_visible(full, field->string, audience))
			cJSON_AddItemToObject(fields, field->string, cJSON_Duplicate(field, true));
	}
	return fields;
}

/* ---- words ---- */

static struct ledger_word *word_at(struct ledger *ledger, int word)
{
	while ((size_t)word >= ledger->word_cap) {
		size_t cap = ledger->word_cap ? ledger->word_cap * 2 : 1024;
		ledger->words = realloc(ledger->words, cap * sizeof *ledger->words);
		if (!ledger->words)
			abort();
		memset(ledger->words + ledger->word_cap, 0, (cap - ledger->word_cap) * sizeof *ledger->words);
		ledger->word_cap = cap;
	}
	return &ledger->words[word];
}

const struct ledger_word *ledger_word(const struct ledger *ledger, int word)
{
	static const struct ledger_word never;
	return (size_t)word < ledger->word_cap ? &ledger->words[word] : &never;
}

static void note_words(struct ledger *ledger, const struct ledger_doc *doc, const struct thing *full)
{
	const cJSON *field;
	cJSON_ArrayForEach(field, full->fields)
	{
		if (!cJSON_IsString(field))
			continue;
		size_t at = 0;
		for (int w; (w = sim_next_word(field->valuestring, strlen(field->valuestring), &at)) >= 0;) {
			struct ledger_word *word = word_at(ledger, w);
			word->is_durable = true;
			strcpy(word->class_id, doc->class_id);
			strcpy(word->author, thing_str(full, "author"));
			for (int v = 0; v < LEDGER_VIEWS; v++)
				word->is_seen[v] |= is_visible(full, v) && is_field_visible(full, field->string, v);
		}
	}
}

/* ---- the log ---- */

struct ledger_doc *ledger_doc(const struct ledger *ledger, const char *id)
{
	struct ledger_doc *doc;
	HASH_FIND_STR(ledger->docs, id, doc);
	return doc;
}

static void stamp(struct ledger_view *view)
{
	if ((size_t)view->at >= view->stamp_cap) {
		view->stamp_cap = view->stamp_cap ? view->stamp_cap * 2 : 64;
		view->stamps = realloc(view->stamps, view->stamp_cap * sizeof *view->stamps);
		if (!view->stamps)
			abort();
	}
	view->stamps[view->at] = (struct stamp){ view->epoch, view->now.sum };
}

static struct ledger_doc *get_doc(struct ledger *ledger, const struct log_entry *entry)
{
	struct ledger_doc *doc = ledger_doc(ledger, entry->doc_id);
	if (doc)
		return doc;
	doc = sim_alloc(sizeof *doc);
	strcpy(doc->id, entry->doc_id);
	strcpy(doc->class_id, entry->class_id);
	for (int v = 0; v < LEDGER_VIEWS; v++)
		stamp(&doc->views[v]);
	HASH_ADD_STR(ledger->docs, id, doc);
	return doc;
}

static cJSON *read_op(const struct log_entry *entry)
{
	cJSON *op = cJSON_ParseWithLength(entry->body, entry->body_bytes), *fields = cJSON_GetObjectItemCaseSensitive(op, "fields"), *next;
	if (!op)
		sim_fail("log entry %lld of %s is no JSON", (long long)entry->seq, entry->doc_id);
	for (cJSON *field = fields ? fields->child : NULL; field; field = next) {
		next = field->next;
		if (!cJSON_IsObject(field))
			continue;
		size_t n = (size_t)cJSON_GetObjectItemCaseSensitive(field, "$")->valuedouble;
		if (n >= entry->text_count)
			sim_fail("log entry %lld of %s has no text %zu", (long long)entry->seq, entry->doc_id, n);
		char *text = strndup(entry->texts[n].text, entry->texts[n].size_bytes), *name = strdup(field->string);
		cJSON_ReplaceItemInObjectCaseSensitive(fields, name, cJSON_CreateString(text));
		free(text);
		free(name);
	}
	return op;
}

/* Whether a view is told of the op at all: when the object was or is there for it, and something of it that it may see was written. */
static bool is_told(const cJSON *op, const struct thing *full, int view, bool was, bool is)
{
	const cJSON *field;
	if (was != is || !is || strcmp(cJSON_GetObjectItemCaseSensitive(op, "op")->valuestring, "set") != 0)
		return was || is;
	cJSON_ArrayForEach(field, cJSON_GetObjectItemCaseSensitive(op, "fields"))
	{
		if (is_field_visible(full, field->string, view))
			return true;
	}
	return false;
}

static void apply_op(struct ledger *ledger, struct ledger_doc *doc, const cJSON *op)
{
	const char *id = cJSON_GetObjectItemCaseSensitive(op, "id")->valuestring, *type = cJSON_GetObjectItemCaseSensitive(op, "op")->valuestring;
	struct thing *full = mirror_find(&doc->full, id);
	bool was[LEDGER_VIEWS], was_named[LEDGER_VIEWS];
	for (int v = 0; v < LEDGER_VIEWS; v++) {
		was[v] = full && is_visible(full, v);
		was_named[v] = was[v] && is_field_visible(full, "author", v);
	}
	if (!mirror_apply(&doc->full, op))
		sim_fail("the log has an op on nothing: %s %s", type, id);
	struct ledger_put *put = NULL;
	if (!strcmp(type, "put")) {
		HASH_FIND_STR(ledger->puts, id, put);
		if (!put) {
			put = sim_alloc(sizeof *put);
			strcpy(put->id, id);
			HASH_ADD_STR(ledger->puts, id, put);
		}
		put->count++;
	}
	full = mirror_find(&doc->full, id);
	if (full)
		note_words(ledger, doc, full);
	for (int v = 0; v < LEDGER_VIEWS; v++) {
		struct ledger_view *view = &doc->views[v];
		cJSON *fields = ledger_project(full, v);
		struct thing *seen = mirror_find(&view->now, id);
		bool told = is_told(op, full, v, was[v], fields != NULL);
		if (fields)
			mirror_put(&view->now, id, full->kind, fields);
		else if (seen)
			mirror_del(&view->now, seen);
		if (told) {
			view->at++;
			view->epoch += was[v] && (!fields || (was_named[v] && !is_field_visible(full, "author", v)));
			stamp(view);
		}
		cJSON_Delete(fields);
		if (put)
			put->at[v] = view->at;
	}
}

void ledger_apply(struct ledger *ledger, const struct log_batch *batch)
{
	for (size_t e = 0; e < batch->entry_count; e++) {
		const struct log_entry *entry = &batch->entries[e];
		struct ledger_doc *doc = get_doc(ledger, entry);
		if (entry->seq != doc->seq + 1)
			sim_fail("entry %lld after %lld in %s", (long long)entry->seq, (long long)doc->seq, entry->doc_id);
		doc->seq = entry->seq;
		cJSON *op = read_op(entry);
		apply_op(ledger, doc, op);
		cJSON_Delete(op);
		ledger->entries++;
	}
	for (size_t d = 0; d < batch->done_count; d++) {
		struct ledger_done *done;
		char id[23];
		id_encode(batch->done[d].id, id);
		HASH_FIND_STR(ledger->done, id, done);
		if (!done) {
			done = sim_alloc(sizeof *done);
			strcpy(done->id, id);
			HASH_ADD_STR(ledger->done, id, done);
		}
		if (++done->count > 1)
			sim_fail("command %s was done twice", id);
	}
}

const struct ledger_put *ledger_put(const struct ledger *ledger, const char *object_id)
{
	const struct ledger_put *put;
	HASH_FIND_STR(ledger->puts, object_id, put);
	return put;
}

int ledger_done(const struct ledger *ledger, const char *command_id)
{
	const struct ledger_done *done;
	HASH_FIND_STR(ledger->done, command_id, done);
	return done ? done->count : 0;
}

void ledger_release(struct ledger *ledger)
{
	struct ledger_doc *doc, *next_doc;
	HASH_ITER(hh, ledger->docs, doc, next_doc)
	{
		HASH_DEL(ledger->docs, doc);
		mirror_clear(&doc->full);
		for (int v = 0; v < LEDGER_VIEWS; v++) {
			mirror_clear(&doc->views[v].now);
			free(doc->views[v].stamps);
		}
		free(doc);
	}
	struct ledger_put *put, *next_put;
	HASH_ITER(hh, ledger->puts, put, next_put)
	{
		HASH_DEL(ledger->puts, put);
		free(put);
	}
	struct ledger_done *done, *next_done;
	HASH_ITER(hh, ledger->done, done, next_done)
	{
		HASH_DEL(ledger->done, done);
		free(done);
	}
	free(ledger->words);
}
