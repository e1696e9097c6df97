/* Heads of HTTP requests and their fields. What is taken has no two readings: every line is accounted for, and nothing that a log or a header could break on is left in it. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <strings.h>

#include "server/http/fields.h"
#include "server/http/head.h"

static bool is_visible(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

static void check_fields(const char *value)
{
	static const char *const names[] = { "fw", "__Host-fw", "a" };
	char cookie[44];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (cookie_get(value, names[i], cookie, sizeof cookie)) {
			char pair[64];
			snprintf(pair, sizeof pair, "%s=", names[i]);
			assert(strlen(cookie) < sizeof cookie && strstr(value, pair) && strstr(value, cookie));
		}
	for (int offered = 0; offered < 4; offered++) {
		enum coding coding = accept_coding(value, offered & 1, offered & 2);
		assert(coding == CODING_IDENTITY || (coding == CODING_GZIP && offered & 1) || (coding == CODING_BR && offered & 2));
		assert(coding != CODING_BR || strchr(value, '*') || strcasestr(value, "br"));
	}
	if (etag_matches(value, "\"abc\""))
		assert(!strcmp(value, "*") || strstr(value, "\"abc\""));
	if (is_json_type(value))
		assert(!strncasecmp(value, "application/json", 16));
	const char *at = value;
	struct buf key = { 0 }, text = { 0 };
	while (query_next(&at, &key, &text) == QUERY_PAIR)
		assert(at > value && at <= value + strlen(value) && strlen(buf_cstr(&key)) == key.n && strlen(buf_cstr(&text)) == text.n);
	buf_release(&key);
	buf_release(&text);
	const char *token = bearer_token(value);
	assert(!token || (token > value && *token && !strchr(token, ' ')));
	assert(!head_list_has(value, "close") || strcasestr(value, "close"));
}

static void check_head(const struct http_head *head, const char *text, size_t n)
{
	size_t lines = 0;

	for (size_t i = 0; i + 1 < n; i++)
		lines += text[i] == '\r' && text[i + 1] == '\n';
	assert(lines == head->field_count + 2); /* the request line and the empty one */
	assert(head->method > METHOD_NONE && head->path[0] == '/' && !strpbrk(head->path, "? \t#") && is_visible(head->path));
	assert(strlen(head->path) + (head->query ? strlen(head->query) : 0) <= HEAD_TARGET_MAX);
	assert(!head->query || !strpbrk(head->query, " \t#"));
	assert(head->has_length || head->length == 0);
	assert(head->field_count <= HEAD_FIELDS_MAX);
	size_t lengths = 0;
	for (size_t f = 0; f < head->field_count; f++) {
		const struct head_field *field = &head->fields[f];
		assert(*field->name && !strpbrk(field->name, ": \t") && is_visible(field->name) && is_visible(field->value));
		assert(head_get(head, field->name));
		lengths += !strcasecmp(field->name, "content-length");
		assert(strcasecmp(field->name, "transfer-encoding") != 0);
		check_fields(field->value);
	}
	assert(lengths == head->has_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_exact(data, n);
	size_t end = head_find_end(text, n);

	assert(end <= n);
	for (size_t shorter = 0; shorter < end && shorter < 64; shorter++)
		assert(head_find_end(text, end - 1 - shorter) == 0); /* found as soon as it is there and not before */
	if (end) {
		struct http_head head;
		char *copy = fuzz_exact(text, end);
		int status = head_parse(copy, end, &head);
		assert(status == 0 || status == 400 || status == 405 || status == 411 || status == 414 || status == 417 || status == 431 || status == 505);
		if (!status)
			check_head(&head, text, end);
		free(copy);
	}
	struct fuzz_input in = { data, n };
	char *value = fuzz_string(&in, n);
	check_fields(value);
	free(value);
	free(text);
	return 0;
}
