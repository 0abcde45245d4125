/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the compressor share. Layer: processors. */

#ifndef LQ_COMP_PRIVATE_H
#define LQ_COMP_PRIVATE_H

#include "comp.h"

/* No past: levels are silent, gains 0 dB. [rt] */
void lq_comp_forget (lq_comp *u);

#endif
