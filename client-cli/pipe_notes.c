/* Commands for what is in one canvas: its types, boxes, notes and links. Each verb has one function, called once the canvas is there. */
#include "client-cli/pipe.h"
#include "client-cli/pipe_job.h"
#include "client-cli/sentence.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STDIN_MAX = 1 << 20 };

static void give(enum command command, cJSON *change, struct line *line)
{
	job_give_in(job.canvas.id, command, change, line);
}

/* --- types and boxes --- */

static void then_type(void)
{
	int64_t number;
	if (!job_read_number(word(2), 1, TYPES_MAX, &number))
		return;
	cJSON *change = cJSON_CreateObject();
	cJSON_AddNumberToObject(change, "number", (double)number);
	cJSON_AddStringToObject(change, "name", word(3));
	give(CMD_TYPE_SET, change, NULL);
}

static void add_text_option(cJSON *json, const char *key, enum option which)
{
	struct buf text = { 0 };
	if (!option(which))
		return;
	typing_clean(&text, option(which), strlen(option(which)));
	cJSON_AddStringToObject(json, key, buf_cstr(&text));
	buf_release(&text);
}

/* What box.add and box.set say of a box's place and words; false after complaining. A new box has size 1x1 where that is not said. */
static bool add_structure(cJSON *change, bool fresh)
{
	int64_t a = 1, b = 1;
	job_add_option(change, "title", OPTION_TITLE);
	add_text_option(change, "questions", OPTION_QUESTIONS);
	add_text_option(change, "tip", OPTION_TIP);
	add_text_option(change, "tags", OPTION_TAGS);
	if (option(OPTION_CELL)) {
		if (!pair_read(option(OPTION_CELL), ',', &a, &b)) {
			job_misuse("usage.cell", option(OPTION_CELL));
			return false;
		}
		cJSON_AddNumberToObject(change, "col", (double)a);
		cJSON_AddNumberToObject(change, "row", (double)b);
	}
	a = b = 1;
	if (option(OPTION_SIZE) && !pair_read(option(OPTION_SIZE), 'x', &a, &b)) {
		job_misuse("usage.size", option(OPTION_SIZE));
		return false;
	}
	if (option(OPTION_SIZE) || fresh) {
		cJSON_AddNumberToObject(change, "w", (double)a);
		cJSON_AddNumberToObject(change, "h", (double)b);
	}
	if (option(OPTION_ORDER)) {
		if (!job_read_number(option(OPTION_ORDER), 0, 999, &a))
			return false;
		cJSON_AddNumberToObject(change, "order", (double)a);
	}
	return true;
}

static void then_box_add(void)
{
	cJSON *change = job_args_with_id(word(2));
	if (add_structure(change, true))
		give(CMD_BOX_ADD, change, NULL);
	else
		cJSON_Delete(change);
}

static void then_box(void)
{
	enum verb verb = args()->verb;
	const char *id = NULL;
	if (verb == VERB_BOX_RESTORE) {
		for (size_t i = 0; i < job.canvas.removed_count; i++)
			if (!strcmp(job.canvas.removed_boxes[i].id, word(2)) || !strcmp(job.canvas.removed_boxes[i].title, word(2)))
				id = job.canvas.removed_boxes[i].id;
		if (!id)
			job_refuse("not_found", "not_found.box", word(2));
	} else {
		const struct canvas_box *box = job_find_box(word(2), true);
		id = box ? box->id : NULL;
	}
	if (!id)
		return;
	cJSON *change = job_args_with_id(id);
	if (verb == VERB_BOX_SET && !add_structure(change, false))
		cJSON_Delete(change);
	else
		give(verb == VERB_BOX_SET ? CMD_BOX_SET : verb == VERB_BOX_RM ? CMD_BOX_REMOVE : CMD_BOX_RESTORE, change, NULL);
}

/* --- notes --- */

/* What stands in word `n`, or for "-" all of standard input. Returns owned. */
static char *text_of(int n)
{
	struct buf raw = { 0 }, clean = { 0 };
	char chunk[4096];
	ssize_t got;
	if (strcmp(word(n), "-") != 0)
		buf_str(&raw, word(n));
	else
		while (raw.n < STDIN_MAX && ((got = read(STDIN_FILENO, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR)))
			buf_add(&raw, chunk, got > 0 ? (size_t)got : 0);
	/* `echo` ends what it says with a newline, which is not a part of it. */
	if (!strcmp(word(n), "-") && raw.n && raw.s[raw.n - 1] == '\n')
		raw.s[--raw.n] = 0;
	typing_clean(&clean, raw.s, raw.n);
	buf_release(&raw);
	return clean.s ? clean.s : strdup("");
}

/* type and tags of --type and --tag; false after complaining. */
static bool add_marks(cJSON *change)
{
	int64_t type;
	struct buf tags = { 0 };
	if (option(OPTION_TYPE)) {
		if (!job_read_number(option(OPTION_TYPE), 0, TYPES_MAX, &type))
			return false;
		cJSON_AddNumberToObject(change, "type", (double)type);
	}
	for (int i = 0; i < args()->tag_count; i++) {
		buf_str(&tags, tags.n ? "\n" : "");
		buf_str(&tags, args()->tags[i]);
	}
	/* `--tag ""` takes them away. */
	if (args()->tag_count)
		cJSON_AddStringToObject(change, "tags", buf_cstr(&tags));
	buf_release(&tags);
	return true;
}

static bool add_before(cJSON *change)
{
	const struct canvas_note *before;
	if (!option(OPTION_BEFORE))
		return true;
	if ((before = job_find_note(option(OPTION_BEFORE), true)))
		cJSON_AddStringToObject(change, "before", before->id);
	return before;
}

static void refuse_line(struct line *line, const char *code, const char *say, const char *x)
{
	struct sentence_arg list[] = { { "x", x, 0 }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, say, list);
	job.code = EXIT_REFUSED;
	job_settle_line(line, job_refusal_json(code, buf_cstr(&text)));
	buf_release(&text);
}

static void on_note_line(const char *text, size_t n, struct line *line)
{
	struct note_line note = text ? note_line_read(text, n) : (struct note_line){ .code = "too_big", .say = "too_big" };
	const struct canvas_box *box = note.box ? job_find_box(note.box, false) : NULL;
	const struct canvas_note *before = note.before ? job_find_note(note.before, false) : NULL;
	if (!note.args) {
		refuse_line(line, note.code, note.say, "");
	} else if (!box || (note.before && !before)) {
		refuse_line(line, "not_found", box ? "not_found.note" : "not_found.box", box ? note.before : note.box);
		cJSON_Delete(note.args);
	} else {
		cJSON_AddStringToObject(note.args, "box", box->id);
		if (before)
			cJSON_AddStringToObject(note.args, "before", before->id);
		job_add_new_id(note.args);
		give(CMD_NOTE_ADD, note.args, line);
	}
	free(note.box);
	free(note.before);
}

static void then_note_add(void)
{
	if (args()->word_count == 3 && !strcmp(word(2), "-")) {
		job_read_lines(on_note_line);
		return;
	}
	const struct canvas_box *box = job_find_box(word(2), true);
	if (!box)
		return;
	cJSON *change = cJSON_CreateObject();
	job_add_new_id(change);
	cJSON_AddStringToObject(change, "box", box->id);
	if (!add_before(change) || !add_marks(change)) {
		cJSON_Delete(change);
		return;
	}
	if (args()->word_count > 3) {
		char *text = text_of(3);
		cJSON_AddStringToObject(change, "text", text);
		free(text);
	}
	give(CMD_NOTE_ADD, change, NULL);
}

/* As an edit of what is there, so that what others are typing in it stays. */
static void then_note_text(void)
{
	const struct canvas_note *note = job_find_note(word(2), true);
	if (!note)
		return;
	char *text = text_of(3);
	struct typing *typing = typing_new(note->id, note->text, note->text_n, note->rev);
	enum typing_verdict verdict = args()->verb == VERB_NOTE_EDIT ? typing_replace(typing, text, strlen(text)) : typing_splice(typing, typing_length(typing), 0, text, strlen(text));
	if (verdict == TYPING_OK)
		give(CMD_NOTE_TEXT, typing_take(typing, 1), NULL);
	else if (verdict == TYPING_TOO_LONG)
		job_refuse("quota", "usage.note.long", "");
	typing_free(typing);
	free(text);
}

/* The ids of words `from` to `to`, as an argument `ids`; NULL after complaining. What was deleted has to be named in full: nobody is told of it any more. */
static cJSON *several(int from, int to, bool deleted)
{
	cJSON *change = cJSON_CreateObject(), *ids = cJSON_AddArrayToObject(change, "ids");
	bool good = true;
	for (int i = from; i < to; i++) {
		const struct canvas_note *note = deleted ? NULL : job_find_note(word(i), true);
		const char *id = note ? note->id : deleted && id_is_valid(word(i), strlen(word(i))) ? word(i) : NULL;
		if (deleted && !id)
			job_refuse("not_found", "not_found.note.deleted", word(i));
		if (id)
			cJSON_AddItemToArray(ids, cJSON_CreateString(id));
		good &= id != NULL;
	}
	if (good)
		return change;
	cJSON_Delete(change);
	return NULL;
}

static void then_note_move(void)
{
	int last = args()->word_count - 1;
	const struct canvas_box *box = job_find_box(word(last), true);
	cJSON *change = box ? several(2, last, false) : NULL;
	if (!change)
		return;
	cJSON_AddStringToObject(change, "box", box->id);
	if (add_before(change))
		give(CMD_NOTE_MOVE, change, NULL);
	else
		cJSON_Delete(change);
}

static void then_note_set(void)
{
	if (!option(OPTION_TYPE) && !args()->tag_count) {
		job_misuse("usage.nothing", "");
		return;
	}
	cJSON *change = several(2, args()->word_count, false);
	if (change && add_marks(change))
		give(CMD_NOTE_SET, change, NULL);
	else
		cJSON_Delete(change);
}

static void then_on_notes(void)
{
	enum verb verb = args()->verb;
	cJSON *change = several(2, args()->word_count, verb == VERB_NOTE_RESTORE);
	if (change)
		give(verb == VERB_NOTE_RM ? CMD_NOTE_DELETE : verb == VERB_NOTE_DUP ? CMD_NOTE_DUPLICATE : CMD_NOTE_RESTORE, change, NULL);
}

/* --- links, and the wall --- */

static void then_note_link(void)
{
	const struct canvas_note *from = job_find_note(word(2), true), *to = from ? job_find_note(word(3), true) : NULL;
	if (!to)
		return;
	cJSON *change = cJSON_CreateObject();
	job_add_new_id(change);
	cJSON_AddStringToObject(change, "from", from->id);
	cJSON_AddStringToObject(change, "to", to->id);
	give(CMD_LINK_ADD, change, NULL);
}

/* Whichever way the link goes. */
static void then_note_unlink(void)
{
	const struct canvas_note *from = job_find_note(word(2), true), *to = from ? job_find_note(word(3), true) : NULL, *other;
	const struct canvas_link *link;
	if (!to)
		return;
	for (size_t i = 0; (link = canvas_link_at(&job.canvas, from->id, i, &other)); i++)
		if (other == to) {
			give(CMD_LINK_REMOVE, job_args_with_id(link->id), NULL);
			return;
		}
	job_refuse("not_found", "not_found.link", "");
}

static void then_note_promote(void)
{
	const struct wall_post *post = job_find_post(word(2));
	if (!post)
		return;
	cJSON *change = cJSON_CreateObject();
	cJSON_AddStringToObject(change, "wall", seat_model(job.seat)->wall.id);
	cJSON_AddStringToObject(change, "post", post->id);
	give(CMD_CANVAS_PROMOTE, change, NULL);
}

/* --- the table --- */

static void then_show(void)
{
	job_print_canvas(&job.canvas);
}

static void (*const thens[VERB_COUNT])(void) = {
	[VERB_CANVAS_SHOW] = then_show,
	[VERB_CANVAS_TYPE] = then_type,
	[VERB_BOX_ADD] = then_box_add,
	[VERB_BOX_SET] = then_box,
	[VERB_BOX_RM] = then_box,
	[VERB_BOX_RESTORE] = then_box,
	[VERB_NOTE_ADD] = then_note_add,
	[VERB_NOTE_EDIT] = then_note_text,
	[VERB_NOTE_APPEND] = then_note_text,
	[VERB_NOTE_MOVE] = then_note_move,
	[VERB_NOTE_SET] = then_note_set,
	[VERB_NOTE_RM] = then_on_notes,
	[VERB_NOTE_RESTORE] = then_on_notes,
	[VERB_NOTE_DUP] = then_on_notes,
	[VERB_NOTE_LINK] = then_note_link,
	[VERB_NOTE_UNLINK] = then_note_unlink,
	[VERB_NOTE_PROMOTE] = then_note_promote,
};

void (*note_then(enum verb verb))(void)
{
	return thens[verb];
}
