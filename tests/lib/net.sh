# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Networks around the world, whose own network namespace is the host's:
#
#   jails -- host -- internet    198.51.100.2   2001:db8:1::2     no route to the jails
#              |
#              +---- lan         192.168.77.2   fd77::2           a route to the pool
#                                10.77.0.2      172.16.77.2       more of private nets
#                                169.254.169.254  fd00:ec2::254   a metadata service
#
# In each of them, on port 7000 of every address, TCP and UDP, somebody answers with
# the network's name and the address that he sees: "lan 192.168.77.1".  Port 53 is
# the same.

POOL4=10.213.0.0/16 POOL6=fdcc:6c6a:213::/64
declare -A net_pid

in_net() { # NET COMMAND...
	local pid=${net_pid[$1]}
	shift
	nsenter -t "$pid" -n "$@"
}

net_make() { # NET
	unshare -n sleep infinity </dev/null >/dev/null 2>&1 &
	net_pid[$1]=$!
	eventually_sh "[[ \$(ns ${net_pid[$1]} net) != \$(ns self net) ]]"
	in_net "$1" ip link set lo up
	ip link add "$1" type veth peer name out netns "${net_pid[$1]}"
	ip link set "$1" up
	in_net "$1" ip link set out up
}

net_address() { # NET|host INTERFACE ADDRESS...
	local net=$1 interface=$2 address
	shift 2
	for address in "$@"; do
		if [[ $net == host ]]; then
			ip addr add "$address" dev "$interface" nodad 2>/dev/null ||
				ip addr add "$address" dev "$interface"
		else
			in_net "$net" ip addr add "$address" dev "$interface" nodad 2>/dev/null ||
				in_net "$net" ip addr add "$address" dev "$interface"
		fi
	done
}

# Answers on a port, in a network ("host" is the world's).
net_serve() { # NET PORT
	local net=$1 port=$2 run=()
	[[ $net == host ]] || run=(nsenter -t "${net_pid[$net]}" -n)
	alone "${run[@]}" "$TOOLS/reach" --serve "$net" "$port" </dev/null >/dev/null 2>&1 &
	served+=("$!")
}

networks() {
	net_make internet
	net_make lan
	net_address host internet 198.51.100.1/24 2001:db8:1::1/64
	net_address internet out 198.51.100.2/24 2001:db8:1::2/64
	net_address host lan 192.168.77.1/24 fd77::1/64
	net_address lan out 192.168.77.2/24 fd77::2/64 10.77.0.2/32 172.16.77.2/32 \
		169.254.169.254/32 fd00:ec2::254/128
	ip route add default via 198.51.100.2
	ip -6 route add default via 2001:db8:1::2
	ip route add 10.77.0.2 via 192.168.77.2
	ip route add 172.16.77.2 via 192.168.77.2
	ip route add 169.254.169.254 via 192.168.77.2
	ip -6 route add fd00:ec2::254 via fd77::2
	in_net lan ip route add "$POOL4" via 192.168.77.1
	in_net lan ip -6 route add "$POOL6" via fd77::1
	in_net lan ip route add 198.51.100.0/24 via 192.168.77.1
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	for net in host internet lan; do
		net_serve "$net" 7000
		net_serve "$net" 53
	done
	ok 'the internet answers' eventually reached tcp/198.51.100.2/7000
	ok 'the internet answers, IPv6' eventually reached udp/2001:db8:1::2/7000
	ok 'the lan answers' eventually reached udp/169.254.169.254/7000
	ok 'the host answers' eventually reached tcp/2001:db8:1::1/53
}

reached() { [[ $("$TOOLS/reach" "$1") != *' - '* ]]; }

# What a jail's user gets there: reach USER TARGET...; lines as tests/tools/reach.c
# prints them.
reach() {
	local user=$1
	shift
	on "$user" "$TOOLS/reach $*"
}

# Assertions on such lines: each target with the wanted answer, or "-" for none.
# reaches USER NAME [TARGET=ANSWER]...
reaches() {
	local user=$1 name=$2 pair got targets=()
	shift 2
	for pair in "$@"; do
		targets+=("${pair%%=*}")
	done
	got=$(TIMEOUT=90 reach "$user" "${targets[@]}")
	for pair in "$@"; do
		got_one=$(grep -F -m 1 -- "${pair%%=*} " <<<"$got")
		got_one=${got_one#* }
		case ${pair#*=} in
		-) like "$got_one" '^- ' "$name: not ${pair%%=*}" ;;
		*) is "$got_one" "${pair#*=}" "$name: ${pair%%=*}" ;;
		esac
	done
}

# The host's end of a user's link; all of them.
jail_link() { echo "lj$(basename "$(jail_dir "$1")" | tail -c 14)"; }
jail_links() { ip -o link show type veth | grep -oE ' lj[0-9a-f-]+' | tr -d ' '; }
no_links() { [[ -z $(jail_links) ]]; }
jail_address() { # USER 4|6
	ip -"$2" route show dev "$(jail_link "$1")" | awk '{ print $1; exit }'
}

# Nobody is let in before the rules are loaded, which then are those of so many.
# shellcheck disable=SC2154 # set by run
rules_first() { # "N routed jails"
	run j true
	isnt "$status" 0 'without rules nobody is let in'
	ok 'and the log says what to do' logged "run 'loginjail net apply'"
	ok 'nothing is left of it' no_links
	run loginjail net apply
	is "$status:$out" "0:$1 in /etc/loginjail/jail.ini, rules loaded" 'loginjail net apply'
}

# A net of its own, that a bridge of the host's leads to, and what is behind its router:
#
#   jails -- br0 -- segment   192.168.88.1   fd88::1     the router
#             |               192.168.88.2   fd88::2     another machine
#            host .3          203.0.113.2    2001:db8:3::2, 10.88.0.2, 169.254.169.254
#
# Who asks there is answered as above.
# shellcheck disable=SC2034 # used by the tests
BRIDGED4=192.168.88.128/26 BRIDGED6=fd88::1:0/112
bridge_network() {
	# Where it is a module, a host has to have it loaded (jail.ini(5))
	[[ -e /proc/sys/net/bridge ]] || modprobe br_netfilter
	sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
	ip link add br0 type bridge nf_call_iptables 1 nf_call_ip6tables 1
	ip link set br0 up
	net_make segment
	ip link set segment master br0
	net_address host br0 192.168.88.3/24 fd88::3/64
	net_address segment out 192.168.88.1/24 fd88::1/64 192.168.88.2/24 fd88::2/64 203.0.113.2/32 \
		2001:db8:3::2/128 10.88.0.2/32 169.254.169.254/32
	net_serve segment 7000
	net_serve segment 53
	ok 'the segment answers' eventually reached tcp/192.168.88.2/7000
	ok 'the segment answers, IPv6' eventually reached udp/fd88::2/7000
}
bridged_address() { # USER 4|6
	ip -o link show dev "$(jail_link "$1")" | grep -oE 'alias [^\]*' | tr ' ' '\n' |
		if [[ $2 == 4 ]]; then grep -F .; else grep -F :; fi
}
