#!/bin/bash
# The C++ lies as clang-format lays it.  `clang-format -i FILE…` cures.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v clang-format >/dev/null; then
    echo "SKIPPED: clang-format is not installed (apt-get install clang-format)"
    exit 77
fi

mapfile -t files < <(find src tests bench -name '*.[ch]pp' | sort)
complaints=$(clang-format --dry-run -Werror "${files[@]}" 2>&1) && exit
sed -n 's/^\([^: ]*\):[0-9:]* error: .*/\1: run clang-format -i on it/p' <<<"$complaints" | sort -u
exit 1
