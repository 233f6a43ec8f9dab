# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Waiting.  Where something signals the event, block on that (a pipe, wait, a
# line of a coprocess); this is for state that nothing signals, and is bounded.

# eventually COMMAND...: true as soon as the command is; false after WITHIN
# (default 10) seconds.
eventually() {
	local end=$((SECONDS + ${WITHIN:-10} + 1))
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

not() { ! "$@"; }

# Shell text as the condition: eventually_sh '[[ -e x ]]'
eventually_sh() { eventually eval "$1"; }

logged() { grep -qE -- "$1" "$LOG"; }

# What was logged since the last log_mark.
log_mark() { log_from=$(($(stat -c %s "$LOG" 2>/dev/null || echo 0) + 1)); }
log_since() { tail -c +"${log_from:-1}" "$LOG"; }
logged_since() { log_since | grep -qE -- "$1"; }
