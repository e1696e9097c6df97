#ifndef FORWHOM_SERVER_STORE_SUM_H
#define FORWHOM_SERVER_STORE_SUM_H

#include "server/store/store.h"

/*
 * Checksums of stored rows: BLAKE2b-128 over the row's kind and its fields, each behind its length, so that no two
 * different rows are the same bytes. They find accidents (a flipped bit, a page of something else), not attackers: who
 * can write the file can also compute them.
 *
 * The entries of a document form a chain: each sum covers the one before it, and the first covers the document's class,
 * id and kind. So an entry that verifies is also in its place in the right document. Texts are left out of the chain
 * and have sums of their own, because erasing a person rewrites texts and must not rewrite history.
 */

enum { SUM_BYTES = 16 };

/* Rows of the tables that only the store knows (sql.h). Strings are borrowed. */
struct class_row {
	const char *id;
	int64_t number;    /* what other tables call the class */
	int64_t documents; /* how many it has: one that is missing is noticed */
	int64_t done_first, done_last; /* the outcomes it has, by their n: likewise */
};

struct document_row {
	const char *id, *kind;
	int64_t class_number;
	int64_t n;      /* 1, 2, 3 … within the class */
	int64_t number; /* what the log calls the document */
	int64_t head;
	uint8_t chain[SUM_BYTES]; /* the head entry's sum */
};

void sum_class(const struct class_row *row, uint8_t out[SUM_BYTES]);
void sum_document(const struct document_row *row, uint8_t out[SUM_BYTES]);
/* What stands for the entry before a document's first. */
void sum_seed(const char *class_id, const char *doc_id, const char *kind, uint8_t out[SUM_BYTES]);
/* Covers doc_id, seq, at_ms, actor, body, how many texts there are, and `previous`; `out` may be `previous`. */
void sum_entry(const struct log_entry *entry, const uint8_t previous[SUM_BYTES], uint8_t out[SUM_BYTES]);
void sum_text(const char *doc_id, int64_t seq, size_t n, const struct log_text *text, uint8_t out[SUM_BYTES]);
/* `chain` is the sum of the entry that the snapshot includes last. */
void sum_snapshot(const char *doc_id, int64_t seq, const uint8_t chain[SUM_BYTES], const char *body, size_t size_bytes,
	uint8_t out[SUM_BYTES]);
void sum_done(const struct log_done *done, int64_t n, uint8_t out[SUM_BYTES]);
void sum_directory(const struct log_row *row, uint8_t out[SUM_BYTES]);

#endif
