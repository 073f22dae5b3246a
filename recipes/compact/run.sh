#!/usr/bin/env bash
# The compact detector, from imported public datasets to src/rumorscope/models/compact. See docs/model-card.md.
#
# Needs data/{twitter,pheme,weibo-jin,weibo-ced,flickr8k} (`rumorscope data import`), the folders TEACHER_IMAGE
# (MobileNetV2 1.0/224) and TEACHER_TEXT (all-MiniLM-L6-v2) in transformers' format, and CONCEPTNET, a folder with
# train.txt (CN-100K) and zh_omcs.csv. The two distillations want a GPU; all else took two CPU cores.
set -euo pipefail
: "${TEACHER_IMAGE:?}" "${TEACHER_TEXT:?}" "${CONCEPTNET:?}"
python=${PYTHON:-python3}
here=recipes/compact

[ -d data/compact ] || $python $here/gather.py --twitter data/twitter --pheme data/pheme \
    --weibo-jin data/weibo-jin --weibo-ced data/weibo-ced --to data/compact
# The pictures of the gathered posts are those of training splits only. MORE_PICTURES may name further folders.
# shellcheck disable=SC2086
[ -d towers/image ] || $python $here/distil_images.py data/compact data/flickr8k ${MORE_PICTURES:-} \
    --teacher "$TEACHER_IMAGE" --to towers/image --minutes 6.2
[ -d towers/text ] || $python $here/distil_text.py --manifests data/twitter data/weibo-jin data/weibo-ced \
    --captions data/flickr8k --lines "$CONCEPTNET/train.txt" "$CONCEPTNET/zh_omcs.csv" \
    --teacher "$TEACHER_TEXT" --to towers/text --minutes 4.8
rumorscope train configs/compact.toml --to runs/compact
$python $here/pack.py runs/compact src/rumorscope/models/compact
