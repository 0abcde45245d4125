/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "memory.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__

/* From sanitizer/allocator_interface.h, which not every compiler installs. */
size_t __sanitizer_get_current_allocated_bytes (void);

int64_t
lqt_memory_bytes (void)
{
  return (int64_t)__sanitizer_get_current_allocated_bytes ();
}

#else

int64_t
lqt_memory_bytes (void)
{
  FILE *file = fopen ("/proc/self/statm", "r");
  long size, resident = 0;

  if (file && fscanf (file, "%ld %ld", &size, &resident) != 2)
    resident = 0;
  if (file)
    fclose (file);
  return (int64_t)resident * sysconf (_SC_PAGESIZE);
}

#endif
