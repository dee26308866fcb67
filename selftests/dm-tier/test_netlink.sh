#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# seconds: 120
# timeout: 600
# The netlink family: every request, well and badly made, by those who may and
# those who may not; dumps of any size, changed or left half way; events.
# shellcheck source=selftests/lib/tier.sh
source "$(dirname "$0")/../lib/tier.sh"

probe() { "$tree/selftests/dm-tier/netlink_probe" "$@"; }

# two tiers, extents of 64 KiB, no moves of its own accord
make_pool() {
	[[ -x $tree/selftests/dm-tier/netlink_probe ]] || fail "netlink_probe was not built"
	mkdisk meta 32
	mkdisk ssd 32
	mkdisk hdd1 32
	mkdisk hdd2 32
	mkpool tp 128 meta fast:ssd slow:hdd1,hdd2
	message tp set moves off
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

total() { awk '{ sum += $1 } END { print sum + 0 }'; }

dev_number() {
	local n
	n=$(stat -Lc '%t %T' "/dev/tier/$1")
	echo "$((0x${n% *})):$((0x${n#* }))"
}

# what must be the same before and after requests that are refused
state() {
	get lun-get pool=tp | sed 's/ active_ms=[0-9]*//; s/ held_ms=[0-9]*//g'
	get dev-get pool=tp | sed 's/ latency_ns=[0-9]*//'
	probe request pool-get pool=tp |
		sed 's/ \(tick\|active_ms\|meta_used\)=[0-9]*//g'
}

without_clock() { sed -E 's/ (tick|active_ms)=[0-9]+//g'; }

reads() {
	local pool tiers
	make_pool
	pool=$(probe request pool-get pool=tp)
	assert_match "$pool" 'pool=tp .*mode=rw .*extent_sectors=128 .*meta_copies=1 .*moves=0'
	# but for the clock, which may have gone on
	assert_eq "$(get pool-get | without_clock)" "$(get pool-get pool=tp | without_clock)"
	tiers=$(get tier-get pool=tp)
	assert_eq "$(field tier <<<"$tiers" | xargs)" "fast slow" "tiers in order"
	assert_eq "$(field rank <<<"$tiers" | xargs)" "0 1"
	assert_eq "$(get dev-get pool=tp | field dev | xargs)" \
		"$(dev_number ssd) $(dev_number hdd1) $(dev_number hdd2)"
	assert_eq "$(get dev-get | field state | sort -u)" active
	assert_eq "$(get lun-get)" ""
	assert_eq "$(get heat-get)" ""
}

changes() {
	local lun
	make_pool
	ok lun-create pool=tp lun=7 sectors=20480
	says 'EEXIST .*7' lun-create pool=tp lun=7 sectors=20480
	ok lun-resize pool=tp lun=7 sectors=40960
	ok lun-set pool=tp lun=7 key=weight value=150
	ok lun-set pool=tp lun=7 key=tiers value=slow
	says 'EPERM .*may not use tier fast' lun-migrate pool=tp lun=7 tier=fast
	ok lun-set pool=tp lun=7 key=tiers value=fast,slow
	ok lun-set pool=tp lun=7 key=max value=fast:9
	ok pool-set pool=tp key=headroom value=7
	lun=$(get lun-get pool=tp lun=7)
	assert_match "$lun" 'lun=7 sectors=40960 mapped=0 .*allowed=fast,slow weight=150'
	assert_match "$lun" 'usage\{ tier=fast extents=0 .* max=9 \} usage\{ tier=slow .* max=0 \}'
	assert_match "$(probe request pool-get pool=tp)" 'headroom=7'
	ok lun-migrate pool=tp lun=7 tier=slow
	ok dev-evacuate pool=tp dev=/dev/tier/hdd1
	says 'EALREADY' dev-evacuate pool=tp "dev=$(dev_number hdd1)"
	assert_match "$(get dev-get pool=tp | grep 'dev_index=1 ')" 'state=drain(ing|ed) .*evac_left=0'
	ok dev-cancel pool=tp dev=/dev/tier/hdd1
	ok dev-fail pool=tp dev=/dev/tier/hdd1
	assert_match "$(get dev-get pool=tp)" 'state=failed'
	ok dev-reinstate pool=tp dev=/dev/tier/hdd1
	says 'EBUSY .*evacuate' dev-remove pool=tp dev=/dev/tier/hdd1
	ok lun-delete pool=tp lun=7
	assert_eq "$(get lun-get pool=tp)" ""
}

refused() {
	local before a="pool=tp lun=1" cmd
	make_pool
	ok lun-create pool=tp lun=1 sectors=2048
	before=$(state)

	for cmd in pool-get "lun-create lun=2 sectors=8" "lun-delete lun=1" \
		"lun-resize lun=1 sectors=8" "lun-set lun=1 key=weight value=1" \
		"lun-migrate lun=1 tier=slow" "pool-set key=moves value=on" \
		"dev-evacuate dev=x" "dev-cancel dev=x" "dev-remove dev=x" "dev-fail dev=x" \
		"dev-reinstate dev=x"; do
		# shellcheck disable=SC2086
		says 'EINVAL missing attribute: pool$' $cmd
		# shellcheck disable=SC2086
		says 'ENODEV no such pool$' $cmd pool=other
		# shellcheck disable=SC2086
		says 'ENODEV no such pool$' $cmd pool=
		# the right length, wrong ends
		# shellcheck disable=SC2086
		says 'EINVAL' $cmd pool:hex=7470
		# shellcheck disable=SC2086
		says '(ERANGE|EINVAL)' $cmd pool:long=128
		# shellcheck disable=SC2086
		says 'ENODEV' $cmd pool:long=127
		# what the kernel alone says, and what nobody knows
		# shellcheck disable=SC2086
		says 'EINVAL' $cmd pool=tp seq=1
		# shellcheck disable=SC2086
		says 'EINVAL' $cmd pool=tp 200:u32=1
	done
	for cmd in lun-create lun-delete lun-resize lun-set lun-migrate; do
		says 'EINVAL missing attribute: lun$' $cmd pool=tp
		says '(EINVAL|ERANGE)' $cmd pool=tp lun:u64=1 sectors=8
		says '(EINVAL|ERANGE)' $cmd pool=tp lun:u8=1 sectors=8
		says 'ERANGE' $cmd pool=tp lun=16777215
		says 'ERANGE' $cmd pool=tp lun=4294967295
	done
	for cmd in lun-create lun-resize; do
		# shellcheck disable=SC2086
		says 'EINVAL missing attribute: sectors$' $cmd $a
		# shellcheck disable=SC2086
		says 'ERANGE' $cmd $a sectors=0
		# shellcheck disable=SC2086
		says '(EINVAL|ERANGE)' $cmd $a sectors:u32=8
		says 'EINVAL .*sectors' $cmd pool=tp lun="$([[ $cmd == lun-create ]] && echo 2 || echo 1)" \
			sectors=18446744073709551615
	done
	for cmd in dev-evacuate dev-cancel dev-remove dev-fail dev-reinstate; do
		says 'EINVAL missing attribute: dev$' $cmd pool=tp
		says 'ENODEV .*is not a device of this pool' $cmd pool=tp dev=/dev/null
		says 'ENODEV .*is not a device of this pool' $cmd pool=tp dev=
		says 'ENODEV .*is not a device of this pool' $cmd pool=tp dev:long=255
		says '(ERANGE|EINVAL)' $cmd pool=tp dev:long=256
		says 'EINVAL' $cmd pool=tp dev:hex=2f
	done
	# shellcheck disable=SC2086
	{
		says 'EINVAL missing attribute: key$' lun-set $a value=1
		says 'EINVAL missing attribute: value$' lun-set $a key=weight
		says 'EINVAL missing attribute: value$' pool-set pool=tp key=headroom
		says 'EINVAL missing attribute: tier$' lun-migrate $a
		says 'ENOENT no tier' lun-migrate $a tier=none-such
		says '(ERANGE|EINVAL)' lun-migrate $a tier:long=32
		says 'EINVAL .+' lun-set $a key=weight value=many
		says 'EINVAL .+' lun-set $a key=none-such value=1
		says 'EINVAL .+' lun-set $a key= value=
		says 'EINVAL .+' pool-set pool=tp key=none-such value=1
		says '(ERANGE|EINVAL)' lun-set $a key:long=32 value=1
		says '(ERANGE|EINVAL)' lun-set $a key=weight value:long=256
		says 'ENOENT .+' lun-set $a key=tiers value:long=255
	}
	says 'ENOENT .*9' lun-delete pool=tp lun=9
	# the same attribute twice, whether or not the two agree
	says 'EINVAL attribute given twice: pool$' pool-get pool=tp pool=tp
	says 'EINVAL attribute given twice: lun$' lun-delete pool=tp lun=2 lun=1
	says 'EINVAL attribute given twice: sectors$' lun-resize pool=tp lun=1 sectors=8 sectors=16
	says 'EINVAL attribute given twice: value$' lun-set pool=tp lun=1 key=weight value=2 value=3
	says 'EINVAL attribute given twice: dev$' dev-fail pool=tp dev=/dev/tier/ssd dev=/dev/null
	says 'EINVAL .+' lun-set pool=tp lun=1 key=weight value=+150
	says "EINVAL weight: '150[?]' is not" lun-set pool=tp lun=1 key=weight value=$'150\n'
	says 'EOPNOTSUPP' event pool=tp
	says 'EOPNOTSUPP' 99 pool=tp
	says 'EOPNOTSUPP' lun-get pool=tp # there is a dump only

	assert_eq "$(state)" "$before" "state after refused requests"
}

refused_dumps() {
	local cmd
	make_pool
	ok lun-create pool=tp lun=1 sectors=2048
	for cmd in pool-get tier-get dev-get lun-get heat-get; do
		assert_match "$(probe dump $cmd pool=other)" '^ENODEV no such pool'
		assert_match "$(probe dump $cmd pool:long=128)" '^(ERANGE|EINVAL)'
		assert_match "$(probe dump $cmd key=x)" '^EINVAL'
		assert_match "$(probe dump $cmd start=1)" '^EINVAL'
	done
	for cmd in pool-get tier-get dev-get; do
		assert_match "$(probe dump $cmd pool=tp lun=1)" '^EINVAL'
	done
	for cmd in lun-get heat-get extent-get; do
		assert_match "$(probe dump $cmd pool=tp lun=2)" '^ENOENT no such LUN'
		assert_match "$(probe dump $cmd pool=tp lun=16777215)" '^ERANGE'
	done
	assert_match "$(probe dump extent-get)" '^EINVAL missing attribute: pool'
	assert_match "$(probe dump extent-get pool=tp)" '^EINVAL missing attribute: lun'
	assert_match "$(probe dump extent-get pool=tp lun=1 count=0)" '^ERANGE'
	assert_match "$(probe dump extent-get pool=tp lun=1 start=1099511627776)" '^ERANGE'
	assert_match "$(probe dump lun-create pool=tp lun=5 sectors=8)" '^EOPNOTSUPP'
	for cmd in pool-get tier-get dev-get lun-get heat-get; do
		assert_match "$(probe dump $cmd pool=tp pool=tp)" \
			'^EINVAL attribute given twice: pool'
	done
	assert_match "$(probe dump extent-get pool=tp lun=1 start=0 start=1)" \
		'^EINVAL attribute given twice: start'
	assert_eq "$(get lun-get | field lun)" 1
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
	local who cmd
	make_pool
	ok lun-create pool=tp lun=1 sectors=2048
	cp "$tree/selftests/dm-tier/netlink_probe" "$T/probe"
	chmod 755 "$T" "$T/probe"
	for who in nobody net_admin sys_admin userns; do
		for cmd in pool-get tier-get dev-get lun-get heat-get extent-get; do
			assert_match "$(as $who "$T/probe" dump $cmd)" '^EPERM' "$who, $cmd"
		done
		for cmd in "pool-get pool=tp" "lun-create pool=tp lun=2 sectors=8" \
			"lun-delete pool=tp lun=1" "pool-set pool=tp key=moves value=on" \
			"dev-fail pool=tp dev=/dev/tier/ssd"; do
			# shellcheck disable=SC2086
			assert_match "$(as $who "$T/probe" request $cmd)" '^EPERM' "$who, $cmd"
		done
		[[ $who == sys_admin ]] ||
			assert_match "$(as $who "$T/probe" events 0 0 || :)" '^EPERM' "$who, events"
	done
	# another network namespace knows no such family
	assert_match "$(unshare --net "$T/probe" dump pool-get || :)" '^no family: ENOENT'
	assert_eq "$(get lun-get | field lun)" 1
}

broken() {
	local before seed
	make_pool
	ok lun-create pool=tp lun=1 sectors=2048
	before=$(state)
	probe truncate lun-resize pool=tp lun=1 sectors=40960
	probe truncate lun-set pool=tp lun=1 key=weight value=150
	probe truncate pool-get pool=tp
	assert_eq "$(state)" "$before" "state after truncated requests"
	for seed in 1 2 3 4; do
		probe garbage "$seed" 3000 tp
	done
	probe garbage 5 3000
	ok lun-create pool=tp lun=77 sectors=2048
}

# luns <first> <last>
make_luns() {
	local id
	for ((id = $1; id <= $2; id++)); do
		message tp create_lun "$id" 2048
	done
}

large_dumps() {
	local size
	make_pool
	make_luns 1 300
	for size in 4096 8192 65536; do
		get -b $size lun-get pool=tp >"$T/luns"
		assert_match "$(tail -n 1 "$T/dump")" 'messages=300 buffers=([2-9]|[0-9]{2,}) '
		assert_eq "$(field lun <"$T/luns" | xargs)" "$(seq 1 300 | xargs)" "LUNs, by $size"
	done
	get -b 4096 heat-get >"$T/heat"
	assert_eq "$(field lun <"$T/heat" | uniq -c | awk '{ print $1 }' | sort -u)" 2
	assert_eq "$(field lun <"$T/heat" | uniq | xargs)" "$(seq 1 300 | xargs)"
	assert_eq "$(get lun-get pool=tp lun=123 | field lun)" 123
}

# interrupt <lun>: a dump of LUNs, which is made half way
interrupt() {
	probe interrupt "'$tree/selftests/dm-tier/netlink_probe' request \
		lun-create pool=tp lun=$1 sectors=2048" lun-get pool=tp
}

interrupted_dump() {
	make_pool
	make_luns 11 200
	interrupt 5 >"$T/out" # before what is still to be told
	grep -q '^halfway: OK' "$T/out"
	assert_match "$(tail -n 1 "$T/out")" 'interrupted=[1-9]'
	assert_eq "$(field lun <"$T/out" | xargs)" "$(seq 11 200 | xargs)"
	interrupt 300 >"$T/out" # after it
	assert_match "$(tail -n 1 "$T/out")" 'interrupted=[1-9]'
	assert_eq "$(field lun <"$T/out" | xargs)" "5 $(seq 11 200 | xargs) 300"
}

abandoned_dumps() {
	make_pool
	make_luns 1 60
	probe abandon 200 lun-get pool=tp
	probe abandon 100 heat-get
	probe abandon 100 extent-get pool=tp lun=1
}

extents() {
	make_pool
	mklun lun tp 3 20M # 320 extents
	assert_eq "$(get extent-get pool=tp lun=3)" ""
	# 200 from 10 on, and the last
	dd if=/dev/zero of=/dev/mapper/lun bs=64K seek=10 count=200 oflag=direct status=none
	dd if=/dev/zero of=/dev/mapper/lun bs=64K seek=319 count=1 oflag=direct status=none
	get -b 4096 extent-get pool=tp lun=3 >"$T/extents"
	assert_match "$(tail -n 1 "$T/dump")" 'buffers=([3-9]|[0-9]{2,}) '
	field extents <"$T/extents" | tr , '\n' | sed 's/@.*//' >"$T/logical"
	assert_eq "$(xargs <"$T/logical")" "$(seq 10 209 | xargs) 319"
	# no place is used twice
	assert_eq "$(field extents <"$T/extents" | tr , '\n' | sed 's/.*@//' | sort | uniq -d)" ""
	# messages join without a gap
	assert_eq "$(awk '{ for (i = 1; i <= NF; i++) { split($i, a, "=")
		if (a[1] == "start" && a[2] != next_start + 0) print "gap at", a[2]
		if (a[1] == "start") s = a[2]; if (a[1] == "count") next_start = s + a[2] } }' \
		"$T/extents")" ""
	assert_eq "$(get extent-get pool=tp lun=3 start=200 | field extents | tr , '\n' |
		sed 's/@.*//' | xargs)" "$(seq 200 209 | xargs) 319"
	assert_eq "$(get extent-get pool=tp lun=3 start=12 count=2 | field extents |
		tr , '\n' | sed 's/@.*//' | xargs)" "12 13"
	assert_eq "$(get extent-get pool=tp lun=3 start=320)" ""
	assert_eq "$(get extent-get pool=tp lun=3 start=319 count=18446744073709551615 |
		field extents | sed 's/@.*//')" 319
	assert_eq "$(get lun-get pool=tp lun=3 | field mapped)" 201
	assert_eq "$(get heat-get pool=tp lun=3 | field heat_sum | total)" 201
	assert_eq "$(get lun-get pool=tp | sed 's/usage/\n/g' | field extents | total)" 201
	assert_eq "$(get tier-get pool=tp | field used | total)" 201
}

two_pools() {
	make_pool
	mkdisk meta2 32
	mkdisk one 32
	mkpool other 128 meta2 only:one
	make_luns 1 40
	message other create_lun 1 2048
	message other create_lun 2 2048
	assert_eq "$(get pool-get | field pool | sort | xargs)" "other tp"
	assert_eq "$(get -b 4096 lun-get | field pool | sort | uniq -c | awk '{ print $1 $2 }' | xargs)" \
		"2other 40tp"
	assert_eq "$(get lun-get lun=2 | field pool | sort | xargs)" "other tp"
	assert_eq "$(get lun-get lun=3 | field pool)" tp
	assert_eq "$(get lun-get pool=other | field lun | xargs)" "1 2"
	dmsetup remove other
	assert_eq "$(get pool-get | field pool)" tp
	says 'ENODEV' pool-get pool=other
}

# A name is its present owner's, whoever had it before.
renamed() {
	make_pool
	ok lun-create pool=tp lun=1 sectors=2048
	dmsetup rename tp old
	assert_eq "$(get lun-get | field pool)" old
	says 'ENODEV no such pool$' lun-delete pool=tp lun=1
	mkdisk meta2 32
	mkdisk one 32
	mkpool tp 128 meta2 only:one
	says 'ENOENT .*1' lun-delete pool=tp lun=1
	assert_eq "$(get pool-get | field pool | sort | xargs)" "old tp"
	ok lun-create pool=tp lun=1 sectors=4096
	ok lun-delete pool=tp lun=1
	assert_eq "$(get lun-get | field pool)" old
	ok lun-delete pool=old lun=1
}

# listen <count>: in the background, to $T/events
listen() {
	: >"$T/events"
	probe events "$1" 30 >"$T/events" &
	listener=$!
	wait_for 10 grep -q listening "$T/events"
}

events() {
	local seqs first
	make_pool
	listen 6
	ok lun-create pool=tp lun=4 sectors=2048
	ok lun-resize pool=tp lun=4 sectors=4096
	ok lun-set pool=tp lun=4 key=weight value=120
	ok pool-set pool=tp key=headroom value=3
	ok lun-migrate pool=tp lun=4 tier=slow
	ok lun-delete pool=tp lun=4
	wait "$listener"
	grep -q ' event=lun-created pool=tp .* lun=4 sectors=2048' "$T/events"
	grep -q ' event=lun-resized .* lun=4 sectors=4096' "$T/events"
	grep -q ' event=policy .* lun=4 key=weight value=120' "$T/events"
	grep -q ' event=policy .* time_ns=[0-9]* key=headroom value=3' "$T/events"
	grep -q ' event=lun-migrating .* lun=4 to=slow' "$T/events"
	seqs=$(field seq <"$T/events" | xargs)
	first=${seqs%% *}
	assert_eq "$seqs" "$(seq "$first" $((first + 5)) | xargs)" "numbers of events"
	# one that nobody hears has a number as well
	ok pool-set pool=tp key=headroom value=4
	listen 1
	ok pool-set pool=tp key=headroom value=5
	wait "$listener"
	assert_match "$(field seq <"$T/events")" '^[0-9]+$'
	(($(field seq <"$T/events") >= first + 7))
}

# What a deleted LUN did and held comes with the event: nobody can ask any more.
last_usage() {
	make_pool
	message tp create_lun 4 4096
	message tp set_lun 4 start_tier slow
	dmsetup create l4 --table "0 4096 tier /dev/mapper/tp 4"
	dd if=/dev/zero of=/dev/mapper/l4 bs=64K count=3 oflag=direct status=none
	dmsetup remove l4
	listen 1
	ok lun-delete pool=tp lun=4
	wait "$listener"
	grep -q ' event=lun-deleted pool=tp .* lun=4 sectors=4096' "$T/events"
	assert_eq "$(sed 's/usage{/\n/g' "$T/events" | grep tier=slow | field write_sectors)" 384
	assert_eq "$(sed 's/usage{/\n/g' "$T/events" | grep tier=fast | field write_sectors)" 0
	(($(sed 's/usage{/\n/g' "$T/events" | grep tier=slow | field held_ms) > 0))
}

deaf_listener() {
	local i
	make_pool
	probe deaf 8 >"$T/deaf" &
	wait_for 10 grep -q listening "$T/deaf"
	for ((i = 0; i < 50; i++)); do
		message tp set headroom $((i % 10))
	done
	wait $!
	assert_eq "$(tail -n 1 "$T/deaf")" lost
	ok pool-set pool=tp key=headroom value=5
}

# readers, changes and events at the same time, and pools that come and go
storm() {
	local i
	make_pool
	make_luns 100 160
	(while :; do probe dump -b 4096 lun-get; probe dump heat-get; probe dump pool-get
		probe dump dev-get; done >/dev/null) &
	(while :; do probe abandon 20 lun-get; probe garbage $RANDOM 200; done >/dev/null) &
	probe events 100000 60 >"$T/events" &
	for ((i = 0; i < 40; i++)); do
		says '(OK|ENOENT|EEXIST)' lun-create pool=tp lun=$i sectors=2048
		says '(OK|ENOENT)' lun-delete pool=tp lun=$((i / 2))
	done
	for ((i = 0; i < 3; i++)); do
		dmsetup remove tp
		mkpool tp 128 meta fast:ssd slow:hdd1,hdd2
	done
	# shellcheck disable=SC2046
	kill $(jobs -p)
	wait
}

run_test "reads answer" reads
run_test "changes change" changes
run_test "wrong requests are refused, say why, and change nothing" refused
run_test "wrong dumps are refused" refused_dumps
run_test "nothing is for the unprivileged" unprivileged
run_test "truncated and random messages do no harm" broken
run_test "dumps of hundreds of LUNs are whole at any buffer size" large_dumps
run_test "a dump that was overtaken by a change says so, and misses nothing" interrupted_dump
run_test "dumps may be left half way" abandoned_dumps
run_test "extents and heat are those that were written" extents
run_test "two pools" two_pools
run_test "a pool that was renamed leaves its name to others" renamed
run_test "events come with their figures, in order" events
run_test "the event of a deletion has the last usage" last_usage
run_test "a deaf listener loses events and holds up nobody" deaf_listener
run_test "all of it at once, while pools come and go" storm
