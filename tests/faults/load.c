#include "tests/faults/load.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SNAPSHOT_EVERY = 50, CLASS_EVERY = 3, ACCOUNTS = 10 };

struct numbered {
	struct load *load;
	int64_t k;
	struct log_batch batch;
	struct log_entry entries[2];
	struct log_text text;
	struct log_done done;
	struct log_row row;
	char bodies[2][64], words[128], key[8], value[24];
};

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool load_open(struct load *load, const char *dir, char *error)
{
	memset(load, 0, sizeof *load);
	snprintf(load->dir, sizeof load->dir, "%s", dir);
	if (uv_loop_init(&load->loop))
		abort();
	load->store = sqlite_store_open(dir, &load->loop, false, error, 200);
	if (load->store)
		return true;
	uv_loop_close(&load->loop);
	return false;
}

void load_close(struct load *load)
{
	load->store->ops->close(load->store);
	load->store = NULL;
	uv_run(&load->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&load->loop))
		abort();
}

/* ------------------------------------------------------------------------------------------------ sending */

static void print_body(char to[64], int64_t k)
{
	snprintf(to, 64, "{\"k\":%lld,\"t\":{\"$\":0}}", (long long)k);
}

static void print_class_body(char to[64], int64_t k)
{
	snprintf(to, 64, "{\"class\":%lld}", (long long)k);
}

static void print_words(char to[128], int64_t k)
{
	snprintf(to, 128, "For those who count to %lld%.*s", (long long)k, (int)(k % 60), "............................................................");
}

static void on_append(struct log_batch *batch, enum store_result result, void *ctx)
{
	struct numbered *numbered = ctx;
	struct load *load = numbered->load;

	assert(batch == &numbered->batch);
	load->in_flight--;
	if (result == STORE_DURABLE) {
		/* In order, and none behind one that was not. */
		assert(load->failed == 0 && numbered->k == load->acked + 1);
		load->acked = numbered->k;
		if (load->on_ack)
			load->on_ack(numbered->k);
	} else if (load->failed == 0) {
		load->failed = numbered->k;
		load->result = result;
	}
	free(numbered);
}

static void send_batch(struct load *load, int64_t k)
{
	struct numbered *n = calloc(1, sizeof *n);
	size_t entries = 0;

	if (!n)
		abort();
	n->load = load;
	n->k = k;
	print_body(n->bodies[0], k);
	print_words(n->words, k);
	n->text = (struct log_text){ .owner = "ama", .text = n->words, .size_bytes = strlen(n->words) };
	n->entries[entries++] = (struct log_entry){ .class_id = "c", .doc_id = "w", .doc_kind = "wall", .seq = k, .at_ms = k,
		.actor = "ama", .body = n->bodies[0], .body_bytes = strlen(n->bodies[0]), .texts = &n->text, .text_count = 1 };
	if (k % CLASS_EVERY == 0) {
		print_class_body(n->bodies[1], k);
		n->entries[entries++] = (struct log_entry){ .class_id = "c", .doc_id = "c", .doc_kind = "class",
			.seq = k / CLASS_EVERY, .at_ms = k, .actor = "", .body = n->bodies[1], .body_bytes = strlen(n->bodies[1]) };
	}
	n->done = (struct log_done){ .class_id = "c", .outcome = "{}", .at_ms = wall_ms() };
	memcpy(n->done.id, &k, sizeof k);
	snprintf(n->key, sizeof n->key, "a%d", (int)(k % ACCOUNTS));
	snprintf(n->value, sizeof n->value, "%lld", (long long)k);
	n->row = (struct log_row){ .kind = "account", .key = n->key, .value = n->value };
	n->batch = (struct log_batch){ .entries = n->entries, .entry_count = entries, .done = &n->done, .done_count = 1,
		.rows = &n->row, .row_count = 1 };
	load->in_flight++;
	if (k > load->tried)
		load->tried = k;
	load->store->ops->append(load->store, &n->batch, on_append, n);
}

static void put_snapshot(struct load *load, int64_t k)
{
	char body[64];

	snprintf(body, sizeof body, "{\"upto\":%lld}", (long long)k);
	load->store->ops->put_snapshot(load->store, "w", k, body, strlen(body));
}

void load_run(struct load *load, int64_t last, int window)
{
	load->failed = 0;
	while (load->in_flight > 0 || (load->sent < last && !load->failed)) {
		while (load->sent < last && load->in_flight < window && !load->failed) {
			send_batch(load, ++load->sent);
			if (load->sent % SNAPSHOT_EVERY == 0)
				put_snapshot(load, load->sent);
		}
		uv_run(&load->loop, UV_RUN_ONCE);
	}
}

/* ------------------------------------------------------------------------------------------------ checking */

struct checking {
	struct finding *finding;
	int64_t upto, class_head, class_seen;
	bool done, class_damaged, wall_damaged, rows_damaged;
	bool outcomes[100000];
	size_t outcome_count;
	int64_t accounts[ACCOUNTS];
};

#define WRONG(c, ...) \
	do { \
		if (!(c)->finding->wrong[0]) \
			snprintf((c)->finding->wrong, sizeof (c)->finding->wrong, __VA_ARGS__); \
	} while (0)

static void check_wall_entry(struct checking *c, const struct log_entry *entry)
{
	char body[64], words[128];

	print_body(body, entry->seq);
	print_words(words, entry->seq);
	if (entry->seq > c->upto || entry->at_ms != entry->seq || strcmp(entry->actor, "ama") || strcmp(entry->body, body) ||
		entry->text_count != 1 || strcmp(entry->texts[0].owner, "ama") || strcmp(entry->texts[0].text, words))
		WRONG(c, "wall entry %lld is %s", (long long)entry->seq, entry->body);
}

static void check_class_entry(struct checking *c, const struct log_entry *entry)
{
	char body[64];

	print_class_body(body, entry->seq * CLASS_EVERY);
	if (entry->at_ms != entry->seq * CLASS_EVERY || strcmp(entry->actor, "") || strcmp(entry->body, body) || entry->text_count)
		WRONG(c, "class entry %lld is %s", (long long)entry->seq, entry->body);
}

static void check_document(struct checking *c, const struct loaded_document *document)
{
	bool wall = !strcmp(document->doc_id, "w");
	int64_t seq = document->snapshot_seq;
	char body[64];

	if (!wall && strcmp(document->doc_id, "c")) {
		WRONG(c, "there is a document %s", document->doc_id);
		return;
	}
	if (strcmp(document->doc_kind, wall ? "wall" : "class"))
		WRONG(c, "%s is a %s", document->doc_id, document->doc_kind);
	snprintf(body, sizeof body, "{\"upto\":%lld}", (long long)seq);
	if (document->snapshot && (!wall || strcmp(document->snapshot, body)))
		WRONG(c, "the snapshot at %lld is %s", (long long)seq, document->snapshot);
	for (size_t i = 0; i < document->entry_count; i++) {
		if (document->entries[i].seq != ++seq)
			WRONG(c, "%s has %lld for %lld", document->doc_id, (long long)document->entries[i].seq, (long long)seq);
		(wall ? check_wall_entry : check_class_entry)(c, &document->entries[i]);
	}
	if (!document->damaged && seq != document->head)
		WRONG(c, "%s ends at %lld, its head is %lld", document->doc_id, (long long)seq, (long long)document->head);
	*(wall ? &c->finding->head : &c->class_seen) = seq;
	*(wall ? &c->wall_damaged : &c->class_damaged) |= document->damaged;
}

static void on_class(const struct loaded_class *loaded, enum store_result result, void *ctx)
{
	struct checking *c = ctx;

	c->done = true;
	if (result != STORE_DURABLE) {
		c->finding->unreadable = true;
		return;
	}
	for (size_t i = 0; i < loaded->document_count; i++)
		check_document(c, &loaded->documents[i]);
	for (size_t i = 0; i < loaded->done_count; i++) {
		int64_t k;

		memcpy(&k, loaded->done[i].id, sizeof k);
		if (k < 1 || k > c->upto || k >= (int64_t)sizeof c->outcomes || c->outcomes[k] || strcmp(loaded->done[i].outcome, "{}"))
			WRONG(c, "an outcome of %lld", (long long)k);
		else
			c->outcomes[k] = true;
		c->outcome_count++;
	}
	if (loaded->secret_count)
		WRONG(c, "there are secrets");
}

static void on_row(const struct log_row *row, void *ctx)
{
	struct checking *c = ctx;
	int account;

	if (!row)
		return;
	account = row->key[0] == 'a' && strlen(row->key) == 2 ? row->key[1] - '0' : -1;
	if (account < 0 || account >= ACCOUNTS || strcmp(row->kind, "account"))
		WRONG(c, "there is a row %s %s", row->kind, row->key);
	else
		c->accounts[account] = atoll(row->value);
}

/* The newest of the first `head` batches that wrote this account's row. */
static int64_t newest_of(int64_t head, int account)
{
	int64_t k = head - ((head - account) % ACCOUNTS + ACCOUNTS) % ACCOUNTS;

	return k < 1 ? 0 : k;
}

/* What nobody called damaged must be whole; what is damaged may lack things, and nothing else. */
static void check_sums(struct checking *c)
{
	struct finding *f = c->finding;
	bool damaged = c->wall_damaged || c->class_damaged;

	if (!damaged && c->class_seen != f->head / CLASS_EVERY)
		WRONG(c, "the wall has %lld, the class %lld", (long long)f->head, (long long)c->class_seen);
	if (!c->class_damaged && !c->wall_damaged && c->outcome_count != (size_t)f->head)
		WRONG(c, "the wall has %lld, there are %zu outcomes", (long long)f->head, c->outcome_count);
	/* Damage to the class document says that something is missing that has no place of its own. */
	if (!c->class_damaged && c->wall_damaged && c->outcome_count / CLASS_EVERY != (size_t)c->class_seen)
		WRONG(c, "the class has %lld, there are %zu outcomes", (long long)c->class_seen, c->outcome_count);
	for (int i = 0; i < ACCOUNTS; i++) {
		if (!c->rows_damaged && !damaged && c->accounts[i] != newest_of(f->head, i))
			WRONG(c, "the wall has %lld, account %d %lld", (long long)f->head, i, (long long)c->accounts[i]);
		if (c->accounts[i] > c->upto || (c->accounts[i] && c->accounts[i] % ACCOUNTS != i))
			WRONG(c, "account %d has %lld", i, (long long)c->accounts[i]);
	}
}

struct finding load_check(struct load *load, int64_t upto)
{
	struct finding finding = { 0 };
	struct checking *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->finding = &finding;
	c->upto = upto;
	load->store->ops->load_class(load->store, "c", on_class, c);
	while (!c->done)
		uv_run(&load->loop, UV_RUN_ONCE);
	c->rows_damaged = !load->store->ops->read_directory(load->store, "account", on_row, c);
	finding.damaged = c->class_damaged || c->wall_damaged || c->rows_damaged;
	if (!finding.unreadable)
		check_sums(c);
	free(c);
	return finding;
}
