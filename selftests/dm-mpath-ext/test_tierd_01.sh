#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# tierd and paths: ledger, invoice, audit log, ladder, metrics, policy.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

ledger=$T/ledger.db

# two paths in one group, of cost 1 and 3
two_paths() {
	command -v tierd >/dev/null || skip "no tierd"
	mkdisk disk 32
	mkpaths disk pa pb
	make_m
}

table_words() {
	echo "2 queue_if_no_path 60 0 1 1 round-robin 0 2 1 /dev/mapper/pa cost=1 /dev/mapper/pb cost=3"
}

make_m() {
	# shellcheck disable=SC2046
	mkmpath m $(table_words)
}

# two_groups: pa in front of pb
two_groups() {
	command -v tierd >/dev/null || skip "no tierd"
	mkdisk disk 32
	mkpaths disk pa pb
	mkmpath m 0 0 2 1 round-robin 0 1 0 /dev/mapper/pa round-robin 0 1 0 /dev/mapper/pb
}

# config [<line for the map>...]
config() {
	cat >"$T/tierd.conf" <<-END
		[daemon]
		ledger = $ledger
		interval = 1
		http_port = 9779
		timezone = utc
		[escalate path-failed]
		script = $T/script
		[escalate no-path]
		script = $T/script
		[escalate group-switched]
		script = $T/script
		[map m]
		consumer = acme
	END
	printf '%s\n' "$@" >>"$T/tierd.conf"
	printf '#!/bin/sh\necho "$*" >>%s\n' "$T/told" >"$T/script"
	chmod 700 "$T/script"
	: >"$T/told"
}

spawn_tierd() {
	tierd -f -c "$T/tierd.conf" >>"$T/log" 2>&1 &
	tierd_pid=$!
}

start_tierd() {
	spawn_tierd
	wait_for 30 curl -sf localhost:9779/healthz
}

kill_tierd() {
	kill -9 "$tierd_pid"
	wait "$tierd_pid" 2>/dev/null || :
}

stop_tierd() {
	kill "$tierd_pid"
	wait "$tierd_pid" || fail "tierd ended with $?: $(tail -n 5 "$T/log")"
}

booked() {
	sqlite3 "$ledger" "SELECT coalesce(sum($1), 0) FROM path_usage WHERE ${2:-1}"
}

flags() {
	sqlite3 "$ledger" "SELECT max(flags) FROM path_usage"
}

written=0
# put <sectors>: to the map, and counted
put() {
	write_pattern /dev/mapper/m 0 "$1" alpha
	written=$((written + $1))
}

# Every byte once: over a path that fails, kills, a reload, the end of the map and
# another of its name.
books_every_byte() {
	two_paths
	config
	start_tierd
	put 8192
	path_dies pa
	put 2048
	wait_for 20 path_state_is m pa failed
	put 2048
	path_returns pa
	wait_for 30 path_state_is m pa up
	kill_tierd
	put 1024
	dmsetup load m --table "0 $(blockdev --getsz /dev/tier/disk) mpath-ext $(table_words)"
	dmsetup suspend --nolockfs m
	dmsetup resume m
	put 1024
	start_tierd
	put 512
	kill_tierd
	start_tierd
	put 512
	dmsetup remove m
	make_m
	put 256
	stop_tierd
	assert_eq "$(booked write_sectors)" "$written" "sectors written"
	assert_eq "$(flags)" 0 flags
	assert_eq "$(sqlite3 "$ledger" "SELECT count(DISTINCT life) FROM path_usage")" 2 lives
	assert_eq "$(sqlite3 "$ledger" "SELECT DISTINCT consumer FROM path_usage")" acme
	(($(booked errors) > 0 && $(booked retries) > 0)) || fail "no errors, or no retries"
	(($(booked failed_ms "path = '$(devno pa)'") > 0)) || fail "pa was never failed"
	assert_eq "$(booked failed_ms "path = '$(devno pb)'")" 0 "pb failed"
	invoice
}

# What it costs: the bytes of each path times its cost.
invoice() {
	local a b
	a=$(booked '(read_sectors + write_sectors) * 512' "path = '$(devno pa)'")
	b=$(booked '(read_sectors + write_sectors) * 512' "path = '$(devno pb)'")
	((a > 0 && b > 0)) || fail "pa $a, pb $b bytes"
	printf '%s\n' '[plan]' 'currency = EUR' '[path]' 'gb = 1000' >"$T/prices.conf"
	tierctl --ledger "$ledger" invoice --plan "$T/prices.conf" --map m
	tierctl --ledger "$ledger" --json invoice --plan "$T/prices.conf" --map m >"$T/invoice"
	# 1000 for 10^9 bytes is a millionth for a byte
	assert_eq "$(jq -r '.lines[] | select(.meter == "path_gb" and .cost == 1).amount_micro' "$T/invoice")" \
		"$a" "amount for pa"
	assert_eq "$(jq -r '.lines[] | select(.meter == "path_gb" and .cost == 3).amount_micro' "$T/invoice")" \
		$((3 * b)) "amount for pb"
	tierctl --ledger "$ledger" invoice --plan "$T/prices.conf" --format csv |
		grep -q "m/$(devno pb),Path,path_gb-cost-3,path_gb,m," || fail "no line in the CSV"
	assert_eq "$(tierctl --ledger "$ledger" --json usage --paths --map m |
		jq "[.[] | .written_bytes] | add")" $((written * 512)) "usage --paths"
}

# A path that has left the table, for good or not, and while nobody looked.
leaves_the_table() {
	two_paths
	config
	start_tierd
	put 4096
	kill_tierd
	put 1024
	dmsetup load m --table "0 $(blockdev --getsz /dev/tier/disk) mpath-ext 0 0 1 1 latency 0 1 1 /dev/mapper/pb cost=3"
	dmsetup suspend --nolockfs m
	dmsetup resume m
	put 512
	start_tierd
	put 512
	stop_tierd
	assert_eq "$(booked write_sectors)" "$written" "sectors written"
	assert_eq "$(flags)" 0 flags
}

told() { grep -qx "$*" "$T/told"; }

audited() {
	(($(sqlite3 "$ledger" "SELECT count(*) FROM audit WHERE $1") > 0))
}

metric() {
	curl -sf localhost:9779/metrics | sed -n "s/^$1 //p"
}

# Troubles go up the ladder and come down, events are in the audit log, and the
# metrics show all of it.
tells() {
	two_paths
	config
	start_tierd
	put 256
	path_dies pa
	path_dies pb
	dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none &
	wait_for 30 told "path-failed m/$(devno pa) lasts"
	wait_for 30 told "no-path m lasts"
	wait_for 30 holds m
	sleep 1.5
	curl -sf localhost:9779/metrics >"$T/metrics"
	"$tree/selftests/lib/openmetrics" "$T/metrics"
	grep -qx 'dm_mpath_ext_map_held_bytes{map="m"} 4096' "$T/metrics"
	grep -qx 'dm_mpath_ext_map_usable_paths{map="m"} 0' "$T/metrics"
	grep -qx "dm_mpath_ext_path_state{map=\"m\",path=\"$(devno pb)\",dm_mpath_ext_path_state=\"failed\"} 1" \
		"$T/metrics"
	grep -qx 'dm_tier_trouble{class="no-path"} 1' "$T/metrics"
	path_returns pa
	path_returns pb
	wait $!
	wait_for 30 told "no-path m ended"
	wait_for 60 told "path-failed m/$(devno pa) ended"
	curl -sf localhost:9779/metrics >"$T/metrics"
	"$tree/selftests/lib/openmetrics" "$T/metrics"
	(($(sed -n 's/^dm_mpath_ext_path_requests_total{.*direction="write"} //p' "$T/metrics" |
		awk '{ n += $1 } END { print n }') > 0)) || fail "no writes in the metrics"
	stop_tierd
	audited "kind = 'path-failed' AND pool = 'm' AND from_dev = '$(devno pa)'"
	audited "kind = 'path-up' AND from_dev = '$(devno pb)'"
	audited "kind = 'no-path'"
	tierctl --ledger "$ledger" audit list --pool m | tail -n 4
	tierctl --ledger "$ledger" audit verify
}

# map_value <key of tierctl's>
map_value() { tierctl --json path show m | jq -r "$1"; }

# Settings go in, again after a reload, and a wrong file changes nothing.
settings() {
	two_paths
	config "failback = 30" "slow_path = 4.5" "queue_if_no_path = 90"
	start_tierd
	is_set() { dmsetup table m | grep -q 'failback 30' && dmsetup table m | grep -q 'slow_path 4.50'; }
	wait_for 20 is_set
	dmsetup table m | grep -q 'queue_if_no_path 90'
	dmsetup load m --table "0 $(blockdev --getsz /dev/tier/disk) mpath-ext $(table_words)"
	dmsetup suspend --nolockfs m
	dmsetup resume m
	wait_for 20 is_set
	config "failback = 30" "failback = 40"
	kill -HUP "$tierd_pid"
	wait_for 20 grep -q "failback: given in line" "$T/log"
	is_set
	stop_tierd
	audited "kind = 'policy' AND key = 'failback' AND value = '30'"
	audited "kind = 'map-resumed'"
}

# Back to the preferred group in the window, and only then.
failback_in_window() {
	local other
	two_groups
	# a window that is not now, whatever the time is
	other=$(date -u -d '+12 hours' +%H)
	config "schedule = daily $other:00-$other:30" "stable = 0"
	start_tierd
	wait_for 20 eval 'dmsetup table m | grep -q "failback manual"'
	path_dies pa
	dd if=/dev/zero of=/dev/mapper/m bs=4k count=1 oflag=direct status=none
	wait_for 20 group_is m 2
	wait_for 20 told "group-switched m lasts"
	path_returns pa
	wait_for 30 path_state_is m pa up
	sleep 3
	group_is m 2
	config "schedule = daily 00:00-24:00" "stable = 1"
	kill -HUP "$tierd_pid"
	wait_for 30 group_is m 1
	wait_for 20 told "group-switched m ended"
	dmsetup table m | grep -q 'failback manual'
	# one that was asked for stays
	message m switch_group 2
	group_is m 2
	wait_for 30 grep -q "it was asked for" "$T/log"
	group_is m 2
	stop_tierd
	audited "kind = 'failback' AND pool = 'm' AND from_tier = '2' AND to_tier = '1'"
	audited "kind = 'group-switched' AND from_tier = '1' AND to_tier = '2'"
	audited "kind = 'failback-failed'"
}

# The module may come later, and go.
without_the_module() {
	command -v tierd >/dev/null || skip "no tierd"
	load_modules dm-tier
	config
	spawn_tierd
	answers() { curl -s localhost:9779/healthz | grep -qx "$1"; }
	wait_for 20 answers "the dm-mpath-ext module does not answer"
	two_paths
	wait_for 20 answers ok
	put 1024
	dmsetup remove m
	rmmod dm_mpath_ext
	wait_for 20 answers "the dm-mpath-ext module does not answer"
	assert_eq "$(booked write_sectors)" "$written" "sectors written"
	assert_eq "$(flags)" 0 flags
	make_m
	wait_for 20 answers ok
	stop_tierd
	grep "dm-mpath-ext module" "$T/log"
}

run_test "every byte is booked once, and billed by the cost of its path" books_every_byte
run_test "a path that leaves the table is booked in full" leaves_the_table
run_test "troubles, audit log and metrics of paths" tells
run_test "settings of maps are applied, also to a new table" settings
run_test "failback in its window only" failback_in_window
run_test "the module may come and go" without_the_module
