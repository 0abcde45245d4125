/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reverberation against the laws of its rows: decay by Schroeder's integral, echo density by Abel and
 * Huang, spectra and correlations of tails, levels on pink noise. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpu.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "rooms.h"
#include "signals.h"

#define RATE 48000.0
#define TYPES 4
#define SIZES 3

static const double sizes[SIZES] = { 0, 50, 100 };

/* T60 at 1 kHz within 10 %. */
static void
decay (void)
{
  static const double rates[] = { 44100, 48000, 96000 }, decays[] = { 0.4, 1.0, 3.0, 10.0 };
  double worst = 0.0;

  for (int i = 0; i < TYPES * SIZES * 12; i += LQT_ROUNDS (1, 5)) {
    const int type = i / (SIZES * 12), size = i / 12 % SIZES;
    const double rate = rates[i / 4 % 3], want = decays[i % 4];
    const rooms_job job = rooms_plain (type, rate, want, sizes[size]);
    const size_t frames = (size_t)((1.2 * want + 0.3) * rate);
    float **h = rooms_impulse (&job, 1, frames);
    for (int c = 0; c < 2; c++) {
      const double off = rooms_t60 (h[c], frames, rate, 1000, 1) / want - 1.0;
      worst = fmax (worst, fabs (off));
      CHECK (fabs (off) < 0.1, "%s, size %g, %g s at %g: off by %.1f %%", rooms_names[type],
          sizes[size], want, rate, 100.0 * off);
    }
    rooms_free (h, 2);
  }
  lqt_note ("T60 is off by %.1f %% at most", 100.0 * worst);
}

/* T60 at 10 kHz is that at 1 kHz times 10^(−damping/100), within 15 %, from 0.4 s on; and 1 kHz
 * doesn't care. */
static void
damping (void)
{
  static const double cases[][2] = { { 0.4, 0 }, { 0.8, 30 }, { 1.5, 40 }, { 1.5, 57 },
    { 4, 50 }, { 4, 100 }, { 10, 75 }, { 10, 100 } };
  double worst = 0.0;

  for (int i = 0; i < TYPES * SIZES * 8; i += LQT_ROUNDS (1, 5)) {
    const int type = i / (SIZES * 8), size = i / 8 % SIZES;
    const double t = cases[i % 8][0], want = t * pow (10.0, -cases[i % 8][1] / 100.0);
    const size_t frames = (size_t)(1.3 * t * RATE);
    rooms_job job = rooms_plain (type, RATE, t, sizes[size]);
    float **h;
    double high, middle;
    job.p.damping_percent = (float)cases[i % 8][1];
    h = rooms_impulse (&job, 1, frames);
    high = rooms_t60 (h[0], frames, RATE, 10000, 0.25) / want - 1.0;
    middle = rooms_t60 (h[0], frames, RATE, 1000, 1) / t - 1.0;
    worst = fmax (worst, fabs (high));
    CHECK (fabs (high) < 0.15 && fabs (middle) < 0.1,
        "%s, size %g, %g s, damping %g: off by %.1f %% at 10 kHz, %.1f %% at 1 kHz",
        rooms_names[type], sizes[size], t, cases[i % 8][1], 100.0 * high, 100.0 * middle);
    rooms_free (h, 2);
  }
  lqt_note ("T60 at 10 kHz is off by %.1f %% at most", 100.0 * worst);
}

/* |r| < 0.3 between any two outputs, early and late, from one channel or all. */
static void
correlation (void)
{
  static const uint32_t counts[] = { 2, 8 }, masks[] = { 1, 2, 0xff };
  double worst = 0.0;

  for (int i = 0; i < TYPES * SIZES * 6; i++) {
    const int type = i / (SIZES * 6), size = i / 6 % SIZES;
    rooms_job job = rooms_plain (type, RATE, 1.5, sizes[size]);
    float **h;
    job.channels = counts[i % 2];
    h = rooms_impulse (&job, masks[i % 6 / 2], 48000);
    for (uint32_t a = 0; a < job.channels; a++)
      for (uint32_t b = 0; b < a; b++)
        if (a != 3 && b != 3) {
          const double late = fabs (rooms_correlation (h[a], h[b], 4800, 48000)),
                       early = fabs (rooms_correlation (h[a], h[b], 1, 4800));
          worst = fmax (worst, fmax (late, early));
          CHECK (late < 0.3 && early < 0.3, "%s, size %g, from %#x: %u and %u by %.2f and %.2f",
              rooms_names[type], sizes[size], masks[i % 6 / 2], a, b, early, late);
        }
    rooms_free (h, job.channels);
  }
  lqt_note ("the largest of all correlations is %.3f", worst);
}

/* Milliseconds by which echoes have become as dense as noise: 0.9; from there on at least 0.8. */
static void
density (void)
{
  static const uint32_t within_ms[TYPES][SIZES] = { { 30, 45, 80 }, { 55, 95, 150 },
    { 20, 30, 70 }, { 35, 65, 100 } };

  for (int i = 0; i < TYPES * SIZES; i++) {
    const rooms_job job = rooms_plain (i / SIZES, RATE, 1.5, sizes[i % SIZES]);
    float **h = rooms_impulse (&job, 1, 48000);
    const uint32_t by = within_ms[i / SIZES][i % SIZES];
    uint32_t dense = 0;
    double least = 2.0;
    while (dense < 500 && rooms_density (h[0], 48000, RATE, dense * 48) < 0.9)
      dense++;
    for (uint32_t ms = dense; ms < 600; ms++)
      least = fmin (least, rooms_density (h[0], 48000, RATE, ms * 48));
    CHECK (dense <= by && least > 0.8, "%s, size %g: at %u ms, later down to %.2f",
        rooms_names[i / SIZES], sizes[i % SIZES], dense, least);
    rooms_free (h, 2);
  }
}

#define RING_FFT 16384

/* How far a mode stands above the third of an octave around it, dB, at 6 Hz of resolution, in the
 * tail from 0.5 to 6 s, whose decay is taken out. */
static double
ringing (const float *h, double decay_s, double *at_hz)
{
  static double power[RING_FFT / 2];
  static double complex x[RING_FFT];
  double worst = 0.0;

  memset (power, 0, sizeof power);
  for (size_t s = (size_t)(0.5 * RATE); s + RING_FFT < 6 * RATE; s += RING_FFT / 2) {
    for (size_t i = 0; i < RING_FFT; i++)
      x[i] = h[s + i] * pow (10.0, 3.0 * (double)(s + i) / RATE / decay_s) *
             (0.5 - 0.5 * cos (2.0 * M_PI * (double)i / RING_FFT));
    lqm_fft (x, RING_FFT);
    for (size_t k = 0; k < RING_FFT / 2; k++)
      power[k] += creal (x[k] * conj (x[k]));
  }
  for (size_t k = (size_t)(150 * RING_FFT / RATE); k < 12000 * RING_FFT / RATE; k++) {
    const size_t first = (size_t)((double)k / 1.1225), last = (size_t)((double)k * 1.1225);
    double mean = 0.0;
    for (size_t i = first; i <= last; i++)
      mean += power[i] / (double)(last - first + 1);
    if (10.0 * log10 (power[k] / mean) > worst) {
      worst = 10.0 * log10 (power[k] / mean);
      *at_hz = (double)k * RATE / RING_FFT;
    }
  }
  return worst;
}

/* As modulation is by default; at size 0 a decay of 10 s is told, not judged. */
static void
modes (void)
{
  for (int i = 0; i < TYPES * SIZES; i++) {
    rooms_job job = rooms_plain (i / SIZES, RATE, 10.0, sizes[i % SIZES]);
    double hz = 0.0, worst;
    float **h;
    job.p.modulation_percent = 20;
    h = rooms_impulse (&job, 1, (size_t)(6 * RATE));
    worst = ringing (h[0], 10.0, &hz);
    CHECK (worst < 10.0 || i % SIZES == 0, "%s, size %g: %.1f dB at %.0f Hz",
        rooms_names[i / SIZES], sizes[i % SIZES], worst, hz);
    if (i % SIZES == 0)
      lqt_note ("%s, size 0: %.1f dB at %.0f Hz", rooms_names[i / SIZES], worst, hz);
    rooms_free (h, 2);
  }
}

/* Once the input is over each half second of all channels is quieter than the one before. */
static void
never_rises (void)
{
  static const double decays[] = { 0.3, 2, 20 };
  static const size_t frames = 6 * 48000;

  for (int i = 0; i < TYPES * 3 * 2; i++) {
    rooms_job job = rooms_plain (i / 6, RATE, decays[i / 2 % 3], i % 2 ? 0 : 80);
    float *x[ROOMS_PLANES];
    double before = INFINITY;
    job.channels = ROOMS_PLANES;
    job.p.modulation_percent = 100;
    job.p.damping_percent = 40;
    for (uint32_t c = 0; c < ROOMS_PLANES; c++) {
      x[c] = calloc (frames, sizeof (float));
      lqs_noise (x[c], 48000, 0.5, c + 1);
    }
    rooms_run (&job, x, frames);
    for (size_t first = 48000 + 4800; first + 24000 <= frames; first += 24000) {
      double energy = 0.0;
      for (uint32_t c = 0; c < ROOMS_PLANES; c++)
        energy += c == 3 ? 0.0 : pow (lqm_rms (x[c] + first, 24000), 2.0);
      CHECK (energy < before || energy < 1e-20, "%s, %g s: %.2f dB more at %.1f s",
          rooms_names[i / 6], decays[i / 2 % 3], 10.0 * log10 (energy / before),
          (double)first / RATE - 1.0);
      before = energy;
    }
    for (uint32_t c = 0; c < ROOMS_PLANES; c++)
      free (x[c]);
  }
}

/* A unit by itself, for what it declares. */
static uint32_t
declared_tail (const rooms_job *job)
{
  const lq_stream stream = { .rate = job->rate, .channels = 1, .out_channels = 1 };
  lq_reverb *u = aligned_alloc (LQ_ALIGN, (sizeof *u + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN);
  lq_arena arena;
  uint32_t tail;

  lq_arena_init (&arena);
  if (!u || !lq_reverb_prepare (u, &stream, &arena))
    abort ();
  lq_reverb_set (u, &job->p);
  lq_reverb_reset (u);
  tail = lq_reverb_tail (u);
  lq_arena_free (&arena);
  free (u);
  return tail;
}

static void
tails (void)
{
  static const double decays[] = { 0.1, 1, 6 };

  for (int i = 0; i < TYPES * 3 * 2; i++) {
    const double t = decays[i / 2 % 3];
    rooms_job job = rooms_plain (i / 6, RATE, t, i % 2 ? 10 : 90);
    const size_t frames = (size_t)((1.0 + 3.0 * t) * RATE) + 48000;
    float *x = calloc (frames, sizeof *x);
    uint32_t tail, last = 0;
    job.channels = 1;
    job.p.damping_percent = i % 2 ? 100 : 30;
    job.p.predelay_ms = 40;
    job.p.hpf_hz = 60;
    tail = declared_tail (&job);
    lqs_sine (x, 24000, RATE, 110, 1.0, 0, 0);
    lqs_noise (x + 24000, 24000, 1.0, 4);
    rooms_run (&job, &x, frames);
    for (size_t k = 48000; k < frames; k++)
      if (fabsf (x[k]) > 1.585e-5f)
        last = (uint32_t)(k - 47999);
    CHECK (last <= tail && tail < 2 * last + 48000, "%s, %g s: %u of %u", rooms_names[i / 6], t,
        last, tail);
    free (x);
  }
}

/* Nothing is left for ever, neither a constant nor numbers too small to hear. */
static void
ends (void)
{
  const size_t frames = 4 * 48000;

  for (int type = 0; type < TYPES; type++) {
    const rooms_job job = rooms_plain (type, RATE, 0.1, 50);
    float *x[2] = { calloc (frames, sizeof (float)), calloc (frames, sizeof (float)) };
    double sum = 0.0;
    lqs_sine (x[0], 4800, RATE, 1000, 0.5, 0, 0);
    rooms_run (&job, x, frames);
    for (size_t i = 0; i < frames; i++)
      sum += x[0][i];
    CHECK (fabs (sum) / 4800 < 1e-5, "%s: %.3g of DC", rooms_names[type], sum / 4800);
    CHECK (
        lqm_peak (x[0] + 3 * 48000, 48000) == 0.0 && lqm_peak (x[1] + 3 * 48000, 48000) == 0.0,
        "%s: %.3g after 30 decays", rooms_names[type], lqm_peak (x[0] + 3 * 48000, 48000));
    free (x[0]);
    free (x[1]);
  }
}

/* Pink noise: white through poles and zeros a half octave apart, −3 dB an octave within 0.3 dB. */
static void
pink (float *x, size_t frames, uint64_t seed)
{
  double pole[18], zero[18], x1[18] = { 0.0 }, y1[18] = { 0.0 };
  lqs_random random = { seed };

  for (int k = 0; k < 18; k++) {
    pole[k] = exp (-2.0 * M_PI * 10.0 * exp2 (0.6 * k) / RATE);
    zero[k] = exp (-2.0 * M_PI * 10.0 * exp2 (0.6 * k + 0.3) / RATE);
  }
  for (size_t i = 0; i < frames; i++) {
    double v = 0.1 * lqs_uniform (&random);
    for (int k = 0; k < 18; k++) {
      const double y = v - zero[k] * x1[k] + pole[k] * y1[k];
      x1[k] = v;
      y1[k] = v = y;
    }
    x[i] = (float)v;
  }
}

/* Level of the wet signal over that of pink noise, dB, mean of both channels. The high-pass and
 * damping of the defaults take 3 dB of it. */
static double
wet_level (const rooms_job *job)
{
  const size_t frames = 10 * 48000, from = 4 * 48000;
  float *x[2] = { malloc (frames * sizeof (float)), malloc (frames * sizeof (float)) };
  double in = 0.0, out = 0.0;

  for (int c = 0; c < 2; c++) {
    pink (x[c], frames, c + 11);
    in += pow (lqm_rms (x[c] + from, frames - from), 2.0);
  }
  rooms_run (job, x, frames);
  for (int c = 0; c < 2; c++) {
    out += pow (lqm_rms (x[c] + from, frames - from), 2.0);
    free (x[c]);
  }
  return 10.0 * log10 (out / in);
}

static void
levels (void)
{
  static const double decays[] = { 0.4, 1.5, 4 };
  double least = INFINITY, most = -INFINITY;

  for (int i = 0; i < TYPES * 3; i++) {
    rooms_job job = rooms_plain (i / 3, RATE, decays[i % 3], 50);
    double level;
    job.p.predelay_ms = 20;
    job.p.damping_percent = 40;
    job.p.modulation_percent = 20;
    job.p.hpf_hz = 100;
    job.p.lpf_hz = 12000;
    level = wet_level (&job);
    lqt_note ("%s, %g s: %.2f dB", rooms_names[i / 3], decays[i % 3], level);
    least = fmin (least, level);
    most = fmax (most, level);
  }
  CHECK (most - least < 2.0 && least > -4.0 && most < 2.0,
      "from %.2f to %.2f dB, types and decays", least, most);
}

/* Width 0 is mono; 200 doubles the side. */
static void
width (void)
{
  rooms_job job = rooms_plain (LQ_REVERB_PLATE, RATE, 1.0, 50);
  float **normal = rooms_impulse (&job, 1, 24000), **narrow, **wide;
  double worst = 0.0;

  job.p.width_percent = 0;
  narrow = rooms_impulse (&job, 1, 24000);
  job.p.width_percent = 200;
  wide = rooms_impulse (&job, 1, 24000);
  for (int i = 0; i < 24000; i++) {
    const double middle = (normal[0][i] + normal[1][i]) / 2.0, side = middle - normal[1][i];
    worst = fmax (worst, fabs (narrow[0][i] - middle) + fabs (narrow[1][i] - middle));
    worst = fmax (worst, fabs (wide[0][i] - middle - 2.0 * side));
    worst = fmax (worst, fabs (wide[1][i] - middle + 2.0 * side));
  }
  CHECK (worst < 1e-6, "off by %.3g", worst);
  rooms_free (normal, 2);
  rooms_free (narrow, 2);
  rooms_free (wide, 2);
}

/* The wet signal is later by the predelay, to the frame, and mixes linearly; the LFE has none. */
static void
predelay_and_mix (void)
{
  rooms_job job = rooms_plain (LQ_REVERB_ROOM, RATE, 1.0, 50);
  float **wet, **some;
  double worst = 0.0;

  job.channels = 8;
  wet = rooms_impulse (&job, 0xff, 24000);
  job.p.predelay_ms = 100;
  job.p.mix_percent = 25;
  some = rooms_impulse (&job, 0xff, 24000);
  for (uint32_t c = 0; c < 8; c++)
    for (int i = 0; i < 24000; i++) {
      const double dry = i == 0 ? 1.0 : 0.0, late = i >= 4800 ? wet[c][i - 4800] : 0.0;
      worst = fmax (worst, fabs (some[c][i] - (c == 3 ? dry : 0.75 * dry + 0.25 * late)));
    }
  CHECK (worst < 1e-6, "off by %.3g", worst);
  rooms_free (wet, 8);
  rooms_free (some, 8);
}

/* The filters' response is what they make of the unfiltered one: Butterworth's, −3.01 dB at their
 * frequency, 12 dB an octave. */
static void
filters (void)
{
  static const double hertz[] = { 125, 250, 500, 1000, 2000, 4000 };
  rooms_job job = rooms_plain (LQ_REVERB_PLATE, RATE, 0.4, 50);
  float **flat = rooms_impulse (&job, 1, 48000), **h;

  for (int low = 0; low < 2; low++) {
    job.p.hpf_hz = low ? 0 : 500;
    job.p.lpf_hz = low ? 1000 : 0;
    h = rooms_impulse (&job, 1, 48000);
    for (int i = 0; i < 6; i++) {
      const double s = low ? hertz[i] / 1000 : 500 / hertz[i];
      const double got = cabs (lqm_response (h[0], 48000, RATE, hertz[i]) /
                               lqm_response (flat[0], 48000, RATE, hertz[i]));
      CHECK_NEAR (20.0 * log10 (got), -10.0 * log10 (1.0 + pow (s, 4)), 0.15, "response, dB");
    }
    rooms_free (h, 2);
  }
  rooms_free (flat, 2);
}

/* Without modulation an impulse does the same at any time; with it, it doesn't. */
static void
movement (void)
{
  for (int moves = 0; moves < 2; moves++) {
    rooms_job job = rooms_plain (LQ_REVERB_HALL, RATE, 1.0, 50);
    float **early, *late[2] = { calloc (48000, 4), calloc (48000, 4) };
    double difference = 0.0;
    job.p.modulation_percent = moves ? 20 : 0;
    early = rooms_impulse (&job, 1, 24000);
    late[0][12345] = 1.0f;
    rooms_run (&job, late, 48000);
    difference = lqm_difference (early[0], late[0] + 12345, 24000);
    CHECK (moves ? difference > 1e-3 : difference == 0.0, "%.3g with%s modulation", difference,
        moves ? "" : "out");
    rooms_free (early, 2);
    free (late[0]);
    free (late[1]);
  }
}

/* x, two planes of `frames`, through one reverb whose params are p up to frame `at` (a multiple of
 * LQ_HOP), then q. */
static void
run_change (const struct lq_reverb_params *p, const struct lq_reverb_params *q, size_t at,
    float *const x[2], size_t frames)
{
  const lq_stream stream = { .rate = RATE, .channels = 2, .out_channels = 2 };
  lq_reverb *u = aligned_alloc (LQ_ALIGN, (sizeof *u + LQ_ALIGN - 1) / LQ_ALIGN * LQ_ALIGN);
  lq_arena arena;

  lq_arena_init (&arena);
  if (!u || !lq_reverb_prepare (u, &stream, &arena))
    abort ();
  lq_reverb_set (u, p);
  lq_reverb_reset (u);
  for (size_t done = 0; done + LQ_HOP <= frames; done += LQ_HOP) {
    float *ch[2] = { x[0] + done, x[1] + done };
    if (done == at)
      lq_reverb_set (u, q);
    lq_reverb_process (u, ch, LQ_HOP);
  }
  lq_arena_free (&arena);
  free (u);
}

/* The tail goes on in another room: from a plate to a hall, and a size of 20 to 90 %, while it decays. */
static void
another_room (void)
{
  const rooms_job job = rooms_plain (LQ_REVERB_PLATE, RATE, 2.0, 20);
  struct lq_reverb_params p = job.p;
  float *x[2] = { calloc (144000, 4), calloc (144000, 4) };
  double before, after;

  p.type = LQ_REVERB_HALL;
  p.size_percent = 90;
  lqs_noise (x[0], 24000, 0.5, 3);
  run_change (&job.p, &p, 72000, x, 144000);
  before = lqm_rms (x[0] + 52000, 20000);
  after = lqm_rms (x[0] + 76000, 20000);
  /* Half a second of a decay of 2 s. */
  CHECK (fabs (20.0 * log10 (after / before) + 15.0) < 3.0, "from %.1f to %.1f dBFS",
      lqm_db (before), lqm_db (after));
  free (x[0]);
  free (x[1]);
}

/* What is above 1.5 kHz: four high-passes of second order. */
static double
above (float *x, size_t frames, size_t from)
{
  const double w = 2.0 * M_PI * 1500.0 / RATE, alpha = sin (w) / 1.4, a0 = 1.0 + alpha;
  const double b = (1.0 + cos (w)) / 2.0 / a0, a1 = -2.0 * cos (w) / a0,
               a2 = (1.0 - alpha) / a0;
  double peak = 0.0, state[4][4] = { { 0.0 } };

  for (size_t i = 0; i < frames; i++) {
    double v = x[i];
    for (int k = 0; k < 4; k++) {
      double *z = state[k];
      const double y = b * (v - 2.0 * z[0] + z[1]) - a1 * z[2] - a2 * z[3];
      z[1] = z[0];
      z[0] = v;
      z[3] = z[2];
      z[2] = v = y;
    }
    if (i >= from)
      peak = fmax (peak, fabs (v));
  }
  return peak;
}

/* The wet signal alone: a tone of 100 Hz and −6 dBFS stays one while settings jump. */
static void
jumps (void)
{
  static const struct jump {
    const char *name;
    struct lq_reverb_params from, to;
  } all[] = {
#define FROM 1, LQ_REVERB_PLATE, 20, 1.5f, 50, 40, 80, 20, 100, 100, 12000, 100
    { "type", { FROM },
        { 1, LQ_REVERB_CHAMBER, 20, 1.5f, 50, 40, 80, 20, 100, 100, 12000, 100 } },
    { "size", { FROM },
        { 1, LQ_REVERB_PLATE, 20, 1.5f, 100, 40, 80, 20, 100, 100, 12000, 100 } },
    { "decay", { FROM },
        { 1, LQ_REVERB_PLATE, 20, 6.0f, 50, 40, 80, 20, 100, 100, 12000, 100 } },
    { "damping", { FROM },
        { 1, LQ_REVERB_PLATE, 20, 1.5f, 50, 100, 80, 20, 100, 100, 12000, 100 } },
    { "predelay", { FROM },
        { 1, LQ_REVERB_PLATE, 300, 1.5f, 50, 40, 80, 20, 100, 100, 12000, 100 } },
    { "diffusion", { FROM },
        { 1, LQ_REVERB_PLATE, 20, 1.5f, 50, 40, 0, 20, 100, 100, 12000, 100 } },
    { "convolution", { FROM },
        { 1, LQ_REVERB_CONVOLUTION, 20, 1.5f, 50, 40, 80, 20, 100, 100, 12000, 100 } },
#undef FROM
  };
  const size_t frames = 3 * 48000, at = 1500 * LQ_HOP;
  float *x[2] = { malloc (frames * 4), malloc (frames * 4) };

  for (size_t i = 0; i < 2 * sizeof all / sizeof all[0]; i++) {
    const struct jump *j = &all[i / 2];
    double db;
    for (int c = 0; c < 2; c++) {
      lqs_sine (x[c], frames, RATE, 100, 0.5, c, 0);
      for (size_t k = 0; k < 9600; k++)
        x[c][k] *= (float)(0.5 - 0.5 * cos (M_PI * (double)k / 9600));
    }
    run_change (i % 2 ? &j->to : &j->from, i % 2 ? &j->from : &j->to, at, x, frames);
    db = lqm_db (fmax (above (x[0], frames, at), above (x[1], frames, at)));
    CHECK (
        db < -78.0, "%s, %s: %.1f dBFS above 1.5 kHz", j->name, i % 2 ? "back" : "there", db);
  }
  free (x[0]);
  free (x[1]);
}

/* Convolution without an impulse gives no wet signal. */
static void
no_impulse (void)
{
  rooms_job job = rooms_plain (LQ_REVERB_CONVOLUTION, RATE, 1.0, 50);
  float **h;

  job.p.mix_percent = 40;
  h = rooms_impulse (&job, 3, 24000);
  CHECK_NEAR (h[0][0], 0.6, 1e-7, "dry");
  CHECK (lqm_peak (h[0] + 1, 23999) == 0.0, "something sounds");
  rooms_free (h, 2);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "T60 at 1 kHz", decay }, { "damping at 10 kHz", damping },
    { "outputs are uncorrelated", correlation }, { "echo density", density },
    { "no ringing modes", modes }, { "energy never rises", never_rises },
    { "the tail is all that sounds", tails }, { "it ends, without DC", ends },
    { "levels on pink noise", levels }, { "width", width },
    { "predelay, mix, LFE", predelay_and_mix }, { "filters of the wet signal", filters },
    { "modulation, and none", movement }, { "another room", another_room },
    { "no clicks in the wet signal", jumps }, { "convolution of nothing", no_impulse },
    { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
