/* Who is it? One hello per socket; the answer fixes the connection's class, member and role for its life.
 *
 * Wrong codes cost the guesser and never the class: answers to them are delayed once an address, or all addresses together, have guessed too often. A right code is never delayed. */
#include "server/session/internal.h"
#include "proto/json.h"
#include <stdlib.h>
#include <string.h>

enum { DELAY_MAX_MS = 5000, ALL_GUESSES_PER_S = 20, HELLOS_MAX = 20 };

/* Wrong codes of one address. */
struct guesses {
	char address[ADDRESS_CAP];
	struct bucket bucket;
	int64_t last_ms;
	UT_hash_handle hh;
};

static void refuse(struct conn *conn, const struct refused *refused, uint16_t close_code)
{
	struct buf text = { 0 };
	write_no(&text, "", refused);
	hold_text(conn, &text); /* never held up when it closes: then it rests on nothing of the class */
	buf_release(&text);
	conn->opened_ms = conn->hub->mono_ms; /* a person is typing: the deadline starts again */
	conn->refused_hellos++;
	if (close_code)
		conn_close(conn, close_code, "");
}

/* ---- wrong codes ---- */

static int64_t guess_delay(struct conn *conn)
{
	struct hub *hub = conn->hub;
	struct guesses *guesses;
	HASH_FIND_STR(hub->guesses, conn->address, guesses);
	if (!guesses) {
		guesses = calloc(1, sizeof *guesses);
		if (!guesses)
			abort();
		strcpy(guesses->address, conn->address);
		HASH_ADD_STR(hub->guesses, address, guesses);
	}
	guesses->last_ms = hub->mono_ms;
	int64_t own = bucket_take(&guesses->bucket, hub->limits->wrong_codes_per_min, hub->limits->wrong_codes_per_min, 1, hub->mono_ms);
	int64_t all = bucket_take(&hub->all_guesses, ALL_GUESSES_PER_S * 60, ALL_GUESSES_PER_S, 1, hub->mono_ms);
	int64_t delay = own > all ? own : all;
	return delay > DELAY_MAX_MS ? DELAY_MAX_MS : delay;
}

void hello_tick(struct hub *hub)
{
	enum { FORGET_MS = 120 * 1000 };
	struct guesses *guesses, *next;
	HASH_ITER(hh, hub->guesses, guesses, next)
	{
		if (hub->stopping || hub->mono_ms - guesses->last_ms > FORGET_MS) {
			HASH_DEL(hub->guesses, guesses);
			free(guesses);
		}
	}
}

void hello_answer_delayed(struct conn *conn)
{
	conn->answer_at_ms = 0;
	refuse(conn, &(struct refused){ .code = REFUSE_NOT_FOUND, .say = "not_found.class" }, conn->close_after_answer ? 4429 : 0);
}

static void wrong_code(struct conn *conn)
{
	int64_t delay = guess_delay(conn);
	conn->close_after_answer = ++conn->wrong_codes >= conn->hub->limits->wrong_codes_per_socket;
	if (delay)
		conn->answer_at_ms = conn->hub->mono_ms + delay;
	else
		hello_answer_delayed(conn);
}

/* ---- reading it ---- */

void hello_free(struct hello *hello)
{
	if (hello)
		cJSON_Delete(hello->open);
	free(hello);
}

static bool read_shape(struct conn *conn, const cJSON *message, const char **secret, const char **ticket)
{
	static const char *const keys[] = { "t", "v", "class", "secret", "name", "ticket", "open", NULL };
	const char *s;
	size_t n;
	struct refused refused = { .code = REFUSE_BAD_SHAPE };
	bool has_secret = json_has(message, "secret"), has_ticket = json_has(message, "ticket");
	*secret = *ticket = NULL;
	if (!json_only(message, keys) || !json_has(message, "class") || has_secret == has_ticket || (has_ticket && json_has(message, "name"))) {
		refuse(conn, &refused, 0);
		return false;
	}
	refused.code = REFUSE_BAD_TYPE;
	if (!json_str(message, "class", &s, &n) || (json_has(message, "open") && !json_array(message, "open")) || (json_has(message, "name") && !json_str(message, "name", &s, &n)) ||
	    (has_secret && !json_str(message, "secret", secret, &n)) || (has_ticket && !json_str(message, "ticket", ticket, &n))) {
		refuse(conn, &refused, 0);
		return false;
	}
	refused.code = REFUSE_BAD_VALUE;
	if (!secret_is_valid(has_secret ? *secret : *ticket, n)) {
		refused.field = has_secret ? "secret" : "ticket";
		refuse(conn, &refused, 0);
		return false;
	}
	return true;
}

/* Fills in who it will be. False after a refusal. */
static bool read_credential(struct conn *conn, const cJSON *message, const struct class_entry *entry, const char *secret, const char *ticket)
{
	struct hello *hello = calloc(1, sizeof *hello);
	const char *name;
	size_t n;
	if (!hello)
		abort();
	hello->open = cJSON_Duplicate(json_get(message, "open"), true);
	if (secret) {
		directory_hash(secret, hello->secret_hash);
		hello->has_name = json_str(message, "name", &name, &n);
		if (hello->has_name && n < sizeof hello->name)
			memcpy(hello->name, name, n + 1);
		conn->hello = hello;
		return true;
	}
	const struct account *account = directory_use_ticket(conn->hub->config.directory, ticket, entry->code, conn->hub->now_ms);
	if (!account || strcmp(account->id, entry->account) != 0) {
		hello_free(hello);
		refuse(conn, &(struct refused){ .code = REFUSE_AUTH }, 4401);
		return false;
	}
	strcpy(conn->account, account->id);
	strcpy(hello->member, entry->owner);
	conn->hello = hello;
	return true;
}

void hello_handle(struct conn *conn, const cJSON *message)
{
	struct hub *hub = conn->hub;
	const char *code, *secret, *ticket;
	char normal[CODE_CHARS + 1];
	int64_t version;
	size_t n;
	if (conn->state != CONN_NEW || conn->answer_at_ms) {
		conn_close(conn, 4400, ""); /* a second hello while the first is being answered */
		return;
	}
	if (conn->refused_hellos >= HELLOS_MAX) {
		conn_close(conn, 4429, "");
		return;
	}
	if (!json_int(message, "v", 1, 1, &version)) {
		refuse(conn, &(struct refused){ .code = json_has(message, "v") ? REFUSE_BAD_VALUE : REFUSE_BAD_SHAPE, .field = "v" }, 4426);
		return;
	}
	if (!read_shape(conn, message, &secret, &ticket))
		return;
	json_str(message, "class", &code, &n);
	const struct class_entry *entry = code_normalise(code, n, normal) ? directory_class(hub->config.directory, normal) : NULL;
	if (!entry) {
		wrong_code(conn);
		return;
	}
	if (!read_credential(conn, message, entry, secret, ticket))
		return;
	conn->state = CONN_LOADING;
	hub->unknown_count--;
	struct class *class = class_get(hub, entry);
	conn_join_class(conn, class);
	if (class->loaded)
		hello_continue(conn, true);
}

/* ---- coming in ---- */

static void back_to_the_door(struct conn *conn, const struct refused *refused)
{
	refuse(conn, refused, 0); /* while it still belongs to the class whose state this rests on */
	conn_leave_class(conn);
	conn->state = CONN_NEW;
	conn->hub->unknown_count++;
}

/* A new secret: a new member, if the class takes one. */
static bool join(struct conn *conn, struct member **member)
{
	struct hub *hub = conn->hub;
	struct class *class = conn->class;
	struct document *document = class_document(class, "class");
	const struct object *object = doc_find(document->doc, "class");
	struct hello *hello = conn->hello;
	struct refused refused = { 0 };
	struct buf name = { 0 };
	if (!hello->has_name)
		refused = (struct refused){ .code = REFUSE_BAD_VALUE, .say = "name.missing", .field = "name" };
	else if (hub->fault != STORE_FINE || document->damaged)
		refused = (struct refused){ .code = REFUSE_READONLY, .say = fault_sentence(document->damaged ? STORE_DAMAGED : hub->fault), .retry_ms = 5000 };
	else if (object && !strcmp(object_str(object, CLASS_DOOR), "closed"))
		refused = (struct refused){ .code = REFUSE_DOOR };
	else if ((int64_t)HASH_COUNT(class->secrets) >= hub->limits->members_per_class)
		refused = (struct refused){ .code = REFUSE_QUOTA, .say = "quota.members", .max = hub->limits->members_per_class };
	else
		class_free_name(class, hello->name, strlen(hello->name), NULL, &name, &refused);
	if (refused.code) {
		back_to_the_door(conn, &refused);
		buf_release(&name);
		return false;
	}
	struct secret *secret = calloc(1, sizeof *secret);
	struct op op;
	struct buf key = { 0 };
	if (!secret)
		abort();
	strcpy(secret->hash, hello->secret_hash);
	hub_random_id(hub, secret->member);
	HASH_ADD_STR(class->secrets, hash, secret);
	decide_join(secret->member, name.s, ROLE_MEMBER, hub->now_ms, &op);
	class_change(class, document, &op, &(struct step_source){ .actor = secret->member, .at_ms = hub->now_ms, .first = true });
	buf_str(&key, class->id);
	buf_char(&key, ':');
	buf_str(&key, secret->hash);
	batch_add_row(class, "secret", key.s, secret->member);
	*member = class_member(class, secret->member);
	buf_release(&key);
	buf_release(&name);
	return true;
}

static bool find_member(struct conn *conn, struct member **member)
{
	struct secret *secret = NULL;
	if (*conn->hello->member)
		*member = class_member(conn->class, conn->hello->member);
	else {
		HASH_FIND_STR(conn->class->secrets, conn->hello->secret_hash, secret);
		if (!secret)
			return join(conn, member);
		*member = class_member(conn->class, secret->member);
	}
	if ((*member)->role != ROLE_NONE)
		return true;
	back_to_the_door(conn, &(struct refused){ .code = REFUSE_AUTH });
	return false;
}

/* A member's fifth socket: the one that has been quiet longest gives way. */
static void make_room(struct member *member, int64_t sockets_max)
{
	while (member->conn_count >= sockets_max || member->conn_count == SOCKETS_MAX) {
		struct conn *oldest = member->conns[0];
		for (int c = 1; c < member->conn_count; c++)
			if (member->conns[c]->active_ms < oldest->active_ms)
				oldest = member->conns[c];
		conn_close(oldest, 1013, "");
	}
}

static void welcome(struct conn *conn)
{
	struct hub *hub = conn->hub;
	struct buf text = { 0 };
	buf_str(&text, "{\"t\":\"welcome\",\"v\":1,\"minor\":1,\"build\":");
	buf_json_string(&text, hub->config.build, strlen(hub->config.build));
	buf_str(&text, ",\"now\":");
	buf_int(&text, hub->now_ms);
	buf_str(&text, ",\"class\":\"");
	buf_str(&text, conn->class->code);
	buf_str(&text, "\",\"me\":\"");
	buf_str(&text, conn->member->id);
	buf_str(&text, "\",\"role\":\"");
	buf_str(&text, role_names[conn->member->role]);
	buf_str(&text, "\",\"start\":\"");
	buf_str(&text, conn->class->start);
	buf_str(&text, "\"}");
	hold_text(conn, &text);
	if (hub->fault != STORE_FINE) {
		buf_reset(&text);
		buf_str(&text, "{\"t\":\"notice\",\"readonly\":true,\"say\":\"");
		buf_str(&text, fault_sentence(hub->fault));
		buf_str(&text, "\",\"args\":{}}");
		hold_text(conn, &text);
	}
	buf_release(&text);
}

void hello_continue(struct conn *conn, bool loaded)
{
	struct member *member;
	if (!loaded) {
		refuse(conn, &(struct refused){ .code = REFUSE_BUSY, .retry_ms = 2000 }, 1013);
		return;
	}
	if (!find_member(conn, &member))
		return;
	make_room(member, conn->hub->limits->sockets_per_member);
	conn->member = member;
	member->conns[member->conn_count++] = conn;
	conn->state = CONN_READY;
	conn->active_ms = conn->hub->mono_ms;
	welcome(conn);
	presence_came(conn);
	struct hello *hello = conn->hello;
	conn->hello = NULL;
	message_open_all(conn, hello->open);
	hello_free(hello);
}
