/* What reaches a terminal: any bytes in, and out come printable characters only, and nothing that hides or turns text around. */
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
		assert(cluster.width >= 0 && cluster.width <= CLUSTER_WIDTH_MAX && (cluster.width == 0) == (cluster.n == 0));
		assert(!cluster.plain || (cluster.n == 1 && cluster.width == 1));
		buf_add(&joined, cluster.bytes, cluster.n);
		width += cluster.width;
		at += cluster.used;
	}
	assert(joined.n == safe->n && !memcmp(buf_cstr(&joined), buf_cstr(safe), safe->n));
	assert(width == term_width(s, n));
	buf_release(&joined);
}

/* Separators of lines, bidirectional controls and the byte order mark, as they are spelled in UTF-8. */
static void check_visible(const struct buf *safe)
{
	static const char *const hiding[] = {
		"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9",
		"\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c", "\xc2\xad", "\xe2\x80\x8b", "\xef\xbb\xbf", "\xf3\xa0\x80", "\xf3\xa0\x81",
	};

	for (size_t i = 0; i < sizeof hiding / sizeof *hiding; i++)
		assert(!memmem(buf_cstr(safe), safe->n, hiding[i], strlen(hiding[i])));
}

static void check(const char *s, size_t n)
{
	struct buf safe = { 0 }, again = { 0 };

	term_safe(&safe, s, n);
	assert(fuzz_is_plain(buf_cstr(&safe), safe.n));
	check_visible(&safe);
	check_clusters(s, n, &safe);
	/* Not always the same once more: a mark that was given a circle counts among the marks of the circle then. */
	term_safe(&again, buf_cstr(&safe), safe.n);
	assert(fuzz_is_plain(buf_cstr(&again), again.n));
	buf_release(&safe);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	term_set_emoji_joined(n % 2);
	fuzz_raw_and_as_text(data, n, check);
	return 0;
}
