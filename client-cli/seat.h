#ifndef FORWHOM_CLI_SEAT_H
#define FORWHOM_CLI_SEAT_H
#include "client-cli/journal.h"
#include "client-cli/link.h"
#include "client-cli/model.h"
#include "client-cli/profile.h"
#include "client-cli/typing.h"

/*
 * One person's seat in one class: link, model and journal put together. Whatever is given to seat_do is on disk before it is on its way, goes out in order, and goes out
 * again after every welcome until it is answered.
 */

struct seat;

/* All from the loop; none may free the seat. */
struct seat_events {
	void (*on_change)(struct seat *seat, void *ctx);                       /* model, journal or link state: draw anew */
	void (*on_ready)(struct seat *seat, void *ctx);                        /* once: everything for a picture has arrived */
	void (*on_ok)(struct seat *seat, struct change *change, const cJSON *answer, void *ctx);
	/* `kept`: it stays in the journal for its words. */
	void (*on_no)(struct seat *seat, struct change *change, const cJSON *answer, bool kept, void *ctx);
	void (*on_refused)(struct seat *seat, const cJSON *no, void *ctx);     /* the class or this person: for good */
	void *ctx;
};

struct seat_config {
	struct net *net;
	const struct profile *profile;
	const struct class_entry *entry; /* who one is */
	const char *session;             /* with entry->staff */
	bool keep_refused;               /* refused words stay in the journal (full screen), else they end (the giver reports them) */
};

/* Opens the journal and starts reaching. NULL, with an errno in `err`, if the journal cannot be opened. Returns owned. */
struct seat *seat_new(const struct seat_config *config, const struct seat_events *events, int *err);
/* Closes all; what is unanswered stays on disk. Takes NULL. */
void seat_free(struct seat *seat);

struct model *seat_model(struct seat *seat);
struct journal *seat_journal(struct seat *seat);
enum link_state seat_link(const struct seat *seat);
const struct class_entry *seat_entry(const struct seat *seat);
bool seat_is_ready(const struct seat *seat);

/* Gives a change to the document it belongs to; takes `args`. Valid until answered. Written, synced and sent on this turn of the loop's end, together with others.
 * `tag` comes back in the change. */
struct change *seat_do(struct seat *seat, enum command command, cJSON *args, void *tag);
/* The same for a canvas, or for undo, redo, revert and restore in any document: `doc` is its id ("class", the wall's, a canvas's). */
struct change *seat_do_in(struct seat *seat, const char *doc, enum command command, cJSON *args, void *tag);
/* Forgets a change that was refused, or not yet sent. */
void seat_forget(struct seat *seat, struct change *change);
/* 0, or the errno for which nothing can be kept and so nothing is sent. */
int seat_storage_error(const struct seat *seat);
/* Drops a waiting time before the next attempt to connect. */
void seat_hurry(struct seat *seat);
/* Nothing is under way or waiting for its time. */
bool seat_is_idle(const struct seat *seat);

/* --- documents beside the class and its wall --- */

/* Opens a canvas, and keeps it open over reconnections; counted: as many seat_close. model_replica has it from now on; it is `known` once its content is there, and `refused`
 * (with on_change) if this person may not read it or it is not there. */
void seat_open(struct seat *seat, const char *doc);
void seat_close(struct seat *seat, const char *doc);

/* --- typing in notes --- */

/* All sessions, for canvas_make. */
const struct typings *seat_typings(const struct seat *seat);
/* Begins to type in a note of an open canvas, or goes on; NULL if the note is not there. Borrowed until seat_type_end; its words stay safe on disk from the moment they are typed. */
struct typing *seat_type_begin(struct seat *seat, const char *doc, const char *note);
/* The person has left the text. What is unsent still goes; the session must not be used any more. */
void seat_type_end(struct seat *seat, struct typing *typing);
/* typing_splice, and sees to it that the words are kept and sent. */
enum typing_verdict seat_type(struct seat *seat, struct typing *typing, int64_t at, int64_t remove, const char *s, size_t n);
/* typing_replace likewise. */
enum typing_verdict seat_type_replace(struct seat *seat, struct typing *typing, const char *s, size_t n);
/* Sends the words that pens down has kept, in this session. */
void seat_type_offer(struct seat *seat, struct typing *typing);

/* --- presence --- */

/* Says where this person is: in a document, a box and a note of it ("" or NULL: nowhere in particular). With a typing session of that note, its caret too; call it again when the caret moves.
 * Said at most ten times a second, only when it has changed, and again after every reconnection. */
void seat_here(struct seat *seat, const char *doc, const char *box, const char *note);

/* --- asking --- */

/* One question of the types history, moment, export ({"t":…,"doc":…}, `id` is added; takes `question`). Every part of the answer comes to `on_part`, `last` with the final one; a refusal comes as `no`, with
 * part NULL. After a lost connection it is asked again from the start: `on_part` then begins with part 0 anew. Returns a handle valid until the last call. */
struct ask;
typedef void (*ask_part)(const cJSON *part, bool last, const cJSON *no, void *ctx);
struct ask *seat_ask(struct seat *seat, cJSON *question, ask_part on_part, void *ctx);
/* Forgets the question; no call comes any more. Takes NULL. */
void seat_unask(struct seat *seat, struct ask *ask);

#endif
