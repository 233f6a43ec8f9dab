# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The log of this host is the journal.

log_mark() {
	journalctl --sync
	log_cursor=$(journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p')
}

# journalctl's output since the last log_mark, of these matches.
journal_since() {
	journalctl --sync
	journalctl -q -o short --no-pager --after-cursor="$log_cursor" "$@"
}

log_since() { journal_since; }

# Warnings of loginjail's and of sshd's, but that a forwarded port has no server.
complaints_since() {
	journal_since -p warning -t loginjail -t sshd -t sshd-session | grep -v 'error: connect_to .* failed'
}
