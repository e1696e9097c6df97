/* What a person may do in a document: read it, add to it, change what others made, lead it. The class document alone decides (its `document` objects and members); rules of single commands come on top. Pure. */
#ifndef FORWHOM_SERVER_ROOM_RIGHTS_H
#define FORWHOM_SERVER_ROOM_RIGHTS_H
#include "proto/doc.h"

/* A mask. Without RIGHT_READ it is 0. */
enum { RIGHT_READ = 1, RIGHT_ADD = 2, RIGHT_CHANGE = 4, RIGHT_LEAD = 8 };

/* The rights of the member with `role` in the document called `document_id` on the wire ("class", or an id). */
unsigned rights_of(const struct doc *class_doc, const char *document_id, const char *member_id, enum role role);
#endif
