# shellcheck shell=bash
# Logins: ssh into the cluster.  A client stays with the server that it was given first.

keys=$LAB_STATE/keys

make_keys() {
    mkdir "$keys"
    ssh-keygen -q -t ed25519 -N '' -C farm -f "$keys/host"
    ssh-keygen -q -t ed25519 -N '' -C player -f "$keys/player"
    echo "$VIP $(cut -d' ' -f1,2 "$keys/host.pub")" >"$keys/known_hosts"
}

# A machine of its own would have a user "player" and a folder /run/sshd; so does what sshd sees.
start_login_server() {
    local home=$LAB_STATE/$1
    mkdir "$home/player"
    chown 2000:2000 "$home/player"
    { cat /etc/passwd; echo "player:*:2000:2000::$home/player:/bin/bash"; } >"$home/passwd"
    fill "${here:?}/sshd_config" NAME="$1" KEYS="$keys" >"$home/sshd_config"
    at "$1" unshare --mount "${here:?}/own_files" "$home/passwd" /run/turnout-lab \
        /usr/sbin/sshd -f "$home/sshd_config" -E "$home/sshd.log"
}

check_logins() {
    local first
    say "ssh into the cluster"
    first=$(log_in "$CLIENT")
    expect "a client that logs in again is where it was" "$first $first $first" \
        "$(times 3 log_in "$CLIENT" | paste -sd' ')"
    hold "another one is somewhere else" grep -qx "rs[^${first#rs}]" <(log_in 203.0.113.11)
    copy_there_and_back
}

# The client knows the farm's host key, and would refuse another.
ssh_options=(-F none -o "UserKnownHostsFile=$keys/known_hosts" -o StrictHostKeyChecking=yes
             -o BatchMode=yes -o ConnectTimeout=10 -i "$keys/player")

# log_in ADDRESS: from there; tells the server.
# shellcheck disable=SC2016  # for the server's shell
log_in() { at client ssh "${ssh_options[@]}" -b "$1" "player@$VIP" 'echo $FARM_SERVER'; }

copy_there_and_back() {
    local file=$LAB_STATE/file
    head -c 4M /dev/urandom >"$file"
    at client scp -q "${ssh_options[@]}" "$file" "player@$VIP:file"
    at client scp -q "${ssh_options[@]}" "player@$VIP:file" "$file.back"
    hold "a file that was copied there is there at the next login" cmp "$file" "$file.back"
}
