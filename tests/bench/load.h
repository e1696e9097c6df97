/* The load generator: clients of one server in one thread, and what they measure.
 *
 * load.c      says what is done and when, and counts
 * client.c    one WebSocket connection: bytes in and out, frames
 * speak_*.c   what is said over it: forwhom.1, or the baseline's nothing; and by those who type together, its other
 *             part, or what ShareDB or Hocuspocus say instead
 *
 * A time in the words of every op says when it was sent; so who receives it knows how long it took, and nothing is
 * looked up. The generator reads no more of a message than that, because it must never be what is measured. A letter has
 * no room for a time: typing.h says how those are timed. */
#ifndef FORWHOM_TESTS_BENCH_LOAD_H
#define FORWHOM_TESTS_BENCH_LOAD_H
#include "proto/buf.h"
#include "proto/ids.h"
#include "tests/bench/bench.h"

enum client_state { CLIENT_NONE, CLIENT_UPGRADING, CLIENT_JOINING, CLIENT_JOINED, CLIENT_CLOSED };

struct client {
	int fd;
	enum client_state state;
	uint32_t index;      /* within its room */
	const char *room;    /* as given on the command line: a join code, or the number of a baseline's room */
	uint64_t began_ns;   /* when it began to connect */
	uint8_t *rest;       /* the beginning of a message that is not complete */
	size_t rest_bytes;
	struct buf unsent;   /* what the kernel did not take */

	/* forwhom.1 */
	char wall[ID_CHARS + 1];
	int snapshots;       /* complete ones, of the two it waits for */
	char post[ID_CHARS + 1]; /* its own, "" while it has none */
	int64_t version;     /* of the post, as it will be when all that was sent has been done */

	void *typing;        /* of a speaker of those who type together; NULL before `prepare` */
};

struct speaker {
	/* Appends the request line and any header fields of its own. */
	void (*ask)(const struct client *client, struct buf *head);
	void (*on_upgraded)(struct client *client);
	void (*on_message)(struct client *client, const char *text, size_t n, uint64_t now_ns);
	/* Makes the client able to send ops. Returns how many acknowledgements follow. */
	int (*prepare)(struct client *client, uint64_t now_ns);
	/* Sends one op of OP_BYTES, which everybody in the room is to receive. Or presses a key, which all others in the room are to see. */
	void (*op)(struct client *client, uint64_t now_ns);
	/* NULL unless these clients type together: letters that the client's text ought to have, and in `*text` the text it has, if it keeps one; borrowed. */
	int64_t (*letters)(const struct client *client, const struct buf **text);
};

extern const struct speaker raw_speaker, forwhom_speaker, canvas_speaker, sharedb_speaker, hocuspocus_speaker;

/* What one client gets of one op, without the message around it. */
enum { OP_BYTES = 200 };

/* ---- client.c ---- */

void client_connect(struct client *client, uint16_t port, int epoll, const struct speaker *speaker);
/* Reads what has come and hands it to the speaker; sends what waits. */
void client_serve(struct client *client, int epoll, const struct speaker *speaker, bool is_writable);
void client_send(struct client *client, const char *text, size_t n);
void client_send_binary(struct client *client, const char *bytes, size_t n);
/* Of this side: no failure. */
void client_close(struct client *client);

/* ---- load.c, told by the others ---- */

void load_joined(struct client *client);
void load_lost(struct client *client, const char *why);
void load_acknowledged(uint64_t sent_ns, uint64_t now_ns);
void load_delivered(uint64_t sent_ns, uint64_t now_ns);
/* A message that a client of this load should never get. */
void load_refused(const char *text, size_t n);
void load_pinged(void);
void load_received(size_t message_bytes);
/* How many there are in a room. The clients of a room lie one behind the other. */
size_t load_room_size(void);

/* ---- speak_forwhom.c, for the other one that speaks forwhom.1 ---- */

/* Says hello to `class` as the member that this client always is. */
void forwhom_hello(struct client *client, const char *class, size_t n);
void forwhom_open(struct client *client, const char *doc);
/* 128 bits that no other command or object of this load has; the first half says when. */
void forwhom_write_id(const struct client *client, uint64_t now_ns, char out[ID_CHARS + 1]);
#endif
