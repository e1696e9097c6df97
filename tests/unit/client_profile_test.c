/* Saved identities: found again, kept private, one person however many programs join at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/profile.h"
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static struct profile profile;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/forwhom-profile-XXXXXX");
	if (sodium_init() < 0 || !mkdtemp(folder) || setenv("XDG_CONFIG_HOME", folder, 1))
		return -1;
	return profile_open(&profile, "s1");
}

static int tear_down(void **state)
{
	char command[128];
	(void)state;
	profile_close(&profile);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static struct place place_of(const char *text)
{
	struct place place;
	assert_int_equal(place_parse(text, true, &place), PLACE_OK);
	return place;
}

static int mode_of(const char *path)
{
	struct stat about;
	assert_int_equal(stat(path, &about), 0);
	return (int)(about.st_mode & 0777);
}

static void a_class_is_found_again_with_the_same_secret(void **state)
{
	struct class_entry first, second;
	struct place place = place_of("KXR4HTM@localhost:8080"), bare = place_of("kxr-4htm");
	struct buf path = { 0 };
	(void)state;
	assert_false(profile_find_class(&profile, &place, &first));
	assert_false(profile_find_class(&profile, &bare, &first));
	assert_int_equal(profile_ensure_class(&profile, &place, "Ama “O.”", &first), 0);
	assert_true(secret_is_valid(first.secret, strlen(first.secret)));
	assert_int_equal(profile_ensure_class(&profile, &place, NULL, &second), 0);
	assert_string_equal(second.secret, first.secret);
	assert_string_equal(second.name, "Ama “O.”");
	assert_true(profile_find_class(&profile, &bare, &second));
	assert_string_equal(second.secret, first.secret);
	assert_string_equal(second.place.host, "localhost");
	profile_class_path(&profile, &place, ".class", &path);
	assert_int_equal(mode_of(path.s), 0600);
	assert_int_equal(mode_of(profile.dir), 0700);
	buf_release(&path);
}

/* The secret for one server must never reach another that merely names the same code. */
static void another_server_gets_another_secret(void **state)
{
	struct class_entry here, there, found;
	struct place a = place_of("KXR4HTM@localhost:8080"), b = place_of("KXR4HTM@evil.example:8080"), bare = place_of("KXR4HTM");
	(void)state;
	assert_int_equal(profile_ensure_class(&profile, &a, "Ama", &here), 0);
	assert_false(profile_find_class(&profile, &b, &there));
	assert_int_equal(profile_ensure_class(&profile, &b, "Ama", &there), 0);
	assert_string_not_equal(here.secret, there.secret);
	here.used_ms = there.used_ms + 1;
	assert_int_equal(profile_save_class(&profile, &here), 0);
	assert_true(profile_find_class(&profile, &bare, &found));
	assert_string_equal(found.place.host, "localhost");
	profile_forget_class(&profile, &a);
	assert_true(profile_find_class(&profile, &bare, &found));
	assert_string_equal(found.place.host, "evil.example");
}

static void a_link_makes_this_profile_the_person_it_was_made_for(void **state)
{
	struct class_entry entry;
	char secret[SECRET_CHARS + 1], text[160];
	(void)state;
	random_secret(secret);
	snprintf(text, sizeof text, "http://localhost:8080/#/KXR-4HTM/as/%s", secret);
	struct place place = place_of(text);
	assert_int_equal(profile_ensure_class(&profile, &place, NULL, &entry), 0);
	assert_string_equal(entry.secret, secret);
}

static void a_sign_in_is_found_again(void **state)
{
	struct host_entry host = { .place = place_of("http://localhost:8080"), .name = "Prof", .session = "s3cret" }, found;
	struct place other = place_of("http://localhost:8081"), none = { 0 };
	(void)state;
	assert_false(profile_find_host(&profile, &host.place, &found));
	assert_int_equal(profile_save_host(&profile, &host), 0);
	assert_true(profile_find_host(&profile, &host.place, &found));
	assert_string_equal(found.session, "s3cret");
	assert_true(profile_find_host(&profile, &none, &found));
	assert_false(profile_find_host(&profile, &other, &found));
}

static void programs_that_join_at_once_become_one_person(void **state)
{
	enum { PROGRAMS = 8 };
	struct place place = place_of("KXR4HTM@localhost:8080");
	struct class_entry entry;
	char first[SECRET_CHARS + 1] = "", secret[SECRET_CHARS];
	int ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (int i = 0; i < PROGRAMS; i++)
		if (!fork()) {
			bool good = !profile_ensure_class(&profile, &place, "Ama", &entry) && write(ends[1], entry.secret, SECRET_CHARS) == SECRET_CHARS;
			_exit(good ? 0 : 1);
		}
	for (int i = 0; i < PROGRAMS; i++) {
		int status;
		assert_true(wait(&status) > 0 && status == 0);
		assert_int_equal(read(ends[0], secret, SECRET_CHARS), SECRET_CHARS);
		if (!*first)
			memcpy(first, secret, SECRET_CHARS);
		assert_memory_equal(first, secret, SECRET_CHARS);
	}
	close(ends[0]);
	close(ends[1]);
}

static void damaged_entries_count_as_none(void **state)
{
	struct place place = place_of("KXR4HTM@localhost:8080");
	struct class_entry entry;
	struct buf path = { 0 }, text = { 0 };
	(void)state;
	assert_int_equal(profile_ensure_class(&profile, &place, "Ama", &entry), 0);
	profile_class_path(&profile, &place, ".class", &path);
	assert_int_equal(file_read(path.s, 4096, &text), 0);
	for (size_t cut = 0; cut < text.n; cut++) {
		assert_int_equal(file_replace(path.s, text.s, cut), 0);
		assert_false(profile_find_class(&profile, &place, &entry));
	}
	assert_int_equal(file_replace(path.s, text.s, text.n), 0);
	assert_true(profile_find_class(&profile, &place, &entry));
	buf_release(&path);
	buf_release(&text);
}

static void names_that_would_leave_the_folder_are_refused(void **state)
{
	static const char *const names[] = { "", ".", "..", "../x", "a/b", ".hidden", "a b", "é" };
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct profile bad;
		assert_int_equal(profile_open(&bad, names[i]), EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_class_is_found_again_with_the_same_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_server_gets_another_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_makes_this_profile_the_person_it_was_made_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sign_in_is_found_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(programs_that_join_at_once_become_one_person, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_entries_count_as_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_that_would_leave_the_folder_are_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
