#ifndef FORWHOM_CLI_CANVAS_H
#define FORWHOM_CLI_CANVAS_H
#include "client-cli/model.h"
#include "client-cli/typing.h"

/*
 * The ordered picture of one canvas that views draw, and the list of canvases and teams of a class. Like struct picture for the wall: made anew after every change, all strings borrowed
 * from model, journal and typing sessions until one of them changes, what this person did and the server has not answered laid over. Pure.
 */

enum { TYPES_MAX = 8, COLOURS = 8 };

/* --- the class's canvases, teams, people --- */

struct team_entry {
	const char *id, *name, *pos, *deleted; /* deleted: "", "staff" (staff's view only) */
	size_t member_count;
};

struct member_entry {
	const char *id, *name, *role, *team; /* team: "" for none */
	bool me;
	bool here;      /* connected now */
	const char *in; /* the document they are in, "" where this view may not know */
	int colour;     /* 0 … COLOURS - 1, the same for everybody who looks */
};

struct canvas_entry {
	const char *id, *title, *pos, *template, *team, *team_name, *see, *add, *change, *deleted;
	bool may_see;   /* this person may open it */
	bool ours;      /* of this person's team, or the whole class's */
	size_t here;    /* people in it now, this person included */
};

struct class_list {
	struct team_entry *teams;     /* in order, deleted ones last */
	size_t team_count;
	struct member_entry *members; /* by name */
	size_t member_count;
	struct canvas_entry *canvases; /* in order, deleted ones last */
	size_t canvas_count;
	int64_t here_total;           /* how many are connected, where the server tells no more than that; else 0 */
	const char *my_team;          /* "" for none */
	bool self_teams;              /* everybody puts themselves in teams */
};

/* As picture_make. */
void class_list_make(struct class_list *list, const struct model *model);
void class_list_release(struct class_list *list);
const struct team_entry *class_list_team(const struct class_list *list, const char *id);
const struct member_entry *class_list_member(const struct class_list *list, const char *id);
const struct canvas_entry *class_list_canvas(const struct class_list *list, const char *id);

/* What a person may call a canvas: its id, a unique prefix of it (at least 4 characters), its title, or its team's name; titles and names exactly, else ignoring case. With
 * `deleted` among those that were removed. Returns how many match: 1 is good. */
size_t class_list_find_canvas(const struct class_list *list, const char *text, bool deleted, const struct canvas_entry **out);
/* A team by name (exactly, else ignoring case) or by prefix of its id; a member likewise, by name or prefix of the id. */
size_t class_list_find_team(const struct class_list *list, const char *text, bool deleted, const struct team_entry **out);
size_t class_list_find_member(const struct class_list *list, const char *text, const struct member_entry **out);

/* A member's colour: h(id) of proto/README.md §12. */
int member_colour(const char *id);

/* --- one canvas --- */

struct canvas_box {
	const char *id, *title, *questions, *tip, *tags, *links, *parts, *deleted; /* questions, tags: one a line */
	int col, row, w, h; /* on the grid, counted from 1 */
	int order;          /* recommended, from 1; 0: none */
	size_t first, count; /* its notes: notes[first … first + count - 1] */
	size_t here;        /* others who are in it now */
};

struct canvas_note {
	const char *id, *box, *pos, *tags, *author, *author_name, *names, *post, *part;
	const char *text;   /* with a typing session in this note, what that shows */
	size_t text_n;      /* bytes */
	int64_t rev, at;
	int type;           /* 0: none, 1 … TYPES_MAX */
	bool own;
	bool may_change;    /* this person may change, move and delete it (pens down left aside) */
	size_t link_count;  /* live links at it */
	size_t here;        /* others who are in it now */
	enum post_pending pending; /* what this person did to it, not answered yet */
	const struct change *change; /* that, or NULL */
	const struct typing *typing; /* the session in its text, or NULL */
	size_t box_index;   /* in boxes */
};

struct canvas_link {
	const char *id, *from, *to, *as; /* as: "segment-job", "note" … */
	enum post_pending pending;
	const struct change *change;
};

/* Somebody who is in this canvas now. */
struct canvas_person {
	const char *id, *name, *box, *note; /* "" where they are nowhere in particular */
	bool me;            /* this person, perhaps on another screen */
	bool has_caret;
	struct caret caret; /* in the note's text at `rev`: for show, see typing_caret_here */
	int64_t rev;
	int colour;
};

/* Words of this person's that could not be saved here. */
struct canvas_unsaved {
	const char *note;   /* its id; it may be gone */
	const char *words;
	const struct change *change; /* to be forgotten with seat_forget; change->no says why */
};

struct canvas {
	const char *id, *title, *template, *credits, *team, *team_name, *see, *add, *change, *deleted;
	int columns, rows;
	bool known;         /* the document is here; if not, only what the class says of it is */
	bool may_add;       /* notes, links, type names; change one's own (pens down left aside) */
	bool may_change;    /* others' notes, any link */
	bool may_lead;      /* structure and rights: staff */
	bool may_open;      /* set `see` to team or class */
	bool frozen;        /* pens are down, and this person is no instructor */
	struct canvas_box *boxes; /* by recommended order, then row and column; removed ones left out */
	size_t box_count;
	struct canvas_box *removed_boxes; /* staff's view only; counts of notes are 0 */
	size_t removed_count;
	struct canvas_note *notes; /* by box and position; those of removed boxes left out */
	size_t note_count;
	struct canvas_link *links; /* between notes of the picture, by place of `from`, then of `to` */
	size_t link_count;
	const char *types[TYPES_MAX + 1]; /* names by number, "" where there is none; [0] is "" */
	struct canvas_person *people;     /* by name */
	size_t person_count;
	struct canvas_unsaved *unsaved;
	size_t unsaved_count;
	size_t unanswered;  /* of the journal, in this document */
};

/* The typing sessions of a seat, so that a canvas can show their words; see seat.h. */
struct typings;

/* Makes the picture of the canvas `doc` anew. `journal` and `typings` may be NULL. False if the class has no such canvas (the picture is then empty). */
bool canvas_make(struct canvas *canvas, const struct model *model, const char *doc, const struct journal *journal, const struct typings *typings);
void canvas_release(struct canvas *canvas);

struct canvas_note *canvas_note(const struct canvas *canvas, const char *id);
struct canvas_box *canvas_box(const struct canvas *canvas, const char *id);
/* The link number `i` (from 0) at a note, `other` its other end; NULL if there are fewer. Those that begin here come first. */
const struct canvas_link *canvas_link_at(const struct canvas *canvas, const char *note, size_t i, const struct canvas_note **other);

/* What a person may call a box: its key, a unique prefix of it, or its title (exactly, else ignoring case). And a note: a unique prefix of its id, at least 4 characters. Returns how many match. */
size_t canvas_find_box(const struct canvas *canvas, const char *text, const struct canvas_box **out);
size_t canvas_find_note(const struct canvas *canvas, const char *prefix, const struct canvas_note **out);

/* One name of a list that has one a line: item number `i`, its length in `n`; NULL if there are fewer. */
const char *line_at(const char *lines, size_t i, size_t *n);

#endif
