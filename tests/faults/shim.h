#ifndef FORWHOM_TESTS_FAULTS_SHIM_H
#define FORWHOM_TESTS_FAULTS_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An SQLite VFS around the system's, as the default one, so that the store under test does not know of it. It can
 *   - fail one call, the n-th of a kind, with a result of choice
 *   - keep a diary of all that is written and synced, from which the files can be made as a power cut at any moment
 *     might leave them
 */
enum shim_call { SHIM_WRITE = 1, SHIM_SYNC = 2, SHIM_TRUNCATE = 4, SHIM_LOCK = 8 };

/* Once, before the first database is opened. */
void shim_install(void);

/* From now on the n-th call (from 1) of the given kinds fails with `result`, an SQLITE_ code; 0 fails none. A failed
 * sync has not synced, and a failed write has written its first half. */
void shim_fail(int calls, int n, int result);
/* The n-th and all that follow, until shim_fail(0, 0, 0). */
void shim_fail_from(int calls, int n, int result);
/* Whether it has. */
bool shim_has_failed(void);

/* Begins a diary of the files that are opened from now on; they must be new. */
void shim_record(void);
/* Ends it, and keeps it until shim_forget. */
void shim_stop(void);
/* Puts a mark into the diary: `value` was acknowledged. */
void shim_mark(int64_t value);
/* How many steps the diary has. */
size_t shim_steps(void);
void shim_forget(void);

/* What becomes of writes that were not yet synced. */
enum shim_fate {
	SHIM_LOSE,      /* none has arrived */
	SHIM_KEEP,      /* all have */
	SHIM_SHUFFLE,   /* some have, in no order, some of them only a few sectors of */
	SHIM_LOSE_SYNCED, /* not even the synced ones: a disk that lies. To see that the test notices. */
};

/* Makes the files in `dir` (by the last part of their names) as the power cut after `steps` steps would leave them.
 * Returns the highest value marked by then, 0 if there is none. `seed` decides where chance does. */
int64_t shim_power_cut(const char *dir, size_t steps, enum shim_fate fate, uint64_t seed);

/* A small generator with a seed (splitmix64), for everything random here. */
uint64_t shim_random(uint64_t *seed);

#endif
