/* SPDX-License-Identifier: MIT */
/*
 * Groups that give the host, or a part of it, away.  A jail has none of those below gid 1000; but
 * whatever else runs for the user has them, and a login by another door.
 */
#include <errno.h>
#include <grp.h>

#include "cli/host.h"
#include "cli/text.h"
#include "lib/scope.h"

static const struct {
	const char *name, *gives;
} groups[] = {
	{"root", "files of root's group"},
	{"docker", "root of the host, by its daemon"},
	{"podman", "root of the host, by its daemon"},
	{"lxd", "root of the host, by its daemon"},
	{"incus-admin", "root of the host, by its daemon"},
	{"incus", "containers of the host's"},
	{"libvirt", "virtual machines with the host's disks"},
	{"libvirt-qemu", "virtual machines with the host's disks"},
	{"vboxusers", "devices of the host in virtual machines"},
	{"disk", "all disks of the host, bypassing permissions"},
	{"floppy", "removable disks"},
	{"cdrom", "removable disks"},
	{"tape", "backups"},
	{"kmem", "the kernel's memory"},
	{"sudo", "commands as root"},
	{"wheel", "commands as root"},
	{"admin", "commands as root"},
	{"shadow", "password hashes"},
	{"adm", "the host's logs"},
	{"systemd-journal", "the host's logs"},
	{"staff", "programs that root runs from /usr/local"},
	{"src", "sources of the kernel"},
	{"kvm", "virtual machines, and the kernel's code for them"},
	{"video", "what is on the screen"},
	{"render", "the graphics processor, and the kernel's code for it"},
	{"input", "what is typed on the keyboard"},
	{"audio", "the microphone"},
	{"tty", "the terminals of others"},
	{"dialout", "serial lines"},
	{"plugdev", "removable disks"},
	{"netdev", "the host's network settings"},
	{"lpadmin", "printers' commands"},
	{"wireshark", "the host's network traffic"},
	{"utmp", "records of logins"},
	{"crontab", "crontabs of others"},
	{"mail", "others' mail"},
	{"ssh_keys", "the host's ssh keys"},
};

int host_groups(struct host *h)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		struct group *gr = getgrnam(groups[i].name);
		gid_t gid = gr ? gr->gr_gid : 0;

		for (size_t k = 0; gr && k < h->n_users; k++) {
			const struct host_user *user = &h->users[k];
			bool primary = user->gid == gid;
			_cleanup_free_ char *fix = NULL;

			if (!host_user_has(user, gid))
				continue;
			fix = primary ? text_format("usermod -g another %s", user->name) :
					text_format("gpasswd -d %s %s", user->name, groups[i].name);
			if (!fix)
				return -ENOMEM;
			host_open(h, user->name, fix, "is in the group %s%s, which gives %s", groups[i].name,
				  primary ? " (as the primary one)" : "", groups[i].gives);
		}
	}
	return 0;
}
