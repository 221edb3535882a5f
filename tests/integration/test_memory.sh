# test_memory.sh - what a trainer needs for itself, for several networks and optimizers.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1

try "$LRSWEEP_SOURCE/tests/bench/memory" -b "$LRSWEEP_BIN" own
equal "each network was measured with each optimizer" "$status $(jq -s length stdout.txt)" "0 8"
equal "no trainer takes more than weights x (2 + states), activations and 8 MiB" \
	"$(jq -c 'select(.within | not)' stdout.txt)" ""
plan
