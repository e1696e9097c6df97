#include "proto/digest.h"

#include <string.h>

#include "proto/buf.h"

/* Hashes bytes that arrive in pieces: whole blocks of four go in at once, the rest waits for the next piece. */
struct lane {
	uint32_t hash;
	uint32_t tail;  /* bytes that wait, first one lowest */
	uint32_t waits; /* how many, 0 to 3 */
	uint32_t total; /* bytes so far */
};

static uint32_t rotate_left(uint32_t x, int by)
{
	return x << by | x >> (32 - by);
}

/* What a block does before it meets the hash. */
static uint32_t scramble(uint32_t block)
{
	return rotate_left(block * UINT32_C(0xcc9e2d51), 15) * UINT32_C(0x1b873593);
}

static void lane_byte(struct lane *l, uint8_t byte)
{
	l->total++;
	l->tail |= (uint32_t)byte << (8 * l->waits);
	if (++l->waits < 4)
		return;
	l->hash = rotate_left(l->hash ^ scramble(l->tail), 13) * 5 + UINT32_C(0xe6546b64);
	l->tail = 0;
	l->waits = 0;
}

static uint32_t lane_finish(struct lane l)
{
	uint32_t h = l.hash ^ scramble(l.tail) ^ l.total;

	h = (h ^ h >> 16) * UINT32_C(0x85ebca6b);
	h = (h ^ h >> 13) * UINT32_C(0xc2b2ae35);
	return h ^ h >> 16;
}

struct lanes {
	struct lane a, b;
};

static void lanes_add(struct lanes *l, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		lane_byte(&l->a, (uint8_t)bytes[i]);
		lane_byte(&l->b, (uint8_t)bytes[i]);
	}
}

void digest_add(struct digest *sum, struct digest part)
{
	sum->a += part.a;
	sum->b += part.b;
}

void digest_sub(struct digest *sum, struct digest part)
{
	sum->a -= part.a;
	sum->b -= part.b;
}

struct digest digest_field(const char *id, const char *key, enum digest_type type, const char *value, size_t n)
{
	static const char separator = 0x1F;
	struct lanes l = {{.hash = DIGEST_SEED_A}, {.hash = DIGEST_SEED_B}};
	char tag = (char)type;

	lanes_add(&l, id, strlen(id));
	lanes_add(&l, &separator, 1);
	lanes_add(&l, key, strlen(key));
	lanes_add(&l, &separator, 1);
	lanes_add(&l, &tag, 1);
	lanes_add(&l, value, n);
	return (struct digest){lane_finish(l.a), lane_finish(l.b)};
}

struct digest digest_string(const char *id, const char *key, const char *value)
{
	return digest_field(id, key, DIGEST_STRING, value, strlen(value));
}

struct digest digest_int(const char *id, const char *key, int64_t value)
{
	struct buf decimal = {0};

	buf_int(&decimal, value);
	struct digest d = digest_field(id, key, DIGEST_INT, decimal.s, decimal.n);
	buf_release(&decimal);
	return d;
}

struct digest digest_bool(const char *id, const char *key, bool value)
{
	return digest_field(id, key, DIGEST_BOOL, value ? "1" : "0", 1);
}

struct digest digest_object(const char *id, const char *kind)
{
	return digest_string(id, "", kind);
}

bool digest_equal(struct digest x, struct digest y)
{
	return x.a == y.a && x.b == y.b;
}

static void hex_lane(uint32_t lane, char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = "0123456789abcdef"[lane >> (28 - 4 * i) & 15];
}

void digest_hex(struct digest d, char out[DIGEST_HEX_CHARS + 1])
{
	hex_lane(d.a, out);
	hex_lane(d.b, out + 8);
	out[DIGEST_HEX_CHARS] = '\0';
}

uint32_t digest_hash(const char *id)
{
	struct lane lane = { .hash = DIGEST_SEED_A };

	while (*id)
		lane_byte(&lane, (uint8_t)*id++);
	return lane_finish(lane);
}
