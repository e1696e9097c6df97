/* Taking back: one's own steps, somebody's steps, and everything since a moment. */
#include "server/room/turn.h"
#include "server/room/steps.h"
#include <string.h>

/* ---- steps ---- */

/* A member opens the canvas of their team, and may close it again. */
static bool may_open_again(const struct turn *turn, const struct object *document, const struct op *op)
{
	return op->mask == 1u << DOCUMENT_SEE && may_open(turn, document, op->values[DOCUMENT_SEE].s);
}

/* What its author deleted is brought back by nobody else. */
static bool brings_back_anothers(const struct turn *turn, const struct object *object, const struct op *op)
{
	int deleted = deleted_field(object->kind);
	return deleted >= 0 && op->type == OP_SET && op->mask & (1u << deleted) && !op->values[deleted].n && is_state(object, deleted, "author") && !is_authors(turn, object);
}

/* Rights are those of now: what a step may put back is what its person may still do by hand. */
static bool may_touch(const struct turn *turn, const struct object *object, const struct op *op)
{
	bool led = !is_member(turn);
	if (brings_back_anothers(turn, object, op))
		return false;
	switch (object->kind) {
	case KIND_NOTE:
		return turn->rights & RIGHT_CHANGE || (turn->rights & RIGHT_ADD && is_authors(turn, object));
	case KIND_LINK:
		return turn->rights & (RIGHT_ADD | RIGHT_CHANGE);
	case KIND_TYPE:
		return turn->rights & RIGHT_ADD;
	case KIND_POST:
	case KIND_REVISION:
		return led || is_authors(turn, object);
	case KIND_DOCUMENT:
		return led || may_open_again(turn, object, op);
	default:
		return led;
	}
}

/* A waiting edit that was taken away comes back, as long as nothing newer is in its post. */
static bool may_wait_again(const struct turn *turn, const struct op *op)
{
	const struct object *post = op->kind == KIND_REVISION ? doc_find(turn->room->doc, op->values[REVISION_POST].s) : NULL;
	bool own = post && post->kind == KIND_POST && (!is_member(turn) || is_authors(turn, post));
	return own && is_live(post) && object_int(post, POST_VERSION) < op->values[REVISION_VERSION].i;
}

/* A member's words go through the queue while the wall holds posts; a step cannot go around it. */
static bool goes_around_queue(const struct turn *turn, const struct op *op)
{
	const field_mask words = 1u << POST_FOR | 1u << POST_WHO | 1u << POST_OFFER | 1u << POST_HELPS | 1u << POST_VENTURE | 1u << POST_STATE;
	const struct object *wall = doc_find(turn->room->doc, "wall");
	return is_member(turn) && op->kind == KIND_POST && op->mask & words && wall && object_int(wall, WALL_HOLD);
}

static bool may_take_back(const struct object *object, const struct op *op, void *ctx)
{
	const struct turn *turn = ctx;
	return object ? may_touch(turn, object, op) && !goes_around_queue(turn, op) : may_wait_again(turn, op);
}

/* Keeps an op beyond the call it is borrowed for. */
static void keep_op(const struct op *op, const struct text_edit *edit, void *ctx)
{
	struct turn *turn = ctx;
	struct op kept = *op;
	if (op->type == OP_TEXT) {
		const struct object *object = doc_find(turn->room->doc, op->id);
		add_text_op(turn, object, __builtin_ctz(op->mask), op->rev, edit);
		return;
	}
	for (int f = 0; f < kind_specs[op->kind].field_count; f++)
		if (op->mask & (1u << f) && field_type_is_string(kind_specs[op->kind].fields[f].type))
			kept.values[f].s = arena_copy(&turn->decision->arena, op->values[f].s, op->values[f].n);
	add_made_op(turn, &kept);
}

static struct steps_ask ask(struct turn *turn)
{
	return (struct steps_ask){ turn->room->steps, turn->room->doc, turn->person->member_id, may_take_back, keep_op, turn };
}

static void step(struct turn *turn, bool redo)
{
	const struct steps_ask question = ask(turn);
	enum command did = CMD_NONE;
	turn->decision->pops = steps_undo(&question, redo, &did);
	turn->decision->whose = turn->person->member_id;
	settle(turn);
	if (turn->decision->refused)
		return;
	if (turn->decision->op_count)
		answer_str(turn, "did", command_specs[did].name);
	else
		refuse(turn, REFUSE_CONFLICT, redo ? "redo.nothing" : "undo.nothing");
}

static void undo(struct turn *turn)
{
	step(turn, false);
}

static void redo(struct turn *turn)
{
	step(turn, true);
}

static void revert(struct turn *turn)
{
	const struct steps_ask question = ask(turn);
	const char *whose = request_str(turn->request, ARG_REVERT_MEMBER);
	const struct object *member = doc_find(turn->room->class_doc, whose);
	if (!member || member->kind != KIND_MEMBER) {
		refuse(turn, REFUSE_NOT_FOUND, NULL);
		return;
	}
	turn->decision->pops = steps_revert(&question, whose, turn->request->args[ARG_REVERT_SINCE].i);
	turn->decision->whose = whose;
	settle(turn);
	if (!turn->decision->refused && !turn->decision->op_count)
		refuse(turn, REFUSE_CONFLICT, "undo.nothing");
}

/* ---- a moment ---- */

/* What is to become as it was: everything, one box, or one note. */
struct scope {
	const char *box, *note; /* "" for no limit */
	const struct doc *now, *then;
};

static bool in_scope(const struct scope *scope, const struct object *note)
{
	const struct object *before = doc_find(scope->then, note->id);
	if (*scope->note)
		return !strcmp(note->id, scope->note);
	return !*scope->box || is_state(note, NOTE_BOX, scope->box) || (before && before->kind == note->kind && is_state(before, NOTE_BOX, scope->box));
}

static bool is_there(const struct object *object)
{
	return object && is_live(object);
}

static const struct object *as_it_was(const struct scope *scope, const struct object *now)
{
	const struct object *then = doc_find(scope->then, now->id);
	return then && then->kind == now->kind ? then : NULL;
}

static int utf8_back(const char *s, int at)
{
	while (at > 0 && ((unsigned char)s[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* The edit that turns one text into another and leaves alone what they begin and end with, so that carets there stay. */
static void difference(const char *from, const char *to, struct text_edit *edit)
{
	int a = (int)strlen(from), b = (int)strlen(to), start = 0, end = 0;
	while (start < a && start < b && from[start] == to[start])
		start++;
	start = utf8_back(from, start);
	while (end < a - start && end < b - start && from[a - 1 - end] == to[b - 1 - end])
		end++;
	while (end > 0 && ((unsigned char)from[a - end] & 0xc0) == 0x80)
		end--;
	text_edit_skip(edit, text_measure(from, (size_t)start));
	text_edit_delete(edit, text_measure(from + start, (size_t)(a - end - start)));
	text_edit_insert(edit, to + start, (size_t)(b - end - start));
	text_edit_trim(edit);
}

static void restore_text(struct turn *turn, const struct object *now, const struct object *then)
{
	struct text_edit edit = { 0 };
	if (strcmp(object_str(now, NOTE_TEXT), object_str(then, NOTE_TEXT)) != 0) {
		difference(object_str(now, NOTE_TEXT), object_str(then, NOTE_TEXT), &edit);
		add_text_op(turn, now, NOTE_TEXT, object_int(now, NOTE_REV) + 1, &edit);
	}
	text_edit_release(&edit);
}

/* One SET of those fields in which the object differs from what it was. */
static void restore_fields(struct turn *turn, const struct object *now, const struct object *then, field_mask fields)
{
	struct op op, was;
	op_init(&op, OP_SET, now->kind, now->id);
	op_of_object(&was, then);
	for (int f = 0; f < kind_specs[now->kind].field_count; f++) {
		bool is_string = field_type_is_string(kind_specs[now->kind].fields[f].type);
		if (!(fields & (1u << f)) || (is_string ? !strcmp(object_str(now, f), object_str(then, f)) : object_int(now, f) == object_int(then, f)))
			continue;
		op.mask |= 1u << f;
		op.values[f] = was.values[f];
	}
	if (op.mask)
		add_made_op(turn, &op);
}

/* Whether a note is to be there afterwards. Its own author's deleting is final for everybody else. */
static bool will_live(const struct turn *turn, const struct scope *scope, const struct object *note)
{
	if (!in_scope(scope, note))
		return is_live(note);
	bool lived = is_there(as_it_was(scope, note));
	return lived && (is_live(note) || !is_state(note, NOTE_DELETED, "author") || is_authors(turn, note));
}

static bool note_will_live(const struct turn *turn, const struct scope *scope, const char *id)
{
	const struct object *note = doc_find(scope->now, id);
	return note && note->kind == KIND_NOTE && will_live(turn, scope, note);
}

static void restore_note(struct turn *turn, const struct scope *scope, const struct object *now)
{
	const struct object *then = as_it_was(scope, now);
	bool lives = will_live(turn, scope, now);
	if (is_live(now) && !lives)
		set_str(turn, now, NOTE_DELETED, is_authors(turn, now) ? "author" : "other");
	if (!lives)
		return;
	set_str(turn, now, NOTE_DELETED, "");
	restore_fields(turn, now, then, 1u << NOTE_BOX | 1u << NOTE_POS | 1u << NOTE_TYPE | 1u << NOTE_TAGS);
	restore_text(turn, now, then);
}

static bool touches_scope(const struct scope *scope, const struct object *link)
{
	const struct object *from = doc_find(scope->now, object_str(link, LINK_FROM)), *to = doc_find(scope->now, object_str(link, LINK_TO));
	return (from && in_scope(scope, from)) || (to && in_scope(scope, to));
}

static void restore_link(struct turn *turn, const struct scope *scope, const struct object *now)
{
	bool ends = note_will_live(turn, scope, object_str(now, LINK_FROM)) && note_will_live(turn, scope, object_str(now, LINK_TO));
	bool lived = touches_scope(scope, now) ? is_there(as_it_was(scope, now)) : is_live(now);
	if (lived && ends)
		set_str(turn, now, LINK_DELETED, "");
	else if (is_live(now))
		set_str(turn, now, LINK_DELETED, ends ? "own" : "end");
}

/* Structure is the instructors': a member's restore leaves it alone. What was not there then goes. */
static void restore_structure(struct turn *turn, const struct scope *scope, const struct object *now)
{
	const struct object *then = as_it_was(scope, now);
	int deleted = deleted_field(now->kind);
	if (is_member(turn))
		return;
	if (then)
		restore_fields(turn, now, then, ~(field_mask)0);
	else if (deleted >= 0)
		set_str(turn, now, deleted, "staff");
}

static void restore_canvas(struct turn *turn, const struct scope *scope)
{
	for (const struct object *o = doc_first(scope->now); o; o = object_next(o)) {
		const struct object *then = as_it_was(scope, o);
		bool all = !*scope->box && !*scope->note;
		if (o->kind == KIND_NOTE && in_scope(scope, o))
			restore_note(turn, scope, o);
		else if (o->kind == KIND_LINK)
			restore_link(turn, scope, o);
		else if (o->kind == KIND_TYPE && all)
			set_str(turn, o, TYPE_NAME, then ? object_str(then, TYPE_NAME) : "");
		else if (all || (o->kind == KIND_BOX && !strcmp(o->id, scope->box)))
			restore_structure(turn, scope, o);
	}
}

/* With the edit that waited beside it. */
static void bring_back_post(struct turn *turn, const struct object *post)
{
	char *id = arena_alloc(&turn->decision->arena, OBJECT_ID_CAP);
	const struct object *revision = doc_find(turn->room->doc, strcat(strcpy(id, post->id), ".r"));
	set_str(turn, post, POST_DELETED, "");
	if (revision && revision->kind == KIND_REVISION && is_state(revision, REVISION_DELETED, "staff"))
		set_str(turn, revision, REVISION_DELETED, "");
}

/* Sections, and where posts stand. Words are their authors', and states the moderators'; what was posted since stays. */
static void restore_wall(struct turn *turn, const struct scope *scope)
{
	for (const struct object *o = doc_first(scope->now); o; o = object_next(o)) {
		const struct object *then = as_it_was(scope, o);
		if (o->kind == KIND_SECTION)
			restore_structure(turn, scope, o);
		if (o->kind != KIND_POST || !then)
			continue;
		if (is_state(o, POST_DELETED, "staff") && is_live(then))
			bring_back_post(turn, o);
		restore_fields(turn, o, then, 1u << POST_SECTION | 1u << POST_POS);
	}
}

static bool has_box(const struct doc *doc)
{
	for (const struct object *o = doc_first(doc); o; o = object_next(o))
		if (o->kind == KIND_BOX)
			return true;
	return false;
}

static void restore(struct turn *turn)
{
	const struct request *request = turn->request;
	const struct room *room = turn->room;
	struct scope scope = { request_str(request, ARG_RESTORE_BOX), request_str(request, ARG_RESTORE_NOTE), room->doc, room->past };
	bool canvas = room->doc_kind == DOC_CANVAS;
	const struct object *box = *scope.box ? doc_find(room->doc, scope.box) : NULL, *note = *scope.note ? doc_find(room->doc, scope.note) : NULL;
	if (room->doc_kind == DOC_CLASS || (!canvas && (*scope.box || *scope.note)))
		refuse_value(turn, NULL, "doc");
	else if (*scope.box && *scope.note)
		refuse_value(turn, NULL, "note");
	else if (canvas ? !(turn->rights & RIGHT_CHANGE) : is_member(turn))
		refuse(turn, REFUSE_FORBIDDEN, NULL);
	else if ((*scope.box && !(box && box->kind == KIND_BOX)) || (*scope.note && !(note && note->kind == KIND_NOTE)))
		refuse(turn, REFUSE_NOT_FOUND, NULL);
	else if (!scope.then)
		return; /* only asked whether it may be: the moment has yet to be read */
	else if (canvas && !has_box(scope.then))
		refuse_value(turn, "moment.unknown", "at"); /* in the middle of being made: nothing anybody has ever seen */
	else if (canvas)
		restore_canvas(turn, &scope);
	else
		restore_wall(turn, &scope);
	settle(turn);
}

static command_rule *const rules[CMD_COUNT] = {
	[CMD_UNDO] = undo,
	[CMD_REDO] = redo,
	[CMD_REVERT] = revert,
	[CMD_RESTORE] = restore,
};
command_rule *const *const past_rules = rules;
