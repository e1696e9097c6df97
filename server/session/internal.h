/* What the files of session/ share: connections, loaded classes, and the batch on its way to the store. Nobody outside session/ includes this. */
#ifndef FORWHOM_SERVER_SESSION_INTERNAL_H
#define FORWHOM_SERVER_SESSION_INTERNAL_H
#include "proto/arena.h"
#include "proto/ids.h"
#include "server/cast/reader.h"
#include "server/cast/snapshot.h"
#include "server/room/decide.h"
#include "server/room/record.h"
#include "server/room/rights.h"
#include "server/session/bucket.h"
#include "server/session/directory.h"
#include "server/session/hub.h"
#include <uthash.h>

enum { ADDRESS_CAP = 48, HASH_HEX_CAP = 65, SOCKETS_MAX = 8 };

/* ---- a class in memory (class.c) ---- */

struct document {
	char id[ID_CHARS + 1];
	const char *wire; /* "class", or the id */
	int index;        /* within its class */
	enum doc_kind kind;
	struct doc *doc;  /* as decided, durable or not */
	int64_t head;     /* seq of the last op decided */
	struct trail *trail; /* of doc */
	struct steps *steps; /* of doc */
	int64_t unsnapped; /* ops since the last stored snapshot */
	int64_t bytes;     /* that its log has taken up */
	size_t unsnapped_bytes, snapshot_bytes; /* of these ops; of that snapshot */
	bool damaged;
	struct presence *presence; /* what its readers have yet to be told; NULL: nothing ever */
	bool touched; /* streams are listed in the gathering batch */
	char last_post_pos[POS_CAP];
	struct stream streams[VIEW_COUNT];
};

struct member {
	char id[ID_CHARS + 1];
	char *skeleton; /* of the name, owned */
	enum role role;
	int64_t posts;
	struct bucket posting, bulk;
	struct conn *conns[SOCKETS_MAX];
	int conn_count;
	UT_hash_handle hh;
};

struct secret {
	char hash[HASH_HEX_CAP];
	char member[ID_CHARS + 1];
	UT_hash_handle hh;
};

/* The outcome of a command. */
struct done {
	uint8_t id[ID_BYTES], hash[16];
	int64_t at_ms;
	UT_hash_handle hh;
	char outcome[]; /* the `ok` message without its id, ready to be sent again */
};

/* How many members bear a name that looks like this. */
struct name_use {
	int count, staff;
	UT_hash_handle hh;
	char skeleton[];
};

struct import;

struct class {
	char id[ID_CHARS + 1], code[CODE_CHARS + 1], start[ID_CHARS + 1];
	struct hub *hub;
	bool loaded;
	bool dropped; /* to be freed as soon as nothing points here */
	int pins; /* batches and loads that hold a pointer */
	uint64_t batch; /* number of the newest batch that changes it */
	struct document **documents; /* owned; the class document first */
	int document_count, document_cap;
	struct member *members;
	struct secret *secrets;
	struct name_use *names;
	struct done *done;
	struct conn *conns;
	int conn_count;
	struct import *imports; /* that wait for it to be loaded */
	int64_t idle_since_ms;
	struct bucket commands;
	UT_hash_handle hh;
};

struct class *class_get(struct hub *hub, const struct class_entry *entry);
struct class *class_new(struct hub *hub, const char *id, const char *code, const char *start);
/* Frees it now or when its last pin goes; its connections are told to come back. */
void class_drop(struct class *class);
void class_unpin(struct class *class);
struct document *class_add_document(struct class *class, const char *id, enum doc_kind kind);
struct document *class_document(struct class *class, const char *wire);
/* The document that a message of this connection names, NULL if its member may not read it. */
struct document *conn_document(const struct conn *conn, const char *wire);
struct member *class_member(struct class *class, const char *id);
/* Makes `op` so: state, counters, overlays, and the entry in the gathering batch. `source` says who and by which command. */
void class_change(struct class *class, struct document *document, const struct op *op, const struct step_source *source);
/* The class document may have changed who may read what: whoever lost a document that they have open is told to drop it. */
void class_check_readers(struct class *class);
/* Tells one connection its member's whole overlay, in as many `mine` messages as it takes. */
void class_send_overlay(struct document *document, struct conn *conn);
/* A name free of clashes for a newcomer or a renamed member: appended to `out`, or a refusal. */
bool class_free_name(struct class *class, const char *wanted, size_t n, const struct member *self, struct buf *out, struct refused *refused);
struct done *class_done(struct class *class, const uint8_t id[ID_BYTES]);
struct done *class_remember(struct class *class, const uint8_t id[ID_BYTES], const uint8_t hash[16], const char *outcome, int64_t at_ms);
void class_forget_done(struct class *class, int64_t before_ms);

/* ---- a connection (conn.c) ---- */

enum conn_state { CONN_NEW, CONN_LOADING, CONN_READY, CONN_CLOSING };

/* Where a connection says that its person is (proto/README.md §12). */
struct here {
	struct document *document; /* NULL: has not said */
	char box[OBJECT_ID_CAP], note[ID_CHARS + 1]; /* "" for none */
	bool has_caret;
	int64_t caret[2], rev;
	uint64_t moved; /* counts up: of several sockets the newest counts */
};

/* An answer in several messages, sent one by one as the connection takes them, behind everything else. */
struct answer {
	struct answer *next;
	char id[ID_CHARS + 1], doc[ID_CHARS + 1]; /* the question's; the document it was about */
	size_t sent, count;
	struct frame *parts[];
};

/* A `hello` that waits for its class to be loaded. */
struct hello {
	char secret_hash[HASH_HEX_CAP]; /* "" with a ticket */
	char name[512];
	bool has_name;
	char member[ID_CHARS + 1]; /* with a ticket */
	cJSON *open;               /* documents to open at once, or NULL; owned */
};

struct conn {
	struct conn *prev, *next;             /* of the hub */
	struct conn *class_prev, *class_next; /* of the class */
	UT_hash_handle hh;
	uint64_t id;
	void *peer;
	struct hub *hub;
	enum conn_state state;
	struct class *class;
	struct member *member;
	struct hello *hello; /* while loading */
	char account[ID_CHARS + 1];
	char address[ADDRESS_CAP];
	struct reader *readers; /* of the documents it has open, owned */
	int reader_count;
	struct frame **queue; /* private messages, sent before anything shared */
	size_t queue_count, queue_cap, queue_bytes;
	struct answer *answers;
	int asked; /* questions about the past that have not been answered yet */
	struct here here;
	bool dirty;
	struct conn *next_dirty;
	int64_t opened_ms, heard_ms, pinged_ms, stuck_since_ms, active_ms;
	int64_t answer_at_ms; /* a delayed refusal of a code; 0: none */
	bool close_after_answer;
	struct bucket commands, bytes, strikes;
	int64_t rated_ms, rate_until_ms; /* refused since, in windows; the next moment free for a refused command */
	int64_t rated_count;             /* refused in the window */
	int rate_ignored, wrong_codes, refused_hellos;
};

/* Queues a private message for the end of the turn. */
void conn_send(struct conn *conn, const char *text, size_t n);
void conn_send_frame(struct conn *conn, struct frame *frame);
/* Forgets everything that was to be sent. */
void conn_drop_queue(struct conn *conn);
/* Takes `answer`. */
void conn_answer(struct conn *conn, struct answer *answer);
void answer_free(struct answer *answer);
/* Its member may not read that document any more: what has not been sent of answers about it is refused. */
void conn_refuse_answers(struct conn *conn, const struct document *document);
void conn_close(struct conn *conn, uint16_t code, const char *reason);
/* Sends what can be sent. */
void conn_flush(struct conn *conn);
/* Its place in a document that it has open, NULL if it has not. */
struct reader *conn_reader(const struct conn *conn, const struct document *document);
/* The same, opened anew if it is not; what it was reading is given up. */
struct reader *conn_open_reader(struct conn *conn, struct document *document);
void conn_close_reader(struct conn *conn, struct reader *reader);
/* From `snapshot` (a reference, taken), or, when NULL, from `position` of the stream. */
void conn_start_reading(struct reader *reader, struct snapshot *snapshot, uint64_t position);
void conn_join_class(struct conn *conn, struct class *class);
/* Out of its class's and member's lists. */
void conn_leave_class(struct conn *conn);

/* Appends a `reload`. */
void write_reload(struct buf *out, const struct document *document);
/* Appends a `no`. `id` may be "" . */
void write_no(struct buf *out, const char *id, const struct refused *refused);

/* ---- the batch (commit.c) ---- */

/* Told what became of a batch; `what` is freed afterwards. */
typedef void batch_on_settled(struct hub *hub, enum store_result result, void *what);

enum held_type { HELD_FRAME, HELD_OK, HELD_READ, HELD_CALL };

/* Something that is said once the batch is durable. */
struct held {
	enum held_type type;
	uint64_t conn; /* looked up again by then */
	struct frame *frame;
	char command[ID_CHARS + 1]; /* HELD_OK: refused under this id when the batch fails */
	int document;               /* HELD_READ: index */
	struct snapshot *snapshot;  /* HELD_READ: a reference, or NULL to resume from: */
	int64_t epoch, at;
	batch_on_settled *on_settled; /* HELD_CALL */
	void *what; /* HELD_CALL: owned */
};

struct stored_snapshot {
	char doc[ID_CHARS + 1];
	int64_t seq;
	struct buf body;
};

struct batch {
	uint64_t number;
	struct log_batch log;
	size_t entry_cap, done_cap, row_cap;
	struct arena arena;
	struct held *held;
	size_t held_count, held_cap;
	struct document **documents; /* whose streams gathered something */
	size_t document_count, document_cap;
	struct class **classes; /* pinned */
	size_t class_count, class_cap;
	struct stored_snapshot *snapshots;
	size_t snapshot_count, snapshot_cap;
};

void batch_touch(struct class *class, struct document *document);
void batch_add_entry(struct class *class, struct document *document, const struct op *op, const char *owner, const struct step_source *source);
void batch_add_done(struct class *class, const struct done *done);
void batch_add_row(struct class *class, const char *kind, const char *key, const char *value);
/* Says it when all that has been decided so far about its class is durable: at once if it is. Other classes' batches hold nobody up, and take nobody's words with them when they fail. */
void hold_text(struct conn *conn, const struct buf *text);
/* The same, for what many are told. */
void hold_frame(struct conn *conn, struct frame *frame);
void hold_ok(struct conn *conn, const char *command, const struct buf *text);
void hold_read(struct conn *conn, struct document *document, struct snapshot *snapshot, int64_t epoch, int64_t at);
/* Calls, also when the batch fails. Takes `what`, which must be freed by free(). */
void hold_call(struct class *class, batch_on_settled *, void *what);
/* Gives the gathered batch to the store if none is under way. */
void batch_submit(struct hub *hub);
void batch_release(struct batch *batch);

/* ---- the hub (hub.c) ---- */

struct hub {
	struct hub_config config;
	const struct limits *limits;
	const struct transport *transport;
	struct class *classes;
	struct conn *conns, *conns_by_id;
	size_t conn_count, unknown_count; /* before hello */
	uint64_t last_conn_id;
	struct conn *dirty_conns;
	struct stream *dirty_streams;
	struct presence *dirty_presence;
	struct past *pasts; /* questions under way */
	uint64_t last_move;
	struct batch batches[2];
	struct batch *gathering, *committing; /* committing: NULL when the store is idle */
	uint64_t last_batch;
	bool stopping;
	enum store_fault fault;
	int64_t mono_ms, now_ms; /* of the call under way */
	struct guesses *guesses; /* wrong codes by address */
	struct bucket all_guesses;
	uint64_t commands, commits, frames;
};

/* The key of what people are told while nothing can be saved. */
const char *fault_sentence(enum store_fault fault);
void hub_dirty_stream(struct hub *hub, struct stream *stream);
void hub_dirty_conn(struct hub *hub, struct conn *conn);
struct conn *hub_conn(struct hub *hub, uint64_t id);
/* Asks the store how it is, and tells everybody if that has changed. */
void hub_tell_fault(struct hub *hub);
void hub_log(struct hub *hub, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hub_random_id(struct hub *hub, char id[ID_CHARS + 1]);

/* ---- presence (presence.c) ---- */

void presence_handle(struct conn *conn, const cJSON *message);
/* A document was opened: tells the connection who is there. */
void presence_opened(struct conn *conn, struct document *document);
/* It was closed, or access to it lost. */
void presence_closed(struct conn *conn, struct document *document);
/* A connection has come into its class, or is about to leave it. */
void presence_came(struct conn *conn);
void presence_left(struct conn *conn);
/* Tells what is due. Returns the milliseconds until more is, -1 for never. */
int presence_flush(struct hub *hub);
/* Frees a document's; takes NULL. */
void presence_unlink(struct hub *hub, struct presence *presence);

/* ---- the past (past.c) ---- */

struct past;
/* For those that a store which is gone will never call back. */
void past_free(struct past *past);
/* A connection has gone: its questions need not be answered. */
void past_forget(const struct conn *conn);
void past_handle_history(struct conn *conn, const cJSON *message);
void past_handle_moment(struct conn *conn, const cJSON *message);
void past_handle_export(struct conn *conn, const cJSON *message);
/* Reads the moment that a `restore` names, then does it. */
void past_restore(struct conn *conn, struct document *document, const struct request *request);

/* ---- imports (import.c) ---- */

/* The class that imports wait for has been loaded, or could not be. */
void import_continue(struct class *class, bool loaded);
/* Forgets those that will never go on. */
void import_drop(struct class *class);

/* ---- messages (message.c, hello.c) ---- */

void message_refuse(struct conn *conn, const char *id, const struct refused *refused);
/* A message that no honest client sends: refused, and counted. */
void message_malformed(struct conn *conn, enum refusal code);
/* The document that a message names, which must have no keys but `keys`. False after a refusal. */
bool message_read_doc(struct conn *conn, const cJSON *message, const char *const *keys, struct document **document);
/* A `do`; with `past` the one that has waited for it. */
void message_do(struct conn *conn, const cJSON *message, const struct doc *past);
/* What rules may read of a document. */
void class_room(struct class *class, const struct document *document, struct room *room);
/* Makes a decision so. */
void class_carry_out(struct class *class, struct document *named, const struct decision *decision, enum command command, const char *actor);

void message_handle(struct conn *conn, const char *text, size_t n);
/* Opens what a hello asked for along with coming in: an array of `open` messages without their `t`. */
void message_open_all(struct conn *conn, const cJSON *list);
void hello_free(struct hello *hello); /* takes NULL */
void hello_handle(struct conn *conn, const cJSON *message);
/* The class of a waiting hello has been loaded (or could not be). */
void hello_continue(struct conn *conn, bool loaded);
/* A delayed answer has become due. */
void hello_answer_delayed(struct conn *conn);
void hello_tick(struct hub *hub);
#endif
