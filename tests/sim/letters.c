#include "tests/sim/letters.h"
#include "tests/sim/sim.h"
#include <stdlib.h>
#include <string.h>

/* Two planes without the two code points at the end of each, which are no characters. */
enum { PLANE_LETTERS = 0xfffe, LETTERS_MAX = 2 * PLANE_LETTERS };

static struct {
	struct letter *list;
	int count, cap;
	uint64_t scans;
} letters;

void letter_write(struct buf *out, int number)
{
	buf_codepoint(out, number < PLANE_LETTERS ? 0xf0000 + number : 0x100000 + number - PLANE_LETTERS);
}

int letter_type(struct buf *out, int person, int device, int canvas, const char *note)
{
	if (letters.count == LETTERS_MAX)
		return -1;
	if (letters.count == letters.cap) {
		letters.cap = letters.cap ? letters.cap * 2 : 1024;
		letters.list = realloc(letters.list, (size_t)letters.cap * sizeof *letters.list);
		if (!letters.list)
			abort();
	}
	int number = letters.count++;
	struct letter *letter = &letters.list[number];
	*letter = (struct letter){ .person = person, .device = device, .canvas = canvas };
	strncpy(letter->note, note, sizeof letter->note - 1);
	letter_write(out, number);
	return number;
}

struct letter *letter_at(int number)
{
	return &letters.list[number];
}

int letter_count(void)
{
	return letters.count;
}

void letters_release(void)
{
	free(letters.list);
	memset(&letters, 0, sizeof letters);
}

int letter_next(const char *text, size_t n, size_t *at)
{
	for (size_t i = *at; i + LETTER_BYTES <= n; i++) {
		const unsigned char *s = (const unsigned char *)text + i;
		if (s[0] != 0xf3 && s[0] != 0xf4)
			continue;
		int point = (s[0] & 7) << 18 | (s[1] & 0x3f) << 12 | (s[2] & 0x3f) << 6 | (s[3] & 0x3f);
		int number = point >= 0x100000 ? point - 0x100000 + PLANE_LETTERS : point - 0xf0000;
		if (point < 0xf0000)
			continue;
		if (number >= letters.count)
			sim_fail("a letter that nobody has typed: U+%X", (unsigned)point);
		*at = i + LETTER_BYTES;
		return number;
	}
	*at = n;
	return -1;
}

bool letters_repeat(const char *text)
{
	size_t at = 0, n = strlen(text);
	uint64_t scan = ++letters.scans;
	for (int l; (l = letter_next(text, n, &at)) >= 0;) {
		if (letters.list[l].scan == scan)
			return true;
		letters.list[l].scan = scan;
	}
	return false;
}
