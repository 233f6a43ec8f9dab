# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests in escape/: leaving marks, and telling where they were made.
#
# A payload writes a line into MARKS, a directory of the host that everybody can
# write to and that every jail gets as a bind mount; so a mark is seen wherever
# it was made.  The line holds the mount namespace the payload ran in, or a word
# if it could not tell.

MARKS=/srv/marks

marks_begin() {
	rm -rf "$MARKS"
	mkdir -m 1777 "$MARKS"
}

# Shell text that leaves a mark: for bash, zsh, dash; fish and csh take the
# second form.  No program is needed but readlink.
mark_sh() { # NAME
	printf '{ readlink /proc/self/ns/mnt || echo unknown; } >>%s/%s 2>/dev/null\n' "$MARKS" "$1"
}
mark_csh() {
	printf '( readlink /proc/self/ns/mnt || echo unknown ) >>& %s/%s\n' "$MARKS" "$1"
}
mark_fish() {
	printf 'begin; readlink /proc/self/ns/mnt; or echo unknown; end >>%s/%s 2>/dev/null\n' \
		"$MARKS" "$1"
}

# A library that leaves a mark wherever it is loaded.
mark_library() { # FILE NAME
	cat >"$T/evil.c" <<-EOS
		#include <fcntl.h>
		#include <string.h>
		#include <unistd.h>
		__attribute__((constructor)) static void mark(void)
		{
			char text[64] = "unknown";
			ssize_t n = readlink("/proc/self/ns/mnt", text, sizeof(text) - 2);
			int fd = open("$MARKS/$2", O_WRONLY | O_CREAT | O_APPEND, 0666);

			if (n > 0)
				text[n] = 0;
			strcat(text, "\n");
			if (write(fd, text, strlen(text)) < 0)
				_exit(99);
			close(fd);
		}
	EOS
	cc -shared -fPIC -o "$1" "$T/evil.c"
}

# marked_on_host NAME: the attack worked (the proof that the test bites).
marked_on_host() { grep -qxF "$HOST_MNT" "$MARKS/$1" 2>/dev/null; }

# Marks of NAME that were not made in the mount namespace $2 of the jail.
marked_outside() {
	[[ -f $MARKS/$1 ]] && grep -vxF "$2" "$MARKS/$1"
}

# bites NAME WHAT / held NAME JAIL-NAMESPACE WHAT, as assertions
bites() { ok "without a jail: $2 runs on the host" marked_on_host "$1"; }
held() {
	local out
	out=$(marked_outside "$1" "$2")
	is "$out" '' "$3 does not run outside the jail"
}

# The namespace of a live jail.
jail_mnt() { ns "$(jail_init "$1")" mnt; }
