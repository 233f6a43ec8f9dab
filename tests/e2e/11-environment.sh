#!/bin/bash
# SPDX-License-Identifier: MIT
# The environment of a session: what comes in, what does not.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail test]
users = alice
env = GREETING="hello you" EDITOR=vi LANG=C.UTF-8

[jail other]
users = bob
EOS
sshd_start main 'AcceptEnv *'
hold warm alice
hold warm2 bob

sent() { # USER NAME VALUE: the line of the variable in the session
	on_opt "$1" "-o SetEnv=$2=$3" 'probe env' |
		sed -n "s/^env \($2=.*\)/\1/p"
}
probe_env() { on "$1" 'probe env' | sed 's/^env //'; }

probe_env alice >"$T/env"
has() { grep -qxF -- "$1" "$T/env"; }
for line in USER=alice LOGNAME=alice HOME=/home/alice SHELL=/bin/bash; do
	ok "$line" has "$line"
done
ok 'a PATH' grep -q '^PATH=.*/usr/bin' "$T/env"
ok 'SSH_CONNECTION' grep -q '^SSH_CONNECTION=127\.0\.0\.1 ' "$T/env"
ok 'SSH_CLIENT' grep -q '^SSH_CLIENT=127\.0\.0\.1 ' "$T/env"
nok 'no SSH_TTY without a terminal' grep -q '^SSH_TTY' "$T/env"
ok 'a value with a blank from jail.ini' has 'GREETING=hello you'
ok 'a second value from jail.ini' has EDITOR=vi
is "$(on bob 'probe env' | grep -c GREETING)" 0 'not in the jail of another section'
nok 'nothing that only the machinery knows' grep -qiE '^(LOGINJAIL|NOTIFY_|LISTEN_)' "$T/env"
nok 'no SSH_ORIGINAL_COMMAND of the machinery' grep -q '^SSH_ORIGINAL_COMMAND=.*loginjail' "$T/env"

is "$(sent bob LANG de_DE.UTF-8)" LANG=de_DE.UTF-8 'LANG from the client'
is "$(sent bob LC_TIME C)" LC_TIME=C 'LC_TIME from the client'
is "$(sent alice LANG de_DE.UTF-8)" LANG=C.UTF-8 'jail.ini wins over the client'
is "$(on_opt bob -tt 'echo $TERM' </dev/null 2>/dev/null | tr -d '\r')" "${TERM:-dumb}" \
	'TERM with a terminal'
for name in LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT BASH_ENV ENV GCONV_PATH IFS \
	MALLOC_TRACE TMPDIR PYTHONPATH PERL5OPT; do
	is "$(sent bob "$name" /tmp/x 2>/dev/null)" '' "$name from the client does not come in"
done
is "$(timeout "${TIMEOUT:-30}" ssh -F "$S/ssh_config" -o 'SetEnv="BASH_FUNC_ls%%=() { echo hacked; }"' -l bob world 'ls /nonexistent 2>/dev/null || echo fine')" fine \
	'no exported function comes in'

is "$(on bob umask)" 0022 'the default umask'
like "$(on bob probe nofile)" '^nofile 1024 ' 'the default number of open files'
release warm
release warm2
