# shellcheck shell=bash
# Figures of several rounds, by the row they belong to: sourced by what measures.

declare -A figures  # by row: one a round

note() { figures[$1]+="$2"$'\n'; }
of_figures() { sort -n <<<"${figures[$1]%$'\n'}" | awk "{v[NR] = \$1} END {print $2}"; }
median() { of_figures "$1" 'v[int((NR + 1) / 2)]'; }
range() { of_figures "$1" 'v[1] " .. " v[NR]'; }
