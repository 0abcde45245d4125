/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of vinylsafe share: tones of both channels, figures, planes of what came out. */

#ifndef LQ_TEST_CUTRUN_H
#define LQ_TEST_CUTRUN_H

#include "run.h"

/* Peaks of a mono 1 kHz sine at the reference level by default, cm/s. */
#define CUT_REFERENCE 7.0
#define CUT_REFERENCE_DB (-12.0)

/* cm/s at a radius in mm, 33⅓ turns a minute. */
gdouble cut_speed (gdouble radius_mm);

/* The amplitude of a tone that both channels share and whose lateral velocity peaks so high. */
gdouble cut_amplitude (gdouble hz, gdouble velocity);

/* Silence of so many seconds as what run_all pushes. */
void cut_silence (Run *r, gdouble seconds);

/* Adds a sine to frames from `from` s to `to` s, rising and falling over `edge` s. right: 0 where there is
 * one channel. */
void cut_add (
    Run *r, gdouble hz, gdouble left, gdouble right, gdouble from, gdouble to, gdouble edge);

/* One tone from beginning to end, which rises over 50 ms. */
void cut_tone (Run *r, gdouble seconds, gdouble hz, gdouble left, gdouble right);

/* A property as a number. */
gdouble cut_get (Run *r, const gchar *name);

/* One channel of interleaved frames; free it. */
gfloat *cut_plane (const gfloat *from, guint frames, guint channels, guint c);

#endif
