/* The rules of what people put into a canvas: notes and the links between them. Whoever may add to it changes their own, and with one right more what others made. Its boxes are in decide_boxes.c. */
#include "server/room/turn.h"
#include "server/room/trail.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 100 };

/* ---- rights ---- */

bool may_add(struct turn *turn)
{
	if (turn->rights & RIGHT_ADD)
		return true;
	refuse(turn, REFUSE_FORBIDDEN, "forbidden.add");
	return false;
}

static bool may_change(struct turn *turn, const struct object *note)
{
	if (turn->rights & RIGHT_CHANGE || (turn->rights & RIGHT_ADD && is_authors(turn, note)))
		return true;
	refuse(turn, REFUSE_FORBIDDEN, "forbidden.own");
	return false;
}

/* ---- finding ---- */

static struct object *live_note(const struct doc *doc, const char *id)
{
	struct object *note = doc_find(doc, id);
	return note && note->kind == KIND_NOTE && !*object_str(note, NOTE_DELETED) ? note : NULL;
}

static struct object *find_note(struct turn *turn, const char *id)
{
	struct object *note = live_note(turn->room->doc, id);
	if (!note)
		refuse(turn, REFUSE_NOT_FOUND, NULL);
	return note;
}

/* Some notes that a command names at once. */
struct notes {
	const struct object *list[IDS_MAX];
	size_t count;
};

/* Finds them all, deleted ones too if `deleted`, and sees that this person may change every one (or only see them, with `read`). False after a refusal. */
static bool find_notes(struct turn *turn, int arg, bool deleted, bool read, struct notes *notes)
{
	const char *list = request_str(turn->request, arg), *id;
	size_t n;
	notes->count = 0;
	while (next_item(&list, ' ', &id, &n)) {
		struct object *note = doc_find(turn->room->doc, arena_copy(&turn->decision->arena, id, n));
		if (!note || note->kind != KIND_NOTE || (*object_str(note, NOTE_DELETED) && !deleted)) {
			refuse(turn, REFUSE_NOT_FOUND, NULL);
			return false;
		}
		if (!read && !may_change(turn, note))
			return false;
		assert(notes->count < IDS_MAX); /* request.c has counted them */
		notes->list[notes->count++] = note;
	}
	return true;
}

static int by_pos(const void *a, const void *b)
{
	const struct object *x = *(const struct object *const *)a, *y = *(const struct object *const *)b;
	int order = strcmp(object_str(x, NOTE_BOX), object_str(y, NOTE_BOX));
	order = order ? order : strcmp(object_str(x, NOTE_POS), object_str(y, NOTE_POS));
	return order ? order : strcmp(x->id, y->id);
}

static void sort_notes(struct notes *notes)
{
	qsort(notes->list, notes->count, sizeof *notes->list, by_pos);
}

/* ---- notes ---- */

/* Those of `tags` (one a line) that the box knows, each once; in the decision's arena. */
static const char *known_tags(struct turn *turn, const struct object *box, const char *tags)
{
	struct buf text = { 0 };
	const char *tag;
	size_t n;
	while (box && next_item(&tags, '\n', &tag, &n)) {
		if (!has_item(object_str(box, BOX_TAGS), '\n', tag, n) || has_item(buf_cstr(&text), '\n', tag, n))
			continue;
		if (text.n)
			buf_char(&text, '\n');
		buf_add(&text, tag, n);
	}
	return keep_text(&turn->decision->arena, &text);
}

/* What a person asked for must all be tags of the box. */
static bool are_tags(struct turn *turn, const struct object *box, const char *tags)
{
	const char *tag;
	size_t n;
	while (next_item(&tags, '\n', &tag, &n))
		if (!box || !has_item(object_str(box, BOX_TAGS), '\n', tag, n)) {
			refuse_value(turn, "tag.unknown", "tags");
			return false;
		}
	return true;
}

static bool is_type(struct turn *turn, int arg)
{
	if (turn->request->args[arg].i <= TYPES_MAX)
		return true;
	refuse_value(turn, NULL, "type");
	return false;
}

static bool fits_note(struct turn *turn, int64_t length)
{
	int max = kind_specs[KIND_NOTE].fields[NOTE_TEXT].max;
	if (length <= max)
		return true;
	refuse_max(turn, REFUSE_QUOTA, "note.long", max);
	return false;
}

/* Position of something new in a box, before the note that `arg` names, or last. NULL after a refusal. */
static const char *note_position(struct turn *turn, int before_arg, const char *box)
{
	struct object *before = NULL;
	if (request_has(turn->request, before_arg) && !(before = find_note(turn, request_str(turn->request, before_arg))))
		return NULL;
	if (before && strcmp(object_str(before, NOTE_BOX), box) != 0)
		before = NULL; /* it has moved elsewhere meanwhile: to the end */
	return position(turn, NULL, KIND_NOTE, before, box);
}

static struct op *put_note(struct turn *turn, const char *id, const char *box, const char *pos, const char *text)
{
	struct op *op = add_op(turn, OP_PUT, KIND_NOTE, id);
	op_str(op, NOTE_TEXT, text);
	op_str(op, NOTE_BOX, box);
	op_str(op, NOTE_POS, pos);
	op_int(op, NOTE_AT, turn->now_ms);
	return op;
}

static void note_add(struct turn *turn)
{
	const struct request *request = turn->request;
	const char *id = request_str(request, ARG_NOTE_ADD_ID), *text = request_str(request, ARG_NOTE_ADD_TEXT), *tags = request_str(request, ARG_NOTE_ADD_TAGS);
	if (!may_add(turn) || !is_free(turn, id) || !is_type(turn, ARG_NOTE_ADD_TYPE) || !fits_note(turn, text_measure(text, strlen(text))))
		return;
	struct object *box = find_box(turn, ARG_NOTE_ADD_BOX);
	const char *pos = box && are_tags(turn, box, tags) ? note_position(turn, ARG_NOTE_ADD_BEFORE, box->id) : NULL;
	if (!pos)
		return;
	struct op *op = put_note(turn, id, box->id, pos, text);
	op_int(op, NOTE_TYPE, request->args[ARG_NOTE_ADD_TYPE].i);
	op_str(op, NOTE_TAGS, known_tags(turn, box, tags));
	op_str(op, NOTE_AUTHOR, turn->person->member_id);
	op_str(op, NOTE_NAMES, "named");
}

/* An edit that a client may send: tidy, and with deletions by count. */
static bool read_edit(struct turn *turn, struct text_edit *edit)
{
	bool good = text_edit_read(turn->request->edit, edit) == TEXT_OK;
	for (size_t p = 0; good && p < edit->n; p++)
		good = edit->parts[p].kind != TEXT_DELETE || !edit->parts[p].bytes;
	if (!good)
		refuse_value(turn, "edit.bad", "edit");
	return good;
}

/* From the revision the author knew to the one there is. */
static bool rebase(struct turn *turn, const struct object *note, struct text_edit *edit)
{
	switch (trail_rebase(turn->room->trail, note->id, object_int(note, NOTE_REV), turn->request->args[ARG_NOTE_TEXT_REV].i, edit)) {
	case TRAIL_OK:
		return true;
	case TRAIL_STALE:
		refuse(turn, REFUSE_STALE, NULL);
		return false;
	case TRAIL_FUTURE:
		refuse_value(turn, "rev.future", "rev");
		return false;
	}
	return false;
}

static void change_text(struct turn *turn, const struct object *note, struct text_edit *edit)
{
	if (!read_edit(turn, edit) || !rebase(turn, note, edit))
		return;
	int64_t length = text_measure(object_str(note, NOTE_TEXT), strlen(object_str(note, NOTE_TEXT)));
	if (text_edit_check(edit, length) != TEXT_OK) {
		refuse_value(turn, "edit.bad", "edit");
		return;
	}
	if (text_edit_growth(edit) > 0 && !fits_note(turn, length + text_edit_growth(edit)))
		return;
	/* One of which others have left nothing is logged all the same: its author waits for it to come back. */
	int64_t rev = object_int(note, NOTE_REV) + 1;
	add_text_op(turn, note, NOTE_TEXT, rev, edit);
	buf_str(&turn->decision->result, "\"rev\":");
	buf_int(&turn->decision->result, rev);
}

static void note_text(struct turn *turn)
{
	struct object *note = find_note(turn, request_str(turn->request, ARG_NOTE_TEXT_ID));
	struct text_edit edit = { 0 };
	if (note && may_change(turn, note))
		change_text(turn, note, &edit);
	text_edit_release(&edit);
}

static void note_set(struct turn *turn)
{
	const struct request *request = turn->request;
	struct notes notes;
	if (!find_notes(turn, ARG_NOTE_SET_IDS, false, false, &notes) || !is_type(turn, ARG_NOTE_SET_TYPE))
		return;
	for (size_t i = 0; i < notes.count; i++) {
		const struct object *note = notes.list[i], *box = doc_find(turn->room->doc, object_str(note, NOTE_BOX));
		const char *tags = request_str(request, ARG_NOTE_SET_TAGS);
		struct op op;
		op_init(&op, OP_SET, KIND_NOTE, note->id);
		if (request_has(request, ARG_NOTE_SET_TYPE) && request->args[ARG_NOTE_SET_TYPE].i != object_int(note, NOTE_TYPE))
			op_int(&op, NOTE_TYPE, request->args[ARG_NOTE_SET_TYPE].i);
		if (request_has(request, ARG_NOTE_SET_TAGS)) {
			if (!are_tags(turn, box, tags))
				return;
			tags = known_tags(turn, box, tags);
			if (!is_state(note, NOTE_TAGS, tags))
				op_str(&op, NOTE_TAGS, tags);
		}
		if (op.mask)
			add_made_op(turn, &op);
	}
}

static bool is_in_list(const struct notes *notes, const char *id)
{
	for (size_t i = 0; i < notes->count; i++)
		if (!strcmp(notes->list[i]->id, id))
			return true;
	return false;
}

/* The note that the moved ones are to stand before: of the box, and not one of them, but then what follows it. NULL: the end. */
static const struct object *place_before(const struct turn *turn, const struct object *before, const struct notes *moving)
{
	const struct object *next = NULL;
	if (!before || !is_in_list(moving, before->id))
		return before;
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o))
		if (o->kind == KIND_NOTE && is_state(o, NOTE_BOX, object_str(before, NOTE_BOX)) && by_pos(&o, &before) > 0 && (!next || by_pos(&o, &next) < 0) && !is_in_list(moving, o->id))
			next = o;
	return next;
}

/* Whether they stand there already: all in the box, in the gap. */
static bool stand_there(const struct notes *notes, const struct object *box, const char *prev, const char *next)
{
	for (size_t i = 0; i < notes->count; i++) {
		const char *pos = object_str(notes->list[i], NOTE_POS);
		if (!is_state(notes->list[i], NOTE_BOX, box->id) || (prev && strcmp(prev, pos) >= 0) || (next && strcmp(pos, next) >= 0))
			return false;
		prev = pos;
	}
	return true;
}

/* In the order in which they are seen: by boxes, and within a box as they stand. */
static void note_move(struct turn *turn)
{
	const struct request *request = turn->request;
	struct object *box = find_box(turn, ARG_NOTE_MOVE_BOX);
	const struct object *before = NULL;
	struct notes notes;
	const char *prev, *next;
	if (!box || !find_notes(turn, ARG_NOTE_MOVE_IDS, false, false, &notes))
		return;
	if (request_has(request, ARG_NOTE_MOVE_BEFORE) && !(before = find_note(turn, request_str(request, ARG_NOTE_MOVE_BEFORE))))
		return;
	if (before && strcmp(object_str(before, NOTE_BOX), box->id) != 0)
		before = NULL; /* it has moved elsewhere meanwhile: to the end */
	sort_notes(&notes);
	find_gap(turn->room, KIND_NOTE, place_before(turn, before, &notes), box->id, notes.list, notes.count, &prev, &next);
	if (stand_there(&notes, box, prev, next))
		return;
	for (size_t i = 0; i < notes.count; i++) {
		const struct object *note = notes.list[i];
		const char *tags = known_tags(turn, box, object_str(note, NOTE_TAGS));
		if (!(prev = pos_new(turn, prev, next)))
			return;
		struct op *op = set_op(turn, note);
		op_str(op, NOTE_POS, prev);
		if (strcmp(object_str(note, NOTE_BOX), box->id) != 0)
			op_str(op, NOTE_BOX, box->id);
		if (strcmp(object_str(note, NOTE_TAGS), tags) != 0)
			op_str(op, NOTE_TAGS, tags);
	}
}

static void note_duplicate(struct turn *turn)
{
	struct notes notes;
	const char *ids[IDS_MAX], *prev, *next;
	if (!may_add(turn) || !find_notes(turn, ARG_NOTE_DUPLICATE_IDS, false, true, &notes) || !has_room(turn, notes.count))
		return;
	for (size_t i = 0; i < notes.count; i++) {
		const struct object *note = notes.list[i];
		/* Right behind the original: before whatever follows it. */
		next = NULL;
		for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o))
			if (o->kind == KIND_NOTE && !strcmp(object_str(o, NOTE_BOX), object_str(note, NOTE_BOX)) && strcmp(object_str(o, NOTE_POS), object_str(note, NOTE_POS)) > 0 && (!next || strcmp(object_str(o, NOTE_POS), next) < 0))
				next = object_str(o, NOTE_POS);
		prev = pos_new(turn, object_str(note, NOTE_POS), next);
		ids[i] = derived_id(turn, (unsigned)i);
		if (!prev || !is_free(turn, ids[i]))
			return;
		struct op *op = put_note(turn, ids[i], object_str(note, NOTE_BOX), prev, object_str(note, NOTE_TEXT));
		op_int(op, NOTE_TYPE, object_int(note, NOTE_TYPE));
		op_str(op, NOTE_TAGS, object_str(note, NOTE_TAGS));
		op_str(op, NOTE_AUTHOR, object_str(note, NOTE_AUTHOR));
		op_str(op, NOTE_NAMES, object_str(note, NOTE_NAMES));
		op_str(op, NOTE_POST, object_str(note, NOTE_POST));
		op_str(op, NOTE_PART, object_str(note, NOTE_PART));
	}
	answer_ids(turn->decision, "notes", ids, notes.count);
}

static void note_delete(struct turn *turn)
{
	struct notes notes;
	if (!find_notes(turn, ARG_NOTE_DELETE_IDS, true, false, &notes))
		return;
	for (size_t i = 0; i < notes.count; i++)
		if (!*object_str(notes.list[i], NOTE_DELETED))
			op_str(set_op(turn, notes.list[i]), NOTE_DELETED, is_authors(turn, notes.list[i]) ? "author" : "other");
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o))
		if (o->kind == KIND_LINK && !*object_str(o, LINK_DELETED) && (is_in_list(&notes, object_str(o, LINK_FROM)) || is_in_list(&notes, object_str(o, LINK_TO))))
			op_str(set_op(turn, o), LINK_DELETED, "end");
}

/* What its author deleted only its author brings back. */
static bool may_restore(struct turn *turn, const struct object *note)
{
	if (!is_state(note, NOTE_DELETED, "author") || is_authors(turn, note))
		return true;
	refuse(turn, REFUSE_FORBIDDEN, NULL);
	return false;
}

static void note_restore(struct turn *turn)
{
	struct notes notes;
	if (!find_notes(turn, ARG_NOTE_RESTORE_IDS, true, false, &notes))
		return;
	for (size_t i = 0; i < notes.count; i++) {
		if (!may_restore(turn, notes.list[i]))
			return;
		set_str(turn, notes.list[i], NOTE_DELETED, "");
	}
	for (const struct object *o = doc_first(turn->room->doc); o; o = object_next(o)) {
		if (o->kind != KIND_LINK || !is_state(o, LINK_DELETED, "end"))
			continue;
		if (is_in_list(&notes, object_str(o, LINK_FROM)) || is_in_list(&notes, object_str(o, LINK_TO)))
			op_str(set_op(turn, o), LINK_DELETED, "");
	}
	settle(turn);
}

/* ---- links ---- */

/* What a link from a note of one box to one of another means by the first box's own list ("target:meaning …"), in the decision's arena; NULL if the target is not in it. */
static const char *meaning(struct turn *turn, const char *from_box, const char *to_box)
{
	const struct object *box = doc_find(turn->room->doc, from_box);
	const char *list = box && box->kind == KIND_BOX ? object_str(box, BOX_LINKS) : "", *item;
	size_t n, length = strlen(to_box);
	while (next_item(&list, ' ', &item, &n))
		if (n > length && !memcmp(item, to_box, length) && item[length] == ':')
			return arena_copy(&turn->decision->arena, item + length + 1, n - length - 1);
	return NULL;
}

/* Whether a link leads from one to the other. */
static bool is_linked(const struct doc *doc, const char *from, const char *to)
{
	for (const struct object *o = doc_first(doc); o; o = object_next(o))
		if (o->kind == KIND_LINK && !*object_str(o, LINK_DELETED) && !strcmp(object_str(o, LINK_FROM), from) && !strcmp(object_str(o, LINK_TO), to))
			return true;
	return false;
}

static int by_from(const void *a, const void *b)
{
	return strcmp(object_str(*(const struct object *const *)a, LINK_FROM), object_str(*(const struct object *const *)b, LINK_FROM));
}

/* The first of the sorted links that starts at `from`. */
static size_t first_from(const struct object *const *links, size_t count, const char *from)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(object_str(links[middle], LINK_FROM), from) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether the link nests one note of the box in another. */
static bool nests_in(const struct doc *doc, const struct object *link, const struct object *box)
{
	const struct object *from = live_note(doc, object_str(link, LINK_FROM)), *to = live_note(doc, object_str(link, LINK_TO));
	return from && to && is_state(from, NOTE_BOX, box->id) && is_state(to, NOTE_BOX, box->id) && is_nesting(box, object_str(link, LINK_AS));
}

/* Whether a new link in a box would close a circle: whether those that nest there lead from its end back to its start. Every link is followed once, so a chain of thousands costs no more than sorting it. */
static bool closes_circle(struct turn *turn, const struct object *box, const char *start, const char *end)
{
	const struct doc *doc = turn->room->doc;
	struct arena *arena = &turn->decision->arena;
	size_t count = 0, todo = 0, all = doc_count(doc) + 1;
	const struct object **links = arena_alloc(arena, sizeof *links * all);
	const char **notes = arena_alloc(arena, sizeof *notes * all);
	bool *followed = arena_alloc(arena, all);
	for (const struct object *o = doc_first(doc); o; o = object_next(o))
		if (o->kind == KIND_LINK && !*object_str(o, LINK_DELETED) && nests_in(doc, o, box))
			links[count++] = o;
	qsort(links, count, sizeof *links, by_from);
	for (notes[todo++] = end; todo;) {
		const char *note = notes[--todo];
		if (!strcmp(note, start))
			return true;
		for (size_t l = first_from(links, count, note); l < count && !followed[l] && !strcmp(object_str(links[l], LINK_FROM), note); l++) {
			followed[l] = true;
			notes[todo++] = object_str(links[l], LINK_TO);
		}
	}
	return false;
}

/* How two boxes are linked: which end is which, and what it means. */
static const char *direct_link(struct turn *turn, const char *from_box, const char *to_box, bool *turned)
{
	const char *as = meaning(turn, from_box, to_box);
	*turned = false;
	if (as)
		return as;
	as = meaning(turn, to_box, from_box);
	*turned = as != NULL;
	return as ? as : "note";
}

static void put_link(struct turn *turn, const char *id, const char *from, const char *to, const char *as)
{
	struct op *op = add_op(turn, OP_PUT, KIND_LINK, id);
	op_str(op, LINK_FROM, from);
	op_str(op, LINK_TO, to);
	op_str(op, LINK_AS, as);
}

static void link_add(struct turn *turn)
{
	const struct request *request = turn->request;
	const char *id = request_str(request, ARG_LINK_ADD_ID);
	struct object *from, *to;
	bool turned;
	if (!may_add(turn) || !(from = find_note(turn, request_str(request, ARG_LINK_ADD_FROM))) || !(to = find_note(turn, request_str(request, ARG_LINK_ADD_TO))))
		return;
	if (from == to) {
		refuse_value(turn, "link.self", "to");
		return;
	}
	const char *from_box = object_str(from, NOTE_BOX), *to_box = object_str(to, NOTE_BOX);
	const char *as = direct_link(turn, from_box, to_box, &turned);
	const char *start = turned ? to->id : from->id, *end = turned ? from->id : to->id;
	const struct object *box = strcmp(from_box, to_box) ? NULL : doc_find(turn->room->doc, from_box);
	bool nested = box && box->kind == KIND_BOX && is_nesting(box, as);
	if (is_linked(turn->room->doc, start, end) || (!nested && is_linked(turn->room->doc, end, start)))
		return;
	if (!is_free(turn, id))
		return;
	if (nested && closes_circle(turn, box, start, end)) {
		refuse(turn, REFUSE_CONFLICT, "link.circle");
		return;
	}
	if (nested && is_linked(turn->room->doc, end, start))
		return; /* the other way round, from when they were in other boxes */
	put_link(turn, id, start, end, as);
}

/* A link is whose ends are: who may change one of its notes may take it away. */
static void link_remove(struct turn *turn)
{
	struct object *link = doc_find(turn->room->doc, request_str(turn->request, ARG_LINK_REMOVE_ID));
	if (!link || link->kind != KIND_LINK) {
		refuse(turn, REFUSE_NOT_FOUND, NULL);
		return;
	}
	if (*object_str(link, LINK_DELETED))
		return;
	const struct object *from = doc_find(turn->room->doc, object_str(link, LINK_FROM)), *to = doc_find(turn->room->doc, object_str(link, LINK_TO));
	bool own = (from && is_authors(turn, from)) || (to && is_authors(turn, to));
	if (!(turn->rights & RIGHT_CHANGE) && !(turn->rights & RIGHT_ADD && own))
		refuse(turn, REFUSE_FORBIDDEN, "forbidden.own");
	else
		set_str(turn, link, LINK_DELETED, "own");
}

/* ---- from the wall ---- */

static const struct {
	const char *part;
	int field;
} parts[] = { { "for", POST_FOR }, { "who", POST_WHO }, { "offer", POST_OFFER }, { "helps", POST_HELPS } };
enum { PARTS = sizeof parts / sizeof *parts };

static const struct object *box_of_part(const struct doc *doc, const char *part)
{
	for (const struct object *o = doc_first(doc); o; o = object_next(o))
		if (o->kind == KIND_BOX && !*object_str(o, BOX_DELETED) && has_item(object_str(o, BOX_PARTS), ' ', part, strlen(part)))
			return o;
	return NULL;
}

/* The post, if it is one that this person sees on a wall, and shown. */
static const struct object *find_shown_post(struct turn *turn)
{
	const struct room *room = turn->room;
	const char *wall = request_str(turn->request, ARG_CANVAS_PROMOTE_WALL);
	enum doc_kind kind = DOC_NONE;
	bool readable = room->other && rights_of(room->class_doc, wall, turn->person->member_id, turn->person->role) & RIGHT_READ;
	const struct doc *doc = readable ? room->other(room->ctx, wall, &kind) : NULL;
	const struct object *post = doc && kind == DOC_WALL ? doc_find(doc, request_str(turn->request, ARG_CANVAS_PROMOTE_POST)) : NULL;
	if (post && post->kind == KIND_POST && is_state(post, POST_STATE, "shown") && !*object_str(post, POST_DELETED))
		return post;
	refuse(turn, REFUSE_NOT_FOUND, NULL);
	return NULL;
}

static void canvas_promote(struct turn *turn)
{
	const struct object *post = may_add(turn) ? find_shown_post(turn) : NULL;
	const char *ids[PARTS], *last_pos[PARTS], *boxes[PARTS];
	size_t count = 0;
	if (!post)
		return;
	for (int p = 0; p < PARTS; p++)
		count += *object_str(post, parts[p].field) != 0;
	if (!has_room(turn, 2 * count - 1))
		return;
	count = 0;
	for (int p = 0; p < PARTS; p++) {
		const char *text = object_str(post, parts[p].field), *prev = NULL, *next;
		const struct object *box = box_of_part(turn->room->doc, parts[p].part);
		if (!*text)
			continue;
		if (!box) {
			refuse(turn, REFUSE_CONFLICT, "promote.nowhere"); /* the instructor has taken the boxes away */
			return;
		}
		if (!fits_note(turn, text_measure(text, strlen(text))))
			return;
		find_gap(turn->room, KIND_NOTE, NULL, box->id, NULL, 0, &prev, &next);
		for (size_t i = 0; i < count; i++)
			if (!strcmp(boxes[i], box->id))
				prev = last_pos[i];
		ids[count] = derived_id(turn, (unsigned)p);
		boxes[count] = box->id;
		if (!is_free(turn, ids[count]) || !(last_pos[count] = pos_new(turn, prev, NULL)))
			return;
		struct op *op = put_note(turn, ids[count], box->id, last_pos[count], text);
		op_str(op, NOTE_AUTHOR, object_str(post, POST_AUTHOR));
		op_str(op, NOTE_NAMES, object_str(post, POST_NAMES));
		op_str(op, NOTE_POST, post->id);
		op_str(op, NOTE_PART, parts[p].part);
		count++;
	}
	/* Each part to the one before it: whom, what hurts, what is offered, what it does for them. */
	for (size_t i = 1; i < count; i++) {
		bool turned;
		const char *as = direct_link(turn, boxes[i], boxes[i - 1], &turned);
		put_link(turn, derived_id(turn, (unsigned)(PARTS + i)), turned ? ids[i - 1] : ids[i], turned ? ids[i] : ids[i - 1], as);
	}
	answer_ids(turn->decision, "notes", ids, count);
}

static command_rule *const rules[CMD_COUNT] = {
	[CMD_NOTE_ADD] = note_add,
	[CMD_NOTE_TEXT] = note_text,
	[CMD_NOTE_SET] = note_set,
	[CMD_NOTE_MOVE] = note_move,
	[CMD_NOTE_DUPLICATE] = note_duplicate,
	[CMD_NOTE_DELETE] = note_delete,
	[CMD_NOTE_RESTORE] = note_restore,
	[CMD_LINK_ADD] = link_add,
	[CMD_LINK_REMOVE] = link_remove,
	[CMD_CANVAS_PROMOTE] = canvas_promote,
};
command_rule *const *const canvas_rules = rules;
