#include "server/config.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "server/net/address.h"
#include "server/net/front.h"

enum type { TYPE_FLAG, TYPE_TEXT, TYPE_LIST };

enum source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_LINE };

struct option_spec {
	const char *name;
	enum type type;
	const char *argument; /* placeholder for --help, NULL for flags */
	const char *value;    /* default, NULL for none */
	size_t offset;        /* within struct config */
	bool line_only;       /* asks for something to be done, so it has no place in a file */
	const char *meaning;
};

#define AT(field) offsetof(struct config, field)

static const struct option_spec specs[] = {
	{ "data", TYPE_TEXT, "DIR", "./data", AT(data), false, "folder of the database, and of your own templates in DIR/templates/*.json; made if it is not there" },
	{ "listen", TYPE_LIST, "ADDR:PORT", "127.0.0.1:8080", AT(listen), false, "where to listen: 127.0.0.1:8080, [::1]:8080; port 0 takes a free one; repeatable" },
	{ "origin", TYPE_TEXT, "URL", "", AT(origin), false, "address that people use, https://class.example.org, if it is another than the one listened at" },
	{ "behind-proxy", TYPE_LIST, "ADDR", NULL, AT(behind_proxy), false, "address or network of a TLS proxy whose X-Forwarded-For and -Proto are to be believed; repeatable" },
	{ "insecure-http", TYPE_FLAG, NULL, NULL, AT(insecure_http), false, "serve plain HTTP beyond this machine: everybody in the network can read along" },
	{ "lan", TYPE_FLAG, NULL, NULL, AT(lan), false, "listen on all addresses and show the one that phones can reach; implies --insecure-http" },
	{ "allow-network-fs", TYPE_FLAG, NULL, NULL, AT(allow_network_fs), false, "accept a data folder on a network file system, where locks may fail and classes be damaged" },
	{ "limit", TYPE_LIST, "NAME=VALUE", NULL, AT(limit_texts), false, "change a limit (see --limits); repeatable; in a file: a line of section [limits]" },
	{ "config", TYPE_TEXT, "FILE", "", AT(file), false, "INI file with any of these options, without the dashes" },
	{ "help", TYPE_FLAG, NULL, NULL, AT(help), true, "this text" },
	{ "version", TYPE_FLAG, NULL, NULL, AT(version), true, "version of the program and of the page in it" },
	{ "print-config", TYPE_FLAG, NULL, NULL, AT(print_config), true, "what is in force, as a file for --config" },
	{ "limits", TYPE_FLAG, NULL, NULL, AT(print_limits), true, "every limit with its value, bounds and meaning" },
	{ "healthcheck", TYPE_FLAG, NULL, NULL, AT(healthcheck), true, "ask the server listening there how it is; exit 0 if it is well" },
};

enum { SPEC_COUNT = sizeof specs / sizeof specs[0] };

struct loader {
	struct config *config;
	enum source sources[SPEC_COUNT]; /* where each value is from */
	char *error;
	size_t error_cap;
	bool failed;
};

static void fail(struct loader *loader, const char *what, const char *value, const char *why)
{
	if (!loader->failed)
		snprintf(loader->error, loader->error_cap, "%s%s%s: %s", what, *value ? " " : "", value, why);
	loader->failed = true;
}

static char *copy(const char *text)
{
	char *made = strdup(text);

	if (!made)
		abort();
	return made;
}

static void *field_of(struct config *config, const struct option_spec *spec)
{
	return (char *)config + spec->offset;
}

static void list_clear(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	list->count = 0;
}

static void list_add(struct loader *loader, const struct option_spec *spec, const char *value)
{
	struct config_list *list = field_of(loader->config, spec);

	if (list->count == CONFIG_LIST_MAX)
		fail(loader, spec->name, value, "given too often");
	else
		list->items[list->count++] = copy(value);
}

static bool parse_flag(const char *value, bool *out)
{
	static const char *const yes[] = { "1", "yes", "true", "on" }, *const no[] = { "0", "no", "false", "off", "" };

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		if (strcasecmp(value, yes[i]) == 0)
			return *out = true, true;
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (strcasecmp(value, no[i]) == 0)
			return *out = false, true;
	return false;
}

static void set_value(struct loader *loader, size_t index, const char *value, enum source source)
{
	const struct option_spec *spec = &specs[index];
	void *field = field_of(loader->config, spec);

	switch (spec->type) {
	case TYPE_FLAG:
		if (!parse_flag(value, field))
			fail(loader, spec->name, value, "must be yes or no");
		break;
	case TYPE_TEXT:
		free(*(char **)field);
		*(char **)field = copy(value);
		break;
	case TYPE_LIST:
		/* A source of higher rank replaces the list, one of the same rank adds to it; limits have names, so they always add up. */
		if (source != loader->sources[index] && strcmp(spec->name, "limit") != 0)
			list_clear(field);
		list_add(loader, spec, value);
		break;
	}
	loader->sources[index] = source;
}

static int find_spec(const char *name)
{
	for (int i = 0; i < SPEC_COUNT; i++)
		if (strcmp(specs[i].name, name) == 0)
			return i;
	return -1;
}

/* ---- sources, lowest first ---- */

static void load_defaults(struct loader *loader)
{
	for (size_t i = 0; i < SPEC_COUNT; i++)
		if (specs[i].value)
			set_value(loader, i, specs[i].value, SOURCE_DEFAULT);
}

static int on_ini(void *ctx, const char *section, const char *name, const char *value)
{
	struct loader *loader = ctx;
	char text[256];
	int index;

	if (loader->failed)
		return 1;
	if (strcmp(section, "limits") == 0) {
		snprintf(text, sizeof text, "%s=%s", name, value);
		set_value(loader, (size_t)find_spec("limit"), text, SOURCE_FILE);
		return 1;
	}
	index = *section ? -1 : find_spec(name);
	if (index < 0 || specs[index].line_only || strcmp(name, "config") == 0) {
		snprintf(text, sizeof text, "%s%s%s", section, *section ? "/" : "", name);
		fail(loader, "config file:", text, "no such option");
	} else {
		set_value(loader, (size_t)index, value, SOURCE_FILE);
	}
	return 1;
}

static void load_file(struct loader *loader, const char *path)
{
	if (!*path)
		return;
	int line = ini_parse(path, on_ini, loader);
	if (line < 0) {
		fail(loader, "config file", path, strerror(errno));
	} else if (line > 0) {
		char text[32];
		snprintf(text, sizeof text, "line %d", line);
		fail(loader, "config file:", text, "cannot be read");
	}
}

static void environment_name(const char *name, char out[64])
{
	size_t n = (size_t)snprintf(out, 64, "FORWHOM_%s", name);

	for (size_t i = 8; i < n && i < 63; i++)
		out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

static const char *environment_get(char **environment, const char *name)
{
	char wanted[64];

	environment_name(name, wanted);
	size_t n = strlen(wanted);
	for (; environment && *environment; environment++)
		if (strncmp(*environment, wanted, n) == 0 && (*environment)[n] == '=')
			return *environment + n + 1;
	return NULL;
}

static void load_environment(struct loader *loader, char **environment)
{
	for (size_t i = 0; i < SPEC_COUNT; i++) {
		const char *value = specs[i].line_only ? NULL : environment_get(environment, specs[i].name);

		if (!value)
			continue;
		if (specs[i].type != TYPE_LIST) {
			set_value(loader, i, value, SOURCE_ENVIRONMENT);
			continue;
		}
		/* A list: words with commas or spaces between them. */
		for (value += strspn(value, ", "); *value; value += strspn(value, ", ")) {
			char word[300];
			size_t n = strcspn(value, ", ");

			snprintf(word, sizeof word, "%.*s", (int)n, value);
			set_value(loader, i, word, SOURCE_ENVIRONMENT);
			value += n;
		}
	}
}

struct given {
	size_t index;
	const char *value;
};

/* Reads the command line once into pairs, because --config in it must be known before the file is read and yet come after it. */
static size_t read_line(struct loader *loader, int argc, char **argv, struct given *given, size_t cap)
{
	struct option options[SPEC_COUNT + 1];
	size_t count = 0;
	int found;

	memset(options, 0, sizeof options);
	for (int i = 0; i < SPEC_COUNT; i++)
		options[i] = (struct option){ specs[i].name, specs[i].type == TYPE_FLAG ? no_argument : required_argument, NULL, 256 + i };
	optind = 0; /* starts over, also for the tests */
	opterr = 0;
	while ((found = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (found < 256) {
			fail(loader, "option", argv[optind - 1], "is not known, or lacks its value; see --help");
			return 0;
		}
		if (count == cap) {
			fail(loader, "command line", "", "too many options");
			return 0;
		}
		given[count++] = (struct given){ (size_t)(found - 256), optarg ? optarg : "yes" };
	}
	loader->config->words = argv + optind;
	loader->config->word_count = (size_t)(argc - optind);
	return count;
}

static void apply_limits(struct loader *loader)
{
	struct config *config = loader->config;

	limits_init(&config->limits);
	for (size_t i = 0; i < config->limit_texts.count && !loader->failed; i++) {
		char *text = config->limit_texts.items[i], name[64], *end;
		size_t n = strcspn(text, "=");

		snprintf(name, sizeof name, "%.*s", (int)n, text);
		errno = 0;
		long long value = text[n] ? strtoll(text + n + 1, &end, 10) : 0;
		if (!text[n] || end == text + n + 1 || *end || errno)
			fail(loader, "limit", text, "must be NAME=NUMBER");
		else if (!limits_set(&config->limits, name, value))
			fail(loader, "limit", text, "there is no such limit, or the value is out of its bounds; see --limits");
	}
}

static void check_values(struct loader *loader)
{
	struct config *config = loader->config;
	struct sockaddr_storage address;
	struct authority authority;
	bool secure;

	for (size_t i = 0; i < config->listen.count; i++)
		if (!address_parse(config->listen.items[i], &address))
			fail(loader, "listen", config->listen.items[i], "must be an address and a port, like 127.0.0.1:8080 or [::1]:8080");
	if (config->listen.count > FRONT_LISTEN_MAX)
		fail(loader, "listen", "", "given too often");
	for (size_t i = 0; i < config->behind_proxy.count; i++)
		if (!address_is_valid(config->behind_proxy.items[i], true))
			fail(loader, "behind-proxy", config->behind_proxy.items[i], "must be an address, like 10.0.0.7, or a network, like 10.0.0.0/24");
	if (*config->origin && !origin_parse(config->origin, &secure, &authority))
		fail(loader, "origin", config->origin, "must be http:// or https:// and a host, with nothing behind it");
	if (!*config->data)
		fail(loader, "data", "", "must name a folder");
}

bool config_load(struct config *config, int argc, char **argv, char **environment, char *error, size_t error_cap)
{
	struct loader loader = { .config = config, .error = error, .error_cap = error_cap };
	struct given given[128];

	memset(config, 0, sizeof *config);
	load_defaults(&loader);
	size_t count = read_line(&loader, argc, argv, given, sizeof given / sizeof given[0]);

	const char *file = environment_get(environment, "config");
	for (size_t i = 0; i < count; i++)
		if (strcmp(specs[given[i].index].name, "config") == 0)
			file = given[i].value;
	if (file && !loader.failed)
		load_file(&loader, file);
	load_environment(&loader, environment);
	for (size_t i = 0; i < count; i++)
		set_value(&loader, given[i].index, given[i].value, SOURCE_LINE);

	/* --lan alone means every address at the usual port; with --listen it keeps what is given. */
	int listen = find_spec("listen");
	if (config->lan && loader.sources[listen] == SOURCE_DEFAULT)
		set_value(&loader, (size_t)listen, "0.0.0.0:8080", SOURCE_LINE);
	config->insecure_http = config->insecure_http || config->lan;
	check_values(&loader);
	if (!loader.failed)
		apply_limits(&loader);
	return !loader.failed;
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < SPEC_COUNT; i++) {
		void *field = field_of(config, &specs[i]);

		if (specs[i].type == TYPE_LIST) {
			list_clear(field);
		} else if (specs[i].type == TYPE_TEXT) {
			free(*(char **)field);
			*(char **)field = NULL;
		}
	}
}

bool config_check_serving(const struct config *config, char *error, size_t error_cap)
{
	struct sockaddr_storage address;

	if (config->insecure_http || config->behind_proxy.count)
		return true;
	for (size_t i = 0; i < config->listen.count; i++) {
		if (address_parse(config->listen.items[i], &address) && !address_is_loopback((struct sockaddr *)&address)) {
			snprintf(error, error_cap,
				 "listen %s: others could reach this address, and without TLS everybody in the network could read along. Put a TLS proxy in front and name it with --behind-proxy ADDR, or "
				 "say --insecure-http if that is what you want.",
				 config->listen.items[i]);
			return false;
		}
	}
	return true;
}

/* ---- printing ---- */

void config_print_help(FILE *out)
{
	fputs("forwhomd: the server of Forwhom, a live classroom for value propositions.\n\n"
	      "  forwhomd [OPTION…]                   serves\n"
	      "  forwhomd admin invite [--data DIR]   prints a one-time instructor's link\n\n"
	      "Options; each can also be set in the environment (FORWHOM_DATA=…) or in a file (data = …):\n",
	      out);
	for (size_t i = 0; i < SPEC_COUNT; i++) {
		char left[64];

		snprintf(left, sizeof left, "--%s%s%s", specs[i].name, specs[i].argument ? " " : "", specs[i].argument ? specs[i].argument : "");
		fprintf(out, "  %-22s %s", left, specs[i].meaning);
		if (specs[i].value && *specs[i].value)
			fprintf(out, " (default %s)", specs[i].value);
		fputc('\n', out);
	}
}

void config_print(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < SPEC_COUNT; i++) {
		const void *field = (const char *)config + specs[i].offset;
		const struct config_list *list = field;

		if (specs[i].line_only || strcmp(specs[i].name, "config") == 0 || strcmp(specs[i].name, "limit") == 0)
			continue;
		switch (specs[i].type) {
		case TYPE_FLAG:
			fprintf(out, "%s = %s\n", specs[i].name, *(const bool *)field ? "yes" : "no");
			break;
		case TYPE_TEXT:
			fprintf(out, "%s = %s\n", specs[i].name, *(char *const *)field);
			break;
		case TYPE_LIST:
			for (size_t k = 0; k < list->count; k++)
				fprintf(out, "%s = %s\n", specs[i].name, list->items[k]);
			break;
		}
	}
	fputs("\n[limits]\n", out);
	for (const struct limit_spec *spec = limit_specs; spec->name; spec++)
		fprintf(out, "%s = %lld\n", spec->name, (long long)*(const int64_t *)((const char *)&config->limits + spec->offset));
}

void config_print_limits(const struct config *config, FILE *out)
{
	for (const struct limit_spec *spec = limit_specs; spec->name; spec++) {
		long long value = *(const int64_t *)((const char *)&config->limits + spec->offset);

		fprintf(out, "%-24s %12lld %-9s %lld to %lld; %s\n", spec->name, value, spec->unit, (long long)spec->min, (long long)spec->max, spec->meaning);
	}
}
