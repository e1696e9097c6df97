#include "client-cli/journal.h"
#include "client-cli/profile.h"
#include "proto/json.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

/* Long typing without a connection writes what is pending again and again: beyond this size the file is written anew, if most of it is over. */
enum { JOURNAL_MAX = 64 << 20, JOURNAL_PEERS = 16, COMPACT_BYTES = 1 << 20, COMPACT_RATIO = 4 };

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void change_free(struct change *change)
{
	free(change->name);
	free(change->message);
	cJSON_Delete(change->args);
	cJSON_Delete(change->no);
	free(change);
}

/* --- lines --- */

static void add_line(struct journal *journal, const char *key, const char *value, size_t n)
{
	buf_str(&journal->pending, "{\"");
	buf_str(&journal->pending, key);
	buf_str(&journal->pending, "\":");
	buf_add(&journal->pending, value, n);
	buf_str(&journal->pending, "}\n");
}

static void add_gone(struct journal *journal, const char *id)
{
	struct buf text = { 0 };
	buf_json_string(&text, id, strlen(id));
	add_line(journal, "gone", text.s, text.n);
	buf_release(&text);
}

static int flush(struct journal *journal)
{
	const char *at = journal->pending.s;
	size_t left = journal->pending.n;
	while (left) {
		ssize_t n = write(journal->fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* What went out in part must not be glued to the next line: keep the rest, it continues this very line. */
			int err = errno;
			memmove(journal->pending.s, at, left);
			journal->pending.n = left;
			return err;
		}
		at += n;
		left -= (size_t)n;
	}
	journal->size += journal->pending.n;
	buf_reset(&journal->pending);
	return 0;
}

static int rewrite(struct journal *journal);

static bool is_empty_on_disk(const struct journal *journal)
{
	const struct change *change;
	if (journal->typings)
		return false;
	DL_FOREACH(journal->changes, change)
		if (change->state != CHANGE_DONE)
			return false;
	return true;
}

static size_t live_bytes(const struct journal *journal)
{
	size_t n = 0;
	const struct change *change;
	const struct kept_typing *kept;
	DL_FOREACH(journal->changes, change)
		n += strlen(change->message);
	DL_FOREACH(journal->typings, kept) {
		char *text = must(cJSON_PrintUnformatted(kept->state));
		n += strlen(text);
		free(text);
	}
	return n;
}

static int compact_if_worth(struct journal *journal)
{
	if (journal->size < COMPACT_BYTES || journal->size / COMPACT_RATIO < live_bytes(journal))
		return 0;
	return rewrite(journal);
}

int journal_sync(struct journal *journal)
{
	if (!journal->unsynced || journal->broken)
		return journal->broken;
	int err = flush(journal);
	if (!err && fdatasync(journal->fd))
		err = errno;
	if (!err && is_empty_on_disk(journal) && !ftruncate(journal->fd, 0))
		journal->size = 0;
	if (!err)
		err = compact_if_worth(journal);
	if (err)
		return err;
	journal->unsynced = false;
	struct change *change;
	DL_FOREACH(journal->changes, change)
		change->written = true;
	return 0;
}

static void write_change(struct journal *journal, const struct change *change)
{
	add_line(journal, "do", change->message, strlen(change->message));
	if (change->no) {
		char *no = must(cJSON_PrintUnformatted(change->no));
		add_line(journal, "no", no, strlen(no));
		free(no);
	}
	journal->unsynced = true;
}

/* --- changes --- */

static char *message_of(const struct change *change)
{
	struct buf out = { 0 };
	char *args = must(cJSON_PrintUnformatted(change->args));
	buf_str(&out, "{\"t\":\"do\",\"id\":\"");
	buf_str(&out, change->id);
	buf_str(&out, "\",\"doc\":");
	buf_json_string(&out, change->doc, strlen(change->doc));
	buf_str(&out, ",\"cmd\":");
	buf_json_string(&out, change->name, strlen(change->name));
	buf_str(&out, ",\"args\":");
	buf_str(&out, args);
	buf_char(&out, '}');
	free(args);
	return out.s;
}

static struct change *add(struct journal *journal, const char *id, const char *doc, const char *name, cJSON *args)
{
	assert(strlen(doc) < OBJECT_ID_CAP && strlen(id) == ID_CHARS && cJSON_IsObject(args));
	struct change *change = must(calloc(1, sizeof *change));
	strcpy(change->id, id);
	strcpy(change->doc, doc);
	change->name = must(strdup(name));
	change->args = args;
	change->message = message_of(change);
	DL_APPEND(journal->changes, change);
	return change;
}

struct change *journal_add_as(struct journal *journal, const char *id, const char *doc, const char *name, cJSON *args)
{
	struct change *change = add(journal, id, doc, name, args);
	write_change(journal, change);
	return change;
}

struct change *journal_add(struct journal *journal, const char *doc, const char *name, cJSON *args)
{
	char id[ID_CHARS + 1];
	random_id(id);
	return journal_add_as(journal, id, doc, name, args);
}

struct change *journal_keep_words(struct journal *journal, const char *doc, const char *note, const char *words, const cJSON *no)
{
	char id[ID_CHARS + 1];
	cJSON *args = cJSON_CreateObject();
	random_id(id);
	cJSON_AddStringToObject(args, "id", note);
	cJSON_AddStringToObject(args, "words", words);
	struct change *change = add(journal, id, doc, "note.text", args);
	change->state = CHANGE_REFUSED;
	change->no = must(no ? cJSON_Duplicate(no, true) : cJSON_CreateObject());
	/* The refusal names the change it belongs to. */
	cJSON_DeleteItemFromObjectCaseSensitive(change->no, "id");
	cJSON_AddStringToObject(change->no, "id", id);
	write_change(journal, change);
	return change;
}

/* --- what is being typed --- */

static struct kept_typing *find_typing(const struct journal *journal, const char *doc, const char *note)
{
	struct kept_typing *kept;
	DL_FOREACH(journal->typings, kept)
		if (!strcmp(kept->doc, doc) && !strcmp(kept->note, note))
			return kept;
	return NULL;
}

static void set_typing(struct journal *journal, const char *doc, const char *note, cJSON *state)
{
	struct kept_typing *kept = find_typing(journal, doc, note);
	if (!kept && state) {
		kept = must(calloc(1, sizeof *kept));
		strcpy(kept->doc, doc);
		strcpy(kept->note, note);
		DL_APPEND(journal->typings, kept);
	}
	if (!kept)
		return;
	cJSON_Delete(kept->state);
	kept->state = state;
	if (!state) {
		DL_DELETE(journal->typings, kept);
		free(kept);
	}
}

static void write_typing(struct journal *journal, const char *doc, const char *note, const cJSON *state)
{
	struct buf text = { 0 };
	buf_str(&text, "{\"doc\":");
	buf_json_string(&text, doc, strlen(doc));
	buf_str(&text, ",\"note\":");
	buf_json_string(&text, note, strlen(note));
	if (state) {
		char *json = must(cJSON_PrintUnformatted(state));
		buf_str(&text, ",\"state\":");
		buf_str(&text, json);
		free(json);
	}
	buf_char(&text, '}');
	add_line(journal, "typing", text.s, text.n);
	buf_release(&text);
	journal->unsynced = true;
}

void journal_keep_typing(struct journal *journal, const char *doc, const char *note, cJSON *state)
{
	assert(strlen(doc) < OBJECT_ID_CAP && strlen(note) < OBJECT_ID_CAP);
	if (!state && !find_typing(journal, doc, note))
		return;
	write_typing(journal, doc, note, state);
	set_typing(journal, doc, note, state);
}

struct change *journal_find(const struct journal *journal, const char *id)
{
	struct change *change;
	DL_FOREACH(journal->changes, change)
		if (!strcmp(change->id, id))
			return change;
	return NULL;
}

/* Ends need no sync: if one is lost, the change is sent again and answered as the first time. An empty journal is cut to nothing, so that it never grows. */
static void end_on_disk(struct journal *journal, const char *id)
{
	add_gone(journal, id);
	if (flush(journal) == 0 && is_empty_on_disk(journal) && !ftruncate(journal->fd, 0))
		journal->size = 0;
}

void journal_done(struct journal *journal, struct change *change, int64_t at)
{
	change->state = CHANGE_DONE;
	change->at = at;
	end_on_disk(journal, change->id);
}

void journal_refuse(struct journal *journal, struct change *change, const cJSON *no)
{
	cJSON_Delete(change->no);
	change->no = must(cJSON_Duplicate(no, true));
	change->state = CHANGE_REFUSED;
	char *text = must(cJSON_PrintUnformatted(change->no));
	add_line(journal, "no", text, strlen(text));
	free(text);
	(void)flush(journal);
}

void journal_drop(struct journal *journal, struct change *change)
{
	bool done = change->state == CHANGE_DONE;
	char id[ID_CHARS + 1];
	strcpy(id, change->id);
	DL_DELETE(journal->changes, change);
	change_free(change);
	if (!done)
		end_on_disk(journal, id);
}

size_t journal_unanswered(const struct journal *journal)
{
	size_t n = 0;
	const struct change *change;
	DL_FOREACH(journal->changes, change)
		n += change->state == CHANGE_KEPT || change->state == CHANGE_SENT;
	return n;
}

size_t journal_refused(const struct journal *journal)
{
	size_t n = 0;
	const struct change *change;
	DL_FOREACH(journal->changes, change)
		n += change->state == CHANGE_REFUSED;
	return n;
}

/* --- reading back --- */

static void read_do(struct journal *journal, const cJSON *json)
{
	const char *id, *doc, *name;
	size_t id_n, doc_n, name_n;
	cJSON *args = json_object(json, "args");
	if (!args || !json_str(json, "id", &id, &id_n) || !json_str(json, "doc", &doc, &doc_n) || !json_str(json, "cmd", &name, &name_n))
		return;
	if (!id_is_valid(id, id_n) || doc_n >= OBJECT_ID_CAP || journal_find(journal, id))
		return;
	struct change *change = must(calloc(1, sizeof *change));
	strcpy(change->id, id);
	strcpy(change->doc, doc);
	change->name = must(strdup(name));
	change->args = must(cJSON_Duplicate(args, true));
	change->message = message_of(change);
	change->inherited = true;
	DL_APPEND(journal->changes, change);
}

static void read_typing(struct journal *journal, const cJSON *json)
{
	const char *doc, *note;
	size_t doc_n, note_n;
	const cJSON *state = json_object(json, "state");
	if (json_str(json, "doc", &doc, &doc_n) && doc_n < OBJECT_ID_CAP && json_str(json, "note", &note, &note_n) && note_n < OBJECT_ID_CAP)
		set_typing(journal, doc, note, state ? must(cJSON_Duplicate(state, true)) : NULL);
}

static void read_line(struct journal *journal, const char *line, size_t n)
{
	enum json_verdict verdict;
	cJSON *json = json_parse(line, n, &json_limits_server, &verdict), *item;
	const char *id;
	size_t id_n;
	struct change *change;
	if ((item = json_object(json, "do"))) {
		read_do(journal, item);
	} else if ((item = json_object(json, "typing"))) {
		read_typing(journal, item);
	} else if ((item = json_object(json, "no")) && json_str(item, "id", &id, &id_n) && (change = journal_find(journal, id))) {
		cJSON_Delete(change->no);
		change->no = must(cJSON_Duplicate(item, true));
		change->state = CHANGE_REFUSED;
	} else if (json_str(json, "gone", &id, &id_n) && (change = journal_find(journal, id))) {
		DL_DELETE(journal->changes, change);
		change_free(change);
	}
	cJSON_Delete(json);
}

static int read_file(struct journal *journal, const char *path)
{
	struct buf text = { 0 };
	int err = file_read(path, JOURNAL_MAX, &text);
	const char *line = text.s, *end = text.s + text.n, *newline;
	for (; !err && line && line < end && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1)
		read_line(journal, line, (size_t)(newline - line));
	buf_release(&text);
	return err;
}

/* Opens and locks a file; -EWOULDBLOCK if a living program holds it. The inode is looked at again, since its last holder may have removed it meanwhile. */
static int open_locked(const char *path, bool create)
{
	for (;;) {
		struct stat by_path, by_fd;
		int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			close(fd);
			return -EWOULDBLOCK;
		}
		if (!fstat(fd, &by_fd) && !stat(path, &by_path) && by_fd.st_ino == by_path.st_ino)
			return fd;
		close(fd);
	}
}

static void peer_path(const char *path, int number, struct buf *out)
{
	buf_reset(out);
	buf_str(out, path);
	if (number > 1) {
		buf_char(out, '.');
		buf_int(out, number);
	}
}

/* Copies what a journal without a living holder has into ours, makes that durable, and only then removes it. */
static void take_over(struct journal *journal, const char *path)
{
	int fd = open_locked(path, false);
	if (fd < 0)
		return;
	struct change *last = journal->changes ? journal->changes->prev : NULL, *change;
	const struct kept_typing *kept;
	if (!read_file(journal, path)) {
		DL_FOREACH(journal->typings, kept)
			write_typing(journal, kept->doc, kept->note, kept->state);
		for (change = last ? last->next : journal->changes; change; change = change->next)
			write_change(journal, change);
		if (!journal_sync(journal))
			unlink(path);
	}
	close(fd);
}

/* Replaces the file by what is not over yet. */
static int rewrite(struct journal *journal)
{
	const struct change *change;
	const struct kept_typing *kept;
	buf_reset(&journal->pending);
	DL_FOREACH(journal->typings, kept)
		write_typing(journal, kept->doc, kept->note, kept->state);
	DL_FOREACH(journal->changes, change)
		if (change->state != CHANGE_DONE)
			write_change(journal, change);
	int err = file_replace(journal->path, buf_cstr(&journal->pending), journal->pending.n);
	if (err)
		return err;
	journal->size = journal->pending.n;
	buf_reset(&journal->pending);
	journal->unsynced = false;
	int fd = open_locked(journal->path, false); /* the file has a new inode now */
	if (fd < 0)
		return journal->broken = -fd;
	close(journal->fd);
	journal->fd = fd;
	return 0;
}

int journal_open(struct journal *journal, const char *path)
{
	*journal = (struct journal){ .fd = -1 };
	struct buf name = { 0 };
	int err = EWOULDBLOCK, mine = 0;
	for (int i = 1; i <= JOURNAL_PEERS && err == EWOULDBLOCK; i++) {
		peer_path(path, i, &name);
		journal->fd = open_locked(name.s, true);
		err = journal->fd < 0 ? -journal->fd : 0;
		mine = i;
	}
	if (err)
		goto out;
	journal->path = must(strdup(name.s));
	err = read_file(journal, journal->path);
	if (err)
		goto out;
	/* Without the torn line, and without what is over. Appending after a torn line would spoil the next one. */
	struct change *change;
	if ((err = rewrite(journal)))
		goto out;
	for (int i = 1; i <= JOURNAL_PEERS; i++) {
		peer_path(path, i, &name);
		if (i != mine)
			take_over(journal, name.s);
	}
	DL_FOREACH(journal->changes, change)
		change->written = true;
out:
	buf_release(&name);
	if (err)
		journal_close(journal);
	return err;
}

void journal_close(struct journal *journal)
{
	struct change *change, *tmp;
	bool empty = is_empty_on_disk(journal);
	if (journal->fd >= 0) {
		(void)journal_sync(journal);
		if (empty && journal->path)
			unlink(journal->path);
		close(journal->fd);
	}
	DL_FOREACH_SAFE(journal->changes, change, tmp)
		change_free(change);
	while (journal->typings)
		set_typing(journal, journal->typings->doc, journal->typings->note, NULL);
	buf_release(&journal->pending);
	free(journal->path);
	*journal = (struct journal){ .fd = -1 };
}
