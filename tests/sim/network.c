/* The network and the disk as the server sees them, and the first check: every frame is read the moment the server writes it, against what is durable at that moment. */
#include "tests/sim/letters.h"
#include "tests/sim/world.h"
#include <stdlib.h>
#include <string.h>

/* ---- packets ---- */

void network_push(struct queue *queue, enum packet_type type, uint16_t close_code, const char *text, size_t n)
{
	struct packet *packet = sim_alloc(sizeof *packet + n + 1);
	packet->type = type;
	packet->close_code = close_code;
	packet->n = n;
	memcpy(packet->text, text, n);
	if (queue->last)
		queue->last->next = packet;
	else
		queue->first = packet;
	queue->last = packet;
	queue->count++;
	queue->bytes += n;
}

struct packet *network_pop(struct queue *queue)
{
	struct packet *packet = queue->first;
	if (!packet)
		return NULL;
	queue->first = packet->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	queue->bytes -= packet->n;
	return packet;
}

void network_clear(struct queue *queue)
{
	for (struct packet *packet; (packet = network_pop(queue));)
		free(packet);
}

/* ---- what may be written ---- */

static const char *str(const cJSON *json, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
	return s ? s : "";
}

static void check_words(const struct peer *peer, const char *text, size_t n)
{
	size_t at = 0;
	const struct class_world *class = &world.classes[peer->home->person->class_index];
	for (int w; (w = sim_next_word(text, n, &at)) >= 0;) {
		const struct ledger_word *word = ledger_word(&world.ledger, w);
		if (!word->is_durable)
			sim_fail("word %d was told before it was durable: %.*s", w, (int)n, text);
		if (strcmp(word->class_id, class->id) != 0)
			sim_fail("word %d of another class was told: %.*s", w, (int)n, text);
		if (!word->is_seen[peer->staff ? SEES_STAFF : SEES_CLASS] && strcmp(word->author, peer->reader) != 0)
			sim_fail("word %d was told to somebody who may not see it: %.*s", w, (int)n, text);
	}
}

/* Letters are of a class and of canvases: one must be durable before it is told, and told to those alone who may read it there. What was already there when a right was lost may still come to who had the right: it was on its way. */
static void check_letters(const struct peer *peer, const char *text, size_t n)
{
	const struct sim_person *person = peer->home->person;
	const struct class_world *class = &world.classes[person->class_index];
	size_t at = 0;
	for (int l; (l = letter_next(text, n, &at)) >= 0;) {
		const struct letter *letter = letter_at(l);
		bool may = false;
		if (!letter->entry)
			sim_fail("letter %d was told before it was durable: %.*s", l, (int)n, text);
		if (world.people[letter->person].class_index != person->class_index)
			sim_fail("letter %d of another class was told: %.*s", l, (int)n, text);
		for (int d = 0; d < class->doc_count; d++)
			if (letter->canvases >> d & 1)
				may = may || world_may_read(class, d, peer->reader, peer->staff) || class->lost[person - world.people][d] >= letter->entry;
		if (!may)
			sim_fail("letter %d was told to person %d, who may not read it: %.*s", l, (int)(person - world.people), (int)n, text);
	}
}

/* Nothing that comes out of a canvas comes to somebody who may not read it, and what is only on its way, to nobody who never might. */
static void check_right(const struct peer *peer, const cJSON *message)
{
	static const char *const others[] = { "mine", "texts", "presence", "history", "moment", "file" };
	const struct sim_person *person = peer->home->person;
	const struct class_world *class = &world.classes[person->class_index];
	const char *type = str(message, "t");
	int d = doc_index(class, str(message, "doc"));
	if (d <= DOC_WALL_INDEX || world_may_read(class, d, peer->reader, peer->staff))
		return;
	if (!strcmp(type, "snapshot") || !strcmp(type, "ops"))
		sim_fail("%s of document %d to person %d, who may not read it", type, d, (int)(person - world.people));
	for (size_t o = 0; o < sizeof others / sizeof *others; o++)
		if (!strcmp(type, others[o]) && !class->lost[person - world.people][d])
			sim_fail("%s of document %d to person %d, who never might read it", type, d, (int)(person - world.people));
}

/* Members' ids belong into frames of walls and canvases only as authors of what is named, or one's own; and into a history as those who did something (past.c looks at that). */
static void check_author(const struct peer *peer, const struct ledger_doc *doc, const cJSON *object)
{
	const char *author = str(cJSON_GetObjectItemCaseSensitive(object, "fields"), "author"), *id = str(object, "id");
	const struct thing *full = doc ? mirror_find(&doc->full, id) : NULL;
	if (!*author || peer->staff || !strcmp(author, peer->reader))
		return;
	if (full && strcmp(thing_str(full, "names"), "named") != 0)
		sim_fail("the author of %s was told, whose name is hidden", id);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

static void check_ids(const struct peer *peer, const cJSON *message, const char *text)
{
	const struct class_world *class = &world.classes[peer->home->person->class_index];
	int d = doc_index(class, str(message, "doc"));
	if (peer->staff || d < DOC_WALL_INDEX || !strcmp(str(message, "t"), "presence"))
		return;
	const struct ledger_doc *doc = doc_ledger(class, d);
	const cJSON *moment;
	size_t authors = 0, mentioned = 0;
	cJSON_ArrayForEach(moment, cJSON_GetObjectItemCaseSensitive(message, "moments"))
		authors += *str(moment, "who") != 0;
	const cJSON *lists[] = { cJSON_GetObjectItemCaseSensitive(message, "ops"), cJSON_GetObjectItemCaseSensitive(message, "objects") }, *object;
	for (int l = 0; l < 2; l++)
		cJSON_ArrayForEach(object, lists[l])
		{
			check_author(peer, doc, object);
			authors += *str(cJSON_GetObjectItemCaseSensitive(object, "fields"), "author") != 0;
		}
	for (int p = 0; p < world.person_count; p++)
		if (*world.people[p].member)
			mentioned += count_of(text, world.people[p].member);
	if (mentioned > authors)
		sim_fail("a member is named where no author belongs: %s", text);
}

static void check_answer(const struct peer *peer, const cJSON *message)
{
	const char *type = str(message, "t"), *id = str(message, "id"), *code = str(message, "code");
	struct sim_command *command = peer->home->commands;
	while (command && strcmp(command->id, id) != 0)
		command = command->next;
	if (!*id)
		return; /* to a hello or an open */
	if (question_find(peer->home, id))
		return;
	if (!command && peer->device != peer->home)
		return; /* who asked has gone */
	if (!command)
		sim_fail("an answer to nothing that was asked here: %s %s", type, id);
	int done = ledger_done(&world.ledger, id);
	if (!strcmp(type, "ok") && !done) {
		if (command->makes)
			sim_fail("ok to %s, which is not durable", id);
		command->was_noop = true;
	}
	if (!strcmp(type, "no") && done && strcmp(code, "rate") != 0)
		sim_fail("%s to %s, which was done", code, id);
}

/* What an `open` is answered with must not replay what had been withdrawn by then. */
static void check_epoch(struct peer *peer, const cJSON *message)
{
	int d = doc_index(&world.classes[peer->home->person->class_index], str(message, "doc"));
	const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(message, "epoch");
	if (d < 0 || !epoch)
		return;
	if (!strcmp(str(message, "t"), "snapshot")) {
		if (epoch->valuedouble < (double)peer->floor[d])
			sim_fail("a snapshot of epoch %g, though %lld was durable when it was asked for", epoch->valuedouble, (long long)peer->floor[d]);
	} else if (peer->opened[d] >= 0) {
		if (peer->opened[d] != peer->floor[d])
			sim_fail("epoch %lld is resumed, though %lld was durable when it was asked for", (long long)peer->opened[d], (long long)peer->floor[d]);
		world.count.resumes++;
	}
	peer->opened[d] = -1;
}

/* Nobody is pointed to a place that is not durable. */
static void check_counter(const struct peer *peer, const cJSON *message)
{
	const struct class_world *class = &world.classes[peer->home->person->class_index];
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(message, "at");
	int d = doc_index(class, str(message, "doc"));
	if (d < 0 || !at)
		return;
	if (!strcmp(str(message, "t"), "no"))
		return;
	int64_t durable = doc_ledger(class, d)->views[peer->staff ? SEES_STAFF : SEES_CLASS].at;
	if (at->valuedouble > (double)durable)
		sim_fail("%s names %g of document %d, of which %lld is durable", str(message, "t"), at->valuedouble, d, (long long)durable);
}

static void check_frame(struct peer *peer, const char *text, size_t n)
{
	cJSON *message = cJSON_ParseWithLength(text, n);
	if (!message)
		sim_fail("the server wrote no JSON: %.*s", (int)n, text);
	if (n > 64 * 1024)
		sim_fail("a message of %zu bytes", n);
	if (!strcmp(str(message, "t"), "welcome")) {
		strcpy(peer->reader, str(message, "me"));
		if (!*peer->home->person->member) {
			strcpy(peer->home->person->member, str(message, "me"));
			world_note_rights(peer->home->person->class_index);
		}
		peer->staff = strcmp(str(message, "role"), "member") != 0;
	}
	check_words(peer, text, n);
	check_letters(peer, text, n);
	check_right(peer, message);
	check_ids(peer, message, text);
	check_epoch(peer, message);
	check_counter(peer, message);
	if (!strcmp(str(message, "t"), "ok") || !strcmp(str(message, "t"), "no"))
		check_answer(peer, message);
	cJSON_Delete(message);
	world.count.frames++;
}

/* ---- the transport ---- */

static bool take_write(void *p, const uint8_t *bytes, size_t n)
{
	struct peer *peer = p;
	if (peer->server_closed)
		sim_fail("written after close");
	if (peer->lost && sim_chance(300))
		return false;
	while (n) {
		size_t header = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10, size = bytes[1];
		if (size == 126)
			size = (size_t)bytes[2] << 8 | bytes[3];
		else if (size == 127)
			size = (size_t)bytes[6] << 24 | (size_t)bytes[7] << 16 | (size_t)bytes[8] << 8 | bytes[9];
		if (header + size > n || (bytes[0] != 0x81 && bytes[0] != 0x89))
			sim_fail("broken frame");
		if (bytes[0] == 0x81) {
			char *text = sim_alloc(size + 1);
			memcpy(text, bytes + header, size);
			check_frame(peer, text, size);
			if (!peer->lost)
				network_push(&peer->down, PACKET_TEXT, 0, text, size);
			free(text);
		}
		bytes += header + size;
		n -= header + size;
	}
	return true;
}

static bool is_busy(void *p)
{
	const struct peer *peer = p;
	return peer->is_clogged && (peer->down.count || peer->lost);
}

static void want_writable(void *p)
{
	((struct peer *)p)->wants_writable = true;
}

static void close_peer(void *p, uint16_t code, const char *reason)
{
	struct peer *peer = p;
	if (peer->server_closed)
		sim_fail("closed twice");
	peer->server_closed = true;
	if (!peer->lost)
		network_push(&peer->down, PACKET_CLOSE, code, reason, strlen(reason));
}

static uint64_t now_ns(void)
{
	return (uint64_t)world.mono_ms * 1000000 + (uint64_t)sim_pick(1000) * 1000;
}

const struct transport network_transport = { take_write, is_busy, want_writable, close_peer, now_ns };

/* ---- sockets ---- */

struct peer *network_connect(struct device *device)
{
	struct peer *peer = sim_alloc(sizeof *peer);
	peer->serial = ++world.last_serial;
	peer->device = peer->home = device;
	for (int d = 0; d < DOCS; d++)
		peer->opened[d] = -1;
	peer->conn = hub_connect(world.hub, peer, "192.0.2.1", world.mono_ms);
	if (!peer->conn) {
		free(peer);
		return NULL;
	}
	peer->next = world.peers;
	world.peers = peer;
	return peer;
}

void network_cut(struct peer *peer)
{
	peer->lost = true;
	if (sim_chance(500))
		network_clear(&peer->down);
	if (sim_chance(500))
		network_clear(&peer->up);
}

void network_server_gone(void)
{
	for (struct peer *peer = world.peers; peer; peer = peer->next) {
		peer->conn = NULL;
		peer->lost = true;
		network_clear(&peer->up);
	}
}

void network_sweep(void)
{
	for (struct peer **link = &world.peers; *link;) {
		struct peer *peer = *link;
		if (peer->conn || peer->device) {
			link = &peer->next;
			continue;
		}
		*link = peer->next;
		network_clear(&peer->up);
		network_clear(&peer->down);
		free(peer);
	}
}

/* The position that an `open` names, and where the view stands as far as is durable. */
static void note_open(struct peer *peer, const cJSON *open)
{
	const struct class_world *class = &world.classes[peer->home->person->class_index];
	int d = !strcmp(str(open, "doc"), "start") ? DOC_WALL_INDEX : doc_index(class, str(open, "doc"));
	if (d < 0)
		return;
	const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(open, "epoch");
	const struct ledger_doc *doc = doc_ledger(class, d);
	peer->floor[d] = doc ? doc->views[peer->home->person->staff ? SEES_STAFF : SEES_CLASS].epoch : 0;
	peer->opened[d] = epoch ? (int64_t)epoch->valuedouble : -1;
}

static void note_opens(struct peer *peer, const char *text)
{
	cJSON *message = cJSON_Parse(text);
	const cJSON *open;
	if (!strcmp(str(message, "t"), "open"))
		note_open(peer, message);
	cJSON_ArrayForEach(open, cJSON_GetObjectItemCaseSensitive(message, "open"))
		note_open(peer, open);
	cJSON_Delete(message);
}

void network_deliver_up(struct peer *peer)
{
	struct packet *packet = network_pop(&peer->up);
	if (!packet)
		return;
	if (peer->conn && !peer->server_closed) {
		note_opens(peer, packet->text);
		hub_message(world.hub, peer->conn, packet->text, packet->n, world.mono_ms, world.now_ms);
	}
	free(packet);
}

void network_deliver_down(struct peer *peer)
{
	struct packet *packet = network_pop(&peer->down);
	if (packet && peer->device)
		device_receive(peer->device, packet);
	free(packet);
}

/* ---- the store ---- */

struct appended {
	struct appended *next;
	struct log_batch *batch;
	store_on_append *on_append;
	void *ctx;
};

struct witness {
	struct store store;
	struct store *inner;
	struct appended *first, **end;
};

static void witnessed(struct log_batch *batch, enum store_result result, void *ctx)
{
	struct witness *witness = (struct witness *)world.store;
	struct appended *appended = ctx;
	if (witness->first != appended)
		sim_fail("the store answers out of order");
	witness->first = appended->next;
	if (!witness->first)
		witness->end = &witness->first;
	if (result == STORE_DURABLE || (result == STORE_UNKNOWN && world.unknown_applied))
		ledger_apply(&world.ledger, batch);
	else if (result != STORE_DURABLE)
		world.count.failures++;
	appended->on_append(batch, result, appended->ctx);
	free(appended);
}

static void append(struct store *store, struct log_batch *batch, store_on_append *on_append, void *ctx)
{
	struct witness *witness = (struct witness *)store;
	struct appended *appended = sim_alloc(sizeof *appended);
	*appended = (struct appended){ .batch = batch, .on_append = on_append, .ctx = ctx };
	*witness->end = appended;
	witness->end = &appended->next;
	witness->inner->ops->append(witness->inner, batch, witnessed, appended);
}

static void load_class(struct store *store, const char *class_id, store_on_class *on_class, void *ctx)
{
	struct store *inner = ((struct witness *)store)->inner;
	inner->ops->load_class(inner, class_id, on_class, ctx);
}

static void read_log(struct store *store, const char *doc_id, int64_t upto_seq, const struct log_visitor *visitor, store_on_log *on_log)
{
	struct store *inner = ((struct witness *)store)->inner;
	inner->ops->read_log(inner, doc_id, upto_seq, visitor, on_log);
}

static void put_snapshot(struct store *store, const char *doc_id, int64_t seq, const char *body, size_t n)
{
	struct store *inner = ((struct witness *)store)->inner;
	inner->ops->put_snapshot(inner, doc_id, seq, body, n);
}

static bool read_directory(struct store *store, const char *kind, store_on_row *on_row, void *ctx)
{
	struct store *inner = ((struct witness *)store)->inner;
	return inner->ops->read_directory(inner, kind, on_row, ctx);
}

static enum store_fault fault(struct store *store)
{
	struct store *inner = ((struct witness *)store)->inner;
	return inner->ops->fault(inner);
}

static void close_store(struct store *store)
{
	struct store *inner = ((struct witness *)store)->inner;
	inner->ops->close(inner);
}

struct store *witness_new(struct store *inner)
{
	static const struct store_ops ops = { append, load_class, read_log, put_snapshot, read_directory, fault, close_store };
	struct witness *witness = sim_alloc(sizeof *witness);
	witness->store.ops = &ops;
	witness->inner = inner;
	witness->end = &witness->first;
	return &witness->store;
}

void witness_free(struct store *store)
{
	free(store);
}

void witness_crash(struct store *store, size_t written)
{
	struct witness *witness = (struct witness *)store;
	size_t left = written;
	while (witness->first) {
		struct appended *appended = witness->first;
		witness->first = appended->next;
		if (left) {
			ledger_apply(&world.ledger, appended->batch);
			left--;
		}
		free(appended);
	}
	witness->end = &witness->first;
	memory_store_crash(witness->inner, written);
}
