/* What people typed is made harmless for a terminal, whatever the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/term_safe.h"
#include "proto/names.h"
#include <stdbool.h>
#include <stdio.h>
#include <utf8proc.h>

static char *safe(const char *s, size_t n)
{
	struct buf out = { 0 };
	term_safe(&out, s, n);
	buf_reserve(&out, 1);
	return out.s ? out.s : NULL;
}

static void expect(const char *in, const char *out)
{
	char *got = safe(in, strlen(in));
	assert_string_equal(got ? got : "", out);
	free(got);
}

static bool is_forbidden(int32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0x200E ||
	       c == 0x200F || c == 0x61C || c == 0xFEFF || c == 0xAD || c == 0x200B || (c >= 0x2060 && c <= 0x2064) || (c >= 0xE0000 && c <= 0xE007F) || (c & 0xFFFE) == 0xFFFE;
}

/* The whole promise, on one text. */
static void check(const char *in, size_t n)
{
	struct buf out = { 0 };
	term_safe(&out, in, n);
	for (size_t i = 0; i < out.n;) {
		int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)out.s + i, (utf8proc_ssize_t)(out.n - i), &c);
		assert_true(used > 0);
		assert_false(is_forbidden(c));
		i += (size_t)used;
	}
	/* Made safe again it stays as it is: nothing that comes out could be read in another way. */
	struct buf again = { 0 };
	term_safe(&again, buf_cstr(&out), out.n);
	assert_int_equal(again.n, out.n);
	assert_memory_equal(buf_cstr(&again), buf_cstr(&out), out.n);
	int width = 0;
	struct cluster cluster;
	for (size_t i = 0; i < n; i += cluster.used) {
		term_cluster(in + i, n - i, &cluster);
		assert_in_range(cluster.used, 1, n - i);
		assert_true(cluster.n < CLUSTER_CAP && cluster.bytes[cluster.n] == 0);
		assert_true(cluster.n ? cluster.width >= 1 && cluster.width <= CLUSTER_WIDTH_MAX : cluster.width == 0);
		width += cluster.width;
	}
	assert_int_equal(width, term_width(in, n));
	buf_release(&out);
	buf_release(&again);
}

static void controls_become_pictures(void **state)
{
	(void)state;
	expect("a\033[2Jb", "a␛[2Jb");
	expect("\033]0;x\a", "␛]0;x␇");
	expect("\033]52;c;aGk=\033\\", "␛]52;c;aGk=␛\\");
	expect("\b\b\bok\x7f", "␈␈␈ok␡");
	expect("a\tb\r\nc", "a␉b␍␊c");
	expect("\xc2\x9b" "31m", "␦31m");
	expect("\x9b" "31m", "\xef\xbf\xbd" "31m");
}

static void nothing_turns_the_direction(void **state)
{
	(void)state;
	expect("a\u202Egnp.exe", "a␦gnp.exe");
	expect("\u2066x\u2069\u202Cy", "␦x␦␦y");
	expect("\u05D0\u200F\u05D1", "\u05D0\u05D1");
	expect("a\u2028b\uFEFFc\u00ADd\u200Be", "a␦b␦c␦d␦e");
}

static void hidden_text_in_tags_is_shown_or_gone(void **state)
{
	(void)state;
	expect("x\U000E0041\U000E0042", "x");
	expect("\U000E0041", "␦");
	expect("\U0001F3F4\U000E0067\U000E0062\U000E007F", "\U0001F3F4");
}

static void real_text_stays(void **state)
{
	static const char *const texts[] = {
		"For pharmacies who run out of stock.", "أصحاب المتاجر الصغيرة", "可选择的小商店", "می‌خواهم", "क्षेत्र में किसान", "👩‍👩‍👧‍👦 👍🏽 🇬🇭 1️⃣ ❤️", "Tomás ≠ Tomás",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		expect(texts[i], texts[i]);
}

struct width_case {
	const char *text;
	int width;
};

static void expect_widths(const struct width_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (term_width(cases[i].text, strlen(cases[i].text)) != cases[i].width)
			fail_msg("width of %s is %d, not %d", cases[i].text, term_width(cases[i].text, strlen(cases[i].text)), cases[i].width);
}

static void widths_are_those_of_cells(void **state)
{
	static const struct width_case cases[] = {
		{ "abc", 3 }, { "日本", 4 }, { "é", 1 }, { "e\u0301", 1 }, { "🇬🇭", 2 }, { "❤️", 2 }, { "❤", 1 }, { "1️⃣", 2 }, { "\U0001FAE8", 2 }, { "\u0301", 1 }, { "\033", 1 },
		{ "", 0 }, { "\u1112\u1161\u11ab", 2 }, { "한국", 4 }, { "ガ", 2 }, { "ｶﾞ", 2 },
	};
	(void)state;
	expect_widths(cases, sizeof cases / sizeof *cases);
}

/* As terminals count that go by code points (measured in tmux): fewer cells, and the next cluster would be written over these. */
static void marks_that_take_a_column_get_one(void **state)
{
	static const struct width_case cases[] = {
		{ "ทำงาน", 5 }, { "ສຳລັບ", 4 }, { "ব্যাংক", 5 }, { "निःशु", 4 }, { "कि", 2 }, { "क्षौः", 4 }, { "க்ஷௌ", 3 }, { "ക്ഷ്മി", 4 }, { "မြန်မာ", 5 },
	};
	(void)state;
	expect_widths(cases, sizeof cases / sizeof *cases);
}

static void emoji_take_what_the_terminal_gives_them(void **state)
{
	static const struct width_case apart[] = { { "👍🏽", 4 }, { "👩🏽‍💻", 6 }, { "🤷🏼‍♀️", 6 }, { "👩‍👩‍👧‍👦", 8 }, { "❤️", 2 } };
	static const struct width_case joined[] = { { "👍🏽", 2 }, { "👩🏽‍💻", 2 }, { "🤷🏼‍♀️", 2 }, { "👩‍👩‍👧‍👦", 2 }, { "❤️", 2 }, { "❤️‍🔥", 2 }, { "निः", 3 } };
	struct cluster cluster;
	const char *family = apart[3].text;
	(void)state;
	expect_widths(apart, sizeof apart / sizeof *apart);
	/* In pieces, because tmux 3.3 would drop the boy; all bytes are there. */
	term_cluster(family, strlen(family), &cluster);
	assert_int_equal(cluster.used, strlen(family) - strlen("👦"));
	assert_int_equal(cluster.n, cluster.used);
	term_set_emoji_joined(true);
	expect_widths(joined, sizeof joined / sizeof *joined);
	term_cluster(family, strlen(family), &cluster);
	assert_int_equal(cluster.used, strlen(family));
	check(family, strlen(family));
	term_set_emoji_joined(false);
	check(family, strlen(family));
}

/* Only what is wide by itself is set like Chinese: an Indic syllable of two columns does not end a line. */
static void ideographs_are_told_apart(void **state)
{
	static const struct { const char *text; bool ideograph; } cases[] = { { "日", true }, { "한", true }, { "कि", false }, { "ทำ", false }, { "a", false }, { "❤️", false } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cluster cluster;
		term_cluster(cases[i].text, strlen(cases[i].text), &cluster);
		assert_int_equal(cluster.ideograph, cases[i].ideograph);
	}
}

static void a_tower_of_marks_is_cut(void **state)
{
	(void)state;
	struct buf in = { 0 }, out = { 0 };
	struct cluster cluster;
	buf_char(&in, 'a');
	for (int i = 0; i < 1000; i++)
		buf_str(&in, "\u0301");
	term_cluster(in.s, in.n, &cluster);
	assert_int_equal(cluster.used, in.n);
	assert_int_equal(cluster.n, 1 + 2 * CLUSTER_MARKS);
	assert_int_equal(cluster.width, 1);
	check(in.s, in.n);
	buf_release(&in);
	buf_release(&out);
}

static void a_mark_alone_gets_a_circle(void **state)
{
	(void)state;
	expect("\u0301", "◌\u0301");
}

/* Every code point by itself, before and after a letter. */
static void every_code_point_keeps_the_promise(void **state)
{
	(void)state;
	for (int32_t c = 1; c <= 0x10FFFF; c++) {
		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		char text[16] = "a";
		int n = 1 + (int)utf8proc_encode_char(c, (utf8proc_uint8_t *)text + 1);
		text[n++] = 'b';
		struct cluster cluster;
		for (int i = 0; i < n; i += (int)cluster.used) {
			term_cluster(text + i, (size_t)(n - i), &cluster);
			for (size_t k = 0; k < cluster.n; k++)
				assert_true((unsigned char)cluster.bytes[k] >= 0x20 && cluster.bytes[k] != 0x7F);
		}
		if (c < 0x3000 || (c & 0xFF) == 0xFE || c > 0xE0000 - 16)
			check(text, (size_t)n);
	}
}

/* Bytes without sense, and pieces that matter thrown together: 20,000 texts from a fixed seed. */
static void any_bytes_keep_the_promise(void **state)
{
	static const char *const pieces[] = { "\033", "\x9b", "\u202E", "\u200D", "\uFE0F", "👩", "🇬", "\u0301", "a", " ", "\xe2", "\x80", "\U000E0041", "ক", "\u200C", "日", "\n", "\uFFFE", "\u2069" };
	uint32_t seed = 20261121;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[96];
		size_t n = 0;
		seed = seed * 1664525 + 1013904223;
		bool raw = seed >> 31;
		size_t length = (seed >> 8) % 40;
		while (n < length) {
			seed = seed * 1664525 + 1013904223;
			if (raw) {
				text[n++] = (char)(seed >> 16);
				continue;
			}
			const char *piece = pieces[(seed >> 12) % (sizeof pieces / sizeof *pieces)];
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		check(text, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_become_pictures),
		cmocka_unit_test(nothing_turns_the_direction),
		cmocka_unit_test(hidden_text_in_tags_is_shown_or_gone),
		cmocka_unit_test(real_text_stays),
		cmocka_unit_test(widths_are_those_of_cells),
		cmocka_unit_test(marks_that_take_a_column_get_one),
		cmocka_unit_test(emoji_take_what_the_terminal_gives_them),
		cmocka_unit_test(ideographs_are_told_apart),
		cmocka_unit_test(a_tower_of_marks_is_cut),
		cmocka_unit_test(a_mark_alone_gets_a_circle),
		cmocka_unit_test(every_code_point_keeps_the_promise),
		cmocka_unit_test(any_bytes_keep_the_promise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
