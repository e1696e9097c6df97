#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/ids.h"
#include "tests/unit/vectors.h"

static cJSON *file;

static int read_file(void **state)
{
	(void)state;
	file = vectors_read("ids");
	return 0;
}

static int free_file(void **state)
{
	(void)state;
	cJSON_Delete(file);
	return 0;
}

static void test_ids(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "ids", 10)) {
		const char *id = vector_str(row, "id");
		struct buf bytes = {0};
		uint8_t back[ID_BYTES];
		char made[ID_CHARS + 1];

		vector_add_hex(&bytes, vector_str(row, "bytes"));
		id_encode((const uint8_t *)bytes.s, made);
		assert_string_equal(made, id);
		assert_true(id_is_valid(id, strlen(id)));
		assert_true(id_decode(id, strlen(id), back));
		assert_memory_equal(back, bytes.s, ID_BYTES);
		buf_release(&bytes);
	}
}

static void test_not_ids(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "not_ids", 20)) {
		if (id_is_valid(row->valuestring, strlen(row->valuestring)))
			fail_msg("\"%s\" is taken for an id", row->valuestring);
	}
	/* A NUL inside, and a length that is not the string's. */
	assert_false(id_is_valid("AAAAAAAAAAAAAAAAAAAA\0A", ID_CHARS));
	assert_false(id_is_valid("AAAAAAAAAAAAAAAAAAAAAA", ID_CHARS - 1));
	assert_false(id_is_valid(NULL, 0));
}

static void test_last_characters(void **state)
{
	static const char every[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char id[] = "AAAAAAAAAAAAAAAAAAAAAA", secret[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	int ids = 0, secrets = 0;

	(void)state;
	for (const char *c = every; *c; c++) {
		id[ID_CHARS - 1] = secret[SECRET_CHARS - 1] = *c;
		assert_int_equal(id_is_valid(id, ID_CHARS), strchr("AQgw", *c) != NULL);
		ids += id_is_valid(id, ID_CHARS);
		secrets += secret_is_valid(secret, SECRET_CHARS);
	}
	assert_int_equal(ids, 4);
	assert_int_equal(secrets, 16);
}

static void test_secrets(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "secrets", 5)) {
		const char *secret = vector_str(row, "secret");
		struct buf bytes = {0};
		uint8_t back[SECRET_BYTES];
		char made[SECRET_CHARS + 1];

		vector_add_hex(&bytes, vector_str(row, "bytes"));
		secret_encode((const uint8_t *)bytes.s, made);
		assert_string_equal(made, secret);
		assert_true(secret_is_valid(secret, strlen(secret)));
		assert_true(secret_decode(secret, strlen(secret), back));
		assert_memory_equal(back, bytes.s, SECRET_BYTES);
		buf_release(&bytes);
	}
	cJSON_ArrayForEach(row, vectors_list(file, "not_secrets", 10)) {
		if (secret_is_valid(row->valuestring, strlen(row->valuestring)))
			fail_msg("\"%s\" is taken for a secret", row->valuestring);
	}
}

static void test_refusal_leaves_output(void **state)
{
	uint8_t bytes[ID_BYTES];
	char code[CODE_CHARS + 1] = "before";

	(void)state;
	memset(bytes, 0x5A, sizeof(bytes));
	assert_false(id_decode("AAAAAAAAAAAAAAAAAAAAAB", ID_CHARS, bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0x5A);
	assert_false(code_normalise("KXR4HTMM", 8, code));
	assert_false(code_from_random((const uint8_t *)"abc", 3, code));
	assert_string_equal(code, "before");
}

static void test_base64url(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "base64url", 8)) {
		const char *text = vector_str(row, "text");
		struct buf bytes = {0};
		char made[400];
		uint8_t back[300];
		size_t n = 999;

		vector_add_hex(&bytes, vector_str(row, "bytes"));
		assert_int_equal(base64url_length(bytes.n), strlen(text));
		base64url_encode((const uint8_t *)bytes.s, bytes.n, made);
		assert_string_equal(made, text);
		assert_true(base64url_decode(text, strlen(text), back, bytes.n, &n));
		assert_int_equal(n, bytes.n);
		assert_memory_equal(back, buf_cstr(&bytes), n);
		if (bytes.n)
			assert_false(base64url_decode(text, strlen(text), back, bytes.n - 1, &n));
		buf_release(&bytes);
	}
	cJSON_ArrayForEach(row, vectors_list(file, "not_base64url", 10)) {
		uint8_t back[64];
		size_t n;
		if (base64url_decode(row->valuestring, strlen(row->valuestring), back, sizeof(back), &n))
			fail_msg("\"%s\" is taken for base64url", row->valuestring);
	}
}

static void test_codes_as_typed(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "codes", 50)) {
		const char *typed = vector_str(row, "typed"), *expected = vector_str(row, "code");
		char *exact = exact_copy(typed, strlen(typed)), code[CODE_CHARS + 1];
		bool is_code = code_normalise(exact, strlen(typed), code);

		if (is_code != (expected != NULL))
			fail_msg("\"%.80s\" is%s taken for a code", typed, is_code ? "" : " not");
		if (is_code)
			assert_string_equal(code, expected);
		free(exact);
	}
	char code[CODE_CHARS + 1];
	assert_false(code_normalise("KXR4HT\xFF", 7, code));
	assert_false(code_normalise("KXR4HTM\xC2", 8, code));
	assert_false(code_normalise("KXR\0" "4HTM", 8, code));
}

static void test_codes_from_random(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "random_codes", 10)) {
		const char *expected = vector_str(row, "code");
		struct buf random = {0};
		char code[CODE_CHARS + 1];

		vector_add_hex(&random, vector_str(row, "random"));
		assert_int_equal(code_from_random((const uint8_t *)random.s, random.n, code), expected != NULL);
		if (expected)
			assert_string_equal(code, expected);
		buf_release(&random);
	}
}

/* Over all values of a byte every symbol comes up equally often. */
static void test_symbols_are_equally_likely(void **state)
{
	int seen[128] = {0};

	(void)state;
	for (int value = 0; value < 256; value++) {
		uint8_t random[CODE_CHARS];
		char code[CODE_CHARS + 1];
		memset(random, value, sizeof(random));
		if (code_from_random(random, sizeof(random), code))
			seen[(int)code[0]]++;
	}
	assert_int_equal(strlen(CODE_ALPHABET), 27);
	for (const char *c = CODE_ALPHABET; *c; c++)
		assert_int_equal(seen[(int)*c], 9);
}

static void test_codes_shown(void **state)
{
	const cJSON *row;

	(void)state;
	cJSON_ArrayForEach(row, vectors_list(file, "shown_codes", 2)) {
		char shown[CODE_DISPLAY_CHARS + 1], back[CODE_CHARS + 1];
		code_display(vector_str(row, "code"), shown);
		assert_string_equal(shown, vector_str(row, "shown"));
		assert_true(code_normalise(shown, strlen(shown), back));
		assert_string_equal(back, vector_str(row, "code"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_not_ids),
		cmocka_unit_test(test_last_characters),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_refusal_leaves_output),
		cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_codes_as_typed),
		cmocka_unit_test(test_codes_from_random),
		cmocka_unit_test(test_symbols_are_equally_likely),
		cmocka_unit_test(test_codes_shown),
	};

	return cmocka_run_group_tests_name("ids", tests, read_file, free_file);
}
