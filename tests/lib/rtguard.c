/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rtguard.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local struct {
  int armed;
  unsigned calls;
  const char *first;
} guard;

void
rtguard_arm (void)
{
  guard.armed = 1;
  guard.calls = 0;
  guard.first = NULL;
}

unsigned
rtguard_disarm (const char **name)
{
  guard.armed = 0;
  if (name && guard.first)
    *name = guard.first;
  return guard.calls;
}

void
rtguard_note (const char *name)
{
  if (!guard.armed)
    return;
  if (!guard.calls++)
    guard.first = name;
}

/* One wrapper: the linker sends calls of `name` to __wrap_name, and __real_name is the original. */
#define WRAP(type, name, params, args)                                                         \
  type __real_##name params;                                                                   \
  type __wrap_##name params;                                                                   \
  type __wrap_##name params                                                                    \
  {                                                                                            \
    rtguard_note (#name);                                                                      \
    return __real_##name args;                                                                 \
  }

WRAP (void *, malloc, (size_t n), (n))
WRAP (void *, calloc, (size_t n, size_t m), (n, m))
WRAP (void *, realloc, (void *p, size_t n), (p, n))
WRAP (void *, aligned_alloc, (size_t a, size_t n), (a, n))
WRAP (int, posix_memalign, (void **p, size_t a, size_t n), (p, a, n))
WRAP (void, free, (void *p), (p))
WRAP (int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
WRAP (int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
WRAP (int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
WRAP (int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
WRAP (int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m), (c, m))
WRAP (int, pthread_once, (pthread_once_t * o, void (*f) (void)), (o, f))
WRAP (int, sem_wait, (sem_t * s), (s))
WRAP (int, puts, (const char *s), (s))
WRAP (size_t, fwrite, (const void *p, size_t n, size_t m, FILE *f), (p, n, m, f))
WRAP (int, vfprintf, (FILE * f, const char *s, va_list v), (f, s, v))

/* Printing with a list of arguments has no __real_ to hand it to but the v form. */
#define WRAP_PRINT(name, params, last, file)                                                   \
  int __wrap_##name params;                                                                    \
  int __wrap_##name params                                                                     \
  {                                                                                            \
    va_list list;                                                                              \
    int result;                                                                                \
    rtguard_note (#name);                                                                      \
    va_start (list, last);                                                                     \
    result = __real_vfprintf (file, last, list);                                               \
    va_end (list);                                                                             \
    return result;                                                                             \
  }

WRAP_PRINT (printf, (const char *format, ...), format, stdout)
WRAP_PRINT (fprintf, (FILE * f, const char *format, ...), format, f)
