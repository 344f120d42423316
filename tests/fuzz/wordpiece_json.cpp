// SPDX-License-Identifier: Apache-2.0
// A tokenizer.json of WordPiece's kind, and a text through the tokenizer that it defines; a text through
// BERT's rule.
#include <memory>
#include <string>

#include <coco/io/wordpiece_json.hpp>

#include "fuzz.hpp"

using namespace coco;

void fuzz(std::string_view input) {
    text::BertWords words({});
    std::size_t bytes = 0;
    words(input, [&](std::string_view word) {
        promise(!word.empty() && text::is_valid(word), "a word is UTF-8");
        bytes += word.size();
    });
    promise(bytes <= 12 * input.size(), "no more text than a canonical decomposition makes");

    const io::JsonObject file(std::make_shared<const nlohmann::json>(io::parse_json(input, "input")),
                              "input");
    const text::WordPiece tokenizer(io::WordPieceJson(file).vocabulary);
    promise(static_cast<std::size_t>(tokenizer.size()) <= 2 * input.size() + 1024,
            "no more ids than a file is worth");
    const std::string title =
        std::string("It's 12 [MASK]\n\u1112\u1161 e\u0301").append(input.substr(0, 200));
    for (const text::Special special : {text::Special::ordinary, text::Special::recognised}) {
        for (const Id id : tokenizer.encode(title, special))
            promise(!tokenizer.token(id).empty(), "an id has a token");
        promise(tokenizer.sentence(title, 8, special).size() <= 8, "a sentence is cut");
    }
}
