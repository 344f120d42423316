// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <iostream>
#include <string>
#include <utility>

#include <coco/io/gguf.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::Gguf;
using support::bytes_of;
using support::GgufBytes;

namespace {

constexpr std::uint32_t f32 = 0, q8_0 = 8;

GgufBytes small() {
    GgufBytes file;
    file.entry("general.architecture", "llama").entry("llama.block_count", 2u);
    file.entry("tokenizer.ggml.tokens", std::vector<std::string>{"a", "bb", ""});
    file.entry("numbers", std::vector<std::int32_t>{1, -1});
    file.tensor("first", {3, 2}, f32, 0).tensor("second", {32, 1, 2}, q8_0, 32);
    file.data = std::string(32 + 68, '\0');
    return file;
}

/// The error message for a file of these bytes; empty if it is valid.
std::string fault(const std::string& bytes) {
    const support::Folder folder;
    const auto path = support::write(folder / "file.gguf", bytes);
    return support::error_of([&] { Gguf{path}; });
}

}  // namespace

TEST_CASE("GGUF: a GGUF file written by the reference package is read") {
    const Gguf file(std::string(COCO_TEST_DIR) + "/fixtures/gguf_blocks.gguf");
    CHECK(file.string("general.architecture") == "llama");
    CHECK(file.integer("llama.block_count") == 3);
    CHECK(file.integer("a.wide.integer") == 1ll << 40);
    CHECK(file.integer("a.small.integer") == -7);
    CHECK(file.real("a.real") == 0.25);
    CHECK(file.boolean("a.boolean"));
    CHECK(file.strings("some.strings") == std::vector<std::string_view>{"one", "", "three"});
    CHECK(file.integers("some.integers") == std::vector<std::int64_t>{1, -2, 3});
    CHECK(file.reals("some.reals") == std::vector<double>{0.5, -1.5});
    CHECK(file.tensor("block.Q6_K").rows == 3);
    CHECK(file.tensor("block.Q6_K").columns == 512);
    CHECK(file.tensor("block.Q6_K").bytes.size() == 3 * 2 * 210);
}

TEST_CASE("GGUF: metadata and tensors of a small file, version 2 and 3, also after a move") {
    const support::Folder folder;
    GgufBytes bytes = small();
    bytes.version = GENERATE(2u, 3u);
    Gguf opened(support::write(folder / "file.gguf", bytes.bytes()));
    const Gguf file(std::move(opened));
    CHECK(file.has("llama.block_count"));
    CHECK_FALSE(file.has("llama.head_count"));
    CHECK(file.strings("tokenizer.ggml.tokens")[1] == "bb");
    CHECK(file.tensors().size() == 2);
    CHECK(file.tensors()[0].name == "first");
    CHECK(file.tensor("first", 2, 3).bytes.size() == 24);
    CHECK(file.tensor("second", 2, 32).bytes.data() == file.tensor("first").bytes.data() + 32);
    CHECK(file.has_tensor("second"));
    CHECK_FALSE(file.has_tensor("third"));
    CHECK_THAT(support::error_of([&] { file.tensor("third"); }), Contains("third") && Contains("no such"));
    CHECK_THAT(support::error_of([&] { file.tensor("first", 3, 2); }),
               Contains("first") && Contains("expected 3 x 2, found 2 x 3"));
    CHECK_THAT(support::error_of([&] { file.string("none"); }), Contains("file.gguf: none"));
    CHECK_THAT(support::error_of([&] { file.string("llama.block_count"); }), Contains("expected a string"));
}

TEST_CASE("GGUF: every prefix of a file is an error") {
    const std::string whole = small().bytes();
    REQUIRE(fault(whole).empty());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO("length " << length);
        REQUIRE_THAT(fault(whole.substr(0, length)), Contains("file.gguf"));
    }
}

TEST_CASE("GGUF: one changed byte gives an error or is harmless, never a crash") {
    const std::string whole = small().bytes();
    for (std::size_t at = 0; at < whole.size() - 100; ++at)
        for (int flip : {0x01, 0x80, 0xff}) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            CHECK_NOTHROW(fault(changed));
        }
}

TEST_CASE("GGUF: wrong headers") {
    CHECK_THAT(fault("GGML" + small().bytes().substr(4)), Contains("not a GGUF file"));
    GgufBytes file = small();
    file.version = GENERATE(0u, 1u, 4u, 0x03000000u);
    CHECK_THAT(fault(file.bytes()), Contains("version"));
}

TEST_CASE("GGUF: counts beyond what the file can hold are errors before anything is allocated") {
    GgufBytes file = small();
    file.more_tensors = GENERATE(1000u, (1ull << 62) - 2, ~0ull - 2);
    CHECK_THAT(fault(file.bytes()), Contains("count of tensors"));
    file.more_entries = std::exchange(file.more_tensors, 0);
    CHECK_THAT(fault(file.bytes()), Contains("count of metadata"));
    const auto list = [](std::uint32_t type, std::uint64_t count) {
        return bytes_of(type) + bytes_of(count);
    };
    CHECK_THAT(fault(small().entry("list", 9, list(0, 1ull << 40)).bytes()), Contains("count of list"));
    CHECK_THAT(fault(small().entry("list", 9, list(8, 1ull << 61)).bytes()), Contains("count of list"));
    CHECK_THAT(fault(small().entry("text", 8, bytes_of(~0ull)).bytes()), Contains("text"));
}

TEST_CASE("GGUF: wrong metadata") {
    CHECK_THAT(fault(small().entry("numbers", 1u).bytes()), Contains("numbers: key occurs twice"));
    CHECK_THAT(fault(small().entry("odd", 13, "").bytes()), Contains("type of odd"));
    CHECK_THAT(fault(small().entry("odd", 9, bytes_of(13u) + bytes_of(0ull)).bytes()), Contains("list odd"));
    CHECK_THAT(fault(small().entry("large", 10, bytes_of(1ull << 63)).bytes()), Contains("large"));
    std::string nested;
    for (int i = 0; i < 100; ++i) nested += bytes_of(9u) + bytes_of(1ull);
    CHECK_THAT(fault(small().entry("deep", 9, nested).bytes()), Contains("deeply in deep"));
    const std::string inner = bytes_of(0u) + bytes_of(1ull) + "x";
    CHECK(fault(small().entry("nested", 9, bytes_of(9u) + bytes_of(2ull) + inner + inner).bytes()).empty());
    for (std::uint32_t alignment : {0u, 24u, 1u << 31})
        CHECK_THAT(fault(small().entry("general.alignment", alignment).bytes()), Contains("alignment"));
    CHECK_THAT(fault(small().entry("general.alignment", "32").bytes()), Contains("expected an integer"));
}

TEST_CASE("GGUF: the alignment in the metadata determines the offset of the data") {
    const support::Folder folder;
    GgufBytes bytes;
    bytes.entry("general.alignment", 256u).tensor("only", {1}, f32, 0);
    bytes.data = bytes_of(1.5f);
    const Gguf file(support::write(folder / "file.gguf", bytes.bytes(256)));
    CHECK(std::string(reinterpret_cast<const char*>(file.tensor("only").bytes.data()), 4) == bytes_of(1.5f));
}

TEST_CASE("GGUF: wrong tensors") {
    const auto with = [](const std::string& name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
                         std::uint64_t offset) {
        return fault(small().tensor(name, sizes, type, offset).bytes());
    };
    CHECK_THAT(with("first", {1}, f32, 96), Contains("first: tensor occurs twice"));
    CHECK_THAT(with("third", {1}, f32, 0), Contains("overlaps"));
    CHECK_THAT(with("third", {1}, f32, 33), Contains("third: misaligned"));
    CHECK_THAT(with("third", {1}, f32, 1ull << 40), Contains("third: tensor ends beyond"));
    CHECK_THAT(with("third", {1}, f32, ~0ull - 31), Contains("third: tensor ends beyond"));
    CHECK_THAT(with("third", {1ull << 32, 1ull << 32}, f32, 96), Contains("third: impossible dimension"));
    CHECK_THAT(with("third", {1ull << 62}, f32, 96), Contains("third: tensor ends beyond"));
    CHECK_THAT(with("third", {0}, f32, 96), Contains("third: impossible dimension"));
    CHECK_THAT(with("third", {~0ull}, f32, 96), Contains("third: impossible dimension"));
    CHECK_THAT(with("third", {}, f32, 96), Contains("third: impossible number of dimensions"));
    CHECK_THAT(with("third", {1, 1, 1, 1, 1}, f32, 96), Contains("third: impossible number of dimensions"));
    CHECK_THAT(with("third", {1}, 4, 96), Contains("third: unknown tensor type"));
    CHECK_THAT(with("third", {33}, q8_0, 96), Contains("third: row does not divide"));
    CHECK_THAT(with(std::string(65, 'n'), {1}, f32, 96), Contains("name too long"));
}

TEST_CASE("GGUF: the real model's file") {
    const auto path = support::smollm2();
    if (path.empty()) {
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
        return;
    }
    const Gguf file(path);
    CHECK(file.tensors().size() == 272);
    CHECK(file.string("general.architecture") == "llama");
    CHECK(file.integer("llama.block_count") == 30);
    CHECK(file.strings("tokenizer.ggml.tokens").size() == 49152);
    CHECK(file.strings("tokenizer.ggml.merges").size() == 48900);
    CHECK(file.tensor("token_embd.weight", 49152, 576).type == coco::GgmlType::Q8_0);
}
