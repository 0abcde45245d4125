/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The conformance program: TAP, or with --markdown the tables of docs/conformance.md. */

#include "base/fpu.h"
#include "lqtest.h"
#include "result.h"
#include "test-conformance.h"

#include <stdio.h>
#include <string.h>

static const lqt_case cases[] = {
  { "EBU Tech 3341: loudness, at every rate", lqc_ebu_loudness },
  { "EBU Tech 3342: range, at every rate", lqc_ebu_range },
  { "EBU Tech 3341: true peak, at every rate", lqc_ebu_true_peak },
  { "a low-frequency channel doesn't count", lqc_ebu_lfe },
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
  { "libebur128 on generated programmes", lqc_peer_generated },
  { "libebur128 on songs", lqc_peer_songs },
  { NULL, NULL },
};

static const char head[] = "# Conformance of the meters\n\n"
                           "Written by `build/tests/conformance/conformance --markdown`; the "
                           "same program, without the\n"
                           "option, is a test that fails where a figure lies outside what is "
                           "expected. All signals are\n"
                           "synthesised (`tests/conformance/ebu_cases.csv`); where a case "
                           "consists of several files or\n"
                           "steps, the figure that is furthest off is shown.\n\n"
                           "Loudness is measured in sub-blocks of 10 ms to the nearest frame: "
                           "momentary and short-term\n"
                           "move every 10 ms, gated blocks come every 100 ms. Integrated "
                           "loudness and range come from\n"
                           "histograms of 0.005 LU, whose bins keep the sum of their powers: "
                           "integrated is exact but for\n"
                           "blocks within 0.005 LU of a gate, range is within 0.01 LU of the "
                           "exact one. True peak is 4×\n"
                           "at every rate; what it reads low between its values is the table "
                           "of sines below. RMS of the\n"
                           "strip meters is plain: a full-scale sine reads −3.01 dBFS.\n";

int
main (int argc, char **argv)
{
  lq_fpu_enter ();
  if (argc < 2 || strcmp (argv[1], "--markdown") != 0)
    return lqt_main (cases, argc, argv);
  printf ("%s", head);
  for (const lqt_case *c = cases; c->name; c++)
    c->run ();
  lqc_markdown ();
  return 0;
}
