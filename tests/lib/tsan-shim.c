/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* GLib's locks for TSan builds. GLib makes them of futexes of its own, which TSan can't see: what
 * is locked correctly looks like a race. A program that links this file uses pthread's instead,
 * and so do the libraries that it loads, as its symbols come first. Only GLib's calls of its own
 * locks stay inside it; no lock is shared between the two.
 *
 * Each lock's structure holds a pointer, 0 at rest: it leads to the pthread object, made at the
 * first use since static locks are never initialised.
 *
 * Counts of references are atomics inside GObject and GStreamer, as invisible: who gives up the last
 * one frees what others have used until they gave up theirs. Here each such call says so. */

#include <dlfcn.h>
#include <gst/gst.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>
#include <time.h>

typedef void (*make_function) (void *object);

/* The object behind a pointer; of two threads that make one, the first wins. */
static void *
behind (gpointer *pointer, gsize bytes, make_function make)
{
  void *present = __atomic_load_n (pointer, __ATOMIC_ACQUIRE), *fresh;

  if (present)
    return present;
  fresh = calloc (1, bytes);
  make (fresh);
  if (__atomic_compare_exchange_n (
          pointer, &present, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return fresh;
  free (fresh);
  return present;
}

static void
forget (gpointer *pointer)
{
  free (*pointer);
  *pointer = NULL;
}

/* Mutexes */

static void
make_mutex (void *object)
{
  pthread_mutex_init (object, NULL);
}

static pthread_mutex_t *
mutex_of (GMutex *mutex)
{
  return behind (&mutex->p, sizeof (pthread_mutex_t), make_mutex);
}

void
g_mutex_init (GMutex *mutex)
{
  mutex->p = NULL;
}

void
g_mutex_clear (GMutex *mutex)
{
  if (mutex->p)
    pthread_mutex_destroy (mutex->p);
  forget (&mutex->p);
}

void
g_mutex_lock (GMutex *mutex)
{
  pthread_mutex_lock (mutex_of (mutex));
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  return pthread_mutex_trylock (mutex_of (mutex)) == 0;
}

void
g_mutex_unlock (GMutex *mutex)
{
  pthread_mutex_unlock (mutex_of (mutex));
}

/* Recursive mutexes */

static void
make_recursive (void *object)
{
  pthread_mutexattr_t about;

  pthread_mutexattr_init (&about);
  pthread_mutexattr_settype (&about, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init (object, &about);
  pthread_mutexattr_destroy (&about);
}

static pthread_mutex_t *
recursive_of (GRecMutex *mutex)
{
  return behind (&mutex->p, sizeof (pthread_mutex_t), make_recursive);
}

void
g_rec_mutex_init (GRecMutex *mutex)
{
  mutex->p = NULL;
}

void
g_rec_mutex_clear (GRecMutex *mutex)
{
  if (mutex->p)
    pthread_mutex_destroy (mutex->p);
  forget (&mutex->p);
}

void
g_rec_mutex_lock (GRecMutex *mutex)
{
  pthread_mutex_lock (recursive_of (mutex));
}

gboolean
g_rec_mutex_trylock (GRecMutex *mutex)
{
  return pthread_mutex_trylock (recursive_of (mutex)) == 0;
}

void
g_rec_mutex_unlock (GRecMutex *mutex)
{
  pthread_mutex_unlock (recursive_of (mutex));
}

/* Locks for readers and writers */

static void
make_rw_lock (void *object)
{
  pthread_rwlock_init (object, NULL);
}

static pthread_rwlock_t *
rw_lock_of (GRWLock *lock)
{
  return behind (&lock->p, sizeof (pthread_rwlock_t), make_rw_lock);
}

void
g_rw_lock_init (GRWLock *lock)
{
  lock->p = NULL;
}

void
g_rw_lock_clear (GRWLock *lock)
{
  if (lock->p)
    pthread_rwlock_destroy (lock->p);
  forget (&lock->p);
}

void
g_rw_lock_reader_lock (GRWLock *lock)
{
  pthread_rwlock_rdlock (rw_lock_of (lock));
}

gboolean
g_rw_lock_reader_trylock (GRWLock *lock)
{
  return pthread_rwlock_tryrdlock (rw_lock_of (lock)) == 0;
}

void
g_rw_lock_reader_unlock (GRWLock *lock)
{
  pthread_rwlock_unlock (rw_lock_of (lock));
}

void
g_rw_lock_writer_lock (GRWLock *lock)
{
  pthread_rwlock_wrlock (rw_lock_of (lock));
}

gboolean
g_rw_lock_writer_trylock (GRWLock *lock)
{
  return pthread_rwlock_trywrlock (rw_lock_of (lock)) == 0;
}

void
g_rw_lock_writer_unlock (GRWLock *lock)
{
  pthread_rwlock_unlock (rw_lock_of (lock));
}

/* Conditions */

static void
make_cond (void *object)
{
  pthread_condattr_t about;

  pthread_condattr_init (&about);
  /* What g_get_monotonic_time counts, in which g_cond_wait_until is told its end. */
  pthread_condattr_setclock (&about, CLOCK_MONOTONIC);
  pthread_cond_init (object, &about);
  pthread_condattr_destroy (&about);
}

static pthread_cond_t *
cond_of (GCond *cond)
{
  return behind (&cond->p, sizeof (pthread_cond_t), make_cond);
}

void
g_cond_init (GCond *cond)
{
  cond->p = NULL;
}

void
g_cond_clear (GCond *cond)
{
  if (cond->p)
    pthread_cond_destroy (cond->p);
  forget (&cond->p);
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  pthread_cond_wait (cond_of (cond), mutex_of (mutex));
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  const struct timespec end = { end_time / G_USEC_PER_SEC, (end_time % G_USEC_PER_SEC) * 1000 };

  return pthread_cond_timedwait (cond_of (cond), mutex_of (mutex), &end) == 0;
}

void
g_cond_signal (GCond *cond)
{
  pthread_cond_signal (cond_of (cond));
}

void
g_cond_broadcast (GCond *cond)
{
  pthread_cond_broadcast (cond_of (cond));
}

/* References */

typedef void (*unref_function) (gpointer object);

/* The library's own function of a name, once looked up. */
static unref_function
behind_us (unref_function *known, const char *name)
{
  unref_function found = __atomic_load_n (known, __ATOMIC_ACQUIRE);

  if (!found) {
    *(void **)&found = dlsym (RTLD_NEXT, name);
    __atomic_store_n (known, found, __ATOMIC_RELEASE);
  }
  return found;
}

/* What was done with an object before a reference is given up comes before what its last unref does. */
static void
given_up (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
}

#undef g_object_unref
void
g_object_unref (gpointer object)
{
  static unref_function real;

  given_up (object);
  behind_us (&real, "g_object_unref") (object);
}

void
gst_mini_object_unref (GstMiniObject *object)
{
  static unref_function real;

  given_up (object);
  behind_us (&real, "gst_mini_object_unref") ((gpointer)object);
}
