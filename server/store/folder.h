#ifndef FORWHOM_SERVER_STORE_FOLDER_H
#define FORWHOM_SERVER_STORE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The data folder: who may use it, and the files in it that are not the database's.
 *
 *   lock      held for as long as the folder is open: one server per folder
 *   ballast   16 MiB of nothing, freed when the disk is full so that folding the write-ahead log has room to work
 *   fault     there after a failed sync or found damage: the next start checks the database before it serves
 */
struct folder {
	char *dir;   /* owned */
	int lock_fd; /* -1 when not held */
};

/*
 * Makes `dir` (0700, its parent must exist) if there is none and takes its lock. False with a sentence in `error` when
 * that fails, when another process has the lock, or when the folder is on a network or FUSE file system and those are
 * not allowed: their locks and syncs do not mean what the store relies on.
 */
bool folder_open(struct folder *folder, const char *dir, bool allow_network_fs, char *error, size_t error_cap);

/* Gives the lock back. Takes NULL. */
void folder_close(struct folder *folder);

/* The path of a file in it. Returns owned. */
char *folder_path(const struct folder *folder, const char *name);

/* Creates `name` with mode 0600 if it is not there, and makes both durable as directory entries. False with errno. */
bool folder_touch(const struct folder *folder, const char *name);

/* Allocates the ballast if it is not whole. False when there is no room. */
bool folder_ballast_make(const struct folder *folder);
void folder_ballast_free(const struct folder *folder);

/* The mark that a fault leaves for the next start; `why` is a line for whoever looks. Best effort: the disk may be gone. */
void folder_mark(const struct folder *folder, const char *why);
bool folder_is_marked(const struct folder *folder);
void folder_unmark(const struct folder *folder);

#endif
