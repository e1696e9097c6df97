#include "client-cli/sentence.h"
#include "proto/json.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The catalogues, as bytes of this binary. Paths are relative to the top of the repository, where the compiler runs. */
#define EMBED(name, path)                                                                                                                            \
	__asm__(".pushsection .rodata\n.global " #name "\n.global " #name "_end\n" #name ":\n.incbin \"" path "\"\n" #name "_end:\n.byte 0\n.popsection\n"); \
	extern const char name[], name##_end[]

EMBED(forwhom_said_by_server_en, "proto/sentences/en.json");
EMBED(forwhom_said_by_client_en, "client-cli/sentences/en.json");

struct span {
	const char *from, *to;
};

struct language {
	const char *name;
	struct span files[2];
	const char *(*plural)(int64_t n); /* the CLDR category of a count */
};

static const char *plural_en(int64_t n)
{
	return n == 1 ? "one" : "other";
}

static const struct language languages[] = {
	{ "en", { { forwhom_said_by_client_en, forwhom_said_by_client_en_end }, { forwhom_said_by_server_en, forwhom_said_by_server_en_end } }, plural_en },
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

/* [0] English, which fills the gaps of [1], the chosen one. */
static struct catalogue {
	const struct language *language;
	cJSON *files[2];
} catalogues[2];

static void catalogue_load(struct catalogue *catalogue, const struct language *language)
{
	static const struct json_limits limits = { .bytes_max = 1 << 20, .depth_max = 4, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64 };
	enum json_verdict verdict;
	for (int i = 0; i < 2; i++) {
		cJSON_Delete(catalogue->files[i]);
		catalogue->files[i] = json_parse(language->files[i].from, (size_t)(language->files[i].to - language->files[i].from), &limits, &verdict);
		if (!catalogue->files[i])
			abort(); /* a broken catalogue is a broken build; the unit test says where */
	}
	catalogue->language = language;
}

static const struct language *language_of(const char *locale)
{
	size_t n = strcspn(locale ? locale : "", "_.@");
	for (int i = 0; i < LANGUAGES; i++)
		if (strlen(languages[i].name) == n && !strncasecmp(languages[i].name, locale, n))
			return &languages[i];
	return &languages[0];
}

const char *sentence_choose(const char *locale)
{
	catalogue_load(&catalogues[0], &languages[0]);
	catalogue_load(&catalogues[1], language_of(locale));
	return catalogues[1].language->name;
}

void sentence_init(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	const char *locale = "en";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value) {
			locale = value;
			break;
		}
	}
	sentence_choose(locale);
}

/* --- lookup --- */

static const cJSON *find(const char *key, const struct language **language)
{
	if (!catalogues[0].language)
		sentence_init();
	for (int c = 1; c >= 0; c--)
		for (int f = 0; f < 2; f++) {
			const cJSON *item = json_get(catalogues[c].files[f], key);
			*language = catalogues[c].language;
			if (item)
				return item;
		}
	return NULL;
}

bool sentence_has(const char *key)
{
	const struct language *language;
	return find(key, &language) != NULL;
}

static const struct sentence_arg *arg_of(const struct sentence_arg *args, const char *name, size_t n)
{
	for (; args && args->name; args++)
		if (strlen(args->name) == n && !memcmp(args->name, name, n))
			return args;
	return NULL;
}

static const char *template_of(const char *key, const struct sentence_arg *args)
{
	const struct language *language;
	const cJSON *item = find(key, &language);
	if (cJSON_IsObject(item)) {
		const struct sentence_arg *count = arg_of(args, "n", 1);
		const cJSON *form = json_get(item, language->plural(count ? count->n : 0));
		item = form ? form : json_get(item, "other");
	}
	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static void add_arg(struct buf *out, const struct sentence_arg *arg)
{
	if (arg->s)
		buf_str(out, arg->s);
	else
		buf_int(out, arg->n);
}

static void fill(struct buf *out, const char *text, const struct sentence_arg *args)
{
	while (*text) {
		const char *close = *text == '{' ? strchr(text, '}') : NULL;
		const struct sentence_arg *arg = close ? arg_of(args, text + 1, (size_t)(close - text - 1)) : NULL;
		if (arg) {
			add_arg(out, arg);
			text = close + 1;
		} else {
			buf_char(out, *text++);
		}
	}
}

void sentence_add(struct buf *out, const char *key, const struct sentence_arg *args)
{
	const char *text = template_of(key, args);
	if (text)
		fill(out, text, args);
	else
		buf_str(out, key);
}

const char *sentence(const char *key)
{
	const char *text = template_of(key, NULL);
	return text ? text : key;
}

void sentence_add_json(struct buf *out, const char *key, const cJSON *args)
{
	enum { ARGS_MAX = 8 };
	struct sentence_arg list[ARGS_MAX + 1] = { 0 };
	int n = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, args)
	{
		if (n == ARGS_MAX || !item->string)
			break;
		if (cJSON_IsString(item))
			list[n++] = (struct sentence_arg){ .name = item->string, .s = item->valuestring };
		else if (cJSON_IsNumber(item))
			list[n++] = (struct sentence_arg){ .name = item->string, .n = (int64_t)item->valuedouble };
	}
	sentence_add(out, key, list);
}

static const char *refusal_key(const cJSON *no)
{
	const char *code = "", *say = "";
	size_t n;
	json_str(no, "code", &code, &n);
	json_str(no, "say", &say, &n);
	return sentence_has(say) ? say : code;
}

void sentence_add_refusal(struct buf *out, const cJSON *no)
{
	sentence_add_json(out, refusal_key(no), json_object(no, "args"));
}

void sentence_add_refusal_pipe(struct buf *out, const cJSON *no)
{
	struct buf key = { 0 };
	buf_str(&key, refusal_key(no));
	size_t n = key.n;
	buf_str(&key, ".pipe");
	if (!sentence_has(key.s))
		key.s[n] = 0;
	sentence_add_json(out, key.s, json_object(no, "args"));
	buf_release(&key);
}
