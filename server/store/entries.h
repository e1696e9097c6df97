#ifndef FORWHOM_SERVER_STORE_ENTRIES_H
#define FORWHOM_SERVER_STORE_ENTRIES_H

#include "proto/arena.h"
#include "server/store/row.h"
#include "server/store/sql.h"

/*
 * One document's snapshots and log as they come out of the database, every row held against its checksum and its place
 * in the chain. Results are SQLite's codes: SQLITE_CORRUPT also for rows that are not what was written.
 */
struct entries {
	struct db *db;
	const char *class_id, *doc_id, *doc_kind;
	int64_t number; /* of the document, in the log */
	int64_t seq;    /* the last that was good */
	uint8_t chain[SUM_BYTES];
	sqlite3_stmt *log, *texts;
	int texts_rc;
};

/* At the beginning of the log of `row`'s document. Borrows all three until entries_end. */
void entries_init(struct entries *entries, struct db *db, const char *class_id, const struct document_row *row);

/* Is offered a snapshot; true: go on from there. */
typedef bool entries_take(void *ctx, int64_t seq, const char *body, size_t size_bytes);

/*
 * Offers the good snapshots not beyond `upto_seq`, newest first; the taken one's seq becomes the reader's. A bad one only
 * costs a longer replay, and is left out. Only where the document's row can be trusted: else a snapshot could be another's.
 * SQLITE_DONE, or why it was cut short.
 */
int entries_from_snapshot(struct entries *entries, int64_t upto_seq, entries_take *take, void *ctx);

/* The next entry, its strings in `arena`: SQLITE_ROW; SQLITE_DONE behind the last; else what is wrong. */
int entries_next(struct entries *entries, struct arena *arena, struct log_entry *entry);

/* Lets the statements go. */
void entries_end(struct entries *entries);

/* Copies a column's text; "" for none. */
char *entries_copy_column(struct arena *arena, sqlite3_stmt *stmt, int column, size_t *size_bytes);

#endif
