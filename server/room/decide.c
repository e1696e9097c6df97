/* Every command's rules, one function each. They look things up in the room, say no by name, or add ops. What they never do: change the room, ask the clock, or tell somebody.
 *
 * Doing what is already so adds no op and is no refusal, so that two instructors tapping the same button both succeed. */
#include "server/room/decide.h"
#include "proto/pos.h"
#include <string.h>

struct turn {
	const struct room *room;
	const struct person *person;
	const struct request *request;
	int64_t now_ms;
	struct decision *decision;
};

/* ---- saying no, and what happened ---- */

static void refuse(struct turn *turn, enum refusal code, const char *say)
{
	turn->decision->refused = true;
	turn->decision->why = (struct refused){ .code = code, .say = say };
}

static void refuse_quota(struct turn *turn, const char *say, int64_t max)
{
	refuse(turn, REFUSE_QUOTA, say);
	turn->decision->why.max = max;
}

static struct op *add_op(struct turn *turn, enum op_type type, enum kind kind, const char *id)
{
	struct op *op = &turn->decision->ops[turn->decision->op_count++];
	op_init(op, type, kind, id);
	return op;
}

static struct op *set_op(struct turn *turn, const struct object *object)
{
	return add_op(turn, OP_SET, object->kind, object->id);
}

static void set_str(struct turn *turn, const struct object *object, int field, const char *s)
{
	if (strcmp(object_str(object, field), s) != 0)
		op_str(set_op(turn, object), field, s);
}

/* ---- finding things: what a person may not see is not there ---- */

static struct object *find(struct turn *turn, const char *id, enum kind kind)
{
	struct object *object = doc_find(turn->room->doc, id);
	if (object && object->kind == kind && view_can_see(turn->person->role, turn->person->member_id, object))
		return object;
	refuse(turn, REFUSE_NOT_FOUND, NULL);
	return NULL;
}

static bool is_authors(const struct turn *turn, const struct object *object)
{
	return !strcmp(view_author(object), turn->person->member_id);
}

static bool is_member(const struct turn *turn)
{
	return turn->person->role == ROLE_MEMBER;
}

/* A post that is there and not deleted. */
static struct object *find_post(struct turn *turn, int arg)
{
	struct object *post = find(turn, request_str(turn->request, arg), KIND_POST);
	if (post && *object_str(post, POST_DELETED)) {
		refuse(turn, REFUSE_NOT_FOUND, NULL);
		return NULL;
	}
	return post;
}

static struct object *find_section(struct turn *turn, int arg)
{
	return find(turn, request_str(turn->request, arg), KIND_SECTION);
}

/* The edit that waits beside a post, or NULL. Its id is the post's with ".r" behind it. */
static struct object *find_revision(struct turn *turn, const struct object *post)
{
	char *id = turn->decision->revision_id;
	strcpy(id, post->id);
	strcat(id, ".r");
	return doc_find(turn->room->doc, id);
}

static bool is_state(const struct object *object, int field, const char *state)
{
	return !strcmp(object_str(object, field), state);
}

/* May `id` be made? Refuses with `conflict` when it exists in whatever form, seen or unseen: client-made ids are random, so a clash is a mistake and tells nothing. */
static bool is_free(struct turn *turn, const char *id)
{
	if (doc_find(turn->room->doc, id)) {
		refuse(turn, REFUSE_CONFLICT, "conflict.id");
		return false;
	}
	if ((int64_t)doc_count(turn->room->doc) >= turn->room->objects_max) {
		refuse_quota(turn, "quota.objects", turn->room->objects_max);
		return false;
	}
	return true;
}

/* ---- order ---- */

static bool is_in(const struct object *object, const char *section)
{
	return object->kind != KIND_POST || !strcmp(object_str(object, POST_SECTION), section);
}

/* Finds a position before `before`, or behind everything when it is NULL, among objects of `kind`; posts only among those of `section`. `self` is what is to be moved there, NULL for something new: where it
 * stands right already it stays. NULL after a refusal. */
static const char *position(struct turn *turn, const struct object *self, enum kind kind, const struct object *before, const char *section)
{
	int pos_field = kind == KIND_POST ? POST_POS : SECTION_POS;
	const char *prev = NULL, *end = before ? object_str(before, pos_field) : NULL;
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o)) {
		if (o->kind != kind || o == self || !is_in(o, section))
			continue;
		const char *pos = object_str(o, pos_field);
		if ((!end || strcmp(pos, end) < 0) && (!prev || strcmp(pos, prev) > 0))
			prev = pos;
	}
	if (self && is_in(self, section)) {
		const char *own = object_str(self, pos_field);
		if ((!prev || strcmp(prev, own) < 0) && (!end || strcmp(own, end) < 0))
			return own;
	}
	if (!pos_between(prev, end, turn->decision->pos, POS_CAP)) {
		refuse(turn, REFUSE_QUOTA, "quota.objects"); /* a gap halved over a thousand times */
		return NULL;
	}
	return turn->decision->pos;
}

/* ---- the class ---- */

static void class_set(struct turn *turn)
{
	static const int fields[][2] = { { ARG_CLASS_SET_TITLE, CLASS_TITLE }, { ARG_CLASS_SET_DOOR, CLASS_DOOR } };
	const struct request *request = turn->request;
	struct object *class = find(turn, "class", KIND_CLASS);
	if (!class)
		return;
	struct op op;
	op_init(&op, OP_SET, KIND_CLASS, "class");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (request_has(request, fields[i][0]) && strcmp(request_str(request, fields[i][0]), object_str(class, fields[i][1])) != 0)
			op_str(&op, fields[i][1], request_str(request, fields[i][0]));
	if (request_has(request, ARG_CLASS_SET_FROZEN) && request->args[ARG_CLASS_SET_FROZEN].i != object_int(class, CLASS_FROZEN))
		op_int(&op, CLASS_FROZEN, request->args[ARG_CLASS_SET_FROZEN].i);
	if (op.mask)
		turn->decision->ops[turn->decision->op_count++] = op;
}

static void member_rename(struct turn *turn)
{
	struct object *member = find(turn, turn->person->member_id, KIND_MEMBER);
	if (member)
		set_str(turn, member, MEMBER_NAME, request_str(turn->request, ARG_MEMBER_RENAME_NAME));
}

/* ---- the wall and its sections ---- */

static void wall_set(struct turn *turn)
{
	static const int fields[][2] = { { ARG_WALL_SET_PROMPT, WALL_PROMPT }, { ARG_WALL_SET_NAMES, WALL_NAMES } };
	const struct request *request = turn->request;
	struct object *wall = find(turn, "wall", KIND_WALL);
	if (!wall)
		return;
	struct op op;
	op_init(&op, OP_SET, KIND_WALL, "wall");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (request_has(request, fields[i][0]) && strcmp(request_str(request, fields[i][0]), object_str(wall, fields[i][1])) != 0)
			op_str(&op, fields[i][1], request_str(request, fields[i][0]));
	if (request_has(request, ARG_WALL_SET_HOLD) && request->args[ARG_WALL_SET_HOLD].i != object_int(wall, WALL_HOLD))
		op_int(&op, WALL_HOLD, request->args[ARG_WALL_SET_HOLD].i);
	if (op.mask)
		turn->decision->ops[turn->decision->op_count++] = op;
}

/* Position of a section before the one that `arg` names, or last. NULL after a refusal. */
static const char *section_position(struct turn *turn, const struct object *self, int arg)
{
	struct object *before = NULL;
	if (request_has(turn->request, arg) && !(before = find_section(turn, arg)))
		return NULL;
	return position(turn, self, KIND_SECTION, before, "");
}

static void section_add(struct turn *turn)
{
	const char *id = request_str(turn->request, ARG_SECTION_ADD_ID);
	const char *pos = is_free(turn, id) ? section_position(turn, NULL, ARG_SECTION_ADD_BEFORE) : NULL;
	if (!pos)
		return;
	struct op *op = add_op(turn, OP_PUT, KIND_SECTION, id);
	op_str(op, SECTION_TITLE, request_str(turn->request, ARG_SECTION_ADD_TITLE));
	op_str(op, SECTION_POS, pos);
}

static void section_set(struct turn *turn)
{
	struct object *section = find_section(turn, ARG_SECTION_SET_ID);
	if (section)
		set_str(turn, section, SECTION_TITLE, request_str(turn->request, ARG_SECTION_SET_TITLE));
}

static void section_move(struct turn *turn)
{
	struct object *section = find_section(turn, ARG_SECTION_MOVE_ID);
	if (!section || (request_has(turn->request, ARG_SECTION_MOVE_BEFORE) && !strcmp(request_str(turn->request, ARG_SECTION_MOVE_BEFORE), section->id)))
		return;
	const char *pos = section_position(turn, section, ARG_SECTION_MOVE_BEFORE);
	if (pos)
		set_str(turn, section, SECTION_POS, pos);
}

static void section_remove(struct turn *turn)
{
	struct object *section = find_section(turn, ARG_SECTION_REMOVE_ID);
	if (section)
		set_str(turn, section, SECTION_DELETED, "staff");
}

static void section_restore(struct turn *turn)
{
	struct object *section = find_section(turn, ARG_SECTION_RESTORE_ID);
	if (section)
		set_str(turn, section, SECTION_DELETED, "");
}

/* ---- posts ---- */

enum { WORDS = 5 };
/* The same five texts in a post, a revision, and the arguments of the two commands that write them. */
static const int post_words[WORDS] = { POST_FOR, POST_WHO, POST_OFFER, POST_HELPS, POST_VENTURE };
static const int revision_words[WORDS] = { REVISION_FOR, REVISION_WHO, REVISION_OFFER, REVISION_HELPS, REVISION_VENTURE };
static const int add_words[WORDS] = { ARG_POST_ADD_FOR, ARG_POST_ADD_WHO, ARG_POST_ADD_OFFER, ARG_POST_ADD_HELPS, ARG_POST_ADD_VENTURE };
static const int edit_words[WORDS] = { ARG_POST_EDIT_FOR, ARG_POST_EDIT_WHO, ARG_POST_EDIT_OFFER, ARG_POST_EDIT_HELPS, ARG_POST_EDIT_VENTURE };

/* A venture's name alone says nothing. */
static bool says_something(const char *const words[WORDS])
{
	return *words[0] || *words[1] || *words[2] || *words[3];
}

static bool holds(const struct turn *turn)
{
	const struct object *wall = doc_find(turn->room->doc, "wall");
	return is_member(turn) && wall && object_int(wall, WALL_HOLD);
}

static void post_add(struct turn *turn)
{
	const struct request *request = turn->request;
	const struct object *wall = doc_find(turn->room->doc, "wall");
	const char *id = request_str(request, ARG_POST_ADD_ID), *names = object_str(wall, WALL_NAMES), *words[WORDS];
	for (int w = 0; w < WORDS; w++)
		words[w] = request_str(request, add_words[w]);

	if (!is_free(turn, id))
		return;
	if (!says_something(words)) {
		refuse(turn, REFUSE_BAD_VALUE, "post.empty");
		return;
	}
	if (request_has(request, ARG_POST_ADD_NAMES) && strcmp(request_str(request, ARG_POST_ADD_NAMES), names) != 0) {
		refuse(turn, REFUSE_CONFLICT, "names.changed"); /* its author was promised something else */
		return;
	}
	if (turn->person->posts_max && turn->person->posts >= turn->person->posts_max) {
		refuse_quota(turn, "quota.posts", turn->person->posts_max);
		return;
	}
	/* A section removed while the post was on its way still counts: the post shows under no section and returns with it. */
	if (request_has(request, ARG_POST_ADD_SECTION)) {
		const struct object *section = doc_find(turn->room->doc, request_str(request, ARG_POST_ADD_SECTION));
		if (!section || section->kind != KIND_SECTION) {
			refuse(turn, REFUSE_NOT_FOUND, NULL);
			return;
		}
	}
	if (!pos_between(*turn->room->last_post_pos ? turn->room->last_post_pos : NULL, NULL, turn->decision->pos, POS_CAP)) {
		refuse_quota(turn, "quota.objects", turn->room->objects_max);
		return;
	}
	turn->decision->state = holds(turn) ? "held" : "shown";
	struct op *op = add_op(turn, OP_PUT, KIND_POST, id);
	for (int w = 0; w < WORDS; w++)
		op_str(op, post_words[w], words[w]);
	op_str(op, POST_SECTION, request_str(request, ARG_POST_ADD_SECTION));
	op_str(op, POST_POS, turn->decision->pos);
	op_str(op, POST_NAMES, names);
	op_str(op, POST_AUTHOR, turn->person->member_id);
	op_str(op, POST_STATE, turn->decision->state);
	op_int(op, POST_VERSION, 1);
	op_int(op, POST_AT, turn->now_ms);
}

/* The post's words become these; it is one version older for it. */
static void set_words(struct turn *turn, const struct object *post, const char *const words[WORDS], int64_t version, int64_t edited_ms, const char *state)
{
	struct op *op = set_op(turn, post);
	for (int w = 0; w < WORDS; w++)
		if (strcmp(object_str(post, post_words[w]), words[w]) != 0)
			op_str(op, post_words[w], words[w]);
	op_int(op, POST_VERSION, version);
	op_int(op, POST_EDITED, edited_ms);
	if (!is_state(post, POST_STATE, state))
		op_str(op, POST_STATE, state);
	if (*object_str(post, POST_REASON))
		op_str(op, POST_REASON, "");
}

static void put_revision(struct turn *turn, const struct object *post, const char *const words[WORDS], int64_t version)
{
	struct op *op = add_op(turn, OP_PUT, KIND_REVISION, turn->decision->revision_id);
	op_str(op, REVISION_POST, post->id);
	for (int w = 0; w < WORDS; w++)
		op_str(op, revision_words[w], words[w]);
	op_str(op, REVISION_AUTHOR, object_str(post, POST_AUTHOR));
	op_str(op, REVISION_STATE, "held");
	op_int(op, REVISION_VERSION, version);
	op_int(op, REVISION_AT, turn->now_ms);
}

static void drop_revision(struct turn *turn, const struct object *revision)
{
	if (revision)
		add_op(turn, OP_DEL, KIND_REVISION, revision->id);
}

static void post_edit(struct turn *turn)
{
	const struct request *request = turn->request;
	struct object *post = find_post(turn, ARG_POST_EDIT_ID);
	if (!post)
		return;
	if (!is_authors(turn, post)) {
		refuse(turn, REFUSE_FORBIDDEN, "forbidden.own"); /* instructors too: nobody edits another's words */
		return;
	}
	const struct object *revision = find_revision(turn, post);
	int64_t version = revision ? object_int(revision, REVISION_VERSION) : object_int(post, POST_VERSION);
	if (request->args[ARG_POST_EDIT_VERSION].i != version) {
		refuse(turn, REFUSE_CONFLICT, NULL);
		return;
	}
	const char *words[WORDS];
	bool changed = false;
	for (int w = 0; w < WORDS; w++) {
		const char *old = revision ? object_str(revision, revision_words[w]) : object_str(post, post_words[w]);
		words[w] = request_has(request, edit_words[w]) ? request_str(request, edit_words[w]) : old;
		changed = changed || strcmp(words[w], old) != 0;
	}
	if (!says_something(words)) {
		refuse(turn, REFUSE_BAD_VALUE, "post.empty");
		return;
	}
	bool is_shown = is_state(post, POST_STATE, "shown"), is_rejected = is_state(post, POST_STATE, "rejected");
	bool revise = is_shown && holds(turn);
	const char *state = is_rejected ? "held" : object_str(post, POST_STATE); /* mended: back into the queue */
	if (!changed && !is_rejected && !(revision && is_state(revision, REVISION_STATE, "rejected"))) {
		turn->decision->state = revision ? "held" : state;
		return;
	}
	turn->decision->state = revise ? "held" : state;
	if (revise) {
		put_revision(turn, post, words, version + 1);
		return;
	}
	set_words(turn, post, words, version + 1, turn->now_ms, state);
	drop_revision(turn, revision);
}

static void set_state(struct turn *turn, const struct object *post, const char *state)
{
	struct op op;
	op_init(&op, OP_SET, KIND_POST, post->id);
	if (!is_state(post, POST_STATE, state))
		op_str(&op, POST_STATE, state);
	if (*object_str(post, POST_REASON))
		op_str(&op, POST_REASON, "");
	if (op.mask)
		turn->decision->ops[turn->decision->op_count++] = op;
}

static void post_approve(struct turn *turn)
{
	struct object *post = find_post(turn, ARG_POST_APPROVE_ID);
	if (!post)
		return;
	const struct object *revision = find_revision(turn, post);
	turn->decision->state = "shown";
	if (!revision) {
		set_state(turn, post, "shown");
		return;
	}
	const char *words[WORDS];
	for (int w = 0; w < WORDS; w++)
		words[w] = object_str(revision, revision_words[w]);
	set_words(turn, post, words, object_int(revision, REVISION_VERSION), object_int(revision, REVISION_AT), "shown");
	drop_revision(turn, revision);
}

static void set_rejected(struct turn *turn, const struct object *object, int state_field, int reason_field)
{
	const char *reason = request_str(turn->request, ARG_POST_REJECT_REASON);
	if (is_state(object, state_field, "rejected") && !strcmp(object_str(object, reason_field), reason))
		return;
	struct op *op = set_op(turn, object);
	op_str(op, state_field, "rejected");
	op_str(op, reason_field, reason);
}

static void post_reject(struct turn *turn)
{
	struct object *post = find_post(turn, ARG_POST_REJECT_ID);
	if (!post)
		return;
	const struct object *revision = find_revision(turn, post);
	turn->decision->state = "rejected";
	if (revision)
		set_rejected(turn, revision, REVISION_STATE, REVISION_REASON);
	else if (is_state(post, POST_STATE, "held") || is_state(post, POST_STATE, "rejected"))
		set_rejected(turn, post, POST_STATE, POST_REASON);
	else
		refuse(turn, REFUSE_CONFLICT, "conflict.shown");
}

static void post_hide(struct turn *turn)
{
	struct object *post = find_post(turn, ARG_POST_HIDE_ID);
	if (!post)
		return;
	turn->decision->state = "hidden";
	set_state(turn, post, "hidden");
}

static void post_show(struct turn *turn)
{
	struct object *post = find_post(turn, ARG_POST_SHOW_ID);
	if (!post)
		return;
	turn->decision->state = "shown";
	set_state(turn, post, "shown");
}

static void post_move(struct turn *turn)
{
	const struct request *request = turn->request;
	struct object *post = find_post(turn, ARG_POST_MOVE_ID), *before = NULL;
	if (!post || (request_has(request, ARG_POST_MOVE_SECTION) && !find_section(turn, ARG_POST_MOVE_SECTION)))
		return;
	if (request_has(request, ARG_POST_MOVE_BEFORE) && !(before = find_post(turn, ARG_POST_MOVE_BEFORE)))
		return;
	const char *section = request_str(request, ARG_POST_MOVE_SECTION);
	if (before == post)
		return;
	if (before && strcmp(object_str(before, POST_SECTION), section) != 0) {
		refuse(turn, REFUSE_BAD_VALUE, NULL);
		turn->decision->why.field = "before";
		return;
	}
	const char *pos = position(turn, post, KIND_POST, before, section);
	if (!pos)
		return;
	if (is_in(post, section)) {
		set_str(turn, post, POST_POS, pos);
		return;
	}
	struct op *op = set_op(turn, post);
	op_str(op, POST_POS, pos);
	op_str(op, POST_SECTION, section);
}

/* A waiting edit goes and comes back with its post. */
static void set_deleted(struct turn *turn, const struct object *post, const char *by)
{
	const struct object *revision = find_revision(turn, post);
	set_str(turn, post, POST_DELETED, by);
	if (revision)
		set_str(turn, revision, REVISION_DELETED, by);
}

static void post_delete(struct turn *turn)
{
	struct object *post = find(turn, request_str(turn->request, ARG_POST_DELETE_ID), KIND_POST);
	if (!post || *object_str(post, POST_DELETED))
		return;
	if (is_member(turn) && !is_authors(turn, post)) {
		refuse(turn, REFUSE_FORBIDDEN, "forbidden.own");
		return;
	}
	set_deleted(turn, post, is_authors(turn, post) ? "author" : "staff");
}

static void post_restore(struct turn *turn)
{
	struct object *post = find(turn, request_str(turn->request, ARG_POST_RESTORE_ID), KIND_POST);
	if (!post || !*object_str(post, POST_DELETED))
		return;
	if (is_member(turn) && !is_state(post, POST_DELETED, "author")) {
		refuse(turn, REFUSE_FORBIDDEN, NULL); /* an instructor took it down: an instructor brings it back */
		return;
	}
	set_deleted(turn, post, "");
}

static void (*const commands[CMD_COUNT])(struct turn *) = {
	[CMD_CLASS_SET] = class_set,
	[CMD_MEMBER_RENAME] = member_rename,
	[CMD_WALL_SET] = wall_set,
	[CMD_SECTION_ADD] = section_add,
	[CMD_SECTION_SET] = section_set,
	[CMD_SECTION_MOVE] = section_move,
	[CMD_SECTION_REMOVE] = section_remove,
	[CMD_SECTION_RESTORE] = section_restore,
	[CMD_POST_ADD] = post_add,
	[CMD_POST_EDIT] = post_edit,
	[CMD_POST_APPROVE] = post_approve,
	[CMD_POST_REJECT] = post_reject,
	[CMD_POST_HIDE] = post_hide,
	[CMD_POST_SHOW] = post_show,
	[CMD_POST_MOVE] = post_move,
	[CMD_POST_DELETE] = post_delete,
	[CMD_POST_RESTORE] = post_restore,
};

static bool is_frozen(const struct room *room)
{
	const struct object *class = doc_find(room->class_doc, "class");
	return class && object_int(class, CLASS_FROZEN);
}

void decide(const struct room *room, const struct person *person, const struct request *request, int64_t now_ms, struct decision *decision)
{
	struct turn turn = { room, person, request, now_ms, decision };
	const struct command_spec *spec = &command_specs[request->command];
	decision->refused = false;
	decision->op_count = 0;
	decision->state = NULL;
	if (spec->in != (int)room->doc_kind)
		refuse(&turn, REFUSE_NOT_FOUND, NULL);
	else if (!(spec->roles & (1u << person->role)))
		refuse(&turn, REFUSE_FORBIDDEN, NULL);
	else if (spec->freezes && is_member(&turn) && is_frozen(room))
		refuse(&turn, REFUSE_FROZEN, NULL);
	else
		commands[request->command](&turn);
	if (decision->refused)
		decision->op_count = 0;
}

void decide_join(const char *member_id, const char *name, enum role role, int64_t now_ms, struct decision *decision)
{
	decision->refused = false;
	decision->state = NULL;
	decision->op_count = 1;
	struct op *op = &decision->ops[0];
	op_init(op, OP_PUT, KIND_MEMBER, member_id);
	op_str(op, MEMBER_NAME, name);
	op_str(op, MEMBER_ROLE, role_names[role]);
	op_int(op, MEMBER_AT, now_ms);
}
