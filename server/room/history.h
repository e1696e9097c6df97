/* Looking back (proto/README.md §13): the list of a document's moments, and the document as it was at one of them. A history is a question and, once a log has been read through it, its answer; it is given to the store's
 * read_log as a visitor and works on a reader's thread, so it holds everything it needs and shares nothing. Pure.
 *
 * What is shown of the past is what the reader might see then and may see now, field by field. What is gone now is not shown at all; only what was deleted in the ordinary course of work on a canvas or of arranging a wall
 * still shows at the moments when it lived, for that is what looking back is for. */
#ifndef FORWHOM_SERVER_ROOM_HISTORY_H
#define FORWHOM_SERVER_ROOM_HISTORY_H
#include "proto/doc.h"
#include "server/room/view.h"
#include "server/store/store.h"

enum { HISTORY_MOMENTS_MAX = 1000, HISTORY_PART_BYTES = 48 * 1024 };

/* What `view` may see of `object` in the past, given how it is now: what it may see now, or might if the note, link, box or section were not deleted. */
field_mask history_may(enum view view, const struct object *object);

/* history_may of every object that has a mask: how things stand now, for a reader on another thread. Immutable. Returns owned; history_now_free takes NULL. */
struct history_now;
struct history_now *history_now(const struct doc *doc, enum view view);
void history_now_free(struct history_now *now);

struct history;
/* Asks for the list of moments. Takes `now`; copies `id`, the query's, and `doc`, the document as it is called on the wire. */
struct history *history_list(enum view view, struct history_now *now, const char *id, const char *doc);
/* Asks for the document as it was when `view`'s counter was `at`. With `now` (taken), `id` and `doc` for a reader; with none of them (NULL) for history_take_doc alone. */
struct history *history_moment(enum view view, int64_t at, struct history_now *now, const char *id, const char *doc);
/* Takes NULL. Not while a log is read. */
void history_free(struct history *history);

/* For read_log; its ctx is the history. Offered no snapshot, entries from the first on. */
struct log_visitor history_visitor(struct history *history);

/* After the log's end. Whether there is an answer: for a moment, that the counter was reached; for a list, that anything could be read. An entry that makes no sense ends a list before it, and is no answer to a moment behind it. */
bool history_is_found(const struct history *history);
/* The answer in messages ready to be sent, each at most HISTORY_PART_BYTES long unless a single object is longer; none if it was not found or not asked for. Borrowed. */
const struct buf *history_parts(const struct history *history, size_t *count);
/* The whole document at the moment, for nobody's eyes: returns owned, NULL if it was not found. Once. */
struct doc *history_take_doc(struct history *history);
#endif
