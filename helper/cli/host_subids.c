/* SPDX-License-Identifier: MIT */
/*
 * Subordinate ids: those that two have, or that are somebody's own, let a process of one jail own
 * what is another's.  /etc/subuid and /etc/subgid, and our own pool, which is in both.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/host.h"
#include "cli/host_ranges.h"
#include "cli/text.h"
#include "lib/compare.h"
#include "lib/scope.h"
#include "setup/subid.h"

/* Lines of one kind, at most. */
#define LINES_MAX 50

struct looking {
	struct host *h;
	const char *kind; /* "uid" or "gid" */
	struct id_range *v;
	size_t n, room, lines;
	uint32_t *ids;
	size_t n_ids, ids_room;
};

/* By number and by name it is the same owner. */
static char *owner_name(const struct subid_line *line)
{
	char *name = strndup(line->owner, line->owner_len), *end;
	unsigned long uid = name ? strtoul(name, &end, 10) : 0;
	struct passwd *pw = name && *name && !*end ? getpwuid((uid_t)uid) : NULL;

	if (!pw)
		return name;
	free(name);
	return strdup(pw->pw_name);
}

static int add_range(struct looking *l, const char *file, const struct subid_line *line)
{
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct id_range *v = reallocarray(l->v, room, sizeof *v);

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->room = room;
	}
	l->v[l->n] = (struct id_range){owner_name(line), file, line->start, line->count};
	return l->v[l->n].owner ? (l->n++, 0) : -ENOMEM;
}

static int read_ranges(struct looking *l, const char *file)
{
	_cleanup_free_ char *text = NULL;
	struct subid_line line;
	const char *at;
	struct err err;
	int r = changes_read(&l->h->c, file, &text, &err);

	if (r && r != -ENOMEM)
		host_note(l->h, file, "look at it by hand", "can't be read: %s", err.text);
	if (r || !text)
		return r == -ENOMEM ? r : 0;
	at = text;
	while (r == 0 && subid_line_next(&at, &line))
		if (line.count > 0)
			r = add_range(l, file, &line);
	return r;
}

static int add_id(struct looking *l, uint32_t id)
{
	if (l->n_ids == l->ids_room) {
		size_t room = l->ids_room ? l->ids_room * 2 : 256;
		uint32_t *v = reallocarray(l->ids, room, sizeof *v);

		if (!v)
			return -ENOMEM;
		l->ids = v;
		l->ids_room = room;
	}
	l->ids[l->n_ids++] = id;
	return 0;
}

static bool next_uid(uint32_t *ret)
{
	const struct passwd *pw = getpwent();

	if (pw)
		*ret = pw->pw_uid;
	return pw;
}

static bool next_gid(uint32_t *ret)
{
	const struct group *gr = getgrent();

	if (gr)
		*ret = gr->gr_gid;
	return gr;
}

/* The kinds of ids, and how to walk through the real ones. */
static const struct id_kind {
	const char *name, *file;
	void (*begin)(void);
	bool (*next)(uint32_t *ret);
	void (*end)(void);
} kinds[] = {
	{"uid", "/etc/subuid", setpwent, next_uid, endpwent},
	{"gid", "/etc/subgid", setgrent, next_gid, endgrent},
};

static int read_ids(struct looking *l, const struct id_kind *kind)
{
	uint32_t id;
	int r = 0;

	kind->begin();
	while (r == 0 && kind->next(&id))
		r = add_id(l, id);
	kind->end();
	return r;
}

static void tell_overlap(void *arg, const struct id_range *a, const struct id_range *b)
{
	struct looking *l = arg;

	if (l->lines++ < LINES_MAX)
		host_open(l->h, b->file, "give one of them another range, while they have no jail",
			  "the subordinate %ss %u to %u of %s overlap with those of %s (%s, from %u on)", l->kind,
			  b->start, b->start + b->count - 1, b->owner, a->owner, a->file, a->start);
}

static void tell_held(void *arg, const struct id_range *range, uint32_t first, size_t n)
{
	struct looking *l = arg;

	if (l->lines++ < LINES_MAX)
		host_open(l->h, range->file, "give its owner another range, while there is no jail of it",
			  "the subordinate %ss %u to %u of %s hold %zu real one%s, the first being %u", l->kind,
			  range->start, range->start + range->count - 1, range->owner, n, n == 1 ? "" : "s", first);
}

static int look_at(struct host *h, const struct id_kind *kind, const char *pool)
{
	struct looking l = {.h = h, .kind = kind->name};
	int r = read_ranges(&l, kind->file);

	if (r == 0)
		r = read_ranges(&l, pool);
	if (r == 0)
		r = read_ids(&l, kind);
	if (r == 0) {
		if (l.n_ids > 0)
			qsort(l.ids, l.n_ids, sizeof *l.ids, compare_ids);
		ranges_overlaps(l.v, l.n, tell_overlap, &l);
		ranges_hold(l.v, l.n, l.ids, l.n_ids, tell_held, &l);
		if (l.lines > LINES_MAX)
			host_note(h, kind->file, "put those right, and run this again", "there are %zu lines more of "
				  "this kind", l.lines - LINES_MAX);
	}
	for (size_t i = 0; i < l.n; i++)
		free((char *)l.v[i].owner);
	free(l.v);
	free(l.ids);
	return r;
}

int host_subids(struct host *h)
{
	_cleanup_free_ char *pool = text_format("%s/subids", h->config->defaults.settings.state);
	int r = pool ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < sizeof kinds / sizeof *kinds; i++)
		r = look_at(h, &kinds[i], pool);
	return r;
}
