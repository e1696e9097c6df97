#ifndef FORWHOM_TESTS_FAULTS_LOAD_H
#define FORWHOM_TESTS_FAULTS_LOAD_H

#include <uv.h>

#include "server/store/store.h"

/*
 * A load that can be checked from what is found afterwards. Batch k, numbered from 1, adds
 *   - entry k to the wall, with k and a text in it that follow from k
 *   - for every third k an entry to the class document
 *   - an outcome with k as its id
 *   - account row k % 10, with k as its value
 * so that whatever the store holds must be what the first H batches made, all of it, for one H.
 */
struct load {
	struct store *store;
	uv_loop_t loop;
	char dir[128];
	int64_t sent, acked; /* the newest batch of each kind */
	int64_t tried;       /* the newest that was ever sent, also if `sent` was set back since */
	int64_t failed;      /* the first that was not durable, 0 for none */
	enum store_result result; /* its */
	int in_flight;
	void (*on_ack)(int64_t k); /* may be NULL */
};

/* Opens the store in `dir`. False, with the store's sentence in `error` (200 bytes), if it will not. */
bool load_open(struct load *load, const char *dir, char *error);
void load_close(struct load *load);

/* Sends batches from `sent` + 1 up to `last`, at most `window` at a time, each fiftieth followed by a snapshot, until all
 * are answered. Stops sending at the first that is not durable. */
void load_run(struct load *load, int64_t last, int window);

/* What load_check found. */
struct finding {
	int64_t head;      /* of the wall: what was found is the first `head` batches, or `wrong` says what is not */
	bool unreadable;   /* the store said that it cannot be read */
	bool damaged;      /* something was named as damaged; then what is there is right, but not all need be */
	char wrong[300];   /* "" if all is well */
};

/* Reads everything and holds it against what `upto` batches at most can have made. */
struct finding load_check(struct load *load, int64_t upto);

#endif
