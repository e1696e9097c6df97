/*
 * The writing side of the SQLite store.
 *
 * A group of batches is one transaction, so that what gathered while the disk was syncing costs one sync. Whether a
 * batch is stale is decided before anything of it is written, from heads kept in memory: a savepoint for each batch
 * would do the same and cost more than the batch. After any failure the heads are forgotten and read again.
 *
 * What a failure means:
 *   - no room, read-only, locked: nothing of the transaction is in the log (its last frame, which makes it count, cannot
 *     have been written), so the batches are known not to have been written, and trying again is worth it
 *   - a failed sync, or any failed I/O while committing: the frames may or may not survive. The kernel marks pages
 *     clean after a failed fsync, so a second one "succeeds" with data lost (Rebello et al., "Can applications recover
 *     from fsync failures?", ATC 2020): nothing is written any more until a restart has checked the file
 *   - damage: likewise
 *
 * The log is folded into the database here, between groups and in steps whose result is looked at: SQLite's own
 * automatic checkpoint throws its errors away.
 */
#include "server/store/writer.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <uthash.h>

#include "server/store/keep.h"
#include "server/store/row.h"

enum {
	CHECKPOINT_FRAMES = 1000, /* SQLite's own default: a reused log is faster than a growing one */
	CACHED_DOCUMENTS = 50000,
	PROBE_FIRST_MS = 20, /* doubled with each that fails */
	PROBE_LAST_MS = 250,
	BALLAST_MS = 60 * 1000,
	SWEEP_MS = 60 * 1000,
	SWEEP_PAUSE_MS = 20,
	SWEEP_ROWS = 500,
	DONE_KEEP_MS = 24 * 60 * 60 * 1000,
};

struct class_head {
	UT_hash_handle hh;
	struct class_head *next_dirty;
	struct class_row row; /* number 0 while there is no row */
	bool dirty, broken;
	char id[];
};

struct doc_head {
	UT_hash_handle hh;
	struct doc_head *next_dirty;
	struct class_head *class;
	struct document_row row; /* number 0 while there is no row */
	bool dirty, broken;
	uint64_t mark;  /* the batch that last looked at it */
	int64_t expect; /* the seq that this batch's next entry must have */
	char strings[]; /* id, kind */
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------------------------------------ faults */

static bool is_latched(enum store_fault fault)
{
	return fault == STORE_FAULT || fault == STORE_DAMAGED;
}

void writer_latch(const struct folder *folder, atomic_int *fault, enum store_fault why, const char *reason)
{
	assert(is_latched(why));
	if (is_latched(atomic_exchange(fault, why)))
		return;
	folder_mark(folder, reason);
}

static void latch(struct writer *w, enum store_fault why, int rc, const char *doing)
{
	char reason[200];

	snprintf(reason, sizeof reason, "%s: %s (%d)", doing, sqlite3_errstr(rc), rc);
	writer_latch(w->folder, w->fault, why, reason);
}

/* For faults that heal: a latched one stays, even if it was latched just now by the background check. */
static void set_fault(struct writer *w, enum store_fault why)
{
	int now = atomic_load(w->fault);

	while (!is_latched((enum store_fault)now) && !atomic_compare_exchange_weak(w->fault, &now, why))
		;
}

/* Stops writing for now. */
static void block(struct writer *w, enum store_fault why)
{
	if (why == STORE_FULL)
		folder_ballast_free(w->folder);
	/* Not yet stopped: this is the first. */
	if (atomic_load(w->fault) == STORE_FINE)
		w->probe_wait_ms = PROBE_FIRST_MS;
	set_fault(w, why);
	w->probe_at_mono_ms = clock_ms(CLOCK_MONOTONIC) + w->probe_wait_ms;
}

/* Takes note of a failure and returns what became of the transaction. Must come before the rollback: it asks for errno. */
static enum store_result judge(struct writer *w, int rc, bool committing, const char *doing)
{
	bool read_only = rc == SQLITE_IOERR_WRITE && sqlite3_system_errno(w->db.handle) == EROFS;

	switch (rc & 0xff) {
	case SQLITE_FULL:
		block(w, STORE_FULL);
		return STORE_UNAVAILABLE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		latch(w, STORE_DAMAGED, rc, doing);
		return STORE_UNKNOWN;
	case SQLITE_CONSTRAINT:
		/* The heads said that there was no such row: tables contradict each other. */
		latch(w, STORE_DAMAGED, rc, doing);
		return STORE_UNAVAILABLE;
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_NOMEM || read_only)
			break;
		if (!committing && rc != SQLITE_IOERR_FSYNC && rc != SQLITE_IOERR_DIR_FSYNC)
			break;
		latch(w, STORE_FAULT, rc, doing);
		return STORE_UNKNOWN;
	}
	if (rc == SQLITE_READONLY_DBMOVED) {
		latch(w, STORE_FAULT, rc, doing);
		return STORE_UNAVAILABLE;
	}
	block(w, STORE_BLOCKED);
	return STORE_UNAVAILABLE;
}

/* ------------------------------------------------------------------------------------------------ heads */

static void forget_heads(struct writer *w)
{
	struct class_head *class, *next_class;
	struct doc_head *doc, *next_doc;

	HASH_ITER(hh, w->documents, doc, next_doc) {
		HASH_DEL(w->documents, doc);
		free(doc);
	}
	HASH_ITER(hh, w->classes, class, next_class) {
		HASH_DEL(w->classes, class);
		free(class);
	}
	w->dirty_documents = NULL;
	w->dirty_classes = NULL;
	w->dirty_counts = false;
}

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

/* Runs a statement that yields one row at most: 1 row, 0 none, else the negated error. */
static int step_one(struct writer *w, sqlite3_stmt *stmt)
{
	int rc = stmt ? sqlite3_step(stmt) : sqlite3_extended_errcode(w->db.handle);

	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -rc;
}

static struct class_head *cache_class(struct writer *w, const char *id)
{
	size_t size = strlen(id) + 1;
	struct class_head *class = allocate(sizeof *class + size);

	memcpy(class->id, id, size);
	HASH_ADD_KEYPTR(hh, w->classes, class->id, size - 1, class);
	class->row.done_first = 1;
	return class;
}

static int find_class(struct writer *w, const char *id, struct class_head **out)
{
	sqlite3_stmt *stmt;
	int found;

	HASH_FIND(hh, w->classes, id, strlen(id), *out);
	if (*out)
		return SQLITE_OK;
	stmt = db_bind(&w->db, SQL_CLASS, "s", id);
	found = step_one(w, stmt);
	if (found >= 0) {
		*out = cache_class(w, id);
		if (found)
			(*out)->broken = !row_read_class(stmt, &(*out)->row);
		(*out)->row.id = (*out)->id;
	}
	sqlite3_reset(stmt);
	return found < 0 ? -found : SQLITE_OK;
}

static struct doc_head *cache_doc(struct writer *w, const char *id, const char *kind)
{
	size_t id_size = strlen(id) + 1, kind_size = strlen(kind) + 1;
	struct doc_head *doc = allocate(sizeof *doc + id_size + kind_size);

	memcpy(doc->strings, id, id_size);
	memcpy(doc->strings + id_size, kind, kind_size);
	HASH_ADD_KEYPTR(hh, w->documents, doc->strings, id_size - 1, doc);
	return doc;
}

/* Reads a document's head, or makes one up for a document that begins with this entry. */
static int load_doc(struct writer *w, const struct log_entry *entry, struct class_head *class, struct doc_head **out)
{
	sqlite3_stmt *stmt = db_bind(&w->db, SQL_DOCUMENT_BY_ID, "s", entry->doc_id);
	int found = step_one(w, stmt);
	struct document_row row = { 0 };
	bool whole = true;
	struct doc_head *doc;

	if (found >= 0) {
		if (found)
			whole = row_read_document(stmt, &row);
		doc = cache_doc(w, entry->doc_id, found ? row.kind : entry->doc_kind);
		doc->row = row;
		doc->row.id = doc->strings;
		doc->row.kind = doc->strings + strlen(doc->strings) + 1;
		doc->broken = !whole;
		/* NULL: it is in another class. */
		doc->class = !found || row.class_number == class->row.number ? class : NULL;
		if (!found)
			sum_seed(class->id, doc->row.id, doc->row.kind, doc->row.chain);
		*out = doc;
	}
	sqlite3_reset(stmt);
	return found < 0 ? -found : SQLITE_OK;
}

static int find_doc(struct writer *w, const struct log_entry *entry, struct doc_head **out)
{
	struct class_head *class;
	struct doc_head *doc;
	int rc;

	HASH_FIND(hh, w->documents, entry->doc_id, strlen(entry->doc_id), doc);
	/* Made up for an earlier batch that came to nothing, or met under another class: look again. */
	if (doc && doc->mark != w->batch_mark && (doc->row.number == 0 || !doc->class)) {
		HASH_DEL(w->documents, doc);
		free(doc);
		doc = NULL;
	}
	*out = doc;
	if (doc)
		return SQLITE_OK;
	rc = find_class(w, entry->class_id, &class);
	return rc == SQLITE_OK ? load_doc(w, entry, class, out) : rc;
}

static void touch_class(struct writer *w, struct class_head *class)
{
	if (class->dirty)
		return;
	class->dirty = true;
	class->next_dirty = w->dirty_classes;
	w->dirty_classes = class;
	if (class->row.number != 0)
		return;
	class->row.number = w->next_class++;
	w->class_count++;
	w->dirty_counts = true;
}

static void touch_doc(struct writer *w, struct doc_head *doc)
{
	if (doc->dirty)
		return;
	doc->dirty = true;
	doc->next_dirty = w->dirty_documents;
	w->dirty_documents = doc;
	if (doc->row.number != 0)
		return;
	touch_class(w, doc->class);
	doc->row.number = w->next_doc++;
	doc->row.class_number = doc->class->row.number;
	doc->row.n = ++doc->class->row.documents;
}

/* ------------------------------------------------------------------------------------------------ one batch */

static enum store_result check_entry(struct writer *w, struct doc_head *doc, const struct log_entry *entry)
{
	if (!doc->class || strcmp(doc->class->id, entry->class_id))
		return STORE_STALE;
	if (doc->broken || doc->class->broken)
		return STORE_UNAVAILABLE;
	if (doc->mark != w->batch_mark) {
		doc->mark = w->batch_mark;
		doc->expect = doc->row.head + 1;
	}
	return entry->seq == doc->expect++ ? STORE_DURABLE : STORE_STALE;
}

/* Whether the batch may be written, without writing anything. */
static int check_batch(struct writer *w, const struct log_batch *batch, enum store_result *verdict)
{
	int rc = SQLITE_OK;

	*verdict = STORE_DURABLE;
	w->batch_mark++;
	for (size_t i = 0; i < batch->entry_count && rc == SQLITE_OK && *verdict == STORE_DURABLE; i++) {
		struct doc_head *doc;

		rc = find_doc(w, &batch->entries[i], &doc);
		if (rc == SQLITE_OK)
			*verdict = check_entry(w, doc, &batch->entries[i]);
	}
	for (size_t i = 0; i < batch->done_count && rc == SQLITE_OK && *verdict == STORE_DURABLE; i++) {
		struct class_head *class;

		rc = find_class(w, batch->done[i].class_id, &class);
		if (rc == SQLITE_OK && class->broken)
			*verdict = STORE_UNAVAILABLE;
	}
	return rc;
}

static int write_texts(struct writer *w, const struct doc_head *doc, const struct log_entry *entry)
{
	int rc = SQLITE_OK;

	for (size_t n = 0; n < entry->text_count && rc == SQLITE_OK; n++) {
		const struct log_text *text = &entry->texts[n];
		uint8_t sum[SUM_BYTES];

		sum_text(entry->doc_id, entry->seq, n, text, sum);
		rc = db_run(&w->db, SQL_TEXT_ADD, "iiistb", doc->row.number, entry->seq, (int64_t)n, text->owner, text->text,
			text->size_bytes, sum, sizeof sum);
	}
	return rc;
}

static int write_entry(struct writer *w, const struct log_entry *entry)
{
	struct doc_head *doc;
	int rc;

	HASH_FIND(hh, w->documents, entry->doc_id, strlen(entry->doc_id), doc);
	assert(doc && entry->seq == doc->row.head + 1);
	touch_doc(w, doc);
	sum_entry(entry, doc->row.chain, doc->row.chain);
	doc->row.head = entry->seq;
	rc = db_run(&w->db, SQL_LOG_ADD, "iiistib", doc->row.number, entry->seq, entry->at_ms, entry->actor, entry->body,
		entry->body_bytes, (int64_t)entry->text_count, doc->row.chain, (size_t)SUM_BYTES);
	return rc == SQLITE_OK ? write_texts(w, doc, entry) : rc;
}

static int write_done(struct writer *w, const struct log_done *done)
{
	struct class_head *class;
	uint8_t sum[SUM_BYTES];

	HASH_FIND(hh, w->classes, done->class_id, strlen(done->class_id), class);
	assert(class);
	touch_class(w, class);
	class->row.done_last++;
	sum_done(done, class->row.done_last, sum);
	return db_run(&w->db, SQL_DONE_ADD, "iibbsib", class->row.number, class->row.done_last, done->id, sizeof done->id,
		done->hash, sizeof done->hash, done->outcome, done->at_ms, sum, sizeof sum);
}

static int remove_row(struct writer *w, const struct log_row *row)
{
	int rc = db_run(&w->db, SQL_ROW_REMOVE, "ss", row->kind, row->key);

	if (rc == SQLITE_OK && sqlite3_changes(w->db.handle) > 0) {
		w->row_count--;
		w->dirty_counts = true;
	}
	return rc;
}

static int write_row(struct writer *w, const struct log_row *row)
{
	uint8_t sum[SUM_BYTES];
	int rc;

	if (!row->value)
		return remove_row(w, row);
	sum_directory(row, sum);
	rc = db_run(&w->db, SQL_ROW_CHANGE, "sssb", row->kind, row->key, row->value, sum, sizeof sum);
	if (rc != SQLITE_OK || sqlite3_changes(w->db.handle) > 0)
		return rc;
	w->row_count++;
	w->dirty_counts = true;
	return db_run(&w->db, SQL_ROW_ADD, "sssb", row->kind, row->key, row->value, sum, sizeof sum);
}

static int write_batch(struct writer *w, const struct log_batch *batch)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < batch->entry_count && rc == SQLITE_OK; i++)
		rc = write_entry(w, &batch->entries[i]);
	for (size_t i = 0; i < batch->done_count && rc == SQLITE_OK; i++)
		rc = write_done(w, &batch->done[i]);
	for (size_t i = 0; i < batch->row_count && rc == SQLITE_OK; i++)
		rc = write_row(w, &batch->rows[i]);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ a group */

/* The new heads, once per document and class however many batches moved them. */
static int write_heads(struct writer *w)
{
	int rc = SQLITE_OK;
	uint8_t sum[SUM_BYTES];

	for (struct doc_head *doc = w->dirty_documents; doc && rc == SQLITE_OK; doc = doc->next_dirty) {
		const struct document_row *row = &doc->row;

		sum_document(row, sum);
		rc = db_run(&w->db, SQL_DOCUMENT_PUT, "ssiiiibb", row->id, row->kind, row->class_number, row->n, row->number,
			row->head, row->chain, sizeof row->chain, sum, sizeof sum);
		doc->dirty = false;
	}
	for (struct class_head *class = w->dirty_classes; class && rc == SQLITE_OK; class = class->next_dirty) {
		const struct class_row *row = &class->row;

		sum_class(row, sum);
		rc = db_run(&w->db, SQL_CLASS_PUT, "siiiib", row->id, row->number, row->documents, row->done_first, row->done_last,
			sum, sizeof sum);
		class->dirty = false;
	}
	if (w->dirty_counts && rc == SQLITE_OK)
		rc = db_run(&w->db, SQL_META_PUT, "si", "classes", w->class_count);
	if (w->dirty_counts && rc == SQLITE_OK)
		rc = db_run(&w->db, SQL_META_PUT, "si", "rows", w->row_count);
	w->dirty_documents = NULL;
	w->dirty_classes = NULL;
	w->dirty_counts = false;
	return rc;
}

static int write_group(struct writer *w, struct work *first)
{
	int rc = SQLITE_OK;

	for (struct work *work = first; work && rc == SQLITE_OK; work = work->next) {
		if (!work->batch)
			continue;
		rc = check_batch(w, work->batch, &work->result);
		if (rc == SQLITE_OK && work->result == STORE_DURABLE)
			rc = write_batch(w, work->batch);
	}
	return rc == SQLITE_OK ? write_heads(w) : rc;
}

/* Begins, lets `write` work, commits; after a failure takes note of it and rolls back. */
static enum store_result transact(struct writer *w, int (*write)(struct writer *, struct work *), struct work *first,
	const char *doing)
{
	int rc = db_run(&w->db, SQL_BEGIN_WRITE, "");
	bool committing = false;
	enum store_result result;

	if (rc == SQLITE_OK)
		rc = write(w, first);
	if (rc == SQLITE_OK) {
		committing = true;
		rc = db_run(&w->db, SQL_COMMIT, "");
	}
	if (rc == SQLITE_OK) {
		w->committed_classes = w->class_count;
		w->committed_rows = w->row_count;
		return STORE_DURABLE;
	}
	result = judge(w, rc, committing, doing);
	forget_heads(w);
	w->class_count = w->committed_classes;
	w->row_count = w->committed_rows;
	if (!sqlite3_get_autocommit(w->db.handle)) {
		rc = db_run(&w->db, SQL_ROLLBACK, "");
		if (!sqlite3_get_autocommit(w->db.handle))
			latch(w, STORE_FAULT, rc, "rolling back");
	}
	return result;
}

/* Cuts off what only the newest need of a snapshot. One that is not what was written is left as it is, to be found damaged. */
static int shorten_snapshot(struct writer *w, const struct document_row *row, int64_t seq)
{
	sqlite3_stmt *stmt = db_bind(&w->db, SQL_SNAPSHOT, "ii", row->number, seq);
	int found = step_one(w, stmt), rc = found < 0 ? -found : SQLITE_OK;
	const char *body = found == 1 ? row_text(stmt, 2) : "";
	size_t size = found == 1 ? (size_t)sqlite3_column_bytes(stmt, 2) : 0, kept = keep_bytes(body, size);
	uint8_t chain[SUM_BYTES], sum[SUM_BYTES];
	char *copy = NULL;

	if (kept < size && row_blob(stmt, 1, chain, sizeof chain)) {
		sum_snapshot(row->id, seq, chain, body, size, sum);
		if (row_sum_is(stmt, 3, sum)) {
			copy = allocate(kept + 1);
			memcpy(copy, body, kept);
		}
	}
	sqlite3_reset(stmt);
	if (copy) {
		sum_snapshot(row->id, seq, chain, copy, kept, sum);
		rc = db_run(&w->db, SQL_SNAPSHOT_PUT, "iibtb", row->number, seq, chain, sizeof chain, copy, kept, sum, sizeof sum);
	}
	free(copy);
	return rc;
}

/* Drops the third newest, or what is not needed of it (keep.h). */
static int thin_snapshots(struct writer *w, const struct document_row *row)
{
	sqlite3_stmt *stmt = db_bind(&w->db, SQL_SNAPSHOT_NEWEST, "i", row->number);
	int64_t newest[4] = { 0 };
	int count = 0, found;

	while ((found = step_one(w, stmt)) == 1)
		newest[count++] = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	if (found < 0)
		return -found;
	if (count < 3)
		return SQLITE_OK;
	if (keep_snapshot(newest[3], newest[1]))
		return shorten_snapshot(w, row, newest[2]);
	return db_run(&w->db, SQL_SNAPSHOT_DROP, "ii", row->number, newest[2]);
}

static int write_snapshot(struct writer *w, const struct work *work)
{
	sqlite3_stmt *stmt = db_bind(&w->db, SQL_DOCUMENT_BY_ID, "s", work->doc_id);
	int found = step_one(w, stmt);
	struct document_row row = { 0 };
	uint8_t chain[SUM_BYTES], sum[SUM_BYTES];
	bool whole = found == 1 && row_read_document(stmt, &row);
	int rc;

	sqlite3_reset(stmt);
	if (found < 0 || !whole)
		return found < 0 ? -found : SQLITE_OK;
	stmt = db_bind(&w->db, SQL_LOG_SUM, "ii", row.number, work->seq);
	found = step_one(w, stmt);
	whole = found == 1 && row_blob(stmt, 0, chain, SUM_BYTES);
	sqlite3_reset(stmt);
	if (found < 0 || !whole)
		return found < 0 ? -found : SQLITE_OK;
	row.id = work->doc_id; /* its own went with the statement */
	sum_snapshot(work->doc_id, work->seq, chain, work->body, work->body_bytes, sum);
	rc = db_run(&w->db, SQL_SNAPSHOT_PUT, "iibtb", row.number, work->seq, chain, sizeof chain, work->body,
		work->body_bytes, sum, sizeof sum);
	return rc == SQLITE_OK ? thin_snapshots(w, &row) : rc;
}

static int write_snapshots(struct writer *w, struct work *first)
{
	int rc = SQLITE_OK;

	for (struct work *work = first; work && rc == SQLITE_OK; work = work->next)
		if (!work->batch)
			rc = write_snapshot(w, work);
	return rc;
}

void writer_commit(struct writer *w, struct work_queue *group)
{
	enum store_result result = STORE_UNAVAILABLE;
	size_t batches = 0;

	for (struct work *work = group->first; work; work = work->next) {
		work->result = STORE_DURABLE;
		batches += work->batch != NULL;
	}
	if (atomic_load(w->fault) == STORE_FINE)
		result = batches > 0 ? transact(w, write_group, group->first, "committing") : STORE_DURABLE;
	if (result == STORE_DURABLE && batches < group->count)
		transact(w, write_snapshots, group->first, "storing a snapshot");
	/* What was found stale before the failure stays stale; either way nothing of it was written. */
	for (struct work *work = group->first; work; work = work->next)
		if (work->result == STORE_DURABLE)
			work->result = result;
	if (HASH_COUNT(w->documents) > CACHED_DOCUMENTS)
		forget_heads(w);
}

/* ------------------------------------------------------------------------------------------------ chores */

static int on_log_written(void *ctx, sqlite3 *db, const char *name, int frames)
{
	struct writer *w = ctx;

	(void)db;
	(void)name;
	/* It was begun anew. */
	if (frames < w->log_frames)
		w->checkpoint_at = CHECKPOINT_FRAMES;
	w->log_frames = frames;
	return SQLITE_OK;
}

/* Passive: it takes what no reader is in the way of. Where one was, the rest waits for the next thousand frames. */
static void checkpoint(struct writer *w)
{
	int rc = sqlite3_wal_checkpoint_v2(w->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	w->checkpoint_at = w->log_frames + CHECKPOINT_FRAMES;
	/* What the log holds is durable whatever became of this; but what cannot be folded will not bear more either. */
	if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
		judge(w, rc, true, "folding the log");
}

static int write_probe(struct writer *w, struct work *none)
{
	(void)none;
	return db_run(&w->db, SQL_META_PUT, "si", "probe", clock_ms(CLOCK_REALTIME));
}

/* Tries whether writing works again. A full disk must first have room for the ballast, so that it does not flap. */
static void probe(struct writer *w)
{
	if (w->probe_wait_ms < PROBE_LAST_MS)
		w->probe_wait_ms *= 2;
	w->probe_at_mono_ms = clock_ms(CLOCK_MONOTONIC) + w->probe_wait_ms;
	if (atomic_load(w->fault) == STORE_FULL) {
		checkpoint(w);
		if (!folder_ballast_make(w->folder))
			return;
	}
	if (!is_latched((enum store_fault)atomic_load(w->fault)) && transact(w, write_probe, NULL, "probing") == STORE_DURABLE)
		set_fault(w, STORE_FINE);
}

/* The n up to which a class' outcomes are too old, at most SWEEP_ROWS of them: a prefix, so that no gap looks like loss. A
 * row that is not what was written ends it: what is damaged must stay to be found. */
static int find_old(struct writer *w, const char *class_id, const struct class_row *row, int64_t *upto)
{
	int64_t cutoff_ms = clock_ms(CLOCK_REALTIME) - DONE_KEEP_MS;
	sqlite3_stmt *stmt = db_bind(&w->db, SQL_DONE_OLDEST, "ii", row->number, (int64_t)SWEEP_ROWS);
	struct log_done done;
	int64_t n;
	int found;

	*upto = row->done_first;
	while ((found = step_one(w, stmt)) == 1 && row_read_done(stmt, class_id, &n, &done) && n == *upto && done.at_ms < cutoff_ms)
		(*upto)++;
	sqlite3_reset(stmt);
	return found < 0 ? -found : SQLITE_OK;
}

static int drop_old(struct writer *w, const char *class_id, int64_t upto)
{
	struct class_head *class;
	int rc = find_class(w, class_id, &class);

	if (rc != SQLITE_OK)
		return rc;
	touch_class(w, class);
	class->row.done_first = upto;
	rc = db_run(&w->db, SQL_DONE_TRIM, "ii", class->row.number, upto);
	return rc == SQLITE_OK ? write_heads(w) : rc;
}

static int write_sweep(struct writer *w, struct work *none)
{
	sqlite3_stmt *stmt = db_bind(&w->db, SQL_CLASS_AFTER, "s", w->sweep);
	int found = step_one(w, stmt);
	struct class_row row = { 0 };
	char id[sizeof w->sweep] = "";
	bool whole = found == 1 && row_read_class(stmt, &row);
	int64_t upto = 0;
	int rc = found < 0 ? -found : SQLITE_OK;

	(void)none;
	if (found == 1)
		snprintf(id, sizeof id, "%s", row.id);
	sqlite3_reset(stmt);
	if (whole)
		rc = find_old(w, id, &row, &upto);
	if (rc == SQLITE_OK && upto > row.done_first)
		return drop_old(w, id, upto);
	/* Nothing old left here: on to the next class, or done for now. An id that does not fit would stand still: stop. */
	w->sweeping = rc == SQLITE_OK && found == 1 && strcmp(id, w->sweep) > 0;
	memcpy(w->sweep, id, sizeof id);
	return rc;
}

static int64_t sweep(struct writer *w, int64_t now_mono_ms)
{
	if (now_mono_ms < w->sweep_at_mono_ms)
		return w->sweep_at_mono_ms - now_mono_ms;
	if (!w->sweeping)
		w->sweep[0] = '\0';
	w->sweeping = true;
	transact(w, write_sweep, NULL, "dropping old outcomes");
	w->sweep_at_mono_ms = now_mono_ms + (w->sweeping ? SWEEP_PAUSE_MS : SWEEP_MS);
	return w->sweep_at_mono_ms - now_mono_ms;
}

int64_t writer_chores(struct writer *w)
{
	int64_t now_mono_ms = clock_ms(CLOCK_MONOTONIC);

	switch ((enum store_fault)atomic_load(w->fault)) {
	case STORE_FAULT:
	case STORE_DAMAGED:
		return SWEEP_MS;
	case STORE_FULL:
	case STORE_BLOCKED:
		if (now_mono_ms >= w->probe_at_mono_ms)
			probe(w);
		return w->probe_wait_ms;
	case STORE_FINE:
		break;
	}
	if (w->log_frames >= w->checkpoint_at)
		checkpoint(w);
	if (now_mono_ms >= w->ballast_at_mono_ms) {
		w->ballast_at_mono_ms = now_mono_ms + BALLAST_MS;
		folder_ballast_make(w->folder);
	}
	return sweep(w, now_mono_ms);
}

/* ------------------------------------------------------------------------------------------------ life */

static bool is_whole(struct db *db)
{
	sqlite3_stmt *stmt = db_bind(db, SQL_QUICK_CHECK, "");
	bool whole = stmt && sqlite3_step(stmt) == SQLITE_ROW && !strcmp(row_text(stmt, 0), "ok");

	sqlite3_reset(stmt);
	return whole;
}

/* The first number not in use, 1 if the table cannot be read: nothing will be written then. */
static int64_t next_number(struct writer *w, enum sql last)
{
	sqlite3_stmt *stmt = db_bind(&w->db, last, "");
	int found = step_one(w, stmt);
	int64_t next = found == 1 ? sqlite3_column_int64(stmt, 0) + 1 : 1;

	sqlite3_reset(stmt);
	if (found < 0)
		latch(w, STORE_DAMAGED, -found, "opening");
	return next;
}

/* A count of the meta table. One that cannot be read is made up for by the check that finds it wrong. */
static int64_t stored_count(struct writer *w, const char *key)
{
	sqlite3_stmt *stmt = db_bind(&w->db, SQL_META, "s", key);
	int64_t count = step_one(w, stmt) == 1 ? sqlite3_column_int64(stmt, 0) : 0;

	sqlite3_reset(stmt);
	return count;
}

bool writer_open(struct writer *w, const struct folder *folder, atomic_int *fault, char *error, size_t error_cap)
{
	char *path = folder_path(folder, "forwhom.db");
	bool opened;

	*w = (struct writer){ .folder = folder, .fault = fault, .checkpoint_at = CHECKPOINT_FRAMES };
	opened = folder_touch(folder, "forwhom.db");
	if (!opened)
		snprintf(error, error_cap, "cannot write %s: %s", path, strerror(errno));
	else
		opened = db_open_writer(&w->db, path, error, error_cap) == SQLITE_OK;
	free(path);
	if (!opened)
		return false;
	sqlite3_wal_hook(w->db.handle, on_log_written, w);
	if (folder_is_marked(folder)) {
		if (is_whole(&w->db))
			folder_unmark(folder);
		else
			atomic_store(fault, STORE_DAMAGED);
	}
	/* Without room for it the server serves all the same, and tries again now and then. */
	folder_ballast_make(folder);
	w->ballast_at_mono_ms = clock_ms(CLOCK_MONOTONIC) + BALLAST_MS;
	w->class_count = w->committed_classes = stored_count(w, "classes");
	w->row_count = w->committed_rows = stored_count(w, "rows");
	w->next_class = next_number(w, SQL_CLASS_LAST);
	w->next_doc = next_number(w, SQL_DOCUMENT_LAST);
	return true;
}

void writer_close(struct writer *w)
{
	forget_heads(w);
	if (is_latched((enum store_fault)atomic_load(w->fault)))
		sqlite3_db_config(w->db.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	else
		checkpoint(w);
	db_close(&w->db);
}
