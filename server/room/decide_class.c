/* The rules of the class document: settings, people, teams, and which canvases there are. */
#include "server/room/turn.h"
#include "proto/pos.h"
#include <stdlib.h>
#include <string.h>

static void class_set(struct turn *turn)
{
	static const struct setting settings[] = {
		{ ARG_CLASS_SET_TITLE, CLASS_TITLE },
		{ ARG_CLASS_SET_DOOR, CLASS_DOOR },
		{ ARG_CLASS_SET_FROZEN, CLASS_FROZEN },
		{ ARG_CLASS_SET_TEAMS, CLASS_TEAMS },
	};
	struct object *class = find(turn, "class", KIND_CLASS);
	if (class)
		SET_ALL(turn, class, settings);
}

static void member_rename(struct turn *turn)
{
	struct object *member = find(turn, turn->person->member_id, KIND_MEMBER);
	if (member)
		set_str(turn, member, MEMBER_NAME, request_str(turn->request, ARG_MEMBER_RENAME_NAME));
}

/* ---- teams ---- */

/* A team that is there. */
static struct object *find_team(struct turn *turn, int arg)
{
	struct object *team = find(turn, request_str(turn->request, arg), KIND_TEAM);
	if (team && *object_str(team, TEAM_DELETED)) {
		refuse(turn, REFUSE_NOT_FOUND, NULL);
		return NULL;
	}
	return team;
}

static void team_add(struct turn *turn)
{
	const char *id = request_str(turn->request, ARG_TEAM_ADD_ID);
	struct object *before = NULL;
	if (!is_free(turn, id) || (request_has(turn->request, ARG_TEAM_ADD_BEFORE) && !(before = find_team(turn, ARG_TEAM_ADD_BEFORE))))
		return;
	const char *pos = position(turn, NULL, KIND_TEAM, before, "");
	if (!pos)
		return;
	struct op *op = add_op(turn, OP_PUT, KIND_TEAM, id);
	op_str(op, TEAM_NAME, request_str(turn->request, ARG_TEAM_ADD_NAME));
	op_str(op, TEAM_POS, pos);
}

static void team_set(struct turn *turn)
{
	struct object *team = find_team(turn, ARG_TEAM_SET_ID);
	if (team)
		set_str(turn, team, TEAM_NAME, request_str(turn->request, ARG_TEAM_SET_NAME));
}

static void team_remove(struct turn *turn)
{
	struct object *team = find(turn, request_str(turn->request, ARG_TEAM_REMOVE_ID), KIND_TEAM);
	if (team)
		set_str(turn, team, TEAM_DELETED, "staff");
}

static void team_restore(struct turn *turn)
{
	struct object *team = find(turn, request_str(turn->request, ARG_TEAM_RESTORE_ID), KIND_TEAM);
	if (team)
		set_str(turn, team, TEAM_DELETED, "");
}

/* A team while everybody is dealt out. */
struct seat {
	const struct object *team;
	size_t people;
};

static int by_pos(const void *a, const void *b)
{
	const struct object *x = ((const struct seat *)a)->team, *y = ((const struct seat *)b)->team;
	int order = strcmp(object_str(x, TEAM_POS), object_str(y, TEAM_POS));
	return order ? order : strcmp(x->id, y->id);
}

/* The teams that are there, in order; in the decision's arena. */
static struct seat *list_teams(struct turn *turn, size_t *count)
{
	struct seat *seats = arena_alloc(&turn->decision->arena, sizeof *seats * (doc_count(turn->room->doc) + 1));
	*count = 0;
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o))
		if (o->kind == KIND_TEAM && !*object_str(o, TEAM_DELETED))
			seats[(*count)++] = (struct seat){ o, 0 };
	qsort(seats, *count, sizeof *seats, by_pos);
	return seats;
}

static struct seat *seat_of(struct seat *seats, size_t count, const char *team)
{
	for (size_t s = 0; s < count; s++)
		if (!strcmp(seats[s].team->id, team))
			return &seats[s];
	return NULL;
}

static struct seat *emptiest(struct seat *seats, size_t count)
{
	struct seat *least = &seats[0];
	for (size_t s = 1; s < count; s++)
		if (seats[s].people < least->people)
			least = &seats[s];
	return least;
}

/* Instructors are in no team unless they put themselves there, and count for nobody. */
static bool is_dealt(const struct object *object)
{
	return object->kind == KIND_MEMBER && !role_is_staff(role_by_name(object_str(object, MEMBER_ROLE)));
}

/* Members in the order of their coming, which is the order of the document. */
static void team_deal(struct turn *turn)
{
	size_t count;
	struct seat *seats = list_teams(turn, &count), *seat;
	bool all = turn->request->args[ARG_TEAM_DEAL_ALL].i;
	if (!count) {
		refuse(turn, REFUSE_CONFLICT, "teams.none");
		return;
	}
	for (const struct object *o = doc_first(turn->room->doc); o && !all; o = object_next(o))
		if (is_dealt(o) && (seat = seat_of(seats, count, object_str(o, MEMBER_TEAM))))
			seat->people++;
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o)) {
		if (!is_dealt(o) || (!all && seat_of(seats, count, object_str(o, MEMBER_TEAM))))
			continue;
		seat = emptiest(seats, count);
		seat->people++;
		set_str(turn, o, MEMBER_TEAM, seat->team->id);
	}
}

/* Puts a member in the team that `arg` names, or in none. */
static void place(struct turn *turn, const struct object *member, int arg)
{
	struct object *team = NULL;
	if (!member || (request_has(turn->request, arg) && !(team = find_team(turn, arg))))
		return;
	set_str(turn, member, MEMBER_TEAM, team ? team->id : "");
}

static void team_join(struct turn *turn)
{
	const struct object *class = doc_find(turn->room->doc, "class");
	if (is_member(turn) && !(class && is_state(class, CLASS_TEAMS, "self"))) {
		refuse(turn, REFUSE_FORBIDDEN, "team.closed");
		return;
	}
	place(turn, find(turn, turn->person->member_id, KIND_MEMBER), ARG_TEAM_JOIN_TEAM);
}

static void member_place(struct turn *turn)
{
	place(turn, find(turn, request_str(turn->request, ARG_MEMBER_PLACE_MEMBER), KIND_MEMBER), ARG_MEMBER_PLACE_TEAM);
}

/* ---- which documents there are ---- */

static struct object *find_document(struct turn *turn, int arg)
{
	return find(turn, request_str(turn->request, arg), KIND_DOCUMENT);
}

bool may_open(const struct turn *turn, const struct object *document, const char *see)
{
	const struct object *self = doc_find(turn->room->class_doc, turn->person->member_id);
	const char *team = object_str(document, DOCUMENT_TEAM);
	return *team && self && self->kind == KIND_MEMBER && is_state(self, MEMBER_TEAM, team) && is_live(document) && !is_state(document, DOCUMENT_SEE, "staff") && strcmp(see, "staff") != 0;
}

static void document_set(struct turn *turn)
{
	static const struct setting settings[] = {
		{ ARG_DOCUMENT_SET_TITLE, DOCUMENT_TITLE },
		{ ARG_DOCUMENT_SET_SEE, DOCUMENT_SEE },
		{ ARG_DOCUMENT_SET_ADD, DOCUMENT_ADD },
		{ ARG_DOCUMENT_SET_CHANGE, DOCUMENT_CHANGE },
	};
	const struct request *request = turn->request;
	struct object *document = find_document(turn, ARG_DOCUMENT_SET_ID);
	if (!document)
		return;
	bool rights = request_has(request, ARG_DOCUMENT_SET_SEE) || request_has(request, ARG_DOCUMENT_SET_ADD) || request_has(request, ARG_DOCUMENT_SET_CHANGE);
	field_mask only_see = 1u << ARG_DOCUMENT_SET_ID | 1u << ARG_DOCUMENT_SET_SEE;
	if (is_member(turn) && ((request->given & ~only_see) || !may_open(turn, document, request_str(request, ARG_DOCUMENT_SET_SEE)))) {
		refuse(turn, REFUSE_FORBIDDEN, NULL);
		return;
	}
	if (rights && !is_state(document, DOCUMENT_TYPE, "canvas")) {
		refuse_value(turn, NULL, "see"); /* a wall is everybody's */
		return;
	}
	if (has_title(turn, ARG_DOCUMENT_SET_TITLE))
		SET_ALL(turn, document, settings);
}

static void document_move(struct turn *turn)
{
	struct object *document = find_document(turn, ARG_DOCUMENT_MOVE_ID), *before = NULL;
	if (!document || (request_has(turn->request, ARG_DOCUMENT_MOVE_BEFORE) && !(before = find_document(turn, ARG_DOCUMENT_MOVE_BEFORE))) || before == document)
		return;
	const char *pos = position(turn, document, KIND_DOCUMENT, before, "");
	if (pos)
		set_str(turn, document, DOCUMENT_POS, pos);
}

static void document_remove(struct turn *turn)
{
	struct object *document = find_document(turn, ARG_DOCUMENT_REMOVE_ID);
	if (!document)
		return;
	if (!is_state(document, DOCUMENT_TYPE, "canvas"))
		refuse(turn, REFUSE_FORBIDDEN, NULL); /* the wall is what a class opens with */
	else
		set_str(turn, document, DOCUMENT_DELETED, "staff");
}

static void document_restore(struct turn *turn)
{
	struct object *document = find_document(turn, ARG_DOCUMENT_RESTORE_ID);
	if (document)
		set_str(turn, document, DOCUMENT_DELETED, "");
}

/* ---- new canvases ---- */

/* What a canvas is made of: a file, or another canvas (with its boxes and types, and with `notes` those and their links, too). */
struct origin {
	const struct template *file;
	const struct doc *like;
	bool notes;
	const char *template, *title; /* by default */
};

static const char *join_lines(struct arena *arena, const struct template_line *lines, int count)
{
	struct buf text = { 0 };
	template_lines_join(lines, count, &text);
	return keep_text(arena, &text);
}

static const char *join_links(struct arena *arena, const struct template_box *box)
{
	struct buf text = { 0 };
	template_box_links_join(box, &text);
	return keep_text(arena, &text);
}

static const char *join_parts(struct arena *arena, const struct template_box *box)
{
	struct buf text = { 0 };
	template_box_parts_join(box, &text);
	return keep_text(arena, &text);
}

static void put_box(struct decision *decision, size_t into, const struct template_box *box)
{
	struct arena *arena = &decision->arena;
	struct op *op = add_op_into(decision, into, OP_PUT, KIND_BOX, box->key);
	op_str(op, BOX_TITLE, box->title);
	op_int(op, BOX_COL, box->col);
	op_int(op, BOX_ROW, box->row);
	op_int(op, BOX_W, box->w);
	op_int(op, BOX_H, box->h);
	op_int(op, BOX_ORDER, box->order);
	op_str(op, BOX_QUESTIONS, join_lines(arena, box->questions, box->question_count));
	op_str(op, BOX_TIP, box->tip);
	op_str(op, BOX_TAGS, join_lines(arena, box->tags, box->tag_count));
	op_str(op, BOX_LINKS, join_links(arena, box));
	op_str(op, BOX_PARTS, join_parts(arena, box));
}

static void put_canvas(struct decision *decision, size_t into, const char *template, const char *credits, int64_t columns, int64_t rows)
{
	struct op *op = add_op_into(decision, into, OP_PUT, KIND_CANVAS, "canvas");
	op_str(op, CANVAS_TEMPLATE, template);
	op_str(op, CANVAS_CREDITS, credits);
	op_int(op, CANVAS_COLUMNS, columns);
	op_int(op, CANVAS_ROWS, rows);
}

/* The notes of a file belong to whoever brings it in. Ids hold within a document, so the file's may stay. False when keys for their order run out. */
static bool put_notes(struct decision *decision, size_t into, const struct template *file, const char *owner, int64_t now_ms)
{
	char pos[POS_CAP] = "", next[POS_CAP];
	for (int n = 0; n < file->note_count; n++) {
		const struct template_note *note = &file->notes[n];
		if (!pos_between(*pos ? pos : NULL, NULL, next, sizeof next))
			return false;
		strcpy(pos, next);
		struct op *op = add_op_into(decision, into, OP_PUT, KIND_NOTE, note->id);
		op_str(op, NOTE_TEXT, note->text);
		op_str(op, NOTE_BOX, note->box);
		op_str(op, NOTE_POS, arena_copy(&decision->arena, pos, strlen(pos)));
		op_int(op, NOTE_TYPE, note->type);
		op_str(op, NOTE_TAGS, join_lines(&decision->arena, note->tags, note->tag_count));
		op_str(op, NOTE_AUTHOR, owner);
		op_str(op, NOTE_NAMES, "named");
		op_int(op, NOTE_AT, now_ms);
	}
	return true;
}

static bool put_file(struct decision *decision, size_t into, const struct template *file, const char *owner, int64_t now_ms)
{
	put_canvas(decision, into, file->key, file->credits, file->columns, file->rows);
	for (int b = 0; b < file->box_count; b++)
		put_box(decision, into, &file->boxes[b]);
	for (int t = 0; t < file->type_count; t++) {
		char id[] = "type.0";
		id[strlen(id) - 1] = (char)('0' + file->types[t].number);
		struct op *op = add_op_into(decision, into, OP_PUT, KIND_TYPE, id);
		op_int(op, TYPE_NUMBER, file->types[t].number);
		op_str(op, TYPE_NAME, file->types[t].name);
	}
	if (!put_notes(decision, into, file, owner, now_ms))
		return false;
	for (int l = 0; l < file->link_count; l++) {
		uint8_t bytes[ID_BYTES] = { 0 };
		char id[ID_CHARS + 1];
		struct digest digest = digest_int(file->links[l].from, file->links[l].to, l);
		memcpy(bytes, &digest.a, 4);
		memcpy(bytes + 4, &digest.b, 4);
		bytes[ID_BYTES - 1] = 'l'; /* no note of the file is likely to have such an id, and a clash would only replace the link */
		id_encode(bytes, id);
		struct op *op = add_op_into(decision, into, OP_PUT, KIND_LINK, id);
		op_str(op, LINK_FROM, file->links[l].from);
		op_str(op, LINK_TO, file->links[l].to);
		op_str(op, LINK_AS, file->links[l].as);
	}
	return true;
}

static bool is_copied_note(const struct object *note, const struct doc *from)
{
	const struct object *box = note && note->kind == KIND_NOTE && is_live(note) ? doc_find(from, object_str(note, NOTE_BOX)) : NULL;
	return box && box->kind == KIND_BOX && is_live(box);
}

/* What of a canvas another one like it gets: what is there, but no notes of a box that is not. */
static bool is_copied(const struct object *object, const struct origin *origin)
{
	const struct doc *from = origin->like;
	if (object->kind == KIND_NOTE)
		return origin->notes && is_copied_note(object, from);
	if (object->kind == KIND_LINK)
		return origin->notes && is_live(object) && is_copied_note(doc_find(from, object_str(object, LINK_FROM)), from) && is_copied_note(doc_find(from, object_str(object, LINK_TO)), from);
	return is_live(object);
}

static int64_t count_copied(const struct origin *origin)
{
	int64_t count = 0;
	for (const struct object *o = doc_first(origin->like); o; o = object_next(o))
		count += is_copied(o, origin);
	return count;
}

/* Words, authors and promises as they are; revisions begin anew. */
static void put_copy(struct decision *decision, size_t into, const struct origin *origin)
{
	for (const struct object *o = doc_first(origin->like); o; o = object_next(o)) {
		if (!is_copied(o, origin))
			continue;
		struct op *op = add_op_into(decision, into, OP_PUT, o->kind, o->id);
		op_of_object(op, o);
		if (o->kind == KIND_NOTE)
			op_int(op, NOTE_REV, 0);
	}
}

static struct new_document *add_document(struct decision *decision, const char *id)
{
	if (decision->document_count == decision->document_cap) {
		decision->document_cap = decision->document_cap ? decision->document_cap * 2 : 8;
		decision->documents = realloc(decision->documents, decision->document_cap * sizeof *decision->documents);
		if (!decision->documents)
			abort();
	}
	struct new_document *document = &decision->documents[decision->document_count++];
	document->kind = DOC_CANVAS;
	memcpy(document->id, id, sizeof document->id);
	return document;
}

static void list_document(struct decision *decision, const char *id, const struct origin *origin, const char *title, const char *team, const char *see, const char *pos)
{
	struct op *op = add_op_into(decision, 0, OP_PUT, KIND_DOCUMENT, id);
	op_str(op, DOCUMENT_TYPE, "canvas");
	op_str(op, DOCUMENT_TITLE, title && *title ? title : origin->title);
	op_str(op, DOCUMENT_TEMPLATE, origin->template);
	op_str(op, DOCUMENT_TEAM, team);
	op_str(op, DOCUMENT_SEE, see && *see ? see : "team");
	op_str(op, DOCUMENT_ADD, "team");
	op_str(op, DOCUMENT_CHANGE, "team");
	op_str(op, DOCUMENT_POS, pos);
}

static const struct template *find_template(const struct room *room, const char *key)
{
	for (const struct template *const *t = room->templates; t && *t; t++)
		if (!strcmp((*t)->key, key))
			return *t;
	return NULL;
}

/* What `template` or `from` names, one of which there must be. */
static bool find_origin(struct turn *turn, struct origin *origin)
{
	const struct request *request = turn->request;
	const struct room *room = turn->room;
	enum doc_kind kind = DOC_NONE;
	if (request_has(request, ARG_CANVAS_ADD_TEMPLATE) == request_has(request, ARG_CANVAS_ADD_FROM)) {
		refuse_value(turn, NULL, "template");
		return false;
	}
	if (request_has(request, ARG_CANVAS_ADD_TEMPLATE)) {
		origin->file = find_template(room, request_str(request, ARG_CANVAS_ADD_TEMPLATE));
		if (origin->file) {
			origin->title = origin->file->title;
			origin->template = origin->file->key;
			return true;
		}
	} else {
		const char *id = request_str(request, ARG_CANVAS_ADD_FROM);
		const struct object *document = doc_find(room->doc, id);
		origin->like = room->other ? room->other(room->ctx, id, &kind) : NULL;
		origin->notes = request->args[ARG_CANVAS_ADD_NOTES].i;
		if (origin->like && kind == DOC_CANVAS && document && document->kind == KIND_DOCUMENT) {
			origin->title = object_str(document, DOCUMENT_TITLE);
			origin->template = object_str(document, DOCUMENT_TEMPLATE);
			return true;
		}
	}
	refuse(turn, REFUSE_NOT_FOUND, NULL);
	return false;
}

static size_t count_documents(const struct doc *class_doc)
{
	size_t count = 0;
	for (const struct object *o = doc_first(class_doc); o; o = object_next(o))
		count += o->kind == KIND_DOCUMENT;
	return count;
}

/* Objects that one command makes at most: so many canvases with notes that a class of hundreds of teams would not be worked on for seconds. */
enum { COPIES_MAX = 50 * 1000 };

static int64_t count_objects(const struct template *file)
{
	return 1 + file->box_count + file->type_count + file->note_count + file->link_count;
}

static void canvas_add(struct turn *turn)
{
	const struct request *request = turn->request;
	struct decision *decision = turn->decision;
	const char *see = request_str(request, ARG_CANVAS_ADD_SEE), *title = request_str(request, ARG_CANVAS_ADD_TITLE), *pos, *none;
	struct object *team = NULL;
	struct origin origin = { 0 };
	bool each = request->args[ARG_CANVAS_ADD_EACH].i;
	size_t team_count = 1;
	if (each && request_has(request, ARG_CANVAS_ADD_TEAM)) {
		refuse_value(turn, NULL, "each"); /* for one team, or for every one */
		return;
	}
	if (!find_origin(turn, &origin) || (request_has(request, ARG_CANVAS_ADD_TEAM) && !(team = find_team(turn, ARG_CANVAS_ADD_TEAM))))
		return;
	struct seat *seats = each ? list_teams(turn, &team_count) : NULL;
	if (!team_count) {
		refuse(turn, REFUSE_CONFLICT, "teams.none");
		return;
	}
	if ((int64_t)(count_documents(turn->room->doc) + team_count) > turn->room->documents_max) {
		refuse_max(turn, REFUSE_QUOTA, "quota.documents", turn->room->documents_max);
		return;
	}
	int64_t objects = origin.like ? count_copied(&origin) : count_objects(origin.file);
	if (objects > turn->room->objects_max || objects * (int64_t)team_count > COPIES_MAX) {
		refuse_max(turn, REFUSE_QUOTA, "quota.copies", team_count > 1 ? COPIES_MAX : turn->room->objects_max);
		return;
	}
	const char **ids = arena_alloc(&decision->arena, sizeof *ids * team_count);
	find_gap(turn->room, KIND_DOCUMENT, NULL, "", NULL, 0, &pos, &none);
	for (size_t d = 0; d < team_count; d++) {
		ids[d] = d ? derived_id(turn, (unsigned)d) : request_str(request, ARG_CANVAS_ADD_ID);
		if (!has_room(turn, team_count) || !is_free(turn, ids[d]) || !(pos = pos_new(turn, pos, NULL)))
			return;
		list_document(decision, ids[d], &origin, title, each ? seats[d].team->id : team ? team->id : "", see, pos);
		add_document(decision, ids[d]);
		if (origin.like) {
			put_copy(decision, d + 1, &origin);
		} else if (!put_file(decision, d + 1, origin.file, turn->person->member_id, turn->now_ms)) {
			refuse_max(turn, REFUSE_QUOTA, "quota.objects", turn->room->objects_max);
			return;
		}
	}
	answer_ids(decision, "documents", ids, team_count);
}

bool decide_import(const struct room *room, const struct template *canvas, const char *id, const char *title, const char *team, const char *see, const char *owner, int64_t now_ms, struct decision *decision)
{
	struct turn turn = { .room = room, .decision = decision };
	const struct origin origin = { .file = canvas, .title = canvas->title, .template = canvas->key };
	const char *pos, *none;
	const struct object *of = *team ? doc_find(room->class_doc, team) : NULL;
	decision_empty(decision);
	if (*team && (!of || of->kind != KIND_TEAM || *object_str(of, TEAM_DELETED))) {
		refuse(&turn, REFUSE_NOT_FOUND, NULL);
		return false;
	}
	if ((int64_t)count_documents(room->doc) >= room->documents_max) {
		refuse_max(&turn, REFUSE_QUOTA, "quota.documents", room->documents_max);
		return false;
	}
	if (count_objects(canvas) > room->objects_max || !has_room(&turn, 1)) {
		refuse_max(&turn, REFUSE_QUOTA, "quota.objects", room->objects_max);
		return false;
	}
	find_gap(room, KIND_DOCUMENT, NULL, "", NULL, 0, &pos, &none);
	if (!(pos = pos_new(&turn, pos, NULL)))
		return false;
	list_document(decision, id, &origin, title, team, see, pos);
	add_document(decision, id);
	if (put_file(decision, 1, canvas, owner, now_ms))
		return true;
	refuse_max(&turn, REFUSE_QUOTA, "quota.objects", room->objects_max);
	return false;
}

static command_rule *const rules[CMD_COUNT] = {
	[CMD_CLASS_SET] = class_set,
	[CMD_MEMBER_RENAME] = member_rename,
	[CMD_TEAM_ADD] = team_add,
	[CMD_TEAM_SET] = team_set,
	[CMD_TEAM_REMOVE] = team_remove,
	[CMD_TEAM_RESTORE] = team_restore,
	[CMD_TEAM_DEAL] = team_deal,
	[CMD_TEAM_JOIN] = team_join,
	[CMD_MEMBER_PLACE] = member_place,
	[CMD_CANVAS_ADD] = canvas_add,
	[CMD_DOCUMENT_SET] = document_set,
	[CMD_DOCUMENT_MOVE] = document_move,
	[CMD_DOCUMENT_REMOVE] = document_remove,
	[CMD_DOCUMENT_RESTORE] = document_restore,
};
command_rule *const *const class_rules = rules;
