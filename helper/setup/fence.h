/* SPDX-License-Identifier: MIT */
/*
 * The fence: what an sshd session sees from the end of PAM's open_session on.
 *
 * sshd runs things outside any ForceCommand: the login shell with its start-up
 * files, xauth, sshrc, passwd; and it serves files itself (internal-sftp, unix
 * socket forwarding).  So its session gets a root in which there is nothing to
 * run, read or reach but what the jail has:
 *
 *   /            read-only tmpfs: the names below and nothing else.  No /proc, so
 *                nobody writes into a process or walks through a descriptor
 *   /enter       loginjail-enter, the only file that can be executed; the login
 *                shell's path and /bin/sh are links to it
 *   /etc         passwd and group of the jail, and a few copies of harmless files
 *   /dev         the jail's own, terminals included
 *   /tmp         the jail's own, and
 *   the home     as the jail has it; with forwarding = no both are empty, so that no
 *                socket can be put there or found there
 *   /run         root may write: utmp of the fence's own (all jails have a pts/0),
 *                init's socket, and the socket of the system log
 *   /log         the host's /var/log for root only (wtmp, lastlog)
 *
 * It is an allow-list: a file that the host gains later is not in it.  Every
 * mount but /enter is noexec, every one nosuid, and all but /dev and its pts nodev.
 *
 * NSS finds accounts in /etc/passwd and /etc/group, so that no service is asked for
 * them from in here, and nothing that a user can write is looked up by the root part
 * of sshd, nor any library loaded (CVE-2019-14271, CVE-2025-32463).  Names of hosts are
 * found in /etc/hosts, and for a routed jail with `dns`, since forwards go by name,
 * by asking those of its servers for which nothing in the jail can answer: of IPv4.
 */
#ifndef LOGINJAIL_FENCE_H
#define LOGINJAIL_FENCE_H

#include "jail.h"

/* May a login shell have this path?  It must be one that the fence can put its
 * link at. 0, or -EINVAL with a remedy. */
int fence_check_shell(const struct jail *j, struct err *err);

/* The same for the home directory's path. */
int fence_check_home(const struct jail *j, struct err *err);

/* Make init's listening socket where the fence will have it: j->init_sock. */
int fence_init_socket(struct jail *j, struct err *err);

/* Build it below the staging tmpfs. Needs the tree, for home = private. */
int fence_mount(struct jail *j, struct err *err);

/* Change this process's mount namespace into the fence. */
int fence_enter(struct jail *j, struct err *err);

/*
 * Leave it for a namespace without mounts; the working directory becomes the terminals'.  What
 * is in memory in the fence goes with the jail then, and not only with this process, so
 * that it is not charged to the user's next jail.  -errno.
 */
int fence_leave(void);

#endif
