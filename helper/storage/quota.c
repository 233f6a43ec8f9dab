/* SPDX-License-Identifier: MIT */
#include "quota.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/scope.h"
#include "setup/rmtree.h"

/* Not in every C library's headers. */
#ifndef PRJQUOTA
#define PRJQUOTA 2
#endif

/* xfs keeps limits as a number of its blocks, rounded up. */
#define BLOCK_MAX 65536
/* The unit of quotactl(2)'s. */
#ifndef QIF_DQBLKSIZE
#define QIF_DQBLKSIZE 1024
#endif

/* The calls of ext4's quotas work on xfs as well: the kernel translates. */
static int quota_call(int dir, unsigned int command, uint32_t project, void *arg)
{
	const unsigned int subcommand = command << SUBCMDSHIFT | PRJQUOTA;

	return syscall(SYS_quotactl_fd, dir, subcommand, project, arg) < 0 ? -errno : 0;
}

bool quota_enforced(int dir)
{
	struct fs_quota_statv stat = {.qs_version = FS_QSTATV_VERSION1};

	return quota_call(dir, Q_XGETQSTATV, 0, &stat) == 0 && (stat.qs_flags & FS_QUOTA_PDQ_ENFD);
}

int quota_project(int dir, uint32_t *ret)
{
	struct fsxattr x;

	if (ioctl(dir, FS_IOC_FSGETXATTR, &x) < 0)
		return -errno;
	*ret = x.fsx_xflags & FS_XFLAG_PROJINHERIT ? x.fsx_projid : 0;
	return 0;
}

int quota_assign(int dir, uint32_t project, struct err *err)
{
	struct fsxattr x;
	uint32_t got = 0;
	int r;

	if (ioctl(dir, FS_IOC_FSGETXATTR, &x) < 0)
		return err_set(err, -errno, "asking for the project of the upper layer");
	x.fsx_projid = project;
	x.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(dir, FS_IOC_FSSETXATTR, &x) < 0)
		return err_set(err, -errno, "setting the project of the upper layer");
	r = quota_project(dir, &got);
	if (r || got != project)
		return err_set(err, r, "the upper layer did not become project %u", project);
	return 0;
}

int quota_limit(int dir, uint32_t project, uint64_t bytes, uint64_t inodes, struct err *err)
{
	struct dqblk want = {.dqb_bhardlimit = bytes / BLOCK_MAX * (BLOCK_MAX / QIF_DQBLKSIZE),
			     .dqb_ihardlimit = inodes,
			     .dqb_valid = QIF_LIMITS},
		     got;
	int r;

	memset(&got, 0, sizeof got);
	r = quota_call(dir, Q_SETQUOTA, project, &want);
	if (!r)
		r = quota_call(dir, Q_GETQUOTA, project, &got);
	/* xfs may forget a project without limits and files. */
	if (r == -ENOENT && !want.dqb_bhardlimit && !want.dqb_ihardlimit)
		r = 0;
	if (r)
		return err_set(err, r, "the limits of project %u", project);
	if (got.dqb_bhardlimit != want.dqb_bhardlimit || got.dqb_ihardlimit != want.dqb_ihardlimit)
		return err_set(err, 0, "the kernel did not take the limits of project %u", project);
	return 0;
}

uint64_t quota_usage(int dir, uint32_t project)
{
	struct dqblk got;
	int r;

	memset(&got, 0, sizeof got);
	r = quota_call(dir, Q_GETQUOTA, project, &got);
	/* xfs knows nothing of a project that was never used. */
	if (r)
		return r == -ENOENT ? 0 : UINT64_MAX;
	return got.dqb_curspace + got.dqb_curinodes;
}

int quota_rmtree(int dir, const char *name)
{
	_cleanup_close_ int top = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint32_t own = 0, above = 0;
	int r;

	/* One that came from above is the administrator's. */
	if (top >= 0 && (quota_project(top, &own) || quota_project(dir, &above) || own == above))
		own = 0;
	scope_close(&top); /* it would be in use by us */
	top = -EBADF;
	r = rmtree_at(dir, name);
	/* What is deleted may still be open: a limit that stays on a number is no harm. */
	return !r && own && quota_usage(dir, own) == 0 ? quota_limit(dir, own, 0, 0, NULL) : r;
}
