/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LQ_PRESET_H
#define LQ_PRESET_H

#include "lqparams.h"

#endif
