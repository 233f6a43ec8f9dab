# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Assertions, printed as TAP.  Each prints one line and, where it failed, what
# it got and what it wanted as comments.

tap_count=0
tap_failed=0

tap_line() { # VERDICT NAME
	tap_count=$((tap_count + 1))
	printf '%s %d - %s\n' "$1" "$tap_count" "$2"
}

# Comment lines, not too many.
diag() {
	printf '%s\n' "$*" | head -n 40 | cut -c -300 | sed 's/^/#   /'
}

pass() { tap_line ok "$1"; }

fail() { # NAME [WHY]
	tap_line 'not ok' "$1"
	tap_failed=$((tap_failed + 1))
	diag "${2:-failed} (${BASH_SOURCE[-1]##*/}:${BASH_LINENO[-2]})"
	return 1
}

is() { # GOT WANTED NAME
	if [[ $1 == "$2" ]]; then
		pass "$3"
	else
		fail "$3" "got '$1', wanted '$2'"
	fi
}

isnt() { # GOT NOT-WANTED NAME
	if [[ $1 != "$2" ]]; then
		pass "$3"
	else
		fail "$3" "got '$1', wanted anything else"
	fi
}

like() { # GOT REGEX NAME
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3" "got '$1', wanted a match of /$2/"
	fi
}

unlike() { # GOT REGEX NAME
	if [[ ! $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3" "got '$1', wanted no match of /$2/"
	fi
}

# A number between two others.
between() { # GOT LOW HIGH NAME
	if [[ $1 =~ ^-?[0-9]+$ ]] && (($1 >= $2 && $1 <= $3)); then
		pass "$4"
	else
		fail "$4" "got '$1', wanted $2 to $3"
	fi
}

# ok NAME COMMAND...: the command ends with 0.
ok() {
	local name=$1 status=0
	shift
	# Not in a subshell: the command may be a function that changes ours.
	"$@" >"$T/ok.out" 2>&1 || status=$?
	if ((status == 0)); then
		pass "$name"
	else
		fail "$name" "status $status from: $*
$(cat "$T/ok.out")"
	fi
}

# nok NAME COMMAND...: the command runs and does not end with 0.
nok() {
	local name=$1 status=0
	shift
	"$@" >"$T/ok.out" 2>&1 || status=$?
	case $status in
	0) fail "$name" "status 0 from: $*
$(cat "$T/ok.out")" ;;
	124 | 137) fail "$name" "timed out: $*
$(cat "$T/ok.out")" ;;
	*) pass "$name" ;;
	esac
}

# For what this machine can't do; tests/run makes it fatal under MUST_WORK=1.
skip() { # NAME REASON
	tap_line ok "$1 # SKIP $2"
}

# run COMMAND...: sets out, err and status.
# shellcheck disable=SC2034 # used by the tests
run() {
	"$@" >"$T/run.out" 2>"$T/run.err"
	status=$?
	out=$(tr -d '\0' <"$T/run.out")
	err=$(tr -d '\0' <"$T/run.err")
	return 0
}

tap_end() {
	local status=$?
	printf '1..%d\n' "$tap_count"
	if ((tap_failed)) && [[ -f ${LOG:-} ]]; then
		printf '# what the log says of it:\n'
		grep -E 'loginjail|\.(emerg|alert|crit|err|warn)' "$LOG" | tail -n 15 |
			cut -c -250 | sed 's/^/#   /'
	fi
	((status == 0 && tap_failed)) && status=1
	exit "$status"
}
trap tap_end EXIT
