#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run the tests, all or those whose name contains one of the patterns:
#
#   unit, userspace      native, through `make check` there
#   dm-tier/test_*.sh    in VMs, many to a boot; dm-mpath-ext/ likewise
#   host/test_*.sh       on the host, starting VMs of their own
#
# The last line is "<n> passed, <n> failed, <n> skipped"; the exit status is 0
# only if something ran and nothing failed. $VM_KERNEL picks the kernel and
# $JOBS how many VMs run side by side.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
tree=$(dirname "$here")
# shellcheck source=selftests/lib/timeout.sh
source "$here/lib/timeout.sh"

patterns=("$@")
jobs=${JOBS:-$(($(nproc) < 2 ? 1 : 2))}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
touch "$work/results"

wanted() {
	local p
	((${#patterns[@]})) || return 0
	for p in "${patterns[@]}"; do
		[[ $1 != *"$p"* ]] || return 0
	done
	return 1
}

# Results are lines: pass|fail|skip <test>: <what>
result() { echo "$*" >>"$work/results"; }

# Read KTAP, print it, note each case. Succeeds if a case failed, so that a
# caller with a failed status knows whether it has been accounted for.
collect() {
	local name=$1 line not what failed=1
	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ $line =~ ^\ *(not\ )?ok\ [0-9]+\ ?(.*)$ ]] || continue
		not=${BASH_REMATCH[1]} what=${BASH_REMATCH[2]}
		if [[ $not ]]; then
			result "fail $name: $what"
			failed=0
		elif [[ ${what,,} == *"# skip"* ]]; then
			result "skip $name: $what"
		else
			result "pass $name: $what"
		fi
	done
	return "$failed"
}

# conclude <name> <status> <output> [<verdict>]: count the output of one test
# script, print it in one piece, and hold its status against it. A verdict says
# why it failed, whatever else it printed.
conclude() {
	local name=$1 status=$2 output=$3 verdict=${4:-} before after
	(
		flock 9
		echo "# ---- $name"
		before=$(wc -l <"$work/results")
		if collect "$name" <"$output" && [[ ! $verdict ]]; then
			: # its failures are counted
		elif [[ $verdict ]]; then
			echo "# $name: $verdict"
			result "fail $name: $verdict"
		elif [[ $status != 0 && $status != 4 ]]; then
			echo "# $name: exit status $status"
			result "fail $name: exit status $status"
		else
			after=$(wc -l <"$work/results")
			[[ $before != "$after" ]] || result "fail $name: no results"
		fi
	) 9>"$work/lock"
}

# run_native <name> <directory>
run_native() {
	local status=0
	CMOCKA_MESSAGE_OUTPUT=tap make -s -C "$2" check >"$work/$1" 2>&1 || status=$?
	conclude "$1" "$status" "$work/$1"
}

run_host() {
	local test=$1 name status=0
	name=host/$(basename "$test" .sh)
	timeout -k 10 "$(timeout_of "$test")" bash "$test" </dev/null >"$work/${name//\//-}" 2>&1 || status=$?
	conclude "$name" "$status" "$work/${name//\//-}"
}

# guest_name <test>: which module it is for, and its name
guest_name() {
	local dir=dm-tier
	[[ $1 != */dm-mpath-ext/* ]] || dir=dm-mpath-ext
	echo "$dir/$(basename "$1" .sh)"
}

# Boot after boot until every test had its turn: one that takes the VM down with
# it has failed, and the next boot goes on behind it.
run_guests() {
	local tests=("$@") limit t line name='' finished output status verdict blocks=$work/group.$BASHPID
	while ((${#tests[@]})); do
		limit=120
		for t in "${tests[@]}"; do
			limit=$((limit + $(timeout_of "$t")))
		done
		finished=0 status=0 output=$blocks.block name=''
		exec {from}< <(exec "$here/vm/vm" --timeout "$limit" \
			run selftests/lib/run-group "${tests[@]#"$tree/"}" 2>"$blocks.vm")
		vm=$!
		while IFS= read -r line <&"$from"; do
			case $line in
			"# Subtest: "*) name=${line#\# Subtest: }; : >"$output" ;;
			"ok "* | "not ok "*)
				status=0 verdict=''
				[[ $line != not* ]] || status=1
				[[ $line != *TIMEOUT ]] || verdict="timed out"
				conclude "$(guest_name "${tests[finished]}")" "$status" "$output" "$verdict"
				finished=$((finished + 1)) name=''
				;;
			"  "*) echo "$line" >>"$output" ;;
			esac
		done
		status=0
		wait "$vm" || status=$?
		exec {from}<&-
		if [[ $name ]]; then
			cat "$blocks.vm" >>"$output"
			conclude "$(guest_name "${tests[finished]}")" "$status" "$output" "took the VM down"
			finished=$((finished + 1))
		elif ((finished == 0)); then
			cat "$blocks.vm" >&2
			result "fail dm-tier: the VM does not start"
			return
		elif ((status > 1)); then
			name=$(guest_name "${tests[finished - 1]}")
			if ! grep -q "^fail $name:" "$work/results"; then
				# It told of success and yet the kernel was not well.
				cat "$blocks.vm" >&2
				result "fail $name: the VM ended badly"
			fi
		fi
		tests=("${tests[@]:finished}")
	done
}

guests=() hosts=()
tests_in=("$here/dm-tier" "$here/dm-mpath-ext")
[[ ! ${TEST_DIR:-} ]] || tests_in=("$TEST_DIR")
for dir in "${tests_in[@]}"; do
	for t in "$dir"/test_*.sh; do
		[[ ! -e $t ]] || ! wanted "$(guest_name "$t").sh" || guests+=("$t")
	done
done
for t in "$here"/host/test_*.sh; do
	[[ ! -e $t ]] || ! wanted "host/$(basename "$t")" || hosts+=("$t")
done

for native in unit:"$here/unit" userspace:"$tree/userspace"; do
	if wanted "${native%%:*}" && [[ -e ${native#*:}/Makefile ]]; then
		run_native "${native%%:*}" "${native#*:}"
	fi
done
if ((${#guests[@]} + ${#hosts[@]})); then
	# Once, before several want it at the same time.
	"$here/vm/vm" modules >/dev/null || result "fail build: modules"
fi
if ((${#guests[@]})) && ! grep -q '^fail build' "$work/results"; then
	for ((j = 0; j < jobs; j++)); do
		share=()
		for ((i = j; i < ${#guests[@]}; i += jobs)); do
			share+=("${guests[i]}")
		done
		((${#share[@]} == 0)) || run_guests "${share[@]}" &
	done
	wait
fi
if ((${#hosts[@]})) && ! grep -q '^fail build' "$work/results"; then
	for t in "${hosts[@]}"; do
		while (($(jobs -rp | wc -l) >= jobs)); do
			wait -n || :
		done
		run_host "$t" &
	done
	wait
fi

sed -n 's/^fail /FAILED /p' "$work/results"
count() { grep -c "^$1 " "$work/results" || :; }
passed=$(count pass) failed=$(count fail) skipped=$(count skip)
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed + skipped > 0))
