/* Commands that need no seat in a class: signing in, opening a class, looking at templates. */
#include "client-cli/app.h"
#include "client-cli/http.h"
#include "client-cli/sentence.h"
#include "proto/json.h"
#include "proto/template.h"
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct account {
	struct app *app;
	struct place place;
	struct http_call *call;
	cJSON *body;
	char session[SESSION_CAP];
	void (*on_good)(struct account *account, const cJSON *answer);
} account;

/* Not asked again by itself: an invitation is used up once, a class opened twice is two classes, and whether an unanswered request was done nobody can tell. */
static void on_answer(const struct http_answer *answer, void *ctx)
{
	struct account *self = ctx;
	self->call = NULL;
	if (answer->status == 200) {
		self->on_good(self, answer->body);
	} else if (answer->status) {
		say_refusal(answer->body);
		app_end(self->app, EXIT_REFUSED);
	} else {
		app_end(self->app, say_unreachable(self->app, &self->place));
	}
}

static void start(struct app *app, const char *path, void (*on_good)(struct account *account, const cJSON *answer))
{
	account.app = app;
	account.on_good = on_good;
	struct http_request request = {
		.place = &account.place,
		.method = account.body ? "POST" : "GET",
		.path = path,
		.bearer = account.session[0] ? account.session : NULL,
		.body = account.body,
		.on_answer = on_answer,
		.ctx = &account,
	};
	account.call = http_send(&app->net, &request);
}

void end_account(void)
{
	if (!account.app)
		return;
	http_cancel(account.call);
	cJSON_Delete(account.body);
	sodium_memzero(account.session, sizeof account.session);
}

/* --- login --- */

static void on_signed_in(struct account *self, const cJSON *answer)
{
	struct host_entry entry = { .place = self->place };
	const char *name = "", *session;
	size_t n;
	json_str(answer, "name", &name, &n);
	snprintf(entry.name, sizeof entry.name, "%s", name);
	if (!json_str(answer, "session", &session, &n) || n >= sizeof entry.session) {
		app_end(self->app, say_sentence("bad_shape", "bad_shape", "", EXIT_REFUSED));
		return;
	}
	memcpy(entry.session, session, n + 1);
	entry.place.code[0] = entry.place.invite[0] = entry.place.member[0] = 0;
	int err = profile_save_host(&self->app->profile, &entry);
	sodium_memzero(entry.session, sizeof entry.session);
	if (err) {
		app_end(self->app, say_sentence(NULL, "usage.profile.dir", strerror(err), EXIT_REFUSED));
		return;
	}
	struct buf host = { 0 }, text = { 0 };
	place_host(&self->place, &host);
	struct sentence_arg list[] = { { "host", host.s, 0 }, { "name", entry.name, 0 }, { 0 } };
	sentence_add(&text, "login.done", list);
	if (self->app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "host", host.s);
		cJSON_AddStringToObject(line, "name", entry.name);
		print_json(line);
	} else {
		print_line(text.s);
	}
	buf_release(&host);
	buf_release(&text);
	app_end(self->app, EXIT_DONE);
}

/* ORIGIN/#/CODE/as/SECRET: no sign-in, but becoming the person it was made for. */
static enum exit_code adopt(struct app *app, const struct place *place)
{
	struct class_entry entry;
	char code[CODE_DISPLAY_CHARS + 1];
	int err = profile_ensure_class(&app->profile, place, NULL, &entry);
	if (err)
		return say_sentence(NULL, "usage.profile.dir", strerror(err), EXIT_REFUSED);
	code_display(place->code, code);
	if (app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "code", place->code);
		print_json(line);
	} else {
		struct sentence_arg list[] = { { "code", code, 0 }, { 0 } };
		struct buf text = { 0 };
		sentence_add(&text, "member.adopted", list);
		print_line(text.s);
		buf_release(&text);
	}
	app_end(app, EXIT_DONE);
	return EXIT_DONE;
}

static void add_if(cJSON *json, const char *key, const struct buf *text)
{
	if (text->n)
		cJSON_AddStringToObject(json, key, text->s);
}

static void wipe(struct buf *secret)
{
	if (secret->s)
		sodium_memzero(secret->s, secret->n);
	buf_release(secret);
}

/* The words of a link's first use: a name and a password may follow on lines of their own; a person at a terminal is asked for them. */
static enum exit_code use_invite(struct app *app, const char *invite)
{
	struct buf name = { 0 }, password = { 0 };
	if (app->args.options[OPTION_NAME])
		buf_str(&name, app->args.options[OPTION_NAME]);
	else
		ask_line(sentence("login.name.first"), false, &name);
	ask_line(sentence("login.password.new"), true, &password);
	account.body = cJSON_CreateObject();
	cJSON_AddStringToObject(account.body, "invite", invite);
	add_if(account.body, "name", &name);
	add_if(account.body, "password", &password);
	buf_release(&name);
	wipe(&password);
	start(app, "/api/invite", on_signed_in);
	return EXIT_DONE;
}

/* What a link on the first line says. A link that carries its server's address needs no URL; with one, the URL says how to get there from here. */
static enum exit_code use_link(struct app *app, const char *link)
{
	struct place place = { 0 };
	size_t n = strlen(link);
	if (secret_is_valid(link, n))
		memcpy(place.invite, link, n + 1);
	else if (place_parse(link, args_has(&app->args, OPTION_INSECURE), &place) == PLACE_INSECURE)
		return say_sentence(NULL, "usage.insecure", "", EXIT_USAGE);
	if (!place.invite[0] && !place.member[0])
		return say_sentence("auth", "auth.invite", "", EXIT_REFUSED);
	if (place_has_server(&account.place)) {
		struct place link_place = place;
		place = account.place;
		memcpy(place.code, link_place.code, sizeof place.code);
		memcpy(place.invite, link_place.invite, sizeof place.invite);
		memcpy(place.member, link_place.member, sizeof place.member);
	}
	if (!place_has_server(&place))
		return say_sentence(NULL, "usage.missing.url", "", EXIT_USAGE);
	account.place = place;
	return place.member[0] ? adopt(app, &place) : use_invite(app, place.invite);
}

/* Whether the line is a link, or the secret of one. */
static bool is_link(const char *line, size_t n)
{
	struct place place;
	if (secret_is_valid(line, n))
		return true;
	return place_parse(line, true, &place) == PLACE_OK && (place.invite[0] || place.member[0]);
}

/* The first line is a link, or with --name the password of that name: which of the two it is, it says itself. */
static enum exit_code use_line(struct app *app, const char *line, size_t n)
{
	const char *name = app->args.options[OPTION_NAME];
	if (!name || is_link(line, n))
		return use_link(app, line);
	if (!place_has_server(&account.place))
		return say_sentence(NULL, "usage.missing.url", "", EXIT_USAGE);
	account.body = cJSON_CreateObject();
	cJSON_AddStringToObject(account.body, "name", name);
	cJSON_AddStringToObject(account.body, "password", line);
	start(app, "/api/login", on_signed_in);
	return EXIT_DONE;
}

enum exit_code run_login(struct app *app)
{
	struct buf line = { 0 };
	enum exit_code code = app->args.word_count ? read_server(app, app->args.words[0], &account.place) : EXIT_DONE;
	if (code)
		return code;
	if (account.place.invite[0] || account.place.member[0])
		return say_sentence("auth", "login.argv", "", EXIT_USAGE);
	ask_line(sentence(app->args.options[OPTION_NAME] ? "login.password" : "login.link"), true, &line);
	while (line.n && strchr(" \t\r", line.s[line.n - 1]))
		line.s[--line.n] = 0;
	code = line.n ? use_line(app, line.s, line.n) : say_sentence(NULL, "login.empty", "", EXIT_USAGE);
	wipe(&line);
	return code;
}

/* --- class new --- */

static void on_class_made(struct account *self, const cJSON *answer)
{
	const char *code, *url = "";
	size_t n;
	struct class_entry entry = { .place = self->place, .staff = true, .used_ms = now_ms() };
	if (!json_str(answer, "code", &code, &n) || !code_normalise(code, n, entry.place.code)) {
		app_end(self->app, say_sentence("bad_shape", "bad_shape", "", EXIT_REFUSED));
		return;
	}
	json_str(answer, "url", &url, &n);
	int err = profile_save_class(&self->app->profile, &entry);
	if (self->app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "code", entry.place.code);
		cJSON_AddStringToObject(line, "url", url);
		print_json(line);
	} else {
		struct buf text = { 0 };
		char display[CODE_DISPLAY_CHARS + 1];
		code_display(entry.place.code, display);
		buf_str(&text, display);
		buf_str(&text, "  ");
		buf_str(&text, url);
		print_line(text.s);
		buf_release(&text);
	}
	if (err)
		say_sentence(NULL, "usage.profile.dir", strerror(err), EXIT_REFUSED);
	app_end(self->app, EXIT_DONE);
}

enum exit_code run_class_new(struct app *app)
{
	const struct args *args = &app->args;
	struct host_entry host;
	enum exit_code code = EXIT_DONE;
	if (args->options[OPTION_HOST])
		code = read_server(app, args->options[OPTION_HOST], &account.place);
	if (code)
		return code;
	if (!profile_find_host(&app->profile, &account.place, &host))
		return say_sentence("auth", "not_found.login", args->options[OPTION_HOST] ? args->options[OPTION_HOST] : "URL", EXIT_REFUSED);
	account.place = host.place;
	memcpy(account.session, host.session, sizeof account.session);
	account.body = cJSON_CreateObject();
	cJSON_AddStringToObject(account.body, "title", args->options[OPTION_TITLE]);
	if (args->options[OPTION_PROMPT])
		cJSON_AddStringToObject(account.body, "prompt", args->options[OPTION_PROMPT]);
	if (args->section_count) {
		cJSON *sections = cJSON_AddArrayToObject(account.body, "sections");
		for (int i = 0; i < args->section_count; i++)
			cJSON_AddItemToArray(sections, cJSON_CreateString(args->sections[i]));
	}
	if (args_has(args, OPTION_HOLD))
		cJSON_AddBoolToObject(account.body, "hold", true);
	if (args->options[OPTION_NAMES])
		cJSON_AddStringToObject(account.body, "names", args->options[OPTION_NAMES]);
	start(app, "/api/classes", on_class_made);
	return EXIT_DONE;
}

/* --- templates --- */

static void print_template(const cJSON *template)
{
	const char *key = "", *title = "", *credits = "";
	size_t n;
	json_str(template, "key", &key, &n);
	json_str(template, "title", &title, &n);
	json_str(template, "credits", &credits, &n);
	if (account.app->json) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "key", key);
		cJSON_AddStringToObject(line, "title", title);
		cJSON_AddNumberToObject(line, "boxes", cJSON_GetArraySize(json_array(template, "boxes")));
		cJSON_AddStringToObject(line, "credits", credits);
		print_json(line);
		return;
	}
	struct buf text = { 0 };
	buf_str(&text, key);
	buf_str(&text, "  ");
	buf_str(&text, title);
	print_line(text.s);
	buf_release(&text);
}

static void on_templates(struct account *self, const cJSON *answer)
{
	const cJSON *template;
	cJSON_ArrayForEach(template, json_array(answer, "templates"))
		print_template(template);
	app_end(self->app, EXIT_DONE);
}

enum exit_code run_template_ls(struct app *app)
{
	struct host_entry host;
	bool named = app->args.word_count;
	enum exit_code code = named ? read_server(app, app->args.words[0], &account.place) : EXIT_DONE;
	if (code)
		return code;
	if (profile_find_host(&app->profile, &account.place, &host)) {
		account.place = host.place;
		memcpy(account.session, host.session, sizeof account.session);
	} else if (!named) {
		return say_sentence("auth", "not_found.login", "URL", EXIT_REFUSED);
	}
	start(app, "/api/templates", on_templates);
	return EXIT_DONE;
}

/* "file:line: reason" on standard error, as compilers say it. */
static bool check_template(const char *name)
{
	struct buf text = { 0 };
	struct template template = { 0 };
	struct template_fault fault = { 0 };
	int err = file_read(name, TEMPLATE_BYTES_MAX + 1, &text);
	bool good = !err && template_read(text.s, text.n, &template, &fault);
	struct buf say = { 0 };
	buf_str(&say, name);
	buf_char(&say, ':');
	if (!err) {
		buf_int(&say, fault.line);
		buf_char(&say, ':');
	}
	buf_char(&say, ' ');
	buf_str(&say, err ? strerror(err) : fault.reason);
	if (!good)
		say_plain(say.s);
	buf_release(&say);
	buf_release(&text);
	template_release(&template);
	return good;
}

enum exit_code run_template_check(struct app *app)
{
	enum exit_code code = EXIT_DONE;
	for (int i = 0; i < app->args.word_count; i++)
		if (!check_template(app->args.words[i]))
			code = EXIT_REFUSED;
	app_end(app, code);
	return EXIT_DONE;
}
