#include "client-cli/pipe.h"
#include "client-cli/sentence.h"
#include "proto/json.h"
#include <stdlib.h>
#include <string.h>

static void add_some(cJSON *json, const char *key, const char *value)
{
	if (*value)
		cJSON_AddStringToObject(json, key, value);
}

cJSON *post_json(const struct picture *picture, const struct wall_post *post)
{
	cJSON *json = cJSON_CreateObject();
	const struct wall_section *section = picture_section(picture, post->section);
	cJSON_AddStringToObject(json, "id", post->id);
	for (int p = 0; p < PARTS; p++)
		cJSON_AddStringToObject(json, part_names[p], post->words.part[p]);
	cJSON_AddStringToObject(json, "venture", post->words.venture);
	cJSON_AddStringToObject(json, "author", post->author_name);
	cJSON_AddStringToObject(json, "section", section ? section->title : "");
	cJSON_AddStringToObject(json, "state", post->state);
	add_some(json, "reason", post->reason);
	if (post->revision)
		cJSON_AddStringToObject(json, "revision", object_str(post->revision, REVISION_STATE));
	add_some(json, "deleted", post->deleted);
	return json;
}

/* --- post --json - --- */

static const char *const post_keys[] = { "for", "who", "offer", "helps", "venture", "names" };

static bool is_post_key(const char *key)
{
	for (size_t i = 0; i < sizeof post_keys / sizeof *post_keys; i++)
		if (!strcmp(post_keys[i], key))
			return true;
	return false;
}

struct post_line post_line_read(const char *line, size_t n)
{
	struct post_line out = { 0 };
	enum json_verdict verdict;
	cJSON *json = json_parse(line, n, &json_limits_client, &verdict), *item;
	if (!json || !cJSON_IsObject(json)) {
		out.code = out.say = json ? "bad_shape" : json_verdict_code(verdict);
		goto out;
	}
	out.args = cJSON_CreateObject();
	cJSON_ArrayForEach(item, json)
	{
		bool section = !strcmp(item->string, "section");
		if (!section && !is_post_key(item->string))
			out.code = out.say = "bad_shape";
		else if (!cJSON_IsString(item))
			out.code = out.say = "bad_type";
		else if (!section)
			cJSON_AddStringToObject(out.args, item->string, item->valuestring);
		else if (*item->valuestring)
			out.section = strdup(item->valuestring);
	}
	if (out.code) {
		cJSON_Delete(out.args);
		free(out.section);
		out.args = NULL;
		out.section = NULL;
	}
out:
	cJSON_Delete(json);
	return out;
}

/* --- set --- */

static const struct setting {
	const char *key;
	bool of_class;
	enum field_type type;
	const char *values; /* what it can be, for words and bools */
} settings[] = {
	{ "title", true, FIELD_LINE, NULL },
	{ "door", true, FIELD_WORD, "open closed" },
	{ "teams", true, FIELD_WORD, "staff self" },
	{ "prompt", false, FIELD_LINE, NULL },
	{ "hold", false, FIELD_BOOL, "on off" },
	{ "names", false, FIELD_WORD, "named hidden" },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static bool is_one_of(const char *value, const char *list)
{
	size_t n = strlen(value);
	for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " ") == n && !strncmp(p, value, n))
			return true;
	return false;
}

enum setting_verdict setting_read(const char *text, cJSON *class_args, cJSON *wall_args, struct buf *values)
{
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : 0;
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		if (!equals || strlen(setting->key) != n || strncmp(setting->key, text, n) != 0)
			continue;
		if (setting->values && !is_one_of(equals + 1, setting->values)) {
			buf_str(values, setting->values);
			return SETTING_BAD_VALUE;
		}
		cJSON *args = setting->of_class ? class_args : wall_args;
		cJSON_DeleteItemFromObjectCaseSensitive(args, setting->key);
		if (setting->type == FIELD_BOOL)
			cJSON_AddBoolToObject(args, setting->key, !strcmp(equals + 1, "on"));
		else
			cJSON_AddStringToObject(args, setting->key, equals + 1);
		return SETTING_OK;
	}
	for (size_t i = 0; i < SETTINGS; i++) {
		buf_str(values, i ? " " : "");
		buf_str(values, settings[i].key);
	}
	return SETTING_NO_KEY;
}
