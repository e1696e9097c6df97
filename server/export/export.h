/* A document as a file to take away. What is written is what one reader may see: everything passes through the same filter that feeds the sockets, once, on the way in (content.c), and the writers know nothing else.
 * Pure, and safe on any thread while the documents do not change.
 *
 *   json  a canvas file that can be imported again (proto/README.md §14), or {"forwhom":"wall",…}
 *   svg   one picture, complete in itself: no script, no style sheet, nothing fetched. A canvas is an A4 page lying down, a wall as tall as it must be
 *   md    headings, lists and sentences; whatever people typed is escaped, so text stays text
 *   csv   RFC 4180, UTF-8 without a byte order mark, a header row, one row a note or post. A cell that begins with = + - @, a tab or a carriage return gets an apostrophe in front: spreadsheets would run it as a formula
 *
 * Boxes stand in their recommended order, notes and posts by position and then id. What is deleted is in no export, nor is what hangs on it: notes of a removed box, links to a deleted note. Posts of a removed section stand under none, as on the wall. */
#ifndef FORWHOM_SERVER_EXPORT_EXPORT_H
#define FORWHOM_SERVER_EXPORT_EXPORT_H
#include "proto/buf.h"
#include "proto/doc.h"

enum export_format { EXPORT_NONE, EXPORT_JSON, EXPORT_SVG, EXPORT_MD, EXPORT_CSV, EXPORT_FORMAT_COUNT };

/* The format called so ("json", "svg", "md", "csv"), EXPORT_NONE if there is none; and its name. */
enum export_format export_format_by_name(const char *name);
const char *export_format_name(enum export_format format);

struct export_source {
	const struct doc *doc;
	enum doc_kind kind;
	const struct doc *class_doc; /* where authors' names are; NULL: they are left out */
	const char *title;           /* the document's */
	/* The fields of an object (of either document) that the reader may see, 0 where they may not know of it. */
	field_mask (*see)(void *ctx, const struct object *object);
	void *ctx;
};

/* Appends the file, valid UTF-8, to `out`. False, and nothing appended, if documents of that kind have no such form (the class document has none at all). Borrows everything. */
bool export_document(struct buf *out, enum export_format format, const struct export_source *source);
#endif
