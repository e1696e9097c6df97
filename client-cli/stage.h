#ifndef FORWHOM_CLI_STAGE_H
#define FORWHOM_CLI_STAGE_H
#include "client-cli/app.h"
#include "client-cli/seat.h"
#include "client-cli/ui.h"

/*
 * What the full screen does beside the wall: opens the canvas that the person is at and closes the one they left, types in the note they edit, tells the others where they are, asks for
 * templates and for the past. It follows the ui: what is to be so is read from there after every key, nothing is commanded twice.
 */

struct stage {
	struct app *app;
	struct seat *seat; /* borrowed; NULL at the door */
	struct ui *ui;
	struct picture picture, past_picture;
	struct class_list list;
	struct canvas canvas, past_canvas;
	struct scene scene;
	struct past past;
	char past_doc[OBJECT_ID_CAP];
	struct model then;                   /* the class with that moment in it: a copy, whose documents are others' */
	struct doc *moment, *incoming;       /* the moment that is shown, and its parts so far */
	int64_t wanted;                      /* the moment that is asked for */
	struct ask *ask;
	uv_timer_t play;
	char open[OBJECT_ID_CAP];            /* the canvas that is open */
	char here[OBJECT_ID_CAP * 3 + 48];        /* where the others were told we are */
	struct typing *typing;               /* the session of the note being edited */
	char typing_in[OBJECT_ID_CAP];       /* the canvas it is in */
	enum command wish;                   /* undo or redo, as soon as what was typed has been sent */
	struct cJSON *templates;
	struct template_entry *template_list;
	struct http_call *call;
	void (*on_change)(void);             /* something is to be drawn */
};

void stage_init(struct stage *stage, struct app *app, struct ui *ui, void (*on_change)(void));
void stage_release(struct stage *stage);
/* Another seat, or none: whatever belonged to the one before is let go of. To be called before that is freed. */
void stage_take_seat(struct stage *stage, struct seat *seat);

/* Makes the pictures anew; returns what is on the screen. Borrowed until the next change. */
const struct scene *stage_scene(struct stage *stage);
/* Opens, closes, begins and ends what the ui says. */
void stage_follow(struct stage *stage);
/* Carries out an intent; false if it is none of this module's. Takes what it owns. */
bool stage_do(struct stage *stage, const struct intent *intent);
/* The seat has changed: does what has waited for it. */
void stage_settle(struct stage *stage);
/* Pens are up again: words kept in notes go out. */
void stage_thaw(struct stage *stage);
/* Letters are on their way from the keyboard to the journal. */
bool stage_is_typing(const struct stage *stage);

#endif
