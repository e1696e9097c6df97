/* From a command to its rule. Rules look things up in the room, say no by name, or add ops. What they never do: change the room, ask the clock, or tell somebody.
 *
 * Doing what is already so adds no op and is no refusal, so that two instructors tapping the same button both succeed. */
#include "server/room/turn.h"
#include <stdlib.h>
#include <string.h>

void decision_empty(struct decision *decision)
{
	decision->refused = false;
	decision->why = (struct refused){ 0 };
	decision->op_count = decision->document_count = 0;
	decision->whose = NULL;
	decision->pops = 0;
	buf_reset(&decision->result);
	arena_reset(&decision->arena);
	cJSON_Delete(decision->edits);
	decision->edits = NULL;
}

void decision_release(struct decision *decision)
{
	cJSON_Delete(decision->edits);
	buf_release(&decision->result);
	arena_release(&decision->arena);
	free(decision->ops);
	free(decision->documents);
	*decision = (struct decision){ 0 };
}

static bool is_frozen(const struct room *room)
{
	const struct object *class = doc_find(room->class_doc, "class");
	return class && object_int(class, CLASS_FROZEN);
}

static command_rule *rule_of(enum command command)
{
	command_rule *const *const tables[] = { class_rules, wall_rules, box_rules, canvas_rules, past_rules };
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		if (tables[t][command])
			return tables[t][command];
	abort(); /* a command in the table without a rule: tests/unit/decide_test.c tries them all */
}

void decide(const struct room *room, const struct person *person, const struct request *request, int64_t now_ms, struct decision *decision)
{
	struct turn turn = { room, person, request, now_ms, rights_of(room->class_doc, room->document, person->member_id, person->role), decision };
	const struct command_spec *spec = &command_specs[request->command];
	decision_empty(decision);
	if ((spec->in != DOC_NONE && spec->in != (int)room->doc_kind) || !(turn.rights & RIGHT_READ))
		refuse(&turn, REFUSE_NOT_FOUND, NULL);
	else if (!(spec->roles & (1u << person->role)))
		refuse(&turn, REFUSE_FORBIDDEN, NULL);
	else if (spec->freezes && is_member(&turn) && is_frozen(room))
		refuse(&turn, REFUSE_FROZEN, NULL);
	else
		rule_of(request->command)(&turn);
	if (decision->refused)
		decision->op_count = decision->document_count = 0;
}

void decide_join(const char *member_id, const char *name, enum role role, int64_t now_ms, struct op *op)
{
	op_init(op, OP_PUT, KIND_MEMBER, member_id);
	op_str(op, MEMBER_NAME, name);
	op_str(op, MEMBER_ROLE, role_names[role]);
	op_int(op, MEMBER_AT, now_ms);
}
