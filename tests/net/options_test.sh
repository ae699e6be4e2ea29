#!/bin/bash
# Packets with IPv4 options reach their server by every method, with their options.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/echo.sh
. "$tests/echo.sh"
needs turnoutd turnout ipvsadm

speak ipv4
up_lab --no-dns
realserver rs2 direct >/dev/null
realserver rs3 tunnel >/dev/null
serve rs1 "$(server_address 1)"
for i in 2 3; do serve "rs$i" "$VIP"; done
start_director

for method in '-m 1' '-g 2' '-i 3'; do
    read -r option i <<<"$method"
    begin "rs$i by $option"
    seen=$LAB_STATE/seen-$i
    inside "rs$i" python3 "$tests/options.py" watch >"$seen" &
    servers+=($!)
    eventually 10 grep -q ready "$seen"
    only "$option" "$(server_address "$i")"
    expect_match "answer by UDP" '^2 bytes' "$(at client python3 "$tests/options.py" ask udp "$VIP")"
    expect_match "answer by TCP" '^2 ' "$(at client python3 "$tests/options.py" ask tcp "$VIP")"
    # The last acknowledgement of a TCP client has none: it is sent by no socket.
    for kind in udp tcp; do
        expect_equal "the first packet" "$kind 88041234" "$(grep -m1 $kind "$seen")"
    done
done
