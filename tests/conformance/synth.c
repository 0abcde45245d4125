/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "synth.h"

#include "lqtest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The low-pass of a splice: −6 dB at 0.48 of the output's rate. */
#define LOWPASS_TAPS 1025
#define LOWPASS_CUTOFF (0.125 * 0.96)
#define LOWPASS_BETA 10.0

bool
lqc_open (lqc_cases *cases, const char *path)
{
  char line[LQC_FIELD];

  cases->file = fopen (path, "r");
  return CHECK (cases->file && fgets (line, sizeof line, cases->file), "no %s", path);
}

/* The next field of a line of CSV; quotes are taken off. */
static char *
field (char **at)
{
  char *from = *at, *end;

  if (*from == '"') {
    end = strchr (++from, '"');
    *at = end + 2;
  } else {
    end = from + strcspn (from, ",\r\n");
    *at = end + (*end != '\0');
  }
  *end = '\0';
  return from;
}

bool
lqc_next (lqc_cases *cases, lqc_case *out)
{
  static char line[2 * LQC_FIELD];
  char *at = line;

  if (!fgets (line, sizeof line, cases->file)) {
    fclose (cases->file);
    return false;
  }
  field (&at);
  snprintf (out->name, sizeof out->name, "%s", field (&at));
  snprintf (out->metric, sizeof out->metric, "%s", field (&at));
  out->expected = atof (field (&at));
  out->minus = atof (field (&at));
  out->plus = atof (field (&at));
  field (&at);
  field (&at);
  out->channels = (unsigned)atoi (field (&at));
  snprintf (out->synth, sizeof out->synth, "%s", field (&at));
  return true;
}

/* The number of `key`=…, where fs/N is a share of the rate; 0 where there is none. */
static double
number (const char *synth, const char *key, double rate)
{
  char pattern[16];
  const char *at;

  snprintf (pattern, sizeof pattern, " %s=", key);
  at = strstr (synth, pattern);
  if (!at)
    return 0.0;
  at += strlen (pattern);
  return strncmp (at, "fs/", 3) == 0 ? rate / atof (at + 3) : atof (at);
}

static double
level (const char *text)
{
  return strncmp (text, "sil", 3) == 0 ? 0.0 : pow (10.0, atof (text) / 20.0);
}

static lqg_planes
tone (const char *synth, double rate)
{
  const char *segments = strrchr (synth, ' ') + 1;
  const double step = 2.0 * M_PI * number (synth, "f", rate) / rate;
  size_t frames = 0, n = 0;
  lqg_planes p;

  for (const char *at = segments - 1; at; at = strchr (at + 1, ';'))
    frames += (size_t)lround (atof (at + 1) * rate);
  p = lqg_new (1, frames);
  for (const char *at = segments - 1; at; at = strchr (at + 1, ';')) {
    const size_t end = n + (size_t)lround (atof (at + 1) * rate);
    const double amplitude = level (strchr (at + 1, '@') + 1);
    for (; n < end; n++)
      p.ch[0][n] = amplitude > 0.0 ? (float)(amplitude * sin (step * (double)n)) : 0.0f;
  }
  return p;
}

static lqg_planes
multi (const char *synth, double rate)
{
  const char *segment = strrchr (synth, ' ') + 1;
  const double step = 2.0 * M_PI * number (synth, "f", rate) / rate;
  double amplitudes[LQG_CHANNELS_MAX];
  unsigned channels = 0;
  lqg_planes p;

  for (const char *at = strchr (segment, '@'); at; at = strchr (at + 1, ','))
    amplitudes[channels++] = level (at + 1);
  p = lqg_new (channels, (size_t)lround (atof (segment) * rate));
  for (unsigned c = 0; c < channels; c++)
    for (size_t n = 0; n < p.frames; n++)
      p.ch[c][n] = (float)(amplitudes[c] * sin (step * (double)n));
  return p;
}

static double
fade (size_t n, size_t frames, size_t length)
{
  const size_t edge = n < frames - 1 - n ? n : frames - 1 - n;

  return edge < length ? (double)edge / (double)length : 1.0;
}

static lqg_planes
sine (const char *synth, double rate)
{
  const double step = 2.0 * M_PI * number (synth, "f", rate) / rate;
  const double phase = number (synth, "ph", rate) * M_PI / 180.0;
  const double amplitude = number (synth, "a", rate);
  const size_t length = (size_t)lround (number (synth, "fade", rate) * rate);
  lqg_planes p = lqg_new (1, (size_t)lround (number (synth, "dur", rate) * rate));

  for (size_t n = 0; n < p.frames; n++)
    p.ch[0][n] =
        (float)(amplitude * sin (step * (double)n + phase) * fade (n, p.frames, length));
  return p;
}

static double
bessel_i0 (double x)
{
  double term = 1.0, sum = 1.0;

  for (int k = 1; k < 60; k++) {
    term *= x * x / (4.0 * k * k);
    sum += term;
  }
  return sum;
}

static void
design_lowpass (double h[LOWPASS_TAPS])
{
  for (int i = 0; i < LOWPASS_TAPS; i++) {
    const double m = i - (LOWPASS_TAPS - 1) / 2, edge = 2.0 * m / (LOWPASS_TAPS - 1);
    const double arg = 2.0 * M_PI * LOWPASS_CUTOFF * m;
    const double sinc = m == 0.0 ? 1.0 : sin (arg) / arg;
    h[i] = 2.0 * LOWPASS_CUTOFF * sinc * bessel_i0 (LOWPASS_BETA * sqrt (1.0 - edge * edge)) /
           bessel_i0 (LOWPASS_BETA);
  }
}

/* Σ h[k]·x[k], in four sums side by side. */
static double
product (const double *h, const double *x)
{
  double s[4] = { 0 };

  for (int k = 0; k + 4 <= LOWPASS_TAPS; k += 4)
    for (int j = 0; j < 4; j++)
      s[j] += h[k + j] * x[k + j];
  return s[0] + s[1] + s[2] + s[3] + h[LOWPASS_TAPS - 1] * x[LOWPASS_TAPS - 1];
}

static lqg_planes
splice (const char *synth, double rate)
{
  const size_t frames = 4 * (size_t)lround (number (synth, "dur", rate) * rate);
  const size_t base = (size_t)lround (4.0 * rate / number (synth, "base", rate));
  const size_t burst = (size_t)lround (4.0 * rate / number (synth, "burst", rate));
  const size_t begin = frames / 2 / base * base, half = (LOWPASS_TAPS - 1) / 2;
  const size_t length = (size_t)lround (number (synth, "fade", rate) * 4.0 * rate);
  const double a = number (synth, "a", rate), b = number (synth, "b", rate);
  double *x = calloc (frames + 2 * half, sizeof (double)), h[LOWPASS_TAPS];
  lqg_planes p = lqg_new (1, frames / 4);

  design_lowpass (h);
  for (size_t n = 0; n < frames; n++) {
    const bool in = n >= begin && n < begin + burst;
    const size_t k = in ? n - begin : n < begin ? n : n - burst;
    x[half + n] = (in ? b : a) * sin (2.0 * M_PI * (double)k / (double)(in ? burst : base)) *
                  fade (n, frames, length);
  }
  for (size_t n = 0; n < p.frames; n++)
    p.ch[0][n] = (float)product (h, x + 4 * n + (size_t)number (synth, "offset", rate));
  free (x);
  return p;
}

lqg_planes
lqc_synth (const char *synth, double rate)
{
  if (strncmp (synth, "tone ", 5) == 0)
    return tone (synth, rate);
  if (strncmp (synth, "multi ", 6) == 0)
    return multi (synth, rate);
  if (strncmp (synth, "sine ", 5) == 0)
    return sine (synth, rate);
  if (strncmp (synth, "splice ", 7) == 0)
    return splice (synth, rate);
  return lqg_new (1, 0);
}
