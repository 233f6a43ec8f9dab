/* SPDX-License-Identifier: MIT */
/*
 * Which files are trusted: by owner, mode and kind, and so the directories above. As any user.
 * Linked with: all objects of helper/config, helper/lib/err.o, -l:libinih.a
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "lib/scope.h"
#include "tap.h"

static char top[] = "/tmp/config_file.XXXXXX";
static int top_fd = -1;

static void put(const char *path, const char *text, size_t len, mode_t mode)
{
	int fd = openat(top_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ok(fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0,
	   "(make %s)", path);
	close(fd);
}

/* said NULL: it is trusted and right. */
static void check(const char *path, uid_t owner, const char *said, bool readable)
{
	_cleanup_config_ struct config *config = NULL;

	ok(config_read_at(top_fd, path, path, owner, &config) == 0, "%s gives a config", path);
	is_int(config->untrusted, said != NULL, "%s: untrusted", path);
	is_int(config->who_unsure, said != NULL, "%s: who_unsure", path);
	is_int(config->n_errors, said ? 1 : 0, "%s: errors", path);
	if (said && config->n_errors) {
		contains(config->errors[0].text, said, "%s: why", path);
		is_int(config->errors[0].line, 0, "%s: of the file as a whole", path);
	}
	is_int(config->n_sections, readable ? 1 : 0, "%s: what could be read was", path);
}

int main(void)
{
	static const char text[] = "[jail a]\nusers = x\n";
	_cleanup_config_ struct config *config = NULL;
	size_t len = sizeof text - 1;
	uid_t me = getuid(), other = me + 1;
	_cleanup_free_ char *large = malloc(CONFIG_SIZE_MAX + 1);

	alarm(30); /* a FIFO must not hold us up */
	umask(022);
	if (!ok(mkdtemp(top), "(make a directory)"))
		return done_testing();
	top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	put("good", text, len, 0644);
	put("mode600", text, len, 0600);
	put("group", text, len, 0664);
	put("world", text, len, 0646);
	check("good", me, NULL, true);
	check("mode600", me, NULL, true);
	check("group", me, "mode 0664", true);
	check("world", me, "mode 0646", true);
	check("missing", me, "there is no such file", false);
	if (me == 0) {
		ok(fchownat(top_fd, "good", other, 0, 0) == 0, "(give a file away)");
		check("good", 0, "the file 'good' belongs to uid", true);
		check("good", other, NULL, true);
		ok(fchown(top_fd, other, 0) == 0, "(give the directory away)");
		check("mode600", 0, "directory '.' belongs to uid", true);
		check("mode600", other, NULL, true);
		ok(fchown(top_fd, 0, 0) == 0 && fchownat(top_fd, "good", 0, 0, 0) == 0,
		   "(take both back)");
	} else {
		check("good", other, "belongs to uid", true);
		put("secret", text, len, 0);
		check("secret", me, "can't be read", false);
	}

	ok(symlinkat("good", top_fd, "link") == 0, "(make a link)");
	check("link", me, "symbolic link", false);
	ok(mkfifoat(top_fd, "fifo", 0644) == 0, "(make a FIFO)");
	check("fifo", me, "not a regular file", false);
	ok(mkdirat(top_fd, "dir", 0755) == 0, "(make a directory)");
	check("dir", me, "not a regular file", false);
	put("dir/x", text, len, 0644);
	check("dir/x", me, NULL, true);
	check("dir//x", me, NULL, true);
	check("good/x", me, "no directory", false);
	check("nowhere/x", me, "can't be opened", false);
	ok(symlinkat("dir", top_fd, "dirlink") == 0, "(make a link)");
	check("dirlink/x", me, "no directory (links are not followed)", false);
	ok(fchmodat(top_fd, "dir", 0775, 0) == 0, "(let the group in)");
	check("dir/x", me, "directory 'dir' can be written", true);
	ok(fchmodat(top_fd, "dir", 01777, 0) == 0, "(as /tmp is)");
	check("dir/x", me, "mode 1777", true);
	ok(fchmodat(top_fd, "dir", 0755, 0) == 0 && fchmod(top_fd, 0777) == 0, "(the upper one)");
	check("dir/x", me, "can be written", true);
	ok(fchmod(top_fd, 0755) == 0, "(close it)");

	memset(large, '\n', CONFIG_SIZE_MAX + 1);
	put("large", large, CONFIG_SIZE_MAX + 1, 0644);
	check("large", me, "larger than 1 MiB", false);
	memcpy(large, text, len);
	put("large", large, CONFIG_SIZE_MAX, 0644);
	check("large", me, NULL, true);

	is_int(config_read("jail.ini", &config), -EINVAL, "a relative path is a mistake of ours");
	ok(config_read("/proc/self/cmdline/x", &config) == 0 && config->untrusted, "from the root");

	snprintf(large, 100, "rm -rf %s", top);
	ok(system(large) == 0, "(clean up)");
	close(top_fd);
	return done_testing();
}
