#include "server/room/request.h"
#include "proto/json.h"
#include "proto/names.h"
#include "proto/text.h"
#include <string.h>

/* A character may be many code points; without a bound one of them could fill a message, and an object would not fit into one. */
enum { GRAPHEME_BYTES = 16 };

static bool refuse(struct refused *refused, enum refusal code, const char *say, const char *field, int64_t max)
{
	*refused = (struct refused){ .code = code, .say = say, .field = field, .max = max };
	return false;
}

void refused_write(struct buf *out, const struct refused *refused)
{
	const char *code = refusal_codes[refused->code];
	bool any = false;
	buf_str(out, "\"code\":\"");
	buf_str(out, code);
	buf_str(out, "\",\"say\":\"");
	buf_str(out, refused->say ? refused->say : code);
	buf_str(out, "\",\"args\":{");
	if (refused->field) {
		buf_str(out, "\"field\":");
		buf_json_string(out, refused->field, strlen(refused->field));
		any = true;
	}
	if (refused->max) {
		buf_str(out, any ? ",\"max\":" : "\"max\":");
		buf_int(out, refused->max);
	}
	buf_char(out, '}');
	if (refused->doc) {
		buf_str(out, ",\"doc\":");
		buf_json_string(out, refused->doc, strlen(refused->doc));
	}
	if (refused->retry_ms) {
		buf_str(out, ",\"retry_ms\":");
		buf_int(out, refused->retry_ms);
	}
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
	if (text_is_piled_up(item->valuestring, strlen(item->valuestring)))
		return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
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

/* Text of several lines is taken as it is, but for what no text may hold. */
static bool read_text(const cJSON *item, const struct field_spec *spec, struct value *value, struct refused *refused)
{
	*value = (struct value){ .s = item->valuestring, .n = strlen(item->valuestring) };
	if (text_measure(value->s, value->n) < 0)
		return refuse(refused, REFUSE_BAD_UTF8, NULL, spec->name, 0);
	if (value->n > (size_t)spec->max * GRAPHEME_BYTES)
		return refuse(refused, REFUSE_TOO_BIG, NULL, spec->name, 0);
	if (text_graphemes(value->s, value->n) > (size_t)spec->max)
		return refuse(refused, REFUSE_BAD_VALUE, "bad_value.long", spec->name, spec->max);
	return true;
}

/* Several ids become one value, joined with spaces in scratch. */
static bool read_ids(const cJSON *list, const struct field_spec *spec, struct buf *scratch, struct value *value, struct refused *refused)
{
	enum { IDS_MAX = 100 };
	size_t start = scratch->n;
	const cJSON *item, *other;
	if (!cJSON_IsArray(list))
		return refuse(refused, REFUSE_BAD_TYPE, NULL, spec->name, 0);
	if (!list->child || cJSON_GetArraySize(list) > IDS_MAX)
		return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			return refuse(refused, REFUSE_BAD_TYPE, NULL, spec->name, 0);
		if (!id_is_valid(item->valuestring, strlen(item->valuestring)))
			return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
		for (other = list->child; other != item; other = other->next)
			if (!strcmp(other->valuestring, item->valuestring))
				return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
		if (scratch->n > start)
			buf_char(scratch, ' ');
		buf_str(scratch, item->valuestring);
	}
	*value = (struct value){ .s = scratch->s + start, .n = scratch->n - start };
	buf_char(scratch, 0);
	return true;
}

bool request_is_key(const char *s, size_t n, bool or_empty)
{
	enum { KEY_MAX = 24 };
	if (!n)
		return or_empty;
	return n <= KEY_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n && s[0] >= 'a' && s[0] <= 'z';
}

static bool read_string(const cJSON *item, const struct field_spec *spec, struct buf *scratch, struct value *value, struct refused *refused)
{
	if (!cJSON_IsString(item))
		return refuse(refused, REFUSE_BAD_TYPE, NULL, spec->name, 0);
	size_t n = strlen(item->valuestring);
	if (spec->type == FIELD_LINE)
		return read_line(item, spec, scratch, value, refused);
	if (spec->type == FIELD_TEXT)
		return read_text(item, spec, value, refused);
	if (spec->type == FIELD_ID && !id_is_valid(item->valuestring, n))
		return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
	if (spec->type == FIELD_WORD && !(spec->values ? is_one_of(item->valuestring, spec->values) : request_is_key(item->valuestring, n, false)))
		return refuse(refused, REFUSE_BAD_VALUE, NULL, spec->name, 0);
	*value = (struct value){ .s = item->valuestring, .n = n };
	return true;
}

static bool read_value(const cJSON *item, const struct field_spec *spec, struct buf *scratch, struct value *value, struct refused *refused)
{
	*value = (struct value){ .s = "" };
	if (spec->type == FIELD_IDS)
		return read_ids(item, spec, scratch, value, refused);
	if (spec->type == FIELD_EDIT)
		return cJSON_IsArray(item) || refuse(refused, REFUSE_BAD_TYPE, NULL, spec->name, 0);
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
		n += cJSON_IsString(item) ? strlen(item->valuestring) + 1 : (size_t)cJSON_GetArraySize(item) * (ID_CHARS + 1);
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
		if (spec->args[a].type == FIELD_EDIT)
			request->edit = item;
	}
	for (int a = 0; a < spec->arg_count; a++)
		if (spec->args[a].need && !request_has(request, a))
			return refuse(refused, REFUSE_BAD_SHAPE, NULL, spec->args[a].name, 0);
	return true;
}

bool request_read(const cJSON *message, struct buf *scratch, struct request *request, struct refused *refused)
{
	static const char *const keys[] = { "t", "id", "doc", "cmd", "args", NULL };
	const char *s;
	size_t n;
	*request = (struct request){ .command = CMD_NONE, .message = message };
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
