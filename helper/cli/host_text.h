/* SPDX-License-Identifier: MIT */
/* What check --host reads out of the files and the output of others.  pure, all of it. */
#ifndef LOGINJAIL_CLI_HOST_TEXT_H
#define LOGINJAIL_CLI_HOST_TEXT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whom a line of /etc/crontab or /etc/cron.d runs its command as: the field after the times.  The
 * caller's; NULL for a line without a command, and without memory.
 */
char *cron_line_user(const char *line);

/* Does a ~/.forward or ~/.qmail hold more than addresses and files: commands, or rules? */
bool forward_runs(const char *text);

/*
 * Does a rule of sudo's, in the text of a file, name the user or its uid?  Rather once too often
 * than not: as part of another word, or in a comment.
 */
bool sudoers_name(const char *text, const char *name, uid_t uid);

/* May rules tell users of the same groups apart without naming them: by netgroups, more files? */
bool sudoers_others(const char *text);

/* Does sudo.conf leave it at sudo's own plugins, without options such as another file of rules? */
bool sudo_conf_usual(const char *conf);

/* Where does nsswitch.conf say that sudo's rules are: in files only? */
bool sudoers_in_files(const char *nsswitch);

/* What sudo -l -U has said, in the language C: may the user run something? */
bool sudo_allows(const char *said);

/* Is a kernel's release ("6.1.0-18-amd64") that version or a later one? */
bool kernel_at_least(const char *release, unsigned major, unsigned minor);

#endif
