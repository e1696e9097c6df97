/* Edits of text: read from bytes and used on a document, or built from choices and held to the laws of transformation. (tests/fuzz/text compares with the npm package; here anything at all may come in.) */
#include "tests/fuzz/fuzz.h"

#include "proto/json.h"
#include "proto/text.h"

static bool equal(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && !memcmp(buf_cstr(a), buf_cstr(b), a->n);
}

/* The edit on the wire and back. */
static void check_wire(const struct text_edit *edit)
{
	struct text_edit read = { 0 };
	struct buf once = { 0 }, twice = { 0 };
	enum json_verdict verdict;

	text_edit_write(&once, edit);
	cJSON *json = json_parse(once.s, once.n, &json_limits_server, &verdict);
	assert(json && text_edit_read(json, &read) == TEXT_OK);
	text_edit_write(&twice, &read);
	assert(equal(&once, &twice));
	assert(text_edit_span(edit) == text_edit_span(&read) && text_edit_growth(edit) == text_edit_growth(&read));
	cJSON_Delete(json);
	text_edit_release(&read);
	buf_release(&once);
	buf_release(&twice);
}

static struct buf applied(const struct buf *text, const struct text_edit *edit)
{
	struct buf out = { 0 };

	text_apply(text->s, text->n, edit, &out);
	assert(text_measure(out.s, out.n) == text_measure(text->s, text->n) + text_edit_growth(edit));
	return out;
}

static void check_inverse(const struct buf *text, const struct text_edit *edit, const struct buf *after)
{
	struct text_edit remembering = { 0 }, inverse = { 0 };

	text_make_invertible(edit, text->s, text->n, &remembering);
	/* A deletion that came with text remembers what it was told, which need not be what stood there. */
	assert(text_edit_is_invertible(&remembering) && text_invert(&remembering, &inverse));
	assert(text_edit_check(&inverse, text_measure(after->s, after->n)) == TEXT_OK);
	struct buf back = applied(after, &inverse);
	assert(text_measure(back.s, back.n) == text_measure(text->s, text->n));
	check_wire(&inverse);
	buf_release(&back);
	text_edit_release(&remembering);
	text_edit_release(&inverse);
}

static void check_positions(const struct text_edit *edit, int64_t length)
{
	for (int64_t at = 0, last = 0; at <= length; at++) {
		int64_t now = text_transform_position(at, edit);
		assert(now >= last && now <= length + text_edit_growth(edit));
		last = now;
	}
}

/* Two edits of one text, in either order, lead to one text. */
static void check_pair(const struct buf *text, const struct text_edit *a, const struct text_edit *b)
{
	struct text_edit a_after_b = { 0 }, b_after_a = { 0 }, both = { 0 };

	text_transform(a, b, TEXT_LEFT, &a_after_b);
	text_transform(b, a, TEXT_RIGHT, &b_after_a);
	struct buf with_a = applied(text, a), with_b = applied(text, b), one = applied(&with_a, &b_after_a), other = applied(&with_b, &a_after_b);
	assert(equal(&one, &other));
	text_compose(a, &b_after_a, &both);
	struct buf at_once = applied(text, &both);
	assert(equal(&one, &at_once));
	check_wire(&a_after_b);
	check_wire(&both);
	check_inverse(text, a, &with_a);
	struct buf *bufs[] = { &with_a, &with_b, &one, &other, &at_once };
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		buf_release(bufs[i]);
	text_edit_release(&a_after_b);
	text_edit_release(&b_after_a);
	text_edit_release(&both);
}

static void check_edits(const struct buf *text, const struct text_edit *a, const struct text_edit *b)
{
	int64_t length = text_measure(text->s, text->n);
	bool fits = text_edit_check(a, length) == TEXT_OK;

	assert(fits == (text_edit_span(a) <= length));
	if (fits)
		check_positions(a, length);
	if (fits && text_edit_check(b, length) == TEXT_OK)
		check_pair(text, a, b);
}

static void build_text(struct fuzz_input *in, size_t characters, struct buf *out)
{
	while (characters--) {
		size_t before = out->n;
		fuzz_add_character(in, out);
		if (text_measure(out->s + before, out->n - before) < 0)
			out->n = before;
	}
	buf_reserve(out, 1);
	out->s[out->n] = '\0';
}

static void build_edit(struct fuzz_input *in, int64_t length, struct text_edit *edit)
{
	struct buf words = { 0 };

	for (size_t steps = fuzz_pick(in, 8); steps; steps--) {
		int64_t left = length - text_edit_span(edit), count = left ? (int64_t)fuzz_pick(in, (size_t)left + 1) : 0;
		switch (fuzz_pick(in, 3)) {
		case 0:
			text_edit_skip(edit, count);
			break;
		case 1:
			text_edit_delete(edit, count);
			break;
		case 2:
			buf_reset(&words);
			build_text(in, 1 + fuzz_pick(in, 4), &words);
			text_edit_insert(edit, words.s, words.n);
			break;
		}
	}
	text_edit_trim(edit);
	buf_release(&words);
}

/* Two JSON arrays and a text, a line each. */
static void check_bytes(struct fuzz_input in)
{
	struct text_edit edits[2] = { 0 };
	struct buf text = { 0 };
	bool good = true;

	for (int i = 0; i < 2; i++) {
		struct fuzz_input line = fuzz_until(&in, '\n');
		enum json_verdict verdict;
		cJSON *json = json_parse((const char *)line.at, line.n, NULL, &verdict);
		if (text_edit_read(json, &edits[i]) == TEXT_OK)
			check_wire(&edits[i]);
		else
			assert(edits[i].n == 0);
		good = good && json;
		cJSON_Delete(json);
	}
	buf_add(&text, in.at, in.n);
	if (good && text_measure(text.s, text.n) >= 0)
		check_edits(&text, &edits[0], &edits[1]);
	text_edit_release(&edits[0]);
	text_edit_release(&edits[1]);
	buf_release(&text);
}

static void check_choices(struct fuzz_input in)
{
	struct text_edit edits[2] = { 0 };
	struct buf text = { 0 };

	build_text(&in, fuzz_pick(&in, 12), &text);
	int64_t length = text_measure(text.s, text.n);
	for (int i = 0; i < 2; i++)
		build_edit(&in, length, &edits[i]);
	check_edits(&text, &edits[0], &edits[1]);
	assert(text_edit_check(&edits[0], length) == TEXT_OK);
	text_edit_release(&edits[0]);
	text_edit_release(&edits[1]);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_input in = { data, n };

	if (n && *data == '[')
		check_bytes(in);
	else
		check_choices(in);
	return 0;
}
