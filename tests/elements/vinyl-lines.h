/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings of vinylsafe that several tests share. The length of the side is always given, so that no
 * warning says what is assumed. */

#ifndef LQ_TEST_VINYL_LINES_H
#define LQ_TEST_VINYL_LINES_H

#define VINYL_SIDE "vinylsafe post-messages=false side-duration=1200"

/* The limits alone: what breaks none passes. */
#define VINYL_IDLE VINYL_SIDE " highpass-frequency=0 lowpass-frequency=0 bass-mono-frequency=0"

/* Not even they. */
#define VINYL_OFF                                                                              \
  VINYL_IDLE " velocity-limit=0 slope-limit=0 displacement-limit=0 vertical-limit=0 "          \
             "acceleration-limit=0 curvature-limit=0 treble-limiter-enabled=false"

/* Everything at work, late on the side, at limits that any music breaks. */
#define VINYL_BUSY                                                                             \
  VINYL_SIDE                                                                                   \
  " cut-level=-1 side-start=900 highpass-slope=24 lowpass-slope=18 bass-mono-slope=12 "        \
  "bass-mono-mode=cross-blend deess-enabled=true deess-threshold=-20 phase-repair=true "       \
  "stylus=spherical-18 velocity-limit=6 slope-limit=0.3 displacement-limit=15 "                \
  "vertical-limit=4 acceleration-limit=400 curvature-limit=0.3 treble-limiter-lookahead=3 "    \
  "groove-pitch=variable-depth"

#define VINYL_ANALYSE VINYL_SIDE " mode=analyse"

/* Heard as a needle plays it. */
#define VINYL_HEARD VINYL_BUSY " simulate=tracing"

#define VINYL_LEARN                                                                            \
  "vinylsafe post-messages=false learn=whole-track cut-level-auto=true deess-enabled=true "    \
  "velocity-limit=10 vertical-limit=8"

/* A property of every module moves. */
#define VINYL_MOVES                                                                            \
  " automation=\"cut-level linear 0:-12 1:3; highpass-frequency smooth 0:20 1:150; "           \
  "highpass-slope step 0:12 0.5:48; lowpass-frequency linear 0:18000 0.9:3000; "               \
  "bass-mono-frequency linear 0:0 1:400; bass-mono-mode step 0:cross-blend "                   \
  "0.4:side-highpass; velocity-limit smooth 0:3 1:30; displacement-limit linear 0:5 1:60; "    \
  "vertical-limit linear 0:20 1:2; acceleration-limit linear 0:200 1:3000; "                   \
  "curvature-limit smooth 0:0.2 1:1; deess-threshold linear 0:-30 1:-5; "                      \
  "deess-mode step 0:split 0.6:wide; treble-limiter-frequency linear 0:2000 1:9000; "          \
  "treble-limiter-enabled step 0:1 0.3:0 0.5:1; phase-repair step 0:0 0.2:1; "                 \
  "simulate step 0:none 0.3:tracing 0.6:cut 0.8:none; listen step 0:0 0.85:1 0.95:0\""

#endif
