/* Sentences: arguments, plurals, languages, and that every key the program says is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/pipe.h"
#include "client-cli/profile.h"
#include "client-cli/sentence.h"
#include "proto/statement.h"
#include "client-cli/view.h"
#include "proto/json.h"
#include <glob.h>
#include <stdio.h>

static void says(const char *key, const struct sentence_arg *args, const char *expected)
{
	struct buf out = { 0 };
	sentence_add(&out, key, args);
	assert_string_equal(out.s, expected);
	buf_release(&out);
}

static struct sentence_arg count(int64_t n)
{
	return (struct sentence_arg){ .name = "n", .n = n };
}

static void counts_choose_the_plural(void **state)
{
	(void)state;
	says("status.offline.kept", (struct sentence_arg[]){ count(1), { 0 } }, "Not connected. 1 change is kept here and will be sent.");
	says("status.offline.kept", (struct sentence_arg[]){ count(3), { 0 } }, "Not connected. 3 changes are kept here and will be sent.");
	says("wall.posts", (struct sentence_arg[]){ count(0), { 0 } }, "0 posts");
}

static void arguments_go_in_as_they_are(void **state)
{
	(void)state;
	says("login.done", (struct sentence_arg[]){ { "host", "a{name}b", 0 }, { "name", "{host}", 0 }, { 0 } }, "Signed in to a{name}b as {host}.");
	says("login.done", NULL, "Signed in to {host} as {name}.");
	says("no.such.key", NULL, "no.such.key");
	assert_false(sentence_has("no.such.key"));
}

static void refusals_are_said_by_say_or_else_by_code(void **state)
{
	static const struct { const char *no, *say; } cases[] = {
		{ "{\"code\":\"bad_value\",\"say\":\"bad_value.long\",\"args\":{\"field\":\"for\",\"max\":300}}", "“for” is too long: at most 300 characters." },
		{ "{\"code\":\"frozen\",\"say\":\"frozen.of.tomorrow\",\"args\":{}}", "Pens down. Your words are kept here until your instructor says go." },
		{ "{\"code\":\"rate\"}", "Too fast. It will be sent again in a moment." },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = { 0 };
		cJSON *no = cJSON_Parse(cases[i].no);
		sentence_add_refusal(&out, no);
		assert_string_equal(out.s, cases[i].say);
		buf_release(&out);
		cJSON_Delete(no);
	}
	struct buf out = { 0 };
	cJSON *no = cJSON_Parse("{\"code\":\"frozen\",\"say\":\"frozen\"}");
	sentence_add_refusal_pipe(&out, no); /* a command keeps nothing, so it must not say so */
	assert_null(strstr(out.s, "kept"));
	buf_release(&out);
	cJSON_Delete(no);
}

static void the_locale_chooses_the_language(void **state)
{
	(void)state;
	assert_string_equal(sentence_choose("en_GB.UTF-8"), "en");
	assert_string_equal(sentence_choose("C"), "en");
	assert_string_equal(sentence_choose("xx_YY@currency"), "en");
	assert_string_equal(sentence_choose(NULL), "en");
}

static bool is_key(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.", s[i]))
			return false;
	return n > 3 && memchr(s, '.', n);
}

/* Every string in the sources that looks like a key of ours is one. */
static void every_key_in_the_sources_is_in_the_catalogue(void **state)
{
	static const char *const families[] = { "statement.", "status.", "wall.", "names.", "post.", "compose.", "ask.", "say.", "door.", "help.", "leave.", "sent.", "watch.", "login.", "join.",
						"member.", "closed.", "usage.", "not_found.", "cmd.", "opt.", "storage.", "team.", "export." };
	glob_t files;
	size_t keys = 0;
	(void)state;
	assert_int_equal(glob("client-cli/*.c", 0, NULL, &files), 0);
	for (size_t f = 0; f < files.gl_pathc; f++) {
		struct buf text = { 0 };
		assert_int_equal(file_read(files.gl_pathv[f], 1 << 20, &text), 0);
		for (const char *p = text.s; (p = strchr(p, '"')); ) {
			size_t n = strcspn(++p, "\"\n");
			for (size_t k = 0; k < sizeof families / sizeof *families && is_key(p, n); k++)
				if (!strncmp(p, families[k], strlen(families[k])) && n > strlen(families[k])) {
					char key[64];
					snprintf(key, sizeof key, "%.*s", (int)n, p);
					/* Names of commands look like keys; they are in tables of their own. */
					if (!sentence_has(key))
						fail_msg("%s says \"%s\", which is in no catalogue", files.gl_pathv[f], key);
					keys++;
				}
			p += n + (p[n] == '"');
		}
		buf_release(&text);
	}
	assert_true(keys > 100);
	globfree(&files);
}

static struct statement words(const char *for_, const char *who, const char *offer, const char *helps, const char *venture)
{
	return (struct statement){ .part = { for_, who, offer, helps }, .venture = venture };
}

static void a_statement_is_one_sentence(void **state)
{
	const struct { struct statement words; const char *sentence; } cases[] = {
		{ words("nurses", "miss meals", "lockers", "them eat", ""), "For nurses who miss meals, we offer lockers that helps them eat." },
		{ words("nurses", "miss meals", "lockers", "them eat", "Nightbite"), "For nurses who miss meals, Nightbite offers lockers that helps them eat." },
		{ words("nurses", "", "", "", "Nightbite"), "For nurses." },
		{ words("", "", "lockers", "", ""), "We offer lockers." },
		{ words("", "", "", "nurses eat", ""), "We help nurses eat." },
		{ words("", "", "", "nurses eat", "Nightbite"), "Nightbite helps nurses eat." },
		{ words("", "", "lockers", "", "Nightbite"), "Nightbite offers lockers." },
		{ words("", "miss meals", "", "", ""), "For those who miss meals." },
		{ words("nurses.", "miss meals. ", "lockers;", "them eat.", ""), "For nurses who miss meals, we offer lockers that helps them eat." },
		{ words("nurses", "", "", "them “eat?”", ""), "For nurses, we help them “eat?”" },
		{ words("...", "", "lockers", "", ""), "For ..., we offer lockers." },
		{ words("夜班护士。", "没有时间吃饭。", "柜子。", "", ""), "For 夜班护士 who 没有时间吃饭, we offer 柜子。" },
		{ words(" ", "\t", "", " ", "Nightbite"), "" },
		{ words("nurses", "miss meals!", "", "", ""), "For nurses who miss meals!" },
		{ words("{venture}", "", "{x}", "", "{x}"), "For {venture}, {x} offers {x}." },
		{ words("", "", "", "", ""), "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf plain = { 0 }, drawn = { 0 };
		struct paragraph paragraph = { 0 };
		statement_add(&plain, &cases[i].words, sentence);
		assert_string_equal(buf_cstr(&plain), cases[i].sentence);
		/* The screen says the same. */
		view_statement(&paragraph, &cases[i].words, 0);
		for (size_t g = 0; g < paragraph.n; g++)
			buf_str(&drawn, paragraph.glyphs[g].cluster.bytes);
		assert_string_equal(buf_cstr(&drawn), cases[i].sentence);
		buf_release(&plain);
		buf_release(&drawn);
		paragraph_release(&paragraph);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_choose_the_plural),
		cmocka_unit_test(arguments_go_in_as_they_are),
		cmocka_unit_test(refusals_are_said_by_say_or_else_by_code),
		cmocka_unit_test(the_locale_chooses_the_language),
		cmocka_unit_test(every_key_in_the_sources_is_in_the_catalogue),
		cmocka_unit_test(a_statement_is_one_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
