/* SPDX-License-Identifier: MIT */
/*
 * PAM's stacks: that of sshd jails, those that "services" lists jail as well, and each other one that
 * has sessions refuses.
 */
#include <errno.h>
#include <string.h>

#include "cli/host.h"
#include "cli/pam_edit.h"
#include "cli/pam_services.h"
#include "cli/text.h"
#include "lib/scope.h"

#define BY_SETUP "loginjail setup --apply"

/* Does a section let its users in by this service? */
static bool is_listed(const struct host *h, const char *service)
{
	for (size_t i = 0; i < h->config->n_sections; i++) {
		const struct strings *list = &h->config->sections[i].settings.services;

		for (size_t k = 0; k < list->n; k++)
			if (strcmp(list->v[k], service) == 0)
				return true;
	}
	return false;
}

static int look_at(struct host *h, const char *service, const char *why, bool *ret_closed)
{
	_cleanup_free_ char *subject = text_format("PAM service %s", service);
	bool sshd = strcmp(service, "sshd") == 0, jails = sshd || is_listed(h, service);
	struct err err;
	int r = pam_service_has_session(&h->c, service, &err);

	*ret_closed = false;
	if ((r == 0 && !sshd) || !subject)
		return subject ? 0 : -ENOMEM;
	if (r == -EINVAL && !sshd) {
		/* PAM gives up at the same place, and lets nobody in. */
		*ret_closed = true;
		host_note(h, subject, "put its files right, or remove them", "it works for nobody: %s", err.text);
		return 0;
	}
	if (r >= 0)
		r = jails ? pam_check_jailing(&h->c, service, &err) : pam_check_refusing(&h->c, service, &err);
	*ret_closed = r == 0;
	if (r == -ENOENT)
		host_open(h, subject, BY_SETUP, "%s, and no line of type session has " PAM_MODULE_NAME, why);
	else if (r && r != -ENOMEM)
		host_open(h, subject, "then run " BY_SETUP, "%s: %s", why, err.text);
	return r == -ENOMEM ? r : 0;
}

/* A service that a file of another service's includes is one all the same, and only whoever runs it knows. */
static int look_at_part(struct host *h, const struct pam_part *part)
{
	_cleanup_free_ char *subject = text_format("PAM file %s", part->name);
	struct err err;
	int r = pam_service_has_session(&h->c, part->name, &err);

	if (r > 0)
		r = pam_check_refusing(&h->c, part->name, &err) ?: 1;
	else
		r = r == -ENOMEM ? r : 1;
	if (r == -ENOMEM || !subject)
		return -ENOMEM;
	if (r < 0)
		host_note(h, subject, "if a program has it for a service, put our line into it",
			  "%s includes it, and it was taken for a part of that and no service", part->by);
	return 0;
}

int host_pam(struct host *h)
{
	struct pam_services services;
	bool closed, found = false, manager = false, other = false;
	int r = pam_services_find(&h->c, &services);

	if (r)
		return r;
	r = look_at(h, "sshd", "its users get in without a jail", &closed);
	for (size_t i = 0; r == 0 && i < services.n; i++) {
		const char *name = services.v[i].name;

		r = look_at(h, name, services.v[i].why, &closed);
		if (strcmp(name, "systemd-user") == 0) {
			found = true;
			manager = closed;
		}
		other |= closed && strcmp(name, "other") == 0;
	}
	for (size_t i = 0; r == 0 && i < services.n_parts; i++)
		r = look_at_part(h, &services.parts[i]);
	/* Without a file PAM takes that of "other". */
	h->manager_refused = found ? manager : other;
	pam_services_clear(&services);
	return r;
}
