/* A document as JSON, by the letter of proto/README.md §4 and by none of the server's code. */
#ifndef FORWHOM_TESTS_SIM_MIRROR_H
#define FORWHOM_TESTS_SIM_MIRROR_H
#include "proto/buf.h"
#include "proto/digest.h"
#include <cjson/cJSON.h>
#include <uthash.h>

struct thing {
	char id[28], kind[16];
	cJSON *fields; /* none of them zero */
	struct digest sum;
	bool is_live; /* came in an `ops` message, not in a snapshot */
	bool is_undone; /* its text has been changed by taking back or restoring */
	UT_hash_handle hh;
};

/* Zero-initialised is empty and valid. */
struct mirror {
	struct thing *things;
	struct digest sum;
};

void mirror_clear(struct mirror *mirror);
struct thing *mirror_find(const struct mirror *mirror, const char *id);
/* Copies `fields`, leaving out what is zero. */
struct thing *mirror_put(struct mirror *mirror, const char *id, const char *kind, const cJSON *fields);
void mirror_set(struct mirror *mirror, struct thing *thing, const cJSON *fields);
void mirror_del(struct mirror *mirror, struct thing *thing);
/* An op or an object from the wire. False when it makes no sense: unknown op, or an object that is not there. */
bool mirror_apply(struct mirror *mirror, const cJSON *op);
bool mirror_apply_object(struct mirror *mirror, const cJSON *object);
/* Appends `text` as it is after `edit` (proto/README.md §11), and to `removed`, unless it is NULL, what goes. False when the edit is not tidy or does not fit. */
bool mirror_edit(const char *text, const cJSON *edit, struct buf *out, struct buf *removed);
/* "" and 0 for what is not there. */
const char *thing_str(const struct thing *thing, const char *field);
int64_t thing_int(const struct thing *thing, const char *field);
bool json_is_zero(const cJSON *value);
/* The digest of an object with these fields, zero or not. */
struct digest fields_digest(const char *id, const char *kind, const cJSON *fields);
#endif
