/* Every limit of the server, in one table (limits.c): name, default, hard bounds and what it means. Configuration may change them, `forwhomd --limits` prints them, each is tested at n and n + 1. */
#ifndef FORWHOM_SERVER_SESSION_LIMITS_H
#define FORWHOM_SERVER_SESSION_LIMITS_H
#include <stdbool.h>
#include <stdint.h>

struct limits {
	int64_t commands_per_s, commands_burst;          /* per socket */
	int64_t class_commands_per_s;                    /* per class */
	int64_t posts_per_min, posts_burst;              /* per member; instructors exempt */
	int64_t posts_per_member;                        /* in one class */
	int64_t objects_per_document;
	int64_t bulk_ops_per_s, bulk_ops_burst;          /* that commands of one member make beyond a few each */
	int64_t document_bytes;                          /* of stored ops per document */
	int64_t documents_per_class, open_documents;     /* the latter per socket */
	int64_t members_per_class;
	int64_t sockets_per_member;
	int64_t sockets_before_hello;
	int64_t hello_bytes, message_bytes;
	int64_t fragments_per_message;
	int64_t hello_deadline_ms, message_deadline_ms;
	int64_t ping_after_ms, hangup_after_ms;
	int64_t queue_bytes, behind_ms;                  /* per connection */
	int64_t wrong_codes_per_socket;
	int64_t wrong_codes_per_min;                     /* per address, before answers are delayed */
	int64_t malformed_per_min;                       /* strikes before 4400 */
	int64_t bytes_in_per_s, bytes_in_burst;          /* per connection */
	int64_t done_keep_ms;                            /* how long outcomes answer resends */
	int64_t invite_ms, ticket_ms, session_idle_ms, session_max_ms;
	int64_t login_per_15min;                         /* failed, per account and address */
};

struct limit_spec {
	const char *name;
	int64_t value, min, max; /* default and bounds */
	const char *unit, *meaning;
	uint16_t offset; /* within struct limits */
};

/* NULL-name terminated. */
extern const struct limit_spec limit_specs[];
/* Fills in the defaults. */
void limits_init(struct limits *limits);
/* Sets one by name; false when there is none or the value is out of bounds. */
bool limits_set(struct limits *limits, const char *name, int64_t value);
#endif
