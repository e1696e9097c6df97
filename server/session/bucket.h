/* A token bucket: so many a minute, so many at once. Holds sixty-thousandths of a token: with a rate per minute and a clock in milliseconds nothing is ever rounded away, however often it is asked. */
#ifndef FORWHOM_SERVER_SESSION_BUCKET_H
#define FORWHOM_SERVER_SESSION_BUCKET_H
#include <stdint.h>

struct bucket {
	int64_t level; /* 60,000 to the token */
	int64_t filled_ms; /* 0: never used, so full */
};

/* Takes `cost` tokens of a bucket that gains `per_minute` a minute up to `burst`. Returns 0 when taken, else the milliseconds until there are enough, and takes nothing. */
static inline int64_t bucket_take(struct bucket *bucket, int64_t per_minute, int64_t burst, int64_t cost, int64_t mono_ms)
{
	const int64_t token = 60 * 1000, full = burst * token, gained_ms = mono_ms - bucket->filled_ms;
	/* Asked again only after a long time it is full: no need to multiply, which might overflow. */
	if (!bucket->filled_ms || gained_ms >= full / per_minute + 1)
		bucket->level = full;
	else
		bucket->level += gained_ms * per_minute;
	if (bucket->level > full)
		bucket->level = full;
	bucket->filled_ms = mono_ms > 0 ? mono_ms : 1;
	int64_t missing = cost * token - bucket->level;
	if (missing <= 0) {
		bucket->level -= cost * token;
		return 0;
	}
	return (missing + per_minute - 1) / per_minute;
}

/* Takes `cost` tokens that have been used already, there or not: what is missing is a debt. Call bucket_take, if only for nothing, before it. */
static inline void bucket_owe(struct bucket *bucket, int64_t cost)
{
	bucket->level -= cost * 60 * 1000;
}
#endif
