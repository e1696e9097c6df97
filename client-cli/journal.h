#ifndef FORWHOM_CLI_JOURNAL_H
#define FORWHOM_CLI_JOURNAL_H
#include "proto/buf.h"
#include "proto/doc.h"
#include "proto/ids.h"
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The changes a person has given and the server has not answered, on disk: words survive a crash of this program.
 *
 * A change is in the file, and the file synced, before it is sent; it leaves when it has been answered. If a crash comes between, it is sent again at the next start
 * under the same id, which the server does only once. What the server refused stays, with the reason, if it holds words that somebody typed.
 *
 * Beside changes it keeps what is being typed in notes (client-cli/typing.h) and has no command yet, or one whose answer is awaited.
 *
 * The file holds one JSON object a line: {"do":{…}} a change, {"no":{"id",…}} its refusal, {"gone":"id"} its end, {"typing":{"doc","note","state"}} what is pending in a note, nothing without
 * `state`. A torn last line is what a crash leaves and is dropped; so what is pending in a note is to be told before the command that carries it is added, and before the end of one that was `ok`.
 * One program holds a journal at a time (flock). Others of the same profile and class use PATH.2, PATH.3 …; whoever opens takes over what no living program holds.
 */

enum change_state {
	CHANGE_KEPT,    /* not sent on this connection */
	CHANGE_SENT,    /* sent, no answer yet */
	CHANGE_DONE,    /* durable; its effect has not arrived yet */
	CHANGE_REFUSED, /* kept for its words */
};

struct change {
	struct change *prev, *next; /* utlist */
	char id[ID_CHARS + 1];
	char doc[OBJECT_ID_CAP];
	char *name;     /* "post.add" */
	cJSON *args;    /* owned, never NULL */
	char *message;  /* the whole `do`, as it is sent every time */
	enum change_state state;
	int64_t at;     /* DONE: the counter at which the effect shows */
	uint64_t retry_mono_ms; /* KEPT: not before this moment of the loop's clock; 0: at once */
	cJSON *no;      /* REFUSED: the refusal, owned */
	bool inherited; /* from an earlier start */
	bool written;   /* in the file */
	void *tag;      /* the giver's, for its answer */
};

/* What is pending in one note. */
struct kept_typing {
	struct kept_typing *prev, *next; /* utlist */
	char doc[OBJECT_ID_CAP], note[OBJECT_ID_CAP];
	cJSON *state; /* as typing_save made it; owned */
};

struct journal {
	struct change *changes; /* oldest first */
	struct kept_typing *typings;
	size_t size; /* bytes in the file, about */
	char *path;
	int fd;
	int broken; /* errno for which the file is not ours any more: nothing is kept from then on */
	bool unsynced;
	struct buf pending; /* lines for the next journal_sync */
};

/* Opens PATH (or the next free one) and takes over what others left. Returns 0 or an errno. */
int journal_open(struct journal *journal, const char *path);
/* Removes the file if nothing is in it. */
void journal_close(struct journal *journal);

/* Adds a change under a new random id; takes `args`. Borrowed until journal_drop. Not yet on disk: see journal_sync. */
struct change *journal_add(struct journal *journal, const char *doc, const char *name, cJSON *args);
/* The same under an id that was made before. */
struct change *journal_add_as(struct journal *journal, const char *id, const char *doc, const char *name, cJSON *args);
/* Words that can never be saved any more: a refused change of which only args.words counts. Copies all. */
struct change *journal_keep_words(struct journal *journal, const char *doc, const char *note, const char *words, const cJSON *no);
/* Notes what is pending in a note instead of what was noted before; takes `state`; NULL: nothing is. Not yet on disk: see journal_sync. */
void journal_keep_typing(struct journal *journal, const char *doc, const char *note, cJSON *state);
/* Writes and syncs what was added. Returns 0 or an errno; then nothing may be sent. */
int journal_sync(struct journal *journal);

struct change *journal_find(const struct journal *journal, const char *id);
/* The server has answered ok: on disk it is over, in memory it stays until its effect shows. */
void journal_done(struct journal *journal, struct change *change, int64_t at);
/* Refused, but its words are to be kept. Copies `no`. */
void journal_refuse(struct journal *journal, struct change *change, const cJSON *no);
/* Forgets it, in memory and on disk. */
void journal_drop(struct journal *journal, struct change *change);

/* How many are neither done nor refused, and how many are refused. */
size_t journal_unanswered(const struct journal *journal);
size_t journal_refused(const struct journal *journal);

#endif
