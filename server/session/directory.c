/*
 * Accounts, sessions, invites, tickets and classes.
 *
 * All of it is small and is asked for on every request, so it lives in hash tables and the store only hears of changes.
 * A change counts once it is durable: until then it is held by the write that carries it, and a failed write drops it.
 * Only what takes something away counts at once, so that it cannot be used twice in between: an invite that is being
 * redeemed, a session that is signed out.
 *
 * Secrets are looked up by their BLAKE2b hash. How long that takes tells a guesser something about the hash of the guess,
 * which says nothing about the secret; so no comparison here depends on a secret's own bytes.
 */
#include "server/session/directory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <uthash.h>
#include <utlist.h>

#include "proto/buf.h"
#include "proto/ids.h"
#include "proto/json.h"
#include "proto/names.h"

enum { HASH_HEX = 64, SESSION_WRITE_MS = 60 * 60 * 1000 };

struct account_entry {
	UT_hash_handle hh, by_name;
	struct account account;
	char *skeleton; /* by which names are compared; NULL when the account has no name */
};

struct session {
	UT_hash_handle hh;
	char hash[HASH_HEX + 1]; /* of the token */
	char account[ID_CHARS + 1];
	int64_t made_ms, seen_ms;
	int64_t written_ms; /* the seen_ms that the store knows */
};

struct invite {
	UT_hash_handle hh;
	char hash[HASH_HEX + 1];
	int64_t made_ms;
	bool taken; /* somebody is redeeming it right now */
};

struct ticket {
	UT_hash_handle hh;
	char hash[HASH_HEX + 1];
	char account[ID_CHARS + 1];
	char code[CODE_CHARS + 1];
	int64_t until_ms;
};

struct known_class {
	UT_hash_handle hh;
	struct class_entry entry;
};

struct write;

struct directory {
	struct store *store;
	const struct limits *limits;
	struct account_entry *accounts, *accounts_by_name;
	struct session *sessions;
	struct invite *invites;
	struct ticket *tickets;
	struct known_class *classes;
	struct write *writes; /* under way */
};

/* A change on its way to the store. */
struct write {
	struct write *prev, *next;
	struct directory *directory;
	struct log_batch batch;
	/* Makes the change, or undoes what it had taken; `result` is the store's. */
	void (*settle)(struct write *write, enum store_result result);
	struct account_entry *account; /* owned until settled, like the next two */
	struct session *session;
	struct invite *invite;
	char taken[HASH_HEX + 1];   /* hash of the invite that is being redeemed */
	char id[ID_CHARS + 1];      /* of the account whose password changes */
	char password[sizeof((struct account *)0)->password];
	directory_on_done *on_done; /* may be NULL */
	void *ctx;
};

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

/* Asserts that it fits: what comes from people has been measured before it gets here. */
static void set_string(char *to, size_t cap, const char *from)
{
	size_t n = strlen(from);

	assert(n < cap);
	memcpy(to, from, n + 1);
}

#define SET(to, from) set_string(to, sizeof(to), from)

void directory_hash(const char *secret, char hex[65])
{
	uint8_t hash[HASH_HEX / 2];

	crypto_generichash(hash, sizeof hash, (const uint8_t *)secret, strlen(secret), NULL, 0);
	sodium_bin2hex(hex, HASH_HEX + 1, hash, sizeof hash);
}

/* A fresh secret and what is kept of it. */
static void make_secret(char secret[SECRET_CHARS + 1], char hash[HASH_HEX + 1])
{
	uint8_t bytes[SECRET_BYTES];

	randombytes_buf(bytes, sizeof bytes);
	secret_encode(bytes, secret);
	sodium_memzero(bytes, sizeof bytes);
	directory_hash(secret, hash);
}

/* ------------------------------------------------------------------------------------------------ tables */

static struct account_entry *find_account(const struct directory *directory, const char *id)
{
	struct account_entry *entry;

	HASH_FIND(hh, directory->accounts, id, strlen(id), entry);
	return entry;
}

static struct account_entry *find_name(const struct directory *directory, const char *name)
{
	struct account_entry *entry = NULL;
	struct buf skeleton = { 0 };

	if (name_skeleton(name, strlen(name), &skeleton) && skeleton.n > 0)
		HASH_FIND(by_name, directory->accounts_by_name, skeleton.s, skeleton.n, entry);
	buf_release(&skeleton);
	return entry;
}

/* Takes `entry`. Of two accounts of one name the first answers to it. */
static void add_account(struct directory *directory, struct account_entry *entry)
{
	struct buf skeleton = { 0 };

	HASH_ADD_STR(directory->accounts, account.id, entry);
	if (find_name(directory, entry->account.name) ||
		!name_skeleton(entry->account.name, strlen(entry->account.name), &skeleton) || skeleton.n == 0) {
		buf_release(&skeleton);
		return;
	}
	entry->skeleton = skeleton.s;
	HASH_ADD_KEYPTR(by_name, directory->accounts_by_name, entry->skeleton, skeleton.n, entry);
}

static void free_account(struct account_entry *entry)
{
	if (!entry)
		return;
	free(entry->skeleton);
	sodium_memzero(entry, sizeof *entry);
	free(entry);
}

static struct session *find_session(const struct directory *directory, const char *token)
{
	char hash[HASH_HEX + 1];
	struct session *session;

	if (!secret_is_valid(token, strlen(token)))
		return NULL;
	directory_hash(token, hash);
	HASH_FIND_STR(directory->sessions, hash, session);
	return session;
}

static bool session_is_over(const struct directory *directory, const struct session *session, int64_t now_ms)
{
	return now_ms - session->seen_ms >= directory->limits->session_idle_ms ||
		now_ms - session->made_ms >= directory->limits->session_max_ms;
}

static void drop_session(struct directory *directory, struct session *session)
{
	HASH_DEL(directory->sessions, session);
	free(session);
}

static struct invite *find_invite(const struct directory *directory, const char *secret, int64_t now_ms)
{
	char hash[HASH_HEX + 1];
	struct invite *invite;

	if (!secret_is_valid(secret, strlen(secret)))
		return NULL;
	directory_hash(secret, hash);
	HASH_FIND_STR(directory->invites, hash, invite);
	if (!invite || invite->taken || now_ms - invite->made_ms >= directory->limits->invite_ms)
		return NULL;
	return invite;
}

static void drop_invite(struct directory *directory, struct invite *invite)
{
	HASH_DEL(directory->invites, invite);
	free(invite);
}

static void drop_ticket(struct directory *directory, struct ticket *ticket)
{
	HASH_DEL(directory->tickets, ticket);
	free(ticket);
}

/* ------------------------------------------------------------------------------------------------ rows */

/* A JSON object under construction. */
struct row {
	struct buf text;
};

static void row_key(struct row *row, const char *key)
{
	buf_char(&row->text, row->text.n == 0 ? '{' : ',');
	buf_json_string(&row->text, key, strlen(key));
	buf_char(&row->text, ':');
}

static void row_str(struct row *row, const char *key, const char *value)
{
	row_key(row, key);
	buf_json_string(&row->text, value, strlen(value));
}

static void row_int(struct row *row, const char *key, int64_t value)
{
	row_key(row, key);
	buf_int(&row->text, value);
}

/* Returns owned. */
static char *row_end(struct row *row)
{
	buf_char(&row->text, '}');
	return row->text.s;
}

static char *account_row(const struct account *account)
{
	struct row row = { 0 };

	row_str(&row, "name", account->name);
	row_str(&row, "password", account->password);
	return row_end(&row);
}

static char *session_row(const struct session *session)
{
	struct row row = { 0 };

	row_str(&row, "account", session->account);
	row_int(&row, "made", session->made_ms);
	row_int(&row, "seen", session->seen_ms);
	return row_end(&row);
}

static char *invite_row(const struct invite *invite)
{
	struct row row = { 0 };

	row_int(&row, "made", invite->made_ms);
	return row_end(&row);
}

char *directory_class_row(const struct class_entry *entry)
{
	struct row row = { 0 };

	row_str(&row, "id", entry->id);
	row_str(&row, "wall", entry->wall);
	row_str(&row, "account", entry->account);
	row_str(&row, "owner", entry->owner);
	row_str(&row, "title", entry->title);
	row_int(&row, "at", entry->at_ms);
	return row_end(&row);
}

/* Reads a string that fits; false if it is missing or too long. */
static bool get_string(const cJSON *object, const char *key, char *to, size_t cap)
{
	const char *s;
	size_t n;

	if (!json_str(object, key, &s, &n) || n >= cap)
		return false;
	memcpy(to, s, n + 1);
	return true;
}

static bool get_time(const cJSON *object, const char *key, int64_t *to_ms)
{
	return json_int(object, key, 0, JSON_INT_MAX, to_ms);
}

#define GET(object, key, to) get_string(object, key, to, sizeof(to))

static bool read_account(struct directory *directory, const char *key, const cJSON *value)
{
	struct account_entry *entry = allocate(sizeof *entry);

	if (strlen(key) != ID_CHARS || !GET(value, "name", entry->account.name) ||
		!GET(value, "password", entry->account.password)) {
		free_account(entry);
		return false;
	}
	SET(entry->account.id, key);
	add_account(directory, entry);
	return true;
}

static bool read_session(struct directory *directory, const char *key, const cJSON *value)
{
	struct session *session = allocate(sizeof *session);

	if (strlen(key) != HASH_HEX || !GET(value, "account", session->account) ||
		!get_time(value, "made", &session->made_ms) || !get_time(value, "seen", &session->seen_ms)) {
		free(session);
		return false;
	}
	session->written_ms = session->seen_ms;
	SET(session->hash, key);
	HASH_ADD_STR(directory->sessions, hash, session);
	return true;
}

static bool read_invite(struct directory *directory, const char *key, const cJSON *value)
{
	struct invite *invite = allocate(sizeof *invite);

	if (strlen(key) != HASH_HEX || !get_time(value, "made", &invite->made_ms)) {
		free(invite);
		return false;
	}
	SET(invite->hash, key);
	HASH_ADD_STR(directory->invites, hash, invite);
	return true;
}

static bool read_class(struct directory *directory, const char *key, const cJSON *value)
{
	struct class_entry entry = { 0 };

	if (strlen(key) != CODE_CHARS || !GET(value, "id", entry.id) || !GET(value, "wall", entry.wall) ||
		!GET(value, "account", entry.account) || !GET(value, "owner", entry.owner) ||
		!GET(value, "title", entry.title) || !get_time(value, "at", &entry.at_ms))
		return false;
	SET(entry.code, key);
	directory_add_class(directory, &entry);
	return true;
}

struct reading {
	struct directory *directory;
	bool (*read)(struct directory *directory, const char *key, const cJSON *value);
	bool good;
};

static void on_row(const struct log_row *row, void *ctx)
{
	struct reading *reading = ctx;
	enum json_verdict verdict;
	cJSON *value;

	if (!row)
		return;
	value = json_parse(row->value, strlen(row->value), &json_limits_server, &verdict);
	if (!value || !reading->read(reading->directory, row->key, value))
		reading->good = false;
	cJSON_Delete(value);
}

struct directory *directory_open(struct store *store, const struct limits *limits)
{
	/* A session or invite that is damaged is one that has ended: its owner signs in again. */
	static const struct {
		const char *kind;
		bool (*read)(struct directory *directory, const char *key, const cJSON *value);
		bool needed;
	} kinds[] = {
		{ "account", read_account, true },
		{ "class", read_class, true },
		{ "session", read_session, false },
		{ "invite", read_invite, false },
	};
	struct directory *directory = allocate(sizeof *directory);

	if (sodium_init() < 0)
		abort();
	directory->store = store;
	directory->limits = limits;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct reading reading = { .directory = directory, .read = kinds[i].read, .good = true };
		bool whole = store->ops->read_directory(store, kinds[i].kind, on_row, &reading);

		if (kinds[i].needed && (!whole || !reading.good)) {
			directory_free(directory);
			return NULL;
		}
	}
	return directory;
}

/* ------------------------------------------------------------------------------------------------ writes */

static struct write *write_new(struct directory *directory, directory_on_done *on_done, void *ctx)
{
	struct write *write = allocate(sizeof *write);

	write->directory = directory;
	write->on_done = on_done;
	write->ctx = ctx;
	DL_APPEND(directory->writes, write);
	return write;
}

static void write_free(struct write *write)
{
	DL_DELETE(write->directory->writes, write);
	for (size_t i = 0; i < write->batch.row_count; i++) {
		free((char *)write->batch.rows[i].key);
		free((char *)write->batch.rows[i].value);
	}
	free(write->batch.rows);
	free_account(write->account);
	free(write->session);
	free(write->invite);
	sodium_memzero(write->password, sizeof write->password);
	free(write);
}

/* Adds a row. Takes `value`, which is NULL to remove it; `kind` is a constant. */
static void write_row(struct write *write, const char *kind, const char *key, char *value)
{
	struct log_batch *batch = &write->batch;
	char *key_copy = strdup(key);

	batch->rows = realloc(batch->rows, (batch->row_count + 1) * sizeof *batch->rows);
	if (!key_copy || !batch->rows)
		abort();
	batch->rows[batch->row_count++] = (struct log_row){ .kind = kind, .key = key_copy, .value = value };
}

static void on_append(struct log_batch *batch, enum store_result result, void *ctx)
{
	struct write *write = ctx;
	directory_on_done *on_done = write->on_done;
	void *on_done_ctx = write->ctx;

	(void)batch;
	if (write->settle)
		write->settle(write, result);
	write_free(write);
	if (on_done)
		on_done(result, on_done_ctx);
}

/* Sends it off; without rows there is nothing to write, and nobody to call back. */
static void write_send(struct write *write)
{
	struct store *store = write->directory->store;

	if (write->batch.row_count == 0)
		write_free(write);
	else
		store->ops->append(store, &write->batch, on_append, write);
}

void directory_free(struct directory *directory)
{
	struct account_entry *account, *next_account;
	struct session *session, *next_session;
	struct invite *invite, *next_invite;
	struct ticket *ticket, *next_ticket;
	struct known_class *class, *next_class;

	if (!directory)
		return;
	/* The store is closed by now. What it has not called back about, it never will (the simulator's crash). */
	while (directory->writes)
		write_free(directory->writes);
	HASH_CLEAR(by_name, directory->accounts_by_name);
	HASH_ITER(hh, directory->accounts, account, next_account) {
		HASH_DEL(directory->accounts, account);
		free_account(account);
	}
	HASH_ITER(hh, directory->sessions, session, next_session)
		drop_session(directory, session);
	HASH_ITER(hh, directory->invites, invite, next_invite)
		drop_invite(directory, invite);
	HASH_ITER(hh, directory->tickets, ticket, next_ticket)
		drop_ticket(directory, ticket);
	HASH_ITER(hh, directory->classes, class, next_class) {
		HASH_DEL(directory->classes, class);
		free(class);
	}
	free(directory);
}

/* ------------------------------------------------------------------------------------------------ accounts and invites */

size_t directory_account_count(const struct directory *directory)
{
	return HASH_COUNT(directory->accounts);
}

const struct account *directory_account(const struct directory *directory, const char *id)
{
	struct account_entry *entry = find_account(directory, id);

	return entry ? &entry->account : NULL;
}

const struct account *directory_account_by_name(const struct directory *directory, const char *name)
{
	struct account_entry *entry = find_name(directory, name);

	return entry ? &entry->account : NULL;
}

static void settle_invite(struct write *write, enum store_result result)
{
	struct invite *invite = write->invite;

	if (result != STORE_DURABLE)
		return;
	write->invite = NULL;
	HASH_ADD_STR(write->directory->invites, hash, invite);
}

void directory_invite(struct directory *directory, char secret[44], int64_t now_ms, directory_on_done *on_done, void *ctx)
{
	struct write *write = write_new(directory, on_done, ctx);

	write->settle = settle_invite;
	write->invite = allocate(sizeof *write->invite);
	write->invite->made_ms = now_ms;
	make_secret(secret, write->invite->hash);
	write_row(write, "invite", write->invite->hash, invite_row(write->invite));
	write_send(write);
}

bool directory_invite_is_good(const struct directory *directory, const char *secret, int64_t now_ms)
{
	return find_invite(directory, secret, now_ms) != NULL;
}

static void settle_redeem(struct write *write, enum store_result result)
{
	struct directory *directory = write->directory;
	struct invite *invite;

	HASH_FIND_STR(directory->invites, write->taken, invite);
	assert(invite && invite->taken);
	switch (result) {
	case STORE_DURABLE:
		drop_invite(directory, invite);
		add_account(directory, write->account);
		write->account = NULL;
		break;
	case STORE_STALE:
	case STORE_UNAVAILABLE:
		invite->taken = false;
		break;
	case STORE_UNKNOWN:
		/* Perhaps it is used up. Nothing is written any more before a restart, which will know. */
		break;
	}
}

bool directory_redeem(struct directory *directory, const char *secret, const char *name, const char *password_hash, char id[23],
	int64_t now_ms, directory_on_done *on_done, void *ctx)
{
	struct invite *invite = find_invite(directory, secret, now_ms);
	uint8_t bytes[ID_BYTES];
	struct account *account;
	struct write *write;

	if (!invite)
		return false;
	invite->taken = true;
	write = write_new(directory, on_done, ctx);
	write->settle = settle_redeem;
	SET(write->taken, invite->hash);
	write->account = allocate(sizeof *write->account);
	account = &write->account->account;
	randombytes_buf(bytes, sizeof bytes);
	id_encode(bytes, account->id);
	SET(account->name, name);
	SET(account->password, password_hash);
	memcpy(id, account->id, sizeof account->id);
	write_row(write, "invite", invite->hash, NULL);
	write_row(write, "account", account->id, account_row(account));
	write_send(write);
	return true;
}

static void settle_password(struct write *write, enum store_result result)
{
	struct directory *directory = write->directory;
	struct account_entry *entry = find_account(directory, write->id);

	if (result == STORE_DURABLE && entry)
		SET(entry->account.password, write->password);
}

void directory_set_password(struct directory *directory, const char *account_id, const char *password_hash,
	directory_on_done *on_done, void *ctx)
{
	struct account_entry *entry = find_account(directory, account_id);
	struct write *write = write_new(directory, on_done, ctx);
	struct session *session, *next;
	struct account changed;

	assert(entry);
	write->settle = settle_password;
	SET(write->id, account_id);
	SET(write->password, password_hash);
	changed = entry->account;
	SET(changed.password, password_hash);
	write_row(write, "account", account_id, account_row(&changed));
	HASH_ITER(hh, directory->sessions, session, next) {
		if (strcmp(session->account, account_id))
			continue;
		write_row(write, "session", session->hash, NULL);
		drop_session(directory, session);
	}
	sodium_memzero(&changed, sizeof changed);
	write_send(write);
}

/* ------------------------------------------------------------------------------------------------ sessions and tickets */

static void settle_sign_in(struct write *write, enum store_result result)
{
	struct session *session = write->session;

	if (result != STORE_DURABLE)
		return;
	write->session = NULL;
	HASH_ADD_STR(write->directory->sessions, hash, session);
}

void directory_sign_in(struct directory *directory, const char *account_id, char token[44], int64_t now_ms,
	directory_on_done *on_done, void *ctx)
{
	struct write *write = write_new(directory, on_done, ctx);
	struct session *session = allocate(sizeof *session);

	write->settle = settle_sign_in;
	write->session = session;
	SET(session->account, account_id);
	session->made_ms = session->seen_ms = session->written_ms = now_ms;
	make_secret(token, session->hash);
	write_row(write, "session", session->hash, session_row(session));
	write_send(write);
}

const struct account *directory_session(struct directory *directory, const char *token, int64_t now_ms)
{
	struct session *session = find_session(directory, token);
	struct account_entry *entry = session ? find_account(directory, session->account) : NULL;

	if (!entry || session_is_over(directory, session, now_ms))
		return NULL;
	if (now_ms > session->seen_ms)
		session->seen_ms = now_ms;
	if (session->seen_ms - session->written_ms >= SESSION_WRITE_MS) {
		struct write *write = write_new(directory, NULL, NULL);

		/* Should it fail, the session is an hour older after a restart: not worth another try. */
		session->written_ms = session->seen_ms;
		write_row(write, "session", session->hash, session_row(session));
		write_send(write);
	}
	return &entry->account;
}

void directory_sign_out(struct directory *directory, const char *token, directory_on_done *on_done, void *ctx)
{
	struct write *write = write_new(directory, on_done, ctx);
	struct session *session = find_session(directory, token);
	char hash[HASH_HEX + 1];

	/* Also when there is none: the caller is called back, and time tells nothing. */
	directory_hash(token, hash);
	write_row(write, "session", hash, NULL);
	if (session)
		drop_session(directory, session);
	write_send(write);
}

bool directory_ticket(struct directory *directory, const char *account_id, const char *code, char ticket[44], int64_t now_ms)
{
	struct ticket *entry;

	if (!find_account(directory, account_id) || !directory_class(directory, code))
		return false;
	entry = allocate(sizeof *entry);
	SET(entry->account, account_id);
	SET(entry->code, code);
	entry->until_ms = now_ms + directory->limits->ticket_ms;
	make_secret(ticket, entry->hash);
	HASH_ADD_STR(directory->tickets, hash, entry);
	return true;
}

const struct account *directory_use_ticket(struct directory *directory, const char *ticket, const char *code, int64_t now_ms)
{
	struct account_entry *account;
	char hash[HASH_HEX + 1];
	struct ticket *entry;
	bool good;

	if (!secret_is_valid(ticket, strlen(ticket)))
		return NULL;
	directory_hash(ticket, hash);
	HASH_FIND_STR(directory->tickets, hash, entry);
	if (!entry)
		return NULL;
	good = now_ms < entry->until_ms && !strcmp(entry->code, code);
	account = find_account(directory, entry->account);
	drop_ticket(directory, entry);
	return good && account ? &account->account : NULL;
}

/* ------------------------------------------------------------------------------------------------ classes */

const struct class_entry *directory_class(const struct directory *directory, const char *code)
{
	struct known_class *class;

	HASH_FIND(hh, directory->classes, code, strlen(code), class);
	return class ? &class->entry : NULL;
}

void directory_add_class(struct directory *directory, const struct class_entry *entry)
{
	struct known_class *class = allocate(sizeof *class);

	assert(!directory_class(directory, entry->code));
	class->entry = *entry;
	HASH_ADD_STR(directory->classes, entry.code, class);
}

size_t directory_classes_of(const struct directory *directory, const char *account_id, const struct class_entry **out, size_t cap)
{
	struct known_class *class, *next;
	size_t count = 0;

	HASH_ITER(hh, directory->classes, class, next) {
		size_t at = count;

		if (strcmp(class->entry.account, account_id))
			continue;
		while (at > 0 && out[at - 1]->at_ms < class->entry.at_ms)
			at--;
		if (at == cap)
			continue;
		if (count < cap)
			count++;
		memmove(out + at + 1, out + at, (count - 1 - at) * sizeof *out);
		out[at] = &class->entry;
	}
	return count;
}

/* ------------------------------------------------------------------------------------------------ time */

void directory_tick(struct directory *directory, int64_t now_ms)
{
	struct write *write = write_new(directory, NULL, NULL);
	struct session *session, *next_session;
	struct invite *invite, *next_invite;
	struct ticket *ticket, *next_ticket;

	HASH_ITER(hh, directory->sessions, session, next_session) {
		if (!session_is_over(directory, session, now_ms))
			continue;
		write_row(write, "session", session->hash, NULL);
		drop_session(directory, session);
	}
	HASH_ITER(hh, directory->invites, invite, next_invite) {
		if (invite->taken || now_ms - invite->made_ms < directory->limits->invite_ms)
			continue;
		write_row(write, "invite", invite->hash, NULL);
		drop_invite(directory, invite);
	}
	HASH_ITER(hh, directory->tickets, ticket, next_ticket)
		if (now_ms >= ticket->until_ms)
			drop_ticket(directory, ticket);
	write_send(write);
}
