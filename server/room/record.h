/* How ops and whole documents are written for the store: JSON in which each text that a person typed is a reference {"$":n} to a row of its own, so that one person's words can be erased without
 * touching the order of things. Pure. */
#ifndef FORWHOM_SERVER_ROOM_RECORD_H
#define FORWHOM_SERVER_ROOM_RECORD_H
#include "proto/doc.h"

struct record_text {
	const char *s;
	size_t n;
};

/* Appends the stored form of `op` (no OP_TEXT: no command makes one yet, and its words would need rows of their own) to `body`; its typed texts go to `texts` (room for FIELDS_MAX), borrowed from the op. Returns how many. */
int record_write(struct buf *body, const struct op *op, struct record_text *texts);
/* Reads it back; `doc` is the document as it was just before, for the kinds of objects that are changed. Returns the owned tree that `op` borrows from (cJSON_Delete), or NULL when the record makes no sense. */
cJSON *record_read(const char *body, size_t n, const struct record_text *texts, size_t text_count, const struct doc *doc, struct op *op);

/* Where a view stands: the counter and the epoch of proto/README.md §4. */
struct view_mark {
	int64_t at, epoch;
};
/* Appends a whole document with its views' marks. */
void record_write_snapshot(struct buf *body, const struct doc *doc, const struct view_mark *marks, int mark_count);
/* Reads it into an empty document. False when it makes no sense. */
bool record_read_snapshot(const char *body, size_t n, struct doc *doc, struct view_mark *marks, int mark_count);
#endif
