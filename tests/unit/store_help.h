/* What the store tests share: a store of either kind, calls that wait for their answer, and a loaded class as text, so
 * that one comparison sees everything. */
#ifndef FORWHOM_TESTS_UNIT_STORE_HELP_H
#define FORWHOM_TESTS_UNIT_STORE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "proto/buf.h"
#include "server/store/store.h"

struct bench {
	struct store *store;
	uv_loop_t loop;
	char dir[64]; /* "" for memory */
};

static inline int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void bench_start(struct bench *bench)
{
	char error[200] = "";

	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->store = sqlite_store_open(bench->dir, &bench->loop, false, error, sizeof error);
	assert_string_equal(error, "");
	assert_non_null(bench->store);
}

static inline void bench_stop(struct bench *bench)
{
	bench->store->ops->close(bench->store);
	bench->store = NULL;
	uv_run(&bench->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&bench->loop), 0);
}

static inline void bench_open_sqlite(struct bench *bench)
{
	strcpy(bench->dir, "/tmp/forwhom-store-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	bench_start(bench);
}

static inline void bench_open_memory(struct bench *bench)
{
	bench->dir[0] = '\0';
	bench->store = memory_store_new();
}

static inline char *bench_path(const struct bench *bench, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", bench->dir, name);
	return path;
}

static inline void bench_remove_dir(const struct bench *bench)
{
	static const char *const names[] = { "forwhom.db", "forwhom.db-wal", "forwhom.db-shm", "lock", "ballast", "fault" };
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unlink(bench_path(bench, names[i], path));
	assert_int_equal(rmdir(bench->dir), 0);
}

static inline void bench_close(struct bench *bench)
{
	if (!bench->dir[0]) {
		bench->store->ops->close(bench->store);
		return;
	}
	bench_stop(bench);
	bench_remove_dir(bench);
}

/* A new process on the same disk. */
static inline void bench_restart(struct bench *bench)
{
	if (!bench->dir[0]) {
		memory_store_crash(bench->store, 0);
		return;
	}
	bench_stop(bench);
	bench_start(bench);
}

/* Works until `done` is set. */
static inline void bench_run_until(struct bench *bench, const bool *done)
{
	while (!*done) {
		if (bench->dir[0])
			uv_run(&bench->loop, UV_RUN_ONCE);
		else
			memory_store_step(bench->store, STORE_DURABLE, true);
	}
}

struct answer {
	bool done;
	enum store_result result;
	int order; /* among all answers of the process, from 1 */
};

static inline void on_answer(struct log_batch *batch, enum store_result result, void *ctx)
{
	static int answers;
	struct answer *answer = ctx;

	assert_non_null(batch);
	assert_false(answer->done);
	*answer = (struct answer){ .done = true, .result = result, .order = ++answers };
}

static inline enum store_result append_now(struct bench *bench, struct log_batch *batch)
{
	struct answer answer = { 0 };

	bench->store->ops->append(bench->store, batch, on_answer, &answer);
	assert_false(answer.done);
	bench_run_until(bench, &answer.done);
	return answer.result;
}

/* An entry with as many texts as `texts` has. */
static inline struct log_entry entry_of(const char *class_id, const char *doc_id, int64_t seq, const char *body)
{
	return (struct log_entry){
		.class_id = class_id,
		.doc_id = doc_id,
		.doc_kind = strcmp(class_id, doc_id) ? "wall" : "class",
		.seq = seq,
		.at_ms = 1000 + seq,
		.actor = "ama",
		.body = body,
		.body_bytes = strlen(body),
	};
}

static inline enum store_result append_entry(struct bench *bench, const char *class_id, const char *doc_id, int64_t seq, const char *body)
{
	struct log_entry entry = entry_of(class_id, doc_id, seq, body);

	return append_now(bench, &(struct log_batch){ .entries = &entry, .entry_count = 1 });
}

static inline struct log_done done_of(const char *class_id, uint8_t id, const char *outcome, int64_t at_ms)
{
	return (struct log_done){ .class_id = class_id, .id = { id }, .hash = { 9, id }, .outcome = outcome, .at_ms = at_ms };
}

static inline enum store_result append_row(struct bench *bench, const char *kind, const char *key, const char *value)
{
	struct log_row row = { .kind = kind, .key = key, .value = value };

	return append_now(bench, &(struct log_batch){ .rows = &row, .row_count = 1 });
}

struct loading {
	bool done;
	enum store_result result;
	struct buf text;
};

static inline void describe_document(struct buf *text, const struct loaded_document *document)
{
	char line[256];

	snprintf(line, sizeof line, "%s(%s) head=%lld%s", document->doc_id, document->doc_kind, (long long)document->head,
		document->damaged ? " damaged" : "");
	buf_str(text, line);
	if (document->snapshot) {
		snprintf(line, sizeof line, " snapshot@%lld=", (long long)document->snapshot_seq);
		buf_str(text, line);
		buf_add(text, document->snapshot, document->snapshot_bytes);
	}
	for (size_t i = 0; i < document->entry_count; i++) {
		const struct log_entry *entry = &document->entries[i];

		assert_string_equal(entry->doc_id, document->doc_id);
		assert_string_equal(entry->doc_kind, document->doc_kind);
		assert_int_equal(strlen(entry->body), entry->body_bytes);
		snprintf(line, sizeof line, " [%lld %lld %s ", (long long)entry->seq, (long long)entry->at_ms, entry->actor);
		buf_str(text, line);
		buf_add(text, entry->body, entry->body_bytes);
		for (size_t n = 0; n < entry->text_count; n++) {
			buf_char(text, ' ');
			buf_str(text, entry->texts[n].owner);
			buf_char(text, ':');
			buf_add(text, entry->texts[n].text, entry->texts[n].size_bytes);
		}
		buf_char(text, ']');
	}
	buf_char(text, '\n');
}

static inline void on_loaded(const struct loaded_class *loaded, enum store_result result, void *ctx)
{
	struct loading *loading = ctx;
	char line[512];

	assert_false(loading->done);
	loading->done = true;
	loading->result = result;
	if (!loaded)
		return;
	for (size_t i = 0; i < loaded->document_count; i++)
		describe_document(&loading->text, &loaded->documents[i]);
	for (size_t i = 0; i < loaded->secret_count; i++) {
		assert_string_equal(loaded->secrets[i].kind, "secret");
		snprintf(line, sizeof line, "secret %s=%s\n", loaded->secrets[i].key, loaded->secrets[i].value);
		buf_str(&loading->text, line);
	}
	for (size_t i = 0; i < loaded->done_count; i++) {
		const struct log_done *done = &loaded->done[i];

		snprintf(line, sizeof line, "done %s %d %d,%d %s\n", done->class_id, done->id[0], done->hash[0], done->hash[1], done->outcome);
		buf_str(&loading->text, line);
	}
}

/* The class as text, owned; asserts that it could be read. */
static inline char *load_text(struct bench *bench, const char *class_id)
{
	struct loading loading = { 0 };

	bench->store->ops->load_class(bench->store, class_id, on_loaded, &loading);
	assert_false(loading.done);
	bench_run_until(bench, &loading.done);
	assert_int_equal(loading.result, STORE_DURABLE);
	buf_reserve(&loading.text, 1);
	return loading.text.s;
}

static inline void assert_class(struct bench *bench, const char *class_id, const char *expected)
{
	char *text = load_text(bench, class_id);

	assert_string_equal(text, expected);
	free(text);
}

/* A reader of one log: what it is offered and given, as text. Written on the reader's thread, read when `done`. */
struct looking {
	int64_t take_from; /* takes snapshots up to here; 0: none */
	int64_t stop_at;   /* has enough with this entry; 0: never */
	bool done, ended;
	enum store_result result;
	struct buf text;
};

static inline bool look_at_snapshot(void *ctx, int64_t seq, const char *body, size_t size_bytes)
{
	struct looking *looking = ctx;

	assert_false(looking->done);
	buf_char(&looking->text, '@');
	buf_int(&looking->text, seq);
	buf_char(&looking->text, '=');
	buf_add(&looking->text, body, size_bytes);
	buf_char(&looking->text, ' ');
	return seq <= looking->take_from;
}

static inline bool look_at_entry(void *ctx, const struct log_entry *entry)
{
	struct looking *looking = ctx;

	assert_false(looking->done);
	assert_int_equal(strlen(entry->body), entry->body_bytes);
	buf_int(&looking->text, entry->seq);
	buf_char(&looking->text, ':');
	buf_add(&looking->text, entry->body, entry->body_bytes);
	for (size_t n = 0; n < entry->text_count; n++) {
		buf_char(&looking->text, ',');
		buf_add(&looking->text, entry->texts[n].text, entry->texts[n].size_bytes);
	}
	buf_char(&looking->text, ' ');
	return entry->seq != looking->stop_at;
}

static inline void look_at_end(void *ctx)
{
	struct looking *looking = ctx;

	assert_false(looking->done || looking->ended);
	looking->ended = true;
	buf_char(&looking->text, '.');
}

static inline void on_looked(enum store_result result, void *ctx)
{
	struct looking *looking = ctx;

	assert_false(looking->done);
	looking->done = true;
	looking->result = result;
}

static inline void look(struct bench *bench, const char *doc_id, int64_t upto_seq, struct looking *looking)
{
	struct log_visitor visitor = { .snapshot = look_at_snapshot, .entry = look_at_entry, .end = look_at_end, .ctx = looking };

	bench->store->ops->read_log(bench->store, doc_id, upto_seq, &visitor, on_looked);
	assert_false(looking->done);
}

/* Reads a log and compares what was seen; `from` and `stop_at` as in struct looking. */
static inline void assert_log(struct bench *bench, const char *doc_id, int64_t upto_seq, int64_t from, int64_t stop_at,
	enum store_result result, const char *expected)
{
	struct looking looking = { .take_from = from, .stop_at = stop_at };

	look(bench, doc_id, upto_seq, &looking);
	bench_run_until(bench, &looking.done);
	assert_string_equal(buf_cstr(&looking.text), expected);
	assert_int_equal(looking.result, result);
	buf_release(&looking.text);
}

static inline void describe_row(const struct log_row *row, void *ctx)
{
	struct buf *text = ctx;

	if (!row) {
		buf_char(text, '.');
		return;
	}
	buf_str(text, row->kind);
	buf_char(text, ' ');
	buf_str(text, row->key);
	buf_char(text, '=');
	buf_str(text, row->value);
	buf_char(text, '\n');
}

/* The rows of a kind, a "." behind the last. */
static inline void assert_directory(struct bench *bench, const char *kind, bool whole, const char *expected)
{
	struct buf text = { 0 };

	assert_int_equal(bench->store->ops->read_directory(bench->store, kind, describe_row, &text), whole);
	assert_string_equal(buf_cstr(&text), expected);
	buf_release(&text);
}

#endif
