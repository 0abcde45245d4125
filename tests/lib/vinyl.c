/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "vinyl.h"

#include "measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

/* Of a block, s: what comes before its first frame that counts, of which the beginning fades in, and
 * what fades out behind its last. */
#define LEAD_S 0.4
#define FADE_S 0.05

enum { VELOCITY, ACCELERATION, SWING, KINDS };

struct block {
  const lqv_lathe *lathe;
  const float *l, *r;
  size_t frames, size, lead, fade, counts; /* of the signal, of the block */
  unsigned factor;
  double complex *spectrum, *fine;
};

static double complex
riaa (double hz)
{
  const double complex s = I * 2.0 * PI * hz;

  return (1.0 + s * 3180e-6) * (1.0 + s * 75e-6) / (1.0 + s * 318e-6);
}

double complex
lqv_riaa (double hz)
{
  return riaa (hz) / cabs (riaa (1000.0));
}

double complex
lqv_swing (double hz)
{
  const double complex s = I * 2.0 * PI * hz;
  const double w = 2.0 * PI * 20.0;

  return lqv_riaa (hz) * s * s / ((s + w) * (s * s + s * w + w * w));
}

/* In units of an orthonormal wall: cm/s, g, µm. */
static double complex
response (int kind, double hz)
{
  return kind == VELOCITY       ? lqv_riaa (hz)
         : kind == ACCELERATION ? lqv_riaa (hz) * I * 2.0 * PI * hz / 980.665
                                : lqv_swing (hz) * 1e4;
}

/* Frame i of the block, faded: left + j·right in cm/s at 0 Hz. */
static double complex
taken (const struct block *b, size_t begin, size_t i)
{
  const double k = b->lathe->reference_velocity / sqrt (2.0) /
                   pow (10.0, b->lathe->reference_level_db / 20.0);
  const long at = (long)(begin + i) - (long)b->lead;
  const size_t end = b->size - 1 - i, edge = i < end ? i : end;
  const double gain = edge < b->fade ? 0.5 - 0.5 * cos (PI * edge / b->fade) : 1.0;

  if (at < 0 || (size_t)at >= b->frames)
    return 0.0;
  return k * gain * (b->l[at] + I * (double)b->r[at]);
}

static float
larger (float a, double b)
{
  return fabs (b) > a ? (float)fabs (b) : a;
}

/* What one point has, left and right wall. */
static void
note (lqv_frame *f, int kind, double left, double right)
{
  const double lateral = (left + right) / sqrt (2.0), vertical = (left - right) / sqrt (2.0);

  if (kind == VELOCITY) {
    f->velocity = larger (f->velocity, lateral);
  } else if (kind == ACCELERATION) {
    f->acceleration = larger (larger (f->acceleration, left), right);
  } else {
    f->lateral = larger (f->lateral, lateral);
    f->vertical = larger (f->vertical, vertical);
    f->inward = larger (f->inward, fmax (vertical + lateral, 0.0));
    f->outward = larger (f->outward, fmax (vertical - lateral, 0.0));
    f->deep = larger (f->deep, fmax (vertical, 0.0));
    f->shallow = larger (f->shallow, fmax (-vertical, 0.0));
  }
}

static void
measure_block (const struct block *b, size_t begin, lqv_frame *out)
{
  const size_t size = b->size, fine = size * b->factor;

  for (size_t i = 0; i < size; i++)
    b->spectrum[i] = taken (b, begin, i);
  lqm_fft (b->spectrum, size);
  for (int kind = 0; kind < KINDS; kind++) {
    memset (b->fine, 0, fine * sizeof *b->fine);
    /* The inverse transform is the conjugate of that of the conjugate. */
    for (size_t i = 0; i < size; i++) {
      const double hz = (i <= size / 2 ? (double)i : (double)i - size) * b->lathe->rate / size;
      if (i != size / 2)
        b->fine[i < size / 2 ? i : fine - (size - i)] =
            conj (b->spectrum[i] * response (kind, hz)) / size;
    }
    lqm_fft (b->fine, fine);
    for (size_t i = 0; i < b->counts && begin + i < b->frames; i++)
      for (unsigned m = 0; m < b->factor; m++) {
        const double complex y = conj (b->fine[(b->lead + i) * b->factor + m]);
        note (out + begin + i, kind, creal (y), cimag (y));
      }
  }
}

void
lqv_measure (const lqv_lathe *lathe, const float *l, const float *r, size_t frames,
    unsigned factor, lqv_frame *out)
{
  struct block b = { lathe, l, r, frames, 1, (size_t)(LEAD_S * lathe->rate),
    (size_t)(FADE_S * lathe->rate), 0, factor, NULL, NULL };

  while (b.size < lathe->rate)
    b.size *= 2;
  b.counts = b.size - b.lead - b.fade;
  b.spectrum = malloc (b.size * sizeof *b.spectrum);
  b.fine = malloc (b.size * factor * sizeof *b.fine);
  if (!b.spectrum || !b.fine)
    abort ();
  memset (out, 0, frames * sizeof *out);
  for (size_t begin = 0; begin < frames; begin += b.counts)
    measure_block (&b, begin, out);
  free (b.spectrum);
  free (b.fine);
}

lqv_frame
lqv_largest (const lqv_frame *frame, size_t frames)
{
  lqv_frame f = { 0 };

  for (size_t i = 0; i < frames; i++) {
    f.velocity = larger (f.velocity, frame[i].velocity);
    f.acceleration = larger (f.acceleration, frame[i].acceleration);
    f.lateral = larger (f.lateral, frame[i].lateral);
    f.vertical = larger (f.vertical, frame[i].vertical);
    f.inward = larger (f.inward, frame[i].inward);
    f.outward = larger (f.outward, frame[i].outward);
    f.deep = larger (f.deep, frame[i].deep);
    f.shallow = larger (f.shallow, frame[i].shallow);
  }
  return f;
}
