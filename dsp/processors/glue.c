/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: bus compressor and autofade.
 * Source:  the ranges and the manner of console bus compressors since 1977: steps of ratio 2, 4
 *          and 10 whose knee sharpens, an automatic release of two time constants side by side
 *          (STANDARDS §4). All of it but the autofade is done by comp.c.
 *
 *   x ─→ comp (peak, linked, no look-ahead) ─→ × autofade ─→
 *
 * z: phase counts frames on the grid. */

#include "glue.h"

#include "../base/mathx.h"
#include "lqorc.h"

#include <string.h>

/* From here on `range` is no bound: more than any signal that there is can ask for. */
#define RANGE_MAX_DB 70.0f
#define NO_BOUND_DB 200.0f

/* From full even colour under the most makeup to −96 dBFS: 65 dB of a first order at 8 Hz. */
#define TAIL_S 0.15

static const struct lq_enum triggers = { "LqGlueTrigger",
  (const struct lq_item[]){ { "none", "None: full level", LQ_GLUE_NONE },
      { "out", "Fade out", LQ_GLUE_OUT }, { "in", "Fade in", LQ_GLUE_IN },
      { NULL, NULL, 0 } } };

#define FIELD(name) offsetof (struct lq_glue_params, name)
#define NUMBER(name, nick, blurb, unit, scale, field, min, max, def, ramp)                     \
  {                                                                                            \
    name, nick, blurb, unit, LQ_FLOAT, scale, FIELD (field), min, max, def, NULL, LQ_PLAYING,  \
        ramp                                                                                   \
  }
#define SWITCH(name, nick, blurb, field)                                                       \
  {                                                                                            \
    name, nick, blurb, NULL, LQ_BOOL, LQ_LINEAR, FIELD (field), 0, 1, 0, NULL, LQ_PLAYING,     \
        LQ_RAMP_MS                                                                             \
  }
const struct lq_param lq_glue_rows[LQ_GLUE_ROWS] = {
  SWITCH ("enabled", "Glue", "Bus compressor on, linked over channels", enabled),
  NUMBER ("threshold", "Glue threshold",
      "Level above -12 dBFS peak from which on it compresses, as on the hardware's scale", "dB",
      LQ_LINEAR, threshold_db, -15, 15, 0, LQ_RAMP_MS),
  NUMBER ("ratio", "Glue ratio",
      "Of level in to level out above the threshold, with a knee that sharpens as it rises; "
      "classic steps are 2, 4 and 10; 1 is neutral",
      NULL, LQ_LOG, ratio, 1, 10, 2, LQ_RAMP_MS),
  NUMBER ("attack", "Glue attack",
      "Time to 63 % of a reduction that grows; classic steps are 0.1, 0.3, 1, 3, 10 and 30",
      "ms", LQ_LOG, attack_ms, 0.1, 30, 10, LQ_RAMP_MS),
  NUMBER ("release", "Glue release",
      "Time to 63 % of a reduction that ends; classic steps are 100, 300, 600 and 1200", "ms",
      LQ_LOG, release_ms, 50, 1200, 300, LQ_RAMP_MS),
  SWITCH ("auto-release", "Automatic release",
      "Recovers fast after bursts and slowly after long reduction; release is then without "
      "effect",
      auto_release),
  NUMBER ("makeup", "Glue makeup gain", "Gain of the compressed signal", "dB", LQ_LINEAR,
      makeup_db, -5, 15, 0, LQ_RAMP_MS),
  NUMBER ("sc-hpf", "Detector high-pass", "High-pass of the detector, 12 dB/octave; 0 is off",
      "Hz", LQ_LINEAR, sc_hpf_hz, 0, 500, 0, LQ_RAMP_MS),
  NUMBER ("mix", "Glue mix", "Dry to compressed", "%", LQ_LINEAR, mix_percent, 0, 100, 100,
      LQ_RAMP_MS),
  NUMBER ("range", "Glue range", "Largest reduction; 70 is no bound, as the hardware", "dB",
      LQ_LINEAR, range_db, 0, RANGE_MAX_DB, RANGE_MAX_DB, LQ_RAMP_MS),
  NUMBER ("colour", "Glue colour", "Low-order harmonics that follow the reduction; 0 is off",
      "%", LQ_LINEAR, colour_percent, 0, 100, 20, LQ_RAMP_MS),
  NUMBER ("autofade", "Autofade length", "Time that an autofade takes", "s", LQ_LOG, autofade_s,
      1, 60, 10, 0),
  { "autofade-trigger", "Autofade",
      "out: fades to silence from now on; in: back again; none: full level at once", NULL,
      LQ_ENUM, LQ_LINEAR, FIELD (autofade_trigger), 0, 2, 0, &triggers, LQ_PLAYING,
      LQ_RAMP_MS },
};
LQ_ASSERT_ROWS (lq_glue_rows, struct lq_glue_params);

double
lq_glue_knee_db (double ratio)
{
  if (ratio <= 2.0)
    return 10.0;
  if (ratio <= 4.0)
    return 10.0 * pow (6.0 / 10.0, log (ratio / 2.0) / log (4.0 / 2.0));
  return 6.0 * pow (2.0 / 6.0, log (ratio / 4.0) / log (10.0 / 4.0));
}

/* The same as settings of the compressor. */
static struct lq_comp_params
settings_of (const struct lq_glue_params *p)
{
  const bool reduces = p->ratio > 1.0f && p->range_db > 0.0f;

  return (struct lq_comp_params){
    .enabled = p->enabled && p->mix_percent > 0.0f && (reduces || p->makeup_db != 0.0f),
    .threshold_db = LQ_GLUE_REFERENCE_DBFS + p->threshold_db,
    .ratio = p->ratio,
    .knee_db = (float)lq_glue_knee_db (p->ratio),
    .attack_ms = p->attack_ms,
    .release_ms = p->auto_release ? LQ_GLUE_AUTO_MS : p->release_ms,
    .auto_release = p->auto_release,
    .range_db = p->range_db < RANGE_MAX_DB ? p->range_db : NO_BOUND_DB,
    .makeup_db = p->makeup_db,
    .mix_percent = p->mix_percent,
    .detector = LQ_COMP_PEAK,
    .rms_window_ms = 20.0f, /* of a detector that isn't used */
    .topology = LQ_COMP_FORWARD,
    .style = LQ_COMP_CLEAN,
    .link_percent = 100.0f,
    .sc_hpf_hz = p->sc_hpf_hz,
  };
}

bool
lq_glue_prepare (lq_glue *u, const lq_stream *stream, lq_arena *arena)
{
  const struct lq_module self = { "", lq_glue_rows, LQ_GLUE_ROWS, 0, NULL };
  struct lq_glue_params defaults;

  memset (u, 0, sizeof *u);
  u->channels = stream->channels;
  if (!lq_comp_prepare (&u->comp, stream, NULL, arena) ||
      !lq_fade_prepare (&u->fade, stream, arena))
    return false;
  lq_modules_defaults (&self, 1, &defaults);
  lq_glue_set (u, &defaults);
  lq_glue_reset (u);
  return true;
}

void
lq_glue_set (lq_glue *u, const struct lq_glue_params *p)
{
  const struct lq_comp_params settings = settings_of (p);
  const double colour = p->colour_percent / 100.0;
  const int32_t trigger = p->enabled ? p->autofade_trigger : LQ_GLUE_NONE;

  lq_comp_set (&u->comp, &settings);
  lq_comp_set_colour (&u->comp, colour * LQ_GLUE_ODD, colour * LQ_GLUE_EVEN);
  lq_fade_set (&u->fade, trigger != LQ_GLUE_OUT,
      trigger == LQ_GLUE_NONE ? (float)LQ_RAMP_MS : 1000.0f * p->autofade_s);
}

/* At full level, from where it may be on its way already. */
void
lq_glue_reset (lq_glue *u)
{
  const double step = u->fade.step;
  const bool on = u->fade.on;

  memset (&u->z, 0, sizeof u->z);
  lq_comp_reset (&u->comp);
  lq_fade_jump (&u->fade, true);
  u->fade.on = on;
  u->fade.step = step;
}

uint32_t
lq_glue_latency (const lq_glue *u)
{
  return lq_comp_latency (&u->comp);
}

uint32_t
lq_glue_tail (const lq_glue *u)
{
  if (!u->comp.z.awake || lq_ramp_absent (&u->comp.ramp[LQ_COMP_EVEN]))
    return 0;
  return (uint32_t)ceil (TAIL_S * u->comp.stream.rate);
}

static bool
full (const lq_glue *u)
{
  return u->fade.on && lq_fade_resting (&u->fade);
}

bool
lq_glue_neutral (const lq_glue *u)
{
  return lq_comp_neutral (&u->comp) && full (u);
}

float
lq_glue_reduction_db (lq_glue *u)
{
  return lq_comp_reduction_db (&u->comp);
}

double
lq_glue_curve_db (const struct lq_glue_params *p, double level_db)
{
  const struct lq_comp_params settings = settings_of (p);

  return lq_comp_curve_db (&settings, level_db);
}

/* n frames within a hop. */
static void
fade (const lq_glue *u, float *const *ch, uint32_t at, uint32_t n)
{
  float gain[LQ_HOP];

  if (full (u))
    return;
  if (!lq_fade_absent (&u->fade))
    lq_ramp_fill (&u->fade.ramp, gain, u->z.phase, n);
  for (uint32_t c = 0; c < u->channels; c++)
    if (lq_fade_absent (&u->fade))
      memset (ch[c] + at, 0, n * sizeof **ch);
    else
      lq_orc_gain_curve (ch[c] + at, gain, (int)n);
}

void
lq_glue_process (lq_glue *u, float *const *ch, uint32_t frames)
{
  lq_comp_process (&u->comp, ch, frames);
  if (full (u)) {
    u->z.phase = (u->z.phase + frames) % LQ_HOP;
    return;
  }
  for (uint32_t done = 0, n; done < frames; done += n) {
    n = lq_hop_left (u->z.phase, frames - done);
    if (u->z.phase == 0)
      lq_fade_move (&u->fade);
    fade (u, ch, done, n);
    u->z.phase = (u->z.phase + n) % LQ_HOP;
  }
}
