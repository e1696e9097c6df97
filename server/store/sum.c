#include "server/store/sum.h"

#include <string.h>

#include <sodium.h>

/* Told apart by their first byte, so that a row of one table never passes for one of another. */
enum row_kind { ROW_CLASS = 1, ROW_DOCUMENT, ROW_SEED, ROW_ENTRY, ROW_TEXT, ROW_SNAPSHOT, ROW_DONE, ROW_DIRECTORY };

static void add_int(crypto_generichash_state *state, int64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
	crypto_generichash_update(state, bytes, sizeof bytes);
}

static void begin(crypto_generichash_state *state, enum row_kind kind)
{
	crypto_generichash_init(state, NULL, 0, SUM_BYTES);
	add_int(state, kind);
}

static void add_bytes(crypto_generichash_state *state, const void *bytes, size_t n)
{
	add_int(state, (int64_t)n);
	crypto_generichash_update(state, bytes, n);
}

static void add_string(crypto_generichash_state *state, const char *s)
{
	add_bytes(state, s, strlen(s));
}

static void end(crypto_generichash_state *state, uint8_t out[SUM_BYTES])
{
	crypto_generichash_final(state, out, SUM_BYTES);
}

void sum_class(const struct class_row *row, uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_CLASS);
	add_string(&state, row->id);
	add_int(&state, row->number);
	add_int(&state, row->documents);
	add_int(&state, row->done_first);
	add_int(&state, row->done_last);
	end(&state, out);
}

void sum_document(const struct document_row *row, uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_DOCUMENT);
	add_int(&state, row->class_number);
	add_int(&state, row->n);
	add_int(&state, row->number);
	add_string(&state, row->id);
	add_string(&state, row->kind);
	add_int(&state, row->head);
	add_bytes(&state, row->chain, SUM_BYTES);
	end(&state, out);
}

void sum_seed(const char *class_id, const char *doc_id, const char *kind, uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_SEED);
	add_string(&state, class_id);
	add_string(&state, doc_id);
	add_string(&state, kind);
	end(&state, out);
}

void sum_entry(const struct log_entry *entry, const uint8_t previous[SUM_BYTES], uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_ENTRY);
	add_string(&state, entry->doc_id);
	add_int(&state, entry->seq);
	add_int(&state, entry->at_ms);
	add_string(&state, entry->actor);
	add_bytes(&state, entry->body, entry->body_bytes);
	add_int(&state, (int64_t)entry->text_count);
	add_bytes(&state, previous, SUM_BYTES);
	end(&state, out);
}

void sum_text(const char *doc_id, int64_t seq, size_t n, const struct log_text *text, uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_TEXT);
	add_string(&state, doc_id);
	add_int(&state, seq);
	add_int(&state, (int64_t)n);
	add_string(&state, text->owner);
	add_bytes(&state, text->text, text->size_bytes);
	end(&state, out);
}

void sum_snapshot(const char *doc_id, int64_t seq, const uint8_t chain[SUM_BYTES], const char *body, size_t size_bytes,
	uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_SNAPSHOT);
	add_string(&state, doc_id);
	add_int(&state, seq);
	add_bytes(&state, chain, SUM_BYTES);
	add_bytes(&state, body, size_bytes);
	end(&state, out);
}

void sum_done(const struct log_done *done, int64_t n, uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_DONE);
	add_string(&state, done->class_id);
	add_int(&state, n);
	add_bytes(&state, done->id, sizeof done->id);
	add_bytes(&state, done->hash, sizeof done->hash);
	add_string(&state, done->outcome);
	add_int(&state, done->at_ms);
	end(&state, out);
}

void sum_directory(const struct log_row *row, uint8_t out[SUM_BYTES])
{
	crypto_generichash_state state;

	begin(&state, ROW_DIRECTORY);
	add_string(&state, row->kind);
	add_string(&state, row->key);
	add_string(&state, row->value);
	end(&state, out);
}
