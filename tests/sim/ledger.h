/* What is durable, read from the log itself: every document, how far each view of it has come and what its digest was at every counter, which words each view has ever been allowed to see, and which commands were done. */
#ifndef FORWHOM_TESTS_SIM_LEDGER_H
#define FORWHOM_TESTS_SIM_LEDGER_H
#include "server/store/store.h"
#include "tests/sim/mirror.h"

enum ledger_audience { SEES_CLASS, SEES_STAFF, LEDGER_VIEWS, SEES_AUTHOR = LEDGER_VIEWS };

struct stamp {
	int64_t epoch;
	struct digest sum;
};

/* Whose op brought a view to a counter, and whether it was on a thing whose author that view may not know. */
struct teller {
	char who[23];
	bool hides;
};

struct ledger_view {
	struct mirror now;
	int64_t at, epoch;
	struct stamp *stamps; /* by counter, 0 … at */
	struct teller *tellers;
	size_t stamp_cap;
};

struct ledger_op {
	cJSON *op;
	char who[23];
};

struct ledger_doc {
	char id[23], class_id[23];
	int class_index, index; /* of its class in the world, and of the document in its class; -1 before the world knows the class */
	int64_t seq, made; /* made: the staff's counter once what made the document was complete */
	char cmd[24], whose[23]; /* the command that the newest entry belongs to */
	struct mirror full;
	struct ledger_view views[LEDGER_VIEWS];
	struct ledger_op *ops; /* all of them */
	size_t op_count, op_cap;
	UT_hash_handle hh;
};

/* One typed word. */
struct ledger_word {
	bool is_durable, is_seen[LEDGER_VIEWS];
	char class_id[23], author[23];
};

struct ledger_put {
	char key[64]; /* of document and object: copies of canvases have the ids of their origin */
	int count;
	int64_t at[LEDGER_VIEWS]; /* each view's counter right after the last one */
	UT_hash_handle hh;
};

struct ledger_done {
	char id[23];
	int count;
	UT_hash_handle hh;
};

struct ledger {
	struct ledger_doc *docs;
	struct ledger_word *words;
	size_t word_cap;
	struct ledger_put *puts;
	struct ledger_done *done;
	size_t entries;
};

/* The batch has become durable. Fails the run when its numbers are not dense or a command is done twice. */
void ledger_apply(struct ledger *ledger, const struct log_batch *batch);
void ledger_release(struct ledger *ledger);
struct ledger_doc *ledger_doc(const struct ledger *ledger, const char *id);
/* Where an object was made, NULL: nowhere; how often a command was done. */
const struct ledger_put *ledger_put(const struct ledger *ledger, const char *doc_id, const char *object_id);
int ledger_done(const struct ledger *ledger, const char *command_id);
const struct ledger_word *ledger_word(const struct ledger *ledger, int word);
/* The fields of the full object that an audience may see, NULL when it must not know of it. Returns owned. */
cJSON *ledger_project(const struct thing *full, int audience);
/* Those that somebody who looks back may see of it, as it is now: being deleted hides no section, box, note or link of the past. Returns owned; NULL for nothing. */
cJSON *ledger_project_past(const struct thing *full, int audience);
/* The document as it was when a view's counter was `at`, which it has been; only `full` and `views` are filled. To be released. */
void ledger_then(const struct ledger_doc *doc, int view, int64_t at, struct ledger_doc *then);
void ledger_doc_release(struct ledger_doc *doc);
#endif
