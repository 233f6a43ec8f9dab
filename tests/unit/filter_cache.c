/* SPDX-License-Identifier: MIT */
/* What was compiled of a profile is used only as long as it is that, and root's alone. */
#include <signal.h>
#include <sys/wait.h>

#include "filter/cache.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "tap.h"
#include "scratch.h"

static const struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	BPF_STMT(BPF_RET | BPF_K, 0x7fff0000),
};

#define LEN (sizeof program / sizeof *program)
#define TEXT "include default\n"

static char path[64], entry[300];
static struct err err;

static int store(const char *text)
{
	return filter_cache_store(scratch_fd, path, 1, text, program, LEN, &err);
}

static int load(void)
{
	struct sock_filter *got = NULL;
	size_t len = 0;
	int r = filter_cache_load(scratch_fd, path, 1, &got, &len, &err);

	if (r == 0)
		ok(len == LEN && memcmp(got, program, sizeof program) == 0, "(it is the program)");
	free(got);
	return r;
}

/* Its name below the scratch directory. */
static void find_entry(void)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char at[64];
	size_t n = 0;

	snprintf(at, sizeof at, "%s/seccomp", scratch);
	dir = opendir(at);
	for (struct dirent *d; dir && (d = readdir(dir));)
		if (d->d_name[0] != '.' || strlen(d->d_name) > 2) {
			snprintf(entry, sizeof entry, "seccomp/%s", d->d_name);
			n++;
		}
	is_int(n, 1, "one file, whole");
}

/* Change a byte of the entry, from its end if at is negative. */
static bool damage(off_t at)
{
	_cleanup_close_ int fd = openat(scratch_fd, entry, O_RDWR | O_CLOEXEC);
	off_t pos = fd < 0 ? -1 : lseek(fd, at, at < 0 ? SEEK_END : SEEK_SET);
	char byte;

	return pos >= 0 && pread(fd, &byte, 1, pos) == 1 && (byte ^= 1, pwrite(fd, &byte, 1, pos) == 1);
}

static void fresh(void)
{
	is_int(load(), -ENOENT, "nothing is compiled");
	contains(err.text, "run 'loginjail seccomp apply'", "the remedy");
	is_int(store(TEXT), 0, "it is");
	find_entry();
	is_int(load(), 0, "and is used");
	is_int(filter_cache_load(scratch_fd, path, 0, &(struct sock_filter *){NULL}, &(size_t){0}, &err), -ENOENT,
	       "not for another sort of jail");
}

static void stale(void)
{
	struct stat st;

	ok(put(scratch_fd, "rules", "include strict \n", 0644) && fstatat(scratch_fd, "rules", &st, 0) == 0 &&
		   st.st_size == sizeof TEXT - 1, "(another text)");
	is_int(load(), -ESTALE, "of a text that was changed");
	contains(err.text, "changed after it was compiled: run 'loginjail seccomp apply'", "the remedy");
	ok(put(scratch_fd, "rules", "include defaulT\n", 0644), "(another one, as long as the first)");
	is_int(load(), -ESTALE, "of the same length, too");
	is_int(store("include defaulT\n"), 0, "compiled again");
	is_int(load(), 0, "and used");
	ok(put(scratch_fd, "rules", TEXT, 0644) && store(TEXT) == 0, "(the first)");
}

static void damaged(void)
{
	/* magic, build, source, program, variant, length, the program's first and last byte */
	static const struct {
		off_t at;
		int want;
	} bytes[] = {{0, -EBADMSG}, {8, -ESTALE}, {16, -ESTALE}, {24, -EBADMSG}, {32, -EBADMSG},
		     {36, -EBADMSG}, {40, -EBADMSG}, {-1, -EBADMSG}};

	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		ok(damage(bytes[i].at), "(byte %d)", (int)bytes[i].at);
		is_int(load(), bytes[i].want, "is not used: %s", err.text);
		ok(damage(bytes[i].at), "(back)");
	}
	is_int(load(), 0, "else it is");
	for (int cut = 55; cut >= 0; cut -= 5) {
		char at[400];

		snprintf(at, sizeof at, "%s/%s", scratch, entry);
		ok(truncate(at, cut) == 0, "(cut at %d)", cut);
		is_int(load(), -EBADMSG, "is not used");
	}
	is_int(store(TEXT), 0, "made again");
	is_int(faccessat(scratch_fd, entry, F_OK, 0), 0, "in its place");
}

static void trusted(void)
{
	char other[400];

	ok(fchmodat(scratch_fd, entry, 0620, 0) == 0, "(writable for a group)");
	is_int(load(), -EACCES, "is not used: %s", err.text);
	ok(fchmodat(scratch_fd, entry, 0600, 0) == 0 && fchownat(scratch_fd, entry, 1, 0, 0) == 0, "(another's)");
	is_int(load(), -EACCES, "is not used");
	ok(fchownat(scratch_fd, entry, 0, 0, 0) == 0 && linkat(scratch_fd, entry, scratch_fd, "second", 0) == 0,
	   "(a second name)");
	is_int(load(), -EACCES, "is not used");
	(void)unlinkat(scratch_fd, "second", 0);
	is_int(load(), 0, "else it is");

	ok(renameat(scratch_fd, entry, scratch_fd, "moved") == 0 && symlinkat("../moved", scratch_fd, entry) == 0,
	   "(a link in its place)");
	is_int(load(), -EACCES, "is not followed");
	(void)unlinkat(scratch_fd, entry, 0);
	ok(mkfifoat(scratch_fd, entry, 0600) == 0, "(a FIFO)");
	is_int(load(), -EACCES, "is not waited for");
	(void)unlinkat(scratch_fd, entry, 0);
	ok(renameat(scratch_fd, "moved", scratch_fd, entry) == 0 && fchmodat(scratch_fd, "seccomp", 0777, 0) == 0,
	   "(a directory for everybody)");
	is_int(load(), -EACCES, "is not used");
	is_int(store(TEXT), -EACCES, "and not written to");
	ok(fchmodat(scratch_fd, "seccomp", 0700, 0) == 0 && renameat(scratch_fd, "seccomp", scratch_fd, "away") == 0 &&
		   symlinkat("away", scratch_fd, "seccomp") == 0, "(a link to the directory)");
	ok(load() < 0, "is not followed");
	ok(store(TEXT) < 0, "nor written to");
	(void)unlinkat(scratch_fd, "seccomp", 0);
	ok(renameat(scratch_fd, "away", scratch_fd, "seccomp") == 0, "(back)");

	/* One that somebody left who could guess the name is not written through. */
	snprintf(other, sizeof other, "seccomp/.%s", entry + strlen("seccomp/"));
	ok(put(scratch_fd, "victim", "mine", 0644) && symlinkat("../victim", scratch_fd, other) == 0, "(a link waits)");
	is_int(store(TEXT), 0, "and is replaced");
	is_int(load(), 0, "by the program");
	is_int(faccessat(scratch_fd, other, F_OK, AT_SYMLINK_NOFOLLOW), -1, "nothing else is left");
	char text[8];

	is_int(read_file_at(scratch_fd, "victim", text, sizeof text), 4, "what it led to is as it was");
}

/* Who reads sees the last one or the next, whenever that comes. */
static void replaced(void)
{
	pid_t pid = fork();
	int refused = 0;

	while (pid == 0)
		if (store(TEXT) != 0)
			_exit(1);
	for (int i = 0; i < 3000; i++)
		refused += load() != 0;
	is_int(refused, 0, "one that is replaced meanwhile is used: %s", refused ? err.text : "");
	ok(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "(killed)");
	is_int(store(TEXT), 0, "and is in nobody's way");
}

static void sources(void)
{
	ok(put(scratch_fd, "rules", TEXT, 0664), "(a text that others may write)");
	is_int(load(), -EACCES, "is not read: %s", err.text);
	contains(err.text, "chmod go-w", "the remedy");
	ok(fchmodat(scratch_fd, "rules", 0644, 0) == 0 && fchownat(scratch_fd, "rules", 1, 0, 0) == 0, "(another's)");
	is_int(load(), -EACCES, "nor that");
	ok(fchownat(scratch_fd, "rules", 0, 0, 0) == 0 && renameat(scratch_fd, "rules", scratch_fd, "moved") == 0 &&
		   symlinkat("moved", scratch_fd, "rules") == 0, "(a link to it)");
	ok(load() < 0, "is not followed: %s", err.text);
	(void)unlinkat(scratch_fd, "rules", 0);
	is_int(load(), -ENOENT, "one that is not there");
	contains(err.text, "create it, or write another profile", "the remedy");
	ok(renameat(scratch_fd, "moved", scratch_fd, "rules") == 0 && load() == 0, "else it is");
}

int main(void)
{
	int before;

	if (getuid() != 0) {
		skip("needs root, whose files these are");
		return done_testing();
	}
	if (private_mounts() || mount("tmpfs", "/tmp", "tmpfs", 0, "mode=0755") < 0 || !scratch_make())
		return ok(false, "(mounts of our own)"), done_testing();
	snprintf(path, sizeof path, "%s/rules", scratch);
	ok(put(scratch_fd, "rules", TEXT, 0644), "(a profile)");
	before = open_fds();
	fresh();
	stale();
	damaged();
	trusted();
	replaced();
	sources();
	is_int(open_fds(), before, "no descriptor is left");
	scratch_remove();
	return done_testing();
}
