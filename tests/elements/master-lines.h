/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings of masterchain that several tests share. None makes anything louder than −1 dBTP for long
 * but the first. */

#ifndef LQ_TEST_MASTER_LINES_H
#define LQ_TEST_MASTER_LINES_H

#define MASTER_IDLE "masterchain post-messages=false"

/* Everything at work but the maximizer; nothing late but the exciter's oversampling. */
#define MASTER_SHAPED                                                                          \
  "masterchain post-messages=false input-gain=-1 input-dc-block=true eq1-enabled=true "        \
  "eq1-type=high-pass eq1-frequency=25 eq1-slope=24 eq2-enabled=true eq2-gain=3 "              \
  "eq3-enabled=true eq3-gain=-4 eq3-q=3 eq3-channel=mid eq4-enabled=true eq4-gain=2 "          \
  "eq4-channel=side eq6-enabled=true eq6-gain=-2 eq7-enabled=true eq7-gain=2 "                 \
  "eq7-channel=left eq8-enabled=true eq8-type=high-shelf eq8-gain=3 "                          \
  "dyneq1-enabled=true dyneq1-threshold=-40 dyneq2-enabled=true dyneq2-range=4 "               \
  "dyneq2-threshold-mode=relative dyneq2-threshold=-10 dyneq3-enabled=true "                   \
  "dyneq3-channel=side dyneq3-threshold=-50 mb-enabled=true mb1-threshold=-30 "                \
  "mb2-threshold=-35 mb3-ratio=0.5 mb3-range=4 mb4-makeup=2 mb4-mix=60 glue-enabled=true "     \
  "glue-threshold=-10 glue-ratio=4 glue-auto-release=true glue-sc-hpf=90 glue-makeup=1 "       \
  "exciter-enabled=true exciter-bands=3 exciter1-style=tape exciter1-amount=10 "               \
  "exciter2-style=tube exciter2-amount=25 exciter2-mix=50 exciter3-style=retro "               \
  "exciter3-amount=30 exciter3-channel=mid imager-enabled=true imager-bands=3 "                \
  "imager1-width=60 imager2-width=120 imager3-width=140 imager2-stereoize=20 "                 \
  "imager-mono-bass-frequency=120 imager-antiphase-guard=true lowend-enabled=true "            \
  "lowend-contrast=40"

#define MASTER_BUSY                                                                            \
  MASTER_SHAPED                                                                                \
  " maximizer-enabled=true maximizer-gain=4 maximizer-style=punchy maximizer-upward=3 "        \
  "maximizer-soft-clip=30 maximizer-link-transient=60 maximizer-link-release=80"

#define MASTER_LINEAR                                                                          \
  MASTER_BUSY " eq-phase=linear eq-taps=1024 mb-phase=linear maximizer-lookahead=5 "           \
              "order=lowend,imager,mb,eq"

/* A property of every module moves. */
#define MASTER_MOVES                                                                           \
  " automation=\"input-gain linear 0:-6 1:0; eq2-frequency smooth 0:200 1.2:4000; "            \
  "eq3-enabled step 0:1 0.6:0; eq8-gain linear 0:-3 1:6; dyneq1-threshold linear 0:-60 "       \
  "1:-20; "                                                                                    \
  "dyneq2-frequency smooth 0:300 1:900; mb2-threshold linear 0:-50 1:-10; "                    \
  "mb-crossover2 smooth 0:300 1:1500; mb3-bypass step 0:0 0.4:1; glue-mix linear 0:0 1:100; "  \
  "glue-ratio smooth 0:2 1:10; exciter2-amount linear 0:0 0.8:60; "                            \
  "exciter3-style step 0:retro 0.5:warm; imager2-width linear 0:0 1:200; "                     \
  "imager-crossover1 smooth 0:100 1:400; lowend-contrast linear 0:-60 1:60; "                  \
  "maximizer-gain linear 0:0 1:12; maximizer-style step 0:transparent 0.3:loud 0.7:clip; "     \
  "maximizer-ceiling linear 0:-1 1:-6; monitor step 0:stereo 0.8:side 0.9:stereo\""

/* Two passes, the second with the drive that the first found. */
#define MASTER_LEARN                                                                           \
  MASTER_SHAPED                                                                                \
  " learn=whole-track maximizer-enabled=true maximizer-loudness-target=-14 "                   \
  "maximizer-style=loud fade-in=0.01 fade-out=0.02"

#endif
