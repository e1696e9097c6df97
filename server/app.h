/* The server put together: store, directory, hub, page, sockets and the one loop they all live on. */
#ifndef FORWHOM_SERVER_APP_H
#define FORWHOM_SERVER_APP_H
#include "server/config.h"

/* Serves until SIGTERM or SIGINT. Returns the exit status. */
int app_serve(const struct config *config);

/* `forwhomd admin invite`: prints a one-time instructor's link, from the running server or, when there is none, by writing it to the store itself. Returns the exit status. */
int app_invite(const struct config *config);

/* `--healthcheck`: 0 when the server listening at the configured address says it is well. */
int app_healthcheck(const struct config *config);
#endif
