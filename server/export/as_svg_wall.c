/* A wall as a tall picture: its sections side by side, at most four to a band, each a column of cards (several where there are fewer sections than columns). Nothing is cut: a wall is as tall as its words. */
#include "server/export/content.h"
#include "server/export/svg.h"
#include <string.h>

enum {
	PAGE_W = 16000,
	MARGIN = 320,
	GAP = 240,      /* between columns */
	COLUMNS = 4,
	CARD_PAD = 170,
	CARD_GAP = 130,
	SIZE = 190,     /* of statements */
	LEADING = 264,
	FOOT = 150,     /* letters of author and state */
	FOOT_ROW = 270,
	HEAD_SIZE = 170,
	LINES_MOST = 4000, /* a statement has far fewer */
};

enum { STYLE_PLAIN, STYLE_JOIN, STYLE_FOR };

struct wall_page {
	struct buf *out; /* NULL while only measuring */
	const struct wall_content *wall;
	struct typeset t;
	struct svg_style styles[3];
	char underline[128];
	struct buf capital; /* the first word of the statement being set, as it begins a sentence */
};

struct column {
	int x, y, w;
};

static const char *const state_words[][2] = { { "held", "Waiting for approval" }, { "rejected", "Rejected" }, { "hidden", "Hidden" } };

/* What a card says of a post's state; NULL for one that is on the wall. */
static const char *state_word(const char *state)
{
	for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++)
		if (!strcmp(state_words[i][0], state))
			return state_words[i][1];
	return NULL;
}

static int piece_style(const struct piece *piece)
{
	if (piece->kind == PIECE_JOIN)
		return STYLE_JOIN;
	return piece->kind == PIECE_PART && piece->part == PART_FOR ? STYLE_FOR : STYLE_PLAIN;
}

static void set_statement(struct wall_page *page, const struct words_content *words, int width)
{
	struct piece pieces[PIECES_MAX];
	struct run runs[2 * PIECES_MAX];
	size_t n = statement_pieces(&words->said, content_phrase, pieces), count = 0;
	for (size_t i = 0; i < n; i++) {
		if (i && !pieces[i].tight)
			runs[count++] = (struct run){ " ", 1, STYLE_PLAIN };
		if (pieces[i].capital) {
			buf_reset(&page->capital);
			piece_add(&page->capital, &pieces[i]);
			pieces[i].text = page->capital.s;
			pieces[i].n = page->capital.n;
		}
		runs[count++] = (struct run){ pieces[i].text, pieces[i].n, piece_style(&pieces[i]) };
	}
	if (!n)
		runs[count++] = (struct run){ "…", strlen("…"), STYLE_JOIN };
	typeset_break(&page->t, runs, count, svg_ems(width, SIZE), LINES_MOST);
}

/* Draws the statement if there is a page to draw on; returns its height. */
static int add_statement(struct wall_page *page, const struct words_content *words, int x, int y, int width)
{
	set_statement(page, words, width);
	struct svg_type type = { SIZE, " font-family=\"" SVG_SERIF "\"", page->styles };
	for (size_t i = 0; page->out && i < page->t.line_count; i++)
		svg_line(page->out, &page->t, &page->t.lines[i], &type, x, x + width, y + (int)i * LEADING + SIZE);
	return (int)page->t.line_count * LEADING;
}

static int add_text(struct wall_page *page, const char *s, const struct svg_type *type, const struct column *at)
{
	int leading = type->size * 132 / 100;
	typeset_text(&page->t, s, svg_ems(at->w, type->size), LINES_MOST);
	for (size_t i = 0; page->out && i < page->t.line_count; i++)
		svg_line(page->out, &page->t, &page->t.lines[i], type, at->x, at->x + at->w, at->y + (int)i * leading + type->size);
	return (int)page->t.line_count * leading;
}

/* On the side where the card's words begin, whatever script the name is in. */
static int add_author(struct wall_page *page, const char *name, const struct column *at)
{
	struct svg_type type = { FOOT, " font-weight=\"700\"", NULL };
	if (svg_tenths(text_width(name, strlen(name)), FOOT) > at->w)
		return add_text(page, name, &type, at);
	if (page->out)
		svg_word(page->out, name, strlen(name), &type, "start", at->x, at->y + FOOT);
	return FOOT * 132 / 100;
}

static int add_state(struct wall_page *page, const struct words_content *words, const struct column *at)
{
	const char *word = state_word(words->state);
	int used = 0;
	if (word) {
		struct svg_rect pill = { at->x, at->y + 30, svg_pill_width(word, strlen(word), FOOT - 15), 210 };
		if (page->out)
			svg_pill(page->out, word, strlen(word), FOOT - 15, &pill);
		used = FOOT_ROW;
	}
	if (*words->reason && word) {
		struct column below = { at->x, at->y + used + 20, at->w };
		used += add_text(page, words->reason, &(struct svg_type){ FOOT, " fill=\"" SVG_INK_2 "\"", NULL }, &below) + 20;
	}
	return used;
}

/* Everything within a card; returns the height used. */
static int add_inside(struct wall_page *page, const struct post_content *post, const struct column *at)
{
	int y = at->y + add_statement(page, &post->words, at->x, at->y, at->w);
	if (*post->author)
		y += 70 + add_author(page, post->author, &(struct column){ at->x, y + 70, at->w });
	if (state_word(post->words.state))
		y += 60 + add_state(page, &post->words, &(struct column){ at->x, y + 60, at->w });
	if (post->revision) {
		y += 110 + add_text(page, "New words", &(struct svg_type){ FOOT, " font-weight=\"700\" fill=\"" SVG_ACCENT "\"", NULL }, &(struct column){ at->x, y + 110, at->w });
		y += add_statement(page, post->revision, at->x, y, at->w);
		y += 60 + add_state(page, post->revision, &(struct column){ at->x, y + 60, at->w });
	}
	return y - at->y;
}

static int card_height(struct wall_page *page, const struct post_content *post, int width)
{
	struct buf *out = page->out;
	page->out = NULL;
	int height = add_inside(page, post, &(struct column){ 0, 0, width - 2 * CARD_PAD }) + 2 * CARD_PAD;
	page->out = out;
	return height;
}

static int draw_card(struct wall_page *page, const struct post_content *post, const struct column *at)
{
	struct svg_rect card = { at->x, at->y, at->w, card_height(page, post, at->w) };
	bool shown = !state_word(post->words.state);
	if (!shown)
		buf_str(page->out, "<g stroke-dasharray=\"4 3\">");
	svg_rect(page->out, &card, 100, shown ? SVG_SHEET : "none", SVG_LINE);
	if (!shown)
		buf_str(page->out, "</g>\n");
	add_inside(page, post, &(struct column){ at->x + CARD_PAD, at->y + CARD_PAD - 30, at->w - 2 * CARD_PAD });
	return card.h;
}

/* The customers' underline has its section's colour: a decoration is painted like the element that it was declared for. */
static void set_underline(struct wall_page *page, size_t section)
{
	strcpy(page->underline, "<tspan text-decoration=\"underline\" fill=\"");
	strcat(page->underline, svg_hues[1 + section % (SVG_HUES - 1)].edge);
	strcat(page->underline, "\"><tspan fill=\"" SVG_INK "\">");
	page->styles[STYLE_FOR] = (struct svg_style){ page->underline, "</tspan></tspan>" };
}

static void draw_section_head(struct wall_page *page, const struct section_content *section, const char *title, const struct column *at, int height)
{
	struct buf count = { 0 };
	buf_int(&count, (int64_t)section->count);
	add_text(page, title, &(struct svg_type){ HEAD_SIZE, " font-weight=\"700\"", NULL }, &(struct column){ at->x, at->y, at->w - 600 });
	svg_word(page->out, count.s, count.n, &(struct svg_type){ HEAD_SIZE - 10, " fill=\"" SVG_INK_2 "\"", NULL }, "end", at->x + at->w, at->y + HEAD_SIZE);
	svg_rect(page->out, &(struct svg_rect){ at->x, at->y + height + 50, at->w, 20 }, 0, SVG_INK, NULL);
	buf_release(&count);
}

/* The section's cards below `at->y`, each in the column that is shortest by then; returns where the longest ends. */
static int draw_cards(struct wall_page *page, const struct section_content *section, const struct column *at, int columns)
{
	struct column column[COLUMNS];
	int bottom = at->y;
	for (int c = 0; c < columns; c++) {
		int width = (at->w - (columns - 1) * GAP) / columns;
		column[c] = (struct column){ at->x + c * (width + GAP), at->y, width };
	}
	for (size_t i = 0; i < section->count; i++) {
		int shortest = 0;
		for (int c = 1; c < columns; c++)
			if (column[c].y < column[shortest].y)
				shortest = c;
		column[shortest].y += draw_card(page, &page->wall->posts[section->first + i], &column[shortest]) + CARD_GAP;
		if (column[shortest].y > bottom)
			bottom = column[shortest].y;
	}
	return bottom;
}

/* Sections from `first` on, side by side; returns where the longest ends. */
static int draw_band(struct wall_page *page, const struct section_content *const *sections, size_t count, size_t numbers_from, int y)
{
	int columns = COLUMNS / (int)count, width = (PAGE_W - 2 * MARGIN - ((int)count - 1) * GAP) / (int)count, head = 0, bottom = y;
	const char *titles[COLUMNS];
	struct buf *out = page->out;
	page->out = NULL;
	for (size_t i = 0; i < count; i++) {
		titles[i] = *sections[i]->id ? sections[i]->title : page->wall->section_count > 1 ? "Under no section" : "";
		int height = add_text(page, titles[i], &(struct svg_type){ HEAD_SIZE, "", NULL }, &(struct column){ 0, 0, width - 600 });
		head = height > head ? height : head;
	}
	page->out = out;
	for (size_t i = 0; i < count; i++) {
		struct column at = { MARGIN + (int)i * (width + GAP), y, width };
		set_underline(page, numbers_from + i);
		if (head)
			draw_section_head(page, sections[i], titles[i], &at, head);
		at.y += head ? head + 230 : 0;
		int end = draw_cards(page, sections[i], &at, columns);
		bottom = end > bottom ? end : bottom;
	}
	return bottom + 260;
}

/* All bands; the nameless section stands last, and only where it holds something. Returns where they end. */
static int draw_bands(struct wall_page *page, int y)
{
	const struct wall_content *wall = page->wall;
	size_t total = wall->section_count - (wall->sections[wall->section_count - 1].count ? 0 : 1);
	for (size_t first = 0; first < total;) {
		const struct section_content *band[COLUMNS];
		size_t count = 0;
		while (count < COLUMNS && first + count < total) {
			band[count] = &wall->sections[first + count];
			count++;
		}
		y = draw_band(page, band, count, first, y);
		first += count;
	}
	return y;
}

static int draw_top(struct wall_page *page)
{
	const struct wall_content *wall = page->wall;
	struct column at = { MARGIN, 300, PAGE_W - 2 * MARGIN };
	at.y += add_text(page, wall->title, &(struct svg_type){ 170, " font-weight=\"700\" fill=\"" SVG_INK_2 "\"", NULL }, &at) + 40;
	at.y += add_text(page, wall->prompt, &(struct svg_type){ 320, " font-weight=\"500\" font-family=\"" SVG_SERIF "\"", NULL }, &at);
	return at.y + 240;
}

/* The picture's height is known only once all of it is drawn: the body goes to a buffer of its own. */
void wall_write_svg(struct buf *out, const struct wall_content *wall)
{
	struct buf body = { 0 };
	struct wall_page page = { .out = &body, .wall = wall };
	page.styles[STYLE_JOIN] = (struct svg_style){ "<tspan font-style=\"italic\" fill=\"" SVG_INK_2 "\">", "</tspan>" };
	int bottom = draw_bands(&page, draw_top(&page));
	svg_mark(&body, PAGE_W - MARGIN, bottom + 40, 220);
	svg_open(out, PAGE_W, bottom + 320, wall->title);
	buf_add(out, body.s, body.n);
	svg_close(out);
	buf_release(&body);
	typeset_release(&page.t);
	buf_release(&page.capital);
}
