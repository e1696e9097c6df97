/* Who sees what: the one filter that feeds every outlet. A view is a class of readers who see the same; what only an object's author may see of it is a further audience. A projection is a mask of
 * fields (proto/doc.h), 0 where the object must not be known to exist. Pure. */
#ifndef FORWHOM_SERVER_ROOM_VIEW_H
#define FORWHOM_SERVER_ROOM_VIEW_H
#include "proto/doc.h"

enum view { VIEW_CLASS, VIEW_STAFF, VIEW_COUNT };

/* The view that people of `role` read. */
enum view view_of_role(enum role role);
/* The fields of `object` that `view` may see; depends on nothing but the object. */
field_mask view_mask(enum view view, const struct object *object);
/* The fields that its author may see of it, 0 for objects without an author. */
field_mask view_author_mask(const struct object *object);
/* The member whose object it is, "" for none. Borrowed. */
const char *view_author(const struct object *object);
/* Whether a member with that role may know of the object. */
bool view_can_see(enum role role, const char *member_id, const struct object *object);
#endif
