/* Canvas files (proto/README.md §14) and walls as JSON: one box, note, link, section or post a line, so that two exports compare well. What is empty is left out.
 *
 * A canvas in use may have come to differ from what the format asks of a file (proto/template.h). So that every export can be imported: boxes are numbered anew from 1 in their order, what a box lists of boxes that are gone is left out, and a tag that a note still carries after its box has dropped it is
 * the box's again. */
#include "server/export/content.h"
#include <string.h>

static void key(struct buf *out, const char *name)
{
	if (out->n && out->s[out->n - 1] != '{')
		buf_str(out, ", ");
	buf_char(out, '"');
	buf_str(out, name);
	buf_str(out, "\": ");
}

static void add_str(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	key(out, name);
	buf_json_string(out, value, strlen(value));
}

static void add_int(struct buf *out, const char *name, int64_t value)
{
	if (!value)
		return;
	key(out, name);
	buf_int(out, value);
}

/* `next` cuts a list into its items. */
static void add_list(struct buf *out, const char *name, const char *list, bool (*next)(const char **, const char **, size_t *))
{
	const char *item;
	size_t n;
	if (!*list)
		return;
	key(out, name);
	buf_char(out, '[');
	for (bool any = false; next(&list, &item, &n); any = true) {
		if (any)
			buf_str(out, ", ");
		buf_json_string(out, item, n);
	}
	buf_char(out, ']');
}

static bool has_box(const struct canvas_content *canvas, const char *id, size_t n)
{
	for (size_t i = 0; i < canvas->box_count; i++)
		if (strlen(canvas->boxes[i].id) == n && !memcmp(canvas->boxes[i].id, id, n))
			return true;
	return false;
}

/* A box's `links`, "jobs:segment-job jobs:note", as objects. */
static void add_box_links(struct buf *out, const struct canvas_content *canvas, const char *list)
{
	const char *item;
	size_t n;
	bool any = false;
	while (content_next_word(&list, &item, &n)) {
		const char *colon = memchr(item, ':', n);
		size_t to = colon ? (size_t)(colon - item) : n;
		if (!has_box(canvas, item, to))
			continue;
		if (!any) {
			key(out, "links");
			buf_char(out, '[');
		}
		buf_str(out, any ? ", {\"to\": " : "{\"to\": ");
		any = true;
		buf_json_string(out, item, to);
		buf_str(out, ", \"as\": ");
		if (colon)
			buf_json_string(out, colon + 1, n - to - 1);
		else
			buf_str(out, "\"note\"");
		buf_char(out, '}');
	}
	if (any)
		buf_char(out, ']');
}

static bool has_line(const char *list, const char *line, size_t n)
{
	const char *item;
	size_t m;
	while (content_next_line(&list, &item, &m))
		if (m == n && !memcmp(item, line, n))
			return true;
	return false;
}

/* The box's tags, and behind them those that only its notes still have. */
static void add_box_tags(struct buf *out, const struct canvas_content *canvas, const struct box_content *box)
{
	struct buf all = { 0 };
	const char *tag;
	size_t n;
	buf_str(&all, box->tags);
	for (size_t i = 0; i < box->count; i++)
		for (const char *list = canvas->notes[box->first + i].tags; content_next_line(&list, &tag, &n);) {
			if (has_line(buf_cstr(&all), tag, n))
				continue;
			buf_char(&all, '\n');
			buf_add(&all, tag, n);
		}
	add_list(out, "tags", buf_cstr(&all), content_next_line);
	buf_release(&all);
}

/* Where a list of objects, one a line, opens, goes on and closes. */
static void open_rows(struct buf *out, const char *name)
{
	buf_str(out, ",\n  \"");
	buf_str(out, name);
	buf_str(out, "\": [");
}

static void open_row(struct buf *out, bool is_first)
{
	buf_str(out, is_first ? "\n    {" : ",\n    {");
}

static void close_rows(struct buf *out, bool any)
{
	buf_str(out, any ? "\n  ]" : "]");
}

static void write_box(struct buf *out, const struct canvas_content *canvas, const struct box_content *box)
{
	add_str(out, "key", box->id);
	add_str(out, "title", *box->title ? box->title : box->id);
	add_int(out, "col", box->col);
	add_int(out, "row", box->row);
	add_int(out, "w", box->w);
	add_int(out, "h", box->h);
	add_int(out, "order", box - canvas->boxes + 1);
	add_list(out, "questions", box->questions, content_next_line);
	add_str(out, "tip", box->tip);
	add_box_tags(out, canvas, box);
	add_box_links(out, canvas, box->links);
	add_list(out, "parts", box->parts, content_next_word);
}

static void write_note(struct buf *out, const struct note_content *note)
{
	add_str(out, "id", note->id);
	add_str(out, "box", note->box->id);
	key(out, "text");
	buf_json_string(out, note->text, strlen(note->text));
	add_int(out, "type", note->type);
	add_list(out, "tags", note->tags, content_next_line);
	add_str(out, "author", note->author);
}

static void write_types(struct buf *out, const struct canvas_content *canvas)
{
	bool any = false;
	for (int i = 1; i <= TYPE_NUMBER_MAX; i++) {
		if (!*canvas->types[i])
			continue;
		if (!any)
			open_rows(out, "types");
		open_row(out, !any);
		any = true;
		add_int(out, "number", i);
		add_str(out, "name", canvas->types[i]);
		buf_char(out, '}');
	}
	if (any)
		close_rows(out, true);
}

static void write_notes(struct buf *out, const struct canvas_content *canvas)
{
	open_rows(out, "notes");
	for (size_t i = 0; i < canvas->note_count; i++) {
		open_row(out, !i);
		write_note(out, &canvas->notes[i]);
		buf_char(out, '}');
	}
	close_rows(out, canvas->note_count);
}

static void write_links(struct buf *out, const struct canvas_content *canvas)
{
	open_rows(out, "links");
	for (size_t i = 0; i < canvas->link_count; i++) {
		open_row(out, !i);
		add_str(out, "from", canvas->links[i].from->id);
		add_str(out, "to", canvas->links[i].to->id);
		add_str(out, "as", canvas->links[i].as);
		buf_char(out, '}');
	}
	close_rows(out, canvas->link_count);
}

/* The file's own lines are indented, so the first key of each is written by hand. */
static void head_str(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_str(out, ",\n  \"");
	buf_str(out, name);
	buf_str(out, "\": ");
	buf_json_string(out, value, strlen(value));
}

static void head_int(struct buf *out, const char *name, int value)
{
	buf_str(out, ",\n  \"");
	buf_str(out, name);
	buf_str(out, "\": ");
	buf_int(out, value);
}

void canvas_write_json(struct buf *out, const struct canvas_content *canvas)
{
	buf_str(out, "{\n  \"forwhom\": \"canvas\"");
	head_int(out, "version", 1);
	head_str(out, "key", *canvas->template ? canvas->template : "canvas");
	head_str(out, "title", *canvas->title ? canvas->title : "Canvas");
	head_str(out, "credits", canvas->credits);
	head_int(out, "columns", canvas->columns);
	head_int(out, "rows", canvas->rows);
	open_rows(out, "boxes");
	for (size_t i = 0; i < canvas->box_count; i++) {
		open_row(out, !i);
		write_box(out, canvas, &canvas->boxes[i]);
		buf_char(out, '}');
	}
	close_rows(out, canvas->box_count);
	write_types(out, canvas);
	if (canvas->note_count)
		write_notes(out, canvas);
	if (canvas->link_count)
		write_links(out, canvas);
	buf_str(out, "\n}\n");
}

static void write_words(struct buf *out, const struct words_content *words)
{
	static const char *const names[] = { "for", "who", "offer", "helps" };
	for (int i = 0; i < 4; i++)
		add_str(out, names[i], words->said.part[i]);
	add_str(out, "venture", words->said.venture);
	add_str(out, "state", words->state);
	add_str(out, "reason", words->reason);
}

static void write_post(struct buf *out, const struct post_content *post)
{
	add_str(out, "id", post->id);
	add_str(out, "section", post->section->id);
	write_words(out, &post->words);
	add_str(out, "author", post->author);
	add_str(out, "names", post->names);
	add_int(out, "at", post->at);
	add_int(out, "edited", post->edited);
	if (post->revision) {
		key(out, "revision");
		buf_char(out, '{');
		write_words(out, post->revision);
		buf_char(out, '}');
	}
}

void wall_write_json(struct buf *out, const struct wall_content *wall)
{
	size_t titled = wall->section_count - 1;
	buf_str(out, "{\n  \"forwhom\": \"wall\"");
	head_int(out, "version", 1);
	head_str(out, "title", wall->title);
	head_str(out, "prompt", wall->prompt);
	open_rows(out, "sections");
	for (size_t i = 0; i < titled; i++) {
		open_row(out, !i);
		add_str(out, "id", wall->sections[i].id);
		add_str(out, "title", wall->sections[i].title);
		buf_char(out, '}');
	}
	close_rows(out, titled);
	open_rows(out, "posts");
	for (size_t i = 0; i < wall->post_count; i++) {
		open_row(out, !i);
		write_post(out, &wall->posts[i]);
		buf_char(out, '}');
	}
	close_rows(out, wall->post_count);
	buf_str(out, "\n}\n");
}
