# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Small servers to connect to, and the connecting.

# serve ADDRESS WORD: on the host, answers each connection with WORD.
# ADDRESS is as for socat: TCP-LISTEN:PORT,bind=127.0.0.1 or UNIX-LISTEN:PATH.
# It reads what it is sent: to close with something unread resets a connection.
serve() {
	alone socat "$1,fork" "SYSTEM:echo $2; cat >/dev/null" >/dev/null 2>&1 </dev/null &
	served+=("$!")
}
served=()

# serve_inside USER ADDRESS WORD: the same in the jail; lives while the jail does.
serve_inside() {
	on "$1" "socat '$2,fork' 'SYSTEM:echo $3; cat >/dev/null' >/dev/null 2>&1 </dev/null &"
}

# What a server says, if there is one; given a moment to start.
ask() { # ADDRESS, as for socat
	timeout 10 socat -T 5 - "$1" </dev/null 2>&1 | head -n 1
}
answers() { [[ $(ask "$1") == "$2" ]]; }

# The same through ssh -W.
ask_through() { # USER HOST:PORT
	on_opt "$1" "-W $2" </dev/null 2>&1 | head -n 1
}
answers_through() { [[ $(ask_through "$1" "$2") == "$3" ]]; }
