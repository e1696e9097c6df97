/* bench load raw|forwhom|canvas|sharedb|hocuspocus PORT PID SIZE ROOM…
 *
 * SIZE clients in each room, driven by lines on standard input; each is answered by one line of JSON on standard output.
 *
 *   join               all clients that have not yet connect and come in, at most AHEAD at a time
 *   prepare N          the first N clients of each room get able to send ops, all at once (forwhom: each adds a post)
 *   run RATE SECONDS   RATE ops a second in all, evenly spaced, from the prepared clients in turn
 *   fill N             N ops in all, as fast as they are acknowledged
 *   visits N           one after the other N clients of the first room come, see the wall, and go
 *   memory             of the server
 *   rooms N            from now on everything is about the first N rooms only
 *   drain              until all is there that the last run sent, or nothing has come for DRAIN_MS: after a run that was too much
 *   compare            (those who type together) how many have another text than the first in their room, and how many letters the texts have
 *
 * The last three languages are of people who type together: an op is a key, `prepare` gives each room a fresh text with a line for
 * each of them, and a delivery is one key at one of the others.
 *
 * It is an open loop: an op is sent when it is due, whatever has become of those before it. All times are microseconds. */
#include "tests/bench/load.h"
#include "tests/bench/typing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	AHEAD = 128,     /* that come in at the same time, and commands under way during `fill` */
	EVENTS = 512,
	PATIENCE_S = 20, /* without any progress */
	GRACE_MS = 2000, /* for what is still on its way when a run ends */
	DRAIN_MS = 3000,
};

static const uint64_t SECOND = 1000000000, MS = 1000000;

/* What has been counted since the last command began. */
struct counts {
	uint64_t since_ns; /* ops sent before are none of its business */
	uint64_t ops, acknowledged, delivered, joined, lost, refused, pings, messages, message_bytes;
	struct dist acknowledgement, delivery, join, late;
};

static struct {
	const struct speaker *speaker;
	uint16_t port;
	pid_t server;
	int epoll;
	struct client *clients; /* room by room */
	size_t rooms, size, senders, active; /* `active` rooms, the first ones */
	char **room_names;
	struct counts counts;
	char line[1024];
	size_t line_bytes;
	bool is_input_over;
} load;

/* ---- told by clients ---- */

void load_joined(struct client *client)
{
	client->state = CLIENT_JOINED;
	load.counts.joined++;
	dist_add(&load.counts.join, mono_ns() - client->began_ns);
}

void load_lost(struct client *client, const char *why)
{
	if (!load.counts.lost++)
		fprintf(stderr, "bench: client %u of room %s: %s\n", client->index, client->room, why);
}

void load_acknowledged(uint64_t sent_ns, uint64_t now_ns)
{
	if (sent_ns < load.counts.since_ns)
		return;
	load.counts.acknowledged++;
	dist_add(&load.counts.acknowledgement, now_ns - sent_ns);
}

void load_delivered(uint64_t sent_ns, uint64_t now_ns)
{
	if (sent_ns < load.counts.since_ns)
		return;
	load.counts.delivered++;
	dist_add(&load.counts.delivery, now_ns - sent_ns);
}

void load_refused(const char *text, size_t n)
{
	if (!load.counts.refused++)
		fprintf(stderr, "bench: unexpected: %.*s\n", n > 300 ? 300 : (int)n, text);
}

void load_pinged(void)
{
	load.counts.pings++;
}

void load_received(size_t message_bytes)
{
	load.counts.messages++;
	load.counts.message_bytes += message_bytes;
}

size_t load_room_size(void)
{
	return load.size;
}

/* ---- the loop ---- */

static void read_input(void)
{
	ssize_t got = read(STDIN_FILENO, load.line + load.line_bytes, sizeof load.line - load.line_bytes);

	if (got > 0) {
		load.line_bytes += (size_t)got;
	} else if (got == 0 || errno != EINTR) {
		load.is_input_over = true;
		epoll_ctl(load.epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	}
	if (load.line_bytes == sizeof load.line)
		die("too long a line");
}

/* One round: waits until something comes, or for `timeout_ns`. */
static void pump(uint64_t timeout_ns)
{
	struct epoll_event events[EVENTS];
	struct timespec timeout = { (time_t)(timeout_ns / SECOND), (long)(timeout_ns % SECOND) };
	int count = epoll_pwait2(load.epoll, events, EVENTS, &timeout, NULL);

	if (count < 0 && errno != EINTR)
		die("epoll");
	for (int e = 0; e < count; e++) {
		if (events[e].data.ptr)
			client_serve(events[e].data.ptr, load.epoll, load.speaker, events[e].events & EPOLLOUT);
		else
			read_input();
	}
}

/* Pumps until `*counter` is at least `target`. False when nothing has moved for PATIENCE_S. */
static bool pump_until(const uint64_t *counter, uint64_t target)
{
	uint64_t seen = *counter, deadline_ns = mono_ns() + PATIENCE_S * SECOND;

	while (*counter < target) {
		if (*counter != seen) {
			seen = *counter;
			deadline_ns = mono_ns() + PATIENCE_S * SECOND;
		} else if (mono_ns() > deadline_ns) {
			return false;
		}
		pump(100 * MS);
	}
	return true;
}

/* ---- results ---- */

static uint64_t own_cpu_ns(void)
{
	struct usage own = process_usage(getpid());

	return own.cpu_ns;
}

struct span {
	uint64_t began_ns, own_cpu_ns;
	struct usage server;
};

static struct span span_begin(void)
{
	memset(&load.counts, 0, sizeof load.counts);
	load.counts.since_ns = mono_ns();
	return (struct span){ load.counts.since_ns, own_cpu_ns(), process_usage(load.server) };
}

static void span_end(const struct span *span)
{
	const struct counts *counts = &load.counts;
	struct usage server = process_usage(load.server);
	uint64_t took_ns = mono_ns() - span->began_ns;

	printf("{\"seconds\":%.4f,\"server_cpu\":%.1f,\"server_wait\":%.1f,\"own_cpu\":%.1f,", (double)took_ns / 1e9,
	       (double)(server.cpu_ns - span->server.cpu_ns) / 1e3, (double)(server.wait_ns - span->server.wait_ns) / 1e3,
	       (double)(own_cpu_ns() - span->own_cpu_ns) / 1e3);
	printf("\"ops\":%llu,\"acknowledged\":%llu,\"delivered\":%llu,\"joined\":%llu,\"lost\":%llu,\"refused\":%llu,"
	       "\"pings\":%llu,\"messages\":%llu,\"message_bytes\":%llu,",
	       (unsigned long long)counts->ops, (unsigned long long)counts->acknowledged, (unsigned long long)counts->delivered,
	       (unsigned long long)counts->joined, (unsigned long long)counts->lost, (unsigned long long)counts->refused,
	       (unsigned long long)counts->pings, (unsigned long long)counts->messages, (unsigned long long)counts->message_bytes);
	dist_print("acknowledgement", &counts->acknowledgement);
	putchar(',');
	dist_print("delivery", &counts->delivery);
	putchar(',');
	dist_print("join", &counts->join);
	putchar(',');
	dist_print("late", &counts->late);
	puts("}");
}

/* ---- commands ---- */

static struct client *client_at(size_t room, size_t index)
{
	return &load.clients[room * load.size + index];
}

static void run_join(void)
{
	struct span span = span_begin();
	size_t total = load.active * load.size, asked = 0;

	for (size_t c = 0; c < total; c++) {
		/* Rooms fill side by side. */
		struct client *client = client_at(c % load.active, c / load.active);
		if (client->state != CLIENT_NONE)
			continue;
		client_connect(client, load.port, load.epoll, load.speaker);
		if (++asked > AHEAD && !pump_until(&load.counts.joined, asked - AHEAD - load.counts.lost))
			die("nobody comes in any more after %llu", (unsigned long long)load.counts.joined);
	}
	pump_until(&load.counts.joined, asked - load.counts.lost);
	span_end(&span);
}

/* At how many clients an op arrives: one's own key is on the screen already. */
static uint64_t receivers(void)
{
	return load.size - !!load.speaker->letters;
}

static void run_prepare(size_t senders)
{
	struct span span = span_begin();

	if (!senders || senders > load.size)
		die("%zu of %zu clients cannot send", senders, load.size);
	load.senders = senders;
	for (size_t room = 0; room < load.active; room++)
		for (size_t s = 0; s < senders; s++)
			load.counts.ops += (uint64_t)load.speaker->prepare(client_at(room, s), mono_ns());
	pump_until(&load.counts.acknowledged, load.counts.ops);
	if (!load.speaker->letters)
		pump_until(&load.counts.delivered, load.counts.ops * load.size);
	span_end(&span);
}

/* The sender of the k-th op: room after room, and in each room one after the other. */
static void send_op(uint64_t k)
{
	struct client *client = client_at(k % load.active, k / load.active % load.senders);

	load.counts.ops++;
	if (client->state == CLIENT_JOINED)
		load.speaker->op(client, mono_ns());
}

static bool is_all_there(void)
{
	return load.counts.acknowledged >= load.counts.ops && load.counts.delivered >= load.counts.ops * receivers();
}

static void run_run(double rate, double seconds)
{
	struct span span = span_begin();
	uint64_t total = (uint64_t)(rate * seconds), end_ns = span.began_ns + (uint64_t)(seconds * 1e9), k = 0;

	if (!load.senders)
		die("nobody is prepared");
	for (;;) {
		uint64_t now_ns = mono_ns(), due_ns = span.began_ns + (uint64_t)((double)k / rate * 1e9);
		if (k < total && now_ns >= due_ns) {
			dist_add(&load.counts.late, now_ns - due_ns);
			send_op(k++);
			continue;
		}
		if (now_ns >= end_ns && (is_all_there() || now_ns >= end_ns + GRACE_MS * MS))
			break;
		uint64_t next_ns = k < total ? due_ns : now_ns < end_ns ? end_ns : now_ns + MS;
		pump(next_ns - now_ns);
	}
	span_end(&span);
}

static void run_drain(void)
{
	uint64_t begin_ns = mono_ns(), last_ns = begin_ns, seen = load.counts.messages;

	while (!is_all_there() && mono_ns() - last_ns < DRAIN_MS * MS) {
		pump(100 * MS);
		if (load.counts.messages != seen)
			last_ns = mono_ns();
		seen = load.counts.messages;
	}
	printf("{\"seconds\":%.4f}\n", (double)(mono_ns() - begin_ns) / 1e9);
}

static void run_fill(uint64_t total)
{
	struct span span = span_begin();

	for (uint64_t k = 0; k < total; k++) {
		send_op(k);
		if (k + 1 > AHEAD && !pump_until(&load.counts.acknowledged, k + 1 - AHEAD))
			die("nothing is acknowledged any more after %llu", (unsigned long long)load.counts.acknowledged);
	}
	pump_until(&load.counts.acknowledged, total);
	span_end(&span);
}

static void run_visits(size_t count)
{
	struct span span = span_begin();

	for (size_t v = 0; v < count; v++) {
		struct client client = { .fd = -1, .room = load.room_names[0], .index = (uint32_t)(v % load.size) };
		client_connect(&client, load.port, load.epoll, load.speaker);
		pump_until(&load.counts.joined, v + 1);
		client_close(&client);
	}
	span_end(&span);
}

static void run_compare(void)
{
	unsigned long long differ = 0, letters = 0;

	if (!load.speaker->letters || !load.senders)
		die("there is nothing to compare");
	for (size_t room = 0; room < load.active; room++) {
		const struct buf *first, *other;
		letters += (unsigned long long)load.speaker->letters(client_at(room, 0), &first);
		for (size_t c = 1; first && c < load.size; c++) {
			load.speaker->letters(client_at(room, c), &other);
			differ += first->n != other->n || memcmp(first->s, other->s, first->n) != 0;
		}
	}
	printf("{\"differ\":%llu,\"letters\":%llu}\n", differ, letters);
}

static void run_rooms(size_t count)
{
	if (!count || count > load.rooms)
		die("%zu of %zu rooms", count, load.rooms);
	load.active = count;
	printf("{\"rooms\":%zu}\n", count);
}

static void run_memory(void)
{
	uint64_t pss, rss = process_memory(load.server, &pss);

	printf("{\"rss\":%llu,\"pss\":%llu}\n", (unsigned long long)rss, (unsigned long long)pss);
}

static void obey(const char *line)
{
	double rate, seconds;
	unsigned long long n;

	if (strcmp(line, "join") == 0)
		run_join();
	else if (sscanf(line, "prepare %llu", &n) == 1)
		run_prepare((size_t)n);
	else if (sscanf(line, "run %lf %lf", &rate, &seconds) == 2 && rate > 0)
		run_run(rate, seconds);
	else if (sscanf(line, "fill %llu", &n) == 1 && load.senders)
		run_fill(n);
	else if (sscanf(line, "visits %llu", &n) == 1)
		run_visits((size_t)n);
	else if (sscanf(line, "rooms %llu", &n) == 1)
		run_rooms((size_t)n);
	else if (strcmp(line, "drain") == 0)
		run_drain();
	else if (strcmp(line, "compare") == 0)
		run_compare();
	else if (strcmp(line, "memory") == 0)
		run_memory();
	else
		die("what does \"%s\" mean?", line);
	fflush(stdout);
}

/* Does the first line that has come. False when there is none yet. */
static bool obey_input(void)
{
	char *end = memchr(load.line, '\n', load.line_bytes), line[sizeof load.line];
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - load.line);
	memcpy(line, load.line, n);
	line[n] = 0;
	load.line_bytes -= n + 1;
	memmove(load.line, end + 1, load.line_bytes);
	obey(line);
	return true;
}

static const struct {
	const char *name;
	const struct speaker *speaker;
} languages[] = {
	{ "raw", &raw_speaker },         { "forwhom", &forwhom_speaker },       { "canvas", &canvas_speaker },
	{ "sharedb", &sharedb_speaker }, { "hocuspocus", &hocuspocus_speaker },
};

int load_main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	for (size_t l = 0; argc >= 6 && l < sizeof languages / sizeof *languages; l++)
		if (strcmp(argv[1], languages[l].name) == 0)
			load.speaker = languages[l].speaker;
	if (!load.speaker)
		return 2;
	load.port = (uint16_t)atoi(argv[2]);
	load.server = (pid_t)atoi(argv[3]);
	load.size = strtoul(argv[4], NULL, 10);
	load.room_names = argv + 5;
	load.rooms = load.active = (size_t)(argc - 5);
	if (!load.size || (load.speaker->letters && load.size > TEAM_MAX) || load.rooms * load.size + 64 > raise_descriptor_limit())
		die("%zu rooms of %zu clients", load.rooms, load.size);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load.epoll < 0 || epoll_ctl(load.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0)
		die("epoll");
	load.clients = must_realloc(NULL, load.rooms * load.size * sizeof *load.clients);
	for (size_t c = 0; c < load.rooms * load.size; c++)
		load.clients[c] = (struct client){ .fd = -1, .index = (uint32_t)(c % load.size), .room = load.room_names[c / load.size] };
	while (obey_input() || !load.is_input_over)
		pump(load.line_bytes ? 0 : SECOND);
	return 0;
}
