#ifndef FORWHOM_CLI_PIPE_H
#define FORWHOM_CLI_PIPE_H
#include "client-cli/model.h"
#include "proto/buf.h"
#include <cjson/cJSON.h>

/*
 * The parts of the scripting commands that are pure: what they read and what they print.
 */

/* A post as `ls --json` prints it: id, for, who, offer, helps, venture, author, section (title), state, always all of them, "" where there is
 * nothing or an author is not to be known; then reason, revision and deleted where there are such. Returns owned. */
cJSON *post_json(const struct picture *picture, const struct wall_post *post);

/* A line of `post --json -` into arguments of post.add without `id`; the section stays as it was written, apart. NULL, with a refusal's code in `code`, if it is not one. */
struct post_line {
	cJSON *args;         /* owned by the caller; NULL if the line was bad */
	char *section;       /* owned; NULL if none was given */
	const char *code;    /* of the refusal */
	const char *say;
};
struct post_line post_line_read(const char *line, size_t n);

/* KEY=VALUE of `set` into the arguments of class.set or wall.set. */
enum setting_verdict { SETTING_OK, SETTING_NO_KEY, SETTING_BAD_VALUE };
/* Adds to `args` (an object, one for each of CMD_CLASS_SET and CMD_WALL_SET); `which` says to which of the two. `values` gets what would have been good. */
enum setting_verdict setting_read(const char *text, cJSON *class_args, cJSON *wall_args, struct buf *values);

#endif
