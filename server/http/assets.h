/*
 * The page, as it lies in the program's own read-only memory: every file with its headers and its compressed forms made
 * at build time. There is no disk and no path walking behind it: a path that is not in the table does not exist, so
 * nothing like ".." can mean anything.
 *
 * Everything returned is valid for the life of the program and never changes.
 */
#ifndef FORWHOM_SERVER_HTTP_ASSETS_H
#define FORWHOM_SERVER_HTTP_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one encoding; bytes is NULL and size 0 where that encoding was not worth keeping. */
struct blob {
	const uint8_t *bytes;
	size_t size;
};

struct asset {
	const char *path; /* absolute, as in a request line: "/index.html", "/assets/…" */
	const char *type; /* a whole Content-Type value */
	const char *etag; /* a whole ETag value; weak, and the same for all encodings (RFC 9110 section 8.8.3) */
	bool immutable;   /* the name carries a hash of the content: may be cached for ever */
	struct blob plain; /* always there */
	struct blob gzip;  /* Content-Encoding: gzip, or NULL */
	struct blob br;    /* Content-Encoding: br, or NULL */
};

/**
 * The file that answers a request for a path.
 *
 * @param path  borrows; absolute, already decoded, without query. "/" means "/index.html". Compared byte for byte.
 * @return the asset, or NULL when there is none of that name.
 */
const struct asset *asset_find(const char *path);

/**
 * All files, in order of their paths.
 *
 * @param previous  NULL for the first, else what the last call returned.
 * @return the next asset, or NULL after the last.
 */
const struct asset *asset_next(const struct asset *previous);

/**
 * The name of this build of the page: sixteen hexadecimal digits that change whenever any file does. The same name
 * stands in the page itself (<meta name="forwhom-build">), so that a page can tell it has grown old.
 */
const char *asset_build_id(void);

#endif
