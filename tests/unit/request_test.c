#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <time.h>

#include "proto/json.h"
#include "server/room/request.h"
#include "tests/unit/vectors.h"

#define ID "AAAAAAAAAAAAAAAAAAAAAA"

static struct buf scratch;
static struct request request;
static struct refused refused;

/* Reads a message; true when it was taken. */
static bool read_text(const char *text)
{
	enum json_verdict verdict;
	cJSON *message = json_parse(text, strlen(text), NULL, &verdict);

	if (!message)
		fail_msg("%s: %.200s", json_verdict_code(verdict), text);
	buf_reset(&scratch);
	refused = (struct refused){ .code = REFUSAL_NONE };
	bool taken = request_read(message, &scratch, &request, &refused);
	assert_int_equal(taken, refused.code == REFUSAL_NONE);
	cJSON_Delete(message);
	return taken;
}

/* A string of `count` characters, each `unit`, as JSON. */
static void add_repeated(struct buf *out, const char *unit, int count)
{
	buf_char(out, '"');
	for (int k = 0; k < count; k++)
		buf_str(out, unit);
	buf_char(out, '"');
}

static void add_good_value(struct buf *out, const struct field_spec *spec)
{
	switch (spec->type) {
	case FIELD_ID:
		buf_str(out, "\"" ID "\"");
		break;
	case FIELD_INT:
		buf_str(out, "1");
		break;
	case FIELD_BOOL:
		buf_str(out, "true");
		break;
	case FIELD_WORD:
		add_repeated(out, spec->values ? spec->values[0] : "word", 1);
		break;
	case FIELD_LINE:
	case FIELD_TEXT:
		buf_str(out, "\"words\"");
		break;
	case FIELD_IDS:
		buf_str(out, "[\"" ID "\",\"BAAAAAAAAAAAAAAAAAAAAA\"]");
		break;
	case FIELD_EDIT:
		buf_str(out, "[1,\"words\"]");
		break;
	case FIELD_NONE:
		fail();
	}
}

/* A good message for a command, in which the argument `odd` (-1: none) has `value` (NULL: is missing) instead of a good one. */
static const char *message(enum command command, int odd, const char *value)
{
	static struct buf text;
	const struct command_spec *spec = &command_specs[command];
	bool any = false;

	buf_reset(&text);
	buf_str(&text, "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"");
	buf_str(&text, spec->name);
	buf_str(&text, "\",\"args\":{");
	for (int a = 0; a < spec->arg_count; a++) {
		if (a == odd && !value)
			continue;
		if (any)
			buf_char(&text, ',');
		any = true;
		buf_json_string(&text, spec->args[a].name, strlen(spec->args[a].name));
		buf_char(&text, ':');
		if (a == odd)
			buf_str(&text, value);
		else
			add_good_value(&text, &spec->args[a]);
	}
	buf_str(&text, "}}");
	return text.s;
}

static void expect(enum command command, int arg, const char *value, enum refusal code)
{
	read_text(message(command, arg, value));
	if (refused.code != code)
		fail_msg("%s.%s = %.60s: %s instead of %s", command_specs[command].name, command_specs[command].args[arg].name, value ? value : "(missing)",
			refused.code ? refusal_codes[refused.code] : "taken", code ? refusal_codes[code] : "taken");
	/* Whatever is wrong with its arguments, a command that has an id is answered under it. */
	assert_string_equal(request.id, ID);
}

static void test_every_command_is_read(void **state)
{
	(void)state;
	for (int c = 1; c < CMD_COUNT; c++) {
		assert_true(read_text(message((enum command)c, -1, NULL)));
		assert_int_equal(request.command, c);
		assert_int_equal(request.given, (1u << command_specs[c].arg_count) - 1);
		assert_string_equal(request.doc, "class");
	}
}

/* Every argument of every command: missing, of every other type, with values that are none. */
static void test_every_argument(void **state)
{
	static const char *const strange[] = { "null", "{}", "[]", "[\"words\"]", "{\"a\":1}" };

	(void)state;
	for (int c = 1; c < CMD_COUNT; c++)
		for (int a = 0; a < command_specs[c].arg_count; a++) {
			const struct field_spec *spec = &command_specs[c].args[a];
			enum command command = (enum command)c;
			bool is_string = field_type_is_string(spec->type);
			expect(command, a, NULL, spec->need ? REFUSE_BAD_SHAPE : REFUSAL_NONE);
			bool is_list = spec->type == FIELD_IDS || spec->type == FIELD_EDIT;
			for (size_t s = 0; s < sizeof strange / sizeof *strange; s++)
				if (!is_list || *strange[s] != '[')
					expect(command, a, strange[s], REFUSE_BAD_TYPE);
			if (spec->type == FIELD_EDIT)
				expect(command, a, "[[1],{\"x\":2}]", REFUSAL_NONE); /* proto/text.h judges it */
			if (spec->type == FIELD_IDS) {
				expect(command, a, "[]", REFUSE_BAD_VALUE);
				expect(command, a, "[1]", REFUSE_BAD_TYPE);
				expect(command, a, "[\"" ID "\",null]", REFUSE_BAD_TYPE);
				expect(command, a, "[\"words\"]", REFUSE_BAD_VALUE);
				expect(command, a, "[\"" ID "\",\"" ID "\"]", REFUSE_BAD_VALUE);
				expect(command, a, "\"" ID "\"", REFUSE_BAD_TYPE);
			}
			expect(command, a, "false", spec->type == FIELD_BOOL ? REFUSAL_NONE : REFUSE_BAD_TYPE);
			expect(command, a, "0", spec->type == FIELD_INT ? REFUSAL_NONE : REFUSE_BAD_TYPE);
			if (spec->type == FIELD_INT)
				expect(command, a, "-1", REFUSE_BAD_VALUE);
			if (!is_string || is_list) {
				expect(command, a, "\"1\"", REFUSE_BAD_TYPE);
				continue;
			}
			if (spec->type == FIELD_WORD && !spec->values) { /* the key of a box or a template */
				static const char *const bad[] = { "\"\"", "\"A\"", "\"1a\"", "\"-a\"", "\"a_b\"", "\"a b\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaa\"", "\"\u00e9\"" };
				for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
					expect(command, a, bad[b], REFUSE_BAD_VALUE);
				expect(command, a, "\"a-1aaaaaaaaaaaaaaaaaaaaa\"", REFUSAL_NONE);
				expect(command, a, "\"aaaaaaaaaaaaaaaaaaaaaaaa\"", REFUSAL_NONE);
			}
			if (spec->type == FIELD_ID) {
				expect(command, a, "\"\"", REFUSE_BAD_VALUE);
				expect(command, a, "\"AAAAAAAAAAAAAAAAAAAAAB\"", REFUSE_BAD_VALUE); /* not canonical */
				expect(command, a, "\"AAAAAAAAAAAAAAAAAAAAAAA\"", REFUSE_BAD_VALUE);
				expect(command, a, "\"AAAAAAAAAAAAAAAAAAAAA+\"", REFUSE_BAD_VALUE);
				expect(command, a, "\"wall\"", REFUSE_BAD_VALUE);
			}
			if (spec->values) {
				expect(command, a, "\"\"", REFUSE_BAD_VALUE);
				expect(command, a, "\"nonsense\"", REFUSE_BAD_VALUE);
				expect(command, a, "\"Named\"", REFUSE_BAD_VALUE);
			}
			if (spec->type == FIELD_TEXT) {
				expect(command, a, "\"\"", REFUSAL_NONE);
				expect(command, a, "\" \\n\\ta \"", REFUSAL_NONE);
				expect(command, a, "\"\\u001b[2J\"", REFUSE_BAD_UTF8);
				expect(command, a, "\"a\\r\\n\"", REFUSE_BAD_UTF8);
			}
			if (spec->type == FIELD_LINE) {
				expect(command, a, "\"\"", spec->need ? REFUSE_BAD_VALUE : REFUSAL_NONE);
				expect(command, a, "\" \\n \"", spec->need ? REFUSE_BAD_VALUE : REFUSAL_NONE);
				expect(command, a, "\"\\u001b[2J\"", REFUSE_BAD_UTF8);
				expect(command, a, "\"\\u009b\"", REFUSE_BAD_UTF8);
			}
		}
}

/* Every text at its limit, in characters as people count them, and one beyond. */
static void test_lengths(void **state)
{
	static const char *const units[] = { "a", "\xc3\xa9", "e\xcc\x81", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac", "\xe0\xa4\xb7\xe0\xa4\xbf" };

	(void)state;
	for (int c = 1; c < CMD_COUNT; c++)
		for (int a = 0; a < command_specs[c].arg_count; a++) {
			const struct field_spec *spec = &command_specs[c].args[a];
			if (!field_type_is_typed(spec->type))
				continue;
			assert_true(spec->max > 0); /* no text without a limit */
			for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
				struct buf value = { 0 };
				add_repeated(&value, units[u], spec->max);
				expect((enum command)c, a, value.s, REFUSAL_NONE);
				buf_reset(&value);
				add_repeated(&value, units[u], spec->max + 1);
				expect((enum command)c, a, value.s, REFUSE_BAD_VALUE);
				assert_string_equal(refused.say, "bad_value.long");
				assert_string_equal(refused.field, spec->name);
				assert_int_equal(refused.max, spec->max);
				buf_release(&value);
			}
		}
}

/* One character can be endless: bytes have a limit, too, so that every object fits a message. */
static void test_bytes(void **state)
{
	struct buf value = { 0 };

	(void)state;
	buf_char(&value, '"');
	for (int k = 0; k <= 16 * 300 / 2 + 200; k++)
		buf_str(&value, k % 30 ? "\xcc\x81" : "a"); /* an accent: no character of its own */
	buf_char(&value, '"');
	expect(CMD_WALL_SET, ARG_WALL_SET_PROMPT, value.s, REFUSE_TOO_BIG);
	buf_release(&value);
}

/* Marks in a row, which take time as their square to be put in order: 30 are a strange letter, 31 no writing, and tens of thousands are refused as quickly. */
static void test_piled_up(void **state)
{
	static const int counts[] = { 30, 31, 20000 };

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct buf value = { 0 };
		buf_str(&value, "\"a");
		for (int k = 0; k < counts[c]; k++)
			buf_str(&value, k % 2 ? "\xcc\x81" : "\xcc\xa3"); /* above and below in turn: the order that costs most */
		buf_char(&value, '"');
		clock_t start = clock();
		for (int round = 0; round < 20; round++)
			expect(CMD_WALL_SET, ARG_WALL_SET_PROMPT, value.s, c ? REFUSE_BAD_VALUE : REFUSAL_NONE);
		assert_true(clock() - start < CLOCKS_PER_SEC); /* squared it would be a minute */
		buf_release(&value);
	}
}

/* 100 ids at once, and not one more. */
static void test_ids(void **state)
{
	(void)state;
	for (int count = 100; count <= 101; count++) {
		struct buf value = { 0 };
		buf_char(&value, '[');
		for (int k = 0; k < count; k++) {
			char id[ID_CHARS + 1];
			uint8_t bytes[ID_BYTES] = { (uint8_t)k };
			id_encode(bytes, id);
			buf_str(&value, k ? ",\"" : "\"");
			buf_str(&value, id);
			buf_char(&value, '"');
		}
		buf_char(&value, ']');
		expect(CMD_NOTE_DELETE, ARG_NOTE_DELETE_IDS, value.s, count == 100 ? REFUSAL_NONE : REFUSE_BAD_VALUE);
		buf_release(&value);
	}
	const char *text = message(CMD_NOTE_MOVE, -1, NULL);
	enum json_verdict verdict;
	cJSON *json = json_parse(text, strlen(text), NULL, &verdict);
	buf_reset(&scratch);
	assert_true(request_read(json, &scratch, &request, &refused));
	assert_string_equal(request_str(&request, ARG_NOTE_MOVE_IDS), ID " BAAAAAAAAAAAAAAAAAAAAA");
	assert_int_equal(request.args[ARG_NOTE_MOVE_IDS].n, 2 * ID_CHARS + 1);
	cJSON_Delete(json);
}

static void test_lines_are_normalised(void **state)
{
	(void)state;
	enum json_verdict verdict;
	const char *text = message(CMD_POST_ADD, ARG_POST_ADD_WHO, "\"  e\xcc\x81 \\r\\n\\t b  \"");
	cJSON *json = json_parse(text, strlen(text), NULL, &verdict);
	assert_non_null(json);
	buf_reset(&scratch);
	assert_true(request_read(json, &scratch, &request, &refused));
	assert_string_equal(request_str(&request, ARG_POST_ADD_WHO), "\xc3\xa9 b");
	assert_int_equal(request.args[ARG_POST_ADD_WHO].n, 4);
	assert_string_equal(request_str(&request, ARG_POST_ADD_FOR), "words"); /* others stay where they are */
	assert_string_equal(request_str(&request, ARG_POST_ADD_VENTURE), "words");
	cJSON_Delete(json);
}

/* All arguments as long as they may be, of what grows most: earlier ones must not move while later ones are read. */
static void test_scratch_does_not_move(void **state)
{
	struct buf text = { 0 };
	enum json_verdict verdict;

	(void)state;
	buf_release(&scratch);
	buf_str(&text, "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"post.add\",\"args\":{\"id\":\"" ID "\"");
	static const char *const names[] = { "for", "who", "offer", "helps", "venture" };
	for (int f = 0; f < 5; f++) {
		buf_str(&text, ",\"");
		buf_str(&text, names[f]);
		buf_str(&text, "\":");
		add_repeated(&text, "\xf0\x9d\x85\xa1", 80); /* a half note: three code points in NFC */
	}
	buf_str(&text, "}}");
	cJSON *json = json_parse(text.s, text.n, NULL, &verdict);
	assert_non_null(json);
	assert_true(request_read(json, &scratch, &request, &refused));
	for (int a = ARG_POST_ADD_FOR; a <= ARG_POST_ADD_VENTURE; a++) {
		assert_int_equal(request.args[a].n, 80 * 12);
		assert_memory_equal(request.args[a].s, "\xf0\x9d\x85\x98", 4);
		assert_int_equal(strlen(request.args[a].s), 80 * 12);
	}
	cJSON_Delete(json);
	buf_release(&text);
}

static void test_shape(void **state)
{
	static const struct {
		const char *text;
		enum refusal code;
		const char *id;
	} rows[] = {
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{}}", REFUSAL_NONE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"" ID "\",\"cmd\":\"wall.set\",\"args\":{}}", REFUSAL_NONE, ID },
		{ "{\"t\":\"do\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_SHAPE, "" },
		{ "{\"t\":\"do\",\"id\":1,\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_TYPE, "" },
		{ "{\"t\":\"do\",\"id\":\"\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_VALUE, "" },
		{ "{\"t\":\"do\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAB\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_VALUE, "" },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_SHAPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":null,\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_TYPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"wall\",\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_VALUE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"classroom\",\"cmd\":\"class.set\",\"args\":{}}", REFUSE_BAD_VALUE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"args\":{}}", REFUSE_BAD_SHAPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":[],\"args\":{}}", REFUSE_BAD_TYPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.Set\",\"args\":{}}", REFUSE_UNKNOWN_TYPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"\",\"args\":{}}", REFUSE_UNKNOWN_TYPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\"}", REFUSE_BAD_SHAPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":[]}", REFUSE_BAD_TYPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{\"owner\":true}}", REFUSE_BAD_SHAPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{\"Title\":\"x\"}}", REFUSE_BAD_SHAPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{\"__proto__\":{}}}", REFUSE_BAD_SHAPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{},\"as\":\"owner\"}", REFUSE_BAD_SHAPE, ID },
		{ "{\"t\":\"do\",\"id\":\"" ID "\",\"doc\":\"class\",\"cmd\":\"class.set\",\"args\":{},\"ID\":\"" ID "\"}", REFUSE_BAD_SHAPE, ID },
	};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		read_text(rows[r].text);
		if (refused.code != rows[r].code || strcmp(request.id, rows[r].id) != 0)
			fail_msg("%s: %s, id \"%s\"", rows[r].text, refused.code ? refusal_codes[refused.code] : "taken", request.id);
	}
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_command_is_read),
		cmocka_unit_test(test_every_argument),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_piled_up),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_lines_are_normalised),
		cmocka_unit_test(test_scratch_does_not_move),
		cmocka_unit_test(test_shape),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
