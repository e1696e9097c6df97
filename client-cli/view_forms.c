/* What is filled in or chosen from: the composer, the list of sections, the door; and the page of keys. */
#include "client-cli/sentence.h"
#include "client-cli/view.h"
#include <stdio.h>
#include <string.h>

enum { LABEL = 12 };

/* --- composer --- */

static const char *const compose_labels[COMPOSE_FIELDS] = { "compose.for", "compose.who", "compose.venture", "compose.offer", "compose.helps", "compose.section" };
static const char *const compose_hints[COMPOSE_WORDS] = { "compose.hint.for", "compose.hint.who", "compose.hint.venture", "compose.hint.offer", "compose.hint.helps" };

static void draw_excess(struct grid *grid, int row, int excess)
{
	struct sentence_arg list[] = { { "n", NULL, excess }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, "compose.left", list);
	grid_text_right(grid, row, grid->columns, grid->columns - LABEL, STYLE_BOLD | STYLE_COLOUR(COLOUR_BAD), text.s);
	buf_release(&text);
}

static void draw_section_choice(struct grid *grid, int row, const struct ui *ui, const struct picture *picture, bool focused)
{
	const struct wall_section *section = picture_section(picture, ui->compose.section);
	char text[600];
	snprintf(text, sizeof text, "‹ %s ›", section ? section->title : sentence("wall.none"));
	grid_text(grid, row, LABEL, grid->columns - LABEL, focused ? STYLE_REVERSE : 0, text);
	if (focused) {
		grid->cursor_row = row;
		grid->cursor_column = LABEL;
	}
}

static void draw_fields(struct grid *grid, struct ui *ui, const struct picture *picture, int *row, int bottom)
{
	int fields = *ui->compose.post || !picture->section_count ? COMPOSE_WORDS : COMPOSE_FIELDS;
	for (int f = 0; f < fields && *row < bottom; f++, ++*row) {
		bool focused = f == ui->compose.field;
		grid_text(grid, *row, 0, LABEL - 1, focused ? STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT) : STYLE_DIM, sentence(compose_labels[f]));
		if (f == COMPOSE_SECTION) {
			draw_section_choice(grid, *row, ui, picture, focused);
			continue;
		}
		view_editor(grid, *row, LABEL, grid->columns - LABEL, &ui->compose.words[f], sentence(compose_hints[f]), focused);
		if (compose_excess(&ui->compose, f))
			draw_excess(grid, *row, compose_excess(&ui->compose, f));
	}
}

void view_compose(struct grid *grid, struct ui *ui, const struct picture *picture, int top, int bottom)
{
	int row = top + (grid->rows > 14), width = grid->columns;
	bool editing = *ui->compose.post;
	grid_text(grid, row++, 0, width, STYLE_BOLD, sentence(editing ? "compose.edit" : "compose.new"));
	draw_fields(grid, ui, picture, &row, bottom);
	struct statement words = compose_statement(&ui->compose);
	struct paragraph paragraph = { 0 };
	struct pen pen = { .grid = grid, .column = 2, .width = width - 4, .top = row, .bottom = bottom - 2, .row = row + 1 };
	view_statement(&paragraph, &words, 0);
	pen_paragraph(&pen, &paragraph, 0);
	paragraph_release(&paragraph);
	if (bottom - 2 >= row && picture->frozen && !role_is_staff(picture->role))
		grid_text(grid, bottom - 2, 0, width, STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN), sentence("compose.frozen"));
	else if (bottom - 2 >= row && !editing)
		grid_text(grid, bottom - 2, 0, width, STYLE_DIM, sentence(!strcmp(picture->names, "hidden") ? "names.hidden" : "names.named"));
	if (bottom - 1 >= row)
		grid_text(grid, bottom - 1, 0, width, STYLE_DIM, sentence(editing ? "compose.keys.edit" : "compose.keys"));
}

/* --- sections --- */

void view_sections(struct grid *grid, struct ui *ui, const struct picture *picture, int top, int bottom)
{
	grid_text(grid, top, 0, grid->columns, STYLE_BOLD, sentence("ask.section"));
	int count = (int)picture->section_count + 1, room = bottom - top - 1, from = 0;
	if (room < 1)
		return;
	if (ui->choice >= room)
		from = ui->choice - room + 1;
	for (int i = from; i < count && i - from < room; i++) {
		char text[600];
		if (i)
			snprintf(text, sizeof text, "%d %s", i, picture->sections[i - 1].title);
		else
			snprintf(text, sizeof text, "%s", sentence("ask.section.none"));
		grid_text(grid, top + 1 + i - from, 2, grid->columns - 2, i == ui->choice ? STYLE_REVERSE : 0, text);
	}
}

/* --- help --- */

static const char *const help_all[] = { "help.move", "help.n", "help.e", "help.d", "help.filter", "help.p", "help.T", "help.c", "help.r", "help.q" };
static const char *const help_staff[] = { "help.w", "help.a", "help.x", "help.hide", "help.m", "help.F" };
static const char *const help_canvas[] = {
	"help.canvas.move", "help.canvas.a", "help.canvas.e", "help.canvas.edit", "help.canvas.z", "help.canvas.m", "help.canvas.type", "help.canvas.d",
	"help.canvas.L", "help.canvas.u", "help.canvas.T", "help.canvas.p", "help.canvas.o", "help.canvas.v", "help.canvas.c",
};
static const char *const help_places[] = { "help.places.move", "help.places.o", "help.places.t", "help.places.q" };
static const char *const help_places_staff[] = { "help.places.n", "help.places.r", "help.places.d", "help.F" };
static const char *const help_teams[] = { "help.teams.move", "help.teams.J", "help.places.q" };
static const char *const help_teams_staff[] = { "help.teams.n", "help.teams.m", "help.teams.D", "help.teams.S", "help.teams.C", "help.teams.r", "help.F" };
static const char *const help_canvas_staff[] = { "help.F" };

#define KEYS(list) { list, sizeof list / sizeof *list }
static const struct {
	enum ui_mode home;
	struct { const char *const *keys; size_t n; } all, staff;
} helps[] = {
	{ UI_WALL, KEYS(help_all), KEYS(help_staff) },
	{ UI_PLACES, KEYS(help_places), KEYS(help_places_staff) },
	{ UI_TEAMS, KEYS(help_teams), KEYS(help_teams_staff) },
	{ UI_CANVAS, KEYS(help_canvas), KEYS(help_canvas_staff) },
};

static void draw_lines(struct pen *pen, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pen_text(pen, sentence(keys[i]), 0);
}

void view_help(struct grid *grid, const struct ui *ui, const struct picture *picture, int top, int bottom)
{
	struct pen pen = { .grid = grid, .column = 2, .width = grid->columns - 2, .top = top, .bottom = bottom, .row = top };
	grid_text(grid, pen.row++, 0, grid->columns, STYLE_BOLD, sentence("help.title"));
	for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
		if (helps[i].home != ui->home)
			continue;
		draw_lines(&pen, helps[i].all.keys, helps[i].all.n);
		if (!role_is_staff(picture->role))
			continue;
		if (pen.row < bottom)
			grid_text(grid, pen.row++, 0, grid->columns, STYLE_BOLD, sentence("help.staff"));
		draw_lines(&pen, helps[i].staff.keys, helps[i].staff.n);
	}
	if (pen.row < bottom)
		grid_text(grid, bottom - 1, 0, grid->columns, STYLE_DIM, sentence("help.any"));
}

/* --- door --- */

static const char *const door_labels[DOOR_FIELDS] = { "door.address", "door.code", "door.name" };
static const char *const door_hints[DOOR_FIELDS] = { "door.hint.address", "door.hint.code", "door.hint.name" };

void view_door(struct grid *grid, struct ui *ui, int top, int bottom)
{
	int row = grid->rows > 14 ? top + 4 : top + 1, column = grid->columns > 64 ? 10 : 1;
	grid_text(grid, row, column, grid->columns - column, STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT), sentence("door.title"));
	row += 2;
	for (int f = 0; f < DOOR_FIELDS; f++, row++) {
		bool focused = f == ui->door_field && !ui->door_going;
		grid_text(grid, row, column, LABEL - 1, focused ? STYLE_BOLD : STYLE_DIM, sentence(door_labels[f]));
		view_editor(grid, row, column + LABEL, grid->columns - column - LABEL - 1, &ui->door[f], sentence(door_hints[f]), focused);
	}
	struct pen pen = { .grid = grid, .column = column, .width = grid->columns - 2 * column, .top = top, .bottom = bottom, .row = row + 1 };
	if (ui->door_going)
		pen_text(&pen, sentence("door.going"), STYLE_COLOUR(COLOUR_WARN));
	else
		pen_text(&pen, ui->flash, STYLE_COLOUR(COLOUR_BAD));
	grid_text(grid, bottom, column, grid->columns - column, STYLE_DIM, sentence("door.keys"));
}
