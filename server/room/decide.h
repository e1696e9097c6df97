/* What follows from a command: ops, or a refusal. Pure: the state, the person, the command and the time are all arguments, and nothing is changed here. One function a command (decide_class.c, decide_wall.c,
 * decide_boxes.c, decide_canvas.c, decide_past.c), in a table beside the commands' own. */
#ifndef FORWHOM_SERVER_ROOM_DECIDE_H
#define FORWHOM_SERVER_ROOM_DECIDE_H
#include "proto/arena.h"
#include "proto/template.h"
#include "server/room/request.h"
#include "server/room/view.h"

struct steps;
struct trail;

enum { POS_CAP = 304 };

/* The state a command may read. All borrowed. */
struct room {
	const struct doc *class_doc;
	const struct doc *doc;       /* the one the command names; class_doc for class commands */
	const char *document;        /* its name on the wire */
	enum doc_kind doc_kind;
	const char *last_post_pos;   /* greatest `pos` of any post, "" for none: kept by the caller, because finding it would cost a pass over the wall */
	int64_t objects_max;         /* of a document */
	int64_t documents_max;       /* of a class */
	const struct trail *trail;   /* of doc */
	const struct steps *steps;   /* of doc */
	const struct doc *past;      /* what doc was at the moment that `restore` names; NULL for other commands */
	const struct template *const *templates; /* NULL-terminated; may be NULL */
	/* Another document of the class, NULL if there is none of that id; may be NULL when no command needs it. */
	const struct doc *(*other)(void *ctx, const char *id, enum doc_kind *kind);
	void *ctx;
};

struct person {
	const char *member_id;
	enum role role;
	int64_t posts;     /* posts of theirs that exist */
	int64_t posts_max; /* 0: no limit */
};

/* An op, and the document it is for: 0 the one the command names, else the n-th new one, from 1. */
struct decided {
	size_t into;
	struct op op;
};

struct new_document {
	char id[ID_CHARS + 1];
	enum doc_kind kind;
};

/* Strings in ops are borrowed from the room, the request and the decision itself: apply or write them before any of those goes. Zeroed is valid and empty. */
struct decision {
	bool refused;
	struct refused why;
	struct decided *ops;
	size_t op_count, op_cap;
	struct new_document *documents;
	size_t document_count, document_cap;
	/* Undo: how many steps of whom the ops take back or do again (steps.h). */
	const char *whose;
	int pops;
	struct buf result; /* members of the answer's result, JSON */
	struct arena arena;
	cJSON *edits; /* owns the trees that text ops borrow */
};

/* `decision` is emptied first; it is used again and again, and released at the end. */
void decide(const struct room *room, const struct person *person, const struct request *request, int64_t now_ms, struct decision *decision);
void decision_release(struct decision *decision);

/* A newcomer becomes a member: `op` is the PUT. `name` has been normalised and found free. All borrowed. */
void decide_join(const char *member_id, const char *name, enum role role, int64_t now_ms, struct op *op);

/* A canvas file becomes a document: its ops are added as those of a new document `id`, and the class document's entry for it. `title` NULL: the file's. What it says somebody wrote is `owner`'s. For imports, which are no command.
 * `room` is the class document's; false and `why` set when there is no room left. */
bool decide_import(const struct room *room, const struct template *canvas, const char *id, const char *title, const char *team, const char *see, const char *owner, int64_t now_ms, struct decision *decision);
#endif
