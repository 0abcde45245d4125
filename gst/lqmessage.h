/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Element messages: what all elements put into them. */

#ifndef LQ_MESSAGE_H
#define LQ_MESSAGE_H

#include "lqparams.h"

G_BEGIN_DECLS

/* A structure that is named as the element's factory. */
GstStructure *lq_message_new (GstElement *element);

/* Values of channels or pads. */
void lq_message_add_array (GstStructure *s, const gchar *name, const gdouble *values, guint n);
void lq_message_add_names (GstStructure *s, const gchar *name, gchar *const *values, guint n);

/* Times of a period, as `level` names them, from its first frame to behind its last one; NONE: not
 * known. */
void lq_message_add_times (
    GstStructure *s, const GstSegment *segment, GstClockTime start, GstClockTime end);

/* Every read-only property is a field of the same name. */
void lq_message_add_figures (GstStructure *s, LqParams *params);

/* Takes the structure. */
void lq_message_post (GstElement *element, GstStructure *s);

G_END_DECLS

#endif
