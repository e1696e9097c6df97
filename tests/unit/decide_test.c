#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/pos.h"
#include "server/room/decide.h"
#include "tests/unit/vectors.h"

/*
 * One scene, and a table of who tries what in it: what follows, or why not. The posts of the scene are called by their
 * state: all of them are Ama's.
 */

enum { FROZEN = 1, HOLD = 2, HIDDEN_NAMES = 4, NO_POSTS_LEFT = 8, FULL = 16 };

static struct doc *class_doc, *wall_doc;
static char last_post_pos[POS_CAP];

static void add(struct doc *doc, const struct op *op)
{
	doc_apply(doc, op);
}

static void add_post(const char *id, const char *state, const char *deleted)
{
	struct op op;
	char pos[POS_CAP];

	assert_true(pos_between(*last_post_pos ? last_post_pos : NULL, NULL, pos, sizeof pos));
	strcpy(last_post_pos, pos);
	op_init(&op, OP_PUT, KIND_POST, id);
	op_str(&op, POST_FOR, "old");
	op_str(&op, POST_STATE, state);
	op_str(&op, POST_AUTHOR, "ama");
	op_str(&op, POST_NAMES, "named");
	op_str(&op, POST_DELETED, deleted);
	op_str(&op, POST_POS, pos);
	op_str(&op, POST_SECTION, "first");
	op_str(&op, POST_REASON, !strcmp(state, "rejected") ? "why" : "");
	op_int(&op, POST_VERSION, 3);
	add(wall_doc, &op);
}

static void add_revision(const char *post, const char *state)
{
	struct op op;
	char id[OBJECT_ID_CAP];

	snprintf(id, sizeof id, "%s.r", post);
	op_init(&op, OP_PUT, KIND_REVISION, id);
	op_str(&op, REVISION_POST, post);
	op_str(&op, REVISION_FOR, "newer");
	op_str(&op, REVISION_STATE, state);
	op_str(&op, REVISION_AUTHOR, "ama");
	op_str(&op, REVISION_REASON, !strcmp(state, "rejected") ? "why" : "");
	op_int(&op, REVISION_VERSION, 4);
	op_int(&op, REVISION_AT, 777);
	add(wall_doc, &op);
}

static void add_section(const char *id, const char *pos, const char *deleted)
{
	struct op op;

	op_init(&op, OP_PUT, KIND_SECTION, id);
	op_str(&op, SECTION_TITLE, id);
	op_str(&op, SECTION_POS, pos);
	op_str(&op, SECTION_DELETED, deleted);
	add(wall_doc, &op);
}

static void set_scene(int flags)
{
	static const char *const people[][2] = { { "olu", "owner" }, { "ina", "instructor" }, { "ama", "member" }, { "ben", "member" } };
	struct op op;

	class_doc = doc_new();
	wall_doc = doc_new();
	*last_post_pos = 0;
	op_init(&op, OP_PUT, KIND_CLASS, "class");
	op_str(&op, CLASS_TITLE, "Title");
	op_str(&op, CLASS_DOOR, "open");
	op_int(&op, CLASS_FROZEN, (flags & FROZEN) != 0);
	add(class_doc, &op);
	for (int p = 0; p < 4; p++) {
		op_init(&op, OP_PUT, KIND_MEMBER, people[p][0]);
		op_str(&op, MEMBER_NAME, people[p][0]);
		op_str(&op, MEMBER_ROLE, people[p][1]);
		add(class_doc, &op);
	}
	op_init(&op, OP_PUT, KIND_WALL, "wall");
	op_str(&op, WALL_PROMPT, "Prompt");
	op_int(&op, WALL_HOLD, (flags & HOLD) != 0);
	op_str(&op, WALL_NAMES, flags & HIDDEN_NAMES ? "hidden" : "named");
	add(wall_doc, &op);
	add_section("first", "a0", "");
	add_section("second", "a1", "");
	add_section("removed", "a2", "staff");
	add_post("held", "held", "");
	add_post("shown", "shown", "");
	add_post("rejected", "rejected", "");
	add_post("hidden", "hidden", "");
	add_post("withdrawn", "shown", "author");
	add_post("taken", "shown", "staff");
	add_post("revised", "shown", "");
	add_revision("revised", "held");
	add_post("refused", "shown", "");
	add_revision("refused", "rejected");
}

static void clear_scene(void)
{
	doc_free(class_doc);
	doc_free(wall_doc);
}

static enum command command_by_name(const char *name, size_t n)
{
	for (int c = 1; c < CMD_COUNT; c++)
		if (strlen(command_specs[c].name) == n && !strncmp(command_specs[c].name, name, n))
			return (enum command)c;
	fail_msg("no command %s", name);
	return CMD_NONE;
}

/* "post.edit id=shown version=3 for=new": underlines stand for spaces. */
static void read_request(const char *text, struct request *request, char *copy)
{
	strcpy(copy, text);
	char *word = strtok(copy, " ");
	*request = (struct request){ .command = command_by_name(word, strlen(word)) };
	const struct command_spec *spec = &command_specs[request->command];
	for (int a = 0; a < FIELDS_MAX; a++)
		request->args[a].s = "";
	while ((word = strtok(NULL, " "))) {
		char *value = strchr(word, '=');
		int a = 0;
		*value++ = 0;
		while (a < spec->arg_count && strcmp(spec->args[a].name, word) != 0)
			a++;
		assert_true(a < spec->arg_count);
		request->given |= 1u << a;
		if (field_type_is_string(spec->args[a].type))
			request->args[a] = (struct value){ .s = value, .n = strlen(value) };
		else
			request->args[a].i = atoi(value);
	}
}

static void write_outcome(struct buf *out, const struct decision *decision)
{
	if (decision->refused) {
		buf_str(out, "no ");
		buf_str(out, refusal_codes[decision->why.code]);
		if (decision->why.say) {
			buf_char(out, ' ');
			buf_str(out, decision->why.say);
		}
		assert_int_equal(decision->op_count, 0);
		return;
	}
	for (int o = 0; o < decision->op_count; o++) {
		const struct op *op = &decision->ops[o];
		const struct kind_spec *spec = &kind_specs[op->kind];
		buf_str(out, o ? ", " : "");
		buf_str(out, op->type == OP_PUT ? "put " : op->type == OP_SET ? "set " : "del ");
		buf_str(out, op->id);
		for (int f = 0; f < spec->field_count; f++) {
			if (!(op->mask & (1u << f)) || (op->type == OP_PUT && value_is_zero(spec->fields[f].type, &op->values[f])))
				continue;
			buf_char(out, ' ');
			buf_str(out, spec->fields[f].name);
			buf_char(out, '=');
			if (field_type_is_string(spec->fields[f].type))
				buf_str(out, op->values[f].s);
			else
				buf_int(out, op->values[f].i);
		}
	}
	if (decision->state) {
		buf_str(out, " -> ");
		buf_str(out, decision->state);
	}
}

static void decide_in_scene(const char *who, const char *text, int flags, struct buf *out)
{
	struct request request;
	struct decision decision;
	char copy[512];

	set_scene(flags);
	read_request(text, &request, copy);
	enum doc_kind kind = (enum doc_kind)command_specs[request.command].in;
	const struct room room = { class_doc, kind == DOC_CLASS ? class_doc : wall_doc, kind, last_post_pos, flags & FULL ? (int64_t)doc_count(wall_doc) : 100 };
	enum role role = !strcmp(who, "olu") ? ROLE_OWNER : !strcmp(who, "ina") ? ROLE_INSTRUCTOR : ROLE_MEMBER;
	const struct person person = { who, role, flags & NO_POSTS_LEFT ? 200 : 199, role == ROLE_MEMBER ? 200 : 0 };
	decide(&room, &person, &request, 1000, &decision);
	buf_reset(out);
	write_outcome(out, &decision);
	clear_scene();
}

static const struct {
	const char *who, *what;
	int flags;
	const char *outcome;
} rows[] = {
	/* class.set */
	{ "olu", "class.set title=New", 0, "set class title=New" },
	{ "ina", "class.set frozen=1 door=closed", 0, "set class frozen=1 door=closed" },
	{ "olu", "class.set title=Title frozen=0 door=open", 0, "" },
	{ "olu", "class.set frozen=0", FROZEN, "set class frozen=0" },
	{ "ama", "class.set title=New", 0, "no forbidden" },
	{ "ama", "class.set frozen=0", FROZEN, "no forbidden" },
	/* member.rename */
	{ "ama", "member.rename name=Ama", 0, "set ama name=Ama" },
	{ "ama", "member.rename name=Ama", FROZEN, "set ama name=Ama" },
	{ "olu", "member.rename name=olu", 0, "" },
	{ "cleo", "member.rename name=Cleo", 0, "no not_found" },
	/* wall.set */
	{ "olu", "wall.set prompt=New hold=1 names=hidden", 0, "set wall prompt=New hold=1 names=hidden" },
	{ "ina", "wall.set prompt=", 0, "set wall prompt=" },
	{ "olu", "wall.set prompt=Prompt hold=1 names=named", HOLD, "" },
	{ "ama", "wall.set hold=0", HOLD, "no forbidden" },
	{ "ben", "wall.set names=hidden", 0, "no forbidden" },
	/* section.add */
	{ "olu", "section.add id=new title=New", 0, "put new title=New pos=a3" },
	{ "olu", "section.add id=new title=New before=first", 0, "put new title=New pos=Zz" },
	{ "ina", "section.add id=new title=New before=second", 0, "put new title=New pos=a0V" },
	{ "ama", "section.add id=new title=New", 0, "no forbidden" },
	{ "olu", "section.add id=first title=New", 0, "no conflict conflict.id" },
	{ "olu", "section.add id=held title=New", 0, "no conflict conflict.id" },
	{ "olu", "section.add id=new title=New before=nothing", 0, "no not_found" },
	{ "olu", "section.add id=new title=New before=shown", 0, "no not_found" },
	{ "olu", "section.add id=new title=New", FULL, "no quota quota.objects" },
	/* section.set, move, remove, restore */
	{ "olu", "section.set id=first title=New", 0, "set first title=New" },
	{ "olu", "section.set id=first title=first", 0, "" },
	{ "olu", "section.set id=shown title=New", 0, "no not_found" },
	{ "ama", "section.set id=first title=New", 0, "no forbidden" },
	{ "olu", "section.move id=first", 0, "set first pos=a3" },
	{ "olu", "section.move id=second before=first", 0, "set second pos=Zz" },
	{ "olu", "section.move id=first before=second", 0, "" },
	{ "olu", "section.move id=first before=first", 0, "" },
	{ "olu", "section.move id=removed", 0, "" },
	{ "olu", "section.move id=nothing", 0, "no not_found" },
	{ "olu", "section.move id=first before=nothing", 0, "no not_found" },
	{ "ben", "section.move id=first", 0, "no forbidden" },
	{ "olu", "section.remove id=first", 0, "set first deleted=staff" },
	{ "olu", "section.remove id=removed", 0, "" },
	{ "olu", "section.remove id=wall", 0, "no not_found" },
	{ "ama", "section.remove id=first", 0, "no forbidden" },
	{ "ina", "section.restore id=removed", 0, "set removed deleted=" },
	{ "ina", "section.restore id=first", 0, "" },
	{ "ina", "section.restore id=held", 0, "no not_found" },
	{ "ama", "section.restore id=removed", 0, "no forbidden" },
	/* post.add */
	{ "ama", "post.add id=new for=x", 0, "put new for=x pos=a8 names=named author=ama state=shown version=1 at=1000 -> shown" },
	{ "ama", "post.add id=new for=x names=named", 0, "put new for=x pos=a8 names=named author=ama state=shown version=1 at=1000 -> shown" },
	{ "ama", "post.add id=new helps=x section=second", HOLD, "put new helps=x section=second pos=a8 names=named author=ama state=held version=1 at=1000 -> held" },
	{ "ben", "post.add id=new who=x section=removed", HIDDEN_NAMES, "put new who=x section=removed pos=a8 names=hidden author=ben state=shown version=1 at=1000 -> shown" },
	{ "olu", "post.add id=new offer=x venture=y", HOLD | FROZEN | NO_POSTS_LEFT, "put new offer=x venture=y pos=a8 names=named author=olu state=shown version=1 at=1000 -> shown" },
	{ "ama", "post.add id=new for=x", FROZEN, "no frozen" },
	{ "ama", "post.add id=new venture=x", 0, "no bad_value post.empty" },
	{ "ama", "post.add id=new for=", 0, "no bad_value post.empty" },
	{ "ama", "post.add id=new for=x names=named", HIDDEN_NAMES, "no conflict names.changed" },
	{ "ama", "post.add id=new for=x names=hidden", 0, "no conflict names.changed" },
	{ "ama", "post.add id=shown for=x", 0, "no conflict conflict.id" },
	{ "ben", "post.add id=held for=x", 0, "no conflict conflict.id" },
	{ "ben", "post.add id=first for=x", 0, "no conflict conflict.id" },
	{ "ama", "post.add id=new for=x section=nothing", 0, "no not_found" },
	{ "ama", "post.add id=new for=x section=shown", 0, "no not_found" },
	{ "ama", "post.add id=new for=x", NO_POSTS_LEFT, "no quota quota.posts" },
	{ "ama", "post.add id=new for=x", FULL, "no quota quota.objects" },
	/* post.edit: of a post on the wall */
	{ "ama", "post.edit id=shown version=3 for=x", 0, "set shown for=x version=4 edited=1000 -> shown" },
	{ "ama", "post.edit id=shown version=3 for= who=x", 0, "set shown for= who=x version=4 edited=1000 -> shown" },
	{ "ama", "post.edit id=shown version=3 for=old", 0, " -> shown" },
	{ "ama", "post.edit id=shown version=3", HOLD, " -> shown" },
	{ "ama", "post.edit id=shown version=3 for=x", HOLD, "put shown.r post=shown for=x author=ama state=held version=4 at=1000 -> held" },
	{ "ama", "post.edit id=hidden version=3 for=x", HOLD, "set hidden for=x version=4 edited=1000 -> hidden" },
	{ "ama", "post.edit id=shown version=2 for=x", 0, "no conflict" },
	{ "ama", "post.edit id=shown version=4 for=x", 0, "no conflict" },
	{ "ama", "post.edit id=shown version=3 for=", 0, "no bad_value post.empty" },
	{ "ama", "post.edit id=shown version=3 for=x", FROZEN, "no frozen" },
	{ "ben", "post.edit id=shown version=3 for=x", 0, "no forbidden forbidden.own" },
	{ "olu", "post.edit id=shown version=3 for=x", 0, "no forbidden forbidden.own" },
	{ "ben", "post.edit id=held version=3 for=x", 0, "no not_found" },
	{ "ama", "post.edit id=withdrawn version=3 for=x", 0, "no not_found" },
	{ "ama", "post.edit id=taken version=3 for=x", 0, "no not_found" },
	{ "ama", "post.edit id=first version=3 for=x", 0, "no not_found" },
	{ "ama", "post.edit id=revised.r version=4 for=x", HOLD, "no not_found" },
	/* of one that waits, and of one that was sent back */
	{ "ama", "post.edit id=held version=3 for=x", HOLD, "set held for=x version=4 edited=1000 -> held" },
	{ "ama", "post.edit id=held version=3 for=x", 0, "set held for=x version=4 edited=1000 -> held" },
	{ "ama", "post.edit id=rejected version=3 for=x", HOLD, "set rejected for=x state=held reason= version=4 edited=1000 -> held" },
	{ "ama", "post.edit id=rejected version=3", 0, "set rejected state=held reason= version=4 edited=1000 -> held" },
	/* of one whose edit waits, or was sent back */
	{ "ama", "post.edit id=revised version=4 who=x", HOLD, "put revised.r post=revised for=newer who=x author=ama state=held version=5 at=1000 -> held" },
	{ "ama", "post.edit id=revised version=4 for=newer", HOLD, " -> held" },
	{ "ama", "post.edit id=revised version=3 for=x", HOLD, "no conflict" },
	{ "ama", "post.edit id=refused version=4", HOLD, "put refused.r post=refused for=newer author=ama state=held version=5 at=1000 -> held" },
	{ "ama", "post.edit id=revised version=4 who=x", 0, "set revised for=newer who=x version=5 edited=1000, del revised.r -> shown" },
	/* post.approve */
	{ "olu", "post.approve id=held", HOLD, "set held state=shown -> shown" },
	{ "ina", "post.approve id=rejected", 0, "set rejected state=shown reason= -> shown" },
	{ "ina", "post.approve id=hidden", 0, "set hidden state=shown -> shown" },
	{ "olu", "post.approve id=shown", 0, " -> shown" },
	{ "olu", "post.approve id=revised", 0, "set revised for=newer version=4 edited=777, del revised.r -> shown" },
	{ "olu", "post.approve id=refused", 0, "set refused for=newer version=4 edited=777, del refused.r -> shown" },
	{ "ama", "post.approve id=held", 0, "no forbidden" },
	{ "ben", "post.approve id=shown", 0, "no forbidden" },
	{ "olu", "post.approve id=withdrawn", 0, "no not_found" },
	{ "olu", "post.approve id=taken", 0, "no not_found" },
	{ "olu", "post.approve id=revised.r", 0, "no not_found" },
	/* post.reject */
	{ "olu", "post.reject id=held reason=no", HOLD, "set held state=rejected reason=no -> rejected" },
	{ "olu", "post.reject id=held", HOLD, "set held state=rejected reason= -> rejected" },
	{ "olu", "post.reject id=rejected reason=why", HOLD, " -> rejected" },
	{ "olu", "post.reject id=rejected reason=other", HOLD, "set rejected state=rejected reason=other -> rejected" },
	{ "ina", "post.reject id=revised reason=no", HOLD, "set revised.r state=rejected reason=no -> rejected" },
	{ "olu", "post.reject id=shown reason=no", 0, "no conflict conflict.shown" },
	{ "olu", "post.reject id=hidden", 0, "no conflict conflict.shown" },
	{ "ama", "post.reject id=held", 0, "no forbidden" },
	{ "olu", "post.reject id=withdrawn", 0, "no not_found" },
	{ "olu", "post.reject id=nothing", 0, "no not_found" },
	/* post.hide, post.show */
	{ "olu", "post.hide id=shown", 0, "set shown state=hidden -> hidden" },
	{ "olu", "post.hide id=hidden", 0, " -> hidden" },
	{ "ama", "post.hide id=shown", 0, "no forbidden" },
	{ "olu", "post.hide id=taken", 0, "no not_found" },
	{ "ina", "post.show id=hidden", 0, "set hidden state=shown -> shown" },
	{ "ina", "post.show id=shown", 0, " -> shown" },
	{ "ama", "post.show id=hidden", 0, "no forbidden" },
	{ "olu", "post.show id=withdrawn", 0, "no not_found" },
	/* post.move */
	{ "olu", "post.move id=held section=second", 0, "set held section=second pos=a0 -> " },
	{ "olu", "post.move id=held", 0, "set held section= pos=a0 -> " },
	{ "olu", "post.move id=held section=first", 0, "set held pos=a8 -> " },
	{ "olu", "post.move id=refused section=first", 0, "" },
	{ "olu", "post.move id=shown before=held section=first", 0, "set shown pos=Zz -> " },
	{ "olu", "post.move id=held before=shown section=first", 0, "" },
	{ "olu", "post.move id=held before=held section=first", 0, "" },
	{ "olu", "post.move id=held before=rejected section=first", 0, "set held pos=a1V -> " },
	{ "olu", "post.move id=held before=shown", 0, "no bad_value" },
	{ "olu", "post.move id=held before=shown section=second", 0, "no bad_value" },
	{ "olu", "post.move id=held section=nothing", 0, "no not_found" },
	{ "olu", "post.move id=held before=withdrawn section=first", 0, "no not_found" },
	{ "olu", "post.move id=taken section=second", 0, "no not_found" },
	{ "ama", "post.move id=shown section=second", 0, "no forbidden" },
	{ "ben", "post.move id=shown section=second", FROZEN, "no forbidden" },
	/* post.delete */
	{ "ama", "post.delete id=shown", 0, "set shown deleted=author" },
	{ "ama", "post.delete id=held", HOLD, "set held deleted=author" },
	{ "ama", "post.delete id=revised", 0, "set revised deleted=author, set revised.r deleted=author" },
	{ "olu", "post.delete id=shown", 0, "set shown deleted=staff" },
	{ "olu", "post.delete id=hidden", FROZEN, "set hidden deleted=staff" },
	{ "ama", "post.delete id=withdrawn", 0, "" },
	{ "ama", "post.delete id=taken", 0, "" },
	{ "olu", "post.delete id=taken", 0, "" },
	{ "ama", "post.delete id=shown", FROZEN, "no frozen" },
	{ "ben", "post.delete id=shown", 0, "no forbidden forbidden.own" },
	{ "ben", "post.delete id=held", 0, "no not_found" },
	{ "olu", "post.delete id=withdrawn", 0, "no not_found" },
	{ "ben", "post.delete id=taken", 0, "no not_found" },
	/* post.restore */
	{ "ama", "post.restore id=withdrawn", 0, "set withdrawn deleted=" },
	{ "olu", "post.restore id=taken", 0, "set taken deleted=" },
	{ "ama", "post.restore id=shown", 0, "" },
	{ "ama", "post.restore id=taken", 0, "no forbidden" },
	{ "ama", "post.restore id=withdrawn", FROZEN, "no frozen" },
	{ "olu", "post.restore id=withdrawn", 0, "no not_found" },
	{ "ben", "post.restore id=withdrawn", 0, "no not_found" },
	{ "ben", "post.restore id=taken", 0, "no not_found" },
};

static void test_rows(void **state)
{
	struct buf out = { 0 };
	int wrong = 0;

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		char expected[256];
		strcpy(expected, rows[r].outcome);
		size_t n = strlen(expected);
		if (n > 4 && !strcmp(expected + n - 4, " -> ")) /* moves have no state */
			expected[n - 4] = 0;
		decide_in_scene(rows[r].who, rows[r].what, rows[r].flags, &out);
		if (strcmp(buf_cstr(&out), expected) != 0) {
			print_error("%s, %s (%d):\n  %s\ninstead of\n  %s\n", rows[r].who, rows[r].what, rows[r].flags, buf_cstr(&out), expected);
			wrong++;
		}
	}
	buf_release(&out);
	assert_int_equal(wrong, 0);
}

/* So that no command can come without its rules being tried: at least one success, and two refusals for each. */
static void test_every_command_has_rows(void **state)
{
	int good[CMD_COUNT] = { 0 }, bad[CMD_COUNT] = { 0 };

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		enum command command = command_by_name(rows[r].what, strcspn(rows[r].what, " "));
		*(strncmp(rows[r].outcome, "no ", 3) ? &good[command] : &bad[command]) += 1;
	}
	for (int c = 1; c < CMD_COUNT; c++)
		if (!good[c] || (bad[c] < 2 && c != CMD_MEMBER_RENAME))
			fail_msg("%s: %d successes, %d refusals", command_specs[c].name, good[c], bad[c]);
}

/* Every command against every object there is, by everybody, in every mood of the class: who may not by the table never does, and whatever follows is something the rules know. */
static void test_everything_by_everybody(void **state)
{
	static const char *const people[] = { "olu", "ina", "ama", "ben", "cleo" };
	static const char *const objects[] = { "held", "shown", "rejected", "hidden", "withdrawn", "taken", "revised", "refused", "revised.r", "refused.r", "first", "removed", "wall", "class", "ama", "nothing" };
	struct buf out = { 0 };

	(void)state;
	for (int c = 1; c < CMD_COUNT; c++)
		for (int p = 0; p < 5; p++)
			for (size_t o = 0; o < sizeof objects / sizeof *objects; o++)
				for (int flags = 0; flags < 8; flags++) {
					char text[256];
					int n = snprintf(text, sizeof text, "%s", command_specs[c].name);
					for (int a = 0; a < command_specs[c].arg_count; a++) {
						const struct field_spec *spec = &command_specs[c].args[a];
						if (!strcmp(spec->name, "id"))
							n += snprintf(text + n, sizeof text - (size_t)n, " id=%s", objects[o]);
						else if (spec->need)
							n += snprintf(text + n, sizeof text - (size_t)n, " %s=3", spec->name);
					}
					decide_in_scene(people[p], text, flags, &out);
					bool staff = p < 2, refused = !strncmp(buf_cstr(&out), "no ", 3);
					if (!staff && !(command_specs[c].roles & (1u << ROLE_MEMBER)))
						assert_string_equal(buf_cstr(&out), "no forbidden");
					else if (!staff && (flags & FROZEN) && command_specs[c].freezes)
						assert_string_equal(buf_cstr(&out), "no frozen");
					/* What the class does not see, nobody but its author and the staff learns to exist, except by choosing its id. */
					if (p == 3 && !command_specs[c].freezes && refused && command_specs[c].in == DOC_WALL)
						assert_string_equal(buf_cstr(&out), "no forbidden");
					bool unseen = o != 1 && o != 6 && o != 7;
					if (p >= 3 && unseen && command_specs[c].own && !(flags & FROZEN))
						assert_string_equal(buf_cstr(&out), "no not_found");
				}
	buf_release(&out);
}

static void test_wrong_document(void **state)
{
	struct request request;
	struct decision decision;
	char copy[64];

	(void)state;
	set_scene(0);
	const struct person olu = { "olu", ROLE_OWNER, 0, 0 };
	read_request("class.set title=x", &request, copy);
	decide(&(struct room){ class_doc, wall_doc, DOC_WALL, "", 100 }, &olu, &request, 0, &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_NOT_FOUND);
	read_request("wall.set prompt=x", &request, copy);
	decide(&(struct room){ class_doc, class_doc, DOC_CLASS, "", 100 }, &olu, &request, 0, &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_NOT_FOUND);
	clear_scene();
}

static void test_limits(void **state)
{
	struct request request;
	struct decision decision;
	char copy[64];

	(void)state;
	set_scene(0);
	int64_t count = (int64_t)doc_count(wall_doc);
	read_request("post.add id=new for=x", &request, copy);
	for (int64_t max = count; max <= count + 1; max++) {
		decide(&(struct room){ class_doc, wall_doc, DOC_WALL, last_post_pos, max }, &(struct person){ "ama", ROLE_MEMBER, 0, 200 }, &request, 0, &decision);
		assert_int_equal(decision.refused, max == count);
	}
	for (int64_t posts = 199; posts <= 200; posts++) {
		decide(&(struct room){ class_doc, wall_doc, DOC_WALL, last_post_pos, 100 }, &(struct person){ "ama", ROLE_MEMBER, posts, 200 }, &request, 0, &decision);
		assert_int_equal(decision.refused, posts == 200);
		if (posts == 200)
			assert_int_equal(decision.why.max, 200);
	}
	clear_scene();
}

static void test_join(void **state)
{
	struct decision decision;
	struct buf out = { 0 };

	(void)state;
	decide_join("zoe", "Zoe", ROLE_MEMBER, 5, &decision);
	write_outcome(&out, &decision);
	assert_string_equal(out.s, "put zoe name=Zoe role=member at=5");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_command_has_rows),
		cmocka_unit_test(test_everything_by_everybody),
		cmocka_unit_test(test_wrong_document),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
