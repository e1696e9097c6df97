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
	OPTION_TEMPLATE, OPTION_FROM, OPTION_NOTES, OPTION_TEAM, OPTION_EACH, OPTION_SEE, OPTION_TYPE, OPTION_TAG,
	OPTION_AT, OPTION_BOX, OPTION_NOTE, OPTION_MEMBER, OPTION_SINCE, OPTION_FORMAT, OPTION_OUTPUT,
	OPTION_CELL, OPTION_SIZE, OPTION_ORDER, OPTION_QUESTIONS, OPTION_TIP, OPTION_TAGS,
	OPTION_COUNT,
};

enum verb {
	VERB_NONE, /* the full screen */
	VERB_LOGIN, VERB_CLASS_NEW, VERB_JOIN, VERB_POST, VERB_LS, VERB_WATCH,
	VERB_EDIT, VERB_APPROVE, VERB_REJECT, VERB_HIDE, VERB_SHOW, VERB_MOVE, VERB_DELETE, VERB_RESTORE,
	VERB_SET, VERB_SECTION_ADD, VERB_SECTION_RENAME, VERB_SECTION_MOVE, VERB_SECTION_REMOVE, VERB_SECTION_RESTORE,
	VERB_FREEZE, VERB_THAW,
	VERB_TEAM_ADD, VERB_TEAM_LS, VERB_TEAM_RENAME, VERB_TEAM_RM, VERB_TEAM_RESTORE, VERB_TEAM_PLACE, VERB_TEAM_DEAL, VERB_TEAM_JOIN,
	VERB_CANVAS_NEW, VERB_CANVAS_LS, VERB_CANVAS_SHOW, VERB_CANVAS_SET, VERB_CANVAS_RM, VERB_CANVAS_RESTORE, VERB_CANVAS_TYPE,
	VERB_BOX_ADD, VERB_BOX_SET, VERB_BOX_RM, VERB_BOX_RESTORE,
	VERB_NOTE_ADD, VERB_NOTE_EDIT, VERB_NOTE_APPEND, VERB_NOTE_MOVE, VERB_NOTE_SET, VERB_NOTE_RM, VERB_NOTE_RESTORE, VERB_NOTE_DUP,
	VERB_NOTE_LINK, VERB_NOTE_UNLINK, VERB_NOTE_PROMOTE,
	VERB_TEMPLATE_LS, VERB_TEMPLATE_CHECK, VERB_TEMPLATE_ADD,
	VERB_HISTORY, VERB_UNDO, VERB_REDO, VERB_REVERT, VERB_EXPORT, VERB_IMPORT,
	VERB_COUNT,
};

enum { WORDS_MAX = 24, SECTIONS_MAX = 50, TAGS_MAX = 50, WAIT_DEFAULT_SECONDS = 10 };

struct args {
	enum verb verb;
	const char *words[WORDS_MAX]; /* what is neither command nor option, in order; borrowed from argv */
	int word_count;
	const char *options[OPTION_COUNT]; /* the value, "" for a flag that is there, NULL if absent; the last one wins */
	const char *sections[SECTIONS_MAX]; /* every --section */
	int section_count;
	const char *tags[TAGS_MAX]; /* every --tag */
	int tag_count;
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
