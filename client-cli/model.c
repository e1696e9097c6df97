#include "client-cli/model.h"
#include "proto/json.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>


/* The newest minor version of the protocol whose kinds and fields this client knows. */
enum { PROTOCOL_MINOR = 1 };

/* --- replicas --- */

void *array_grow(void *array, size_t count, size_t size)
{
	/* Doubles at powers of two; the capacity needs no field of its own. */
	if (count & (count - 1))
		return array;
	array = realloc(array, (count ? count * 2 : 1) * size);
	if (!array)
		abort();
	return array;
}

static void replica_init(struct replica *replica, const char *id)
{
	*replica = (struct replica){ .shared = doc_new(), .mine = doc_new() };
	strcpy(replica->id, id);
}

static void replica_release(struct replica *replica)
{
	doc_free(replica->shared);
	doc_free(replica->mine);
	doc_free(replica->incoming);
	free(replica->here);
	*replica = (struct replica){ 0 };
}

static void replica_drop(struct replica *replica)
{
	doc_clear(replica->shared);
	doc_clear(replica->mine);
	doc_free(replica->incoming);
	replica->incoming = NULL;
	replica->known = replica->mine_known = replica->opening = false;
	replica->here_count = 0;
	replica->here_total = 0;
}

void model_init(struct model *model)
{
	*model = (struct model){ 0 };
	replica_init(&model->class_doc, "class");
	replica_init(&model->wall, "");
}

void model_release(struct model *model)
{
	struct replica *canvas, *tmp;
	replica_release(&model->class_doc);
	replica_release(&model->wall);
	LL_FOREACH_SAFE(model->canvases, canvas, tmp) {
		replica_release(canvas);
		free(canvas);
	}
	model->canvases = NULL;
}

struct replica *model_enter(struct model *model, const char *doc, bool *fresh)
{
	struct replica *replica = model_replica(model, doc);
	assert(strlen(doc) < OBJECT_ID_CAP && *doc);
	*fresh = !replica;
	if (!replica) {
		if (!(replica = calloc(1, sizeof *replica)))
			abort();
		replica_init(replica, doc);
		replica->newer = model->class_doc.newer;
		LL_APPEND(model->canvases, replica);
	}
	replica->users++;
	return replica;
}

bool model_leave(struct model *model, const char *doc)
{
	struct replica *replica = model_replica(model, doc);
	assert(replica && replica->users);
	if (--replica->users || replica == &model->class_doc || replica == &model->wall)
		return false;
	LL_DELETE(model->canvases, replica);
	replica_release(replica);
	free(replica);
	return true;
}

struct replica *model_refuse(struct model *model, const char *doc)
{
	struct replica *replica;
	LL_FOREACH(model->canvases, replica) {
		if (*doc ? strcmp(doc, replica->id) : !replica->opening)
			continue;
		replica_drop(replica);
		replica->refused = true;
		return replica;
	}
	return NULL;
}

bool model_welcome(struct model *model, const cJSON *message)
{
	const char *me, *role, *start, *code;
	size_t me_n, role_n, start_n, code_n;
	if (!json_str(message, "me", &me, &me_n) || !json_str(message, "role", &role, &role_n) || !json_str(message, "start", &start, &start_n))
		return false;
	if (me_n >= OBJECT_ID_CAP || start_n >= OBJECT_ID_CAP || !start_n)
		return false;
	struct replica *canvas;
	bool other_view = role_is_staff(model->role) != role_is_staff(role_by_name(role)) || strcmp(model->me, me) != 0;
	if (other_view || strcmp(model->wall.id, start) != 0) {
		replica_drop(&model->class_doc);
		replica_drop(&model->wall);
		LL_FOREACH(model->canvases, canvas)
			replica_drop(canvas);
	}
	strcpy(model->me, me);
	strcpy(model->wall.id, start);
	model->role = role_by_name(role);
	if (json_str(message, "class", &code, &code_n) && code_n == CODE_CHARS)
		strcpy(model->code, code);
	model->readonly = false;
	int64_t minor = 0;
	json_int(message, "minor", 0, JSON_INT_MAX, &minor);
	model->class_doc.newer = model->wall.newer = minor > PROTOCOL_MINOR;
	LL_FOREACH(model->canvases, canvas)
		canvas->newer = minor > PROTOCOL_MINOR;
	return true;
}

void model_open(struct replica *replica, const char *texts, struct buf *out)
{
	buf_str(out, "{\"t\":\"open\",\"doc\":");
	buf_json_string(out, replica->id, strlen(replica->id));
	if (replica->known) {
		buf_str(out, ",\"epoch\":");
		buf_int(out, replica->epoch);
		buf_str(out, ",\"at\":");
		buf_int(out, replica->at);
	}
	if (texts && *texts) {
		buf_str(out, ",\"texts\":");
		buf_str(out, texts);
	}
	buf_char(out, '}');
	replica->opening = true;
	replica->refused = false;
	doc_free(replica->incoming);
	replica->incoming = NULL;
}

struct replica *model_replica(struct model *model, const char *doc)
{
	if (!strcmp(doc, "class"))
		return &model->class_doc;
	if (*doc && !strcmp(doc, model->wall.id))
		return &model->wall;
	struct replica *canvas;
	LL_FOREACH(model->canvases, canvas)
		if (!strcmp(canvas->id, doc))
			return canvas;
	return NULL;
}

static bool is_up_to_date(const struct replica *replica)
{
	return replica->known && replica->mine_known && replica->at >= replica->opened_at;
}

bool model_is_ready(const struct model *model)
{
	return is_up_to_date(&model->class_doc) && is_up_to_date(&model->wall);
}

/* --- messages --- */

static bool digest_agrees(const struct replica *replica, const cJSON *message)
{
	const char *sum;
	size_t n;
	if (replica->newer || !json_str(message, "sum", &sum, &n))
		return true;
	struct digest digest = { 0 };
	for (const struct object *object = doc_first(replica->shared); object; object = object_next(object))
		digest_add(&digest, object_digest(object, object_mask(object)));
	char hex[DIGEST_HEX_CHARS + 1];
	digest_hex(digest, hex);
	return !strcmp(hex, sum);
}

static void put_all(struct doc *doc, const cJSON *objects)
{
	const cJSON *item;
	struct op op;
	cJSON_ArrayForEach(item, objects)
		if (op_read_object(item, &op))
			doc_apply(doc, &op);
}

static enum model_verdict settle(struct replica *replica, const cJSON *message)
{
	if (digest_agrees(replica, message))
		return MODEL_CHANGED;
	replica_drop(replica);
	return MODEL_ANEW;
}

static enum model_verdict take_snapshot(struct replica *replica, const cJSON *message)
{
	int64_t epoch, at, part;
	bool last = false;
	if (!json_int(message, "epoch", 0, JSON_INT_MAX, &epoch) || !json_int(message, "at", 0, JSON_INT_MAX, &at) ||
	    !json_int(message, "part", 0, JSON_INT_MAX, &part))
		return MODEL_SAME;
	json_bool(message, "last", &last);
	if (part == 0) {
		doc_free(replica->incoming);
		replica->incoming = doc_new();
		replica->incoming_parts = 0;
	}
	if (!replica->incoming || part != replica->incoming_parts) {
		replica_drop(replica);
		return MODEL_ANEW;
	}
	replica->incoming_parts++;
	put_all(replica->incoming, json_array(message, "objects"));
	if (!last)
		return MODEL_SAME;
	doc_free(replica->shared);
	replica->shared = replica->incoming;
	replica->incoming = NULL;
	replica->epoch = epoch;
	replica->at = at;
	replica->known = true;
	replica->opening = false;
	return settle(replica, message);
}

static enum model_verdict take_ops(const struct model *model, struct replica *replica, const cJSON *message)
{
	int64_t epoch, at;
	const cJSON *ops = json_array(message, "ops"), *item;
	if (!ops || !json_int(message, "epoch", 0, JSON_INT_MAX, &epoch) || !json_int(message, "at", 0, JSON_INT_MAX, &at))
		return MODEL_SAME;
	if (!replica->known)
		return MODEL_SAME; /* a snapshot is on its way and will have them */
	/* What was on its way when the document was opened again comes twice: those it has already are passed over. */
	int64_t had = replica->at - (at - cJSON_GetArraySize(ops));
	if (had > 0 && replica->at >= at)
		return MODEL_SAME;
	if (had < 0)
		return replica->opening ? MODEL_SAME : MODEL_REOPEN;
	replica->opening = false;
	replica->epoch = epoch;
	replica->at = at;
	struct op op;
	cJSON_ArrayForEach(item, ops)
	{
		if (had-- > 0 || !op_read(item, replica->shared, &op))
			continue;
		doc_apply(replica->shared, &op);
		if (op.type == OP_TEXT && model->on_text)
			model->on_text(replica, &op, model->ctx);
	}
	return settle(replica, message);
}

static enum model_verdict take_mine(struct replica *replica, const cJSON *message)
{
	int64_t n;
	bool whole = false;
	const cJSON *item;
	json_bool(message, "whole", &whole);
	if (!json_int(message, "n", 0, JSON_INT_MAX, &n))
		return MODEL_SAME;
	if (whole) {
		doc_clear(replica->mine);
		json_int(message, "at", 0, JSON_INT_MAX, &replica->opened_at);
	} else if (!replica->mine_known || n != replica->mine_n + 1) {
		return replica->opening || !replica->mine_known ? MODEL_SAME : MODEL_REOPEN;
	}
	replica->mine_n = n;
	replica->mine_known = true;
	put_all(replica->mine, json_array(message, "objects"));
	cJSON_ArrayForEach(item, json_array(message, "gone"))
	{
		struct op op;
		if (!cJSON_IsString(item) || strlen(item->valuestring) >= OBJECT_ID_CAP)
			continue;
		op_init(&op, OP_DEL, KIND_POST, item->valuestring);
		doc_apply(replica->mine, &op);
	}
	return MODEL_CHANGED;
}

/* --- presence --- */

static void read_id(const cJSON *json, const char *key, char out[OBJECT_ID_CAP])
{
	const char *s;
	size_t n;
	*out = 0;
	if (json_str(json, key, &s, &n) && n < OBJECT_ID_CAP)
		memcpy(out, s, n + 1);
}

static struct presence *presence_of(struct replica *replica, const char *who)
{
	for (size_t i = 0; i < replica->here_count; i++)
		if (!strcmp(replica->here[i].who, who))
			return &replica->here[i];
	return NULL;
}

static void take_here(struct replica *replica, const cJSON *json)
{
	struct presence here = { 0 }, *known;
	const cJSON *caret = json_array(json, "caret");
	read_id(json, "who", here.who);
	read_id(json, "in", here.in);
	read_id(json, "box", here.box);
	read_id(json, "note", here.note);
	const cJSON *anchor = cJSON_GetArrayItem(caret, 0), *focus = cJSON_GetArrayItem(caret, 1);
	here.has_caret = cJSON_IsNumber(anchor) && cJSON_IsNumber(focus) && json_int(json, "rev", 0, JSON_INT_MAX, &here.rev);
	if (here.has_caret) {
		here.anchor = (int64_t)anchor->valuedouble;
		here.focus = (int64_t)focus->valuedouble;
	}
	if (!*here.who)
		return;
	if (!(known = presence_of(replica, here.who))) {
		replica->here = array_grow(replica->here, replica->here_count, sizeof *replica->here);
		known = &replica->here[replica->here_count++];
	}
	*known = here;
}

static void take_gone(struct replica *replica, const char *who)
{
	struct presence *known = presence_of(replica, who);
	if (known)
		*known = replica->here[--replica->here_count];
}

static enum model_verdict take_presence(struct replica *replica, const cJSON *message)
{
	const cJSON *item;
	bool whole = false;
	int64_t count = 0;
	if (json_int(message, "count", 0, JSON_INT_MAX, &count) || (json_bool(message, "whole", &whole) && whole))
		replica->here_count = 0;
	replica->here_total = count;
	cJSON_ArrayForEach(item, json_array(message, "here"))
		take_here(replica, item);
	cJSON_ArrayForEach(item, json_array(message, "gone"))
		if (cJSON_IsString(item))
			take_gone(replica, item->valuestring);
	return MODEL_CHANGED;
}

static enum model_verdict take_notice(struct model *model, const cJSON *message)
{
	const char *say = "readonly";
	size_t n = strlen(say);
	if (!json_bool(message, "readonly", &model->readonly))
		return MODEL_SAME;
	json_str(message, "say", &say, &n);
	memcpy(model->readonly_say, n < sizeof model->readonly_say ? say : "readonly", n < sizeof model->readonly_say ? n + 1 : 9);
	return MODEL_CHANGED;
}

enum model_verdict model_take(struct model *model, const char *type, const cJSON *message, struct replica **where)
{
	const char *doc = "";
	size_t n;
	*where = NULL;
	if (!strcmp(type, "notice"))
		return take_notice(model, message);
	json_str(message, "doc", &doc, &n);
	struct replica *replica = *where = model_replica(model, doc);
	if (!replica)
		return MODEL_SAME;
	if (!strcmp(type, "snapshot"))
		return take_snapshot(replica, message);
	if (!strcmp(type, "ops"))
		return take_ops(model, replica, message);
	if (!strcmp(type, "mine"))
		return take_mine(replica, message);
	if (!strcmp(type, "presence"))
		return take_presence(replica, message);
	if (!strcmp(type, "reload")) {
		replica_drop(replica);
		return MODEL_ANEW;
	}
	return MODEL_SAME;
}

/* --- the picture --- */

static const struct object *look(const struct replica *replica, const char *id)
{
	const struct object *object = doc_find(replica->mine, id);
	return object ? object : doc_find(replica->shared, id);
}

static const char *str_of(const struct object *object, int field)
{
	return object ? object_str(object, field) : "";
}

const char *model_member_name(const struct model *model, const char *id)
{
	const struct object *member = doc_find(model->class_doc.shared, id);
	return member && member->kind == KIND_MEMBER ? object_str(member, MEMBER_NAME) : "";
}

static struct wall_post *add_post(struct picture *picture)
{
	picture->posts = array_grow(picture->posts, picture->post_count, sizeof *picture->posts);
	struct wall_post *post = &picture->posts[picture->post_count++];
	*post = (struct wall_post){ .id = "", .words = { { "", "", "", "" }, "" }, .section = "", .pos = "", .names = "named", .author = "",
				    .author_name = "", .state = "shown", .reason = "", .deleted = "" };
	return post;
}

static void read_post(struct picture *picture, const struct model *model, const struct object *object)
{
	struct wall_post *post = add_post(picture);
	post->id = object->id;
	for (int p = 0; p < PARTS; p++)
		post->words.part[p] = object_str(object, POST_FOR + p);
	post->words.venture = object_str(object, POST_VENTURE);
	post->section = object_str(object, POST_SECTION);
	post->pos = object_str(object, POST_POS);
	post->names = object_str(object, POST_NAMES);
	post->author = object_str(object, POST_AUTHOR);
	post->author_name = model_member_name(model, post->author);
	post->state = object_str(object, POST_STATE);
	post->reason = object_str(object, POST_REASON);
	post->deleted = object_str(object, POST_DELETED);
	post->version = object_int(object, POST_VERSION);
	post->at = object_int(object, POST_AT);
	post->own = *post->author && !strcmp(post->author, model->me);
}

static void read_section(struct picture *picture, const struct object *object)
{
	if (*object_str(object, SECTION_DELETED))
		return;
	picture->sections = array_grow(picture->sections, picture->section_count, sizeof *picture->sections);
	picture->sections[picture->section_count++] = (struct wall_section){
		.id = object->id,
		.title = object_str(object, SECTION_TITLE),
		.pos = object_str(object, SECTION_POS),
		.deleted = "",
	};
}

static void read_objects(struct picture *picture, const struct model *model)
{
	const struct replica *wall = &model->wall;
	const struct doc *const docs[] = { wall->shared, wall->mine };
	for (int d = 0; d < 2; d++)
		for (const struct object *o = doc_first(docs[d]); o; o = object_next(o)) {
			if (d == 0 && doc_find(wall->mine, o->id))
				continue;
			if (o->kind == KIND_SECTION)
				read_section(picture, o);
			else if (o->kind == KIND_POST)
				read_post(picture, model, o);
		}
	for (size_t i = 0; i < picture->post_count; i++) {
		char id[OBJECT_ID_CAP + 2];
		snprintf(id, sizeof id, "%s.r", picture->posts[i].id);
		const struct object *revision = look(wall, id);
		picture->posts[i].revision = revision && revision->kind == KIND_REVISION ? revision : NULL;
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

static void lay_words(struct statement *words, const struct change *change)
{
	for (int p = 0; p < PARTS; p++)
		if (arg(change, part_names[p]))
			words->part[p] = arg(change, part_names[p]);
	if (arg(change, "venture"))
		words->venture = arg(change, "venture");
}

static void lay_add(struct wall_post *post, const struct change *change)
{
	post->own = true;
	post->pos = "~"; /* behind every key of the server's */
	post->section = arg(change, "section") ? arg(change, "section") : "";
	post->names = arg(change, "names") ? arg(change, "names") : "named";
	lay_words(&post->words, change);
}

static void lay_revised(struct wall_post *post, const struct change *change)
{
	(void)change;
	if (post->revision) {
		for (int p = 0; p < PARTS; p++)
			post->words.part[p] = object_str(post->revision, REVISION_FOR + p);
		post->words.venture = object_str(post->revision, REVISION_VENTURE);
		post->revision = NULL;
	}
	post->state = "shown";
}

static void lay_edit(struct wall_post *post, const struct change *change) { lay_words(&post->words, change); }
static void lay_hide(struct wall_post *post, const struct change *change) { (void)change, post->state = "hidden"; }
static void lay_show(struct wall_post *post, const struct change *change) { (void)change, post->state = "shown"; }
static void lay_restore(struct wall_post *post, const struct change *change) { (void)change, post->deleted = ""; }

static void lay_delete(struct wall_post *post, const struct change *change)
{
	(void)change;
	post->deleted = post->own ? "author" : "staff";
}

static void lay_reject(struct wall_post *post, const struct change *change)
{
	if (!post->revision)
		post->state = "rejected";
	post->reason = arg(change, "reason") ? arg(change, "reason") : "";
}

static void lay_move(struct wall_post *post, const struct change *change)
{
	post->section = arg(change, "section") ? arg(change, "section") : "";
}

static const struct {
	enum command command;
	void (*lay)(struct wall_post *post, const struct change *change);
} layers[] = {
	{ CMD_POST_ADD, lay_add },       { CMD_POST_EDIT, lay_edit }, { CMD_POST_APPROVE, lay_revised }, { CMD_POST_REJECT, lay_reject },   { CMD_POST_HIDE, lay_hide },
	{ CMD_POST_SHOW, lay_show },     { CMD_POST_MOVE, lay_move }, { CMD_POST_DELETE, lay_delete },   { CMD_POST_RESTORE, lay_restore },
};

enum post_pending change_pending(const struct change *change)
{
	switch (change->state) {
	case CHANGE_KEPT: return PENDING_KEPT;
	case CHANGE_SENT: return PENDING_SENT;
	case CHANGE_REFUSED: return PENDING_REFUSED;
	case CHANGE_DONE: return PENDING_NONE;
	}
	abort();
}

static void lay_change(struct picture *picture, const struct model *model, const struct change *change)
{
	const char *id = arg(change, "id");
	if (strncmp(change->name, "post.", 5) != 0 || !id)
		return;
	struct wall_post *post = picture_post(picture, id);
	bool adds = !strcmp(change->name, command_specs[CMD_POST_ADD].name);
	if (!post && !adds)
		return;
	if (!post) {
		post = add_post(picture);
		post->id = id;
		post->author = model->me;
		post->author_name = model_member_name(model, model->me);
	} else if (adds) {
		return; /* its effect is here already */
	}
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
		if (!strcmp(command_specs[layers[i].command].name, change->name))
			layers[i].lay(post, change);
	enum post_pending pending = change_pending(change);
	if (pending != PENDING_NONE) {
		post->pending = pending;
		post->change = change;
	}
}

/* --- order --- */

static int compare_keys(const char *pos_a, const char *pos_b, const char *id_a, const char *id_b)
{
	int order = strcmp(pos_a, pos_b);
	return order ? order : strcmp(id_a, id_b);
}

static int compare_sections(const void *a, const void *b)
{
	const struct wall_section *x = a, *y = b;
	return compare_keys(x->pos, y->pos, x->id, y->id);
}

static int compare_posts(const void *a, const void *b)
{
	const struct wall_post *x = a, *y = b;
	bool x_gone = *x->deleted, y_gone = *y->deleted;
	if (x_gone != y_gone)
		return x_gone - y_gone;
	if (x->section_order != y->section_order)
		return x->section_order < y->section_order ? -1 : 1;
	return compare_keys(x->pos, y->pos, x->id, y->id);
}

static void sort_all(struct picture *picture)
{
	if (picture->section_count)
		qsort(picture->sections, picture->section_count, sizeof *picture->sections, compare_sections);
	for (size_t i = 0; i < picture->post_count; i++) {
		struct wall_post *post = &picture->posts[i];
		const struct wall_section *section = picture_section(picture, post->section);
		post->section_order = section ? (size_t)(section - picture->sections) + 1 : 0;
		if (!section)
			post->section = "";
	}
	if (picture->post_count)
		qsort(picture->posts, picture->post_count, sizeof *picture->posts, compare_posts);
}

bool post_is_waiting(const struct wall_post *post)
{
	return !*post->deleted && (!strcmp(post->state, "held") || (post->revision && !strcmp(object_str(post->revision, REVISION_STATE), "held")));
}

void picture_make(struct picture *picture, const struct model *model, const struct journal *journal)
{
	picture_release(picture);
	const struct object *class = doc_find(model->class_doc.shared, "class"), *wall = look(&model->wall, "wall");
	class = class && class->kind == KIND_CLASS ? class : NULL;
	wall = wall && wall->kind == KIND_WALL ? wall : NULL;
	picture->title = str_of(class, CLASS_TITLE);
	picture->code = model->code;
	picture->door = str_of(class, CLASS_DOOR);
	picture->frozen = class && object_int(class, CLASS_FROZEN);
	picture->prompt = str_of(wall, WALL_PROMPT);
	picture->hold = wall && object_int(wall, WALL_HOLD);
	picture->names = wall && *object_str(wall, WALL_NAMES) ? object_str(wall, WALL_NAMES) : "named";
	picture->my_name = model_member_name(model, model->me);
	picture->role = model->role;
	picture->readonly = model->readonly;
	picture->readonly_say = model->readonly_say;
	read_objects(picture, model);
	const struct change *change;
	if (journal) {
		DL_FOREACH(journal->changes, change)
			lay_change(picture, model, change);
		picture->unanswered = journal_unanswered(journal);
		picture->refused = journal_refused(journal);
	}
	sort_all(picture);
	for (size_t i = 0; i < picture->post_count; i++) {
		picture->live_count += !*picture->posts[i].deleted;
		picture->waiting += post_is_waiting(&picture->posts[i]);
	}
}

void picture_release(struct picture *picture)
{
	free(picture->sections);
	free(picture->posts);
	*picture = (struct picture){ 0 };
}

struct wall_post *picture_post(const struct picture *picture, const char *id)
{
	for (size_t i = 0; i < picture->post_count; i++)
		if (!strcmp(picture->posts[i].id, id))
			return &picture->posts[i];
	return NULL;
}

const struct wall_section *picture_section(const struct picture *picture, const char *id)
{
	for (size_t i = 0; i < picture->section_count; i++)
		if (!strcmp(picture->sections[i].id, id))
			return &picture->sections[i];
	return NULL;
}

size_t picture_find_post(const struct picture *picture, const char *prefix, const struct wall_post **out)
{
	size_t n = strlen(prefix), found = 0;
	if (n < 4)
		return 0;
	for (size_t i = 0; i < picture->post_count; i++)
		if (!strncmp(picture->posts[i].id, prefix, n)) {
			*out = &picture->posts[i];
			found++;
		}
	return found;
}

enum section_match { MATCH_EXACT, MATCH_CASELESS, MATCH_ID };

static bool section_matches(const struct object *section, const char *text, enum section_match how)
{
	const char *title = object_str(section, SECTION_TITLE);
	switch (how) {
	case MATCH_EXACT: return !strcmp(title, text);
	case MATCH_CASELESS: return !strcasecmp(title, text);
	case MATCH_ID: return strlen(text) >= 4 && !strncmp(section->id, text, strlen(text));
	}
	return false;
}

size_t model_find_section(const struct model *model, const char *text, bool deleted, const struct object **out)
{
	for (int how = MATCH_EXACT; how <= MATCH_ID; how++) {
		size_t found = 0;
		for (const struct object *o = doc_first(model->wall.shared); o; o = object_next(o))
			if (o->kind == KIND_SECTION && !*object_str(o, SECTION_DELETED) == !deleted && section_matches(o, text, (enum section_match)how)) {
				*out = o;
				found++;
			}
		if (found)
			return found;
	}
	return 0;
}
