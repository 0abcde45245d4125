# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the programs share that mix stems on audiomixbus: what a stem is by its name, the strip that
goes with it, how loud it is, and the mix as a file whose peaks fit into it."""

import math
import os
import re

from jobs import SILENCE, Failure, Job, check_input, encoder, need, shown, watch

SOUNDS = ('.wav', '.w64', '.flac', '.aif', '.aiff', '.mp3', '.m4a', '.ogg', '.opus')
# The level that strips are made for. Stems come up to it in front of theirs, and go back behind it.
NOMINAL_LUFS, MAX_TRIM, MIN_TRIM = -21.0, 24.0, -60.0
# Files of integers keep their peaks below this; a mix that doesn't is made again, that much lower.
CEILING, ROOM = -1.0, 0.1
LISTED = 'stems.tsv'


def eq(*bands):
    """Bands as (frequency, gain) or (frequency, gain, q or 'high-shelf')."""
    words = []
    for number, (frequency, gain, *more) in enumerate(bands, 1):
        words += [f'eq{number}-enabled=true', f'eq{number}-frequency={frequency}', f'eq{number}-gain={gain}']
        if more:
            words.append(f'eq{number}-type={more[0]}' if isinstance(more[0], str) else f'eq{number}-q={more[0]}')
    return words


def on(module, text):
    """A module's settings, as "threshold=-10 ratio=3"."""
    return [f'{module}-enabled=true', *(f'{module}-{word}' for word in text.split())]


class Kind:
    """An instrument: words of file names, its group, its place (None: at the sides by turns), its
    sends in dB, and its strip."""

    def __init__(self, names, group, place, reverb, *strip, echo=None):
        self.names, self.group, self.place, self.reverb, self.echo = names, group, place, reverb, echo
        self.strip = [word for words in strip for word in words]


# The first that fits counts. Gates and compressors are set for NOMINAL_LUFS.
KINDS = {
    'kick': Kind('kick|bd|bass ?drum', 'drums', 0, None, on('hpf', 'frequency=28'),
                 on('gate', 'threshold=-34 range=24 attack=0.2 hold=60 release=120 sc-lpf=400'),
                 eq((60, 3, 1.0), (350, -4, 1.2), (3500, 3, 1.0)),
                 on('comp', 'style=vca threshold=-10 ratio=3 attack=20 release=90 makeup=1')),
    'snare': Kind('snare|sd|clap|rim', 'drums', 0, -18, on('hpf', 'frequency=80 slope=18'),
                  on('gate', 'threshold=-36 range=18 attack=0.2 hold=80 release=150 sc-hpf=120'),
                  eq((200, 2, 1.1), (700, -3, 2.0), (5000, 2.5, 0.8)),
                  on('comp', 'style=fet threshold=-10 ratio=3 attack=8 release=100 makeup=1.5')),
    'toms': Kind('toms?', 'drums', 0, -20, on('hpf', 'frequency=50'),
                 eq((420, -4.5, 1.4), (100, 2, 1.0), (4000, 2, 0.9)), on('trans', 'attack=25')),
    'cymbals': Kind('cymbals?|overheads?|oh|hats?|hi ?hats?|hh|ride|crash', 'drums', 0, -26,
                    on('hpf', 'frequency=120'), eq((350, -2, 0.9), (10000, 2, 'high-shelf')),
                    on('comp', 'threshold=-10 ratio=2 attack=5 release=150 makeup=1')),
    'room': Kind('rooms?|ambience', 'drums', 0, None, on('hpf', 'frequency=60'),
                 on('comp', 'style=fet threshold=-16 ratio=4 attack=15 release=120 makeup=3.5'),
                 ['width=120']),
    'percussion': Kind('perc(ussion)?|shakers?|tamb(ourine)?|congas?|bongos?', 'drums', None, -18,
                       on('hpf', 'frequency=150'), on('trans', 'attack=20'),
                       on('comp', 'threshold=-14 ratio=2 attack=15 release=120')),
    'drums': Kind('drums?|kit', 'drums', 0, -26, eq((80, 1, 'low-shelf'), (400, -1.5, 0.9), (9000, 1, 'high-shelf')),
                  on('comp', 'style=vca threshold=-16 ratio=2 attack=30 auto-release=true sc-hpf=90 makeup=1.5')),
    'bass': Kind('bass', 'bass', 0, None, on('hpf', 'frequency=32'),
                 eq((80, 1.5, 0.9), (250, -2.5, 1.0), (900, 2, 0.8)),
                 on('comp', 'detector=rms style=opto threshold=-20 ratio=3 attack=15 release=180 makeup=3.5'),
                 on('sat', 'style=tube drive=8 bias=20 mix=50')),
    'backing': Kind('backing|bvs?|choir|chorus|harmony|ooh|aah', 'voices', None, -14,
                    on('hpf', 'frequency=140 slope=18'), eq((300, -2, 1.0), (3200, -2.5, 0.9)),
                    on('comp', 'style=opto threshold=-15 ratio=3 attack=12 release=200 makeup=3'),
                    on('deess', 'threshold=-14 range=10')),
    'vocal': Kind('vocals?|vox|voice|singer|sing', 'voices', 0, -17,
                  on('hpf', 'frequency=90 slope=18'),
                  eq((250, -2.5, 1.2), (4000, 2, 0.8), (11000, 2, 'high-shelf')),
                  on('comp', 'style=fet threshold=-18 ratio=3 attack=6 release=90 sc-hpf=120 makeup=3'),
                  on('deess', 'frequency=6500 range=6'), echo=-20),
    'lead': Kind('lead|solo', 'band', 0, -20, on('hpf', 'frequency=120'), eq((2500, 2, 0.8)),
                 on('sat', 'style=soft drive=8 mix=60'), echo=-14),
    'guitar': Kind('guitars?|gtrs?|git|strat|tele', 'band', None, -18, on('hpf', 'frequency=90'),
                   eq((300, -2, 1.0), (3000, 1.5, 0.8), (8000, 1.5, 'high-shelf')),
                   on('comp', 'style=vca threshold=-16 ratio=2.5 attack=15 release=150 makeup=2.5')),
    'piano': Kind('piano|keys|keyboards?|rhodes|wurli|clav|chromatic|organ|hammond', 'band', None, -20,
                  on('hpf', 'frequency=35'), eq((280, -2, 0.8), (7000, 1.5, 'high-shelf')),
                  on('comp', 'detector=rms threshold=-16 ratio=1.8 knee=12 attack=25 release=250 '
                     'auto-release=true makeup=1.5')),
    'strings': Kind('strings?|ensemble|violins?|violas?|cellos?|orchestra', 'band', None, -13,
                    on('hpf', 'frequency=50'), eq((3200, -2, 0.9), (9000, -1, 'high-shelf'))),
    'brass': Kind('brass|horns?|trumpets?|trombones?', 'band', None, -18, on('hpf', 'frequency=70'),
                  eq((2800, -2.5, 1.1), (450, 1, 0.8)),
                  on('comp', 'style=vari-mu threshold=-12 ratio=3 attack=8 release=180 makeup=2')),
    'reed': Kind('reed|pipe|sax(ophone)?|flutes?|clarinets?|oboe|harmonica', 'band', None, -16,
                 on('hpf', 'frequency=120'), eq((2500, -1)),
                 on('comp', 'style=opto threshold=-18 ratio=2')),
    'pad': Kind('pads?|synths?', 'band', None, -14, on('hpf', 'frequency=110'),
                eq((320, -1.5, 0.9), (2200, -3, 0.6), (9000, 1.5, 'high-shelf')), ['width=140']),
    'other': Kind('', 'band', None, -20, on('hpf', 'frequency=80')),
}
GROUPS = ('drums', 'bass', 'band', 'voices')
SIDES = (-0.35, 0.35, -0.2, 0.2, -0.5, 0.5)


def kind_of(text):
    """The instrument that a file's name, or a table's word, tells of."""
    plain = re.sub(r'[\W\d_]+', ' ', text.lower()).strip()
    for kind, about in KINDS.items():
        if about.names and re.search(rf'\b({about.names})\b', plain):
            return kind
    return 'other'


class Stem(Job):
    """A track of a song: a file, and what is done to it."""

    def __init__(self, path, work, word=None):
        super().__init__(path, work)
        self.kind = kind_of(word or self.name)
        self.about = KINDS[self.kind]
        self.measured, self.trim, self.pan = None, 0.0, 0.0

    def open(self, rate):
        """The words of its source, for a run in the folder of all."""
        return ['filesrc', f'location={os.path.basename(self.work)}/in', '!', 'decodebin', '!',
                'audioconvert', '!', 'audioresample', '!', *([f'audio/x-raw,rate={rate}', '!'] if rate else [])]

    def take(self):
        self.measured = self.measurement()


def named(folder):
    """(path, word for its kind) of a folder's stems: those of its table, else all that sounds."""
    table = os.path.join(folder, LISTED)
    if os.path.isfile(table):
        with open(table, encoding='utf-8', errors='surrogateescape') as file:
            rows = [line.rstrip('\n').split('\t') for line in file if line.strip()]
        return [(os.path.join(folder, row[0]), row[1] if row[1:] else None) for row in rows]
    return [(os.path.join(folder, name), None) for name in sorted(os.listdir(folder))
            if name.lower().endswith(SOUNDS) and not name.startswith('.')]


def stems_of(paths, work):
    """Those that the command line names, all measured."""
    found = []
    for path in paths:
        found += named(path) if os.path.isdir(path) else [(path, None)]
    if not found:
        raise Failure(f'there are no stems in {shown(paths[0])}')
    for path, _ in found:
        check_input(path)
    need('audiomixbus', 'channelstrip', 'loudnessnorm')
    stems = [Stem(path, work, word) for path, word in found]
    measure(stems, work)
    if all(stem.measured.integrated <= SILENCE for stem in stems):
        raise Failure('there is nothing to be heard, or less than 400 ms of it')
    turn = 0
    for stem in stems:
        if stem.about.place is None:
            stem.pan, turn = SIDES[turn % len(SIDES)], turn + 1
    return stems


def measure(stems, work):
    """All in one run; where that fails one by one, which tells of whom the trouble is."""
    words = []
    for stem in stems:
        words += [*stem.open(0), 'loudnessnorm', 'mode=measure', 'post-messages=false',
                  f'measurement-location={os.path.basename(stem.work)}/measured', '!', 'fakesink']
    try:
        watch('Measuring', words, work)
    except Failure:
        for stem in stems:
            stem.measure()
    for stem in stems:
        stem.take()


def together(stems):
    """What stems are together, LUFS, as if they were strangers to each other."""
    return 10 * math.log10(sum(10 ** (stem.measured.integrated / 10) for stem in stems))


def trim_to_nominal(lufs):
    return min(max(NOMINAL_LUFS - lufs, MIN_TRIM), MAX_TRIM) if lufs > SILENCE else 0.0


def pad_words(number, settings):
    return [f'sink_{number}::{setting}' for setting in settings]


def level_words(stem):
    """Up to the level that its strip is made for, and back."""
    return [f'input-gain={stem.trim:.2f}', f'gain={-stem.trim:.2f}', f'pan={stem.pan:g}']


class Mix:
    """What stands on the desk. `words` of the bus and its pads, `sources` of the pads."""

    def __init__(self, stems, work):
        self.stems, self.work = stems, work
        self.rate = max(stem.measured.rate for stem in stems)
        self.seconds = max(stem.measured.frames / stem.measured.rate for stem in stems)
        self.words, self.sources, self.whole, self.curves = [], [], [], []

    def run(self, output, options, gain):
        """The mix into a file; its loudness and true peak, as watch tells them."""
        floats = options.ending == 'wav'
        sink = output.link(self.stems[0])
        tail = ['audio/x-raw,format=F32LE', '!', 'wavenc'] if floats else encoder(options.ending, options.bitrate)
        strip = [*self.whole, f'out-gain={gain:.2f}']
        words = ['audiomixbus', 'name=mix', *self.words, '!',
                 f'audio/x-raw,format=F32LE,rate={self.rate},channels=2', '!', 'channelstrip',
                 'post-messages=false', *strip, '!', 'progressreport', 'silent=true', 'update-freq=1',
                 '!', 'loudnessnorm', 'mode=measure', '!', *tail, '!', 'filesink',
                 f'location={os.path.basename(self.stems[0].work)}/{sink}']
        if self.curves:
            words[2:2] = ['automation=' + '; '.join(self.curves)]
        return watch('Mixing', [*words, *self.sources], self.work)

    def write(self, output, options):
        """As it is, and lower where the file couldn't hold its peaks."""
        told = self.run(output, options, 0.0)
        gain, peak = 0.0, float(told['true-peak'])
        if options.ending != 'wav' and peak > CEILING:
            gain = CEILING - ROOM - peak
            told = self.run(output, options, gain)
        return told, gain


def fade_at_end(seconds, length):
    """A curve of the bus's fader, down by 60 dB over the last seconds."""
    return f'gain linear {max(length - seconds, 0):.3f}:0 {length:.3f}:-60'
