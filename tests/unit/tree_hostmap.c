/* SPDX-License-Identifier: MIT */
/*
 * The map of ids for what a jail has of the host: every id to itself, but for those that a
 * jail may have as its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "setup/subid.h"
#include "tap.h"
#include "tree/hostmap.h"

/* With our pool, which is left out in any case. */
#define TO_POOL(first, count) #first " " #first " " #count "\n"
#define AFTER_POOL "2147352576 2147352576 2147614719\n"

static const struct {
	const char *subids;
	uint32_t base, own[3];
	size_t nown;
	const char *want;
} maps[] = {
	{"", 100000, {1000}, 1, "0 0 100000\n" TO_POOL(165536, 2000517472) AFTER_POOL},
	/* one of the pool is left out once */
	{"", SUBID_POOL_FIRST, {1000}, 1, "0 0 2000683008\n" AFTER_POOL},
	{"", SUBID_POOL_END - SUBID_COUNT, {1000}, 1, "0 0 2000683008\n" AFTER_POOL},
	/* others', touching, apart, and twice */
	{"ann:100000:65536\nbob:165536:65536\n", 100000, {1000}, 1,
	 "0 0 100000\n" TO_POOL(231072, 2000451936) AFTER_POOL},
	{"bob:300000:65536\nann:100000:65536\nbob:300000:65536\n", 100000, {1000}, 1,
	 "0 0 100000\n165536 165536 134464\n" TO_POOL(365536, 2000317472) AFTER_POOL},
	{"ann:100000:65536\nbob:110000:65536\n", 100000, {1000}, 1,
	 "0 0 100000\n" TO_POOL(175536, 2000507472) AFTER_POOL},
	/* of a large one as much as a jail gets; of a small one, or one of people's ids, none */
	{"root:1000000:1000000000\nann:5000000:65535\nbob:1000:65536\nbob\n", 100000, {1000}, 1,
	 "0 0 100000\n165536 165536 834464\n" TO_POOL(1065536, 1999617472) AFTER_POOL},
	/* what is the account's own stays */
	{"bob:300000:65536\n", 100000, {1000, 310000, 2000700000}, 3,
	 "0 0 100000\n165536 165536 134464\n" TO_POOL(365536, 2000317472) AFTER_POOL
	 "310000 310000 1\n2000700000 2000700000 1\n"},
	/* up to the last id that there is */
	{"bob:4294901759:65536\n", 100000, {1000}, 1,
	 "0 0 100000\n" TO_POOL(165536, 2000517472) "2147352576 2147352576 2147549183\n"},
};

static void texts(void)
{
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
		const size_t len = strlen(maps[i].want);
		char buf[4096], tight[4096];

		is_int(hostmap_text(maps[i].subids, maps[i].base, maps[i].own, maps[i].nown, buf, sizeof buf), len,
		       "map %zu: length", i);
		is_str(buf, maps[i].want, "map %zu", i);
		is_int(hostmap_text(maps[i].subids, maps[i].base, maps[i].own, maps[i].nown, tight, len), -E2BIG,
		       "map %zu: a byte too little", i);
	}
}

static bool mapped(const char *text, uint32_t id)
{
	uint32_t in, out, len;

	for (; sscanf(text, "%" SCNu32 " %" SCNu32 " %" SCNu32, &in, &out, &len) == 3; text = strchr(text, '\n') + 1)
		if (in == out && id >= in && id - in < len)
			return true;
	return false;
}

/* More ranges than a map has room for: none of them is in it, and the account's own ids are. */
static void many(void)
{
	enum { RANGES = 600 };
	char *subids = malloc(RANGES * 40), *p = subids;
	uint32_t own[65], start[RANGES], bad = 0;
	char buf[4096];
	int len;

	srandom(1);
	for (size_t i = 0; i < RANGES; i++) {
		start[i] = 100000 + (uint32_t)i * 200000 + (uint32_t)random() % 130000;
		p += sprintf(p, "u%zu:%" PRIu32 ":65536\n", i, start[i]);
	}
	for (uint32_t i = 0; i < 65; i++)
		own[i] = 100000 + 1800000 * i;
	len = hostmap_text(subids, 1200000000, own, 65, buf, sizeof buf);
	ok(len > 0 && len < 4096, "a map of %d ranges, in one page", RANGES);
	for (size_t i = 0; i < RANGES; i++)
		for (uint32_t id = start[i]; id - start[i] < SUBID_COUNT; id += 13107) {
			bool is_own = false;

			for (size_t k = 0; k < 65; k++)
				is_own |= own[k] == id;
			bad += !is_own && mapped(buf, id);
		}
	is_int(bad, 0, "nothing of them is in it");
	for (size_t i = 0; i < 65; i++)
		bad += !mapped(buf, own[i]);
	is_int(bad, 0, "the account's own ids are");
	ok(mapped(buf, 0) && mapped(buf, 65534) && mapped(buf, UINT32_MAX - 1), "and the others'");
	free(subids);
}

int main(void)
{
	texts();
	many();
	return done_testing();
}
