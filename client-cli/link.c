/* States and what moves them:
 *
 *   REACHING   (ticket, if staff) → dial → hello → welcome: UP; anything else: WAITING or ENDED
 *   UP         silence of 10 s → ping → silence of 3 s → WAITING
 *   WAITING    a random delay below a bound that doubles (full jitter) → REACHING
 *
 * One timer serves whatever is waited for in the present state. The library's own pings are not used: a person is to hear of a dead connection within 13 s. */
#include "client-cli/link.h"
#include "client-cli/http.h"
#include "proto/json.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
	REACH_DEADLINE_MS = 15000, /* a class that is not there may be told of 5 s late */
	QUIET_MS = 10000,
	PONG_MS = 3000,
	STEADY_MS = 5000, /* up for so long, and the next loss counts as the first */
	BACKOFF_FIRST_MS = 500,
	BACKOFF_MAX_MS = 30000,
	RESTART_SPREAD_MS = 2000,
	TRY_LATER_MS = 60000,
	MESSAGE_MAX = 1 << 20,
};

struct frame {
	struct frame *next;
	size_t n;
	unsigned char bytes[]; /* LWS_PRE of room, then the text */
};

struct link {
	struct net_owner owner; /* first */
	struct net *net;
	struct link_config config;
	struct place place;
	char *name, *secret, *session, *ticket;
	enum link_state state;
	struct dial *dial;
	struct http_call *ticket_call;
	struct lws *wsi;
	struct frame *frames;
	struct buf in;
	uv_timer_t timer;
	unsigned attempt;
	uint64_t up_since_ms, heard_ms;
	bool established, pinged, greeted;
};

static void reach(struct link *link);

uint64_t backoff_bound_ms(unsigned attempt)
{
	return attempt >= 6 ? BACKOFF_MAX_MS : (uint64_t)BACKOFF_FIRST_MS << attempt;
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static void set_state(struct link *link, enum link_state state)
{
	if (link->state == state)
		return;
	link->state = state;
	link->config.on_state(state, link->config.ctx);
}

static void frames_drop(struct link *link)
{
	struct frame *frame, *tmp;
	LL_FOREACH_SAFE(link->frames, frame, tmp)
		free(frame);
	link->frames = NULL;
}

/* Lets go of everything that belongs to one attempt. */
static void hang_up(struct link *link)
{
	uv_timer_stop(&link->timer);
	dial_free(link->dial);
	http_cancel(link->ticket_call);
	net_let_go(link->wsi);
	link->dial = NULL;
	link->ticket_call = NULL;
	link->wsi = NULL;
	frames_drop(link);
	buf_reset(&link->in);
	link->established = link->pinged = link->greeted = false;
}

static void on_retry(uv_timer_t *timer)
{
	reach(timer->data);
}

static void come_back(struct link *link, uint64_t least_ms, uint64_t spread_ms)
{
	hang_up(link);
	uint64_t delay = least_ms + (spread_ms ? randombytes_uniform((uint32_t)spread_ms) : 0);
	uv_timer_start(&link->timer, on_retry, delay, 0);
	set_state(link, LINK_WAITING);
}

static void come_back_later(struct link *link)
{
	if (link->state == LINK_UP && uv_now(&link->net->loop) - link->up_since_ms > STEADY_MS)
		link->attempt = 0;
	come_back(link, 0, backoff_bound_ms(link->attempt));
	if (link->attempt < 16)
		link->attempt++;
}

static void give_up(struct link *link, const cJSON *no)
{
	hang_up(link);
	link->config.on_refused(no, link->config.ctx);
	set_state(link, LINK_ENDED);
}

static void give_up_with(struct link *link, const char *code, const char *say)
{
	cJSON *no = cJSON_CreateObject();
	cJSON_AddStringToObject(no, "code", code);
	cJSON_AddStringToObject(no, "say", say);
	give_up(link, no);
	cJSON_Delete(no);
}

/* --- sending --- */

static void push_frame(struct link *link, const char *text, size_t n)
{
	struct frame *frame = malloc(sizeof *frame + LWS_PRE + n);
	if (!frame)
		abort();
	frame->n = n;
	memcpy(frame->bytes + LWS_PRE, text, n);
	LL_APPEND(link->frames, frame);
	lws_callback_on_writable(link->wsi);
}

void link_send(struct link *link, const char *text, size_t n)
{
	if (link->state == LINK_UP && link->wsi)
		push_frame(link, text, n);
}

static int write_frame(struct link *link, struct lws *wsi)
{
	struct frame *frame = link->frames;
	if (!frame)
		return 0;
	LL_DELETE(link->frames, frame);
	int wrote = lws_write(wsi, frame->bytes + LWS_PRE, frame->n, LWS_WRITE_TEXT);
	int failed = wrote < (int)frame->n;
	free(frame);
	if (link->frames)
		lws_callback_on_writable(wsi);
	return failed ? -1 : 0;
}

static void say_hello(struct link *link)
{
	cJSON *hello = cJSON_CreateObject();
	cJSON_AddStringToObject(hello, "t", "hello");
	cJSON_AddNumberToObject(hello, "v", 1);
	cJSON_AddStringToObject(hello, "class", link->place.code);
	if (link->session) {
		cJSON_AddStringToObject(hello, "ticket", link->ticket);
	} else {
		cJSON_AddStringToObject(hello, "secret", link->secret);
		if (link->name && *link->name)
			cJSON_AddStringToObject(hello, "name", link->name);
	}
	char *text = cJSON_PrintUnformatted(hello);
	cJSON_Delete(hello);
	push_frame(link, text, strlen(text));
	sodium_memzero(text, strlen(text));
	free(text);
}

/* --- staying alive --- */

static void on_watch(uv_timer_t *timer)
{
	struct link *link = timer->data;
	uint64_t quiet = uv_now(&link->net->loop) - link->heard_ms;
	if (link->pinged && quiet >= QUIET_MS) {
		come_back_later(link);
		return;
	}
	if (quiet < QUIET_MS) {
		link->pinged = false;
		uv_timer_start(&link->timer, on_watch, QUIET_MS - quiet, 0);
		return;
	}
	static const char ping[] = "{\"t\":\"ping\"}";
	link->pinged = true;
	link_send(link, ping, sizeof ping - 1);
	uv_timer_start(&link->timer, on_watch, PONG_MS, 0);
}

/* --- receiving --- */

static void on_welcome(struct link *link, const cJSON *message)
{
	link->up_since_ms = uv_now(&link->net->loop);
	link->greeted = true;
	uv_timer_start(&link->timer, on_watch, QUIET_MS, 0);
	link->state = LINK_UP; /* so that the owner can send from on_welcome, before it hears of the state */
	link->config.on_welcome(message, link->config.ctx);
	if (link->state == LINK_UP)
		link->config.on_state(LINK_UP, link->config.ctx);
}

static void on_hello_refused(struct link *link, const cJSON *no)
{
	const char *code = "";
	size_t n;
	int64_t retry_ms = 0;
	json_str(no, "code", &code, &n);
	json_int(no, "retry_ms", 0, 3600000, &retry_ms);
	if (!strcmp(code, "busy") || !strcmp(code, "rate") || !strcmp(code, "readonly"))
		come_back(link, (uint64_t)retry_ms, backoff_bound_ms(link->attempt++ % 8));
	else
		give_up(link, no);
}

static void take_message(struct link *link, const cJSON *message)
{
	const char *type;
	size_t n;
	if (!json_str(message, "t", &type, &n))
		return;
	if (link->greeted)
		link->config.on_message(type, message, link->config.ctx);
	else if (!strcmp(type, "welcome"))
		on_welcome(link, message);
	else if (!strcmp(type, "no"))
		on_hello_refused(link, message);
}

/* 0, or -1 to make the library close the socket. */
static int receive(struct link *link, struct lws *wsi, const char *bytes, size_t n)
{
	if (lws_is_first_fragment(wsi))
		buf_reset(&link->in);
	if (link->in.n + n > MESSAGE_MAX)
		return -1;
	buf_add(&link->in, bytes, n);
	if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
		return 0;
	link->heard_ms = uv_now(&link->net->loop);
	enum json_verdict verdict;
	cJSON *message = json_parse(link->in.s, link->in.n, &json_limits_server, &verdict);
	if (!message)
		return -1; /* not our server, or a broken one: come back with backoff */
	take_message(link, message);
	cJSON_Delete(message);
	return 0;
}

/* --- closing --- */

static void on_restarting(struct link *link, const char *reason, size_t n)
{
	(void)reason, (void)n; /* the time it names is the same spread: every client must not come at once */
	link->attempt = 0;
	come_back(link, 0, RESTART_SPREAD_MS);
	link->attempt = 1;
}

struct close_rule {
	int code;
	const char *refusal, *say; /* for good, with this */
	uint64_t least_ms;         /* or not sooner than this */
};

static const struct close_rule close_rules[] = {
	{ 1013, NULL, NULL, BACKOFF_MAX_MS / 2 },
	{ 4400, "bad_shape", "closed.4400", 0 },
	{ 4401, "auth", "auth", 0 },
	{ 4404, "closed", "closed", 0 },
	{ 4426, "unknown_type", "closed.4426", 0 },
	{ 4429, NULL, NULL, TRY_LATER_MS },
};

static void on_close_frame(struct link *link, const unsigned char *in, size_t n)
{
	int code = n >= 2 ? in[0] << 8 | in[1] : 0;
	if (code == 1012) {
		on_restarting(link, (const char *)in + 2, n - 2);
		return;
	}
	for (size_t i = 0; i < sizeof close_rules / sizeof *close_rules; i++) {
		const struct close_rule *rule = &close_rules[i];
		if (rule->code != code)
			continue;
		if (rule->refusal)
			give_up_with(link, rule->refusal, rule->say);
		else
			come_back(link, rule->least_ms, BACKOFF_FIRST_MS * 8);
		return;
	}
	come_back_later(link);
}

static int on_event(struct net_owner *owner, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t len)
{
	struct link *link = (struct link *)owner;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		link->established = true;
		link->heard_ms = uv_now(&link->net->loop);
		say_hello(link);
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return write_frame(link, wsi);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(link, wsi, in, len);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		on_close_frame(link, in, len);
		return 0;
	case NET_GONE:
		if (wsi != link->wsi)
			return 0;
		link->wsi = NULL;
		if (link->established)
			come_back_later(link);
		else
			dial_next(link->dial);
		return 0;
	default:
		return 0;
	}
}

/* --- reaching --- */

static void on_reach_late(uv_timer_t *timer)
{
	come_back_later(timer->data);
}

static void on_dial_failed(struct net_owner *owner)
{
	come_back_later((struct link *)owner);
}

static void dial(struct link *link)
{
	struct dial_to to = {
		.place = &link->place,
		.path = "/ws",
		.owner = &link->owner,
		.wsi = &link->wsi,
		.on_failed = on_dial_failed,
	};
	link->dial = dial_new(link->net, &to);
}

static void on_ticket(const struct http_answer *answer, void *ctx)
{
	struct link *link = ctx;
	const char *ticket;
	size_t n;
	link->ticket_call = NULL;
	if (answer->status == 200 && json_str(answer->body, "ticket", &ticket, &n)) {
		free(link->ticket);
		link->ticket = strdup(ticket);
		dial(link);
	} else if (answer->status >= 400 && answer->status < 500 && answer->status != 429) {
		cJSON *no = cJSON_Duplicate(answer->body, true);
		give_up(link, no);
		cJSON_Delete(no);
	} else {
		come_back_later(link);
	}
}

static void ask_ticket(struct link *link)
{
	cJSON *body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "class", link->place.code);
	struct http_request request = {
		.place = &link->place,
		.method = "POST",
		.path = "/api/ticket",
		.bearer = link->session,
		.body = body,
		.on_answer = on_ticket,
		.ctx = link,
	};
	link->ticket_call = http_send(link->net, &request);
	cJSON_Delete(body);
}

static void reach(struct link *link)
{
	uv_timer_start(&link->timer, on_reach_late, REACH_DEADLINE_MS, 0);
	set_state(link, LINK_REACHING);
	if (link->session)
		ask_ticket(link);
	else
		dial(link);
}

struct link *link_new(struct net *net, const struct link_config *config)
{
	struct link *link = calloc(1, sizeof *link);
	if (!link)
		abort();
	link->owner.on_event = on_event;
	link->net = net;
	link->config = *config;
	link->place = *config->place;
	link->config.place = &link->place;
	link->name = copy(config->name);
	link->secret = copy(config->secret);
	link->session = copy(config->session);
	uv_timer_init(&net->loop, &link->timer);
	link->timer.data = link;
	uv_timer_start(&link->timer, on_retry, 0, 0);
	return link;
}

static void wipe(char *secret)
{
	if (secret)
		sodium_memzero(secret, strlen(secret));
	free(secret);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;
	buf_release(&link->in);
	free(link->name);
	wipe(link->secret);
	wipe(link->session);
	wipe(link->ticket);
	free(link);
}

void link_free(struct link *link)
{
	if (!link)
		return;
	hang_up(link);
	uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}

enum link_state link_state(const struct link *link)
{
	return link ? link->state : LINK_OFF;
}

void link_drop(struct link *link)
{
	if (link->state == LINK_UP || link->state == LINK_REACHING)
		come_back_later(link);
}

void link_hurry(struct link *link)
{
	if (link->state == LINK_WAITING)
		uv_timer_start(&link->timer, on_retry, 0, 0);
}
