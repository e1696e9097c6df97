#include "server/http/internal.h"

#include <stdlib.h>
#include <string.h>

#include "server/http/assets.h"
#include "server/http/fields.h"
#include "server/session/hub.h"

struct route {
	const char *path;
	enum http_method method;
	api_handler *handle;
};

static void get_health(struct site *site, struct http_exchange *exchange);

static const struct route routes[] = {
	{ "/api/invite", METHOD_POST, api_invite },
	{ "/api/login", METHOD_POST, api_login },
	{ "/api/logout", METHOD_POST, api_logout },
	{ "/api/me", METHOD_GET, api_me },
	{ "/api/classes", METHOD_POST, api_classes },
	{ "/api/ticket", METHOD_POST, api_ticket },
	{ "/api/origin", METHOD_GET, api_origin },
	{ "/api/qr", METHOD_POST, api_qr },
	{ "/healthz", METHOD_GET, get_health },
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

static void run_route(struct site *site, struct http_exchange *exchange, const struct route *route)
{
	if (!is_allowed(exchange->head.method, route->method)) {
		refuse_method(exchange, route->method);
	} else if (exchange->from == FROM_FOREIGN && strncmp(route->path, "/api/", 5) == 0) {
		exchange_refuse(exchange, 403, "forbidden", NULL, NULL);
	} else if (route->method != METHOD_POST || check_post(exchange)) {
		if (site->is_stopping && route->method == METHOD_POST)
			exchange_refuse(exchange, 503, "busy", NULL, NULL);
		else
			route->handle(site, exchange);
	}
}

void site_handle(struct http_exchange *exchange, void *ctx)
{
	struct site *site = ctx;
	const char *path = exchange->head.path;

	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		if (strcmp(routes[i].path, path) == 0) {
			run_route(site, exchange, &routes[i]);
			return;
		}
	}
	if (strncmp(path, "/api/", 5) == 0) {
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

struct site *site_new(const struct site_config *config)
{
	struct site *site = calloc(1, sizeof *site);

	if (!site)
		abort();
	site->config = *config;
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
	free(site);
}
