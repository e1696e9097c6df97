#ifndef FORWHOM_CLI_PROFILE_H
#define FORWHOM_CLI_PROFILE_H
#include "client-cli/place.h"
#include "proto/names.h"
#include <stdint.h>

/*
 * A saved identity: $XDG_CONFIG_HOME/forwhom/NAME/ (else ~/.config/forwhom/NAME/), mode 0700, all files 0600.
 *
 *   HOST:PORT.host        {"origin","name","session"}                     an instructor's sign-in at one server
 *   CODE@HOST:PORT.class  {"origin","code","name","secret","wall","staff","used"} who one is in one class
 *   CODE@HOST:PORT.journal, .draft                                        words not yet answered, words not yet sent
 *   lock
 *
 * A secret belongs to one class at one server and is never sent to another. Files are replaced whole (written aside, synced, renamed), so that readers need no
 * lock; whoever reads, decides and writes holds `lock` meanwhile, so that two programs that join at once become one person.
 */

struct profile {
	char *dir; /* owned */
};

enum { SESSION_CAP = 132 };

/* A server that one is signed in to. */
struct host_entry {
	struct place place;
	char name[NAME_BYTES_MAX + 1];
	char session[SESSION_CAP];
};

/* A class that one is in. */
struct class_entry {
	struct place place; /* with the code */
	char name[NAME_BYTES_MAX + 1];
	char secret[SECRET_CHARS + 1]; /* the member secret; "" for staff, who use their session */
	char wall[ID_CHARS + 6]; /* the wall's document id, so that words can be kept for it while there is no connection; "" before the first time */
	bool staff;
	int64_t used_ms;         /* when it was last opened */
};

/* Opens or makes the profile `name` (letters, digits, dot, dash, underscore). Returns 0 or an errno (EINVAL: such a name cannot be). */
int profile_open(struct profile *profile, const char *name);
void profile_close(struct profile *profile);

/* Finds what is saved for the place's server, or if it has none, for the one most recently used. */
bool profile_find_host(const struct profile *profile, const struct place *place, struct host_entry *out);
/* Finds the class; without a server in `place`, the one with this code most recently used. */
bool profile_find_class(const struct profile *profile, const struct place *place, struct class_entry *out);

/* These return 0 or an errno. */
int profile_save_host(const struct profile *profile, const struct host_entry *entry);
int profile_save_class(const struct profile *profile, const struct class_entry *entry);
/* Finds the class or makes it, with a new secret and this name. An existing one keeps its secret, and its name too where `name` is NULL. */
int profile_ensure_class(const struct profile *profile, const struct place *place, const char *name, struct class_entry *out);

/* Forgets the class, its secret included. */
void profile_forget_class(const struct profile *profile, const struct place *place);

/* Appends DIR/CODE@HOST:PORT and `suffix`. */
void profile_class_path(const struct profile *profile, const struct place *place, const char *suffix, struct buf *out);

/* Replaces a file whole and durably: 0 or an errno. Used for drafts too. */
int file_replace(const char *path, const char *bytes, size_t n);
/* Everything, to a descriptor: 0 or an errno. */
int file_write_all(int fd, const char *bytes, size_t n);
/* Appends a file's content, at most `max` bytes: 0 or an errno. */
int file_read(const char *path, size_t max, struct buf *out);

int64_t now_ms(void);
void random_id(char out[ID_CHARS + 1]);
void random_secret(char out[SECRET_CHARS + 1]);

#endif
