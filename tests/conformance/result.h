/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Figures that are checked and also make the tables of docs/conformance.md. */

#ifndef LQ_RESULT_H
#define LQ_RESULT_H

/* A cell of a table: measured, and how far above and below `expected` it may lie; outside, the
 * running case fails. Written again, the cell keeps the figure that is further off. */
void lqc_result (const char *table, const char *row, const char *column, double value,
    double expected, double minus, double plus);

/* The same, told only. */
void lqc_told (const char *table, const char *row, const char *column, double value);

/* A number of things, told only. */
void lqc_counted (const char *table, const char *row, const char *column, unsigned count);

/* Prints all tables as Markdown. */
void lqc_markdown (void);

#endif
