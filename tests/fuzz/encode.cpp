// SPDX-License-Identifier: Apache-2.0
// A text through the tokenizer of a rule, which the first byte selects: nothing is lost, and all code paths
// give the same ids.
#include <utf8proc.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <coco/io/gguf_tokenizer.hpp>
#include <coco/io/tokenizer_json.hpp>
#include <coco/text/encoder.hpp>
#include <coco/text/nfc.hpp>

#include "fuzz.hpp"

using namespace coco::text;

static std::vector<Tokenizer> open_all() {
    const std::string fixtures = COCO_FIXTURES "/tokenizer_";
    std::vector<Tokenizer> all;
    all.push_back(coco::io::tokenizer_of(coco::io::Gguf(fixtures + "small.gguf")));
    for (const char* name : {"gpt2", "qwen2", "llama3"})
        all.push_back(coco::io::open_tokenizer_json(fixtures + name + ".json"));
    return all;
}

/// NFC by utf8proc, which takes quadratic time where many marks follow each other.
static std::string reference_nfc(const std::string& text) {
    utf8proc_uint8_t* bytes = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &bytes,
                                     static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    promise(length >= 0, "valid text has a normal form");
    const std::string normal(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    std::free(bytes);
    return normal;
}

void fuzz(std::string_view input) {
    static const std::vector<Tokenizer> tokenizers = open_all();
    if (input.empty()) return;
    const std::size_t rule = static_cast<unsigned char>(input.front()) % tokenizers.size();
    const bool normalises = rule == 2;
    input.remove_prefix(1);
    const std::string valid = replaced_invalid(input), normal = nfc(valid);
    promise(is_valid(valid) && is_valid(normal), "what comes out is UTF-8");
    promise(normal == reference_nfc(valid), "the normal form is utf8proc's");
    const std::string& expected = normalises ? normal : valid;
    const Tokenizer& tokenizer = tokenizers[rule];
    Encoder encoder(tokenizer);
    for (const Special special : {Special::ordinary, Special::recognised}) {
        const auto ids = tokenizer.encode(input, special);
        promise(encoder(input, special) == ids && encoder(input, special) == ids, "encoders agree");
        std::string words;
        tokenizer.cut(
            input, special, [&](coco::Id id) { words += tokenizer.token(id); },
            [&](std::string_view word) { words += word; });
        // With special tokens only the text between them is normalised.
        if (!normalises || special == Special::ordinary)
            promise(words == expected, "words together are the text");
        if (special == Special::ordinary)
            promise(tokenizer.decode(ids) == expected, "decoding undoes encoding");
    }
}
