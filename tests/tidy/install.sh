#!/bin/bash
# `cmake --install` puts the programs and their manual pages below a prefix, and nothing else.
#
#   install.sh BUILD
set -euo pipefail
prefix=$(mktemp -d)
trap 'rm -r "$prefix"' EXIT

cmake --install "$1" --prefix "$prefix" >/dev/null
installed=$(find "$prefix" -type f -printf '%P\n' | sort)
expected='lib/libturnout-ipvs.so
sbin/ipvsadm
sbin/turnout
sbin/turnoutd
share/man/man8/ipvsadm.8
share/man/man8/turnout-mark.8
share/man/man8/turnout-realserver.8
share/man/man8/turnout.8
share/man/man8/turnoutd.8'
[[ $installed == "$expected" ]] || { diff <(echo "$expected") <(echo "$installed"); exit 1; }
"$prefix/sbin/turnoutd" --version
