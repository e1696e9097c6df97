/* The server's log: logfmt lines on standard error, one per event, each with the <N> priority prefix that journald reads (sd-daemon(3)).
 * Callers never pass content, secrets, join codes or whole addresses (address_prefix is for those). Control characters are escaped here all the same, so no line can fake another. At most
 * LOG_PER_CAUSE_S lines a second of one cause are written; the rest are counted and told as `suppressed=N`. Not for other threads than the loop's. */
#ifndef FORWHOM_SERVER_LOG_H
#define FORWHOM_SERVER_LOG_H
#include <stddef.h>

enum { LOG_PER_CAUSE_S = 10, LOG_LINE_MAX = 1024 };

enum log_priority { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6 };

/* Writes event=`cause` and what `format` makes (key=value pairs, or ""). `cause` is one word of at most 31 bytes: it is what lines are counted by. */
void log_event(enum log_priority priority, const char *cause, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Tells what was held back, if its second is over. Call once a second, and before the end. */
void log_flush_suppressed(void);

/* Writes `text` with everything that a terminal or a line reader could take for more than text escaped as \xNN, at most `cap` bytes with the NUL. Returns `out`. */
char *log_escape(const char *text, char *out, size_t cap);

/* The same as a logfmt value: in quotes, if it has spaces, quotes or equals signs. */
char *log_value(const char *text, char *out, size_t cap);
#endif
