# shellcheck shell=bash
# Where the oracle's kernel is kept: sourced by what fetches and what boots it.
# shellcheck disable=SC2034  # its readers use what is set here

KERNEL_CACHE=${TURNOUT_CACHE:-/var/cache/turnout}
KERNEL_HOME=$KERNEL_CACHE/user-mode-linux

kernel_is_there() { [[ -x $KERNEL_HOME/usr/bin/linux.uml && -d $KERNEL_HOME/modules/lib/modules ]]; }
