#include "client-cli/input.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 16384 };

static void deliver(struct input *input)
{
	size_t from = 0;
	while (!input->paused && from < input->text.n) {
		const char *start = input->text.s + from, *end = memchr(start, '\n', input->text.n - from);
		size_t n = end ? (size_t)(end - start) : input->text.n - from;
		bool long_line = n > input->line_max;
		if (!end && !input->ended && !long_line)
			break;
		if (!end && long_line && !input->ended) {
			/* Keep one byte more than allowed, so that the line is still known to be too long when its end comes. */
			input->text.n = from + input->line_max + 1;
			break;
		}
		size_t length = n && start[n - 1] == '\r' ? n - 1 : n;
		input->on_line(long_line ? NULL : start, long_line ? 0 : length, input->ctx);
		from += n + (end != NULL);
	}
	memmove(input->text.s, input->text.s + from, input->text.n - from);
	input->text.n -= from;
	if (input->ended && !input->paused && !input->text.n) {
		input->paused = true;
		input->on_end(input->ctx);
	}
}

static void stop(struct input *input)
{
	if (input->polls)
		uv_poll_stop(&input->poll);
	else
		uv_idle_stop(&input->idle);
}

static void read_some(struct input *input)
{
	buf_reserve(&input->text, CHUNK);
	ssize_t n = read(input->fd, input->text.s + input->text.n, CHUNK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		input->ended = true;
		stop(input);
	} else {
		input->text.n += (size_t)n;
	}
	deliver(input);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	read_some(poll->data);
}

static void on_idle(uv_idle_t *idle)
{
	read_some(idle->data);
}

static void go(struct input *input)
{
	if (input->ended)
		return;
	if (input->polls)
		uv_poll_start(&input->poll, UV_READABLE, on_readable);
	else
		uv_idle_start(&input->idle, on_idle);
}

void input_start(struct input *input, uv_loop_t *loop, int fd)
{
	input->fd = fd;
	input->flags = fcntl(fd, F_GETFL);
	input->polls = !uv_poll_init(loop, &input->poll, fd);
	input->poll.data = input->idle.data = input;
	uv_idle_init(loop, &input->idle);
	go(input);
}

void input_pause(struct input *input)
{
	input->paused = true;
	stop(input);
}

void input_resume(struct input *input)
{
	if (!input->paused)
		return;
	input->paused = false;
	go(input);
	if (input->text.n || input->ended)
		deliver(input);
}

void input_close(struct input *input)
{
	stop(input);
	if (input->polls)
		uv_close((uv_handle_t *)&input->poll, NULL);
	uv_close((uv_handle_t *)&input->idle, NULL);
	if (input->flags >= 0)
		fcntl(input->fd, F_SETFL, input->flags);
	buf_release(&input->text);
}
