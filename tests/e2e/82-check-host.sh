#!/bin/bash
# SPDX-License-Identifier: MIT
# loginjail check --host: each door is opened, told of with its remedy, closed, and gone.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
SETUP=(loginjail setup --module "$MODULE")
DROPINS=/etc/ssh/sshd_config.d
# The lines of the world come from elsewhere.
sed -i '/loginjail/d' /etc/pam.d/sshd
for place in /var/spool /var/lib/systemd; do
	mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$place"
done
mkdir -p /var/spool/cron/{crontabs,atjobs} /var/spool/incron /var/lib/systemd/linger "$DROPINS" /etc/cron.d
printf 'session required pam_permit.so\n' >/etc/pam.d/cron
printf '# nothing\n' >/etc/crontab
cat >/etc/sudoers <<'EOS'
Defaults	env_reset
root	ALL=(ALL:ALL) ALL
%sudo	ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
EOS
rm -rf /etc/sudoers.d
mkdir /etc/sudoers.d
host_keys
jail_ini <<'EOS'
[jail test]
groups = jailed
EOS

check() { run loginjail check --host; }
# What the tree of this machine lets anybody write is not ours to close.
doors() { grep '^open' <<<"$out" | grep -v '^open  /.*and jails see it'; }
opened() { # NAME REGEX
	check
	like "$(doors)" "$2" "$1: is told"
	is "$status" 1 "$1: the status"
}
shut() { # NAME
	check
	is "$(doors)" '' "$1: closed, it is gone"
}

check
is "$status" 1 'before setup'
like "$(doors)" $'PAM service su: .*; loginjail setup --apply(\n|$)' 'a service is open, and there is a remedy'
like "$(doors)" 'PAM service sshd: .*no line of type session' 'sshd does not jail'
like "$(doors)" "alice and 1 other: sshd has 'no ForceCommand'" 'nor is there a second lock'
like "$(doors)" "sshd has 'Subsystem sftp" 'a subsystem without one'
ok 'setup' "${SETUP[@]}" --apply
shut 'after setup'
is "$status" "$(grep -q '^open' <<<"$out" && echo 1 || echo 0)" 'the status'
like "$out" $'\n2 jailed users: [0-9]+ doors open, [0-9]+ notes$' 'and a line that counts'
nok 'nothing is left below /run' compgen -G '/run/loginjail-setup*'

# And they are closed
log_mark
run timeout "${TIMEOUT:-30}" su alice -c 'echo RAN' </dev/null
isnt "$status" 0 'su alice is refused'
unlike "$out" RAN 'nothing runs'
ok 'the log says why' logged_since "loginjail.*service 'su' is not among the services"
is "$(timeout "${TIMEOUT:-30}" su uma -c 'id -u' </dev/null 2>/dev/null)" 2004 'su to another user is not'
is "$(timeout "${TIMEOUT:-30}" sudo -n id -u </dev/null 2>/dev/null)" 0 'and sudo is as it was'

# PAM: no line, one that does not count, not the last, one that can be passed by, a new service
cp -a /etc/pam.d "$T/pam"
sed -i '/loginjail/d' /etc/pam.d/su
opened 'su without our line' "PAM service su: su opens .*no line of type session"
cp -p "$T/pam/su" /etc/pam.d/su
sed -i '/pam_loginjail/s/required/optional/' /etc/pam.d/cron
opened 'a line that is optional' "PAM service cron: .*/etc/pam.d/cron:[0-9]+: the control is 'optional'.*write 'required'"
cp -p "$T/pam/cron" /etc/pam.d/cron
sed -i '1i session sufficient pam_permit.so' /etc/pam.d/cron
opened 'a line before ours that ends the stack' "/etc/pam.d/cron:1: 'sufficient' of pam_permit.so"
cp -p "$T/pam/cron" /etc/pam.d/cron
echo 'session optional pam_permit.so' >>/etc/pam.d/sshd
opened 'a module after ours' 'PAM service sshd: .*this line is run after ours.*, in the fence'
cp -p "$T/pam/sshd" /etc/pam.d/sshd
printf 'auth required pam_permit.so\nsession required pam_permit.so\n' >/etc/pam.d/new-ftp
opened 'a service that nobody knows' 'PAM service new-ftp: '
ok 'new-ftp: the remedy' "${SETUP[@]}" --apply
shut 'PAM'
printf '@include none\n' >/etc/pam.d/broken
check
like "$out" $'\nnote  PAM service broken: it works for nobody' 'a service that PAM cannot read is none'
printf 'session sufficient pam_permit.so\nsession include none\n' >/etc/pam.d/broken
opened 'one that ends before it fails' 'PAM service broken: '
printf 'session required pam_permit.so\n' >/etc/pam.d/new-vpn
printf '@include new-vpn\n' >/etc/pam.d/broken
check
like "$out" $'\nnote  PAM file new-vpn: /etc/pam.d/broken includes it' 'what a service includes is a note'
mv /etc/pam.d/broken /etc/pam.d/broken.dpkg-old
opened 'what an old copy includes' 'PAM service new-vpn: '
rm /etc/pam.d/{broken.dpkg-old,new-ftp,new-vpn}

# sshd
try_sshd() { # NAME REGEX LINE...
	local name=$1 regex=$2
	shift 2
	printf 'Match User alice\n' >"$DROPINS/10-other.conf"
	printf '\t%s\n' "$@" >>"$DROPINS/10-other.conf"
	opened "$name" "$regex"
	is "$(doors | grep -cv '^open  alice: ')" 0 "$name: of nobody else"
	rm "$DROPINS/10-other.conf"
}
try_sshd 'another ForceCommand' "alice: sshd has 'ForceCommand /bin/true'" 'ForceCommand /bin/true'
try_sshd PermitTunnel "alice: sshd has 'PermitTunnel yes'" 'PermitTunnel yes'
try_sshd PermitUserRC "alice: sshd has 'PermitUserRC yes'" 'PermitUserRC yes'
try_sshd ChrootDirectory "alice: sshd has 'ChrootDirectory /srv'.*no login works" 'ChrootDirectory /srv'
cp -p /etc/ssh/sshd_config "$T/sshd_config"
for line in 'UsePAM no' 'PermitUserEnvironment yes'; do
	sed -i "1i $line" /etc/ssh/sshd_config
	opened "$line" "sshd.* '$line'.*; .*${line% *} (yes|no) in sshd_config"
	cp -p "$T/sshd_config" /etc/ssh/sshd_config
done
sed -i '1i AllowStreamLocalForwarding no' /etc/ssh/sshd_config
check
unlike "$out" AllowStreamLocalForwarding 'sockets that are closed are no line'
sed -i '1d' /etc/ssh/sshd_config
check
like "$out" $'\nnote  alice and 1 other: sshd has \'AllowStreamLocalForwarding yes' 'else there is a note'
# 10.4 does not take it in a Match block, and 10.5 does and ignores it.
if (($(sshd_version) >= 908 && $(sshd_version) < 1004)); then
	try_sshd PAMServiceName "alice: sshd has 'PAMServiceName other'" 'PAMServiceName other'
fi
printf 'Match User alice\n\tPermitTunnel yes\n' >/etc/ssh/more.conf
sed -i "1i Include '/etc/ssh/more.conf'" /etc/ssh/sshd_config
opened 'an Include in single quotes' "open  alice: sshd has 'PermitTunnel yes'"
cp -p "$T/sshd_config" /etc/ssh/sshd_config
sed -i '1i Nonsense yes' /etc/ssh/sshd_config
check
is "$status" 1 'what sshd does not take: the status'
like "$err" 'Nonsense' 'and the reason'
cp -p "$T/sshd_config" /etc/ssh/sshd_config
shut sshd

# The keywords of sshd -T in another case, as since OpenSSH 10.5
mkdir /usr/local/sbin/real
cp -p /usr/sbin/sshd /usr/local/sbin/real
cat >/usr/local/sbin/capitals <<'EOS'
#!/bin/bash
set -o pipefail
/usr/local/sbin/real/sshd "$@" | sed -E 's/^[^ ]+/\U&/'
EOS
chmod 755 /usr/local/sbin/capitals
mount --bind /usr/local/sbin/capitals /usr/sbin/sshd
like "$(/usr/sbin/sshd -T)" $'\nUSEPAM yes\n' '(so they are)'
shut 'sshd with capitals'
try_sshd 'another ForceCommand, with capitals' "alice: sshd has 'ForceCommand /bin/true'" 'ForceCommand /bin/true'
try_sshd 'no ForceCommand, with capitals' "alice: sshd has 'Subsystem sftp" 'ForceCommand none'
try_sshd 'PermitTunnel, with capitals' "alice: sshd has 'PermitTunnel yes'" 'PermitTunnel yes'
sed -i '1i UsePAM no' /etc/ssh/sshd_config
opened 'UsePAM, with capitals' "sshd.* 'UsePAM no'"
cp -p "$T/sshd_config" /etc/ssh/sshd_config
run "${SETUP[@]}"
is "$status" 0 'setup takes them as well'
like "$out" 'nothing to change' 'and has nothing to say'
# (The mount stays on what a new file would only replace.)
printf '#!/bin/bash\nset -o pipefail\n/usr/local/sbin/real/sshd "$@" | sed "/^usepam/Id"\n' >/usr/local/sbin/capitals
opened 'an sshd without PAM' 'open  sshd: .*nothing of UsePAM.* jails nobody; install'
run "${SETUP[@]}"
is "$status" 1 'setup refuses it'
like "$err" 'nothing of UsePAM' 'and says why'
umount /usr/sbin/sshd

# What runs without a login
: >/var/lib/systemd/linger/alice
opened linger 'open  alice: systemd starts a user manager.*; loginctl disable-linger alice'
rm /var/lib/systemd/linger/alice
for dir in /var/spool/cron/crontabs /var/spool/incron; do
	: >"$dir/bob"
	: >"$dir/uma"
	opened "$dir" "open  bob: has a .*$dir/bob.*crontab -r -u bob"
	unlike "$out" uma "$dir: of others nothing is said"
	rm "$dir"/*
done
: >/var/spool/cron/atjobs/a00001
chown alice /var/spool/cron/atjobs/a00001
opened 'a job of at' 'open  alice: has a job of at'
rm /var/spool/cron/atjobs/a00001
printf '# * * * * * bob x\n0 1 * * * alice run\n' >/etc/cron.d/some
opened 'a table of the host' 'open  /etc/cron.d/some:2: runs a command as alice'
sed -i s/alice/uma/ /etc/cron.d/some
shut 'what runs without a login'

# Homes
put() { # FILE
	local dir=/home/alice/${1%/*}
	[[ $1 != */* ]] || mkdir -p "$dir"
	cat >"/home/alice/$1"
	chown -R alice: /home/alice
}
put .forward <<<'alice@example.org'
shut 'a .forward with an address'
put .forward <<<'"|/home/alice/run"'
opened 'a .forward with a command' 'open  alice: has a ~/.forward with a command .*allow_mail_to_commands'
rm /home/alice/.forward
for file in .forward+x .qmail-default .courier-y; do
	shown=${file%%[+-]*}
	put $file <<<'alice@example.org'
	shut "$file with an address"
	put $file <<<'|/home/alice/run'
	opened "$file with a command" "open  alice: has a ~/$shown.?[*] with a command"
	rm /home/alice/$file
done
put .procmailrc </dev/null
opened 'a .procmailrc' 'open  alice: has a ~/.procmailrc'
rm /home/alice/.procmailrc
put .config/systemd/user/x.service <<<'[Service]'
check
like "$out" $'\nnote  alice: ~/.config/systemd/user has units; no user manager' \
	'units of the user, where the manager is refused, are a note'
if [[ -f /etc/pam.d/systemd-user ]]; then
	mv /etc/pam.d/systemd-user "$T/systemd-user"
	opened 'units, where it is not' 'open  alice: ~/.config/systemd/user has units, which systemd runs'
	mv "$T/systemd-user" /etc/pam.d/systemd-user
fi
rm -r /home/alice/.config
shut homes

# Groups
getent group docker >/dev/null || add_group docker 990
join_group alice docker
opened docker 'open  alice: is in the group docker, .*root of the host.*; gpasswd -d alice docker'
sed -i -E '/^docker:/s/,?alice//' /etc/group
sed -i -E '/^bob:/s/2002:2002/2002:6/' /etc/passwd
opened 'disk, as the primary group' 'open  bob: is in the group disk \(as the primary one\).*usermod -g'
sed -i -E '/^bob:/s/2002:6/2002:2002/' /etc/passwd
shut groups

# sudo
echo 'alice ALL=(root) NOPASSWD: /bin/ls' >/etc/sudoers.d/some
opened 'a rule of sudo' 'open  alice: sudo lets run commands.*; visudo'
echo '%jailed ALL=(root) /bin/ls' >/etc/sudoers.d/some
opened 'one for a group' 'open  alice and 1 other: sudo lets run commands'
echo 'uma ALL=(root) /bin/ls' >/etc/sudoers.d/some
shut sudo

# Ids
printf 'alice:300000:65536\nbob:365535:65536\n' >/etc/subuid
cp /etc/subuid /etc/subgid
opened 'ranges that overlap' 'subordinate uids 365535 to 431070 of bob overlap with those of alice'
printf 'alice:300000:65536\nbob:2000:65536\n' >/etc/subuid
opened 'a range that holds users' 'subordinate uids 2000 to 67535 of bob hold [0-9]+ real ones, the first being 2001'
like "$(doors)" 'subordinate gids .* overlap' 'gids as well'
printf 'alice:300000:65536\n2002:365536:65536\n' >/etc/subuid
cp /etc/subuid /etc/subgid
shut ids

# The tree
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /opt
mkdir -m 755 /opt/x
mkdir -m 777 /opt/x/y
check
like "$out" $'\nopen  /opt/x/y: anybody may put files here.*; chmod \\+t /opt/x/y\n' 'a directory'
chmod 1777 /opt/x/y
: >/opt/x/file
chmod 666 /opt/x/file
check
unlike "$out" /opt/x/y 'which is gone'
like "$out" $'\nopen  /opt/x/file: anybody may write' 'and a file'
umount /opt
mkdir -m 777 /srv/shared
mkdir -p "$STATE"
chmod 700 "$STATE"
cat >"$INI" <<EOS
[defaults]
state = $STATE
[jail test]
groups = jailed
bind = /srv/shared
EOS
check
like "$out" $'\nnote  /srv/shared: \\[jail test\\] binds it' 'a bind that all may change'

# The kernel
for n in 0 1; do
	echo $n >"$T/value"
	mount --bind "$T/value" /proc/sys/kernel/dmesg_restrict
	check
	is "$(grep -c '^note  kernel.dmesg_restrict: is 0.*; sysctl kernel.dmesg_restrict=1' <<<"$out")" $((1 - n)) \
		"a setting of the kernel that is $n"
	umount /proc/sys/kernel/dmesg_restrict
done
echo 0 >"$T/value"
mount --bind "$T/value" /proc/sys/user/max_user_namespaces
opened 'no namespaces for root' 'user.max_user_namespaces: is 0'
umount /proc/sys/user/max_user_namespaces

# Many users: sshd and sudo are asked once for those whom they treat alike
for uid in {5000..5099}; do
	printf '%s:x:%s:%s::/home/%s:/bin/bash\n' "u$uid" "$uid" "$uid" "u$uid" >>/etc/passwd
	printf '%s:x:%s:\n' "u$uid" "$uid" >>/etc/group
	sed -i "s/^jailed:.*/&,u$uid/" /etc/group
done
printf 'Match User u50*\n\tPermitTunnel yes\n' >"$DROPINS/10-other.conf"
echo 'u5099 ALL=(root) /bin/ls' >/etc/sudoers.d/some
runs() { grep -cE "execve\(\"[^\"]*/$1\", .*\"-$2\"" "$T/trace"; }
run strace -f -qq -s 200 -o "$T/trace" -e trace=execve loginjail check --host
like "$(doors)" "open  u5000 and 99 others: sshd has 'PermitTunnel yes'" 'many users: one line for a set'
unlike "$(doors)" 'alice.*PermitTunnel' 'many users: of whom the others are none'
like "$out" $'\n102 jailed users: ' 'many users: all are counted'
is "$(runs sshd T)" 3 'many users: sshd is asked for all, and for two sets'
is "$(runs sudo U)" 2 'many users: sudo for one set, and for one whom a rule names'
# More than is read of a file
{
	yes '# nothing' | head -c 2000000
	printf '\nMatch User u50*\n\tPermitTunnel yes\n'
} >/etc/ssh/more.conf
rm "$DROPINS/10-other.conf"
sed -i '1i Include more.conf' /etc/ssh/sshd_config
run strace -f -qq -s 200 -o "$T/trace" -e trace=execve loginjail check --host
is "$(runs sshd T)" 103 'many users: one by one, where its files can'"'"'t be read'
sed -i 1d /etc/ssh/sshd_config
printf 'Match Address 192.0.2.0/24\n\tPermitTunnel yes\n' >"$DROPINS/10-other.conf"
check
like "$out" $'\nnote  sshd: Match lines ask where a connection comes from' 'a Match line about addresses is a note'
rm "$DROPINS/10-other.conf"

# Called wrong, or too early
is "$(setpriv --reuid=2004 --regid=2004 --clear-groups loginjail check --host 2>&1 >/dev/null; echo $?)" \
	$'loginjail: check --host is for root: others can\'t read what it has to\n1' 'another user'
run loginjail check --host /a /b
is "$status" 100 'two files'
cp "$INI" "$T/ini"
echo 'memroy = 1G' >>"$INI"
check
is "$status:$out" 1: 'a wrong jail.ini is put right first'
run loginjail check --host "$T/ini"
like "$out" ' jailed users: ' 'another file'
