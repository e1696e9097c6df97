/* How often somebody may fail to sign in: `login_per_15min` times per (account, address), ten times that per address. Counted when an attempt begins and given back when it succeeds, so that a
 * thousand at once are no way around it. Nobody is locked out of an account by failures from elsewhere. Pure: time is an argument. */
#ifndef FORWHOM_SERVER_HTTP_LOGIN_BUDGET_H
#define FORWHOM_SERVER_HTTP_LOGIN_BUDGET_H
#include <stdbool.h>
#include <stdint.h>

enum { LOGIN_WINDOW_MS = 15 * 60 * 1000, LOGIN_PER_ADDRESS = 10 };

struct login_budget;

struct login_budget *login_budget_new(int64_t per_window);
void login_budget_free(struct login_budget *budget);

/* Takes one attempt. Returns 0, or the milliseconds after which the next one is allowed. `name` is as typed, compared without case. */
int64_t login_budget_take(struct login_budget *budget, const char *name, const char *address, int64_t mono_ms);
/* The attempt was not made after all: gives it back, and no more, else whoever can make the server busy could wipe out their failures. */
void login_budget_give_back(struct login_budget *budget, const char *name, const char *address);
/* The attempt was good: gives it back and forgets the failures of this account and address. */
void login_budget_succeed(struct login_budget *budget, const char *name, const char *address);
#endif
