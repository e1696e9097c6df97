#include "proto/ids.h"

#include <assert.h>
#include <string.h>

#include <utf8proc.h>

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a base64url character, -1 if it is none. */
static int digit64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

size_t base64url_length(size_t n)
{
	return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

void base64url_encode(const uint8_t *bytes, size_t n, char *out)
{
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | bytes[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = digits64[bits >> (held - 6) & 63];
	}
	if (held)
		*out++ = digits64[bits << (6 - held) & 63];
	*out = '\0';
}

bool base64url_decode(const char *s, size_t n, uint8_t *out, size_t cap, size_t *written)
{
	uint32_t bits = 0;
	int held = 0;
	size_t done = 0;

	if (n % 4 == 1 || n / 4 * 3 + n % 4 * 3 / 4 > cap)
		return false;
	for (size_t i = 0; i < n; i++) {
		int value = digit64_value(s[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[done++] = (uint8_t)(bits >> held);
		}
	}
	if (bits & ((1u << held) - 1))
		return false;
	*written = done;
	return true;
}

/* Reads exactly `chars` characters into exactly `bytes` bytes, at most SECRET_BYTES. */
static bool decode_fixed(const char *s, size_t n, size_t chars, uint8_t *out, size_t bytes)
{
	uint8_t read[SECRET_BYTES];
	size_t written;

	if (n != chars || !base64url_decode(s, n, read, bytes, &written) || written != bytes)
		return false;
	memcpy(out, read, bytes);
	return true;
}

bool id_is_valid(const char *s, size_t n)
{
	uint8_t bytes[ID_BYTES];

	return id_decode(s, n, bytes);
}

void id_encode(const uint8_t bytes[ID_BYTES], char out[ID_CHARS + 1])
{
	base64url_encode(bytes, ID_BYTES, out);
}

bool id_decode(const char *s, size_t n, uint8_t out[ID_BYTES])
{
	return decode_fixed(s, n, ID_CHARS, out, ID_BYTES);
}

bool secret_is_valid(const char *s, size_t n)
{
	uint8_t bytes[SECRET_BYTES];

	return secret_decode(s, n, bytes);
}

void secret_encode(const uint8_t bytes[SECRET_BYTES], char out[SECRET_CHARS + 1])
{
	base64url_encode(bytes, SECRET_BYTES, out);
}

bool secret_decode(const char *s, size_t n, uint8_t out[SECRET_BYTES])
{
	return decode_fixed(s, n, SECRET_CHARS, out, SECRET_BYTES);
}

/* Whether people may put this between the symbols of a code: it separates and means nothing. */
static bool is_code_filler(utf8proc_int32_t c)
{
	if (c == '-' || c == 0xFF0D || c == 0x2212 || (c >= 0x2010 && c <= 0x2015))
		return true;
	return utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* The symbol that a typed character stands for, 0 if it is none. */
static char code_symbol(utf8proc_int32_t c)
{
	/* Full-width forms stand at a constant distance from ASCII. */
	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFF01 - 0x21;
	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	return c > 0 && c < 0x80 && strchr(CODE_ALPHABET, (int)c) ? (char)c : 0;
}

bool code_normalise(const char *in, size_t n, char out[CODE_CHARS + 1])
{
	char code[CODE_CHARS + 1] = {0};
	size_t count = 0;

	if (n > CODE_INPUT_MAX)
		return false;
	for (size_t at = 0; at < n;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate((const uint8_t *)in + at, (utf8proc_ssize_t)(n - at), &c);
		if (used <= 0)
			return false;
		at += (size_t)used;
		if (is_code_filler(c))
			continue;
		char symbol = code_symbol(c);
		if (!symbol || count == CODE_CHARS)
			return false;
		code[count++] = symbol;
	}
	if (count != CODE_CHARS)
		return false;
	memcpy(out, code, sizeof(code));
	return true;
}

bool code_from_random(const uint8_t *random, size_t n, char out[CODE_CHARS + 1])
{
	enum { SYMBOLS = sizeof(CODE_ALPHABET) - 1, FAIR = 256 / SYMBOLS * SYMBOLS };
	char code[CODE_CHARS + 1] = {0};
	size_t count = 0;

	for (size_t i = 0; i < n && count < CODE_CHARS; i++) {
		if (random[i] < FAIR)
			code[count++] = CODE_ALPHABET[random[i] % SYMBOLS];
	}
	if (count < CODE_CHARS)
		return false;
	memcpy(out, code, sizeof(code));
	return true;
}

void code_display(const char *code, char out[CODE_DISPLAY_CHARS + 1])
{
	assert(strlen(code) == CODE_CHARS);
	memcpy(out, code, 3);
	out[3] = '-';
	memcpy(out + 4, code + 3, 4);
	out[CODE_DISPLAY_CHARS] = '\0';
}
