#!/bin/bash
# SPDX-License-Identifier: MIT
# The host is what it is meant to be, and loginjail is set up on it.
# shellcheck source=tests/vm/guest/lib.sh
. "${BASH_SOURCE[0]%/*}/../guest/lib.sh"

is "$(cat /var/lib/tests/state)" running 'systemd has the host up and complains of nothing'
is "$(cat /proc/1/comm)" systemd 'systemd is PID 1'
is "$(stat -fc %T /sys/fs/cgroup)" cgroup2fs 'cgroup v2'
is "$(systemctl is-active ssh)" active 'the stock sshd runs'
is "$(systemctl is-active systemd-logind)" active 'and logind'
diag "$(uname -r), $(ssh -V 2>&1), $(systemctl --version | head -n 1)"
ok 'jail.ini is right' loginjail check
is "$(systemctl is-active loginjail.service)" active 'loginjail.service is there'
is "$(systemctl list-units --failed --plain --no-legend | awk '{ print $1 }')" '' 'no unit has failed'
