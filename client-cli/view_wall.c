/* The wall: an outline of sections and posts, or side by side in columns when the window is wide. Each column is set twice: once without a grid, to know where the
 * selected post lies and how to scroll; then into the grid. */
#include "client-cli/sentence.h"
#include "client-cli/view.h"
#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, GUTTER = 2 };

/* The sections `first` to `last` (0 is "no section"), one below the other, with those posts that are to be seen. */
struct column {
	const struct picture *picture;
	const size_t *list; /* indexes of posts, by section */
	size_t count;
	size_t first, last;
	const char *selected;
	bool headings; /* also of sections with nothing in them */
	struct paragraph paragraph; /* scratch */
};

static void say_with(struct paragraph *out, const char *key, const char *x, style s)
{
	struct sentence_arg list[] = { { "x", x, 0 }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, key, list);
	paragraph_add(out, text.s, s);
	buf_release(&text);
}

static void add_refusal(struct paragraph *out, const struct wall_post *post)
{
	struct buf text = { 0 };
	sentence_add_refusal(&text, post->change->no);
	say_with(out, "post.refused", buf_cstr(&text), STYLE_COLOUR(COLOUR_BAD));
	paragraph_add(out, " ", 0);
	paragraph_add(out, sentence("post.refused.keys"), STYLE_DIM);
	buf_release(&text);
}

static void add_state(struct paragraph *out, const struct wall_post *post)
{
	if (!strcmp(post->state, "held"))
		paragraph_add(out, sentence("post.held"), STYLE_BOLD | STYLE_COLOUR(COLOUR_WARN));
	else if (!strcmp(post->state, "hidden"))
		paragraph_add(out, sentence("post.hidden"), STYLE_COLOUR(COLOUR_WARN));
	else if (!strcmp(post->state, "rejected") && *post->reason)
		say_with(out, "post.rejected.why", post->reason, STYLE_COLOUR(COLOUR_BAD));
	else if (!strcmp(post->state, "rejected"))
		paragraph_add(out, sentence("post.rejected"), STYLE_COLOUR(COLOUR_BAD));
}

static void add_pending(struct paragraph *out, const struct wall_post *post)
{
	switch (post->pending) {
	case PENDING_NONE: add_state(out, post); break;
	case PENDING_KEPT: paragraph_add(out, sentence("post.kept"), STYLE_COLOUR(COLOUR_WARN)); break;
	case PENDING_SENT: paragraph_add(out, sentence("post.sent"), STYLE_COLOUR(COLOUR_WARN)); break;
	case PENDING_REFUSED: add_refusal(out, post); break;
	}
}

/* "Ama · name hidden · Waiting for approval" */
static void add_footer(struct paragraph *out, const struct wall_post *post)
{
	paragraph_add(out, post->author_name, STYLE_DIM);
	bool hidden = !strcmp(post->names, "hidden");
	if (hidden)
		paragraph_add(out, *post->author_name ? " · " : "", STYLE_DIM);
	if (hidden)
		paragraph_add(out, sentence("post.name.hidden"), STYLE_DIM);
	size_t before = out->n;
	struct paragraph state = { 0 };
	add_pending(&state, post);
	if (before && state.n)
		paragraph_add(out, " · ", STYLE_DIM);
	for (size_t i = 0; i < state.n; i++)
		paragraph_add(out, state.glyphs[i].cluster.bytes, state.glyphs[i].style);
	paragraph_release(&state);
}

static void draw_revision(struct column *column, struct pen *pen, const struct object *revision)
{
	struct statement words = { .venture = object_str(revision, REVISION_VENTURE) };
	for (int p = 0; p < PARTS; p++)
		words.part[p] = object_str(revision, REVISION_FOR + p);
	bool held = !strcmp(object_str(revision, REVISION_STATE), "held");
	struct sentence_arg list[] = { { "x", "", 0 }, { "why", object_str(revision, REVISION_REASON), 0 }, { 0 } };
	struct buf lead = { 0 };
	sentence_add(&lead, held ? "post.revision" : "post.revision.rejected", list);
	paragraph_reset(&column->paragraph);
	paragraph_add(&column->paragraph, lead.s, STYLE_BOLD | STYLE_COLOUR(held ? COLOUR_WARN : COLOUR_BAD));
	view_statement(&column->paragraph, &words, 0);
	pen_paragraph(pen, &column->paragraph, 0);
	buf_release(&lead);
}

static void draw_post(struct column *column, struct pen *pen, const struct wall_post *post)
{
	bool chosen = !strcmp(post->id, column->selected);
	struct pen inner = *pen;
	inner.column += INDENT;
	inner.width -= INDENT;
	paragraph_reset(&column->paragraph);
	view_statement(&column->paragraph, &post->words, strcmp(post->state, "shown") || post->pending ? STYLE_COLOUR(COLOUR_QUIET) : 0);
	pen_paragraph(&inner, &column->paragraph, 0);
	paragraph_reset(&column->paragraph);
	add_footer(&column->paragraph, post);
	pen_paragraph(&inner, &column->paragraph, 0);
	if (post->revision)
		draw_revision(column, &inner, post->revision);
	const char *mark = chosen ? "▌" : post_is_waiting(post) ? "!" : "";
	for (int row = pen->row; pen->grid && row < inner.row; row++)
		if (row >= pen->top && row < pen->bottom && *mark && (chosen || row == pen->row))
			grid_text(pen->grid, row, pen->column, 1, STYLE_BOLD | STYLE_COLOUR(chosen ? COLOUR_ACCENT : COLOUR_WARN), mark);
	pen->row = inner.row;
}

static void draw_heading(struct column *column, struct pen *pen, size_t order, size_t count)
{
	struct sentence_arg list[] = { { "n", NULL, (int64_t)count }, { 0 } };
	struct buf text = { 0 };
	paragraph_reset(&column->paragraph);
	paragraph_add(&column->paragraph, order ? column->picture->sections[order - 1].title : sentence("wall.none"), STYLE_BOLD);
	buf_str(&text, "  ");
	sentence_add(&text, "wall.posts", list);
	paragraph_add(&column->paragraph, text.s, STYLE_DIM);
	pen_paragraph(pen, &column->paragraph, INDENT);
	buf_release(&text);
}

static const struct wall_post *post_at(const struct column *column, size_t i)
{
	return &column->picture->posts[column->list[i]];
}

/* The posts of one section are neighbours in the list: the first of them, and in `count` how many. */
static size_t section_posts(const struct column *column, size_t order, size_t *count)
{
	size_t from = 0, to;
	while (from < column->count && post_at(column, from)->section_order < order)
		from++;
	for (to = from; to < column->count && post_at(column, to)->section_order == order;)
		to++;
	*count = to - from;
	return from;
}

/* Whether a section has a place on the screen. */
static bool is_set(const struct column *column, size_t order)
{
	size_t count;
	section_posts(column, order, &count);
	return count || (order && column->headings);
}

/* Sets the column; tells in which rows the selected post (with the heading right above it) lies. */
static void set_column(struct column *column, struct pen *pen, int *chosen_from, int *chosen_to)
{
	for (size_t order = column->first; order <= column->last; order++) {
		size_t count, from = section_posts(column, order, &count);
		int heading = pen->row;
		if (!is_set(column, order))
			continue;
		draw_heading(column, pen, order, count);
		pen->row += !count;
		for (size_t i = from; i < from + count; i++) {
			int start = i == from ? heading : pen->row;
			draw_post(column, pen, post_at(column, i));
			if (!strcmp(post_at(column, i)->id, column->selected)) {
				*chosen_from = start;
				*chosen_to = pen->row;
			}
			pen->row++;
		}
	}
}

static void keep_in_sight(int *scroll, int from, int to, int height, int total)
{
	if (to - *scroll > height)
		*scroll = to - height;
	if (from < *scroll)
		*scroll = from;
	if (*scroll > total - height)
		*scroll = total - height;
	if (*scroll < 0)
		*scroll = 0;
}

static void draw_column(struct grid *grid, struct column *column, int *scroll, const struct pen *where)
{
	int from = -1, to = -1;
	struct pen pen = { .column = where->column, .width = where->width };
	set_column(column, &pen, &from, &to);
	int height = where->bottom - where->top, total = pen.row ? pen.row - 1 : 0;
	if (from < 0)
		from = to = *scroll;
	keep_in_sight(scroll, from, to, height, total);
	pen = *where;
	pen.grid = grid;
	pen.row = where->top - *scroll;
	set_column(column, &pen, &from, &to);
	/* What lies beyond the edge is told, else nobody would look for it. */
	if (*scroll > 0)
		grid_text(grid, where->top, where->column + where->width - 1, 1, STYLE_DIM, "↑");
	if (total - *scroll > height)
		grid_text(grid, where->bottom - 1, where->column + where->width - 1, 1, STYLE_DIM, "↓");
}

static void draw_nothing(struct grid *grid, const struct ui *ui, const struct picture *picture, const struct standing *standing, int top, int bottom)
{
	struct pen pen = { .grid = grid, .column = INDENT, .width = grid->columns - 2 * INDENT, .top = top, .bottom = bottom, .row = top + 1 };
	struct paragraph paragraph = { 0 };
	if (ui->filter.n)
		say_with(&paragraph, "wall.filter.none", ui->filter.s, STYLE_DIM);
	else
		paragraph_add(&paragraph, sentence(standing->loading ? "wall.loading" : picture->live_count ? "wall.empty.short" : "wall.empty"), STYLE_DIM);
	pen_paragraph(&pen, &paragraph, 0);
	paragraph_release(&paragraph);
}

/* One column for each section, as many side by side as have room; the one with the selection among them. */
static void draw_side_by_side(struct grid *grid, struct ui *ui, struct column *all, int top, int bottom)
{
	size_t orders[UI_COLUMNS_MAX];
	const struct wall_post *selected = picture_post(all->picture, all->selected);
	int count = 0, chosen = 0;
	for (size_t order = all->first; order <= all->last && count < UI_COLUMNS_MAX; order++) {
		if (!is_set(all, order))
			continue;
		if (selected && selected->section_order == order)
			chosen = count;
		orders[count++] = order;
	}
	int shown = (grid->columns + GUTTER) / (UI_COLUMN_MIN + GUTTER);
	if (shown > count)
		shown = count;
	if (chosen < ui->columns_from)
		ui->columns_from = chosen;
	if (chosen >= ui->columns_from + shown)
		ui->columns_from = chosen - shown + 1;
	if (ui->columns_from > count - shown)
		ui->columns_from = count - shown;
	int width = (grid->columns - GUTTER * (shown - 1)) / shown;
	if (width > UI_COLUMN_MAX)
		width = UI_COLUMN_MAX; /* longer lines are hard to read */
	for (int c = 0; c < shown; c++) {
		int n = ui->columns_from + c;
		struct column column = *all;
		column.first = column.last = orders[n];
		column.paragraph = (struct paragraph){ 0 };
		struct pen where = { .column = c * (width + GUTTER), .width = width, .top = top, .bottom = bottom };
		draw_column(grid, &column, &ui->scroll[n], &where);
		paragraph_release(&column.paragraph);
	}
}

void view_wall(struct grid *grid, struct ui *ui, const struct picture *picture, const struct standing *standing, int top, int bottom)
{
	size_t *list = malloc((picture->post_count + 1) * sizeof *list);
	if (!list)
		abort();
	ui_settle(ui, picture);
	struct column column = {
		.picture = picture,
		.list = list,
		.count = ui_visible(ui, picture, list),
		.last = picture->section_count,
		.selected = ui->selected,
		.headings = !ui->filter.n && !ui->only_waiting && picture->live_count,
	};
	ui->wide = grid->columns >= UI_WIDE;
	if (!column.count)
		draw_nothing(grid, ui, picture, standing, top, bottom);
	else if (ui->wide)
		draw_side_by_side(grid, ui, &column, top + 1, bottom);
	else
		draw_column(grid, &column, &ui->scroll[0], &(struct pen){ .width = grid->columns, .top = top + 1, .bottom = bottom });
	paragraph_release(&column.paragraph);
	free(list);
}
