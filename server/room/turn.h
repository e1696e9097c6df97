/* What the rules of all commands share: the turn being decided, saying no, finding things, order. Only room/decide*.c include this. */
#ifndef FORWHOM_SERVER_ROOM_TURN_H
#define FORWHOM_SERVER_ROOM_TURN_H
#include "server/room/decide.h"
#include "proto/text.h"
#include "server/room/rights.h"

struct turn {
	const struct room *room;
	const struct person *person;
	const struct request *request;
	int64_t now_ms;
	unsigned rights; /* of the person in the room's document */
	struct decision *decision;
};

typedef void command_rule(struct turn *turn);
/* By command; each file has its own, NULL elsewhere. */
extern command_rule *const *const class_rules, *const *const wall_rules, *const *const box_rules, *const *const canvas_rules, *const *const past_rules;

/* ---- saying no, and what happened ---- */

void refuse(struct turn *turn, enum refusal code, const char *say);
void refuse_max(struct turn *turn, enum refusal code, const char *say, int64_t max);
/* bad_value, with the argument it is about. */
void refuse_value(struct turn *turn, const char *say, const char *field);
/* A new op of the decision, for the room's document; borrowed until the next one. */
struct op *add_op(struct turn *turn, enum op_type type, enum kind kind, const char *id);
/* The same for the n-th new document (0: the room's own). */
struct op *add_op_into(struct decision *decision, size_t into, enum op_type type, enum kind kind, const char *id);
struct op *set_op(struct turn *turn, const struct object *object);
/* Sets a field, unless it is so already. */
void set_str(struct turn *turn, const struct object *object, int field, const char *s);
/* Ready for the next turn. */
void decision_empty(struct decision *decision);
void add_made_op(struct turn *turn, const struct op *op);
/* What the answer's result tells: "key":"value". */
void answer_str(struct turn *turn, const char *key, const char *value);
void answer_ids(struct decision *decision, const char *key, const char *const *ids, size_t count);
/* A change of `object`'s text field, whose edit the decision keeps. */
void add_text_op(struct turn *turn, const struct object *object, int field, int64_t rev, const struct text_edit *edit);

/* ---- finding things: what a person may not see is not there ---- */

struct object *find(struct turn *turn, const char *id, enum kind kind);
bool is_authors(const struct turn *turn, const struct object *object);
bool is_member(const struct turn *turn);
bool is_state(const struct object *object, int field, const char *state);
/* May `id` be made? Refuses with `conflict` when it exists in whatever form, seen or unseen: client-made ids are random, so a clash is a mistake and tells nothing. */
bool is_free(struct turn *turn, const char *id);
/* Whether `count` more objects fit; else refuses. */
bool has_room(struct turn *turn, size_t count);
/* The n-th id that follows from a command's, for what the server names; in the decision's arena. */
const char *derived_id(struct turn *turn, unsigned n);

/* ---- order ---- */

/* A position before `before`, or behind everything when it is NULL, among objects of its kind; posts only among those of their section, notes of their box (`group`). `self` is what is to be moved there, NULL for something new: where it
 * stands right already it stays. NULL after a refusal. */
const char *position(struct turn *turn, const struct object *self, enum kind kind, const struct object *before, const char *group);
/* The neighbours of such a place, leaving out the `count` objects of `moving`. Either is NULL at an end. */
void find_gap(const struct room *room, enum kind kind, const struct object *before, const char *group, const struct object *const *moving, size_t count, const char **prev, const char **next);
/* A key between two, in the decision's arena. NULL after a refusal. */
const char *pos_new(struct turn *turn, const char *prev, const char *next);

/* ---- settings: arguments that become fields ---- */

struct setting {
	int arg, field;
};
/* One SET of what differs; nothing if nothing does. */
void set_all(struct turn *turn, const struct object *object, const struct setting *settings, size_t count);
#define SET_ALL(turn, object, settings) set_all(turn, object, settings, sizeof(settings) / sizeof *(settings))

/* Whether the title that `arg` gives, if it does, is one; else refuses. */
bool has_title(struct turn *turn, int arg);

/* The field that marks objects of that kind deleted, -1 without. */
int deleted_field(enum kind kind);
/* Whether it is not marked deleted. */
bool is_live(const struct object *object);

/* ---- lists in texts: tags one a line, "jobs:note gains:note", ids ---- */

/* The next item that is not empty, `n` bytes borrowed from the list; `*list` moves behind it. False at the end. */
bool next_item(const char **list, char separator, const char **item, size_t *n);
bool has_item(const char *list, char separator, const char *item, size_t n);
/* What has been written, kept in the arena; releases `text`. */
const char *keep_text(struct arena *arena, struct buf *text);

/* ---- canvases (decide_canvas.c, decide_boxes.c) ---- */

enum { TYPES_MAX = 8 }; /* customer types are numbered from 1; 0 is none */

/* Whether this person may add to the canvas; else refuses. */
bool may_add(struct turn *turn);
/* The box that `arg` names, if it is there; else refuses. */
struct object *find_box(struct turn *turn, int arg);

/* Where a box stands on the grid, in cells counted from 1. */
struct box_place {
	int64_t col, row, w, h;
};
struct box_place place_of(const struct object *box);
bool overlap(const struct box_place *a, const struct box_place *b);

/* ---- several things that come back at once (settle.c) ---- */

/* Whether the member is one of the team whose canvas it is and so may choose `see` for it ("team" or "class", while the staff has not closed it). */
bool may_open(const struct turn *turn, const struct object *document, const char *see);

/* Looks over a decision about a canvas that brings things back, each rightly, which may not go together any more. Links whose ends are not there, whose pair is linked again, or that would close a circle stay away; boxes of which another
 * has taken the place are a refusal; the grid stays large enough for all that are there. */
void settle(struct turn *turn);
/* Whether links of that meaning nest notes of the box: whether it lists itself with it. */
bool is_nesting(const struct object *box, const char *as);
#endif
