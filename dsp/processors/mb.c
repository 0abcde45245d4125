/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: multiband dynamics: settings, and what moves.
 * Source:  D. Giannoulis, M. Massberg, J. D. Reiss, JAES 60(6), 2012 (static curve, ballistics).
 *
 *   set ─→ ramps ─→ hop ─→ what mb-run.c works with in the coming frames
 *
 * A gain follows other times by other coefficients, which begin where it stands; it goes from one to
 * the other. Linked channels share a lane; where they come apart each goes on from there, and they
 * become one again when their gains are the same.
 *
 * z: running: bands are made; settling: hops before they are heard. */

#include "mb-private.h"

#include "../base/mathx.h"
#include "../primitives/times.h"

#include <string.h>

/* Gains that differ by less are one, dB. */
#define SAME_DB 1e-6

/* Filters that begin in the middle of something settle for so long before they are heard. */
#define SETTLE_MS 4.0

/* A range of 90 dB is no bound, which is more than any reduction there is; but raised by no more. */
#define RANGE_MOST_DB 90.0
#define UNBOUND_DB 400.0

static const struct lq_enum phases = { "LqMbPhase",
  (const struct lq_item[]){ { "minimum", "Minimum", LQ_MB_MINIMUM },
      { "linear", "Linear", LQ_MB_LINEAR }, { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_mb_params, name)
#define CROSSOVER(number, hz)                                                                  \
  {                                                                                            \
    "crossover" #number, "Crossover " #number,                                                 \
        "Between two bands; those in use are taken in ascending order", "Hz", LQ_FLOAT,        \
        LQ_LOG, FIELD (crossover_hz) + ((number)-1) * sizeof (float), 20, 20000, hz, NULL,     \
        LQ_PLAYING, LQ_RAMP_MS                                                                 \
  }
const struct lq_param lq_mb_rows[LQ_MB_ROWS] = {
  { "enabled", "Multiband", "Multiband dynamics on", NULL, LQ_BOOL, LQ_LINEAR, FIELD (enabled),
      0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "bands", "Bands", "Bands in use; as many crossovers but one hold, from the first on", NULL,
      LQ_UINT, LQ_LINEAR, FIELD (bands), 2, LQ_MB_BANDS, 4, NULL, 0, 0 },
  { "phase", "Crossover phase",
      "minimum: Linkwitz-Riley of fourth order, which sums to an all-pass; linear: sums to a "
      "delay, which is latency",
      NULL, LQ_ENUM, LQ_LINEAR, FIELD (phase), 0, 1, LQ_MB_MINIMUM, &phases, 0, 0 },
  CROSSOVER (1, 120),
  CROSSOVER (2, 600),
  CROSSOVER (3, 3000),
  CROSSOVER (4, 7000),
  CROSSOVER (5, 12000),
  { "band-link", "Band link", "100: every band takes the largest reduction of all", "%",
      LQ_FLOAT, LQ_LINEAR, FIELD (band_link_percent), 0, 100, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "link", "Channel link",
      "0: each channel by itself; 100: the largest reduction for all channels", "%", LQ_FLOAT,
      LQ_LINEAR, FIELD (link_percent), 0, 100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
};
_Static_assert(
    LQ_MB_ROWS == offsetof (struct lq_mb_params, band) / 4, "every field has its row");
#undef FIELD

#define FIELD(name) offsetof (struct lq_mb_band, name)
#define SWITCH(name, nick, blurb)                                                              \
  {                                                                                            \
#name, nick, blurb, NULL, LQ_BOOL, LQ_LINEAR, FIELD(name), 0, 1, 0, NULL, LQ_PLAYING,      \
        LQ_RAMP_MS                                                                             \
  }
const struct lq_param lq_mb_band_rows[LQ_MB_BAND_ROWS] = {
  { "threshold", "Band threshold", "T of the static curve, peak level in the band", "dBFS",
      LQ_FLOAT, LQ_LINEAR, FIELD (threshold_db), -60, 0, -20, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "ratio", "Band ratio",
      "R of the static curve; 100 = infinite; 1 = neutral; below 1 the band rises above the "
      "threshold",
      NULL, LQ_FLOAT, LQ_LOG, FIELD (ratio), 0.2, 100, 2, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "knee", "Band knee", "W of the static curve, whole width", "dB", LQ_FLOAT, LQ_LINEAR,
      FIELD (knee_db), 0, 24, 6, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "attack", "Band attack", "Time to 63 % of a change", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (attack_ms), 0.01, 300, 15, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "release", "Band release", "Time to 63 % of a change", "ms", LQ_FLOAT, LQ_LOG,
      FIELD (release_ms), 5, 5000, 150, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "range", "Band range", "Largest change of gain, down or up; 90 = no bound", "dB", LQ_FLOAT,
      LQ_LINEAR, FIELD (range_db), 0, RANGE_MOST_DB, 24, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "makeup", "Band makeup", "Gain of the compressed band", "dB", LQ_FLOAT, LQ_LINEAR,
      FIELD (makeup_db), -24, 24, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "mix", "Band mix", "Dry to compressed, within the band", "%", LQ_FLOAT, LQ_LINEAR,
      FIELD (mix_percent), 0, 100, 100, NULL, LQ_PLAYING, LQ_RAMP_MS },
  SWITCH (solo, "Solo", "Only soloed bands sound"),
  SWITCH (mute, "Mute", "The band is silent; wins over solo"),
  SWITCH (bypass, "Band bypass", "The band passes without its dynamics and makeup"),
};
LQ_ASSERT_ROWS (lq_mb_band_rows, struct lq_mb_band);

const struct lq_override lq_mb_overrides[LQ_MB_BANDS][3] = {
  { { "attack", 40.0 }, { "release", 250.0 }, { NULL, 0.0 } },
  { { "attack", 25.0 }, { "release", 200.0 }, { NULL, 0.0 } },
  { { "attack", 15.0 }, { "release", 150.0 }, { NULL, 0.0 } },
  { { "attack", 8.0 }, { "release", 120.0 }, { NULL, 0.0 } },
  { { "attack", 5.0 }, { "release", 100.0 }, { NULL, 0.0 } },
  { { "attack", 3.0 }, { "release", 80.0 }, { NULL, 0.0 } },
};

static double
slope_of (const struct lq_mb_band *p)
{
  /* The largest ratio stands for ∞. */
  return p->ratio >= 100.0f ? 1.0 : 1.0 - 1.0 / p->ratio;
}

double
lq_mb_curve_db (const struct lq_mb_band *p, double level_db)
{
  const double over = level_db - p->threshold_db, knee = p->knee_db, slope = slope_of (p);
  const double most = p->range_db >= RANGE_MOST_DB && slope > 0.0 ? UNBOUND_DB : p->range_db;
  double down = 0.0;

  if (2.0 * over > knee)
    down = slope * over;
  else if (2.0 * over > -knee)
    down = slope * (over + knee / 2.0) * (over + knee / 2.0) / (2.0 * knee);
  return level_db - lq_clamp (down, -most, most);
}

/* Everything but memory of its own. */
static bool
prepare_ramps (lq_mb *u, lq_arena *arena)
{
  lq_ramp *const ramps[] = { &u->link, &u->band_link, &u->times, &u->on };
  bool ok = true;

  for (uint32_t i = 0; i < LQ_COUNT (ramps); i++)
    ok = ok && lq_ramp_prepare (ramps[i], &u->stream, arena, LQ_RAMP_MS);
  for (uint32_t b = 0; b < u->bands; b++)
    for (uint32_t i = 0; i < LQ_MB_CONTROLS; i++)
      ok = ok && lq_ramp_prepare (&u->ramp[b][i], &u->stream, arena, LQ_RAMP_MS);
  return ok;
}

bool
lq_mb_prepare (lq_mb *u, const lq_stream *stream, const struct lq_mb_params *p, lq_arena *arena)
{
  const struct lq_module self[] = { LQ_MB_MODULE_LIST (0) };
  const uint32_t hold = (uint32_t)lround (LQ_PEAK_HOLD_MS * stream->rate / 1000.0);
  struct lq_mb_params defaults;
  bool ok;

  memset (u, 0, sizeof *u);
  lq_modules_defaults (self, LQ_MB_MODULES, &defaults);
  p = p ? p : &defaults;
  u->stream = *stream;
  u->kernels = lq_kernels ();
  u->bands = p->bands;
  u->settle = (uint32_t)ceil (SETTLE_MS * stream->rate / 1000.0 / LQ_HOP);
  ok = lq_bands_prepare (&u->splitter, stream, u->bands, arena) && prepare_ramps (u, arena);
  for (uint32_t i = 0; ok && i < 2 * u->bands; i++) {
    u->plane[i] = lq_arena_alloc (arena, LQ_MB_CHUNK * sizeof (float));
    u->gain[i] = lq_arena_alloc (arena, LQ_MB_CHUNK * sizeof (float));
    u->other[i] = lq_arena_alloc (arena, LQ_HOP * sizeof (float));
    ok = u->plane[i] && u->gain[i] && u->other[i] &&
         lq_slidemax_prepare (&u->peak[i], lq_slidemax_groups (hold), arena);
  }
  if (!ok)
    return false;
  lq_mb_set (u, p);
  lq_mb_reset (u);
  return true;
}

/* Nothing changes, while it isn't soloed nor muted. */
static bool
idle (const struct lq_mb_band *p)
{
  return p->bypass || p->mix_percent == 0.0f ||
         ((p->ratio == 1.0f || p->range_db == 0.0f) && p->makeup_db == 0.0f);
}

static void
set_band (lq_mb *u, uint32_t b, const struct lq_mb_band *p, bool soloed)
{
  lq_ramp *const r = u->ramp[b];

  lq_ramp_set (&r[LQ_MB_THRESHOLD], p->threshold_db);
  lq_ramp_set (&r[LQ_MB_SLOPE], slope_of (p));
  lq_ramp_set (&r[LQ_MB_KNEE], p->knee_db);
  lq_ramp_set (&r[LQ_MB_RANGE], p->range_db >= RANGE_MOST_DB ? UNBOUND_DB : p->range_db);
  lq_ramp_set (&r[LQ_MB_MAKEUP], p->makeup_db);
  lq_ramp_set (&r[LQ_MB_WET], p->bypass ? 0.0 : p->mix_percent / 100.0);
  lq_ramp_set (&r[LQ_MB_AUDIBLE], !p->mute && (!soloed || p->solo) ? 1.0 : 0.0);
  lq_ramp_set (&r[LQ_MB_APART], p->bypass ? 1.0 : 0.0);
  u->set.attack[b] = lq_keep (u->stream.rate, p->attack_ms);
  u->set.release[b] = lq_keep (u->stream.rate, p->release_ms);
}

void
lq_mb_set (lq_mb *u, const struct lq_mb_params *p)
{
  bool soloed = false, muted = false, busy = false;

  for (uint32_t b = 0; b < u->bands; b++) {
    soloed = soloed || p->band[b].solo;
    muted = muted || p->band[b].mute;
    busy = busy || !idle (&p->band[b]);
  }
  for (uint32_t b = 0; b < u->bands; b++)
    set_band (u, b, &p->band[b], soloed);
  lq_ramp_set (&u->link, p->link_percent / 100.0);
  lq_ramp_set (&u->band_link, p->band_link_percent / 100.0);
  lq_bands_set (&u->splitter, p->crossover_hz);
  u->wanted = p->enabled && (busy || soloed || muted);
  u->moving = true;
}

void
lq_mb_forget (lq_mb *u)
{
  lq_bands_reset (&u->splitter);
  for (uint32_t b = 0; b < u->bands; b++)
    for (uint32_t i = 0; i < LQ_MB_CONTROLS; i++)
      lq_ramp_jump (&u->ramp[b][i]);
  lq_ramp_jump (&u->link);
  lq_ramp_jump (&u->band_link);
  lq_ramp_jump_to (&u->times, 0.0);
  for (uint32_t i = 0; i < 2 * u->bands; i++) {
    lq_slidemax_reset (&u->peak[i]);
    u->z.gain[i] = u->z.later[i] = 0.0;
  }
  u->z.now = u->set;
  u->z.split = u->stream.channels > 1 && u->link.target != 1.0;
  u->moving = true;
}

void
lq_mb_reset (lq_mb *u)
{
  memset (&u->z, 0, sizeof u->z);
  lq_mb_forget (u);
  lq_ramp_jump_to (&u->on, u->wanted ? 1.0 : 0.0);
  u->z.running = u->wanted;
}

uint32_t
lq_mb_latency (const lq_mb *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_mb_latency_most (const lq_mb *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_mb_grow (lq_mb *u)
{
  (void)u;
  return 0;
}

uint32_t
lq_mb_tail (const lq_mb *u)
{
  return u->z.running || u->wanted ? lq_bands_tail (&u->splitter) : 0;
}

bool
lq_mb_neutral (const lq_mb *u)
{
  return !u->z.running && !u->wanted;
}

float
lq_mb_reduction_db (lq_mb *u, uint32_t band)
{
  const float most = u->z.reduction_db[band];

  u->z.reduction_db[band] = 0.0f;
  return most;
}

/* Grid. */

static bool
same_times (const struct lq_mb_times *a, const struct lq_mb_times *b, uint32_t bands)
{
  const size_t size = bands * sizeof (double);

  return memcmp (a->attack, b->attack, size) == 0 && memcmp (a->release, b->release, size) == 0;
}

/* The gain goes over to other ballistics, that begin where these stand. */
static void
hop_times (lq_mb *u)
{
  if (u->times.target == 1.0 && lq_ramp_resting (&u->times)) {
    u->z.now = u->z.next;
    memcpy (u->z.gain, u->z.later, sizeof u->z.gain);
    lq_ramp_jump_to (&u->times, 0.0);
  }
  if (u->times.target == 0.0 && !same_times (&u->z.now, &u->set, u->bands)) {
    u->z.next = u->set;
    memcpy (u->z.later, u->z.gain, sizeof u->z.later);
    lq_ramp_set (&u->times, 1.0);
  }
  lq_ramp_move (&u->times);
}

static void
part (lq_mb *u)
{
  for (uint32_t b = u->bands; b-- > 0;) {
    u->z.gain[2 * b] = u->z.gain[2 * b + 1] = u->z.gain[b];
    u->z.later[2 * b] = u->z.later[2 * b + 1] = u->z.later[b];
    if (b > 0)
      lq_slidemax_copy (&u->peak[2 * b], &u->peak[b]);
    lq_slidemax_copy (&u->peak[2 * b + 1], &u->peak[2 * b]);
  }
  u->z.split = true;
}

static void
unite (lq_mb *u)
{
  for (uint32_t b = 0; b < u->bands; b++) {
    const lq_slidemax *left = &u->peak[2 * b], *right = left + 1;
    const bool louder = lq_slidemax_largest (right) > lq_slidemax_largest (left);
    if (b > 0 || louder)
      lq_slidemax_copy (&u->peak[b], louder ? right : left);
    u->z.gain[b] = u->z.gain[2 * b];
    u->z.later[b] = u->z.later[2 * b];
  }
  u->z.split = false;
}

/* One gain for both channels, or one each. */
static void
hop_link (lq_mb *u)
{
  const bool whole = lq_ramp_resting (&u->link) && u->link.target == 1.0;
  bool same = true;

  for (uint32_t b = 0; b < u->bands && u->z.split; b++)
    same =
        same && fabs (u->z.gain[2 * b] - u->z.gain[2 * b + 1]) < SAME_DB &&
        (u->times.target == 0.0 || fabs (u->z.later[2 * b] - u->z.later[2 * b + 1]) < SAME_DB);
  if (u->stream.channels == 1)
    return;
  if (!u->z.split && !whole)
    part (u);
  else if (u->z.split && whole && same)
    unite (u);
}

/* What ramps come to where they rest. */
static void
settle_band (lq_mb *u, uint32_t b)
{
  const lq_ramp *r = u->ramp[b];
  const double wet = r[LQ_MB_WET].z.value, audible = r[LQ_MB_AUDIBLE].z.value;

  u->z.scale[b] = (float)(audible * wet * pow (10.0, r[LQ_MB_MAKEUP].z.value / 20.0));
  u->z.offset[b] = (float)(audible * (1.0 - wet));
}

static void
hop_settings (lq_mb *u)
{
  bool moves = false;

  hop_times (u);
  for (uint32_t b = 0; b < u->bands; b++)
    for (uint32_t i = 0; i < LQ_MB_CONTROLS; i++)
      moves = lq_ramp_move (&u->ramp[b][i]) || moves;
  moves = lq_ramp_move (&u->link) || moves;
  moves = lq_ramp_move (&u->band_link) || moves;
  hop_link (u);
  u->moving = moves || u->times.target != 0.0 ||
              u->z.split != (u->stream.channels > 1 && u->link.target != 1.0);
  u->z.raises = false;
  for (uint32_t b = 0; b < u->bands; b++) {
    const lq_ramp *slope = &u->ramp[b][LQ_MB_SLOPE];
    u->z.raises = u->z.raises || slope->z.value < 0.0 || slope->z.end < 0.0;
    settle_band (u, b);
  }
}

void
lq_mb_hop (lq_mb *u)
{
  if (lq_ramp_absent (&u->on) && !u->wanted) {
    u->z.running = false;
    return;
  }
  if (!u->z.running) {
    lq_mb_forget (u);
    u->z.running = true;
    u->z.settling = u->settle;
  }
  if (u->z.settling > 0)
    u->z.settling--;
  else
    lq_ramp_set (&u->on, u->wanted ? 1.0 : 0.0);
  lq_ramp_move (&u->on);
  if (u->moving)
    hop_settings (u);
}
