#include "server/room/record.h"
#include "proto/json.h"
#include "proto/text.h"
#include <string.h>

enum { NAME_CAP = 64 };

static void text_write(struct buf *body, struct record_text *texts, size_t *count, const char *s, size_t n)
{
	texts[*count] = (struct record_text){ s, n };
	buf_str(body, "{\"$\":");
	buf_int(body, (int64_t)(*count)++);
	buf_char(body, '}');
}

static void fields_write(struct buf *body, const struct op *op, struct record_text *texts, size_t *count)
{
	const struct kind_spec *spec = &kind_specs[op->kind];
	bool any = false;
	buf_str(body, ",\"fields\":{");
	for (int f = 0; f < spec->field_count; f++) {
		if (!(op->mask & (1u << f)))
			continue;
		if (any)
			buf_char(body, ',');
		any = true;
		buf_json_string(body, spec->fields[f].name, strlen(spec->fields[f].name));
		buf_char(body, ':');
		const struct value *value = &op->values[f];
		if (field_type_is_typed(spec->fields[f].type) && value->n)
			text_write(body, texts, count, value->s, value->n);
		else if (field_type_is_string(spec->fields[f].type))
			buf_json_string(body, value->s, value->n);
		else if (spec->fields[f].type == FIELD_BOOL)
			buf_str(body, value->i ? "true" : "false");
		else
			buf_int(body, value->i);
	}
	buf_char(body, '}');
}

/* A deletion: how much, never what. */
static void deletion_write(struct buf *body, const cJSON *deleted)
{
	buf_str(body, "{\"d\":");
	if (cJSON_IsString(deleted))
		buf_int(body, text_measure(deleted->valuestring, strlen(deleted->valuestring)));
	else
		json_write(body, deleted);
	buf_char(body, '}');
}

/* Skips and deletions say nothing that anybody typed; insertions do. */
static void edit_write(struct buf *body, const struct op *op, struct record_text *texts, size_t *count)
{
	const cJSON *part;
	buf_str(body, ",\"field\":\"");
	buf_str(body, kind_specs[op->kind].fields[__builtin_ctz(op->mask)].name);
	buf_str(body, "\",\"rev\":");
	buf_int(body, op->rev);
	buf_str(body, ",\"edit\":[");
	cJSON_ArrayForEach(part, op->edit)
	{
		if (part != op->edit->child)
			buf_char(body, ',');
		if (cJSON_IsString(part))
			text_write(body, texts, count, part->valuestring, strlen(part->valuestring));
		else if (cJSON_IsObject(part) && part->child)
			deletion_write(body, part->child);
		else
			json_write(body, part);
	}
	buf_char(body, ']');
}

static void source_write(struct buf *body, const struct step_source *source)
{
	if (!source->first)
		return;
	buf_str(body, ",\"cmd\":\"");
	buf_str(body, source->command ? command_specs[source->command].name : "");
	buf_char(body, '"');
	if (source->whose) {
		buf_str(body, ",\"whose\":");
		buf_json_string(body, source->whose, strlen(source->whose));
		buf_str(body, ",\"pops\":");
		buf_int(body, source->pops);
	}
}

size_t record_texts_max(const struct op *op)
{
	return FIELDS_MAX + (op->type == OP_TEXT ? (size_t)cJSON_GetArraySize(op->edit) : 0);
}

size_t record_write(struct buf *body, const struct op *op, const struct step_source *source, struct record_text *texts)
{
	size_t count = 0;
	buf_str(body, "{\"op\":\"");
	buf_str(body, op_names[op->type]);
	buf_str(body, "\",\"id\":\"");
	buf_str(body, op->id);
	buf_str(body, "\",\"kind\":\"");
	buf_str(body, kind_specs[op->kind].name);
	buf_char(body, '"');
	source_write(body, source);
	if (op->type == OP_TEXT)
		edit_write(body, op, texts, &count);
	else if (op->type != OP_DEL)
		fields_write(body, op, texts, &count);
	buf_char(body, '}');
	return count;
}

/* What comes out of a store goes on to clients, for whom broken UTF-8 is the end of the connection. */
static bool is_text(const char *s, size_t n)
{
	return text_measure(s, n) >= 0;
}

/* The text that {"$":n} stands for; NULL if it is no such thing, `bad` set if it is one that leads nowhere. */
static const char *referred(const cJSON *item, const struct record_text *texts, size_t text_count, bool *bad)
{
	const cJSON *n = cJSON_IsObject(item) ? cJSON_GetObjectItemCaseSensitive(item, "$") : NULL;
	if (!n)
		return NULL;
	if (cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble < (double)text_count) {
		const struct record_text *text = &texts[(size_t)n->valuedouble];
		if (is_text(text->s, text->n))
			return text->s;
	}
	*bad = true;
	return NULL;
}

/* Puts the words back in place of {"$":n} in an object's or array's members. */
static bool join_texts(cJSON *list, const struct record_text *texts, size_t text_count)
{
	cJSON *next;
	bool bad = false;
	for (cJSON *item = list ? list->child : NULL; item && !bad; item = next) {
		next = item->next;
		const char *text = referred(item, texts, text_count, &bad);
		char name[NAME_CAP] = "";
		if (!text)
			continue;
		if (!item->string) {
			bad = !cJSON_ReplaceItemViaPointer(list, item, cJSON_CreateStringReference(text));
		} else {
			bad = strlen(item->string) >= sizeof name;
			if (!bad)
				strcpy(name, item->string);
			bad = bad || !cJSON_ReplaceItemInObjectCaseSensitive(list, name, cJSON_CreateStringReference(text));
		}
	}
	return !bad;
}

static void source_read(const cJSON *json, struct step_source *source)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "cmd"));
	const cJSON *pops = cJSON_GetObjectItemCaseSensitive(json, "pops");
	source->first = name != NULL;
	source->command = name ? command_by_name(name) : CMD_NONE;
	source->whose = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "whose"));
	source->pops = cJSON_IsNumber(pops) && pops->valuedouble >= 0 && pops->valuedouble < 1e6 ? (int)pops->valuedouble : 0;
}

cJSON *record_read(const char *body, size_t n, const struct record_text *texts, size_t text_count, const struct doc *doc, struct op *op, struct step_source *source)
{
	cJSON *json = is_text(body, n) ? cJSON_ParseWithLength(body, n) : NULL;
	cJSON *fields = cJSON_GetObjectItemCaseSensitive(json, "fields"), *edit = cJSON_GetObjectItemCaseSensitive(json, "edit");
	if (json && join_texts(fields, texts, text_count) && join_texts(edit, texts, text_count) && op_read(json, doc, op)) {
		source_read(json, source);
		return json;
	}
	cJSON_Delete(json);
	return NULL;
}

void record_write_snapshot(struct buf *body, const struct doc *doc, const struct view_mark *marks, int mark_count, const struct trail *trail, const struct steps *steps, int64_t log_bytes)
{
	buf_str(body, "{\"views\":[");
	for (int v = 0; v < mark_count; v++) {
		buf_str(body, v ? ",[" : "[");
		buf_int(body, marks[v].at);
		buf_char(body, ',');
		buf_int(body, marks[v].epoch);
		buf_char(body, ']');
	}
	buf_str(body, "],\"bytes\":");
	buf_int(body, log_bytes);
	buf_str(body, ",\"objects\":[");
	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		if (object != doc_first(doc))
			buf_char(body, ',');
		object_write(body, object, ~(field_mask)0);
	}
	/* In a line of its own: history wants the document only, and stores drop the rest of old snapshots. */
	buf_str(body, "]}\n{\"trail\":");
	trail_write(body, trail);
	buf_str(body, ",\"steps\":");
	steps_write(body, steps);
	buf_char(body, '}');
}

static bool mark_read(const cJSON *pair, int n, int64_t *out)
{
	const cJSON *json = cJSON_GetArrayItem(pair, n);
	if (!cJSON_IsNumber(json) || !(json->valuedouble >= 0 && json->valuedouble <= (double)JSON_INT_MAX))
		return false;
	*out = (int64_t)json->valuedouble;
	return true;
}

static bool marks_read(const cJSON *views, struct view_mark *marks, int mark_count)
{
	if (cJSON_GetArraySize(views) != mark_count)
		return false;
	for (int v = 0; v < mark_count; v++) {
		const cJSON *pair = cJSON_GetArrayItem(views, v);
		if (!mark_read(pair, 0, &marks[v].at) || !mark_read(pair, 1, &marks[v].epoch))
			return false;
	}
	return true;
}

/* The second line. What is not there is no fault; what is there must make sense. */
static bool past_read(const char *line, size_t n, struct trail **trail, struct steps **steps)
{
	cJSON *json = cJSON_ParseWithLength(line, n);
	const cJSON *trail_json = cJSON_GetObjectItemCaseSensitive(json, "trail"), *steps_json = cJSON_GetObjectItemCaseSensitive(json, "steps");
	bool good = cJSON_IsObject(json);
	if (good && trail_json)
		good = (*trail = trail_read(trail_json)) != NULL;
	if (good && steps_json)
		good = (*steps = steps_read(steps_json)) != NULL;
	cJSON_Delete(json);
	return good;
}

static bool objects_read(const char *line, size_t n, struct doc *doc, struct view_mark *marks, int mark_count, int64_t *log_bytes)
{
	cJSON *json = cJSON_ParseWithLength(line, n);
	const cJSON *item, *objects = cJSON_GetObjectItemCaseSensitive(json, "objects");
	if (log_bytes && !json_int(json, "bytes", 0, JSON_INT_MAX, log_bytes))
		*log_bytes = 0; /* from before it was written */
	bool good = cJSON_IsArray(objects) && marks_read(cJSON_GetObjectItemCaseSensitive(json, "views"), marks, mark_count);
	cJSON_ArrayForEach(item, objects)
	{
		struct op op;
		if (!good || !(good = op_read_object(item, &op)))
			break;
		doc_apply(doc, &op);
	}
	cJSON_Delete(json);
	return good;
}

bool record_read_snapshot(const char *body, size_t n, struct doc *doc, struct view_mark *marks, int mark_count, struct trail **trail, struct steps **steps, int64_t *log_bytes)
{
	const char *newline = memchr(body, '\n', n);
	size_t line = newline ? (size_t)(newline - body) : n;
	if (!is_text(body, n) || !objects_read(body, line, doc, marks, mark_count, log_bytes))
		return false;
	return !newline || !trail || line + 1 == n || past_read(newline + 1, n - line - 1, trail, steps);
}
