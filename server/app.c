#include "server/app.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "proto/ids.h"
#include "server/admin.h"
#include "server/http/assets.h"
#include "server/http/qr.h"
#include "server/http/site.h"
#include "server/log.h"
#include "server/net/front.h"
#include "server/net/gate.h"
#include "server/net/ws.h"
#include "server/session/directory.h"
#include "server/session/hub.h"
#include "server/store/store.h"
#include "server/templates.h"

enum {
	DESCRIPTORS_WANTED = 65536,
	DESCRIPTORS_RESERVED = 64, /* for the store, the log, and whoever looks after the machine */
	STOP_MS = 3500,            /* SIGTERM to the end of waiting; what then remains fits the fifth second */
	STOP_POLL_MS = 20,
	DIRECTORY_TICK_S = 60,
	SIGNALS = 3,
	LINK_BYTES = ORIGIN_BYTES + 64,
};

struct app {
	const struct config *config;
	uv_loop_t loop;
	struct store *store;
	struct templates *templates;
	struct directory *directory;
	struct hub *hub;
	struct ws *ws;
	struct gate gate;
	struct front *front;
	struct site *site;
	struct admin *admin;
	uv_check_t turn;
	uv_timer_t turn_timer, tick, stop_timer;
	uv_signal_t signals[SIGNALS];
	uint64_t ticks, seconds;
	int64_t stop_deadline_ms;
	bool is_stopping;
	size_t sockets_max;
	char origin[ORIGIN_BYTES];  /* to be written into links */
	char site_origin[ORIGIN_BYTES]; /* the same when it is where others reach us, "" when only this machine does */
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

static void on_random(uint8_t *bytes, size_t n, void *ctx)
{
	(void)ctx;
	randombytes_buf(bytes, n);
}

/* The hub's lines begin with event=NAME, which is what lines are counted by. */
static void on_hub_log(const char *line, void *ctx)
{
	char event[32];

	(void)ctx;
	if (strncmp(line, "event=", 6) == 0)
		line += 6;
	size_t n = strcspn(line, " ");
	snprintf(event, sizeof event, "%.*s", (int)n, line);
	log_event(LOG_NOTICE, event, "%s", line[n] ? line + n + 1 : "");
}

/* systemd's readiness protocol (sd_notify(3)): one datagram. */
static void notify_service_manager(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!path || strlen(path) >= sizeof address.sun_path || (*path != '/' && *path != '@'))
		return;
	memcpy(address.sun_path, path, strlen(path));
	if (*path == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}

/* ---- turns ---- */

static void run_turn(struct app *app);

static void on_turn_timer(uv_timer_t *timer)
{
	run_turn(timer->data);
}

static void on_turn(uv_check_t *check)
{
	run_turn(check->data);
}

/* After whatever the loop has done. Timers come before the loop waits, and the check after it, so a timer that made work for the hub runs a turn itself. */
static void run_turn(struct app *app)
{
	int delay_ms = hub_turn(app->hub, mono_ms());

	if (delay_ms >= 0)
		uv_timer_start(&app->turn_timer, on_turn_timer, (uint64_t)delay_ms, 0);
}

static void on_tick(uv_timer_t *timer)
{
	struct app *app = timer->data;

	ws_tick(app->ws); /* first, so that the hub knows who gave a sign of life */
	if (++app->ticks % WS_TICKS_PER_S)
		return;
	app->seconds++;
	hub_tick(app->hub, mono_ms(), wall_ms());
	if (app->seconds % DIRECTORY_TICK_S == 0)
		directory_tick(app->directory, wall_ms());
	log_flush_suppressed();
	run_turn(app);
}

/* ---- stopping ---- */

static void on_stop_timer(uv_timer_t *timer)
{
	struct app *app = timer->data;
	bool is_done = hub_idle(app->hub) && !ws_count(app->ws) && !site_pending(app->site) && !front_count(app->front);

	run_turn(app);
	if (is_done || mono_ms() >= app->stop_deadline_ms)
		uv_stop(&app->loop);
}

static void begin_stop(struct app *app, const char *why)
{
	if (app->is_stopping)
		return;
	app->is_stopping = true;
	app->stop_deadline_ms = mono_ms() + STOP_MS;
	log_event(LOG_NOTICE, "stop", "why=%s sockets=%zu", why, ws_count(app->ws));
	notify_service_manager("STOPPING=1");
	site_stop(app->site);
	front_stop(app->front);
	hub_stop(app->hub);
	uv_timer_start(&app->stop_timer, on_stop_timer, STOP_POLL_MS, STOP_POLL_MS);
}

static void on_signal(uv_signal_t *signal, int number)
{
	begin_stop(signal->data, number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP");
}

/* ---- invites ---- */

static void format_link(const char *origin, const char *secret, char out[LINK_BYTES])
{
	snprintf(out, LINK_BYTES, "%s/#/invite/%s", origin, secret);
}

struct invite {
	struct app *app;
	void *request; /* of the admin socket, NULL for the one at start */
	char secret[SECRET_CHARS + 1];
};

static void print_welcome(struct app *app, const char *secret)
{
	char link[LINK_BYTES];
	struct buf qr = { 0 };

	printf("Forwhom is at %s\n", app->origin);
	if (app->config->lan && qr_text(app->origin, strlen(app->origin), &qr))
		printf("\n%s\n", qr.s);
	if (secret) {
		format_link(app->origin, secret, link);
		printf("Instructor's link (it works once, for whoever opens it first):\n  %s\n", link);
	} else {
		printf("There is no instructor's link because nothing can be saved now; see the log.\n");
	}
	if (app->config->insecure_http)
		printf("Plain HTTP: everybody in this network can read along.\n");
	fflush(stdout);
	buf_release(&qr);
}

static void on_invite_stored(enum store_result result, void *ctx)
{
	struct invite *invite = ctx;
	struct app *app = invite->app;

	if (invite->request) {
		char link[LINK_BYTES], line[LINK_BYTES + 8];

		format_link(app->origin, invite->secret, link);
		snprintf(line, sizeof line, "link %s", link);
		admin_answer(invite->request, result == STORE_DURABLE ? line : "error nothing can be saved now");
		log_event(LOG_NOTICE, "invite.new", "%s", "");
	} else {
		print_welcome(app, result == STORE_DURABLE ? invite->secret : NULL);
		notify_service_manager("READY=1");
	}
	sodium_memzero(invite, sizeof *invite);
	free(invite);
}

static void new_invite(struct app *app, void *request)
{
	struct invite *invite = calloc(1, sizeof *invite);

	if (!invite)
		abort();
	invite->app = app;
	invite->request = request;
	directory_invite(app->directory, invite->secret, wall_ms(), on_invite_stored, invite);
}

static void on_admin_invite(void *request, void *ctx)
{
	struct app *app = ctx;

	if (app->is_stopping)
		admin_answer(request, "error the server is stopping");
	else
		new_invite(app, request);
}

/* ---- starting ---- */

/* As many descriptors as we want and may have; libwebsockets sizes its tables by the limit, so it must not be left at a container's "infinity". */
static size_t prepare_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1024 - DESCRIPTORS_RESERVED;
	rlim_t wanted = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
	limit.rlim_cur = wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > 2 * DESCRIPTORS_RESERVED ? limit.rlim_cur - DESCRIPTORS_RESERVED : limit.rlim_cur / 2;
}

static bool make_folder(const char *dir)
{
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return true;
	fprintf(stderr, "forwhomd: data folder %s: %s\n", dir, strerror(errno));
	return false;
}

static bool open_store(struct app *app)
{
	char error[512] = "";

	if (!make_folder(app->config->data))
		return false;
	app->store = sqlite_store_open(app->config->data, &app->loop, app->config->allow_network_fs, error, sizeof error);
	if (!app->store) {
		fprintf(stderr, "forwhomd: %s\n", error);
		return false;
	}
	app->directory = directory_open(app->store, &app->config->limits);
	if (!app->directory)
		fprintf(stderr, "forwhomd: the list of accounts and classes in %s is damaged\n", app->config->data);
	return app->directory != NULL;
}

/* Before anything is opened or made: who has mended a file starts again at once. */
static bool load_templates(struct app *app)
{
	struct buf folder = { 0 }, faults = { 0 };

	buf_str(&folder, app->config->data);
	buf_str(&folder, "/templates");
	app->templates = templates_open(folder.s, &faults);
	if (!app->templates)
		fprintf(stderr, "%sforwhomd: not started; mend these templates or take them out of %s\n", faults.s, folder.s);
	buf_release(&folder);
	buf_release(&faults);
	return app->templates != NULL;
}

/* The address to write into links: the operator's, else where the first socket listens, in words that a browser understands. */
static void choose_origin(struct app *app, const struct sockaddr *address, int port)
{
	struct authority authority = { .port = (uint16_t)port };
	bool is_local = address_is_loopback(address), is_any = address_is_any(address);

	if (*app->config->origin) {
		origin_format(app->gate.origin_secure, &app->gate.origin, app->origin, sizeof app->origin);
	} else {
		address_host(address, authority.host);
		authority.is_v6 = strchr(authority.host, ':') != NULL;
		if (is_any) {
			authority.is_v6 = false;
			is_local = !address_reachable(authority.host);
		}
		if (is_local) {
			authority.is_v6 = false;
			snprintf(authority.host, sizeof authority.host, "localhost");
		}
		origin_format(false, &authority, app->origin, sizeof app->origin);
		if (is_local)
			return;
	}
	memcpy(app->site_origin, app->origin, sizeof app->origin);
}

static bool listen_everywhere(struct app *app)
{
	for (size_t i = 0; i < app->config->listen.count; i++) {
		struct sockaddr_storage address;

		address_parse(app->config->listen.items[i], &address);
		int port = front_listen(app->front, (struct sockaddr *)&address);
		if (port < 0) {
			fprintf(stderr, "forwhomd: cannot listen at %s: %s\n", app->config->listen.items[i], uv_strerror(port));
			return false;
		}
		if (i == 0)
			choose_origin(app, (struct sockaddr *)&address, port);
		char value[100];
		log_event(LOG_NOTICE, "listen", "address=%s port=%d", log_value(app->config->listen.items[i], value, sizeof value), port);
	}
	return true;
}

static bool start(struct app *app)
{
	const struct config *config = app->config;

	app->ws = ws_new(&app->loop, &config->limits);
	if (!app->ws)
		return false;
	app->hub = hub_new(&(struct hub_config){
		.transport = ws_transport(app->ws),
		.store = app->store,
		.directory = app->directory,
		.limits = &config->limits,
		.build = asset_build_id(),
		.templates = templates_list(app->templates),
		.random = on_random,
		.log = on_hub_log,
	});
	ws_set_hub(app->ws, app->hub);
	gate_init(&app->gate, config->origin, (const char *const *)config->behind_proxy.items, config->behind_proxy.count);
	app->site = site_new(&(struct site_config){
		.loop = &app->loop,
		.hub = app->hub,
		.directory = app->directory,
		.limits = &config->limits,
		.templates = templates_list(app->templates),
		.origin = app->site_origin,
	});
	app->front = front_new(&(struct front_config){
		.loop = &app->loop,
		.ws = app->ws,
		.gate = &app->gate,
		.limits = &config->limits,
		.sockets_max = app->sockets_max,
		.admit = site_admit,
		.handle = site_handle,
		.ctx = app->site,
	});
	return listen_everywhere(app);
}

static void start_clocks(struct app *app)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	uv_check_init(&app->loop, &app->turn);
	uv_timer_init(&app->loop, &app->turn_timer);
	uv_timer_init(&app->loop, &app->tick);
	uv_timer_init(&app->loop, &app->stop_timer);
	app->turn.data = app->turn_timer.data = app->tick.data = app->stop_timer.data = app;
	uv_check_start(&app->turn, on_turn);
	uv_timer_start(&app->tick, on_tick, 1000 / WS_TICKS_PER_S, 1000 / WS_TICKS_PER_S);
	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(&app->loop, &app->signals[i]);
		app->signals[i].data = app;
		uv_signal_start(&app->signals[i], on_signal, numbers[i]);
	}
}

static void stop_clocks(struct app *app)
{
	uv_close((uv_handle_t *)&app->turn, NULL);
	uv_close((uv_handle_t *)&app->turn_timer, NULL);
	uv_close((uv_handle_t *)&app->tick, NULL);
	uv_close((uv_handle_t *)&app->stop_timer, NULL);
	for (int i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&app->signals[i], NULL);
}

/* Everything in the order that leaves nothing pointing at what is gone: sockets, then the store (which finishes what was handed to it and calls back), then the loop runs dry. */
static void release(struct app *app)
{
	if (app->site)
		site_close(app->site);
	admin_close(app->admin);
	front_end(app->front);
	ws_stop(app->ws);
	if (app->store)
		app->store->ops->close(app->store);
	uv_run(&app->loop, UV_RUN_DEFAULT);
	ws_free(app->ws);
	hub_free(app->hub);
	front_free(app->front);
	site_free(app->site);
	admin_free(app->admin);
	directory_free(app->directory);
	templates_free(app->templates);
	if (uv_loop_close(&app->loop) != 0)
		log_event(LOG_WARNING, "stop.handles", "text=\"something still lives on the loop\"");
	log_flush_suppressed();
}

static void prepare_process(void)
{
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	if (sodium_init() < 0)
		abort();
}

int app_serve(const struct config *config)
{
	struct app app = { .config = config };
	int status = 1;

	prepare_process();
	app.sockets_max = prepare_descriptors();
	if (uv_loop_init(&app.loop) != 0)
		abort();
	if (load_templates(&app) && open_store(&app) && start(&app)) {
		app.admin = admin_open(&app.loop, config->data, on_admin_invite, &app);
		log_event(LOG_NOTICE, "start", "build=%s sockets_max=%zu", asset_build_id(), app.sockets_max);
		start_clocks(&app);
		new_invite(&app, NULL);
		uv_run(&app.loop, UV_RUN_DEFAULT);
		stop_clocks(&app);
		status = 0;
	}
	release(&app);
	if (!status)
		log_event(LOG_NOTICE, "stopped", "%s", "");
	return status;
}

/* ---- without serving ---- */

struct offline {
	bool is_done;
	enum store_result result;
};

static void on_offline(enum store_result result, void *ctx)
{
	*(struct offline *)ctx = (struct offline){ true, result };
}

static int invite_offline(const struct config *config)
{
	struct app app = { .config = config };
	struct offline offline = { 0 };
	struct sockaddr_storage address;
	char secret[SECRET_CHARS + 1], link[LINK_BYTES];

	if (uv_loop_init(&app.loop) != 0)
		abort();
	if (open_store(&app)) {
		directory_invite(app.directory, secret, wall_ms(), on_offline, &offline);
		while (!offline.is_done && uv_run(&app.loop, UV_RUN_ONCE))
			continue;
		gate_init(&app.gate, config->origin, NULL, 0);
		address_parse(config->listen.items[0], &address);
		choose_origin(&app, (struct sockaddr *)&address, address_port((struct sockaddr *)&address));
		format_link(app.origin, secret, link);
	}
	bool is_good = offline.is_done && offline.result == STORE_DURABLE;
	if (is_good)
		printf("%s\n", link);
	else if (app.directory)
		fprintf(stderr, "forwhomd: nothing can be saved in %s\n", config->data);
	release(&app);
	return is_good ? 0 : 1;
}

int app_invite(const struct config *config)
{
	char answer[LINK_BYTES + 64];

	prepare_process();
	if (!admin_ask(config->data, answer, sizeof answer))
		return invite_offline(config);
	if (strncmp(answer, "link ", 5) == 0) {
		printf("%s\n", answer + 5);
		return 0;
	}
	fprintf(stderr, "forwhomd: %s\n", *answer ? answer : "the server did not answer");
	return 1;
}

int app_healthcheck(const struct config *config)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	struct sockaddr_storage address;
	struct timeval patience = { .tv_sec = 5 };
	char answer[64] = "";
	size_t n = 0;

	address_parse(config->listen.items[0], &address);
	if (address_is_any((struct sockaddr *)&address)) {
		if (address.ss_family == AF_INET6)
			((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
		else
			((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	socklen_t size = address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (connect(fd, (struct sockaddr *)&address, size) == 0 && send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1) {
		ssize_t got;

		while (n < 12 && (got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0)
			n += (size_t)got;
	}
	close(fd);
	return strncmp(answer, "HTTP/1.1 200", 12) == 0 ? 0 : 1;
}
