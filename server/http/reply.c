#include "server/http/reply.h"

#include <string.h>
#include <time.h>

/* Everything the page may do: its own scripts, styles and pictures, and its own server. Requests to anywhere else are impossible, so no script that slipped in could carry anything off. The
 * web socket's origin is named because older Safari does not count it as 'self'. */
static const char csp_before[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ";
static const char csp_behind[] =
	"; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
	"trusted-types svelte-trusted-html";

static const struct {
	const char *line;
	bool only_secure;
} fixed_fields[] = {
	{ "X-Content-Type-Options: nosniff\r\n", false },
	{ "Referrer-Policy: no-referrer\r\n", false },
	{ "Cross-Origin-Opener-Policy: same-origin\r\n", false },
	{ "Cross-Origin-Resource-Policy: same-origin\r\n", false },
	{ "Cross-Origin-Embedder-Policy: require-corp\r\n", false },
	{ "Permissions-Policy: camera=(), microphone=(), geolocation=(), clipboard-read=(), interest-cohort=()\r\n", false },
	{ "X-Frame-Options: DENY\r\n", false },
	{ "Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n", true },
};

const char *reply_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" }, { 304, "Not Modified" }, { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 408, "Request Timeout" }, { 409, "Conflict" }, { 411, "Length Required" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 417, "Expectation Failed" }, { 421, "Misdirected Request" }, { 426, "Upgrade Required" },
		{ 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" }, { 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Status";
}

static void add_date(struct buf *out)
{
	char text[64];
	struct tm tm;
	time_t now = time(NULL);

	/* Formatted by hand-picked English names: strftime would follow the locale. */
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	gmtime_r(&now, &tm);
	buf_str(out, "Date: ");
	buf_str(out, days[tm.tm_wday]);
	strftime(text, sizeof text, ", %d ", &tm);
	buf_str(out, text);
	buf_str(out, months[tm.tm_mon]);
	strftime(text, sizeof text, " %Y %H:%M:%S GMT\r\n", &tm);
	buf_str(out, text);
}

static void add_policy(const struct http_exchange *exchange, struct buf *out)
{
	buf_str(out, "Content-Security-Policy: ");
	buf_str(out, csp_before);
	/* http://host becomes ws://host, https://host becomes wss://host. Before the request's host is known to be ours there is none to name. */
	if (strncmp(exchange->origin, "http", 4) == 0) {
		buf_str(out, "ws");
		buf_str(out, exchange->origin + 4);
	}
	buf_str(out, csp_behind);
	buf_str(out, "\r\n");
}

void reply_write_head(const struct http_exchange *exchange, bool close, struct buf *out)
{
	const struct http_answer *answer = &exchange->answer;

	buf_str(out, "HTTP/1.1 ");
	buf_int(out, answer->status);
	buf_char(out, ' ');
	buf_str(out, reply_phrase(answer->status));
	buf_str(out, "\r\n");
	add_date(out);
	buf_str(out, close ? "Connection: close\r\n" : "Connection: keep-alive\r\n");
	if (answer->type) {
		buf_str(out, "Content-Type: ");
		buf_str(out, answer->type);
		buf_str(out, "\r\n");
	}
	if (answer->status != 304) {
		buf_str(out, "Content-Length: ");
		buf_int(out, (int64_t)(answer->fixed ? answer->fixed_bytes : answer->body.n));
		buf_str(out, "\r\n");
	}
	buf_str(out, "Cache-Control: ");
	buf_str(out, answer->cache ? answer->cache : "no-store");
	buf_str(out, "\r\n");
	add_policy(exchange, out);
	for (size_t i = 0; i < sizeof fixed_fields / sizeof fixed_fields[0]; i++)
		if (!fixed_fields[i].only_secure || exchange->secure)
			buf_str(out, fixed_fields[i].line);
	buf_add(out, answer->fields.s, answer->fields.n);
	buf_str(out, "\r\n");
}
