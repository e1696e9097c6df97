/* Join codes as typed, ids, secrets and base64url: strict readers, and one spelling for everything. */
#include "tests/fuzz/fuzz.h"

#include "proto/ids.h"

static void check_code(const char *s, size_t n)
{
	char code[CODE_CHARS + 1], shown[CODE_DISPLAY_CHARS + 1], again[CODE_CHARS + 1];

	if (!code_normalise(s, n, code))
		return;
	assert(n <= CODE_INPUT_MAX && strlen(code) == CODE_CHARS && strspn(code, CODE_ALPHABET) == CODE_CHARS);
	code_display(code, shown);
	assert(code_normalise(shown, strlen(shown), again) && !strcmp(code, again));
}

static void check_random_code(const uint8_t *bytes, size_t n)
{
	char code[CODE_CHARS + 1], again[CODE_CHARS + 1];

	if (code_from_random(bytes, n, code)) {
		assert(strlen(code) == CODE_CHARS && strspn(code, CODE_ALPHABET) == CODE_CHARS);
		assert(code_normalise(code, CODE_CHARS, again) && !strcmp(code, again));
	}
}

static void check_base64url(const char *s, size_t n)
{
	size_t cap = n ? n : 1, written;
	uint8_t *bytes = malloc(cap);

	assert(bytes);
	if (base64url_decode(s, n, bytes, cap, &written)) {
		char *text = malloc(base64url_length(written) + 1);
		assert(text && base64url_length(written) == n);
		base64url_encode(bytes, written, text);
		assert(!memcmp(text, s, n));
		free(text);
	}
	free(bytes);
}

static void check_ids(const char *s, size_t n)
{
	uint8_t id[ID_BYTES], secret[SECRET_BYTES];
	char id_text[ID_CHARS + 1], secret_text[SECRET_CHARS + 1];

	assert(id_is_valid(s, n) == id_decode(s, n, id));
	if (id_is_valid(s, n)) {
		id_encode(id, id_text);
		assert(n == ID_CHARS && !memcmp(id_text, s, n));
	}
	assert(secret_is_valid(s, n) == secret_decode(s, n, secret));
	if (secret_is_valid(s, n)) {
		secret_encode(secret, secret_text);
		assert(n == SECRET_CHARS && !memcmp(secret_text, s, n));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s = fuzz_exact(data, n);

	check_code(s, n);
	check_random_code(data, n);
	check_base64url(s, n);
	check_ids(s, n);
	free(s);
	return 0;
}
