/* Commands for teams, canvases and notes; what they share with the others is in pipe.c, history and files are in pipe_past.c. Each verb has one function, called once the class is there; those that need a canvas
 * open it first, and go on in a second function once it is there too. */
#include "client-cli/pipe.h"
#include "client-cli/pipe_job.h"
#include "client-cli/sentence.h"
#include "proto/json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STDIN_MAX = 1 << 20, ID_PREFIX_MIN = 4 };

/* The canvas that is watched, and whether what was there at first has been noted. */
static struct {
	char what[OBJECT_ID_CAP];
	bool primed;
} watched;

static const struct args *args(void)
{
	return &job.app->args;
}

/* --- finding --- */

/* The canvas that a person means, or NULL after complaining. */
const struct canvas_entry *job_find_canvas(const char *text, bool deleted)
{
	const struct canvas_entry *entry = NULL;
	size_t found = class_list_find_canvas(&job.list, text, deleted, &entry);
	if (found == 1)
		return entry;
	job_refuse("not_found", found ? "not_found.canvas.many" : "not_found.canvas", text);
	return NULL;
}

const struct team_entry *job_find_team(const char *text, bool deleted)
{
	const struct team_entry *entry = NULL;
	size_t found = class_list_find_team(&job.list, text, deleted, &entry);
	if (found == 1)
		return entry;
	job_refuse("not_found", found ? "not_found.team.many" : "not_found.team", text);
	return NULL;
}

const struct member_entry *job_find_member(const char *text)
{
	const struct member_entry *entry = NULL;
	size_t found = class_list_find_member(&job.list, text, &entry);
	if (found == 1)
		return entry;
	job_refuse("not_found", found ? "not_found.person.many" : "not_found.person", text);
	return NULL;
}

const struct canvas_box *job_find_box(const char *text, bool complain)
{
	const struct canvas_box *box = NULL;
	size_t found = canvas_find_box(&job.canvas, text, &box);
	if (found == 1)
		return box;
	if (complain)
		job_refuse("not_found", found ? "not_found.box.many" : "not_found.box", text);
	return NULL;
}

const struct canvas_note *job_find_note(const char *text, bool complain)
{
	const struct canvas_note *note = NULL;
	size_t found = canvas_find_note(&job.canvas, text, &note);
	if (found == 1)
		return note;
	if (complain)
		job_refuse("not_found", strlen(text) < ID_PREFIX_MIN ? "not_found.note.short" : found ? "not_found.note.many" : "not_found.note", text);
	return NULL;
}

/* The document that a person means: "wall", "class", or a canvas. NULL after complaining. */
const char *job_find_doc(const char *text)
{
	if (!strcmp(text, "class"))
		return "class";
	if (!strcmp(text, "wall"))
		return seat_model(job.seat)->wall.id;
	const struct canvas_entry *entry = job_find_canvas(text, false);
	return entry ? entry->id : NULL;
}

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

/* --- printing --- */

/* Several lines, each made safe by itself. */
void job_print_lines(const char *text)
{
	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		char *line = strndup(text, (size_t)(end - text));
		print_line(line);
		free(line);
	}
}

static void add_id(struct buf *out, const char *id)
{
	job_add_short_id(out, id);
	buf_str(out, "  ");
}

/* --- teams --- */

static void act_team_add(void)
{
	for (int i = 1; i < args()->word_count; i++) {
		char id[ID_CHARS + 1];
		random_id(id);
		cJSON *team = job_args_with_id(id);
		cJSON_AddStringToObject(team, "name", word(i));
		job_give(CMD_TEAM_ADD, team, NULL);
	}
}

static void print_team(const struct team_entry *team, const char *id)
{
	struct buf text = { 0 };
	cJSON *json = cJSON_CreateObject(), *members = cJSON_CreateArray();
	size_t n = 0;
	cJSON_AddStringToObject(json, "id", id);
	cJSON_AddStringToObject(json, "name", team ? team->name : "");
	cJSON_AddItemToObject(json, "members", members);
	if (team && *team->deleted)
		cJSON_AddStringToObject(json, "deleted", team->deleted);
	if (team)
		add_id(&text, id);
	buf_str(&text, team ? team->name : sentence("team.none"));
	buf_str(&text, ": ");
	for (size_t i = 0; i < job.list.member_count; i++) {
		const struct member_entry *member = &job.list.members[i];
		/* Staff belong to no team and need not be told of. */
		if (strcmp(member->team, id) != 0 || (!team && strcmp(member->role, "member") != 0))
			continue;
		buf_str(&text, n++ ? ", " : "");
		buf_str(&text, member->name);
		cJSON_AddItemToArray(members, cJSON_CreateString(member->name));
	}
	if (job.app->json && (team || n))
		print_json(json);
	else
		cJSON_Delete(json);
	if (!job.app->json && (team || n))
		print_line(text.s);
	buf_release(&text);
}

static void act_team_ls(void)
{
	for (size_t i = 0; i < job.list.team_count; i++)
		if (!*job.list.teams[i].deleted || args_has(args(), OPTION_ALL))
			print_team(&job.list.teams[i], job.list.teams[i].id);
	print_team(NULL, "");
}

static void act_team_rename(void)
{
	const struct team_entry *team = job_find_team(word(1), false);
	if (!team)
		return;
	cJSON *change = job_args_with_id(team->id);
	cJSON_AddStringToObject(change, "name", word(2));
	job_give(CMD_TEAM_SET, change, NULL);
}

static void act_on_teams(void)
{
	bool restores = args()->verb == VERB_TEAM_RESTORE;
	for (int i = 1; i < args()->word_count; i++) {
		const struct team_entry *team = job_find_team(word(i), restores);
		if (team)
			job_give(restores ? CMD_TEAM_RESTORE : CMD_TEAM_REMOVE, job_args_with_id(team->id), NULL);
	}
}

static void act_team_place(void)
{
	const struct member_entry *member = job_find_member(word(1));
	const struct team_entry *team = NULL;
	if (!member || (args()->word_count > 2 && !(team = job_find_team(word(2), false))))
		return;
	cJSON *change = cJSON_CreateObject();
	cJSON_AddStringToObject(change, "member", member->id);
	if (team)
		cJSON_AddStringToObject(change, "team", team->id);
	job_give(CMD_MEMBER_PLACE, change, NULL);
}

static void act_team_deal(void)
{
	cJSON *change = cJSON_CreateObject();
	if (args_has(args(), OPTION_ALL))
		cJSON_AddBoolToObject(change, "all", true);
	job_give(CMD_TEAM_DEAL, change, NULL);
}

static void act_team_join(void)
{
	const struct team_entry *team = NULL;
	if (args()->word_count > 1 && !(team = job_find_team(word(1), false)))
		return;
	cJSON *change = cJSON_CreateObject();
	if (team)
		cJSON_AddStringToObject(change, "team", team->id);
	job_give(CMD_TEAM_JOIN, change, NULL);
}

/* --- canvases --- */

static bool add_option(cJSON *json, const char *key, enum option which)
{
	if (option(which))
		cJSON_AddStringToObject(json, key, option(which));
	return option(which);
}

static void act_canvas_new(void)
{
	const struct canvas_entry *from = NULL;
	const struct team_entry *team = NULL;
	if (!option(OPTION_TEMPLATE) == !option(OPTION_FROM)) {
		job_misuse("usage.canvas.from", "");
		return;
	}
	if (option(OPTION_TEAM) && args_has(args(), OPTION_EACH)) {
		job_misuse("usage.canvas.each", "");
		return;
	}
	if ((option(OPTION_FROM) && !(from = job_find_canvas(option(OPTION_FROM), false))) || (option(OPTION_TEAM) && !(team = job_find_team(option(OPTION_TEAM), false))))
		return;
	char id[ID_CHARS + 1];
	random_id(id);
	cJSON *change = job_args_with_id(id);
	add_option(change, "template", OPTION_TEMPLATE);
	add_option(change, "title", OPTION_TITLE);
	add_option(change, "see", OPTION_SEE);
	if (from)
		cJSON_AddStringToObject(change, "from", from->id);
	if (team)
		cJSON_AddStringToObject(change, "team", team->id);
	if (args_has(args(), OPTION_NOTES))
		cJSON_AddBoolToObject(change, "notes", true);
	if (args_has(args(), OPTION_EACH))
		cJSON_AddBoolToObject(change, "each", true);
	job_give(CMD_CANVAS_ADD, change, NULL);
}

static void print_canvas_entry(const struct canvas_entry *entry)
{
	struct buf text = { 0 };
	if (job.app->json) {
		print_json(canvas_entry_json(entry));
		return;
	}
	add_id(&text, entry->id);
	buf_str(&text, entry->title);
	if (*entry->team_name) {
		buf_str(&text, " — ");
		buf_str(&text, entry->team_name);
	}
	buf_str(&text, "  [see ");
	buf_str(&text, entry->see);
	buf_str(&text, ", add ");
	buf_str(&text, entry->add);
	buf_str(&text, ", change ");
	buf_str(&text, entry->change);
	buf_str(&text, *entry->deleted ? ", removed]" : "]");
	print_line(text.s);
	buf_release(&text);
}

static void act_canvas_ls(void)
{
	for (size_t i = 0; i < job.list.canvas_count; i++)
		if (!*job.list.canvases[i].deleted || args_has(args(), OPTION_ALL))
			print_canvas_entry(&job.list.canvases[i]);
}

void job_print_canvas(const struct canvas *canvas)
{
	if (!job.app->json) {
		struct buf text = { 0 };
		canvas_outline_add(&text, canvas);
		job_print_lines(buf_cstr(&text));
		buf_release(&text);
		return;
	}
	print_json(canvas_json(canvas));
	for (size_t i = 0; i < canvas->box_count; i++)
		print_json(box_json(&canvas->boxes[i]));
	for (int i = 1; i <= TYPES_MAX; i++)
		if (*canvas->types[i])
			print_json(type_json(i, canvas->types[i]));
	for (size_t i = 0; i < canvas->note_count; i++)
		print_json(note_json(canvas, &canvas->notes[i]));
	for (size_t i = 0; i < canvas->link_count; i++)
		print_json(link_json(&canvas->links[i]));
}

static void then_show(void)
{
	job_print_canvas(&job.canvas);
}

static void act_canvas_set(void)
{
	const struct canvas_entry *entry = job_find_canvas(word(1), false);
	if (!entry)
		return;
	cJSON *change = job_args_with_id(entry->id);
	for (int i = 2; i < args()->word_count; i++) {
		struct buf values = { 0 };
		enum setting_verdict verdict = canvas_setting_read(word(i), change, &values);
		struct sentence_arg list[] = { { "x", word(i), 0 }, { "key", word(i), 0 }, { "values", buf_cstr(&values), 0 }, { 0 } };
		if (verdict != SETTING_OK) {
			struct buf text = { 0 };
			sentence_add(&text, verdict == SETTING_NO_KEY ? "usage.key" : "usage.value.is", list);
			say_error(NULL, text.s);
			buf_release(&text);
			buf_release(&values);
			cJSON_Delete(change);
			job.code = EXIT_USAGE;
			return;
		}
		buf_release(&values);
	}
	job_give(CMD_DOCUMENT_SET, change, NULL);
}

static void act_on_canvases(void)
{
	bool restores = args()->verb == VERB_CANVAS_RESTORE;
	for (int i = 1; i < args()->word_count; i++) {
		const struct canvas_entry *entry = job_find_canvas(word(i), restores);
		if (entry)
			job_give(restores ? CMD_DOCUMENT_RESTORE : CMD_DOCUMENT_REMOVE, job_args_with_id(entry->id), NULL);
	}
}

/* --- what happens in a canvas --- */

static void give(enum command command, cJSON *change, struct line *line)
{
	job_give_in(job.canvas.id, command, change, line);
}

/* A number that an option gives; false after complaining. */
bool job_read_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
	char *end;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (*text && !*end && !errno && *out >= least && *out <= most)
		return true;
	job_misuse("usage.number", text);
	return false;
}

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
	add_option(change, "title", OPTION_TITLE);
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

static void add_new_id(cJSON *change)
{
	char id[ID_CHARS + 1];
	random_id(id);
	cJSON_AddStringToObject(change, "id", id);
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
		add_new_id(note.args);
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
	add_new_id(change);
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

static void then_note_link(void)
{
	const struct canvas_note *from = job_find_note(word(2), true), *to = from ? job_find_note(word(3), true) : NULL;
	if (!to)
		return;
	cJSON *change = cJSON_CreateObject();
	add_new_id(change);
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

/* --- answers --- */

static void print_ids(const cJSON *ids, const char *key)
{
	const cJSON *id;
	cJSON_ArrayForEach(id, ids)
	{
		if (!cJSON_IsString(id))
			continue;
		if (job.app->json) {
			cJSON *line = cJSON_CreateObject();
			cJSON_AddStringToObject(line, key, id->valuestring);
			print_json(line);
		} else {
			print_line(id->valuestring);
		}
	}
}

/* Ids of what has been made, one a line; what was undone. */
void canvas_print_ok(const struct change *change, const cJSON *answer)
{
	const cJSON *result = json_object(answer, "result");
	const char *did, *id;
	size_t n;
	enum verb verb = args()->verb;
	print_ids(json_array(result, "documents"), "id");
	print_ids(json_array(result, "notes"), "id");
	if (json_str(result, "did", &did, &n)) {
		if (job.app->json) {
			cJSON *line = cJSON_CreateObject();
			cJSON_AddStringToObject(line, "did", did);
			print_json(line);
		} else {
			print_line(did);
		}
	}
	bool made = verb == VERB_TEAM_ADD || verb == VERB_NOTE_ADD || verb == VERB_NOTE_LINK;
	if (!made || !json_str(change->args, "id", &id, &n))
		return;
	if (job.app->json)
		print_json(job_args_with_id(id));
	else
		print_line(id);
}

/* --- watch --- */

static void tell(const char *how, cJSON *row, const char *text)
{
	if (!job.app->json) {
		cJSON_Delete(row);
		job_print_lines(text);
		return;
	}
	cJSON *line = cJSON_CreateObject();
	cJSON_AddStringToObject(line, "change", how);
	for (cJSON *item; (item = cJSON_DetachItemFromArray(row, 0));)
		cJSON_AddItemToObject(line, item->string, item);
	cJSON_Delete(row);
	print_json(line);
}

/* Says what is new or another than before about one thing. Takes `row`; `text` is what people read. */
static void watch_thing(const char *kind, const char *id, const char *pos, cJSON *row, const char *text)
{
	char key[64];
	struct buf say = { 0 };
	cJSON *seen = cJSON_Duplicate(row, true);
	cJSON_AddStringToObject(seen, "pos", pos);
	snprintf(key, sizeof key, "canvas %s %s", kind, id);
	int what = job_watch_note(key, cJSON_PrintUnformatted(seen));
	cJSON_Delete(seen);
	if (!what || !watched.primed) {
		cJSON_Delete(row);
		return;
	}
	buf_str(&say, what == 1 ? "+ " : "~ ");
	buf_str(&say, text);
	tell(what == 1 ? "added" : "changed", row, say.s);
	buf_release(&say);
}

static void watch_notes(const struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->note_count; i++) {
		const struct canvas_note *note = &canvas->notes[i];
		struct buf text = { 0 };
		buf_char(&text, '[');
		buf_str(&text, note->box);
		buf_char(&text, ']');
		note_row_add(&text, canvas, note);
		watch_thing("note", note->id, note->pos, note_json(canvas, note), text.s);
		buf_release(&text);
	}
}

static void watch_links(const struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->link_count; i++) {
		const struct canvas_link *link = &canvas->links[i];
		struct buf text = { 0 };
		add_id(&text, link->id);
		job_add_short_id(&text, link->from);
		buf_str(&text, " → ");
		job_add_short_id(&text, link->to);
		buf_str(&text, " (");
		buf_str(&text, link->as);
		buf_char(&text, ')');
		watch_thing("link", link->id, "", link_json(link), text.s);
		buf_release(&text);
	}
}

static void watch_boxes(const struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->box_count; i++) {
		struct buf text = { 0 };
		buf_char(&text, '[');
		buf_str(&text, canvas->boxes[i].id);
		buf_str(&text, "]  ");
		buf_str(&text, canvas->boxes[i].title);
		watch_thing("box", canvas->boxes[i].id, "", box_json(&canvas->boxes[i]), text.s);
		buf_release(&text);
	}
}

static void keep_all_seen(void)
{
	struct said *said, *tmp;
	HASH_ITER(hh, job.said, said, tmp)
		said->seen |= !strncmp(said->key, "canvas ", 7);
}

void canvas_watch(void)
{
	const struct canvas_entry *entry;
	if (!*watched.what) {
		if (!(entry = job_find_canvas(word(1), false))) {
			app_end(job.app, EXIT_REFUSED);
			return;
		}
		strcpy(watched.what, entry->id);
		seat_open(job.seat, watched.what);
	}
	const struct replica *replica = model_replica(seat_model(job.seat), watched.what);
	if (!replica || replica->refused) {
		keep_all_seen();
		job_refuse("not_found", "not_found.document", "");
		app_end(job.app, EXIT_REFUSED);
		return;
	}
	/* While it is being opened anew, nothing is said to have gone. */
	if (!replica->known || !replica->mine_known || replica->at < replica->opened_at) {
		keep_all_seen();
		return;
	}
	canvas_make(&job.canvas, seat_model(job.seat), watched.what, NULL, NULL);
	watch_boxes(&job.canvas);
	watch_notes(&job.canvas);
	watch_links(&job.canvas);
	watched.primed = true;
}

bool canvas_tell_gone(const char *key)
{
	static const char mark[] = "canvas ";
	if (strncmp(key, mark, sizeof mark - 1) != 0)
		return false;
	key += sizeof mark - 1;
	size_t kind_n = strcspn(key, " ");
	char kind[16];
	snprintf(kind, sizeof kind, "%.*s", (int)kind_n, key);
	cJSON *row = cJSON_CreateObject();
	struct buf text = { 0 };
	cJSON_AddStringToObject(row, "kind", kind);
	cJSON_AddStringToObject(row, "id", key + kind_n + 1);
	buf_str(&text, "- ");
	buf_str(&text, kind);
	buf_char(&text, ' ');
	job_add_short_id(&text, key + kind_n + 1);
	tell("removed", row, text.s);
	buf_release(&text);
	return true;
}

/* --- the table --- */

static void (*const class_acts[VERB_COUNT])(void) = {
	[VERB_TEAM_ADD] = act_team_add,
	[VERB_TEAM_LS] = act_team_ls,
	[VERB_TEAM_RENAME] = act_team_rename,
	[VERB_TEAM_RM] = act_on_teams,
	[VERB_TEAM_RESTORE] = act_on_teams,
	[VERB_TEAM_PLACE] = act_team_place,
	[VERB_TEAM_DEAL] = act_team_deal,
	[VERB_TEAM_JOIN] = act_team_join,
	[VERB_CANVAS_NEW] = act_canvas_new,
	[VERB_CANVAS_LS] = act_canvas_ls,
	[VERB_CANVAS_SET] = act_canvas_set,
	[VERB_CANVAS_RM] = act_on_canvases,
	[VERB_CANVAS_RESTORE] = act_on_canvases,
};

/* Those that need the canvas which word 1 names. */
static void (*const canvas_thens[VERB_COUNT])(void) = {
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

static void act_in_canvas(void)
{
	const struct canvas_entry *entry = job_find_canvas(word(1), false);
	if (entry)
		job_await(entry->id, canvas_thens[args()->verb]);
}

void (*canvas_act(enum verb verb))(void)
{
	return canvas_thens[verb] ? act_in_canvas : class_acts[verb] ? class_acts[verb] : past_act(verb);
}
