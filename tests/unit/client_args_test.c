/* What people give on the command line and on standard input: places, arguments, lines, settings; and the delays between attempts to connect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/args.h"
#include "client-cli/link.h"
#include "client-cli/pipe.h"
#include "client-cli/place.h"
#include "proto/json.h"
#include <stdio.h>

#define SECRET "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg"

static void places_are_read(void **state)
{
	static const struct {
		const char *text;
		bool insecure;
		enum place_verdict verdict;
		const char *origin, *code;
	} cases[] = {
		{ "kxr-4htm", false, PLACE_OK, NULL, "KXR4HTM" },
		{ "KXR4HTM@localhost", false, PLACE_OK, "http://localhost:8080", "KXR4HTM" },
		{ "KXR4HTM@127.0.0.1:81", false, PLACE_OK, "http://127.0.0.1:81", "KXR4HTM" },
		{ "KXR4HTM@[::1]:81", false, PLACE_OK, "http://[::1]:81", "KXR4HTM" },
		{ "KXR4HTM@class.example.org", false, PLACE_OK, "https://class.example.org", "KXR4HTM" },
		{ "KXR4HTM@class.example.org:8443", false, PLACE_OK, "https://class.example.org:8443", "KXR4HTM" },
		{ "KXR4HTM@127.example.org", false, PLACE_OK, "https://127.example.org", "KXR4HTM" },
		{ "http://127.example.org/#/KXR-4HTM", false, PLACE_INSECURE, NULL, NULL },
		{ "KXR4HTM@192.168.1.4", true, PLACE_OK, "http://192.168.1.4:8080", "KXR4HTM" },
		{ "http://192.168.1.4/#/KXR-4HTM", false, PLACE_INSECURE, NULL, NULL },
		{ "http://192.168.1.4/#/KXR-4HTM", true, PLACE_OK, "http://192.168.1.4", "KXR4HTM" },
		{ "https://example.org/class/#/KXR-4HTM/as/" SECRET, false, PLACE_OK, "https://example.org/class", "KXR4HTM" },
		{ "http://localhost:8080", false, PLACE_OK, "http://localhost:8080", "" },
		{ "KXR4HT", false, PLACE_BAD_CODE, NULL, NULL },
		{ "KXR4HTA", false, PLACE_BAD_CODE, NULL, NULL },
		{ "KXR4HTM@", false, PLACE_BAD_HOST, NULL, NULL },
		{ "KXR4HTM@a b", false, PLACE_BAD_HOST, NULL, NULL },
		{ "KXR4HTM@a\r\nHost: b", false, PLACE_BAD_HOST, NULL, NULL },
		{ "KXR4HTM@a:0", false, PLACE_BAD_HOST, NULL, NULL },
		{ "KXR4HTM@a:65536", false, PLACE_BAD_HOST, NULL, NULL },
		{ "KXR4HTM@a:8x", false, PLACE_BAD_HOST, NULL, NULL },
		{ "KXR4HTM@[::1", false, PLACE_BAD_HOST, NULL, NULL },
		{ "https://user@host/", false, PLACE_BAD_HOST, NULL, NULL },
		{ "https://example.org/a b", false, PLACE_BAD_HOST, NULL, NULL },
		{ "https://example.org/#/KXR-4HTM/as/short", false, PLACE_BAD_CODE, NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct place place;
		struct buf origin = { 0 };
		enum place_verdict verdict = place_parse(cases[i].text, cases[i].insecure, &place);
		if (verdict != cases[i].verdict)
			fail_msg("%s: %d", cases[i].text, verdict);
		if (verdict == PLACE_OK && cases[i].origin) {
			place_origin(&place, &origin);
			assert_string_equal(origin.s, cases[i].origin);
		}
		if (verdict == PLACE_OK) {
			assert_string_equal(place.code, cases[i].code);
			assert_int_equal(place_has_server(&place), cases[i].origin != NULL);
		}
		buf_release(&origin);
	}
}

static void links_carry_their_secrets(void **state)
{
	struct place place;
	(void)state;
	assert_int_equal(place_parse("http://localhost:8080/#/invite/" SECRET "\n", false, &place), PLACE_OK);
	assert_string_equal(place.invite, SECRET);
	assert_int_equal(place_parse("https://example.org/#/KXR-4HTM/as/" SECRET, false, &place), PLACE_OK);
	assert_string_equal(place.member, SECRET);
}

static enum args_verdict read_args(struct args *args, const char *const *argv, struct buf *complaint)
{
	int argc = 0;
	while (argv[argc])
		argc++;
	return args_read(argc, (char **)argv, args, complaint);
}

#define READ(...) read_args(&args, (const char *const[]){ "forwhom", __VA_ARGS__, NULL }, &complaint)

static void commands_are_read(void **state)
{
	struct args args;
	struct buf complaint = { 0 };
	(void)state;
	assert_int_equal(READ("class", "new", "--host=http://localhost", "--title", "T", "--section", "A", "--section", "B", "--hold", "--json"), ARGS_OK);
	assert_int_equal(args.verb, VERB_CLASS_NEW);
	assert_string_equal(args.options[OPTION_TITLE], "T");
	assert_int_equal(args.section_count, 2);
	assert_string_equal(args.sections[1], "B");
	assert_true(args_has(&args, OPTION_HOLD) && args_has(&args, OPTION_JSON));
	assert_int_equal(READ("--profile", "x", "post", "KXR4HTM", "--json", "-"), ARGS_OK);
	assert_int_equal(args.verb, VERB_POST);
	assert_string_equal(args.words[1], "-");
	assert_int_equal(READ("KXR-4HTM@localhost"), ARGS_OK);
	assert_int_equal(args.verb, VERB_NONE);
	assert_int_equal(READ("hide", "KXR4HTM", "-9pcDhCS"), ARGS_OK); /* an id may begin with a dash */
	assert_string_equal(args.words[1], "-9pcDhCS");
	assert_int_equal(READ("hide", "KXR4HTM", "--", "--pcDhCS"), ARGS_OK);
	assert_string_equal(args.words[1], "--pcDhCS");
	assert_int_equal(READ("canvas", "note", "add", "KXR4HTM", "Red", "pains", "words", "--tag", "a", "--tag=b", "--type", "2"), ARGS_OK);
	assert_int_equal(args.verb, VERB_NOTE_ADD);
	assert_int_equal(args.word_count, 4);
	assert_int_equal(args.tag_count, 2);
	assert_string_equal(args.tags[1], "b");
	assert_int_equal(READ("canvas", "note", "add", "KXR4HTM", "Red", "-", "--json"), ARGS_OK);
	assert_int_equal(READ("canvas", "box", "set", "KXR4HTM", "Red", "pains", "--cell", "1,2"), ARGS_OK);
	assert_int_equal(args.verb, VERB_BOX_SET);
	assert_int_equal(READ("export", "KXR4HTM", "wall", "--format", "csv", "-o", "x.csv"), ARGS_OK);
	assert_string_equal(args.options[OPTION_OUTPUT], "x.csv");
	assert_int_equal(READ("restore", "KXR4HTM", "Red", "--at", "12", "--box", "pains"), ARGS_OK);
	assert_int_equal(args.verb, VERB_RESTORE);
	assert_int_equal(READ("post", "--help"), ARGS_HELP);
	assert_int_equal(READ("-h"), ARGS_HELP);
	assert_int_equal(READ("help"), ARGS_HELP);
	assert_int_equal(READ("--version"), ARGS_VERSION);
	buf_release(&complaint);
}

static void bad_usage_is_refused(void **state)
{
	static const char *const lines[][8] = {
		{ "forwhom", "bogus" }, { "forwhom", "post" }, { "forwhom", "ls", "A", "B" }, { "forwhom", "ls", "A", "--for", "x" }, { "forwhom", "join", "A" }, { "forwhom", "class", "new" },
		{ "forwhom", "class" }, { "forwhom", "ls", "A", "--json=1" }, { "forwhom", "ls", "A", "--nothing" }, { "forwhom", "join", "A", "--name" }, { "forwhom", "ls", "A", "-x" },
		{ "forwhom", "section" }, { "forwhom", "-x" }, { "forwhom", "post", "A", "words" }, { "forwhom", "post", "A", "-", "--for", "x" },
		{ "forwhom", "canvas" }, { "forwhom", "canvas", "note" }, { "forwhom", "canvas", "note", "burn", "A", "B" }, { "forwhom", "canvas", "show", "A" }, { "forwhom", "export", "A", "wall" },
		{ "forwhom", "revert", "A", "wall", "--member", "x" }, { "forwhom", "canvas", "box", "add", "A", "B", "key" }, { "forwhom", "template", "check" }, { "forwhom", "ls", "A", "-o", "x" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct args args;
		struct buf complaint = { 0 };
		assert_int_equal(read_args(&args, lines[i], &complaint), ARGS_BAD);
		assert_true(complaint.n > 0);
		buf_release(&complaint);
	}
}

static void every_command_has_help(void **state)
{
	(void)state;
	for (int v = VERB_NONE; v < VERB_COUNT; v++) {
		struct buf help = { 0 };
		args_help((enum verb)v, &help);
		assert_non_null(strstr(help.s, verb_name((enum verb)v)));
		assert_null(strstr(help.s, "cmd."));
		assert_null(strstr(help.s, "opt."));
		buf_release(&help);
	}
}

static void post_lines_are_read(void **state)
{
	static const char good[] = "{\"for\":\"a\",\"section\":\"Food\",\"names\":\"hidden\"}";
	struct post_line line = post_line_read(good, sizeof good - 1);
	(void)state;
	assert_non_null(line.args);
	assert_string_equal(line.section, "Food");
	assert_true(json_has(line.args, "for") && json_has(line.args, "names") && !json_has(line.args, "section"));
	cJSON_Delete(line.args);
	free(line.section);
	static const struct { const char *line, *code; } bad[] = {
		{ "", "bad_json" }, { "nonsense", "bad_json" }, { "[1]", "bad_shape" }, { "{\"for\":1}", "bad_type" }, { "{\"id\":\"x\"}", "bad_shape" }, { "{\"for\":\"a\",\"for\":\"b\"}", "dup_key" },
		{ "{\"for\":\"\\u0000\"}", "bad_utf8" }, { "{\"for\":\"\xff\"}", "bad_utf8" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		line = post_line_read(bad[i].line, strlen(bad[i].line));
		assert_null(line.args);
		assert_null(line.section);
		assert_string_equal(line.code, bad[i].code);
	}
}

static void settings_are_read(void **state)
{
	static const struct { const char *text; enum setting_verdict verdict; } cases[] = {
		{ "title=A = B", SETTING_OK }, { "door=closed", SETTING_OK }, { "prompt=", SETTING_OK }, { "hold=on", SETTING_OK }, { "names=hidden", SETTING_OK }, { "teams=self", SETTING_OK }, { "teams=all", SETTING_BAD_VALUE },
		{ "hold=yes", SETTING_BAD_VALUE }, { "names=", SETTING_BAD_VALUE }, { "door", SETTING_NO_KEY }, { "frozen=on", SETTING_NO_KEY }, { "=x", SETTING_NO_KEY },
	};
	cJSON *class_args = cJSON_CreateObject(), *wall_args = cJSON_CreateObject();
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf values = { 0 };
		assert_int_equal(setting_read(cases[i].text, class_args, wall_args, &values), cases[i].verdict);
		assert_int_equal(values.n > 0, cases[i].verdict != SETTING_OK);
		buf_release(&values);
	}
	char *class_text = cJSON_PrintUnformatted(class_args), *wall_text = cJSON_PrintUnformatted(wall_args);
	assert_string_equal(class_text, "{\"title\":\"A = B\",\"door\":\"closed\",\"teams\":\"self\"}");
	assert_string_equal(wall_text, "{\"prompt\":\"\",\"hold\":true,\"names\":\"hidden\"}");
	free(class_text);
	free(wall_text);
	cJSON_Delete(class_args);
	cJSON_Delete(wall_args);
}

static void attempts_come_further_and_further_apart(void **state)
{
	(void)state;
	assert_int_equal(backoff_bound_ms(0), 500);
	assert_int_equal(backoff_bound_ms(1), 1000);
	for (unsigned n = 0; n < 100; n++)
		assert_true(backoff_bound_ms(n + 1) >= backoff_bound_ms(n) && backoff_bound_ms(n) <= 30000);
	assert_int_equal(backoff_bound_ms(40), 30000);
}

static void a_post_has_every_key_in_ls(void **state)
{
	const struct wall_post post = { .id = "abc", .words = { .part = { "nurses", "", "lockers", "" }, .venture = "" }, .author_name = "", .section = "", .state = "shown", .reason = "", .deleted = "" };
	const struct picture picture = { 0 };
	cJSON *json = post_json(&picture, &post);
	char *text = cJSON_PrintUnformatted(json);
	(void)state;
	assert_string_equal(text, "{\"id\":\"abc\",\"for\":\"nurses\",\"who\":\"\",\"offer\":\"lockers\",\"helps\":\"\",\"venture\":\"\",\"author\":\"\",\"section\":\"\",\"state\":\"shown\"}");
	free(text);
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_read),
		cmocka_unit_test(links_carry_their_secrets),
		cmocka_unit_test(commands_are_read),
		cmocka_unit_test(bad_usage_is_refused),
		cmocka_unit_test(every_command_has_help),
		cmocka_unit_test(post_lines_are_read),
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(a_post_has_every_key_in_ls),
		cmocka_unit_test(attempts_come_further_and_further_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
