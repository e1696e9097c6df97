/* Typing: the line editor, what keys mean on each screen, and drafts on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/draft.h"
#include "client-cli/lines.h"
#include "client-cli/ui.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void is(const struct editor *editor, const char *before, const char *after)
{
	char text[256];
	snprintf(text, sizeof text, "%s%s", before, after);
	assert_string_equal(editor_text(editor), text);
	assert_int_equal(editor->cursor, strlen(before));
}

static void the_cursor_moves_by_what_people_take_for_characters(void **state)
{
	struct editor editor = { 0 };
	(void)state;
	editor_insert(&editor, "a👩‍👩‍👧‍👦e\u0301🇬🇭", strlen("a👩‍👩‍👧‍👦e\u0301🇬🇭"));
	is(&editor, "a👩‍👩‍👧‍👦e\u0301🇬🇭", "");
	editor_move(&editor, EDITOR_LEFT);
	is(&editor, "a👩‍👩‍👧‍👦e\u0301", "🇬🇭");
	editor_delete(&editor, EDITOR_LEFT);
	is(&editor, "a👩‍👩‍👧‍👦", "🇬🇭");
	editor_delete(&editor, EDITOR_LEFT);
	is(&editor, "a", "🇬🇭");
	editor_delete(&editor, EDITOR_RIGHT);
	is(&editor, "a", "");
	editor_delete(&editor, EDITOR_RIGHT);
	editor_move(&editor, EDITOR_HOME);
	editor_delete(&editor, EDITOR_LEFT);
	is(&editor, "", "a");
	editor_release(&editor);
}

static void words_and_lines_are_deleted(void **state)
{
	struct editor editor = { 0 };
	(void)state;
	editor_set(&editor, "one two  three");
	editor_move(&editor, EDITOR_WORD_LEFT);
	is(&editor, "one two  ", "three");
	editor_delete(&editor, EDITOR_WORD_LEFT);
	is(&editor, "one ", "three");
	editor_move(&editor, EDITOR_WORD_RIGHT);
	is(&editor, "one three", "");
	editor_delete(&editor, EDITOR_HOME);
	is(&editor, "", "");
	editor_release(&editor);
}

static void what_cannot_be_stored_does_not_get_in(void **state)
{
	struct editor editor = { 0 };
	(void)state;
	editor_insert(&editor, "a\r\nb\tc\x1b[2J\x7f\xc2\x9b\xff" "d\n", 17);
	assert_string_equal(editor_text(&editor), "a b c[2Jd ");
	editor_release(&editor);
	static char huge[20000];
	memset(huge, 'x', sizeof huge);
	editor_insert(&editor, huge, sizeof huge);
	assert_string_equal(editor_text(&editor), "");
	editor_release(&editor);
}

struct fixture {
	struct ui ui;
	struct picture picture;
	struct wall_post posts[4];
	struct wall_section sections[2];
	struct scene scene;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	*state = f;
	ui_init(&f->ui, UI_WALL);
	static const char *const ids[] = { "p0", "p1", "p2", "p3" };
	for (int i = 0; i < 4; i++) {
		f->posts[i] = (struct wall_post){ .id = ids[i], .words = { { i == 2 ? "Zürich" : "x", "", "", "" }, "" }, .section = i < 2 ? "s1" : "s2", .names = "named", .author = "", .author_name = "",
						  .state = i == 3 ? "held" : "shown", .reason = "", .deleted = "", .version = 1, .own = i == 1, .section_order = i < 2 ? 1 : 2 };
	}
	f->sections[0] = (struct wall_section){ .id = "s1", .title = "One" };
	f->sections[1] = (struct wall_section){ .id = "s2", .title = "Two" };
	f->picture = (struct picture){ .posts = f->posts, .post_count = 4, .live_count = 4, .sections = f->sections, .section_count = 2, .names = "named", .role = ROLE_MEMBER, .code = "KXR4HTM" };
	ui_settle(&f->ui, &f->picture);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	ui_release(&f->ui);
	free(f);
	return 0;
}

static struct intent press(struct fixture *f, enum key_type type, const char *text)
{
	struct key key = { type, text, strlen(text) };
	f->scene.picture = &f->picture;
	return ui_key(&f->ui, &key, &f->scene);
}

static void keys_move_the_selection(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(f->ui.selected, "p0");
	press(f, KEY_TEXT, "j");
	press(f, KEY_GO_DOWN, "");
	assert_string_equal(f->ui.selected, "p2");
	press(f, KEY_TEXT, "G");
	assert_string_equal(f->ui.selected, "p3");
	press(f, KEY_TEXT, "j");
	assert_string_equal(f->ui.selected, "p3");
	press(f, KEY_TEXT, "h");
	assert_string_equal(f->ui.selected, "p0");
	press(f, KEY_TEXT, "l");
	assert_string_equal(f->ui.selected, "p2");
	f->ui.wide = true;
	press(f, KEY_TEXT, "k");
	assert_string_equal(f->ui.selected, "p2");
	press(f, KEY_TEXT, "j");
	press(f, KEY_TEXT, "h");
	assert_string_equal(f->ui.selected, "p1");
}

static void the_selection_survives_what_others_do(void **state)
{
	struct fixture *f = *state;
	press(f, KEY_TEXT, "j");
	struct wall_post first = f->posts[0];
	f->posts[0] = f->posts[2];
	f->posts[2] = first;
	ui_settle(&f->ui, &f->picture);
	assert_string_equal(f->ui.selected, "p1");
	f->posts[1].deleted = "staff";
	ui_settle(&f->ui, &f->picture);
	assert_string_equal(f->ui.selected, "p2");
}

static void members_may_only_what_is_theirs(void **state)
{
	struct fixture *f = *state;
	static const char *const staff[] = { "a", "r", "H", "s", "m", "F", "w" };
	for (size_t i = 0; i < sizeof staff / sizeof *staff; i++) {
		assert_int_equal(press(f, KEY_TEXT, staff[i]).type, INTENT_NONE);
		assert_true(f->ui.flash[0] && f->ui.mode == UI_WALL);
	}
	assert_int_equal(press(f, KEY_TEXT, "e").type, INTENT_NONE);
	assert_int_equal(press(f, KEY_TEXT, "d").type, INTENT_NONE);
	press(f, KEY_TEXT, "j");
	assert_int_equal(press(f, KEY_TEXT, "e").type, INTENT_COMPOSE);
	assert_string_equal(f->ui.compose.post, "p1");
	struct intent intent = press(f, KEY_TEXT, "d");
	assert_int_equal(intent.type, INTENT_DELETE);
	assert_string_equal(intent.post, "p1");
	intent = press(f, KEY_TEXT, "u");
	assert_int_equal(intent.type, INTENT_RESTORE);
	assert_string_equal(intent.post, "p1");
	intent = press(f, KEY_TEXT, "u"); /* nothing deleted is left: the server knows what was done before */
	assert_int_equal(intent.type, INTENT_DO);
	assert_int_equal(intent.command, CMD_UNDO);
	assert_string_equal(intent.doc, "wall");
	cJSON_Delete(intent.args);
}

static void instructors_moderate(void **state)
{
	struct fixture *f = *state;
	f->picture.role = ROLE_OWNER;
	press(f, KEY_TEXT, "w");
	assert_string_equal(f->ui.selected, "p3");
	assert_int_equal(press(f, KEY_TEXT, "a").type, INTENT_APPROVE);
	assert_int_equal(press(f, KEY_TEXT, "r").type, INTENT_NONE);
	press(f, KEY_TEXT, "for whom?");
	struct intent intent = press(f, KEY_RETURN, "");
	assert_int_equal(intent.type, INTENT_REJECT);
	assert_string_equal(intent.post, "p3");
	assert_string_equal(editor_text(&f->ui.line), "for whom?");
	press(f, KEY_TEXT, "m");
	intent = press(f, KEY_TEXT, "1");
	assert_int_equal(intent.type, INTENT_MOVE);
	assert_string_equal(intent.section, "s1");
	press(f, KEY_TEXT, "m");
	press(f, KEY_TEXT, "k");
	press(f, KEY_TEXT, "k");
	intent = press(f, KEY_RETURN, "");
	assert_string_equal(intent.section, "");
	assert_int_equal(press(f, KEY_TEXT, "F").type, INTENT_FREEZE);
	assert_int_equal(press(f, KEY_TEXT, "e").type, INTENT_NONE); /* nobody edits another's post */
	assert_int_equal(press(f, KEY_TEXT, "d").type, INTENT_DELETE);
}

static void a_filter_folds_case_and_accents_stay(void **state)
{
	struct fixture *f = *state;
	size_t list[4];
	press(f, KEY_TEXT, "/");
	press(f, KEY_TEXT, "ZÜR");
	assert_int_equal(ui_visible(&f->ui, &f->picture, list), 1);
	assert_int_equal(list[0], 2);
	press(f, KEY_RETURN, "");
	assert_string_equal(f->ui.selected, "p2");
	press(f, KEY_ESCAPE, "");
	assert_int_equal(ui_visible(&f->ui, &f->picture, list), 4);
}

static void composing_sends_keeps_and_refuses(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(press(f, KEY_TEXT, "n").type, INTENT_COMPOSE);
	f->ui.mode = UI_COMPOSE;
	assert_int_equal(press(f, KEY_SUBMIT, "").type, INTENT_NONE); /* nothing said */
	assert_int_equal(f->ui.mode, UI_COMPOSE);
	press(f, KEY_PASTE, "q");
	press(f, KEY_TEXT, "q"); /* a letter here, no command */
	assert_true(f->ui.compose.touched);
	assert_string_equal(compose_statement(&f->ui.compose).part[PART_FOR], "qq");
	f->picture.frozen = true;
	assert_int_equal(press(f, KEY_SUBMIT, "").type, INTENT_KEEP);
	assert_int_equal(f->ui.mode, UI_COMPOSE);
	f->picture.role = ROLE_OWNER; /* instructors are never frozen */
	assert_int_equal(press(f, KEY_SUBMIT, "").type, INTENT_SUBMIT);
	assert_int_equal(f->ui.mode, UI_WALL);
	f->ui.mode = UI_COMPOSE;
	assert_int_equal(press(f, KEY_ESCAPE, "").type, INTENT_KEEP);
	assert_string_equal(compose_statement(&f->ui.compose).part[PART_FOR], "qq");
}

static void too_many_characters_are_counted_as_the_server_counts(void **state)
{
	struct fixture *f = *state;
	press(f, KEY_TEXT, "n");
	f->ui.mode = UI_COMPOSE;
	for (int i = 0; i < compose_max[COMPOSE_FOR]; i++)
		press(f, KEY_TEXT, "👍🏽");
	assert_int_equal(compose_excess(&f->ui.compose, COMPOSE_FOR), 0);
	press(f, KEY_TEXT, "!");
	assert_int_equal(compose_excess(&f->ui.compose, COMPOSE_FOR), 1);
	assert_int_equal(press(f, KEY_SUBMIT, "").type, INTENT_NONE);
	press(f, KEY_ERASE, "");
	assert_int_equal(press(f, KEY_SUBMIT, "").type, INTENT_SUBMIT);
}

static void texts_of_several_lines_wrap_where_words_end(void **state)
{
	static const struct {
		const char *text;
		int width;
		const char *lines; /* one a line, "|" at the end of each */
	} cases[] = {
		{ "", 10, "|" },
		{ "one two", 10, "one two|" },
		{ "one two", 5, "one |two|" },
		{ "one two  ", 7, "one two  |" }, /* spaces hang over the edge */
		{ "a\n", 5, "a||" },
		{ "a\n\nb", 5, "a||b|" },
		{ "abcdefgh", 3, "abc|def|gh|" },
		{ "夜勤の看護", 4, "夜勤|の看|護|" },
		{ "夜", 1, "夜|" }, /* wider than all there is */
		{ "ab cdefgh", 4, "ab |cdef|gh|" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lines lines = { 0 };
		struct buf got = { 0 };
		lines_make(&lines, cases[i].text, strlen(cases[i].text), cases[i].width);
		for (size_t l = 0; l < lines.n; l++) {
			buf_add(&got, cases[i].text + lines.list[l].from, lines.list[l].to - lines.list[l].from);
			buf_char(&got, '|');
		}
		assert_string_equal(got.s, cases[i].lines);
		buf_release(&got);
		lines_release(&lines);
	}
}

static void a_caret_keeps_its_place_in_lines(void **state)
{
	const char *text = "one two\n夜e\u0301🇬🇭 x";
	size_t n = strlen(text), line, at = n;
	struct lines lines = { 0 };
	int column;
	(void)state;
	lines_make(&lines, text, n, 5);
	assert_int_equal(lines.n, 3 + 1);
	lines_place(&lines, text, 4, &line, &column); /* the end of a wrapped line is the beginning of the next */
	assert_true(line == 1 && column == 0);
	lines_place(&lines, text, 7, &line, &column);
	assert_true(line == 1 && column == 3);
	assert_int_equal(lines_position(&lines, text, 0, 9), 3);
	assert_int_equal(lines_position(&lines, text, 1, 9), 7);
	assert_int_equal(lines_position(&lines, text, 2, 1), 8); /* never inside of a wide character */
	/* Backwards over all of it, one character after the other, across the newline. */
	static const size_t stops[] = { 23, 22, 14, 11, 8, 7, 6 };
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		at = text_left_of(text, n, at);
		assert_int_equal(at, stops[i]);
		assert_int_equal(text_bytes(text, n, text_points(text, n, at)), at);
	}
	assert_int_equal(text_right_of(text, n, 7), 8);
	assert_int_equal(text_word_left_of(text, n, n), n - 1);
	assert_int_equal(text_word_left_of(text, n, 8), 4);
	assert_int_equal(text_word_right_of(text, n, 3), 7);
	lines_release(&lines);
}

static void a_half_written_note_survives(void **state)
{
	struct drafts drafts;
	char folder[] = "/tmp/forwhom-draft-XXXXXX", path[64];
	const char *box, *text;
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/K.draft", folder);
	drafts_open(&drafts, path);
	assert_int_equal(drafts_keep_note(&drafts, "c1", "pains", "half\nwritten"), 0);
	drafts_close(&drafts);
	drafts_open(&drafts, path);
	assert_false(drafts_take_note(&drafts, "c2", &box, &text));
	assert_true(drafts_take_note(&drafts, "c1", &box, &text));
	assert_string_equal(box, "pains");
	assert_string_equal(text, "half\nwritten");
	assert_int_equal(drafts_keep_note(&drafts, "c1", "pains", ""), 0);
	assert_false(drafts_take_note(&drafts, "c1", &box, &text));
	assert_int_equal(access(path, F_OK), -1);
	drafts_close(&drafts);
	assert_int_equal(rmdir(folder), 0);
}

static void drafts_survive_and_are_forgotten(void **state)
{
	struct fixture *f = *state;
	struct drafts drafts;
	char folder[] = "/tmp/forwhom-draft-XXXXXX", path[64];
	struct stat about;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/K.draft", folder);
	drafts_open(&drafts, path);
	compose_start(&f->ui.compose, "", NULL);
	editor_set(&f->ui.compose.words[COMPOSE_OFFER], "half “typed\"");
	strcpy(f->ui.compose.section, "s2");
	assert_int_equal(drafts_keep(&drafts, &f->ui.compose), 0);
	compose_start(&f->ui.compose, "p1", NULL);
	editor_set(&f->ui.compose.words[COMPOSE_FOR], "edited");
	f->ui.compose.version = 7;
	assert_int_equal(drafts_keep(&drafts, &f->ui.compose), 0);
	drafts_close(&drafts); /* what follows is another start of the program */
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);

	drafts_open(&drafts, path);
	assert_int_equal(drafts_count(&drafts), 2);
	compose_start(&f->ui.compose, "", NULL);
	assert_true(drafts_take(&drafts, &f->ui.compose));
	assert_string_equal(editor_text(&f->ui.compose.words[COMPOSE_OFFER]), "half “typed\"");
	assert_string_equal(f->ui.compose.section, "s2");
	compose_start(&f->ui.compose, "p1", NULL);
	assert_true(drafts_take(&drafts, &f->ui.compose));
	assert_int_equal(f->ui.compose.version, 7);
	compose_start(&f->ui.compose, "p2", NULL);
	assert_false(drafts_take(&drafts, &f->ui.compose));
	assert_int_equal(drafts_drop(&drafts, "p1"), 0);
	compose_start(&f->ui.compose, "", NULL);
	assert_int_equal(drafts_keep(&drafts, &f->ui.compose), 0); /* nothing left in it */
	assert_int_equal(access(path, F_OK), -1);
	drafts_close(&drafts);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cursor_moves_by_what_people_take_for_characters),
		cmocka_unit_test(words_and_lines_are_deleted),
		cmocka_unit_test(what_cannot_be_stored_does_not_get_in),
		cmocka_unit_test_setup_teardown(keys_move_the_selection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_selection_survives_what_others_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(members_may_only_what_is_theirs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(instructors_moderate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_filter_folds_case_and_accents_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(composing_sends_keeps_and_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_characters_are_counted_as_the_server_counts, set_up, tear_down),
		cmocka_unit_test(texts_of_several_lines_wrap_where_words_end),
		cmocka_unit_test(a_caret_keeps_its_place_in_lines),
		cmocka_unit_test(a_half_written_note_survives),
		cmocka_unit_test_setup_teardown(drafts_survive_and_are_forgotten, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
