/* SPDX-License-Identifier: MIT */
/*
 * A routed jail without rules would be open to all that the host forwards; whoever flushes
 * the host's rules takes ours away with them.  The kernel tells of each change: then
 * it is looked, by one question, whether the table is still there.
 */
#include <errno.h>
#include <sys/socket.h>
#include <syslog.h>

#include "keeper_parts.h"
#include "lib/log.h"
#include "net/table.h"
#include "setup/net.h"

/* After that it is looked whether they are there: who listens first, misses nothing. */
void rules_watch(struct keeper *k)
{
	struct err err;

	k->poll[POLL_RULES].fd = -1;
	if (!k->j->net.name[0])
		return;
	k->poll[POLL_RULES] = (struct pollfd){.fd = table_watch(&err), .events = POLLIN};
	if (k->poll[POLL_RULES].fd < 0)
		log_line(LOG_WARNING, "%s: the end of the rules for the jail would not be noticed: %s",
			 k->j->id->name, err.text);
	net_follow_rules(k->j);
}

/* What it says is of no interest, nor what was lost (ENOBUFS): only that something was. */
void rules_hear(struct keeper *k)
{
	char buf[4096];

	for (int i = 0; i < 64; i++)
		if (recv(k->poll[POLL_RULES].fd, buf, sizeof buf, 0) < 0 && errno == EAGAIN)
			break;
	net_follow_rules(k->j);
}
