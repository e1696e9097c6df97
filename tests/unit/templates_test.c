/* The templates of a server: its own, and the operator's files that come on top or take their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/gen/templates.h"
#include "server/templates.h"

#define BOX "{\"key\":\"a\",\"title\":\"A\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":1}"
#define FILE_OF(key, title) "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"" key "\",\"title\":\"" title "\",\n\"columns\":1,\"rows\":1,\"boxes\":[" BOX "]}\n"

struct place {
	char folder[64];
	struct templates *templates;
	struct buf faults;
};

static void path_of(const struct place *place, const char *name, char out[160])
{
	snprintf(out, 160, "%s/%s", place->folder, name);
}

static void put(const struct place *place, const char *name, const char *text)
{
	char path[160];

	path_of(place, name, path);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	fclose(file);
}

static void load(struct place *place)
{
	templates_free(place->templates);
	buf_reset(&place->faults);
	place->templates = templates_open(place->folder, &place->faults);
}

/* Loading fails, and says exactly this; every %s is the folder. */
static void assert_broken(struct place *place, const char *expected)
{
	char text[600];

	snprintf(text, sizeof text, expected, place->folder, place->folder, place->folder);
	load(place);
	assert_null(place->templates);
	assert_string_equal(buf_cstr(&place->faults), text);
}

static size_t count(const struct place *place)
{
	size_t n = 0;

	assert_non_null(place->templates);
	assert_int_equal(place->faults.n, 0);
	while (templates_list(place->templates)[n])
		n++;
	return n;
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	snprintf(place->folder, sizeof place->folder, "/tmp/forwhom-templates-XXXXXX");
	*state = place;
	return mkdtemp(place->folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[100];

	templates_free(place->templates);
	buf_release(&place->faults);
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	int status = system(command);
	free(place);
	return status;
}

static void the_programs_own_are_there_without_a_folder(void **state)
{
	struct place *place = *state;

	assert_int_equal(rmdir(place->folder), 0);
	load(place);
	assert_int_equal(count(place), TEMPLATE_FILES);
	for (size_t i = 0; i < TEMPLATE_FILES; i++)
		assert_string_equal(templates_list(place->templates)[i]->key, template_files[i].key);
}

static void files_come_behind_them_by_name(void **state)
{
	struct place *place = *state;

	put(place, "b.json", FILE_OF("first", "One"));
	put(place, "c.json", FILE_OF("aaa", "Two"));
	put(place, "B.json", FILE_OF("zero", "Nought"));
	put(place, "notes.txt", "no template");
	put(place, ".b.json", "an editor's");
	put(place, ".json", "no name");
	load(place);
	assert_int_equal(count(place), TEMPLATE_FILES + 3);
	const struct template *const *list = templates_list(place->templates) + TEMPLATE_FILES;
	assert_string_equal(list[0]->key, "zero");
	assert_string_equal(list[1]->key, "first");
	assert_string_equal(list[2]->key, "aaa");
	assert_string_equal(list[2]->title, "Two");
	assert_int_equal(list[2]->box_count, 1);
}

static void a_file_takes_the_place_of_the_programs_own(void **state)
{
	struct place *place = *state;
	size_t found = 0;

	put(place, "mine.json", FILE_OF("bmc", "My own canvas"));
	load(place);
	assert_int_equal(count(place), TEMPLATE_FILES);
	for (size_t i = 0; i < TEMPLATE_FILES; i++) {
		const struct template *template = templates_list(place->templates)[i];

		assert_string_equal(template->key, template_files[i].key);
		if (strcmp(template->key, "bmc") == 0) {
			assert_string_equal(template->title, "My own canvas");
			found++;
		}
	}
	assert_int_equal(found, 1);
}

static void two_files_of_one_key_are_refused(void **state)
{
	struct place *place = *state;

	put(place, "a.json", FILE_OF("mine", "One"));
	put(place, "b.json", FILE_OF("mine", "Two"));
	assert_broken(place, "%s/b.json: the key \"mine\" is that of %s/a.json too\n");
	put(place, "a.json", FILE_OF("vpc", "One"));
	put(place, "b.json", FILE_OF("vpc", "Two"));
	assert_broken(place, "%s/b.json: the key \"vpc\" is that of %s/a.json too\n");
}

static void a_broken_file_is_told_with_its_line(void **state)
{
	struct place *place = *state;
	char path[160], start[200];

	put(place, "a.json", FILE_OF("mine", "One"));
	put(place, "b.json", "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"yours\",\"title\":\"Two\",\n\n\"columns\":99,\"rows\":1,\"boxes\":[" BOX "]}\n");
	put(place, "c.json", "");
	load(place);
	assert_null(place->templates);
	path_of(place, "b.json", path);
	snprintf(start, sizeof start, "%s:3: ", path);
	assert_ptr_equal(strstr(place->faults.s, start), place->faults.s);
	path_of(place, "c.json", path); /* all are told, not only the first */
	snprintf(start, sizeof start, "\n%s:1: ", path);
	assert_non_null(strstr(place->faults.s, start));
	assert_int_equal(place->faults.s[place->faults.n - 1], '\n');
	assert_null(strstr(place->faults.s, "a.json"));
}

static void what_is_no_file_is_refused_and_nothing_waits_for_it(void **state)
{
	struct place *place = *state;
	char path[160];

	path_of(place, "a.json", path);
	assert_int_equal(mkdir(path, 0700), 0);
	path_of(place, "b.json", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	path_of(place, "c.json", path);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_broken(place, "%s/a.json: this is not a regular file\n%s/b.json: this is not a regular file\n%s/c.json: No such file or directory\n");
}

static void a_folder_that_is_none_is_refused(void **state)
{
	struct place *place = *state;

	assert_int_equal(rmdir(place->folder), 0);
	FILE *file = fopen(place->folder, "wb");
	fclose(file);
	assert_broken(place, "%s: Not a directory\n");
}

/* A file of exactly `bytes`: a template, and spaces behind it. */
static void put_large(const struct place *place, const char *name, size_t bytes)
{
	char *text = malloc(bytes + 1);
	size_t n = strlen(FILE_OF("large", "Large"));

	assert_non_null(text);
	memcpy(text, FILE_OF("large", "Large"), n);
	memset(text + n, ' ', bytes - n);
	text[bytes] = '\0';
	put(place, name, text);
	free(text);
}

static void a_mebibyte_is_the_most(void **state)
{
	struct place *place = *state;

	put_large(place, "large.json", TEMPLATE_BYTES_MAX);
	load(place);
	assert_int_equal(count(place), TEMPLATE_FILES + 1);
	put_large(place, "large.json", TEMPLATE_BYTES_MAX + 1);
	load(place);
	assert_null(place->templates);
	put_large(place, "large.json", 3 * TEMPLATE_BYTES_MAX);
	load(place);
	assert_null(place->templates);
	assert_non_null(strstr(place->faults.s, "/large.json:"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_programs_own_are_there_without_a_folder),
		TEST(files_come_behind_them_by_name),
		TEST(a_file_takes_the_place_of_the_programs_own),
		TEST(two_files_of_one_key_are_refused),
		TEST(a_broken_file_is_told_with_its_line),
		TEST(what_is_no_file_is_refused_and_nothing_waits_for_it),
		TEST(a_folder_that_is_none_is_refused),
		TEST(a_mebibyte_is_the_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
