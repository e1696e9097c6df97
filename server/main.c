#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/app.h"
#include "server/http/assets.h"

static bool is_command(const struct config *config, const char *first, const char *second)
{
	return config->word_count == 2 && strcmp(config->words[0], first) == 0 && strcmp(config->words[1], second) == 0;
}

static int run(const struct config *config)
{
	char error[512];

	if (config->help) {
		config_print_help(stdout);
	} else if (config->version) {
		printf("forwhomd, protocol forwhom.1, page %s\n", asset_build_id());
	} else if (config->print_config) {
		config_print(config, stdout);
	} else if (config->print_limits) {
		config_print_limits(config, stdout);
	} else if (config->healthcheck) {
		return app_healthcheck(config);
	} else if (is_command(config, "admin", "invite")) {
		return app_invite(config);
	} else if (config->word_count) {
		fprintf(stderr, "forwhomd: no such command; see --help\n");
		return 2;
	} else if (!config_check_serving(config, error, sizeof error)) {
		fprintf(stderr, "forwhomd: %s\n", error);
		return 2;
	} else {
		return app_serve(config);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct config config;
	char error[512] = "";
	int status = 2;

	if (config_load(&config, argc, argv, environ, error, sizeof error))
		status = run(&config);
	else
		fprintf(stderr, "forwhomd: %s\n", error);
	config_release(&config);
	return status;
}
