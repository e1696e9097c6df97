#ifndef FORWHOM_CLI_PIPE_H
#define FORWHOM_CLI_PIPE_H
#include "client-cli/canvas.h"
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

/* --- canvases --- */

/* Objects as `canvas show --json` prints them, one a line, told apart by `kind`: canvas, box, type, note, link. Returns owned. */
cJSON *canvas_json(const struct canvas *canvas);
cJSON *box_json(const struct canvas_box *box);
cJSON *type_json(int number, const char *name);
cJSON *note_json(const struct canvas *canvas, const struct canvas_note *note);
cJSON *link_json(const struct canvas_link *link);
/* A canvas in the list of them (`canvas ls --json`). */
cJSON *canvas_entry_json(const struct canvas_entry *entry);

/* The outline, for people: boxes in order, their notes, and what these are linked to. Lines end with newlines. */
void canvas_outline_add(struct buf *out, const struct canvas *canvas);
/* One note of it, without a newline at the end: "id  text  (type) #tag — author", further lines of the text below. */
void note_row_add(struct buf *out, const struct canvas *canvas, const struct canvas_note *note);

/* A line of `canvas note add --json -` into arguments of note.add without `id`; `box` stays as it was written, apart, and so does `before`. `tags` may be a string or a list of them. */
struct note_line {
	cJSON *args; /* owned by the caller; NULL if the line was bad */
	char *box, *before; /* owned; NULL if not given */
	const char *code, *say; /* of the refusal */
};
struct note_line note_line_read(const char *line, size_t n);

/* A time as people say it: milliseconds since 1970; "90s", "10m", "2h", "3d" ago; "14:30" of today; "2026-11-22 14:30[:05]" (or with T), both by this machine's clock and zone. False if it is none. */
bool time_read(const char *text, int64_t now_ms, int64_t *ms);

/* "9,1" and "2x3": two numbers from 1 to 999 with that between them. */
bool pair_read(const char *text, char between, int64_t *a, int64_t *b);

/* KEY=VALUE of `canvas set` into the arguments of document.set. As setting_read. */
enum setting_verdict canvas_setting_read(const char *text, cJSON *args, struct buf *values);

#endif
