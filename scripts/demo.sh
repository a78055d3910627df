#!/usr/bin/env bash
# Shows mediafs at work on this machine alone: a stand-in for the media API with sample media, mounted.
#   demo.sh          stays until Ctrl-C
#   demo.sh --once   takes everything down at once and exits
#   demo.sh --built DIR [--once]   has the programs of that build, and builds nothing
set -euo pipefail

once=no
built=
while [ $# -gt 0 ]; do
  case "$1" in
    --once) once=yes ;;
    --built)
      built=$(realpath "${2:?"which build?"}")
      shift
      ;;
    *)
      echo "usage: $0 [--built DIR] [--once]" >&2
      exit 2
      ;;
  esac
  shift
done

cd "$(dirname "$0")/.."
programs=${built:-$PWD/build/release}
mediafs=$programs/mediafs
work=
sandbox_pid=
mount_point=

take_down() {
  trap - EXIT INT TERM
  if [ -n "$mount_point" ] && mountpoint -q "$mount_point"; then
    # Somebody's shell may still stand in it: then the mount goes when that one leaves.
    "$mediafs" unmount "$mount_point" 2> /dev/null || fusermount3 -uz "$mount_point" || true
  fi
  [ -z "$sandbox_pid" ] || { kill "$sandbox_pid" && wait "$sandbox_pid"; } 2> /dev/null || true
  # A server that has just lost its mount still closes its cache.
  for _ in $(seq 50); do
    [ -n "$work" ] && ! rm -rf --one-file-system "$work" 2> /dev/null || break
    sleep 0.1
  done
}
trap take_down EXIT
trap 'echo; echo "Taking everything down."; exit 0' INT TERM

say() { printf '\n%s\n' "$*"; }
show() {
  printf '  $ %s\n' "$*"
  "$@" | sed 's/^/    /'
}

build() {
  ./scripts/install-deps.sh --build
  say "Building mediafs (the first time takes a few minutes) ..."
  { cmake --preset release && cmake --build --preset release --parallel 2 --target mediafs mediafs-sandbox; } \
    > "$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    exit 1
  }
}

# Of the stand-in API, in the form of real ones.
key=d3e0c0de-0000-4000-8000-000000000001
secret=a-secret-of-the-demo-and-of-nothing-else

# The program that stands in for the API prints its URL once it answers.
start_sandbox() {
  : > "$work/sandbox.out"
  "$programs/mediafs-sandbox" --api-key "$key" --secret "$secret" --samples tests/samples \
    >> "$work/sandbox.out" &
  sandbox_pid=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/^listening //p' "$work/sandbox.out")
    [ -z "$url" ] || return 0
    sleep 0.1
  done
  echo "The stand-in API did not start." >&2
  exit 1
}

mount_it() {
  (umask 077 && printf 'api_key=%s\nshared_secret=%s\n' "$key" "$secret" > "$work/credentials")
  mkdir "$work/media" "$work/cache" "$work/copies"
  "$mediafs" mount --credentials "$work/credentials" --cache-any-fs --cache-dir "$work/cache" --log-file "$work/log" \
    "$url" "$work/media"
  mount_point=$work/media
}

# Lines "ID FILE" of the sample media of one type, such as video/.
samples() {
  python3 - tests/samples/manifest.json "$1" <<'PYTHON'
import json, sys
for session in json.load(open(sys.argv[1]))["sessions"]:
    for attempt in session["attempts"]:
        for media in attempt.get("media", []):
            if "file" in media and media.get("mimetype", "image/jpeg").startswith(sys.argv[2]):
                print(media["id"], media["file"])
PYTHON
}

# The first of them. All are read before: whoever closes a pipe early breaks the program that writes to it.
first_sample() {
  local all
  all=$(samples "$1")
  printf '%s\n' "${all%%$'\n'*}"
}

# The first session of the samples.
session() {
  python3 -c 'import json; print(json.load(open("tests/samples/manifest.json"))["sessions"][0]["id"])'
}

copy_session() {
  local name
  say "A session is a directory, with readable names. One request lists it:"
  show ls -l "$mount_point/sessions/$(session)"
  say "Copied whole, one request more for each file that is not here yet:"
  show cp -r "$mount_point/sessions/$(session)" "$work/copies/session"
  for name in "$work"/copies/session/face-*.jpg; do
    cmp "$name" "$mount_point/sessions/$(session)/${name##*/}"
  done
}

copy_and_compare() {
  local kind=$1 first id file
  first=$(first_sample "$2")
  read -r id file <<< "$first"
  say "A $kind, copied like any file, and its checksum beside that of the original:"
  show cp "$mount_point/$id" "$work/copies/$file"
  show sha256sum "$work/copies/$file" "tests/samples/$file"
  cmp "$work/copies/$file" "tests/samples/$file"
}

how_to_go_on() {
  cat << TEXT

It is all yours until you press Ctrl-C. In another terminal, try

    ls -lR $mount_point/sessions
    getfattr -d $mount_point/sessions/$(session)/*
    ffprobe $mount_point/$(first_sample video/ | cut -d' ' -f1)
    cat $work/log

What you read is kept, encrypted, in $work/cache and not fetched again.
For your own API, put its key and secret into a file that only you can read:

    api_key=...
    shared_secret=...

    $mediafs mount --credentials FILE --cache-dir DIR https://YOUR-API-HOST MOUNTPOINT
    $mediafs unmount MOUNTPOINT
TEXT
}

work=$(mktemp -d "${TMPDIR:-/tmp}/mediafs-demo.XXXXXX")
[ -n "$built" ] || build
start_sandbox
mount_it

say "A stand-in for the media API answers at $url, and is mounted at $mount_point."
say "Every media id is a file there. The API is asked when one is first looked at; from then on it is listed:"
mapfile -t ids < <(samples "" | cut -d' ' -f1)
(cd "$mount_point" && stat "${ids[@]}" > /dev/null)
show ls -l "$mount_point"
copy_and_compare picture image/
copy_and_compare video video/
copy_session

if [ "$once" = yes ]; then
  take_down
  say "That was it: unmounted, and nothing is left behind."
  exit 0
fi
how_to_go_on
wait "$sandbox_pid" || true
