/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* How much memory the process holds, for tests that something doesn't grow. */

#ifndef LQT_MEMORY_H
#define LQT_MEMORY_H

#include <stdint.h>

/* Resident bytes; in a build with ASan or TSan the bytes allocated and not freed instead, since
 * there the resident set holds the sanitizer's shadow and quarantine as well. */
int64_t lqt_memory_bytes (void);

#endif
