#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <time.h>

#include "tests/unit/decide_help.h"

/*
 * A canvas of the whole class, on which everybody may add and only the staff (or with CHANGE everybody) changes others' notes; a wall beside it, from which posts are promoted, and a second canvas. `seg` nests; `prop` and `jobs` link to
 * `seg`. Notes a, d, e are Ama's (d deleted by herself, e by somebody else), b, h Ben's (h under hidden names), o the owner's; g is in a box that is gone.
 */

enum { FROZEN = 1, CHANGE = 2, READ_ONLY = 4, CLOSED = 8, FULL = 16, FEW_DOCUMENTS = 32, NO_TEAMS = 64 };

static struct doc *class_doc, *wall_doc, *canvas_doc;
static struct steps *steps;
static struct trail *trail;
static struct template templates[2];
static const struct template *template_list[3];

static void read_template(struct template *out, const char *text)
{
	struct template_fault fault;

	if (!template_read(text, strlen(text), out, &fault))
		fail_msg("%d: %s", fault.line, fault.reason);
}

static int set_up(void **state)
{
	(void)state;
	read_template(&templates[0], "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"bare\",\"title\":\"Bare\",\"columns\":1,\"rows\":1,\"boxes\":[{\"key\":\"all\",\"title\":\"All\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":1}]}");
	read_template(&templates[1], "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"full\",\"title\":\"Full\",\"credits\":\"Somebody\",\"columns\":2,\"rows\":1,\"boxes\":["
		"{\"key\":\"x\",\"title\":\"X\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":2,\"questions\":[\"One?\",\"Two?\"],\"tip\":\"Tip\",\"tags\":[\"t\",\"u\"],\"links\":[{\"to\":\"y\",\"as\":\"x-y\"},{\"to\":\"x\",\"as\":\"inside\"}],\"parts\":[\"for\",\"helps\"]},"
		"{\"key\":\"y\",\"title\":\"Y\",\"col\":2,\"row\":1,\"w\":1,\"h\":1,\"order\":1}],\"types\":[{\"number\":3,\"name\":\"Shops\"}],"
		"\"notes\":[{\"id\":\"NAAAAAAAAAAAAAAAAAAAAA\",\"box\":\"x\",\"text\":\"n\",\"type\":3,\"tags\":[\"u\",\"t\"],\"author\":\"Zoe\"},{\"id\":\"OAAAAAAAAAAAAAAAAAAAAA\",\"box\":\"y\",\"text\":\"o\"}],"
		"\"links\":[{\"from\":\"NAAAAAAAAAAAAAAAAAAAAA\",\"to\":\"OAAAAAAAAAAAAAAAAAAAAA\",\"as\":\"x-y\"}]}");
	template_list[0] = &templates[0];
	template_list[1] = &templates[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	template_release(&templates[0]);
	template_release(&templates[1]);
	return 0;
}

static void set_scene(int flags)
{
	static const char *const on_wall[] = {
		"wall wall prompt=Prompt names=named", "post said author=ama names=named state=shown for=shops who=wait offer=tea helps=warm", "post half author=ben names=hidden state=shown for=shops helps=them",
		"post held author=ama names=named state=held for=shops", "post hidden author=ama names=named state=hidden for=shops", "post taken author=ama names=named state=shown for=shops deleted=staff",
		"post withdrawn author=ama names=named state=shown for=shops deleted=author", "section sec title=s pos=a0",
	};
	static const char *const on_canvas[] = {
		"canvas canvas template=bmc columns=4 rows=2", "box seg title=Segments col=1 row=1 w=1 h=1 order=1 tags=core/other links=seg:inside parts=for+who", "box prop title=Offers col=2 row=1 w=1 h=1 order=2 tags=core/new links=seg:offer parts=offer",
		"box jobs title=Jobs col=3 row=1 w=1 h=2 order=3 links=prop:job+seg:job", "box gone title=Gone col=4 row=1 w=1 h=1 tags=core deleted=staff parts=helps", "box deck title=Deck col=4 row=2 w=1 h=1",
		"type type.2 number=2 name=Shops", "note a text=abc rev=0 box=seg pos=a0 type=2 tags=core author=ama names=named at=5", "note b text=b box=seg pos=a1 tags=core/other author=ben names=named", "note o text=o box=prop pos=a0 author=olu names=named",
		"note h text=h box=prop pos=a1 author=ben names=hidden post=half part=offer", "note d text=d box=seg pos=a2 author=ama names=named deleted=author", "note e text=e box=seg pos=a3 author=ama names=named deleted=other",
		"note g text=g box=gone pos=a0 tags=core author=ama names=named", "note j text=j box=jobs pos=a0 author=ben names=named", "link oa from=o to=a as=offer", "link db from=d to=b as=note deleted=end", "link oe from=o to=e as=offer deleted=end",
		"link de from=d to=e as=inside deleted=end", "link ho from=h to=o as=note deleted=own",
	};
	char text[256];

	class_doc = doc_new();
	wall_doc = doc_new();
	canvas_doc = doc_new();
	steps = steps_new();
	trail = trail_new();
	put_words(class_doc, flags & FROZEN ? "class class title=T frozen=1" : "class class title=T");
	put_words(class_doc, "member olu name=olu role=owner");
	put_words(class_doc, "member ina name=ina role=instructor");
	put_words(class_doc, "member ama name=ama role=member team=one");
	put_words(class_doc, "member ben name=ben role=member team=two");
	put_words(class_doc, flags & NO_TEAMS ? "team one name=One pos=a0 deleted=staff" : "team one name=One pos=a0");
	put_words(class_doc, flags & NO_TEAMS ? "team two name=Two pos=a1 deleted=staff" : "team two name=Two pos=a1");
	put_words(class_doc, "document start type=wall pos=a0");
	snprintf(text, sizeof text, "document canvas type=canvas title=C template=bmc see=%s add=%s change=%s pos=a1", flags & CLOSED ? "staff" : "class", flags & READ_ONLY ? "staff" : "class", flags & CHANGE ? "class" : "staff");
	put_words(class_doc, text);
	for (size_t i = 0; i < sizeof on_wall / sizeof *on_wall; i++)
		put_words(wall_doc, on_wall[i]);
	for (size_t i = 0; i < sizeof on_canvas / sizeof *on_canvas; i++)
		put_words(canvas_doc, on_canvas[i]);
}

static void clear_scene(void)
{
	doc_free(class_doc);
	doc_free(wall_doc);
	doc_free(canvas_doc);
	steps_free(steps);
	trail_free(trail);
}

static const struct doc *other(void *ctx, const char *id, enum doc_kind *kind)
{
	(void)ctx;
	*kind = !strcmp(id, "start") ? DOC_WALL : !strcmp(id, "canvas") ? DOC_CANVAS : !strcmp(id, "class") ? DOC_CLASS : DOC_NONE;
	return *kind == DOC_WALL ? wall_doc : *kind == DOC_CANVAS ? canvas_doc : *kind == DOC_CLASS ? class_doc : NULL;
}

static struct room room_of(enum doc_kind kind)
{
	const struct doc *doc = kind == DOC_CLASS ? class_doc : canvas_doc;

	return (struct room){ .class_doc = class_doc, .doc = doc, .document = kind == DOC_CLASS ? "class" : "canvas", .doc_kind = kind, .last_post_pos = "", .objects_max = 100, .documents_max = 10, .trail = trail, .steps = steps,
		.templates = template_list, .other = other };
}

static struct person person_of(const char *who)
{
	return (struct person){ who, !strcmp(who, "olu") ? ROLE_OWNER : !strcmp(who, "ina") ? ROLE_INSTRUCTOR : ROLE_MEMBER, 0, 0 };
}

static void decide_text(const struct room *room, const char *who, const char *text, struct decision *decision)
{
	const struct person person = person_of(who);
	struct request request;
	static char copy[16 * 1024]; /* the decision borrows from it */
	cJSON *edit;

	read_request(text, &request, copy, &edit);
	decide(room, &person, &request, 1000, decision);
	cJSON_Delete(edit);
}

static void decide_in_scene(const char *who, const char *text, int flags, struct buf *out)
{
	struct decision decision = { 0 };

	set_scene(flags);
	struct room room = room_of(strncmp(text, "canvas.add", 10) ? DOC_CANVAS : DOC_CLASS);
	if (flags & FULL)
		room.objects_max = (int64_t)doc_count(room.doc);
	if (flags & FEW_DOCUMENTS)
		room.documents_max = 3;
	decide_text(&room, who, text, &decision);
	buf_reset(out);
	write_outcome(out, &decision);
	decision_release(&decision);
	clear_scene();
}

static const struct {
	const char *who, *what;
	int flags;
	const char *outcome;
} rows[] = {
	/* box.add */
	{ "olu", "box.add id=new title=New col=4 row=1 w=1 h=1", 0, "put new title=New col=4 row=1 w=1 h=1" },
	{ "ina", "box.add id=new title=New col=5 row=1 w=2 h=3 order=48 questions=_One?_//Two?/_ tip=Tip tags=_x/y//x/", 0, "put new title=New col=5 row=1 w=2 h=3 order=48 questions=_One?_/Two?/_ tip=Tip tags=_x/y/x, set canvas columns=6 rows=3" },
	{ "olu", "box.add id=new title=New col=24 row=24 w=1 h=1", 0, "put new title=New col=24 row=24 w=1 h=1, set canvas columns=24 rows=24" },
	{ "olu", "box.add id=new title=New col=24 row=24 w=2 h=1", 0, "no bad_value box.grid" },
	{ "olu", "box.add id=new title=New col=25 row=1 w=1 h=1", 0, "no bad_value box.grid" },
	{ "olu", "box.add id=new title=New col=0 row=1 w=1 h=1", 0, "no bad_value box.grid" },
	{ "olu", "box.add id=new title=New col=1 row=0 w=1 h=1", 0, "no bad_value box.grid" },
	{ "olu", "box.add id=new title=New col=5 row=1 w=0 h=1", 0, "no bad_value box.grid" },
	{ "olu", "box.add id=new title=New col=5 row=1 w=1 h=0", 0, "no bad_value box.grid" },
	{ "olu", "box.add id=new title=New col=5 row=1 w=9007199254740991 h=9007199254740991", 0, "no bad_value box.grid" },
	{ "olu", "box.add id=new title=New col=3 row=2 w=1 h=1", 0, "no bad_value box.overlap" },
	{ "olu", "box.add id=new title=New col=5 row=1 w=1 h=1 order=49", 0, "no bad_value" },
	{ "olu", "box.add id=seg title=New col=5 row=1 w=1 h=1", 0, "no conflict conflict.id" },
	{ "olu", "box.add id=gone title=New col=5 row=1 w=1 h=1", 0, "no conflict conflict.id" },
	{ "olu", "box.add id=canvas title=New col=5 row=1 w=1 h=1", 0, "no conflict conflict.id" },
	{ "olu", "box.add id=new title=New col=5 row=1 w=1 h=1", FULL, "no quota quota.objects" },
	{ "ama", "box.add id=new title=New col=5 row=1 w=1 h=1", CHANGE, "no forbidden" },
	/* box.set */
	{ "olu", "box.set id=seg title=New", 0, "set seg title=New" },
	{ "olu", "box.set id=seg title=Segments col=1 w=1 order=1 tags=core/other", 0, "" },
	{ "olu", "box.set id=seg tags=/core//other/core/", 0, "" },
	{ "olu", "box.set id=seg tags=", 0, "set seg tags=" },
	{ "olu", "box.set id=seg h=2 order=0 questions=Who?", 0, "set seg h=2 order=0 questions=Who?" },
	{ "olu", "box.set id=seg h=3", 0, "set seg h=3, set canvas rows=3" },
	{ "olu", "box.set id=seg title=", 0, "no bad_value" },
	{ "olu", "box.set id=seg w=2", 0, "no bad_value box.overlap" },
	{ "olu", "box.set id=seg row=25", 0, "no bad_value box.grid" },
	{ "olu", "box.set id=seg order=49", 0, "no bad_value" },
	{ "olu", "box.set id=gone title=New", 0, "no not_found" },
	{ "olu", "box.set id=a title=New", 0, "no not_found" },
	{ "ama", "box.set id=seg title=New", CHANGE, "no forbidden" },
	/* box.remove, box.restore */
	{ "olu", "box.remove id=seg", 0, "set seg deleted=staff" },
	{ "olu", "box.remove id=gone", 0, "" },
	{ "olu", "box.remove id=a", 0, "no not_found" },
	{ "ama", "box.remove id=seg", CHANGE, "no forbidden" },
	{ "ina", "box.restore id=gone", 0, "set gone deleted=" },
	{ "ina", "box.restore id=seg", 0, "" },
	{ "ina", "box.restore id=nothing", 0, "no not_found" },
	{ "ama", "box.restore id=gone", CHANGE, "no forbidden" },
	/* type.set */
	{ "ama", "type.set number=1 name=Farms", 0, "put type.1 number=1 name=Farms" },
	{ "ama", "type.set number=8 name=Farms", 0, "put type.8 number=8 name=Farms" },
	{ "ama", "type.set number=2 name=Farms", 0, "set type.2 name=Farms" },
	{ "ama", "type.set number=2 name=Shops", 0, "" },
	{ "ama", "type.set number=2 name=", 0, "set type.2 name=" },
	{ "ama", "type.set number=2", 0, "" },
	{ "ama", "type.set number=3 name=", 0, "" },
	{ "ama", "type.set number=0 name=Farms", 0, "no bad_value" },
	{ "ama", "type.set number=9 name=Farms", 0, "no bad_value" },
	{ "ama", "type.set number=1 name=Farms", FULL, "no quota quota.objects" },
	{ "ama", "type.set number=1 name=Farms", READ_ONLY, "no forbidden forbidden.add" },
	{ "ama", "type.set number=1 name=Farms", FROZEN, "no frozen" },
	{ "ama", "type.set number=1 name=Farms", CLOSED, "no not_found" },
	/* note.add */
	{ "ama", "note.add id=new box=seg text=x/y type=8 tags=other/core", 0, "put new text=x/y box=seg pos=a4 type=8 tags=other/core author=ama names=named at=1000" },
	{ "ama", "note.add id=new box=seg before=b", 0, "put new box=seg pos=a0V author=ama names=named at=1000" },
	{ "olu", "note.add id=new box=jobs before=a", FROZEN, "put new box=jobs pos=a1 author=olu names=named at=1000" },
	{ "ama", "note.add id=new box=seg tags=core//core/", 0, "put new box=seg pos=a4 tags=core author=ama names=named at=1000" },
	{ "ama", "note.add id=new box=seg tags=core/new", 0, "no bad_value tag.unknown" },
	{ "ama", "note.add id=new box=seg tags=cor", 0, "no bad_value tag.unknown" },
	{ "ama", "note.add id=new box=seg type=9", 0, "no bad_value" },
	{ "ama", "note.add id=new box=gone", 0, "no not_found" },
	{ "ama", "note.add id=new box=a", 0, "no not_found" },
	{ "ama", "note.add id=new box=nothing", 0, "no not_found" },
	{ "ama", "note.add id=new box=seg before=d", 0, "no not_found" },
	{ "ama", "note.add id=new box=seg before=oa", 0, "no not_found" },
	{ "ama", "note.add id=d box=seg", 0, "no conflict conflict.id" },
	{ "ama", "note.add id=seg box=seg", 0, "no conflict conflict.id" },
	{ "ama", "note.add id=new box=seg", FULL, "no quota quota.objects" },
	{ "ama", "note.add id=new box=seg", READ_ONLY, "no forbidden forbidden.add" },
	{ "ama", "note.add id=new box=seg", READ_ONLY | CHANGE, "no forbidden forbidden.add" },
	{ "ama", "note.add id=new box=seg", FROZEN, "no frozen" },
	{ "ama", "note.add id=new box=seg", CLOSED, "no not_found" },
	{ "olu", "note.add id=new box=deck", CLOSED | READ_ONLY, "put new box=deck pos=a0 author=olu names=named at=1000" },
	/* note.text */
	{ "ama", "note.text id=a rev=0 edit=[1,\"x\"]", 0, "text a rev=1 [1,\"x\"] -> rev:1" },
	{ "ama", "note.text id=a rev=0 edit=[]", 0, "text a rev=1 [] -> rev:1" },
	{ "ben", "note.text id=a rev=0 edit=[{\"d\":3}]", CHANGE, "text a rev=1 [{\"d\":3}] -> rev:1" },
	{ "ben", "note.text id=a rev=0 edit=[{\"d\":3}]", CHANGE | READ_ONLY, "text a rev=1 [{\"d\":3}] -> rev:1" },
	{ "olu", "note.text id=a rev=0 edit=[3,\"x\"]", FROZEN, "text a rev=1 [3,\"x\"] -> rev:1" },
	{ "ama", "note.text id=a rev=0 edit=[4,\"x\"]", 0, "no bad_value edit.bad" },
	{ "ama", "note.text id=a rev=0 edit=[1,{\"d\":3}]", 0, "no bad_value edit.bad" },
	{ "ama", "note.text id=a rev=0 edit=[1]", 0, "no bad_value edit.bad" },
	{ "ama", "note.text id=a rev=0 edit=[{\"d\":\"a\"}]", 0, "no bad_value edit.bad" },
	{ "ama", "note.text id=a rev=0 edit=[\"a\\u0007\"]", 0, "no bad_value edit.bad" },
	{ "ama", "note.text id=a rev=0 edit=[\"a\\r\"]", 0, "no bad_value edit.bad" },
	{ "ama", "note.text id=a rev=0 edit=[1.5,\"a\"]", 0, "no bad_value edit.bad" },
	{ "ama", "note.text id=a rev=1 edit=[\"a\"]", 0, "no bad_value rev.future" },
	{ "ben", "note.text id=a rev=0 edit=[\"a\"]", 0, "no forbidden forbidden.own" },
	{ "ama", "note.text id=a rev=0 edit=[\"a\"]", READ_ONLY, "no forbidden forbidden.own" },
	{ "ama", "note.text id=d rev=0 edit=[\"a\"]", 0, "no not_found" },
	{ "ama", "note.text id=seg rev=0 edit=[\"a\"]", 0, "no not_found" },
	{ "ama", "note.text id=a rev=0 edit=[\"a\"]", FROZEN, "no frozen" },
	{ "ama", "note.text id=a rev=0 edit=[\"a\"]", CLOSED, "no not_found" },
	/* note.set */
	{ "ama", "note.set ids=a type=0", 0, "set a type=0" },
	{ "ama", "note.set ids=a type=8 tags=other", 0, "set a type=8 tags=other" },
	{ "olu", "note.set ids=b+a tags=core", 0, "set b tags=core" },
	{ "ama", "note.set ids=a type=2 tags=core", 0, "" },
	{ "ama", "note.set ids=a tags=core//core/", 0, "" },
	{ "ama", "note.set ids=a tags=", 0, "set a tags=" },
	{ "ama", "note.set ids=g tags=core", 0, "" },
	{ "ama", "note.set ids=a", 0, "" },
	{ "ama", "note.set ids=a type=9", 0, "no bad_value" },
	{ "ama", "note.set ids=a tags=new", 0, "no bad_value tag.unknown" },
	{ "olu", "note.set ids=b+o tags=other", 0, "no bad_value tag.unknown" },
	{ "ama", "note.set ids=a+b type=1", 0, "no forbidden forbidden.own" },
	{ "ama", "note.set ids=a+b type=1", CHANGE, "set a type=1, set b type=1" },
	{ "ama", "note.set ids=a+d type=1", 0, "no not_found" },
	{ "ama", "note.set ids=a type=1", FROZEN, "no frozen" },
	{ "ama", "note.set ids=a type=1", READ_ONLY, "no forbidden forbidden.own" },
	/* note.move */
	{ "ama", "note.move ids=a box=seg", 0, "set a pos=a4" },
	{ "olu", "note.move ids=b box=seg before=a", 0, "set b pos=Zz" },
	{ "ama", "note.move ids=a box=seg before=b", 0, "" },
	{ "ama", "note.move ids=a box=seg before=a", 0, "" },
	{ "ama", "note.move ids=a box=jobs", 0, "set a box=jobs pos=a1 tags=" },
	{ "ama", "note.move ids=a box=prop before=h", 0, "set a box=prop pos=a0V" },
	{ "olu", "note.move ids=b box=prop before=a", 0, "set b box=prop pos=a2 tags=core" },
	{ "olu", "note.move ids=j+b+a box=deck", 0, "set j box=deck pos=a0, set a box=deck pos=a1 tags=, set b box=deck pos=a2 tags=" },
	{ "olu", "note.move ids=h+o box=prop", 0, "" },
	{ "olu", "note.move ids=b+a box=seg before=a", 0, "" },
	{ "olu", "note.move ids=j+a box=seg before=a", 0, "set j box=seg pos=a0, set a pos=a0V" },
	{ "olu", "note.move ids=o+a box=seg before=b", 0, "set o box=seg pos=a0, set a pos=a0V" },
	{ "ama", "note.move ids=g box=seg", 0, "set g box=seg pos=a4" },
	{ "ama", "note.move ids=a box=gone", 0, "no not_found" },
	{ "ama", "note.move ids=a box=seg before=d", 0, "no not_found" },
	{ "ama", "note.move ids=d box=seg", 0, "no not_found" },
	{ "ama", "note.move ids=a+b box=jobs", 0, "no forbidden forbidden.own" },
	{ "ben", "note.move ids=a box=jobs", CHANGE, "set a box=jobs pos=a1 tags=" },
	{ "ama", "note.move ids=a box=jobs", FROZEN, "no frozen" },
	/* note.duplicate */
	{ "ama", "note.duplicate ids=a", 0, "put +1 text=abc box=seg pos=a0V type=2 tags=core author=ama names=named at=1000 -> notes:[+1]" },
	{ "ama", "note.duplicate ids=b+h", 0, "put +1 text=b box=seg pos=a1V tags=core/other author=ben names=named at=1000, put +2 text=h box=prop pos=a2 author=ben names=hidden at=1000 post=half part=offer -> notes:[+1,+2]" },
	{ "ama", "note.duplicate ids=a+b", 0, "put +1 text=abc box=seg pos=a0V type=2 tags=core author=ama names=named at=1000, put +2 text=b box=seg pos=a1V tags=core/other author=ben names=named at=1000 -> notes:[+1,+2]" },
	{ "ama", "note.duplicate ids=d", 0, "no not_found" },
	{ "ama", "note.duplicate ids=a", FULL, "no quota quota.objects" },
	{ "ama", "note.duplicate ids=a", READ_ONLY | CHANGE, "no forbidden forbidden.add" },
	{ "ama", "note.duplicate ids=a", FROZEN, "no frozen" },
	/* note.delete */
	{ "ama", "note.delete ids=a", 0, "set a deleted=author, set oa deleted=end" },
	{ "olu", "note.delete ids=a+o", 0, "set a deleted=other, set o deleted=author, set oa deleted=end" },
	{ "ben", "note.delete ids=a", CHANGE, "set a deleted=other, set oa deleted=end" },
	{ "ama", "note.delete ids=d+e", 0, "" },
	{ "olu", "note.delete ids=d", 0, "" },
	{ "ben", "note.delete ids=a", 0, "no forbidden forbidden.own" },
	{ "ama", "note.delete ids=a+oa", 0, "no not_found" },
	{ "ama", "note.delete ids=a", FROZEN, "no frozen" },
	{ "ama", "note.delete ids=a", READ_ONLY, "no forbidden forbidden.own" },
	/* note.restore */
	{ "ama", "note.restore ids=d", 0, "set d deleted=, set db deleted=" },
	{ "ama", "note.restore ids=e", 0, "set e deleted=, set oe deleted=" },
	{ "ama", "note.restore ids=d+e", 0, "set d deleted=, set e deleted=, set db deleted=, set oe deleted=, set de deleted=" },
	{ "olu", "note.restore ids=e", 0, "set e deleted=, set oe deleted=" },
	{ "ben", "note.restore ids=e", CHANGE, "set e deleted=, set oe deleted=" },
	{ "ama", "note.restore ids=a", 0, "" },
	{ "olu", "note.restore ids=d", 0, "no forbidden" },
	{ "ben", "note.restore ids=e", 0, "no forbidden forbidden.own" },
	{ "olu", "note.restore ids=e+d", 0, "no forbidden" },
	{ "ama", "note.restore ids=oa", 0, "no not_found" },
	{ "ama", "note.restore ids=e", FROZEN, "no frozen" },
	/* link.add: the boxes say what it means and which end is which */
	{ "ben", "link.add id=new from=o to=b", 0, "put new from=o to=b as=offer" },
	{ "ben", "link.add id=new from=b to=o", 0, "put new from=o to=b as=offer" },
	{ "ben", "link.add id=new from=j to=a", 0, "put new from=j to=a as=job" },
	{ "ben", "link.add id=new from=a to=j", 0, "put new from=j to=a as=job" },
	{ "ben", "link.add id=new from=o to=j", 0, "put new from=j to=o as=job" },
	{ "ben", "link.add id=new from=a to=b", 0, "put new from=a to=b as=inside" },
	{ "ben", "link.add id=new from=o to=h", 0, "put new from=o to=h as=note" },
	{ "ben", "link.add id=new from=g to=a", 0, "put new from=g to=a as=note" },
	{ "ben", "link.add id=new from=o to=a", 0, "" },
	{ "ben", "link.add id=new from=a to=o", 0, "" },
	{ "ben", "link.add id=new from=a to=a", 0, "no bad_value link.self" },
	{ "ben", "link.add id=oa from=a to=b", 0, "no conflict conflict.id" },
	{ "ben", "link.add id=new from=a to=d", 0, "no not_found" },
	{ "ben", "link.add id=new from=d to=a", 0, "no not_found" },
	{ "ben", "link.add id=new from=a to=seg", 0, "no not_found" },
	{ "ben", "link.add id=new from=a to=b", FULL, "no quota quota.objects" },
	{ "ben", "link.add id=new from=a to=b", READ_ONLY | CHANGE, "no forbidden forbidden.add" },
	{ "ben", "link.add id=new from=a to=b", FROZEN, "no frozen" },
	/* link.remove */
	{ "ama", "link.remove id=oa", 0, "set oa deleted=own" },
	{ "olu", "link.remove id=oa", 0, "set oa deleted=own" },
	{ "ben", "link.remove id=oa", CHANGE | READ_ONLY, "set oa deleted=own" },
	{ "ben", "link.remove id=ho", 0, "" },
	{ "ben", "link.remove id=oa", 0, "no forbidden forbidden.own" },
	{ "ama", "link.remove id=oa", READ_ONLY, "no forbidden forbidden.own" },
	{ "ama", "link.remove id=a", 0, "no not_found" },
	{ "ama", "link.remove id=nothing", 0, "no not_found" },
	{ "ama", "link.remove id=oa", FROZEN, "no frozen" },
	/* canvas.promote: `gone` takes what helps */
	{ "ben", "canvas.promote wall=start post=said", 0, "no conflict promote.nowhere" },
	{ "ben", "canvas.promote wall=start post=held", 0, "no not_found" },
	{ "olu", "canvas.promote wall=start post=held", 0, "no not_found" },
	{ "ben", "canvas.promote wall=start post=hidden", 0, "no not_found" },
	{ "ben", "canvas.promote wall=start post=taken", 0, "no not_found" },
	{ "ama", "canvas.promote wall=start post=withdrawn", 0, "no not_found" },
	{ "ben", "canvas.promote wall=start post=sec", 0, "no not_found" },
	{ "ben", "canvas.promote wall=canvas post=a", 0, "no not_found" },
	{ "ben", "canvas.promote wall=nothing post=said", 0, "no not_found" },
	{ "ben", "canvas.promote wall=start post=said", READ_ONLY, "no forbidden forbidden.add" },
	{ "ben", "canvas.promote wall=start post=said", FROZEN, "no frozen" },
	{ "ben", "canvas.promote wall=start post=said", FULL, "no quota quota.objects" },
	/* canvas.add */
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare", 0, "put +1 type=canvas title=Bare pos=a2 template=bare see=team add=team change=team, 1/put canvas template=bare columns=1 rows=1, 1/put all title=All col=1 row=1 w=1 h=1 order=1 -> documents:[+1]" },
	{ "ina", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare title=T team=two see=class", 0,
		"put +1 type=canvas title=T pos=a2 template=bare team=two see=class add=team change=team, 1/put canvas template=bare columns=1 rows=1, 1/put all title=All col=1 row=1 w=1 h=1 order=1 -> documents:[+1]" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare each=1", 0,
		"put +1 type=canvas title=Bare pos=a2 template=bare team=one see=team add=team change=team, 1/put canvas template=bare columns=1 rows=1, 1/put all title=All col=1 row=1 w=1 h=1 order=1, "
		"put +2 type=canvas title=Bare pos=a3 template=bare team=two see=team add=team change=team, 2/put canvas template=bare columns=1 rows=1, 2/put all title=All col=1 row=1 w=1 h=1 order=1 -> documents:[+1,+2]" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=full", 0,
		"put +1 type=canvas title=Full pos=a2 template=full see=team add=team change=team, 1/put canvas template=full credits=Somebody columns=2 rows=1, "
		"1/put x title=X col=1 row=1 w=1 h=1 order=2 questions=One?/Two? tip=Tip tags=t/u links=y:x-y x:inside parts=for helps, 1/put y title=Y col=2 row=1 w=1 h=1 order=1, 1/put type.3 number=3 name=Shops, "
		"1/put +2 text=n box=x pos=a0 type=3 tags=u/t author=olu names=named at=1000, 1/put +3 text=o box=y pos=a1 author=olu names=named at=1000, 1/put +4 from=+2 to=+3 as=x-y -> documents:[+1]" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA from=canvas", 0,
		"put +1 type=canvas title=C pos=a2 template=bmc see=team add=team change=team, 1/put canvas template=bmc columns=4 rows=2, "
		"1/put seg title=Segments col=1 row=1 w=1 h=1 order=1 tags=core/other links=seg:inside parts=for who, 1/put prop title=Offers col=2 row=1 w=1 h=1 order=2 tags=core/new links=seg:offer parts=offer, "
		"1/put jobs title=Jobs col=3 row=1 w=1 h=2 order=3 links=prop:job seg:job, 1/put deck title=Deck col=4 row=2 w=1 h=1, 1/put type.2 number=2 name=Shops -> documents:[+1]" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA from=canvas notes=1", 0,
		"put +1 type=canvas title=C pos=a2 template=bmc see=team add=team change=team, 1/put canvas template=bmc columns=4 rows=2, "
		"1/put seg title=Segments col=1 row=1 w=1 h=1 order=1 tags=core/other links=seg:inside parts=for who, 1/put prop title=Offers col=2 row=1 w=1 h=1 order=2 tags=core/new links=seg:offer parts=offer, "
		"1/put jobs title=Jobs col=3 row=1 w=1 h=2 order=3 links=prop:job seg:job, 1/put deck title=Deck col=4 row=2 w=1 h=1, 1/put type.2 number=2 name=Shops, "
		"1/put a text=abc box=seg pos=a0 type=2 tags=core author=ama names=named at=5, 1/put b text=b box=seg pos=a1 tags=core/other author=ben names=named, 1/put o text=o box=prop pos=a0 author=olu names=named, "
		"1/put h text=h box=prop pos=a1 author=ben names=hidden post=half part=offer, 1/put j text=j box=jobs pos=a0 author=ben names=named, 1/put oa from=o to=a as=offer -> documents:[+1]" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=nothing", 0, "no not_found" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA from=start", 0, "no not_found" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA from=class", 0, "no not_found" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA from=nothing", 0, "no not_found" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare team=three", 0, "no not_found" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare team=one", NO_TEAMS, "no not_found" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare team=one each=1", 0, "no bad_value" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA", 0, "no bad_value" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare from=canvas", 0, "no bad_value" },
	{ "olu", "canvas.add id=one template=bare", 0, "no conflict conflict.id" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare each=1", NO_TEAMS, "no conflict teams.none" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare", FULL, "no quota quota.objects" },
	{ "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare each=1", FEW_DOCUMENTS, "no quota quota.documents" },
	{ "olu", "canvas.add id=one template=bare", FEW_DOCUMENTS, "no conflict conflict.id" },
	{ "ama", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA template=bare", CHANGE, "no forbidden" },
	/* taking back */
	{ "ama", "undo", 0, "no conflict undo.nothing" },
	{ "ama", "redo", 0, "no conflict redo.nothing" },
	{ "ama", "undo", FROZEN, "no frozen" },
	{ "ama", "redo", FROZEN, "no frozen" },
	{ "ama", "undo", CLOSED, "no not_found" },
	{ "olu", "undo", FROZEN, "no conflict undo.nothing" },
	{ "olu", "revert member=ama since=0", 0, "no conflict undo.nothing" },
	{ "olu", "revert member=nobody since=0", 0, "no not_found" },
	{ "olu", "revert member=one since=0", 0, "no not_found" },
	{ "ama", "revert member=ama since=0", CHANGE, "no forbidden" },
	{ "ama", "restore at=1", CHANGE, "" },
	{ "ama", "restore at=1", 0, "no forbidden" },
	{ "ama", "restore at=1", FROZEN | CHANGE, "no frozen" },
	{ "ama", "restore at=1 note=a", 0, "no forbidden" },
	{ "olu", "restore at=1 box=seg note=a", 0, "no bad_value" },
	{ "olu", "restore at=1 box=a", 0, "no not_found" },
	{ "olu", "restore at=1 note=seg", 0, "no not_found" },
	{ "olu", "restore at=1 note=nothing", 0, "no not_found" },
};

static void test_rows(void **state)
{
	struct buf out = { 0 };
	int wrong = 0;

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		decide_in_scene(rows[r].who, rows[r].what, rows[r].flags, &out);
		if (strcmp(buf_cstr(&out), rows[r].outcome) != 0) {
			print_error("%s, %s (%d):\n  %s\ninstead of\n  %s\n", rows[r].who, rows[r].what, rows[r].flags, buf_cstr(&out), rows[r].outcome);
			wrong++;
		}
	}
	buf_release(&out);
	assert_int_equal(wrong, 0);
}

/* Everything that a canvas holds is tried, and that it can be refused. */
static void test_every_command_has_rows(void **state)
{
	int good[CMD_COUNT] = { 0 }, bad[CMD_COUNT] = { 0 };

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(rows[r].what, " "), rows[r].what);
		*(strncmp(rows[r].outcome, "no ", 3) ? &good[command_by_name(name)] : &bad[command_by_name(name)]) += 1;
	}
	good[CMD_CANVAS_PROMOTE] = good[CMD_UNDO] = good[CMD_REDO] = good[CMD_REVERT] = 1; /* below */
	for (int c = 1; c < CMD_COUNT; c++)
		if ((command_specs[c].in == DOC_CANVAS || command_specs[c].in == DOC_NONE) && (!good[c] || bad[c] < 2))
			fail_msg("%s: %d successes, %d refusals", command_specs[c].name, good[c], bad[c]);
}

/* ---- who may do what, for every setting of a canvas ---- */

static unsigned expected_rights(const char *see, const char *add, const char *change, const char *team, const char *own)
{
	bool among[3];
	const char *const settings[] = { see, add, change };

	for (int s = 0; s < 3; s++)
		among[s] = !strcmp(settings[s], "class") || (!strcmp(settings[s], "team") && (!*team || !strcmp(team, own)));
	return !among[0] ? 0 : 1u | (among[1] ? 2u : 0) | (among[2] ? 4u : 0);
}

static void test_rights(void **state)
{
	static const char *const words[] = { "staff", "team", "class" }, *const teams[] = { "", "one" };
	static const struct {
		const char *text;
		unsigned own, others; /* rights of which one is needed, on what is one's own and on what is another's */
	} tries[] = {
		{ "note.add id=new box=seg", 2, 2 }, { "type.set number=1 name=x", 2, 2 }, { "note.duplicate ids=a", 2, 2 }, { "link.add id=new from=a to=b", 2, 2 }, { "canvas.promote wall=start post=half", 2, 2 },
		{ "note.text id=a rev=0 edit=[\"x\"]", 2 | 4, 4 }, { "note.set ids=a type=1", 2 | 4, 4 }, { "note.move ids=a box=jobs", 2 | 4, 4 }, { "note.delete ids=a", 2 | 4, 4 }, { "note.restore ids=e", 2 | 4, 4 },
		{ "link.remove id=oa", 2 | 4, 4 }, { "restore at=1", 4, 4 }, { "box.remove id=seg", 8, 8 }, { "box.set id=seg title=x", 8, 8 }, { "revert member=ama since=0", 8, 8 },
	};
	struct decision decision = { 0 };
	char text[160];

	(void)state;
	for (int n = 0; n < 3 * 3 * 3 * 2 * 2; n++) {
		const char *see = words[n % 3], *add = words[n / 3 % 3], *change = words[n / 9 % 3], *team = teams[n / 27 % 2];
		bool deleted = n / 54;
		for (int person = 0; person < 4; person++) {
			const char *who = ((const char *const[]){ "olu", "ina", "ama", "ben" })[person];
			set_scene(0);
			put_words(canvas_doc, "box gone title=Gone col=4 row=1 w=1 h=1 parts=for+helps");
			snprintf(text, sizeof text, "document canvas type=canvas see=%s add=%s change=%s team=%s deleted=%s", see, add, change, team, deleted ? "staff" : "");
			put_words(class_doc, text);
			unsigned rights = person < 2 ? 15 : deleted ? 0 : expected_rights(see, add, change, team, person == 2 ? "one" : "two");
			assert_int_equal(rights_of(class_doc, "canvas", who, person_of(who).role), rights);
			const struct room room = room_of(DOC_CANVAS);
			for (size_t t = 0; t < sizeof tries / sizeof *tries; t++) {
				decide_text(&room, who, tries[t].text, &decision);
				unsigned needed = person == 2 ? tries[t].own : tries[t].others;
				bool is_allowed = !decision.refused || decision.why.code == REFUSE_CONFLICT;
				if (is_allowed != ((rights & needed) != 0))
					fail_msg("%s, see %s, add %s, change %s, team %s: %s %s", who, see, add, change, team, tries[t].text, decision.refused ? refusal_codes[decision.why.code] : "done");
				if (!is_allowed)
					assert_int_equal(decision.why.code, rights ? REFUSE_FORBIDDEN : REFUSE_NOT_FOUND);
			}
			clear_scene();
		}
	}
	decision_release(&decision);
}

static void test_rights_elsewhere(void **state)
{
	(void)state;
	set_scene(0);
	put_words(class_doc, "document gone type=wall deleted=staff");
	assert_int_equal(rights_of(class_doc, "class", "ama", ROLE_MEMBER), RIGHT_READ);
	assert_int_equal(rights_of(class_doc, "start", "ama", ROLE_MEMBER), RIGHT_READ | RIGHT_ADD);
	assert_int_equal(rights_of(class_doc, "gone", "ama", ROLE_MEMBER), 0);
	assert_int_equal(rights_of(class_doc, "one", "ama", ROLE_MEMBER), 0); /* a team, no document */
	assert_int_equal(rights_of(class_doc, "nothing", "ama", ROLE_MEMBER), 0);
	assert_int_equal(rights_of(class_doc, "class", "ama", ROLE_NONE), 0);
	assert_int_equal(rights_of(class_doc, "gone", "olu", ROLE_OWNER), 15);
	clear_scene();
}

/* ---- a canvas in use ---- */

static int64_t clock_ms;

/* Decides, applies what follows and remembers it as the server does. Returns whether it was not refused. */
static bool act(const char *who, const char *text, struct decision *decision)
{
	struct room room = room_of(DOC_CANVAS);

	decide_text(&room, who, text, decision);
	for (size_t o = 0; o < decision->op_count; o++) {
		const struct op *op = &decision->ops[o].op;
		struct step_source source = { .actor = who, .at_ms = clock_ms, .first = o == 0, .whose = decision->whose, .pops = decision->pops };
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(text, " "), text);
		source.command = command_by_name(name);
		steps_note(steps, &source, op, doc_find(canvas_doc, op->id));
		if (op->type == OP_TEXT)
			trail_add(trail, op->id, op->rev, op->edit, clock_ms);
		doc_apply(canvas_doc, op);
	}
	clock_ms += 5000;
	return !decision->refused;
}

static void must(const char *who, const char *text)
{
	struct decision decision = { 0 };

	if (!act(who, text, &decision))
		fail_msg("%s, %s: %s %s", who, text, refusal_codes[decision.why.code], decision.why.say ? decision.why.say : "");
	decision_release(&decision);
}

static void refuses(const char *who, const char *text, const char *outcome)
{
	struct decision decision = { 0 };
	struct buf out = { 0 };

	act(who, text, &decision);
	write_outcome(&out, &decision);
	if (strcmp(buf_cstr(&out), outcome) != 0)
		fail_msg("%s, %s: %s instead of %s", who, text, buf_cstr(&out), outcome);
	buf_release(&out);
	decision_release(&decision);
}

static const char *get(const char *id, const char *field)
{
	const struct object *object = doc_find(canvas_doc, id);

	assert_non_null(object);
	return object_str(object, kind_field(object->kind, field));
}

static void test_texts(void **state)
{
	(void)state;
	set_scene(CHANGE);
	must("ama", "note.text id=a rev=0 edit=[3,\"\xf0\x9f\x99\x82\"]");
	must("ben", "note.text id=a rev=0 edit=[{\"d\":1},2,\"x\"]"); /* both at the end: the newcomer's first */
	assert_string_equal(get("a", "text"), "bcx\xf0\x9f\x99\x82");
	must("ben", "note.text id=a rev=2 edit=[3,{\"d\":1},\"!\"]"); /* a code point, not half a pair */
	assert_string_equal(get("a", "text"), "bcx!");
	must("ama", "note.text id=a rev=1 edit=[1,{\"d\":2}]");
	assert_string_equal(get("a", "text"), "x!");
	/* What others have deleted already leaves nothing of an edit, but it is logged: its author waits for it. */
	refuses("ama", "note.text id=a rev=0 edit=[1,{\"d\":2}]", "text a rev=5 [] -> rev:5");
	refuses("ama", "note.text id=a rev=6 edit=[\"x\"]", "no bad_value rev.future");
	refuses("ama", "note.text id=a rev=0 edit=[4,\"x\"]", "no bad_value edit.bad"); /* beyond the end then */
	trail_drop(trail, "a");
	refuses("ama", "note.text id=a rev=0 edit=[\"x\"]", "no stale");
	must("ama", "note.text id=a rev=5 edit=[\"y\"]");
	clear_scene();
}

static void fill(char *out, const char *before, int count, const char *after)
{
	out += sprintf(out, "%s", before);
	memset(out, 'x', (size_t)count);
	strcpy(out + count, after);
}

static void test_long_texts(void **state)
{
	static char text[8 * 1024];

	(void)state;
	set_scene(0);
	fill(text, "note.text id=a rev=0 edit=[\"", 4997, "\"]");
	must("ama", text);
	refuses("ama", "note.text id=a rev=1 edit=[\"x\"]", "no quota note.long");
	must("ama", "note.text id=a rev=1 edit=[{\"d\":1},\"y\"]");
	must("ama", "note.text id=a rev=2 edit=[{\"d\":1}]");
	must("ama", "note.text id=a rev=3 edit=[\"x\"]");
	fill(text, "note.add id=new box=seg text=", 5001, "");
	refuses("ama", text, "no quota note.long");
	fill(text, "note.add id=new box=seg text=", 5000, "");
	must("ama", text);
	/* One that is too long already, from older days, can be shortened and changed in place. */
	struct op op;
	op_init(&op, OP_SET, KIND_NOTE, "a");
	char *longer = malloc(6001);
	memset(longer, 'x', 6000);
	longer[6000] = 0;
	op_str(&op, NOTE_TEXT, longer);
	doc_apply(canvas_doc, &op);
	free(longer);
	must("ama", "note.text id=a rev=4 edit=[{\"d\":2},\"ab\"]");
	must("ama", "note.text id=a rev=5 edit=[{\"d\":3},\"ab\"]");
	refuses("ama", "note.text id=a rev=6 edit=[\"x\"]", "no quota note.long");
	clear_scene();
}

static void test_nesting(void **state)
{
	(void)state;
	set_scene(0);
	must("olu", "note.add id=n1 box=seg");
	must("olu", "note.add id=n2 box=seg");
	must("olu", "note.add id=n3 box=seg");
	must("olu", "link.add id=l1 from=n1 to=n2");
	must("olu", "link.add id=l2 from=n2 to=n3");
	refuses("olu", "link.add id=l3 from=n3 to=n1", "no conflict link.circle");
	refuses("olu", "link.add id=l3 from=n2 to=n1", "no conflict link.circle");
	refuses("olu", "link.add id=l3 from=n1 to=n2", "");
	must("olu", "link.add id=l3 from=n1 to=n3"); /* two ways down are no circle */
	/* While one is away, its links close no circle; when it comes back, those that would stay away. */
	must("olu", "note.delete ids=n2");
	must("olu", "link.remove id=l3");
	must("olu", "link.add id=l4 from=n3 to=n1");
	refuses("olu", "note.restore ids=n2", "set n2 deleted=");
	assert_string_equal(get("l1", "deleted"), "end");
	/* In another box nothing nests, and any link is one of two notes. */
	must("olu", "note.add id=p1 box=deck");
	must("olu", "note.add id=p2 box=deck");
	must("olu", "link.add id=m1 from=p1 to=p2");
	assert_string_equal(get("m1", "as"), "note");
	refuses("olu", "link.add id=m2 from=p2 to=p1", "");
	clear_scene();
}

static void test_pair_linked_again(void **state)
{
	(void)state;
	set_scene(CHANGE);
	must("ama", "link.add id=new from=a to=j");
	must("ama", "note.delete ids=a");
	must("ama", "undo");
	assert_string_equal(get("new", "deleted"), "");
	must("ama", "link.remove id=new");
	must("ben", "link.add id=again from=j to=a");
	refuses("ama", "undo", "no conflict undo.nothing");
	assert_string_equal(get("new", "deleted"), "own");
	clear_scene();
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A chain of thousands, and closing it; and a note with thousands inside, away and back. */
static void test_long_chains(void **state)
{
	enum { LINKS = 4000 };
	struct decision decision = { 0 };
	char text[160];

	(void)state;
	set_scene(0);
	for (int n = 0; n <= LINKS; n++) {
		snprintf(text, sizeof text, "note c%d box=seg pos=b%04d author=olu names=named", n, n + 1);
		put_words(canvas_doc, text);
		snprintf(text, sizeof text, "link k%d from=c%d to=c%d as=inside", n, n, n + 1);
		if (n < LINKS)
			put_words(canvas_doc, text);
	}
	struct room room = room_of(DOC_CANVAS);
	room.objects_max = 20000;
	double start = seconds();
	for (int round = 0; round < 20; round++) {
		snprintf(text, sizeof text, "link.add id=new from=c%d to=c0", LINKS);
		decide_text(&room, "olu", text, &decision);
		assert_true(decision.refused && !strcmp(decision.why.say, "link.circle"));
		snprintf(text, sizeof text, "link.add id=new from=c0 to=c%d", LINKS);
		decide_text(&room, "olu", text, &decision);
		assert_true(!decision.refused && decision.op_count == 1);
	}
	for (int n = 2; n <= LINKS; n++) {
		snprintf(text, sizeof text, "link h%d from=c0 to=c%d as=inside deleted=end", n, n);
		put_words(canvas_doc, text);
	}
	put_words(canvas_doc, "note c0 box=seg pos=b0 author=olu names=named deleted=author");
	put_words(canvas_doc, "link k0 from=c0 to=c1 as=inside deleted=end");
	decide_text(&room, "olu", "note.restore ids=c0", &decision);
	assert_int_equal(decision.op_count, LINKS + 1);
	assert_true(seconds() - start < 8); /* with sanitizers, on a slow machine; squared it would be minutes */
	decision_release(&decision);
	clear_scene();
}

static void test_promoting(void **state)
{
	struct decision decision = { 0 };
	struct buf out = { 0 };

	(void)state;
	set_scene(0);
	put_words(canvas_doc, "box gone title=Gone col=4 row=1 w=1 h=1 links=prop:gain parts=helps");
	struct room room = room_of(DOC_CANVAS);
	decide_text(&room, "ben", "canvas.promote wall=start post=said", &decision);
	write_outcome(&out, &decision);
	assert_string_equal(out.s, "put +1 text=shops box=seg pos=a4 author=ama names=named at=1000 post=said part=for, put +2 text=wait box=seg pos=a5 author=ama names=named at=1000 post=said part=who, "
		"put +3 text=tea box=prop pos=a2 author=ama names=named at=1000 post=said part=offer, put +4 text=warm box=gone pos=a1 author=ama names=named at=1000 post=said part=helps, "
		"put +5 from=+2 to=+1 as=inside, put +6 from=+3 to=+2 as=offer, put +7 from=+4 to=+3 as=gain -> notes:[+1,+2,+3,+4]");
	/* Parts without words leave no note, and a hidden name stays hidden. */
	buf_reset(&out);
	decide_text(&room, "ama", "canvas.promote wall=start post=half", &decision);
	write_outcome(&out, &decision);
	assert_string_equal(out.s, "put +1 text=shops box=seg pos=a4 author=ben names=hidden at=1000 post=half part=for, put +2 text=them box=gone pos=a1 author=ben names=hidden at=1000 post=half part=helps, put +3 from=+2 to=+1 as=note -> notes:[+1,+2]");
	/* Exactly as many as there is room for. */
	for (int less = 0; less < 2; less++) {
		room.objects_max = (int64_t)doc_count(canvas_doc) + 7 - less;
		decide_text(&room, "ben", "canvas.promote wall=start post=said", &decision);
		assert_int_equal(decision.refused, less);
	}
	buf_release(&out);
	decision_release(&decision);
	clear_scene();
}

static void test_boxes_at_the_limit(void **state)
{
	char text[128];
	int count = 5;

	(void)state;
	set_scene(0);
	for (; count < 48; count++) {
		snprintf(text, sizeof text, "box.add id=b%d title=x col=%d row=%d w=1 h=1", count, 1 + count % 20, 4 + count / 20);
		must("olu", text);
	}
	refuses("olu", "box.add id=last title=x col=24 row=24 w=1 h=1", "no quota quota.boxes");
	must("olu", "box.remove id=b5");
	must("olu", "box.set id=b6 col=6");
	refuses("olu", "box.restore id=b5", "no bad_value box.overlap");
	refuses("olu", "box.set id=b7 tags=\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80", "no bad_value");
	must("olu", "box.set id=b7 tags=e\xcc\x81/\xc3\xa9//\tx\t");
	assert_string_equal(get("b7", "tags"), "\xc3\xa9\nx");
	clear_scene();
}

/* ---- undo ---- */

static void test_undo(void **state)
{
	(void)state;
	set_scene(CHANGE);
	must("ama", "note.add id=new box=seg text=hello");
	must("ama", "note.move ids=new+a box=prop");
	must("ben", "note.text id=a rev=0 edit=[\"b\"]");
	refuses("ama", "undo", "set new box=seg pos=a4, set a box=seg pos=a0 -> did:note.move");
	must("ama", "redo");
	assert_string_equal(get("new", "box"), "prop");
	refuses("ama", "redo", "no conflict redo.nothing");
	must("ama", "undo");
	must("ama", "undo");
	assert_string_equal(get("new", "deleted"), "author");
	refuses("ama", "undo", "no conflict undo.nothing");
	must("ben", "undo");
	assert_string_equal(get("a", "text"), "abc");
	/* Rights are those of now. */
	must("ben", "note.set ids=a type=5");
	put_words(class_doc, "document canvas type=canvas see=class add=class change=staff");
	refuses("ben", "undo", "no conflict undo.nothing");
	must("olu", "revert member=ben since=0");
	assert_int_equal(object_int(doc_find(canvas_doc, "a"), NOTE_TYPE), 2);
	must("olu", "undo");
	assert_int_equal(object_int(doc_find(canvas_doc, "a"), NOTE_TYPE), 5);
	/* What its author deleted nobody else brings back, by reverting them neither. */
	must("ama", "note.delete ids=a");
	must("ama", "type.set number=4 name=x");
	must("olu", "revert member=ama since=0");
	assert_string_equal(get("a", "deleted"), "author");
	assert_string_equal(get("type.4", "name"), "");
	clear_scene();
}

static void test_boxes_do_not_come_back_over_others(void **state)
{
	(void)state;
	set_scene(0);
	must("olu", "box.remove id=jobs");
	must("olu", "box.set id=deck col=3");
	must("ina", "box.add id=new title=New col=3 row=1 w=1 h=1");
	refuses("olu", "undo", "set deck col=4 -> did:box.set");
	refuses("olu", "undo", "no conflict box.overlap");
	must("ina", "undo");
	must("olu", "undo");
	assert_string_equal(get("jobs", "deleted"), "");
	clear_scene();
}

/* The grid that grew for one box holds another by the time the first one's step is taken back. */
static void test_grid_after_undo(void **state)
{
	(void)state;
	set_scene(0);
	must("olu", "box.add id=far title=Far col=6 row=1 w=1 h=5");
	must("ina", "box.add id=near title=Near col=5 row=4 w=1 h=1");
	must("olu", "undo");
	assert_string_equal(get("far", "deleted"), "staff");
	assert_int_equal(object_int(doc_find(canvas_doc, "canvas"), CANVAS_COLUMNS), 5);
	assert_int_equal(object_int(doc_find(canvas_doc, "canvas"), CANVAS_ROWS), 4);
	must("ina", "undo");
	must("olu", "box.restore id=far");
	assert_int_equal(object_int(doc_find(canvas_doc, "canvas"), CANVAS_COLUMNS), 6);
	assert_int_equal(object_int(doc_find(canvas_doc, "canvas"), CANVAS_ROWS), 5);
	clear_scene();
}

/* ---- restoring a moment ---- */

static bool restore_to(const char *who, const struct doc *past, const char *text)
{
	struct decision decision = { 0 };
	struct room room = room_of(DOC_CANVAS);

	room.past = past;
	decide_text(&room, who, text, &decision);
	for (size_t o = 0; o < decision.op_count; o++) {
		const struct op *op = &decision.ops[o].op;
		const struct step_source source = { .actor = who, .command = CMD_RESTORE, .at_ms = clock_ms, .first = o == 0 };
		steps_note(steps, &source, op, doc_find(canvas_doc, op->id));
		doc_apply(canvas_doc, op);
	}
	clock_ms += 5000;
	bool done = !decision.refused;
	decision_release(&decision);
	return done;
}

static void change_much(void)
{
	must("olu", "note.text id=a rev=0 edit=[1,{\"d\":1},\"\xf0\x9f\x99\x82\xc3\xa9\"]");
	must("olu", "note.move ids=b box=jobs");
	must("olu", "note.set ids=o+h type=7");
	must("olu", "note.add id=n box=prop text=new");
	must("olu", "link.add id=nb from=n to=b");
	must("olu", "link.remove id=oa");
	must("olu", "note.delete ids=j");
	must("olu", "box.set id=seg title=Other h=2 tags=x");
	must("olu", "box.add id=fresh title=New col=6 row=6 w=1 h=1");
	must("olu", "box.remove id=deck");
	must("olu", "box.restore id=gone");
	must("olu", "type.set number=2 name=");
	must("olu", "type.set number=3 name=Farms");
}

static void test_restore(void **state)
{
	(void)state;
	set_scene(CHANGE);
	struct doc *then = copy_of(canvas_doc);
	change_much();
	struct doc *later = copy_of(canvas_doc);
	assert_true(restore_to("ina", then, "restore at=1"));
	check_same(canvas_doc, then);
	must("ina", "undo");
	check_same(canvas_doc, later);
	must("ina", "redo");
	check_same(canvas_doc, then);
	doc_free(then);
	doc_free(later);
	clear_scene();
}

static void test_restore_by_a_member(void **state)
{
	(void)state;
	set_scene(CHANGE);
	struct doc *then = copy_of(canvas_doc);
	change_much();
	assert_true(restore_to("ben", then, "restore at=1"));
	assert_string_equal(get("a", "text"), "abc");
	assert_string_equal(get("b", "box"), "seg");
	assert_string_equal(get("n", "deleted"), "other");
	assert_string_equal(get("nb", "deleted"), "end");
	assert_string_equal(get("oa", "deleted"), "");
	assert_string_equal(get("j", "deleted"), "");
	assert_string_equal(get("type.2", "name"), "Shops");
	assert_string_equal(get("type.3", "name"), "");
	/* Structure is the instructors'. */
	assert_string_equal(get("seg", "title"), "Other");
	assert_string_equal(get("fresh", "deleted"), "");
	assert_string_equal(get("deck", "deleted"), "staff");
	doc_free(then);
	clear_scene();
}

static void test_restore_one(void **state)
{
	(void)state;
	set_scene(CHANGE);
	struct doc *then = copy_of(canvas_doc);
	change_much();
	assert_true(restore_to("ben", then, "restore at=1 note=a"));
	assert_string_equal(get("a", "text"), "abc");
	assert_string_equal(get("oa", "deleted"), "");
	assert_string_equal(get("b", "box"), "jobs");
	assert_string_equal(get("n", "deleted"), "");
	assert_true(restore_to("ben", then, "restore at=1 note=n")); /* was not there */
	assert_string_equal(get("n", "deleted"), "other");
	assert_string_equal(get("nb", "deleted"), "end");
	/* A box: what is in it, what was, and for instructors itself. */
	assert_true(restore_to("ina", then, "restore at=1 box=seg"));
	assert_string_equal(get("b", "box"), "seg");
	assert_string_equal(get("seg", "title"), "Segments");
	assert_string_equal(get("deck", "deleted"), "staff");
	assert_string_equal(get("j", "deleted"), "other");
	assert_int_equal(object_int(doc_find(canvas_doc, "o"), NOTE_TYPE), 7);
	/* Its place may be another's by now. */
	must("olu", "box.set id=seg row=10");
	must("olu", "box.set id=prop col=1");
	assert_false(restore_to("ina", then, "restore at=1 box=seg"));
	doc_free(then);
	clear_scene();
}

static void test_restore_leaves_what_authors_deleted(void **state)
{
	(void)state;
	set_scene(CHANGE);
	struct doc *then = copy_of(canvas_doc);
	must("ama", "note.delete ids=a");
	must("ben", "note.delete ids=o");
	assert_true(restore_to("olu", then, "restore at=1"));
	assert_string_equal(get("a", "deleted"), "author");
	assert_string_equal(get("oa", "deleted"), "end");
	assert_string_equal(get("o", "deleted"), "");
	assert_string_equal(get("d", "deleted"), "author"); /* then, too */
	assert_true(restore_to("ama", then, "restore at=1"));
	check_same(canvas_doc, then);
	doc_free(then);
	clear_scene();
}

static void test_restore_of_a_wall(void **state)
{
	struct decision decision = { 0 };
	struct buf out = { 0 };

	(void)state;
	set_scene(0);
	put_words(wall_doc, "post late author=ama names=named state=shown for=x section=sec pos=a5 deleted=staff version=1");
	put_words(wall_doc, "revision late.r post=late for=y author=ama state=held deleted=staff version=2");
	struct doc *then = copy_of(wall_doc);
	put_words(then, "section sec title=Old pos=a1");
	put_words(then, "post said author=ama names=named state=hidden for=old section=sec pos=a3");
	put_words(then, "post late author=ama names=named state=shown for=x pos=a5");
	put_words(wall_doc, "section new title=New pos=a2");
	put_words(wall_doc, "post newer author=ama names=named state=shown for=new section=new pos=a9");
	struct room room = { .class_doc = class_doc, .doc = wall_doc, .document = "start", .doc_kind = DOC_WALL, .last_post_pos = "", .objects_max = 100, .documents_max = 10, .trail = trail, .steps = steps, .past = then };
	decide_text(&room, "olu", "restore at=1", &decision);
	write_outcome(&out, &decision);
	assert_string_equal(out.s, "set said section=sec pos=a3, set sec title=Old pos=a1, set late deleted=, set late.r deleted=, set late section=, set new deleted=staff");
	decide_text(&room, "ama", "restore at=1", &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_FORBIDDEN);
	decide_text(&room, "olu", "restore at=1 box=x", &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_BAD_VALUE);
	room.doc = room.class_doc;
	room.document = "class";
	room.doc_kind = DOC_CLASS;
	decide_text(&room, "olu", "restore at=1", &decision);
	assert_true(decision.refused && decision.why.code == REFUSE_BAD_VALUE);
	buf_release(&out);
	decision_release(&decision);
	doc_free(then);
	clear_scene();
}

/* ---- files, and many canvases ---- */

static void test_import(void **state)
{
	struct decision decision = { 0 };
	struct buf out = { 0 };
	const char *say[] = { NULL, "quota.documents", "quota.objects", NULL };

	(void)state;
	set_scene(0);
	for (int bad = 0; bad < 4; bad++) {
		struct room room = room_of(DOC_CLASS);
		room.documents_max = bad == 1 ? 2 : 3;
		room.objects_max = bad == 2 ? 6 : 100;
		bool good = decide_import(&room, &templates[1], "KAAAAAAAAAAAAAAAAAAAAA", bad ? NULL : "Mine", bad == 3 ? "three" : "two", "class", "ama", 7, &decision);
		assert_int_equal(good, !bad);
		assert_int_equal(decision.refused, bad > 0);
		if (bad && say[bad])
			assert_string_equal(decision.why.say, say[bad]);
		if (bad)
			continue;
		write_outcome(&out, &decision);
		assert_int_equal(decision.document_count, 1);
		assert_string_equal(decision.documents[0].id, "KAAAAAAAAAAAAAAAAAAAAA");
		assert_non_null(strstr(out.s, "put +1 type=canvas title=Mine pos=a2 template=full team=two see=class add=team change=team, 1/put canvas"));
		assert_non_null(strstr(out.s, "1/put +2 text=n box=x pos=a0 type=3 tags=u/t author=ama names=named at=7"));
	}
	buf_release(&out);
	decision_release(&decision);
	clear_scene();
}

/* A copy has nothing that hangs in the air, and not more than the server can take at once. */
static void test_copies(void **state)
{
	struct decision decision = { 0 };
	char text[128];

	(void)state;
	set_scene(0);
	struct room room = room_of(DOC_CLASS);
	room.objects_max = 10000;
	room.documents_max = 300;
	for (int n = 0; n < 500; n++) {
		snprintf(text, sizeof text, "note f%d box=deck pos=b%04d author=ama names=named", n, n + 1);
		put_words(canvas_doc, text);
	}
	for (int t = 0; t < 110; t++) {
		snprintf(text, sizeof text, "team t%d name=x pos=b%03d", t, t + 1);
		put_words(class_doc, text);
	}
	decide_text(&room, "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA from=canvas notes=1 each=1", &decision);
	assert_true(decision.refused && !strcmp(decision.why.say, "quota.copies"));
	check_sentence(&decision.why);
	decide_text(&room, "olu", "canvas.add id=KAAAAAAAAAAAAAAAAAAAAA from=canvas each=1", &decision);
	assert_int_equal(decision.document_count, 112);
	for (size_t d = 0; d < decision.document_count; d++)
		for (size_t e = 0; e < d; e++)
			assert_string_not_equal(decision.documents[d].id, decision.documents[e].id);
	decision_release(&decision);
	clear_scene();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_command_has_rows),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_rights_elsewhere),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_pair_linked_again),
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_promoting),
		cmocka_unit_test(test_boxes_at_the_limit),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_boxes_do_not_come_back_over_others),
		cmocka_unit_test(test_grid_after_undo),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_restore_by_a_member),
		cmocka_unit_test(test_restore_one),
		cmocka_unit_test(test_restore_leaves_what_authors_deleted),
		cmocka_unit_test(test_restore_of_a_wall),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_copies),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
