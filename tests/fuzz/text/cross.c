/*
 * Answers questions about edits, one JSON object per line of standard input, one answer per line of standard output:
 *
 *     {"f":"transform","a":[1,"x"],"b":[{"d":1}],"side":"left"}     →     ["x"]
 *
 * The functions are those of the table below; where text.c refuses, the answer is {"no":"<verdict>"}. An empty line
 * flushes the answers. cross.mjs asks, and compares with what the npm package says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/buf.h"
#include "proto/json.h"
#include "proto/text.h"

/* Ten kilobytes of emoji, twice, with escapes. */
static const struct json_limits line_limits = {
	.bytes_max = 1 << 20, .depth_max = 16, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64,
};

struct question {
	const cJSON *a, *b;
	enum text_side side;
	struct text_edit first, second, result;
	struct buf answer;
};

static void answer_no(struct question *q, const char *why)
{
	buf_str(&q->answer, "{\"no\":");
	buf_json_string(&q->answer, why, strlen(why));
	buf_char(&q->answer, '}');
}

static bool read_edit(struct question *q, const cJSON *json, struct text_edit *edit)
{
	enum text_verdict verdict = text_edit_read(json, edit);

	if (verdict != TEXT_OK)
		answer_no(q, text_verdict_name(verdict));
	return verdict == TEXT_OK;
}

/* Reads an edit and the text it is for, and checks that it fits; NULL, with an answer given, if not. */
static const char *read_fitting(struct question *q, const cJSON *text, const cJSON *edit)
{
	const char *s = cJSON_IsString(text) ? text->valuestring : NULL;
	int64_t length = s ? text_measure(s, strlen(s)) : -1;

	if (length < 0) {
		answer_no(q, "bad_text");
		return NULL;
	}
	if (!read_edit(q, edit, &q->first))
		return NULL;
	if (text_edit_check(&q->first, length) != TEXT_OK) {
		answer_no(q, text_verdict_name(TEXT_TOO_LONG));
		return NULL;
	}
	return s;
}

static void answer_apply(struct question *q)
{
	const char *s = read_fitting(q, q->a, q->b);
	struct buf after = {0};

	if (s) {
		text_apply(s, strlen(s), &q->first, &after);
		buf_json_string(&q->answer, after.s, after.n);
	}
	buf_release(&after);
}

static void answer_make_invertible(struct question *q)
{
	const char *s = read_fitting(q, q->b, q->a);

	if (!s)
		return;
	text_make_invertible(&q->first, s, strlen(s), &q->result);
	text_edit_write(&q->answer, &q->result);
}

static void answer_transform(struct question *q)
{
	if (!read_edit(q, q->a, &q->first) || !read_edit(q, q->b, &q->second))
		return;
	text_transform(&q->first, &q->second, q->side, &q->result);
	text_edit_write(&q->answer, &q->result);
}

static void answer_compose(struct question *q)
{
	if (!read_edit(q, q->a, &q->first) || !read_edit(q, q->b, &q->second))
		return;
	text_compose(&q->first, &q->second, &q->result);
	text_edit_write(&q->answer, &q->result);
}

static void answer_invert(struct question *q)
{
	if (!read_edit(q, q->a, &q->first))
		return;
	if (text_invert(&q->first, &q->result))
		text_edit_write(&q->answer, &q->result);
	else
		answer_no(q, "not_invertible");
}

static void answer_position(struct question *q)
{
	if (read_edit(q, q->b, &q->first))
		buf_int(&q->answer, text_transform_position((int64_t)q->a->valuedouble, &q->first));
}

/* "a" is an edit in whatever shape, "b" the length of its document. */
static void answer_read(struct question *q)
{
	enum text_verdict verdict = text_edit_read(q->a, &q->first);

	if (verdict == TEXT_OK)
		verdict = text_edit_check(&q->first, (int64_t)q->b->valuedouble);
	if (verdict == TEXT_OK)
		text_edit_write(&q->answer, &q->first);
	else
		answer_no(q, text_verdict_name(verdict));
}

static const struct {
	const char *name;
	void (*answer)(struct question *q);
} functions[] = {
	{ "apply", answer_apply },
	{ "transform", answer_transform },
	{ "compose", answer_compose },
	{ "invert", answer_invert },
	{ "make_invertible", answer_make_invertible },
	{ "position", answer_position },
	{ "read", answer_read },
};

static void answer_question(struct question *q, const cJSON *line)
{
	const char *f = cJSON_GetStringValue(json_get(line, "f"));
	const char *side = cJSON_GetStringValue(json_get(line, "side"));

	q->a = json_get(line, "a");
	q->b = json_get(line, "b");
	q->side = side && !strcmp(side, "left") ? TEXT_LEFT : TEXT_RIGHT;
	for (size_t i = 0; f && i < sizeof(functions) / sizeof(*functions); i++) {
		if (!strcmp(f, functions[i].name)) {
			functions[i].answer(q);
			return;
		}
	}
	answer_no(q, "unknown_function");
}

static void answer_line(struct question *q, const char *s, size_t n)
{
	enum json_verdict verdict;
	cJSON *line = json_parse(s, n, &line_limits, &verdict);

	buf_reset(&q->answer);
	if (line)
		answer_question(q, line);
	else
		answer_no(q, json_verdict_code(verdict));
	buf_char(&q->answer, '\n');
	fwrite(q->answer.s, 1, q->answer.n, stdout);
	cJSON_Delete(line);
}

int main(void)
{
	struct question q = {0};
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			n--;
		if (n)
			answer_line(&q, line, (size_t)n);
		else
			fflush(stdout);
	}
	free(line);
	text_edit_release(&q.first);
	text_edit_release(&q.second);
	text_edit_release(&q.result);
	buf_release(&q.answer);
	return fflush(stdout) ? 1 : 0;
}
