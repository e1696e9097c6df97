/* The newest edits of a document's texts: what a late edit is carried over, and what a client that comes back has to catch up with. One trail per document, by the id of the object
 * whose text it is (a kind has at most one text with a revision). Pure: time comes in as an argument.
 *
 * An edit is forgotten when its text has more than TRAIL_EDITS_MAX newer ones, or TRAIL_TEXT_BYTES_MAX of them in their wire form, or when it is older than the time given to trail_forget and not among the newest
 * TRAIL_EDITS_KEPT of its text. Should a document's texts together have more than TRAIL_BYTES_MAX, each loses the older half. Letters as they are typed take some 14 bytes, so the bounds in bytes are met by those
 * alone who replace long texts over and over; they are what keeps carrying an edit over all others within 20 ms, and a document's trail within the memory of the machine. */
#ifndef FORWHOM_SERVER_ROOM_TRAIL_H
#define FORWHOM_SERVER_ROOM_TRAIL_H
#include "proto/doc.h"
#include "proto/text.h"

enum { TRAIL_EDITS_MAX = 8192, TRAIL_EDITS_KEPT = 2000, TRAIL_TEXT_BYTES_MAX = 512 * 1024, TRAIL_BYTES_MAX = 32 * 1024 * 1024 };

enum trail_verdict {
	TRAIL_OK,
	TRAIL_STALE,  /* not all edits since that revision are known any more */
	TRAIL_FUTURE, /* the text has no such revision yet */
};

struct trail;

/* Returns owned; trail_free takes NULL. */
struct trail *trail_new(void);
void trail_free(struct trail *trail);

/* Remembers that `edit`, the wire form of a tidy edit (borrowed), made revision `rev` of the object's text at `at_ms`. Revisions follow each other; after a gap the memory of this text begins anew. */
void trail_add(struct trail *trail, const char *object_id, int64_t rev, const cJSON *edit, int64_t at_ms);
/* Forgets a text: its object was purged or put anew. */
void trail_drop(struct trail *trail, const char *object_id);
/* Forgets edits from before `before_ms`, by the rule above. To be called now and then. */
void trail_forget(struct trail *trail, int64_t before_ms);

/* Carries `edit`, made on revision `from_rev`, over all edits since, up to `rev_now`, the text's revision. The newcomer is TEXT_LEFT. Left as it is unless TRAIL_OK. An edit that reaches beyond the text of
 * `from_rev` reaches beyond today's as well: text_edit_check it afterwards. */
enum trail_verdict trail_rebase(const struct trail *trail, const char *object_id, int64_t rev_now, int64_t from_rev, struct text_edit *edit);

/* The edits after a revision, oldest first. `rev` is that of the edit last given. */
struct trail_walk {
	const struct trail_text *text;
	int64_t rev;
	size_t next;
};
/* Begins a walk over the edits from `from_rev` to `rev_now`; valid until the trail changes. */
enum trail_verdict trail_since(const struct trail *trail, const char *object_id, int64_t rev_now, int64_t from_rev, struct trail_walk *walk);
/* How many bytes of edits are yet to come. */
size_t trail_bytes_left(const struct trail_walk *walk);
/* The wire form of the next edit, `n` bytes, borrowed from the trail. False at the end. */
bool trail_next(struct trail_walk *walk, const char **edit, size_t *n);

/* How many edits of this text are remembered. */
size_t trail_count(const struct trail *trail, const char *object_id);

/* Appends the trail as JSON, for a stored snapshot; and reads it back. NULL when it makes no sense, else owned. Borrows `json`. */
void trail_write(struct buf *out, const struct trail *trail);
struct trail *trail_read(const cJSON *json);
#endif
