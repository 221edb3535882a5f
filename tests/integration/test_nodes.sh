# test_nodes.sh - the cores of a node, hosts that do not see DIR, the doctor, and other users.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
host=$(hostname)
cores=$(nproc)
cores_text="$cores core$([ "$cores" = 1 ] || echo s)"
export TMPDIR=$TEST_DIR/tmp
mkdir tmp hidden

try lrsweep run "$small" --out whole --quiet
equal "the undisturbed search ends with status 0" "$status" 0
table whole >expected

# --- whose cores -------------------------------------------------------------------------------------
trainers() { # COMMAND...: how many trainers a run under it would have, rank by rank
	"$@" lrsweep doctor --json 2>/dev/null | jq -c '[.ranks[].trainers]'
}
equal "alone it uses the cores of its affinity mask" "$(trainers taskset -c 0)" "[1]"
equal "a rank that mpirun was told to bind keeps to its core" "$(trainers mpirun --bind-to core -n 1)" "[1]"
equal "one that it bound without being told does not" \
	"$(trainers env -u OMPI_MCA_hwloc_base_binding_policy mpirun -n 1)" "[$cores]"
equal "a rank for each core: each has one trainer" \
	"$(trainers mpirun -n "$cores" | jq -c 'unique')" "[1]"

# A control group with a limit, version 1 or 2, as containers have.
limited() { # MICROSECONDS COMMAND...: of 100,000
	local group quota=$1
	shift
	for group in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
		group=$group/lrsweep-test-$$
		mkdir "$group" 2>/dev/null || continue
		if echo "$quota" 2>/dev/null >"$group/cpu.cfs_quota_us" || echo "$quota 100000" 2>/dev/null >"$group/cpu.max"; then
			# shellcheck disable=SC2016 # expanded by the inner shell
			sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' - "$group" "$@"
			rmdir "$group"
			return 0
		fi
		rmdir "$group"
	done
	return 1
}
if [ "$cores" -lt 2 ]; then
	skip "a container with one core's time starts one trainer" "there is one core"
elif ! limited 100000 true 2>/dev/null; then
	skip "a container with one core's time starts one trainer" "no control group can be made here"
else
	equal "a container with one core's time starts one trainer" "$(trainers limited 100000)" "[1]"
	equal "one with half a core's, too" "$(trainers limited 50000)" "[1]"
	equal "one with a core's and a half starts two" "$(trainers limited 150000)" "[2]"
fi

# --- who is there, and what they do to DIR ------------------------------------------------------------
mpirun -n 3 "$LRSWEEP_BIN/lrsweep" run "$small" --out three --trainers 1 \
	--set search.min_budget=3000 --set search.max_budget=27000 >three.out 2>three.err &
job=$!
check "the search under mpirun trains" wait_for three 'select count(*) > 0 from event'
pid=$(pgrep -P "$job" lrsweep | head -n 1)
equal "study.db is not mapped into memory" "$(grep -c 'study\.db' "/proc/$pid/maps")" 0
equal "it is open, and without a write-ahead log" \
	"$(find /proc/"$pid"/fd -lname '*/study.db*' -printf '%l\n' | sed 's|.*/||' | sort -u | grep -v journal)" study.db
wait "$job"
equal "the log begins with who trains where" "$(head -n 1 three.err)" \
	"$host: ranks 0-2, $cores_text, 3 trainers"
equal "the journal of the study is one that works over NFS" \
	"$(sqlite3 three/study.db 'pragma journal_mode')" delete
equal "no beacon is left in DIR" "$(find three -name '.*')" ""

# --- a host that does not see DIR ---------------------------------------------------------------------
recovering=(mpirun --enable-recovery --mca btl "vader,self" --mca btl_vader_backing_directory "$TEST_DIR")
# The same as a rank of this host, but what lies over `hidden` is another file system.
far=(unshare --mount sh -c "mount -t tmpfs none '$TEST_DIR/hidden' && exec \"\$@\"" -)
# mpirun on two hosts that are names on this machine; the second has an empty file system over `hidden`,
# or what the file `view` mounts.
echo "mount -t tmpfs none '$TEST_DIR/hidden'" >view
cat >agent <<-END
	#!/bin/sh
	host=\$1; shift
	exec unshare --uts --mount sh -c "hostname \$host; . '$TEST_DIR/view'; \$*"
END
chmod +x agent
on_two_hosts() { # ARGUMENT OF MPIRUN...
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --uts sh -c 'hostname n1; exec "$@"' - mpirun --host n1:2,n2:2 --mca plm_rsh_agent "$TEST_DIR/agent" "$@"
}
if unshare --uts --mount true 2>/dev/null; then
	try on_two_hosts -n 3 lrsweep run "$small" --out hidden/blind --quiet
	equal "a host that does not see DIR is refused" "$status" 2
	contains "and named, with what to do" "$err" "/hidden/blind cannot be seen or written on n2 (rank 2): choose"
	equal "and nothing is made" "$(ls hidden)" ""
	cp view empty
	echo "mount --bind '$TEST_DIR/hidden' '$TEST_DIR/hidden'; mount -o remount,bind,ro '$TEST_DIR/hidden'" >view
	try on_two_hosts -n 3 lrsweep run "$small" --out hidden/blind --quiet
	contains "so is one that sees it and may not write there" "$status $err" \
		"/hidden/blind cannot be seen or written on n2 (rank 2): choose"
	mv empty view

	try on_two_hosts --map-by node -n 3 lrsweep run "$small" --out hidden/two --trainers 1 --set 'run.checkpoints="mpi"'
	equal "hosts may have their ranks in any order" "$status" 0
	contains "the log tells of both" "$err" "n1: ranks 0, 2, $cores_text, 2 trainers
n2: rank 1, $cores_text, 1 trainer, checkpoints over MPI"
	table hidden/two >found
	check "and the table is that of the undisturbed search" diff expected found
	try on_two_hosts -n 2 --map-by node lrsweep doctor --json
	equal "the doctor finds both" "$(jq -c '[.ranks[].host]' <<<"$out")" '["n1","n2"]'
	contains "and compares their clocks" "$out" "ms apart"
	try on_two_hosts -n 2 --map-by node lrsweep doctor --out hidden
	contains "and names the one that does not see the directory" "$status $out" "1 ok"
	contains "by its name" "$out" "/hidden cannot be seen or written on n2 (rank 1)"

	over_mpi=(run "$small" --out hidden/far --trainers 1 --set 'run.checkpoints="mpi"')
	try mpirun -n 1 lrsweep "${over_mpi[@]}" : -n 2 "${far[@]}" lrsweep "${over_mpi[@]}"
	equal "with checkpoints over MPI it takes part" "$status" 0
	contains "the log tells of it" "$err" "3 trainers, checkpoints over MPI"
	table hidden/far >found
	check "the table is that of the undisturbed search" diff expected found
	check "some of it was trained there" test "$(sqlite3 hidden/far/study.db \
		'select count(*) > 0 from event where kind = "done" and worker > 0')" = 1
	check "so are the best weights" cmp whole/best.safetensors hidden/far/best.safetensors
	equal "no checkpoint is left" "$(ls hidden/far/checkpoints tmp)" "$(printf 'hidden/far/checkpoints:\n\ntmp:')"

	# Rank 0 trains nothing, and a checkpoint that is to be gone on from is not there.
	gone=(run "$small" --out hidden/gone --trainers 1 --set 'run.checkpoints="mpi"' --set run.retries=0)
	lrsweep "${gone[@]}" --quiet >gone.out 2>&1 &
	wait_for hidden/gone 'select count(*) > 1 from event where kind = "done"'
	kill -TERM $!
	wait $!
	check "an interrupted search has checkpoints" test -n "$(ls hidden/gone/checkpoints)"
	rm hidden/gone/checkpoints/*
	gone+=(--coordinator-only --resume)
	try mpirun -n 1 lrsweep "${gone[@]}" : -n 1 "${far[@]}" lrsweep "${gone[@]}"
	table hidden/gone >found
	check "where one is not there a far trainer trains again, too" diff expected found
	cat >keeps-none.py <<'PY'
import json, sys
def say(**line): print(json.dumps(line), flush=True)
while line := sys.stdin.readline():
    c = json.loads(line)
    if c["op"] == "hello": say(op="ready", version=1, checkpoints=False)
    elif c["op"] == "test": say(op="tested", trial=c["trial"], status="ok", test_loss=0.25)
    elif c["op"] == "train":
        say(op="report", trial=c["trial"], step=c["to"], train_loss=1.0, val_loss=c["params"]["lr"])
        say(op="done", trial=c["trial"], step=c["to"], status="ok")
PY
	none=(run "$LRSWEEP_SOURCE/jobs/trainers/quadratic.cfg" --out hidden/none --trainers 1 --coordinator-only
		--set 'run.checkpoints="mpi"' --set 'trainer.command=("python3", "keeps-none.py")' --set "trainer.directory=$TEST_DIR")
	try mpirun -n 1 lrsweep "${none[@]}" : -n 1 "${far[@]}" lrsweep "${none[@]}"
	equal "a far trainer that keeps none is asked for its test" "$status $(sqlite3 hidden/none/study.db \
		'select value from study where key = "test_loss"')" "0 0.25"

	# Rank 0 trains nothing: everything moves. One of the two is killed in the middle.
	lost=(run "$small" --out hidden/lost --coordinator-only --trainers 1 --set 'run.checkpoints="mpi"'
		--set run.heartbeat_timeout=1.5)
	"${recovering[@]}" -n 1 "$LRSWEEP_BIN/lrsweep" "${lost[@]}" : \
		-n 2 "${far[@]}" "$LRSWEEP_BIN/lrsweep" "${lost[@]}" >lost.out 2>lost.err &
	job=$!
	check "both far ranks train" wait_for hidden/lost 'select count(distinct worker) = 2 from event where kind = "done"'
	for pid in $(pgrep -P "$job"); do
		tr '\0' '\n' <"/proc/$pid/environ" | grep -qx OMPI_COMM_WORLD_RANK=2 && kill -KILL "$pid"
	done
	wait "$job"
	equal "the search survives the loss of one" "$(jq -r '.status, .workers_lost' hidden/lost/summary.json | tr '\n' ' ')" "finished 1 "
	table hidden/lost >found
	check "and its table is that of the undisturbed search" diff expected found
	equal "no half of a checkpoint is left in DIR" "$(ls hidden/lost/checkpoints)" ""
	equal "what the killed rank kept for itself stays" "$(find tmp -maxdepth 1 -name 'lrsweep-scratch-*' | wc -l)" 1
	over_mpi[3]=hidden/next
	try mpirun -n 1 lrsweep "${over_mpi[@]}" : -n 1 "${far[@]}" lrsweep "${over_mpi[@]}"
	equal "until another run there removes it" "$status $(find tmp -maxdepth 1 -name 'lrsweep-scratch-*')" "0 "
else
	skip "a host that does not see DIR" "no mount namespace can be made here (root may)"
fi

# --- the doctor ------------------------------------------------------------------------------------------
try mpirun -n 2 lrsweep doctor "$small" --trainers 1
equal "a sound job has status 0" "$status" 0
contains "the doctor tells of ranks and launcher" "$out" "2 ranks on 1 node, started by mpirun of Open MPI"
contains "and of the kernels" "$out" "OpenBLAS"
contains "and of the data" "$out" "data and model are accepted on every node"
contains "and how to survive a rank's death" "$out" "--enable-recovery"
equal "it makes nothing" "$(find . -name results -o -name '.beacon*')" ""
try mpirun --enable-recovery -n 2 lrsweep doctor --json --trainers 1
equal "with recovery on nothing is left to say" "$(jq -c '[.sound, (.findings | map(.severity) | unique)]' <<<"$out")" '[true,["sound"]]'
try lrsweep doctor --trainers 500
contains "too many trainers are a problem" "$status $out" "500 trainers on $cores core"
try lrsweep doctor "$small" --set data.path='"/nowhere"'
contains "data that are not there are a problem" "$status $out" "/nowhere"
equal "with status 1" "$status" 1
try env --chdir=/ lrsweep doctor "$small" --out /proc/no
contains "so is a directory that cannot be written" "$status $out" "1 ok"
contains "and its remedy names another" "$out" "(--out DIR)"
# One of the two never says anything.
try mpirun -n 1 lrsweep doctor --patience 2 : -n 1 sleep 600
contains "a rank that does not answer is not waited for without end" "$status $err" "not all ranks answered in time"
try lrsweep doctor --patience 0
equal "an impossible option is refused" "$status" 2

# --- another user ---------------------------------------------------------------------------------------
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent TMPDIR=/tmp)
if [ "$(id -u)" != 0 ]; then
	skip "any user can run it" "this user is not root already"
elif ! "${nobody[@]}" "$LRSWEEP_BIN/lrsweep" --version >/dev/null 2>&1; then
	skip "any user can run it" "other users may not look into $LRSWEEP_BIN"
else
	others=$(mktemp -d /tmp/test_nodes_XXXXXX)
	cp "$small" "$others/study.cfg"
	chown -R 65534 "$others"
	cd "$others" || exit 1 # mpirun needs to read the directory that it is in
	try "${nobody[@]}" "$LRSWEEP_BIN/lrsweep" run "$others/study.cfg" --out "$others/bare" --quiet
	equal "any user can run it" "$status" 0
	try "${nobody[@]}" mpirun -n 2 "$LRSWEEP_BIN/lrsweep" run "$others/study.cfg" \
		--out "$others/two" --trainers 1 --quiet
	equal "under mpirun, too" "$status" 0
	cd "$TEST_DIR" || exit 1
	table "$others/two" >found
	check "with the same table" diff expected found
	rm -r "$others"
fi

plan
