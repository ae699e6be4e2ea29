#!/bin/bash
# Every forwarding method carries TCP and UDP, alone and mixed in one service, with one arm and two.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

# The option of ipvsadm that names a method.
declare -A option=([nat]=-m [direct]=-g [tunnel]=-i)

prepare() { [[ $2 == nat ]] || realserver "$1" "$2" >/dev/null; }

# serve METHOD1 METHOD2 METHOD3: web and name service by rs1 to rs3, each by its method.
serve() {
    local service i methods=("$@")
    for service in "-t $HOST:80" "-t $HOST:53" "-u $HOST:53"; do
        # shellcheck disable=SC2086  # an option and its value
        ipvsadm -A $service -s rr
        for i in 1 2 3; do
            # shellcheck disable=SC2086
            ipvsadm -a $service -r "$(server_address "$i")" "${option[${methods[i - 1]}]}"
        done
    done
}

expect_all_servers() {
    local hash
    hash=$(sha256sum <"$LAB_STATE/www/large" | cut -d' ' -f1)
    expect_equal "web" "rs3 rs2 rs1 rs3 rs2 rs1" "$(traffic tcp "$VIP" 80 20000-20005)"
    expect_equal "name service over UDP" "rs3 rs2 rs1" "$(traffic udp "$VIP" 53 20000-20002)"
    expect_equal "name service over TCP" "rs3" "$(name_service "$VIP" +tcp)"
    for _ in 1 2 3; do expect_equal "a large file" "$hash" "$(download "$HOST" /large)"; done
}

expect_all_servers_take_uploads() {
    head -c 900K /dev/zero >"$LAB_STATE/upload"
    for _ in 1 2 3; do
        expect_match "answer of nginx to a large POST" '^405$' "$(at client curl -sS -o /dev/null \
            -w '%{http_code}' --max-time 20 --data-binary "@$LAB_STATE/upload" "http://$HOST/large")"
    done
}

for topology in two-arm one-arm; do
    for methods in 'nat nat nat' 'direct direct direct' 'tunnel tunnel tunnel' 'nat direct tunnel'; do
        begin "$topology: $methods"
        up_lab --topology "$topology"
        read -r -a each <<<"$methods"
        for i in 1 2 3; do prepare "rs$i" "${each[i - 1]}"; done
        # named notices a new address after a moment; nothing may be scheduled before.
        for i in 1 2 3; do
            [[ ${each[i - 1]} == nat ]] ||
                eventually 5 at "rs$i" dig +short +tries=1 +time=1 TXT who.lab.test "@$VIP"
        done
        start_director
        serve "${each[@]}"
        expect_all_servers
        expect_all_servers_take_uploads
        "$root/lab/lab" down
    done
done
