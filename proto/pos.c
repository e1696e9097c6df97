#include "proto/pos.h"

#include <assert.h>
#include <string.h>

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum {
	BASE = sizeof(digits) - 1,
	INTEGER_MAX = 27, /* a letter and up to 26 digits */
	/* A midpoint is at most one digit longer than the longer of its neighbours. */
	SCRATCH = POS_LENGTH_MAX + INTEGER_MAX + 8,
};

/* A key under construction; always NUL-terminated. */
struct key {
	char s[SCRATCH];
	size_t n;
};

static void key_add(struct key *k, char c)
{
	assert(k->n + 1 < sizeof(k->s));
	k->s[k->n++] = c;
	k->s[k->n] = '\0';
}

static void key_add_bytes(struct key *k, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		key_add(k, s[i]);
}

/* The value of a digit, -1 if it is none. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

/* How many characters the integer has that begins with `head`, 0 if nothing begins so. */
static size_t integer_length(char head)
{
	if (head >= 'a' && head <= 'z')
		return (size_t)(head - 'a') + 2;
	return head >= 'A' && head <= 'Z' ? (size_t)('Z' - head) + 2 : 0;
}

/* Whether the `n` characters of an integer are the smallest there is, "A" and 26 zeros. */
static bool is_smallest_integer(const char *s, size_t n)
{
	return s[0] == 'A' && strspn(s + 1, "0") >= n - 1;
}

bool pos_is_valid(const char *s)
{
	if (!s)
		return false;
	size_t n = strnlen(s, POS_LENGTH_MAX + 1);
	size_t whole = n ? integer_length(s[0]) : 0;

	if (!whole || n > POS_LENGTH_MAX || n < whole)
		return false;
	for (size_t i = 1; i < n; i++) {
		if (digit_value(s[i]) < 0)
			return false;
	}
	if (n > whole)
		return s[n - 1] != '0';
	return !is_smallest_integer(s, n);
}

/* The digit before or behind `c` by `step`, wrapping around; sets `*carry` if it did. */
static char step_digit(char c, int step, bool *carry)
{
	int value = digit_value(c) + step;

	*carry = value < 0 || value >= BASE;
	return digits[(value + BASE) % BASE];
}

/* The head letter of the next longer or shorter integer: 'Z' and 'a' are neighbours. 0 if there is none. */
static char step_head(char head, int step)
{
	if (head == 'Z' && step > 0)
		return 'a';
	if (head == 'a' && step < 0)
		return 'Z';
	if (head == (step > 0 ? 'z' : 'A'))
		return 0;
	return (char)(head + step);
}

/* Appends the integer at `s` counted up (step 1) or down (step -1); false if there is none beyond. */
static bool key_add_next_integer(struct key *k, const char *s, int step)
{
	size_t n = integer_length(s[0]);
	char next[INTEGER_MAX];
	bool carry = true;

	memcpy(next, s, n);
	for (size_t i = n - 1; i > 0 && carry; i--)
		next[i] = step_digit(next[i], step, &carry);
	if (carry) {
		/* Every digit wrapped: past the last integer of this length, so on to the first of the next. */
		next[0] = step_head(s[0], step);
		if (!next[0])
			return false;
		n = integer_length(next[0]);
		assert(n >= 2);
		memset(next + 1, step > 0 ? '0' : digits[BASE - 1], n - 1);
	}
	key_add_bytes(k, next, n);
	return true;
}

/*
 * Appends a fraction between two others: a < x < b, where "" for `a` is zero and NULL for `b` is one. Digits that both
 * share are copied; the first place where they differ is halved, or, where they are next to each other, one of them is
 * kept and the halving goes on behind it.
 */
static void key_add_midpoint(struct key *k, const char *a, const char *b)
{
	for (;;) {
		int low = *a ? digit_value(*a) : 0;
		int high = b ? digit_value(*b) : BASE;
		if (high - low > 1) {
			key_add(k, digits[(low + high) / 2]);
			return;
		}
		if (high > low && b && b[1]) {
			/* `b` goes on behind this digit, so the digit alone is smaller, and larger than `a`. */
			key_add(k, *b);
			return;
		}
		key_add(k, digits[low]);
		if (*a)
			a++;
		if (high > low)
			b = NULL;
		else
			b++;
	}
}

/* A key in front of `b`. */
static bool key_before(struct key *k, const char *b)
{
	size_t whole = integer_length(b[0]);

	if (is_smallest_integer(b, whole)) {
		key_add_bytes(k, b, whole);
		key_add_midpoint(k, "", b + whole);
		return true;
	}
	if (b[whole]) {
		key_add_bytes(k, b, whole);
		return true;
	}
	if (!key_add_next_integer(k, b, -1))
		return false;
	/* The smallest integer needs a fraction to be a key. */
	if (is_smallest_integer(k->s, k->n))
		key_add_midpoint(k, "", NULL);
	return true;
}

/* A key behind `a`. */
static void key_after(struct key *k, const char *a)
{
	size_t whole = integer_length(a[0]);

	if (key_add_next_integer(k, a, 1))
		return;
	key_add_bytes(k, a, whole);
	key_add_midpoint(k, a + whole, NULL);
}

/* A key between `a` and `b`, which are in order. */
static void key_inside(struct key *k, const char *a, const char *b)
{
	size_t whole = integer_length(a[0]);

	if (strncmp(a, b, whole) == 0) {
		key_add_bytes(k, a, whole);
		key_add_midpoint(k, a + whole, b + whole);
		return;
	}
	/* `b` has a larger integer, so there is one behind that of `a`; it may be that of `b` itself. */
	if (key_add_next_integer(k, a, 1) && strcmp(k->s, b) < 0)
		return;
	k->n = 0;
	key_add_bytes(k, a, whole);
	key_add_midpoint(k, a + whole, NULL);
}

bool pos_between(const char *a, const char *b, char *out, size_t cap)
{
	struct key k = {.n = 0};

	if ((a && !pos_is_valid(a)) || (b && !pos_is_valid(b)) || (a && b && strcmp(a, b) >= 0))
		return false;
	if (a && b)
		key_inside(&k, a, b);
	else if (a)
		key_after(&k, a);
	else if (!b)
		key_add_bytes(&k, "a0", 2);
	else if (!key_before(&k, b))
		return false;
	if (k.n > POS_LENGTH_MAX || k.n >= cap)
		return false;
	memcpy(out, k.s, k.n + 1);
	return true;
}
