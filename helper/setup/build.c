/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>

#include "fence.h"
#include "filter/builtin.h"
#include "filter/cache.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/scope.h"
#include "lib/sys.h"
#include "lib/wire.h"
#include "mnt.h"
#include "net.h"
#include "spawn.h"
#include "tree/tree.h"

/* The instance and its socket. */
static int make_instance(struct jail *j, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int r;

	r = state_instance_new(&j->state, j->id->uid, j->instance, err);
	if (r < 0)
		return r;
	j->instance_dir = r;
	j->keeper_sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(sa.sun_path, sizeof sa.sun_path, RUNDIR "/jail/%s/keeper.sock", j->instance);
	if (j->keeper_sock < 0 || bind(j->keeper_sock, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    listen(j->keeper_sock, 128) < 0)
		return err_set(err, -errno, "making %s", sa.sun_path);
	return 0;
}

static int own_mounts(struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_set(err, -errno, "a mount namespace of our own");
	/* Private, not slave: a later mount of the host must not appear inside. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(err, -errno, "making our mounts private");
	return 0;
}

/*
 * What we clone or build from must be opened in the mount namespace that we
 * clone in: the kernel refuses the descriptors of another.
 */
static int open_all(struct jail *j, struct err *err)
{
	struct stat st;

	j->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	j->host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	j->fence_ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (j->proc < 0 || j->host < 0 || j->fence_ns < 0)
		return err_set(err, -errno, "/proc");
	j->enter_fd = open(LIBEXECDIR "/loginjail-enter", O_PATH | O_CLOEXEC);
	if (j->enter_fd < 0 || fstat(j->enter_fd, &st) < 0)
		return err_set(err, -errno, LIBEXECDIR "/loginjail-enter");
	/* Not readable for the user, so that its processes can't be dumped, traced
	 * or written to from birth on. */
	if (st.st_uid != 0 || (st.st_mode & 07777) != 0711)
		return err_set(err, -EPERM, LIBEXECDIR
			       "/loginjail-enter must be root's, mode 0711 (it is %u's, %04o)",
			       st.st_uid, st.st_mode & 07777);
	j->init_fd = open(LIBEXECDIR "/loginjail-init", O_RDONLY | O_CLOEXEC);
	if (j->init_fd < 0)
		return err_set(err, -errno, LIBEXECDIR "/loginjail-init");
	/* In the fence there is none; the keeper opens it when nobody waits any more. */
	j->kmsg = open("/dev/kmsg", O_PATH | O_CLOEXEC);
	return tree_is_host(j) ? 0 : rootfs_open(j->set->trees, j->set->root, &j->rootfs, err);
}

static int open_net(struct jail *j, struct err *err)
{
	char path[32];
	int r = spawn_expect(j, INIT_NETWORK, "making its namespaces", err);

	if (r || j->set->network == NETWORK_HOST)
		return r;
	snprintf(path, sizeof path, "%d/ns/net", j->init_pid);
	j->net_ns = openat(j->proc, path, O_RDONLY | O_CLOEXEC);
	return j->net_ns < 0 ? err_set(err, -errno, "the jail's network namespace") : 0;
}

/* For sshd's session in place of the jail's: not even a loopback that is up. */
static int seclude_sshd(struct jail *j, struct err *err)
{
	_cleanup_close_ int home = openat(j->proc, "thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd, r = 0;

	if (home < 0)
		return err_set(err, -errno, "our own network namespace");
	if (unshare(CLONE_NEWNET) < 0)
		return err_set(err, -errno, "a network namespace for sshd (see sysctl user.max_net_namespaces)");
	fd = openat(j->proc, "thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		r = err_set(err, -errno, "a network namespace for sshd");
	if (setns(home, CLONE_NEWNET) < 0)
		r = err_set(err, -errno, "leaving the network namespace for sshd");
	if (fd >= 0) {
		scope_close(&j->net_ns);
		j->net_ns = fd;
	}
	return r;
}

/* Whose file was changed after it was compiled gets no jail, rather than one of the old. */
static int choose_filter(struct jail *j, struct err *err)
{
	const unsigned variant = filter_variant(j->set);
	const enum filter_kind kind = filter_kind(j->set->seccomp);
	int r;

	if (kind != FILTER_FILE) {
		j->filter = filter_builtin(kind, variant, &j->filter_len);
		return 0;
	}
	r = filter_cache_load(j->storage.state, j->set->seccomp, variant, &j->filter_text, &j->filter_len, err);
	j->filter = j->filter_text;
	return r;
}

/*
 * The order, with its reasons:
 *  - the cgroups are made beside everything else (cgroup_job.h), but where init
 *    can be born in one;
 *  - the user's persistent storage is taken first: PID 1 inherits its lock;
 *  - init is cloned as early as possible: it makes its other namespaces (the
 *    network's alone takes as long as all our mounts) while we mount;
 *  - the user namespace must be there before the tree is mounted by its map;
 *  - init copies our mounts and takes its root while we build the fence;
 *  - we ourselves go into the fence last: our mount namespace becomes it.  What
 *    is unmounted is unmounted in one go, since the kernel waits for RCU each time.
 */
static int build(struct jail *j, struct err *err)
{
	int r;

	r = network_has_link(j->set->network) ? gate_make(&j->gate, &j->set->gate, j->state.run, err) : 0;
	if (!r)
		r = own_mounts(err);
	if (!r)
		r = open_all(j, err);
	if (!r && j->set->home == HOME_BIND)
		r = tree_open_home(j, err);
	if (!r)
		r = storage_open(j, err);
	if (!r)
		r = choose_filter(j, err);
	if (!r)
		r = make_instance(j, err);
	if (!r)
		r = cgroup_job_start(&j->cgroup_job, &j->cgroup, j->instance, j->set, j->slots.fd,
				     j->storage.state, j->home_fd, err);
	if (!r)
		r = tree_stage(j, err);
	if (!r)
		r = fence_init_socket(j, err);
	if (!r)
		r = spawn_init(j, err);
	if (j->init_pid > 0)
		cgroup_job_born(&j->cgroup_job, j->init_pid);
	if (!r)
		r = storage_make(j, err);
	if (!r)
		r = tree_fill(j, err);
	if (!r)
		r = tree_mount(j, err);
	if (!r)
		r = storage_bound(j, err);
	if (!r)
		r = open_net(j, err);
	if (!r && network_has_link(j->set->network))
		r = net_make(j, err);
	if (!r && j->set->forwarding == ANSWER_NO)
		r = seclude_sshd(j, err);
	if (!r)
		r = spawn_tell(j, INIT_TREE, err);
	if (!r)
		r = fence_mount(j, err);
	if (!r)
		r = spawn_expect(j, INIT_COPIED, "copying the mounts", err);
	/* Limits that could not be set refuse the login; only the move may come later.
	 * Before the root changes, which it does for the job's thread, too. */
	if (!r)
		r = cgroup_job_created(&j->cgroup_job, err);
	if (!r)
		r = fence_enter(j, err);
	if (!r)
		r = spawn_expect(j, INIT_ROOTED, "taking its root", err);
	return r;
}

void build_finish(struct jail *j)
{
	scope_close(&j->proc);
	scope_close(&j->host);
	scope_close(&j->rootfs.fd);
	scope_close(&j->userns);
	scope_close(&j->stage);
	scope_close(&j->tree);
	scope_close(&j->home_fd);
	scope_close(&j->enter_fd);
	scope_close(&j->init_fd);
	scope_close(&j->init_sock);
	storage_built(&j->storage);
	scope_close(&j->layer.dir);
	scope_close(&j->layer.host);
	layer_clear(&j->layer);
	free(j->filter_text);
	j->filter_text = NULL;
	j->filter = NULL;
	free(j->group_text);
	j->group_text = NULL;
	subid_files_free(&j->subid_files);
	free(j->resolv_text);
	j->resolv_text = NULL;
	j->host = j->rootfs.fd = -EBADF;
	j->proc = j->userns = j->stage = j->tree = j->home_fd = -EBADF;
	j->enter_fd = j->init_fd = j->init_sock = j->layer.dir = j->layer.host = -EBADF;
}

int build_jail(struct jail *j, struct err *err)
{
	int r = build(j, err);

	if (!r)
		return 0;
	build_finish(j);
	if (j->init_pidfd >= 0) {
		(void)syscall(SYS_pidfd_send_signal, j->init_pidfd, SIGKILL, NULL, 0);
		/* Reaped after that: until then its pid is nobody else's. */
		(void)cgroup_job_end(&j->cgroup_job, NULL);
		(void)waitpid(j->init_pid, NULL, 0);
		scope_close(&j->init_pidfd);
		j->init_pidfd = -EBADF;
	}
	(void)cgroup_job_end(&j->cgroup_job, NULL);
	/* What is a mount point for us, we can't remove. */
	if (j->instance[0]) {
		char at[sizeof RUNDIR + 8 + INSTANCE_MAX];

		snprintf(at, sizeof at, RUNDIR "/jail/%s", j->instance);
		(void)umount2(at, MNT_DETACH);
	}
	build_remove(j);
	return r;
}

int build_open(struct jail *j, struct err *err)
{
	int r = cgroup_job_end(&j->cgroup_job, err);

	return r ? r : spawn_tell(j, INIT_OPEN, err);
}

void build_remove(struct jail *j)
{
	int r, k;

	if (!j->instance[0])
		return;
	net_end(j);
	r = cgroup_remove(&j->cgroup, j->instance);
	if (r)
		log_line(LOG_WARNING, "jail %s: removing its cgroup: %s", j->instance, strerror(-r));
	k = storage_remove(j);
	if (k) {
		log_line(LOG_WARNING, "jail %s: removing its upper layer: %s", j->instance, strerror(-k));
		r = k;
	}
	/* The record stays as long as there is something that it leads to. */
	if (!r)
		r = state_instance_remove(&j->state, j->instance);
	if (r)
		log_line(LOG_WARNING, "jail %s: left for 'loginjail gc': %s", j->instance, strerror(-r));
	j->instance[0] = '\0';
}
