#ifndef FORWHOM_SERVER_STORE_SQLITE_H
#define FORWHOM_SERVER_STORE_SQLITE_H

#include <stdatomic.h>

#include <uv.h>

#include "server/store/writer.h"

/*
 * The SQLite store between the loop's thread, the writer's, and libuv's pool, where readers work.
 *
 *   loop      owns the store, `reads`, and every callback
 *   writer    `writer`, and nothing else outside the lock
 *   pool      each read has a connection of its own, and only looks at `folder` and `fault`
 */
struct sqlite_store {
	struct store store; /* first */
	uv_loop_t *loop;
	struct folder folder;
	char *path;
	atomic_int fault;
	struct writer writer;
	uv_thread_t thread;
	uv_async_t written; /* wakes the loop: `done` has something */
	uv_mutex_t lock;    /* guards the next five */
	uv_cond_t wake;     /* the writer: there is work, or an end to it */
	struct work_queue pending, done;
	bool stopping;
	size_t readers;          /* working right now */
	uv_cond_t readers_gone;  /* none is */
	atomic_bool closing;     /* tells readers to give up */
	size_t reads;            /* asked for and not yet back on the loop */
	struct log_read *log_reads; /* of these the logs', oldest first */
	size_t log_reads_begun;
	bool closed, async_closed;
};

/* The loading side (sqlite_load.c), with the contracts of store.h. */
void sqlite_load_class(struct store *store, const char *class_id, store_on_class *on_class, void *ctx);
bool sqlite_read_directory(struct store *store, const char *kind, store_on_row *on_row, void *ctx);
/* Has the whole file looked through in the background; what is found latches STORE_DAMAGED. */
void sqlite_check(struct sqlite_store *store);

/* The logs' side (sqlite_log.c). */
void sqlite_read_log(struct store *store, const char *doc_id, int64_t upto_seq, const struct log_visitor *visitor, store_on_log *on_log);
/* While closing, when no reader is at work any more: calls back for the oldest read of a log. */
void sqlite_end_log_read(struct sqlite_store *store);

/* Opens a reader's own connection and begins what it reads as of one moment; it gives up when the store closes. SQLITE_OK, or the
 * extended code. */
int sqlite_reader_open(struct sqlite_store *store, struct db *db);
/* A reader enters before it opens the database; false if the store is closing. */
bool sqlite_reader_enter(struct sqlite_store *store);
void sqlite_reader_leave(struct sqlite_store *store);
/* On the loop, when a read is back: after the last one of a closed store, the store's memory goes. */
void sqlite_read_done(struct sqlite_store *store);

#endif
