#include "server/templates.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/gen/templates.h"

struct templates {
	struct template **list; /* owned, and so is each; NULL-terminated */
	char **files;           /* where each is from, owned; NULL: the program's own */
	size_t count;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- what is wrong ---- */

static void tell(struct buf *faults, const char *path, int line, const char *reason)
{
	buf_str(faults, path);
	if (line) {
		buf_char(faults, ':');
		buf_int(faults, line);
	}
	buf_str(faults, ": ");
	buf_str(faults, reason);
	buf_char(faults, '\n');
}

/* ---- the list ---- */

static void add(struct templates *templates, struct template *template, const char *file)
{
	size_t count = templates->count++;

	templates->list = must(realloc(templates->list, (count + 2) * sizeof *templates->list));
	templates->files = must(realloc(templates->files, (count + 1) * sizeof *templates->files));
	templates->list[count] = template;
	templates->list[count + 1] = NULL;
	templates->files[count] = file ? must(strdup(file)) : NULL;
}

static void free_template(struct template *template)
{
	template_release(template);
	free(template);
}

/* Takes `template` into the list, in place of the program's own of that key; false when another file has the key already. */
static bool place(struct templates *templates, struct template *template, const char *path, struct buf *faults)
{
	size_t i = 0;

	while (i < templates->count && strcmp(templates->list[i]->key, template->key) != 0)
		i++;
	if (i == templates->count) {
		add(templates, template, path);
		return true;
	}
	assert(path); /* two of the program's own */
	if (templates->files[i]) {
		struct buf reason = { 0 };

		buf_str(&reason, "the key \"");
		buf_str(&reason, template->key);
		buf_str(&reason, "\" is that of ");
		buf_str(&reason, templates->files[i]);
		buf_str(&reason, " too");
		tell(faults, path, 0, reason.s);
		buf_release(&reason);
		free_template(template);
		return false;
	}
	free_template(templates->list[i]);
	templates->list[i] = template;
	templates->files[i] = must(strdup(path));
	return true;
}

/* `path` NULL: the program's own, called `name`. */
static bool take_text(struct templates *templates, const char *name, const char *path, const char *text, size_t n, struct buf *faults)
{
	struct template *template = must(calloc(1, sizeof *template));
	struct template_fault fault;

	if (template_read(text, n, template, &fault))
		return place(templates, template, path, faults);
	tell(faults, path ? path : name, fault.line, fault.reason);
	free(template);
	return false;
}

/* ---- the operator's files ---- */

/* All of a file into `out`, at most one byte more than a template may have. Returns NULL, or what went wrong. */
static const char *read_whole(const char *path, struct buf *out)
{
	/* Not to be held up by a pipe that somebody put there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *wrong = NULL;
	struct stat stat;
	ssize_t got = 1;

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &stat) != 0)
		wrong = strerror(errno);
	else if (!S_ISREG(stat.st_mode))
		wrong = "this is not a regular file";
	buf_reserve(out, TEMPLATE_BYTES_MAX + 1);
	while (!wrong && got > 0 && out->n <= TEMPLATE_BYTES_MAX) {
		got = read(fd, out->s + out->n, TEMPLATE_BYTES_MAX + 1 - out->n);
		if (got > 0)
			out->n += (size_t)got;
		else if (got < 0)
			wrong = strerror(errno);
	}
	out->s[out->n] = '\0';
	close(fd);
	return wrong;
}

static bool take_file(struct templates *templates, const char *path, struct buf *faults)
{
	struct buf text = { 0 };
	const char *wrong = read_whole(path, &text);
	bool good = false;

	if (wrong)
		tell(faults, path, 0, wrong);
	else
		good = take_text(templates, path, path, text.s, text.n, faults);
	buf_release(&text);
	return good;
}

static int is_template_name(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

/* The same everywhere; alphasort would follow the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool take_folder(struct templates *templates, const char *folder, struct buf *faults)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_template_name, by_name);
	bool good = true;

	if (count < 0) {
		if (errno != ENOENT)
			tell(faults, folder, 0, strerror(errno));
		return errno == ENOENT;
	}
	for (int i = 0; i < count; i++) {
		struct buf path = { 0 };

		buf_str(&path, folder);
		buf_char(&path, '/');
		buf_str(&path, entries[i]->d_name);
		good = take_file(templates, path.s, faults) && good;
		buf_release(&path);
		free(entries[i]);
	}
	free(entries);
	return good;
}

/* ---- life ---- */

struct templates *templates_open(const char *folder, struct buf *faults)
{
	struct templates *templates = must(calloc(1, sizeof *templates));
	bool good = true;

	for (size_t i = 0; i < TEMPLATE_FILES; i++)
		good = take_text(templates, template_files[i].key, NULL, template_files[i].text, template_files[i].n, faults) && good;
	good = take_folder(templates, folder, faults) && good;
	if (good)
		return templates;
	templates_free(templates);
	return NULL;
}

void templates_free(struct templates *templates)
{
	if (!templates)
		return;
	for (size_t i = 0; i < templates->count; i++) {
		free_template(templates->list[i]);
		free(templates->files[i]);
	}
	free(templates->list);
	free(templates->files);
	free(templates);
}

const struct template *const *templates_list(const struct templates *templates)
{
	return (const struct template *const *)templates->list;
}
