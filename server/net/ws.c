#include "server/net/ws.h"

#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/message.h"
#include "server/net/received.h"
#include "server/session/hub.h"

enum {
	RX_BUFFER_BYTES = 2048,      /* a larger one costs every idle connection */
	TX_PACKET_BYTES = 262144,    /* the default of 2 KiB would cut every flush into pieces */
	CLOSE_GRACE_MS = 1000,       /* for the client to answer a close frame */
	SWEEP_MS = 100,
	REASON_BYTES_MAX = 123,      /* RFC 6455 section 5.5 */
	FRAME_HEAD_BYTES = 6,        /* of a client's frame: two and the mask, and up to eight for a longer length */
	HIDDEN_PER_S = 1024,         /* bytes of pings and the like, per connection */
	HIDDEN_BURST = 16384,
	CLOSE_FLOOD = 4429,
	CLOSE_DEADLINE = 4408,
};

struct peer {
	struct lws *wsi;
	struct ws *ws;
	struct conn *conn;           /* NULL before hub_connect and after hub_disconnect */
	struct peer *next, *prev;    /* all */
	struct peer *watch_next, *watch_prev; /* those with a deadline */
	bool is_watched, is_closing;
	int64_t deadline_ms;         /* of the message that is coming in, or of the close */
	struct message message;
	/* What the kernel has received against what libwebsockets told of, in bytes (see check_hidden). */
	uint64_t received_bytes;
	int64_t told_bytes, early_bytes;
	int64_t hidden_bytes;    /* at the last tick: received, and not told of */
	int64_t harmless_bytes;  /* so many of them are known to be whole frames */
	int64_t hidden_tokens;
	int64_t stuck_since_ms;
	bool has_told, has_asked, is_flooding;
	uint8_t slice; /* of WS_TICKS_PER_S: the tick in which it is looked at */
	char address[64];
};

struct ws {
	uv_loop_t *loop;
	const struct limits *limits;
	struct hub *hub;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct transport transport;
	struct peer *all, *watched;
	size_t count;
	struct peer *adopting; /* the connection whose handshake is under way */
	uv_timer_t sweep;
	bool is_sweeping, is_stopping;
	unsigned adopted, ticks;
};

static int64_t mono_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- those with a deadline ---- */

static void on_sweep(uv_timer_t *timer);

static void watch(struct peer *peer, int64_t deadline_ms)
{
	struct ws *ws = peer->ws;

	peer->deadline_ms = deadline_ms;
	if (peer->is_watched)
		return;
	peer->is_watched = true;
	peer->watch_prev = NULL;
	peer->watch_next = ws->watched;
	if (ws->watched)
		ws->watched->watch_prev = peer;
	ws->watched = peer;
	if (!ws->is_sweeping && !ws->is_stopping) {
		ws->is_sweeping = true;
		uv_timer_start(&ws->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	}
}

static void unwatch(struct peer *peer)
{
	if (!peer->is_watched)
		return;
	if (peer->watch_prev)
		peer->watch_prev->watch_next = peer->watch_next;
	else
		peer->ws->watched = peer->watch_next;
	if (peer->watch_next)
		peer->watch_next->watch_prev = peer->watch_prev;
	peer->is_watched = false;
}

static void close_peer(struct peer *peer, uint16_t code, const char *reason);

/* Killing calls LWS_CALLBACK_CLOSED before it returns, which frees the peer and may close others; so it happens here, in a timer of ours, and nowhere else. */
static void on_sweep(uv_timer_t *timer)
{
	struct ws *ws = timer->data;
	int64_t now = mono_ms();

	for (struct peer *peer = ws->watched, *next; peer; peer = next) {
		next = peer->watch_next;
		if (now < peer->deadline_ms)
			continue;
		if (peer->is_closing)
			lws_set_timeout(peer->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
		else
			close_peer(peer, CLOSE_DEADLINE, "");
	}
	if (!ws->watched) {
		ws->is_sweeping = false;
		uv_timer_stop(&ws->sweep);
	}
}

/* ---- transport ---- */

static bool send_bytes(struct peer *peer, const uint8_t *bytes, size_t size_bytes)
{
	/* The signature takes a buffer to change, for the header it writes in front; with RAW there is none. tests/unit/net_ws_test.c holds it to that. */
	return lws_write(peer->wsi, (unsigned char *)bytes, size_bytes, LWS_WRITE_RAW) >= (int)size_bytes;
}

static bool transport_write(void *handle, const uint8_t *bytes, size_t size_bytes)
{
	struct peer *peer = handle;

	if (peer->is_closing)
		return false;
	if (send_bytes(peer, bytes, size_bytes))
		return true;
	/* Broken: libwebsockets finds out by itself when it next reads; make sure that it ends. */
	peer->is_closing = true;
	watch(peer, mono_ms());
	return false;
}

static bool transport_busy(void *handle)
{
	struct peer *peer = handle;

	return lws_partial_buffered(peer->wsi) != 0;
}

static void transport_want_writable(void *handle)
{
	struct peer *peer = handle;

	if (!peer->is_closing)
		lws_callback_on_writable(peer->wsi);
}

static void close_peer(struct peer *peer, uint16_t code, const char *reason)
{
	uint8_t frame[LWS_PRE + 4 + REASON_BYTES_MAX];
	size_t n = strnlen(reason, REASON_BYTES_MAX);

	if (peer->is_closing)
		return;
	peer->is_closing = true;
	message_reset(&peer->message);
	memset(frame, 0, LWS_PRE);
	frame[LWS_PRE] = 0x88;
	frame[LWS_PRE + 1] = (uint8_t)(n + 2);
	frame[LWS_PRE + 2] = (uint8_t)(code >> 8);
	frame[LWS_PRE + 3] = (uint8_t)code;
	memcpy(frame + LWS_PRE + 4, reason, n);
	/* Ending at once, with bytes of the client still unread, would reset the connection and lose the frame; so say that nothing more comes, and give the client a moment to hang up. */
	if (send_bytes(peer, frame + LWS_PRE, n + 4) && !lws_partial_buffered(peer->wsi))
		shutdown(lws_get_socket_fd(peer->wsi), SHUT_WR);
	watch(peer, mono_ms() + CLOSE_GRACE_MS);
}

static void transport_close(void *handle, uint16_t code, const char *reason)
{
	close_peer(handle, code, reason);
}

static uint64_t transport_now_ns(void)
{
	return uv_hrtime();
}

/* ---- what comes in ---- */

/* Bytes that the kernel has received and nobody was told of: pings, pongs without words, the head of a frame, or what is still on its way through libwebsockets. */
static int64_t hidden_now(struct peer *peer)
{
	peer->received_bytes = received_bytes(lws_get_socket_fd(peer->wsi), peer->received_bytes);
	return (int64_t)peer->received_bytes - peer->told_bytes;
}

static void tell(struct peer *peer, size_t size_bytes, size_t head_bytes)
{
	peer->has_told = true;
	peer->told_bytes += (int64_t)(size_bytes + head_bytes);
}

static size_t head_bytes_of(size_t payload_bytes)
{
	return FRAME_HEAD_BYTES + (payload_bytes < 126 ? 0 : payload_bytes < 65536 ? 2 : 8);
}

static void on_pong(struct peer *peer, size_t size_bytes)
{
	tell(peer, size_bytes, head_bytes_of(size_bytes));
	if (peer->is_closing)
		return;
	/* Pongs stand between frames, so all that came before was whole. */
	if (peer->has_asked) {
		peer->harmless_bytes = hidden_now(peer);
		peer->stuck_since_ms = 0;
		peer->has_asked = false;
	}
	hub_alive(peer->ws->hub, peer->conn, mono_ms());
}

static void on_piece(struct peer *peer, const struct message_piece *piece, size_t frame_rest_bytes, bool is_binary)
{
	const struct limits *limits = peer->ws->limits;
	int64_t now = mono_ms();
	bool is_start = !peer->message.is_open;

	tell(peer, piece->size_bytes, peer->message.in_frame ? 0 : head_bytes_of(piece->size_bytes + frame_rest_bytes));
	if (peer->is_closing)
		return;
	if (is_binary) {
		close_peer(peer, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text only");
		return;
	}
	switch (message_add(&peer->message, piece, limits->message_bytes, limits->fragments_per_message)) {
	case MESSAGE_MORE:
		if (is_start)
			watch(peer, now + limits->message_deadline_ms);
		return;
	case MESSAGE_WHOLE:
		unwatch(peer);
		hub_message(peer->ws->hub, peer->conn, peer->message.text, peer->message.size_bytes, now, wall_ms());
		message_reset(&peer->message);
		return;
	case MESSAGE_TOO_BIG:
		close_peer(peer, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "");
		return;
	case MESSAGE_TOO_MANY:
		close_peer(peer, LWS_CLOSE_STATUS_POLICY_VIOLATION, "too many fragments");
		return;
	}
}

static void on_established(struct peer *peer)
{
	peer->told_bytes = hidden_now(peer) - peer->early_bytes; /* the request */
	peer->hidden_tokens = HIDDEN_BURST;
	peer->conn = hub_connect(peer->ws->hub, peer, peer->address, mono_ms());
	if (!peer->conn)
		close_peer(peer, 1013, "");
}

static void on_gone(struct peer *peer)
{
	struct conn *conn = peer->conn;

	unwatch(peer);
	peer->is_closing = true;
	peer->conn = NULL;
	if (conn)
		hub_disconnect(peer->ws->hub, conn, mono_ms());
}

static void free_peer(struct peer *peer)
{
	struct ws *ws = peer->ws;

	on_gone(peer);
	if (peer->prev)
		peer->prev->next = peer->next;
	else
		ws->all = peer->next;
	if (peer->next)
		peer->next->prev = peer->prev;
	ws->count--;
	if (ws->adopting == peer)
		ws->adopting = NULL;
	message_reset(&peer->message);
	free(peer);
}

/* The second lock: only a WebSocket upgrade, and `in` is never touched (CVE-2025-11677). */
static int confirm_upgrade(struct lws *wsi)
{
	char name[32];
	int n = lws_hdr_copy(wsi, name, sizeof name, WSI_TOKEN_UPGRADE);

	return n <= 0 || strcasecmp(name, "websocket") != 0 ? -1 : 0;
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct peer *peer = lws_get_opaque_user_data(wsi);

	(void)user;
	switch ((int)reason) {
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: {
		struct ws *ws = lws_context_user(lws_get_context(wsi));
		if (!ws->adopting)
			return -1;
		ws->adopting->wsi = wsi;
		lws_set_opaque_user_data(wsi, ws->adopting);
		return 0;
	}
	case LWS_CALLBACK_HTTP:
		return -1;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm_upgrade(wsi);
	case LWS_CALLBACK_ESTABLISHED:
		if (!peer)
			return -1;
		on_established(peer);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		if (peer && peer->conn) {
			size_t rest = lws_remaining_packet_payload(wsi);
			on_piece(peer, &(struct message_piece){ in, len, rest == 0, lws_is_final_fragment(wsi) != 0 }, rest, lws_frame_is_binary(wsi) != 0);
		}
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		if (peer && peer->conn)
			on_pong(peer, len);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		if (peer && peer->conn && !peer->is_closing)
			hub_writable(peer->ws->hub, peer->conn, mono_ms());
		return 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		/* Libwebsockets answers it, unless it is the answer to ours. */
		if (peer && peer->is_closing)
			return -1;
		if (peer) {
			peer->is_closing = true;
			watch(peer, mono_ms() + CLOSE_GRACE_MS);
		}
		return 0;
	case LWS_CALLBACK_CLOSED:
		if (peer)
			on_gone(peer);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		if (peer) {
			lws_set_opaque_user_data(wsi, NULL);
			free_peer(peer);
		}
		return 0;
	default:
		return 0;
	}
}

/* ---- what libwebsockets does not tell ---- */

/* It hands over nothing of a frame before 2 KiB or its end have come, answers pings without a word, and swallows pongs without words. But the kernel counts the bytes of a connection, so bytes that
 * came and were not told of are known. They are a sign of life; too many of them are a flood of control frames; and when there are any and no message comes, the client is asked by a ping. One that
 * sits in the middle of a frame cannot answer. */
static void check_hidden(struct peer *peer, int64_t now)
{
	int64_t deadline_ms = peer->ws->limits->message_deadline_ms, before = peer->hidden_bytes;
	uint64_t received_before = peer->received_bytes;
	bool had_told = peer->has_told;

	peer->hidden_bytes = hidden_now(peer);
	peer->has_told = false;
	if (peer->received_bytes != received_before && !had_told)
		hub_alive(peer->ws->hub, peer->conn, now);

	/* What is just on its way through is told of by the next time, and given back. So one deficit is none. */
	peer->hidden_tokens += HIDDEN_PER_S - (peer->hidden_bytes - before);
	if (peer->hidden_tokens > HIDDEN_BURST)
		peer->hidden_tokens = HIDDEN_BURST;
	if (peer->hidden_tokens < 0 && peer->is_flooding) {
		close_peer(peer, CLOSE_FLOOD, "");
		return;
	}
	peer->is_flooding = peer->hidden_tokens < 0;

	/* Something was told and what is hidden stayed the same: it stands in front, so it was whole frames. Had it shrunk, what remains may be anything; the question below finds out. */
	if (had_told && peer->hidden_bytes == before)
		peer->harmless_bytes = peer->hidden_bytes;
	if (peer->hidden_bytes <= peer->harmless_bytes) {
		peer->stuck_since_ms = 0;
		peer->has_asked = false;
		return;
	}
	if (!peer->stuck_since_ms)
		peer->stuck_since_ms = now;
	if (!peer->has_asked && now - peer->stuck_since_ms >= deadline_ms / 2) {
		uint8_t ping[LWS_PRE + 3] = { [LWS_PRE] = 0x89, [LWS_PRE + 1] = 1, [LWS_PRE + 2] = '?' };

		peer->has_asked = true;
		send_bytes(peer, ping + LWS_PRE, 3);
	} else if (peer->has_asked && now - peer->stuck_since_ms >= deadline_ms) {
		close_peer(peer, CLOSE_DEADLINE, "");
	}
}

void ws_tick(struct ws *ws)
{
	int64_t now = mono_ms();
	unsigned slice = ws->ticks++ % WS_TICKS_PER_S;

	for (struct peer *peer = ws->all; peer; peer = peer->next)
		if (peer->slice == slice && peer->conn && !peer->is_closing)
			check_hidden(peer, now);
}

/* ---- life ---- */

static void on_lws_log(int level, const char *line)
{
	char text[256];

	/* It says this as an error at every adoption. */
	if (strstr(line, "adopt_socket_readbuf"))
		return;
	snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
	char value[300];
	log_event(level & LLL_ERR ? LOG_ERROR : LOG_WARNING, "net.lws", "text=%s", log_value(text, value, sizeof value));
}

/* No pings and hang-ups of libwebsockets' own: the hub has its own. Zero means no timer at all; one far in the future would stand in a single sorted list for each connection, and make a storm of
 * joins quadratic (a seventh of the server's time at 5,000). */
static const lws_retry_bo_t no_idle_policy = { .secs_since_valid_ping = 0, .secs_since_valid_hangup = 0 };

static const struct lws_protocols protocols[] = {
	{ .name = "forwhom.1", .callback = on_lws, .rx_buffer_size = RX_BUFFER_BYTES, .tx_packet_size = TX_PACKET_BYTES },
	{ .name = NULL },
};

struct ws *ws_new(uv_loop_t *loop, const struct limits *limits)
{
	struct ws *ws = calloc(1, sizeof *ws);
	struct lws_context_creation_info info;
	void *loops[1] = { loop };

	if (!ws)
		abort();
	ws->loop = loop;
	ws->limits = limits;
	ws->transport = (struct transport){ transport_write, transport_busy, transport_want_writable, transport_close, transport_now_ns };

	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
	memset(&info, 0, sizeof info);
	info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info.protocols = protocols;
	info.foreign_loops = loops;
	info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	info.gid = (gid_t)-1;
	info.uid = (uid_t)-1;
	info.alpn = "http/1.1";
	info.max_http_header_data = 16384;
	info.retry_and_idle_policy = &no_idle_policy;
	info.user = ws;
	ws->context = lws_create_context(&info);
	ws->vhost = ws->context ? lws_create_vhost(ws->context, &info) : NULL;
	if (!ws->vhost) {
		log_event(LOG_ERROR, "net.start", "text=\"libwebsockets could not start; is libwebsockets-evlib-uv installed?\"");
		if (ws->context)
			lws_context_destroy(ws->context);
		free(ws);
		return NULL;
	}
	uv_timer_init(loop, &ws->sweep);
	ws->sweep.data = ws;
	return ws;
}

void ws_set_hub(struct ws *ws, struct hub *hub)
{
	ws->hub = hub;
}

const struct transport *ws_transport(const struct ws *ws)
{
	return &ws->transport;
}

size_t ws_count(const struct ws *ws)
{
	return ws->count;
}

void ws_adopt(struct ws *ws, int fd, const char *key, const char *address, const char *early, size_t early_bytes)
{
	struct peer *peer = calloc(1, sizeof *peer);
	struct buf head = { 0 };

	if (!peer)
		abort();
	assert(ws->hub && !ws->adopting);
	peer->ws = ws;
	peer->slice = ws->adopted++ % WS_TICKS_PER_S;
	peer->next = ws->all;
	if (ws->all)
		ws->all->prev = peer;
	ws->all = peer;
	ws->count++;
	peer->early_bytes = (int64_t)early_bytes;
	snprintf(peer->address, sizeof peer->address, "%s", address);

	buf_str(&head, "GET /ws HTTP/1.1\r\nHost: forwhom\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: forwhom.1\r\nSec-WebSocket-Key: ");
	buf_str(&head, key);
	buf_str(&head, "\r\n\r\n");
	buf_add(&head, early, early_bytes);

	ws->adopting = peer;
	struct lws *wsi = lws_adopt_socket_vhost_readbuf(ws->vhost, fd, head.s, head.n);
	bool is_ours = ws->adopting == peer; /* else it has come and gone in there */
	ws->adopting = NULL;
	if (is_ours && !wsi && !peer->wsi) {
		log_event(LOG_WARNING, "net.adopt", "text=\"a connection could not be taken over\"");
		free_peer(peer);
	}
	buf_release(&head);
}

static void free_when_closed(uv_handle_t *handle)
{
	handle->data = NULL;
}

void ws_stop(struct ws *ws)
{
	if (!ws)
		return;
	ws->is_stopping = true;
	uv_timer_stop(&ws->sweep);
	uv_close((uv_handle_t *)&ws->sweep, free_when_closed);
	lws_context_destroy(ws->context);
}

void ws_free(struct ws *ws)
{
	if (!ws)
		return;
	/* The first call has closed everything that lives on the loop; this one, after the loop has run dry, frees the rest. */
	lws_context_destroy(ws->context);
	assert(!ws->all);
	free(ws);
}
