# test_nodes.sh - the cores of a node, hosts that do not see DIR, the doctor, and other users.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/integration/tap.sh"
small=$LRSWEEP_SOURCE/tests/integration/small.cfg
host=$(hostname)
cores=$(nproc)
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
	"$host: ranks 0-2, $cores core$([ "$cores" = 1 ] || echo s), 3 trainers"
equal "the journal of the study is one that works over NFS" \
	"$(sqlite3 three/study.db 'pragma journal_mode')" delete
equal "no beacon is left in DIR" "$(find three -name '.*')" ""

# --- a host that does not see DIR ---------------------------------------------------------------------
recovering=(mpirun --enable-recovery --mca btl "vader,self" --mca btl_vader_backing_directory "$TEST_DIR")
# The same as a rank of this host, but what lies over `hidden` is another file system.
far=(unshare --mount sh -c "mount -t tmpfs none '$TEST_DIR/hidden' && exec \"\$@\"" -)
if unshare --mount true 2>/dev/null; then
	try mpirun -n 2 lrsweep run "$small" --out hidden/blind --quiet : -n 1 "${far[@]}" lrsweep run "$small" --quiet
	equal "a host that does not see DIR is refused" "$status" 2
	contains "and named, with what to do" "$err" "/hidden/blind cannot be seen or written on $host (rank 2): choose"
	equal "and nothing is made" "$(ls hidden)" ""

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
if unshare --mount true 2>/dev/null; then
	cd hidden || exit 1
	try mpirun -n 1 lrsweep doctor : -n 1 "${far[@]}" lrsweep doctor
	cd .. && out=$(cat hidden/stdout.txt)
	contains "a host that does not see the directory is named" "$status $out" "hidden cannot be seen or written on $host (rank 1)"
fi
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
	try "${nobody[@]}" "$LRSWEEP_BIN/lrsweep" run "$others/study.cfg" --out "$others/bare" --quiet
	equal "any user can run it" "$status" 0
	try "${nobody[@]}" mpirun -n 2 "$LRSWEEP_BIN/lrsweep" run "$others/study.cfg" \
		--out "$others/two" --trainers 1 --quiet
	equal "under mpirun, too" "$status" 0
	table "$others/two" >found
	check "with the same table" diff expected found
	rm -r "$others"
fi

plan
