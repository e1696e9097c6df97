/* Commands for what was: undo, history, restoring; and for files: exports, imports. What they share with the others is in pipe.c and pipe_canvas.c. */
#include "client-cli/http.h"
#include "client-cli/pipe.h"
#include "client-cli/pipe_job.h"
#include "client-cli/sentence.h"
#include "proto/statement.h"
#include "proto/json.h"
#include "proto/template.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What is under way besides changes. */
static struct {
	struct ask *ask;
	struct http_call *call;
	struct buf text;   /* of a file that comes in parts */
	cJSON *moment;     /* the objects of a moment, of all parts so far */
	char what[OBJECT_ID_CAP]; /* the document */
} side;

/* --- undo, redo, revert, restore --- */

static void act_undo(void)
{
	const char *doc = job_find_doc(word(1));
	if (doc)
		job_give_in(doc, args()->verb == VERB_UNDO ? CMD_UNDO : CMD_REDO, cJSON_CreateObject(), NULL);
}

static void act_revert(void)
{
	int64_t since;
	const char *doc = job_find_doc(word(1));
	const struct member_entry *member = doc ? job_find_member(option(OPTION_MEMBER)) : NULL;
	if (!member)
		return;
	if (!time_read(option(OPTION_SINCE), now_ms(), &since)) {
		job_misuse("usage.time", option(OPTION_SINCE));
		return;
	}
	cJSON *change = cJSON_CreateObject();
	cJSON_AddStringToObject(change, "member", member->id);
	cJSON_AddNumberToObject(change, "since", (double)since);
	job_give_in(doc, CMD_REVERT, change, NULL);
}

/* A note of the canvas as it is, or (it may be gone) a whole id. */
static const char *note_id(const char *text)
{
	const struct canvas_note *note = job_find_note(text, false);
	if (note)
		return note->id;
	if (id_is_valid(text, strlen(text)))
		return text;
	job_find_note(text, true);
	return NULL;
}

static void then_restore(void)
{
	int64_t at;
	const struct canvas_box *box = NULL;
	const char *note = NULL;
	if (!job_read_number(option(OPTION_AT), 0, JSON_INT_MAX, &at) || (option(OPTION_BOX) && !(box = job_find_box(option(OPTION_BOX), true))) ||
	    (option(OPTION_NOTE) && !(note = note_id(option(OPTION_NOTE)))))
		return;
	cJSON *change = cJSON_CreateObject();
	cJSON_AddNumberToObject(change, "at", (double)at);
	if (box)
		cJSON_AddStringToObject(change, "box", box->id);
	if (note)
		cJSON_AddStringToObject(change, "note", note);
	job_give_in(job.awaited, CMD_RESTORE, change, NULL);
}

static void act_restore(void)
{
	const char *doc = args()->word_count == 2 ? job_find_doc(word(1)) : NULL;
	if (args()->word_count != 2)
		job_misuse("usage.extra", word(2));
	if (doc)
		job_await(doc, then_restore);
}

/* --- asking --- */

static void ask(const char *type, const char *doc, int64_t at, const char *format, ask_part on_part)
{
	cJSON *question = cJSON_CreateObject();
	cJSON_AddStringToObject(question, "t", type);
	cJSON_AddStringToObject(question, "doc", doc);
	if (at >= 0)
		cJSON_AddNumberToObject(question, "at", (double)at);
	if (format)
		cJSON_AddStringToObject(question, "format", format);
	job.open++;
	side.ask = seat_ask(job.seat, question, on_part, NULL);
}

/* The answer is complete, or refused. */
static void answered(const cJSON *no)
{
	side.ask = NULL;
	job.open--;
	if (no) {
		say_refusal(no);
		job.code = EXIT_REFUSED;
	}
}

static bool begins(const cJSON *part)
{
	int64_t n;
	return json_int(part, "part", 0, JSON_INT_MAX, &n) && n == 0;
}

static void add_time(struct buf *out, int64_t ms)
{
	char text[32];
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	localtime_r(&seconds, &tm);
	buf_add(out, text, strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm));
}

static void print_moment(const cJSON *moment)
{
	int64_t at = 0, ms = 0, n = 0;
	const char *who = "", *cmd = "", *id = "";
	size_t size;
	json_int(moment, "at", 0, JSON_INT_MAX, &at);
	json_int(moment, "ms", 0, JSON_INT_MAX, &ms);
	json_int(moment, "n", 0, JSON_INT_MAX, &n);
	json_str(moment, "who", &who, &size);
	json_str(moment, "cmd", &cmd, &size);
	json_str(moment, "id", &id, &size);
	const char *name = model_member_name(seat_model(job.seat), who);
	if (job.app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddNumberToObject(line, "at", (double)at);
		cJSON_AddNumberToObject(line, "ms", (double)ms);
		cJSON_AddStringToObject(line, "who", name);
		cJSON_AddStringToObject(line, "cmd", cmd);
		cJSON_AddNumberToObject(line, "n", (double)n);
		cJSON_AddStringToObject(line, "id", id);
		print_json(line);
		return;
	}
	struct buf text = { 0 };
	char number[24];
	buf_add(&text, number, (size_t)snprintf(number, sizeof number, "%6lld  ", (long long)at));
	add_time(&text, ms);
	buf_str(&text, "  ");
	buf_str(&text, cmd);
	if (n > 1) {
		buf_str(&text, " (");
		buf_int(&text, n);
		buf_char(&text, ')');
	}
	if (*id) {
		buf_str(&text, "  ");
		job_add_short_id(&text, id);
	}
	if (*name) {
		buf_str(&text, "  — ");
		buf_str(&text, name);
	}
	print_line(text.s);
	buf_release(&text);
}

/* Printed once all of it is here: after a lost connection it begins anew. `part` may be NULL. */
static void gather(const cJSON *part, const char *key)
{
	const cJSON *item;
	if (part && begins(part)) {
		cJSON_Delete(side.moment);
		side.moment = cJSON_CreateArray();
	}
	cJSON_ArrayForEach(item, json_array(part, key))
		cJSON_AddItemToArray(side.moment, cJSON_Duplicate(item, true));
}

static void on_history(const cJSON *part, bool last, const cJSON *no, void *ctx)
{
	const cJSON *moment;
	(void)ctx;
	gather(part, "moments");
	if (!last)
		return;
	answered(no);
	cJSON_ArrayForEach(moment, side.moment)
		print_moment(moment);
	job_end_if_done();
}

static void print_wall(const struct picture *picture)
{
	for (size_t i = 0; i < picture->post_count; i++) {
		const struct wall_post *post = &picture->posts[i];
		if (*post->deleted)
			continue;
		if (job.app->json) {
			print_json(post_json(picture, post));
			continue;
		}
		struct buf text = { 0 };
		job_add_short_id(&text, post->id);
		buf_str(&text, "  ");
		statement_add(&text, &post->words, sentence);
		print_line(text.s);
		buf_release(&text);
	}
}

/* The document as it was then, printed as it is printed now: its objects take the place of what there is for as long as that takes. */
static void print_then(void)
{
	struct replica *replica = model_replica(seat_model(job.seat), side.what);
	struct doc *then = doc_new(), *nothing = doc_new(), *shared = replica->shared, *mine = replica->mine;
	const cJSON *object;
	struct op op;
	cJSON_ArrayForEach(object, side.moment)
		if (op_read_object(object, &op))
			doc_apply(then, &op);
	replica->shared = then;
	replica->mine = nothing;
	if (replica == &seat_model(job.seat)->wall) {
		struct picture picture = { 0 };
		picture_make(&picture, seat_model(job.seat), NULL);
		print_wall(&picture);
		picture_release(&picture);
	} else {
		struct canvas canvas = { 0 };
		if (canvas_make(&canvas, seat_model(job.seat), side.what, NULL, NULL))
			job_print_canvas(&canvas);
		canvas_release(&canvas);
	}
	replica->shared = shared;
	replica->mine = mine;
	doc_free(then);
	doc_free(nothing);
}

static void on_moment(const cJSON *part, bool last, const cJSON *no, void *ctx)
{
	(void)ctx;
	gather(part, "objects");
	if (!last)
		return;
	answered(no);
	if (!no)
		print_then();
	job_end_if_done();
}

static void then_history(void)
{
	int64_t at = 0;
	if (option(OPTION_AT) && !job_read_number(option(OPTION_AT), 0, JSON_INT_MAX, &at))
		return;
	strcpy(side.what, job.awaited);
	if (option(OPTION_AT))
		ask("moment", job.awaited, at, NULL, on_moment);
	else
		ask("history", job.awaited, -1, NULL, on_history);
}

static void act_history(void)
{
	const char *doc = job_find_doc(word(1));
	if (doc)
		job_await(doc, then_history);
}

/* --- exports --- */

static bool is_png(void)
{
	return !strcmp(option(OPTION_FORMAT), "png");
}

static void complain_file(const char *name, int err)
{
	struct sentence_arg list[] = { { "x", name, 0 }, { "why", strerror(err), 0 }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, "usage.file", list);
	say_error(NULL, text.s);
	buf_release(&text);
	job.code = EXIT_REFUSED;
}

/* The picture through librsvg's own program. Blocks for as long as that takes, with nothing else left to do. */
static void convert(int out)
{
	enum { NO_PROGRAM = 127 };
	int ends[2], status = 0;
	if (pipe(ends)) {
		complain_file("rsvg-convert", errno);
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[0], STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execlp("rsvg-convert", "rsvg-convert", "--format=png", (char *)NULL);
		_exit(NO_PROGRAM);
	}
	close(ends[0]);
	int err = child < 0 ? errno : file_write_all(ends[1], side.text.s, side.text.n);
	close(ends[1]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM)
		job_refuse("not_found", "export.rsvg", "");
	else if (err || status)
		complain_file("rsvg-convert", err ? err : EIO);
}

static void write_export(void)
{
	const char *name = option(OPTION_OUTPUT);
	FILE *file = name ? fopen(name, "wb") : stdout;
	if (!file) {
		complain_file(name, errno);
		return;
	}
	int err = 0;
	if (is_png())
		convert(fileno(file));
	else if (!name && isatty(STDOUT_FILENO))
		job_print_lines(buf_cstr(&side.text));
	else
		err = file_write_all(fileno(file), side.text.s, side.text.n);
	if (name && fclose(file) && !err)
		err = errno;
	if (err && err != EPIPE)
		complain_file(name ? name : "-", err);
	if (name && job.code == EXIT_REFUSED && is_png())
		unlink(name); /* not half a picture */
}

static void on_file(const cJSON *part, bool last, const cJSON *no, void *ctx)
{
	const char *text = "";
	size_t n = 0;
	(void)ctx;
	if (part && begins(part))
		buf_reset(&side.text);
	if (json_str(part, "text", &text, &n))
		buf_add(&side.text, text, n);
	if (!last)
		return;
	answered(no);
	if (!no)
		write_export();
	job_end_if_done();
}

static void then_export(void)
{
	ask("export", job.awaited, -1, is_png() ? "svg" : option(OPTION_FORMAT), on_file);
}

static void act_export(void)
{
	static const char *const formats[] = { "json", "svg", "png", "md", "csv" };
	bool known = false;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		known |= !strcmp(formats[i], option(OPTION_FORMAT));
	if (!known) {
		job_misuse("usage.format", option(OPTION_FORMAT));
		return;
	}
	if (is_png() && !option(OPTION_OUTPUT) && isatty(STDOUT_FILENO)) {
		job_misuse("usage.png", "");
		return;
	}
	const char *doc = job_find_doc(word(1));
	if (doc)
		job_await(doc, then_export);
}

/* --- imports --- */

static void on_imported(const struct http_answer *answer, void *ctx)
{
	const char *id = "";
	size_t n;
	(void)ctx;
	side.call = NULL;
	job.open--;
	if (answer->status == 200 && json_str(answer->body, "document", &id, &n)) {
		if (job.app->json)
			print_json(job_args_with_id(id));
		else
			print_line(id);
	} else if (answer->status) {
		say_refusal(answer->body);
		job.code = EXIT_REFUSED;
	} else {
		job.code = say_unreachable(job.app, &seat_entry(job.seat)->place);
	}
	job_end_if_done();
}

/* The file as it is, in the body as it is: its own reader at the server is the one that matters; here it is only looked at, so that what is no canvas file is told with its line. */
static bool read_canvas_file(const char *name, struct buf *text)
{
	struct template template = { 0 };
	struct template_fault fault;
	int err = file_read(name, TEMPLATE_BYTES_MAX + 1, text);
	if (err) {
		complain_file(name, err);
		return false;
	}
	bool good = template_read(text->s, text->n, &template, &fault);
	if (!good) {
		struct buf say = { 0 };
		buf_str(&say, name);
		buf_char(&say, ':');
		buf_int(&say, fault.line);
		buf_str(&say, ": ");
		buf_str(&say, fault.reason);
		say_error(template_code_name(fault.code), say.s);
		buf_release(&say);
		job.code = EXIT_REFUSED;
	}
	template_release(&template);
	return good;
}

static void act_import(void)
{
	struct buf text = { 0 };
	const struct team_entry *team = NULL;
	if (!*job.session) {
		job_refuse("forbidden", "forbidden", "");
		return;
	}
	if ((option(OPTION_TEAM) && !(team = job_find_team(option(OPTION_TEAM), false))) || !read_canvas_file(word(1), &text)) {
		buf_release(&text);
		return;
	}
	struct buf path = { 0 };
	const char *see = args()->verb == VERB_TEMPLATE_ADD ? "staff" : option(OPTION_SEE);
	buf_str(&path, "/api/import");
	http_query_add(&path, true, "class", seat_model(job.seat)->code);
	if (option(OPTION_TITLE))
		http_query_add(&path, false, "title", option(OPTION_TITLE));
	if (team)
		http_query_add(&path, false, "team", team->id);
	if (see)
		http_query_add(&path, false, "see", see);
	struct http_request request = {
		.place = &seat_entry(job.seat)->place,
		.method = "POST",
		.path = path.s,
		.bearer = job.session,
		.text = &text,
		.on_answer = on_imported,
	};
	job.open++;
	side.call = http_send(&job.app->net, &request);
	buf_release(&path);
	buf_release(&text);
}

/* --- the table --- */

void (*past_act(enum verb verb))(void)
{
	static void (*const acts[VERB_COUNT])(void) = {
		[VERB_TEMPLATE_ADD] = act_import,
		[VERB_RESTORE] = act_restore,
		[VERB_HISTORY] = act_history,
		[VERB_UNDO] = act_undo,
		[VERB_REDO] = act_undo,
		[VERB_REVERT] = act_revert,
		[VERB_EXPORT] = act_export,
		[VERB_IMPORT] = act_import,
	};
	return acts[verb];
}

void past_end(void)
{
	http_cancel(side.call);
	buf_release(&side.text);
	cJSON_Delete(side.moment);
}
