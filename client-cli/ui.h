#ifndef FORWHOM_CLI_UI_H
#define FORWHOM_CLI_UI_H
#include "client-cli/editor.h"
#include "client-cli/key.h"
#include "client-cli/model.h"

/*
 * The full screen's state and what keys do to it. Pure: keys and pictures go in, intents come out; full.c carries them out and view_*.c draw.
 */

enum ui_mode { UI_DOOR, UI_WALL, UI_COMPOSE, UI_LINE, UI_SECTIONS, UI_HELP };
enum ui_line { LINE_FILTER, LINE_REASON };

enum compose_field { COMPOSE_FOR, COMPOSE_WHO, COMPOSE_VENTURE, COMPOSE_OFFER, COMPOSE_HELPS, COMPOSE_WORDS, COMPOSE_SECTION = COMPOSE_WORDS, COMPOSE_FIELDS };
/* The names of the first five in commands and drafts, and how many characters each may have. */
extern const char *const compose_names[COMPOSE_WORDS];
extern const int compose_max[COMPOSE_WORDS];

struct compose {
	struct editor words[COMPOSE_WORDS];
	int field;
	char section[OBJECT_ID_CAP]; /* of a new post; "" is none */
	char post[OBJECT_ID_CAP];    /* the post being edited, "" for a new one */
	int64_t version;             /* of that post as it was when its words were taken */
	char change[ID_CHARS + 1];   /* the refused change being mended, or "" */
	bool touched;                /* differs from what is on disk */
};

enum door_field { DOOR_ADDRESS, DOOR_CODE, DOOR_NAME, DOOR_FIELDS };

enum { UI_COLUMNS_MAX = 64, UI_COLUMN_MIN = 38, UI_COLUMN_MAX = 84, UI_WIDE = 120 };

struct ui {
	enum ui_mode mode;
	char selected[OBJECT_ID_CAP];
	bool moved; /* the selection is the person's; until then it stays at the top while the wall fills */
	struct editor line;
	enum ui_line line_for;
	struct buf filter;
	bool only_waiting;
	struct compose compose;
	bool has_draft; /* words for a new post are kept */
	struct editor door[DOOR_FIELDS];
	int door_field;
	bool door_going;
	int choice; /* in UI_SECTIONS: 0 is no section */
	char flash[512]; /* said once in the status line, until the next key */
	char last_deleted[OBJECT_ID_CAP];
	int scroll[UI_COLUMNS_MAX]; /* first line shown, by column; kept by the views */
	int columns_from;           /* first column shown */
	bool wide;                  /* set by the view that drew last */
};

enum intent_type {
	INTENT_NONE,
	INTENT_QUIT,
	INTENT_ENTER,   /* the door's three fields are filled */
	INTENT_COMPOSE, /* open the composer for ui->compose.post and .change, from drafts */
	INTENT_SUBMIT,  /* what is in the composer */
	INTENT_KEEP,    /* the composer was left: its words go to disk */
	INTENT_DELETE, INTENT_RESTORE, INTENT_APPROVE, INTENT_REJECT, INTENT_HIDE, INTENT_SHOW, INTENT_MOVE, /* `post` */
	INTENT_DROP,    /* the refused change of `post` */
	INTENT_FREEZE,  /* pens down or up, whichever it is not */
	INTENT_HURRY,
	INTENT_REDRAW,
};

struct intent {
	enum intent_type type;
	char post[OBJECT_ID_CAP];
	char section[OBJECT_ID_CAP]; /* INTENT_MOVE; "" is none */
};

void ui_init(struct ui *ui, enum ui_mode mode);
void ui_release(struct ui *ui);

/* What the key means now. `picture` is what is on the screen. */
struct intent ui_key(struct ui *ui, const struct key *key, const struct picture *picture);

/* The posts that are to be seen, in order, as indexes into the picture; `out` has room for post_count. Returns how many. */
size_t ui_visible(const struct ui *ui, const struct picture *picture, size_t *out);
/* Keeps a selection while posts come and go: the same post if it is still to be seen, else the first. */
void ui_settle(struct ui *ui, const struct picture *picture);

/* Says something until the next key. */
void ui_flash(struct ui *ui, const char *text);

/* Fills the composer. `words` may be NULL: empty. */
void compose_start(struct compose *compose, const char *post, const struct statement *words);
/* The words as a statement, borrowed from the composer. */
struct statement compose_statement(const struct compose *compose);
bool compose_is_empty(const struct compose *compose);
/* How many characters a field has above what it may have; 0: none. */
int compose_excess(const struct compose *compose, int field);

#endif
