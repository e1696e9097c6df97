#include "server/session/limits.h"

#include <stddef.h>
#include <string.h>

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define LIMIT(field, value, min, max, unit, meaning) { #field, value, min, max, unit, meaning, offsetof(struct limits, field) }

/* The upper bounds are what the server has been built to stand; the lower ones are what a class of one can still work with. */
const struct limit_spec limit_specs[] = {
	LIMIT(commands_per_s, 30, 1, 10000, "per second", "commands of one socket, sustained"),
	LIMIT(commands_burst, 120, 1, 100000, "commands", "commands of one socket at once"),
	LIMIT(class_commands_per_s, 2000, 10, 1000000, "per second", "commands of one class, sustained"),
	LIMIT(bulk_ops_per_s, 500, 10, 1000000, "per second", "changes that commands of one member make beyond twenty each, sustained"),
	LIMIT(bulk_ops_burst, 20000, 100, 10000000, "changes", "changes that commands of one member make beyond twenty each, at once"),
	LIMIT(posts_per_min, 6, 1, 100000, "per minute", "posts of one member, sustained; instructors are exempt"),
	LIMIT(posts_burst, 10, 1, 100000, "posts", "posts of one member at once; instructors are exempt"),
	LIMIT(posts_per_member, 200, 1, 100000, "posts", "posts of one member in one class"),
	LIMIT(objects_per_document, 10000, 100, 100000, "objects", "things in one document"),
	LIMIT(document_bytes, 64 * MIB, MIB, 4096 * MIB, "bytes", "stored ops of one document"),
	LIMIT(documents_per_class, 300, 2, 10000, "documents", "walls and canvases of one class"),
	LIMIT(open_documents, 64, 2, 10000, "documents", "open on one connection"),
	LIMIT(members_per_class, 1000, 1, 10000, "members", "people in one class"),
	LIMIT(sockets_per_member, 4, 1, 64, "sockets", "connections of one member; the oldest gives way"),
	LIMIT(sockets_before_hello, 2000, 1, 100000, "sockets", "connections that have not said who they are"),
	LIMIT(hello_bytes, 2 * KIB, 256, 64 * KIB, "bytes", "the first message"),
	LIMIT(message_bytes, 64 * KIB, 2 * KIB, MIB, "bytes", "any other message"),
	LIMIT(fragments_per_message, 128, 1, 10000, "frames", "pieces that a message may come in"),
	LIMIT(hello_deadline_ms, 5 * SECOND, 100, 5 * MINUTE, "ms", "from connecting to the whole first message"),
	LIMIT(message_deadline_ms, 10 * SECOND, 100, 5 * MINUTE, "ms", "from a message's first piece to its last"),
	LIMIT(ping_after_ms, 20 * SECOND, 100, 10 * MINUTE, "ms", "silence after which the server asks whether anybody is there"),
	LIMIT(hangup_after_ms, 45 * SECOND, 200, 20 * MINUTE, "ms", "silence after which nobody is"),
	LIMIT(queue_bytes, 256 * KIB, 64 * KIB, 64 * MIB, "bytes", "waiting for one connection to read"),
	LIMIT(behind_ms, 10 * SECOND, 100, 10 * MINUTE, "ms", "how far a connection may be behind"),
	LIMIT(wrong_codes_per_socket, 3, 1, 1000, "codes", "wrong join codes of one connection before it is closed"),
	LIMIT(wrong_codes_per_min, 10, 1, 1000000, "per minute", "wrong join codes of one address before answers are delayed"),
	LIMIT(malformed_per_min, 5, 1, 1000, "per minute", "malformed messages of one connection before it is closed"),
	LIMIT(bytes_in_per_s, 128 * KIB, KIB, 1024 * MIB, "bytes per second", "what one connection sends, sustained"),
	LIMIT(bytes_in_burst, 512 * KIB, 64 * KIB, 1024 * MIB, "bytes", "what one connection sends at once"),
	LIMIT(done_keep_ms, DAY, MINUTE, DAY, "ms", "how long a repeated command gets its first answer"),
	LIMIT(invite_ms, 7 * DAY, SECOND, 365 * DAY, "ms", "how long an instructor's link is good"),
	LIMIT(ticket_ms, 30 * SECOND, SECOND, HOUR, "ms", "how long a ticket for a class is good"),
	LIMIT(session_idle_ms, 12 * HOUR, MINUTE, 365 * DAY, "ms", "how long a sign-in lasts unused"),
	LIMIT(session_max_ms, 7 * DAY, MINUTE, 365 * DAY, "ms", "how long a sign-in lasts at most"),
	LIMIT(login_per_15min, 5, 1, 100000, "per 15 minutes", "failed sign-ins of one account and address"),
	{ 0 },
};

static int64_t *field(struct limits *limits, const struct limit_spec *spec)
{
	return (int64_t *)((char *)limits + spec->offset);
}

void limits_init(struct limits *limits)
{
	for (const struct limit_spec *spec = limit_specs; spec->name; spec++)
		*field(limits, spec) = spec->value;
}

bool limits_set(struct limits *limits, const char *name, int64_t value)
{
	for (const struct limit_spec *spec = limit_specs; spec->name; spec++) {
		if (strcmp(spec->name, name))
			continue;
		if (value < spec->min || value > spec->max)
			return false;
		*field(limits, spec) = value;
		return true;
	}
	return false;
}
