/* A client written from proto/README.md: it says hello, opens what it has with what it saw last, applies ops, keeps an overlay, checks digests, sends every unanswered command again after each welcome, and acts for a person who is in a
 * hurry. It asserts what the protocol promises it. */
#include "proto/buf.h"
#include "proto/ids.h"
#include "tests/sim/letters.h"
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

void device_say(struct device *device, const struct buf *text)
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
	typist_write_open(device, d, out);
	buf_char(out, '}');
	state->mine_n = -1;
	state->opened_at = INT64_MAX;
	state->opens++;
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
	for (int d = DOC_WALL_INDEX + 1; d < class_of(device)->doc_count; d++)
		if ((device->docs[d].have && sim_chance(900)) || typist_holds(device, d)) {
			buf_str(out, ",{");
			write_open(device, d, doc_wire(class_of(device), d), out);
		}
	buf_char(out, ']');
}

void device_connect(struct device *device)
{
	struct sim_person *person = device->person;
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
	device_say(device, &text);
	buf_release(&text);
}

void device_lost(struct device *device)
{
	if (device->peer)
		device->peer->device = NULL;
	device->peer = NULL;
	device->welcomed = false;
	device->connect_at_ms = world.mono_ms + sim_pick(2000);
	device->here_in = -1;
	typist_cut(device);
	question_forget(device);
	memset(device->open, 0, sizeof device->open);
	for (int d = 0; d < DOCS; d++) {
		mirror_clear(&device->docs[d].incoming);
		device->docs[d].opens = 0;
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
	typist_restart(device);
	for (int d = 0; d < DOCS; d++)
		forget_document(&device->docs[d]);
}

void device_release(struct device *device)
{
	typist_release(device);
	device_forget(device);
	while (device->commands) {
		struct sim_command *command = device->commands;
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
	write_open(device, d, doc_wire(class_of(device), d), &text);
	device_say(device, &text);
	buf_release(&text);
}

static void close_document(struct device *device, int d)
{
	struct buf text = { 0 };
	buf_str(&text, "{\"t\":\"close\",\"doc\":\"");
	buf_str(&text, doc_wire(class_of(device), d));
	buf_str(&text, "\"}");
	device_say(device, &text);
	buf_release(&text);
	typist_shut(device, d);
	forget_document(&device->docs[d]);
	device->open[d] = false;
	if (device->here_in == d)
		device->here_in = -1;
}

void device_send(struct device *device, struct sim_command *command)
{
	struct buf text = { 0 };
	buf_str(&text, command->text);
	device_say(device, &text);
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
	device_say(device, &text);
	buf_release(&text);
	device->ping_at_ms = world.mono_ms + 10 * 1000;
}

void device_tick(struct device *device)
{
	if (device->welcomed && world.mono_ms >= device->ping_at_ms)
		ping(device);
	for (struct sim_command *command = device->commands; command && device->welcomed; command = command->next)
		if (command->state == COMMAND_OPEN && !command->types && command->again_ms && world.mono_ms >= command->again_ms)
			device_send(device, command);
	typist_pump(device);
}

static void on_welcome(struct device *device, const cJSON *message)
{
	struct sim_person *person = device->person;
	if (*person->member && strcmp(person->member, str(message, "me")) != 0)
		sim_fail("the same secret became another member");
	if (person->staff != (strcmp(str(message, "role"), "member") != 0))
		sim_fail("the wrong role: %s", str(message, "role"));
	strcpy(person->member, str(message, "me"));
	device->welcomed = true;
	for (int d = 0; d < class_of(device)->doc_count; d++)
		if (!device->open[d] && (d <= DOC_WALL_INDEX || device->docs[d].have || typist_holds(device, d)))
			device_open(device, d);
	for (struct sim_command *command = device->commands; command; command = command->next)
		if (command->state == COMMAND_OPEN && !command->types)
			device_send(device, command);
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
	if (!device->open[d] || state->opens)
		return; /* of before it was closed, or opened anew */
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
	typist_settle(device, d);
}

static void on_ops(struct device *device, int d, const cJSON *message)
{
	struct document_state *state = &device->docs[d];
	const cJSON *ops = cJSON_GetObjectItemCaseSensitive(message, "ops"), *op;
	int64_t at = num(message, "at"), count = cJSON_GetArraySize(ops);
	if (!state->have || state->waiting || state->opens)
		return; /* of before it was closed, or opened anew */
	if (at - count != state->at)
		sim_fail("device %d has a gap in document %d: from %lld to %lld by %lld", device->index, d, (long long)state->at, (long long)at, (long long)count);
	cJSON_ArrayForEach(op, ops)
	{
		if (!mirror_apply(&state->shared, op))
			sim_fail("device %d: op %s on %s makes no sense", device->index, str(op, "op"), str(op, "id"));
		if (!strcmp(str(op, "op"), "text"))
			typist_op(device, d, op);
	}
	state->at = at;
	state->epoch = num(message, "epoch");
	check_sum(device, d, message);
	check_against_ledger(device, d);
	typist_settle(device, d);
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
	if (whole) {
		mirror_clear(&state->mine);
		state->opened_at = num(message, "at");
		state->opens -= state->opens > 0;
	}
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

static struct sim_command *find_command(struct device *device, const char *id)
{
	struct sim_command *command = device->commands;
	while (command && strcmp(command->id, id) != 0)
		command = command->next;
	return command;
}

/* `ok` says that it is durable: every letter of it. */
static void check_typed(const struct sim_command *command)
{
	size_t at = 0, n = strlen(command->text);
	for (int l; (l = letter_next(command->text, n, &at)) >= 0;)
		if (!letter_at(l)->is_logged)
			sim_fail("%s was answered ok, and letter %d of it is not in the log", command->id, l);
}

static void on_ok(struct device *device, const cJSON *message, const char *text)
{
	struct sim_command *command = find_command(device, str(message, "id"));
	int d = doc_index(class_of(device), str(message, "doc"));
	if (!command || d < 0)
		sim_fail("ok to nothing");
	if (command->state == COMMAND_OK && !command->was_noop && strcmp(command->answer, text) != 0)
		sim_fail("two answers: %s and %s", command->answer, text);
	if (d != command->d)
		sim_fail("ok to %s names another document", command->id);
	const struct ledger_put *put = command->makes ? ledger_put(&world.ledger, class_of(device)->docs[d], command->object) : NULL;
	if (put && num(message, "at") != put->at[device->person->staff ? SEES_STAFF : SEES_CLASS])
		sim_fail("ok to %s says it shows at %lld, not %lld", command->id, (long long)num(message, "at"), (long long)put->at[device->person->staff ? SEES_STAFF : SEES_CLASS]);
	/* Its author is told before the room is. */
	const struct thing *thing = mirror_find(&device->docs[d].shared, command->object);
	if (command->makes && command->sent == 1 && command->peer == device->peer->serial && thing && thing->is_live)
		sim_fail("the effect of %s came before its ok", command->id);
	if (command->state != COMMAND_OK) {
		free(command->answer);
		command->answer = strdup(text);
		if (command->types)
			check_typed(command);
		if (command->state == COMMAND_OPEN)
			typist_ok(device, command, num(cJSON_GetObjectItemCaseSensitive(message, "result"), "rev"));
		command->state = COMMAND_OK;
		world.count.oks++;
		if (strstr(command->text, "\"cmd\":\"undo\"") || strstr(command->text, "\"cmd\":\"redo\"") || strstr(command->text, "\"cmd\":\"revert\""))
			world.count.undone++;
		world.count.restored += strstr(command->text, "\"cmd\":\"restore\"") != NULL;
	}
}

/* What an honest typist may meet: the note or the right to it has gone, or pens are down. */
static void check_refused_typing(const struct device *device, const struct sim_command *command, const char *code)
{
	static const char *const honest[] = { "not_found", "forbidden", "frozen", "quota" };
	for (size_t h = 0; h < sizeof honest / sizeof *honest; h++)
		if (!strcmp(code, honest[h]))
			return;
	sim_fail("device %d: %s to honest typing: %s", device->index, code, command->text);
}

/* To an open, or something said about it, of a document that may not be read (any more). */
static void on_not_found(struct device *device, int d)
{
	if (d <= DOC_WALL_INDEX)
		sim_fail("device %d is told that there is no document %d", device->index, d);
	typist_shut(device, d);
	forget_document(&device->docs[d]);
	device->open[d] = false;
	if (device->here_in == d)
		device->here_in = -1;
}

static void on_no(struct device *device, const cJSON *message)
{
	const char *code = str(message, "code");
	struct sim_command *command = find_command(device, str(message, "id"));
	if (question_refused(device, message))
		return;
	if (!command && !strcmp(code, "not_found") && *str(message, "doc")) {
		on_not_found(device, doc_index(class_of(device), str(message, "doc")));
		return;
	}
	if (!command && !*str(message, "id") && !strcmp(code, "rate")) {
		/* Too many documents opened on end: comes again later. */
		network_cut(device->peer);
		device_lost(device);
		return;
	}
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
		typist_no(device, command, code);
		return;
	}
	if (command->types)
		check_refused_typing(device, command, code);
	command->state = COMMAND_NO;
	typist_no(device, command, code);
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
	else if (!strcmp(type, "texts"))
		typist_texts(device, d, message);
	else if (!strcmp(type, "presence"))
		place_hear(device, d, message);
	else if (!strcmp(type, "history") || !strcmp(type, "moment") || !strcmp(type, "file"))
		question_answer(device, message);
	else if (!strcmp(type, "reload")) {
		if (device->here_in == d)
			device->here_in = -1;
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

void add_word(struct buf *out)
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

const struct thing *some_in(const struct device *device, int d, const char *kind)
{
	const struct thing *found = NULL;
	int seen = 0;
	for (const struct thing *thing = device->docs[d].shared.things; thing; thing = thing->hh.next)
		if (!strcmp(thing->kind, kind) && sim_pick(++seen) == 0)
			found = thing;
	return found;
}

static const struct thing *known(const struct device *device, const char *id)
{
	const struct thing *thing = mirror_find(&device->docs[DOC_WALL_INDEX].mine, id);
	return thing ? thing : mirror_find(&device->docs[DOC_WALL_INDEX].shared, id);
}

void arg(struct buf *out, const char *name, const char *value)
{
	buf_str(out, ",\"");
	buf_str(out, name);
	buf_str(out, "\":\"");
	buf_str(out, value);
	buf_char(out, '"');
}

void arg_int(struct buf *out, const char *name, int64_t value)
{
	buf_str(out, ",\"");
	buf_str(out, name);
	buf_str(out, "\":");
	buf_int(out, value);
}

static void arg_text(struct buf *out, const char *name)
{
	buf_str(out, ",\"");
	buf_str(out, name);
	buf_str(out, "\":");
	add_text(out);
}

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

struct sim_command *device_command(struct device *device, int d, const char *cmd, const struct buf *args)
{
	struct sim_command *command = sim_alloc(sizeof *command);
	struct buf text = { 0 };
	sim_id(command->id);
	command->d = d;
	buf_str(&text, "{\"t\":\"do\",\"id\":\"");
	buf_str(&text, command->id);
	buf_str(&text, "\",\"doc\":\"");
	buf_str(&text, doc_wire(class_of(device), d));
	buf_str(&text, "\",\"cmd\":\"");
	buf_str(&text, cmd);
	buf_str(&text, "\",\"args\":{");
	if (args->n)
		buf_add(&text, args->s + 1, args->n - 1);
	buf_str(&text, "}}");
	buf_cstr(&text);
	command->text = text.s;
	if (!device->commands_end)
		device->commands_end = &device->commands;
	*device->commands_end = command;
	device->commands_end = &command->next;
	world.count.commands++;
	sim_event("device %d: %s %s", device->index, command->id, strstr(command->text, "\"cmd\""));
	return command;
}

static void add_command(struct device *device, const struct draft *draft)
{
	struct sim_command *command = device_command(device, draft->d, draft->cmd, &draft->args);
	memcpy(command->object, draft->object, sizeof command->object);
	command->makes = draft->makes;
	if (!device->welcomed)
		return;
	device_send(device, command);
	if (sim_chance(30))
		device_send(device, command); /* twice, to be sure */
}

void device_open_door(struct device *device)
{
	struct draft draft = { .cmd = "class.set", .d = DOC_CLASS_INDEX };
	arg(&draft.args, "door", "open");
	buf_str(&draft.args, ",\"frozen\":false"); /* and pens up, for words that wait */
	add_command(device, &draft);
	buf_release(&draft.args);
}

/* Opens and closes what it likes, also what it may not read. */
static bool open_or_close(struct device *device)
{
	int d = sim_pick(class_of(device)->doc_count);
	if (!device->open[d])
		device_open(device, d);
	else if (!typist_holds(device, d))
		close_document(device, d);
	return true;
}

static void act_on_canvas(struct device *device)
{
	struct draft draft = { 0 };
	int dice = sim_pick(100);
	if (dice < 45)
		typist_type(device);
	else if (dice < 50)
		place_say(device);
	else if (dice < 54 && device->welcomed)
		question_any(device);
	else if (draft_on_canvas(device, &draft))
		add_command(device, &draft);
	buf_release(&draft.args);
}

void device_act(struct device *device)
{
	struct draft draft = { .d = DOC_WALL_INDEX };
	if (device->welcomed && sim_chance(10) && open_or_close(device))
		return;
	for (int d = 0; d < class_of(device)->doc_count && device->welcomed; d++)
		if (!device->open[d] && sim_chance(d <= DOC_WALL_INDEX ? 100 : may_read(device, d) ? 60 : 3))
			device_open(device, d);
	if (device->person->staff && class_of(device)->doc_count < 4 && sim_chance(500) && draft_opening(device, &draft)) {
		add_command(device, &draft);
		buf_release(&draft.args);
		return;
	}
	draft.d = DOC_WALL_INDEX;
	if (sim_chance(750)) {
		act_on_canvas(device);
		return;
	}
	if (device->docs[DOC_WALL_INDEX].have && draft_something(device, &draft))
		add_command(device, &draft);
	buf_release(&draft.args);
}
