// SPDX-License-Identifier: Apache-2.0
// Hidden states of the histories of 200 users by real models, in every storage, against transformers with the
// same decoded weights (fixtures/histories.py). Reads Amazon Beauty from the folder that COCO_DATA names.
#include <catch2/catch.hpp>
#include <coco/io/gguf_tokenizer.hpp>
#include <coco/io/safetensors_folder.hpp>
#include <coco/llm/open.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/support.hpp"

using namespace support;

namespace {

/// Users that are read: all of the fixture's in the long form.
std::size_t users() { return coco::conformance::long_form() ? 200 : 40; }

/// Titles of the first eight items of each user, joined.
std::vector<std::string> texts(const std::filesystem::path& folder) {
    std::map<std::string, std::string> title;
    std::ifstream items(folder / "items.tsv"), sequences(folder / "sequences.txt");
    for (std::string line; std::getline(items, line);) {
        const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
        title[line.substr(0, first)] = line.substr(first + 1, second - first - 1);
    }
    std::vector<std::string> all;
    for (std::string line; all.size() < users() && std::getline(sequences, line);) {
        std::istringstream words(line);
        std::string word, text;
        words >> word;
        for (int i = 0; i < 8 && words >> word; ++i) text += (i == 0 ? "" : ", ") + title[word];
        all.push_back(text);
    }
    return all;
}

/// The last hidden state of each text, truncated to 64 tokens.
template <class Storage>
Numbers last_rows(const std::filesystem::path& model, const std::vector<std::vector<Id>>& token) {
    Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen, Storage> bench(
        coco::llm::open(model), {}, false, 2);
    Numbers all;
    for (std::size_t first = 0; first < token.size(); first += 20) {
        std::vector<Id> some;
        coco::Offsets of;
        for (std::size_t s = first; s < first + 20; ++s) {
            some.insert(some.end(), token[s].begin(), token[s].end());
            of.push(static_cast<Index>(token[s].size()));
        }
        bench.work.reset();
        coco::Context<coco::conformance::PolicyUnderTest<float>> ctx =
            bench.parameters.context(bench.on, bench.work);
        const auto rows =
            bench.decoder.hidden(ctx, bench.adapter, coco::conformance::ids(bench.on, bench.work, some),
                                 coco::conformance::segments(bench.on, bench.work, of));
        for (Index s = 0; s < of.count(); ++s) {
            const float* const row = rows.row(of.at[static_cast<std::size_t>(s) + 1] - 1);
            all.insert(all.end(), row, row + rows.cols);
        }
    }
    return all;
}

double least_cosine(const Numbers& a, const Numbers& b, std::size_t width) {
    double least = 1;
    for (std::size_t at = 0; at < a.size(); at += width) {
        const Numbers x(a.begin() + static_cast<std::ptrdiff_t>(at),
                        a.begin() + static_cast<std::ptrdiff_t>(at + width)),
            y(b.begin() + static_cast<std::ptrdiff_t>(at),
              b.begin() + static_cast<std::ptrdiff_t>(at + width));
        least = std::min(least, coco::conformance::dot(x, y) / coco::conformance::length(x) /
                                    coco::conformance::length(y));
    }
    return least;
}

void agrees(const std::filesystem::path& model, const std::string& fixture) {
    const char* const data = std::getenv("COCO_DATA");
    if (data == nullptr) {
        std::cout << "SKIPPED: COCO_DATA does not name a folder with beauty/ and toys/\n";
        return;
    }
    const coco::io::Safetensors file(std::string(COCO_TEST_DIR) + "/fixtures/" + fixture);
    const auto& tensor = file.tensor("hidden");
    const std::size_t width = static_cast<std::size_t>(tensor.shape.at(1));
    std::vector<float> halves(200 * width);
    coco::io::to_floats(tensor, fixture, tensor.shape.at(1), halves);
    const Numbers expected(halves.begin(), halves.begin() + static_cast<std::ptrdiff_t>(users() * width));
    const coco::text::Tokenizer tokenizer = coco::io::tokenizer_of(coco::io::Gguf(model));
    std::vector<std::vector<Id>> token;
    for (const std::string& text : texts(std::filesystem::path(data) / "beauty")) {
        token.push_back(tokenizer.encode(text));
        if (token.back().size() > 64) token.back().resize(64);
    }
    REQUIRE(token.size() == users());
    const Numbers plain = last_rows<coco::llm::storage::Float>(model, token);
    const double in_float = least_cosine(plain, expected, width);
    const Numbers stored = last_rows<coco::llm::storage::AsStored>(model, token);
    const double apart = relative(stored, plain);
    const double in_bfloat =
        least_cosine(last_rows<coco::llm::storage::BFloat16>(model, token), expected, width);
    WARN(fixture << ": least cosine 1 - " << 1 - in_float << " in float, " << in_bfloat
                 << " in bfloat16; as stored differs by " << apart);
    CHECK(in_float >= 0.99999);
    CHECK(in_bfloat >= 0.999);
    CHECK(apart <= 1e-5);
}

}  // namespace

TEST_CASE("histories: SmolLM2's hidden states equal those of transformers", "[llm]") {
    if (coco::conformance::too_long_sanitized()) return;
    const auto path = smollm2();
    if (path.empty())
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
    else
        agrees(path, "smollm2_histories.safetensors");
}

TEST_CASE("histories: Qwen2.5's hidden states equal those of transformers", "[llm]") {
    if (coco::conformance::too_long_sanitized()) return;
    const char* const path = std::getenv("COCO_QWEN_GGUF");
    if (path == nullptr)
        std::cout << "SKIPPED: COCO_QWEN_GGUF does not name Qwen2.5-Coder-0.5B-Instruct's Q4_K_M file\n";
    else
        agrees(path, "qwen2.5_histories.safetensors");
}
