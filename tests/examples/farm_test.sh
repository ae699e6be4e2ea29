#!/bin/bash
# A farm of examples/ comes up, does what its README says, and goes without a trace.
set -euo pipefail
farm=$1

if [[ $EUID -ne 0 ]]; then
    echo "SKIPPED: a farm is made of network namespaces, which takes root"
    exit 77
fi

# The packages that the farm needs and this machine has not; `./run` installs them.
lacking() {
    local package
    sed 's/#.*//; /^ *$/d' "${farm%/*}/packages" | while read -r package; do
        [[ $(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
    done
}
lacking=$(lacking | paste -sd' ')
if [[ -n $lacking ]]; then
    echo "SKIPPED: not installed: $lacking"
    exit 77
fi

export LAB_NAME=x$$
traces() { find /run/netns /run/turnout-lab -maxdepth 1 -name "$LAB_NAME*" 2>/dev/null; }

finish() {
    local status=$?
    [[ $status -eq 0 ]] ||
        tail -n 20 "/run/turnout-lab/$LAB_NAME/turnoutd.log" 2>/dev/null || true
    "$farm" down
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

"$farm" up
"$farm" check
"$farm" down
[[ -z $(traces) ]] || { echo "left behind: $(traces)"; exit 1; }
