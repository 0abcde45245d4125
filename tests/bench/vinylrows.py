# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cutting against chains of others that are sold for it. None of them knows a groove: they narrow the bass, press
esses down and limit samples."""

from masterrows import SPEED
from rows import CALF, Goal, Group, Item, Limit, ffmpeg, gst

# A whole side, so that its length needn't be guessed; the music lies in the middle of it.
PLACE = 'side-start=300 side-duration=1200'
# ffmpeg's stereotools have no crossover: the side is narrowed as a whole. alimiter makes up for its ceiling unless told
# otherwise.
FF_CUTTING = 'stereotools=slev=0.8,deesser,alimiter=limit=0.89:level=false'
CALF_CUTTING = f'{CALF}Deesser ! {CALF}StereoTools slev=0.8'


def vinylsafe(words='', **env):
    return gst(f'vinylsafe post-messages=false {PLACE} {words}', **env)


def vinyl_groups():
    def speed(group, net):
        item = group.item('ours')
        return None if item.skipped or min(net(item)) <= 0 else [item.stream.seconds / s for s in net(item)]
    return [Group('vinyl', 'Cutting a record, stereo', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**vinylsafe**, its defaults: three filters, all limits of the groove', vinylsafe(), 'gst', True),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)', vinylsafe(LQ_CPU='baseline'), 'gst', True),
        Item('ours-deess', 'the same and the de-esser', vinylsafe('deess-enabled=true'), 'gst', True),
        Item('ours-level', 'the defaults, cut 6 dB lower, so that the limits rarely have something to do',
             vinylsafe('cut-level=-6'), 'gst', True),
        Item('ours-told', 'the defaults with all meters, the plan of the side and a message every 100 ms',
             gst(f'vinylsafe {PLACE}'), 'gst', True),
        Item('ours-analyse', 'analysed only: all meters, bits untouched', gst(f'vinylsafe mode=analyse {PLACE}'), 'gst',
             True, 'same'),
        Item('calf', 'Calf Deesser ! Calf Stereo Tools (lv2)', gst(CALF_CUTTING), 'gst'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-chain', 'ffmpeg `stereotools`, `deesser`, `alimiter`', ffmpeg(FF_CUTTING), 'ff'),
    ], [Goal('ours', 'ff-chain', 3), Goal('ours', 'calf', 6), Goal('ours-level', 'ff-chain', None),
        Goal('ours-level', 'calf', None), Goal('ours-deess', 'ff-chain', None),
        Goal('ours-deess', 'calf', None), Goal('ours-told', 'ff-chain', None), Goal('ours-analyse', 'ff-chain', None)],
        'The peers know neither a groove nor its radius, and plan no side.',
        [Limit('Cutting with the defaults, × real time on one core, net', f'≥ {SPEED}', speed,
               lambda times: times >= SPEED)])]
