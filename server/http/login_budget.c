#include "server/http/login_budget.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fixed table: somebody who tries many names takes the places of the oldest, but is stopped by the count of the address, whose slots are touched by every attempt and so are never the oldest. */
enum { SLOTS = 4096, WAYS = 8 };

struct slot {
	uint64_t key; /* 0: free */
	int64_t since_ms; /* beginning of its window */
	int64_t used_ms;  /* last attempt */
	int64_t count;
};

struct login_budget {
	int64_t per_window;
	uint8_t secret[crypto_shorthash_KEYBYTES]; /* so that nobody can aim at a slot */
	struct slot slots[SLOTS];
};

struct login_budget *login_budget_new(int64_t per_window)
{
	struct login_budget *budget = calloc(1, sizeof *budget);

	if (!budget)
		abort();
	budget->per_window = per_window;
	crypto_shorthash_keygen(budget->secret);
	return budget;
}

void login_budget_free(struct login_budget *budget)
{
	free(budget);
}

static uint64_t key_of(const struct login_budget *budget, const char *name, const char *address)
{
	char text[600];
	uint64_t key;
	int n = snprintf(text, sizeof text, "%s\n%s", address, name ? name : "\n");

	if (n >= (int)sizeof text)
		n = sizeof text - 1;
	for (int i = 0; i < n; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	crypto_shorthash((uint8_t *)&key, (const uint8_t *)text, (size_t)n, budget->secret);
	return key ? key : 1;
}

static struct slot *find(struct login_budget *budget, uint64_t key)
{
	size_t start = key % (SLOTS / WAYS) * WAYS;
	struct slot *oldest = &budget->slots[start];

	for (size_t i = start; i < start + WAYS; i++) {
		struct slot *slot = &budget->slots[i];

		if (slot->key == key)
			return slot;
		if (!slot->key || (oldest->key && slot->used_ms < oldest->used_ms))
			oldest = slot;
	}
	*oldest = (struct slot){ .key = key, .since_ms = INT64_MIN, .used_ms = INT64_MAX };
	return oldest;
}

static int64_t wait_of(struct slot *slot, int64_t max, int64_t now)
{
	slot->used_ms = now;
	if (slot->since_ms == INT64_MIN || now - slot->since_ms >= LOGIN_WINDOW_MS) {
		slot->since_ms = now;
		slot->count = 0;
	}
	return slot->count >= max ? slot->since_ms + LOGIN_WINDOW_MS - now : 0;
}

int64_t login_budget_take(struct login_budget *budget, const char *name, const char *address, int64_t now)
{
	struct slot *slots[2] = { find(budget, key_of(budget, NULL, address)), NULL };
	int64_t wait = wait_of(slots[0], budget->per_window * LOGIN_PER_ADDRESS, now);

	if (wait)
		return wait;
	slots[1] = find(budget, key_of(budget, name, address));
	wait = wait_of(slots[1], budget->per_window, now);
	if (wait)
		return wait;
	slots[0]->count++;
	slots[1]->count++;
	return 0;
}

static void give_back(struct slot *slot)
{
	if (slot->count > 0)
		slot->count--;
}

void login_budget_give_back(struct login_budget *budget, const char *name, const char *address)
{
	give_back(find(budget, key_of(budget, NULL, address)));
	give_back(find(budget, key_of(budget, name, address)));
}

void login_budget_succeed(struct login_budget *budget, const char *name, const char *address)
{
	give_back(find(budget, key_of(budget, NULL, address)));
	find(budget, key_of(budget, name, address))->count = 0;
}
