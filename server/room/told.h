/* What a view is told of an op: the one rule by which its counter grows (proto/README.md §4), followed when the op happens and again whenever the log is replayed, on this thread or another. It asks for nothing but the op
 * and the masks before and after it; so how many ops a view has been sent is a function of the log. Pure. */
#ifndef FORWHOM_SERVER_ROOM_TOLD_H
#define FORWHOM_SERVER_ROOM_TOLD_H
#include "proto/doc.h"

struct told {
	enum op_type type; /* OP_NONE: nothing, and the counter stays; else it grows by one */
	field_mask mask;   /* PUT, SET, TEXT: of the fields told */
	field_mask gone;   /* SET: those of `mask` that are withdrawn, told as gone whatever they hold */
	bool leaves;       /* something leaves the view: a new epoch */
};

/* `was` and `is` are what the view may see of the op's object before and after it (view_mask), 0 where it is not there. */
struct told told_of(const struct op *op, field_mask was, field_mask is);
/* The op to be written for a view that is told something: op_write(out, &op, op.kind, op.mask). `after` is the object now, NULL for OP_DEL. Borrows from `op` and `after`. */
void told_op(const struct told *told, const struct op *op, const struct object *after, struct op *out);
/* The fields that the op may have changed of an object that was there: of a TEXT the revision too. */
field_mask told_written(const struct op *op);
#endif
