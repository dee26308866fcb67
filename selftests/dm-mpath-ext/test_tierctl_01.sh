#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# tierctl path, command by command: good and bad words, exit codes, JSON.
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"
PATH=$tree/userspace:$PATH

# ctl <exit status> <extended regular expression> <words of tierctl>...
ctl() {
	local code=$1 pattern=$2 got=0
	shift 2
	tierctl "$@" >"$T/out" 2>&1 </dev/null || got=$?
	[[ $got -eq $code ]] || { cat "$T/out"; fail "tierctl $*: status $got, not $code"; }
	[[ ! $pattern ]] || grep -qE -- "$pattern" "$T/out" || {
		cat "$T/out"
		fail "tierctl $*: no match for '$pattern'"
	}
}

# json <jq condition> <words of tierctl>...
json() {
	local condition=$1
	shift
	tierctl --json "$@" >"$T/out" </dev/null || fail "tierctl --json $*: status $?"
	jq -e "$condition" "$T/out" >/dev/null || { cat "$T/out"; fail "$*: not $condition"; }
}

# none is to be set aside because the host is busy
two_groups() {
	mkdisk disk 32
	mkpaths disk pa pb pc
	load_modules dm-mpath-ext
	ctl 0 '' path create m --queue-if-no-path 30 --failback 5 --slow-path 900.5 \
		--probe-interval 200 --group latency:/dev/mapper/pa,weight=2,/dev/mapper/pb,cost=7 \
		--group round-robin:/dev/mapper/pc,role=active
}

not_loaded() {
	local words
	[[ ! -e /sys/module/dm_mpath_ext && ! -e /sys/module/dm_tier ]]
	for words in maps list "show m" "fail m 8:0" "group switch m 1" "set m failback 1" \
		usage "latency m" top events; do
		# shellcheck disable=SC2086
		ctl 5 'dm-mpath-ext is not loaded; `modprobe' path $words
	done
	ctl 5 'dm-tier is not loaded' events
	ctl 3 'no map' path remove m
	load_modules dm-mpath-ext
	ctl 0 'no map is there' path maps
	ctl 0 'no path is there' path list
	json '. == []' path maps
	json '. == []' path list
	ctl 0 '^no path' path top -n 1 -d 0.1
	ctl 3 "no mpath-ext map 'm'.*path maps" path show m
	ctl 3 "no mpath-ext map" path list m
	ctl 3 "no mpath-ext map" path usage m
	ctl 3 "no mpath-ext map" path latency m
	ctl 3 "no mpath-ext map" path top m -n 1
	ctl 3 "no such map" path fail m 8:0
	ctl 3 "no such map" path group switch m 1
	ctl 3 "no such map" path set m failback 1
}

made_and_changed() {
	two_groups
	assert_match "$(dmsetup table m)" "mpath-ext 8 queue_if_no_path 30 failback 5 probe_interval 200 slow_path 900.50 0 2 1 latency 0 2 2 $(devno pa) weight=2 cost=0 $(devno pb) weight=1 cost=7 round-robin 0 1 1 $(devno pc) role=active"
	ctl 1 'already.*path reload' path create m --group latency:/dev/mapper/pa
	ctl 0 '' path drop m /dev/mapper/pb
	ctl 3 'is no path' path drop m /dev/mapper/pb
	json 'map(.group) == [1, 2]' path list m
	ctl 0 '' path add m 2 /dev/mapper/pb,weight=3
	json 'map(.group) == [1, 2, 2] and .[2].weight == 3' path list /dev/mapper/m
	ctl 2 'named twice' path add m 2 /dev/mapper/pb
	ctl 2 'numbered from 1' path add m 0 /dev/tier/disk
	ctl 3 'only 2 groups' path add m 3 /dev/tier/disk
	ctl 0 '' path drop m /dev/mapper/pb "$(devno pc)"
	json 'map(.group) == [1]' path list m
	ctl 3 'is no path' path drop m /dev/mapper/pa /dev/mapper/pc
	json 'map(.group) == [1]' path list m
	ctl 0 '' path reload m --group queue-depth:/dev/mapper/pa,/dev/mapper/pb --initial 1
	json '.groups | length == 1 and .[0].selector == "queue-depth" and
		(.[0].paths | length == 2)' path show m
	ctl 1 'kernel: .*selector must be' path reload m --group nonsense:/dev/mapper/pa
	json '.groups[0].selector == "queue-depth"' path show m
	exec 9</dev/mapper/m
	ctl 1 'in use' path remove m
	exec 9<&-
	ctl 0 '' path remove m
	ctl 3 'no map' path remove m
	ctl 3 'no mpath-ext map' path remove pa
	dmsetup info pa >/dev/null
}

wrong_words() {
	local words
	while read -r words; do
		# shellcheck disable=SC2086
		ctl 2 '' path $words
	done <<-END
		lst
		create m
		create m --group
		create m --group latency
		create m --group latency:/dev/mapper/pa,speed=1
		create m --initial 2 --group latency:/dev/mapper/pa
		create m --queue-if-no-path 5 --queue-if-no-path off --group latency:/dev/mapper/pa
		create --group latency:/dev/mapper/pa
		list a b
		list --nothing
		show
		fail m
		group switch m
		group swich m 1
		group switch m 0
		group switch m one
		set m failback
		top -n x
		top -d 0
		events --count x
		add m 1
	END
	ctl 2 "'path list' may be meant" path lits
	ctl 2 "'path' may be meant" paht list
	ctl 2 '--group may be meant' path create m --grup latency:/dev/mapper/pa
	ctl 2 "'switch' may be meant" path group swich m 1
	ctl 3 'No such file' path create m --group latency:/dev/nowhere
	ctl 1 'block device is wanted' path create m --group latency:/dev/null
	ctl 0 'path show MAP' path --help
	ctl 0 'dm-tier\) [0-9]' --version
}

shown() {
	two_groups
	ctl 0 '^m +active +32 MiB +1 of 2 +3 of 3' path maps
	json 'length == 1 and .[0].name == "m" and .[0].size_bytes == 33554432 and
		.[0].paths_usable == 3 and .[0].held_ios == 0' path maps
	ctl 0 '^m +1 +/dev/mapper/pb +up' path list
	ctl 0 'slow_path +900.5 times' path show m
	ctl 0 'queue_if_no_path +30 s' path show m
	ctl 0 '^ +1 +latency +2 of 2 +used' path show m
	json '.name == "m" and .failback == "5" and .slow_path == 900.5 and .hedge_percentile == null
		and .elastic_high == null and .handler == null and .probe_interval_ms == 200 and
		(.groups | map(.used)) == [true, false] and
		(.groups[0].paths | map(.weight, .cost)) == [2, 0, 1, 7]' path show m
	json ".groups[1].paths[0] | .path == \"/dev/mapper/pc\" and .dev == \"$(devno pc)\" and
		.role == \"active\" and .state == \"up\" and .epoch_ns > 0" path show m
}

failed_and_switched() {
	two_groups
	ctl 0 '' path fail m /dev/mapper/pa
	json '.[0].state == "off" and .[0].used == false' path list m
	json '.paths_usable == 2' path show m
	ctl 0 '' path fail m "$(devno pb)"
	json '.group == 2' path show m
	ctl 0 '' path reinstate m /dev/mapper/pa
	ctl 0 '' path reinstate m /dev/mapper/pb
	json '.[0].state == "up" and .[1].state == "up"' path list m
	ctl 3 'not a path' path fail m /dev/tier/disk
	ctl 3 'No such file' path fail m /dev/nowhere
	ctl 0 '' path group switch m 2
	json '.group == 2 and .groups[1].used' path show m
	ctl 3 'no group 3' path group switch m 3
	ctl 0 '' path group disable m 2
	json '.group == 1 and .groups[1].disabled' path show m
	ctl 0 '^ +2 +round-robin +1 of 1 +disabled' path show m
	ctl 0 '' path group enable m 2
	json '.groups[1].disabled == false' path show m
}

settings() {
	local words
	two_groups
	ctl 0 '' path set m failback manual
	ctl 0 '' path set m queue-if-no-path 7
	ctl 0 '' path set m elastic 1000 100
	ctl 0 '' path set m elastic 2000,200
	ctl 0 '' path set m hung_time 900
	json '.failback == "manual" and .queue_if_no_path == 7 and .elastic_high == 2000 and
		.elastic_low == 200 and .hung_time_ms == 900' path show m
	ctl 0 'elastic +above 2000, below 200' path show m
	while read -r words; do
		# shellcheck disable=SC2086
		ctl 1 'tierctl: ' path set m $words
	done <<-END
		failback never
		slow_path 0
		elastic 1 2
		elastic 2
		nothing 1
		hung_time 1
	END
	json '.failback == "manual" and .slow_path == 900.5 and .elastic_high == 2000' path show m
	ctl 0 '' path set m fail_if_no_path
	json '.queue_if_no_path == null' path show m
	ctl 0 '' path set m queue_if_no_path 7
	json '.queue_if_no_path == 7' path show m
	ctl 0 '' path set m queue_if_no_path off
	json '.queue_if_no_path == null' path show m
	ctl 0 '' path set m slow_path off
	json '.slow_path == null' path show m
}

figures() {
	two_groups
	dd if=/dev/mapper/m of=/dev/null bs=64k count=64 iflag=direct status=none
	dd if=/dev/zero of=/dev/mapper/m bs=64k count=32 oflag=direct status=none
	ctl 0 'PATH.*READS.*WRITES.*HEDGES.*COST' path usage
	json 'map(.read_bytes) | add >= 4194304' path usage m
	json 'map(.written_bytes) | add == 2097152' path usage m
	json 'map(.share_percent) | add | . > 99 and . < 101' path usage m
	json '.[0].spent_ms | .up >= 0 and .failed == 0 and has("foreign")' path usage m
	ctl 0 'P50 +P99 +P99.9' path latency m
	# which of the paths had them is the selector's business
	ctl 0 '^m, group 1, /dev/mapper/p[ab]$' path latency m
	ctl 0 '^ +<[0-9.]+ .*#$' path latency m
	ctl 0 '^m +1 +/dev/mapper/pa +writes' path latency m /dev/mapper/pa
	json 'length == 6 and all(.buckets | length == 32)' path latency m
	json 'length == 2 and .[0].of == "reads"' path latency m /dev/mapper/pa
	json 'any(.[]; .of == "reads" and .ios > 0 and .p50_ns <= .p99_ns and .mean_ns > 0 and
		(.buckets | map(.ios) | add) > 0)' path latency m
	json '.[1].buckets[31].below_ns == null and .[1].buckets[0].below_ns == 1024' \
		path latency m /dev/mapper/pa
	ctl 3 'no path of that map' path latency m /dev/tier/disk
}

closed() {
	[[ $(dmsetup info -c --noheadings -o open "$1") -eq 0 ]]
}

watched() {
	local load
	two_groups
	(while dd if=/dev/mapper/m of=/dev/null bs=64k count=64 iflag=direct status=none; do :; done) &
	load=$!
	ctl 0 'PATH.*READS/S.*LATENCY.*SHARE' path top m -n 1 -d 0.5
	ctl 0 '/dev/mapper/pc' path watch -n 1 -d 0.2
	json 'length == 3 and (map(.reads_per_second) | add > 0) and
		(map(.latency_ns // 0) | add > 0) and (map(.share_percent) | add | . > 99 and . < 101)' \
		path top -n 1 -d 1
	# piped: one array a line, and an end where the reader has had enough
	tierctl --json path top m -n 3 -d 0.2 | jq -es 'length == 3 and all(length == 3)' >/dev/null
	timeout 60 bash -c 'set -o pipefail; tierctl path top -d 0.2 | head -n 9' >"$T/out" || :
	[[ $(wc -l <"$T/out") -eq 9 ]]
	timeout 60 tierctl path top m -d 0.2 >/dev/full && fail "written to a full device"
	[[ $? -eq 1 ]]
	kill "$load"
	wait "$load" || :
	wait_for 30 closed m
	# a map that was named and goes away ends the view
	tierctl path top m -d 0.2 >/dev/null 2>"$T/out" &
	load=$!
	sleep 1
	ctl 0 '' path remove m
	wait "$load" && fail "no error"
	grep -q "no mpath-ext map 'm'" "$T/out"
}

events_come() {
	local listener all
	two_groups
	tierctl --json path events m --count 4 --timeout 60 >"$T/events" &
	listener=$!
	tierctl events --timeout 60 --count 4 >"$T/all" &
	all=$!
	sleep 2
	tierctl path fail m /dev/mapper/pa
	tierctl path reinstate m /dev/mapper/pa
	tierctl path group switch m 2
	tierctl path set m failback 9
	wait "$listener" || { cat "$T/events"; fail "not four events"; }
	wait "$all"
	jq -es 'length == 4 and all(.map == "m") and (map(.sequence) | . == sort) and
		all(.time_ns > 0)' "$T/events" >/dev/null || { cat "$T/events"; fail "events"; }
	jq -es 'map(.event) | contains(["path-failed"]) or contains(["policy"])' "$T/events" >/dev/null
	grep -qE '^[0-9-]+T[0-9:.]+Z m [a-z-]+ dev=/dev/mapper/pa' "$T/all"
	ctl 1 '' path events m --count 9 --timeout 0.3
	ctl 0 '' path events --timeout 0.3
	ctl 3 'no mpath-ext map' path events /dev/mapper/nothing --count 1 --timeout 60
}

some_wait() {
	tierctl --json path maps | jq -e '.[0].held_ios > 0' >/dev/null
}

# all paths gone: what waits is told
waits() {
	local held
	two_groups
	path_dies pa
	path_dies pb
	path_dies pc
	dd if=/dev/mapper/m of=/dev/null bs=4k count=1 iflag=direct status=none &
	held=$!
	wait_for 30 some_wait
	json '.[0].paths_usable == 0 and .[0].held_bytes >= 4096' path maps
	json '.group == 0' path show m
	ctl 0 'group in use +none' path show m
	json 'all(.held_ios > 0)' path top m -n 1 -d 0.1
	# the new table is there to help it, not to fail it
	mkpaths disk pd
	ctl 0 '' path reload m --group latency:/dev/mapper/pd
	wait "$held" || fail "what waited has failed"
}

not_for_all() {
	local run=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all
		--inh-caps=-all)
	two_groups
	chmod 711 /root
	tierctl() { "${run[@]}" "$tree/userspace/tierctl" "$@"; }
	ctl 4 'root' path list
	ctl 4 'root' path maps
	ctl 4 'root' path show m
	ctl 4 'root' path events --timeout 0.1
	ctl 4 'root' path fail m "$(devno pa)"
	ctl 4 'root' path create n --group latency:/dev/mapper/pa
	ctl 4 'root' path remove m
	unset -f tierctl
	json 'all(.state == "up")' path list m
}

run_test "without the module, and without maps" not_loaded
run_test "maps are made, changed and removed" made_and_changed
run_test "wrong words" wrong_words
run_test "maps, groups and paths are shown" shown
run_test "paths fail, groups switch" failed_and_switched
run_test "settings" settings
run_test "usage and latency" figures
run_test "a live view" watched
run_test "events" events_come
run_test "I/O that waits" waits
run_test "nothing for those who are not root" not_for_all
