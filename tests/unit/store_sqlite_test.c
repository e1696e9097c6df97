/* What only the SQLite store has: its folder, its settings, and what it does about rows that are not what was written. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "server/store/sql.h"
#include "tests/unit/store_help.h"

/* What fstatfs says of every file, if not 0. The program's own definition takes the place of the C library's. */
static unsigned long pretended_file_system;

int fstatfs(int fd, struct statfs *info)
{
	struct stat unused;

	memset(info, 0, sizeof *info);
	info->f_type = (__typeof__(info->f_type))(pretended_file_system ? pretended_file_system : 0xef53);
	return fstat(fd, &unused);
}

static int open_bench(void **state)
{
	pretended_file_system = 0;
	*state = calloc(1, sizeof(struct bench));
	bench_open_sqlite(*state);
	return 0;
}

static int close_bench(void **state)
{
	pretended_file_system = 0;
	bench_close(*state);
	free(*state);
	return 0;
}

/* Does to the closed database what no store would, and opens it again. */
static void tamper(struct bench *bench, const char *sql)
{
	char path[128], *error = NULL;
	sqlite3 *db;

	bench_stop(bench);
	assert_int_equal(sqlite3_open(bench_path(bench, "forwhom.db", path), &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &error);
	assert_null(error);
	assert_true(sqlite3_total_changes(db) > 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	bench_start(bench);
}

static int64_t ask(struct bench *bench, const char *sql)
{
	char path[128];
	struct db db;
	sqlite3_stmt *stmt;
	int64_t value;

	assert_int_equal(db_open_reader(&db, bench_path(bench, "forwhom.db", path)), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db.handle, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	db_close(&db);
	return value;
}

/* ------------------------------------------------------------------------------------------------ folder */

static void assert_mode(const struct bench *bench, const char *name, mode_t mode)
{
	struct stat info;
	char path[128];

	assert_int_equal(stat(bench_path(bench, name, path), &info), 0);
	assert_int_equal(info.st_mode & 0777, mode);
}

static void files_are_the_owners_alone(void **state)
{
	struct bench *bench = *state;
	mode_t old = umask(0);

	bench_stop(bench);
	bench_remove_dir(bench);
	bench_start(bench);
	umask(old);
	assert_int_equal(append_row(bench, "account", "a", "{}"), STORE_DURABLE);
	assert_mode(bench, ".", 0700);
	assert_mode(bench, "forwhom.db", 0600);
	assert_mode(bench, "forwhom.db-wal", 0600);
	assert_mode(bench, "lock", 0600);
	assert_mode(bench, "ballast", 0600);
}

static void assert_refused(const char *dir, bool allow_network_fs, const char *why)
{
	char error[300] = "";
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_null(sqlite_store_open(dir, &loop, allow_network_fs, error, sizeof error));
	if (!strstr(error, why))
		fail_msg("\"%s\" does not say \"%s\"", error, why);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_folder_has_one_server(void **state)
{
	struct bench *bench = *state;
	char why[128];

	snprintf(why, sizeof why, "another server is using the folder %s", bench->dir);
	assert_refused(bench->dir, false, why);
	assert_int_equal(append_row(bench, "account", "a", "{}"), STORE_DURABLE);
	bench_stop(bench);
	bench_start(bench);
	assert_directory(bench, "account", true, "account a={}\n.");
}

static void network_file_systems_are_refused(void **state)
{
	struct bench *bench = *state;
	static const struct {
		unsigned long magic;
		const char *name;
	} systems[] = { { 0x6969, "NFS" }, { 0xfe534d42, "SMB" }, { 0xff534d42, "CIFS" }, { 0x65735546, "FUSE" } };
	char error[200];

	bench_stop(bench);
	for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
		pretended_file_system = systems[i].magic;
		assert_refused(bench->dir, false, systems[i].name);
	}
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->store = sqlite_store_open(bench->dir, &bench->loop, true, error, sizeof error);
	assert_non_null(bench->store);
}

static void what_cannot_be_opened_says_why(void **state)
{
	struct bench *bench = *state;
	char path[128], file[128];
	int fd;

	assert_refused("/nowhere/at/all", false, "cannot make the folder /nowhere/at/all: No such file or directory");
	bench_stop(bench);
	fd = open(bench_path(bench, "forwhom.db", path), O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(write(fd, "This is a letter, and no database at all. ", 42), 42);
	close(fd);
	assert_refused(bench->dir, false, "damaged or not a database");
	snprintf(file, sizeof file, "%s/lock", bench->dir);
	assert_refused(file, false, "cannot write in the folder");
	assert_int_equal(unlink(path), 0);
	bench_start(bench);
}

static void ballast_is_kept(void **state)
{
	struct bench *bench = *state;
	struct stat info;
	char path[128];

	assert_int_equal(stat(bench_path(bench, "ballast", path), &info), 0);
	assert_int_equal(info.st_size, 16 * 1024 * 1024);
	assert_true(info.st_blocks * 512 >= info.st_size);
}

/* ------------------------------------------------------------------------------------------------ settings */

static int64_t pragma(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static void the_writer_syncs_and_the_reader_cannot_write(void **state)
{
	struct bench *bench = *state;
	char path[128], error[200];
	struct db writer, reader;

	bench_stop(bench);
	assert_int_equal(db_open_writer(&writer, bench_path(bench, "forwhom.db", path), error, sizeof error), SQLITE_OK);
	assert_int_equal(db_open_reader(&reader, path), SQLITE_OK);
	assert_int_equal(pragma(&writer, "PRAGMA synchronous"), 2);
	assert_int_equal(pragma(&writer, "PRAGMA secure_delete"), 1);
	assert_int_equal(pragma(&writer, "PRAGMA mmap_size"), 0);
	assert_int_equal(pragma(&writer, "PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(pragma(&reader, "PRAGMA query_only"), 1);
	assert_int_equal(pragma(&reader, "PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(pragma(&reader, "PRAGMA mmap_size"), 0);
	assert_int_equal(db_run(&reader, SQL_META_PUT, "si", "x", (int64_t)1) & 0xff, SQLITE_READONLY);
	assert_int_equal(db_run(&writer, SQL_META_PUT, "si", "x", (int64_t)1), SQLITE_OK);
	db_close(&writer);
	db_close(&reader);
	/* The reader was the last to go, and left the log as it was. */
	assert_int_equal(access(bench_path(bench, "forwhom.db-wal", path), F_OK), 0);
	bench_start(bench);
}

static void the_log_is_folded_and_begun_anew(void **state)
{
	struct bench *bench = *state;
	char path[128];
	struct stat info;

	for (int64_t seq = 1; seq <= 1500; seq++)
		assert_int_equal(append_entry(bench, "c", "w", seq, "an entry"), STORE_DURABLE);
	assert_int_equal(stat(bench_path(bench, "forwhom.db-wal", path), &info), 0);
	/* Three or four pages a commit; unfolded it would be over 18 MB. */
	assert_in_range(info.st_size, 1, 6 * 1024 * 1024);
	assert_int_equal(stat(bench_path(bench, "forwhom.db", path), &info), 0);
	assert_true(info.st_size > 64 * 1024);
}

static void old_outcomes_are_dropped(void **state)
{
	struct bench *bench = *state;
	enum { OLD = 1200 };
	struct log_done *done = calloc(OLD + 1, sizeof *done);
	int64_t old_ms = wall_ms() - INT64_C(25) * 60 * 60 * 1000;

	for (int i = 0; i < OLD; i++)
		done[i] = done_of(i % 3 ? "c" : "d", (uint8_t)i, "{}", old_ms);
	done[OLD] = done_of("c", 77, "{}", wall_ms());
	assert_int_equal(append_now(bench, &(struct log_batch){ .done = done, .done_count = OLD + 1 }), STORE_DURABLE);
	bench_stop(bench);
	bench_start(bench);
	/* The first round begins at the start; each batch lets it go a step further. */
	for (int i = 0; i < 3000 && ask(bench, "SELECT count(*) FROM done") > 1; i++) {
		usleep(1000);
		assert_int_equal(append_row(bench, "account", "a", "{}"), STORE_DURABLE);
	}
	assert_int_equal(ask(bench, "SELECT count(*) FROM done"), 1);
	assert_class(bench, "c", "done c 77 9,77 {}\n");
	assert_class(bench, "d", "");
	free(done);
}

/* ------------------------------------------------------------------------------------------------ damage */

/* A class of two documents, w with a snapshot at 2 and at 3 and an entry with a text. */
static void fill(struct bench *bench)
{
	const struct log_text text = { "ama", "words", 5 };
	struct log_entry entry = entry_of("c", "w", 4, "d");
	struct log_done done[] = { done_of("c", 1, "{}", wall_ms()), done_of("c", 2, "{}", wall_ms()) };
	struct log_row rows[] = { { "secret", "c:1", "ama" }, { "account", "a", "{}" }, { "account", "b", "{}" }, { "invite", "i", "{}" } };

	entry.texts = &text;
	entry.text_count = 1;
	assert_int_equal(append_entry(bench, "c", "c", 1, "x"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "c", "w", 1, "a"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "c", "w", 2, "b"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "c", "w", 3, "c"), STORE_DURABLE);
	assert_int_equal(append_now(bench, &(struct log_batch){ .entries = &entry, .entry_count = 1, .done = done, .done_count = 2,
		.rows = rows, .row_count = 4 }), STORE_DURABLE);
	bench->store->ops->put_snapshot(bench->store, "w", 2, "two", 3);
	bench->store->ops->put_snapshot(bench->store, "w", 3, "three", 5);
	assert_int_equal(append_row(bench, "session", "s", "{}"), STORE_DURABLE);
}

#define CLASS "c(class) head=1 [1 1001 ama x]\n"
#define CLASS_DAMAGED "c(class) head=1 damaged [1 1001 ama x]\n"
#define WALL "w(wall) head=4 snapshot@3=three [4 1004 ama d ama:words]\n"
#define SECRET "secret c:1=ama\n"
#define DONE "done c 1 9,1 {}\ndone c 2 9,2 {}\n"

/* What is done to the file, and what a load then says. */
static const struct {
	const char *sql, *expected;
} damages[] = {
	{ "UPDATE log SET body = 'D' WHERE seq = 4", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	{ "UPDATE log SET actor = 'eve' WHERE seq = 4", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	{ "UPDATE log SET at_ms = 1 WHERE seq = 4", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	{ "UPDATE log SET texts = 0 WHERE seq = 4", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	{ "UPDATE log SET texts = 99999999999 WHERE seq = 4", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	{ "UPDATE log_text SET text = 'Words'", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	{ "UPDATE log_text SET owner = 'eve'", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	{ "DELETE FROM log_text", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	/* The end of the log is missing, and nothing else is wrong with it. */
	{ "DELETE FROM log WHERE seq = 4", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE },
	/* A snapshot only saves time. */
	{ "UPDATE snapshot SET body = 'Three' WHERE seq = 3",
		CLASS "w(wall) head=4 snapshot@2=two [3 1003 ama c] [4 1004 ama d ama:words]\n" SECRET DONE },
	{ "UPDATE snapshot SET chain = zeroblob(16) WHERE seq = 3",
		CLASS "w(wall) head=4 snapshot@2=two [3 1003 ama c] [4 1004 ama d ama:words]\n" SECRET DONE },
	{ "UPDATE snapshot SET body = body || ' '",
		CLASS "w(wall) head=4 [1 1001 ama a] [2 1002 ama b] [3 1003 ama c] [4 1004 ama d ama:words]\n" SECRET DONE },
	{ "UPDATE snapshot SET body = ''; UPDATE log SET body = 'C' WHERE seq = 3",
		CLASS "w(wall) head=4 damaged [1 1001 ama a] [2 1002 ama b]\n" SECRET DONE },
	{ "UPDATE snapshot SET body = ''; UPDATE log SET seq = 9 WHERE seq = 2",
		CLASS "w(wall) head=4 damaged [1 1001 ama a]\n" SECRET DONE },
	{ "UPDATE snapshot SET body = ''; UPDATE log SET doc = 7 WHERE seq = 2",
		CLASS "w(wall) head=4 damaged [1 1001 ama a]\n" SECRET DONE },
	/* What the document's row says cannot be trusted: no snapshot, and the class is told. */
	{ "UPDATE document SET head = 3 WHERE id = 'w'",
		CLASS_DAMAGED "w(wall) head=4 damaged [1 1001 ama a] [2 1002 ama b] [3 1003 ama c] [4 1004 ama d ama:words]\n" SECRET DONE },
	{ "UPDATE document SET kind = 'canvas' WHERE id = 'w'", CLASS_DAMAGED SECRET DONE },
	{ "UPDATE document SET id = 'v' WHERE id = 'w'", CLASS_DAMAGED SECRET DONE },
	{ "UPDATE document SET doc = 77 WHERE id = 'w'", CLASS_DAMAGED SECRET DONE },
	{ "DELETE FROM document WHERE id = 'w'", CLASS_DAMAGED SECRET DONE },
	{ "DELETE FROM document WHERE id = 'c'", WALL "c(class) head=0 damaged\n" SECRET DONE },
	{ "DELETE FROM document", "c(class) head=0 damaged\n" SECRET DONE },
	{ "UPDATE class SET documents = 1", CLASS_DAMAGED
		"w(wall) head=4 damaged [1 1001 ama a] [2 1002 ama b] [3 1003 ama c] [4 1004 ama d ama:words]\n" SECRET DONE },
	{ "UPDATE class SET id = 'k'", "c(class) head=0 damaged\n" SECRET },
	{ "UPDATE class SET number = 9", "c(class) head=0 damaged\n" SECRET },
	{ "UPDATE done SET outcome = '{ }' WHERE n = 2", CLASS_DAMAGED WALL SECRET "done c 1 9,1 {}\n" },
	{ "UPDATE done SET hash = zeroblob(16) WHERE n = 2", CLASS_DAMAGED WALL SECRET "done c 1 9,1 {}\n" },
	{ "UPDATE done SET hash = x'00' WHERE n = 2", CLASS_DAMAGED WALL SECRET "done c 1 9,1 {}\n" },
	{ "DELETE FROM done WHERE n = 2", CLASS_DAMAGED WALL SECRET "done c 1 9,1 {}\n" },
	{ "DELETE FROM done WHERE n = 1", CLASS_DAMAGED WALL SECRET "done c 2 9,2 {}\n" },
	{ "DELETE FROM done", CLASS_DAMAGED WALL SECRET },
	{ "DELETE FROM class", "c(class) head=0 damaged\n" SECRET },
	{ "UPDATE directory SET value = 'eve' WHERE kind = 'secret'", CLASS_DAMAGED WALL DONE },
};

static void damage_is_never_served(void **state)
{
	struct bench *bench = *state;

	bench_stop(bench);
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		char *text;

		bench_remove_dir(bench);
		bench_start(bench);
		fill(bench);
		assert_class(bench, "c", CLASS WALL SECRET DONE);
		tamper(bench, damages[i].sql);
		text = load_text(bench, "c");
		if (strcmp(text, damages[i].expected))
			fail_msg("%s:\n%sinstead of\n%s", damages[i].sql, text, damages[i].expected);
		free(text);
		bench_stop(bench);
	}
	bench_start(bench);
}

/* The same file, read as one log: with no snapshot wanted, and from the newest good one. */
static const struct {
	const char *sql;
	enum store_result result;
	const char *whole, *rest;
} log_damages[] = {
	{ "UPDATE meta SET value = 1 WHERE key = 'schema'", STORE_DURABLE, "@3=three @2=two 1:a 2:b 3:c 4:d,words .", "@3=three 4:d,words ." },
	{ "UPDATE log SET body = 'C' WHERE seq = 3", STORE_UNAVAILABLE, "@3=three @2=two 1:a 2:b .", NULL },
	{ "UPDATE log SET actor = 'eve' WHERE seq = 4", STORE_UNAVAILABLE, "@3=three @2=two 1:a 2:b 3:c .", "@3=three ." },
	{ "UPDATE log SET texts = 99999999999 WHERE seq = 4", STORE_UNAVAILABLE, "@3=three @2=two 1:a 2:b 3:c .", "@3=three ." },
	{ "UPDATE log_text SET text = 'Words'", STORE_UNAVAILABLE, "@3=three @2=two 1:a 2:b 3:c .", "@3=three ." },
	{ "DELETE FROM log_text", STORE_UNAVAILABLE, "@3=three @2=two 1:a 2:b 3:c .", "@3=three ." },
	{ "DELETE FROM log WHERE seq = 4", STORE_UNAVAILABLE, "@3=three @2=two 1:a 2:b 3:c .", "@3=three ." },
	{ "DELETE FROM log WHERE seq = 2", STORE_UNAVAILABLE, "@3=three @2=two 1:a .", NULL },
	{ "UPDATE snapshot SET body = 'Three' WHERE seq = 3", STORE_DURABLE, "@2=two 1:a 2:b 3:c 4:d,words .", "@2=two 3:c 4:d,words ." },
	{ "UPDATE snapshot SET body = ''", STORE_DURABLE, "1:a 2:b 3:c 4:d,words .", "1:a 2:b 3:c 4:d,words ." },
	{ "UPDATE document SET head = 3 WHERE id = 'w'", STORE_UNAVAILABLE, ".", "." },
	{ "UPDATE document SET doc = 77 WHERE id = 'w'", STORE_UNAVAILABLE, ".", "." },
	{ "UPDATE class SET documents = 1", STORE_UNAVAILABLE, ".", "." },
	{ "DELETE FROM class", STORE_UNAVAILABLE, ".", "." },
};

static void damage_ends_a_log(void **state)
{
	struct bench *bench = *state;

	bench_stop(bench);
	for (size_t i = 0; i < sizeof log_damages / sizeof log_damages[0]; i++) {
		bench_remove_dir(bench);
		bench_start(bench);
		fill(bench);
		tamper(bench, log_damages[i].sql);
		assert_log(bench, "w", 9, 0, 0, log_damages[i].result, log_damages[i].whole);
		if (log_damages[i].rest)
			assert_log(bench, "w", 9, 9, 0, log_damages[i].result, log_damages[i].rest);
		/* What lies beyond the end is nobody's damage. */
		if (i > 0 && log_damages[i].whole[0] == '@' && strstr(log_damages[i].sql, "seq = 4"))
			assert_log(bench, "w", 3, 0, 0, STORE_DURABLE, "@3=three @2=two 1:a 2:b 3:c .");
		bench_stop(bench);
	}
	bench_start(bench);
}

static void many_logs_are_read_in_turn(void **state)
{
	struct bench *bench = *state;
	enum { COUNT = 30 };
	struct looking looking[COUNT] = { 0 };

	fill(bench);
	for (int i = 0; i < COUNT; i++) {
		looking[i].take_from = i % 4;
		look(bench, "w", 4, &looking[i]);
	}
	/* A class is loaded beside them. */
	assert_class(bench, "c", CLASS WALL SECRET DONE);
	for (int i = 0; i < COUNT; i++) {
		bench_run_until(bench, &looking[i].done);
		assert_int_equal(looking[i].result, STORE_DURABLE);
		assert_string_equal(looking[i].text.s, i % 4 == 3 ? "@3=three 4:d,words ." : i % 4 == 2 ? "@3=three @2=two 3:c 4:d,words ." :
			"@3=three @2=two 1:a 2:b 3:c 4:d,words .");
		buf_release(&looking[i].text);
	}
}

static void another_class_is_not_taken_for_this_one(void **state)
{
	struct bench *bench = *state;

	fill(bench);
	assert_int_equal(append_entry(bench, "k", "k", 1, "theirs"), STORE_DURABLE);
	assert_int_equal(append_entry(bench, "k", "z", 1, "theirs"), STORE_DURABLE);
	bench->store->ops->put_snapshot(bench->store, "z", 1, "theirs", 6);
	/* A class row that points to the other's documents, and a document row that points to the other's log. */
	tamper(bench, "UPDATE class SET number = (SELECT number FROM class WHERE id = 'k') WHERE id = 'c'");
	assert_class(bench, "c", "c(class) head=0 damaged\n" SECRET);
	assert_class(bench, "k", "k(class) head=1 [1 1001 ama theirs]\nz(wall) head=1 snapshot@1=theirs\n");
}

static void a_damaged_document_takes_no_more(void **state)
{
	struct bench *bench = *state;

	fill(bench);
	tamper(bench, "UPDATE document SET head = 3 WHERE id = 'w'");
	assert_int_equal(append_entry(bench, "c", "w", 4, "x"), STORE_UNAVAILABLE);
	assert_int_equal(append_entry(bench, "c", "w", 5, "x"), STORE_UNAVAILABLE);
	assert_int_equal(append_entry(bench, "c", "c", 2, "y"), STORE_DURABLE);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_FINE);
}

static void damaged_rows_of_the_directory_are_left_out(void **state)
{
	struct bench *bench = *state;

	fill(bench);
	tamper(bench, "UPDATE directory SET value = '{ }' WHERE key = 'a'");
	assert_directory(bench, "account", false, "account b={}\n.");
	assert_directory(bench, "invite", true, "invite i={}\n.");
	tamper(bench, "DELETE FROM directory WHERE key = 'i'");
	assert_directory(bench, "invite", false, ".");
	/* A row of no known kind could be anybody's. */
	tamper(bench, "UPDATE directory SET kind = 'accounu' WHERE key = 'a'");
	assert_directory(bench, "account", false, "account b={}\n.");
}

static void a_newer_schema_is_refused(void **state)
{
	struct bench *bench = *state;
	char path[128];
	sqlite3 *db;

	fill(bench);
	bench_stop(bench);
	assert_int_equal(sqlite3_open(bench_path(bench, "forwhom.db", path), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE meta SET value = 2 WHERE key = 'schema'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_refused(bench->dir, false, "written by a newer version");
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE meta SET value = 1 WHERE key = 'schema'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	bench_start(bench);
	assert_class(bench, "c", CLASS WALL SECRET DONE);
}

static void mark_fault(const struct bench *bench)
{
	char path[128];
	int fd = open(bench_path(bench, "fault", path), O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* Overwrites a page that is not the first, from `at` on. */
static void break_page(const struct bench *bench, const char *table)
{
	char path[128], sql[128], zeros[4096] = { 0 };
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int page, fd;

	assert_int_equal(sqlite3_open(bench_path(bench, "forwhom.db", path), &db), SQLITE_OK);
	snprintf(sql, sizeof sql, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	page = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, zeros, sizeof zeros, (off_t)(page - 1) * 4096), sizeof zeros);
	close(fd);
}

static void after_a_fault_the_file_is_checked_first(void **state)
{
	struct bench *bench = *state;
	char path[128];

	fill(bench);
	bench_stop(bench);
	mark_fault(bench);
	bench_start(bench);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_FINE);
	assert_int_not_equal(access(bench_path(bench, "fault", path), F_OK), 0);
	bench_stop(bench);

	mark_fault(bench);
	break_page(bench, "log_text");
	bench_start(bench);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_DAMAGED);
	assert_int_equal(append_row(bench, "account", "x", "{}"), STORE_UNAVAILABLE);
	assert_class(bench, "c", CLASS "w(wall) head=4 damaged snapshot@3=three\n" SECRET DONE);
	bench_stop(bench);
	assert_int_equal(access(path, F_OK), 0);
	bench_start(bench);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_DAMAGED);
}

static void damage_is_found_in_the_background(void **state)
{
	struct bench *bench = *state;
	char path[128];

	fill(bench);
	bench_stop(bench);
	break_page(bench, "log_text");
	bench_start(bench);
	/* The check is a read like others: once the loop has nothing left but the store's own handle, it is done. */
	while (bench->store->ops->fault(bench->store) != STORE_DAMAGED)
		uv_run(&bench->loop, UV_RUN_ONCE);
	assert_int_equal(access(bench_path(bench, "fault", path), F_OK), 0);
	assert_int_equal(append_row(bench, "account", "x", "{}"), STORE_UNAVAILABLE);
}

static void what_the_writer_stumbles_over_stops_it(void **state)
{
	struct bench *bench = *state;
	enum store_result result;

	fill(bench);
	bench_stop(bench);
	break_page(bench, "directory");
	bench_start(bench);
	result = append_row(bench, "account", "x", "{}");
	/* Whoever comes first, the writer or the check in the background. */
	assert_true(result == STORE_UNKNOWN || result == STORE_UNAVAILABLE);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_DAMAGED);
	assert_directory(bench, "account", false, ".");
	assert_class(bench, "c", CLASS_DAMAGED WALL DONE);
}

/* ------------------------------------------------------------------------------------------------ other programs */

static void a_locked_database_blocks_until_it_is_free(void **state)
{
	struct bench *bench = *state;
	char path[128];
	sqlite3 *db;

	fill(bench);
	assert_int_equal(sqlite3_open(bench_path(bench, "forwhom.db", path), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(append_entry(bench, "c", "c", 2, "y"), STORE_UNAVAILABLE);
	assert_int_equal(bench->store->ops->fault(bench->store), STORE_BLOCKED);
	assert_class(bench, "c", CLASS WALL SECRET DONE);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	for (int i = 0; i < 2000 && bench->store->ops->fault(bench->store) != STORE_FINE; i++)
		usleep(1000);
	assert_int_equal(append_entry(bench, "c", "c", 2, "y"), STORE_DURABLE);
}

static void closing_does_not_wait_for_loads(void **state)
{
	struct bench *bench = *state;
	struct loading loading[20] = { 0 };

	fill(bench);
	for (int i = 0; i < 20; i++)
		bench->store->ops->load_class(bench->store, "c", on_loaded, &loading[i]);
	bench_stop(bench);
	for (int i = 0; i < 20; i++)
		assert_false(loading[i].done);
	bench_start(bench);
	assert_class(bench, "c", CLASS WALL SECRET DONE);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_the_owners_alone),
		TEST(a_folder_has_one_server),
		TEST(network_file_systems_are_refused),
		TEST(what_cannot_be_opened_says_why),
		TEST(a_newer_schema_is_refused),
		TEST(ballast_is_kept),
		TEST(the_writer_syncs_and_the_reader_cannot_write),
		TEST(the_log_is_folded_and_begun_anew),
		TEST(old_outcomes_are_dropped),
		TEST(damage_is_never_served),
		TEST(damage_ends_a_log),
		TEST(many_logs_are_read_in_turn),
		TEST(another_class_is_not_taken_for_this_one),
		TEST(a_damaged_document_takes_no_more),
		TEST(damaged_rows_of_the_directory_are_left_out),
		TEST(after_a_fault_the_file_is_checked_first),
		TEST(damage_is_found_in_the_background),
		TEST(what_the_writer_stumbles_over_stops_it),
		TEST(a_locked_database_blocks_until_it_is_free),
		TEST(closing_does_not_wait_for_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
