/* SPDX-License-Identifier: MIT */
#include "cli/check_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/number.h"
#include "lib/fdio.h"
#include "lib/scope.h"
#include "cgroup/cgroup_limits.h"

/* What the machine has; UINT64_MAX where that can't be told. */
struct machine {
	uint64_t memory, swap; /* bytes */
	uint64_t cpus, pids, files;
	char online[512]; /* as the kernel lists processors; "" is unknown */
	struct cgroup cgroup;
	int state; /* the directory for upper layers; negative: not there yet */
};

static uint64_t read_number(const char *path)
{
	char text[32];
	uint64_t n;

	if (read_file_at(AT_FDCWD, path, text, sizeof text) < 0 || sscanf(text, "%" SCNu64, &n) != 1)
		return UINT64_MAX;
	return n;
}

static uint64_t meminfo(const char *text, const char *key)
{
	const char *p = strstr(text, key);
	uint64_t kib;

	return p && sscanf(p + strlen(key), ": %" SCNu64, &kib) == 1 ? kib * 1024 : UINT64_MAX;
}

static void look_at(struct machine *m, const char *state)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char text[8192];
	struct err err;

	if (read_file_at(AT_FDCWD, "/proc/meminfo", text, sizeof text) < 0)
		text[0] = '\0';
	m->memory = meminfo(text, "MemTotal");
	m->swap = meminfo(text, "SwapTotal");
	m->cpus = cpus > 0 ? (uint64_t)cpus : UINT64_MAX;
	m->pids = read_number("/proc/sys/kernel/pid_max");
	m->files = read_number("/proc/sys/fs/nr_open");
	if (read_file_at(AT_FDCWD, "/sys/devices/system/cpu/online", m->online, sizeof m->online) < 0)
		m->online[0] = '\0';
	m->online[strcspn(m->online, "\n")] = '\0';
	/* Without any: what needs one is told of below. */
	if (cgroup_find(&m->cgroup, 0, CGROUP_ALL, &err) < 0)
		m->cgroup.ntrees = 0;
	m->state = open(state, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int too_much(struct config *config, unsigned line, enum option_id id, uint64_t n, uint64_t has,
		    const struct unit *units)
{
	_cleanup_free_ char *wanted = NULL;
	_cleanup_free_ char *there = NULL;

	if (n <= has)
		return 0;
	if (number_print(n, units, &wanted) < 0 || number_print(has, units, &there) < 0)
		return -ENOMEM;
	return config_add_error(config, line, false, "%s: %s is more than this machine has: at most %s",
				options[id].name, wanted, there);
}

/* Of the processors in the list, are all among those that are on? */
static int check_cpus(struct config *config, unsigned line, const char *cpus, const struct machine *m)
{
	_cleanup_free_ char *both = NULL;
	struct settings all = {.cpus = NULL};
	int r = 0;

	if (!*cpus || !m->online[0])
		return 0;
	if (asprintf(&both, "%s,%s", m->online, cpus) < 0)
		return -ENOMEM;
	/* Both together are no more than what is on. */
	if (option_parse(OPTION_cpus, both, &all, NULL) == 0 && strcmp(all.cpus, m->online) != 0)
		r = config_add_error(config, line, false, "cpus: %s is more than this machine has: it has %s", cpus,
				     m->online);
	free(all.cpus);
	return r;
}

static int check_amount(struct config *config, const struct section *section, enum option_id id,
			const struct machine *m)
{
	const struct settings *s = &section->settings;
	unsigned line = section->text_line[id];

	switch (id) {
	case OPTION_memory:
		return too_much(config, line, id, s->memory, m->memory, size_units);
	case OPTION_memory_high:
		return too_much(config, line, id, s->memory_high, m->memory, size_units);
	case OPTION_swap:
		return s->swap == LIMIT_MAX ? 0 : too_much(config, line, id, s->swap, m->swap, size_units);
	case OPTION_pids:
		return too_much(config, line, id, s->pids, m->pids, NULL);
	case OPTION_nproc:
		return s->nproc.hard >= LIMIT_UNSET ? 0
						    : too_much(config, line, id, s->nproc.hard, m->pids, NULL);
	case OPTION_nofile:
		return too_much(config, line, id, s->nofile.hard, m->files, NULL);
	case OPTION_cpu:
		if (m->cpus == UINT64_MAX || s->cpu <= m->cpus * 1000)
			return 0;
		return config_add_error(config, line, false,
					"cpu: %" PRIu64 "%% is more than this machine has: at most %" PRIu64 "%%",
					s->cpu / 10, m->cpus * 100);
	case OPTION_cpus:
		return check_cpus(config, line, s->cpus, m);
	default:
		return 0;
	}
}

/* Homes are the users', and looked at when they log in. */
static int check_device(struct config *config, const struct section *section, enum option_id id,
			const struct machine *m)
{
	struct cgroup_limits l = {.set = &section->settings};
	struct err err;

	if (id != OPTION_io_read && id != OPTION_io_write && id != OPTION_io_read_ops && id != OPTION_io_write_ops)
		return 0;
	if (m->state < 0 || !cgroup_limits_io(l.set) ||
	    cgroup_limits_add_device(&l, m->state, "the upper layer (state)", &err) == 0)
		return 0;
	return config_add_error(config, section->text_line[id], false, "%s: %s", options[id].name, err.text);
}

static int check_section(struct config *config, const struct section *section, const struct machine *m)
{
	int r = 0;

	for (int i = 0; i < OPTION_MAX && !r; i++) {
		enum option_id id = (enum option_id)i;
		struct err err;

		/* What comes from [defaults] is looked at there, once. */
		if (!section->text[id])
			continue;
		if (cgroup_limits_possible(&m->cgroup, id, &section->settings, &err) < 0)
			r = config_add_error(config, section->text_line[id], false, "%s: %s", options[id].name,
					     err.text);
		else
			r = check_device(config, section, id, m);
		if (!r)
			r = check_amount(config, section, id, m);
	}
	return r;
}

int check_limits(struct config *config)
{
	struct machine m;
	int r;

	look_at(&m, config->defaults.settings.state);
	r = check_section(config, &config->defaults, &m);
	for (size_t i = 0; i < config->n_sections && !r; i++)
		r = check_section(config, &config->sections[i], &m);
	cgroup_close(&m.cgroup);
	scope_close(&m.state);
	return r;
}
