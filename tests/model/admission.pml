/* The protocol of admission, for spin(1): docs/admission.md explains it.
 *
 * Three launches on one host, two of one level and one of another. Each is a
 * supervisor and, once made, an init; a workload is one bit. Supervisors and
 * inits are killed at any point, also while they end. Steps bear the names of
 * the functions in src/admit and src/launch that take them.
 *
 * What is taken from the kernel: a lock lives while any descriptor of its open
 * file description does; an exiting process closes its files first, then its
 * PID namespace is emptied, and only then a pidfd of its init is readable.
 *
 * Broken on purpose, and to be caught: -DRELEASED_AT_LOCK_LOSS, -DNO_PIDFD_WAIT,
 * -DRELEASED_BEFORE_RECORD, -DCLASS_NOT_WRITTEN; and, never coming to an end,
 * -DNEVER_DEAD.
 */
#define N 3
#ifndef KILLS
#define KILLS 2
#endif
#define NOBODY 255
#define Level(i) ((i) == 1)

/* The kernel's side. */
bool supervisor_fd[N];    /* a copy of the claim's descriptor, and its locks */
bool init_fd[N];
bool supervisor_alive[N];
bool namespace_alive[N];  /* false: a pidfd of its init is readable */
bool workload[N];
bool kill_supervisor[N];
bool kill_init[N];
byte admission = NOBODY;  /* who holds the admission lock */
/* The ledger. */
byte class = NOBODY;      /* the level of everybody in it */
bool used[N];             /* the index */
bool init_recorded[N];
/* The channel from supervisor to init. */
bool release[N];

byte ended;  /* launches that have come to their end, in whatever way */

#define Locked(i) (supervisor_fd[i] || init_fd[i])
#define Anybody (used[0] || used[1] || used[2])
#define Clash (workload[1] && (workload[0] || workload[2]))

proctype Init(byte me) {
  {
    /* Init::Run: the channel says to go on, or ends. */
    if
    :: release[me] ->
       /* StartWorkload */
       atomic { workload[me] = true; assert(!Clash) };
       /* Serve: the workload ends, or the supervisor has died; both end it. */
       if
       :: true
       :: !supervisor_alive[me]
       fi
    :: !supervisor_alive[me]
    fi;
    /* EndEverybody, then _exit. */
    workload[me] = false;
    init_fd[me] = false;
    namespace_alive[me] = false
  } unless {
    kill_init[me];
    /* do_exit: files first. The workload still runs. */
    init_fd[me] = false;
    /* zap_pid_ns_processes */
    workload[me] = false;
    namespace_alive[me] = false
  }
}

proctype Supervisor(byte me) {
  byte other;
  byte in_the_way = NOBODY;
  bool company;
  bool refused;
  bool locked;
  {
    skip;
  TryOnce:
    /* Admission::Enter */
    atomic { admission == NOBODY -> admission = me };
    /* TakeCensus: nobody of the ledger's class has anybody in its way. */
    atomic { company = (Anybody && class == Level(me)) };
    /* Who is of another class looks at each record, and Decide sees it as it is
     * counted: twice, with room between for whatever dies meanwhile. */
    do
    :: atomic { company -> break }
    :: atomic {
         !company && other < N ->
         do
         :: other < N && (other == me || !used[other]) -> other++
         :: else -> break
         od;
         if
         :: other == N -> break
         :: else -> locked = Locked(other) /* ReadConsistently: the lock first */
         fi
       };
       atomic {
         if
#ifdef RELEASED_AT_LOCK_LOSS
         :: !locked -> used[other] = false
#else
#ifndef NEVER_DEAD
         :: !locked && !(init_recorded[other] && namespace_alive[other]) ->
            used[other] = false; /* dead */
            init_recorded[other] = false
#endif
#endif
         :: else ->
            if
            :: locked && supervisor_alive[other] -> refused = true
            :: !(locked && supervisor_alive[other]) ->
               in_the_way = other /* FindInTheWay */
            fi
         fi;
         locked = false;
         other++
       }
    :: atomic { !company && other == N -> break }
    od;
    other = 0;
    if
    :: atomic { refused ->
         refused = false;
         in_the_way = NOBODY;
         admission = NOBODY;
         goto TryOnce
       }
#ifdef NO_PIDFD_WAIT
    :: atomic { !refused -> in_the_way = NOBODY }
#else
    :: atomic { !refused && in_the_way != NOBODY -> admission = NOBODY };
       /* Waiting::ForDeath: WaitForExit on the pidfd, if there is one */
       atomic {
         !init_recorded[in_the_way] || !namespace_alive[in_the_way];
         in_the_way = NOBODY;
         goto TryOnce
       }
    :: atomic { !refused && in_the_way == NOBODY }
#endif
    fi;
    /* TakeOver: F_OFD_GETLK over all of the presence file, then the class */
    if
    :: atomic { company -> company = false }
    :: atomic { !company && (Locked(0) || Locked(1) || Locked(2)) ->
         admission = NOBODY;
         goto TryOnce /* Unexplained */
       }
    :: atomic { !company && !(Locked(0) || Locked(1) || Locked(2)) };
#ifndef CLASS_NOT_WRITTEN
       class = Level(me)
#else
       if
       :: atomic { class == NOBODY -> class = Level(me) }
       :: atomic { class != NOBODY }
       fi
#endif
    fi;
    supervisor_fd[me] = true; /* LockSlot */
    used[me] = true;          /* WriteRecord */
    admission = NOBODY;

    /* Spawn: clone3; init has a copy of every descriptor */
    atomic {
      init_fd[me] = true;
      namespace_alive[me] = true;
      run Init(me)
    };
#ifdef RELEASED_BEFORE_RECORD
    release[me] = true;
    init_recorded[me] = true;
#else
    init_recorded[me] = true; /* Claim::RecordInit */
    release[me] = true;       /* MessageKind::kRelease */
#endif
    /* Supervisor::Run: until init's pidfd is readable */
    !namespace_alive[me];
    /* Claim::Release: the record first */
    used[me] = false;
    supervisor_fd[me] = false
  } unless { kill_supervisor[me] };
  /* The end of the process, whichever way. */
  atomic {
    if
    :: admission == me -> admission = NOBODY
    :: else
    fi;
    supervisor_fd[me] = false;
    supervisor_alive[me] = false;
    ended++
  }
}

/* Any supervisor and any init, at any point, KILLS times in all. */
#define KillSupervisor(i) \
  atomic { \
    kills < KILLS && supervisor_alive[i] && !kill_supervisor[i] -> \
    kill_supervisor[i] = true; \
    kills++ \
  }
#define KillInit(i) \
  atomic { \
    kills < KILLS && namespace_alive[i] && !kill_init[i] -> \
    kill_init[i] = true; \
    kills++ \
  }

proctype Killer() {
  byte kills = 0;
end:
  do
  :: KillSupervisor(0)
  :: KillSupervisor(1)
  :: KillSupervisor(2)
  :: KillInit(0)
  :: KillInit(1)
  :: KillInit(2)
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. N - 1) {
      supervisor_alive[i] = true;
      run Supervisor(i)
    };
    run Killer()
  }
}

/* Nobody waits for ever, for the dead, for the lock or for each other; and then
 * nothing is left that would keep anybody out. */
ltl progress {
  <> [] (ended == N && !Locked(0) && !Locked(1) && !Locked(2) &&
         !namespace_alive[0] && !namespace_alive[1] && !namespace_alive[2])
}
