/* Passwords of instructors: what may be one, and Argon2id (libsodium, INTERACTIVE: 64 MiB and two passes) away from the loop, at most two at a time so that signing in can never eat the machine. */
#ifndef FORWHOM_SERVER_HTTP_PASSWORD_H
#define FORWHOM_SERVER_HTTP_PASSWORD_H
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
	PASSWORD_CHARS_MIN = 12,
	PASSWORD_BYTES_MAX = 256,
	PASSWORD_HASH_BYTES = 128,
	PASSWORD_RUNNING_MAX = 2,
	PASSWORD_QUEUE_MAX = 32,
};

enum password_verdict {
	PASSWORD_OK,
	PASSWORD_SHORT,
	PASSWORD_LONG,
	PASSWORD_COMMON, /* among the first that a guesser tries */
};

/* Judges a new password (UTF-8). `name` is the account's, which must not be what it is made of. No rules of composition: length and not being guessable are what counts (NIST SP 800-63B). */
enum password_verdict password_judge(const char *password, const char *name);

struct passwords;

enum password_match { MATCH_UNKNOWN, MATCH_WRONG, MATCH_RIGHT };

/* `hash` is NULL and `match` MATCH_UNKNOWN when it was not done (out of memory, or the server is stopping). */
typedef void passwords_on_hash(const char *hash, void *ctx);
typedef void passwords_on_verify(enum password_match match, void *ctx);

struct passwords *passwords_new(uv_loop_t *loop);
/* Nothing may be under way any more. Takes NULL. */
void passwords_free(struct passwords *passwords);
/* Forgets what waits, calling back with failure; what is being worked on ends by itself. */
void passwords_stop(struct passwords *passwords);

/* Both copy the password, wipe the copy afterwards, and call back later on the loop. False when the queue is full. */
bool passwords_hash(struct passwords *passwords, const char *password, passwords_on_hash *, void *ctx);
/* `hash` NULL: goes through the same work for an account that does not exist, and never matches. */
bool passwords_verify(struct passwords *passwords, const char *hash, const char *password, passwords_on_verify *, void *ctx);
#endif
