#include "server/http/head.h"

#include <string.h>
#include <strings.h>

size_t head_find_end(const char *text, size_t n)
{
	/* A bare LF LF ends the wait too: head_parse refuses it at once, instead of the deadline doing so. */
	for (const char *at = text; (at = memchr(at, '\n', n - (size_t)(at - text))); at++) {
		size_t i = (size_t)(at - text);

		if (i + 1 < n && text[i + 1] == '\n')
			return i + 2;
		if (i + 2 < n && text[i + 1] == '\r' && text[i + 2] == '\n')
			return i + 3;
		if (i + 1 >= n)
			break;
	}
	return 0;
}

/* RFC 9110 section 5.6.2 */
static bool is_token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!is_token_char((unsigned char)*text))
			return false;
	return true;
}

/* Printable ASCII only: a target with anything else is nobody's honest request. */
static bool is_target(const char *text)
{
	if (*text != '/')
		return false;
	for (; *text; text++)
		if (*text < 0x21 || *text > 0x7e || *text == '#')
			return false;
	return true;
}

static bool is_value(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return false;
	return true;
}

/* Cuts one line ending in CR LF off `*rest` and ends it with a NUL. NULL when there is a bare CR or LF, or a NUL. */
static char *cut_line(char **rest, const char *end, size_t *size)
{
	char *line = *rest, *lf = memchr(line, '\n', (size_t)(end - line));

	if (!lf || lf == line || lf[-1] != '\r')
		return NULL;
	*size = (size_t)(lf - 1 - line);
	if (memchr(line, '\r', *size) || memchr(line, '\0', *size))
		return NULL;
	line[*size] = '\0';
	*rest = lf + 1;
	return line;
}

static int parse_method(const char *name, enum http_method *method)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = { { "GET", METHOD_GET }, { "HEAD", METHOD_HEAD }, { "POST", METHOD_POST } };

	if (!is_token(name))
		return 400;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (strcmp(name, methods[i].name) == 0) {
			*method = methods[i].method;
			return 0;
		}
	}
	return 405;
}

/* METHOD SP TARGET SP HTTP/1.x, single spaces. */
static int parse_request_line(char *line, struct http_head *out, bool *is_1_0)
{
	char *target = strchr(line, ' ');
	if (!target)
		return 400;
	*target++ = '\0';
	char *version = strchr(target, ' ');
	if (!version)
		return 400;
	*version++ = '\0';

	if (strncmp(version, "HTTP/", 5) != 0 || strlen(version) != 8 || version[6] != '.' || version[7] < '0' || version[7] > '9')
		return 400;
	if (version[5] != '1')
		return 505;
	*is_1_0 = version[7] == '0';
	int status = parse_method(line, &out->method);
	if (status)
		return status;
	if (strlen(target) > HEAD_TARGET_MAX)
		return 414;
	if (!is_target(target))
		return 400;
	out->path = target;
	char *query = strchr(target, '?');
	if (query) {
		*query = '\0';
		out->query = query + 1;
	}
	return 0;
}

static int parse_field(char *line, size_t size, struct head_field *field)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return 400;
	*colon = '\0';
	if (!is_token(line)) /* also refuses folded lines and white space before the colon */
		return 400;
	char *value = colon + 1, *end = line + size;
	while (*value == ' ' || *value == '\t')
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	if (!is_value(value, (size_t)(end - value)))
		return 400;
	field->name = line;
	field->value = value;
	return 0;
}

const char *head_get(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->field_count; i++)
		if (strcasecmp(head->fields[i].name, name) == 0)
			return head->fields[i].value;
	return NULL;
}

bool head_list_has(const char *list, const char *token)
{
	size_t n = strlen(token);

	while (list && *list) {
		list += strspn(list, ", \t");
		size_t size = strcspn(list, ",");
		size_t trimmed = size;

		while (trimmed && (list[trimmed - 1] == ' ' || list[trimmed - 1] == '\t'))
			trimmed--;
		if (trimmed == n && strncasecmp(list, token, n) == 0)
			return true;
		list += size;
	}
	return false;
}

/* Those whose doubling makes a request ambiguous, or lets one pass a check and another be used. */
static const char *const only_once[] = {
	"host", "content-length", "transfer-encoding", "content-type", "origin", "authorization", "cookie", "upgrade", "expect", "if-none-match",
	"sec-websocket-key", "sec-websocket-version", "sec-fetch-site",
};

static bool has_forbidden_double(const struct http_head *head)
{
	for (size_t k = 0; k < sizeof only_once / sizeof only_once[0]; k++) {
		int count = 0;

		for (size_t i = 0; i < head->field_count; i++)
			count += strcasecmp(head->fields[i].name, only_once[k]) == 0;
		if (count > 1)
			return true;
	}
	return false;
}

static int parse_length(const char *text, uint64_t *length)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] || digits > 18)
		return 400;
	*length = 0;
	for (; *text; text++)
		*length = *length * 10 + (uint64_t)(*text - '0');
	return 0;
}

/* What follows the head, and what becomes of the connection. */
static int parse_framing(struct http_head *out, bool is_1_0)
{
	const char *length = head_get(out, "content-length"), *coding = head_get(out, "transfer-encoding");
	const char *connection = head_get(out, "connection"), *expect = head_get(out, "expect");

	if (length && coding)
		return 400;
	if (coding)
		return 411;
	if (length) {
		int status = parse_length(length, &out->length);
		if (status)
			return status;
		out->has_length = true;
	}
	if (out->length && out->method != METHOD_POST)
		return 400;
	if (expect && strcasecmp(expect, "100-continue") != 0)
		return 417;
	out->expects = expect && !is_1_0;
	out->keep_alive = !is_1_0 && !head_list_has(connection, "close");
	return 0;
}

int head_parse(char *text, size_t n, struct http_head *out)
{
	char *rest = text;
	const char *end = text + n;
	size_t size;
	bool is_1_0 = false;

	memset(out, 0, sizeof *out);
	char *line = cut_line(&rest, end, &size);
	if (!line)
		return 400;
	int status = parse_request_line(line, out, &is_1_0);
	if (status)
		return status;
	for (;;) {
		line = cut_line(&rest, end, &size);
		if (!line)
			return 400;
		if (!size)
			break;
		if (out->field_count == HEAD_FIELDS_MAX)
			return 431;
		status = parse_field(line, size, &out->fields[out->field_count]);
		if (status)
			return status;
		out->field_count++;
	}
	if (has_forbidden_double(out) || !head_get(out, "host"))
		return 400;
	return parse_framing(out, is_1_0);
}
