#ifndef FORWHOM_CLI_UI_H
#define FORWHOM_CLI_UI_H
#include "client-cli/canvas.h"
#include "client-cli/editor.h"
#include "client-cli/key.h"
#include "client-cli/model.h"

/*
 * The full screen's state and what keys do to it. Pure: keys and pictures go in, intents come out; full.c and stage.c carry them out and view_*.c draw.
 * The wall, forms and the door are ui.c, the list of places and the teams ui_places.c, a canvas ui_canvas.c with ui_board.c (moving about) and ui_note.c (writing), the past ui_past.c.
 */

/* UI_WALL, UI_PLACES, UI_TEAMS and UI_CANVAS are places where one can be (`home`); the others lie over one of them for a while. */
enum ui_mode { UI_DOOR, UI_WALL, UI_COMPOSE, UI_LINE, UI_SECTIONS, UI_PLACES, UI_TEAMS, UI_CANVAS, UI_CHOICE, UI_PAST, UI_HELP };
enum ui_line { LINE_FILTER, LINE_REASON, LINE_TEAM_NEW, LINE_TEAM_NAME, LINE_TITLE, LINE_TYPE };
/* What is chosen from a list. */
enum ui_choice { CHOICE_NONE, CHOICE_BOX, CHOICE_TAGS, CHOICE_TEAM, CHOICE_TEMPLATE, CHOICE_WHOSE, CHOICE_CANVAS };

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

/* --- what is on the screen --- */

struct template_entry {
	const char *key, *title;
};

/* One entry of a document's history: who did what, and the counter up to which it goes. */
struct moment {
	int64_t at, ms, n;
	char who[OBJECT_ID_CAP], cmd[32];
};

/* The history of the document one looks back at. */
struct past {
	struct moment *moments; /* oldest first */
	size_t count;
	bool loading;           /* the list, or the moment, is on its way */
	bool there;             /* scene->canvas and scene->picture show the moment `at` */
	int64_t at;
	char refused[256];      /* why there is none, or "" */
};

struct scene {
	const struct picture *picture;
	const struct class_list *list;
	const struct canvas *canvas; /* the one that is open, or, in UI_PAST, as it was; empty elsewhere */
	const struct past *past;
	const struct template_entry *templates;
	size_t template_count;
	bool templates_loading;
};

/* What a canvas does beside being looked at. */
enum board_state {
	BOARD_LOOK,
	BOARD_EDIT,    /* the focused note's text is being edited */
	BOARD_ADD,     /* a new note is being written: board.fresh */
	BOARD_LINK,    /* a link has begun at board.from; its other end is looked for */
	BOARD_LINKS,   /* the focused note's links are listed */
	BOARD_UNSAVED, /* the words that could not be saved are listed */
};

struct board {
	char doc[OBJECT_ID_CAP];
	char box[OBJECT_ID_CAP], note[OBJECT_ID_CAP]; /* the focus; no note: the box itself */
	char open[OBJECT_ID_CAP];  /* the box that is open (shown alone, with its questions), or "" */
	char from[OBJECT_ID_CAP];  /* BOARD_LINK: where it begins */
	enum board_state state;
	bool outline;              /* is wanted although the grid has room */
	char (*marks)[OBJECT_ID_CAP]; /* notes that are marked, to act on all of them at once; owned */
	size_t mark_count;
	struct typing *fresh;      /* the new note's words, or NULL; owned. Stays while one looks elsewhere */
	char fresh_box[OBJECT_ID_CAP];
	bool fresh_touched;        /* differs from what is on disk */
	int wish;                  /* the column that going up and down keeps to, -1: none */
	size_t at;                 /* in the lists */
	size_t note_at;            /* the focused note's place in its box */
	/* kept by the views */
	bool grid;                 /* it was drawn as a grid */
	int edit_width;            /* of the text being edited, in cells */
	int scroll, box_scroll;
	char scrolled[OBJECT_ID_CAP]; /* the box that box_scroll belongs to */
};

enum { UI_COLUMNS_MAX = 64, UI_COLUMN_MIN = 38, UI_COLUMN_MAX = 84, UI_WIDE = 120 };

struct ui {
	enum ui_mode mode, home;
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
	struct board board;
	enum ui_choice choice_for;
	char choice_id[OBJECT_ID_CAP];   /* what the choice is about: a member, a post */
	struct buf choice_text;          /* CHOICE_TAGS: those that are on, one a line; CHOICE_WHOSE: the template */
	char place[OBJECT_ID_CAP];       /* chosen in the list of places: "wall", "teams" or a canvas */
	char person[OBJECT_ID_CAP];      /* chosen on the page of teams: a team or a member */
	int list_scroll;
	size_t moment;                   /* UI_PAST: which one */
	bool playing;
	struct buf typed;                /* what INTENT_TYPE puts in */
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
	INTENT_DO,        /* `command` with `args` in `doc`; then the refused change `post`, whose words are in it, is forgotten */
	INTENT_TYPE,      /* `at`, `remove`, `text`: in the note being edited */
	INTENT_CARET,     /* `caret`: there */
	INTENT_FORGET,    /* the refused change `post` */
	INTENT_TEMPLATES, /* are wanted */
	INTENT_PAST,      /* the history of `doc` is wanted */
	INTENT_MOMENT,    /* ui->moment is wanted */
};

struct intent {
	enum intent_type type;
	char post[OBJECT_ID_CAP];
	char section[OBJECT_ID_CAP]; /* INTENT_MOVE; "" is none */
	char doc[OBJECT_ID_CAP];     /* INTENT_DO, INTENT_PAST: "class", "wall", or a canvas's id */
	enum command command;
	cJSON *args;                 /* owned by whoever gets the intent */
	bool needs_id;               /* args want a random id for what is made */
	int64_t at, remove;          /* code points */
	struct caret caret;
	const char *text;            /* borrowed from the key */
	size_t text_n;
};

void ui_init(struct ui *ui, enum ui_mode mode);
void ui_release(struct ui *ui);

/* What the key means now. `scene` is what is on the screen. */
struct intent ui_key(struct ui *ui, const struct key *key, const struct scene *scene);

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

/* --- canvases --- */

/* Goes to a canvas; leaves the one before. */
void board_enter(struct board *board, const char *doc);
void board_release(struct board *board);
/* Keeps focus, marks and lists on what is there while others come and go. */
void board_settle(struct ui *ui, const struct canvas *canvas);
bool board_is_marked(const struct board *board, const char *note);
/* The note that is being edited; NULL if none is. */
const struct canvas_note *board_edited(const struct ui *ui, const struct canvas *canvas);
/* The box that comes next in the recommended order: the first that has one and no notes. NULL if all have. */
const struct canvas_box *canvas_next_box(const struct canvas *canvas);
/* Whether keys go into a text of several lines. */
bool board_edits(const struct ui *ui);
/* Puts words into the new note, from disk. */
void board_write(struct board *board, const char *box, const char *text);

/* --- lists --- */

/* The rows of the list of places, in order. */
enum place_kind { PLACE_WALL, PLACE_TEAMS, PLACE_CANVAS, PLACE_HEADING };
struct place_row {
	enum place_kind kind;
	const char *id;                    /* "wall", "teams", a canvas's */
	const struct canvas_entry *canvas; /* PLACE_CANVAS */
	const char *title;                 /* PLACE_HEADING: a team's name; "" is the whole class, NULL those that were removed */
};
/* Returned owned, to be freed. */
struct place_row *ui_places(const struct scene *scene, size_t *count);

/* The rows of the page of teams: each team with its members, and those without one behind. */
struct team_row {
	const struct team_entry *team;     /* of this row, or of its member; NULL: none */
	const struct member_entry *member; /* NULL: the team itself */
	const char *id;
};
struct team_row *ui_teams(const struct scene *scene, size_t *count);

/* What there is to choose from at the moment (UI_CHOICE). */
enum { CHOICE_ROWS_MAX = 64 /* tags of a box */ };
struct choice_row {
	char label[240];
	char value[OBJECT_ID_CAP];
	bool on;
};
struct choice_row *ui_choices(const struct ui *ui, const struct scene *scene, size_t *count);

#endif
