#ifndef FORWHOM_SERVER_STORE_WORK_H
#define FORWHOM_SERVER_STORE_WORK_H

#include <stdlib.h>

#include "server/store/store.h"

/* Something for the store to write, in the order of its arrival: a batch, or a snapshot if `batch` is NULL. */
struct work {
	struct work *next;
	struct log_batch *batch;
	store_on_append *on_append;
	void *ctx;
	enum store_result result; /* of the batch, once done */
	char *doc_id, *body;      /* of the snapshot, owned */
	int64_t seq;
	size_t body_bytes;
};

/* Zeroed is valid and empty. */
struct work_queue {
	struct work *first, *last;
	size_t count;
};

/* Takes `work`. */
static inline void work_push(struct work_queue *queue, struct work *work)
{
	work->next = NULL;
	if (queue->last)
		queue->last->next = work;
	else
		queue->first = work;
	queue->last = work;
	queue->count++;
}

/* Gives the oldest away; NULL if there is none. */
static inline struct work *work_pop(struct work_queue *queue)
{
	struct work *work = queue->first;

	if (!work)
		return NULL;
	queue->first = work->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	return work;
}

/* Both return owned and never NULL. work_snapshot copies its strings. */
struct work *work_append(struct log_batch *batch, store_on_append *on_append, void *ctx);
struct work *work_snapshot(const char *doc_id, int64_t seq, const char *body, size_t size_bytes);
void work_free(struct work *work);

/* How much there is to write, roughly: what a transaction is measured by. */
size_t work_bytes(const struct work *work);

#endif
