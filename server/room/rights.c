#include "server/room/rights.h"
#include <string.h>

/* Whether a right that `who` ("staff", "team" or "class") have is this member's. */
static bool is_among(const char *who, const struct object *document, const struct object *member)
{
	const char *team = object_str(document, DOCUMENT_TEAM);
	if (!strcmp(who, "class"))
		return true;
	return !strcmp(who, "team") && (!*team || (member && !strcmp(object_str(member, MEMBER_TEAM), team)));
}

unsigned rights_of(const struct doc *class_doc, const char *document_id, const char *member_id, enum role role)
{
	const struct object *document = doc_find(class_doc, document_id), *member = doc_find(class_doc, member_id);
	if (role == ROLE_NONE)
		return 0;
	if (role_is_staff(role))
		return RIGHT_READ | RIGHT_ADD | RIGHT_CHANGE | RIGHT_LEAD;
	if (!document || document->kind != KIND_DOCUMENT)
		return !strcmp(document_id, "class") ? RIGHT_READ : 0;
	if (*object_str(document, DOCUMENT_DELETED))
		return 0;
	if (strcmp(object_str(document, DOCUMENT_TYPE), "canvas") != 0)
		return RIGHT_READ | RIGHT_ADD;
	if (!is_among(object_str(document, DOCUMENT_SEE), document, member))
		return 0;
	return RIGHT_READ | (is_among(object_str(document, DOCUMENT_ADD), document, member) ? RIGHT_ADD : 0) |
	       (is_among(object_str(document, DOCUMENT_CHANGE), document, member) ? RIGHT_CHANGE : 0);
}
