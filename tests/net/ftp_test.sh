#!/bin/bash
# FTP by NAT with real servers and clients: active and passive, by the old commands and the extended
# ones, of both families, on several ports; on a wire that loses packets; by a server that cuts its
# replies into characters.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/ftp.sh
. "$tests/ftp.sh"
needs turnoutd turnout ipvsadm
for program in vsftpd lftp; do
    command -v $program >/dev/null || { echo "SKIPPED: $program is not installed"; exit 77; }
done

servers=2
other_port=2121

write_vsftpd_configuration() {
    cat <<END
listen=NO
listen_ipv6=YES
listen_port=$1
background=NO
anonymous_enable=YES
anon_root=$LAB_STATE/ftp
no_anon_password=YES
connect_from_port_20=YES
ftp_data_port=$(($1 - 1))
secure_chroot_dir=$LAB_STATE/empty
seccomp_sandbox=NO
isolate_network=NO
END
}

# start_vsftpd SERVER PORT
start_vsftpd() {
    local file=$LAB_STATE/vsftpd-$1-$2.conf
    write_vsftpd_configuration "$2" >"$file"
    nsenter --net="/run/netns/$LAB_NAME-$1" -- vsftpd "$file" &
    eventually 5 at "$1" bash -c "exec 3<>/dev/tcp/127.0.0.1/$2"
}

prepare_files() {
    mkdir -p "$LAB_STATE/ftp" "$LAB_STATE/empty"
    head -c 3M /dev/urandom >"$LAB_STATE/ftp/file"
    truncate -s 100M "$LAB_STATE/ftp/large"
    dd if=/dev/urandom of="$LAB_STATE/ftp/large" bs=1M count=100 conv=notrunc status=none
    chmod 755 "$LAB_STATE" "$LAB_STATE/ftp"
    hash=$(hash_of <"$LAB_STATE/ftp/file")
}
# offer PORT: the service, and its servers there.
offer() {
    local i
    ipvsadm -A -t "$HOST:$1" -s rr
    for ((i = 1; i <= servers; i++)); do
        ipvsadm -a -t "$HOST:$1" -r "$(host "$(server_address "$i")"):$1" -m
    done
}

# fetch PATH [CURL'S OPTION…]: the hash of what came.
fetch() { at client curl -sS --max-time 60 "${@:2}" "ftp://$HOST:${port:-21}/$1" | hash_of; }

# By lftp, which goes on with one control connection: several transfers and listings.
lftp_fetch() {
    at client timeout 60 lftp -c "set net:timeout 5; set net:max-retries 2; set ftp:prefer-epsv $2
        set ftp:passive-mode $1; open ftp://$HOST:${port:-21}
        ls; cat file; ls; cat file; cat file" 2>&1 | hash_of
}
lftp_expected() {
    { listing; cat "$LAB_STATE/ftp/file"; listing; cat "$LAB_STATE/ftp/file" "$LAB_STATE/ftp/file"; } | hash_of
}
listing() { at rs1 timeout 60 lftp -c 'open ftp://127.0.0.1; ls'; }

expect_every_mode() {
    expect_equal "passive, extended" "$hash" "$(fetch file)"
    expect_equal "passive" "$hash" "$(fetch file --disable-epsv)"
    expect_equal "active, extended" "$hash" "$(fetch file -P -)"
    [[ $LAB_FAMILY == ipv6 ]] ||
        expect_equal "active" "$hash" "$(fetch file -P - --disable-eprt)"
    expect_equal "lftp, passive" "$(lftp_expected)" "$(lftp_fetch on no)"
    expect_equal "lftp, passive, extended" "$(lftp_expected)" "$(lftp_fetch on yes)"
    expect_equal "lftp, active" "$(lftp_expected)" "$(lftp_fetch off no)"
}

# lose WHO EVERY: one in so many packets that reach it, counted and not drawn, so that each loses some.
lose() {
    at "$1" iptables -A INPUT -m statistic --mode nth --every "$2" --packet $(($2 / 2)) -j DROP
}
lose_nothing() { at "$1" iptables -F INPUT; }

# lost WHO: how many packets lose() has taken.
lost() { at "$1" iptables -nvxL INPUT | awk '/statistic/ {print $1}'; }

up_lab --servers $servers --no-dns
prepare_files
start_director
for ((i = 1; i <= servers; i++)); do
    start_vsftpd rs$i 21
    start_vsftpd rs$i $other_port
done

for family in ipv4 ipv6; do
    speak $family
    begin "every mode, $family"
    offer 21
    expect_every_mode
done

speak ipv4
begin "data connections are listed with the ports that both ends see, also before they come"
at client /usr/bin/python3 -c "import ftplib; f = ftplib.FTP('$VIP'); f.login(); f.makepasv()"
expect_match "what waits" "LISTEN +203\.0\.113\.10:0 +198\.51\.100\.1:([0-9]+) +10\.1\.0\.1[12]:" "$(ipvsadm -Lnc)"
expect_match "connections" "TIME_WAIT +203\.0\.113\.10:[0-9]+ +198\.51\.100\.1:20 " "$(ipvsadm -Lnc)"

begin "another port, once it is FTP's"
offer $other_port
port=$other_port
expect_failure "" at client curl -sS --max-time 3 --disable-epsv "ftp://$HOST:$port/file" -o /dev/null
turnout set ftp_port.2 $other_port
expect_every_mode
port=21

begin "a control connection outlives a daemon"
begin_ftp file
expect_equal "a file" "$hash" "$(next_file)"
expect_equal "another" "$hash" "$(next_file)"
end_director KILL
expect_equal "with the daemon dead" "$hash" "$(next_file)"
start_director
expect_equal "and with a new one" "$hash" "$(next_file)"

begin "100 MB by a wire that loses packets, on every connection"
for who in client rs1 rs2; do lose $who 40; done
expect_equal "the file" "$(hash_of <"$LAB_STATE/ftp/large")" "$(fetch large --disable-epsv)"
for ((i = 0; i < 5; i++)); do
    expect_equal "a small one" "$hash" "$(fetch file --disable-epsv)"
done
for who in client rs1 rs2; do
    expect_match "packets that $who lost" '^[1-9]' "$(lost $who)"
    lose_nothing $who
done

begin "a server that sends its replies character by character, and opens data connections from any port"
start_ftp_in_characters 1 2222 "$LAB_STATE/ftp"
ipvsadm -A -t "$HOST:2222"
ipvsadm -a -t "$HOST:2222" -r "$(server_address 1):2222" -m
turnout set ftp_port.3 2222
port=2222
expect_equal "passive" "$hash" "$(fetch file --disable-epsv)"
expect_equal "active" "$hash" "$(fetch file -P - --disable-eprt)"
