/* The embedded page: every file is found by its path and by nothing else, and its compressed forms are smaller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/http/assets.h"

/* Does an asset's plain form contain this text? */
static bool holds(const struct asset *asset, const char *text)
{
	return memmem(asset->plain.bytes, asset->plain.size, text, strlen(text)) != NULL;
}

static bool is_script(const struct asset *asset)
{
	return strncmp(asset->type, "text/javascript", 15) == 0;
}

static void every_file_is_found_by_its_own_path(void **state)
{
	const struct asset *previous = NULL;
	size_t count = 0;

	(void)state;
	for (const struct asset *asset = asset_next(NULL); asset; asset = asset_next(asset)) {
		assert_ptr_equal(asset_find(asset->path), asset);
		assert_true(!previous || strcmp(previous->path, asset->path) < 0);
		previous = asset;
		count++;
	}
	assert_true(count >= 3);
}

static void the_root_is_the_index(void **state)
{
	(void)state;
	assert_non_null(asset_find("/"));
	assert_ptr_equal(asset_find("/"), asset_find("/index.html"));
	assert_string_equal(asset_find("/")->type, "text/html; charset=utf-8");
	assert_false(asset_find("/")->immutable);
}

static void other_paths_do_not_exist(void **state)
{
	static const char *const paths[] = {
		"", "index.html", "/index.htm", "/index.html/", "/INDEX.HTML", "//index.html", "/assets", "/assets/",
		"/assets/../index.html", "/../index.html", "/./index.html", "/index.html?x", "/%69ndex.html",
		"/etc/passwd",
	};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		assert_null(asset_find(paths[i]));
}

static void compressed_forms_are_smaller_and_carry_their_format(void **state)
{
	size_t compressed = 0;

	(void)state;
	for (const struct asset *asset = asset_next(NULL); asset; asset = asset_next(asset)) {
		assert_non_null(asset->plain.bytes);
		assert_true(asset->plain.size > 0);
		assert_true(asset->br.size < asset->plain.size);
		assert_true(asset->gzip.size < asset->plain.size);
		assert_int_equal(asset->br.bytes != NULL, asset->br.size != 0);
		if (asset->gzip.bytes) {
			assert_memory_equal(asset->gzip.bytes, "\x1f\x8b", 2);
			compressed++;
		}
		if (strcmp(asset->type, "font/woff2") == 0) {
			assert_null(asset->gzip.bytes);
			assert_memory_equal(asset->plain.bytes, "wOF2", 4);
		}
	}
	assert_true(compressed >= 3);
}

static void only_hashed_names_are_immutable(void **state)
{
	size_t immutable = 0;

	(void)state;
	for (const struct asset *asset = asset_next(NULL); asset; asset = asset_next(asset)) {
		assert_int_equal(strncmp(asset->etag, "W/\"", 3), 0);
		if (!asset->immutable)
			continue;
		assert_int_equal(strncmp(asset->path, "/assets/", 8), 0);
		immutable++;
	}
	assert_true(immutable >= 2);
}

/* One document, one sheet, the script of door and wall with the small one that goes before it, and a few for canvases and what else is fetched when it is wanted; and nothing in the document
 * that a strict policy would have to allow. */
static void the_page_is_a_handful_of_files(void **state)
{
	size_t scripts = 0, sheets = 0, documents = 0;
	const struct asset *index = asset_find("/");

	(void)state;
	for (const struct asset *asset = asset_next(NULL); asset; asset = asset_next(asset)) {
		scripts += is_script(asset);
		sheets += strncmp(asset->type, "text/css", 8) == 0;
		documents += strncmp(asset->type, "text/html", 9) == 0;
	}
	assert_in_range(scripts, 4, 6);
	assert_int_equal(sheets, 1);
	assert_int_equal(documents, 1);
	assert_false(holds(index, "<style"));
	assert_false(holds(index, " style="));
	assert_false(holds(index, "<script>"));
	assert_false(holds(index, "http://"));
	assert_false(holds(index, "https://"));
}

/* A phone on a slow net should see the wall within a second: the budget for the scripts that the document names, and so for door and wall, is 60 kB as sent; what comes later, canvases above all, is fetched when nobody waits for it: 80 kB. */
static void the_scripts_are_small(void **state)
{
	size_t first_bytes = 0, first = 0, later_bytes = 0;
	const struct asset *index = asset_find("/");

	(void)state;
	for (const struct asset *asset = asset_next(NULL); asset; asset = asset_next(asset)) {
		if (!is_script(asset))
			continue;
		assert_true(asset->immutable);
		if (holds(index, asset->path + 1)) {
			first_bytes += asset->gzip.size ? asset->gzip.size : asset->plain.size;
			first++;
		} else {
			later_bytes += asset->gzip.size ? asset->gzip.size : asset->plain.size;
		}
	}
	assert_int_equal(first, 2);
	assert_in_range(first_bytes, 1, 60000);
	assert_in_range(later_bytes, 1, 80000);
}

/* Whether another script asks for this one. */
static bool is_asked_for(const struct asset *wanted)
{
	const char *name = wanted->path + strlen("/assets/");

	for (const struct asset *asset = asset_next(NULL); asset; asset = asset_next(asset)) {
		if (is_script(asset) && asset != wanted && holds(asset, name))
			return true;
	}
	return false;
}

/* What comes later is fetched by a script, under its hashed name, and not with the document. */
static void every_script_is_named_somewhere(void **state)
{
	const struct asset *index = asset_find("/");

	(void)state;
	for (const struct asset *asset = asset_next(NULL); asset; asset = asset_next(asset)) {
		if (is_script(asset))
			assert_true(holds(index, asset->path + 1) || is_asked_for(asset));
	}
}

static void the_page_knows_its_build(void **state)
{
	const char *id = asset_build_id();
	char meta[80] = "<meta name=\"forwhom-build\" content=\"";

	(void)state;
	assert_int_equal(strlen(id), 16);
	assert_int_equal(strspn(id, "0123456789abcdef"), 16);
	strcat(meta, id);
	assert_true(holds(asset_find("/"), meta));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_found_by_its_own_path),
		cmocka_unit_test(the_root_is_the_index),
		cmocka_unit_test(other_paths_do_not_exist),
		cmocka_unit_test(compressed_forms_are_smaller_and_carry_their_format),
		cmocka_unit_test(only_hashed_names_are_immutable),
		cmocka_unit_test(the_page_is_a_handful_of_files),
		cmocka_unit_test(the_scripts_are_small),
		cmocka_unit_test(every_script_is_named_somewhere),
		cmocka_unit_test(the_page_knows_its_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
