/* forwhom: the terminal client. Reads the command line, opens the profile, runs one command on one loop. */
#include "client-cli/app.h"
#include "client-cli/sentence.h"
#include "client-cli/term_safe.h"
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FORWHOM_VERSION
#define FORWHOM_VERSION "1"
#endif

void app_end(struct app *app, enum exit_code code)
{
	if (app->ended)
		return;
	app->ended = true;
	app->exit_code = code;
	uv_stop(&app->net.loop);
}

/* Interrupted or hung up: what is not answered is in the journal. */
static void on_signal(uv_signal_t *signal, int number)
{
	app_end(signal->data, number == SIGPIPE ? EXIT_DONE : (enum exit_code)(128 + number));
}

static void on_stop(uv_handle_t *handle, void *ctx)
{
	(void)ctx;
	if (handle->type == UV_SIGNAL && !uv_is_closing(handle))
		uv_close(handle, NULL);
}

static enum exit_code run(struct app *app)
{
	switch (app->args.verb) {
	case VERB_NONE: return run_screen(app);
	case VERB_LOGIN: return run_login(app);
	case VERB_CLASS_NEW: return run_class_new(app);
	case VERB_TEMPLATE_LS: return run_template_ls(app);
	case VERB_TEMPLATE_CHECK: return run_template_check(app);
	default: return run_in_class(app);
	}
}

static int run_on_loop(struct app *app)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	enum { SIGNALS = sizeof numbers / sizeof *numbers };
	uv_signal_t signals[SIGNALS];
	if (!net_init(&app->net)) {
		say_error(NULL, strerror(EMFILE));
		return EXIT_OFFLINE;
	}
	app->net.cafile = app->args.options[OPTION_CAFILE];
	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(&app->net.loop, &signals[i]);
		signals[i].data = app;
		uv_signal_start(&signals[i], on_signal, numbers[i]);
		uv_unref((uv_handle_t *)&signals[i]);
	}
	enum exit_code failed = run(app);
	if (failed != EXIT_DONE)
		app_end(app, failed);
	while (!app->ended && uv_run(&app->net.loop, UV_RUN_DEFAULT) && !app->ended)
		;
	end_screen();
	end_in_class();
	end_account();
	uv_walk(&app->net.loop, on_stop, NULL);
	net_close(&app->net);
	return app->exit_code;
}

static bool read_wait(struct app *app)
{
	const char *text = app->args.options[OPTION_WAIT];
	char *end;
	app->wait_seconds = WAIT_DEFAULT_SECONDS;
	if (!text)
		return true;
	unsigned long n = strtoul(text, &end, 10);
	if (!*text || *end || n > 86400)
		return false;
	app->wait_seconds = (unsigned)n;
	return true;
}

static int start(struct app *app)
{
	const char *name = app->args.options[OPTION_PROFILE] ? app->args.options[OPTION_PROFILE] : "default";
	app->json = args_has(&app->args, OPTION_JSON);
	if (!read_wait(app))
		return say_sentence(NULL, "usage.wait", "", EXIT_USAGE);
	const char *cafile = app->args.options[OPTION_CAFILE];
	if (cafile && !net_cafile_is_good(cafile))
		return say_sentence(NULL, "usage.cafile", cafile, EXIT_USAGE);
	int err = profile_open(&app->profile, name);
	if (err)
		return say_sentence(NULL, err == EINVAL ? "usage.profile" : "usage.profile.dir", err == EINVAL ? name : strerror(err), EXIT_USAGE);
	int code = run_on_loop(app);
	profile_close(&app->profile);
	return code;
}

int main(int argc, char **argv)
{
	static struct app app;
	struct buf text = { 0 };
	int code = EXIT_USAGE;
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN); /* a reader that went away shows as a failed write, and ends us quietly */
	sentence_init();
	if (sodium_init() < 0)
		return EXIT_REFUSED;
	switch (args_read(argc, argv, &app.args, &text)) {
	case ARGS_OK:
		code = start(&app);
		break;
	case ARGS_HELP:
		args_help(app.args.verb, &text);
		fputs(buf_cstr(&text), stdout);
		code = EXIT_DONE;
		break;
	case ARGS_VERSION:
		puts("forwhom " FORWHOM_VERSION);
		code = EXIT_DONE;
		break;
	case ARGS_BAD:
		say_error(NULL, buf_cstr(&text));
		break;
	}
	buf_release(&text);
	return code;
}
