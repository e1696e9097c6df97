/* proto/doc.c against proto/vectors/doc.json: ops as they come over the wire, and after each of them every object and the digest. web/src/doc.vectors.test.ts does the same to the page's twin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/doc.h"
#include "proto/json.h"
#include "tests/unit/vectors.h"

static void fail_step(const char *about, int step, const char *what, const char *is, const char *should)
{
	fail_msg("%s, step %d: %s\n%s\ninstead of\n%s", about, step, what, is, should);
}

static void check_object(const struct doc *doc, const cJSON *expected, const char *about, int step)
{
	struct buf is = { 0 }, should = { 0 };
	const struct object *object = doc_find(doc, vector_str(expected, "id"));

	json_write(&should, expected);
	if (object)
		object_write(&is, object, ~(field_mask)0);
	if (!object || strcmp(is.s, should.s) != 0)
		fail_step(about, step, "object", buf_cstr(&is), should.s);
	buf_release(&is);
	buf_release(&should);
}

static void check_step(const struct doc *doc, const cJSON *row, const char *about, int step)
{
	const cJSON *objects = cJSON_GetObjectItemCaseSensitive(row, "objects"), *object;
	struct digest sum = { 0, 0 };
	char hex[DIGEST_HEX_CHARS + 1];

	assert_true(cJSON_IsArray(objects));
	cJSON_ArrayForEach(object, objects)
		check_object(doc, object, about, step);
	assert_int_equal(doc_count(doc), cJSON_GetArraySize(objects));
	for (const struct object *o = doc_first(doc); o; o = object_next(o))
		digest_add(&sum, object_digest(o, ~(field_mask)0));
	digest_hex(sum, hex);
	if (strcmp(hex, vector_str(row, "sum")) != 0)
		fail_step(about, step, "digest", hex, vector_str(row, "sum"));
}

static void check_case(const cJSON *row)
{
	const char *about = vector_str(row, "about");
	const cJSON *steps = cJSON_GetObjectItemCaseSensitive(row, "steps"), *step, *object;
	struct doc *doc = doc_new();
	struct op op;
	int number = 0;

	assert_true(cJSON_GetArraySize(steps) > 0);
	cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(row, "start"))
	{
		assert_true(op_read_object(object, &op));
		doc_apply(doc, &op);
	}
	cJSON_ArrayForEach(step, steps)
	{
		const cJSON *wire = cJSON_GetObjectItemCaseSensitive(step, "op");
		assert_int_equal(wire != NULL, number > 0);
		if (wire && op_read(wire, doc, &op))
			doc_apply(doc, &op);
		check_step(doc, step, about, number++);
	}
	doc_free(doc);
}

static void test_vectors(void **state)
{
	cJSON *file = vectors_read("doc");
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "cases", 200))
		check_case(row);
	cJSON_Delete(file);
}

/* Whatever op is read is written as it came, but for what is not known: a second document that gets only what op_write says stays the same. */
static void test_vectors_over_the_wire(void **state)
{
	cJSON *file = vectors_read("doc");
	const cJSON *row, *step, *object;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "cases", 200))
	{
		struct doc *here = doc_new(), *there = doc_new();
		struct op op, again;
		int number = 0;

		cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(row, "start"))
		{
			assert_true(op_read_object(object, &op));
			doc_apply(here, &op);
			doc_apply(there, &op);
		}
		cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(row, "steps"))
		{
			const cJSON *wire = cJSON_GetObjectItemCaseSensitive(step, "op");
			struct buf text = { 0 };
			if (wire && op_read(wire, here, &op)) {
				enum json_verdict verdict;
				op_write(&text, &op, op.kind, ~(field_mask)0);
				cJSON *json = json_parse(text.s, text.n, &json_limits_server, &verdict);
				assert_non_null(json);
				assert_true(op_read(json, there, &again));
				doc_apply(here, &op);
				doc_apply(there, &again);
				cJSON_Delete(json);
			}
			check_step(there, step, vector_str(row, "about"), number++);
			buf_release(&text);
		}
		doc_free(here);
		doc_free(there);
	}
	cJSON_Delete(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_vectors_over_the_wire),
	};
	return cmocka_run_group_tests_name("doc_vectors", tests, NULL, NULL);
}
