/* SPDX-License-Identifier: MIT */
/*
 * usage: sweep USER PAM_DIR ENTER SCRATCH COMMAND PART PARTS [BASE_PAM_DIR]
 * environment: SWEEP_PREPARE  a command that is run first, in its namespaces
 *              SWEEP_ROLES    only calls of these, by name
 *
 * Does to the login of USER by the service PAM_DIR/sshd every fault there is, or with
 * BASE_PAM_DIR those in calls that a login by that service does not make; of PARTS parts the
 * one with number PART (from 0).  In namespaces of its own: nobody else's jails are in
 * /run/loginjail and /srv/loginjail then, both below SCRATCH, or in the log.
 *
 * After each fault the login must have been refused, or have been whole: what the session
 * and the host saw of it is the same as without a fault.  Nothing is left of it, or what
 * a killed process leaves, and the next login is whole and nothing is left of both.
 *
 * Prints a line "not ok" for each that went wrong, and figures:
 *	figure ROLE error|kill CALLS FAULTS WHOLE REFUSED CUT DEAD UNREACHED LEFT WRONG
 */
#include "sweep.h"

#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <security/pam_appl.h>

/* What came of a login. */
enum outcome {
	WHOLE,
	REFUSED, /* by PAM */
	CUT,	 /* the jail was there, and the session was refused or ended */
	DEAD,	 /* the application itself was killed */
	WRONG,
	OUTCOMES,
};

struct figures {
	unsigned int calls, faults, outcome[OUTCOMES], unreached, left;
};

static struct login reference;
static struct figures figures[ROLE_MAX][3];

void die(const char *what)
{
	(void)fprintf(stderr, "sweep: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned int count_lines(const char *text, const char *with)
{
	unsigned int n = 0;

	while ((text = strstr(text, with))) {
		n++;
		text = strchr(text, '\n');
		if (!text)
			break;
	}
	return n;
}

/* Of a session that has begun. */
static enum outcome judge_session(const struct fault *f, const struct login *l, const char **why)
{
	const struct app_report *r = &l->app;
	int status = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : 128 + WTERMSIG(r->status);

	/* Whatever the end is, what there was of it is as it should be. */
	if (l->seen[0] && strcmp(l->seen, reference.seen) != 0)
		*why = "the session is not what it should be";
	else if (strcmp(r->fence, reference.app.fence) != 0)
		*why = "the fence is not what it should be";
	else if (strncmp(r->out, reference.app.out, strlen(r->out)) != 0)
		*why = "the command finds something else";
	else if (status == 0 && (!l->seen[0] || strcmp(r->out, reference.app.out) != 0 || r->err[0]))
		*why = "the session is less than it should be";
	else if (status == 0)
		return WHOLE;
	else if (strstr(r->err, "loginjail: "))
		return CUT;
	else if (f->kind == FAULT_KILL && status > 128)
		return CUT;
	else
		*why = "the session has failed, and nobody said why";
	return WRONG;
}

static enum outcome judge(const struct fault *f, const struct login *l, const char **why)
{
	const struct app_report *r = &l->app;
	const enum role role = f->call.role;
	unsigned int refusals = count_lines(log_lines(), "refused");

	*why = NULL;
	if (l->hung)
		*why = "it hangs";
	else if (!r->finished && f->kind == FAULT_KILL && role == ROLE_APP)
		return DEAD;
	else if (!r->finished && f->kind == FAULT_KILL && role == ROLE_START && refusals == 1)
		return DEAD;
	else if (!r->finished)
		*why = "the application died";
	else if (r->away && !strstr(log_lines(), "can't leave the fence"))
		*why = "the application is not back on the host";
	else if (r->descriptors)
		*why = "the application has other descriptors than before";
	else if (r->pam_open == PAM_SUCCESS && refusals)
		*why = "refused in the log, and let in";
	else if (r->pam_open == PAM_SUCCESS)
		return judge_session(f, l, why);
	else if (r->moved)
		*why = "refused, and yet moved";
	else if (!strstr(r->told, "loginjail: "))
		*why = "the user is told nothing";
	else if (refusals != 1)
		*why = refusals ? "more than one line in the log" : "no line in the log";
	else
		return REFUSED;
	return WRONG;
}

/* The first line in which they differ. */
static void print_difference(const char *want, const char *got)
{
	while (*want && *got) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		if (w != g || memcmp(want, got, w) != 0) {
			printf("#   got '%.*s', not '%.*s'\n", (int)g, got, (int)w, want);
			return;
		}
		want += w + (want[w] == '\n');
		got += g + (got[g] == '\n');
	}
	if (*want || *got)
		printf("#   got '%.80s' at the end, not '%.80s'\n", got, want);
}

static void print_lines(const char *what, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		printf("#   %s: %.*s\n", what, n > 300 ? 300 : (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void complain(const struct fault *f, const struct login *l, const char *after, const char *why)
{
	char how[64] = "no fault";

	if (f->kind == FAULT_KILL)
		(void)snprintf(how, sizeof how, "killed");
	else if (f->kind == FAULT_ERROR)
		(void)snprintf(how, sizeof how, "%s", strerrorname_np(f->call.error));
	printf("not ok - %s, %s %u: %s%s: %s\n", role_name[f->call.role], call_name(f->call.nr), f->call.n, how, after,
	       why);
	printf("#   PAM %d, session %#x, application %#x\n", l->app.pam_open, l->app.status, l->app_end);
	if (l->seen[0])
		print_difference(reference.seen, l->seen);
	if (l->app.fence[0])
		print_difference(reference.app.fence, l->app.fence);
	if (l->app.out[0])
		print_difference(reference.app.out, l->app.out);
	print_lines("told", l->app.told);
	print_lines("stderr", l->app.err);
	print_lines("log", log_lines());
}

static void try_fault(const struct account *u, const struct fault *f)
{
	static const struct fault none = {FAULT_NONE, {0}};
	static struct login l, next;
	struct figures *g = &figures[f->call.role][f->kind];
	const char *why, *left;
	enum outcome o;

	host_forget();
	log_forget();
	trace_login(u, f, &l, NULL, NULL);
	g->faults++;
	o = judge(f, &l, &why);
	if (!l.reached) {
		g->unreached++;
		printf("unreached: %s, %s %u\n", role_name[f->call.role], call_name(f->call.nr), f->call.n);
	}
	if (o == WRONG || (!l.reached && o != WHOLE))
		complain(f, &l, "", why ? why : "refused without a fault");
	left = host_left();
	if (left[0]) {
		g->left++;
		/* Who is killed can't clear up, and who can't clear up says so. */
		if (f->kind == FAULT_ERROR && !strstr(log_lines(), "left for ")) {
			complain(f, &l, ", left", left);
			o = WRONG;
		}
	}
	log_forget();
	trace_login(u, &none, &next, NULL, NULL);
	if (judge(&none, &next, &why) != WHOLE) {
		complain(f, &next, ", the next login", why ? why : "refused");
		o = WRONG;
	}
	left = host_left();
	if (left[0]) {
		complain(f, &next, ", left after the next login", left);
		o = WRONG;
		if (system("loginjail gc >/dev/null") != 0 || host_left()[0])
			printf("#   nor does gc take it: %s\n", host_left());
	}
	g->outcome[o]++;
	(void)fflush(stdout);
}

/* A login without a fault, which must be whole; its calls, for the caller to free. */
static size_t look_on(const struct account *u, bool first, struct call **calls)
{
	static const struct fault none = {FAULT_NONE, {0}};
	static struct login l;
	const char *why;
	size_t n = 0;

	*calls = NULL;
	host_forget();
	log_forget();
	trace_login(u, &none, &l, calls, &n);
	if (first)
		reference = l;
	if (judge(&none, &l, &why) != WHOLE || host_left()[0]) {
		complain(&none, &l, "", why ? why : host_left());
		print_lines("left", host_left());
		exit(1);
	}
	return n;
}

static size_t longest(const struct account *u, struct call **ret)
{
	size_t n = 0;

	*ret = NULL;
	for (int i = 0; i < 4; i++) {
		struct call *calls;
		size_t m = look_on(u, i == 0, &calls);

		if (m > n) {
			free(*ret);
			*ret = calls;
			n = m;
		} else {
			free(calls);
		}
	}
	return n;
}

/* Leave of the calls those that the others have no equal for; returns how many. */
static size_t subtract(struct call *calls, size_t n, struct call *others, size_t m)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < m && (others[k].role != calls[i].role || others[k].alike != calls[i].alike))
			k++;
		if (k < m)
			others[k].role = ROLE_NONE;
		else
			calls[kept++] = calls[i];
	}
	return kept;
}

static void find_user(struct account *u)
{
	const struct passwd *pw = getpwnam(u->name);

	if (!pw)
		die(u->name);
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	(void)snprintf(u->home, sizeof u->home, "%s", pw->pw_dir);
	(void)snprintf(u->shell, sizeof u->shell, "%s", pw->pw_shell);
}

static void world_of_its_own(const char *scratch)
{
	const char *prepare = getenv("SWEEP_PREPARE");

	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    (mkdir("/run/loginjail", 0700) < 0 && errno != EEXIST) ||
	    mount("tmpfs", "/run/loginjail", "tmpfs", 0, "mode=700") < 0 ||
	    mount(scratch, "/srv/loginjail", NULL, MS_BIND, NULL) < 0)
		die("a world of its own");
	if (prepare && system(prepare) != 0)
		die(prepare);
}

/* Is the role one of those that the caller has named, if any? */
static bool wanted(enum role role)
{
	const char *list = getenv("SWEEP_ROLES"), *at;

	return !list || ((at = strstr(list, role_name[role])) && (at == list || at[-1] == ' '));
}

/* Not by its place: another worker may have seen calls in another order. */
static size_t part_of(const struct call *c, size_t parts)
{
	return ((size_t)c->nr * 31 + (size_t)c->role * 7 + c->n) % parts;
}

static void print_figures(void)
{
	static const char *const kinds[] = {"", "error", "kill"};

	for (int role = ROLE_APP; role < ROLE_MAX; role++)
		for (int kind = FAULT_ERROR; kind <= FAULT_KILL; kind++) {
			const struct figures *g = &figures[role][kind];

			printf("figure %s %s %u %u", role_name[role], kinds[kind], g->calls, g->faults);
			for (int o = 0; o < WRONG; o++)
				printf(" %u", g->outcome[o]);
			printf(" %u %u %u\n", g->unreached, g->left, g->outcome[WRONG]);
		}
}

int main(int argc, char **argv)
{
	struct account u = {0};
	struct call *calls, *base;
	size_t n, part, parts;

	if (argc != 8 && argc != 9) {
		(void)fprintf(stderr, "usage: sweep USER PAM_DIR ENTER SCRATCH COMMAND PART PARTS [BASE_PAM_DIR]\n");
		return 100;
	}
	u.name = argv[1];
	u.enter = argv[3];
	u.command = argv[5];
	part = strtoul(argv[6], NULL, 10);
	parts = strtoul(argv[7], NULL, 10);
	find_user(&u);
	world_of_its_own(argv[4]);
	log_begin(argv[4]);
	host_begin(u.uid);
	if (argc == 9) {
		size_t m;

		u.pam_dir = argv[8];
		m = longest(&u, &base);
		u.pam_dir = argv[2];
		n = longest(&u, &calls);
		n = subtract(calls, n, base, m);
		free(base);
	} else {
		u.pam_dir = argv[2];
		n = longest(&u, &calls);
	}
	for (size_t i = 0; i < n; i++) {
		if (!wanted(calls[i].role))
			continue;
		for (int kind = FAULT_ERROR; kind <= FAULT_KILL; kind++) {
			const struct fault f = {(enum fault_kind)kind, calls[i]};

			figures[calls[i].role][kind].calls++;
			if (part_of(&calls[i], parts) == part && (kind == FAULT_KILL || calls[i].error))
				try_fault(&u, &f);
		}
	}
	print_figures();
	free(calls);
	return 0;
}
