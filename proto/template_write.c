/* Writing canvas files, and what of them the objects of a canvas hold as text. */
#include "proto/template.h"

#include <string.h>

const char *const template_part_names[TEMPLATE_PARTS] = { "for", "who", "offer", "helps" };

void template_lines_join(const struct template_line *lines, int count, struct buf *out)
{
	for (int i = 0; i < count; i++) {
		if (i)
			buf_char(out, '\n');
		buf_str(out, lines[i].s);
	}
}

void template_box_links_join(const struct template_box *box, struct buf *out)
{
	for (int l = 0; l < box->link_count; l++) {
		if (l)
			buf_char(out, ' ');
		buf_str(out, box->links[l].to);
		buf_char(out, ':');
		buf_str(out, box->links[l].as);
	}
}

void template_box_parts_join(const struct template_box *box, struct buf *out)
{
	bool is_first = true;

	for (int p = 0; p < TEMPLATE_PARTS; p++) {
		if (!(box->parts & 1u << p))
			continue;
		if (!is_first)
			buf_char(out, ' ');
		buf_str(out, template_part_names[p]);
		is_first = false;
	}
}

static void write_key(struct buf *out, const char *key)
{
	if (out->s[out->n - 1] != '{')
		buf_char(out, ',');
	buf_json_string(out, key, strlen(key));
	buf_char(out, ':');
}

static void write_string(struct buf *out, const char *key, const char *s)
{
	write_key(out, key);
	buf_json_string(out, s, strlen(s));
}

static void write_int(struct buf *out, const char *key, int value)
{
	write_key(out, key);
	buf_int(out, value);
}

/* The comma before every item of a list but the first. */
static void write_item(struct buf *out, int i)
{
	if (i)
		buf_char(out, ',');
}

static void write_lines(struct buf *out, const char *key, const struct template_line *lines, int count)
{
	if (!count)
		return;
	write_key(out, key);
	buf_char(out, '[');
	for (int i = 0; i < count; i++) {
		write_item(out, i);
		buf_json_string(out, lines[i].s, strlen(lines[i].s));
	}
	buf_char(out, ']');
}

static void write_box_links(struct buf *out, const struct template_box *box)
{
	if (!box->link_count)
		return;
	write_key(out, "links");
	buf_char(out, '[');
	for (int l = 0; l < box->link_count; l++) {
		write_item(out, l);
		buf_char(out, '{');
		write_string(out, "to", box->links[l].to);
		write_string(out, "as", box->links[l].as);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

static void write_box_parts(struct buf *out, const struct template_box *box)
{
	struct template_line parts[TEMPLATE_PARTS];
	int count = 0;

	for (int p = 0; p < TEMPLATE_PARTS; p++)
		if (box->parts & 1u << p)
			parts[count++].s = template_part_names[p];
	write_lines(out, "parts", parts, count);
}

static void write_box(struct buf *out, const struct template_box *box)
{
	buf_char(out, '{');
	write_string(out, "key", box->key);
	write_string(out, "title", box->title);
	write_int(out, "col", box->col);
	write_int(out, "row", box->row);
	write_int(out, "w", box->w);
	write_int(out, "h", box->h);
	write_int(out, "order", box->order);
	write_lines(out, "questions", box->questions, box->question_count);
	if (*box->tip)
		write_string(out, "tip", box->tip);
	write_lines(out, "tags", box->tags, box->tag_count);
	write_box_links(out, box);
	write_box_parts(out, box);
	buf_char(out, '}');
}

static void write_note(struct buf *out, const struct template_note *note)
{
	buf_char(out, '{');
	write_string(out, "id", note->id);
	write_string(out, "box", note->box);
	write_string(out, "text", note->text);
	if (note->type)
		write_int(out, "type", note->type);
	write_lines(out, "tags", note->tags, note->tag_count);
	if (*note->author)
		write_string(out, "author", note->author);
	buf_char(out, '}');
}

static void write_type(struct buf *out, const struct template_type *type)
{
	buf_char(out, '{');
	write_int(out, "number", type->number);
	write_string(out, "name", type->name);
	buf_char(out, '}');
}

static void write_link(struct buf *out, const struct template_link *link)
{
	buf_char(out, '{');
	write_string(out, "from", link->from);
	write_string(out, "to", link->to);
	write_string(out, "as", link->as);
	buf_char(out, '}');
}

static void write_content(struct buf *out, const struct template *t)
{
	write_key(out, "types");
	buf_char(out, '[');
	for (int i = 0; i < t->type_count; i++) {
		write_item(out, i);
		write_type(out, &t->types[i]);
	}
	buf_char(out, ']');
	write_key(out, "notes");
	buf_char(out, '[');
	for (int i = 0; i < t->note_count; i++) {
		write_item(out, i);
		write_note(out, &t->notes[i]);
	}
	buf_char(out, ']');
	write_key(out, "links");
	buf_char(out, '[');
	for (int i = 0; i < t->link_count; i++) {
		write_item(out, i);
		write_link(out, &t->links[i]);
	}
	buf_char(out, ']');
}

void template_write(const struct template *t, bool with_notes, struct buf *out)
{
	buf_char(out, '{');
	write_string(out, "forwhom", "canvas");
	write_int(out, "version", 1);
	write_string(out, "key", t->key);
	write_string(out, "title", t->title);
	if (*t->credits)
		write_string(out, "credits", t->credits);
	write_int(out, "columns", t->columns);
	write_int(out, "rows", t->rows);
	write_key(out, "boxes");
	buf_char(out, '[');
	for (int b = 0; b < t->box_count; b++) {
		write_item(out, b);
		write_box(out, &t->boxes[b]);
	}
	buf_char(out, ']');
	if (with_notes)
		write_content(out, t);
	buf_char(out, '}');
}
