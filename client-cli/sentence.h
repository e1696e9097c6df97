#ifndef FORWHOM_CLI_SENTENCE_H
#define FORWHOM_CLI_SENTENCE_H
#include "proto/buf.h"
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the program says to people: keys plus arguments, rendered from catalogues that are part of the binary. proto/sentences/LANG.json holds what the
 * server's refusals say, client-cli/sentences/LANG.json the rest. A value is a string, or {"one":…,"other":…} (CLDR plural categories), chosen by the argument `n`.
 * `{name}` stands for an argument. To add a language: both files, and one line in the table of sentence.c.
 */

/* Chooses the language by LC_ALL, LC_MESSAGES, LANG, in that order; English if there is none for it. To be called once, before anything is said. */
void sentence_init(void);
/* The same with a stated locale name ("de_DE.UTF-8"); for tests. Returns the language chosen. */
const char *sentence_choose(const char *locale);

struct sentence_arg {
	const char *name;
	const char *s; /* a string, or NULL for the number */
	int64_t n;
};

/* Appends the sentence `key`. Arguments end with one whose name is NULL; `args` may be NULL. A key that is nowhere appends itself. Borrows all.
 * The result may hold what people typed: it passes through term_safe like everything else on its way to a terminal. */
void sentence_add(struct buf *out, const char *key, const struct sentence_arg *args);
/* Whether the catalogue has the key. */
bool sentence_has(const char *key);
/* The same with the arguments of a refusal, an object of strings and numbers; NULL is none. */
void sentence_add_json(struct buf *out, const char *key, const cJSON *args);
/* A refusal {code, say, args}: its sentence, or that of its code. */
void sentence_add_refusal(struct buf *out, const cJSON *no);
/* The same for commands, which keep no words: some sentences would not be true there, and have a form of their own, KEY.pipe. */
void sentence_add_refusal_pipe(struct buf *out, const cJSON *no);

/* A sentence without arguments; valid for ever. */
const char *sentence(const char *key);

#endif
