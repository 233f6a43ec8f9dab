/* SPDX-License-Identifier: MIT */
/* The administrator's state directory: made, or trusted, or refused.  As root. */
#include "lib/scope.h"
#include "setup/state.h"
#include "tap.h"
#include "scratch.h"

static int try(const char *name, struct err *err)
{
	char path[128];
	int before = open_fds(), fd;

	snprintf(path, sizeof path, "%s/%s", scratch, name);
	err->text[0] = '\0';
	fd = state_dir_open(path, err);
	if (fd >= 0) {
		is_int(fcntl(fd, F_GETFD), FD_CLOEXEC, "%s is open", name);
		close(fd);
		fd = 0;
	} else {
		contains(err->text, path, "%s is named in the reason", name);
	}
	is_int(open_fds(), before, "%s: no descriptor is left", name);
	return fd;
}

int main(void)
{
	struct err err;
	struct stat st;

	if (getuid() != 0) {
		skip("needs root, to own and to give away");
		return done_testing();
	}
	if (!scratch_make())
		return done_testing();
	umask(0);
	is_int(try("new", &err), 0, "the last component is made");
	umask(022);
	ok(fstatat(scratch_fd, "new", &st, 0) == 0 && (st.st_mode & 07777) == 0700,
	   "for root only");
	is_int(try("new", &err), 0, "and then opened");
	is_int(try("no/new", &err), -ENOENT, "two are not");
	ok(faccessat(scratch_fd, "no", F_OK, 0) < 0, "not even the first");

	ok(mkdirat(scratch_fd, "real", 0755) == 0 && mkdirat(scratch_fd, "real/s", 0755) == 0 &&
		   symlinkat("real", scratch_fd, "link") == 0 &&
		   symlinkat("none", scratch_fd, "dangling") == 0,
	   "(directories and links)");
	is_int(try("real/s", &err), 0, "one that others may read");
	is_int(try("link", &err), -ELOOP, "a link");
	contains(err.text, "symbolic link", "and that is said");
	is_int(try("link/s", &err), -ELOOP, "a link on the way");
	is_int(try("link/new", &err), -ELOOP, "a link on the way to one that is not there");
	ok(faccessat(scratch_fd, "real/new", F_OK, 0) < 0, "nothing is made behind it");
	ok(try("dangling", &err) < 0, "a link to nowhere");
	ok(faccessat(scratch_fd, "none", F_OK, 0) < 0, "nothing is made there");
	put(scratch_fd, "file", "", 0700);
	is_int(try("file", &err), -ENOTDIR, "a file");

	for (const mode_t *m = (const mode_t[]){0770, 0707, 0720, 0702, 01777, 02775, 0}; *m; m++) {
		ok(fchmodat(scratch_fd, "real/s", *m, 0) == 0, "(mode %04o)", *m);
		is_int(try("real/s", &err), -EPERM, "others may write");
		contains(err.text, "chmod go-w", "what to do is said");
	}
	ok(fchmodat(scratch_fd, "real/s", 0755, 0) == 0 &&
		   fchownat(scratch_fd, "real/s", 1, 0, 0) == 0,
	   "(give it away)");
	is_int(try("real/s", &err), -EPERM, "somebody else's");
	contains(err.text, "owner 1", "and whose is said");
	scratch_remove();
	return done_testing();
}
