/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* An element on LqFilter that is late on purpose: its chain delays by `latency` frames, which it
 * reports (`later` makes that grow while playing), and adds an echo of half the level `echo` frames later, its tail. What no element of
 * the plugin does yet is tested with it. */

#ifndef LQT_LATE_H
#define LQT_LATE_H

#include "lqfilter.h"

#define LATE_TYPE (late_get_type ())
G_DECLARE_FINAL_TYPE (Late, late, LQT, LATE, LqFilter)

/* At most, frames. */
#define LATE_MAX 48000

#endif
