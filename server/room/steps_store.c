/* The stored form of the steps, part of a snapshot (record.c): what cannot be had from the log any more, once its beginning is gone.
 *
 *     {"number":…,"members":[{"id":…,"undo":[<step>…],"redo":[…]}…],"writers":[{"id":…,"by":[["<member>",<number>]…]}…]}
 *
 * with each step as
 *
 *     {"cmd":…,"at":…,"open":true,"changes":[{"is":"text","id":…,"kind":…,"n":…,"field":…,"inverse":[…],"pending":[…],"recent":[…]},{"is":"set",…,"was":{…},"became":{…}}…]}
 *
 * What is read comes from a disk, so nothing is taken for granted. */
#include "server/room/steps_internal.h"
#include "proto/json.h"

static const char *const change_names[] = { [CHANGE_TEXT] = "text", [CHANGE_SET] = "set", [CHANGE_MADE] = "made", [CHANGE_WHOLE] = "whole" };
enum { CHANGE_TYPES = sizeof change_names / sizeof *change_names };

/* ---- writing ---- */

static void write_string(struct buf *out, const char *s)
{
	buf_json_string(out, s, strlen(s));
}

/* ,"key":{…}; nothing for NULL. */
static void write_shade(struct buf *out, const char *key, enum kind kind, const struct shade *shade)
{
	const char *comma = "";
	if (!shade)
		return;
	buf_char(out, ',');
	write_string(out, key);
	buf_str(out, ":{");
	for (int f = 0; f < kind_specs[kind].field_count; f++) {
		if (!(shade->mask & (1u << f)))
			continue;
		const struct value *value = shade_value(shade, f);
		buf_str(out, comma);
		write_string(out, kind_specs[kind].fields[f].name);
		buf_char(out, ':');
		if (field_type_is_string(kind_specs[kind].fields[f].type))
			buf_json_string(out, value->s, value->n);
		else
			buf_int(out, value->i);
		comma = ",";
	}
	buf_char(out, '}');
}

static void write_change(struct buf *out, const struct change *change)
{
	buf_str(out, "{\"is\":");
	write_string(out, change_names[change->type]);
	buf_str(out, ",\"id\":");
	write_string(out, change->id);
	buf_str(out, ",\"kind\":");
	write_string(out, kind_specs[change->kind].name);
	buf_str(out, ",\"n\":");
	buf_int(out, change->number);
	write_shade(out, "was", change->kind, change->was);
	write_shade(out, "became", change->kind, change->became);
	if (change->type == CHANGE_TEXT) {
		buf_str(out, ",\"field\":");
		write_string(out, kind_specs[change->kind].fields[change->field].name);
		buf_str(out, ",\"inverse\":");
		text_edit_write(out, &change->inverse);
		buf_str(out, ",\"pending\":");
		text_edit_write(out, &change->pending);
		buf_str(out, ",\"recent\":");
		text_edit_write(out, &change->recent);
	}
	buf_char(out, '}');
}

static void write_step(struct buf *out, const struct step *step)
{
	const char *comma = "";
	buf_str(out, "{\"cmd\":");
	write_string(out, command_specs[step->command].name);
	buf_str(out, ",\"at\":");
	buf_int(out, step->at_ms);
	buf_str(out, step->open ? ",\"open\":true,\"changes\":[" : ",\"open\":false,\"changes\":[");
	for (size_t i = 0; i < step->n; i++) {
		if (step->changes[i]->type == CHANGE_NONE)
			continue;
		buf_str(out, comma);
		write_change(out, step->changes[i]);
		comma = ",";
	}
	buf_str(out, "]}");
}

static void write_stack(struct buf *out, const struct stack *stack)
{
	buf_char(out, '[');
	for (size_t i = 0; i < stack->n; i++) {
		if (i)
			buf_char(out, ',');
		write_step(out, stack->steps[i]);
	}
	buf_char(out, ']');
}

static void write_writers(struct buf *out, const struct writers *writers)
{
	buf_str(out, "{\"id\":");
	write_string(out, writers->id);
	buf_str(out, ",\"by\":[");
	for (size_t i = 0; i < writers->n; i++) {
		buf_str(out, i ? ",[" : "[");
		write_string(out, writers->by[i].member);
		buf_char(out, ',');
		buf_int(out, writers->by[i].number);
		buf_char(out, ']');
	}
	buf_str(out, "]}");
}

void steps_write(struct buf *out, const struct steps *steps)
{
	buf_str(out, "{\"number\":");
	buf_int(out, steps->number);
	buf_str(out, ",\"members\":[");
	for (const struct member *member = steps->members; member; member = member->hh.next) {
		buf_str(out, member == steps->members ? "{\"id\":" : ",{\"id\":");
		write_string(out, member->id);
		buf_str(out, ",\"undo\":");
		write_stack(out, &member->undo);
		buf_str(out, ",\"redo\":");
		write_stack(out, &member->redo);
		buf_char(out, '}');
	}
	buf_str(out, "],\"writers\":[");
	for (const struct writers *writers = steps->writers; writers; writers = writers->hh.next) {
		if (writers != steps->writers)
			buf_char(out, ',');
		write_writers(out, writers);
	}
	buf_str(out, "]}");
}

/* ---- reading ---- */

static const cJSON *at(const cJSON *json, const char *key)
{
	return cJSON_IsObject(json) ? cJSON_GetObjectItemCaseSensitive(json, key) : NULL;
}

/* An id of an object or a member, borrowed; NULL if it is none. */
static const char *read_id(const cJSON *json)
{
	const char *id = cJSON_GetStringValue(json);
	size_t n = id ? strlen(id) : 0;
	return n && n < OBJECT_ID_CAP && text_measure(id, n) >= 0 ? id : NULL;
}

static bool read_value(const cJSON *json, enum field_type type, struct value *value)
{
	*value = (struct value){ .s = "" };
	if (!field_type_is_string(type))
		return json_whole(json, &value->i) && (type != FIELD_BOOL || value->i == 0 || value->i == 1);
	if (!cJSON_IsString(json))
		return false;
	*value = (struct value){ .s = json->valuestring, .n = strlen(json->valuestring) };
	return text_measure(value->s, value->n) >= 0;
}

static struct shade *read_shade(const cJSON *json, enum kind kind)
{
	struct value values[FIELDS_MAX];
	field_mask mask = 0;
	const cJSON *item;
	if (!cJSON_IsObject(json))
		return NULL;
	for (int f = 0; f < FIELDS_MAX; f++)
		values[f] = (struct value){ .s = "" };
	cJSON_ArrayForEach(item, json)
	{
		int f = kind_field(kind, item->string);
		if (f < 0 || (mask & (1u << f)) || !read_value(item, kind_specs[kind].fields[f].type, &values[f]))
			return NULL;
		mask |= 1u << f;
	}
	return shade_new(mask, values);
}

static bool read_shape(const cJSON *json, struct text_edit *out)
{
	struct text_edit edit = { 0 }, shape = { 0 };
	bool good = text_edit_read(json, &edit) == TEXT_OK;
	edit_shape(&edit, &shape);
	edit_keep(out, &shape);
	text_edit_release(&edit);
	return good;
}

static bool read_text_change(const cJSON *json, struct steps *steps, struct change *change)
{
	const char *name = cJSON_GetStringValue(at(json, "field"));
	struct text_edit edit = { 0 };
	change->field = name ? kind_field(change->kind, name) : -1;
	bool good = change->field >= 0 && kind_specs[change->kind].fields[change->field].rev >= 0;
	good = good && text_edit_read(at(json, "inverse"), &edit) == TEXT_OK && text_edit_is_invertible(&edit);
	edit_keep(&change->inverse, &edit);
	good = good && read_shape(at(json, "pending"), &change->pending) && read_shape(at(json, "recent"), &change->recent);
	if (good)
		chain_push(steps, change);
	return good;
}

static bool read_shades(const cJSON *json, struct change *change)
{
	change->was = read_shade(at(json, "was"), change->kind);
	change->became = read_shade(at(json, "became"), change->kind);
	if ((at(json, "was") && !change->was) || (at(json, "became") && !change->became))
		return false;
	if (change->type == CHANGE_MADE)
		return !change->was && !change->became && deleted_of(change->kind) >= 0;
	if (change->type == CHANGE_SET)
		return change->was && change->became && change->was->mask && change->was->mask == change->became->mask;
	field_mask all = all_fields(change->kind);
	return is_whole(change->kind) && (change->was || change->became) && (!change->was || change->was->mask == all) && (!change->became || change->became->mask == all);
}

static enum change_type change_by_name(const char *name)
{
	for (int type = CHANGE_TEXT; name && type < CHANGE_TYPES; type++)
		if (!strcmp(change_names[type], name))
			return (enum change_type)type;
	return CHANGE_NONE;
}

static bool read_change(const cJSON *json, struct steps *steps, struct stack *stack, struct step *step)
{
	enum change_type type = change_by_name(cJSON_GetStringValue(at(json, "is")));
	const char *id = read_id(at(json, "id")), *kind_name = cJSON_GetStringValue(at(json, "kind"));
	enum kind kind = kind_name ? kind_by_name(kind_name) : KIND_NONE;
	int64_t number;

	if (type == CHANGE_NONE || !id || kind == KIND_NONE || !json_whole(at(json, "n"), &number) || number < 0 || number > steps->number)
		return false;
	struct change *change = change_add(stack, step, CHANGE_NONE, kind, id); /* of no type, so that it can be freed, until it is whole */
	change->number = number;
	change->type = type;
	if (!(type == CHANGE_TEXT ? read_text_change(json, steps, change) : read_shades(json, change))) {
		change->type = CHANGE_NONE;
		return false;
	}
	change_weigh(change);
	return true;
}

static bool read_step(const cJSON *json, struct steps *steps, struct stack *stack)
{
	const char *name = cJSON_GetStringValue(at(json, "cmd"));
	enum command command = name ? command_by_name(name) : CMD_NONE;
	const cJSON *open = at(json, "open"), *changes = at(json, "changes"), *item;
	int64_t at_ms;

	if (command == CMD_NONE || !json_whole(at(json, "at"), &at_ms) || !cJSON_IsBool(open) || !cJSON_IsArray(changes))
		return false;
	struct step *step = stack_push(stack, command, at_ms);
	step->open = cJSON_IsTrue(open);
	cJSON_ArrayForEach(item, changes)
	{
		if (!read_change(item, steps, stack, step))
			return false;
	}
	return true;
}

static bool read_stack(const cJSON *json, struct steps *steps, struct stack *stack)
{
	const cJSON *item;
	if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) > STEPS_MAX)
		return false;
	cJSON_ArrayForEach(item, json)
	{
		if (!read_step(item, steps, stack))
			return false;
	}
	return true;
}

static bool read_member(const cJSON *json, struct steps *steps)
{
	const char *id = read_id(at(json, "id"));
	if (!id || member_find(steps, id))
		return false;
	struct member *member = member_need(steps, id);
	return read_stack(at(json, "undo"), steps, &member->undo) && read_stack(at(json, "redo"), steps, &member->redo);
}

static bool read_writers(const cJSON *json, struct steps *steps)
{
	const char *id = read_id(at(json, "id"));
	const cJSON *by = at(json, "by"), *pair;
	if (!id || writers_find(steps, id) || !cJSON_IsArray(by) || !by->child)
		return false;
	cJSON_ArrayForEach(pair, by)
	{
		const char *member = cJSON_IsArray(pair) ? read_id(pair->child) : NULL;
		int64_t number;
		if (!member || cJSON_GetArraySize(pair) != 2 || !json_whole(pair->child->next, &number) || number < 0 || number > steps->number)
			return false;
		wrote(steps, id, member, number);
	}
	return true;
}

static bool read_all(const cJSON *list, struct steps *steps, bool (*read)(const cJSON *, struct steps *))
{
	const cJSON *item;
	if (!cJSON_IsArray(list))
		return false;
	cJSON_ArrayForEach(item, list)
	{
		if (!read(item, steps))
			return false;
	}
	return true;
}

struct steps *steps_read(const cJSON *json)
{
	struct steps *steps = steps_new();
	if (json_whole(at(json, "number"), &steps->number) && steps->number >= 0 && read_all(at(json, "members"), steps, read_member) && read_all(at(json, "writers"), steps, read_writers))
		return steps;
	steps_free(steps);
	return NULL;
}
