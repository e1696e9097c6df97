/*
 * Reading canvas files.
 *
 * The format is a fixed tree, so it is read by tables of keys (struct shape) straight from the bytes into the structs:
 * what comes next is always known, anything else is refused where it stands, and with it every kind of bomb: nothing
 * unknown is ever descended into, so depth is that of the tables, and no tree of generic values is built. The line
 * of everything is at hand, because it is being read. What needs the whole file (places, orders, references) is
 * checked afterwards (template_check.c), from the lines noted on the way.
 *
 * Rejected: json_check and cJSON, as the wire does it. Both forget where things stood, cJSON needs some forty times
 * the size of its input, and the validator's memory is sized for messages of 64 KiB.
 */
#include "proto/template_internal.h"

#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "proto/gen/tables.h"
#include "proto/ids.h"
#include "proto/names.h"
#include "proto/text.h"

/* As request.c has it: a character may be many code points, and this bounds them. */
enum { GRAPHEME_BYTES = 16 };

struct reader {
	const unsigned char *s;
	size_t n, at;
	int line;     /* that `at` is on */
	int end_line; /* where the last token ended: what a file that breaks off is reported at */
	unsigned parts; /* that some box has taken */
	struct buf raw;     /* the string read last, escapes resolved */
	struct buf cleaned; /* the same as one normalised line */
	struct template *t;
	struct template_fault *fault;
};

struct shape;

/* One key of an object: how its value is read and where it goes. */
struct key_spec {
	const char *name;
	bool (*read)(struct reader *r, const struct key_spec *spec, void *out);
	size_t at;       /* where in the struct */
	size_t count_at; /* (lists) where their number goes */
	bool need;
	int min, max;    /* (numbers) range; (text) min 1: not empty; (lists) how many */
	int kind, field; /* (text) whose limit in kinds.json holds; kind 0: none */
	const struct shape *items; /* (lists) of objects */
};

struct shape {
	const char *noun; /* "a box" */
	size_t size;      /* of the struct, whose first member is its line (the file itself has none) */
	const struct key_spec *keys;
	int key_count;
};

/* ------------------------------------------------------------------------------------------------ characters and strings */

static void skip_space(struct reader *r)
{
	for (; r->at < r->n; r->at++) {
		unsigned char c = r->s[r->at];
		if (c == '\n')
			r->line++;
		else if (c != ' ' && c != '\t' && c != '\r')
			return;
	}
}

/* Steps over white space; false, refused, at the end of the file. */
static bool next_token(struct reader *r)
{
	skip_space(r);
	if (r->at == r->n)
		return refuse(r, r->end_line, TEMPLATE_BAD_JSON, "the file breaks off here", NULL);
	r->end_line = r->line;
	return true;
}

static bool refuse_character(struct reader *r, const char *expected)
{
	char found[2] = { (char)r->s[r->at], '\0' };

	return refuse(r, r->line, TEMPLATE_BAD_JSON, "found `", found, "` where ", expected, " should be", NULL);
}

/* Steps over one character of the grammar, after white space. */
static bool expect(struct reader *r, char c)
{
	const char expected[] = { '`', c, '`', '\0' };

	if (!next_token(r))
		return false;
	if (r->s[r->at] != (unsigned char)c)
		return refuse_character(r, expected);
	r->at++;
	return true;
}

/*
 * Whether a value of the wanted type begins here: `c` is its first character, '0' for numbers. Otherwise says whether
 * there is a value of another type, or none at all.
 */
static bool begins(struct reader *r, char c, const char *name, const char *wanted)
{
	if (!next_token(r))
		return false;
	unsigned char found = r->s[r->at];
	bool is_number = found == '-' || (found >= '0' && found <= '9');
	if (c == '0' ? is_number : found == (unsigned char)c)
		return true;
	if (is_number || (found && strchr("\"{[tfn", found)))
		return refuse(r, r->line, TEMPLATE_BAD_TYPE, name, " should be ", wanted, NULL);
	return refuse_character(r, wanted);
}

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex4(struct reader *r, int32_t *out)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = r->at < r->n ? hex_value(r->s[r->at]) : -1;
		if (digit < 0)
			return refuse(r, r->line, TEMPLATE_BAD_JSON, "\\u needs four hexadecimal digits", NULL);
		value = value << 4 | digit;
		r->at++;
	}
	*out = value;
	return true;
}

/* Reads what follows "\u", for half of a surrogate pair the other half too. */
static bool read_unicode_escape(struct reader *r)
{
	int32_t c, low = 0;

	if (!read_hex4(r, &c))
		return false;
	bool is_half = c >= 0xD800 && c <= 0xDFFF, is_pair = false;
	if (c >= 0xD800 && c <= 0xDBFF && r->n - r->at >= 2 && r->s[r->at] == '\\' && r->s[r->at + 1] == 'u') {
		r->at += 2;
		if (!read_hex4(r, &low))
			return false;
		is_pair = low >= 0xDC00 && low <= 0xDFFF;
	}
	if (!c || (is_half && !is_pair))
		return refuse(r, r->line, TEMPLATE_BAD_UTF8, "an escape stands for no character", NULL);
	buf_codepoint(&r->raw, is_pair ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : c);
	return true;
}

static bool read_escape(struct reader *r)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	unsigned char letter = r->n - r->at >= 2 ? r->s[r->at + 1] : '\0';
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (letter != 'u' && !found)
		return refuse(r, r->line, TEMPLATE_BAD_JSON, "a backslash begins no escape here", NULL);
	r->at += 2;
	if (!found)
		return read_unicode_escape(r);
	buf_char(&r->raw, bytes[found - letters]);
	return true;
}

static bool read_character(struct reader *r)
{
	utf8proc_int32_t c;
	unsigned char first = r->s[r->at];

	if (first == '\\')
		return read_escape(r);
	if (first < 0x20)
		return refuse(r, r->line, TEMPLATE_BAD_JSON, first == '\n' ? "a line ends within quotes" : "a control character within quotes", NULL);
	utf8proc_ssize_t used = utf8proc_iterate(r->s + r->at, (utf8proc_ssize_t)(r->n - r->at), &c);
	if (used <= 0)
		return refuse(r, r->line, TEMPLATE_BAD_UTF8, "this is not UTF-8", NULL);
	buf_add(&r->raw, r->s + r->at, (size_t)used);
	r->at += (size_t)used;
	return true;
}

/* Reads a string into `raw`. */
static bool read_string(struct reader *r, const char *name)
{
	if (!begins(r, '"', name, "text in quotes"))
		return false;
	buf_reset(&r->raw);
	for (r->at++; r->at < r->n; ) {
		if (r->s[r->at] == '"') {
			r->at++;
			return true;
		}
		if (!read_character(r))
			return false;
	}
	return refuse(r, r->line, TEMPLATE_BAD_JSON, "a quote is never closed", NULL);
}

/* ------------------------------------------------------------------------------------------------ objects and lists */

enum step { STEP_REFUSED, STEP_ITEM, STEP_END };

/* Goes to the next item of an object or list whose opening bracket has been read, or over its closing one. */
static enum step next_item(struct reader *r, char closing, bool *is_first)
{
	bool first = *is_first;

	*is_first = false;
	if (!next_token(r))
		return STEP_REFUSED;
	unsigned char c = r->s[r->at];
	if (c == (unsigned char)closing) {
		r->at++;
		return STEP_END;
	}
	if (first)
		return STEP_ITEM;
	if (c != ',') {
		refuse_character(r, closing == '}' ? "`,` or `}`" : "`,` or `]`");
		return STEP_REFUSED;
	}
	r->at++;
	if (!next_token(r))
		return STEP_REFUSED;
	if (r->s[r->at] == (unsigned char)closing) {
		refuse(r, r->line, TEMPLATE_BAD_JSON, "a comma before the closing bracket", NULL);
		return STEP_REFUSED;
	}
	return STEP_ITEM;
}

/* The key that was read into `raw`; refuses one that is not known or has been there. */
static const struct key_spec *known_key(struct reader *r, const struct shape *shape, unsigned *seen)
{
	const char *name = buf_cstr(&r->raw);

	for (int k = 0; k < shape->key_count; k++) {
		if (strcmp(shape->keys[k].name, name) != 0)
			continue;
		if (*seen & 1u << k) {
			refuse(r, r->line, TEMPLATE_DUP_KEY, "`", name, "` is there twice", NULL);
			return NULL;
		}
		*seen |= 1u << k;
		return &shape->keys[k];
	}
	refuse(r, r->line, TEMPLATE_UNKNOWN_KEY, shape->noun, " has no `", name, "`", NULL);
	return NULL;
}

static bool read_object(struct reader *r, const struct shape *shape, void *out)
{
	bool is_first = true;
	unsigned seen = 0;
	enum step step;

	if (!begins(r, '{', shape->noun, "an object in braces"))
		return false;
	int line = r->line;
	r->at++;
	while ((step = next_item(r, '}', &is_first)) == STEP_ITEM) {
		const struct key_spec *spec;
		if (r->s[r->at] != '"')
			return refuse_character(r, "a key in quotes");
		if (!read_string(r, "a key") || !(spec = known_key(r, shape, &seen)) || !expect(r, ':'))
			return false;
		if (!spec->read(r, spec, (char *)out + spec->at))
			return false;
	}
	if (step == STEP_REFUSED)
		return false;
	for (int k = 0; k < shape->key_count; k++)
		if (shape->keys[k].need && !(seen & 1u << k))
			return refuse(r, line, TEMPLATE_MISSING_KEY, shape->noun, " needs `", shape->keys[k].name, "`", NULL);
	return true;
}

/* Room for one more item behind `count` of them; doubles where they do not fit, so that the arena holds at most twice of them. */
static void *grow(struct reader *r, void **items, int count, size_t size)
{
	if (!(count & (count - 1))) {
		void *more = arena_alloc(&r->t->arena, (count ? 2 * (size_t)count : 1) * size);
		if (count)
			memcpy(more, *items, (size_t)count * size);
		*items = more;
	}
	return (char *)*items + (size_t)count * size;
}

/* Stores a list. `out` is where the pointer to its items goes, of whatever type: pointers to structs are all alike. */
static void put_list(const struct key_spec *spec, void *out, void *items, int count)
{
	memcpy(out, &items, sizeof items);
	memcpy((char *)out - spec->at + spec->count_at, &count, sizeof count);
}

/* Reads a list of objects. */
static bool read_list(struct reader *r, const struct key_spec *spec, void *out)
{
	int count = 0;
	bool is_first = true;
	void *items = NULL;
	enum step step;
	char number[12];

	if (!begins(r, '[', spec->name, "a list in brackets"))
		return false;
	r->at++;
	while ((step = next_item(r, ']', &is_first)) == STEP_ITEM) {
		if (count == spec->max)
			return refuse(r, r->line, TEMPLATE_TOO_MANY, "more than ", template_decimal(spec->max, number), " ", spec->name, NULL);
		char *item = grow(r, &items, count++, spec->items->size);
		memcpy(item, &r->line, sizeof r->line);
		if (!read_object(r, spec->items, item))
			return false;
	}
	if (step == STEP_END && count < spec->min)
		return refuse(r, r->line, TEMPLATE_BAD_VALUE, "`", spec->name, "` is empty", NULL);
	put_list(spec, out, items, count);
	return step == STEP_END;
}

/* ------------------------------------------------------------------------------------------------ values */

static const char *keep(struct reader *r, const struct buf *text)
{
	return arena_copy(&r->t->arena, text->s, text->n);
}

static void put(void *out, const char *s)
{
	memcpy(out, &s, sizeof s);
}

static int limit_of(const struct key_spec *spec)
{
	return spec->kind ? kind_specs[spec->kind].fields[spec->field].max : 0;
}

static bool refuse_long(struct reader *r, int line, const struct key_spec *spec)
{
	char number[12];

	return refuse(r, line, TEMPLATE_TOO_LONG, "`", spec->name, "` is longer than ", template_decimal(limit_of(spec), number), " characters", NULL);
}

/* Whether `text` and a field that has `bytes` and `graphemes` already are within its limit; adds it to these. */
static bool fits(const struct key_spec *spec, const struct buf *text, size_t *bytes, size_t *graphemes)
{
	size_t max = (size_t)limit_of(spec);

	*bytes += text->n;
	if (*bytes <= max * GRAPHEME_BYTES)
		*graphemes += text_graphemes(buf_cstr(text), text->n);
	return *bytes <= max * GRAPHEME_BYTES && *graphemes <= max;
}

/* Reads one line into `cleaned`, not empty where `must_say`; how long it is, the caller looks at. */
static bool read_clean_line(struct reader *r, const struct key_spec *spec, bool must_say)
{
	if (!read_string(r, spec->name))
		return false;
	if (text_is_piled_up(buf_cstr(&r->raw), r->raw.n))
		return refuse(r, r->line, TEMPLATE_BAD_VALUE, "too many marks on one letter in `", spec->name, "`", NULL);
	buf_reset(&r->cleaned);
	if (!line_normalise(buf_cstr(&r->raw), r->raw.n, &r->cleaned))
		return refuse(r, r->line, TEMPLATE_BAD_VALUE, "a control character in `", spec->name, "`", NULL);
	return r->cleaned.n || !must_say || refuse(r, r->line, TEMPLATE_BAD_VALUE, "`", spec->name, "` is empty", NULL);
}

static bool read_line(struct reader *r, const struct key_spec *spec, void *out)
{
	size_t bytes = 0, graphemes = 0;

	if (!read_clean_line(r, spec, spec->min == 1))
		return false;
	if (!fits(spec, &r->cleaned, &bytes, &graphemes))
		return refuse_long(r, r->line, spec);
	put(out, keep(r, &r->cleaned));
	return true;
}

/*
 * Text that may have several lines, exactly as it is, which is also how it is taken while a canvas is in use: what is
 * exported comes back the same. Where several people type in it, its limit counts code points.
 */
static bool read_text(struct reader *r, const struct key_spec *spec, void *out)
{
	size_t bytes = 0, graphemes = 0;

	if (!read_string(r, spec->name))
		return false;
	int64_t length = text_measure(r->raw.s, r->raw.n);
	if (length < 0)
		return refuse(r, r->line, TEMPLATE_BAD_VALUE, "a control character in `", spec->name, "`", NULL);
	if (kind_specs[spec->kind].fields[spec->field].rev >= 0 ? length > limit_of(spec) : !fits(spec, &r->raw, &bytes, &graphemes))
		return refuse_long(r, r->line, spec);
	put(out, keep(r, &r->raw));
	return true;
}

/* A list of lines, together within the limit as they are joined. That none is there twice is checked at the end. */
static bool read_lines(struct reader *r, const struct key_spec *spec, void *out)
{
	int count = 0;
	size_t bytes = 0, graphemes = 0;
	bool is_first = true;
	void *items = NULL;
	enum step step;

	if (!begins(r, '[', spec->name, "a list in brackets"))
		return false;
	r->at++;
	while ((step = next_item(r, ']', &is_first)) == STEP_ITEM) {
		if (!read_clean_line(r, spec, true))
			return false;
		if (!fits(spec, &r->cleaned, &bytes, &graphemes))
			return refuse_long(r, r->line, spec);
		bytes++, graphemes++; /* the newline between this one and the next */
		struct template_line *line = grow(r, &items, count++, sizeof *line);
		*line = (struct template_line){ .line = r->line, .s = keep(r, &r->cleaned) };
	}
	put_list(spec, out, items, count);
	return step == STEP_END;
}

static bool read_parts(struct reader *r, const struct key_spec *spec, void *out)
{
	unsigned parts = 0;
	bool is_first = true;
	enum step step;

	if (!begins(r, '[', spec->name, "a list in brackets"))
		return false;
	r->at++;
	while ((step = next_item(r, ']', &is_first)) == STEP_ITEM) {
		unsigned p = 0;
		if (!read_string(r, "a part"))
			return false;
		while (p < TEMPLATE_PARTS && strcmp(template_part_names[p], buf_cstr(&r->raw)) != 0)
			p++;
		if (p == TEMPLATE_PARTS)
			return refuse(r, r->line, TEMPLATE_BAD_VALUE, "a part is one of for, who, offer, helps", NULL);
		if (r->parts & 1u << p)
			return refuse(r, r->line, TEMPLATE_TWICE, "the part `", template_part_names[p], "` has its box already", NULL);
		r->parts |= 1u << p;
		parts |= 1u << p;
	}
	memcpy(out, &parts, sizeof parts);
	return step == STEP_END;
}

static bool read_int(struct reader *r, const struct key_spec *spec, void *out)
{
	int64_t value = 0;
	char low[12], high[12];

	if (!begins(r, '0', spec->name, "a number"))
		return false;
	bool is_negative = r->s[r->at] == '-';
	size_t start = r->at += is_negative;
	for (; r->at < r->n && r->s[r->at] >= '0' && r->s[r->at] <= '9'; r->at++)
		value = value > spec->max ? value : value * 10 + (r->s[r->at] - '0');
	/* As on the wire: no "-0", no "01". */
	if (r->at == start || (r->s[start] == '0' && (is_negative || r->at - start > 1)))
		return refuse(r, r->line, TEMPLATE_BAD_JSON, "`", spec->name, "` is not a number as JSON writes it", NULL);
	if (r->at < r->n && r->s[r->at] && strchr(".eE", r->s[r->at]))
		return refuse(r, r->line, TEMPLATE_BAD_JSON, "`", spec->name, "` is not a whole number", NULL);
	if (is_negative || value < spec->min || value > spec->max)
		return refuse(r, r->line, TEMPLATE_BAD_VALUE, "`", spec->name, "` is not from ", template_decimal(spec->min, low), " to ", template_decimal(spec->max, high), NULL);
	*(int *)out = (int)value;
	return true;
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_key(const char *s, size_t n)
{
	if (!n || n > TEMPLATE_KEY_MAX || !is_small(s[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_small(s[i]) && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
			return false;
	return true;
}

static bool is_meaning(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_small(s[i]) && s[i] != '-')
			return false;
	return n && n <= TEMPLATE_AS_MAX;
}

/* Reads a word that `is_right` takes. */
static bool read_word(struct reader *r, const struct key_spec *spec, bool (*is_right)(const char *, size_t), const char *shape, void *out)
{
	if (!read_string(r, spec->name))
		return false;
	if (!is_right(buf_cstr(&r->raw), r->raw.n))
		return refuse(r, r->line, TEMPLATE_BAD_VALUE, "`", spec->name, "` should be ", shape, NULL);
	put(out, keep(r, &r->raw));
	return true;
}

static bool read_key(struct reader *r, const struct key_spec *spec, void *out)
{
	return read_word(r, spec, is_key, "a small letter and up to 23 more of a-z 0-9 -", out);
}

static bool read_meaning(struct reader *r, const struct key_spec *spec, void *out)
{
	return read_word(r, spec, is_meaning, "1 to 40 of a-z -", out);
}

static bool read_id(struct reader *r, const struct key_spec *spec, void *out)
{
	return read_word(r, spec, id_is_valid, "an id of 22 characters", out);
}

static bool read_mark(struct reader *r, const struct key_spec *spec, void *out)
{
	(void)out;
	if (!read_string(r, spec->name))
		return false;
	return !strcmp(buf_cstr(&r->raw), "canvas") || refuse(r, r->line, TEMPLATE_NOT_CANVAS, "`forwhom` should be \"canvas\"", NULL);
}

static bool read_version(struct reader *r, const struct key_spec *spec, void *out)
{
	int version = 0;

	(void)out;
	if (!read_int(r, spec, &version))
		return false;
	return version == 1 || refuse(r, r->line, TEMPLATE_NOT_CANVAS, "this is read by a newer Forwhom: only `version` 1 is known here", NULL);
}

/* ------------------------------------------------------------------------------------------------ the format */

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define SHAPE(says, type, table) { .noun = says, .size = sizeof(struct type), .keys = table, .key_count = COUNT(table) }
#define AT(type, member) .at = offsetof(struct type, member)
#define LIST(type, member, count) AT(type, member), .count_at = offsetof(struct type, count)
#define LIMIT(k, f) .kind = KIND_##k, .field = k##_##f

static const struct key_spec meaning_keys[] = {
	{ "to", read_key, AT(template_meaning, to), .need = true },
	{ "as", read_meaning, AT(template_meaning, as), .need = true },
};
static const struct shape meaning_shape = SHAPE("a link of a box", template_meaning, meaning_keys);

static const struct key_spec box_keys[] = {
	{ "key", read_key, AT(template_box, key), .need = true },
	{ "title", read_line, AT(template_box, title), .need = true, .min = 1, LIMIT(BOX, TITLE) },
	{ "col", read_int, AT(template_box, col), .need = true, .min = 1, .max = TEMPLATE_GRID_MAX },
	{ "row", read_int, AT(template_box, row), .need = true, .min = 1, .max = TEMPLATE_GRID_MAX },
	{ "w", read_int, AT(template_box, w), .need = true, .min = 1, .max = TEMPLATE_GRID_MAX },
	{ "h", read_int, AT(template_box, h), .need = true, .min = 1, .max = TEMPLATE_GRID_MAX },
	{ "order", read_int, AT(template_box, order), .need = true, .min = 1, .max = TEMPLATE_BOXES_MAX },
	{ "questions", read_lines, LIST(template_box, questions, question_count), LIMIT(BOX, QUESTIONS) },
	{ "tip", read_text, AT(template_box, tip), LIMIT(BOX, TIP) },
	{ "tags", read_lines, LIST(template_box, tags, tag_count), LIMIT(BOX, TAGS) },
	{ "links", read_list, LIST(template_box, links, link_count), .max = TEMPLATE_BOX_LINKS_MAX, .items = &meaning_shape },
	{ "parts", read_parts, AT(template_box, parts) },
};
static const struct shape box_shape = SHAPE("a box", template_box, box_keys);

static const struct key_spec type_keys[] = {
	{ "number", read_int, AT(template_type, number), .need = true, .min = 1, .max = TEMPLATE_TYPES_MAX },
	{ "name", read_line, AT(template_type, name), .need = true, .min = 1, LIMIT(TYPE, NAME) },
};
static const struct shape type_shape = SHAPE("a customer type", template_type, type_keys);

static const struct key_spec note_keys[] = {
	{ "id", read_id, AT(template_note, id), .need = true },
	{ "box", read_key, AT(template_note, box), .need = true },
	{ "text", read_text, AT(template_note, text), .need = true, LIMIT(NOTE, TEXT) },
	{ "type", read_int, AT(template_note, type), .min = 0, .max = TEMPLATE_TYPES_MAX },
	{ "tags", read_lines, LIST(template_note, tags, tag_count), LIMIT(NOTE, TAGS) },
	{ "author", read_line, AT(template_note, author), LIMIT(MEMBER, NAME) },
};
static const struct shape note_shape = SHAPE("a note", template_note, note_keys);

static const struct key_spec link_keys[] = {
	{ "from", read_id, AT(template_link, from), .need = true },
	{ "to", read_id, AT(template_link, to), .need = true },
	{ "as", read_meaning, AT(template_link, as), .need = true },
};
static const struct shape link_shape = SHAPE("a link", template_link, link_keys);

static const struct key_spec file_keys[] = {
	{ "forwhom", read_mark, .need = true },
	{ "version", read_version, .need = true, .min = 1, .max = 1000000 },
	{ "key", read_key, AT(template, key), .need = true },
	{ "title", read_line, AT(template, title), .need = true, .min = 1, LIMIT(DOCUMENT, TITLE) },
	{ "credits", read_line, AT(template, credits), LIMIT(CANVAS, CREDITS) },
	{ "columns", read_int, AT(template, columns), .need = true, .min = 1, .max = TEMPLATE_GRID_MAX },
	{ "rows", read_int, AT(template, rows), .need = true, .min = 1, .max = TEMPLATE_GRID_MAX },
	{ "boxes", read_list, LIST(template, boxes, box_count), .need = true, .min = 1, .max = TEMPLATE_BOXES_MAX, .items = &box_shape },
	{ "types", read_list, LIST(template, types, type_count), .max = TEMPLATE_TYPES_MAX, .items = &type_shape },
	{ "notes", read_list, LIST(template, notes, note_count), .max = TEMPLATE_NOTES_MAX, .items = &note_shape },
	{ "links", read_list, LIST(template, links, link_count), .max = TEMPLATE_LINKS_MAX, .items = &link_shape },
};
static const struct shape file_shape = SHAPE("a canvas file", template, file_keys);

/* ------------------------------------------------------------------------------------------------ reading */

/* Fields that the file left out are empty, not NULL. */
static void fill_absent(struct template *t)
{
	if (!t->credits)
		t->credits = "";
	for (int b = 0; b < t->box_count; b++)
		if (!t->boxes[b].tip)
			t->boxes[b].tip = "";
	for (int i = 0; i < t->note_count; i++)
		if (!t->notes[i].author)
			t->notes[i].author = "";
}

static bool read_file(struct reader *r)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";

	if (r->n > TEMPLATE_BYTES_MAX)
		return refuse(r, 1, TEMPLATE_TOO_BIG, "the file is larger than 1 MiB", NULL);
	if (r->n >= 3 && !memcmp(r->s, byte_order_mark, 3))
		return refuse(r, 1, TEMPLATE_BAD_JSON, "the file begins with a byte order mark: save it as plain UTF-8", NULL);
	skip_space(r);
	if (r->at == r->n)
		return refuse(r, 1, TEMPLATE_BAD_JSON, "the file is empty", NULL);
	if (!read_object(r, &file_shape, r->t))
		return false;
	skip_space(r);
	if (r->at < r->n)
		return refuse(r, r->line, TEMPLATE_BAD_JSON, "something follows the end", NULL);
	return template_check(r->t, r->fault);
}

bool template_read(const char *text, size_t n, struct template *out, struct template_fault *fault)
{
	struct template t = { 0 };
	struct reader r = { .s = (const unsigned char *)text, .n = n, .line = 1, .end_line = 1, .t = &t, .fault = fault };

	*fault = (struct template_fault){ .code = TEMPLATE_OK };
	bool is_read = read_file(&r);
	buf_release(&r.raw);
	buf_release(&r.cleaned);
	if (is_read)
		fill_absent(&t);
	else
		template_release(&t);
	*out = t;
	return is_read;
}

void template_release(struct template *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	*t = (struct template){ 0 };
}
