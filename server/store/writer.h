#ifndef FORWHOM_SERVER_STORE_WRITER_H
#define FORWHOM_SERVER_STORE_WRITER_H

#include <stdatomic.h>

#include "server/store/folder.h"
#include "server/store/sql.h"
#include "server/store/work.h"

struct class_head;
struct doc_head;

/*
 * The writing side of the SQLite store: everything that changes the database, called by one thread only. What a group
 * of batches comes to is decided here, and whether writing can go on.
 */
struct writer {
	struct db db;
	const struct folder *folder;
	/* enum store_fault; written here and by the background check, read by the loop. */
	atomic_int *fault;
	struct class_head *classes; /* what is known of the newest numbers, so that a commit reads nothing; uthash */
	struct doc_head *documents;
	struct class_head *dirty_classes; /* changed in this transaction */
	struct doc_head *dirty_documents;
	int64_t class_count, row_count; /* of class and directory rows: stored, so that one that is missing is noticed */
	int64_t committed_classes, committed_rows; /* where they go back to after a failure */
	bool dirty_counts;
	int64_t next_class, next_doc; /* numbers not yet given away */
	uint64_t batch_mark;
	int log_frames;    /* in the write-ahead log now */
	int checkpoint_at; /* frames at which to fold it next */
	char sweep[64];    /* class id that pruning has come to */
	bool sweeping;
	int64_t sweep_at_mono_ms, probe_at_mono_ms, ballast_at_mono_ms;
	int64_t probe_wait_ms;
};

/* Opens DIR/forwhom.db, after a fault only when a check finds it whole. Borrows `folder` and `fault`. False with a sentence. */
bool writer_open(struct writer *writer, const struct folder *folder, atomic_int *fault, char *error, size_t error_cap);

/* Folds the log into the database, unless a fault has been latched, and closes it. */
void writer_close(struct writer *writer);

/*
 * Writes the group, in order, in one transaction, snapshots in another behind it, and sets each batch's result. A stale
 * batch is left out and the others go through; if the transaction fails, none of the group was written (or, with
 * STORE_UNKNOWN, perhaps all of it).
 */
void writer_commit(struct writer *writer, struct work_queue *group);

/*
 * One small step of what is done when there is nothing to write, or between groups: folding the log, dropping outcomes
 * older than a day, trying whether writing works again. Returns after how many milliseconds it wants to be called again.
 */
int64_t writer_chores(struct writer *writer);

/* Stops writing until a restart and leaves a mark for it. Also called by the background check, from another thread. */
void writer_latch(const struct folder *folder, atomic_int *fault, enum store_fault why, const char *reason);

#endif
