#include "client-cli/args.h"
#include "client-cli/sentence.h"
#include "client-cli/term_safe.h"
#include <stdint.h>
#include <string.h>

#define BIT(option) (UINT64_C(1) << (option))

typedef uint64_t option_mask;

static const struct {
	const char *name;
	const char *value; /* what stands for its value in help, or NULL for a flag */
	const char *about; /* sentence key */
} options[OPTION_COUNT] = {
	[OPTION_HELP] = { "help", NULL, "opt.help" },
	[OPTION_VERSION] = { "version", NULL, "opt.version" },
	[OPTION_PROFILE] = { "profile", "NAME", "opt.profile" },
	[OPTION_JSON] = { "json", NULL, "opt.json" },
	[OPTION_INSECURE] = { "insecure-http", NULL, "opt.insecure" },
	[OPTION_CAFILE] = { "cafile", "FILE", "opt.cafile" },
	[OPTION_WAIT] = { "wait", "SECONDS", "opt.wait" },
	[OPTION_HOST] = { "host", "URL", "opt.host" },
	[OPTION_TITLE] = { "title", "TEXT", "opt.title" },
	[OPTION_PROMPT] = { "prompt", "TEXT", "opt.prompt" },
	[OPTION_SECTION] = { "section", "SECTION", "opt.section" },
	[OPTION_HOLD] = { "hold", NULL, "opt.hold" },
	[OPTION_NAMES] = { "names", "named|hidden", "opt.names" },
	[OPTION_NAME] = { "name", "NAME", "opt.name" },
	[OPTION_FOR] = { "for", "TEXT", "opt.for" },
	[OPTION_WHO] = { "who", "TEXT", "opt.who" },
	[OPTION_OFFER] = { "offer", "TEXT", "opt.offer" },
	[OPTION_HELPS] = { "helps", "TEXT", "opt.helps" },
	[OPTION_VENTURE] = { "venture", "TEXT", "opt.venture" },
	[OPTION_REASON] = { "reason", "TEXT", "opt.reason" },
	[OPTION_BEFORE] = { "before", "ID", "opt.before" },
	[OPTION_ALL] = { "all", NULL, "opt.all" },
	[OPTION_TEMPLATE] = { "template", "KEY", "opt.template" },
	[OPTION_FROM] = { "from", "CANVAS", "opt.from" },
	[OPTION_NOTES] = { "notes", NULL, "opt.notes" },
	[OPTION_TEAM] = { "team", "TEAM", "opt.team" },
	[OPTION_EACH] = { "each", NULL, "opt.each" },
	[OPTION_SEE] = { "see", "staff|team|class", "opt.see" },
	[OPTION_TYPE] = { "type", "N", "opt.type" },
	[OPTION_TAG] = { "tag", "TAG", "opt.tag" },
	[OPTION_AT] = { "at", "N", "opt.at" },
	[OPTION_BOX] = { "box", "BOX", "opt.box" },
	[OPTION_NOTE] = { "note", "NOTE", "opt.note" },
	[OPTION_MEMBER] = { "member", "NAME", "opt.member" },
	[OPTION_SINCE] = { "since", "TIME", "opt.since" },
	[OPTION_FORMAT] = { "format", "json|svg|png|md|csv", "opt.format" },
	[OPTION_OUTPUT] = { "output", "FILE", "opt.output" },
	[OPTION_CELL] = { "cell", "COL,ROW", "opt.cell" },
	[OPTION_SIZE] = { "size", "WxH", "opt.size" },
	[OPTION_ORDER] = { "order", "N", "opt.order" },
	[OPTION_QUESTIONS] = { "questions", "TEXT", "opt.questions" },
	[OPTION_TIP] = { "tip", "TEXT", "opt.tip" },
	[OPTION_TAGS] = { "tags", "TEXT", "opt.tags" },
};

#define ANYWHERE (BIT(OPTION_HELP) | BIT(OPTION_VERSION) | BIT(OPTION_PROFILE) | BIT(OPTION_JSON) | BIT(OPTION_INSECURE) | BIT(OPTION_CAFILE) | BIT(OPTION_WAIT))
#define STRUCTURE (BIT(OPTION_CELL) | BIT(OPTION_SIZE) | BIT(OPTION_ORDER) | BIT(OPTION_QUESTIONS) | BIT(OPTION_TIP) | BIT(OPTION_TAGS))
#define WORDS (BIT(OPTION_FOR) | BIT(OPTION_WHO) | BIT(OPTION_OFFER) | BIT(OPTION_HELPS) | BIT(OPTION_VENTURE))

enum {
	REQUIRED_MAX = 2,
	ID_PREFIX_MIN = 4,
};

static const struct {
	const char *name;
	const char *words; /* as help shows them */
	int least, most;
	option_mask options; /* besides ANYWHERE */
	enum option need[REQUIRED_MAX];
	const char *about; /* sentence key */
} verbs[VERB_COUNT] = {
	[VERB_NONE] = { "", "[CODE[@HOST[:PORT]]]", 0, 1, BIT(OPTION_NAME), { 0 }, "cmd.screen" },
	[VERB_LOGIN] = { "login", "[URL]", 0, 1, BIT(OPTION_NAME), { 0 }, "cmd.login" },
	[VERB_CLASS_NEW] = { "class new", "", 0, 0, BIT(OPTION_HOST) | BIT(OPTION_TITLE) | BIT(OPTION_PROMPT) | BIT(OPTION_SECTION) | BIT(OPTION_HOLD) | BIT(OPTION_NAMES), { OPTION_TITLE }, "cmd.class_new" },
	[VERB_JOIN] = { "join", "CODE@HOST[:PORT]", 1, 1, BIT(OPTION_NAME), { OPTION_NAME }, "cmd.join" },
	[VERB_POST] = { "post", "CODE [-]", 1, 2, WORDS | BIT(OPTION_SECTION) | BIT(OPTION_NAMES), { 0 }, "cmd.post" },
	[VERB_LS] = { "ls", "CODE", 1, 1, BIT(OPTION_ALL), { 0 }, "cmd.ls" },
	[VERB_WATCH] = { "watch", "CODE [CANVAS]", 1, 2, 0, { 0 }, "cmd.watch" },
	[VERB_EDIT] = { "edit", "CODE POST", 2, 2, WORDS, { 0 }, "cmd.edit" },
	[VERB_APPROVE] = { "approve", "CODE POST…", 2, WORDS_MAX, 0, { 0 }, "cmd.approve" },
	[VERB_REJECT] = { "reject", "CODE POST…", 2, WORDS_MAX, BIT(OPTION_REASON), { 0 }, "cmd.reject" },
	[VERB_HIDE] = { "hide", "CODE POST…", 2, WORDS_MAX, 0, { 0 }, "cmd.hide" },
	[VERB_SHOW] = { "show", "CODE POST…", 2, WORDS_MAX, 0, { 0 }, "cmd.show" },
	[VERB_MOVE] = { "move", "CODE POST…", 2, WORDS_MAX, BIT(OPTION_SECTION) | BIT(OPTION_BEFORE), { 0 }, "cmd.move" },
	[VERB_DELETE] = { "delete", "CODE POST…", 2, WORDS_MAX, 0, { 0 }, "cmd.delete" },
	[VERB_RESTORE] = { "restore", "CODE POST…|DOC", 2, WORDS_MAX, BIT(OPTION_AT) | BIT(OPTION_BOX) | BIT(OPTION_NOTE), { 0 }, "cmd.restore" },
	[VERB_SET] = { "set", "CODE KEY=VALUE…", 2, WORDS_MAX, 0, { 0 }, "cmd.set" },
	[VERB_SECTION_ADD] = { "section add", "CODE TITLE", 2, 2, BIT(OPTION_BEFORE), { 0 }, "cmd.section_add" },
	[VERB_SECTION_RENAME] = { "section rename", "CODE SECTION TITLE", 3, 3, 0, { 0 }, "cmd.section_rename" },
	[VERB_SECTION_MOVE] = { "section move", "CODE SECTION", 2, 2, BIT(OPTION_BEFORE), { 0 }, "cmd.section_move" },
	[VERB_SECTION_REMOVE] = { "section remove", "CODE SECTION", 2, 2, 0, { 0 }, "cmd.section_remove" },
	[VERB_SECTION_RESTORE] = { "section restore", "CODE SECTION", 2, 2, 0, { 0 }, "cmd.section_restore" },
	[VERB_FREEZE] = { "freeze", "CODE", 1, 1, 0, { 0 }, "cmd.freeze" },
	[VERB_THAW] = { "thaw", "CODE", 1, 1, 0, { 0 }, "cmd.thaw" },
	[VERB_TEAM_ADD] = { "team add", "CODE NAME…", 2, WORDS_MAX, 0, { 0 }, "cmd.team_add" },
	[VERB_TEAM_LS] = { "team ls", "CODE", 1, 1, BIT(OPTION_ALL), { 0 }, "cmd.team_ls" },
	[VERB_TEAM_RENAME] = { "team rename", "CODE TEAM NAME", 3, 3, 0, { 0 }, "cmd.team_rename" },
	[VERB_TEAM_RM] = { "team rm", "CODE TEAM…", 2, WORDS_MAX, 0, { 0 }, "cmd.team_rm" },
	[VERB_TEAM_RESTORE] = { "team restore", "CODE TEAM…", 2, WORDS_MAX, 0, { 0 }, "cmd.team_restore" },
	[VERB_TEAM_PLACE] = { "team place", "CODE MEMBER [TEAM]", 2, 3, 0, { 0 }, "cmd.team_place" },
	[VERB_TEAM_DEAL] = { "team deal", "CODE", 1, 1, BIT(OPTION_ALL), { 0 }, "cmd.team_deal" },
	[VERB_TEAM_JOIN] = { "team join", "CODE [TEAM]", 1, 2, 0, { 0 }, "cmd.team_join" },
	[VERB_CANVAS_NEW] = { "canvas new", "CODE", 1, 1,
			      BIT(OPTION_TEMPLATE) | BIT(OPTION_FROM) | BIT(OPTION_NOTES) | BIT(OPTION_TEAM) | BIT(OPTION_EACH) | BIT(OPTION_TITLE) | BIT(OPTION_SEE), { 0 }, "cmd.canvas_new" },
	[VERB_CANVAS_LS] = { "canvas ls", "CODE", 1, 1, BIT(OPTION_ALL), { 0 }, "cmd.canvas_ls" },
	[VERB_CANVAS_SHOW] = { "canvas show", "CODE CANVAS", 2, 2, 0, { 0 }, "cmd.canvas_show" },
	[VERB_CANVAS_SET] = { "canvas set", "CODE CANVAS KEY=VALUE…", 3, WORDS_MAX, 0, { 0 }, "cmd.canvas_set" },
	[VERB_CANVAS_RM] = { "canvas rm", "CODE CANVAS…", 2, WORDS_MAX, 0, { 0 }, "cmd.canvas_rm" },
	[VERB_CANVAS_RESTORE] = { "canvas restore", "CODE CANVAS…", 2, WORDS_MAX, 0, { 0 }, "cmd.canvas_restore" },
	[VERB_CANVAS_TYPE] = { "canvas type", "CODE CANVAS N NAME", 4, 4, 0, { 0 }, "cmd.canvas_type" },
	[VERB_BOX_ADD] = { "canvas box add", "CODE CANVAS KEY", 3, 3, BIT(OPTION_TITLE) | STRUCTURE, { OPTION_TITLE, OPTION_CELL }, "cmd.box_add" },
	[VERB_BOX_SET] = { "canvas box set", "CODE CANVAS BOX", 3, 3, BIT(OPTION_TITLE) | STRUCTURE, { 0 }, "cmd.box_set" },
	[VERB_BOX_RM] = { "canvas box rm", "CODE CANVAS BOX", 3, 3, 0, { 0 }, "cmd.box_rm" },
	[VERB_BOX_RESTORE] = { "canvas box restore", "CODE CANVAS BOX", 3, 3, 0, { 0 }, "cmd.box_restore" },
	[VERB_NOTE_ADD] = { "canvas note add", "CODE CANVAS BOX [TEXT|-]", 3, 4, BIT(OPTION_TYPE) | BIT(OPTION_TAG) | BIT(OPTION_BEFORE), { 0 }, "cmd.note_add" },
	[VERB_NOTE_EDIT] = { "canvas note edit", "CODE CANVAS NOTE TEXT|-", 4, 4, 0, { 0 }, "cmd.note_edit" },
	[VERB_NOTE_APPEND] = { "canvas note append", "CODE CANVAS NOTE TEXT|-", 4, 4, 0, { 0 }, "cmd.note_append" },
	[VERB_NOTE_MOVE] = { "canvas note move", "CODE CANVAS NOTE… BOX", 4, WORDS_MAX, BIT(OPTION_BEFORE), { 0 }, "cmd.note_move" },
	[VERB_NOTE_SET] = { "canvas note set", "CODE CANVAS NOTE…", 3, WORDS_MAX, BIT(OPTION_TYPE) | BIT(OPTION_TAG), { 0 }, "cmd.note_set" },
	[VERB_NOTE_RM] = { "canvas note rm", "CODE CANVAS NOTE…", 3, WORDS_MAX, 0, { 0 }, "cmd.note_rm" },
	[VERB_NOTE_RESTORE] = { "canvas note restore", "CODE CANVAS NOTE…", 3, WORDS_MAX, 0, { 0 }, "cmd.note_restore" },
	[VERB_NOTE_DUP] = { "canvas note dup", "CODE CANVAS NOTE…", 3, WORDS_MAX, 0, { 0 }, "cmd.note_dup" },
	[VERB_NOTE_LINK] = { "canvas note link", "CODE CANVAS FROM TO", 4, 4, 0, { 0 }, "cmd.note_link" },
	[VERB_NOTE_UNLINK] = { "canvas note unlink", "CODE CANVAS FROM TO", 4, 4, 0, { 0 }, "cmd.note_unlink" },
	[VERB_NOTE_PROMOTE] = { "canvas note promote", "CODE CANVAS POST", 3, 3, 0, { 0 }, "cmd.note_promote" },
	[VERB_TEMPLATE_LS] = { "template ls", "[URL]", 0, 1, 0, { 0 }, "cmd.template_ls" },
	[VERB_TEMPLATE_CHECK] = { "template check", "FILE…", 1, WORDS_MAX, 0, { 0 }, "cmd.template_check" },
	[VERB_TEMPLATE_ADD] = { "template add", "CODE FILE", 2, 2, BIT(OPTION_TITLE), { 0 }, "cmd.template_add" },
	[VERB_HISTORY] = { "history", "CODE DOC", 2, 2, BIT(OPTION_AT), { 0 }, "cmd.history" },
	[VERB_UNDO] = { "undo", "CODE DOC", 2, 2, 0, { 0 }, "cmd.undo" },
	[VERB_REDO] = { "redo", "CODE DOC", 2, 2, 0, { 0 }, "cmd.redo" },
	[VERB_REVERT] = { "revert", "CODE DOC", 2, 2, BIT(OPTION_MEMBER) | BIT(OPTION_SINCE), { OPTION_MEMBER, OPTION_SINCE }, "cmd.revert" },
	[VERB_EXPORT] = { "export", "CODE DOC", 2, 2, BIT(OPTION_FORMAT) | BIT(OPTION_OUTPUT), { OPTION_FORMAT }, "cmd.export" },
	[VERB_IMPORT] = { "import", "CODE FILE", 2, 2, BIT(OPTION_TITLE) | BIT(OPTION_TEAM) | BIT(OPTION_SEE), { 0 }, "cmd.import" },
};

const char *verb_name(enum verb verb)
{
	return verb == VERB_NONE ? "forwhom" : verbs[verb].name;
}

/* --- reading --- */

/* Arguments are what a person typed, and complaints go to a terminal. */
static enum args_verdict complain(struct buf *out, const char *key, enum verb verb, const char *x)
{
	struct buf safe = { 0 };
	term_safe(&safe, x, strlen(x));
	struct sentence_arg list[] = { { "x", buf_cstr(&safe), 0 }, { "command", verb_name(verb), 0 }, { 0 } };
	sentence_add(out, key, list);
	buf_release(&safe);
	return ARGS_BAD;
}

/* How many arguments from `at` on are the words of a command's name; 0 if they are not all there. */
static int words_matched(int argc, char **argv, int at, const char *name)
{
	int n = 0;
	for (; *name; n++) {
		size_t word = strcspn(name, " ");
		if (at + n >= argc || strlen(argv[at + n]) != word || strncmp(argv[at + n], name, word) != 0)
			return 0;
		name += word + (name[word] == ' ');
	}
	return n;
}

/* "class new" is two arguments and one command; the longest counts. Returns how many arguments the command takes; 0: none fits. */
static int read_verb(int argc, char **argv, int at, enum verb *verb)
{
	int taken = 0;
	for (int v = 1; v < VERB_COUNT; v++) {
		int n = words_matched(argc, argv, at, verbs[v].name);
		if (n > taken) {
			taken = n;
			*verb = (enum verb)v;
		}
	}
	return taken;
}

static enum option option_named(const char *text, size_t n)
{
	for (int o = 1; o < OPTION_COUNT; o++)
		if (strlen(options[o].name) == n && !strncmp(options[o].name, text, n))
			return (enum option)o;
	return OPTION_NONE;
}

/* Without a command there is no help of its own to point to. */
static enum args_verdict complain_option(struct buf *out, enum verb verb, const char *x)
{
	return complain(out, verb == VERB_NONE ? "usage.option.none" : "usage.option", verb, x);
}

/* Reads the option at argv[*at] and moves past its value. Which options a command has is asked later, when the command is known. */
static enum args_verdict read_option(int argc, char **argv, int *at, struct args *args, struct buf *complaint)
{
	const char *text = argv[*at] + 2, *equals = strchr(text, '='), *value = "";
	enum option option = option_named(text, equals ? (size_t)(equals - text) : strlen(text));
	if (option == OPTION_NONE || (equals && !options[option].value))
		return complain_option(complaint, args->verb, argv[*at]);
	if (options[option].value) {
		if (!equals && *at + 1 >= argc)
			return complain(complaint, "usage.value", args->verb, argv[*at]);
		value = equals ? equals + 1 : argv[++*at];
	}
	args->options[option] = value;
	if (option == OPTION_SECTION && args->section_count < SECTIONS_MAX)
		args->sections[args->section_count++] = value;
	if (option == OPTION_TAG && args->tag_count < TAGS_MAX)
		args->tags[args->tag_count++] = value;
	return ARGS_OK;
}

/* `post CODE -`: nothing but the dash, and no words beside those that come in. */
static bool check_pipe(const struct args *args, struct buf *complaint)
{
	if (strcmp(args->words[1], "-") != 0) {
		complain(complaint, "usage.dash", args->verb, args->words[1]);
		return false;
	}
	for (int o = 1; o < OPTION_COUNT; o++) {
		if (!args->options[o] || !(BIT(o) & verbs[VERB_POST].options))
			continue;
		struct buf name = { 0 };
		buf_str(&name, "--");
		buf_str(&name, options[o].name);
		complain(complaint, "usage.option.pipe", args->verb, name.s);
		buf_release(&name);
		return false;
	}
	return true;
}

static enum args_verdict check(struct args *args, struct buf *complaint)
{
	enum verb verb = args->verb;
	for (int o = 1; o < OPTION_COUNT; o++) {
		if (!args->options[o] || (BIT(o) & (ANYWHERE | verbs[verb].options)))
			continue;
		struct buf name = { 0 };
		buf_str(&name, "--");
		buf_str(&name, options[o].name);
		complain_option(complaint, verb, name.s);
		buf_release(&name);
		return ARGS_BAD;
	}
	if (args->word_count < verbs[verb].least)
		return complain(complaint, "usage.missing", verb, verbs[verb].words);
	if (args->word_count > verbs[verb].most)
		return complain(complaint, "usage.extra", verb, args->words[verbs[verb].most]);
	if (verb == VERB_POST && args->word_count == 2 && !check_pipe(args, complaint))
		return ARGS_BAD;
	for (int i = 0; i < REQUIRED_MAX && verbs[verb].need[i]; i++)
		if (!args->options[verbs[verb].need[i]]) {
			struct buf name = { 0 };
			buf_str(&name, "--");
			buf_str(&name, options[verbs[verb].need[i]].name);
			complain(complaint, "usage.missing", verb, name.s);
			buf_release(&name);
			return ARGS_BAD;
		}
	return ARGS_OK;
}

static bool begins_commands(const char *word, const char *next)
{
	size_t a = strlen(word), b = strlen(next);
	for (int v = 1; v < VERB_COUNT; v++)
		if (!strncmp(verbs[v].name, word, a) && verbs[v].name[a] == ' ' && !strncmp(verbs[v].name + a + 1, next, b) && verbs[v].name[a + 1 + b] == ' ')
			return true;
	return false;
}

/* A first word that is no command is a class to go to, if it looks like one: with @ or #, or not like a misspelt command. */
/* The first word of commands of two: "class", "section". Says which there are. */
static bool complain_group(struct buf *out, const char *word, const char *next)
{
	struct buf names = { 0 }, group = { 0 };
	buf_str(&group, word);
	/* As far as what was typed begins commands: "canvas", or "canvas note". */
	if (next && begins_commands(word, next)) {
		buf_char(&group, ' ');
		buf_str(&group, next);
	}
	word = group.s;
	size_t n = group.n;
	for (int v = 1; v < VERB_COUNT; v++)
		if (!strncmp(verbs[v].name, word, n) && verbs[v].name[n] == ' ') {
			buf_str(&names, names.n ? ", forwhom " : "forwhom ");
			buf_str(&names, verbs[v].name);
		}
	struct sentence_arg list[] = { { "command", word, 0 }, { "values", buf_cstr(&names), 0 }, { 0 } };
	bool found = names.n && n;
	if (found)
		sentence_add(out, "usage.group", list);
	buf_release(&names);
	buf_release(&group);
	return found;
}

static bool looks_like_command(const char *word)
{
	return *word && strspn(word, "abcdefghijklmnopqrstuvwxyz") == strlen(word);
}

enum args_verdict args_read(int argc, char **argv, struct args *args, struct buf *complaint)
{
	*args = (struct args){ 0 };
	bool verb_known = false, only_words = false;
	for (int i = 1; i < argc; i++) {
		if (!only_words && !strcmp(argv[i], "--")) {
			only_words = true;
		} else if (!only_words && !strcmp(argv[i], "-h")) {
			args->options[OPTION_HELP] = "";
		} else if (!only_words && !strcmp(argv[i], "-o") && i + 1 < argc) {
			args->options[OPTION_OUTPUT] = argv[++i];
		} else if (!only_words && argv[i][0] == '-' && argv[i][1] == '-') {
			enum args_verdict verdict = read_option(argc, argv, &i, args, complaint);
			if (verdict != ARGS_OK)
				return verdict;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1] && strlen(argv[i]) < ID_PREFIX_MIN) { /* longer ones are ids: these may begin with a dash */
			return complain_option(complaint, args->verb, argv[i]);
		} else if (!verb_known) {
			int taken = read_verb(argc, argv, i, &args->verb);
			verb_known = true;
			if (!strcmp(argv[i], "help"))
				return ARGS_HELP;
			if (!taken && complain_group(complaint, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
				return ARGS_BAD;
			if (!taken && looks_like_command(argv[i]))
				return complain(complaint, "usage.unknown", VERB_NONE, argv[i]);
			if (!taken)
				args->words[args->word_count++] = argv[i];
			i += taken > 1 ? taken - 1 : 0;
		} else {
			if (args->word_count == WORDS_MAX)
				return complain(complaint, "usage.extra", args->verb, argv[i]);
			args->words[args->word_count++] = argv[i];
		}
	}
	if (args_has(args, OPTION_HELP))
		return ARGS_HELP;
	if (args_has(args, OPTION_VERSION))
		return ARGS_VERSION;
	return check(args, complaint);
}

/* --- help --- */

static void add_spaces(struct buf *out, int n)
{
	while (n-- > 0)
		buf_char(out, ' ');
}

static void add_option(struct buf *out, enum option option)
{
	size_t from = out->n;
	buf_str(out, "  --");
	buf_str(out, options[option].name);
	if (options[option].value) {
		buf_char(out, ' ');
		buf_str(out, options[option].value);
	}
	add_spaces(out, 24 - (int)(out->n - from));
	buf_char(out, ' ');
	buf_str(out, sentence(options[option].about));
	buf_char(out, '\n');
}

static void add_options(struct buf *out, option_mask mask)
{
	for (int o = 1; o < OPTION_COUNT; o++)
		if (mask & BIT(o))
			add_option(out, (enum option)o);
}

static void add_synopsis(struct buf *out, enum verb verb)
{
	buf_str(out, "forwhom");
	if (*verbs[verb].name) {
		buf_char(out, ' ');
		buf_str(out, verbs[verb].name);
	}
	if (*verbs[verb].words) {
		buf_char(out, ' ');
		buf_str(out, verbs[verb].words);
	}
	for (int i = 0; i < REQUIRED_MAX && verbs[verb].need[i]; i++) {
		buf_str(out, " --");
		buf_str(out, options[verbs[verb].need[i]].name);
		buf_char(out, ' ');
		buf_str(out, options[verbs[verb].need[i]].value);
	}
}

static void help_all(struct buf *out)
{
	buf_str(out, sentence("cmd.about"));
	buf_str(out, "\n\n");
	for (int v = 0; v < VERB_COUNT; v++) {
		size_t from = out->n;
		buf_str(out, "  ");
		add_synopsis(out, (enum verb)v);
		int width = term_width(out->s + from, out->n - from);
		if (width > 46) {
			buf_char(out, '\n');
			width = 0;
		}
		add_spaces(out, 48 - width);
		buf_str(out, sentence(verbs[v].about));
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
	add_options(out, ANYWHERE);
	buf_char(out, '\n');
	buf_str(out, sentence("cmd.exit"));
	buf_char(out, '\n');
}

void args_help(enum verb verb, struct buf *out)
{
	if (verb == VERB_NONE) {
		help_all(out);
		return;
	}
	add_synopsis(out, verb);
	buf_str(out, "\n\n");
	buf_str(out, sentence(verbs[verb].about));
	buf_char(out, '\n');
	struct buf more = { 0 };
	buf_str(&more, verbs[verb].about);
	buf_str(&more, ".more");
	if (sentence_has(more.s)) {
		buf_str(out, sentence(more.s));
		buf_char(out, '\n');
	}
	buf_release(&more);
	buf_char(out, '\n');
	add_options(out, verbs[verb].options);
	add_options(out, ANYWHERE);
}
