#include "server/store/entries.h"

#include <string.h>

/* A flipped bit in a count must not make us allocate what the count says. */
enum { TEXTS_MAX = 65536 };

static int step(struct entries *e, sqlite3_stmt *stmt)
{
	return stmt ? sqlite3_step(stmt) : sqlite3_extended_errcode(e->db->handle);
}

char *entries_copy_column(struct arena *arena, sqlite3_stmt *stmt, int column, size_t *size_bytes)
{
	const char *text = row_text(stmt, column);
	size_t size = *text ? (size_t)sqlite3_column_bytes(stmt, column) : 0;

	if (size_bytes)
		*size_bytes = size;
	return arena_copy(arena, text, size);
}

void entries_init(struct entries *e, struct db *db, const char *class_id, const struct document_row *row)
{
	*e = (struct entries){ .db = db, .class_id = class_id, .doc_id = row->id, .doc_kind = row->kind, .number = row->number };
	sum_seed(class_id, row->id, row->kind, e->chain);
}

/* Whether the statement's row is a good snapshot, whose chain is then in `chain`. */
static bool read_snapshot(struct entries *e, sqlite3_stmt *stmt, uint8_t chain[SUM_BYTES])
{
	uint8_t sum[SUM_BYTES];

	if (!row_blob(stmt, 1, chain, SUM_BYTES))
		return false;
	sum_snapshot(e->doc_id, sqlite3_column_int64(stmt, 0), chain, row_text(stmt, 2), (size_t)sqlite3_column_bytes(stmt, 2), sum);
	return row_sum_is(stmt, 3, sum);
}

int entries_from_snapshot(struct entries *e, int64_t upto_seq, entries_take *take, void *ctx)
{
	sqlite3_stmt *stmt = db_bind(e->db, SQL_SNAPSHOTS, "i", e->number);
	bool taken = false;
	int rc = SQLITE_DONE;

	while (!taken && (rc = step(e, stmt)) == SQLITE_ROW) {
		int64_t seq = sqlite3_column_int64(stmt, 0);
		uint8_t chain[SUM_BYTES];

		if (seq > upto_seq || !read_snapshot(e, stmt, chain))
			continue;
		taken = take(ctx, seq, row_text(stmt, 2), (size_t)sqlite3_column_bytes(stmt, 2));
		if (!taken)
			continue;
		e->seq = seq;
		memcpy(e->chain, chain, SUM_BYTES);
	}
	sqlite3_reset(stmt);
	return taken ? SQLITE_DONE : rc;
}

/* The texts of an entry, which must be exactly the next in their table. */
static int read_texts(struct entries *e, struct arena *arena, struct log_entry *entry)
{
	struct log_text *texts = arena_alloc(arena, (entry->text_count + 1) * sizeof *texts);

	entry->texts = texts;
	for (size_t n = 0; n < entry->text_count; n++) {
		uint8_t sum[SUM_BYTES];

		if (e->texts_rc != SQLITE_ROW)
			return e->texts_rc == SQLITE_DONE ? SQLITE_CORRUPT : e->texts_rc;
		if (sqlite3_column_int64(e->texts, 0) != entry->seq || sqlite3_column_int64(e->texts, 1) != (int64_t)n)
			return SQLITE_CORRUPT;
		texts[n].owner = entries_copy_column(arena, e->texts, 2, NULL);
		texts[n].text = entries_copy_column(arena, e->texts, 3, &texts[n].size_bytes);
		sum_text(e->doc_id, entry->seq, n, &texts[n], sum);
		if (!row_sum_is(e->texts, 4, sum))
			return SQLITE_CORRUPT;
		e->texts_rc = step(e, e->texts);
	}
	return SQLITE_ROW;
}

static void begin(struct entries *e)
{
	e->log = db_bind(e->db, SQL_LOG, "ii", e->number, e->seq);
	e->texts = db_bind(e->db, SQL_TEXTS, "ii", e->number, e->seq);
	e->texts_rc = step(e, e->texts);
}

int entries_next(struct entries *e, struct arena *arena, struct log_entry *entry)
{
	uint8_t sum[SUM_BYTES];
	int64_t texts;
	int rc;

	if (!e->log)
		begin(e);
	rc = step(e, e->log);
	if (rc != SQLITE_ROW)
		return rc;
	texts = sqlite3_column_int64(e->log, 4);
	*entry = (struct log_entry){
		.class_id = e->class_id,
		.doc_id = e->doc_id,
		.doc_kind = e->doc_kind,
		.seq = sqlite3_column_int64(e->log, 0),
		.at_ms = sqlite3_column_int64(e->log, 1),
		.text_count = texts < 0 ? 0 : (size_t)texts,
	};
	if (entry->seq != e->seq + 1 || entry->text_count > TEXTS_MAX)
		return SQLITE_CORRUPT;
	entry->actor = entries_copy_column(arena, e->log, 2, NULL);
	entry->body = entries_copy_column(arena, e->log, 3, &entry->body_bytes);
	sum_entry(entry, e->chain, sum);
	if (!row_sum_is(e->log, 5, sum))
		return SQLITE_CORRUPT;
	rc = read_texts(e, arena, entry);
	if (rc == SQLITE_ROW) {
		memcpy(e->chain, sum, SUM_BYTES);
		e->seq = entry->seq;
	}
	return rc;
}

void entries_end(struct entries *e)
{
	sqlite3_reset(e->log);
	sqlite3_reset(e->texts);
	e->log = e->texts = NULL;
}
