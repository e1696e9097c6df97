/*
 * What web/embed.mjs generates and assets.c searches. Nobody else includes this.
 */
#ifndef FORWHOM_SERVER_HTTP_ASSETS_TABLE_H
#define FORWHOM_SERVER_HTTP_ASSETS_TABLE_H

#include "server/http/assets.h"

extern const struct asset assets_table[]; /* ascending by strcmp of path, no path twice */
extern const size_t assets_table_count;
extern const char assets_table_build_id[];

#endif
