#include "client-cli/stage.h"
#include "client-cli/http.h"
#include "client-cli/profile.h"
#include "client-cli/sentence.h"
#include "client-cli/typings.h"
#include "proto/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { PLAY_MS = 700 };

/* --- pictures --- */

/* The class as it is, with the wall or the canvas one looks back at as it was. The model of it stays, since pictures borrow from it. */
static void make_past(struct stage *stage)
{
	struct model *then = &stage->then;
	struct doc *mine = doc_new();
	struct replica replica = { .shared = stage->moment, .mine = mine, .known = true, .mine_known = true };
	*then = *seat_model(stage->seat);
	snprintf(replica.id, sizeof replica.id, "%s", stage->past_doc);
	if (!strcmp(stage->past_doc, then->wall.id)) {
		then->wall = replica;
		picture_make(&stage->past_picture, then, NULL);
		stage->scene.picture = &stage->past_picture;
	} else {
		then->canvases = &replica;
		canvas_make(&stage->past_canvas, then, stage->past_doc, NULL, NULL);
		stage->scene.canvas = &stage->past_canvas;
	}
	then->canvases = NULL;
	doc_free(mine);
}

static bool looks_back(const struct stage *stage)
{
	return stage->ui->mode == UI_PAST;
}

const struct scene *stage_scene(struct stage *stage)
{
	struct scene *scene = &stage->scene;
	scene->picture = &stage->picture;
	scene->list = &stage->list;
	scene->canvas = &stage->canvas;
	scene->past = &stage->past;
	scene->templates = stage->template_list;
	scene->templates_loading = stage->call != NULL;
	canvas_release(&stage->canvas);
	if (!stage->seat)
		return scene;
	const struct model *model = seat_model(stage->seat);
	picture_make(&stage->picture, model, seat_journal(stage->seat));
	class_list_make(&stage->list, model);
	if (*stage->open)
		canvas_make(&stage->canvas, model, stage->open, seat_journal(stage->seat), seat_typings(stage->seat));
	if (seat_link(stage->seat) != LINK_UP)
		stage->canvas.person_count = 0; /* nobody knows where the others are now */
	stage->past.there = looks_back(stage) && stage->moment;
	if (stage->past.there)
		make_past(stage);
	return scene;
}

/* --- following the ui --- */

static void end_typing(struct stage *stage)
{
	if (stage->typing)
		seat_type_end(stage->seat, stage->typing);
	stage->typing = NULL;
	stage->typing_in[0] = 0;
}

static void close_canvas(struct stage *stage)
{
	end_typing(stage);
	if (*stage->open)
		seat_close(stage->seat, stage->open);
	stage->open[0] = 0;
}

static void follow_canvas(struct stage *stage)
{
	const char *wanted = stage->ui->home == UI_CANVAS ? stage->ui->board.doc : "";
	if (!strcmp(stage->open, wanted))
		return;
	close_canvas(stage);
	snprintf(stage->open, sizeof stage->open, "%s", wanted);
	if (*stage->open)
		seat_open(stage->seat, stage->open);
}

static void follow_note(struct stage *stage)
{
	struct board *board = &stage->ui->board;
	bool edits = board->state == BOARD_EDIT && stage->ui->home == UI_CANVAS && *board->note;
	if (stage->typing && (!edits || strcmp(typing_note(stage->typing), board->note) != 0 || strcmp(stage->typing_in, stage->open) != 0))
		end_typing(stage);
	if (!edits || stage->typing)
		return;
	stage->typing = seat_type_begin(stage->seat, stage->open, board->note);
	if (!stage->typing) {
		board->state = BOARD_LOOK;
		ui_flash(stage->ui, sentence("say.note_late"));
		return;
	}
	snprintf(stage->typing_in, sizeof stage->typing_in, "%s", stage->open);
	int64_t end = typing_length(stage->typing);
	typing_set_caret(stage->typing, (struct caret){ end, end });
}

static void tell_where(struct stage *stage)
{
	const struct ui *ui = stage->ui;
	const struct board *board = &ui->board;
	bool canvas = ui->home == UI_CANVAS && *stage->open, adds = board->state == BOARD_ADD;
	const char *doc = canvas ? stage->open : seat_model(stage->seat)->wall.id;
	const char *box = !canvas || looks_back(stage) ? "" : adds ? board->fresh_box : board->box, *note = !canvas || adds || looks_back(stage) ? "" : board->note;
	char here[sizeof stage->here];
	if (!seat_is_ready(stage->seat))
		return;
	struct caret caret = stage->typing ? typing_caret_there(stage->typing) : (struct caret){ 0 };
	snprintf(here, sizeof here, "%s %s %s %lld %lld", doc, box, note, (long long)caret.anchor, (long long)caret.focus);
	/* Said again only when it is another: saying it wakes the seat, which has us drawn. */
	if (strcmp(here, stage->here) != 0)
		seat_here(stage->seat, doc, box, note);
	strcpy(stage->here, here);
}

void stage_follow(struct stage *stage)
{
	if (!stage->seat)
		return;
	follow_canvas(stage);
	follow_note(stage);
	tell_where(stage);
}

/* --- the past --- */

static void drop_past(struct stage *stage)
{
	seat_unask(stage->seat, stage->ask);
	stage->ask = NULL;
	doc_free(stage->moment);
	doc_free(stage->incoming);
	stage->moment = stage->incoming = NULL;
	free(stage->past.moments);
	stage->past = (struct past){ 0 };
	stage->wanted = -1;
}

static void refuse_past(struct stage *stage, const cJSON *no)
{
	struct buf text = { 0 };
	sentence_add_refusal(&text, no);
	snprintf(stage->past.refused, sizeof stage->past.refused, "%s", buf_cstr(&text));
	stage->past.loading = false;
	buf_release(&text);
}

static void copy_word(const cJSON *json, const char *key, char *out, size_t cap)
{
	const char *s = "";
	size_t n;
	json_str(json, key, &s, &n);
	snprintf(out, cap, "%s", s);
}

static void add_moment(struct past *past, const cJSON *json)
{
	struct moment moment = { .n = 1 };
	if (!json_int(json, "at", 0, JSON_INT_MAX, &moment.at))
		return;
	json_int(json, "ms", 0, JSON_INT_MAX, &moment.ms);
	json_int(json, "n", 0, JSON_INT_MAX, &moment.n);
	copy_word(json, "who", moment.who, sizeof moment.who);
	copy_word(json, "cmd", moment.cmd, sizeof moment.cmd);
	past->moments = array_grow(past->moments, past->count, sizeof moment);
	past->moments[past->count++] = moment;
}

static void ask_moment(struct stage *stage);

static void on_history(const cJSON *part, bool last, const cJSON *no, void *ctx)
{
	struct stage *stage = ctx;
	struct past *past = &stage->past;
	const cJSON *moment;
	int64_t number = 0;
	if (last)
		stage->ask = NULL;
	if (no) {
		refuse_past(stage, no);
	} else {
		json_int(part, "part", 0, JSON_INT_MAX, &number);
		if (number == 0)
			past->count = 0;
		cJSON_ArrayForEach(moment, json_array(part, "moments"))
			add_moment(past, moment);
		if (last) {
			past->loading = false;
			stage->ui->moment = past->count ? past->count - 1 : 0;
			ask_moment(stage);
		}
	}
	stage->on_change();
}

static void on_moment(const cJSON *part, bool last, const cJSON *no, void *ctx)
{
	struct stage *stage = ctx;
	const cJSON *object;
	struct op op;
	int64_t number = 0;
	if (last)
		stage->ask = NULL;
	if (no) {
		refuse_past(stage, no);
		stage->on_change();
		return;
	}
	json_int(part, "part", 0, JSON_INT_MAX, &number);
	if (number == 0) {
		doc_free(stage->incoming);
		stage->incoming = doc_new();
	}
	cJSON_ArrayForEach(object, json_array(part, "objects"))
		if (op_read_object(object, &op))
			doc_apply(stage->incoming, &op);
	if (last) {
		doc_free(stage->moment);
		stage->moment = stage->incoming;
		stage->incoming = NULL;
		stage->past.at = stage->wanted;
		stage->past.loading = false;
		ask_moment(stage); /* another may be wanted by now */
	}
	stage->on_change();
}

static cJSON *question(const struct stage *stage, const char *type)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "t", type);
	cJSON_AddStringToObject(json, "doc", stage->past_doc);
	return json;
}

/* One question at a time: whoever moves the slider fast sees where it stops. */
static void ask_moment(struct stage *stage)
{
	struct past *past = &stage->past;
	if (stage->ask || !past->count || stage->ui->moment >= past->count)
		return;
	int64_t at = past->moments[stage->ui->moment].at;
	if (stage->moment && past->at == at)
		return;
	stage->wanted = at;
	past->loading = true;
	cJSON *json = question(stage, "moment");
	cJSON_AddNumberToObject(json, "at", (double)at);
	stage->ask = seat_ask(stage->seat, json, on_moment, stage);
}

static const char *doc_id(const struct stage *stage, const char *doc)
{
	return strcmp(doc, "wall") ? doc : seat_model(stage->seat)->wall.id;
}

static void look_back(struct stage *stage, const char *doc)
{
	drop_past(stage);
	snprintf(stage->past_doc, sizeof stage->past_doc, "%s", doc_id(stage, doc));
	stage->past.loading = true;
	stage->ask = seat_ask(stage->seat, question(stage, "history"), on_history, stage);
}

static void on_play(uv_timer_t *timer)
{
	struct stage *stage = timer->data;
	struct ui *ui = stage->ui;
	if (!looks_back(stage) || !ui->playing || ui->moment + 1 >= stage->past.count) {
		ui->playing = false;
		uv_timer_stop(timer);
	} else if (!stage->ask) {
		ui->moment++;
		ask_moment(stage);
	}
	stage->on_change();
}

/* --- templates --- */

static void drop_templates(struct stage *stage)
{
	cJSON_Delete(stage->templates);
	free(stage->template_list);
	stage->templates = NULL;
	stage->template_list = NULL;
	stage->scene.template_count = 0;
}

static void on_templates(const struct http_answer *answer, void *ctx)
{
	struct stage *stage = ctx;
	const cJSON *template;
	stage->call = NULL;
	if (answer->status == 200) {
		drop_templates(stage);
		stage->templates = cJSON_Duplicate(answer->body, true);
		cJSON_ArrayForEach(template, json_array(stage->templates, "templates")) {
			struct template_entry entry = { "", "" };
			size_t n;
			if (!json_str(template, "key", &entry.key, &n) || !json_str(template, "title", &entry.title, &n))
				continue;
			stage->template_list = array_grow(stage->template_list, stage->scene.template_count, sizeof entry);
			stage->template_list[stage->scene.template_count++] = entry;
		}
	}
	stage->on_change();
}

static void want_templates(struct stage *stage)
{
	const struct class_entry *entry = seat_entry(stage->seat);
	struct host_entry host;
	const char *session = profile_find_host(&stage->app->profile, &entry->place, &host) ? host.session : NULL;
	struct http_request request = { .place = &entry->place, .method = "GET", .path = "/api/templates", .bearer = session && *session ? session : NULL, .on_answer = on_templates, .ctx = stage };
	if (!stage->call)
		stage->call = http_send(&stage->app->net, &request);
}

/* --- intents --- */

static void add_id(cJSON *args)
{
	char id[ID_CHARS + 1];
	random_id(id);
	cJSON_AddStringToObject(args, "id", id);
}

static void forget(struct stage *stage, const char *id)
{
	struct change *change = journal_find(seat_journal(stage->seat), id);
	if (change && change->state == CHANGE_REFUSED)
		seat_forget(stage->seat, change);
}

static void do_command(struct stage *stage, const struct intent *intent)
{
	cJSON *args = intent->args;
	const char *doc = doc_id(stage, intent->doc);
	if ((intent->command == CMD_UNDO || intent->command == CMD_REDO) && stage->typing && typing_is_pending(stage->typing) && !strcmp(doc, stage->open)) {
		stage->wish = intent->command;
		cJSON_Delete(args);
		return;
	}
	if (intent->needs_id)
		add_id(args);
	if (intent->command == CMD_CANVAS_PROMOTE)
		cJSON_AddStringToObject(args, "wall", seat_model(stage->seat)->wall.id);
	seat_do_in(stage->seat, doc, intent->command, args, NULL);
	/* First the new change, then the old one's words: a crash in between leaves them twice, never not at all. */
	if (*intent->post && !journal_sync(seat_journal(stage->seat)))
		forget(stage, intent->post);
}

static void type(struct stage *stage, const struct intent *intent)
{
	if (stage->typing && seat_type(stage->seat, stage->typing, intent->at, intent->remove, intent->text, intent->text_n) == TYPING_TOO_LONG)
		ui_flash(stage->ui, sentence("say.note_long"));
}

bool stage_do(struct stage *stage, const struct intent *intent)
{
	if (!stage->seat)
		return false;
	if (intent->type == INTENT_DO)
		do_command(stage, intent);
	else if (intent->type == INTENT_TYPE)
		type(stage, intent);
	else if (intent->type == INTENT_CARET && stage->typing)
		typing_set_caret(stage->typing, intent->caret);
	else if (intent->type == INTENT_FORGET)
		forget(stage, intent->post);
	else if (intent->type == INTENT_TEMPLATES)
		want_templates(stage);
	else if (intent->type == INTENT_PAST)
		look_back(stage, intent->doc);
	else if (intent->type == INTENT_MOMENT)
		ask_moment(stage);
	else
		return false;
	if (stage->ui->playing && !uv_is_active((uv_handle_t *)&stage->play))
		uv_timer_start(&stage->play, on_play, PLAY_MS, PLAY_MS);
	return true;
}

void stage_settle(struct stage *stage)
{
	if (!stage->seat || stage->wish == CMD_NONE || (stage->typing && typing_is_pending(stage->typing)))
		return;
	if (*stage->open)
		seat_do_in(stage->seat, stage->open, stage->wish, cJSON_CreateObject(), NULL);
	stage->wish = CMD_NONE;
}

void stage_thaw(struct stage *stage)
{
	struct typing_session *session;
	if (!stage->seat)
		return;
	DL_FOREACH(seat_typings(stage->seat)->list, session)
		if (typing_state(session->typing) == TYPING_FROZEN)
			seat_type_offer(stage->seat, session->typing);
}

bool stage_is_typing(const struct stage *stage)
{
	return stage->seat && typings_is_pending(seat_typings(stage->seat));
}

/* --- life --- */

void stage_init(struct stage *stage, struct app *app, struct ui *ui, void (*on_change)(void))
{
	*stage = (struct stage){ .app = app, .ui = ui, .on_change = on_change, .wanted = -1 };
	canvas_release(&stage->canvas); /* an empty one has empty strings */
	canvas_release(&stage->past_canvas);
	stage->list.my_team = "";
	uv_timer_init(&app->net.loop, &stage->play);
	stage->play.data = stage;
}

void stage_take_seat(struct stage *stage, struct seat *seat)
{
	if (stage->seat) {
		drop_past(stage);
		close_canvas(stage);
		http_cancel(stage->call);
		stage->call = NULL;
	}
	stage->seat = seat;
	stage->here[0] = 0;
	stage->wish = CMD_NONE;
}

void stage_release(struct stage *stage)
{
	stage_take_seat(stage, NULL);
	drop_templates(stage);
	picture_release(&stage->picture);
	picture_release(&stage->past_picture);
	class_list_release(&stage->list);
	canvas_release(&stage->canvas);
	canvas_release(&stage->past_canvas);
	uv_close((uv_handle_t *)&stage->play, NULL);
}
