/* How fast this machine makes things durable, with nothing around it: the yardstick for what an acknowledgement costs. */
#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_BYTES = 200, PAGE_BYTES = 4096, SYNC_PAGES = 4096 };

static void report(const char *name, const struct dist *dist, uint64_t took_ns)
{
	printf("{\"per_s\":%.0f,", (double)dist->count / ((double)took_ns / 1e9));
	dist_print(name, dist);
	puts("}");
}

static void check(sqlite3 *db, int result, int wanted)
{
	errno = 0;
	if (result != wanted)
		die("SQLite: %s", sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;

	check(db, sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	return statement;
}

static void step(sqlite3 *db, sqlite3_stmt *statement)
{
	check(db, sqlite3_step(statement), SQLITE_DONE);
	check(db, sqlite3_reset(statement), SQLITE_OK);
}

int commit_main(int argc, char **argv)
{
	static struct dist dist;
	static const char body[BODY_BYTES];
	char path[4096];
	sqlite3 *db;

	if (argc != 3)
		return 2;
	snprintf(path, sizeof path, "%s/commit.db", argv[1]);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		die("%s", path);
	check(db, sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	                           "CREATE TABLE ops(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *insert = prepare(db, "INSERT INTO ops(body) VALUES(?)"),
	             *commit = prepare(db, "COMMIT");

	uint64_t start = mono_ns(), end = start + (uint64_t)(atof(argv[2]) * 1e9), before, after = start;
	while (after < end) {
		before = after;
		step(db, begin);
		check(db, sqlite3_bind_blob(insert, 1, body, sizeof body, SQLITE_STATIC), SQLITE_OK);
		step(db, insert);
		step(db, commit);
		after = mono_ns();
		dist_add(&dist, after - before);
	}
	report("commit", &dist, after - start);
	sqlite3_finalize(begin);
	sqlite3_finalize(insert);
	sqlite3_finalize(commit);
	sqlite3_close(db);
	return 0;
}

int sync_main(int argc, char **argv)
{
	static struct dist dist;
	static char page[PAGE_BYTES];
	char path[4096];

	if (argc != 3)
		return 2;
	snprintf(path, sizeof path, "%s/sync.bin", argv[1]);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s", path);
	/* Blocks that exist already, as in a log that is used again: to grow a file costs the file system's journal too. */
	for (int p = 0; p < SYNC_PAGES; p++)
		if (write(fd, page, sizeof page) != sizeof page)
			die("%s", path);
	if (fsync(fd) != 0)
		die("%s", path);

	uint64_t start = mono_ns(), end = start + (uint64_t)(atof(argv[2]) * 1e9), before, after = start;
	for (off_t p = 0; after < end; p = (p + 1) % SYNC_PAGES) {
		before = after;
		memset(page, (int)p, sizeof page);
		if (pwrite(fd, page, sizeof page, p * PAGE_BYTES) != sizeof page || fdatasync(fd) != 0)
			die("%s", path);
		after = mono_ns();
		dist_add(&dist, after - before);
	}
	report("sync", &dist, after - start);
	close(fd);
	return 0;
}
