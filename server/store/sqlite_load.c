/*
 * The reading side of the SQLite store. Nothing is believed because it is in the file: every row is held against its
 * checksum, and every table against what says how many rows there should be, so that a row that has gone missing is
 * noticed like one that has changed. What cannot be trusted makes its document damaged, or the class document when it
 * cannot be said whose it was; what stands before it is served all the same.
 *
 * One connection per read, opened and closed in the pool: a class is loaded once in hours, and a connection that lives
 * long would keep the write-ahead log from being begun anew.
 */
#include "server/store/sqlite.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "server/store/entries.h"

enum { GIVE_UP_CHECK_STEPS = 20000, DONE_MAX = 100000 /* as in the statement */ };

#define DONE_KEEP_MS (INT64_C(24) * 60 * 60 * 1000)

/* A load on its way through the pool and back. */
struct load {
	uv_work_t request;
	struct sqlite_store *store;
	store_on_class *on_class; /* NULL: a check of the whole file */
	void *ctx;
	char *class_id;
	struct db db;
	struct arena arena;
	struct loaded_class loaded;
	struct loaded_document *documents;
	struct class_row class;
	bool class_whole;   /* its row is; if not, its number may be another class' */
	bool class_damaged; /* something is missing or wrong, and it cannot be said where */
	enum store_result result;
};

/* Grows an array of `size`-byte items to hold one more. Amortised by doubling; `count` is what it holds. */
static void *grow(void *items, size_t count, size_t size)
{
	if (count & (count - 1) || (count > 0 && count < 8))
		return items;
	items = realloc(items, (count < 8 ? 8 : count * 2) * size);
	if (!items)
		abort();
	return items;
}

/* Whether stepping ended in damage rather than at the end; other trouble makes the load fail. */
static bool is_damage(struct load *load, int rc)
{
	if (rc == SQLITE_DONE)
		return false;
	if ((rc & 0xff) == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
		return true;
	load->result = STORE_UNAVAILABLE;
	return false;
}

static int step(struct load *load, sqlite3_stmt *stmt)
{
	return stmt ? sqlite3_step(stmt) : sqlite3_extended_errcode(load->db.handle);
}

static char *copy_column(struct load *load, sqlite3_stmt *stmt, int column, size_t *size_bytes)
{
	return entries_copy_column(&load->arena, stmt, column, size_bytes);
}

/* ------------------------------------------------------------------------------------------------ documents */

/* A document being read. */
struct reading {
	struct load *load;
	struct entries entries;
	struct loaded_document *out;
	struct log_entry *rows; /* on the heap, freed with the load */
	size_t count;
};

/* Everything after the snapshot that is good. False if it ends in something that is not. */
static bool read_entries(struct reading *r)
{
	int rc;

	do {
		r->rows = grow(r->rows, r->count, sizeof *r->rows);
		rc = entries_next(&r->entries, &r->load->arena, &r->rows[r->count]);
		if (rc == SQLITE_ROW)
			r->count++;
	} while (rc == SQLITE_ROW);
	entries_end(&r->entries);
	/* Another failure than damage is no verdict on the document, and fails the load. */
	return !is_damage(r->load, rc);
}

static bool take_newest(void *ctx, int64_t seq, const char *body, size_t size_bytes)
{
	struct reading *r = ctx;

	r->out->snapshot = arena_copy(&r->load->arena, body, size_bytes);
	r->out->snapshot_bytes = size_bytes;
	r->out->snapshot_seq = seq;
	return true;
}

static void read_document(struct load *load, const struct document_row *from, bool whole)
{
	struct document_row row = *from;
	struct reading r = { .load = load };
	struct loaded_document *out;
	bool good;

	load->documents = grow(load->documents, load->loaded.document_count, sizeof *load->documents);
	out = &load->documents[load->loaded.document_count];
	row.id = arena_copy(&load->arena, row.id, strlen(row.id));
	row.kind = arena_copy(&load->arena, row.kind, strlen(row.kind));
	*out = (struct loaded_document){ .doc_id = row.id, .doc_kind = row.kind };
	r.out = out;
	entries_init(&r.entries, &load->db, load->class_id, &row);
	/* Without trust in the rows above it a snapshot could be another's; the chain from the first entry proves class, id and kind. */
	if (whole)
		is_damage(load, entries_from_snapshot(&r.entries, row.head, take_newest, &r));
	good = read_entries(&r);
	out->entries = r.rows;
	out->entry_count = r.count;
	out->head = whole ? row.head : r.entries.seq;
	out->damaged = !good || !whole || r.entries.seq != row.head || memcmp(r.entries.chain, row.chain, SUM_BYTES) != 0;
	if (!whole) {
		load->class_damaged = true;
		if (r.count == 0) {
			free(r.rows);
			return;
		}
	}
	load->loaded.document_count++;
}

static void read_documents(struct load *load)
{
	sqlite3_stmt *stmt = db_bind(&load->db, SQL_DOCUMENTS, "i", load->class.number);
	int64_t n = 0;
	int rc;

	while ((rc = step(load, stmt)) == SQLITE_ROW && load->result == STORE_DURABLE) {
		struct document_row row;
		bool whole = row_read_document(stmt, &row) && row.class_number == load->class.number;

		if (whole && row.n != n + 1)
			load->class_damaged = true;
		n++;
		read_document(load, &row, whole && load->class_whole);
	}
	if (rc != SQLITE_ROW && is_damage(load, rc))
		load->class_damaged = true;
	if (n != load->class.documents)
		load->class_damaged = true;
	sqlite3_reset(stmt);
}

/* ------------------------------------------------------------------------------------------------ the rest of a class */

static void keep_class(struct load *load, const struct class_row *row)
{
	load->class = *row;
	load->class.id = load->class_id;
}

/* How many rows there should be, -1 if that cannot be read. */
static int64_t stored_count(struct db *db, const char *key)
{
	sqlite3_stmt *stmt = db_bind(db, SQL_META, "s", key);
	int64_t count = stmt && sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;

	sqlite3_reset(stmt);
	return count;
}

/* The search by id did not find it. That is final only when every row of the table is good and none is it. */
static bool find_class_by_hand(struct load *load)
{
	sqlite3_stmt *stmt = db_bind(&load->db, SQL_CLASSES, "");
	bool found = false;
	struct class_row row;
	int64_t count = 0;
	int rc;

	while (!found && (rc = step(load, stmt)) == SQLITE_ROW) {
		count++;
		if (!row_read_class(stmt, &row))
			load->class_damaged = true;
		else if (!strcmp(row.id, load->class_id)) {
			keep_class(load, &row);
			load->class_whole = true;
			found = true;
		}
	}
	if (!found && (is_damage(load, rc) || count != stored_count(&load->db, "classes")))
		load->class_damaged = true;
	sqlite3_reset(stmt);
	return found;
}

static bool find_class(struct load *load)
{
	sqlite3_stmt *stmt = db_bind(&load->db, SQL_CLASS, "s", load->class_id);
	int rc = step(load, stmt);
	struct class_row row;

	if (rc == SQLITE_ROW) {
		load->class_whole = row_read_class(stmt, &row);
		load->class_damaged = !load->class_whole;
		keep_class(load, &row);
	} else if (is_damage(load, rc)) {
		load->class_damaged = true;
	}
	sqlite3_reset(stmt);
	if (rc == SQLITE_ROW || load->result != STORE_DURABLE)
		return rc == SQLITE_ROW;
	return find_class_by_hand(load);
}

static void read_secrets(struct load *load)
{
	size_t length = strlen(load->class_id);
	/* "CLASSID:" up to "CLASSID;", the next character. */
	char *from = arena_alloc(&load->arena, length + 2), *to = arena_alloc(&load->arena, length + 2);
	struct log_row *secrets = NULL, row;
	sqlite3_stmt *stmt;
	int rc;

	memcpy(from, load->class_id, length);
	memcpy(to, load->class_id, length);
	from[length] = ':';
	to[length] = ';';
	stmt = db_bind(&load->db, SQL_ROWS_BETWEEN, "sss", "secret", from, to);
	while ((rc = step(load, stmt)) == SQLITE_ROW) {
		if (!row_read_directory(stmt, &row)) {
			load->class_damaged = true;
			continue;
		}
		secrets = grow(secrets, load->loaded.secret_count, sizeof *secrets);
		secrets[load->loaded.secret_count++] = (struct log_row){
			.kind = "secret",
			.key = copy_column(load, stmt, 1, NULL),
			.value = copy_column(load, stmt, 2, NULL),
		};
	}
	if (is_damage(load, rc))
		load->class_damaged = true;
	sqlite3_reset(stmt);
	load->loaded.secrets = secrets;
}

/* Newest first, without gaps. */
static void read_done(struct load *load)
{
	sqlite3_stmt *stmt = db_bind(&load->db, SQL_DONE, "i", load->class.number);
	int64_t n = load->class.done_last, cutoff_ms;
	struct log_done *rows = NULL, done;
	struct timespec now;
	size_t seen = 0, count = 0;
	int rc;

	clock_gettime(CLOCK_REALTIME, &now);
	cutoff_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - DONE_KEEP_MS;
	while ((rc = step(load, stmt)) == SQLITE_ROW) {
		int64_t row_n;
		bool whole = row_read_done(stmt, load->class_id, &row_n, &done);

		if (row_n != n || !whole)
			load->class_damaged = true;
		/* A page that is there twice must not yield its rows twice. */
		if (row_n > n)
			continue;
		n = row_n;
		if (whole && done.at_ms >= cutoff_ms) {
			done.outcome = copy_column(load, stmt, 3, NULL);
			rows = grow(rows, count, sizeof *rows);
			rows[count++] = done;
		}
		n--;
		seen++;
	}
	if (is_damage(load, rc) || (seen < DONE_MAX && n != load->class.done_first - 1))
		load->class_damaged = true;
	sqlite3_reset(stmt);
	for (size_t i = 0; i < count / 2; i++) {
		struct log_done other = rows[i];

		rows[i] = rows[count - 1 - i];
		rows[count - 1 - i] = other;
	}
	load->loaded.done = rows;
	load->loaded.done_count = count;
}

/* Damage that cannot be placed is the class document's, which is made up if it is among what is missing. */
static void place_damage(struct load *load)
{
	struct loaded_document *documents;

	if (!load->class_damaged)
		return;
	for (size_t i = 0; i < load->loaded.document_count; i++)
		if (!strcmp(load->documents[i].doc_id, load->class_id)) {
			load->documents[i].damaged = true;
			return;
		}
	load->documents = grow(load->documents, load->loaded.document_count, sizeof *load->documents);
	documents = load->documents;
	documents[load->loaded.document_count++] =
		(struct loaded_document){ .doc_id = load->class_id, .doc_kind = "class", .damaged = true };
}

static void read_class(struct load *load)
{
	if (find_class(load)) {
		read_documents(load);
		if (load->result == STORE_DURABLE)
			read_done(load);
	}
	if (load->result == STORE_DURABLE)
		read_secrets(load);
	place_damage(load);
}

/* ------------------------------------------------------------------------------------------------ reads as jobs */

static int give_up_if_closing(void *ctx)
{
	struct sqlite_store *store = ctx;

	return atomic_load(&store->closing);
}

int sqlite_reader_open(struct sqlite_store *store, struct db *db)
{
	int rc = db_open_reader(db, store->path);

	if (rc == SQLITE_OK) {
		sqlite3_progress_handler(db->handle, GIVE_UP_CHECK_STEPS, give_up_if_closing, store);
		rc = db_run(db, SQL_BEGIN, "");
	}
	return rc;
}

static bool open_load(struct load *load)
{
	int rc = sqlite_reader_open(load->store, &load->db);

	if (rc != SQLITE_OK && is_damage(load, rc))
		load->class_damaged = true;
	return rc == SQLITE_OK;
}

static void check_file(struct load *load)
{
	sqlite3_stmt *stmt = db_bind(&load->db, SQL_QUICK_CHECK, "");
	int rc = step(load, stmt);
	bool damaged = rc == SQLITE_ROW ? strcmp(row_text(stmt, 0), "ok") != 0 : is_damage(load, rc);

	if (damaged)
		writer_latch(&load->store->folder, &load->store->fault, STORE_DAMAGED, "checking the whole file: it is damaged");
	sqlite3_reset(stmt);
}

/* In the pool. */
static void run_load(uv_work_t *request)
{
	struct load *load = request->data;

	load->result = STORE_UNAVAILABLE;
	if (!sqlite_reader_enter(load->store))
		return;
	load->result = STORE_DURABLE;
	if (open_load(load)) {
		if (load->on_class)
			read_class(load);
		else
			check_file(load);
	} else if (load->result == STORE_DURABLE) {
		place_damage(load);
	}
	db_close(&load->db);
	sqlite_reader_leave(load->store);
}

static void free_load(struct load *load)
{
	for (size_t i = 0; i < load->loaded.document_count; i++)
		free((void *)load->documents[i].entries);
	free(load->documents);
	free((void *)load->loaded.secrets);
	free((void *)load->loaded.done);
	arena_release(&load->arena);
	free(load->class_id);
	free(load);
}

/* Back on the loop. Who closed the store is not called any more. */
static void on_loaded(uv_work_t *request, int status)
{
	struct load *load = request->data;
	struct sqlite_store *store = load->store;

	(void)status; /* never cancelled */
	load->loaded.documents = load->documents;
	if (load->on_class && !store->closed)
		load->on_class(load->result == STORE_DURABLE ? &load->loaded : NULL, load->result, load->ctx);
	free_load(load);
	sqlite_read_done(store);
}

static struct load *new_load(struct sqlite_store *store, const char *class_id)
{
	struct load *load = calloc(1, sizeof *load);

	if (!load)
		abort();
	load->request.data = load;
	load->store = store;
	load->class_id = strdup(class_id);
	if (!load->class_id)
		abort();
	return load;
}

static void start(struct load *load)
{
	load->store->reads++;
	/* Fails only without a function to run. */
	if (uv_queue_work(load->store->loop, &load->request, run_load, on_loaded))
		abort();
}

void sqlite_load_class(struct store *store, const char *class_id, store_on_class *on_class, void *ctx)
{
	struct load *load = new_load((struct sqlite_store *)store, class_id);

	assert(on_class);
	load->on_class = on_class;
	load->ctx = ctx;
	start(load);
}

void sqlite_check(struct sqlite_store *store)
{
	start(new_load(store, ""));
}

/* ------------------------------------------------------------------------------------------------ directory */

static bool is_known_kind(const char *kind)
{
	static const char *const kinds[] = { "account", "session", "invite", "class", "secret" };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

bool sqlite_read_directory(struct store *store, const char *kind, store_on_row *on_row, void *ctx)
{
	struct sqlite_store *s = (struct sqlite_store *)store;
	struct db db = { 0 };
	bool good = db_open_reader(&db, s->path) == SQLITE_OK;
	sqlite3_stmt *stmt = good ? db_bind(&db, SQL_ROWS, "") : NULL;
	struct log_row row;
	int64_t count = 0;
	int rc = SQLITE_ERROR;

	/* Whole, and not by kind: a row whose kind was damaged would otherwise just not be there. */
	while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		bool whole = row_read_directory(stmt, &row);

		count++;
		if (whole && !strcmp(row.kind, kind))
			on_row(&row, ctx);
		else if (!whole && (!strcmp(row.kind, kind) || !is_known_kind(row.kind)))
			good = false;
	}
	on_row(NULL, ctx);
	good = good && rc == SQLITE_DONE && count == stored_count(&db, "rows");
	db_close(&db);
	return good;
}
