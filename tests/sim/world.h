/* The world of one run: the server under test, the store behind it, the network before it, and the people. */
#ifndef FORWHOM_TESTS_SIM_WORLD_H
#define FORWHOM_TESTS_SIM_WORLD_H
#include "server/session/directory.h"
#include "server/session/hub.h"
#include "tests/sim/ledger.h"
#include "tests/sim/sim.h"

enum { CLASSES_MAX = 2, DOCS = 2, DEVICES_MAX = 64 };
enum { DOC_CLASS_INDEX, DOC_WALL_INDEX };

/* ---- the network (network.c) ---- */

enum packet_type { PACKET_TEXT, PACKET_CLOSE };

struct packet {
	struct packet *next;
	enum packet_type type;
	uint16_t close_code;
	size_t n;
	char text[];
};

struct queue {
	struct packet *first, *last;
	size_t count, bytes;
};

/* One socket: what is in flight either way, and what each end knows of it. */
struct peer {
	struct peer *next;
	struct conn *conn;      /* the server's end; NULL when it has gone */
	struct device *device;  /* the client's end; NULL when it has hung up */
	struct device *home;    /* whose it was, even then */
	struct queue up, down;
	bool is_clogged;        /* the client's machine takes nothing */
	bool wants_writable;
	bool server_closed;     /* hub_disconnect is due */
	bool lost;              /* the wire is cut */
	int serial;
	/* What the durable epochs were when the server got `open`, and the epoch it named; -1: no position given or something shared has come since. */
	int64_t floor[DOCS], opened[DOCS];
	char reader[23];        /* member id, "" before welcome */
	bool staff;
};

/* ---- people (client.c) ---- */

enum command_state { COMMAND_OPEN, COMMAND_OK, COMMAND_NO };

struct command {
	struct command *next;
	char id[23], object[23];
	char *text;     /* the whole message */
	bool makes;     /* post.add, section.add: there must be a put for it */
	enum command_state state;
	char *answer;   /* the first `ok` */
	int sent;       /* how often */
	int peer;       /* serial of the socket it went out on last */
	bool was_noop;  /* answered ok without having been noted as done */
	int64_t again_ms; /* refused for now: to be sent again then */
};

struct document_state {
	struct mirror shared, mine, incoming;
	bool have;      /* shared is something */
	bool waiting;   /* opened without position: nothing counts before the snapshot */
	int next_part;
	int64_t epoch, at, mine_n;
};

struct device {
	struct person *person;
	struct peer *peer;
	bool welcomed;
	bool open[DOCS];
	struct document_state docs[DOCS];
	struct command *commands, **commands_end;
	int64_t connect_at_ms, ping_at_ms;
	int index;
};

struct person {
	int class_index;
	bool staff;
	char secret[44], name[64], member[23];
};

struct class_world {
	char code[8], id[23], wall[23];
};

struct world {
	uint64_t seed, random;
	int64_t step, mono_ms, now_ms;
	struct store *memory, *store; /* the latter is what the server gets: it tells the ledger */
	bool unknown_applied;
	struct limits limits;
	struct directory *directory;
	struct hub *hub;
	struct ledger ledger;
	struct peer *peers;
	int last_serial, last_word;
	struct class_world classes[CLASSES_MAX];
	int class_count;
	char account[23];
	struct person people[DEVICES_MAX];
	int person_count;
	struct device devices[DEVICES_MAX];
	int device_count;
	bool is_calm; /* no more faults: everything must come to an end */
	struct {
		int64_t commands, oks, nos, resends, snapshots, resumes, frames, crashes, failures, restarts, closes;
	} count;
};
extern struct world world;

void network_push(struct queue *queue, enum packet_type type, uint16_t close_code, const char *text, size_t n);
struct packet *network_pop(struct queue *queue);
void network_clear(struct queue *queue);
extern const struct transport network_transport;
/* A new socket between a device and the server; NULL when the server takes none. */
struct peer *network_connect(struct device *device);
/* The wire breaks: some of what is in flight is lost, and either end finds out later. */
void network_cut(struct peer *peer);
/* The server's machine is gone. */
void network_server_gone(void);
/* Frees what both ends have forgotten. */
void network_sweep(void);
void network_deliver_up(struct peer *peer);
void network_deliver_down(struct peer *peer);

/* A store that passes everything on and enters into the ledger what becomes durable. */
struct store *witness_new(struct store *inner);
void witness_free(struct store *store);
/* The machine goes down with work waiting, of which `written` batches had got through. */
void witness_crash(struct store *store, size_t written);

void device_connect(struct device *device);
void device_open(struct device *device, int d);
void device_lost(struct device *device);
void device_receive(struct device *device, const struct packet *packet);
void device_forget(struct device *device);
/* Does something that a person would. */
void device_act(struct device *device);
/* Lets everybody in, before calm is asked for. */
void device_open_door(struct device *device);
/* What time brings: refused commands that may come again, and a ping. */
void device_tick(struct device *device);
void device_release(struct device *device);
/* Index of a document by its name on the wire, -1: none of this class. */
int doc_index(const struct class_world *class, const char *wire);
struct ledger_doc *doc_ledger(const struct class_world *class, int index);
#endif
