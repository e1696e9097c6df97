/* Accounts, sessions, invites and classes, whole in memory and written through the store: looking something up never waits. Credentials only; the truth about people in a class is
 * the class document. Secrets are kept as BLAKE2b-256 hashes, passwords as Argon2id strings. */
#ifndef FORWHOM_SERVER_SESSION_DIRECTORY_H
#define FORWHOM_SERVER_SESSION_DIRECTORY_H
#include "server/session/limits.h"
#include "server/store/store.h"

struct directory;

struct account {
	char id[23];
	char name[161];
	char password[128]; /* Argon2id string, "" when none was set */
};

struct class_entry {
	char id[23];       /* also the class document's id */
	char code[8];
	char wall[23];     /* the document to start with */
	char account[23];  /* the owner's account */
	char owner[23];    /* the owner's member id */
	char title[500];
	int64_t at_ms;
};

/* Reads the directory from the store (blocks; before the loop starts). NULL when an account or class in it is damaged; a damaged session or invite is forgotten. Borrows both. */
struct directory *directory_open(struct store *store, const struct limits *limits);
/* After the store was closed. */
void directory_free(struct directory *directory);

typedef void directory_on_done(enum store_result result, void *ctx);

/* Everything below that writes calls back once it is durable. Lookups return borrowed rows, valid until the next call. */
size_t directory_account_count(const struct directory *directory);
const struct account *directory_account(const struct directory *directory, const char *id);
/* Names are compared as people would (name_skeleton): case, accents and look-alikes do not matter. Ask before redeeming: of two accounts of one name only the first answers to it. */
const struct account *directory_account_by_name(const struct directory *directory, const char *name);
/* A new one-time invite: writes its 43 characters to `secret`. */
void directory_invite(struct directory *directory, char secret[44], int64_t now_ms, directory_on_done *, void *ctx);
bool directory_invite_is_good(const struct directory *directory, const char *secret, int64_t now_ms);
/* Uses up the invite and makes the account (password_hash "" for none); the new account's id is written to `id`. False, with no callback, when the invite is no longer good or somebody is redeeming it right now. */
bool directory_redeem(struct directory *directory, const char *secret, const char *name, const char *password_hash, char id[23], int64_t now_ms, directory_on_done *, void *ctx);
/* Also ends the account's sessions, at once: who changed it signs in again. */
void directory_set_password(struct directory *directory, const char *account_id, const char *password_hash, directory_on_done *, void *ctx);
/* A new session of an account: writes its 43-character token. */
void directory_sign_in(struct directory *directory, const char *account_id, char token[44], int64_t now_ms, directory_on_done *, void *ctx);
/* The account a token stands for, or NULL; slides its idle time (in memory; written at most once an hour). */
const struct account *directory_session(struct directory *directory, const char *token, int64_t now_ms);
void directory_sign_out(struct directory *directory, const char *token, directory_on_done *, void *ctx);
/* A single-use ticket of an account for a class, in memory only. False when there is no such account or class. */
bool directory_ticket(struct directory *directory, const char *account_id, const char *code, char ticket[44], int64_t now_ms);
/* Uses a ticket up, also when it turns out to be late or for another class: the account, or NULL. */
const struct account *directory_use_ticket(struct directory *directory, const char *ticket, const char *code, int64_t now_ms);
/* Classes. directory_class_row formats the row that hub_new_class puts in its own batch; directory_add_class enters it in memory once that is durable. */
const struct class_entry *directory_class(const struct directory *directory, const char *code);
/* The account's classes, newest first: up to `cap` borrowed pointers, returns how many. */
size_t directory_classes_of(const struct directory *directory, const char *account_id, const struct class_entry **out, size_t cap);
char *directory_class_row(const struct class_entry *entry); /* returns owned JSON, the value of kind "class", key entry->code */
void directory_add_class(struct directory *directory, const struct class_entry *entry);
/* BLAKE2b-256 of a secret's 43 characters as 64 hex digits. */
void directory_hash(const char *secret, char hex[65]);
/* Once a minute: forgets what has expired. */
void directory_tick(struct directory *directory, int64_t now_ms);
#endif
