#ifndef FORWHOM_CLI_STATEMENT_H
#define FORWHOM_CLI_STATEMENT_H
#include "client-cli/model.h"
#include "proto/buf.h"

/*
 * A value proposition as one sentence: For ‹for› who ‹who›, ‹venture› offers ‹offer› that helps ‹helps›. Any part may be missing; what is left must still read well.
 * The connecting words come from the catalogue, the parts stay the author's own words, and the screen tells them apart. Pure. The page's twin: web/src/statement.ts.
 */

enum piece_kind {
	PIECE_JOIN, /* a connecting word */
	PIECE_PART, /* one of the author's parts: `part` says which */
	PIECE_VENTURE,
	PIECE_MARK, /* punctuation */
};

struct piece {
	enum piece_kind kind;
	int part;
	const char *text; /* borrowed from the words or the catalogue */
	size_t n;
	bool tight;   /* directly behind what stands before it, without a space */
	bool capital; /* begins the sentence: its first letter is upper case */
};

enum { PIECES_MAX = 12 };

/* The pieces of the sentence, in order; returns how many. Nothing where no part says anything. */
size_t statement_pieces(const struct statement *words, struct piece out[PIECES_MAX]);

/* Appends what a piece says, without the space before it. */
void piece_add(struct buf *out, const struct piece *piece);

/* Appends the sentence as plain text. */
void statement_add(struct buf *out, const struct statement *words);

#endif
