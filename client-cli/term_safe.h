#ifndef FORWHOM_CLI_TERM_SAFE_H
#define FORWHOM_CLI_TERM_SAFE_H
#include "proto/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one gate between what people typed and a terminal. Pure, total (any bytes at all may come in), linear.
 *
 * What leaves it is valid UTF-8 without C0, DEL, C1, bidirectional embeddings, overrides and isolates, line and paragraph separators, tags, noncharacters or other
 * invisible formatting. They are shown as glyphs: controls as their control picture (ESC as ␛), what has no picture as ␦, broken UTF-8 as U+FFFD. Direction marks, and
 * joiners and variation selectors without a base, are left out. A cluster keeps at most CLUSTER_MARKS code points behind its base; a mark without a base gets ◌.
 *
 * Width: that of the first code point, 2 with VS16 or a pair of regional indicators, one more for a spacing mark, never above 2 (terminals disagree beyond that, so
 * whoever draws sets the cursor anew after everything that is not one plain cell).
 */

enum { CLUSTER_MARKS = 11, CLUSTER_CAP = 52 };

struct cluster {
	size_t used;             /* bytes of input it took, at least 1 */
	size_t n;                /* safe bytes; 0: nothing is to be shown for it */
	int width;               /* cells: 0 (only if n is 0), 1 or 2 */
	bool plain;              /* one printable ASCII character */
	bool space;              /* a place where a line may break, and which may vanish there */
	char bytes[CLUSTER_CAP]; /* with a NUL */
};

/* Reads the cluster at the start of the `n` bytes at `s`; n > 0. */
void term_cluster(const char *s, size_t n, struct cluster *out);

/* Appends the text made safe. */
void term_safe(struct buf *out, const char *s, size_t n);

/* Whether this code point may be shown as it is (by itself, or joined to a base). */
bool term_code_point_is_safe(int32_t c);

/* Cells the text takes. */
int term_width(const char *s, size_t n);

#endif
