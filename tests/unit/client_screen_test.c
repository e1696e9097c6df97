/* Screens, drawn from fixture documents and compared cell by cell with tests/unit/golden/screen-*.txt.
 * FORWHOM_GOLDEN=write rewrites those files: look at the difference before you keep it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/profile.h"
#include "client-cli/typings.h"
#include "client-cli/view.h"
#include "proto/json.h"
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#define ME "AAAAAAAAAAAAAAAAAAAAAA"
#define WALL "wwwwwwwwwwwwwwwwwwwwww"

static const char people[] =
	"{'t':'snapshot','doc':'class','epoch':0,'at':9,'part':0,'last':true,'objects':["
	"{'id':'class','kind':'class','fields':{'title':'Entrepreneurship 101','code':'KXR4HTM','door':'open'%s}},"
	"{'id':'" ME "','kind':'member','fields':{'name':'Ama O.','role':'member'}},"
	"{'id':'m1','kind':'member','fields':{'name':'Lindiwe M.','role':'member'}},"
	"{'id':'m2','kind':'member','fields':{'name':'نور','role':'member'}},"
	"{'id':'m3','kind':'member','fields':{'name':'雪 🌨️','role':'member'}}]}";

static const char wall[] =
	"{'t':'snapshot','doc':'" WALL "','epoch':0,'at':9,'part':0,'last':true,'objects':["
	"{'id':'wall','kind':'wall','fields':{'prompt':'What is the value proposition for your venture, and for whom does it make a difference every day?','names':'named','hold':true}},"
	"{'id':'s1','kind':'section','fields':{'title':'Health','pos':'a0'}},"
	"{'id':'s2','kind':'section','fields':{'title':'Food & farming','pos':'a1'}},"
	"{'id':'s3','kind':'section','fields':{'title':'Cities','pos':'a2'}},"
	"{'id':'p1','kind':'post','fields':{'for':'pharmacies and clinics in emerging markets','who':'struggle with stock, procurement and unreliable supply','offer':'a supply-chain service',"
	"'helps':'them run smoothly and spend less','section':'s1','pos':'a0','state':'shown','names':'named','author':'m1','version':1}},"
	"{'id':'p2','kind':'post','fields':{'for':'night-shift nurses','who':'miss meals because canteens close','offer':'lockers stocked from local kitchens','helps':'them eat well in ten minutes',"
	"'venture':'Nightbite','section':'s1','pos':'a1','state':'shown','names':'named','author':'" ME "','version':2}},"
	"{'id':'p3','kind':'post','fields':{'for':'أصحاب المتاجر الصغيرة','who':'run out of change every market day','offer':'a shared float','section':'s2','pos':'a0','state':'shown','names':'named','author':'m2','version':1}},"
	"{'id':'p4','kind':'post','fields':{'for':'アレルギーのある子どもの親','who':'商品のラベルを二度ずつ読んでいる','offer':'自分で確かめる買い物リスト','helps':'一度で安心して買い物できる','section':'s2','pos':'a1','state':'shown','names':'named',"
	"'author':'m3','version':1}},"
	"{'id':'p5','kind':'post','fields':{'for':'families 👩‍👩‍👧‍👦 and \\u001b[2Jscreens \\u202egnp.exe','helps':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','pos':'a0',"
	"'state':'shown','names':'hidden','version':1}}%s]}";

static const char staff_only[] =
	",{'id':'p6','kind':'post','fields':{'for':'smallholders two hours from a market','who':'lose a third of the harvest on the way','offer':'shared cold boxes by the trip','helps':'them sell all they grow',"
	"'section':'s2','pos':'a2','state':'held','names':'named','author':'m1','version':1}},"
	"{'id':'p7','kind':'post','fields':{'for':'everybody','section':'s3','pos':'a0','state':'rejected','reason':'For whom, exactly?','names':'named','author':'m1','version':1}},"
	"{'id':'p1.r','kind':'revision','fields':{'post':'p1','for':'rural pharmacies','who':'run out of stock','offer':'a supply-chain service','helps':'them open every day','author':'m1','state':'held'}}";

struct fixture {
	struct model model;
	struct journal journal;
	struct picture picture;
	struct class_list list;
	struct canvas canvas;
	struct past past;
	struct typings typings;
	struct scene scene;
	cJSON *args; /* of the last key's intent */
	struct ui ui;
	struct standing standing;
};

static cJSON *message(const char *format, const char *x)
{
	char text[8192];
	snprintf(text, sizeof text, format, x);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	enum json_verdict verdict;
	cJSON *out = json_parse(text, strlen(text), &json_limits_server, &verdict);
	if (!out)
		fail_msg("%s: %s", json_verdict_code(verdict), text);
	return out;
}

static void take(struct fixture *f, const char *type, const char *format, const char *x)
{
	struct replica *where;
	cJSON *json = message(format, x);
	assert_int_equal(model_take(&f->model, type, json, &where), MODEL_CHANGED);
	cJSON_Delete(json);
}

static void start(struct fixture *f, const char *role, const char *class_more, const char *wall_more)
{
	*f = (struct fixture){ .journal.fd = -1, .standing = { .link = LINK_UP, .was_up = true } };
	model_init(&f->model);
	cJSON *welcome = message("{'t':'welcome','class':'KXR4HTM','me':'" ME "','role':'%s','start':'" WALL "'}", role);
	assert_true(model_welcome(&f->model, welcome));
	cJSON_Delete(welcome);
	take(f, "snapshot", people, class_more);
	take(f, "snapshot", wall, wall_more);
	take(f, "mine", "{'t':'mine','doc':'" WALL "','n':1,'whole':true,'objects':[],'gone':[]}%s", "");
	ui_init(&f->ui, UI_WALL);
}

static void finish(struct fixture *f)
{
	picture_release(&f->picture);
	cJSON_Delete(f->args);
	class_list_release(&f->list);
	canvas_release(&f->canvas);
	typings_release(&f->typings);
	ui_release(&f->ui);
	journal_close(&f->journal);
	model_release(&f->model);
}

static const struct template_entry templates[] = { { "bmc", "Business Model Canvas" }, { "vpc", "Value Proposition Canvas" } };

static const struct scene *look(struct fixture *f)
{
	picture_make(&f->picture, &f->model, &f->journal);
	class_list_make(&f->list, &f->model);
	canvas_make(&f->canvas, &f->model, f->ui.board.doc, &f->journal, &f->typings);
	f->scene = (struct scene){ .picture = &f->picture, .list = &f->list, .canvas = &f->canvas, .past = &f->past, .templates = templates, .template_count = 2 };
	return &f->scene;
}

static struct intent press(struct fixture *f, enum key_type type, const char *text)
{
	struct key key = { type, text, strlen(text) };
	struct intent intent = ui_key(&f->ui, &key, look(f));
	cJSON_Delete(f->args);
	f->args = intent.args;
	return intent;
}

/* No cell may hold a byte that a terminal obeys, whatever the documents hold. */
static void check_cells(const struct grid *grid)
{
	for (int i = 0; i < grid->rows * grid->columns; i++)
		for (int k = 0; k < grid->cells[i].n; k++)
			assert_true((unsigned char)grid->cells[i].text[k] >= 0x20 && grid->cells[i].text[k] != 0x7F);
}

static void compare(const char *name, const struct buf *got)
{
	char path[128];
	struct buf golden = { 0 };
	const char *mode = getenv("FORWHOM_GOLDEN");
	snprintf(path, sizeof path, "tests/unit/golden/screen-%s.txt", name);
	if (mode && !strcmp(mode, "write"))
		assert_int_equal(file_replace(path, got->s, got->n), 0);
	if (file_read(path, 1 << 20, &golden))
		fail_msg("%s is not there (FORWHOM_GOLDEN=write makes it)", path);
	if (golden.n != got->n || memcmp(golden.s, got->s, got->n) != 0)
		fail_msg("%s differs; now it is:\n%s", path, got->s);
	buf_release(&golden);
}

static void shoot(struct fixture *f, const char *name, int rows, int columns)
{
	struct grid grid;
	struct buf text = { 0 };
	char full[64];
	grid_init(&grid, rows, columns);
	view_draw(&grid, &f->ui, look(f), &f->standing);
	check_cells(&grid);
	grid_dump(&grid, &text);
	snprintf(full, sizeof full, "%s-%dx%d", name, columns, rows);
	compare(full, &text);
	buf_release(&text);
	grid_release(&grid);
}

static const int sizes[][2] = { { 24, 80 }, { 12, 40 }, { 45, 140 } };

static void a_member_sees_the_wall(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "wall", sizes[i][0], sizes[i][1]);
	finish(&f);
}

static void an_instructor_sees_what_waits(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "owner", ",'frozen':true", staff_only);
	press(&f, KEY_TEXT, "G");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "desk", sizes[i][0], sizes[i][1]);
	press(&f, KEY_TEXT, "w");
	shoot(&f, "queue", 24, 80);
	press(&f, KEY_TEXT, "m");
	shoot(&f, "sections", 24, 80);
	finish(&f);
}

static void what_is_kept_here_is_said(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	f.standing.link = LINK_WAITING;
	journal_add(&f.journal, WALL, "post.add", message("{'id':'n1','for':'commuters','offer':'a beacon%s','section':'s3','names':'named'}", ""));
	journal_add(&f.journal, WALL, "post.edit", message("{'id':'p2','version':2,'for':'nurses on night shift%s'}", ""));
	struct change *refused = journal_add(&f.journal, WALL, "post.add", message("{'id':'n2','for':'the late','section':'s3%s','names':'named'}", ""));
	cJSON *no = message("{'t':'no','code':'frozen','say':'frozen','args':{}}%s", "");
	journal_refuse(&f.journal, refused, no);
	cJSON_Delete(no);
	press(&f, KEY_TEXT, "G");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "offline", sizes[i][0], sizes[i][1]);
	finish(&f);
}

static void the_sentence_grows_while_one_types(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	press(&f, KEY_TEXT, "n");
	compose_start(&f.ui.compose, "", NULL);
	f.ui.mode = UI_COMPOSE;
	press(&f, KEY_TEXT, "blind commuters");
	press(&f, KEY_RETURN, "");
	press(&f, KEY_PASTE, "cannot tell\nwhere a \033stop begins");
	press(&f, KEY_RETURN, "");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "compose", sizes[i][0], sizes[i][1]);
	finish(&f);
}

static void the_door_and_the_keys(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "owner", "", "");
	press(&f, KEY_TEXT, "?");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "help", sizes[i][0], sizes[i][1]);
	f.ui.mode = UI_DOOR;
	editor_set(&f.ui.door[DOOR_ADDRESS], "forwhom.example.org");
	f.ui.door_field = DOOR_CODE;
	ui_flash(&f.ui, "“nonsense” is not a class code. It has seven symbols, such as KXR-4HTM.");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "door", sizes[i][0], sizes[i][1]);
	finish(&f);
}

static void a_filter_narrows_the_wall(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	press(&f, KEY_TEXT, "/");
	press(&f, KEY_TEXT, "NURSES");
	shoot(&f, "filter", 24, 80);
	press(&f, KEY_RETURN, "");
	press(&f, KEY_TEXT, "/");
	press(&f, KEY_TEXT, "zzz");
	press(&f, KEY_RETURN, "");
	shoot(&f, "filter-none", 12, 40);
	finish(&f);
}

/* --- canvases --- */

#define CANVAS "cccccccccccccccccccccc"

static const char studio[] =
	"{'t':'snapshot','doc':'class','epoch':0,'at':20,'part':0,'last':true,'objects':["
	"{'id':'class','kind':'class','fields':{'title':'Entrepreneurship 101','code':'KXR4HTM','door':'open','teams':'staff'%s}},"
	"{'id':'" ME "','kind':'member','fields':{'name':'Ama Osei','role':'member','team':'t1'}},"
	"{'id':'m1','kind':'member','fields':{'name':'Lindiwe Mokoena','role':'member','team':'t1'}},"
	"{'id':'m2','kind':'member','fields':{'name':'نور','role':'member','team':'t2'}},"
	"{'id':'m3','kind':'member','fields':{'name':'雪 \\u001b[2J','role':'member'}},"
	"{'id':'t1','kind':'team','fields':{'name':'Nightbite','pos':'a0'}},"
	"{'id':'t2','kind':'team','fields':{'name':'Cold boxes','pos':'a1'}},"
	"{'id':'" CANVAS "','kind':'document','fields':{'type':'canvas','title':'Nightbite, first try','pos':'a1','team':'t1','see':'team','add':'team','change':'team'}},"
	"{'id':'d2','kind':'document','fields':{'type':'canvas','title':'Cold boxes','pos':'a2','team':'t2','see':'team','add':'team','change':'team'}},"
	"{'id':'d3','kind':'document','fields':{'type':'canvas','title':'Everybody\u2019s canvas','pos':'a0','see':'team','add':'team','change':'team'}},"
	"{'id':'d4','kind':'document','fields':{'type':'canvas','title':'Open \\u202eone','pos':'a3','team':'t2','see':'class','add':'team','change':'team'}}]}";

static const struct {
	const char *id, *text, *tag;
	size_t box; /* the how-manieth of the template */
	int type;
	const char *author;
} notes[] = {
	{ "n1", "Night-shift nurses in city hospitals", "core", 0, 1, ME },
	{ "n2", "Clinic managers,\nwho decide what is bought", "", 0, 2, "m1" },
	{ "n3", "A hot meal in ten minutes, see https://example.org/meal for how", "", 1, 1, ME },
	{ "n4", "夜勤の看護師のための 食事 👩‍⚕️", "", 1, 0, "m1" },
	{ "n5", "\033[31mred\033[0m and \u202egnp.exe", "", 2, 8, "m2" },
	{ "n6", "Lockers stocked by local kitchens, on every floor, opened with the badge that everybody carries anyway", "", 2, 0, ME },
};

static void add_joined(cJSON *fields, const char *name, const cJSON *list, const char *between)
{
	struct buf text = { 0 };
	const cJSON *item;
	cJSON_ArrayForEach(item, list)
	{
		if (text.n)
			buf_str(&text, between);
		if (cJSON_IsObject(item)) {
			buf_str(&text, cJSON_GetObjectItem(item, "to")->valuestring);
			buf_char(&text, ':');
			buf_str(&text, cJSON_GetObjectItem(item, "as")->valuestring);
		} else {
			buf_str(&text, item->valuestring);
		}
	}
	if (text.n)
		cJSON_AddStringToObject(fields, name, text.s);
	buf_release(&text);
}

static cJSON *add_object(cJSON *objects, const char *id, const char *kind)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddItemToArray(objects, object);
	cJSON_AddStringToObject(object, "id", id);
	cJSON_AddStringToObject(object, "kind", kind);
	return cJSON_AddObjectToObject(object, "fields");
}

static void add_box(cJSON *objects, const cJSON *box)
{
	static const char *const numbers[] = { "col", "row", "w", "h", "order" };
	cJSON *fields = add_object(objects, cJSON_GetObjectItem(box, "key")->valuestring, "box");
	cJSON_AddStringToObject(fields, "title", cJSON_GetObjectItem(box, "title")->valuestring);
	cJSON_AddStringToObject(fields, "tip", cJSON_GetObjectItem(box, "tip")->valuestring);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		cJSON_AddNumberToObject(fields, numbers[i], cJSON_GetObjectItem(box, numbers[i])->valueint);
	add_joined(fields, "questions", cJSON_GetObjectItem(box, "questions"), "\n");
	add_joined(fields, "tags", cJSON_GetObjectItem(box, "tags"), "\n");
	add_joined(fields, "links", cJSON_GetObjectItem(box, "links"), " ");
	add_joined(fields, "parts", cJSON_GetObjectItem(box, "parts"), " ");
}

static void add_notes(cJSON *objects, const cJSON *boxes)
{
	char pos[8];
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		cJSON *fields = add_object(objects, notes[i].id, "note");
		cJSON_AddStringToObject(fields, "text", notes[i].text);
		cJSON_AddNumberToObject(fields, "rev", 1);
		cJSON_AddStringToObject(fields, "box", cJSON_GetObjectItem(cJSON_GetArrayItem(boxes, (int)notes[i].box), "key")->valuestring);
		snprintf(pos, sizeof pos, "a%zu", i);
		cJSON_AddStringToObject(fields, "pos", pos);
		cJSON_AddNumberToObject(fields, "type", notes[i].type);
		cJSON_AddStringToObject(fields, "author", notes[i].author);
		cJSON_AddStringToObject(fields, "names", "named");
		if (*notes[i].tag)
			cJSON_AddStringToObject(fields, "tags", notes[i].tag);
	}
	for (int i = 0; i < 2; i++) {
		cJSON *fields = add_object(objects, i ? "l2" : "l1", "link");
		cJSON_AddStringToObject(fields, "from", i ? "n6" : "n3");
		cJSON_AddStringToObject(fields, "to", "n1");
		cJSON_AddStringToObject(fields, "as", i ? "note" : "proposition-segment");
	}
	cJSON *type = add_object(objects, "type.1", "type");
	cJSON_AddNumberToObject(type, "number", 1);
	cJSON_AddStringToObject(type, "name", "Nurses");
}

/* Opens the canvas made from a template of the project's own, as the server sends it. */
static void open_canvas(struct fixture *f, const char *key, bool with_notes)
{
	char path[64];
	struct buf text = { 0 };
	struct replica *where;
	bool fresh;
	snprintf(path, sizeof path, "proto/templates/%s.json", key);
	assert_int_equal(file_read(path, 1 << 20, &text), 0);
	cJSON *template = cJSON_ParseWithLength(text.s, text.n), *snapshot = message("{'t':'snapshot','doc':'" CANVAS "','epoch':0,'at':9,'part':0,'last':true%s}", "");
	cJSON *objects = cJSON_AddArrayToObject(snapshot, "objects"), *fields = add_object(objects, "canvas", "canvas"), *boxes = cJSON_GetObjectItem(template, "boxes");
	const cJSON *box;
	cJSON_AddNumberToObject(fields, "columns", cJSON_GetObjectItem(template, "columns")->valueint);
	cJSON_AddNumberToObject(fields, "rows", cJSON_GetObjectItem(template, "rows")->valueint);
	cJSON_ArrayForEach(box, boxes)
		add_box(objects, box);
	if (with_notes)
		add_notes(objects, boxes);
	take(f, "snapshot", studio, "");
	model_enter(&f->model, CANVAS, &fresh);
	assert_int_equal(model_take(&f->model, "snapshot", snapshot, &where), MODEL_CHANGED);
	take(f, "mine", "{'t':'mine','doc':'" CANVAS "','n':1,'whole':true,'objects':[],'gone':[]}%s", "");
	take(f, "presence", "{'t':'presence','doc':'" CANVAS "','whole':true,'gone':[],'here':[{'who':'" ME "'},{'who':'m1','note':'n1','caret':[11,11],'rev':1},{'who':'m2','box':'segments'}]%s}", "");
	take(f, "presence", "{'t':'presence','doc':'class','whole':true,'gone':[],'here':[{'who':'" ME "','in':'" CANVAS "'},{'who':'m1','in':'" CANVAS "'}]%s}", "");
	board_enter(&f->ui.board, CANVAS);
	f->ui.mode = f->ui.home = UI_CANVAS;
	cJSON_Delete(template);
	cJSON_Delete(snapshot);
	buf_release(&text);
}

static void every_template_has_its_grid_and_its_outline(void **state)
{
	static const char *const keys[] = { "bmc", "customer-model", "discovery", "markets", "personas", "vpc" };
	struct fixture f;
	char name[32];
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		start(&f, "member", "", "");
		open_canvas(&f, keys[i], true);
		snprintf(name, sizeof name, "canvas-%s", keys[i]);
		shoot(&f, name, 24, 80);
		press(&f, KEY_GO_DOWN, "");
		shoot(&f, name, 45, 140);
		finish(&f);
	}
}

static void an_empty_canvas_teaches(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "vpc", false);
	shoot(&f, "canvas-empty", 45, 140);
	press(&f, KEY_TEXT, "z");
	shoot(&f, "canvas-box", 24, 80);
	press(&f, KEY_TEXT, "a");
	press(&f, KEY_PASTE, "two\r\nlines \033[2J");
	shoot(&f, "canvas-add", 24, 80);
	assert_string_equal(typing_text(f.ui.board.fresh, NULL), "two\nlines [2J");
	finish(&f);
}

static void several_write_in_one_note(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	look(&f);
	press(&f, KEY_TEXT, "j");
	press(&f, KEY_RETURN, "");
	struct typing_session *session = typings_begin(&f.typings, CANVAS, doc_find(f.model.canvases->shared, "n1"));
	typing_set_caret(session->typing, (struct caret){ 18, 18 });
	assert_int_equal(typing_splice(session->typing, 18, 0, " and porters", strlen(" and porters")), TYPING_OK);
	f.standing.typing = true;
	shoot(&f, "canvas-typing", 24, 80);
	shoot(&f, "canvas-typing", 45, 140);
	typing_no(session->typing, "frozen");
	f.standing.link = LINK_WAITING;
	shoot(&f, "canvas-typing-kept", 24, 80);
	finish(&f);
}

static void is_done(struct fixture *f, struct intent intent, enum command command, const char *args)
{
	assert_int_equal(intent.type, INTENT_DO);
	assert_int_equal(intent.command, command);
	char *text = cJSON_PrintUnformatted(f->args);
	for (char *p = text; *p; p++)
		*p = *p == '"' ? '\'' : *p;
	assert_string_equal(text, args);
	free(text);
}

static void links_marks_and_what_was_not_saved(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	cJSON *no = message("{'t':'no','code':'stale','say':'stale','args':{}}%s", "");
	journal_keep_words(&f.journal, CANVAS, "n1", "words that came too late", no);
	cJSON_Delete(no);
	press(&f, KEY_TEXT, "j");
	press(&f, KEY_TEXT, "f");
	shoot(&f, "canvas-links", 24, 80);
	press(&f, KEY_ESCAPE, "");
	press(&f, KEY_TEXT, "w");
	shoot(&f, "canvas-unsaved", 24, 80);
	struct intent intent = press(&f, KEY_RETURN, "");
	is_done(&f, intent, CMD_NOTE_ADD, "{'box':'segments','text':'words that came too late'}");
	assert_string_equal(intent.post, f.canvas.unsaved[0].change->id);
	press(&f, KEY_ESCAPE, "");
	press(&f, KEY_TEXT, " ");
	press(&f, KEY_TEXT, " ");
	shoot(&f, "canvas-marked", 24, 80);
	press(&f, KEY_TEXT, "m");
	shoot(&f, "canvas-choice", 24, 80);
	press(&f, KEY_ESCAPE, "");
	press(&f, KEY_ESCAPE, "");
	press(&f, KEY_TEXT, "k");
	press(&f, KEY_TEXT, "L");
	shoot(&f, "canvas-linking", 24, 80);
	press(&f, KEY_ESCAPE, "");
	press(&f, KEY_TEXT, "?");
	shoot(&f, "canvas-help", 24, 80);
	finish(&f);
}

static void the_past_has_a_slider(void **state)
{
	struct moment moments[] = { { 3, 1790000000000, 1, "m1", "note.add" }, { 5, 1790000060000, 2, ME, "note.text" }, { 9, 1790000120000, 1, "", "link.add" } };
	struct fixture f;
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	start(&f, "owner", "", "");
	open_canvas(&f, "vpc", true);
	press(&f, KEY_TEXT, "T");
	f.past.loading = true;
	shoot(&f, "past-loading", 24, 80);
	f.past = (struct past){ .moments = moments, .count = 3, .there = true, .at = 5 };
	f.ui.moment = 1;
	shoot(&f, "past", 24, 80);
	shoot(&f, "past", 45, 140);
	finish(&f);
}

static void places_and_teams(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "owner", "", "");
	open_canvas(&f, "vpc", true);
	press(&f, KEY_TEXT, "c");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "places", sizes[i][0], sizes[i][1]);
	press(&f, KEY_TEXT, "t");
	press(&f, KEY_TEXT, "j");
	for (size_t i = 0; i < 3; i++)
		shoot(&f, "teams", sizes[i][0], sizes[i][1]);
	press(&f, KEY_TEXT, "?");
	shoot(&f, "teams-help", 24, 80);
	finish(&f);
	start(&f, "member", "", "");
	open_canvas(&f, "vpc", true);
	press(&f, KEY_TEXT, "c");
	shoot(&f, "places-member", 24, 80);
	finish(&f);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct fixture f;
	char text[400];
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	for (int i = 0; i < 30; i++) {
		snprintf(text, sizeof text, "{'t':'ops','doc':'" CANVAS "','epoch':0,'at':%d,'ops':[{'op':'put','id':'x%d','kind':'note','fields':{'text':'One more thing','rev':1,'box':'segments','pos':'b%02d','type':%d}}]%%s}", 10 + i, i,
			 i, i % 9);
		take(&f, "ops", text, "");
	}
	shoot(&f, "canvas-full", 45, 140);
	for (int i = 0; i < 28; i++)
		press(&f, KEY_GO_DOWN, "");
	shoot(&f, "canvas-full-below", 45, 140);
	finish(&f);
}

static void the_focus_goes_where_the_eye_would(void **state)
{
	struct fixture f;
	struct grid grid;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	grid_init(&grid, 45, 140);
	view_draw(&grid, &f.ui, look(&f), &f.standing);
	grid_release(&grid);
	assert_true(f.ui.board.grid);
	assert_string_equal(f.ui.board.box, "segments");
	press(&f, KEY_GO_LEFT, "");
	assert_string_equal(f.ui.board.box, "relationships");
	press(&f, KEY_TEXT, "j");
	assert_string_equal(f.ui.board.box, "channels");
	press(&f, KEY_TEXT, "j");
	assert_string_equal(f.ui.board.note, "n5");
	press(&f, KEY_TEXT, "j");
	press(&f, KEY_TEXT, "j");
	assert_string_equal(f.ui.board.box, "revenue");
	press(&f, KEY_TABULATOR, "");
	assert_string_equal(f.ui.board.box, "resources");
	press(&f, KEY_TEXT, "v");
	f.ui.board.grid = false;
	press(&f, KEY_TEXT, "g");
	for (int i = 0; i < 3; i++)
		press(&f, KEY_TEXT, "j");
	assert_string_equal(f.ui.board.box, "propositions");
	assert_string_equal(f.ui.board.note, "");
	/* What others take away does not take the focus along. */
	press(&f, KEY_TEXT, "j");
	assert_string_equal(f.ui.board.note, "n3");
	take(&f, "ops", "{'t':'ops','doc':'" CANVAS "','epoch':0,'at':10,'ops':[{'op':'del','id':'n3'}]%s}", "");
	board_settle(&f.ui, look(&f)->canvas);
	assert_string_equal(f.ui.board.note, "n4");
	/* What others move takes it along. */
	take(&f, "ops", "{'t':'ops','doc':'" CANVAS "','epoch':0,'at':11,'ops':[{'op':'set','id':'n4','fields':{'box':'costs'}}]%s}", "");
	board_settle(&f.ui, look(&f)->canvas);
	assert_string_equal(f.ui.board.box, "costs");
	finish(&f);
}

static void keys_act_on_notes(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	assert_int_equal(press(&f, KEY_TEXT, "d").type, INTENT_NONE); /* a box is no note */
	press(&f, KEY_TEXT, "j");
	is_done(&f, press(&f, KEY_TEXT, "3"), CMD_NOTE_SET, "{'ids':['n1'],'type':3}");
	is_done(&f, press(&f, KEY_TEXT, "J"), CMD_NOTE_MOVE, "{'ids':['n1'],'box':'segments'}");
	assert_int_equal(press(&f, KEY_TEXT, "K").type, INTENT_NONE);
	press(&f, KEY_TEXT, " ");
	press(&f, KEY_TEXT, " ");
	is_done(&f, press(&f, KEY_TEXT, "D"), CMD_NOTE_DUPLICATE, "{'ids':['n1','n2']}");
	press(&f, KEY_TEXT, "k");
	is_done(&f, press(&f, KEY_TEXT, "K"), CMD_NOTE_MOVE, "{'ids':['n2'],'box':'segments','before':'n1'}");
	press(&f, KEY_TEXT, "m");
	is_done(&f, press(&f, KEY_TEXT, "3"), CMD_NOTE_MOVE, "{'ids':['n2'],'box':'channels'}");
	press(&f, KEY_TEXT, "g");
	press(&f, KEY_TEXT, "j");
	press(&f, KEY_TEXT, "t");
	press(&f, KEY_TEXT, "7");
	is_done(&f, press(&f, KEY_RETURN, ""), CMD_NOTE_SET, "{'ids':['n1'],'tags':'core\\nother'}");
	press(&f, KEY_TEXT, "L");
	press(&f, KEY_TEXT, "j");
	struct intent intent = press(&f, KEY_RETURN, "");
	is_done(&f, intent, CMD_LINK_ADD, "{'from':'n1','to':'n2'}");
	assert_true(intent.needs_id);
	press(&f, KEY_TEXT, "k");
	press(&f, KEY_TEXT, "f");
	is_done(&f, press(&f, KEY_TEXT, "x"), CMD_LINK_REMOVE, "{'id':'l1'}");
	press(&f, KEY_TEXT, "j");
	press(&f, KEY_RETURN, "");
	assert_string_equal(f.ui.board.note, "n6");
	is_done(&f, press(&f, KEY_TAKE_BACK, ""), CMD_UNDO, "{}");
	is_done(&f, press(&f, KEY_DO_AGAIN, ""), CMD_REDO, "{}");
	is_done(&f, press(&f, KEY_TEXT, "o"), CMD_DOCUMENT_SET, "{'id':'" CANVAS "','see':'class'}");
	press(&f, KEY_TEXT, "N");
	press(&f, KEY_TEXT, "2 Porters");
	is_done(&f, press(&f, KEY_RETURN, ""), CMD_TYPE_SET, "{'number':2,'name':'Porters'}");
	is_done(&f, press(&f, KEY_TEXT, "d"), CMD_NOTE_DELETE, "{'ids':['n6']}");
	finish(&f);
}

static void a_proposition_is_gathered_from_linked_notes(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	press(&f, KEY_TEXT, "j");
	press(&f, KEY_TEXT, "p");
	assert_int_equal(f.ui.mode, UI_COMPOSE);
	struct statement words = compose_statement(&f.ui.compose);
	assert_string_equal(words.part[PART_FOR], "Night-shift nurses in city hospitals");
	assert_string_equal(words.part[PART_OFFER], "A hot meal in ten minutes, see https://example.org/meal for how");
	assert_string_equal(words.part[PART_WHO], "");
	press(&f, KEY_ESCAPE, "");
	assert_int_equal(f.ui.mode, UI_CANVAS);
	finish(&f);
}

static void typing_becomes_splices_in_code_points(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	for (int i = 0; i < 5; i++)
		press(&f, KEY_TEXT, "j");
	press(&f, KEY_TEXT, "e");
	assert_string_equal(f.ui.board.note, "n4");
	struct typing *typing = typings_begin(&f.typings, CANVAS, doc_find(f.model.canvases->shared, "n4"))->typing;
	int64_t end = typing_length(typing);
	typing_set_caret(typing, (struct caret){ end, end });
	struct intent intent = press(&f, KEY_ERASE, ""); /* a woman, a joiner, a staff, a selector: one character */
	assert_int_equal(intent.type, INTENT_TYPE);
	assert_int_equal(intent.at, end - 4);
	assert_int_equal(intent.remove, 4);
	intent = press(&f, KEY_PASTE, "a\xff\x9b" "b\nc");
	assert_int_equal(intent.at, end);
	assert_string_equal(intent.text, "ab\nc");
	intent = press(&f, KEY_ERASE_WORD, "");
	assert_int_equal(intent.at, end - 4);
	intent = press(&f, KEY_FIRST, "");
	assert_int_equal(intent.type, INTENT_CARET);
	assert_int_equal(intent.caret.focus, 0);
	f.ui.board.edit_width = 10; /* five wide letters a line */
	typing_set_caret(typing, (struct caret){ 7, 7 });
	assert_int_equal(press(&f, KEY_GO_UP, "").caret.focus, 2);
	assert_int_equal(press(&f, KEY_GO_DOWN, "").caret.focus, 13);
	assert_int_equal(press(&f, KEY_NEWLINE, "").text_n, 1);
	is_done(&f, press(&f, KEY_TAKE_BACK, ""), CMD_UNDO, "{}");
	assert_int_equal(press(&f, KEY_TEXT, "q").type, INTENT_TYPE); /* a letter here, no command */
	press(&f, KEY_RETURN, "");
	assert_int_equal(f.ui.board.state, BOARD_LOOK);
	finish(&f);
}

static void new_notes_follow_each_other_and_wait_for_pens(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	press(&f, KEY_RETURN, "");
	assert_string_equal(f.ui.board.open, "segments");
	press(&f, KEY_TEXT, "porters");
	is_done(&f, press(&f, KEY_RETURN, ""), CMD_NOTE_ADD, "{'box':'segments','text':'porters'}");
	press(&f, KEY_TEXT, "cleaners");
	press(&f, KEY_ESCAPE, "");
	press(&f, KEY_TABULATOR, "");
	press(&f, KEY_TEXT, "a"); /* goes back to the words that were begun */
	assert_string_equal(f.ui.board.box, "segments");
	assert_string_equal(typing_text(f.ui.board.fresh, NULL), "cleaners");
	take(&f, "snapshot", studio, ",'frozen':true");
	assert_int_equal(press(&f, KEY_RETURN, "").type, INTENT_NONE);
	assert_string_equal(typing_text(f.ui.board.fresh, NULL), "cleaners");
	press(&f, KEY_ESCAPE, "");
	press(&f, KEY_TEXT, "j");
	assert_int_equal(press(&f, KEY_TEXT, "d").type, INTENT_NONE);
	finish(&f);
}

static void who_may_only_read_changes_nothing(void **state)
{
	static const char *const keys[] = { "a", "e", "d", "D", "m", "J", "K", "3", "t", "L", "o", "N" };
	struct fixture f;
	(void)state;
	start(&f, "member", "", "");
	open_canvas(&f, "bmc", true);
	take(&f, "ops", "{'t':'ops','doc':'class','epoch':0,'at':22,'ops':[{'op':'set','id':'" CANVAS "','fields':{'see':'class'}},{'op':'set','id':'" ME "','fields':{'team':'t2'}}]%s}", "");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		strcpy(f.ui.board.note, "n2");
		assert_int_equal(press(&f, KEY_TEXT, keys[i]).type, INTENT_NONE);
		assert_int_equal(f.ui.mode, UI_CANVAS);
		assert_int_equal(f.ui.board.state, BOARD_LOOK);
		assert_true(f.ui.flash[0]);
	}
	shoot(&f, "canvas-read-only", 24, 80);
	finish(&f);
}

/* Any size at all, down to one cell, any mode and any place under it: nothing may be written beside the grid (the sanitizers watch). */
static void every_size_can_be_drawn(void **state)
{
	static const enum ui_mode homes[] = { UI_WALL, UI_PLACES, UI_TEAMS, UI_CANVAS };
	struct moment moments[] = { { 3, 1790000000000, 1, "m1", "note.add" } };
	struct fixture f;
	(void)state;
	start(&f, "owner", "", staff_only);
	open_canvas(&f, "customer-model", true);
	compose_start(&f.ui.compose, "", NULL);
	f.past = (struct past){ .moments = moments, .count = 1, .there = true };
	look(&f);
	for (int round = 0; round < (UI_HELP + 1) * 4; round++)
		for (int rows = 1; rows <= 40; rows += rows < 8 ? 1 : 11)
			for (int columns = 1; columns <= 200; columns += columns < 12 ? 1 : 47) {
				struct grid grid;
				grid_init(&grid, rows, columns);
				f.ui.mode = (enum ui_mode)(round / 4);
				f.ui.home = homes[round % 4];
				f.ui.choice_for = (enum ui_choice)(CHOICE_BOX + columns % CHOICE_CANVAS);
				f.ui.board.state = columns % 2 ? BOARD_LINKS : BOARD_LINK;
				snprintf(f.ui.board.note, sizeof f.ui.board.note, "n%d", rows % 7);
				view_draw(&grid, &f.ui, &f.scene, &f.standing);
				check_cells(&grid);
				grid_release(&grid);
			}
	finish(&f);
}

static void the_status_line_never_lies(void **state)
{
	static const struct {
		struct standing standing;
		size_t unanswered, refused;
		bool frozen, readonly;
		const char *says;
	} cases[] = {
		{ { .link = LINK_UP, .was_up = true }, 0, 0, false, false, "All saved" },
		{ { .link = LINK_UP, .was_up = true }, 2, 0, false, false, "Sending 2 changes…" },
		{ { .link = LINK_UP, .was_up = true }, 1, 3, true, false, "Sending 1 change…" },
		{ { .link = LINK_UP, .was_up = true }, 0, 1, true, false, "1 change was not accepted: see it where you made it." },
		{ { .link = LINK_UP, .was_up = true }, 0, 0, true, false, "Pens down." },
		{ { .link = LINK_UP, .was_up = true }, 1, 0, false, true, "The server's disk is full. Nothing can be saved until there is space; your words are kept here." },
		{ { .link = LINK_UP, .was_up = true, .loading = true }, 0, 0, false, false, "Loading the wall…" },
		{ { .link = LINK_REACHING, .was_up = true }, 0, 0, false, false, "Not connected." },
		{ { .link = LINK_WAITING, .was_up = true }, 3, 0, true, true, "Not connected. 3 changes are kept here and will be sent." },
		{ { .link = LINK_WAITING }, 1, 0, false, false, "Not connected. 1 change is kept here and will be sent." },
		{ { .link = LINK_REACHING }, 0, 0, false, false, "Connecting…" },
		{ { .link = LINK_WAITING, .distrust = "Its certificate was not accepted." }, 0, 0, false, false, "Its certificate was not accepted." },
		{ { .link = LINK_UP, .was_up = true, .distrust = "Its certificate was not accepted." }, 0, 0, false, false, "All saved" },
		{ { .link = LINK_UP, .was_up = true, .storage = "No space left on device" }, 1, 0, false, false, "This machine cannot keep your words (No space left on device), so nothing was sent." },
		{ { .link = LINK_ENDED, .was_up = true, .ended = "This class is over." }, 1, 0, false, false, "This class is over." },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct picture picture = { .unanswered = cases[i].unanswered, .refused = cases[i].refused, .frozen = cases[i].frozen, .readonly = cases[i].readonly, .readonly_say = "readonly.full" };
		struct buf text = { 0 };
		view_status(&picture, &cases[i].standing, &text);
		assert_string_equal(text.s, cases[i].says);
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_sees_the_wall),
		cmocka_unit_test(an_instructor_sees_what_waits),
		cmocka_unit_test(what_is_kept_here_is_said),
		cmocka_unit_test(the_sentence_grows_while_one_types),
		cmocka_unit_test(the_door_and_the_keys),
		cmocka_unit_test(a_filter_narrows_the_wall),
		cmocka_unit_test(every_template_has_its_grid_and_its_outline),
		cmocka_unit_test(an_empty_canvas_teaches),
		cmocka_unit_test(several_write_in_one_note),
		cmocka_unit_test(links_marks_and_what_was_not_saved),
		cmocka_unit_test(the_past_has_a_slider),
		cmocka_unit_test(places_and_teams),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(the_focus_goes_where_the_eye_would),
		cmocka_unit_test(keys_act_on_notes),
		cmocka_unit_test(a_proposition_is_gathered_from_linked_notes),
		cmocka_unit_test(typing_becomes_splices_in_code_points),
		cmocka_unit_test(new_notes_follow_each_other_and_wait_for_pens),
		cmocka_unit_test(who_may_only_read_changes_nothing),
		cmocka_unit_test(every_size_can_be_drawn),
		cmocka_unit_test(the_status_line_never_lies),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
