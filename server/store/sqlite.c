/*
 * The SQLite store as the loop sees it: a queue to one writer thread, and a queue back.
 *
 * Natural group commit: while the writer is busy, batches gather; when it is done it takes all of them (up to a bound,
 * so that nobody's acknowledgement waits for a transaction of unlimited size). No timer decides, so an idle server
 * commits at once and a busy one in groups as large as its disk is slow. performance.md's measurements are of this.
 */
#include "server/store/sqlite.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

enum { GROUP_COUNT = 4096, GROUP_BYTES = 8 * 1024 * 1024 };

static struct sqlite_store *of(struct store *store)
{
	return (struct sqlite_store *)store;
}

/* ------------------------------------------------------------------------------------------------ writer thread */

/* Moves what fits in one transaction. Under the lock. */
static void take_group(struct work_queue *from, struct work_queue *group)
{
	size_t bytes = 0;

	while (from->first && group->count < GROUP_COUNT && (group->count == 0 || bytes < GROUP_BYTES)) {
		bytes += work_bytes(from->first);
		work_push(group, work_pop(from));
	}
}

/* Hands a finished group back and wakes the loop. */
static void give_back(struct sqlite_store *s, struct work_queue *group)
{
	struct work *work;

	uv_mutex_lock(&s->lock);
	while ((work = work_pop(group)))
		work_push(&s->done, work);
	uv_mutex_unlock(&s->lock);
	uv_async_send(&s->written);
}

/* Waits for work, at most as long as the chores allow. False when there is nothing left to do ever. */
static bool wait_for_work(struct sqlite_store *s, int64_t wait_ms, struct work_queue *group)
{
	bool more;

	uv_mutex_lock(&s->lock);
	if (!s->pending.first && !s->stopping && wait_ms > 0)
		uv_cond_timedwait(&s->wake, &s->lock, (uint64_t)wait_ms * 1000000);
	take_group(&s->pending, group);
	more = group->first || !s->stopping;
	uv_mutex_unlock(&s->lock);
	return more;
}

static void run_writer(void *arg)
{
	struct sqlite_store *s = arg;
	struct work_queue group = { 0 };
	int64_t wait_ms = 0;

	while (wait_for_work(s, wait_ms, &group)) {
		if (group.first) {
			writer_commit(&s->writer, &group);
			give_back(s, &group);
		}
		wait_ms = writer_chores(&s->writer);
	}
	writer_close(&s->writer);
}

/* ------------------------------------------------------------------------------------------------ loop's thread */

static void submit(struct sqlite_store *s, struct work *work)
{
	assert(!s->closed);
	work->result = STORE_UNAVAILABLE;
	uv_mutex_lock(&s->lock);
	/* Handed in by a callback while closing: too late, and said so. */
	work_push(s->stopping ? &s->done : &s->pending, work);
	uv_cond_signal(&s->wake);
	uv_mutex_unlock(&s->lock);
}

static void append(struct store *store, struct log_batch *batch, store_on_append *on_append, void *ctx)
{
	assert(batch && on_append);
	submit(of(store), work_append(batch, on_append, ctx));
}

static void put_snapshot(struct store *store, const char *doc_id, int64_t seq, const char *body, size_t size_bytes)
{
	submit(of(store), work_snapshot(doc_id, seq, body, size_bytes));
}

static enum store_fault fault(struct store *store)
{
	return (enum store_fault)atomic_load(&of(store)->fault);
}

static void call_back(struct sqlite_store *s)
{
	struct work_queue done;
	struct work *work;

	uv_mutex_lock(&s->lock);
	done = s->done;
	s->done = (struct work_queue){ 0 };
	uv_mutex_unlock(&s->lock);
	while ((work = work_pop(&done))) {
		if (work->batch)
			work->on_append(work->batch, work->result, work->ctx);
		work_free(work);
	}
}

static void on_written(uv_async_t *async)
{
	call_back(async->data);
}

static void free_if_unused(struct sqlite_store *s)
{
	if (!s->closed || !s->async_closed || s->reads > 0)
		return;
	uv_cond_destroy(&s->readers_gone);
	uv_cond_destroy(&s->wake);
	uv_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

static void on_async_closed(uv_handle_t *handle)
{
	struct sqlite_store *s = handle->data;

	s->async_closed = true;
	free_if_unused(s);
}

void sqlite_read_done(struct sqlite_store *s)
{
	assert(s->reads > 0);
	s->reads--;
	free_if_unused(s);
}

bool sqlite_reader_enter(struct sqlite_store *s)
{
	bool may;

	uv_mutex_lock(&s->lock);
	may = !atomic_load(&s->closing);
	if (may)
		s->readers++;
	uv_mutex_unlock(&s->lock);
	return may;
}

void sqlite_reader_leave(struct sqlite_store *s)
{
	uv_mutex_lock(&s->lock);
	if (--s->readers == 0)
		uv_cond_signal(&s->readers_gone);
	uv_mutex_unlock(&s->lock);
}

static void close_store(struct store *store)
{
	struct sqlite_store *s = of(store);

	atomic_store(&s->closing, true);
	uv_mutex_lock(&s->lock);
	while (s->readers > 0)
		uv_cond_wait(&s->readers_gone, &s->lock);
	s->stopping = true;
	uv_cond_signal(&s->wake);
	uv_mutex_unlock(&s->lock);
	uv_thread_join(&s->thread);
	folder_close(&s->folder);
	while (s->done.first || s->log_reads) {
		call_back(s);
		if (s->log_reads)
			sqlite_end_log_read(s);
	}
	s->closed = true;
	uv_close((uv_handle_t *)&s->written, on_async_closed);
}

static const struct store_ops ops = {
	.append = append,
	.load_class = sqlite_load_class,
	.read_log = sqlite_read_log,
	.put_snapshot = put_snapshot,
	.read_directory = sqlite_read_directory,
	.fault = fault,
	.close = close_store,
};

struct store *sqlite_store_open(const char *dir, void *loop, bool allow_network_fs, char *error, size_t error_cap)
{
	struct sqlite_store *s = calloc(1, sizeof *s);

	if (!s || sodium_init() < 0)
		abort();
	if (!folder_open(&s->folder, dir, allow_network_fs, error, error_cap))
		goto failed;
	if (!writer_open(&s->writer, &s->folder, &s->fault, error, error_cap)) {
		folder_close(&s->folder);
		goto failed;
	}
	s->store.ops = &ops;
	s->loop = loop;
	s->path = folder_path(&s->folder, "forwhom.db");
	s->written.data = s;
	/* Only a system without threads or descriptors fails in these. */
	if (uv_async_init(loop, &s->written, on_written) || uv_mutex_init(&s->lock) || uv_cond_init(&s->wake) ||
		uv_cond_init(&s->readers_gone) || uv_thread_create(&s->thread, run_writer, s))
		abort();
	sqlite_check(s);
	return &s->store;
failed:
	free(s);
	return NULL;
}
