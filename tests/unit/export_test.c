/* Exports of fixture documents, compared byte by byte with tests/unit/golden/export/ (FORWHOM_GOLDEN=write rewrites those files: look at the difference, and at the pictures, before you keep it), and what must hold of every export whatever is in the document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/names.h"
#include "proto/template.h"
#include "server/export/export.h"
#include "server/export/typeset.h"
#include "server/room/view.h"

#define AMA "MAAAAAAAAAAAAAAAAAAAAA"
#define NUR "MBAAAAAAAAAAAAAAAAAAAA"

static const char *const template_keys[] = { "bmc", "vpc", "customer-model", "markets", "discovery", "personas" };

/* ---------------------------------------------------------------------------------------------------- fixtures */

/* Every object whole, as staff might see it. */
static field_mask see_all(void *ctx, const struct object *object)
{
	(void)ctx;
	return object_mask(object);
}

static field_mask see_view(void *ctx, const struct object *object)
{
	return view_mask(*(enum view *)ctx, object);
}

static void put(struct doc *doc, struct op *op)
{
	doc_apply(doc, op);
}

static void add_member(struct doc *class_doc, const char *id, const char *name)
{
	struct op op;
	op_init(&op, OP_PUT, KIND_MEMBER, id);
	op_str(&op, MEMBER_NAME, name);
	put(class_doc, &op);
}

static struct doc *people(void)
{
	struct doc *doc = doc_new();
	add_member(doc, AMA, "Ama O.");
	add_member(doc, NUR, "نور");
	return doc;
}

/* An id of its own for the n-th thing of a kind. */
static const char *id_of(const char *kind, int n)
{
	static char ids[4][OBJECT_ID_CAP];
	static int turn;
	turn = (turn + 1) % 4;
	snprintf(ids[turn], sizeof ids[turn], "%.4s%017dA", kind, n);
	return ids[turn];
}

static struct buf file_bytes(const char *path)
{
	struct buf out = { 0 };
	char bytes[4096];
	FILE *file = fopen(path, "rb");
	if (!file)
		return out;
	buf_reserve(&out, 1);
	for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
		buf_add(&out, bytes, n);
	fclose(file);
	return out;
}

static void read_template(const char *key, struct template *t)
{
	char path[96];
	struct template_fault fault;
	snprintf(path, sizeof path, "proto/templates/%s.json", key);
	struct buf text = file_bytes(path);
	assert_non_null(text.s);
	if (!template_read(text.s, text.n, t, &fault))
		fail_msg("%s:%d: %s", path, fault.line, fault.reason);
	buf_release(&text);
}

static void add_box(struct doc *doc, const struct template_box *box)
{
	struct buf questions = { 0 }, tags = { 0 }, links = { 0 }, parts = { 0 };
	struct op op;
	template_lines_join(box->questions, box->question_count, &questions);
	template_lines_join(box->tags, box->tag_count, &tags);
	template_box_links_join(box, &links);
	template_box_parts_join(box, &parts);
	op_init(&op, OP_PUT, KIND_BOX, box->key);
	op_str(&op, BOX_TITLE, box->title);
	op_int(&op, BOX_COL, box->col);
	op_int(&op, BOX_ROW, box->row);
	op_int(&op, BOX_W, box->w);
	op_int(&op, BOX_H, box->h);
	op_int(&op, BOX_ORDER, box->order);
	op_str(&op, BOX_QUESTIONS, buf_cstr(&questions));
	op_str(&op, BOX_TIP, box->tip);
	op_str(&op, BOX_TAGS, buf_cstr(&tags));
	op_str(&op, BOX_LINKS, buf_cstr(&links));
	op_str(&op, BOX_PARTS, buf_cstr(&parts));
	put(doc, &op);
	buf_release(&questions);
	buf_release(&tags);
	buf_release(&links);
	buf_release(&parts);
}

static struct doc *canvas_of(const char *key)
{
	struct template t = { 0 };
	struct doc *doc = doc_new();
	struct op op;
	read_template(key, &t);
	op_init(&op, OP_PUT, KIND_CANVAS, "canvas");
	op_str(&op, CANVAS_TEMPLATE, t.key);
	op_str(&op, CANVAS_CREDITS, t.credits);
	op_int(&op, CANVAS_COLUMNS, t.columns);
	op_int(&op, CANVAS_ROWS, t.rows);
	put(doc, &op);
	for (int b = 0; b < t.box_count; b++)
		add_box(doc, &t.boxes[b]);
	template_release(&t);
	return doc;
}

static void add_type(struct doc *doc, int number, const char *name)
{
	struct op op;
	char id[16];
	snprintf(id, sizeof id, "type.%d", number);
	op_init(&op, OP_PUT, KIND_TYPE, id);
	op_int(&op, TYPE_NUMBER, number);
	op_str(&op, TYPE_NAME, name);
	put(doc, &op);
}

static void add_note(struct doc *doc, int n, const char *box, int type, const char *tags, const char *text)
{
	struct op op;
	char pos[16];
	snprintf(pos, sizeof pos, "b%06d", n);
	op_init(&op, OP_PUT, KIND_NOTE, id_of("note", n));
	op_str(&op, NOTE_TEXT, text);
	op_str(&op, NOTE_BOX, box);
	op_str(&op, NOTE_POS, pos);
	op_int(&op, NOTE_TYPE, type);
	op_str(&op, NOTE_TAGS, tags);
	op_str(&op, NOTE_AUTHOR, n % 2 ? AMA : NUR);
	put(doc, &op);
}

static void add_link(struct doc *doc, int n, int from, int to, const char *as)
{
	struct op op;
	op_init(&op, OP_PUT, KIND_LINK, id_of("link", n));
	op_str(&op, LINK_FROM, id_of("note", from));
	op_str(&op, LINK_TO, id_of("note", to));
	op_str(&op, LINK_AS, as);
	put(doc, &op);
}

static void change(struct doc *doc, enum kind kind, const char *id, int field, const char *value)
{
	struct op op;
	op_init(&op, OP_SET, kind, id);
	op_str(&op, field, value);
	put(doc, &op);
}

/* A team's work: several scripts, characters that every format has a meaning for, links, and something deleted of each kind. */
static struct doc *medlink(void)
{
	struct doc *doc = canvas_of("bmc");
	add_type(doc, 1, "Pharmacies");
	add_type(doc, 2, "Drug makers");
	add_type(doc, 3, "وزارة الصحة");
	add_note(doc, 1, "segments", 1, "core", "Independent pharmacies, under 3 staff, outside capitals");
	add_note(doc, 2, "segments", 1, "other", "Private clinics with own dispensary");
	add_note(doc, 3, "segments", 2, "", "Generic drug makers entering West Africa");
	add_note(doc, 4, "segments", 3, "not served\nneeds a distinct offer", "المستشفيات الحكومية في المدن الكبيرة، 12 مستشفى");
	add_note(doc, 5, "propositions", 1, "", "Never turn a patient away for an empty shelf");
	add_note(doc, 6, "propositions", 1, "", "One invoice instead of nine");
	add_note(doc, 7, "propositions", 2, "", "実際の需要が毎週わかる。「在庫切れ」をなくし、薬局の仕入れを楽にします。");
	add_note(doc, 8, "channels", 1, "", "Visits by district reps & <b>\"leaflets\"</b>, costs < 5 % of sales");
	add_note(doc, 9, "relationships", 1, "", "A named pharmacist on call 👩🏾‍⚕️☎️");
	add_note(doc, 10, "revenue", 1, "", "Monthly fee per shelf metre");
	add_note(doc, 11, "revenue", 2, "", "=SUM(A1:A9) of all *data* sold as [reports](https://example.org)");
	add_note(doc, 12, "partners", 2, "", "Regional wholesalers\n\n- who deliver daily\n- on 30 days' credit");
	add_note(doc, 13, "activities", 1, "", "1. Forecast demand per clinic\n# not a heading");
	add_note(doc, 14, "costs", 0, "", "Warehouse leases");
	add_note(doc, 15, "costs", 0, "", "");
	add_note(doc, 16, "costs", 0, "", "DELETED NOTE");
	change(doc, KIND_NOTE, id_of("note", 16), NOTE_DELETED, "other");
	add_link(doc, 1, 1, 5, "segment-proposition");
	add_link(doc, 2, 3, 7, "segment-proposition");
	add_link(doc, 3, 5, 6, "note");
	add_link(doc, 4, 8, 1, "channel-segment");
	add_link(doc, 5, 14, 16, "note");
	add_link(doc, 6, 14, 10, "note");
	change(doc, KIND_LINK, id_of("link", 6), LINK_DELETED, "own");
	return doc;
}

static void export_of(struct buf *out, enum export_format format, const struct doc *doc, const char *title)
{
	struct doc *class_doc = people();
	struct export_source source = { .doc = doc, .kind = DOC_CANVAS, .class_doc = class_doc, .title = title, .see = see_all };
	buf_reset(out);
	assert_true(export_document(out, format, &source));
	doc_free(class_doc);
}

/* ---------------------------------------------------------------------------------------------------- what is well formed */

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
}

/* Steps over an entity or a character of text; false for what may not stand there. */
static bool step_text(const char **p)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;" };
	if (**p != '&')
		return *(*p)++ != '<';
	for (int i = 0; i < 4; i++)
		if (!strncmp(*p, entities[i], strlen(entities[i]))) {
			*p += strlen(entities[i]);
			return true;
		}
	return false;
}

/* Behind a tag's name: attributes, then ">" or "/>". */
static bool step_attributes(const char **p, bool *is_empty)
{
	while (**p == ' ') {
		(*p)++;
		const char *name = *p;
		while (is_name(**p))
			(*p)++;
		if (*p == name || strncmp(*p, "=\"", 2) != 0)
			return false;
		for (*p += 2; **p && **p != '"';)
			if (!step_text(p))
				return false;
		if (*(*p)++ != '"')
			return false;
	}
	*is_empty = **p == '/';
	*p += *is_empty;
	return *(*p)++ == '>';
}

static bool is_allowed_tag(const char *name, size_t n)
{
	static const char *const tags[] = { "svg", "title", "g", "rect", "path", "circle", "text", "tspan" };
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (strlen(tags[i]) == n && !memcmp(tags[i], name, n))
			return true;
	return false;
}

/* A strict reader of the little XML that pictures are made of: every tag one of the known, closed in its order. NULL, or where it stops. */
static const char *svg_fault(const char *svg)
{
	const char *open[16];
	int depth = 0;
	const char *p = svg;
	while (*p) {
		if (*p != '<') {
			const char *at = p;
			if ((!depth && *p != '\n') || !step_text(&p))
				return at;
			continue;
		}
		bool closes = p[1] == '/', is_empty = false;
		const char *name = p + 1 + closes;
		for (p = name; is_name(*p);)
			p++;
		size_t n = (size_t)(p - name);
		if (!is_allowed_tag(name, n))
			return name;
		if (closes) {
			if (!depth || strncmp(open[--depth], name, n) != 0 || is_name(open[depth][n]) || *p++ != '>')
				return name;
			continue;
		}
		if (!step_attributes(&p, &is_empty) || depth == 16)
			return name;
		if (!is_empty)
			open[depth++] = name;
	}
	return depth ? p : NULL;
}

static void check_svg(const struct buf *svg)
{
	const char *fault = svg_fault(svg->s);
	if (fault)
		fail_msg("not well formed at byte %d: %.60s", (int)(fault - svg->s), fault);
	assert_true(text_is_clean(svg->s, svg->n, true));
	assert_null(strchr(svg->s, '\t'));
	assert_null(strstr(svg->s, "href"));
	assert_null(strstr(svg->s, "url("));
	assert_null(strstr(svg->s, "=\"-"));
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* The cells of one row of RFC 4180; false at the end. */
static bool csv_row(const char **p, struct buf cells[16], int *count)
{
	*count = 0;
	if (!**p)
		return false;
	for (;; (*p)++) {
		struct buf *cell = &cells[(*count)++];
		assert_true(*count <= 16);
		buf_reset(cell);
		if (**p == '"') {
			for ((*p)++; **p != '"' || (*p)[1] == '"'; (*p)++) {
				assert_int_not_equal(**p, 0);
				buf_char(cell, **p);
				*p += **p == '"';
			}
			(*p)++;
		} else {
			for (; **p != ',' && **p != '\r'; (*p)++) {
				assert_true(**p && **p != '"' && **p != '\n');
				buf_char(cell, **p);
			}
		}
		if (**p != ',')
			break;
	}
	assert_memory_equal(*p, "\r\n", 2);
	*p += 2;
	return true;
}

/* ---------------------------------------------------------------------------------------------------- golden files */

static void write_file(const char *path, const struct buf *bytes)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes->s, 1, bytes->n, file), bytes->n);
	assert_int_equal(fclose(file), 0);
}

static void compare(const char *name, enum export_format format, const struct buf *got)
{
	char path[128];
	const char *mode = getenv("FORWHOM_GOLDEN");
	snprintf(path, sizeof path, "tests/unit/golden/export/%s.%s", name, export_format_name(format));
	if (mode && !strcmp(mode, "write"))
		write_file(path, got);
	struct buf golden = file_bytes(path);
	if (!golden.s)
		fail_msg("%s is not there (FORWHOM_GOLDEN=write makes it)", path);
	if (golden.n != got->n || memcmp(golden.s, got->s, got->n) != 0)
		fail_msg("%s differs; now it is:\n%s", path, got->s);
	buf_release(&golden);
}

static void test_canvas_files(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct doc *doc = medlink();
	for (int format = EXPORT_JSON; format < EXPORT_FORMAT_COUNT; format++) {
		export_of(&out, (enum export_format)format, doc, "Medlink <für Alle> & نور");
		assert_null(strstr(out.s, "DELETED"));
		compare("canvas", (enum export_format)format, &out);
	}
	doc_free(doc);
	buf_release(&out);
}

static void test_crowded_canvas(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct doc *doc = medlink();
	char text[128];
	for (int i = 100; i < 160; i++) {
		snprintf(text, sizeof text, "%s %d", i % 5 ? i % 3 ? "People who buy late" : "Nurses" : "夜勤の看護師", i);
		add_note(doc, i, "segments", i % 4, i % 7 ? "" : "core", text);
	}
	export_of(&out, EXPORT_SVG, doc, "Medlink");
	check_svg(&out);
	assert_null(strstr(out.s, " more<"));
	for (int i = 100; i < 160; i++) {
		snprintf(text, sizeof text, "%d</text>", i);
		assert_non_null(strstr(out.s, text));
	}
	compare("crowded", EXPORT_SVG, &out);
	doc_free(doc);
	buf_release(&out);
}

/* Links between neighbours, across the page and within a box. */
static void test_linked_canvas(void **state)
{
	(void)state;
	static const char *const notes[][2] = {
		{ "jobs", "Keep the shelf filled" }, { "jobs", "Be trusted by patients" }, { "pains", "Nine invoices for one week of medicine" }, { "pains", "Medicine that expires on the shelf" },
		{ "pains", "Nobody to call at night" }, { "gains", "To know on Monday what Friday will need" }, { "gains", "A word of thanks" }, { "products", "Stock kept by us, paid when sold" },
		{ "products", "A pharmacist on call" }, { "relievers", "One invoice instead of nine" }, { "relievers", "We take back what expires" }, { "creators", "Forecast per clinic" }, { "personas", "Abena, 34, owner of two pharmacies in Kumasi" },
	};
	static const int links[][2] = { { 7, 0 }, { 8, 1 }, { 9, 2 }, { 10, 3 }, { 8, 4 }, { 11, 5 }, { 0, 1 }, { 12, 0 }, { 12, 2 } };
	struct buf out = { 0 };
	struct doc *doc = canvas_of("vpc");
	add_type(doc, 1, "Pharmacies");
	add_type(doc, 4, "Patients");
	for (int i = 0; i < 13; i++)
		add_note(doc, i, notes[i][0], i % 5 ? 1 : 4, "", notes[i][1]);
	for (int i = 0; i < 9; i++)
		add_link(doc, i, links[i][0], links[i][1], "note");
	export_of(&out, EXPORT_SVG, doc, "Medlink: what pharmacies need");
	check_svg(&out);
	assert_int_equal(count_of(out.s, "v7z\"/>"), 9);
	compare("linked", EXPORT_SVG, &out);
	doc_free(doc);
	buf_release(&out);
}

static void test_blank_templates(void **state)
{
	(void)state;
	struct buf out = { 0 };
	for (size_t i = 0; i < sizeof template_keys / sizeof *template_keys; i++) {
		struct doc *doc = canvas_of(template_keys[i]);
		char name[64];
		export_of(&out, EXPORT_SVG, doc, template_keys[i]);
		check_svg(&out);
		snprintf(name, sizeof name, "blank-%s", template_keys[i]);
		compare(name, EXPORT_SVG, &out);
		doc_free(doc);
	}
	buf_release(&out);
}

/* ---------------------------------------------------------------------------------------------------- JSON comes back */

static void read_back(const struct buf *json, struct template *t)
{
	struct template_fault fault;
	if (!template_read(json->s, json->n, t, &fault))
		fail_msg("line %d: %s\n%s", fault.line, fault.reason, json->s);
}

/* The same file as the template it was made from, under the canonical writer. */
static void test_templates_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof template_keys / sizeof *template_keys; i++) {
		struct template was = { 0 }, is = { 0 };
		struct buf json = { 0 }, before = { 0 }, after = { 0 };
		struct doc *doc = canvas_of(template_keys[i]);
		read_template(template_keys[i], &was);
		export_of(&json, EXPORT_JSON, doc, was.title);
		read_back(&json, &is);
		assert_int_equal(is.box_count, was.box_count);
		for (int b = 0; b < was.box_count; b++) {
			/* Exports are in the recommended order, template files in any. */
			const struct template_box *box = template_box_by_key(&is, was.boxes[b].key);
			assert_non_null(box);
			assert_int_equal(box->order, was.boxes[b].order);
			was.boxes[b].line = b;
		}
		for (int b = 0; b < was.box_count; b++)
			while (was.boxes[b].order != b + 1) {
				struct template_box other = was.boxes[was.boxes[b].order - 1];
				was.boxes[was.boxes[b].order - 1] = was.boxes[b];
				was.boxes[b] = other;
			}
		template_write(&was, true, &before);
		template_write(&is, true, &after);
		assert_string_equal(after.s, before.s);
		template_release(&was);
		template_release(&is);
		doc_free(doc);
		buf_release(&json);
		buf_release(&before);
		buf_release(&after);
	}
}

static void test_work_comes_back(void **state)
{
	(void)state;
	struct buf json = { 0 };
	struct template t = { 0 };
	struct doc *doc = medlink();
	export_of(&json, EXPORT_JSON, doc, "Medlink");
	read_back(&json, &t);
	assert_string_equal(t.title, "Medlink");
	assert_int_equal(t.note_count, 15);
	assert_int_equal(t.type_count, 3);
	assert_int_equal(t.link_count, 4);
	for (int i = 0; i < t.note_count; i++) {
		const struct object *note = doc_find(doc, t.notes[i].id);
		struct buf tags = { 0 };
		assert_non_null(note);
		template_lines_join(t.notes[i].tags, t.notes[i].tag_count, &tags);
		assert_string_equal(t.notes[i].text, object_str(note, NOTE_TEXT));
		assert_string_equal(t.notes[i].box, object_str(note, NOTE_BOX));
		assert_int_equal(t.notes[i].type, object_int(note, NOTE_TYPE));
		assert_string_equal(buf_cstr(&tags), object_str(note, NOTE_TAGS));
		assert_string_equal(t.notes[i].author, !strcmp(object_str(note, NOTE_AUTHOR), AMA) ? "Ama O." : "نور");
		buf_release(&tags);
	}
	assert_string_equal(t.links[0].as, "segment-proposition");
	template_release(&t);
	doc_free(doc);
	buf_release(&json);
}

/* Boxes removed and renumbered, tags that only notes still have, names missing: what a canvas in use may have and a file may not. */
static void test_changed_canvas_comes_back(void **state)
{
	(void)state;
	struct buf json = { 0 };
	struct template t = { 0 };
	struct doc *doc = canvas_of("vpc");
	struct op op;
	add_note(doc, 1, "jobs", 0, "a tag of old", "stays");
	add_note(doc, 2, "pains", 0, "", "GONE WITH ITS BOX");
	add_note(doc, 3, "nowhere", 0, "", "GONE FOR WANT OF A BOX");
	add_link(doc, 1, 1, 2, "note");
	change(doc, KIND_BOX, "pains", BOX_DELETED, "staff");
	op_init(&op, OP_SET, KIND_BOX, "jobs");
	op_int(&op, BOX_ORDER, 0);
	op_str(&op, BOX_TITLE, "");
	put(doc, &op);
	change(doc, KIND_CANVAS, "canvas", CANVAS_TEMPLATE, "");
	export_of(&json, EXPORT_JSON, doc, "");
	assert_null(strstr(json.s, "GONE"));
	assert_null(strstr(json.s, "\"pains\""));
	read_back(&json, &t);
	assert_int_equal(t.note_count, 1);
	assert_int_equal(t.link_count, 0);
	assert_string_equal(t.notes[0].tags[0].s, "a tag of old");
	assert_string_equal(t.boxes[t.box_count - 1].key, "jobs");
	template_release(&t);
	doc_free(doc);
	buf_release(&json);
}

/* ---------------------------------------------------------------------------------------------------- who sees what */

/* Lets nothing through whose id or value says SECRET; the author of the first note is masked alone. */
static field_mask see_no_secrets(void *ctx, const struct object *object)
{
	field_mask mask = object_mask(object);
	int *asked = ctx;
	(*asked)++;
	for (int f = 0; f < kind_specs[object->kind].field_count; f++)
		if (field_type_is_string(kind_specs[object->kind].fields[f].type) && strstr(object_str(object, f), "SECRET"))
			mask &= ~(1u << f);
	if (object->kind == KIND_NOTE && !strcmp(object_str(object, NOTE_PART), "who"))
		return 0;
	return mask;
}

static void test_filter(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct doc *doc = medlink(), *class_doc = people();
	add_member(class_doc, NUR, "SECRET NAME");
	add_type(doc, 2, "SECRET TYPE");
	change(doc, KIND_CANVAS, "canvas", CANVAS_CREDITS, "SECRET CREDITS");
	change(doc, KIND_BOX, "costs", BOX_QUESTIONS, "SECRET QUESTION");
	change(doc, KIND_NOTE, id_of("note", 2), NOTE_TAGS, "SECRET TAG");
	change(doc, KIND_NOTE, id_of("note", 3), NOTE_TEXT, "SECRET TEXT");
	change(doc, KIND_NOTE, id_of("note", 6), NOTE_PART, "who");
	change(doc, KIND_NOTE, id_of("note", 6), NOTE_TEXT, "HIDDEN NOTE");
	for (int format = EXPORT_JSON; format < EXPORT_FORMAT_COUNT; format++) {
		int asked = 0;
		struct export_source source = { .doc = doc, .kind = DOC_CANVAS, .class_doc = class_doc, .title = "T", .see = see_no_secrets, .ctx = &asked };
		buf_reset(&out);
		assert_true(export_document(&out, (enum export_format)format, &source));
		assert_true(asked > 20);
		assert_null(strstr(out.s, "SECRET"));
		assert_null(strstr(out.s, "HIDDEN"));
		assert_null(strstr(out.s, id_of("note", 6)));
		if (format != EXPORT_SVG)
			assert_non_null(strstr(out.s, "Ama O."));
	}
	struct export_source none = { .doc = class_doc, .kind = DOC_CLASS, .class_doc = class_doc, .title = "T", .see = see_all };
	buf_reset(&out);
	assert_false(export_document(&out, EXPORT_JSON, &none));
	assert_int_equal(out.n, 0);
	doc_free(doc);
	doc_free(class_doc);
	buf_release(&out);
}

/* ---------------------------------------------------------------------------------------------------- walls */

struct post_fixture {
	const char *section, *part[4], *venture, *names, *author, *state, *reason;
};

static const struct post_fixture post_fixtures[] = {
	{ "s1", { "pharmacies and clinics in emerging markets", "struggle with stock, procurement and unreliable supply", "a pharmaceutical supply-chain service", "them run more efficiently and spend less" }, "mPharma", "named", AMA, "shown", "" },
	{ "s1", { "night-shift nurses", "miss meals because canteens close", "lockers stocked from local kitchens", "them eat well in ten minutes" }, "Nightbite", "named", NUR, "shown", "" },
	{ "s2", { "أصحاب المتاجر الصغيرة", "تنفد لديهم الفكة كل يوم سوق", "صندوقًا مشتركًا", "" }, "", "named", NUR, "shown", "" },
	{ "s2", { "アレルギーのある子どもの親", "商品のラベルを二度ずつ読んでいる", "自分で確かめる買い物リスト", "一度で安心して買い物できる" }, "", "hidden", AMA, "shown", "" },
	{ "s2", { "smallholders two hours from a market", "lose a third of the harvest on the way", "shared cold boxes by the trip", "them sell all they grow" }, "", "named", AMA, "held", "" },
	{ "s3", { "everybody", "", "", "" }, "", "named", AMA, "rejected", "For whom, exactly?" },
	{ "s3", { "families 👩‍👩‍👧‍👦 & <friends>", "", "", "them *relax*, \"really\"" }, "=Nothing", "named", AMA, "shown", "" },
	{ "", { "", "commute blind, in cities without tactile paving", "", "board alone." }, "", "named", NUR, "hidden", "" },
	{ "gone", { "blind commuters", "", "a bus-stop beacon", "" }, "", "named", NUR, "shown", "" },
};

enum { POST_FIXTURES = sizeof post_fixtures / sizeof *post_fixtures };

static void add_section(struct doc *doc, const char *id, const char *title, const char *pos, const char *deleted)
{
	struct op op;
	op_init(&op, OP_PUT, KIND_SECTION, id);
	op_str(&op, SECTION_TITLE, title);
	op_str(&op, SECTION_POS, pos);
	op_str(&op, SECTION_DELETED, deleted);
	put(doc, &op);
}

static void add_post(struct doc *doc, int n, const struct post_fixture *post)
{
	struct op op;
	char pos[16];
	snprintf(pos, sizeof pos, "a%d", n);
	op_init(&op, OP_PUT, KIND_POST, id_of("post", n));
	for (int part = 0; part < 4; part++)
		op_str(&op, POST_FOR + part, post->part[part]);
	op_str(&op, POST_VENTURE, post->venture);
	op_str(&op, POST_SECTION, post->section);
	op_str(&op, POST_POS, pos);
	op_str(&op, POST_NAMES, post->names);
	op_str(&op, POST_AUTHOR, post->author);
	op_str(&op, POST_STATE, post->state);
	op_str(&op, POST_REASON, post->reason);
	op_int(&op, POST_AT, 1790000000000);
	put(doc, &op);
}

static struct doc *ventures(void)
{
	struct doc *doc = doc_new();
	struct op op;
	char id[OBJECT_ID_CAP];
	op_init(&op, OP_PUT, KIND_WALL, "wall");
	op_str(&op, WALL_PROMPT, "What is the value proposition for your venture, and for whom?");
	put(doc, &op);
	add_section(doc, "s2", "Food & farming", "a1", "");
	add_section(doc, "s1", "Health", "a0", "");
	add_section(doc, "s3", "Cities", "a2", "");
	add_section(doc, "gone", "A SECTION OF OLD", "a3", "staff");
	for (int i = 0; i < POST_FIXTURES; i++)
		add_post(doc, i, &post_fixtures[i]);
	snprintf(id, sizeof id, "%s.r", id_of("post", 1));
	op_init(&op, OP_PUT, KIND_REVISION, id);
	op_str(&op, REVISION_POST, id_of("post", 1));
	op_str(&op, REVISION_FOR, "nurses on duty at night");
	op_str(&op, REVISION_OFFER, "warm lockers");
	op_str(&op, REVISION_AUTHOR, NUR);
	op_str(&op, REVISION_STATE, "held");
	put(doc, &op);
	return doc;
}

static void test_wall_files(void **state)
{
	(void)state;
	static const char *const names[VIEW_COUNT] = { [VIEW_CLASS] = "wall-class", [VIEW_STAFF] = "wall-staff" };
	struct buf out = { 0 };
	struct doc *doc = ventures(), *class_doc = people();
	for (int view = 0; view < VIEW_COUNT; view++)
		for (int format = EXPORT_JSON; format < EXPORT_FORMAT_COUNT; format++) {
			enum view ctx = (enum view)view;
			struct export_source source = { .doc = doc, .kind = DOC_WALL, .class_doc = class_doc, .title = "Ventures 101", .see = see_view, .ctx = &ctx };
			buf_reset(&out);
			assert_true(export_document(&out, (enum export_format)format, &source));
			assert_null(strstr(out.s, "OF OLD"));
			if (format == EXPORT_SVG)
				check_svg(&out);
			bool staff = view == VIEW_STAFF;
			assert_int_equal(strstr(out.s, "smallholders") != NULL, staff);
			assert_int_equal(strstr(out.s, "For whom, exactly") != NULL && format != EXPORT_CSV, staff && format != EXPORT_CSV);
			assert_int_equal(strstr(out.s, "on duty at night") != NULL, staff && format != EXPORT_CSV);
			compare(names[view], (enum export_format)format, &out);
		}
	doc_free(doc);
	doc_free(class_doc);
	buf_release(&out);
}

/* ---------------------------------------------------------------------------------------------------- hostile text */

static const char *const hostile[] = {
	"</text></svg><script>alert(1)</script>", "]]>", "&#0;&nbsp;", "\"' onload=\"x", "<!-- -->", "<![CDATA[", "a\xc2\x85" "b\x7f" "c", "\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90", "=cmd|'/c calc'!A1", "+1", "-1", "@x", "\t=1", "\"", ",", "a\r\nb", "\"\"\"\n,\"",
	"# h", "> q", "- l", "* l", "12) l", "3. l", "```", "    code", "[x](y)", "![i](y)", "<b>", "&lt;", "a\nb  \nc\\\n===\n---\n\n\n\n| a |", "_e_ **s** ~~d~~ $m$", "\xe2\x80\xae" "evil" "\xe2\x80\xa8" "line", " ", "\n\n", "a{b", "\\", "\\n",
};

enum { HOSTILE = sizeof hostile / sizeof *hostile };

static void test_hostile_text(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct doc *doc = canvas_of("bmc");
	for (int i = 0; i < HOSTILE; i++) {
		add_note(doc, i, "costs", 0, hostile[i], hostile[i]);
		add_type(doc, 1 + i % 8, hostile[i]);
		change(doc, KIND_BOX, "segments", BOX_TITLE, hostile[i]);
		change(doc, KIND_BOX, "channels", BOX_QUESTIONS, hostile[i]);
		change(doc, KIND_CANVAS, "canvas", CANVAS_CREDITS, hostile[i]);
		export_of(&out, EXPORT_SVG, doc, hostile[i]);
		check_svg(&out);
		export_of(&out, EXPORT_MD, doc, hostile[i]);
		assert_int_equal(count_of(out.s, "\n## "), 9);
		assert_null(strstr(out.s, "<b>"));
	}
	doc_free(doc);
	buf_release(&out);
}

/* Every cell says what the document says, apart from the apostrophe before a formula. */
static void test_csv_cells(void **state)
{
	(void)state;
	struct buf out = { 0 }, cells[16] = { 0 };
	struct doc *doc = canvas_of("bmc");
	int count;
	for (int i = 0; i < HOSTILE; i++)
		add_note(doc, i, "costs", 0, "", hostile[i]);
	export_of(&out, EXPORT_CSV, doc, "T");
	const char *p = out.s;
	assert_true(csv_row(&p, cells, &count));
	assert_string_equal(cells[4].s, "text");
	for (int i = 0; i < HOSTILE; i++) {
		assert_true(csv_row(&p, cells, &count));
		assert_int_equal(count, 7);
		const char *text = buf_cstr(&cells[4]);
		assert_null(*text && strchr("=+-@\t\r", *text) ? text : NULL);
		bool is_formula = *hostile[i] && strchr("=+-@\t\r", *hostile[i]);
		assert_int_equal(*text == '\'', is_formula);
		assert_string_equal(text + is_formula, hostile[i]);
		assert_string_equal(cells[0].s, id_of("note", i));
		assert_string_equal(cells[1].s, "Cost Structure");
	}
	assert_false(csv_row(&p, cells, &count));
	for (int i = 0; i < 16; i++)
		buf_release(&cells[i]);
	doc_free(doc);
	buf_release(&out);
}

static void test_md_escapes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *md;
	} cases[] = {
		{ "# h", "- \\# h\n" }, { "- l", "- \\- l\n" }, { "12) l", "- 12\\) l\n" }, { "3. l", "- 3\\. l\n" }, { "2 < 3", "- 2 \\< 3\n" }, { "1.5 %", "- 1\\.5 %\n" },
		{ "  code", "- code\n" }, { "a\nb  \n- c", "- a\\\n  b\\\n  \\- c\n" }, { "a\n\n\nb", "- a\n\n  b\n" }, { "\n\na\n\n", "- a\n" }, { "", "- …\n" }, { "[x](y)", "- \\[x\\](y)\n" },
		{ "*s* _e_ `c`", "- \\*s\\* \\_e\\_ \\`c\\`\n" }, { "a\\", "- a\\\\\n" }, { ">q", "- \\>q\n" }, { "a\n===", "- a\\\n  \\===\n" },
	};
	struct buf out = { 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct doc *doc = canvas_of("bmc");
		add_note(doc, 1, "costs", 0, "", cases[i].text);
		export_of(&out, EXPORT_MD, doc, "T");
		if (!strstr(out.s, cases[i].md))
			fail_msg("%s is not in:\n%s", cases[i].md, out.s);
		doc_free(doc);
	}
	buf_release(&out);
}

/* ---------------------------------------------------------------------------------------------------- nothing goes missing in silence */

static void test_long_note(void **state)
{
	(void)state;
	struct buf out = { 0 }, text = { 0 };
	struct doc *doc = canvas_of("bmc");
	for (int i = 0; i < 900; i++)
		buf_str(&text, "words ");
	add_note(doc, 1, "activities", 0, "core\nother", text.s);
	add_note(doc, 2, "activities", 0, "", "short one");
	export_of(&out, EXPORT_SVG, doc, "T");
	check_svg(&out);
	assert_non_null(strstr(out.s, "…</text>"));
	assert_non_null(strstr(out.s, ">short one</text>"));
	assert_non_null(strstr(out.s, ">core</text>"));
	assert_null(strstr(out.s, " more<"));
	doc_free(doc);
	buf_release(&out);
	buf_release(&text);
}

/* The sum of all "+3 more". */
static int missing_of(const char *svg)
{
	int sum = 0;
	for (const char *more = svg; (more = strstr(more, " more</text>")); more++) {
		const char *p = more;
		while (*p != '+')
			p--;
		sum += atoi(p);
	}
	return sum;
}

static void test_too_many_notes(void **state)
{
	(void)state;
	static const int counts[] = { 61, 300, 9000 };
	struct buf out = { 0 };
	for (int k = 0; k < 3; k++) {
		struct doc *doc = canvas_of("bmc");
		char note[32];
		for (int i = 0; i < counts[k]; i++) {
			snprintf(note, sizeof note, "Note %05d", i);
			add_note(doc, i, "channels", i % 9, "", note);
		}
		add_link(doc, 1, 0, counts[k] - 1, "note");
		export_of(&out, EXPORT_SVG, doc, "T");
		check_svg(&out);
		int seen = (int)count_of(out.s, ">Note "), missing = missing_of(out.s);
		assert_int_equal(seen + missing, counts[k]);
		assert_int_equal(missing > 0, counts[k] > 100);
		doc_free(doc);
	}
	buf_release(&out);
}

/* As many boxes as there may be, on the finest grid, with long titles: no shape leaves the page or has a negative side. */
static void test_tiny_boxes(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct doc *doc = canvas_of("bmc");
	struct op op;
	char key[16];
	op_init(&op, OP_SET, KIND_CANVAS, "canvas");
	op_int(&op, CANVAS_COLUMNS, 24);
	op_int(&op, CANVAS_ROWS, 24);
	put(doc, &op);
	for (int i = 0; i < 48; i++) {
		snprintf(key, sizeof key, "box-%d", i);
		op_init(&op, OP_PUT, KIND_BOX, key);
		op_str(&op, BOX_TITLE, "Geschwindigkeitsbegrenzungen 速度制限");
		op_int(&op, BOX_COL, 1 + i % 24);
		op_int(&op, BOX_ROW, 20 + i / 24);
		op_int(&op, BOX_W, i == 47 ? 1000000 : 1);
		op_int(&op, BOX_H, 1);
		op_int(&op, BOX_ORDER, 10 + i);
		put(doc, &op);
		for (int n = 0; n < 3; n++)
			add_note(doc, i * 3 + n, key, n, "tag one\ntag two", "Donaudampfschifffahrtsgesellschaft");
	}
	export_of(&out, EXPORT_SVG, doc, "T");
	check_svg(&out);
	/* A card's edge is the only path that closes. */
	assert_int_equal((int)count_of(out.s, "Z\" fill=") + missing_of(out.s), 48 * 3);
	doc_free(doc);
	buf_release(&out);
}

/* ---------------------------------------------------------------------------------------------------- lines */

static void check_lines(const char *text, int width, size_t lines_max, const char *const *want)
{
	struct typeset t = { 0 };
	typeset_text(&t, text, width, lines_max);
	for (size_t i = 0; i < t.line_count; i++) {
		assert_non_null(want[i]);
		assert_true(t.lines[i].width <= width);
		const struct piece_of_line *piece = &t.pieces[t.lines[i].first];
		if (t.lines[i].count)
			assert_memory_equal(piece->s, want[i], strlen(want[i]));
		assert_int_equal(t.lines[i].count ? piece->n : 0, strlen(want[i]));
	}
	assert_null(want[t.line_count]);
	typeset_release(&t);
}

static void test_lines(void **state)
{
	(void)state;
	check_lines("one two three", 4500, 9, (const char *const[]){ "one two", "three", NULL });
	check_lines("one   two", 2500, 9, (const char *const[]){ "one", "two", NULL });
	check_lines("a\n\nb\n\n", 9000, 9, (const char *const[]){ "a", "", "b", NULL });
	check_lines("well-known", 3800, 9, (const char *const[]){ "well-", "known", NULL });
	check_lines("wwwwwwwwww", 3300, 9, (const char *const[]){ "wwww", "wwww", "ww", NULL });
	check_lines("日本語で、書く", 4000, 9, (const char *const[]){ "日本語", "で、書く", NULL });
	check_lines("これは「引用」", 4000, 9, (const char *const[]){ "これは", "「引用」", NULL });
	check_lines("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 1400, 9, (const char *const[]){ "👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦", NULL });
	check_lines("one two three four", 4500, 2, (const char *const[]){ "one two", "three f", NULL });
	check_lines("", 4500, 2, (const char *const[]){ NULL });
}

static void test_directions(void **state)
{
	(void)state;
	struct typeset t = { 0 };
	typeset_text(&t, "12 مستشفى\nthree\n…ok", 20000, 9);
	assert_int_equal(t.line_count, 3);
	assert_true(t.lines[0].is_rtl);
	assert_false(t.lines[1].is_rtl);
	assert_false(t.lines[2].is_rtl);
	typeset_text(&t, "one two three four five", 4500, 2);
	assert_false(t.lines[0].is_cut);
	assert_true(t.lines[1].is_cut);
	/* Wider than the line, and more than can matter: still known to be there. */
	typeset_text(&t, "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 500, 2);
	assert_int_equal(t.line_count, 2);
	assert_true(typeset_is_cut(&t));
	typeset_text(&t, "a\nb\n\n", 5000, 2);
	assert_false(typeset_is_cut(&t));
	typeset_text(&t, "a\nb\n\n c", 5000, 2);
	assert_true(typeset_is_cut(&t));
	typeset_text(&t, "iiiiiiiiii", 2720, 1);
	assert_false(typeset_is_cut(&t));
	typeset_text(&t, "iiiiiiiiii i", 2720, 1);
	assert_true(typeset_is_cut(&t));
	typeset_text(&t, "a\n\n\n\n c", 5000, 3);
	assert_int_equal(t.line_count, 3);
	assert_true(typeset_is_cut(&t));
	typeset_release(&t);
	assert_true(text_width("W", 1) > text_width("i", 1));
	assert_int_equal(text_width("é", 3), text_width("é", 3));
	assert_int_equal(text_width("\xe2\x80\xaa", 3), 0);
}

static void test_formats(void **state)
{
	(void)state;
	for (int format = EXPORT_JSON; format < EXPORT_FORMAT_COUNT; format++)
		assert_int_equal(export_format_by_name(export_format_name((enum export_format)format)), format);
	assert_int_equal(export_format_by_name(""), EXPORT_NONE);
	assert_int_equal(export_format_by_name("pdf"), EXPORT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canvas_files),
		cmocka_unit_test(test_crowded_canvas),
		cmocka_unit_test(test_linked_canvas),
		cmocka_unit_test(test_blank_templates),
		cmocka_unit_test(test_templates_come_back),
		cmocka_unit_test(test_work_comes_back),
		cmocka_unit_test(test_changed_canvas_comes_back),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_wall_files),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_csv_cells),
		cmocka_unit_test(test_md_escapes),
		cmocka_unit_test(test_long_note),
		cmocka_unit_test(test_too_many_notes),
		cmocka_unit_test(test_tiny_boxes),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
