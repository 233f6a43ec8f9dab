/* SPDX-License-Identifier: MIT */
/* A file is replaced whole, with all that belongs to it, or not at all. */
#include <signal.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "cli/edit_file.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "tap.h"
#include "scratch.h"

static struct tree tree;

static bool holds(const char *path, const char *want)
{
	char got[256];

	return read_file_at(scratch_fd, path, got, sizeof got) >= 0 && strcmp(got, want) == 0;
}

static int replace(const char *path, const char *text, struct err *err)
{
	struct file old;
	int r = file_read(&tree, path, &old, err);

	if (!r)
		r = file_replace(&tree, path, &old, text, err);
	file_clear(&old);
	return r;
}

static void reading(void)
{
	struct file f;
	struct err err = {""};

	put(scratch_fd, "a", "text\n", 0640);
	is_int(file_read(&tree, "/a", &f, &err), 0, "read");
	is_str(f.text, "text\n", "the text");
	is_int(f.len, 5, "its length");
	ok(!f.is_link, "no link");
	file_clear(&f);
	is_int(file_read(&tree, "/none", &f, &err), 0, "no file");
	is_str(f.text, NULL, "has no text");
	is_int(file_read(&tree, "/none/none", &f, &err), 0, "nor one in no directory");
	mkdirat(scratch_fd, "dir", 0755);
	is_int(file_read(&tree, "/dir", &f, &err), -EINVAL, "a directory is no file");
	contains(err.text, "/dir", "the message names it");
	mkfifoat(scratch_fd, "fifo", 0600);
	is_int(file_read(&tree, "/fifo", &f, &err), -EINVAL, "nor is a FIFO, which does not hold us up");
	int fd = openat(scratch_fd, "nul", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ok(write(fd, "a\0b", 3) == 3, "(a NUL)");
	is_int(file_read(&tree, "/nul", &f, &err), -EINVAL, "a text has no NUL");
	ok(ftruncate(fd, 2 << 20) == 0, "(2 MiB)");
	is_int(file_read(&tree, "/nul", &f, &err), -EFBIG, "nor 2 MiB");
	close(fd);
	/* A link of the tree is taken from the tree's root. */
	ok(symlinkat("/a", scratch_fd, "link") == 0, "(a link)");
	is_int(file_read(&tree, "/link", &f, &err), 0, "a link is followed");
	is_str(f.text, "text\n", "inside the tree");
	ok(f.is_link, "and known to be one");
	is_int(file_replace(&tree, "/link", &f, "new", &err), -ELOOP, "but not replaced");
	contains(err.text, "by hand", "it says what to do");
	file_clear(&f);
	ok(holds("a", "text\n"), "what it stands for stays");
	ok(symlinkat("gone", scratch_fd, "dangling") == 0, "(a dangling link)");
	is_int(file_read(&tree, "/dangling", &f, &err), 0, "one that leads nowhere");
	is_int(file_replace(&tree, "/dangling", &f, "new", &err), -ELOOP, "is not replaced either");
	ok(faccessat(scratch_fd, "gone", F_OK, 0) < 0, "nor is what it names made");
	ok(file_exists(&tree, "/a") && file_exists(&tree, "/link") && !file_exists(&tree, "/dir") &&
	   !file_exists(&tree, "/none"), "file_exists");
}

static void replacing(void)
{
	struct err err = {""};
	struct stat was, is;
	char value[16] = "";
	bool root = getuid() == 0;
	bool xattrs;

	put(scratch_fd, "conf", "old\n", 04640);
	if (root)
		ok(fchownat(scratch_fd, "conf", 12, 34, 0) == 0 && fchmodat(scratch_fd, "conf", 04640, 0) == 0,
		   "(another owner)");
	int fd = openat(scratch_fd, "conf", O_RDONLY | O_CLOEXEC);
	xattrs = fsetxattr(fd, "user.test", "value", 5, 0) == 0;
	fstat(fd, &was);
	is_int(replace("/conf", "new text\n", &err), 0, "replace (%s)", err.text);
	ok(holds("conf", "new text\n"), "the new text is there");
	fstatat(scratch_fd, "conf", &is, 0);
	ok(is.st_ino != was.st_ino, "it is another file");
	is_int(is.st_mode, was.st_mode, "of the same mode, with all bits");
	is_int(is.st_uid, was.st_uid, "owner");
	is_int(is.st_gid, was.st_gid, "and group");
	char text[16] = "";
	ok(pread(fd, text, 15, 0) == 4 && strcmp(text, "old\n") == 0, "who has the old one open has the old one");
	close(fd);
	fd = openat(scratch_fd, "conf", O_RDONLY | O_CLOEXEC);
	if (xattrs)
		ok(fgetxattr(fd, "user.test", value, sizeof value) == 5, "extended attributes stay");
	else
		skip("no extended attributes here");
	close(fd);
	is_int(replace("/conf", NULL, &err), 0, "remove");
	ok(faccessat(scratch_fd, "conf", F_OK, 0) < 0 && errno == ENOENT, "it is gone");
	umask(077);
	is_int(replace("/etc/loginjail/jail.ini", "x", &err), -ENOENT, "two directories are missing: no");
	mkdirat(scratch_fd, "etc", 0755);
	is_int(replace("/etc/loginjail/jail.ini", "x\n", &err), 0, "one is made (%s)", err.text);
	umask(022);
	fstatat(scratch_fd, "etc/loginjail", &is, 0);
	is_int(is.st_mode & 07777, 0755, "it can be read, whatever the umask");
	fstatat(scratch_fd, "etc/loginjail/jail.ini", &is, 0);
	is_int(is.st_mode & 07777, 0644, "so can the file");
	dir_remove_if_empty(&tree, "/etc/loginjail");
	ok(holds("etc/loginjail/jail.ini", "x\n"), "a directory with something in it stays");
	replace("/etc/loginjail/jail.ini", NULL, &err);
	dir_remove_if_empty(&tree, "/etc/loginjail");
	ok(faccessat(scratch_fd, "etc/loginjail", F_OK, 0) < 0, "an empty one goes");
}

/* Somebody else writes between reading and replacing. */
static void stale(void)
{
	static const char *const how[] = {"appended to", "replaced", "removed", "made"};
	struct err err;

	for (int i = 0; i < 4; i++) {
		struct file old;

		(void)unlinkat(scratch_fd, "conf", 0);
		if (i < 3)
			put(scratch_fd, "conf", "old\n", 0644);
		file_read(&tree, "/conf", &old, &err);
		if (i == 0)
			put(scratch_fd, "conf", "other\n", 0644);
		if (i == 1 || i == 2)
			(void)unlinkat(scratch_fd, "conf", 0);
		if (i == 1 || i == 3)
			put(scratch_fd, "conf", "other\n", 0644);
		ok(file_replace(&tree, "/conf", &old, "new\n", &err) < 0, "a file that was %s meanwhile", how[i]);
		ok(i == 2 ? faccessat(scratch_fd, "conf", F_OK, 0) < 0 : holds("conf", "other\n"),
		   "is left as it is now");
		file_clear(&old);
	}
}

/* What a killed run left is no hindrance, and a full disk changes nothing. */
static void interrupted(void)
{
	struct err err = {""};
	char small[64];

	put(scratch_fd, "conf", "old\n", 0644);
	put(scratch_fd, ".conf.loginjail-new", "half", 0600);
	is_int(replace("/conf", "new\n", &err), 0, "beside a file of a killed run (%s)", err.text);
	ok(holds("conf", "new\n"), "the new text is there");
	ok(faccessat(scratch_fd, ".conf.loginjail-new", F_OK, 0) < 0, "and the other file gone");
	snprintf(small, sizeof small, "%s/small", scratch);
	mkdirat(scratch_fd, "small", 0755);
	if (private_mounts() || mount("tmpfs", small, "tmpfs", 0, "size=8k,mode=0755") < 0) {
		skip("needs root, for a small file system");
		return;
	}
	int fd = open(small, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *big = calloc(1, 20000);

	memset(big, 'x', 19999);
	put(fd, "conf", "old\n", 0644);
	struct tree there = {.fd = fd, .root = small};
	struct file old;
	file_read(&there, "/conf", &old, &err);
	is_int(file_replace(&there, "/conf", &old, big, &err), -ENOSPC, "a full disk");
	char got[16];
	ok(read_file_at(fd, "conf", got, sizeof got) == 4, "leaves the old file");
	ok(faccessat(fd, ".conf.loginjail-new", F_OK, 0) < 0, "and nothing else");
	file_clear(&old);
	free(big);
	close(fd);
	umount2(small, MNT_DETACH);
}

static void locked(void)
{
	struct tree other;
	struct err err = {""};

	is_int(tree_lock(&tree, &err), 0, "lock");
	is_int(tree_open(scratch, &other, &err), 0, "(open it again)");
	is_int(tree_lock(&other, &err), -EBUSY, "only one at a time");
	contains(err.text, "another", "the message says so");
	close(other.fd);
	is_int(tree_open("/none/none", &other, &err), -ENOENT, "no such tree");
}

int main(void)
{
	struct err err;
	int before = open_fds();

	if (!scratch_make() || tree_open(scratch, &tree, &err))
		return done_testing();
	reading();
	replacing();
	stale();
	interrupted();
	locked();
	close(tree.fd);
	scratch_remove();
	is_int(open_fds(), before, "no descriptor is left");
	return done_testing();
}
