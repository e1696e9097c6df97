#ifndef FORWHOM_CLI_ARGS_H
#define FORWHOM_CLI_ARGS_H
#include "proto/buf.h"
#include <stdbool.h>

/*
 * The command line: one table of commands and one of options (args.c), from which reading, refusing and help all come. Pure.
 */

enum option {
	OPTION_NONE,
	OPTION_HELP, OPTION_VERSION, OPTION_PROFILE, OPTION_JSON, OPTION_INSECURE, OPTION_CAFILE, OPTION_WAIT,
	OPTION_HOST, OPTION_TITLE, OPTION_PROMPT, OPTION_SECTION, OPTION_HOLD, OPTION_NAMES, OPTION_NAME,
	OPTION_FOR, OPTION_WHO, OPTION_OFFER, OPTION_HELPS, OPTION_VENTURE, OPTION_REASON, OPTION_BEFORE, OPTION_ALL,
	OPTION_COUNT,
};

enum verb {
	VERB_NONE, /* the full screen */
	VERB_LOGIN, VERB_CLASS_NEW, VERB_JOIN, VERB_POST, VERB_LS, VERB_WATCH,
	VERB_EDIT, VERB_APPROVE, VERB_REJECT, VERB_HIDE, VERB_SHOW, VERB_MOVE, VERB_DELETE, VERB_RESTORE,
	VERB_SET, VERB_SECTION_ADD, VERB_SECTION_RENAME, VERB_SECTION_MOVE, VERB_SECTION_REMOVE, VERB_SECTION_RESTORE,
	VERB_FREEZE, VERB_THAW,
	VERB_COUNT,
};

enum { WORDS_MAX = 24, SECTIONS_MAX = 50, WAIT_DEFAULT_SECONDS = 10 };

struct args {
	enum verb verb;
	const char *words[WORDS_MAX]; /* what is neither command nor option, in order; borrowed from argv */
	int word_count;
	const char *options[OPTION_COUNT]; /* the value, "" for a flag that is there, NULL if absent; the last one wins */
	const char *sections[SECTIONS_MAX]; /* every --section */
	int section_count;
};

enum args_verdict {
	ARGS_OK,
	ARGS_HELP,    /* `args_help` is to be printed */
	ARGS_VERSION,
	ARGS_BAD,     /* `complaint` says why */
};

/* Reads argv[1…]. `complaint` gets a sentence on ARGS_BAD. */
enum args_verdict args_read(int argc, char **argv, struct args *args, struct buf *complaint);

/* Help for one command, or for all of them with VERB_NONE. */
void args_help(enum verb verb, struct buf *out);

/* The command as it is typed ("class new"). */
const char *verb_name(enum verb verb);

static inline bool args_has(const struct args *args, enum option option) { return args->options[option] != NULL; }

#endif
