/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* groove-of RATE START_MM END_MM RPM STYLUS_UM: the groove of two channels of 32-bit floats on standard input, by
 * the tests' own model: the largest lateral velocity (cm/s), that against the groove's speed, lateral and
 * vertical displacement (µm), acceleration (g) and curvature, in one line. The radius goes evenly from START to END;
 * the lathe is that of vinylsafe's defaults. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "vinyl.h"

#define G 980.665
#define FACTOR 8
#define PI 3.14159265358979323846

struct stereo {
  float *c[2];
  size_t frames, room;
};

static int
take (struct stereo *s)
{
  float both[2];

  while (fread (both, sizeof both, 1, stdin) == 1) {
    if (s->frames == s->room) {
      s->room = 2 * s->room + 65536;
      for (int c = 0; c < 2; c++)
        s->c[c] = realloc (s->c[c], s->room * sizeof *s->c[c]);
      if (!s->c[0] || !s->c[1])
        return 0;
    }
    for (int c = 0; c < 2; c++)
      s->c[c][s->frames] = both[c];
    s->frames++;
  }
  return s->frames > 0;
}

int
main (int argc, char **argv)
{
  struct stereo s = { { NULL, NULL }, 0, 0 };
  lqv_lathe lathe = { 0.0, 7.0, -12.0 };
  lqv_frame *frame, top;
  double slope = 0.0, curvature = 0.0;

  if (argc != 6 || !take (&s))
    return 1;
  lathe.rate = atof (argv[1]);
  if (!(frame = malloc (s.frames * sizeof *frame)))
    return 1;
  lqv_measure (&lathe, s.c[0], s.c[1], s.frames, FACTOR, frame);
  for (size_t i = 0; i < s.frames; i++) {
    const double at = (double)i / (double)s.frames;
    const double mm = atof (argv[2]) + (atof (argv[3]) - atof (argv[2])) * at;
    const double speed = 2.0 * PI * mm / 10.0 * atof (argv[4]) / 60.0;
    slope = fmax (slope, frame[i].velocity / speed);
    curvature =
        fmax (curvature, frame[i].acceleration * G * atof (argv[5]) * 1e-4 / speed / speed);
  }
  top = lqv_largest (frame, s.frames);
  printf ("%.3f %.4f %.3f %.3f %.1f %.4f\n", (double)top.velocity, slope, (double)top.lateral,
      (double)top.vertical, (double)top.acceleration, curvature);
  free (frame);
  free (s.c[0]);
  free (s.c[1]);
  return 0;
}
