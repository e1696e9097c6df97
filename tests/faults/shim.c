#include "tests/faults/shim.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

enum { FILES_MAX = 8, SECTOR = 512 };

struct shim_file {
	sqlite3_file base; /* first */
	int diary;         /* index into `files`, -1 when it is not written about */
	sqlite3_file *real;
};

enum step_kind { STEP_WRITE = 1, STEP_TRUNCATE, STEP_SYNC, STEP_MARK, STEP_DELETE };

struct step {
	enum step_kind kind;
	int file;
	int64_t at; /* offset, new size, or marked value */
	size_t size_bytes;
	uint8_t *bytes;
};

static sqlite3_vfs shim, *real;
/* The writer's thread, the readers' and the test's come through here. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	int calls, countdown, result;
	bool lasting, failed;
} plan;
static bool recording;
static struct step *steps;
static size_t step_count;
static char files[FILES_MAX][64];
static int file_count;

uint64_t shim_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* ------------------------------------------------------------------------------------------------ plan and diary */

/* The result with which this call is to fail, or SQLITE_OK. */
static int verdict(enum shim_call call)
{
	int result = SQLITE_OK;

	pthread_mutex_lock(&lock);
	if ((plan.calls & call) && ((plan.countdown > 0 && --plan.countdown == 0) || (plan.lasting && plan.failed))) {
		result = plan.result;
		plan.failed = true;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

static void note(enum step_kind kind, int file, int64_t at, const void *bytes, size_t size_bytes)
{
	struct step *step;

	pthread_mutex_lock(&lock);
	if (recording && (file >= 0 || kind == STEP_MARK)) {
		if ((step_count & (step_count - 1)) == 0)
			steps = realloc(steps, (step_count ? step_count * 2 : 1) * sizeof *steps);
		assert(steps);
		step = &steps[step_count++];
		*step = (struct step){ .kind = kind, .file = file, .at = at, .size_bytes = size_bytes };
		if (size_bytes) {
			step->bytes = malloc(size_bytes);
			assert(step->bytes);
			memcpy(step->bytes, bytes, size_bytes);
		}
	}
	pthread_mutex_unlock(&lock);
}

static int file_index(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	int index = -1;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < file_count && recording; i++)
		if (!strcmp(files[i], name))
			index = i;
	if (index < 0 && recording) {
		assert(file_count < FILES_MAX && strlen(name) < sizeof files[0]);
		strcpy(files[index = file_count++], name);
	}
	pthread_mutex_unlock(&lock);
	return index;
}

static void set_plan(int calls, int n, int result, bool lasting)
{
	pthread_mutex_lock(&lock);
	plan.calls = calls;
	plan.countdown = n;
	plan.result = result;
	plan.lasting = lasting;
	plan.failed = false;
	pthread_mutex_unlock(&lock);
}

void shim_fail(int calls, int n, int result)
{
	set_plan(calls, n, result, false);
}

void shim_fail_from(int calls, int n, int result)
{
	set_plan(calls, n, result, true);
}

bool shim_has_failed(void)
{
	bool failed;

	pthread_mutex_lock(&lock);
	failed = plan.failed;
	pthread_mutex_unlock(&lock);
	return failed;
}

void shim_record(void)
{
	shim_forget();
	recording = true;
}

void shim_stop(void)
{
	recording = false;
}

void shim_mark(int64_t value)
{
	note(STEP_MARK, -1, value, NULL, 0);
}

size_t shim_steps(void)
{
	return step_count;
}

void shim_forget(void)
{
	recording = false;
	for (size_t i = 0; i < step_count; i++)
		free(steps[i].bytes);
	free(steps);
	steps = NULL;
	step_count = 0;
	file_count = 0;
}

/* ------------------------------------------------------------------------------------------------ files */

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct shim_file *)file)->real;
}

static int diary_of(sqlite3_file *file)
{
	return ((struct shim_file *)file)->diary;
}

static int file_close(sqlite3_file *file)
{
	int rc = real_of(file)->pMethods->xClose(real_of(file));

	free(real_of(file));
	return rc;
}

static int file_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	return real_of(file)->pMethods->xRead(real_of(file), to, n, at);
}

static int file_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
	int rc = verdict(SHIM_WRITE);
	int written = rc == SQLITE_OK ? n : n / 2;
	int real_rc = real_of(file)->pMethods->xWrite(real_of(file), from, written, at);

	if (real_rc == SQLITE_OK)
		note(STEP_WRITE, diary_of(file), at, from, (size_t)written);
	return rc != SQLITE_OK ? rc : real_rc;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int rc = verdict(SHIM_TRUNCATE);

	if (rc == SQLITE_OK)
		rc = real_of(file)->pMethods->xTruncate(real_of(file), size);
	if (rc == SQLITE_OK)
		note(STEP_TRUNCATE, diary_of(file), size, NULL, 0);
	return rc;
}

/* While a diary is kept nobody pulls a plug, so the real sync is left out: it is what takes the time. */
static int file_sync(sqlite3_file *file, int flags)
{
	int rc = verdict(SHIM_SYNC);

	if (rc == SQLITE_OK && !recording)
		rc = real_of(file)->pMethods->xSync(real_of(file), flags);
	if (rc == SQLITE_OK)
		note(STEP_SYNC, diary_of(file), 0, NULL, 0);
	return rc;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_lock(sqlite3_file *file, int *held)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	/* Only taking the writer's lock (WAL_WRITE_LOCK, 0) is what another program can be in the way of. */
	if (offset == 0 && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE)) {
		int rc = verdict(SHIM_LOCK);

		if (rc != SQLITE_OK)
			return rc;
	}
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/* Version 2: no memory mapping of the database. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags)
{
	struct shim_file *wrapper = (struct shim_file *)file;
	int rc;

	(void)vfs;
	memset(wrapper, 0, sizeof *wrapper);
	wrapper->real = calloc(1, (size_t)real->szOsFile);
	assert(wrapper->real);
	rc = real->xOpen(real, path, wrapper->real, flags, out_flags);
	if (rc != SQLITE_OK) {
		free(wrapper->real);
		return rc;
	}
	wrapper->diary = path ? file_index(path) : -1;
	wrapper->base.pMethods = &methods;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	int rc = real->xDelete(real, path, sync);

	(void)vfs;
	if (rc == SQLITE_OK)
		note(STEP_DELETE, file_index(path), 0, NULL, 0);
	/* The folder has been synced too. */
	if (rc == SQLITE_OK && sync)
		note(STEP_SYNC, file_index(path), 0, NULL, 0);
	return rc;
}

void shim_install(void)
{
	real = sqlite3_vfs_find(NULL);
	assert(real);
	shim = *real;
	shim.zName = "shim";
	shim.pNext = NULL;
	shim.szOsFile = sizeof(struct shim_file);
	shim.xOpen = vfs_open;
	shim.xDelete = vfs_delete;
	assert(sqlite3_vfs_register(&shim, 1) == SQLITE_OK);
}

/* ------------------------------------------------------------------------------------------------ power cuts */

/* A file as it would be found. */
struct image {
	uint8_t *bytes;
	size_t size, cap;
	bool there;
};

static void resize(struct image *image, size_t size)
{
	if (size > image->cap) {
		image->bytes = realloc(image->bytes, size * 2);
		assert(image->bytes);
		image->cap = size * 2;
	}
	if (size > image->size)
		memset(image->bytes + image->size, 0, size - image->size);
	image->size = size;
}

static void put(struct image *image, int64_t at, const uint8_t *bytes, size_t n)
{
	if ((size_t)at + n > image->size)
		resize(image, (size_t)at + n);
	memcpy(image->bytes + at, bytes, n);
}

static void apply(struct image *image, const struct step *step)
{
	image->there = true;
	if (step->kind == STEP_WRITE)
		put(image, step->at, step->bytes, step->size_bytes);
	else if (step->kind == STEP_TRUNCATE)
		resize(image, (size_t)step->at);
	else if (step->kind == STEP_DELETE)
		*image = (struct image){ .bytes = image->bytes, .cap = image->cap };
}

/* Some sectors of a write. */
static void apply_torn(struct image *image, const struct step *step, uint64_t *seed)
{
	if (step->kind != STEP_WRITE) {
		apply(image, step);
		return;
	}
	image->there = true;
	for (size_t at = 0; at < step->size_bytes;) {
		size_t n = SECTOR - ((size_t)step->at + at) % SECTOR;

		if (n > step->size_bytes - at)
			n = step->size_bytes - at;
		if (shim_random(seed) & 1)
			put(image, step->at + (int64_t)at, step->bytes + at, n);
		at += n;
	}
}


/* For each file the step of its last sync before the cut. */
static void find_syncs(size_t cut, size_t synced[FILES_MAX])
{
	memset(synced, 0, FILES_MAX * sizeof *synced);
	for (size_t i = 0; i < cut; i++)
		if (steps[i].kind == STEP_SYNC)
			synced[steps[i].file] = i;
}

static void apply_unsynced(struct image *image, const struct step *step, enum shim_fate fate, uint64_t *seed)
{
	switch (fate) {
	case SHIM_LOSE:
	case SHIM_LOSE_SYNCED:
		break;
	case SHIM_KEEP:
		apply(image, step);
		break;
	case SHIM_SHUFFLE:
		switch (shim_random(seed) % 3) {
		case 0:
			break;
		case 1:
			apply(image, step);
			break;
		case 2:
			apply_torn(image, step, seed);
			break;
		}
		break;
	}
}

static void write_image(const char *dir, const char *name, const struct image *image)
{
	char path[600];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
	if (!image->there)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert(fd >= 0);
	assert(image->size == 0 || write(fd, image->bytes, image->size) == (ssize_t)image->size);
	close(fd);
}

int64_t shim_power_cut(const char *dir, size_t cut, enum shim_fate fate, uint64_t seed)
{
	/* A lying disk has kept what it was given until a while ago, as if there had been no sync since. */
	size_t believed = fate == SHIM_LOSE_SYNCED ? cut / 2 : cut;
	struct image images[FILES_MAX] = { { 0 } };
	size_t synced[FILES_MAX];
	int64_t marked = 0;

	assert(!recording && cut <= step_count);
	find_syncs(believed, synced);
	for (size_t i = 0; i < cut; i++) {
		const struct step *step = &steps[i];

		if (step->kind == STEP_MARK) {
			marked = step->at > marked ? step->at : marked;
			continue;
		}
		if (step->kind == STEP_SYNC)
			continue;
		if (i < synced[step->file])
			apply(&images[step->file], step);
		else
			apply_unsynced(&images[step->file], step, fate, &seed);
	}
	for (int f = 0; f < file_count; f++) {
		/* Journals of shared memory are no files that outlive the machine. */
		if (!strstr(files[f], "-shm"))
			write_image(dir, files[f], &images[f]);
		free(images[f].bytes);
	}
	return marked;
}
