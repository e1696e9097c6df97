/* Imports: a canvas file that comes over HTTP, and so from nobody's socket, becomes a canvas of a class. What a `do` waits for at its socket it waits for here: the class to be loaded, and the batch to be durable. */
#include "server/session/internal.h"
#include "proto/template.h"
#include <stdlib.h>
#include <string.h>

/* One that has been asked for. */
struct import {
	struct import *next; /* of its class, in the order of coming */
	char owner[ID_CHARS + 1]; /* the member */
	struct template canvas;
	char *title, *team, *see; /* owned */
	hub_on_import *on_import;
	void *ctx;
};

/* One that has been done, until that is durable. */
struct imported {
	char document[ID_CHARS + 1];
	hub_on_import *on_import;
	void *ctx;
};

static char *copy(const char *text)
{
	char *made = strdup(text);
	if (!made)
		abort();
	return made;
}

static void import_free(struct import *import)
{
	template_release(&import->canvas);
	free(import->title);
	free(import->team);
	free(import->see);
	free(import);
}

static void refuse(const struct import *import, const struct refused *refused)
{
	import->on_import(refused, STORE_DURABLE, NULL, import->ctx);
}

static void on_settled(struct hub *hub, enum store_result result, void *what)
{
	const struct imported *imported = what;
	(void)hub;
	imported->on_import(NULL, result, result == STORE_DURABLE ? imported->document : NULL, imported->ctx);
}

/* Whether the class takes it now; else refuses. */
static bool may_import(struct class *class, const struct import *import)
{
	const struct hub *hub = class->hub;
	int cost = command_specs[CMD_CANVAS_ADD].cost;
	int64_t wait;
	if (class->documents[0]->damaged) {
		refuse(import, &(struct refused){ .code = REFUSE_READONLY, .say = fault_sentence(STORE_DAMAGED), .retry_ms = 5000 });
		return false;
	}
	if (!role_is_staff(class_member(class, import->owner)->role)) {
		refuse(import, &(struct refused){ .code = REFUSE_FORBIDDEN });
		return false;
	}
	wait = bucket_take(&class->commands, hub->limits->class_commands_per_s * 60, hub->limits->class_commands_per_s * 2, cost, hub->mono_ms);
	if (wait)
		refuse(import, &(struct refused){ .code = REFUSE_RATE, .retry_ms = wait });
	return !wait;
}

static void carry_out(struct class *class, const struct import *import, const struct decision *decision, const char *document)
{
	struct imported *imported = calloc(1, sizeof *imported);
	if (!imported)
		abort();
	strcpy(imported->document, document);
	imported->on_import = import->on_import;
	imported->ctx = import->ctx;
	class_carry_out(class, class->documents[0], decision, CMD_CANVAS_ADD, import->owner);
	class->hub->commands++;
	hold_call(class, on_settled, imported);
}

/* Does it, and ends it. */
static void run(struct class *class, struct import *import)
{
	struct decision decision = { 0 };
	char document[ID_CHARS + 1];
	struct room room;
	if (class->hub->fault != STORE_FINE) {
		import->on_import(NULL, STORE_UNAVAILABLE, NULL, import->ctx);
	} else if (may_import(class, import)) {
		hub_random_id(class->hub, document);
		class_room(class, class->documents[0], &room);
		if (decide_import(&room, &import->canvas, document, import->title, import->team, import->see, import->owner, class->hub->now_ms, &decision))
			carry_out(class, import, &decision, document);
		else
			refuse(import, &decision.why);
	}
	decision_release(&decision);
	import_free(import);
}

void import_continue(struct class *class, bool loaded)
{
	while (class->imports) {
		struct import *import = class->imports;
		class->imports = import->next;
		if (loaded) {
			run(class, import);
		} else {
			refuse(import, &(struct refused){ .code = REFUSE_BUSY, .retry_ms = 2000 });
			import_free(import);
		}
	}
}

void import_drop(struct class *class)
{
	while (class->imports) {
		struct import *import = class->imports;
		class->imports = import->next;
		import_free(import);
	}
}

static struct import *import_new(const struct import_request *request, hub_on_import *on_import, void *ctx)
{
	struct import *import = calloc(1, sizeof *import);
	if (!import)
		abort();
	import->canvas = *request->canvas;
	*request->canvas = (struct template){ 0 };
	import->title = copy(request->title);
	import->team = copy(request->team);
	import->see = copy(request->see);
	import->on_import = on_import;
	import->ctx = ctx;
	return import;
}

static void await_class(struct class *class, struct import *import)
{
	struct import **end = &class->imports;
	while (*end)
		end = &(*end)->next;
	*end = import;
}

void hub_import(struct hub *hub, const struct import_request *request, int64_t now_ms, hub_on_import *on_import, void *ctx)
{
	const struct class_entry *entry = directory_class(hub->config.directory, request->code);
	struct import *import = import_new(request, on_import, ctx);
	hub->now_ms = now_ms;
	if (!entry || strcmp(entry->account, request->account_id) != 0) {
		/* As with a ticket: only the account that owns the class is somebody there. */
		refuse(import, entry ? &(struct refused){ .code = REFUSE_FORBIDDEN } : &(struct refused){ .code = REFUSE_NOT_FOUND, .say = "not_found.class" });
		import_free(import);
		return;
	}
	memcpy(import->owner, entry->owner, sizeof import->owner);
	struct class *class = class_get(hub, entry);
	if (class->loaded)
		run(class, import);
	else
		await_class(class, import);
}
