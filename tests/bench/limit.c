/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* limit [--write FILE] DRIVE WHO [SETTING…]: interleaved stereo floats at 48 kHz from standard input,
 * DRIVE dB louder, in blocks of 1024 frames through a limiter. WHO:
 *   copy              none: what the others cost beside it
 *   ours CEILING      this core's, CEILING in dB
 *   maximizer CEILING [STYLE]  the one of masterchain, STYLE by number
 *   URI SYMBOL=VALUE  an LV2 plugin's, other controls at their defaults
 * The result goes to FILE, as many frames as came in: what the limiter still holds at the end is
 * lost, as in a host. Tells "latency FRAMES" on standard error, -1 where the limiter states none. */

#include "limit.h"

#include "base/fpu.h"
#include "lqorc.h"
#include "processors/limiter.h"
#include "processors/maximizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum who { COPY, OURS, MAXIMIZER, PEER };

struct job {
  enum who who;
  float drive;
  FILE *write;
  lq_limiter ours;
  lq_maximizer maximizer;
  lq_arena arena;
  limiter *peer;
};

static float block[2 * LIMIT_FRAMES];
static _Alignas(64) float planes[2][LIMIT_FRAMES];

#ifndef LQ_HAVE_LILV
limiter *
limiter_lv2_new (const char *uri, char **words, int count)
{
  (void)words;
  (void)count;
  fprintf (stderr, "limit: error: %s: built without liblilv-dev\n", uri);
  return NULL;
}

void
limiter_lv2_free (limiter *l)
{
  (void)l;
}

void
limiter_lv2_run (limiter *l, float *const in[2], const float *out[2], uint32_t frames)
{
  (void)l;
  (void)frames;
  memcpy (out, in, 2 * sizeof *out);
}

int
limiter_lv2_latency (const limiter *l)
{
  (void)l;
  return -1;
}
#endif

/* Frames read, fewer than LIMIT_FRAMES at the end only. */
static uint32_t
fill (void)
{
  char *at = (char *)block;
  size_t have = 0;

  while (have < sizeof block) {
    ssize_t n = read (STDIN_FILENO, at + have, sizeof block - have);
    if (n <= 0)
      break;
    have += (size_t)n;
  }
  return (uint32_t)(have / (2 * sizeof (float)));
}

static bool
start_ours (struct job *job, double ceiling_db)
{
  const lq_stream stream = { .rate = LIMIT_RATE, .channels = 2, .out_channels = 2 };

  lq_orc_init ();
  lq_arena_init (&job->arena);
  if (!lq_limiter_prepare (&job->ours, &stream, &job->arena))
    return false;
  lq_limiter_set (&job->ours, &(struct lq_limiter_params){ 1, (float)ceiling_db });
  lq_limiter_reset (&job->ours);
  return true;
}

static bool
start_maximizer (struct job *job, double ceiling_db, int32_t style)
{
  const lq_stream stream = { .rate = LIMIT_RATE, .channels = 2, .out_channels = 2 };
  const struct lq_maximizer_params p = { .enabled = 1,
    .ceiling_db = (float)ceiling_db,
    .true_peak = 1,
    .style = style,
    .release_ms = 100.0f,
    .auto_release = 1,
    .lookahead_ms = 2.0f,
    .link_transient_percent = 100.0f,
    .link_release_percent = 100.0f };

  lq_orc_init ();
  lq_arena_init (&job->arena);
  return lq_maximizer_prepare (&job->maximizer, &stream, &p, &job->arena);
}

/* What the one that runs states. */
static int
latency (const struct job *job)
{
  if (job->who == OURS)
    return (int)lq_limiter_latency (&job->ours);
  return job->who == MAXIMIZER ? (int)lq_maximizer_latency (&job->maximizer)
                               : limiter_lv2_latency (job->peer);
}

/* Whether WHO and SETTING… name something that runs. */
static bool
start (struct job *job, int argc, char **argv)
{
  if (strcmp (argv[0], "copy") == 0)
    return true;
  if (strcmp (argv[0], "ours") == 0) {
    job->who = OURS;
    return argc == 2 && start_ours (job, atof (argv[1]));
  }
  if (strcmp (argv[0], "maximizer") == 0) {
    job->who = MAXIMIZER;
    return argc >= 2 && argc <= 3 &&
           start_maximizer (job, atof (argv[1]), argc == 3 ? atoi (argv[2]) : 0);
  }
  job->who = PEER;
  job->peer = limiter_lv2_new (argv[0], argv + 1, argc - 1);
  return job->peer;
}

static void
limit (struct job *job, uint32_t frames)
{
  float *const ch[2] = { planes[0], planes[1] };
  const float *out[2] = { planes[0], planes[1] };

  for (uint32_t i = 0; i < frames; i++) {
    planes[0][i] = block[2 * i] * job->drive;
    planes[1][i] = block[2 * i + 1] * job->drive;
  }
  if (job->who == OURS)
    lq_limiter_process (&job->ours, ch, frames);
  if (job->who == MAXIMIZER)
    lq_maximizer_process (&job->maximizer, ch, frames);
  if (job->who == PEER)
    limiter_lv2_run (job->peer, ch, out, frames);
  /* Nothing of it may be left out where nobody reads it. */
  __asm__ volatile("" : : "r"(out[0]), "r"(out[1]) : "memory");
  for (uint32_t i = 0; job->write && i < frames; i++) {
    block[2 * i] = out[0][i];
    block[2 * i + 1] = out[1][i];
  }
}

static int
play (struct job *job)
{
  const uint64_t word = lq_fpu_enter ();
  uint32_t frames;

  while ((frames = fill ()) > 0) {
    limit (job, frames);
    if (job->write && fwrite (block, 2 * sizeof (float), frames, job->write) != frames)
      return 1;
  }
  lq_fpu_leave (word);
  if (job->who != COPY)
    fprintf (stderr, "latency %d\n", latency (job));
  return !job->write || fclose (job->write) == 0 ? 0 : 1;
}

int
main (int argc, char **argv)
{
  struct job job = { 0 };
  int first = 1, code;

  if (argc > 2 && strcmp (argv[1], "--write") == 0) {
    job.write = fopen (argv[2], "wb");
    first = 3;
  }
  if (argc < first + 2 || (first > 1 && !job.write)) {
    fputs ("limit [--write FILE] DRIVE copy|ours|maximizer|URI [SETTING…]\n", stderr);
    return 2;
  }
  job.drive = (float)pow (10.0, atof (argv[first]) / 20.0);
  if (!start (&job, argc - first - 1, argv + first + 1))
    return 1;
  code = play (&job);
  if (job.who == PEER)
    limiter_lv2_free (job.peer);
  if (job.who == OURS)
    lq_arena_free (&job.arena);
  return code;
}
