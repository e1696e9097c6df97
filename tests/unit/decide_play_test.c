/* Anything by anybody, in any order: what holds after every decision, and that a moment restored is that moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/pos.h"
#include "server/export/export.h"
#include "server/room/record.h"
#include "tests/unit/decide_help.h"

enum { PLACES_MAX = 6, MOMENTS = 4, IDS = 24 };

static const char *const people[] = { "olu", "ina", "ama", "ben", "cyd" };
static const enum role roles[] = { ROLE_OWNER, ROLE_INSTRUCTOR, ROLE_MEMBER, ROLE_MEMBER, ROLE_MEMBER };

/* A document, its copy as it is read back from the log, and some moments of its past. */
struct place {
	char id[ID_CHARS + 1];
	enum doc_kind kind;
	struct doc *doc, *logged, *moments[MOMENTS];
	struct steps *steps;
	struct trail *trail;
	char last_post_pos[POS_CAP];
};

static struct place places[PLACES_MAX];
static size_t place_count;
static uint64_t luck;
static int64_t now_ms;
static unsigned serial;
static struct template template;
static const struct template *const templates[] = { &template, NULL };

static struct place *add_place(const char *id, enum doc_kind kind)
{
	struct place *place = &places[place_count++];

	assert_in_range(place_count, 1, PLACES_MAX);
	*place = (struct place){ .kind = kind, .doc = doc_new(), .logged = doc_new(), .steps = steps_new(), .trail = trail_new() };
	strcpy(place->id, id);
	return place;
}

static void place_release(struct place *place)
{
	doc_free(place->doc);
	doc_free(place->logged);
	for (int m = 0; m < MOMENTS; m++)
		doc_free(place->moments[m]);
	steps_free(place->steps);
	trail_free(place->trail);
}

static void put_both(struct place *place, const char *words)
{
	put_words(place->doc, words);
	put_words(place->logged, words);
}

static void start(uint64_t seed)
{
	static const char *const class_objects[] = {
		"class class title=T teams=self", "member olu name=olu role=owner", "member ina name=ina role=instructor", "member ama name=ama role=member team=t1", "member ben name=ben role=member team=t1", "member cyd name=cyd role=member team=t2",
		"team t1 name=1 pos=a0", "team t2 name=2 pos=a1", "document wall type=wall pos=a0", "document mine type=canvas team=t1 see=team add=team change=team pos=a1", "document ours type=canvas see=class add=class change=staff pos=a2",
	};
	static const char *const canvas_objects[] = {
		"canvas canvas columns=6 rows=4", "box seg title=S col=1 row=1 w=1 h=1 tags=core/other links=seg:inside parts=for+who", "box prop title=P col=2 row=1 w=1 h=1 tags=core/new links=seg:offer parts=offer+helps",
		"box jobs title=J col=3 row=1 w=1 h=1 links=prop:job+seg:job",
	};

	luck = seed;
	place_count = 0;
	now_ms = 1000;
	struct place *class = add_place("class", DOC_CLASS), *wall = add_place("wall", DOC_WALL);
	for (size_t i = 0; i < sizeof class_objects / sizeof *class_objects; i++)
		put_both(class, class_objects[i]);
	put_both(wall, "wall wall prompt=P names=named hold=1");
	put_both(wall, "section s1 title=1 pos=a0");
	for (int c = 0; c < 2; c++) {
		struct place *canvas = add_place(c ? "ours" : "mine", DOC_CANVAS);
		for (size_t i = 0; i < sizeof canvas_objects / sizeof *canvas_objects; i++)
			put_both(canvas, canvas_objects[i]);
	}
}

static struct place *find_place(const char *id)
{
	for (size_t p = 0; p < place_count; p++)
		if (!strcmp(places[p].id, id))
			return &places[p];
	return NULL;
}

static const struct doc *other(void *ctx, const char *id, enum doc_kind *kind)
{
	const struct place *place = find_place(id);

	(void)ctx;
	*kind = place ? place->kind : DOC_NONE;
	return place ? place->doc : NULL;
}

/* ---- a command ---- */

static size_t below(size_t bound)
{
	return random_below(&luck, bound);
}

/* Mostly one that is there. */
static const char *some_id(const struct place *place, enum kind kind)
{
	size_t count = 0, n = 0;

	for (const struct object *o = doc_first(place->doc); o; o = object_next(o))
		count += o->kind == kind;
	if (!count || !below(20))
		return "nothing";
	size_t wanted = below(count);
	for (const struct object *o = doc_first(place->doc); o; o = object_next(o))
		if (o->kind == kind && n++ == wanted)
			return o->id;
	return "nothing";
}

static enum kind kind_named(const struct place *place, enum command command, const char *arg)
{
	const char *name = command_specs[command].name;

	if (!strcmp(arg, "member"))
		return KIND_MEMBER;
	if (!strcmp(arg, "team"))
		return KIND_TEAM;
	if (!strcmp(arg, "box"))
		return KIND_BOX;
	if (!strcmp(arg, "section"))
		return KIND_SECTION;
	if (!strcmp(arg, "from") || !strcmp(arg, "to") || !strcmp(arg, "ids") || !strcmp(arg, "note"))
		return command == CMD_CANVAS_ADD ? KIND_DOCUMENT : KIND_NOTE;
	(void)place;
	for (int k = 1; k < KIND_COUNT; k++)
		if (!strncmp(name, kind_specs[k].name, strlen(kind_specs[k].name)))
			return (enum kind)k;
	return KIND_NONE;
}

static void add_ids(struct buf *out, const struct place *place, enum kind kind)
{
	const char *ids[3];
	size_t count = 1 + below(3), n = 0;

	for (size_t i = 0; i < count; i++) {
		const char *id = some_id(place, kind);
		bool is_new = true;
		for (size_t k = 0; k < n; k++)
			is_new = is_new && strcmp(ids[k], id) != 0;
		if (is_new)
			ids[n++] = id;
	}
	for (size_t i = 0; i < n; i++) {
		buf_str(out, i ? "+" : "");
		buf_str(out, ids[i]);
	}
}

static void add_edit(struct buf *out, const struct place *place, const char *note)
{
	const struct object *object = doc_find(place->doc, note);
	int64_t length = object && object->kind == KIND_NOTE ? text_measure(object_str(object, NOTE_TEXT), strlen(object_str(object, NOTE_TEXT))) : 3, skip = (int64_t)below((size_t)length + 1);
	static const char *const words[] = { "x", "\xf0\x9f\x99\x82", "\xc3\xa9t\xc3\xa9", "\xe4\xb8\xad" };

	buf_char(out, '[');
	if (skip) {
		buf_int(out, skip);
		buf_char(out, ',');
	}
	if (skip < length && below(2)) {
		buf_str(out, "{\"d\":");
		buf_int(out, 1 + (int64_t)below((size_t)(length - skip)));
		buf_str(out, "}");
	} else {
		buf_char(out, '"');
		buf_str(out, words[below(4)]);
		buf_char(out, '"');
	}
	buf_char(out, ']');
}

static void add_int(struct buf *out, const struct place *place, enum command command, const char *arg, const char *id)
{
	const struct object *object = doc_find(place->doc, id);

	if (command == CMD_NOTE_TEXT && object && object->kind == KIND_NOTE) {
		int64_t rev = object_int(object, NOTE_REV), back = below(3) ? 0 : (int64_t)below(4);
		buf_int(out, rev > back ? rev - back : rev);
	} else if (command == CMD_POST_EDIT && object && object->kind == KIND_POST) {
		buf_int(out, object_int(object, POST_VERSION));
	} else if (!strcmp(arg, "since")) {
		buf_int(out, now_ms - (int64_t)below(30000));
	} else if (!strcmp(arg, "w") || !strcmp(arg, "h")) {
		buf_int(out, 1 + (int64_t)below(2));
	} else {
		buf_int(out, (int64_t)below(10));
	}
}

static void add_arg(struct buf *out, const struct place *place, enum command command, const struct field_spec *spec, const char *id)
{
	static const char *const lines[] = { "x", "words", "", "\xc3\xa9" }, *const tags[] = { "core", "core/other", "new", "", "core//core" };
	char fresh[32];
	const char *see[] = { "staff", "team", "class" };

	if (spec->is_new) {
		uint8_t bytes[ID_BYTES] = { 255 };
		memcpy(bytes + 1, &(unsigned){ ++serial }, sizeof serial);
		id_encode(bytes, fresh);
		if (spec->type == FIELD_WORD)
			snprintf(fresh, sizeof fresh, "o%u", serial);
		buf_str(out, fresh);
	} else if (!strcmp(spec->name, "id")) {
		buf_str(out, id);
	} else if (!strcmp(spec->name, "wall")) {
		buf_str(out, "wall");
	} else if (!strcmp(spec->name, "post")) {
		buf_str(out, some_id(&places[1], KIND_POST));
	} else if (!strcmp(spec->name, "template")) {
		buf_str(out, "full");
	} else if (spec->type == FIELD_EDIT) {
		add_edit(out, place, id);
	} else if (spec->type == FIELD_IDS) {
		add_ids(out, place, KIND_NOTE);
	} else if (spec->type == FIELD_ID || (spec->type == FIELD_WORD && !spec->values)) {
		buf_str(out, some_id(place, kind_named(place, command, spec->name)));
	} else if (spec->values) {
		buf_str(out, !strcmp(spec->values[0], "staff") && spec->values[2] ? see[below(3)] : spec->values[below(2)]);
	} else if (spec->type == FIELD_TEXT) {
		buf_str(out, tags[below(5)]);
	} else if (spec->type == FIELD_LINE) {
		buf_str(out, lines[below(spec->need ? 2 : 4)]);
	} else if (spec->type == FIELD_BOOL) {
		buf_int(out, !below(4));
	} else {
		add_int(out, place, command, spec->name, id);
	}
}

static enum command some_command(const struct place *place)
{
	for (;;) {
		enum command command = (enum command)(1 + below(CMD_COUNT - 1));
		if (place->kind == DOC_CANVAS && !below(3))
			command = CMD_NOTE_TEXT;
		bool rare = command == CMD_CANVAS_ADD || command == CMD_CLASS_SET || command == CMD_BOX_REMOVE || command == CMD_REVERT || command == CMD_DOCUMENT_REMOVE || command == CMD_DOCUMENT_SET;
		if (command != CMD_RESTORE && (command_specs[command].in == (int)place->kind || command_specs[command].in == DOC_NONE || !below(200)) && (!rare || !below(6)))
			return command;
	}
}

static void write_command(struct buf *out, const struct place *place, enum command command)
{
	const struct command_spec *spec = &command_specs[command];
	const char *id = some_id(place, kind_named(place, command, "id"));

	buf_reset(out);
	buf_str(out, spec->name);
	for (int a = 0; a < spec->arg_count; a++) {
		if (!spec->args[a].need && below(2))
			continue;
		buf_char(out, ' ');
		buf_str(out, spec->args[a].name);
		buf_char(out, '=');
		add_arg(out, place, command, &spec->args[a], id);
	}
}

/* ---- what always holds ---- */

static const char *doing; /* for whoever reads a failure */
static int turn_number;

static void check(bool good, const char *what, const char *id)
{
	if (!good)
		fail_msg("turn %d, %s: %s: %s", turn_number, doing, what, id);
}

static void check_link(const struct doc *doc, const struct object *link)
{
	const struct object *from = doc_find(doc, object_str(link, LINK_FROM)), *to = doc_find(doc, object_str(link, LINK_TO));

	check(from && from->kind == KIND_NOTE && to && to->kind == KIND_NOTE && from != to, "the link's ends are notes", link->id);
	check(!is_live(link) || (is_live(from) && is_live(to)), "a link that is there has ends that are", link->id);
	check(*object_str(link, LINK_AS) != 0, "a link means something", link->id);
	for (const struct object *o = object_next(link); o && is_live(link); o = object_next(o)) {
		if (o->kind != KIND_LINK || !is_live(o))
			continue;
		const char *a = object_str(link, LINK_FROM), *b = object_str(link, LINK_TO), *c = object_str(o, LINK_FROM), *d = object_str(o, LINK_TO);
		check(!((!strcmp(a, c) && !strcmp(b, d)) || (!strcmp(a, d) && !strcmp(b, c))), "a pair is linked once", link->id);
	}
}

static void check_note(const struct doc *doc, const struct object *note)
{
	const struct object *box = doc_find(doc, object_str(note, NOTE_BOX));
	const char *text = object_str(note, NOTE_TEXT);
	int64_t length = text_measure(text, strlen(text));

	check(box && box->kind == KIND_BOX, "a note is in a box", note->id);
	check(pos_is_valid(object_str(note, NOTE_POS)), "a note has a place", note->id);
	check(length >= 0 && length <= 5000, "a note's text is within its limit", note->id);
	check(object_int(note, NOTE_TYPE) >= 0 && object_int(note, NOTE_TYPE) <= 8, "a note's type is a number of one", note->id);
	check(*object_str(note, NOTE_AUTHOR) && *object_str(note, NOTE_NAMES), "a note is somebody's, under a promise", note->id);
}

static void check_box(const struct doc *doc, const struct object *box)
{
	int64_t col = object_int(box, BOX_COL), row = object_int(box, BOX_ROW), w = object_int(box, BOX_W), h = object_int(box, BOX_H);
	const struct object *canvas = doc_find(doc, "canvas");

	check(*object_str(box, BOX_TITLE) && object_int(box, BOX_ORDER) <= 48, "a box has a title and an order", box->id);
	for (const struct object *o = object_next(box); o && is_live(box); o = object_next(o))
		if (o->kind == KIND_BOX && is_live(o))
			check(col >= object_int(o, BOX_COL) + object_int(o, BOX_W) || object_int(o, BOX_COL) >= col + w || row >= object_int(o, BOX_ROW) + object_int(o, BOX_H) || object_int(o, BOX_ROW) >= row + h, "boxes stand apart", box->id);
	check(!is_live(box) || (col >= 1 && row >= 1 && col + w - 1 <= 24 && row + h - 1 <= 24 && canvas), "a box is on the grid", box->id);
}

static void check_place(const struct place *place)
{
	for (const struct object *o = doc_first(place->doc); o; o = object_next(o)) {
		if (o->kind == KIND_LINK)
			check_link(place->doc, o);
		else if (o->kind == KIND_NOTE)
			check_note(place->doc, o);
		else if (o->kind == KIND_BOX)
			check_box(place->doc, o);
		else if (o->kind == KIND_POST)
			check(pos_is_valid(object_str(o, POST_POS)), "a post has a place", o->id);
	}
}

/* Whether these ops are for this person at all. */
static void check_rights(const struct place *place, size_t who, enum command command, unsigned rights, const struct op *op, const struct object *before)
{
	const field_mask words = 1u << POST_FOR | 1u << POST_WHO | 1u << POST_OFFER | 1u << POST_HELPS;

	if (roles[who] != ROLE_MEMBER)
		return;
	check(command_specs[command].roles & (1u << ROLE_MEMBER), "members may not", people[who]);
	check(rights & 1u, "who may not read does nothing", people[who]);
	if (place->kind == DOC_CANVAS) {
		check(rights & (RIGHT_ADD | RIGHT_CHANGE), "who may only read changes nothing", people[who]);
		check(op->kind == KIND_NOTE || op->kind == KIND_LINK || op->kind == KIND_TYPE, "structure is the instructors'", op->id);
		check(op->kind != KIND_NOTE || !before || rights & RIGHT_CHANGE || !strcmp(object_str(before, NOTE_AUTHOR), people[who]), "a note is its author's", op->id);
		check(before || rights & RIGHT_ADD, "who may not add makes nothing", op->id);
	} else if (place->kind == DOC_WALL) {
		check((op->kind == KIND_POST || op->kind == KIND_REVISION) && (!before || !strcmp(view_author(before), people[who])), "a post is its author's", op->id);
	} else {
		check(op->kind == KIND_DOCUMENT ? op->mask == 1u << DOCUMENT_SEE : op->kind == KIND_MEMBER && !strcmp(op->id, people[who]), "of the class a member changes themselves", op->id);
	}
	if (op->kind == KIND_POST && before && op->mask & words)
		check(!strcmp(object_str(before, POST_AUTHOR), people[who]), "words are their author's", op->id);
}

/* The same op as a server reads it from its log tomorrow. */
static void log_op(struct place *place, const struct op *op, const struct step_source *source)
{
	struct record_text *texts = calloc(record_texts_max(op), sizeof *texts);
	struct step_source told;
	struct buf body = { 0 };
	struct op read;
	size_t count = record_write(&body, op, source, texts);
	cJSON *json = record_read(body.s, body.n, texts, count, place->logged, &read, &told);

	check(json != NULL, "what is logged is read", op->id);
	check(told.first == source->first && (!told.first || (told.command == source->command && told.pops == (source->whose ? source->pops : 0))), "whose it is is logged", op->id);
	doc_apply(place->logged, &read);
	cJSON_Delete(json);
	buf_release(&body);
	free(texts);
}

static void carry_out(struct place *place, size_t who, enum command command, unsigned rights, const struct decision *decision)
{
	struct step_source source = { .actor = people[who], .command = command, .at_ms = now_ms, .whose = decision->whose, .pops = decision->pops };

	for (size_t o = 0; o < decision->op_count; o++) {
		const struct op *op = &decision->ops[o].op;
		struct place *into = place;
		if (decision->ops[o].into) {
			const char *id = decision->documents[decision->ops[o].into - 1].id;
			into = find_place(id) ? find_place(id) : add_place(id, DOC_CANVAS);
		}
		const struct object *before = doc_find(into->doc, op->id);
		check(op->type == OP_PUT || (before && before->kind == op->kind), "an op finds its object", op->id);
		check(op->type != OP_PUT || !before || op->kind == KIND_REVISION, "nothing is made twice", op->id);
		check(op->type == OP_DEL || op->type == OP_PUT || op->mask, "an op says something", op->id);
		if (into == place)
			check_rights(place, who, command, rights, op, before);
		if (op->type == OP_TEXT) {
			struct text_edit edit = { 0 };
			check(text_edit_read(op->edit, &edit) == TEXT_OK, "an edit is tidy", op->id);
			check(text_edit_check(&edit, text_measure(object_str(before, NOTE_TEXT), strlen(object_str(before, NOTE_TEXT)))) == TEXT_OK, "an edit fits", op->id);
			check(op->rev == object_int(before, NOTE_REV) + 1, "revisions follow each other", op->id);
			text_edit_release(&edit);
		}
		source.first = o == 0 || decision->ops[o].into != decision->ops[o - 1].into;
		log_op(into, op, &source);
		steps_note(into->steps, &source, op, before);
		if (op->type == OP_TEXT)
			trail_add(into->trail, op->id, op->rev, op->edit, now_ms);
		else if (op->type == OP_PUT || op->type == OP_DEL)
			trail_drop(into->trail, op->id);
		doc_apply(into->doc, op);
		const struct object *after = doc_find(into->doc, op->id);
		if (after && after->kind == KIND_POST && strcmp(object_str(after, POST_POS), into->last_post_pos) > 0)
			strcpy(into->last_post_pos, object_str(after, POST_POS));
	}
}

static struct digest sum_of(const struct doc *doc)
{
	struct digest sum = { 0, 0 };

	for (const struct object *o = doc_first(doc); o; o = object_next(o))
		digest_add(&sum, object_digest(o, ~(field_mask)0));
	return sum;
}

static struct room room_of(const struct place *place)
{
	return (struct room){ .class_doc = places[0].doc, .doc = place->doc, .document = place->id, .doc_kind = place->kind, .last_post_pos = place->last_post_pos, .objects_max = 300, .documents_max = PLACES_MAX - 1, .trail = place->trail,
		.steps = place->steps, .templates = templates, .other = other };
}

static bool take_turn(struct place *place, size_t who, const char *text, const struct doc *past, struct decision *decision)
{
	static char copy[16 * 1024];
	uint8_t bytes[ID_BYTES] = { 0 };
	struct request request;
	cJSON *edit;

	doing = text;
	turn_number++;
	read_request(text, &request, copy, &edit);
	serial++;
	memcpy(bytes, &serial, sizeof serial);
	id_encode(bytes, request.id);
	struct room room = room_of(place);
	room.past = past;
	unsigned rights = rights_of(places[0].doc, place->id, people[who], roles[who]);
	const struct object *class = doc_find(places[0].doc, "class");
	bool frozen = object_int(class, CLASS_FROZEN);
	decide(&room, &(struct person){ people[who], roles[who], 0, 0 }, &request, now_ms, decision);
	check(!decision->refused || (!decision->op_count && !decision->document_count && decision->why.code), "a refusal changes nothing", people[who]);
	if (decision->refused)
		check_sentence(&decision->why);
	check(!frozen || roles[who] != ROLE_MEMBER || !command_specs[request.command].freezes || decision->refused, "pens are down", people[who]);
	carry_out(place, who, request.command, rights, decision);
	cJSON_Delete(edit);
	for (size_t p = 0; p < place_count; p++)
		if (&places[p] == place || decision->document_count)
			check_place(&places[p]);
	check(digest_equal(sum_of(place->doc), sum_of(place->logged)), "the log has all of it", place->id);
	now_ms += below(3) ? 100 : 3000;
	return !decision->refused;
}

/* ---- restoring ---- */

/* Whether somebody else has deleted a note of their own that was there then. */
static bool has_authors_deleted(const struct doc *then, const struct doc *now, const char *who)
{
	for (const struct object *o = doc_first(then); o; o = object_next(o)) {
		const struct object *p = doc_find(now, o->id);
		if (o->kind == KIND_NOTE && is_live(o) && !strcmp(object_str(p, NOTE_DELETED), "author") && strcmp(object_str(p, NOTE_AUTHOR), who) != 0)
			return true;
	}
	return false;
}

static int restored;

static void restore_some(struct place *place, struct decision *decision)
{
	size_t m = below(MOMENTS), who = below(2);
	struct doc *now = copy_of(place->doc);
	char text[128] = "restore at=1";

	if (place->moments[m] && place->kind == DOC_CANVAS) {
		bool exact = !has_authors_deleted(place->moments[m], place->doc, people[who]);
		bool done = take_turn(place, who, text, place->moments[m], decision);
		check(done, "a moment can be restored", place->id);
		if (exact) {
			check_same(place->doc, place->moments[m]);
			restored++;
		}
		if (exact && decision->op_count && !has_authors_deleted(now, place->doc, people[who]) && below(2)) {
			take_turn(place, who, "undo", NULL, decision);
			check(!decision->refused, "and taken back", place->id);
			check_same(place->doc, now);
		}
		/* Parts of it, by anybody. */
		snprintf(text, sizeof text, "restore at=1 %s=%s", below(2) ? "note" : "box", some_id(place, below(2) ? KIND_NOTE : KIND_BOX));
		take_turn(place, below(5), text, place->moments[m], decision);
	} else if (place->moments[m] && place->kind == DOC_WALL) {
		take_turn(place, below(5), text, place->moments[m], decision);
	}
	doc_free(now);
	doc_free(place->moments[m]);
	place->moments[m] = copy_of(place->doc);
}

static field_mask see(void *ctx, const struct object *object)
{
	(void)ctx;
	return view_mask(VIEW_STAFF, object);
}

/* Whatever a canvas has been through, the file of it is one that can be brought in again. */
static void check_export(const struct place *place)
{
	const struct export_source source = { .doc = place->doc, .kind = place->kind, .class_doc = places[0].doc, .title = "Title", .see = see };
	struct template read = { 0 };
	struct template_fault fault;
	struct buf file = { 0 };

	check(export_document(&file, EXPORT_JSON, &source), "a canvas is exported", place->id);
	if (!template_read(file.s, file.n, &read, &fault))
		fail_msg("turn %d, %s: line %d: %s\n%s", turn_number, place->id, fault.line, fault.reason, file.s);
	template_release(&read);
	buf_release(&file);
}

/* What a snapshot keeps is all there is. */
static void check_snapshot(const struct place *place)
{
	struct view_mark marks[2] = { { 1, 2 }, { 3, 4 } }, read[2];
	struct doc *doc = doc_new();
	struct trail *trail = NULL;
	struct steps *steps = NULL;
	struct buf body = { 0 }, again = { 0 };

	record_write_snapshot(&body, place->doc, marks, 2, place->trail, place->steps, 0);
	check(record_read_snapshot(body.s, body.n, doc, read, 2, &trail, &steps, NULL) && trail && steps, "a snapshot is read", place->id);
	record_write_snapshot(&again, doc, read, 2, trail, steps, 0);
	check(again.n == body.n && !memcmp(again.s, body.s, body.n), "and written the same", place->id);
	buf_release(&body);
	buf_release(&again);
	trail_free(trail);
	steps_free(steps);
	doc_free(doc);
}

static void test_play(void **state)
{
	enum { SEEDS = 12, TURNS = 2500 };
	struct decision decision = { 0 };
	struct buf text = { 0 };
	int done[CMD_COUNT] = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		start(seed);
		for (int t = 0; t < TURNS; t++) {
			struct place *place = below(3) ? &places[2 + below(place_count - 2)] : &places[below(2)];
			enum command command = some_command(place);
			if (!below(25)) {
				restore_some(place, &decision);
				if (place->kind == DOC_CANVAS)
					check_export(place);
				continue;
			}
			write_command(&text, place, command);
			done[command] += take_turn(place, below(5), buf_cstr(&text), NULL, &decision) && decision.op_count;
		}
		for (size_t p = 0; p < place_count; p++) {
			doing = "at the end";
			check_snapshot(&places[p]);
			place_release(&places[p]);
		}
	}
	/* That all of it has been played. */
	for (int c = 1; c < CMD_COUNT; c++)
		if (c != CMD_RESTORE && !done[c])
			fail_msg("%s never did anything", command_specs[c].name);
	assert_true(restored > 100);
	buf_release(&text);
	decision_release(&decision);
}

static int read_template(void **state)
{
	static const char text[] = "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"full\",\"title\":\"Full\",\"columns\":2,\"rows\":1,\"boxes\":["
		"{\"key\":\"x\",\"title\":\"X\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":2,\"tags\":[\"core\",\"other\"],\"links\":[{\"to\":\"y\",\"as\":\"x-y\"},{\"to\":\"x\",\"as\":\"inside\"}],\"parts\":[\"for\",\"helps\",\"offer\",\"who\"]},"
		"{\"key\":\"y\",\"title\":\"Y\",\"col\":2,\"row\":1,\"w\":1,\"h\":1,\"order\":1}],\"notes\":[{\"id\":\"NAAAAAAAAAAAAAAAAAAAAA\",\"box\":\"x\",\"text\":\"n\"},{\"id\":\"OAAAAAAAAAAAAAAAAAAAAA\",\"box\":\"y\",\"text\":\"o\"}],"
		"\"links\":[{\"from\":\"NAAAAAAAAAAAAAAAAAAAAA\",\"to\":\"OAAAAAAAAAAAAAAAAAAAAA\",\"as\":\"x-y\"}]}";
	struct template_fault fault;

	(void)state;
	return template_read(text, strlen(text), &template, &fault) ? 0 : -1;
}

static int free_template(void **state)
{
	(void)state;
	template_release(&template);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_play),
	};
	return cmocka_run_group_tests(tests, read_template, free_template);
}
