/*
 * Text edits: the saved vectors, what the reader refuses and why, and the laws of transformation on random edits.
 * TEXT_TEST_SEED=n repeats a random run, which prints its seed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/json.h"
#include "proto/text.h"

#define VECTORS "proto/vectors/text.json"

/* Helpers */

static struct text_edit edit_of(const char *json)
{
	struct text_edit edit = {0};
	enum json_verdict verdict;
	cJSON *tree = json_parse(json, strlen(json), NULL, &verdict);

	assert_int_equal(verdict, JSON_OK);
	assert_int_equal(text_edit_read(tree, &edit), TEXT_OK);
	cJSON_Delete(tree);
	return edit;
}

static void assert_edit(const struct text_edit *edit, const char *json)
{
	struct buf b = {0};

	text_edit_write(&b, edit);
	assert_string_equal(buf_cstr(&b), json);
	buf_release(&b);
}

static void assert_tidy(const struct text_edit *edit)
{
	size_t at = 0;

	for (size_t i = 0; i < edit->n; i++) {
		const struct text_component *part = &edit->parts[i];
		assert_true(part->count > 0);
		assert_true(i == 0 || edit->parts[i - 1].kind != part->kind);
		assert_true(part->kind != TEXT_SKIP || (i + 1 < edit->n && !part->bytes));
		assert_true(part->kind != TEXT_INSERT || part->bytes);
		if (!part->bytes)
			continue;
		assert_int_equal(part->at, at);
		assert_int_equal(text_measure(edit->text.s + at, part->bytes), part->count);
		at += part->bytes;
	}
	assert_int_equal(edit->text.n, at);
}

static struct buf applied(const struct buf *text, const struct text_edit *edit)
{
	struct buf after = {0};

	text_apply(text->s, text->n, edit, &after);
	return after;
}

static void assert_same_text(const struct buf *a, const struct buf *b)
{
	assert_int_equal(a->n, b->n);
	assert_string_equal(buf_cstr(a), buf_cstr(b));
}

/* Saved vectors */

static cJSON *read_vectors(void)
{
	FILE *f = fopen(VECTORS, "rb");
	struct buf b = {0};
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	cJSON *vectors = cJSON_ParseWithLength(b.s, b.n);
	buf_release(&b);
	assert_non_null(vectors);
	return vectors;
}

static const char *string_of(const cJSON *item)
{
	const char *s = cJSON_GetStringValue(item);

	assert_non_null(s);
	return s;
}

struct vector {
	const cJSON *a, *b;
	enum text_side side;
	struct text_edit first, second, result;
	struct buf answer;
};

static void read_edit(const cJSON *json, struct text_edit *edit)
{
	assert_int_equal(text_edit_read(json, edit), TEXT_OK);
}

static void run_apply(struct vector *v)
{
	const char *text = string_of(v->a);
	struct buf after = {0};

	read_edit(v->b, &v->first);
	text_apply(text, strlen(text), &v->first, &after);
	buf_json_string(&v->answer, after.s, after.n);
	buf_release(&after);
}

static void run_transform(struct vector *v)
{
	read_edit(v->a, &v->first);
	read_edit(v->b, &v->second);
	text_transform(&v->first, &v->second, v->side, &v->result);
	text_edit_write(&v->answer, &v->result);
}

static void run_compose(struct vector *v)
{
	read_edit(v->a, &v->first);
	read_edit(v->b, &v->second);
	text_compose(&v->first, &v->second, &v->result);
	text_edit_write(&v->answer, &v->result);
}

static void run_invert(struct vector *v)
{
	read_edit(v->a, &v->first);
	if (text_invert(&v->first, &v->result))
		text_edit_write(&v->answer, &v->result);
	else
		buf_str(&v->answer, "{\"no\":\"not_invertible\"}");
}

static void run_make_invertible(struct vector *v)
{
	const char *text = string_of(v->b);

	read_edit(v->a, &v->first);
	text_make_invertible(&v->first, text, strlen(text), &v->result);
	text_edit_write(&v->answer, &v->result);
}

static void run_position(struct vector *v)
{
	read_edit(v->b, &v->first);
	buf_int(&v->answer, text_transform_position((int64_t)v->a->valuedouble, &v->first));
}

static const struct {
	const char *name;
	void (*run)(struct vector *v);
} functions[] = {
	{ "apply", run_apply },   { "transform", run_transform },             { "compose", run_compose },
	{ "invert", run_invert }, { "make_invertible", run_make_invertible }, { "position", run_position },
};

enum { FUNCTION_COUNT = sizeof(functions) / sizeof(*functions) };

static size_t function_index(const cJSON *item)
{
	size_t i = 0;

	while (i < FUNCTION_COUNT && strcmp(functions[i].name, string_of(json_get(item, "f"))))
		i++;
	assert_true(i < FUNCTION_COUNT);
	return i;
}

/* What cJSON makes of both is compared: it does not write the escapes that buf_json_string adds. */
static bool is_answer(const struct buf *answer, const cJSON *wanted)
{
	cJSON *given = cJSON_Parse(buf_cstr(answer));
	bool same = given && cJSON_Compare(given, wanted, true);

	cJSON_Delete(given);
	return same;
}

static void saved_cases_give_the_saved_answers(void **state)
{
	cJSON *vectors = read_vectors(), *item;
	size_t seen[FUNCTION_COUNT] = {0};

	(void)state;
	cJSON_ArrayForEach(item, json_array(vectors, "cases")) {
		struct vector v = { .a = json_get(item, "a"), .b = json_get(item, "b") };
		const char *side = cJSON_GetStringValue(json_get(item, "side"));
		size_t f = function_index(item);
		v.side = side && !strcmp(side, "left") ? TEXT_LEFT : TEXT_RIGHT;
		functions[f].run(&v);
		if (!is_answer(&v.answer, json_get(item, "is"))) {
			char *text = cJSON_PrintUnformatted(item);
			fail_msg("%s gave %s", text, buf_cstr(&v.answer));
		}
		seen[f]++;
		assert_tidy(&v.result);
		text_edit_release(&v.first);
		text_edit_release(&v.second);
		text_edit_release(&v.result);
		buf_release(&v.answer);
	}
	for (size_t f = 0; f < FUNCTION_COUNT; f++)
		assert_true(seen[f] >= 10);
	cJSON_Delete(vectors);
}

static void saved_readings_are_admitted_or_refused(void **state)
{
	cJSON *vectors = read_vectors(), *item;
	size_t admitted = 0, refused = 0;

	(void)state;
	cJSON_ArrayForEach(item, json_array(vectors, "reads")) {
		const char *json = string_of(json_get(item, "json"));
		struct text_edit edit = {0};
		enum json_verdict verdict;
		int64_t length = -1;
		assert_true(json_int(item, "length", 0, 1000, &length));
		cJSON *tree = json_parse(json, strlen(json), NULL, &verdict);
		bool ok = tree && text_edit_read(tree, &edit) == TEXT_OK && text_edit_check(&edit, length) == TEXT_OK;
		if (ok != cJSON_IsTrue(json_get(item, "ok")))
			fail_msg("%s was %s", json, ok ? "admitted" : "refused");
		*(ok ? &admitted : &refused) += 1;
		text_edit_release(&edit);
		cJSON_Delete(tree);
	}
	assert_true(admitted >= 10 && refused >= 50);
	cJSON_Delete(vectors);
}

/* Reading */

/* Straight through cJSON, which is more lenient than json_parse: the reader stands on its own feet. */
static void every_refusal_has_its_reason(void **state)
{
	static const struct {
		const char *json;
		enum text_verdict verdict;
	} cases[] = {
		{ "{}", TEXT_BAD_SHAPE },
		{ "\"x\"", TEXT_BAD_SHAPE },
		{ "3", TEXT_BAD_SHAPE },
		{ "[true]", TEXT_BAD_SHAPE },
		{ "[null]", TEXT_BAD_SHAPE },
		{ "[[]]", TEXT_BAD_SHAPE },
		{ "[{}]", TEXT_BAD_SHAPE },
		{ "[{\"D\":1}]", TEXT_BAD_SHAPE },
		{ "[{\"d\":1,\"x\":1}]", TEXT_BAD_SHAPE },
		{ "[{\"d\":1,\"d\":1}]", TEXT_BAD_SHAPE },
		{ "[{\"x\":1,\"d\":1}]", TEXT_BAD_SHAPE },
		{ "[{\"d\":true}]", TEXT_BAD_SHAPE },
		{ "[{\"d\":[1]}]", TEXT_BAD_SHAPE },
		{ "[0,\"x\"]", TEXT_BAD_COUNT },
		{ "[-1,\"x\"]", TEXT_BAD_COUNT },
		{ "[1.5,\"x\"]", TEXT_BAD_COUNT },
		{ "[1e20,\"x\"]", TEXT_BAD_COUNT },
		{ "[1e999,\"x\"]", TEXT_BAD_COUNT },
		{ "[2147483648,\"x\"]", TEXT_BAD_COUNT },
		{ "[2147483647,\"x\"]", TEXT_OK },
		{ "[{\"d\":0}]", TEXT_BAD_COUNT },
		{ "[{\"d\":-3}]", TEXT_BAD_COUNT },
		{ "[{\"d\":0.5}]", TEXT_BAD_COUNT },
		{ "[{\"d\":1e20}]", TEXT_BAD_COUNT },
		{ "[{\"d\":2147483648}]", TEXT_BAD_COUNT },
		{ "[{\"d\":2147483647}]", TEXT_OK },
		{ "[\"\"]", TEXT_BAD_TEXT },
		{ "[\"a\\rb\"]", TEXT_BAD_TEXT },
		{ "[\"\\u001b[2J\"]", TEXT_BAD_TEXT },
		{ "[\"\x1f\"]", TEXT_BAD_TEXT },
		{ "[\"a\xff\"]", TEXT_BAD_TEXT },
		{ "[\"\xed\xa0\x80\"]", TEXT_BAD_TEXT },
		{ "[\"\xc0\xaf\"]", TEXT_BAD_TEXT },
		{ "[{\"d\":\"\"}]", TEXT_BAD_TEXT },
		{ "[{\"d\":\"\\r\"}]", TEXT_BAD_TEXT },
		{ "[{\"d\":\"\xf4\x90\x80\x80\"}]", TEXT_BAD_TEXT },
		{ "[1,1,\"x\"]", TEXT_UNMERGED },
		{ "[\"x\",\"y\"]", TEXT_UNMERGED },
		{ "[{\"d\":1},{\"d\":1}]", TEXT_UNMERGED },
		{ "[{\"d\":\"a\"},{\"d\":\"b\"}]", TEXT_UNMERGED },
		{ "[{\"d\":\"a\"},{\"d\":1}]", TEXT_UNMERGED },
		{ "[1]", TEXT_TRAILING_SKIP },
		{ "[\"x\",1]", TEXT_TRAILING_SKIP },
		{ "[]", TEXT_OK },
		{ "[\"x\",{\"d\":1}]", TEXT_OK },
		{ "[{\"d\":1},\"x\"]", TEXT_OK },
		{ "[\"\\n\\t\x7f\"]", TEXT_OK },
	};
	struct text_edit edit = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cJSON *tree = cJSON_Parse(cases[i].json);
		assert_non_null(tree);
		enum text_verdict verdict = text_edit_read(tree, &edit);
		if (verdict != cases[i].verdict)
			fail_msg("%s: %s", cases[i].json, text_verdict_name(verdict));
		assert_true(verdict == TEXT_OK || (edit.n == 0 && edit.text.n == 0));
		cJSON_Delete(tree);
	}
	assert_int_equal(text_edit_read(NULL, &edit), TEXT_BAD_SHAPE);
	text_edit_release(&edit);
}

static void skips_and_deletions_must_fit_the_document(void **state)
{
	struct text_edit skip = edit_of("[5,\"xyz\"]"), gone = edit_of("[3,\"abc\",{\"d\":4}]");

	(void)state;
	assert_int_equal(text_edit_check(&skip, 5), TEXT_OK);
	assert_int_equal(text_edit_check(&skip, 4), TEXT_TOO_LONG);
	assert_int_equal(text_edit_check(&gone, 7), TEXT_OK);
	assert_int_equal(text_edit_check(&gone, 6), TEXT_TOO_LONG);
	assert_int_equal(text_edit_span(&gone), 7);
	assert_int_equal(text_edit_growth(&gone), -1);
	assert_int_equal(text_edit_growth(&skip), 3);
	text_edit_release(&skip);
	text_edit_release(&gone);
}

/* Whether a code point may stand in text, said once more and by number. */
static bool is_allowed(uint32_t c)
{
	return (c >= 0x20 || c == '\n' || c == '\t') && !(c >= 0xD800 && c <= 0xDFFF) && c <= 0x10FFFF;
}

/* Writes `c` in `bytes` bytes, whether or not it belongs there. */
static void encode(uint32_t c, size_t bytes, char *out)
{
	static const unsigned char leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	if (bytes == 1) {
		out[0] = (char)c;
		return;
	}
	for (size_t i = bytes - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(leads[bytes] | c);
}

static void every_code_point_is_measured_in_its_one_spelling(void **state)
{
	static const uint32_t ends[] = { 0, 0x7F, 0x7FF, 0xFFFF, 0x1FFFFF };
	char s[4];

	(void)state;
	for (size_t bytes = 1; bytes <= 4; bytes++) {
		for (uint32_t c = 0; c <= ends[bytes]; c++) {
			bool shortest = bytes == 1 || c > ends[bytes - 1];
			encode(c, bytes, s);
			if (text_measure(s, bytes) != (shortest && is_allowed(c) ? 1 : -1))
				fail_msg("U+%04X in %zu bytes", c, bytes);
			if (bytes > 1 && text_measure(s, bytes - 1) != -1)
				fail_msg("U+%04X cut short", c);
		}
	}
	for (int c = 0x80; c <= 0xFF; c++)
		assert_int_equal(text_measure(&(char){ (char)c }, 1), -1);
}

static void measuring_counts_code_points(void **state)
{
	(void)state;
	assert_int_equal(text_measure(NULL, 0), 0);
	assert_int_equal(text_measure("abc", 3), 3);
	assert_int_equal(text_measure("👩‍👩‍👧‍👦", strlen("👩‍👩‍👧‍👦")), 7);
	assert_int_equal(text_measure("e\xcc\x81", 3), 2);
	assert_int_equal(text_measure("a\0b", 3), -1);
	assert_int_equal(text_measure("a\xc3(", 3), -1);
	assert_int_equal(text_measure("\xf0\x9f\x98\x80\xe2\x82", 6), -1);
}

/* Building and using */

static void building_merges_drops_and_trims(void **state)
{
	struct text_edit edit = {0};

	(void)state;
	text_edit_skip(&edit, 2);
	text_edit_skip(&edit, 0);
	text_edit_skip(&edit, 1);
	text_edit_insert(&edit, "é", strlen("é"));
	text_edit_insert(&edit, "", 0);
	text_edit_insert(&edit, "\"b", 2);
	text_edit_delete_text(&edit, "x", 1);
	text_edit_delete_text(&edit, "yz", 2);
	text_edit_skip(&edit, 4);
	assert_true(text_edit_is_invertible(&edit));
	text_edit_trim(&edit);
	assert_tidy(&edit);
	assert_edit(&edit, "[3,\"é\\\"b\",{\"d\":\"xyz\"}]");

	/* One part without text, and the whole deletion forgets; what comes behind it is not confused by that. */
	text_edit_delete(&edit, 5);
	assert_false(text_edit_is_invertible(&edit));
	text_edit_delete_text(&edit, "w", 1);
	text_edit_insert(&edit, "end", 3);
	assert_tidy(&edit);
	assert_edit(&edit, "[3,\"é\\\"b\",{\"d\":9},\"end\"]");

	text_edit_reset(&edit);
	assert_edit(&edit, "[]");
	text_edit_release(&edit);
	text_edit_release(NULL);
}

static void applying_appends(void **state)
{
	struct text_edit edit = edit_of("[1,\"-\",{\"d\":1}]");
	struct buf out = {0};

	(void)state;
	buf_str(&out, "before ");
	text_apply("a😀c", strlen("a😀c"), &edit, &out);
	assert_string_equal(buf_cstr(&out), "before a-c");
	buf_release(&out);
	text_edit_release(&edit);
}

static void an_edit_with_a_forgotten_deletion_has_no_inverse(void **state)
{
	struct text_edit edit = edit_of("[1,\"x\",{\"d\":\"a\"},2,{\"d\":1}]"), result = edit_of("[\"left over\"]");

	(void)state;
	assert_false(text_invert(&edit, &result));
	assert_edit(&result, "[]");
	text_edit_release(&edit);
	text_edit_release(&result);
}

/* A bug must stop the program rather than write a shorter text. The child's complaint is not worth reading. */
static void applying_beyond_the_end_aborts(void **state)
{
	struct text_edit edit = edit_of("[4,\"x\"]");
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct buf out = {0};
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		text_apply("abc", 3, &edit, &out);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	text_edit_release(&edit);
}

/* Laws on random edits */

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
	/* splitmix64 */
	uint64_t z = random_state += 0x9E3779B97F4A7C15;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
	return (uint32_t)((z ^ (z >> 31)) >> 32) % n;
}

static void add_random_text(struct buf *b, uint32_t length)
{
	static const int32_t points[] = {
		'a', 'b', ' ', '\n', '"', '\\', 0x7F, 0xE9, 0x301, 0x5E9, 0x200D, 0x2028, 0x65E5, 0xD7FF, 0xE000,
		0xFE0F, 0xFFFF, 0x10000, 0x1F600, 0x1F468, 0x1F3FD, 0x1F1EC, 0x10FFFF,
	};

	for (; length; length--)
		buf_codepoint(b, points[below(sizeof(points) / sizeof(*points))]);
}

static const char *after_points(const char *s, int64_t count)
{
	for (; count; count--)
		for (s++; ((unsigned char)*s & 0xC0) == 0x80; s++)
			;
	return s;
}

static void add_random_step(struct text_edit *edit, const char *at, int64_t length)
{
	struct buf words = {0};

	switch (below(4)) {
	case 0:
		text_edit_skip(edit, length);
		break;
	case 1:
		text_edit_delete(edit, length);
		break;
	case 2:
		text_edit_delete_text(edit, at, (size_t)(after_points(at, length) - at));
		break;
	case 3:
		add_random_text(&words, 1 + below(6));
		text_edit_insert(edit, words.s, words.n);
		buf_release(&words);
		break;
	}
}

static struct text_edit random_edit(const struct buf *text)
{
	struct text_edit edit = {0};
	int64_t length = text_measure(text->s, text->n);
	uint32_t stride = length > 200 ? (uint32_t)length / 8 : 6;

	for (uint32_t steps = below(12); steps; steps--) {
		int64_t at = text_edit_span(&edit), most = length - at < stride ? length - at : stride;
		add_random_step(&edit, after_points(buf_cstr(text), at), below((uint32_t)most + 1));
	}
	text_edit_trim(&edit);
	assert_tidy(&edit);
	return edit;
}

/* a then b′ is b then a′. */
static void check_diamond(const struct buf *text, const struct text_edit *a, const struct text_edit *b)
{
	struct text_edit a_after_b = {0}, b_after_a = {0};

	text_transform(a, b, TEXT_LEFT, &a_after_b);
	text_transform(b, a, TEXT_RIGHT, &b_after_a);
	assert_tidy(&a_after_b);
	assert_tidy(&b_after_a);
	struct buf with_a = applied(text, a), with_b = applied(text, b);
	struct buf with_ab = applied(&with_a, &b_after_a), with_ba = applied(&with_b, &a_after_b);
	assert_same_text(&with_ab, &with_ba);
	buf_release(&with_a);
	buf_release(&with_b);
	buf_release(&with_ab);
	buf_release(&with_ba);
	text_edit_release(&a_after_b);
	text_edit_release(&b_after_a);
}

/* One edit for two does what they do, and composing does not care how three are paired. */
static void check_compose(const struct buf *text, const struct text_edit *a)
{
	struct text_edit ab = {0}, bc = {0}, ab_c = {0}, a_bc = {0};
	struct buf with_a = applied(text, a);
	struct text_edit b = random_edit(&with_a);
	struct buf with_ab = applied(&with_a, &b);
	struct text_edit c = random_edit(&with_ab);
	struct buf with_abc = applied(&with_ab, &c);

	text_compose(a, &b, &ab);
	text_compose(&b, &c, &bc);
	text_compose(&ab, &c, &ab_c);
	text_compose(a, &bc, &a_bc);
	assert_tidy(&ab);
	struct buf at_once = applied(text, &ab), left = applied(text, &ab_c), right = applied(text, &a_bc);
	assert_same_text(&at_once, &with_ab);
	assert_same_text(&left, &with_abc);
	assert_same_text(&right, &with_abc);
	struct buf *bufs[] = { &with_a, &with_ab, &with_abc, &at_once, &left, &right };
	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		buf_release(bufs[i]);
	struct text_edit *edits[] = { &ab, &bc, &ab_c, &a_bc, &b, &c };
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++)
		text_edit_release(edits[i]);
}

/* An edit that remembers does the same, and its inverse leads back, whatever the document. */
static void check_invert(const struct buf *text, const struct text_edit *a)
{
	struct text_edit remembering = {0}, inverse = {0};
	struct buf with_a = applied(text, a);

	text_make_invertible(a, text->s, text->n, &remembering);
	assert_tidy(&remembering);
	assert_true(text_edit_is_invertible(&remembering));
	assert_true(text_invert(&remembering, &inverse));
	assert_tidy(&inverse);
	assert_int_equal(text_edit_growth(&inverse), -text_edit_growth(a));
	struct buf same = applied(text, &remembering), back = applied(&with_a, &inverse);
	assert_same_text(&same, &with_a);
	assert_same_text(&back, text);
	buf_release(&with_a);
	buf_release(&same);
	buf_release(&back);
	text_edit_release(&remembering);
	text_edit_release(&inverse);
}

static void check_wire(const struct text_edit *a)
{
	struct buf wire = {0};

	text_edit_write(&wire, a);
	struct text_edit again = edit_of(buf_cstr(&wire));
	assert_tidy(&again);
	assert_edit(&again, buf_cstr(&wire));
	text_edit_release(&again);
	buf_release(&wire);
}

/* A cursor never leaves the text, and of two cursors the hinder one stays behind. */
static void check_positions(const struct buf *text, const struct text_edit *a)
{
	int64_t length = text_measure(text->s, text->n), previous = 0;

	for (int64_t at = 0; at <= length && at < 100; at++) {
		int64_t now = text_transform_position(at, a);
		assert_true(now >= previous && now <= length + text_edit_growth(a));
		previous = now;
	}
}

static uint32_t random_length(void)
{
	/* The long ones are about 10 kB in four-byte and two-byte characters. */
	return below(100) == 0 ? 4000 + below(500) : below(3) ? below(30) : below(4);
}

static void laws_hold_on_random_edits(void **state)
{
	const char *given = getenv("TEXT_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	(void)state;
	random_state = seed;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 3000; round++) {
		struct buf text = {0};
		add_random_text(&text, random_length());
		struct text_edit a = random_edit(&text), b = random_edit(&text);
		check_diamond(&text, &a, &b);
		check_compose(&text, &a);
		check_invert(&text, &a);
		check_wire(&a);
		check_positions(&text, &a);
		text_edit_release(&a);
		text_edit_release(&b);
		buf_release(&text);
	}
}

static void advance(struct buf *text, const struct text_edit *edit)
{
	struct buf after = applied(text, edit);

	buf_release(text);
	*text = after;
}

/* A logged edit reaches a writer whose own is still pending: the copy moves on, the pending edit is rebased. */
static void receive(struct buf *copy, struct text_edit *pending, const struct text_edit *logged)
{
	struct text_edit remote = {0}, rebased = {0};

	text_transform(logged, pending, TEXT_RIGHT, &remote);
	text_transform(pending, logged, TEXT_LEFT, &rebased);
	advance(copy, &remote);
	text_edit_release(&remote);
	text_edit_release(pending);
	*pending = rebased;
}

/* As in a class: three people type at once, the server logs one after the other, and all end with the same text. */
static void three_writers_agree(void **state)
{
	enum { WRITERS = 3 };

	(void)state;
	random_state = 3;
	for (int round = 0; round < 2000; round++) {
		struct buf server = {0}, copies[WRITERS];
		struct text_edit edits[WRITERS];
		add_random_text(&server, below(20));
		for (int i = 0; i < WRITERS; i++) {
			edits[i] = random_edit(&server);
			copies[i] = applied(&server, &edits[i]);
		}
		for (int turn = 0; turn < WRITERS; turn++) {
			advance(&server, &edits[turn]);
			for (int i = 0; i < turn; i++)
				advance(&copies[i], &edits[turn]);
			for (int i = turn + 1; i < WRITERS; i++)
				receive(&copies[i], &edits[i], &edits[turn]);
		}
		for (int i = 0; i < WRITERS; i++) {
			assert_same_text(&copies[i], &server);
			text_edit_release(&edits[i]);
			buf_release(&copies[i]);
		}
		buf_release(&server);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saved_cases_give_the_saved_answers),
		cmocka_unit_test(saved_readings_are_admitted_or_refused),
		cmocka_unit_test(every_refusal_has_its_reason),
		cmocka_unit_test(skips_and_deletions_must_fit_the_document),
		cmocka_unit_test(every_code_point_is_measured_in_its_one_spelling),
		cmocka_unit_test(measuring_counts_code_points),
		cmocka_unit_test(building_merges_drops_and_trims),
		cmocka_unit_test(applying_appends),
		cmocka_unit_test(an_edit_with_a_forgotten_deletion_has_no_inverse),
		cmocka_unit_test(applying_beyond_the_end_aborts),
		cmocka_unit_test(laws_hold_on_random_edits),
		cmocka_unit_test(three_writers_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
