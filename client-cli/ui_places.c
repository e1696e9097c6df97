/* Keys on the list of places, on the page of teams, and in lists to choose from. */
#include "client-cli/ui_internal.h"
#include "client-cli/sentence.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct intent ui_do(const char *doc, enum command command, cJSON *args)
{
	struct intent out = { .type = INTENT_DO, .command = command, .args = args };
	snprintf(out.doc, sizeof out.doc, "%s", doc);
	return out;
}

char ui_letter(const struct key *key)
{
	return key->type == KEY_TEXT && key->n == 1 ? key->text[0] : 0;
}

size_t list_step(size_t at, long by, size_t count)
{
	long to = (long)at + by;
	if (!count)
		return 0;
	return (size_t)(to < 0 ? (long)count - 1 : to >= (long)count ? 0 : to);
}

static bool is_staff(const struct scene *scene)
{
	return role_is_staff(scene->picture->role);
}

static cJSON *args_of(const char *key, const char *value)
{
	cJSON *args = cJSON_CreateObject();
	if (value)
		cJSON_AddStringToObject(args, key, value);
	return args;
}

static void *array_new(size_t count, size_t size)
{
	void *out = calloc(count + 1, size);
	if (!out)
		abort();
	return out;
}

/* --- the list of places --- */

static void add_canvases(const struct class_list *list, const char *team, const char *title, struct place_row *rows, size_t *count)
{
	bool headed = false;
	for (size_t i = 0; i < list->canvas_count; i++) {
		const struct canvas_entry *entry = &list->canvases[i];
		if (*entry->deleted || strcmp(entry->team, team) != 0)
			continue;
		if (!headed)
			rows[(*count)++] = (struct place_row){ .kind = PLACE_HEADING, .id = "", .title = title };
		headed = true;
		rows[(*count)++] = (struct place_row){ .kind = PLACE_CANVAS, .id = entry->id, .canvas = entry };
	}
}

static void add_removed(const struct class_list *list, struct place_row *rows, size_t *count)
{
	bool headed = false;
	for (size_t i = 0; i < list->canvas_count; i++) {
		if (!*list->canvases[i].deleted)
			continue;
		if (!headed)
			rows[(*count)++] = (struct place_row){ .kind = PLACE_HEADING, .id = "" };
		headed = true;
		rows[(*count)++] = (struct place_row){ .kind = PLACE_CANVAS, .id = list->canvases[i].id, .canvas = &list->canvases[i] };
	}
}

struct place_row *ui_places(const struct scene *scene, size_t *count)
{
	const struct class_list *list = scene->list;
	struct place_row *rows = array_new(2 * list->canvas_count + list->team_count + 4, sizeof *rows);
	*count = 0;
	rows[(*count)++] = (struct place_row){ .kind = PLACE_WALL, .id = "wall" };
	rows[(*count)++] = (struct place_row){ .kind = PLACE_TEAMS, .id = "teams" };
	const struct team_entry *mine = *list->my_team ? class_list_team(list, list->my_team) : NULL;
	if (mine)
		add_canvases(list, mine->id, mine->name, rows, count);
	add_canvases(list, "", "", rows, count);
	for (size_t i = 0; i < list->team_count; i++)
		if (&list->teams[i] != mine)
			add_canvases(list, list->teams[i].id, list->teams[i].name, rows, count);
	add_removed(list, rows, count);
	return rows;
}

static size_t place_at(const struct ui *ui, const struct place_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].kind != PLACE_HEADING && !strcmp(rows[i].id, ui->place))
			return i;
	return 0;
}

static void go_to_place(struct ui *ui, const struct place_row *rows, size_t count, size_t at, long by)
{
	do
		at = list_step(at, by, count);
	while (rows[at].kind == PLACE_HEADING);
	snprintf(ui->place, sizeof ui->place, "%s", rows[at].id);
}

static struct intent go_in(struct ui *ui, const char *canvas)
{
	board_enter(&ui->board, canvas);
	ui->mode = ui->home = UI_CANVAS;
	return nothing;
}

static struct intent open_place(struct ui *ui, const struct place_row *row)
{
	switch (row->kind) {
	case PLACE_WALL: ui->mode = ui->home = UI_WALL; break;
	case PLACE_TEAMS: ui->mode = ui->home = UI_TEAMS; break;
	case PLACE_HEADING: break;
	case PLACE_CANVAS:
		if (row->canvas->may_see)
			return go_in(ui, row->id);
		ui_say(ui, "say.may_not_see");
		break;
	}
	return nothing;
}

struct intent ui_set_see(struct ui *ui, const char *id, const char *see, bool may)
{
	bool open = !strcmp(see, "class");
	if (!may) {
		ui_say(ui, "say.not_your_team");
		return nothing;
	}
	cJSON *args = args_of("id", id);
	cJSON_AddStringToObject(args, "see", open ? "team" : "class");
	ui_say(ui, open ? "say.see.team" : "say.see.class");
	return ui_do("class", CMD_DOCUMENT_SET, args);
}

static struct intent set_see(struct ui *ui, const struct canvas_entry *entry, const struct scene *scene)
{
	return ui_set_see(ui, entry->id, entry->see, is_staff(scene) || (*entry->team && entry->ours));
}

static struct intent remove_canvas(struct ui *ui, const struct canvas_entry *entry)
{
	bool gone = *entry->deleted;
	ui_say(ui, gone ? "say.restored" : "say.deleted");
	return ui_do("class", gone ? CMD_DOCUMENT_RESTORE : CMD_DOCUMENT_REMOVE, args_of("id", entry->id));
}

static struct intent choose_template(struct ui *ui)
{
	ui_choose(ui, CHOICE_TEMPLATE, "");
	return intent(INTENT_TEMPLATES);
}

static struct intent undo_in_class(struct ui *ui, enum command command)
{
	ui_say(ui, command == CMD_UNDO ? "say.undone" : "say.redone");
	return ui_do("class", command, cJSON_CreateObject());
}

/* What instructors do to the list; false if the letter means nothing here. */
static bool lead_places(struct ui *ui, char letter, const struct place_row *row, const struct scene *scene, struct intent *out)
{
	const struct canvas_entry *canvas = row->canvas;
	if (!letter || !strchr("nrduF", letter))
		return false;
	*out = nothing;
	if (!is_staff(scene))
		ui_say(ui, "say.staff");
	else if (letter == 'n')
		*out = choose_template(ui);
	else if (letter == 'u')
		*out = undo_in_class(ui, CMD_UNDO);
	else if (letter == 'F')
		*out = intent(INTENT_FREEZE);
	else if (!canvas)
		ui_say(ui, "say.choose_canvas");
	else if (letter == 'r')
		*out = ui_ask_line(ui, LINE_TITLE, canvas->title);
	else
		*out = remove_canvas(ui, canvas);
	return true;
}

static struct intent key_places(struct ui *ui, const struct key *key, const struct place_row *rows, size_t count, const struct scene *scene)
{
	size_t at = place_at(ui, rows, count);
	char letter = ui_letter(key);
	struct intent out;
	snprintf(ui->place, sizeof ui->place, "%s", rows[at].id);
	if (key->type == KEY_GO_DOWN || key->type == KEY_TABULATOR || letter == 'j')
		go_to_place(ui, rows, count, at, 1);
	else if (key->type == KEY_GO_UP || key->type == KEY_BACK_TABULATOR || letter == 'k')
		go_to_place(ui, rows, count, at, -1);
	else if (key->type == KEY_FIRST || letter == 'g')
		go_to_place(ui, rows, count, count, 1);
	else if (key->type == KEY_LAST || letter == 'G')
		go_to_place(ui, rows, count, 0, -1);
	else if (key->type == KEY_RETURN || key->type == KEY_GO_RIGHT || letter == 'l')
		return open_place(ui, &rows[at]);
	else if (key->type == KEY_ESCAPE || letter == 'w')
		ui->mode = ui->home = UI_WALL;
	else if (letter == 't')
		ui->mode = ui->home = UI_TEAMS;
	else if (letter == 'o' && rows[at].canvas)
		return set_see(ui, rows[at].canvas, scene);
	else if (key->type == KEY_TAKE_BACK || key->type == KEY_DO_AGAIN)
		return undo_in_class(ui, key->type == KEY_TAKE_BACK ? CMD_UNDO : CMD_REDO);
	else if (letter == '?')
		ui->mode = UI_HELP;
	else if (letter == 'R')
		return intent(INTENT_HURRY);
	else if (letter == 'q')
		return intent(INTENT_QUIT);
	else if (lead_places(ui, letter, &rows[at], scene, &out))
		return out;
	return nothing;
}

struct intent ui_key_places(struct ui *ui, const struct key *key, const struct scene *scene)
{
	size_t count;
	struct place_row *rows = ui_places(scene, &count);
	struct intent out = key_places(ui, key, rows, count, scene);
	free(rows);
	return out;
}

/* --- teams --- */

static void add_members(const struct class_list *list, const char *team, const struct team_entry *entry, struct team_row *rows, size_t *count)
{
	for (size_t i = 0; i < list->member_count; i++) {
		const struct member_entry *member = &list->members[i];
		bool staff = !strcmp(member->role, "owner") || !strcmp(member->role, "instructor");
		if (!strcmp(member->team, team) && !(staff && !*team))
			rows[(*count)++] = (struct team_row){ .team = entry, .member = member, .id = member->id };
	}
}

struct team_row *ui_teams(const struct scene *scene, size_t *count)
{
	const struct class_list *list = scene->list;
	struct team_row *rows = array_new(list->team_count + list->member_count + 1, sizeof *rows);
	*count = 0;
	for (size_t i = 0; i < list->team_count; i++) {
		const struct team_entry *team = &list->teams[i];
		rows[(*count)++] = (struct team_row){ .team = team, .id = team->id };
		if (!*team->deleted)
			add_members(list, team->id, team, rows, count);
	}
	rows[(*count)++] = (struct team_row){ .id = "" };
	add_members(list, "", NULL, rows, count);
	return rows;
}

static size_t team_at(const struct ui *ui, const struct team_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].id, ui->person))
			return i;
	return 0;
}

/* The first canvas of a team that one may read. */
static struct intent open_team(struct ui *ui, const struct team_entry *team, const struct scene *scene)
{
	for (size_t i = 0; team && i < scene->list->canvas_count; i++) {
		const struct canvas_entry *entry = &scene->list->canvases[i];
		if (!strcmp(entry->team, team->id) && entry->may_see && !*entry->deleted)
			return go_in(ui, entry->id);
	}
	ui_say(ui, "say.no_canvas");
	return nothing;
}

static struct intent join(struct ui *ui, const struct team_entry *team, const struct scene *scene)
{
	if (!scene->list->self_teams && !is_staff(scene)) {
		ui_say(ui, "say.teams.staff");
		return nothing;
	}
	return ui_do("class", CMD_TEAM_JOIN, args_of("team", team ? team->id : NULL));
}

static struct intent deal(struct ui *ui, bool all)
{
	cJSON *args = cJSON_CreateObject();
	if (all)
		cJSON_AddBoolToObject(args, "all", true);
	ui_say(ui, "say.dealt");
	return ui_do("class", CMD_TEAM_DEAL, args);
}

static struct intent who_deals(struct ui *ui, const struct scene *scene)
{
	bool self = scene->list->self_teams;
	ui_say(ui, self ? "say.teams.now.staff" : "say.teams.now.self");
	return ui_do("class", CMD_CLASS_SET, args_of("teams", self ? "staff" : "self"));
}

static struct intent remove_team(struct ui *ui, const struct team_entry *team)
{
	bool gone = *team->deleted;
	ui_say(ui, gone ? "say.restored" : "say.deleted");
	return ui_do("class", gone ? CMD_TEAM_RESTORE : CMD_TEAM_REMOVE, args_of("id", team->id));
}

static bool lead_teams(struct ui *ui, char letter, const struct team_row *row, const struct scene *scene, struct intent *out)
{
	if (!letter || !strchr("nrdmDASCuF", letter))
		return false;
	*out = nothing;
	if (!is_staff(scene)) {
		ui_say(ui, "say.staff");
		return true;
	}
	switch (letter) {
	case 'n': *out = ui_ask_line(ui, LINE_TEAM_NEW, ""); break;
	case 'D':
	case 'A': *out = deal(ui, letter == 'A'); break;
	case 'S': *out = who_deals(ui, scene); break;
	case 'C': *out = choose_template(ui); break;
	case 'u': *out = undo_in_class(ui, CMD_UNDO); break;
	case 'F': *out = intent(INTENT_FREEZE); break;
	case 'm':
		if (row->member)
			*out = ui_choose(ui, CHOICE_TEAM, row->member->id);
		else
			ui_say(ui, "say.choose_person");
		break;
	default:
		if (!row->team || row->member)
			ui_say(ui, "say.choose_team");
		else
			*out = letter == 'r' ? ui_ask_line(ui, LINE_TEAM_NAME, row->team->name) : remove_team(ui, row->team);
	}
	return true;
}

static struct intent key_teams(struct ui *ui, const struct key *key, const struct team_row *rows, size_t count, const struct scene *scene)
{
	size_t at = team_at(ui, rows, count);
	char letter = ui_letter(key);
	struct intent out;
	long by = 0;
	if (key->type == KEY_GO_DOWN || key->type == KEY_TABULATOR || letter == 'j')
		by = 1;
	else if (key->type == KEY_GO_UP || key->type == KEY_BACK_TABULATOR || letter == 'k')
		by = -1;
	else if (key->type == KEY_FIRST || letter == 'g')
		by = -(long)at;
	else if (key->type == KEY_LAST || letter == 'G')
		by = (long)(count - 1 - at);
	else if (key->type == KEY_RETURN || key->type == KEY_GO_RIGHT || letter == 'l')
		return open_team(ui, rows[at].team, scene);
	else if (key->type == KEY_ESCAPE || letter == 'c')
		ui->mode = ui->home = UI_PLACES;
	else if (letter == 'J' || letter == 'x')
		return join(ui, letter == 'J' ? rows[at].team : NULL, scene);
	else if (key->type == KEY_TAKE_BACK || key->type == KEY_DO_AGAIN)
		return undo_in_class(ui, key->type == KEY_TAKE_BACK ? CMD_UNDO : CMD_REDO);
	else if (letter == '?')
		ui->mode = UI_HELP;
	else if (letter == 'R')
		return intent(INTENT_HURRY);
	else if (letter == 'q')
		return intent(INTENT_QUIT);
	else if (lead_teams(ui, letter, &rows[at], scene, &out)) {
		snprintf(ui->person, sizeof ui->person, "%s", rows[at].id);
		return out;
	}
	snprintf(ui->person, sizeof ui->person, "%s", rows[list_step(at, by, count)].id);
	return nothing;
}

struct intent ui_key_teams(struct ui *ui, const struct key *key, const struct scene *scene)
{
	size_t count;
	struct team_row *rows = ui_teams(scene, &count);
	struct intent out = key_teams(ui, key, rows, count, scene);
	free(rows);
	return out;
}

/* --- lines --- */

static struct intent name_type(struct ui *ui)
{
	const char *text = editor_text(&ui->line);
	if (*text < '1' || *text > '8') {
		ui_say(ui, "say.type.number");
		return nothing;
	}
	cJSON *args = cJSON_CreateObject();
	cJSON_AddNumberToObject(args, "number", *text - '0');
	text++;
	cJSON_AddStringToObject(args, "name", text + strspn(text, " "));
	return ui_do(ui->board.doc, CMD_TYPE_SET, args);
}

struct intent ui_line_done(struct ui *ui, const struct scene *scene)
{
	const char *text = editor_text(&ui->line);
	struct intent out;
	(void)scene;
	if (ui->line_for == LINE_TYPE)
		return name_type(ui);
	if (!text[strspn(text, " ")])
		return nothing;
	switch (ui->line_for) {
	case LINE_TEAM_NEW:
		out = ui_do("class", CMD_TEAM_ADD, args_of("name", text));
		out.needs_id = true;
		ui_ask_line(ui, LINE_TEAM_NEW, ""); /* whoever makes teams makes several */
		return out;
	case LINE_TEAM_NAME:
	case LINE_TITLE:
		out = ui_do("class", ui->line_for == LINE_TITLE ? CMD_DOCUMENT_SET : CMD_TEAM_SET, args_of("id", ui->line_for == LINE_TITLE ? ui->place : ui->person));
		cJSON_AddStringToObject(out.args, ui->line_for == LINE_TITLE ? "title" : "name", text);
		return out;
	case LINE_FILTER:
	case LINE_REASON:
	case LINE_TYPE: break;
	}
	return nothing;
}

/* --- choices --- */

struct intent ui_choose(struct ui *ui, enum ui_choice what, const char *id)
{
	ui->mode = UI_CHOICE;
	ui->choice_for = what;
	ui->choice = 0;
	snprintf(ui->choice_id, sizeof ui->choice_id, "%s", id);
	return nothing;
}

static bool has_line(const char *lines, const char *line)
{
	const char *at;
	size_t n;
	for (size_t i = 0; (at = line_at(lines, i, &n)); i++)
		if (n == strlen(line) && !memcmp(at, line, n))
			return true;
	return false;
}

static void add_row(struct choice_row *rows, size_t *count, const char *label, const char *value, bool on)
{
	struct choice_row *row = &rows[(*count)++];
	snprintf(row->label, sizeof row->label, "%s", label);
	snprintf(row->value, sizeof row->value, "%s", value);
	row->on = on;
}

static void add_teams(const struct class_list *list, const char *now, struct choice_row *rows, size_t *count)
{
	for (size_t i = 0; i < list->team_count; i++)
		if (!*list->teams[i].deleted)
			add_row(rows, count, list->teams[i].name, list->teams[i].id, !strcmp(list->teams[i].id, now));
}

static void add_canvas_row(struct choice_row *rows, size_t *count, const struct canvas_entry *entry)
{
	char text[240];
	snprintf(text, sizeof text, *entry->team ? "%s · %s" : "%s", entry->title, entry->team_name);
	add_row(rows, count, text, entry->id, false);
}

static void add_tags(const struct ui *ui, const struct scene *scene, struct choice_row *rows, size_t *count)
{
	const struct canvas_note *note = NULL;
	const char *tag;
	size_t n;
	char text[240];
	if (!board_target_count(ui, scene->canvas, &note))
		return;
	const char *tags = scene->canvas->boxes[note->box_index].tags;
	for (size_t i = 0; *count < CHOICE_ROWS_MAX && (tag = line_at(tags, i, &n)); i++) {
		snprintf(text, sizeof text, "%.*s", (int)n, tag);
		add_row(rows, count, text, "", has_line(buf_cstr((struct buf *)&ui->choice_text), text));
	}
}

struct choice_row *ui_choices(const struct ui *ui, const struct scene *scene, size_t *count)
{
	const struct class_list *list = scene->list;
	const struct canvas *canvas = scene->canvas;
	struct choice_row *rows = array_new(canvas->box_count + list->team_count + list->canvas_count + scene->template_count + CHOICE_ROWS_MAX + 2, sizeof *rows);
	const struct member_entry *member;
	*count = 0;
	switch (ui->choice_for) {
	case CHOICE_NONE: break;
	case CHOICE_BOX:
		for (size_t i = 0; i < canvas->box_count; i++)
			add_row(rows, count, canvas->boxes[i].title, canvas->boxes[i].id, !strcmp(canvas->boxes[i].id, ui->board.box));
		break;
	case CHOICE_TAGS: add_tags(ui, scene, rows, count); break;
	case CHOICE_TEAM:
		member = class_list_member(list, ui->choice_id);
		add_row(rows, count, sentence("teams.none"), "", member && !*member->team);
		add_teams(list, member ? member->team : "-", rows, count);
		break;
	case CHOICE_TEMPLATE:
		for (size_t i = 0; i < scene->template_count; i++)
			add_row(rows, count, scene->templates[i].title, scene->templates[i].key, false);
		break;
	case CHOICE_WHOSE:
		add_row(rows, count, sentence("choice.each"), "each", false);
		add_row(rows, count, sentence("choice.class"), "class", false);
		add_teams(list, "", rows, count);
		break;
	case CHOICE_CANVAS:
		for (size_t i = 0; i < list->canvas_count; i++)
			if (list->canvases[i].may_see && !*list->canvases[i].deleted)
				add_canvas_row(rows, count, &list->canvases[i]);
		break;
	}
	return rows;
}

static void toggle_tag(struct ui *ui, const struct choice_row *rows, size_t count)
{
	buf_reset(&ui->choice_text);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].on == (i == (size_t)ui->choice))
			continue;
		if (ui->choice_text.n)
			buf_char(&ui->choice_text, '\n');
		buf_str(&ui->choice_text, rows[i].label);
	}
}

static struct intent move_to_box(struct ui *ui, const struct scene *scene, const char *box)
{
	cJSON *ids = board_targets(ui, scene->canvas);
	if (!ids)
		return nothing;
	cJSON *args = cJSON_CreateObject();
	cJSON_AddItemToObject(args, "ids", ids);
	cJSON_AddStringToObject(args, "box", box);
	ui->board.mark_count = 0;
	snprintf(ui->board.box, sizeof ui->board.box, "%s", box);
	if (*ui->board.open)
		snprintf(ui->board.open, sizeof ui->board.open, "%s", box);
	ui_say(ui, "say.moved");
	return ui_do(ui->board.doc, CMD_NOTE_MOVE, args);
}

static struct intent set_tags(struct ui *ui, const struct scene *scene)
{
	cJSON *ids = board_targets(ui, scene->canvas);
	if (!ids)
		return nothing;
	cJSON *args = cJSON_CreateObject();
	cJSON_AddItemToObject(args, "ids", ids);
	cJSON_AddStringToObject(args, "tags", buf_cstr(&ui->choice_text));
	return ui_do(ui->board.doc, CMD_NOTE_SET, args);
}

static struct intent add_canvas(struct ui *ui, const char *whose)
{
	cJSON *args = args_of("template", buf_cstr(&ui->choice_text));
	if (!strcmp(whose, "each"))
		cJSON_AddBoolToObject(args, "each", true);
	else if (strcmp(whose, "class") != 0)
		cJSON_AddStringToObject(args, "team", whose);
	struct intent out = ui_do("class", CMD_CANVAS_ADD, args);
	out.needs_id = true;
	return out;
}

static struct intent chosen(struct ui *ui, const struct scene *scene, const struct choice_row *row)
{
	cJSON *args;
	ui->mode = ui->home;
	switch (ui->choice_for) {
	case CHOICE_NONE: break;
	case CHOICE_BOX: return move_to_box(ui, scene, row->value);
	case CHOICE_TAGS: return set_tags(ui, scene);
	case CHOICE_TEAM:
		args = args_of("member", ui->choice_id);
		if (*row->value)
			cJSON_AddStringToObject(args, "team", row->value);
		return ui_do("class", CMD_MEMBER_PLACE, args);
	case CHOICE_TEMPLATE:
		buf_reset(&ui->choice_text);
		buf_str(&ui->choice_text, row->value);
		return ui_choose(ui, CHOICE_WHOSE, "");
	case CHOICE_WHOSE: return add_canvas(ui, row->value);
	case CHOICE_CANVAS:
		args = args_of("post", ui->choice_id);
		ui_say(ui, "say.promoted");
		struct intent out = ui_do(row->value, CMD_CANVAS_PROMOTE, args);
		go_in(ui, row->value);
		return out;
	}
	return nothing;
}

static struct intent key_choice(struct ui *ui, const struct key *key, const struct scene *scene, const struct choice_row *rows, size_t count)
{
	char letter = ui_letter(key);
	if ((size_t)ui->choice >= count)
		ui->choice = 0;
	if (key->type == KEY_ESCAPE || letter == 'q' || (!count && key->type == KEY_RETURN)) {
		ui->mode = ui->home;
	} else if (key->type == KEY_GO_DOWN || letter == 'j') {
		ui->choice = (int)list_step((size_t)ui->choice, 1, count);
	} else if (key->type == KEY_GO_UP || letter == 'k') {
		ui->choice = (int)list_step((size_t)ui->choice, -1, count);
	} else if (key->type == KEY_RETURN) {
		return chosen(ui, scene, &rows[ui->choice]);
	} else if (letter >= '1' && letter <= '9' && (size_t)(letter - '1') < count) {
		ui->choice = letter - '1';
		if (ui->choice_for != CHOICE_TAGS)
			return chosen(ui, scene, &rows[ui->choice]);
		toggle_tag(ui, rows, count);
	} else if (letter == ' ' && ui->choice_for == CHOICE_TAGS && count) {
		toggle_tag(ui, rows, count);
	}
	return nothing;
}

struct intent ui_key_choice(struct ui *ui, const struct key *key, const struct scene *scene)
{
	size_t count;
	struct choice_row *rows = ui_choices(ui, scene, &count);
	struct intent out = key_choice(ui, key, scene, rows, count);
	free(rows);
	return out;
}
