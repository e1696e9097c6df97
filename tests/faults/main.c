/*
 * What the store does when things go wrong: killed at random moments, with failing system calls, after power cuts, and
 * with a damaged file. Prints a line "ok - …" or "not ok - …" per test.
 *
 *   ROUNDS   how often each random thing is tried (40)
 *   SEED     of everything random; printed, so that a failure can be had again
 *   KEEP=1   leaves the files behind
 *   TMPDIR   where (else in memory, if there is enough)
 *   LONG=1   10,000 rounds, and every call failed instead of a sample
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/faults/load.h"
#include "tests/faults/shim.h"

static struct {
	char dir[64];
	int rounds;
	bool all;
	uint64_t seed;
	int failures;
} run;

static int random_below(int n)
{
	return (int)(shim_random(&run.seed) % (uint64_t)n);
}

/* ------------------------------------------------------------------------------------------------ verdicts */

/* A test's first complaint is kept and ends it. */
static char complaint[600];

#define REQUIRE(condition, ...) \
	do { \
		if (!(condition)) { \
			snprintf(complaint, sizeof complaint, __VA_ARGS__); \
			return; \
		} \
	} while (0)

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
	(void)info;
	(void)type;
	(void)place;
	return remove(path);
}

static void remove_dir(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void report(const char *name, void (*test)(void))
{
	struct timespec from, to;

	complaint[0] = '\0';
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert(mkdir(run.dir, 0700) == 0);
	test();
	shim_fail(0, 0, 0);
	shim_forget();
	if (!getenv("KEEP"))
		remove_dir(run.dir);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (complaint[0]) {
		run.failures++;
		printf("not ok - %s\n# %s\n", name, complaint);
	} else {
		printf("ok - %s\n", name);
	}
	printf("# %.1f s\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	fflush(stdout);
}

/* ------------------------------------------------------------------------------------------------ files */

static int remove_most(const char *path, const struct stat *info, int type, struct FTW *place)
{
	size_t n = strlen(path);

	if (n < 8 || strcmp(path + n - 8, "/ballast"))
		remove_one(path, info, type, place);
	return 0;
}

/* A folder of this name below the run's own, empty but for the ballast, which takes time to make. Static storage: one
 * at a time. */
static const char *fresh_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", run.dir, name);
	nftw(path, remove_most, 8, FTW_DEPTH | FTW_PHYS);
	assert(mkdir(path, 0700) == 0 || errno == EEXIST);
	return path;
}

struct bytes {
	uint8_t *s;
	size_t n;
};

static struct bytes read_file(const char *dir, const char *name)
{
	char path[200];
	struct bytes bytes = { 0 };
	struct stat info;
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	assert(fd >= 0 && fstat(fd, &info) == 0);
	bytes.n = (size_t)info.st_size;
	bytes.s = malloc(bytes.n + 1);
	assert(bytes.s && read(fd, bytes.s, bytes.n) == (ssize_t)bytes.n);
	close(fd);
	return bytes;
}

static void write_file(const char *dir, const char *name, const uint8_t *s, size_t n)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert(fd >= 0 && write(fd, s, n) == (ssize_t)n);
	close(fd);
}

static bool exists(const char *dir, const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static bool is_whole(const char *dir)
{
	char path[200];
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db;
	bool whole;

	snprintf(path, sizeof path, "%s/forwhom.db", dir);
	whole = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW && !strcmp((const char *)sqlite3_column_text(stmt, 0), "ok");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return whole;
}

/* ------------------------------------------------------------------------------------------------ kill -9 */

static int ack_fd;

static void tell_parent(int64_t k)
{
	if (write(ack_fd, &k, sizeof k) != sizeof k)
		_exit(3);
}

/* The program that gets killed: sends until it is. */
static int be_killed(const char *dir, int64_t from, int window)
{
	struct load load;
	char error[200];

	ack_fd = 3;
	if (!load_open(&load, dir, error)) {
		fprintf(stderr, "# %s\n", error);
		return 2;
	}
	load.sent = load.acked = from;
	load.on_ack = tell_parent;
	load_run(&load, INT64_MAX, window);
	return 4;
}

static pid_t start_child(const char *dir, int64_t from, int window, int acks[2])
{
	char from_text[24], window_text[24];
	pid_t pid;

	snprintf(from_text, sizeof from_text, "%lld", (long long)from);
	snprintf(window_text, sizeof window_text, "%d", window);
	pid = fork();
	if (pid == 0) {
		dup2(acks[1], 3);
		for (int fd = 4; fd < 64; fd++)
			close(fd);
		execl("/proc/self/exe", "main", "be-killed", dir, from_text, window_text, (char *)NULL);
		_exit(5);
	}
	assert(pid > 0);
	close(acks[1]);
	return pid;
}

/* Kills the child some time after so many acknowledgements; returns the newest that ever came. */
static int64_t kill_child(pid_t pid, int fd, int acks_before, long spin_ns)
{
	int64_t k, newest = 0;
	int status;

	for (int i = 0; i < acks_before && read(fd, &k, sizeof k) == sizeof k; i++)
		newest = k;
	nanosleep(&(struct timespec){ .tv_nsec = spin_ns }, NULL);
	kill(pid, SIGKILL);
	while (read(fd, &k, sizeof k) == sizeof k)
		newest = k;
	close(fd);
	assert(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? newest : -1;
}

static void kill_rounds(void)
{
	int64_t head = 0;
	const char *dir = NULL;

	for (int round = 0; round < run.rounds; round++) {
		int window = 1 + random_below(40), acks[2];
		struct finding found;
		struct load load;
		char error[200];
		int64_t acked;
		pid_t pid;

		if (round % 50 == 0) {
			dir = fresh_dir("kill");
			head = 0;
		}
		assert(pipe(acks) == 0);
		pid = start_child(dir, head, window, acks);
		acked = kill_child(pid, acks[0], random_below(200), random_below(3000000));
		REQUIRE(acked >= 0, "round %d: the child ended by itself", round);
		REQUIRE(load_open(&load, dir, error), "round %d: %s", round, error);
		found = load_check(&load, INT64_MAX);
		load_close(&load);
		REQUIRE(!found.wrong[0], "round %d: %s", round, found.wrong);
		REQUIRE(!found.damaged && !found.unreadable, "round %d: damaged", round);
		REQUIRE(found.head >= acked, "round %d: %lld was acknowledged, %lld are there", round, (long long)acked, (long long)found.head);
		REQUIRE(found.head >= head, "round %d: %lld became %lld", round, (long long)head, (long long)found.head);
		head = found.head;
	}
	REQUIRE(is_whole(dir), "the integrity check fails at the end");
	REQUIRE(head > 0, "nothing was ever written");
}

/* ------------------------------------------------------------------------------------------------ failing calls */

struct failing {
	int calls, result;
	bool heals; /* by itself */
	bool folding; /* the call may belong to that */
	bool known; /* what did not go through is known not to have been written */
};

/* The fault has shown itself. Reading goes on; writing comes back, or stays off until a restart. */
static void after_failure(struct load *load, const struct failing *failing, int n)
{
	struct finding found = load_check(load, load->tried);
	enum store_fault fault;

	REQUIRE(!found.wrong[0] && !found.damaged && !found.unreadable, "%d: while it fails, %s", n, found.wrong);
	REQUIRE(found.head >= load->acked, "%d: %lld acknowledged, %lld there", n, (long long)load->acked, (long long)found.head);
	/* Where the log was being folded, nothing was in doubt, and what came later was not tried. */
	if (load->failed && !(failing->folding && load->result == STORE_UNAVAILABLE))
		REQUIRE(load->result == (failing->known ? STORE_UNAVAILABLE : STORE_UNKNOWN), "%d: result %d", n, (int)load->result);
	if (failing->known)
		REQUIRE(found.head == load->acked, "%d: %lld acknowledged, %lld there", n, (long long)load->acked, (long long)found.head);
	for (int i = 0; i < 3000 && failing->heals && load->store->ops->fault(load->store) != STORE_FINE; i++)
		usleep(1000);
	fault = load->store->ops->fault(load->store);
	REQUIRE(fault == (failing->heals ? STORE_FINE : STORE_FAULT), "%d: the fault is %d", n, (int)fault);
	REQUIRE(failing->heals || exists(load->dir, "fault"), "%d: no mark for the next start", n);
	load->sent = load->acked = found.head;
	load_run(load, found.head + 3, 1);
	REQUIRE((load->failed == 0) == failing->heals, "%d: writing afterwards: %d", n, (int)load->result);
}

/* A new start: all that was acknowledged is there, and writing works. */
static void after_restart(const char *dir, int64_t acked, int64_t sent, int n)
{
	struct finding found;
	struct load load;
	char error[200];

	REQUIRE(load_open(&load, dir, error), "%d: %s", n, error);
	REQUIRE(load.store->ops->fault(load.store) == STORE_FINE, "%d: the fault outlives the restart", n);
	found = load_check(&load, sent);
	load.sent = load.acked = found.head;
	load_run(&load, found.head + 1, 1);
	load_close(&load);
	REQUIRE(!found.wrong[0] && !found.damaged && !found.unreadable, "%d: after the restart, %s", n, found.wrong);
	REQUIRE(found.head >= acked, "%d: %lld acknowledged, %lld there", n, (long long)acked, (long long)found.head);
	REQUIRE(load.failed == 0, "%d: no writing after the restart", n);
	REQUIRE(!exists(dir, "fault"), "%d: the mark was left", n);
}

/* One run with the n-th call failing; sets `clean` if it was never reached. */
static void fail_nth(const struct failing *failing, int n, int64_t before, bool *clean)
{
	enum { COUNT = 12 };
	const char *dir = fresh_dir("fail");
	struct load load;
	char error[200];
	bool failed;

	REQUIRE(load_open(&load, dir, error), "%d: %s", n, error);
	load_run(&load, before, 16);
	shim_fail(failing->calls, n, failing->result);
	load_run(&load, before + COUNT / 2, 1);
	if (!load.failed)
		load_run(&load, before + COUNT, 3);
	/* Folding the log comes behind the answer: where it is due, let it come. */
	if (before && !load.failed)
		load_run(&load, before + 2 * COUNT, 1);
	failed = shim_has_failed();
	if (failed) {
		after_failure(&load, failing, n);
		if (complaint[0])
			return;
	}
	load_close(&load);
	*clean = !shim_has_failed();
	shim_fail(0, 0, 0);
	after_restart(dir, load.acked, load.tried, n);
}

static void fail_each(const struct failing *failing, int64_t before, int step)
{
	bool clean = false;
	int n = 1 + random_below(step), tried = 0;

	for (; !clean && !complaint[0]; n += step, tried++)
		fail_nth(failing, n, before, &clean);
	printf("# %d calls failed, up to number %d\n", tried - 1, n - step);
	REQUIRE(complaint[0] || tried > 1, "no call was ever failed");
}

/* The sizes leave a sample of some dozens where every call would take too long. */
static void no_room(void)
{
	fail_each(&(struct failing){ SHIM_WRITE, SQLITE_FULL, true, false, true }, 0, run.all ? 1 : 3);
}

static void failed_write(void)
{
	fail_each(&(struct failing){ SHIM_WRITE, SQLITE_IOERR_WRITE, false, false, false }, 0, run.all ? 1 : 3);
}

static void failed_sync(void)
{
	fail_each(&(struct failing){ SHIM_SYNC, SQLITE_IOERR_FSYNC, false, false, false }, 0, 1);
}

static void failed_truncate(void)
{
	fail_each(&(struct failing){ SHIM_TRUNCATE, SQLITE_IOERR_TRUNCATE, false, true, false }, 0, 1);
}

static void no_room_while_folding(void)
{
	fail_each(&(struct failing){ SHIM_WRITE, SQLITE_FULL, true, true, true }, 240, run.all ? 1 : 23);
}

static void failed_sync_while_folding(void)
{
	fail_each(&(struct failing){ SHIM_SYNC, SQLITE_IOERR_FSYNC, false, true, false }, 240, run.all ? 1 : 3);
}

/* Not one call, but all of them until something is done about it. */
static void lasting(int calls, int result, enum store_fault expected)
{
	const char *dir = fresh_dir("lasting");
	struct finding found;
	struct load load;
	char error[200];

	REQUIRE(load_open(&load, dir, error), "%s", error);
	load_run(&load, 20, 4);
	shim_fail_from(calls, 1, result);
	for (int i = 0; i < 3; i++) {
		load_run(&load, load.sent + 2, 2);
		REQUIRE(load.failed && load.result == STORE_UNAVAILABLE, "result %d", (int)load.result);
		REQUIRE(load.store->ops->fault(load.store) == expected, "fault %d", (int)load.store->ops->fault(load.store));
		found = load_check(&load, 20);
		REQUIRE(!found.wrong[0] && found.head == 20, "reading: %lld, %s", (long long)found.head, found.wrong);
		load.sent = 20;
	}
	shim_fail(0, 0, 0);
	for (int i = 0; i < 3000 && load.store->ops->fault(load.store) != STORE_FINE; i++)
		usleep(1000);
	load_run(&load, 40, 4);
	REQUIRE(!load.failed && load.acked == 40, "afterwards: %d", (int)load.result);
	REQUIRE(exists(dir, "ballast"), "the ballast was not made again");
	load_close(&load);
	after_restart(dir, 40, 40, 0);
}

static void disk_stays_full(void)
{
	lasting(SHIM_WRITE, SQLITE_FULL, STORE_FULL);
}

static void disk_stays_locked(void)
{
	lasting(SHIM_LOCK, SQLITE_BUSY, STORE_BLOCKED);
}

/* ------------------------------------------------------------------------------------------------ power cuts */

static int64_t cut_sent;

/* A new start after a cut; what is wrong with what it finds. */
static void check_cut(const char *dir, int64_t acked, struct finding *found, char wrong[300])
{
	struct load load;
	char error[200];

	wrong[0] = '\0';
	*found = (struct finding){ 0 };
	if (!load_open(&load, dir, error)) {
		snprintf(wrong, 300, "%s", error);
		return;
	}
	*found = load_check(&load, cut_sent);
	load.sent = load.acked = found->head;
	load_run(&load, found->head + 2, 1);
	if (found->wrong[0] || found->damaged || found->unreadable)
		snprintf(wrong, 300, "damaged: %.280s", found->wrong);
	else if (found->head < acked)
		snprintf(wrong, 300, "%lld acknowledged, %lld there", (long long)acked, (long long)found->head);
	else if (load.failed)
		snprintf(wrong, 300, "writing does not go on: %d", (int)load.result);
	load_close(&load);
	if (!wrong[0] && !is_whole(dir))
		snprintf(wrong, 300, "the integrity check fails");
}

/* Fills the diary: enough for the log to be folded twice. */
static void record_run(void)
{
	struct load load;
	char error[200];

	shim_record();
	REQUIRE(load_open(&load, fresh_dir("diary"), error), "%s", error);
	load.on_ack = shim_mark;
	while (load.sent < 600)
		load_run(&load, load.sent + 1 + random_below(20), 1 + random_below(6));
	cut_sent = load.sent;
	load_close(&load);
	shim_stop();
	REQUIRE(load.acked == load.sent, "the recorded run failed");
}

static void power_cuts(void)
{
	static const enum shim_fate fates[] = { SHIM_LOSE, SHIM_SHUFFLE, SHIM_KEEP, SHIM_SHUFFLE };

	record_run();
	for (int round = 0; round < run.rounds * 3 && !complaint[0]; round++) {
		size_t cut = (size_t)random_below((int)shim_steps() + 1);
		const char *dir = fresh_dir("cut");
		uint64_t seed = shim_random(&run.seed);
		int64_t acked = shim_power_cut(dir, cut, fates[round % 4], seed);
		struct finding found;
		char wrong[300];

		check_cut(dir, acked, &found, wrong);
		REQUIRE(!wrong[0], "cut after step %zu of %zu, fate %d: %s", cut, shim_steps(), (int)fates[round % 4], wrong);
	}
}

/* The same with a disk that lies about its syncs must fail, or the test above means nothing. */
static void lying_disk_is_noticed(void)
{
	int noticed = 0;

	record_run();
	for (int round = 0; round < 10 && !complaint[0]; round++) {
		size_t cut = shim_steps() / 2 + (size_t)random_below((int)shim_steps() / 2);
		const char *dir = fresh_dir("lie");
		int64_t acked = shim_power_cut(dir, cut, SHIM_LOSE_SYNCED, 1);
		struct finding found;
		char wrong[300];

		check_cut(dir, acked, &found, wrong);
		noticed += wrong[0] != '\0';
	}
	REQUIRE(noticed == 10, "%d of 10", noticed);
}

/* ------------------------------------------------------------------------------------------------ damaged files */

static void flip_bit(struct bytes *file)
{
	file->s[shim_random(&run.seed) % file->n] ^= (uint8_t)(1 << random_below(8));
}

static void zero_page(struct bytes *file)
{
	size_t page = shim_random(&run.seed) % (file->n / 4096);

	memset(file->s + page * 4096, 0, 4096);
}

static void swap_page(struct bytes *file)
{
	size_t from = shim_random(&run.seed) % (file->n / 4096), to = shim_random(&run.seed) % (file->n / 4096);

	memmove(file->s + to * 4096, file->s + from * 4096, 4096);
}

static void scribble(struct bytes *file)
{
	size_t at = shim_random(&run.seed) % (file->n / 512) * 512;

	for (int i = 0; i < 512; i++)
		file->s[at + (size_t)i] = (uint8_t)shim_random(&run.seed);
}

static void cut_short(struct bytes *file)
{
	file->n = shim_random(&run.seed) % file->n;
}

static void (*const mutations[])(struct bytes *file) = { flip_bit, flip_bit, flip_bit, zero_page, swap_page, scribble, cut_short };
static const char *const mutation_names[] = { "a bit flipped", "a bit flipped", "a bit flipped", "a page zeroed", "a page copied", "a sector scribbled over", "cut short" };
enum { MUTATIONS = sizeof mutations / sizeof mutations[0], DAMAGED_BATCHES = 150 };

static void make_pristine(const char *dir)
{
	struct load load;
	char error[200];

	REQUIRE(load_open(&load, dir, error), "%s", error);
	load_run(&load, DAMAGED_BATCHES, 4);
	load_close(&load);
	REQUIRE(load.acked == DAMAGED_BATCHES, "the run failed");
}

struct tally {
	int refused, named, harmless, shorter;
};

/* Opens what was mutated; whatever it serves must be right. `may_shorten`: a write-ahead log's end may fall away. */
static void check_mutant(const char *dir, const char *what, bool may_shorten, struct tally *tally)
{
	struct finding found;
	struct load load;
	char error[200];

	if (!load_open(&load, dir, error)) {
		tally->refused++;
		return;
	}
	found = load_check(&load, DAMAGED_BATCHES);
	load_close(&load);
	REQUIRE(!found.wrong[0], "%s: %s", what, found.wrong);
	REQUIRE(found.damaged || found.unreadable || found.head == DAMAGED_BATCHES || may_shorten, "%s: %lld of %d are there, and nothing is said", what,
		(long long)found.head, DAMAGED_BATCHES);
	if (found.damaged || found.unreadable)
		tally->named++;
	else if (found.head == DAMAGED_BATCHES)
		tally->harmless++;
	else
		tally->shorter++;
}

static void mutate(const char *name, const char *source, bool may_shorten)
{
	struct bytes database = read_file(source, "forwhom.db"), pristine = read_file(source, name);
	struct tally tally = { 0 };

	for (int round = 0; round < run.rounds * 5 && !complaint[0]; round++) {
		const char *dir = fresh_dir("mutant");
		int kind = random_below(MUTATIONS);
		struct bytes file = { malloc(pristine.n), pristine.n };

		assert(file.s);
		memcpy(file.s, pristine.s, pristine.n);
		mutations[kind](&file);
		write_file(dir, "forwhom.db", database.s, database.n);
		write_file(dir, name, file.s, file.n);
		free(file.s);
		check_mutant(dir, mutation_names[kind], may_shorten, &tally);
	}
	free(database.s);
	free(pristine.s);
	printf("# %d refused, %d named as damaged, %d harmless, %d shorter\n", tally.refused, tally.named, tally.harmless, tally.shorter);
	REQUIRE(complaint[0] || tally.named > 0, "nothing was ever damaged");
}

static void damaged_database(void)
{
	char dir[128];

	strcpy(dir, fresh_dir("pristine"));
	make_pristine(dir);
	if (!complaint[0])
		mutate("forwhom.db", dir, false);
}

/* Frames behind the first bad one do not count, as after a power cut: SQLite cannot tell these cases apart. */
static void damaged_log(void)
{
	char dir[128], copy[128];
	struct bytes file;
	struct load load;
	char error[200];
	struct tally tally = { 0 };

	strcpy(dir, fresh_dir("pristine"));
	strcpy(copy, fresh_dir("unfolded"));
	REQUIRE(load_open(&load, dir, error), "%s", error);
	load_run(&load, DAMAGED_BATCHES, 4);
	/* As kill -9 leaves it. */
	file = read_file(dir, "forwhom.db");
	write_file(copy, "forwhom.db", file.s, file.n);
	free(file.s);
	file = read_file(dir, "forwhom.db-wal");
	write_file(copy, "forwhom.db-wal", file.s, file.n);
	load_close(&load);
	for (int round = 0; round < run.rounds * 2 && !complaint[0]; round++) {
		struct bytes database = read_file(copy, "forwhom.db"), mutant = { malloc(file.n), file.n };
		int kind = random_below(MUTATIONS);

		memcpy(mutant.s, file.s, file.n);
		mutations[kind](&mutant);
		strcpy(dir, fresh_dir("mutant"));
		write_file(dir, "forwhom.db", database.s, database.n);
		write_file(dir, "forwhom.db-wal", mutant.s, mutant.n);
		free(database.s);
		free(mutant.s);
		check_mutant(dir, mutation_names[kind], true, &tally);
	}
	free(file.s);
	printf("# %d refused, %d named as damaged, %d harmless, %d shorter\n", tally.refused, tally.named, tally.harmless, tally.shorter);
	REQUIRE(complaint[0] || tally.shorter > 0, "nothing ever fell away");
}

/* ------------------------------------------------------------------------------------------------ main */

static const struct {
	const char *name;
	void (*test)(void);
} tests[] = {
	{ "killed at random moments: nothing acknowledged is missing, nothing is there in part", kill_rounds },
	{ "no room, one write at a time: known not to be written, heals", no_room },
	{ "a failed write, one at a time: writing stops until a restart", failed_write },
	{ "a failed sync, one at a time: writing stops until a restart", failed_sync },
	{ "a failed truncate, one at a time", failed_truncate },
	{ "no room while the log is folded", no_room_while_folding },
	{ "a failed sync while the log is folded", failed_sync_while_folding },
	{ "a disk that stays full", disk_stays_full },
	{ "a database that stays locked", disk_stays_locked },
	{ "power cuts: everything acknowledged has been synced", power_cuts },
	{ "power cuts with a disk that lies are noticed", lying_disk_is_noticed },
	{ "a damaged database never serves what was not written", damaged_database },
	{ "a damaged write-ahead log never serves what was not written", damaged_log },
};

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	const char *temporary = getenv("TMPDIR");
	struct statvfs memory;

	if (argc == 5 && !strcmp(argv[1], "be-killed"))
		return be_killed(argv[2], atoll(argv[3]), atoi(argv[4]));
	run.all = number_from("LONG", 0) != 0;
	run.rounds = (int)number_from("ROUNDS", run.all ? 10000 : 40);
	run.seed = number_from("SEED", (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32);
	printf("# SEED=%llu ROUNDS=%d\n", (unsigned long long)run.seed, run.rounds);
	/* Nothing here depends on a real disk, and memory syncs faster. */
	if (!temporary && !statvfs("/dev/shm", &memory) && memory.f_bavail * memory.f_bsize > 256 * 1024 * 1024)
		temporary = "/dev/shm";
	snprintf(run.dir, sizeof run.dir, "%.30s/forwhom-faults-%d", temporary ? temporary : "/tmp", (int)getpid());
	shim_install();
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		if (argc < 2 || strstr(tests[i].name, argv[1]))
			report(tests[i].name, tests[i].test);
	return run.failures != 0;
}
