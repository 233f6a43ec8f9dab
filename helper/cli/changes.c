/* SPDX-License-Identifier: MIT */
#include "cli/changes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/diff.h"
#include "cli/text.h"
#include "lib/scope.h"

int problem(struct changes *c, const char *fmt, ...)
{
	va_list ap;

	c->problems++;
	fputs("loginjail: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return -EINVAL;
}

static struct change *find(const struct changes *c, const char *path)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i]->path, path) == 0)
			return c->v[i];
	return NULL;
}

int changes_read(void *arg, const char *path, char **ret, struct err *err)
{
	const struct changes *c = arg;
	const struct change *planned = find(c, path);
	struct file file;
	int r;

	if (planned) {
		*ret = planned->text ? strdup(planned->text) : NULL;
		return planned->text && !*ret ? -ENOMEM : 0;
	}
	r = file_read(&c->tree, path, &file, err);
	if (!r)
		*ret = file.text;
	return r;
}

static void change_free(struct change *change)
{
	if (!change)
		return;
	free(change->path);
	free(change->why);
	file_clear(&change->old);
	free(change->text);
	free(change);
}

static void scope_change(struct change **change)
{
	change_free(*change);
}

int changes_open(struct changes *c, const char *path, struct change **ret)
{
	__attribute__((cleanup(scope_change))) struct change *new = NULL;
	struct change **v;
	struct err err;

	*ret = find(c, path);
	if (*ret)
		return 0;
	new = calloc(1, sizeof *new);
	v = reallocarray(c->v, c->n + 1, sizeof *v);
	if (v)
		c->v = v;
	if (!new || !v)
		return -ENOMEM;
	new->path = strdup(path);
	if (!new->path)
		return -ENOMEM;
	if (file_read(&c->tree, path, &new->old, &err))
		return problem(c, "%s", err.text);
	new->text = new->old.text ? strdup(new->old.text) : NULL;
	if (new->old.text && !new->text)
		return -ENOMEM;
	*ret = v[c->n++] = take_ptr(new);
	return 0;
}

int change_set(struct change *change, char *text, const char *why, ...)
{
	va_list ap;

	free(change->text);
	change->text = text;
	free(change->why);
	va_start(ap, why);
	if (vasprintf(&change->why, why, ap) < 0)
		change->why = NULL;
	va_end(ap);
	return change->why ? 0 : -ENOMEM;
}

bool change_pending(const struct change *change)
{
	if (!change->text || !change->old.text)
		return change->text || change->old.text;
	return strcmp(change->text, change->old.text) != 0;
}

size_t changes_pending(const struct changes *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += change_pending(c->v[i]);
	return n;
}

bool changes_touch(const struct changes *c, const char *path)
{
	const struct change *change = find(c, path);

	return change && change_pending(change);
}

int changes_print(const struct changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct change *change = c->v[i];
		_cleanup_free_ char *path = NULL;
		int r;

		if (!change_pending(change))
			continue;
		printf("%s%s: %s\n", c->tree.root, change->path, change->why);
		if (change->brief) {
			putchar('\n');
			continue;
		}
		path = text_format("%s%s", c->tree.root, change->path);
		if (!path)
			return -ENOMEM;
		r = diff_print(stdout, path, change->old.text, change->text);
		if (r)
			return r;
		putchar('\n');
	}
	return 0;
}

int changes_apply(const struct changes *c, struct err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct change *change = c->v[i];
		int r;

		if (!change_pending(change))
			continue;
		r = file_replace(&c->tree, change->path, &change->old, change->text, err);
		if (r)
			return r;
		printf("%s%s: %s%s\n", c->tree.root, change->path,
		       !change->text ? "removed: " : change->old.text ? "changed: " : "made: ",
		       change->why);
		(void)fflush(stdout);
	}
	return 0;
}

void changes_clear(struct changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		change_free(c->v[i]);
	free(c->v);
	c->v = NULL;
	c->n = 0;
}
