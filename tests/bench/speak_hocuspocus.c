/* Hocuspocus' protocol with updates of Yjs in it (version 1 of their encoding), of people who type together: a document for
 * each room, and in it a text for each `prepare`.
 *
 * A Yjs client sends each key at once, as an insertion between the letters on its left and right, or as a deletion, all named by
 * (client, clock). So there is no need of a copy of the text: each person types in a line of their own, and their neighbours there
 * are known. What goes over the wire is, byte for byte in its form, what Yjs would send; that the server made the right text of it is asked
 * of the server (tests/bench/peers). */
#include "tests/bench/load.h"
#include "tests/bench/typing.h"

#include <stdio.h>
#include <string.h>

enum { RING = 512 }; /* keys of one person that are on their way */
enum { SYNC = 0, AUTH = 2, AWARENESS = 1, SYNC_STATUS = 8 };
enum { STEP_1 = 0, STEP_2 = 1, UPDATE = 2 };
enum { HAS_LEFT = 0x80, HAS_RIGHT = 0x40, HAS_KEY = 0x20, CONTENT = 0x1f };
enum { OF_GC = 0, OF_DELETED = 1, OF_STRING = 4, OF_SKIP = 10 };

struct place {
	uint64_t client, clock;
};

struct desk {
	uint64_t client;      /* Yjs' name for this person: 32 bits */
	uint64_t clock;       /* of the next letter */
	uint32_t random;
	struct place first, right; /* the neighbour on the left while there is no letter of theirs, and on the right */
	uint64_t own[1024];   /* clocks of the last letters before the caret, `owns` counts all */
	size_t owns;
	uint64_t inserted_ns[RING], deleted_ns[RING]; /* by clock */
	uint64_t told_ns[RING]; /* keys not acknowledged, in order; 0 for what is no key */
	size_t told, acknowledged;
	/* Of the first in the room: */
	int generation;
	uint64_t base_clock, prepared_ns; /* the lines, and when they were sent */
};

static struct desk *desk_of(const struct client *client)
{
	return client->typing;
}

static struct desk *first_of(const struct client *client)
{
	return desk_of(client - client->index);
}

/* ---- lib0's encoding ---- */

static void write_uint(struct buf *out, uint64_t value)
{
	for (; value > 127; value >>= 7)
		buf_char(out, (char)(0x80 | (value & 127)));
	buf_char(out, (char)value);
}

static void write_bytes(struct buf *out, const char *bytes, size_t n)
{
	write_uint(out, n);
	buf_add(out, bytes, n);
}

static void write_place(struct buf *out, struct place place)
{
	write_uint(out, place.client);
	write_uint(out, place.clock);
}

struct input {
	const uint8_t *at, *end;
};

static uint64_t read_uint(struct input *in)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 63; shift += 7) {
		if (in->at == in->end)
			die("a message that ends too early");
		value |= (uint64_t)(*in->at & 127) << shift;
		if (!(*in->at++ & 128))
			return value;
	}
	die("a number too long");
}

static struct input read_bytes(struct input *in)
{
	uint64_t n = read_uint(in);
	struct input bytes = { in->at, in->at + n };

	if (n > (uint64_t)(in->end - in->at))
		die("a message that ends too early");
	in->at += n;
	return bytes;
}

/* ---- messages ---- */

/* `update` is of `kind`. */
static void send_sync(struct client *client, int kind, const struct buf *update, uint64_t key_ns)
{
	static struct buf text;
	struct desk *desk = desk_of(client);

	buf_reset(&text);
	write_bytes(&text, client->room, strlen(client->room));
	write_uint(&text, SYNC);
	write_uint(&text, (uint64_t)kind);
	write_bytes(&text, update->s, update->n);
	client_send_binary(client, text.s, text.n);
	if (kind != STEP_1)
		desk->told_ns[desk->told++ % RING] = key_ns;
}

static void ask(const struct client *client, struct buf *head)
{
	(void)client;
	buf_str(head, "GET / HTTP/1.1\r\n");
}

static void on_upgraded(struct client *client)
{
	struct desk *desk = must_realloc(NULL, sizeof *desk);
	struct buf text = { 0 }, nothing = { 0 };

	memset(desk, 0, sizeof *desk);
	desk->random = typing_seed(client->room, client->index);
	/* Yjs draws it; it takes five bytes. Those of one room must differ. */
	desk->client = 0x90000000u | ((uint32_t)client->room[strlen(client->room) - 1] * 2654435761u & 0x0ffffff0u) | client->index;
	client->typing = desk;
	write_bytes(&text, client->room, strlen(client->room));
	write_uint(&text, AUTH);
	write_uint(&text, 0);
	write_bytes(&text, "", 0);
	client_send_binary(client, text.s, text.n);
	write_uint(&nothing, 0);
	send_sync(client, STEP_1, &nothing, 0);
	buf_release(&nothing);
	buf_release(&text);
}

/* ---- what comes ---- */

static void take_letters(struct client *client, uint64_t author, uint64_t clock, uint64_t n, uint64_t now_ns)
{
	struct client *first = client - client->index;
	const struct desk *room = desk_of(first);

	for (size_t c = 0; c < load_room_size(); c++) {
		const struct desk *desk = desk_of(first + c);
		if (!desk)
			die("room %s had letters before its people were there", client->room);
		if (desk->client != author)
			continue;
		if (c == 0 && clock == room->base_clock)
			load_acknowledged(room->prepared_ns, now_ns);
		else if (c != client->index)
			for (uint64_t k = clock; k < clock + n; k++)
				load_delivered(desk->inserted_ns[k % RING], now_ns);
	}
}

static void take_deletions(struct client *client, uint64_t author, uint64_t clock, uint64_t n, uint64_t now_ns)
{
	struct client *first = client - client->index;

	for (size_t c = 0; c < load_room_size(); c++)
		if (c != client->index && desk_of(first + c)->client == author)
			for (uint64_t k = clock; k < clock + n; k++)
				load_delivered(desk_of(first + c)->deleted_ns[k % RING], now_ns);
}

/* Returns the number of letters. */
static uint64_t read_struct(struct input *in)
{
	uint8_t info;

	if (in->at == in->end)
		die("a message that ends too early");
	info = *in->at++;
	if ((info & CONTENT) == OF_GC || (info & CONTENT) == OF_SKIP)
		return read_uint(in);
	for (int side = HAS_LEFT; side >= HAS_RIGHT; side >>= 1) {
		if (info & side) {
			read_uint(in);
			read_uint(in);
		}
	}
	if (!(info & (HAS_LEFT | HAS_RIGHT))) {
		if (read_uint(in) != 1)
			die("a text within something");
		read_bytes(in);
	}
	if (info & HAS_KEY)
		die("an entry of a map");
	if ((info & CONTENT) == OF_DELETED)
		return read_uint(in);
	if ((info & CONTENT) != OF_STRING)
		die("content of kind %d", info & CONTENT);
	struct input string = read_bytes(in);
	return (uint64_t)(string.end - string.at);
}

static void on_update(struct client *client, struct input in, uint64_t now_ns)
{
	for (uint64_t clients = read_uint(&in); clients; clients--) {
		uint64_t structs = read_uint(&in), author = read_uint(&in), clock = read_uint(&in);
		for (; structs; structs--) {
			uint64_t n = read_struct(&in);
			take_letters(client, author, clock, n, now_ns);
			clock += n;
		}
	}
	for (uint64_t clients = read_uint(&in); clients; clients--) {
		uint64_t author = read_uint(&in), ranges = read_uint(&in);
		for (; ranges; ranges--) {
			uint64_t clock = read_uint(&in), n = read_uint(&in);
			take_deletions(client, author, clock, n, now_ns);
		}
	}
}

static void on_sync(struct client *client, struct input *in, uint64_t now_ns)
{
	struct buf nothing = { 0 };

	switch (read_uint(in)) {
	case STEP_1: /* the server asks for what it may not have */
		write_uint(&nothing, 0);
		write_uint(&nothing, 0);
		send_sync(client, STEP_2, &nothing, 0);
		buf_release(&nothing);
		break;
	case STEP_2:
		if (client->state == CLIENT_JOINING)
			load_joined(client);
		break;
	case UPDATE:
		on_update(client, read_bytes(in), now_ns);
		break;
	default:
		load_refused("an unknown step", 15);
	}
}

static void on_status(struct client *client, uint64_t is_saved, uint64_t now_ns)
{
	struct desk *desk = desk_of(client);

	if (!is_saved || desk->acknowledged == desk->told)
		load_refused("a bad status", 12);
	else
		load_acknowledged(desk->told_ns[desk->acknowledged++ % RING], now_ns);
}

static void on_message(struct client *client, const char *text, size_t n, uint64_t now_ns)
{
	struct input in = { (const uint8_t *)text, (const uint8_t *)text + n };

	read_bytes(&in); /* the document's name */
	switch (read_uint(&in)) {
	case SYNC:
		on_sync(client, &in, now_ns);
		break;
	case AUTH:
		if (read_uint(&in) != 2)
			load_refused("not let in", 10);
		break;
	case SYNC_STATUS:
		on_status(client, read_uint(&in), now_ns);
		break;
	case AWARENESS:
		break;
	default:
		load_refused("an unknown message", 18);
	}
}

/* ---- what goes ---- */

/* The lines of a new text, by the first of the room. */
static void send_lines(struct client *client, uint64_t now_ns)
{
	struct desk *desk = desk_of(client);
	struct buf update = { 0 };
	char key[16];

	desk->prepared_ns = now_ns;
	desk->base_clock = desk->clock;
	write_uint(&update, 1);
	write_uint(&update, 1);
	write_place(&update, (struct place){ desk->client, desk->clock });
	write_uint(&update, OF_STRING);
	write_uint(&update, 1);
	write_bytes(&update, key, (size_t)snprintf(key, sizeof key, "n%d", ++desk->generation));
	write_uint(&update, load_room_size() * LINE_CHARS);
	for (size_t c = 0; c < load_room_size(); c++)
		buf_str(&update, typing_line);
	write_uint(&update, 0);
	desk->clock += load_room_size() * LINE_CHARS;
	send_sync(client, UPDATE, &update, 0);
	buf_release(&update);
}

static int prepare(struct client *client, uint64_t now_ns)
{
	struct desk *desk = desk_of(client), *first = first_of(client);

	if (!client->index)
		send_lines(client, now_ns);
	desk->first = (struct place){ first->client, first->base_clock + LINE_CHARS * client->index + LINE_CARET - 1 };
	desk->right = (struct place){ first->client, desk->first.clock + 1 };
	desk->owns = 0;
	return 1;
}

static void write_insertion(struct buf *update, struct desk *desk, char letter)
{
	struct place here = { desk->client, desk->clock }, left = desk->first;

	if (desk->owns)
		left = (struct place){ desk->client, desk->own[(desk->owns - 1) % (sizeof desk->own / sizeof *desk->own)] };
	write_uint(update, 1);
	write_uint(update, 1);
	write_place(update, here);
	buf_char(update, (char)(OF_STRING | HAS_LEFT | HAS_RIGHT));
	write_place(update, left);
	write_place(update, desk->right);
	write_bytes(update, &letter, 1);
	write_uint(update, 0);
	desk->own[desk->owns++ % (sizeof desk->own / sizeof *desk->own)] = desk->clock++;
}

/* What was deleted stays, invisible, at the right of the caret. */
static void write_deletion(struct buf *update, struct desk *desk, uint64_t now_ns)
{
	uint64_t clock = desk->own[--desk->owns % (sizeof desk->own / sizeof *desk->own)];

	desk->right = (struct place){ desk->client, clock };
	desk->deleted_ns[clock % RING] = now_ns;
	write_uint(update, 0);
	write_uint(update, 1);
	write_uint(update, desk->client);
	write_uint(update, 1);
	write_uint(update, clock);
	write_uint(update, 1);
}

static void op(struct client *client, uint64_t now_ns)
{
	static struct buf update;
	struct desk *desk = desk_of(client);
	char letter = typing_key(&desk->random, (int64_t)desk->owns);

	buf_reset(&update);
	if (letter) {
		desk->inserted_ns[desk->clock % RING] = now_ns;
		write_insertion(&update, desk, letter);
	} else {
		write_deletion(&update, desk, now_ns);
	}
	send_sync(client, UPDATE, &update, now_ns);
}

static int64_t letters(const struct client *client, const struct buf **text)
{
	int64_t sum = 0;

	*text = NULL;
	for (size_t c = 0; c < load_room_size(); c++)
		sum += (int64_t)desk_of(client - client->index + c)->owns;
	return sum;
}

const struct speaker hocuspocus_speaker = { ask, on_upgraded, on_message, prepare, op, letters };
