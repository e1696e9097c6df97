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

#include "proto/arena.h"
#include "server/store/row.h"

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
	const char *text = row_text(stmt, column);
	size_t size = *text ? (size_t)sqlite3_column_bytes(stmt, column) : 0;

	if (size_bytes)
		*size_bytes = size;
	return arena_copy(&load->arena, text, size);
}

/* ------------------------------------------------------------------------------------------------ documents */

/* A document being read. */
struct reading {
	struct load *load;
	struct document_row row;
	struct loaded_document *out;
	struct log_entry *entries; /* on the heap, given to the arena's owner at the end */
	size_t count;
	int64_t seq; /* the last that was good */
	uint8_t chain[SUM_BYTES];
	sqlite3_stmt *texts;
	int texts_rc;
};

/* The texts of an entry, which must be exactly the next in their table. */
static bool read_texts(struct reading *r, struct log_entry *entry)
{
	struct log_text *texts;

	/* A flipped bit in the count must not make us allocate what the count says. */
	if (entry->text_count > 65536)
		return false;
	texts = arena_alloc(&r->load->arena, (entry->text_count + 1) * sizeof *texts);
	entry->texts = texts;
	for (size_t n = 0; n < entry->text_count; n++) {
		uint8_t sum[SUM_BYTES];

		if (r->texts_rc != SQLITE_ROW || sqlite3_column_int64(r->texts, 0) != entry->seq ||
			sqlite3_column_int64(r->texts, 1) != (int64_t)n)
			return false;
		texts[n].owner = copy_column(r->load, r->texts, 2, NULL);
		texts[n].text = copy_column(r->load, r->texts, 3, &texts[n].size_bytes);
		sum_text(r->row.id, entry->seq, n, &texts[n], sum);
		if (!row_sum_is(r->texts, 4, sum))
			return false;
		r->texts_rc = step(r->load, r->texts);
	}
	return true;
}

static bool read_entry(struct reading *r, sqlite3_stmt *stmt)
{
	int64_t texts = sqlite3_column_int64(stmt, 4);
	struct log_entry *entry;
	uint8_t sum[SUM_BYTES];

	r->entries = grow(r->entries, r->count, sizeof *r->entries);
	entry = &r->entries[r->count];
	*entry = (struct log_entry){
		.class_id = r->load->class_id,
		.doc_id = r->out->doc_id,
		.doc_kind = r->out->doc_kind,
		.seq = sqlite3_column_int64(stmt, 0),
		.at_ms = sqlite3_column_int64(stmt, 1),
		.text_count = texts < 0 ? 0 : (size_t)texts,
	};
	if (entry->seq != r->seq + 1)
		return false;
	entry->actor = copy_column(r->load, stmt, 2, NULL);
	entry->body = copy_column(r->load, stmt, 3, &entry->body_bytes);
	sum_entry(entry, r->chain, sum);
	if (!row_sum_is(stmt, 5, sum) || !read_texts(r, entry))
		return false;
	memcpy(r->chain, sum, SUM_BYTES);
	r->seq = entry->seq;
	r->count++;
	return true;
}

/* Everything after r->seq that is good. False if it ends in something that is not. */
static bool read_entries(struct reading *r)
{
	struct load *load = r->load;
	sqlite3_stmt *stmt = db_bind(&load->db, SQL_LOG, "ii", r->row.number, r->seq);
	bool good = true;
	int rc;

	r->texts = db_bind(&load->db, SQL_TEXTS, "ii", r->row.number, r->seq);
	r->texts_rc = step(load, r->texts);
	while (good && (rc = step(load, stmt)) == SQLITE_ROW)
		good = read_entry(r, stmt);
	if (good && is_damage(load, rc))
		good = false;
	/* Where the texts failed for another reason than damage, this is no verdict on the document. */
	if (!good && r->texts_rc != SQLITE_ROW)
		is_damage(load, r->texts_rc);
	sqlite3_reset(stmt);
	sqlite3_reset(r->texts);
	return good;
}

/* The newest snapshot that is good, if there is one; a bad one only costs a longer replay. */
static void read_snapshot(struct reading *r)
{
	struct load *load = r->load;
	sqlite3_stmt *stmt = db_bind(&load->db, SQL_SNAPSHOTS, "i", r->row.number);
	int rc;

	while ((rc = step(load, stmt)) == SQLITE_ROW) {
		int64_t seq = sqlite3_column_int64(stmt, 0);
		const char *body = row_text(stmt, 2);
		size_t size = (size_t)sqlite3_column_bytes(stmt, 2);
		uint8_t chain[SUM_BYTES], sum[SUM_BYTES];

		if (!row_blob(stmt, 1, chain, SUM_BYTES) || seq > r->row.head)
			continue;
		sum_snapshot(r->row.id, seq, chain, body, size, sum);
		if (!row_sum_is(stmt, 3, sum))
			continue;
		r->out->snapshot = copy_column(load, stmt, 2, &r->out->snapshot_bytes);
		r->out->snapshot_seq = seq;
		r->seq = seq;
		memcpy(r->chain, chain, SUM_BYTES);
		break;
	}
	if (rc != SQLITE_ROW)
		is_damage(load, rc);
	sqlite3_reset(stmt);
}

static void read_document(struct load *load, const struct document_row *row, bool whole)
{
	struct loaded_document *out;
	struct reading r = { .load = load, .row = *row };
	bool good;

	load->documents = grow(load->documents, load->loaded.document_count, sizeof *load->documents);
	out = &load->documents[load->loaded.document_count];
	*out = (struct loaded_document){
		.doc_id = arena_copy(&load->arena, row->id, strlen(row->id)),
		.doc_kind = arena_copy(&load->arena, row->kind, strlen(row->kind)),
	};
	r.row.id = out->doc_id;
	r.row.kind = out->doc_kind;
	r.out = out;
	sum_seed(load->class_id, row->id, row->kind, r.chain);
	/* Without trust in the rows above it a snapshot could be another's; the chain from the first entry proves class, id and kind. */
	if (whole)
		read_snapshot(&r);
	good = read_entries(&r);
	out->entries = r.entries;
	out->entry_count = r.count;
	out->head = whole ? row->head : r.seq;
	out->damaged = !good || !whole || r.seq != row->head || memcmp(r.chain, row->chain, SUM_BYTES) != 0;
	if (!whole) {
		load->class_damaged = true;
		if (r.count == 0) {
			free(r.entries);
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

/* Opens the load's own connection and begins what it reads as of one moment. */
static bool open_load(struct load *load)
{
	int rc = db_open_reader(&load->db, load->store->path);

	if (rc == SQLITE_OK) {
		sqlite3_progress_handler(load->db.handle, GIVE_UP_CHECK_STEPS, give_up_if_closing, load->store);
		rc = db_run(&load->db, SQL_BEGIN, "");
	}
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
