/* What the files of undo and redo share. How it works, and why, is told at the top of steps.c; the files are
 *
 *     steps_values.c  edits and values, on their own
 *     steps_stack.c   what is remembered: steps in stacks, changes of one text in chains, what is pending of them
 *     steps.c         taking note of ops
 *     steps_take.c    which ops take steps back
 *     steps_store.c   the stored form
 *
 * Only they include this. */
#ifndef FORWHOM_SERVER_ROOM_STEPS_INTERNAL_H
#define FORWHOM_SERVER_ROOM_STEPS_INTERNAL_H
#include "server/room/steps.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is remembered ---- */

enum change_type {
	CHANGE_NONE,  /* nothing to be taken back any more: its text was purged */
	CHANGE_TEXT,
	CHANGE_SET,
	CHANGE_MADE,  /* an object that was not there: taken back by marking it deleted */
	CHANGE_WHOLE, /* an object put or dropped as a whole */
};

/* The values of some fields, in one allocation. */
struct shade {
	field_mask mask;
	size_t bytes;
	struct value values[]; /* one for each bit of the mask, in order */
};

/* What one op did to one object. */
struct change {
	enum change_type type;
	enum kind kind;
	char id[OBJECT_ID_CAP];
	int64_t number; /* of the op, counted in this document */
	size_t bytes;   /* as counted in its stack */
	struct stack *stack;
	/* TEXT */
	int field;
	struct text_edit inverse, pending;
	struct text_edit recent;      /* the newest of what is pending, not composed onto it yet */
	struct change *above, *below; /* in its chain */
	/* SET: both. WHOLE: NULL where there was or is no object */
	struct shade *was, *became;
};

/* What one command did, or typing without a pause; in the order in which it was done. */
struct step {
	enum command command;
	int64_t at_ms; /* of its last op */
	bool open;     /* typing may still join it */
	struct change **changes;
	size_t n, cap;
};

/* Owns its steps, and these their changes. */
struct stack {
	struct step **steps; /* newest last */
	size_t n, cap;
	size_t bytes; /* of all changes, as change_weigh counts */
};

struct member {
	char id[OBJECT_ID_CAP];
	UT_hash_handle hh;
	struct stack undo, redo;
};

/* A text is a field of an object. As a key of hashes it has no bytes but those that text_key set. */
struct text_key {
	char id[OBJECT_ID_CAP];
	int field;
};

/* The chains of one text, one for each stack that has changes of it. */
struct text {
	struct text_key key;
	UT_hash_handle hh;
	struct chain {
		const struct stack *stack;
		struct change *top;
	} *chains;
	size_t n, cap;
};

/* Who has written in an object's text, and the number of their last op there. */
struct writers {
	char id[OBJECT_ID_CAP];
	UT_hash_handle hh;
	struct writer {
		char member[OBJECT_ID_CAP];
		int64_t number;
	} *by;
	size_t n, cap;
};

/* What the op of a text is if all popped changes of it are undone by it, and what is pending below then. */
struct expected {
	struct text_key key;
	struct change *below;
	struct text_edit total, pending;
};

/* All of one document. */
struct steps {
	struct member *members;
	struct text *texts;
	struct writers *writers;
	int64_t number; /* ops noted */
	/* The command under way */
	struct {
		enum command command; /* what its step is called */
		bool typing;
		int64_t at_ms;
		struct stack *from, *to; /* steps were popped from; its step goes to. Either may be NULL */
		struct step *step;       /* once it has a change */
		struct expected *expected;
		size_t n, cap;
	} now;
	struct text_edit scratch;
};

/* ---- memory ---- */

static inline void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Room for one more of `size` bytes. */
static inline void *grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 4;
	return must(reallocarray(items, *cap, size));
}

static inline void copy_id(char to[OBJECT_ID_CAP], const char *id)
{
	assert(strlen(id) < OBJECT_ID_CAP);
	memset(to, 0, OBJECT_ID_CAP); /* keys of hashes are compared to their last byte */
	strcpy(to, id);
}

static inline struct text_key text_key(const char *id, int field)
{
	struct text_key key = { .field = field };
	copy_id(key.id, id);
	return key;
}

/* ---- edits and values (steps_values.c) ---- */

/* Moves `from` to `*to`, with no more memory than it needs: most edits lie in their stack for good. */
void edit_keep(struct text_edit *to, struct text_edit *from);
/* `*onto` becomes itself and then `edit`. */
void edit_compose(struct text_edit *onto, const struct text_edit *edit);
/* The same edit, with deletions by count, as they are logged. */
void edit_strip(const struct text_edit *edit, struct text_edit *out);
/* What of an edit counts for carrying others over it: whatever it inserts is dots. */
void edit_shape(const struct text_edit *edit, struct text_edit *out);
/* Code points of a text that is in a document, and so is known to be valid: far cheaper than measuring it. */
int64_t text_length(const struct value *text);

/* The value of a field that the shade has. */
const struct value *shade_value(const struct shade *shade, int field);
/* `values` by field number; those of `mask` are copied. Returns owned, to be freed. */
struct shade *shade_new(field_mask mask, const struct value *values);
struct shade *shade_of_object(const struct object *object);
/* Whether the object has all these values, except those of `but`. */
bool shade_holds(const struct shade *shade, const struct object *object, field_mask but);
/* Its fields become the op's, whose values borrow from it. */
void shade_to_op(const struct shade *shade, struct op *op);
bool value_equal(const struct value *a, const struct value *b);

field_mask all_fields(enum kind kind);
/* The field that marks objects of that kind deleted, -1 without. */
int deleted_of(enum kind kind);
/* Counts that only ever grow, so that a client's "on version 2" means one text for ever: taking a change back counts on. They are no part of what is compared. */
field_mask counters_of(enum kind kind);
/* A waiting edit is made, replaced and dropped as a whole; all other things are marked deleted and stay. */
bool is_whole(enum kind kind);

/* ---- stacks (steps_stack.c) ---- */

struct text *text_find(const struct steps *steps, const struct text_key *key);
/* Forgets the text and its chains, whose changes are in none any more. */
void text_free(struct steps *steps, struct text *text);
/* Puts a change on top of its chain. */
void chain_push(struct steps *steps, struct change *change);

/* Borrows; the step owns it. A text change has yet to be pushed on its chain. */
struct change *change_add(struct stack *stack, struct step *step, enum change_type type, enum kind kind, const char *id);
/* Counts the change's memory anew; to be called whenever it has become another. By what is in it, not by what was allocated: the same log must give the same stacks. */
void change_weigh(struct change *change);
/* Forgets what the change was; it is in no chain any more. */
void change_void(struct change *change);
/* Whatever was expected to change what is pending of `below` no longer does. */
void expect_nothing_of(struct steps *steps, const struct change *below);
void expected_clear(struct steps *steps);

struct step *stack_top(const struct stack *stack);
/* A new step on top, borrowed. */
struct step *stack_push(struct stack *stack, enum command command, int64_t at_ms);
/* Frees a step and takes its changes out of their chains; it is no more in its stack. */
void step_free(struct steps *steps, struct step *step);
void stack_clear(struct steps *steps, struct stack *stack);
/* Whether it is longer or larger than it may be; the newest step is never dropped. */
bool is_over(const struct stack *stack);
/* Drops the oldest steps until it is not. */
void stack_bound(struct steps *steps, struct stack *stack);

struct member *member_find(const struct steps *steps, const char *id);
/* Makes the member if need be. */
struct member *member_need(struct steps *steps, const char *id);
struct stack *stack_of(struct member *member, bool redo);

struct writers *writers_find(const struct steps *steps, const char *id);
void writers_free(struct steps *steps, struct writers *writers);
/* Notes that a member has written in the object's text, with the op of that number. */
void wrote(struct steps *steps, const char *id, const char *member, int64_t number);
/* Whether anybody but `member` has written in the object's text since that op. */
bool is_written_by_others(const struct steps *steps, const char *id, const char *member, int64_t number);

/* ---- what is pending (steps_stack.c) ---- */

/* All of it, recent or not. */
void pending_of(const struct change *change, struct text_edit *out);
/* `pending` is moved; nothing is recent then. */
void pending_set(struct change *change, struct text_edit *pending);
/* Composes what is recent onto the rest. */
void pending_fold(struct change *change);
/* Behind what is pending already. */
void pending_add(struct steps *steps, struct change *change, const struct text_edit *edit);

/* ---- taking changes of a text back, from the top of their chain (steps_stack.c) ---- */

/* A text, while some of its changes in one stack are taken back. */
struct unwinding {
	struct text_key key;
	UT_hash_handle hh;
	enum kind kind;
	struct change *next;      /* the topmost change that is left */
	struct text_edit total;   /* what undoing all of them does to the text as it is */
	struct text_edit undone;  /* what is then pending of `next` */
	struct text_edit kept;    /* what is pending of `next` if none is undone */
};

/* Takes the change, which is the topmost left of its text in `*all`, back; the stacks stay as they are. */
void unwind(struct unwinding **all, struct change *change);
/* Empties `*all`. */
void unwindings_free(struct unwinding **all);
#endif
