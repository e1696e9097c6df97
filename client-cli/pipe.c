/* Commands in a class: take a seat, wait until the picture is there, act, wait for the answers, end. */
#include "client-cli/pipe.h"
#include "client-cli/pipe_job.h"
#include "client-cli/seat.h"
#include "client-cli/sentence.h"
#include "proto/statement.h"
#include "proto/json.h"
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

enum { LINE_BYTES_MAX = 60000, LINES_OPEN_MAX = 256 };

struct job job;

/* --- ending --- */

static void say_kept(size_t n)
{
	struct sentence_arg list[] = { { "n", NULL, (int64_t)n }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, "leave.kept", list);
	say_note(text.s);
	buf_release(&text);
}

static void say_settled(void)
{
	struct sentence_arg list[] = { { "n", NULL, (int64_t)job.settled }, { 0 } };
	struct buf text = { 0 };
	if (!job.settled)
		return;
	sentence_add(&text, "sent.kept", list);
	say_note(text.s);
	buf_release(&text);
}

void job_end_if_done(void)
{
	if (job.open || job.then || job.watches || (job.reads && !job.input_ended) || !job.ready || job.ending)
		return;
	/* What an earlier start has left goes out too before we leave: it came first. */
	if (!seat_is_idle(job.seat))
		return;
	job.ending = true;
	say_settled();
	app_end(job.app, job.code);
}

void job_refuse(const char *code, const char *key, const char *x)
{
	say_sentence(code, key, x, EXIT_REFUSED);
	job.code = EXIT_REFUSED;
}

void job_misuse(const char *key, const char *x)
{
	say_sentence(NULL, key, x, EXIT_USAGE);
	job.code = EXIT_USAGE;
}

static void end_offline(void)
{
	int err = seat_storage_error(job.seat);
	say_unreachable(job.app, &seat_entry(job.seat)->place);
	if (err)
		say_sentence(NULL, "storage", strerror(err), EXIT_OFFLINE);
	else if (!seat_is_idle(job.seat))
		say_kept(journal_unanswered(seat_journal(job.seat)));
	app_end(job.app, EXIT_OFFLINE);
}

/* --- other documents --- */

void job_await(const char *doc, void (*then)(void))
{
	strcpy(job.awaited, doc);
	job.then = then;
	seat_open(job.seat, doc);
}

/* Whether the awaited document is there, or will not be. */
static void look_for_awaited(void)
{
	const struct replica *replica = job.then ? model_replica(seat_model(job.seat), job.awaited) : NULL;
	void (*then)(void) = job.then;
	if (!replica)
		return;
	if (replica->refused) {
		job.then = NULL;
		job_refuse("not_found", "not_found.document", "");
	} else if (replica->known && replica->mine_known && replica->at >= replica->opened_at) {
		job.then = NULL;
		canvas_make(&job.canvas, seat_model(job.seat), job.awaited, NULL, NULL);
		then();
	}
}

/* --- giving changes --- */

void job_give_in(const char *doc, enum command command, cJSON *args, struct line *line)
{
	job.open++;
	seat_do_in(job.seat, doc, command, args, line);
}

void job_give(enum command command, cJSON *args, struct line *line)
{
	job.open++;
	seat_do(job.seat, command, args, line);
}

cJSON *job_args_with_id(const char *id)
{
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "id", id);
	return args;
}

void job_add_new_id(cJSON *args)
{
	char id[ID_CHARS + 1];
	random_id(id);
	cJSON_AddStringToObject(args, "id", id);
}

const struct wall_post *job_find_post(const char *prefix)
{
	const struct wall_post *post = NULL;
	size_t found = picture_find_post(&job.picture, prefix, &post);
	if (found == 1)
		return post;
	if (strlen(prefix) < 4)
		job_refuse("not_found", "not_found.post.short", prefix);
	else
		job_refuse("not_found", found ? "not_found.post.many" : "not_found.post", prefix);
	return NULL;
}

/* The id of a section, or NULL after complaining (only if `complain`). */
static const char *find_section(const char *text, bool deleted, bool complain)
{
	const struct object *section = NULL;
	size_t found = model_find_section(seat_model(job.seat), text, deleted, &section);
	if (found == 1)
		return section->id;
	if (complain)
		job_refuse("not_found", found ? "not_found.section.many" : "not_found.section", text);
	return NULL;
}

static const enum option word_options[] = { OPTION_FOR, OPTION_WHO, OPTION_OFFER, OPTION_HELPS, OPTION_VENTURE };
static const char *const word_keys[] = { "for", "who", "offer", "helps", "venture" };

static size_t add_words(cJSON *args)
{
	size_t n = 0;
	for (size_t i = 0; i < sizeof word_keys / sizeof *word_keys; i++)
		if (option(word_options[i])) {
			cJSON_AddStringToObject(args, word_keys[i], option(word_options[i]));
			n++;
		}
	return n;
}

/* --- the commands --- */

static void act_join(void)
{
	struct buf name = { 0 };
	if (name_normalise(option(OPTION_NAME), strlen(option(OPTION_NAME)), &name) == NAME_OK && strcmp(name.s, job.picture.my_name) != 0) {
		cJSON *args = cJSON_CreateObject();
		cJSON_AddStringToObject(args, "name", option(OPTION_NAME));
		job_give(CMD_MEMBER_RENAME, args, NULL);
	}
	buf_release(&name);
	if (job.app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "code", job.picture.code);
		cJSON_AddStringToObject(line, "title", job.picture.title);
		cJSON_AddStringToObject(line, "name", job.picture.my_name);
		cJSON_AddStringToObject(line, "role", role_names[job.picture.role]);
		print_json(line);
	} else {
		struct sentence_arg list[] = { { "title", job.picture.title, 0 }, { "name", job.open ? option(OPTION_NAME) : job.picture.my_name, 0 }, { 0 } };
		struct buf text = { 0 };
		sentence_add(&text, "join.done", list);
		print_line(text.s);
		buf_release(&text);
	}
}

static void give_post(cJSON *args, void *tag)
{
	job_add_new_id(args);
	job_give(CMD_POST_ADD, args, tag);
}

static cJSON *post_args(void)
{
	cJSON *args = cJSON_CreateObject();
	add_words(args);
	if (option(OPTION_NAMES))
		cJSON_AddStringToObject(args, "names", option(OPTION_NAMES));
	return args;
}

static void act_post_one(void)
{
	const char *section = NULL;
	if (option(OPTION_SECTION) && !(section = find_section(option(OPTION_SECTION), false, true)))
		return;
	cJSON *args = post_args();
	if (section)
		cJSON_AddStringToObject(args, "section", section);
	give_post(args, NULL);
}

static void emit_lines(void)
{
	while (job.lines && job.lines->result) {
		struct line *line = job.lines;
		print_json(line->result);
		DL_DELETE(job.lines, line);
		job.line_count--;
		free(line);
	}
	if (job.reads && job.line_count < LINES_OPEN_MAX / 2)
		input_resume(&job.input);
}

void job_settle_line(struct line *line, cJSON *result)
{
	line->result = result;
	emit_lines();
}

cJSON *job_refusal_json(const char *code, const char *sentence_text)
{
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "code", code);
	cJSON_AddStringToObject(json, "say", sentence_text);
	return json;
}

static void refuse_line(struct line *line, const struct post_line *post)
{
	struct sentence_arg list[] = { { "x", post->section ? post->section : "", 0 }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, post->say, list);
	job.code = EXIT_REFUSED;
	job_settle_line(line, job_refusal_json(post->code, buf_cstr(&text)));
	buf_release(&text);
}

static void on_post_line(const char *text, size_t n, struct line *line)
{
	struct post_line post = text ? post_line_read(text, n) : (struct post_line){ .code = "too_big", .say = "too_big" };
	const char *section = post.section ? find_section(post.section, false, false) : NULL;
	if (post.section && !section) {
		post.code = "not_found";
		post.say = "not_found.section";
		cJSON_Delete(post.args);
		post.args = NULL;
	}
	if (!post.args) {
		refuse_line(line, &post);
		free(post.section);
		return;
	}
	free(post.section);
	if (section)
		cJSON_AddStringToObject(post.args, "section", section);
	give_post(post.args, line);
}

static void on_input_line(const char *text, size_t n, void *ctx)
{
	(void)ctx;
	if (text && !n)
		return;
	struct line *line = calloc(1, sizeof *line);
	if (!line)
		abort();
	DL_APPEND(job.lines, line);
	if (++job.line_count >= LINES_OPEN_MAX)
		input_pause(&job.input);
	job.on_line(text, n, line);
}

static void on_input_end(void *ctx)
{
	(void)ctx;
	job.input_ended = true;
	job_end_if_done();
}

void job_read_lines(void (*on_line)(const char *text, size_t n, struct line *line))
{
	job.reads = true;
	job.on_line = on_line;
	job.input = (struct input){ .line_max = LINE_BYTES_MAX, .on_line = on_input_line, .on_end = on_input_end };
	input_start(&job.input, &job.app->net.loop, STDIN_FILENO);
}

static void act_post(void)
{
	if (job.app->args.word_count < 2) {
		act_post_one();
		return;
	}
	job_read_lines(on_post_line);
}

void job_add_short_id(struct buf *out, const char *id)
{
	enum { SHORT = 8 };
	buf_add(out, id, strlen(id) < SHORT ? strlen(id) : SHORT);
}

/* "id  sentence — author [state]" */
static void add_row(struct buf *out, const struct wall_post *post)
{
	job_add_short_id(out, post->id);
	buf_str(out, "  ");
	statement_add(out, &post->words, sentence);
	if (*post->author_name) {
		buf_str(out, " — ");
		buf_str(out, post->author_name);
	}
	if (strcmp(post->state, "shown") != 0 || *post->deleted) {
		buf_str(out, " [");
		buf_str(out, *post->deleted ? "deleted" : post->state);
		buf_char(out, ']');
	}
}

static void print_row(const struct wall_post *post)
{
	struct buf text = { 0 };
	if (job.app->json) {
		print_json(post_json(&job.picture, post));
		return;
	}
	add_row(&text, post);
	print_line(text.s);
	buf_release(&text);
}

static void act_ls(void)
{
	size_t order = 0;
	for (size_t i = 0; i < job.picture.post_count; i++) {
		const struct wall_post *post = &job.picture.posts[i];
		if (*post->deleted && !args_has(&job.app->args, OPTION_ALL))
			continue;
		if (post->section_order != order && !job.app->json)
			print_line(job.picture.sections[post->section_order - 1].title);
		order = post->section_order ? post->section_order : order;
		print_row(post);
	}
}

static void act_edit(void)
{
	const struct wall_post *post = job_find_post(word(1));
	if (!post)
		return;
	cJSON *args = job_args_with_id(post->id);
	cJSON_AddNumberToObject(args, "version", (double)post->version);
	if (!add_words(args)) {
		cJSON_Delete(args);
		say_sentence(NULL, "usage.nothing", "", EXIT_USAGE);
		job.code = EXIT_USAGE;
		return;
	}
	job_give(CMD_POST_EDIT, args, NULL);
}

static const enum command post_commands[VERB_COUNT] = {
	[VERB_APPROVE] = CMD_POST_APPROVE, [VERB_REJECT] = CMD_POST_REJECT, [VERB_HIDE] = CMD_POST_HIDE,       [VERB_SHOW] = CMD_POST_SHOW,
	[VERB_MOVE] = CMD_POST_MOVE,       [VERB_DELETE] = CMD_POST_DELETE, [VERB_RESTORE] = CMD_POST_RESTORE,
};

/* approve, reject, hide, show, move, delete, restore: the same for each post named. */
static void act_on_posts(void)
{
	const char *section = NULL;
	const struct wall_post *before = NULL;
	if (option(OPTION_SECTION) && *option(OPTION_SECTION) && !(section = find_section(option(OPTION_SECTION), false, true)))
		return;
	if (option(OPTION_BEFORE) && !(before = job_find_post(option(OPTION_BEFORE))))
		return;
	for (int i = 1; i < job.app->args.word_count; i++) {
		const struct wall_post *post = job_find_post(word(i));
		if (!post)
			continue;
		cJSON *args = job_args_with_id(post->id);
		if (option(OPTION_REASON))
			cJSON_AddStringToObject(args, "reason", option(OPTION_REASON));
		if (job.app->args.verb == VERB_MOVE) {
			/* Without --section it stays where it is, or goes to where the post before which it shall stand is. */
			const char *to = section ? section : option(OPTION_SECTION) ? "" : before ? before->section : post->section;
			if (*to)
				cJSON_AddStringToObject(args, "section", to);
		}
		if (before)
			cJSON_AddStringToObject(args, "before", before->id);
		job_give(post_commands[job.app->args.verb], args, NULL);
	}
}

static void act_set(void)
{
	cJSON *class_args = cJSON_CreateObject(), *wall_args = cJSON_CreateObject();
	bool good = true;
	for (int i = 1; good && i < job.app->args.word_count; i++) {
		struct buf values = { 0 };
		enum setting_verdict verdict = setting_read(word(i), class_args, wall_args, &values);
		const char *equals = strchr(word(i), '=');
		struct buf key = { 0 };
		buf_add(&key, word(i), equals ? (size_t)(equals - word(i)) : strlen(word(i)));
		struct sentence_arg list[] = { { "x", equals && verdict != SETTING_NO_KEY ? equals + 1 : buf_cstr(&key), 0 }, { "key", buf_cstr(&key), 0 }, { "values", buf_cstr(&values), 0 }, { 0 } };
		if (verdict != SETTING_OK) {
			struct buf text = { 0 };
			sentence_add(&text, verdict == SETTING_NO_KEY ? "usage.key" : "usage.value.is", list);
			say_error(NULL, text.s);
			buf_release(&text);
			job.code = EXIT_USAGE;
			good = false;
		}
		buf_release(&values);
		buf_release(&key);
	}
	if (good && class_args->child)
		job_give(CMD_CLASS_SET, class_args, NULL);
	else
		cJSON_Delete(class_args);
	if (good && wall_args->child)
		job_give(CMD_WALL_SET, wall_args, NULL);
	else
		cJSON_Delete(wall_args);
}

static void act_frozen(void)
{
	cJSON *args = cJSON_CreateObject();
	cJSON_AddBoolToObject(args, "frozen", job.app->args.verb == VERB_FREEZE);
	job_give(CMD_CLASS_SET, args, NULL);
}

static bool add_before_section(cJSON *args)
{
	if (!option(OPTION_BEFORE))
		return true;
	const char *before = find_section(option(OPTION_BEFORE), false, true);
	if (before)
		cJSON_AddStringToObject(args, "before", before);
	return before;
}

static void act_section_add(void)
{
	cJSON *args = cJSON_CreateObject();
	job_add_new_id(args);
	cJSON_AddStringToObject(args, "title", word(2 - 1));
	if (add_before_section(args))
		job_give(CMD_SECTION_ADD, args, NULL);
	else
		cJSON_Delete(args);
}

static void act_section(void)
{
	enum verb verb = job.app->args.verb;
	const char *id = find_section(word(1), verb == VERB_SECTION_RESTORE, true);
	if (!id)
		return;
	cJSON *args = job_args_with_id(id);
	if (verb == VERB_SECTION_RENAME)
		cJSON_AddStringToObject(args, "title", word(2));
	if (!add_before_section(args)) {
		cJSON_Delete(args);
		return;
	}
	job_give(verb == VERB_SECTION_RENAME ? CMD_SECTION_SET : verb == VERB_SECTION_MOVE ? CMD_SECTION_MOVE : verb == VERB_SECTION_REMOVE ? CMD_SECTION_REMOVE : CMD_SECTION_RESTORE,
	     args, NULL);
}

/* --- watch --- */

void job_print_change(const char *how, cJSON *row)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddStringToObject(line, "change", how);
	for (cJSON *item; (item = cJSON_DetachItemFromArray(row, 0));)
		cJSON_AddItemToObject(line, item->string, item);
	cJSON_Delete(row);
	print_json(line);
}

static void tell_row(const char *how, const struct wall_post *post)
{
	if (job.app->json) {
		job_print_change(how, post_json(&job.picture, post));
		return;
	}
	struct buf text = { 0 };
	buf_str(&text, !strcmp(how, "added") ? "+ " : "~ ");
	add_row(&text, post);
	print_line(text.s);
	buf_release(&text);
}

static void tell_gone(const char *key)
{
	const char *section = strncmp(key, "section ", 8) ? NULL : key + 8;
	if (job.app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "change", section ? "section removed" : "removed");
		cJSON_AddStringToObject(line, "id", section ? section : key);
		print_json(line);
		return;
	}
	struct buf text = { 0 };
	buf_str(&text, section ? "- section " : "- ");
	job_add_short_id(&text, section ? section : key);
	print_line(text.s);
	buf_release(&text);
}

static void tell_setting(const char *key, const char *value)
{
	if (job.app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "change", "class");
		cJSON_AddStringToObject(line, "key", key);
		cJSON_AddStringToObject(line, "value", value);
		print_json(line);
		return;
	}
	struct buf text = { 0 };
	buf_str(&text, "* ");
	buf_str(&text, key);
	buf_str(&text, ": ");
	buf_str(&text, value);
	print_line(text.s);
	buf_release(&text);
}

/* Notes what is to be said about `key`: 0 nothing new, 1 it is new, 2 it is another than before. Takes `text`. */
int job_watch_note(const char *key, char *text)
{
	struct said *said;
	HASH_FIND_STR(job.said, key, said);
	int what = !said ? 1 : strcmp(said->text, text) ? 2 : 0;
	if (!said) {
		said = calloc(1, sizeof *said);
		if (!said)
			abort();
		snprintf(said->key, sizeof said->key, "%s", key);
		HASH_ADD_STR(job.said, key, said);
	}
	free(said->text);
	said->text = text;
	said->seen = true;
	return job.watch_primed ? what : 0;
}

static void watch_setting(const char *key, const char *value)
{
	char name[64];
	snprintf(name, sizeof name, "class %s", key);
	if (job_watch_note(name, strdup(value)))
		tell_setting(key, value);
}

static void watch_posts(void)
{
	for (size_t i = 0; i < job.picture.post_count; i++) {
		const struct wall_post *post = &job.picture.posts[i];
		if (*post->deleted)
			continue;
		cJSON *row = post_json(&job.picture, post);
		cJSON_AddNumberToObject(row, "version", (double)post->version);
		int what = job_watch_note(post->id, cJSON_PrintUnformatted(row));
		cJSON_Delete(row);
		if (what)
			tell_row(what == 1 ? "added" : "changed", post);
	}
}

static void watch_sections(void)
{
	for (size_t i = 0; i < job.picture.section_count; i++) {
		char key[64];
		const struct wall_section *section = &job.picture.sections[i];
		snprintf(key, sizeof key, "section %s", section->id);
		int what = job_watch_note(key, strdup(section->title));
		if (what && job.app->json) {
			cJSON *line = cJSON_CreateObject();
			cJSON_AddStringToObject(line, "change", what == 1 ? "section added" : "section changed");
			cJSON_AddStringToObject(line, "id", section->id);
			cJSON_AddStringToObject(line, "title", section->title);
			print_json(line);
		} else if (what) {
			tell_setting("section", section->title);
		}
	}
}

/* Compares with what was said last, rather than translating ops: so a resume, a fresh snapshot and a live op all come out as the same lines. */
static void watch(void)
{
	struct said *said, *tmp;
	if (!model_is_ready(seat_model(job.seat)))
		return;
	picture_make(&job.picture, seat_model(job.seat), NULL);
	HASH_ITER(hh, job.said, said, tmp)
		said->seen = false;
	watch_setting("title", job.picture.title);
	watch_setting("prompt", job.picture.prompt);
	watch_setting("hold", job.picture.hold ? "on" : "off");
	watch_setting("names", job.picture.names);
	watch_setting("door", job.picture.door);
	watch_setting("frozen", job.picture.frozen ? "on" : "off");
	watch_sections();
	watch_posts();
	if (job.app->args.word_count > 1)
		canvas_watch();
	HASH_ITER(hh, job.said, said, tmp) {
		if (said->seen)
			continue;
		if (!canvas_tell_gone(said->key))
			tell_gone(said->key);
		HASH_DEL(job.said, said);
		free(said->text);
		free(said);
	}
	job.watch_primed = true;
}

static void watch_link(void)
{
	bool lost = seat_link(job.seat) != LINK_UP;
	if (lost != job.watch_lost && seat_link(job.seat) != LINK_REACHING) {
		job.watch_lost = lost;
		say_note(sentence(lost ? "watch.lost" : "watch.back"));
	}
}

static void act_watch(void)
{
	job.watches = true;
	watch();
}

static void (*const acts[VERB_COUNT])(void) = {
	[VERB_JOIN] = act_join,
	[VERB_POST] = act_post,
	[VERB_LS] = act_ls,
	[VERB_WATCH] = act_watch,
	[VERB_EDIT] = act_edit,
	[VERB_APPROVE] = act_on_posts,
	[VERB_REJECT] = act_on_posts,
	[VERB_HIDE] = act_on_posts,
	[VERB_SHOW] = act_on_posts,
	[VERB_MOVE] = act_on_posts,
	[VERB_DELETE] = act_on_posts,
	[VERB_SET] = act_set,
	[VERB_SECTION_ADD] = act_section_add,
	[VERB_SECTION_RENAME] = act_section,
	[VERB_SECTION_MOVE] = act_section,
	[VERB_SECTION_REMOVE] = act_section,
	[VERB_SECTION_RESTORE] = act_section,
	[VERB_FREEZE] = act_frozen,
	[VERB_THAW] = act_frozen,
};

/* `restore` takes posts back that were deleted; with --at, a document back to a moment. */
static void (*act_of(enum verb verb))(void)
{
	if (verb == VERB_RESTORE && !option(OPTION_AT))
		return act_on_posts;
	return canvas_act(verb) ? canvas_act(verb) : acts[verb];
}

/* --- the seat's events --- */

static bool is_ours(const struct change *change)
{
	return !change->inherited;
}

/* {"id":…,"state":…} as far as the change has them. */
static cJSON *result_json(const struct change *change, const cJSON *answer)
{
	cJSON *json = cJSON_CreateObject();
	const char *s;
	size_t n;
	if (json_str(change->args, "id", &s, &n))
		cJSON_AddStringToObject(json, "id", s);
	if (json_str(json_object(answer, "result"), "state", &s, &n))
		cJSON_AddStringToObject(json, "state", s);
	return json;
}

static void print_result(const struct change *change, cJSON *result)
{
	const char *id, *state;
	size_t n;
	if (job.app->json) {
		if (result->child)
			print_json(result);
		else
			cJSON_Delete(result);
		return;
	}
	if (json_str(result, "state", &state, &n) && json_str(result, "id", &id, &n)) {
		struct buf text = { 0 };
		buf_str(&text, id);
		buf_str(&text, "  ");
		buf_str(&text, state);
		print_line(text.s);
		buf_release(&text);
	} else if (job.app->args.verb == VERB_SECTION_ADD && json_str(change->args, "id", &id, &n)) {
		print_line(id);
	}
	cJSON_Delete(result);
}

static void on_ok(struct seat *seat, struct change *change, const cJSON *answer, void *ctx)
{
	(void)seat, (void)ctx;
	if (!is_ours(change)) {
		job.settled++;
		return;
	}
	job.open--;
	if (change->tag)
		job_settle_line(change->tag, result_json(change, answer));
	else if (canvas_act(job.app->args.verb))
		canvas_print_ok(change, answer);
	else if (job.app->args.verb != VERB_JOIN)
		print_result(change, result_json(change, answer));
}

static void on_no(struct seat *seat, struct change *change, const cJSON *answer, bool kept, void *ctx)
{
	(void)seat, (void)ctx, (void)kept;
	if (is_ours(change)) {
		job.open--;
		job.code = EXIT_REFUSED;
	}
	if (!change->tag) {
		say_refusal(answer);
		return;
	}
	const char *code = "";
	size_t n;
	struct buf text = { 0 };
	json_str(answer, "code", &code, &n);
	sentence_add_refusal_pipe(&text, answer);
	job_settle_line(change->tag, job_refusal_json(code, buf_cstr(&text)));
	buf_release(&text);
}

static void on_ready(struct seat *seat, void *ctx)
{
	(void)seat, (void)ctx;
	job.ready = true;
	picture_make(&job.picture, seat_model(job.seat), NULL);
	class_list_make(&job.list, seat_model(job.seat));
	act_of(job.app->args.verb)();
}

/* Nothing waits longer than was asked for without a connection, except a watch that has begun. */
static void on_impatient(uv_timer_t *timer)
{
	(void)timer;
	const struct args *args = &job.app->args;
	bool can_keep = args->verb == VERB_POST && args->word_count == 1 && !option(OPTION_SECTION) && !job.ready && seat_entry(job.seat)->wall[0];
	if (can_keep) {
		give_post(post_args(), NULL);
		journal_sync(seat_journal(job.seat));
	}
	end_offline();
}

static void on_change(struct seat *seat, void *ctx)
{
	(void)seat, (void)ctx;
	if (job.app->ended)
		return;
	bool waiting = (seat_link(job.seat) != LINK_UP || !job.ready || job.then) && !job.watches;
	if (waiting && !uv_is_active((uv_handle_t *)&job.patience))
		uv_timer_start(&job.patience, on_impatient, (uint64_t)job.app->wait_seconds * 1000, 0);
	else if (!waiting)
		uv_timer_stop(&job.patience);
	/* A certificate that is not accepted now will not be in a second either. */
	if (waiting && seat_link(job.seat) == LINK_WAITING && *job.app->net.distrust) {
		on_impatient(&job.patience);
		return;
	}
	if (seat_storage_error(job.seat)) {
		app_end(job.app, say_sentence(NULL, "storage", strerror(seat_storage_error(job.seat)), EXIT_REFUSED));
		return;
	}
	if (job.ready)
		look_for_awaited();
	if (job.watches) {
		watch_link();
		watch();
	}
	job_end_if_done();
}

static void on_refused(struct seat *seat, const cJSON *no, void *ctx)
{
	(void)ctx;
	if (job.fresh_join)
		profile_forget_class(&job.app->profile, &seat_entry(seat)->place);
	say_refusal(no);
	app_end(job.app, EXIT_REFUSED);
}

/* --- life --- */

static enum exit_code prepare_join(struct app *app)
{
	struct place place;
	struct class_entry entry;
	enum exit_code failed = read_place(app, app->args.words[0], &place);
	if (failed)
		return failed;
	if (!place.code[0])
		return say_sentence(NULL, "usage.code", app->args.words[0], EXIT_USAGE);
	if (place.member[0])
		return say_sentence("auth", "login.argv", "", EXIT_USAGE);
	if (profile_find_class(&app->profile, &place, &entry))
		return EXIT_DONE;
	if (!place_has_server(&place))
		return say_sentence("not_found", "not_found.host", "", EXIT_REFUSED);
	int err = profile_ensure_class(&app->profile, &place, app->args.options[OPTION_NAME], &entry);
	job.fresh_join = true;
	return err ? say_sentence(NULL, "usage.profile.dir", strerror(err), EXIT_REFUSED) : EXIT_DONE;
}

enum exit_code run_in_class(struct app *app)
{
	static const struct seat_events events = { on_change, on_ready, on_ok, on_no, on_refused, NULL };
	struct class_entry entry;
	char session[SESSION_CAP];
	int err;
	enum exit_code failed = app->args.verb == VERB_JOIN ? prepare_join(app) : EXIT_DONE;
	if (!failed)
		failed = read_seat(app, app->args.words[0], &entry, session);
	if (failed)
		return failed;
	job.app = app;
	memcpy(job.session, session, sizeof job.session);
	struct seat_config config = { .net = &app->net, .profile = &app->profile, .entry = &entry, .session = session };
	uv_timer_init(&app->net.loop, &job.patience);
	uv_timer_start(&job.patience, on_impatient, (uint64_t)app->wait_seconds * 1000, 0);
	job.seat = seat_new(&config, &events, &err);
	return job.seat ? EXIT_DONE : say_sentence(NULL, "storage", strerror(err), EXIT_REFUSED);
}

void end_in_class(void)
{
	struct said *said, *said_next;
	struct line *line, *line_next;
	if (!job.app)
		return;
	past_end();
	seat_free(job.seat);
	picture_release(&job.picture);
	class_list_release(&job.list);
	canvas_release(&job.canvas);
	sodium_memzero(job.session, sizeof job.session);
	if (job.reads)
		input_close(&job.input);
	uv_close((uv_handle_t *)&job.patience, NULL);
	HASH_ITER(hh, job.said, said, said_next) {
		HASH_DEL(job.said, said);
		free(said->text);
		free(said);
	}
	DL_FOREACH_SAFE(job.lines, line, line_next) {
		cJSON_Delete(line->result);
		free(line);
	}
}
