/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stages of the groove's limiter that sleep against the same kept awake: neither what comes out nor what is
 * told of it may differ by more than what a high-pass remembers after 0.2 s. */

#include "processors/groovelimit-private.h"

#include "lqtest.h"
#include "measure.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define SECONDS 6
#define MOST (SECONDS * 192000)
#define GROUPS (MOST / LQ_GROOVE_GROUP)

struct run {
  float *ch[2];
  struct lq_groove_peaks *cut;
  uint32_t groups, asleep[LQ_GROOVELIMIT_STAGES], calls;
};

static struct run
run_new (void)
{
  struct run r = { .ch = { malloc (MOST * sizeof (float)), malloc (MOST * sizeof (float)) },
    .cut = malloc (GROUPS * sizeof (struct lq_groove_peaks)) };

  return r;
}

static void
run_free (struct run *r)
{
  free (r->ch[0]);
  free (r->ch[1]);
  free (r->cut);
}

/* Music far below the limits, and what breaks one at a time: treble, bass in the middle, bass at the sides, a
 * click, all. */
static void
make (float *l, float *r, uint32_t frames, double rate)
{
  static const struct {
    double from, until, hz, amplitude, side;
  } more[] = { { 0.9, 0.95, 9000, 0.5, 0 }, { 1.7, 1.8, 45, 0.9, 0 }, { 2.6, 2.7, 60, 0.6, 1 },
    { 3.5, 3.5001, 3000, 0.9, 0 }, { 4.4, 4.8, 2000, 0.9, 0 }, { 4.5, 4.6, 11000, 0.5, 1 } };

  lqs_programme (l, frames, rate, 21);
  lqs_programme (r, frames, rate, 22);
  for (uint32_t i = 0; i < frames; i++) {
    const double mid = 0.004 * (l[i] + r[i]), side = 0.002 * (l[i] - r[i]);
    l[i] = (float)(mid + side);
    r[i] = (float)(mid - side);
  }
  for (uint32_t k = 0; k < sizeof more / sizeof *more; k++)
    for (uint32_t i = (uint32_t)(more[k].from * rate);
         i < (uint32_t)(more[k].until * rate) && more[k].hz < 0.45 * rate; i++) {
      const float x = (float)(more[k].amplitude * sin (2.0 * PI * more[k].hz * i / rate));
      l[i] += x;
      r[i] += more[k].side > 0 ? -x : x;
    }
}

enum { WAKEFUL = 1, EXACT = 2 };

/* cut: frames a call, 0: at random; WAKEFUL: no stage may sleep; the limits fall half-way. */
static void
run (struct run *r, uint32_t frames, double rate, uint32_t cut, uint32_t how)
{
  const lq_stream stream = { .rate = rate, .channels = 2, .out_channels = 2 };
  struct lq_groovelimit_limits limits = { 30, 50, 15, 800 };
  lqs_random random = { 6 };
  lq_groovelimit *u = malloc (sizeof *u);
  lq_arena arena;

  lq_arena_init (&arena);
  if (!CHECK (lq_groovelimit_prepare (u, &stream, NULL, 7, -12, &arena), "prepare"))
    return;
  u->wakeful = how & WAKEFUL;
  u->exact = how & EXACT;
  make (r->ch[0], r->ch[1], frames, rate);
  r->groups = r->calls = 0;
  memset (r->asleep, 0, sizeof r->asleep);
  for (uint32_t done = 0, n; done < frames; done += n) {
    /* Limits move at the blocks' ends, as in the chain. */
    const uint32_t left = LQ_BLOCK - done % LQ_BLOCK;
    n = cut ? cut : lqs_range (&random, 1, LQ_BLOCK);
    n = n < left ? n : left;
    n = n < frames - done ? n : frames - done;
    if (done == (uint32_t)(5.0 * rate) / LQ_BLOCK * LQ_BLOCK)
      limits = (struct lq_groovelimit_limits){ 1.5, 4, 1, 30 };
    const uint32_t groups = lq_groovelimit_process (
        u, (float *const[]){ r->ch[0] + done, r->ch[1] + done }, n, &limits);
    memcpy (r->cut + r->groups, u->cut, groups * sizeof *u->cut);
    r->groups += groups;
    r->calls++;
    for (uint32_t s = 0; s < LQ_GROOVELIMIT_STAGES; s++)
      r->asleep[s] += u->z.asleep[s];
  }
  lq_arena_free (&arena);
  free (u);
}

static double
apart (const struct run *a, const struct run *b, uint32_t frames)
{
  double most = 0.0;

  for (uint32_t c = 0; c < 2; c++)
    for (uint32_t i = 0; i < frames; i++)
      most = fmax (most, fabs ((double)a->ch[c][i] - b->ch[c][i]));
  return most;
}

/* Of what is told, against the limits. */
static double
told_apart (const struct run *a, const struct run *b)
{
  double most = 0.0;

  for (uint32_t g = 0; g < a->groups; g++) {
    const struct lq_groove_peaks *const p = a->cut + g, *const q = b->cut + g;
    most = fmax (most, fabs (p->velocity - q->velocity) / 30.0);
    most = fmax (most, fabs (p->acceleration - q->acceleration) / 800.0);
    most = fmax (most, fabs (p->lateral - q->lateral) / 50.0);
    most = fmax (most, fabs (p->deep - q->deep) / 15.0);
    most = fmax (most, fabs (p->shallow - q->shallow) / 15.0);
    most = fmax (most, fabs (p->inward - q->inward) / 50.0);
  }
  return most;
}

static void
sleeps (void)
{
  static const double rates[] = { 8000, 44100, 48000, 192000 };
  struct run a = run_new (), b = run_new ();

  for (uint32_t k = 0; k < sizeof rates / sizeof *rates; k++) {
    const uint32_t frames = (uint32_t)(SECONDS * rates[k]);
    run (&a, frames, rates[k], LQ_BLOCK, EXACT);
    run (&b, frames, rates[k], LQ_BLOCK, EXACT | WAKEFUL);
    CHECK (b.asleep[LQ_GROOVELIMIT_WIDE] == 0 && b.asleep[LQ_GROOVELIMIT_END] == 0,
        "%g Hz: it sleeps where it may not", rates[k]);
    CHECK (a.asleep[LQ_GROOVELIMIT_SPLIT] == 0 && a.asleep[LQ_GROOVELIMIT_WIDE] * 8 > a.calls &&
               a.asleep[LQ_GROOVELIMIT_END] * 6 > a.calls &&
               a.asleep[LQ_GROOVELIMIT_END] < a.calls,
        "%g Hz: of %u calls %u and %u asleep", rates[k], a.calls, a.asleep[LQ_GROOVELIMIT_WIDE],
        a.asleep[LQ_GROOVELIMIT_END]);
    CHECK (apart (&a, &b, frames) < 3e-6, "%g Hz: %g apart", rates[k], apart (&a, &b, frames));
    CHECK (a.groups == b.groups && told_apart (&a, &b) < 1e-5, "%g Hz: told %g apart", rates[k],
        told_apart (&a, &b));
    lqt_note ("%g Hz: asleep %.2f, %.2f; %.1e apart, told %.1e", rates[k],
        a.asleep[LQ_GROOVELIMIT_WIDE] / (double)a.calls,
        a.asleep[LQ_GROOVELIMIT_END] / (double)a.calls, apart (&a, &b, frames),
        told_apart (&a, &b));
  }
  run_free (&a);
  run_free (&b);
}

/* To the bit. */
static void
cuts (void)
{
  static const uint32_t blocks[] = { 1, 16, 17, 100, 1023, 0 };
  struct run a = run_new (), b = run_new ();

  run (&a, SECONDS * 48000, 48000, LQ_BLOCK, 0);
  for (uint32_t k = 0; k < sizeof blocks / sizeof *blocks; k++) {
    run (&b, SECONDS * 48000, 48000, blocks[k], 0);
    CHECK (apart (&a, &b, SECONDS * 48000) == 0.0, "blocks of %u: other samples", blocks[k]);
    CHECK (a.groups == b.groups && memcmp (a.cut, b.cut, a.groups * sizeof *a.cut) == 0,
        "blocks of %u: other peaks", blocks[k]);
  }
  run_free (&a);
  run_free (&b);
}

/* Through limits that stay. */
static void
limit (float *l, float *r, uint32_t frames)
{
  const lq_stream stream = { .rate = 48000, .channels = 2, .out_channels = 2 };
  const struct lq_groovelimit_limits limits = { 30, 50, 15, 6000 };
  lq_groovelimit *u = malloc (sizeof *u);
  lq_arena arena;

  lq_arena_init (&arena);
  if (CHECK (lq_groovelimit_prepare (u, &stream, NULL, 7, -12, &arena), "prepare"))
    for (uint32_t done = 0; done < frames; done += LQ_BLOCK / 2)
      lq_groovelimit_process (u, (float *const[]){ l + done, r + done }, LQ_BLOCK / 2, &limits);
  lq_arena_free (&arena);
  free (u);
}

/* Bass in swells, as far above its limits as 30 dB, of the middle and the sides, over a tone in the midst. */
static void
swells (float *l, float *r, uint32_t frames, uint64_t seed)
{
  lqs_random random = { seed };
  const double step = 2.0 * PI * (800.0 + 3000.0 * lqs_uniform (&random)) / 48000.0;
  const double tone = 0.02 + 0.2 * fabs (lqs_uniform (&random));

  for (uint32_t i = 0; i < frames; i++)
    l[i] = r[i] = (float)(tone * sin (step * i));
  for (uint32_t at = 0, n; at < frames; at += n) {
    const double hz = 30.0 * pow (10.0, fabs (lqs_uniform (&random)));
    const double mid = 0.8 * lqs_uniform (&random) * 30.0 / hz,
                 side = 0.5 * lqs_uniform (&random) * 30.0 / hz;
    n = lqs_range (&random, 2000, 12000);
    for (uint32_t i = 0; i < n && at + i < frames; i++) {
      const double x = pow (sin (PI * i / n), 2.0) * sin (2.0 * PI * hz * i / 48000.0);
      l[at + i] += (float)((mid + side) * x);
      r[at + i] += (float)((mid - side) * x);
    }
  }
}

/* Nothing but two figures comes out otherwise where all are measured; where these aren't, they are far below
 * their limits. */
static void
gentle (void)
{
  enum { FRAMES = 20 * LQ_BLOCK * 10 };
  const lq_stream stream = { .rate = 48000, .channels = 2, .out_channels = 2 };
  const struct lq_groovelimit_limits limits = { 30, 50, 15, 800 };
  const struct lq_groove_floor floor = { limits.velocity, limits.acceleration,
    limits.displacement };
  float *ch[2][2];
  double most = 0.0;
  uint32_t left_out = 0, blocks = 0;

  for (int k = 0; k < 4; k++)
    ch[k / 2][k % 2] = malloc (FRAMES * sizeof (float));
  for (uint64_t seed = 1; seed < 9; seed++) {
    lq_groovelimit *u[2] = { malloc (sizeof *u[0]), malloc (sizeof *u[1]) };
    lq_arena arena;
    lq_arena_init (&arena);
    for (int k = 0; k < 2; k++) {
      if (!CHECK (lq_groovelimit_prepare (u[k], &stream, NULL, 7, -12, &arena), "prepare"))
        return;
      u[k]->exact = k;
      swells (ch[k][0], ch[k][1], FRAMES, seed);
    }
    for (uint32_t at = 0; at < FRAMES; at += LQ_BLOCK) {
      uint32_t groups = 0;
      for (int k = 0; k < 2; k++)
        groups = lq_groovelimit_process (
            u[k], (float *const[]){ ch[k][0] + at, ch[k][1] + at }, LQ_BLOCK, &limits);
      blocks++;
      if (!u[1]->z.asleep[LQ_GROOVELIMIT_WIDE] && lq_groovelimit_gentle (u[0], &floor)) {
        left_out++;
        for (uint32_t g = 0; g < LQ_BLOCK / LQ_GROOVE_GROUP; g++) {
          const struct lq_groove_peaks *const p = u[1]->groove[LQ_GROOVELIMIT_WIDE].peaks + g;
          most = fmax (most,
              fmax (p->velocity / limits.velocity, p->acceleration / limits.acceleration));
        }
      }
      for (uint32_t g = 0; g < groups; g++) {
        const struct lq_groove_peaks *const p = u[1]->cut + g;
        struct lq_groove_peaks q = u[0]->cut[g];
        q.velocity = p->velocity;
        q.acceleration = p->acceleration;
        if (!CHECK (memcmp (p, &q, sizeof q) == 0, "another peak in frame %u, %g and %g", at,
                (double)p->lateral, (double)q.lateral))
          return;
      }
    }
    CHECK (memcmp (ch[0][0], ch[1][0], FRAMES * sizeof (float)) == 0 &&
               memcmp (ch[0][1], ch[1][1], FRAMES * sizeof (float)) == 0,
        "other samples");
    lq_arena_free (&arena);
    free (u[0]);
    free (u[1]);
  }
  CHECK (left_out * 5 > blocks, "only %u of %u blocks were left out", left_out, blocks);
  CHECK (most < 0.8, "what wasn't measured was %.2f of its limit", most);
  lqt_note ("of %u blocks %u left out, up to %.2f of a limit", blocks, left_out, most);
  for (int k = 0; k < 4; k++)
    free (ch[k / 2][k % 2]);
}

/* A low tone through sibilants of 8 kHz, 150 ms a second, whose velocity is 6 dB and more above the limit. */
static void
sibilants (void)
{
  enum { FRAMES = 6 * 48000 / 512 * 512, BURST = 7200 };
  float *l = malloc (FRAMES * sizeof *l), *r = malloc (FRAMES * sizeof *r);
  const double velocity = 7.0 * pow (10.0, 12.0 / 20.0);

  for (int side = 0; side < 2; side++) {
    double fell = 0.0, above;
    for (uint32_t i = 0; i < FRAMES; i++) {
      const double t = i / 48000.0, at = fmod (t, 1.0) - 0.4;
      const double s = at > 0.0 && at < 0.15 ? sin (PI * at / 0.15) : 0.0;
      l[i] = (float)(0.1 * sin (2.0 * PI * 500.0 * t) +
                     (side ? 1.2 : 0.6) * s * sin (2.0 * PI * 8000.0 * t));
      r[i] = (float)(0.1 * sin (2.0 * PI * 500.0 * t) +
                     (side ? 0.0 : 0.6) * s * sin (2.0 * PI * 8000.0 * t));
    }
    /* 8 kHz are cut 11.9 dB above 1 kHz (STANDARDS §3.2), laterally half of one wall's. */
    above = lqm_db (0.6 * velocity * pow (10.0, 11.9 / 20.0) / 30.0);
    limit (l, r, FRAMES);
    for (uint32_t at = 2 * 48000; at < 5 * 48000; at += BURST)
      fell = fmax (fell, lqm_db (0.1 / lqm_tone (r + at, BURST, 48000, 500.0)));
    CHECK (above > 6.0, "only %.1f dB above", above);
    CHECK (fell < 1.5, "%.1f dB above the limit: 500 Hz fall by %.2f dB", above, fell);
    lqt_note ("velocity %.1f dB above the limit: 500 Hz fall by %.2f dB", above, fell);
  }
  free (l);
  free (r);
}

/* Bass far over the limits of displacement stays a sine. */
static void
sines (void)
{
  enum { FRAMES = 5 * 48000 / 512 * 512, FROM = 3 * 48000, SOME = 48000 };
  float *l = malloc (FRAMES * sizeof *l), *r = malloc (FRAMES * sizeof *r);

  for (int side = 0; side < 2; side++) {
    double harmonics = 0.0, base;
    for (uint32_t i = 0; i < FRAMES; i++) {
      l[i] = (float)(0.9 * sin (2.0 * PI * 50.0 * i / 48000.0));
      r[i] = side ? -l[i] : l[i];
    }
    limit (l, r, FRAMES);
    base = lqm_tone (l + FROM, SOME, 48000, 50.0);
    for (int k = 2; k <= 10; k++)
      harmonics += pow (lqm_tone (l + FROM, SOME, 48000, 50.0 * k), 2.0);
    CHECK (base < 0.5 && base > 0.05, "50 Hz come out at %g", base);
    CHECK (lqm_db (sqrt (harmonics) / base) < -100.0, "THD %.1f dB",
        lqm_db (sqrt (harmonics) / base));
    lqt_note (
        "50 Hz, %s: THD %.0f dB", side ? "side" : "middle", lqm_db (sqrt (harmonics) / base));
  }
  free (l);
  free (r);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "asleep and awake", sleeps }, { "any cut", cuts },
    { "what needn't be measured", gentle }, { "sibilants", sibilants },
    { "THD of bass", sines }, { NULL, NULL } };

  return lqt_main (cases, argc, argv);
}
