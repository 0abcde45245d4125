/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: stereo imager.
 * Source:  two channels of one by all-pass sections, complementary in magnitude: M. R. Schroeder, "An
 *          Artificial Stereophonic Effect Obtained from a Single Audio Signal", JAES 6(2), 1958;
 *          crossover: bands.h; high-pass of the side: Butterworth, as pass.h.
 *
 *   l, r ─→ m, s ─→ bands ─┬─ m_b ────────────────────────────→ Σ ─→ m' ───────────────────────→ ± ─→ l, r
 *                          ├─ m_b × width·g·stereo ─→ Σ ─→ high-pass, all-passes ─→ + ─┐
 *                          └─ s_b × width·g ─────────→ Σ ──────────────────────────────┴─→ mono bass ─→ × g' ─┘
 *
 * g and g' are the guards'. The all-passes are spread over the octaves, so that no part of the spectrum
 * is turned more often than others, and what they smear is short where the ear would hear it.
 *
 * With one band the way there and back changes nothing but the last bits: it is left out at rest, and
 * what switches, moves. With several, `on` fades to what has gone through the crossovers.
 *
 * z: ringing counts down when nothing goes into the all-passes any more; quiet up since a guard acted. */

#include "imager.h"

#include "../base/mathx.h"

#include <string.h>

/* Frames that are worked on at once. */
#define CHUNK (4 * LQ_HOP)

/* The decorrelator: its high-pass, the first and the last of its all-passes, their quality, and how long
 * it sounds, periods of the high-pass. */
#define DECORRELATE_HZ 80.0
#define FIRST_HZ 120.0
#define LAST_HZ 17000.0
#define HIGHEST 0.42
#define QUALITY 1.1
#define RING_PERIODS 14.0

/* So long after the last time that a guard acted the crossovers are left. */
#define QUIET_MS 1000.0

static const struct lq_enum slopes = { "LqMonoBassSlope",
  (const struct lq_item[]){ { "6", "6 dB/octave", 6 }, { "12", "12 dB/octave", 12 },
      { "24", "24 dB/octave", 24 }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_imager_params, name)
#define CROSSOVER(number, def)                                                                 \
  {                                                                                            \
    "crossover" #number, "Imager crossover " #number,                                          \
        "Between bands, Linkwitz-Riley of fourth order; in any order", "Hz", LQ_FLOAT, LQ_LOG, \
        FIELD (crossover_hz[(number)-1]), 20, 20000, def, NULL, LQ_PLAYING, LQ_RAMP_MS         \
  }
const struct lq_param lq_imager_rows[LQ_IMAGER_ROWS] = {
  { "enabled", "Imager", "Stereo imager on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled), 0, 1, 0,
      NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "bands", "Imager bands", "Bands in use; 1: the whole range is the first one", NULL, LQ_UINT,
      LQ_LINEAR, FIELD (bands), 1, LQ_IMAGER_BANDS, 1, NULL, 0, 0 },
  CROSSOVER (1, 200),
  CROSSOVER (2, 2000),
  CROSSOVER (3, 8000),
  { "mono-bass-frequency", "Mono bass",
      "Butterworth high-pass of the side, −3.01 dB here, the sum stays; 0 = off", "Hz",
      LQ_FLOAT, LQ_LINEAR, FIELD (mono_hz), 0, 500, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mono-bass-slope", "Mono bass slope", "Steepness below the frequency, dB per octave", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (mono_slope), 6, 24, 12, &slopes, LQ_PLAYING, LQ_RAMP_MS },
  { "antiphase-guard", "Antiphase guard",
      "Narrows a band for as long as its correlation would fall below 0", NULL, LQ_BOOL,
      LQ_LINEAR, FIELD (guard), 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
};

#define BAND(name) offsetof (struct lq_imager_band, name)
const struct lq_param lq_imager_band_rows[LQ_IMAGER_BAND_ROWS] = {
  { "width", "Width",
      "Side of the band: 0 gives left = right, 100 is untouched, 200 doubles it", "%", LQ_FLOAT,
      LQ_LINEAR, BAND (width_percent), 0, 200, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "stereoize", "Stereoize",
      "Side made from the band's middle, decorrelated, which `width` scales as well; 0 = off",
      "%", LQ_FLOAT, LQ_LINEAR, BAND (stereoize_percent), 0, 100, 0, NULL, LQ_PLAYING,
      LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_imager_band_rows, struct lq_imager_band);
_Static_assert(LQ_IMAGER_ROWS == offsetof (struct lq_imager_params, band) / 4,
    "every field of struct lq_imager_params has its row");

/* Planes: middle and side as they come, what comes of them, of the decorrelator, then of each band. */
enum { MID, SIDE, MIDS, SIDES, MADE, BAND_PLANES };

static inline float *
plane (const lq_imager *u, uint32_t i)
{
  return u->planes + i * CHUNK;
}

static inline float *
band_plane (const lq_imager *u, uint32_t b, uint32_t which)
{
  return plane (u, u->bands == 1 ? which : BAND_PLANES + 2 * b + which);
}

static void
design (lq_imager *u)
{
  const double rate = u->stream.rate, top = fmin (LAST_HZ, HIGHEST * rate);
  const double w0 = tan (LQ_PI * DECORRELATE_HZ / rate), k0 = sqrt (2.0) * w0;
  const double norm0 = 1.0 / (1.0 + k0 + w0 * w0);
  const double step = pow (top / FIRST_HZ, 1.0 / (LQ_IMAGER_BIQUADS - 2));
  double hz = FIRST_HZ;

  u->taps[0] = (struct lq_biquad_taps){ norm0, -2.0 * norm0, norm0,
    2.0 * (w0 * w0 - 1.0) * norm0, (1.0 - k0 + w0 * w0) * norm0 };
  for (u->biquads = 1; u->biquads < LQ_IMAGER_BIQUADS; u->biquads++, hz *= step) {
    const double w = tan (LQ_PI * hz / rate), k = w / QUALITY, norm = 1.0 / (1.0 + k + w * w);
    const double a1 = 2.0 * (w * w - 1.0) * norm, a2 = (1.0 - k + w * w) * norm;
    u->taps[u->biquads] = (struct lq_biquad_taps){ a2, a1, 1.0, a1, a2 };
  }
  u->ring = (uint32_t)ceil (RING_PERIODS / DECORRELATE_HZ * rate / LQ_HOP);
}

static bool
prepare_parts (lq_imager *u, lq_arena *arena)
{
  lq_stream one = u->stream;
  bool ok = lq_ramp_prepare (&u->on, &u->stream, arena, LQ_RAMP_MS) &&
            lq_antiphase_prepare (&u->last_guard, &u->stream, arena);

  one.channels = one.out_channels = 1;
  for (uint32_t b = 0; b < u->bands; b++)
    ok = ok && lq_ramp_prepare (&u->width[b], &u->stream, arena, LQ_RAMP_MS) &&
         lq_ramp_prepare (&u->stereo[b], &u->stream, arena, LQ_RAMP_MS) &&
         (u->bands == 1 || lq_antiphase_prepare (&u->guard[b], &u->stream, arena));
  u->planes = lq_arena_alloc (arena, (BAND_PLANES + 2 * u->bands) * CHUNK * sizeof *u->planes);
  return ok && u->planes && lq_pass_prepare (&u->mono, LQ_PASS_HIGH, &one, arena) &&
         lq_bands_prepare (&u->split, &u->stream, u->bands, arena);
}

bool
lq_imager_prepare (
    lq_imager *u, const lq_stream *stream, const struct lq_imager_params *p, lq_arena *arena)
{
  const struct lq_module self[] = { LQ_IMAGER_MODULE_LIST (0) };
  struct lq_imager_params defaults;

  lq_modules_defaults (self, LQ_IMAGER_MODULES, &defaults);
  p = p ? p : &defaults;
  memset (u, 0, sizeof *u);
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->bands = p->bands;
  design (u);
  if (!prepare_parts (u, arena))
    return false;
  u->mono_hz = 100.0f;
  lq_imager_set (u, p);
  lq_imager_reset (u);
  return true;
}

void
lq_imager_set (lq_imager *u, const struct lq_imager_params *p)
{
  const bool mono = p->enabled && p->mono_hz > 0.0f;
  struct lq_pass_params pass = { mono, 0.0f, p->mono_slope };

  if (u->stream.channels < 2)
    return;
  u->working = mono;
  u->guarded = p->enabled && p->guard;
  u->mono_hz = p->mono_hz > 0.0f ? p->mono_hz : u->mono_hz;
  pass.frequency_hz = fmaxf (u->mono_hz, 10.0f);
  if (mono || !lq_pass_neutral (&u->mono))
    lq_pass_set (&u->mono, &pass);
  for (uint32_t b = 0; b < u->bands; b++) {
    const struct lq_imager_band *band = &p->band[b];
    lq_ramp_set (&u->width[b], p->enabled ? band->width_percent / 100.0 : 1.0);
    lq_ramp_set (&u->stereo[b], p->enabled ? band->stereoize_percent / 100.0 : 0.0);
    u->working = u->working || u->width[b].target != 1.0 || u->stereo[b].target != 0.0;
    if (u->bands > 1)
      lq_antiphase_set (&u->guard[b], u->guarded);
  }
  lq_antiphase_set (&u->last_guard, u->guarded);
  if (u->bands > 1)
    lq_bands_set (&u->split, p->crossover_hz);
}

/* Nothing was heard; settings are in force. */
static void
wake (lq_imager *u)
{
  for (uint32_t b = 0; b < u->bands; b++) {
    lq_ramp_jump (&u->width[b]);
    lq_ramp_jump (&u->stereo[b]);
    if (u->bands > 1)
      lq_antiphase_reset (&u->guard[b]);
  }
  lq_antiphase_reset (&u->last_guard);
  lq_bands_reset (&u->split);
  memset (u->z.biquad, 0, sizeof u->z.biquad);
  u->z.ringing = 0;
}

void
lq_imager_reset (lq_imager *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_pass_reset (&u->mono);
  wake (u);
  lq_ramp_jump_to (&u->on, u->working ? 1.0 : 0.0);
  u->z.running = u->working || u->guarded;
  u->z.quiet = UINT32_MAX;
}

uint32_t
lq_imager_latency (const lq_imager *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_imager_tail (const lq_imager *u)
{
  uint32_t tail = 0;

  if (lq_imager_neutral (u) || u->stream.channels < 2)
    return 0;
  if (u->bands > 1)
    tail = lq_bands_tail (&u->split);
  for (uint32_t b = 0, made = 0; b < u->bands && !made; b++) {
    made = u->z.ringing || u->stereo[b].target != 0.0;
    tail += made ? u->ring * LQ_HOP : 0;
  }
  return tail + lq_pass_tail (&u->mono);
}

bool
lq_imager_neutral (const lq_imager *u)
{
  return u->stream.channels < 2 || (!u->z.running && !u->working && !u->guarded);
}

/* Grid. */

/* All guards: whether one of them acts. */
static bool
hop_guards (lq_imager *u)
{
  bool acts;

  for (uint32_t b = 0; b < u->bands && u->bands > 1; b++) {
    const double width = lq_ramp_at (&u->width[b], LQ_HOP),
                 stereo = lq_ramp_at (&u->stereo[b], LQ_HOP);
    lq_antiphase_hop (&u->guard[b], width * width, width * width * stereo * stereo);
  }
  lq_antiphase_hop (&u->last_guard, 1.0, 0.0);
  acts = !lq_antiphase_idle (&u->last_guard);
  for (uint32_t b = 0; b < u->bands && u->bands > 1; b++)
    acts = acts || !lq_antiphase_idle (&u->guard[b]);
  return acts;
}

/* Everything that moves: whether there is something to hear of it. */
static bool
hop_bands (lq_imager *u)
{
  bool heard = false, made = false;

  for (uint32_t b = 0; b < u->bands; b++) {
    lq_ramp_move (&u->width[b]);
    lq_ramp_move (&u->stereo[b]);
    heard = heard || !lq_ramp_resting (&u->width[b]) || u->width[b].target != 1.0;
    made = made || !lq_ramp_absent (&u->stereo[b]);
  }
  if (made)
    u->z.ringing = u->ring;
  else if (u->z.ringing && --u->z.ringing == 0)
    memset (u->z.biquad, 0, sizeof u->z.biquad);
  return heard || u->z.ringing || !lq_pass_neutral (&u->mono);
}

static void
hop (lq_imager *u)
{
  const bool wanted = u->working || u->guarded;
  bool acts = false, heard;

  if (u->z.running)
    acts = hop_guards (u);
  else if (wanted && u->bands > 1)
    wake (u);
  if (!u->z.running && !wanted)
    return;
  heard = hop_bands (u);
  if (acts)
    u->z.quiet = 0;
  else if (u->z.quiet < UINT32_MAX)
    u->z.quiet++;
  if (u->bands > 1) {
    const bool lately = u->z.quiet < QUIET_MS / 1000.0 * u->stream.rate / LQ_HOP;
    lq_ramp_set (&u->on, u->working || (u->guarded && lately) ? 1.0 : 0.0);
    lq_ramp_move (&u->on);
    heard = !lq_ramp_absent (&u->on);
  }
  u->z.wet = heard || (acts && u->bands == 1);
  u->z.running = u->z.wet || u->guarded;
}

/* Nothing moves until something else is set. */
static bool
calm (const lq_imager *u)
{
  bool rests = !u->guarded && lq_ramp_resting (&u->on) && lq_antiphase_idle (&u->last_guard) &&
               lq_bands_resting (&u->split);

  for (uint32_t b = 0; b < u->bands; b++)
    rests = rests && lq_ramp_resting (&u->width[b]) && lq_ramp_resting (&u->stereo[b]) &&
            (u->bands == 1 || lq_antiphase_idle (&u->guard[b])) &&
            (!u->z.ringing || u->stereo[b].target != 0.0);
  return rests && (u->working || !u->z.wet);
}

/* Sound. */

/* y (fresh: what is 0 before) += x × both ramps, of which either may be missing. */
static void
weigh (const lq_imager *u, float *y, const float *x, const lq_ramp *const ramps[3], bool fresh,
    uint32_t n)
{
  float gain[LQ_HOP], more[LQ_HOP];
  double rest = 1.0;
  bool rests = true;

  for (uint32_t k = 0; k < 3; k++)
    if (ramps[k]) {
      rests = rests && lq_ramp_resting (ramps[k]);
      rest *= ramps[k]->target;
    }
  if (rests) {
    const float g = (float)rest;
    for (uint32_t i = 0; i < n; i++)
      y[i] = fresh ? g * x[i] : y[i] + g * x[i];
    return;
  }
  for (uint32_t i = 0; i < n; i++)
    gain[i] = 1.0f;
  for (uint32_t k = 0; k < 3; k++)
    if (ramps[k]) {
      lq_ramp_fill (ramps[k], more, u->z.phase, n);
      for (uint32_t i = 0; i < n; i++)
        gain[i] *= more[i];
    }
  for (uint32_t i = 0; i < n; i++)
    y[i] = fresh ? gain[i] * x[i] : y[i] + gain[i] * x[i];
}

static void
split (lq_imager *u, const float *l, const float *r, uint32_t n)
{
  float *const mid = plane (u, MID), *const side = plane (u, SIDE);
  const float *const x[2] = { mid, side };
  float *out[LQ_IMAGER_BANDS][2];

  for (uint32_t i = 0; i < n; i++) {
    mid[i] = 0.5f * (l[i] + r[i]);
    side[i] = 0.5f * (l[i] - r[i]);
  }
  if (u->bands == 1)
    return;
  for (uint32_t b = 0; b < u->bands; b++) {
    out[b][0] = band_plane (u, b, MID);
    out[b][1] = band_plane (u, b, SIDE);
  }
  lq_bands_process (&u->split, x, (float *const(*)[2])out, n);
}

/* Sides of all bands to SIDES, what the decorrelator gets to MADE. */
static void
gather (lq_imager *u, uint32_t n)
{
  float *mids = plane (u, MIDS);

  for (uint32_t b = 0; b < u->bands; b++) {
    const bool several = u->bands > 1;
    const lq_ramp *const guard = several ? &u->guard[b].gain : NULL;
    const lq_ramp *const ramps[3] = { &u->width[b], guard, NULL };
    const lq_ramp *const more[3] = { &u->width[b], guard, &u->stereo[b] };
    const float *const mid = band_plane (u, b, MID), *const side = band_plane (u, b, SIDE);
    if (several && u->guarded)
      lq_antiphase_note (&u->guard[b], mid, side, u->z.phase, n);
    weigh (u, plane (u, SIDES), side, ramps, b == 0, n);
    if (u->z.ringing)
      weigh (u, plane (u, MADE), mid, more, b == 0, n);
    for (uint32_t i = 0; i < n && several; i++)
      mids[i] = b ? mids[i] + mid[i] : mid[i];
  }
}

static void
decorrelate (lq_imager *u, uint32_t n)
{
  float *const made = plane (u, MADE), *const sides = plane (u, SIDES);
  double *state[LQ_IMAGER_BIQUADS];

  for (uint32_t k = 0; k < u->biquads; k++)
    state[k] = u->z.biquad[k];
  u->kernels->biquads_planar (made, NULL, n, u->taps, state, u->biquads);
  for (uint32_t i = 0; i < n; i++)
    sides[i] += made[i];
}

static void
put (const lq_imager *u, float *l, float *r, uint32_t n)
{
  const float *const mid = plane (u, u->bands > 1 ? MIDS : MID), *const side = plane (u, SIDES);
  float on[LQ_HOP];

  if (u->bands == 1 || lq_ramp_resting (&u->on)) {
    for (uint32_t i = 0; i < n; i++) {
      l[i] = mid[i] + side[i];
      r[i] = mid[i] - side[i];
    }
    return;
  }
  lq_ramp_fill (&u->on, on, u->z.phase, n);
  for (uint32_t i = 0; i < n; i++) {
    l[i] += on[i] * (mid[i] + side[i] - l[i]);
    r[i] += on[i] * (mid[i] - side[i] - r[i]);
  }
}

/* n frames, all of them before the next thing that moves. */
static void
stretch (lq_imager *u, float *l, float *r, uint32_t n)
{
  float *const side = plane (u, SIDES);

  split (u, l, r, n);
  gather (u, n);
  if (u->z.ringing)
    decorrelate (u, n);
  lq_pass_process (&u->mono, &side, n);
  if (u->guarded) {
    const float *const mid = plane (u, u->bands > 1 ? MIDS : MID);
    lq_antiphase_note (&u->last_guard, mid, side, u->z.phase, n);
  }
  if (!lq_antiphase_idle (&u->last_guard)) {
    const lq_ramp *const ramps[3] = { &u->last_guard.gain, NULL, NULL };
    weigh (u, side, side, ramps, true, n);
  }
  if (u->z.wet)
    put (u, l, r, n);
}

void
lq_imager_process (lq_imager *u, float *const *ch, uint32_t frames)
{
  if (u->stream.channels < 2)
    return;
  for (uint32_t done = 0, n; done < frames; done += n) {
    const uint32_t left = frames - done;
    const bool neutral = lq_imager_neutral (u);
    if (u->z.phase == 0 && !neutral)
      hop (u);
    n = left < CHUNK - u->z.phase ? left : CHUNK - u->z.phase;
    if (!neutral && (!u->z.running || !calm (u)))
      n = lq_hop_left (u->z.phase, left);
    if (u->z.running) {
      stretch (u, ch[0] + done, ch[1] + done, n);
    } else {
      float *const nothing = plane (u, SIDES);
      lq_pass_process (&u->mono, &nothing, n);
    }
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
