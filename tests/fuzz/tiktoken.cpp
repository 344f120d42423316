// SPDX-License-Identifier: Apache-2.0
// A .tiktoken file, and a text through the tokenizer it defines. All single bytes are put before the input,
// otherwise few files would be complete.
#include <fstream>
#include <string>

#include <coco/io/tiktoken.hpp>

#include "fuzz.hpp"

void fuzz(std::string_view input) {
    coco::text::Vocabulary vocabulary;
    vocabulary.source = "input";
    for (int byte = 0; byte < 256; ++byte)
        vocabulary.tokens.push_back(coco::text::to_stand_ins(std::string(1, static_cast<char>(byte))));
    for (std::string& token : coco::io::read_tiktoken(input, "input"))
        vocabulary.tokens.push_back(std::move(token));
    promise(vocabulary.tokens.size() <= 2 * input.size() + 2048, "no more ids than a file is worth");
    vocabulary.by_rank = vocabulary.whole_words = true;
    vocabulary.split = coco::text::Qwen2::split;
    const coco::text::Tokenizer tokenizer(std::move(vocabulary));
    const std::string text = coco::text::replaced_invalid(input.substr(0, 500));
    promise(tokenizer.decode(tokenizer.encode(text)) == text, "decoding undoes encoding");
}
