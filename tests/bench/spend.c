/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* spend CPU FD PROGRAM ARGUMENT…: runs a program on one core and writes what it cost to the file
 * descriptor FD, as "status user_us system_us peak_rss_kib". A small parent of its own, because
 * Linux hands a parent's peak memory down through exec: under a Python parent no figure below
 * Python's own could be seen. */

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

/* Where it is allowed, other work gets in the way less; both sides of a pair have it. */
#define NICENESS (-10)

static void
become (int cpu, int fd, char **argv)
{
  cpu_set_t set;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  CPU_ZERO (&set);
  CPU_SET (cpu, &set);
  if (sched_setaffinity (0, sizeof set, &set) != 0) {
    perror ("spend: sched_setaffinity");
    _exit (126);
  }
  (void)!setpriority (PRIO_PROCESS, 0, NICENESS);
  execvp (argv[0], argv);
  perror (argv[0]);
  _exit (127);
}

static long long
microseconds (struct timeval t)
{
  return t.tv_sec * 1000000ll + t.tv_usec;
}

int
main (int argc, char **argv)
{
  struct rusage used;
  int status;
  pid_t child;

  if (argc < 4) {
    fputs ("spend CPU FD PROGRAM ARGUMENT…\n", stderr);
    return 2;
  }
  /* Whoever stops this stops the program too. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  child = fork ();
  if (child == 0)
    become (atoi (argv[1]), atoi (argv[2]), argv + 3);
  if (child < 0 || wait4 (child, &status, 0, &used) != child) {
    perror ("spend");
    return 1;
  }
  status = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  dprintf (atoi (argv[2]), "%d %lld %lld %ld\n", status, microseconds (used.ru_utime),
      microseconds (used.ru_stime), used.ru_maxrss);
  return 0;
}
