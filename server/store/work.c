#include "server/store/work.h"

#include <string.h>

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

struct work *work_append(struct log_batch *batch, store_on_append *on_append, void *ctx)
{
	struct work *work = allocate(sizeof *work);

	*work = (struct work){ .batch = batch, .on_append = on_append, .ctx = ctx };
	return work;
}

struct work *work_snapshot(const char *doc_id, int64_t seq, const char *body, size_t size_bytes)
{
	struct work *work = allocate(sizeof *work);

	*work = (struct work){ .seq = seq, .body_bytes = size_bytes };
	work->doc_id = allocate(strlen(doc_id) + 1);
	strcpy(work->doc_id, doc_id);
	work->body = allocate(size_bytes + 1);
	if (size_bytes)
		memcpy(work->body, body, size_bytes);
	return work;
}

void work_free(struct work *work)
{
	if (!work)
		return;
	free(work->doc_id);
	free(work->body);
	free(work);
}

size_t work_bytes(const struct work *work)
{
	size_t bytes = work->body_bytes;

	if (!work->batch)
		return bytes;
	for (size_t i = 0; i < work->batch->entry_count; i++) {
		const struct log_entry *entry = &work->batch->entries[i];

		bytes += entry->body_bytes;
		for (size_t k = 0; k < entry->text_count; k++)
			bytes += entry->texts[k].size_bytes;
	}
	return bytes;
}
