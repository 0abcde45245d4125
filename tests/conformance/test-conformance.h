/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The cases of the conformance program, a file each subject. */

#ifndef LQ_TEST_CONFORMANCE_H
#define LQ_TEST_CONFORMANCE_H

#include "guard.h"

#include <stddef.h>

/* ebu.c */
void lqc_ebu_loudness (void);
void lqc_ebu_range (void);
void lqc_ebu_true_peak (void);
void lqc_ebu_lfe (void);

/* tones.c */
void lqc_k_response (void);
void lqc_tones (void);
void lqc_gates (void);
void lqc_weights (void);
void lqc_channel_counts (void);
void lqc_days (void);

/* gates.c */
/* Loudness range of n levels (LUFS) as Tech 3342 says: on the sorted list of all. n ≤ 100000. */
double lqc_exact_range (const double *levels, size_t n);
void lqc_histogram (void);
void lqc_album (void);
void lqc_gain (void);

/* peaks.c */
void lqc_peak_exact (void);
void lqc_peak_sines (void);
void lqc_peak_edges (void);

/* peers.c */
/* Integrated loudness by libebur128, −infinity where all is silent; NAN without libebur128. */
double lqc_peer_loudness (const lqg_planes *planes, double rate);
void lqc_peer_generated (void);
void lqc_peer_songs (void);

/* norm.c: loudnessnorm in two passes; `_all`: every combination, for hours. */
void lqc_norm_hostile (void);
void lqc_norm_songs (void);
void lqc_norm_bounds (void);
void lqc_norm_hostile_all (void);
void lqc_norm_songs_all (void);

#endif
