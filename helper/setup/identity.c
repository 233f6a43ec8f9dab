/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "lib/sys.h"

#define UID_NOBODY 65534
#define ACCOUNTS_FILE_MAX (64 << 20)

struct identity *identity_free(struct identity *id)
{
	if (!id)
		return NULL;
	free(id->name);
	free(id->gecos);
	free(id->home);
	free(id->shell);
	free(id->groups);
	free(id);
	return NULL;
}

/* A field that would break a passwd line has no business in one. */
static bool field_clean(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == ':' || *s == 0x7f)
			return false;
	return true;
}

static int groups_copy(struct identity *id, const gid_t *groups, size_t n, struct err *err)
{
	id->groups = calloc(n + 1, sizeof *groups);
	if (!id->groups)
		return err_set(err, -ENOMEM, "groups of %s", id->name);
	memcpy(id->groups, groups, n * sizeof *groups);
	id->ngroups = n;
	for (size_t i = 0; i < n; i++)
		if (groups[i] == id->gid)
			return 0;
	id->groups[id->ngroups++] = id->gid;
	return 0;
}

int identity_lookup(const char *name, const gid_t *groups, size_t ngroups, struct identity **ret,
		    struct err *err)
{
	_cleanup_free_ char *buf = NULL;
	size_t size = 4096;
	struct passwd pw, *found;
	struct identity *id;
	int r;

	for (;;) {
		char *more = realloc(buf, size);

		if (!more)
			return err_set(err, -ENOMEM, "account '%s'", name);
		buf = more;
		r = getpwnam_r(name, &pw, buf, size, &found);
		if (r != ERANGE)
			break;
		size *= 2;
		if (size > 1 << 20)
			return err_set(err, -ERANGE, "account '%s'", name);
	}
	if (r)
		return err_set(err, -r, "looking up the account '%s' failed", name);
	if (!found)
		return err_set(err, -ESRCH, "no account '%s'", name);

	id = calloc(1, sizeof *id);
	if (!id)
		return err_set(err, -ENOMEM, "account '%s'", name);
	id->uid = pw.pw_uid;
	id->gid = pw.pw_gid;
	id->name = strdup(pw.pw_name);
	id->gecos = strdup(pw.pw_gecos && field_clean(pw.pw_gecos) ? pw.pw_gecos : "");
	id->home = strdup(pw.pw_dir ? pw.pw_dir : "");
	id->shell = strdup(pw.pw_shell && *pw.pw_shell ? pw.pw_shell : "/bin/sh");
	if (!id->name || !id->gecos || !id->home || !id->shell)
		r = err_set(err, -ENOMEM, "account '%s'", name);
	else if (!field_clean(id->name) || !field_clean(id->home) || !field_clean(id->shell))
		r = err_set(err, 0, "the account '%s' has a control character in its line", name);
	else
		r = groups_copy(id, groups, ngroups, err);
	if (r) {
		identity_free(id);
		return r;
	}
	*ret = id;
	return 0;
}

int identity_kept_groups(const struct identity *id, gid_t *keep, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < id->ngroups; i++) {
		gid_t g = id->groups[i];

		if (g == id->gid || g <= SYSTEM_ID_MAX || g == UID_NOBODY)
			continue;
		if (n == max)
			return -E2BIG;
		keep[n++] = g;
	}
	return (int)n;
}

/*
 * A line of a file like passwd or group, whose third field is an id.  These files
 * are read as they are: the system accounts of a host are in them, those of a
 * directory server are people, and asking NSS for all would take a server's time.
 */
struct id_line {
	const char *text; /* without newline */
	size_t len;
	size_t name_len;
	const char *after; /* the colon before the id */
	uint32_t id;
};

/* The next line that makes sense; false at the end. */
static bool next_id_line(const char **text, struct id_line *ret)
{
	while (**text) {
		const char *p = *text, *end = p + strcspn(p, "\n"), *c1, *c2;
		char *stop;
		unsigned long v;

		*text = *end ? end + 1 : end;
		c1 = memchr(p, ':', (size_t)(end - p));
		c2 = c1 ? memchr(c1 + 1, ':', (size_t)(end - c1 - 1)) : NULL;
		if (!c2 || c1 == p || c2[1] < '0' || c2[1] > '9')
			continue;
		v = strtoul(c2 + 1, &stop, 10);
		if (*stop != ':' || v > UINT32_MAX)
			continue;
		*ret = (struct id_line){.text = p, .len = (size_t)(end - p), .name_len = (size_t)(c1 - p),
					.after = c2,
					.id = (uint32_t)v};
		return true;
	}
	return false;
}

/* A file of /etc; a tree that has none is taken to have these lines. */
static int read_text(const struct accounts *from, const char *path, const char *lines, char **ret)
{
	_cleanup_close_ int fd = sys_openat2(from->root, path, O_RDONLY | O_NONBLOCK, 0, RESOLVE_POLICY_IN_ROOT);
	_cleanup_free_ char *buf = NULL;
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT && from->tree) {
		*ret = strdup(lines);
		return *ret ? 0 : -ENOMEM;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > ACCOUNTS_FILE_MAX)
		return -EFBIG;
	buf = calloc(1, (size_t)st.st_size + 1);
	if (!buf)
		return -ENOMEM;
	r = read_all(fd, buf, (size_t)st.st_size);
	if (r)
		return r;
	*ret = take_ptr(buf);
	return 0;
}

static bool is_system(uint32_t id)
{
	return id <= SYSTEM_ID_MAX || id == UID_NOBODY;
}

int identity_passwd_text(const struct accounts *from, const struct identity *id, const char *home,
			 const char *shell, char **ret, struct err *err)
{
	_cleanup_free_ char *in = NULL;
	_cleanup_fclose_ FILE *out = NULL;
	char *text = NULL;
	const char *p;
	struct id_line l;
	size_t len;
	int r = read_text(from, "/etc/passwd",
			  "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n", &in);

	if (r)
		return err_set(err, r, "/etc/passwd");
	out = open_memstream(&text, &len);
	if (!out)
		return err_set(err, -errno, "passwd of the jail");
	for (p = in; next_id_line(&p, &l);)
		if (is_system(l.id) && l.id != id->uid &&
		    !(l.name_len == strlen(id->name) && memcmp(l.text, id->name, l.name_len) == 0))
			/* Not the second field: it may be a password's hash. */
			fprintf(out, "%.*s:x%.*s\n", (int)l.name_len, l.text, (int)(l.text + l.len - l.after),
				l.after);
	fprintf(out, "%s:x:%u:%u:%s:%s:%s\n", id->name, id->uid, id->gid, id->gecos, home, shell);
	if (fflush(out) != 0) {
		fclose(take_ptr(out));
		free(text);
		return err_set(err, -ENOMEM, "passwd of the jail");
	}
	fclose(take_ptr(out));
	*ret = text;
	return 0;
}

static bool in_groups(const struct identity *id, gid_t gid)
{
	for (size_t i = 0; i < id->ngroups; i++)
		if (id->groups[i] == gid)
			return true;
	return false;
}

static void print_group(FILE *out, const struct identity *id, const char *name, size_t len, gid_t gid)
{
	bool member = gid != id->gid && !is_system(gid) && in_groups(id, gid);

	fprintf(out, "%.*s:x:%u:%s\n", (int)len, name, gid, member ? id->name : "");
}

/* Does a line of a file like group begin with this name? */
static bool has_name(const char *text, const char *name)
{
	size_t len = strlen(name);
	struct id_line l;

	while (next_id_line(&text, &l))
		if (l.name_len == len && memcmp(l.text, name, len) == 0)
			return true;
	return false;
}

int identity_group_text(const struct accounts *from, const struct identity *id, char **ret,
			struct err *err)
{
	_cleanup_free_ char *in = NULL;
	_cleanup_free_ bool *seen = calloc(id->ngroups + 1, sizeof *seen);
	_cleanup_fclose_ FILE *out = NULL;
	char *text = NULL;
	const char *p;
	struct id_line l;
	size_t len;
	int r = read_text(from, "/etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n", &in);

	if (r)
		return err_set(err, r, "/etc/group");
	out = open_memstream(&text, &len);
	if (!out || !seen)
		return err_set(err, -ENOMEM, "group file of the jail");
	for (p = in; next_id_line(&p, &l);) {
		if (!is_system(l.id) && (from->tree || !in_groups(id, l.id)))
			continue;
		for (size_t i = 0; i < id->ngroups; i++)
			if (id->groups[i] == l.id)
				seen[i] = true;
		print_group(out, id, l.text, l.name_len, l.id);
	}
	/* Those that only a directory server knows, or the host. */
	for (size_t i = 0; i < id->ngroups; i++) {
		struct group *gr = NULL;

		/* Of two services the one that can't be asked is silent where the other knows
		 * nothing: what is missing is asked for again. */
		errno = 0;
		for (int tries = 0; !seen[i] && !gr && tries < 2; tries++)
			gr = getgrgid(id->groups[i]);
		/* A group without a name has 0, or one of these from some name services. */
		if (!gr && errno && errno != ENOENT && errno != ESRCH && errno != EBADF && errno != EPERM) {
			int e = errno;

			fclose(take_ptr(out));
			free(text);
			return err_set(err, -e, "the name of group %u", id->groups[i]);
		}
		if (gr && field_clean(gr->gr_name) && !(from->tree && has_name(in, gr->gr_name)))
			print_group(out, id, gr->gr_name, strlen(gr->gr_name), gr->gr_gid);
	}
	if (fflush(out) != 0) {
		fclose(take_ptr(out));
		free(text);
		return err_set(err, -ENOMEM, "group file of the jail");
	}
	fclose(take_ptr(out));
	*ret = text;
	return 0;
}

/* No hash begins so: nobody can have this password. */
static bool locked(const char *field, size_t len)
{
	return len > 0 && strchr("*!x", field[0]);
}

static void print_shadow_line(FILE *out, const struct identity *id, const char *line, size_t len)
{
	const char *end = memchr(line, ':', len), *field = end ? end + 1 : NULL;
	const char *next = field ? memchr(field, ':', (size_t)(line + len - field)) : NULL;
	size_t name_len = end ? (size_t)(end - line) : 0;

	if (!next || (name_len == strlen(id->name) && memcmp(line, id->name, name_len) == 0))
		return;
	if (name_len == 4 && memcmp(line, "root", 4) == 0 && locked(field, (size_t)(next - field)))
		fprintf(out, "root:%.*s\n", (int)(line + len - next), next);
	else
		fprintf(out, "%.*s\n", (int)len, line);
}

int identity_shadow_text(const struct accounts *from, const struct identity *id, char **ret,
			 struct err *err)
{
	_cleanup_free_ char *in = NULL;
	_cleanup_fclose_ FILE *out = NULL;
	char *text = NULL;
	size_t size;
	int r = read_text(from, "/etc/shadow", "root:*:::::::\n", &in);

	if (r)
		return err_set(err, r, "/etc/shadow of the tree");
	out = open_memstream(&text, &size);
	if (!out)
		return err_set(err, -errno, "shadow file of the jail");
	for (const char *p = in; *p; p += *p == '\n') {
		size_t len = strcspn(p, "\n");

		print_shadow_line(out, id, p, len);
		p += len;
	}
	fprintf(out, "%s:*:::::::\n", id->name);
	if (fflush(out) != 0) {
		fclose(take_ptr(out));
		free(text);
		return err_set(err, -ENOMEM, "shadow file of the jail");
	}
	fclose(take_ptr(out));
	*ret = text;
	return 0;
}
