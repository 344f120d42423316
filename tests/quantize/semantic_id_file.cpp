// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/quantize/semantic_id_file.hpp>

#include "io/support.hpp"

using namespace coco;
using quantize::SemanticIds;

namespace {

data::Catalogue shop(const char* last = "e") {
    data::Catalogue catalogue;
    for (const char* key : {"a", "b", "c", "d", last}) catalogue.add(key);
    return catalogue;
}

SemanticIds ids() { return {std::vector<Id>{1, 2, 0, 0, 1, 2, 1, 1, 0, 0}, std::vector<Index>{2, 4}, 3}; }

std::string message(const std::filesystem::path& path, const data::Catalogue& catalogue) {
    try {
        quantize::load_ids(path, catalogue);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("semantic ids in a file: what is read is what was written", "[semantic_id_file]") {
    const support::Folder folder;
    const auto path = folder / "ids.safetensors";
    quantize::save_ids(path, ids(), shop(), "by hand");
    CHECK(quantize::load_ids(path, shop()) == ids());
    const io::Safetensors file(path);
    CHECK(file.metadata("origin") == "by hand");
    CHECK(file.tensor("tokens").shape == io::Shape{5, 3});
    const std::string bytes = support::slurp(path);
    quantize::save_ids(path, ids(), shop(), "by hand");
    CHECK(support::slurp(path) == bytes);
}

TEST_CASE("semantic ids in a file: another catalogue, another kind and damage are errors",
          "[semantic_id_file]") {
    const support::Folder folder;
    const auto path = folder / "ids.safetensors";
    quantize::save_ids(path, ids(), shop(), "by hand");
    CHECK(message(path, shop("f")).find("catalogue: ids of another catalogue: expected xxh64:") !=
          std::string::npos);
    std::string bytes = support::slurp(path);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    support::write(path, bytes);
    CHECK(message(path, shop()).find("digest: the file is damaged") != std::string::npos);

    io::SafetensorsWriter other;
    other.metadata("kind", "coco knowledge");
    other.seal();
    other.write(path);
    CHECK(message(path, shop())
              .find("kind: not a file of semantic ids: expected coco semantic ids, found coco "
                    "knowledge") != std::string::npos);
    CHECK_THROWS_WITH(
        quantize::save_ids(path, SemanticIds(std::vector<Id>{0}, std::vector<Index>{1}), shop(), ""),
        Catch::Contains("ids of another number of items: expected 5, found 1"));
}

TEST_CASE("semantic ids in a file: tokens that are no ids are errors", "[semantic_id_file]") {
    const support::Folder folder;
    const auto path = folder / "ids.safetensors";
    const auto write = [&](std::vector<Id> tokens, std::vector<Id> first) {
        io::SafetensorsWriter file;
        file.metadata("kind", "coco semantic ids");
        file.metadata("catalogue", io::digest_text(shop().digest()));
        file.add("tokens", {static_cast<Index>(tokens.size()) / 2, 2}, std::span<const Id>(tokens));
        file.add("first_token", {static_cast<Index>(first.size())}, std::span<const Id>(first));
        file.seal();
        file.write(path);
        return message(path, shop());
    };
    CHECK(write({1, 4, 1, 5, 2, 4, 3, 4, 3, 5}, {1, 4, 6}) == "no error");
    CHECK(write({1, 4, 1, 4, 2, 4, 3, 4, 3, 5}, {1, 4, 6}).find("tokens: not ids") != std::string::npos);
    CHECK(write({1, 4, 1, 5, 2, 4, 3, 4, 9, 5}, {1, 4, 6}).find("item 4, level 0: no such code") !=
          std::string::npos);
    CHECK(write({1, 4, 1, 5}, {1, 4, 6}).find("tokens: not ids") != std::string::npos);
    CHECK(write({1, 4, 1, 5}, {1, 4}).find("first_token: wrong shape") != std::string::npos);
}
