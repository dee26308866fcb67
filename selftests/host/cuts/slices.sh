# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Where the pool's devices lie on the one disk, in sectors. The marks lie apart: a
# write that ends where they begin could be sent as one with a mark.
# Used by those who source this.
# shellcheck disable=SC2034
declare -A start=([meta]=0 [mirror]=8192 [a]=16384 [b]=36864 [c]=61440 [marks]=82944)
declare -A size=([meta]=8192 [mirror]=8192 [a]=20480 [b]=24576 [c]=20480 [marks]=1024)
disk_sectors=83968
