#!/bin/bash
# The Debian package is installed, used, upgraded, removed and purged by the real dpkg, on this machine's
# file system as seen through an overlay: nothing of it is changed.
#
#   deb_test.sh BUILD
set -euo pipefail
build=$(readlink -f "$1")

if [[ $EUID -ne 0 ]]; then
    echo "SKIPPED: this test mounts an overlay, which takes root"
    exit 77
fi
# Mounts are this test's own, and end with it; so do processes, whose first one's mounts turnout takes for
# the host's.
[[ ${ALONE:-} ]] || ALONE=yes exec unshare --mount --net --pid --fork --kill-child bash "$0" "$@"

work=$(mktemp -d)
daemon=''
finish() {
    local status=$?
    [[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true
    in_root /usr/sbin/turnout down >/dev/null 2>&1 || true
    umount -l "$work" && rmdir "$work"
    exit $status
}
fail() {
    printf '  %s\n' "$@"
    exit 1
}
expect() { [[ $2 == "$3" ]] || fail "$1" "$(diff <(echo "$2") <(echo "$3"))"; }
in_root() { chroot "$work/root" "$@"; }
# Whatever a package may put somewhere, with what it is; a folder that is not there is no fault.
listing() {
    { in_root find /etc /usr/sbin /usr/bin /usr/share/man /usr/share/doc/turnout /usr/lib/systemd \
        /usr/share/bash-completion "/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)" \
        '(' -type d -printf '%p\n' -o -printf '%p %y %s %l\n' ')' 2>/dev/null || true; } | grep -v -e '^/etc/ld.so.cache ' | sort
}

mount -t tmpfs turnout "$work"
mkdir "$work"/{upper,work,root}
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
trap finish EXIT
mount -t proc proc "$work/root/proc"
mount --rbind /sys "$work/root/sys"
mount --rbind /dev "$work/root/dev"
mount -t tmpfs run "$work/root/run"
mkdir "$work/root/run/lock"
ip link set lo up

echo "- the package is made"
made=$(cd "$build" && cpack -G DEB -D CPACK_OUTPUT_FILE_PREFIX="$work/deb" 2>&1) || fail "$made"
package=$(ls "$work"/deb/*.deb)
cp "$package" "$work/root/tmp/turnout.deb"
before=$(listing)

echo "- installed: ours has the name, Debian's ipvsadm stays beside it"
in_root dpkg --install /tmp/turnout.deb >/dev/null
expect "ipvsadm" "$(dpkg-deb -f "$package" Version)" \
    "$(in_root turnout --version | cut -d' ' -f2)"
in_root dpkg --verify turnout
[[ $(in_root ipvsadm --help) == *Turnout* ]] || fail "ipvsadm is not ours"
in_root dpkg-divert --truename /sbin/ipvsadm | grep -qx /sbin/ipvsadm.ipvs
[[ -x $work/root/usr/sbin/ipvsadm.ipvs ]] || fail "Debian's ipvsadm is gone"

echo "- systemd finds nothing to say about the units"
# It says what it finds in those of other packages as well.
expect "systemd-analyze verify" "" \
    "$(in_root systemd-analyze verify --man=no turnoutd.service 2>&1 | grep turnout || true)"

echo "- the daemon runs with the capabilities and options that its unit gives it"
capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' "$work/root/usr/lib/systemd/system/turnoutd.service" |
    tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
# shellcheck disable=SC1091  # a file of the package
TURNOUTD_OPTIONS=$(. "$work/root/etc/default/turnoutd"; echo "$TURNOUTD_OPTIONS")
: >"$work/log"
# shellcheck disable=SC2086  # words, as systemd splits them
chroot "$work/root" setpriv --bounding-set "-all,$capabilities" --inh-caps -all --no-new-privs \
    /usr/sbin/turnoutd --state /var/lib/turnout/default.json $TURNOUTD_OPTIONS >"$work/log" 2>&1 &
daemon=$!
for _ in {1..100}; do grep -q '^READY' "$work/log" && break; sleep 0.1; done
grep -q '^READY' "$work/log" || fail "turnoutd: $(cat "$work/log")"

echo "- ipvsadm, and Debian's through the preload library"
in_root ipvsadm -A -t 198.51.100.1:80 -s wrr
expect "rules" "-A -t 198.51.100.1:80 -s wrr" "$(in_root ipvsadm -Sn)"
expect "Debian's" "$(in_root ipvsadm -Ln)" \
    "$(in_root env LD_PRELOAD=libturnout-ipvs.so ipvsadm.ipvs -Ln)"

echo "- completion"
completed() {
    # shellcheck disable=SC2016  # expanded in the root
    in_root bash -c '. "/usr/share/bash-completion/completions/$1"; COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1)); _turnout_complete; echo "${COMPREPLY[*]}"' completed "$@"
}
expect "subcommands" "cancel list start" "$(completed turnout drain '' | tr ' ' '\n' | sort | paste -sd' ')"
expect "options" "--conn-table-bits" "$(completed turnoutd --conn)"
expect "ipvsadm's" "--add-server --add-service" \
    "$(completed ipvsadm --add | tr ' ' '\n' | sort | paste -sd' ')"

echo "- installed once more over itself: the director goes on"
in_root dpkg --install /tmp/turnout.deb >/dev/null
expect "rules" "-A -t 198.51.100.1:80 -s wrr" "$(in_root ipvsadm -Sn)"
[[ -x $work/root/usr/sbin/ipvsadm.ipvs ]] || fail "Debian's ipvsadm is gone"

echo "- removed: the director has ended, Debian's ipvsadm has its name again"
in_root dpkg --remove turnout >/dev/null
wait $daemon || true
daemon=''
[[ -e $work/root/var/lib/turnout/default.json ]] || fail "what was saved is gone"
cmp -s "$work/root/usr/sbin/ipvsadm" /usr/sbin/ipvsadm || fail "ipvsadm is not Debian's"
expect "what is left" "/etc/default/turnoutd" "$(diff <(echo "$before") <(listing) | sed -n 's/^[<>] \([^ ]*\).*/\1/p')"

echo "- purged: nothing is left"
in_root dpkg --purge turnout >/dev/null 2>&1
expect "what is left" "$before" "$(listing)"
[[ ! -e $work/root/var/lib/turnout ]] || fail "what was saved is still there"
