/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* spend CPU[,CPU…] FD PROGRAM ARGUMENT…: runs a program on these cores and writes what it cost to the
 * file descriptor FD, as "status user_us system_us peak_rss_kib wall_us". A small parent of its own, because
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
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

/* Where it is allowed, other work gets in the way less; both sides of a pair have it. */
#define NICENESS (-10)

static void
become (const char *cpus, int fd, char **argv)
{
  cpu_set_t set;
  char *end;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  CPU_ZERO (&set);
  for (CPU_SET (strtol (cpus, &end, 10), &set); *end == ',';)
    CPU_SET (strtol (end + 1, &end, 10), &set);
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

static long long
now_us (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

int
main (int argc, char **argv)
{
  struct rusage used;
  long long wall_us;
  int status;
  pid_t child;

  if (argc < 4) {
    fputs ("spend CPU[,CPU…] FD PROGRAM ARGUMENT…\n", stderr);
    return 2;
  }
  /* Whoever stops this stops the program too. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  wall_us = now_us ();
  child = fork ();
  if (child == 0)
    become (argv[1], atoi (argv[2]), argv + 3);
  if (child < 0 || wait4 (child, &status, 0, &used) != child) {
    perror ("spend");
    return 1;
  }
  wall_us = now_us () - wall_us;
  status = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  dprintf (atoi (argv[2]), "%d %lld %lld %ld %lld\n", status, microseconds (used.ru_utime),
      microseconds (used.ru_stime), used.ru_maxrss, wall_us);
  return 0;
}
