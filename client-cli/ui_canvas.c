/* Keys on a canvas: what each of them does to the notes that are marked or focused, links, and the lists that lie over it. Moving about is in ui_board.c, writing in ui_note.c. */
#include "client-cli/ui_internal.h"
#include <string.h>

enum { PATH_MAX_NOTES = 64 };

/* --- what commands are for --- */

static bool is_target(const struct board *board, const struct canvas_note *note)
{
	return board->mark_count ? board_is_marked(board, note->id) : !strcmp(board->note, note->id);
}

size_t board_target_count(const struct ui *ui, const struct canvas *canvas, const struct canvas_note **note)
{
	size_t count = 0;
	for (size_t i = 0; i < canvas->note_count; i++)
		if (is_target(&ui->board, &canvas->notes[i]) && !count++)
			*note = &canvas->notes[i];
	return count;
}

cJSON *board_targets(struct ui *ui, const struct canvas *canvas)
{
	cJSON *ids = cJSON_CreateArray();
	const char *why = "say.choose_note";
	bool bad = canvas->frozen;
	if (bad)
		why = "say.frozen";
	for (size_t i = 0; i < canvas->note_count && !bad; i++) {
		const struct canvas_note *note = &canvas->notes[i];
		if (!is_target(&ui->board, note))
			continue;
		bad = !note->may_change;
		why = bad ? "say.not_yours.note" : why;
		cJSON_AddItemToArray(ids, cJSON_CreateString(note->id));
	}
	if (!bad && cJSON_GetArraySize(ids))
		return ids;
	cJSON_Delete(ids);
	ui_say(ui, why);
	return NULL;
}

/* {"ids":[…]}; nothing stays marked then. NULL as board_targets. */
static cJSON *take_targets(struct ui *ui, const struct canvas *canvas)
{
	cJSON *ids = board_targets(ui, canvas);
	if (!ids)
		return NULL;
	cJSON *args = cJSON_CreateObject();
	cJSON_AddItemToObject(args, "ids", ids);
	ui->board.mark_count = 0;
	return args;
}

static struct intent do_to_targets(struct ui *ui, const struct canvas *canvas, enum command command, const char *say)
{
	cJSON *args = take_targets(ui, canvas);
	if (!args)
		return nothing;
	ui_say(ui, say);
	return ui_do(ui->board.doc, command, args);
}

/* --- acts --- */

static struct intent open_box(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	board_open_box(&ui->board);
	return nothing;
}

static struct intent enter(struct ui *ui, const struct scene *scene)
{
	if (*ui->board.note)
		return ui_edit_note(ui, scene);
	copy_id(ui->board.open, ui->board.box);
	return scene->canvas->may_add ? ui_add_note(ui, scene) : nothing;
}

static struct intent delete_notes(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas);
	if (note && note->pending == PENDING_REFUSED && note->change) {
		ui_say(ui, "say.dropped");
		return intent_on(INTENT_FORGET, note->change->id);
	}
	return do_to_targets(ui, scene->canvas, CMD_NOTE_DELETE, "say.deleted");
}

static struct intent duplicate(struct ui *ui, const struct scene *scene)
{
	return do_to_targets(ui, scene->canvas, CMD_NOTE_DUPLICATE, "say.duplicated");
}

struct intent ui_undo(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	ui_say(ui, "say.undone");
	return ui_do(ui->board.doc, CMD_UNDO, cJSON_CreateObject());
}

struct intent ui_redo(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	ui_say(ui, "say.redone");
	return ui_do(ui->board.doc, CMD_REDO, cJSON_CreateObject());
}

static struct intent move_notes(struct ui *ui, const struct scene *scene)
{
	cJSON *ids = board_targets(ui, scene->canvas);
	if (!ids)
		return nothing;
	cJSON_Delete(ids);
	const struct canvas_box *box = board_focused_box(&ui->board, scene->canvas);
	ui_choose(ui, CHOICE_BOX, "");
	ui->choice = box ? (int)(box - scene->canvas->boxes) : 0;
	return nothing;
}

/* One up or down among the notes of its box. */
static struct intent reorder(struct ui *ui, const struct scene *scene, int by)
{
	const struct canvas *canvas = scene->canvas;
	const struct canvas_note *note = board_focused_note(ui, canvas);
	if (!note || !note->may_change || canvas->frozen) {
		ui_say(ui, !note ? "say.choose_note" : canvas->frozen ? "say.frozen" : "say.not_yours.note");
		return nothing;
	}
	const struct canvas_box *box = &canvas->boxes[note->box_index];
	size_t at = (size_t)(note - canvas->notes) - box->first, before = by < 0 ? at - 1 : at + 2;
	if ((by < 0 && at == 0) || (by > 0 && at + 1 >= box->count))
		return nothing;
	cJSON *args = cJSON_CreateObject(), *ids = cJSON_AddArrayToObject(args, "ids");
	cJSON_AddItemToArray(ids, cJSON_CreateString(note->id));
	cJSON_AddStringToObject(args, "box", box->id);
	if (before < box->count)
		cJSON_AddStringToObject(args, "before", canvas->notes[box->first + before].id);
	return ui_do(ui->board.doc, CMD_NOTE_MOVE, args);
}

static struct intent reorder_down(struct ui *ui, const struct scene *scene) { return reorder(ui, scene, 1); }
static struct intent reorder_up(struct ui *ui, const struct scene *scene) { return reorder(ui, scene, -1); }

static struct intent mark(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas);
	if (!note) {
		ui_say(ui, "say.choose_note");
		return nothing;
	}
	board_toggle_mark(&ui->board, note->id);
	board_go_along(&ui->board, scene->canvas, 1);
	return nothing;
}

static struct intent set_type(struct ui *ui, const struct canvas *canvas, int type)
{
	cJSON *args = take_targets(ui, canvas);
	if (!args)
		return nothing;
	cJSON_AddNumberToObject(args, "type", type);
	return ui_do(ui->board.doc, CMD_NOTE_SET, args);
}

static struct intent set_tags(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = NULL;
	cJSON *ids = board_targets(ui, scene->canvas);
	if (!ids)
		return nothing;
	cJSON_Delete(ids);
	board_target_count(ui, scene->canvas, &note);
	if (!*scene->canvas->boxes[note->box_index].tags) {
		ui_say(ui, "say.no_tags");
		return nothing;
	}
	buf_reset(&ui->choice_text);
	buf_str(&ui->choice_text, note->tags);
	return ui_choose(ui, CHOICE_TAGS, "");
}

static struct intent begin_link(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas);
	if (!note || !scene->canvas->may_add || scene->canvas->frozen) {
		ui_say(ui, !note ? "say.choose_note" : scene->canvas->frozen ? "say.frozen" : "say.may_not_add");
		return nothing;
	}
	copy_id(ui->board.from, note->id);
	ui->board.state = BOARD_LINK;
	return nothing;
}

static struct intent end_link(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas);
	if (!note || !strcmp(note->id, ui->board.from)) {
		ui_say(ui, "say.link.other");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "from", ui->board.from);
	cJSON_AddStringToObject(args, "to", note->id);
	ui->board.state = BOARD_LOOK;
	struct intent out = ui_do(ui->board.doc, CMD_LINK_ADD, args);
	out.needs_id = true;
	ui_say(ui, "say.linked");
	return out;
}

static struct intent list_links(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas);
	if (!note || !note->link_count)
		ui_say(ui, note ? "say.no_links" : "say.choose_note");
	else
		ui->board.state = BOARD_LINKS;
	ui->board.at = 0;
	return nothing;
}

static struct intent list_unsaved(struct ui *ui, const struct scene *scene)
{
	if (scene->canvas->unsaved_count)
		ui->board.state = BOARD_UNSAVED;
	else
		ui_say(ui, "say.no_unsaved");
	ui->board.at = 0;
	return nothing;
}

static struct intent switch_view(struct ui *ui, const struct scene *scene)
{
	(void)scene;
	board_switch_view(&ui->board);
	return nothing;
}

static struct intent set_see(struct ui *ui, const struct scene *scene)
{
	const struct canvas *canvas = scene->canvas;
	return ui_set_see(ui, canvas->id, canvas->see, canvas->may_open);
}

static struct intent name_type(struct ui *ui, const struct scene *scene)
{
	if (!scene->canvas->may_add) {
		ui_say(ui, "say.may_not_add");
		return nothing;
	}
	return ui_ask_line(ui, LINE_TYPE, "");
}

static struct intent look_back(struct ui *ui, const struct scene *scene) { (void)scene; return ui_look_back(ui); }
static struct intent places(struct ui *ui, const struct scene *scene) { (void)scene; ui->mode = ui->home = UI_PLACES; copy_id(ui->place, ui->board.doc); return nothing; }
static struct intent help(struct ui *ui, const struct scene *scene) { (void)scene; ui->mode = UI_HELP; return nothing; }
static struct intent hurry(struct ui *ui, const struct scene *scene) { (void)ui, (void)scene; return intent(INTENT_HURRY); }
static struct intent quit(struct ui *ui, const struct scene *scene) { (void)ui, (void)scene; return intent(INTENT_QUIT); }

static struct intent freeze(struct ui *ui, const struct scene *scene)
{
	if (!role_is_staff(scene->picture->role)) {
		ui_say(ui, "say.staff");
		return nothing;
	}
	ui_say(ui, scene->picture->frozen ? "say.pens_up" : "say.pens_down");
	return intent(INTENT_FREEZE);
}

/* --- from a canvas to the wall --- */

/* Which part of a statement a note says: the one it was promoted from, else the first that its box is for. */
static int part_of(const struct canvas *canvas, const struct canvas_note *note)
{
	const char *parts = canvas->boxes[note->box_index].parts;
	int best = PARTS;
	const char *found = NULL;
	for (int p = 0; p < PARTS; p++) {
		if (!strcmp(note->part, part_names[p]))
			return p;
		const char *at = strstr(parts, part_names[p]);
		if (at && (!found || at < found)) {
			found = at;
			best = p;
		}
	}
	return best;
}

/* The proposition around a note: what it says itself, and for the other parts the nearest notes that links lead to. */
static struct statement statement_around(const struct canvas *canvas, const struct canvas_note *note)
{
	const struct canvas_note *path[PATH_MAX_NOTES] = { note }, *other;
	struct statement words = { .part = { "", "", "", "" }, .venture = "" };
	size_t count = 1;
	for (size_t i = 0; i < count; i++) {
		int part = part_of(canvas, path[i]);
		if (part < PARTS && !*words.part[part])
			words.part[part] = path[i]->text;
		for (size_t l = 0; canvas_link_at(canvas, path[i]->id, l, &other) && count < PATH_MAX_NOTES; l++) {
			bool known = false;
			for (size_t k = 0; k < count; k++)
				known |= path[k] == other;
			if (!known)
				path[count++] = other;
		}
	}
	return words;
}

static struct intent post_to_wall(struct ui *ui, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas);
	if (!note || ui->has_draft) {
		ui_say(ui, note ? "say.draft_first" : "say.choose_note");
		return nothing;
	}
	struct statement words = statement_around(scene->canvas, note);
	compose_start(&ui->compose, "", &words);
	if (compose_is_empty(&ui->compose)) {
		ui_say(ui, "say.no_parts");
		return nothing;
	}
	ui->compose.touched = true;
	ui->mode = UI_COMPOSE;
	return nothing;
}

/* --- lists over a canvas --- */

static bool step_list(struct ui *ui, const struct key *key, size_t count)
{
	char letter = ui_letter(key);
	if (key->type == KEY_ESCAPE || letter == 'q')
		ui->board.state = BOARD_LOOK;
	else if (key->type == KEY_GO_DOWN || letter == 'j')
		ui->board.at = list_step(ui->board.at, 1, count);
	else if (key->type == KEY_GO_UP || letter == 'k')
		ui->board.at = list_step(ui->board.at, -1, count);
	else
		return false;
	return true;
}

static struct intent key_links(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct canvas_note *note = board_focused_note(ui, scene->canvas), *other = NULL;
	const struct canvas_link *link = note ? canvas_link_at(scene->canvas, note->id, ui->board.at, &other) : NULL;
	char letter = ui_letter(key);
	if (!link || step_list(ui, key, note->link_count))
		return nothing;
	if (key->type == KEY_RETURN || letter == 'l') {
		board_focus_note(&ui->board, scene->canvas, other);
		ui->board.state = BOARD_LOOK;
	} else if (letter == 'x' || letter == 'd') {
		cJSON *args = cJSON_CreateObject();
		cJSON_AddStringToObject(args, "id", link->id);
		ui->board.at = list_step(ui->board.at, 0, note->link_count);
		ui_say(ui, "say.unlinked");
		return ui_do(ui->board.doc, CMD_LINK_REMOVE, args);
	}
	return nothing;
}

static struct intent key_unsaved(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct canvas *canvas = scene->canvas;
	if (ui->board.at >= canvas->unsaved_count)
		ui->board.at = 0;
	if (!canvas->unsaved_count || step_list(ui, key, canvas->unsaved_count))
		return nothing;
	const struct canvas_unsaved *unsaved = &canvas->unsaved[ui->board.at];
	if (key->type == KEY_RETURN)
		return ui_save_anew(ui, canvas, unsaved);
	if (ui_letter(key) == 'x' || ui_letter(key) == 'd') {
		ui_say(ui, "say.dropped");
		return intent_on(INTENT_FORGET, unsaved->change->id);
	}
	return nothing;
}

/* --- looking --- */

static const struct {
	char letter;
	struct intent (*act)(struct ui *ui, const struct scene *scene);
} letters[] = {
	{ 'a', ui_add_note }, { 'e', ui_edit_note }, { 'z', open_box },     { 'd', delete_notes }, { 'D', duplicate },    { 'u', ui_undo },    { 'm', move_notes },
	{ 'J', reorder_down }, { 'K', reorder_up }, { ' ', mark },         { 't', set_tags },     { 'L', begin_link },   { 'f', list_links }, { 'w', list_unsaved },
	{ 'v', switch_view }, { 'o', set_see },     { 'N', name_type },    { 'T', look_back },    { 'p', post_to_wall }, { 'c', places },     { '?', help },
	{ 'F', freeze },      { 'R', hurry },       { 'q', quit },
};

static struct intent step_back(struct ui *ui, const struct scene *scene)
{
	struct board *board = &ui->board;
	if (board->mark_count)
		board->mark_count = 0;
	else if (*board->open)
		board->open[0] = 0;
	else
		return places(ui, scene);
	return nothing;
}

static struct intent key_look(struct ui *ui, const struct key *key, const struct scene *scene)
{
	char letter = ui_letter(key);
	if (board_move_focus(&ui->board, scene->canvas, key))
		return nothing;
	if (key->type == KEY_ESCAPE)
		return step_back(ui, scene);
	if (key->type == KEY_TAKE_BACK)
		return ui_undo(ui, scene);
	if (key->type == KEY_DO_AGAIN)
		return ui_redo(ui, scene);
	if (key->type == KEY_RETURN)
		return enter(ui, scene);
	if (letter >= '0' && letter <= '0' + TYPES_MAX)
		return set_type(ui, scene->canvas, letter - '0');
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == letter)
			return letters[i].act(ui, scene);
	return nothing;
}

static struct intent key_link(struct ui *ui, const struct key *key, const struct scene *scene)
{
	if (board_move_focus(&ui->board, scene->canvas, key))
		return nothing;
	if (key->type == KEY_RETURN || ui_letter(key) == 'L')
		return end_link(ui, scene);
	if (key->type == KEY_ESCAPE)
		ui->board.state = BOARD_LOOK;
	return nothing;
}

struct intent ui_key_canvas(struct ui *ui, const struct key *key, const struct scene *scene)
{
	board_settle(ui, scene->canvas);
	switch (ui->board.state) {
	case BOARD_LOOK: return key_look(ui, key, scene);
	case BOARD_EDIT: return ui_key_edit(ui, key, scene);
	case BOARD_ADD: return ui_key_add(ui, key, scene);
	case BOARD_LINK: return key_link(ui, key, scene);
	case BOARD_LINKS: return key_links(ui, key, scene);
	case BOARD_UNSAVED: return key_unsaved(ui, key, scene);
	}
	return nothing;
}
