/* SPDX-License-Identifier: MIT */
/*
 * /etc/subuid and its like.  The range that an account gets is one that a line gives it; ids
 * of people are in none; and what is taken is seen as taken.
 */
#include "setup/subid.c"
#include "tree/hostmap.h"

#include "fuzz.h"

/* The first that counts, read another way. */
static bool first_range(const char *text, const char *name, uint32_t *ret)
{
	_cleanup_free_ char *copy = strdup(text);
	char *save = NULL;

	must(copy);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':'), *end;
		unsigned long start, count;

		if (!colon || colon == line)
			continue;
		*colon = '\0';
		if (strcmp(line, name) && strcmp(line, "4711"))
			continue;
		if (strspn(colon + 1, "0123456789") == 0)
			continue;
		start = strtoul(colon + 1, &end, 10);
		if (*end != ':' || strspn(end + 1, "0123456789") == 0)
			continue;
		count = strtoul(end + 1, &end, 10);
		if (*end || start < 65536 || start > UINT32_MAX || count < 65536 || count > UINT32_MAX ||
		    start + count > UINT32_MAX)
			continue;
		*ret = (uint32_t)start;
		return true;
	}
	return false;
}

/* Every id below the last of the range is in the map once: as itself if it is one's own, else
 * shifted.  That one is nobody's. */
static void check_map(const uint32_t *own, size_t n, uint32_t base)
{
	char buf[4096], *p = buf;
	uint32_t next = 0;
	size_t i = 0;
	int len = idmap_text(own, n, base, buf, sizeof buf);

	must(len > 0 && (size_t)len == strlen(buf));
	while (*p) {
		uint32_t inside = (uint32_t)strtoul(p, &p, 10), outside = (uint32_t)strtoul(p, &p, 10),
			 count = (uint32_t)strtoul(p, &p, 10);

		must(*p == '\n');
		p++;
		if (i < n && inside == own[i]) {
			must(outside == inside && count == 1);
			i++;
		} else {
			must(inside == next && outside == base + inside && count > 0);
			must(inside + count <= SUBID_MAPPED && (i == n || inside + count <= own[i]));
		}
		if (inside < SUBID_MAPPED) {
			must(inside == next);
			next = inside + count;
		}
	}
	must(i == n && next == SUBID_MAPPED);
}

/* No id that a jail may get of this file is in what it sees of the host, but for one's own. */
static void check_hostmap(const char *text, const uint32_t *own, size_t n, uint32_t base)
{
	char buf[4096], *p = buf;
	struct subid_line l;
	int len = hostmap_text(text, base, own, n, buf, sizeof buf);

	must(len > 0 && (size_t)len == strlen(buf));
	while (*p) {
		uint32_t inside = (uint32_t)strtoul(p, &p, 10), outside = (uint32_t)strtoul(p, &p, 10),
			 count = (uint32_t)strtoul(p, &p, 10);
		bool is_own = false;

		must(*p == '\n' && inside == outside && count > 0 && (uint64_t)inside + count <= UINT32_MAX);
		p++;
		for (size_t i = 0; i < n; i++)
			is_own |= inside == own[i] && count == 1;
		for (const char *t = text; !is_own && subid_line_next(&t, &l);)
			must(!subid_line_fits(&l) || inside >= l.start + SUBID_COUNT || inside + count <= l.start);
		must(is_own || inside >= base + SUBID_COUNT || inside + count <= base);
	}
}

int fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	uint32_t start, want, own[8];
	size_t n = 0;

	if (subid_find(text, "alice", 4711, &start) == 0) {
		must(first_range(text, "alice", &want) && start == want);
		must(start >= 65536 && (uint64_t)start + SUBID_COUNT <= UINT32_MAX);
		must(overlaps(text, start));
		must(overlaps(text, start - 1) && overlaps(text, start + SUBID_COUNT - 1));
	} else {
		must(!first_range(text, "alice", &want));
	}
	/* The map's own ids: in order, each once. */
	for (size_t i = 0; i + 4 <= size && n < sizeof own / sizeof *own; i += 4) {
		uint32_t v;

		memcpy(&v, data + i, sizeof v);
		if (data[i] & 1)
			v &= 0x1ffff;
		if (v < UINT32_MAX && (n == 0 || v > own[n - 1]))
			own[n++] = v;
	}
	check_map(own, n, SUBID_POOL_FIRST);
	check_hostmap(text, own, n, 327680);
	return 0;
}
