#include "client-cli/net.h"
#include <arpa/inet.h>
#include <assert.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_SECONDS = 5, CLOSE_TURNS_MS = 2000 };

struct dial {
	struct net *net;
	struct place place;
	struct dial_to to;
	struct buf path, host;
	uv_getaddrinfo_t resolve;
	uv_timer_t turn; /* the next step, on a fresh turn of the loop: libwebsockets may be above us on the stack */
	struct addrinfo *addresses, *next;
	bool resolving, closed, freed;
};

static void on_log(int level, const char *line)
{
	(void)level;
	fputs(line, stderr);
}

bool net_cafile_is_good(const char *path)
{
	X509_STORE *store = X509_STORE_new();
	bool good = store && X509_STORE_load_locations(store, path, NULL) == 1;
	X509_STORE_free(store);
	return good;
}

/* Only listens: the verdict stays OpenSSL's. */
static void on_certificate(struct lws *wsi, X509_STORE_CTX *verification, bool good)
{
	struct net *net = lws_context_user(lws_get_context(wsi));
	int err = X509_STORE_CTX_get_error(verification);
	if (!good && err != X509_V_OK)
		snprintf(net->distrust, sizeof net->distrust, "%s", X509_verify_cert_error_string(err));
}

static void on_established(struct lws *wsi)
{
	struct net *net = lws_context_user(lws_get_context(wsi));
	net->distrust[0] = 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
		on_certificate(wsi, user, len);
		return 0;
	}
	if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED || reason == LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP)
		on_established(wsi);
	struct net_owner *owner = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	if (owner)
		return owner->on_event(owner, wsi, reason, in, len);
	switch (reason) { /* let go of, and about to do something: it ends instead */
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
	case LWS_CALLBACK_CLIENT_WRITEABLE:
	case LWS_CALLBACK_CLIENT_RECEIVE:
	case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return -1;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "forwhom-http", .callback = on_event, .rx_buffer_size = 4096 },
	{ .name = "forwhom.1", .callback = on_event, .rx_buffer_size = 16384 },
	{ 0 },
};

void net_let_go(struct lws *wsi)
{
	if (!wsi)
		return;
	lws_set_opaque_user_data(wsi, NULL);
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

bool net_init(struct net *net)
{
	*net = (struct net){ 0 };
	return !uv_loop_init(&net->loop);
}

/* The library starts when something is first dialled: what needs no server must not need it either, and it cannot be ended cleanly before the loop has turned. */
static struct lws_context *context_of(struct net *net)
{
	if (net->context)
		return net->context;
	/* Silent unless asked: its lines would land in the middle of a full-screen picture, and may hold addresses. */
	lws_set_log_level(getenv("FORWHOM_DEBUG") ? LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_CLIENT : 0, on_log);
	void *loops[] = { &net->loop };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.foreign_loops = loops,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.timeout_secs = CONNECT_SECONDS,
		.connect_timeout_secs = CONNECT_SECONDS,
		.fd_limit_per_thread = 64,
		.client_ssl_ca_filepath = net->cafile,
		.user = net,
	};
	net->context = lws_create_context(&info);
	if (!net->context) {
		fputs("forwhom: libwebsockets could not start on libuv (is its package libwebsockets-evlib-uv there?)\n", stderr);
		exit(3);
	}
	return net->context;
}

static void on_close_timeout(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* The order in which libwebsockets lets go of a loop that is not its own: destroy, turn until its handles are gone, destroy again. */
void net_close(struct net *net)
{
	uv_timer_t limit;
	if (net->context) {
		uv_run(&net->loop, UV_RUN_NOWAIT);
		lws_context_destroy(net->context);
	}
	uv_timer_init(&net->loop, &limit);
	uv_timer_start(&limit, on_close_timeout, CLOSE_TURNS_MS, 0);
	uv_unref((uv_handle_t *)&limit);
	uv_run(&net->loop, UV_RUN_DEFAULT);
	if (net->context)
		lws_context_destroy(net->context);
	net->context = NULL;
	uv_close((uv_handle_t *)&limit, NULL);
	uv_run(&net->loop, UV_RUN_DEFAULT);
	uv_loop_close(&net->loop);
}

static void dial_release(struct dial *dial)
{
	if (!dial->freed || dial->resolving || !dial->closed)
		return;
	if (dial->addresses)
		uv_freeaddrinfo(dial->addresses);
	buf_release(&dial->path);
	buf_release(&dial->host);
	free(dial);
}

static void on_turn_closed(uv_handle_t *handle)
{
	struct dial *dial = handle->data;
	dial->closed = true;
	dial_release(dial);
}

/* Where the protocol's callback may have run for a connection that failed at once, it has called dial_next already. */
static void try_address(struct dial *dial, const struct addrinfo *address)
{
	char ip[INET6_ADDRSTRLEN] = "";
	if (address->ai_family == AF_INET6)
		uv_ip6_name((const struct sockaddr_in6 *)address->ai_addr, ip, sizeof ip);
	else
		uv_ip4_name((const struct sockaddr_in *)address->ai_addr, ip, sizeof ip);
	struct lws_client_connect_info info = {
		.context = context_of(dial->net),
		.address = ip,
		.port = dial->place.port,
		.ssl_connection = dial->place.tls ? LCCSCF_USE_SSL : 0,
		.path = dial->path.s,
		.host = dial->host.s,
		.protocol = dial->to.method ? NULL : protocols[1].name,
		.local_protocol_name = protocols[dial->to.method ? 0 : 1].name,
		.method = dial->to.method,
		.ietf_version_or_minus_one = -1,
		.alpn = "http/1.1",
		.opaque_user_data = dial->to.owner,
		.pwsi = dial->to.wsi,
	};
	info.ssl_connection |= LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
	if (!lws_client_connect_via_info(&info))
		dial_next(dial);
}

static void on_turn(uv_timer_t *timer)
{
	struct dial *dial = timer->data;
	struct addrinfo *address = dial->next;
	if (!address) {
		dial->to.on_failed(dial->to.owner);
		return;
	}
	dial->next = address->ai_next;
	try_address(dial, address);
}

void dial_next(struct dial *dial)
{
	if (dial && !dial->freed)
		uv_timer_start(&dial->turn, on_turn, 0, 0);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
	struct dial *dial = request->data;
	dial->resolving = false;
	dial->addresses = status ? NULL : addresses;
	dial->next = dial->addresses;
	if (dial->freed)
		dial_release(dial);
	else
		dial_next(dial);
}

struct dial *dial_new(struct net *net, const struct dial_to *to)
{
	struct dial *dial = calloc(1, sizeof *dial);
	if (!dial)
		abort();
	dial->net = net;
	dial->place = *to->place;
	dial->to = *to;
	buf_str(&dial->path, to->place->base);
	buf_str(&dial->path, to->path);
	place_host(to->place, &dial->host);
	dial->resolve.data = dial;
	dial->turn.data = dial;
	uv_timer_init(&net->loop, &dial->turn);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	dial->resolving = !uv_getaddrinfo(&net->loop, &dial->resolve, on_resolved, dial->place.host, NULL, &hints);
	if (!dial->resolving)
		dial_next(dial);
	return dial;
}

void dial_free(struct dial *dial)
{
	if (!dial || dial->freed)
		return;
	dial->freed = true;
	if (dial->resolving)
		uv_cancel((uv_req_t *)&dial->resolve);
	uv_close((uv_handle_t *)&dial->turn, on_turn_closed);
}
