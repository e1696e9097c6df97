/* What one reader sees of a document, sorted and joined up: the only thing that the writers of exports are given. Strings are borrowed from the documents, the rest lives in an arena. */
#ifndef FORWHOM_SERVER_EXPORT_CONTENT_H
#define FORWHOM_SERVER_EXPORT_CONTENT_H
#include "proto/arena.h"
#include "proto/statement.h"
#include "server/export/export.h"

enum { TYPE_NUMBER_MAX = 8 };

struct box_content {
	const char *id, *title, *questions, *tip, *tags, *links, *parts;
	int col, row, w, h, order;
	size_t first, count; /* its notes: canvas->notes[first] and on */
};

struct note_content {
	const char *id, *text, *tags, *author; /* author: a name, "" where it is not to be known */
	int type;                              /* 0: none */
	const struct box_content *box;
	size_t first_link, link_count; /* those that begin here: canvas->links[first_link] and on */
};

struct link_content {
	const struct note_content *from, *to;
	const char *as;
};

struct canvas_content {
	const char *title, *template, *credits;
	int columns, rows;
	const char *types[TYPE_NUMBER_MAX + 1]; /* by number; "" where a type has no name */
	struct box_content *boxes;              /* in the recommended order, those without one last */
	size_t box_count;
	struct note_content *notes; /* box by box */
	size_t note_count;
	struct link_content *links; /* in the order of the notes they begin and end at */
	size_t link_count;
};

struct section_content {
	const char *id, *title;
	size_t first, count; /* its posts: wall->posts[first] and on */
};

/* A statement's words, as posted or as a revision that waits. */
struct words_content {
	struct statement said;
	const char *state, *reason;
};

struct post_content {
	const char *id, *author, *names;
	const struct section_content *section;
	struct words_content words;
	const struct words_content *revision; /* NULL: none that this reader may know of */
	int64_t at, edited;
};

struct wall_content {
	const char *title, *prompt;
	struct section_content *sections; /* the last one, without id and title, holds the posts of no section */
	size_t section_count;
	struct post_content *posts; /* section by section */
	size_t post_count;
};

/* NULL where the reader may not see the document's head (its `canvas` or `wall`). */
const struct canvas_content *canvas_content_gather(struct arena *arena, const struct export_source *source);
const struct wall_content *wall_content_gather(struct arena *arena, const struct export_source *source);

/* Cuts the next line off `*list` (items one a line, empty ones skipped): true and the line, borrowed and not terminated; false at the end. */
bool content_next_line(const char **list, const char **line, size_t *n);
/* The same with words between single spaces. */
bool content_next_word(const char **list, const char **word, size_t *n);

/* The writers, one a file. */
void canvas_write_json(struct buf *out, const struct canvas_content *canvas);
void wall_write_json(struct buf *out, const struct wall_content *wall);
void canvas_write_csv(struct buf *out, const struct canvas_content *canvas);
void wall_write_csv(struct buf *out, const struct wall_content *wall);
void canvas_write_md(struct buf *out, const struct canvas_content *canvas);
void wall_write_md(struct buf *out, const struct wall_content *wall);
void canvas_write_svg(struct buf *out, const struct canvas_content *canvas);
void wall_write_svg(struct buf *out, const struct wall_content *wall);

/* The connecting words of a statement, in English. */
statement_phrase content_phrase;
#endif
