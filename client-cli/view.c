#include "client-cli/view.h"
#include "client-cli/sentence.h"
#include "client-cli/statement.h"
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
	size_t unanswered = picture->unanswered;
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
	size_t n = statement_pieces(words, pieces);
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

static void draw_status(struct grid *grid, const struct ui *ui, const struct picture *picture, const struct standing *standing)
{
	struct buf text = { 0 }, extra = { 0 };
	int row = grid->rows - 1, right = grid->columns;
	enum colour colour = view_status(picture, standing, &text);
	draw_right(grid, row, &right, STYLE_DIM, sentence("status.keys"));
	if (picture->waiting && role_is_staff(picture->role)) {
		add_count(&extra, "status.waiting", picture->waiting);
		draw_right(grid, row, &right, STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN), extra.s);
	}
	if (ui->filter.n) {
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

static void draw_line(struct grid *grid, const struct ui *ui, int row)
{
	const char *question = sentence(ui->line_for == LINE_FILTER ? "ask.filter" : "ask.reason");
	for (int c = 0; c < grid->columns; c++)
		grid_text(grid, row, c, 1, 0, " ");
	int at = grid_text(grid, row, 0, grid->columns / 2, STYLE_BOLD, question);
	view_editor(grid, row, at, grid->columns - at, &ui->line, "", true);
}

void view_draw(struct grid *grid, struct ui *ui, const struct picture *picture, const struct standing *standing)
{
	grid_clear(grid);
	int bottom = grid->rows - 1;
	if (ui->mode == UI_DOOR) {
		view_door(grid, ui, 0, bottom);
		return;
	}
	int top = draw_header(grid, picture);
	switch (ui->mode) {
	case UI_DOOR: break;
	case UI_COMPOSE: view_compose(grid, ui, picture, top, bottom); break;
	case UI_SECTIONS: view_sections(grid, ui, picture, top, bottom); break;
	case UI_HELP: view_help(grid, picture, top, bottom); break;
	case UI_WALL: view_wall(grid, ui, picture, standing, top, bottom); break;
	case UI_LINE:
		view_wall(grid, ui, picture, standing, top, bottom - 1);
		draw_line(grid, ui, bottom - 1);
		break;
	}
	draw_status(grid, ui, picture, standing);
}
