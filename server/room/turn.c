#include "server/room/turn.h"
#include "proto/pos.h"
#include <stdlib.h>
#include <string.h>

/* ---- saying no, and what happened ---- */

void refuse(struct turn *turn, enum refusal code, const char *say)
{
	turn->decision->refused = true;
	turn->decision->why = (struct refused){ .code = code, .say = say };
}

void refuse_max(struct turn *turn, enum refusal code, const char *say, int64_t max)
{
	refuse(turn, code, say);
	turn->decision->why.max = max;
}

void refuse_value(struct turn *turn, const char *say, const char *field)
{
	refuse(turn, REFUSE_BAD_VALUE, say);
	turn->decision->why.field = field;
}

static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 8;
	array = realloc(array, *cap * size);
	if (!array)
		abort();
	return array;
}

struct op *add_op_into(struct decision *decision, size_t into, enum op_type type, enum kind kind, const char *id)
{
	decision->ops = grow(decision->ops, decision->op_count, &decision->op_cap, sizeof *decision->ops);
	struct decided *decided = &decision->ops[decision->op_count++];
	decided->into = into;
	op_init(&decided->op, type, kind, id);
	return &decided->op;
}

struct op *add_op(struct turn *turn, enum op_type type, enum kind kind, const char *id)
{
	return add_op_into(turn->decision, 0, type, kind, id);
}

struct op *set_op(struct turn *turn, const struct object *object)
{
	return add_op(turn, OP_SET, object->kind, object->id);
}

void set_str(struct turn *turn, const struct object *object, int field, const char *s)
{
	if (strcmp(object_str(object, field), s) != 0)
		op_str(set_op(turn, object), field, s);
}

void add_made_op(struct turn *turn, const struct op *op)
{
	*add_op(turn, op->type, op->kind, op->id) = *op;
}

static void answer_key(struct buf *result, const char *key)
{
	if (result->n)
		buf_char(result, ',');
	buf_json_string(result, key, strlen(key));
	buf_char(result, ':');
}

void answer_str(struct turn *turn, const char *key, const char *value)
{
	answer_key(&turn->decision->result, key);
	buf_json_string(&turn->decision->result, value, strlen(value));
}

void answer_ids(struct decision *decision, const char *key, const char *const *ids, size_t count)
{
	answer_key(&decision->result, key);
	buf_char(&decision->result, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(&decision->result, ',');
		buf_json_string(&decision->result, ids[i], strlen(ids[i]));
	}
	buf_char(&decision->result, ']');
}

void add_text_op(struct turn *turn, const struct object *object, int field, int64_t rev, const struct text_edit *edit)
{
	struct decision *decision = turn->decision;
	struct buf text = { 0 };
	text_edit_write(&text, edit);
	cJSON *tree = cJSON_ParseWithLength(text.s, text.n);
	buf_release(&text);
	if (!decision->edits)
		decision->edits = cJSON_CreateArray();
	if (!tree || !decision->edits)
		abort();
	cJSON_AddItemToArray(decision->edits, tree);
	struct op *op = add_op(turn, OP_TEXT, object->kind, object->id);
	op->mask = 1u << field;
	op->rev = rev;
	op->edit = tree;
}

/* ---- finding things ---- */

struct object *find(struct turn *turn, const char *id, enum kind kind)
{
	struct object *object = doc_find(turn->room->doc, id);
	if (object && object->kind == kind && view_can_see(turn->person->role, turn->person->member_id, object))
		return object;
	refuse(turn, REFUSE_NOT_FOUND, NULL);
	return NULL;
}

bool is_authors(const struct turn *turn, const struct object *object)
{
	return !strcmp(view_author(object), turn->person->member_id);
}

bool is_member(const struct turn *turn)
{
	return turn->person->role == ROLE_MEMBER;
}

bool is_state(const struct object *object, int field, const char *state)
{
	return !strcmp(object_str(object, field), state);
}

bool has_room(struct turn *turn, size_t count)
{
	if ((int64_t)(doc_count(turn->room->doc) + count) <= turn->room->objects_max)
		return true;
	refuse_max(turn, REFUSE_QUOTA, "quota.objects", turn->room->objects_max);
	return false;
}

bool is_free(struct turn *turn, const char *id)
{
	if (doc_find(turn->room->doc, id)) {
		refuse(turn, REFUSE_CONFLICT, "conflict.id");
		return false;
	}
	return has_room(turn, 1);
}

const char *derived_id(struct turn *turn, unsigned n)
{
	uint8_t bytes[ID_BYTES];
	char id[ID_CHARS + 1];
	for (int half = 0; half < 2; half++) {
		struct digest digest = digest_int(turn->request->id, half ? "b" : "a", n);
		memcpy(bytes + 8 * half, &digest.a, 4);
		memcpy(bytes + 8 * half + 4, &digest.b, 4);
	}
	id_encode(bytes, id);
	return arena_copy(&turn->decision->arena, id, ID_CHARS);
}

/* ---- order ---- */

static int pos_field(enum kind kind)
{
	return kind == KIND_POST ? POST_POS : kind == KIND_SECTION ? SECTION_POS : kind == KIND_NOTE ? NOTE_POS : kind == KIND_TEAM ? TEAM_POS : DOCUMENT_POS;
}

static bool is_in(const struct object *object, const char *group)
{
	int field = object->kind == KIND_POST ? POST_SECTION : object->kind == KIND_NOTE ? NOTE_BOX : -1;
	return field < 0 || !strcmp(object_str(object, field), group);
}

static bool is_among(const struct object *object, const struct object *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == object)
			return true;
	return false;
}

void find_gap(const struct room *room, enum kind kind, const struct object *before, const char *group, const struct object *const *moving, size_t count, const char **prev, const char **next)
{
	int field = pos_field(kind);
	*prev = NULL;
	*next = before ? object_str(before, field) : NULL;
	for (const struct object *o = doc_first(room->doc); o; o = object_next(o)) {
		if (o->kind != kind || !is_in(o, group) || is_among(o, moving, count))
			continue;
		const char *pos = object_str(o, field);
		if ((!*next || strcmp(pos, *next) < 0) && (!*prev || strcmp(pos, *prev) > 0))
			*prev = pos;
	}
}

const char *pos_new(struct turn *turn, const char *prev, const char *next)
{
	char pos[POS_CAP];
	if (pos_between(prev, next, pos, sizeof pos))
		return arena_copy(&turn->decision->arena, pos, strlen(pos));
	refuse(turn, REFUSE_QUOTA, "quota.objects"); /* a gap halved over a thousand times */
	return NULL;
}

const char *position(struct turn *turn, const struct object *self, enum kind kind, const struct object *before, const char *group)
{
	const char *prev, *next;
	find_gap(turn->room, kind, before, group, &self, self ? 1 : 0, &prev, &next);
	if (self && is_in(self, group)) {
		const char *own = object_str(self, pos_field(kind));
		if ((!prev || strcmp(prev, own) < 0) && (!next || strcmp(own, next) < 0))
			return own;
	}
	return pos_new(turn, prev, next);
}

/* ---- settings ---- */

void set_all(struct turn *turn, const struct object *object, const struct setting *settings, size_t count)
{
	const struct request *request = turn->request;
	struct op op;
	op_init(&op, OP_SET, object->kind, object->id);
	for (size_t i = 0; i < count; i++) {
		int arg = settings[i].arg, field = settings[i].field;
		if (!request_has(request, arg))
			continue;
		if (field_type_is_string(kind_specs[object->kind].fields[field].type)) {
			if (strcmp(request_str(request, arg), object_str(object, field)) != 0)
				op_str(&op, field, request_str(request, arg));
		} else if (request->args[arg].i != object_int(object, field)) {
			op_int(&op, field, request->args[arg].i);
		}
	}
	if (op.mask)
		add_made_op(turn, &op);
}

bool has_title(struct turn *turn, int arg)
{
	if (!request_has(turn->request, arg) || *request_str(turn->request, arg))
		return true;
	refuse_value(turn, NULL, "title");
	return false;
}

int deleted_field(enum kind kind)
{
	return kind_field(kind, "deleted");
}

bool is_live(const struct object *object)
{
	int field = deleted_field(object->kind);
	return field < 0 || !*object_str(object, field);
}

/* ---- lists in texts ---- */

bool next_item(const char **list, char separator, const char **item, size_t *n)
{
	while (**list == separator)
		++*list;
	const char *end = strchrnul(*list, separator);
	*item = *list;
	*n = (size_t)(end - *list);
	*list = end;
	return *n > 0;
}

bool has_item(const char *list, char separator, const char *item, size_t n)
{
	const char *other;
	size_t length;
	while (next_item(&list, separator, &other, &length))
		if (length == n && !memcmp(other, item, n))
			return true;
	return false;
}

const char *keep_text(struct arena *arena, struct buf *text)
{
	const char *copy = arena_copy(arena, buf_cstr(text), text->n);
	buf_release(text);
	return copy;
}
