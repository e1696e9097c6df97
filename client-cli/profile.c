#include "client-cli/profile.h"
#include "proto/json.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ENTRY_MAX = 4096, PROFILE_NAME_MAX = 64 };

int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void random_id(char out[ID_CHARS + 1])
{
	uint8_t bytes[ID_BYTES];
	randombytes_buf(bytes, sizeof bytes);
	id_encode(bytes, out);
}

void random_secret(char out[SECRET_CHARS + 1])
{
	uint8_t bytes[SECRET_BYTES];
	randombytes_buf(bytes, sizeof bytes);
	secret_encode(bytes, out);
	sodium_memzero(bytes, sizeof bytes);
}

/* --- files --- */

int file_write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t wrote = write(fd, bytes, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return errno;
		bytes += wrote;
		n -= (size_t)wrote;
	}
	return 0;
}

static void sync_folder_of(const char *path)
{
	char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
	if (slash) {
		*slash = 0;
		int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			(void)fsync(fd); /* some file systems cannot; the file itself is safe */
			close(fd);
		}
	}
	free(folder);
}

int file_replace(const char *path, const char *bytes, size_t n)
{
	struct buf aside = { 0 };
	buf_str(&aside, path);
	buf_str(&aside, ".new-");
	buf_int(&aside, getpid());
	int fd = open(aside.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), err = fd < 0 ? errno : 0;
	if (!err)
		err = file_write_all(fd, bytes, n);
	if (!err && fsync(fd))
		err = errno;
	if (fd >= 0)
		close(fd);
	if (!err && rename(aside.s, path))
		err = errno;
	if (err)
		unlink(aside.s);
	else
		sync_folder_of(path);
	buf_release(&aside);
	return err;
}

int file_read(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	if (fd < 0)
		return errno;
	char chunk[4096];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof chunk)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || out->n + (size_t)n > max) {
			err = n < 0 ? errno : EFBIG;
			break;
		}
		buf_add(out, chunk, (size_t)n);
	}
	close(fd);
	return err;
}

static int make_folders(char *path)
{
	for (char *p = path + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char was = *p;
		*p = 0;
		int failed = mkdir(path, 0700) && errno != EEXIST;
		*p = was;
		if (failed)
			return errno;
		if (!was)
			return 0;
	}
}

/* --- the folder --- */

static bool name_is_clean(const char *name)
{
	size_t n = strlen(name);
	if (!n || n > PROFILE_NAME_MAX || name[0] == '.')
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			return false;
	return true;
}

int profile_open(struct profile *profile, const char *name)
{
	*profile = (struct profile){ 0 };
	if (!name_is_clean(name))
		return EINVAL;
	struct buf dir = { 0 };
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config == '/') {
		buf_str(&dir, config);
	} else {
		if (!home || *home != '/')
			return ENOENT;
		buf_str(&dir, home);
		buf_str(&dir, "/.config");
	}
	buf_str(&dir, "/forwhom/");
	buf_str(&dir, name);
	profile->dir = dir.s;
	int err = make_folders(profile->dir);
	if (!err && chmod(profile->dir, 0700))
		err = errno;
	if (err)
		profile_close(profile);
	return err;
}

void profile_close(struct profile *profile)
{
	free(profile->dir);
	profile->dir = NULL;
}

static int lock_take(const struct profile *profile, int *fd)
{
	struct buf path = { 0 };
	buf_str(&path, profile->dir);
	buf_str(&path, "/lock");
	*fd = open(path.s, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	buf_release(&path);
	if (*fd < 0)
		return errno;
	while (flock(*fd, LOCK_EX))
		if (errno != EINTR)
			return errno;
	return 0;
}

static void lock_drop(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void server_key(const struct place *place, struct buf *out)
{
	for (const char *p = place->host; *p; p++)
		buf_char(out, (char)tolower((unsigned char)*p));
	buf_char(out, ':');
	buf_int(out, place->port);
	for (const char *p = place->base; *p; p++)
		buf_char(out, *p == '/' ? '+' : *p);
}

static void host_path(const struct profile *profile, const struct place *place, struct buf *out)
{
	buf_str(out, profile->dir);
	buf_char(out, '/');
	server_key(place, out);
	buf_str(out, ".host");
}

void profile_class_path(const struct profile *profile, const struct place *place, const char *suffix, struct buf *out)
{
	buf_str(out, profile->dir);
	buf_char(out, '/');
	buf_str(out, place->code);
	buf_char(out, '@');
	server_key(place, out);
	buf_str(out, suffix);
}

/* --- entries --- */

static void copy_string(const cJSON *json, const char *key, char *out, size_t cap)
{
	const char *s;
	size_t n;
	if (json_str(json, key, &s, &n) && n < cap)
		memcpy(out, s, n + 1);
}

static cJSON *read_entry(const char *path)
{
	struct buf text = { 0 };
	enum json_verdict verdict;
	cJSON *json = file_read(path, ENTRY_MAX, &text) ? NULL : json_parse(text.s, text.n, &json_limits_client, &verdict);
	if (text.s)
		sodium_memzero(text.s, text.n);
	buf_release(&text);
	return json;
}

static bool read_place(const cJSON *json, struct place *out)
{
	char origin[HOST_CAP + BASE_CAP + 32] = "";
	copy_string(json, "origin", origin, sizeof origin);
	return place_parse_server(origin, true, out) == PLACE_OK; /* whether plain HTTP was wanted was asked when this was saved */
}

static bool read_host(const char *path, struct host_entry *out)
{
	cJSON *json = read_entry(path);
	*out = (struct host_entry){ 0 };
	bool good = json && read_place(json, &out->place);
	copy_string(json, "name", out->name, sizeof out->name);
	copy_string(json, "session", out->session, sizeof out->session);
	cJSON_Delete(json);
	return good && out->session[0];
}

static bool read_class(const char *path, struct class_entry *out)
{
	cJSON *json = read_entry(path);
	*out = (struct class_entry){ 0 };
	bool good = json && read_place(json, &out->place);
	char code[CODE_INPUT_MAX] = "";
	copy_string(json, "code", code, sizeof code);
	copy_string(json, "name", out->name, sizeof out->name);
	copy_string(json, "secret", out->secret, sizeof out->secret);
	copy_string(json, "wall", out->wall, sizeof out->wall);
	json_bool(json, "staff", &out->staff);
	json_int(json, "used", 0, JSON_INT_MAX, &out->used_ms);
	cJSON_Delete(json);
	return good && code_normalise(code, strlen(code), out->place.code) && (out->staff || out->secret[0]);
}

static int write_entry(const char *path, cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	int err = text ? file_replace(path, text, strlen(text)) : ENOMEM;
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
	return err;
}

static void add_origin(cJSON *json, const struct place *place)
{
	struct buf origin = { 0 };
	place_origin(place, &origin);
	cJSON_AddStringToObject(json, "origin", origin.s);
	buf_release(&origin);
}

static int write_class(const struct profile *profile, const struct class_entry *entry)
{
	cJSON *json = cJSON_CreateObject();
	struct buf path = { 0 };
	add_origin(json, &entry->place);
	cJSON_AddStringToObject(json, "code", entry->place.code);
	cJSON_AddStringToObject(json, "name", entry->name);
	cJSON_AddStringToObject(json, "secret", entry->secret);
	cJSON_AddStringToObject(json, "wall", entry->wall);
	cJSON_AddBoolToObject(json, "staff", entry->staff);
	cJSON_AddNumberToObject(json, "used", (double)entry->used_ms);
	profile_class_path(profile, &entry->place, ".class", &path);
	int err = write_entry(path.s, json);
	buf_release(&path);
	cJSON_Delete(json);
	return err;
}

static bool name_ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);
	return n > m && !strcmp(name + n - m, suffix);
}

/* Calls `visit` with the path of every file of one sort. */
static void each_file(const struct profile *profile, const char *suffix, void (*visit)(const char *path, void *ctx), void *ctx)
{
	DIR *dir = opendir(profile->dir);
	struct dirent *file;
	while (dir && (file = readdir(dir))) {
		if (!name_ends(file->d_name, suffix))
			continue;
		struct buf path = { 0 };
		buf_str(&path, profile->dir);
		buf_char(&path, '/');
		buf_str(&path, file->d_name);
		visit(path.s, ctx);
		buf_release(&path);
	}
	if (dir)
		closedir(dir);
}

struct class_search {
	const char *code;
	struct class_entry best;
	bool found;
};

static void visit_class(const char *path, void *ctx)
{
	struct class_search *search = ctx;
	struct class_entry entry;
	if (!read_class(path, &entry) || strcmp(entry.place.code, search->code) != 0)
		return;
	if (search->found && search->best.used_ms >= entry.used_ms)
		return;
	search->best = entry;
	search->found = true;
}

bool profile_find_class(const struct profile *profile, const struct place *place, struct class_entry *out)
{
	if (place_has_server(place)) {
		struct buf path = { 0 };
		profile_class_path(profile, place, ".class", &path);
		bool found = read_class(path.s, out);
		buf_release(&path);
		return found && place_same_server(place, &out->place);
	}
	struct class_search search = { .code = place->code };
	each_file(profile, ".class", visit_class, &search);
	*out = search.best;
	return search.found;
}

struct host_search {
	struct host_entry best;
	struct timespec changed;
	bool found;
};

static void visit_host(const char *path, void *ctx)
{
	struct host_search *search = ctx;
	struct host_entry entry;
	struct stat about;
	if (stat(path, &about) || !read_host(path, &entry))
		return;
	if (search->found && about.st_mtim.tv_sec < search->changed.tv_sec)
		return;
	search->best = entry;
	search->changed = about.st_mtim;
	search->found = true;
}

bool profile_find_host(const struct profile *profile, const struct place *place, struct host_entry *out)
{
	if (place_has_server(place)) {
		struct buf path = { 0 };
		host_path(profile, place, &path);
		bool found = read_host(path.s, out);
		buf_release(&path);
		return found && place_same_server(place, &out->place);
	}
	struct host_search search = { 0 };
	each_file(profile, ".host", visit_host, &search);
	*out = search.best;
	return search.found;
}

int profile_save_host(const struct profile *profile, const struct host_entry *entry)
{
	int fd = -1, err = lock_take(profile, &fd);
	cJSON *json = cJSON_CreateObject();
	struct buf path = { 0 };
	add_origin(json, &entry->place);
	cJSON_AddStringToObject(json, "name", entry->name);
	cJSON_AddStringToObject(json, "session", entry->session);
	host_path(profile, &entry->place, &path);
	if (!err)
		err = write_entry(path.s, json);
	lock_drop(fd);
	buf_release(&path);
	cJSON_Delete(json);
	return err;
}

int profile_save_class(const struct profile *profile, const struct class_entry *entry)
{
	int fd = -1, err = lock_take(profile, &fd);
	if (!err)
		err = write_class(profile, entry);
	lock_drop(fd);
	return err;
}

int profile_ensure_class(const struct profile *profile, const struct place *place, const char *name, struct class_entry *out)
{
	int fd = -1, err = lock_take(profile, &fd);
	if (err)
		goto out;
	if (!profile_find_class(profile, place, out)) {
		*out = (struct class_entry){ .place = *place };
		random_secret(out->secret);
	}
	if (place->member[0]) {
		memcpy(out->secret, place->member, sizeof out->secret);
		out->staff = false;
	}
	out->place.member[0] = out->place.invite[0] = 0;
	if (name)
		snprintf(out->name, sizeof out->name, "%s", name);
	out->used_ms = now_ms();
	err = write_class(profile, out);
out:
	lock_drop(fd);
	return err;
}

void profile_forget_class(const struct profile *profile, const struct place *place)
{
	int fd = -1;
	struct buf path = { 0 };
	profile_class_path(profile, place, ".class", &path);
	if (!lock_take(profile, &fd))
		unlink(path.s);
	lock_drop(fd);
	buf_release(&path);
}
