/* SPDX-License-Identifier: MIT */
#include "fence.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "mnt.h"
#include "net.h"

/* Places of the fence that are mounts, or would be covered by one. */
static const char *const taken[] = {"/dev", "/proc", "/sys",  "/run", "/tmp",
				    "/log", "/etc",  "/enter", "/var"};

/* Small files of the host's /etc that root's part of sshd, su and login may look at. */
static const char *const copied[] = {
	"localtime",   /* times in wtmp and in messages */
	"login.defs",  /* su and login */
	"environment", /* su and login */
	"motd",	   /* PrintMotd */
	"shells",	   /* su */
	"hosts",	   /* X11UseLocalhost no */
	"host.conf",
};

#define COPY_MAX (16u << 10)

static bool path_normal(const char *path)
{
	if (path[0] != '/' || strlen(path) >= PATH_MAX || strstr(path, "//"))
		return false;
	for (const char *p = path; (p = strstr(p, "/.")); p += 2)
		if (p[2] == '\0' || p[2] == '/' || (p[2] == '.' && (p[3] == '\0' || p[3] == '/')))
			return false;
	return true;
}

static bool path_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool path_taken(const char *path)
{
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (path_below(path, taken[i]))
			return true;
	return false;
}

int fence_check_shell(const struct jail *j, struct err *err)
{
	const char *shell = j->id->shell;

	if (!path_normal(shell) || shell[1] == '\0' || path_taken(shell) ||
	    path_below(shell, j->id->home) || path_below(j->id->home, shell))
		return err_set(err, 0,
			       "the login shell '%s' of %s has a path that can't be guarded; give the account "
			       "one in /bin or /usr/bin, and name the other with 'shell =' in jail.ini",
			       shell, j->id->name);
	return 0;
}

int fence_check_home(const struct jail *j, struct err *err)
{
	const char *home = j->id->home;

	if (j->set->home == HOME_NONE || j->set->forwarding == ANSWER_NO)
		return 0;
	if (!path_normal(home) || home[1] == '\0' || home[strlen(home) - 1] == '/' ||
	    (path_taken(home) && !(path_below(home, "/var") && !path_below(home, "/var/log"))) ||
	    path_below("/bin/sh", home) || path_below("/usr/bin/xauth", home))
		return err_set(err, 0,
			       "the home directory '%s' of %s is no place for one; give the account another, "
			       "or set 'home = none'",
			       home, j->id->name);
	return 0;
}

/*
 * mkdir -p below the fence's top. Returns a descriptor of the directory that path
 * names, or with parent of the one above it.  No link of ours is followed: to who
 * makes the fence, a link to /run is one to the host's.
 */
static int fence_dir(int top, const char *path, bool parent, struct err *err)
{
	_cleanup_close_ int at = openat(top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *p = path;

	if (at < 0)
		return err_set(err, -errno, "the fence");
	for (;;) {
		char part[NAME_MAX + 1];
		size_t len;
		int fd;

		while (*p == '/')
			p++;
		len = strcspn(p, "/");
		if (len == 0 || (parent && p[len] == '\0'))
			return take_fd(&at);
		if (len > NAME_MAX)
			return err_set(err, -ENAMETOOLONG, "'%s' in the fence", path);
		memcpy(part, p, len);
		part[len] = '\0';
		if (mkdirat(at, part, 0755) < 0 && errno != EEXIST)
			return err_set(err, -errno, "making '%s' in the fence", path);
		fd = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return err_set(err, -errno, "'%s' in the fence", path);
		scope_close(&at);
		at = fd;
		p += len;
	}
}

static int fence_file(int dir, const char *name, const void *data, size_t len, mode_t mode,
		      struct err *err)
{
	_cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r = fd < 0 ? -errno : len ? write_all(fd, data, len) : 0;

	return r ? err_set(err, r, "making '%s' in the fence", name) : 0;
}

/* From the host's /etc to the fence's. */
static int copy_file(int from, int to, const char *name, struct err *err)
{
	_cleanup_close_ int fd = openat(from, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[COPY_MAX];
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 0; /* the host does without it, so sshd did */
	n = fd < 0 ? -1 : read(fd, buf, sizeof buf);
	if (n < 0)
		return err_set(err, -errno, "/etc/%s", name);
	if (n == (ssize_t)sizeof buf)
		return 0;
	return fence_file(to, name, buf, (size_t)n, 0644, err);
}

static int make_etc(const struct jail *j, int top, struct err *err)
{
	static const char nsswitch[] = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n";
	_cleanup_close_ int from = openat(j->host, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int to = openat(top, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct accounts host = {.root = j->host};
	_cleanup_free_ char *passwd = NULL, *group = NULL, *resolv = NULL;
	size_t len = sizeof nsswitch - 1;
	int r;

	if (from < 0 || to < 0)
		return err_set(err, -errno, "/etc of the fence");
	r = identity_passwd_text(&host, j->id, j->id->home, j->id->shell, &passwd, err);
	if (!r)
		r = fence_file(to, "passwd", passwd, strlen(passwd), 0644, err);
	/* The jail's is the same, unless its accounts are another tree's. */
	if (!r && !j->group_text)
		r = identity_group_text(&host, j->id, &group, err);
	if (!r) {
		const char *text = j->group_text ? j->group_text : group;

		r = fence_file(to, "group", text, strlen(text), 0644, err);
	}
	/* The user's forwards go by name as far as the jail does.  But the root part of sshd
	 * may look up names here, too: none of which the user can forge the address. */
	if (!r)
		r = net_resolv_text(j, false, &resolv, err);
	if (!r && !resolv)
		len -= strlen(" dns\n") - 1;
	if (!r)
		r = fence_file(to, "nsswitch.conf", nsswitch, len, 0644, err);
	if (!r && resolv)
		r = fence_file(to, "resolv.conf", resolv, strlen(resolv), 0644, err);
	for (size_t i = 0; !r && i < sizeof copied / sizeof *copied; i++)
		r = copy_file(from, to, copied[i], err);
	return r;
}

static int shell_links(const struct jail *j, int top, struct err *err)
{
	const char *const shells[] = {"/bin/sh", j->id->shell};

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		_cleanup_close_ int dir = fence_dir(top, shells[i], true, err);

		if (dir < 0)
			return dir;
		if (symlinkat("/enter", dir, strrchr(shells[i], '/') + 1) < 0 && errno != EEXIST)
			return err_set(err, -errno, "making '%s' in the fence", shells[i]);
	}
	return 0;
}

static int make_names(const struct jail *j, int top, struct err *err)
{
	static const char *const dirs[] = {"dev", "tmp", "run", "proc", "sys", "log", "var", "etc"};
	struct stat st;
	int r;

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (mkdirat(top, dirs[i], 0755) < 0)
			return err_set(err, -errno, "making '%s' in the fence", dirs[i]);
	if (fchmodat(top, "log", 0700, 0) < 0 || mkdirat(top, "log/log", 0755) < 0 ||
	    symlinkat("/log/log", top, "var/log") < 0 || symlinkat("/run", top, "var/run") < 0)
		return err_set(err, -errno, "making /var in the fence");
	r = fence_file(top, "enter", "", 0, 0755, err);
	if (!r)
		r = shell_links(j, top, err);
	if (!r)
		r = make_etc(j, top, err);
	/* sshd looks whether xauth is there before it has a shell run it. */
	if (!r && fstatat(j->host, "usr/bin/xauth", &st, 0) == 0) {
		_cleanup_close_ int bin = fence_dir(top, "usr/bin", false, err);

		r = bin < 0 ? bin : fence_file(bin, "xauth", "", 0, 0755, err);
	} else if (!r && errno != ENOENT) {
		r = err_set(err, -errno, "/usr/bin/xauth");
	}
	if (!r && j->id->home[0] == '/' && j->id->home[1]) {
		int fd = fence_dir(top, j->id->home, false, err);

		r = fd < 0 ? fd : 0;
		scope_close(&fd);
	}
	return r;
}

int fence_init_socket(struct jail *j, struct err *err)
{
	static const char tail[] = "loginjail/init.sock";
	_cleanup_close_ int run = openat(j->stage, STAGE_FENCE_RUN, O_PATH | O_CLOEXEC);
	_cleanup_close_ int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (run < 0 || sock < 0 || mkdirat(run, "loginjail", 0755) < 0 || mkdirat(run, "log", 0755) < 0)
		return err_set(err, -errno, "making init's socket");
	snprintf(sa.sun_path, sizeof sa.sun_path, "/proc/self/fd/%d/%s", run, tail);
	/* Only the user may connect; that it is the user is asked again by init. */
	if (bind(sock, (struct sockaddr *)&sa, sizeof sa) < 0 || fchmodat(run, tail, 0600, 0) < 0 ||
	    fchownat(run, tail, j->id->uid, j->id->gid, 0) < 0 || listen(sock, 128) < 0)
		return err_set(err, -errno, "making init's socket");
	j->init_sock = take_fd(&sock);
	return 0;
}

/* On one of the names above. */
static int attach(int mnt, int top, const char *name, struct err *err)
{
	_cleanup_close_ int fd = mnt;

	return fd < 0 ? fd : mnt_attach_plain(fd, top, name, err);
}

static int attach_home(int mnt, int top, const char *home, struct err *err)
{
	_cleanup_close_ int fd = mnt;

	return fd < 0 ? fd : mnt_attach(fd, top, home, err);
}

/*
 * The system log's socket, alone: beside journald's there are others that a user
 * could speak to through ssh -L.  Under systemd the socket outlives a restart of
 * journald; where the log daemon makes it anew, sessions that live log no more.
 */
static int mount_log(const struct jail *j, int fence, struct err *err)
{
	_cleanup_close_ int run = openat(j->stage, STAGE_FENCE_RUN, O_PATH | O_CLOEXEC), at = -EBADF,
			    sock = -EBADF;
	struct stat st;

	sock = open("/dev/log", O_PATH | O_CLOEXEC);
	if (sock < 0 && errno == ENOENT)
		return 0; /* no log daemon runs */
	if (run < 0 || sock < 0 || fstat(sock, &st) < 0)
		return err_set(err, -errno, "/dev/log");
	if (!S_ISSOCK(st.st_mode))
		return 0;
	at = openat(run, "log/socket", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (at < 0)
		return err_set(err, -errno, "/dev/log in the fence");
	return attach(mnt_clone(sock, "", false, MNT_SAFE | MOUNT_ATTR_NOEXEC, -EBADF, err), fence,
		      "run/log/socket", err);
}

static int mount_home(const struct jail *j, int fence, struct err *err)
{
	const uint64_t attr = MNT_SAFE | MOUNT_ATTR_NOEXEC;
	_cleanup_close_ int src = -EBADF;

	/* What sshd makes and reaches by forwards of sockets, it does here.  And the fence
	 * may live as long as the user's sshd does, after the jail; a persistent storage
	 * must be free then, and so its home is not shown either. */
	if (j->set->home == HOME_NONE || j->set->forwarding == ANSWER_NO ||
	    (j->set->home == HOME_PRIVATE && j->set->storage == STORAGE_PERSISTENT))
		return 0;
	if (j->set->home == HOME_BIND)
		return attach_home(mnt_clone(j->home_fd, "", false, attr, -EBADF, err), fence, j->id->home, err);
	src = sys_openat2(j->tree, j->id->home, O_PATH | O_DIRECTORY, 0, RESOLVE_POLICY_ATTACH);
	if (src < 0)
		return err_set(err, -errno, "the private home");
	return attach_home(mnt_clone(src, "", false, attr, -EBADF, err), fence, j->id->home, err);
}

int fence_mount(struct jail *j, struct err *err)
{
	const uint64_t safe = MNT_SAFE | MOUNT_ATTR_NOEXEC;
	const uint64_t dev = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	_cleanup_close_ int top = openat(j->stage, STAGE_FENCE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int root = -EBADF, frun = -EBADF, utmp = -EBADF;
	struct stat want, got;
	int r;

	if (top < 0)
		return err_set(err, -errno, "the fence");
	frun = openat(j->stage, STAGE_FENCE_RUN, O_PATH | O_CLOEXEC);
	utmp = openat(frun, "utmp", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (utmp < 0)
		return err_set(err, -errno, "making utmp in the fence");
	r = make_names(j, top, err);
	if (!r)
		r = attach(mnt_clone(top, "", false, safe | MOUNT_ATTR_RDONLY, -EBADF, err), j->stage,
			   STAGE_FENCE, err);
	if (r)
		return r;
	root = openat(j->stage, STAGE_FENCE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_set(err, -errno, "the fence");
	r = attach(mnt_clone(j->enter_fd, "", false, MNT_SAFE | MOUNT_ATTR_RDONLY, -EBADF, err), root,
		   "enter", err);
	if (!r)
		r = attach(mnt_clone(j->stage, STAGE_DEV, false, dev | MOUNT_ATTR_RDONLY, -EBADF, err),
			   root, "dev", err);
	if (!r)
		r = attach(mnt_clone(j->stage, STAGE_PTS, false, dev, -EBADF, err), root, "dev/pts", err);
	if (!r && j->set->forwarding == ANSWER_YES)
		r = attach(mnt_clone(j->stage, STAGE_VOL "/tmp", false, safe, -EBADF, err), root, "tmp",
			   err);
	if (!r)
		r = attach(mnt_clone(j->stage, STAGE_FENCE_RUN, false, safe, -EBADF, err), root, "run",
			   err);
	if (!r)
		r = attach(mnt_clone(AT_FDCWD, "/var/log", false, safe, -EBADF, err), root, "log/log", err);
	if (!r)
		r = mount_log(j, root, err);
	if (!r)
		r = mount_home(j, root, err);
	if (r)
		return r;
	/* What a shell's path leads to now must be enter, and nothing else. */
	{
		_cleanup_close_ int at = sys_openat2(root, j->id->shell, O_PATH, 0, RESOLVE_POLICY_IN_ROOT);

		if (at < 0 || fstat(at, &got) < 0 || fstat(j->enter_fd, &want) < 0)
			return err_set(err, -errno, "the login shell in the fence");
		if (got.st_dev != want.st_dev || got.st_ino != want.st_ino)
			return err_set(err, 0, "the login shell in the fence is not loginjail-enter");
	}
	return 0;
}

int fence_enter(struct jail *j, struct err *err)
{
	_cleanup_close_ int root = openat(j->stage, STAGE_FENCE, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return err_set(err, -errno, "the fence");
	return mnt_pivot(root, err);
}

int fence_leave(void)
{
	if (chdir("/dev/pts") < 0 || unshare(CLONE_NEWNS) < 0 || umount2("/", MNT_DETACH) < 0)
		return -errno;
	return 0;
}
