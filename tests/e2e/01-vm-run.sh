#!/bin/bash
# SPDX-License-Identifier: MIT
# What runs the virtual hosts (tests/vm), with machines that are none: however one ends, or
# does not, the run ends with it and leaves nothing.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

fake=$T/fake/tests/vm
mkdir -p "$fake" "$T/bin"
cp "$LIB"/vm/{run,report,lib.sh,recipe.sh} "$fake"
# It is asked for and not used.
printf '#!/bin/sh\n' >"$T/bin/mmdebstrap"
printf '#!/bin/sh\necho the-image\n' >"$fake/image"
chmod +x "$T/bin/mmdebstrap" "$fake/image"
export PATH=$T/bin:$PATH LOGINJAIL_VM_CACHE=$T/cache

program() { # NAME, text from standard input: what it is given is $1, $2
	{
		echo '#!/bin/bash'
		cat
	} >"$fake/$1"
	chmod +x "$fake/$1"
}
run_host() { timeout 60 "$fake/run" "$@"; }
left() { find "$T/cache" -name 'run.*'; }
# Its pid is what it said first.
alive() { kill -0 "$(<"$T/pid")" 2>/dev/null; }
nothing_left() { # AFTER-WHAT
	is "$(left)" '' "$1: no directory is left"
	nok "$1: no machine either" alive
}

program product <<<'mkdir -p "$2/opt/loginjail/tests/vm"'
program boot <<-'EOS'
	echo "$$" >/root/t/pid
	printf '## file suite/a\nok 1 - one\nok 2 - two\n1..2\n## end 0 1000\n## complete\n' >"$2/stream"
EOS
run run_host somewhere a b
is "$status" 0 'a host that does as it should'
is "$(grep -v passed <<<"$out")" $'ok 1 - suite/a: one\nok 2 - suite/a: two\n1..2' 'what it says is one report'
nothing_left 'then'

program boot <<-'EOS'
	echo "$$" >/root/t/pid
	tar -xOf "$2/payload" opt/loginjail/tests/vm/filter opt/loginjail/tests/vm/host >/root/t/told
	printf '## file suite/a\nok 1 - one\n' >"$2/stream"
	echo 'the end of the world' >"$2/console"
EOS
run run_host -k "$T/kept" somewhere a b
is "$status" 1 'a host that ends in the middle'
is "$(<"$T/told")" $'a\nb\nsomewhere' 'it has been told which tests'
like "$out" 'not ok 2 - suite/a: planned nothing, saw 1, and the host is gone' 'the report says where'
like "$out" 'not ok 3 - the host was there until the end' 'and that it is no end'
like "$out" '#   the end of the world' 'and shows its console'
is "$(<"$T/kept/console")" 'the end of the world' 'which is kept where one wants it'
nothing_left 'a host that is gone'

program boot <<-'EOS'
	echo "$$" >/root/t/pid
	echo 'the host could not be set up' >"$2/stream"
	echo 'stuck here' >"$2/console"
	exec sleep 1000
EOS
run run_host -b 2 somewhere
is "$status" 1 'a host that does not start'
like "$out" 'not ok 1 - the host did not start within 2 s' 'the report says so'
unlike "$out" 'until the end' 'once'
like "$out" '#   stuck here' 'and where it is stuck'
nothing_left 'a host that does not start'

# Ended from outside: at work, not started, not made yet
ended() { # WHAT
	rm -f "$T/pid"
	"$fake/run" somewhere >"$T/out" 2>&1 &
	running=$!
	ok "$1: (it is)" eventually test -s "$T/pid"
	kill "$running"
	ok "$1: SIGTERM ends the run" eventually not kill -0 "$running"
	wait "$running"
	is "$?" 143 "$1: with that signal's status"
	nothing_left "$1"
}
ended 'a host that does not start'
program boot <<-'EOS'
	printf '## file suite/a\nok 1 - one\n' >"$2/stream"
	(
		trap '' TERM
		echo "$BASHPID" >/root/t/pid
		exec sleep 1000
	)
EOS
ended 'a host at work, that takes no notice'
program product <<-'EOS'
	echo "$$" >/root/t/pid
	sleep 1000
EOS
ended 'a host that is being made'
