#include "server/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Causes are words in this program's own text, so there are few; should they ever be more, the last slot is shared. */
enum { CAUSES_MAX = 64, CAUSE_BYTES = 32 };

struct cause {
	char name[CAUSE_BYTES];
	int64_t second;
	unsigned written, suppressed;
};

static struct cause causes[CAUSES_MAX];
static size_t cause_count;

static int64_t mono_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

static struct cause *find_cause(const char *name)
{
	for (size_t i = 0; i < cause_count; i++)
		if (strncmp(causes[i].name, name, CAUSE_BYTES - 1) == 0)
			return &causes[i];
	if (cause_count == CAUSES_MAX)
		return &causes[CAUSES_MAX - 1];
	struct cause *cause = &causes[cause_count++];
	snprintf(cause->name, sizeof cause->name, "%s", name);
	return cause;
}

/* C1 controls come as C2 80 to C2 9F in UTF-8, and alone in older encodings: bytes from 80 to 9F that do not continue a character are escaped as well. */
static bool must_escape(const unsigned char *at, size_t before)
{
	unsigned char c = at[0];

	if (c < 0x20 || c == 0x7f)
		return true;
	if (c == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
		return true;
	return c >= 0x80 && c <= 0x9f && (before == 0 || at[-1] < 0x80 || at[-1] == 0xc2);
}

char *log_escape(const char *text, char *out, size_t cap)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t n = 0;

	for (size_t i = 0; in[i] && n + 5 < cap; i++) {
		if (must_escape(in + i, i))
			n += (size_t)snprintf(out + n, cap - n, "\\x%02x", in[i]);
		else
			out[n++] = (char)in[i];
	}
	if (cap)
		out[n] = '\0';
	return out;
}

char *log_value(const char *text, char *out, size_t cap)
{
	size_t n = 0;

	if (text[0] && !strpbrk(text, " =\"\\"))
		return log_escape(text, out, cap);
	if (cap < 8)
		return log_escape("", out, cap);
	out[n++] = '"';
	for (size_t i = 0; text[i] && n + 7 < cap; i++) {
		char piece[8], one[2] = { text[i], '\0' };

		if (text[i] == '"' || text[i] == '\\')
			out[n++] = '\\';
		/* Byte by byte a continuation byte would look stray, so only ASCII is judged here; the line as a whole is escaped again. */
		snprintf(piece, sizeof piece, "%s", one);
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			log_escape(one, piece, sizeof piece);
		n += (size_t)snprintf(out + n, cap - n, "%s", piece);
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

static void write_line(enum log_priority priority, const char *cause, const char *rest)
{
	char line[LOG_LINE_MAX];
	int n = snprintf(line, sizeof line - 1, "<%d>event=%s%s%s", priority, cause, rest[0] ? " " : "", rest);

	if (n > (int)sizeof line - 2)
		n = (int)sizeof line - 2;
	line[n++] = '\n';
	/* One write, so that lines stay whole; if standard error is gone there is nobody left to tell. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

static void tell_suppressed(struct cause *cause)
{
	char rest[96];

	if (!cause->suppressed)
		return;
	snprintf(rest, sizeof rest, "cause=%.31s suppressed=%u", cause->name, cause->suppressed);
	cause->suppressed = 0;
	write_line(LOG_WARNING, "log.suppressed", rest);
}

void log_event(enum log_priority priority, const char *cause_name, const char *format, ...)
{
	struct cause *cause = find_cause(cause_name);
	int64_t second = mono_s();

	if (cause->second != second) {
		tell_suppressed(cause);
		cause->second = second;
		cause->written = 0;
	}
	if (cause->written >= LOG_PER_CAUSE_S) {
		cause->suppressed++;
		return;
	}
	cause->written++;

	char raw[LOG_LINE_MAX], clean[LOG_LINE_MAX - CAUSE_BYTES - 8];
	va_list args;
	va_start(args, format);
	vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	write_line(priority, cause_name, log_escape(raw, clean, sizeof clean));
}

void log_flush_suppressed(void)
{
	int64_t second = mono_s();

	for (size_t i = 0; i < cause_count; i++)
		if (causes[i].second != second)
			tell_suppressed(&causes[i]);
}
