/* SPDX-License-Identifier: MIT */
#include "gate/by_hand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/scope.h"
#define DIR_NAME "off"
#define ALL DIR_NAME "/all"
#define NAME_SIZE 64

static void name_of(const char *section, uid_t uid, char name[static NAME_SIZE])
{
	if (section)
		snprintf(name, NAME_SIZE, DIR_NAME "/jail-%.40s", section);
	else if (uid > 0)
		snprintf(name, NAME_SIZE, DIR_NAME "/user-%u", uid);
	else
		snprintf(name, NAME_SIZE, ALL);
}

static bool is_off(int run, const char *name)
{
	return faccessat(run, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

enum by_hand by_hand_get(int run, const char *section, uid_t uid)
{
	char name[NAME_SIZE];

	if (is_off(run, ALL))
		return BY_HAND_OFF_ALL;
	name_of(section, 0, name);
	if (is_off(run, name))
		return BY_HAND_OFF_SECTION;
	name_of(NULL, uid, name);
	return is_off(run, name) ? BY_HAND_OFF_USER : BY_HAND_ON;
}

int by_hand_set(int run, const char *section, uid_t uid, bool off, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char name[NAME_SIZE];

	name_of(section, uid, name);
	if (!off)
		return unlinkat(run, name, 0) < 0 && errno != ENOENT ? err_set(err, -errno, "removing %s", name) : 0;
	if (mkdirat(run, DIR_NAME, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "making %s", DIR_NAME);
	fd = openat(run, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? err_set(err, -errno, "making %s", name) : 0;
}

int by_hand_clear(int run, struct err *err)
{
	int fd = openat(run, DIR_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		scope_close(&fd);
		return fd < 0 && errno == ENOENT ? 0 : err_set(err, -errno, "looking into %s", DIR_NAME);
	}
	while ((e = readdir(d)))
		if (*e->d_name != '.' && unlinkat(dirfd(d), e->d_name, 0) < 0 && errno != ENOENT)
			return err_set(err, -errno, "removing %s/%s", DIR_NAME, e->d_name);
	return 0;
}
