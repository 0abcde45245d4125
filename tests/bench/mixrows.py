# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mixing console against other mixers: commands of many inputs each.

Input k reads file k mod MIX_FILES: raw, in buffers of an exact size (what valve passes on is pushed, which
rawaudioparse leaves as it is), or as WAV, which wavparse gives in portions of its own. Every input has a fader; audiomixbus has a pan on top of it, which
the peers don't have."""

from measure import BLOCK, CHANNELS, MIX_FILES, RATE, SAMPLE, Command
from rows import Goal, Group, Item, Limit

COUNTS = [32, 64, 128]
CONSOLE = 64
LATENCY_NS = 20_000_000
SPEED, GROWTH = 15, 1.3

# The peers measure nothing; what meters and messages cost has a row of its own.
UNMETERED = 'audiomixbus post-messages=false'


def fader(k):
    """Linear; so low that nothing clips."""
    return 0.002 * (2 + k % 7)


def pan(k):
    return (k % 9 - 4) / 5


def fakesink(out):
    return f'filesink location={out}' if out else 'fakesink sync=false'


def from_raw(audio, k):
    return (f'filesrc location={audio.paths[k % MIX_FILES]} blocksize={BLOCK * CHANNELS * SAMPLE} ! valve '
            f'! rawaudioparse pcm-format=f32le sample-rate={RATE} num-channels={CHANNELS} interleaved=true')


def wav(audio, k):
    return audio.paths[k % MIX_FILES][:-4] + '.wav'


def from_wav(audio, k):
    return f'filesrc location={wav(audio, k)} ! wavparse'


def from_clock(audio, k):
    """Live. What it brings is cheap to make."""
    return (f'audiotestsrc is-live=true wave=square volume={fader(k):.3f} samplesperbuffer={BLOCK} '
            f'num-buffers={max(audio.frames // BLOCK, 1)} ! '
            f'audio/x-raw,format=F32LE,rate={RATE},channels={CHANNELS}')


def gst_line(line, **env):
    return [Command(['gst-launch-1.0', '-q', *line.split()], None, **env)]


def alone(count, source=from_raw):
    """As many sources without a mixer."""
    def commands(audio, out):
        return gst_line(' '.join(f'{source(audio, k)} ! fakesink sync=false ' for k in range(count)))
    return commands


def mixed(element, count, settings, source=from_raw, **env):
    """`settings`: of input k, as {property: value}."""
    def commands(audio, out):
        pads = ' '.join(f'sink_{k}::{name}={value}' for k in range(count) for name, value in settings(k).items())
        inputs = ' '.join(f'{source(audio, k)} ! mix.sink_{k}' for k in range(count))
        return gst_line(f'{element} name=mix {pads} ! {fakesink(out)} {inputs}', **env)
    return commands


def plain(k):
    return {'volume': f'{fader(k):.3f}'}


def panned(k):
    return {'volume': f'{fader(k):.3f}', 'pan': pan(k)}


def channel(k):
    """A channel of a console that does what most do."""
    bands = {f'eq{i}-{name}': value for i, gain in enumerate((2, -3, 3, 2), 1)
             for name, value in (('enabled', 'true'), ('gain', gain))}
    return {**panned(k), 'hpf-enabled': 'true', **bands, 'comp-enabled': 'true', 'comp-threshold': -24,
            'comp-ratio': 4, 'reverb-send': -18 - k % 5, 'delay-send': -24 - k % 7}


def sox(count):
    def commands(audio, out):
        raw = ['-t', 'f32', '-r', str(RATE), '-c', str(CHANNELS)]
        words = [word for k in range(count) for word in ('-v', f'{fader(k):.3f}', wav(audio, k))]
        return [Command(['sox', '-m', *words, *raw, out or '/dev/null'])]
    return commands


def amix(count):
    def commands(audio, out):
        words = [word for k in range(count) for word in ('-i', wav(audio, k))]
        weights = ' '.join(f'{fader(k):.3f}' for k in range(count))
        sink = ['-f', 'f32le', '-y', out] if out else ['-c:a', 'pcm_f32le', '-f', 'null', '-']
        return [Command(['ffmpeg', '-hide_banner', '-nostdin', '-nostats', '-v', 'error', '-threads', '1',
                         *words, '-filter_complex_threads', '1', '-filter_complex',
                         f'amix=inputs={count}:normalize=0:weights={weights}', *sink])]
    return commands


class Mix(Item):
    """A row of `count` inputs on so many cores; `make(count)` is what makes its commands."""

    def __init__(self, key, title, make, count, base=None, ours=False, expects='changed', cores=1, audio='mix'):
        super().__init__(key, title, make(count), base, ours, expects, audio)
        self.count, self.cores, self.one = count, cores, make(1)


def rows_of(count, source=from_raw, cores=1):
    """Baseline, ours, audiomixer."""
    note = {from_raw: '', from_wav: ', WAV'}[source] + (f', {cores} cores' if cores > 1 else '')
    name, where = f'{count}{note}', f'{count} inputs{note}'
    base = f'gst {name}'
    return [
        Mix(base, f'{where}: nowhere', lambda n: alone(n, source), count, expects='unseen', cores=cores),
        Mix(f'ours {name}', f'{where}: **audiomixbus**', lambda n: mixed(UNMETERED, n, panned, source), count,
            base, True, cores=cores),
        Mix(f'audiomixer {name}', f'{where}: `audiomixer`', lambda n: mixed('audiomixer', n, plain, source), count,
            base, cores=cores)]


def per_input(item, net):
    return [seconds / item.count for seconds in net]


def growth(group, net):
    """Cost of an input at the most inputs over that at the fewest, round by round."""
    few, many = (group.item(f'ours {count}') for count in (COUNTS[0], COUNTS[-1]))
    if few.skipped or many.skipped or min(net(few)) <= 0:
        return None
    return [b / a for a, b in zip(per_input(few, net(few)), per_input(many, net(many)))]


def speed(key):
    """Playing time over wall time."""
    def found(group, net):
        item = group.item(key)
        return None if item.skipped else [item.stream.seconds / cost.wall for cost in item.costs]
    return found


def mix_group():
    few = COUNTS[0]
    items = [item for count in COUNTS for item in rows_of(count)]
    items += [Mix('ours-sse2', f'{few} inputs: **audiomixbus** held to SSE2 (`LQ_CPU=baseline`)',
                  lambda n: mixed(UNMETERED, n, panned, LQ_CPU='baseline'), few, f'gst {few}', True),
              Mix('metered', f'{few} inputs: **audiomixbus** with its meters and messages',
                  lambda n: mixed('audiomixbus', n, panned), few, f'gst {few}', True)]
    items += rows_of(few, cores=2) + rows_of(few, from_wav) + [
        Mix('sox', f'{few} inputs, WAV: `sox -m`', sox, few),
        Mix('amix', f'{few} inputs, WAV: ffmpeg `amix`', amix, few)]
    pair, with_wav, two = ((f'ours {few}{note}', f'audiomixer {few}{note}') for note in ('', ', WAV', ', 2 cores'))
    goals = [Goal(f'ours {count}', f'audiomixer {count}', times) for count, times in zip(COUNTS, (10, 12, 12))]
    goals += [Goal('metered', f'audiomixer {few}', None), Goal(*with_wav, 10), Goal(*pair, 4, 'whole'), Goal(*with_wav, 4, 'whole'),
              Goal(with_wav[0], 'sox', 4, 'whole'), Goal(with_wav[0], 'amix', 8, 'whole'),
              Goal(*pair, None, 'wall'), Goal(*two, None, 'wall')]
    return Group('mix', 'Mixing: stereo files, a fader on each', items, goals,
                 f'Files of 32-bit floats in memory: raw in buffers of {BLOCK} frames, or WAV, of which wavparse '
                 'gives 1920 frames at a time. Each input of audiomixbus has a pan besides. Net is beside the same '
                 'sources into as many sinks; peers other than GStreamer have no such baseline. audiomixer measures nothing, so '
                 'audiomixbus has post-messages=false but for one row.',
                 [Limit(f'audiomixbus, cost of an input: {COUNTS[-1]} inputs against {few}', f'≤ {GROWTH}', growth,
                        lambda times: times <= GROWTH)])


def live_group():
    def ours(count):
        return mixed(f'{UNMETERED} latency={LATENCY_NS}', count, panned, source=from_clock)

    def peer(count):
        return mixed(f'audiomixer latency={LATENCY_NS}', count, plain, source=from_clock)
    few, name = COUNTS[0], f'{COUNTS[0]} inputs, live: '
    return Group('mix-live', 'Mixing live', [
        Mix('gst', name + 'nowhere', lambda n: alone(n, source=from_clock), few, expects='unseen', audio='mix live'),
        Mix('ours', name + '**audiomixbus**', ours, few, 'gst', True, 'unseen', audio='mix live'),
        Mix('audiomixer', name + '`audiomixer`', peer, few, 'gst', expects='unseen', audio='mix live'),
    ], [Goal('ours', 'audiomixer', 1.5), Goal('ours', 'audiomixer', None, 'whole')],
        f'`audiotestsrc is-live=true`, {BLOCK} frames a buffer, both mixers at latency={LATENCY_NS // 1_000_000} ms.')


def console_group():
    def ours(count):
        return mixed('audiomixbus reverb-type=plate', count, channel)
    items = []
    for cores in (1, 2):
        where = f'{CONSOLE} inputs, {cores} core{"s" if cores > 1 else ""}: '
        items += [Mix(f'gst {cores}', where + 'nowhere', alone, CONSOLE, expects='unseen', cores=cores),
                  Mix(f'ours {cores}', where + '**audiomixbus**, all on', ours, CONSOLE, f'gst {cores}', True,
                      cores=cores)]
    return Group('mix-console', 'A console', items, note='High-pass, four bands and a compressor on each channel, '
                 'sends to a reverb and a delay return.', limits=[
                     Limit(f'A console of {CONSOLE} channels, × real time on one core', f'≥ {SPEED}', speed('ours 1'),
                           lambda times: times >= SPEED),
                     Limit('The same on two cores', '', speed('ours 2'), None)])


def mix_groups():
    return [mix_group(), live_group(), console_group()]
