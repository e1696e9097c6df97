#ifndef FORWHOM_CLI_INPUT_H
#define FORWHOM_CLI_INPUT_H
#include "proto/buf.h"
#include <stdbool.h>
#include <uv.h>

/*
 * Lines from a descriptor that may be a terminal, a pipe or a file, on the loop. Embedded; stays at its address until input_close's callback.
 */
struct input {
	uv_poll_t poll;
	uv_idle_t idle; /* for files, which cannot be polled and never wait */
	bool polls, ended, paused;
	int fd, flags; /* of the descriptor before we made it non-blocking: it is shared with whoever started us */
	struct buf text;
	size_t scanned, line_max;
	/* A line without its end; too long ones come with text NULL. Borrowed. */
	void (*on_line)(const char *text, size_t n, void *ctx);
	void (*on_end)(void *ctx);
	void *ctx;
};

/* Starts reading; set line_max, on_line, on_end and ctx before. */
void input_start(struct input *input, uv_loop_t *loop, int fd);
/* Stops and goes on; a paused input delivers nothing more after the present line. */
void input_pause(struct input *input);
void input_resume(struct input *input);
/* Stops for good and gives the descriptor back as it was. */
void input_close(struct input *input);

#endif
