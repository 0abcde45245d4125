/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#ifndef LQ_TEXT_H
#define LQ_TEXT_H

#include "lqparams.h"

#endif
