#include "server/http/internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/template.h"
#include "server/http/assets.h"
#include "server/http/fields.h"
#include "server/log.h"
#include "server/session/hub.h"

struct route {
	const char *path;
	enum http_method method;
	api_handler *handle;
	size_t body_max; /* bytes; more than BODY_BYTES_MAX only from people who are signed in */
};

static void get_health(struct site *site, struct http_exchange *exchange);

static const struct route routes[] = {
	{ "/api/invite", METHOD_POST, api_invite, BODY_BYTES_MAX },
	{ "/api/login", METHOD_POST, api_login, BODY_BYTES_MAX },
	{ "/api/logout", METHOD_POST, api_logout, BODY_BYTES_MAX },
	{ "/api/me", METHOD_GET, api_me, 0 },
	{ "/api/classes", METHOD_POST, api_classes, BODY_BYTES_MAX },
	{ "/api/ticket", METHOD_POST, api_ticket, BODY_BYTES_MAX },
	{ "/api/origin", METHOD_GET, api_origin, 0 },
	{ "/api/qr", METHOD_POST, api_qr, BODY_BYTES_MAX },
	{ "/api/templates", METHOD_GET, api_templates, 0 },
	{ "/api/import", METHOD_POST, api_import, TEMPLATE_BYTES_MAX },
	{ "/healthz", METHOD_GET, get_health, 0 },
};

static void get_health(struct site *site, struct http_exchange *exchange)
{
	struct hub_stats stats = hub_stats(site->config.hub);

	if (site->is_stopping)
		exchange_text(exchange, 503, "stopping");
	else if (stats.fault != STORE_FINE)
		exchange_text(exchange, 503, "nothing can be saved");
	else
		exchange_text(exchange, 200, "ok");
}

/* ---- the page ---- */

static void send_asset(struct http_exchange *exchange, const struct asset *asset)
{
	struct http_answer *answer = &exchange->answer;
	static const char *const names[] = { [CODING_GZIP] = "gzip", [CODING_BR] = "br" };
	const struct blob *blob = &asset->plain;

	answer->cache = asset->immutable ? "public, max-age=31536000, immutable" : "no-cache";
	exchange_add_field(exchange, "ETag", asset->etag);
	exchange_add_field(exchange, "Vary", "Accept-Encoding");
	if (etag_matches(head_get(&exchange->head, "if-none-match"), asset->etag)) {
		answer->status = 304;
		exchange_finish(exchange);
		return;
	}
	enum coding coding = accept_coding(head_get(&exchange->head, "accept-encoding"), asset->gzip.bytes != NULL, asset->br.bytes != NULL);
	if (coding == CODING_GZIP || coding == CODING_BR) {
		blob = coding == CODING_BR ? &asset->br : &asset->gzip;
		exchange_add_field(exchange, "Content-Encoding", names[coding]);
	}
	answer->status = 200;
	answer->type = asset->type;
	answer->fixed = blob->bytes;
	answer->fixed_bytes = blob->size;
	exchange_finish(exchange);
}

static void refuse_method(struct http_exchange *exchange, enum http_method allowed)
{
	exchange_add_field(exchange, "Allow", allowed == METHOD_POST ? "POST" : "GET, HEAD");
	exchange_text(exchange, 405, "Method Not Allowed");
}

/* ---- the table ---- */

static bool is_interface(const char *path)
{
	return strncmp(path, "/api/", 5) == 0;
}

static bool is_allowed(enum http_method method, enum http_method wanted)
{
	return method == wanted || (method == METHOD_HEAD && wanted == METHOD_GET);
}

/* What holds for every request that carries a body. */
static bool check_post(struct http_exchange *exchange)
{
	if (!exchange->head.has_length) {
		exchange_text(exchange, 411, "Length Required");
		return false;
	}
	/* A form of a foreign page cannot send this type without asking first (CORS), so it also keeps forged requests out. */
	if (!is_json_type(head_get(&exchange->head, "content-type"))) {
		exchange_text(exchange, 415, "Unsupported Media Type");
		return false;
	}
	return true;
}

/* What holds for every request, seen from its head. False when it was refused. */
static bool check_route(struct site *site, struct http_exchange *exchange, const struct route *route)
{
	if (!is_allowed(exchange->head.method, route->method)) {
		refuse_method(exchange, route->method);
		return false;
	}
	if (exchange->from == FROM_FOREIGN && is_interface(route->path)) {
		exchange_refuse(exchange, 403, "forbidden", NULL, NULL);
		return false;
	}
	if (route->method != METHOD_POST)
		return true;
	if (!check_post(exchange))
		return false;
	if (site->is_stopping)
		exchange_refuse(exchange, 503, "busy", NULL, NULL);
	return !site->is_stopping;
}

static const struct route *find_route(const char *path)
{
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

bool site_admit(struct http_exchange *exchange, void *ctx)
{
	const struct route *route = find_route(exchange->head.path);

	if (route && exchange->head.length <= route->body_max)
		return check_route(ctx, exchange, route) && api_is_signed_in(ctx, exchange);
	log_event(LOG_INFO, "http.refused", "status=%d", 413);
	if (route && is_interface(route->path))
		exchange_refuse(exchange, 413, "too_big", NULL, NULL);
	else
		exchange_text(exchange, 413, "Content Too Large");
	return false;
}

void site_handle(struct http_exchange *exchange, void *ctx)
{
	struct site *site = ctx;
	const char *path = exchange->head.path;
	const struct route *route = find_route(path);

	if (route) {
		if (check_route(site, exchange, route))
			route->handle(site, exchange);
		return;
	}
	if (is_interface(path)) {
		exchange_refuse(exchange, 404, "not_found", NULL, NULL);
		return;
	}
	const struct asset *asset = asset_find(path);
	if (!asset)
		exchange_text(exchange, 404, "Not Found");
	else if (!is_allowed(exchange->head.method, METHOD_GET))
		refuse_method(exchange, METHOD_GET);
	else
		send_asset(exchange, asset);
}

/* ---- life ---- */

/* Made once: templates do not change while the server runs. */
static void write_templates(struct site *site)
{
	struct buf *out = &site->templates;
	uint8_t hash[16];
	char hex[2 * sizeof hash + 1];

	buf_str(out, "{\"templates\":[");
	for (const struct template *const *t = site->config.templates; *t; t++) {
		if (t != site->config.templates)
			buf_char(out, ',');
		template_write(*t, false, out);
	}
	buf_str(out, "]}");
	crypto_generichash(hash, sizeof hash, (const uint8_t *)out->s, out->n, NULL, 0);
	snprintf(site->templates_etag, sizeof site->templates_etag, "\"%s\"", sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
}

struct site *site_new(const struct site_config *config)
{
	struct site *site = calloc(1, sizeof *site);

	if (!site)
		abort();
	site->config = *config;
	write_templates(site);
	site->passwords = passwords_new(config->loop);
	site->logins = login_budget_new(config->limits->login_per_15min);
	return site;
}

void site_stop(struct site *site)
{
	if (site->is_stopping)
		return;
	site->is_stopping = true;
	passwords_stop(site->passwords);
}

void site_close(struct site *site)
{
	site_stop(site);
	site->is_closed = true;
}

size_t site_pending(const struct site *site)
{
	return site->pending;
}

void site_free(struct site *site)
{
	if (!site)
		return;
	passwords_free(site->passwords);
	login_budget_free(site->logins);
	buf_release(&site->templates);
	free(site);
}
