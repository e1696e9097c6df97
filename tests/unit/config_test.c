/* Options: where they come from, which wins, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "server/config.h"

struct outcome {
	bool good;
	char error[512];
	struct config config;
};

/* Loads with a file of the given text (NULL for none). Release config afterwards. */
static struct outcome load(const char *file, char *const environment[], const char *const words[])
{
	struct outcome outcome = { 0 };
	char path[] = "/tmp/forwhom-config-XXXXXX", *argv[16] = { "forwhomd" };
	int argc = 1, fd = file ? mkstemp(path) : -1;
	char *none[] = { NULL };

	if (file) {
		assert_int_equal(write(fd, file, strlen(file)), (ssize_t)strlen(file));
		close(fd);
		argv[argc++] = "--config";
		argv[argc++] = path;
	}
	for (; words && *words; words++)
		argv[argc++] = (char *)*words;
	outcome.good = config_load(&outcome.config, argc, argv, environment ? (char **)environment : none, outcome.error, sizeof outcome.error);
	if (file)
		unlink(path);
	return outcome;
}

static void defaults_serve_this_machine_only(void **state)
{
	struct outcome o = load(NULL, NULL, NULL);
	char error[512];

	(void)state;
	assert_true(o.good);
	assert_string_equal(o.config.data, "./data");
	assert_int_equal(o.config.listen.count, 1);
	assert_string_equal(o.config.listen.items[0], "127.0.0.1:8080");
	assert_false(o.config.insecure_http || o.config.lan);
	assert_true(config_check_serving(&o.config, error, sizeof error));
	config_release(&o.config);
}

static void the_line_beats_the_environment_beats_the_file(void **state)
{
	static const char file[] = "data = /file\nlisten = 127.0.0.1:1\norigin = http://file.example\n[limits]\nposts_per_min = 11\nposts_burst = 22\n";
	char *environment[] = { "FORWHOM_DATA=/environment", "FORWHOM_LISTEN=127.0.0.1:2, [::1]:2", "FORWHOM_LIMIT=posts_burst=33,invite_ms=60000", "OTHER=x", NULL };
	const char *words[] = { "--data", "/line", "--limit", "invite_ms=70000", NULL };
	struct outcome o = load(file, environment, words);

	(void)state;
	assert_true(o.good);
	assert_string_equal(o.config.data, "/line");
	assert_int_equal(o.config.listen.count, 2);
	assert_string_equal(o.config.listen.items[1], "[::1]:2");
	assert_string_equal(o.config.origin, "http://file.example");
	assert_int_equal(o.config.limits.posts_per_min, 11);
	assert_int_equal(o.config.limits.posts_burst, 33);
	assert_int_equal(o.config.limits.invite_ms, 70000);
	config_release(&o.config);
}

static void flags_can_be_taken_back(void **state)
{
	const char *words[] = { "--lan", NULL };
	char *environment[] = { "FORWHOM_INSECURE_HTTP=no", NULL };
	struct outcome o = load("insecure-http = yes\n", environment, NULL);

	(void)state;
	assert_true(o.good && !o.config.insecure_http);
	config_release(&o.config);
	o = load(NULL, NULL, words);
	assert_true(o.good && o.config.insecure_http);
	assert_string_equal(o.config.listen.items[0], "0.0.0.0:8080");
	config_release(&o.config);
	const char *with_port[] = { "--lan", "--listen", "0.0.0.0:9", NULL };
	o = load(NULL, NULL, with_port);
	assert_int_equal(o.config.listen.count, 1);
	assert_string_equal(o.config.listen.items[0], "0.0.0.0:9");
	config_release(&o.config);
}

static void nonsense_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *file, *words[4];
	} cases[] = {
		{ NULL, { "--nonsense" } }, { NULL, { "--listen", "8080" } }, { NULL, { "--listen" } }, { NULL, { "--origin", "class.example" } }, { NULL, { "--origin", "https://class.example/x" } },
		{ NULL, { "--behind-proxy", "proxy.example" } }, { NULL, { "--limit", "posts_burst" } }, { NULL, { "--limit", "posts_burst=" } }, { NULL, { "--limit", "posts_burst=1x" } },
		{ NULL, { "--limit", "no_such=1" } }, { NULL, { "--limit", "posts_burst=0" } }, { NULL, { "--limit", "posts_burst=100001" } }, { NULL, { "--data", "" } },
		{ "nonsense = 1\n", { NULL } }, { "[other]\ndata = x\n", { NULL } }, { "insecure-http = maybe\n", { NULL } }, { "help = yes\n", { NULL } }, { "no equals sign\n", { NULL } },
		{ NULL, { "--config", "/nonexistent/file" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct outcome o = load(cases[i].file, NULL, cases[i].words);

		if (o.good || !*o.error)
			fail_msg("case %zu was taken", i);
		config_release(&o.config);
	}
}

static void limits_are_bounded_at_n_and_n_plus_1(void **state)
{
	(void)state;
	for (const struct limit_spec *spec = limit_specs; spec->name; spec++) {
		for (int side = -1; side <= 1; side += 2) {
			for (int over = 0; over <= 1; over++) {
				char text[100];
				const char *words[] = { "--limit", text, NULL };

				snprintf(text, sizeof text, "%s=%lld", spec->name, (long long)((side < 0 ? spec->min : spec->max) + side * over));
				struct outcome o = load(NULL, NULL, words);
				assert_int_equal(o.good, !over);
				config_release(&o.config);
			}
		}
	}
}

static void strangers_are_let_in_only_when_asked_for(void **state)
{
	static const struct {
		const char *words[6];
		bool allowed;
	} cases[] = {
		{ { "--listen", "127.0.0.1:1", "--listen", "[::1]:1" }, true }, { { "--listen", "0.0.0.0:1" }, false }, { { "--listen", "[::]:1" }, false }, { { "--listen", "192.0.2.1:1" }, false },
		{ { "--listen", "127.0.0.1:1", "--listen", "192.0.2.1:1" }, false }, { { "--listen", "0.0.0.0:1", "--insecure-http" }, true },
		{ { "--listen", "0.0.0.0:1", "--behind-proxy", "10.0.0.7" }, true }, { { "--lan" }, true },
	};
	char error[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct outcome o = load(NULL, NULL, cases[i].words);

		assert_true(o.good);
		assert_int_equal(config_check_serving(&o.config, error, sizeof error), cases[i].allowed);
		config_release(&o.config);
	}
}

static void what_is_printed_can_be_read_back(void **state)
{
	const char *words[] = { "--data", "/line", "--listen", "[::1]:7", "--listen", "127.0.0.1:7", "--behind-proxy", "10.0.0.0/8", "--limit", "posts_burst=77", "--insecure-http", NULL };
	struct outcome first = load(NULL, NULL, words);
	char *text = NULL, *again = NULL;
	size_t n;

	(void)state;
	assert_true(first.good);
	FILE *out = open_memstream(&text, &n);
	config_print(&first.config, out);
	fclose(out);
	struct outcome second = load(text, NULL, NULL);
	if (!second.good)
		fail_msg("%s", second.error);
	out = open_memstream(&again, &n);
	config_print(&second.config, out);
	fclose(out);
	assert_string_equal(text, again);
	free(text);
	free(again);
	config_release(&first.config);
	config_release(&second.config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_serve_this_machine_only), cmocka_unit_test(the_line_beats_the_environment_beats_the_file), cmocka_unit_test(flags_can_be_taken_back),
		cmocka_unit_test(nonsense_is_refused_with_a_sentence), cmocka_unit_test(limits_are_bounded_at_n_and_n_plus_1), cmocka_unit_test(strangers_are_let_in_only_when_asked_for),
		cmocka_unit_test(what_is_printed_can_be_read_back),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
