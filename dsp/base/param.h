/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one description of a parameter. A row stands beside the unit it describes; properties,
 * presets, automation names, clamping, documentation and tests are made from it. Layer: base. */

#ifndef LQ_PARAM_H
#define LQ_PARAM_H

#include <stddef.h>
#include <stdint.h>

enum lq_param_type {
  LQ_FLOAT,  /* struct field: float;    property: double */
  LQ_BOOL,   /* struct field: uint32_t; property: gboolean */
  LQ_ENUM,   /* struct field: int32_t;  property: an enum type of its own */
  LQ_UINT,   /* struct field: uint32_t; property: guint */
  LQ_UINT64, /* no field; property: guint64 (the seam's own rows only) */
  LQ_STRING  /* no field; property: string (the seam's own rows only) */
};

enum lq_param_scale { LQ_LINEAR, LQ_LOG };

enum lq_param_flags {
  LQ_PLAYING = 1 << 0, /* a write takes effect at once, ramped; without it: at the next start */
  LQ_READONLY = 1 << 1, /* a figure that the element reports */
  LQ_FIXED = 1 << 3,    /* moved by whoever writes it alone: neither automation nor bindings */
  LQ_NO_PRESET = 1 << 2 /* never written by a preset nor stored in one (paths, presets) */
};

/* The offset of a row without a field in a struct. */
#define LQ_NO_FIELD UINT16_MAX

struct lq_item {
  const char *nick; /* as written in a pipeline; NULL ends the list */
  const char *name; /* for people */
  int32_t value;
};

/* An enumeration: type_name is the GType's, e.g. LqEqType. */
struct lq_enum {
  const char *type_name;
  const struct lq_item *items;
};

struct lq_param {
  const char *name;  /* without the module's prefix, kebab-case */
  const char *nick;  /* for people, in title case */
  const char *blurb; /* one sentence without a full stop; the unit is appended */
  const char *unit;  /* "dB", "Hz", … or NULL */
  uint8_t type;      /* enum lq_param_type */
  uint8_t scale;     /* enum lq_param_scale: how a knob or a fuzzer should move it */
  uint16_t offset;   /* of the field in the unit's params or figures struct, or LQ_NO_FIELD */
  double min, max, def;
  const struct lq_enum *items; /* LQ_ENUM only */
  uint32_t flags;              /* enum lq_param_flags */
  double ramp_ms;              /* whole length of its ramp; 0: switches, or no audio effect */
  const char *text;            /* LQ_STRING only: its default; NULL is the empty one */
};

/* A unit's place in a chain. The property is prefix-name, or name where the prefix is "". */
struct lq_override {
  const char *name; /* of a row */
  double def;       /* its default in this place */
};

struct lq_module {
  const char *prefix; /* "eq3", "hpf", … or "" */
  const struct lq_param *rows;
  uint32_t n_rows;
  uint32_t offset; /* of the unit's params in the chain's params (or figures in its figures) */
  const struct lq_override *overrides; /* ends with a NULL name; may be NULL */
};

/* Ties a table of rows to the struct it describes: one row for each 4-byte field. */
#define LQ_ASSERT_ROWS(rows, type)                                                             \
  _Static_assert(sizeof (rows) / sizeof ((rows)[0]) == sizeof (type) / 4,                      \
      "every field of " #type " has its row")

#define LQ_COUNT(array) ((uint32_t)(sizeof (array) / sizeof ((array)[0])))

/* Length of every ramp unless a row says otherwise, ms: long enough that a step in level stays
 * below the curvature of a 100 Hz sine, short enough to feel immediate. */
#define LQ_RAMP_MS 16.0

/* The default of row `row` in module `module`. [any] */
double lq_module_default (const struct lq_module *module, const struct lq_param *row);

/* Writes the defaults of all fields of all modules into the chain's params struct. [any] */
void lq_modules_defaults (const struct lq_module *modules, uint32_t n_modules, void *params);

#endif
