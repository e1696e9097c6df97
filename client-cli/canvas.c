#include "client-cli/canvas.h"
#include "client-cli/typings.h"
#include "proto/digest.h"
#include "proto/json.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

enum { PREFIX_MIN = 4 };

/* --- small things --- */

static int compare_keys(const char *pos_a, const char *pos_b, const char *id_a, const char *id_b)
{
	int order = strcmp(pos_a, pos_b);
	return order ? order : strcmp(id_a, id_b);
}

static void sort(void *array, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
	if (count)
		qsort(array, count, size, compare);
}

static bool is_staff(const struct model *model)
{
	return role_is_staff(model->role);
}

static const char *class_str(const struct model *model, const char *id, enum kind kind, int field)
{
	const struct object *object = *id ? doc_find(model->class_doc.shared, id) : NULL;
	return object && object->kind == kind ? object_str(object, field) : "";
}

static const char *my_team(const struct model *model)
{
	return class_str(model, model->me, KIND_MEMBER, MEMBER_TEAM);
}

/* A right of proto/README.md §10: `staff`, `team` or `class`; a canvas without a team is everybody's. */
static bool has_right(const struct model *model, const char *right, const char *team)
{
	if (is_staff(model) || !strcmp(right, "class"))
		return true;
	bool of_team = !*right || !strcmp(right, "team");
	return of_team && (!*team || !strcmp(team, my_team(model)));
}

int member_colour(const char *id)
{
	return (int)(digest_hash(id) % COLOURS);
}

const char *line_at(const char *lines, size_t i, size_t *n)
{
	for (; *lines; lines += *n, lines += *lines == '\n') {
		*n = strcspn(lines, "\n");
		if (*n && !i--)
			return lines;
	}
	return NULL;
}

/* How a person may name a thing, in the order in which it is tried. */
enum match { MATCH_EXACT, MATCH_CASELESS, MATCH_ID, MATCHES };

static bool matches(enum match how, const char *text, const char *id, size_t prefix_min, const char *name, const char *other)
{
	switch (how) {
	case MATCH_EXACT: return !strcmp(id, text) || (*name && !strcmp(name, text)) || (*other && !strcmp(other, text));
	case MATCH_CASELESS: return (*name && !strcasecmp(name, text)) || (*other && !strcasecmp(other, text));
	case MATCH_ID: return strlen(text) >= prefix_min && !strncmp(id, text, strlen(text));
	case MATCHES: break;
	}
	return false;
}

/* --- the class --- */

static int compare_teams(const void *a, const void *b)
{
	const struct team_entry *x = a, *y = b;
	if (!*x->deleted != !*y->deleted)
		return *x->deleted ? 1 : -1;
	return compare_keys(x->pos, y->pos, x->id, y->id);
}

static int compare_members(const void *a, const void *b)
{
	const struct member_entry *x = a, *y = b;
	return compare_keys(x->name, y->name, x->id, y->id);
}

static int compare_canvases(const void *a, const void *b)
{
	const struct canvas_entry *x = a, *y = b;
	if (!*x->deleted != !*y->deleted)
		return *x->deleted ? 1 : -1;
	return compare_keys(x->pos, y->pos, x->id, y->id);
}

static void read_team(struct class_list *list, const struct object *o)
{
	list->teams = array_grow(list->teams, list->team_count, sizeof *list->teams);
	list->teams[list->team_count++] =
		(struct team_entry){ .id = o->id, .name = object_str(o, TEAM_NAME), .pos = object_str(o, TEAM_POS), .deleted = object_str(o, TEAM_DELETED) };
}

static const struct presence *presence_in_class(const struct model *model, const char *who)
{
	const struct replica *replica = &model->class_doc;
	for (size_t i = 0; i < replica->here_count; i++)
		if (!strcmp(replica->here[i].who, who))
			return &replica->here[i];
	return NULL;
}

static void read_member(struct class_list *list, const struct model *model, const struct object *o)
{
	const struct presence *presence = presence_in_class(model, o->id);
	list->members = array_grow(list->members, list->member_count, sizeof *list->members);
	list->members[list->member_count++] = (struct member_entry){
		.id = o->id,
		.name = object_str(o, MEMBER_NAME),
		.role = object_str(o, MEMBER_ROLE),
		.team = object_str(o, MEMBER_TEAM),
		.me = !strcmp(o->id, model->me),
		.here = presence != NULL,
		.in = presence ? presence->in : "",
		.colour = member_colour(o->id),
	};
}

static void read_canvas(struct class_list *list, const struct model *model, const struct object *o)
{
	if (strcmp(object_str(o, DOCUMENT_TYPE), "canvas") != 0)
		return;
	list->canvases = array_grow(list->canvases, list->canvas_count, sizeof *list->canvases);
	struct canvas_entry *entry = &list->canvases[list->canvas_count++];
	*entry = (struct canvas_entry){
		.id = o->id,
		.title = object_str(o, DOCUMENT_TITLE),
		.pos = object_str(o, DOCUMENT_POS),
		.template = object_str(o, DOCUMENT_TEMPLATE),
		.team = object_str(o, DOCUMENT_TEAM),
		.see = object_str(o, DOCUMENT_SEE),
		.add = object_str(o, DOCUMENT_ADD),
		.change = object_str(o, DOCUMENT_CHANGE),
		.deleted = object_str(o, DOCUMENT_DELETED),
	};
	entry->team_name = class_str(model, entry->team, KIND_TEAM, TEAM_NAME);
	entry->ours = !*entry->team || !strcmp(entry->team, my_team(model));
	entry->may_see = has_right(model, entry->see, entry->team) && (!*entry->deleted || is_staff(model));
	for (size_t i = 0; i < model->class_doc.here_count; i++)
		entry->here += !strcmp(model->class_doc.here[i].in, o->id);
}

void class_list_make(struct class_list *list, const struct model *model)
{
	class_list_release(list);
	for (const struct object *o = doc_first(model->class_doc.shared); o; o = object_next(o)) {
		if (o->kind == KIND_TEAM)
			read_team(list, o);
		else if (o->kind == KIND_MEMBER)
			read_member(list, model, o);
		else if (o->kind == KIND_DOCUMENT)
			read_canvas(list, model, o);
	}
	for (size_t i = 0; i < list->team_count; i++)
		for (size_t j = 0; j < list->member_count; j++)
			list->teams[i].member_count += !strcmp(list->members[j].team, list->teams[i].id);
	sort(list->teams, list->team_count, sizeof *list->teams, compare_teams);
	sort(list->members, list->member_count, sizeof *list->members, compare_members);
	sort(list->canvases, list->canvas_count, sizeof *list->canvases, compare_canvases);
	list->here_total = model->class_doc.here_total;
	list->my_team = my_team(model);
	list->self_teams = !strcmp(class_str(model, "class", KIND_CLASS, CLASS_TEAMS), "self");
}

void class_list_release(struct class_list *list)
{
	free(list->teams);
	free(list->members);
	free(list->canvases);
	*list = (struct class_list){ 0 };
}

const struct team_entry *class_list_team(const struct class_list *list, const char *id)
{
	for (size_t i = 0; i < list->team_count; i++)
		if (!strcmp(list->teams[i].id, id))
			return &list->teams[i];
	return NULL;
}

const struct member_entry *class_list_member(const struct class_list *list, const char *id)
{
	for (size_t i = 0; i < list->member_count; i++)
		if (!strcmp(list->members[i].id, id))
			return &list->members[i];
	return NULL;
}

const struct canvas_entry *class_list_canvas(const struct class_list *list, const char *id)
{
	for (size_t i = 0; i < list->canvas_count; i++)
		if (!strcmp(list->canvases[i].id, id))
			return &list->canvases[i];
	return NULL;
}

size_t class_list_find_canvas(const struct class_list *list, const char *text, bool deleted, const struct canvas_entry **out)
{
	size_t found = 0;
	for (int how = 0; how < MATCHES && !found; how++)
		for (size_t i = 0; i < list->canvas_count; i++) {
			const struct canvas_entry *entry = &list->canvases[i];
			if (!*entry->deleted == deleted || !matches((enum match)how, text, entry->id, PREFIX_MIN, entry->title, entry->team_name))
				continue;
			*out = entry;
			found++;
		}
	return found;
}

size_t class_list_find_team(const struct class_list *list, const char *text, bool deleted, const struct team_entry **out)
{
	size_t found = 0;
	for (int how = 0; how < MATCHES && !found; how++)
		for (size_t i = 0; i < list->team_count; i++) {
			const struct team_entry *entry = &list->teams[i];
			if (!*entry->deleted == deleted || !matches((enum match)how, text, entry->id, PREFIX_MIN, entry->name, ""))
				continue;
			*out = entry;
			found++;
		}
	return found;
}

size_t class_list_find_member(const struct class_list *list, const char *text, const struct member_entry **out)
{
	size_t found = 0;
	for (int how = 0; how < MATCHES && !found; how++)
		for (size_t i = 0; i < list->member_count; i++) {
			if (!matches((enum match)how, text, list->members[i].id, PREFIX_MIN, list->members[i].name, ""))
				continue;
			*out = &list->members[i];
			found++;
		}
	return found;
}

/* --- one canvas: what is there --- */

static const struct object *look(const struct replica *replica, const char *id)
{
	const struct object *object = doc_find(replica->mine, id);
	return object ? object : doc_find(replica->shared, id);
}

static void read_box(struct canvas *canvas, const struct object *o)
{
	struct canvas_box box = {
		.id = o->id,
		.title = object_str(o, BOX_TITLE),
		.questions = object_str(o, BOX_QUESTIONS),
		.tip = object_str(o, BOX_TIP),
		.tags = object_str(o, BOX_TAGS),
		.links = object_str(o, BOX_LINKS),
		.parts = object_str(o, BOX_PARTS),
		.deleted = object_str(o, BOX_DELETED),
		.col = (int)object_int(o, BOX_COL),
		.row = (int)object_int(o, BOX_ROW),
		.w = (int)object_int(o, BOX_W),
		.h = (int)object_int(o, BOX_H),
		.order = (int)object_int(o, BOX_ORDER),
	};
	if (*box.deleted) {
		canvas->removed_boxes = array_grow(canvas->removed_boxes, canvas->removed_count, sizeof box);
		canvas->removed_boxes[canvas->removed_count++] = box;
	} else {
		canvas->boxes = array_grow(canvas->boxes, canvas->box_count, sizeof box);
		canvas->boxes[canvas->box_count++] = box;
	}
}

static struct canvas_note *add_note(struct canvas *canvas)
{
	canvas->notes = array_grow(canvas->notes, canvas->note_count, sizeof *canvas->notes);
	struct canvas_note *note = &canvas->notes[canvas->note_count++];
	*note = (struct canvas_note){ .id = "", .box = "", .pos = "", .tags = "", .author = "", .author_name = "", .names = "named", .post = "", .part = "", .text = "" };
	return note;
}

static void read_note(struct canvas *canvas, const struct model *model, const struct object *o)
{
	if (*object_str(o, NOTE_DELETED))
		return;
	struct canvas_note *note = add_note(canvas);
	note->id = o->id;
	note->box = object_str(o, NOTE_BOX);
	note->pos = object_str(o, NOTE_POS);
	note->tags = object_str(o, NOTE_TAGS);
	note->author = object_str(o, NOTE_AUTHOR);
	note->author_name = model_member_name(model, note->author);
	note->names = object_str(o, NOTE_NAMES);
	note->post = object_str(o, NOTE_POST);
	note->part = object_str(o, NOTE_PART);
	note->text = object_str(o, NOTE_TEXT);
	note->text_n = o->values[NOTE_TEXT].n;
	note->rev = object_int(o, NOTE_REV);
	note->at = object_int(o, NOTE_AT);
	note->type = (int)object_int(o, NOTE_TYPE);
	note->own = *note->author && !strcmp(note->author, model->me);
}

static void read_link(struct canvas *canvas, const struct object *o)
{
	if (*object_str(o, LINK_DELETED))
		return;
	canvas->links = array_grow(canvas->links, canvas->link_count, sizeof *canvas->links);
	canvas->links[canvas->link_count++] =
		(struct canvas_link){ .id = o->id, .from = object_str(o, LINK_FROM), .to = object_str(o, LINK_TO), .as = object_str(o, LINK_AS) };
}

static void read_type(struct canvas *canvas, const struct object *o)
{
	int64_t number = object_int(o, TYPE_NUMBER);
	if (number >= 1 && number <= TYPES_MAX)
		canvas->types[number] = object_str(o, TYPE_NAME);
}

static void read_object(struct canvas *canvas, const struct model *model, const struct object *o)
{
	if (o->kind == KIND_BOX)
		read_box(canvas, o);
	else if (o->kind == KIND_NOTE)
		read_note(canvas, model, o);
	else if (o->kind == KIND_LINK)
		read_link(canvas, o);
	else if (o->kind == KIND_TYPE)
		read_type(canvas, o);
}

static void read_replica(struct canvas *canvas, const struct model *model, const struct replica *replica)
{
	const struct object *o;
	for (o = doc_first(replica->shared); o; o = object_next(o))
		if (!doc_find(replica->mine, o->id))
			read_object(canvas, model, o);
	for (o = doc_first(replica->mine); o; o = object_next(o))
		read_object(canvas, model, o);
	const struct object *self = look(replica, "canvas");
	if (self && self->kind == KIND_CANVAS) {
		canvas->credits = object_str(self, CANVAS_CREDITS);
		canvas->columns = (int)object_int(self, CANVAS_COLUMNS);
		canvas->rows = (int)object_int(self, CANVAS_ROWS);
	}
}

/* --- what is pending --- */

static const char *arg(const struct change *change, const char *name)
{
	const char *s = NULL;
	size_t n;
	json_str(change->args, name, &s, &n);
	return s;
}

static void mark(struct canvas_note *note, const struct change *change)
{
	if (change_pending(change) == PENDING_NONE)
		return;
	note->pending = change_pending(change);
	note->change = change;
}

static void lay_note_words(struct canvas_note *note, const struct change *change)
{
	int64_t type;
	if (json_int(change->args, "type", 0, TYPES_MAX, &type))
		note->type = (int)type;
	if (arg(change, "tags"))
		note->tags = arg(change, "tags");
}

static void lay_add(struct canvas *canvas, const struct model *model, const struct change *change)
{
	const char *id = arg(change, "id"), *box = arg(change, "box"), *before = arg(change, "before");
	if (!id || !box || canvas_note(canvas, id))
		return;
	const struct canvas_note *behind = before ? canvas_note(canvas, before) : NULL;
	const char *pos = behind && !strcmp(behind->box, box) ? behind->pos : "~"; /* behind every key of the server's */
	struct canvas_note *note = add_note(canvas);
	note->id = id;
	note->box = box;
	note->pos = pos;
	note->text = arg(change, "text") ? arg(change, "text") : "";
	note->text_n = strlen(note->text);
	note->author = model->me;
	note->author_name = model_member_name(model, model->me);
	note->own = true;
	lay_note_words(note, change);
	mark(note, change);
}

/* note.set, note.move: what is refused is shown as it was. */
static void lay_several(struct canvas *canvas, const struct model *model, const struct change *change)
{
	const cJSON *id;
	const char *box = arg(change, "box");
	(void)model;
	if (change->state == CHANGE_REFUSED)
		return;
	cJSON_ArrayForEach(id, json_array(change->args, "ids"))
	{
		struct canvas_note *note = cJSON_IsString(id) ? canvas_note(canvas, id->valuestring) : NULL;
		if (!note)
			continue;
		if (box && strcmp(box, note->box) != 0)
			note->pos = "~";
		if (box)
			note->box = box;
		lay_note_words(note, change);
		mark(note, change);
	}
}

static void lay_delete(struct canvas *canvas, const struct model *model, const struct change *change)
{
	const cJSON *id;
	(void)model;
	if (change->state == CHANGE_REFUSED)
		return;
	cJSON_ArrayForEach(id, json_array(change->args, "ids"))
	{
		struct canvas_note *note = cJSON_IsString(id) ? canvas_note(canvas, id->valuestring) : NULL;
		if (note)
			*note = canvas->notes[--canvas->note_count];
	}
}

static void lay_link(struct canvas *canvas, const struct model *model, const struct change *change)
{
	const char *id = arg(change, "id"), *from = arg(change, "from"), *to = arg(change, "to");
	(void)model;
	if (change->state == CHANGE_REFUSED || !id || !from || !to)
		return;
	for (size_t i = 0; i < canvas->link_count; i++)
		if (!strcmp(canvas->links[i].id, id))
			return;
	canvas->links = array_grow(canvas->links, canvas->link_count, sizeof *canvas->links);
	canvas->links[canvas->link_count++] = (struct canvas_link){ .id = id, .from = from, .to = to, .as = "note", .pending = change_pending(change), .change = change };
}

static void lay_unlink(struct canvas *canvas, const struct model *model, const struct change *change)
{
	const char *id = arg(change, "id");
	(void)model;
	if (change->state == CHANGE_REFUSED || !id)
		return;
	for (size_t i = 0; i < canvas->link_count; i++)
		if (!strcmp(canvas->links[i].id, id)) {
			canvas->links[i] = canvas->links[--canvas->link_count];
			return;
		}
}

static void lay_type(struct canvas *canvas, const struct model *model, const struct change *change)
{
	int64_t number;
	(void)model;
	if (change->state != CHANGE_REFUSED && arg(change, "name") && json_int(change->args, "number", 1, TYPES_MAX, &number))
		canvas->types[number] = arg(change, "name");
}

static void add_unsaved(struct canvas *canvas, const char *note, const char *words, const struct change *change)
{
	canvas->unsaved = array_grow(canvas->unsaved, canvas->unsaved_count, sizeof *canvas->unsaved);
	canvas->unsaved[canvas->unsaved_count++] = (struct canvas_unsaved){ .note = note, .words = words, .change = change };
}

/* A refused edit: its words, which typing_lose has put there, or those that it would have put in. */
static void lay_text(struct canvas *canvas, const struct model *model, const struct change *change)
{
	const char *words = arg(change, "words"), *note = arg(change, "id");
	(void)model;
	if (change->state != CHANGE_REFUSED)
		return;
	if (words) {
		add_unsaved(canvas, note ? note : "", words, change);
		return;
	}
	const cJSON *part;
	cJSON_ArrayForEach(part, json_array(change->args, "edit"))
		if (cJSON_IsString(part))
			add_unsaved(canvas, note ? note : "", part->valuestring, change);
}

static const struct {
	enum command command;
	void (*lay)(struct canvas *canvas, const struct model *model, const struct change *change);
} layers[] = {
	{ CMD_NOTE_ADD, lay_add },     { CMD_NOTE_TEXT, lay_text }, { CMD_NOTE_SET, lay_several },    { CMD_NOTE_MOVE, lay_several },
	{ CMD_NOTE_DELETE, lay_delete }, { CMD_LINK_ADD, lay_link },  { CMD_LINK_REMOVE, lay_unlink }, { CMD_TYPE_SET, lay_type },
};

static void lay_journal(struct canvas *canvas, const struct model *model, const struct journal *journal)
{
	const struct change *change;
	DL_FOREACH(journal->changes, change) {
		if (strcmp(change->doc, canvas->id) != 0)
			continue;
		canvas->unanswered += change->state == CHANGE_KEPT || change->state == CHANGE_SENT;
		for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
			if (!strcmp(command_specs[layers[i].command].name, change->name))
				layers[i].lay(canvas, model, change);
	}
}

static void lay_typings(struct canvas *canvas, const struct typings *typings)
{
	const struct typing_session *session;
	DL_FOREACH(typings->list, session) {
		struct canvas_note *note = strcmp(session->doc, canvas->id) ? NULL : canvas_note(canvas, typing_note(session->typing));
		if (!note)
			continue;
		note->typing = session->typing;
		note->text = typing_text(session->typing, &note->text_n);
	}
}

/* --- order --- */

static int compare_boxes(const void *a, const void *b)
{
	const struct canvas_box *x = a, *y = b;
	/* Without a place in the recommended order: behind those that have one. */
	if (x->order != y->order)
		return !x->order ? 1 : !y->order ? -1 : x->order - y->order;
	if (x->row != y->row)
		return x->row - y->row;
	return x->col != y->col ? x->col - y->col : strcmp(x->id, y->id);
}

static int compare_notes(const void *a, const void *b)
{
	const struct canvas_note *x = a, *y = b;
	if (x->box_index != y->box_index)
		return x->box_index < y->box_index ? -1 : 1;
	return compare_keys(x->pos, y->pos, x->id, y->id);
}

static size_t box_index(const struct canvas *canvas, const char *id)
{
	for (size_t i = 0; i < canvas->box_count; i++)
		if (!strcmp(canvas->boxes[i].id, id))
			return i;
	return canvas->box_count;
}

static void sort_notes(struct canvas *canvas)
{
	size_t kept = 0;
	for (size_t i = 0; i < canvas->note_count; i++) {
		struct canvas_note *note = &canvas->notes[i];
		note->box_index = box_index(canvas, note->box);
		if (note->box_index < canvas->box_count)
			canvas->notes[kept++] = *note;
		else if (note->pending == PENDING_REFUSED)
			add_unsaved(canvas, note->id, note->text, note->change);
	}
	canvas->note_count = kept;
	sort(canvas->notes, canvas->note_count, sizeof *canvas->notes, compare_notes);
	for (size_t i = canvas->note_count; i-- > 0;) {
		struct canvas_box *box = &canvas->boxes[canvas->notes[i].box_index];
		box->first = i;
		box->count++;
	}
}

struct placed_link {
	size_t from, to;
	struct canvas_link link;
};

static int compare_links(const void *a, const void *b)
{
	const struct placed_link *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return strcmp(x->link.id, y->link.id);
}

static void sort_links(struct canvas *canvas)
{
	struct placed_link *placed = calloc(canvas->link_count + 1, sizeof *placed);
	size_t kept = 0;
	if (!placed)
		abort();
	for (size_t i = 0; i < canvas->link_count; i++) {
		struct canvas_note *from = canvas_note(canvas, canvas->links[i].from), *to = canvas_note(canvas, canvas->links[i].to);
		if (!from || !to)
			continue;
		from->link_count++;
		to->link_count++;
		placed[kept++] = (struct placed_link){ .from = (size_t)(from - canvas->notes), .to = (size_t)(to - canvas->notes), .link = canvas->links[i] };
	}
	sort(placed, kept, sizeof *placed, compare_links);
	for (size_t i = 0; i < kept; i++)
		canvas->links[i] = placed[i].link;
	canvas->link_count = kept;
	free(placed);
}

/* --- people --- */

static int compare_people(const void *a, const void *b)
{
	const struct canvas_person *x = a, *y = b;
	return compare_keys(x->name, y->name, x->id, y->id);
}

static void read_people(struct canvas *canvas, const struct model *model, const struct replica *replica)
{
	for (size_t i = 0; i < replica->here_count; i++) {
		const struct presence *here = &replica->here[i];
		struct canvas_person person = {
			.id = here->who,
			.name = model_member_name(model, here->who),
			.box = here->box,
			.note = here->note,
			.me = !strcmp(here->who, model->me),
			.has_caret = here->has_caret,
			.caret = { here->anchor, here->focus },
			.rev = here->rev,
			.colour = member_colour(here->who),
		};
		canvas->people = array_grow(canvas->people, canvas->person_count, sizeof person);
		canvas->people[canvas->person_count++] = person;
		struct canvas_note *note = person.me || !*person.note ? NULL : canvas_note(canvas, person.note);
		struct canvas_box *box = person.me ? NULL : canvas_box(canvas, note ? note->box : person.box);
		if (note)
			note->here++;
		if (box)
			box->here++;
	}
	sort(canvas->people, canvas->person_count, sizeof *canvas->people, compare_people);
}

/* --- making it --- */

static void read_entry(struct canvas *canvas, const struct model *model, const struct object *entry)
{
	const char *team = object_str(entry, DOCUMENT_TEAM);
	canvas->id = entry->id;
	canvas->title = object_str(entry, DOCUMENT_TITLE);
	canvas->template = object_str(entry, DOCUMENT_TEMPLATE);
	canvas->team = team;
	canvas->team_name = class_str(model, team, KIND_TEAM, TEAM_NAME);
	canvas->see = object_str(entry, DOCUMENT_SEE);
	canvas->add = object_str(entry, DOCUMENT_ADD);
	canvas->change = object_str(entry, DOCUMENT_CHANGE);
	canvas->deleted = object_str(entry, DOCUMENT_DELETED);
	bool may_see = has_right(model, canvas->see, team);
	canvas->may_add = may_see && has_right(model, canvas->add, team);
	canvas->may_change = may_see && has_right(model, canvas->change, team);
	canvas->may_lead = is_staff(model);
	canvas->may_open = is_staff(model) || (*team && !strcmp(team, my_team(model)));
	const struct object *class = doc_find(model->class_doc.shared, "class");
	canvas->frozen = class && class->kind == KIND_CLASS && object_int(class, CLASS_FROZEN) && !is_staff(model);
}

static void clear(struct canvas *canvas)
{
	*canvas = (struct canvas){ .id = "", .title = "", .template = "", .credits = "", .team = "", .team_name = "", .see = "", .add = "", .change = "", .deleted = "" };
	for (int i = 0; i <= TYPES_MAX; i++)
		canvas->types[i] = "";
}

/* A team's canvas that is gone from the class's list for this reader counts as not there. */
bool canvas_make(struct canvas *canvas, const struct model *model, const char *doc, const struct journal *journal, const struct typings *typings)
{
	canvas_release(canvas);
	const struct object *entry = doc_find(model->class_doc.shared, doc);
	if (!entry || entry->kind != KIND_DOCUMENT || strcmp(object_str(entry, DOCUMENT_TYPE), "canvas") != 0)
		return false;
	read_entry(canvas, model, entry);
	const struct replica *replica = model_replica((struct model *)model, doc);
	canvas->known = replica && replica->known && replica->mine_known;
	if (replica && replica->known)
		read_replica(canvas, model, replica);
	sort(canvas->boxes, canvas->box_count, sizeof *canvas->boxes, compare_boxes);
	sort(canvas->removed_boxes, canvas->removed_count, sizeof *canvas->removed_boxes, compare_boxes);
	if (journal)
		lay_journal(canvas, model, journal);
	if (typings)
		lay_typings(canvas, typings);
	sort_notes(canvas);
	sort_links(canvas);
	for (size_t i = 0; i < canvas->note_count; i++)
		canvas->notes[i].may_change = canvas->may_change || (canvas->may_add && canvas->notes[i].own);
	if (replica)
		read_people(canvas, model, replica);
	return true;
}

void canvas_release(struct canvas *canvas)
{
	free(canvas->boxes);
	free(canvas->removed_boxes);
	free(canvas->notes);
	free(canvas->links);
	free(canvas->people);
	free(canvas->unsaved);
	clear(canvas);
}

/* --- looking --- */

struct canvas_note *canvas_note(const struct canvas *canvas, const char *id)
{
	for (size_t i = 0; i < canvas->note_count; i++)
		if (!strcmp(canvas->notes[i].id, id))
			return &canvas->notes[i];
	return NULL;
}

struct canvas_box *canvas_box(const struct canvas *canvas, const char *id)
{
	size_t i = box_index(canvas, id);
	return i < canvas->box_count ? &canvas->boxes[i] : NULL;
}

const struct canvas_link *canvas_link_at(const struct canvas *canvas, const char *note, size_t i, const struct canvas_note **other)
{
	for (int incoming = 0; incoming < 2; incoming++)
		for (size_t l = 0; l < canvas->link_count; l++) {
			const struct canvas_link *link = &canvas->links[l];
			if (strcmp(incoming ? link->to : link->from, note) != 0 || i--)
				continue;
			*other = canvas_note(canvas, incoming ? link->from : link->to);
			return link;
		}
	return NULL;
}

size_t canvas_find_box(const struct canvas *canvas, const char *text, const struct canvas_box **out)
{
	size_t found = 0;
	for (int how = 0; how < MATCHES && !found; how++)
		for (size_t i = 0; i < canvas->box_count; i++) {
			if (!matches((enum match)how, text, canvas->boxes[i].id, 1, canvas->boxes[i].title, ""))
				continue;
			*out = &canvas->boxes[i];
			found++;
		}
	return found;
}

size_t canvas_find_note(const struct canvas *canvas, const char *prefix, const struct canvas_note **out)
{
	size_t found = 0;
	for (size_t i = 0; i < canvas->note_count; i++)
		if (strlen(prefix) >= PREFIX_MIN && !strncmp(canvas->notes[i].id, prefix, strlen(prefix))) {
			*out = &canvas->notes[i];
			found++;
		}
	return found;
}
