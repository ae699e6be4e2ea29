# shellcheck shell=bash
# An FTP server and a client of ours, for tests of what lies between them: sourced behind lib.sh.
# shellcheck disable=SC2154  # $tests

hash_of() { sha256sum | cut -d' ' -f1; }

# start_ftp_in_characters SERVER PORT FOLDER: see ftp_in_characters.py.
start_ftp_in_characters() {
    nsenter --net="/run/netns/$LAB_NAME-rs$1" -- /usr/bin/python3 "$tests/ftp_in_characters.py" \
        "$(server_address "$1")" "$2" "$3" >"$LAB_STATE/characters" &
    eventually 5 grep -q ready "$LAB_STATE/characters"
}

# begin_ftp PATH: a client with one control connection, which fetches the file at each next_file.
begin_ftp() {
    coproc FTP { exec nsenter --net="/run/netns/$LAB_NAME-client" -- \
        /usr/bin/python3 "$tests/ftp.py" "$VIP" "$1"; }
    exec {ftp_out}<&"${FTP[0]}" {ftp_in}>&"${FTP[1]}"
}
# The hash of what came.
next_file() {
    local answer
    echo >&"$ftp_in"
    read -r -t 30 answer <&"$ftp_out" || answer=nothing
    echo "$answer"
}
