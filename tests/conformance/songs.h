/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The recorded songs that pipelines/lib.sh knows of. */

#ifndef LQ_SONGS_H
#define LQ_SONGS_H

#include "guard.h"

#define LQC_SONGS 24
#define LQC_PATH 256

/* Paths of those that are installed; their number. */
unsigned lqc_song_paths (char paths[LQC_SONGS][LQC_PATH]);

/* A song's file, without its folder. */
const char *lqc_song_name (const char *path);

/* Decoded to two channels at `rate`, the first `seconds`; no frames where that fails. */
lqg_planes lqc_song (const char *path, double rate, double seconds);

#endif
