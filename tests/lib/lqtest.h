/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A test program: cases that report in TAP. A case is a function listed in the program's table;
 * checks print what they found where they fail. */

#ifndef LQTEST_H
#define LQTEST_H

#include <stdbool.h>

typedef struct lqt_case {
  const char *name;
  void (*run) (void);
} lqt_case;

/* Runs the cases (those named in argv, if any), prints TAP; the return value of main. */
int lqt_main (const lqt_case *cases, int argc, char **argv);

/* The running case fails with this sentence (printf style) and goes on; false for use in if. */
bool lqt_fail (const char *file, int line, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* The running case is skipped from here on, with the reason; return after it. */
void lqt_skip (const char *reason);

/* How much of what only repeats: `all`, or `few` where a sanitizer watches: it sees in a few rounds
 * what it would see in all, and each is dear. A constant. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LQT_ROUNDS(all, few) (few)
#else
#define LQT_ROUNDS(all, few) (all)
#endif

/* A line of information, shown with the result. */
void lqt_note (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* condition, then a printf-style sentence with the figures. */
#define CHECK(condition, ...) ((condition) ? true : lqt_fail (__FILE__, __LINE__, __VA_ARGS__))

/* |value − expected| ≤ tolerance; NaN fails. */
#define CHECK_NEAR(value, expected, tolerance, what)                                           \
  lqt_near (__FILE__, __LINE__, value, expected, tolerance, what)
bool lqt_near (const char *file, int line, double value, double expected, double tolerance,
    const char *what);

#endif
