#!/bin/sh
# A page of `rumorscope explain` or `rumorscope demo` as a picture, for a README or a report. Needs Chromium.
#   examples/posts/verdict_picture.sh PAGE.html PICTURE.png [WIDTH HEIGHT]
set -eu
page=$(realpath "$1") picture=$(realpath -m "$2") width=${3:-1100} height=${4:-1000}
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
"${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
    --disable-background-networking --disable-component-update --hide-scrollbars --user-data-dir="$profile" \
    --force-device-scale-factor=1 --window-size="$width,$height" --screenshot="$picture" "file://$page"
