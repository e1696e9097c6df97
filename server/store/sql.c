#include "server/store/sql.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA_VERSION = 1, WRITER_BUSY_MS = 250, READER_BUSY_MS = 2000 };

/*
 * Rows that belong together lie together (WITHOUT ROWID, keyed by small numbers that only grow), so that a commit
 * writes the last page of each table it touches and no page at random. Outcomes are therefore numbered per class
 * and not keyed by the command's random id, which the hub looks up in memory.
 */
static const char schema[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE class("
	" id TEXT PRIMARY KEY, number INTEGER NOT NULL, documents INTEGER NOT NULL, done_first INTEGER NOT NULL,"
	" done_last INTEGER NOT NULL,"
	" sum BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE document("
	" class INTEGER, n INTEGER, doc INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, head INTEGER NOT NULL,"
	" chain BLOB NOT NULL, sum BLOB NOT NULL, PRIMARY KEY(class, n)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE log("
	" doc INTEGER, seq INTEGER, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL, texts INTEGER NOT NULL,"
	" sum BLOB NOT NULL, PRIMARY KEY(doc, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE log_text("
	" doc INTEGER, seq INTEGER, n INTEGER, owner TEXT NOT NULL, text TEXT NOT NULL, sum BLOB NOT NULL,"
	" PRIMARY KEY(doc, seq, n)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE snapshot("
	" doc INTEGER, seq INTEGER, chain BLOB NOT NULL, body TEXT NOT NULL, sum BLOB NOT NULL, PRIMARY KEY(doc, seq)) STRICT;"
	"CREATE TABLE done("
	" class INTEGER, n INTEGER, id BLOB NOT NULL, hash BLOB NOT NULL, outcome TEXT NOT NULL, at_ms INTEGER NOT NULL,"
	" sum BLOB NOT NULL, PRIMARY KEY(class, n)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE directory("
	" kind TEXT, key TEXT, value TEXT NOT NULL, sum BLOB NOT NULL, PRIMARY KEY(kind, key)) STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES('schema', 1), ('classes', 0), ('rows', 0);";

static const char *const texts[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN",
	[SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_CLASS] = "SELECT id, number, documents, done_first, done_last, sum FROM class WHERE id = ?1",
	[SQL_CLASSES] = "SELECT id, number, documents, done_first, done_last, sum FROM class",
	[SQL_CLASS_AFTER] = "SELECT id, number, documents, done_first, done_last, sum FROM class WHERE id > ?1 ORDER BY id LIMIT 1",
	/* Looks through the table: asked once for a whole log. */
	[SQL_CLASS_BY_NUMBER] = "SELECT id, number, documents, done_first, done_last, sum FROM class WHERE number = ?1",
	[SQL_CLASS_LAST] = "SELECT coalesce(max(number), 0) FROM class",
	[SQL_CLASS_PUT] = "INSERT OR REPLACE INTO class(id, number, documents, done_first, done_last, sum)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_DOCUMENT_BY_ID] = "SELECT id, kind, class, n, doc, head, chain, sum FROM document WHERE id = ?1",
	[SQL_DOCUMENTS] = "SELECT id, kind, class, n, doc, head, chain, sum FROM document WHERE class = ?1 ORDER BY n",
	[SQL_DOCUMENT_LAST] = "SELECT coalesce(max(doc), 0) FROM document",
	/* Never replaces another document of the same id: that would be a conflict on `id`, and an error. */
	[SQL_DOCUMENT_PUT] = "INSERT INTO document(id, kind, class, n, doc, head, chain, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT(class, n) DO UPDATE SET head = excluded.head, chain = excluded.chain, sum = excluded.sum",
	[SQL_LOG_ADD] = "INSERT INTO log(doc, seq, at_ms, actor, body, texts, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_LOG_SUM] = "SELECT sum FROM log WHERE doc = ?1 AND seq = ?2",
	[SQL_LOG] = "SELECT seq, at_ms, actor, body, texts, sum FROM log WHERE doc = ?1 AND seq > ?2 ORDER BY seq",
	[SQL_TEXT_ADD] = "INSERT INTO log_text(doc, seq, n, owner, text, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_TEXTS] = "SELECT seq, n, owner, text, sum FROM log_text WHERE doc = ?1 AND seq > ?2 ORDER BY seq, n",
	[SQL_SNAPSHOT_PUT] = "INSERT OR REPLACE INTO snapshot(doc, seq, chain, body, sum) VALUES(?1, ?2, ?3, ?4, ?5)",
	[SQL_SNAPSHOT] = "SELECT seq, chain, body, sum FROM snapshot WHERE doc = ?1 AND seq = ?2",
	[SQL_SNAPSHOT_NEWEST] = "SELECT seq FROM snapshot WHERE doc = ?1 ORDER BY seq DESC LIMIT 4",
	[SQL_SNAPSHOT_DROP] = "DELETE FROM snapshot WHERE doc = ?1 AND seq = ?2",
	[SQL_SNAPSHOTS] = "SELECT seq, chain, body, sum FROM snapshot WHERE doc = ?1 ORDER BY seq DESC",
	[SQL_DONE_ADD] = "INSERT INTO done(class, n, id, hash, outcome, at_ms, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_DONE] = "SELECT n, id, hash, outcome, at_ms, sum FROM done WHERE class = ?1 ORDER BY n DESC LIMIT 100000",
	[SQL_DONE_OLDEST] = "SELECT n, id, hash, outcome, at_ms, sum FROM done WHERE class = ?1 ORDER BY n LIMIT ?2",
	[SQL_DONE_TRIM] = "DELETE FROM done WHERE class = ?1 AND n < ?2",
	[SQL_ROW_CHANGE] = "UPDATE directory SET value = ?3, sum = ?4 WHERE kind = ?1 AND key = ?2",
	[SQL_ROW_ADD] = "INSERT INTO directory(kind, key, value, sum) VALUES(?1, ?2, ?3, ?4)",
	[SQL_ROW_REMOVE] = "DELETE FROM directory WHERE kind = ?1 AND key = ?2",
	[SQL_ROWS] = "SELECT kind, key, value, sum FROM directory",
	[SQL_ROWS_BETWEEN] = "SELECT kind, key, value, sum FROM directory WHERE kind = ?1 AND key >= ?2 AND key < ?3",
	[SQL_META_PUT] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)",
	[SQL_META] = "SELECT value FROM meta WHERE key = ?1",
	[SQL_QUICK_CHECK] = "PRAGMA quick_check(1)",
};

static int fail(struct db *db, int rc, char *error, size_t error_cap, const char *what)
{
	if (error)
		snprintf(error, error_cap, "%s: %s", what, db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
	return rc;
}

/* Runs a statement that yields one integer, -1 if it does not. */
static int64_t ask(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static int open_at(struct db *db, const char *path, int flags, int busy_ms)
{
	/* cell_size_check: a damaged page is found before its rows are believed. */
	static const char pragmas[] = "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;"
		"PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384;";
	int rc;

	memset(db, 0, sizeof *db);
	rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(db->handle, busy_ms);
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
		rc = sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL);
	}
	return rc;
}

/* Writes are synced, what is deleted is overwritten: set, and then asked, because a build of SQLite may ignore either. */
static int make_durable(struct db *db)
{
	/* EXTRA while a new file is turned to write-ahead logging: else the journal of that step, whose removal nobody has
	 * synced, may be back after a power cut and roll everything back. */
	static const char pragmas[] = "PRAGMA synchronous = EXTRA; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
		"PRAGMA journal_size_limit = 67108864;";
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL);
	bool wal;

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt) == SQLITE_ROW ? SQLITE_OK : sqlite3_extended_errcode(db->handle);
	wal = rc == SQLITE_OK && !strcmp((const char *)sqlite3_column_text(stmt, 0), "wal");
	sqlite3_finalize(stmt);
	if (rc != SQLITE_OK)
		return rc;
	if (!wal || ask(db, "PRAGMA synchronous") != 2 || ask(db, "PRAGMA secure_delete") != 1)
		return SQLITE_MISUSE;
	return SQLITE_OK;
}

static int make_schema(struct db *db)
{
	int64_t tables = ask(db, "SELECT count(*) FROM sqlite_schema");
	int64_t version;
	int rc;

	if (tables < 0)
		return sqlite3_extended_errcode(db->handle);
	if (tables == 0) {
		rc = sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_exec(db->handle, schema, NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_exec(db->handle, "COMMIT", NULL, NULL, NULL);
		return rc;
	}
	version = ask(db, "SELECT value FROM meta WHERE key = 'schema'");
	if (version > SCHEMA_VERSION)
		return SQL_NEWER;
	return version == SCHEMA_VERSION ? SQLITE_OK : SQLITE_NOTADB;
}

int db_open_writer(struct db *db, const char *path, char *error, size_t error_cap)
{
	int rc;

	assert(sqlite3_threadsafe());
	rc = open_at(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, WRITER_BUSY_MS);
	if (rc == SQLITE_OK)
		rc = make_durable(db);
	if (rc == SQLITE_OK)
		rc = make_schema(db);
	if (rc == SQLITE_OK)
		return rc;
	if (rc == SQL_NEWER)
		snprintf(error, error_cap, "%s was written by a newer version of this program; install that one", path);
	else if (rc == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT)
		snprintf(error, error_cap, "%s is damaged or not a database of this program; restore it from a backup", path);
	else
		fail(db, rc, error, error_cap, path);
	db_close(db);
	return rc;
}

int db_open_reader(struct db *db, const char *path)
{
	int rc = open_at(db, path, SQLITE_OPEN_READONLY, READER_BUSY_MS);

	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->handle, "PRAGMA query_only = ON", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		db_close(db);
	return rc;
}

void db_close(struct db *db)
{
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	memset(db, 0, sizeof *db);
}

static void bind_one(sqlite3_stmt *stmt, int at, char type, va_list *args)
{
	const void *bytes;
	size_t size_bytes;
	int rc = SQLITE_MISUSE;

	switch (type) {
	case 'i':
		rc = sqlite3_bind_int64(stmt, at, va_arg(*args, int64_t));
		break;
	case 's':
		rc = sqlite3_bind_text(stmt, at, va_arg(*args, const char *), -1, SQLITE_STATIC);
		break;
	case 't':
	case 'b':
		bytes = va_arg(*args, const void *);
		size_bytes = va_arg(*args, size_t);
		/* NULL would bind the SQL null, which nothing here is. */
		if (!bytes)
			bytes = "";
		rc = type == 't' ? sqlite3_bind_text64(stmt, at, bytes, size_bytes, SQLITE_STATIC, SQLITE_UTF8)
			: sqlite3_bind_blob64(stmt, at, bytes, size_bytes, SQLITE_STATIC);
		break;
	}
	assert(rc == SQLITE_OK);
}

static sqlite3_stmt *bind_list(struct db *db, enum sql which, const char *types, va_list *args)
{
	sqlite3_stmt **stmt = &db->statements[which];

	assert(texts[which]);
	if (!*stmt && sqlite3_prepare_v3(db->handle, texts[which], -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_reset(*stmt);
	assert(sqlite3_bind_parameter_count(*stmt) == (int)strlen(types));
	for (int i = 0; types[i]; i++)
		bind_one(*stmt, i + 1, types[i], args);
	return *stmt;
}

sqlite3_stmt *db_bind(struct db *db, enum sql which, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list args;

	va_start(args, types);
	stmt = bind_list(db, which, types, &args);
	va_end(args);
	return stmt;
}

int db_run(struct db *db, enum sql which, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list args;
	int rc;

	va_start(args, types);
	stmt = bind_list(db, which, types, &args);
	va_end(args);
	if (!stmt)
		return sqlite3_extended_errcode(db->handle);
	rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}
