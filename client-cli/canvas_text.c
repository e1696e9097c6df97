/* What the commands for canvases print and read; pure (see pipe.h). */
#include "client-cli/pipe.h"
#include "client-cli/sentence.h"
#include "client-cli/typing.h"
#include "proto/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHORT_ID = 8, TEXT_INDENT = 12 };

static void add_some(cJSON *json, const char *key, const char *value)
{
	if (*value)
		cJSON_AddStringToObject(json, key, value);
}

/* What is one a line in an object is a list for those who read. */
static void add_lines(cJSON *json, const char *key, const char *lines)
{
	cJSON *list = cJSON_AddArrayToObject(json, key);
	const char *line;
	size_t n;
	for (size_t i = 0; (line = line_at(lines, i, &n)); i++) {
		char *copy = strndup(line, n);
		cJSON_AddItemToArray(list, cJSON_CreateString(copy));
		free(copy);
	}
}

static cJSON *row(const char *kind, const char *id)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "kind", kind);
	cJSON_AddStringToObject(json, "id", id);
	return json;
}

cJSON *canvas_json(const struct canvas *canvas)
{
	cJSON *json = row("canvas", canvas->id);
	cJSON_AddStringToObject(json, "title", canvas->title);
	cJSON_AddStringToObject(json, "template", canvas->template);
	cJSON_AddStringToObject(json, "team", canvas->team_name);
	cJSON_AddStringToObject(json, "see", canvas->see);
	cJSON_AddStringToObject(json, "add", canvas->add);
	cJSON_AddStringToObject(json, "change", canvas->change);
	cJSON_AddNumberToObject(json, "columns", canvas->columns);
	cJSON_AddNumberToObject(json, "rows", canvas->rows);
	add_some(json, "credits", canvas->credits);
	add_some(json, "deleted", canvas->deleted);
	return json;
}

cJSON *canvas_entry_json(const struct canvas_entry *entry)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "id", entry->id);
	cJSON_AddStringToObject(json, "title", entry->title);
	cJSON_AddStringToObject(json, "template", entry->template);
	cJSON_AddStringToObject(json, "team", entry->team_name);
	cJSON_AddStringToObject(json, "see", entry->see);
	cJSON_AddStringToObject(json, "add", entry->add);
	cJSON_AddStringToObject(json, "change", entry->change);
	cJSON_AddBoolToObject(json, "readable", entry->may_see);
	add_some(json, "deleted", entry->deleted);
	return json;
}

cJSON *box_json(const struct canvas_box *box)
{
	cJSON *json = row("box", box->id);
	cJSON_AddStringToObject(json, "title", box->title);
	cJSON_AddNumberToObject(json, "col", box->col);
	cJSON_AddNumberToObject(json, "row", box->row);
	cJSON_AddNumberToObject(json, "w", box->w);
	cJSON_AddNumberToObject(json, "h", box->h);
	cJSON_AddNumberToObject(json, "order", box->order);
	add_lines(json, "questions", box->questions);
	cJSON_AddStringToObject(json, "tip", box->tip);
	add_lines(json, "tags", box->tags);
	return json;
}

cJSON *type_json(int number, const char *name)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "kind", "type");
	cJSON_AddNumberToObject(json, "number", number);
	cJSON_AddStringToObject(json, "name", name);
	return json;
}

cJSON *note_json(const struct canvas *canvas, const struct canvas_note *note)
{
	cJSON *json = row("note", note->id);
	(void)canvas;
	cJSON_AddStringToObject(json, "box", note->box);
	cJSON_AddStringToObject(json, "text", note->text);
	cJSON_AddNumberToObject(json, "type", note->type);
	add_lines(json, "tags", note->tags);
	cJSON_AddStringToObject(json, "author", note->author_name);
	add_some(json, "post", note->post);
	add_some(json, "part", note->part);
	return json;
}

cJSON *link_json(const struct canvas_link *link)
{
	cJSON *json = row("link", link->id);
	cJSON_AddStringToObject(json, "from", link->from);
	cJSON_AddStringToObject(json, "to", link->to);
	cJSON_AddStringToObject(json, "as", link->as);
	return json;
}

/* --- the outline --- */

static void add_short(struct buf *out, const char *id)
{
	buf_add(out, id, strlen(id) < SHORT_ID ? strlen(id) : SHORT_ID);
}

static void add_indent(struct buf *out, int n)
{
	while (n-- > 0)
		buf_char(out, ' ');
}

/* The text, its further lines below its first. */
static void add_text(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_char(out, text[i]);
		if (text[i] == '\n')
			add_indent(out, TEXT_INDENT);
	}
}

void note_row_add(struct buf *out, const struct canvas *canvas, const struct canvas_note *note)
{
	const char *tag;
	size_t n;
	buf_str(out, "  ");
	add_short(out, note->id);
	buf_str(out, "  ");
	add_text(out, note->text, note->text_n);
	if (note->type) {
		buf_str(out, "  (");
		if (*canvas->types[note->type])
			buf_str(out, canvas->types[note->type]);
		else
			buf_int(out, note->type);
		buf_char(out, ')');
	}
	for (size_t i = 0; (tag = line_at(note->tags, i, &n)); i++) {
		buf_str(out, "  #");
		buf_add(out, tag, n);
	}
	if (*note->author_name) {
		buf_str(out, "  — ");
		buf_str(out, note->author_name);
	}
}

/* "→ id  text (as)" of every link that begins at the note. */
static void add_links(struct buf *out, const struct canvas *canvas, const struct canvas_note *note)
{
	for (size_t i = 0; i < canvas->link_count; i++) {
		const struct canvas_link *link = &canvas->links[i];
		const struct canvas_note *to = strcmp(link->from, note->id) ? NULL : canvas_note(canvas, link->to);
		if (!to)
			continue;
		add_indent(out, TEXT_INDENT);
		buf_str(out, "→ ");
		add_short(out, to->id);
		buf_str(out, "  ");
		buf_add(out, to->text, strcspn(to->text, "\n"));
		buf_str(out, "  (");
		buf_str(out, link->as);
		buf_str(out, ")\n");
	}
}

void canvas_outline_add(struct buf *out, const struct canvas *canvas)
{
	buf_str(out, canvas->title);
	if (*canvas->team_name) {
		buf_str(out, " — ");
		buf_str(out, canvas->team_name);
	}
	buf_char(out, '\n');
	for (size_t b = 0; b < canvas->box_count; b++) {
		const struct canvas_box *box = &canvas->boxes[b];
		buf_char(out, '\n');
		buf_str(out, box->title);
		buf_str(out, "  [");
		buf_str(out, box->id);
		buf_str(out, "]\n");
		for (size_t i = box->first; i < box->first + box->count; i++) {
			note_row_add(out, canvas, &canvas->notes[i]);
			buf_char(out, '\n');
			add_links(out, canvas, &canvas->notes[i]);
		}
	}
}

/* --- lines of notes --- */

static bool join_tags(const cJSON *list, struct buf *out)
{
	const cJSON *tag;
	cJSON_ArrayForEach(tag, list)
	{
		if (!cJSON_IsString(tag))
			return false;
		buf_str(out, out->n ? "\n" : "");
		buf_str(out, tag->valuestring);
	}
	return true;
}

static char *take_string(const cJSON *item)
{
	return *item->valuestring ? strdup(item->valuestring) : NULL;
}

/* One key of a line; returns the code of a refusal, or NULL. */
static const char *read_key(struct note_line *out, const cJSON *item)
{
	struct buf text = { 0 };
	const char *code = NULL;
	bool is_string = cJSON_IsString(item);
	if (!strcmp(item->string, "type")) {
		if (!cJSON_IsNumber(item))
			return "bad_type";
		cJSON_AddNumberToObject(out->args, "type", item->valuedouble);
	} else if (!strcmp(item->string, "tags")) {
		if (is_string)
			buf_str(&text, item->valuestring);
		else if (!cJSON_IsArray(item) || !join_tags(item, &text))
			code = "bad_type";
		cJSON_AddStringToObject(out->args, "tags", buf_cstr(&text));
	} else if (!strcmp(item->string, "text")) {
		if (is_string)
			typing_clean(&text, item->valuestring, strlen(item->valuestring));
		else
			code = "bad_type";
		cJSON_AddStringToObject(out->args, "text", buf_cstr(&text));
	} else if (!strcmp(item->string, "box") || !strcmp(item->string, "before")) {
		if (!is_string)
			return "bad_type";
		char **into = item->string[1] == 'o' ? &out->box : &out->before;
		*into = take_string(item);
	} else {
		code = "bad_shape";
	}
	buf_release(&text);
	return code;
}

struct note_line note_line_read(const char *line, size_t n)
{
	struct note_line out = { 0 };
	enum json_verdict verdict;
	cJSON *json = json_parse(line, n, &json_limits_client, &verdict), *item;
	if (!json || !cJSON_IsObject(json)) {
		out.code = json ? "bad_shape" : json_verdict_code(verdict);
	} else {
		out.args = cJSON_CreateObject();
		cJSON_ArrayForEach(item, json)
			if (!out.code)
				out.code = read_key(&out, item);
		if (!out.code && !out.box)
			out.code = "bad_shape";
	}
	out.say = out.code;
	if (out.code) {
		cJSON_Delete(out.args);
		free(out.box);
		free(out.before);
		out = (struct note_line){ .code = out.code, .say = out.say };
	}
	cJSON_Delete(json);
	return out;
}

/* --- times, numbers, settings --- */

static const struct {
	char unit;
	int64_t ms;
} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };

static bool read_ago(const char *text, int64_t now_ms, int64_t *ms)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	if (n < 0 || n > 100000 || !*end || end[1])
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (*end == units[i].unit) {
			*ms = now_ms - n * units[i].ms;
			return true;
		}
	return false;
}

static bool read_clock(const char *text, int64_t now_ms, int64_t *ms)
{
	static const char *const shapes[] = { "%H:%M", "%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d" };
	time_t now = (time_t)(now_ms / 1000);
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct tm tm;
		localtime_r(&now, &tm);
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_isdst = -1;
		const char *end = strptime(text, shapes[i], &tm);
		if (!end || *end)
			continue;
		tm.tm_isdst = -1;
		*ms = (int64_t)mktime(&tm) * 1000;
		return true;
	}
	return false;
}

bool time_read(const char *text, int64_t now_ms, int64_t *ms)
{
	enum { MS_DIGITS_LEAST = 12, MS_DIGITS_MOST = 15 };
	size_t digits = strspn(text, "0123456789");
	if (!digits)
		return false;
	if (!text[digits] && digits >= MS_DIGITS_LEAST && digits <= MS_DIGITS_MOST) {
		*ms = strtoll(text, NULL, 10);
		return true;
	}
	return read_ago(text, now_ms, ms) || read_clock(text, now_ms, ms);
}

bool pair_read(const char *text, char between, int64_t *a, int64_t *b)
{
	enum { MOST = 999 };
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	*a = strtol(text, &end, 10);
	if (*end != between || end[1] < '0' || end[1] > '9')
		return false;
	*b = strtol(end + 1, &end, 10);
	return !*end && *a >= 1 && *a <= MOST && *b >= 1 && *b <= MOST;
}

enum setting_verdict canvas_setting_read(const char *text, cJSON *args, struct buf *values)
{
	static const char *const keys[] = { "title", "see", "add", "change" };
	static const char *const rights[] = { "staff", "team", "class" };
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : 0;
	for (size_t i = 0; equals && i < sizeof keys / sizeof *keys; i++) {
		if (strlen(keys[i]) != n || strncmp(keys[i], text, n) != 0)
			continue;
		bool good = i == 0;
		for (size_t r = 0; r < sizeof rights / sizeof *rights; r++)
			good |= !strcmp(rights[r], equals + 1);
		if (!good) {
			buf_str(values, "staff team class");
			return SETTING_BAD_VALUE;
		}
		cJSON_DeleteItemFromObjectCaseSensitive(args, keys[i]);
		cJSON_AddStringToObject(args, keys[i], equals + 1);
		return SETTING_OK;
	}
	buf_str(values, "title see add change");
	return SETTING_NO_KEY;
}
