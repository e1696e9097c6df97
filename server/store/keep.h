#ifndef FORWHOM_SERVER_STORE_KEEP_H
#define FORWHOM_SERVER_STORE_KEEP_H

#include <string.h>

#include "server/store/store.h"

/*
 * Which snapshots stay. Asked whenever one has been put, of the one that was the second newest until then: it goes if
 * its neighbours are near enough to each other without it. So two neighbours among those that stay are at most
 * STORE_SNAPSHOT_GAP apart, and of any three the outer two are further: a log of n entries has 2 n / 8192 + 2 at most.
 *
 * `before` is the seq of the next older one that stayed, 0 if there is none; `after` that of the next newer.
 */
static inline bool keep_snapshot(int64_t before, int64_t after)
{
	return after - before > STORE_SNAPSHOT_GAP;
}

/* How much of a body stays when it is no longer one of the two newest: its first line (store.h, put_snapshot). */
static inline size_t keep_bytes(const char *body, size_t size_bytes)
{
	const char *end = size_bytes ? memchr(body, '\n', size_bytes) : NULL;

	return end ? (size_t)(end - body) : size_bytes;
}

#endif
