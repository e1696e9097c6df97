/* The shapes of the tables that proto/generate.mjs writes from kinds.json and commands.json.
 * Everything here is constant data; validation, projection, storage and help read it. */
#ifndef FORWHOM_PROTO_TABLES_H
#define FORWHOM_PROTO_TABLES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_NONE,
	FIELD_LINE, /* one line that a person typed: no control characters at all */
	FIELD_TEXT, /* the same with newlines and tabs */
	FIELD_WORD, /* machine text: an enum's value, a position key, an id */
	FIELD_INT,
	FIELD_BOOL,
	FIELD_ID,   /* in command arguments only, as the following: a 22-character object id */
	FIELD_IDS,  /* several, none twice; as a value: joined with single spaces */
	FIELD_EDIT, /* a change of a text (proto/text.h); the value is empty, the tree is request->edit */
};

/* Who a field or an object may be projected to; a mask. */
enum { SEE_CLASS = 1, SEE_STAFF = 2, SEE_AUTHOR = 4 };

enum role { ROLE_NONE, ROLE_OWNER, ROLE_INSTRUCTOR, ROLE_MEMBER, ROLE_COUNT };

struct field_spec {
	const char *name;
	enum field_type type;
	int max;                   /* grapheme clusters, for line and text; 0: none */
	const char *const *values; /* NULL-terminated list of what a word may be, or NULL */
	uint8_t see;               /* SEE_ mask */
	bool need;                 /* (arguments) must be there */
	bool is_new;               /* (arguments) an id that must not exist yet */
	int rev;                   /* of a text that several people type in: number of the int field that holds its revision; else -1 */
};

struct kind_spec {
	const char *name;
	int in;    /* enum doc_kind */
	int owner; /* number of the field that names the owning member, or -1 */
	uint8_t see;
	int field_count;
	const struct field_spec *fields;
};

struct command_spec {
	const char *name;
	int in;         /* enum doc_kind it applies to, DOC_NONE for any */
	unsigned roles; /* mask of 1u << enum role */
	bool own;       /* a member may do it only to what is theirs */
	bool freezes;   /* refused to members while pens are down */
	int cost;       /* tokens of the socket's bucket */
	bool posts;     /* takes one of the member's posting bucket too */
	bool undoes;    /* is a step that its person can take back */
	int arg_count;
	const struct field_spec *args;
};

/* True for the types whose value is a string. */
static inline bool field_type_is_string(enum field_type type)
{
	return type == FIELD_LINE || type == FIELD_TEXT || type == FIELD_WORD || type == FIELD_ID || type == FIELD_IDS;
}

/* True for the types that hold a person's words, which storage keeps in rows of their own. */
static inline bool field_type_is_typed(enum field_type type)
{
	return type == FIELD_LINE || type == FIELD_TEXT;
}
#endif
