// SPDX-License-Identifier: Apache-2.0
// Any ids decode to a text or an error; the mapping of bytes to characters and back is the identity.
#include <cstring>
#include <string>
#include <vector>

#include <coco/io/tokenizer_json.hpp>

#include "fuzz.hpp"

using namespace coco::text;

void fuzz(std::string_view input) {
    static const Tokenizer tokenizer = coco::io::open_tokenizer_json(COCO_FIXTURES "/tokenizer_qwen2.json");
    promise(from_stand_ins(to_stand_ins(input)) == input, "stand-ins stand for their bytes");
    from_stand_ins(input);
    // Two bytes per id, so that most ids are tokens; the first byte selects whether all are.
    std::vector<coco::Id> ids;
    for (std::size_t at = 1; at + 1 < input.size(); at += 2) {
        std::uint16_t id = 0;
        std::memcpy(&id, input.data() + at, sizeof id);
        ids.push_back(input[0] % 2 == 0 ? id % tokenizer.size() : id - 100);
    }
    promise(is_valid(tokenizer.decode(ids)), "a decoded text is UTF-8");
}
