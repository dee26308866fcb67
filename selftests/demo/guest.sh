#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demo, inside the VM: a pool of three kinds of disk, one of them behind two
# paths, two consumers, a real file tree, a real database, and what dm-tier makes of
# them. Every step checks what it shows; the exit status is honest.
set -euo pipefail

readonly tree=/dm-tier
# shellcheck source=selftests/lib/guest.sh
source $tree/selftests/lib/guest.sh
readonly pool=demo archive=1 shop=2
readonly rows=60000 hot_rows=4000 first_hot=40000
load=$tree/selftests/demo/shop
began=$SECONDS

if [[ ${1:-} == color ]]; then
	bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
	bold='' dim='' plain=''
fi

chapter() { printf '\n%s[%3d s] %s%s\n' "$bold" $((SECONDS - began)) "$*" "$plain"; }
note() { printf '%s        [%3d s] %s%s\n' "$dim" $((SECONDS - began)) "$*" "$plain"; }
show() {
	printf '%s$ %s%s\n' "$dim" "$*" "$plain"
	"$@"
}
# --- what must be true --------------------------------------------------------

fail() {
	echo "demo: FAILED: $*" >&2
	exit 1
}
assert_eq() { [[ $1 == "$2" ]] || fail "'$1' is not '$2'"; }
assert_match() { [[ $1 =~ $2 ]] || fail "'$1' does not match '$2'"; }
# wait_for <seconds> <command>...
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || fail "waited in vain: $*"
		sleep 0.2
	done
}
trap 'echo "demo: FAILED in line $LINENO: $BASH_COMMAND" >&2' ERR

pool_start() {
	tierctl pool create $pool --meta /dev/tier/meta \
		--tier ssd:/dev/mapper/ssd --tier sas:/dev/tier/sas --tier sata:/dev/tier/sata
}

# --- paths to the SSD -----------------------------------------------------------

# path_is <path> <table behind the length>: what the wire to the SSD is like now
path_is() {
	dmsetup suspend --noflush --nolockfs "$1"
	dmsetup load "$1" --table "0 $(blockdev --getsz /dev/tier/ssd) ${*:2}"
	dmsetup resume "$1"
}

paths_start() {
	local p
	for p in ssd-a ssd-b; do
		dmsetup create $p --table "0 $(blockdev --getsz /dev/tier/ssd) linear /dev/tier/ssd 0"
	done
	show dmsetup create ssd --table "0 $(blockdev --getsz /dev/tier/ssd) mpath-ext \
6 queue_if_no_path 60 slow_path 5 probe_interval 200 \
0 1 1 latency 0 2 0 /dev/mapper/ssd-a /dev/mapper/ssd-b"
}

# path_words <path>: its letter, fail count, state, latency in us, I/O in flight
path_words() {
	dmsetup status ssd | tr ' ' '\n' | grep -A5 -x "$(stat -Lc '%Hr:%Lr' "/dev/mapper/$1")" |
		tail -n +2 | tr '\n' ' '
}
path_state_is() {
	local words
	read -r -a words <<<"$(path_words "$1")"
	[[ ${words[2]} == "$2" ]]
}

# --- what is looked at --------------------------------------------------------

# extents of a LUN per tier: "ssd 12, sas 3, sata 40"
where() {
	dmsetup status "$pool-lun$1" | awk '{
		for (i = 0; i < $5; i++) { s = s sep $(6 + 2 * i) " " $(7 + 2 * i) / 2048; sep = ", " }
		print s }'
}

# figures: what the load prints, for people
figures() {
	local n tps p50 p99 max
	while read -r n tps p50 p99 max; do
		printf '        %6d transactions, %4d a second; ms: median %s, 99 %% within %s, longest %s\n' \
			"$n" "$tps" "$p50" "$p99" "$max"
	done
}

measure() {
	"$load" run /mnt/shop/shop.db "$1" $hot_rows $first_hot >/tmp/measured
	figures </tmp/measured
	awk '{ print $2 }' /tmp/measured >/tmp/tps
}

# --- 1 ------------------------------------------------------------------------

chapter "A storage host: one SSD, one SAS and one SATA disk (simulated: 80 us, 4 ms, 8 ms)"
modprobe ext4
modprobe null_blk nr_devices=0
insert dm-tier
timed_disk meta 32 80000 64
timed_disk ssd 96 80000 64
timed_disk sas 256 4000000 1
timed_disk sata 640 8000000 1
insert dm-mpath-ext
paths_start
note "two paths lead to the SSD; the pool gets them as one member"
show tierctl pool create $pool --meta /dev/tier/meta --extent 1M \
	--tier ssd:/dev/mapper/ssd --tier sas:/dev/tier/sas --tier sata:/dev/tier/sata
show tierctl tier list $pool

chapter "Two consumers get a LUN each: ACME keeps an archive, Bolt runs a shop"
show tierctl lun create $pool $archive 320M --activate
show tierctl lun create $pool $shop 160M --start_tier sata --activate

mkdir -p /etc/dm-tier /var/lib/dm-tier
cat >/etc/dm-tier/prices.conf <<'PRICES'
[plan]
name = demo
currency = EUR
provider = dm-tier demo

[tier ssd]
gb_month = 0.240
million_reads = 0.04
million_writes = 0.05
gb_moved = 0.010

[tier sas]
gb_month = 0.060
million_reads = 0.20
million_writes = 0.25
gb_moved = 0.005

[tier sata]
gb_month = 0.020
million_reads = 0.40
million_writes = 0.50
gb_moved = 0.002
PRICES
# configure <moves on or off> [<more keys of the shop's LUN>...]
configure() {
	cat >/etc/dm-tier/tierd.conf <<-CONF
	[daemon]
	ledger = /var/lib/dm-tier/ledger.db
	prices = /etc/dm-tier/prices.conf
	interval = 2
	http_port = 9779
	timezone = utc

	[pool $pool]
	headroom = 15
	tick = 250
	move_rate = 200
	moves = $1

	[lun $pool/$archive]
	consumer = ACME Archives

	[lun $pool/$shop]
	consumer = Bolt Shop
	start_tier = sata
	CONF
	shift
	printf '%s\n' "$@" >>/etc/dm-tier/tierd.conf
}
configure off
tierd --check-config
tierd -f >/tmp/tierd.log 2>&1 &
tierd=$!
wait_for 30 test -s /var/lib/dm-tier/ledger.db
note "tierd keeps the ledger; moves are off for now"

# --- 2 ------------------------------------------------------------------------

chapter "ext4 on both; the archive is filled with real files, the shop with a database"
for lun in $archive $shop; do
	mkfs.ext4 -q -E nodiscard "/dev/mapper/$pool-lun$lun"
done
mkdir -p /mnt/archive /mnt/shop
mount -o noatime /dev/mapper/$pool-lun$archive /mnt/archive
mount -o noatime /dev/mapper/$pool-lun$shop /mnt/shop
# as much of the system's own files as fits
{
	find /usr/share /usr/lib /usr/bin /usr/sbin -xdev -type f -size +16k -printf '%s %p\0' |
		awk -v RS='\0' -v ORS='\0' -v left=$((190 << 20)) '
			{ size = $1; sub(/^[0-9]+ /, ""); left -= size + 4096
			  if (left >= 0) print }'
} >/tmp/files
tar -C / --null -T /tmp/files -cf - 2>/dev/null | tar -C /mnt/archive -xf -
"$load" create /mnt/shop/shop.db $rows
sync
note "$(find /mnt/archive -type f | wc -l) files, $(du -sh /mnt/archive | cut -f1); database of $(du -h /mnt/shop/shop.db | cut -f1)"
(cd /mnt/archive && find . -type f -print0 | sort -z | xargs -0 sha256sum) >/tmp/archive.sums
show tierctl lun list $pool
assert_match "$(where $shop)" "^ssd 0, sas 0,"
note "the archive came first and got the fast disk; the shop sits on SATA, as it was told"

# --- 3 ------------------------------------------------------------------------

chapter "Before: the shop's customers wait for the SATA disk"
measure 6
before=$(</tmp/tps)

chapter "The heat is on: moves are allowed now, and the shop is open"
timeout 500 tierctl events $pool >/tmp/events 2>&1 &
events=$!
configure on "up_iops = 60" "hold = 3" "move = on" "up_tier = sas"
kill -HUP $tierd
note "tierd now moves the shop's LUN to sas as a whole if it sees 60 requests a second for 3 s;"
note "the kernel moves single hot extents on to the SSD, and cold ones away from it"
(until [[ -e /tmp/closed ]]; do "$load" run /mnt/shop/shop.db 5 $hot_rows $first_hot; done) >/tmp/load 2>&1 &
running=$!
steady=0 last=-1
printf '        %6s  %-32s %-32s %8s %s\n' second "shop on (MiB)" "archive on (MiB)" IOPS moves
for ((i = 1; i <= 100; i++)); do
	sleep 3
	moves=$(status_value $pool moves_done)
	printf '        %6d  %-32s %-32s %8s %s\n' $((SECONDS - began)) "$(where $shop)" \
		"$(where $archive)" "$(status_value $pool-lun$shop iops)" "$moves"
	# done when the LUN has gone up as a whole, its hot extents further up, and
	# nothing moves any more
	if [[ $moves == "$last" && $(status_value $pool-lun$shop home) == sas &&
	      $(where $shop) != "ssd 0,"* ]]; then
		((++steady >= 2)) && break
	else
		steady=0
	fi
	last=$moves
done
touch /tmp/closed
wait $running
sync
note "what the kernel and tierd said (first of each kind):"
grep -hE 'threshold-up|lun-migrating|lun-moved' /tmp/events | head -n 3 | sed 's/^/        /'
grep -h 'move-done' /tmp/events | grep -m1 promote | sed 's/^/        /' || :
grep -h 'move-done' /tmp/events | grep -m1 -E 'watermark|demote' | sed 's/^/        /' || :
kill $events 2>/dev/null || :
assert_match "$(cat /tmp/events)" "threshold-up"
assert_match "$(cat /tmp/events)" "lun-moved"
assert_eq "$(status_value $pool-lun$shop home)" sas
[[ $(where $shop) != "ssd 0,"* ]] || fail "no hot extent has reached the SSD"

chapter "After: the same load"
measure 6
after=$(</tmp/tps)
note "$before transactions a second before, $after now"
((after > before)) || fail "the shop has not become faster"

# --- 4 ------------------------------------------------------------------------

chapter "A wire to the SSD is cut, later it is slow; the shop stays open"
rm -f /tmp/closed
(
	until [[ -e /tmp/closed ]]; do
		"$load" run /mnt/shop/shop.db 3 $hot_rows $first_hot || exit
	done
) >/tmp/load 2>&1 &
running=$!
sleep 2
show tierctl path list ssd
path_is ssd-a error
wait_for 60 path_state_is ssd-a failed
show tierctl path list ssd
note "path ssd-a cut: the map goes on with ssd-b"
sleep 3
path_is ssd-a linear /dev/tier/ssd 0
wait_for 90 path_state_is ssd-a up
note "whole again: three good probes, the same device behind it, and it is used"
# by far more than the other one takes on this host now
read -r -a words <<<"$(path_words ssd-b)"
late=$((30 + words[3] / 100))
((late <= 300)) || late=300
path_is ssd-a delay /dev/tier/ssd 0 $late
wait_for 90 path_state_is ssd-a slow
show tierctl path list ssd
note "path ssd-a now takes $late ms longer: set aside, for its latency stands out"
sleep 3
path_is ssd-a linear /dev/tier/ssd 0
wait_for 90 path_state_is ssd-a up
note "as fast as the other again, and used"
touch /tmp/closed
wait $running || fail "the shop noticed: $(</tmp/load)"
note "what the shop's customers saw meanwhile, 3 s a line; the first whole, then cut, slow, whole:"
figures </tmp/load

# --- 5 ------------------------------------------------------------------------

chapter "The shop's extents, coloured by heat"
tierctl heat map $pool $shop --width 80
tierctl heat map $pool $shop --png /tmp/heat.png
show tierctl heat $pool
[[ $(head -c 4 /tmp/heat.png | xxd -p) == 89504e47 ]] || fail "no PNG"

chapter "What it costs: the invoices, the dearer tier showing"
sleep 3
show tierctl usage $pool
for consumer in "ACME Archives" "Bolt Shop"; do
	show tierctl invoice --plan /etc/dm-tier/prices.conf --consumer "$consumer"
done
show tierctl audit verify

# --- 6 ------------------------------------------------------------------------

chapter "Is all of it still right? Checksums, then a restart of the pool, then again"
check() {
	(cd /mnt/archive && sha256sum --quiet -c /tmp/archive.sums)
	assert_eq "$(sqlite3 /mnt/shop/shop.db 'PRAGMA integrity_check')" ok
	assert_eq "$(sqlite3 /mnt/shop/shop.db 'SELECT sum(stock + sold) FROM item')" \
		$((rows * 1000000))
}
echo 3 >/proc/sys/vm/drop_caches
check
sold=$(sqlite3 /mnt/shop/shop.db 'SELECT sum(sold) FROM item')
note "$(wc -l </tmp/archive.sums) files and the database are right; $sold items sold"
kill $tierd
wait $tierd || :
umount /mnt/archive /mnt/shop
show tierctl pool stop $pool
pool_start
for lun in $archive $shop; do
	tierctl lun activate $pool "$lun"
	note "LUN $lun: e2fsck"
	e2fsck -fn "/dev/mapper/$pool-lun$lun" >/tmp/fsck 2>&1 || { cat /tmp/fsck; exit 1; }
done
mount /dev/mapper/$pool-lun$archive /mnt/archive
mount /dev/mapper/$pool-lun$shop /mnt/shop
check
assert_eq "$(sqlite3 /mnt/shop/shop.db 'SELECT sum(sold) FROM item')" "$sold"
note "after the restart: all files right, the database whole, not a sale lost"
umount /mnt/archive /mnt/shop
tierctl pool stop $pool
rmmod dm_tier
for map in ssd ssd-a ssd-b; do dmsetup remove $map; done
rmmod dm_mpath_ext

[[ ! -b /dev/vm/disk0 ]] || tar -cf /dev/vm/disk0 -C /tmp heat.png
chapter "Done."
