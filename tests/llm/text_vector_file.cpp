// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <fstream>

#include <coco/host/host.hpp>
#include <coco/llm/text_vector_file.hpp>
#include <coco/llm/tiny.hpp>

#include "conformance/numbers.hpp"
#include "io/support.hpp"

using namespace coco;

namespace {

/// A model that counts the texts it encodes.
llm::TextModel counting(int& encoded) {
    data::Catalogue c;
    c.add("a", {"one two three four five six", "", "", "", ""});
    const llm::Tiny tiny = llm::tiny(c, {.width = 16, .layers = 2, .heads = 2, .hidden = 24, .seed = 3});
    return {tiny.source,
            [words = tiny.words, &encoded](std::string_view text) {
                ++encoded;
                return words.encode(text);
            },
            "tiny"};
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
    return conformance::distance({a.begin(), a.end()}, {b.begin(), b.end()});
}

}  // namespace

TEST_CASE("text vectors on disk: each text is read once", "[text_vectors]") {
    const support::Folder folder;
    int encoded = 0;
    const llm::TextModel model = counting(encoded);
    Host on(1);
    const std::vector<std::string> texts{"one two", "three", "", "one two", "four"};
    const std::vector<float> fresh = llm::text_vectors(on, model, texts);
    encoded = 0;
    const std::vector<float> read = llm::text_vectors(folder / "cache", on, model, texts, {}, {}, 2);
    // Other texts in a pass change roundings alone.
    CHECK(distance(read, fresh) < 1e-5);
    CHECK(encoded == 4);
    CHECK(llm::text_vectors(folder / "cache", on, model, texts) == read);
    CHECK(encoded == 4);

    // New items join without the others being read again; another layer is another file.
    const std::vector<std::string> more{"six", "three", "one two"};
    const std::vector<float> joined = llm::text_vectors(folder / "cache", on, model, more);
    CHECK(encoded == 5);
    CHECK(std::equal(joined.begin() + 16, joined.begin() + 32, read.begin() + 16));
    llm::text_vectors(folder / "cache", on, model, more, {0});
    CHECK(encoded == 8);
}

TEST_CASE("text vectors on disk: an interrupted reading goes on, a damaged file is begun anew",
          "[text_vectors]") {
    const support::Folder folder;
    int encoded = 0;
    const llm::TextModel model = counting(encoded);
    Host on(1);
    const std::vector<std::string> texts{"one", "two", "three", "four"};
    struct Stop {};
    CHECK_THROWS_AS(llm::text_vectors(
                        folder / "cache", on, model, texts, {},
                        [](Index done) {
                            if (done == 4) throw Stop();
                        },
                        2),
                    Stop);
    encoded = 0;
    const std::vector<float> all = llm::text_vectors(folder / "cache", on, model, texts, {}, {}, 2);
    CHECK(encoded == 2);
    CHECK(distance(all, llm::text_vectors(on, model, texts)) < 1e-5);

    const auto path = llm::TextVectorFile(folder / "cache", llm::origin_of(model, {}), 16).path();
    std::ofstream(path, std::ios::binary) << "not a file of vectors";
    encoded = 0;
    CHECK(llm::text_vectors(folder / "cache", on, model, texts) == all);
    CHECK(encoded == 4);
}
