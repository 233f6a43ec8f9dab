/* SPDX-License-Identifier: MIT */
#include "rlimit.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

static const struct {
	enum option_id id;
	int resource;
} rows[] = {
	{OPTION_nofile, RLIMIT_NOFILE}, {OPTION_nproc, RLIMIT_NPROC},	  {OPTION_core, RLIMIT_CORE},
	{OPTION_fsize, RLIMIT_FSIZE},	{OPTION_stack, RLIMIT_STACK},	  {OPTION_memlock, RLIMIT_MEMLOCK},
	{OPTION_as, RLIMIT_AS},		{OPTION_data, RLIMIT_DATA},	  {OPTION_cpu_time, RLIMIT_CPU},
};

_Static_assert(sizeof rows / sizeof *rows <= INIT_LIMITS_MAX, "all limits fit into the message");
_Static_assert(LIMIT_MAX == RLIM_INFINITY, "max is the kernel's word for it");

static const char *option_of(uint32_t resource)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].resource == (int)resource)
			return options[rows[i].id].name;
	return "?";
}

void rlimit_fill(const struct settings *set, struct init_spec *spec)
{
	spec->nlimits = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct limit_pair *want = settings_field_const(set, rows[i].id);
		struct init_limit *l = &spec->limits[spec->nlimits];
		struct rlimit have;

		if (want->hard == LIMIT_UNSET)
			continue;
		*l = (struct init_limit){
			.resource = (uint32_t)rows[i].resource, .soft = want->soft, .hard = want->hard};
		if (set->origin[rows[i].id].kind == ORIGIN_BUILTIN &&
		    getrlimit((__rlimit_resource_t)rows[i].resource, &have) == 0 && have.rlim_max < l->hard) {
			l->hard = have.rlim_max;
			if (l->soft > l->hard)
				l->soft = l->hard;
		}
		spec->nlimits++;
	}
}

int rlimit_allow(const struct init_spec *spec, pid_t init, struct err *err)
{
	for (uint32_t i = 0; i < spec->nlimits; i++) {
		const struct init_limit *l = &spec->limits[i];
		struct rlimit r;

		if (getrlimit((__rlimit_resource_t)l->resource, &r) < 0)
			return err_set(err, -errno, "the option %s", option_of(l->resource));
		if (l->hard <= r.rlim_max)
			continue;
		uint64_t have = r.rlim_max;

		r.rlim_max = l->hard;
		if (prlimit(init, (__rlimit_resource_t)l->resource, &r, NULL) < 0)
			return err_set(err, -errno,
				       "the option %s: its hard limit is above the %" PRIu64 " that sshd has, "
				       "and raising that is refused%s; write less, or give sshd more",
				       option_of(l->resource), have,
				       l->resource == RLIMIT_NOFILE ? " (see sysctl fs.nr_open)" : "");
	}
	return 0;
}
