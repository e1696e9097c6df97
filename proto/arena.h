/* Memory that is given back all at once: what one batch or one command needs, and nobody after it. */
#ifndef FORWHOM_PROTO_ARENA_H
#define FORWHOM_PROTO_ARENA_H
#include <stddef.h>

struct arena_block;
/* Zero-initialised is valid and empty. */
struct arena {
	struct arena_block *blocks;
};

/* `n` zeroed bytes, aligned for any type, valid until arena_reset. Running out of memory aborts. */
void *arena_alloc(struct arena *arena, size_t n);
/* A copy of `n` bytes with a NUL behind them. */
char *arena_copy(struct arena *arena, const void *bytes, size_t n);
/* Gives everything back but one block, which is kept for the next round. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);
#endif
