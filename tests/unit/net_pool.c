/* SPDX-License-Identifier: MIT */
/* The pool: a user keeps a place, nobody else has it, and one day there is none left. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "config/value.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "net/pool.h"
#include "tap.h"
#include "scratch.h"

static struct prefixes pool_from(const char *text)
{
	const struct range range = {1, 2};
	struct prefixes pool = {0};

	ok(parse_pool(NULL, &range, text, &pool, NULL) == 0, "(a pool of %s)", text);
	return pool;
}

/* NULL: nobody is asked. */
static const char *used;

/* Those that the list names. */
static bool is_used(const struct link_address a[static 2], void *arg)
{
	char one[INET6_ADDRSTRLEN + 1];

	(void)inet_ntop(AF_INET, a[0].addr, one, sizeof one - 1);
	return strstr(arg, strcat(one, " "));
}

static const char *get(const char *pool_text, uid_t uid, unsigned int slot)
{
	static char got[sizeof ((struct err *)0)->text];
	char one[INET6_ADDRSTRLEN];
	struct prefixes pool = pool_from(pool_text);
	struct link_address a[2];
	struct err err = {""};
	const struct pool of = {&pool, "pool", POOL_FILE};
	int r = pool_get(&of, scratch_fd, uid, slot, used ? is_used : NULL, (void *)(uintptr_t)used, a, &err);

	clear_prefixes(&pool);
	if (r) {
		snprintf(got, sizeof got, "%s", strstr(err.text, "are somebody's") ? "none left" : err.text);
		return got;
	}
	got[0] = '\0';
	for (int i = 0; i < 2; i++)
		if (a[i].family) {
			strcat(got, *got ? " " : "");
			strcat(got, inet_ntop(a[i].family, a[i].addr, one, sizeof one));
		}
	return got;
}

static void check_size(const char *text, uint32_t want)
{
	struct prefixes pool = pool_from(text);

	is_int(pool_size(&pool), want, "the size of %s", text);
	clear_prefixes(&pool);
}

/* Several at once, each another user: all differ. */
static void check_race(void)
{
	enum { N = 12 };
	char text[4096] = "";
	int status, bad = 0, fd;
	ssize_t n;

	ok(put(scratch_fd, POOL_FILE, "", 0600), "(an empty file)");
	(void)fflush(stdout);
	for (int i = 0; i < N; i++)
		if (fork() == 0) {
			struct prefixes pool = {0};
			const struct range range = {1, 2};
			struct link_address a[2];
			const struct pool of = {&pool, "pool", POOL_FILE};
			int r = parse_pool(NULL, &range, "10.0.0.0/24", &pool, NULL) ||
				pool_get(&of, scratch_fd, 1000 + (uid_t)i, 0, NULL, NULL, a, NULL);

			clear_prefixes(&pool);
			_exit(r);
		}
	while (wait(&status) > 0)
		bad += status != 0;
	is_int(bad, 0, "%d users at once get an address", N);
	fd = openat(scratch_fd, POOL_FILE, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof text - 1);
	(void)close(fd);
	ok(n > 0, "(the file is read)");
	for (int i = 1; i <= N; i++) {
		char end[16];

		snprintf(end, sizeof end, ":0:%d\n", i);
		ok(strstr(text, end) && !strstr(strstr(text, end) + 1, end), "place %d is one's", i);
	}
}

/* What is for one more jail is others' when it is needed, and not in use. */
static void check_taken_over(void)
{
	char text[4096] = "";
	size_t lines = 0;
	int fd;

	ok(put(scratch_fd, POOL_FILE, "", 0600), "(an empty file)");
	for (unsigned int slot = 0; slot < 6; slot++)
		(void)get("10.1.0.0/29", 1001, slot);
	used = "10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6 ";
	is_str(get("10.1.0.0/29", 1002, 0), "none left", "all that one user has are in use");
	used = "10.1.0.2 10.1.0.4 ";
	is_str(get("10.1.0.0/29", 1002, 0), "10.1.0.3", "one that is not is another's");
	is_str(get("10.1.0.0/29", 1002, 0), "10.1.0.3", "who keeps it");
	is_str(get("10.1.0.0/29", 1001, 2), "10.1.0.5", "and the first has it no more");
	is_str(get("10.1.0.0/29", 1001, 1), "10.1.0.2", "but all the others");
	used = "";
	for (int i = 0; i < 100; i++)
		(void)get("10.1.0.0/29", 1003 + (uid_t)i % 2, 1 + (unsigned int)i % 9);
	is_str(get("10.1.0.0/29", 1001, 0), "10.1.0.1", "a first jail's is never taken");
	is_str(get("10.1.0.0/29", 1002, 0), "10.1.0.3", "in use or not");
	fd = openat(scratch_fd, POOL_FILE, O_RDONLY | O_CLOEXEC);
	ok(read(fd, text, sizeof text - 1) > 0, "(the file is read)");
	(void)close(fd);
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	is_int((long)lines, 6, "and the file has a line for each");
}

/* What might have been somebody's place is not given away. */
static void check_malformed(void)
{
	static const char *const lines[] = {
		"x", "", ":", "1001::", "1001:0::", "1001x", "1001:0x:", "1001:0:3x", "1001:0:3:4",
		"1001:0:3 ", " 1001:0:3", "-1:0:4", "+1:0:4",
		"1001: 0:4", "1001:-1:4", "1001::4", "1001:0:0", "1001:0:99999999999", "1001:0:4294967301",
		"4294968297:0:5", "1001:4294967296:5", "1001:0:18446744073709551621", "1001:0:0x5", "1001.0.5",
	};
	char text[100], before[sizeof text];

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		int n = snprintf(text, sizeof text, "1000:0:1\n%s\n1002:0:2\n", lines[i]);

		ok(put(scratch_fd, POOL_FILE, text, 0600), "(a line '%s')", lines[i]);
		contains(get("10.1.0.0/28", 1001, 0), "line 2 of the file 'addresses' of the state directory is no UID",
			 "'%s' is refused", lines[i]);
		is_int(read_file_at(scratch_fd, POOL_FILE, before, sizeof before), n, "and left");
	}
	/* As earlier versions left what a power cut, or a full disk, had broken off */
	ok(put(scratch_fd, POOL_FILE, "1000:0:1\n10\n1001:\n1001:0\n1001:0:\n1002:0:2\n", 0600),
	   "(beginnings of lines)");
	is_str(get("10.1.0.0/28", 1001, 0), "10.1.0.3", "are nobody's place");
	is_str(get("10.1.0.0/28", 1002, 0), "10.1.0.2", "and what follows them counts");
	ok(put(scratch_fd, POOL_FILE, "4294967295:4294967295:4294967295\n1001:0:007\n", 0600), "(large numbers)");
	is_str(get("10.1.0.0/28", 1001, 0), "10.1.0.7", "are some");
}

int main(void)
{
	check_size("10.213.0.0/16", 65534);
	check_size("10.213.0.0/30", 2);
	check_size("10.0.0.0/8", 4194302);
	check_size("fd00::/64", 4194302);
	check_size("10.213.0.0/16 fd00::/120", 254);
	check_size("10.192.0.0/10", 4194302);
	if (!scratch_make())
		return done_testing();

	is_str(get("10.1.0.0/29 fd01::/64", 1001, 0), "10.1.0.1 fd01::1", "the first");
	is_str(get("10.1.0.0/29 fd01::/64", 1002, 0), "10.1.0.2 fd01::2", "the second");
	is_str(get("10.1.0.0/29 fd01::/64", 1001, 0), "10.1.0.1 fd01::1", "the first keeps it");
	is_str(get("10.1.0.0/29 fd01::/64", 1001, 1), "10.1.0.3 fd01::3", "and gets another for a second jail");
	is_str(get("10.1.0.0/29", 1001, 1), "10.1.0.3", "IPv4 only");
	is_str(get("fd02::/64", 1001, 1), "fd02::3", "another pool, IPv6 only");
	is_str(get("10.1.0.0/30", 1001, 1), "none left", "a smaller pool has no room for it");
	is_str(get("10.1.0.0/30", 1002, 0), "10.1.0.2", "but for who is inside");
	for (uid_t u = 1003; u < 1006; u++)
		(void)get("10.1.0.0/29", u, 0);
	is_str(get("10.1.0.0/29", 1006, 0), "none left", "all are taken");
	is_str(get("10.1.0.0/29", 1005, 0), "10.1.0.6", "who has one keeps it");
	is_str(get("10.1.0.0/28", 1006, 0), "10.1.0.7", "a larger pool has more");

	ok(put(scratch_fd, POOL_FILE, "1001:0:5\n1002:0:6", 0600), "(a line without its end)");
	is_str(get("10.1.0.0/28", 1003, 0), "10.1.0.1", "nothing is added to it");
	is_str(get("10.1.0.0/28", 1003, 0), "10.1.0.1", "what is added is not lost");
	is_str(get("10.1.0.0/28", 1001, 0), "10.1.0.5", "the whole ones hold");
	is_str(get("10.1.0.0/28", 1002, 0), "10.1.0.2", "and it never was one");
	ok(put(scratch_fd, POOL_FILE, "1002:0:6", 0600), "(no other)");
	is_str(get("10.1.0.0/28", 1003, 0), "10.1.0.1", "as if there were none");
	check_malformed();
	ok(put(scratch_fd, POOL_FILE, "1001:0:9\n1001:0:2\n", 0600), "(twice the same)");
	is_str(get("10.1.0.0/28", 1001, 0), "10.1.0.2", "the last holds");
	ok(put(scratch_fd, POOL_FILE, "", 0600) && unlinkat(scratch_fd, POOL_FILE, 0) == 0 &&
	   symlinkat("elsewhere", scratch_fd, POOL_FILE) == 0, "(a link)");
	contains(get("10.1.0.0/28", 1001, 0), "Too many levels of symbolic links", "is not followed");
	ok(unlinkat(scratch_fd, POOL_FILE, 0) == 0, "(removed)");
	check_race();
	check_taken_over();
	scratch_remove();
	return done_testing();
}
