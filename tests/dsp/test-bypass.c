/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What stands around a chain: interleaving, and bypass. */

#include "base/fpu.h"
#include "guard.h"
#include "lqorc.h"
#include "lqtest.h"
#include "measure.h"
#include "primitives/bypass.h"
#include "primitives/interleave.h"
#include "rtguard.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000.0
#define FRAMES 20000

/* Any bits, signalling NaN and denormals too, there and back. */
static void
interleaving (void)
{
  static const uint32_t lengths[] = { 0, 1, 2, 3, 4, 5, 15, 16, 17, 999 };
  lqs_random random = { 6 };

  for (uint32_t channels = 1; channels <= 64; channels++)
    for (uint32_t k = 0; k < 10; k++) {
      const uint32_t n = lengths[k];
      lqg_planes line = lqg_new (1, (size_t)n * channels), planes = lqg_new (channels, n),
                 back = lqg_new (1, (size_t)n * channels);
      for (size_t i = 0; i < (size_t)n * channels; i++) {
        uint32_t bits =
            (uint32_t)(lqs_next (&random) >> 32) & (i % 3 ? 0xffffffff : 0x807fffff);
        memcpy (&line.ch[0][i], &bits, 4);
      }
      lq_deinterleave (lq_kernels (), line.ch[0], planes.ch, channels, n);
      for (size_t i = 0; i < (size_t)n * channels; i++)
        if (!CHECK (memcmp (&line.ch[0][i], &planes.ch[i % channels][i / channels], 4) == 0,
                "%u channels, %u frames: sample %zu", channels, n, i))
          break;
      lq_interleave (lq_kernels (), (const float *const *)planes.ch, back.ch[0], channels, n);
      CHECK (lqg_equal (&line, &back), "%u channels, %u frames: not what it was", channels, n);
      CHECK (lqg_intact (&line) && lqg_intact (&planes) && lqg_intact (&back),
          "%u channels, %u frames: wrote outside", channels, n);
      lqg_free (&line);
      lqg_free (&planes);
      lqg_free (&back);
    }
}

/* A chain that delays by `latency` and has gain `wet`, bypassed from `on` to `off`. */
struct scene {
  uint32_t channels, out_channels, latency;
  float wet;
  uint32_t on, off; /* frames at which the switch is thrown */
  bool difference;
  float gain; /* of the dry signal; 0: 1 */
  bool held;
};

struct state {
  lq_arena arena;
  lq_bypass bypass;
  lq_line line;
};

static void
chain (struct state *s, const struct scene *scene, float *const *ch, uint32_t n)
{
  for (uint32_t c = 0; c < scene->channels; c++) {
    lq_line_write (&s->line, c, ch[c], n);
    lq_line_read (&s->line, c, scene->latency, ch[c], n);
    for (uint32_t i = 0; i < n; i++)
      ch[c][i] *= scene->wet;
  }
  lq_line_advance (&s->line, n);
  if (scene->out_channels > scene->channels)
    memcpy (ch[1], ch[0], n * sizeof (float));
}

/* Plays in into out. `cut` 0: random blocks, split where the switch is thrown. */
static void
play (const struct scene *scene, const lqg_planes *in, lqg_planes *out, uint32_t cut)
{
  const lq_stream stream = {
    .rate = RATE, .channels = scene->channels, .out_channels = scene->out_channels
  };
  lqs_random random = { 17 };
  struct state s;
  float *at[LQG_CHANNELS_MAX], gain[LQ_BLOCK];

  lq_arena_init (&s.arena);
  if (!(scene->difference ? lq_bypass_prepare_difference : lq_bypass_prepare) (
          &s.bypass, &stream, scene->latency, scene->latency, &s.arena) ||
      !lq_line_prepare (&s.line, scene->channels, scene->latency, &s.arena))
    abort ();
  lq_bypass_hold (&s.bypass, scene->held);
  for (uint32_t i = 0; i < LQ_BLOCK; i++)
    gain[i] = scene->gain;
  lqg_copy (out, in);
  for (uint32_t done = 0, n; done < FRAMES; done += n) {
    uint32_t next = done < scene->on ? scene->on : done < scene->off ? scene->off : FRAMES;
    n = cut ? cut : lqs_range (&random, 0, LQ_BLOCK);
    n = n < next - done ? n : next - done;
    lq_bypass_set (&s.bypass, done >= scene->on && done < scene->off);
    for (uint32_t c = 0; c < scene->out_channels; c++)
      at[c] = out->ch[c] + done;
    lq_bypass_keep (&s.bypass, (const float *const *)at, n);
    chain (&s, scene, at, n);
    lq_bypass_match (&s.bypass, scene->gain != 0.0f ? gain : NULL);
    lq_bypass_mix (&s.bypass, at, n);
  }
  lq_arena_free (&s.arena);
}

static const struct scene scenes[] = { { 2, 2, 0, 0.5f, 5003, 12001 },
  { 2, 2, 777, 0.5f, 5003, 12001 }, { 1, 2, 0, -1.0f, 4097, 11111 },
  { 1, 2, 5000, 0.25f, 4096, 11111 }, { 8, 8, 1, 2.0f, 100, 12000 },
  { 2, 2, 64, 0.5f, 0, FRAMES }, { 2, 2, 300, 0.5f, 6000, 6100 },
  { 2, 2, 300, 0.75f, 5003, 12001, true, 0.0f }, { 1, 2, 0, 0.5f, 5003, 12001, true, 0.0f },
  { 2, 2, 777, 0.5f, 5003, 12001, false, 0.625f },
  { 2, 2, 300, 0.75f, 5003, 12001, true, 0.0f, true },
  { 1, 1, 2000, 0.75f, 5003, 14001, true, 0.0f } };

/* Frames a switch takes at most: to the grid, the ramp, one hop to come to rest. */
#define FADE (LQ_HOP + (uint32_t)(0.017 * RATE) + 2 * LQ_HOP)

static void
scene_exact (const struct scene *s, const lqg_planes *in, const lqg_planes *out)
{
  /* A difference comes once its line is full, where nobody has kept that so. */
  const uint32_t filled = s->on + (s->difference && !s->held ? s->latency : 0);
  const uint32_t dry_from = filled + FADE, dry_to = s->off;
  const uint32_t wet_from = s->off + FADE;

  for (uint32_t c = 0; c < s->out_channels; c++)
    for (uint32_t i = 0; i < FRAMES; i++) {
      const float *x = in->ch[c < s->channels ? c : 0];
      float dry = i < s->latency ? 0.0f : x[i - s->latency], wet = dry * s->wet;
      dry *= s->gain != 0.0f ? s->gain : 1.0f;
      dry -= s->difference ? wet : 0.0f;
      const bool is_dry = i >= dry_from && i < dry_to;
      const bool is_wet = i < filled || (s->off < FRAMES && i >= wet_from);
      const float lo = fminf (dry, wet) - 1e-6f, hi = fmaxf (dry, wet) + 1e-6f;
      bool ok = is_dry   ? memcmp (&out->ch[c][i], &dry, 4) == 0
                : is_wet ? memcmp (&out->ch[c][i], &wet, 4) == 0
                         : out->ch[c][i] >= lo && out->ch[c][i] <= hi;
      if (!CHECK (ok, "latency %u, frame %u: %g is neither %g nor %g", s->latency, i,
              (double)out->ch[c][i], (double)dry, (double)wet))
        break;
    }
}

static void
bypass (void)
{
  for (uint32_t k = 0; k < sizeof scenes / sizeof *scenes; k++) {
    const struct scene *s = &scenes[k];
    lqg_planes in = lqg_new (s->out_channels, FRAMES),
               whole = lqg_new (s->out_channels, FRAMES),
               parts = lqg_new (s->out_channels, FRAMES);
    static const uint32_t cuts[] = { 1, 7, 64, 0 };
    for (uint32_t c = 0; c < s->channels; c++)
      lqs_programme (in.ch[c], FRAMES, RATE, c + 1);
    play (s, &in, &whole, LQ_BLOCK);
    scene_exact (s, &in, &whole);
    for (uint32_t i = 0; i < 4; i++) {
      play (s, &in, &parts, cuts[i]);
      CHECK (lqg_equal (&whole, &parts) && lqg_intact (&parts), "scene %u: blocks of %u differ",
          k, cuts[i]);
    }
    lqg_free (&in);
    lqg_free (&whole);
    lqg_free (&parts);
  }
}

/* A switch stays below the contract's bound: twice the curvature of a 100 Hz sine. */
static void
no_click (void)
{
  for (uint32_t k = 0; k < sizeof scenes / sizeof *scenes; k++) {
    const struct scene *s = &scenes[k];
    lqg_planes in = lqg_new (s->out_channels, FRAMES), out = lqg_new (s->out_channels, FRAMES);
    const size_t from = s->latency + 2;
    double steady;
    for (uint32_t c = 0; c < s->channels; c++)
      lqs_sine (in.ch[c], FRAMES, RATE, 100.0, 0.5, 0.3, 0);
    play (s, &in, &out, LQ_BLOCK);
    steady = fmax (1.0, fabs ((double)s->wet)) * lqm_curvature (in.ch[0], FRAMES);
    CHECK (lqm_curvature (out.ch[0] + from, FRAMES - from) <= 2.0 * steady + 4e-7,
        "scene %u: ratio %.2f", k, lqm_curvature (out.ch[0] + from, FRAMES - from) / steady);
    lqg_free (&in);
    lqg_free (&out);
  }
}

static void
resting (void)
{
  const lq_stream stream = { .rate = RATE, .channels = 1, .out_channels = 1 };
  float x[LQ_BLOCK] = { 0 }, *ch[] = { x };
  const float *in[] = { x };
  lq_arena arena;
  lq_bypass u;

  lq_arena_init (&arena);
  CHECK (lq_bypass_prepare (&u, &stream, 10, 10, &arena), "no memory");
  CHECK (lq_bypass_resting_wet (&u) && !lq_bypass_resting_dry (&u), "begins bypassed");
  lq_bypass_set (&u, true);
  CHECK (!lq_bypass_resting_wet (&u) && !lq_bypass_resting_dry (&u), "rests while it moves");
  for (int i = 0; i < 2; i++) {
    lq_bypass_keep (&u, in, LQ_BLOCK);
    lq_bypass_mix (&u, ch, LQ_BLOCK);
  }
  CHECK (lq_bypass_resting_dry (&u), "never comes to rest");
  lq_bypass_set (&u, false);
  lq_bypass_reset (&u);
  CHECK (lq_bypass_resting_wet (&u), "reset doesn't jump");
  lq_arena_free (&arena);
}

static void
guarded (void)
{
  const lq_stream stream = { .rate = RATE, .channels = 2, .out_channels = 2 };
  static float x[2][LQ_BLOCK], line[2 * LQ_BLOCK];
  float *const ch[] = { x[0], x[1] };
  const float *const in[] = { x[0], x[1] };
  const char *name = "";
  unsigned calls;
  lq_arena arena;
  lq_bypass u;

  lq_arena_init (&arena);
  CHECK (lq_bypass_prepare (&u, &stream, 100, 100, &arena), "no memory");
  rtguard_arm ();
  for (int i = 0; i < 8; i++) {
    lq_deinterleave (lq_kernels (), line, ch, 2, LQ_BLOCK);
    lq_bypass_set (&u, i < 4);
    lq_bypass_keep (&u, in, LQ_BLOCK);
    lq_bypass_mix (&u, ch, LQ_BLOCK);
    lq_interleave (lq_kernels (), in, line, 2, LQ_BLOCK);
  }
  lq_bypass_reset (&u);
  calls = rtguard_disarm (&name);
  CHECK (calls == 0, "%u calls, the first %s", calls, name);
  lq_arena_free (&arena);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "planes and back, bit for bit", interleaving },
    { "bypassed the output is the input, later", bypass },
    { "the switch doesn't click", no_click }, { "says when it rests", resting },
    { "no allocation, no lock", guarded }, { NULL, NULL } };

  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc, argv);
}
