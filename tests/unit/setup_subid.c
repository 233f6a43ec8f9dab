/* SPDX-License-Identifier: MIT */
/* Subordinate ids: whose they are, that nobody shares them, and the maps made of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "lib/fdio.h"
#include "lib/scope.h"
#include "setup/subid.h"
#include "tap.h"
#include "scratch.h"

/* name "ann", uid 1001 */
static const struct {
	const char *text;
	uint32_t start; /* 0: none */
} lines[] = {
	{"ann:100000:65536\n", 100000},
	{"ann:100000:65536", 100000},
	{"1001:100000:65536\n", 100000},
	{"ann:100000:131072\n", 100000},
	{"# a comment\n\nann:100000:65536\n", 100000},
	{"bob:100000:65536\nann:165536:65536\n", 165536},
	{"ann:100000:1000\nann:200000:65536\n", 200000},
	{"ann:200000:65536\nann:100000:65536\n", 200000},
	{"ann:oops:65536\nann:100000:65536\n", 100000},
	{"ann:65536:65536\n", 65536},
	{"ann:4294901759:65536\n", 4294901759},
	{"ann:100000:4294867295\n", 100000},

	{"", 0},
	{"\n", 0},
	{"ann", 0},
	{"ann:", 0},
	{"ann::", 0},
	{"ann:100000", 0},
	{"ann:100000:", 0},
	{"ann:100000:\n65536\n", 0},
	{"ann:\n100000:65536\n", 0},
	{"ann::65536\n", 0},
	{"ann:100000:65536:\n", 0},
	{"ann:100000:65536 \n", 0},
	{"ann:100000:65536\r\n", 0},
	{"ann: 100000:65536\n", 0},
	{" ann:100000:65536\n", 0},
	{"ann :100000:65536\n", 0},
	{"ann:+100000:65536\n", 0},
	{"ann:-100000:65536\n", 0},
	{"ann:0x186a0:65536\n", 0},
	{"ann:1e5:65536\n", 0},
	{"ann:100000:65535\n", 0},
	{"ann:100000:0\n", 0},
	{":100000:65536\n", 0},
	{"::\n", 0},

	/* another owner */
	{"bob:100000:65536\n", 0},
	{"an:100000:65536\n", 0},
	{"anna:100000:65536\n", 0},
	{"Ann:100000:65536\n", 0},
	{"#ann:100000:65536\n", 0},
	{"100:100000:65536\n", 0},
	{"10010:100000:65536\n", 0},
	{"01001:100000:65536\n", 0},
	{"1002:100000:65536\n", 0},
	{"bob:ann:100000:65536\n", 0},

	/* ids of the system, of people, of nobody, and beyond 32 bits */
	{"ann:0:65536\n", 0},
	{"ann:1000:65536\n", 0},
	{"ann:65535:65536\n", 0},
	{"ann:0:4294967295\n", 0},
	{"ann:4294901760:65536\n", 0},
	{"ann:4294967295:65536\n", 0},
	{"ann:100000:4294867296\n", 0},
	{"ann:4294967296:65536\n", 0},
	{"ann:4295067296:65536\n", 0},
	{"ann:100000:4295032832\n", 0},
	{"ann:18446744073709651616:65536\n", 0},
	{"ann:100000:18446744073709617152\n", 0},
	{"ann:99999999999999999999999999999999:65536\n", 0},
};

static void find(void)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		/* A copy without a byte to spare, so that reading on is noticed. */
		_cleanup_free_ char *text = strdup(lines[i].text);
		uint32_t start = 7;
		int r = subid_find(text, "ann", 1001, &start);

		is_int(r, lines[i].start ? 0 : -ENOENT, "line %zu: %s", i,
		       lines[i].start ? "found" : "none");
		is_int(start, lines[i].start ? lines[i].start : 7, "line %zu: start", i);
	}
}

static const struct {
	uint32_t own[6];
	size_t nown;
	uint32_t base;
	const char *want;
} maps[] = {
	{{1000}, 1, 100000, "0 100000 1000\n1000 1000 1\n1001 101001 64534\n"},
	{{0}, 1, 100000, "0 0 1\n1 100001 65534\n"},
	{{65535}, 1, 100000, "0 100000 65535\n65535 65535 1\n"},
	{{65534}, 1, 100000, "0 100000 65534\n65534 65534 1\n"},
	{{65536}, 1, 100000, "0 100000 65535\n65536 65536 1\n"},
	{{4000000000}, 1, 100000, "0 100000 65535\n4000000000 4000000000 1\n"},
	{{1000, 1001}, 2, 100000, "0 100000 1000\n1000 1000 1\n1001 1001 1\n1002 101002 64533\n"},
	{{1000, 1002},
	 2,
	 100000,
	 "0 100000 1000\n1000 1000 1\n1001 101001 1\n1002 1002 1\n1003 101003 64532\n"},
	{{65534, 65535, 65536},
	 3,
	 100000,
	 "0 100000 65534\n65534 65534 1\n65535 65535 1\n65536 65536 1\n"},
	{{0, 1, 70000, 70001},
	 4,
	 100000,
	 "0 0 1\n1 1 1\n2 100002 65533\n70000 70000 1\n70001 70001 1\n"},
	{{0}, 0, 100000, "0 100000 65535\n"},
	{{1000}, 1, 0x7ffd0000u, "0 2147287040 1000\n1000 1000 1\n1001 2147288041 64534\n"},
	{{1000}, 1, 4294901759u, "0 4294901759 1000\n1000 1000 1\n1001 4294902760 64534\n"},
};

static void map_texts(void)
{
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
		size_t len = strlen(maps[i].want);
		char buf[4096];
		bool refused = true;

		is_int(idmap_text(maps[i].own, maps[i].nown, maps[i].base, buf, sizeof buf), len,
		       "map %zu: length", i);
		is_str(buf, maps[i].want, "map %zu", i);
		for (size_t size = 1; size <= len; size++) {
			_cleanup_free_ char *tight = malloc(size);

			if (idmap_text(maps[i].own, maps[i].nown, maps[i].base, tight, size) !=
			    -E2BIG)
				refused = false;
		}
		ok(refused, "map %zu: nothing smaller will do", i);
		{
			_cleanup_free_ char *tight = malloc(len + 1);

			is_int(idmap_text(maps[i].own, maps[i].nown, maps[i].base, tight, len + 1),
			       len, "map %zu: just enough room", i);
		}
	}
}

/* Whatever the groups: each id inside once, own ids to themselves, all others shifted; the last
 * of the range is nobody's. */
static void map_property(void)
{
	enum { COUNT = SUBID_MAPPED, BASE = 200000 };
	_cleanup_free_ uint8_t *seen = malloc(COUNT);

	srandom(1);
	for (int round = 0; round < 40; round++) {
		uint32_t own[64], at = 0;
		size_t n = 0, shifted = 0, kept = 0, over = 0;
		char text[8192], *save = NULL;
		bool good = true;

		while (n < 64 && random() % 40) {
			at += 1 + (random() % 3 ? (uint32_t)random() % 2500 : 0);
			own[n++] = at;
		}
		if (idmap_text(own, n, BASE, text, sizeof text) <= 0) {
			ok(false, "round %d", round);
			continue;
		}
		memset(seen, 0, COUNT);
		for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
			uint32_t in, out, len;

			if (sscanf(l, "%" SCNu32 " %" SCNu32 " %" SCNu32, &in, &out, &len) != 3 ||
			    len == 0)
				good = false;
			for (uint32_t k = 0; k < len; k++) {
				if (in + k < COUNT && seen[in + k]++)
					good = false;
				over += in + k >= COUNT;
				good &= out + k != subids_owner(&(struct subids){.uid = BASE});
				if (out == in)
					kept++;
				else if (out == BASE + in)
					shifted++;
				else
					good = false;
			}
		}
		for (size_t i = 0; i < n; i++)
			over -= own[i] >= COUNT;
		if (!good || over || kept != n || memchr(seen, 0, COUNT))
			ok(false, "round %d: %zu kept of %zu, %zu shifted", round, kept, n,
			   shifted);
	}
	ok(true, "maps of random groups");
}

static bool overlap(uint32_t a, uint32_t b)
{
	return a < b ? b - a < SUBID_COUNT : a - b < SUBID_COUNT;
}

static void etc_files(const char *subuid, const char *subgid)
{
	put(scratch_fd, "subuid", subuid, 0644);
	put(scratch_fd, "subgid", subgid, 0644);
}

static int get_ids(const char *etc, int state_fd, const char *name, uid_t uid, struct subids *ret,
		   struct err *err)
{
	struct subid_files files;
	int r = subid_files_read(etc, &files, err);

	if (!r)
		r = subids_get(&files, state_fd, name, uid, ret, err);
	subid_files_free(&files);
	return r;
}

static void from_etc(void)
{
	struct subids got = {1, 1};
	struct err err;
	char buf[256];

	etc_files("ann:100000:65536\nbob:300000:65536\n", "ann:200000:65536\n");
	is_int(get_ids(scratch, scratch_fd, "ann", 1001, &got, &err), 0, "ann is in both files");
	ok(got.uid == 100000 && got.gid == 200000, "and gets what they say");
	ok(faccessat(scratch_fd, "subids", F_OK, 0) < 0, "nothing is allotted for that");
	is_int(get_ids(scratch, scratch_fd, "bob", 1002, &got, &err), 0, "bob is in one only");
	ok(got.uid == SUBID_POOL_FIRST && got.gid == SUBID_POOL_FIRST,
	   "and gets both from the pool");
	ok(read_file_at(scratch_fd, "subids", buf, sizeof buf) > 0, "which is written down");
	is_str(buf, "1002:2000683008:65536\n", "like this");
}

static void pool(void)
{
	static const char before[] = "77:2000748544:65536\n78:20008140"; /* cut by a crash */
	struct subids got, again;
	uint32_t all[6];
	struct err err;
	struct stat st;
	char buf[1024];

	/* The files reserve the first, the second in part, and the fourth. */
	etc_files("zed:2000683008:65536\n", "zed:2000748544:1\nyan:2000879616:65536\n");
	(void)unlinkat(scratch_fd, "subids", 0);
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), 0,
	       "the first from the pool");
	is_int(got.uid, 2000814080, "is the third range");
	is_int(got.gid, got.uid, "for groups as well");
	ok(fstatat(scratch_fd, "subids", &st, 0) == 0 && (st.st_mode & 07777) == 0600,
	   "the file is private");
	is_int(get_ids(scratch, scratch_fd, "u1", 1001, &got, &err), 0, "the next");
	is_int(got.uid, 2000945152, "is the fifth");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &again, &err), 0, "the first again");
	is_int(again.uid, 2000814080, "is what it was");
	is_int(get_ids(scratch, scratch_fd, "renamed", 1000, &again, &err), 0,
	       "under another name");
	is_int(again.uid, 2000814080, "as well: the pool goes by uid");

	etc_files("", "");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &again, &err), 0,
	       "the files were emptied");
	is_int(again.uid, 2000814080, "and still it is the same");
	for (uint32_t u = 0; u < 6; u++) {
		is_int(get_ids(scratch, scratch_fd, "x", 2000 + u, &got, &err), 0, "account %u",
		       u);
		all[u] = got.uid;
		ok(got.uid >= SUBID_POOL_FIRST && got.uid <= SUBID_POOL_END - SUBID_COUNT,
		   "is in the pool");
		for (uint32_t k = 0; k < u; k++)
			if (overlap(all[u], all[k]))
				ok(false, "accounts %u and %u share ids", u, k);
	}

	put(scratch_fd, "subids", before, 0600);
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), 0, "after a crash");
	ok(!overlap(got.uid, 2000748544), "the line before it counts");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &again, &err), 0, "and again");
	is_int(again.uid, got.uid, "our line was not swallowed");
	ok(read_file_at(scratch_fd, "subids", buf, sizeof buf) > 0 &&
		   strncmp(buf, before, sizeof before - 1) == 0 && buf[sizeof before - 1] == '\n',
	   "the line that was cut is ended");
	is_int(get_ids(scratch, scratch_fd, "u78", 78, &again, &err), 0, "its owner");
	ok(!overlap(again.uid, got.uid), "gets another");
}

/* A file system may fill with zeros what a power cut took from it. */
static void zeros(void)
{
	struct subids a = {0, 0}, b = {1, 1};
	struct err err = {""};
	int fd, ra, rb;

	put(scratch_fd, "subids", "77:2000683008:65536\n", 0600);
	fd = openat(scratch_fd, "subids", O_WRONLY | O_APPEND | O_CLOEXEC);
	ok(write(fd, "\0\0\0\0\0\0\0\0", 8) == 8, "(zeros after a line)");
	close(fd);
	ra = get_ids(scratch, scratch_fd, "u0", 1000, &a, &err);
	rb = get_ids(scratch, scratch_fd, "u1", 1001, &b, &err);
	ok(ra < 0 || rb < 0 || !overlap(a.uid, b.uid), "two accounts never share ids (%d, %d)", ra,
	   rb);
}

static void refusals(void)
{
	struct subids got = {7, 7};
	struct err err = {""};
	int before = open_fds(), fd;

	(void)unlinkat(scratch_fd, "subids", 0);
	put(scratch_fd, "target", "", 0600);
	ok(symlinkat("target", scratch_fd, "subids") == 0, "(a link)");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), -ELOOP,
	       "a link is not followed");
	contains(err.text, "subids", "and that is said");
	(void)unlinkat(scratch_fd, "subids", 0);
	ok(mkdirat(scratch_fd, "subids", 0700) == 0, "(a directory)");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), -EISDIR,
	       "nor a directory used");
	(void)unlinkat(scratch_fd, "subids", AT_REMOVEDIR);

	etc_files("zed:2000683008:146669568\n", "");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), -ENOSPC,
	       "the pool is used up");
	contains(err.text, "/etc/subuid", "and what to do is said");
	etc_files("", "zed:2000683008:146669568\n");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), -ENOSPC,
	       "by groups as well");
	etc_files("zed:2000683008:146604032\n", "");
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), 0, "one range is left");
	is_int(got.uid, SUBID_POOL_END - SUBID_COUNT, "the last");
	is_int(get_ids(scratch, scratch_fd, "u1", 1001, &got, &err), -ENOSPC, "and then none");

	got.uid = 7;
	is_int(get_ids("/nonexistent", scratch_fd, "u0", 1000, &got, &err), -ENOENT, "no /etc");
	is_int(get_ids(scratch, -1, "u9", 1009, &got, &err), -EBADF, "no state directory");
	is_int(got.uid, 7, "and nothing came of it");
	is_int(open_fds(), before, "no descriptor is left");

	fd = openat(scratch_fd, "subgid", O_WRONLY | O_APPEND | O_CLOEXEC);
	ok(write(fd, "\0\n", 2) == 2, "(a NUL)");
	close(fd);
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), -EUCLEAN, "a NUL in a file of /etc");
	contains(err.text, "/subgid has a NUL byte in it; remove that line", "and what to do is said");
	(void)unlinkat(scratch_fd, "subuid", 0);
	(void)unlinkat(scratch_fd, "subgid", 0);
	is_int(get_ids(scratch, scratch_fd, "u0", 1000, &got, &err), 0,
	       "without the files of /etc");
}

/* Who allots waits for who is at it. */
static void locked(void)
{
	int lock = openat(scratch_fd, "subids", O_RDWR | O_CLOEXEC), status = -1;
	struct subids got;
	pid_t pid;

	ok(lock >= 0 && flock(lock, LOCK_EX) == 0, "(another holds the lock)");
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		/* A copy of the locked descriptor would hold the lock, too. */
		_exit(close(lock) || get_ids(scratch, scratch_fd, "x", 4000, &got, NULL) ? 1 : 0);
	usleep(50000);
	is_int(waitpid(pid, &status, WNOHANG), 0, "it is waited for");
	close(lock);
	waitpid(pid, &status, 0);
	is_int(status, 0, "until it is free");
}

/* First logins of many users at once. */
static void at_once(void)
{
	enum { USERS = 8 };
	pid_t pid[USERS];
	struct subids got;
	uint32_t all[USERS];
	struct err err;

	(void)unlinkat(scratch_fd, "subids", 0);
	(void)fflush(stdout);
	for (uint32_t u = 0; u < USERS; u++) {
		pid[u] = fork();
		if (pid[u] == 0)
			_exit(get_ids(scratch, scratch_fd, "x", 3000 + u, &got, &err) ? 1 : 0);
	}
	for (int u = 0; u < USERS; u++) {
		int status = -1;

		waitpid(pid[u], &status, 0);
		is_int(status, 0, "user %d at once with others", u);
	}
	for (uint32_t u = 0; u < USERS; u++) {
		all[u] = get_ids(scratch, scratch_fd, "x", 3000 + u, &got, &err) ? 0 : got.uid;
		for (uint32_t k = 0; k < u; k++)
			if (overlap(all[u], all[k]))
				ok(false, "users %u and %u share ids", u, k);
	}
	is_int(got.uid, all[USERS - 1], "all have their own");
}

static void gids(void)
{
	static const struct {
		gid_t groups[4];
		size_t n;
		const char *want;
	} cases[] = {
		{{0}, 0, "1001"},
		{{1001}, 1, "1001"},
		{{2000, 1000}, 2, "1000 1001 2000"},
		{{2000, 1001, 2000, 2000}, 4, "1001 2000"},
		{{4294967294u, 0, 4294967294u, 0}, 4, "0 1001 4294967294"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t own[5];
		char got[64] = "";
		size_t n = own_gids(1001, cases[i].groups, cases[i].n, own);

		for (size_t k = 0; k < n; k++)
			sprintf(got + strlen(got), "%s%" PRIu32, k ? " " : "", own[k]);
		is_str(got, cases[i].want, "own gids, case %zu", i);
	}
}

int main(void)
{
	find();
	gids();
	map_texts();
	map_property();
	if (!scratch_make())
		return done_testing();
	from_etc();
	pool();
	zeros();
	refusals();
	at_once();
	locked();
	scratch_remove();
	return done_testing();
}
