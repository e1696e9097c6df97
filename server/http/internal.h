/* What site.c and api.c share. */
#ifndef FORWHOM_SERVER_HTTP_INTERNAL_H
#define FORWHOM_SERVER_HTTP_INTERNAL_H
#include "server/http/login_budget.h"
#include "server/http/password.h"
#include "server/http/site.h"

enum { ETAG_BYTES = 40 };

struct site {
	struct site_config config;
	struct passwords *passwords;
	struct login_budget *logins;
	struct buf templates; /* what GET /api/templates answers, as long as the site lives */
	char templates_etag[ETAG_BYTES];
	size_t pending;
	bool is_stopping, is_closed;
};

typedef void api_handler(struct site *site, struct http_exchange *exchange);

/* The interface; all of them end in exchange_finish. */
api_handler api_invite, api_login, api_logout, api_me, api_classes, api_ticket, api_origin, api_qr, api_templates, api_import;

/* Whether somebody is signed in; else answers. */
bool api_is_signed_in(struct site *site, struct http_exchange *exchange);
#endif
