/* SPDX-License-Identifier: MIT */
/* Deleting trees of any shape: all of it goes, and nothing else does. */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "setup/rmtree.h"
#include "tap.h"
#include "scratch.h"

#define LEVELS 5000

static bool gone(const char *name)
{
	return faccessat(scratch_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static void dir(const char *path)
{
	if (mkdirat(scratch_fd, path, 0755) < 0)
		ok(false, "mkdir %s: %s", path, strerror(errno));
}

/* A file outside, which must stay as it is, whatever is deleted. */
static void outside(void)
{
	dir("outside");
	dir("outside/dir");
	put(scratch_fd, "outside/file", "keep", 0640);
	put(scratch_fd, "outside/dir/file", "keep", 0640);
}

static void outside_is_whole(const char *after)
{
	char buf[16];
	struct stat st;

	ok(read_file_at(scratch_fd, "outside/file", buf, sizeof buf) == 4 &&
		   strcmp(buf, "keep") == 0 &&
		   read_file_at(scratch_fd, "outside/dir/file", buf, sizeof buf) == 4 &&
		   fstatat(scratch_fd, "outside/file", &st, 0) == 0 && st.st_nlink == 1 &&
		   (st.st_mode & 07777) == 0640,
	   "%s: what is outside is whole", after);
}

static void simple(void)
{
	is_int(rmtree_at(scratch_fd, "none"), 0, "what is not there");
	put(scratch_fd, "file", "x", 0);
	is_int(rmtree_at(scratch_fd, "file"), 0, "a file");
	ok(gone("file"), "is gone");
	dir("empty");
	is_int(rmtree_at(scratch_fd, "empty"), 0, "an empty directory");
	ok(gone("empty"), "is gone");
	dir("a");
	dir("a/b");
	dir("a/b/c");
	put(scratch_fd, "a/b/c/x", "x", 0600);
	put(scratch_fd, "a/b/x", "x", 0600);
	put(scratch_fd, "a/x", "x", 0600);
	is_int(rmtree_at(scratch_fd, "a/b"), 0, "a tree by a path");
	ok(gone("a/b") && !gone("a/x"), "and only that");
	is_int(rmtree_at(scratch_fd, "a"), 0, "the rest");
	ok(gone("a"), "is gone");
	is_int(rmtree_at(-1, "a"), -EBADF, "a bad descriptor");
	is_int(rmtree_at(scratch_fd, "none/a"), 0, "a path that is not there");
}

/* Deeper than any path, stack of directories or table of descriptors. */
static void deep(void)
{
	struct rlimit was, tight;
	int at, before, top;

	dir("deep");
	at = openat(scratch_fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < LEVELS; i++) {
		int next;

		if (mkdirat(at, "d", 0755) < 0 || (i % 10 == 0 && mkdirat(at, "side", 0755) < 0))
			ok(false, "level %d", i);
		if (i % 10 == 0)
			put(at, "side/file", "x", 0600);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	close(at);
	before = open_fds();
	top = fcntl(scratch_fd, F_DUPFD_CLOEXEC, 0);
	close(top);
	getrlimit(RLIMIT_NOFILE, &was);
	tight = (struct rlimit){(rlim_t)top + 8, was.rlim_max};
	setrlimit(RLIMIT_NOFILE, &tight);
	is_int(rmtree_at(scratch_fd, "deep"), 0, "%d levels, with eight descriptors", LEVELS);
	setrlimit(RLIMIT_NOFILE, &was);
	ok(gone("deep"), "are gone");
	is_int(open_fds(), before, "no descriptor is left");
}

static void wide(void)
{
	char path[64];

	dir("wide");
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof path, "wide/%d", i);
		dir(path);
		snprintf(path, sizeof path, "wide/%d/x", i);
		dir(path);
		snprintf(path, sizeof path, "wide/%d/x/file", i);
		put(scratch_fd, path, "", 0600);
		snprintf(path, sizeof path, "wide/file%d", i);
		put(scratch_fd, path, "", 0600);
	}
	is_int(rmtree_at(scratch_fd, "wide"), 0, "hundreds of directories");
	ok(gone("wide"), "are gone");
}

static void links(void)
{
	char target[128];

	snprintf(target, sizeof target, "%s/outside", scratch);
	dir("l");
	dir("l/sub");
	dir("l/sub/sub");
	ok(symlinkat(target, scratch_fd, "l/abs") == 0 &&
		   symlinkat("../outside", scratch_fd, "l/rel") == 0 &&
		   symlinkat("../../../outside/dir", scratch_fd, "l/sub/sub/rel") == 0 &&
		   symlinkat("..", scratch_fd, "l/sub/up") == 0 &&
		   symlinkat("/", scratch_fd, "l/root") == 0 &&
		   symlinkat("self", scratch_fd, "l/self") == 0 &&
		   symlinkat(".", scratch_fd, "l/sub/dot") == 0 &&
		   linkat(scratch_fd, "outside/file", scratch_fd, "l/sub/hard", 0) == 0,
	   "(links)");
	is_int(rmtree_at(scratch_fd, "l"), 0, "a tree of links");
	ok(gone("l"), "is gone");
	outside_is_whole("links");
	ok(symlinkat("outside", scratch_fd, "link") == 0, "(a link)");
	is_int(rmtree_at(scratch_fd, "link"), 0, "a link itself");
	ok(gone("link"), "is gone");
	outside_is_whole("a link itself");
}

static void special(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	_cleanup_close_ int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	dir("s");
	dir("s/s");
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/s/s/sock", scratch);
	ok(bind(s, (struct sockaddr *)&sa, sizeof sa) == 0 &&
		   mkfifoat(scratch_fd, "s/s/fifo", 0600) == 0,
	   "(a socket and a FIFO)");
	if (getuid() == 0 && mknodat(scratch_fd, "s/s/whiteout", S_IFCHR, makedev(0, 0)) < 0)
		ok(false, "(a whiteout)");
	is_int(rmtree_at(scratch_fd, "s"), 0, "what is no file");
	ok(gone("s"), "is gone");
}

static void names(void)
{
	static const char *const odd[] = {
		" ",	    "\n",   "-rf",	"*",	    "...",	 ".x",
		"\x01\xff", "a\\b", "\"'`$(x)", ".rmtree-", ".rmtree-x",
	};
	char name[256], path[300];

	memset(name, 'n', 255);
	name[255] = '\0';
	dir("n");
	for (size_t i = 0; i <= sizeof odd / sizeof *odd; i++) {
		const char *o = i < sizeof odd / sizeof *odd ? odd[i] : name;

		snprintf(path, sizeof path, "n/%s", o);
		dir(path);
		snprintf(path, sizeof path, "n/%s/in", o);
		dir(path);
		snprintf(path, sizeof path, "n/%s/in/file", o);
		put(scratch_fd, path, "", 0600);
	}
	is_int(rmtree_at(scratch_fd, "n"), 0, "odd names");
	ok(gone("n"), "are gone");
}

static void tree(const char *where, const char *prefix, int n)
{
	char path[96];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s%d", where, prefix, i);
		dir(path);
		strcat(path, "/sub");
		dir(path);
		strcat(path, "/file");
		put(scratch_fd, path, "", 0600);
	}
}

/* What is moved up must not meet a name that is there: a user's, or one that an
 * earlier call left that was killed half-way. */
static void own_names(void)
{
	char path[96];

	dir("r");
	dir("r/user");
	tree("r/user", ".rmtree-", 6);
	tree("r/user", "d", 6);
	for (int i = 6; i < 12; i++) {
		snprintf(path, sizeof path, "r/user/.rmtree-%d", i);
		put(scratch_fd, path, "", 0600);
	}
	is_int(rmtree_at(scratch_fd, "r"), 0, "a user has names as rmtree makes them");
	ok(gone("r"), "they are gone");
	for (int left = 0; left < 24; left += 3) {
		snprintf(path, sizeof path, "k%d", left);
		dir(path);
		tree(path, ".rmtree-", left);
		strcat(path, "/user");
		dir(path);
		tree(path, "d", 6);
		snprintf(path, sizeof path, "k%d", left);
		is_int(rmtree_at(scratch_fd, path), 0, "an earlier call was killed and left %d",
		       left);
		ok(gone(path), "all is gone");
	}
}

static void modes(void)
{
	if (getuid() != 0) {
		skip("modes do not hold root only");
		return;
	}
	dir("m");
	dir("m/none");
	dir("m/none/deep");
	put(scratch_fd, "m/none/deep/file", "", 0);
	put(scratch_fd, "m/none/file", "", 0);
	dir("m/sticky");
	dir("m/sticky/deep");
	put(scratch_fd, "m/sticky/deep/file", "", 0400);
	ok(fchownat(scratch_fd, "m/sticky/deep", 1, 1, 0) == 0 &&
		   fchownat(scratch_fd, "m/sticky", 2, 2, 0) == 0 &&
		   fchmodat(scratch_fd, "m/sticky", 01777, 0) == 0 &&
		   fchmodat(scratch_fd, "m/none/deep", 0, 0) == 0 &&
		   fchmodat(scratch_fd, "m/none", 0, 0) == 0 &&
		   fchmodat(scratch_fd, "m", 0555, 0) == 0,
	   "(directories without write permission)");
	is_int(rmtree_at(scratch_fd, "m"), 0, "read-only directories");
	ok(gone("m"), "are gone");
}

/* Something that is mounted is somebody else's. */
static void mounts(void)
{
	const char *why = private_mounts();
	char at[128];

	if (why) {
		skip(why);
		return;
	}
	for (int depth = 0; depth < 3; depth++) {
		static const char *const below[] = {"mnt", "a/mnt", "a/b/mnt"};
		char file[64], link[32], now[256] = "", name[16];
		int top;

		snprintf(name, sizeof name, "t%d", depth);
		dir(name);
		for (const char *const *p = (const char *const[]){"a", "a/b", below[depth], NULL};
		     *p; p++) {
			snprintf(file, sizeof file, "%s/%s", name, *p);
			dir(file);
		}
		snprintf(at, sizeof at, "%s/%s", scratch, file);
		if (!tmpfs_on(at))
			continue;
		top = openat(scratch_fd, file, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		put(top, "file", "x", 0600);
		is_int(rmtree_at(scratch_fd, name), -EBUSY, "a mount at depth %d is an error",
		       depth);
		ok(faccessat(top, "file", F_OK, 0) == 0, "and what is in it stays");
		/* It may have been moved up, with the directory that it is in. */
		snprintf(link, sizeof link, "/proc/self/fd/%d", top);
		ok(readlink(link, now, sizeof now - 1) > 0 && close(top) == 0 &&
			   umount2(now, MNT_DETACH) == 0,
		   "(unmount %s)", now);
		is_int(rmtree_at(scratch_fd, name), 0, "without it all can go");
		ok(gone(name), "and is gone");
	}
}

int main(void)
{
	int before = open_fds();

	if (!scratch_make())
		return done_testing();
	outside();
	simple();
	deep();
	wide();
	links();
	special();
	names();
	own_names();
	modes();
	outside_is_whole("all");
	mounts();
	scratch_remove();
	is_int(open_fds(), before, "no descriptor is left");
	return done_testing();
}
