/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Counts what a real-time function must not do. A test program that links with rtguard.c and
 * `rtguard_link_args` (tests/meson.build) has its calls of malloc and relatives, of locks, waits
 * and printing wrapped; while the calling thread is armed they count, and still work. */

#ifndef LQ_RTGUARD_H
#define LQ_RTGUARD_H

/* From here on calls by this thread count. */
void rtguard_arm (void);

/* Stops; the number of calls since rtguard_arm, and the name of the first in *name (may be NULL;
 * untouched where there was none). */
unsigned rtguard_disarm (const char **name);

/* What a wrapper calls. */
void rtguard_note (const char *name);

#endif
