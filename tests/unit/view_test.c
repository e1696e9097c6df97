#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/room/view.h"
#include "tests/unit/vectors.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define AUTHOR "MAAAAAAAAAAAAAAAAAAAAA"
#define ALL(kind) ((field_mask)((1u << kind##_FIELDS) - 1))

static const char *const states[] = { "held", "shown", "rejected", "hidden" };
static const char *const deleted[] = { "", "author", "staff" };
static const char *const promises[] = { "named", "hidden" };

static struct doc *one(const struct op *op)
{
	struct doc *doc = doc_new();

	doc_apply(doc, op);
	return doc;
}

/* Every state a post can be in, and what each audience may see of it, from the table in proto/README.md §5 and §6. */
static void test_posts(void **state)
{
	(void)state;
	for (int s = 0; s < 4; s++)
		for (int d = 0; d < 3; d++)
			for (int n = 0; n < 2; n++) {
				struct op op;
				op_init(&op, OP_PUT, KIND_POST, ID);
				op_str(&op, POST_STATE, states[s]);
				op_str(&op, POST_DELETED, deleted[d]);
				op_str(&op, POST_NAMES, promises[n]);
				op_str(&op, POST_AUTHOR, AUTHOR);
				struct doc *doc = one(&op);
				const struct object *post = doc_find(doc, ID);
				field_mask class_mask = ALL(POST) & ~(1u << POST_REASON | 1u << POST_DELETED | (n ? 1u << POST_AUTHOR : 0));
				assert_int_equal(view_mask(VIEW_CLASS, post), s == 1 && d == 0 ? class_mask : 0);
				assert_int_equal(view_mask(VIEW_STAFF, post), d == 1 ? 0 : ALL(POST));
				assert_int_equal(view_author_mask(post), ALL(POST));
				assert_true(view_can_see(ROLE_MEMBER, AUTHOR, post));
				assert_int_equal(view_can_see(ROLE_MEMBER, "NAAAAAAAAAAAAAAAAAAAAA", post), s == 1 && d == 0);
				assert_int_equal(view_can_see(ROLE_OWNER, "NAAAAAAAAAAAAAAAAAAAAA", post), d != 1);
				doc_free(doc);
			}
}

static void test_revisions(void **state)
{
	(void)state;
	for (int d = 0; d < 3; d++) {
		struct op op;
		op_init(&op, OP_PUT, KIND_REVISION, ID ".r");
		op_str(&op, REVISION_AUTHOR, AUTHOR);
		op_str(&op, REVISION_DELETED, deleted[d]);
		struct doc *doc = one(&op);
		const struct object *revision = doc_find(doc, ID ".r");
		assert_int_equal(view_mask(VIEW_CLASS, revision), 0);
		assert_int_equal(view_mask(VIEW_STAFF, revision), d == 1 ? 0 : ALL(REVISION));
		assert_int_equal(view_author_mask(revision), ALL(REVISION));
		doc_free(doc);
	}
}

/* What instructors take away they still see, and nobody else. */
static void test_taken_away(void **state)
{
	static const struct {
		enum kind kind;
		int deleted;
		field_mask all;
	} rows[] = {
		{ KIND_SECTION, SECTION_DELETED, ALL(SECTION) },
		{ KIND_BOX, BOX_DELETED, ALL(BOX) },
		{ KIND_TEAM, TEAM_DELETED, ALL(TEAM) },
		{ KIND_DOCUMENT, DOCUMENT_DELETED, ALL(DOCUMENT) },
	};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (int d = 0; d < 2; d++) {
			struct op op;
			op_init(&op, OP_PUT, rows[r].kind, ID);
			op_str(&op, rows[r].deleted, d ? "staff" : "");
			struct doc *doc = one(&op);
			const struct object *object = doc_find(doc, ID);
			assert_int_equal(view_mask(VIEW_CLASS, object), d ? 0 : rows[r].all & ~(1u << rows[r].deleted));
			assert_int_equal(view_mask(VIEW_STAFF, object), rows[r].all);
			assert_int_equal(view_author_mask(object), 0);
			assert_string_equal(view_author(object), "");
			assert_int_equal(view_can_see(ROLE_MEMBER, AUTHOR, object), !d);
			assert_true(view_can_see(ROLE_INSTRUCTOR, AUTHOR, object));
			doc_free(doc);
		}
}

/* Deleted notes are nobody's until they are restored; a promise hides the name from the class, the author's own included, for whom there is no overlay here. */
static void test_notes(void **state)
{
	static const char *const by[] = { "", "author", "other" };

	(void)state;
	for (int d = 0; d < 3; d++)
		for (int n = 0; n < 3; n++) {
			struct op op;
			op_init(&op, OP_PUT, KIND_NOTE, ID);
			op_str(&op, NOTE_AUTHOR, AUTHOR);
			op_str(&op, NOTE_DELETED, by[d]);
			op_str(&op, NOTE_NAMES, n < 2 ? promises[n] : ""); /* no promise is none to tell */
			struct doc *doc = one(&op);
			const struct object *note = doc_find(doc, ID);
			field_mask all = ALL(NOTE) & ~(1u << NOTE_DELETED);
			assert_int_equal(view_mask(VIEW_CLASS, note), d ? 0 : n ? all & ~(1u << NOTE_AUTHOR) : all);
			assert_int_equal(view_mask(VIEW_STAFF, note), d ? 0 : all);
			assert_int_equal(view_author_mask(note), 0);
			assert_string_equal(view_author(note), AUTHOR);
			doc_free(doc);
		}
}

static void test_links(void **state)
{
	static const char *const by[] = { "", "own", "end" };

	(void)state;
	for (int d = 0; d < 3; d++) {
		struct op op;
		op_init(&op, OP_PUT, KIND_LINK, ID);
		op_str(&op, LINK_DELETED, by[d]);
		struct doc *doc = one(&op);
		for (int v = 0; v < VIEW_COUNT; v++)
			assert_int_equal(view_mask((enum view)v, doc_find(doc, ID)), d ? 0 : ALL(LINK) & ~(1u << LINK_DELETED));
		assert_int_equal(view_author_mask(doc_find(doc, ID)), 0);
		doc_free(doc);
	}
}

static void test_what_everybody_sees(void **state)
{
	static const struct {
		enum kind kind;
		field_mask all, hidden_from_class;
	} rows[] = {
		{ KIND_CLASS, ALL(CLASS), 0 },
		{ KIND_DOCUMENT, ALL(DOCUMENT), 1u << DOCUMENT_DELETED },
		{ KIND_CANVAS, ALL(CANVAS), 0 },
		{ KIND_TYPE, ALL(TYPE), 0 },
		{ KIND_WALL, ALL(WALL), 0 },
		{ KIND_MEMBER, ALL(MEMBER), 1u << MEMBER_AT },
	};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct op op;
		op_init(&op, OP_PUT, rows[r].kind, ID);
		struct doc *doc = one(&op);
		assert_int_equal(view_mask(VIEW_CLASS, doc_find(doc, ID)), rows[r].all & ~rows[r].hidden_from_class);
		assert_int_equal(view_mask(VIEW_STAFF, doc_find(doc, ID)), rows[r].all);
		assert_int_equal(view_author_mask(doc_find(doc, ID)), 0);
		assert_true(view_can_see(ROLE_MEMBER, "", doc_find(doc, ID)));
		doc_free(doc);
	}
}

static void test_roles(void **state)
{
	(void)state;
	assert_int_equal(view_of_role(ROLE_OWNER), VIEW_STAFF);
	assert_int_equal(view_of_role(ROLE_INSTRUCTOR), VIEW_STAFF);
	assert_int_equal(view_of_role(ROLE_MEMBER), VIEW_CLASS);
	assert_int_equal(view_of_role(ROLE_NONE), VIEW_CLASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_posts),
		cmocka_unit_test(test_revisions),
		cmocka_unit_test(test_taken_away),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_what_everybody_sees),
		cmocka_unit_test(test_roles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
