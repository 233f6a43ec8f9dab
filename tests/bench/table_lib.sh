# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What is said about the measured lines: the figures, build/bench.json, the table.
# Needs: lines (their file), B (the bench's programs), result (figures by name).
# shellcheck disable=SC2154 # those are the caller's

# A field of a kept line: value NAME LABEL FIELD
value() {
	sed -nE "/\"name\": \"$1\", \"label\": \"$2\"/s/.*\"$3\": ([0-9.]+).*/\1/p" "$lines"
}

ms() { awk -v us="$1" 'BEGIN { if (us != "") printf "%.1f", us / 1000 }'; }

collect() {
	local name
	for name in cold_login cold_login_dirty mux_command storm; do
		result[${name}_ratio]=$(value $name jailed ratio)
		result[${name}_pair_ratio]=$(value $name jailed pair_ratio)
		result[${name}_plain_us]=$(value $name plain median_us)
		result[${name}_jailed_us]=$(value $name jailed median_us)
		result[${name}_rounds]=$(value $name jailed rounds)
	done
	result[storm_floor_ratio]=$(value storm_floor floor ratio)
	result[storm_floor_nothing_us]=$(value storm_floor nothing median_us)
	result[storm_floor_floor_us]=$(value storm_floor floor median_us)
	result[storm_floor_rounds]=$(value storm_floor floor rounds)
	result[cold_login_control_ratio]=$(value cold_login control ratio)
	for name in setup_floor setup_fence_floor setup_inline_floor; do
		result[${name}_ratio]=$(value $name setup ratio)
		result[${name}_floor_us]=$(value $name floor median_us)
		result[${name}_setup_us]=$(value $name setup median_us)
		result[${name}_rounds]=$(value $name setup rounds)
		result[${name}_session_ratio]=$(value "${name}_session" setup ratio)
	done
	for name in 1 100 500; do
		result[network_${name}_private_us]=$(value "network_$name" private median_us)
		result[network_${name}_routed_us]=$(value "network_$name" routed median_us)
		result[network_${name}_ratio]=$(value "network_$name" routed pair_ratio)
	done
	result[network_bridge_private_us]=$(value network_bridge private median_us)
	result[network_bridge_us]=$(value network_bridge bridged median_us)
	result[network_bridge_ratio]=$(value network_bridge bridged pair_ratio)
	result[network_rounds]=$(value network_1 routed rounds)
	result[network_growth]=$(awk -v a="${result[network_1_ratio]}" -v b="${result[network_500_ratio]}" \
		'BEGIN { if (a > 0 && b != "") printf "%.3f", b / a }')
	result[session_us]=$(value session session median_us)
	result[lxc_attach_us]=$(value session lxc median_us)
	result[crun_exec_us]=$(value session crun median_us)
	result[session_rounds]=$(value session session rounds)
	result[logout_dirty_ms]=$(ms "$(value logout_dirty jailed median_us)")
	result[logout_dirty_plain_ms]=$(ms "$(value logout_dirty plain median_us)")
	result[logout_ms]=$(ms "$(value logout jailed median_us)")
	result[logout_plain_ms]=$(ms "$(value logout plain median_us)")
	result[logout_rounds]=$(value logout_dirty jailed rounds)
}

write_json() {
	local key
	{
		printf '{\n  "kernel": "%s",\n  "cores": %d,\n' "$(uname -r)" "$(nproc)"
		for key in $(printf '%s\n' "${!result[@]}" | LC_ALL=C sort); do
			case ${result[$key]} in
			'') printf '  "%s": null,\n' "$key" ;;
			*[!0-9.-]*) printf '  "%s": "%s",\n' "$key" \
				"$(tr -d '\042\134' <<<"${result[$key]}" | tr '\n\t' '  ')" ;;
			*) printf '  "%s": %s,\n' "$key" "${result[$key]}" ;;
			esac
		done
		printf '  "measured": [\n'
		sed -e 's/^/    /' -e '$!s/$/,/' "$lines"
		printf '  ]\n}\n'
	} >"$B/../bench.json"
}

missed=0 # rows that miss their target
# row TEXT KEY TARGET [DETAIL]: TARGET is the most that the figure may be
row() {
	local got=${result[$2]:-} verdict=ok
	if [[ -z $got ]]; then
		got=- verdict='not measured'
	elif [[ -z $3 ]]; then
		verdict=
	elif ! awk -v a="$got" -v b="$3" 'BEGIN { exit !(a <= b) }'; then
		verdict=MISSED
		missed=$((missed + 1))
	fi
	printf '%-44s %9s %9s  %-12s %s\n' "$1" "$got" "${3:--}" "$verdict" "${4:-}"
}

# The medians behind a ratio, in ms.
beside() { # A-KEY B-KEY ROUNDS-KEY
	printf '%s / %s ms, %s rounds' "$(ms "${result[$2]}")" "$(ms "${result[$1]}")" "${result[$3]}"
}

table() {
	local n
	printf '\n%-44s %9s %9s\n' figure measured 'at most'
	for n in cold_login cold_login_dirty mux_command storm; do
		case $n in
		cold_login) set -- 'cold login / plain' 1.03 ;;
		cold_login_dirty) set -- 'the same, 300 MB dirty' 1.03 ;;
		mux_command) set -- 'command on a multiplexed connection / plain' 1.10 ;;
		storm) set -- 'storm of 30 users, 10 at a time / plain' 1.05 ;;
		esac
		row "$1" "${n}_ratio" "$2" "$(beside "${n}_plain_us" "${n}_jailed_us" "${n}_rounds")"
	done
	row '   plain with the floor / with nothing beside it' storm_floor_ratio '' \
		"$(beside storm_floor_nothing_us storm_floor_floor_us storm_floor_rounds)"
	row 'noise: another plain user / plain' cold_login_control_ratio ''
	row 'set-up / floor' setup_floor_ratio 1.3 \
		"$(beside setup_floor_floor_us setup_floor_setup_us setup_floor_rounds)"
	row '   floor with the fence' setup_fence_floor_ratio '' \
		"$(beside setup_fence_floor_floor_us setup_fence_floor_setup_us setup_fence_floor_rounds)"
	row '   and the v1 attach awaited' setup_inline_floor_ratio '' \
		"$(beside setup_inline_floor_floor_us setup_inline_floor_setup_us setup_inline_floor_rounds)"
	row '   to the end of a first session' setup_inline_floor_session_ratio 1.3
	row 'set-up, network = routed / private, 1 live jail' network_1_ratio '' \
		"$(beside network_1_private_us network_1_routed_us network_rounds)"
	row '   100 live jails' network_100_ratio '' \
		"$(beside network_100_private_us network_100_routed_us network_rounds)"
	row '   500 live jails' network_500_ratio '' \
		"$(beside network_500_private_us network_500_routed_us network_rounds)"
	row '   growth from 1 to 500' network_growth 1.2
	row 'set-up, network = bridge / private' network_bridge_ratio '' \
		"$(beside network_bridge_private_us network_bridge_us network_rounds)"
	row 'session in a live jail, us' session_us "${result[lxc_attach_us]:-6200}" \
		"${result[session_rounds]} rounds"
	row '   lxc-attach, us' lxc_attach_us '' "${result[lxc_skipped]:-}"
	row '   crun exec, us' crun_exec_us '' "${result[crun_skipped]:-}"
	row 'keeper and init, PSS kB, each of 10 jails' pss_jail_kb 300
	row '   of an only jail' pss_only_jail_kb ''
	row '   of one further session' pss_session_kb 120 \
		"enter ${result[pss_enter_kb]:-}, sshd ${result[pss_monitor_kb]:-}, jail ${result[pss_jail_growth_kb]:-}"
	row 'logout with 300 MB dirty, ms' logout_dirty_ms \
		"$(awk -v p="${result[logout_dirty_plain_ms]}" 'BEGIN { print p + 5 }')" \
		"plain ${result[logout_dirty_plain_ms]}; clean ${result[logout_ms]}, plain ${result[logout_plain_ms]}"
	row 'differences in the snapshot' snapshot_differences 0 \
		"after ${result[snapshot_logins]:-0} logins"
}
