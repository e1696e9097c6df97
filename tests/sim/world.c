#include "tests/sim/world.h"
#include <string.h>

int world_class(const char *id)
{
	for (int c = 0; c < world.class_count; c++)
		if (!strcmp(world.classes[c].id, id))
			return c;
	return -1;
}

int world_person(int class_index, const char *member)
{
	for (int p = 0; p < world.person_count && *member; p++)
		if (world.people[p].class_index == class_index && !strcmp(world.people[p].member, member))
			return p;
	return -1;
}

int world_add_canvas(int class_index, const char *id)
{
	struct class_world *class = &world.classes[class_index];
	if (class_index < 0 || class->doc_count == DOCS)
		sim_fail("a canvas too many");
	strcpy(class->docs[class->doc_count++], id);
	world_note_rights(class_index);
	return class->doc_count - 1;
}

bool world_may_read(const struct class_world *class, int d, const char *member, bool staff)
{
	const struct ledger_doc *of = ledger_doc(&world.ledger, class->id);
	const struct thing *document = mirror_find(&of->full, class->docs[d]), *person = mirror_find(&of->full, member);
	if (d <= DOC_WALL_INDEX)
		return true;
	if (staff || !document)
		return document != NULL;
	const char *see = thing_str(document, "see"), *team = thing_str(document, "team");
	if (*thing_str(document, "deleted") || !strcmp(see, "staff"))
		return false;
	return !strcmp(see, "class") || !*team || (person && !strcmp(thing_str(person, "team"), team));
}

void world_note_rights(int class_index)
{
	struct class_world *class = &world.classes[class_index];
	for (int p = 0; p < world.person_count; p++) {
		const struct sim_person *person = &world.people[p];
		if (person->class_index != class_index)
			continue;
		for (int d = DOC_WALL_INDEX + 1; d < class->doc_count; d++) {
			bool reads = world_may_read(class, d, person->member, person->staff);
			if (class->reads[p][d] && !reads) {
				class->lost[p][d] = world.ledger.entries;
				world.count.withdrawn++;
			}
			class->reads[p][d] = reads;
		}
	}
}

int doc_index(const struct class_world *class, const char *wire)
{
	if (!strcmp(wire, "class"))
		return DOC_CLASS_INDEX;
	for (int d = DOC_WALL_INDEX; d < class->doc_count; d++)
		if (!strcmp(class->docs[d], wire))
			return d;
	return -1;
}

struct ledger_doc *doc_ledger(const struct class_world *class, int index)
{
	return ledger_doc(&world.ledger, class->docs[index]);
}

const char *doc_wire(const struct class_world *class, int index)
{
	return index == DOC_CLASS_INDEX ? "class" : class->docs[index];
}
