/* Questions about the past, exports, and presence: asked at any time, and answered as the log says. */
#include "tests/sim/world.h"
#include <stdlib.h>
#include <string.h>

static const char *str(const cJSON *json, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
	return s ? s : "";
}

static int64_t num(const cJSON *json, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
	return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

/* ---- asking ---- */

struct question *question_find(const struct device *device, const char *id)
{
	struct question *question = device->questions;
	while (question && strcmp(question->id, id) != 0)
		question = question->next;
	return question;
}

static void drop(struct device *device, struct question *question)
{
	struct question **link = &device->questions;
	while (*link != question)
		link = &(*link)->next;
	*link = question->next;
	cJSON_Delete(question->items);
	buf_release(&question->file);
	free(question);
}

void question_forget(struct device *device)
{
	while (device->questions)
		drop(device, device->questions);
}

void question_ask(struct device *device, const char *type, int d, int64_t at, bool is_calm)
{
	static const char *const formats[] = { "json", "svg", "md", "csv" };
	struct question *question = sim_alloc(sizeof *question);
	struct buf text = { 0 };
	sim_id(question->id);
	question->type = type;
	question->d = d;
	question->at = at;
	question->is_calm = is_calm;
	question->items = cJSON_CreateArray();
	question->next = device->questions;
	device->questions = question;
	buf_str(&text, "{\"t\":\"");
	buf_str(&text, type);
	buf_char(&text, '"');
	arg(&text, "id", question->id);
	arg(&text, "doc", doc_wire(class_of(device), d));
	if (!strcmp(type, "moment"))
		arg_int(&text, "at", at);
	if (!strcmp(type, "export"))
		arg(&text, "format", is_calm ? "json" : formats[sim_pick(4)]);
	buf_char(&text, '}');
	device_say(device, &text);
	buf_release(&text);
}

void question_any(struct device *device)
{
	static const char *const types[] = { "history", "moment", "moment", "export" };
	const char *type = types[sim_pick(4)];
	int d = sim_pick(class_of(device)->doc_count);
	if (!strcmp(type, "export") && d == DOC_CLASS_INDEX)
		return;
	question_ask(device, type, d, device->docs[d].at ? sim_pick((int)device->docs[d].at + 1) : 0, false);
}

bool question_refused(struct device *device, const cJSON *message)
{
	static const char *const honest[] = { "busy", "rate", "not_found" };
	struct question *question = question_find(device, str(message, "id"));
	bool known = false;
	if (!question)
		return false;
	for (size_t h = 0; h < sizeof honest / sizeof *honest; h++)
		known = known || !strcmp(str(message, "code"), honest[h]);
	/* A counter that was never reached, which is right only if it was asked for so: before the first op there is nothing. */
	if (!known && question->at)
		sim_fail("device %d: %s to an honest question for %s of %d at %lld", device->index, str(message, "code"), question->type, question->d, (long long)question->at);
	drop(device, question);
	return true;
}

/* ---- answers ---- */

/* What of an object, as a view saw it then, may be looked at now; NULL: nothing. Returns owned. */
static cJSON *looked_back(const struct ledger_doc *doc, const struct thing *then, int view)
{
	const struct thing *full = mirror_find(&doc->full, then->id);
	cJSON *now = full ? ledger_project_past(full, view) : NULL, *fields = now ? cJSON_CreateObject() : NULL;
	const cJSON *field;
	cJSON_ArrayForEach(field, (now ? then->fields : NULL))
	{
		/* A field that is zero now may be seen all the same: only an author's name is ever kept back by itself. */
		bool hidden = !strcmp(field->string, "author") && !cJSON_HasObjectItem(now, "author");
		if (!hidden)
			cJSON_AddItemToObject(fields, field->string, cJSON_Duplicate(field, true));
	}
	cJSON_Delete(now);
	return fields;
}

static void check_object(const struct device *device, const struct question *question, const struct ledger_doc *then, const cJSON *object, bool is_exact)
{
	const struct ledger_doc *doc = doc_ledger(class_of(device), question->d);
	const struct thing *was = mirror_find(&then->views[view_of(device)].now, str(object, "id"));
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(object, "fields"), *field;
	if (!was || strcmp(was->kind, str(object, "kind")) != 0)
		sim_fail("device %d: %s was not to be seen in %d at %lld", device->index, str(object, "id"), question->d, (long long)question->at);
	cJSON_ArrayForEach(field, fields)
	{
		if (!cJSON_Compare(field, cJSON_GetObjectItemCaseSensitive(was->fields, field->string), true))
			sim_fail("device %d: %s of %s in %d was not so at %lld", device->index, field->string, str(object, "id"), question->d, (long long)question->at);
	}
	cJSON *expected = is_exact ? looked_back(doc, was, view_of(device)) : NULL;
	if (is_exact && (!expected || !digest_equal(fields_digest(was->id, was->kind, fields), fields_digest(was->id, was->kind, expected))))
		sim_fail("device %d: more or less of %s in %d is told of %lld than may be seen: %s", device->index, was->id, question->d, (long long)question->at, cJSON_PrintUnformatted(object));
	cJSON_Delete(expected);
}

static void check_moment(const struct device *device, const struct question *question)
{
	const struct ledger_doc *doc = doc_ledger(class_of(device), question->d);
	struct ledger_doc then;
	const cJSON *object;
	int expected = 0;
	ledger_then(doc, view_of(device), question->at, &then);
	cJSON_ArrayForEach(object, question->items)
		check_object(device, question, &then, object, question->is_calm);
	for (const struct thing *thing = then.views[view_of(device)].now.things; thing && question->is_calm; thing = thing->hh.next) {
		cJSON *fields = looked_back(doc, thing, view_of(device));
		expected += fields != NULL;
		cJSON_Delete(fields);
	}
	if (question->is_calm && expected != cJSON_GetArraySize(question->items))
		sim_fail("device %d: %d objects in %d at %lld, not %d", device->index, cJSON_GetArraySize(question->items), question->d, (long long)question->at, expected);
	ledger_doc_release(&then);
	world.count.moments++;
}

/* Moments follow each other, and name nobody whose name is not to be known. */
static void check_history(const struct device *device, const struct question *question)
{
	const struct ledger_view *view = &doc_ledger(class_of(device), question->d)->views[view_of(device)];
	const cJSON *moment;
	int64_t last = 0, ops = 0;
	cJSON_ArrayForEach(moment, question->items)
	{
		int64_t at = num(moment, "at");
		if (at <= last || at > view->at || num(moment, "n") < 1)
			sim_fail("device %d: the history of %d goes from %lld to %lld", device->index, question->d, (long long)last, (long long)at);
		last = at;
		ops += num(moment, "n");
		const struct teller *teller = &view->tellers[at];
		if (*str(moment, "who") && (teller->hides || strcmp(teller->who, str(moment, "who")) != 0))
			sim_fail("device %d: %s is named for %lld of %d, %s", device->index, str(moment, "who"), (long long)at, question->d, teller->hides ? "which is nobody's business" : "which was somebody else");
	}
	if (cJSON_GetArraySize(question->items) > 1000 || ops > view->at)
		sim_fail("device %d: a history of %d moments and %lld ops", device->index, cJSON_GetArraySize(question->items), (long long)ops);
}

/* A canvas as a file holds the notes that its reader sees, word for word, and no author whose name is not to be known. */
static void check_file(const struct device *device, const struct question *question)
{
	const struct ledger_view *view = &doc_ledger(class_of(device), question->d)->views[view_of(device)];
	cJSON *file = cJSON_Parse(buf_cstr(&question->file));
	const cJSON *note, *notes = question->is_calm && question->d > DOC_WALL_INDEX ? cJSON_GetObjectItemCaseSensitive(file, "notes") : NULL;
	if (!file && question->is_calm)
		sim_fail("device %d: an exported file is no JSON", device->index);
	cJSON_ArrayForEach(note, notes)
	{
		const struct thing *thing = mirror_find(&view->now, str(note, "id"));
		if (!thing || strcmp(thing_str(thing, "text"), str(note, "text")) != 0)
			sim_fail("device %d: the file of %d says something else of %s", device->index, question->d, str(note, "id"));
		if (*str(note, "author") && !*thing_str(thing, "author"))
			sim_fail("device %d: the file of %d names the author of %s", device->index, question->d, str(note, "id"));
	}
	cJSON_Delete(file);
}

void question_answer(struct device *device, const cJSON *message)
{
	struct question *question = question_find(device, str(message, "id"));
	const cJSON *item;
	if (!question)
		sim_fail("device %d: an answer that was not asked for", device->index);
	if (num(message, "part") != question->next_part++)
		sim_fail("device %d: part %lld of an answer", device->index, (long long)num(message, "part"));
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(message, !strcmp(question->type, "moment") ? "objects" : "moments"))
		cJSON_AddItemToArray(question->items, cJSON_Duplicate(item, true));
	buf_str(&question->file, str(message, "text"));
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "last")))
		return;
	if (!strcmp(question->type, "moment"))
		check_moment(device, question);
	else if (!strcmp(question->type, "history"))
		check_history(device, question);
	else
		check_file(device, question);
	drop(device, question);
}

/* ---- presence ---- */

/* Where a device keeps what it hears of somebody. */
static struct seen_person *seen_of(struct device *device, int d, const cJSON *who)
{
	static struct seen_person nobody; /* one who has joined and was cut off before hearing of it */
	const char *id = cJSON_GetStringValue(who) ? cJSON_GetStringValue(who) : "";
	int person = world_person(device->person->class_index, id);
	if (!mirror_find(&doc_ledger(class_of(device), DOC_CLASS_INDEX)->full, id))
		sim_fail("device %d: somebody is present who is no member as far as is durable", device->index);
	return person < 0 ? &nobody : &device->seen[d][person];
}

void place_hear(struct device *device, int d, const cJSON *message)
{
	const cJSON *item;
	if (!device->open[d])
		return;
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "whole")))
		memset(device->seen[d], 0, sizeof device->seen[d]);
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(message, "here"))
	{
		struct seen_person *seen = seen_of(device, d, cJSON_GetObjectItemCaseSensitive(item, "who"));
		const cJSON *caret = cJSON_GetObjectItemCaseSensitive(item, "caret");
		*seen = (struct seen_person){ .is_there = true };
		strncpy(seen->in, str(item, "in"), sizeof seen->in - 1);
		strncpy(seen->box, str(item, "box"), sizeof seen->box - 1);
		strncpy(seen->note, str(item, "note"), sizeof seen->note - 1);
		for (int c = 0; c < 2 && caret; c++)
			seen->caret[c] = (int64_t)cJSON_GetArrayItem(caret, c)->valuedouble;
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(message, "gone"))
		seen_of(device, d, item)->is_there = false;
}

void place_say(struct device *device)
{
	int d = sim_pick(class_of(device)->doc_count);
	struct buf text = { 0 };
	if (!device->welcomed)
		return;
	while (d > 0 && (!device->open[d] || !device->docs[d].have))
		d--;
	if (!device->open[d])
		return;
	const struct thing *box = some_in(device, d, "box"), *note = some_in(device, d, "note");
	device->here = (struct seen_person){ .is_there = true };
	device->here_in = d;
	buf_str(&text, "{\"t\":\"here\"");
	arg(&text, "doc", doc_wire(class_of(device), d));
	if (box && sim_chance(700)) {
		arg(&text, "box", box->id);
		strcpy(device->here.box, box->id);
	}
	if (note && sim_chance(700)) {
		arg(&text, "note", note->id);
		strcpy(device->here.note, note->id);
		device->here.caret[0] = sim_pick(9);
		device->here.caret[1] = sim_pick(9);
		buf_str(&text, ",\"caret\":[");
		buf_int(&text, device->here.caret[0]);
		buf_char(&text, ',');
		buf_int(&text, device->here.caret[1]);
		buf_char(&text, ']');
		arg_int(&text, "rev", thing_int(note, "rev"));
	}
	buf_char(&text, '}');
	device_say(device, &text);
	buf_release(&text);
}

/* The device on which a person has moved last: with everybody's first one having just done so, that one. */
static const struct device *first_device(const struct sim_person *person)
{
	const struct device *device = world.devices;
	while (device->person != person)
		device++;
	return device;
}

void place_check(const struct device *device)
{
	for (int p = 0; p < world.person_count; p++) {
		const struct sim_person *person = &world.people[p];
		if (person->class_index != device->person->class_index)
			continue;
		const struct device *there = first_device(person);
		for (int d = 0; d < class_of(device)->doc_count; d++) {
			const struct seen_person *seen = &device->seen[d][p];
			bool is_in = there->here_in == d, expected = d == DOC_CLASS_INDEX || is_in, is_alone = there + 1 == world.devices + world.device_count || there[1].person != person;
			if (!device->open[d] || (!expected && !is_alone))
				continue; /* they may be there on another device */
			if (seen->is_there != expected)
				sim_fail("device %d: person %d is %sseen in document %d, being in %d", device->index, p, seen->is_there ? "" : "not ", d, there->here_in);
			if (d == DOC_CLASS_INDEX && there->here_in >= 0 && strcmp(seen->in, doc_wire(class_of(device), there->here_in)) != 0)
				sim_fail("device %d: person %d is seen in %s, being in %d", device->index, p, seen->in, there->here_in);
			if (d != DOC_CLASS_INDEX && is_in && (strcmp(seen->box, there->here.box) != 0 || strcmp(seen->note, there->here.note) != 0 || memcmp(seen->caret, there->here.caret, sizeof seen->caret) != 0))
				sim_fail("device %d: person %d is seen elsewhere in document %d", device->index, p, d);
		}
	}
}

/* ---- taking back and restoring ---- */

struct digest content_of(const struct ledger_doc *doc)
{
	struct digest sum = { 0 };
	for (const struct thing *thing = doc->full.things; thing; thing = thing->hh.next) {
		cJSON *fields = cJSON_Duplicate(thing->fields, true);
		cJSON_DeleteItemFromObjectCaseSensitive(fields, "rev");
		cJSON_DeleteItemFromObjectCaseSensitive(fields, "version");
		digest_add(&sum, fields_digest(thing->id, thing->kind, fields));
		cJSON_Delete(fields);
	}
	return sum;
}

static bool is_live(const struct thing *thing)
{
	return thing && !*thing_str(thing, "deleted");
}

static void check_same(const struct thing *now, const struct thing *then, const char *const *fields)
{
	for (; *fields; fields++)
		if (strcmp(thing_str(now, *fields), thing_str(then, *fields)) != 0 || thing_int(now, *fields) != thing_int(then, *fields))
			sim_fail("restored, %s of %s is %s, which was %s", *fields, now->id, thing_str(now, *fields), thing_str(then, *fields));
}

void restored_check(const struct ledger_doc *doc, const struct ledger_doc *then, const char *restorer)
{
	static const char *const of_note[] = { "text", "box", "pos", "type", "tags", NULL }, *const of_box[] = { "title", "col", "row", "w", "h", "order", "questions", "tip", "tags", "links", "parts", "deleted", NULL }, *const of_type[] = { "name", NULL };
	for (const struct thing *now = doc->full.things; now; now = now->hh.next) {
		const struct thing *was = mirror_find(&then->full, now->id);
		if (!strcmp(now->kind, "note")) {
			bool final = !strcmp(thing_str(now, "deleted"), "author") && strcmp(thing_str(now, "author"), restorer) != 0;
			if (is_live(now) != is_live(was) && !(is_live(was) && final))
				sim_fail("restored, %s is %sthere", now->id, is_live(now) ? "" : "not ");
			if (is_live(now))
				check_same(now, was, of_note);
		} else if (!strcmp(now->kind, "link")) {
			bool ends = is_live(mirror_find(&doc->full, thing_str(now, "from"))) && is_live(mirror_find(&doc->full, thing_str(now, "to")));
			if (is_live(now) != (is_live(was) && ends))
				sim_fail("restored, link %s is %sthere", now->id, is_live(now) ? "" : "not ");
		} else if (!strcmp(now->kind, "box") && was) {
			check_same(now, was, of_box);
		} else if (!strcmp(now->kind, "box") && is_live(now)) {
			sim_fail("restored, box %s is there", now->id);
		} else if (!strcmp(now->kind, "type") && was) {
			check_same(now, was, of_type);
		}
	}
}
