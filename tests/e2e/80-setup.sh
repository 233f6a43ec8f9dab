#!/bin/bash
# SPDX-License-Identifier: MIT
# loginjail setup, on the world's own /etc: shown, made, at work, undone.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
add_user toor 0
add_user ed 2007 /bin/bash jailed
SETUP=(loginjail setup --module "$MODULE")
OWN=/etc/ssh/sshd_config.d/loginjail.conf
# The lines of the world come from elsewhere.
sed -i '/loginjail/d' /etc/pam.d/sshd
# A service whose file has no newline at its end, one that is a link, and one of the vendor's own
# (where the host has it: /usr is read-only here).
printf 'session required pam_permit.so' >/etc/pam.d/atd
chmod 640 /etc/pam.d/atd

files() { # what is in /etc, all of it
	(
		cd /etc || exit
		find . -printf '%p %y %m %U:%G %l\n' | LC_ALL=C sort
		find . -type f -exec sha256sum {} + | LC_ALL=C sort
	)
}
host_keys
files >"$T/before"
unchanged() { files | diff "$T/before" -; }

# Shown
run "${SETUP[@]}"
is "$status" 0 'a dry run'
like "$out" $'\n\\+session    required     [^ ]*pam_loginjail.so open\n' 'shows the lines'
like "$out" '/etc/pam.d/atd: jailed users are refused here, and names that are no account of the host: runs users' 'and the other doors, with the reason'
like "$out" 'nothing has been' 'says that nothing was done'
ok 'and nothing was' unchanged

# Problems
cp -p /etc/pam.d/su "$T/su"
sed -i '1i session sufficient pam_permit.so' /etc/pam.d/su
files >"$T/before"
run "${SETUP[@]}" --apply
is "$status" 1 'a stack that can be left before our line'
like "$err" "/etc/pam.d/su:1: 'sufficient' of pam_permit.so" 'is named, with its line'
like "$err" 'nothing has been changed' 'nothing is changed'
ok 'indeed' unchanged
cp -p "$T/su" /etc/pam.d/su
files >"$T/before"
run loginjail setup --module /none/pam_loginjail.so --apply
is "$status" 1 'a module that is not there'
cp /bin/true "$T/pam_loginjail.so"
run loginjail setup --module "$T/pam_loginjail.so" --apply
is "$status" 1 'one that can'"'"'t be loaded'
like "$err" "can't be loaded" 'is said to be that'
run "${SETUP[@]}" --apply --undo
is "$status" 100 'apply and undo'
is "$(setpriv --reuid=2004 --regid=2004 --clear-groups "${SETUP[@]}" >/dev/null 2>&1; echo $?)" 1 'another user'
ok 'all this changes nothing' unchanged
for wrong in 'UsePAM no' 'ChrootDirectroy none' 'Match all'; do
	cp -p /etc/ssh/sshd_config "$T/kept"
	sed -i "1i $wrong" /etc/ssh/sshd_config
	mkdir -p /etc/loginjail
	printf '[jail test]\ngroups = jailed\nexcept = ed\n' >/etc/loginjail/jail.ini
	run "${SETUP[@]}" --apply
	is "$status" 1 "sshd_config with '$wrong'"
	unlike "$err" '/run/loginjail-setup' "'$wrong': the files are named as they are"
	rm -r /etc/loginjail
	cp -p "$T/kept" /etc/ssh/sshd_config
done
like "$err" "put the line 'Include /etc/ssh/sshd_config.d/\*.conf'" 'an Include below a Match: the remedy'
ok 'nothing has been changed' unchanged
ok 'nothing is left below /run' test -z "$(compgen -G '/run/loginjail-setup*')"

# Made, with no jail yet
run "${SETUP[@]}" --apply
is "$status" 0 'apply'
like "$out" 'loginjail setup --undo' 'names the way back'
like "$out" 'Nobody is jailed yet' 'and what is to be done next'
is "$(cat "$INI")" "$(loginjail sample)" 'jail.ini is the sample'
ok 'which has no errors' loginjail check
is "$(stat -c '%a %U %a' /etc/pam.d/atd)" '640 root 640' 'a mode stays'
nok 'no Match block for nobody' test -e "$OWN"
cp -a /etc "$T/etc"
run "${SETUP[@]}" --apply
is "$status" 0 'apply again'
like "$out" 'nothing to change' 'says that there is nothing to change'
ok 'and changes nothing' diff -r /etc/pam.d "$T/etc/pam.d"

# A jail, and an sshd that includes what setup wrote
mkdir -p "$STATE"
chmod 700 "$STATE"
cat >"$INI" <<EOS
[defaults]
state = $STATE
[jail test]
groups = jailed
users = #2004
except = ed
services = sshd
EOS
run "${SETUP[@]}" --apply
is "$status" 0 'apply with a jail'
ok 'the Match block is there' test -f "$OWN"
like "$(cat "$OWN")" 'Match User \*,!root,!toor,!ed Group jailed'$'\n' 'it leaves out who is never jailed'
like "$(cat "$OWN")" 'Match User uma,!root,!toor,!ed'$'\n' 'and has users by uid'
like "$out" 'reload' 'sshd is to be told'
SSHD_MATCH="Include /etc/ssh/sshd_config.d/*.conf" sshd_start main
is "$(j 'cat /proc/1/comm')" loginjail-init 'a matched user is in a jail'
is "$(on uma 'cat /proc/1/comm')" loginjail-init 'so is one by uid'
is "$(on pat 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'another user is on the host'
is "$(on ed 'readlink /proc/self/ns/mnt')" "$HOST_MNT" 'so is an exception'
ok 'root logs in' on root true
ok 'jails go' jails_gone
mv "$MODULE" "$MODULE.away"
nok 'without the module a matched user is not let in' j true
mv "$MODULE.away" "$MODULE"
cp /etc/pam.d/sshd "$T/pam"
sed -i '/loginjail/d' /etc/pam.d/sshd
nok 'nor without its lines: the second lock' j true
ok 'where others are' on pat true
cp "$T/pam" /etc/pam.d/sshd
run timeout "${TIMEOUT:-30}" su - alice -c 'echo RAN' </dev/null
unlike "$out" RAN 'su is closed to a jailed user'
like "$err$out" 'loginjail: ' 'who is told'
is "$(timeout "${TIMEOUT:-30}" su - pat -c 'echo ran' </dev/null)" ran 'and open to others'

# A service whose file is none: PAM takes the lines of "other"
if (($(sshd_version) >= 908)); then
	sshd_start odd 'PAMServiceName odd'
else
	ln -s /usr/sbin/sshd /usr/local/sbin/odd
	sshd_program=/usr/local/sbin/odd sshd_start odd
fi
mkfifo "$T/fifo"
cp -a /etc/pam.d "$T/pam.d"
for target in /dev/null /etc/ssh "$T/fifo"; do
	ln -s "$target" /etc/pam.d/odd
	run "${SETUP[@]}" --apply
	is "$status" 0 "a link to $target in the place of a service: setup goes on"
	like "$err" 'warning: /etc/pam.d/odd is left alone, since it is no file' 'it says what it does'
	is "$(readlink /etc/pam.d/odd)" "$target" 'the link stays'
	unlike "$(loginjail check --host)" 'PAM service odd' 'it is no open door'
	# PAM waits for somebody to write to a FIFO.
	if [[ $target != "$T/fifo" ]]; then
		ok 'others log in by it' on pat true
		nok 'a jailed user does not' j true
	fi
	rm /etc/pam.d/odd
	ok 'nothing else has changed' diff -r /etc/pam.d "$T/pam.d"
done
ln -s /dev/null /etc/pam.d/odd
run "${SETUP[@]}" --undo
is "$status" 0 'nor is it in the way of undo'
unlike "$(cat /etc/pam.d/sshd)" loginjail 'which takes out our lines'
rm /etc/pam.d/odd
ok '(apply)' "${SETUP[@]}" --apply
sshd_use main
mv /etc/pam.d/sshd "$T/sshd-itself"
ln -s /dev/null /etc/pam.d/sshd
run "${SETUP[@]}" --apply
is "$status" 1 'in the place of sshd'"'"'s own file'
like "$err" '/etc/pam.d/sshd is no file, but a directory, a device' 'it is a problem, and named'
rm /etc/pam.d/sshd
mv "$T/sshd-itself" /etc/pam.d/sshd

# A ForceCommand of somebody else's, before ours
printf 'Match User alice\n\tForceCommand /bin/true\n' >/etc/ssh/sshd_config.d/10-other.conf
sed -i "s/^users = .*/users = alice/" "$INI"
run "${SETUP[@]}" --apply
is "$status" 1 'a ForceCommand before ours'
like "$err" "'/bin/true' for alice" 'is found'
mv /etc/ssh/sshd_config.d/10-other.conf /etc/ssh/other.conf
cp -p /etc/ssh/sshd_config "$T/kept"
sed -i "1i Include '/etc/ssh/other.conf'" /etc/ssh/sshd_config
run "${SETUP[@]}" --apply
is "$status" 1 'one that is included in single quotes'
like "$err" "'/bin/true' for alice" 'is found, too'
cp -p "$T/kept" /etc/ssh/sshd_config
rm /etc/ssh/other.conf
printf '[jail x]\nusers = alice\nmemroy = 1G\n' >"$T/bad.ini"
cp "$INI" "$T/good.ini"
cp "$T/bad.ini" "$INI"
run "${SETUP[@]}" --apply
is "$status" 1 'a wrong jail.ini'
like "$err" 'jail.ini:3: ' 'is named with its line'
cp "$T/good.ini" "$INI"

# New programs, as a package's upgrade puts them: sessions go on
hold old alice
jail=$(jail_dir alice)
for program in /usr/local/libexec/loginjail/* /usr/local/sbin/loginjail "$MODULE"; do
	cp -p "$program" "$program.dpkg-new"
	mv "$program.dpkg-new" "$program"
done
is "$(j 'cat /proc/1/comm')" loginjail-init 'after an upgrade a login works'
is "$(jail_dir alice)" "$jail" 'in the jail that is there'
echo more >&"${hold_in[old]}"
line=
read -r -t 10 -u "${hold_out[old]}" line
is "$line" more 'where the session from before goes on'
release old
ok 'and goes' jails_gone

# A change half done is either done or not, at each file
sshd_stop
run "${SETUP[@]}" --undo
is "$status" 0 'undo'
rm -rf /etc/loginjail
ok 'leaves all as it was, byte for byte' unchanged
run "${SETUP[@]}" --undo
like "$out" 'nothing to change' 'undo again has nothing to do'

whole() { # FILE: it is the old one or the new one
	cmp -s "$T/old$1" "$1" || cmp -s "$T/new$1" "$1"
}
mkdir -p "$T"/{old,new}/etc
cp -a /etc/pam.d "$T/old/etc"
"${SETUP[@]}" --apply >/dev/null
cp -a /etc/pam.d "$T/new/etc"
"${SETUP[@]}" --undo >/dev/null
for call in rename,renameat,renameat2 fsync fchmod write openat2 unlinkat; do
	for n in 1 2 3 4 5 9; do
		# The shell tells of it, too.
		{
			strace -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
				"${SETUP[@]}" --apply
		} >/dev/null 2>&1
		for file in /etc/pam.d/*; do
			whole "$file" || echo "$call $n $file"
		done
		"${SETUP[@]}" --apply >/dev/null 2>"$T/err" || echo "$call $n: $(cat "$T/err")"
		diff -r /etc/pam.d "$T/new/etc/pam.d"
		"${SETUP[@]}" --undo >/dev/null
		diff -r /etc/pam.d "$T/old/etc/pam.d"
	done
done >"$T/torn" 2>&1
is "$(cat "$T/torn")" '' 'killed at any point, each file is whole, and a second run ends the work'
for call in renameat:error=EIO fsync:error=EIO write:error=ENOSPC; do
	strace -qq -o /dev/null -e trace="${call%%:*}" -e inject="$call:when=3" \
		"${SETUP[@]}" --apply >/dev/null 2>&1
	isnt $? 0 "$call: an error"
	for file in /etc/pam.d/*; do
		whole "$file" || echo "$call $file"
	done >"$T/torn"
	is "$(cat "$T/torn")" '' "$call: each file is whole"
	ok "$call: undo" "${SETUP[@]}" --undo
	ok "$call: all is as before" diff -r /etc/pam.d "$T/old/etc/pam.d"
done

# Another tree, with links that would lead out of it
tree=$T/tree
mkdir -p "$tree"/{run,etc/pam.d,etc/real,usr/sbin} "$tree${ENTER%/*}" "$tree${MODULE%/*}"
cp -p "${ENTER%/*}"/* "$tree${ENTER%/*}"
cp -p "$MODULE" "$tree$MODULE"
cp -p /etc/pam.d/{sshd,common-*} "$tree/etc/pam.d"
ln -s /etc/real "$tree/etc/loginjail"
files >"$T/before"
run "${SETUP[@]}" --root "$tree" --apply
is "$status" 0 'another tree'
like "$out" "has no sshd" 'without an sshd: it says so'
ok 'its sshd has our lines' grep -q '^session .*open$' "$tree/etc/pam.d/sshd"
ok 'a link is taken from its root' test -f "$tree/etc/real/jail.ini"
like "$out" "setup --root $tree --undo" 'the way back names it'
ok 'undo' "${SETUP[@]}" --root "$tree" --undo
ok 'its sshd is as before' cmp "$tree/etc/pam.d/sshd" /etc/pam.d/sshd
ok 'this host has not been touched' unchanged

# Before the package goes, no line may be left that names the module
cp "$T/pam" /etc/pam.d/sshd
sed -i 's/# loginjail: .*//' /etc/pam.d/sshd
run loginjail setup --undo
like "$(cat /etc/pam.d/sshd)" $'\nsession .*pam_loginjail.so open$' 'undo leaves lines by hand'
ok 'undo-all' loginjail setup --undo-all
is "$(grep -r pam_loginjail.so /etc/pam.d | grep -vc ':#')" 0 'leaves none'
rm -f "$MODULE"
SSHD_MATCH='' sshd_start after
ok 'without the module everybody can log in' on alice true
ok 'nothing stays' jails_gone
