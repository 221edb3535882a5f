# test_mpich.sh - the same program over MPICH: alone, under its mpirun, and again after a kill.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
long=(--set search.min_budget=3000 --set search.max_budget=27000 --trainers 1)

if ! command -v mpicc.mpich >/dev/null || ! command -v mpirun.mpich >/dev/null; then
	skip "lrsweep over MPICH" "MPICH is not installed"
	plan
	exit
fi

# Kept beside the other build: only what changed is built again. The trainer knows no MPI.
build=$(dirname "$LRSWEEP_BIN")/mpich
check "it configures with MPICH" cmake -S "$LRSWEEP_SOURCE" -B "$build" -DCMAKE_BUILD_TYPE=Release \
	-DLRSWEEP_WERROR=ON -DLRSWEEP_TESTS=OFF -DMPI_C_COMPILER=mpicc.mpich
check "it builds without a warning" cmake --build "$build" --parallel "$(nproc)" --target lrsweep
ln -sf "$LRSWEEP_BIN/lrsweep-trainer" "$build/bin/lrsweep-trainer"
with_mpich=$build/bin/lrsweep
check "it is linked with MPICH" bash -c "ldd '$with_mpich' | grep -q libmpich"

try lrsweep run "$small" --out expected --quiet "${long[@]}"
equal "the search over Open MPI ends with status 0" "$status" 0
table expected >expected.txt

try "$with_mpich" run "$small" --out alone --quiet "${long[@]}"
equal "without a launcher it ends with status 0" "$status" 0
table alone >found
check "with the table of Open MPI" diff expected.txt found

try mpirun.mpich -n 3 "$with_mpich" run "$small" --out three "${long[@]}"
equal "so it does under mpirun.mpich" "$status" 0
contains "all three ranks train" "$err" "ranks 0-2"
table three >found
check "with the same table" diff expected.txt found
equal "on all of them" "$(sqlite3 three/study.db 'select count(distinct worker) from event where kind = "assigned"')" 3

try mpirun.mpich -n 2 "$with_mpich" doctor --trainers 1
contains "the doctor knows the library" "$status $out" "MPICH"
contains "and the launcher" "$out" "2 ranks on 1 node, started by mpirun of MPICH"
contains "and that a rank's death ends the run" "$out" "--resume"
try mpirun.mpich -n 2 lrsweep doctor
contains "a program of Open MPI under it is told of" "$status $out" "started 2 processes, but MPI joined 1"
try mpirun.mpich -n 2 lrsweep run "$small" --out foreign
equal "and does not run" "$status" 2

mpirun.mpich -n 3 "$with_mpich" run "$small" --out killed --quiet "${long[@]}" 2>killed.err &
job=$!
check "the search that is to be killed trains on" wait_for killed 'select count(*) > 2 from event where kind = "done"'
for pid in $(pgrep -f "$with_mpich run $small --out killed"); do
	[ "$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^PMI_RANK=//p')" = 1 ] && kill -KILL "$pid"
done
wait "$job"
check "MPICH ends the run when a rank dies" test "$(sqlite3 killed/study.db "select value from study where key = 'status'")" != finished
equal "no rank is left behind" "$(pgrep -c -f "$with_mpich run")" 0
try mpirun.mpich -n 2 "$with_mpich" run "$small" --out killed --quiet --resume "${long[@]}"
equal "--resume goes on" "$status" 0
table killed >found
check "to the table of the undisturbed search" diff expected.txt found

plan
