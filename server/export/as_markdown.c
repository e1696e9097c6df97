/* CommonMark. Whatever people typed is text and stays it: characters with a meaning are escaped everywhere, those with a meaning at the beginning of a line there. Lines of one note stay lines (hard breaks) within its list item. */
#include "server/export/content.h"
#include <string.h>

/* What would begin a heading, list, rule, quote or heading underline. Digits are looked at apart: "1." and "1)" begin a list. */
static bool begins_block(const char *s, size_t n)
{
	return n && strchr("#+-=>:", *s) != NULL;
}

static size_t digits(const char *s, size_t n)
{
	size_t d = 0;
	while (d < n && s[d] >= '0' && s[d] <= '9')
		d++;
	return d;
}

static void escaped(struct buf *out, const char *s, size_t n, bool at_line_start)
{
	size_t list = at_line_start ? digits(s, n) : 0;
	if (at_line_start && begins_block(s, n))
		buf_char(out, '\\');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c && strchr("\\`*_[]<>&~|$", c) && !(i == 0 && at_line_start && c == '>'))
			buf_char(out, '\\');
		else if (list && i == list && (c == '.' || c == ')'))
			buf_char(out, '\\');
		buf_char(out, c == '\t' ? ' ' : (char)c);
	}
}

/* White space at the ends of a line means code, or a break, or nothing. */
static void trim(const char **s, size_t *n)
{
	while (*n && (**s == ' ' || **s == '\t'))
		(*s)++, (*n)--;
	while (*n && ((*s)[*n - 1] == ' ' || (*s)[*n - 1] == '\t'))
		(*n)--;
}

static void add_line(struct buf *out, const char *s, size_t n)
{
	trim(&s, &n);
	escaped(out, s, n, true);
}

static void heading(struct buf *out, const char *marks, const char *title, const char *instead)
{
	if (out->n)
		buf_char(out, '\n');
	buf_str(out, marks);
	buf_char(out, ' ');
	if (*title)
		add_line(out, title, strlen(title));
	else
		buf_str(out, instead);
	buf_char(out, '\n');
}

/* The lines of a note, those after the first indented by `indent`. Empty lines within part paragraphs, those at the ends are left out. */
static void add_lines(struct buf *out, const char *text, const char *indent)
{
	bool any = false, gap = false;
	for (const char *s = text; *s;) {
		size_t n = strcspn(s, "\n");
		const char *line = s;
		s += n + (s[n] != '\0');
		trim(&line, &n);
		if (!n) {
			gap = true;
			continue;
		}
		if (any) {
			buf_str(out, gap ? "\n\n" : "\\\n");
			buf_str(out, indent);
		}
		add_line(out, line, n);
		any = true;
		gap = false;
	}
	if (!any)
		buf_str(out, "…");
}

static void add_type(struct buf *out, const struct canvas_content *canvas, int number)
{
	buf_int(out, number);
	if (*canvas->types[number]) {
		buf_char(out, ' ');
		escaped(out, canvas->types[number], strlen(canvas->types[number]), false);
	}
}

static void add_tags(struct buf *out, const char *tags)
{
	const char *tag;
	size_t n;
	for (bool any = false; content_next_line(&tags, &tag, &n); any = true) {
		if (any)
			buf_str(out, ", ");
		escaped(out, tag, n, false);
	}
}

/* "→ the other note's first line (its box)". */
static void add_link(struct buf *out, const struct link_content *link)
{
	const char *text = link->to->text, *line;
	size_t n;
	buf_str(out, "  - → ");
	if (content_next_line(&text, &line, &n))
		escaped(out, line, n, false);
	if (text[strspn(text, "\n")])
		buf_str(out, " …");
	buf_str(out, " (");
	escaped(out, link->to->box->title, strlen(link->to->box->title), false);
	buf_str(out, ")\n");
}

static void add_field(struct buf *out, const char *label, const char *value)
{
	if (!*value)
		return;
	buf_str(out, "  - ");
	buf_str(out, label);
	escaped(out, value, strlen(value), false);
	buf_char(out, '\n');
}

static void add_note(struct buf *out, const struct canvas_content *canvas, const struct note_content *note)
{
	buf_str(out, "- ");
	add_lines(out, note->text, "  ");
	buf_char(out, '\n');
	if (note->type) {
		buf_str(out, "  - type: ");
		add_type(out, canvas, note->type);
		buf_char(out, '\n');
	}
	if (*note->tags) {
		buf_str(out, "  - tags: ");
		add_tags(out, note->tags);
		buf_char(out, '\n');
	}
	add_field(out, "by: ", note->author);
	for (size_t i = 0; i < note->link_count; i++)
		add_link(out, &canvas->links[note->first_link + i]);
}

static void add_legend(struct buf *out, const struct canvas_content *canvas)
{
	bool any = false;
	for (int i = 1; i <= TYPE_NUMBER_MAX; i++) {
		if (!*canvas->types[i])
			continue;
		if (!any)
			buf_str(out, "\nCustomer types:\n\n");
		any = true;
		buf_str(out, "- ");
		add_type(out, canvas, i);
		buf_char(out, '\n');
	}
}

static void add_paragraph(struct buf *out, const char *text)
{
	if (!*text)
		return;
	buf_char(out, '\n');
	add_line(out, text, strlen(text));
	buf_char(out, '\n');
}

void canvas_write_md(struct buf *out, const struct canvas_content *canvas)
{
	heading(out, "#", canvas->title, "Canvas");
	add_legend(out, canvas);
	for (size_t b = 0; b < canvas->box_count; b++) {
		const struct box_content *box = &canvas->boxes[b];
		heading(out, "##", box->title, box->id);
		if (box->count)
			buf_char(out, '\n');
		for (size_t i = 0; i < box->count; i++)
			add_note(out, canvas, &canvas->notes[box->first + i]);
	}
	if (*canvas->credits)
		buf_str(out, "\n---\n");
	add_paragraph(out, canvas->credits);
}

static void add_sentence(struct buf *out, const struct words_content *words)
{
	struct piece pieces[PIECES_MAX];
	struct buf text = { 0 };
	size_t n = statement_pieces(&words->said, content_phrase, pieces);
	if (!n)
		buf_str(out, "…");
	for (size_t i = 0; i < n; i++) {
		if (i && !pieces[i].tight)
			buf_char(out, ' ');
		buf_reset(&text);
		piece_add(&text, &pieces[i]);
		escaped(out, text.s, text.n, !i);
	}
	buf_release(&text);
	buf_char(out, '\n');
}

/* "shown" needs no saying. */
static void add_state(struct buf *out, const struct words_content *words)
{
	if (!*words->state || !strcmp(words->state, "shown"))
		return;
	add_field(out, "state: ", words->state);
	add_field(out, "reason: ", words->reason);
}

static void add_post(struct buf *out, const struct post_content *post)
{
	buf_str(out, "- ");
	add_sentence(out, &post->words);
	add_field(out, "by: ", post->author);
	add_state(out, &post->words);
	if (post->revision) {
		buf_str(out, "  - new words (");
		buf_str(out, post->revision->state);
		buf_str(out, "): ");
		add_sentence(out, post->revision);
		add_field(out, "reason: ", post->revision->reason);
	}
}

void wall_write_md(struct buf *out, const struct wall_content *wall)
{
	heading(out, "#", wall->title, "Wall");
	add_paragraph(out, wall->prompt);
	for (size_t s = 0; s < wall->section_count; s++) {
		const struct section_content *section = &wall->sections[s];
		if (*section->id)
			heading(out, "##", section->title, section->id);
		else if (section->count && wall->section_count > 1)
			heading(out, "##", "Under no section", "");
		if (section->count)
			buf_char(out, '\n');
		for (size_t i = 0; i < section->count; i++)
			add_post(out, &wall->posts[section->first + i]);
	}
}
