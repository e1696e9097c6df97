#include "tests/bench/bench.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	fprintf(stderr, "bench: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, error ? ": %s\n" : "\n", strerror(error));
	va_end(args);
	exit(1);
}

void *must_realloc(void *memory, size_t size_bytes)
{
	memory = realloc(memory, size_bytes);
	if (!memory)
		die("out of memory");
	return memory;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		die("clock");
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* ---- sockets ---- */

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int listen_on_loopback(uint16_t *port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		die("listen");
	*port = ntohs(address.sin_port);
	return fd;
}

int connect_to_loopback(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
		die("connect to port %d", port);
	return fd;
}

size_t raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("limit of descriptors");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("limit of descriptors");
	return (size_t)limit.rlim_cur;
}

/* ---- distributions ---- */

/* Values below 2^DIST_SUB_BITS have a bucket each; above, each power of two has 2^DIST_SUB_BITS. */
static size_t bucket_of(uint64_t ns)
{
	int shift = 0;

	if (ns >> DIST_SUB_BITS)
		shift = 64 - DIST_SUB_BITS - __builtin_clzll(ns);
	if (shift <= 1)
		return (size_t)ns;
	/* ns >> (shift - 1) has DIST_SUB_BITS + 1 bits, the upper of them set. */
	return ((size_t)shift << DIST_SUB_BITS) + (size_t)((ns >> (shift - 1)) - (1u << DIST_SUB_BITS));
}

/* The largest value of a bucket. */
static uint64_t bucket_end(size_t bucket)
{
	size_t shift = bucket >> DIST_SUB_BITS;

	if (shift <= 1)
		return bucket;
	return (((1ull << DIST_SUB_BITS) + (bucket & ((1u << DIST_SUB_BITS) - 1)) + 1) << (shift - 1)) - 1;
}

void dist_add(struct dist *dist, uint64_t ns)
{
	dist->buckets[bucket_of(ns)]++;
	dist->count++;
	if (ns > dist->max_ns)
		dist->max_ns = ns;
}

uint64_t dist_quantile(const struct dist *dist, double q)
{
	uint64_t rank = (uint64_t)(q * (double)dist->count), seen = 0;

	if (!dist->count)
		return 0;
	for (size_t b = 0; b < DIST_BUCKETS; b++) {
		seen += dist->buckets[b];
		if (seen > rank)
			return bucket_end(b) < dist->max_ns ? bucket_end(b) : dist->max_ns;
	}
	return dist->max_ns;
}

void dist_print(const char *name, const struct dist *dist)
{
	printf("\"%s\":{\"count\":%llu,\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}", name, (unsigned long long)dist->count,
	       (double)dist_quantile(dist, 0.5) / 1e3, (double)dist_quantile(dist, 0.99) / 1e3, (double)dist->max_ns / 1e3);
}

/* ---- processes ---- */

/* Time spent waiting for a processor: the second number of each thread's schedstat. */
static uint64_t waited_ns(pid_t pid)
{
	char path[320];
	uint64_t sum = 0;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	if (!dir)
		die("%s", path);
	for (struct dirent *entry; (entry = readdir(dir));) {
		unsigned long long ran, waited;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)pid, entry->d_name);
		FILE *file = fopen(path, "r"); /* NULL when the thread has ended, or the kernel does not count */
		if (file && fscanf(file, "%llu %llu", &ran, &waited) == 2)
			sum += waited;
		if (file)
			fclose(file);
	}
	closedir(dir);
	return sum;
}

struct usage process_usage(pid_t pid)
{
	clockid_t clock;

	errno = clock_getcpuclockid(pid, &clock);
	if (errno)
		die("processor time of %d", (int)pid);
	return (struct usage){ read_clock(clock), waited_ns(pid) };
}

uint64_t process_memory(pid_t pid, uint64_t *pss)
{
	char path[64], line[160];
	unsigned long long kib, rss = 0;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *file = fopen(path, "r");
	if (!file)
		die("%s", path);
	*pss = 0;
	while (fgets(line, sizeof line, file)) {
		if (sscanf(line, "Rss: %llu kB", &kib) == 1)
			rss = kib * 1024;
		else if (sscanf(line, "Pss: %llu kB", &kib) == 1)
			*pss = kib * 1024;
	}
	fclose(file);
	return rss;
}
