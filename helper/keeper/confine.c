/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <syslog.h>

#include "keeper_filter.h"
#include "lib/log.h"
#include "setup/jail.h"

/*
 * Keep what the rest of a keeper's life needs: signals to PID 1, which is another
 * uid's, removing what a user has made, and with a linked jail cutting that off.
 */
static int drop_capabilities(const struct jail *j)
{
	cap_value_t keep[5] = {CAP_KILL, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER};
	int n = 4, r = 0;
	cap_t caps = cap_init();

	if (network_has_link(j->set->network))
		keep[n++] = CAP_NET_ADMIN;
	if (!caps || cap_set_flag(caps, CAP_PERMITTED, n, keep, CAP_SET) < 0 ||
	    cap_set_flag(caps, CAP_EFFECTIVE, n, keep, CAP_SET) < 0 || cap_set_proc(caps) < 0)
		r = -errno;
	if (caps)
		(void)cap_free(caps);
	return r;
}

/*
 * It is root with the uid of the host's, whatever its capabilities: whoever got hold of it
 * shall neither start a program, nor reach into another process, nor mount or enter
 * anything (gen.c has the list).
 */
static int set_filter(void)
{
	const struct sock_fprog prog = {.len = sizeof keeper_filter / sizeof *keeper_filter,
					.filter = keeper_filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0)
		return -errno;
	return 0;
}

void confine_keeper(const struct jail *j)
{
	int r = drop_capabilities(j);

	if (r)
		log_line(LOG_WARNING, "the keeper keeps more capabilities than it needs: %s, ignoring", strerror(-r));
	r = set_filter();
	if (r)
		log_line(LOG_WARNING, "the keeper has no filter of system calls: %s, ignoring", strerror(-r));
}
