/* A client written from proto/README.md: it says hello, opens what it has with what it saw last, applies ops, keeps an overlay, checks digests, sends every unanswered command again after each welcome, and acts for a person who is in a
 * hurry. It asserts what the protocol promises it. */
#include "proto/buf.h"
#include "proto/ids.h"
#include "tests/sim/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *str(const cJSON *json, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
	return s ? s : "";
}

static int64_t num(const cJSON *json, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
	return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

static bool is_true(const cJSON *json, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, key));
}

static struct class_world *class_of(const struct device *device)
{
	return &world.classes[device->person->class_index];
}

int doc_index(const struct class_world *class, const char *wire)
{
	return !strcmp(wire, "class") ? DOC_CLASS_INDEX : !strcmp(wire, class->wall) ? DOC_WALL_INDEX : -1;
}

struct ledger_doc *doc_ledger(const struct class_world *class, int index)
{
	return ledger_doc(&world.ledger, index == DOC_CLASS_INDEX ? class->id : class->wall);
}

static const char *wire_of(const struct device *device, int d)
{
	return d == DOC_CLASS_INDEX ? "class" : class_of(device)->wall;
}

static void send_text(struct device *device, const struct buf *text)
{
	if (!device->peer->lost)
		network_push(&device->peer->up, PACKET_TEXT, 0, text->s, text->n);
}

/* ---- coming and going ---- */

/* `open` without its `t`, from the brace on. */
static void write_open(struct device *device, int d, const char *wire, struct buf *out)
{
	struct document_state *state = &device->docs[d];
	buf_str(out, "\"doc\":\"");
	buf_str(out, wire);
	buf_char(out, '"');
	if (state->have) {
		buf_str(out, ",\"epoch\":");
		buf_int(out, state->epoch);
		buf_str(out, ",\"at\":");
		buf_int(out, state->at);
	} else {
		state->waiting = true;
	}
	buf_char(out, '}');
	state->mine_n = -1;
	device->open[d] = true;
}

static void write_opens(struct device *device, struct buf *out)
{
	buf_str(out, ",\"open\":[{");
	write_open(device, DOC_CLASS_INDEX, "class", out);
	if (sim_chance(900)) {
		buf_str(out, ",{");
		write_open(device, DOC_WALL_INDEX, sim_chance(500) ? "start" : class_of(device)->wall, out);
	}
	buf_char(out, ']');
}

void device_connect(struct device *device)
{
	struct person *person = device->person;
	struct buf text = { 0 };
	device->peer = network_connect(device);
	if (!device->peer) {
		device->connect_at_ms = world.mono_ms + 1000;
		return;
	}
	device->welcomed = false;
	memset(device->open, 0, sizeof device->open);
	buf_str(&text, "{\"t\":\"hello\",\"v\":1,\"class\":\"");
	buf_str(&text, class_of(device)->code);
	if (person->staff) {
		char ticket[44];
		if (!directory_ticket(world.directory, world.account, class_of(device)->code, ticket, world.now_ms))
			sim_fail("no ticket");
		buf_str(&text, "\",\"ticket\":\"");
		buf_str(&text, ticket);
	} else {
		buf_str(&text, "\",\"secret\":\"");
		buf_str(&text, person->secret);
		buf_str(&text, "\",\"name\":\"");
		buf_str(&text, person->name);
	}
	buf_char(&text, '"');
	if (sim_chance(500))
		write_opens(device, &text);
	buf_char(&text, '}');
	send_text(device, &text);
	buf_release(&text);
}

void device_lost(struct device *device)
{
	if (device->peer)
		device->peer->device = NULL;
	device->peer = NULL;
	device->welcomed = false;
	device->connect_at_ms = world.mono_ms + sim_pick(2000);
	for (int d = 0; d < DOCS; d++) {
		mirror_clear(&device->docs[d].incoming);
		device->docs[d].next_part = 0;
		if (device->docs[d].waiting)
			device->docs[d].have = false;
	}
}

static void forget_document(struct document_state *state)
{
	mirror_clear(&state->shared);
	mirror_clear(&state->mine);
	mirror_clear(&state->incoming);
	*state = (struct document_state){ 0 };
}

void device_forget(struct device *device)
{
	for (int d = 0; d < DOCS; d++)
		forget_document(&device->docs[d]);
}

void device_release(struct device *device)
{
	device_forget(device);
	while (device->commands) {
		struct command *command = device->commands;
		device->commands = command->next;
		free(command->text);
		free(command->answer);
		free(command);
	}
}

void device_open(struct device *device, int d)
{
	struct buf text = { 0 };
	buf_str(&text, "{\"t\":\"open\",");
	write_open(device, d, wire_of(device, d), &text);
	send_text(device, &text);
	buf_release(&text);
}

static void close_document(struct device *device, int d)
{
	struct buf text = { 0 };
	buf_str(&text, "{\"t\":\"close\",\"doc\":\"");
	buf_str(&text, wire_of(device, d));
	buf_str(&text, "\"}");
	send_text(device, &text);
	buf_release(&text);
	forget_document(&device->docs[d]);
	device->open[d] = false;
}

static void send_command(struct device *device, struct command *command)
{
	struct buf text = { 0 };
	buf_str(&text, command->text);
	send_text(device, &text);
	buf_release(&text);
	command->again_ms = 0;
	command->peer = device->peer->serial;
	world.count.resends += command->sent++ > 0;
}

/* Without this the server would hang up on who is waiting for something that never comes, and a lost answer would go unnoticed here. */
static void ping(struct device *device)
{
	struct buf text = { 0 };
	buf_str(&text, "{\"t\":\"ping\"}");
	send_text(device, &text);
	buf_release(&text);
	device->ping_at_ms = world.mono_ms + 10 * 1000;
}

void device_tick(struct device *device)
{
	if (device->welcomed && world.mono_ms >= device->ping_at_ms)
		ping(device);
	for (struct command *command = device->commands; command && device->welcomed; command = command->next)
		if (command->state == COMMAND_OPEN && command->again_ms && world.mono_ms >= command->again_ms)
			send_command(device, command);
}

static void on_welcome(struct device *device, const cJSON *message)
{
	struct person *person = device->person;
	if (*person->member && strcmp(person->member, str(message, "me")) != 0)
		sim_fail("the same secret became another member");
	if (person->staff != (strcmp(str(message, "role"), "member") != 0))
		sim_fail("the wrong role: %s", str(message, "role"));
	strcpy(person->member, str(message, "me"));
	device->welcomed = true;
	for (int d = 0; d < DOCS; d++)
		if (!device->open[d])
			device_open(device, d);
	for (struct command *command = device->commands; command; command = command->next)
		if (command->state == COMMAND_OPEN)
			send_command(device, command);
}

/* ---- what is shared ---- */

static void check_against_ledger(struct device *device, int d)
{
	const struct document_state *state = &device->docs[d];
	const struct ledger_doc *doc = doc_ledger(class_of(device), d);
	const struct ledger_view *view = &doc->views[device->person->staff ? SEES_STAFF : SEES_CLASS];
	if (state->at > view->at)
		sim_fail("device %d is told up to %lld of document %d, of which %lld is durable", device->index, (long long)state->at, d, (long long)view->at);
	const struct stamp *stamp = &view->stamps[state->at];
	if (stamp->epoch != state->epoch)
		sim_fail("device %d has epoch %lld of document %d at %lld, which is %lld", device->index, (long long)state->epoch, d, (long long)state->at, (long long)stamp->epoch);
	if (!digest_equal(stamp->sum, state->shared.sum))
		sim_fail("device %d has something else than the log says of document %d at %lld", device->index, d, (long long)state->at);
}

static void check_sum(const struct device *device, int d, const cJSON *message)
{
	char hex[DIGEST_HEX_CHARS + 1];
	const char *sum = str(message, "sum");
	digest_hex(device->docs[d].shared.sum, hex);
	if (*sum && strcmp(sum, hex) != 0)
		sim_fail("device %d: the digest of document %d is %s, the server says %s", device->index, d, hex, sum);
}

static void on_snapshot(struct device *device, int d, const cJSON *message)
{
	struct document_state *state = &device->docs[d];
	const cJSON *object;
	int part = (int)num(message, "part");
	if (part == 0)
		mirror_clear(&state->incoming);
	else if (part != state->next_part)
		sim_fail("part %d of a snapshot after %d", part, state->next_part - 1);
	state->next_part = part + 1;
	cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(message, "objects"))
	{
		if (mirror_find(&state->incoming, str(object, "id")))
			sim_fail("a snapshot has %s twice", str(object, "id"));
		if (!mirror_apply_object(&state->incoming, object))
			sim_fail("a snapshot has an object that makes no sense");
	}
	if (!is_true(message, "last"))
		return;
	mirror_clear(&state->shared);
	state->shared = state->incoming;
	state->incoming = (struct mirror){ 0 };
	state->have = true;
	state->waiting = false;
	state->epoch = num(message, "epoch");
	state->at = num(message, "at");
	if (!*str(message, "sum"))
		sim_fail("a snapshot without a sum");
	world.count.snapshots++;
	check_sum(device, d, message);
	check_against_ledger(device, d);
}

static void on_ops(struct device *device, int d, const cJSON *message)
{
	struct document_state *state = &device->docs[d];
	const cJSON *ops = cJSON_GetObjectItemCaseSensitive(message, "ops"), *op;
	int64_t at = num(message, "at"), count = cJSON_GetArraySize(ops);
	if (!state->have || state->waiting)
		return; /* of before it was closed */
	if (at - count != state->at)
		sim_fail("device %d has a gap in document %d: from %lld to %lld by %lld", device->index, d, (long long)state->at, (long long)at, (long long)count);
	cJSON_ArrayForEach(op, ops)
	{
		if (!mirror_apply(&state->shared, op))
			sim_fail("device %d: op %s on %s makes no sense", device->index, str(op, "op"), str(op, "id"));
	}
	state->at = at;
	state->epoch = num(message, "epoch");
	check_sum(device, d, message);
	check_against_ledger(device, d);
}

static void on_mine(struct device *device, int d, const cJSON *message)
{
	struct document_state *state = &device->docs[d];
	const cJSON *item;
	bool whole = is_true(message, "whole");
	if (!device->open[d] || (state->mine_n < 0 && !whole))
		return; /* of before it was closed */
	if (!whole && num(message, "n") != state->mine_n + 1)
		sim_fail("device %d misses an overlay of document %d: %lld after %lld", device->index, d, (long long)num(message, "n"), (long long)state->mine_n);
	state->mine_n = num(message, "n");
	if (whole)
		mirror_clear(&state->mine);
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(message, "objects"))
	{
		if (!mirror_apply_object(&state->mine, item) || strcmp(thing_str(mirror_find(&state->mine, str(item, "id")), "author"), device->person->member) != 0)
			sim_fail("an overlay of somebody else's");
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(message, "gone"))
	{
		struct thing *thing = mirror_find(&state->mine, item->valuestring);
		if (thing)
			mirror_del(&state->mine, thing);
	}
}

/* ---- answers ---- */

static struct command *find_command(struct device *device, const char *id)
{
	struct command *command = device->commands;
	while (command && strcmp(command->id, id) != 0)
		command = command->next;
	return command;
}

static void on_ok(struct device *device, const cJSON *message, const char *text)
{
	struct command *command = find_command(device, str(message, "id"));
	int d = doc_index(class_of(device), str(message, "doc"));
	if (!command || d < 0)
		sim_fail("ok to nothing");
	if (command->state == COMMAND_OK && !command->was_noop && strcmp(command->answer, text) != 0)
		sim_fail("two answers: %s and %s", command->answer, text);
	const struct ledger_put *put = command->makes ? ledger_put(&world.ledger, command->object) : NULL;
	if (put && num(message, "at") != put->at[device->person->staff ? SEES_STAFF : SEES_CLASS])
		sim_fail("ok to %s says it shows at %lld, not %lld", command->id, (long long)num(message, "at"), (long long)put->at[device->person->staff ? SEES_STAFF : SEES_CLASS]);
	/* Its author is told before the room is. */
	const struct thing *thing = mirror_find(&device->docs[d].shared, command->object);
	if (command->makes && command->sent == 1 && command->peer == device->peer->serial && thing && thing->is_live)
		sim_fail("the effect of %s came before its ok", command->id);
	if (command->state != COMMAND_OK) {
		free(command->answer);
		command->answer = strdup(text);
		command->state = COMMAND_OK;
		world.count.oks++;
	}
}

static void on_no(struct device *device, const cJSON *message)
{
	const char *code = str(message, "code");
	struct command *command = find_command(device, str(message, "id"));
	if (!command)
		sim_fail("device %d: refused out of the blue: %s", device->index, code);
	if (command->state != COMMAND_OPEN) {
		if (command->state == COMMAND_OK && !command->was_noop && strcmp(code, "rate") != 0)
			sim_fail("%s after ok to %s", code, command->id);
		return;
	}
	if (!strcmp(code, "bad_shape") || !strcmp(code, "bad_json") || !strcmp(code, "bad_type") || !strcmp(code, "unknown_type"))
		sim_fail("%s to an honest command: %s", code, command->text);
	int64_t retry_ms = num(message, "retry_ms");
	if (retry_ms >= 0) {
		command->again_ms = world.mono_ms + retry_ms + 1;
		return;
	}
	command->state = COMMAND_NO;
	world.count.nos++;
}

static void on_refused_hello(struct device *device, const cJSON *message)
{
	const char *code = str(message, "code");
	if (strcmp(code, "busy") != 0 && strcmp(code, "readonly") != 0 && strcmp(code, "door") != 0)
		sim_fail("device %d: hello refused: %s", device->index, code);
	network_cut(device->peer);
	device_lost(device);
}

static void on_text(struct device *device, const char *text)
{
	sim_event("device %d is told %.140s", device->index, text);
	cJSON *message = cJSON_Parse(text);
	const char *type = str(message, "t");
	int d = doc_index(class_of(device), str(message, "doc"));
	if (*str(message, "doc") && d < 0)
		sim_fail("a document of another class");
	if (!strcmp(type, "welcome"))
		on_welcome(device, message);
	else if (!strcmp(type, "no") && !device->welcomed)
		on_refused_hello(device, message);
	else if (!strcmp(type, "snapshot"))
		on_snapshot(device, d, message);
	else if (!strcmp(type, "ops"))
		on_ops(device, d, message);
	else if (!strcmp(type, "mine"))
		on_mine(device, d, message);
	else if (!strcmp(type, "ok"))
		on_ok(device, message, text);
	else if (!strcmp(type, "no"))
		on_no(device, message);
	else if (!strcmp(type, "reload")) {
		forget_document(&device->docs[d]);
		device_open(device, d);
	} else if (strcmp(type, "notice") != 0 && strcmp(type, "pong") != 0)
		sim_fail("an unknown message: %s", type);
	cJSON_Delete(message);
}

void device_receive(struct device *device, const struct packet *packet)
{
	static const uint16_t honest[] = { 1012, 1013, 4408, 4413, 1011 };
	bool known = false;
	if (packet->type == PACKET_TEXT) {
		on_text(device, packet->text);
		return;
	}
	for (size_t h = 0; h < sizeof honest / sizeof *honest; h++)
		known = known || packet->close_code == honest[h];
	if (!known || (packet->close_code == 1011 && !device->peer->lost))
		sim_fail("device %d was closed with %d", device->index, packet->close_code);
	world.count.closes++;
	device_lost(device);
}

/* ---- what a person does ---- */

static void add_word(struct buf *out)
{
	char word[16];
	snprintf(word, sizeof word, "w%06dz", world.last_word++ % 1000000);
	buf_str(out, word);
}

static void add_text(struct buf *out)
{
	static const char *const fill[] = { "", " and more", " \xc3\xa9t\xc3\xa9", " \xe2\x80\x9cquoted\xe2\x80\x9d", " \\\"q\\\" \\\\", " \xf0\x9f\x99\x82" };
	buf_char(out, '"');
	add_word(out);
	for (int k = sim_chance(50) ? 40 : sim_pick(4); k > 0; k--)
		buf_str(out, fill[sim_pick(6)]);
	buf_char(out, '"');
}

/* A random object of a kind among those that the device knows; NULL when it knows none. */
static const struct thing *some(const struct device *device, const char *kind, bool own)
{
	const struct document_state *state = &device->docs[DOC_WALL_INDEX];
	const struct mirror *mirrors[] = { &state->mine, &state->shared };
	const struct thing *found = NULL;
	int seen = 0;
	for (int m = 0; m < 2; m++)
		for (const struct thing *thing = mirrors[m]->things; thing; thing = thing->hh.next)
			if (!strcmp(thing->kind, kind) && (!own || !strcmp(thing_str(thing, "author"), device->person->member)) && sim_pick(++seen) == 0)
				found = thing;
	return found;
}

static const struct thing *known(const struct device *device, const char *id)
{
	const struct thing *thing = mirror_find(&device->docs[DOC_WALL_INDEX].mine, id);
	return thing ? thing : mirror_find(&device->docs[DOC_WALL_INDEX].shared, id);
}

static void arg(struct buf *out, const char *name, const char *value)
{
	buf_str(out, ",\"");
	buf_str(out, name);
	buf_str(out, "\":\"");
	buf_str(out, value);
	buf_char(out, '"');
}

static void arg_text(struct buf *out, const char *name)
{
	buf_str(out, ",\"");
	buf_str(out, name);
	buf_str(out, "\":");
	add_text(out);
}

struct draft {
	const char *cmd;
	int d;
	bool makes;
	char object[23];
	struct buf args; /* each with a comma in front */
};

static void draft_words(struct draft *draft)
{
	static const char *const words[] = { "for", "who", "offer", "helps", "venture" };
	arg_text(&draft->args, words[sim_pick(4)]);
	if (sim_chance(400))
		arg_text(&draft->args, "venture");
}

static bool draft_add(struct device *device, struct draft *draft)
{
	const struct thing *wall = known(device, "wall"), *section = some(device, "section", false);
	draft->cmd = "post.add";
	draft->makes = true;
	sim_id(draft->object);
	arg(&draft->args, "id", draft->object);
	draft_words(draft);
	if (section && sim_chance(600))
		arg(&draft->args, "section", section->id);
	if (wall && sim_chance(800))
		arg(&draft->args, "names", thing_str(wall, "names"));
	return true;
}

static bool draft_edit(struct device *device, struct draft *draft)
{
	const struct thing *post = some(device, "post", sim_chance(950));
	if (!post)
		return false;
	char revision_id[32];
	snprintf(revision_id, sizeof revision_id, "%s.r", post->id);
	const struct thing *revision = known(device, revision_id);
	draft->cmd = "post.edit";
	arg(&draft->args, "id", post->id);
	buf_str(&draft->args, ",\"version\":");
	buf_int(&draft->args, thing_int(revision ? revision : post, "version"));
	draft_words(draft);
	return true;
}

static bool draft_on_post(struct device *device, struct draft *draft, const char *cmd, bool own)
{
	const struct thing *post = some(device, "post", own);
	if (!post)
		return false;
	draft->cmd = cmd;
	arg(&draft->args, "id", post->id);
	if (!strcmp(cmd, "post.reject") && sim_chance(800))
		arg_text(&draft->args, "reason");
	return true;
}

static bool draft_move(struct device *device, struct draft *draft)
{
	const struct thing *post = some(device, "post", false), *before = some(device, "post", false), *section = some(device, "section", false);
	if (!post || !before)
		return false;
	draft->cmd = "post.move";
	arg(&draft->args, "id", post->id);
	if (sim_chance(500)) {
		arg(&draft->args, "before", before->id);
		if (*thing_str(before, "section"))
			arg(&draft->args, "section", thing_str(before, "section"));
	} else if (section && sim_chance(700)) {
		arg(&draft->args, "section", section->id);
	}
	return true;
}

static bool draft_section(struct device *device, struct draft *draft)
{
	static const char *const on_one[] = { "section.set", "section.move", "section.remove", "section.restore" };
	const struct thing *section = some(device, "section", false), *before = some(device, "section", false);
	if (!section || sim_chance(100)) {
		draft->cmd = "section.add";
		draft->makes = true;
		sim_id(draft->object);
		arg(&draft->args, "id", draft->object);
		arg_text(&draft->args, "title");
		return true;
	}
	draft->cmd = on_one[sim_pick(4)];
	arg(&draft->args, "id", section->id);
	if (!strcmp(draft->cmd, "section.set"))
		arg_text(&draft->args, "title");
	if (!strcmp(draft->cmd, "section.move") && sim_chance(500))
		arg(&draft->args, "before", before->id);
	return true;
}

static bool draft_settings(struct device *device, struct draft *draft)
{
	static const char *const settings[] = { ",\"hold\":true", ",\"hold\":false", ",\"names\":\"hidden\"", ",\"names\":\"named\"" };
	(void)device;
	if (sim_chance(650)) {
		draft->cmd = "wall.set";
		if (sim_chance(200))
			arg_text(&draft->args, "prompt");
		else
			buf_str(&draft->args, settings[sim_pick(4)]);
		return true;
	}
	draft->cmd = "class.set";
	draft->d = DOC_CLASS_INDEX;
	if (sim_chance(300))
		arg_text(&draft->args, "title");
	else if (sim_chance(300))
		arg(&draft->args, "door", sim_chance(300) ? "closed" : "open");
	else
		buf_str(&draft->args, sim_chance(300) ? ",\"frozen\":true" : ",\"frozen\":false");
	return true;
}

static bool draft_rename(struct device *device, struct draft *draft)
{
	(void)device;
	draft->cmd = "member.rename";
	draft->d = DOC_CLASS_INDEX;
	arg_text(&draft->args, "name");
	/* Names are short: cut the filling. */
	char *end = strchr(draft->args.s + strlen(",\"name\":\"w"), 'z');
	draft->args.n = (size_t)(end + 1 - draft->args.s);
	buf_char(&draft->args, '"');
	return true;
}

static bool draft_something(struct device *device, struct draft *draft)
{
	static const char *const moderation[] = { "post.approve", "post.approve", "post.reject", "post.hide", "post.show" };
	bool staff = device->person->staff;
	int dice = sim_pick(100);
	if (dice < (staff ? 10 : 35))
		return draft_add(device, draft);
	if (dice < (staff ? 15 : 65))
		return draft_edit(device, draft);
	if (dice < (staff ? 20 : 75))
		return draft_on_post(device, draft, "post.delete", !staff);
	if (dice < (staff ? 27 : 87))
		return draft_on_post(device, draft, "post.restore", !staff);
	if (dice < (staff ? 30 : 91))
		return draft_rename(device, draft);
	if (dice < (staff ? 65 : 94))
		return draft_on_post(device, draft, moderation[sim_pick(5)], false);
	if (dice < (staff ? 80 : 96))
		return draft_move(device, draft);
	if (dice < (staff ? 88 : 98))
		return draft_section(device, draft);
	return draft_settings(device, draft);
}

static void add_command(struct device *device, const struct draft *draft)
{
	struct command *command = sim_alloc(sizeof *command);
	struct buf text = { 0 };
	sim_id(command->id);
	memcpy(command->object, draft->object, sizeof command->object);
	command->makes = draft->makes;
	buf_str(&text, "{\"t\":\"do\",\"id\":\"");
	buf_str(&text, command->id);
	buf_str(&text, "\",\"doc\":\"");
	buf_str(&text, wire_of(device, draft->d));
	buf_str(&text, "\",\"cmd\":\"");
	buf_str(&text, draft->cmd);
	buf_str(&text, "\",\"args\":{");
	if (draft->args.n)
		buf_str(&text, draft->args.s + 1);
	buf_str(&text, "}}");
	command->text = text.s;
	if (!device->commands_end)
		device->commands_end = &device->commands;
	*device->commands_end = command;
	device->commands_end = &command->next;
	world.count.commands++;
	sim_event("device %d: %s %s", device->index, command->id, strstr(command->text, "\"cmd\""));
	if (!device->welcomed)
		return;
	send_command(device, command);
	if (sim_chance(30))
		send_command(device, command); /* twice, to be sure */
}

void device_open_door(struct device *device)
{
	struct draft draft = { .cmd = "class.set", .d = DOC_CLASS_INDEX };
	arg(&draft.args, "door", "open");
	add_command(device, &draft);
	buf_release(&draft.args);
}

void device_act(struct device *device)
{
	struct draft draft = { .d = DOC_WALL_INDEX };
	if (device->welcomed && sim_chance(10)) {
		int d = sim_pick(DOCS);
		if (device->open[d] && sim_chance(600))
			close_document(device, d);
		else if (!device->open[d])
			device_open(device, d);
		return;
	}
	for (int d = 0; d < DOCS && device->welcomed; d++)
		if (!device->open[d] && sim_chance(100))
			device_open(device, d);
	if (device->docs[DOC_WALL_INDEX].have && draft_something(device, &draft))
		add_command(device, &draft);
	buf_release(&draft.args);
}
