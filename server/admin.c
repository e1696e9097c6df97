#include "server/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/buf.h"
#include "server/log.h"

enum { LINE_MAX_BYTES = 64, ANSWER_MS = 10000 };

struct session {
	uv_pipe_t pipe;
	struct admin *admin;
	struct session *next, *prev;
	char line[LINE_MAX_BYTES];
	size_t n;
	bool is_asking;  /* the invite is being made */
	bool is_closing; /* the asker has gone; freed when both are over */
	bool is_closed;
	struct buf out;
	uv_write_t write;
};

struct admin {
	uv_loop_t *loop;
	uv_pipe_t listener;
	struct session *sessions;
	admin_on_invite *on_invite;
	void *ctx;
	char *path;
};

/* A socket's path has room for 107 bytes. A longer one is reached through the folder's descriptor. Returns the descriptor to be closed, or -1. */
static int short_path(const char *dir, struct sockaddr_un *address)
{
	int fd = -1;

	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if ((size_t)snprintf(address->sun_path, sizeof address->sun_path, "%s/admin.sock", dir) >= sizeof address->sun_path) {
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/admin.sock", fd);
	}
	return fd;
}

static void free_session(struct session *session)
{
	buf_release(&session->out);
	free(session);
}

static void on_session_closed(uv_handle_t *handle)
{
	struct session *session = handle->data;

	session->is_closed = true;
	if (!session->is_asking)
		free_session(session);
}

static void close_session(struct session *session)
{
	if (session->is_closing)
		return;
	session->is_closing = true;
	if (session->prev)
		session->prev->next = session->next;
	else
		session->admin->sessions = session->next;
	if (session->next)
		session->next->prev = session->prev;
	uv_close((uv_handle_t *)&session->pipe, on_session_closed);
}

static void on_session_written(uv_write_t *request, int status)
{
	(void)status;
	close_session(request->data);
}

void admin_answer(void *request, const char *line)
{
	struct session *session = request;

	session->is_asking = false;
	if (session->is_closed) {
		free_session(session);
		return;
	}
	if (session->is_closing)
		return;
	buf_str(&session->out, line);
	buf_char(&session->out, '\n');
	uv_buf_t part = uv_buf_init(session->out.s, (unsigned)session->out.n);
	session->write.data = session;
	if (uv_write(&session->write, (uv_stream_t *)&session->pipe, &part, 1, on_session_written) != 0)
		close_session(session);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct session *session = handle->data;

	(void)suggested;
	*out = uv_buf_init(session->line + session->n, (unsigned)(LINE_MAX_BYTES - session->n));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	struct session *session = stream->data;

	(void)bytes;
	if (n < 0) {
		close_session(session);
		return;
	}
	session->n += (size_t)n;
	char *end = memchr(session->line, '\n', session->n);
	if (!end && session->n < LINE_MAX_BYTES)
		return;
	uv_read_stop(stream);
	session->is_asking = true;
	if (end && (size_t)(end - session->line) == 6 && memcmp(session->line, "invite", 6) == 0)
		session->admin->on_invite(session, session->admin->ctx);
	else
		admin_answer(session, "error no such request");
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct admin *admin = listener->data;
	struct session *session;

	if (status < 0)
		return;
	session = calloc(1, sizeof *session);
	if (!session)
		abort();
	session->admin = admin;
	uv_pipe_init(admin->loop, &session->pipe, 0);
	session->pipe.data = session;
	session->next = admin->sessions;
	if (admin->sessions)
		admin->sessions->prev = session;
	admin->sessions = session;
	if (uv_accept(listener, (uv_stream_t *)&session->pipe) != 0 || uv_read_start((uv_stream_t *)&session->pipe, on_alloc, on_read) != 0)
		close_session(session);
}

/* Bound by hand and not by libuv, for the mode to be right from the first moment. The folder's lock is ours, so what lies there is left over. */
static int make_socket(const char *dir)
{
	struct sockaddr_un address;
	int folder = short_path(dir, &address), fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	bool good;

	unlink(address.sun_path);
	good = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
	umask(mask);
	if (!good && fd >= 0) {
		close(fd);
		fd = -1;
	}
	if (folder >= 0)
		close(folder);
	return fd;
}

struct admin *admin_open(uv_loop_t *loop, const char *dir, admin_on_invite *on_invite, void *ctx)
{
	struct admin *admin = calloc(1, sizeof *admin);
	int fd = make_socket(dir);

	if (!admin || (fd >= 0 && asprintf(&admin->path, "%s/admin.sock", dir) < 0))
		abort();
	if (fd < 0) {
		log_event(LOG_WARNING, "admin.socket", "error=%s", strerrorname_np(errno));
		free(admin);
		return NULL;
	}
	admin->loop = loop;
	admin->on_invite = on_invite;
	admin->ctx = ctx;
	uv_pipe_init(loop, &admin->listener, 0);
	admin->listener.data = admin;
	if (uv_pipe_open(&admin->listener, fd) != 0 || uv_listen((uv_stream_t *)&admin->listener, 8, on_connection) != 0)
		log_event(LOG_WARNING, "admin.socket", "text=\"cannot listen\"");
	return admin;
}

static void no_op(uv_handle_t *handle)
{
	(void)handle;
}

void admin_close(struct admin *admin)
{
	if (!admin)
		return;
	while (admin->sessions)
		close_session(admin->sessions);
	uv_close((uv_handle_t *)&admin->listener, no_op);
	unlink(admin->path);
}

void admin_free(struct admin *admin)
{
	if (!admin)
		return;
	free(admin->path);
	free(admin);
}

bool admin_ask(const char *dir, char *out, size_t cap)
{
	static const char question[] = "invite\n";
	struct sockaddr_un address;
	int folder = short_path(dir, &address), fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	bool reached = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		       write(fd, question, sizeof question - 1) == (ssize_t)sizeof question - 1;

	while (reached && n + 1 < cap) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t got = poll(&wait, 1, ANSWER_MS) == 1 ? read(fd, out + n, cap - 1 - n) : 0;

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
	if (folder >= 0)
		close(folder);
	return reached;
}
