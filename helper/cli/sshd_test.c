/* SPDX-License-Identifier: MIT */
/*
 * The copy is a directory below /run with sshd_config and all of sshd_config.d, where
 * Include's arguments lead to that; what else is included is read where it is.  sshd runs
 * with the tree as its root.
 */
#include "cli/sshd_test.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/capture.h"
#include "cli/sshd_words.h"
#include "cli/text.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "setup/rmtree.h"

/* Those that are not mean what sshd's version says. */
static bool all_plain(const char *args)
{
	struct sshd_word word;

	while (sshd_word_next(&args, SSHD_ARGUMENT, &word))
		if (!word.plain)
			return false;
	return true;
}

/* What is relative is below /etc/ssh.  The part after SSHD_DROPINS "/", or NULL. */
static const char *dropin_part(const struct sshd_word *word, size_t *ret_len)
{
	static const char *const prefixes[] = {SSHD_DROPINS "/", "sshd_config.d/"};

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(prefixes[i]);

		if (word->len > n && strncmp(word->text, prefixes[i], n) == 0 &&
		    !memchr(word->text + n, '/', word->len - n)) {
			*ret_len = word->len - n;
			return word->text + n;
		}
	}
	return NULL;
}

static bool takes(const struct sshd_word *word, const char *file)
{
	_cleanup_free_ char *pattern = NULL;
	size_t len;
	const char *part = dropin_part(word, &len);

	if (part)
		pattern = strndup(part, len);
	return pattern && fnmatch(pattern, file, FNM_PERIOD) == 0;
}

unsigned sshd_includes(const char *text, const char *file)
{
	unsigned line = 1;

	for (const char *at = text; *at; line++, at = text_next_line(at)) {
		struct sshd_word word;
		const char *args = at;

		/* From here on for some only, or maybe: with quotes within, it may be a Match as well. */
		if (sshd_line_has(at, "match", &args) ||
		    (sshd_word_next(&args, SSHD_KEYWORD, &word) && !word.plain))
			return 0;
		if (!sshd_line_has(at, "include", &args) || !all_plain(args))
			continue;
		while (sshd_word_next(&args, SSHD_ARGUMENT, &word))
			if (takes(&word, file))
				return line;
	}
	return 0;
}

static void redirect_line(FILE *f, const char *args, const char *dir)
{
	struct sshd_word word;

	fputs("Include", f);
	while (sshd_word_next(&args, SSHD_ARGUMENT, &word)) {
		/* An old sshd takes only the one kind for quotes: let it have what was there. */
		const char *quote = word.quote == '\'' ? "'" : "\"";
		size_t len;
		const char *part = dropin_part(&word, &len);

		if (part)
			fprintf(f, " %s%s/%.*s%s", quote, dir, (int)len, part, quote);
		else
			fprintf(f, " %s%.*s%s", quote, (int)word.len, word.text, quote);
	}
	fputc('\n', f);
}

int sshd_redirect(const char *text, const char *dir, char **ret)
{
	const char *args, *next;
	size_t len;
	FILE *f = open_memstream(ret, &len);

	if (!f)
		return -ENOMEM;
	for (; *text; text = next) {
		next = text_next_line(text);
		if (sshd_line_has(text, "include", &args) && all_plain(args))
			redirect_line(f, args, dir);
		else
			fwrite(text, 1, (size_t)(next - text), f);
	}
	return fclose(f) ? -ENOMEM : 0;
}

static int put(int dir, const char *name, const char *text)
{
	_cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : write_all(fd, text, strlen(text));
}

struct copying {
	struct changes *c;
	int to;
};

static int copy_dropin(void *arg, const char *path)
{
	const struct copying *k = arg;
	_cleanup_free_ char *text = NULL;
	struct err err;
	int r;

	if (changes_touch(k->c, path))
		return 0;
	r = changes_read(k->c, path, &text, &err);
	return r || !text ? r : put(k->to, strrchr(path, '/') + 1, text);
}

/* All of sshd_config.d, with what is planned, into to. */
static int copy_dropins(struct changes *c, int to)
{
	int r = dir_each(&c->tree, SSHD_DROPINS, copy_dropin, &(struct copying){c, to});

	if (r == -ENOENT)
		r = 0;
	for (size_t i = 0; r == 0 && i < c->n; i++) {
		const struct change *change = c->v[i];
		const char *name = strrchr(change->path, '/') + 1;

		if (strncmp(change->path, SSHD_DROPINS "/", strlen(SSHD_DROPINS "/")) == 0 &&
		    change_pending(change) && change->text)
			r = put(to, name, change->text);
	}
	return r;
}

static int copy_all(struct changes *c, struct sshd_copy *copy, int dir)
{
	_cleanup_free_ char *text = NULL, *changed = NULL;
	_cleanup_close_ int dropins = -EBADF;
	char to[sizeof copy->dir + sizeof "/sshd_config.d"];
	struct err err;
	int r;

	r = changes_read(c, SSHD_CONFIG, &text, &err);
	if (r || !text)
		return r ? r : -ENOENT;
	snprintf(to, sizeof to, "%s/sshd_config.d", copy->dir);
	r = sshd_redirect(text, to, &changed);
	if (!r)
		r = put(dir, "sshd_config", changed);
	if (!r && mkdirat(dir, "sshd_config.d", 0700) < 0)
		r = -errno;
	if (r)
		return r;
	dropins = openat(dir, "sshd_config.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dropins < 0 ? -errno : copy_dropins(c, dropins);
}

/* Names in the copy as the administrator knows them. */
static void restore_names(const struct sshd_copy *copy, char *text)
{
	static const char real[] = "/etc/ssh";
	size_t len = strlen(copy->dir);
	char *at = text;

	while ((at = strstr(at, copy->dir))) {
		memcpy(at, real, sizeof real - 1);
		at += sizeof real - 1;
		memmove(at, at + len - (sizeof real - 1), strlen(at + len - (sizeof real - 1)) + 1);
	}
}

/* Run sshd; *ret is what it says.  Its exit status, or -errno. */
static int run_sshd(struct sshd_copy *copy, char **argv, char **ret)
{
	int r = capture(&copy->c->tree, argv, environ, ret);

	if (r >= 0)
		restore_names(copy, *ret);
	return r;
}

/* sshd -t wants the directory that its service makes when it starts. */
static bool make_missing_dir(const struct sshd_copy *copy, const char *said)
{
	static const char missing[] = "Missing privilege separation directory: ";
	_cleanup_close_ int run = -EBADF;
	const char *at = strstr(said, missing);

	if (!at || strcmp(at + sizeof missing - 1, "/run/sshd") != 0)
		return false;
	run = dir_open(&copy->c->tree, "/run");
	return run >= 0 && mkdirat(run, "sshd", 0755) == 0;
}

static int test_syntax(struct sshd_copy *copy)
{
	char file[sizeof copy->dir + sizeof "/sshd_config"];
	char *argv[] = {copy->program, "-t", "-f", file, NULL};
	_cleanup_free_ char *said = NULL;
	int r;

	snprintf(file, sizeof file, "%s/sshd_config", copy->dir);
	r = run_sshd(copy, argv, &said);
	if (r > 0 && make_missing_dir(copy, said)) {
		free(said);
		said = NULL;
		r = run_sshd(copy, argv, &said);
	}
	if (r < 0)
		return problem(copy->c, "%s: %s", copy->program, strerror(-r));
	if (r > 0)
		return problem(copy->c, "sshd would not take its configuration: put this right first "
					"(sshd -t says the same):\n%s", said);
	return 0;
}

static int find_program(struct sshd_copy *copy)
{
	static const char *const places[] = {"/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *slash = strrchr(places[i], '/');
		_cleanup_free_ char *dir = strndup(places[i], (size_t)(slash - places[i]));
		_cleanup_close_ int fd = dir ? dir_open(&copy->c->tree, dir) : -ENOMEM;

		if (fd >= 0 && faccessat(fd, slash + 1, X_OK, 0) == 0) {
			copy->program = strdup(places[i]);
			return copy->program ? 0 : -ENOMEM;
		}
	}
	return -ENOENT;
}

int sshd_copy_make(struct changes *c, struct sshd_copy *ret)
{
	_cleanup_close_ int run = -EBADF, dir = -EBADF;
	char name[32];
	int r;

	*ret = (struct sshd_copy){.c = c};
	r = find_program(ret);
	if (r)
		return r;
	snprintf(name, sizeof name, "loginjail-setup.%ld", (long)getpid());
	run = dir_open(&c->tree, "/run");
	if (run < 0 || rmtree_at(run, name) < 0 || mkdirat(run, name, 0700) < 0)
		return problem(c, "%s/run: %s", c->tree.root, strerror(errno));
	snprintf(ret->dir, sizeof ret->dir, "/run/%s", name);
	dir = openat(run, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = dir < 0 ? -errno : copy_all(c, ret, dir);
	if (r == -ENOMEM)
		return r;
	return r ? problem(c, "copying %s/etc/ssh: %s", c->tree.root, strerror(-r)) : test_syntax(ret);
}

int sshd_copy_print(struct sshd_copy *copy, const char *user, char **ret)
{
	_cleanup_free_ char *spec = NULL, *said = NULL;
	char file[sizeof copy->dir + sizeof "/sshd_config"];
	char *argv[] = {copy->program, "-T", "-f", file, NULL, NULL, NULL};
	int r;

	snprintf(file, sizeof file, "%s/sshd_config", copy->dir);
	if (user) {
		spec = text_format("user=%s,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22", user);
		if (!spec)
			return -ENOMEM;
		argv[4] = "-C";
		argv[5] = spec;
	}
	r = run_sshd(copy, argv, &said);
	if (r)
		return problem(copy->c, "sshd -T: %s", r < 0 ? strerror(-r) : said);
	*ret = take_ptr(said);
	return 0;
}

const char *sshd_line_value(const char *line, const char *keyword)
{
	size_t n = strlen(keyword);

	return strncasecmp(line, keyword, n) == 0 && line[n] == ' ' ? line + n + 1 : NULL;
}

int sshd_value(const char *text, const char *keyword, char **ret)
{
	*ret = NULL;
	for (; *text; text = text_next_line(text)) {
		const char *value = sshd_line_value(text, keyword);

		if (value) {
			*ret = strndup(value, strcspn(value, "\n"));
			return *ret ? 0 : -ENOMEM;
		}
	}
	return 0;
}

int sshd_copy_ask(struct sshd_copy *copy, const char *user, const char *keyword, char **ret)
{
	_cleanup_free_ char *said = NULL;
	int r = sshd_copy_print(copy, user, &said);

	*ret = NULL;
	return r ? r : sshd_value(said, keyword, ret);
}

void sshd_copy_remove(struct sshd_copy *copy)
{
	_cleanup_close_ int run = *copy->dir ? dir_open(&copy->c->tree, "/run") : -EBADF;

	if (run >= 0)
		(void)rmtree_at(run, copy->dir + strlen("/run/"));
	free(copy->program);
	*copy = (struct sshd_copy){0};
}
