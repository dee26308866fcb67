#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tierctl against the module, command by command. Needs root and the module;
# made for the VM: selftests/vm/vm run userspace/tests/tierctl.sh
set -u
here=$(dirname "$(readlink -f "$0")")
PATH=$here/..:$PATH
pool=tctest

count=0 failed=0
result() {	# <0: ok> <name>
	count=$((count + 1))
	if [[ $1 -eq 0 ]]; then
		echo "ok $count $2"
	else
		failed=$((failed + 1))
		echo "not ok $count $2"
		sed 's/^/# /' /tmp/tierctl.out /tmp/tierctl.err
	fi
}

# exit code and, as a regular expression, what is printed
expect() {	# <code> <pattern> <arguments>...
	local code=$1 pattern=$2 got=0
	shift 2
	: >/tmp/tierctl.err
	${WRAP:-} tierctl "$@" >/tmp/tierctl.out 2>&1 </dev/null || got=$?
	if [[ $got -ne $code ]]; then
		echo "exit status $got, not $code" >>/tmp/tierctl.out
		result 1 "tierctl $*"
	elif [[ $pattern ]] && ! grep -qE -- "$pattern" /tmp/tierctl.out; then
		echo "no match for $pattern" >>/tmp/tierctl.out
		result 1 "tierctl $*"
	else
		result 0 "tierctl $*"
	fi
}

# a jq condition on the JSON of a command
expect_json() {	# <condition> <arguments>...
	local condition=$1
	shift
	tierctl --json "$@" >/tmp/tierctl.out 2>/tmp/tierctl.err </dev/null &&
		jq -e "$condition" /tmp/tierctl.out >/dev/null 2>>/tmp/tierctl.err
	result $? "tierctl --json $*: $condition"
}

disk() {	# <name> <MiB>
	local dir=/sys/kernel/config/nullb/$1
	mkdir "$dir" && echo 1 >"$dir/memory_backed" && echo "$2" >"$dir/size" &&
		echo 1 >"$dir/power"
}

clean() {
	tierctl pool stop $pool >/dev/null 2>&1
	local d
	for d in /sys/kernel/config/nullb/tc_*; do
		[[ -d $d ]] && { echo 0 >"$d/power"; rmdir "$d"; }
	done
}
trap clean EXIT

echo "TAP version 13"
if [[ -e /sys/module/dm_tier ]]; then
	echo "# module loaded already"
else
	expect 5 'not loaded' pool list
	# where modprobe finds the module it is loaded, and the disk is not there
	modprobe -qn dm-tier || expect 5 'not loaded' pool create $pool --meta /dev/nowhere \
		--tier ssd:/dev/nowhere
fi
modprobe -a dm-mod dm-bufio libcrc32c
modprobe -q dm-tier || insmod "$(find "$here/../.." -name dm-tier.ko | head -n 1)" || exit 4
modprobe null_blk nr_devices=0 || exit 4
disk tc_meta 32 && disk tc_mirror 32 && disk tc_ssd 64 && disk tc_sata1 64 &&
	disk tc_sata2 64 && disk tc_new 64 || exit 4
meta=/dev/tc_meta mirror=/dev/tc_mirror ssd=/dev/tc_ssd sata1=/dev/tc_sata1 sata2=/dev/tc_sata2
[[ -b $meta ]] || {	# older kernels name them by number
	mapfile -t all < <(grep -H . /sys/kernel/config/nullb/tc_*/index | sort)
	dev() { sed -n "s|.*/$1/index:|/dev/nullb|p" <<<"$(printf '%s\n' "${all[@]}")"; }
	meta=$(dev tc_meta) mirror=$(dev tc_mirror) ssd=$(dev tc_ssd)
	sata1=$(dev tc_sata1) sata2=$(dev tc_sata2)
	new=$(dev tc_new)
}
new=${new:-/dev/tc_new}

# pools
expect 0 '' pool list
expect_json '. == []' pool list
expect 3 'no pool' pool show $pool
expect 0 'no pool is active' pool show
expect 3 'No such file' pool create $pool --meta /dev/nowhere --tier "ssd:$ssd"
expect 1 'kernel: ' pool create $pool --meta "$meta" --tier "ssd:$meta"
printf foreign | dd of="$ssd" conv=notrunc status=none
expect 1 "$ssd holds something else" pool create $pool --meta "$meta" --tier "ssd:$ssd"
expect 1 "wipefs -a $ssd; dd .* of=$ssd" pool create $pool --meta "$meta" --tier "ssd:$ssd"
expect 1 'refused: Invalid argument' pool create $pool --meta "$meta" --tier "ssd:$ssd"
dd if=/dev/zero of="$ssd" bs=4096 count=1 status=none
expect 0 '' pool create $pool --meta "$meta" --mirror "$mirror" --extent 256K \
	--tier "ssd:$ssd" --tier "sata:$sata1,$sata2"
expect 1 'already' pool create $pool --meta "$meta" --tier "ssd:$ssd"
expect 0 "^$pool +rw" pool list
expect_json "length == 1 and .[0].name == \"$pool\" and .[0].extent_bytes == 262144 and
	.[0].metadata_copies == 2" pool list
expect 0 'metadata pages' pool show
expect_json ".name == \"$pool\" and .mode == \"rw\"" pool show $pool
expect 0 '' pool set $pool headroom 5
expect_json '.headroom == 5' policy show $pool
expect 0 '' policy set $pool tick 200
expect_json '.tick == 200' policy show $pool
expect 1 "tierctl: headroom: '99'" pool set $pool headroom 99
expect 0 '' pool set $pool move-rate 40
expect 1 'no pool key' pool set $pool nonsense 1
expect 0 '' pool set $pool tag "$sata1" blue
expect_json "map(select(.tag == \"blue\")) | length == 1" dev list $pool
expect 0 '' pool set $pool tag "$sata1" none
expect_json "map(select(.tag)) | length == 0" dev list $pool

# wrong words
expect 2 "'pool list' may be meant" pool lits
expect 2 "'pool' may be meant" polo list
expect 2 '--mirror may be meant' pool create other --mirrer "$mirror"
expect 2 'no option --wait here' lun list --wait
expect 2 'wants a value' pool create other --meta
expect 2 'no command' help nonsense
expect 0 'dm-tier\) [0-9]' --version

# tiers and devices
expect 0 'ssd' tier list
expect_json 'map(.tier) == ["ssd", "sata"] and .[0].rank == 0' tier list $pool
expect 0 "$ssd" dev list
expect_json 'length == 3 and all(.state == "active")' dev list $pool
expect 3 'no pool' dev list nowhere

# LUNs
expect 0 "/dev/mapper/$pool-lun1" lun create $pool 1 32M --tiers ssd,sata \
	--max ssd:100 --start-tier ssd --activate
expect 1 'exist|taken' lun create $pool 1 32M
expect 3 'no tier|no such' lun create $pool 2 32M --pin nowhere
expect 3 'no LUN 2' lun show $pool 2
expect 0 '' lun create $pool 2 16M
expect 0 '^pool' lun show $pool 1
expect_json '.lun == 1 and .size_bytes == 33554432 and
	(.usage | map(select(.tier == "ssd"))[0].max_extents == 100)' lun show $pool 1
expect_json 'map(.lun) == [1, 2]' lun list $pool
expect 0 '' lun set $pool 2 start_tier sata
expect_json '.start_tier == "sata"' policy show $pool 2
expect 0 '' policy set $pool 2 weight 50
expect_json '.weight == 50' lun show $pool 2
expect 0 "$pool-lun2" lun activate $pool 2
expect 0 "named" lun activate $pool 2 --name tcnamed
expect 0 '' lun deactivate $pool 2
expect 3 'no map' lun deactivate $pool 2
expect 0 '' lun resize $pool 1 48M
[[ $(blockdev --getsz /dev/mapper/$pool-lun1) -eq 98304 ]]
result $? "the map grew with its LUN"
expect 2 '--yes' lun resize $pool 1 32M
expect 0 '' lun resize $pool 1 40M --yes
[[ $(blockdev --getsz /dev/mapper/$pool-lun1) -eq 81920 ]]
result $? "the map shrank with its LUN"

# use it: the same data must come back after every move
dd if=/dev/urandom of=/tmp/tierctl.data bs=1M count=20 status=none
dd if=/tmp/tierctl.data of=/dev/mapper/$pool-lun1 bs=1M oflag=direct status=none
same() {
	dd if=/dev/mapper/$pool-lun1 bs=1M count=20 iflag=direct status=none |
		cmp -s - /tmp/tierctl.data
	result $? "$1"
}
expect 0 'MAPPED' lun list
expect_json '.mapped_bytes == 20971520' lun show $pool 1
expect 0 'GIB-HOURS' usage
expect_json 'map(.written_bytes) | add == 20971520' usage $pool 1
expect 3 'no LUN 9' usage $pool 9
expect 0 'COLD' heat
expect 0 'credits' heat $pool 1
expect_json 'map(select(.lun == 1).extents) | add == 80' heat $pool
expect 0 'tier, 0 the fastest' heat map $pool 1
expect_json '[.cells[].mapped] | add == 80' heat map $pool 1 --width 40
expect 0 '' heat map $pool 1 --png /tmp/tierctl.png
[[ $(head -c 4 /tmp/tierctl.png | tail -c 3) == PNG ]]
result $? "the heat map's picture is a PNG"
# a tier's only device has the latency of the tier, an average and no sum
dd if=/dev/mapper/$pool-lun1 of=/dev/null bs=64k count=200 iflag=direct status=none
same_latency() {
	local end=$((SECONDS + 30)) tier dev
	while ((SECONDS < end)); do
		tier=$(tierctl --json tier list $pool | jq '.[0].latency_ns')
		dev=$(tierctl --json dev list $pool |
			jq 'map(select(.tier == "ssd").latency_ns)[0]')
		[[ $tier -gt 0 && $tier == "$dev" ]] && return
		sleep 0.1
	done
	echo "tier $tier, device $dev" >/tmp/tierctl.err
	return 1
}
same_latency
result $? "the latency of a device that is a tier by itself"
expect 0 'READS/S' top -n 1 -d 0.3
expect_json 'length == 2' top $pool -n 1 -d 0.2

# moves, and the events that tell of them
tierctl --json events $pool --timeout 60 >/tmp/tierctl.events 2>&1 &
listener=$!
sleep 1
expect 0 'moving: 100 %' lun migrate $pool 1 sata --wait
expect_json '.home == "sata" and .moving_to == null' lun show $pool 1
same "data after the move to sata"
expect 3 'no tier' lun migrate $pool 1 nowhere
expect_json '.lun == 1 and (.usage[] | select(.tier == "ssd").extents) == 80' \
	lun migrate $pool 1 ssd --wait
same "data after the move to ssd"
expect 0 'evacuating: 100 %' dev evacuate $pool "$ssd" --wait
same "data after the evacuation"
expect 0 '' dev cancel $pool "$ssd"
expect_json 'map(select(.tier == "ssd").state) == ["active"]' dev list $pool

# a device more, a device less
expect 0 '' pool add $pool --tier "sata:$new"
expect_json 'length == 4' dev list $pool
expect 0 '' dev evacuate $pool "$sata2" --wait
expect 0 'drop-dev' dev remove $pool "$sata2"
expect 0 '' pool drop-dev $pool "$sata2"
expect_json 'map(select(.state == "active")) | length == 3' dev list $pool
same "data after a device was taken out"
expect 3 'No such file' dev evacuate $pool /dev/null0
expect 3 'not a device' dev evacuate $pool 9:9
kill "$listener"
wait "$listener" 2>/dev/null
cp /tmp/tierctl.events /tmp/tierctl.out
jq -s -e 'map(.event) | contains(["lun-moved"]) and contains(["move-done"]) and
	contains(["evacuation-done"])' /tmp/tierctl.events >/dev/null 2>/tmp/tierctl.err
result $? "events of all this came as JSON"
expect 1 '' events $pool --count 100000 --timeout 0.3
expect 0 '' events $pool --timeout 0.3

# nothing for those who are not root
chmod 711 /root 2>/dev/null
WRAP='setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all'
expect 4 'root' pool list
expect 4 'root' pool create tcother --meta "$meta" --tier "ssd:$ssd"
expect 4 'root' lun create $pool 7 1M
expect 4 'root|permitted|denied' pool stop $pool
WRAP=

# what could not be written is not done, and goes nowhere else
for words in --help help "pool list" "lun list" "--json lun list" usage "heat map $pool 1"; do
	# shellcheck disable=SC2086
	! tierctl $words >/dev/full 2>/tmp/tierctl.err
	result $? "tierctl $words to a full device"
	# shellcheck disable=SC2086
	! tierctl $words >&- 2>/tmp/tierctl.err
	result $? "tierctl $words with stdout closed"
done
tierctl heat map $pool 1 --png /tmp/tierctl.whole.png >/tmp/tierctl.out 2>&1
tierctl heat map $pool 1 --png /tmp/tierctl.png >&- 2>/tmp/tierctl.err
cmp <(tail -c 12 /tmp/tierctl.whole.png) <(tail -c 12 /tmp/tierctl.png) >/tmp/tierctl.out 2>&1
result $? "a picture with stdout closed ends as it should"

# the end, and a new start
exec 9</dev/mapper/$pool-lun1
expect 1 'in use' pool stop $pool
exec 9<&-
expect 1 '' lun delete $pool 1 --yes
expect 0 '' pool stop $pool
[[ ! -e /dev/mapper/$pool ]]
result $? "the pool's map is gone"
expect 3 'no pool' pool stop $pool
printf foreign | dd of="$sata2" conv=notrunc status=none
expect 3 "$sata2 holds no pool.*lists what" pool start $pool --meta "$sata2" --tier "ssd:$ssd"
expect 1 'extents of 256 KiB, not 1 MiB' pool start $pool --meta "$meta" --extent 1M \
	--tier "ssd:$ssd"
# what may be a pool's is never said to be wiped
dd if=/dev/zero of="$sata2" bs=4096 count=1 status=none
expect 3 "$sata2 holds no pool.*pool create" pool start $pool --meta "$sata2" --tier "ssd:$ssd"
for dev in "$meta" "$mirror" "$ssd"; do
	expect 1 'tier pool|belongs to another' pool create other --meta "$sata2" --tier "ssd:$dev"
	! grep -q wipefs /tmp/tierctl.out
	result $? "no advice to wipe $dev"
done
expect 0 "'sata' is named before 'ssd' now" pool start $pool --meta "$meta" --mirror "$mirror" \
	--tier "sata:$sata1,$new" --tier "ssd:$ssd"
expect 0 '' pool stop $pool
expect 0 'one copy of the metadata' pool start $pool --meta "$meta" \
	--tier "ssd:$ssd" --tier "sata:$sata1"
grep -q "member #.* of tier 'sata' is missing" /tmp/tierctl.out
result $? "a missing member is told"
expect 0 '' pool stop $pool
expect 0 '' pool start $pool --meta "$meta" --mirror "$mirror" \
	--tier "ssd:$ssd" --tier "sata:$sata1,$new"
! grep -q note /tmp/tierctl.out
result $? "nothing is missing"
expect_json '.[0].extent_bytes == 262144' pool list
expect 0 '' lun activate $pool 1
same "data after stop and start"
expect 0 '' lun deactivate $pool 1
expect 2 '--yes' lun delete $pool 1
expect 0 '' lun delete $pool 1 --yes
expect_json 'map(.lun) == [2]' lun list $pool
expect 0 '' pool stop $pool

echo "1..$count"
[[ $failed -eq 0 ]]
