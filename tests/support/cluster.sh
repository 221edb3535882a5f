# cluster.sh - several hosts on this machine, for tests: node1, node2 ... in namespaces of their own,
# and SLURM on them if wanted. Sourced by a test as its first line:
#     . "$LRSWEEP_SOURCE/tests/support/cluster.sh"; cluster_enter "$0" slurm
#
# cluster_enter starts the test again as process 1 of a new PID namespace, with its own network,
# mounts and host name (`head`). Whatever ends the test ends all that it started, and nothing that
# it changes is seen outside. Where that is not to be had it says why, in TAP, and ends the test.
#
# A node has a PID namespace, a network, a host name and a /dev/shm of its own: Open MPI takes it for
# another machine. The file system is shared. `head` runs slurmctld and has no cores for jobs.
# shellcheck shell=bash

CLUSTER=/run/cluster # a tmpfs: state, sockets (whose names must be short)
declare -A cluster_init=() # process 1 of each node, as the test sees it

cluster_skip() { echo "ok 1 - $1 on virtual hosts # SKIP $2"; echo 1..1; exit 0; }

cluster_enter() { # SCRIPT slurm|hosts
	local script=$1 kind=$2 command package
	if [ "${CLUSTER_INSIDE:-}" = yes ]; then
		unset CLUSTER_INSIDE
		cluster_furnish
		return
	fi
	[ "$(id -u)" = 0 ] || cluster_skip "$kind" "virtual hosts need root"
	while read -r command package; do
		[ "$kind" = slurm ] || [ "$package" = iproute2 ] || continue
		PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null ||
			cluster_skip "$kind" "$command is not installed (Debian package $package)"
	done <<-END
		ip iproute2
		munged munge
		slurmctld slurmctld
		slurmd slurmd
		sbatch slurm-client
	END
	# SLURM's plugin for PMIx opens this, which Debian has only in libpmix-dev.
	[ "$kind" != slurm ] || compgen -G '/usr/lib/*/pmix2/lib/libpmix.so' >/dev/null ||
		cluster_skip "$kind" "libpmix.so is not there (Debian package libpmix-dev)"
	local namespaces=(unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc)
	"${namespaces[@]}" ip link add cluster0 type bridge 2>/dev/null ||
		cluster_skip "$kind" "this kernel gives no namespaces or no bridge"
	CLUSTER_INSIDE=yes exec "${namespaces[@]}" bash "$script"
}

# The head: network, host names, a /run and a /dev/shm of our own.
cluster_furnish() {
	export PATH=$PATH:/usr/sbin:/sbin
	local node
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /dev/shm
	mkdir -p $CLUSTER/spool $CLUSTER/state $CLUSTER/munge "$TEST_DIR/log"
	hostname head
	{
		echo "127.0.0.1 localhost"
		echo "10.99.0.254 head"
		for node in 1 2 3 4 5 6 7 8; do echo "10.99.0.$node node$node"; done
	} >$CLUSTER/hosts
	mount --bind $CLUSTER/hosts /etc/hosts
	ip link set lo up
	ip link add cluster0 type bridge
	ip addr add 10.99.0.254/24 dev cluster0
	ip link set cluster0 up
}

# Starts a node: a program in the foreground is its process 1's child, and the node lives as long as
# process 1. Its network hangs on the bridge.
node_up() { # NUMBER [PROGRAM [ARGUMENT]...]
	local number=$1 name=node$1 gate=$CLUSTER/gate$1
	shift
	rm -f "$gate"
	mkfifo "$gate"
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc bash -c '
		hostname "$1"
		mount -t tmpfs tmpfs /dev/shm
		read -r _ <"$2" # the network is there
		shift 2
		"$@" &
		while :; do wait; sleep 1; done' - "$name" "$gate" "${@:-true}" \
		</dev/null >>"$TEST_DIR/log/$name.out" 2>&1 &
	local outer=$! inner=
	until inner=$(pgrep -P $outer) && [ -n "$inner" ]; do sleep 0.02; done
	cluster_init[$number]=$inner
	echo "$inner" >"$CLUSTER/$name.init"
	ip link add "port$number" type veth peer name eth0 netns "$inner"
	ip link set "port$number" master cluster0 up
	nsenter -t "$inner" -n sh -c "ip link set lo up
		ip addr add 10.99.0.$number/24 dev eth0
		ip link set eth0 up"
	echo go >"$gate"
}

# Cuts a node off from all others, and ends that: no connection is closed.
node_cut() { ip link set "port$1" down; } # NUMBER
node_join() { ip link set "port$1" up; } # NUMBER

# Leaves an agent for `mpirun --mca plm_rsh_agent`, in the place of ssh.
rsh_agent() { # FILE
	cat >"$1" <<-'END'
		#!/bin/bash
		read -r init <"/run/cluster/$1.init" && shift &&
			exec nsenter -t "$init" -m -p -n -u -i --wd="$PWD" -- sh -c "$*"
	END
	chmod +x "$1"
}

# Runs a command on a node.
on_node() { # NUMBER COMMAND...
	local number=$1
	shift
	nsenter -t "${cluster_init[$number]}" -m -p -n -u -i --wd="$PWD" -- "$@"
}

# Ends all of a node in one stroke, as a power cut does: nobody says goodbye.
node_crash() { # NUMBER
	node_cut "$1"
	kill -KILL "${cluster_init[$1]}"
	while kill -0 "${cluster_init[$1]}" 2>/dev/null; do sleep 0.02; done
	ip link del "port$1" 2>/dev/null
	unset "cluster_init[$1]"
}

# --- SLURM -------------------------------------------------------------------------------------------

# Waits until a command succeeds, for so many seconds.
patiently() { # SECONDS COMMAND...
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

slurm_conf() { # NODES
	cat <<-END
		ClusterName=test
		SlurmctldHost=head(10.99.0.254)
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/munge
		# A requeued job waits for as long as its credential lives.
		AuthInfo=socket=$CLUSTER/munge/socket,cred_expire=${CLUSTER_CRED_EXPIRE:-5}
		StateSaveLocation=$CLUSTER/state
		SlurmdSpoolDir=$CLUSTER/spool/%n
		# The PMIx plugin keeps its sockets here, under the same name on every node.
		TmpFS=$CLUSTER/spool/%n
		SlurmctldPidFile=$CLUSTER/slurmctld.pid
		SlurmdPidFile=$CLUSTER/%n.pid
		SlurmctldLogFile=$TEST_DIR/log/slurmctld.log
		SlurmdLogFile=$TEST_DIR/log/%n.log
		PlugStackConfig=/dev/null
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		ReturnToService=2
		PropagateResourceLimits=NONE
		KillWait=4
		MinJobAge=3600
		OverTimeLimit=0
		SlurmdTimeout=6
		MessageTimeout=3
		InactiveLimit=0
		UnkillableStepTimeout=20
		SchedulerType=sched/builtin
		SchedulerParameters=batch_sched_delay=0,sched_interval=1
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SlurmdParameters=config_overrides
		PreemptType=preempt/partition_prio
		PreemptMode=REQUEUE
		PartitionName=main Nodes=ALL Default=YES PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE
		PartitionName=spare Nodes=ALL PriorityTier=1 PreemptMode=REQUEUE GraceTime=4
		NodeName=node[1-$1] CPUs=16 RealMemory=1000
	END
}

slurm_idle() { # NODES
	[ "$(sinfo -h -N -p main -t idle -o %N | wc -l)" -eq "$1" ]
}

# Starts node1 ... with SLURM; jobs that these start find it by SLURM_CONF.
slurm_up() { # NODES
	local number
	export SLURM_CONF=$CLUSTER/slurm.conf
	slurm_conf "$1" >$SLURM_CONF
	(umask 077 && head -c 128 /dev/urandom >$CLUSTER/munge/key)
	munged --force --key-file=$CLUSTER/munge/key --socket=$CLUSTER/munge/socket \
		--pid-file=$CLUSTER/munge/pid --log-file="$TEST_DIR/log/munged.log" \
		--seed-file=$CLUSTER/munge/seed --num-threads=2
	slurmctld
	for ((number = 1; number <= $1; number++)); do slurm_node_up "$number"; done
	patiently 30 slurm_idle "$1" && return
	tail -n 5 "$TEST_DIR"/log/* | sed 's/^/# /'
	return 1
}
slurm_node_up() { # NUMBER
	mkdir -p "$CLUSTER/spool/node$1"
	rm -rf "$CLUSTER/spool/node$1"/*pmix*
	node_up "$1" slurmd -D -N "node$1"
}
