#ifndef FORWHOM_CLI_EDITOR_H
#define FORWHOM_CLI_EDITOR_H
#include "proto/buf.h"
#include <stdbool.h>

/*
 * One line of text being typed, by grapheme clusters: the cursor never stands inside of what a person takes for one character. Pure. Zero-initialised it is empty.
 */
struct editor {
	struct buf text;
	size_t cursor; /* byte offset, between clusters */
};

enum editor_move { EDITOR_LEFT, EDITOR_RIGHT, EDITOR_WORD_LEFT, EDITOR_WORD_RIGHT, EDITOR_HOME, EDITOR_END };

void editor_release(struct editor *editor);
/* Replaces the text; the cursor goes behind it. */
void editor_set(struct editor *editor, const char *text);
/* Inserts what was typed or pasted: line breaks and tabs become spaces, other control characters and broken UTF-8 are left out. */
void editor_insert(struct editor *editor, const char *text, size_t n);
void editor_move(struct editor *editor, enum editor_move move);
/* Deletes from the cursor to where the move would take it. */
void editor_delete(struct editor *editor, enum editor_move move);
const char *editor_text(const struct editor *editor);

#endif
