#include "tests/sim/ledger.h"
#include "proto/ids.h"
#include "tests/sim/letters.h"
#include "tests/sim/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who sees what: proto/README.md §5, §6 and kinds.json, told once more ---- */

static bool is_visible(const struct thing *full, int audience)
{
	bool is_post = !strcmp(full->kind, "post"), is_revision = !strcmp(full->kind, "revision"), is_section = !strcmp(full->kind, "section");
	bool is_structure = is_section || !strcmp(full->kind, "box") || !strcmp(full->kind, "team") || !strcmp(full->kind, "document");
	const char *deleted = thing_str(full, "deleted");
	if (audience == SEES_AUTHOR)
		return is_post || is_revision;
	if (!strcmp(full->kind, "note") || !strcmp(full->kind, "link"))
		return !*deleted;
	if (audience == SEES_STAFF)
		return !(is_post || is_revision) || strcmp(deleted, "author") != 0;
	if (is_post)
		return !strcmp(thing_str(full, "state"), "shown") && !*deleted;
	bool is_prepared = !strcmp(full->kind, "document") && !strcmp(thing_str(full, "see"), "staff"); /* by the instructors, for themselves so far */
	return !is_revision && !is_prepared && !(is_structure && *deleted);
}

static bool is_field_visible(const struct thing *full, const char *field, int audience)
{
	if (audience != SEES_CLASS)
		return true;
	if (!strcmp(full->kind, "member"))
		return strcmp(field, "at") != 0;
	if ((!strcmp(full->kind, "post") || !strcmp(full->kind, "note")) && !strcmp(field, "author"))
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

cJSON *ledger_project_past(const struct thing *full, int audience)
{
	static const char *const kinds[] = { "section", "box", "note", "link" };
	struct thing alive;
	bool is_ordinary = false;
	for (int k = 0; full && k < 4; k++)
		is_ordinary = is_ordinary || !strcmp(full->kind, kinds[k]);
	if (!is_ordinary)
		return ledger_project(full, audience);
	alive = *full;
	alive.fields = cJSON_Duplicate(full->fields, true);
	cJSON_DeleteItemFromObjectCaseSensitive(alive.fields, "deleted");
	cJSON *fields = ledger_project(&alive, audience);
	cJSON_Delete(alive.fields);
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
	if (doc->index > DOC_WALL_INDEX)
		return; /* words come onto a canvas with a post that everybody may see, and are torn apart there */
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

static void stamp(struct ledger_view *view, struct teller teller)
{
	if ((size_t)view->at >= view->stamp_cap) {
		view->stamp_cap = view->stamp_cap ? view->stamp_cap * 2 : 64;
		view->stamps = realloc(view->stamps, view->stamp_cap * sizeof *view->stamps);
		view->tellers = realloc(view->tellers, view->stamp_cap * sizeof *view->tellers);
		if (!view->stamps || !view->tellers)
			abort();
	}
	view->stamps[view->at] = (struct stamp){ view->epoch, view->now.sum };
	view->tellers[view->at] = teller;
}

static struct ledger_doc *get_doc(struct ledger *ledger, const struct log_entry *entry)
{
	struct ledger_doc *doc = ledger_doc(ledger, entry->doc_id);
	if (doc)
		return doc;
	doc = sim_alloc(sizeof *doc);
	strcpy(doc->id, entry->doc_id);
	strcpy(doc->class_id, entry->class_id);
	doc->class_index = world_class(entry->class_id);
	doc->index = !strcmp(entry->doc_kind, "class") ? DOC_CLASS_INDEX : !strcmp(entry->doc_kind, "wall") ? DOC_WALL_INDEX : world_add_canvas(doc->class_index, doc->id);
	for (int v = 0; v < LEDGER_VIEWS; v++)
		stamp(&doc->views[v], (struct teller){ 0 });
	HASH_ADD_STR(ledger->docs, id, doc);
	return doc;
}

/* The text that {"$":n} stands for; NULL if `item` is none such. Returns owned. */
static char *referred(const struct log_entry *entry, const cJSON *item)
{
	const cJSON *number = cJSON_IsObject(item) ? cJSON_GetObjectItemCaseSensitive(item, "$") : NULL;
	if (!number)
		return NULL;
	size_t n = (size_t)number->valuedouble;
	if (n >= entry->text_count)
		sim_fail("log entry %lld of %s has no text %zu", (long long)entry->seq, entry->doc_id, n);
	return strndup(entry->texts[n].text, entry->texts[n].size_bytes);
}

static void join_texts(const struct log_entry *entry, cJSON *list)
{
	cJSON *next;
	for (cJSON *item = list ? list->child : NULL; item; item = next) {
		next = item->next;
		char *text = referred(entry, item);
		if (text && item->string) {
			char *name = strdup(item->string);
			cJSON_ReplaceItemInObjectCaseSensitive(list, name, cJSON_CreateString(text));
			free(name);
		} else if (text) {
			cJSON_ReplaceItemViaPointer(list, item, cJSON_CreateString(text));
		}
		free(text);
	}
}

static cJSON *read_op(const struct log_entry *entry)
{
	cJSON *op = cJSON_ParseWithLength(entry->body, entry->body_bytes);
	if (!op)
		sim_fail("log entry %lld of %s is no JSON", (long long)entry->seq, entry->doc_id);
	join_texts(entry, cJSON_GetObjectItemCaseSensitive(op, "fields"));
	join_texts(entry, cJSON_GetObjectItemCaseSensitive(op, "edit"));
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

static const char *str(const cJSON *json, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
	return s ? s : "";
}

static bool is_hidden_author(const struct thing *full, int view)
{
	return full && *thing_str(full, "author") && !is_field_visible(full, "author", view);
}

/* Makes it so in the document and in what each view is told. */
static void advance(struct ledger_doc *doc, const cJSON *op, const char *who)
{
	const char *id = str(op, "id");
	struct thing *full = mirror_find(&doc->full, id);
	bool was[LEDGER_VIEWS], was_named[LEDGER_VIEWS], hides[LEDGER_VIEWS];
	for (int v = 0; v < LEDGER_VIEWS; v++) {
		was[v] = full && is_visible(full, v);
		was_named[v] = was[v] && is_field_visible(full, "author", v);
		hides[v] = is_hidden_author(full, v);
	}
	if (!mirror_apply(&doc->full, op))
		sim_fail("the log has an op that makes no sense: %s %s", str(op, "op"), id);
	full = mirror_find(&doc->full, id);
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
			struct teller teller = { .hides = hides[v] || is_hidden_author(full, v) };
			snprintf(teller.who, sizeof teller.who, "%s", who);
			stamp(view, teller);
		}
		cJSON_Delete(fields);
	}
}

static void note_put(struct ledger *ledger, const struct ledger_doc *doc, const char *id)
{
	struct ledger_put *put;
	char key[64];
	snprintf(key, sizeof key, "%s/%s", doc->id, id);
	HASH_FIND_STR(ledger->puts, key, put);
	if (!put) {
		put = sim_alloc(sizeof *put);
		strcpy(put->key, key);
		HASH_ADD_STR(ledger->puts, key, put);
	}
	put->count++;
	for (int v = 0; v < LEDGER_VIEWS; v++)
		put->at[v] = doc->views[v].at;
}

/* ---- letters: who may add them, and who may take them away ---- */

static uint64_t bit(int person)
{
	return person < 0 ? 0 : UINT64_C(1) << person;
}

static bool is_past(const char *cmd)
{
	return !strcmp(cmd, "undo") || !strcmp(cmd, "redo") || !strcmp(cmd, "revert") || !strcmp(cmd, "restore");
}

/* Letters that come into a text of an object: typed now by who makes the op, or known for long. */
static void letters_come(struct ledger *ledger, struct ledger_doc *doc, const char *id, const char *text, int person, bool is_note)
{
	bool fresh = is_note ? !strcmp(doc->cmd, "note.text") || !strcmp(doc->cmd, "note.add") : !is_past(doc->cmd) && strcmp(doc->cmd, "canvas.add") != 0;
	size_t at = 0, n = strlen(text);
	for (int l; (l = letter_next(text, n, &at)) >= 0;) {
		struct letter *letter = letter_at(l);
		if (fresh && (letter->is_logged || letter->person != person || strcmp(letter->note, is_note ? id : "") != 0))
			sim_fail("letter %d, typed by %d into %s, is written into %s by %d (%s), %s", l, letter->person, letter->note, id, person, doc->cmd, letter->is_logged ? "and was there before" : "for the first time");
		if (!fresh && !letter->is_logged)
			sim_fail("letter %d comes with %s", l, doc->cmd);
		if (!letter->entry)
			letter->entry = ledger->entries;
		letter->is_logged = true;
		letter->canvases |= (uint32_t)1 << doc->index;
		letter->givers |= fresh ? 0 : bit(person);
	}
}

/* Nobody's words are taken away but by who meant to, or by those who take back what they themselves, or whom they answer for, have done. */
static void letters_go(struct ledger_doc *doc, const char *text, int person, int whose)
{
	size_t at = 0, n = strlen(text);
	bool typed = !strcmp(doc->cmd, "note.text"), restored = !strcmp(doc->cmd, "restore");
	for (int l; (l = letter_next(text, n, &at)) >= 0;) {
		struct letter *letter = letter_at(l);
		uint64_t who = bit(person) | bit(whose);
		bool own = letter->person == person || letter->person == whose;
		if (typed ? !(letter->takers & bit(person)) : !restored && !own && !((letter->takers | letter->givers) & who))
			sim_fail("letter %d, typed by %d, is taken away by %d (%s), who never meant to", l, letter->person, person, doc->cmd);
		letter->is_gone = true;
		letter->takers |= bit(person);
	}
}

static void note_letters(struct ledger *ledger, struct ledger_doc *doc, const cJSON *op, int person)
{
	const struct thing *before = mirror_find(&doc->full, str(op, "id"));
	const cJSON *item;
	struct buf after = { 0 }, removed = { 0 };
	int whose = *doc->whose ? world_person(doc->class_index, doc->whose) : -1;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(op, "fields"))
	{
		if (cJSON_IsString(item))
			letters_come(ledger, doc, str(op, "id"), item->valuestring, person, !strcmp(item->string, "text"));
	}
	if (!strcmp(str(op, "op"), "text") && before) {
		if (strcmp(doc->cmd, "note.text") != 0 && !is_past(doc->cmd))
			sim_fail("%s edits a text", doc->cmd);
		if (!mirror_edit(thing_str(before, "text"), cJSON_GetObjectItemCaseSensitive(op, "edit"), &after, &removed))
			sim_fail("the log has an edit that is none");
		letters_go(doc, buf_cstr(&removed), person, whose);
		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(op, "edit"))
		{
			if (cJSON_IsString(item))
				letters_come(ledger, doc, str(op, "id"), item->valuestring, person, true);
		}
	}
	buf_release(&after);
	buf_release(&removed);
}

static void check_text(const struct ledger_doc *doc, const cJSON *op)
{
	struct thing *note = mirror_find(&doc->full, str(op, "id"));
	if (!note || strcmp(note->kind, "note") != 0)
		return;
	note->is_undone = note->is_undone || is_past(doc->cmd);
	if (!note->is_undone && letters_repeat(thing_str(note, "text")))
		sim_fail("a letter is twice in %s", note->id);
}

/* What its author deleted nobody else brings back, neither by itself nor with everything. */
static void check_final(const struct ledger_doc *doc, const cJSON *op, const char *who)
{
	const struct thing *note = mirror_find(&doc->full, str(op, "id"));
	const cJSON *deleted = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(op, "fields"), "deleted");
	bool comes_back = note && !strcmp(note->kind, "note") && !strcmp(thing_str(note, "deleted"), "author") && deleted && json_is_zero(deleted);
	if (comes_back && strcmp(thing_str(note, "author"), who) != 0 && (!strcmp(doc->cmd, "restore") || !strcmp(doc->cmd, "note.restore")))
		sim_fail("%s, deleted by its author, is brought back by somebody else", note->id);
}

static void apply_op(struct ledger *ledger, struct ledger_doc *doc, cJSON *op, const char *who)
{
	if (doc->index > DOC_WALL_INDEX)
		note_letters(ledger, doc, op, world_person(doc->class_index, who));
	check_final(doc, op, who);
	advance(doc, op, who);
	check_text(doc, op);
	if (!strcmp(doc->cmd, "canvas.add"))
		doc->made = doc->views[SEES_STAFF].at;
	const struct thing *full = mirror_find(&doc->full, str(op, "id"));
	if (full)
		note_words(ledger, doc, full);
	if (!strcmp(str(op, "op"), "put"))
		note_put(ledger, doc, str(op, "id"));
	if (doc->index == DOC_CLASS_INDEX && doc->class_index >= 0)
		world_note_rights(doc->class_index);
}

static void keep_op(struct ledger_doc *doc, cJSON *op, const char *who)
{
	if (doc->op_count == doc->op_cap) {
		doc->op_cap = doc->op_cap ? doc->op_cap * 2 : 64;
		doc->ops = realloc(doc->ops, doc->op_cap * sizeof *doc->ops);
		if (!doc->ops)
			abort();
	}
	struct ledger_op *kept = &doc->ops[doc->op_count++];
	kept->op = op;
	snprintf(kept->who, sizeof kept->who, "%s", who);
}

void ledger_then(const struct ledger_doc *doc, int view, int64_t at, struct ledger_doc *then)
{
	*then = (struct ledger_doc){ .index = doc->index };
	for (int v = 0; v < LEDGER_VIEWS; v++)
		stamp(&then->views[v], (struct teller){ 0 });
	for (size_t o = 0; o < doc->op_count && then->views[view].at < at; o++)
		advance(then, doc->ops[o].op, doc->ops[o].who);
	if (then->views[view].at != at)
		sim_fail("document %d has never been at %lld", doc->index, (long long)at);
}

void ledger_doc_release(struct ledger_doc *doc)
{
	mirror_clear(&doc->full);
	for (int v = 0; v < LEDGER_VIEWS; v++) {
		mirror_clear(&doc->views[v].now);
		free(doc->views[v].stamps);
		free(doc->views[v].tellers);
	}
	for (size_t o = 0; o < doc->op_count; o++)
		cJSON_Delete(doc->ops[o].op);
	free(doc->ops);
}

/* Entries that name no command go on with the one before. */
static void note_command(struct ledger_doc *doc, const cJSON *op)
{
	if (!cJSON_HasObjectItem(op, "cmd"))
		return;
	snprintf(doc->cmd, sizeof doc->cmd, "%s", str(op, "cmd"));
	snprintf(doc->whose, sizeof doc->whose, "%s", str(op, "whose"));
}

void ledger_apply(struct ledger *ledger, const struct log_batch *batch)
{
	for (size_t e = 0; e < batch->entry_count; e++) {
		const struct log_entry *entry = &batch->entries[e];
		struct ledger_doc *doc = get_doc(ledger, entry);
		if (entry->seq != doc->seq + 1)
			sim_fail("entry %lld after %lld in %s", (long long)entry->seq, (long long)doc->seq, entry->doc_id);
		doc->seq = entry->seq;
		ledger->entries++;
		cJSON *op = read_op(entry);
		note_command(doc, op);
		apply_op(ledger, doc, op, entry->actor);
		keep_op(doc, op, entry->actor);
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

const struct ledger_put *ledger_put(const struct ledger *ledger, const char *doc_id, const char *object_id)
{
	const struct ledger_put *put;
	char key[64];
	snprintf(key, sizeof key, "%s/%s", doc_id, object_id);
	HASH_FIND_STR(ledger->puts, key, put);
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
		ledger_doc_release(doc);
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
