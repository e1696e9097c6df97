#include "server/http/assets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/http/assets_table.h"

static int compare_path(const void *path, const void *asset)
{
	return strcmp(path, ((const struct asset *)asset)->path);
}

const struct asset *asset_find(const char *path)
{
	assert(path);
	if (strcmp(path, "/") == 0)
		path = "/index.html";
	return bsearch(path, assets_table, assets_table_count, sizeof assets_table[0], compare_path);
}

const struct asset *asset_next(const struct asset *previous)
{
	const struct asset *next = previous ? previous + 1 : assets_table;

	return next < assets_table + assets_table_count ? next : NULL;
}

const char *asset_build_id(void)
{
	return assets_table_build_id;
}
