#ifndef FORWHOM_CLI_DRAFT_H
#define FORWHOM_CLI_DRAFT_H
#include "client-cli/ui.h"

/*
 * Half-written words on disk, so that they survive whatever ends the program: one for a new post, one for every post being edited, and one for a new note on each canvas, in one small file of JSON,
 * replaced whole.
 */
struct drafts {
	char *path;   /* owned */
	cJSON *all;   /* "new", a post's id, or "note." and a canvas' id → words; owned */
};

/* Reads what is there; what cannot be read counts as nothing. */
void drafts_open(struct drafts *drafts, const char *path);
void drafts_close(struct drafts *drafts);
/* Notes what the composer holds (nothing, if it is empty) and writes the file. Returns 0 or an errno. */
int drafts_keep(struct drafts *drafts, const struct compose *compose);
/* Fills the composer with what is kept for its post. False, composer untouched, if nothing is. */
bool drafts_take(const struct drafts *drafts, struct compose *compose);
/* Forgets what is kept for that post ("" for the new one). Returns 0 or an errno. */
int drafts_drop(struct drafts *drafts, const char *post);
/* The same for a new note on a canvas, in one of its boxes; no text forgets it. Taking gives borrowed strings, valid until the next change. */
int drafts_keep_note(struct drafts *drafts, const char *canvas, const char *box, const char *text);
bool drafts_take_note(const struct drafts *drafts, const char *canvas, const char **box, const char **text);
bool drafts_has(const struct drafts *drafts, const char *post);
size_t drafts_count(const struct drafts *drafts);

#endif
