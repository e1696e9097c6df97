#ifndef FORWHOM_CLI_PIPE_JOB_H
#define FORWHOM_CLI_PIPE_JOB_H
#include "client-cli/app.h"
#include "client-cli/canvas.h"
#include "client-cli/input.h"
#include "client-cli/seat.h"
#include <uthash.h>

/*
 * What the commands in a class share (pipe*.c): one process runs one of them. pipe.c takes the seat, waits, and ends; a command is a function that is called once the class is there,
 * gives changes or prints, and returns.
 */

/* One line of input that is answered by one line of output, in the order of input: its result waits for those before it. */
struct line {
	struct line *prev, *next;
	cJSON *result; /* NULL until it is known */
};

/* What `watch` has said last about one thing. */
struct said {
	char key[64];
	char *text;
	bool seen;
	UT_hash_handle hh;
};

struct job {
	struct app *app;
	struct seat *seat;
	char session[SESSION_CAP]; /* staff's, for what goes over HTTP */
	uv_timer_t patience;
	struct picture picture;
	struct class_list list;
	struct canvas canvas; /* the one the command is about, once it is there */
	size_t open;          /* answers awaited */
	enum exit_code code;
	bool fresh_join;      /* the class was not known before this command */
	bool ready, ending;
	size_t settled;       /* changes of an earlier start that were answered now */
	/* A document that is being opened, and what is to be done then. */
	char awaited[OBJECT_ID_CAP];
	void (*then)(void);
	/* lines from standard input */
	struct input input;
	void (*on_line)(const char *text, size_t n, struct line *line); /* `text` is NULL for a line that was too long */
	struct line *lines;
	size_t line_count;
	bool reads, input_ended;
	/* watch */
	struct said *said;
	bool watches, watch_lost, watch_primed;
};

extern struct job job;

static inline const struct args *args(void) { return &job.app->args; }
static inline const char *option(enum option option) { return job.app->args.options[option]; }
static inline const char *word(int n) { return job.app->args.words[n]; }

/* Gives a change to the document it belongs to, or to `doc`; takes `args`. `tag`: the line it answers, or NULL. */
void job_give(enum command command, cJSON *args, struct line *line);
void job_give_in(const char *doc, enum command command, cJSON *args, struct line *line);
/* {"id":id}, and a random one for what is to be made. */
cJSON *job_args_with_id(const char *id);
void job_add_new_id(cJSON *args);
/* What an option gives, if it is there, as an argument. */
void job_add_option(cJSON *args, const char *key, enum option which);
/* Complains about what the command asks for (code, sentence, its argument); the command ends with EXIT_REFUSED. */
void job_refuse(const char *code, const char *key, const char *x);
/* The same for how it asks: EXIT_USAGE. */
void job_misuse(const char *key, const char *x);

/* The post whose id begins so, or NULL after complaining. */
const struct wall_post *job_find_post(const char *prefix);
/* The first eight characters of an id. */
void job_add_short_id(struct buf *out, const char *id);

/* Reads standard input line by line into `on_line`, or (job_read_all) as a whole into `on_text`, which is called once. */
void job_read_lines(void (*on_line)(const char *text, size_t n, struct line *line));
/* The result of a line; takes `result`. */
void job_settle_line(struct line *line, cJSON *result);
cJSON *job_refusal_json(const char *code, const char *sentence_text);

/* Opens the document and calls `then` once it is there as it stood when it was opened; refuses if it may not be read. */
void job_await(const char *doc, void (*then)(void));
/* Ends the loop if there is nothing left to wait for. To be called after whatever ends a wait that is not a change's. */
void job_end_if_done(void);

/* Notes what is to be said about `key`: 0 nothing new, 1 it is new, 2 it is another than before. Takes `text`. */
int job_watch_note(const char *key, char *text);
/* Prints {"change":how, and what is in `row`}; takes it. */
void job_print_change(const char *how, cJSON *row);

/* Commands of pipe_canvas.c, by verb; NULL where there is none. */
void (*canvas_act(enum verb verb))(void);
/* What is printed for the `ok` of one of them. */
void canvas_print_ok(const struct change *change, const cJSON *answer);
/* Commands of pipe_notes.c, to be called once the canvas is there; NULL where there is none. */
void (*note_then(enum verb verb))(void);
/* pipe_canvas_watch.c: looks for what has changed in the canvas that is watched, if one is; what has gone is said by pipe.c, through `canvas_tell_gone` where the key is a canvas's. */
void canvas_watch(void);
bool canvas_tell_gone(const char *key);

/* What a person means, or NULL after complaining: a canvas, a team (with `deleted`, one that was removed), a member; a box or a note of job.canvas (complaining only if `complain`); a document's id:
 * "wall", "class", or a canvas. */
const struct canvas_entry *job_find_canvas(const char *text, bool deleted);
const struct team_entry *job_find_team(const char *text, bool deleted);
const struct member_entry *job_find_member(const char *text);
const struct canvas_box *job_find_box(const char *text, bool complain);
const struct canvas_note *job_find_note(const char *text, bool complain);
const char *job_find_doc(const char *text);
/* A number that is asked for; false after complaining. */
bool job_read_number(const char *text, int64_t least, int64_t most, int64_t *out);
/* Several lines, each made safe by itself; a whole canvas, as outline or as JSON. */
void job_print_lines(const char *text);
void job_print_canvas(const struct canvas *canvas);

/* Commands of pipe_past.c, by verb; NULL where there is none. past_end lets go of what is under way over HTTP. */
void (*past_act(enum verb verb))(void);
void past_end(void);

#endif
