#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/session/internal.h"
#include "tests/unit/hub_fixture.h"

/* tests/wire/messages.json against the hub itself; tests/wire/messages.py sends the same to the real server. */

enum { PEOPLE = 5 };
static const char *const people[PEOPLE] = { "ama", "ben", "olu", "x", "y" };

static struct {
	struct fake_socket *sockets[PEOPLE];
	char other_wall[23], other_post[23], other_ticket[44];
	char canvas[23], team[23], team_canvas[23], closed[23]; /* "" until a case wants them */
	char members[3][23]; /* of ama, ben, olu */
	int fresh;
} run;

static cJSON *file;

static int read_cases(void **state)
{
	struct buf text = { 0 };
	char chunk[4096];
	size_t n;
	FILE *in = fopen("tests/wire/messages.json", "rb");

	(void)state;
	if (!in)
		fail_msg("tests run in the repository's top folder");
	while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
		buf_add(&text, chunk, n);
	fclose(in);
	file = cJSON_ParseWithLength(text.s, text.n);
	buf_release(&text);
	assert_non_null(file);
	return 0;
}

static int free_cases(void **state)
{
	(void)state;
	cJSON_Delete(file);
	return 0;
}

/* ---- placeholders ---- */

static void add_code(struct buf *out, const char *form)
{
	for (int k = 0; k < CODE_CHARS; k++) {
		char c = fix.code[k];
		if (!strcmp(form, "$CO-DE") && k == 3)
			buf_char(out, '-');
		if (!strcmp(form, "$FULLWIDTH"))
			buf_codepoint(out, c - '!' + 0xff01);
		else
			buf_char(out, !strcmp(form, "$code") && c >= 'A' ? (char)(c + 32) : c);
	}
}

static void add_ticket(struct buf *out)
{
	char ticket[44];

	assert_true(directory_ticket(fix.directory, fix.account, fix.code, ticket, fix.now_ms));
	buf_str(out, ticket);
}

static void add_value(struct buf *out, const char *name)
{
	char id[23] = "";

	if (!strcmp(name, "$WALL"))
		buf_str(out, fix.wall);
	else if (!strcmp(name, "$CANVAS"))
		buf_str(out, run.canvas);
	else if (!strcmp(name, "$TEAM"))
		buf_str(out, run.team);
	else if (!strcmp(name, "$TEAMCANVAS"))
		buf_str(out, run.team_canvas);
	else if (!strcmp(name, "$CLOSED"))
		buf_str(out, run.closed);
	else if (!strcmp(name, "$AMA_ID"))
		buf_str(out, run.members[0]);
	else if (!strcmp(name, "$BEN_ID"))
		buf_str(out, run.members[1]);
	else if (!strcmp(name, "$OTHER_WALL"))
		buf_str(out, run.other_wall);
	else if (!strcmp(name, "$OTHER_POST"))
		buf_str(out, run.other_post);
	else if (!strcmp(name, "$OTHER_TICKET"))
		buf_str(out, run.other_ticket);
	else if (!strcmp(name, "$OTHER_SECRET"))
		buf_str(out, secret(900));
	else if (!strcmp(name, "$AMA"))
		buf_str(out, secret(0));
	else if (!strcmp(name, "$FRESH"))
		buf_str(out, secret(1000 + run.fresh++));
	else if (!strcmp(name, "$TICKET"))
		add_ticket(out);
	else if (strlen(name) == 2) {
		id_encode((const uint8_t[ID_BYTES]){ 0xf0, (uint8_t)name[1] }, id);
		buf_str(out, id);
	} else
		add_code(out, name);
}

static void substitute(struct buf *out, const char *text)
{
	static const char *const names[] = { "$TEAMCANVAS", "$CANVAS", "$CLOSED", "$AMA_ID", "$BEN_ID", "$TEAM", "$OTHER_WALL", "$OTHER_POST", "$OTHER_TICKET", "$OTHER_SECRET", "$FULLWIDTH", "$TICKET", "$CO-DE", "$FRESH", "$CODE", "$code", "$WALL", "$AMA", "$A", "$B", "$C", "$D", "$E", "$F" };

	while (*text) {
		size_t n = 0, k = 0;
		for (; *text == '$' && k < sizeof names / sizeof *names && !n; k++)
			if (!strncmp(text, names[k], strlen(names[k])))
				n = strlen(names[k]);
		if (n)
			add_value(out, names[k - 1]);
		else
			buf_char(out, *text);
		text += n ? n : 1;
	}
}

/* ---- one step ---- */

static struct fake_socket *socket_of(const char *who)
{
	int p = 0;

	while (strcmp(people[p], who) != 0)
		assert_in_range(++p, 0, PEOPLE - 1);
	if (run.sockets[p])
		return run.sockets[p];
	run.sockets[p] = p == 2 ? enter_instructor() : p > 2 ? connect_one() : enter(p, p ? "Ben" : "Ama");
	if (p < 3)
		strcpy(run.members[p], run.sockets[p]->conn->member->id);
	return run.sockets[p];
}

/* The document that a command is for. */
static const char *document_of(const char *cmd)
{
	static const char *const of_class[] = { "class.", "member.", "team.", "document.", "canvas.add" }, *const of_canvas[] = { "note.", "link.", "box.", "type.", "canvas.promote", "undo", "redo", "revert", "restore" };

	for (size_t k = 0; k < sizeof of_class / sizeof *of_class; k++)
		if (!strncmp(cmd, of_class[k], strlen(of_class[k])))
			return "class";
	for (size_t k = 0; k < sizeof of_canvas / sizeof *of_canvas; k++)
		if (!strncmp(cmd, of_canvas[k], strlen(of_canvas[k])))
			return "$CANVAS";
	return "$WALL";
}

static void compose(struct buf *out, const cJSON *step)
{
	const cJSON *send = cJSON_GetObjectItem(step, "send"), *cmd = cJSON_GetObjectItem(step, "do"), *repeat = cJSON_GetObjectItem(step, "repeat");
	const char *hex = str_of(step, "hex");
	struct buf whole = { 0 };

	if (send) {
		json_write(&whole, send);
	} else if (cmd) {
		buf_str(&whole, "{\"t\":\"do\",\"id\":\"");
		buf_str(&whole, new_id());
		buf_str(&whole, "\",\"doc\":\"");
		buf_str(&whole, *str_of(step, "in") ? str_of(step, "in") : document_of(cmd->valuestring));
		buf_str(&whole, "\",\"cmd\":\"");
		buf_str(&whole, cmd->valuestring);
		buf_str(&whole, "\",\"args\":");
		json_write(&whole, cJSON_GetObjectItem(step, "args"));
		buf_char(&whole, '}');
	} else {
		buf_str(&whole, str_of(step, "raw"));
		for (int k = 0; repeat && k < cJSON_GetArrayItem(repeat, 1)->valueint; k++)
			buf_str(&whole, cJSON_GetArrayItem(repeat, 0)->valuestring);
		buf_str(&whole, str_of(step, "after"));
	}
	substitute(out, buf_cstr(&whole));
	for (; *hex; hex += 2)
		buf_char(out, (char)strtoul((const char[]){ hex[0], hex[1], 0 }, NULL, 16));
	buf_release(&whole);
}

/* What has come of it, in the words of the file. */
static void outcome(struct buf *out, struct fake_socket *socket, const char *expected)
{
	if (socket->closed) {
		buf_str(out, "close ");
		buf_int(out, socket->closed);
		return;
	}
	for (cJSON *message; (message = take(socket)); cJSON_Delete(message)) {
		const char *type = str_of(message, "t"), *state = str_of(cJSON_GetObjectItem(message, "result"), "state"), *code = str_of(message, "code"), *key = str_of(message, "say");
		if (strcmp(type, "ok") != 0 && strcmp(type, "no") != 0 && strcmp(type, "welcome") != 0 && strcmp(type, "pong") != 0 && strcmp(type, expected) != 0)
			continue; /* what others did */
		buf_str(out, out->n ? ", " : "");
		buf_str(out, type);
		if (*state || *code)
			buf_char(out, ' ');
		buf_str(out, *state ? state : code);
		if (*code && !strchr(expected, ',') && strchr(expected, ' ') != strrchr(expected, ' ')) {
			buf_char(out, ' ');
			buf_str(out, key);
		}
	}
	if (!out->n)
		buf_str(out, "nothing");
}

static bool run_step(const cJSON *row, const cJSON *step)
{
	struct fake_socket *socket = socket_of(str_of(step, "who"));
	struct buf text = { 0 }, got = { 0 };
	const char *expected = str_of(step, "expect");

	forget(socket);
	compose(&text, step);
	fix.mono_ms += 1000; /* no hurry */
	say_text(socket, buf_cstr(&text), text.n);
	settle();
	outcome(&got, socket, expected);
	bool good = !strcmp(got.s, expected);
	if (!good)
		print_error("%s, %s: %.200s\n  %s instead of %s\n", str_of(row, "row"), str_of(row, "what"), buf_cstr(&text), got.s, expected);
	buf_release(&text);
	buf_release(&got);
	return good;
}

static void open_other_class(void)
{
	char code[8], wall[23];
	const uint8_t post[ID_BYTES] = { 0xaa };

	strcpy(code, fix.code);
	strcpy(wall, fix.wall);
	open_class();
	strcpy(run.other_wall, fix.wall);
	id_encode(post, run.other_post);
	assert_true(directory_ticket(fix.directory, fix.account, fix.code, run.other_ticket, fix.now_ms));
	struct fake_socket *ada = enter(900, "Ada");
	say(ada, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"%s\",\"cmd\":\"post.add\",\"args\":{\"id\":\"%s\",\"for\":\"other\"}}", new_id(), run.other_wall, run.other_post);
	expect_told(ada, "ok", NULL);
	strcpy(fix.code, code);
	strcpy(fix.wall, wall);
}

static void olu_does(struct fake_socket *olu, const char *cmd, const char *args)
{
	say(olu, "{\"t\":\"do\",\"id\":\"%s\",\"doc\":\"class\",\"cmd\":\"%s\",\"args\":{%s}}", new_id(), cmd, args);
	expect_told(olu, "ok", NULL);
}

/* What messages.json calls $CANVAS, $TEAM, $TEAMCANVAS and $CLOSED. */
static void add_canvases(void)
{
	struct fake_socket *olu = socket_of("olu");
	char args[200];

	socket_of("ama");
	socket_of("ben");
	strcpy(run.canvas, new_id());
	strcpy(run.team, new_id());
	strcpy(run.team_canvas, new_id());
	strcpy(run.closed, new_id());
	snprintf(args, sizeof args, "\"id\":\"%s\",\"name\":\"Team\"", run.team);
	olu_does(olu, "team.add", args);
	snprintf(args, sizeof args, "\"member\":\"%s\",\"team\":\"%s\"", run.members[0], run.team);
	olu_does(olu, "member.place", args);
	snprintf(args, sizeof args, "\"id\":\"%s\",\"template\":\"discovery\",\"see\":\"class\"", run.canvas);
	olu_does(olu, "canvas.add", args);
	snprintf(args, sizeof args, "\"id\":\"%s\",\"change\":\"staff\"", run.canvas);
	olu_does(olu, "document.set", args);
	snprintf(args, sizeof args, "\"id\":\"%s\",\"template\":\"discovery\",\"team\":\"%s\"", run.team_canvas, run.team);
	olu_does(olu, "canvas.add", args);
	snprintf(args, sizeof args, "\"id\":\"%s\",\"template\":\"discovery\",\"see\":\"staff\"", run.closed);
	olu_does(olu, "canvas.add", args);
}

/* Whether a case speaks of canvases: those of the rows K do. */
static bool wants_canvases(const cJSON *row)
{
	return *str_of(row, "row") == 'K';
}

static bool is_refused(const char *expect)
{
	return strstr(expect, "no ") || strstr(expect, "close");
}

static void test_cases(void **state)
{
	const cJSON *row, *step;
	int wrong = 0, valid = 0, invalid = 0;

	cJSON_ArrayForEach(row, cJSON_GetObjectItem(file, "cases"))
	{
		bool good = true, is_valid = true;
		set_up_hub(state);
		memset(&run, 0, sizeof run);
		open_other_class();
		enter(0, "Ama"); /* so that her secret is known, whoever uses it first */
		if (wants_canvases(row))
			add_canvases();
		cJSON_ArrayForEach(step, cJSON_GetObjectItem(row, "steps"))
		{
			good = run_step(row, step) && good;
			invalid += is_refused(str_of(step, "expect"));
			is_valid = is_valid && !is_refused(str_of(step, "expect"));
		}
		valid += is_valid;
		wrong += !good;
		tear_down_hub(state);
	}
	assert_int_equal(wrong, 0);
	assert_true(valid > 40 && invalid >= 2 * valid); /* the catalogue's rule: for each case where all is well two messages that are refused */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};
	return cmocka_run_group_tests(tests, read_cases, free_cases);
}
