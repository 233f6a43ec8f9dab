#!/bin/bash
# SPDX-License-Identifier: MIT
# What runs the tests (tests/run), with tests that are none: those beside the others count
# like all, be they done or not, and end with the run.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

fake=$T/fake/tests
mkdir -p "$fake"/{e2e,escape,package}
cp "$LIB/run" "$fake/"
program() { # FILE [again] [beside], text from standard input
	local file=$fake/$1
	shift
	{
		echo '#!/bin/bash'
		[[ " $* " != *' again '* ]] || echo '# again: as-root'
		[[ " $* " != *' beside '* ]] || echo '# beside: others'
		cat
	} >"$file"
	chmod +x "$file"
}
program world.sh <<<'exec "$@"'
program static.sh <<<'echo ok 1 - static'
program package/debian.sh <<<'echo ok 1 - package'
program e2e/10-first.sh <<<'echo ok 1 - first; echo 1..1'
program e2e/20-beside.sh beside <<'EOS'
	echo ok 1 - one
	echo not ok 2 - two
	echo '# because of this'
	echo ok 3 - three '# SKIP not here'
	echo 1..3
EOS
program e2e/30-status.sh beside <<<'echo ok 1 - one; exit 3'
program escape/again.sh again beside <<<'echo "ok 1 - root: ${LOGINJAIL_AS_ROOT:-no}"; echo 1..1'
run_all() { CI='' MUST_WORK=0 VM_SUITES='' VERBOSE=${VERBOSE_OF:-} timeout 60 "$fake/run" "$@"; }

run run_all
isnt "$status" 0 'what fails beside the others is a failure of the run'
is "$(tail -n 1 <<<"$out")" '15 passed, 2 failed, 1 skipped' 'and counted, as is what passes, and what is skipped'
like "$out" $'e2e/20-beside: not ok 2 - two\n# because of this\n' 'it is shown'
is "$(grep -c '^# because of this' <<<"$out")" 2 'and once more at the end'
like "$out" 'e2e/30-status: not ok - ended with status 3' 'so is how one ended'
like "$out" 'e2e/10-first .*package/debian .*e2e/20-beside ' 'after the others'
VERBOSE_OF=1 run run_all
like "$out" 'escape/again: ok 1 - root: no.*escape-as-root/again: ok 1 - root: 1' 'a second time as root of the jail'
run run_all e2e/
like "$out" 'e2e/10-first .*e2e/20-beside .*e2e/30-status ' 'with a filter, in their places'
is "$(tail -n 1 <<<"$out")" '3 passed, 2 failed, 1 skipped' 'as many'

# One that ends all of them, by whatever mistake
program e2e/30-status.sh beside <<<'kill -KILL "$PPID"'
run run_all
isnt "$status" 0 'where they end too soon, the run fails'
like "$out" 'escape/again: not ok - did not run' 'and says which did not run'

# An interrupted run
program e2e/30-status.sh beside <<'EOS'
	trap 'echo ended >/root/t/ended; exit' TERM
	echo $$ >/root/t/pid
	while :; do sleep 0.1; done
EOS
program e2e/10-first.sh <<<'until [[ -s /root/t/pid ]]; do sleep 0.1; done; kill -TERM "$(</root/t/run)"; exec sleep 5'
(
	echo "$BASHPID" >"$T/run"
	CI='' MUST_WORK=0 VM_SUITES='' exec "$fake/run" >"$T/out" 2>&1
) &
wait $!
is "$?" 143 'a run that is told to end does so'
is "$(cat "$T/ended")" ended 'and ends what runs beside it'
nok 'which is gone then' kill -0 "$(<"$T/pid")"
