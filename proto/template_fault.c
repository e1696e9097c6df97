/* What is said about a canvas file that is refused. */
#include "proto/template_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *template_code_name(enum template_code code)
{
	switch (code) {
	case TEMPLATE_OK: return "ok";
	case TEMPLATE_BAD_JSON: return "bad_json";
	case TEMPLATE_BAD_UTF8: return "bad_utf8";
	case TEMPLATE_NOT_CANVAS: return "not_canvas";
	case TEMPLATE_UNKNOWN_KEY: return "unknown_key";
	case TEMPLATE_DUP_KEY: return "dup_key";
	case TEMPLATE_MISSING_KEY: return "missing_key";
	case TEMPLATE_BAD_TYPE: return "bad_type";
	case TEMPLATE_BAD_VALUE: return "bad_value";
	case TEMPLATE_TOO_LONG: return "too_long";
	case TEMPLATE_TOO_MANY: return "too_many";
	case TEMPLATE_TOO_BIG: return "too_big";
	case TEMPLATE_TWICE: return "twice";
	case TEMPLATE_NO_SUCH: return "no_such";
	case TEMPLATE_OUTSIDE: return "outside";
	case TEMPLATE_OVERLAP: return "overlap";
	case TEMPLATE_BAD_ORDER: return "bad_order";
	case TEMPLATE_SELF_LINK: return "self_link";
	case TEMPLATE_CIRCLE: return "circle";
	}
	abort();
}

void template_fault_write(const struct template_fault *fault, struct buf *out)
{
	buf_str(out, "line ");
	buf_int(out, fault->line);
	buf_str(out, ": ");
	buf_str(out, fault->reason);
}

/* Adds to the reason what of `s` fits. It may be a stranger's: what is not printable ASCII shows as a question mark. */
static void reason_add(struct template_fault *fault, const char *s)
{
	size_t n = strlen(fault->reason);

	for (; *s && n < sizeof fault->reason - 1; s++) {
		if (((unsigned char)*s & 0xC0) != 0x80) /* one mark for a character, not for each byte */
			fault->reason[n++] = *s >= ' ' && *s <= '~' ? *s : '?';
	}
	fault->reason[n] = '\0';
}

bool template_refuse(struct template_fault *fault, int line, enum template_code code, ...)
{
	va_list parts;
	const char *part;

	*fault = (struct template_fault){ .line = line, .code = code };
	va_start(parts, code);
	while ((part = va_arg(parts, const char *)))
		reason_add(fault, part);
	va_end(parts);
	return false;
}

const char *template_decimal(int value, char out[12])
{
	char *p = out + 11;
	unsigned left = value < 0 ? 0u - (unsigned)value : (unsigned)value;

	*p = '\0';
	do
		*--p = (char)('0' + left % 10);
	while (left /= 10);
	if (value < 0)
		*--p = '-';
	return p;
}
