/* A class in memory: its documents as decided so far, who its people are, and what has been answered. Loaded from the store when the first one comes, dropped when nobody has been there for a while, or when the store failed under it. */
#include "server/session/internal.h"
#include "proto/names.h"
#include "server/room/told.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	DONE_MAX = 100 * 1000,
	OVERLAY_PART_BYTES = 16 * 1024, /* one more object fits a message */
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- life ---- */

struct class *class_new(struct hub *hub, const char *id, const char *code, const char *start)
{
	struct class *class = must(calloc(1, sizeof *class));
	class->hub = hub;
	memcpy(class->id, id, sizeof class->id);
	memcpy(class->code, code, sizeof class->code);
	memcpy(class->start, start, sizeof class->start);
	class->idle_since_ms = hub->mono_ms;
	HASH_ADD_STR(hub->classes, id, class);
	return class;
}

static void undirty(struct hub *hub, const struct stream *stream)
{
	for (struct stream **link = &hub->dirty_streams; *link; link = &(*link)->next_dirty)
		if (*link == stream) {
			*link = stream->next_dirty;
			return;
		}
}

static void class_free(struct class *class)
{
	assert(!class->conns && !class->pins);
	for (int d = 0; d < class->document_count; d++) {
		struct document *document = class->documents[d];
		for (int v = 0; v < VIEW_COUNT; v++) {
			undirty(class->hub, &document->streams[v]);
			stream_release(&document->streams[v]);
		}
		doc_free(document->doc);
		trail_free(document->trail);
		steps_free(document->steps);
		presence_unlink(class->hub, document->presence);
		free(document);
	}
	free(class->documents);
	struct member *member, *next_member;
	HASH_ITER(hh, class->members, member, next_member)
	{
		HASH_DEL(class->members, member);
		free(member->skeleton);
		free(member);
	}
	struct secret *secret, *next_secret;
	HASH_ITER(hh, class->secrets, secret, next_secret)
	{
		HASH_DEL(class->secrets, secret);
		free(secret);
	}
	struct name_use *use, *next_use;
	HASH_ITER(hh, class->names, use, next_use)
	{
		HASH_DEL(class->names, use);
		free(use);
	}
	class_forget_done(class, INT64_MAX);
	import_drop(class);
	free(class);
}

void class_drop(struct class *class)
{
	if (!class->dropped) {
		HASH_DEL(class->hub->classes, class);
		class->dropped = true;
		class->pins++;
		while (class->conns) {
			struct conn *conn = class->conns;
			conn_leave_class(conn);
			conn_close(conn, 1012, "{\"retry_ms\":1000}");
		}
		class_unpin(class);
	}
}

void class_unpin(struct class *class)
{
	assert(class->pins > 0);
	if (--class->pins == 0 && class->dropped)
		class_free(class);
}

/* ---- documents ---- */

struct document *class_add_document(struct class *class, const char *id, enum doc_kind kind)
{
	struct document *document = must(calloc(1, sizeof *document));
	if (class->document_count == class->document_cap) {
		class->document_cap = class->document_cap ? class->document_cap * 2 : 4;
		class->documents = must(realloc(class->documents, (size_t)class->document_cap * sizeof *class->documents));
	}
	document->index = class->document_count++;
	class->documents[document->index] = document;
	memcpy(document->id, id, sizeof document->id);
	document->wire = kind == DOC_CLASS ? "class" : document->id;
	document->kind = kind;
	document->doc = doc_new();
	document->trail = trail_new();
	document->steps = steps_new();
	for (int v = 0; v < VIEW_COUNT; v++)
		stream_init(&document->streams[v], document->wire, 0, 0);
	return document;
}

struct document *class_document(struct class *class, const char *wire)
{
	for (int d = 0; d < class->document_count; d++)
		if (!strcmp(class->documents[d]->wire, wire))
			return class->documents[d];
	return NULL;
}

static bool may_read(const struct conn *conn, const struct document *document)
{
	return rights_of(conn->class->documents[0]->doc, document->wire, conn->member->id, conn->member->role) & RIGHT_READ;
}

struct document *conn_document(const struct conn *conn, const char *wire)
{
	struct document *document = class_document(conn->class, wire);
	return document && may_read(conn, document) ? document : NULL;
}

/* One may ask about a document without having it open. */
static void check_answers(struct conn *conn)
{
	for (const struct answer *answer = conn->answers; answer; answer = answer->next) {
		const struct document *document = class_document(conn->class, answer->doc);
		if (!may_read(conn, document)) {
			conn_refuse_answers(conn, document);
			return check_answers(conn); /* the list has changed */
		}
	}
}

void class_check_readers(struct class *class)
{
	struct buf text = { 0 };
	for (struct conn *conn = class->conns, *next_conn; conn; conn = next_conn) {
		next_conn = conn->class_next; /* one may be closed for not reading */
		if (conn->state == CONN_READY)
			check_answers(conn);
		for (struct reader *reader = conn->readers, *next; conn->state == CONN_READY && reader; reader = next) {
			struct document *document = reader->document;
			next = reader->next;
			if (may_read(conn, document))
				continue;
			presence_closed(conn, document);
			conn_close_reader(conn, reader);
			buf_reset(&text);
			write_reload(&text, document);
			hold_text(conn, &text);
		}
	}
	buf_release(&text);
}

/* ---- people ---- */

struct member *class_member(struct class *class, const char *id)
{
	struct member *member;
	HASH_FIND_STR(class->members, id, member);
	if (member)
		return member;
	member = must(calloc(1, sizeof *member));
	assert(strlen(id) <= ID_CHARS);
	strcpy(member->id, id);
	HASH_ADD_STR(class->members, id, member);
	return member;
}

static void count_name(struct class *class, const struct member *member, int by)
{
	struct name_use *use;
	if (!member->skeleton)
		return;
	HASH_FIND_STR(class->names, member->skeleton, use);
	if (!use) {
		size_t n = strlen(member->skeleton) + 1;
		use = must(calloc(1, sizeof *use + n));
		memcpy(use->skeleton, member->skeleton, n);
		HASH_ADD_KEYPTR(hh, class->names, use->skeleton, n - 1, use);
	}
	use->count += by;
	use->staff += role_is_staff(member->role) ? by : 0;
	if (use->count == 0) {
		HASH_DEL(class->names, use);
		free(use);
	}
}

static void note_member(struct class *class, const struct object *object)
{
	struct member *member = class_member(class, object->id);
	struct buf skeleton = { 0 };
	count_name(class, member, -1);
	free(member->skeleton);
	name_skeleton(object_str(object, MEMBER_NAME), strlen(object_str(object, MEMBER_NAME)), &skeleton);
	member->skeleton = skeleton.s ? skeleton.s : must(calloc(1, 1));
	member->role = role_by_name(object_str(object, MEMBER_ROLE));
	count_name(class, member, 1);
}

static const struct name_use *name_use(const struct class *class, const char *name, size_t n)
{
	struct buf skeleton = { 0 };
	struct name_use *use = NULL;
	if (name_skeleton(name, n, &skeleton))
		HASH_FIND(hh, class->names, buf_cstr(&skeleton), skeleton.n, use);
	buf_release(&skeleton);
	return use;
}

/* Shortens a name so that " ·123" behind it stays within the limits of names. */
static void make_room_for_suffix(struct buf *name)
{
	enum { SUFFIX_GRAPHEMES = 6, SUFFIX_BYTES = 8 };
	while (name->n && (name->n > NAME_BYTES_MAX - SUFFIX_BYTES || text_graphemes(name->s, name->n) > NAME_GRAPHEMES_MAX - SUFFIX_GRAPHEMES || name->s[name->n - 1] == ' ')) {
		do
			name->n--;
		while (name->n && ((unsigned char)name->s[name->n] & 0xc0) == 0x80);
	}
}

bool class_free_name(struct class *class, const char *wanted, size_t n, const struct member *self, struct buf *out, struct refused *refused)
{
	if (name_normalise(wanted, n, out) != NAME_OK) {
		*refused = (struct refused){ .code = REFUSE_BAD_VALUE, .say = n ? "name.bad" : "name.missing", .field = "name" };
		return false;
	}
	const struct name_use *use = name_use(class, out->s, out->n);
	bool own = use && self && self->skeleton && !strcmp(self->skeleton, use->skeleton);
	if (use && use->staff && !own && !(self && role_is_staff(self->role))) {
		*refused = (struct refused){ .code = REFUSE_BAD_VALUE, .say = "name.staff", .field = "name" };
		return false;
	}
	if (use && !own)
		make_room_for_suffix(out);
	for (int k = 2, bare = (int)out->n; use && !own; k++) {
		out->n = (size_t)bare;
		buf_str(out, " \xc2\xb7");
		buf_int(out, k);
		use = name_use(class, out->s, out->n);
		own = use && self && self->skeleton && !strcmp(self->skeleton, use->skeleton);
	}
	return true;
}

/* ---- what has been answered ---- */

struct done *class_done(struct class *class, const uint8_t id[ID_BYTES])
{
	struct done *done;
	HASH_FIND(hh, class->done, id, ID_BYTES, done);
	return done;
}

static void done_free(struct class *class, struct done *done)
{
	HASH_DEL(class->done, done);
	free(done);
}

struct done *class_remember(struct class *class, const uint8_t id[ID_BYTES], const uint8_t hash[16], const char *outcome, int64_t at_ms)
{
	if (HASH_COUNT(class->done) >= DONE_MAX)
		done_free(class, class->done); /* the table keeps the order of adding: this is the oldest */
	size_t n = strlen(outcome) + 1;
	struct done *done = must(malloc(sizeof *done + n));
	memcpy(done->id, id, sizeof done->id);
	memcpy(done->hash, hash, sizeof done->hash);
	memcpy(done->outcome, outcome, n);
	done->at_ms = at_ms;
	HASH_ADD(hh, class->done, id, ID_BYTES, done);
	return done;
}

void class_forget_done(struct class *class, int64_t before_ms)
{
	while (class->done && class->done->at_ms < before_ms)
		done_free(class, class->done);
}

/* ---- change: from one op to what every view and every author is told of it ---- */

struct seen {
	field_mask views[VIEW_COUNT];
	field_mask author;
	bool overlay[VIEW_COUNT]; /* its author, who reads that view, must be told separately: more than the view shows, or under it nothing */
};

static struct seen see(const struct object *object)
{
	struct seen seen = { 0 };
	if (!object)
		return seen;
	for (int v = 0; v < VIEW_COUNT; v++)
		seen.views[v] = view_mask((enum view)v, object);
	seen.author = view_author_mask(object);
	field_mask told = object_mask(object);
	for (int v = 0; v < VIEW_COUNT; v++)
		seen.overlay[v] = seen.author && (!seen.views[v] || (seen.author & told) != (seen.views[v] & told));
	return seen;
}

/* The digest is a sum over fields, so an op costs only what it touches: `sums` loses the old values of the fields it writes, and takes in the new ones and whatever comes into or goes out of view. */
static void digest_before(struct document *document, const struct object *object, const struct seen *was, field_mask written, struct digest *sums)
{
	for (int v = 0; v < VIEW_COUNT; v++) {
		sums[v] = document->streams[v].sum;
		if (object)
			digest_sub(&sums[v], object_fields_digest(object, was->views[v] & written));
	}
}

static void digest_after(const struct op *op, const struct object *object, const struct seen *was, const struct seen *is, field_mask written, struct digest *sums)
{
	for (int v = 0; v < VIEW_COUNT; v++) {
		field_mask before = was->views[v], after = is->views[v];
		if (object) {
			digest_sub(&sums[v], object_fields_digest(object, before & ~after & ~written));
			digest_add(&sums[v], object_fields_digest(object, (after & written) | (after & ~before)));
		}
		if (!before && after)
			digest_add(&sums[v], digest_object(op->id, kind_specs[op->kind].name));
		if (before && !after)
			digest_sub(&sums[v], digest_object(op->id, kind_specs[op->kind].name));
	}
}

static void tell_view(struct document *document, int view, const struct op *op, const struct object *after, field_mask was, field_mask is, struct digest sum)
{
	static struct buf text; /* scratch of the loop's only thread */
	struct told told = told_of(op, was, is);
	struct op out;
	if (told.type == OP_NONE)
		return;
	buf_reset(&text);
	told_op(&told, op, after, &out);
	op_write(&text, &out, out.kind, out.mask);
	stream_gather(&document->streams[view], text.s, text.n, sum, told.leaves);
}

/* `mine` up to its first object. Each socket counts its own, so that an overlay may come in several messages without the others of that member missing any. */
static void begin_mine(struct buf *text, struct reader *reader, bool whole)
{
	const struct document *document = reader->document;
	buf_reset(text);
	buf_str(text, "{\"t\":\"mine\",\"doc\":\"");
	buf_str(text, document->wire);
	buf_str(text, "\",\"n\":");
	buf_int(text, ++reader->overlay_n);
	if (whole) {
		buf_str(text, ",\"at\":");
		buf_int(text, reader->stream->next_at);
	}
	buf_str(text, whole ? ",\"whole\":true,\"objects\":[" : ",\"whole\":false,\"objects\":[");
}

static void end_mine(struct buf *text, struct conn *conn)
{
	buf_str(text, "]}");
	hold_text(conn, text);
}

static void tell_author(struct class *class, struct document *document, const char *author, const char *id, const struct object *after, const struct seen *was, const struct seen *is)
{
	struct member *member = class_member(class, author);
	enum view view = view_of_role(member->role);
	if (!was->overlay[view] && !is->overlay[view])
		return;
	struct buf text = { 0 };
	for (int c = member->conn_count - 1; c >= 0; c--) { /* backwards: one may be closed for not reading, and leave its place to the last */
		struct conn *conn = member->conns[c];
		struct reader *reader = conn_reader(conn, document);
		if (!reader)
			continue;
		begin_mine(&text, reader, false);
		if (is->overlay[view])
			object_write(&text, after, is->author);
		buf_str(&text, "],\"gone\":[");
		if (!is->overlay[view])
			buf_json_string(&text, id, strlen(id));
		end_mine(&text, conn);
	}
	buf_release(&text);
}

void class_send_overlay(struct document *document, struct conn *conn)
{
	enum view view = view_of_role(conn->member->role);
	struct buf text = { 0 };
	bool any = false;
	begin_mine(&text, conn_reader(conn, document), true);
	for (const struct object *object = doc_first(document->doc); object && conn->member; object = object_next(object)) { /* who is closed for not reading is nobody's */
		if (strcmp(view_author(object), conn->member->id) != 0)
			continue;
		struct seen seen = see(object);
		if (!seen.overlay[view])
			continue;
		if (text.n > OVERLAY_PART_BYTES) {
			buf_str(&text, "],\"gone\":[");
			end_mine(&text, conn);
			if (!conn->member)
				break;
			begin_mine(&text, conn_reader(conn, document), false);
			any = false;
		}
		if (any)
			buf_char(&text, ',');
		any = true;
		object_write(&text, object, seen.author);
	}
	buf_str(&text, "],\"gone\":[");
	end_mine(&text, conn);
	buf_release(&text);
}

/* What the class remembers beside its documents, to decide quickly. `is_new`: the op made the object. */
static void note(struct class *class, struct document *document, const struct object *object, bool is_new)
{
	if (object->kind == KIND_MEMBER)
		note_member(class, object);
	if (object->kind != KIND_POST)
		return;
	const char *pos = object_str(object, POST_POS);
	if (strcmp(pos, document->last_post_pos) > 0 && strlen(pos) < POS_CAP)
		strcpy(document->last_post_pos, pos);
	if (is_new)
		class_member(class, object_str(object, POST_AUTHOR))->posts++;
}

/* Applies `op` and gathers what each view is to be told of it. With `live`, authors are told too. */
static void apply(struct class *class, struct document *document, const struct op *op, const struct step_source *source, bool live)
{
	struct object *object = doc_find(document->doc, op->id);
	struct seen was = see(object), is;
	struct digest sums[VIEW_COUNT];
	field_mask written = told_written(op);
	char author[ID_CHARS + 1] = "";
	bool existed = object != NULL;
	if (existed)
		strcpy(author, view_author(object));

	digest_before(document, object, &was, written, sums);
	steps_note(document->steps, source, op, object);
	if (op->type == OP_TEXT)
		trail_add(document->trail, op->id, op->rev, op->edit, source->at_ms);
	else if (op->type == OP_PUT || op->type == OP_DEL)
		trail_drop(document->trail, op->id);
	doc_apply(document->doc, op);
	object = doc_find(document->doc, op->id);
	is = see(object);
	digest_after(op, object, &was, &is, written, sums);
	if (object) {
		strcpy(author, view_author(object));
		note(class, document, object, !existed);
	}
	for (int v = 0; v < VIEW_COUNT; v++)
		tell_view(document, v, op, object, was.views[v], is.views[v], sums[v]);
	if (live && *author)
		tell_author(class, document, author, op->id, object, &was, &is);
}

/* Whose the words of an op are: of an edit, who typed it; else whose object it is. */
static const char *owner_of(const struct document *document, const struct op *op, const char *actor)
{
	const struct object *object = doc_find(document->doc, op->id);
	int owner = kind_specs[op->kind].owner;
	if (op->type == OP_TEXT)
		return actor;
	if (object && *view_author(object))
		return view_author(object);
	if (owner >= 0 && (op->mask & (1u << owner)))
		return op->values[owner].s;
	return op->kind == KIND_MEMBER ? op->id : actor;
}

void class_change(struct class *class, struct document *document, const struct op *op, const struct step_source *source)
{
	/* The entry first: what `op` borrows may be freed by applying it. */
	batch_add_entry(class, document, op, owner_of(document, op, source->actor), source);
	batch_touch(class, document);
	apply(class, document, op, source, true);
}

/* ---- loading ---- */

static bool replay(struct class *class, struct document *document, const struct loaded_document *from)
{
	enum command command = CMD_NONE; /* of the last entry that named one */
	for (size_t e = 0; e < from->entry_count; e++) {
		const struct log_entry *entry = &from->entries[e];
		struct record_text *texts = must(malloc(sizeof *texts * (entry->text_count + 1)));
		struct step_source source;
		struct op op;
		for (size_t t = 0; t < entry->text_count; t++)
			texts[t] = (struct record_text){ entry->texts[t].text, entry->texts[t].size_bytes };
		cJSON *json = record_read(entry->body, entry->body_bytes, texts, entry->text_count, document->doc, &op, &source);
		free(texts);
		if (!json)
			return false;
		command = source.first ? source.command : command;
		source.command = command;
		source.actor = entry->actor;
		source.at_ms = entry->at_ms;
		apply(class, document, &op, &source, false);
		cJSON_Delete(json);
		document->head = entry->seq;
		document->unsnapped_bytes += entry->body_bytes;
		document->bytes += (int64_t)entry->body_bytes;
		for (size_t t = 0; t < entry->text_count; t++)
			document->bytes += (int64_t)entry->texts[t].size_bytes;
	}
	return true;
}

static void start_from_snapshot(struct class *class, struct document *document, const struct view_mark *marks)
{
	for (int v = 0; v < VIEW_COUNT; v++) {
		struct stream *stream = &document->streams[v];
		stream_init(stream, document->wire, marks[v].at, marks[v].epoch);
		for (const struct object *object = doc_first(document->doc); object; object = object_next(object)) {
			field_mask mask = view_mask((enum view)v, object);
			if (mask)
				digest_add(&stream->sum, object_digest(object, mask));
		}
	}
	for (const struct object *object = doc_first(document->doc); object; object = object_next(object))
		note(class, document, object, true);
}

/* Takes what a snapshot remembered in place of what an empty document does. */
static void remember(struct document *document, struct trail *trail, struct steps *steps)
{
	if (trail) {
		trail_free(document->trail);
		document->trail = trail;
	}
	if (steps) {
		steps_free(document->steps);
		document->steps = steps;
	}
}

static void load_document(struct class *class, const struct loaded_document *from)
{
	enum doc_kind kind = DOC_NONE;
	for (int k = 1; k < DOC_KIND_COUNT; k++)
		if (!strcmp(doc_kind_names[k], from->doc_kind))
			kind = (enum doc_kind)k;
	if (kind == DOC_NONE || strlen(from->doc_id) != ID_CHARS)
		return;
	struct document *document = class_add_document(class, from->doc_id, kind);
	struct view_mark marks[VIEW_COUNT];
	document->damaged = from->damaged;
	if (from->snapshot) {
		struct trail *trail = NULL;
		struct steps *steps = NULL;
		if (record_read_snapshot(from->snapshot, from->snapshot_bytes, document->doc, marks, VIEW_COUNT, &trail, &steps, &document->bytes)) {
			start_from_snapshot(class, document, marks);
			remember(document, trail, steps);
			document->head = from->snapshot_seq;
			document->snapshot_bytes = from->snapshot_bytes;
		} else {
			trail_free(trail);
			steps_free(steps);
			document->damaged = true;
		}
	}
	if (!document->damaged || !from->snapshot || document->head)
		document->damaged = !replay(class, document, from) || document->damaged;
	document->unsnapped = document->head - from->snapshot_seq;
	if (document->head < from->head)
		document->damaged = true;
	for (int v = 0; v < VIEW_COUNT; v++) {
		stream_seal(&document->streams[v]);
		stream_publish(&document->streams[v], class->hub->mono_ms);
	}
}

static void load_directory(struct class *class, const struct loaded_class *loaded)
{
	for (size_t s = 0; s < loaded->secret_count; s++) {
		const struct log_row *row = &loaded->secrets[s];
		const char *hash = strchr(row->key, ':');
		if (!hash || strlen(hash + 1) != HASH_HEX_CAP - 1 || strlen(row->value) != ID_CHARS)
			continue;
		struct secret *secret = must(calloc(1, sizeof *secret));
		strcpy(secret->hash, hash + 1);
		strcpy(secret->member, row->value);
		HASH_ADD_STR(class->secrets, hash, secret);
	}
	for (size_t d = 0; d < loaded->done_count; d++)
		class_remember(class, loaded->done[d].id, loaded->done[d].hash, loaded->done[d].outcome, loaded->done[d].at_ms);
}

static void on_loaded(const struct loaded_class *loaded, enum store_result result, void *ctx)
{
	struct class *class = ctx;
	bool good = result == STORE_DURABLE && loaded;
	if (good) {
		/* The class document first: names and roles are needed to read the rest. */
		for (int pass = 0; pass < 2; pass++)
			for (size_t d = 0; d < loaded->document_count; d++)
				if (!strcmp(loaded->documents[d].doc_id, class->id) == !pass)
					load_document(class, &loaded->documents[d]);
		load_directory(class, loaded);
		good = class_document(class, "class") && class_document(class, class->start);
	}
	class->loaded = good;
	for (int d = 0; d < class->document_count; d++)
		if (class->documents[d]->damaged)
			hub_log(class->hub, "event=document.damaged class=%.3s… document=%s kept=%lld", class->code, class->documents[d]->id, (long long)class->documents[d]->head);
	/* hello_continue may close and unlink the connection. */
	for (struct conn *conn = class->conns, *next; conn; conn = next) {
		next = conn->class_next;
		if (conn->state == CONN_LOADING)
			hello_continue(conn, good);
	}
	import_continue(class, good);
	if (!good)
		class_drop(class);
	class_unpin(class);
}

struct class *class_get(struct hub *hub, const struct class_entry *entry)
{
	struct class *class;
	HASH_FIND_STR(hub->classes, entry->id, class);
	if (class)
		return class;
	class = class_new(hub, entry->id, entry->code, entry->wall);
	class->pins++;
	hub->config.store->ops->load_class(hub->config.store, class->id, on_loaded, class);
	return class;
}
