/* Keys of order: between any two there is one, and adding wherever one likes keeps everything in order. */
#include "tests/fuzz/fuzz.h"

#include "proto/pos.h"

static void check_between(const char *a, const char *b)
{
	char out[POS_LENGTH_MAX + 1], again[POS_LENGTH_MAX + 1];
	bool fits = (!a || pos_is_valid(a)) && (!b || pos_is_valid(b)) && (!a || !b || strcmp(a, b) < 0);

	if (!pos_between(a, b, out, sizeof out))
		return;
	assert(fits && pos_is_valid(out) && (!a || strcmp(a, out) < 0) && (!b || strcmp(out, b) < 0));
	assert(pos_between(a, b, again, sizeof again) && !strcmp(out, again));
	assert(!pos_between(a, b, again, strlen(out)));
}

/* One key of any bytes, and what is next to it. */
static void check_neighbours(const char *key)
{
	check_between(key, NULL);
	check_between(NULL, key);
	check_between(key, key);
}

enum { KEYS_MAX = 96 };

/* Adds a key in the place that each byte picks. */
static void check_adding(struct fuzz_input in)
{
	char keys[KEYS_MAX][POS_LENGTH_MAX + 1];
	size_t count = 0;

	while (in.n && count < KEYS_MAX) {
		size_t place = fuzz_pick(&in, count + 1);
		char key[POS_LENGTH_MAX + 1];
		/* So few keys never fill a gap. */
		assert(pos_between(place ? keys[place - 1] : NULL, place < count ? keys[place] : NULL, key, sizeof key));
		assert(pos_is_valid(key) && (!place || strcmp(keys[place - 1], key) < 0) && (place == count || strcmp(key, keys[place]) < 0));
		memmove(keys[place + 1], keys[place], (count - place) * sizeof keys[0]);
		strcpy(keys[place], key);
		count++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_input in = { data, n }, first = fuzz_until(&in, '\n');
	char *a = fuzz_string(&first, first.n), *b = fuzz_string(&in, in.n);

	check_neighbours(a);
	check_neighbours(b);
	check_between(a, b);
	check_between(b, a);
	check_adding((struct fuzz_input){ data, n });
	free(a);
	free(b);
	return 0;
}
