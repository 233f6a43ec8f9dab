/* SPDX-License-Identifier: MIT */
#include "cli/net_switch.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "cli/jails.h"
#include "cli/verbs.h"
#include "gate/by_hand.h"
#include "lib/scope.h"
#include "setup/gc.h"
#include "setup/state.h"

#define ROW "%-16s %-14s %-20s %s\n"

/* Whose network: of all, of a section, or of a user. */
struct subject {
	const char *section;
	uid_t uid;
	bool off;
};

/*
 * Its keeper was killed, and its PID 1 with it: but what sshd forwards for a login goes on
 * over its link, which nobody is left to close.
 */
static int cut_dead(const char *instance)
{
	struct state state;
	struct err err;
	int r = state_open(&state, &err);

	if (!r && (r = gc_cut_off(&state, instance)) < 0)
		err_set(&err, r, "removing the link of %s", instance);
	state_close(&state);
	if (!r)
		return EXIT_OK;
	fprintf(stderr, "loginjail: %s\n", err.text);
	return EXIT_ERRORS;
}

static bool is_about(const struct subject *s, const struct keeper_status *jail)
{
	if (s->section)
		return !strcmp(s->section, jail->section);
	return s->uid == 0 || s->uid == jail->uid;
}

/* Who lives on with an older program knows no such question, and goes on as it was. */
static int no_answer(const char *instance, int r)
{
	struct keeper_status s;

	if (r == -ENOENT || r == -ECONNREFUSED || jails_status(instance, &s))
		return EXIT_OK;
	if (r != -ENODATA)
		return jails_say(instance, r);
	fprintf(stderr, "loginjail: %s of %s is kept by an older loginjail, which does not know how to open and close "
		"a network: 'loginjail kill %s' ends it\n", instance, s.user, s.user);
	return EXIT_ERRORS;
}

/* To ask a keeper makes it follow what was switched. */
static int follow(const char *instance, void *arg)
{
	const struct subject *s = arg;
	struct keeper_status jail;
	struct keeper_net n;
	int r = jails_status(instance, &jail);

	if (r == -ECONNREFUSED && s->off)
		return cut_dead(instance);
	if (r == -ENOENT || r == -ECONNREFUSED || r == -ENODATA || r == -EPIPE || r == -ECONNRESET)
		return EXIT_OK; /* ended while we looked */
	if (r)
		return jails_say(instance, r);
	if (!is_about(s, &jail))
		return EXIT_OK;
	r = jails_ask(instance, KEEPER_NET, &n, sizeof n);
	if (r)
		return no_answer(instance, r);
	n.text[sizeof n.text - 1] = '\0';
	if (n.linked)
		printf(ROW, jail.user, jail.section, instance, n.text);
	return EXIT_OK;
}

static int show(const struct subject *s)
{
	struct subject about = *s;

	printf(ROW, "USER", "JAIL", "INSTANCE", "NETWORK");
	return jails_each(follow, &about);
}

int net_status(void)
{
	return show(&(struct subject){.off = false});
}

/* jail:NAME and user:NAME are for what would be both. */
static int find_subject(const struct config *config, const char *name, struct subject *ret)
{
	const bool only_jail = !strncmp(name, "jail:", 5), only_user = !strncmp(name, "user:", 5);
	const char *word = only_jail || only_user ? name + 5 : name;
	const struct section *section = only_user ? NULL : config_section(config, word);
	const struct passwd *pw = only_jail ? NULL : getpwnam(word);

	if (section && pw) {
		fprintf(stderr, "loginjail: '%s' is a jail and a user: write jail:%s or user:%s\n", word, word, word);
		return EXIT_ERRORS;
	}
	if (!section && (!pw || pw->pw_uid == 0)) {
		fprintf(stderr, "loginjail: '%s' is neither a jail of %s nor a user who could have one\n", name,
			config->path);
		return EXIT_ERRORS;
	}
	*ret = (struct subject){.section = section ? section->name : NULL, .uid = section ? 0 : pw->pw_uid};
	return EXIT_OK;
}

int net_switch_by_hand(const struct config *config, const char *name, bool off)
{
	struct subject s = {.off = false};
	struct state state;
	struct err err;
	int r = name ? find_subject(config, name, &s) : EXIT_OK;

	if (r)
		return r;
	r = state_open(&state, &err);
	if (!r && !name && !off)
		r = by_hand_clear(state.run, &err);
	else if (!r)
		r = by_hand_set(state.run, s.section, s.uid, off, &err);
	state_close(&state);
	if (r) {
		fprintf(stderr, "loginjail: %s\n", err.text);
		return EXIT_TEMPFAIL;
	}
	s.off = off;
	return show(&s);
}
