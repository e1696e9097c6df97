/*
 * The front validator and the reading side of JSON.
 *
 * cJSON reads far more than JSON (raw control characters, invalid UTF-8, `01`, infinities, trailing bytes), cuts
 * strings at \u0000, lets the first of two equal keys win where JavaScript takes the last, recurses, and needs some
 * forty times the size of its input. So nothing reaches it that this file has not walked through first.
 *
 * The walk is a loop over one question, "what may come next" (`enum want`), with the open containers on a small
 * explicit stack; hostile nesting therefore costs a counter and no stack. All keys of the message go into one open
 * addressing table, each hashed together with the number of its object, so objects need no tables of their own and
 * nothing has to be taken out when one closes. The part of the table that is cleared is sized by the message: a
 * short one pays for a short table.
 *
 * Rejected: a pull parser of our own in place of cJSON (more code to be wrong in, for a saving nobody measured), and
 * comparing keys byte by byte, which lets a sender with colliding keys buy quadratic time.
 */
#include "proto/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

/* Half of the tokens at most are keys, and the table is at most half full. */
enum { KEY_SLOTS = JSON_TOKENS_CEILING };

#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x00000100000001b3)

const struct json_limits json_limits_client = {
	.bytes_max = 64 * 1024, .depth_max = 16, .tokens_max = 4096, .key_bytes_max = 64,
};

const struct json_limits json_limits_server = {
	.bytes_max = 64 * 1024, .depth_max = 16, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64,
};

/* What may come next in the text. */
enum want {
	WANT_VALUE,
	WANT_VALUE_OR_END, /* just behind '[' */
	WANT_KEY,
	WANT_KEY_OR_END,   /* just behind '{' */
	WANT_MORE,         /* a value is complete: comma or closing bracket */
	WANT_NOTHING,      /* the outermost value is complete */
};

struct walk {
	const unsigned char *s;
	size_t n, at;
	const struct json_limits *limits;
	enum want want;
	size_t tokens;
	size_t depth;
	uint32_t objects;                      /* seen so far; the next one's number is one more */
	uint32_t open[JSON_DEPTH_CEILING];     /* number of each open object, 0 for an array */
	size_t mask;                           /* slots in use for this message, less one */
	uint64_t keys[KEY_SLOTS];              /* hashes of keys; 0 is a free slot */
};

/* One string being read: its decoded bytes are counted and hashed if it is a key. */
struct string_read {
	bool is_key;
	size_t bytes;
	uint64_t hash;
};

const char *json_verdict_code(enum json_verdict verdict)
{
	switch (verdict) {
	case JSON_OK: return "ok";
	case JSON_BAD_JSON: return "bad_json";
	case JSON_BAD_UTF8: return "bad_utf8";
	case JSON_TOO_DEEP: return "too_deep";
	case JSON_TOO_BIG: return "too_big";
	case JSON_DUP_KEY: return "dup_key";
	}
	abort();
}

static void skip_space(struct walk *w)
{
	while (w->at < w->n) {
		unsigned char c = w->s[w->at];
		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			return;
		w->at++;
	}
}

static enum json_verdict count_token(struct walk *w)
{
	return ++w->tokens > w->limits->tokens_max ? JSON_TOO_BIG : JSON_OK;
}

/* A value is complete: the container around it, if any, says what may follow. */
static void value_done(struct walk *w)
{
	w->want = w->depth ? WANT_MORE : WANT_NOTHING;
}

static void hash_bytes(struct string_read *r, const unsigned char *s, size_t n)
{
	if (!r->is_key)
		return;
	for (size_t i = 0; i < n; i++)
		r->hash = (r->hash ^ s[i]) * HASH_PRIME;
	r->bytes += n;
}

/* Reads four hexadecimal digits, upper or lower case; false if they are not there. */
static bool read_hex4(struct walk *w, uint32_t *out)
{
	uint32_t value = 0;

	if (w->n - w->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		unsigned char c = w->s[w->at++];
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

/* Reads what follows "\u" and, for the first half of a surrogate pair, the escape of the second half. */
static enum json_verdict read_unicode_escape(struct walk *w, struct string_read *r)
{
	uint32_t c, low;
	unsigned char utf8[4];

	if (!read_hex4(w, &c))
		return JSON_BAD_JSON;
	if (c == 0 || (c >= 0xDC00 && c <= 0xDFFF))
		return JSON_BAD_UTF8;
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (w->n - w->at < 2 || w->s[w->at] != '\\' || w->s[w->at + 1] != 'u')
			return JSON_BAD_UTF8;
		w->at += 2;
		if (!read_hex4(w, &low))
			return JSON_BAD_JSON;
		if (low < 0xDC00 || low > 0xDFFF)
			return JSON_BAD_UTF8;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	hash_bytes(r, utf8, (size_t)utf8proc_encode_char((utf8proc_int32_t)c, utf8));
	return JSON_OK;
}

/* Reads an escape; `at` is on the backslash. */
static enum json_verdict read_escape(struct walk *w, struct string_read *r)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";

	if (w->n - w->at < 2)
		return JSON_BAD_JSON;
	unsigned char letter = w->s[w->at + 1];
	w->at += 2;
	if (letter == 'u')
		return read_unicode_escape(w, r);
	const char *found = letter ? strchr(letters, letter) : NULL;
	if (!found)
		return JSON_BAD_JSON;
	hash_bytes(r, (const unsigned char *)&bytes[found - letters], 1);
	return JSON_OK;
}

/* Reads one character of more than one byte. */
static enum json_verdict read_multibyte(struct walk *w, struct string_read *r)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t used = utf8proc_iterate(w->s + w->at, (utf8proc_ssize_t)(w->n - w->at), &c);

	if (used <= 0)
		return JSON_BAD_UTF8;
	hash_bytes(r, w->s + w->at, (size_t)used);
	w->at += (size_t)used;
	return JSON_OK;
}

/* Reads a string; `at` is on the opening quote and ends behind the closing one. */
static enum json_verdict read_string(struct walk *w, struct string_read *r)
{
	w->at++;
	while (w->at < w->n) {
		unsigned char c = w->s[w->at];
		enum json_verdict v = JSON_OK;
		if (c == '"') {
			w->at++;
			return JSON_OK;
		}
		if (c < 0x20)
			return JSON_BAD_JSON;
		if (c == '\\') {
			v = read_escape(w, r);
		} else if (c >= 0x80) {
			v = read_multibyte(w, r);
		} else {
			hash_bytes(r, &c, 1);
			w->at++;
		}
		if (v)
			return v;
		if (r->is_key && r->bytes > w->limits->key_bytes_max)
			return JSON_TOO_BIG;
	}
	return JSON_BAD_JSON;
}

static bool is_digit_at(const struct walk *w)
{
	return w->at < w->n && w->s[w->at] >= '0' && w->s[w->at] <= '9';
}

/*
 * Reads an integer. Fractions and exponents need no rule here: a number ends at its last digit, and neither '.' nor
 * 'e' may follow a value.
 */
static enum json_verdict read_number(struct walk *w)
{
	bool is_negative = w->s[w->at] == '-';
	int64_t value = 0;

	if (is_negative)
		w->at++;
	if (!is_digit_at(w))
		return JSON_BAD_JSON;
	if (w->s[w->at] == '0') {
		w->at++;
		return is_negative || is_digit_at(w) ? JSON_BAD_JSON : JSON_OK;
	}
	while (is_digit_at(w)) {
		value = value * 10 + (w->s[w->at++] - '0');
		if (value > JSON_INT_MAX)
			return JSON_BAD_JSON;
	}
	return JSON_OK;
}

static enum json_verdict read_word(struct walk *w, const char *word)
{
	size_t n = strlen(word);

	if (w->n - w->at < n || memcmp(w->s + w->at, word, n) != 0)
		return JSON_BAD_JSON;
	w->at += n;
	return JSON_OK;
}

static enum json_verdict open_container(struct walk *w, bool is_object)
{
	if (w->depth >= w->limits->depth_max)
		return JSON_TOO_DEEP;
	w->open[w->depth++] = is_object ? ++w->objects : 0;
	w->want = is_object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
	w->at++;
	return JSON_OK;
}

static void close_container(struct walk *w)
{
	w->depth--;
	w->at++;
	value_done(w);
}

/* Reads a string, number or word, or opens a container. */
static enum json_verdict step_value(struct walk *w)
{
	struct string_read text = {0};
	unsigned char c = w->s[w->at];
	enum json_verdict v = count_token(w);

	if (v)
		return v;
	if (c == '{' || c == '[')
		return open_container(w, c == '{');
	switch (c) {
	case '"': v = read_string(w, &text); break;
	case 't': v = read_word(w, "true"); break;
	case 'f': v = read_word(w, "false"); break;
	case 'n': v = read_word(w, "null"); break;
	default: v = c == '-' || is_digit_at(w) ? read_number(w) : JSON_BAD_JSON; break;
	}
	value_done(w);
	return v;
}

/* Spreads a hash over all its bits, since the table takes the lowest ones; never 0. */
static uint64_t finish_hash(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	return h ? h : 1;
}

/* Puts a key's hash into the table; false if it is there already. */
static bool remember_key(struct walk *w, uint64_t hash)
{
	size_t slot = hash & w->mask;

	while (w->keys[slot]) {
		if (w->keys[slot] == hash)
			return false;
		slot = (slot + 1) & w->mask;
	}
	w->keys[slot] = hash;
	return true;
}

/* Reads a key and its colon. */
static enum json_verdict step_key(struct walk *w)
{
	/* The object's number is the first thing hashed, so equal keys of different objects do not meet. */
	struct string_read key = {
		.is_key = true,
		.hash = (HASH_START ^ w->open[w->depth - 1]) * HASH_PRIME,
	};
	enum json_verdict v = w->s[w->at] == '"' ? count_token(w) : JSON_BAD_JSON;

	if (!v)
		v = read_string(w, &key);
	if (v)
		return v;
	if (!remember_key(w, finish_hash(key.hash)))
		return JSON_DUP_KEY;
	skip_space(w);
	if (w->at == w->n || w->s[w->at] != ':')
		return JSON_BAD_JSON;
	w->at++;
	w->want = WANT_VALUE;
	return JSON_OK;
}

/* Reads what follows a value inside a container. */
static enum json_verdict step_more(struct walk *w)
{
	bool in_object = w->open[w->depth - 1] != 0;
	unsigned char c = w->s[w->at];

	if (c == ',') {
		w->at++;
		w->want = in_object ? WANT_KEY : WANT_VALUE;
		return JSON_OK;
	}
	if (c != (in_object ? '}' : ']'))
		return JSON_BAD_JSON;
	close_container(w);
	return JSON_OK;
}

/* Reads one thing; `at` is on a character that is not white space. */
static enum json_verdict step(struct walk *w)
{
	unsigned char c = w->s[w->at];

	switch (w->want) {
	case WANT_VALUE_OR_END:
		if (c == ']') {
			close_container(w);
			return JSON_OK;
		}
		return step_value(w);
	case WANT_VALUE:
		return step_value(w);
	case WANT_KEY_OR_END:
		if (c == '}') {
			close_container(w);
			return JSON_OK;
		}
		return step_key(w);
	case WANT_KEY:
		return step_key(w);
	case WANT_MORE:
		return step_more(w);
	case WANT_NOTHING:
		return JSON_BAD_JSON;
	}
	abort();
}

/*
 * How many slots a message of `n` bytes needs. The shortest key with its value and one bracket or comma has five bytes
 * (`"":1,`), so n / 2 slots are never more than half full.
 */
static size_t slots_for(size_t n)
{
	size_t slots = 16;

	while (slots < n / 2 && slots < KEY_SLOTS)
		slots *= 2;
	return slots;
}

enum json_verdict json_check(const char *s, size_t n, const struct json_limits *limits)
{
	struct walk w;

	if (!limits)
		limits = &json_limits_client;
	assert(limits->depth_max <= JSON_DEPTH_CEILING && limits->tokens_max <= JSON_TOKENS_CEILING);
	if (n > limits->bytes_max)
		return JSON_TOO_BIG;
	w.s = (const unsigned char *)s;
	w.n = n;
	w.at = 0;
	w.limits = limits;
	w.want = WANT_VALUE;
	w.tokens = 0;
	w.depth = 0;
	w.objects = 0;
	w.mask = slots_for(n) - 1;
	memset(w.keys, 0, (w.mask + 1) * sizeof(w.keys[0]));
	for (;;) {
		skip_space(&w);
		if (w.at == w.n)
			return w.want == WANT_NOTHING ? JSON_OK : JSON_BAD_JSON;
		enum json_verdict v = step(&w);
		if (v)
			return v;
	}
}

cJSON *json_parse(const char *s, size_t n, const struct json_limits *limits, enum json_verdict *verdict)
{
	*verdict = json_check(s, n, limits);
	if (*verdict)
		return NULL;
	cJSON *tree = cJSON_ParseWithLength(s, n);
	/* cJSON reads all that json_check lets through, so this is memory. */
	if (!tree)
		abort();
	return tree;
}

cJSON *json_get(const cJSON *obj, const char *key)
{
	return cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

bool json_has(const cJSON *obj, const char *key)
{
	return json_get(obj, key) != NULL;
}

bool json_str(const cJSON *obj, const char *key, const char **s, size_t *n)
{
	const cJSON *item = json_get(obj, key);

	if (!cJSON_IsString(item))
		return false;
	*s = item->valuestring;
	*n = strlen(item->valuestring);
	return true;
}

bool json_int(const cJSON *obj, const char *key, int64_t min, int64_t max, int64_t *out)
{
	const cJSON *item = json_get(obj, key);

	if (!cJSON_IsNumber(item))
		return false;
	/* Exact: json_check lets no number through that a double cannot hold. */
	int64_t value = (int64_t)item->valuedouble;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool json_whole(const cJSON *item, int64_t *out)
{
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= -(double)JSON_INT_MAX && item->valuedouble <= (double)JSON_INT_MAX))
		return false;
	*out = (int64_t)item->valuedouble;
	return (double)*out == item->valuedouble;
}

bool json_bool(const cJSON *obj, const char *key, bool *out)
{
	const cJSON *item = json_get(obj, key);

	if (!cJSON_IsBool(item))
		return false;
	*out = cJSON_IsTrue(item);
	return true;
}

cJSON *json_object(const cJSON *obj, const char *key)
{
	cJSON *item = json_get(obj, key);

	return cJSON_IsObject(item) ? item : NULL;
}

cJSON *json_array(const cJSON *obj, const char *key)
{
	cJSON *item = json_get(obj, key);

	return cJSON_IsArray(item) ? item : NULL;
}

static void write_children(struct buf *b, const cJSON *parent)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, parent) {
		if (child != parent->child)
			buf_char(b, ',');
		if (cJSON_IsObject(parent)) {
			buf_json_string(b, child->string, strlen(child->string));
			buf_char(b, ':');
		}
		json_write(b, child);
	}
}

void json_write(struct buf *b, const cJSON *item)
{
	switch (item->type & 0xFF) {
	case cJSON_NULL:
		buf_str(b, "null");
		return;
	case cJSON_False:
		buf_str(b, "false");
		return;
	case cJSON_True:
		buf_str(b, "true");
		return;
	case cJSON_Number:
		buf_int(b, (int64_t)item->valuedouble);
		return;
	case cJSON_String:
		buf_json_string(b, item->valuestring, strlen(item->valuestring));
		return;
	case cJSON_Array:
		buf_char(b, '[');
		write_children(b, item);
		buf_char(b, ']');
		return;
	case cJSON_Object:
		buf_char(b, '{');
		write_children(b, item);
		buf_char(b, '}');
		return;
	}
	/* Invalid or raw: json_parse makes neither. */
	abort();
}
