/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties that every element has. */

#ifndef LQ_COMMON_H
#define LQ_COMMON_H

#include <glib.h>

#include "base/param.h"

#define LQ_COMMON_ROWS 12
extern const struct lq_param lq_common_rows[LQ_COMMON_ROWS];
extern const struct lq_module lq_common_module;

/* What every class needs: ORC's programs, compiled once. */
void lq_common_init (void);

/* The same on a mixer: dither's default is none. */
#define LQ_COMMON_MIXER_MODULES 2
extern const struct lq_module lq_common_mixer_modules[LQ_COMMON_MIXER_MODULES];

#endif
