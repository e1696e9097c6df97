/* The full screen: terminal, seat and ui put together. Decides nothing by itself: keys become intents in ui.c, intents become changes here, whatever happened is drawn
 * once per turn of the loop. */
#include "client-cli/app.h"
#include "client-cli/draft.h"
#include "client-cli/seat.h"
#include "client-cli/sentence.h"
#include "client-cli/stage.h"
#include "client-cli/term.h"
#include "client-cli/view.h"
#include "proto/json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAFT_DELAY_MS = 500 };

static struct screen {
	struct app *app;
	struct seat *seat;
	struct ui ui;
	struct stage stage;
	const struct scene *scene;
	struct grid grid;
	struct drafts drafts;
	struct class_entry entry;
	uv_timer_t draw, keep, leave;
	bool on, was_up, was_frozen, has_drafts;
	char noted[OBJECT_ID_CAP]; /* the canvas whose half-written note was looked for */
	bool from_door; /* where it goes back to as long as it has not been in */
	bool fresh;     /* has never been in this class */
	struct buf ended; /* the sentence with which it ended for good */
	enum door_field door_field; /* what is to be mended there */
	struct buf unreachable;     /* why there is no connection */
} screen;

/* --- drawing --- */

static struct standing standing(void)
{
	int err = screen.seat ? seat_storage_error(screen.seat) : 0;
	return (struct standing){
		.link = screen.seat ? seat_link(screen.seat) : LINK_OFF,
		.was_up = screen.was_up,
		.loading = screen.seat && !seat_is_ready(screen.seat),
		.storage = err ? strerror(err) : NULL,
		.ended = screen.ended.n ? screen.ended.s : NULL,
		.distrust = screen.unreachable.n ? screen.unreachable.s : NULL,
		.typing = stage_is_typing(&screen.stage),
	};
}

/* Pens are up again: what was kept in notes goes out; a half-written post waits for its author. */
static void look_at_pens(void)
{
	bool frozen = screen.scene->picture->frozen;
	if (screen.was_frozen && !frozen) {
		stage_thaw(&screen.stage);
		ui_flash(&screen.ui, sentence(screen.ui.has_draft ? "say.thaw" : "say.pens_up"));
	}
	screen.was_frozen = frozen;
}

static void make_scene(void)
{
	screen.scene = stage_scene(&screen.stage);
	if (screen.scene->past->there)
		return;
	look_at_pens();
}

static void on_draw(uv_timer_t *timer)
{
	(void)timer;
	int rows, columns;
	struct standing now = standing();
	term_size(&rows, &columns);
	if (rows != screen.grid.rows || columns != screen.grid.columns) {
		grid_release(&screen.grid);
		grid_init(&screen.grid, rows, columns);
	}
	make_scene();
	view_draw(&screen.grid, &screen.ui, screen.scene, &now);
	term_draw(&screen.grid);
	/* What the focus was on may be gone. */
	stage_follow(&screen.stage);
	term_hold(board_edits(&screen.ui));
}

static void draw_soon(void)
{
	if (!uv_is_active((uv_handle_t *)&screen.draw))
		uv_timer_start(&screen.draw, on_draw, 0, 0);
}

/* --- drafts --- */

static void open_drafts(void)
{
	struct buf path = { 0 };
	profile_class_path(&screen.app->profile, &screen.entry.place, ".draft", &path);
	drafts_open(&screen.drafts, path.s);
	screen.has_drafts = true;
	buf_release(&path);
}

static void say_unkept(int err)
{
	struct sentence_arg list[] = { { "x", strerror(err), 0 }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, "storage.draft", list);
	ui_flash(&screen.ui, text.s);
	buf_release(&text);
}

static void keep_draft(void)
{
	struct board *board = &screen.ui.board;
	int err = 0;
	uv_timer_stop(&screen.keep);
	if (!screen.has_drafts)
		return;
	if (screen.ui.compose.touched)
		err = drafts_keep(&screen.drafts, &screen.ui.compose);
	if (board->fresh_touched && !err)
		err = drafts_keep_note(&screen.drafts, board->doc, board->fresh_box, board->fresh ? typing_text(board->fresh, NULL) : "");
	screen.ui.compose.touched = board->fresh_touched = false;
	if (err)
		say_unkept(err);
}

/* The note that was being written on this canvas when one was here last. */
static void take_note(void)
{
	struct board *board = &screen.ui.board;
	const char *box, *text;
	if (!screen.has_drafts || !strcmp(screen.noted, board->doc))
		return;
	snprintf(screen.noted, sizeof screen.noted, "%s", board->doc);
	if (!board->fresh && drafts_take_note(&screen.drafts, board->doc, &box, &text)) {
		board_write(board, box, text);
		ui_flash(&screen.ui, sentence("say.note_kept"));
	}
}

static void on_keep(uv_timer_t *timer)
{
	(void)timer;
	keep_draft();
	draw_soon();
}

/* --- intents --- */

static cJSON *args_with_id(const char *id)
{
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "id", id);
	return args;
}

static const struct change *refused_change(const char *post)
{
	const struct wall_post *found = picture_post(screen.scene->picture, post);
	return found && found->pending == PENDING_REFUSED ? found->change : NULL;
}

static void drop_refused(const char *id)
{
	struct change *change = *id ? journal_find(seat_journal(screen.seat), id) : NULL;
	if (change && change->state == CHANGE_REFUSED)
		seat_forget(screen.seat, change);
}

static void add_words(cJSON *args, const struct compose *compose, bool empty_too)
{
	for (int f = 0; f < COMPOSE_WORDS; f++)
		if (empty_too || compose->words[f].text.n)
			cJSON_AddStringToObject(args, compose_names[f], editor_text(&compose->words[f]));
}

/* Whether what is in the composer is still only on its way: then it is added anew, not edited. */
static bool is_unborn(const struct compose *compose)
{
	const struct change *change = *compose->change ? journal_find(seat_journal(screen.seat), compose->change) : NULL;
	return change && !strcmp(change->name, command_specs[CMD_POST_ADD].name);
}

static void do_submit(const struct intent *intent)
{
	(void)intent;
	struct compose *compose = &screen.ui.compose;
	char id[OBJECT_ID_CAP];
	bool adds = !*compose->post || is_unborn(compose);
	random_id(id);
	if (*compose->post)
		snprintf(id, sizeof id, "%s", compose->post);
	cJSON *args = args_with_id(id);
	add_words(args, compose, !adds);
	if (adds) {
		if (*compose->section)
			cJSON_AddStringToObject(args, "section", compose->section);
		cJSON_AddStringToObject(args, "names", screen.scene->picture->names); /* what the composer has shown */
	} else {
		cJSON_AddNumberToObject(args, "version", (double)compose->version);
	}
	seat_do(screen.seat, adds ? CMD_POST_ADD : CMD_POST_EDIT, args, NULL);
	/* First the journal, then the draft: a crash in between leaves the words twice, never not at all. */
	if (journal_sync(seat_journal(screen.seat)) == 0) {
		drop_refused(compose->change);
		drafts_drop(&screen.drafts, compose->post);
	}
	compose->touched = false;
	snprintf(screen.ui.selected, sizeof screen.ui.selected, "%s", id);
	screen.ui.moved = true;
	screen.ui.has_draft = drafts_has(&screen.drafts, "");
}

static void do_compose(const struct intent *intent)
{
	(void)intent;
	struct compose *compose = &screen.ui.compose;
	if (!drafts_take(&screen.drafts, compose) && !*compose->post) {
		const struct wall_post *near = picture_post(screen.scene->picture, screen.ui.selected);
		snprintf(compose->section, sizeof compose->section, "%s", near ? near->section : "");
	}
	if (!picture_section(screen.scene->picture, compose->section))
		compose->section[0] = 0;
	compose->touched = false;
	screen.ui.mode = UI_COMPOSE;
}

static void do_keep(const struct intent *intent)
{
	(void)intent;
	keep_draft();
	screen.ui.has_draft = drafts_has(&screen.drafts, "");
	if (screen.ui.mode != UI_COMPOSE && screen.ui.home == UI_WALL && !compose_is_empty(&screen.ui.compose) && !*screen.ui.compose.post)
		ui_flash(&screen.ui, sentence("compose.kept"));
}

static void do_reject(const struct intent *intent)
{
	cJSON *args = args_with_id(intent->post);
	if (screen.ui.line.text.n)
		cJSON_AddStringToObject(args, "reason", editor_text(&screen.ui.line));
	seat_do(screen.seat, CMD_POST_REJECT, args, NULL);
}

static void do_move(const struct intent *intent)
{
	cJSON *args = args_with_id(intent->post);
	if (*intent->section)
		cJSON_AddStringToObject(args, "section", intent->section);
	seat_do(screen.seat, CMD_POST_MOVE, args, NULL);
}

static void do_freeze(const struct intent *intent)
{
	(void)intent;
	cJSON *args = cJSON_CreateObject();
	cJSON_AddBoolToObject(args, "frozen", !screen.scene->picture->frozen);
	seat_do(screen.seat, CMD_CLASS_SET, args, NULL);
}

static void do_drop(const struct intent *intent)
{
	const struct change *change = refused_change(intent->post);
	char id[ID_CHARS + 1] = "";
	if (change)
		strcpy(id, change->id);
	drop_refused(id);
	drafts_drop(&screen.drafts, intent->post);
}

static void do_delete(const struct intent *intent) { seat_do(screen.seat, CMD_POST_DELETE, args_with_id(intent->post), NULL); }
static void do_restore(const struct intent *intent) { seat_do(screen.seat, CMD_POST_RESTORE, args_with_id(intent->post), NULL); }
static void do_approve(const struct intent *intent) { seat_do(screen.seat, CMD_POST_APPROVE, args_with_id(intent->post), NULL); }
static void do_hide(const struct intent *intent) { seat_do(screen.seat, CMD_POST_HIDE, args_with_id(intent->post), NULL); }
static void do_show(const struct intent *intent) { seat_do(screen.seat, CMD_POST_SHOW, args_with_id(intent->post), NULL); }
static void do_hurry(const struct intent *intent) { (void)intent, seat_hurry(screen.seat); }
static void do_redraw(const struct intent *intent) { (void)intent, term_forget(); }
static void do_quit(const struct intent *intent) { (void)intent, app_end(screen.app, EXIT_DONE); }
static void do_enter(const struct intent *intent);

static void (*const doers[])(const struct intent *intent) = {
	[INTENT_QUIT] = do_quit,       [INTENT_ENTER] = do_enter,     [INTENT_COMPOSE] = do_compose, [INTENT_SUBMIT] = do_submit, [INTENT_KEEP] = do_keep,
	[INTENT_DELETE] = do_delete,   [INTENT_RESTORE] = do_restore, [INTENT_APPROVE] = do_approve, [INTENT_REJECT] = do_reject, [INTENT_HIDE] = do_hide,
	[INTENT_SHOW] = do_show,       [INTENT_MOVE] = do_move,       [INTENT_DROP] = do_drop,       [INTENT_FREEZE] = do_freeze, [INTENT_HURRY] = do_hurry,
	[INTENT_REDRAW] = do_redraw,
};

static bool needs_no_seat(enum intent_type type)
{
	return type == INTENT_QUIT || type == INTENT_ENTER || type == INTENT_REDRAW;
}

static void carry_out(const struct intent *intent)
{
	if (stage_do(&screen.stage, intent))
		return;
	if ((screen.seat || needs_no_seat(intent->type)) && doers[intent->type])
		doers[intent->type](intent);
	else
		cJSON_Delete(intent->args);
}

static void on_key(const struct key *key, void *ctx)
{
	(void)ctx;
	if (screen.app->ended)
		return;
	/* Half-written words belong to the canvas that is about to be left. */
	make_scene();
	if (screen.ui.home != UI_CANVAS && screen.ui.board.fresh_touched)
		keep_draft();
	struct intent intent = ui_key(&screen.ui, key, screen.scene);
	carry_out(&intent);
	stage_follow(&screen.stage);
	term_hold(board_edits(&screen.ui));
	take_note();
	if ((screen.ui.compose.touched || screen.ui.board.fresh_touched) && !uv_is_active((uv_handle_t *)&screen.keep))
		uv_timer_start(&screen.keep, on_keep, DRAFT_DELAY_MS, 0);
	draw_soon();
}

static void on_resize(void *ctx)
{
	(void)ctx;
	draw_soon();
}

static void on_lost(void *ctx)
{
	(void)ctx;
	app_end(screen.app, EXIT_DONE);
}

/* --- the seat's events --- */

static void on_leave(uv_timer_t *timer);

/* On a fresh turn, since the seat is above us. */
static void go_back_to_door(enum door_field field)
{
	screen.door_field = field;
	uv_timer_start(&screen.leave, on_leave, 0, 0);
}

/* Nobody waits at the door for a server that is not there: it says so, and what was typed can be mended. */
static void note_unreachable(void)
{
	const struct net *net = &screen.app->net;
	buf_reset(&screen.unreachable);
	if (screen.from_door && !screen.was_up) {
		unreachable_add(&screen.ended, net, &screen.entry.place);
		go_back_to_door(DOOR_ADDRESS);
	} else if (*net->distrust) {
		unreachable_add(&screen.unreachable, net, &screen.entry.place);
	}
}

static void on_change(struct seat *seat, void *ctx)
{
	(void)ctx;
	if (seat_link(seat) == LINK_UP) {
		screen.was_up = true;
		if (screen.ui.mode == UI_DOOR)
			screen.ui.mode = UI_WALL;
		screen.fresh = false;
		buf_reset(&screen.unreachable);
	} else if (seat_link(seat) == LINK_WAITING && !uv_is_active((uv_handle_t *)&screen.leave)) {
		note_unreachable();
	}
	stage_settle(&screen.stage);
	draw_soon();
}

static void on_ready(struct seat *seat, void *ctx)
{
	(void)seat, (void)ctx;
	screen.ui.has_draft = drafts_has(&screen.drafts, "");
	stage_follow(&screen.stage);
	if (screen.ui.has_draft)
		ui_flash(&screen.ui, sentence("compose.kept"));
	draw_soon();
}

static void on_ok(struct seat *seat, struct change *change, const cJSON *answer, void *ctx)
{
	(void)seat, (void)change, (void)answer, (void)ctx;
	draw_soon();
}

static void on_no(struct seat *seat, struct change *change, const cJSON *answer, bool kept, void *ctx)
{
	(void)seat, (void)change, (void)ctx;
	struct buf reason = { 0 }, text = { 0 };
	sentence_add_refusal(&reason, answer);
	struct sentence_arg list[] = { { "x", buf_cstr(&reason), 0 }, { 0 } };
	sentence_add(&text, "say.refused", list);
	if (!kept)
		ui_flash(&screen.ui, text.s);
	buf_release(&reason);
	buf_release(&text);
	draw_soon();
}

/* Which of the door's fields the server did not like. */
static enum door_field field_of(const cJSON *no)
{
	const char *code = "";
	size_t n;
	json_str(no, "code", &code, &n);
	return !strcmp(code, "bad_value") ? DOOR_NAME : DOOR_CODE;
}

static void on_refused(struct seat *seat, const cJSON *no, void *ctx)
{
	(void)seat, (void)ctx;
	buf_reset(&screen.ended);
	sentence_add_refusal(&screen.ended, no);
	if (screen.fresh)
		profile_forget_class(&screen.app->profile, &screen.entry.place);
	if (screen.from_door && !screen.was_up)
		go_back_to_door(field_of(no));
	draw_soon();
}

static void on_leave(uv_timer_t *timer)
{
	(void)timer;
	stage_take_seat(&screen.stage, NULL);
	seat_free(screen.seat);
	screen.seat = NULL;
	drafts_close(&screen.drafts);
	screen.has_drafts = false;
	screen.ui.mode = UI_DOOR;
	screen.ui.door_going = false;
	screen.ui.door_field = screen.door_field;
	ui_flash(&screen.ui, screen.ended.s);
	buf_reset(&screen.ended);
	draw_soon();
}

/* --- going in --- */

static int take_seat(const struct class_entry *entry, const char *session)
{
	static const struct seat_events events = { on_change, on_ready, on_ok, on_no, on_refused, NULL };
	int err;
	screen.entry = *entry;
	screen.was_up = false;
	struct seat_config config = { .net = &screen.app->net, .profile = &screen.app->profile, .entry = &screen.entry, .session = session, .keep_refused = true };
	open_drafts();
	screen.seat = seat_new(&config, &events, &err);
	stage_take_seat(&screen.stage, screen.seat);
	return screen.seat ? 0 : err;
}

static const char *verdict_key(enum place_verdict verdict)
{
	return verdict == PLACE_BAD_CODE ? "usage.code" : verdict == PLACE_BAD_HOST ? "usage.host" : "usage.insecure";
}

static void door_says(const char *key, const char *x)
{
	struct sentence_arg list[] = { { "x", x, 0 }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, key, list);
	ui_flash(&screen.ui, text.s);
	buf_release(&text);
}

/* The three fields of the door. The address may be a whole link; then its code counts if none was typed. */
static void do_enter(const struct intent *intent)
{
	(void)intent;
	const char *address = editor_text(&screen.ui.door[DOOR_ADDRESS]), *code = editor_text(&screen.ui.door[DOOR_CODE]), *name = editor_text(&screen.ui.door[DOOR_NAME]);
	struct place place;
	struct class_entry entry;
	enum place_verdict verdict = place_parse_server(address, args_has(&screen.app->args, OPTION_INSECURE), &place);
	if (verdict != PLACE_OK) {
		screen.ui.door_field = DOOR_ADDRESS;
		door_says(verdict_key(verdict), address);
		return;
	}
	if (!code_normalise(code, strlen(code), place.code)) {
		screen.ui.door_field = DOOR_CODE;
		door_says("usage.code", code);
		return;
	}
	screen.from_door = true;
	screen.fresh = !profile_find_class(&screen.app->profile, &place, &entry) || !entry.wall[0];
	int err = profile_ensure_class(&screen.app->profile, &place, name, &entry);
	if (!err)
		err = take_seat(&entry, NULL);
	if (err)
		door_says("usage.profile.dir", strerror(err));
	else
		screen.ui.door_going = true;
}

/* Fills the door from what the command line says, or from where this profile was last. */
static void prepare_door(const struct place *place)
{
	struct buf host = { 0 };
	struct host_entry known;
	char code[CODE_DISPLAY_CHARS + 1] = "";
	if (place_has_server(place))
		place_origin(place, &host);
	else if (profile_find_host(&screen.app->profile, place, &known))
		place_origin(&known.place, &host);
	if (place->code[0])
		code_display(place->code, code);
	editor_set(&screen.ui.door[DOOR_ADDRESS], buf_cstr(&host));
	editor_set(&screen.ui.door[DOOR_CODE], code);
	if (screen.app->args.options[OPTION_NAME])
		editor_set(&screen.ui.door[DOOR_NAME], screen.app->args.options[OPTION_NAME]);
	screen.ui.door_field = !host.n ? DOOR_ADDRESS : !*code ? DOOR_CODE : DOOR_NAME;
	buf_release(&host);
}

/* Where to go: straight in if this profile is known there, else to the door. `seated` says which. */
static enum exit_code find_way(struct app *app, struct class_entry *entry, char *session, bool *seated)
{
	struct place place = { 0 };
	struct host_entry host;
	const char *text = app->args.word_count ? app->args.words[0] : NULL;
	*seated = false;
	if (text) {
		enum exit_code failed = read_place(app, text, &place);
		if (failed)
			return failed;
		bool known = profile_find_class(&app->profile, &place, entry), named = args_has(&app->args, OPTION_NAME);
		bool signed_in = !known && !named && profile_find_host(&app->profile, &place, &host);
		*seated = place.code[0] && (known || signed_in || place.member[0]);
	}
	if (*seated)
		return read_seat(app, text, entry, session);
	prepare_door(&place);
	if (place.code[0] && place_has_server(&place) && args_has(&app->args, OPTION_NAME)) {
		*seated = screen.fresh = screen.from_door = true;
		int err = profile_ensure_class(&app->profile, &place, app->args.options[OPTION_NAME], entry);
		return err ? say_sentence(NULL, "usage.profile.dir", strerror(err), EXIT_REFUSED) : EXIT_DONE;
	}
	return EXIT_DONE;
}

enum exit_code run_screen(struct app *app)
{
	static const struct term_events events = { on_key, on_resize, on_lost, NULL };
	struct class_entry entry;
	char session[SESSION_CAP] = "";
	bool seated;
	screen.app = app;
	ui_init(&screen.ui, UI_DOOR);
	enum exit_code failed = find_way(app, &entry, session, &seated);
	if (failed)
		return failed;
	uv_timer_init(&app->net.loop, &screen.draw);
	uv_timer_init(&app->net.loop, &screen.keep);
	uv_timer_init(&app->net.loop, &screen.leave);
	stage_init(&screen.stage, app, &screen.ui, draw_soon);
	screen.scene = stage_scene(&screen.stage);
	screen.on = true;
	if (!term_open(&app->net.loop, &events))
		return say_sentence(NULL, "usage.tty", "", EXIT_USAGE);
	if (seated) {
		int err = take_seat(&entry, session);
		screen.ui.mode = UI_WALL;
		if (err) {
			term_close();
			return say_sentence(NULL, "storage", strerror(err), EXIT_REFUSED);
		}
	}
	draw_soon();
	return EXIT_DONE;
}

/* --- leaving --- */

static void say_count(const char *key, size_t n)
{
	struct sentence_arg list[] = { { "n", NULL, (int64_t)n }, { 0 } };
	struct buf text = { 0 };
	if (!n)
		return;
	sentence_add(&text, key, list);
	say_note(text.s);
	buf_release(&text);
}

void end_screen(void)
{
	if (!screen.on)
		return;
	keep_draft();
	term_close();
	if (screen.ended.n)
		say_note(screen.ended.s);
	if (screen.unreachable.n)
		say_note(screen.unreachable.s); /* the status line had no room for all of it */
	if (screen.seat) {
		say_count("leave.kept", journal_unanswered(seat_journal(screen.seat)));
		say_count("leave.refused", journal_refused(seat_journal(screen.seat)));
	}
	if (screen.has_drafts && drafts_count(&screen.drafts))
		say_note(sentence("leave.draft"));
	stage_release(&screen.stage);
	seat_free(screen.seat);
	if (screen.has_drafts)
		drafts_close(&screen.drafts);
	grid_release(&screen.grid);
	ui_release(&screen.ui);
	buf_release(&screen.ended);
	buf_release(&screen.unreachable);
	uv_timer_t *timers[] = { &screen.draw, &screen.keep, &screen.leave };
	for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
		uv_close((uv_handle_t *)timers[i], NULL);
}
