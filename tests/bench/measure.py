# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a process costs, and the audio it is given."""

import array
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BLOCK = 1024          # frames a buffer, everywhere
SAMPLE = 4            # bytes
RATE, CHANNELS = 48000, 2
SKIP_S = 30           # of each record: beginnings may be silent
TIMEOUT_S = 900
MIX_FILES = 8         # that the inputs of a mix are read from, in turn


class Failed(Exception):
    """A command that didn't do what it was asked for; the text is one line."""


class Audio:
    """A file of interleaved 32-bit floats, and how it is to be read: one file serves as several
    streams, since what a loop costs doesn't depend on what the numbers mean."""

    def __init__(self, path, rate=RATE, channels=CHANNELS, name=''):
        self.path, self.rate, self.channels, self.name = path, rate, channels, name
        self.paths = [path]  # of a mix: one for each of MIX_FILES inputs
        self.frames = os.path.getsize(path) // (SAMPLE * channels)

    @property
    def seconds(self):
        return self.frames / self.rate

    def heard_as(self, rate, channels, name):
        return Audio(self.path, rate, channels, name)


class Command:
    """One program: its words, what it reads from standard input, and its own environment."""

    def __init__(self, words, audio=None, **env):
        self.words, self.audio, self.env = words, audio, env

    def stdin(self):
        return open(self.audio.path, 'rb') if self.audio else open(os.devnull, 'rb')

    def environment(self):
        return dict(os.environ, **self.env)


class Cost:
    """CPU seconds, peak memory and duration of one or several processes in turn."""

    def __init__(self, user=0.0, system=0.0, rss=0.0, wall=0.0):
        self.user, self.system, self.rss, self.wall = user, system, rss, wall

    @property
    def cpu(self):
        return self.user + self.system

    def plus(self, other):
        return Cost(self.user + other.user, self.system + other.system, max(self.rss, other.rss),
                    self.wall + other.wall)


def first_line(text, otherwise):
    """The line of a program's complaint that says most."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wanted = [line for line in lines if re.search('error|no property|could not|erroneous', line, re.I)]
    return (wanted + lines + [otherwise])[0][:200]


def output_of(command):
    """Runs it untimed; (standard output, standard error)."""
    with command.stdin() as stdin:
        try:
            run = subprocess.run(command.words, stdin=stdin, env=command.environment(),
                                 capture_output=True, timeout=TIMEOUT_S, check=False)
        except OSError as error:
            raise Failed(f'{command.words[0]}: {error.strerror}') from error
    out, err = run.stdout.decode(errors='replace'), run.stderr.decode(errors='replace')
    if run.returncode != 0:
        raise Failed(first_line(err, f'{command.words[0]}: exit code {run.returncode}'))
    return out, err


class Meter:
    """Runs commands on one core, or more, and tells what they cost."""

    def __init__(self, build, cpu):
        self.spend = os.path.join(build, 'tests', 'bench', 'spend')
        self.cpu = cpu

    def cores(self, wanted):
        """So many of those allowed, from ours on; Failed where there are fewer."""
        others = sorted(os.sched_getaffinity(0) - {self.cpu}, reverse=True)
        if len(others) + 1 < wanted:
            raise Failed(f'there are no {wanted} cores')
        return ','.join(map(str, [self.cpu, *others[:wanted - 1]]))

    def one(self, command, cores=1):
        reader, writer = os.pipe()
        with command.stdin() as stdin:
            done = subprocess.run(
                [self.spend, self.cores(cores), str(writer), *command.words], stdin=stdin,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=command.environment(),
                pass_fds=[writer], timeout=TIMEOUT_S, check=False)
        os.close(writer)
        with os.fdopen(reader) as answer:
            told = answer.read().split()
        if done.returncode != 0 or len(told) != 5 or told[0] != '0':
            raise Failed(first_line(done.stderr.decode(errors='replace'),
                                    f'{command.words[0]}: exit code {told[0] if told else "unknown"}'))
        return Cost(int(told[1]) / 1e6, int(told[2]) / 1e6, int(told[3]) / 1024, int(told[4]) / 1e6)

    def cost(self, commands, cores=1):
        total = Cost()
        for command in commands:
            total = total.plus(self.one(command, cores))
        return total


def samples(path):
    """A file of floats, all of it."""
    data = array.array('f')
    with open(path, 'rb') as file:
        data.frombytes(file.read())
    if sys.byteorder == 'big':
        data.byteswap()
    return data


def difference(path, audio):
    """(frames, energy of the difference over energy of the input, energy over energy) of what came
    out, against what went in."""
    got, had = samples(path), samples(audio.path)
    energy = sum(x * x for x in had) or 1.0
    apart = sum((a - b) ** 2 for a, b in zip(got, had))
    return len(got) // audio.channels, apart / energy, sum(x * x for x in got) / energy


def peak(path):
    return max(map(abs, samples(path)), default=0.0)


def records():
    """The songs that the tests use, where pipelines/lib.sh says they are."""
    folder = subprocess.run(['bash', '-c', '. pipelines/lib.sh && printf %s "$LQ_RECORDS"'],
                            cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not os.path.isdir(folder):
        return []
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith('.mp3')]


def decode(words, skip, wanted, out):
    """Appends bytes `skip` … `skip` + `wanted` of what a GStreamer source gives to the file."""
    caps = f'audio/x-raw,format=F32LE,rate={RATE},channels={CHANNELS},layout=interleaved'
    with subprocess.Popen(['gst-launch-1.0', '-q', *words, '!', 'audioconvert', '!', 'audioresample',
                           '!', caps, '!', 'fdsink', 'fd=1'],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        while skip > 0 and (data := child.stdout.read(min(skip, 1 << 20))):
            skip -= len(data)
        while wanted > 0 and (data := child.stdout.read(min(wanted, 1 << 20))):
            out.write(data)
            wanted -= len(data)
        child.kill()
    return wanted == 0


def make_input(path, seconds):
    """Writes so many seconds of music, stereo at 48 kHz; says of what."""
    songs = records()
    per_second = RATE * CHANNELS * SAMPLE
    with open(path, 'wb') as out:
        left = seconds
        for number, song in enumerate(songs):
            part = left // (len(songs) - number)
            if not decode(['filesrc', f'location={song}', '!', 'decodebin'], SKIP_S * per_second,
                          part * per_second, out):
                break
            left -= part
        if songs and left == 0:
            names = ', '.join(os.path.splitext(os.path.basename(song))[0] for song in songs)
            return f'songs of Debian\'s asc-music ({names})'
        out.seek(0)
        out.truncate()
        if not decode(['audiotestsrc', 'wave=pink-noise', f'samplesperbuffer={BLOCK}'], 0,
                      seconds * per_second, out):
            raise Failed('no input can be made')
    return 'pink noise (asc-music is not installed)'


def shortened(audio, path, frames, skip=0):
    """The first frames of it, as a file of its own."""
    with open(audio.path, 'rb') as source, open(path, 'wb') as out:
        source.seek(skip * audio.channels * SAMPLE)
        left = frames * audio.channels * SAMPLE
        while left > 0 and (data := source.read(min(left, 1 << 20))):
            out.write(data)
            left -= len(data)
    return Audio(path, audio.rate, audio.channels)


def wav_beside(audio):
    """The same samples in a WAV file of the same name."""
    frame = audio.channels * SAMPLE
    size = audio.frames * frame
    head = struct.pack('<4sI4s4sIHHIIHH4sI', b'RIFF', 36 + size, b'WAVE', b'fmt ', 16, 3, audio.channels, audio.rate,
                       audio.rate * frame, frame, 8 * SAMPLE, b'data', size)
    with open(audio.path, 'rb') as source, open(audio.path[:-4] + '.wav', 'wb') as out:
        out.write(head)
        shutil.copyfileobj(source, out)


def mix_of(music, folder, name, frames):
    """Files of so many frames each from all over the music, as one Audio; WAV files beside them."""
    step = max(music.frames - frames, 0) // (MIX_FILES - 1)
    files = [shortened(music, os.path.join(folder, f'{name}-{k}.raw'), frames, k * step) for k in range(MIX_FILES)]
    files[0].paths = [file.path for file in files]
    for file in files:
        wav_beside(file)
    return files[0]


def working_folder(needed):
    """A temporary folder in memory where there is room, else where temporary files go."""
    memory = '/dev/shm'
    if os.path.isdir(memory) and shutil.disk_usage(memory).free > needed:
        return tempfile.TemporaryDirectory(prefix='lacquer-bench-', dir=memory)
    return tempfile.TemporaryDirectory(prefix='lacquer-bench-')
