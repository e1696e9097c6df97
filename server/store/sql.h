#ifndef FORWHOM_SERVER_STORE_SQL_H
#define FORWHOM_SERVER_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

/*
 * Every SQL statement of the program, by name, and the two ways in which the database is opened.
 *
 * SQLite before 3.51.3 can corrupt a write-ahead log that two connections write or checkpoint at once. So there is one
 * writing connection (the writer thread's), it alone checkpoints, and readers can do neither.
 */
enum sql {
	SQL_BEGIN,
	SQL_BEGIN_WRITE,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_CLASS,
	SQL_CLASSES,
	SQL_CLASS_AFTER,
	SQL_CLASS_BY_NUMBER,
	SQL_CLASS_LAST,
	SQL_CLASS_PUT,
	SQL_DOCUMENT_BY_ID,
	SQL_DOCUMENTS,
	SQL_DOCUMENT_LAST,
	SQL_DOCUMENT_PUT,
	SQL_LOG_ADD,
	SQL_LOG_SUM,
	SQL_LOG,
	SQL_TEXT_ADD,
	SQL_TEXTS,
	SQL_SNAPSHOT_PUT,
	SQL_SNAPSHOT,
	SQL_SNAPSHOT_NEWEST,
	SQL_SNAPSHOT_DROP,
	SQL_SNAPSHOTS,
	SQL_DONE_ADD,
	SQL_DONE,
	SQL_DONE_OLDEST,
	SQL_DONE_TRIM,
	SQL_ROW_CHANGE,
	SQL_ROW_ADD,
	SQL_ROW_REMOVE,
	SQL_ROWS,
	SQL_ROWS_BETWEEN,
	SQL_META_PUT,
	SQL_META,
	SQL_QUICK_CHECK,
	SQL_COUNT,
};

struct db {
	sqlite3 *handle;
	sqlite3_stmt *statements[SQL_COUNT]; /* prepared when first used */
};

/* A row of the database was written by a newer version of this program. Not one of SQLite's result codes. */
enum { SQL_NEWER = 100000 };

/*
 * Opens the database for writing, makes the tables if there are none, and sees to it that commits are synced. Returns
 * SQLITE_OK, SQL_NEWER, or SQLite's extended code; `error` then has a sentence. `db` is closed again on failure.
 */
int db_open_writer(struct db *db, const char *path, char *error, size_t error_cap);

/* Opens it for reading only. Returns SQLITE_OK or SQLite's extended code. */
int db_open_reader(struct db *db, const char *path);

/* Takes a db that is not open. */
void db_close(struct db *db);

/*
 * The statement, reset, with its parameters bound as `types` says, a letter for each:
 *   i  int64_t    s  const char *    t  const char *, size_t    b  const void *, size_t (a blob)
 * Texts and blobs are borrowed until the statement has run. NULL when it cannot be prepared: ask sqlite3_extended_errcode.
 */
sqlite3_stmt *db_bind(struct db *db, enum sql which, const char *types, ...);

/* Binds, runs to its end and resets. Returns SQLITE_OK or the extended code. */
int db_run(struct db *db, enum sql which, const char *types, ...);

#endif
