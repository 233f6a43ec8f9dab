#!/bin/bash
# SPDX-License-Identifier: MIT
# A user who leaves links, or nothing, in persistent storage where the next jail will be
# mounted: as its root, and as a user where he may.  Each login after that is whole or
# refused with the remedy, and nothing is mounted or written anywhere else.
# The user is root of the jail in it already, where that is of use.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
mkdir -m 1777 /srv/victim /srv/data
mkdir -p /srv/victim/{proc,sys,run,tmp,dev/pts,dev/shm,home/alice,deep/bound,fs,etc} /srv/other
echo precious >/srv/victim/file
echo shared >/srv/data/file
chmod -R a+rwX /srv/victim
whole_tree whole 2026-11-22T10.00.00
rooted="[jail test]
groups = jailed
root = whole
inside_root = yes
storage = persistent
home = private
bind_ro = /usr/local"
hosted='[jail test]
groups = jailed
storage = persistent
home = private'
DEFAULTS="trees = $TREES"
jail_ini <<<"$rooted"
sshd_start main
upper=$STATE/persistent/2001/tree/%2F/u
as_root() { LOGINJAIL_AS_ROOT=1 on alice "$@"; }
gone() { jails_gone || fail 'the jail goes'; }

# What there is of mounts, and of what a misled one would cover or change.
elsewhere() {
	cat /proc/self/mountinfo
	find /srv/victim /etc /home -path /etc/loginjail -prune -o -printf '%p %y %m %U:%G %s %T@ %l\n' | LC_ALL=C sort
}
j true
gone
elsewhere >"$T/before"
as_it_was() { # NAME
	elsewhere >"$T/now"
	is "$(diff "$T/before" "$T/now")" '' "$1: nothing is mounted or written elsewhere"
}

whole() { # NAME
	is "$(j 'stat -f -c %T /proc /sys /tmp /run /dev/pts; cat /proc/1/comm; id -u; test -c /dev/null && test -d ~ && echo all' |
		tr '\n' ' ')" 'proc sysfs tmpfs tmpfs devpts loginjail-init 2001 all ' "$1: the next jail is whole"
	gone
	as_it_was "$1"
}

refused() { # NAME REASON
	log_mark
	run j 'echo in'
	like "$out$err" 'loginjail: ' "$1: the next login is refused"
	ok "$1: with the remedy" logged_since "alice: login refused: .*$2.*loginjail reset"
	ok "$1: nothing stays" jails_gone
	as_it_was "$1"
}

anew() {
	gone
	loginjail reset alice || fail 'the remedy works'
}

# In a live jail: what is mounted can't be moved, removed or covered, even by its root
for place in /proc /sys /dev /run /tmp /dev/shm /dev/pts /usr/local /usr /etc /srv /home /home/alice; do
	# rename, exchange (renameat2), removal, a link in the place of what is left
	as_root "mkdir -p /opt/elsewhere; ln -sfn /srv/victim$place /opt/link
		perl -e 'rename(q($place), q($place.x)); syscall(316, -100, q(/opt/link), -100, q($place), 2)'
		rmdir $place; ln -sfnT /srv/victim$place $place; mkdir -p /srv/victim$place; true" >/dev/null 2>&1
	whole "$place in the jail"
done
anew

# Where nothing is mounted yet, and will be when the administrator changes jail.ini.
# What the user makes of /srv/deep or /home: what the log says
bound="$rooted
bind = /srv/data:/srv/deep/bound"
for what in 'ln -s /srv/victim/deep /srv/deep|behind a symbolic link' \
	'ln -s ../../../../srv/victim/deep /srv/deep|behind a symbolic link' \
	'ln -s /proc/1/root/srv/victim/deep /srv/deep|behind a symbolic link' \
	'ln -s /proc/self/cwd /srv/deep|behind a symbolic link' \
	'mkdir /srv/deep; ln -s /srv/victim/deep/bound /srv/deep/bound|behind a symbolic link' \
	'mkdir /srv/deep; echo x >/srv/deep/bound|not as it was made' \
	'echo x >/srv/deep|not as it was made' \
	'mkdir /srv/x && rmdir /srv/x; mv /srv /srv.x || rm -rf /srv; echo x >/srv|not as it was made'; do
	jail_ini <<<"$rooted"
	as_root "${what%|*}" >/dev/null 2>&1
	gone
	jail_ini <<<"$bound"
	refused "${what%|*}" "mount point '/srv/deep/bound' is ${what##*|}"
	anew
	is "$(j 'cat /srv/deep/bound/file')" shared "${what%|*}: after the remedy all is there"
	anew
done
homeless="${rooted/home = private/home = none}"
for what in 'rm -rf /home; ln -s /srv/victim/home /home|behind a symbolic link' \
	'rm -rf /home; echo x >/home|not as it was made' \
	'rm -rf /home/alice; mkdir -p /home; ln -s /srv/victim/home/alice /home/alice|behind a symbolic link'; do
	jail_ini <<<"$homeless"
	as_root "${what%|*}" >/dev/null 2>&1
	gone
	jail_ini <<<"${rooted/home = private/home = bind}"
	refused "${what%|*}" "mount point '/home/alice' is ${what##*|}"
	anew
done

# As a plain user, below a directory that is the user's on the host
mkdir -p /usr/local/own/dir
chown alice: /usr/local/own /usr/local/own/dir
for what in 'rmdir /usr/local/own/dir; ln -s /srv/victim /usr/local/own/dir|behind a symbolic link' \
	'ln -s /srv/victim/fs /usr/local/own/dir/fs|behind a symbolic link' 'echo x >/usr/local/own/dir/fs|not as it was made'; do
	for how in bind mount; do
		jail_ini <<<"$hosted"
		j "${what%|*}"
		gone
		mkdir -p /usr/local/own/dir/fs
		if [[ $how == bind ]]; then
			jail_ini <<<"$hosted"$'\nbind = /srv/data:/usr/local/own/dir/fs'
		else
			mount --bind /srv/other /usr/local/own/dir/fs
			elsewhere >"$T/before"
		fi
		refused "as a user, $how, ${what%|*}" "mount point '/usr/local/own/dir/fs' is ${what##*|}"
		[[ $how == bind ]] || umount /usr/local/own/dir/fs
		rmdir /usr/local/own/dir/fs
		elsewhere >"$T/before"
		anew
	done
done
# In the home that is kept, of which set-up makes only the top
jail_ini <<<"$hosted"
j 'for f in .ssh .profile .bashrc .hushlogin .cache run tmp; do ln -sfnT /srv/victim/file ~/$f; done; chmod 0 ~' 2>/dev/null
whole 'a home full of links, and closed'
anew

# Accounts, start-up files and programs that its root has replaced are the jail's own affair
jail_ini <<<"$rooted"
as_root 'cp -a /etc /opt/etc && rm -rf /etc; ln -s /opt/etc /etc; echo "alice:x:0:0::/:/bin/sh" >/opt/etc/passwd
	echo "root::0:0:::::" >/opt/etc/shadow' >/dev/null 2>&1
gone
whole '/etc is a link'
is "$(j 'id -u; readlink /etc')" $'2001\n/opt/etc' '/etc is a link: a session begins as the user whatever it says'
as_root 'rm -f /etc; ln -s /proc/1/root/etc /etc' >/dev/null 2>&1
anew
as_root 'rm -f /bin/bash /usr/bin/bash' >/dev/null 2>&1
gone
refused 'the login shell is removed' 'no program /bin/bash'
anew

# The second line, should a way be found to do the same to what is mounted in every
# jail: as if a user had
j true
gone
for place in proc sys dev run tmp; do
	for what in link climbing file nothing; do
		case $what in
		link) ln -s "/srv/victim/$place" "$upper/$place" ;;
		climbing) ln -s "../../../../../../../../srv/victim/$place" "$upper/$place" ;;
		file) : >"$upper/$place" ;;
		nothing) mknod "$upper/$place" c 0 0 ;;
		esac
		refused "/$place, $what" "mount point '/${place}[^']*' is (behind a symbolic link|not as it was made)"
		rm "$upper/$place"
	done
done
whole 'with all that taken away'
# The storage's own directories are root's alone; a link among them is no way out either
for place in "$STATE/persistent/2001/tree/%2F" "$STATE/persistent/2001/tree" "$STATE/persistent/2001"; do
	mv "$place" "$place.x"
	ln -s /srv/victim "$place"
	nok "$(basename "$place") is a link: no login" j true
	ok "$(basename "$place") is a link: nothing stays" jails_gone
	rm "$place"
	mv "$place.x" "$place"
	as_it_was "$(basename "$place") is a link"
done
is "$(cat /srv/victim/file)" precious 'the victim is as it was'
