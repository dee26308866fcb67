#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The header, the specification and the kernel's tables of each netlink family say
# the same.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"

run_test "netlink headers, specifications and the kernel agree" /usr/bin/python3 "$here/../lint/check-uapi"
ktap_finish
