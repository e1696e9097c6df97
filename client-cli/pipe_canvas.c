/* Commands for teams, and for canvases as a whole; what they share with the others is in pipe.c, what is in a canvas in pipe_notes.c, watching one in pipe_canvas_watch.c, history and files in pipe_past.c. Each verb has one
 * function, called once the class is there; those that need a canvas open it first, and go on in a second function once it is there too. */
#include "client-cli/pipe.h"
#include "client-cli/pipe_job.h"
#include "client-cli/sentence.h"
#include "proto/json.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ID_PREFIX_MIN = 4 };

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

void job_add_option(cJSON *args, const char *key, enum option which)
{
	if (option(which))
		cJSON_AddStringToObject(args, key, option(which));
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
		cJSON *team = cJSON_CreateObject();
		job_add_new_id(team);
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
	cJSON *change = cJSON_CreateObject();
	job_add_new_id(change);
	job_add_option(change, "template", OPTION_TEMPLATE);
	job_add_option(change, "title", OPTION_TITLE);
	job_add_option(change, "see", OPTION_SEE);
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

/* Those in the canvas which word 1 names. */
static void act_in_canvas(void)
{
	const struct canvas_entry *entry = job_find_canvas(word(1), false);
	if (entry)
		job_await(entry->id, note_then(args()->verb));
}

void (*canvas_act(enum verb verb))(void)
{
	return note_then(verb) ? act_in_canvas : class_acts[verb] ? class_acts[verb] : past_act(verb);
}
