#ifndef FORWHOM_CLI_SEAT_H
#define FORWHOM_CLI_SEAT_H
#include "client-cli/journal.h"
#include "client-cli/link.h"
#include "client-cli/model.h"
#include "client-cli/profile.h"

/*
 * One person's seat in one class: link, model and journal put together. Whatever is given to seat_do is on disk before it is on its way, goes out in order, and goes out
 * again after every welcome until it is answered.
 */

struct seat;

/* All from the loop; none may free the seat. */
struct seat_events {
	void (*on_change)(struct seat *seat, void *ctx);                       /* model, journal or link state: draw anew */
	void (*on_ready)(struct seat *seat, void *ctx);                        /* once: everything for a picture has arrived */
	void (*on_ok)(struct seat *seat, struct change *change, const cJSON *answer, void *ctx);
	/* `kept`: it stays in the journal for its words. */
	void (*on_no)(struct seat *seat, struct change *change, const cJSON *answer, bool kept, void *ctx);
	void (*on_refused)(struct seat *seat, const cJSON *no, void *ctx);     /* the class or this person: for good */
	void *ctx;
};

struct seat_config {
	struct net *net;
	const struct profile *profile;
	const struct class_entry *entry; /* who one is */
	const char *session;             /* with entry->staff */
	bool keep_refused;               /* refused words stay in the journal (full screen), else they end (the giver reports them) */
};

/* Opens the journal and starts reaching. NULL, with an errno in `err`, if the journal cannot be opened. Returns owned. */
struct seat *seat_new(const struct seat_config *config, const struct seat_events *events, int *err);
/* Closes all; what is unanswered stays on disk. Takes NULL. */
void seat_free(struct seat *seat);

struct model *seat_model(struct seat *seat);
struct journal *seat_journal(struct seat *seat);
enum link_state seat_link(const struct seat *seat);
const struct class_entry *seat_entry(const struct seat *seat);
bool seat_is_ready(const struct seat *seat);

/* Gives a change to the document it belongs to; takes `args`. Valid until answered. Written, synced and sent on this turn of the loop's end, together with others.
 * `tag` comes back in the change. */
struct change *seat_do(struct seat *seat, enum command command, cJSON *args, void *tag);
/* Forgets a change that was refused, or not yet sent. */
void seat_forget(struct seat *seat, struct change *change);
/* 0, or the errno for which nothing can be kept and so nothing is sent. */
int seat_storage_error(const struct seat *seat);
/* Drops a waiting time before the next attempt to connect. */
void seat_hurry(struct seat *seat);
/* Nothing is under way or waiting for its time. */
bool seat_is_idle(const struct seat *seat);

#endif
