/* The list of places, the page of teams, lists to choose from, and the slider through the past. */
#include "client-cli/sentence.h"
#include "client-cli/view.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Keeps row `at` of `count` within `room`; returns the first one shown. */
static int first_row(int *scroll, int at, int count, int room)
{
	if (at - *scroll >= room)
		*scroll = at - room + 1;
	if (at < *scroll)
		*scroll = at;
	if (*scroll > count - room)
		*scroll = count - room;
	if (*scroll < 0)
		*scroll = 0;
	return *scroll;
}

static void add_count(struct buf *out, const char *key, size_t n)
{
	struct sentence_arg list[] = { { "n", NULL, (int64_t)n }, { 0 } };
	sentence_add(out, key, list);
}

/* --- places --- */

static const char *see_key(const struct canvas_entry *canvas)
{
	if (*canvas->deleted)
		return "canvas.removed";
	if (!canvas->may_see)
		return "canvas.closed";
	if (!strcmp(canvas->see, "staff"))
		return "canvas.see.staff";
	return !*canvas->team || !strcmp(canvas->see, "class") ? "canvas.see.class" : "canvas.see.team";
}

static void draw_canvas_row(struct grid *grid, int row, const struct canvas_entry *canvas, style s)
{
	struct buf text = { 0 };
	int right = grid->columns;
	if (canvas->here)
		add_count(&text, "places.here", canvas->here);
	buf_str(&text, canvas->here ? " · " : "");
	buf_str(&text, sentence(see_key(canvas)));
	int takes = term_width(text.s, text.n);
	if (takes < grid->columns / 2) {
		grid_text_right(grid, row, right, takes, STYLE_DIM, text.s);
		right -= takes + 2;
	}
	grid_text(grid, row, 4, right - 4, canvas->may_see ? s : s | STYLE_COLOUR(COLOUR_QUIET), canvas->title);
	buf_release(&text);
}

static void draw_place(struct grid *grid, int row, const struct place_row *place, const struct scene *scene, bool chosen)
{
	style s = chosen ? STYLE_REVERSE : 0;
	struct buf text = { 0 };
	switch (place->kind) {
	case PLACE_WALL:
		buf_str(&text, sentence("places.wall"));
		buf_str(&text, "  ");
		add_count(&text, "wall.posts", scene->picture->live_count);
		grid_text(grid, row, 2, grid->columns - 2, s | STYLE_BOLD, text.s);
		break;
	case PLACE_TEAMS: grid_text(grid, row, 2, grid->columns - 2, s | STYLE_BOLD, sentence("places.teams")); break;
	case PLACE_HEADING: grid_text(grid, row, 2, grid->columns - 2, STYLE_COLOUR(COLOUR_ACCENT), !place->title ? sentence("places.removed") : *place->title ? place->title : sentence("canvas.class")); break;
	case PLACE_CANVAS: draw_canvas_row(grid, row, place->canvas, s); break;
	}
	buf_release(&text);
}

/* "Here now: Ama O., Lindiwe M." in their colours. */
static void draw_people(struct grid *grid, const struct class_list *list, int row)
{
	struct paragraph paragraph = { 0 };
	struct buf text = { 0 };
	size_t shown = 0;
	if (list->here_total) {
		add_count(&text, "places.connected", (size_t)list->here_total);
		paragraph_add(&paragraph, text.s, STYLE_DIM);
	}
	for (size_t i = 0; i < list->member_count; i++) {
		if (!list->members[i].here)
			continue;
		paragraph_add(&paragraph, shown++ ? ", " : sentence("places.now"), STYLE_DIM);
		paragraph_add(&paragraph, list->members[i].name, view_hue(list->members[i].colour));
	}
	struct pen pen = { .grid = grid, .width = grid->columns, .top = row, .bottom = row + 1, .row = row };
	pen_paragraph(&pen, &paragraph, 0);
	if (pen.row > row + 1)
		grid_text(grid, row, grid->columns - 1, 1, STYLE_DIM, "…");
	paragraph_release(&paragraph);
	buf_release(&text);
}

void view_places(struct grid *grid, struct ui *ui, const struct scene *scene, int top, int bottom)
{
	size_t count;
	struct place_row *rows = ui_places(scene, &count);
	int at = 0, people = bottom - top > 6;
	grid_text(grid, top++, 0, grid->columns, STYLE_BOLD, sentence("places.title"));
	for (size_t i = 0; i < count; i++)
		if (rows[i].kind != PLACE_HEADING && !strcmp(rows[i].id, ui->place))
			at = (int)i;
	int from = first_row(&ui->list_scroll, at, (int)count, bottom - top - people);
	for (int i = from; i < (int)count && top + i - from < bottom - people; i++)
		draw_place(grid, top + i - from, &rows[i], scene, i == at);
	if (people)
		draw_people(grid, scene->list, bottom - 1);
	free(rows);
}

/* --- teams --- */

static void draw_member(struct grid *grid, int row, const struct team_row *entry, const struct class_list *list, style s)
{
	const struct member_entry *member = entry->member;
	const struct canvas_entry *in = *member->in ? class_list_canvas(list, member->in) : NULL;
	struct buf text = { 0 };
	buf_str(&text, member->name);
	if (member->me) {
		buf_str(&text, " (");
		buf_str(&text, sentence("wall.you"));
		buf_char(&text, ')');
	}
	grid_text(grid, row, 4, 1, view_hue(member->colour), member->here ? "●" : "○");
	int taken = grid_text(grid, row, 6, grid->columns - 6, s, text.s);
	if (in)
		grid_text(grid, row, 8 + taken, grid->columns - 8 - taken, STYLE_DIM, in->title);
	buf_release(&text);
}

static void draw_team(struct grid *grid, int row, const struct team_row *entry, const struct class_list *list, style s)
{
	struct buf text = { 0 };
	size_t members = 0;
	for (size_t i = 0; i < list->member_count; i++)
		members += !strcmp(list->members[i].team, entry->team ? entry->team->id : "");
	int taken = grid_text(grid, row, 2, grid->columns - 2, s | STYLE_BOLD, entry->team ? entry->team->name : sentence("teams.none"));
	if (entry->team && *entry->team->deleted)
		buf_str(&text, sentence("canvas.removed"));
	else if (entry->team)
		add_count(&text, "teams.members", members);
	grid_text(grid, row, 4 + taken, grid->columns - 4 - taken, STYLE_DIM, buf_cstr(&text));
	buf_release(&text);
}

void view_teams(struct grid *grid, struct ui *ui, const struct scene *scene, int top, int bottom)
{
	size_t count;
	struct team_row *rows = ui_teams(scene, &count);
	int at = 0;
	grid_text(grid, top, 0, grid->columns, STYLE_BOLD, sentence("places.teams"));
	if (grid->columns > 60)
		grid_text_right(grid, top, grid->columns, grid->columns / 2, STYLE_DIM, sentence(scene->list->self_teams ? "teams.self" : "teams.staff"));
	top++;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].id, ui->person))
			at = (int)i;
	int from = first_row(&ui->list_scroll, at, (int)count, bottom - top);
	for (int i = from; i < (int)count && top + i - from < bottom; i++) {
		style s = i == at ? STYLE_REVERSE : 0;
		if (rows[i].member)
			draw_member(grid, top + i - from, &rows[i], scene->list, s);
		else
			draw_team(grid, top + i - from, &rows[i], scene->list, s);
	}
	free(rows);
}

/* --- choices --- */

void view_choice(struct grid *grid, struct ui *ui, const struct scene *scene, int top, int bottom)
{
	static const char *const titles[] = {
		[CHOICE_NONE] = "choice.box", [CHOICE_BOX] = "choice.box", [CHOICE_TAGS] = "choice.tags", [CHOICE_TEAM] = "choice.team",
		[CHOICE_TEMPLATE] = "choice.template", [CHOICE_WHOSE] = "choice.whose", [CHOICE_CANVAS] = "choice.canvas",
	};
	size_t count;
	struct choice_row *rows = ui_choices(ui, scene, &count);
	char text[300];
	int none = 0;
	grid_text(grid, top++, 0, grid->columns, STYLE_BOLD, sentence(titles[ui->choice_for]));
	if (!count)
		grid_text(grid, top, 2, grid->columns - 2, STYLE_DIM, sentence(ui->choice_for == CHOICE_TEMPLATE && scene->templates_loading ? "choice.loading" : "choice.nothing"));
	int from = first_row(&none, ui->choice, (int)count, bottom - top);
	for (int i = from; i < (int)count && top + i - from < bottom; i++) {
		snprintf(text, sizeof text, "%.0d%s%s%s", i < 9 ? i + 1 : 0, i < 9 ? " " : "  ", ui->choice_for != CHOICE_TAGS ? "" : rows[i].on ? "[x] " : "[ ] ", rows[i].label);
		style s = (i == ui->choice ? STYLE_REVERSE : 0) | (rows[i].on ? STYLE_BOLD : 0);
		grid_text(grid, top + i - from, 2, grid->columns - 2, s, text);
	}
	free(rows);
}

/* --- the past --- */

static void draw_slider(struct grid *grid, const struct ui *ui, const struct past *past, int row)
{
	char text[48];
	size_t at = ui->moment < past->count ? ui->moment : past->count - 1;
	snprintf(text, sizeof text, " %zu/%zu", at + 1, past->count);
	int width = grid->columns - term_width(text, strlen(text));
	if (width < 4)
		return;
	int knob = past->count > 1 ? (int)((at * (size_t)(width - 1)) / (past->count - 1)) : width - 1;
	for (int c = 0; c < width; c++)
		grid_text(grid, row, c, 1, c <= knob ? STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT) : STYLE_DIM, c == knob ? "●" : "─");
	grid_text(grid, row, width, grid->columns - width, STYLE_DIM, text);
}

static void add_moment(struct buf *out, const struct scene *scene, const struct moment *moment)
{
	char when[48], key[64];
	time_t seconds = (time_t)(moment->ms / 1000);
	struct tm local;
	const struct member_entry *who = *moment->who ? class_list_member(scene->list, moment->who) : NULL;
	localtime_r(&seconds, &local);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S  ", &local);
	buf_str(out, when);
	buf_str(out, who ? who->name : sentence("past.somebody"));
	buf_char(out, ' ');
	snprintf(key, sizeof key, "past.%s", *moment->cmd ? moment->cmd : "made");
	buf_str(out, sentence_has(key) ? sentence(key) : moment->cmd);
	if (moment->n > 1) {
		buf_str(out, " (");
		buf_int(out, moment->n);
		buf_char(out, ')');
	}
}

int view_past(struct grid *grid, const struct ui *ui, const struct scene *scene, int top, int bottom)
{
	const struct past *past = scene->past;
	struct buf text = { 0 };
	if (bottom - top < 5)
		return bottom;
	if (*past->refused)
		grid_text(grid, bottom - 2, 0, grid->columns, STYLE_COLOUR(COLOUR_BAD), past->refused);
	else if (!past->count)
		grid_text(grid, bottom - 2, 0, grid->columns, STYLE_DIM, sentence(past->loading ? "past.loading" : "past.none"));
	if (past->count) {
		draw_slider(grid, ui, past, bottom - 3);
		add_moment(&text, scene, &past->moments[ui->moment < past->count ? ui->moment : past->count - 1]);
		grid_text(grid, bottom - 2, 0, grid->columns, STYLE_BOLD, text.s);
	}
	grid_text(grid, bottom - 1, 0, grid->columns, STYLE_DIM, sentence(role_is_staff(scene->picture->role) ? "past.keys.staff" : ui->home == UI_CANVAS ? "past.keys" : "past.keys.wall"));
	buf_release(&text);
	return bottom - 3;
}
