#ifndef FORWHOM_CLI_APP_H
#define FORWHOM_CLI_APP_H
#include "client-cli/args.h"
#include "client-cli/net.h"
#include "client-cli/profile.h"
#include <cjson/cJSON.h>

/*
 * What every command shares: arguments, profile, loop, and the ways to speak and to end.
 */

enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_OFFLINE = 3 };

struct app {
	struct args args;
	struct profile profile;
	struct net net;
	bool json;
	unsigned wait_seconds;
	int exit_code;
	bool ended;
};

/* Ends the loop with this exit code; the first call counts. */
void app_end(struct app *app, enum exit_code code);

/* "forwhom: CODE: sentence" on standard error; without CODE if it is NULL. What people typed is made safe. */
void say_error(const char *code, const char *text);
/* The same for a sentence with one argument {x}. Returns `exit_code`. */
enum exit_code say_sentence(const char *code, const char *key, const char *x, enum exit_code exit_code);
/* The same for a refusal of the server's. */
void say_refusal(const cJSON *no);
/* Says that the place was not reached, or why its certificate was not accepted. Returns EXIT_OFFLINE. */
enum exit_code say_unreachable(const struct app *app, const struct place *place);
/* The same as a sentence. */
void unreachable_add(struct buf *out, const struct net *net, const struct place *place);
/* A line on standard error as it is, for what other programs read too ("file:line: reason"). */
void say_plain(const char *text);
/* A plain line on standard error: something to know, no error. */
void say_note(const char *text);

/* A line on standard output, made safe for a terminal. */
void print_line(const char *text);
/* The object as one line on standard output, as it is; takes `json`. */
void print_json(cJSON *json);

/* Reads what an argument says about a server or class; complains and returns EXIT_USAGE if it cannot be. */
enum exit_code read_place(const struct app *app, const char *text, struct place *out);
enum exit_code read_server(const struct app *app, const char *text, struct place *out);

/* Reads one line of standard input, without its end; if that is a terminal, asks first, with `hide` unseen. False at the end of input. Blocks: for before the loop. */
bool ask_line(const char *question, bool hide, struct buf *out);

/* Who one is in the class that `text` names; staff if this profile is signed in there and knows no member. `session` has SESSION_CAP bytes. Complains if that is nobody. */
enum exit_code read_seat(const struct app *app, const char *text, struct class_entry *entry, char *session);

/* The commands; each sets up what it does on the loop and returns EXIT_DONE, or complains and returns what to exit with. */
enum exit_code run_login(struct app *app);
enum exit_code run_class_new(struct app *app);
enum exit_code run_template_ls(struct app *app);
enum exit_code run_template_check(struct app *app);
enum exit_code run_in_class(struct app *app); /* all that need a seat */
enum exit_code run_screen(struct app *app);
/* Called after the loop has stopped, to close what `run_…` has set up. */
void end_account(void);
void end_in_class(void);
void end_screen(void);

#endif
