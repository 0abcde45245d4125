/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints what the reverb's rooms make of an impulse on the left, at 48 kHz, for plots in docs/:
 *   impulse <tab> type <tab> ms <tab> left <tab> right, frame by frame for 120 ms
 *   density <tab> type <tab> ms <tab> normalised echo density, 1 = as dense as noise
 *   decay <tab> type <tab> damping % <tab> Hz <tab> T60 s, in bands of a third of an octave
 * at size 50 %, 1.5 s, diffusion 80 %, modulation and filters at 0. */

#include "base/fpu.h"
#include "lqorc.h"
#include "rooms.h"

#include <math.h>
#include <stdio.h>

#define RATE 48000.0
#define DECAY_S 1.5
#define FRAMES 96000

static void
print_onset (int type)
{
  const rooms_job job = rooms_plain (type, RATE, DECAY_S, 50);
  float **h = rooms_impulse (&job, 1, FRAMES);

  for (int i = 0; i < 0.12 * RATE; i++)
    if (h[0][i] != 0.0f || h[1][i] != 0.0f)
      printf ("impulse\t%s\t%.3f\t%.6f\t%.6f\n", rooms_names[type], 1000.0 * i / RATE,
          (double)h[0][i], (double)h[1][i]);
  for (int ms = 0; ms < 400; ms += 2)
    printf ("density\t%s\t%d\t%.3f\n", rooms_names[type], ms,
        rooms_density (h[0], FRAMES, RATE, (size_t)(ms * RATE / 1000.0)));
  rooms_free (h, 2);
}

static void
print_decay (int type, double percent)
{
  rooms_job job = rooms_plain (type, RATE, DECAY_S, 50);
  float **h;

  job.p.damping_percent = (float)percent;
  h = rooms_impulse (&job, 1, FRAMES);
  for (double hz = 100.0; hz < 17000.0; hz *= cbrt (2.0))
    printf ("decay\t%s\t%g\t%.1f\t%.3f\n", rooms_names[type], percent, hz,
        rooms_t60 (h[0], FRAMES, RATE, hz, 1.0 / 3.0));
  rooms_free (h, 2);
}

int
main (void)
{
  lq_orc_init ();
  lq_fpu_enter ();
  for (int type = 0; type < 4; type++) {
    print_onset (type);
    for (double percent = 0.0; percent <= 80.0; percent += 40.0)
      print_decay (type, percent);
  }
  return 0;
}
