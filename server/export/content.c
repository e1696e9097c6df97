/* One walk over the document, every object through the reader's mask, then sorted and joined. From here on nothing hidden is within reach, so no writer can let it out. */
#include "server/export/content.h"
#include <stdlib.h>
#include <string.h>

/* An object through its reader's eyes: what the mask leaves out has its zero. */
struct seen {
	const struct object *object;
	field_mask mask;
};

static struct seen look(const struct export_source *source, const struct object *object)
{
	return (struct seen){ object, object ? source->see(source->ctx, object) : 0 };
}

static const char *str(struct seen seen, int field)
{
	return seen.mask & (1u << field) ? object_str(seen.object, field) : "";
}

static int64_t num(struct seen seen, int field)
{
	return seen.mask & (1u << field) ? object_int(seen.object, field) : 0;
}

static int small(struct seen seen, int field)
{
	int64_t i = num(seen, field);
	return i < 0 ? 0 : i > 1000000 ? 1000000 : (int)i;
}

/* Looked at past the mask on purpose: it may only take away. */
static bool is_deleted(const struct object *object)
{
	int field = kind_field(object->kind, "deleted");
	return field >= 0 && *object_str(object, field);
}

/* The visible objects of a kind that are not deleted. */
struct harvest {
	struct seen *list;
	size_t n;
};

static struct harvest harvest(struct arena *arena, const struct export_source *source, enum kind kind)
{
	struct harvest out = { 0 };
	size_t room = 0;
	for (const struct object *object = doc_first(source->doc); object; object = object_next(object))
		room += object->kind == kind;
	out.list = arena_alloc(arena, (room + 1) * sizeof *out.list);
	for (const struct object *object = doc_first(source->doc); object; object = object_next(object)) {
		if (object->kind != kind || is_deleted(object))
			continue;
		struct seen seen = look(source, object);
		if (seen.mask)
			out.list[out.n++] = seen;
	}
	return out;
}

/* Ids to numbers: where an object ended up after sorting. */
struct place {
	const char *id;
	size_t at;
};

struct places {
	struct place *list;
	size_t n;
};

static int by_place_id(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->id, ((const struct place *)b)->id);
}

static struct places places_new(struct arena *arena, size_t n)
{
	return (struct places){ arena_alloc(arena, (n + 1) * sizeof(struct place)), n };
}

static void places_sort(struct places *places)
{
	qsort(places->list, places->n, sizeof *places->list, by_place_id);
}

static const struct place *places_find(const struct places *places, const char *id)
{
	struct place key = { id, 0 };
	return places->n ? bsearch(&key, places->list, places->n, sizeof key, by_place_id) : NULL;
}

static const char *author_name(const struct export_source *source, const char *id)
{
	const struct object *object = *id && source->class_doc ? doc_find(source->class_doc, id) : NULL;
	if (!object || object->kind != KIND_MEMBER)
		return "";
	return str(look(source, object), MEMBER_NAME);
}

bool content_next_line(const char **list, const char **line, size_t *n)
{
	*list += strspn(*list, "\n");
	*line = *list;
	*n = strcspn(*list, "\n");
	*list += *n;
	return *n > 0;
}

bool content_next_word(const char **list, const char **word, size_t *n)
{
	*list += strspn(*list, " ");
	*word = *list;
	*n = strcspn(*list, " ");
	*list += *n;
	return *n > 0;
}

/* ---------------------------------------------------------------------------------------------------- canvas */

static int compare_ints(int a, int b)
{
	return (a > b) - (a < b);
}

static int by_order(const void *pa, const void *pb)
{
	const struct box_content *a = pa, *b = pb;
	int last = compare_ints(a->order == 0, b->order == 0);
	int order = last ? last : compare_ints(a->order, b->order);
	int row = order ? order : compare_ints(a->row, b->row);
	int col = row ? row : compare_ints(a->col, b->col);
	return col ? col : strcmp(a->id, b->id);
}

static void gather_boxes(struct arena *arena, const struct export_source *source, struct canvas_content *canvas)
{
	struct harvest found = harvest(arena, source, KIND_BOX);
	canvas->boxes = arena_alloc(arena, (found.n + 1) * sizeof *canvas->boxes);
	canvas->box_count = found.n;
	for (size_t i = 0; i < found.n; i++) {
		struct seen seen = found.list[i];
		canvas->boxes[i] = (struct box_content){
			.id = seen.object->id, .title = str(seen, BOX_TITLE), .questions = str(seen, BOX_QUESTIONS), .tip = str(seen, BOX_TIP), .tags = str(seen, BOX_TAGS),
			.links = str(seen, BOX_LINKS), .parts = str(seen, BOX_PARTS), .col = small(seen, BOX_COL), .row = small(seen, BOX_ROW), .w = small(seen, BOX_W),
			.h = small(seen, BOX_H), .order = small(seen, BOX_ORDER),
		};
	}
	qsort(canvas->boxes, canvas->box_count, sizeof *canvas->boxes, by_order);
}

/* A note or post on its way to its place: which group, then position, then id. */
struct sortee {
	struct seen seen;
	size_t group;
	const char *pos;
};

static int by_group(const void *pa, const void *pb)
{
	const struct sortee *a = pa, *b = pb;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	int pos = strcmp(a->pos, b->pos);
	return pos ? pos : strcmp(a->seen.object->id, b->seen.object->id);
}

static void gather_notes(struct arena *arena, const struct export_source *source, struct canvas_content *canvas)
{
	struct harvest found = harvest(arena, source, KIND_NOTE);
	struct sortee *sortees = arena_alloc(arena, (found.n + 1) * sizeof *sortees);
	struct places boxes = places_new(arena, canvas->box_count);
	for (size_t i = 0; i < canvas->box_count; i++)
		boxes.list[i] = (struct place){ canvas->boxes[i].id, i };
	places_sort(&boxes);
	size_t n = 0;
	for (size_t i = 0; i < found.n; i++) {
		const struct place *box = places_find(&boxes, str(found.list[i], NOTE_BOX));
		if (box)
			sortees[n++] = (struct sortee){ found.list[i], box->at, str(found.list[i], NOTE_POS) };
	}
	qsort(sortees, n, sizeof *sortees, by_group);
	canvas->notes = arena_alloc(arena, (n + 1) * sizeof *canvas->notes);
	canvas->note_count = n;
	for (size_t i = 0; i < n; i++) {
		struct seen seen = sortees[i].seen;
		struct box_content *box = &canvas->boxes[sortees[i].group];
		if (!box->count++)
			box->first = i;
		int type = small(seen, NOTE_TYPE);
		canvas->notes[i] = (struct note_content){ .id = seen.object->id, .text = str(seen, NOTE_TEXT), .tags = str(seen, NOTE_TAGS),
			.author = author_name(source, str(seen, NOTE_AUTHOR)), .type = type <= TYPE_NUMBER_MAX ? type : 0, .box = box };
	}
}

static int by_ends(const void *pa, const void *pb)
{
	const struct link_content *a = pa, *b = pb;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return strcmp(a->as, b->as);
}

static void gather_links(struct arena *arena, const struct export_source *source, struct canvas_content *canvas)
{
	struct harvest found = harvest(arena, source, KIND_LINK);
	struct places notes = places_new(arena, canvas->note_count);
	for (size_t i = 0; i < canvas->note_count; i++)
		notes.list[i] = (struct place){ canvas->notes[i].id, i };
	places_sort(&notes);
	canvas->links = arena_alloc(arena, (found.n + 1) * sizeof *canvas->links);
	for (size_t i = 0; i < found.n; i++) {
		const struct place *from = places_find(&notes, str(found.list[i], LINK_FROM)), *to = places_find(&notes, str(found.list[i], LINK_TO));
		if (from && to && from != to)
			canvas->links[canvas->link_count++] = (struct link_content){ &canvas->notes[from->at], &canvas->notes[to->at], str(found.list[i], LINK_AS) };
	}
	qsort(canvas->links, canvas->link_count, sizeof *canvas->links, by_ends);
	for (size_t i = 0; i < canvas->link_count; i++) {
		struct note_content *from = &canvas->notes[canvas->links[i].from - canvas->notes];
		if (!from->link_count++)
			from->first_link = i;
	}
}

static void gather_types(struct arena *arena, const struct export_source *source, struct canvas_content *canvas)
{
	for (int i = 0; i <= TYPE_NUMBER_MAX; i++)
		canvas->types[i] = "";
	struct harvest found = harvest(arena, source, KIND_TYPE);
	for (size_t i = 0; i < found.n; i++) {
		int number = small(found.list[i], TYPE_NUMBER);
		if (number >= 1 && number <= TYPE_NUMBER_MAX)
			canvas->types[number] = str(found.list[i], TYPE_NAME);
	}
}

const struct canvas_content *canvas_content_gather(struct arena *arena, const struct export_source *source)
{
	struct seen head = look(source, doc_find(source->doc, "canvas"));
	if (!head.mask || head.object->kind != KIND_CANVAS)
		return NULL;
	struct canvas_content *canvas = arena_alloc(arena, sizeof *canvas);
	*canvas = (struct canvas_content){ .title = source->title, .template = str(head, CANVAS_TEMPLATE), .credits = str(head, CANVAS_CREDITS), .columns = small(head, CANVAS_COLUMNS), .rows = small(head, CANVAS_ROWS) };
	gather_types(arena, source, canvas);
	gather_boxes(arena, source, canvas);
	gather_notes(arena, source, canvas);
	gather_links(arena, source, canvas);
	return canvas;
}

/* ---------------------------------------------------------------------------------------------------- wall */

static void gather_sections(struct arena *arena, const struct export_source *source, struct wall_content *wall)
{
	struct harvest found = harvest(arena, source, KIND_SECTION);
	struct sortee *sortees = arena_alloc(arena, (found.n + 1) * sizeof *sortees);
	for (size_t i = 0; i < found.n; i++)
		sortees[i] = (struct sortee){ found.list[i], 0, str(found.list[i], SECTION_POS) };
	qsort(sortees, found.n, sizeof *sortees, by_group);
	wall->sections = arena_alloc(arena, (found.n + 1) * sizeof *wall->sections);
	for (size_t i = 0; i < found.n; i++)
		wall->sections[i] = (struct section_content){ .id = sortees[i].seen.object->id, .title = str(sortees[i].seen, SECTION_TITLE) };
	wall->sections[found.n] = (struct section_content){ .id = "", .title = "" };
	wall->section_count = found.n + 1;
}

static struct words_content post_words(struct seen seen)
{
	return (struct words_content){ { { str(seen, POST_FOR), str(seen, POST_WHO), str(seen, POST_OFFER), str(seen, POST_HELPS) }, str(seen, POST_VENTURE) }, str(seen, POST_STATE), str(seen, POST_REASON) };
}

static const struct words_content *revision_words(struct arena *arena, const struct export_source *source, const char *post)
{
	char id[OBJECT_ID_CAP + 2];
	strcpy(id, post);
	strcat(id, ".r");
	const struct object *object = doc_find(source->doc, id);
	if (!object || object->kind != KIND_REVISION || is_deleted(object))
		return NULL;
	struct seen seen = look(source, object);
	if (!seen.mask)
		return NULL;
	struct words_content *words = arena_alloc(arena, sizeof *words);
	*words = (struct words_content){ { { str(seen, REVISION_FOR), str(seen, REVISION_WHO), str(seen, REVISION_OFFER), str(seen, REVISION_HELPS) }, str(seen, REVISION_VENTURE) }, str(seen, REVISION_STATE), str(seen, REVISION_REASON) };
	return words;
}

static void gather_posts(struct arena *arena, const struct export_source *source, struct wall_content *wall)
{
	struct harvest found = harvest(arena, source, KIND_POST);
	struct sortee *sortees = arena_alloc(arena, (found.n + 1) * sizeof *sortees);
	struct places sections = places_new(arena, wall->section_count - 1);
	for (size_t i = 0; i < sections.n; i++)
		sections.list[i] = (struct place){ wall->sections[i].id, i };
	places_sort(&sections);
	for (size_t i = 0; i < found.n; i++) {
		const struct place *section = places_find(&sections, str(found.list[i], POST_SECTION));
		sortees[i] = (struct sortee){ found.list[i], section ? section->at : wall->section_count - 1, str(found.list[i], POST_POS) };
	}
	qsort(sortees, found.n, sizeof *sortees, by_group);
	wall->posts = arena_alloc(arena, (found.n + 1) * sizeof *wall->posts);
	wall->post_count = found.n;
	for (size_t i = 0; i < found.n; i++) {
		struct seen seen = sortees[i].seen;
		struct section_content *section = &wall->sections[sortees[i].group];
		if (!section->count++)
			section->first = i;
		wall->posts[i] = (struct post_content){ .id = seen.object->id, .author = author_name(source, str(seen, POST_AUTHOR)), .names = str(seen, POST_NAMES), .section = section, .words = post_words(seen),
			.revision = revision_words(arena, source, seen.object->id), .at = num(seen, POST_AT), .edited = num(seen, POST_EDITED) };
	}
}

const struct wall_content *wall_content_gather(struct arena *arena, const struct export_source *source)
{
	struct seen head = look(source, doc_find(source->doc, "wall"));
	if (!head.mask || head.object->kind != KIND_WALL)
		return NULL;
	struct wall_content *wall = arena_alloc(arena, sizeof *wall);
	*wall = (struct wall_content){ .title = source->title, .prompt = str(head, WALL_PROMPT) };
	gather_sections(arena, source, wall);
	gather_posts(arena, source, wall);
	return wall;
}

const char *content_phrase(const char *key)
{
	static const char *const phrases[][2] = {
		{ "statement.for", "for" },
		{ "statement.who", "who" },
		{ "statement.those_who", "for those who" },
		{ "statement.we_offer", "we offer" },
		{ "statement.we_help", "we help" },
		{ "statement.venture_offers", "offers" },
		{ "statement.venture_helps", "helps" },
		{ "statement.that_helps", "that helps" },
		{ "statement.comma", "," },
		{ "statement.stop", "." },
	};
	for (size_t p = 0; p < sizeof phrases / sizeof *phrases; p++)
		if (!strcmp(phrases[p][0], key))
			return phrases[p][1];
	return "";
}
