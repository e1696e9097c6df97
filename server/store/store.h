/* Where everything durable goes: an append-only log of ops per document, snapshots that shorten its replay, the outcomes of commands, and the
 * directory (accounts, sessions, invites, classes, member credentials). One small table of functions, with SQLite (sqlite.c) and memory (memory.c) behind it;
 * a PostgreSQL of many machines fits behind the same table, which is why `epoch` and STORE_UNKNOWN are in it from the start.
 *
 * All calls come from the loop's thread and return at once; callbacks run on that thread, never from inside the call. Batches complete in the order they were appended. */
#ifndef FORWHOM_SERVER_STORE_STORE_H
#define FORWHOM_SERVER_STORE_STORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_result {
	STORE_DURABLE,     /* synced: survives kill -9 and power loss */
	STORE_STALE,       /* someone else appended, or another owner has the class: nothing was written */
	STORE_UNAVAILABLE, /* known not to have been written (disk full, read-only, busy) */
	STORE_UNKNOWN,     /* may or may not have been written (a sync failed, the database was lost): answer nobody */
};

/* Why writing has stopped, for the sentence on every screen. */
enum store_fault {
	STORE_FINE,
	STORE_FULL,    /* no room on the disk: heals by itself once there is */
	STORE_FAULT,   /* a sync failed: only after a restart */
	STORE_DAMAGED, /* the file is damaged: only after it was repaired or replaced, and a restart */
	STORE_BLOCKED, /* read-only, or locked by another program: heals by itself */
};

/* Words that a person typed, in a row of their own so that one person can be erased. Position in the entry's body: the n-th {"$":n}. */
struct log_text {
	const char *owner; /* member id, or "" */
	const char *text;  /* UTF-8, borrowed */
	size_t size_bytes;
};

/* One op of one document. Strings are borrowed until the batch's callback. */
struct log_entry {
	const char *class_id;
	const char *doc_id;   /* globally unique; the class document's is the class's id */
	const char *doc_kind; /* "class", "wall", "canvas": recorded when a document's first entry arrives */
	int64_t seq;          /* 1, 2, 3 … per document; anything but head + 1 is STORE_STALE */
	int64_t at_ms;        /* wall clock, for history */
	const char *actor;    /* member id, "" for nobody */
	const char *body;     /* JSON of the op with typed words replaced by {"$":n}; what else history and undo must know of it stands there too */
	size_t body_bytes;
	const struct log_text *texts;
	size_t text_count;
};

/* The outcome of a command, for exactly-once. Names no member. */
struct log_done {
	const char *class_id;
	uint8_t id[16];   /* the command's id */
	uint8_t hash[16]; /* of its body */
	const char *outcome; /* the `ok` message's result part, JSON */
	int64_t at_ms;
};

/* A directory row: put, or removed when `value` is NULL. Kinds in use: account, session, invite, class, secret (key "CLASSID:HEXHASH", value member id). */
struct log_row {
	const char *kind, *key, *value;
};

struct log_batch {
	uint64_t epoch; /* of the owner, for fencing; 0 with one machine */
	struct log_entry *entries;
	size_t entry_count;
	struct log_done *done;
	size_t done_count;
	struct log_row *rows;
	size_t row_count;
};

typedef void store_on_append(struct log_batch *batch, enum store_result result, void *ctx);

/* What loading a class yields; valid during the callback only. */
struct loaded_document {
	const char *doc_id, *doc_kind;
	const char *snapshot; /* body, NULL if there is none */
	size_t snapshot_bytes;
	int64_t snapshot_seq;            /* 0 without one */
	const struct log_entry *entries; /* after the snapshot, in order, each with its texts; bodies keep their {"$":n} */
	size_t entry_count;
	int64_t head; /* last seq in the log, as far as it is known */
	/* A checksum or the chain failed: entries stop before it; open it read-only. What is wrong with the class and cannot be put down to one document (one is missing, a
	 * secret or an outcome is damaged) is the class document's damage; it is made up, empty, when it is missing itself. */
	bool damaged;
};
struct loaded_class {
	const struct loaded_document *documents;
	size_t document_count;
	const struct log_row *secrets; /* kind "secret" of this class */
	size_t secret_count;
	const struct log_done *done; /* not older than 24 h, the newest 100,000 */
	size_t done_count;
};
/* STORE_DURABLE with what there is (no documents: there is no such class), or STORE_UNAVAILABLE with `loaded` NULL when it cannot be read now. */
typedef void store_on_class(const struct loaded_class *loaded, enum store_result result, void *ctx);
/* One row at a time; then once with NULL. */
typedef void store_on_row(const struct log_row *row, void *ctx);

/* Who reads a document's log from end to end, on a thread of the store's: these functions touch `ctx` and nothing else that others could touch too. What they are given is valid
 * during the call only. */
struct log_visitor {
	/* Snapshots, newest first, until one is taken (true). NULL: from the beginning. */
	bool (*snapshot)(void *ctx, int64_t seq, const char *body, size_t size_bytes);
	/* The entries after the taken snapshot, or all, in order; false: that is enough. */
	bool (*entry)(void *ctx, const struct log_entry *entry);
	/* There are no more: the place for long work that is not the loop's. NULL: nothing to do. Not called when the store closes first. */
	void (*end)(void *ctx);
	void *ctx;
};
/* STORE_DURABLE: everything was visited up to where it was to end (nothing: there is no such document). STORE_UNAVAILABLE: what was visited is good, and there should be more (damage, the store
 * closes, the file cannot be read now). */
typedef void store_on_log(enum store_result result, void *ctx);

/* Of the snapshots that were put, the newest is kept, the one before it in case that one is damaged, and of the older ones as many that replaying up to any moment begins at most so
 * many entries before it, if they were put that often. */
enum { STORE_SNAPSHOT_GAP = 8192 };

struct store {
	const struct store_ops *ops;
};

struct store_ops {
	/* Makes the whole batch durable or nothing of it. Borrows `batch` until the callback. */
	void (*append)(struct store *, struct log_batch *batch, store_on_append *, void *ctx);
	/* Reads a class: its documents from their newest snapshot, secrets and outcomes. Sees every batch that has called back. Copies `class_id`. */
	void (*load_class)(struct store *, const char *class_id, store_on_class *, void *ctx);
	/* Reads one document's log up to and with `upto_seq`, as far as it is durable. Copies `doc_id` and `visitor`. `on_log` is always called, with the visitor's `ctx`, on the loop's thread and
	 * never from inside this call, and after it the visitor is not touched any more: so `ctx` may be freed then. Reads under way when the store closes end with STORE_UNAVAILABLE, called back
	 * from inside close. */
	void (*read_log)(struct store *, const char *doc_id, int64_t upto_seq, const struct log_visitor *visitor, store_on_log *on_log);
	/* Stores a snapshot of a document at `seq`; best effort, behind the batches before it. Copies `body`. What stands behind its first newline
	 * is for going on from there (loading the class) alone, and goes when the snapshot is not among the two newest any more. */
	void (*put_snapshot)(struct store *, const char *doc_id, int64_t seq, const char *body, size_t size_bytes);
	/* Every directory row of `kind`, read before the loop starts (may block). False: some are damaged, and left out. */
	bool (*read_directory)(struct store *, const char *kind, store_on_row *, void *ctx);
	/* Whether writing works, and whether waiting is worth it. */
	enum store_fault (*fault)(struct store *);
	/* Finishes what was appended and ends reads of logs (calling back from inside this call), checkpoints, closes. Loads under way do not call back any more. Blocks; called after the loop has stopped
	 * taking work. The loop must be run once more, until it has nothing to do, to give back handles and memory. */
	void (*close)(struct store *);
};

/* SQLite file DIR/forwhom.db on `loop` (a uv_loop_t *). NULL with a sentence in `error` (static or in `error_cap` bytes) when it cannot be opened. Takes
 * DIR/lock first: a second server on the same folder, or a network file system (unless `allow_network_fs`), is refused. */
struct store *sqlite_store_open(const char *dir, void *loop, bool allow_network_fs, char *error, size_t error_cap);

/* Memory, for tests and the simulator. Nothing completes until memory_store_step, which finishes the oldest piece of work. */
struct store *memory_store_new(void);
/* Number of pieces of work waiting. */
size_t memory_store_pending(const struct store *);
/* Completes the oldest one with `result` (STORE_DURABLE normally); STORE_UNKNOWN with `applied` says whether it was written all the same. */
void memory_store_step(struct store *, enum store_result result, bool applied);
/* A crash: forgets waiting work without calling back (also reads of logs: a process that is gone is called by nobody), keeps what was durable. `written` of the waiting batches get written first. */
void memory_store_crash(struct store *, size_t written);
void memory_store_set_fault(struct store *, enum store_fault);
#endif
