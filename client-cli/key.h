#ifndef FORWHOM_CLI_KEY_H
#define FORWHOM_CLI_KEY_H
#include <stddef.h>

/* What a person pressed, apart from how terminals spell it. */
enum key_type {
	KEY_NOTHING,
	KEY_TEXT,  /* `text`: one character, or a whole paste */
	KEY_PASTE, /* the same, but never a command */
	KEY_GO_UP, KEY_GO_DOWN, KEY_GO_LEFT, KEY_GO_RIGHT, KEY_WORD_BACK, KEY_WORD_ON, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_FIRST, KEY_LAST,
	KEY_RETURN, KEY_ESCAPE, KEY_TABULATOR, KEY_BACK_TABULATOR, KEY_ERASE, KEY_ERASE_ON, KEY_ERASE_WORD, KEY_ERASE_LINE, KEY_SUBMIT, KEY_REDRAW,
	KEY_NEWLINE, /* a line break within a text; where there is only one line, as KEY_RETURN */
	KEY_TAKE_BACK, KEY_DO_AGAIN,
};

struct key {
	enum key_type type;
	const char *text; /* borrowed; UTF-8, unchecked */
	size_t n;
};

#endif
