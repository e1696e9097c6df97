/* Memory against log. Everything that the server keeps of a class (documents, counters, epochs, digests, the trail of edits, what can be taken back, answers) is a function of the log alone: a second server, which has just loaded the class from the same store,
 * must hold the same. This looks inside (server/session/internal.h), which nothing else outside session/ may. */
#include "server/room/trail.h"
#include "server/session/internal.h"
#include "tests/sim/world.h"
#include <stdlib.h>
#include <string.h>

static void write_key(struct buf *out, const char *key, const char *value)
{
	buf_str(out, key);
	buf_char(out, ' ');
	buf_str(out, value);
	buf_char(out, '\n');
}

static void write_number(struct buf *out, const char *key, int64_t value)
{
	buf_str(out, key);
	buf_char(out, ' ');
	buf_int(out, value);
	buf_char(out, '\n');
}

static void write_document(struct buf *out, const struct document *document)
{
	char hex[DIGEST_HEX_CHARS + 1];
	write_key(out, "document", document->id);
	write_number(out, "kind", document->kind);
	write_number(out, "damaged", document->damaged);
	write_number(out, "head", document->head);
	write_key(out, "last post", document->last_post_pos);
	for (int v = 0; v < VIEW_COUNT; v++) {
		write_number(out, "at", document->streams[v].next_at);
		write_number(out, "epoch", document->streams[v].next_epoch);
		digest_hex(document->streams[v].sum, hex);
		write_key(out, "sum", hex);
	}
	for (const struct object *object = doc_first(document->doc); object; object = object_next(object)) {
		object_write(out, object, ~(field_mask)0);
		buf_char(out, '\n');
	}
	trail_write(out, document->trail);
	buf_char(out, '\n');
	steps_write(out, document->steps);
	buf_char(out, '\n');
}

static void write_people(struct buf *out, struct class *class, const struct class_world *of)
{
	for (int p = 0; p < world.person_count; p++) {
		const struct sim_person *person = &world.people[p];
		if (&world.classes[person->class_index] != of || !*person->member)
			continue;
		const struct member *member = class_member(class, person->member);
		write_key(out, "member", member->id);
		write_key(out, "skeleton", member->skeleton ? member->skeleton : "");
		write_number(out, "role", member->role);
		write_number(out, "posts", member->posts);
	}
	write_number(out, "secrets", HASH_COUNT(class->secrets));
	write_number(out, "names", HASH_COUNT(class->names));
}

static void write_class(struct buf *out, struct class *class, const struct class_world *of)
{
	for (int d = 0; d < of->doc_count; d++) {
		const struct document *document = class_document(class, doc_wire(of, d));
		if (!document)
			sim_fail("document %d is not in memory", d);
		write_document(out, document);
	}
	write_people(out, class, of);
	write_number(out, "documents", class->document_count);
	buf_cstr(out);
}

/* What memory still knows of what has been answered, the loaded one must know, too. */
static void check_done(struct class *kept, struct class *loaded)
{
	for (const struct done *done = kept->done; done; done = done->hh.next) {
		const struct done *same = class_done(loaded, done->id);
		if (!same || strcmp(same->outcome, done->outcome) != 0 || memcmp(same->hash, done->hash, sizeof same->hash) != 0)
			sim_fail("an answer is remembered in memory only: %s", done->outcome);
	}
}

static void check_same(const struct class_world *of, const struct buf *kept, const struct buf *loaded)
{
	size_t at = 0;
	while (at < kept->n && at < loaded->n && kept->s[at] == loaded->s[at])
		at++;
	if (at == kept->n && at == loaded->n)
		return;
	at = at > 300 ? at - 300 : 0;
	sim_fail("class %s, loaded anew, is another:\n# in memory: …%.600s\n# loaded:    …%.600s", of->code, kept->s + at, loaded->s + at);
}

void reload_check(const struct class_world *of)
{
	struct class *kept, *loaded;
	struct buf a = { 0 }, b = { 0 };
	HASH_FIND_STR(world.hub->classes, of->id, kept);
	if (!kept || !kept->loaded)
		return; /* nobody is there */
	struct hub_config config = world.hub->config;
	struct hub *hub = hub_new(&config);
	hub->mono_ms = world.mono_ms;
	hub->now_ms = world.now_ms;
	loaded = class_get(hub, directory_class(world.directory, of->code));
	while (memory_store_pending(world.memory))
		memory_store_step(world.memory, STORE_DURABLE, true);
	if (!loaded->loaded)
		sim_fail("class %s cannot be loaded anew", of->code);
	write_class(&a, kept, of);
	write_class(&b, loaded, of);
	check_same(of, &a, &b);
	check_done(kept, loaded);
	hub_free(hub);
	buf_release(&a);
	buf_release(&b);
	world.count.compared++;
}
