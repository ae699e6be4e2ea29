# shellcheck shell=bash
# Where Debian's stock kernel is kept, unpacked and not installed: sourced by what fetches and boots it.
# shellcheck disable=SC2034  # its readers use what is set here

KERNEL_CACHE=${TURNOUT_CACHE:-/var/cache/turnout}
STOCK_KERNEL=$KERNEL_CACHE/stock-kernel

stock_kernel_is_there() { [[ -e $STOCK_KERNEL/complete ]]; }
