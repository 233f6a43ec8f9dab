# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Takes people out of /new/etc/passwd and /new/etc/group; the accounts of the system stay.
set -eu
cd /new/etc
awk -F: '$3 < 1000 || $3 == 65534' passwd >passwd.new
awk -F: -v OFS=: '$3 < 1000 || $3 == 65534 { $4 = ""; print }' group >group.new
for f in passwd group; do
	chmod 0644 $f.new
	mv -f $f.new $f
done
