/* The journal: nothing that was given is lost, nothing is given twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/journal.h"
#include "client-cli/profile.h"
#include "proto/json.h"
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[96];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/forwhom-journal-XXXXXX");
	if (sodium_init() < 0 || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/KXR4HTM.journal", folder);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static cJSON *words(const char *id, const char *text)
{
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "id", id);
	cJSON_AddStringToObject(args, "for", text);
	return args;
}

static const char *for_of(const struct change *change)
{
	const char *s = "";
	size_t n;
	json_str(change->args, "for", &s, &n);
	return s;
}

static size_t size_of_file(void)
{
	struct stat about;
	return stat(path, &about) ? 0 : (size_t)about.st_size;
}

/* As a crash would: what is open is let go of, nothing is written any more. */
static void crash(struct journal *journal)
{
	close(journal->fd);
	journal->fd = -1;
	journal_close(journal);
}

static void what_is_synced_survives_a_crash_in_order(void **state)
{
	struct journal journal;
	char first[ID_CHARS + 1];
	(void)state;
	assert_int_equal(journal_open(&journal, path), 0);
	strcpy(first, journal_add(&journal, "wall1", "post.add", words("a", "one"))->id);
	journal_add(&journal, "wall1", "post.add", words("b", "two \033[2J “x”"));
	assert_int_equal(journal_sync(&journal), 0);
	crash(&journal);

	assert_int_equal(journal_open(&journal, path), 0);
	assert_int_equal(journal_unanswered(&journal), 2);
	assert_string_equal(journal.changes->id, first);
	assert_string_equal(journal.changes->name, "post.add");
	assert_string_equal(journal.changes->doc, "wall1");
	assert_true(journal.changes->inherited);
	assert_string_equal(for_of(journal.changes->next), "two \033[2J “x”");
	assert_int_equal(journal.changes->state, CHANGE_KEPT);
	journal_close(&journal);
}

static void the_message_is_the_same_every_time(void **state)
{
	struct journal journal;
	(void)state;
	assert_int_equal(journal_open(&journal, path), 0);
	char *sent = strdup(journal_add(&journal, "wall1", "post.add", words("a", "one"))->message);
	journal_sync(&journal);
	crash(&journal);
	assert_int_equal(journal_open(&journal, path), 0);
	assert_string_equal(journal.changes->message, sent);
	free(sent);
	journal_close(&journal);
}

static void what_is_answered_does_not_come_back(void **state)
{
	struct journal journal;
	(void)state;
	assert_int_equal(journal_open(&journal, path), 0);
	struct change *first = journal_add(&journal, "wall1", "post.add", words("a", "one"));
	journal_add(&journal, "wall1", "post.add", words("b", "two"));
	journal_sync(&journal);
	journal_done(&journal, first, 7);
	assert_int_equal(journal_unanswered(&journal), 1);
	crash(&journal);
	assert_int_equal(journal_open(&journal, path), 0);
	assert_int_equal(journal_unanswered(&journal), 1);
	assert_string_equal(for_of(journal.changes), "two");
	journal_drop(&journal, journal.changes);
	assert_int_equal(size_of_file(), 0);
	journal_close(&journal);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_torn_last_line_is_dropped_and_the_rest_kept(void **state)
{
	struct journal journal;
	(void)state;
	assert_int_equal(journal_open(&journal, path), 0);
	journal_add(&journal, "wall1", "post.add", words("a", "one"));
	journal_add(&journal, "wall1", "post.add", words("b", "two"));
	journal_sync(&journal);
	crash(&journal);
	size_t whole = size_of_file(), first_line = 0;
	struct buf text = { 0 };
	assert_int_equal(file_read(path, 1 << 20, &text), 0);
	first_line = (size_t)(strchr(text.s, '\n') - text.s) + 1;
	/* Cut at every byte: what had its line end is there, what had not is not. */
	for (size_t cut = 0; cut <= whole; cut++) {
		assert_int_equal(file_replace(path, text.s, cut), 0);
		assert_int_equal(journal_open(&journal, path), 0);
		assert_int_equal(journal_unanswered(&journal), cut == whole ? 2 : cut >= first_line ? 1 : 0);
		/* And what is added behind the tear is not spoilt by it. */
		journal_add(&journal, "wall1", "post.add", words("c", "three"));
		journal_sync(&journal);
		size_t expected = journal_unanswered(&journal);
		crash(&journal);
		assert_int_equal(journal_open(&journal, path), 0);
		assert_int_equal(journal_unanswered(&journal), expected);
		while (journal.changes)
			journal_drop(&journal, journal.changes);
		journal_close(&journal);
	}
	buf_release(&text);
}

static void refused_words_stay_with_their_reason(void **state)
{
	struct journal journal;
	(void)state;
	assert_int_equal(journal_open(&journal, path), 0);
	struct change *change = journal_add(&journal, "wall1", "post.add", words("a", "one"));
	journal_sync(&journal);
	cJSON *no = cJSON_Parse("{\"t\":\"no\",\"code\":\"frozen\",\"say\":\"frozen\",\"args\":{}}");
	cJSON_AddStringToObject(no, "id", change->id);
	journal_refuse(&journal, change, no);
	cJSON_Delete(no);
	crash(&journal);
	assert_int_equal(journal_open(&journal, path), 0);
	assert_int_equal(journal_unanswered(&journal), 0);
	assert_int_equal(journal_refused(&journal), 1);
	const char *code;
	size_t n;
	assert_true(json_str(journal.changes->no, "code", &code, &n));
	assert_string_equal(code, "frozen");
	journal_drop(&journal, journal.changes);
	crash(&journal);
	assert_int_equal(journal_open(&journal, path), 0);
	assert_null(journal.changes);
	journal_close(&journal);
}

/* Two programs of one profile: neither touches the other's, and what a dead one leaves is taken over. */
static void a_second_program_has_its_own_and_inherits_the_dead(void **state)
{
	struct journal second;
	int to_child[2], from_child[2], status;
	char byte;
	(void)state;
	assert_int_equal(pipe(to_child) | pipe(from_child), 0);
	pid_t child = fork();
	if (!child) {
		struct journal first;
		if (journal_open(&first, path))
			_exit(1);
		journal_add(&first, "wall1", "post.add", words("a", "of the first"));
		if (journal_sync(&first) || write(from_child[1], "x", 1) != 1 || read(to_child[0], &byte, 1) != 1)
			_exit(1);
		_exit(0); /* without a word, as kill -9 would */
	}
	assert_int_equal(read(from_child[0], &byte, 1), 1);
	assert_int_equal(journal_open(&second, path), 0);
	assert_null(second.changes);
	assert_string_not_equal(second.path, path);
	journal_add(&second, "wall1", "post.add", words("b", "of the second"));
	journal_sync(&second);
	crash(&second);
	assert_int_equal(write(to_child[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);

	assert_int_equal(journal_open(&second, path), 0);
	assert_string_equal(second.path, path);
	assert_int_equal(journal_unanswered(&second), 2);
	journal_close(&second);
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(from_child[i]);
	}
}

static void a_full_disk_is_told_and_nothing_counts_as_kept(void **state)
{
	struct journal journal;
	(void)state;
	assert_int_equal(journal_open(&journal, path), 0);
	int full = open("/dev/full", O_WRONLY), kept = journal.fd;
	assert_true(full >= 0);
	journal.fd = full;
	journal_add(&journal, "wall1", "post.add", words("a", "one"));
	assert_int_not_equal(journal_sync(&journal), 0);
	assert_false(journal.changes->written);
	journal.fd = kept;
	assert_int_equal(journal_sync(&journal), 0);
	assert_true(journal.changes->written);
	close(full);
	crash(&journal);
	assert_int_equal(journal_open(&journal, path), 0);
	assert_int_equal(journal_unanswered(&journal), 1);
	journal_close(&journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_synced_survives_a_crash_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_message_is_the_same_every_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_answered_does_not_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_torn_last_line_is_dropped_and_the_rest_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused_words_stay_with_their_reason, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_program_has_its_own_and_inherits_the_dead, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_is_told_and_nothing_counts_as_kept, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
