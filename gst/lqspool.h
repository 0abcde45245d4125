/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LQ_SPOOL_H
#define LQ_SPOOL_H

#include "lqparams.h"

#endif
