#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/pos.h"
#include "tests/unit/decide_help.h"

/*
 * One scene, and a table of who tries what in it: what follows, or why not. The posts of the scene are called by their
 * state: all of them are Ama's.
 */

enum { FROZEN = 1, HOLD = 2, HIDDEN_NAMES = 4, NO_POSTS_LEFT = 8, FULL = 16, SELF = 32 };

static struct doc *class_doc, *wall_doc;
static char last_post_pos[POS_CAP];
static struct steps *steps;
static struct trail *trail;

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
	put(wall_doc, &op);
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
	put(wall_doc, &op);
}

static void add_section(const char *id, const char *pos, const char *deleted)
{
	struct op op;

	op_init(&op, OP_PUT, KIND_SECTION, id);
	op_str(&op, SECTION_TITLE, id);
	op_str(&op, SECTION_POS, pos);
	op_str(&op, SECTION_DELETED, deleted);
	put(wall_doc, &op);
}

static void set_scene(int flags)
{
	static const char *const people[][2] = { { "olu", "owner" }, { "ina", "instructor" }, { "ama", "member" }, { "ben", "member" } };
	struct op op;

	class_doc = doc_new();
	wall_doc = doc_new();
	steps = steps_new();
	trail = trail_new();
	*last_post_pos = 0;
	op_init(&op, OP_PUT, KIND_CLASS, "class");
	op_str(&op, CLASS_TITLE, "Title");
	op_str(&op, CLASS_DOOR, "open");
	op_int(&op, CLASS_FROZEN, (flags & FROZEN) != 0);
	put(class_doc, &op);
	for (int p = 0; p < 4; p++) {
		op_init(&op, OP_PUT, KIND_MEMBER, people[p][0]);
		op_str(&op, MEMBER_NAME, people[p][0]);
		op_str(&op, MEMBER_ROLE, people[p][1]);
		put(class_doc, &op);
	}
	if (flags & SELF)
		put_words(class_doc, "class class title=Title door=open teams=self");
	put_words(class_doc, "team one name=One pos=a0");
	put_words(class_doc, "team two name=Two pos=a1");
	put_words(class_doc, "team old name=Old pos=a2 deleted=staff");
	put_words(class_doc, "member dan name=dan role=member team=two");
	put_words(class_doc, "member eve name=eve role=member team=old");
	put_words(class_doc, "document start type=wall title=Wall pos=a0");
	put_words(class_doc, "document first type=canvas title=First template=bmc team=two see=team add=team change=team pos=a1");
	put_words(class_doc, "document all type=canvas title=All see=class add=team change=staff pos=a2");
	put_words(class_doc, "document shut type=canvas title=Shut team=two see=staff pos=a3");
	put_words(class_doc, "document away type=canvas title=Away team=two see=class pos=a4 deleted=staff");
	op_init(&op, OP_PUT, KIND_WALL, "wall");
	op_str(&op, WALL_PROMPT, "Prompt");
	op_int(&op, WALL_HOLD, (flags & HOLD) != 0);
	op_str(&op, WALL_NAMES, flags & HIDDEN_NAMES ? "hidden" : "named");
	put(wall_doc, &op);
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
	steps_free(steps);
	trail_free(trail);
}

static struct room room_of(enum doc_kind kind, int64_t objects_max)
{
	bool class = kind == DOC_CLASS;

	return (struct room){ .class_doc = class_doc, .doc = class ? class_doc : wall_doc, .document = class ? "class" : "start", .doc_kind = kind, .last_post_pos = last_post_pos, .objects_max = objects_max, .documents_max = 10,
		.steps = steps, .trail = trail };
}

static void decide_in_scene(const char *who, const char *text, int flags, struct buf *out)
{
	static struct decision decision;
	struct request request;
	char copy[512];
	cJSON *edit;

	set_scene(flags);
	read_request(text, &request, copy, &edit);
	enum doc_kind kind = (enum doc_kind)command_specs[request.command].in;
	if (kind == DOC_NONE)
		kind = DOC_WALL;
	const struct room room = room_of(kind, flags & FULL ? (int64_t)doc_count(kind == DOC_CLASS ? class_doc : wall_doc) : 100);
	enum role role = !strcmp(who, "olu") ? ROLE_OWNER : !strcmp(who, "ina") ? ROLE_INSTRUCTOR : ROLE_MEMBER;
	const struct person person = { who, role, flags & NO_POSTS_LEFT ? 200 : 199, role == ROLE_MEMBER ? 200 : 0 };
	decide(&room, &person, &request, 1000, &decision);
	buf_reset(out);
	write_outcome(out, &decision);
	decision_release(&decision);
	cJSON_Delete(edit);
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
	/* team.add, set, remove, restore */
	{ "olu", "team.add id=new name=New", 0, "put new name=New pos=a3" },
	{ "ina", "team.add id=new name=New before=two", 0, "put new name=New pos=a0V" },
	{ "olu", "team.add id=one name=New", 0, "no conflict conflict.id" },
	{ "olu", "team.add id=start name=New", 0, "no conflict conflict.id" },
	{ "olu", "team.add id=new name=New before=old", 0, "no not_found" },
	{ "olu", "team.add id=new name=New before=ama", 0, "no not_found" },
	{ "olu", "team.add id=new name=New", FULL, "no quota quota.objects" },
	{ "dan", "team.add id=new name=New", SELF, "no forbidden" },
	{ "olu", "team.set id=one name=New", 0, "set one name=New" },
	{ "olu", "team.set id=one name=One", 0, "" },
	{ "olu", "team.set id=old name=New", 0, "no not_found" },
	{ "dan", "team.set id=two name=New", 0, "no forbidden" },
	{ "olu", "team.remove id=two", 0, "set two deleted=staff" },
	{ "olu", "team.remove id=old", 0, "" },
	{ "olu", "team.remove id=start", 0, "no not_found" },
	{ "dan", "team.remove id=two", 0, "no forbidden" },
	{ "ina", "team.restore id=old", 0, "set old deleted=" },
	{ "ina", "team.restore id=one", 0, "" },
	{ "ina", "team.restore id=ama", 0, "no not_found" },
	{ "dan", "team.restore id=old", 0, "no forbidden" },
	/* team.deal: dan is in two, eve in a team that is gone, ama and ben in none */
	{ "olu", "team.deal", 0, "set ama team=one, set ben team=one, set eve team=two" },
	{ "olu", "team.deal all=1", 0, "set ama team=one, set ben team=two, set dan team=one, set eve team=two" },
	{ "dan", "team.deal", SELF, "no forbidden" },
	{ "ama", "team.deal all=1", FROZEN, "no forbidden" },
	/* team.join */
	{ "ama", "team.join team=one", SELF, "set ama team=one" },
	{ "dan", "team.join team=one", SELF, "set dan team=one" },
	{ "dan", "team.join", SELF, "set dan team=" },
	{ "dan", "team.join team=two", SELF, "" },
	{ "dan", "team.join team=old", SELF, "no not_found" },
	{ "dan", "team.join team=ama", SELF, "no not_found" },
	{ "dan", "team.join team=one", 0, "no forbidden team.closed" },
	{ "dan", "team.join", 0, "no forbidden team.closed" },
	{ "ina", "team.join team=one", 0, "set ina team=one" },
	{ "cleo", "team.join team=one", SELF, "no not_found" },
	/* member.place */
	{ "olu", "member.place member=ama team=one", 0, "set ama team=one" },
	{ "ina", "member.place member=dan", 0, "set dan team=" },
	{ "olu", "member.place member=dan team=two", 0, "" },
	{ "olu", "member.place member=dan team=old", 0, "no not_found" },
	{ "olu", "member.place member=two team=one", 0, "no not_found" },
	{ "olu", "member.place member=nobody team=one", 0, "no not_found" },
	{ "dan", "member.place member=dan team=one", SELF, "no forbidden" },
	/* document.set: dan is of the team whose canvas `first` is */
	{ "olu", "document.set id=first title=New see=staff add=class change=class", 0, "set first title=New see=staff add=class change=class" },
	{ "olu", "document.set id=first see=team", 0, "" },
	{ "ina", "document.set id=away see=team", 0, "set away see=team" },
	{ "olu", "document.set id=start title=New", 0, "set start title=New" },
	{ "olu", "document.set id=first title=", 0, "no bad_value" },
	{ "olu", "document.set id=start see=staff", 0, "no bad_value" },
	{ "dan", "document.set id=first see=class", 0, "set first see=class" },
	{ "dan", "document.set id=first see=class", FROZEN, "set first see=class" },
	{ "dan", "document.set id=first see=team", 0, "" },
	{ "dan", "document.set id=first see=staff", 0, "no forbidden" },
	{ "dan", "document.set id=first title=Mine", 0, "no forbidden" },
	{ "dan", "document.set id=first see=class add=class", 0, "no forbidden" },
	{ "dan", "document.set id=first change=class", 0, "no forbidden" },
	{ "dan", "document.set id=shut see=class", 0, "no not_found" },
	{ "dan", "document.set id=away see=class", 0, "no not_found" },
	{ "dan", "document.set id=all see=team", 0, "no forbidden" },
	{ "dan", "document.set id=start see=class", 0, "no forbidden" },
	{ "ama", "document.set id=first see=class", 0, "no forbidden" },
	{ "eve", "document.set id=all see=class", 0, "no forbidden" },
	{ "olu", "document.set id=one title=x", 0, "no not_found" },
	/* document.move, remove, restore */
	{ "olu", "document.move id=start", 0, "set start pos=a5" },
	{ "ina", "document.move id=shut before=first", 0, "set shut pos=a0V" },
	{ "olu", "document.move id=start before=first", 0, "" },
	{ "olu", "document.move id=start before=start", 0, "" },
	{ "olu", "document.move id=start before=one", 0, "no not_found" },
	{ "olu", "document.move id=one", 0, "no not_found" },
	{ "dan", "document.move id=first", 0, "no forbidden" },
	{ "olu", "document.remove id=first", 0, "set first deleted=staff" },
	{ "olu", "document.remove id=away", 0, "" },
	{ "olu", "document.remove id=start", 0, "no forbidden" },
	{ "olu", "document.remove id=one", 0, "no not_found" },
	{ "dan", "document.remove id=first", 0, "no forbidden" },
	{ "ina", "document.restore id=away", 0, "set away deleted=" },
	{ "ina", "document.restore id=first", 0, "" },
	{ "ina", "document.restore id=one", 0, "no not_found" },
	{ "dan", "document.restore id=away", 0, "no forbidden" },
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

/* So that no command can come without its rules being tried: at least one success, and two refusals for each. What concerns canvases is in decide_canvas_test.c. */
static void test_every_command_has_rows(void **state)
{
	int good[CMD_COUNT] = { 0 }, bad[CMD_COUNT] = { 0 };

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(rows[r].what, " "), rows[r].what);
		enum command command = command_by_name(name);
		*(strncmp(rows[r].outcome, "no ", 3) ? &good[command] : &bad[command]) += 1;
	}
	for (int c = 1; c < CMD_COUNT; c++)
		if (command_specs[c].in != DOC_CANVAS && command_specs[c].in != DOC_NONE && c != CMD_CANVAS_ADD && (!good[c] || (bad[c] < 2 && c != CMD_MEMBER_RENAME)))
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
		for (int p = 0; p < 5 && command_specs[c].in != DOC_CANVAS && command_specs[c].in != DOC_NONE; p++)
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

static void decide_text(const struct room *room, const struct person *person, const char *text, struct decision *decision)
{
	struct request request;
	char copy[64];
	cJSON *edit;

	read_request(text, &request, copy, &edit);
	decide(room, person, &request, 0, decision);
	cJSON_Delete(edit);
}

static void test_wrong_document(void **state)
{
	struct decision decision = { 0 };
	struct room wall, class;

	(void)state;
	set_scene(0);
	const struct person olu = { "olu", ROLE_OWNER, 0, 0 };
	wall = room_of(DOC_WALL, 100);
	class = room_of(DOC_CLASS, 100);
	decide_text(&wall, &olu, "class.set title=x", &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_NOT_FOUND);
	decide_text(&class, &olu, "wall.set prompt=x", &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_NOT_FOUND);
	decide_text(&class, &olu, "box.remove id=x", &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_NOT_FOUND);
	/* What the wall had decided is forgotten. */
	decide_text(&wall, &olu, "wall.set prompt=x", &decision);
	assert_true(!decision.refused && decision.op_count == 1);
	decide_text(&wall, &olu, "wall.set prompt=Prompt", &decision);
	assert_true(!decision.refused && decision.op_count == 0 && !decision.result.n);
	decision_release(&decision);
	clear_scene();
}

static void test_limits(void **state)
{
	struct decision decision = { 0 };

	(void)state;
	set_scene(0);
	int64_t count = (int64_t)doc_count(wall_doc);
	for (int64_t max = count; max <= count + 1; max++) {
		struct room room = room_of(DOC_WALL, max);
		decide_text(&room, &(struct person){ "ama", ROLE_MEMBER, 0, 200 }, "post.add id=new for=x", &decision);
		assert_int_equal(decision.refused, max == count);
	}
	for (int64_t posts = 199; posts <= 200; posts++) {
		struct room room = room_of(DOC_WALL, 100);
		decide_text(&room, &(struct person){ "ama", ROLE_MEMBER, posts, 200 }, "post.add id=new for=x", &decision);
		assert_int_equal(decision.refused, posts == 200);
		if (posts == 200)
			assert_int_equal(decision.why.max, 200);
	}
	decision_release(&decision);
	clear_scene();
}

static void apply_all(struct doc *doc, const struct decision *decision)
{
	for (size_t o = 0; o < decision->op_count; o++)
		doc_apply(doc, &decision->ops[o].op);
}

static int people_of(const char *team, int *most, int *least)
{
	int count = 0;

	for (const struct object *o = doc_first(class_doc); o; o = object_next(o))
		count += o->kind == KIND_MEMBER && !strcmp(object_str(o, MEMBER_TEAM), team);
	*most = count > *most ? count : *most;
	*least = count < *least ? count : *least;
	return count;
}

/* Evenly, whoever is in a team already stays, and dealing again changes nothing. */
static void test_dealing(void **state)
{
	struct decision decision = { 0 };
	char text[128];

	(void)state;
	for (int members = 0; members < 40; members++) {
		set_scene(0);
		const struct person olu = { "olu", ROLE_OWNER, 0, 0 };
		const struct room room = room_of(DOC_CLASS, 1000);
		put_words(class_doc, "team three name=3 pos=a3");
		put_words(class_doc, "member ina name=ina role=instructor team=three");
		for (int m = 0; m < members; m++) {
			snprintf(text, sizeof text, "member m%d name=x role=member%s", m, m % 5 == 1 ? " team=three" : "");
			put_words(class_doc, text);
		}
		for (int all = 0; all < 2; all++) {
			int most = 0, least = 1000, sum = 0;
			snprintf(text, sizeof text, "team.deal all=%d", all);
			decide_text(&room, &olu, text, &decision);
			for (size_t o = 0; o < decision.op_count; o++)
				assert_false(!all && !strncmp(decision.ops[o].op.id, "m1", 3));
			apply_all(class_doc, &decision);
			decide_text(&room, &olu, text, &decision);
			assert_int_equal(decision.op_count, 0);
			sum = people_of("one", &most, &least) + people_of("two", &most, &least);
			int three = people_of("three", &most, &least) - 1; /* an instructor is not counted */
			assert_int_equal(sum + three, members + 4);
			if (all) {
				most = least = three;
				people_of("one", &most, &least);
				people_of("two", &most, &least);
				assert_true(most - least <= 1);
			}
		}
		clear_scene();
	}
	decision_release(&decision);
}

static void test_no_teams(void **state)
{
	struct decision decision = { 0 };

	(void)state;
	set_scene(0);
	const struct room room = room_of(DOC_CLASS, 100);
	put_words(class_doc, "team one name=1 pos=a0 deleted=staff");
	put_words(class_doc, "team two name=2 pos=a1 deleted=staff");
	decide_text(&room, &(struct person){ "olu", ROLE_OWNER, 0, 0 }, "team.deal", &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_CONFLICT && !strcmp(decision.why.say, "teams.none"));
	check_sentence(&decision.why);
	decision_release(&decision);
	clear_scene();
}

static void test_join(void **state)
{
	struct named_ids named = { .count = 0 };
	struct buf out = { 0 };
	struct op op;

	(void)state;
	decide_join("zoe", "Zoe", ROLE_MEMBER, 5, &op);
	write_op(&out, &op, &named);
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
		cmocka_unit_test(test_dealing),
		cmocka_unit_test(test_no_teams),
		cmocka_unit_test(test_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
