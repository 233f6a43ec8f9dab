#!/bin/bash
# SPDX-License-Identifier: MIT
# needs: debian-tree
# inside_root = yes: the user becomes root of the jail, installs packages, adds users,
# serves port 80.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

generation=2026-11-22T10.00.00
if [[ ! -f /run/src/build/tests/debian-tree.tar ]]; then
	skip 'root inside a Debian' 'no Debian tree can be made (see build/tests/debian-tree.tar.log)'
	exit 0
fi
standard_users
debian_tree debian $generation
DEFAULTS="trees = $TREES"
jail_ini <<'EOS'
[jail plain]
users = bob
root = debian

[jail root]
groups = jailed
root = debian
inside_root = yes
EOS
sshd_start main
TIMEOUT=120
hold h alice

is "$(j 'id -u; sudo -n id -u; id -un')" $'2001\n0\nalice' 'sudo makes root, sessions begin as the user'
is "$(j 'su -c "id -u" </dev/null')" 0 'su does, without a password'
is "$(j 'su - -c "echo \$HOME"' </dev/null)" /root 'with a login shell as well'
is "$(j 'sudo -n su alice -c "id -u"')" 2001 'and back'
nok 'root has no password in the jail only: the tree is as it was' grep -q '^root::' \
	"$TREES/debian/$generation/root/etc/shadow"
like "$(j 'sudo -n cat /proc/self/uid_map' | awk '$1 == 0 { print ($2 > 65535) ? "far" : "near" }')" far \
	"jail-root is a subordinate uid"
is "$(j 'sudo -n probe 2>/dev/null; sudo -n grep CapEff /proc/self/status' | tail -n 1 | cut -f2)" 00000000800405fb \
	'its capabilities are those of the list'
is "$(j 'grep -E "^Cap(Inh|Prm|Eff|Amb)|NoNewPrivs" /proc/self/status' | cut -f2 | sort -u | tr '\n' ' ')" \
	'0 0000000000000000 ' 'a session has none'

# Another section, the same tree
is "$(on bob 'sudo -n id -u 2>&1; id -u' | tail -n 1)" 2002 'without inside_root'
nok 'sudo does nothing there' on bob 'sudo -n true'
nok 'nor su' on bob 'su -c true </dev/null'

# Packages, accounts, services
ok 'useradd' j 'sudo -n useradd -m carl && id carl && test -O ~'
is "$(j 'sudo -n su carl -c "id -un; touch ~/x && stat -c %U ~/x"')" $'carl\ncarl' 'the new user is one'
ok 'chown, chmod, setgid directories' j 'sudo -n sh -c "mkdir /srv/x && chown carl:www-data /srv/x && chmod 2775 /srv/x &&
	touch /srv/x/y && test \$(stat -c %G /srv/x/y) = www-data"'
run j 'sudo -n apt-get -y --no-install-recommends install nginx-light </dev/null'
is "$status" 0 'apt-get install'
((status == 0)) || diag "$out" "$err"
is "$(j 'dpkg-query -W -f "\${Status}" nginx-light')" 'install ok installed' 'the package is there'
ok 'a server is started' j 'sudo -n nginx'
like "$(j 'exec 3<>/dev/tcp/127.0.0.1/80 && printf "GET / HTTP/1.0\r\n\r\n" >&3 && cat <&3')" 'Welcome to nginx' \
	'and answers on port 80'
ok 'root may kill it' j 'sudo -n nginx -s quit'
is "$(j 'sudo -n sh -c "dpkg -r nginx-light >/dev/null 2>&1; echo \$?"')" 0 'and remove it'
ok 'a set-uid program installed by root works' j 'sudo -n install -m 4755 /usr/bin/id /usr/local/bin/rootid &&
	test $(/usr/local/bin/rootid -u) = 0'
is "$(j 'tty; sudo -n tty' </dev/null | tail -n 1)" 'not a tty' 'no terminal is none'
like "$(on_opt alice -tt 'sudo -n tty' </dev/null | tr -d '\r')" '^/dev/pts/' "a terminal is root's as well"
release h
ok 'nothing stays' jails_gone
log_mark
is "$(j 'getent passwd carl; dpkg-query -W nginx-light 2>/dev/null')" '' 'the next jail begins anew'
jails_gone

# compiles NAME: a program of one's own, by what was installed
compiles() {
	is "$(j 'printf "#include <stdio.h>\nint main(void) { return puts(\"compiled here\") < 0; }\n" >hello.c &&
		printf "hello: hello.c\n" >Makefile && make -s CFLAGS="-Wall -O2" && ./hello && rm hello hello.c Makefile')" \
		'compiled here' "$1: a program in C is compiled, and runs"
}
hold h alice
run j 'sudo -n apt-get -y --no-install-recommends install build-essential </dev/null && dpkg --audit'
is "$status" 0 'apt-get install build-essential' || diag "$out" "$err"
compiles 'ephemeral'
release h
jails_gone

# What root of a jail has installed is there again where the storage is kept
jail_ini <<'EOS'
[jail root]
groups = jailed
root = debian
inside_root = yes
storage = persistent
EOS
ok 'in persistent storage, useradd and apt-get' j 'sudo -n useradd -m dora &&
	sudo -n apt-get -y --no-install-recommends install nginx-light build-essential </dev/null >/dev/null 2>&1'
ok 'nothing stays but that' jails_gone
is "$(j 'id -un dora; dpkg-query -W -f "\${Status}" nginx-light; sudo -n stat -c %U:%a /home/dora')" \
	$'dora\ninstall ok installed'"dora:755" 'the next jail has both'
compiles 'persistent, the next jail'
ok 'and its server, started by its init script, answers' j 'sudo -n /etc/init.d/nginx start >&2 && exec 3<>/dev/tcp/127.0.0.1/80 && printf "GET / HTTP/1.0\r\n\r\n" >&3 &&
	grep -q "Welcome to nginx" <&3'
ok 'which also stops it' j 'sudo -n /etc/init.d/nginx start >/dev/null; sudo -n /etc/init.d/nginx stop >&2 && ! pgrep -x nginx'
ok '(nothing stays)' jails_gone
nok 'another tree than it was made over is refused' eval 'sed -i "s/^root = debian/root = host/; /inside_root/d" "$INI"; j true'
ok 'and the remedy said' logged_since "set 'root' as it was"
