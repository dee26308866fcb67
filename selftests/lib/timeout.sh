# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# timeout_of <script>: the seconds it may take: 300, or what a line of its own,
# "# timeout: <seconds>", says.
timeout_of() {
	local seconds
	seconds=$(sed -n 's/^# timeout: \([0-9]*\)$/\1/p;20q' "$1" | head -n 1)
	echo "${seconds:-300}"
}
