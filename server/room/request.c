#include "server/room/request.h"
#include "proto/json.h"
#include "proto/names.h"
#include <string.h>

/* A character may be many code points; without a bound one of them could fill a message, and an object would not fit into one. */
enum { GRAPHEME_BYTES = 16 };

static bool refuse(struct refused *refused, enum refusal code, const char *say, const char *field, int64_t max)
{
	*refused = (struct refused){ .code = code, .say = say, .field = field, .max = max };
	return false;
}

bool json_only(const cJSON *message, const char *const *keys)
{
	for (const cJSON *item = message->child; item; item = item->next) {
		const char *const *key = keys;
		while (*key && strcmp(*key, item->string) != 0)
			key++;
		if (!*key)
			return false;
	}
	return true;
}

static bool is_one_of(const char *s, const char *const *values)
{
	for (; *values; values++)
		if (!strcmp(s, *values))
			return true;
	return false;
}

/* A person's line: normalised into scratch, which is reserved beforehand so that earlier arguments do not move. */
static bool read_line(const cJSON *item, const struct field_spec *spec, struct buf *scratch, struct value *value, struct refused *refused)
{
	size_t start = scratch->n;
	if (!line_normalise(item->valuestring, strlen(item->valuestring), scratch))
		return refuse(refused, REFUSE_BAD_UTF8, NULL, spec->name, 0);
	value->n = scratch->n - start;
	value->s = scratch->s + start;
	buf_char(scratch, 0);
	if (spec->max && value->n > (size_t)spec->max * GRAPHEME_BYTES)
		return refuse(refused, REFUSE_TOO_BIG, NULL, spec->name, 0);
	if (spec->max && text_graphemes(value->s, value->n) > (size_t)spec->max)
		return refuse(refused, REFUSE_BAD_VALUE, "bad_value.long", spec->name, spec->max);
	if (spec->need && !value->n)
		return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
	return true;
}

static bool read_string(const cJSON *item, const struct field_spec *spec, struct buf *scratch, struct value *value, struct refused *refused)
{
	if (!cJSON_IsString(item))
		return refuse(refused, REFUSE_BAD_TYPE, NULL, spec->name, 0);
	size_t n = strlen(item->valuestring);
	if (field_type_is_typed(spec->type))
		return read_line(item, spec, scratch, value, refused);
	if (spec->type == FIELD_ID && !id_is_valid(item->valuestring, n))
		return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
	if (spec->values && !is_one_of(item->valuestring, spec->values))
		return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
	*value = (struct value){ .s = item->valuestring, .n = n };
	return true;
}

static bool read_value(const cJSON *item, const struct field_spec *spec, struct buf *scratch, struct value *value, struct refused *refused)
{
	*value = (struct value){ .s = "" };
	if (field_type_is_string(spec->type))
		return read_string(item, spec, scratch, value, refused);
	if (spec->type == FIELD_BOOL) {
		value->i = cJSON_IsTrue(item);
		return cJSON_IsBool(item) || refuse(refused, REFUSE_BAD_TYPE, NULL, spec->name, 0);
	}
	if (!cJSON_IsNumber(item))
		return refuse(refused, REFUSE_BAD_TYPE, NULL, spec->name, 0);
	value->i = (int64_t)item->valuedouble;
	return value->i >= 0 || refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
}

static int arg_by_name(const struct command_spec *spec, const char *name)
{
	for (int a = 0; a < spec->arg_count; a++)
		if (!strcmp(spec->args[a].name, name))
			return a;
	return -1;
}

static size_t typed_bytes(const cJSON *args)
{
	size_t n = 0;
	for (const cJSON *item = args->child; item; item = item->next)
		n += cJSON_IsString(item) ? strlen(item->valuestring) + 1 : 0;
	return n;
}

static bool read_args(const cJSON *args, struct buf *scratch, struct request *request, struct refused *refused)
{
	const struct command_spec *spec = &command_specs[request->command];
	/* NFC lengthens text at most threefold in UTF-8 (Unicode annex 15, table of expansion factors). */
	buf_reserve(scratch, 3 * typed_bytes(args) + 64);
	for (const cJSON *item = args->child; item; item = item->next) {
		int a = arg_by_name(spec, item->string);
		if (a < 0)
			return refuse(refused, REFUSE_BAD_SHAPE, NULL, NULL, 0);
		if (!read_value(item, &spec->args[a], scratch, &request->args[a], refused))
			return false;
		request->given |= 1u << a;
	}
	for (int a = 0; a < spec->arg_count; a++)
		if (spec->args[a].need && !request_has(request, a))
			return refuse(refused, REFUSE_BAD_SHAPE, NULL, spec->args[a].name, 0);
	return true;
}

static enum command command_by_name(const char *name)
{
	for (int c = 1; c < CMD_COUNT; c++)
		if (!strcmp(command_specs[c].name, name))
			return (enum command)c;
	return CMD_NONE;
}

bool request_read(const cJSON *message, struct buf *scratch, struct request *request, struct refused *refused)
{
	static const char *const keys[] = { "t", "id", "doc", "cmd", "args", NULL };
	const char *s;
	size_t n;
	*request = (struct request){ .command = CMD_NONE };
	for (int a = 0; a < FIELDS_MAX; a++)
		request->args[a].s = "";

	if (!json_str(message, "id", &s, &n))
		return refuse(refused, json_has(message, "id") ? REFUSE_BAD_TYPE : REFUSE_BAD_SHAPE, NULL, "id", 0);
	if (!id_decode(s, n, request->id_bytes))
		return refuse(refused, REFUSE_BAD_VALUE, NULL, "id", 0);
	memcpy(request->id, s, n + 1);
	if (!json_only(message, keys))
		return refuse(refused, REFUSE_BAD_SHAPE, NULL, NULL, 0);
	if (!json_str(message, "doc", &s, &n))
		return refuse(refused, json_has(message, "doc") ? REFUSE_BAD_TYPE : REFUSE_BAD_SHAPE, NULL, "doc", 0);
	if (strcmp(s, "class") != 0 && !id_is_valid(s, n))
		return refuse(refused, REFUSE_BAD_VALUE, NULL, "doc", 0);
	memcpy(request->doc, s, n + 1);
	if (!json_str(message, "cmd", &s, &n))
		return refuse(refused, json_has(message, "cmd") ? REFUSE_BAD_TYPE : REFUSE_BAD_SHAPE, NULL, "cmd", 0);
	request->command = command_by_name(s);
	if (request->command == CMD_NONE)
		return refuse(refused, REFUSE_UNKNOWN_TYPE, "unknown_command", NULL, 0);
	const cJSON *args = json_object(message, "args");
	if (!args)
		return refuse(refused, json_has(message, "args") ? REFUSE_BAD_TYPE : REFUSE_BAD_SHAPE, NULL, "args", 0);
	return read_args(args, scratch, request, refused);
}
