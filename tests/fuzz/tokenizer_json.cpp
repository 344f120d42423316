// SPDX-License-Identifier: Apache-2.0
// A tokenizer.json, and a text through the tokenizer it defines.
#include <string>

#include <coco/io/tokenizer_json.hpp>

#include "fuzz.hpp"

void fuzz(std::string_view input) {
    const coco::text::Tokenizer tokenizer(coco::io::TokenizerJson(input, "input").vocabulary);
    promise(static_cast<std::size_t>(tokenizer.size()) <= 2 * input.size() + 1024,
            "no more ids than a file is worth");
    const auto ids = tokenizer.encode(
        std::string("It's 12 <|im_end|>\n\u1112\u1161 e\u0301").append(input.substr(0, 200)));
    tokenizer.decode(ids);
}
