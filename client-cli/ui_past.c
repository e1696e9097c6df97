/* Keys while looking back at what a wall or a canvas was: from moment to moment, and bringing back what one sees. */
#include "client-cli/ui_internal.h"

enum { MOMENTS_PAGE = 10 };

static const char *past_doc(const struct ui *ui)
{
	return ui->home == UI_CANVAS ? ui->board.doc : "wall";
}

struct intent ui_look_back(struct ui *ui)
{
	struct intent out = intent(INTENT_PAST);
	copy_id(out.doc, past_doc(ui));
	ui->mode = UI_PAST;
	ui->board.state = BOARD_LOOK;
	ui->moment = SIZE_MAX;
	ui->playing = ui->only_waiting = false; /* nothing waited in the past */
	return out;
}

static struct intent go_to_moment(struct ui *ui, const struct past *past, long by)
{
	long to = (long)ui->moment + by;
	if (!past->count)
		return nothing;
	ui->moment = (size_t)(to < 0 ? 0 : to >= (long)past->count ? (long)past->count - 1 : to);
	return intent(INTENT_MOMENT);
}

static struct intent restore(struct ui *ui, const struct past *past, const char *box, const char *note)
{
	if (!past->there) {
		ui_say(ui, "past.loading");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddNumberToObject(args, "at", (double)past->at);
	if (box)
		cJSON_AddStringToObject(args, "box", box);
	if (note)
		cJSON_AddStringToObject(args, "note", note);
	ui->mode = ui->home;
	ui_say(ui, "say.past.restored");
	return ui_do(past_doc(ui), CMD_RESTORE, args);
}

/* Everything that the person of this moment did from it on. */
static struct intent revert(struct ui *ui, const struct scene *scene)
{
	const struct past *past = scene->past;
	if (!role_is_staff(scene->picture->role) || !past->count || !*past->moments[ui->moment].who) {
		ui_say(ui, "say.staff");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "member", past->moments[ui->moment].who);
	cJSON_AddNumberToObject(args, "since", (double)past->moments[ui->moment].ms);
	ui->mode = ui->home;
	ui_say(ui, "say.past.reverted");
	return ui_do(past_doc(ui), CMD_REVERT, args);
}

static struct intent play(struct ui *ui, const struct past *past)
{
	ui->playing = !ui->playing;
	return ui->playing && ui->moment + 1 >= past->count ? go_to_moment(ui, past, -(long)past->count) : nothing;
}

struct intent ui_key_past(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct past *past = scene->past;
	char letter = ui_letter(key);
	bool canvas = ui->home == UI_CANVAS;
	if (past->count && ui->moment >= past->count)
		ui->moment = past->count - 1;
	if (key->type == KEY_ESCAPE || letter == 'q') {
		ui->mode = ui->home;
		return nothing;
	}
	if (key->type == KEY_GO_LEFT || letter == 'h')
		return go_to_moment(ui, past, -1);
	if (key->type == KEY_GO_RIGHT || letter == 'l')
		return go_to_moment(ui, past, 1);
	if (key->type == KEY_PAGE_UP || key->type == KEY_PAGE_DOWN)
		return go_to_moment(ui, past, key->type == KEY_PAGE_UP ? -MOMENTS_PAGE : MOMENTS_PAGE);
	if (key->type == KEY_FIRST || letter == 'g')
		return go_to_moment(ui, past, -(long)past->count);
	if (key->type == KEY_LAST || letter == 'G')
		return go_to_moment(ui, past, (long)past->count);
	if (letter == ' ')
		return play(ui, past);
	if (letter == 'r')
		return restore(ui, past, NULL, NULL);
	if (letter == 'b' && canvas)
		return restore(ui, past, ui->board.box, NULL);
	if (letter == 'n' && canvas && *ui->board.note)
		return restore(ui, past, NULL, ui->board.note);
	if (letter == 'U')
		return revert(ui, scene);
	if (letter == 'v') {
		board_switch_view(&ui->board);
	} else if (letter == 'z' && canvas) {
		board_open_box(&ui->board);
	} else if (canvas && past->there) {
		board_settle(ui, scene->canvas);
		board_move_focus(&ui->board, scene->canvas, key);
	}
	return nothing;
}
