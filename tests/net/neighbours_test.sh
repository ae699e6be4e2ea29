#!/bin/bash
# Two directors in two namespaces, with the same virtual address, know nothing of each other.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
needs turnoutd turnout ipvsadm

first=${LAB_NAME}a second=${LAB_NAME}b

# as LAB CMD…: with that lab's names.
as() {
    LAB_NAME=$1 LAB_STATE=/run/turnout-lab/$1
    "${@:2}"
}

services() { ipvsadm -Ln | grep -c '^TCP' || true; }

for lab in "$first" "$second"; do
    as "$lab" up_lab --servers 2 --no-dns
    as "$lab" start_director
done

begin "a service of one is none of the other's"
as "$first" ipvsadm -A -t "$VIP:80" -s rr
expect_equal "services of the second" 0 "$(as "$second" services)"
as "$first" ipvsadm -a -t "$VIP:80" -r 10.1.0.11 -m
as "$second" ipvsadm -A -t "$VIP:80" -s rr
as "$second" ipvsadm -a -t "$VIP:80" -r 10.1.0.12 -m

begin "each forwards to its own servers"
expect_equal "first" "rs1 rs1" "$(as "$first" traffic tcp "$VIP" 80 20000-20001)"
expect_equal "second" "rs2 rs2" "$(as "$second" traffic tcp "$VIP" 80 20000-20001)"

begin "one going down leaves the other"
as "$first" turnout down
expect_equal "first" "-refused" "$(as "$first" traffic tcp "$VIP" 80 20010)"
expect_equal "second" "rs2" "$(as "$second" traffic tcp "$VIP" 80 20010)"
