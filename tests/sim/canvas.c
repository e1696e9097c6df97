/* What people do with canvases and teams: everything that commands.json offers there but typing, and things that are not theirs to do. */
#include "tests/sim/letters.h"
#include "tests/sim/world.h"
#include <stdio.h>
#include <string.h>

static int person_of(const struct device *device)
{
	return (int)(device->person - world.people);
}

/* Some new letters as a text, of a note or ("") of something else. */
static void arg_letters(const struct device *device, struct draft *draft, const char *name, const char *note)
{
	struct buf text = { 0 };
	for (int k = 1 + sim_pick(4); k > 0; k--)
		letter_type(&text, person_of(device), -1, draft->d, note);
	arg(&draft->args, name, buf_cstr(&text));
	buf_release(&text);
}

/* Some id of a kind that is there, or now and then one of something else. */
static const char *some_id(const struct device *device, int d, const char *kind)
{
	const struct thing *thing = some_in(device, d, kind);
	return thing ? thing->id : NULL;
}

/* Notes that somebody has deleted, as the log knows; people remember a few. */
static const char *some_deleted(const struct device *device, int d, const char *kind)
{
	const struct ledger_doc *doc = doc_ledger(class_of(device), d);
	const char *found = NULL;
	int seen = 0;
	for (const struct thing *thing = doc->full.things; thing; thing = thing->hh.next)
		if (!strcmp(thing->kind, kind) && *thing_str(thing, "deleted") && sim_pick(++seen) == 0)
			found = thing->id;
	return found;
}

static bool arg_ids(const struct device *device, struct draft *draft, bool deleted)
{
	char ids[3][28];
	int count = 0;
	for (int k = 1 + sim_pick(3); k > 0; k--) {
		const char *id = deleted ? some_deleted(device, draft->d, "note") : some_id(device, draft->d, "note");
		bool twice = !id;
		for (int i = 0; i < count && id; i++)
			twice = twice || !strcmp(ids[i], id);
		if (!twice)
			strcpy(ids[count++], id);
	}
	buf_str(&draft->args, ",\"ids\":[");
	for (int i = 0; i < count; i++) {
		buf_str(&draft->args, i ? ",\"" : "\"");
		buf_str(&draft->args, ids[i]);
		buf_char(&draft->args, '"');
	}
	buf_char(&draft->args, ']');
	return count > 0;
}

static bool note_add(struct device *device, struct draft *draft)
{
	const struct thing *box = some_in(device, draft->d, "box"), *before = some_in(device, draft->d, "note");
	if (!box)
		return false;
	draft->cmd = "note.add";
	draft->makes = true;
	sim_id(draft->object);
	arg(&draft->args, "id", draft->object);
	arg(&draft->args, "box", box->id);
	if (sim_chance(700))
		arg_letters(device, draft, "text", draft->object);
	if (before && sim_chance(300))
		arg(&draft->args, "before", before->id);
	if (sim_chance(300))
		arg_int(&draft->args, "type", sim_pick(9));
	return true;
}

static bool note_move(struct device *device, struct draft *draft)
{
	const char *box = some_id(device, draft->d, "box"), *before = some_id(device, draft->d, "note");
	draft->cmd = "note.move";
	if (!box || !arg_ids(device, draft, false))
		return false;
	arg(&draft->args, "box", box);
	if (before && sim_chance(500))
		arg(&draft->args, "before", before);
	return true;
}

static bool note_set(struct device *device, struct draft *draft)
{
	draft->cmd = "note.set";
	if (!arg_ids(device, draft, false))
		return false;
	arg_int(&draft->args, "type", sim_pick(9));
	return true;
}

static bool note_delete(struct device *device, struct draft *draft)
{
	draft->cmd = "note.delete";
	return arg_ids(device, draft, false);
}

static bool note_restore(struct device *device, struct draft *draft)
{
	draft->cmd = "note.restore";
	return arg_ids(device, draft, true);
}

static bool note_duplicate(struct device *device, struct draft *draft)
{
	draft->cmd = "note.duplicate";
	return arg_ids(device, draft, false);
}

static bool link_add(struct device *device, struct draft *draft)
{
	const char *from = some_id(device, draft->d, "note"), *to = some_id(device, draft->d, "note");
	char id[23];
	if (!from || !to)
		return false;
	sim_id(id);
	draft->cmd = "link.add";
	arg(&draft->args, "id", id);
	arg(&draft->args, "from", from);
	arg(&draft->args, "to", to);
	return true;
}

static bool link_remove(struct device *device, struct draft *draft)
{
	const char *link = some_id(device, draft->d, "link");
	draft->cmd = "link.remove";
	if (link)
		arg(&draft->args, "id", link);
	return link;
}

static bool type_set(struct device *device, struct draft *draft)
{
	draft->cmd = "type.set";
	arg_int(&draft->args, "number", 1 + sim_pick(8));
	if (sim_chance(150))
		arg(&draft->args, "name", "");
	else
		arg_letters(device, draft, "name", "");
	return true;
}

static bool promote(struct device *device, struct draft *draft)
{
	const char *post = some_id(device, DOC_WALL_INDEX, "post");
	draft->cmd = "canvas.promote";
	if (!post)
		return false;
	arg(&draft->args, "wall", class_of(device)->wall);
	arg(&draft->args, "post", post);
	return true;
}

static bool undo(struct device *device, struct draft *draft)
{
	(void)device;
	draft->cmd = sim_chance(650) ? "undo" : "redo";
	if (sim_chance(100))
		draft->d = sim_pick(DOC_WALL_INDEX + 1);
	return world.has_past;
}

static bool restore(struct device *device, struct draft *draft)
{
	int64_t at = device->docs[draft->d].at;
	const char *box = some_id(device, draft->d, "box"), *note = some_id(device, draft->d, "note");
	draft->cmd = "restore";
	arg_int(&draft->args, "at", at > 40 && sim_chance(700) ? at - sim_pick(40) : sim_pick((int)at + 1));
	if (box && sim_chance(300))
		arg(&draft->args, "box", box);
	else if (note && sim_chance(400))
		arg(&draft->args, "note", note);
	return world.has_past;
}

static bool revert(struct device *device, struct draft *draft)
{
	const char *member = some_id(device, DOC_CLASS_INDEX, "member");
	draft->cmd = "revert";
	if (!member)
		return false;
	arg(&draft->args, "member", member);
	arg_int(&draft->args, "since", world.now_ms - sim_pick(sim_chance(100) ? 1000000 : 20000));
	return world.has_past;
}

static bool box_change(struct device *device, struct draft *draft)
{
	const char *box = sim_chance(250) ? some_deleted(device, draft->d, "box") : some_id(device, draft->d, "box");
	char key[16];
	int dice = sim_pick(10);
	if (dice == 0) {
		snprintf(key, sizeof key, "own-%d", world.last_word++ % 100000);
		draft->cmd = "box.add";
		arg(&draft->args, "id", key);
		arg_int(&draft->args, "col", 1 + sim_pick(24));
		arg_int(&draft->args, "row", 1 + sim_pick(24));
		arg_int(&draft->args, "w", 1);
		arg_int(&draft->args, "h", 1);
		arg_letters(device, draft, "title", "");
		return true;
	}
	if (!box)
		return false;
	draft->cmd = dice < 4 ? "box.set" : dice < 7 ? "box.remove" : "box.restore";
	arg(&draft->args, "id", box);
	if (dice < 4)
		arg_letters(device, draft, sim_chance(500) ? "title" : "tip", "");
	return true;
}

static bool rights(struct device *device, struct draft *draft)
{
	static const char *const who[] = { "staff", "team", "class" }, *const fields[] = { "see", "add", "change" };
	const char *id = class_of(device)->docs[draft->d];
	draft->cmd = "document.set";
	draft->d = DOC_CLASS_INDEX;
	arg(&draft->args, "id", id);
	arg(&draft->args, device->person->staff ? fields[sim_pick(3)] : "see", who[device->person->staff ? sim_pick(3) : 1 + sim_pick(2)]);
	return true;
}

static bool remove_document(struct device *device, struct draft *draft)
{
	const char *id = class_of(device)->docs[draft->d];
	draft->cmd = sim_chance(300) ? "document.remove" : "document.restore";
	draft->d = DOC_CLASS_INDEX;
	arg(&draft->args, "id", id);
	return true;
}

static bool team(struct device *device, struct draft *draft)
{
	const char *some = some_id(device, DOC_CLASS_INDEX, "team"), *deleted = some_deleted(device, DOC_CLASS_INDEX, "team"), *member = some_id(device, DOC_CLASS_INDEX, "member");
	struct class_world *class = class_of(device);
	int dice = sim_pick(10);
	draft->d = DOC_CLASS_INDEX;
	if (class->teams_left && (!some || sim_chance(400))) {
		class->teams_left--;
		draft->cmd = "team.add";
		draft->makes = true;
		sim_id(draft->object);
		arg(&draft->args, "id", draft->object);
		buf_str(&draft->args, ",\"name\":\"");
		add_word(&draft->args);
		buf_char(&draft->args, '"');
		return true;
	}
	if (dice < 6 && member) {
		draft->cmd = "member.place";
		arg(&draft->args, "member", member);
		if (some && sim_chance(900))
			arg(&draft->args, "team", some);
		return true;
	}
	if (dice < 7 && some) {
		draft->cmd = "team.deal";
		if (sim_chance(500))
			buf_str(&draft->args, ",\"all\":true");
		return true;
	}
	if (dice < 9) {
		draft->cmd = "class.set";
		arg(&draft->args, "teams", sim_chance(600) ? "self" : "staff");
		return true;
	}
	draft->cmd = deleted ? "team.restore" : "team.remove";
	if (deleted || some)
		arg(&draft->args, "id", deleted ? deleted : some);
	return deleted || some;
}

static bool team_join(struct device *device, struct draft *draft)
{
	const char *some = some_id(device, DOC_CLASS_INDEX, "team");
	draft->d = DOC_CLASS_INDEX;
	draft->cmd = "team.join";
	if (some && sim_chance(850))
		arg(&draft->args, "team", some);
	return true;
}

static bool canvas_add(struct device *device, struct draft *draft)
{
	struct class_world *class = class_of(device);
	const char *some = some_id(device, DOC_CLASS_INDEX, "team"), *like = class->doc_count > DOC_WALL_INDEX + 1 ? class->docs[DOC_WALL_INDEX + 1 + sim_pick(class->doc_count - DOC_WALL_INDEX - 1)] : NULL;
	static const char *const who[] = { "staff", "team", "class" };
	bool each = some && sim_chance(300);
	int count = each ? 4 : 1, templates = 0;
	if (class->canvases_left < count)
		return false;
	class->canvases_left -= count;
	while (world.templates[templates])
		templates++;
	sim_id(draft->object);
	draft->d = DOC_CLASS_INDEX;
	draft->cmd = "canvas.add";
	draft->makes = !each;
	arg(&draft->args, "id", draft->object);
	if (like && sim_chance(350)) {
		arg(&draft->args, "from", like);
		buf_str(&draft->args, sim_chance(700) ? ",\"notes\":true" : "");
	} else {
		arg(&draft->args, "template", world.templates[sim_pick(templates)]->key);
	}
	if (each)
		buf_str(&draft->args, ",\"each\":true");
	else if (some && sim_chance(800))
		arg(&draft->args, "team", some);
	if (sim_chance(300))
		arg(&draft->args, "see", who[sim_pick(3)]);
	return true;
}

bool draft_opening(struct device *device, struct draft *draft)
{
	return class_of(device)->teams_left ? team(device, draft) : canvas_add(device, draft);
}

struct deed {
	int weight;
	bool needs_canvas;
	bool (*draft)(struct device *device, struct draft *draft);
};

static const struct deed members[] = {
	{ 26, true, note_add }, { 9, true, note_move }, { 5, true, note_set }, { 6, true, note_delete }, { 5, true, note_restore }, { 3, true, note_duplicate }, { 8, true, link_add }, { 3, true, link_remove }, { 3, true, type_set },
	{ 4, true, promote }, { 14, true, undo }, { 1, true, restore }, { 2, true, rights }, { 2, false, team_join }, { 0, false, NULL },
};
static const struct deed staff[] = {
	{ 14, true, note_add }, { 9, true, note_move }, { 3, true, note_set }, { 7, true, note_delete }, { 6, true, note_restore }, { 3, true, note_duplicate }, { 5, true, link_add }, { 3, true, link_remove }, { 2, true, promote },
	{ 12, true, undo }, { 3, true, restore }, { 2, true, revert }, { 10, true, box_change }, { 8, true, rights }, { 3, true, remove_document }, { 8, false, team }, { 6, false, canvas_add }, { 0, false, NULL },
};

bool draft_on_canvas(struct device *device, struct draft *draft)
{
	const struct deed *deeds = device->person->staff ? staff : members;
	const struct class_world *class = class_of(device);
	int canvases = class->doc_count - DOC_WALL_INDEX - 1, total = 0, a = 0;
	for (int i = 0; deeds[i].draft; i++)
		total += deeds[i].weight;
	for (int dice = sim_pick(total); dice >= deeds[a].weight; a++)
		dice -= deeds[a].weight;
	if (canvases)
		draft->d = DOC_WALL_INDEX + 1 + sim_pick(sim_chance(700) && canvases > 3 ? 3 : canvases);
	if (!deeds[a].needs_canvas)
		return deeds[a].draft(device, draft);
	return canvases && deeds[a].draft(device, draft);
}
