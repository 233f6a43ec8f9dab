/* SPDX-License-Identifier: MIT */
#include "cli/host.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"
#include "cli/verbs.h"
#include "lib/log.h"
#include "lib/scope.h"

/* A name from a directory service, or a value of a file, may hold what a terminal obeys. */
static void print_safe(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	if (copy)
		text_defuse(copy);
	fputs(copy ? copy : strerror(ENOMEM), stdout);
}

__attribute__((format(printf, 4, 0))) static void print_line(const char *kind, const char *subject,
							     const char *fix, const char *fmt, va_list ap)
{
	_cleanup_free_ char *what = NULL;

	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	fputs(kind, stdout);
	print_safe(subject);
	fputs(": ", stdout);
	print_safe(what ? what : strerror(ENOMEM));
	fputs("; ", stdout);
	print_safe(fix);
	putchar('\n');
}

void host_open(struct host *h, const char *subject, const char *fix, const char *fmt, ...)
{
	va_list ap;

	h->open++;
	va_start(ap, fmt);
	print_line("open  ", subject, fix, fmt, ap);
	va_end(ap);
}

void host_note(struct host *h, const char *subject, const char *fix, const char *fmt, ...)
{
	va_list ap;

	h->notes++;
	va_start(ap, fmt);
	print_line("note  ", subject, fix, fmt, ap);
	va_end(ap);
}

char *host_users_text(const char *first, size_t n)
{
	if (n <= 1)
		return strdup(first);
	return text_format("%s and %zu other%s", first, n - 1, n > 2 ? "s" : "");
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static int look(struct host *h)
{
	/* PAM first: what it closes makes others less of a door. */
	static int (*const kinds[])(struct host *h) = {
		host_pam, host_sshd, host_jobs, host_homes, host_groups,
		host_sudo, host_subids, host_places, host_kernel,
	};
	struct err err;
	int r = mounts_read(&h->mounts, &err);

	if (r && r != -ENOMEM)
		host_note(h, "mounts", "mount /proc", "%s, and nothing that might be mounted is looked at", err.text);
	if (r != -ENOMEM)
		r = host_find_users(h);
	for (size_t i = 0; r == 0 && i < sizeof kinds / sizeof *kinds; i++)
		r = kinds[i](h);
	return r;
}

int host_check(const struct config *config)
{
	struct host h = {.config = config, .c.tree.fd = -EBADF};
	struct err err;
	int r;

	if (geteuid() != 0) {
		fputs("loginjail: check --host is for root: others can't read what it has to\n", stderr);
		return EXIT_ERRORS;
	}
	r = tree_open(NULL, &h.c.tree, &err);
	if (r)
		fprintf(stderr, "loginjail: %s\n", err.text);
	else
		r = look(&h);
	if (r == -ENOMEM)
		fprintf(stderr, "loginjail: %s\n", strerror(ENOMEM));
	if (r == 0)
		printf("%zu jailed user%s: %zu door%s open, %zu note%s\n", h.n_users, plural(h.n_users), h.open,
		       plural(h.open), h.notes, plural(h.notes));
	host_clear_users(&h);
	mounts_clear(&h.mounts);
	changes_clear(&h.c);
	scope_close(&h.c.tree.fd);
	/* A problem that was told on the way is one door more that could not be looked at. */
	return r ? EXIT_TEMPFAIL : h.open > 0 || h.c.problems > 0 ? EXIT_ERRORS : EXIT_OK;
}
