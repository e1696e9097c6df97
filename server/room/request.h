/* Reading a command: from a message that is valid JSON to typed arguments, or a refusal. The tables say what is allowed (proto/commands.json); nothing looks at a value before it has been here. Pure. */
#ifndef FORWHOM_SERVER_ROOM_REQUEST_H
#define FORWHOM_SERVER_ROOM_REQUEST_H
#include "proto/doc.h"
#include "proto/ids.h"

/* Why not, as it goes on the wire: a stable code, the key of a sentence, and its arguments. `say` NULL means the code's own sentence. Strings are static or borrowed from the request. */
struct refused {
	enum refusal code;
	const char *say;
	const char *field; /* argument "field" of the sentence, or NULL */
	int64_t max;       /* argument "max", 0: none */
	int64_t retry_ms;  /* 0: none */
	const char *doc;   /* the document that cannot be opened, or NULL */
};

/* Appends its "code", "say" and "args", and what it has of "doc" and "retry_ms", as members of a JSON object. */
void refused_write(struct buf *out, const struct refused *refused);

struct request {
	char id[ID_CHARS + 1];
	uint8_t id_bytes[ID_BYTES];
	char doc[ID_CHARS + 1]; /* as on the wire: "class" or an id */
	enum command command;
	field_mask given; /* which arguments came */
	struct value args[FIELDS_MAX];
	const cJSON *message; /* all of it; borrowed */
	const cJSON *edit; /* the argument of type edit, an array; borrowed from the message */
};

/* Reads a `do` message. Typed lines are normalised into `scratch` (proto/names.h), which must live as long as the request; strings are borrowed from it and from `message`. False: `refused` says why;
 * request->id is "" when not even the id could be read. */
bool request_read(const cJSON *message, struct buf *scratch, struct request *request, struct refused *refused);

/* Whether `n` bytes name a box or a template: 1 to 24 of a-z 0-9 -, the first a letter. */
bool request_is_key(const char *s, size_t n, bool or_empty);

/* Whether `message` has no keys but those of the NULL-terminated list. */
bool json_only(const cJSON *message, const char *const *keys);

static inline bool request_has(const struct request *request, int arg) { return request->given & (1u << arg); }
static inline const char *request_str(const struct request *request, int arg) { return request->args[arg].s; }
#endif
