/* The templates that canvases are made from (proto/template.h): those the program brings along, and those of whoever runs the server, DATA/templates/NAME.json. Read once, at start. */
#ifndef FORWHOM_SERVER_TEMPLATES_H
#define FORWHOM_SERVER_TEMPLATES_H
#include "proto/template.h"

struct templates;

/* Reads them all: the program's own in their order, then the regular files of `folder` whose names end in .json (and do not begin with a dot), sorted by name. A file with the key of one of the program's own takes its
 * place. A folder that is not there is an empty one. Blocks.
 *
 * Returns owned. NULL when anything is wrong: `faults` then holds a line for each broken file, "FILE:LINE: reason" ("FILE: reason" for what has no line), every file having been looked at. */
struct templates *templates_open(const char *folder, struct buf *faults);
/* Takes NULL. */
void templates_free(struct templates *templates);

/* NULL-terminated; no two have the same key. Borrowed for the life of `templates`. */
const struct template *const *templates_list(const struct templates *templates);
#endif
