// The schedulers, by name: the one list of them.  Numbers are never reused: running tables hold
// them.
#pragma once

// X(name, number): `name` is IPVS's, a namespace of path/schedulers/ and a value of Scheduler.
#define TURNOUT_SCHEDULERS(X) \
    X(none, 0)                \
    X(rr, 1)                  \
    X(wrr, 2)                 \
    X(lc, 3)                  \
    X(wlc, 4)                 \
    X(sed, 5)                 \
    X(nq, 6)                  \
    X(dh, 7)                  \
    X(sh, 8)                  \
    X(mh, 9)                  \
    X(lblc, 10)               \
    X(lblcr, 11)              \
    X(fo, 12)                 \
    X(ovf, 13)                \
    X(twos, 14)
