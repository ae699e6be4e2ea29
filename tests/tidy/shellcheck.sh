#!/bin/bash
# Every shell script of the project passes shellcheck and says at its top what it is for.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v shellcheck >/dev/null; then
    echo "SKIPPED: shellcheck is not installed (apt-get install shellcheck)"
    exit 77
fi

mapfile -t scripts < <(grep -rlIE --exclude-dir=build --exclude-dir=.git \
    '^(#!/bin/(ba)?sh|# shellcheck shell=)' . | grep -v '\.py$' | sort)
echo "${#scripts[@]} scripts"
for script in "${scripts[@]}"; do
    [[ $(sed -n 2p "$script") =~ ^'# '[^s] ]] && continue
    echo "$script: the second line is no comment that states its idea"
    exit 1
done
shellcheck -x "${scripts[@]}"
