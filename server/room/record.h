/* How ops and whole documents are written for the store: JSON in which each text that a person typed is a reference {"$":n} to a row of its own, so that one person's words can be erased without
 * touching the order of things. Pure. */
#ifndef FORWHOM_SERVER_ROOM_RECORD_H
#define FORWHOM_SERVER_ROOM_RECORD_H
#include "proto/doc.h"
#include "server/room/steps.h"
#include "server/room/trail.h"

struct record_text {
	const char *s;
	size_t n;
};

/* How many texts the record of an op may have at most. */
size_t record_texts_max(const struct op *op);
/* Appends the stored form of `op` to `body`, with what `source` says beside actor and time (the first op of a command names it; history and undo want to know); its typed texts go to `texts` (room for record_texts_max),
 * borrowed from the op. A text op deletes by count. Returns how many. */
size_t record_write(struct buf *body, const struct op *op, const struct step_source *source, struct record_text *texts);
/* Reads it back; `doc` is the document as it was just before, for the kinds of objects that are changed. `source` gets everything but actor and time, borrowed. Returns the owned tree that both borrow from (cJSON_Delete), or NULL when the
 * record makes no sense. A record that names no command goes on with the one before: `first` is false, `command` CMD_NONE. */
cJSON *record_read(const char *body, size_t n, const struct record_text *texts, size_t text_count, const struct doc *doc, struct op *op, struct step_source *source);

/* Where a view stands: the counter and the epoch of proto/README.md §4. */
struct view_mark {
	int64_t at, epoch;
};
/* Appends a whole document with its views' marks, what its log has taken up so far (`log_bytes`), and what is remembered of its past. */
void record_write_snapshot(struct buf *body, const struct doc *doc, const struct view_mark *marks, int mark_count, const struct trail *trail, const struct steps *steps, int64_t log_bytes);
/* Reads it into an empty document. `log_bytes` may be NULL; `trail` and `steps` (both or neither NULL) get what the snapshot remembers (owned). False when it makes no sense. */
bool record_read_snapshot(const char *body, size_t n, struct doc *doc, struct view_mark *marks, int mark_count, struct trail **trail, struct steps **steps, int64_t *log_bytes);
#endif
