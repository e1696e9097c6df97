#include "server/room/record.h"
#include "proto/json.h"
#include "proto/text.h"
#include <assert.h>
#include <string.h>

static int fields_write(struct buf *body, const struct op *op, struct record_text *texts)
{
	const struct kind_spec *spec = &kind_specs[op->kind];
	int count = 0;
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
		if (field_type_is_typed(spec->fields[f].type) && value->n) {
			texts[count] = (struct record_text){ value->s, value->n };
			buf_str(body, "{\"$\":");
			buf_int(body, count++);
			buf_char(body, '}');
		} else if (field_type_is_string(spec->fields[f].type)) {
			buf_json_string(body, value->s, value->n);
		} else if (spec->fields[f].type == FIELD_BOOL) {
			buf_str(body, value->i ? "true" : "false");
		} else {
			buf_int(body, value->i);
		}
	}
	buf_char(body, '}');
	return count;
}

int record_write(struct buf *body, const struct op *op, struct record_text *texts)
{
	assert(op->type != OP_TEXT);
	buf_str(body, "{\"op\":\"");
	buf_str(body, op_names[op->type]);
	buf_str(body, "\",\"id\":\"");
	buf_str(body, op->id);
	buf_str(body, "\",\"kind\":\"");
	buf_str(body, kind_specs[op->kind].name);
	buf_char(body, '"');
	int count = op->type == OP_DEL ? 0 : fields_write(body, op, texts);
	buf_char(body, '}');
	return count;
}

/* What comes out of a store goes on to clients, for whom broken UTF-8 is the end of the connection. */
static bool is_text(const char *s, size_t n)
{
	return text_measure(s, n) >= 0;
}

/* Puts the words back in place of {"$":n}. */
static bool join_texts(cJSON *json, const struct record_text *texts, size_t text_count)
{
	cJSON *fields = cJSON_GetObjectItemCaseSensitive(json, "fields"), *next;
	for (cJSON *item = cJSON_IsObject(fields) ? fields->child : NULL; item; item = next) {
		next = item->next;
		if (!cJSON_IsObject(item))
			continue;
		const cJSON *n = cJSON_GetObjectItemCaseSensitive(item, "$");
		if (!cJSON_IsNumber(n) || n->valuedouble < 0 || n->valuedouble >= (double)text_count)
			return false;
		const struct record_text *text = &texts[(size_t)n->valuedouble];
		char name[64];
		if (strlen(item->string) >= sizeof name || !is_text(text->s, text->n))
			return false;
		strcpy(name, item->string);
		if (!cJSON_ReplaceItemInObjectCaseSensitive(fields, name, cJSON_CreateStringReference(text->s)))
			return false;
	}
	return true;
}

cJSON *record_read(const char *body, size_t n, const struct record_text *texts, size_t text_count, const struct doc *doc, struct op *op)
{
	cJSON *json = is_text(body, n) ? cJSON_ParseWithLength(body, n) : NULL;
	if (json && join_texts(json, texts, text_count) && op_read(json, doc, op) && op->type != OP_TEXT)
		return json;
	cJSON_Delete(json);
	return NULL;
}

void record_write_snapshot(struct buf *body, const struct doc *doc, const struct view_mark *marks, int mark_count)
{
	buf_str(body, "{\"views\":[");
	for (int v = 0; v < mark_count; v++) {
		buf_str(body, v ? ",[" : "[");
		buf_int(body, marks[v].at);
		buf_char(body, ',');
		buf_int(body, marks[v].epoch);
		buf_char(body, ']');
	}
	buf_str(body, "],\"objects\":[");
	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		if (object != doc_first(doc))
			buf_char(body, ',');
		object_write(body, object, ~(field_mask)0);
	}
	buf_str(body, "]}");
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

bool record_read_snapshot(const char *body, size_t n, struct doc *doc, struct view_mark *marks, int mark_count)
{
	cJSON *json = is_text(body, n) ? cJSON_ParseWithLength(body, n) : NULL;
	const cJSON *item, *objects = cJSON_GetObjectItemCaseSensitive(json, "objects");
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
