#include "client-cli/draft.h"
#include "client-cli/profile.h"
#include "proto/json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DRAFTS_MAX = 1 << 20 };

static const char *key_of(const char *post)
{
	return *post ? post : "new";
}

void drafts_open(struct drafts *drafts, const char *path)
{
	static const struct json_limits limits = { .bytes_max = DRAFTS_MAX, .depth_max = 4, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64 };
	struct buf text = { 0 };
	enum json_verdict verdict;
	*drafts = (struct drafts){ .path = strdup(path) };
	if (!file_read(path, DRAFTS_MAX, &text))
		drafts->all = json_parse(text.s, text.n, &limits, &verdict);
	if (!cJSON_IsObject(drafts->all)) {
		cJSON_Delete(drafts->all);
		drafts->all = cJSON_CreateObject();
	}
	buf_release(&text);
}

void drafts_close(struct drafts *drafts)
{
	free(drafts->path);
	cJSON_Delete(drafts->all);
	*drafts = (struct drafts){ 0 };
}

static int write_file(const struct drafts *drafts)
{
	if (!drafts->all->child)
		return unlink(drafts->path) && errno != ENOENT ? errno : 0;
	char *text = cJSON_PrintUnformatted(drafts->all);
	int err = text ? file_replace(drafts->path, text, strlen(text)) : ENOMEM;
	free(text);
	return err;
}

int drafts_keep(struct drafts *drafts, const struct compose *compose)
{
	cJSON_DeleteItemFromObjectCaseSensitive(drafts->all, key_of(compose->post));
	if (!compose_is_empty(compose)) {
		cJSON *words = cJSON_AddObjectToObject(drafts->all, key_of(compose->post));
		for (int f = 0; f < COMPOSE_WORDS; f++)
			if (compose->words[f].text.n)
				cJSON_AddStringToObject(words, compose_names[f], editor_text(&compose->words[f]));
		if (*compose->section)
			cJSON_AddStringToObject(words, "section", compose->section);
		if (compose->version)
			cJSON_AddNumberToObject(words, "version", (double)compose->version);
	}
	return write_file(drafts);
}

bool drafts_take(const struct drafts *drafts, struct compose *compose)
{
	const cJSON *words = json_object(drafts->all, key_of(compose->post));
	const char *s;
	size_t n;
	if (!words)
		return false;
	for (int f = 0; f < COMPOSE_WORDS; f++)
		editor_set(&compose->words[f], json_str(words, compose_names[f], &s, &n) ? s : "");
	if (json_str(words, "section", &s, &n))
		snprintf(compose->section, sizeof compose->section, "%s", s);
	json_int(words, "version", 1, JSON_INT_MAX, &compose->version);
	return true;
}

int drafts_drop(struct drafts *drafts, const char *post)
{
	if (!drafts_has(drafts, post))
		return 0;
	cJSON_DeleteItemFromObjectCaseSensitive(drafts->all, key_of(post));
	return write_file(drafts);
}

static void note_key(const char *canvas, char out[OBJECT_ID_CAP + 8])
{
	snprintf(out, OBJECT_ID_CAP + 8, "note.%s", canvas);
}

int drafts_keep_note(struct drafts *drafts, const char *canvas, const char *box, const char *text)
{
	char key[OBJECT_ID_CAP + 8];
	note_key(canvas, key);
	cJSON_DeleteItemFromObjectCaseSensitive(drafts->all, key);
	if (*text) {
		cJSON *words = cJSON_AddObjectToObject(drafts->all, key);
		cJSON_AddStringToObject(words, "box", box);
		cJSON_AddStringToObject(words, "text", text);
	}
	return write_file(drafts);
}

bool drafts_take_note(const struct drafts *drafts, const char *canvas, const char **box, const char **text)
{
	char key[OBJECT_ID_CAP + 8];
	size_t n;
	note_key(canvas, key);
	const cJSON *words = json_object(drafts->all, key);
	return words && json_str(words, "box", box, &n) && json_str(words, "text", text, &n);
}

bool drafts_has(const struct drafts *drafts, const char *post)
{
	return json_has(drafts->all, key_of(post));
}

size_t drafts_count(const struct drafts *drafts)
{
	return (size_t)cJSON_GetArraySize(drafts->all);
}
