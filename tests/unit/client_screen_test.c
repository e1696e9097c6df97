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
#include "client-cli/view.h"
#include "proto/json.h"
#include <sodium.h>
#include <stdio.h>

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
	ui_release(&f->ui);
	journal_close(&f->journal);
	model_release(&f->model);
}

static void press(struct fixture *f, enum key_type type, const char *text)
{
	struct key key = { type, text, strlen(text) };
	picture_make(&f->picture, &f->model, &f->journal);
	ui_key(&f->ui, &key, &f->picture);
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
	picture_make(&f->picture, &f->model, &f->journal);
	view_draw(&grid, &f->ui, &f->picture, &f->standing);
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

/* Any size at all, down to one cell, and any mode: nothing may be written beside the grid (the sanitizers watch). */
static void every_size_can_be_drawn(void **state)
{
	struct fixture f;
	(void)state;
	start(&f, "owner", "", staff_only);
	compose_start(&f.ui.compose, "", NULL);
	for (int mode = UI_DOOR; mode <= UI_HELP; mode++)
		for (int rows = 1; rows <= 30; rows += rows < 8 ? 1 : 11)
			for (int columns = 1; columns <= 200; columns += columns < 12 ? 1 : 47) {
				struct grid grid;
				grid_init(&grid, rows, columns);
				f.ui.mode = (enum ui_mode)mode;
				picture_make(&f.picture, &f.model, &f.journal);
				view_draw(&grid, &f.ui, &f.picture, &f.standing);
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
		{ { .link = LINK_UP, .was_up = true }, 0, 1, true, false, "1 change was not accepted: see it on the wall." },
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
		cmocka_unit_test(every_size_can_be_drawn),
		cmocka_unit_test(the_status_line_never_lies),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
