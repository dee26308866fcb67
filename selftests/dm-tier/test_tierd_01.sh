#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 150
# timeout: 900
# tierd with a real pool: policy, ledger, kills, thresholds, audit log, HTTP.
set -euo pipefail
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"

ledger=$T/ledger.db

pool2() {
	command -v tierd >/dev/null || skip "no tierd"
	mkdisk meta 16
	mkdisk ssd 64
	mkdisk sata 256
	mkpool pool 2048 meta fast:ssd slow:sata
	dmsetup message pool 0 set tick 200
	mklun lun1 pool 1 32M
}

# config [<line for the LUN>...]
config() {
	cat >"$T/tierd.conf" <<-END
		[daemon]
		ledger = $ledger
		interval = 1
		http_port = 9779
		[pool pool]
		headroom = 7
		[lun pool/1]
		consumer = acme
		weight = 250
	END
	printf '%s\n' "$@" >>"$T/tierd.conf"
}

start_tierd() {
	tierd -f -c "$T/tierd.conf" >>"$T/log" 2>&1 &
	tierd_pid=$!
	wait_for 20 curl -sf localhost:9779/healthz
}

stop_tierd() {
	kill "$tierd_pid"
	wait "$tierd_pid" || fail "tierd ended with $?: $(tail -n 5 "$T/log")"
}

# kernel_sum <field of usage_<tier>, from 1>
kernel_sum() {
	dmsetup status lun1 | tr ' ' '\n' | sed -n 's/^usage_[^=]*=//p' |
		awk -F, -v f="$1" '{ sum += $f } END { print sum + 0 }'
}

ledger_sum() {
	sqlite3 "$ledger" "SELECT coalesce(sum($1), 0) FROM usage"
}

same_as_kernel() {
	assert_eq "$(ledger_sum read_ios)" "$(kernel_sum 1)" "reads"
	assert_eq "$(ledger_sum write_ios)" "$(kernel_sum 2)" "writes"
	assert_eq "$(ledger_sum read_sectors)" "$(kernel_sum 3)" "sectors read"
	assert_eq "$(ledger_sum write_sectors)" "$(kernel_sum 4)" "sectors written"
}

test_applies_policy() {
	pool2
	config
	start_tierd
	wait_for 10 grep -qx 250 <(status_value lun1 weight)
	assert_eq "$(status_value lun1 weight)" 250
	assert_eq "$(status_value pool headroom)" 7
	# wrong file: the old settings stay, and so does the daemon
	config "weight = 3"
	kill -HUP "$tierd_pid"
	wait_for 10 grep -q "weight: given in line" "$T/log"
	kill -0 "$tierd_pid"
	assert_eq "$(status_value lun1 weight)" 250
	config "up_iops = 77"
	kill -HUP "$tierd_pid"
	wait_for 10 grep -q "configuration read anew" "$T/log"
	assert_eq "$(status_value lun1 up_iops)" 77
	stop_tierd
	grep -v "audit head" "$T/log" || :
}

test_books_exactly() {
	pool2
	config
	start_tierd
	write_pattern /dev/mapper/lun1 0 16384 alpha
	check_pattern /dev/mapper/lun1 0 16384 alpha
	stop_tierd
	same_as_kernel
	[[ $(ledger_sum held_extent_ms) -gt 0 ]] || fail "nothing was held"
	assert_eq "$(sqlite3 "$ledger" "SELECT DISTINCT consumer FROM usage")" acme
}

test_kills() {
	pool2
	config
	for _ in 1 2 3 4 5 6; do
		start_tierd
		write_pattern /dev/mapper/lun1 0 4096 alpha
		sleep "0.$((RANDOM % 9))"
		kill -9 "$tierd_pid"
		wait "$tierd_pid" 2>/dev/null || :
		check_pattern /dev/mapper/lun1 0 4096 alpha
	done
	tierd --once -c "$T/tierd.conf"
	same_as_kernel
	assert_eq "$(sqlite3 "$ledger" "SELECT max(instance) || max(flags) FROM usage")" 10
	tierctl --ledger "$ledger" audit verify
}

test_restart_of_the_pool() {
	pool2
	config
	write_pattern /dev/mapper/lun1 0 4096 alpha
	tierd --once -c "$T/tierd.conf"
	dmsetup remove lun1
	dmsetup remove pool
	tierd --once -c "$T/tierd.conf"
	mkpool pool 2048 meta fast:ssd slow:sata
	mklun lun1 pool 1
	write_pattern /dev/mapper/lun1 0 4096 beta
	tierd --once -c "$T/tierd.conf"
	same_as_kernel
	assert_eq "$(sqlite3 "$ledger" "SELECT max(instance) || max(flags) FROM usage")" 10
}

test_recreated_lun() {
	pool2
	config
	start_tierd
	write_pattern /dev/mapper/lun1 0 4096 alpha
	sleep 2
	dmsetup remove lun1
	local before
	before=$(ledger_sum write_sectors)
	dmsetup message pool 0 delete_lun 1
	mklun lun1 pool 1 32M
	write_pattern /dev/mapper/lun1 0 2048 beta
	stop_tierd
	assert_eq "$before" 4096
	assert_eq "$(ledger_sum write_sectors)" 6144
	assert_eq "$(sqlite3 "$ledger" "SELECT max(instance) FROM usage")" 2
}

not_migrating() {
	[[ $(status_value lun1 target) == none ]]
}

home_is() {
	[[ $(status_value lun1 home) == "$1" ]]
}

# Down, since on the way up the heat of the extents may be quicker than we are.
test_threshold() {
	pool2
	config "down_iops = 1000000" "hold = 1" "cooldown = 3600"
	write_pattern /dev/mapper/lun1 0 16384 alpha
	start_tierd
	wait_for 40 home_is slow
	check_pattern /dev/mapper/lun1 0 16384 alpha
	wait_for 60 not_migrating
	stop_tierd
	grep "goes to slow" "$T/log"
	tierctl --ledger "$ledger" audit verify
	tierctl --ledger "$ledger" audit list | tail -n 5
	local moved
	moved=$(sqlite3 "$ledger" "SELECT count(*) FROM audit WHERE kind = 'move-done'")
	[[ $moved -gt 0 ]] || fail "no move in the audit log"
	[[ $(sqlite3 "$ledger" "SELECT count(*) FROM audit WHERE kind = 'policy'") -gt 0 ]] ||
		fail "no policy change in the audit log"
	assert_eq "$(ledger_sum in_sectors)" "$(kernel_sum 5)" "sectors moved"
	sqlite3 "$ledger" "UPDATE audit SET to_tier = 'x' WHERE sequence = 2"
	expect_fail tierctl --ledger "$ledger" audit verify
}

test_invoice() {
	pool2
	config
	write_pattern /dev/mapper/lun1 0 4096 alpha
	sleep 1
	tierd --once -c "$T/tierd.conf"
	cat >"$T/prices.conf" <<-END
		[plan]
		currency = EUR
		[tier fast]
		gb_month = 1000000
		million_writes = 1000
		[tier slow]
	END
	tierctl --ledger "$ledger" invoice --plan "$T/prices.conf" --from 2020-01-01 \
		--to 2100-01-01
}

test_http() {
	pool2
	config
	start_tierd
	write_pattern /dev/mapper/lun1 0 4096 alpha
	sleep 2
	curl -sf localhost:9779/metrics >"$T/metrics"
	assert_eq "$(tail -n 1 "$T/metrics")" "# EOF"
	grep 'dm_tier_lun_requests_total{pool="pool",lun="1",tier="fast",direction="write"}' \
		"$T/metrics"
	curl -sf localhost:9779/ | grep -q '<h2>Pool pool'
	assert_eq "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: x.example' \
		localhost:9779/)" 403
	stop_tierd
}

# http_code <user id>
http_code() {
	setpriv --reuid="$1" --clear-groups \
		curl -s -o "$T/body" -w '%{http_code}' localhost:9779/metrics
}

# Heat and usage are for root and for who is named.
test_http_users() {
	pool2
	chmod 711 "$T"
	(umask 0 && : >"$T/body")
	config
	start_tierd
	assert_eq "$(http_code 0)" 200 root
	assert_eq "$(http_code 65534)" 403 "a user"
	assert_eq "$(<"$T/body")" "for root and for http_users of tierd.conf only"
	sed -i '/^http_port/a http_users = daemon, 65534' "$T/tierd.conf"
	kill -HUP "$tierd_pid"
	wait_for 20 grep -q "configuration read anew" "$T/log"
	assert_eq "$(http_code 65534)" 200 "a user named by number"
	assert_eq "$(http_code "$(id -u daemon)")" 200 "a user named by name"
	assert_eq "$(http_code 65533)" 403 "another user"
	assert_eq "$(http_code 0)" 200 root
	stop_tierd
}

# Who asks cannot be found out: nobody is told anything, and the log says why.
test_http_blind() {
	local answer
	pool2
	rmmod tcp_diag 2>/dev/null || [[ ! -e /sys/module/tcp_diag ]] || skip "tcp_diag stays"
	# in place of modprobe, for as long as this case runs
	echo /bin/false >/proc/sys/kernel/modprobe
	config
	tierd -f -c "$T/tierd.conf" >>"$T/log" 2>&1 &
	tierd_pid=$!
	wait_for 20 curl -s -o "$T/body" localhost:9779/metrics
	answer=$(http_code 0)
	echo /sbin/modprobe >/proc/sys/kernel/modprobe
	assert_eq "$answer" 403
	assert_eq "$(<"$T/body")" "tierd cannot tell who asks; its log says why"
	assert_eq "$(grep -c tcp_diag "$T/log")" 1 "words in the log"
	assert_eq "$(http_code 0)" 200 "with the module"
	stop_tierd
}

metric() {
	curl -sf localhost:9779/metrics | sed -n "s/^dm_tier_tierd_$1 //p"
}

metric_above() {
	(($(metric "$1") > $2))
}

# A wall clock that jumps stops neither samples nor bills.
test_clock_set_back() {
	local day=86400 n
	pool2
	config
	start_tierd
	date -s "@$(($(date +%s) - day))" >/dev/null
	n=$(metric samples_total)
	write_pattern /dev/mapper/lun1 0 4096 alpha
	wait_for 60 metric_above samples_total $((n + 2))
	date -s "@$(($(date +%s) + 2 * day))" >/dev/null
	n=$(metric samples_total)
	wait_for 60 metric_above samples_total $((n + 2))
	date -s "@$(($(date +%s) - day))" >/dev/null
	stop_tierd
	same_as_kernel
}

dropped() {
	awk '$2 == 16 && $9 > 0 { found = 1 } END { exit !found }' /proc/net/netlink
}

# More events than the socket has room for: told, counted, and the state read anew.
test_overrun() {
	local probe=$tree/selftests/dm-tier/netlink_probe i
	pool2
	[[ -x $probe ]] || fail "netlink_probe was not built"
	config
	start_tierd
	wait_for 20 grep -qx 250 <(status_value lun1 weight)
	message pool set headroom 8
	wait_for 20 metric_above events_total 0
	kill -STOP "$tierd_pid"
	for ((i = 0; i < 100; i++)); do
		! dropped || break
		"$probe" repeat 1000 pool-set pool=pool key=headroom value=9
	done
	dropped
	# not by the way of an ordinary limit: that would be full after some hundred
	((i >= 2))
	message pool set_lun 1 weight 33
	kill -CONT "$tierd_pid"
	wait_for 60 grep -q "more events came than the socket had room for; the state is read anew" \
		"$T/log"
	wait_for 60 metric_above event_overruns_total 0
	weight_back() { [[ $(status_value lun1 weight) == 250 ]]; }
	wait_for 60 weight_back
	# how many there were tells the next one that comes once there is room again
	counted() {
		message pool set headroom 6
		metric_above events_lost_total 0
	}
	wait_for 200 counted
	stop_tierd
	tierctl --ledger "$ledger" audit verify
	[[ $(sqlite3 "$ledger" "SELECT count(*) FROM audit WHERE kind = 'events-lost'") -ge 2 ]] ||
		fail "the audit log does not tell of the loss"
}

run_test "settings are applied; a wrong file changes nothing" test_applies_policy
run_test "the ledger's sums are the kernel's counters" test_books_exactly
run_test "kill -9 neither loses nor doubles usage" test_kills
run_test "a restart of the pool neither loses nor doubles usage" test_restart_of_the_pool
run_test "a LUN made anew is another instance" test_recreated_lun
run_test "a LUN below its threshold moves down, and the audit log has it" test_threshold
run_test "an invoice" test_invoice
run_test "metrics and heat map" test_http
run_test "metrics are for root and for the users named" test_http_users
run_test "where the kernel cannot tell who asks, nobody is answered" test_http_blind
run_test "a clock that is set stops nothing" test_clock_set_back
run_test "an overrun of the event socket is told, and made good" test_overrun
ktap_finish
