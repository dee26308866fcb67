#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The header, the specification and the kernel's tables of each netlink family say
# the same, and events carry what the specification says.
# shellcheck disable=SC2317
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/lib/ktap.sh
source "$here/../lib/ktap.sh"

# events_match <family> <directory> <stem>: the attributes of the functions that
# <stem>_event_fill calls, and of those that they call, against the specification's.
events_match() {
	/usr/bin/python3 - "$here/../.." "$@" <<'END' || exit 1
import re
import sys
from pathlib import Path

import yaml

tree, family, directory, stem = sys.argv[1:]
bodies = {}
for file in Path(tree, directory).glob("*.c"):
    bodies.update(re.findall(r"^\w[^\n;{}]*?\b(\w+)\([^;{}]*\)\n{\n(.*?)^}", file.read_text(),
                             re.M | re.S))

prefix = family.upper() + "_A_"
left, seen, sent = [f"{stem}_event_fill"], set(), set()
while left:
    name = left.pop()
    seen.add(name)
    sent.update(re.findall(rf"\b{prefix}(\w+)", bodies[name]))
    left += [called for called in re.findall(r"\b(\w+)\(", bodies[name])
             if called in bodies and called not in seen]
sent.discard("PAD")

spec = yaml.safe_load(Path(tree, f"Documentation/netlink/specs/{family}.yaml").read_text())
event = next(o for o in spec["operations"]["list"] if o["name"] == "event")
told = {name.upper().replace("-", "_") for name in event["event"]["attributes"]}
for what, names in (("kernel", sent - told), ("specification", told - sent)):
    if names:
        print(f"{family}: in events the {what} alone has {', '.join(sorted(names))}")
sys.exit(sent != told)
END
}

run_test "netlink headers, specifications and the kernel agree" /usr/bin/python3 "$here/../lint/check-uapi"
run_test "events of dm_tier carry what is specified" events_match dm_tier dm-tier tier
run_test "events of dm_mpath_ext carry what is specified" events_match dm_mpath_ext dm-mpath-ext mpath
ktap_finish
