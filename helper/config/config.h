/* SPDX-License-Identifier: MIT */
/* jail.ini, read whole and checked. */
#ifndef LOGINJAIL_CONFIG_H
#define LOGINJAIL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/options.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#define CONFIG_PATH SYSCONFDIR "/loginjail/jail.ini"

#define CONFIG_SIZE_MAX (1024 * 1024)
#define CONFIG_LINE_MAX 198 /* without the newline: what inih as packaged takes */
#define CONFIG_SECTIONS_MAX 1000
#define CONFIG_ERRORS_MAX 1000

struct section {
	char *name;    /* of [jail NAME]; "defaults" of [defaults] */
	unsigned line; /* of the header; 0 for a [defaults] that is not in the file */
	struct settings settings; /* complete: what the file leaves out is filled in */

	/* What is written in this section: 0 and NULL where nothing is. */
	unsigned text_line[OPTION_MAX];
	char *text[OPTION_MAX]; /* NULL as well if it was wrong */
};

struct config_error {
	const char *file; /* the config's path; not owned */
	unsigned line;	  /* 0: of the file as a whole */
	char *text;	  /* one sentence with the remedy, no full stop */
};

struct config {
	char *path;
	struct section defaults; /* its settings are usable even if the file has none */
	struct section *sections;
	size_t n_sections;
	struct config_error *errors; /* in order of lines */
	size_t n_errors;
	/*
	 * An error may concern who is matched: a header, a who option, an unknown
	 * key, a line that can't be read.  Else all errors are about the value of
	 * known other options, and a user whom no section matches is not concerned.
	 */
	bool who_unsure;
	/* The file can't be read, or others than root could have written it. */
	bool untrusted;
};

/*
 * Read jail.ini.  The file and each directory above it must be owned by root and
 * not be writable for group or others; no part of the path may be a symbolic link.
 * path must be absolute (-EINVAL).
 *
 * Returns 0 with a config whenever there is memory for one: whatever is wrong
 * with the file is in its errors (n_errors > 0), never to be ignored.  -ENOMEM, or
 * another -errno where not even / can be opened.
 */
int config_read(const char *path, struct config **ret);

/*
 * The same for a path below dirfd, trusting root and owner.  The directories
 * checked are that of dirfd itself and those below it.  name is the path as
 * messages shall show it.
 */
int config_read_at(int dirfd, const char *path, const char *name, uid_t owner,
		   struct config **ret);

/* The same for text in memory, no questions of trust asked. text need not end with a NUL. */
int config_parse(const char *name, const char *text, size_t len, struct config **ret);

/* Add an error found by somebody else. line 0 as in struct config_error. -ENOMEM. */
int config_add_error(struct config *config, unsigned line, bool who, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The section of that name or NULL. */
const struct section *config_section(const struct config *config, const char *name);

/* The last part of the path, for messages. */
const char *config_short_name(const struct config *config);

/* NULL is allowed. */
void config_free(struct config *config);

static inline void scope_config_free(struct config **config)
{
	config_free(*config);
}

#define _cleanup_config_ __attribute__((cleanup(scope_config_free)))

#endif
