/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The conformance program: a group of cases in TAP, or with --markdown the tables of all of them,
 * docs/conformance.md. */

#include <gst/gst.h>

#include "base/fpu.h"
#include "base/param.h"
#include "lqtest.h"
#include "result.h"
#include "test-conformance.h"

#include <stdio.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

static const lqt_case ebu[] = {
  { "EBU Tech 3341: loudness, at every rate", lqc_ebu_loudness },
  { "EBU Tech 3342: range, at every rate", lqc_ebu_range },
  { "EBU Tech 3341: true peak, at every rate", lqc_ebu_true_peak },
  { "a low-frequency channel doesn't count", lqc_ebu_lfe },
  { NULL, NULL },
};
static const lqt_case theory[] = {
  { "K-weighting keeps its response at every rate", lqc_k_response },
  { "tones read as theory says", lqc_tones },
  { "gates", lqc_gates },
  { "channel weights", lqc_weights },
  { "1 to 64 channels", lqc_channel_counts },
  { "hours: nothing drifts, memory is constant", lqc_days },
  { "the histogram against the list of all blocks", lqc_histogram },
  { "histograms add up to an album", lqc_album },
  { "loudness after a gain is known before", lqc_gain },
  { "true peak against the filter written once more", lqc_peak_exact },
  { "true peak of sines by frequency", lqc_peak_sines },
  { "true peak at a stream's ends and between periods", lqc_peak_edges },
  { NULL, NULL },
};
static const lqt_case peers[] = {
  { "libebur128 on generated programmes", lqc_peer_generated },
  { "libebur128 on songs", lqc_peer_songs },
  { NULL, NULL },
};
static const lqt_case norm[] = {
  { "loudnessnorm limits: hostile signals", lqc_norm_hostile },
  { "loudnessnorm limits: songs", lqc_norm_songs },
  { "loudnessnorm: what keeps it from the target", lqc_norm_bounds },
  { NULL, NULL },
};
static const lqt_case norm_all[] = {
  { "loudnessnorm limits: every hostile signal, rate, format and target",
      lqc_norm_hostile_all },
  { "loudnessnorm limits: every song, rate, format and target", lqc_norm_songs_all },
  { NULL, NULL },
};

/* `slow` ones are in no table. */
static const struct group {
  const char *name;
  const lqt_case *cases;
  bool slow;
} groups[] = { { "ebu", ebu, false }, { "theory", theory, false }, { "peers", peers, false },
  { "norm", norm, false }, { "norm-all", norm_all, true } };

static const char head[] =
    "# Conformance of the meters and of the normaliser\n\n"
    "Written by `build/tests/conformance/conformance --markdown`. The same program is a test\n"
    "(`meson test --suite conformance`) that fails where a figure lies outside what is "
    "expected.\n"
    "All signals but the songs are synthesised (`tests/conformance/ebu_cases.csv`); where a "
    "case consists "
    "of\n"
    "several files or steps, the figure that is furthest off is shown.\n\n"
    "Loudness is measured in sub-blocks of 10 ms to the nearest frame: momentary and "
    "short-term\n"
    "move every 10 ms, gated blocks come every 100 ms; before the first frame was silence.\n"
    "Integrated loudness and range come from histograms of 0.005 LU, whose bins keep the sum "
    "of\n"
    "their powers: integrated is exact but for blocks within 0.005 LU of a gate, range is "
    "within\n"
    "0.01 LU of the exact one. Near half of a low rate the response of a biquad is level, that "
    "of\n"
    "BS.1770 isn't: from 0.475 of 8 kHz on the weighting is up to 0.02 dB off. True peak is 4× "
    "at\n"
    "every rate; what it reads low between its values is the table of sines below. RMS of the\n"
    "strip meters is plain: a full-scale sine reads −3.01 dBFS. Beside libebur128 songs are "
    "at\n"
    "48 kHz, where both weightings are the standard's: its own bends as the rate falls, so "
    "that at\n"
    "44.1 kHz it reads the songs 0.004 LU higher than at 48 kHz and at 22.05 kHz 0.05 LU; ours "
    "stays\n"
    "within 0.001 LU.\n\n"
    "The last table is what `loudnessnorm mode=two-pass peak-policy=limit` promises: to −23, "
    "−16,\n"
    "−14 (ceiling −1 dBTP) and −9 LUFS (−0.3 dBTP) in F32, S24, dithered S16 and S16 with "
    "`noise-shaping=strong`.\n"
    "Signals of `tests/conformance/hostile.c` in every format at 48 kHz and with one a target "
    "at\n"
    "44.1 and 96 kHz; half a minute of songs of Debian's asc-music and neverball-common, one "
    "format\n"
    "a target (`tests/run slow`: whole songs, in everything). Bars: 0.1 LU by libebur128, "
    "whose "
    "own\n"
    "weighting is 0.022 LU off at 96 kHz; no true peak over the ceiling 8 times a frame, 0.05 "
    "dB 32\n"
    "times (a windowed sinc of 64 taps a phase, computed directly). Out of reach is what 30 dB "
    "of gain\n"
    "don't reach either, which is tried; the element says so, and by how much to 0.1 LU. What "
    "isn't\n"
    "limited has one gain on every sample.\n";

int
main (int argc, char **argv)
{
  const bool markdown = argc > 1 && strcmp (argv[1], "--markdown") == 0;

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  lq_fpu_enter ();
  if (markdown)
    printf ("%s", head);
  for (unsigned i = 0; i < LQ_COUNT (groups); i++) {
    if (!markdown && argc > 1 && strcmp (argv[1], groups[i].name) == 0)
      return lqt_main (groups[i].cases, argc - 1, argv + 1);
    for (const lqt_case *c = groups[i].cases; markdown && !groups[i].slow && c->name; c++)
      c->run ();
  }
  if (markdown)
    lqc_markdown ();
  else
    fprintf (stderr, "usage: %s --markdown | ebu | theory | peers | norm | norm-all [CASE…]\n",
        argv[0]);
  return markdown ? 0 : 2;
}
