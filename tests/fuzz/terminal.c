/* What reaches a terminal: any bytes in, and out come printable characters only, which stay as they are when made safe again. */
#include "tests/fuzz/fuzz.h"

#include "client-cli/term_safe.h"

static void check_clusters(const char *s, size_t n, const struct buf *safe)
{
	struct buf joined = { 0 };
	int width = 0;

	for (size_t at = 0; at < n;) {
		struct cluster cluster;
		term_cluster(s + at, n - at, &cluster);
		assert(cluster.used >= 1 && cluster.used <= n - at && cluster.n < CLUSTER_CAP && cluster.bytes[cluster.n] == '\0');
		assert(cluster.width >= 0 && cluster.width <= 2 && (cluster.width == 0) == (cluster.n == 0));
		assert(!cluster.plain || (cluster.n == 1 && cluster.width == 1));
		buf_add(&joined, cluster.bytes, cluster.n);
		width += cluster.width;
		at += cluster.used;
	}
	assert(joined.n == safe->n && !memcmp(buf_cstr(&joined), buf_cstr(safe), safe->n));
	assert(width == term_width(s, n));
	buf_release(&joined);
}

static void check(const char *s, size_t n)
{
	struct buf safe = { 0 }, again = { 0 };

	term_safe(&safe, s, n);
	assert(fuzz_is_plain(buf_cstr(&safe), safe.n));
	check_clusters(s, n, &safe);
	term_safe(&again, buf_cstr(&safe), safe.n);
	assert(fuzz_is_plain(buf_cstr(&again), again.n));
	assert(again.n == safe.n && !memcmp(buf_cstr(&again), buf_cstr(&safe), safe.n));
	buf_release(&safe);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_input in = { data, n };
	struct buf text = { 0 };
	char *exact = fuzz_exact(data, n);

	check(exact, n);
	free(exact);
	while (in.n)
		fuzz_add_character(&in, &text);
	exact = fuzz_exact(text.s, text.n);
	check(exact, text.n);
	free(exact);
	buf_release(&text);
	return 0;
}
