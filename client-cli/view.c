#include "client-cli/view.h"
#include "client-cli/sentence.h"
#include "proto/statement.h"
#include <string.h>

static void add_count(struct buf *out, const char *key, size_t n)
{
	struct sentence_arg list[] = { { "n", NULL, (int64_t)n }, { 0 } };
	sentence_add(out, key, list);
}

static enum colour say(struct buf *out, const char *key, enum colour colour)
{
	buf_str(out, sentence(key));
	return colour;
}

/* From the worst to the best: whatever stands above would make what stands below a lie. */
enum colour view_status(const struct picture *picture, const struct standing *standing, struct buf *out)
{
	size_t unanswered = picture->unanswered + (picture->unanswered == 0 && standing->typing);
	if (standing->storage) {
		struct sentence_arg list[] = { { "x", standing->storage, 0 }, { 0 } };
		sentence_add(out, "storage", list);
		return COLOUR_BAD;
	}
	if (standing->ended) {
		buf_str(out, standing->ended);
		return COLOUR_BAD;
	}
	if (standing->link != LINK_UP && standing->distrust) {
		buf_str(out, standing->distrust);
		return COLOUR_BAD;
	}
	if (standing->link != LINK_UP) {
		bool lost = standing->was_up || standing->link == LINK_WAITING;
		if (unanswered)
			add_count(out, lost ? "status.offline.kept" : "status.reaching.kept", unanswered);
		else
			buf_str(out, sentence(lost ? "status.offline" : "status.reaching"));
		return lost ? COLOUR_BAD : COLOUR_WARN;
	}
	if (picture->readonly) {
		buf_str(out, sentence(*picture->readonly_say ? picture->readonly_say : "readonly"));
		return COLOUR_BAD;
	}
	if (unanswered) {
		add_count(out, "status.sending", unanswered);
		return COLOUR_WARN;
	}
	if (standing->loading)
		return say(out, "wall.loading", COLOUR_WARN);
	if (standing->unsaved) {
		add_count(out, "status.unsaved", standing->unsaved);
		return COLOUR_BAD;
	}
	if (picture->refused) {
		add_count(out, "status.refused", picture->refused);
		return COLOUR_BAD;
	}
	if (picture->frozen)
		return say(out, "status.frozen", COLOUR_WARN);
	return say(out, "status.saved", COLOUR_GOOD);
}

/* --- statements --- */

/* The words between the parts are italic; the parts themselves: for whom underlined, who plain, the venture and its offer bold, the help bold and underlined. */
static const style part_styles[PARTS] = { STYLE_UNDERLINE, 0, STYLE_BOLD, STYLE_BOLD | STYLE_UNDERLINE };

static style piece_style(const struct piece *piece)
{
	switch (piece->kind) {
	case PIECE_PART: return part_styles[piece->part];
	case PIECE_VENTURE: return STYLE_BOLD;
	case PIECE_JOIN:
	case PIECE_MARK: return STYLE_ITALIC;
	}
	return 0;
}

void view_statement(struct paragraph *out, const struct statement *words, style base)
{
	struct piece pieces[PIECES_MAX];
	struct buf text = { 0 };
	size_t n = statement_pieces(words, sentence, pieces);
	for (size_t i = 0; i < n; i++) {
		if (i && !pieces[i].tight)
			paragraph_add(out, " ", base | STYLE_ITALIC);
		buf_reset(&text);
		piece_add(&text, &pieces[i]);
		paragraph_add(out, buf_cstr(&text), base | piece_style(&pieces[i]));
	}
	buf_release(&text);
}

/* --- lines being typed --- */

void view_editor(struct grid *grid, int row, int column, int width, const struct editor *editor, const char *hint, bool focused)
{
	struct paragraph paragraph = { 0 };
	struct buf before = { 0 };
	int at = 0, skip = 0, x = 0;
	if (width < 1 || row < 0 || row >= grid->rows)
		return;
	buf_add(&before, editor_text(editor), editor->cursor);
	at = term_width(buf_cstr(&before), before.n);
	buf_release(&before);
	if (at >= width)
		skip = at - width + 1;
	if (!editor->text.n)
		grid_text(grid, row, column, width, STYLE_DIM, hint);
	paragraph_add(&paragraph, editor_text(editor), 0);
	for (size_t i = 0; i < paragraph.n; i++) {
		const struct cluster *cluster = &paragraph.glyphs[i].cluster;
		if (x >= skip && x - skip + cluster->width <= width)
			grid_text(grid, row, column + x - skip, cluster->width, focused ? STYLE_UNDERLINE : 0, cluster->bytes);
		x += cluster->width;
	}
	paragraph_release(&paragraph);
	if (focused) {
		grid->cursor_row = row;
		grid->cursor_column = column + at - skip;
	}
}

/* --- the frame --- */

/* As many lines as it needs, as far as a small screen can spare them. Returns how many it took. */
static int draw_prompt(struct grid *grid, const char *prompt)
{
	int room = grid->rows > 12 ? grid->rows / 6 : 1;
	struct pen pen = { .grid = grid, .width = grid->columns, .top = 1, .bottom = 1 + room, .row = 1 };
	if (room == 1)
		return grid_text(grid, 1, 0, grid->columns, STYLE_COLOUR(COLOUR_ACCENT), prompt) > 0;
	pen_text(&pen, prompt, STYLE_COLOUR(COLOUR_ACCENT));
	if (pen.row > pen.bottom)
		grid_text(grid, pen.bottom - 1, grid->columns - 1, 1, STYLE_COLOUR(COLOUR_ACCENT), "…");
	return pen.row < pen.bottom ? pen.row - 1 : room;
}

static int draw_header(struct grid *grid, const struct picture *picture)
{
	char display[CODE_DISPLAY_CHARS + 1] = "";
	int width = grid->columns, code = CODE_DISPLAY_CHARS;
	if (strlen(picture->code) == CODE_CHARS)
		code_display(picture->code, display);
	grid_text(grid, 0, 0, width - code - 2, STYLE_BOLD, picture->title);
	grid_text_right(grid, 0, width, code, STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT), display);
	int row = 1 + draw_prompt(grid, picture->prompt);
	if (grid->rows > 12) {
		const char *names = sentence(!strcmp(picture->names, "hidden") ? "names.hidden" : "names.named");
		grid_text(grid, row++, 0, width, STYLE_DIM, names);
	}
	return row;
}

static void draw_right(struct grid *grid, int row, int *right, style s, const char *text)
{
	int takes = term_width(text, strlen(text));
	if (*right - takes < grid->columns / 3)
		return;
	grid_text_right(grid, row, *right, takes, s, text);
	*right -= takes + 2;
}

/* Who else is in the note that is being edited. */
static void draw_same_note(struct grid *grid, const struct ui *ui, const struct scene *scene, int row, int *right)
{
	struct paragraph people = { 0 };
	if (view_same_note(ui, scene, &people)) {
		*right -= 1;
		for (size_t i = people.n; i-- > 0 && *right > grid->columns / 3;) {
			*right -= people.glyphs[i].cluster.width;
			grid_text(grid, row, *right, people.glyphs[i].cluster.width, people.glyphs[i].style, people.glyphs[i].cluster.bytes);
		}
		*right -= 2;
	}
	paragraph_release(&people);
}

static void draw_status(struct grid *grid, const struct ui *ui, const struct scene *scene, const struct standing *standing)
{
	const struct picture *picture = scene->picture;
	struct buf text = { 0 }, extra = { 0 };
	int row = grid->rows - 1, right = grid->columns;
	struct standing here = *standing;
	here.unsaved = ui->home == UI_CANVAS ? scene->canvas->unsaved_count : 0;
	enum colour colour = view_status(picture, &here, &text);
	draw_right(grid, row, &right, STYLE_DIM, sentence("status.keys"));
	draw_same_note(grid, ui, scene, row, &right);
	if (picture->waiting && role_is_staff(picture->role)) {
		add_count(&extra, "status.waiting", picture->waiting);
		draw_right(grid, row, &right, STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN), extra.s);
	}
	if (ui->filter.n && ui->home == UI_WALL) {
		struct sentence_arg list[] = { { "x", ui->filter.s, 0 }, { 0 } };
		buf_reset(&extra);
		sentence_add(&extra, "wall.filter", list);
		draw_right(grid, row, &right, STYLE_COLOUR(COLOUR_ACCENT), extra.s);
	}
	int taken = grid_text(grid, row, 0, right, STYLE_BOLD | STYLE_COLOUR(colour), text.s);
	/* What was just done is said behind what is so, never in its place. */
	if (*ui->flash && right - taken > 6)
		grid_text(grid, row, taken + 2, right - taken - 2, 0, ui->flash);
	buf_release(&text);
	buf_release(&extra);
}

static const char *question_of(enum ui_line line)
{
	static const char *const questions[] = {
		[LINE_FILTER] = "ask.filter", [LINE_REASON] = "ask.reason", [LINE_TEAM_NEW] = "ask.team", [LINE_TEAM_NAME] = "ask.team.name", [LINE_TITLE] = "ask.title", [LINE_TYPE] = "ask.type",
	};
	return sentence(questions[line]);
}

static void draw_line(struct grid *grid, const struct ui *ui, int row)
{
	for (int c = 0; c < grid->columns; c++)
		grid_text(grid, row, c, 1, 0, " ");
	int at = grid_text(grid, row, 0, grid->columns / 2, STYLE_BOLD, question_of(ui->line_for));
	view_editor(grid, row, at, grid->columns - at, &ui->line, "", true);
}

static void draw_place(struct grid *grid, struct ui *ui, const struct scene *scene, const struct standing *standing, int top, int bottom)
{
	if (ui->home == UI_CANVAS)
		view_canvas(grid, ui, scene, standing, top, bottom);
	else if (ui->home == UI_PLACES)
		view_places(grid, ui, scene, top, bottom);
	else if (ui->home == UI_TEAMS)
		view_teams(grid, ui, scene, top, bottom);
	else
		view_wall(grid, ui, scene->picture, standing, top, bottom);
}

/* The wall has a question at its top, other places are more quiet. */
static int draw_top(struct grid *grid, const struct ui *ui, const struct scene *scene)
{
	char display[CODE_DISPLAY_CHARS + 1] = "";
	if (ui->mode == UI_COMPOSE || ui->home == UI_WALL)
		return draw_header(grid, scene->picture);
	if (ui->home == UI_CANVAS)
		return view_canvas_header(grid, ui, scene);
	if (strlen(scene->picture->code) == CODE_CHARS)
		code_display(scene->picture->code, display);
	grid_text(grid, 0, 0, grid->columns - CODE_DISPLAY_CHARS - 2, STYLE_BOLD, scene->picture->title);
	grid_text_right(grid, 0, grid->columns, CODE_DISPLAY_CHARS, STYLE_BOLD | STYLE_COLOUR(COLOUR_ACCENT), display);
	return grid->rows > 12 ? 2 : 1;
}

void view_draw(struct grid *grid, struct ui *ui, const struct scene *scene, const struct standing *standing)
{
	grid_clear(grid);
	int bottom = grid->rows - 1;
	if (ui->mode == UI_DOOR) {
		view_door(grid, ui, 0, bottom);
		return;
	}
	int top = draw_top(grid, ui, scene);
	switch (ui->mode) {
	case UI_DOOR: break;
	case UI_COMPOSE: view_compose(grid, ui, scene->picture, top, bottom); break;
	case UI_SECTIONS: view_sections(grid, ui, scene->picture, top, bottom); break;
	case UI_HELP: view_help(grid, ui, scene->picture, top, bottom); break;
	case UI_CHOICE: view_choice(grid, ui, scene, top, bottom); break;
	case UI_PAST:
		bottom = view_past(grid, ui, scene, top, bottom);
		if (scene->past->there)
			draw_place(grid, ui, scene, standing, top, bottom);
		break;
	case UI_WALL:
	case UI_PLACES:
	case UI_TEAMS:
	case UI_CANVAS: draw_place(grid, ui, scene, standing, top, bottom); break;
	case UI_LINE:
		draw_place(grid, ui, scene, standing, top, bottom - 1);
		draw_line(grid, ui, bottom - 1);
		break;
	}
	draw_status(grid, ui, scene, standing);
}
