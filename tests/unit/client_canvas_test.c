/* The picture of a canvas and of a class's teams and canvases, what commands print of it, and typing sessions over a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/canvas.h"
#include "client-cli/pipe.h"
#include "client-cli/typings.h"
#include "proto/json.h"
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#define ME "AAAAAAAAAAAAAAAAAAAAAA"
#define KOFI "BBBBBBBBBBBBBBBBBBBBBA"
#define WALL "wwwwwwwwwwwwwwwwwwwwww"
#define RED "teamredAAAAAAAAAAAAAAA"
#define BLUE "teamblueAAAAAAAAAAAAAA"
#define MINE "canvasredAAAAAAAAAAAAA"
#define THEIRS "canvasblueAAAAAAAAAAAA"
#define OURS "canvasclassAAAAAAAAAAA"

struct fixture {
	struct model model;
	struct journal journal;
	struct typings typings;
	struct class_list list;
	struct canvas canvas;
	struct replica *where;
	char folder[64], path[96];
};

/* Messages are written here with ' for ". */
static cJSON *message(const char *text)
{
	char *json = strdup(text);
	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	enum json_verdict verdict;
	cJSON *out = json_parse(json, strlen(json), &json_limits_server, &verdict);
	if (!out)
		fail_msg("not a message: %s", json);
	free(json);
	return out;
}

static enum model_verdict take(struct fixture *f, const char *text)
{
	cJSON *json = message(text);
	const char *type;
	size_t n;
	assert_true(json_str(json, "t", &type, &n));
	enum model_verdict verdict = model_take(&f->model, type, json, &f->where);
	cJSON_Delete(json);
	return verdict;
}

static void welcome(struct fixture *f, const char *role)
{
	char text[256];
	snprintf(text, sizeof text, "{'t':'welcome','v':1,'minor':1,'class':'KXR4HTM','me':'" ME "','role':'%s','start':'" WALL "'}", role);
	cJSON *json = message(text);
	assert_true(model_welcome(&f->model, json));
	cJSON_Delete(json);
}

static void take_class(struct fixture *f)
{
	assert_int_equal(take(f, "{'t':'snapshot','doc':'class','epoch':0,'at':3,'part':0,'last':true,'objects':["
				 "{'id':'class','kind':'class','fields':{'title':'Entre','code':'KXR4HTM','teams':'self'}},"
				 "{'id':'" ME "','kind':'member','fields':{'name':'Ama','role':'member','team':'" RED "'}},"
				 "{'id':'" KOFI "','kind':'member','fields':{'name':'Kofi','role':'member'}},"
				 "{'id':'" BLUE "','kind':'team','fields':{'name':'Blue','pos':'a1'}},{'id':'" RED "','kind':'team','fields':{'name':'Red','pos':'a0'}},"
				 "{'id':'" WALL "','kind':'document','fields':{'type':'wall','title':'Wall','pos':'a0'}},"
				 "{'id':'" OURS "','kind':'document','fields':{'type':'canvas','title':'Everybody','pos':'a3','see':'team','add':'team','change':'staff'}},"
				 "{'id':'" MINE "','kind':'document','fields':{'type':'canvas','title':'Red — BMC','pos':'a1','team':'" RED "','see':'team','add':'team','change':'team'}},"
				 "{'id':'" THEIRS "','kind':'document','fields':{'type':'canvas','title':'Blue — BMC','pos':'a2','team':'" BLUE "','see':'team','add':'team','change':'team'}}]}"),
			 MODEL_CHANGED);
	assert_int_equal(take(f, "{'t':'mine','doc':'class','n':0,'at':3,'whole':true,'objects':[],'gone':[]}"), MODEL_CHANGED);
}

static const char canvas_snapshot[] =
	"{'t':'snapshot','doc':'" MINE "','epoch':0,'at':9,'part':0,'last':true,'objects':["
	"{'id':'canvas','kind':'canvas','fields':{'columns':10,'rows':3,'template':'bmc'}},"
	"{'id':'costs','kind':'box','fields':{'title':'Costs','col':1,'row':3,'w':5,'h':1,'order':9}},"
	"{'id':'segments','kind':'box','fields':{'title':'Customer Segments','col':9,'row':1,'w':2,'h':2,'order':1,'tags':'early\\nlate','questions':'Who?\\nWhy them?'}},"
	"{'id':'old','kind':'box','fields':{'title':'Old','col':1,'row':1,'w':1,'h':1,'deleted':'staff'}},"
	"{'id':'type.2','kind':'type','fields':{'number':2,'name':'Pharmacies'}},"
	"{'id':'note2AAAAAAAAAAAAAAAAA','kind':'note','fields':{'box':'segments','pos':'a1','text':'two\\nlines','rev':4,'author':'" KOFI "','type':2,'tags':'late'}},"
	"{'id':'note1AAAAAAAAAAAAAAAAA','kind':'note','fields':{'box':'segments','pos':'a0','text':'one','rev':7,'author':'" ME "'}},"
	"{'id':'note3AAAAAAAAAAAAAAAAA','kind':'note','fields':{'box':'costs','pos':'a0','text':'three','rev':0,'author':'" KOFI "'}},"
	"{'id':'noteXAAAAAAAAAAAAAAAAA','kind':'note','fields':{'box':'old','pos':'a0','text':'in a removed box'}},"
	"{'id':'linkAAAAAAAAAAAAAAAAAA','kind':'link','fields':{'from':'note1AAAAAAAAAAAAAAAAA','to':'note3AAAAAAAAAAAAAAAAA','as':'note'}},"
	"{'id':'linkXAAAAAAAAAAAAAAAAA','kind':'link','fields':{'from':'note1AAAAAAAAAAAAAAAAA','to':'noteXAAAAAAAAAAAAAAAAA','as':'note'}}]}";

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	bool fresh;
	*state = f;
	strcpy(f->folder, "/tmp/forwhom-canvas-XXXXXX");
	assert_true(sodium_init() >= 0 && mkdtemp(f->folder));
	snprintf(f->path, sizeof f->path, "%s/journal", f->folder);
	assert_int_equal(journal_open(&f->journal, f->path), 0);
	model_init(&f->model);
	canvas_release(&f->canvas);
	welcome(f, "member");
	take_class(f);
	model_enter(&f->model, MINE, &fresh);
	assert_true(fresh);
	assert_int_equal(take(f, canvas_snapshot), MODEL_CHANGED);
	assert_int_equal(take(f, "{'t':'mine','doc':'" MINE "','n':0,'at':9,'whole':true,'objects':[],'gone':[]}"), MODEL_CHANGED);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];
	canvas_release(&f->canvas);
	class_list_release(&f->list);
	typings_release(&f->typings);
	journal_close(&f->journal);
	model_release(&f->model);
	snprintf(command, sizeof command, "rm -rf %s", f->folder);
	free(f);
	return system(command);
}

static void make(struct fixture *f)
{
	assert_true(canvas_make(&f->canvas, &f->model, MINE, &f->journal, &f->typings));
}

static void notes_are(struct fixture *f, const char *expected)
{
	struct buf text = { 0 };
	make(f);
	for (size_t i = 0; i < f->canvas.note_count; i++) {
		buf_str(&text, f->canvas.notes[i].box);
		buf_char(&text, ':');
		buf_str(&text, f->canvas.notes[i].text);
		buf_char(&text, ' ');
	}
	assert_string_equal(buf_cstr(&text), expected);
	buf_release(&text);
}

static cJSON *args_of(const char *text) { return message(text); }

static void boxes_notes_and_links_stand_in_order(void **state)
{
	struct fixture *f = *state;
	const struct canvas_note *other;
	notes_are(f, "segments:one segments:two\nlines costs:three ");
	assert_true(f->canvas.known);
	assert_int_equal(f->canvas.columns, 10);
	assert_int_equal(f->canvas.box_count, 2);
	assert_string_equal(f->canvas.boxes[0].id, "segments");
	assert_int_equal(f->canvas.boxes[0].first, 0);
	assert_int_equal(f->canvas.boxes[0].count, 2);
	assert_int_equal(f->canvas.boxes[1].first, 2);
	assert_int_equal(f->canvas.removed_count, 1);
	assert_string_equal(f->canvas.types[2], "Pharmacies");
	/* The link to what does not show does not show. */
	assert_int_equal(f->canvas.link_count, 1);
	assert_string_equal(canvas_link_at(&f->canvas, "note3AAAAAAAAAAAAAAAAA", 0, &other)->id, "linkAAAAAAAAAAAAAAAAAA");
	assert_string_equal(other->text, "one");
	assert_null(canvas_link_at(&f->canvas, "note3AAAAAAAAAAAAAAAAA", 1, &other));
	assert_string_equal(f->canvas.notes[1].author_name, "Kofi");
	assert_true(f->canvas.notes[0].own);
	assert_false(f->canvas.notes[1].own);
}

static void rights_follow_team_and_role(void **state)
{
	struct fixture *f = *state;
	make(f);
	assert_true(f->canvas.may_add && f->canvas.may_change && f->canvas.may_open);
	assert_false(f->canvas.may_lead);
	assert_true(f->canvas.notes[1].may_change);
	class_list_make(&f->list, &f->model);
	assert_int_equal(f->list.canvas_count, 3);
	assert_string_equal(f->list.canvases[0].id, MINE);
	assert_true(f->list.canvases[0].may_see && f->list.canvases[0].ours);
	assert_false(f->list.canvases[1].may_see);
	assert_true(f->list.canvases[2].may_see); /* nobody's in particular: everybody's */
	assert_true(f->list.self_teams);
	assert_string_equal(f->list.my_team, RED);
	assert_int_equal(f->list.teams[0].member_count, 1);

	/* Others' notes are staff's now; one's own stay one's own. */
	take(f, "{'t':'ops','doc':'class','epoch':0,'at':4,'ops':[{'op':'set','id':'" MINE "','fields':{'change':'staff'}}]}");
	make(f);
	assert_false(f->canvas.may_change);
	assert_true(f->canvas.notes[0].may_change);
	assert_false(f->canvas.notes[1].may_change);
	/* Out of the team: nothing. */
	take(f, "{'t':'ops','doc':'class','epoch':0,'at':5,'ops':[{'op':'set','id':'" ME "','fields':{'team':null}}]}");
	make(f);
	assert_false(f->canvas.may_add || f->canvas.may_open || f->canvas.notes[0].may_change);
	/* Pens down is the class's, and not for instructors. */
	take(f, "{'t':'ops','doc':'class','epoch':0,'at':6,'ops':[{'op':'set','id':'class','fields':{'frozen':true}}]}");
	make(f);
	assert_true(f->canvas.frozen);
}

static void staff_may_everything(void **state)
{
	struct fixture *f = *state;
	bool fresh;
	welcome(f, "owner"); /* another view: all that was there is dropped */
	assert_false(f->model.canvases->known);
	take_class(f);
	take(f, canvas_snapshot);
	model_enter(&f->model, THEIRS, &fresh);
	class_list_make(&f->list, &f->model);
	assert_true(f->list.canvases[1].may_see);
	make(f);
	assert_true(f->canvas.may_lead && f->canvas.may_change && f->canvas.may_add && !f->canvas.frozen);
}

static void what_is_not_answered_shows_at_once(void **state)
{
	struct fixture *f = *state;
	struct change *add = journal_add(&f->journal, MINE, "note.add", args_of("{'id':'newAAAAAAAAAAAAAAAAAAA','box':'costs','text':'new'}"));
	notes_are(f, "segments:one segments:two\nlines costs:three costs:new ");
	assert_int_equal(f->canvas.notes[3].pending, PENDING_KEPT);
	assert_ptr_equal(f->canvas.notes[3].change, add);
	journal_add(&f->journal, MINE, "note.move", args_of("{'ids':['note1AAAAAAAAAAAAAAAAA'],'box':'costs'}"));
	notes_are(f, "segments:two\nlines costs:three costs:new costs:one ");
	journal_add(&f->journal, MINE, "note.set", args_of("{'ids':['note1AAAAAAAAAAAAAAAAA'],'type':5,'tags':''}"));
	make(f);
	assert_int_equal(canvas_note(&f->canvas, "note1AAAAAAAAAAAAAAAAA")->type, 5);
	struct change *gone = journal_add(&f->journal, MINE, "note.delete", args_of("{'ids':['note3AAAAAAAAAAAAAAAAA']}"));
	notes_are(f, "segments:two\nlines costs:new costs:one ");
	assert_int_equal(f->canvas.link_count, 0);
	assert_int_equal(f->canvas.unanswered, 4);
	/* What belongs to another canvas does not. */
	journal_add(&f->journal, OURS, "note.add", args_of("{'id':'otherAAAAAAAAAAAAAAAAA','box':'costs','text':'other'}"));
	notes_are(f, "segments:two\nlines costs:new costs:one ");
	/* Refused: as it was. */
	cJSON *no = args_of("{'code':'forbidden'}");
	journal_refuse(&f->journal, gone, no);
	journal_refuse(&f->journal, add, no);
	cJSON_Delete(no);
	notes_are(f, "segments:two\nlines costs:three costs:new costs:one ");
	assert_int_equal(f->canvas.notes[2].pending, PENDING_REFUSED);
}

static void presence_is_shown_where_people_are(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'presence','doc':'" MINE "','whole':true,'here':[{'who':'" ME "'},{'who':'" KOFI "','box':'segments','note':'note1AAAAAAAAAAAAAAAAA','caret':[1,2],'rev':7}],'gone':[]}"),
			 MODEL_CHANGED);
	take(f, "{'t':'presence','doc':'class','whole':true,'here':[{'who':'" KOFI "','in':'" MINE "'}],'gone':[]}");
	make(f);
	assert_int_equal(f->canvas.person_count, 2);
	assert_string_equal(f->canvas.people[1].name, "Kofi");
	assert_true(f->canvas.people[1].has_caret && f->canvas.people[0].me);
	assert_int_equal(f->canvas.people[1].caret.focus, 2);
	assert_int_equal(f->canvas.notes[0].here, 1);
	assert_int_equal(f->canvas.boxes[0].here, 1);
	class_list_make(&f->list, &f->model);
	assert_int_equal(f->list.canvases[0].here, 1);
	assert_true(class_list_member(&f->list, KOFI)->here);
	assert_false(class_list_member(&f->list, ME)->here);
	take(f, "{'t':'presence','doc':'" MINE "','here':[],'gone':['" KOFI "']}");
	make(f);
	assert_int_equal(f->canvas.person_count, 1);
	assert_int_equal(f->canvas.notes[0].here, 0);
	take(f, "{'t':'presence','doc':'class','count':812}");
	class_list_make(&f->list, &f->model);
	assert_int_equal(f->list.here_total, 812);
	assert_false(class_list_member(&f->list, KOFI)->here);
	/* The colour that proto/README.md gives everybody. */
	assert_int_equal(member_colour(ME), (int)(digest_hash(ME) % 8));
	assert_int_equal(digest_hash(""), 0xebb6c228); /* the published value of MurmurHash3_x86_32("", 0x9747b28c) */
}

static void lost_rights_close_a_canvas(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'reload','doc':'" MINE "'}"), MODEL_ANEW);
	struct buf open = { 0 };
	model_open(f->where, "[{\"id\":\"n\",\"rev\":3}]", &open);
	assert_string_equal(open.s, "{\"t\":\"open\",\"doc\":\"" MINE "\",\"texts\":[{\"id\":\"n\",\"rev\":3}]}");
	buf_release(&open);
	assert_ptr_equal(model_refuse(&f->model, ""), f->where); /* not said which: the one that waits */
	assert_true(f->where->refused && !f->where->known);
	make(f);
	assert_false(f->canvas.known);
	assert_int_equal(f->canvas.note_count, 0);
	assert_true(model_leave(&f->model, MINE));
	assert_null(model_replica(&f->model, MINE));
	assert_null(model_refuse(&f->model, MINE));
}

static void things_are_found_by_what_people_call_them(void **state)
{
	struct fixture *f = *state;
	const struct canvas_entry *entry;
	const struct team_entry *team;
	const struct member_entry *member;
	const struct canvas_box *box;
	const struct canvas_note *note;
	make(f);
	class_list_make(&f->list, &f->model);
	assert_int_equal(class_list_find_canvas(&f->list, "red", false, &entry), 1);
	assert_string_equal(entry->id, MINE);
	assert_int_equal(class_list_find_canvas(&f->list, "everybody", false, &entry), 1);
	assert_int_equal(class_list_find_canvas(&f->list, "canvasb", false, &entry), 1);
	assert_int_equal(class_list_find_canvas(&f->list, "canv", false, &entry), 3);
	assert_int_equal(class_list_find_canvas(&f->list, "can", false, &entry), 0);
	assert_int_equal(class_list_find_canvas(&f->list, "red", true, &entry), 0);
	assert_int_equal(class_list_find_team(&f->list, "BLUE", false, &team), 1);
	assert_int_equal(class_list_find_member(&f->list, "kofi", &member), 1);
	assert_int_equal(canvas_find_box(&f->canvas, "customer segments", &box), 1);
	assert_int_equal(canvas_find_box(&f->canvas, "c", &box), 1);
	assert_string_equal(box->id, "costs");
	assert_int_equal(canvas_find_box(&f->canvas, "old", &box), 0);
	assert_int_equal(canvas_find_note(&f->canvas, "note2", &note), 1);
	assert_int_equal(canvas_find_note(&f->canvas, "note", &note), 3);
	assert_int_equal(canvas_find_note(&f->canvas, "not", &note), 0);
}

static void printed(cJSON *json, const char *expected)
{
	cJSON *want = message(expected);
	char *got = cJSON_PrintUnformatted(json);
	if (!cJSON_Compare(json, want, true))
		fail_msg("got %s", got);
	free(got);
	cJSON_Delete(json);
	cJSON_Delete(want);
}

static void what_is_printed(void **state)
{
	struct fixture *f = *state;
	struct buf text = { 0 };
	make(f);
	canvas_outline_add(&text, &f->canvas);
	assert_string_equal(text.s, "Red — BMC — Red\n"
				    "\nCustomer Segments  [segments]\n"
				    "  note1AAA  one  — Ama\n"
				    "            → note3AAA  three  (note)\n"
				    "  note2AAA  two\n            lines  (Pharmacies)  #late  — Kofi\n"
				    "\nCosts  [costs]\n"
				    "  note3AAA  three  — Kofi\n");
	buf_release(&text);
	printed(note_json(&f->canvas, &f->canvas.notes[1]),
		"{'kind':'note','id':'note2AAAAAAAAAAAAAAAAA','box':'segments','text':'two\\nlines','type':2,'tags':['late'],'author':'Kofi'}");
	printed(box_json(&f->canvas.boxes[0]), "{'kind':'box','id':'segments','title':'Customer Segments','col':9,'row':1,'w':2,'h':2,'order':1,'questions':['Who?','Why them?'],'tip':'','tags':['early','late']}");
	printed(link_json(&f->canvas.links[0]), "{'kind':'link','id':'linkAAAAAAAAAAAAAAAAAA','from':'note1AAAAAAAAAAAAAAAAA','to':'note3AAAAAAAAAAAAAAAAA','as':'note'}");
}

static void lines_of_notes_are_read(void **state)
{
	static const struct {
		const char *line, *code, *args, *box;
	} cases[] = {
		{ "{'box':'pains','text':'a\\r\\nb'}", NULL, "{'text':'a\\nb'}", "pains" },
		{ "{'box':'pains','text':'x','type':3,'tags':['one','two'],'before':'abcd'}", NULL, "{'text':'x','type':3,'tags':'one\\ntwo'}", "pains" },
		{ "{'text':'x'}", "bad_shape", NULL, NULL },
		{ "{'box':'','text':'x'}", "bad_shape", NULL, NULL },
		{ "{'box':7,'text':'x'}", "bad_type", NULL, NULL },
		{ "{'box':'b','text':['x']}", "bad_type", NULL, NULL },
		{ "{'box':'b','tags':[1]}", "bad_type", NULL, NULL },
		{ "{'box':'b','type':'1'}", "bad_type", NULL, NULL },
		{ "{'box':'b','colour':'red'}", "bad_shape", NULL, NULL },
		{ "[]", "bad_shape", NULL, NULL },
		{ "{'box':'b'", "bad_json", NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *line = strdup(cases[i].line);
		for (char *p = line; *p; p++)
			*p = *p == '\'' ? '"' : *p;
		struct note_line got = note_line_read(line, strlen(line));
		if (cases[i].code) {
			assert_null(got.args);
			assert_string_equal(got.code, cases[i].code);
		} else {
			assert_string_equal(got.box, cases[i].box);
			printed(got.args, cases[i].args);
		}
		free(got.box);
		free(got.before);
		free(line);
	}
}

static void times_and_pairs_are_read(void **state)
{
	int64_t ms, a, b;
	const int64_t now = INT64_C(1795309513704);
	(void)state;
	assert_true(time_read("1795309513704", now, &ms) && ms == now);
	assert_true(time_read("10m", now, &ms) && ms == now - 600000);
	assert_true(time_read("2h", now, &ms) && ms == now - 7200000);
	assert_true(time_read("0s", now, &ms) && ms == now);
	assert_true(time_read("2026-11-22 14:30:05", now, &ms) && ms % 60000 == 5000);
	assert_true(time_read("2026-11-22T14:30", now, &a) && a == ms - 5000);
	assert_true(time_read("14:30", now, &ms) && ms % 60000 == 0 && ms <= now + 86400000 && ms > now - 86400000);
	static const char *const bad[] = { "", "soon", "10", "10x", "-5m", "25:00", "2026-13-01 10:00", "10m later", "14:30 tomorrow" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (time_read(bad[i], now, &ms))
			fail_msg("“%s” is no time", bad[i]);
	assert_true(pair_read("9,1", ',', &a, &b) && a == 9 && b == 1);
	assert_true(pair_read("2x3", 'x', &a, &b) && a == 2 && b == 3);
	static const char *const no_pairs[] = { "", "9", "9,", ",1", "0,1", "9,1,1", "a,b", "9,-1", "9, 1", "1000,1" };
	for (size_t i = 0; i < sizeof no_pairs / sizeof *no_pairs; i++)
		assert_false(pair_read(no_pairs[i], ',', &a, &b));
	cJSON *args = cJSON_CreateObject();
	struct buf values = { 0 };
	assert_int_equal(canvas_setting_read("see=class", args, &values), SETTING_OK);
	assert_int_equal(canvas_setting_read("title=A=B", args, &values), SETTING_OK);
	assert_int_equal(canvas_setting_read("see=all", args, &values), SETTING_BAD_VALUE);
	assert_int_equal(canvas_setting_read("hold=on", args, &values), SETTING_NO_KEY);
	assert_int_equal(canvas_setting_read("see", args, &values), SETTING_NO_KEY);
	buf_release(&values);
	printed(args, "{'see':'class','title':'A=B'}");
}

/* --- typing sessions and the journal --- */

#define NOTE "note1AAAAAAAAAAAAAAAAA"

static struct typing *begin(struct fixture *f)
{
	return typings_begin(&f->typings, MINE, doc_find(f->model.canvases->shared, NOTE))->typing;
}

static void type_at_end(struct fixture *f, struct typing *typing, const char *words)
{
	assert_int_equal(typing_splice(typing, typing_length(typing), 0, words, strlen(words)), TYPING_OK);
	typings_touch(typings_of(&f->typings, typing), 1000);
}

/* As a crash would, and then a new start. */
static void crash(struct fixture *f)
{
	close(f->journal.fd);
	f->journal.fd = -1;
	buf_reset(&f->journal.pending);
	f->journal.unsynced = false;
	journal_close(&f->journal);
	typings_release(&f->typings);
	assert_int_equal(journal_open(&f->journal, f->path), 0);
	typings_load(&f->typings, &f->journal);
}

static void texts(struct fixture *f, const char *text)
{
	cJSON *json = message(text);
	typings_texts(&f->typings, &f->journal, json);
	cJSON_Delete(json);
}

static void words_survive_a_crash_in_every_state(void **state)
{
	struct fixture *f = *state;
	struct typing *typing = begin(f);
	struct buf open = { 0 };
	char cmd[ID_CHARS + 1];
	/* Typed, not sent. */
	type_at_end(f, typing, " x");
	assert_true(typings_pump(&f->typings, &f->journal, 1100, false) == 1250);
	typings_pump(&f->typings, &f->journal, 1250, false);
	assert_int_equal(journal_sync(&f->journal), 0);
	crash(f);
	struct typing_session *session = typings_find(&f->typings, MINE, NOTE);
	assert_non_null(session);
	assert_string_equal(typing_text(session->typing, NULL), "one x");
	typings_write_open(&f->typings, MINE, &open);
	assert_string_equal(open.s, "[{\"id\":\"" NOTE "\",\"rev\":7}]");
	buf_release(&open);
	/* Somebody wrote meanwhile; then it is sent. */
	texts(f, "{'t':'texts','doc':'" MINE "','id':'" NOTE "','rev':7,'edits':[['A ']]}");
	assert_string_equal(typing_text(session->typing, NULL), "A one x");
	typings_pump(&f->typings, &f->journal, 2000, true);
	assert_int_equal(journal_sync(&f->journal), 0);
	struct change *change = f->journal.changes;
	assert_non_null(change);
	strcpy(cmd, change->id);
	assert_string_equal(typing_cmd(session->typing), cmd);
	/* On its way, and more typed behind it. */
	assert_int_equal(typing_splice(session->typing, 0, 0, "!", 1), TYPING_OK);
	typings_touch(session, 2000);
	typings_pump(&f->typings, &f->journal, 2250, true);
	assert_int_equal(journal_sync(&f->journal), 0);
	crash(f);
	session = typings_find(&f->typings, MINE, NOTE);
	assert_string_equal(typing_text(session->typing, NULL), "!A one x");
	assert_string_equal(typing_cmd(session->typing), cmd);
	assert_non_null(journal_find(&f->journal, cmd));
	/* It had arrived. */
	texts(f, "{'t':'texts','doc':'" MINE "','id':'" NOTE "','rev':8,'edits':[[5,' x']],'own':9}");
	assert_null(journal_find(&f->journal, cmd));
	assert_string_equal(typing_text(session->typing, NULL), "!A one x");
	typings_pump(&f->typings, &f->journal, 3000, true);
	change = f->journal.changes;
	assert_non_null(change);
	printed(cJSON_Duplicate(change->args, true), "{'id':'" NOTE "','rev':9,'edit':['!']}");
}

static void a_crash_between_the_two_lines_of_sending_sends_once(void **state)
{
	struct fixture *f = *state;
	struct typing *typing = begin(f);
	type_at_end(f, typing, " x");
	typings_pump(&f->typings, &f->journal, 2000, true);
	/* The line of the session has been written, the line of the command has not. */
	char *second = strstr(f->journal.pending.s, "{\"do\"");
	assert_non_null(second);
	f->journal.pending.n = (size_t)(second - f->journal.pending.s) + 10;
	assert_int_equal(journal_sync(&f->journal), 0);
	crash(f);
	struct typing_session *session = typings_find(&f->typings, MINE, NOTE);
	assert_null(f->journal.changes);
	assert_string_equal(typing_text(session->typing, NULL), "one x");
	assert_string_equal(typing_cmd(session->typing), "");
	assert_true(typing_is_pending(session->typing));
}

static void answered_words_leave_the_disk(void **state)
{
	struct fixture *f = *state;
	struct typing *typing = begin(f);
	type_at_end(f, typing, " x");
	typings_pump(&f->typings, &f->journal, 2000, true);
	assert_int_equal(journal_sync(&f->journal), 0);
	struct change *change = f->journal.changes;
	struct typing_session *session = typings_of_cmd(&f->typings, change->id);
	assert_non_null(session);
	typings_ok(session, &f->journal, 8);
	journal_done(&f->journal, change, 10);
	cJSON *edit = message("[3,' x']");
	struct op op = { .type = OP_TEXT, .id = NOTE, .rev = 8, .edit = edit };
	assert_false(typings_op(&f->typings, MINE, &op));
	cJSON_Delete(edit);
	typings_end(&f->typings, session);
	typings_pump(&f->typings, &f->journal, 2100, true);
	assert_null(f->typings.list);
	assert_null(f->journal.typings);
	journal_drop(&f->journal, change);
	assert_int_equal(journal_sync(&f->journal), 0);
	crash(f);
	assert_null(f->typings.list);
	assert_null(f->journal.changes);
}

static void words_that_cannot_be_saved_are_kept_apart(void **state)
{
	struct fixture *f = *state;
	struct typing *typing = begin(f);
	cJSON *no = message("{'t':'no','code':'stale','say':'stale'}");
	type_at_end(f, typing, " lost words");
	typings_pump(&f->typings, &f->journal, 2000, true);
	typings_no(typings_of(&f->typings, typing), &f->journal, no);
	cJSON_Delete(no);
	assert_string_equal(typing_text(typing, NULL), "one");
	assert_int_equal(typing_state(typing), TYPING_OPEN);
	make(f);
	assert_int_equal(f->canvas.unsaved_count, 1);
	assert_string_equal(f->canvas.unsaved[0].words, "one lost words");
	assert_string_equal(f->canvas.unsaved[0].note, NOTE);
	assert_int_equal(journal_sync(&f->journal), 0);
	crash(f);
	make(f);
	assert_int_equal(f->canvas.unsaved_count, 1);
	assert_string_equal(f->canvas.unsaved[0].words, "one lost words");
	assert_int_equal(journal_unanswered(&f->journal), 0);
	journal_drop(&f->journal, (struct change *)f->canvas.unsaved[0].change);
	make(f);
	assert_int_equal(f->canvas.unsaved_count, 0);

	/* The note goes while somebody types in it. */
	typing = begin(f);
	type_at_end(f, typing, "!");
	assert_int_equal(take(f, "{'t':'ops','doc':'" MINE "','epoch':1,'at':10,'ops':[{'op':'del','id':'" NOTE "'}]}"), MODEL_CHANGED);
	assert_false(typings_settle(&f->typings, &f->journal, MINE, f->model.canvases->shared, true));
	make(f);
	assert_int_equal(f->canvas.unsaved_count, 1);
	assert_string_equal(f->canvas.unsaved[0].words, "one!");
}

static void pens_down_keeps_words_over_a_restart(void **state)
{
	struct fixture *f = *state;
	struct typing *typing = begin(f);
	cJSON *no = message("{'t':'no','code':'frozen','say':'frozen'}");
	type_at_end(f, typing, " x");
	typings_pump(&f->typings, &f->journal, 2000, true);
	typings_no(typings_of(&f->typings, typing), &f->journal, no);
	cJSON_Delete(no);
	assert_int_equal(typing_state(typing), TYPING_FROZEN);
	assert_null(f->journal.changes);
	assert_false(typings_is_pending(&f->typings));
	assert_int_equal(journal_sync(&f->journal), 0);
	crash(f);
	typing = typings_find(&f->typings, MINE, NOTE)->typing;
	assert_int_equal(typing_state(typing), TYPING_FROZEN);
	texts(f, "{'t':'texts','doc':'" MINE "','id':'" NOTE "','rev':7,'edits':[]}");
	typings_pump(&f->typings, &f->journal, 3000, true);
	assert_null(f->journal.changes); /* never by itself */
	make(f);
	assert_string_equal(f->canvas.notes[0].text, "one x");
	typing_offer(typing);
	assert_true(typings_is_pending(&f->typings));
	typings_pump(&f->typings, &f->journal, 3000, true);
	assert_non_null(f->journal.changes);
}

static void long_typing_offline_does_not_fill_the_disk(void **state)
{
	struct fixture *f = *state;
	struct typing *typing = begin(f);
	for (uint64_t i = 0; i < 4000; i++) {
		type_at_end(f, typing, "letters");
		if (typing_length(typing) > 4900)
			typing_splice(typing, 3, 4000, NULL, 0);
		typings_pump(&f->typings, &f->journal, 2000 + i * 300, false);
		assert_int_equal(journal_sync(&f->journal), 0);
		if (i % 200 == 0) {
			FILE *file = fopen(f->path, "rb");
			assert_non_null(file);
			fseek(file, 0, SEEK_END);
			assert_true(ftell(file) < 2 << 20);
			fclose(file);
		}
	}
	char *before = strdup(typing_text(typing, NULL));
	crash(f);
	assert_string_equal(typing_text(typings_find(&f->typings, MINE, NOTE)->typing, NULL), before);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(boxes_notes_and_links_stand_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rights_follow_team_and_role, set_up, tear_down),
		cmocka_unit_test_setup_teardown(staff_may_everything, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_answered_shows_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(presence_is_shown_where_people_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lost_rights_close_a_canvas, set_up, tear_down),
		cmocka_unit_test_setup_teardown(things_are_found_by_what_people_call_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_printed, set_up, tear_down),
		cmocka_unit_test(lines_of_notes_are_read),
		cmocka_unit_test(times_and_pairs_are_read),
		cmocka_unit_test_setup_teardown(words_survive_a_crash_in_every_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_crash_between_the_two_lines_of_sending_sends_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answered_words_leave_the_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(words_that_cannot_be_saved_are_kept_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pens_down_keeps_words_over_a_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_typing_offline_does_not_fill_the_disk, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
