/* SPDX-License-Identifier: MIT */
/*
 * The groups of an account, as name services may answer: in any order, and by halves.  The
 * C library's call is one of our own here, which the module finds first.
 */
#include <sys/types.h>

#include "session.h"

#define ANSWERS_MAX 4

/* Of one call after the other; the last holds for all that follow. */
static struct {
	gid_t gids[8];
	int n;
} answers[ANSWERS_MAX];
static int n_answers, calls;

__attribute__((visibility("default"))) int getgrouplist(const char *user, gid_t group, gid_t *groups, int *n);

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *n)
{
	int i = calls < n_answers ? calls : n_answers - 1;

	(void)user;
	(void)group;
	calls++;
	if (*n < answers[i].n) {
		*n = answers[i].n;
		return -1;
	}
	*n = answers[i].n;
	memcpy(groups, answers[i].gids, (size_t)*n * sizeof *groups);
	return *n;
}

static void forget(void)
{
	n_answers = calls = 0;
}

static void answer(int n, const gid_t *gids)
{
	answers[n_answers].n = n;
	memcpy(answers[n_answers++].gids, gids, (size_t)n * sizeof *gids);
}

/* A login; what set-up was told of the groups. */
static const char *login(int want, const char *what)
{
	static char groups[256];
	pam_handle_t *pamh;
	const char *p;
	int r;

	behave("verdict=1\n");
	pamh = begin(PLAIN_LINE, "nobody");
	r = pam_open_session(pamh, 0);
	(void)pam_end(pamh, r);
	is_int(r, want, "%s", what);
	wait_setups();
	p = strstr(recorded(), "groups");
	snprintf(groups, sizeof groups, "%.*s", p ? (int)strcspn(p, "\n") : 0, p ? p : "");
	return groups;
}

/* Each order of these, and of the second answer. */
static void orders(void)
{
	const gid_t all[4] = {65534, 4000000000, 3, 100};
	bool same = true;

	for (unsigned int k = 0; k < 24 * 24; k += 1 + k % 7) {
		unsigned int order[2] = {k / 24, k % 24};

		forget();
		for (int side = 0; side < 2; side++) {
			gid_t left[4], gids[4];
			unsigned int o = order[side];

			memcpy(left, all, sizeof left);
			for (unsigned int i = 0; i < 4; i++) {
				unsigned int at = o % (4 - i);

				o /= 4 - i;
				gids[i] = left[at];
				memmove(left + at, left + at + 1, (3 - at) * sizeof *left);
			}
			answer(4, gids);
		}
		behave("verdict=1\n");
		if (strcmp(login(IGNORED, "any order"), "groups 3 100 65534 4000000000") != 0)
			same = false;
		same &= calls == 2;
	}
	ok(same, "set-up is told the same in each, and nobody is asked again");
}

static void halves(void)
{
	const gid_t whole[] = {100, 3000, 65534}, part[] = {65534, 100}, other[] = {100, 65534, 3001},
		    turned[] = {65534, 3000, 100};

	forget();
	answer(2, part);
	answer(3, whole);
	answer(3, turned);
	is_str(login(IGNORED, "a service that was silent once"), "groups 100 3000 65534", "its groups count");
	is_int(calls, 3, "it was asked once more");

	forget();
	answer(3, whole);
	answer(2, part);
	answer(3, turned);
	is_str(login(PAM_SESSION_ERR, "one that comes and goes"), "groups", "is no answer");

	forget();
	answer(3, whole);
	answer(3, other);
	answer(2, part);
	is_str(login(PAM_SESSION_ERR, "three that differ"), "groups", "are none");
	contains(said, "error: loginjail: no jail can be made", "and that is said");

	forget();
	answer(3, whole);
	answer(3, other);
	answer(3, other);
	is_str(login(IGNORED, "a change"), "groups 100 3001 65534", "the later one counts");
}

int main(void)
{
	alarm(120);
	if (!lab_make())
		return done_testing();
	orders();
	halves();
	lab_remove();
	return done_testing();
}
