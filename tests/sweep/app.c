/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_appl.h>

/* What of a run is in the file goes into a text. */
static void take(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	(void)close(fd);
}

static int converse(int n, const struct pam_message **msg, struct pam_response **ret, void *data)
{
	struct app_report *r = data;

	*ret = calloc((size_t)n, sizeof **ret);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(r->told);

		(void)snprintf(r->told + len, sizeof r->told - len, "%s\n", msg[i]->msg);
	}
	return *ret ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* The namespaces that the module changes. */
struct place {
	ino_t mnt, net;
};

static struct place place_now(void)
{
	struct stat mnt = {0}, net = {0};

	/* There is no /proc of ours in the fence, which then is another place as well. */
	(void)stat("/proc/self/ns/mnt", &mnt);
	(void)stat("/proc/self/ns/net", &net);
	return (struct place){mnt.st_ino, net.st_ino};
}

static bool place_same(struct place a, struct place b)
{
	return a.mnt == b.mnt && a.net == b.net;
}

/* As sshd's child does, and from here on the kernel is all that we need. */
_Noreturn static void become_user(const struct account *u, int out, int err)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)u->enter, NULL}, *envp[6];

	if (asprintf(&envp[0], "SSH_ORIGINAL_COMMAND=%s", u->command) < 0 ||
	    asprintf(&envp[1], "HOME=%s", u->home) < 0 ||
	    asprintf(&envp[2], "SHELL=%s", u->shell) < 0 || asprintf(&envp[3], "USER=%s", u->name) < 0)
		_exit(111);
	envp[4] = (char *)"PATH=/usr/bin:/bin";
	envp[5] = NULL;
	if (dup2(out, 1) < 0 || dup2(err, 2) < 0 || syscall(SYS_close_range, 3, ~0U, 0) < 0 ||
	    setgroups(1, &u->gid) < 0 || setresgid(u->gid, u->gid, u->gid) < 0 ||
	    setresuid(u->uid, u->uid, u->uid) < 0 || setsid() < 0)
		_exit(111);
	(void)execve(u->shell, argv, envp);
	_exit(112);
}

static struct app_report *report;

static int note_file(const char *path, const struct stat *st, int type, struct FTW *place)
{
	size_t len = strlen(report->fence);

	(void)type;
	(void)place;
	(void)snprintf(report->fence + len, sizeof report->fence - len, "fence %s %o %u:%u %ld\n", path, st->st_mode,
		       st->st_uid, st->st_gid, S_ISREG(st->st_mode) ? (long)st->st_size : 0);
	return 0;
}

/* All that there is but for other file systems' content. */
static void look_around(struct app_report *r)
{
	static const char *const tops[] = {"/", "/dev", "/run"};

	report = r;
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
		(void)nftw(tops[i], note_file, 8, FTW_PHYS | FTW_MOUNT);
}

static void run_command(const struct account *u, struct app_report *r)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	pid_t pid = fork();

	if (pid == 0)
		become_user(u, out, err);
	r->ran = pid > 0 && waitpid(pid, &r->status, 0) == pid;
	take(out, r->out, sizeof r->out);
	take(err, r->err, sizeof r->err);
}

void app_run(const struct account *u, struct app_report *r)
{
	const struct pam_conv conv = {converse, r};
	pam_handle_t *pamh;
	struct place home;

	r->pam_open = -1;
	/* All modules are loaded by the first call. */
	if (pam_start_confdir("sshd", u->name, &conv, u->pam_dir, &pamh) != PAM_SUCCESS ||
	    pam_setcred(pamh, PAM_ESTABLISH_CRED) != PAM_SUCCESS)
		_exit(113);
	/* Its socket is the C library's. */
	openlog("sweep", LOG_NDELAY, LOG_AUTHPRIV);
	r->descriptors = descriptors();
	home = place_now();
	if (pam_acct_mgmt(pamh, 0) == PAM_SUCCESS)
		r->pam_open = pam_open_session(pamh, 0);
	r->moved = r->pam_open != PAM_SUCCESS && !place_same(home, place_now());
	if (r->pam_open == PAM_SUCCESS) {
		look_around(r);
		run_command(u, r);
	}
	if (r->pam_open == PAM_SUCCESS)
		(void)pam_close_session(pamh, 0);
	(void)pam_end(pamh, PAM_SUCCESS);
	r->away = !place_same(home, place_now());
	r->descriptors = descriptors() - r->descriptors;
	r->finished = true;
	_exit(0);
}
