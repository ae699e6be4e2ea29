# shellcheck shell=bash
# What every end-to-end test starts with: a lab of its own, assertions, and nothing left behind.
#
# A test is a script named *_test.sh that sources this file.  It fails at the first thing that is not
# as expected, saying what was expected and what was seen.
set -euo pipefail

if [[ $EUID -ne 0 ]]; then
    echo "SKIPPED: this test makes network namespaces, which takes root"
    exit 77
fi

tests=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(readlink -f "$tests/../..")
export LAB_NAME=${LAB_NAME:-t$$}
# shellcheck source=lab/names.sh
. "$root/lab/names.sh"
# shellcheck source=lab/director.sh
. "$root/lab/director.sh"

# Virtual devices get no fast lane by themselves; a director that is told so need not load it.
export LAB_XDP=off

labs=()
step='starting'

# up_lab [OPTION…]: the lab LAB_NAME, taken down when the test ends, however it ends.
up_lab() {
    labs+=("$LAB_NAME")
    "$root/lab/lab" up "$@" >/dev/null
}

finish() {
    local status=$?
    [[ $status -eq 0 || $status -eq 77 ]] || report_failure
    for LAB_NAME in "${labs[@]}"; do "$root/lab/lab" down; done
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

report_failure() {
    echo "FAILED while: $step"
    local lab
    for lab in "${labs[@]}"; do
        # shellcheck disable=SC2015  # a log that is not there is no fault
        [[ -s /run/turnout-lab/$lab/turnoutd.log ]] &&
            sed "s/^/    turnoutd ($lab): /" "/run/turnout-lab/$lab/turnoutd.log" || true
    done
}

# The programs a test cannot do without.
needs() {
    local program
    for program; do
        [[ -x $BIN/$program ]] && continue
        echo "SKIPPED: $BIN/$program is not built"
        exit 77
    done
}

# begin WHAT: names what follows, for the reader of a log.
begin() {
    step=$*
    echo "- $step"
}

fail() {
    printf '  %s\n' "$@"
    exit 1
}

expect_equal() {
    [[ $2 == "$3" ]] && return
    [[ $2$3 != *$'\n'* ]] || fail "$1" "expected (<) and seen (>):" "$(diff <(echo "$2") <(echo "$3"))"
    fail "$1" "expected: $2" "seen:     $3"
}

# expect_match WHAT PATTERN TEXT: an extended regular expression.
expect_match() {
    [[ $3 =~ $2 ]] || fail "$1" "expected a match of: $2" "seen: $3"
}

# literally TEXT: as an extended regular expression; addresses have dots and brackets.
literally() {
    local text=${1//./\\.}
    text=${text//[/\\[}
    echo "${text//]/\\]}"
}

# expect_failure PATTERN CMD…: the command fails and its message matches.
expect_failure() {
    local pattern=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    [[ $status -ne 0 ]] || fail "expected to fail: $*" "it said: $output"
    expect_match "message of: $*" "$pattern" "$output"
}

# eventually SECONDS CMD…: the command succeeds within that time.
eventually() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "this did not come true in time: $*"
        sleep 0.1
    done
}

# field EXPRESSION: of what `turnout status --json` tells, which is `s` in Python.
field() { turnout status --json | /usr/bin/python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"; }

traffic() { at client /usr/bin/python3 "$tests/traffic.py" "$@"; }

# Who answers one request to ADDRESS[:PORT].
web() { at client curl -sS --max-time 5 "http://$1/"; }
name_service() { at client dig +short +tries=1 +time=3 "${@:2}" TXT who.lab.test "@$1" | tr -d '"'; }

# download ADDRESS PATH: the hash of what came.
download() { at client curl -sS --max-time 60 "http://$1$2" | sha256sum | cut -d' ' -f1; }
