#!/bin/bash
# The layout of the shared rows is what rows.txt says, for both compilers.
#
#   rows_test.sh BIN            compares
#   rows_test.sh BIN --update   writes rows.txt anew
#
# A changed layout under an unchanged version would be adopted by a daemon that reads it wrongly:
# rows.txt is not written then.  Enums, which stand last, may gain values.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
bin=$1
kernel=$("$bin/abi_rows")
native=$("$bin/abi_rows_native")

die() {
    printf '%s\n' "$@"
    exit 1
}

[[ $kernel == "$native" ]] ||
    die "the BPF compiler (<) and the native one (>) lay rows out differently:" \
        "$(diff <(echo "$kernel") <(echo "$native"))"

# What the last commit says, where there is one.
committed() { git -C "$here" show HEAD:./rows.txt 2>/dev/null || cat "$here/rows.txt" 2>/dev/null; }
version() { sed -n 's/^tables_version //p'; }

# Every value of an enum, one a line, with the enum's name.
enums() { awk '/^struct/ {name = ""} /^enum/ {name = $2} name {print name, $0}' <<<"$1" | sort; }

# still_fits OLD NEW: the rows are the same, and no value of an enum has changed or gone.
still_fits() {
    diff -q <(sed '/^enum/,$d' <<<"$1") <(sed '/^enum/,$d' <<<"$2") >/dev/null &&
        [[ -z $(comm -23 <(enums "$1") <(enums "$2")) ]]
}

if [[ ${2:-} == --update ]]; then
    old=$(committed || true)
    [[ -z $old || $(version <<<"$old") != $(version <<<"$kernel") ]] ||
        still_fits "$old" "$kernel" ||
        die "rows have changed: bump tables_version in src/abi/rows.hpp first:" \
            "$(diff <(echo "$old") <(echo "$kernel"))"
    echo "$kernel" >"$here/rows.txt"
    exit
fi

difference=$(diff "$here/rows.txt" <(echo "$kernel")) ||
    die "rows have changed from rows.txt (<):" "$difference" \
        "If they should: bump tables_version in src/abi/rows.hpp, then ./run abi"
