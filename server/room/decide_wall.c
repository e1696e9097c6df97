/* The rules of a wall: its settings, sections and posts, and who may moderate what. */
#include "server/room/turn.h"
#include "proto/pos.h"
#include <string.h>

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

/* The id of the edit that waits beside a post: the post's with ".r" behind it. In the decision's arena. */
static const char *revision_id(struct turn *turn, const struct object *post)
{
	char *id = arena_alloc(&turn->decision->arena, OBJECT_ID_CAP);
	strcpy(id, post->id);
	return strcat(id, ".r");
}

/* That edit, or NULL. */
static struct object *find_revision(struct turn *turn, const struct object *post)
{
	return doc_find(turn->room->doc, revision_id(turn, post));
}

/* ---- the wall and its sections ---- */

static void wall_set(struct turn *turn)
{
	static const struct setting settings[] = { { ARG_WALL_SET_PROMPT, WALL_PROMPT }, { ARG_WALL_SET_NAMES, WALL_NAMES }, { ARG_WALL_SET_HOLD, WALL_HOLD } };
	struct object *wall = find(turn, "wall", KIND_WALL);
	if (wall)
		SET_ALL(turn, wall, settings);
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
		refuse_max(turn, REFUSE_QUOTA, "quota.posts", turn->person->posts_max);
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
	const char *pos = pos_new(turn, *turn->room->last_post_pos ? turn->room->last_post_pos : NULL, NULL);
	if (!pos)
		return;
	const char *state = holds(turn) ? "held" : "shown";
	answer_str(turn, "state", state);
	struct op *op = add_op(turn, OP_PUT, KIND_POST, id);
	for (int w = 0; w < WORDS; w++)
		op_str(op, post_words[w], words[w]);
	op_str(op, POST_SECTION, request_str(request, ARG_POST_ADD_SECTION));
	op_str(op, POST_POS, pos);
	op_str(op, POST_NAMES, names);
	op_str(op, POST_AUTHOR, turn->person->member_id);
	op_str(op, POST_STATE, state);
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
	struct op *op = add_op(turn, OP_PUT, KIND_REVISION, revision_id(turn, post));
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
		answer_str(turn, "state", revision ? "held" : state);
		return;
	}
	answer_str(turn, "state", revise ? "held" : state);
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
		add_made_op(turn, &op);
}

static void post_approve(struct turn *turn)
{
	struct object *post = find_post(turn, ARG_POST_APPROVE_ID);
	if (!post)
		return;
	const struct object *revision = find_revision(turn, post);
	answer_str(turn, "state", "shown");
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
	answer_str(turn, "state", "rejected");
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
	answer_str(turn, "state", "hidden");
	set_state(turn, post, "hidden");
}

static void post_show(struct turn *turn)
{
	struct object *post = find_post(turn, ARG_POST_SHOW_ID);
	if (!post)
		return;
	answer_str(turn, "state", "shown");
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
		refuse_value(turn, NULL, "before");
		return;
	}
	const char *pos = position(turn, post, KIND_POST, before, section);
	if (!pos)
		return;
	if (is_state(post, POST_SECTION, section)) {
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

static command_rule *const rules[CMD_COUNT] = {
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
command_rule *const *const wall_rules = rules;
