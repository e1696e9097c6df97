/* What follows from a command: ops, or a refusal. Pure: the state, the person, the command and the time are all arguments, and nothing is changed here. One function a command, in a table beside the commands' own. */
#ifndef FORWHOM_SERVER_ROOM_DECIDE_H
#define FORWHOM_SERVER_ROOM_DECIDE_H
#include "server/room/request.h"
#include "server/room/view.h"

enum { DECISION_OPS_MAX = 4, POS_CAP = 304 };

/* The state a command may read. All borrowed. */
struct room {
	const struct doc *class_doc;
	const struct doc *doc;       /* the one the command names; class_doc for class commands */
	enum doc_kind doc_kind;
	const char *last_post_pos;   /* greatest `pos` of any post, "" for none: kept by the caller, because finding it would cost a pass over the wall */
	int64_t objects_max;
};

struct person {
	const char *member_id;
	enum role role;
	int64_t posts;     /* posts of theirs that exist */
	int64_t posts_max; /* 0: no limit */
};

/* Strings in ops are borrowed from the room, the request and the decision itself: apply or write them before any of those goes. */
struct decision {
	bool refused;
	struct refused why;
	struct op ops[DECISION_OPS_MAX];
	int op_count;
	const char *state; /* "state" of the answer's result, or NULL */
	char pos[POS_CAP];
	char revision_id[OBJECT_ID_CAP];
};

void decide(const struct room *room, const struct person *person, const struct request *request, int64_t now_ms, struct decision *decision);

/* A newcomer becomes a member; `name` has been normalised and found free. */
void decide_join(const char *member_id, const char *name, enum role role, int64_t now_ms, struct decision *decision);
#endif
