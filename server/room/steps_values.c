/* What undo is made of, each on its own: edits of texts, the values of some fields (a *shade*), and what objects of a kind are like. */
#include "server/room/steps_internal.h"

/* ---- edits ---- */

void edit_keep(struct text_edit *to, struct text_edit *from)
{
	text_edit_release(to);
	if (!from->n) {
		text_edit_release(from);
		return;
	}
	*to = *from;
	*from = (struct text_edit){ 0 };
	to->parts = must(reallocarray(to->parts, to->n, sizeof *to->parts));
	to->cap = to->n;
	if (to->text.n) {
		to->text.s = must(realloc(to->text.s, to->text.n + 1));
		to->text.cap = to->text.n;
	} else {
		buf_release(&to->text);
	}
}

void edit_compose(struct text_edit *onto, const struct text_edit *edit)
{
	struct text_edit both = { 0 };
	if (!edit->n)
		return;
	text_compose(onto, edit, &both);
	edit_keep(onto, &both);
}

void edit_strip(const struct text_edit *edit, struct text_edit *out)
{
	text_edit_reset(out);
	for (size_t i = 0; i < edit->n; i++) {
		const struct text_component *part = &edit->parts[i];
		if (part->kind == TEXT_INSERT)
			text_edit_insert(out, edit->text.s + part->at, part->bytes);
		else if (part->kind == TEXT_DELETE)
			text_edit_delete(out, part->count);
		else
			text_edit_skip(out, part->count);
	}
	text_edit_trim(out);
}

void edit_shape(const struct text_edit *edit, struct text_edit *out)
{
	struct buf dots = { 0 };
	text_edit_reset(out);
	for (size_t i = 0; i < edit->n; i++) {
		const struct text_component *part = &edit->parts[i];
		if (part->kind == TEXT_INSERT) {
			while (dots.n < (size_t)part->count)
				buf_char(&dots, '.');
			text_edit_insert(out, dots.s, (size_t)part->count);
		} else if (part->kind == TEXT_DELETE) {
			text_edit_delete(out, part->count);
		} else {
			text_edit_skip(out, part->count);
		}
	}
	text_edit_trim(out);
	buf_release(&dots);
}

int64_t text_length(const struct value *text)
{
	int64_t count = 0;
	for (size_t i = 0; i < text->n; i++)
		count += ((unsigned char)text->s[i] & 0xC0) != 0x80;
	return count;
}

/* ---- values ---- */

static int bit_count(field_mask mask)
{
	return __builtin_popcount(mask);
}

const struct value *shade_value(const struct shade *shade, int field)
{
	assert(shade->mask & (1u << field));
	return &shade->values[bit_count(shade->mask & ((1u << field) - 1))];
}

struct shade *shade_new(field_mask mask, const struct value *values)
{
	size_t bytes = sizeof(struct shade) + sizeof(struct value) * (size_t)bit_count(mask), n = 0;
	for (int f = 0; f < FIELDS_MAX; f++)
		if (mask & (1u << f))
			bytes += values[f].n + 1;
	struct shade *shade = must(malloc(bytes));
	shade->mask = mask;
	shade->bytes = bytes;
	char *end = (char *)&shade->values[bit_count(mask)];
	for (int f = 0; f < FIELDS_MAX; f++) {
		if (!(mask & (1u << f)))
			continue;
		if (values[f].n)
			memcpy(end, values[f].s, values[f].n);
		end[values[f].n] = '\0';
		shade->values[n++] = (struct value){ .s = end, .n = values[f].n, .i = values[f].i };
		end += values[f].n + 1;
	}
	return shade;
}

bool value_equal(const struct value *a, const struct value *b)
{
	return a->i == b->i && a->n == b->n && (!a->n || !memcmp(a->s, b->s, a->n));
}

field_mask all_fields(enum kind kind)
{
	return (field_mask)((UINT64_C(1) << kind_specs[kind].field_count) - 1);
}

struct shade *shade_of_object(const struct object *object)
{
	return shade_new(all_fields(object->kind), object->values);
}

bool shade_holds(const struct shade *shade, const struct object *object, field_mask but)
{
	for (int f = 0; f < kind_specs[object->kind].field_count; f++)
		if ((shade->mask & ~but & (1u << f)) && !value_equal(shade_value(shade, f), &object->values[f]))
			return false;
	return true;
}

void shade_to_op(const struct shade *shade, struct op *op)
{
	for (int f = 0; f < FIELDS_MAX; f++)
		if (shade->mask & (1u << f))
			op->values[f] = *shade_value(shade, f);
	op->mask = shade->mask;
}

/* ---- what kinds are like ---- */

int deleted_of(enum kind kind)
{
	return kind_field(kind, "deleted");
}

field_mask counters_of(enum kind kind)
{
	int field = kind == KIND_POST || kind == KIND_REVISION ? kind_field(kind, "version") : -1;
	return field < 0 ? 0 : 1u << field;
}

bool is_whole(enum kind kind)
{
	return kind == KIND_REVISION;
}
