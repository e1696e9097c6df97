/* The directory over a store in memory: what is told counts only once durable, and survives a restart; what is taken
 * away counts at once. */
#include "server/session/directory.h"
#include "tests/unit/store_help.h"

enum { NOW = 1700000000 };
#define NOW_MS (NOW * INT64_C(1000))
#define HOUR_MS INT64_C(3600000)

struct desk {
	struct bench bench;
	struct limits limits;
	struct directory *directory;
};

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);

	bench_open_memory(&desk->bench);
	limits_init(&desk->limits);
	desk->directory = directory_open(desk->bench.store, &desk->limits);
	assert_non_null(desk->directory);
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *desk = *state;

	bench_close(&desk->bench);
	directory_free(desk->directory);
	free(desk);
	return 0;
}

/* What was not durable is lost. */
static void restart(struct desk *desk)
{
	memory_store_crash(desk->bench.store, 0);
	directory_free(desk->directory);
	desk->directory = directory_open(desk->bench.store, &desk->limits);
	assert_non_null(desk->directory);
}

struct outcome {
	int calls;
	enum store_result result;
};

static void on_done(enum store_result result, void *ctx)
{
	struct outcome *outcome = ctx;

	outcome->calls++;
	outcome->result = result;
}

/* Lets the store finish its only piece of work, and expects the callback to hear of it. */
static void finish(struct desk *desk, struct outcome *outcome, enum store_result result)
{
	assert_int_equal(memory_store_pending(desk->bench.store), 1);
	assert_int_equal(outcome->calls, 0);
	memory_store_step(desk->bench.store, result, false);
	assert_int_equal(outcome->calls, 1);
	assert_int_equal(outcome->result, result);
	*outcome = (struct outcome){ 0 };
}

static void make_invite(struct desk *desk, char secret[44])
{
	struct outcome outcome = { 0 };

	directory_invite(desk->directory, secret, NOW_MS, on_done, &outcome);
	finish(desk, &outcome, STORE_DURABLE);
}

static void make_account(struct desk *desk, const char *name, char id[23])
{
	struct outcome outcome = { 0 };
	char secret[44];

	make_invite(desk, secret);
	assert_true(directory_redeem(desk->directory, secret, name, "$argon2id$1", id, NOW_MS, on_done, &outcome));
	finish(desk, &outcome, STORE_DURABLE);
}

static void sign_in(struct desk *desk, const char *id, char token[44], int64_t now_ms)
{
	struct outcome outcome = { 0 };

	directory_sign_in(desk->directory, id, token, now_ms, on_done, &outcome);
	finish(desk, &outcome, STORE_DURABLE);
}

static void secrets_are_hashed(void **state)
{
	char hex[65];

	(void)state;
	/* b2sum -l 256 */
	directory_hash("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", hex);
	assert_string_equal(hex, "6342b384e5d6294c5df1110132b93b97b395a2ff4cca498af637b3e06b3095dd");
}

static void an_invite_makes_one_account(void **state)
{
	struct desk *desk = *state;
	struct outcome outcome = { 0 };
	char secret[44], id[23], other[23];

	directory_invite(desk->directory, secret, NOW_MS, on_done, &outcome);
	assert_int_equal(strlen(secret), 43);
	assert_false(directory_invite_is_good(desk->directory, secret, NOW_MS));
	finish(desk, &outcome, STORE_DURABLE);
	assert_true(directory_invite_is_good(desk->directory, secret, NOW_MS));
	restart(desk);
	assert_true(directory_invite_is_good(desk->directory, secret, NOW_MS));

	assert_int_equal(directory_account_count(desk->directory), 0);
	assert_true(directory_redeem(desk->directory, secret, "Ama \"O\"", "$argon2id$x", id, NOW_MS, on_done, &outcome));
	assert_int_equal(strlen(id), 22);
	assert_null(directory_account(desk->directory, id));
	assert_false(directory_invite_is_good(desk->directory, secret, NOW_MS));
	assert_false(directory_redeem(desk->directory, secret, "Eve", "", other, NOW_MS, on_done, &outcome));
	finish(desk, &outcome, STORE_DURABLE);
	assert_false(directory_invite_is_good(desk->directory, secret, NOW_MS));
	for (int i = 0; i < 2; i++) {
		const struct account *account = directory_account(desk->directory, id);

		assert_non_null(account);
		assert_string_equal(account->id, id);
		assert_string_equal(account->name, "Ama \"O\"");
		assert_string_equal(account->password, "$argon2id$x");
		assert_int_equal(directory_account_count(desk->directory), 1);
		assert_false(directory_redeem(desk->directory, secret, "Eve", "", other, NOW_MS, on_done, &outcome));
		restart(desk);
	}
}

static void a_failed_write_leaves_the_invite_good(void **state)
{
	struct desk *desk = *state;
	struct outcome outcome = { 0 };
	char secret[44], id[23];

	directory_invite(desk->directory, secret, NOW_MS, on_done, &outcome);
	finish(desk, &outcome, STORE_UNAVAILABLE);
	assert_false(directory_invite_is_good(desk->directory, secret, NOW_MS));

	make_invite(desk, secret);
	assert_true(directory_redeem(desk->directory, secret, "Ama", "", id, NOW_MS, on_done, &outcome));
	finish(desk, &outcome, STORE_UNAVAILABLE);
	assert_null(directory_account(desk->directory, id));
	assert_true(directory_invite_is_good(desk->directory, secret, NOW_MS));
	/* Nobody knows: it must not be used again before a restart has looked. */
	assert_true(directory_redeem(desk->directory, secret, "Ama", "", id, NOW_MS, on_done, &outcome));
	finish(desk, &outcome, STORE_UNKNOWN);
	assert_false(directory_invite_is_good(desk->directory, secret, NOW_MS));
	restart(desk);
	assert_true(directory_invite_is_good(desk->directory, secret, NOW_MS));
}

static void invites_end(void **state)
{
	struct desk *desk = *state;
	int64_t end_ms = NOW_MS + 7 * 24 * HOUR_MS;
	char secret[44], id[23];

	make_invite(desk, secret);
	assert_true(directory_invite_is_good(desk->directory, secret, end_ms - 1));
	assert_false(directory_invite_is_good(desk->directory, secret, end_ms));
	assert_false(directory_redeem(desk->directory, secret, "Ama", "", id, end_ms, NULL, NULL));
	assert_false(directory_invite_is_good(desk->directory, "", NOW_MS));
	secret[10] = secret[10] == 'x' ? 'y' : 'x';
	assert_false(directory_invite_is_good(desk->directory, secret, NOW_MS));
	directory_tick(desk->directory, end_ms - 1);
	assert_int_equal(memory_store_pending(desk->bench.store), 0);
	directory_tick(desk->directory, end_ms);
	assert_int_equal(memory_store_pending(desk->bench.store), 1);
	memory_store_step(desk->bench.store, STORE_DURABLE, true);
	assert_directory(&desk->bench, "invite", true, ".");
}

static void names_are_found_as_people_write_them(void **state)
{
	struct desk *desk = *state;
	char ama[23], second[23], none[23];

	make_account(desk, "Ama Owusu", ama);
	make_account(desk, "AMA OWUSU", second);
	make_account(desk, "", none);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(directory_account_by_name(desk->directory, "Ama Owusu")->id, ama);
		assert_string_equal(directory_account_by_name(desk->directory, " ama  owusu")->id, ama);
		assert_null(directory_account_by_name(desk->directory, "Kofi"));
		assert_null(directory_account_by_name(desk->directory, ""));
		assert_null(directory_account_by_name(desk->directory, "\xff"));
		assert_int_equal(directory_account_count(desk->directory), 3);
		restart(desk);
	}
}

static void a_session_is_its_token(void **state)
{
	struct desk *desk = *state;
	struct outcome outcome = { 0 };
	char id[23], token[44], wrong[44];

	make_account(desk, "Ama", id);
	directory_sign_in(desk->directory, id, token, NOW_MS, on_done, &outcome);
	assert_null(directory_session(desk->directory, token, NOW_MS));
	finish(desk, &outcome, STORE_UNAVAILABLE);
	assert_null(directory_session(desk->directory, token, NOW_MS));
	sign_in(desk, id, token, NOW_MS);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(directory_session(desk->directory, token, NOW_MS)->id, id);
		for (size_t at = 0; at < 43; at++) {
			strcpy(wrong, token);
			wrong[at] = wrong[at] == 'A' ? 'E' : 'A';
			assert_null(directory_session(desk->directory, wrong, NOW_MS));
		}
		assert_null(directory_session(desk->directory, "", NOW_MS));
		restart(desk);
	}
	/* Signing out counts at once, and for good when it is durable. */
	directory_sign_out(desk->directory, token, on_done, &outcome);
	assert_null(directory_session(desk->directory, token, NOW_MS));
	finish(desk, &outcome, STORE_DURABLE);
	restart(desk);
	assert_null(directory_session(desk->directory, token, NOW_MS));
	directory_sign_out(desk->directory, token, on_done, &outcome);
	finish(desk, &outcome, STORE_DURABLE);
}

static void nothing_stored_is_a_secret(void **state)
{
	struct desk *desk = *state;
	struct buf rows = { 0 };
	char id[23], token[44], invite[44];

	make_account(desk, "Ama", id);
	sign_in(desk, id, token, NOW_MS);
	make_invite(desk, invite);
	desk->bench.store->ops->read_directory(desk->bench.store, "session", describe_row, &rows);
	desk->bench.store->ops->read_directory(desk->bench.store, "invite", describe_row, &rows);
	assert_non_null(strstr(rows.s, "session "));
	assert_non_null(strstr(rows.s, "invite "));
	assert_null(strstr(rows.s, token));
	assert_null(strstr(rows.s, invite));
	buf_release(&rows);
}

static void sessions_end_when_unused_and_at_last(void **state)
{
	struct desk *desk = *state;
	char id[23], token[44], idle[44];
	int64_t now_ms = NOW_MS;

	make_account(desk, "Ama", id);
	sign_in(desk, id, idle, NOW_MS);
	assert_non_null(directory_session(desk->directory, idle, NOW_MS + 12 * HOUR_MS - 1));
	memory_store_step(desk->bench.store, STORE_DURABLE, true);
	assert_null(directory_session(desk->directory, idle, NOW_MS + 24 * HOUR_MS - 1));

	sign_in(desk, id, token, NOW_MS);
	/* Used every eleven hours, it lasts a week. */
	for (; now_ms < NOW_MS + 7 * 24 * HOUR_MS; now_ms += 11 * HOUR_MS) {
		assert_non_null(directory_session(desk->directory, token, now_ms));
		while (memory_store_pending(desk->bench.store))
			memory_store_step(desk->bench.store, STORE_DURABLE, true);
		restart(desk);
	}
	assert_non_null(directory_session(desk->directory, token, NOW_MS + 7 * 24 * HOUR_MS - 1));
	assert_null(directory_session(desk->directory, token, NOW_MS + 7 * 24 * HOUR_MS));
	memory_store_step(desk->bench.store, STORE_DURABLE, true);
	directory_tick(desk->directory, NOW_MS + 7 * 24 * HOUR_MS);
	memory_store_step(desk->bench.store, STORE_DURABLE, true);
	assert_directory(&desk->bench, "session", true, ".");
}

static void use_is_written_once_an_hour(void **state)
{
	struct desk *desk = *state;
	char id[23], token[44];

	make_account(desk, "Ama", id);
	sign_in(desk, id, token, NOW_MS);
	assert_non_null(directory_session(desk->directory, token, NOW_MS + HOUR_MS - 1));
	assert_int_equal(memory_store_pending(desk->bench.store), 0);
	assert_non_null(directory_session(desk->directory, token, NOW_MS + HOUR_MS));
	assert_int_equal(memory_store_pending(desk->bench.store), 1);
	assert_non_null(directory_session(desk->directory, token, NOW_MS + HOUR_MS + 1));
	/* A clock that was set back makes nobody older. */
	assert_non_null(directory_session(desk->directory, token, NOW_MS));
	assert_int_equal(memory_store_pending(desk->bench.store), 1);
}

static void a_new_password_ends_sessions(void **state)
{
	struct desk *desk = *state;
	struct outcome outcome = { 0 };
	char ama[23], kofi[23], tokens[3][44];

	make_account(desk, "Ama", ama);
	make_account(desk, "Kofi", kofi);
	sign_in(desk, ama, tokens[0], NOW_MS);
	sign_in(desk, ama, tokens[1], NOW_MS);
	sign_in(desk, kofi, tokens[2], NOW_MS);
	directory_set_password(desk->directory, ama, "$argon2id$new", on_done, &outcome);
	assert_string_equal(directory_account(desk->directory, ama)->password, "$argon2id$1");
	finish(desk, &outcome, STORE_DURABLE);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(directory_account(desk->directory, ama)->password, "$argon2id$new");
		assert_string_equal(directory_account(desk->directory, ama)->name, "Ama");
		assert_string_equal(directory_account(desk->directory, kofi)->password, "$argon2id$1");
		assert_null(directory_session(desk->directory, tokens[0], NOW_MS));
		assert_null(directory_session(desk->directory, tokens[1], NOW_MS));
		assert_non_null(directory_session(desk->directory, tokens[2], NOW_MS));
		restart(desk);
	}
	directory_set_password(desk->directory, ama, "$argon2id$newer", on_done, &outcome);
	finish(desk, &outcome, STORE_UNAVAILABLE);
	assert_string_equal(directory_account(desk->directory, ama)->password, "$argon2id$new");
}

static struct class_entry class_of(const char *code, const char *account, int64_t at_ms)
{
	struct class_entry entry = { .at_ms = at_ms };

	snprintf(entry.id, sizeof entry.id, "id-%s", code);
	snprintf(entry.code, sizeof entry.code, "%s", code);
	snprintf(entry.wall, sizeof entry.wall, "wall-%s", code);
	snprintf(entry.account, sizeof entry.account, "%s", account);
	snprintf(entry.owner, sizeof entry.owner, "owner-%s", code);
	snprintf(entry.title, sizeof entry.title, "Title \"%s\" für alle\n", code);
	return entry;
}

static void a_ticket_is_used_once(void **state)
{
	struct desk *desk = *state;
	struct class_entry class = class_of("KXR4HTM", "", NOW_MS), other = class_of("2222222", "", NOW_MS);
	char id[23], ticket[44];

	make_account(desk, "Ama", id);
	directory_add_class(desk->directory, &class);
	directory_add_class(desk->directory, &other);
	assert_false(directory_ticket(desk->directory, "nobody", class.code, ticket, NOW_MS));
	assert_false(directory_ticket(desk->directory, id, "3333333", ticket, NOW_MS));

	assert_true(directory_ticket(desk->directory, id, class.code, ticket, NOW_MS));
	assert_string_equal(directory_use_ticket(desk->directory, ticket, class.code, NOW_MS + 29999)->id, id);
	assert_null(directory_use_ticket(desk->directory, ticket, class.code, NOW_MS + 29999));

	assert_true(directory_ticket(desk->directory, id, class.code, ticket, NOW_MS));
	assert_null(directory_use_ticket(desk->directory, ticket, class.code, NOW_MS + 30000));
	assert_null(directory_use_ticket(desk->directory, ticket, class.code, NOW_MS));

	assert_true(directory_ticket(desk->directory, id, class.code, ticket, NOW_MS));
	assert_null(directory_use_ticket(desk->directory, ticket, other.code, NOW_MS));
	assert_null(directory_use_ticket(desk->directory, ticket, class.code, NOW_MS));
	assert_null(directory_use_ticket(desk->directory, "", class.code, NOW_MS));

	assert_true(directory_ticket(desk->directory, id, class.code, ticket, NOW_MS));
	directory_tick(desk->directory, NOW_MS + 30000);
	assert_null(directory_use_ticket(desk->directory, ticket, class.code, NOW_MS));
	assert_int_equal(memory_store_pending(desk->bench.store), 0);
}

static void classes_come_newest_first(void **state)
{
	static const int64_t ages[] = { 3, 9, 1, 7, 5 };
	struct desk *desk = *state;
	const struct class_entry *found[6] = { NULL };
	struct class_entry foreign = class_of("9999999", "kofi", NOW_MS);

	for (int i = 0; i < 5; i++) {
		char code[8] = "BBBBBB2";
		struct class_entry entry;
		char *row;

		code[0] = "BCDFG"[i];
		entry = class_of(code, "ama", NOW_MS - ages[i]);
		row = directory_class_row(&entry);
		assert_int_equal(append_row(&desk->bench, "class", code, row), STORE_DURABLE);
		free(row);
		directory_add_class(desk->directory, &entry);
	}
	directory_add_class(desk->directory, &foreign);
	for (int round = 0; round < 2; round++) {
		const struct class_entry *entry = directory_class(desk->directory, "CBBBBB2");

		assert_non_null(entry);
		assert_string_equal(entry->id, "id-CBBBBB2");
		assert_string_equal(entry->wall, "wall-CBBBBB2");
		assert_string_equal(entry->account, "ama");
		assert_string_equal(entry->owner, "owner-CBBBBB2");
		assert_string_equal(entry->title, "Title \"CBBBBB2\" für alle\n");
		assert_int_equal(entry->at_ms, NOW_MS - 9);
		assert_int_equal(directory_classes_of(desk->directory, "ama", found, 6), 5);
		for (int i = 1; i < 5; i++)
			assert_true(found[i - 1]->at_ms > found[i]->at_ms);
		assert_int_equal(directory_classes_of(desk->directory, "ama", found, 2), 2);
		assert_int_equal(found[0]->at_ms, NOW_MS - 1);
		assert_int_equal(found[1]->at_ms, NOW_MS - 3);
		assert_int_equal(directory_classes_of(desk->directory, "ama", found, 0), 0);
		assert_int_equal(directory_classes_of(desk->directory, "nobody", found, 6), 0);
		assert_null(directory_class(desk->directory, "CBBBBB3"));
		restart(desk);
	}
}

static void what_cannot_be_read_is_not_guessed(void **state)
{
	static const struct {
		const char *kind, *key, *value;
		bool fatal;
	} rows[] = {
		{ "account", "AAAAAAAAAAAAAAAAAAAAAA", "{\"name\":\"A\"}", true },
		{ "account", "AAAAAAAAAAAAAAAAAAAAAA", "{\"name\":\"A\",\"password\":7}", true },
		{ "account", "short", "{\"name\":\"A\",\"password\":\"\"}", true },
		{ "account", "AAAAAAAAAAAAAAAAAAAAAA", "no JSON", true },
		{ "class", "KXR4HTM", "{\"id\":\"i\",\"wall\":\"w\",\"account\":\"a\",\"owner\":\"o\",\"title\":\"t\"}", true },
		{ "class", "KXR4HTM", "{\"id\":\"iiiiiiiiiiiiiiiiiiiiiiiiiiiii\",\"wall\":\"w\",\"account\":\"a\",\"owner\":\"o\",\"title\":\"t\",\"at\":1}", true },
		{ "session", "x", "{}", false },
		{ "invite", "x", "{\"made\":-1}", false },
	};
	struct desk *desk = *state;

	directory_free(desk->directory);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(append_row(&desk->bench, rows[i].kind, rows[i].key, rows[i].value), STORE_DURABLE);
		desk->directory = directory_open(desk->bench.store, &desk->limits);
		assert_int_equal(desk->directory == NULL, rows[i].fatal);
		directory_free(desk->directory);
		assert_int_equal(append_row(&desk->bench, rows[i].kind, rows[i].key, NULL), STORE_DURABLE);
	}
	desk->directory = directory_open(desk->bench.store, &desk->limits);
	assert_non_null(desk->directory);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(secrets_are_hashed),
		TEST(an_invite_makes_one_account),
		TEST(a_failed_write_leaves_the_invite_good),
		TEST(invites_end),
		TEST(names_are_found_as_people_write_them),
		TEST(a_session_is_its_token),
		TEST(nothing_stored_is_a_secret),
		TEST(sessions_end_when_unused_and_at_last),
		TEST(use_is_written_once_an_hour),
		TEST(a_new_password_ends_sessions),
		TEST(a_ticket_is_used_once),
		TEST(classes_come_newest_first),
		TEST(what_cannot_be_read_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
