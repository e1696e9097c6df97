#include "server/room/view.h"
#include <string.h>

enum view view_of_role(enum role role)
{
	return role_is_staff(role) ? VIEW_STAFF : VIEW_CLASS;
}

/* What its author deleted only the author sees; the class sees posts that are shown, and never revisions (their table row says so). Deleted notes and links are nobody's until they are restored. */
static bool is_visible(const struct object *object, unsigned audience)
{
	bool staff = audience == SEE_STAFF;
	if (!(kind_specs[object->kind].see & audience))
		return false;
	if (audience == SEE_AUTHOR)
		return true;
	switch (object->kind) {
	case KIND_POST:
		if (staff)
			return strcmp(object_str(object, POST_DELETED), "author") != 0;
		return !strcmp(object_str(object, POST_STATE), "shown") && !*object_str(object, POST_DELETED);
	case KIND_REVISION:
		return strcmp(object_str(object, REVISION_DELETED), "author") != 0;
	case KIND_NOTE:
		return !*object_str(object, NOTE_DELETED);
	case KIND_LINK:
		return !*object_str(object, LINK_DELETED);
	case KIND_SECTION:
		return staff || !*object_str(object, SECTION_DELETED);
	case KIND_BOX:
		return staff || !*object_str(object, BOX_DELETED);
	case KIND_TEAM:
		return staff || !*object_str(object, TEAM_DELETED);
	case KIND_DOCUMENT:
		return staff || (!*object_str(object, DOCUMENT_DELETED) && strcmp(object_str(object, DOCUMENT_SEE), "staff") != 0); /* one that is still being prepared */
	case KIND_NONE:
	case KIND_CLASS:
	case KIND_MEMBER:
	case KIND_WALL:
	case KIND_CANVAS:
	case KIND_TYPE:
	case KIND_COUNT:
		return true;
	}
	return false;
}

/* The promise under which it was written, whatever the wall says now. */
static bool hides_author(const struct object *object)
{
	return (object->kind == KIND_POST && strcmp(object_str(object, POST_NAMES), "named") != 0) || (object->kind == KIND_NOTE && strcmp(object_str(object, NOTE_NAMES), "named") != 0);
}

static field_mask audience_mask(const struct object *object, unsigned audience)
{
	if (!is_visible(object, audience))
		return 0;
	const struct kind_spec *spec = &kind_specs[object->kind];
	field_mask mask = 0;
	for (int f = 0; f < spec->field_count; f++)
		if (spec->fields[f].see & audience)
			mask |= 1u << f;
	if (audience == SEE_CLASS && hides_author(object))
		mask &= ~(1u << spec->owner);
	return mask;
}

field_mask view_mask(enum view view, const struct object *object)
{
	return audience_mask(object, view == VIEW_STAFF ? SEE_STAFF : SEE_CLASS);
}

field_mask view_author_mask(const struct object *object)
{
	return *view_author(object) ? audience_mask(object, SEE_AUTHOR) : 0;
}

const char *view_author(const struct object *object)
{
	int owner = kind_specs[object->kind].owner;
	return owner < 0 ? "" : object_str(object, owner);
}

bool view_can_see(enum role role, const char *member_id, const struct object *object)
{
	return view_mask(view_of_role(role), object) || (*member_id && !strcmp(view_author(object), member_id));
}
