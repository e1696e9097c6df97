/*
 * The store in memory: what the simulator and the unit tests put in place of a disk. Nothing happens by itself: work
 * waits in a queue until memory_store_step, so that a test decides the order, the outcome and the moment of everything.
 * "Durable" is what steps have written; a crash forgets the queue and keeps that.
 *
 * It is no cache and has no checksums: its documents cannot be damaged.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "server/store/keep.h"

#define DONE_KEEP_MS (INT64_C(24) * 60 * 60 * 1000)

enum { DONE_MAX = 100000 };

struct snapshot {
	int64_t seq;
	char *body;
	size_t size_bytes;
};

struct document {
	UT_hash_handle hh;
	char *class_id, *id, *kind;
	struct log_entry *entries;
	size_t count;
	struct snapshot *snapshots; /* oldest first */
	size_t snapshot_count;
};

struct row {
	UT_hash_handle hh;
	struct log_row row;
	char key[]; /* kind, key: also the hash key */
};

enum work_kind { WORK_APPEND = 1, WORK_LOAD, WORK_LOG, WORK_SNAPSHOT };

struct waiting {
	struct waiting *next;
	enum work_kind kind;
	struct log_batch *batch;
	store_on_append *on_append;
	store_on_class *on_class;
	struct log_visitor visitor;
	store_on_log *on_log;
	void *ctx;
	char *id, *body;
	int64_t seq; /* of the snapshot; up to which to read the log */
	size_t size_bytes;
};

struct memory_store {
	struct store store; /* first */
	struct document *documents;
	struct row *rows;
	struct log_done *done;
	size_t done_count;
	struct waiting *first, *last;
	size_t waiting;
	enum store_fault fault;
};

static struct memory_store *of(const struct store *store)
{
	return (struct memory_store *)store;
}

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

static char *copy(const char *s, size_t n)
{
	char *to = allocate(n + 1);

	if (n > 0)
		memcpy(to, s, n);
	return to;
}

static char *copy_string(const char *s)
{
	return copy(s, strlen(s));
}

static void *grow(void *items, size_t count, size_t size)
{
	if (count & (count - 1) || (count > 0 && count < 8))
		return items;
	items = realloc(items, (count < 8 ? 8 : count * 2) * size);
	if (!items)
		abort();
	return items;
}

/* ------------------------------------------------------------------------------------------------ what is durable */

static struct document *find_document(struct memory_store *m, const char *id)
{
	struct document *document;

	HASH_FIND(hh, m->documents, id, strlen(id), document);
	return document;
}

static struct document *make_document(struct memory_store *m, const struct log_entry *entry)
{
	struct document *document = allocate(sizeof *document);

	document->class_id = copy_string(entry->class_id);
	document->id = copy_string(entry->doc_id);
	document->kind = copy_string(entry->doc_kind);
	HASH_ADD_KEYPTR(hh, m->documents, document->id, strlen(document->id), document);
	return document;
}

/* The head that a document has after the batch's first `count` entries. */
static int64_t head_within(struct memory_store *m, const struct log_batch *batch, size_t count, const char *doc_id)
{
	struct document *document = find_document(m, doc_id);
	int64_t head = document ? (int64_t)document->count : 0;

	for (size_t i = 0; i < count; i++)
		head += !strcmp(batch->entries[i].doc_id, doc_id);
	return head;
}

static bool is_stale(struct memory_store *m, const struct log_batch *batch)
{
	for (size_t i = 0; i < batch->entry_count; i++) {
		const struct log_entry *entry = &batch->entries[i];
		struct document *document = find_document(m, entry->doc_id);

		if (document && strcmp(document->class_id, entry->class_id))
			return true;
		if (entry->seq != head_within(m, batch, i, entry->doc_id) + 1)
			return true;
	}
	return false;
}

static void write_entry(struct memory_store *m, const struct log_entry *entry)
{
	struct document *document = find_document(m, entry->doc_id);
	struct log_text *texts = allocate((entry->text_count + 1) * sizeof *texts);

	if (!document)
		document = make_document(m, entry);
	for (size_t n = 0; n < entry->text_count; n++)
		texts[n] = (struct log_text){
			.owner = copy_string(entry->texts[n].owner),
			.text = copy(entry->texts[n].text, entry->texts[n].size_bytes),
			.size_bytes = entry->texts[n].size_bytes,
		};
	document->entries = grow(document->entries, document->count, sizeof *document->entries);
	document->entries[document->count++] = (struct log_entry){
		.class_id = document->class_id,
		.doc_id = document->id,
		.doc_kind = document->kind,
		.seq = entry->seq,
		.at_ms = entry->at_ms,
		.actor = copy_string(entry->actor),
		.body = copy(entry->body, entry->body_bytes),
		.body_bytes = entry->body_bytes,
		.texts = texts,
		.text_count = entry->text_count,
	};
}

static void write_done(struct memory_store *m, const struct log_done *done)
{
	struct log_done *to;

	m->done = grow(m->done, m->done_count, sizeof *m->done);
	to = &m->done[m->done_count++];
	*to = *done;
	to->class_id = copy_string(done->class_id);
	to->outcome = copy_string(done->outcome);
}

static void free_row(struct row *row)
{
	free((char *)row->row.value);
	free(row);
}

static void write_row(struct memory_store *m, const struct log_row *from)
{
	size_t kind_size = strlen(from->kind) + 1, key_size = strlen(from->key) + 1;
	struct row *row = allocate(sizeof *row + kind_size + key_size), *old;

	memcpy(row->key, from->kind, kind_size);
	memcpy(row->key + kind_size, from->key, key_size);
	HASH_FIND(hh, m->rows, row->key, kind_size + key_size, old);
	if (old) {
		HASH_DEL(m->rows, old);
		free_row(old);
	}
	if (!from->value) {
		free(row);
		return;
	}
	row->row = (struct log_row){ .kind = row->key, .key = row->key + kind_size, .value = copy_string(from->value) };
	HASH_ADD_KEYPTR(hh, m->rows, row->key, kind_size + key_size, row);
}

/* False, nothing written, if it is stale. */
static bool write_batch(struct memory_store *m, const struct log_batch *batch)
{
	if (is_stale(m, batch))
		return false;
	for (size_t i = 0; i < batch->entry_count; i++)
		write_entry(m, &batch->entries[i]);
	for (size_t i = 0; i < batch->done_count; i++)
		write_done(m, &batch->done[i]);
	for (size_t i = 0; i < batch->row_count; i++)
		write_row(m, &batch->rows[i]);
	return true;
}

/* Drops the third newest, or what is not needed of it (keep.h). */
static void thin_snapshots(struct document *document)
{
	size_t count = document->snapshot_count;
	struct snapshot *spare = document->snapshots + count - 3;

	if (count < 3)
		return;
	if (keep_snapshot(count > 3 ? spare[-1].seq : 0, spare[1].seq)) {
		spare->size_bytes = keep_bytes(spare->body, spare->size_bytes);
		spare->body[spare->size_bytes] = '\0';
		return;
	}
	free(spare->body);
	spare[0] = spare[1];
	spare[1] = spare[2];
	document->snapshot_count--;
}

static void write_snapshot(struct memory_store *m, const struct waiting *work)
{
	struct document *document = find_document(m, work->id);
	struct snapshot *last;

	if (!document || work->seq < 1 || work->seq > (int64_t)document->count)
		return;
	last = document->snapshot_count ? &document->snapshots[document->snapshot_count - 1] : NULL;
	/* They come in order; another of the same place takes the place of the first. */
	if (last && work->seq < last->seq)
		return;
	if (last && work->seq == last->seq) {
		free(last->body);
		document->snapshot_count--;
	}
	document->snapshots = realloc(document->snapshots, (document->snapshot_count + 1) * sizeof *last);
	if (!document->snapshots)
		abort();
	document->snapshots[document->snapshot_count++] =
		(struct snapshot){ .seq = work->seq, .body = copy(work->body, work->size_bytes), .size_bytes = work->size_bytes };
	thin_snapshots(document);
}

/* ------------------------------------------------------------------------------------------------ reading */

static size_t load_documents(struct memory_store *m, const char *class_id, struct loaded_document *out)
{
	struct document *document, *next;
	size_t count = 0;

	HASH_ITER(hh, m->documents, document, next) {
		struct snapshot *snapshot = document->snapshot_count ? &document->snapshots[document->snapshot_count - 1] : NULL;
		size_t skip = snapshot ? (size_t)snapshot->seq : 0;

		if (strcmp(document->class_id, class_id))
			continue;
		out[count++] = (struct loaded_document){
			.doc_id = document->id,
			.doc_kind = document->kind,
			.snapshot = snapshot ? snapshot->body : NULL,
			.snapshot_bytes = snapshot ? snapshot->size_bytes : 0,
			.snapshot_seq = (int64_t)skip,
			.entries = document->entries + skip,
			.entry_count = document->count - skip,
			.head = (int64_t)document->count,
		};
	}
	return count;
}

static size_t load_secrets(struct memory_store *m, const char *class_id, struct log_row *out)
{
	size_t length = strlen(class_id), count = 0;
	struct row *row, *next;

	HASH_ITER(hh, m->rows, row, next)
		if (!strcmp(row->row.kind, "secret") && !strncmp(row->row.key, class_id, length) && row->row.key[length] == ':')
			out[count++] = row->row;
	return count;
}

/* There is no clock here: a day is counted back from the newest outcome of all. */
static size_t load_done(struct memory_store *m, const char *class_id, struct log_done *out)
{
	int64_t newest_ms = INT64_MIN + DONE_KEEP_MS;
	size_t count = 0;

	for (size_t i = 0; i < m->done_count; i++)
		if (m->done[i].at_ms > newest_ms)
			newest_ms = m->done[i].at_ms;
	for (size_t i = 0; i < m->done_count; i++)
		if (!strcmp(m->done[i].class_id, class_id) && m->done[i].at_ms >= newest_ms - DONE_KEEP_MS)
			out[count++] = m->done[i];
	return count;
}

static void load(struct memory_store *m, struct waiting *work)
{
	struct loaded_document *documents = allocate((HASH_COUNT(m->documents) + 1) * sizeof *documents);
	struct log_row *secrets = allocate((HASH_COUNT(m->rows) + 1) * sizeof *secrets);
	struct log_done *done = allocate((m->done_count + 1) * sizeof *done);
	size_t done_count = load_done(m, work->id, done);
	size_t done_skip = done_count > DONE_MAX ? done_count - DONE_MAX : 0;
	struct loaded_class loaded = {
		.documents = documents,
		.document_count = load_documents(m, work->id, documents),
		.secrets = secrets,
		.secret_count = load_secrets(m, work->id, secrets),
		.done = done + done_skip,
		.done_count = done_count - done_skip,
	};

	work->on_class(&loaded, STORE_DURABLE, work->ctx);
	free(documents);
	free(secrets);
	free(done);
}

/* Where the visitor begins: the seq of the snapshot that it takes, 0 for none. */
static int64_t offer_snapshots(const struct document *document, int64_t upto_seq, const struct log_visitor *visitor)
{
	for (size_t i = visitor->snapshot ? document->snapshot_count : 0; i > 0; i--) {
		const struct snapshot *snapshot = &document->snapshots[i - 1];

		if (snapshot->seq <= upto_seq && visitor->snapshot(visitor->ctx, snapshot->seq, snapshot->body, snapshot->size_bytes))
			return snapshot->seq;
	}
	return 0;
}

/* There is no reader's thread here: the visitor runs in the step, just before its callback. */
static void visit_log(struct memory_store *m, const struct waiting *work)
{
	const struct log_visitor *visitor = &work->visitor;
	struct document *document = find_document(m, work->id);

	if (document) {
		int64_t upto_seq = work->seq < (int64_t)document->count ? work->seq : (int64_t)document->count;

		for (int64_t seq = offer_snapshots(document, upto_seq, visitor); seq < upto_seq; seq++)
			if (!visitor->entry(visitor->ctx, &document->entries[seq]))
				break;
	}
	if (visitor->end)
		visitor->end(visitor->ctx);
}

static bool read_directory(struct store *store, const char *kind, store_on_row *on_row, void *ctx)
{
	struct memory_store *m = of(store);
	struct row *row, *next;

	HASH_ITER(hh, m->rows, row, next)
		if (!strcmp(row->row.kind, kind))
			on_row(&row->row, ctx);
	on_row(NULL, ctx);
	return true;
}

/* ------------------------------------------------------------------------------------------------ work */

static void push(struct memory_store *m, const struct waiting *work)
{
	struct waiting *to = allocate(sizeof *to);

	*to = *work;
	if (m->last)
		m->last->next = to;
	else
		m->first = to;
	m->last = to;
	m->waiting++;
}

static struct waiting *pop(struct memory_store *m)
{
	struct waiting *work = m->first;

	assert(work);
	m->first = work->next;
	if (!m->first)
		m->last = NULL;
	m->waiting--;
	return work;
}

static void free_work(struct waiting *work)
{
	free(work->id);
	free(work->body);
	free(work);
}

static void append(struct store *store, struct log_batch *batch, store_on_append *on_append, void *ctx)
{
	assert(batch && on_append);
	push(of(store), &(struct waiting){ .kind = WORK_APPEND, .batch = batch, .on_append = on_append, .ctx = ctx });
}

static void load_class(struct store *store, const char *class_id, store_on_class *on_class, void *ctx)
{
	assert(on_class);
	push(of(store), &(struct waiting){ .kind = WORK_LOAD, .id = copy_string(class_id), .on_class = on_class, .ctx = ctx });
}

static void read_log(struct store *store, const char *doc_id, int64_t upto_seq, const struct log_visitor *visitor, store_on_log *on_log)
{
	assert(visitor->entry && on_log);
	push(of(store), &(struct waiting){ .kind = WORK_LOG, .id = copy_string(doc_id), .seq = upto_seq, .visitor = *visitor, .on_log = on_log });
}

static void put_snapshot(struct store *store, const char *doc_id, int64_t seq, const char *body, size_t size_bytes)
{
	push(of(store), &(struct waiting){ .kind = WORK_SNAPSHOT, .id = copy_string(doc_id), .seq = seq,
		.body = copy(body, size_bytes), .size_bytes = size_bytes });
}

static enum store_fault fault(struct store *store)
{
	return of(store)->fault;
}

size_t memory_store_pending(const struct store *store)
{
	return of(store)->waiting;
}

static void step_append(struct memory_store *m, struct waiting *work, enum store_result result, bool applied)
{
	if (result == STORE_DURABLE || (result == STORE_UNKNOWN && applied)) {
		bool written = write_batch(m, work->batch);

		if (!written && result == STORE_DURABLE)
			result = STORE_STALE;
	}
	work->on_append(work->batch, result, work->ctx);
}

void memory_store_step(struct store *store, enum store_result result, bool applied)
{
	struct memory_store *m = of(store);
	struct waiting *work = pop(m);

	switch (work->kind) {
	case WORK_APPEND:
		step_append(m, work, result, applied);
		break;
	case WORK_LOAD:
		if (result == STORE_DURABLE)
			load(m, work);
		else
			work->on_class(NULL, STORE_UNAVAILABLE, work->ctx);
		break;
	case WORK_LOG:
		if (result == STORE_DURABLE)
			visit_log(m, work);
		work->on_log(result == STORE_DURABLE ? STORE_DURABLE : STORE_UNAVAILABLE, work->visitor.ctx);
		break;
	case WORK_SNAPSHOT:
		if (result == STORE_DURABLE)
			write_snapshot(m, work);
		break;
	}
	free_work(work);
}

void memory_store_crash(struct store *store, size_t written)
{
	struct memory_store *m = of(store);

	while (m->first) {
		struct waiting *work = pop(m);

		if (work->kind == WORK_APPEND && written > 0) {
			write_batch(m, work->batch);
			written--;
		}
		free_work(work);
	}
}

void memory_store_set_fault(struct store *store, enum store_fault why)
{
	of(store)->fault = why;
}

/* ------------------------------------------------------------------------------------------------ life */

static void free_document(struct document *document)
{
	for (size_t i = 0; i < document->count; i++) {
		struct log_entry *entry = &document->entries[i];

		for (size_t n = 0; n < entry->text_count; n++) {
			free((char *)entry->texts[n].owner);
			free((char *)entry->texts[n].text);
		}
		free((void *)entry->texts);
		free((char *)entry->actor);
		free((char *)entry->body);
	}
	for (size_t i = 0; i < document->snapshot_count; i++)
		free(document->snapshots[i].body);
	free(document->snapshots);
	free(document->entries);
	free(document->class_id);
	free(document->id);
	free(document->kind);
	free(document);
}

static void close_store(struct store *store)
{
	struct memory_store *m = of(store);
	struct document *document, *next_document;
	struct row *row, *next_row;

	while (m->first) {
		if (m->first->kind == WORK_LOAD)
			free_work(pop(m));
		else
			memory_store_step(store, m->first->kind == WORK_LOG ? STORE_UNAVAILABLE : STORE_DURABLE, true);
	}
	HASH_ITER(hh, m->documents, document, next_document) {
		HASH_DEL(m->documents, document);
		free_document(document);
	}
	HASH_ITER(hh, m->rows, row, next_row) {
		HASH_DEL(m->rows, row);
		free_row(row);
	}
	for (size_t i = 0; i < m->done_count; i++) {
		free((char *)m->done[i].class_id);
		free((char *)m->done[i].outcome);
	}
	free(m->done);
	free(m);
}

static const struct store_ops ops = {
	.append = append,
	.load_class = load_class,
	.read_log = read_log,
	.put_snapshot = put_snapshot,
	.read_directory = read_directory,
	.fault = fault,
	.close = close_store,
};

struct store *memory_store_new(void)
{
	struct memory_store *m = allocate(sizeof *m);

	m->store.ops = &ops;
	return &m->store;
}
