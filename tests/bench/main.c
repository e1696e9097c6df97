/* The bench's one program, with a command for each part; tests/bench/run starts them, pins them and compares. */
#include "tests/bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *usage;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "baseline", "now|loop: a WebSocket broadcast server that does nothing else", baseline_main },
	{ "load", "raw|forwhom|canvas|sharedb|hocuspocus PORT PID SIZE ROOM…: SIZE clients in each room, told by standard input what to do", load_main },
	{ "commit", "DIR SECONDS: durable SQLite commits of one row, one after the other", commit_main },
	{ "sync", "DIR SECONDS: writes of 4 KiB, each with fdatasync", sync_main },
};

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t c = 0; argc > 1 && c < sizeof commands / sizeof *commands; c++)
		if (strcmp(argv[1], commands[c].name) == 0)
			return commands[c].run(argc - 1, argv + 1);
	for (size_t c = 0; c < sizeof commands / sizeof *commands; c++)
		fprintf(stderr, "bench %s %s\n", commands[c].name, commands[c].usage);
	return 2;
}
