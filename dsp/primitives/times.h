/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Time constants of dynamics. Layer: primitives. */

#ifndef LQ_TIMES_H
#define LQ_TIMES_H

/* Two one-poles alike in series are 63 % of their way after so many of their τ: 1 − e^−t·(1 + t). */
#define LQ_TWO_STAGES 2.1462

/* A detected peak counts for at least so long. */
#define LQ_PEAK_HOLD_MS 10.0

/* What a one-pole with this τ keeps of itself from frame to frame. [any] */
double lq_keep (double rate, double ms);

/* The τ of a first stage, so that it and a second one of `second` in series are 63 % of their way
 * after `whole`; at least a hundredth of that. [any] */
double lq_first_of_two (double second, double whole);

#endif
