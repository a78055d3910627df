#!/bin/sh
# Makes the sample media of tests/samples from ffmpeg's test sources: pictures, videos and NFC data
# that look like a session's and show nobody. The same ffmpeg makes the same bytes.
# Usage: make-samples.sh [DIRECTORY]
set -eu

directory=${1:-$(dirname "$0")/../tests/samples}
mkdir -p "$directory"
cd "$directory"

encode() {
  ffmpeg -nostdin -hide_banner -loglevel error -y "$@"
}

# picture FILE SOURCE WxH SECONDS: one frame of a lavfi source, from that time on.
picture() {
  encode -f lavfi -i "$2=size=$3:rate=25" -ss "$4" -frames:v 1 -map_metadata -1 -threads 1 \
    -pix_fmt yuvj420p -q:v 9 -fflags +bitexact -flags:v +bitexact -update 1 "$1"
}

picture face.jpg testsrc2 1080x1440 1
picture face-pre.jpg testsrc2 720x960 0
picture document-front.jpg smptehdbars 1920x1210 0
picture document-front-retake.jpg testsrc2 1920x1210 2
picture document-front-pre.jpg smptebars 1280x806 0
picture document-back.jpg testsrc 1920x1210 3
encode -f lavfi -i "rgbtestsrc=size=900x1200:rate=1" -frames:v 1 -map_metadata -1 -threads 1 \
  -fflags +bitexact -flags:v +bitexact -update 1 address-front.png

encode -f lavfi -i "testsrc2=size=480x360:rate=15:duration=8" -f lavfi -i "sine=frequency=440:duration=8" \
  -map_metadata -1 -threads 1 -c:v libvpx-vp9 -b:v 250k -row-mt 0 -g 30 -c:a libvorbis -b:a 48k \
  -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -shortest face.webm

# No faststart: a player has to seek to the index at the end before it can show the first frame.
if ffmpeg -hide_banner -encoders 2>/dev/null | grep -q libx264; then
  codec="libx264 -preset medium -profile:v high -x264-params threads=1"
else
  codec=mpeg4
fi
# shellcheck disable=SC2086 # the codec's own options are words of their own
encode -f lavfi -i "testsrc2=size=640x360:rate=12:duration=40" -f lavfi -i "sine=frequency=330:duration=40" \
  -map_metadata -1 -threads 1 -c:v $codec -b:v 220k -maxrate 300k -bufsize 600k -g 24 -pix_fmt yuv420p \
  -c:a aac -b:a 48k -fflags +bitexact -flags:v +bitexact -flags:a +bitexact document-and-face.mp4

cat >face-nfc.json <<'EOF'
{
  "documentType": "PASSPORT",
  "mrz": "P<UTOSPECIMEN<<SAMPLE<PERSON<<<<<<<<<<<<<<<<\nX00000000<UTO8001014F3001012<<<<<<<<<<<<<<06",
  "dataGroups": {"DG1": "present", "DG2": "present", "DG15": "absent"},
  "chipAuthentication": true,
  "passiveAuthentication": true
}
EOF

# atoms FILE: the names of an MP4's outer boxes, in order.
atoms() {
  python3 - "$1" <<'EOF'
import struct, sys
data = open(sys.argv[1], "rb").read()
at, names = 0, []
while at < len(data):
    size, name = struct.unpack(">I4s", data[at:at + 8])
    names.append(name.decode())
    at += size
print(" ".join(names))
EOF
}

case $(atoms document-and-face.mp4) in
  *mdat*moov) ;;
  *) echo "make-samples: the MP4's index does not stand at its end" >&2; exit 1 ;;
esac

limit=3145728
total=$(cat ./*.jpg ./*.png ./*.webm ./*.mp4 ./*.json | wc -c)
if [ "$total" -gt "$limit" ]; then
  echo "make-samples: $total bytes are more than $limit" >&2
  exit 1
fi
echo "make-samples: $total bytes"
