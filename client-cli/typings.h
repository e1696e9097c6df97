#ifndef FORWHOM_CLI_TYPINGS_H
#define FORWHOM_CLI_TYPINGS_H
#include "client-cli/journal.h"
#include "client-cli/typing.h"

/*
 * All the texts that one person types in within one class, and their words on disk: what a seat does for typing, without a connection. Pure but for the journal.
 *
 * A session ends when the person has left it and nothing of it is pending. Words that cannot be saved go to the journal as refused changes.
 */

struct typing_session {
	struct typing_session *prev, *next; /* utlist */
	char doc[OBJECT_ID_CAP];
	struct typing *typing;
	unsigned users;
	uint64_t save_ms; /* when what is pending is to be written; 0: it is written, or nothing is pending */
	bool asked;       /* `texts` has been asked for and not come yet */
};

struct typings {
	struct typing_session *list;
};

/* Takes up what an earlier start has left in the journal. */
void typings_load(struct typings *typings, struct journal *journal);
void typings_release(struct typings *typings);

struct typing_session *typings_find(const struct typings *typings, const char *doc, const char *note);
/* The session whose edit is carried by that command. */
struct typing_session *typings_of_cmd(const struct typings *typings, const char *cmd);
struct typing_session *typings_of(const struct typings *typings, const struct typing *typing);
/* Begins, or goes on; counts. `note` is an object of that document. */
struct typing_session *typings_begin(struct typings *typings, const char *doc, const struct object *note);
/* The person has left. */
void typings_end(struct typings *typings, struct typing_session *session);
/* Something was typed: it is to be written soon. */
void typings_touch(struct typing_session *session, uint64_t now_ms);

/* The array for `open` of that document, nothing if there is no session in it; marks them as asked. */
void typings_write_open(struct typings *typings, const char *doc, struct buf *out);

/* Gives the journal what is due, and with `up` the commands that are due. Returns the next moment at which something will be, 0 for none. Sessions that are over are freed here. */
uint64_t typings_pump(struct typings *typings, struct journal *journal, uint64_t now_ms, bool up);

/* `ok` to a command of a session: to be told before journal_done. */
void typings_ok(struct typing_session *session, struct journal *journal, int64_t rev);
/* `no` to it: drops the change. */
void typings_no(struct typing_session *session, struct journal *journal, const cJSON *no);
/* A `text` op. True if the document is to be opened anew. */
bool typings_op(struct typings *typings, const char *doc, const struct op *op);
/* The connection is gone. */
void typings_cut(struct typings *typings);
/* A `texts` message. */
void typings_texts(struct typings *typings, struct journal *journal, const cJSON *message);
/* The document has changed: texts are taken over where nothing is pending, and words for what is gone are kept apart. With `complete`, what is not in it is gone. True if it is to be opened anew. */
bool typings_settle(struct typings *typings, struct journal *journal, const char *doc, const struct doc *shared, bool complete);
/* The document may not be read any more, or is gone. */
void typings_shut(struct typings *typings, struct journal *journal, const char *doc);

/* Something is pending that will go by itself (not what pens down keeps). */
bool typings_is_pending(const struct typings *typings);

#endif
