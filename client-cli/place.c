#include "client-cli/place.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LOOPBACK_PORT = 8080, HTTP_PORT = 80, HTTPS_PORT = 443 };

static bool is_loopback(const char *host)
{
	bool numbers = strspn(host, "0123456789.") == strlen(host); /* 127.example.org is somebody else */
	return !strcasecmp(host, "localhost") || (numbers && !strncmp(host, "127.", 4)) || !strcmp(host, "::1");
}

/* Only what can stand in a Host header: anything else would let an address smuggle in a header line or a path. */
static bool host_is_clean(const char *host, bool brackets)
{
	if (!*host)
		return false;
	for (const char *p = host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(brackets ? ":." : "-.", *p))
			return false;
	return true;
}

static bool read_port(const char *s, const char *end, int *port)
{
	int n = 0;
	if (s == end || end - s > 5)
		return false;
	for (; s < end; s++) {
		if (!isdigit((unsigned char)*s))
			return false;
		n = n * 10 + (*s - '0');
	}
	*port = n;
	return n > 0 && n < 65536;
}

/* HOST[:PORT] between `s` and `end`; leaves port 0 where none was written. */
static bool read_authority(const char *s, const char *end, struct place *out)
{
	const char *host = s, *stop, *colon = NULL;
	bool brackets = s < end && *s == '[';
	if (brackets) {
		host = s + 1;
		stop = memchr(s, ']', (size_t)(end - s));
		if (!stop)
			return false;
		if (stop + 1 < end)
			colon = stop + 1;
	} else {
		colon = memchr(s, ':', (size_t)(end - s));
		stop = colon ? colon : end;
	}
	if ((size_t)(stop - host) >= HOST_CAP || (colon && *colon != ':'))
		return false;
	memcpy(out->host, host, (size_t)(stop - host));
	out->host[stop - host] = 0;
	return host_is_clean(out->host, brackets) && (!colon || read_port(colon + 1, end, &out->port));
}

static enum place_verdict check_secure(const struct place *place, bool insecure)
{
	return place->tls || insecure || is_loopback(place->host) ? PLACE_OK : PLACE_INSECURE;
}

static enum place_verdict read_bare_host(const char *s, bool insecure, struct place *out)
{
	const char *end = s + strlen(s);
	while (end > s && end[-1] == '/')
		end--;
	if (!read_authority(s, end, out))
		return PLACE_BAD_HOST;
	bool local = is_loopback(out->host);
	out->tls = !local && !insecure;
	if (!out->port)
		out->port = out->tls ? HTTPS_PORT : LOOPBACK_PORT;
	return check_secure(out, insecure);
}

/* The base path of a URL: what stands between the authority and the fragment. */
static bool read_base(const char *s, const char *end, struct place *out)
{
	while (end > s && end[-1] == '/')
		end--;
	if ((size_t)(end - s) >= BASE_CAP)
		return false;
	for (const char *p = s; p < end; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/-_.~", *p))
			return false;
	memcpy(out->base, s, (size_t)(end - s));
	return true;
}

static bool read_secret(const char *s, char out[SECRET_CHARS + 1])
{
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	if (!secret_is_valid(s, n))
		return false;
	memcpy(out, s, n);
	out[n] = 0;
	return true;
}

/* "/CODE", "/CODE/as/SECRET" or "/invite/SECRET", or nothing. */
static enum place_verdict read_fragment(const char *s, struct place *out)
{
	if (*s == '/')
		s++;
	if (!*s)
		return PLACE_OK;
	if (!strncmp(s, "invite/", 7))
		return read_secret(s + 7, out->invite) ? PLACE_OK : PLACE_BAD_CODE;
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);
	if (!code_normalise(s, n, out->code))
		return PLACE_BAD_CODE;
	if (!slash || !slash[1])
		return PLACE_OK;
	return !strncmp(slash, "/as/", 4) && read_secret(slash + 4, out->member) ? PLACE_OK : PLACE_BAD_CODE;
}

static enum place_verdict read_url(const char *s, bool insecure, struct place *out)
{
	out->tls = !strncasecmp(s, "https:", 6);
	s += out->tls ? 8 : 7;
	const char *hash = strchr(s, '#'), *end = hash ? hash : s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	const char *slash = memchr(s, '/', (size_t)(end - s));
	if (!read_authority(s, slash ? slash : end, out) || (slash && !read_base(slash, end, out)))
		return PLACE_BAD_HOST;
	if (!out->port)
		out->port = out->tls ? HTTPS_PORT : HTTP_PORT;
	enum place_verdict verdict = check_secure(out, insecure);
	return verdict == PLACE_OK && hash ? read_fragment(hash + 1, out) : verdict;
}

static bool is_url(const char *s)
{
	return !strncasecmp(s, "http://", 7) || !strncasecmp(s, "https://", 8);
}

enum place_verdict place_parse_server(const char *text, bool insecure, struct place *out)
{
	*out = (struct place){ 0 };
	return is_url(text) ? read_url(text, insecure, out) : read_bare_host(text, insecure, out);
}

enum place_verdict place_parse(const char *text, bool insecure, struct place *out)
{
	*out = (struct place){ 0 };
	if (is_url(text))
		return read_url(text, insecure, out);
	const char *at = strchr(text, '@');
	if (!code_normalise(text, at ? (size_t)(at - text) : strlen(text), out->code))
		return PLACE_BAD_CODE;
	return at ? read_bare_host(at + 1, insecure, out) : PLACE_OK;
}

bool place_has_server(const struct place *place)
{
	return place->port != 0;
}

void place_host(const struct place *place, struct buf *out)
{
	bool brackets = strchr(place->host, ':');
	if (brackets)
		buf_char(out, '[');
	buf_str(out, place->host);
	if (brackets)
		buf_char(out, ']');
	if (place->port != (place->tls ? HTTPS_PORT : HTTP_PORT)) {
		buf_char(out, ':');
		buf_int(out, place->port);
	}
}

void place_origin(const struct place *place, struct buf *out)
{
	buf_str(out, place->tls ? "https://" : "http://");
	place_host(place, out);
	buf_str(out, place->base);
}

bool place_same_server(const struct place *a, const struct place *b)
{
	return a->tls == b->tls && a->port == b->port && !strcasecmp(a->host, b->host) && !strcmp(a->base, b->base);
}
