#!/bin/bash
# The manual pages are sound mdoc, and their options are those that the programs' --help tells.
#
#   manuals.sh BIN
set -euo pipefail
cd "$(dirname "$0")/../../docs/man"
bin=$1

if ! command -v mandoc >/dev/null; then
    echo "SKIPPED: mandoc is not installed (apt-get install mandoc)"
    exit 77
fi

die() {
    printf '%s\n' "$@"
    exit 1
}

long_options() { grep -oE -e '(^|[^a-z-])--[a-z][a-z-]*' | grep -oE -e '--.*' | sort -u; }
# Wide, so that no option is broken, and without the overstrikes that make letters bold.
read_page() { mandoc -T ascii -O width=400 "$1" | sed 's/.\x08//g'; }

# compare PAGE HELP…: the help texts of one program or more that the page is about.
compare() {
    local difference
    difference=$(diff <(long_options <<<"${*:2}") <(read_page "$1" | long_options)) ||
        die "$1: options of --help (<) and of the page (>) differ:" "$difference"
    echo "$1: $(long_options <<<"${*:2}" | wc -l) options"
}

mandoc -T lint -W warning ./*.8
compare turnoutd.8 "$("$bin/turnoutd" --help)"
compare ipvsadm.8 "$("$bin/ipvsadm" --help)"
compare turnout-realserver.8 "$("$bin/turnout" realserver --help)"
compare turnout-mark.8 "$("$bin/turnout" mark --help
    for subcommand in add list delete import; do "$bin/turnout" mark "$subcommand" --help; done)"
help_of_turnout=$("$bin/turnout" --help)
mapfile -t subcommands < <(sed -n '/^Subcommands:/,$s/^  \([a-z]*\) .*/\1/p' <<<"$help_of_turnout")
for subcommand in "${subcommands[@]}"; do
    grep -q "^\.It Cm $subcommand" turnout.8 || die "turnout.8: no word about '$subcommand'"
    [[ $subcommand =~ ^(realserver|mark)$ ]] || help_of_turnout+=$("$bin/turnout" "$subcommand" --help)
done
for words in 'drain start' 'drain list' 'drain cancel' 'connection delete' 'service set' 'settings import' 'migrate check'; do
    # shellcheck disable=SC2086  # two words
    help_of_turnout+=$("$bin/turnout" $words --help)
done
# What the reader is told to look up elsewhere belongs to that page.
compare turnout.8 "$help_of_turnout --conn-table-bits"
