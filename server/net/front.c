#include "server/net/front.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/reply.h"
#include "server/log.h"
#include "server/net/ws.h"

enum {
	LISTEN_BACKLOG = 1024,
	READ_BYTES = 65536,
	SEND_BUFFER_BYTES = 65536, /* the kernel would keep megabytes for each client that stops reading */
	SWEEP_MS = 100,
	KEEP_ALIVE_MS = 15000,
	WRITE_MS = 60000,
	LINGER_MS = 2000,
	LINGER_BYTES_MAX = 16 << 20,
	LARGE_BODY_BYTES_PER_S = 32768, /* what a slow line may take for a body that was admitted, beyond the usual deadline */
};

enum state {
	STATE_HEAD,    /* reading a head */
	STATE_BODY,    /* reading its body */
	STATE_HANDLED, /* somebody is working on the answer */
	STATE_WRITE,   /* the answer is on its way */
	STATE_LINGER,  /* no more is said; what the client still sends is thrown away, so that it gets to read our answer */
	STATE_CLOSED,
};

struct client {
	uv_tcp_t tcp;
	struct front *front;
	struct client *next, *prev;
	enum state state;
	int64_t deadline_ms;            /* none while STATE_HANDLED */
	struct http_exchange *exchange; /* the one being read, handled or answered */
	struct buf rest;                /* what came behind the request */
	struct buf out;                 /* head of the answer */
	uv_write_t write;
	uv_shutdown_t shutdown;
	size_t lingered_bytes;
	bool close_after;
	struct sockaddr_storage peer, local;
};

struct front {
	struct front_config config;
	uv_tcp_t listeners[FRONT_LISTEN_MAX];
	size_t listener_count;
	struct client *clients;
	size_t count;
	uv_timer_t sweep;
	bool is_sweeping, is_stopping;
	char buffer[READ_BYTES]; /* what libuv reads into; used up in the callback */
};

static int64_t mono_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

/* ---- life of a connection ---- */

static void on_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;

	buf_release(&client->rest);
	buf_release(&client->out);
	free(client);
}

static void close_client(struct client *client)
{
	struct front *front = client->front;

	if (client->state == STATE_CLOSED)
		return;
	/* Whoever works on the answer goes on, and then frees it. */
	if (client->exchange) {
		client->exchange->connection = NULL;
		if (client->state != STATE_HANDLED)
			exchange_free(client->exchange);
		client->exchange = NULL;
	}
	client->state = STATE_CLOSED;
	if (client->prev)
		client->prev->next = client->next;
	else
		front->clients = client->next;
	if (client->next)
		client->next->prev = client->prev;
	front->count--;
	uv_close((uv_handle_t *)&client->tcp, on_closed);
}

static void on_sweep(uv_timer_t *timer)
{
	struct front *front = timer->data;
	int64_t now = mono_ms();

	for (struct client *client = front->clients, *next; client; client = next) {
		next = client->next;
		if (client->state != STATE_HANDLED && now >= client->deadline_ms)
			close_client(client);
	}
	if (!front->clients) {
		front->is_sweeping = false;
		uv_timer_stop(timer);
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct client *client = handle->data;

	(void)suggested;
	*out = uv_buf_init(client->front->buffer, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes);
static void take_input(struct client *client);

static void on_shutdown(uv_shutdown_t *request, int status)
{
	struct client *client = request->handle->data;

	if (status < 0)
		close_client(client);
}

static bool start_reading(struct client *client)
{
	int error = uv_read_start((uv_stream_t *)&client->tcp, on_alloc, on_read);

	return !error || error == UV_EALREADY;
}

static void linger(struct client *client)
{
	client->state = STATE_LINGER;
	client->deadline_ms = mono_ms() + LINGER_MS;
	if (uv_shutdown(&client->shutdown, (uv_stream_t *)&client->tcp, on_shutdown) != 0 || !start_reading(client))
		close_client(client);
}

static void await_request(struct client *client, int64_t wait_ms)
{
	client->state = STATE_HEAD;
	client->deadline_ms = mono_ms() + wait_ms;
	client->exchange = exchange_new();
}

/* ---- answering ---- */

static void on_written(uv_write_t *request, int status)
{
	struct client *client = request->data;

	if (client->state == STATE_CLOSED)
		return;
	exchange_free(client->exchange);
	client->exchange = NULL;
	buf_release(&client->out);
	if (status < 0) {
		close_client(client);
	} else if (client->close_after || client->front->is_stopping) {
		linger(client);
	} else {
		await_request(client, KEEP_ALIVE_MS);
		take_input(client);
	}
}

static void on_finish(struct http_exchange *exchange, void *connection)
{
	struct client *client = connection;
	const struct http_answer *answer = &exchange->answer;
	const char *body = answer->fixed ? (const char *)answer->fixed : answer->body.s;
	size_t body_bytes = answer->fixed ? answer->fixed_bytes : answer->body.n;
	unsigned pieces = 1;

	assert(client->exchange == exchange);
	client->close_after = client->close_after || !exchange->head.keep_alive || client->front->is_stopping;
	client->state = STATE_WRITE;
	client->deadline_ms = mono_ms() + WRITE_MS;
	if (answer->drop) {
		close_client(client);
		return;
	}
	reply_write_head(exchange, client->close_after, &client->out);
	if (body_bytes && exchange->head.method != METHOD_HEAD)
		pieces = 2;
	uv_buf_t parts[2] = { uv_buf_init(client->out.s, (unsigned)client->out.n), uv_buf_init((char *)body, (unsigned)body_bytes) };
	client->write.data = client;
	if (uv_write(&client->write, (uv_stream_t *)&client->tcp, parts, pieces, on_written) != 0)
		close_client(client);
}

/* Refuses a request that is not worth reading further, and ends the connection: where the next one begins is not sure. */
static void refuse(struct client *client, int status)
{
	struct http_exchange *exchange = client->exchange;

	client->close_after = true;
	client->state = STATE_HANDLED;
	uv_read_stop((uv_stream_t *)&client->tcp);
	buf_reset(&client->rest);
	log_event(LOG_INFO, "http.refused", "status=%d", status);
	if (status == 405)
		exchange_add_field(exchange, "Allow", "GET, HEAD, POST");
	if (status == 426) {
		exchange_add_field(exchange, "Upgrade", "websocket");
		exchange_add_field(exchange, "Sec-WebSocket-Version", "13");
	}
	exchange_text(exchange, status, reply_phrase(status));
}

/* ---- reading ---- */

/* The socket goes to libwebsockets under a number of its own, since libuv closes the one it has. */
static void hand_over(struct client *client)
{
	struct front *front = client->front;
	struct http_exchange *exchange = client->exchange;
	struct buf early = client->rest;
	char key[25], address[CLIENT_ADDRESS_BYTES];
	int fd, copy = -1;

	memcpy(key, head_get(&exchange->head, "sec-websocket-key"), sizeof key);
	memcpy(address, exchange->address, sizeof address);
	memset(&client->rest, 0, sizeof client->rest);
	uv_read_stop((uv_stream_t *)&client->tcp);
	if (uv_fileno((uv_handle_t *)&client->tcp, &fd) == 0)
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close_client(client);
	if (copy >= 0)
		ws_adopt(front->config.ws, copy, key, address, early.s, early.n);
	buf_release(&early);
}

static void take_upgrade(struct client *client)
{
	int status = client->front->is_stopping ? 503 : gate_check_upgrade(client->exchange);

	if (status)
		refuse(client, status);
	else
		hand_over(client);
}

static void handle_request(struct client *client)
{
	client->state = STATE_HANDLED;
	uv_read_stop((uv_stream_t *)&client->tcp);
	client->front->config.handle(client->exchange, client->front->config.ctx);
}

/* The body that has come, and what lies behind it. */
static void take_body(struct client *client)
{
	struct http_exchange *exchange = client->exchange;
	size_t wanted = exchange->head.length - exchange->body.n, take = client->rest.n < wanted ? client->rest.n : wanted;

	buf_add(&exchange->body, client->rest.s, take);
	if (client->rest.n > take)
		memmove(client->rest.s, client->rest.s + take, client->rest.n - take);
	client->rest.n -= take;
	if (exchange->body.n == exchange->head.length)
		handle_request(client);
}

static void answer_expectation(struct client *client)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	uv_buf_t part = uv_buf_init((char *)go_on, sizeof go_on - 1);

	/* A client that sees nothing sends the body after a while all the same. */
	uv_try_write((uv_stream_t *)&client->tcp, &part, 1);
}

/* Whether the body is to be read; else the request has been answered, and the connection ends with that. */
static bool is_admitted(struct client *client)
{
	const struct front_config *config = &client->front->config;

	if (client->exchange->head.length <= BODY_BYTES_MAX)
		return true;
	client->state = STATE_HANDLED;
	client->close_after = true;
	uv_read_stop((uv_stream_t *)&client->tcp);
	if (!config->admit(client->exchange, config->ctx))
		return false;
	client->close_after = false;
	client->deadline_ms += (int64_t)client->exchange->head.length * 1000 / LARGE_BODY_BYTES_PER_S;
	if (start_reading(client))
		return true;
	close_client(client);
	return false;
}

static void begin_body(struct client *client)
{
	struct http_exchange *exchange = client->exchange;

	client->deadline_ms = mono_ms() + client->front->config.limits->message_deadline_ms;
	if (!is_admitted(client))
		return;
	client->state = STATE_BODY;
	if (exchange->head.expects && exchange->head.length > client->rest.n)
		answer_expectation(client);
	take_body(client);
}

static void take_head(struct client *client, size_t head_bytes)
{
	struct http_exchange *exchange = client->exchange;
	const struct front_config *config = &client->front->config;

	exchange->on_finish = on_finish;
	exchange->connection = client;
	buf_add(&exchange->input, client->rest.s, head_bytes);
	memmove(client->rest.s, client->rest.s + head_bytes, client->rest.n - head_bytes);
	client->rest.n -= head_bytes;

	int status = head_parse(exchange->input.s, exchange->input.n, &exchange->head);
	if (!status)
		status = gate_check(config->gate, (struct sockaddr *)&client->peer, (struct sockaddr *)&client->local, exchange);
	if (status) {
		refuse(client, status);
	} else if (strcmp(exchange->head.path, "/ws") == 0) {
		take_upgrade(client);
	} else if (head_get(&exchange->head, "upgrade")) {
		/* Nothing else is spoken here; h2c above all (CVE-2026-19773). */
		refuse(client, 400);
	} else {
		begin_body(client);
	}
}

/* Looks at what has come. Heads are looked for from the start each time: the deadline and 16 KiB bound what that can cost. */
static void take_input(struct client *client)
{
	if (client->state == STATE_HEAD) {
		size_t head_bytes = client->rest.n ? head_find_end(client->rest.s, client->rest.n) : 0;

		if (head_bytes > HEAD_BYTES_MAX || (!head_bytes && client->rest.n > HEAD_BYTES_MAX)) {
			client->exchange->on_finish = on_finish;
			client->exchange->connection = client;
			refuse(client, 431);
		} else if (head_bytes) {
			take_head(client, head_bytes);
		} else if (!start_reading(client)) {
			close_client(client);
		}
	} else if (client->state == STATE_BODY) {
		take_body(client);
	}
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	struct client *client = stream->data;

	if (n < 0) {
		close_client(client);
		return;
	}
	if (client->state == STATE_LINGER) {
		client->lingered_bytes += (size_t)n;
		if (client->lingered_bytes > LINGER_BYTES_MAX)
			close_client(client);
		return;
	}
	if (n == 0)
		return;
	/* The whole head has one deadline from its first byte on, however slowly it drips. */
	if (client->state == STATE_HEAD && !client->rest.n)
		client->deadline_ms = mono_ms() + client->front->config.limits->message_deadline_ms;
	buf_add(&client->rest, bytes->base, (size_t)n);
	take_input(client);
}

/* ---- accepting ---- */

static void tune(uv_tcp_t *tcp)
{
	int fd, size = SEND_BUFFER_BYTES;

	uv_tcp_nodelay(tcp, 1);
	if (uv_fileno((uv_handle_t *)tcp, &fd) == 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static bool learn_ends(struct client *client)
{
	int peer_size = sizeof client->peer, local_size = sizeof client->local;

	return uv_tcp_getpeername(&client->tcp, (struct sockaddr *)&client->peer, &peer_size) == 0 &&
	       uv_tcp_getsockname(&client->tcp, (struct sockaddr *)&client->local, &local_size) == 0;
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct front *front = listener->data;
	struct client *client;

	if (status < 0)
		return;
	client = calloc(1, sizeof *client);
	if (!client)
		abort();
	client->front = front;
	client->tcp.data = client;
	uv_tcp_init(front->config.loop, &client->tcp);
	client->tcp.data = client;
	client->next = front->clients;
	if (front->clients)
		front->clients->prev = client;
	front->clients = client;
	front->count++;
	client->state = STATE_HEAD;
	if (uv_accept(listener, (uv_stream_t *)&client->tcp) != 0 || !learn_ends(client)) {
		close_client(client);
		return;
	}
	/* Some descriptors stay free for the store and for whoever has to look after the machine. */
	if (front->count + ws_count(front->config.ws) > front->config.sockets_max) {
		log_event(LOG_WARNING, "net.full", "sockets=%zu", front->config.sockets_max);
		close_client(client);
		return;
	}
	tune(&client->tcp);
	await_request(client, front->config.limits->message_deadline_ms);
	if (!front->is_sweeping) {
		front->is_sweeping = true;
		uv_timer_start(&front->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	}
	take_input(client);
}

struct front *front_new(const struct front_config *config)
{
	struct front *front = calloc(1, sizeof *front);

	if (!front)
		abort();
	front->config = *config;
	uv_timer_init(config->loop, &front->sweep);
	front->sweep.data = front;
	return front;
}

int front_listen(struct front *front, const struct sockaddr *address)
{
	assert(front->listener_count < FRONT_LISTEN_MAX);
	uv_tcp_t *tcp = &front->listeners[front->listener_count];
	struct sockaddr_storage bound;
	int size = sizeof bound, error;

	uv_tcp_init(front->config.loop, tcp);
	tcp->data = front;
	front->listener_count++;
	error = uv_tcp_bind(tcp, address, 0);
	if (!error)
		error = uv_listen((uv_stream_t *)tcp, LISTEN_BACKLOG, on_connection);
	if (!error)
		error = uv_tcp_getsockname(tcp, (struct sockaddr *)&bound, &size);
	return error ? error : address_port((struct sockaddr *)&bound);
}

static void no_op(uv_handle_t *handle)
{
	(void)handle;
}

void front_stop(struct front *front)
{
	if (!front || front->is_stopping)
		return;
	front->is_stopping = true;
	for (size_t i = 0; i < front->listener_count; i++)
		uv_close((uv_handle_t *)&front->listeners[i], no_op);
	for (struct client *client = front->clients, *next; client; client = next) {
		next = client->next;
		if (client->state == STATE_HEAD)
			close_client(client);
	}
}

void front_end(struct front *front)
{
	if (!front)
		return;
	front_stop(front);
	while (front->clients)
		close_client(front->clients);
	uv_close((uv_handle_t *)&front->sweep, no_op);
}

size_t front_count(const struct front *front)
{
	return front->count;
}

void front_free(struct front *front)
{
	free(front);
}
