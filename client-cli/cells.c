#include "client-cli/cells.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct cell blank = { .text = " ", .n = 1, .width = 1, .plain = true };

void grid_init(struct grid *grid, int rows, int columns)
{
	assert(rows > 0 && columns > 0);
	*grid = (struct grid){ .rows = rows, .columns = columns };
	grid->cells = malloc(sizeof *grid->cells * (size_t)rows * (size_t)columns);
	if (!grid->cells)
		abort();
	grid_clear(grid);
}

void grid_release(struct grid *grid)
{
	free(grid->cells);
	*grid = (struct grid){ 0 };
}

void grid_clear(struct grid *grid)
{
	for (int i = 0; i < grid->rows * grid->columns; i++)
		grid->cells[i] = blank;
	grid->cursor_row = grid->cursor_column = -1;
}

struct cell *grid_cell(const struct grid *grid, int row, int column)
{
	assert(row >= 0 && row < grid->rows && column >= 0 && column < grid->columns);
	return &grid->cells[row * grid->columns + column];
}

bool cell_equal(const struct cell *a, const struct cell *b)
{
	return a->n == b->n && a->style == b->style && !memcmp(a->text, b->text, a->n);
}

/* A part of a wide cluster cannot stay: what loses a part becomes blank. */
static void free_parts(struct grid *grid, int row, int column, int width)
{
	int first = column, next = column + width;
	while (first > 0 && !grid_cell(grid, row, first)->n)
		first--;
	for (; first < column; first++)
		*grid_cell(grid, row, first) = blank;
	for (; next < grid->columns && !grid_cell(grid, row, next)->n; next++)
		*grid_cell(grid, row, next) = blank;
}

static void put(struct grid *grid, int row, int column, const struct cluster *cluster, style s)
{
	if (row < 0 || row >= grid->rows || column < 0 || column + cluster->width > grid->columns || !cluster->width)
		return;
	free_parts(grid, row, column, cluster->width);
	struct cell *cell = grid_cell(grid, row, column);
	memcpy(cell->text, cluster->bytes, cluster->n + 1);
	cell->n = (uint8_t)cluster->n;
	cell->width = (uint8_t)cluster->width;
	cell->plain = cluster->plain;
	cell->style = s;
	for (int c = 1; c < cluster->width; c++)
		*grid_cell(grid, row, column + c) = (struct cell){ .style = s };
}

int grid_text(struct grid *grid, int row, int column, int width, style s, const char *text)
{
	size_t n = strlen(text);
	bool cut = term_width(text, n) > width;
	int room = cut ? width - 1 : width, at = 0;
	struct cluster cluster;
	for (size_t i = 0; i < n; i += cluster.used) {
		term_cluster(text + i, n - i, &cluster);
		if (at + cluster.width > room)
			break;
		put(grid, row, column + at, &cluster, s);
		at += cluster.width;
	}
	if (cut && width > 0) {
		term_cluster("…", 3, &cluster);
		put(grid, row, column + at, &cluster, s);
		at++;
	}
	return at;
}

int grid_text_right(struct grid *grid, int row, int right, int width, style s, const char *text)
{
	int takes = term_width(text, strlen(text));
	if (takes > width)
		takes = width;
	return grid_text(grid, row, right - takes, takes, s, text);
}

void grid_restyle(struct grid *grid, int row, int column, int width, style add)
{
	if (row < 0 || row >= grid->rows)
		return;
	for (int c = column < 0 ? 0 : column; c < column + width && c < grid->columns; c++)
		grid_cell(grid, row, c)->style |= add;
}

/* --- dump --- */

static char style_letter(style s)
{
	static const char colours[COLOUR_COUNT + 1] = ".agwbq12345678";
	static const char letters[1 << STYLE_BITS] = { [STYLE_BOLD] = 'B', [STYLE_UNDERLINE] = 'U', [STYLE_ITALIC] = 'I', [STYLE_REVERSE] = 'R', [STYLE_DIM] = 'D' };
	int attributes = s & ((1 << STYLE_BITS) - 1);
	if (letters[attributes])
		return letters[attributes];
	return attributes ? '+' : colours[style_colour(s)];
}

static void dump_row(const struct grid *grid, int row, bool styles, struct buf *out)
{
	size_t end = out->n;
	for (int c = 0; c < grid->columns; c++) {
		const struct cell *cell = grid_cell(grid, row, c);
		if (styles)
			buf_char(out, style_letter(cell->style));
		else
			buf_add(out, cell->text, cell->n);
		bool empty = styles ? !cell->style : cell->n == 1 && cell->text[0] == ' ';
		if (!empty)
			end = out->n;
	}
	out->n = end;
	buf_char(out, '\n');
}

void grid_dump(const struct grid *grid, struct buf *out)
{
	for (int r = 0; r < grid->rows; r++)
		dump_row(grid, r, false, out);
	buf_str(out, "--- styles\n");
	for (int r = 0; r < grid->rows; r++)
		dump_row(grid, r, true, out);
}

/* --- paragraphs --- */

void paragraph_add(struct paragraph *paragraph, const char *text, style s)
{
	size_t n = strlen(text);
	struct cluster cluster;
	for (size_t i = 0; i < n; i += cluster.used) {
		term_cluster(text + i, n - i, &cluster);
		if (!cluster.width)
			continue;
		if (paragraph->n == paragraph->cap) {
			paragraph->cap = paragraph->cap ? paragraph->cap * 2 : 128;
			paragraph->glyphs = realloc(paragraph->glyphs, paragraph->cap * sizeof *paragraph->glyphs);
			if (!paragraph->glyphs)
				abort();
		}
		paragraph->glyphs[paragraph->n++] = (struct glyph){ cluster, s };
	}
}

void paragraph_reset(struct paragraph *paragraph)
{
	paragraph->n = 0;
}

void paragraph_release(struct paragraph *paragraph)
{
	free(paragraph->glyphs);
	*paragraph = (struct paragraph){ 0 };
}

/* A space, or between two wide characters, as Chinese and Japanese are set. */
static bool may_break_before(const struct paragraph *p, size_t i)
{
	return p->glyphs[i].cluster.space || p->glyphs[i - 1].cluster.space || (p->glyphs[i].cluster.ideograph && p->glyphs[i - 1].cluster.ideograph);
}

/* The end of the line that starts at glyph `from`, and in `next` where the one after it starts. */
static size_t line_end(const struct paragraph *p, size_t from, int width, size_t *next)
{
	size_t end = from, last = 0;
	for (int used = 0; end < p->n; end++) {
		if (end > from && may_break_before(p, end))
			last = end;
		used += p->glyphs[end].cluster.width;
		if (used > width && end > from && !p->glyphs[end].cluster.space)
			break;
		if (used > width && end > from && p->glyphs[end].cluster.space) {
			last = end;
			break;
		}
	}
	if (end < p->n && last > from)
		end = last;
	*next = end;
	while (*next < p->n && p->glyphs[*next].cluster.space)
		++*next;
	while (end > from && p->glyphs[end - 1].cluster.space)
		end--;
	return end;
}

static void draw_line(struct pen *pen, const struct paragraph *p, size_t from, size_t to, int indent)
{
	int column = pen->column + indent;
	if (!pen->grid || pen->row < pen->top || pen->row >= pen->bottom)
		return;
	for (size_t i = from; i < to; i++) {
		put(pen->grid, pen->row, column, &p->glyphs[i].cluster, p->glyphs[i].style);
		column += p->glyphs[i].cluster.width;
	}
}

void pen_paragraph(struct pen *pen, const struct paragraph *paragraph, int hang)
{
	int indent = 0;
	for (size_t from = 0, next; from < paragraph->n; from = next) {
		int width = pen->width - indent;
		size_t end = line_end(paragraph, from, width > 0 ? width : 1, &next);
		draw_line(pen, paragraph, from, end, indent);
		pen->row++;
		indent = hang;
	}
}

void pen_text(struct pen *pen, const char *text, style s)
{
	struct paragraph paragraph = { 0 };
	paragraph_add(&paragraph, text, s);
	pen_paragraph(pen, &paragraph, 0);
	paragraph_release(&paragraph);
}
