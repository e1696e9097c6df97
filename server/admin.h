/* DIR/admin.sock: how `forwhomd admin …` talks to the server that has the folder's lock. A line in, a line out ("link …" or "error …"); whoever may open the socket (0600) is the operator. */
#ifndef FORWHOM_SERVER_ADMIN_H
#define FORWHOM_SERVER_ADMIN_H
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct admin;

/* Makes a link and answers with admin_answer, now or later. */
typedef void admin_on_invite(void *request, void *ctx);

/* Listens; NULL with a log line when that fails (the server runs all the same). */
struct admin *admin_open(uv_loop_t *loop, const char *dir, admin_on_invite *, void *ctx);
/* Answers with `line`, without newline; `request` is then gone. */
void admin_answer(void *request, const char *line);
/* Stops listening and removes the socket; then run the loop until it is dry, then admin_free. Both take NULL. */
void admin_close(struct admin *admin);
void admin_free(struct admin *admin);

/* The other side: asks the server of `dir` for an invite and writes its answer line to `out`. Blocks for at most ten seconds. False when no server listens there. */
bool admin_ask(const char *dir, char *out, size_t cap);
#endif
