/* SPDX-License-Identifier: MIT */
/*
 * Things released at the end of their scope.  A release keeps errno, and never
 * retries close(): on Linux the descriptor is gone even after EINTR.
 */
#ifndef LOGINJAIL_SCOPE_H
#define LOGINJAIL_SCOPE_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void scope_close(const int *fd)
{
	if (*fd >= 0) {
		int e = errno;

		(void)close(*fd);
		errno = e;
	}
}

static inline void scope_free(void *p)
{
	void *q = *(void **)p;

	free(q);
}

static inline void scope_fclose(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

static inline void scope_closedir(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

#define _cleanup_close_ __attribute__((cleanup(scope_close)))
#define _cleanup_free_ __attribute__((cleanup(scope_free)))
#define _cleanup_fclose_ __attribute__((cleanup(scope_fclose)))
#define _cleanup_closedir_ __attribute__((cleanup(scope_closedir)))

/* Hand a descriptor over: the scope no longer owns it. */
static inline int take_fd(int *fd)
{
	int r = *fd;

	*fd = -EBADF;
	return r;
}

#define take_ptr(p)                         \
	({                                  \
		__typeof__(p) _taken = (p); \
		(p) = NULL;                 \
		_taken;                     \
	})

#endif
