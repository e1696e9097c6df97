/* The simulator: the real hub, many honest clients, one store that fails on demand, and a network that delays, clogs and breaks, in one thread and out of one seed. After every step it is checked that nobody was told what is not
 * durable or not theirs, that nobody has a gap, and that every digest is right; whenever everything has calmed down, that all of them agree and that every command was answered and done once.
 *
 * What is right is never asked of the server: mirror.c applies ops and sums digests as proto/README.md tells a stranger to, and ledger.c reads the log that the store holds and decides by itself who may see what of it. Words on the wall and letters on canvases (letters.h) are each typed only once, so that they are known wherever they turn up; and whenever all is calm,
 * people look back, take back and restore, and the server's memory is compared with a class loaded anew (reload.c). */
#ifndef FORWHOM_TESTS_SIM_H
#define FORWHOM_TESTS_SIM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Randomness of the run: everything random comes from here. */
uint64_t sim_random(void);
int sim_pick(int n); /* 0 … n - 1 */
bool sim_chance(int per_mille);
void sim_bytes(uint8_t *bytes, size_t n, void *ctx);
void sim_id(char id[23]);

/* Remembers what has just happened; the last 30 are printed when something is wrong. */
void sim_event(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something is wrong: prints seed, step and the last events, and ends the program. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *sim_alloc(size_t size); /* zeroed; running out aborts */

/* Every text that somebody types carries a word of its own, w000000z and on, by which it is found in frames. */
enum { WORD_CHARS = 8 };
/* The number of the next word at or after *at, which moves behind it; -1 when there is none. */
int sim_next_word(const char *text, size_t n, size_t *at);
#endif
