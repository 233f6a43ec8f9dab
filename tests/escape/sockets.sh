#!/bin/bash
# SPDX-License-Identifier: MIT
# Sockets that are no addresses: abstract ones and AF_VSOCK under every network, and the
# host's own sockets by way of forwarding.
# beside: others
# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

standard_users
networks
DEFAULTS="pool = $POOL4 $POOL6"
conf() { # NETWORK
	jail_ini <<-EOS
		[jail test]
		groups = jailed
		network = $1
	EOS
	loginjail net apply >/dev/null
}
sshd_start main 'StreamLocalBindUnlink yes'
conf private
serve ABSTRACT-LISTEN:of-the-host HOST
ok 'an abstract socket of the host' eventually answers ABSTRACT-CONNECT:of-the-host HOST
connect_abstract='socat - ABSTRACT-CONNECT:of-the-host </dev/null 2>/dev/null'
list_abstract='grep -c of-the-host /proc/net/unix'
# Only to have one: nobody is spoken to.
vsock='perl -MSocket -e '"'"'for my $t (1, 2, 5) { socket(my $s, 40, $t, 0) and print "open " } print "none\n"'"'"

# What confines what: the network an abstract socket, and nothing a vsock.
is "$(free "$connect_abstract")" HOST 'without a jail: it is in reach'
isnt "$(unshare -n bash -c "$connect_abstract")" HOST '(not from another network)'
like "$(free "$vsock")" '^open ' 'without a jail: a vsock is to be had'
like "$(unshare -n bash -c "$vsock")" '^open ' '(in another network, too)'

for network in none private routed host; do
	conf $network
	hold h alice
	if [[ $network == host ]]; then
		is "$(j "$connect_abstract")" HOST "$network: an abstract socket of the host is in reach, as the manual says"
	else
		isnt "$(j "$connect_abstract")" HOST "$network: no abstract socket of the host"
		is "$(j "$list_abstract")" 0 "$network: nor is its name to be seen"
		# What the network does, not a filter: between two processes of a jail's own they work.
		serve_inside alice ABSTRACT-LISTEN:of-the-host INSIDE
		ok "$network: that name is the jail's own to use" eventually_sh '[[ $(j "$connect_abstract") == INSIDE ]]'
		isnt "$(ask ABSTRACT-CONNECT:of-the-host)" INSIDE "$network: which the host does not see"
		is "$(nsenter -t "$(jail_init alice)" -n bash -c "$connect_abstract")" INSIDE \
			"$network: (it is that of the jail's network)"
	fi
	is "$(j "$vsock")" none "$network: no vsock"
	like "$(j 'strace -f -e trace=socket perl -MSocket -e "socket(my \$s, 40 + (1 << 32), 1, 0) or print qq(\$!\n)" 2>/dev/null ||
		perl -MSocket -e "socket(my \$s, 40, 1, 0) or print qq(\$!\n)"')" 'not supported' "$network: refused by its family"
	like "$(nsenter -t "$(jail_init alice)" -n bash -c "$vsock")" '^open ' "$network: (the jail's network would not hinder it)"
	release h
	jails_gone
done

# ---- the host's sockets in the file system, by -L and -R ---------------------
places='/tmp/host.sock /srv/host.sock /run/host.sock /var/tmp/host.sock /home/host.sock'
for path in $places; do
	serve "UNIX-LISTEN:$path,mode=0777,unlink-early" HOST
	ok "(a socket of the host, $path)" eventually answers "UNIX:$path" HOST
done
chmod 1777 /srv /run /home
for user in alice uma; do
	for path in $places; do
		ln -s "$path" "/home/$user/to$(tr / - <<<"$path")"
	done
	ln -s / "/home/$user/root"
	ln -s /proc/1/root "/home/$user/init"
	chown -h "$user:" "/home/$user"/{to*,root,init}
done

# USER PATH: what comes through -L to it.
through() {
	local client got=none
	rm -f "$T/through"
	alone ssh -F "$S/ssh_config" -N -l "$1" -L "$T/through:$2" world >/dev/null 2>&1 </dev/null &
	client=$!
	eventually test -S "$T/through" && got=$(timeout 3 socat -T 2 - "UNIX:$T/through" </dev/null 2>/dev/null | head -n 1)
	kill -KILL "$client"
	wait "$client" 2>/dev/null
	echo "$got"
}
# USER PATH: put a socket there by -R, in the place of what is there, that says CLIENT; and what
# somebody of the host finds then.
serve TCP-LISTEN:7001,bind=127.0.0.1,reuseaddr CLIENT
put() {
	on_opt "$1" "-o ExitOnForwardFailure=no -R $2:127.0.0.1:7001" \
		"timeout 3 socat -T 2 - UNIX:$2 </dev/null 2>/dev/null | head -n 1; read -r -t 5 x" 2>/dev/null < <(sleep 3) &
	local client=$! found=
	for _ in 1 2 3 4 5 6 7 8; do
		found=$(timeout 2 socat -T 1 - "UNIX:$2" </dev/null 2>/dev/null | head -n 1)
		[[ $found != CLIENT ]] || break
		sleep 0.3
	done
	wait "$client"
	echo "host:$found"
}

is "$(through uma /srv/host.sock)" HOST 'without a jail: -L reaches a socket of the host'
is "$(through uma /home/uma/to-srv-host.sock)" HOST 'without a jail: so it does by a link'
: >/srv/mine
chown uma: /srv/mine
like "$(put uma /srv/uma.sock | xargs)" 'host:CLIENT' 'without a jail: -R puts one there'
for network in private routed host; do
	conf $network
	hold h alice
	for path in $places /home/alice/to{-tmp,-srv,-run,-var-tmp,-home}-host.sock \
		/home/alice/root/{srv,run,tmp}/host.sock /home/alice/init/{srv,run}/host.sock \
		/home/alice/../host.sock /proc/self/root/run/host.sock /proc/1/root/srv/host.sock \
		/dev/../run/host.sock //run//host.sock; do
		isnt "$(through alice "$path")" HOST "$network: -L $path"
	done
	for path in /tmp/alice.sock /srv/alice.sock /run/alice.sock /var/tmp/alice.sock /home/alice.sock \
		/home/alice/root/run/alice.sock; do
		unlike "$(put alice "$path" | xargs)" 'host:CLIENT' "$network: -R $path"
		nok "$network: -R leaves nothing of the host's there, $path" test -S "/${path#/home/alice/root/}"
	done
	# In the place of one that is there, which sshd would remove before (StreamLocalBindUnlink)
	for path in $places; do
		unlike "$(put alice "$path" | xargs)" 'host:CLIENT' "$network: -R in the place of $path"
	done
	# A link in the home is replaced itself, not what it leads to.
	put alice /home/alice/to-srv-host.sock >/dev/null
	for path in $places; do
		is "$(ask "UNIX:$path")" HOST "$network: which is still the host's, $path"
	done
	ln -sf /srv/host.sock /home/alice/to-srv-host.sock
	release h
	jails_gone
done
loginjail net clear
kill "${served[@]}" "${net_pid[@]}"
