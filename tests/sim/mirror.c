#include "tests/sim/mirror.h"
#include "tests/sim/sim.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void mirror_clear(struct mirror *mirror)
{
	struct thing *thing, *next;
	HASH_ITER(hh, mirror->things, thing, next)
		mirror_del(mirror, thing);
}

struct thing *mirror_find(const struct mirror *mirror, const char *id)
{
	struct thing *thing;
	HASH_FIND_STR(mirror->things, id, thing);
	return thing;
}

bool json_is_zero(const cJSON *value)
{
	if (cJSON_IsString(value))
		return !*value->valuestring;
	return !cJSON_IsTrue(value) && !(cJSON_IsNumber(value) && value->valuedouble != 0);
}

struct digest fields_digest(const char *id, const char *kind, const cJSON *fields)
{
	struct digest sum = digest_object(id, kind);
	const cJSON *field;
	cJSON_ArrayForEach(field, fields)
	{
		if (json_is_zero(field))
			continue;
		if (cJSON_IsString(field))
			digest_add(&sum, digest_string(id, field->string, field->valuestring));
		else if (cJSON_IsNumber(field))
			digest_add(&sum, digest_int(id, field->string, (int64_t)field->valuedouble));
		else
			digest_add(&sum, digest_bool(id, field->string, true));
	}
	return sum;
}

static void resum(struct mirror *mirror, struct thing *thing)
{
	digest_sub(&mirror->sum, thing->sum);
	thing->sum = fields_digest(thing->id, thing->kind, thing->fields);
	digest_add(&mirror->sum, thing->sum);
}

void mirror_set(struct mirror *mirror, struct thing *thing, const cJSON *fields)
{
	const cJSON *field;
	cJSON_ArrayForEach(field, fields)
	{
		cJSON_DeleteItemFromObjectCaseSensitive(thing->fields, field->string);
		if (!json_is_zero(field))
			cJSON_AddItemToObject(thing->fields, field->string, cJSON_Duplicate(field, true));
	}
	resum(mirror, thing);
}

void mirror_del(struct mirror *mirror, struct thing *thing)
{
	digest_sub(&mirror->sum, thing->sum);
	HASH_DEL(mirror->things, thing);
	cJSON_Delete(thing->fields);
	free(thing);
}

struct thing *mirror_put(struct mirror *mirror, const char *id, const char *kind, const cJSON *fields)
{
	struct thing *thing = mirror_find(mirror, id);
	if (thing)
		mirror_del(mirror, thing);
	thing = sim_alloc(sizeof *thing);
	strncpy(thing->id, id, sizeof thing->id - 1);
	strncpy(thing->kind, kind, sizeof thing->kind - 1);
	thing->fields = cJSON_CreateObject();
	HASH_ADD_STR(mirror->things, id, thing);
	mirror_set(mirror, thing, fields);
	return thing;
}

static const char *str(const cJSON *json, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
	return s ? s : "";
}

bool mirror_apply_object(struct mirror *mirror, const cJSON *object)
{
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(object, "fields");
	if (!*str(object, "id") || !*str(object, "kind") || !cJSON_IsObject(fields))
		return false;
	mirror_put(mirror, str(object, "id"), str(object, "kind"), fields);
	return true;
}

/* Bytes of the first `count` code points, SIZE_MAX when there are fewer. */
static size_t bytes_of(const char *text, double count)
{
	size_t n = 0;
	for (; count >= 1; count--) {
		if (!text[n])
			return SIZE_MAX;
		do
			n++;
		while (((unsigned char)text[n] & 0xc0) == 0x80);
	}
	return n;
}

bool mirror_edit(const char *text, const cJSON *edit, struct buf *out, struct buf *removed)
{
	const cJSON *part;
	int last = 0;
	if (!cJSON_IsArray(edit))
		return false;
	cJSON_ArrayForEach(part, edit)
	{
		const cJSON *d = cJSON_GetObjectItemCaseSensitive(part, "d"), *count = cJSON_IsNumber(part) ? part : d;
		int type = cJSON_IsString(part) ? 1 : cJSON_IsNumber(part) ? 2 : 3;
		if (type == last || (type == 1 ? !*part->valuestring : !cJSON_IsNumber(count) || count->valuedouble < 1))
			return false;
		last = type;
		if (type == 1) {
			buf_str(out, part->valuestring);
			continue;
		}
		size_t n = bytes_of(text, count->valuedouble);
		if (n == SIZE_MAX)
			return false;
		if (type == 2)
			buf_add(out, text, n);
		else if (removed)
			buf_add(removed, text, n);
		text += n;
	}
	buf_str(out, text);
	return last != 2;
}

static bool apply_edit(struct mirror *mirror, struct thing *thing, const cJSON *op)
{
	const char *field = str(op, "field");
	const cJSON *rev = cJSON_GetObjectItemCaseSensitive(op, "rev");
	struct buf text = { 0 };
	bool good = !strcmp(field, "text") && cJSON_IsNumber(rev) && rev->valuedouble == (double)thing_int(thing, "rev") + 1 && mirror_edit(str(thing->fields, field), cJSON_GetObjectItemCaseSensitive(op, "edit"), &text, NULL);
	if (good) {
		cJSON *fields = cJSON_CreateObject();
		cJSON_AddStringToObject(fields, field, buf_cstr(&text));
		cJSON_AddNumberToObject(fields, "rev", rev->valuedouble);
		mirror_set(mirror, thing, fields);
		cJSON_Delete(fields);
	}
	buf_release(&text);
	return good;
}

bool mirror_apply(struct mirror *mirror, const cJSON *op)
{
	const char *type = str(op, "op");
	struct thing *thing = mirror_find(mirror, str(op, "id"));
	if (!strcmp(type, "put")) {
		if (!mirror_apply_object(mirror, op))
			return false;
		mirror_find(mirror, str(op, "id"))->is_live = true;
		return true;
	}
	if (!thing)
		return false;
	if (!strcmp(type, "set"))
		mirror_set(mirror, thing, cJSON_GetObjectItemCaseSensitive(op, "fields"));
	else if (!strcmp(type, "del"))
		mirror_del(mirror, thing);
	else
		return !strcmp(type, "text") && apply_edit(mirror, thing, op);
	return true;
}

const char *thing_str(const struct thing *thing, const char *field)
{
	return str(thing->fields, field);
}

int64_t thing_int(const struct thing *thing, const char *field)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(thing->fields, field);
	return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : cJSON_IsTrue(value);
}
