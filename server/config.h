/* How forwhomd is told what to do: one table of options (config.c), each of which may come from the command line, from the environment (FORWHOM_ and its name in capitals) or from an INI file
 * (--config), in this order of precedence, and else has its default. `--help` and `--print-config` are made from the same table. */
#ifndef FORWHOM_SERVER_CONFIG_H
#define FORWHOM_SERVER_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "server/session/limits.h"

enum { CONFIG_LIST_MAX = 64 };

struct config_list {
	char *items[CONFIG_LIST_MAX];
	size_t count;
};

struct config {
	char *data;
	struct config_list listen;
	char *origin;
	struct config_list behind_proxy;
	bool insecure_http;
	bool lan;
	bool allow_network_fs;
	char *file;                     /* --config */
	struct config_list limit_texts; /* NAME=VALUE, as given */
	struct limits limits;
	/* What to do instead of serving. */
	bool help, version, print_config, print_limits, healthcheck;
	char **words;                   /* what is left of the command line: "admin", "invite"; borrowed from argv */
	size_t word_count;
};

/* Reads everything. False with a sentence in `error` when something is wrong, config_release then is due all the same. `environment` is like environ. */
bool config_load(struct config *config, int argc, char **argv, char **environment, char *error, size_t error_cap);
void config_release(struct config *config);

/* What belongs together: whether it may listen where it is told to. Called when serving only. */
bool config_check_serving(const struct config *config, char *error, size_t error_cap);

void config_print_help(FILE *out);
void config_print(const struct config *config, FILE *out);
void config_print_limits(const struct config *config, FILE *out);
#endif
