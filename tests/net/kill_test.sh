#!/bin/bash
# The daemon is killed and started again, many times, at any moment; clients notice nothing.
#
# TURNOUT_KILLS says how often; a start takes the verifier about a second.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/busy.sh
. "$tests/busy.sh"
needs turnoutd turnout ipvsadm

kills=${TURNOUT_KILLS:-20}

# Killed before it is ready, somewhere between 0 and 0.999 seconds after its start.
kill_in_the_making() {
    nsenter --net="/run/netns/$LAB_NAME-director" -- "$BIN/turnoutd" --state none >/dev/null 2>&1 &
    director_pid=$!
    sleep "0.$(printf %03d $((RANDOM % 1000)))"
    end_director KILL
}

up_lab
prepare_servers
start_director
serve_busily
table=$(ipvsadm -Sn)
begin_load

begin "$kills times SIGKILL under load: every third time once more, before the daemon is ready"
for ((i = 1; i <= kills; i++)); do
    end_director KILL
    ((i % 3)) || kill_in_the_making
    start_director
    expect_equal "the table" "$table" "$(ipvsadm -Sn)"
done
end_load

begin "without a daemon, connections end in their time"
end_director KILL
eventually 30 none_in_the_table
start_director
eventually 5 none_counted
