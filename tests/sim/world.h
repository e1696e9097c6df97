/* The world of one run: the server under test, the store behind it, the network before it, and the people. */
#ifndef FORWHOM_TESTS_SIM_WORLD_H
#define FORWHOM_TESTS_SIM_WORLD_H
#include "server/session/directory.h"
#include "server/session/hub.h"
#include "proto/template.h"
#include "tests/sim/ledger.h"
#include "tests/sim/sim.h"

/* Documents are numbered within their class: the class document, its wall, and its canvases as they come. */
enum { CLASSES_MAX = 2, CANVASES_MAX = 14, DOCS = 2 + CANVASES_MAX, DEVICES_MAX = 64 };
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

/* Dropped: nobody waits for the answer any more, because the words were seen to have come in, or were given up. */
enum command_state { COMMAND_OPEN, COMMAND_OK, COMMAND_NO, COMMAND_DROPPED };

struct sim_command {
	struct sim_command *next;
	char id[23], object[23];
	char *text;     /* the whole message */
	int d;          /* the document it is for */
	bool makes;     /* post.add, note.add and so on: there must be a put for it */
	bool types;     /* note.text: `object` is the note, and its session (typist.c) sends it */
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
	int opens; /* under way: until they are answered, what comes is of before */
	int64_t opened_at; /* where the document stood when the server got the last `open`; INT64_MAX: not heard yet */
};

/* A question about the past, and its answer so far. */
struct question {
	struct question *next;
	char id[23];
	const char *type; /* history, moment, export */
	int d, next_part;
	int64_t at;
	bool is_calm; /* asked when nothing else happened: the answer can be foretold to the letter */
	cJSON *items;
	struct buf file;
};

/* Somebody as `presence` last told of them. */
struct seen_person {
	char who[23], in[23], box[25], note[23];
	int64_t caret[2];
	bool is_there;
};

struct device {
	struct sim_person *person;
	struct peer *peer;
	bool welcomed;
	bool open[DOCS];
	struct document_state docs[DOCS];
	struct sim_command *commands, **commands_end;
	struct session *sessions; /* what it types (typist.c) */
	struct question *questions;
	struct seen_person seen[DOCS][DEVICES_MAX];
	struct seen_person here;  /* what it said of itself last */
	int here_in;              /* in this document; -1: nowhere */
	int64_t connect_at_ms, ping_at_ms;
	int index;
};

struct sim_person {
	int class_index;
	bool staff;
	char secret[44], name[64], member[23];
};

struct class_world {
	char code[8], id[23], wall[23];
	char docs[DOCS][23];
	int doc_count;
	int teams_left, canvases_left; /* that may still be asked for */
	bool reads[DEVICES_MAX][DOCS]; /* by person: as far as is durable */
	size_t lost[DEVICES_MAX][DOCS]; /* the log entry that last took it away; 0: never */
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
	struct sim_person people[DEVICES_MAX];
	int person_count;
	struct device devices[DEVICES_MAX];
	int device_count;
	bool is_calm; /* no more faults: everything must come to an end */
	bool has_past; /* people take back and restore */
	const struct template *templates[8];
	struct {
		int64_t letters, edits, undone, moments, restored, compared, withdrawn;
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
/* A new command, kept until it is answered; not sent yet. Each of `args` has a comma in front. Borrowed from the device. */
struct sim_command *device_command(struct device *device, int d, const char *cmd, const struct buf *args);
void device_say(struct device *device, const struct buf *text);
void device_send(struct device *device, struct sim_command *command);
/* Appends a new word; and an argument. */
void add_word(struct buf *out);
void arg(struct buf *out, const char *name, const char *value);
void arg_int(struct buf *out, const char *name, int64_t value);

/* ---- a command in the making ---- */

struct draft {
	const char *cmd;
	int d;
	bool makes;
	char object[23];
	struct buf args; /* each with a comma in front */
};
/* A random object of a kind among those that the device knows of a document; NULL when it knows none. */
const struct thing *some_in(const struct device *device, int d, const char *kind);
/* ---- canvases (canvas.c): what people do with them and with teams. False when there is nothing to do it with. */
bool draft_on_canvas(struct device *device, struct draft *draft);
/* What an instructor does at first: teams, and canvases for them. */
bool draft_opening(struct device *device, struct draft *draft);

/* ---- several people in one text (typist.c) ---- */

/* Types, or deletes, in some note of a canvas. */
void typist_type(struct device *device);
/* Sends what is due. */
void typist_pump(struct device *device);
bool typist_is_pending(const struct device *device);
/* The connection or the document is opened anew: appends `,"texts":[…]` if there is anything to ask for. */
void typist_write_open(struct device *device, int d, struct buf *out);
void typist_cut(struct device *device);
void typist_ok(struct device *device, const struct sim_command *command, int64_t rev);
/* `again`: it may be sent again. */
void typist_no(struct device *device, const struct sim_command *command, const char *code);
void typist_texts(struct device *device, int d, const cJSON *message);
void typist_op(struct device *device, int d, const cJSON *op);
/* After every message of a document: what is typed in must be there, and what is shown must be the server's and one's own. */
void typist_settle(struct device *device, int d);
/* The document may not be read any more. */
void typist_shut(struct device *device, int d);
/* The program is started again, with what it had written down. */
void typist_restart(struct device *device);
/* True if a document has words that are not saved yet. */
bool typist_holds(const struct device *device, int d);
void typist_release(struct device *device);
/* With nothing under way: everybody's text is the log's. */
void typist_check(const struct device *device);
/* No letter is missing that was saved. */
void typist_check_letters(void);

/* ---- the past, and presence (past.c) ---- */

void question_ask(struct device *device, const char *type, int d, int64_t at, bool is_calm);
void question_any(struct device *device);
void question_answer(struct device *device, const cJSON *message);
/* True if it was a question that was refused. */
bool question_refused(struct device *device, const cJSON *message);
void question_forget(struct device *device);
struct question *question_find(const struct device *device, const char *id);
void place_say(struct device *device);
void place_hear(struct device *device, int d, const cJSON *message);
/* With everybody having moved and all told: everybody sees where everybody is. */
void place_check(const struct device *device);
/* A digest of what a document holds, what only counts changes left out. */
struct digest content_of(const struct ledger_doc *doc);
/* Everything that a restore brings back is as it was in `then`. */
void restored_check(const struct ledger_doc *doc, const struct ledger_doc *then, const char *restorer);

/* ---- memory against log (reload.c) ---- */

/* With nothing under way: the server's class is what a server would load that had never seen it. */
void reload_check(const struct class_world *class);

/* ---- who is who (world.c) ---- */

/* -1 when the world does not know them (yet). */
int world_class(const char *id);
int world_person(int class_index, const char *member);
/* A new canvas' number in its class. */
int world_add_canvas(int class_index, const char *id);
/* The class document has changed: keeps account of who may read what. */
void world_note_rights(int class_index);
/* Whether a member may read a document, as far as is durable: proto/README.md §10, told once more. */
bool world_may_read(const struct class_world *class, int d, const char *member, bool staff);
/* Index of a document by its name on the wire, -1: none of this class. */
int doc_index(const struct class_world *class, const char *wire);
struct ledger_doc *doc_ledger(const struct class_world *class, int index);
const char *doc_wire(const struct class_world *class, int index);
static inline struct class_world *class_of(const struct device *device) { return &world.classes[device->person->class_index]; }
static inline int view_of(const struct device *device) { return device->person->staff ? SEES_STAFF : SEES_CLASS; }
static inline bool may_read(const struct device *device, int d) { return world_may_read(class_of(device), d, device->person->member, device->person->staff); }
#endif
