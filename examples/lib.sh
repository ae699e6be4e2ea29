# shellcheck shell=bash
# What the script of every farm starts with: its machines, its director, and the verbs up, check and down.
#
# A farm's script sources this file, defines `up` and `check`, and ends with `farm "$@"`.  Whatever
# runs in the farm's namespaces ends with it; what it writes goes below $LAB_STATE.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
NAME=$(basename "$here")
export LAB_NAME=${LAB_NAME:-${NAME//-/}}
root=$(readlink -f "$here/../..")
# shellcheck source=lab/names.sh
. "$root/lab/names.sh"
# shellcheck source=lab/topology.sh
. "$root/lab/topology.sh"
# shellcheck source=lab/director.sh
. "$root/lab/director.sh"

# say WHAT: one line of progress.
say() { echo "- $*"; }

# expect WHAT EXPECTED SEEN: the check ends at the first thing that is not so.
expect() {
    [[ $2 == "$3" ]] || die "NOT SO: $1
  expected: $2
  seen:     $3"
    echo "  ok: $1"
}

# hold WHAT CMD…: the command succeeds.
hold() {
    "${@:2}" || die "NOT SO: $1"
    echo "  ok: $1"
}

# eventually SECONDS CMD…: the command succeeds within that time.
eventually() {
    local deadline=$((SECONDS + $1))
    until "${@:2}" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || die "this did not come true in $1 seconds: ${*:2}"
        sleep 0.1
    done
}

# fill FILE NAME=VALUE…: the file, with every @NAME@ in it replaced.
fill() {
    local pair words=()
    for pair in "${@:2}"; do words+=(-e "s|@${pair%%=*}@|${pair#*=}|g"); done
    sed "${words[@]}" "$1"
}

# times N CMD…: the command again and again.
times() { local i; for ((i = 0; i < $1; i++)); do "${@:2}"; done; }

# end PID: ends a program, and returns when it has gone.
end() {
    kill "$1"
    eventually 20 gone "$1"
}
gone() { ! kill -s 0 "$1"; }

# A farm that cannot be brought up leaves nothing.
bring_up() {
    [[ -z $(namespaces) && ! -e $LAB_STATE ]] ||
        die "the farm '$NAME' is up already: \`./run lab example $NAME down\` takes it down"
    trap 'echo "$NAME: could not be brought up: taking down what was begun" >&2; take_down' EXIT
    trap 'exit 130' INT TERM HUP
    mkdir -p "$LAB_STATE"
    echo "$NAME" >"$LAB_STATE/topology"
    up
    trap - EXIT
    echo "the farm '$NAME' is up"
}

check_it() {
    [[ -n $(namespaces) ]] ||
        die "the farm '$NAME' is not up: \`./run lab example $NAME up\` brings it up"
    check
    echo "the farm '$NAME' does what it should"
}

take_down() { "$root/lab/lab" down; }

# farm VERB: what the script is called for.
farm() {
    [[ $EUID -eq 0 ]] || die "namespaces are root's to make: run it as root"
    case ${1:-} in
        up) bring_up ;;
        check) check_it ;;
        down) take_down ;;
        *) die "use: $NAME/farm up, check or down" ;;
    esac
}
