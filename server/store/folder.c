#include "server/store/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { BALLAST_BYTES = 16 * 1024 * 1024 };

/* statfs(2): file systems whose locks or syncs depend on another machine or program. */
static const struct {
	unsigned long magic;
	const char *name;
} network_file_systems[] = {
	{ 0x6969, "NFS" },
	{ 0x517b, "SMB" },
	{ 0xfe534d42, "SMB" },
	{ 0xff534d42, "CIFS" },
	{ 0x65735546, "FUSE" },
	{ 0x01021997, "9P" },
	{ 0x5346414f, "AFS" },
	{ 0x00c36400, "Ceph" },
};

/* NULL if it is local. */
static const char *network_file_system(int fd)
{
	struct statfs info;

	if (fstatfs(fd, &info))
		return NULL;
	for (size_t i = 0; i < sizeof network_file_systems / sizeof network_file_systems[0]; i++)
		if ((unsigned long)info.f_type == network_file_systems[i].magic)
			return network_file_systems[i].name;
	return NULL;
}

char *folder_path(const struct folder *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder->dir, name) < 0)
		abort();
	return path;
}

static int open_in(const struct folder *folder, const char *name, int flags)
{
	char *path = folder_path(folder, name);
	int fd = open(path, flags | O_CLOEXEC, 0600);
	int error = errno;

	free(path);
	errno = error;
	return fd;
}

static void remove_in(const struct folder *folder, const char *name)
{
	char *path = folder_path(folder, name);

	unlink(path);
	free(path);
}

/* A created file is there after a power cut only if its folder was synced. */
static bool sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool make_dir(const char *dir, char *error, size_t error_cap)
{
	char *parent;

	if (mkdir(dir, 0700)) {
		if (errno == EEXIST)
			return true;
		snprintf(error, error_cap, "cannot make the folder %s: %s", dir, strerror(errno));
		return false;
	}
	if (asprintf(&parent, "%s/..", dir) < 0)
		abort();
	sync_dir(parent);
	free(parent);
	return true;
}

static bool take_lock(struct folder *folder, bool allow_network_fs, char *error, size_t error_cap)
{
	const char *network;

	folder->lock_fd = open_in(folder, "lock", O_RDWR | O_CREAT);
	if (folder->lock_fd < 0) {
		snprintf(error, error_cap, "cannot write in the folder %s: %s", folder->dir, strerror(errno));
		return false;
	}
	network = network_file_system(folder->lock_fd);
	if (network && !allow_network_fs) {
		snprintf(error, error_cap,
			"the folder %s is on a %s file system, which may lose what it has promised to keep; use a local disk",
			folder->dir, network);
		return false;
	}
	if (flock(folder->lock_fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			snprintf(error, error_cap, "another server is using the folder %s", folder->dir);
		else
			snprintf(error, error_cap, "cannot lock the folder %s: %s", folder->dir, strerror(errno));
		return false;
	}
	return true;
}

bool folder_open(struct folder *folder, const char *dir, bool allow_network_fs, char *error, size_t error_cap)
{
	assert(error && error_cap > 0);
	*folder = (struct folder){ .dir = strdup(dir), .lock_fd = -1 };
	assert(folder->dir);
	if (make_dir(dir, error, error_cap) && take_lock(folder, allow_network_fs, error, error_cap))
		return true;
	folder_close(folder);
	return false;
}

void folder_close(struct folder *folder)
{
	if (!folder)
		return;
	/* The file stays: removing it would let two servers lock two files of one name. */
	if (folder->lock_fd >= 0)
		close(folder->lock_fd);
	free(folder->dir);
	*folder = (struct folder){ .lock_fd = -1 };
}

bool folder_touch(const struct folder *folder, const char *name)
{
	int fd = open_in(folder, name, O_RDWR | O_CREAT);

	if (fd < 0)
		return false;
	close(fd);
	return sync_dir(folder->dir);
}

bool folder_ballast_make(const struct folder *folder)
{
	int fd = open_in(folder, "ballast", O_RDWR | O_CREAT);
	struct stat info;
	bool whole;

	if (fd < 0)
		return false;
	whole = (!fstat(fd, &info) && info.st_size == BALLAST_BYTES) || !posix_fallocate(fd, 0, BALLAST_BYTES);
	close(fd);
	/* What it got so far is better left to those who need it. */
	if (!whole)
		folder_ballast_free(folder);
	return whole;
}

void folder_ballast_free(const struct folder *folder)
{
	remove_in(folder, "ballast");
}

void folder_mark(const struct folder *folder, const char *why)
{
	int fd = open_in(folder, "fault", O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", why);
	fsync(fd);
	close(fd);
	sync_dir(folder->dir);
}

bool folder_is_marked(const struct folder *folder)
{
	char *path = folder_path(folder, "fault");
	bool marked = !access(path, F_OK);

	free(path);
	return marked;
}

void folder_unmark(const struct folder *folder)
{
	remove_in(folder, "fault");
	sync_dir(folder->dir);
}
