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

struct ledger_view {
	struct mirror now;
	int64_t at, epoch;
	struct stamp *stamps; /* by counter, 0 … at */
	size_t stamp_cap;
};

struct ledger_doc {
	char id[23], class_id[23];
	int64_t seq;
	struct mirror full;
	struct ledger_view views[LEDGER_VIEWS];
	UT_hash_handle hh;
};

/* One typed word. */
struct ledger_word {
	bool is_durable, is_seen[LEDGER_VIEWS];
	char class_id[23], author[23];
};

struct ledger_put {
	char id[28];
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
const struct ledger_put *ledger_put(const struct ledger *ledger, const char *object_id);
int ledger_done(const struct ledger *ledger, const char *command_id);
const struct ledger_word *ledger_word(const struct ledger *ledger, int word);
/* The fields of the full object that an audience may see, NULL when it must not know of it. Returns owned. */
cJSON *ledger_project(const struct thing *full, int audience);
#endif
