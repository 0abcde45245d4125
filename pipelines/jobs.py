# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the programs in Python share: a file's runs of gst-launch in a folder of its own, by way of
pipelines/watch; outputs that appear whole or not at all; measurements; how they speak."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WATCH = os.path.join(HERE, 'watch')
SILENCE = -120.0
STOPPED = 130
ENDINGS = ['mp3', 'm4a', 'opus', 'flac', 'wav']
AAC = ['fdkaacenc', 'voaacenc', 'avenc_aac']
# So that a message reads the same everywhere, and has to be asked for by its English words only.
ENVIRONMENT = {'LC_ALL': 'C.UTF-8', 'LANGUAGE': ''}


class Failure(Exception):
    """What a person is told in one line."""


def shown(text):
    """A name as a person may read it, in one line."""
    return ''.join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def figure(value):
    """A level of −120 says that there is nothing to measure."""
    return 'none' if value <= SILENCE + 0.1 else f'{value:.1f}'


def number_from(low, high):
    def parse(text):
        value = float(text)
        if not low <= value <= high:
            raise ValueError
        return value
    parse.__name__ = f'number from {low} to {high}'
    return parse


def parser_of(description):
    """Its errors are one line, and its help is the program's own text."""
    return argparse.ArgumentParser(description=description, usage=argparse.SUPPRESS,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)


def use_build():
    build = os.environ.get('LACQUER_BUILD') or os.path.join(HERE, '..', 'build')
    plugins = os.path.abspath(os.path.join(build, 'gst'))
    if os.path.isdir(plugins):
        os.environ['GST_PLUGIN_PATH'] = os.pathsep.join(
            filter(None, [plugins, os.environ.get('GST_PLUGIN_PATH')]))


def have(element):
    return subprocess.run(['gst-inspect-1.0', element], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def need(*elements):
    for element in elements:
        if not have(element):
            raise Failure(f"GStreamer's {element} is missing here")


def encoder(kind, kbit):
    """The words that make a format of F32 audio, by a file's ending."""
    if kind == 'm4a':
        aac = next(filter(have, AAC), None)
        if not aac:
            raise Failure(f'm4a can\'t be written here: none of {", ".join(AAC)} is there')
        return ['audioconvert', '!', aac, f'bitrate={kbit * 1000}', '!', 'aacparse', '!', 'mp4mux']
    return {'opus': ['opusenc', f'bitrate={kbit * 1000}', '!', 'oggmux'],
            'mp3': ['lamemp3enc', 'target=bitrate', f'bitrate={kbit}', 'cbr=true'],
            'flac': ['flacenc', 'quality=8'],
            'wav': ['audio/x-raw,format=S24LE', '!', 'wavenc']}[kind]


def encoder_for(path, kbit):
    ending = os.path.splitext(path)[1][1:].lower()
    if ending not in ENDINGS:
        raise Failure(f'{shown(path)}: its ending must say the format: .{", .".join(ENDINGS)}')
    return encoder(ending, kbit)


def check_input(path):
    if not os.path.exists(path):
        raise Failure(f'there is no file {shown(path)}')
    if not os.path.isfile(path):
        raise Failure(f'{shown(path)} is not a file')
    if not os.access(path, os.R_OK):
        raise Failure(f'{shown(path)} may not be read by you')
    if not os.path.getsize(path):
        raise Failure(f'{shown(path)} is empty')


def forward(child, seconds):
    """Signals, and the end of that time, end a live run well."""
    def stop_it(*_):
        child.send_signal(signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, stop_it)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def watch(doing, words, folder, live=False, seconds=0):
    """gst-launch with these words in this folder; its loudnessnorm's last message. A live run ends
    by a signal or after that time, and then well; a second signal stops it at once."""
    result = os.path.join(folder, 'report')
    with subprocess.Popen([WATCH, *['--live'][:live], shown(doing), result, *words], cwd=folder,
                          env={**os.environ, **ENVIRONMENT}, errors='replace', text=True,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          start_new_session=live) as child:
        if live:
            forward(child, seconds)
        try:
            told = child.communicate()[1].strip()
        except BaseException:
            # It ends gst-launch, which would live on if it were killed.
            child.terminate()
            raise
    if child.returncode == STOPPED:
        raise KeyboardInterrupt
    if child.returncode:
        raise Failure((told or 'it failed').splitlines()[0])
    with open(result, encoding='utf-8') as file:
        return dict(line.rstrip('\n').split('=', 1) for line in file)


class Job:
    """A file to be read, and a folder for what is known of it. No name of a user's is ever read by
    gst-launch: all is done in that folder, where in is a link to the file."""

    def __init__(self, path, work):
        self.path, self.work = path, tempfile.mkdtemp(dir=work)
        self.name = os.path.splitext(os.path.basename(path))[0]
        os.symlink(os.path.abspath(path), self.at('in'))

    def at(self, name):
        return os.path.join(self.work, name)

    def source(self, name='in'):
        return ['filesrc', f'location={name}', '!', 'decodebin', '!', 'audioconvert', '!',
                'audioresample', '!', 'progressreport', 'silent=true', 'update-freq=1', '!']

    def run(self, doing, words, name='in'):
        try:
            return watch(f'{doing} {self.name}', [*self.source(name), *words], self.work)
        except Failure as failure:
            raise Failure(f'{shown(self.path)}: {failure}') from failure

    def measure(self, *settings, name='in', doing='Measuring'):
        """What the file measures, and what the run told of it."""
        told = self.run(doing, ['loudnessnorm', 'mode=measure', 'measurement-location=measured',
                                *settings, '!', 'fakesink'], name)
        return self.measurement(), told

    def measurement(self, name='measured'):
        try:
            return Measurement(self.at(name))
        except OSError as error:
            raise Failure(f'{shown(self.path)}: it holds no sound') from error


class Measurement:
    """A file that loudnessnorm wrote to its measurement-location."""

    def __init__(self, path):
        fields = {}
        with open(path, encoding='utf-8') as file:
            for line in file:
                if not line.startswith('#'):
                    name, _, value = line.rstrip('\n').partition('=')
                    fields[name] = value
        self.integrated, self.range = float(fields['integrated']), float(fields['range'])
        self.true_peak = float(fields['true-peak'])
        self.max_short_term = float(fields['max-short-term'])
        self.rate, self.channels = int(fields['rate']), int(fields['channels'])
        self.frames = int(fields['frames'])
        self.blocks = self.list(fields['blocks'])
        self.short_terms = self.list(fields['short-term-blocks'])

    @staticmethod
    def list(text):
        pairs = (item.split(':') for item in text.split('/') if item)
        return [(int(count), float(power)) for count, power in pairs]

    def breaks_off(self, length):
        """Words on a file that ends before its time, which was cut off somewhere; else nothing."""
        heard_s, length_s = self.frames / self.rate, float(length or 0)
        if 0 < length_s and heard_s < length_s * 0.95 - 1:
            return f'it seems to break off: only {heard_s:.1f} s of {length_s:.0f} s could be read'
        return ''


def settle_out(options, suffix, ending, what):
    """Sets options.out, where it isn't given a free name after the first input's, and options.ending."""
    stem = options.files[0].rstrip('/')
    stem = stem if os.path.isdir(stem) else os.path.splitext(stem)[0]
    number = 1
    while options.out is None:
        name = f'{stem}{suffix}.{ending}' if number == 1 else f'{stem}{suffix}-{number}.{ending}'
        number += 1
        if not os.path.lexists(name):
            options.out = name
    options.ending = os.path.splitext(options.out)[1][1:].lower()
    encoder_for(options.out, 128)
    if os.path.exists(options.out):
        if not os.path.isfile(options.out):
            raise Failure(f'{shown(options.out)} is there and is not a file')
        if any(os.path.exists(file) and os.path.samefile(options.out, file) for file in options.files):
            raise Failure(f'{shown(options.out)} is a {what} itself, which is never written to')
    if os.path.lexists(options.out) and not options.force:
        raise Failure(f'{shown(options.out)} is there already; --force replaces it')


class Output:
    """A file that is there whole or not at all: written under a passing name beside its own."""

    def __init__(self, path):
        self.path = path
        try:
            handle, self.partial = tempfile.mkstemp(prefix='.lacquer-',
                                                    dir=os.path.dirname(path) or '.')
        except OSError as error:
            raise Failure(f'{shown(path)} can\'t be written: {error.strerror}') from error
        os.close(handle)

    def link(self, job, name='out'):
        """Makes the folder known to the job's pipelines; the words for their sink."""
        folder = job.at(name)
        if not os.path.islink(folder):
            os.symlink(os.path.abspath(os.path.dirname(self.path) or '.'), folder)
        return f'{name}/{os.path.basename(self.partial)}'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.partial:
            os.unlink(self.partial)

    def keep(self):
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(self.partial, 0o666 & ~mask)
        os.replace(self.partial, self.path)
        self.partial = None


def stop(number, _):
    sys.exit(128 + number)


def entry(make, options):
    """make(options, work), with a folder that is gone afterwards however it ends; an exit code."""
    program = os.path.basename(sys.argv[0])
    use_build()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors='backslashreplace')
    try:
        with tempfile.TemporaryDirectory(prefix='lacquer-') as work:
            return make(options, work) or 0
    except (Failure, OSError) as error:
        print(f'{program}: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return STOPPED
