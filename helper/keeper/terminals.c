/* SPDX-License-Identifier: MIT */
#include "terminals.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/scope.h"

int64_t terminals_idle(void)
{
	_cleanup_closedir_ DIR *d = opendir(".");
	int64_t now = time(NULL), least = -1;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		int64_t last, idle;
		struct stat st;

		/* All but ptmx. */
		if (!*e->d_name || e->d_name[strspn(e->d_name, "0123456789")] ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		last = st.st_atime > st.st_mtime ? st.st_atime : st.st_mtime;
		idle = last < now ? now - last : 0;
		if (least < 0 || idle < least)
			least = idle;
	}
	return least;
}
