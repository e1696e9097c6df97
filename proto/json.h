#ifndef FORWHOM_JSON_H
#define FORWHOM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "proto/buf.h"

/*
 * JSON as this protocol understands it: a strict validator that runs over every message before anything else looks
 * at it, and a thin reading side over cJSON.
 *
 * The dialect is RFC 8259 with less freedom, so that C and JavaScript cannot read one message in two ways:
 *   - strict UTF-8, no BOM; no NUL, neither as a byte nor as \u0000; no lone surrogate escapes
 *   - numbers are integers of at most 2^53 - 1 in magnitude, without fraction, exponent or "-0"
 *   - no key twice in one object, compared after decoding ("a" equals "\u0061"); upper and lower case differ
 *   - bounded size, depth, number of tokens and length of keys
 */

/* 2^53 - 1: the largest magnitude that JavaScript counts in exactly. */
#define JSON_INT_MAX INT64_C(9007199254740991)

/* What no struct json_limits may exceed: the validator's working memory is on its stack and sized by these. */
enum { JSON_DEPTH_CEILING = 32, JSON_TOKENS_CEILING = 8192 };

struct json_limits {
	size_t bytes_max;     /* of the whole message */
	size_t depth_max;     /* of nested arrays and objects: `[]` is 1, `1` is 0; at most JSON_DEPTH_CEILING */
	size_t tokens_max;    /* keys and values (an array or object is one, beside its contents); at most JSON_TOKENS_CEILING */
	size_t key_bytes_max; /* of one key, decoded */
};

/* For messages from clients: 64 KiB, depth 16, 4,096 tokens, keys of 64 bytes. Used where limits are NULL. */
extern const struct json_limits json_limits_client;

/* For messages from the server, whose snapshots are dense: the same, with 8,192 tokens. */
extern const struct json_limits json_limits_server;

enum json_verdict {
	JSON_OK,
	JSON_BAD_JSON, /* not the grammar above, numbers included */
	JSON_BAD_UTF8, /* a string that is not strict UTF-8, \u0000, or half of a surrogate pair */
	JSON_TOO_DEEP,
	JSON_TOO_BIG,  /* message, number of tokens, or a key */
	JSON_DUP_KEY,
};

/* The stable code of a verdict, as sent in `no`: "bad_json" and so on; "ok" for JSON_OK. Never freed. */
const char *json_verdict_code(enum json_verdict verdict);

/*
 * Checks that the `n` bytes at `s` are one JSON value of the dialect above and nothing else. One pass, no recursion,
 * no allocation, about 64 KiB of stack at most; time grows with n. The first fault met from the left decides the
 * verdict. Borrows `s` (may be NULL if n is 0, need not be NUL-terminated) and `limits` (NULL: json_limits_client).
 *
 * Keys are told apart by a 64-bit hash: equal keys are always found; two different keys of one object that share a
 * hash are refused as duplicates, which happens by accident once in 2^40 messages and on purpose only to the sender.
 */
enum json_verdict json_check(const char *s, size_t n, const struct json_limits *limits);

/*
 * json_check, then cJSON. Returns an owned tree (cJSON_Delete) and sets `*verdict` to JSON_OK, or returns NULL and
 * sets the reason. Running out of memory aborts.
 */
cJSON *json_parse(const char *s, size_t n, const struct json_limits *limits, enum json_verdict *verdict);

/*
 * Getters with exact types. All of them return false, or NULL, and leave the outputs alone if `obj` is not an object,
 * has no such key (case matters), or holds another type there; nothing is ever converted. Strings and items are
 * borrowed from the tree. The tree must come from json_parse: only then a string's length is known to be its strlen.
 */
cJSON *json_get(const cJSON *obj, const char *key);
bool json_has(const cJSON *obj, const char *key);
bool json_str(const cJSON *obj, const char *key, const char **s, size_t *n);
/* Also false if the number is outside [min, max]. */
bool json_int(const cJSON *obj, const char *key, int64_t min, int64_t max, int64_t *out);
bool json_bool(const cJSON *obj, const char *key, bool *out);
cJSON *json_object(const cJSON *obj, const char *key);
cJSON *json_array(const cJSON *obj, const char *key);

/* A number of the dialect in a tree that does not come from json_parse but, say, from a disk; false, perhaps with something in `out`, for anything else. */
bool json_whole(const cJSON *item, int64_t *out);

/*
 * Appends a tree from json_parse as JSON without white space, keys in their order. To be used instead of cJSON_Print,
 * which rounds integers beyond 15 digits. Recurses as deep as the tree, which json_check has bounded. Borrows `item`.
 */
void json_write(struct buf *b, const cJSON *item);

#endif
