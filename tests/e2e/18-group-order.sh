#!/bin/bash
# SPDX-License-Identifier: MIT
# Name services that answer in another order each time: whoever is in the groups of two sections
# is in the jail of the one that comes first in jail.ini, whichever group comes first.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# A name service that has the groups of an account from a file: as they are there, or, when
# asked again, turned round.
cat >"$T/order.c" <<'EOS'
#include <grp.h>
#include <nss.h>
#include <stdio.h>
#include <string.h>

enum nss_status _nss_order_initgroups_dyn(const char *user, gid_t group, long *start, long *size, gid_t **groups,
					  long limit, int *errnop)
{
	static int calls;
	gid_t found[16];
	int n = 0, turn = 0;
	FILE *f = fopen("/etc/order", "re");

	(void)size, (void)limit, (void)errnop;
	if (!f || strcmp(user, "alice") != 0)
		return NSS_STATUS_NOTFOUND;
	if (fscanf(f, "%d", &turn) != 1)
		return NSS_STATUS_UNAVAIL;
	while (n < 16 && fscanf(f, "%u", &found[n]) == 1)
		n++;
	fclose(f);
	turn = turn && calls++ % 2;
	/* There is room for some; the test has fewer. */
	for (int i = 0; i < n && *start < *size; i++) {
		gid_t g = found[turn ? n - 1 - i : i];

		if (g != group)
			(*groups)[(*start)++] = g;
	}
	return NSS_STATUS_SUCCESS;
}
EOS
mkdir -p /usr/local/lib
cc -shared -fPIC -o /usr/local/lib/libnss_order.so.2 "$T/order.c"
ldconfig 2>/dev/null
sed -i -E '/^initgroups:/d' /etc/nsswitch.conf
standard_users
add_group first 3100
add_group second 3101
add_group third 3102
sections() { # NAME...: in this order
	local name
	for name; do
		printf '[jail %s]\ngroups = %s\nhostname = in-%s\n\n' "$name" "$name" "$name"
	done | jail_ini
}
services() { # of initgroups
	sed -i -E '/^initgroups:/d' /etc/nsswitch.conf
	echo "initgroups: $1" >>/etc/nsswitch.conf
}
# For whoever has no group in jail.ini the ForceCommand is one of a user.
SSHD_MATCH="Match User alice
	ForceCommand $ENTER" sshd_start main

services 'order [SUCCESS=continue] files'
echo 0 3102 3100 3101 >/etc/order
is "$(id -G alice)" '2001 3102 3100 3101 3000' '(one order)'
echo 0 3101 3100 3102 >/etc/order
is "$(id -G alice)" '2001 3101 3100 3102 3000' '(another one)'
services 'files [SUCCESS=continue] order'
is "$(id -G alice)" '2001 3000 3101 3100 3102' '(and one of the services)'

for by in 'order [SUCCESS=continue] files' 'files [SUCCESS=continue] order'; do
	services "$by"
	for order in '0 3100 3101 3102' '0 3102 3101 3100' '0 3101 3102 3100' '1 3101 3100 3102'; do
		echo "$order" >/etc/order
		for names in 'first second third' 'third first second' 'second third first'; do
			# shellcheck disable=SC2086 # words
			sections $names
			want=${names%% *}
			is "$(on alice 'hostname; id -G')" "in-$want
2001 3000 3100 3101 3102" "${by%% *} first, $order: [jail $want] of '$names'"
			like "$(loginjail explain alice)" "section  \[jail $want\]" 'explain says so as well'
			jails_gone
		done
	done
done
# A group of one section, after and before groups of none
sections second
for order in '0 3100 3101 3102' '0 3101' '0 3102 3101' '1 3102 3100 3101'; do
	echo "$order" >/etc/order
	is "$(on alice hostname)" in-second "$order: the one that there is"
	jails_gone
done
echo '0 3100 3102' >/etc/order
isnt "$(on alice hostname 2>/dev/null)" in-second 'and without its group it is not'
ok 'nothing stays' jails_gone
