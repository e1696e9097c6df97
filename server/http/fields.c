#include "server/http/fields.h"

#include <string.h>
#include <strings.h>

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t");
}

bool cookie_get(const char *field, const char *name, char *out, size_t cap)
{
	size_t name_size = strlen(name);
	const char *found = NULL;
	size_t found_size = 0;

	for (const char *at = field; at && *at;) {
		at = skip_space(at);
		size_t size = strcspn(at, ";");
		size_t trimmed = size;

		while (trimmed && (at[trimmed - 1] == ' ' || at[trimmed - 1] == '\t'))
			trimmed--;
		if (trimmed > name_size && at[name_size] == '=' && memcmp(at, name, name_size) == 0) {
			const char *value = at + name_size + 1;
			size_t value_size = trimmed - name_size - 1;

			if (value_size >= 2 && value[0] == '"' && value[value_size - 1] == '"') {
				value++;
				value_size -= 2;
			}
			if (found && (found_size != value_size || memcmp(found, value, value_size) != 0))
				return false;
			found = value;
			found_size = value_size;
		}
		at += size;
		if (*at == ';')
			at++;
	}
	if (!found || found_size >= cap)
		return false;
	memcpy(out, found, found_size);
	out[found_size] = '\0';
	return true;
}

/* A weight as thousandths, or -1: "0", "1", with up to three decimals. */
static int parse_weight(const char *text, size_t n)
{
	int weight, unit = 100;

	if (n == 0 || n > 5 || (text[0] != '0' && text[0] != '1') || (n > 1 && text[1] != '.'))
		return -1;
	weight = (text[0] - '0') * 1000;
	for (size_t i = 2; i < n; i++, unit /= 10) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		weight += (text[i] - '0') * unit;
	}
	return weight <= 1000 ? weight : -1;
}

/* Reads one element `name [; q=weight]` of `n` bytes. Returns its weight, 1000 without one, -1 when unreadable; `*name_size` is the length of its name. */
static int read_element(const char *text, size_t n, size_t *name_size)
{
	const char *end = text + n, *semicolon = memchr(text, ';', n), *name_end = semicolon ? semicolon : end;

	while (name_end > text && (name_end[-1] == ' ' || name_end[-1] == '\t'))
		name_end--;
	*name_size = (size_t)(name_end - text);
	if (!semicolon)
		return 1000;
	const char *at = skip_space(semicolon + 1);
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (end - at < 3 || (at[0] != 'q' && at[0] != 'Q') || at[1] != '=')
		return -1;
	return parse_weight(at + 2, (size_t)(end - at - 2));
}

static bool is_name(const char *text, size_t n, const char *name)
{
	return strlen(name) == n && strncasecmp(text, name, n) == 0;
}

enum coding accept_coding(const char *field, bool has_gzip, bool has_br)
{
	/* -1: not named */
	int weights[] = { [CODING_NONE] = 0, [CODING_IDENTITY] = -1, [CODING_GZIP] = -1, [CODING_BR] = -1 }, any = -1;
	bool offered[] = { false, true, has_gzip, has_br };

	if (!field)
		return CODING_IDENTITY;
	for (const char *at = field; *at;) {
		at = skip_space(at);
		size_t size = strcspn(at, ","), name_size;
		int weight = read_element(at, size, &name_size);

		if (weight >= 0) {
			if (is_name(at, name_size, "br"))
				weights[CODING_BR] = weight;
			else if (is_name(at, name_size, "gzip") || is_name(at, name_size, "x-gzip"))
				weights[CODING_GZIP] = weight;
			else if (is_name(at, name_size, "identity"))
				weights[CODING_IDENTITY] = weight;
			else if (is_name(at, name_size, "*"))
				any = weight;
		}
		at += size;
		if (*at == ',')
			at++;
	}
	/* What is not named has the weight of "*"; identity is acceptable by itself, but below anything asked for. */
	enum coding best = CODING_IDENTITY;
	int best_weight = -1;
	for (enum coding coding = CODING_IDENTITY; coding <= CODING_BR; coding++) {
		int weight = weights[coding] >= 0 ? weights[coding] : any >= 0 ? any : coding == CODING_IDENTITY ? 1 : 0;

		if (offered[coding] && weight > 0 && weight >= best_weight) {
			best = coding;
			best_weight = weight;
		}
	}
	return best;
}

bool etag_matches(const char *field, const char *etag)
{
	if (!field)
		return false;
	if (strcmp(field, "*") == 0)
		return true;
	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	size_t n = strlen(etag);
	for (const char *at = field; *at;) {
		at += strspn(at, ", \t");
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (*at != '"')
			return false;
		const char *end = strchr(at + 1, '"');
		if (!end)
			return false;
		end++;
		if ((size_t)(end - at) == n && memcmp(at, etag, n) == 0)
			return true;
		at = end;
	}
	return false;
}

bool is_json_type(const char *field)
{
	static const char type[] = "application/json";
	size_t n = sizeof type - 1;

	if (!field || strncasecmp(field, type, n) != 0)
		return false;
	const char *at = skip_space(field + n);
	if (!*at)
		return true;
	if (*at != ';')
		return false;
	at = skip_space(at + 1);
	return strcasecmp(at, "charset=utf-8") == 0 || strcasecmp(at, "charset=\"utf-8\"") == 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends what the `n` bytes at `text` stand for. */
static bool decode_part(const char *text, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] != '%') {
			buf_char(out, text[i] == '+' ? ' ' : text[i]);
			continue;
		}
		int high = n - i > 2 ? hex_digit(text[i + 1]) : -1, low = n - i > 2 ? hex_digit(text[i + 2]) : -1;
		if (high < 0 || low < 0 || !(high | low))
			return false;
		buf_char(out, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

enum query_step query_next(const char **at, struct buf *name, struct buf *value)
{
	buf_reset(name);
	buf_reset(value);
	*at += strspn(*at, "&");
	if (!**at)
		return QUERY_END;
	size_t size = strcspn(*at, "&"), name_size = strcspn(*at, "=&");
	bool has_value = name_size < size;
	if (!decode_part(*at, name_size, name) || (has_value && !decode_part(*at + name_size + 1, size - name_size - 1, value)))
		return QUERY_BAD;
	*at += size;
	return QUERY_PAIR;
}

const char *bearer_token(const char *field)
{
	if (!field || strncasecmp(field, "Bearer ", 7) != 0)
		return NULL;
	const char *token = field + 7;
	return *token && !strpbrk(token, " \t,") ? token : NULL;
}
