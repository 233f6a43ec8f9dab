/* SPDX-License-Identifier: MIT */
/* A jail on its way from a decision to a live one; what the parts of set-up share. */
#ifndef LOGINJAIL_JAIL_H
#define LOGINJAIL_JAIL_H

#include <linux/filter.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cgroup/cgroup.h"
#include "cgroup/cgroup_job.h"
#include "config/config.h"
#include "identity.h"
#include "tree/layer.h"
#include "gate/gate.h"
#include "lib/err.h"
#include "net/link.h"
#include "tree/rootfs.h"
#include "keeper/slots.h"
#include "state.h"
#include "storage/storage.h"
#include "subid.h"

struct jail {
	/* decided before anything is made */
	const struct settings *set;
	const char *section;
	const struct identity *id;
	const char *shell; /* effective */
	const char *home;  /* effective; "/" for home = none */
	gid_t groups[64];  /* supplementary ones that it keeps */
	size_t ngroups;
	struct subids sub;
	bool roots;	   /* in some section, if not this one, users may be root of their jail */
	int pam_pidfd;	   /* of the process that holds the login's PAM session */
	uint32_t pam_pid;

	const struct sock_filter *filter; /* of the calls of all that is in the jail */
	size_t filter_len;

	/* made while building; the keeper owns them afterwards */
	struct slots slots; /* of the jail's logins */
	int slot;	    /* the first one's */
	char instance[INSTANCE_MAX];
	struct state state;
	int instance_dir; /* locked: its being open says that the keeper lives */
	struct storage storage;
	struct rootfs rootfs; /* kind ROOTFS_HOST: none; its lock stays */
	struct cgroup cgroup;
	pid_t init_pid;
	int init_pidfd;
	int init_ctl;  /* SOCK_SEQPACKET to init */
	int fence_ns;  /* mount namespace of the fence, for logins */
	int net_ns;    /* what sshd gets; the jail's own but for forwarding = no; -EBADF: the host's */
	int keeper_sock; /* listening */
	int kmsg;	 /* the kernel's log, for oom_victim.h; negative: not to be had */
	struct {
		char name[LINK_NAME_MAX]; /* the host's end of a routed jail's link; "" for none */
		struct nl_socket host;	  /* of the host's network, to remove it */
		struct nl_socket inside;  /* of the jail's, to close and open it */
		struct link_address address[2];
		bool paused; /* there are no rules: nothing passes */
		bool open;   /* the jail's end of the link is up */
	} net;
	struct gate gate; /* of a routed jail */

	/* used while building only */
	struct subid_files subid_files; /* where sub comes from, or might have */
	int proc;	/* the host's /proc */
	int host;	/* the host's root */
	int userns;	/* of the jail */
	int stage;	/* the staging tmpfs */
	int tree;	/* the jail's root, below stage */
	int home_fd;	/* O_PATH of the account's home for home = bind */
	int enter_fd;	/* O_PATH of loginjail-enter */
	int init_fd;	/* loginjail-init */
	int init_sock;	/* listening, for loginjail-enter; init inherits it */
	char *group_text; /* the group file of the jail and of the fence; NULL: they differ */
	struct sock_filter *filter_text; /* NULL: filter is one of the built-in ones */
	char *resolv_text; /* resolv.conf of the jail; NULL: the host's */
	struct layer layer;
	struct cgroup_job cgroup_job;
};

/* Names below the staging tmpfs. */
#define STAGE_LAYER "layer"
#define STAGE_IMAGE "img"
#define STAGE_SFTP "sftp"
#define STAGE_TREE "t"
#define STAGE_FENCE "f"
#define STAGE_DEV "dev"
#define STAGE_PTS "pts"
#define STAGE_VOL "vol"
#define STAGE_UPPER "up" /* where the upper layer is a file system of its own */
#define STAGE_FENCE_RUN "frun"

/* Where loginjail-enter finds init's socket, in the fence. */
#ifndef FENCE_INIT_SOCKET
#define FENCE_INIT_SOCKET "/run/loginjail/init.sock"
#endif

#endif
