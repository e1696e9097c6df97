/* Objects live in a uthash table, which also keeps them in the order they came. Each string value is one allocation of the object's; a classroom's documents are
 * small (10,000 objects at most), so simplicity won over an arena that would have to be compacted under edits. */
#include "proto/doc.h"
#include "proto/json.h"
#include "proto/text.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct doc {
	struct object *objects;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static const struct field_spec *field_of(enum kind kind, int field)
{
	return &kind_specs[kind].fields[field];
}

static void value_release(enum field_type type, struct value *value)
{
	if (field_type_is_string(type) && value->n)
		free((char *)value->s);
	*value = (struct value){ .s = "" };
}

static void value_copy(enum field_type type, struct value *to, const struct value *from)
{
	if (!field_type_is_string(type)) {
		*to = (struct value){ .s = "", .i = from->i };
		return;
	}
	char *s = NULL;
	if (from->n) {
		s = must(malloc(from->n + 1));
		memcpy(s, from->s, from->n);
		s[from->n] = 0;
	}
	value_release(type, to); /* only now: `from` may be this very value */
	if (s)
		*to = (struct value){ .s = s, .n = from->n };
}

static void object_clear(struct object *object)
{
	const struct kind_spec *spec = &kind_specs[object->kind];
	for (int f = 0; f < spec->field_count; f++)
		value_release(spec->fields[f].type, &object->values[f]);
}

static void object_free(struct object *object)
{
	object_clear(object);
	free(object);
}

struct doc *doc_new(void)
{
	return must(calloc(1, sizeof(struct doc)));
}

void doc_clear(struct doc *doc)
{
	struct object *object, *tmp;
	HASH_ITER(hh, doc->objects, object, tmp)
	{
		HASH_DEL(doc->objects, object);
		object_free(object);
	}
}

void doc_free(struct doc *doc)
{
	if (!doc)
		return;
	doc_clear(doc);
	free(doc);
}

struct object *doc_find(const struct doc *doc, const char *id)
{
	struct object *object;
	HASH_FIND_STR(doc->objects, id, object);
	return object;
}

struct object *doc_first(const struct doc *doc)
{
	return doc->objects;
}

struct object *object_next(const struct object *object)
{
	return object->hh.next;
}

size_t doc_count(const struct doc *doc)
{
	return HASH_COUNT(doc->objects);
}

static struct object *object_new(enum kind kind, const char *id)
{
	int fields = kind_specs[kind].field_count;
	struct object *object = must(calloc(1, sizeof *object + sizeof(struct value) * (size_t)fields));
	object->kind = kind;
	strcpy(object->id, id);
	for (int f = 0; f < fields; f++)
		object->values[f].s = "";
	return object;
}

static void set_fields(struct object *object, const struct op *op)
{
	const struct kind_spec *spec = &kind_specs[object->kind];
	for (int f = 0; f < spec->field_count; f++)
		if (op->mask & (1u << f))
			value_copy(spec->fields[f].type, &object->values[f], &op->values[f]);
}

static void put(struct doc *doc, struct object *old, const struct op *op)
{
	if (old && old->kind != op->kind) {
		HASH_DEL(doc->objects, old);
		object_free(old);
		old = NULL;
	}
	struct object *object = object_new(op->kind, op->id);
	set_fields(object, op);
	if (!old) {
		HASH_ADD_STR(doc->objects, id, object);
		return;
	}
	/* In place, so that the order stays; and only now, because `op` may borrow from what it replaces. */
	object_clear(old);
	memcpy(old->values, object->values, sizeof(struct value) * (size_t)kind_specs[old->kind].field_count);
	free(object);
}

static void edit_field(struct object *object, const struct op *op)
{
	int field = __builtin_ctz(op->mask);
	struct value *value = &object->values[field];
	struct text_edit edit = { 0 };
	struct buf out = { 0 };
	if (text_edit_read(op->edit, &edit) == TEXT_OK && text_edit_check(&edit, text_measure(value->s, value->n)) == TEXT_OK) {
		text_apply(value->s, value->n, &edit, &out);
		value_copy(field_of(object->kind, field)->type, value, &(struct value){ .s = buf_cstr(&out), .n = out.n });
		object->values[field_of(object->kind, field)->rev].i = op->rev;
	}
	buf_release(&out);
	text_edit_release(&edit);
}

void doc_apply(struct doc *doc, const struct op *op)
{
	struct object *object = doc_find(doc, op->id);
	switch (op->type) {
	case OP_NONE:
		break;
	case OP_PUT:
		put(doc, object, op);
		break;
	case OP_SET:
		if (object)
			set_fields(object, op);
		break;
	case OP_TEXT:
		if (object)
			edit_field(object, op);
		break;
	case OP_DEL:
		if (object) {
			HASH_DEL(doc->objects, object);
			object_free(object);
		}
		break;
	}
}

bool value_is_zero(enum field_type type, const struct value *value)
{
	return field_type_is_string(type) ? value->n == 0 : value->i == 0;
}

field_mask object_mask(const struct object *object)
{
	const struct kind_spec *spec = &kind_specs[object->kind];
	field_mask mask = 0;
	for (int f = 0; f < spec->field_count; f++)
		if (!value_is_zero(spec->fields[f].type, &object->values[f]))
			mask |= 1u << f;
	return mask;
}

enum kind kind_by_name(const char *name)
{
	for (int k = 1; k < KIND_COUNT; k++)
		if (!strcmp(kind_specs[k].name, name))
			return (enum kind)k;
	return KIND_NONE;
}

enum role role_by_name(const char *name)
{
	for (int r = 1; r < ROLE_COUNT; r++)
		if (!strcmp(role_names[r], name))
			return (enum role)r;
	return ROLE_NONE;
}

enum command command_by_name(const char *name)
{
	for (int c = 1; c < CMD_COUNT; c++)
		if (!strcmp(command_specs[c].name, name))
			return (enum command)c;
	return CMD_NONE;
}

bool role_is_staff(enum role role)
{
	return role == ROLE_OWNER || role == ROLE_INSTRUCTOR;
}

int kind_field(enum kind kind, const char *name)
{
	const struct kind_spec *spec = &kind_specs[kind];
	for (int f = 0; f < spec->field_count; f++)
		if (!strcmp(spec->fields[f].name, name))
			return f;
	return -1;
}

void op_init(struct op *op, enum op_type type, enum kind kind, const char *id)
{
	assert(strlen(id) < OBJECT_ID_CAP);
	*op = (struct op){ .type = type, .kind = kind };
	strcpy(op->id, id);
	for (int f = 0; f < FIELDS_MAX; f++)
		op->values[f].s = "";
}

void op_str(struct op *op, int field, const char *s)
{
	assert(field_type_is_string(field_of(op->kind, field)->type));
	op->mask |= 1u << field;
	op->values[field] = (struct value){ .s = s, .n = strlen(s) };
}

void op_int(struct op *op, int field, int64_t i)
{
	assert(!field_type_is_string(field_of(op->kind, field)->type));
	op->mask |= 1u << field;
	op->values[field] = (struct value){ .s = "", .i = i };
}

static void value_write(struct buf *out, enum field_type type, const struct value *value)
{
	if (field_type_is_string(type))
		buf_json_string(out, value->s, value->n);
	else if (type == FIELD_BOOL)
		buf_str(out, value->i ? "true" : "false");
	else
		buf_int(out, value->i);
}

/* `keep_zero`: a set must be able to clear a field, an object simply leaves it out. */
static void fields_write(struct buf *out, enum kind kind, const struct value *values, field_mask mask, bool keep_zero)
{
	const struct kind_spec *spec = &kind_specs[kind];
	bool any = false;
	buf_str(out, "\"fields\":{");
	for (int f = 0; f < spec->field_count; f++) {
		bool zero = value_is_zero(spec->fields[f].type, &values[f]);
		if (!(mask & (1u << f)) || (zero && !keep_zero))
			continue;
		if (any)
			buf_char(out, ',');
		any = true;
		buf_json_string(out, spec->fields[f].name, strlen(spec->fields[f].name));
		buf_char(out, ':');
		if (zero)
			buf_str(out, "null");
		else
			value_write(out, spec->fields[f].type, &values[f]);
	}
	buf_char(out, '}');
}

const char *const op_names[] = { [OP_PUT] = "put", [OP_SET] = "set", [OP_TEXT] = "text", [OP_DEL] = "del" };

static void write_edit(struct buf *out, const struct op *op, enum kind kind)
{
	buf_str(out, ",\"field\":\"");
	buf_str(out, field_of(kind, __builtin_ctz(op->mask))->name);
	buf_str(out, "\",\"rev\":");
	buf_int(out, op->rev);
	buf_str(out, ",\"edit\":");
	json_write(out, op->edit);
}

void op_write(struct buf *out, const struct op *op, enum kind kind, field_mask mask)
{
	buf_str(out, "{\"op\":\"");
	buf_str(out, op_names[op->type]);
	buf_str(out, "\",\"id\":\"");
	buf_str(out, op->id);
	buf_char(out, '"');
	if (op->type == OP_PUT) {
		buf_str(out, ",\"kind\":\"");
		buf_str(out, kind_specs[kind].name);
		buf_char(out, '"');
	}
	if (op->type == OP_TEXT) {
		write_edit(out, op, kind);
	} else if (op->type != OP_DEL) {
		buf_char(out, ',');
		fields_write(out, kind, op->values, mask & op->mask, op->type == OP_SET);
	}
	buf_char(out, '}');
}

void object_write(struct buf *out, const struct object *object, field_mask mask)
{
	buf_str(out, "{\"id\":\"");
	buf_str(out, object->id);
	buf_str(out, "\",\"kind\":\"");
	buf_str(out, kind_specs[object->kind].name);
	buf_str(out, "\",");
	fields_write(out, object->kind, object->values, mask, false);
	buf_char(out, '}');
}

/* The wire's JSON has been checked by then (proto/json.h), what comes out of a store has not. */
static bool int_read(const cJSON *json, int64_t *out)
{
	if (!cJSON_IsNumber(json) || !(json->valuedouble >= -(double)JSON_INT_MAX && json->valuedouble <= (double)JSON_INT_MAX))
		return false;
	*out = (int64_t)json->valuedouble;
	return (double)*out == json->valuedouble;
}

static bool value_read(const cJSON *json, enum field_type type, struct value *value)
{
	*value = (struct value){ .s = "" };
	if (cJSON_IsNull(json))
		return true;
	if (field_type_is_string(type)) {
		if (!cJSON_IsString(json))
			return false;
		*value = (struct value){ .s = json->valuestring, .n = strlen(json->valuestring) };
		return true;
	}
	if (type == FIELD_BOOL) {
		value->i = cJSON_IsTrue(json);
		return cJSON_IsBool(json);
	}
	return int_read(json, &value->i);
}

static bool fields_read(const cJSON *json, struct op *op)
{
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(json, "fields"), *item;
	if (!cJSON_IsObject(fields))
		return false;
	cJSON_ArrayForEach(item, fields)
	{
		int f = kind_field(op->kind, item->string);
		if (f < 0)
			continue;
		if (!value_read(item, field_of(op->kind, f)->type, &op->values[f]))
			return false;
		op->mask |= 1u << f;
	}
	return true;
}

static const char *string_at(const cJSON *json, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
	return s ? s : "";
}

/* Characters of base64url, and the dot before a suffix: nothing that JSON would have to escape, since ids are written as they are. */
static bool is_object_id(const char *id)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
	return n && n < OBJECT_ID_CAP && !id[n];
}

bool op_read_object(const cJSON *json, struct op *op)
{
	const char *id = string_at(json, "id");
	enum kind kind = kind_by_name(string_at(json, "kind"));
	if (!is_object_id(id) || kind == KIND_NONE)
		return false;
	op_init(op, OP_PUT, kind, id);
	return fields_read(json, op);
}

static bool edit_read(const cJSON *json, struct op *op)
{
	int field = kind_field(op->kind, string_at(json, "field"));
	if (field < 0 || field_of(op->kind, field)->rev < 0 || !int_read(cJSON_GetObjectItemCaseSensitive(json, "rev"), &op->rev))
		return false;
	op->mask = 1u << field;
	op->edit = cJSON_GetObjectItemCaseSensitive(json, "edit");
	return cJSON_IsArray(op->edit);
}

bool op_read(const cJSON *json, const struct doc *doc, struct op *op)
{
	const char *name = string_at(json, "op"), *id = string_at(json, "id");
	if (!strcmp(name, "put"))
		return op_read_object(json, op);
	if (!is_object_id(id))
		return false;
	const struct object *object = doc_find(doc, id);
	if (!object)
		return false;
	if (!strcmp(name, "del")) {
		op_init(op, OP_DEL, object->kind, id);
		return true;
	}
	if (!strcmp(name, "text")) {
		op_init(op, OP_TEXT, object->kind, id);
		return edit_read(json, op);
	}
	if (strcmp(name, "set") != 0)
		return false;
	op_init(op, OP_SET, object->kind, id);
	return fields_read(json, op);
}

static struct digest value_digest(const char *id, const struct field_spec *field, const struct value *value)
{
	if (field_type_is_string(field->type))
		return digest_field(id, field->name, DIGEST_STRING, value->s, value->n);
	return field->type == FIELD_BOOL ? digest_bool(id, field->name, value->i) : digest_int(id, field->name, value->i);
}

struct digest object_fields_digest(const struct object *object, field_mask mask)
{
	const struct kind_spec *spec = &kind_specs[object->kind];
	struct digest sum = { 0, 0 };
	for (int f = 0; f < spec->field_count; f++)
		if ((mask & (1u << f)) && !value_is_zero(spec->fields[f].type, &object->values[f]))
			digest_add(&sum, value_digest(object->id, &spec->fields[f], &object->values[f]));
	return sum;
}

struct digest object_digest(const struct object *object, field_mask mask)
{
	struct digest sum = digest_object(object->id, kind_specs[object->kind].name);
	digest_add(&sum, object_fields_digest(object, mask));
	return sum;
}

void op_of_object(struct op *op, const struct object *object)
{
	int fields = kind_specs[object->kind].field_count;
	op_init(op, OP_PUT, object->kind, object->id);
	op->mask = fields ? (field_mask)((UINT64_C(1) << fields) - 1) : 0;
	memcpy(op->values, object->values, sizeof(struct value) * (size_t)fields);
}
