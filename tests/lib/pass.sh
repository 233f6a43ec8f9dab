# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Memory and files that one user's jail passes by descriptor to another's (tools/fdpass.c).

# taker USER SOCKET [VERB]: begins to hold what comes there, or what else the verb says.
taker() {
	alone ssh -F "$S/ssh_config" -l "$1" world "exec fdpass listen $2 ${3:-keep}" >"$T/kept" 2>&1 </dev/null &
	taker=$!
	ok "($1 waits for what comes)" eventually test -S "$2"
}
taker_ends() { # USER SOCKET
	kill "$taker"
	wait "$taker" 2>/dev/null
	rm -f "$2"
	eventually jail_ended "$1"
}

# give USER SOCKET MB [FILE]: so much memory, or of a file that is deleted then.
give() {
	local before
	before=$(grep -c kept "$T/kept")
	on "$1" "fdpass connect $2 fill $3 ${4:-}" >"$T/given" 2>&1 </dev/null || return 1
	eventually_sh "((\$(grep -c kept '$T/kept') > $before))"
}
