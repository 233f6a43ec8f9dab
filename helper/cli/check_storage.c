/* SPDX-License-Identifier: MIT */
#include "cli/check_storage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "lib/scope.h"

/* The file system that path is on, or will be. */
static int file_system_of(const char *path, struct statvfs *ret)
{
	char at[PATH_MAX];

	snprintf(at, sizeof at, "%s", path);
	while (statvfs(at, ret) < 0) {
		char *slash = strrchr(at, '/');

		if (errno != ENOENT || !slash || strcmp(at, "/") == 0)
			return -errno;
		slash[slash == at] = '\0';
	}
	return 0;
}

int check_storage(struct config *config, const struct section *section)
{
	const char *state = config->defaults.settings.state;
	const struct settings *set = &section->settings;
	_cleanup_free_ char *size = NULL;
	struct statvfs fs;
	int r;

	/* What comes from [defaults] is looked at there, once. */
	if (!section->text[OPTION_disk] || set->disk == NO_LIMIT || set->storage == STORAGE_MEMORY ||
	    file_system_of(state, &fs) < 0 || set->disk <= (uint64_t)fs.f_blocks * fs.f_frsize)
		return 0;
	r = option_print(OPTION_disk, set, &size);
	if (r)
		return r;
	return config_add_error(config, section->text_line[OPTION_disk], false,
				"disk: '%s' is more than the file system of %s has (state)", size, state);
}
