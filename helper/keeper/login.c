/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "config/number.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "notice.h"

/* What takes longer to end is killed.  su takes two seconds. */
#define TERM_GRACE_MS 10000

int64_t login_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t login_lead(uint64_t seconds)
{
	uint64_t tenth = seconds / 10;

	return tenth > 60 ? 60 : tenth > 1 ? tenth : 1;
}

int login_begin(struct login *l, const struct jail *j, int slot, int pidfd, uint32_t pid)
{
	uint64_t limit = j->set->session_time;

	*l = NO_LOGIN;
	if (limit != NO_LIMIT && pidfd < 0)
		return -ESRCH;
	l->slot = slot;
	l->pid = pid;
	l->since = time(NULL);
	if (limit == NO_LIMIT) {
		scope_close(&pidfd);
		return 0;
	}
	l->pidfd = pidfd;
	l->ends = login_clock() + (int64_t)limit * 1000;
	l->due = l->ends - (int64_t)login_lead(limit) * 1000;
	return 0;
}

static void warn(const struct jail *j)
{
	uint64_t limit = j->set->session_time;
	_cleanup_free_ char *text = NULL;

	/* Which terminals are this login's can't be told from here, so that all are told. */
	if (number_print(limit, duration_units, &text) >= 0)
		notice_terminals("%s ends in %" PRIu64 " s: session_time is %s",
				 j->set->scope == SCOPE_SESSION ? "this login" : "a login of yours",
				 login_lead(limit), text);
}

static void send_signal(struct login *l, int sig)
{
	(void)syscall(SYS_pidfd_send_signal, l->pidfd, sig, NULL, 0);
}

void login_act(struct login *l, const struct jail *j, int64_t now)
{
	if (now < l->due)
		return;
	switch (l->stage) {
	case LOGIN_RUNS:
		l->stage = LOGIN_WARNED;
		l->due = l->ends;
		warn(j);
		return;
	case LOGIN_WARNED:
		log_line(LOG_INFO, "%s: the login of process %u has lasted session_time: ended",
			 j->id->name, l->pid);
		l->stage = LOGIN_TOLD;
		l->due = now + TERM_GRACE_MS;
		send_signal(l, SIGTERM);
		return;
	case LOGIN_TOLD:
		log_line(LOG_WARNING, "%s: process %u of a login does not end on TERM: killed",
			 j->id->name, l->pid);
		l->stage = LOGIN_KILLED;
		l->due = LOGIN_NEVER;
		send_signal(l, SIGKILL);
		return;
	case LOGIN_KILLED:
		return;
	}
}
