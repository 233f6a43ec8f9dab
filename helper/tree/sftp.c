/* SPDX-License-Identifier: MIT */
#include "sftp.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/scope.h"
#include "lib/sftp.h"
#include "lib/sys.h"
#include "setup/mnt.h"
#include "tree.h"

/* A server is linked with the C library, and some with a cryptographic one. */
#define LIBRARIES_MAX 16
#define HEADERS_MAX 64
#define DYNAMIC_MAX 512

/* What the loader will look for, in the order of its finding. */
struct closure {
	int dir; /* where the host's loader is, and its libraries */
	char name[LIBRARIES_MAX][NAME_MAX + 1];
	size_t n;
};

/* One program or library; the files are the host's own, but read with care. */
struct elf {
	int fd;
	ElfW(Phdr) head[HEADERS_MAX];
	size_t n;
};

static int read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	ssize_t n = pread(fd, buf, len, (off_t)offset);

	return n < 0 ? -errno : (size_t)n == len ? 0 : -ENOEXEC;
}

static int read_text_at(int fd, char *buf, size_t size, uint64_t offset)
{
	ssize_t n = pread(fd, buf, size - 1, (off_t)offset);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return strlen(buf) < (size_t)n ? 0 : -ENOEXEC;
}

static int elf_open(struct elf *e, int fd)
{
	ElfW(Ehdr) h;
	int r = read_at(fd, &h, sizeof h, 0);

	if (r)
		return r;
	if (memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
	    h.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	    h.e_phentsize != sizeof *e->head || h.e_phnum > HEADERS_MAX)
		return -ENOEXEC;
	e->fd = fd;
	e->n = h.e_phnum;
	return read_at(fd, e->head, e->n * sizeof *e->head, h.e_phoff);
}

static const ElfW(Phdr) *elf_head(const struct elf *e, ElfW(Word) type)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->head[i].p_type == type)
			return &e->head[i];
	return NULL;
}

/* Where in the file an address is. */
static int elf_offset(const struct elf *e, ElfW(Addr) address, uint64_t *ret)
{
	for (size_t i = 0; i < e->n; i++) {
		const ElfW(Phdr) *p = &e->head[i];

		if (p->p_type == PT_LOAD && address >= p->p_vaddr && address - p->p_vaddr < p->p_filesz) {
			*ret = address - p->p_vaddr + p->p_offset;
			return 0;
		}
	}
	return -ENOEXEC;
}

static int closure_add(struct closure *c, const char *name)
{
	if (!*name || strchr(name, '/'))
		return -ENOEXEC;
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->name[i], name) == 0)
			return 0;
	if (c->n == LIBRARIES_MAX)
		return -E2BIG;
	snprintf(c->name[c->n++], sizeof c->name[0], "%s", name);
	return 0;
}

/* Add the names of the libraries that this one needs. */
static int closure_of(struct closure *c, const struct elf *e)
{
	const ElfW(Phdr) *p = elf_head(e, PT_DYNAMIC);
	_cleanup_free_ ElfW(Dyn) *d = NULL;
	uint64_t strings = 0;
	char name[NAME_MAX + 1];
	size_t n = p ? p->p_filesz / sizeof *d : 0;
	int r;

	if (n == 0)
		return 0;
	if (n > DYNAMIC_MAX)
		return -ENOEXEC;
	d = calloc(n, sizeof *d);
	r = d ? read_at(e->fd, d, n * sizeof *d, p->p_offset) : -ENOMEM;
	for (size_t i = 0; !r && i < n && d[i].d_tag != DT_NULL; i++)
		if (d[i].d_tag == DT_STRTAB)
			r = elf_offset(e, d[i].d_un.d_ptr, &strings);
	for (size_t i = 0; !r && i < n && d[i].d_tag != DT_NULL; i++)
		if (d[i].d_tag == DT_NEEDED) {
			r = read_text_at(e->fd, name, sizeof name, strings + d[i].d_un.d_val);
			if (!r)
				r = closure_add(c, name);
		}
	return r;
}

static int show(int from, int dir, const char *name, struct err *err)
{
	_cleanup_close_ int mnt = mnt_clone(from, "", false, MNT_SAFE | MOUNT_ATTR_RDONLY, -EBADF, err);
	_cleanup_close_ int at = -EBADF;

	if (mnt < 0)
		return mnt;
	at = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (at < 0)
		return err_set(err, -errno, "making '%s'", name);
	return mnt_attach_plain(mnt, dir, name, err);
}

/* The loader's directory is that of the C library; what else a server needs is there, too. */
static int show_loader(const struct jail *j, struct closure *c, const struct elf *server, int dir, struct err *err)
{
	const ElfW(Phdr) *p = elf_head(server, PT_INTERP);
	_cleanup_close_ int loader = -EBADF;
	char path[PATH_MAX], link[40], *slash;
	ssize_t n;
	int r;

	if (!p)
		return 0; /* static */
	r = read_text_at(server->fd, path, sizeof path, p->p_offset);
	if (r)
		return err_set(err, r, "the path of its loader");
	loader = sys_openat2(j->host, path, O_PATH, 0, RESOLVE_POLICY_IN_ROOT);
	if (loader < 0)
		return err_set(err, -errno, "its loader %s", path);
	snprintf(link, sizeof link, "/proc/self/fd/%d", loader);
	n = readlink(link, path, sizeof path - 1);
	if (n > 0)
		path[n] = '\0';
	slash = n > 0 ? strrchr(path, '/') : NULL;
	if (!slash)
		return err_set(err, -ENOENT, "the directory of its loader");
	slash[slash == path] = '\0';
	c->dir = openat(j->host, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		return err_set(err, -errno, "%s", path);
	return show(loader, dir, strrchr(SFTP_LOADER, '/') + 1, err);
}

static int show_libraries(struct closure *c, const struct elf *server, int dir, struct err *err)
{
	int r = closure_of(c, server);

	if (r)
		return err_set(err, r, "the names of its libraries");
	/* It grows while we go. */
	for (size_t i = 0; !r && i < c->n; i++) {
		_cleanup_close_ int fd = openat(c->dir, c->name[i], O_RDONLY | O_CLOEXEC);
		struct elf e;

		r = fd < 0 ? -errno : elf_open(&e, fd);
		if (!r)
			r = closure_of(c, &e);
		if (!r)
			r = show(fd, dir, c->name[i], err);
		if (r)
			(void)err_set(err, r, "its library %s", c->name[i]);
	}
	return r;
}

/* Fill a directory in the staging tmpfs, and show that in the jail. */
static int show_server(struct jail *j, int server, struct err *err)
{
	_cleanup_close_ int run = openat(j->stage, STAGE_VOL "/run", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int dir = -EBADF, mnt = -EBADF;
	struct closure c = {.dir = -EBADF};
	struct elf e;
	int r = elf_open(&e, server);

	if (r)
		return err_set(err, r, "the host's sftp server");
	if (run < 0 || mkdirat(j->stage, STAGE_SFTP, 0755) < 0 || mkdirat(run, "loginjail", 0755) < 0 ||
	    mkdirat(run, "loginjail/sftp", 0755) < 0)
		return err_set(err, -errno, "making " SFTP_DIR);
	dir = openat(j->stage, STAGE_SFTP, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(err, -errno, "making " SFTP_DIR);
	r = show(server, dir, strrchr(SFTP_SERVER, '/') + 1, err);
	if (!r)
		r = show_loader(j, &c, &e, dir, err);
	if (!r)
		r = show_libraries(&c, &e, dir, err);
	scope_close(&c.dir);
	if (r)
		return err_prefix(err, r, "showing the host's sftp server (or have one in the tree)");
	mnt = mnt_clone(dir, "", true, MNT_SAFE | MOUNT_ATTR_RDONLY, -EBADF, err);
	return mnt < 0 ? mnt : mnt_attach(mnt, j->tree, SFTP_DIR, err);
}

/* Something to execute, at a path below root?  flags are those to open it with.
 * -ENOENT: nothing of the kind is there. */
static int open_program(int root, const char *path, uint64_t flags)
{
	_cleanup_close_ int fd = sys_openat2(root, path, flags, 0, RESOLVE_POLICY_IN_ROOT);
	struct stat st;

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP || errno == ENXIO ? -ENOENT : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && (st.st_mode & 0111) ? take_fd(&fd) : -ENOENT;
}

static int find_program(int root, uint64_t flags)
{
	static const char *const servers[] = SFTP_SERVERS;
	int fd = -ENOENT;

	for (size_t i = 0; fd == -ENOENT && i < sizeof servers / sizeof *servers; i++)
		fd = open_program(root, servers[i], flags);
	return fd;
}

int sftp_provide(struct jail *j, struct err *err)
{
	_cleanup_close_ int have = -EBADF, server = -EBADF;

	if (tree_is_host(j))
		return 0;
	have = find_program(j->tree, O_PATH);
	if (have >= 0)
		return 0;
	server = have == -ENOENT ? find_program(j->host, O_RDONLY | O_NONBLOCK) : have;
	if (server == -ENOENT)
		return 0;
	return server < 0 ? err_set(err, server, "looking for an sftp server") : show_server(j, server, err);
}
