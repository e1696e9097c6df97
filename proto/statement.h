#ifndef FORWHOM_PROTO_STATEMENT_H
#define FORWHOM_PROTO_STATEMENT_H
#include "proto/buf.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * A value proposition as one sentence: For ‹for› who ‹who›, ‹venture› offers ‹offer› that helps ‹helps›. Any part may be missing; what is left must still read well.
 * The connecting words are the reader's language, the parts stay the author's own words, and a screen tells them apart. Pure. The page's twin: web/src/statement.ts.
 */

/* The parts of a statement, in the order in which it is told. */
enum { PART_FOR, PART_WHO, PART_OFFER, PART_HELPS, PARTS };
extern const char *const part_names[PARTS]; /* "for", "who", "offer", "helps" */

/* Strings are never NULL. */
struct statement {
	const char *part[PARTS];
	const char *venture;
};

/* The connecting word or mark of a key: statement.for, .who, .those_who, .we_offer, .we_help, .venture_offers, .venture_helps, .that_helps, .comma, .stop. Lives as long as the pieces. */
typedef const char *statement_phrase(const char *key);

enum piece_kind {
	PIECE_JOIN, /* a connecting word */
	PIECE_PART, /* one of the author's parts: `part` says which */
	PIECE_VENTURE,
	PIECE_MARK, /* punctuation */
};

struct piece {
	enum piece_kind kind;
	int part;
	const char *text; /* borrowed from the words or the phrases */
	size_t n;
	bool tight;   /* directly behind what stands before it, without a space */
	bool capital; /* begins the sentence: its first letter is upper case */
};

enum { PIECES_MAX = 12 };

/* The pieces of the sentence, in order; returns how many. Nothing where no part says anything. */
size_t statement_pieces(const struct statement *words, statement_phrase *phrase, struct piece out[PIECES_MAX]);

/* Appends what a piece says, without the space before it. */
void piece_add(struct buf *out, const struct piece *piece);

/* Appends the sentence as plain text. */
void statement_add(struct buf *out, const struct statement *words, statement_phrase *phrase);

#endif
