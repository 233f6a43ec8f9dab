#!/bin/bash
# SPDX-License-Identifier: MIT
# Other ways in: su and login, where jail.ini lists them.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
jail_ini <<'EOS'
[jail doors]
users = alice
services = sshd su su-l login

[jail ssh-only]
users = bob
EOS
sshd_start main
for service in su su-l login; do
	[[ -f /etc/pam.d/$service ]] || continue
	{
		printf 'session required %s close\n' "$MODULE"
		# su-l includes su, which has the module already.
		sed '/^session[[:space:]]\+include[[:space:]]\+su$/s/include.*/include common-session/' \
			"/etc/pam.d/$service"
		printf 'session required %s open\n' "$MODULE"
	} >"$T/pam"
	cat "$T/pam" >"/etc/pam.d/$service"
done

hold warm alice
there=$(j 'readlink /proc/self/ns/mnt')
export THERE=$there

# Without a terminal
for line in 'su - alice' 'su alice'; do
	read -ra su <<<"$line"
	is "$(timeout "${TIMEOUT:-30}" "${su[@]}" -c 'readlink /proc/self/ns/mnt' </dev/null)" "$there" \
		"$line -c: in the jail that is there"
	run timeout "${TIMEOUT:-30}" "${su[@]}" -c 'echo out; echo err >&2; exit 5' </dev/null
	is "$status" 5 "$line -c: the exit status"
	is "$out" out "$line -c: standard output"
	like "$err" '(^|\n)err$' "$line -c: standard error"
	is "$(echo input | timeout "${TIMEOUT:-30}" "${su[@]}" -c cat)" input "$line -c: standard input"
	is "$(timeout "${TIMEOUT:-30}" "${su[@]}" -c 'probe fd' </dev/null | wc -l)" 3 "$line -c: three descriptors"
done
is "$(timeout "${TIMEOUT:-30}" su - alice -c 'pwd; id -u' </dev/null)" $'/home/alice\n2001' 'su -: home and uid'

# On a terminal, which is not the jail's
terminal 'su - alice' su - alice <<'TCL'
	shell
	is [regexp {^/dev/pts/[0-9]+$} [cmd {tty}]] 1 "the terminal has a name"
	is [cmd {test -c $(tty) && echo there}] there "that is there"
	is [cmd {readlink /proc/self/ns/mnt}] $env(THERE) "in the jail"
	is [cmd {stat -c %U $(tty)}] alice "the terminal belongs to the user"
	is [cmd {echo x >/dev/tty && echo written}] "x\r\nwritten" "/dev/tty"
	size 44 111
	is [cmd {sleep 0.2; stty size}] {44 111} "a change of window size"
	key "sh -c 'echo up; exec sleep 1000'\r"
	expect "up\r"
	key "\003"
	expect "READY> "
	is [cmd {echo $?}] 130 "^C"
	key "sh -c 'echo up; exec sleep 1000'\r"
	expect "up\r"
	key "\032"
	want {Stopped.*READY> $} "^Z"
	cmd {kill -KILL %1; fg}
	send "exit 6\r"
	ends 6 "the exit status"
TCL
# The terminal vanishes under a session that has a stopped job.
for user in uma alice; do
	terminal "su - $user, hung up" su - "$user" <<'TCL'
		shell
		key "sh -c 'echo up; exec sleep 8765'\r"
		expect "up\r"
		key "\032"
		want {Stopped.*READY> $} "a stopped job"
TCL
	ok "su - $user, hung up: su ends" eventually not pgrep -x su
	ok "su - $user, hung up: the job ends" eventually not pgrep -f '^sleep 8765'
done
# That of util-linux opens its terminal once more in the session, where there is none of the host's.
if [[ $(login --version 2>&1 </dev/null) == *util-linux* ]]; then
	log_mark
	terminal "login -f alice: util-linux's" login -f alice <<'TCL'
	expect eof
	is [regexp {[$#>] $} $expect_out(buffer)] 0 "no shell prompts"
TCL
	like "$(log_since)" "login.*can't reopen tty" "login -f alice: util-linux's: the log says why"
else
	terminal 'login -f alice' login -f alice <<'TCL'
	shell
	is [regexp {^/dev/pts/[0-9]+$} [cmd {tty}]] 1 "the terminal has a name"
	is [cmd {readlink /proc/self/ns/mnt}] $env(THERE) "in the jail"
	is [cmd {pwd}] /home/alice "at home"
	send "exit\r"
	expect eof
TCL
fi
ok 'the administrator'"'"'s own processes are on the host still' \
	test "$(readlink /proc/self/ns/mnt)" = "$HOST_MNT"
release warm
ok 'su alone makes a jail too' test "$(timeout "${TIMEOUT:-30}" su - alice -c 'cat /proc/1/comm' </dev/null)" = loginjail-init
ok 'which goes' jails_gone

# Not listed
for line in 'su - bob -c' 'su bob -c'; do
	read -ra su <<<"$line"
	log_mark
	run timeout "${TIMEOUT:-30}" "${su[@]}" 'echo RAN' </dev/null
	isnt "$status" 0 "$line: refused where services does not list it"
	unlike "$out" RAN "$line: nothing runs"
	like "$err$out" 'loginjail: ' "$line: the user is told"
	ok "$line: so is the log" logged_since 'loginjail.*bob'
done
ok 'by ssh the same user is let in' on bob true
is "$(timeout "${TIMEOUT:-30}" su - uma -c 'readlink /proc/self/ns/mnt' </dev/null)" "$HOST_MNT" \
	'su to a user without a jail'
is "$(timeout "${TIMEOUT:-30}" su - root -c 'readlink /proc/self/ns/mnt' </dev/null)" "$HOST_MNT" 'su to root'
is "$(timeout "${TIMEOUT:-30}" setpriv --reuid=2004 --regid=2004 --clear-groups su - root -c id </dev/null 2>&1 |
	grep -c 'loginjail')" 0 'a user'"'"'s own su meets nothing of loginjail before the password'
ok 'nothing stays' jails_gone
