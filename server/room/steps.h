/* Undo and redo: what each member did in one document, newest last, and how to take it back without touching what others did since. Pure, and a function of the log alone: whoever feeds it
 * every op, live or in replay, has the same stacks; a stored snapshot may take the place of the log's beginning.
 *
 * A *step* is what one command of those marked `undo` changed, or typing in one text without a pause of a second. A member has two stacks of steps; taking one back moves its inverse to the other stack. */
#ifndef FORWHOM_SERVER_ROOM_STEPS_H
#define FORWHOM_SERVER_ROOM_STEPS_H
#include "proto/doc.h"
#include "proto/text.h"

/* Steps in a stack; what a stack may take up (of the inverses and values it holds; the newest step stays whatever its size); and the pause that ends a step of typing. */
enum { STEPS_MAX = 1000, STEPS_BYTES_MAX = 1 << 20, STEPS_PAUSE_MS = 1000 };

struct steps;

/* Returns owned; steps_free takes NULL. */
struct steps *steps_new(void);
void steps_free(struct steps *steps);

/* Whose an op is. Strings are borrowed. */
struct step_source {
	const char *actor; /* the member whose command it follows from */
	enum command command;
	int64_t at_ms;
	bool first;        /* the first op of its command in this document */
	const char *whose; /* CMD_REVERT: the member whose steps are taken back; else NULL */
	int pops;          /* CMD_UNDO, CMD_REDO, CMD_REVERT: the steps taken off, as steps_undo or steps_revert said */
};

/* Takes note of an op before it is applied. `before` is its object as it still is, NULL if there is none. Everything is borrowed. Ops that would change nothing (no object, an edit that does not fit) are noted as such. */
void steps_note(struct steps *steps, const struct step_source *source, const struct op *op, const struct object *before);

/* What steps_undo and steps_revert want to know, and whom they tell. All borrowed. */
struct steps_ask {
	const struct steps *steps;
	const struct doc *doc;
	const char *actor;
	/* Whether the actor may do this now; `object` is as it is just before `op`, NULL if `op` makes it. Refused, that part of a step is left out. */
	bool (*may)(const struct object *object, const struct op *op, void *ctx);
	/* Called for each op in order, after everything has been decided. `op`, its strings and its `edit` are borrowed for the time of the call only; `edit` is the same edit, NULL unless OP_TEXT. */
	void (*emit)(const struct op *op, const struct text_edit *edit, void *ctx);
	void *ctx;
};

/* The actor's newest step (redo: the newest that was taken back) of which something is left, undone by the ops that are emitted. Steps of which nothing is left are passed over. Returns how many steps that takes off the stack, for step_source.pops, and
 * sets `*did` to the step's command; 0, and nothing emitted, when there is nothing to undo. */
int steps_undo(const struct steps_ask *ask, bool redo, enum command *did);

/* The same with all steps of `whose` that ended at `since_ms` or later, as one list of ops. */
int steps_revert(const struct steps_ask *ask, const char *whose, int64_t since_ms);

/* How many steps a member has to undo or to redo, passed over or not. */
size_t steps_depth(const struct steps *steps, const char *member, bool redo);

/* Appends everything as JSON, for a stored snapshot; never in the middle of a command. And reads it back: NULL when it makes no sense, else owned. Borrows `json`, whose strings must be valid UTF-8. */
void steps_write(struct buf *out, const struct steps *steps);
struct steps *steps_read(const cJSON *json);
#endif
