# shellcheck shell=bash
# bash completion for turnout, turnoutd and Turnout's ipvsadm: what their own --help tells.

_turnout_complete() {
    local current=${COMP_WORDS[COMP_CWORD]} command=("${COMP_WORDS[0]}") word help
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $word =~ ^[a-z]+$ ]] && command+=("$word")
    done
    help=$("${command[@]}" --help 2>/dev/null) || return
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -e '(^|[ ,])--[a-z-]+' <<<"$help" | tr -d ' ,')" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\+\) .*/\1/p' <<<"$help")" -- "$current")
    fi
}
complete -o default -F _turnout_complete turnout turnoutd ipvsadm
