#include "proto/gen/templates.h"
#include "proto/ids.h"
#include "tests/sim/letters.h"
#include "tests/sim/world.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world world;

/* ---- randomness, events, failure ---- */

uint64_t sim_random(void)
{
	uint64_t z = world.random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 (Steele, Lea, Flood 2014) */
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int sim_pick(int n)
{
	return (int)(sim_random() % (uint64_t)n);
}

bool sim_chance(int per_mille)
{
	return sim_pick(1000) < per_mille;
}

void sim_bytes(uint8_t *bytes, size_t n, void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)sim_random();
}

void sim_id(char id[23])
{
	uint8_t bytes[ID_BYTES];
	sim_bytes(bytes, sizeof bytes, NULL);
	id_encode(bytes, id);
}

void *sim_alloc(size_t size)
{
	void *memory = calloc(1, size);
	if (!memory)
		abort();
	return memory;
}

enum { EVENTS = 30, EVENT_CHARS = 200 };
static char events[EVENTS][EVENT_CHARS];
static size_t event_count;

void sim_event(const char *format, ...)
{
	char *event = events[event_count++ % EVENTS];
	va_list args;
	int n = snprintf(event, EVENT_CHARS, "%lld: ", (long long)world.step);
	va_start(args, format);
	vsnprintf(event + n, EVENT_CHARS - (size_t)n, format, args);
	va_end(args);
}

void sim_fail(const char *format, ...)
{
	va_list args;
	printf("not ok - seed %llu step %lld: ", (unsigned long long)world.seed, (long long)world.step);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	for (size_t e = event_count > EVENTS ? event_count - EVENTS : 0; e < event_count; e++)
		printf("# %s\n", events[e % EVENTS]);
	fflush(stdout);
	_exit(1);
}

int sim_next_word(const char *text, size_t n, size_t *at)
{
	for (size_t i = *at; i + WORD_CHARS <= n; i++) {
		int word = 0, digits = 0;
		if (text[i] != 'w' || text[i + 7] != 'z')
			continue;
		for (; digits < 6 && text[i + 1 + digits] >= '0' && text[i + 1 + digits] <= '9'; digits++)
			word = word * 10 + (text[i + 1 + digits] - '0');
		if (digits < 6)
			continue;
		*at = i + WORD_CHARS;
		return word;
	}
	*at = n;
	return -1;
}

/* ---- the server ---- */

static void on_log(const char *line, void *ctx)
{
	(void)ctx;
	sim_event("server: %s", line);
}

static void start_server(void)
{
	world.directory = directory_open(world.store, &world.limits);
	if (!world.directory)
		sim_fail("the directory cannot be read");
	world.hub = hub_new(&(struct hub_config){ .transport = &network_transport, .store = world.store, .directory = world.directory, .limits = &world.limits, .build = "sim", .templates = world.templates, .random = sim_bytes, .log = on_log });
}

static void step_store(enum store_result result, bool applied)
{
	world.unknown_applied = applied;
	memory_store_step(world.memory, result, applied);
}

static void crash(void)
{
	size_t written = (size_t)sim_pick(2);
	sim_event("crash, %zu written", written);
	witness_crash(world.store, written);
	hub_free(world.hub);
	directory_free(world.directory);
	network_server_gone();
	start_server();
	world.count.crashes++;
}

static void disconnect_closed(void)
{
	for (struct peer *peer = world.peers; peer; peer = peer->next)
		if (peer->conn && peer->server_closed) {
			hub_disconnect(world.hub, peer->conn, world.mono_ms);
			peer->conn = NULL;
		}
}

/* SIGTERM: says when to come back, finishes what it has promised, ends. */
static void restart(void)
{
	sim_event("restart");
	hub_stop(world.hub);
	disconnect_closed();
	for (int k = 0; !hub_idle(world.hub) || memory_store_pending(world.memory); k++) {
		if (k > 1000)
			sim_fail("the server does not come to rest");
		hub_turn(world.hub, world.mono_ms);
		if (memory_store_pending(world.memory))
			step_store(STORE_DURABLE, true);
	}
	hub_free(world.hub);
	directory_free(world.directory);
	for (struct peer *peer = world.peers; peer; peer = peer->next)
		if (peer->conn)
			sim_fail("a socket was left open");
	network_server_gone();
	start_server();
	world.count.restarts++;
}

/* ---- setting up ---- */

static void on_written(enum store_result result, void *ctx)
{
	(void)ctx;
	if (result != STORE_DURABLE)
		sim_fail("setting up failed");
}

static void finish_store(void)
{
	while (memory_store_pending(world.memory))
		step_store(STORE_DURABLE, true);
}

static void on_class(enum store_result result, const char *code, void *ctx)
{
	struct class_world *class = ctx;
	if (result != STORE_DURABLE)
		sim_fail("no class");
	const struct class_entry *entry = directory_class(world.directory, code);
	strcpy(class->code, code);
	strcpy(class->id, entry->id);
	strcpy(class->wall, entry->wall);
	strcpy(class->docs[DOC_CLASS_INDEX], class->id);
	strcpy(class->docs[DOC_WALL_INDEX], class->wall);
	class->doc_count = DOC_WALL_INDEX + 1;
	class->teams_left = 2 + sim_pick(2);
	class->canvases_left = 3 + sim_pick(CANVASES_MAX - 3);
	for (int d = 0; d < class->doc_count; d++)
		doc_ledger(class, d)->class_index = (int)(class - world.classes);
}

static void add_person(int class_index, bool staff)
{
	struct sim_person *person = &world.people[world.person_count++];
	uint8_t bytes[SECRET_BYTES];
	sim_bytes(bytes, sizeof bytes, NULL);
	secret_encode(bytes, person->secret);
	person->class_index = class_index;
	person->staff = staff;
	snprintf(person->name, sizeof person->name, "w%06dz", world.last_word++);
	for (int d = 1 + sim_pick(3); d > 0 && world.device_count < DEVICES_MAX; d--) {
		struct device *device = &world.devices[world.device_count];
		device->index = world.device_count++;
		device->person = person;
		device->here_in = -1;
		device->connect_at_ms = world.mono_ms + sim_pick(5000);
	}
}

static void read_templates(void)
{
	static struct template templates[TEMPLATE_FILES];
	struct template_fault fault;
	for (int t = 0; t < TEMPLATE_FILES; t++) {
		if (!templates[t].key && !template_read(template_files[t].text, template_files[t].n, &templates[t], &fault))
			sim_fail("a template cannot be read");
		world.templates[t] = &templates[t];
	}
}

static void set_up(uint64_t seed)
{
	static const char *const sections[] = { "First", "Second" };
	char invite[44];
	world.seed = world.random = seed;
	world.mono_ms = 1000;
	world.now_ms = INT64_C(1790000000000);
	world.memory = memory_store_new();
	world.store = witness_new(world.memory);
	read_templates();
	world.has_past = sim_chance(800);
	limits_init(&world.limits);
	if (sim_chance(700)) {
		limits_set(&world.limits, "posts_per_min", 600);
		limits_set(&world.limits, "posts_burst", 60);
	}
	start_server();
	directory_invite(world.directory, invite, world.now_ms, on_written, NULL);
	finish_store();
	if (!directory_redeem(world.directory, invite, "Instructor", "", world.account, world.now_ms, on_written, NULL))
		sim_fail("no account");
	finish_store();
	world.class_count = 1 + sim_pick(CLASSES_MAX);
	for (int c = 0; c < world.class_count; c++) {
		struct class_request request = { .account_id = world.account, .name = "Instructor", .title = "Class", .prompt = "", .sections = sections, .section_count = (size_t)sim_pick(3), .hold = sim_chance(300), .names = sim_chance(300) ? "hidden" : "named" };
		hub_new_class(world.hub, &request, world.now_ms, on_class, &world.classes[c]);
		hub_turn(world.hub, world.mono_ms);
		finish_store();
		add_person(c, true);
		for (int p = 3 + sim_pick(6); p > 0; p--)
			add_person(c, false);
	}
}

/* ---- one step ---- */

static struct peer *some_peer(bool (*is_fit)(const struct peer *))
{
	struct peer *found = NULL;
	int seen = 0;
	for (struct peer *peer = world.peers; peer; peer = peer->next)
		if (is_fit(peer) && sim_pick(++seen) == 0)
			found = peer;
	return found;
}

static bool has_up(const struct peer *peer) { return peer->up.count > 0; }
static bool has_down(const struct peer *peer) { return peer->down.count > 0 && !peer->is_clogged; }
static bool is_up(const struct peer *peer) { return peer->device && !peer->lost; }
static bool is_clogged(const struct peer *peer) { return peer->is_clogged; }
static bool is_writable(const struct peer *peer) { return peer->conn && peer->wants_writable && !peer->server_closed && !(peer->is_clogged && (peer->down.count || peer->lost)); }
static bool is_dead_for_server(const struct peer *peer) { return peer->conn && (peer->server_closed || peer->lost); }
static bool is_dead_for_client(const struct peer *peer) { return peer->device && (peer->lost || !peer->conn) && !peer->down.count; }

static void do_up(void)
{
	struct peer *peer = some_peer(has_up);
	for (int k = 1 + sim_pick(4); peer && peer->up.count && k > 0; k--)
		network_deliver_up(peer);
}

static void do_down(void)
{
	struct peer *peer = some_peer(has_down);
	for (int k = 1 + sim_pick(8); peer && peer->down.count && k > 0; k--)
		network_deliver_down(peer);
}

static void do_turn(void)
{
	hub_turn(world.hub, world.mono_ms);
}

static void do_store(void)
{
	if (!memory_store_pending(world.memory))
		return;
	if (!world.is_calm && world.store->ops->fault(world.store) != STORE_FINE) {
		step_store(STORE_UNAVAILABLE, false);
		return;
	}
	int dice = world.is_calm ? 1000 : sim_pick(1000);
	if (dice < 10) {
		static const enum store_result results[] = { STORE_STALE, STORE_UNAVAILABLE, STORE_UNKNOWN, STORE_UNKNOWN };
		int which = sim_pick(4);
		sim_event("the store fails: %d", which);
		step_store(results[which], which == 3);
	} else {
		step_store(STORE_DURABLE, true);
	}
}

static void do_tick(void)
{
	int64_t ms = sim_chance(20) ? 70 * 1000 : 200 + sim_pick(1500);
	world.mono_ms += ms;
	world.now_ms += sim_chance(10) ? -ms : ms; /* the wall clock is set now and then */
	hub_tick(world.hub, world.mono_ms, world.now_ms);
	directory_tick(world.directory, world.now_ms);
	for (int d = 0; d < world.device_count; d++)
		device_tick(&world.devices[d]);
}

static void do_type(void)
{
	struct device *device = &world.devices[sim_pick(world.device_count)];
	if (device->sessions && sim_chance(600))
		typist_type(device);
	typist_pump(device);
}

static void do_act(void)
{
	device_act(&world.devices[sim_pick(world.device_count)]);
}

static void do_connect(void)
{
	struct device *device = &world.devices[sim_pick(world.device_count)];
	if (device->peer || world.mono_ms < device->connect_at_ms)
		return;
	if (sim_chance(150))
		device_forget(device);
	device_connect(device);
	sim_event("device %d connects", device->index);
}

static void do_writable(void)
{
	struct peer *peer = some_peer(is_writable);
	if (peer) {
		peer->wants_writable = false;
		hub_writable(world.hub, peer->conn, world.mono_ms);
	}
}

static void do_server_finds_out(void)
{
	struct peer *peer = some_peer(is_dead_for_server);
	if (peer) {
		hub_disconnect(world.hub, peer->conn, world.mono_ms);
		peer->conn = NULL;
		peer->lost = true;
	}
}

static void do_client_finds_out(void)
{
	struct peer *peer = some_peer(is_dead_for_client);
	if (peer)
		device_lost(peer->device);
}

static void do_cut(void)
{
	struct peer *peer = some_peer(is_up);
	if (peer) {
		sim_event("device %d is cut off", peer->device->index);
		network_cut(peer);
	}
}

static void do_clog(void)
{
	struct peer *peer = some_peer(is_up);
	if (peer)
		peer->is_clogged = true;
}

static void do_unclog(void)
{
	struct peer *peer = some_peer(is_clogged);
	if (peer)
		peer->is_clogged = false;
}

static void do_fault(void)
{
	bool is_fine = world.store->ops->fault(world.store) == STORE_FINE;
	sim_event("the disk is %s", is_fine ? "full" : "fine");
	memory_store_set_fault(world.memory, is_fine ? STORE_FULL : STORE_FINE);
}

static void do_heal(void)
{
	memory_store_set_fault(world.memory, STORE_FINE);
}

static void do_end(void)
{
	if (sim_chance(700))
		crash();
	else if (world.store->ops->fault(world.store) == STORE_FINE)
		restart();
}

/* Everybody stops for more than a minute: classes are dropped from memory. */
static void do_desert(void)
{
	sim_event("everybody leaves");
	for (struct peer *peer = world.peers; peer; peer = peer->next)
		if (peer->device)
			network_cut(peer);
	for (int k = 0; k < 3; k++) {
		disconnect_closed();
		for (struct peer *peer = world.peers; peer; peer = peer->next)
			if (peer->conn && peer->lost) {
				hub_disconnect(world.hub, peer->conn, world.mono_ms);
				peer->conn = NULL;
			}
		hub_turn(world.hub, world.mono_ms);
		do_store();
		world.mono_ms += 61 * 1000;
		world.now_ms += 61 * 1000;
		hub_tick(world.hub, world.mono_ms, world.now_ms);
	}
}

static const struct {
	int weight;
	void (*act)(void);
} acts[] = {
	{ 300, do_up }, { 300, do_down }, { 200, do_turn }, { 150, do_store }, { 30, do_tick }, { 330, do_act }, { 200, do_type }, { 40, do_connect }, { 40, do_writable }, { 30, do_server_finds_out },
	{ 30, do_client_finds_out }, { 5, do_cut }, { 5, do_clog }, { 10, do_unclog }, { 1, do_fault }, { 4, do_heal }, { 1, do_end }, { 1, do_desert },
};

static void step(void)
{
	enum { ACTS = sizeof acts / sizeof *acts };
	int total = 0, a = 0;
	for (int i = 0; i < ACTS; i++)
		total += acts[i].weight;
	for (int dice = sim_pick(total); dice >= acts[a].weight; a++)
		dice -= acts[a].weight;
	world.mono_ms += sim_pick(20);
	world.now_ms += sim_pick(20);
	acts[a].act();
	network_sweep();
	world.step++;
}

/* ---- when all is calm ---- */

static const char *what_waits(void)
{
	if (memory_store_pending(world.memory) || !hub_idle(world.hub))
		return "the store";
	for (struct peer *peer = world.peers; peer; peer = peer->next)
		if (peer->up.count || peer->down.count || peer->wants_writable || (peer->conn && !peer->device)) {
			sim_event("socket %d of device %d: %zu up, %zu down, %s%s%s%s%s", peer->serial, peer->home->index, peer->up.count, peer->down.count, peer->wants_writable ? "wants to write " : "", peer->lost ? "lost " : "", peer->server_closed ? "closed " : "", peer->device ? "" : "left ", peer->is_clogged ? "clogged" : "");
			return "the network";
		}
	for (int d = 0; d < world.device_count; d++) {
		const struct device *device = &world.devices[d];
		if (!device->welcomed)
			return "somebody who is not in";
		for (const struct sim_command *command = device->commands; command; command = command->next)
			if (command->state == COMMAND_OPEN)
				return "a command without an answer";
		if (typist_is_pending(device))
			return "typing that is not saved";
		if (device->questions)
			sim_event("device %d asks %s of document %d: %s", device->index, device->questions->type, device->questions->d, device->questions->id);
		if (device->questions)
			return "a question without an answer";
		for (int i = 0; i < class_of(device)->doc_count; i++) {
			const struct ledger_doc *doc = doc_ledger(class_of(device), i);
			if (!may_read(device, i))
				continue;
			if (!device->open[i] || device->docs[i].waiting || device->docs[i].at != doc->views[device->person->staff ? SEES_STAFF : SEES_CLASS].at)
				return "a document that is behind";
		}
	}
	return NULL;
}

static void calm_delivery(void)
{
	for (struct peer *peer = world.peers; peer; peer = peer->next) {
		while (peer->up.count)
			network_deliver_up(peer);
		hub_turn(world.hub, world.mono_ms);
	}
	while (memory_store_pending(world.memory)) {
		do_store();
		hub_turn(world.hub, world.mono_ms);
	}
	for (struct peer *peer = world.peers; peer; peer = peer->next) {
		if (is_writable(peer)) {
			peer->wants_writable = false;
			hub_writable(world.hub, peer->conn, world.mono_ms);
		}
		if (is_dead_for_server(peer)) {
			hub_disconnect(world.hub, peer->conn, world.mono_ms);
			peer->conn = NULL;
		}
		while (peer->down.count)
			network_deliver_down(peer);
		if (is_dead_for_client(peer))
			device_lost(peer->device);
		else if (!peer->device && peer->conn)
			peer->lost = true;
	}
	network_sweep();
}

/* Time first: what it brings is delivered in the same round, or somebody's ping would always be under way. */
static void calm_round(void)
{
	world.mono_ms += 500;
	world.now_ms += 500;
	hub_tick(world.hub, world.mono_ms, world.now_ms);
	for (int d = 0; d < world.device_count; d++) {
		struct device *device = &world.devices[d];
		if (!device->peer && world.mono_ms >= device->connect_at_ms)
			device_connect(device);
		device_tick(device);
		for (int i = 0; i < class_of(device)->doc_count && device->welcomed; i++)
			if (!device->open[i] && may_read(device, i))
				device_open(device, i);
	}
	calm_delivery();
}

static void check_overlay(const struct device *device, int d, const struct ledger_doc *doc)
{
	const struct document_state *state = &device->docs[d];
	const char *me = device->person->member;
	for (const struct thing *full = doc->full.things; full; full = full->hh.next) {
		cJSON *fields = ledger_project(full, SEES_AUTHOR);
		if (!fields || strcmp(thing_str(full, "author"), me) != 0) {
			cJSON_Delete(fields);
			continue;
		}
		const struct thing *thing = mirror_find(&state->mine, full->id);
		if (!thing)
			thing = mirror_find(&state->shared, full->id);
		if (!thing || !digest_equal(thing->sum, fields_digest(full->id, full->kind, fields)))
			sim_fail("device %d does not see its own %s as it is", device->index, full->id);
		cJSON_Delete(fields);
	}
	for (const struct thing *thing = state->mine.things; thing; thing = thing->hh.next)
		if (!mirror_find(&doc->full, thing->id))
			sim_fail("device %d has an overlay of something that is gone", device->index);
}

static void check_commands(const struct device *device)
{
	for (const struct sim_command *command = device->commands; command; command = command->next) {
		int done = ledger_done(&world.ledger, command->id), puts = 0;
		const struct ledger_put *put = command->makes ? ledger_put(&world.ledger, class_of(device)->docs[command->d], command->object) : NULL;
		if (put)
			puts = put->count;
		if (puts > 1 || (command->makes && puts != done))
			sim_fail("%s: %d objects made, done %d times", command->id, puts, done);
		if (command->state == COMMAND_OK && command->makes && puts != 1)
			sim_fail("%s was answered ok and made nothing", command->id);
		/* Answered ok as one that changes nothing, it must not have been counted as done later, unless it came again. */
		if (command->was_noop && command->sent == 1 && done)
			sim_fail("%s was answered ok before it was durable", command->id);
		/* Refusals are not remembered: what was sent once more from elsewhere may still have been done. */
		if (command->state == COMMAND_NO && command->sent == 1 && done)
			sim_fail("%s was refused and done", command->id);
	}
}

static void check_all(void)
{
	for (int d = 0; d < world.device_count; d++) {
		const struct device *device = &world.devices[d];
		for (int i = 0; i < class_of(device)->doc_count; i++) {
			const struct ledger_doc *doc = doc_ledger(class_of(device), i);
			const struct ledger_view *view = &doc->views[view_of(device)];
			if (!may_read(device, i)) {
				if (device->docs[i].have)
					sim_fail("device %d still has document %d, which it may not read", d, i);
				continue;
			}
			if (device->docs[i].at != view->at || device->docs[i].epoch != view->epoch || !digest_equal(device->docs[i].shared.sum, view->now.sum))
				sim_fail("device %d differs from the log in document %d", device->index, i);
			check_overlay(device, i, doc);
		}
		check_commands(device);
		typist_check(device);
	}
	typist_check_letters();
}

static int64_t open_commands(void)
{
	int64_t count = 0;
	for (int d = 0; d < world.device_count; d++)
		for (const struct sim_command *command = world.devices[d].commands; command; command = command->next)
			count += command->state == COMMAND_OPEN;
	return count;
}

/* Doors are opened and pens are up, or somebody would wait for ever: again, when what an instructor had still on the way has changed it. */
static void let_everybody(void)
{
	for (int d = 0; d < world.device_count; d++) {
		struct device *device = &world.devices[d];
		const struct thing *class = mirror_find(&doc_ledger(class_of(device), DOC_CLASS_INDEX)->full, "class");
		bool is_first = !d || world.devices[d - 1].person != device->person;
		if (device->person->staff && is_first && (thing_int(class, "frozen") || !strcmp(thing_str(class, "door"), "closed")))
			device_open_door(device);
	}
}

static void wait_until_calm(void)
{
	enum { PATIENT_ROUNDS = 40 };
	const char *waits;
	calm_round();
	/* Who has kept many posts sends them no faster than the limit lets them. */
	int64_t patience_ms = 200 * 1000 + open_commands() * 2 * 60000 / world.limits.posts_per_min, end_ms = world.mono_ms + patience_ms;
	for (int k = 1; (waits = what_waits()); k++) {
		if (world.mono_ms > end_ms)
			sim_fail("nothing fails any more, and still there waits %s", waits);
		if (k % PATIENT_ROUNDS == 0)
			let_everybody();
		calm_round();
	}
	check_all();
}

/* Everybody looks back: what they are shown is what they had. */
static void look_back(void)
{
	for (int k = 0; k < 2; k++) {
		for (int d = 0; d < world.device_count; d++) {
			struct device *device = &world.devices[d];
			int doc = sim_pick(class_of(device)->doc_count);
			if (!may_read(device, doc))
				doc = DOC_WALL_INDEX;
			question_ask(device, "moment", doc, sim_pick((int)device->docs[doc].at + 1), true);
			if (k || doc == DOC_CLASS_INDEX)
				question_ask(device, "history", doc, 0, true);
			else
				question_ask(device, "export", doc, 0, true);
		}
		wait_until_calm();
	}
}

/* Everybody says where they are, on one of their devices; everybody knows it then. */
static void look_around(void)
{
	for (int d = 0; d < world.device_count; d++)
		if (!d || world.devices[d - 1].person != world.devices[d].person)
			place_say(&world.devices[d]);
	for (int k = 0; k < DOCS + 4; k++)
		calm_round();
	wait_until_calm();
	for (int d = 0; d < world.device_count; d++)
		place_check(&world.devices[d]);
}

static const struct sim_command *do_now(struct device *device, int doc, const char *cmd, const struct buf *args)
{
	struct sim_command *command = device_command(device, doc, cmd, args);
	device_send(device, command);
	wait_until_calm();
	return command;
}

/* With nobody else writing, what is taken back and done again is as if nothing had been. */
static void take_back_and_redo(void)
{
	struct device *device = &world.devices[sim_pick(world.device_count)];
	int doc = sim_pick(class_of(device)->doc_count);
	if (!may_read(device, doc))
		return;
	struct digest before = content_of(doc_ledger(class_of(device), doc));
	const struct sim_command *undo = do_now(device, doc, "undo", &(struct buf){ 0 });
	if (undo->state != COMMAND_OK)
		return;
	const struct sim_command *redo = do_now(device, doc, "redo", &(struct buf){ 0 });
	if (redo->state != COMMAND_OK || !digest_equal(before, content_of(doc_ledger(class_of(device), doc))))
		sim_fail("device %d took something back in document %d, did it again%s, and it is not as before: %s", device->index, doc, redo->state == COMMAND_OK ? "" : " (refused)", undo->answer);
}

/* An instructor makes a canvas what it was. */
static void restore_something(void)
{
	struct device *device = &world.devices[sim_pick(world.device_count)];
	while (!device->person->staff)
		device = &world.devices[sim_pick(world.device_count)];
	int canvases = class_of(device)->doc_count - DOC_WALL_INDEX - 1;
	if (!canvases)
		return;
	int doc = DOC_WALL_INDEX + 1 + sim_pick(canvases);
	int64_t made = doc_ledger(class_of(device), doc)->made, at = made + sim_pick((int)(device->docs[doc].at - made) + 1);
	struct buf args = { 0 };
	struct ledger_doc then;
	arg_int(&args, "at", at);
	const struct sim_command *command = do_now(device, doc, "restore", &args);
	buf_release(&args);
	if (command->state != COMMAND_OK)
		sim_fail("device %d may not restore document %d at %lld", device->index, doc, (long long)at);
	ledger_then(doc_ledger(class_of(device), doc), SEES_STAFF, at, &then);
	restored_check(doc_ledger(class_of(device), doc), &then, device->person->member);
	ledger_doc_release(&then);
}

static void calm_down(void)
{
	world.is_calm = true;
	do_heal();
	for (struct peer *peer = world.peers; peer; peer = peer->next)
		peer->is_clogged = false;
	let_everybody();
	wait_until_calm();
	for (int c = 0; c < world.class_count; c++)
		reload_check(&world.classes[c]);
	look_around();
	look_back();
	for (int k = 0; k < 3 && world.has_past; k++)
		take_back_and_redo();
	if (world.has_past)
		restore_something();
	for (int c = 0; c < world.class_count; c++)
		reload_check(&world.classes[c]);
	world.is_calm = false;
	sim_event("calm, and all is well");
}

/* ---- a run ---- */

static void tear_down(void)
{
	hub_free(world.hub);
	world.memory->ops->close(world.memory);
	directory_free(world.directory);
	witness_free(world.store);
	for (int d = 0; d < world.device_count; d++) {
		device_lost(&world.devices[d]);
		device_release(&world.devices[d]);
	}
	for (struct peer *peer = world.peers; peer; peer = peer->next)
		peer->conn = NULL;
	network_sweep();
	ledger_release(&world.ledger);
	letters_release();
}

static void run(uint64_t seed, int64_t steps)
{
	memset(&world, 0, sizeof world);
	event_count = 0;
	set_up(seed);
	while (world.step < steps) {
		step();
		if (world.step % 1500 == 0)
			calm_down();
	}
	calm_down();
	/* Once more from nothing but the disk: everybody comes without a memory, to a server without one. */
	restart();
	for (int d = 0; d < world.device_count; d++) {
		device_lost(&world.devices[d]);
		device_forget(&world.devices[d]);
	}
	calm_down();
	printf("ok - seed %llu: %d canvases, %lld letters in %lld edits, %lld taken back or done again, %lld restored, %lld moments looked at, %lld rights withdrawn, %lld classes compared with the log\n", (unsigned long long)seed,
		world.classes[0].doc_count + world.classes[1].doc_count - 2 * world.class_count, (long long)world.count.letters, (long long)world.count.edits, (long long)world.count.undone, (long long)world.count.restored,
		(long long)world.count.moments, (long long)world.count.withdrawn, (long long)world.count.compared);
	printf("ok - seed %llu: %lld steps, %lld commands (%lld ok, %lld refused, %lld sent again), %zu log entries, %lld frames, %lld snapshots, %lld resumes, %lld failed commits, %lld crashes, %lld restarts\n",
		(unsigned long long)seed, (long long)world.step, (long long)world.count.commands, (long long)world.count.oks, (long long)world.count.nos, (long long)world.count.resends, world.ledger.entries,
		(long long)world.count.frames, (long long)world.count.snapshots, (long long)world.count.resumes, (long long)world.count.failures, (long long)world.count.crashes, (long long)world.count.restarts);
	fflush(stdout);
	tear_down();
}

int main(int argc, char **argv)
{
	int64_t steps = 6000;
	int seeds = 0;
	for (int a = 1; a < argc; a++) {
		if (!strcmp(argv[a], "--steps") && a + 1 < argc) {
			steps = atoll(argv[++a]);
		} else if (*argv[a] != '-') {
			run(strtoull(argv[a], NULL, 10), steps);
			seeds++;
		} else {
			seeds = 0;
			break;
		}
	}
	if (!seeds) {
		fprintf(stderr, "usage: main [--steps N] SEED...\n");
		return 2;
	}
	return 0;
}
