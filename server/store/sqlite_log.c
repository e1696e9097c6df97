/*
 * Reading one document's log from end to end, for those who look back: history, restoring, exports. An entry is given on
 * as soon as it has been read, so that a log of any length takes the memory of its largest entry.
 *
 * Reads of logs are long, and there may be many at once where a whole class pulls the slider; the pool's threads are
 * few, and loading a class must not stand behind them. So only some begin, and the others wait for these.
 */
#include "server/store/sqlite.h"

#include <assert.h>
#include <string.h>

#include "server/store/entries.h"

enum { LOG_READS_AT_ONCE = 2 }; /* of libuv's four threads */

struct log_read {
	uv_work_t request;
	struct log_read *next;
	struct sqlite_store *store;
	struct log_visitor visitor;
	store_on_log *on_log;
	int64_t upto_seq;
	bool begun;
	enum store_result result; /* the reader's to write while it has entered */
	char doc_id[];
};

/* ------------------------------------------------------------------------------------------------ in the pool */

/* The class that has that number: false unless its row is good, then its id is `id`'s, owned by `arena`. */
static bool find_class_id(struct db *db, struct arena *arena, int64_t number, const char **id)
{
	sqlite3_stmt *stmt = db_bind(db, SQL_CLASS_BY_NUMBER, "i", number);
	struct class_row row;
	bool good = stmt && sqlite3_step(stmt) == SQLITE_ROW && row_read_class(stmt, &row);

	if (good)
		*id = arena_copy(arena, row.id, strlen(row.id));
	sqlite3_reset(stmt);
	return good;
}

/* 1 found and good, 0 there is none, -1 it cannot be read or trusted. Strings are `arena`'s. */
static int find_document(struct db *db, struct arena *arena, const char *doc_id, struct document_row *row)
{
	sqlite3_stmt *stmt = db_bind(db, SQL_DOCUMENT_BY_ID, "s", doc_id);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	int found = rc == SQLITE_DONE ? 0 : rc == SQLITE_ROW && row_read_document(stmt, row) ? 1 : -1;

	if (found == 1) {
		row->id = arena_copy(arena, row->id, strlen(row->id));
		row->kind = arena_copy(arena, row->kind, strlen(row->kind));
	}
	sqlite3_reset(stmt);
	return found;
}

/* Whether everything up to `upto_seq` was read and good, or as much of it as was wanted. */
static bool visit_entries(struct log_read *read, struct entries *entries, int64_t upto_seq)
{
	struct arena arena = { 0 };
	struct log_entry entry;
	bool more = true;
	int rc = SQLITE_ROW;

	while (more && rc == SQLITE_ROW && entries->seq < upto_seq && !atomic_load(&read->store->closing)) {
		arena_reset(&arena);
		rc = entries_next(entries, &arena, &entry);
		if (rc == SQLITE_ROW)
			more = read->visitor.entry(read->visitor.ctx, &entry);
	}
	entries_end(entries);
	arena_release(&arena);
	return !more || entries->seq >= upto_seq;
}

static bool visit_document(struct log_read *read, struct db *db, const char *class_id, const struct document_row *row)
{
	int64_t upto_seq = read->upto_seq < row->head ? read->upto_seq : row->head;
	struct entries entries;

	entries_init(&entries, db, class_id, row);
	/* Whatever keeps snapshots from being read: without one there is more to replay, and no less to find. */
	if (read->visitor.snapshot)
		entries_from_snapshot(&entries, upto_seq, read->visitor.snapshot, read->visitor.ctx);
	if (!visit_entries(read, &entries, upto_seq))
		return false;
	return entries.seq < row->head || !memcmp(entries.chain, row->chain, SUM_BYTES);
}

static bool visit(struct log_read *read, struct db *db)
{
	struct arena arena = { 0 };
	struct document_row row;
	const char *class_id;
	int found = find_document(db, &arena, read->doc_id, &row);
	bool good = found == 0 ||
		(found == 1 && find_class_id(db, &arena, row.class_number, &class_id) && visit_document(read, db, class_id, &row));

	arena_release(&arena);
	return good;
}

static void run(uv_work_t *request)
{
	struct log_read *read = request->data;
	struct sqlite_store *store = read->store;
	struct db db = { 0 };

	if (!sqlite_reader_enter(store))
		return;
	if (sqlite_reader_open(store, &db) == SQLITE_OK && visit(read, &db))
		read->result = STORE_DURABLE;
	db_close(&db);
	if (read->visitor.end && !atomic_load(&store->closing))
		read->visitor.end(read->visitor.ctx);
	sqlite_reader_leave(store);
}

/* ------------------------------------------------------------------------------------------------ on the loop */

static void begin_next(struct sqlite_store *store);

static void unlink_read(struct sqlite_store *store, struct log_read *read)
{
	struct log_read **link = &store->log_reads;

	while (*link != read)
		link = &(*link)->next;
	*link = read->next;
}

static void on_read(uv_work_t *request, int status)
{
	struct log_read *read = request->data;
	struct sqlite_store *store = read->store;

	(void)status; /* never cancelled */
	if (!store->closed) {
		store->log_reads_begun--;
		unlink_read(store, read);
		begin_next(store);
		read->on_log(read->result, read->visitor.ctx);
	}
	free(read);
	sqlite_read_done(store);
}

static void begin_next(struct sqlite_store *store)
{
	for (struct log_read *read = store->log_reads; read && store->log_reads_begun < LOG_READS_AT_ONCE; read = read->next) {
		if (read->begun)
			continue;
		read->begun = true;
		store->log_reads_begun++;
		store->reads++;
		/* Fails only without a function to run. */
		if (uv_queue_work(store->loop, &read->request, run, on_read))
			abort();
	}
}

void sqlite_read_log(struct store *store, const char *doc_id, int64_t upto_seq, const struct log_visitor *visitor, store_on_log *on_log)
{
	struct sqlite_store *s = (struct sqlite_store *)store;
	size_t size = strlen(doc_id) + 1;
	struct log_read *read = calloc(1, sizeof *read + size), **last = &s->log_reads;

	assert(visitor->entry && on_log && !s->closed);
	if (!read)
		abort();
	*read = (struct log_read){ .store = s, .visitor = *visitor, .on_log = on_log, .upto_seq = upto_seq, .result = STORE_UNAVAILABLE };
	read->request.data = read;
	memcpy(read->doc_id, doc_id, size);
	while (*last)
		last = &(*last)->next;
	*last = read;
	/* Asked for by a callback while closing: it is ended with the others. */
	if (!atomic_load(&s->closing))
		begin_next(s);
}

void sqlite_end_log_read(struct sqlite_store *s)
{
	struct log_read *read = s->log_reads;
	store_on_log *on_log = read->on_log;
	enum store_result result = read->result;
	void *ctx = read->visitor.ctx;

	s->log_reads = read->next;
	/* One that has begun is on its way back through the loop, and freed there. */
	if (!read->begun)
		free(read);
	on_log(result, ctx);
}
