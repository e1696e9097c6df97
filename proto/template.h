#ifndef FORWHOM_TEMPLATE_H
#define FORWHOM_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/arena.h"
#include "proto/buf.h"

/*
 * Canvas files (README.md §14): templates, exports and imports are one format, read here from text and written back.
 *
 * Reading admits exactly what the format says and nothing else, whoever wrote the file: strict UTF-8 and JSON as in
 * json.h, no key that is not known or that comes twice, every limit of kinds.json, and every reference leading
 * somewhere. What is refused is told with the line it stands on. Time grows with the size of the file (sorting ids
 * apart), and nothing is reserved that the file has not paid for with bytes of its own.
 */

enum {
	TEMPLATE_BYTES_MAX = 1 << 20,
	TEMPLATE_GRID_MAX = 24, /* columns, rows */
	TEMPLATE_BOXES_MAX = 48,
	TEMPLATE_BOX_LINKS_MAX = 96, /* what one box may list */
	TEMPLATE_TYPES_MAX = 8,
	TEMPLATE_NOTES_MAX = 10000,
	TEMPLATE_LINKS_MAX = 20000,
	TEMPLATE_KEY_MAX = 24, /* of boxes and of the template: a letter, then a-z 0-9 - */
	TEMPLATE_AS_MAX = 40,  /* meaning of a link: a-z - */
};

/* The parts of a statement that a promoted post may put into a box: a mask. Names by bit: template_part_names. */
enum { TEMPLATE_PART_FOR = 1, TEMPLATE_PART_WHO = 2, TEMPLATE_PART_OFFER = 4, TEMPLATE_PART_HELPS = 8, TEMPLATE_PARTS = 4 };
extern const char *const template_part_names[TEMPLATE_PARTS];

/*
 * Everything below is borrowed from the template that holds it. Strings are NUL-terminated, never NULL ("" where the
 * file says nothing). Titles, names, questions, tags are normalised lines (names.h); tips and notes are as written. `line` is where the thing
 * begins in the file, counted from 1.
 */
struct template_line {
	int line;
	const char *s;
};

struct template_meaning {
	int line;
	const char *to; /* key of a box, perhaps its own */
	const char *as;
};

struct template_box {
	int line;
	const char *key, *title;
	int col, row, w, h; /* place on the grid, counted from 1 */
	int order;          /* 1 to the number of boxes, no two alike */
	struct template_line *questions;
	int question_count;
	const char *tip; /* may have several lines */
	struct template_line *tags;
	int tag_count;
	struct template_meaning *links;
	int link_count;
	unsigned parts; /* mask of TEMPLATE_PART_ */
};

struct template_type {
	int line;
	int number; /* 1 to 8 */
	const char *name;
};

struct template_note {
	int line;
	const char *id;
	const char *box;
	int box_at; /* index of that box */
	const char *text;
	int type; /* 0: none; a number without a name is allowed */
	struct template_line *tags; /* each one of the box's */
	int tag_count;
	const char *author; /* a name, for people to read */
};

struct template_link {
	int line;
	const char *from, *to; /* ids of notes */
	int from_at, to_at;    /* their indexes */
	const char *as;
};

/* `struct template t = {0};` is valid and empty. */
struct template {
	const char *key, *title, *credits;
	int columns, rows;
	struct template_box *boxes; /* in the order of the file */
	int box_count;
	struct template_type *types;
	int type_count;
	struct template_note *notes; /* in the order of the file, which is their order within a box */
	int note_count;
	struct template_link *links;
	int link_count;
	struct arena arena; /* holds all of it */
};

/* What a file may be refused for. The names (template_code_name) are stable; the reasons are not. */
enum template_code {
	TEMPLATE_OK,
	TEMPLATE_BAD_JSON,
	TEMPLATE_BAD_UTF8,
	TEMPLATE_NOT_CANVAS,   /* not marked as a canvas file, or of another version */
	TEMPLATE_UNKNOWN_KEY,
	TEMPLATE_DUP_KEY,
	TEMPLATE_MISSING_KEY,
	TEMPLATE_BAD_TYPE,     /* text where a number should be, and so on */
	TEMPLATE_BAD_VALUE,    /* empty, out of its range, not in the shape of a key, an id… */
	TEMPLATE_TOO_LONG,     /* a text */
	TEMPLATE_TOO_MANY,     /* of a list */
	TEMPLATE_TOO_BIG,      /* the file */
	TEMPLATE_TWICE,        /* what may be there once: a key, id, number, tag, part, link */
	TEMPLATE_NO_SUCH,      /* a box, tag or note that is not there */
	TEMPLATE_OUTSIDE,      /* a box that leaves the grid */
	TEMPLATE_OVERLAP,
	TEMPLATE_BAD_ORDER,    /* orders are not 1 … n */
	TEMPLATE_SELF_LINK,
	TEMPLATE_CIRCLE,       /* nested notes of a box that hold each other */
};

struct template_fault {
	int line; /* from 1 */
	enum template_code code;
	char reason[240]; /* one line of printable ASCII, without the line number: for people */
};

/* "bad_json" and so on; "ok". Never freed. */
const char *template_code_name(enum template_code code);

/* Appends what a person is told: `line 12: box "pains" overlaps "gains"`. */
void template_fault_write(const struct template_fault *fault, struct buf *out);

/*
 * Reads a canvas file of `n` bytes. True: `out`, which must not hold anything before, is owned (template_release).
 * False: `out` is empty and `*fault` says why. Borrows `text` only for the call. Running out of memory aborts.
 */
bool template_read(const char *text, size_t n, struct template *out, struct template_fault *fault);

/* Frees what the template holds and leaves an empty one. Takes NULL. */
void template_release(struct template *t);

/* The box of that key; NULL if there is none. Borrowed from the template. */
const struct template_box *template_box_by_key(const struct template *t, const char *key);

/* Appends several lines as the fields of a box or note hold them: joined by newlines. */
void template_lines_join(const struct template_line *lines, int count, struct buf *out);

/* Appends what a box object's `links` and `parts` hold: "jobs:segment-job jobs:note", "for who". */
void template_box_links_join(const struct template_box *box, struct buf *out);
void template_box_parts_join(const struct template_box *box, struct buf *out);

/* Appends the template as a canvas file without white space; `with_notes` false leaves out types, notes and links. */
void template_write(const struct template *t, bool with_notes, struct buf *out);

#endif
