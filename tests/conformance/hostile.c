/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "hostile.h"

#include "signals.h"

#include <math.h>

/* One frame of full scale every 20 ms over silence. */
static void
impulses (lqg_planes *p, double rate)
{
  const size_t period = (size_t)(rate / 48.7);

  for (unsigned c = 0; c < p->channels; c++)
    for (size_t i = 100 + 37 * c; i < p->frames; i += period)
      p->ch[c][i] = (i / period) % 3 ? 1.0f : -1.0f;
}

/* The same, seldom and over music at −30 dB. */
static void
clicks (lqg_planes *p, double rate)
{
  const size_t period = (size_t)(rate * 0.37);

  for (unsigned c = 0; c < p->channels; c++) {
    lqs_programme (p->ch[c], p->frames, rate, 2 + c);
    for (size_t i = 0; i < p->frames; i++)
      p->ch[c][i] = 0.3f * p->ch[c][i] + (i % period == 50 * (c + 1) ? 1.0f : 0.0f);
  }
}

/* From full scale to full scale, without a bandlimit. */
static void
square (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++)
    for (size_t i = 0; i < p->frames; i++)
      p->ch[c][i] = fmod ((double)i * 441.0 / rate, 1.0) < 0.5 ? 1.0f : -1.0f;
}

/* Loud for `on` of every `period`, else `quiet` times as loud. */
static void
gate (lqg_planes *p, double rate, double on, double period, float quiet)
{
  for (unsigned c = 0; c < p->channels; c++)
    for (size_t i = 0; i < p->frames; i++)
      if (fmod ((double)i / rate, period) >= on)
        p->ch[c][i] *= quiet;
}

static void
square_bursts (lqg_planes *p, double rate)
{
  square (p, rate);
  gate (p, rate, 0.012, 0.2, 0.03f);
}

/* A sine of a quarter of the rate: 3 dB above its samples. */
static void
quarter (lqg_planes *p, double rate)
{
  (void)rate;
  for (unsigned c = 0; c < p->channels; c++)
    for (size_t i = 0; i < p->frames; i++)
      p->ch[c][i] = (float)sin (M_PI / 2.0 * (double)i + M_PI / 4.0);
}

static void
quarter_bursts (lqg_planes *p, double rate)
{
  quarter (p, rate);
  gate (p, rate, 0.008, 0.25, 0.04f);
}

/* RMS of +6 dB: peaks of 17. */
static void
band_noise (lqg_planes *p, double rate)
{
  (void)rate;
  for (unsigned c = 0; c < p->channels; c++)
    lqs_band_noise (p->ch[c], p->frames, 0.45, 1.9953, 7 + c);
}

/* Loud passages and silence, 40 LU apart. */
static void
noise_and_silence (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++)
    lqs_noise (p->ch[c], p->frames, 1.0, 11 + c);
  gate (p, rate, 0.13, 1.9, 0.01f);
}

static void
one_click (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++)
    p->ch[c][(size_t)(2.0 * rate)] = 0.5f;
}

/* Loud enough to be measured as it is: a millisecond of a quarter of the rate. */
static void
loud_click (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++)
    for (int k = 0; k < 40; k++)
      p->ch[c][(size_t)(2.0 * rate) + (size_t)k] = k / 2 % 2 ? 8.0f : -8.0f;
}

/* A bass that the limiter follows slowly, under the snare that it follows fast. */
static void
bass_and_snare (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++) {
    lqs_noise (p->ch[c], p->frames, 0.9, 5 + c);
    for (size_t i = 0; i < p->frames; i++) {
      const double t = fmod ((double)i / rate, 0.5);
      p->ch[c][i] = (float)(p->ch[c][i] * exp (-t * 40.0) +
                            0.4 * sin (2.0 * M_PI * 41.0 * (double)i / rate));
    }
  }
}

/* 5.1: another programme in each channel, clicks in the centre, a loud LFE that doesn't count. */
static void
surround (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++)
    lqs_programme (p->ch[c], p->frames, rate, 20 + c);
  lqs_sine (p->ch[3], p->frames, rate, 40.0, 1.0, 0.0, 0);
  for (size_t i = 1000; i < p->frames; i += 9973)
    p->ch[2][i] += 1.0f;
}

/* 5.1 with peaks behind only. */
static void
surround_bursts (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++)
    lqs_band_noise (p->ch[c], p->frames, 0.4, c < 4 ? 0.02 : 0.3, 30 + c);
  gate (p, rate, 0.02, 0.3, 0.1f);
}

/* No target here pushes it into the ceiling. */
static void
plain (lqg_planes *p, double rate)
{
  for (unsigned c = 0; c < p->channels; c++)
    lqs_sine (p->ch[c], p->frames, rate, 330.0 + 10.0 * c, 0.05, c, 0);
}

const lqc_hostile lqc_hostiles[] = {
  { "impulses over silence", 2, 5, impulses },
  { "clicks over music", 2, 5, clicks },
  { "square, full scale", 2, 3, square },
  { "square in bursts", 2, 5, square_bursts },
  { "a quarter of the rate, 45°", 2, 3, quarter },
  { "the same in bursts", 2, 5, quarter_bursts },
  { "noise to 0.45 of the rate, +6 dB", 2, 4, band_noise },
  { "noise and silence", 2, 8, noise_and_silence },
  { "silence with one click", 2, 5, one_click },
  { "silence with a click of +18 dB", 2, 5, loud_click },
  { "bass and snare", 2, 6, bass_and_snare },
  { "5.1, clicks in the centre", 6, 4, surround },
  { "5.1, bursts behind", 6, 4, surround_bursts },
  { "a plain tone", 2, 4, plain },
  { NULL, 0, 0, NULL },
};
