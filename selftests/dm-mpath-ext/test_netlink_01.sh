#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 150
# timeout: 600
# The netlink family: every request, well and badly made, by those who may and
# those who may not; dumps of any size, changed or left half way; events.
# What is split is split on purpose.
# shellcheck disable=SC2086
set -euo pipefail
# shellcheck source=selftests/lib/mpath.sh
source "$(dirname "$0")/../lib/mpath.sh"

probe_program=$tree/selftests/dm-mpath-ext/netlink_probe
probe() { "$probe_program" "$@"; }

# m: two groups of two paths each
make_map() {
	[[ -x $probe_program ]] || fail "netlink_probe was not built"
	mkdisk disk 16
	mkpaths disk pa pb pc pd
	mkmpath m 2 failback manual "$(groups)"
}

groups() {
	echo "0 2 1 round-robin 0 2 2 /dev/mapper/pa weight=2 cost=7 /dev/mapper/pb weight=1 cost=0" \
		"latency 0 2 1 /dev/mapper/pc role=active /dev/mapper/pd role=standby"
}

# says <wanted> <request words>...: the request's last line must match
says() {
	local wanted=$1 got
	shift
	got=$(probe request "$@" | tail -n 1)
	assert_match "$got" "^$wanted" "$*"
}

ok() { says 'OK$' "$@"; }

# get <dump words>...: its lines, which must have come in one piece
get() {
	probe dump "$@" >"$T/dump"
	assert_match "$(tail -n 1 "$T/dump")" ' interrupted=0$' "$*"
	sed '$d' "$T/dump"
}

# field <name>: of the lines of a dump, that attribute
field() { tr ' ' '\n' | sed -n "s/^$1=//p"; }

# path_field <map> <path> <name>
path_field() { get path-get map="$1" | grep " dev=$(devno "$2") " | field "$3"; }

# what must be the same before and after requests that are refused
state() {
	get map-get | sed 's/ seq=[0-9]*//'
	get group-get
	get path-get | sed 's/ \(since_ms\|up\|latency_ns\)=[0-9]*//g'
}

reads() {
	local map
	make_map
	map=$(probe request map-get map=m | head -n 1)
	assert_match "$map" "^map-get map=m map_dev=$(devno m) epoch=[1-9][0-9]* seq=1 sectors=32768 state=active"
	assert_match "$map" ' group=1 groups=2 paths=4 paths_usable=4 held_ios=0 held_bytes=0 queue=0 '
	assert_match "$map" ' failback=manual probe_interval=1000 hung_time=5000 slow_ratio=0 '
	assert_eq "$(get map-get)" "$map"
	assert_eq "$(get map-get map=m | field map)" m
	assert_eq "$(get group-get | field selector | xargs)" "round-robin latency"
	assert_eq "$(get group-get map=m | field in_use | xargs)" "1 0"
	assert_eq "$(get path-get | field dev | xargs)" "$(devno pa) $(devno pb) $(devno pc) $(devno pd)"
	assert_eq "$(get path-get | field group | xargs)" "1 1 2 2"
	assert_eq "$(get path-get | field role | xargs)" "active active active standby"
	assert_eq "$(get path-get | field weight | xargs)" "2 1 1 1"
	assert_eq "$(get path-get | field cost | xargs)" "7 0 0 0"
	assert_eq "$(get path-get | field in_use | xargs)" "1 1 0 0"
	assert_eq "$(get path-get | field state | sort -u)" up
	# with a UUID
	dmsetup create u --uuid MPATH-test --table "0 8 mpath-ext 0 0 1 1 latency 0 1 0 /dev/mapper/pa"
	assert_eq "$(get map-get map=u | field map_uuid)" MPATH-test
	assert_eq "$(get path-get map=u | field map_uuid)" MPATH-test
}

total() { awk '{ sum += $1 } END { print sum + 0 }'; }

# has the first probe of a path of m come back?
probed() { (($(path_field m "$1" latency_ns) > 0)); }

counters() {
	local before after epoch
	make_map
	dd if=/dev/zero of=/dev/mapper/m bs=4k count=100 oflag=direct status=none
	dd if=/dev/mapper/m of=/dev/null bs=8k count=50 iflag=direct status=none
	before=$(get path-get map=m)
	assert_eq "$(field write_ios <<<"$before" | total)" 100
	assert_eq "$(field write_sectors <<<"$before" | total)" 800
	assert_eq "$(field read_ios <<<"$before" | total)" 50
	assert_eq "$(field read_sectors <<<"$before" | total)" 800
	assert_eq "$(field write_latency_sum <<<"$before" | total)" 100
	assert_eq "$(field read_latency_sum <<<"$before" | total)" 50
	(($(field write_ns <<<"$before" | total) > 0 && $(field read_ns <<<"$before" | total) > 0))
	epoch=$(get map-get | field epoch)
	# over a reload, with the groups changed about
	dmsetup load m --table "0 32768 mpath-ext 2 probe_interval 60000 0 1 1 round-robin 0 2 0 /dev/mapper/pc /dev/mapper/pa"
	dmsetup suspend m
	assert_eq "$(get map-get map=m | field state)" suspended
	dmsetup resume m
	after=$(get path-get map=m)
	assert_eq "$(field dev <<<"$after" | xargs)" "$(devno pc) $(devno pa)"
	assert_eq "$(grep "dev=$(devno pa) " <<<"$after" | field write_ios)" \
		"$(grep "dev=$(devno pa) " <<<"$before" | field write_ios)"
	assert_eq "$(get map-get | field epoch)" "$epoch"
	# errors and retries, found by I/O
	wait_for 20 probed pc
	path_dies pc
	dd if=/dev/zero of=/dev/mapper/m bs=4k count=20 oflag=direct status=none
	wait_for 20 path_state_is m pc failed
	(($(path_field m pc errors) > 0 && $(path_field m pa retries) > 0))
	assert_eq "$(path_field m pc fails)" 1
	sleep 0.2
	(($(path_field m pc failed) >= 100 && $(path_field m pc up) > 0))
	assert_eq "$(path_field m pa failed)" 0
	# a device that is made anew begins anew, also under the same name
	dmsetup remove m
	assert_eq "$(get map-get)" ""
	mkmpath m "0 0 1 1 round-robin 0 1 0 /dev/mapper/pa"
	assert_eq "$(get path-get map=m | field write_ios)" 0
	(($(get map-get | field epoch) > epoch)) || fail "the epoch is the old one"
}

changes() {
	make_map
	ok path-fail map=m dev=/dev/mapper/pa
	path_state_is m pa off
	assert_eq "$(path_field m pa state)" off
	ok path-fail map=m "dev=$(devno pb)"
	assert_eq "$(get map-get | field group)" 2
	assert_eq "$(get group-get | field paths_usable | xargs)" "0 2"
	ok path-reinstate map=m dev=/dev/mapper/pa
	assert_eq "$(get map-get | field group)" 2 "failback is manual"
	ok path-reinstate map=m dev=/dev/mapper/pb
	ok group-switch map=m group=1
	assert_eq "$(get map-get | field group)" 1
	ok group-disable map=m group=1
	assert_eq "$(get map-get | field group)" 2
	assert_eq "$(get group-get | field disabled | xargs)" "1 0"
	ok group-enable map=m group=1
	assert_eq "$(get group-get | field disabled | xargs)" "0 0"
	ok map-set map=m key=queue_if_no_path value=33
	assert_match "$(get map-get)" ' queue=1 queue_timeout=33 '
	ok map-set map=m key=fail_if_no_path value=
	assert_match "$(get map-get)" ' queue=0 queue_timeout=33 '
	ok map-set map=m key=queue_if_no_path value=
	assert_match "$(get map-get)" ' queue=1 queue_timeout=33 '
	ok map-set map=m key=failback value=12
	assert_match "$(get map-get)" ' failback=12 '
	ok map-set map=m key=elastic value="2000 100"
	assert_match "$(get map-get)" ' elastic_high=2000 elastic_low=100'
	ok map-set map=m key=slow_path value=2.5
	assert_match "$(get map-get)" ' slow_ratio=250 '
	ok map-set map=m key=probe_interval value=700
	ok map-set map=m key=hung_time value=900
	assert_match "$(get map-get)" ' probe_interval=700 hung_time=900 '
	message m set fail_if_no_path
	assert_match "$(get map-get)" ' queue=0 '
}

refused() {
	local before cmd
	make_map
	before=$(state)
	for cmd in map-get "path-fail dev=x" "path-reinstate dev=x" "group-switch group=1" \
		"group-disable group=1" "group-enable group=1" "map-set key=failback value=3"; do
		{
			says 'EINVAL missing attribute: map$' $cmd
			says 'ENODEV no such map$' $cmd map=other
			says 'ENODEV no such map$' $cmd map=
			says 'ENODEV no such map$' $cmd map=pa # a device, but not ours
			says 'ENODEV no such map$' $cmd map:long=127
			says '(ERANGE|EINVAL)' $cmd map:long=128
			says 'EINVAL' $cmd map:hex=6d # not ended
			says 'EINVAL' $cmd map=m seq=1
			says 'EINVAL' $cmd map=m selector=latency
			says 'EINVAL' $cmd map=m 200:u32=1
			says 'EINVAL attribute given twice: map$' $cmd map=m map=m
		}
	done
	for cmd in path-fail path-reinstate; do
		says 'EINVAL missing attribute: dev$' $cmd map=m
		says "ENODEV '.*' is not a path of this map" $cmd map=m dev=/dev/null
		says "ENODEV '.*' is not a path of this map" $cmd map=m dev=
		says "ENODEV '.*' is not a path of this map" $cmd map=m dev=/dev/tier/disk
		says "ENODEV 'a[?]b' is not a path of this map" $cmd map=m dev=$'a\nb'
		# 2^32 more than what it is
		says "ENODEV '.*' is not a path of this map" $cmd map=m \
			dev="$((4294967296 + $(devno pa | cut -d: -f1))):$(devno pa | cut -d: -f2)"
		says "ENODEV" $cmd map=m dev:long=255
		says '(ERANGE|EINVAL)' $cmd map=m dev:long=256
		says 'EINVAL attribute given twice: dev$' $cmd map=m dev=/dev/mapper/pa dev=/dev/mapper/pa
		says 'EINVAL' $cmd map=m dev=/dev/mapper/pa group=1
	done
	for cmd in group-switch group-disable group-enable; do
		says 'EINVAL missing attribute: group$' $cmd map=m
		says 'ENOENT no group 0 in this map: it has 2$' $cmd map=m group=0
		says 'ENOENT no group 3 in this map' $cmd map=m group=3
		says 'ENOENT no group 4294967295 in this map' $cmd map=m group=4294967295
		says '(ERANGE|EINVAL)' $cmd map=m group:u64=1
		says '(ERANGE|EINVAL)' $cmd map=m group:u8=1
		says 'EINVAL attribute given twice: group$' $cmd map=m group=1 group=2
	done
	says 'EINVAL missing attribute: key$' map-set map=m value=1
	says 'EINVAL missing attribute: value$' map-set map=m key=failback
	says 'EINVAL unknown feature' map-set map=m key=none value=1
	says 'EINVAL unknown feature' map-set map=m key= value=
	says "EINVAL failback must be immediate, manual or seconds" map-set map=m key=failback value=soon
	says "EINVAL failback must be .*not \"9[?]\"" map-set map=m key=failback value=$'9\n'
	says 'EINVAL .*left over' map-set map=m key=failback value="3 4"
	says 'EINVAL .*left over' map-set map=m key=elastic value="3 2 1"
	says 'EINVAL elastic: low iops' map-set map=m key=elastic value="3 4"
	says 'EINVAL .*is missing' map-set map=m key=elastic value=""
	says 'EINVAL fail_if_no_path takes no value' map-set map=m key=fail_if_no_path value=1
	says 'EINVAL probe_interval must be a number' map-set map=m key=probe_interval value=+100
	says 'EINVAL probe_interval must be a number' map-set map=m key=probe_interval value=4294967396
	says '(ERANGE|EINVAL)' map-set map=m key:long=32 value=1
	says '(ERANGE|EINVAL)' map-set map=m key=failback value:long=64
	says 'EINVAL .+' map-set map=m key=failback value:long=63
	says 'EINVAL attribute given twice: value$' map-set map=m key=failback value=1 value=2
	says 'EOPNOTSUPP' event map=m
	says 'EOPNOTSUPP' 99 map=m
	says 'EOPNOTSUPP' group-get map=m # there is a dump only
	for cmd in map-get group-get path-get; do
		assert_match "$(probe dump $cmd map=other)" '^ENODEV no such map'
		assert_match "$(probe dump $cmd map=m map=m)" '^EINVAL attribute given twice: map'
		assert_match "$(probe dump $cmd map:long=128)" '^(ERANGE|EINVAL)'
		assert_match "$(probe dump $cmd map=m dev=/dev/mapper/pa)" '^EINVAL'
	done
	assert_match "$(probe dump path-fail map=m dev=/dev/mapper/pa)" '^EOPNOTSUPP'
	assert_eq "$(state)" "$before" "state after refused requests"
}

suspended() {
	make_map
	dmsetup suspend m
	says 'EAGAIN the map is suspended$' path-fail map=m dev=/dev/mapper/pa
	says 'EAGAIN the map is suspended$' group-switch map=m group=2
	says 'EAGAIN the map is suspended$' map-set map=m key=failback value=3
	assert_eq "$(probe request map-get map=m | field state)" suspended
	assert_eq "$(get path-get map=m | field state | sort -u)" up
	expect_fail message m fail_path /dev/mapper/pa
	dmsetup resume m
	assert_eq "$(probe request map-get map=m | field state)" active
	assert_eq "$(get path-get map=m | field state | sort -u)" up
	ok path-fail map=m dev=/dev/mapper/pa
	# one that never had a table in use has nothing to show
	dmsetup create --notable n
	dmsetup load n --table "0 8 mpath-ext 0 0 1 1 latency 0 1 0 /dev/mapper/pb"
	assert_eq "$(get map-get | field map)" m
	says 'EAGAIN .+' map-get map=n
	says 'EAGAIN the map is suspended$' path-fail map=n dev=/dev/mapper/pb
}

# as <who> <command>...: without privileges, with one too few, or with those of
# another namespace
as() {
	local who=$1
	shift
	case $who in
	nobody) setpriv --reuid 65534 --regid 65534 --clear-groups "$@" ;;
	net_admin) setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps +net_admin --ambient-caps +net_admin "$@" ;;
	sys_admin) setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps +sys_admin --ambient-caps +sys_admin "$@" ;;
	userns) unshare --user --map-root-user "$@" ;;
	esac
}

unprivileged() {
	local who cmd before
	make_map
	before=$(state)
	cp "$probe_program" "$T/probe"
	chmod 755 "$T" "$T/probe"
	for who in nobody net_admin sys_admin userns; do
		for cmd in map-get group-get path-get; do
			assert_match "$(as $who "$T/probe" dump $cmd)" '^EPERM' "$who, $cmd"
		done
		for cmd in "map-get map=m" "path-fail map=m dev=/dev/mapper/pa" \
			"group-switch map=m group=2" "map-set map=m key=failback value=1"; do
			assert_match "$(as $who "$T/probe" request $cmd)" '^EPERM' "$who, $cmd"
		done
		[[ $who == sys_admin ]] ||
			assert_match "$(as $who "$T/probe" events 0 0 || :)" '^EPERM' "$who, events"
	done
	# another network namespace knows no such family
	assert_match "$(unshare --net "$T/probe" dump map-get || :)" '^no family: ENOENT'
	assert_eq "$(state)" "$before"
}

broken() {
	local before seed
	make_map
	before=$(state)
	# without padding at the end, which is no loss
	probe truncate path-fail map=m dev=/dev//mapper/pa
	probe truncate map-set map=m key=failback value=117
	probe truncate map-get map=m
	assert_eq "$(state)" "$before" "state after truncated requests"
	for seed in 1 2 3; do
		probe garbage "$seed" 2000 m
	done
	probe garbage 5 2000
	ok path-fail map=m dev=/dev/mapper/pa
}

# many <maps>: each with two groups of two paths
many() {
	local i
	for ((i = 1; i <= $1; i++)); do
		mkmpath "m$i" 0 "$(groups)"
	done
}

large_dumps() {
	local size
	make_map
	many 12
	for size in 4096 8192; do
		get -b $size path-get >"$T/paths"
		assert_match "$(tail -n 1 "$T/dump")" 'messages=52 buffers=([4-9]|[0-9]{2,}) '
		assert_eq "$(field map <"$T/paths" | uniq -c | awk '{ print $1 $2 }' | xargs)" \
			"4m $(seq -f 4m%g 12 | xargs)" "paths, by $size"
		assert_eq "$(field dev <"$T/paths" | xargs -n 4 | sort | uniq -c | wc -l)" 1
		assert_eq "$(get -b $size map-get | field map | xargs)" "m $(seq -f m%g 12 | xargs)"
		assert_eq "$(get -b $size group-get | field group | xargs -n 2 | sort | uniq -c | xargs)" "13 1 2"
	done
	assert_eq "$(get -b 4096 path-get map=m7 | field map | xargs)" "m7 m7 m7 m7"
	probe abandon 50 path-get
	probe abandon 50 group-get map=m
}

# A dump that was overtaken by a change says so, and misses none of what stayed.
interrupted() {
	make_map
	many 6
	probe interrupt "dmsetup remove m1" path-get >"$T/out"
	assert_match "$(tail -n 1 "$T/out")" 'interrupted=[1-9]'
	assert_eq "$(grep -v map=m1 "$T/out" | field map | uniq | xargs)" "m $(seq -f m%g 2 6 | xargs)"
	probe interrupt "dmsetup create late --table '0 8 mpath-ext 0 0 1 1 latency 0 1 0 /dev/mapper/pa'" \
		path-get >"$T/out"
	assert_match "$(tail -n 1 "$T/out")" 'interrupted=[1-9]'
	assert_eq "$(field map <"$T/out" | uniq | xargs)" "m $(seq -f m%g 2 6 | xargs) late"
	# the map under the reader's eyes
	probe interrupt "dmsetup suspend m; dmsetup resume m" path-get map=m >"$T/out"
	assert_match "$(tail -n 1 "$T/out")" 'messages=4 '
	assert_eq "$(get path-get | field map | uniq | xargs)" "m $(seq -f m%g 2 6 | xargs) late"
}

# A name is its present owner's, whoever had it before.
renamed() {
	make_map
	dmsetup rename m old
	says 'ENODEV no such map$' path-fail map=m dev=/dev/mapper/pa
	assert_eq "$(get path-get | field map | uniq)" old
	mkmpath m "0 0 1 1 round-robin 0 1 0 /dev/mapper/pb"
	says 'ENODEV .*is not a path' path-fail map=m dev=/dev/mapper/pa
	ok path-fail map=old dev=/dev/mapper/pa
	assert_eq "$(path_field old pa state)" off
	assert_eq "$(get path-get map=m | field state)" up
	assert_eq "$(get map-get | field map | xargs)" "old m"
}

# listen <count>: in the background, to $T/events
listen() {
	: >"$T/events"
	probe events "$1" 30 >"$T/events" &
	listener=$!
	wait_for 10 grep -q listening "$T/events"
}

# event <regular expression>: is there one, with what every one has?
event() {
	grep -Eq "^event event=$1" "$T/events" || {
		cat "$T/events"
		fail "no event $1"
	}
}

events() {
	local o seqs first
	make_map
	listen 10
	ok path-fail map=m dev=/dev/mapper/pa # policy, path-failed
	ok path-reinstate map=m dev=/dev/mapper/pa # policy, path-up
	ok group-switch map=m group=2 # policy, group-switched
	ok group-disable map=m group=2 # policy, group-switched
	ok map-set map=m key=elastic value="9 3" # policy
	ok map-set map=m key=fail_if_no_path value= # policy
	wait "$listener"
	o=" map=m map_dev=$(devno m) epoch=$(get map-get | field epoch) seq=[0-9]+ time_ns=[0-9]+"
	event "policy$o dev=$(devno pa) key=fail_path$"
	event "path-failed$o dev=$(devno pa) group=1 state=off reason=by the administrator$"
	event "policy$o dev=$(devno pa) key=reinstate_path$"
	event "path-up$o dev=$(devno pa) group=1 state=up reason=by the administrator$"
	event "policy$o group=2 key=switch_group$"
	event "group-switched$o from_group=1 group=2 reason=by the administrator$"
	event "policy$o group=2 key=disable_group$"
	event "group-switched$o from_group=2 group=1 reason=.+"
	event "policy$o key=elastic value=9 3$"
	event "policy$o key=fail_if_no_path$"
	seqs=$(field seq <"$T/events" | xargs)
	first=${seqs%% *}
	assert_eq "$seqs" "$(seq "$first" $((first + 9)) | xargs)" "numbers of events"
	assert_eq "$(get map-get | field seq)" "$((first + 9))"
	# one that nobody hears has a number as well, one that is refused has none
	ok map-set map=m key=failback value=4
	says 'EINVAL' map-set map=m key=failback value=x
	listen 1
	ok map-set map=m key=failback value=5
	wait "$listener"
	assert_eq "$(field seq <"$T/events")" "$((first + 11))"
}

lives() {
	local epoch
	make_map
	epoch=$(get map-get | field epoch)
	listen 1
	dmsetup suspend m
	dmsetup resume m
	wait "$listener"
	event "map-resumed map=m .* epoch=$epoch "
	# no path is left
	mkmpath n "2 queue_if_no_path 1 0 1 1 latency 0 2 0 /dev/mapper/pa /dev/mapper/pb"
	ok path-fail map=m dev=/dev/mapper/pa # that only n tells of them
	ok path-fail map=m dev=/dev/mapper/pb
	listen 4
	path_dies pa
	path_dies pb
	wait "$listener"
	event "path-failed map=n .* dev=$(devno pa) group=1 state=failed reason=probe failed$"
	event "path-failed map=n .* dev=$(devno pb) group=1 state=failed reason=probe failed$"
	event "no-path map=n .* queue=1 queue_timeout=1$"
	event "queue-timeout map=n .* queue_timeout=1$"
	dmsetup remove n
	# the end of its life, and another one
	listen 5
	dmsetup rename m gone
	dmsetup remove gone
	wait "$listener"
	event "path-removed map=(m|gone) .* dev=$(devno pa) .*cost=7 .*write_sectors=[0-9]+ .*"
	event "map-removed map=(m|gone) map_dev=[0-9:]+ epoch=$epoch seq=[0-9]+ time_ns=[0-9]+$"
	# the next one begins with 1
	listen 1
	mkmpath m "0 0 1 1 round-robin 0 1 0 /dev/mapper/pc"
	wait "$listener"
	event "map-resumed map=m .* seq=1 "
	assert_eq "$(get map-get | field seq)" 1
	(($(get map-get | field epoch) > epoch))
	# a table of another target ends it as well
	listen 2
	dmsetup load m --table "0 32768 linear /dev/tier/disk 0"
	dmsetup suspend m
	dmsetup resume m
	wait "$listener"
	event "map-removed map=m .* seq=3 "
	assert_eq "$(get map-get)" ""
}

deaf_listener() {
	local i
	make_map
	probe deaf 6 >"$T/deaf" &
	wait_for 10 grep -q listening "$T/deaf"
	for ((i = 1; i <= 50; i++)); do
		message m set failback $i
	done
	wait $!
	assert_eq "$(tail -n 1 "$T/deaf")" lost
	ok map-set map=m key=failback value=5
}

# readers, changes and events at the same time, and maps that come and go
storm() {
	local i
	make_map
	(while :; do probe dump -b 4096 path-get; probe dump group-get; probe dump map-get
		done >/dev/null) &
	(while :; do probe abandon 20 path-get; probe garbage $RANDOM 200 m; done >/dev/null) &
	probe events 100000 60 >"$T/events" &
	for ((i = 0; i < 10; i++)); do
		says '(OK|EAGAIN)' group-switch map=m group=$((i % 2 + 1))
		dmsetup suspend m
		dmsetup resume m
		mkmpath n 0 "$(groups)"
		dmsetup remove --retry n
	done
	# shellcheck disable=SC2046
	kill $(jobs -p)
	wait
}

run_test "reads answer" reads
run_test "counters are right, and outlive tables but not the device" counters
run_test "changes change" changes
run_test "wrong requests are refused, say why, and change nothing" refused
run_test "a map that is suspended is shown and not changed" suspended
run_test "nothing is for the unprivileged" unprivileged
run_test "truncated and random messages do no harm" broken
run_test "dumps are whole at any buffer size" large_dumps
run_test "a dump that was overtaken by a change says so" interrupted
run_test "a map that was renamed leaves its name to others" renamed
run_test "events come with their figures, in order" events
run_test "events of a map's life, from table to table" lives
run_test "a deaf listener loses events and holds up nobody" deaf_listener
run_test "all of it at once, while maps come and go" storm
ktap_finish
