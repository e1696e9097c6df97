/*
 * The real hub on a store in memory, with up to six people whose messages the input writes: a small language, one action a line, so that a fuzzer's cuts and copies stay meaningful.
 *
 *     a…f TEXT     sends TEXT as a message of that person, as it is
 *     A…F h o - c u ~    says hello, opens its documents from what it has, hangs up, stops reading, reads on, shows a sign of life
 *     A…F + CMD ARGS     sends a command under a new id; = instead of + under the id before. For the document of its kind; one for any goes to the canvas, with * to the wall and with % to the class
 *     A…F ? TYPE REST    asks a question under a new id: {"t":TYPE,"id":…REST}
 *     .   lets everything be done that waits;   ;   one turn of the loop;   w N   N seconds pass;   s N   the store finishes one piece of work, with result N;   ! N   the store's fault is N from now on
 *     r   the server is killed and started anew;   ^ BODY   the same, and BODY has got into the log of the wall
 *
 * In texts, $c is the code of the class, $w its wall, $v its canvas, $x a canvas that only instructors see, $T a team, $0 … $9 ids, $i a new id, $l the last one, $s the secret of d, $z that of a stranger, $t a ticket, $m who one is, $p who d is.
 * a and b are the class's owner, the others members; everybody may read the canvas, and the team write there.
 *
 * Checked all the time: every message is valid and within its limits, honest clients find neither a gap nor a wrong digest, nobody of the class sees what is held, hidden or deleted, nor a
 * word of the canvas that is the instructors'. Checked whenever all is done: every command and every question has its answer. At the end: everybody who has the documents open has what somebody new is given; and after a restart the log makes the same documents, counters included, and a command sent again has its first answer.
 *
 * FUZZ_SHOW=1 prints what everybody is told, to see what an input leads to.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

#include "client-cli/model.h"
#include "proto/ids.h"
#include "proto/json.h"
#include "proto/template.h"
#include "server/room/view.h"
#include "server/session/directory.h"
#include "server/session/hub.h"

enum { PEOPLE = 6, OWNERS = 2, ACTIONS_MAX = 200, MESSAGE_MAX = 70000, REPLICAS = 3 };

static const char secret_word[] = "Quetzalcoatl";

struct person {
	struct conn *conn; /* NULL: not connected */
	struct model model;
	bool is_welcome, is_reading, is_clogged, wants_writable;
	bool is_early;     /* has sent a command before `welcome` came: it may be answered or not */
	bool is_odd;       /* has opened documents from anywhere: gaps are its own fault */
	uint16_t closed;   /* to be disconnected */
	char asked[ACTIONS_MAX][ID_CHARS + 1]; /* commands and questions without answer */
	size_t asked_count;
	char maybe[ACTIONS_MAX][ID_CHARS + 1]; /* questions that may be too malformed to be answered by their id */
	size_t maybe_count;
};

/* The newest post.add, and whether it was answered with ok. */
struct added {
	struct person *person;
	struct buf text;
	char id[ID_CHARS + 1], me[ID_CHARS + 1];
	bool is_ok, is_ok_again;
};

static struct {
	struct store *store;
	struct limits limits;
	struct directory *directory;
	struct hub *hub;
	int64_t mono_ms, now_ms;
	uint64_t random;
	uint32_t next_id;
	char account[23], code[8], wall[23], class_id[23], last_id[ID_CHARS + 1], canvas[ID_CHARS + 1], closed_canvas[ID_CHARS + 1], team[ID_CHARS + 1];
	bool is_damaged; /* the log holds what no server wrote */
	bool is_open;    /* instructors have spoken of the canvas that is theirs: they may have opened it */
	struct template template;
	const struct template *templates[2];
	struct added added;
	struct person people[PEOPLE];
} world;

/* ---- what clients see ---- */

static const char *str(const cJSON *json, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
	return s ? s : "";
}

static struct replica *canvas_of(struct person *person)
{
	return model_replica(&person->model, world.canvas);
}

/* Of the wall and the canvas, a member's shared copy has only what anybody may read. */
static void check_shared(struct person *person)
{
	const struct replica *canvas = canvas_of(person);

	if (person->model.role != ROLE_MEMBER || world.is_damaged)
		return;
	for (const struct object *object = canvas ? doc_first(canvas->shared) : NULL; object; object = object_next(object)) {
		int deleted = kind_field(object->kind, "deleted");
		assert(deleted < 0 || !*object_str(object, deleted));
		assert(object->kind != KIND_NOTE || !strcmp(object_str(object, NOTE_NAMES), "named") || !*object_str(object, NOTE_AUTHOR));
	}
	for (const struct object *object = doc_first(person->model.wall.shared); object; object = object_next(object)) {
		assert(object->kind != KIND_REVISION);
		if (object->kind != KIND_POST)
			continue;
		assert(!strcmp(object_str(object, POST_STATE), "shown") && !*object_str(object, POST_REASON) && !*object_str(object, POST_DELETED));
		assert(strcmp(object_str(object, POST_NAMES), "hidden") || !*object_str(object, POST_AUTHOR));
	}
}

static bool is_maybe(const struct person *person, const char *id)
{
	for (size_t m = 0; m < person->maybe_count; m++)
		if (!strcmp(person->maybe[m], id))
			return true;
	return false;
}

static void answered(struct person *person, const char *id)
{
	for (size_t a = 0; a < person->asked_count; a++)
		if (!strcmp(person->asked[a], id)) {
			memmove(person->asked[a], person->asked[a + 1], (--person->asked_count - a) * sizeof person->asked[0]);
			return;
		}
	assert(person->is_early || is_maybe(person, id) || !"an answer to what was not asked");
}

/* What answers a question comes in parts. */
static bool is_answer(const char *type)
{
	return !strcmp(type, "history") || !strcmp(type, "moment") || !strcmp(type, "file");
}

/* The past, too, tells nobody what they may not know. */
static void check_moment(const struct person *person, const cJSON *message)
{
	const cJSON *object;

	if (person->model.role != ROLE_MEMBER || world.is_damaged)
		return;
	cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(message, "objects"))
	{
		const cJSON *fields = cJSON_GetObjectItemCaseSensitive(object, "fields");
		const char *kind = str(object, "kind"), *names = str(fields, "names");
		assert(strcmp(kind, "revision") && !*str(fields, "deleted") && !*str(fields, "reason"));
		assert((strcmp(kind, "post") && strcmp(kind, "note")) || !strcmp(names, "named") || !*str(fields, "author"));
		assert(strcmp(kind, "post") || !strcmp(str(fields, "state"), "shown"));
	}
}

static void note_added(const struct person *person, const cJSON *message)
{
	struct added *added = &world.added;

	if (person != added->person || strcmp(added->id, str(message, "id")) || strcmp(str(message, "t"), "ok"))
		return;
	added->is_ok_again = added->is_ok && !strcmp(added->me, person->model.me);
	if (!added->is_ok)
		strcpy(added->me, person->model.me);
	added->is_ok = true;
}

static void take(struct person *person, const cJSON *message)
{
	const char *type = str(message, "t");
	struct replica *where;

	if (!strcmp(type, "welcome")) {
		assert(model_welcome(&person->model, message));
		person->is_welcome = true;
	} else if (!strcmp(type, "ok") || (!strcmp(type, "no") && *str(message, "id"))) {
		answered(person, str(message, "id"));
		note_added(person, message);
	} else if (is_answer(type)) {
		check_moment(person, message);
		if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(message, "last")))
			answered(person, str(message, "id"));
	} else if (!strcmp(type, "no") && *str(message, "doc")) {
		model_refuse(&person->model, str(message, "doc"));
	} else if (strcmp(type, "no") && strcmp(type, "pong")) {
		enum model_verdict verdict = model_take(&person->model, type, message, &where);
		assert(verdict < MODEL_REOPEN || person->is_odd || !strcmp(type, "reload"));
		/* Of the canvas one may be told to drop it for good: the other two are read on. */
		person->is_reading = person->is_reading && (strcmp(type, "reload") || (where && where == canvas_of(person)));
		check_shared(person);
	}
}

/* ---- the transport ---- */

static bool on_write(void *peer, const uint8_t *bytes, size_t n)
{
	struct person *person = peer;

	assert(!person->closed && !person->is_clogged);
	while (n) {
		assert(n >= 2 && !(bytes[1] & 0x80) && (bytes[0] == 0x81 || bytes[0] == 0x89));
		size_t header = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10, size = bytes[1];
		assert(header <= n);
		if (size == 126)
			size = (size_t)bytes[2] << 8 | bytes[3];
		else if (size == 127)
			size = (size_t)bytes[7] << 16 | (size_t)bytes[8] << 8 | bytes[9];
		assert(header + size <= n && header + size <= 64 * 1024);
		if (bytes[0] == 0x81) {
			enum json_verdict verdict;
			cJSON *message = json_parse((const char *)bytes + header, size, &json_limits_server, &verdict);
			if (getenv("FUZZ_SHOW"))
				fprintf(stderr, "%c < %.*s\n", (int)('a' + (person - world.people)), (int)size, (const char *)bytes + header);
			assert(cJSON_IsObject(message));
			assert(world.is_open || person < &world.people[OWNERS] || person->model.role != ROLE_MEMBER || !memmem(bytes + header, size, secret_word, sizeof secret_word - 1));
			take(person, message);
			cJSON_Delete(message);
		}
		bytes += header + size;
		n -= header + size;
	}
	return true;
}

static bool on_busy(void *peer)
{
	return ((struct person *)peer)->is_clogged;
}

static void on_want_writable(void *peer)
{
	((struct person *)peer)->wants_writable = true;
}

static void on_close(void *peer, uint16_t code, const char *reason)
{
	struct person *person = peer;

	assert(!person->closed && code >= 1000 && code < 5000 && strlen(reason) <= 123);
	person->closed = code;
}

static uint64_t on_now_ns(void)
{
	return (uint64_t)world.mono_ms * 1000000;
}

static const struct transport transport = { on_write, on_busy, on_want_writable, on_close, on_now_ns };

static void on_random(uint8_t *bytes, size_t n, void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		world.random = world.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's */
		bytes[i] = (uint8_t)(world.random >> 56);
	}
}

/* ---- people ---- */

/* What the model holds is worth keeping for the next connection, unless it was got by odd means. */
static void forget_oddities(struct person *person)
{
	if (!person->is_odd)
		return;
	model_release(&person->model);
	model_init(&person->model);
	person->is_odd = false;
}

static void hang_up(struct person *person)
{
	if (!person->conn)
		return;
	hub_disconnect(world.hub, person->conn, world.mono_ms);
	person->conn = NULL;
	person->is_welcome = person->is_early = person->is_reading = person->is_clogged = person->wants_writable = false;
	person->asked_count = person->maybe_count = 0;
	person->closed = 0;
	forget_oddities(person);
}

static void hang_up_closed(void)
{
	for (int p = 0; p < PEOPLE; p++)
		if (world.people[p].closed)
			hang_up(&world.people[p]);
}

static bool is_there(struct person *person)
{
	if (!person->conn && (person->conn = hub_connect(world.hub, person, "192.0.2.1", world.mono_ms)))
		person->closed = 0;
	return person->conn && !person->closed;
}

static void send_text(struct person *person, const char *text, size_t n)
{
	char *copy = fuzz_exact(text, n);

	hub_message(world.hub, person->conn, copy, n, world.mono_ms, world.now_ms);
	free(copy);
}

/* The same id again is no news; with another body it cannot be told which of them an answer is for. */
static void foresee_added(struct person *person, const char *id, const char *text, size_t n)
{
	struct added *added = &world.added;

	if (!strcmp(added->id, id)) {
		if (added->text.n != n || memcmp(added->text.s, text, n))
			added->person = NULL;
		return;
	}
	buf_release(&added->text);
	*added = (struct added){ .person = person };
	strcpy(added->id, id);
	buf_add(&added->text, text, n);
}

/* Notes what an arbitrary message leads to, as far as it must be known to judge what follows. */
static void foresee(struct person *person, const char *text, size_t n)
{
	enum json_verdict verdict;
	cJSON *message = json_parse(text, n, NULL, &verdict);
	const char *type = str(message, "t"), *id = str(message, "id");

	if (!strcmp(type, "open") || !strcmp(type, "close") || !strcmp(type, "hello")) {
		person->is_odd = true;
		person->is_reading = false;
	}
	if ((is_answer(type) || !strcmp(type, "export")) && id_is_valid(id, strlen(id)) && person->maybe_count < ACTIONS_MAX)
		memcpy(person->maybe[person->maybe_count++], id, ID_CHARS + 1);
	if (!strcmp(type, "do") && !person->is_welcome) {
		person->is_early = true;
	} else if (!strcmp(type, "do") && id_is_valid(id, strlen(id))) {
		memcpy(person->asked[person->asked_count++], id, ID_CHARS + 1);
		if (!strcmp(str(message, "cmd"), "post.add"))
			foresee_added(person, id, text, n);
	}
	cJSON_Delete(message);
}

static void send_any(struct person *person, const struct buf *text)
{
	if (!is_there(person) || text->n > MESSAGE_MAX)
		return;
	if (person < &world.people[OWNERS] && text->n && memmem(text->s, text->n, world.closed_canvas, ID_CHARS))
		world.is_open = true;
	foresee(person, buf_cstr(text), text->n);
	send_text(person, buf_cstr(text), text->n);
}

/* ---- texts ---- */

static const char *number_id(uint32_t n)
{
	static char id[ID_CHARS + 1];
	uint8_t bytes[ID_BYTES] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16) };

	id_encode(bytes, id);
	return id;
}

static const char *new_id(void)
{
	strcpy(world.last_id, number_id(1000 + world.next_id++));
	return world.last_id;
}

static const char *secret(size_t person)
{
	static char text[SECRET_CHARS + 1];
	uint8_t bytes[SECRET_BYTES] = { (uint8_t)person, 1 };

	secret_encode(bytes, text);
	return text;
}

static const char *ticket(void)
{
	static char text[44];
	assert(directory_ticket(world.directory, world.account, world.code, text, world.now_ms));
	return text;
}

/* NULL: nothing has that name. */
static const char *filled_in(char what, const struct person *person)
{
	switch (what) {
	case 'c':
		return world.code;
	case 'w':
		return world.wall;
	case 'v':
		return world.canvas;
	case 'x':
		return world.closed_canvas;
	case 'T':
		return world.team;
	case 'p':
		return world.people[3].model.me;
	case 'i':
		return new_id();
	case 'l':
		return world.last_id;
	case 's':
		return secret(3);
	case 'z':
		return secret(99);
	case 't':
		return ticket();
	case 'm':
		return person ? person->model.me : "";
	default:
		return what >= '0' && what <= '9' ? number_id((uint32_t)what - '0') : NULL;
	}
}

static void fill_in(struct fuzz_input in, const struct person *person, struct buf *out)
{
	buf_reserve(out, in.n + 1);
	while (in.n) {
		char c = (char)fuzz_byte(&in);
		const char *text = c == '$' && in.n ? filled_in((char)*in.at, person) : NULL;
		if (text) {
			fuzz_byte(&in);
			buf_str(out, text);
		} else {
			buf_char(out, c);
		}
	}
}

/* ---- honest actions ---- */

static void say_hello(struct person *person)
{
	size_t p = (size_t)(person - world.people);
	struct buf text = { 0 };

	if (person->is_welcome || !is_there(person))
		return;
	buf_str(&text, "{\"t\":\"hello\",\"v\":1,\"class\":\"");
	buf_str(&text, world.code);
	buf_str(&text, p < OWNERS ? "\",\"ticket\":\"" : "\",\"secret\":\"");
	buf_str(&text, p < OWNERS ? ticket() : secret(p));
	if (p >= OWNERS) {
		buf_str(&text, "\",\"name\":\"Person ");
		buf_char(&text, (char)('A' + p));
	}
	buf_str(&text, "\"}");
	send_text(person, text.s, text.n);
	buf_release(&text);
}

/* Kept for as long as the model is; whether it may be read is another matter. */
static struct replica *enter_canvas(struct person *person)
{
	bool fresh;
	struct replica *canvas = canvas_of(person);

	return canvas ? canvas : model_enter(&person->model, world.canvas, &fresh);
}

static void open_all(struct person *person)
{
	struct replica *replicas[REPLICAS] = { &person->model.class_doc, &person->model.wall, enter_canvas(person) };
	struct buf text = { 0 };

	for (int r = 0; r < REPLICAS && person->is_welcome && is_there(person); r++) {
		buf_reset(&text);
		model_open(replicas[r], NULL, &text);
		send_text(person, text.s, text.n);
	}
	person->is_reading = person->is_welcome && !person->closed;
	buf_release(&text);
}

/* The document that a command is for. */
static const char *document_of(struct fuzz_input name, char verb)
{
	for (int c = 1; c < CMD_COUNT && verb != '*' && verb != '%'; c++)
		if (strlen(command_specs[c].name) == name.n && !memcmp(command_specs[c].name, name.at, name.n))
			return command_specs[c].in == DOC_CLASS ? "class" : command_specs[c].in == DOC_WALL ? world.wall : world.canvas;
	return verb == '%' ? "class" : world.wall;
}

static void do_command(struct person *person, char verb, struct fuzz_input rest)
{
	struct fuzz_input name = fuzz_until(&rest, ' ');
	struct buf text = { 0 };

	buf_str(&text, "{\"t\":\"do\",\"id\":\"");
	buf_str(&text, verb != '=' || !*world.last_id ? new_id() : world.last_id);
	buf_str(&text, "\",\"doc\":\"");
	buf_str(&text, document_of(name, verb));
	buf_str(&text, "\",\"cmd\":\"");
	buf_add(&text, name.at, name.n);
	buf_str(&text, "\",\"args\":");
	fill_in(rest, person, &text);
	buf_char(&text, '}');
	send_any(person, &text);
	buf_release(&text);
}

static void ask(struct person *person, struct fuzz_input rest)
{
	struct fuzz_input type = fuzz_until(&rest, ' ');
	struct buf text = { 0 };

	buf_str(&text, "{\"t\":\"");
	buf_add(&text, type.at, type.n);
	buf_str(&text, "\",\"id\":\"");
	buf_str(&text, new_id());
	buf_char(&text, '"');
	fill_in(rest, person, &text);
	buf_char(&text, '}');
	send_any(person, &text);
	buf_release(&text);
}

static void read_on(struct person *person)
{
	person->is_clogged = false;
	if (person->wants_writable && is_there(person)) {
		person->wants_writable = false;
		hub_writable(world.hub, person->conn, world.mono_ms);
	}
}

static void act(struct person *person, struct fuzz_input in)
{
	switch (fuzz_byte(&in)) {
	case 'h':
		say_hello(person);
		break;
	case 'o':
		open_all(person);
		break;
	case '-':
		hang_up(person);
		break;
	case 'c':
		person->is_clogged = person->conn && !person->closed;
		break;
	case 'u':
		read_on(person);
		break;
	case '~':
		if (is_there(person))
			hub_alive(world.hub, person->conn, world.mono_ms);
		break;
	case '+':
		do_command(person, '+', in);
		break;
	case '=':
		do_command(person, '=', in);
		break;
	case '*':
		do_command(person, '*', in);
		break;
	case '%':
		do_command(person, '%', in);
		break;
	case '?':
		ask(person, in);
		break;
	}
}

/* ---- the server ---- */

static void settle(void)
{
	for (int round = 0; round < 1000; round++) {
		int delay = hub_turn(world.hub, world.mono_ms);
		hang_up_closed();
		if (!memory_store_pending(world.store) && delay != 0)
			break;
		if (memory_store_pending(world.store))
			memory_store_step(world.store, STORE_DURABLE, true);
		assert(round < 999);
	}
	hang_up_closed();
	for (int p = 0; p < PEOPLE; p++)
		assert(!world.people[p].conn || world.people[p].is_clogged || world.people[p].asked_count == 0);
}

static void wait_s(size_t seconds)
{
	for (; seconds; seconds--) {
		world.mono_ms += 1000;
		world.now_ms += 1000;
		hub_tick(world.hub, world.mono_ms, world.now_ms);
		directory_tick(world.directory, world.now_ms);
		settle();
	}
}

static void step_store(size_t choice)
{
	static const struct {
		enum store_result result;
		bool applied;
	} outcomes[] = { { STORE_DURABLE, true }, { STORE_UNKNOWN, true }, { STORE_UNKNOWN, false }, { STORE_UNAVAILABLE, false }, { STORE_STALE, false } };

	if (memory_store_pending(world.store))
		memory_store_step(world.store, outcomes[choice % 5].result, outcomes[choice % 5].applied);
}

static void start(void)
{
	world.directory = directory_open(world.store, &world.limits);
	assert(world.directory);
	world.hub = hub_new(&(struct hub_config){ .transport = &transport, .store = world.store, .directory = world.directory, .limits = &world.limits, .build = "fuzz", .random = on_random, .templates = world.templates });
}

static void stop(void)
{
	for (int p = 0; p < PEOPLE; p++)
		hang_up(&world.people[p]);
	hub_free(world.hub);
	memory_store_crash(world.store, 0);
	directory_free(world.directory);
}

struct head {
	int64_t seq;
};

static void on_head(const struct loaded_class *loaded, enum store_result result, void *ctx)
{
	struct head *head = ctx;

	for (size_t d = 0; loaded && result == STORE_DURABLE && d < loaded->document_count; d++)
		if (!strcmp(loaded->documents[d].doc_id, world.wall))
			head->seq = loaded->documents[d].head;
}

static void on_spoiled(struct log_batch *batch, enum store_result result, void *ctx)
{
	(void)batch;
	(void)ctx;
	assert(result == STORE_DURABLE || result == STORE_STALE);
}

/* As if the disk had made it up and its checksum fitted. */
static void spoil(const struct buf *body)
{
	struct head head = { 0 };
	struct log_text text = { .owner = "", .text = "spoiled", .size_bytes = 7 };

	stop();
	world.store->ops->load_class(world.store, world.class_id, on_head, &head);
	memory_store_step(world.store, STORE_DURABLE, true);
	struct log_entry entry = { .class_id = world.class_id, .doc_id = world.wall, .doc_kind = "wall", .seq = head.seq + 1, .at_ms = world.now_ms, .actor = "", .body = buf_cstr(body), .body_bytes = body->n, .texts = &text, .text_count = 1 };
	struct log_batch batch = { .entries = &entry, .entry_count = 1 };
	world.store->ops->append(world.store, &batch, on_spoiled, NULL);
	memory_store_step(world.store, STORE_DURABLE, true);
	world.is_damaged = true;
	start();
	for (int p = 0; p < PEOPLE; p++) {
		world.people[p].is_odd = true;
		forget_oddities(&world.people[p]);
	}
}

static void on_done(enum store_result result, void *ctx)
{
	(void)ctx;
	assert(result == STORE_DURABLE);
}

static void on_class(enum store_result result, const char *code, void *ctx)
{
	(void)ctx;
	assert(result == STORE_DURABLE);
	const struct class_entry *entry = directory_class(world.directory, code);
	strcpy(world.code, code);
	strcpy(world.wall, entry->wall);
	strcpy(world.class_id, entry->id);
}

static void read_template(void)
{
	static const char file[] = "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"two\",\"title\":\"Two\",\"columns\":2,\"rows\":1,\"boxes\":["
		"{\"key\":\"jobs\",\"title\":\"Jobs\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":1,\"tags\":[\"big\",\"small\"],\"links\":[{\"to\":\"jobs\",\"as\":\"note\"},{\"to\":\"gains\",\"as\":\"job-gain\"}],\"parts\":[\"for\",\"who\"]},"
		"{\"key\":\"gains\",\"title\":\"Gains\",\"col\":2,\"row\":1,\"w\":1,\"h\":1,\"order\":2,\"tags\":[\"big\"],\"parts\":[\"offer\",\"helps\"]}]}";
	struct template_fault fault;

	assert(template_read(file, sizeof file - 1, &world.template, &fault));
	world.templates[0] = &world.template;
}

/* What anybody does before the input begins. */
static void do_first(struct person *person, const char *doc, const char *cmd, const char *args)
{
	struct buf text = { 0 };

	buf_str(&text, "{\"t\":\"do\",\"id\":\"");
	buf_str(&text, number_id(500 + world.next_id++));
	buf_str(&text, "\",\"doc\":\"");
	buf_str(&text, doc);
	buf_str(&text, "\",\"cmd\":\"");
	buf_str(&text, cmd);
	buf_str(&text, "\",\"args\":");
	fill_in((struct fuzz_input){ (const uint8_t *)args, strlen(args) }, person, &text);
	buf_char(&text, '}');
	send_any(person, &text);
	settle();
	buf_release(&text);
}

/* A team of c and d, a canvas of theirs that everybody may read, and one for the instructors alone. */
static void add_canvases(void)
{
	struct person *owner = &world.people[0];

	strcpy(world.canvas, number_id(70));
	strcpy(world.team, number_id(71));
	strcpy(world.closed_canvas, number_id(72));
	for (int p = 0; p < 4; p++)
		say_hello(&world.people[p]);
	settle();
	do_first(owner, "class", "team.add", "{\"id\":\"$T\",\"name\":\"Team\"}");
	for (int p = 2; p < 4; p++) {
		struct buf args = { 0 };
		buf_str(&args, "{\"member\":\"");
		buf_str(&args, world.people[p].model.me);
		buf_str(&args, "\",\"team\":\"$T\"}");
		do_first(owner, "class", "member.place", buf_cstr(&args));
		buf_release(&args);
	}
	do_first(owner, "class", "canvas.add", "{\"id\":\"$v\",\"template\":\"two\",\"team\":\"$T\",\"see\":\"class\"}");
	do_first(owner, "class", "canvas.add", "{\"id\":\"$x\",\"template\":\"two\",\"see\":\"staff\"}");
	do_first(owner, world.closed_canvas, "note.add", "{\"id\":\"$9\",\"box\":\"jobs\",\"text\":\"Quetzalcoatl\"}");
	world.is_open = false;
	world.next_id = 0;
	*world.last_id = '\0';
	for (int p = 0; p < 4; p++)
		hang_up(&world.people[p]);
}

static void set_up(void)
{
	char invite[44];
	const struct class_request class = { .account_id = world.account, .name = "Prof. Okoro", .title = "Class", .prompt = "", .names = "named" };

	memset(&world, 0, sizeof world);
	world.mono_ms = 1000;
	world.now_ms = INT64_C(1790000000000);
	world.random = 1;
	world.store = memory_store_new();
	limits_init(&world.limits);
	for (int p = 0; p < PEOPLE; p++)
		model_init(&world.people[p].model);
	read_template();
	start();
	directory_invite(world.directory, invite, world.now_ms, on_done, NULL);
	settle();
	assert(directory_redeem(world.directory, invite, "Prof. Okoro", "", world.account, world.now_ms, on_done, NULL));
	settle();
	hub_new_class(world.hub, &class, world.now_ms, on_class, NULL);
	settle();
	add_canvases();
	/* A member for check_all, even when the door has been closed by then. */
	say_hello(&world.people[PEOPLE - 1]);
	settle();
	hang_up(&world.people[PEOPLE - 1]);
}

static void tear_down(void)
{
	stop();
	world.store->ops->close(world.store);
	template_release(&world.template);
	buf_release(&world.added.text);
	for (int p = 0; p < PEOPLE; p++)
		model_release(&world.people[p].model);
}

/* ---- the language ---- */

static void run_line(struct fuzz_input line)
{
	struct buf text = { 0 };
	bool is_known = line.n && memmem(line.at, line.n, secret_word, sizeof secret_word - 1); /* the fuzzer has learned to spell it */
	char verb = (char)fuzz_byte(&line);

	world.is_open = world.is_open || is_known;

	if (verb >= 'a' && verb < 'a' + PEOPLE) {
		fill_in(line, &world.people[verb - 'a'], &text);
		send_any(&world.people[verb - 'a'], &text);
	} else if (verb >= 'A' && verb < 'A' + PEOPLE) {
		act(&world.people[verb - 'A'], line);
	} else if (verb == '.') {
		settle();
	} else if (verb == ';') {
		hub_turn(world.hub, world.mono_ms);
	} else if (verb == 'w') {
		wait_s(fuzz_pick(&line, 64));
	} else if (verb == 's') {
		step_store(fuzz_byte(&line));
	} else if (verb == '!') {
		memory_store_set_fault(world.store, (enum store_fault)fuzz_pick(&line, STORE_BLOCKED + 1));
	} else if (verb == 'r') {
		stop();
		start();
	} else if (verb == '^' && !world.is_damaged) {
		fill_in(line, NULL, &text);
		spoil(&text);
	}
	hang_up_closed();
	buf_release(&text);
}

/* ---- at the end ---- */

/* How a person knows the three documents; of a canvas that they may not read nothing is known. */
struct standing {
	int64_t at[REPLICAS], epoch[REPLICAS];
	struct digest sum[REPLICAS];
	bool is_known, has_canvas;
};

static struct standing standing_of(struct person *person)
{
	const struct replica *replicas[REPLICAS] = { &person->model.class_doc, &person->model.wall, canvas_of(person) };
	struct standing standing = { .is_known = replicas[0]->known && replicas[1]->known };

	standing.has_canvas = replicas[2] && replicas[2]->known;
	for (int r = 0; r < (standing.has_canvas ? REPLICAS : 2); r++) {
		standing.at[r] = replicas[r]->at;
		standing.epoch[r] = replicas[r]->epoch;
		for (const struct object *object = doc_first(replicas[r]->shared); object; object = object_next(object))
			digest_add(&standing.sum[r], object_digest(object, ~(field_mask)0));
	}
	return standing;
}

static bool is_same(const struct standing *a, const struct standing *b)
{
	for (int r = 0; r < (a->has_canvas && b->has_canvas ? REPLICAS : 2); r++)
		if (a->at[r] != b->at[r] || a->epoch[r] != b->epoch[r] || !digest_equal(a->sum[r], b->sum[r]))
			return false;
	return true;
}

/* What this person is given who knows nothing. */
static struct standing standing_anew(struct person *person)
{
	hang_up(person);
	model_release(&person->model);
	model_init(&person->model);
	say_hello(person);
	settle();
	open_all(person);
	settle();
	return standing_of(person);
}

/* Everybody has what the last of their view is given anew. */
static void compare(int from, int to, struct standing *anew)
{
	struct standing had[PEOPLE];
	bool was_reading[PEOPLE];

	for (int p = from; p < to; p++) {
		had[p] = standing_of(&world.people[p]);
		was_reading[p] = world.people[p].is_reading && !world.people[p].is_odd;
	}
	*anew = standing_anew(&world.people[to - 1]);
	for (int p = from; p < to; p++)
		assert(!was_reading[p] || (world.is_damaged && !anew->is_known) || (had[p].is_known && is_same(&had[p], anew)));
}

/* After a restart, too, a command that was done is answered as it was, and not done again. */
static void check_resend(void)
{
	struct added *added = &world.added;

	if (!added->person || !added->is_ok || world.is_damaged)
		return;
	struct standing before = standing_anew(added->person);
	if (strcmp(added->person->model.me, added->me))
		return; /* it came from another's hello */
	added->is_ok_again = false;
	send_any(added->person, &added->text);
	settle();
	struct standing after = standing_of(added->person);
	assert(added->is_ok_again && is_same(&before, &after));
}

static void check_all(void)
{
	struct standing before[2], after[2];

	memory_store_set_fault(world.store, STORE_FINE);
	for (int p = 0; p < PEOPLE; p++)
		read_on(&world.people[p]);
	settle();
	compare(0, OWNERS, &before[0]);
	compare(OWNERS, PEOPLE, &before[1]);
	stop();
	start();
	after[0] = standing_anew(&world.people[OWNERS - 1]);
	after[1] = standing_anew(&world.people[PEOPLE - 1]);
	check_resend();
	for (int v = 0; v < 2; v++)
		assert(world.is_damaged || (before[v].is_known && after[v].is_known && is_same(&before[v], &after[v])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_input in = { data, n };

	set_up();
	for (int action = 0; in.n && action < ACTIONS_MAX; action++)
		run_line(fuzz_until(&in, '\n'));
	check_all();
	tear_down();
	return 0;
}
