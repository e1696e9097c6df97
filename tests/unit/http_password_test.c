/* What may be a password, and how often one may be guessed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "server/http/login_budget.h"
#include "server/http/password.h"

static void length_counts_in_characters_and_is_bounded_in_bytes(void **state)
{
	char text[PASSWORD_BYTES_MAX + 2];

	(void)state;
	assert_int_equal(password_judge("blue kiwi ox", ""), PASSWORD_OK);
	assert_int_equal(password_judge("blue kiwi o", ""), PASSWORD_SHORT);
	assert_int_equal(password_judge("éèêëàâäôöûüç", ""), PASSWORD_OK);
	assert_int_equal(password_judge("éèêëàâäôöûü", ""), PASSWORD_SHORT);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)("kvxjqzwygpbd"[(i * i + i / 7) % 12]);
	text[PASSWORD_BYTES_MAX + 1] = '\0';
	assert_int_equal(password_judge(text, ""), PASSWORD_LONG);
	text[PASSWORD_BYTES_MAX] = '\0';
	assert_int_equal(password_judge(text, ""), PASSWORD_OK);
}

static void what_is_guessed_first_is_refused(void **state)
{
	static const char *const common[] = {
		"password1234", "PasswordPassword", "p@ssw0rdp@ssw0rd", "Passwort2026!", "qwertyuiop12", "123456789012", "098765432109", "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijklm",
		"iloveyou1234", "forwhomclass1", "TeacherTeacher", "teacher-2026-class", "valueproposition", "frizzle12345", "letmeinplease", "trustno1trustno1", "31415926535897",
	};
	static const char *const good[] = { "a magic school bus", "correct horse battery", "Zugspitze im Nebel", "tr0ub4dor&3xyzzy", "frizzle likes rocks", "夜空に星がたくさん光っている", "94857203948572039485721" };

	(void)state;
	for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
		if (password_judge(common[i], "Frizzle") != PASSWORD_COMMON)
			fail_msg("%s was taken", common[i]);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (password_judge(good[i], "Frizzle") != PASSWORD_OK)
			fail_msg("%s was refused", good[i]);
}

struct outcome {
	int calls, unknown;
	enum password_match match;
	char hash[PASSWORD_HASH_BYTES];
};

static void on_hash(const char *hash, void *ctx)
{
	struct outcome *outcome = ctx;

	outcome->calls++;
	if (hash)
		strcpy(outcome->hash, hash);
}

static void on_verify(enum password_match match, void *ctx)
{
	struct outcome *outcome = ctx;

	outcome->calls++;
	outcome->unknown += match == MATCH_UNKNOWN;
	outcome->match = match;
}

static void hashing_happens_elsewhere_and_has_a_bounded_queue(void **state)
{
	uv_loop_t loop;
	struct outcome hashed = { 0 }, right = { 0 }, wrong = { 0 }, nobody = { 0 }, flood = { 0 };
	int taken = 0;

	(void)state;
	assert_true(sodium_init() >= 0);
	assert_int_equal(uv_loop_init(&loop), 0);
	struct passwords *passwords = passwords_new(&loop);
	assert_true(passwords_hash(passwords, "a magic school bus", on_hash, &hashed));
	assert_int_equal(hashed.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(hashed.calls, 1);
	assert_memory_equal(hashed.hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
	assert_true(passwords_verify(passwords, hashed.hash, "a magic school bus", on_verify, &right));
	assert_true(passwords_verify(passwords, hashed.hash, "a magic school bug", on_verify, &wrong));
	assert_true(passwords_verify(passwords, NULL, "a magic school bus", on_verify, &nobody));
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(right.match == MATCH_RIGHT && right.calls == 1);
	assert_true(wrong.match == MATCH_WRONG && wrong.calls == 1);
	assert_true(nobody.match == MATCH_WRONG && nobody.calls == 1);

	for (int i = 0; i < 100; i++)
		taken += passwords_verify(passwords, NULL, "x", on_verify, &flood);
	assert_int_equal(taken, PASSWORD_RUNNING_MAX + PASSWORD_QUEUE_MAX);
	passwords_stop(passwords);
	assert_int_equal(flood.calls, PASSWORD_QUEUE_MAX);
	assert_int_equal(flood.unknown, PASSWORD_QUEUE_MAX);
	assert_false(passwords_verify(passwords, NULL, "x", on_verify, &flood));
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(flood.calls, taken);
	passwords_free(passwords);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void failures_are_counted_by_account_and_address(void **state)
{
	struct login_budget *budget = login_budget_new(5);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(login_budget_take(budget, "Ms Frizzle", "192.0.2.1", 1000 + i), 0);
	assert_int_equal(login_budget_take(budget, "ms frizzle", "192.0.2.1", 2000), LOGIN_WINDOW_MS - 1000);
	assert_int_equal(login_budget_take(budget, "Ms Frizzle", "192.0.2.2", 2000), 0);
	assert_int_equal(login_budget_take(budget, "Mr Ratburn", "192.0.2.1", 2000), 0);
	assert_int_equal(login_budget_take(budget, "Ms Frizzle", "192.0.2.1", 1000 + LOGIN_WINDOW_MS), 0);
	login_budget_free(budget);
}

static void success_gives_the_attempts_back(void **state)
{
	struct login_budget *budget = login_budget_new(5);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(login_budget_take(budget, "Ms Frizzle", "192.0.2.1", i), 0);
		login_budget_succeed(budget, "Ms Frizzle", "192.0.2.1");
	}
	login_budget_free(budget);
}

static void an_attempt_not_made_wipes_nothing_out(void **state)
{
	struct login_budget *budget = login_budget_new(5);

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(login_budget_take(budget, "Ms Frizzle", "192.0.2.1", i), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(login_budget_take(budget, "Ms Frizzle", "192.0.2.1", i), 0);
		login_budget_give_back(budget, "Ms Frizzle", "192.0.2.1");
	}
	assert_int_equal(login_budget_take(budget, "Ms Frizzle", "192.0.2.1", 200), 0);
	assert_true(login_budget_take(budget, "Ms Frizzle", "192.0.2.1", 201) > 0);
	login_budget_free(budget);
}

static void many_names_are_no_way_around(void **state)
{
	struct login_budget *budget = login_budget_new(5);
	int taken = 0;
	char name[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "name %d", i);
		taken += login_budget_take(budget, name, "192.0.2.1", i) == 0;
	}
	assert_int_equal(taken, 5 * LOGIN_PER_ADDRESS);
	login_budget_free(budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(length_counts_in_characters_and_is_bounded_in_bytes), cmocka_unit_test(what_is_guessed_first_is_refused),
		cmocka_unit_test(hashing_happens_elsewhere_and_has_a_bounded_queue), cmocka_unit_test(failures_are_counted_by_account_and_address),
		cmocka_unit_test(success_gives_the_attempts_back), cmocka_unit_test(an_attempt_not_made_wipes_nothing_out), cmocka_unit_test(many_names_are_no_way_around),
	};

	return cmocka_run_group_tests_name("http_password", tests, NULL, NULL);
}
