#ifndef FORWHOM_CLI_MODEL_H
#define FORWHOM_CLI_MODEL_H
#include "client-cli/journal.h"
#include "proto/doc.h"
#include "proto/statement.h"
#include <cjson/cJSON.h>

/*
 * What this client knows of one class, kept by the rules of proto/README.md §4, and the ordered picture that views draw. Pure: messages in, verdicts out.
 *
 * A replica is one document: the shared objects (as this view has them), the overlay `mine`, and the counters that tell a gap. The picture lays over them what this
 * person has done and the server not yet answered, so that nothing typed ever disappears from the screen.
 */

/* Where one member is, as `presence` said last. */
struct presence {
	char who[OBJECT_ID_CAP], in[OBJECT_ID_CAP], box[OBJECT_ID_CAP], note[OBJECT_ID_CAP]; /* "" where it is not said */
	bool has_caret;
	int64_t anchor, focus, rev;
};

struct replica {
	struct replica *next; /* of the model's canvases */
	char id[OBJECT_ID_CAP];
	struct doc *shared, *mine;
	struct doc *incoming; /* the parts of a snapshot so far, or NULL */
	int incoming_parts;
	int64_t epoch, at;    /* of `shared`; valid while `known` */
	int64_t mine_n;
	int64_t opened_at;    /* where the document stood when it was opened: `shared` may still be on its way there */
	bool known;           /* `shared` is complete */
	bool mine_known;      /* `mine` is complete */
	bool newer;           /* the server's minor version is above ours: it may send kinds and fields that we leave out, so digests say nothing */
	bool opening;         /* asked for; what does not fit meanwhile is late, not a gap */
	bool refused;         /* canvases: this person may not read it, or it is not there */
	unsigned users;       /* canvases: how often it was opened */
	struct presence *here;
	size_t here_count;
	int64_t here_total;   /* connections, where the server tells no more than their number; else 0 */
};

struct model {
	char code[CODE_CHARS + 1];
	char me[OBJECT_ID_CAP];
	enum role role;
	struct replica class_doc, wall;
	struct replica *canvases; /* those that are open, in the order in which they were opened */
	/* Called for every `text` op, after the document has it; may be NULL. Must not change the model. */
	void (*on_text)(struct replica *replica, const struct op *op, void *ctx);
	void *ctx;
	bool readonly;        /* the server cannot save */
	char readonly_say[64];
};

enum model_verdict {
	MODEL_SAME,    /* nothing to show */
	MODEL_CHANGED,
	MODEL_REOPEN,  /* a gap: open `where` again from what is there */
	MODEL_ANEW,    /* what is there is wrong: open `where` without epoch and counter (it has been dropped) */
};

void model_init(struct model *model);
void model_release(struct model *model);

/* Who one is, from `welcome`. If the wall is another than before, the old one is dropped. False if the message lacks what it must have. */
bool model_welcome(struct model *model, const cJSON *message);

/* Appends the `open` message for a replica and notes that it is being opened. `texts`: what is said of texts with a typing session, as a JSON array; NULL or "" for nothing. */
void model_open(struct replica *replica, const char *texts, struct buf *out);

/* The canvas of this id is wanted: returns its replica, made if need be (`fresh`: it is to be opened), and counts. Borrowed until it is left as often. */
struct replica *model_enter(struct model *model, const char *doc, bool *fresh);
/* True if nobody wants it any more: it has been dropped, and is to be closed. */
bool model_leave(struct model *model, const char *doc);

/* An `open` was refused: of `doc`, or, where that is not said (""), of the canvas that has waited longest. Returns the replica, now `refused`, or NULL. */
struct replica *model_refuse(struct model *model, const char *doc);

/* Takes a message of the types snapshot, ops, mine, presence, notice, reload; others are MODEL_SAME. `where` is the replica it was about, or NULL. */
enum model_verdict model_take(struct model *model, const char *type, const cJSON *message, struct replica **where);

/* Everything that is needed for a picture is there, this person's own overlay included. */
bool model_is_ready(const struct model *model);

/* The replica of this document, or NULL. */
struct replica *model_replica(struct model *model, const char *doc);

/* --- the picture --- */

enum post_pending { PENDING_NONE, PENDING_KEPT, PENDING_SENT, PENDING_REFUSED };

struct wall_post {
	const char *id;
	struct statement words;
	const char *section;  /* id of a section in the picture, or "" */
	const char *pos;
	const char *names;    /* "named", "hidden" */
	const char *author;   /* id, or "" where this view may not know */
	const char *author_name; /* "" likewise */
	const char *state;    /* "held", "shown", "rejected", "hidden" */
	const char *reason;
	const char *deleted;  /* "", "author", "staff" */
	int64_t version, at;
	bool own;
	const struct object *revision; /* an edit that waits or was rejected, or NULL */
	enum post_pending pending;
	const struct change *change; /* what is pending, or NULL */
	size_t section_order; /* 0 is "no section" */
};

struct wall_section {
	const char *id, *title, *pos, *deleted;
};

struct picture {
	const char *title, *code, *prompt, *names, *door, *my_name;
	enum role role;
	bool frozen, hold, readonly;
	const char *readonly_say;
	struct wall_section *sections; /* in order, deleted ones left out */
	size_t section_count;
	struct wall_post *posts;       /* by section and position; deleted ones last */
	size_t post_count;             /* all */
	size_t live_count;             /* those not deleted */
	size_t waiting;                /* posts and revisions that wait for approval, as far as this view sees them */
	size_t unanswered, refused;    /* of the journal */
};

/* What a change that is not over shows as. */
enum post_pending change_pending(const struct change *change);
/* The name of a member, "" if there is none of that id. Borrowed. */
const char *model_member_name(const struct model *model, const char *id);
/* Makes room for one more behind `count` elements of `size` bytes; starts with NULL. Returns the array, to be freed. */
void *array_grow(void *array, size_t count, size_t size);

/* Makes the picture anew. Everything in it is borrowed from model and journal and valid until either changes; arrays belong to the picture. `journal` may be NULL. */
void picture_make(struct picture *picture, const struct model *model, const struct journal *journal);
void picture_release(struct picture *picture);

/* The post waits for an instructor's decision: held, or with a held revision. */
bool post_is_waiting(const struct wall_post *post);
struct wall_post *picture_post(const struct picture *picture, const char *id);
const struct wall_section *picture_section(const struct picture *picture, const char *id);

/* Finds by unique prefix of an id (at least 4 characters) among posts. Returns how many match: 1 is good. */
size_t picture_find_post(const struct picture *picture, const char *prefix, const struct wall_post **out);
/* Finds a section by title (exactly, else ignoring case) or by prefix of its id, among those that are there or, with `deleted`, those that were removed. Returns how many match. */
size_t model_find_section(const struct model *model, const char *text, bool deleted, const struct object **out);

#endif
