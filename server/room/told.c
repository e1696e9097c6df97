#include "server/room/told.h"
#include <assert.h>

field_mask told_written(const struct op *op)
{
	if (op->type == OP_SET)
		return op->mask;
	if (op->type != OP_TEXT)
		return ~(field_mask)0;
	int rev = kind_specs[op->kind].fields[__builtin_ctz(op->mask)].rev;
	return op->mask | (rev >= 0 ? 1u << rev : 0);
}

/* Fields of an object that was and stays in view. An edit is passed on as such where the view follows the text; where the object's visibility changes along with it, the view is told how the object is now. */
static struct told told_of_fields(const struct op *op, field_mask was, field_mask is)
{
	if (op->type == OP_TEXT && (op->mask & was & is) && was == is)
		return (struct told){ .type = OP_TEXT, .mask = op->mask };
	if (op->type == OP_TEXT && (op->mask & is & ~was))
		return (struct told){ .type = OP_PUT, .mask = is };
	field_mask changed = (told_written(op) & is) | (was ^ is);
	return (struct told){ .type = changed ? OP_SET : OP_NONE, .mask = changed, .gone = was & ~is };
}

struct told told_of(const struct op *op, field_mask was, field_mask is)
{
	struct told told = { OP_NONE, 0, 0, false };
	if (!was && !is)
		return told;
	if (!is)
		told.type = OP_DEL;
	else if (!was || op->type == OP_PUT)
		told = (struct told){ .type = OP_PUT, .mask = is };
	else
		told = told_of_fields(op, was, is);
	told.leaves = (was & ~is) != 0;
	return told;
}

void told_op(const struct told *told, const struct op *op, const struct object *after, struct op *out)
{
	assert(told->type != OP_NONE);
	if (told->type == OP_DEL) {
		op_init(out, OP_DEL, op->kind, op->id);
		return;
	}
	if (told->type == OP_TEXT) {
		*out = *op;
		out->kind = after->kind;
		return;
	}
	op_of_object(out, after);
	out->type = told->type;
	out->mask = told->type == OP_PUT ? told->mask & object_mask(after) : told->mask;
	for (int f = 0; f < kind_specs[after->kind].field_count; f++)
		if (told->gone & (1u << f))
			out->values[f] = (struct value){ .s = "" };
}
