#ifndef FORWHOM_CLI_TERM_SAFE_H
#define FORWHOM_CLI_TERM_SAFE_H
#include "proto/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one gate between what people typed and a terminal. Total (any bytes at all may come in), linear, and pure but for one fact about the terminal.
 *
 * What leaves it is valid UTF-8 without C0, DEL, C1, bidirectional embeddings, overrides and isolates, line and paragraph separators, tags, noncharacters or other
 * invisible formatting. They are shown as glyphs: controls as their control picture (ESC as ␛), what has no picture as ␦, broken UTF-8 as U+FFFD. Direction marks, and
 * joiners and variation selectors without a base, are left out. A cluster keeps at most CLUSTER_MARKS code points behind its base; a mark without a base gets ◌.
 *
 * Width: terminals disagree about clusters, and where one takes more columns than it was given the next cluster is written over its end. So a cluster gets the most that
 * any takes: what its code points take one by one (a spacing mark of Bengali, Thai SARA AM and a skin tone each take their own), one more with VS16, 2 for a pair of
 * regional indicators. Where less is taken a gap is left, which hides nothing. Only emoji sequences would leave wide gaps, and terminals that join them can be asked
 * whether they do: term_set_emoji_joined. Where they are not joined, a long ZWJ sequence comes in pieces, because some terminals drop its end.
 * Whoever draws sets the cursor anew after everything that is not one plain cell.
 */

enum { CLUSTER_MARKS = 11, CLUSTER_CAP = 52, CLUSTER_WIDTH_MAX = 3 + 2 * CLUSTER_MARKS /* a mark on a circle, and all the others */ };

struct cluster {
	size_t used;             /* bytes of input it took, at least 1 */
	size_t n;                /* safe bytes; 0: nothing is to be shown for it */
	int width;               /* cells: 0 (only if n is 0) to CLUSTER_WIDTH_MAX */
	bool plain;              /* one printable ASCII character */
	bool space;              /* a place where a line may break, and which may vanish there */
	bool ideograph;          /* its base is wide by itself: lines may break before and after it, as Chinese and Japanese are set */
	char bytes[CLUSTER_CAP]; /* with a NUL */
};

/* What is known of the terminal: whether a ZWJ sequence or a skin tone takes two columns in all. At first: no. */
void term_set_emoji_joined(bool joined);

/* Reads the cluster at the start of the `n` bytes at `s`; n > 0. */
void term_cluster(const char *s, size_t n, struct cluster *out);

/* Appends the text made safe. */
void term_safe(struct buf *out, const char *s, size_t n);

/* Whether this code point may be shown as it is (by itself, or joined to a base). */
bool term_code_point_is_safe(int32_t c);

/* Cells the text takes. */
int term_width(const char *s, size_t n);

#endif
