/* A document: a flat set of objects, and the four ops that change it. Pure; the same code runs in the server, in replay, in the
 * terminal client and in the simulator, and web/src/doc.ts is its twin, held to it by proto/vectors and by digests.
 *
 * An object's values sit in an array in the order of its kind's fields (proto/gen/tables.h). A *mask* has bit n set for field n. A projection of an
 * object for some audience is nothing but a mask: values are never altered on the way to a reader, only left out. */
#ifndef FORWHOM_PROTO_DOC_H
#define FORWHOM_PROTO_DOC_H
#include "proto/buf.h"
#include "proto/digest.h"
#include "proto/gen/tables.h"
#include <cjson/cJSON.h>
#include <uthash.h>

enum { OBJECT_ID_CAP = 28 }; /* 22 characters, a suffix such as ".r", and the NUL */

typedef uint32_t field_mask;

/* A field's value. Strings are NUL-terminated behind `n` bytes of UTF-8 and never NULL where the type is a string; `s` of an absent string is "". */
struct value {
	const char *s;
	size_t n;
	int64_t i; /* FIELD_INT, FIELD_BOOL (0 or 1) */
};

struct object {
	char id[OBJECT_ID_CAP];
	enum kind kind;
	UT_hash_handle hh;
	struct value values[]; /* kind_specs[kind].field_count of them; strings owned by the object */
};

enum op_type { OP_NONE, OP_PUT, OP_SET, OP_TEXT, OP_DEL };
/* As they are called on the wire and in the log. */
extern const char *const op_names[];

/* The command called `name`, CMD_NONE if there is none. */
enum command command_by_name(const char *name);
/* The role called `name`, ROLE_NONE if there is none. */
enum role role_by_name(const char *name);
/* Whether it reads the staff's view and leads. */
bool role_is_staff(enum role role);

/* What happened to one object. Strings are borrowed. PUT: `kind` and every field of `mask`. SET: the fields of `mask` (a zero value clears).
 * TEXT: `mask` has the one field, one whose spec has a `rev`; `edit` is what changed in it (proto/text.h), borrowed, and `rev` the field's revision after it, which applying it puts into the field that keeps it. */
struct op {
	enum op_type type;
	enum kind kind; /* known for PUT; for the others filled in by doc_apply's callers that need it */
	char id[OBJECT_ID_CAP];
	field_mask mask;
	struct value values[FIELDS_MAX];
	const cJSON *edit; /* TEXT */
	int64_t rev;
};

struct doc;

/* Returns owned; doc_free takes NULL. */
struct doc *doc_new(void);
void doc_free(struct doc *doc);
/* Drops every object. */
void doc_clear(struct doc *doc);

/* The object, borrowed until the next change of the document, or NULL. */
struct object *doc_find(const struct doc *doc, const char *id);
/* Objects in the order they were first put: doc_first, then object_next until NULL. Borrowed as above. */
struct object *doc_first(const struct doc *doc);
struct object *object_next(const struct object *object);
size_t doc_count(const struct doc *doc);

/* Makes the change. Cannot fail: an op on an object that is not there (a late frame) changes nothing, nor does an edit that does not fit its text; a put over an existing object replaces it in place. */
void doc_apply(struct doc *doc, const struct op *op);

/* Reading values: by field number of the object's kind. */
static inline const char *object_str(const struct object *object, int field) { return object->values[field].s; }
static inline int64_t object_int(const struct object *object, int field) { return object->values[field].i; }
/* The mask of fields whose value is not the type's zero. */
field_mask object_mask(const struct object *object);
/* The number of the kind called `name`, KIND_NONE if there is none; and of its field, -1 if there is none. */
enum kind kind_by_name(const char *name);
int kind_field(enum kind kind, const char *name);
bool value_is_zero(enum field_type type, const struct value *value);

/* Building ops: zero-fill with op_init, then set fields. The text is borrowed until the op has been applied or written. */
void op_init(struct op *op, enum op_type type, enum kind kind, const char *id);
void op_str(struct op *op, int field, const char *s);
void op_int(struct op *op, int field, int64_t i);

/* Wire form (proto/README.md §4) of `op` restricted to `mask`, appended to `out`. `kind` tells the field names. */
void op_write(struct buf *out, const struct op *op, enum kind kind, field_mask mask);
/* {"id":…,"kind":…,"fields":{…}} of the fields in `mask` that are not zero. */
void object_write(struct buf *out, const struct object *object, field_mask mask);
/* Reads the wire form. `doc` supplies the kind of objects that set, text and del name. Unknown kinds, fields and ops, ids that no server makes (other characters than A-Z a-z 0-9 - _ and the dot), and ops on unknown objects give false
 * (skip it: newer servers may send more); strings are borrowed from `json`. */
bool op_read(const cJSON *json, const struct doc *doc, struct op *op);
/* Reads an object as sent in snapshots and overlays into a PUT. */
bool op_read_object(const cJSON *json, struct op *op);

/* Fills `op` with a PUT of the whole object, borrowed from it. */
void op_of_object(struct op *op, const struct object *object);

/* The digest of the fields of `mask` that are not zero; and the same with the object's existence. */
struct digest object_fields_digest(const struct object *object, field_mask mask);
struct digest object_digest(const struct object *object, field_mask mask);
#endif
