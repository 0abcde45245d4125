/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "gstaudiomixbus.h"
#include "gstchannelstrip.h"
#include "gstloudnessnorm.h"
#include "gstmasterchain.h"
#include "gstvinylsafe.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean ok = GST_ELEMENT_REGISTER (channelstrip, plugin);

  ok = GST_ELEMENT_REGISTER (audiomixbus, plugin) && ok;
  ok = GST_ELEMENT_REGISTER (masterchain, plugin) && ok;
  ok = GST_ELEMENT_REGISTER (vinylsafe, plugin) && ok;
  return GST_ELEMENT_REGISTER (loudnessnorm, plugin) && ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, lacquer,
    "Mixing and mastering of music", plugin_init, VERSION, "LGPL", PACKAGE_NAME, PACKAGE_ORIGIN)
