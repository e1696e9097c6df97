/* The validator against cJSON: what it admits cJSON reads, and what is written from that is admitted again and stays the same from then on. */
#include "tests/fuzz/fuzz.h"

#include "proto/json.h"

/* Writing may lengthen: one byte of DEL becomes six. */
static const struct json_limits written_limits = { .bytes_max = 1 << 20, .depth_max = 16, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64 };

/* Integers as JavaScript counts them, and no string that ends early. */
static void check_tree(const cJSON *item, size_t depth)
{
	assert(depth <= 16);
	assert(!cJSON_IsNumber(item) || (item->valuedouble == (double)(int64_t)item->valuedouble && item->valuedouble >= -(double)JSON_INT_MAX && item->valuedouble <= (double)JSON_INT_MAX));
	for (const cJSON *child = cJSON_IsArray(item) || cJSON_IsObject(item) ? item->child : NULL; child; child = child->next) {
		assert(!cJSON_IsObject(item) || (child->string && cJSON_GetObjectItemCaseSensitive(item, child->string) == child)); /* no key twice */
		check_tree(child, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_exact(data, n);
	enum json_verdict verdict = json_check(text, n, NULL), again;
	cJSON *tree = json_parse(text, n, NULL, &again);

	assert(verdict == again && (tree != NULL) == (verdict == JSON_OK));
	assert(verdict != JSON_OK || json_check(text, n, &json_limits_server) == JSON_OK);
	if (tree) {
		struct buf once = { 0 }, twice = { 0 };
		check_tree(tree, 0);
		json_write(&once, tree);
		cJSON *copy = json_parse(once.s, once.n, &written_limits, &again);
		assert(copy && cJSON_Compare(tree, copy, true));
		json_write(&twice, copy);
		assert(once.n == twice.n && !memcmp(once.s, twice.s, once.n));
		cJSON_Delete(copy);
		buf_release(&once);
		buf_release(&twice);
	}
	cJSON_Delete(tree);
	free(text);
	return 0;
}
