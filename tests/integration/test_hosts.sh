# test_hosts.sh - mpirun over several hosts, in network namespaces: hosts that are cut off, for a
# while, on one side or for good. What they held is trained elsewhere, and nothing counts twice.
# shellcheck shell=bash disable=SC2154
. "$LRSWEEP_SOURCE/tests/support/cluster.sh"
cluster_enter "$0" hosts
# shellcheck source=/dev/null
. "$LRSWEEP_SOURCE/tests/integration/tap.sh" || exit 1
study=$LRSWEEP_SOURCE/tests/fault/kills.cfg # a host that says nothing for 5 s is lost
options=(--set search.min_budget=15000 --set search.max_budget=135000 --trainers 1)
rsh_agent agent
for number in 1 2; do node_up "$number"; done

try lrsweep run "$study" --out whole --quiet "${options[@]}"
equal "the undisturbed search ends with status 0" "$status" 0
table whole >expected

holds() { # DIR SQL
	[ "$(sqlite3 -readonly "$1/study.db" "$2" 2>/dev/null)" = 1 ]
}
start() { # DIR HOSTS [OPTION of mpirun]...: in the background, as $job; waits until all hosts train
	local dir=$1 hosts=$2
	shift 2
	mpirun --host "$hosts" --map-by node --bind-to none --mca plm rsh --mca plm_rsh_agent "$PWD/agent" "$@" \
		"$LRSWEEP_BIN/lrsweep" run "$study" --out "$PWD/$dir" --resume "${options[@]}" >"$dir.out" 2>"$dir.err" &
	job=$!
	check "the last host trains ($dir)" patiently 60 holds "$dir" \
		'select count(*) > 0 from event where kind = "assigned" and worker = 2'
}
ends() { # DIR: the job's status in $status
	check "the job ends ($1)" patiently 60 job_gone
	wait "$job" 2>/dev/null
	status=$?
}
whole() { # DIR
	equal "the search of $1 is finished" "$(jq -r .status "$1/summary.json")" finished
	table "$1" >found
	check "its table is that of the undisturbed search ($1)" diff expected found
	equal "no result of $1 was counted twice" "$(sqlite3 "$1/study.db" \
		'select count(*) from (select 1 from event where kind = "done" group by trial, step having count(*) > 1)')" 0
}
# Whether nothing of this name is left on a host; what nobody has buried does not count.
gone() { ! on_node "$1" pgrep -r D,R,S,T "$2" >/dev/null; } # NUMBER PATTERN
job_gone() { ! kill -0 "$job"; }

# --- nothing happens -----------------------------------------------------------------------------------
start peace head:1,node1:1,node2:1
ends peace
equal "mpirun over three hosts ends with status 0" "$status" 0
whole peace

# --- a host is cut off for good, beside mpirun and far from it ------------------------------------------
start island head:1,node1:1,node2:1
node_cut 2
ends island
equal "mpirun, which would wait for the lost host for ever, was ended" "$status" 137
whole island
equal "the summary names the host" "$(jq -r '.losses[].host' island/summary.json)" node2
check "the rank there and its trainers end by themselves" patiently 20 gone 2 lrsweep
node_join 2
check "and so does mpirun's daemon when it hears that mpirun is gone" patiently 30 gone 2 orted

# The same where rank 0 is beside a daemon, not beside mpirun; and the search goes on later.
start far node1:1,head:1,node2:1
node_cut 2
check "the host is given up (far)" patiently 60 holds far \
	'select count(*) = 1 from event where kind = "worker_lost"'
kill -USR1 "$job"
ends far
check "mpirun does not end as after a search that is through" test "$status" -ne 0
equal "the study says interrupted" "$(sqlite3 far/study.db 'select value from study where key = "status"')" interrupted
node_join 2
check "nothing of it is left on the first host" patiently 20 gone 1 'lrsweep|orted'
check "nor on the one that was cut off" patiently 30 gone 2 'lrsweep|orted'
start far head:1,node1:1,node2:1
ends far
whole far
equal "the summary still tells what the first run lost" "$(jq -c '.losses | map([.rank, .host])' far/summary.json)" \
	'[[2,"node2"]]'

# --- it comes back -------------------------------------------------------------------------------------
start returned head:1,node1:1,node2:1 --enable-recovery
on_node 2 ip route add blackhole 10.99.0.254
check "a host whose messages get lost is given up" patiently 60 holds returned \
	'select count(*) = 1 from event where kind = "worker_lost"'
on_node 2 ip route del blackhole 10.99.0.254
check "it comes back" patiently 60 holds returned 'select count(*) = 1 from event where kind = "worker_back"'
ends returned
whole returned
plan
