/* Commands: from bytes, or from the table of commands with arguments left out, of the wrong type, or odd. What is taken keeps every promise of the table, and reading it from what it says gives the same request. */
#include "tests/fuzz/fuzz.h"

#include "proto/json.h"
#include "proto/names.h"
#include "proto/text.h"
#include "server/room/request.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

static void add_string(struct fuzz_input *in, struct buf *out)
{
	size_t length = fuzz_pick(in, 24);
	struct buf text = { 0 };

	if (length == 23) {
		char *bytes = fuzz_string(in, fuzz_byte(in));
		buf_char(out, '"');
		buf_str(out, bytes); /* escapes, or no JSON at all */
		buf_char(out, '"');
		free(bytes);
		return;
	}
	while (length--)
		fuzz_add_character(in, &text);
	buf_json_string(out, buf_cstr(&text), text.n);
	buf_release(&text);
}

static void add_value(struct fuzz_input *in, struct buf *out, const struct field_spec *spec)
{
	static const char *const odd[] = { "null", "true", "false", "0", "-1", "7", "9007199254740991", "[]", "{}", "\"\"", "\"" ID "\"", "[[1],{\"a\":2}]" };
	size_t kind = fuzz_pick(in, 8);
	size_t values = 0;

	while (spec->values && spec->values[values])
		values++;
	if (kind == 0)
		buf_str(out, odd[fuzz_pick(in, sizeof odd / sizeof *odd)]);
	else if (spec->type == FIELD_INT)
		buf_int(out, fuzz_byte(in) - 2);
	else if (spec->type == FIELD_BOOL)
		buf_str(out, fuzz_pick(in, 2) ? "true" : "false");
	else if (spec->type == FIELD_ID)
		buf_str(out, "\"" ID "\"");
	else if (spec->type == FIELD_IDS)
		buf_str(out, kind == 1 ? "[\"" ID "\",\"" ID "\"]" : kind == 2 ? "[\"" ID "\",7]" : "[\"" ID "\",\"BAAAAAAAAAAAAAAAAAAAAA\"]");
	else if (spec->type == FIELD_EDIT)
		buf_str(out, kind == 1 ? "{\"d\":1}" : "[1,\"x\",{\"d\":2}]");
	else if (values && kind > 1)
		buf_json_string(out, spec->values[kind % values], strlen(spec->values[kind % values]));
	else
		add_string(in, out);
}

static void add_args(struct fuzz_input *in, struct buf *out, const struct command_spec *spec)
{
	bool any = false;

	buf_char(out, '{');
	for (int a = 0; a < spec->arg_count; a++) {
		if (fuzz_pick(in, 8) == 0)
			continue;
		buf_str(out, any ? ",\"" : "\"");
		buf_str(out, spec->args[a].name);
		buf_str(out, "\":");
		add_value(in, out, &spec->args[a]);
		any = true;
	}
	if (fuzz_pick(in, 16) == 1)
		buf_str(out, any ? ",\"more\":1" : "\"more\":1");
	buf_char(out, '}');
}

static void add_message(struct fuzz_input *in, struct buf *out)
{
	const struct command_spec *spec = &command_specs[1 + fuzz_pick(in, CMD_COUNT - 1)];

	buf_str(out, "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"");
	buf_str(out, fuzz_pick(in, 2) ? "class" : ID);
	buf_str(out, "\",\"cmd\":\"");
	buf_str(out, spec->name);
	buf_str(out, "\",\"args\":");
	add_args(in, out, spec);
	buf_char(out, '}');
}

static void check_line(const struct field_spec *spec, const struct value *value)
{
	struct buf again = { 0 };

	assert(fuzz_is_plain(value->s, value->n));
	assert(line_normalise(value->s, value->n, &again) && again.n == value->n && !memcmp(buf_cstr(&again), value->s, value->n));
	assert(!spec->max || text_graphemes(value->s, value->n) <= (size_t)spec->max);
	assert(!spec->need || value->n);
	buf_release(&again);
}

/* Valid ids, none twice. */
static void check_ids(const struct value *value)
{
	assert(value->n % (ID_CHARS + 1) == ID_CHARS && value->n / (ID_CHARS + 1) < 100);
	for (size_t at = 0; at < value->n; at += ID_CHARS + 1) {
		assert(id_is_valid(value->s + at, ID_CHARS) && (!at || value->s[at - 1] == ' '));
		for (size_t other = 0; other < at; other += ID_CHARS + 1)
			assert(memcmp(value->s + at, value->s + other, ID_CHARS));
	}
}

static void check_text(const struct field_spec *spec, const struct value *value)
{
	assert(text_measure(value->s, value->n) >= 0 && text_graphemes(value->s, value->n) <= (size_t)spec->max);
}

static void check_value(const struct field_spec *spec, const struct value *value)
{
	bool known = !spec->values;

	if (spec->type == FIELD_EDIT)
		return;

	if (!field_type_is_string(spec->type)) {
		assert(value->i >= 0 && value->i <= (spec->type == FIELD_BOOL ? 1 : JSON_INT_MAX));
		return;
	}
	assert(strlen(value->s) == value->n);
	for (size_t v = 0; !known; v++) {
		assert(spec->values[v]);
		known = !strcmp(spec->values[v], value->s);
	}
	assert(spec->type != FIELD_ID || id_is_valid(value->s, value->n));
	assert(spec->type != FIELD_WORD || spec->values || request_is_key(value->s, value->n, false));
	if (spec->type == FIELD_IDS)
		check_ids(value);
	else if (spec->type == FIELD_TEXT)
		check_text(spec, value);
	else if (spec->type == FIELD_LINE)
		check_line(spec, value);
}

static void check_request(const struct request *request)
{
	const struct command_spec *spec = &command_specs[request->command];
	char id[ID_CHARS + 1];

	assert(request->command > CMD_NONE && request->command < CMD_COUNT);
	id_encode(request->id_bytes, id);
	assert(!strcmp(id, request->id));
	assert(!strcmp(request->doc, "class") || id_is_valid(request->doc, strlen(request->doc)));
	assert(spec->arg_count == FIELDS_MAX || request->given >> spec->arg_count == 0);
	for (int a = 0; a < spec->arg_count; a++) {
		assert(request_has(request, a) || !spec->args[a].need);
		if (request_has(request, a))
			check_value(&spec->args[a], &request->args[a]);
		if (request_has(request, a) && spec->args[a].type == FIELD_EDIT)
			assert(cJSON_IsArray(request->edit));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_input in = { data, n };
	struct buf text = { 0 }, scratch = { 0 };
	struct request request;
	struct refused refused = { .code = REFUSAL_NONE };
	enum json_verdict verdict;

	if (n && *data == '{')
		buf_add(&text, data, n);
	else
		add_message(&in, &text);
	cJSON *message = json_parse(text.s, text.n, NULL, &verdict);
	if (cJSON_IsObject(message)) {
		bool taken = request_read(message, &scratch, &request, &refused);
		assert(taken == (refused.code == REFUSAL_NONE));
		if (taken)
			check_request(&request);
		else
			assert(!*request.id || id_is_valid(request.id, strlen(request.id)));
	}
	cJSON_Delete(message);
	buf_release(&text);
	buf_release(&scratch);
	return 0;
}
