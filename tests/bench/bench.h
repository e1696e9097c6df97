/* What the bench's parts share: clocks, sockets, distributions of latencies, and what the system knows of a process. */
#ifndef FORWHOM_TESTS_BENCH_H
#define FORWHOM_TESTS_BENCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int baseline_main(int argc, char **argv);
int load_main(int argc, char **argv);
int commit_main(int argc, char **argv);
int sync_main(int argc, char **argv);

/* Says what went wrong, with errno's text when it is set, and exits with 1: a measurement that is half right is none. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* realloc that dies instead of returning NULL. */
void *must_realloc(void *memory, size_t size_bytes);

uint64_t mono_ns(void);

/* A listening socket on a free port of 127.0.0.1; the port goes to `*port`. */
int listen_on_loopback(uint16_t *port);
/* A non-blocking socket, connecting to `port` on 127.0.0.1. */
int connect_to_loopback(uint16_t port);
/* As many descriptors as may be had. Returns the number. */
size_t raise_descriptor_limit(void);

/* ---- distributions ---- */

/* Latencies in buckets of less than 1 % width (the idea is HdrHistogram's): adding one costs the same whatever came
 * before, and memory does not grow with the load. All zero is an empty one. */
enum { DIST_SUB_BITS = 7, DIST_BUCKETS = (64 - DIST_SUB_BITS + 1) << DIST_SUB_BITS };

struct dist {
	uint64_t count, max_ns;
	uint32_t buckets[DIST_BUCKETS];
};

void dist_add(struct dist *dist, uint64_t ns);
/* The smallest latency that a share `q` (0..1) of all does not exceed, in nanoseconds; 0 when empty. */
uint64_t dist_quantile(const struct dist *dist, double q);
/* Prints `"NAME":{"count":…,"p50":…,"p99":…,"max":…}` in microseconds to standard output. */
void dist_print(const char *name, const struct dist *dist);

/* ---- processes ---- */

struct usage {
	uint64_t cpu_ns;  /* user and system, all threads, those that have ended included */
	uint64_t wait_ns; /* its living threads were ready to run and had no processor */
};

struct usage process_usage(pid_t pid);
/* Resident memory in bytes, and in `*pss` the part that is not shared with others. */
uint64_t process_memory(pid_t pid, uint64_t *pss);
#endif
