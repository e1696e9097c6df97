#include "proto/arena.h"
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 32 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_new(struct arena *arena, size_t n)
{
	size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
	struct arena_block *block = malloc(sizeof *block + cap);
	if (!block)
		abort();
	block->next = arena->blocks;
	block->used = 0;
	block->cap = cap;
	return arena->blocks = block;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *block = arena->blocks;
	if (!block || block->cap - block->used < n)
		block = block_new(arena, n);
	void *p = block->bytes + block->used;
	block->used += n;
	return memset(p, 0, n);
}

char *arena_copy(struct arena *arena, const void *bytes, size_t n)
{
	char *copy = arena_alloc(arena, n + 1);
	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_block *keep = arena->blocks;
	if (!keep)
		return;
	free_blocks(keep->next);
	keep->next = NULL;
	keep->used = 0;
	if (keep->cap > BLOCK_BYTES)
		arena_release(arena);
}

void arena_release(struct arena *arena)
{
	free_blocks(arena->blocks);
	arena->blocks = NULL;
}
