/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The least of an LV2 host: one plugin with two audio inputs and outputs, no UI, no state, no
 * worker. Atom ports get empty sequences. */

#include "limit.h"

#include <lilv/lilv.h>
#include <lv2/atom/atom.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/options/options.h>
#include <lv2/urid/urid.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTS_MAX 256
#define URIS_MAX 1024
#define ATOM_BYTES 65536

struct atoms {
  LV2_Atom_Sequence head;
  char room[ATOM_BYTES];
};

struct limiter {
  LilvWorld *world;
  const LilvPlugin *plugin;
  LilvInstance *instance;
  LilvNode *input, *audio, *control, *atom; /* classes of ports */
  float values[PORTS_MAX];                  /* of control ports */
  struct atoms *atoms[PORTS_MAX];
  uint32_t ports, in[2], out[2], ins, outs;
  float *to[2];
  int latency_port;
  char *uris[URIS_MAX];
  uint32_t known;
  LV2_URID_Map map;
  LV2_URID_Unmap unmap;
  int32_t block;
  LV2_Options_Option options[4];
  LV2_Feature features[5];
};

static LV2_URID
map (LV2_URID_Map_Handle handle, const char *uri)
{
  limiter *l = handle;

  for (uint32_t i = 0; i < l->known; i++)
    if (strcmp (l->uris[i], uri) == 0)
      return i + 1;
  if (l->known == URIS_MAX)
    return 0;
  l->uris[l->known] = strdup (uri);
  return ++l->known;
}

static const char *
unmap (LV2_URID_Unmap_Handle handle, LV2_URID urid)
{
  const limiter *l = handle;

  return urid >= 1 && urid <= l->known ? l->uris[urid - 1] : NULL;
}

static LV2_Options_Option
option (limiter *l, const char *uri)
{
  return (LV2_Options_Option){ LV2_OPTIONS_INSTANCE, 0, map (l, uri), sizeof l->block,
    map (l, LV2_ATOM__Int), &l->block };
}

static bool
instantiate (limiter *l)
{
  const LV2_Feature *features[6] = { NULL };

  l->map = (LV2_URID_Map){ l, map };
  l->unmap = (LV2_URID_Unmap){ l, unmap };
  l->block = LIMIT_FRAMES;
  l->options[0] = option (l, LV2_BUF_SIZE__minBlockLength);
  l->options[1] = option (l, LV2_BUF_SIZE__maxBlockLength);
  l->options[2] = option (l, LV2_BUF_SIZE__nominalBlockLength);
  l->features[0] = (LV2_Feature){ LV2_URID__map, &l->map };
  l->features[1] = (LV2_Feature){ LV2_URID__unmap, &l->unmap };
  l->features[2] = (LV2_Feature){ LV2_OPTIONS__options, l->options };
  l->features[3] = (LV2_Feature){ LV2_BUF_SIZE__boundedBlockLength, NULL };
  for (int i = 0; i < 4; i++)
    features[i] = &l->features[i];
  l->instance = lilv_plugin_instantiate (l->plugin, LIMIT_RATE, features);
  return l->instance;
}

/* The plugin's ports found and given something to read or write. */
static bool
connect_ports (limiter *l)
{
  l->ports = lilv_plugin_get_num_ports (l->plugin);
  if (l->ports > PORTS_MAX)
    return false;
  for (uint32_t i = 0; i < l->ports; i++) {
    const LilvPort *port = lilv_plugin_get_port_by_index (l->plugin, i);
    const bool in = lilv_port_is_a (l->plugin, port, l->input);
    void *at = NULL;
    if (lilv_port_is_a (l->plugin, port, l->control))
      at = &l->values[i];
    else if (lilv_port_is_a (l->plugin, port, l->atom))
      at = l->atoms[i] = calloc (1, sizeof *l->atoms[i]);
    else if (!lilv_port_is_a (l->plugin, port, l->audio))
      continue;
    else if (in && l->ins < 2)
      l->in[l->ins++] = i;
    else if (!in && l->outs < 2)
      l->out[l->outs++] = i;
    if (at)
      lilv_instance_connect_port (l->instance, i, at);
  }
  for (uint32_t c = 0; c < l->outs; c++) {
    l->to[c] = aligned_alloc (64, LIMIT_FRAMES * sizeof (float));
    lilv_instance_connect_port (l->instance, l->out[c], l->to[c]);
  }
  return l->ins == 2 && l->outs == 2;
}

static bool
set (limiter *l, const char *word)
{
  const char *equals = strchr (word, '=');
  const LilvPort *port;
  LilvNode *symbol;
  char name[64];

  if (!equals || (size_t)(equals - word) >= sizeof name)
    return false;
  snprintf (name, sizeof name, "%.*s", (int)(equals - word), word);
  symbol = lilv_new_string (l->world, name);
  port = lilv_plugin_get_port_by_symbol (l->plugin, symbol);
  lilv_node_free (symbol);
  if (!port)
    return false;
  l->values[lilv_port_get_index (l->plugin, port)] = (float)atof (equals + 1);
  return true;
}

static void
load (limiter *l, const char *uri)
{
  LilvNode *node;

  l->world = lilv_world_new ();
  lilv_world_load_all (l->world);
  node = lilv_new_uri (l->world, uri);
  l->plugin = lilv_plugins_get_by_uri (lilv_world_get_all_plugins (l->world), node);
  lilv_node_free (node);
  l->input = lilv_new_uri (l->world, LV2_CORE__InputPort);
  l->audio = lilv_new_uri (l->world, LV2_CORE__AudioPort);
  l->control = lilv_new_uri (l->world, LV2_CORE__ControlPort);
  l->atom = lilv_new_uri (l->world, LV2_ATOM__AtomPort);
}

static limiter *
refuse (limiter *l, const char *why, const char *what)
{
  fprintf (stderr, "limit: error: %s: %s\n", what, why);
  limiter_lv2_free (l);
  return NULL;
}

limiter *
limiter_lv2_new (const char *uri, char **words, int count)
{
  limiter *l = calloc (1, sizeof *l);

  load (l, uri);
  if (!l->plugin)
    return refuse (l, "not installed", uri);
  l->latency_port = lilv_plugin_has_latency (l->plugin)
                        ? (int)lilv_plugin_get_latency_port_index (l->plugin)
                        : -1;
  lilv_plugin_get_port_ranges_float (l->plugin, NULL, NULL, l->values);
  for (uint32_t i = 0; i < lilv_plugin_get_num_ports (l->plugin) && i < PORTS_MAX; i++)
    l->values[i] = isfinite (l->values[i]) ? l->values[i] : 0.0f;
  for (int i = 0; i < count; i++)
    if (!set (l, words[i]))
      return refuse (l, "no such control", words[i]);
  if (!instantiate (l) || !connect_ports (l))
    return refuse (l, "can't be run", uri);
  lilv_instance_activate (l->instance);
  return l;
}

void
limiter_lv2_free (limiter *l)
{
  if (l->instance) {
    lilv_instance_deactivate (l->instance);
    lilv_instance_free (l->instance);
  }
  for (uint32_t i = 0; i < PORTS_MAX; i++)
    free (l->atoms[i]);
  for (uint32_t i = 0; i < l->known; i++)
    free (l->uris[i]);
  free (l->to[0]);
  free (l->to[1]);
  lilv_node_free (l->input);
  lilv_node_free (l->audio);
  lilv_node_free (l->control);
  lilv_node_free (l->atom);
  lilv_world_free (l->world);
  free (l);
}

/* What it may read or write of events: nothing, into all the room there is. */
static void
empty (limiter *l, uint32_t port)
{
  const bool in =
      lilv_port_is_a (l->plugin, lilv_plugin_get_port_by_index (l->plugin, port), l->input);
  LV2_Atom_Sequence *head = &l->atoms[port]->head;

  head->atom.type = map (l, in ? LV2_ATOM__Sequence : LV2_ATOM__Chunk);
  head->atom.size = in ? sizeof head->body : sizeof l->atoms[port]->room;
}

void
limiter_lv2_run (limiter *l, float *const in[2], const float *out[2], uint32_t frames)
{
  for (uint32_t c = 0; c < 2; c++) {
    lilv_instance_connect_port (l->instance, l->in[c], in[c]);
    out[c] = l->to[c];
  }
  for (uint32_t i = 0; i < l->ports; i++)
    if (l->atoms[i])
      empty (l, i);
  lilv_instance_run (l->instance, frames);
}

int
limiter_lv2_latency (const limiter *l)
{
  return l->latency_port < 0 ? -1 : (int)lrintf (l->values[l->latency_port]);
}
