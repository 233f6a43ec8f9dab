#!/bin/bash
# SPDX-License-Identifier: MIT
# What runs for a user without a login of theirs: units of systemd's user manager,
# cron and at.  Each must be refused to a matched user; each is tried by a user
# without a jail at the same time, to see that it would work.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

DEFAULTS="bind = $MARKS" standard_jail
marks_begin

plant() { # USER: a unit that leaves a mark
	local units=/home/$1/.config/systemd/user
	mkdir -p "$units/default.target.wants"
	cat >"$units/mark.service" <<-END
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c '$(mark_sh "unit.$1")'
	END
	ln -sf ../mark.service "$units/default.target.wants/mark.service"
	chown -R "$1:$1" "/home/$1/.config"
}
plant alice
plant uma

# logind keeps a user for a while after the last session.
fresh() {
	systemctl stop "user@$(id -u uma).service"
	eventually not test -e "/run/systemd/users/$(id -u uma)"
}
manager=user@$(id -u alice).service
drop_in=/usr/lib/systemd/system/user@.service.d/loginjail.conf
fresh
hold free uma
hold warm alice
jail=$(jail_mnt alice)
ok 'a unit of a user without a jail runs at the login' eventually marked_on_host unit.uma
held unit.alice "$jail" 'a unit of a jailed user, at the login,'
is "$(systemctl is-active "$manager")" inactive 'the user manager was not tried'
is "$(systemctl is-system-running)" running 'and is no failure'
nok 'it has no process' pgrep -u alice -x systemd
nok 'from inside no manager can be asked for' j 'systemctl --user start mark.service'
nok 'nor the one of the host' j 'systemctl start mark.service'
nok 'nor for lingering' j 'loginctl enable-linger'
nok 'and no program can be left with one' j 'systemd-run --user true'
release free
release warm
ok '(both are gone)' jails_gone

# The lock is the PAM line, with or without the drop-in.
mv "$drop_in" "$T/drop-in"
systemctl daemon-reload
hold warm alice
held unit.alice "$jail" 'a unit of a jailed user, by PAM alone,'
is "$(systemctl is-active "$manager")" failed 'the user manager was refused'
nok 'it has no process' pgrep -u alice -x systemd
release warm
ok '(gone)' jails_gone

# Lingering: the manager starts without a login.
fresh
rm -f "$MARKS/unit.uma"
loginctl enable-linger uma
loginctl enable-linger alice
ok 'a lingering user without a jail has a manager' eventually marked_on_host unit.uma
held unit.alice "$jail" 'a unit of a lingering jailed user'
nok 'there is no manager' pgrep -u alice -x systemd
ok 'the user can log in' j true
loginctl disable-linger alice
loginctl disable-linger uma
mv "$T/drop-in" "$drop_in"
systemctl daemon-reload
systemctl reset-failed

# cron, which looks once a minute; at, at once
for user in alice uma; do
	echo "* * * * * $(mark_sh "cron.$user")" | crontab -u "$user" -
	mark_sh "at.$user" | setpriv --reuid "$user" --regid "$user" --init-groups \
		env -C / HOME="/home/$user" LOGNAME="$user" SHELL=/bin/sh at now 2>/dev/null
done
ok 'at runs a job of a user without a jail' eventually marked_on_host at.uma
ok 'cron as well' eventually_within 250 marked_on_host cron.uma
crontab -r -u alice
crontab -r -u uma
held at.alice "$jail" 'a job of at of a jailed user'
held cron.alice "$jail" 'a job of cron of a jailed user'
is "$(cd "$MARKS" && echo *)" 'at.uma cron.uma unit.uma' 'none of them ran at all'
standard_jail
