/* The interface of proto/README.md section 9. A request that has to wait, for a hash or for the disk, lives in a `struct task` meanwhile; whether its client is still there is the exchange's business. */
#include "server/http/internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/ids.h"
#include "proto/json.h"
#include "proto/names.h"
#include "proto/template.h"
#include "server/http/fields.h"
#include "server/http/qr.h"
#include "server/log.h"
#include "server/net/address.h"
#include "server/room/request.h"
#include "server/session/directory.h"
#include "server/session/hub.h"

enum {
	TITLE_GRAPHEMES_MAX = 120,
	PROMPT_GRAPHEMES_MAX = 300,
	SECTION_GRAPHEMES_MAX = 80,
	SECTIONS_MAX = 24,
	CLASSES_LISTED_MAX = 1000,
	RETRY_MS = 1000,
};

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t mono_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

/* ---- refusals ---- */

static void refuse_field(struct http_exchange *exchange, const char *code, const char *field)
{
	char args[64];

	snprintf(args, sizeof args, "{\"field\":\"%s\"}", field);
	exchange_refuse(exchange, 400, code, NULL, args);
}

static void add_retry_after(struct http_exchange *exchange, int64_t retry_ms)
{
	char seconds[24];

	snprintf(seconds, sizeof seconds, "%lld", (long long)((retry_ms + 999) / 1000));
	exchange_add_field(exchange, "Retry-After", seconds);
}

static void refuse_later(struct http_exchange *exchange, int status, const char *code, int64_t retry_ms)
{
	struct buf json = { 0 };

	add_retry_after(exchange, retry_ms);
	buf_str(&json, "{\"code\":\"");
	buf_str(&json, code);
	buf_str(&json, "\",\"say\":\"");
	buf_str(&json, code);
	buf_str(&json, "\",\"args\":{},\"retry_ms\":");
	buf_int(&json, retry_ms);
	buf_char(&json, '}');
	exchange_json(exchange, status, &json);
}

static int status_of(enum refusal code)
{
	static const int statuses[REFUSAL_COUNT] = {
		[REFUSE_TOO_BIG] = 413, [REFUSE_AUTH] = 401, [REFUSE_FORBIDDEN] = 403, [REFUSE_NOT_FOUND] = 404, [REFUSE_CONFLICT] = 409,
		[REFUSE_READONLY] = 503, [REFUSE_RATE] = 429, [REFUSE_QUOTA] = 409, [REFUSE_BUSY] = 503,
	};

	return statuses[code] ? statuses[code] : 400;
}

/* What the hub has refused. */
static void refuse_as(struct http_exchange *exchange, const struct refused *refused)
{
	struct buf json = { 0 };

	if (refused->retry_ms)
		add_retry_after(exchange, refused->retry_ms);
	buf_char(&json, '{');
	refused_write(&json, refused);
	buf_char(&json, '}');
	exchange_json(exchange, status_of(refused->code), &json);
}

/* True when it was written; else answers. What may or may not have been written is answered by silence: the client does not know either, and asks again. */
static bool is_durable(struct http_exchange *exchange, enum store_result result)
{
	switch (result) {
	case STORE_DURABLE:
		return true;
	case STORE_STALE:
		exchange_refuse(exchange, 409, "conflict", NULL, NULL);
		return false;
	case STORE_UNAVAILABLE:
		refuse_later(exchange, 503, "readonly", RETRY_MS);
		return false;
	case STORE_UNKNOWN:
		break;
	}
	exchange_drop(exchange);
	return false;
}

/* ---- bodies ---- */

struct part {
	const char *name;
	int type; /* cJSON_String, cJSON_True for either bool, cJSON_Array (of strings) */
	bool need;
};

static bool has_type(const cJSON *item, int type)
{
	if (type == cJSON_String)
		return cJSON_IsString(item);
	if (type == cJSON_True)
		return cJSON_IsBool(item);
	if (!cJSON_IsArray(item))
		return false;
	for (const cJSON *child = item->child; child; child = child->next)
		if (!cJSON_IsString(child))
			return false;
	return true;
}

static const struct part *find_part(const struct part *parts, const char *name)
{
	for (; parts->name; parts++)
		if (strcmp(parts->name, name) == 0)
			return parts;
	return NULL;
}

/* Parses the body and holds it against `parts` (NULL-name terminated). NULL when it was refused; else owned. */
static cJSON *read_body(struct http_exchange *exchange, const struct part *parts)
{
	enum json_verdict verdict;
	cJSON *body = json_parse(exchange->body.s, exchange->body.n, NULL, &verdict);
	const char *code = NULL;

	if (!body) {
		exchange_refuse(exchange, 400, json_verdict_code(verdict), NULL, NULL);
		return NULL;
	}
	if (!cJSON_IsObject(body))
		code = "bad_shape";
	for (const cJSON *item = body->child; item && !code; item = item->next) {
		const struct part *part = find_part(parts, item->string);

		if (!part)
			code = "bad_shape";
		else if (!has_type(item, part->type))
			code = "bad_type";
	}
	for (const struct part *part = parts; part->name && !code; part++)
		if (part->need && !json_has(body, part->name))
			code = "bad_shape";
	if (!code)
		return body;
	exchange_refuse(exchange, 400, code, NULL, NULL);
	cJSON_Delete(body);
	return NULL;
}

static const char *text_of(const cJSON *body, const char *name)
{
	const char *text = NULL;
	size_t n;

	json_str(body, name, &text, &n);
	return text;
}

/* ---- who is it ---- */

static const char *cookie_name(const struct http_exchange *exchange)
{
	return exchange->secure ? "__Host-fw" : "fw";
}

static void set_cookie(struct http_exchange *exchange, const char *token, int64_t max_age_s)
{
	char text[200];

	snprintf(text, sizeof text, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", cookie_name(exchange), token, (long long)max_age_s,
		 exchange->secure ? "; Secure" : "");
	exchange_add_field(exchange, "Set-Cookie", text);
}

/* The account that the request speaks for, by cookie or bearer token; NULL when it was refused. A browser's word counts only from our own page, a program's only without any page. Writes the
 * session's token to `token`. */
static const struct account *authenticate(struct site *site, struct http_exchange *exchange, char token[SECRET_CHARS + 1])
{
	const char *field = head_get(&exchange->head, "authorization"), *bearer = bearer_token(field);
	bool is_read = exchange->head.method != METHOD_POST;
	bool allowed = field ? exchange->from == FROM_NONE : exchange->from == FROM_OWN || (is_read && exchange->from == FROM_NONE);
	const struct account *account = NULL;

	token[0] = '\0';
	if (field && bearer && strlen(bearer) == SECRET_CHARS)
		memcpy(token, bearer, SECRET_CHARS + 1);
	else if (!field && !cookie_get(head_get(&exchange->head, "cookie"), cookie_name(exchange), token, SECRET_CHARS + 1))
		token[0] = '\0';
	if (!allowed) {
		/* Without any credential it is a matter of signing in, not of being foreign. */
		exchange_refuse(exchange, token[0] ? 403 : 401, token[0] ? "forbidden" : "auth", NULL, NULL);
		return NULL;
	}
	if (secret_is_valid(token, strlen(token)))
		account = directory_session(site->config.directory, token, wall_ms());
	if (!account)
		exchange_refuse(exchange, 401, "auth", NULL, NULL);
	return account;
}

bool api_is_signed_in(struct site *site, struct http_exchange *exchange)
{
	char token[SECRET_CHARS + 1];

	return authenticate(site, exchange, token) != NULL;
}

/* ---- signing in ---- */

/* A request on its way through hashing and storing. */
struct task {
	struct site *site;
	struct http_exchange *exchange;
	char account[23];
	char invite[SECRET_CHARS + 1];
	char token[SECRET_CHARS + 1];
	char name[NAME_BYTES_MAX + 1];
	char hash[PASSWORD_HASH_BYTES];
};

static struct task *task_new(struct site *site, struct http_exchange *exchange)
{
	struct task *task = calloc(1, sizeof *task);

	if (!task)
		abort();
	task->site = site;
	task->exchange = exchange;
	site->pending++;
	return task;
}

static void task_end(struct task *task)
{
	task->site->pending--;
	sodium_memzero(task, sizeof *task);
	free(task);
}

static void on_signed_in(enum store_result result, void *ctx)
{
	struct task *task = ctx;
	struct http_exchange *exchange = task->exchange;
	struct buf json = { 0 };

	if (is_durable(exchange, result)) {
		buf_str(&json, "{\"name\":");
		buf_json_string(&json, task->name, strlen(task->name));
		/* A browser gets a cookie that scripts cannot read; a program gets the session itself. */
		if (exchange->from == FROM_OWN) {
			set_cookie(exchange, task->token, task->site->config.limits->session_max_ms / 1000);
		} else {
			buf_str(&json, ",\"session\":");
			buf_json_string(&json, task->token, strlen(task->token));
		}
		buf_char(&json, '}');
		char prefix[ADDRESS_BYTES];
		address_prefix(exchange->address, prefix);
		log_event(LOG_NOTICE, "login.ok", "account=%s from=%s", task->account, prefix);
		exchange_json(exchange, 200, &json);
	}
	task_end(task);
}

/* True, and the task over without an answer, once the store is being closed: hashing and storing may end after that, too late to write more. */
static bool is_too_late(struct task *task)
{
	if (!task->site->is_closed)
		return false;
	exchange_drop(task->exchange);
	task_end(task);
	return true;
}

static void sign_in(struct task *task)
{
	if (is_too_late(task))
		return;
	directory_sign_in(task->site->config.directory, task->account, task->token, wall_ms(), on_signed_in, task);
}

static void on_redeemed(enum store_result result, void *ctx)
{
	struct task *task = ctx;

	if (is_durable(task->exchange, result))
		sign_in(task);
	else
		task_end(task);
}

static void redeem(struct task *task)
{
	struct directory *directory = task->site->config.directory;

	if (is_too_late(task))
		return;
	/* Again, because a hash was made since; the name first, since redeeming uses the invite up. */
	if (directory_account_by_name(directory, task->name)) {
		exchange_refuse(task->exchange, 409, "conflict", "name.taken", NULL);
		task_end(task);
	} else if (!directory_redeem(directory, task->invite, task->name, task->hash, task->account, wall_ms(), on_redeemed, task)) {
		exchange_refuse(task->exchange, 403, "auth", "auth.invite", NULL);
		task_end(task);
	}
}

static void on_invite_hash(const char *hash, void *ctx)
{
	struct task *task = ctx;

	if (!hash) {
		refuse_later(task->exchange, 503, "busy", RETRY_MS);
		task_end(task);
		return;
	}
	snprintf(task->hash, sizeof task->hash, "%s", hash);
	redeem(task);
}

/* Reads `name` as a display name; "Instructor", with a number if need be, when there is none. False when it was refused. */
static bool read_name(struct site *site, struct http_exchange *exchange, const char *typed, char out[NAME_BYTES_MAX + 1])
{
	struct buf name = { 0 };

	if (!typed) {
		snprintf(out, NAME_BYTES_MAX + 1, "Instructor");
		for (int i = 2; directory_account_by_name(site->config.directory, out); i++)
			snprintf(out, NAME_BYTES_MAX + 1, "Instructor %d", i);
		return true;
	}
	bool is_good = name_normalise(typed, strlen(typed), &name) == NAME_OK;
	if (is_good)
		snprintf(out, NAME_BYTES_MAX + 1, "%s", buf_cstr(&name));
	else
		exchange_refuse(exchange, 400, "bad_value", "name.bad", "{\"field\":\"name\"}");
	buf_release(&name);
	return is_good;
}

/* False when it was refused. */
static bool check_new_password(struct http_exchange *exchange, const char *password, const char *name)
{
	switch (password_judge(password, name)) {
	case PASSWORD_OK:
		return true;
	case PASSWORD_SHORT:
		exchange_refuse(exchange, 400, "bad_value", "password.short", "{\"field\":\"password\"}");
		return false;
	case PASSWORD_LONG:
		exchange_refuse(exchange, 400, "bad_value", "bad_value.long", "{\"field\":\"password\",\"max\":256}");
		return false;
	case PASSWORD_COMMON:
		exchange_refuse(exchange, 400, "bad_value", "password.common", "{\"field\":\"password\"}");
		return false;
	}
	return false;
}

static void begin_invite(struct site *site, struct http_exchange *exchange, const cJSON *body)
{
	const char *invite = text_of(body, "invite"), *password = text_of(body, "password");
	char name[NAME_BYTES_MAX + 1];

	if (!secret_is_valid(invite, strlen(invite)) || !directory_invite_is_good(site->config.directory, invite, wall_ms())) {
		log_event(LOG_NOTICE, "invite.refused", "%s", "");
		exchange_refuse(exchange, 403, "auth", "auth.invite", NULL);
		return;
	}
	if (!read_name(site, exchange, text_of(body, "name"), name))
		return;
	if (directory_account_by_name(site->config.directory, name)) {
		exchange_refuse(exchange, 409, "conflict", "name.taken", NULL);
		return;
	}
	if (password && !check_new_password(exchange, password, name))
		return;

	struct task *task = task_new(site, exchange);
	memcpy(task->invite, invite, sizeof task->invite);
	memcpy(task->name, name, sizeof task->name);
	if (!password) {
		redeem(task);
	} else if (!passwords_hash(site->passwords, password, on_invite_hash, task)) {
		refuse_later(exchange, 503, "busy", RETRY_MS);
		task_end(task);
	}
}

void api_invite(struct site *site, struct http_exchange *exchange)
{
	static const struct part parts[] = { { "invite", cJSON_String, true }, { "name", cJSON_String, false }, { "password", cJSON_String, false }, { 0 } };
	cJSON *body = read_body(exchange, parts);

	if (body)
		begin_invite(site, exchange, body);
	cJSON_Delete(body);
}

static void on_login_verified(enum password_match match, void *ctx)
{
	struct task *task = ctx;
	const struct account *account = match == MATCH_RIGHT ? directory_account(task->site->config.directory, task->account) : NULL;

	if (match == MATCH_UNKNOWN) {
		login_budget_give_back(task->site->logins, task->name, task->exchange->address);
		refuse_later(task->exchange, 503, "busy", RETRY_MS);
		task_end(task);
		return;
	}

	if (!account) {
		char prefix[ADDRESS_BYTES];

		address_prefix(task->exchange->address, prefix);
		log_event(LOG_NOTICE, "login.refused", "from=%s", prefix);
		exchange_refuse(task->exchange, 401, "auth", "auth.login", NULL);
		task_end(task);
		return;
	}
	login_budget_succeed(task->site->logins, task->name, task->exchange->address);
	snprintf(task->name, sizeof task->name, "%s", account->name);
	sign_in(task);
}

static void begin_login(struct site *site, struct http_exchange *exchange, const cJSON *body)
{
	const char *typed = text_of(body, "name"), *password = text_of(body, "password");
	struct buf name = { 0 };
	const struct account *account = NULL;

	if (strlen(password) > PASSWORD_BYTES_MAX || strlen(typed) > NAME_INPUT_MAX) {
		refuse_field(exchange, "bad_value", strlen(password) > PASSWORD_BYTES_MAX ? "password" : "name");
		return;
	}
	/* What is no name is nobody's; it costs the same. */
	if (name_normalise(typed, strlen(typed), &name) == NAME_OK)
		account = directory_account_by_name(site->config.directory, buf_cstr(&name));
	struct task *task = task_new(site, exchange);
	snprintf(task->name, sizeof task->name, "%s", buf_cstr(&name));
	snprintf(task->account, sizeof task->account, "%s", account ? account->id : "");
	buf_release(&name);

	int64_t wait_ms = login_budget_take(site->logins, task->name, exchange->address, mono_ms());
	if (wait_ms) {
		char prefix[ADDRESS_BYTES];

		address_prefix(exchange->address, prefix);
		log_event(LOG_WARNING, "login.budget", "from=%s", prefix);
		refuse_later(exchange, 429, "rate", wait_ms);
		task_end(task);
	} else if (!passwords_verify(site->passwords, account ? account->password : NULL, password, on_login_verified, task)) {
		login_budget_give_back(site->logins, task->name, exchange->address);
		refuse_later(exchange, 503, "busy", RETRY_MS);
		task_end(task);
	}
}

void api_login(struct site *site, struct http_exchange *exchange)
{
	static const struct part parts[] = { { "name", cJSON_String, true }, { "password", cJSON_String, true }, { 0 } };
	cJSON *body = read_body(exchange, parts);

	if (body)
		begin_login(site, exchange, body);
	cJSON_Delete(body);
}

static void on_signed_out(enum store_result result, void *ctx)
{
	struct task *task = ctx;

	if (is_durable(task->exchange, result)) {
		struct buf json = { 0 };

		hub_sign_out(task->site->config.hub, task->account);
		if (task->exchange->from == FROM_OWN)
			set_cookie(task->exchange, "", 0);
		buf_str(&json, "{}");
		exchange_json(task->exchange, 200, &json);
	}
	task_end(task);
}

void api_logout(struct site *site, struct http_exchange *exchange)
{
	static const struct part parts[] = { { 0 } };
	char token[SECRET_CHARS + 1];
	const struct account *account = authenticate(site, exchange, token);
	cJSON *body = account ? read_body(exchange, parts) : NULL;

	if (body) {
		struct task *task = task_new(site, exchange);

		memcpy(task->account, account->id, sizeof task->account);
		directory_sign_out(site->config.directory, token, on_signed_out, task);
	}
	cJSON_Delete(body);
}

/* ---- classes ---- */

void api_me(struct site *site, struct http_exchange *exchange)
{
	char token[SECRET_CHARS + 1];
	const struct account *account = authenticate(site, exchange, token);
	struct buf json = { 0 };

	if (!account)
		return;
	buf_str(&json, "{\"name\":");
	buf_json_string(&json, account->name, strlen(account->name));
	buf_str(&json, ",\"classes\":[");
	const struct class_entry *classes[CLASSES_LISTED_MAX];
	size_t count = directory_classes_of(site->config.directory, account->id, classes, CLASSES_LISTED_MAX);
	for (size_t i = 0; i < count; i++) {
		buf_str(&json, i ? ",{\"code\":" : "{\"code\":");
		buf_json_string(&json, classes[i]->code, strlen(classes[i]->code));
		buf_str(&json, ",\"title\":");
		buf_json_string(&json, classes[i]->title, strlen(classes[i]->title));
		buf_str(&json, ",\"at\":");
		buf_int(&json, classes[i]->at_ms);
		buf_char(&json, '}');
	}
	buf_str(&json, "]}");
	exchange_json(exchange, 200, &json);
}

static void on_class(enum store_result result, const char *code, void *ctx)
{
	struct task *task = ctx;
	struct http_exchange *exchange = task->exchange;

	if (is_durable(exchange, result)) {
		char shown[CODE_DISPLAY_CHARS + 1];
		struct buf json = { 0 }, url = { 0 };

		code_display(code, shown);
		buf_str(&url, *task->site->config.origin ? task->site->config.origin : exchange->origin);
		buf_str(&url, "/#/");
		buf_str(&url, shown);
		buf_str(&json, "{\"code\":");
		buf_json_string(&json, code, strlen(code));
		buf_str(&json, ",\"url\":");
		buf_json_string(&json, url.s, url.n);
		buf_char(&json, '}');
		buf_release(&url);
		exchange_json(exchange, 200, &json);
	}
	task_end(task);
}

/* A line as wall commands take it, normalised into `out`. False when it was refused. */
static bool read_line(struct http_exchange *exchange, const char *typed, const char *field, size_t graphemes_max, struct buf *out)
{
	if (!line_normalise(typed, strlen(typed), out)) {
		refuse_field(exchange, "bad_utf8", field);
		return false;
	}
	if (text_graphemes(buf_cstr(out), out->n) > graphemes_max) {
		char args[80];

		snprintf(args, sizeof args, "{\"field\":\"%s\",\"max\":%zu}", field, graphemes_max);
		exchange_refuse(exchange, 400, "bad_value", "bad_value.long", args);
		return false;
	}
	return true;
}

struct class_lines {
	struct buf title, prompt, sections[SECTIONS_MAX];
	const char *section_texts[SECTIONS_MAX];
	size_t section_count;
};

/* All lines of the request; an empty title or section says nothing and is refused. */
static bool read_class_lines(struct http_exchange *exchange, const cJSON *body, struct class_lines *lines)
{
	const char *prompt = text_of(body, "prompt");
	const cJSON *sections = json_array(body, "sections");

	if (!read_line(exchange, text_of(body, "title"), "title", TITLE_GRAPHEMES_MAX, &lines->title))
		return false;
	if (!lines->title.n) {
		refuse_field(exchange, "bad_value", "title");
		return false;
	}
	if (prompt && !read_line(exchange, prompt, "prompt", PROMPT_GRAPHEMES_MAX, &lines->prompt))
		return false;
	for (const cJSON *item = sections ? sections->child : NULL; item; item = item->next) {
		if (lines->section_count == SECTIONS_MAX) {
			refuse_field(exchange, "bad_value", "sections");
			return false;
		}
		struct buf *line = &lines->sections[lines->section_count];
		if (!read_line(exchange, item->valuestring, "sections", SECTION_GRAPHEMES_MAX, line))
			return false;
		if (!line->n) {
			refuse_field(exchange, "bad_value", "sections");
			return false;
		}
		lines->section_texts[lines->section_count++] = line->s;
	}
	return true;
}

static void begin_class(struct site *site, struct http_exchange *exchange, const struct account *account, const cJSON *body)
{
	struct class_lines lines = { 0 };
	const char *names = text_of(body, "names");
	struct account owner = *account; /* the hub looks things up as well */
	struct class_request request = { .account_id = owner.id, .name = owner.name, .names = names ? names : "named" };

	if (names && strcmp(names, "named") != 0 && strcmp(names, "hidden") != 0) {
		refuse_field(exchange, "bad_value", "names");
	} else if (read_class_lines(exchange, body, &lines)) {
		request.title = lines.title.s;
		request.prompt = buf_cstr(&lines.prompt);
		request.sections = lines.section_texts;
		request.section_count = lines.section_count;
		json_bool(body, "hold", &request.hold);
		hub_new_class(site->config.hub, &request, wall_ms(), on_class, task_new(site, exchange));
	}
	buf_release(&lines.title);
	buf_release(&lines.prompt);
	for (size_t i = 0; i < SECTIONS_MAX; i++)
		buf_release(&lines.sections[i]);
}

void api_classes(struct site *site, struct http_exchange *exchange)
{
	static const struct part parts[] = { { "title", cJSON_String, true }, { "prompt", cJSON_String, false }, { "sections", cJSON_Array, false },
					     { "hold", cJSON_True, false },   { "names", cJSON_String, false },	 { 0 } };
	char token[SECRET_CHARS + 1];
	const struct account *account = authenticate(site, exchange, token);
	cJSON *body = account ? read_body(exchange, parts) : NULL;

	if (body)
		begin_class(site, exchange, account, body);
	cJSON_Delete(body);
}

void api_ticket(struct site *site, struct http_exchange *exchange)
{
	static const struct part parts[] = { { "class", cJSON_String, true }, { 0 } };
	char token[SECRET_CHARS + 1], code[CODE_CHARS + 1], ticket[SECRET_CHARS + 1];
	const struct account *account = authenticate(site, exchange, token);
	cJSON *body = account ? read_body(exchange, parts) : NULL;

	if (!body)
		return;
	const char *typed = text_of(body, "class");
	if (code_normalise(typed, strlen(typed), code) && directory_ticket(site->config.directory, account->id, code, ticket, wall_ms())) {
		struct buf json = { 0 };

		buf_str(&json, "{\"ticket\":");
		buf_json_string(&json, ticket, strlen(ticket));
		buf_char(&json, '}');
		exchange_json(exchange, 200, &json);
	} else {
		exchange_refuse(exchange, 404, "not_found", "not_found.class", NULL);
	}
	cJSON_Delete(body);
}

/* ---- templates and imports ---- */

void api_templates(struct site *site, struct http_exchange *exchange)
{
	struct http_answer *answer = &exchange->answer;

	answer->cache = "no-cache";
	exchange_add_field(exchange, "ETag", site->templates_etag);
	answer->status = 304;
	if (!etag_matches(head_get(&exchange->head, "if-none-match"), site->templates_etag)) {
		answer->status = 200;
		answer->type = "application/json";
		answer->fixed = (const uint8_t *)site->templates.s;
		answer->fixed_bytes = site->templates.n;
	}
	exchange_finish(exchange);
}

/* What the query of an import says. */
enum import_word { IMPORT_CLASS, IMPORT_TITLE, IMPORT_TEAM, IMPORT_SEE, IMPORT_WORDS };
static const char *const import_words[IMPORT_WORDS] = { "class", "title", "team", "see" };

/* What is wrong with the query, as a code; NULL: nothing. Every part may be there once. */
static const char *read_words(const char *query, struct buf *name, struct buf words[IMPORT_WORDS])
{
	struct buf value = { 0 };
	bool given[IMPORT_WORDS] = { false };
	const char *code = NULL;
	enum query_step step = QUERY_PAIR;

	while (!code && (step = query_next(&query, name, &value)) == QUERY_PAIR) {
		int w = 0;

		while (w < IMPORT_WORDS && strcmp(buf_cstr(name), import_words[w]) != 0)
			w++;
		if (w == IMPORT_WORDS) {
			code = "bad_shape";
		} else if (given[w]) {
			code = "dup_key";
		} else {
			given[w] = true;
			buf_add(&words[w], value.s, value.n);
		}
	}
	buf_release(&value);
	if (!code && step == QUERY_BAD)
		code = "bad_shape";
	return code || given[IMPORT_CLASS] ? code : "bad_shape";
}

static bool is_right(const char *word)
{
	const char *const *values = command_specs[CMD_CANVAS_ADD].args[ARG_CANVAS_ADD_SEE].values;

	while (*values && strcmp(*values, word) != 0)
		values++;
	return *values != NULL;
}

/* False when it was refused. `title` is filled in with the title as a line. */
static bool read_import(struct http_exchange *exchange, struct buf words[IMPORT_WORDS], char class[CODE_CHARS + 1], struct buf *title)
{
	struct buf name = { 0 };
	const char *code = read_words(exchange->head.query ? exchange->head.query : "", &name, words);

	buf_release(&name);
	if (code) {
		exchange_refuse(exchange, 400, code, NULL, NULL);
		return false;
	}
	if (!code_normalise(buf_cstr(&words[IMPORT_CLASS]), words[IMPORT_CLASS].n, class)) {
		exchange_refuse(exchange, 404, "not_found", "not_found.class", NULL);
		return false;
	}
	if (words[IMPORT_SEE].n && !is_right(words[IMPORT_SEE].s)) {
		refuse_field(exchange, "bad_value", "see");
		return false;
	}
	return read_line(exchange, buf_cstr(&words[IMPORT_TITLE]), "title", TITLE_GRAPHEMES_MAX, title);
}

/* False when it was refused; else `canvas` is owned. */
static bool read_canvas(struct http_exchange *exchange, struct template *canvas)
{
	struct template_fault fault;
	struct buf args = { 0 };

	if (template_read(buf_cstr(&exchange->body), exchange->body.n, canvas, &fault))
		return true;
	buf_str(&args, "{\"line\":");
	buf_int(&args, fault.line);
	buf_str(&args, ",\"reason\":");
	buf_json_string(&args, fault.reason, strlen(fault.reason));
	buf_char(&args, '}');
	exchange_refuse(exchange, 400, "bad_value", "template.bad", args.s);
	buf_release(&args);
	return false;
}

static void on_import(const struct refused *refused, enum store_result result, const char *document, void *ctx)
{
	struct task *task = ctx;

	if (refused) {
		refuse_as(task->exchange, refused);
	} else if (is_durable(task->exchange, result)) {
		struct buf json = { 0 };

		buf_str(&json, "{\"document\":");
		buf_json_string(&json, document, strlen(document));
		buf_char(&json, '}');
		exchange_json(task->exchange, 200, &json);
	}
	task_end(task);
}

void api_import(struct site *site, struct http_exchange *exchange)
{
	char token[SECRET_CHARS + 1], class[CODE_CHARS + 1];
	const struct account *account = authenticate(site, exchange, token);
	struct buf words[IMPORT_WORDS] = { 0 }, title = { 0 };
	struct template canvas = { 0 };
	struct account owner = account ? *account : (struct account){ 0 }; /* the hub looks things up as well */

	if (account && read_import(exchange, words, class, &title) && read_canvas(exchange, &canvas)) {
		const struct import_request request = {
			.code = class,
			.account_id = owner.id,
			.canvas = &canvas,
			.title = buf_cstr(&title),
			.team = buf_cstr(&words[IMPORT_TEAM]),
			.see = buf_cstr(&words[IMPORT_SEE]),
		};
		hub_import(site->config.hub, &request, wall_ms(), on_import, task_new(site, exchange));
	}
	template_release(&canvas);
	buf_release(&title);
	for (int w = 0; w < IMPORT_WORDS; w++)
		buf_release(&words[w]);
}

/* ---- for showing the way ---- */

void api_origin(struct site *site, struct http_exchange *exchange)
{
	const char *origin = *site->config.origin ? site->config.origin : exchange->origin;
	struct buf json = { 0 };

	buf_str(&json, "{\"origin\":");
	buf_json_string(&json, origin, strlen(origin));
	buf_char(&json, '}');
	exchange_json(exchange, 200, &json);
}

void api_qr(struct site *site, struct http_exchange *exchange)
{
	static const struct part parts[] = { { "text", cJSON_String, true }, { 0 } };
	cJSON *body = read_body(exchange, parts);

	(void)site;
	if (!body)
		return;
	const char *text = text_of(body, "text");
	if (qr_svg(text, strlen(text), &exchange->answer.body)) {
		exchange->answer.status = 200;
		exchange->answer.type = "image/svg+xml";
		exchange_finish(exchange);
	} else {
		refuse_field(exchange, "bad_value", "text");
	}
	cJSON_Delete(body);
}
