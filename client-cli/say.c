/* Speaking and asking: standard output, standard error, and lines from standard input. */
#include "client-cli/app.h"
#include "client-cli/sentence.h"
#include "client-cli/term_safe.h"
#include "proto/json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <utf8proc.h>

enum { LINE_MAX_BYTES = 1 << 16 };

static void put_line(FILE *file, const char *prefix, const char *text)
{
	struct buf safe = { 0 };
	term_safe(&safe, text, strlen(text));
	fprintf(file, "%s%s\n", prefix, buf_cstr(&safe));
	buf_release(&safe);
}

void say_error(const char *code, const char *text)
{
	char prefix[64];
	snprintf(prefix, sizeof prefix, "forwhom: %.40s%s", code ? code : "", code ? ": " : "");
	put_line(stderr, prefix, text);
}

enum exit_code say_sentence(const char *code, const char *key, const char *x, enum exit_code exit_code)
{
	struct sentence_arg list[] = { { "x", x, 0 }, { "host", x, 0 }, { 0 } };
	struct buf text = { 0 };
	sentence_add(&text, key, list);
	say_error(code, text.s);
	buf_release(&text);
	return exit_code;
}

void say_refusal(const cJSON *no)
{
	const char *code = "bad_json";
	size_t n;
	struct buf text = { 0 };
	json_str(no, "code", &code, &n);
	sentence_add_refusal_pipe(&text, no);
	say_error(code, buf_cstr(&text));
	buf_release(&text);
}

void unreachable_add(struct buf *out, const struct net *net, const struct place *place)
{
	struct buf host = { 0 };
	place_host(place, &host);
	struct sentence_arg list[] = { { "host", host.s, 0 }, { "x", net->distrust, 0 }, { 0 } };
	sentence_add(out, *net->distrust ? "unreachable.certificate" : "unreachable", list);
	buf_release(&host);
}

enum exit_code say_unreachable(const struct app *app, const struct place *place)
{
	struct buf text = { 0 };
	unreachable_add(&text, &app->net, place);
	say_error(NULL, text.s);
	buf_release(&text);
	return EXIT_OFFLINE;
}

void say_plain(const char *text)
{
	put_line(stderr, "", text);
}

void say_note(const char *text)
{
	put_line(stderr, "forwhom: ", text);
}

/* Whoever reads us has gone (`| head`): nothing is wrong, but there is no more to do. _exit, since flushing at exit would fail again; journals are on disk already. */
static void flush_or_leave(void)
{
	if (fflush(stdout) && errno == EPIPE)
		_exit(EXIT_DONE);
}

void print_line(const char *text)
{
	put_line(stdout, "", text);
	flush_or_leave();
}

/* A JSON string in which everything that a terminal could obey is written as \\u: the same string for whoever parses it, harmless for whoever looks at it. */
static void add_json_string(struct buf *out, const char *text)
{
	struct buf quoted = { 0 };
	buf_json_string(&quoted, text, strlen(text));
	for (size_t i = 0; i < quoted.n;) {
		int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)quoted.s + i, (utf8proc_ssize_t)(quoted.n - i), &c);
		char escape[16];
		if (used < 1)
			break; /* cannot be: it came from a strict parser */
		if (term_code_point_is_safe(c))
			buf_add(out, quoted.s + i, (size_t)used);
		else if (c < 0x10000)
			buf_add(out, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c));
		else
			buf_add(out, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x\\u%04x", 0xD800 + (((unsigned)c - 0x10000) >> 10), 0xDC00 + ((unsigned)c & 0x3FF)));
		i += (size_t)used;
	}
	buf_release(&quoted);
}

static void add_json(struct buf *out, const cJSON *item)
{
	const cJSON *child;
	size_t n = 0;
	if (cJSON_IsString(item)) {
		add_json_string(out, item->valuestring);
		return;
	}
	if (!cJSON_IsObject(item) && !cJSON_IsArray(item)) {
		json_write(out, item);
		return;
	}
	bool object = cJSON_IsObject(item);
	buf_char(out, object ? '{' : '[');
	cJSON_ArrayForEach(child, item)
	{
		if (n++)
			buf_char(out, ',');
		if (object) {
			add_json_string(out, child->string);
			buf_char(out, ':');
		}
		add_json(out, child);
	}
	buf_char(out, object ? '}' : ']');
}

void print_json(cJSON *json)
{
	struct buf out = { 0 };
	add_json(&out, json);
	buf_char(&out, '\n');
	fwrite(out.s, 1, out.n, stdout);
	flush_or_leave();
	buf_release(&out);
	cJSON_Delete(json);
}

static enum exit_code complain_place(enum place_verdict verdict, const char *text)
{
	switch (verdict) {
	case PLACE_OK: return EXIT_DONE;
	case PLACE_BAD_CODE: return say_sentence(NULL, "usage.code", text, EXIT_USAGE);
	case PLACE_BAD_HOST: return say_sentence(NULL, "usage.host", text, EXIT_USAGE);
	case PLACE_INSECURE: return say_sentence(NULL, "usage.insecure", text, EXIT_USAGE);
	}
	return EXIT_USAGE;
}

enum exit_code read_place(const struct app *app, const char *text, struct place *out)
{
	return complain_place(place_parse(text, args_has(&app->args, OPTION_INSECURE), out), text);
}

enum exit_code read_server(const struct app *app, const char *text, struct place *out)
{
	return complain_place(place_parse_server(text, args_has(&app->args, OPTION_INSECURE), out), text);
}

/* Byte by byte, because what stands behind the line belongs to whoever reads next. */
static bool read_line(struct buf *out)
{
	char c;
	ssize_t n;
	while ((n = read(STDIN_FILENO, &c, 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || c == '\n' || out->n >= LINE_MAX_BYTES)
			break;
		if (c != '\r')
			buf_char(out, c);
	}
	return n > 0 || out->n;
}

bool ask_line(const char *question, bool hide, struct buf *out)
{
	struct termios was, quiet;
	bool terminal = !tcgetattr(STDIN_FILENO, &was);
	if (terminal) {
		fputs(question, stderr);
		fflush(stderr);
		quiet = was;
		if (hide)
			quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool got = read_line(out);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		if (hide)
			fputc('\n', stderr);
	}
	return got;
}

/* --- who one is --- */

static enum exit_code nobody(const struct place *place)
{
	struct buf host = { 0 }, text = { 0 };
	char code[CODE_DISPLAY_CHARS + 1];
	code_display(place->code, code);
	place_host(place, &host);
	struct sentence_arg list[] = { { "code", code, 0 }, { "host", buf_cstr(&host), 0 }, { 0 } };
	sentence_add(&text, "not_found.member", list);
	say_error("auth", text.s);
	buf_release(&host);
	buf_release(&text);
	return EXIT_REFUSED;
}

static enum exit_code not_signed_in(const struct place *place)
{
	struct buf origin = { 0 };
	place_origin(place, &origin);
	say_sentence("auth", "not_found.login", origin.s, EXIT_REFUSED);
	buf_release(&origin);
	return EXIT_REFUSED;
}

enum exit_code read_seat(const struct app *app, const char *text, struct class_entry *entry, char *session)
{
	struct place place;
	struct host_entry host;
	*session = 0;
	enum exit_code failed = read_place(app, text, &place);
	if (failed)
		return failed;
	if (!place.code[0])
		return say_sentence(NULL, "usage.code", text, EXIT_USAGE);
	if (place.member[0]) {
		int err = profile_ensure_class(&app->profile, &place, NULL, entry);
		return err ? say_sentence(NULL, "usage.profile.dir", strerror(err), EXIT_USAGE) : EXIT_DONE;
	}
	bool known = profile_find_class(&app->profile, &place, entry);
	if (known && !entry->staff)
		return EXIT_DONE;
	bool signed_in = profile_find_host(&app->profile, known ? &entry->place : &place, &host);
	if (!known && !place_has_server(&place) && !signed_in)
		return say_sentence("not_found", "not_found.host", place.code, EXIT_REFUSED);
	if (!signed_in)
		return known ? not_signed_in(&entry->place) : nobody(&place);
	if (!known) {
		/* Signed in there, and no member of this class: it can only be a class of one's own. The server will say. */
		*entry = (struct class_entry){ .place = host.place, .staff = true };
		memcpy(entry->place.code, place.code, sizeof place.code);
	}
	snprintf(entry->name, sizeof entry->name, "%s", host.name);
	memcpy(session, host.session, SESSION_CAP);
	return EXIT_DONE;
}
