# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the shell programs share: where things are, how they speak, and what they need.
# Sourced by bash, never run.

LQ_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
LQ_SONGS=/usr/share/games/openttd/baseset/openmsx
LQ_RECORDS=/usr/share/games/asc/music
LQ_MORE_RECORDS=/usr/share/games/neverball/bgm
LQ_SOUNDFONT=/usr/share/sounds/sf2/TimGM6mb.sf2

say () { printf '%s\n' "$*"; }
warn () { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die () { warn "$*"; exit 1; }

# One line for each thing that may be needed: set, test of its presence, Debian package, what for.
# A test is a kind and a name: cmd (program), pc (pkg-config module), gst (GStreamer element or
# plugin), file.
lq_needs () {
  cat <<EOF
build cmd:gcc gcc compiling
build file:/usr/include/stdlib.h libc6-dev compiling
build cmd:pkg-config pkg-config building
build cmd:ninja ninja-build building
build cmd:meson meson building
build pc:gstreamer-1.0 libgstreamer1.0-dev compiling
build pc:gstreamer-audio-1.0 libgstreamer-plugins-base1.0-dev compiling
build pc:orc-0.4 liborc-0.4-dev fast inner loops
build cmd:orcc liborc-0.4-dev-bin fast inner loops
run cmd:python3 python3 running the scripts
run cmd:gst-launch-1.0 gstreamer1.0-tools running pipelines
run gst:audiomixer gstreamer1.0-plugins-base running pipelines
run gst:flacenc gstreamer1.0-plugins-good reading and writing WAV, FLAC and MP3
run gst:avdec_aac gstreamer1.0-libav reading AAC
music file:$LQ_SONGS/tttheme2.mid openttd-openmsx the song
music file:$LQ_SOUNDFONT timgm6mb-soundfont the song's instruments
music cmd:fluidsynth fluidsynth playing the song
test file:$LQ_RECORDS/frontiers.mp3 asc-music measuring real songs
test file:$LQ_MORE_RECORDS/track1.ogg neverball-common measuring more real songs
test cmd:ges-launch-1.0 ges1.0-tools editing with GStreamer Editing Services
test cmd:ffmpeg ffmpeg comparing loudness with ffmpeg
test pc:libebur128 libebur128-dev comparing loudness with libebur128
test cmd:flac flac checking FLAC files
test cmd:ctags universal-ctags measuring functions
test cmd:clang-format clang-format checking the shape of the source
test cmd:valgrind valgrind looking for uninitialised memory
peers cmd:sox sox comparing speed with sox
peers gst:lv2 gstreamer1.0-plugins-bad comparing speed with LSP
peers file:/usr/lib/lv2/lsp-plugins.lv2/manifest.ttl lsp-plugins-lv2 comparing speed with LSP
peers pc:lilv-0 liblilv-dev hosting others' limiters
peers file:/usr/lib/lv2/dpl.lv2/manifest.ttl x42-plugins comparing limiters with x42
peers file:/usr/lib/lv2/calf.lv2/manifest.ttl calf-plugins comparing limiters with Calf
peers file:/usr/lib/lv2/ZaMaximX2.lv2/manifest.ttl zam-plugins comparing limiters with ZaMaximX2
EOF
}

# Recorded songs that are there, a path a line.
lq_records () {
  local song
  for song in "$LQ_RECORDS"/*.mp3 "$LQ_MORE_RECORDS"/*.ogg; do
    [ ! -e "$song" ] || printf '%s\n' "$song"
  done
}

lq_has () {
  local name=${1#*:}
  case $1 in
    cmd:*) command -v "$name" >/dev/null ;;
    pc:*) command -v pkg-config >/dev/null && pkg-config --exists "$name" ;;
    gst:*) command -v gst-inspect-1.0 >/dev/null && gst-inspect-1.0 "$name" >/dev/null 2>&1 ;;
    file:*) [ -e "$name" ] ;;
  esac
}

# What the named sets lack, one "package what for" a line.
lq_missing () {
  local set test package why wanted=" $* "
  while read -r set test package why; do
    [[ $wanted == *" $set "* ]] || continue
    lq_has "$test" || printf '%s %s\n' "$package" "$why"
  done < <(lq_needs) | sort -u
}

# apt-get as root, its output kept for when it fails.
lq_apt () {
  local run=()
  [ "$(id -u)" = 0 ] || run=(sudo -n)
  "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

lq_can_apt () {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

# Those of the named packages that apt's lists offer.
lq_offered () {
  local package
  for package; do
    [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] && printf '%s\n' "$package"
  done
}

lq_apt_install () {
  local log offered
  log=$(mktemp) || return 1
  mapfile -t offered < <(lq_offered "$@")
  if [ ${#offered[@]} -lt $# ]; then
    say "Fetching apt's package lists …"
    lq_apt update >"$log" 2>&1
    mapfile -t offered < <(lq_offered "$@")
  fi
  if [ ${#offered[@]} -gt 0 ]; then
    say "Installing ${offered[*]} …"
    # A list may be older than the mirror: fetch it once more before giving up.
    lq_apt install --no-install-recommends "${offered[@]}" >"$log" 2>&1 ||
      { lq_apt update && lq_apt install --no-install-recommends "${offered[@]}"; } >"$log" 2>&1 ||
      { warn "apt-get failed:"; grep -E '^[EW]:' "$log" | head -5 >&2; }
  fi
  rm -f -- "$log"
}

# Installs what the named sets lack. True if nothing is missing afterwards, else one line says what.
lq_install () {
  local missing packages
  missing=$(lq_missing "$@")
  [ -z "$missing" ] && return 0
  mapfile -t packages < <(cut -d' ' -f1 <<<"$missing" | sort -u)
  if lq_can_apt; then
    lq_apt_install "${packages[@]}"
    missing=$(lq_missing "$@")
    [ -z "$missing" ] && return 0
  fi
  warn "missing, and not installable from here (Debian's names): $(
    sed -E 's/^([^ ]+) (.*)$/\1 (\2)/' <<<"$missing" | paste -sd';' | sed 's/;/, /g')"
  return 1
}
