# test_parity.sh - whole runs of lrsweep-trainer beside the same runs in PyTorch, where there is one.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1

sentence="200 steps of SGD with a schedule and of Adam end within float noise of PyTorch"
if ! /usr/bin/python3 -c 'import numpy, torch' 2>reason.txt; then
	skip "$sentence" "/usr/bin/python3 has no PyTorch: $(tail -n 1 reason.txt)"
else
	try /usr/bin/python3 "$LRSWEEP_SOURCE/tests/reference/parity.py" "$LRSWEEP_BIN" --quick
	if [ "$status" -eq 0 ]; then
		ok "$sentence"
	else
		not_ok "$sentence" "exit status $status:" "$out" "$err"
	fi
	equal "both cases were compared" "$(jq -s length stdout.txt)" 2
fi
plan
