/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lqcommon.h"

#include "lqorc.h"
#include "primitives/quantize.h"

/* The first row of those that a mixer has other defaults for. */
enum { DITHER = 7 };

const struct lq_param lq_common_rows[LQ_COMMON_ROWS] = {
  { "bypass", "Bypass", "Passes the input, delay-matched and without a click", NULL, LQ_BOOL,
      LQ_LINEAR, LQ_NO_FIELD, 0, 1, 0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "preset", "Preset",
      "Name of a factory preset, or of a file if it has a / or ends in .preset: "
      "property=value lines; before READY what was set explicitly stays",
      NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_PLAYING | LQ_NO_PRESET, 0 },
  { "automation", "Automation",
      "property curve time:value …; … in stream time, seconds; curves step, linear, smooth",
      NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_NO_PRESET, 0 },
  { "automation-location", "Automation file",
      "Text file in the syntax of automation, one property a line, # starts a comment", NULL,
      LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0, 0, 0, NULL, LQ_NO_PRESET, 0 },
  { "post-messages", "Post messages",
      "One element message a period, the last with final=true and a summary in words", NULL,
      LQ_BOOL, LQ_LINEAR, LQ_NO_FIELD, 0, 1, 1, NULL, LQ_PLAYING, 0 },
  { "meters", "Meters", "Keeps the read-only figures up to date even without post-messages",
      NULL, LQ_BOOL, LQ_LINEAR, LQ_NO_FIELD, 0, 1, 0, NULL, LQ_PLAYING, 0 },
  { "interval", "Interval", "Period of messages and meters, in stream time", "ns", LQ_UINT64,
      LQ_LOG, LQ_NO_FIELD, 1e6, 3.6e12, 1e8, NULL, LQ_PLAYING, 0 },
  { "dither", "Dither", "Only where the output is an integer of 24 bits or fewer", NULL,
      LQ_ENUM, LQ_LINEAR, LQ_NO_FIELD, 0, 3, LQ_DITHER_TPDF, &lq_dither_enum, LQ_PLAYING, 0 },
  { "noise-shaping", "Noise shaping",
      "Error feedback where the output is an integer of 24 bits or fewer, at 44.1 and 48 kHz",
      NULL, LQ_ENUM, LQ_LINEAR, LQ_NO_FIELD, 0, 3, LQ_SHAPING_NONE, &lq_shaping_enum,
      LQ_PLAYING, 0 },
  { "dither-seed", "Dither seed", "The same seed gives the same bits", NULL, LQ_UINT, LQ_LINEAR,
      LQ_NO_FIELD, 0, 4294967295.0, 0, NULL, 0, 0 },
  { "auto-blank", "Auto-blank",
      "Exact zeros after 0.7 s in which every sample was below 2^-40, until the next above",
      NULL, LQ_BOOL, LQ_LINEAR, LQ_NO_FIELD, 0, 1, 0, NULL, LQ_PLAYING, 0 },
  { "bad-samples", "Bad samples",
      "Input samples scrubbed since READY: NaN and infinity to 0, magnitudes above 1e6 clamped",
      "samples", LQ_UINT64, LQ_LINEAR, LQ_NO_FIELD, 0, 18446744073709551615.0, 0, NULL,
      LQ_READONLY, 0 },
};
const struct lq_module lq_common_module = { "", lq_common_rows, LQ_COMMON_ROWS, 0, NULL };

/* audiomixer's samples are rounded, not dithered. */
static const struct lq_override plain[] = { { "dither", LQ_DITHER_NONE }, { NULL, 0.0 } };
const struct lq_module lq_common_mixer_modules[LQ_COMMON_MIXER_MODULES] = {
  { "", lq_common_rows, DITHER, 0, NULL },
  { "", lq_common_rows + DITHER, LQ_COMMON_ROWS - DITHER, 0, plain },
};

void
lq_common_init (void)
{
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;
  lq_orc_init ();
  g_once_init_leave (&done, 1);
}
