# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What tests of moves share.

# quick_pool <extent sectors>: three tiers, a planner that is quick
quick_pool() {
	mkdisk meta 16
	mkdisk ssd 64
	mkdisk sas 96
	mkdisk sata 128
	mkpool pool "$1" meta ssd:ssd sas:sas sata:sata
	message pool set tick 50
	message pool set move_rate 2000
}

moves_done() { status_value pool moves_done; }

no_moves() { [[ $(dmsetup status pool | awk '{ print $(8 + 2 * $6) }') == 0 ]]; }

# all_on <lun> <tier>: nothing of it is elsewhere, and no migration is under way
all_on() {
	[[ $(status_value "$1" target) == none ]] || return 1
	dmsetup status "$1" | awk -v tier="$2" '{
		for (i = 0; i < $5; i++)
			if ($(6 + 2 * i) == tier) there = $(7 + 2 * i)
		exit there != $4 }'
}

# migrate_to_and_fro <lun id> <file>: whole-LUN migrations until the file appears
migrate_to_and_fro() {
	while :; do
		for tier in sata ssd sas; do
			[[ ! -e $2 ]] || return 0
			message pool migrate_lun "$1" "$tier"
			sleep 2
		done
	done
}

# moves_end: none is begun for forty ticks
moves_end() {
	local before i
	for ((i = 0; i < 60; i++)); do
		before=$(moves_done)
		sleep 2
		[[ $(moves_done) != "$before" ]] || { no_moves && return 0; }
	done
	fail "moves do not come to an end: $(dmsetup status pool)"
}
