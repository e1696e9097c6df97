/* Names, lines and keys of names: whatever comes in, what goes out is clean, within its limits, and stays as it is when it comes in again. */
#include "tests/fuzz/fuzz.h"

#include "proto/names.h"

static bool equal(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && !memcmp(buf_cstr(a), buf_cstr(b), a->n);
}

static void check_name(const char *s, size_t n)
{
	struct buf name = { 0 }, again = { 0 };
	enum name_verdict verdict = name_normalise(s, n, &name);

	if (verdict != NAME_OK) {
		assert(name.n == 0);
	} else {
		assert(fuzz_is_plain(name.s, name.n));
		assert(name.n && name.n <= NAME_BYTES_MAX && name.s[0] != ' ' && name.s[name.n - 1] != ' ');
		assert(text_graphemes(name.s, name.n) <= NAME_GRAPHEMES_MAX);
		assert(name_normalise(name.s, name.n, &again) == NAME_OK && equal(&name, &again));
	}
	buf_release(&name);
	buf_release(&again);
}

static void check_line(const char *s, size_t n)
{
	struct buf line = { 0 }, again = { 0 };

	if (line_normalise(s, n, &line)) {
		assert(fuzz_is_plain(buf_cstr(&line), line.n) && text_is_clean(buf_cstr(&line), line.n, false));
		assert(!line.n || (line.s[0] != ' ' && line.s[line.n - 1] != ' '));
		assert(line_normalise(buf_cstr(&line), line.n, &again) && equal(&line, &again));
		text_graphemes(buf_cstr(&line), line.n);
	} else {
		assert(line.n == 0);
	}
	buf_release(&line);
	buf_release(&again);
}

static void check_skeleton(const char *s, size_t n)
{
	struct buf key = { 0 }, again = { 0 };

	if (name_skeleton(s, n, &key)) {
		assert(fuzz_is_plain(buf_cstr(&key), key.n));
		assert(name_skeleton(buf_cstr(&key), key.n, &again) && equal(&key, &again));
	} else {
		assert(key.n == 0 && !text_is_clean(s, n, true));
	}
	buf_release(&key);
	buf_release(&again);
}

/* Two spellings that make the same name have the same key, so that nobody gets past the comparison by typing differently. */
static void check_key_of_name(const char *s, size_t n)
{
	struct buf name = { 0 }, before = { 0 }, after = { 0 };

	if (name_normalise(s, n, &name) == NAME_OK) {
		assert(name_skeleton(s, n, &before) && name_skeleton(name.s, name.n, &after));
		assert(after.n); /* a name that can be seen has a key */
	}
	buf_release(&name);
	buf_release(&before);
	buf_release(&after);
}

static void check(const char *s, size_t n)
{
	check_name(s, n);
	check_line(s, n);
	check_skeleton(s, n);
	check_key_of_name(s, n);
	assert(text_is_clean(s, n, false) == fuzz_is_plain(s, n));
	assert(!text_is_clean(s, n, false) || text_is_clean(s, n, true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	fuzz_raw_and_as_text(data, n, check);
	return 0;
}
