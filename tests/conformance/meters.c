/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "meters.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

lq_stream
lqc_stream (double rate, unsigned channels)
{
  static const uint8_t five[] = { LQ_POS_LEFT, LQ_POS_RIGHT, LQ_POS_CENTER, LQ_POS_SIDE,
    LQ_POS_SIDE };
  static const uint8_t six[] = { LQ_POS_LEFT, LQ_POS_RIGHT, LQ_POS_CENTER, LQ_POS_LFE,
    LQ_POS_SIDE, LQ_POS_SIDE };
  lq_stream s = { .rate = rate, .channels = channels, .out_channels = channels };

  if (channels == 1)
    s.position[0] = LQ_POS_MONO;
  if (channels == 2)
    memcpy (s.position, five, 2);
  if (channels == 5)
    memcpy (s.position, five, 5);
  if (channels == 6)
    memcpy (s.position, six, 6);
  return s;
}

void
lqc_meters_new (lqc_meters *m, const lq_stream *stream)
{
  memset (m, 0xa5, sizeof *m);
  m->stream = *stream;
  lq_arena_init (&m->arena);
  if (!lq_loudness_prepare (&m->loudness, stream, &m->arena) ||
      !lq_truepeak_prepare (&m->truepeak, stream, &m->arena))
    abort ();
}

void
lqc_meters_free (lqc_meters *m)
{
  lq_arena_free (&m->arena);
}

void
lqc_meters_run (lqc_meters *m, const lqg_planes *planes,
    void (*look) (lqc_meters *m, double seconds, void *data), void *data)
{
  const float *at[LQG_CHANNELS_MAX];
  const double rate = m->stream.rate;
  size_t done = 0, end;

  for (unsigned step = 1; done < planes->frames; step++, done = end) {
    end = (size_t)lround (step * rate / 100.0);
    end = end < planes->frames ? end : planes->frames;
    for (uint32_t c = 0; c < m->stream.channels; c++)
      at[c] = planes->ch[planes->channels == 1 ? 0 : c] + done;
    lq_loudness_process (&m->loudness, at, (uint32_t)(end - done));
    lq_truepeak_process (&m->truepeak, at, (uint32_t)(end - done));
    if (look)
      look (m, step / 100.0, data);
  }
  lq_truepeak_finish (&m->truepeak);
}

double
lqc_db (double magnitude)
{
  return 20.0 * log10 (magnitude);
}

double
lqc_k_power (double hz)
{
  static const double b[2][3] = { { 1.53512485958697, -2.69169618940638, 1.19839281085285 },
    { 1.0, -2.0, 1.0 } };
  static const double a[2][3] = { { 1.0, -1.69065929318241, 0.73248077421585 },
    { 1.0, -1.99004745483398, 0.99007225036621 } };
  const double complex z = cexp (-I * 2.0 * M_PI * hz / 48000.0);
  double complex h = 1.0;

  for (int i = 0; i < 2; i++)
    h *= (b[i][0] + z * (b[i][1] + z * b[i][2])) / (a[i][0] + z * (a[i][1] + z * a[i][2]));
  return creal (h * conj (h));
}

double
lqc_sine_loudness (double hz, double weighted_amplitude_squares)
{
  return -0.691 + 10.0 * log10 (weighted_amplitude_squares / 2.0 * lqc_k_power (hz));
}
