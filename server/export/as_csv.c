/* RFC 4180: CRLF behind every row, quotes round a cell that needs them, quotes within doubled. A cell that a spreadsheet would take for a formula gets an apostrophe in front, ids not excepted (they may begin with a dash). */
#include "server/export/content.h"
#include <string.h>

static bool is_formula(const char *s)
{
	return *s && strchr("=+-@\t\r", *s);
}

static void cell(struct buf *out, const char *s)
{
	if (out->n && out->s[out->n - 1] != '\n')
		buf_char(out, ',');
	bool quoted = s[strcspn(s, "\",\r\n")] || *s == ' ' || (*s && s[strlen(s) - 1] == ' ');
	if (quoted)
		buf_char(out, '"');
	if (is_formula(s))
		buf_char(out, '\'');
	for (; *s; s++) {
		if (*s == '"')
			buf_char(out, '"');
		buf_char(out, *s);
	}
	if (quoted)
		buf_char(out, '"');
}

static void end_row(struct buf *out)
{
	buf_str(out, "\r\n");
}

/* "1 Pharmacies", "1" where the type has no name any more, "" for none. */
static void add_type(struct buf *text, const struct canvas_content *canvas, int type)
{
	buf_reset(text);
	if (!type)
		return;
	buf_int(text, type);
	if (*canvas->types[type]) {
		buf_char(text, ' ');
		buf_str(text, canvas->types[type]);
	}
}

/* "<id>:segment-job <id>:note": what the links that begin here lead to. */
static void add_links(struct buf *text, const struct canvas_content *canvas, const struct note_content *note)
{
	buf_reset(text);
	for (size_t i = 0; i < note->link_count; i++) {
		const struct link_content *link = &canvas->links[note->first_link + i];
		if (i)
			buf_char(text, ' ');
		buf_str(text, link->to->id);
		buf_char(text, ':');
		buf_str(text, link->as);
	}
}

void canvas_write_csv(struct buf *out, const struct canvas_content *canvas)
{
	struct buf text = { 0 };
	buf_str(out, "id,box,type,tags,text,author,links\r\n");
	for (size_t i = 0; i < canvas->note_count; i++) {
		const struct note_content *note = &canvas->notes[i];
		cell(out, note->id);
		cell(out, *note->box->title ? note->box->title : note->box->id);
		add_type(&text, canvas, note->type);
		cell(out, buf_cstr(&text));
		cell(out, note->tags);
		cell(out, note->text);
		cell(out, note->author);
		add_links(&text, canvas, note);
		cell(out, buf_cstr(&text));
		end_row(out);
	}
	buf_release(&text);
}

void wall_write_csv(struct buf *out, const struct wall_content *wall)
{
	buf_str(out, "id,section,for,who,offer,helps,venture,author,state\r\n");
	for (size_t i = 0; i < wall->post_count; i++) {
		const struct post_content *post = &wall->posts[i];
		cell(out, post->id);
		cell(out, post->section->title);
		for (int part = 0; part < 4; part++)
			cell(out, post->words.said.part[part]);
		cell(out, post->words.said.venture);
		cell(out, post->author);
		cell(out, post->words.state);
		end_row(out);
	}
}
