#!/bin/bash
# SPDX-License-Identifier: MIT
# Descriptors that two users pass on purpose, by a socket in a directory that both have: from
# jail to jail, to and from a jail's root, and from an accomplice outside.  What the giver can
# open the taker has then, by agreement; nobody gets at what neither of the two has.
# Not again as root of the jail: both kinds of jails are here, side by side.
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user carl 2007
add_user dora 2008
add_user erik 2009
mkdir -p /srv/host-only/open
mkdir -m 1777 /srv/shared
chmod 777 /srv/host-only/open
echo of-the-host >/srv/host-only/flag
echo secret >/root/secret
install -m 4755 "$TOOLS/fdpass" /srv/host-only/set-uid
for user in alice bob uma carl dora erik; do
	install -o "$user" -g "$user" -m 4755 "$TOOLS/fdpass" "/home/$user/set-uid"
done
# No directory that can be mounted with mapped ids
mkdir -p /srv/unmapped /srv/mixed/unmapped "$T"/{lower,upper,work}
mount -t overlay -o "lowerdir=$T/lower,upperdir=$T/upper,workdir=$T/work" overlay /srv/unmapped
chmod 777 /srv/unmapped
mount --bind /srv/unmapped /srv/mixed/unmapped
whole_tree whole 2026-11-22T10.00.00
DEFAULTS="trees = $TREES"
jail_ini <<'EOS'
[jail root]
users = carl dora
root = whole
inside_root = yes
bind = /srv/shared
bind_ro = /usr/local

[jail alone]
users = erik
scope = session

[jail test]
groups = jailed
bind = /srv/shared /srv/unmapped /srv/mixed
EOS
sshd_start main
serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr HOST
ok '(a server of the host)' eventually answers TCP:127.0.0.1:7001 HOST

# Who: a user; USER/root, the root of that user's jail; or root, the host's.
as() { # WHO COMMAND
	case $1 in
	root) bash -c "$2" ;;
	*/root) on "${1%/root}" "$(LOGINJAIL_AS_ROOT=1 command_for alice "$2")" ;;
	*) on "$1" "$2" ;;
	esac </dev/null
}

files='srv/host-only/flag root/secret srv/host-only/open/ srv/shared/ tmp/of-giver'
socket=/srv/shared/socket
# A jail's root makes no socket there: the other one listens.
pass_on() { # GIVER TAKER [SET-UID-FILE]
	local give=listen take=connect first
	[[ $1 != */root ]] || give=connect take=listen
	give="echo of-giver >/tmp/of-giver; fdpass $give $socket give ${3:-}; rm -f /tmp/of-giver"
	take="${program:-fdpass} $take $socket take $files"
	rm -f /srv/{host-only/open,shared}/made
	if [[ $1 != */root ]]; then
		as "$1" "$give" >"$T/given" 2>&1 &
		first=$!
		eventually test -S "$socket"
		as "$2" "$take" >"$T/taken" 2>&1
	else
		as "$2" "$take" >"$T/taken" 2>&1 &
		first=$!
		eventually test -S "$socket"
		as "$1" "$give" >"$T/given" 2>&1
	fi
	wait "$first"
	is "$(got 'memfd says')" passed "$1 to $2: descriptors are passed" || diag "$(cat "$T/given" "$T/taken")"
}
got() { sed -n "s|^$1: ||p" "$T/taken"; }
# All that worked, but for getting it.
worked() { grep -E "^($1).*: ok$" "$T/taken" | grep -v ' given: '; }
directories='root up tmp shared proc-self-root'

# ---- it bites ----------------------------------------------------------------
pass_on uma pat /home/uma/set-uid
for directory in $directories; do
	is "$(got "$directory openat srv/host-only/flag")" of-the-host "without a jail: $directory leads to the host's files"
	is "$(got "$directory fchdir srv/host-only/flag")" of-the-host "without a jail: as the working directory, too"
done
is "$(stat -c %U /srv/host-only/open/made)" pat 'without a jail: and to what can be written there'
is "$(got 'tcp loopback 7001')" HOST "without a jail: a socket leads to the host's loopback"
is "$(got 'ids')" '2003 2004' "without a jail: a set-uid file makes one the other"
pass_on uma pat /srv/host-only/set-uid
is "$(got 'ids')" '2003 0' "without a jail: or root"
pass_on uma uma
is "$(got 'pidfd signal'),$(got 'proc-self environ')" ok,ok "without a jail: the other's processes are one's own"
pass_on alice root
for ns in user mnt pid net ipc uts cgroup; do
	is "$(got "ns-$ns setns")" ok "(with the power to do so alice's $ns namespace can be entered by what she gives)"
done
is "$(got 'root chroot tmp/of-giver')" of-giver '(and her root taken for a root)'

# ---- from jail to jail ---------------------------------------------------------
held_all() { # NAME
	is "$(grep -E ': (of-the-host|secret)$' "$T/taken")" '' "$1: no directory leads to the host's files"
	nok "$1: nor to what can be written there" test -e /srv/host-only/open/made
	is "$(worked 'ns-')" '' "$1: no namespace is entered, nor its owner's"
	is "$(worked 'pidfd|proc-self|proc ')" '' "$1: the giver's processes are not the taker's"
	is "$(got 'cgroups writes')" no "$1: no control group is written"
	is "$(got 'mount given')" EPERM "$1: there is no mount to be given"
	isnt "$(got 'tcp loopback 7001')" HOST "$1: a socket does not lead to the host's loopback"
	is "$(got 'ptmx tiocsti')" EPERM "$1: nothing is typed on a terminal"
	is "$(find /srv/shared /srv/host-only /home -uid +65535 -o -gid +65535)" '' "$1: nothing of a subordinate id is on the host"
}
hold carl carl
hold dora dora
as carl/root 'cp /usr/local/bin/fdpass /opt/set-uid && chmod 4755 /opt/set-uid'
is "$(on carl '/opt/set-uid ids')" 'ids: 2007 0' "(a set-uid file of a jail's root counts in that jail)"
for pair in 'alice bob' 'alice carl/root' 'carl/root alice /opt/set-uid' \
	'carl dora/root /opt/set-uid' 'erik erik'; do
	read -r giver taker file <<<"$pair"
	[[ $taker != erik ]] || socket=/home/erik/socket
	pass_on "$giver" "$taker" "${file:-/home/$giver/set-uid}"
	held_all "$giver to $taker"
	is "$(got 'root openat tmp/of-giver')" of-giver "$giver to $taker: it leads to the giver's own tree, by agreement"
	case $taker in
	*/root) want='0 0' ;;
	*) want="$(id -u "$taker") $(id -u "$taker")" ;;
	esac
	is "$(got ids)" "$want" "$giver to $taker: a set-uid file gives nothing"
done
socket=/srv/shared/socket
like "$(got 'up openat tmp/of-giver')" of-giver '(one user in two jails, by the home)'

ok 'a bind that can not have mapped ids is there all the same' on alice 'echo x >/srv/unmapped/x && rm /srv/unmapped/x'
hold alice alice
is "$(awk '$6 ~ /idmapped/ && $5 ~ "^/srv/" { print $5 }' "/proc/$(jail_init alice)/mountinfo" | sort | xargs)" \
	'/srv/mixed /srv/shared' 'and takes the map from no other, be that what it is mounted on'
release alice

# ---- an accomplice outside -----------------------------------------------------
# Who is no jail's passes on what is theirs; but no more than that.
for taker in alice carl/root; do
	for file in /srv/host-only/set-uid /home/uma/set-uid; do
		pass_on uma "$taker" "$file"
		is "$(got 'root openat srv/host-only/flag')" of-the-host "uma to $taker: what everybody can read is read, by agreement"
		is "$(grep -E ': secret$' "$T/taken")" '' "uma to $taker: what is root's is not"
		is "$(worked 'ns-|pidfd|proc-self')" '' "uma to $taker: no namespace, and no process, is the taker's"
		is "$(got 'cgroups writes')" no "uma to $taker: no control group is written"
		like "$(got ids)" '^(2001 2001|0 0)$' "uma to $taker: $file gives nothing"
	done
done
# So root of a jail leaves a program there that is set-uid to an id of its own ...
base=$(stat -c %u /srv/host-only/open/made)
between "$base" 65536 4294967294 '(a set-uid program of a subordinate id is on the host)'
is "$(awk '$1 == 0 { print $2 }' "/proc/$(jail_init carl)/uid_map")" "$base" "(the one that root of carl's jail has)"
is "$(free '/srv/host-only/open/made ids')" "ids: 2004 $base" '(which makes who executes it that)'
mv /srv/host-only/open/made /srv/host-only/
program=/srv/host-only/made pass_on carl uma
is "$(worked 'ns-')" '' "that is not the owner of the jail's namespaces, who would have all capabilities in them"
# ... but not to the one which that is.
owner=$((base + 65535))
install -o $owner -m 4755 "$TOOLS/fdpass" /srv/host-only/owner
is "$(awk -v o="$owner" '$2 <= o && o < $2 + $3' "/proc/$(jail_init carl)/uid_map")" '' 'whose uid nobody has in the jail'
program=/srv/host-only/owner pass_on carl uma
is "$(got 'ns-user setns')" ok '(who enters them)'
release carl
release dora
ok 'nothing stays' jails_gone
kill "${served[@]}"
