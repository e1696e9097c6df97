#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/digest.h"
#include "tests/unit/vectors.h"

static cJSON *file;

static int read_file(void **state)
{
	(void)state;
	file = vectors_read("digest");
	return 0;
}

static int free_file(void **state)
{
	(void)state;
	cJSON_Delete(file);
	return 0;
}

static void assert_hex(struct digest d, const char *expected)
{
	char hex[DIGEST_HEX_CHARS + 1];

	digest_hex(d, hex);
	assert_string_equal(hex, expected);
}

/* The part of a row, by the type of its value. */
static struct digest row_digest(const cJSON *row)
{
	const char *id = vector_str(row, "id"), *key = vector_str(row, "key");
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, "value");

	if (cJSON_IsBool(value))
		return digest_bool(id, key, cJSON_IsTrue(value));
	if (cJSON_IsNumber(value))
		return digest_int(id, key, (int64_t)value->valuedouble);
	assert_true(cJSON_IsString(value));
	return digest_string(id, key, value->valuestring);
}

static void test_fields(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "fields", 30))
		assert_hex(row_digest(row), vector_str(row, "hex"));
}

static void test_sums(void **state)
{
	const cJSON *fields = vectors_list(file, "fields", 30), *row, *index;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "sums", 5)) {
		struct digest sum = {0}, back;
		cJSON_ArrayForEach(index, cJSON_GetObjectItemCaseSensitive(row, "fields"))
			digest_add(&sum, row_digest(cJSON_GetArrayItem(fields, index->valueint)));
		assert_hex(sum, vector_str(row, "hex"));
		back = sum;
		cJSON_ArrayForEach(index, cJSON_GetObjectItemCaseSensitive(row, "fields"))
			digest_sub(&back, row_digest(cJSON_GetArrayItem(fields, index->valueint)));
		assert_hex(back, "0000000000000000");
	}
}

static void test_lanes_do_not_carry(void **state)
{
	struct digest sum = {0xFFFFFFFF, 0xFFFFFFFF};

	(void)state;
	digest_add(&sum, (struct digest){1, 0});
	assert_hex(sum, "00000000ffffffff");
	digest_sub(&sum, (struct digest){1, 0xFFFFFFFF});
	assert_hex(sum, "ffffffff00000000");
}

static void test_object_is_a_field(void **state)
{
	(void)state;
	assert_true(digest_equal(digest_object("class", "class"), digest_field("class", "", DIGEST_STRING, "class", 5)));
}

static void test_what_differs(void **state)
{
	const struct digest parts[] = {
		digest_string("a", "k", "1"), digest_int("a", "k", 1), digest_bool("a", "k", true),
		digest_bool("a", "k", false), digest_string("a", "k", ""), digest_string("a", "kk", "1"),
		digest_string("ak", "", "1"), digest_string("b", "k", "1"), digest_string("a", "k", "1 "),
	};
	size_t count = sizeof(parts) / sizeof(parts[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			assert_int_equal(digest_equal(parts[i], parts[j]), i == j);
			/* Either lane alone tells them apart. */
			assert_int_equal(parts[i].a == parts[j].a, i == j);
			assert_int_equal(parts[i].b == parts[j].b, i == j);
		}
	}
}

static void test_value_by_length(void **state)
{
	char *exact = exact_copy("abcd", 3);

	(void)state;
	assert_true(digest_equal(digest_field("i", "k", DIGEST_STRING, exact, 3), digest_string("i", "k", "abc")));
	assert_true(digest_equal(digest_field("i", "k", DIGEST_STRING, NULL, 0), digest_string("i", "k", "")));
	free(exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_lanes_do_not_carry),
		cmocka_unit_test(test_object_is_a_field),
		cmocka_unit_test(test_what_differs),
		cmocka_unit_test(test_value_by_length),
	};

	return cmocka_run_group_tests_name("digest", tests, read_file, free_file);
}
