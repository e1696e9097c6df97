#include "server/http/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct http_exchange *exchange_new(void)
{
	struct http_exchange *exchange = calloc(1, sizeof *exchange);

	if (!exchange)
		abort();
	return exchange;
}

void exchange_free(struct http_exchange *exchange)
{
	if (!exchange)
		return;
	buf_release(&exchange->input);
	buf_release(&exchange->body);
	buf_release(&exchange->answer.fields);
	buf_release(&exchange->answer.body);
	free(exchange);
}

void exchange_finish(struct http_exchange *exchange)
{
	if (exchange->connection)
		exchange->on_finish(exchange, exchange->connection);
	else
		exchange_free(exchange);
}

void exchange_add_field(struct http_exchange *exchange, const char *name, const char *value)
{
	struct buf *fields = &exchange->answer.fields;

	assert(!strpbrk(value, "\r\n"));
	buf_str(fields, name);
	buf_str(fields, ": ");
	buf_str(fields, value);
	buf_str(fields, "\r\n");
}

void exchange_text(struct http_exchange *exchange, int status, const char *text)
{
	exchange->answer.status = status;
	exchange->answer.type = "text/plain; charset=utf-8";
	buf_str(&exchange->answer.body, text);
	buf_char(&exchange->answer.body, '\n');
	exchange_finish(exchange);
}

void exchange_json(struct http_exchange *exchange, int status, struct buf *json)
{
	exchange->answer.status = status;
	exchange->answer.type = "application/json";
	exchange->answer.body = *json;
	memset(json, 0, sizeof *json);
	exchange_finish(exchange);
}

void exchange_refuse(struct http_exchange *exchange, int status, const char *code, const char *say, const char *args)
{
	struct buf json = { 0 };

	buf_str(&json, "{\"code\":\"");
	buf_str(&json, code);
	buf_str(&json, "\",\"say\":\"");
	buf_str(&json, say ? say : code);
	buf_str(&json, "\",\"args\":");
	buf_str(&json, args ? args : "{}");
	buf_char(&json, '}');
	exchange_json(exchange, status, &json);
}

void exchange_drop(struct http_exchange *exchange)
{
	exchange->answer.drop = true;
	exchange_finish(exchange);
}
