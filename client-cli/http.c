#include "client-cli/http.h"
#include "proto/json.h"
#include <stdlib.h>
#include <string.h>

enum { HTTP_DEADLINE_MS = 15000, ANSWER_MAX = 1 << 20, HEADER_CAP = 192 };

/* Lists of templates are longer than what comes over WebSocket. */
static const struct json_limits answer_limits = { .bytes_max = ANSWER_MAX, .depth_max = 16, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64 };

struct http_call {
	struct net_owner owner; /* first */
	struct dial *dial;
	struct lws *wsi;
	uv_timer_t deadline; /* also the turn on which the answer is delivered */
	struct buf request;  /* LWS_PRE bytes of room, then the body */
	struct buf answer;
	char bearer[HEADER_CAP - 16];
	int status;
	bool whole, sent;
	void (*on_answer)(const struct http_answer *answer, void *ctx);
	void *ctx;
};

static void on_deadline_closed(uv_handle_t *handle)
{
	struct http_call *call = handle->data;
	buf_release(&call->request);
	buf_release(&call->answer);
	free(call);
}

void http_cancel(struct http_call *call)
{
	if (!call)
		return;
	dial_free(call->dial);
	net_let_go(call->wsi);
	call->wsi = NULL;
	uv_close((uv_handle_t *)&call->deadline, on_deadline_closed);
}

static void deliver(struct http_call *call)
{
	struct http_answer answer = { 0 };
	enum json_verdict verdict = JSON_BAD_JSON;
	cJSON *body = call->whole ? json_parse(call->answer.s, call->answer.n, &answer_limits, &verdict) : NULL;
	if (body)
		answer = (struct http_answer){ .status = call->status, .body = body };
	call->on_answer(&answer, call->ctx);
	cJSON_Delete(body);
	http_cancel(call);
}

static void on_deadline(uv_timer_t *timer)
{
	deliver(timer->data);
}

/* On a fresh turn, because the answer's receiver may do anything, and libwebsockets is above us on the stack. */
static void finish(struct http_call *call)
{
	uv_timer_start(&call->deadline, on_deadline, 0, 0);
}

static void on_dial_failed(struct net_owner *owner)
{
	finish((struct http_call *)owner);
}

static int add_header(struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value), p, end);
}

static int write_headers(struct http_call *call, struct lws *wsi, unsigned char **p, unsigned char *end)
{
	char text[HEADER_CAP];
	if (call->bearer[0]) {
		snprintf(text, sizeof text, "Bearer %s", call->bearer);
		if (add_header(wsi, "authorization:", text, p, end))
			return -1;
	}
	if (call->request.n <= LWS_PRE)
		return 0;
	snprintf(text, sizeof text, "%zu", call->request.n - LWS_PRE);
	if (add_header(wsi, "content-type:", "application/json", p, end) || add_header(wsi, "content-length:", text, p, end))
		return -1;
	lws_client_http_body_pending(wsi, 1);
	lws_callback_on_writable(wsi);
	return 0;
}

static int write_body(struct http_call *call, struct lws *wsi)
{
	if (call->sent || call->request.n <= LWS_PRE)
		return 0;
	call->sent = true;
	lws_client_http_body_pending(wsi, 0);
	size_t n = call->request.n - LWS_PRE;
	return lws_write(wsi, (unsigned char *)call->request.s + LWS_PRE, n, LWS_WRITE_HTTP_FINAL) < (int)n ? -1 : 0;
}

static int read_some(struct lws *wsi)
{
	char room[LWS_PRE + 2048], *at = room + LWS_PRE;
	int n = (int)(sizeof room - LWS_PRE);
	return lws_http_client_read(wsi, &at, &n) < 0 ? -1 : 0;
}

static int on_event(struct net_owner *owner, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t len)
{
	struct http_call *call = (struct http_call *)owner;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return write_headers(call, wsi, in, *(unsigned char **)in + len);
	case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
		return write_body(call, wsi);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		call->status = (int)lws_http_client_http_response(wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return read_some(wsi);
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		buf_add(&call->answer, in, len);
		return call->answer.n > ANSWER_MAX ? -1 : 0;
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		call->whole = true;
		finish(call);
		return 0;
	case NET_GONE:
		if (wsi != call->wsi)
			return 0;
		call->wsi = NULL;
		/* Once the request may have arrived it is not repeated at another address: it may have been done. */
		if (call->sent || call->status || call->whole)
			finish(call);
		else
			dial_next(call->dial);
		return 0;
	default:
		return 0;
	}
}

void http_query_add(struct buf *path, bool first, const char *key, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", hex[] = "0123456789ABCDEF";
	buf_char(path, first ? '?' : '&');
	buf_str(path, key);
	buf_char(path, '=');
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		if (strchr(plain, *p)) {
			buf_char(path, (char)*p);
			continue;
		}
		buf_char(path, '%');
		buf_char(path, hex[*p >> 4]);
		buf_char(path, hex[*p & 15]);
	}
}

struct http_call *http_send(struct net *net, const struct http_request *request)
{
	struct http_call *call = calloc(1, sizeof *call);
	if (!call)
		abort();
	call->owner.on_event = on_event;
	call->on_answer = request->on_answer;
	call->ctx = request->ctx;
	snprintf(call->bearer, sizeof call->bearer, "%s", request->bearer ? request->bearer : "");
	for (int i = 0; i < LWS_PRE; i++)
		buf_char(&call->request, 0);
	if (request->body) {
		char *text = cJSON_PrintUnformatted(request->body);
		buf_str(&call->request, text);
		free(text);
	} else if (request->text) {
		buf_add(&call->request, request->text->s, request->text->n);
	}
	uv_timer_init(&net->loop, &call->deadline);
	call->deadline.data = call;
	uv_timer_start(&call->deadline, on_deadline, HTTP_DEADLINE_MS, 0);
	struct dial_to to = {
		.place = request->place,
		.method = request->method,
		.path = request->path,
		.owner = &call->owner,
		.wsi = &call->wsi,
		.on_failed = on_dial_failed,
	};
	call->dial = dial_new(net, &to);
	return call;
}
