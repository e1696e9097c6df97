#include "server/http/qr.h"

#include <qrencode.h>

enum { QUIET = 4 };

static QRcode *encode(const char *text, size_t n)
{
	if (n == 0 || n > QR_BYTES_MAX)
		return NULL;
	return QRcode_encodeData((int)n, (const unsigned char *)text, 0, QR_ECLEVEL_M);
}

static bool is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

static void add_numbers(struct buf *out, const char *before, int a, const char *between, int b)
{
	buf_str(out, before);
	buf_int(out, a);
	buf_str(out, between);
	buf_int(out, b);
}

bool qr_svg(const char *text, size_t n, struct buf *out)
{
	QRcode *code = encode(text, n);

	if (!code)
		return false;
	int size = code->width + 2 * QUIET;
	add_numbers(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", size, " ", size);
	add_numbers(out, "\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h", size, "v", size);
	buf_str(out, "H0z\"/><path fill=\"#000\" d=\"");
	for (int y = 0; y < code->width; y++) {
		for (int x = 0; x < code->width; x++) {
			int end = x;

			while (is_dark(code, end, y))
				end++;
			if (end == x)
				continue;
			/* One rectangle for a run of dark modules. */
			add_numbers(out, "M", x + QUIET, " ", y + QUIET);
			add_numbers(out, "h", end - x, "v1h", x - end);
			buf_char(out, 'z');
			x = end;
		}
	}
	buf_str(out, "\"/></svg>");
	QRcode_free(code);
	return true;
}

bool qr_text(const char *text, size_t n, struct buf *out)
{
	static const char *const halves[] = { "█", "▀", "▄", " " }; /* which of the upper (2) and lower (1) module is dark */
	QRcode *code = encode(text, n);
	const int quiet = 2; /* enough in practice, and the code fits 80 columns */

	if (!code)
		return false;
	for (int y = -quiet; y < code->width + quiet; y += 2) {
		for (int x = -quiet; x < code->width + quiet; x++)
			buf_str(out, halves[is_dark(code, x, y) * 2 + is_dark(code, x, y + 1)]);
		buf_char(out, '\n');
	}
	QRcode_free(code);
	return true;
}
