# test_parity.sh - a run of 200 steps beside the same run in PyTorch: same weights, batches and rates.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"

if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
	skip "200 steps are PyTorch's within float noise" "/usr/bin/python3 has no torch (python3-torch)"
	plan
	exit 0
fi
try /usr/bin/python3 "$LRSWEEP_SOURCE/tests/reference/parity.py" "$LRSWEEP_BIN" --quick
equal "200 steps are PyTorch's within float noise" "$status" 0
[ "$status" = 0 ] || printf '%s\n' "$out" "$err" | sed 's/^/# /'
plan
